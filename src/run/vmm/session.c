/* SPDX-License-Identifier: MIT */
#include "run/vmm/session.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/env.h"
#include "base/mix.h"
#include "run/vmm/qgs_faults.h"

enum {
	FIRST_WAIT_MS = 30000, /* firmware and a VMM that makes its memory take their time */
	LATER_WAIT_MS = 2000,  /* a vCPU that has run before */
	TERM_WAIT_MS = 3000,   /* from SIGTERM to SIGKILL */
	LOST_WAIT_MS = 5000,   /* for the end of a VMM whose descriptors are closed */
	OTHER_WAIT_MS = 10000, /* firmware starts the other vCPUs soon after the first, or never */
	CREATE_WAIT_MS = 1000, /* a VMM creates its vCPUs together, or in threads of theirs */
	IDLE_MS = 500,         /* a vCPU that KVM runs calls KVM_RUN every SESSION_SLICE_US */
};

static uint64_t now_ms(void)
{
	return base_now_ns(base_env_real()) / 1000000;
}

enum { ON_LISTENER, ON_END, ON_SIGNAL, ON_QGS, N_ON };

/* Serves what there is, or what comes within that time. */
static void turn(struct check_vmm *vmm, unsigned timeout_ms)
{
	struct pollfd *polls = vmm->polls;
	size_t n_peers = vmm->n_peers;

	polls[ON_LISTENER] = (struct pollfd){ .fd = vmm->listener, .events = POLLIN };
	polls[ON_END] = (struct pollfd){ .fd = vmm->ended ? -1 : vmm->pidfd, .events = POLLIN };
	polls[ON_SIGNAL] = (struct pollfd){ .fd = vmm->signals, .events = POLLIN };
	polls[ON_QGS] = (struct pollfd){ .fd = vmm->qgs ? qgs_faults_fd(vmm->qgs) : -1, .events = POLLIN };
	for (size_t i = 0; i < n_peers; i++)
		polls[N_ON + i] = (struct pollfd){ .fd = vmm->peers[i].fd, .events = POLLIN };
	if (poll(polls, N_ON + n_peers, vmm->work ? 1 : (int)timeout_ms) > 0) {
		for (size_t i = 0; i < n_peers; i++)
			if (polls[N_ON + i].revents)
				session_serve(vmm, &vmm->peers[i]);
		if (polls[ON_LISTENER].revents)
			session_accept(vmm);
		if (polls[ON_QGS].revents)
			qgs_faults_serve(vmm->qgs);
		if (polls[ON_SIGNAL].revents)
			session_on_signal(vmm);
		if (polls[ON_END].revents)
			session_reap(vmm);
	}
	session_release(vmm);
	if (vmm->work)
		vmm->work(vmm, vmm->work_ctx);
}

void session_turn(struct check_vmm *vmm)
{
	turn(vmm, 20);
}

int check_wait(struct check_vmm *vmm, const bool *done, unsigned timeout_ms)
{
	uint64_t now, until = now_ms() + timeout_ms, lost_ms = 0;

	for (;;) {
		if (done && *done)
			return 0;
		if (vmm->ended || vmm->interrupted)
			return -ECHILD;
		now = now_ms();
		/* Descriptors are closed before a process can be waited for. */
		if (vmm->lost && lost_ms == 0)
			lost_ms = now;
		if (done && vmm->lost && (vmm->stuck || now >= lost_ms + LOST_WAIT_MS))
			return -ENODEV;
		if (now >= until)
			return done ? -ETIMEDOUT : 0;
		turn(vmm, vmm->lost ? 10 : (unsigned)(until - now));
	}
}

struct session_vm *session_vm(struct check_vmm *vmm)
{
	for (struct check_vcpu *vcpu = vmm->vcpus; vcpu; vcpu = vcpu->next)
		if (vcpu->fd >= 0 && vcpu->ran && !vcpu->vm->gone)
			return vcpu->vm;
	return NULL;
}

static bool runs(const struct check_vcpu *vcpu)
{
	return vcpu->fd >= 0 && !vcpu->overdue && vcpu->n_immediate < SESSION_MAX_IMMEDIATE;
}

/* There are vCPUs, and all of them have stopped. */
static bool none_will_run(struct check_vmm *vmm)
{
	bool has_stopped = false;

	turn(vmm, 0);
	for (const struct check_vcpu *vcpu = vmm->vcpus; vcpu; vcpu = vcpu->next) {
		if (runs(vcpu))
			return false;
		has_stopped |= vcpu->fd >= 0;
	}
	return has_stopped;
}

struct check_vcpu *session_find_vcpu(struct check_vmm *vmm, unsigned n)
{
	const struct session_vm *vm = session_vm(vmm);

	for (struct check_vcpu *vcpu = vmm->vcpus; vcpu && vm; vcpu = vcpu->next)
		if (vcpu->vm == vm && vcpu->ran && runs(vcpu) && n-- == 0)
			return vcpu;
	return NULL;
}

void session_end(struct check_vmm *vmm)
{
	uint64_t until = now_ms() + TERM_WAIT_MS;

	if (vmm->pid > 0) {
		kill(vmm->pid, SIGTERM);
		kill(vmm->pid, SIGCONT);
	}
	/* It may need KVM_RUN to return before it ends. */
	while (vmm->pid > 0 && now_ms() < until)
		turn(vmm, 20);
	session_kill(vmm);
}

/* A vCPU that the guest has not started yet, or that the VMM may not have created yet. */
static bool has_unstarted(struct check_vmm *vmm)
{
	const struct session_vm *vm = session_vm(vmm);
	unsigned n_started = 0;

	for (const struct check_vcpu *vcpu = vmm->vcpus; vcpu && vm; vcpu = vcpu->next)
		n_started += vcpu->vm == vm && vcpu->ran;
	return vm && (n_started < vm->n_vcpus || now_ms() < vmm->first_ran_ms + CREATE_WAIT_MS);
}

/* A vCPU that has halted may be kept out of KVM by the VMM, for ever: exits cannot be made on it. */
static struct check_vcpu *find_running(struct check_vmm *vmm, unsigned n)
{
	struct check_vcpu *vcpu;

	while ((vcpu = session_find_vcpu(vmm, n)) && session_wait_runs(vcpu, 1, IDLE_MS) < 0)
		vcpu->overdue = true;
	return vcpu;
}

/* Another than the first one; all of them are started within OTHER_WAIT_MS, for which one check waits. */
static struct check_vcpu *other_vcpu(struct check_vmm *vmm, unsigned n)
{
	const uint64_t until = vmm->has_waited ? 0 : now_ms() + OTHER_WAIT_MS;
	struct check_vcpu *vcpu;

	while (!(vcpu = find_running(vmm, n)) && has_unstarted(vmm) && !vmm->ended && !vmm->interrupted &&
	       now_ms() < until)
		turn(vmm, 20);
	vmm->has_waited = true;
	return vcpu;
}

struct check_vcpu *check_vcpu(struct check_vmm *vmm, unsigned n)
{
	struct check_vcpu *vcpu;
	uint64_t until;

	if (n > 0)
		return check_vcpu(vmm, 0) ? other_vcpu(vmm, n) : NULL;
	/* Once they have all stopped, it is not waited for again. */
	until = now_ms() + (vmm->stopped ? 1 : LATER_WAIT_MS);
	if (vmm->first_ran_ms == 0)
		until = now_ms() + (vmm->options->wait_ms ? vmm->options->wait_ms : FIRST_WAIT_MS);
	if (vmm->first_ran_ms != 0 && none_will_run(vmm))
		until = 0;
	while (!(vcpu = find_running(vmm, 0)) && !vmm->ended && !vmm->interrupted && now_ms() < until)
		turn(vmm, 20);
	if (vcpu && vmm->first_ran_ms == 0)
		vmm->first_ran_ms = now_ms();
	vmm->stopped = !vcpu;
	return vcpu;
}

uint64_t check_vcpu_id(const struct check_vcpu *vcpu)
{
	return vcpu->id;
}

void check_give(struct check_vcpu *vcpu, struct check_exit *exit)
{
	exit->arrived = exit->completed = false;
	vcpu->exit = exit;
	if (vcpu->fd < 0)
		check_take_back(vcpu, exit);
}

void check_take_back(struct check_vcpu *vcpu, struct check_exit *exit)
{
	if (vcpu->fd < 0)
		vcpu->vmm->lost = true;
	if (vcpu->exit == exit) {
		vcpu->overdue |= vcpu->is_made && !vcpu->is_waiting;
		vcpu->exit = NULL;
	}
}

int check_exit_and_wait(struct check_vmm *vmm, struct check_vcpu *vcpu, struct check_exit *exit,
			unsigned timeout_ms)
{
	int r;

	check_give(vcpu, exit);
	r = check_wait(vmm, &exit->completed, timeout_ms);
	if (r != 0) {
		vcpu->overdue = vcpu->is_made;
		check_take_back(vcpu, exit);
	}
	return r;
}

void check_fail_wait(struct check_vmm *vmm, struct check_result *result, int r)
{
	char how[128], run[200];

	/* Of a vCPU without an exit: check_wait() has not waited for the end of the VMM. */
	if (r == -ENODEV && !vmm->stuck && !vmm->lost)
		(void)!check_wait(vmm, NULL, LOST_WAIT_MS);
	if (vmm->interrupted)
		check_skip(result, "interrupted by a signal");
	else if (vmm->ended)
		check_fail(result, "the VMM %s %s", session_how_ended(vmm, how), session_last_run(vmm, run));
	else if (r == -ENODEV && vmm->stuck)
		check_skip(result, "no exit can be made: a vCPU never runs, as immediate_exit stays set");
	else if (r == -ENODEV)
		check_fail(result, "the VMM has closed the vCPU before it completed the exit");
	else
		check_fail(result,
			   "expected the VMM to call KVM_RUN again, found that it has not within the time of "
			   "the check%s%s: it hangs, or does not know the exit",
			   *session_last_run(vmm, run) ? ", " : "", run);
}

void check_run_guest(struct check_vcpu *vcpu, unsigned us)
{
	vcpu->slice_us = us;
}

int session_wait_runs(struct check_vcpu *vcpu, uint64_t n, unsigned timeout_ms)
{
	uint64_t until = now_ms() + timeout_ms, wanted = vcpu->n_runs + n;

	while (vcpu->n_runs < wanted) {
		if (vcpu->vmm->ended || vcpu->vmm->interrupted)
			return -ECHILD;
		if (vcpu->fd < 0)
			return -ENODEV;
		if (now_ms() >= until)
			return -ETIMEDOUT;
		turn(vcpu->vmm, 20);
	}
	return 0;
}

struct run_platform *check_platform(struct check_vmm *vmm)
{
	return &vmm->platform;
}

struct qgs_faults *check_qgs(struct check_vmm *vmm)
{
	return vmm->qgs;
}

void check_set_work(struct check_vmm *vmm, void (*work)(struct check_vmm *vmm, void *ctx), void *ctx)
{
	vmm->work = work;
	vmm->work_ctx = ctx;
}

void check_set_msi(struct check_vmm *vmm, check_msi_fn *msi, void *ctx)
{
	vmm->msi = msi;
	vmm->msi_ctx = ctx;
}

uint64_t check_random(struct check_vmm *vmm)
{
	return base_next_number(&vmm->random);
}

__attribute__((format(printf, 3, 0))) static void say(struct check_result *result, enum check_verdict verdict,
						      const char *format, va_list ap)
{
	if (result->verdict == CHECK_FAILED)
		return;
	result->verdict = verdict;
	vsnprintf(result->text, sizeof(result->text), format, ap);
}

void check_fail(struct check_result *result, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	say(result, CHECK_FAILED, format, ap);
	va_end(ap);
}

void check_skip(struct check_result *result, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	say(result, CHECK_SKIPPED, format, ap);
	va_end(ap);
}
