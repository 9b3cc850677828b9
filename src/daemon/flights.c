/* SPDX-License-Identifier: MIT */
#include "daemon/flights.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "daemon/line.h"
#include "daemon/name_hash.h"
#include "daemon/progress.h"

enum {
	BUCKETS = 1024, /* a power of two */
	NS_PER_MS = 1000000,
	STALL_MS = 10 * 60 * 1000, /* no step takes as long: those of a network have time limits */
	PLACES = 4, /* in line, for each flight that there may be: some are of several addresses */
	/* Parts of the hour after which a VCEK is forgotten: 30 s, which is more than a client's wait. */
	NUMBERED_SOONER = 120,
	TIDY_SOONER = 3600,
};

struct flight {
	struct line_member member; /* first; of the line, if it is a VCEK's */
	struct flights *of;
	char *name;
	struct source_work work;
	void *data;
	enum flights_class class;
	struct flight *next_in_bucket;
	TAILQ_ENTRY(flight) in_lane;
	bool is_in_lane;               /* waits for a thread */
	struct flight *next;           /* among those that wait for their time */
	uint64_t not_before, asked_at; /* of the loop's clock */
};

/* A thread's worth of a lane. */
struct slot {
	uv_work_t work;
	struct flights *of;
	unsigned lane;
	void *handles;
	struct flight *flight;
	struct slot *next_free;
};

/* Threads, and a queue for each class, which take turns. */
struct lane {
	struct {
		TAILQ_HEAD(, flight) flights;
		unsigned running;
	} queues[FLIGHTS_CLASSES];
	unsigned latest; /* class */
	struct slot *free;
};

struct flights {
	uv_loop_t *loop;
	const struct source *source;
	size_t max;
	uint64_t forgotten_ms;
	void (*landed)(void *context, struct flight *f);
	void *context;
	struct flight *buckets[BUCKETS];
	struct name_hash hash;
	struct lane lanes[SOURCE_LANES];
	struct flight *waiting, **last_waiting; /* for their time */
	struct line *line;                      /* those that wait for their turn */
	size_t n_on_turn;
	bool one_by_one;   /* turns are to be had only now and then */
	uint64_t turns_at; /* when there is another */
	uv_timer_t timer;
	uint64_t timer_at; /* UINT64_MAX: it does not run */
	uint64_t tidy_at;
	struct slot *slots;
	size_t n_slots, n_busy;
	struct progress progress;
	bool stopping;
	void (*idle)(void *context);
	void *idle_context;
	struct flights_stats stats;
};

unsigned flights_threads(const struct source_ops *ops)
{
	unsigned n = 0;

	for (unsigned i = 0; i < SOURCE_LANES; i++)
		n += ops->lanes[i];
	return n;
}

static struct flight **bucket_of(struct flights *fs, const char *name)
{
	return &fs->buckets[name_hash(&fs->hash, name, strlen(name)) & (BUCKETS - 1)];
}

/* Parts of FLIGHTS_WHOLE. VCEKs wait for hours; the names of "others" are few. */
static const struct {
	unsigned flights, waiters, threads; /* threads: of each lane */
} shares[FLIGHTS_CLASSES] = {
	[FLIGHTS_VCEK] = { .flights = 12, .waiters = 6, .threads = 16 },
	[FLIGHTS_VCEK_STOCK_ONLY] = { .flights = 1, .waiters = 2, .threads = 16 },
	[FLIGHTS_NUMBERED] = { .flights = 1, .waiters = 3, .threads = 8 },
	[FLIGHTS_NUMBERED_STOCK_ONLY] = { .flights = 1, .waiters = 1, .threads = 8 },
	[FLIGHTS_OTHERS] = { .flights = 1, .waiters = 4, .threads = 16 },
};

static size_t share_of(size_t whole, unsigned parts)
{
	return (whole * parts + FLIGHTS_WHOLE - 1) / FLIGHTS_WHOLE;
}

size_t flights_share_of_waiters(size_t all, enum flights_class class)
{
	return share_of(all, shares[class].waiters);
}

/* By whether clients can invent any number of them. What is refreshed exists. */
static enum flights_class class_of(const struct source_work *work)
{
	const struct endorse_item *item = &work->item;

	if (item->kind == ENDORSE_VCEK)
		return work->stock_only ? FLIGHTS_VCEK_STOCK_ONLY : FLIGHTS_VCEK;
	if (work->newer_than == 0 && (item->kind == ENDORSE_TCB_INFO || item->update == ENDORSE_NUMBERED))
		return work->stock_only ? FLIGHTS_NUMBERED_STOCK_ONLY : FLIGHTS_NUMBERED;
	return FLIGHTS_OTHERS;
}

static void forget(struct flight *f)
{
	struct flight **at = bucket_of(f->of, f->name);

	while (*at != f)
		at = &(*at)->next_in_bucket;
	*at = f->next_in_bucket;
	f->of->stats.now--;
	f->of->stats.of_class[f->class]--;
}

static void leave_lane(struct flight *f)
{
	TAILQ_REMOVE(&f->of->lanes[f->work.lane].queues[f->class].flights, f, in_lane);
	f->is_in_lane = false;
}

static void free_flight(struct flight *f)
{
	if (f->is_in_lane) {
		leave_lane(f);
		f->of->stats.in_lane[f->work.lane]--;
	}
	line_end(f->of->line, &f->member);
	endorse_value_done(&f->work.value);
	free(f->name);
	free(f);
}

/* ---- lanes */

static void do_step(uv_work_t *work)
{
	struct slot *slot = work->data;

	slot->of->source->ops->step(slot->handles, &slot->flight->work);
	progress_end(&slot->of->progress, uv_hrtime() / NS_PER_MS);
}

static void after_step(uv_work_t *work, int status);

/* Nobody waits for it, nor has asked for it lately; and dropping it costs no more than its place. */
static bool is_forgotten(const struct flight *f)
{
	const uint64_t ms = uv_now(f->of->loop) - f->asked_at;

	if (f->data)
		return false;
	if (f->class == FLIGHTS_NUMBERED)
		return f->is_in_lane && ms > f->of->forgotten_ms / NUMBERED_SOONER;
	return f->member.waits && !f->member.turn && ms >= f->of->forgotten_ms;
}

static void drop(struct flight *f)
{
	f->of->stats.dropped++;
	forget(f);
	free_flight(f);
}

/* The first of the class whose turn it is. */
static struct flight *take_from_lane(struct flights *fs, unsigned lane)
{
	struct lane *l = &fs->lanes[lane];
	struct flight *f;

	for (unsigned i = 1; i <= FLIGHTS_CLASSES; i++) {
		const unsigned class = (l->latest + i) % FLIGHTS_CLASSES;

		while ((f = TAILQ_FIRST(&l->queues[class].flights)) && is_forgotten(f))
			drop(f);
		if (!f ||
		    l->queues[class].running >= share_of(fs->source->ops->lanes[lane], shares[class].threads))
			continue;
		leave_lane(f);
		l->queues[class].running++;
		l->latest = class;
		return f;
	}
	return NULL;
}

static void run_lane(struct flights *fs, unsigned lane)
{
	struct flight *f;

	while (!fs->stopping && fs->lanes[lane].free && (f = take_from_lane(fs, lane))) {
		struct slot *slot = fs->lanes[lane].free;

		fs->lanes[lane].free = slot->next_free;
		slot->flight = f;
		fs->n_busy++;
		progress_begin(&fs->progress, uv_hrtime() / NS_PER_MS);
		uv_queue_work(fs->loop, &slot->work, do_step, after_step); /* fails only without a callback */
	}
}

static void enter_lane(struct flight *f)
{
	struct flights *fs = f->of;
	const unsigned lane = f->work.lane;

	TAILQ_INSERT_TAIL(&fs->lanes[lane].queues[f->class].flights, f, in_lane);
	f->is_in_lane = true;
	fs->stats.in_lane[lane]++;
	run_lane(fs, lane);
}

static void on_timer(uv_timer_t *timer);

/* No later than `at`. */
static void set_timer(struct flights *fs, uint64_t at)
{
	const uint64_t now = uv_now(fs->loop);

	if (at >= fs->timer_at)
		return;
	fs->timer_at = at;
	uv_timer_start(&fs->timer, on_timer, at > now ? at - now : 0, 0);
}

static unsigned turn_lane(const struct flights *fs)
{
	return fs->source->ops->turn_lane;
}

/*
 * Once a flight could not use its turn, they go one by one, the next when it has, so that none overtakes
 * another. Otherwise as many go as there are threads.
 */
static void give_turns(struct flights *fs)
{
	struct flight *f;

	if (fs->stopping)
		return;
	if (line_stats(fs->line)->waiting == 0)
		fs->one_by_one = false;
	else if (fs->turns_at > uv_now(fs->loop))
		set_timer(fs, fs->turns_at);
	else
		while (fs->n_on_turn < (fs->one_by_one ? 1 : fs->source->ops->lanes[turn_lane(fs)]) &&
		       (f = (struct flight *)line_next(fs->line))) {
			fs->n_on_turn++;
			enter_lane(f);
		}
}

/* After its step, with the lane of the next. false: it could not use its turn, and waits for the next. */
static bool end_turn(struct flight *f)
{
	struct flights *fs = f->of;

	if (!f->member.turn)
		return true;
	fs->n_on_turn--;
	if (f->work.lane == turn_lane(fs) && f->work.wait_ms > 0) {
		line_again(fs->line, &f->member);
		fs->one_by_one = true;
		fs->turns_at = uv_now(fs->loop) + f->work.wait_ms;
		return false;
	}
	line_leave(fs->line, &f->member);
	return true;
}

static void go_on(struct flight *f)
{
	if (f->class == FLIGHTS_VCEK && f->work.lane == turn_lane(f->of))
		line_wait(f->of->line, &f->member);
	else
		enter_lane(f);
}

static void on_timer(uv_timer_t *timer)
{
	struct flights *fs = timer->data;
	const uint64_t now = uv_now(fs->loop);
	struct flight **at = &fs->waiting, *due = NULL, **last = &due, *f;
	uint64_t next = UINT64_MAX;

	while ((f = *at)) {
		if (f->not_before > now) {
			next = f->not_before < next ? f->not_before : next;
			at = &f->next;
			continue;
		}
		*at = f->next;
		f->next = NULL;
		*last = f;
		last = &f->next;
	}
	fs->last_waiting = at;
	fs->timer_at = UINT64_MAX;
	set_timer(fs, next);
	while ((f = due)) {
		due = f->next;
		go_on(f);
	}
	give_turns(fs);
}

/* To the end of those that wait, so that flights due at the same time keep their order. */
static void wait_for_time(struct flight *f)
{
	struct flights *fs = f->of;

	f->not_before = uv_now(fs->loop) + f->work.wait_ms;
	f->next = NULL;
	*fs->last_waiting = f;
	fs->last_waiting = &f->next;
	set_timer(fs, f->not_before);
}

static void land(struct flight *f)
{
	forget(f);
	f->of->landed(f->of->context, f);
	free_flight(f);
}

static void after_step(uv_work_t *work, int status)
{
	struct slot *slot = work->data;
	struct flights *fs = slot->of;
	struct flight *f = take_ptr(slot->flight);

	fs->stats.in_lane[slot->lane]--;
	fs->lanes[slot->lane].queues[f->class].running--;
	fs->n_busy--;
	slot->next_free = fs->lanes[slot->lane].free;
	fs->lanes[slot->lane].free = slot;
	run_lane(fs, slot->lane);
	if (!end_turn(f))
		; /* still waits */
	else if (f->work.lane == SOURCE_DONE)
		land(f);
	else if (f->work.wait_ms > 0)
		wait_for_time(f);
	else
		go_on(f);
	give_turns(fs);
	if (fs->stopping && fs->n_busy == 0 && fs->idle)
		fs->idle(fs->idle_context);
}

/* ---- flights */

static bool is_full(const struct flights *fs, enum flights_class class)
{
	return fs->stats.of_class[class] >= share_of(fs->max, shares[class].flights);
}

/* Now and then, for there may be many. */
static void drop_forgotten(struct flights *fs)
{
	const uint64_t now = uv_now(fs->loop);

	if (now < fs->tidy_at)
		return;
	fs->tidy_at = now + fs->forgotten_ms / TIDY_SOONER;
	for (unsigned i = 0; i < BUCKETS; i++)
		for (struct flight *f = fs->buckets[i], *next; f; f = next) {
			next = f->next_in_bucket;
			if (is_forgotten(f))
				drop(f);
		}
}

/* One of those that have more than their share loses a place in line. false: there is none. */
static bool take_place(struct flights *fs, uint64_t address)
{
	struct line_member *m;
	struct flight *f;

	if (!line_give_up_place(fs->line, address, &m))
		return false;
	if (!m)
		return true;
	f = (struct flight *)m;
	forget(f);
	f->work.stock_only = true; /* as if it had come now, when the stock is all that there is room for */
	f->work.status = FLIGHTS_TOO_MANY;
	fs->stats.dropped++;
	fs->landed(fs->context, f);
	free_flight(f);
	return true;
}

static bool has_room(struct flights *fs, struct source_work *work, uint64_t address)
{
	const enum flights_class class = class_of(work);

	if (class != FLIGHTS_OTHERS && is_full(fs, class)) {
		drop_forgotten(fs);
		while (class == FLIGHTS_VCEK && is_full(fs, class) && take_place(fs, address))
			;
		work->stock_only = is_full(fs, class);
	}
	return !is_full(fs, class_of(work));
}

static bool join_line(struct flight *f, uint64_t address)
{
	return f->class != FLIGHTS_VCEK || line_join(f->of->line, &f->member, address);
}

static struct flight *find(struct flights *fs, const char *name)
{
	for (struct flight *f = *bucket_of(fs, name); f; f = f->next_in_bucket)
		if (!strcmp(f->name, name))
			return f;
	return NULL;
}

static struct flight *start(struct flights *fs, const char *name, const struct source_work *work,
			    uint64_t address)
{
	struct flight *f = calloc(1, sizeof(*f)), **bucket = bucket_of(fs, name);

	if (f)
		f->name = strdup(name);
	if (!f || !f->name) {
		free(f);
		return NULL;
	}
	f->of = fs;
	f->work = *work;
	f->class = class_of(work);
	f->asked_at = uv_now(fs->loop);
	if (!join_line(f, address)) {
		free_flight(f);
		return NULL;
	}
	f->next_in_bucket = *bucket;
	*bucket = f;
	fs->stats.now++;
	fs->stats.of_class[f->class]++;
	return f;
}

struct flight *flights_join(struct flights *fs, const char *name, const struct source_work *work,
			    uint64_t address)
{
	struct source_work own = *work;
	struct flight *f;

	if (fs->stopping)
		return NULL;
	if (class_of(work) == FLIGHTS_VCEK &&
	    line_is_full(fs->line)) /* before a flight that may lose its own */
		(void)take_place(fs, address);
	f = find(fs, name);
	if (f) {
		(void)join_line(f, address); /* false: it has the turns of the others whose it is */
		fs->stats.joined++;
	} else {
		f = has_room(fs, &own, address) ? start(fs, name, &own, address) : NULL;
		if (!f) {
			fs->stats.refused++;
			return NULL;
		}
		fs->stats.started++;
		go_on(f);
		give_turns(fs);
	}
	f->asked_at = uv_now(fs->loop);
	return f;
}

size_t flights_turns_before(const struct flights *fs, uint64_t address)
{
	return line_turns_before(fs->line, address);
}

enum flights_class flight_class(const struct flight *f)
{
	return f->class;
}

const char *flight_name(const struct flight *f)
{
	return f->name;
}

struct source_work *flight_work(struct flight *f)
{
	return &f->work;
}

void **flight_data(struct flight *f)
{
	return &f->data;
}

const struct flights_stats *flights_stats(const struct flights *fs)
{
	return &fs->stats;
}

/* ---- start and end */

static int open_slots(struct flights *fs, struct jurat_error *err)
{
	const struct source_ops *ops = fs->source->ops;
	int r = 0;

	for (unsigned lane = 0; lane < SOURCE_LANES; lane++) {
		for (unsigned class = 0; class < FLIGHTS_CLASSES; class ++)
			TAILQ_INIT(&fs->lanes[lane].queues[class].flights);
		for (unsigned i = 0; r == 0 && i < ops->lanes[lane]; i++) {
			struct slot *slot = &fs->slots[fs->n_slots];

			r = ops->open(fs->source->context, lane, &slot->handles, err);
			if (r < 0)
				break;
			slot->of = fs;
			slot->lane = lane;
			slot->work.data = slot;
			slot->next_free = fs->lanes[lane].free;
			fs->lanes[lane].free = slot;
			fs->n_slots++;
		}
	}
	return r;
}

int flights_new(uv_loop_t *loop, const struct source *source, size_t max, uint64_t forgotten_ms,
		void (*landed)(void *context, struct flight *f), void *context, struct flights **ret,
		struct jurat_error *err)
{
	struct flights *fs = calloc(1, sizeof(*fs));
	int r;

	if (fs) {
		fs->slots = calloc(flights_threads(source->ops), sizeof(*fs->slots));
		fs->line = line_new(PLACES * max);
	}
	if (!fs || !fs->slots || !fs->line) {
		if (fs) {
			line_free(fs->line);
			free(fs->slots);
		}
		free(fs);
		return jurat_fail_memory(err);
	}
	fs->loop = loop;
	fs->source = source;
	fs->max = max;
	fs->forgotten_ms = forgotten_ms;
	fs->last_waiting = &fs->waiting;
	fs->timer_at = UINT64_MAX;
	fs->landed = landed;
	fs->context = context;
	uv_timer_init(loop, &fs->timer);
	fs->timer.data = fs;
	uv_unref((uv_handle_t *)&fs->timer);
	r = name_hash_init(&fs->hash);
	r = r < 0 ? jurat_fail(err, r, "no random numbers: %s", strerror(-r)) : open_slots(fs, err);
	if (r < 0)
		flights_free(fs);
	else
		*ret = fs;
	return r;
}

bool flights_stalled(const struct flights *fs, uint64_t now_ms)
{
	return progress_stalled(&fs->progress, now_ms, STALL_MS);
}

void flights_stop(struct flights *fs)
{
	fs->stopping = true;
	uv_timer_stop(&fs->timer);
}

void flights_idle(struct flights *fs, void (*idle)(void *context), void *context)
{
	fs->idle = idle;
	fs->idle_context = context;
	if (fs->n_busy == 0)
		idle(context);
}

static void on_closed(uv_handle_t *handle)
{
	struct flights *fs = handle->data;

	for (unsigned i = 0; i < BUCKETS; i++)
		for (struct flight *f = fs->buckets[i], *next; f; f = next) {
			next = f->next_in_bucket;
			free_flight(f);
		}
	line_free(fs->line);
	free(fs->slots);
	free(fs);
}

void flights_free(struct flights *fs)
{
	if (!fs)
		return;
	for (size_t i = 0; i < fs->n_slots; i++)
		fs->source->ops->close(fs->slots[i].handles);
	fs->n_slots = 0;
	uv_close((uv_handle_t *)&fs->timer, on_closed);
}
