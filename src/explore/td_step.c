/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "explore/td.h"

bool td_step(struct explore_td *m, const char *op)
{
	struct base_env *env = m->running;
	bool alive;

	if (!env)
		return true;
	sched_saw(env, op, strlen(op)); /* which of several it came to can depend on what others did */
	alive = sched_step(env, op);
	m->running = env;
	return alive;
}

bool td_wait(struct explore_td *m, const char *op, bool (*is_ready)(void *ctx), void *ctx)
{
	struct base_env *env = m->running;
	bool alive;

	if (!env)
		return true;
	sched_saw(env, op, strlen(op));
	m->busy &= ~(1u << sched_self(env));
	alive = sched_wait(env, op, is_ready, ctx);
	m->busy |= 1u << sched_self(env);
	m->running = env;
	return alive;
}

void td_saw(struct explore_td *m, const void *value, size_t n)
{
	if (m->running)
		sched_saw(m->running, value, n);
}

void td_saw_number(struct explore_td *m, int64_t value)
{
	td_saw(m, &value, sizeof(value));
}

void td_forget(struct explore_td *m, unsigned where)
{
	if (m->running)
		sched_forget(m->running, &where, sizeof(where));
}

void td_violate(struct explore_td *m, const char *what)
{
	if (m->running)
		sched_violate(m->running, what);
}

bool td_is_dead(const struct explore_td *m)
{
	return m->running && sched_is_dead(m->running);
}

void td_end(struct explore_td *m)
{
	m->busy &= ~(1u << sched_self(m->running));
}

bool td_is_over(const struct explore_td *m)
{
	for (unsigned i = 0; i < m->n_tasks; i++)
		if (m->vcpus[i].phase != TD_OVER)
			return false;
	return explore_has(&m->world.setup, EXPLORE_TDX_NO_ANSWER) ||
	       jurat_tdx_quotes_outstanding_count(m->host) == 0;
}
