/* SPDX-License-Identifier: MIT */
#include "explore/td.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

static struct explore_td *td_of(void *ctx)
{
	return ctx;
}

static bool has_interrupts(const struct explore_td *m)
{
	return m->world.setup.posted_driver;
}

static void end_order(struct explore_td *m)
{
	m->running = NULL;
	jurat_tdx_quotes_close(m->host);
	m->host = NULL;
	if (m->qgs.base.ops)
		machine_qgs_done(&m->qgs);
	for (unsigned i = 0; i < TD_MAX_VCPUS; i++) {
		free(m->vcpus[i].quote.quote);
		sim_td_vcpu_free(m->vcpus[i].kvm);
		m->vcpus[i] = (struct td_vcpu){ 0 };
	}
	for (unsigned i = 0; i < TD_MAX_TASKS; i++) {
		sim_tdx_guest_free(m->drivers[i]);
		m->drivers[i] = NULL;
	}
	sim_td_free(m->td);
	m->td = NULL;
}

static int make_drivers(struct explore_td *m)
{
	unsigned n = explore_has(&m->world.setup, EXPLORE_TDX_TWO_BUFFERS) ? m->n_tasks : 1;
	struct td_vcpu *loader = &m->vcpus[m->n_vcpus - 1]; /* which gets the interrupt, if there is any */
	int r = 0;

	for (unsigned i = 0; i < n && r == 0; i++) {
		r = td_guest_new(m, &m->drivers[i]);
		if (r == 0)
			r = td_vcpu_load(loader, m->drivers[i]);
	}
	for (unsigned i = 0; i < m->n_tasks; i++)
		m->vcpus[i].driver = m->drivers[n > 1 ? i : 0];
	return r;
}

static int begin(void *ctx)
{
	static const struct sim_td_guest_ops ops = { .enter = td_guest_enter,
						     .interrupt = td_guest_interrupt };
	const struct sim_td_params params = { 0 };
	struct explore_td *m = td_of(ctx);
	int r;

	end_order(m);
	m->now_ns = 0;
	m->busy = 0;
	m->owner = TD_GUEST;
	m->mutex = TD_NOBODY;
	r = sim_td_new(m->quotes.platform, &params, TD_MEMORY_PAGES, &m->td, NULL);
	if (r == 0)
		r = td_host_new(m);
	for (unsigned i = 0; i < m->n_vcpus && r == 0; i++) {
		struct td_vcpu *v = &m->vcpus[i];

		v->machine = m;
		v->index = i;
		v->phase = i < m->n_tasks ? TD_BETWEEN : TD_OVER;
		r = sim_td_vcpu_new(m->td, &ops, v, &v->kvm, NULL);
	}
	return r == 0 ? make_drivers(m) : r;
}

static struct base_env *under(void *ctx, unsigned actor)
{
	(void)ctx;
	(void)actor;
	return base_env_real(); /* not used: no actor makes any of its calls */
}

static void mix_vcpu(const struct td_vcpu *v, unsigned without, struct base_mix *to)
{
	uint64_t now = v->machine->now_ns;

	if (!(without & TD_PART_TASKS)) {
		base_mix_u64(to, (uint64_t)v->phase << 32 | v->made);
		base_mix_u64(to, v->phase == TD_SLEEPS && v->until_ns > now ? v->until_ns - now : 0);
	}
	if (!(without & TD_PART_INTERRUPT))
		base_mix_u64(to, sim_td_interrupt_pending(v->kvm));
	/* Of those that are not made yet: 0. No order depends on them, but what it comes to does. */
	if (!(without & TD_PART_RESULTS))
		base_mix_bytes(to, v->results, sizeof(v->results));
}

static void hash(void *ctx, struct base_mix *to)
{
	struct explore_td *m = td_of(ctx);
	uint8_t buffer[TD_BUFFER_BYTES] = { 0 };

	base_mix_u64(to, (uint64_t)m->busy << 32 | (uint64_t)m->owner << 8 | m->mutex);
	for (unsigned i = 0; i < m->n_vcpus; i++)
		mix_vcpu(&m->vcpus[i], m->without, to);
	for (unsigned i = 0; i < TD_MAX_TASKS && !(m->without & TD_PART_DRIVER); i++)
		if (m->drivers[i])
			sim_tdx_guest_mix(m->drivers[i], m->now_ns, to);
	(void)!sim_td_guest_read(m->td, TD_BUFFER_GPA, buffer, sizeof(buffer));
	if (!(m->without & TD_PART_BUFFER))
		base_mix_bytes(to, buffer, sizeof(buffer));
	td_host_mix(m, to);
}

static const char *check(void *ctx)
{
	struct explore_td *m = td_of(ctx);

	if (explore_has(&m->world.setup, EXPLORE_TDX_NO_ANSWER))
		return NULL;
	for (unsigned i = 0; i < MACHINE_QGS_CHANNELS; i++)
		if (m->qgs.channels[i])
			return "I5: a connection to the quoting service outlived its request";
	return m->owner == TD_GUEST ? NULL : "I5: the buffer is in flight without a request";
}

/* What each step is made at. */
static const char *party(void *ctx, const struct sched_call *call)
{
	static const struct {
		const char *op, *at;
	} rows[] = {
		{ "lock the mutex", "driver" },
		{ "begin a request", "driver" },
		{ "sleep", "driver" },
		{ "complete()", "driver" },
		{ "evaluate the status", "driver" },
		{ "wait_for_completion()", "driver" },
		{ "wait for an interrupt", "interrupt" },
		{ "inject the interrupt", "interrupt" },
		{ "try to receive the response", "quoting service" },
		{ "GetQuote: wait for the service", "quoting service" },
		{ "wait for a request", "VMM" },
		{ "poll", "VMM" },
		{ "tick", "clock" },
	};

	(void)ctx;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strcmp(rows[i].op, call->op) == 0)
			return rows[i].at;
	return "buffer";
}

static void add_actor(struct explore_td *m, const char *name, void (*run)(struct base_env *env, void *ctx))
{
	m->world.actors[m->world.sched.n_actors++] = (struct sched_actor){ .name = name, .run = run };
}

static void add_actors(struct explore_td *m)
{
	static const char *const tasks[TD_MAX_TASKS] = { "task 1", "task 2", "task 3" };
	const struct explore_setup *setup = &m->world.setup;

	for (unsigned i = 0; i < m->n_tasks; i++)
		add_actor(m, tasks[i], td_vcpu_run);
	if (has_interrupts(m))
		add_actor(m, "handler", td_vcpu_run);
	if (!explore_has(setup, EXPLORE_TDX_NO_ANSWER)) {
		add_actor(m, "VMM", td_loop_run);
		add_actor(m, "quoting service", td_service_run);
	}
	if (setup->spurious > 0)
		add_actor(m, "other device", td_spurious_run);
	add_actor(m, "clock", td_clock_run);
}

static void td_free(struct explore_world *world)
{
	struct explore_td *m = td_of(world);

	end_order(m);
	td_quotes_free(m);
	free(m);
}

static int check_setup(const struct explore_setup *s, struct jurat_error *err)
{
	if (s->vcpus < 1 || s->vcpus > TD_MAX_TASKS || s->requests < 1 || s->requests > TD_MAX_REQUESTS)
		return jurat_fail(err, -EINVAL,
				  "a TDX machine has 1 to %d vCPUs that make 1 to %d requests each",
				  TD_MAX_TASKS, TD_MAX_REQUESTS);
	if (s->sync != SIM_SYNC_UPSTREAM || s->other != EXPLORE_NO_READER || s->updaters > 0 ||
	    s->administrator || s->crashes > 0 || s->power_loss || s->small_buffer != 0 ||
	    s->firmware_error != 0 || s->signals)
		return jurat_fail(err, -EINVAL, "a TDX machine has no certificates, updaters or crashes");
	if (!s->posted_driver && (s->spurious > 0 || explore_has(s, EXPLORE_TDX_NO_FLAG) ||
				  explore_has(s, EXPLORE_TDX_NO_RECHECK)))
		return jurat_fail(err, -EINVAL, "only the driver that was posted in 2023 has an interrupt");
	return 0;
}

int explore_td_new(const struct explore_setup *setup, struct explore_world **ret, struct jurat_error *err)
{
	struct explore_td *m;
	int r = check_setup(setup, err);

	if (r < 0)
		return r;
	m = calloc(1, sizeof(*m));
	if (!m)
		return jurat_fail_memory(err);
	m->world.setup = *setup;
	m->world.free = td_free;
	m->n_tasks = setup->vcpus;
	m->n_vcpus = m->n_tasks + has_interrupts(m);
	m->world.sched = (struct sched_world){
		.actors = m->world.actors,
		.ctx = m,
		.under = under,
		.begin = begin,
		.check = check,
		.hash = hash,
		.party = party,
	};
	add_actors(m);
	r = td_quotes_new(m, err);
	if (r < 0) {
		td_free(&m->world);
		return r;
	}
	*ret = &m->world;
	return 0;
}
