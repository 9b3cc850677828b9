/* SPDX-License-Identifier: MIT */
#include "explore/td.h"

#define NS_PER_S UINT64_C(1000000000)

static bool loop_is_ready(void *ctx)
{
	const struct explore_td *m = ctx;

	return td_host_is_readable(m) || td_is_over(m);
}

/* The event loop of the VMM. */
void td_loop_run(struct base_env *env, void *ctx)
{
	struct explore_td *m = ctx;

	m->running = env;
	for (;;) {
		td_forget(m, 0);
		if (!td_wait(m, "poll", loop_is_ready, m) || td_is_over(m))
			break;
		if (jurat_tdx_quotes_dispatch(m->host, NULL) < 0)
			break;
	}
	td_end(m);
}

static bool service_is_ready(void *ctx)
{
	return td_host_asked(ctx) || td_is_over(ctx);
}

/* The response of the quoting service arrives; until then, it may take as long as it likes. */
void td_service_run(struct base_env *env, void *ctx)
{
	struct explore_td *m = ctx;

	m->running = env;
	for (;;) {
		td_forget(m, 0);
		if (!td_wait(m, "wait for a request", service_is_ready, m) || td_is_over(m))
			break;
		td_host_asked(m)->ready_at_ns = m->now_ns;
		sched_say(env, "quoting service", "VMM", "response");
	}
	td_end(m);
}

/* Another user of the event notification vector. */
void td_spurious_run(struct base_env *env, void *ctx)
{
	struct explore_td *m = ctx;

	m->running = env;
	for (unsigned i = 0; i < m->world.setup.spurious; i++) {
		if (!td_step(m, "inject the interrupt"))
			return;
		sim_td_interrupt(m->vcpus[m->n_tasks].kvm, TD_VECTOR);
	}
}

/* The next time at which something is due; BASE_NEVER: none, or time does not pass now. */
static uint64_t next_time(const struct explore_td *m)
{
	uint64_t next = m->qgs.timer_at_ns > m->now_ns ? m->qgs.timer_at_ns : BASE_NEVER;

	if (m->busy)
		return BASE_NEVER;
	for (unsigned i = 0; i < m->n_tasks; i++) {
		const struct td_vcpu *v = &m->vcpus[i];

		if (v->phase == TD_BETWEEN && (m->mutex == TD_NOBODY)) /* about to lock it */
			return BASE_NEVER;
		if (v->phase == TD_WAITS && sim_tdx_guest_is_woken(v->driver))
			return BASE_NEVER;
		if (v->phase != TD_SLEEPS)
			continue;
		if (v->until_ns <= m->now_ns)
			return BASE_NEVER;
		if (v->until_ns < next)
			next = v->until_ns;
	}
	return next;
}

static bool clock_is_ready(void *ctx)
{
	return next_time(ctx) != BASE_NEVER || td_is_over(ctx);
}

void td_clock_run(struct base_env *env, void *ctx)
{
	struct explore_td *m = ctx;

	m->running = env;
	for (;;) {
		td_forget(m, 0);
		if (!td_wait(m, "tick", clock_is_ready, m) || td_is_over(m))
			break;
		m->busy &= ~(1u << sched_self(env));
		m->now_ns = next_time(m);
		sched_note(env, "%llu s have passed", (unsigned long long)(m->now_ns / NS_PER_S));
	}
	td_end(m);
}
