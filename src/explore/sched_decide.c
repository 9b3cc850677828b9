/* SPDX-License-Identifier: MIT */
#include <assert.h>

#include "explore/sched_internal.h"

/* What each actor could do now, and who goes on. */

/* Without a choice so often in a row: looks whether it comes back to the same state for good. */
enum { MAX_NO_CHOICE = 32 };

bool sched_is_blocked(struct sched_lane *lane)
{
	const struct sched_description *d;
	int r;

	if (lane->is_ready)
		return !lane->is_ready(lane->ready_ctx);
	if (!lane->lock_fd || sched_skips(lane))
		return false;
	/* Tries the lock, and puts back what was there. */
	d = lane->lock_fd->description;
	r = base_lock(lane->under, lane->lock_fd->fd, lane->lock_how, 0);
	if (r != 0)
		return r == JURAT_BUSY;
	if (d->locked)
		(void)!base_lock(lane->under, lane->lock_fd->fd, d->how, 0);
	else
		(void)!base_unlock(lane->under, lane->lock_fd->fd);
	return false;
}

/* Is it the first of its process that lives, and may each that does die? */
static bool may_die(const struct sched *s, unsigned first)
{
	const struct sched_world *world = s->world;

	for (unsigned i = 0; i < world->n_actors; i++) {
		const struct sched_lane *lane = &s->lanes[i];

		if (lane->process != s->lanes[first].process || lane->phase != SCHED_READY)
			continue;
		if (i < first || !world->actors[i].mortal)
			return false;
		if (world->may_die && !world->may_die(world->ctx, &lane->next))
			return false;
	}
	return true;
}

static unsigned choices(struct sched *s, struct sched_choice *ret)
{
	const struct sched_world *world = s->world;
	bool blocked[SCHED_MAX_ACTORS], may_crash = s->deaths < world->max_deaths;
	unsigned n = 0, n_deaths = 0;

	s->waits = false;
	for (unsigned i = 0; i < world->n_actors; i++) {
		blocked[i] = s->lanes[i].phase == SCHED_READY && sched_is_blocked(&s->lanes[i]);
		s->waits |= blocked[i] && s->lanes[i].lock_fd && !world->timeouts;
	}
	s->last_could_go =
		s->last < world->n_actors && s->lanes[s->last].phase == SCHED_READY && !blocked[s->last];
	s->stays = world->max_switches > 0 && s->switches >= world->max_switches && s->last_could_go;
	for (unsigned i = 0; i < world->n_actors; i++) {
		const struct sched_lane *lane = &s->lanes[i];

		if (lane->phase != SCHED_READY)
			continue;
		if (!blocked[i] && (!s->stays || i == s->last))
			ret[n++] = (struct sched_choice){ i, SCHED_GO };
		else if (blocked[i] && world->timeouts && lane->lock_fd)
			ret[n++] = (struct sched_choice){ i, SCHED_TIME_OUT };
		if (may_crash && may_die(s, i)) {
			ret[n++] = (struct sched_choice){ i, SCHED_DIE };
			n_deaths++;
		}
	}
	if (n == n_deaths) /* all wait: time passes */
		for (unsigned i = 0; i < world->n_actors; i++)
			if (s->lanes[i].phase == SCHED_READY && s->lanes[i].lock_fd)
				ret[n++] = (struct sched_choice){ i, SCHED_TIME_OUT };
	if (n == n_deaths)
		return 0;
	for (unsigned loss = 0; may_crash && world->lost_power && loss < SCHED_LOSSES; loss++)
		ret[n++] = (struct sched_choice){ loss, SCHED_LOSE_POWER };
	return n;
}

static bool all_ended(const struct sched *s)
{
	for (unsigned i = 0; i < s->world->n_actors; i++)
		if (s->lanes[i].phase == SCHED_READY)
			return false;
	return true;
}

/* A state from which no choice leads away is compared with every later one, and replaced ever more rarely. */
static bool comes_back(struct sched *s)
{
	struct base_mix state;
	bool same;

	if (++s->no_choice < MAX_NO_CHOICE || !sched_state(s, &state))
		return false;
	same = s->no_choice > MAX_NO_CHOICE && s->loop.a == state.a && s->loop.b == state.b;
	if ((s->no_choice & (s->no_choice - 1)) == 0)
		s->loop = state;
	return same;
}

/* Nobody is chosen, and the order is given up. */
static bool give_up(struct sched *s, const char *violation)
{
	if (violation)
		sched_violated(s, violation);
	s->given_up = true;
	return false;
}

/* `next`, of what is possible. False: nobody goes on. */
static bool choose(struct sched *s)
{
	struct sched_choice can[SCHED_MAX_CHOICES];
	unsigned n, taken = 0;
	bool may_leave;

	n = choices(s, can);
	if (n == 0)
		return give_up(s, "I3: no party can make progress");
	/* A bound has left one choice, or somebody's wait for a lock would run out. */
	may_leave = s->stays || s->waits;
	if (n > 1)
		s->no_choice = 0;
	else if (comes_back(s))
		return give_up(s, may_leave ? NULL : "I3: the order returns to the same state forever");
	if (s->decisions == SCHED_MAX_DECISIONS) {
		/* Where states are known, going round is found otherwise: this order is only long. */
		s->is_cut = may_leave || s->world->hash;
		return give_up(s, s->is_cut ? NULL : "I3: the order does not end");
	}
	if (s->decisions < s->n_beginning) {
		const struct sched_choice *want = &s->beginning[s->decisions];

		while (taken < n && (can[taken].actor != want->actor || can[taken].move != want->move))
			taken++;
		assert(taken < n); /* else the world is not the same each time */
	} else {
		taken = s->choose(s->choose_ctx, s, can, n);
	}
	if (taken >= n)
		return give_up(s, NULL);
	s->next = can[taken];
	return true;
}

bool sched_decide(struct sched *s)
{
	if (s->violation[0])
		return give_up(s, NULL); /* what follows does not matter */
	if (s->knows_seen && s->decisions == s->n_beginning) {
		for (unsigned i = 0; i < s->world->n_actors; i++)
			s->lanes[i].seen = s->beginning_seen->actors[i];
		s->knows_seen = false;
	}
	if (all_ended(s))
		return false;
	if (s->decisions < s->n_beginning && s->world->max_switches == 0)
		s->next = s->beginning[s->decisions];
	else if (!choose(s))
		return false;
	s->decisions++;
	if (s->next.move == SCHED_LOSE_POWER) {
		s->last = SCHED_NOBODY;
		return true;
	}
	assert(s->lanes[s->next.actor].phase == SCHED_READY);
	if (s->next.actor != s->last && s->last_could_go)
		s->switches++;
	s->last = s->next.actor;
	s->lanes[s->last].ran_out = s->next.move == SCHED_TIME_OUT;
	return true;
}
