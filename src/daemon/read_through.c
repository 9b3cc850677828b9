/* SPDX-License-Identifier: MIT */
#include "daemon/read_through_internal.h"

#include <errno.h>
#include <limits.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "daemon/log.h"

enum {
	CLAIM_MS = 30 * 1000,
	CLAIM_SLACK_MS = 8 * 1000, /* to the request, which ends within 20 s (read_through_slot.c) */
	TAKEN_SLACK_MS = 500,      /* what was taken from the quota is used within that time, or not at all */
	POLL_MS = 250,             /* while another replica asks for the item */
	MAX_POLLS = 480,           /* two minutes: holders died four times */
	MAX_LATE = 3,              /* times that the stock was so slow, which lost part of the quota */
	MAX_BUSY = 5,              /* answers 429 until the flight ends */
	DEFAULT_PAUSE_MS = 10 * 1000, /* after 429 without Retry-After */
	MAX_PAUSE_MS = 10 * 60 * 1000,
	AWAY_AGAIN_MS = 5 * 1000,
};

/* struct source_work: state */
enum { STATE_POLLS_MASK = 0xffff, STATE_BUSY_SHIFT = 16, STATE_LATE_SHIFT = 32 };

static int64_t now_s(void)
{
	return base_realtime_s(base_env_real());
}

static uint64_t now_ms(void)
{
	return base_now_ns(base_env_real()) / 1000000;
}

static void finish(struct source_work *work, unsigned status, uint64_t retry_after_ms)
{
	work->lane = SOURCE_DONE;
	work->status = status;
	work->retry_after_ms = retry_after_ms;
}

static void wait_in(struct source_work *work, unsigned lane, uint64_t ms)
{
	work->lane = lane;
	work->wait_ms = ms > 0 ? ms : 1;
}

/* ---- the stock */

/*
 * Notes whether the stock answers. Returns r. Other failures may be of one item: whether the stock can be
 * used at all, the watch finds out (read_through_watch.c).
 */
static int note(struct read_through *t, int r, const struct jurat_error *why)
{
	if (r < 0 && r != -EBADMSG)
		atomic_fetch_add(&t->stats.stock_errors, 1);
	if (r == -EHOSTDOWN)
		read_through_set_stock_away(t, r, why);
	else if (atomic_load(&t->stock_away) == -EHOSTDOWN)
		read_through_set_stock_away(t, 0, NULL);
	return r;
}

static int check(struct read_through_slot *s, const struct endorse_item *item, struct endorse_value *value,
		 int64_t *ret_expires, struct jurat_error *err);

static void log_bad(const struct read_through_slot *s, const struct stock *stock,
		    const struct endorse_item *item, const char *why)
{
	const struct read_through *t = s->of;
	const char *dir = stock == s->local               ? t->local_copy
			  : !strncmp(t->store, "dir:", 4) ? t->store + 4
							  : NULL;
	char name[ENDORSE_TEXT_BYTES], file[ENDORSE_TEXT_BYTES], path[PATH_MAX];

	endorse_item_name(item, name, sizeof(name));
	endorse_item_file(item, file, sizeof(file));
	snprintf(path, sizeof(path), "%s/%s", dir ? dir : "", file);
	log_peer_event(LOG_LEVEL_WARNING, "stock-bad", "item", name, "why", why, dir ? "file" : NULL, path,
		       NULL);
}

/* A checked value of a stock; JURAT_NOT_FOUND also for one that cannot be used, which is counted. */
static int get_from(struct read_through_slot *s, struct stock *stock, const struct endorse_item *item,
		    struct endorse_value *ret, int64_t *ret_expires, struct jurat_error *err)
{
	struct read_through_stats *stats = &s->of->stats;
	struct endorse_value value = { .body = NULL };
	int64_t expires;
	int r = stock_get(stock, item, &value, &expires, err);

	if (stock == s->stock)
		note(s->of, r, err);
	if (r == 0)
		r = check(s, item, &value, &expires, err);
	if (r == 0) {
		*ret = value;
		*ret_expires = expires;
		return 0;
	}
	endorse_value_done(&value);
	if (r == -ESTALE) {
		atomic_fetch_add(&stats->stock_expired, 1);
		return JURAT_NOT_FOUND;
	}
	if (r == -EBADMSG) {
		atomic_fetch_add(&stats->stock_bad, 1);
		log_bad(s, stock, item, err->text);
		return JURAT_NOT_FOUND;
	}
	return r;
}

static bool is_same(const struct endorse_value *a, const struct endorse_value *b)
{
	return a->size == b->size && memcmp(a->body, b->body, a->size) == 0;
}

/*
 * From the stock, or from the local copy if that has a later issue; the other gets it too. The copy is read
 * also while the stock answers: a server that was started without its data would take as long to fill again
 * as a change of the TCB, and one that was restored from a backup, or that an attacker writes to, has older
 * issues, which hide a revocation.
 */
static int get(struct read_through_slot *s, const struct endorse_item *item, struct endorse_value *ret,
	       int64_t *ret_expires, struct jurat_error *err)
{
	struct endorse_value of_stock auto_call(endorse_value_done) = { .body = NULL };
	struct endorse_value of_copy auto_call(endorse_value_done) = { .body = NULL };
	struct jurat_error ignored = { "" };
	int64_t expires, copy_expires;
	int r = get_from(s, s->stock, item, &of_stock, &expires, err);
	bool has_copy;

	has_copy = s->local && get_from(s, s->local, item, &of_copy, &copy_expires, &ignored) == 0;
	if (r != 0 && !has_copy)
		return r;
	if (has_copy && (r != 0 || of_copy.issued > of_stock.issued)) {
		atomic_fetch_add(&s->of->stats.local_hits, 1);
		if (r >= 0)
			(void)note(s->of, stock_put(s->stock, item, &of_copy, copy_expires, &ignored),
				   &ignored);
		*ret = of_copy;
		*ret_expires = copy_expires;
		of_copy = (struct endorse_value){ .body = NULL };
		return 0;
	}
	if (s->local && !(has_copy && is_same(&of_stock, &of_copy)) &&
	    stock_put(s->local, item, &of_stock, expires, &ignored) < 0)
		atomic_fetch_add(&s->of->stats.put_errors, 1);
	*ret = of_stock;
	*ret_expires = expires;
	of_stock = (struct endorse_value){ .body = NULL };
	return 0;
}

static void put(struct read_through_slot *s, const struct endorse_item *item,
		const struct endorse_value *value, int64_t expires)
{
	struct stock *const stocks[] = { s->stock, s->local };
	struct jurat_error err = { "" };

	for (size_t i = 0; i < ARRAY_SIZE(stocks); i++) {
		int r = stocks[i] ? stock_put(stocks[i], item, value, expires, &err) : 0;

		if (i == 0)
			note(s->of, r, &err);
		if (r >= 0)
			continue;
		atomic_fetch_add(&s->of->stats.put_errors, 1);
		log_peer_event(LOG_LEVEL_ERROR, "not-kept", "why", err.text, NULL);
	}
}

/* ---- services, and checks */

/* How an answer of fetch_item() is passed on and counted. */
static const struct outcome {
	int r;
	enum read_through_end end;
	unsigned status;
} outcomes[] = {
	{ 0, READ_THROUGH_GOT, MHD_HTTP_OK },
	{ JURAT_NOT_FOUND, READ_THROUGH_MISSING, MHD_HTTP_NOT_FOUND },
	{ JURAT_BUSY, READ_THROUGH_BUSY, MHD_HTTP_TOO_MANY_REQUESTS },
	{ -EBADMSG, READ_THROUGH_BAD, MHD_HTTP_BAD_GATEWAY },
	{ -ESTALE, READ_THROUGH_BAD, MHD_HTTP_BAD_GATEWAY },
	{ -EMSGSIZE, READ_THROUGH_BAD, MHD_HTTP_BAD_GATEWAY },
	{ -ENOKEY, READ_THROUGH_BAD, MHD_HTTP_BAD_GATEWAY },
	{ -EPROTO, READ_THROUGH_REFUSED, MHD_HTTP_BAD_GATEWAY },
	{ -EKEYREJECTED, READ_THROUGH_REFUSED, MHD_HTTP_BAD_GATEWAY },
	{ -ETIMEDOUT, READ_THROUGH_DOWN, MHD_HTTP_GATEWAY_TIMEOUT },
};

static struct outcome outcome_of(int r)
{
	for (size_t i = 0; i < ARRAY_SIZE(outcomes); i++)
		if (outcomes[i].r == r)
			return outcomes[i];
	return (struct outcome){ r, READ_THROUGH_DOWN, MHD_HTTP_SERVICE_UNAVAILABLE };
}

/*
 * An answer may be older than what is kept: of a cache or a mirror behind, or sent again by whoever hides a
 * revocation. Then what is kept stays, and is the answer. `item` was checked before, so that the checker has
 * what that needs.
 */
static void take_later(struct read_through_slot *s, const struct endorse_item *item,
		       struct endorse_value *value, int64_t *expires)
{
	struct stock *const stocks[] = { s->stock, s->local };

	for (size_t i = 0; value->issued != 0 && i < ARRAY_SIZE(stocks); i++) {
		struct endorse_value kept auto_call(endorse_value_done) = { .body = NULL };
		struct endorse_value earlier = *value;
		int64_t kept_expires;

		if (!stocks[i] || stock_get(stocks[i], item, &kept, &kept_expires, NULL) != 0 ||
		    endorse_check(s->checker, item, &kept, now_s(), &kept_expires, NULL) != 0 ||
		    kept.issued <= value->issued)
			continue;
		*value = kept;
		*expires = kept_expires;
		kept = earlier;
	}
}

static int fetch(struct read_through_slot *s, const struct endorse_item *item, struct endorse_value *ret,
		 int64_t *ret_expires, struct jurat_error *err)
{
	int r = fetch_item(s->fetcher, item, ret, err);

	if (r == 0)
		r = endorse_check(s->checker, item, ret, now_s(), ret_expires, err);
	if (r == 0) {
		take_later(s, item, ret, ret_expires);
		put(s, item, ret, *ret_expires);
	}
	atomic_fetch_add(&s->of->stats.asked[endorse_item_service(item)][outcome_of(r).end], 1);
	return r;
}

/* With a claim of its own. -EAGAIN: another has it. */
static int fetch_needed(struct read_through_slot *s, const struct endorse_item *needed,
			struct endorse_value *ret, int64_t *ret_expires, struct jurat_error *err)
{
	const int claimed = note(s->of, stock_claim(s->stock, needed, CLAIM_MS, err), err);
	int r;

	if (claimed == JURAT_BUSY)
		return jurat_fail(err, -EAGAIN,
				  "another replica is fetching the certificates that its check needs");
	r = claimed == 0 ? get(s, needed, ret, ret_expires, err) : JURAT_NOT_FOUND;
	if (r != 0)
		r = fetch(s, needed, ret, ret_expires, err);
	if (claimed == 0)
		stock_release(s->stock, needed);
	return r;
}

/* Gets what the check of `item` needs from the stock, or from the service, into the checker. */
static int load_needed(struct read_through_slot *s, const struct endorse_item *item, struct jurat_error *err)
{
	struct endorse_value value = { .body = NULL };
	struct endorse_item needed;
	int64_t expires;
	uint32_t bit;
	int r;

	if (!endorse_check_needs(item, &needed))
		return 0;
	bit = UINT32_C(1) << (needed.product + (needed.kind == ENDORSE_VLEK_CHAIN ? SNP_N_PRODUCTS : 0));
	if (s->loaded & bit)
		return 0;
	r = get(s, &needed, &value, &expires, err); /* its check leaves it in the checker */
	if (r != 0 && s->fetcher)
		r = fetch_needed(s, &needed, &value, &expires, err);
	endorse_value_done(&value);
	if (r == 0)
		s->loaded |= bit;
	if (r == JURAT_BUSY) /* the service wants a pause, also when it was asked for the chain */
		return r;
	return r > 0 ? jurat_fail(err, -ENOKEY, "the certificates that its check needs are not available")
		     : r;
}

static int check(struct read_through_slot *s, const struct endorse_item *item, struct endorse_value *value,
		 int64_t *ret_expires, struct jurat_error *err)
{
	int r = endorse_check(s->checker, item, value, now_s(), ret_expires, err);

	if (r != -ENOKEY)
		return r;
	r = load_needed(s, item, err);
	return r == 0 ? endorse_check(s->checker, item, value, now_s(), ret_expires, err) : r;
}

/* ---- steps */

static void step_stock(struct read_through_slot *s, struct source_work *work)
{
	int r = get(s, &work->item, &work->value, &work->expires, &work->why);

	if (r == 0 && work->expires > work->newer_than) {
		atomic_fetch_add(&s->of->stats.stock_hits, 1);
		work->from = "stock";
		finish(work, MHD_HTTP_OK, 0);
		return;
	}
	endorse_value_done(&work->value);
	atomic_fetch_add(&s->of->stats.stock_misses, 1);
	if (s->of->offline && r < 0) {
		finish(work, MHD_HTTP_SERVICE_UNAVAILABLE, AWAY_AGAIN_MS);
		return;
	}
	if (s->of->offline) {
		(void)jurat_fail(&work->why, -ENOENT,
				 "the store does not have it, and --offline forbids fetching it");
		finish(work, MHD_HTTP_NOT_FOUND, 0);
		return;
	}
	if (work->stock_only) {
		finish(work, r < 0 ? MHD_HTTP_SERVICE_UNAVAILABLE : MHD_HTTP_TOO_MANY_REQUESTS,
		       AWAY_AGAIN_MS);
		return;
	}
	work->lane = LANE_KDS + endorse_item_service(&work->item);
}

static void close_gate(struct read_through *t, uint64_t for_ms)
{
	const uint64_t until = now_ms() + for_ms;
	unsigned long long gate = atomic_load(&t->gate_ms);

	/* A wait for the quota does not shorten a pause that the service has asked for. */
	while (gate < until && !atomic_compare_exchange_weak(&t->gate_ms, &gate, until))
		;
}

/* 429: all replicas pause, and so does the flight. */
static void step_busy(struct read_through_slot *s, struct source_work *work)
{
	uint64_t pause = fetcher_retry_after_ms(s->fetcher);
	struct jurat_error err = { "" };

	if (pause == 0)
		pause = DEFAULT_PAUSE_MS;
	if (pause > MAX_PAUSE_MS)
		pause = MAX_PAUSE_MS;
	work->state += 1 << STATE_BUSY_SHIFT;
	if (s->lane == LANE_KDS) {
		atomic_fetch_add(&s->of->stats.pauses, 1);
		close_gate(s->of, pause);
		(void)note(s->of, stock_pause(s->stock, &s->of->quota, pause, &err), &err);
	}
	if ((work->state >> STATE_BUSY_SHIFT & 0xffff) >= MAX_BUSY || work->newer_than > 0)
		finish(work, MHD_HTTP_TOO_MANY_REQUESTS, pause);
	else
		wait_in(work, LANE_STOCK, pause);
}

/* Ends a flight, or makes it wait, after what a service has answered. */
static void end(struct read_through_slot *s, struct source_work *work, int r)
{
	const struct outcome outcome = outcome_of(r);

	work->from = "upstream";
	if (r == JURAT_BUSY) {
		step_busy(s, work);
		return;
	}
	if (r != 0)
		endorse_value_done(&work->value);
	finish(work, r == JURAT_NOT_FOUND && s->last_status == MHD_HTTP_GONE ? MHD_HTTP_GONE : outcome.status,
	       outcome.end == READ_THROUGH_DOWN ? fetcher_retry_after_ms(s->fetcher) : 0);
}

/*
 * How long this process must wait by its own count of what it was granted; 0: it may ask. Whoever can write
 * to a server, or set its clock, can make it grant anything; the process still keeps to the quota of one
 * address.
 *
 * since_ms  before the stock was asked, so no later than its grant: an honest stock is never contradicted
 */
static uint64_t own_wait_ms(struct read_through *t, uint64_t since_ms)
{
	const uint64_t interval = t->quota.interval_ms - t->quota.interval_ms / 64; /* no two clocks agree */
	const uint64_t limit = now_ms() + 1 + interval * t->quota.burst;
	unsigned long long full = atomic_load(&t->own_full_ms), next;

	do {
		next = (full > since_ms ? full : since_ms) + interval;
		if (next > limit)
			return next - limit;
	} while (!atomic_compare_exchange_weak(&t->own_full_ms, &full, next));
	return 0;
}

/* As stock_take(). */
static int take(struct read_through_slot *s, uint64_t *ret_wait_ms, struct jurat_error *err)
{
	struct read_through *t = s->of;
	const uint64_t since_ms = now_ms();
	uint64_t wait_ms;
	int r = note(t, stock_take(s->stock, &t->quota, ret_wait_ms, err), err);

	if (r != 0)
		return r;
	wait_ms = own_wait_ms(t, since_ms);
	if (wait_ms == 0)
		return 0;
	log_peer_event(LOG_LEVEL_WARNING, "quota-early", "why",
		       "the stock granted a request too early: somebody else writes to it, or set its clock",
		       NULL);
	*ret_wait_ms = wait_ms;
	return JURAT_BUSY;
}

/* false: not now. Only VCEKs count, which is what AMD's service limits. */
static bool may_ask(struct read_through_slot *s, struct source_work *work)
{
	struct read_through *t = s->of;
	struct jurat_error err = { "" };
	uint64_t wait_ms = 0;
	int r;

	if (work->item.kind != ENDORSE_VCEK || t->quota.interval_ms == 0)
		return true;
	r = take(s, &wait_ms, &err);
	if (r == 0)
		return true;
	if (r == JURAT_BUSY) {
		atomic_fetch_add(&t->stats.quota_waits, 1);
		if (wait_ms > MAX_PAUSE_MS) /* as long as any pause that is set here: it is asked again */
			wait_ms = MAX_PAUSE_MS;
		close_gate(t, wait_ms);
		wait_in(work, LANE_KDS, wait_ms); /* in line, and before it asks, it reads the stock again */
		return false;
	}
	(void)jurat_fail(&work->why, -EHOSTDOWN, "the rest of AMD's quota is unknown: %s", err.text);
	finish(work, MHD_HTTP_SERVICE_UNAVAILABLE, AWAY_AGAIN_MS);
	return false;
}

/* Counted: a flight does not wait for others without end, nor at all when nobody waits for it. */
static bool can_poll(struct source_work *work)
{
	return (++work->state & STATE_POLLS_MASK) < MAX_POLLS && work->newer_than == 0;
}

/* false: the flight waits, or has ended. */
static bool claim(struct read_through_slot *s, struct source_work *work, bool *ret_claimed)
{
	struct jurat_error err = { "" };
	int r = note(s->of, stock_claim(s->stock, &work->item, CLAIM_MS, &err), &err);

	*ret_claimed = r == 0;
	if (r != JURAT_BUSY)
		return true; /* without one, when the stock is away or full: this process asks once anyway */
	atomic_fetch_add(&s->of->stats.claims_busy, 1);
	if (can_poll(work)) {
		wait_in(work, LANE_STOCK, POLL_MS);
		return false;
	}
	(void)jurat_fail(&work->why, -EAGAIN, "another replica is fetching it");
	finish(work, MHD_HTTP_SERVICE_UNAVAILABLE, POLL_MS);
	return false;
}

/* What another has put there between this flight's miss and its claim. */
static bool is_there_now(struct read_through_slot *s, struct source_work *work)
{
	struct jurat_error err = { "" };

	if (get(s, &work->item, &work->value, &work->expires, &err) == 0 &&
	    work->expires > work->newer_than) {
		work->from = "stock";
		finish(work, MHD_HTTP_OK, 0);
		return true;
	}
	endorse_value_done(&work->value);
	return false;
}

/* What was taken from the quota is lost. A stock that is always as slow would lose all of it. */
static void start_over(struct source_work *work)
{
	work->state += UINT64_C(1) << STATE_LATE_SHIFT;
	if (work->state >> STATE_LATE_SHIFT < MAX_LATE && work->newer_than == 0) {
		wait_in(work, LANE_STOCK, 1);
		return;
	}
	(void)jurat_fail(&work->why, -ETIME, "the store took more than %d ms to answer, %d times",
			 TAKEN_SLACK_MS, MAX_LATE);
	finish(work, MHD_HTTP_SERVICE_UNAVAILABLE, AWAY_AGAIN_MS);
}

/* With the claim, which has begun at `since_ms`; or without one while the stock is away. */
static void ask(struct read_through_slot *s, struct source_work *work, uint64_t since_ms)
{
	/* What the check needs comes first: no part of the quota for what cannot be checked. */
	int r = load_needed(s, &work->item, &work->why);
	const uint64_t taking_ms = now_ms();

	if ((r == -EAGAIN || (r == 0 && taking_ms - since_ms > CLAIM_SLACK_MS)) && can_poll(work)) {
		wait_in(work, LANE_STOCK, POLL_MS);
		return;
	}
	if (r != 0) {
		end(s, work, r);
		return;
	}
	if (!may_ask(s, work))
		return;
	/* Was stopped: the claim may end before the answer, or the next in the quota may have its turn. */
	if (now_ms() - since_ms > CLAIM_SLACK_MS || now_ms() - taking_ms > TAKEN_SLACK_MS)
		start_over(work);
	else
		end(s, work, fetch(s, &work->item, &work->value, &work->expires, &work->why));
}

static void step_upstream(struct read_through_slot *s, struct source_work *work)
{
	const uint64_t gate = atomic_load(&s->of->gate_ms), now = now_ms();
	bool claimed;

	if (work->item.kind == ENDORSE_VCEK && gate > now) {
		wait_in(work, LANE_KDS, gate - now);
		return;
	}
	if (!claim(s, work, &claimed))
		return;
	if (!claimed || !is_there_now(s, work))
		ask(s, work, now);
	if (claimed)
		stock_release(s->stock, &work->item);
}

static void step(void *slot, struct source_work *work)
{
	struct read_through_slot *s = slot;

	work->wait_ms = 0;
	if (read_through_freshen(s, &work->why) < 0)
		finish(work, MHD_HTTP_INTERNAL_SERVER_ERROR, 0);
	else if (s->lane == LANE_STOCK)
		step_stock(s, work);
	else
		step_upstream(s, work);
}

/* ---- start and end */

static void stop(void *source)
{
	atomic_store(&((struct read_through *)source)->stopping, true);
}

struct source read_through_source(struct read_through *t)
{
	static const struct source_ops ops = {
		.name = "read-through",
		.lanes = { [LANE_STOCK] = 4, [LANE_KDS] = 4, [LANE_PCS] = 4, [LANE_CERTIFICATES] = 2 },
		.turn_lane = LANE_KDS,
		.open = read_through_open_slot,
		.close = read_through_close_slot,
		.step = step,
		.stop = stop,
		.describe = read_through_describe,
	};

	return (struct source){ .ops = &ops, .context = t };
}

static int copy_text(const char *text, char **ret, struct jurat_error *err)
{
	if (!text)
		return 0;
	*ret = strdup(text);
	return *ret ? 0 : jurat_fail_memory(err);
}

int read_through_new(const struct read_through_options *o, struct read_through **ret, struct jurat_error *err)
{
	struct read_through *t = calloc(1, sizeof(*t));
	int r;

	if (!t)
		return jurat_fail_memory(err);
	if (uv_mutex_init(&t->turn) < 0) {
		free(t);
		return jurat_fail_memory(err);
	}
	t->offline = o->offline;
	t->quota = (struct stock_quota){ .name = "kds-vcek",
					 .interval_ms = o->kds_interval_ms,
					 .burst = o->kds_burst };
	r = copy_text(o->store, &t->store, err);
	if (r == 0)
		r = copy_text(o->local_copy, &t->local_copy, err);
	if (r == 0)
		r = copy_text(o->upstream, &t->upstream, err);
	if (r == 0)
		r = copy_text(o->upstream_ca, &t->upstream_ca, err);
	if (r == 0)
		r = read_through_load_roots(o->roots, &t->roots, err);
	if (r < 0)
		read_through_free(t);
	else
		*ret = t;
	return r;
}

void read_through_free(struct read_through *t)
{
	if (!t)
		return;
	read_through_roots_done(&t->roots);
	uv_mutex_destroy(&t->turn);
	free(t->store);
	free(t->local_copy);
	free(t->upstream);
	free(t->upstream_ca);
	free(t);
}

int read_through_reload_roots(struct read_through *t, const char *roots, struct jurat_error *err)
{
	struct read_through_roots next, before;
	int r = read_through_load_roots(roots, &next, err);

	if (r < 0)
		return r;
	uv_mutex_lock(&t->turn);
	before = t->roots;
	t->roots = next;
	atomic_fetch_add(&t->generation, 1);
	uv_mutex_unlock(&t->turn);
	read_through_roots_done(&before);
	return 0;
}
