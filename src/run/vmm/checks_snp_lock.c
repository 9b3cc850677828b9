/* SPDX-License-Identifier: MIT */
#include "run/vmm/checks_snp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/env.h"
#include "uapi/kvm.h"

/* Updaters, signals and other vCPUs at the worst moments, and the ends of a VM. */

static const char *const lock_stays =
	"the certificate blob cannot be changed: a lock on it was never dropped";

static bool start(struct check_vmm *vmm, struct check_result *result, struct check_vcpu **ret_vcpu,
		  uint64_t *ret_area)
{
	*ret_vcpu = check_vcpu(vmm, 0);
	*ret_area = *ret_vcpu ? snp_area(vmm, result) : 0;
	if (!*ret_vcpu)
		check_skip(result, "none of the VMM's vCPUs runs any more");
	return *ret_area != 0;
}

/* Until the VMM has the exit. */
static int wait_until_made(struct check_vmm *vmm, const struct check_vcpu *vcpu)
{
	uint64_t until = base_now_ns(base_env_real()) + SNP_ANSWER_MS * 1000000ull;

	while (!vcpu->is_made && vcpu->exit && !vmm->ended && base_now_ns(base_env_real()) < until)
		session_turn(vmm);
	return vcpu->is_made ? 0 : -ETIMEDOUT;
}

static bool write_at(int fd, const uint8_t *bytes, size_t n)
{
	return pwrite(fd, bytes, n, 0) == (ssize_t)n && ftruncate(fd, (off_t)n) == 0;
}

/* A new file in its place, without a lock: the lock of who changes it is on the old one. */
static bool replace(struct check_vmm *vmm, const uint8_t *bytes, size_t n)
{
	auto_free char *next = NULL;
	auto_close int fd = -1;

	if (asprintf(&next, "%s.next", snp_blob_path(vmm)) < 0) {
		next = NULL;
		return false;
	}
	fd = open(next, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	return fd >= 0 && write_at(fd, bytes, n) && rename(next, snp_blob_path(vmm)) == 0;
}

/*
 * An exit while an updater has the lock, who then changes firmware and blob, and drops it. What the VMM
 * has read before it had the lock itself does not verify the report.
 */
static void change_while_waiting(struct check_vmm *vmm, struct check_result *result, bool in_place,
				 unsigned head_start_ms)
{
	const uint8_t *table;
	struct check_vcpu *vcpu;
	struct snp_ask ask;
	uint64_t area;
	size_t n;
	int fd, r;

	if (!start(vmm, result, &vcpu, &area))
		return;
	fd = snp_lock_exclusive(vmm);
	if (fd < 0) {
		check_skip(result, "%s", lock_stays);
		return;
	}
	snp_ask_init(&ask, result, area, SNP_AREA_PAGES);
	check_give(vcpu, &ask.exit);
	r = wait_until_made(vmm, vcpu);
	if (r == 0)
		(void)!check_wait(vmm, NULL, head_start_ms);
	if (snp_update_firmware(vmm, &table, &n) < 0 ||
	    !(in_place ? write_at(fd, table, n) : replace(vmm, table, n)))
		check_skip(result, "the software platform could not change its TCB");
	close(fd);
	if (r == 0)
		r = check_wait(vmm, &ask.exit.completed, SNP_ANSWER_MS);
	vcpu->overdue = r != 0 && vcpu->is_made;
	check_take_back(vcpu, &ask.exit);
	if (r < 0)
		check_fail_wait(vmm, result, r);
	/* A VMM that does not wait is another check's; so is what the guest's next try gets. */
	else if (ask.exit.ret != EAGAIN)
		(void)snp_expect_match(&ask);
	snp_ask_done(&ask);
}

/* The VMM should be at the lock when it changes, and wait still: on a busy machine, not every time. */
void snp_check_lock_before_read(struct check_vmm *vmm, struct check_result *result)
{
	static const unsigned head_starts_ms[] = { 10, 2, 10, 40 };

	for (size_t i = 0; i < ARRAY_SIZE(head_starts_ms) && result->verdict == CHECK_HELD; i++)
		change_while_waiting(vmm, result, true, head_starts_ms[i]);
}

void snp_check_blob_replaced(struct check_vmm *vmm, struct check_result *result)
{
	enum { HEAD_START_MS = 10 };

	change_while_waiting(vmm, result, false, HEAD_START_MS);
}

/* While the lock is taken, and afterwards. */
void snp_check_busy(struct check_vmm *vmm, struct check_result *result)
{
	enum { MIN_MS = 5, TRIES = 3 };
	struct check_vcpu *vcpu;
	struct snp_ask ask;
	uint64_t area;
	int fd;

	if (!start(vmm, result, &vcpu, &area))
		return;
	fd = snp_lock_exclusive(vmm);
	if (fd < 0) {
		check_skip(result, "%s", lock_stays);
		return;
	}
	snp_ask_init(&ask, result, area, SNP_AREA_PAGES);
	if (snp_ask_make(vmm, vcpu, &ask) && snp_expect_ret(&ask, EAGAIN, "while an updater has the lock") &&
	    ask.exit.took_ns < MIN_MS * 1000000ull)
		check_fail(result,
			   "expected that the VMM waits for the lock before it answers EAGAIN, found EAGAIN "
			   "after %.1f ms: the guest sleeps for 2 s",
			   (double)ask.exit.took_ns / 1e6);
	close(fd);
	for (unsigned i = 0; i < TRIES && result->verdict == CHECK_HELD; i++) {
		if (!snp_ask_make(vmm, vcpu, &ask) || ask.exit.ret == 0)
			break;
		if (i == TRIES - 1)
			(void)snp_expect_ret(&ask, 0, "once the updater has dropped its lock");
	}
	snp_ask_done(&ask);
}

void snp_check_kick(struct check_vmm *vmm, struct check_result *result)
{
	enum { EXITS = 50, MAX_US = 400 };
	struct check_vcpu *vcpu;
	uint64_t area;

	if (!start(vmm, result, &vcpu, &area))
		return;
	for (unsigned i = 0; i < EXITS && result->verdict == CHECK_HELD; i++) {
		struct snp_ask ask;

		if (!snp_fill(vmm, area, SNP_AREA_PAGES))
			return;
		snp_ask_init(&ask, result, area, SNP_AREA_PAGES);
		ask.exit.kick_us = 1 + (uint32_t)(check_random(vmm) % MAX_US);
		ask.exit.kick_flag = i % 2 == 1;
		if (snp_ask_make(vmm, vcpu, &ask))
			(void)snp_expect_match(&ask);
		snp_ask_done(&ask);
	}
}

/*
 * One vCPU is between its certificates and the firmware while another's request begins and ends. Then an
 * updater tries.
 */
void snp_check_two_vcpus(struct check_vmm *vmm, struct check_result *result)
{
	struct check_vcpu *first, *second = check_vcpu(vmm, 1);
	struct snp_ask one, other;
	bool held = true;
	uint64_t area;
	int r;

	if (!start(vmm, result, &first, &area))
		return;
	if (!second) {
		check_skip(result, "the VM has one vCPU that runs");
		return;
	}
	snp_ask_init(&one, result, area, SNP_AREA_PAGES / 2);
	snp_ask_init(&other, result, area + SNP_AREA_PAGES / 2 * SNP_PAGE, SNP_AREA_PAGES / 2);
	one.exit.held = &held;
	one.updates = true;
	check_give(first, &one.exit);
	r = check_wait(vmm, &one.exit.arrived, SNP_ANSWER_MS);
	if (r == 0 && snp_ask_make(vmm, second, &other) && snp_expect_match(&other)) {
		/* Its lock is dropped by now. */
		r = session_wait_runs(second, 1, SNP_ANSWER_MS);
		held = false;
		if (r == 0)
			r = check_wait(vmm, &one.exit.completed, SNP_ANSWER_MS);
		if (r == 0 && snp_expect_ret(&one, 0, "with certificates") && !one.matches)
			check_fail(result,
				   "the end of another vCPU's request has dropped the lock of this one; an "
				   "updater came, "
				   "and the certificates do not verify the report: %s",
				   one.why);
	}
	held = false;
	first->overdue = r != 0 && first->is_made && !one.exit.arrived;
	check_take_back(first, &one.exit);
	session_release(vmm);
	if (r < 0)
		check_fail_wait(vmm, result, r);
	snp_ask_done(&one);
	snp_ask_done(&other);
}

/* Served again: any vCPU of whatever VM there is then. */
static void expect_service(struct check_vmm *vmm, struct check_result *result)
{
	enum { TRIES = 5 };
	struct check_vcpu *vcpu;
	struct snp_ask ask;
	uint64_t area;
	int r = -ENODEV;

	for (unsigned i = 0; i < TRIES && r == -ENODEV; i++) {
		vmm->lost = false;
		if (!start(vmm, result, &vcpu, &area))
			return;
		snp_ask_init(&ask, result, area, SNP_AREA_PAGES);
		r = check_exit_and_wait(vmm, vcpu, &ask.exit, SNP_ANSWER_MS);
		if (r == 0)
			(void)snp_expect_match(&ask);
		else if (r != -ENODEV || i == TRIES - 1)
			check_fail_wait(vmm, result, r);
		snp_ask_done(&ask);
	}
}

/* A triple fault, at which most VMMs reset the VM. */
void snp_check_reset(struct check_vmm *vmm, struct check_result *result)
{
	struct check_exit shutdown = { .reason = UAPI_KVM_EXIT_SHUTDOWN };
	struct check_vcpu *vcpu;
	char how[128];
	int r;

	expect_service(vmm, result);
	vcpu = check_vcpu(vmm, 0);
	if (result->verdict != CHECK_HELD || !vcpu)
		return;
	r = check_exit_and_wait(vmm, vcpu, &shutdown, CHECK_RESET_MS);
	if (vmm->ended) {
		check_skip(result, "the VMM ends when the guest shuts down: it %s",
			   session_how_ended(vmm, how));
		return;
	}
	if (r == -ETIMEDOUT) {
		check_skip(result, "the VMM does not reset a VM that shuts down");
		return;
	}
	(void)!check_wait(vmm, NULL, 20);
	if (vmm->ended)
		check_skip(result, "the VMM ends when the guest shuts down: it %s",
			   session_how_ended(vmm, how));
	else
		expect_service(vmm, result);
}

/* As with an AMD-SP that has died. The VMM may stop the VM, and end. */
void snp_check_run_fails(struct check_vmm *vmm, struct check_result *result)
{
	enum { WAIT_MS = 1000 };
	uint64_t until;
	struct check_vcpu *vcpu;
	struct snp_ask ask;
	uint64_t area;

	if (!start(vmm, result, &vcpu, &area))
		return;
	snp_ask_init(&ask, result, area, SNP_AREA_PAGES);
	ask.fails = true;
	if (snp_ask_make(vmm, vcpu, &ask) && snp_expect_ret(&ask, 0, "with certificates")) {
		until = base_now_ns(base_env_real()) + WAIT_MS * 1000000ull;
		while (check_blob_locked(vmm) && base_now_ns(base_env_real()) < until)
			session_turn(vmm);
		if (check_blob_locked(vmm))
			check_fail(result,
				   "expected no lock on '%s' after KVM_RUN has failed with EIO, found one",
				   snp_blob_path(vmm));
	}
	snp_ask_done(&ask);
}
