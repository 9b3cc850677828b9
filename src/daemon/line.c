/* SPDX-License-Identifier: MIT */
#include "daemon/line.h"

#include <assert.h>
#include <stdlib.h>

enum { BUCKETS = 1024 /* a power of two */ };

struct line_place {
	struct line_member *member;
	struct line_address *address;
	TAILQ_ENTRY(line_place) of_member, of_address; /* of_address: while the member waits */
};

/* Exists while it has places; is in the round and among its peers while members of it wait. */
struct line_address {
	uint64_t id;
	size_t n_places, n_waiting;
	TAILQ_HEAD(line_queue, line_place) queue;
	TAILQ_ENTRY(line_address) in_bucket, in_round, of_size;
};

TAILQ_HEAD(line_addresses, line_address);

struct line {
	size_t max_places;
	struct line_addresses buckets[BUCKETS];
	struct line_addresses round;
	struct line_addresses *sizes; /* by n_waiting, 1 to max_places */
	size_t largest;               /* 0, or one that some have */
	struct line_stats stats;
};

struct line *line_new(size_t max_places)
{
	struct line *l = calloc(1, sizeof(*l));

	if (l)
		l->sizes = calloc(max_places + 1, sizeof(*l->sizes));
	if (!l || !l->sizes) {
		free(l);
		return NULL;
	}
	l->max_places = max_places;
	TAILQ_INIT(&l->round);
	for (size_t i = 0; i < BUCKETS; i++)
		TAILQ_INIT(&l->buckets[i]);
	for (size_t i = 0; i <= max_places; i++)
		TAILQ_INIT(&l->sizes[i]);
	return l;
}

void line_free(struct line *l)
{
	if (!l)
		return;
	assert(l->stats.places == 0);
	free(l->sizes);
	free(l);
}

/* ---- addresses */

static size_t bucket_of(uint64_t id)
{
	return id * UINT64_C(0x9e3779b97f4a7c15) >> 54; /* BUCKETS: ten bits */
}

static struct line_address *find(const struct line *l, uint64_t id)
{
	struct line_address *a;

	TAILQ_FOREACH(a, &l->buckets[bucket_of(id)], in_bucket)
	if (a->id == id)
		return a;
	return NULL;
}

static struct line_address *find_or_add(struct line *l, uint64_t id)
{
	struct line_address *a = find(l, id);

	if (a)
		return a;
	a = calloc(1, sizeof(*a));
	if (!a)
		return NULL;
	a->id = id;
	TAILQ_INIT(&a->queue);
	TAILQ_INSERT_HEAD(&l->buckets[bucket_of(id)], a, in_bucket);
	return a;
}

static void free_unused(struct line *l, struct line_address *a)
{
	if (a->n_places > 0)
		return;
	TAILQ_REMOVE(&l->buckets[bucket_of(a->id)], a, in_bucket);
	free(a);
}

/* Has one waiting member more, or less. */
static void resize(struct line *l, struct line_address *a, int by)
{
	if (a->n_waiting > 0)
		TAILQ_REMOVE(&l->sizes[a->n_waiting], a, of_size);
	else
		TAILQ_INSERT_TAIL(&l->round, a, in_round);
	l->stats.addresses += a->n_waiting == 0;
	a->n_waiting += (size_t)by;
	if (a->n_waiting > 0)
		TAILQ_INSERT_TAIL(&l->sizes[a->n_waiting], a, of_size);
	else
		TAILQ_REMOVE(&l->round, a, in_round);
	l->stats.addresses -= a->n_waiting == 0;
	if (a->n_waiting > l->largest)
		l->largest = a->n_waiting;
	while (l->largest > 0 && TAILQ_EMPTY(&l->sizes[l->largest]))
		l->largest--;
}

/* ---- places */

static void enter_queue(struct line *l, struct line_place *p)
{
	TAILQ_INSERT_TAIL(&p->address->queue, p, of_address);
	resize(l, p->address, 1);
}

static void leave_queue(struct line *l, struct line_place *p)
{
	TAILQ_REMOVE(&p->address->queue, p, of_address);
	resize(l, p->address, -1);
}

static void free_place(struct line *l, struct line_place *p)
{
	if (p->member->waits)
		leave_queue(l, p);
	if (p->member->turn == p->address)
		p->member->turn = NULL;
	TAILQ_REMOVE(&p->member->places, p, of_member);
	p->address->n_places--;
	l->stats.places--;
	free_unused(l, p->address);
	free(p);
}

bool line_is_of(const struct line_member *m, uint64_t address)
{
	const struct line_place *p;

	TAILQ_FOREACH(p, &m->places, of_member)
	if (p->address->id == address)
		return true;
	return false;
}

bool line_is_full(const struct line *l)
{
	return l->stats.places >= l->max_places;
}

bool line_join(struct line *l, struct line_member *m, uint64_t address)
{
	struct line_address *a;
	struct line_place *p;

	if (!m->has_places)
		TAILQ_INIT(&m->places);
	m->has_places = true;
	if (line_is_of(m, address))
		return true;
	if (line_is_full(l))
		return false;
	a = find_or_add(l, address);
	p = a ? calloc(1, sizeof(*p)) : NULL;
	if (!p) {
		if (a)
			free_unused(l, a);
		return false;
	}
	p->member = m;
	p->address = a;
	TAILQ_INSERT_TAIL(&m->places, p, of_member);
	a->n_places++;
	l->stats.places++;
	if (m->waits)
		enter_queue(l, p);
	return true;
}

/* ---- turns */

void line_wait(struct line *l, struct line_member *m)
{
	struct line_place *p;

	assert(!m->waits && m->has_places);
	TAILQ_FOREACH(p, &m->places, of_member)
	enter_queue(l, p);
	m->waits = true;
	l->stats.waiting++;
}

/* After its turn, behind addresses that have come since it was given. */
void line_leave(struct line *l, struct line_member *m)
{
	struct line_address *a = m->turn;
	struct line_place *p;

	if (!m->waits)
		return;
	TAILQ_FOREACH(p, &m->places, of_member)
	leave_queue(l, p);
	if (a && a->n_waiting > 0) {
		TAILQ_REMOVE(&l->round, a, in_round);
		TAILQ_INSERT_TAIL(&l->round, a, in_round);
	}
	m->waits = false;
	m->turn = NULL;
	l->stats.waiting--;
}

/* Passes over those that have gone already: as many as are on their way at a time. */
struct line_member *line_next(struct line *l)
{
	struct line_address *a;
	struct line_place *p;

	TAILQ_FOREACH(a, &l->round, in_round)
	TAILQ_FOREACH(p, &a->queue, of_address)
	if (!p->member->turn) {
		p->member->turn = a;
		TAILQ_REMOVE(&l->round, a, in_round);
		TAILQ_INSERT_TAIL(&l->round, a, in_round);
		return p->member;
	}
	return NULL;
}

void line_again(struct line *l, struct line_member *m)
{
	struct line_address *a = m->turn;

	assert(a);
	m->turn = NULL;
	TAILQ_REMOVE(&l->round, a, in_round);
	TAILQ_INSERT_HEAD(&l->round, a, in_round);
}

void line_end(struct line *l, struct line_member *m)
{
	struct line_place *p;

	line_leave(l, m);
	while (m->has_places && (p = TAILQ_FIRST(&m->places)))
		free_place(l, p);
}

/* ---- shares */

bool line_give_up_place(struct line *l, uint64_t address, struct line_member **ret_without)
{
	const struct line_address *own = find(l, address);
	struct line_address *a = TAILQ_FIRST(&l->sizes[l->largest]);
	struct line_place *p;
	struct line_member *m;

	if (!a || a->n_waiting < (own ? own->n_places : 0) + 2)
		return false;
	TAILQ_FOREACH_REVERSE(p, &a->queue, line_queue, of_address)
	if (!p->member->turn)
		break;
	if (!p)
		return false;
	m = p->member;
	free_place(l, p);
	*ret_without = NULL;
	if (TAILQ_EMPTY(&m->places)) {
		m->waits = false;
		l->stats.waiting--;
		*ret_without = m;
	}
	return true;
}

size_t line_turns_before(const struct line *l, uint64_t address)
{
	const struct line_address *own = find(l, address);
	const size_t n = own ? own->n_waiting : 0, round = l->stats.addresses + (n == 0);

	if (n >= l->stats.waiting / round)
		return l->stats.waiting;
	return (n + 1) * round - 1;
}

const struct line_stats *line_stats(const struct line *l)
{
	return &l->stats;
}
