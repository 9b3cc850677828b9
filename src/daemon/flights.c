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
};

struct flight {
	struct line_member member; /* first; of the line, if it is a VCEK's */
	struct flights *of;
	char *name;
	struct source_work work;
	void *data;
	struct flight *next_in_bucket;
	struct flight *next;           /* in the queue of its lane, or among those that wait */
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

struct flights {
	uv_loop_t *loop;
	const struct source *source;
	size_t max;
	uint64_t forgotten_ms;
	void (*landed)(void *context, struct flight *f);
	void *context;
	struct flight *buckets[BUCKETS];
	struct name_hash hash;
	struct {
		struct flight *first, **last;
		struct slot *free;
	} lanes[SOURCE_LANES];
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

static unsigned class_of(const struct source_work *work)
{
	if (work->item.kind != ENDORSE_VCEK)
		return FLIGHTS_SERVICE + endorse_item_service(&work->item);
	return work->stock_only ? FLIGHTS_STOCK_ONLY : FLIGHTS_VCEK;
}

static size_t max_of(const struct flights *fs, unsigned class)
{
	const size_t share = (fs->max + FLIGHTS_SHARE - 1) / FLIGHTS_SHARE;

	return class == FLIGHTS_VCEK ? fs->max - fs->max / FLIGHTS_SHARE * (FLIGHTS_CLASSES - 1) : share;
}

static void forget(struct flight *f)
{
	struct flight **at = bucket_of(f->of, f->name);

	while (*at != f)
		at = &(*at)->next_in_bucket;
	*at = f->next_in_bucket;
	f->of->stats.now--;
	f->of->stats.of_class[class_of(&f->work)]--;
}

static void free_flight(struct flight *f)
{
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

static void run_lane(struct flights *fs, unsigned lane)
{
	while (!fs->stopping && fs->lanes[lane].free && fs->lanes[lane].first) {
		struct slot *slot = fs->lanes[lane].free;
		struct flight *f = fs->lanes[lane].first;

		fs->lanes[lane].free = slot->next_free;
		fs->lanes[lane].first = f->next;
		if (!f->next)
			fs->lanes[lane].last = &fs->lanes[lane].first;
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

	f->next = NULL;
	*fs->lanes[lane].last = f;
	fs->lanes[lane].last = &f->next;
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
	if (class_of(&f->work) == FLIGHTS_VCEK && f->work.lane == turn_lane(f->of))
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

static bool is_full(const struct flights *fs, unsigned class)
{
	return fs->stats.of_class[class] >= max_of(fs, class);
}

/* Drops the VCEKs in line that nobody has asked for any more: now and then, for there may be many. */
static void tidy(struct flights *fs)
{
	const uint64_t now = uv_now(fs->loop);

	if (now < fs->tidy_at)
		return;
	fs->tidy_at = now + fs->forgotten_ms / 60;
	for (unsigned i = 0; i < BUCKETS; i++)
		for (struct flight *f = fs->buckets[i], *next; f; f = next) {
			next = f->next_in_bucket;
			if (!f->member.waits || f->member.turn || f->data ||
			    now - f->asked_at < fs->forgotten_ms)
				continue;
			forget(f);
			free_flight(f);
			fs->stats.dropped++;
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
	if (class_of(work) == FLIGHTS_VCEK && is_full(fs, FLIGHTS_VCEK)) {
		tidy(fs);
		while (is_full(fs, FLIGHTS_VCEK) && take_place(fs, address))
			;
		work->stock_only = is_full(fs, FLIGHTS_VCEK);
	}
	return !is_full(fs, class_of(work));
}

static bool join_line(struct flight *f, uint64_t address)
{
	return class_of(&f->work) != FLIGHTS_VCEK || line_join(f->of->line, &f->member, address);
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
	if (!join_line(f, address)) {
		free_flight(f);
		return NULL;
	}
	f->next_in_bucket = *bucket;
	*bucket = f;
	fs->stats.now++;
	fs->stats.of_class[class_of(work)]++;
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
		fs->lanes[lane].last = &fs->lanes[lane].first;
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
