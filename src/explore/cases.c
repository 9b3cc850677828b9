/* SPDX-License-Identifier: MIT */
#include "explore/explore.h"

#include <string.h>

#include "base/cleanup.h"

/*
 * The named machines: something broken on purpose (--break), claims about these schemes from mailing lists
 * (--scenario, explained in doc/what-the-threads-decided.md), and each scheme as it is (--sync).
 * tests/explore/test_cases.c runs all of them.
 *
 * Each machine has the fewest parties that show its result.
 */
#define FLAW(name)    EXPLORE_FLAW(EXPLORE_##name)
#define GUEST(n)      .vcpus = (n), .requests = 1
#define ONE_UPDATE    .updaters = 1, .updates = 1
#define TDX(n)        .tee = EXPLORE_TDX, GUEST(n)
#define POSTED_TDX(n) TDX(n), .posted_driver = true
#define BREAKS(i)     .breaks = "I" #i

static const struct explore_case breaks[] = {
	/* the VMM */
	{ .name = "unlock-before-run",
	  .what = "The VMM drops the lock before KVM_RUN, not after it.",
	  .setup = { GUEST(1), ONE_UPDATE, .flaws = FLAW(UNLOCK_EARLY) },
	  BREAKS(1) },
	{ .name = "unlock-on-other-eintr",
	  .what = "When one vCPU's KVM_RUN returns EINTR, the VMM drops the locks of all its vCPUs.",
	  .setup = { GUEST(2), ONE_UPDATE, .flaws = FLAW(UNLOCK_OTHERS) },
	  BREAKS(1) },
	{ .name = "stale-exit",
	  .what = "The VMM serves the stale exit_reason that a failed KVM_RUN leaves behind.",
	  .setup = { GUEST(1), ONE_UPDATE, .flaws = FLAW(STALE_EXIT) },
	  BREAKS(3) },
	{ .name = "no-inode-compare",
	  .what = "The VMM does not compare inodes, and the updater does not empty the old file.",
	  .setup = { GUEST(1), ONE_UPDATE, .flaws = FLAW(NO_INODES) | FLAW(NO_EMPTY_OLD) },
	  BREAKS(1) },
	{ .name = "polled-flag",
	  .what = "The VMM drops the lock when a polled flag says that the firmware has the request.",
	  .setup = { GUEST(1), ONE_UPDATE, .flaws = FLAW(POLLED_FLAG) },
	  BREAKS(1) },
	/* KVM */
	{ .name = "busy-after-firmware",
	  .what = "KVM answers BUSY after the firmware has consumed the message.",
	  .setup = { GUEST(1), .flaws = FLAW(BUSY_LATE) },
	  BREAKS(2) },
	{ .name = "transaction-checked-early",
	  .what = "v14: KVM checks the transaction only before the exit, not before the firmware call.",
	  .setup = { .sync = SIM_SYNC_V14, GUEST(1), ONE_UPDATE, .flaws = FLAW(CHECK_EARLY) },
	  BREAKS(1) },
	{ .name = "transaction-unlocked",
	  .what = "v14: KVM checks the transaction, but does not hold the mutex across the firmware call.",
	  .setup = { .sync = SIM_SYNC_V14, GUEST(1), ONE_UPDATE, .flaws = FLAW(CHECK_UNLOCKED) },
	  BREAKS(1) },
	{ .name = "no-transaction-id",
	  .what = "v14: KVM has no transaction id, and only checks whether attestation is paused.",
	  .setup = { .sync = SIM_SYNC_V14, GUEST(1), ONE_UPDATE, .flaws = FLAW(PAUSE_ONLY) },
	  BREAKS(1) },
	{ .name = "eintr-first",
	  .what = "With immediate_exit, KVM_RUN returns EINTR before KVM completes the request.",
	  .setup = { GUEST(1), ONE_UPDATE, .flaws = FLAW(EINTR_FIRST) },
	  BREAKS(3) },
	{ .name = "no-mutex",
	  .what = "The vCPUs of a VM use its bounce pages without taking its mutex.",
	  .setup = { GUEST(2), .flaws = FLAW(NO_MUTEX) },
	  BREAKS(2) },
	/* the updater */
	{ .name = "rename-without-lock",
	  .what = "The updater renames the new table over the old one and takes no lock.",
	  .setup = { GUEST(1), ONE_UPDATE, .flaws = FLAW(RENAME_UNLOCKED) },
	  BREAKS(1) },
	{ .name = "firmware-before-empty",
	  .what = "The updater issues the firmware command before the empty table is in place.",
	  .setup = { GUEST(1), ONE_UPDATE, .flaws = FLAW(FIRMWARE_FIRST) },
	  BREAKS(1) },
	{ .name = "no-directory-fsync",
	  .what = "The updater does not call fsync() on the directory, and power is lost.",
	  .setup = { GUEST(1), ONE_UPDATE, .crashes = 1, .power_loss = true, .flaws = FLAW(NO_DIR_SYNC) },
	  BREAKS(4) },
	{ .name = "vcek-of-current",
	  .what = "The updater fetches the VCEK of the current TCB instead of that of the reported TCB.",
	  .setup = { GUEST(1), .updaters = 1, .updates = 2, .flaws = FLAW(CURRENT_TCB) },
	  BREAKS(1) },
	{ .name = "unlock-between",
	  .what = "The updater drops its lock between replacing the table and issuing the command.",
	  .setup = { GUEST(1), ONE_UPDATE, .flaws = FLAW(UNLOCK_BETWEEN) },
	  BREAKS(1) },
	{ .name = "no-drain",
	  .what = "The updater does not wait for readers of the old table to finish.",
	  .setup = { GUEST(1), ONE_UPDATE, .flaws = FLAW(NO_DRAIN) },
	  BREAKS(2) },
	{ .name = "no-recheck",
	  .what = "When its turn comes, the updater does not read the firmware's status again.",
	  .setup = { GUEST(1), .updaters = 2, .updates = 1, .flaws = FLAW(NO_RECHECK) },
	  BREAKS(1) },
	{ .name = "no-turn",
	  .what = "Updaters do not wait for each other.",
	  .setup = { GUEST(1), .updaters = 2, .updates = 1, .flaws = FLAW(NO_TURN) },
	  BREAKS(3) },
	{ .name = "no-empty-old",
	  .what = "The updater does not empty the old file, and a second VMM does not compare inodes.",
	  .setup = { GUEST(1), .other = EXPLORE_NAIVE, ONE_UPDATE, .flaws = FLAW(NO_EMPTY_OLD) },
	  BREAKS(1) },
	/* the guest */
	{ .name = "other-message-resent",
	  .what = "Told to retry, the guest sends a different message instead of the identical page.",
	  .setup = { GUEST(1), .small_buffer = 1, .flaws = FLAW(OTHER_MESSAGE) },
	  BREAKS(6) },
	{ .name = "sequence-reused",
	  .what = "The guest reuses a sequence number after INVALID_LEN.",
	  .setup = { GUEST(1), .small_buffer = 1, .flaws = FLAW(REUSE_SEQNO) },
	  BREAKS(6) },
	/* TDX */
	{ .name = "tdx-no-answer",
	  .what = "The VMM never completes a GetQuote, and the guest waits without a timeout.",
	  .setup = { POSTED_TDX(1), .flaws = FLAW(TDX_NO_ANSWER) },
	  BREAKS(3) },
	{ .name = "tdx-no-recheck",
	  .what = "A task woken by an interrupt does not check whether its buffer is still in flight.",
	  .setup = { POSTED_TDX(1), .spurious = 1, .flaws = FLAW(TDX_NO_RECHECK) },
	  BREAKS(2) },
	{ .name = "tdx-odd-size",
	  .what = "The guest passes a buffer size that is not a multiple of 4 KiB.",
	  .setup = { TDX(1), .flaws = FLAW(TDX_ODD_SIZE) },
	  BREAKS(3) },
	{ .name = "tdx-two-buffers",
	  .what = "Two tasks of a guest use its one GetQuote buffer at the same time, without a mutex.",
	  .setup = { TDX(2), .flaws = FLAW(TDX_TWO_BUFFERS) },
	  BREAKS(1) },
};

static const struct explore_case scenarios[] = {
	/* v14: "[PATCH v14 22/22] KVM: SEV: Provide support for SNP_EXTENDED_GUEST_REQUEST NAE event" */
	{ .name = "busy-after-firmware",
	  .what = "If KVM answers BUSY after the firmware has seen the request, the guest loses its key.",
	  .setup = { .sync = SIM_SYNC_V14, GUEST(1), ONE_UPDATE, .flaws = FLAW(BUSY_LATE) },
	  BREAKS(2) },
	{ .name = "busy-before-firmware",
	  .what = "If KVM answers BUSY before the firmware has seen the request, only time is lost.",
	  .setup = { .sync = SIM_SYNC_V14, .vcpus = 1, .requests = 2, ONE_UPDATE },
	  .breaks = NULL },
	{ .name = "no-early-check",
	  .what = "v14: The check of the transaction before the exit is only an optimization.",
	  .setup = { .sync = SIM_SYNC_V14, GUEST(1), ONE_UPDATE, .flaws = FLAW(NO_EARLY_CHECK) },
	  .breaks = NULL },
	{ .name = "only-early-check",
	  .what = "v14: The check of the transaction before the firmware call is necessary.",
	  .setup = { .sync = SIM_SYNC_V14, GUEST(1), ONE_UPDATE, .flaws = FLAW(CHECK_EARLY) },
	  BREAKS(1) },
	{ .name = "transaction-without-mutex",
	  .what = "v14: A transaction id is not enough without a mutex held across the firmware call.",
	  .setup = { .sync = SIM_SYNC_V14, GUEST(1), ONE_UPDATE, .flaws = FLAW(CHECK_UNLOCKED) },
	  BREAKS(1) },
	{ .name = "pause-without-transaction",
	  .what = "v14: The kernel must count transactions, although only userspace starts them.",
	  .setup = { .sync = SIM_SYNC_V14, GUEST(1), ONE_UPDATE, .flaws = FLAW(PAUSE_ONLY) },
	  BREAKS(1) },
	{ .name = "one-mutex-for-all-guests",
	  .what = "v14: One mutex shared by all guests delays them, but breaks nothing.",
	  .setup = { .sync = SIM_SYNC_V14, GUEST(1), .other = EXPLORE_JURAT, ONE_UPDATE },
	  .breaks = NULL },
	{ .name = "only-userspace-pauses",
	  .what = "v14: An administrator who pauses and resumes attestation only makes guests retry.",
	  .setup = { .sync = SIM_SYNC_V14, GUEST(1), .administrator = true },
	  .breaks = NULL },
	{ .name = "crash-while-paused",
	  .what = "v14: An updater that dies between pause and resume stops attestation forever.",
	  .setup = { .sync = SIM_SYNC_V14, GUEST(1), ONE_UPDATE, .crashes = 1 },
	  BREAKS(3) },
	/* v15: "[PATCH v15 19/20] KVM: SEV: Provide support for SNP_EXTENDED_GUEST_REQUEST NAE event" */
	{ .name = "done-exit-delivered",
	  .what = "v15: The exit with STATUS_DONE reaches the VMM, which can then drop its lock.",
	  .setup = { .sync = SIM_SYNC_V15, .vcpus = 1, .requests = 2, ONE_UPDATE },
	  .breaks = NULL },
	{ .name = "done-after-firmware-error",
	  .what = "v15: After a firmware error, KVM does not reclaim the response page from the firmware.",
	  .setup = { .sync = SIM_SYNC_V15, GUEST(1), .firmware_error = 1 },
	  BREAKS(7) },
	{ .name = "generic-code",
	  .what = "v15: GENERIC does not collide with any code that the GHCB specification defines.",
	  .setup = { .sync = SIM_SYNC_V15_FIXED, GUEST(1), .firmware_error = 1 },
	  .breaks = NULL },
	{ .name = "immediate-exit-completes",
	  .what = "With immediate_exit, KVM completes the request before KVM_RUN returns EINTR.",
	  .setup = { .vcpus = 1, .requests = 2, ONE_UPDATE },
	  .breaks = NULL },
	{ .name = "eintr-before-completion",
	  .what = "If EINTR came before completion, a VMM would drop its lock too early.",
	  .setup = { GUEST(1), ONE_UPDATE, .flaws = FLAW(EINTR_FIRST) | FLAW(NO_INODES) },
	  BREAKS(1) },
	{ .name = "eintr-before-completion-withdrawn",
	  .what = "If EINTR came first, a VMM that withdraws its answer would never serve the guest.",
	  .setup = { GUEST(1), ONE_UPDATE, .flaws = FLAW(EINTR_FIRST) },
	  BREAKS(3) },
	{ .name = "other-eintr",
	  .what = "EINTR for another reason, such as a signal, does not mislead the VMM.",
	  .setup = { GUEST(1), ONE_UPDATE, .signals = true },
	  .breaks = NULL },
	{ .name = "other-eintr-of-vcpus",
	  .what = "A VMM that drops the locks of all vCPUs on the EINTR of one drops some too early.",
	  .setup = { GUEST(2), ONE_UPDATE, .flaws = FLAW(UNLOCK_OTHERS) },
	  BREAKS(1) },
	{ .name = "polled-flag",
	  .what = "A flag that userspace polls cannot replace the second exit.",
	  .setup = { GUEST(1), ONE_UPDATE, .flaws = FLAW(POLLED_FLAG) },
	  BREAKS(1) },
	{ .name = "lock-of-a-dead-vmm",
	  .what = "A VMM that dies leaves no lock behind: the kernel releases it.",
	  .setup = { GUEST(1), ONE_UPDATE, .crashes = 1 },
	  .breaks = NULL },
	{ .name = "too-few-pages",
	  .what = "INVALID_LEN costs the guest a sequence number, but not its key.",
	  .setup = { GUEST(1), ONE_UPDATE, .small_buffer = 1 },
	  .breaks = NULL },
	{ .name = "no-lock-no-update",
	  .what = "A VMM without the lock needs no notification as long as nobody updates.",
	  .setup = { .sync = SIM_SYNC_NONE, GUEST(2) },
	  .breaks = NULL },
	{ .name = "lock-by-updaters-too",
	  .what = "The lock helps only if the updater takes it too.",
	  .setup = { GUEST(1), ONE_UPDATE, .flaws = FLAW(RENAME_UNLOCKED) },
	  BREAKS(1) },
	/* TDX: "[PATCH v2 2/3] virt: tdx-guest: Add Quote generation support" */
	{ .name = "tdx-wait-without-time-out",
	  .what = "A guest that waits without a timeout hangs if the VMM never answers.",
	  .setup = { POSTED_TDX(1), .flaws = FLAW(TDX_NO_ANSWER) },
	  BREAKS(3) },
	{ .name = "tdx-time-out-of-vmm",
	  .what = "If the VMM has a timeout, every wait ends, whatever the quoting service does.",
	  .setup = { .tee = EXPLORE_TDX, .posted_driver = true, .vcpus = 1, .requests = 2 },
	  .breaks = NULL },
	{ .name = "tdx-time-out-of-guest",
	  .what = "If the guest has a timeout, its requests end even if the VMM never answers.",
	  .setup = { .tee = EXPLORE_TDX, .vcpus = 1, .requests = 2, .flaws = FLAW(TDX_NO_ANSWER) },
	  .breaks = NULL },
	{ .name = "tdx-shared-interrupt",
	  .what = "With a shared interrupt, a flag that marks a pending GetQuote is not enough.",
	  .setup = { POSTED_TDX(1), .spurious = 1, .flaws = FLAW(TDX_NO_RECHECK) },
	  BREAKS(2) },
	{ .name = "tdx-shared-interrupt-status",
	  .what = "With a shared interrupt, no flag is needed if a woken task checks the status again.",
	  .setup = { POSTED_TDX(1), .spurious = 2, .flaws = FLAW(TDX_NO_FLAG) },
	  .breaks = NULL },
	{ .name = "tdx-own-interrupt",
	  .what = "With an interrupt of its own, the driver needs neither the flag nor that check.",
	  .setup = { .tee = EXPLORE_TDX,
		     .posted_driver = true,
		     .vcpus = 1,
		     .requests = 2,
		     .flaws = FLAW(TDX_NO_FLAG) | FLAW(TDX_NO_RECHECK) },
	  .breaks = NULL },
	{ .name = "tdx-size",
	  .what = "The VMM refuses a buffer size that is not a multiple of 4 KiB.",
	  .setup = { TDX(1), .flaws = FLAW(TDX_ODD_SIZE) },
	  BREAKS(3) },
	{ .name = "tdx-one-buffer",
	  .what = "One buffer and one mutex serialize the tasks of a guest, and break nothing.",
	  .setup = { TDX(2) },
	  .breaks = NULL },
	{ .name = "tdx-one-buffer-without-mutex",
	  .what = "Without the mutex, two tasks that use the buffer at the same time get wrong results.",
	  .setup = { TDX(2), .flaws = FLAW(TDX_TWO_BUFFERS) },
	  BREAKS(1) },
};

/* --sync without further options; the machines of `none` and v15 show what these break. */
static const struct explore_case schemes[] = {
	[SIM_SYNC_UPSTREAM] = { .name = "upstream",
				.what = "KVM_EXIT_SNP_REQ_CERTS, immediate_exit and a file lock (Linux 7.0).",
				.setup = { .sync = SIM_SYNC_UPSTREAM,
					   GUEST(2),
					   .updaters = 1,
					   .updates = 2,
					   .crashes = 1 },
				.breaks = NULL },
	[SIM_SYNC_V15] = { .name = "v15",
			   .what = "KVM_EXIT_VMGEXIT with NOTIFY_DONE and a file lock, as posted.",
			   .setup = { .sync = SIM_SYNC_V15, GUEST(1), ONE_UPDATE, .firmware_error = 1 },
			   BREAKS(7) },
	[SIM_SYNC_V15_FIXED] = { .name = "v15-fixed",
				 .what = "KVM_EXIT_VMGEXIT with NOTIFY_DONE and a file lock, as intended.",
				 .setup = { .sync = SIM_SYNC_V15_FIXED, GUEST(2), ONE_UPDATE, .crashes = 1 },
				 .breaks = NULL },
	[SIM_SYNC_V14] = { .name = "v14",
			   .what = "KVM_EXIT_VMGEXIT with transaction ids and pause/resume in the kernel.",
			   .setup = { .sync = SIM_SYNC_V14, GUEST(2), ONE_UPDATE, .administrator = true },
			   .breaks = NULL },
	[SIM_SYNC_NONE] = { .name = "none",
			    .what = "As upstream, but without locks.",
			    .setup = { .sync = SIM_SYNC_NONE, GUEST(1), ONE_UPDATE },
			    BREAKS(1) },
};

const struct explore_case *explore_breaks(size_t *ret_n)
{
	*ret_n = ARRAY_SIZE(breaks);
	return breaks;
}

const struct explore_case *explore_scenarios(size_t *ret_n)
{
	*ret_n = ARRAY_SIZE(scenarios);
	return scenarios;
}

const struct explore_case *explore_find(const struct explore_case *cases, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(cases[i].name, name) == 0)
			return &cases[i];
	return NULL;
}

const struct explore_case *explore_scheme(enum sim_sync sync)
{
	return &schemes[sync];
}
