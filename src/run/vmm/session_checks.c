/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/env.h"
#include "run/vmm/qgs_faults.h"
#include "run/vmm/session.h"
#include "run/vmm/snp_judge.h"

enum { SETTLE_MS = 5000, FAILED_SETTLE_MS = 500, CLOSING_MS = 500 };

static bool is_named(const struct check_options *options, const struct check *check)
{
	for (size_t i = 0; i < options->n_only; i++)
		if (!strcmp(options->only[i], check->name))
			return true;
	return false;
}

static bool is_wanted(const struct check_vmm *vmm, const struct check *check)
{
	if (vmm->options->n_only > 0)
		return is_named(vmm->options, check);
	return vmm->run.tees & check->tee;
}

/*
 * The VMM goes on with its vCPUs, or with those of a VM that it has made anew. One that ends closes them one
 * after the other: once it has begun, a vCPU that is still there has to run after a while.
 */
static void expect_vcpu(struct check_vmm *vmm, struct check_result *result)
{
	struct check_vcpu *vcpu;
	int r = -ENODEV;

	if (vmm->has_closed)
		(void)!check_wait(vmm, NULL, CLOSING_MS);
	while (result->verdict == CHECK_HELD && r == -ENODEV) {
		vcpu = check_vcpu(vmm, 0);
		r = vcpu ? session_wait_runs(vcpu, 1, SETTLE_MS) : -ETIMEDOUT;
	}
	if (result->verdict == CHECK_HELD && r < 0)
		check_fail_wait(vmm, result, r);
}

/* Takes back what a check has left. A VMM that it has broken is found here, not by the next check. */
static void settle(struct check_vmm *vmm, struct check_result *result)
{
	struct check_vcpu *vcpu;
	int r;

	check_set_work(vmm, NULL, NULL);
	check_set_msi(vmm, NULL, NULL);
	for (vcpu = vmm->vcpus; vcpu; vcpu = vcpu->next) {
		vcpu->on_run = NULL;
		if (vcpu->exit)
			check_take_back(vcpu, vcpu->exit);
	}
	session_release(vmm);
	for (vcpu = vmm->vcpus; vcpu; vcpu = vcpu->next) {
		/* One that was left alone may be halted in the VMM. */
		if (vcpu->fd < 0 || !vcpu->owes_run || vcpu->vm->gone)
			continue;
		/* What has failed may never run again, or end the VMM. */
		r = session_wait_runs(vcpu, 1,
				      result->verdict == CHECK_FAILED ? FAILED_SETTLE_MS : SETTLE_MS);
		if (r != 0 && r != -ENODEV) {
			check_fail_wait(vmm, result, r);
			return;
		}
	}
	expect_vcpu(vmm, result);
}

/* What stops a check before it begins. It is a failure unless one before it has stopped the VM. */
__attribute__((format(printf, 4, 5))) static void give_up(const struct check_vmm *vmm,
							  const struct check *check,
							  struct check_result *result, const char *format,
							  ...)
{
	va_list ap;

	result->verdict = vmm->has_failed || check->last ? CHECK_SKIPPED : CHECK_FAILED;
	va_start(ap, format);
	vsnprintf(result->text, sizeof(result->text), format, ap);
	va_end(ap);
}

static void run_check(struct check_vmm *vmm, const struct check *check, struct check_result *result)
{
	uint64_t before = vmm->n_exits, completed = vmm->n_completed;
	char how[128], run[200];

	vmm->lost = vmm->stuck = vmm->has_closed = false;
	if (vmm->interrupted)
		check_skip(result, "interrupted by a signal");
	else if (vmm->ended)
		give_up(vmm, check, result, "the VMM has ended: it %s%s%s", session_how_ended(vmm, how),
			vmm->has_failed || check->last ? "" : " ",
			vmm->has_failed || check->last ? "" : session_last_run(vmm, run));
	else if (check->slow && !is_named(vmm->options, check))
		check_skip(result, "it takes tens of seconds: name it with --only");
	else if (!check_vcpu(vmm, 0))
		give_up(vmm, check, result, "none of the VMM's vCPUs runs any more");
	if (result->verdict != CHECK_HELD)
		return;
	check->run(vmm, result);
	if (!check->last)
		settle(vmm, result);
	result->exits = vmm->n_exits - before;
	if (result->verdict == CHECK_HELD && vmm->n_completed == completed)
		check_fail(result, "expected an exit and its answer, found none: nothing was checked");
}

/* Whether all held. */
static bool run_list(struct check_vmm *vmm, const struct check *list, bool last)
{
	const struct check_options *options = vmm->options;
	struct trace_place before;
	bool held = true;
	uint32_t step;

	for (const struct check *check = list; check->name; check++) {
		struct check_result result = { .verdict = CHECK_HELD };

		if (check->last != last || !is_wanted(vmm, check))
			continue;
		if (options->report)
			options->report(options->ctx, check, NULL);
		step = trace_call(vmm->platform.trace, "supervisor", "VMM", "%s", check->name);
		before = trace_go(vmm->platform.trace, trace_in(vmm->platform.trace, step));
		run_check(vmm, check, &result);
		(void)trace_go(vmm->platform.trace, before);
		trace_end(vmm->platform.trace, step, "%s",
			  result.verdict == CHECK_HELD ? "passed" : result.text);
		if (options->report)
			options->report(options->ctx, check, &result);
		vmm->has_failed |= result.verdict == CHECK_FAILED;
		held &= result.verdict == CHECK_HELD ||
			(result.verdict == CHECK_SKIPPED && !is_named(options, check));
	}
	return held;
}

/* Waits for the first KVM_RUN. */
static int wait_for_vm(struct check_vmm *vmm, struct jurat_error *err)
{
	char how[128];

	if (check_vcpu(vmm, 0))
		return 0;
	if (vmm->interrupted)
		return jurat_fail(err, -EINTR, "interrupted by a signal");
	for (const struct check_vcpu *vcpu = vmm->vcpus; vcpu; vcpu = vcpu->next)
		if (vcpu->ran && vmm->ended)
			return 0; /* the first check says how */
	if (vmm->ended)
		return jurat_fail(
			err, -ECHILD, "the VMM %s before any of its vCPUs ran%s", session_how_ended(vmm, how),
			vmm->status == 0 ? ": if it goes to the background, start it in the foreground" : "");
	return jurat_fail(err, -ETIMEDOUT,
			  "%s in time: a VMM that does not use KVM, that is linked statically, or that does "
			  "not pass on "
			  "LD_PRELOAD and JURAT_VMM_CHECK to the process with the vCPUs, cannot be tested",
			  vmm->vms
				  ? "the VMM has made a VM, but has not called KVM_RUN of a vCPU that can run"
				  : "the VMM has not made a VM");
}

static int run_checks(struct check_vmm *vmm, struct jurat_error *err)
{
	bool held = true, ended;
	int r = wait_for_vm(vmm, err);

	if (r < 0)
		return r;
	held &= run_list(vmm, check_snp_list, false);
	held &= run_list(vmm, check_tdx_list, false);
	ended = vmm->ended;
	held &= run_list(vmm, check_tdx_list, true);
	held &= run_list(vmm, check_snp_list, true); /* the last is a KVM_RUN that fails: few VMs go on */
	if (vmm->memory_refused)
		return jurat_fail(
			err, -EPERM,
			"the kernel did not let this process reach the VMM's memory (sysctl "
			"kernel.yama.ptrace_scope is 2 or 3, /proc is not mounted, or the VMM is of "
			"another user)");
	if (vmm->interrupted)
		return jurat_fail(err, -EINTR, "interrupted by a signal");
	if (vmm->no_ram && !vmm->has_failed)
		return jurat_fail(
			err, -ENOSPC,
			"checks were skipped: the VM has too little memory that it does not use (choose it "
			"with --gpa, or start the VM with more)");
	return held && !ended ? 0 : 1;
}

static int check_names(const struct check_options *options, unsigned *tees, struct jurat_error *err)
{
	const struct check *const lists[] = { check_snp_list, check_tdx_list };
	unsigned found;

	for (size_t i = 0; i < options->n_only; i++) {
		found = 0;
		for (size_t k = 0; k < ARRAY_SIZE(lists); k++)
			for (const struct check *check = lists[k]; check->name; check++)
				if (!strcmp(check->name, options->only[i]))
					found = check->tee;
		if (!found)
			return jurat_fail(err, -EINVAL, "no check is called '%s': see --list-checks",
					  options->only[i]);
		*tees |= found;
	}
	return 0;
}

static int no_fsync(struct base_env *env, int fd)
{
	(void)env;
	(void)fd;
	return 0;
}

static void no_lock_holders(struct base_env *env, int fd, char *text, size_t room)
{
	(void)env;
	(void)fd;
	if (room > 0)
		text[0] = '\0';
}

/* The certificates end with the run: an updater waits for no disk, and its holders are known. */
static void init_env(struct check_vmm *vmm)
{
	static struct base_env_ops ops;

	ops = *base_env_real()->ops;
	ops.fsync = no_fsync;
	ops.lock_holders = no_lock_holders;
	vmm->env.ops = &ops;
	vmm->platform.env = &vmm->env;
}

static int begin(struct check_vmm *vmm, struct jurat_error *err)
{
	auto_free char *service = NULL;
	int r = 0;

	vmm->peers = calloc(SESSION_MAX_PEERS, sizeof(*vmm->peers));
	vmm->polls = calloc(SESSION_MAX_PEERS + 8, sizeof(*vmm->polls));
	if (!vmm->peers || !vmm->polls)
		return jurat_fail_memory(err);
	r = check_names(vmm->options, &vmm->run.tees, err);
	if (r == 0 && vmm->run.trace)
		r = run_trace_open(vmm->run.trace, &vmm->platform.trace, err);
	if (r == 0)
		r = run_temp_new(&vmm->temp, err);
	if (r == 0)
		r = run_platform_init(&vmm->platform, &vmm->run, vmm->temp.path, err);
	if (r < 0 || !vmm->platform.td)
		return r;
	if (asprintf(&service, "%s/qgs", vmm->temp.path) < 0) {
		service = NULL;
		return jurat_fail_memory(err);
	}
	return qgs_faults_new(service, &vmm->platform, &vmm->qgs, err);
}

static void seed(struct check_vmm *vmm)
{
	const char *text = vmm->run.seed ? vmm->run.seed : SIM_PKI_DEFAULT_SEED;

	/* FNV-1a */
	vmm->random = UINT64_C(0xcbf29ce484222325);
	for (; *text; text++)
		vmm->random = (vmm->random ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
}

int check_vmm(const struct check_options *options, struct jurat_error *err)
{
	struct check_vmm vmm = {
		.options = options, .run = *options->run, .pidfd = -1, .signals = -1, .listener = -1
	};
	struct trace *trace;
	int r;

	vmm.run.host = vmm.run.no_certs = false; /* with guests, whose reports the firmware signs */
	seed(&vmm);
	init_env(&vmm);
	r = begin(&vmm, err);
	if (r == 0)
		r = session_start(&vmm, err);
	if (r == 0)
		r = run_checks(&vmm, err);
	session_end(&vmm);
	session_close(&vmm);
	snp_judge_free(vmm.judge);
	qgs_faults_free(vmm.qgs);
	trace = vmm.platform.trace;
	run_platform_done(&vmm.platform);
	run_temp_done(&vmm.temp);
	for (size_t i = 0; i < ARRAY_SIZE(vmm.tables); i++)
		free(vmm.tables[i].bytes);
	free(vmm.peers);
	free(vmm.polls);
	if (run_trace_close(trace) < 0 && r >= 0)
		r = jurat_fail(err, -EIO, "cannot write all of '%s'", vmm.run.trace);
	return r;
}
