/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>

#include "base/bytes.h"
#include "explore/td.h"
#include "uapi/kvm.h"
#include "uapi/tdx.h"
#include "wire/kvm_run.h"

/* A refusal is a fault of the guest, or of the VMM: nothing here is scarce. */
static void answered(struct explore_td *m, uint64_t answer, const struct jurat_error *why)
{
	char text[160];

	if (answer == UAPI_TDVMCALL_SUCCESS || td_is_dead(m))
		return;
	if (m->owner == TD_CALLED)
		m->owner = TD_GUEST;
	if (explore_has(&m->world.setup, EXPLORE_TDX_TWO_BUFFERS))
		return;
	(void)!snprintf(text, sizeof(text), "I3: %.150s", why->text);
	td_violate(m, text);
}

/* 0; -errno: the VM cannot continue. */
static int handle_exit(struct td_vcpu *v, uint8_t *run)
{
	struct explore_td *m = v->machine;
	bool is_quote = bytes_get_le(run + KVM_RUN_TDX_nr, 8) == UAPI_TDVMCALL_GET_QUOTE;
	struct jurat_error err = { "" };
	int r;

	if (is_quote && m->owner == TD_GUEST)
		m->owner = TD_CALLED;
	if (is_quote && m->running)
		sched_say(m->running, m->world.actors[v->index].name, "VMM", "TDVMCALL<GetQuote>, %llu bytes",
			  (unsigned long long)bytes_get_le(run + KVM_RUN_TDX_GET_QUOTE_size, 8));
	r = jurat_tdx_quotes_handle_exit(m->host, (struct kvm_run *)run, v->index, &err);
	if (r == 0 && is_quote)
		answered(m, bytes_get_le(run + KVM_RUN_TDX_ret, 8), &err);
	return r;
}

/* Runs the vCPU until it halts. */
static int run_vcpu(struct td_vcpu *v)
{
	uint8_t *run = sim_td_vcpu_run(v->kvm);
	int r;

	for (;;) {
		r = sim_td_run(v->kvm);
		if (r < 0)
			return r;
		if (bytes_get_le(run + KVM_RUN_exit_reason, 4) == UAPI_KVM_EXIT_HLT)
			return 0;
		if (bytes_get_le(run + KVM_RUN_exit_reason, 4) != UAPI_KVM_EXIT_TDX)
			return -ENOTSUP;
		r = handle_exit(v, run);
		if (r < 0)
			return r;
	}
}

int td_vcpu_load(struct td_vcpu *v, struct sim_tdx_guest *driver)
{
	struct sim_tdx_guest *before = v->driver;
	enum td_phase phase = v->phase;
	int r = sim_tdx_guest_start_probe(driver);

	if (r < 0)
		return r;
	v->driver = driver;
	v->phase = TD_IN_DRIVER;
	v->loading = true;
	r = run_vcpu(v);
	if (r == 0)
		r = v->phase == TD_OVER ? v->loaded : -EIO;
	v->loading = false;
	v->phase = phase;
	v->driver = before;
	return r;
}

static bool has_slept(void *ctx)
{
	const struct td_vcpu *v = ctx;

	return v->machine->now_ns >= v->until_ns;
}

static bool is_woken(void *ctx)
{
	const struct td_vcpu *v = ctx;

	return sim_tdx_guest_is_woken(v->driver);
}

static bool is_needed(void *ctx)
{
	const struct td_vcpu *v = ctx;

	return sim_td_interrupt_pending(v->kvm) || td_is_over(v->machine);
}

static void run_task(struct td_vcpu *v)
{
	struct explore_td *m = v->machine;

	while (run_vcpu(v) == 0 && v->phase != TD_OVER) {
		bool sleeps = v->phase == TD_SLEEPS;

		td_forget(m, v->phase);
		if (!td_wait(m, sleeps ? "sleep" : "wait_for_completion()", sleeps ? has_slept : is_woken, v))
			return;
	}
}

/* This vCPU has no task: interrupts are delivered whatever the tasks do at that time. */
static void run_interrupts(struct td_vcpu *v)
{
	struct explore_td *m = v->machine;

	do {
		td_forget(m, TD_WAITS);
		if (!td_wait(m, "wait for an interrupt", is_needed, v) || td_is_over(m))
			return;
	} while (run_vcpu(v) == 0);
}

void td_vcpu_run(struct base_env *env, void *ctx)
{
	struct explore_td *m = ctx;
	struct td_vcpu *v = &m->vcpus[sched_self(env)];

	m->running = env;
	if (v->index < m->n_tasks)
		run_task(v);
	else
		run_interrupts(v);
	td_end(m);
}
