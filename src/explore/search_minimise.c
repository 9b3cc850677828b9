/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "explore/search_internal.h"

/*
 * An order made shorter: parts of it are left out or moved, and what is left leads a new order as far as it
 * can be followed. What it does not say is done by the first actor that can go on, without deaths.
 */
struct attempt {
	struct sched_choice order[SCHED_MAX_DECISIONS];
	unsigned n;
};

struct minimise {
	struct search *s;
	const char *invariant; /* text of the violation, */
	size_t n_invariant;    /* up to here */
	struct attempt best, tried;
	uint64_t best_cost;
	unsigned at; /* what of `tried` is next */
};

static bool equal(struct sched_choice a, struct sched_choice b)
{
	return a.actor == b.actor && a.move == b.move;
}

static unsigned find(const struct sched_choice *can, unsigned n, struct sched_choice wanted)
{
	unsigned i = 0;

	while (i < n && !equal(can[i], wanted))
		i++;
	return i;
}

static unsigned choose_led(void *ctx, struct sched *sched, const struct sched_choice *can, unsigned n)
{
	struct minimise *m = ctx;
	struct search *s = m->s;
	unsigned i = n;

	(void)sched;
	if (!search_may_go_on(s))
		return search_give_up(s);
	for (; m->at < m->tried.n && i == n; m->at++)
		i = find(can, n, m->tried.order[m->at]);
	for (unsigned k = 0; i == n && k < n; k++)
		if (can[k].move == SCHED_GO)
			i = k;
	return search_take(s, can, i < n ? i : 0);
}

/*
 * What there is to read: steps first; then changes from one actor to another, and what does not happen by
 * itself.
 */
static uint64_t cost_of(const struct sched_choice *order, unsigned n, uint64_t steps)
{
	uint64_t cost = steps * SCHED_MAX_DECISIONS * 8;

	for (unsigned i = 0; i < n; i++) {
		cost += order[i].move == SCHED_GO ? 0 : 4;
		cost += i > 0 && order[i].actor != order[i - 1].actor ? 2 : 0;
	}
	return cost;
}

/* Runs `tried`: 1 it is the best now; 0 it is not; -errno */
static int try(struct minimise *m)
{
	struct search *s = m->s;
	uint64_t cost;
	int r;

	s->n_order = 0;
	m->at = 0;
	r = search_run(s, choose_led, m);
	if (r < 0 || strncmp(sched_violation(s->sched), m->invariant, m->n_invariant) != 0)
		return r;
	cost = cost_of(s->order, s->n_order, sched_steps(s->sched));
	if (cost >= m->best_cost)
		return 0;
	m->best_cost = cost;
	memcpy(m->best.order, s->order, s->n_order * sizeof(s->order[0]));
	m->best.n = s->n_order;
	return 1;
}

static bool may_try(const struct minimise *m)
{
	const struct search *s = m->s;

	return !s->result->stopped && (s->bounds.max_steps == 0 || s->result->steps < s->bounds.max_steps);
}

/* Without `n` decisions at `at`. */
static int try_without(struct minimise *m, unsigned at, unsigned n)
{
	const struct attempt *best = &m->best;

	m->tried.n = best->n - n;
	memcpy(m->tried.order, best->order, at * sizeof(best->order[0]));
	memcpy(&m->tried.order[at], &best->order[at + n], (best->n - at - n) * sizeof(best->order[0]));
	return try(m);
}

/* Decisions of the same actor behind each other, from `at` on. */
static unsigned block(const struct attempt *a, unsigned at)
{
	unsigned n = 1;

	while (at + n < a->n && equal(a->order[at + n], a->order[at]))
		n++;
	return n;
}

/* With two blocks in the other order: where a third one follows of the first's actor, it is one with that. */
static int try_swapped(struct minimise *m, unsigned at)
{
	const struct attempt *best = &m->best;
	unsigned first = block(best, at), second = at + first < best->n ? block(best, at + first) : 0;

	if (second == 0)
		return 0;
	m->tried.n = best->n;
	memcpy(m->tried.order, best->order, best->n * sizeof(best->order[0]));
	memcpy(&m->tried.order[at], &best->order[at + first], second * sizeof(best->order[0]));
	memcpy(&m->tried.order[at + second], &best->order[at], first * sizeof(best->order[0]));
	return try(m);
}

/* Every part of each length, then every pair of blocks, until nothing helps any more. 0; -errno */
static int shorten(struct minimise *m)
{
	bool helped;
	int r = 0;

	do {
		helped = false;
		for (unsigned n = m->best.n / 2; n > 0 && r >= 0; n /= 2)
			for (unsigned at = 0; at + n <= m->best.n && may_try(m) && r >= 0;) {
				r = try_without(m, at, n);
				helped |= r > 0;
				at += r > 0 ? 0 : n;
			}
		for (unsigned at = 0; at < m->best.n && may_try(m) && r >= 0; at += block(&m->best, at)) {
			r = try_swapped(m, at);
			helped |= r > 0;
		}
	} while (helped && r >= 0 && may_try(m));
	return r < 0 ? r : 0;
}

/* The best order becomes that of `io`. */
static int replace(struct minimise *m, struct search_result *io)
{
	struct search *s = m->s;
	struct search_result *found = s->result;
	int r;

	m->tried = m->best;
	s->n_order = 0;
	m->at = 0;
	r = search_run(s, choose_led, m);
	if (r == 0)
		r = search_describe(s);
	if (r < 0)
		return r;
	history_free(io->history);
	free(io->order);
	io->history = found->history;
	io->order = found->order;
	io->n_order = found->n_order;
	io->violation_steps = found->violation_steps;
	memcpy(io->violation, found->violation, sizeof(io->violation));
	return 0;
}

static int minimise(struct minimise *m, struct search_result *io)
{
	uint64_t before;
	int r;

	m->invariant = io->violation;
	m->n_invariant = strcspn(io->violation, ":");
	m->n_invariant += io->violation[m->n_invariant] != '\0';
	before = cost_of(io->order, io->n_order, io->violation_steps);
	m->best_cost = before + 1;
	m->tried.n = io->n_order;
	memcpy(m->tried.order, io->order, io->n_order * sizeof(io->order[0]));
	r = try(m);
	if (r <= 0)
		return r; /* it shows only in many orders: search_trap() */
	r = shorten(m);
	if (r < 0 || m->best_cost == before)
		return r;
	m->s->bounds.go_on = NULL; /* not in the middle */
	return replace(m, io);
}

int search_minimise(const struct sched_world *world, const struct search_bounds *bounds,
		    struct search_result *io)
{
	struct minimise *m;
	struct search_result found;
	int r;

	if (io->n_order == 0 || io->n_order > SCHED_MAX_DECISIONS)
		return 0;
	m = calloc(1, sizeof(*m));
	if (!m)
		return -ENOMEM;
	r = search_begin(world, bounds, &found, &m->s);
	if (r == 0)
		r = search_end(m->s, minimise(m, io));
	free(m);
	return r;
}
