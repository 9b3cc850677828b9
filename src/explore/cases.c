/* SPDX-License-Identifier: MIT */
#include "explore/explore.h"

#include <string.h>

/*
 * The named machines: what is broken on purpose (--break), what was claimed about these schemes on mailing
 * lists (--scenario), and each scheme as it is. doc/what-the-threads-decided.md explains the second.
 * tests/explore/test_cases.c runs all of them.
 *
 * Each machine is small: the fewest parties that show it.
 */
#define FLAW(name)    EXPLORE_FLAW(EXPLORE_##name)
#define GUEST(n)      .vcpus = (n), .requests = 1
#define ONE_UPDATE    .updaters = 1, .updates = 1
#define TDX(n)        .tee = EXPLORE_TDX, GUEST(n)
#define POSTED_TDX(n) TDX(n), .posted_driver = true
#define BREAKS(i)     .breaks = "I" #i
#define COUNT_OF(a)   (sizeof(a) / sizeof((a)[0]))

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
	  .what = "The VMM serves exit_reason although KVM_RUN has failed.",
	  .setup = { GUEST(1), ONE_UPDATE, .flaws = FLAW(STALE_EXIT) },
	  BREAKS(1) },
	{ .name = "no-inode-compare",
	  .what = "The VMM does not compare inodes, and the updater does not empty the old file.",
	  .setup = { GUEST(1), ONE_UPDATE, .flaws = FLAW(NO_INODES) | FLAW(NO_EMPTY_OLD) },
	  BREAKS(1) },
	{ .name = "polled-flag",
	  .what = "The VMM drops the lock when a flag says that the firmware has the request.",
	  .setup = { GUEST(1), ONE_UPDATE, .flaws = FLAW(POLLED_FLAG) },
	  BREAKS(1) },
	/* KVM */
	{ .name = "busy-after-firmware",
	  .what = "KVM answers BUSY after the firmware has consumed the message.",
	  .setup = { GUEST(1), .flaws = FLAW(BUSY_LATE) },
	  BREAKS(2) },
	{ .name = "transaction-checked-early",
	  .what = "v14: KVM checks the transaction at the exit only.",
	  .setup = { .sync = SIM_SYNC_V14, GUEST(1), ONE_UPDATE, .flaws = FLAW(CHECK_EARLY) },
	  BREAKS(1) },
	{ .name = "transaction-unlocked",
	  .what = "v14: KVM checks the transaction without holding the mutex over the firmware call.",
	  .setup = { .sync = SIM_SYNC_V14, GUEST(1), ONE_UPDATE, .flaws = FLAW(CHECK_UNLOCKED) },
	  BREAKS(1) },
	{ .name = "no-transaction-id",
	  .what = "v14: KVM checks only whether attestation is paused now.",
	  .setup = { .sync = SIM_SYNC_V14, GUEST(1), ONE_UPDATE, .flaws = FLAW(PAUSE_ONLY) },
	  BREAKS(1) },
	{ .name = "eintr-first",
	  .what = "immediate_exit returns EINTR before KVM completes the request.",
	  .setup = { GUEST(1), ONE_UPDATE, .flaws = FLAW(EINTR_FIRST) },
	  BREAKS(1) },
	{ .name = "no-mutex",
	  .what = "vCPUs use the bounce pages of their VM without its mutex.",
	  .setup = { GUEST(2), .flaws = FLAW(NO_MUTEX) },
	  BREAKS(2) },
	/* the updater */
	{ .name = "rename-without-lock",
	  .what = "The updater renames the new table over the old one and locks nothing.",
	  .setup = { GUEST(1), ONE_UPDATE, .flaws = FLAW(RENAME_UNLOCKED) },
	  BREAKS(1) },
	{ .name = "firmware-before-empty",
	  .what = "The updater issues the command before the empty table is in place.",
	  .setup = { GUEST(1), ONE_UPDATE, .flaws = FLAW(FIRMWARE_FIRST) },
	  BREAKS(1) },
	{ .name = "no-directory-fsync",
	  .what = "The updater leaves fsync() of the directory out, and power is lost.",
	  .setup = { GUEST(1), ONE_UPDATE, .crashes = 1, .power_loss = true, .flaws = FLAW(NO_DIR_SYNC) },
	  BREAKS(4) },
	{ .name = "vcek-of-current",
	  .what = "The updater fetches the VCEK of the current TCB, not of the reported one.",
	  .setup = { GUEST(1), .updaters = 1, .updates = 2, .flaws = FLAW(CURRENT_TCB) },
	  BREAKS(1) },
	{ .name = "unlock-between",
	  .what = "The updater drops its lock between the table and the firmware command.",
	  .setup = { GUEST(1), ONE_UPDATE, .flaws = FLAW(UNLOCK_BETWEEN) },
	  BREAKS(1) },
	{ .name = "no-drain",
	  .what = "The updater does not wait for readers of the old table.",
	  .setup = { GUEST(1), ONE_UPDATE, .flaws = FLAW(NO_DRAIN) },
	  BREAKS(1) },
	{ .name = "no-recheck",
	  .what = "The updater does not read the firmware's status again when its turn has come.",
	  .setup = { GUEST(1), .updaters = 2, .updates = 1, .flaws = FLAW(NO_RECHECK) },
	  BREAKS(1) },
	{ .name = "no-turn",
	  .what = "The updater does not wait for other updaters.",
	  .setup = { GUEST(1), .updaters = 2, .updates = 1, .flaws = FLAW(NO_TURN) },
	  BREAKS(3) },
	{ .name = "no-empty-old",
	  .what = "The updater does not empty the old file, and a second VMM compares no inodes.",
	  .setup = { GUEST(1), .other = EXPLORE_NAIVE, ONE_UPDATE, .flaws = FLAW(NO_EMPTY_OLD) },
	  BREAKS(1) },
	/* the guest */
	{ .name = "other-message-resent",
	  .what = "Told to retry, the guest sends another message in place of the identical page.",
	  .setup = { GUEST(1), .small_buffer = 1, .flaws = FLAW(OTHER_MESSAGE) },
	  BREAKS(6) },
	{ .name = "sequence-reused",
	  .what = "The guest uses a sequence number again after INVALID_LEN.",
	  .setup = { GUEST(1), .small_buffer = 1, .flaws = FLAW(REUSE_SEQNO) },
	  BREAKS(6) },
	/* TDX */
	{ .name = "tdx-no-answer",
	  .what = "The VMM never completes a GetQuote, and the guest waits without a time-out.",
	  .setup = { POSTED_TDX(1), .flaws = FLAW(TDX_NO_ANSWER) },
	  BREAKS(3) },
	{ .name = "tdx-no-recheck",
	  .what = "A task that an interrupt wakes does not look whether its buffer is still in flight.",
	  .setup = { POSTED_TDX(1), .spurious = 1, .flaws = FLAW(TDX_NO_RECHECK) },
	  BREAKS(2) },
	{ .name = "tdx-odd-size",
	  .what = "The guest passes a buffer size that is no multiple of 4 KiB.",
	  .setup = { TDX(1), .flaws = FLAW(TDX_ODD_SIZE) },
	  BREAKS(3) },
	{ .name = "tdx-two-buffers",
	  .what = "Two tasks of a guest use the one GetQuote buffer at once, without a mutex.",
	  .setup = { TDX(2), .flaws = FLAW(TDX_TWO_BUFFERS) },
	  BREAKS(1) },
};

static const struct explore_case scenarios[] = {
	/* v14: "[PATCH v14 22/22] KVM: SEV: Provide support for SNP_EXTENDED_GUEST_REQUEST NAE event" */
	{ .name = "busy-after-firmware",
	  .what = "BUSY after the firmware has seen a request costs the guest its key.",
	  .setup = { .sync = SIM_SYNC_V14, GUEST(1), ONE_UPDATE, .flaws = FLAW(BUSY_LATE) },
	  BREAKS(2) },
	{ .name = "busy-before-firmware",
	  .what = "BUSY before the firmware has seen a request costs the guest nothing but time.",
	  .setup = { .sync = SIM_SYNC_V14, .vcpus = 1, .requests = 2, ONE_UPDATE },
	  .breaks = NULL },
	{ .name = "no-early-check",
	  .what = "v14: the check of the transaction at the exit is only an optimisation.",
	  .setup = { .sync = SIM_SYNC_V14, GUEST(1), ONE_UPDATE, .flaws = FLAW(NO_EARLY_CHECK) },
	  .breaks = NULL },
	{ .name = "only-early-check",
	  .what = "v14: the check of the transaction at the end is no optimisation.",
	  .setup = { .sync = SIM_SYNC_V14, GUEST(1), ONE_UPDATE, .flaws = FLAW(CHECK_EARLY) },
	  BREAKS(1) },
	{ .name = "transaction-without-mutex",
	  .what = "v14: a transaction id without the mutex over the firmware call is not enough.",
	  .setup = { .sync = SIM_SYNC_V14, GUEST(1), ONE_UPDATE, .flaws = FLAW(CHECK_UNLOCKED) },
	  BREAKS(1) },
	{ .name = "pause-without-transaction",
	  .what = "v14: the kernel must count transactions, although only userspace starts them.",
	  .setup = { .sync = SIM_SYNC_V14, GUEST(1), ONE_UPDATE, .flaws = FLAW(PAUSE_ONLY) },
	  BREAKS(1) },
	{ .name = "one-mutex-for-all-guests",
	  .what = "v14: the one mutex of all guests delays them, and breaks nothing.",
	  .setup = { .sync = SIM_SYNC_V14, GUEST(1), .other = EXPLORE_JURAT, ONE_UPDATE },
	  .breaks = NULL },
	{ .name = "only-userspace-pauses",
	  .what = "v14: an administrator who pauses and resumes only makes guests retry.",
	  .setup = { .sync = SIM_SYNC_V14, GUEST(1), .administrator = true },
	  .breaks = NULL },
	{ .name = "crash-while-paused",
	  .what = "v14: an updater that dies between pause and resume stops attestation for good.",
	  .setup = { .sync = SIM_SYNC_V14, GUEST(1), ONE_UPDATE, .crashes = 1 },
	  BREAKS(3) },
	/* v15: "[PATCH v15 19/20] KVM: SEV: Provide support for SNP_EXTENDED_GUEST_REQUEST NAE event" */
	{ .name = "done-exit-delivered",
	  .what = "v15: the exit with STATUS_DONE reaches the VMM, which can drop its lock.",
	  .setup = { .sync = SIM_SYNC_V15, GUEST(2), ONE_UPDATE },
	  .breaks = NULL },
	{ .name = "done-after-firmware-error",
	  .what = "v15: after a firmware error, KVM does not take the response page back from the firmware.",
	  .setup = { .sync = SIM_SYNC_V15, GUEST(1), .firmware_error = 1 },
	  BREAKS(7) },
	{ .name = "generic-code",
	  .what = "v15: GENERIC collides with no code that the GHCB defines.",
	  .setup = { .sync = SIM_SYNC_V15_FIXED, GUEST(1), .firmware_error = 1 },
	  .breaks = NULL },
	{ .name = "immediate-exit-completes",
	  .what = "With immediate_exit, KVM completes the request before KVM_RUN returns EINTR.",
	  .setup = { GUEST(2), ONE_UPDATE },
	  .breaks = NULL },
	{ .name = "eintr-before-completion",
	  .what = "If EINTR came before the completion, the lock would be dropped too early.",
	  .setup = { GUEST(1), ONE_UPDATE, .flaws = FLAW(EINTR_FIRST) },
	  BREAKS(1) },
	{ .name = "other-eintr",
	  .what = "EINTR for other reasons, such as signals, does not mislead the VMM.",
	  .setup = { GUEST(1), ONE_UPDATE, .signals = true },
	  .breaks = NULL },
	{ .name = "other-eintr-of-vcpus",
	  .what = "It does, if the VMM takes the EINTR of any vCPU for the end of its request.",
	  .setup = { GUEST(2), ONE_UPDATE, .flaws = FLAW(UNLOCK_OTHERS) },
	  BREAKS(1) },
	{ .name = "polled-flag",
	  .what = "A flag that userspace polls cannot replace the exit.",
	  .setup = { GUEST(1), ONE_UPDATE, .flaws = FLAW(POLLED_FLAG) },
	  BREAKS(1) },
	{ .name = "lock-of-a-dead-vmm",
	  .what = "A VMM that dies leaves no lock behind: the kernel drops it.",
	  .setup = { GUEST(1), ONE_UPDATE, .crashes = 1 },
	  .breaks = NULL },
	{ .name = "too-few-pages",
	  .what = "INVALID_LEN costs the guest a sequence number, and not its key.",
	  .setup = { GUEST(1), ONE_UPDATE, .small_buffer = 1 },
	  .breaks = NULL },
	{ .name = "no-lock-no-update",
	  .what = "A VMM without the lock needs no notification, as long as nobody updates.",
	  .setup = { .sync = SIM_SYNC_NONE, GUEST(2) },
	  .breaks = NULL },
	{ .name = "lock-by-updaters-too",
	  .what = "The lock helps only if the updater takes it too.",
	  .setup = { GUEST(1), ONE_UPDATE, .flaws = FLAW(RENAME_UNLOCKED) },
	  BREAKS(1) },
	/* TDX: "[PATCH v2 2/3] virt: tdx-guest: Add Quote generation support" */
	{ .name = "tdx-wait-without-time-out",
	  .what = "A wait without a time-out never ends on a VMM that never answers.",
	  .setup = { POSTED_TDX(1), .flaws = FLAW(TDX_NO_ANSWER) },
	  BREAKS(3) },
	{ .name = "tdx-time-out-of-vmm",
	  .what = "A VMM with a time-out of its own ends it, whatever the quoting service does.",
	  .setup = { .tee = EXPLORE_TDX, .posted_driver = true, .vcpus = 1, .requests = 2 },
	  .breaks = NULL },
	{ .name = "tdx-time-out-of-guest",
	  .what = "With a time-out in the guest, its requests end on a VMM that never answers, too.",
	  .setup = { .tee = EXPLORE_TDX, .vcpus = 1, .requests = 2, .flaws = FLAW(TDX_NO_ANSWER) },
	  .breaks = NULL },
	{ .name = "tdx-shared-interrupt",
	  .what = "For a shared interrupt, a flag that says whether a GetQuote is pending is enough.",
	  .setup = { POSTED_TDX(1), .spurious = 1, .flaws = FLAW(TDX_NO_RECHECK) },
	  BREAKS(2) },
	{ .name = "tdx-shared-interrupt-status",
	  .what = "It needs no flag, if the task that is woken looks at the status again.",
	  .setup = { POSTED_TDX(1), .spurious = 2, .flaws = FLAW(TDX_NO_FLAG) },
	  .breaks = NULL },
	{ .name = "tdx-own-interrupt",
	  .what = "An interrupt that nobody else uses needs neither.",
	  .setup = { .tee = EXPLORE_TDX,
		     .posted_driver = true,
		     .vcpus = 1,
		     .requests = 2,
		     .flaws = FLAW(TDX_NO_FLAG) | FLAW(TDX_NO_RECHECK) },
	  .breaks = NULL },
	{ .name = "tdx-size",
	  .what = "A size that is no multiple of 4 KiB is refused.",
	  .setup = { TDX(1), .flaws = FLAW(TDX_ODD_SIZE) },
	  BREAKS(3) },
	{ .name = "tdx-one-buffer",
	  .what = "One buffer and one mutex serialise the tasks of a guest, and break nothing.",
	  .setup = { TDX(2) },
	  .breaks = NULL },
	{ .name = "tdx-one-buffer-without-mutex",
	  .what = "Without the mutex, a task gets the quote of another.",
	  .setup = { TDX(2), .flaws = FLAW(TDX_TWO_BUFFERS) },
	  BREAKS(1) },
};

/* Without further options; `none` and v15 show what they break. */
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
				 .what = "The same, as it was meant.",
				 .setup = { .sync = SIM_SYNC_V15_FIXED, GUEST(2), ONE_UPDATE, .crashes = 1 },
				 .breaks = NULL },
	[SIM_SYNC_V14] = { .name = "v14",
			   .what = "KVM_EXIT_VMGEXIT with transaction ids and pause/resume in the kernel.",
			   .setup = { .sync = SIM_SYNC_V14, GUEST(2), ONE_UPDATE, .administrator = true },
			   .breaks = NULL },
	[SIM_SYNC_NONE] = { .name = "none",
			    .what = "As upstream, but the VMM takes no lock.",
			    .setup = { .sync = SIM_SYNC_NONE, GUEST(1), ONE_UPDATE },
			    BREAKS(1) },
};

const struct explore_case *explore_breaks(size_t *ret_n)
{
	*ret_n = COUNT_OF(breaks);
	return breaks;
}

const struct explore_case *explore_scenarios(size_t *ret_n)
{
	*ret_n = COUNT_OF(scenarios);
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
