/* SPDX-License-Identifier: MIT */
#include "run/vmm/checks_snp.h"

#include <errno.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/env.h"

/* What a VMM does with a request that there is nothing wrong with, and the list of all checks of SEV-SNP. */
enum {
	LOAD_EXITS = 2000,
	LOAD_VCPUS = 4,
	GUEST_RUNS_US = 2000,
	UPDATE_MS = 2,
	MAX_TURNS = 5,
	SLOW_MS = 5, /* that an updater on a busy machine has its lock: a VMM need not wait longer */
};

struct load {
	struct check_result *result;
	uint64_t area;
	unsigned wanted, made, updates;
	unsigned served, busy, slow;  /* of `made`: certificates; EAGAIN; EAGAIN during a slow update */
	uint64_t updated_ns, slow_ns; /* the last time; the last time that it was slow */
	unsigned rests;               /* exits until the next one, after a slow one */
	bool over;                    /* enough, or failed */
	struct load_vcpu {
		struct load *load;
		struct check_vcpu *vcpu;
		struct snp_ask ask;
		unsigned n_turns; /* since its completion */
		void (*judge)(struct check_vmm *vmm, struct check_vcpu *vcpu, struct check_exit *exit,
			      void *ctx);
	} vcpus[LOAD_VCPUS];
	unsigned n_vcpus;
};

static void load_completing(struct check_vmm *vmm, struct check_vcpu *vcpu, struct check_exit *exit,
			    void *ctx)
{
	struct load_vcpu *v = ctx;
	struct load *load = v->load;

	v->judge(vmm, vcpu, exit, &v->ask);
	load->made++;
	load->rests -= load->rests > 0;
	if (exit->ret != EAGAIN)
		load->served += snp_expect_match(&v->ask);
	else if (load->slow_ns >= vcpu->made_ns)
		load->slow++;
	else
		load->busy++;
	/* A guest that never gets certificates. */
	if (load->busy > 40 + load->served)
		check_fail(load->result,
			   "expected certificates, found EAGAIN for %u of %u exits, though no "
			   "updater keeps its lock",
			   load->busy, load->made);
	else if (load->slow > 400 + 4 * load->served)
		check_skip(
			load->result,
			"this machine is too busy: in %u of %u exits, EAGAIN while an updater had its lock "
			"for more than %d ms",
			load->slow, load->made, SLOW_MS);
	load->over = load->result->verdict != CHECK_HELD || load->served >= load->wanted;
}

static void next_exit(struct check_vmm *vmm, struct load_vcpu *v)
{
	(void)snp_fill(vmm, v->ask.gpa, v->ask.npages);
	if (check_random(vmm) % 16 == 0)
		check_run_guest(v->vcpu, GUEST_RUNS_US);
	v->ask.exit.completing = load_completing;
	v->ask.exit.ctx = v;
	v->n_turns = 0;
	check_give(v->vcpu, &v->ask.exit);
}

/*
 * A change of the TCB whenever a request has ended and its lock is dropped, and while requests are in
 * progress as often as readers bear, who wait for an updater. Now and then also against a lock: readers find
 * an empty table, and then theirs again.
 */
static void load_work(struct check_vmm *vmm, void *ctx)
{
	struct load *load = ctx;
	uint64_t now = base_now_ns(base_env_real());
	bool has_ended = false, is_updated = false;

	for (unsigned i = 0; i < load->n_vcpus; i++)
		has_ended |= load->vcpus[i].ask.exit.completed;
	if (load->rests == 0 && (has_ended || now - load->updated_ns > UPDATE_MS * 1000000ull) &&
	    (!check_blob_locked(vmm) || check_random(vmm) % 64 == 0)) {
		is_updated = snp_update(vmm);
		load->updates += is_updated;
		load->updated_ns = base_now_ns(base_env_real());
		if (load->updated_ns - now > SLOW_MS * 1000000ull) {
			load->slow_ns = load->updated_ns;
			load->rests = 2 * load->n_vcpus;
		}
	}
	for (unsigned i = 0; i < load->n_vcpus && !load->over; i++) {
		struct load_vcpu *v = &load->vcpus[i];

		if (v->ask.exit.completed && (is_updated || ++v->n_turns > MAX_TURNS))
			next_exit(vmm, v);
	}
}

static void certificates_match(struct check_vmm *vmm, struct check_result *result)
{
	struct load load = { .result = result,
			     .wanted = vmm->options->exits ? vmm->options->exits : LOAD_EXITS };
	uint64_t pages = SNP_AREA_PAGES / LOAD_VCPUS;
	unsigned made;
	int r;

	load.area = snp_area(vmm, result);
	if (load.area == 0)
		return;
	for (unsigned i = 0; i < LOAD_VCPUS; i++) {
		struct load_vcpu *v = &load.vcpus[i];

		v->load = &load;
		v->vcpu = session_find_vcpu(vmm, i);
		if (!v->vcpu)
			break;
		snp_ask_init(&v->ask, result, load.area + i * pages * SNP_PAGE, pages);
		v->ask.updates = true;
		v->judge = v->ask.exit.completing;
		load.n_vcpus++;
		next_exit(vmm, v);
	}
	check_set_work(vmm, load_work, &load);
	/* However long it takes on a machine that is busy with something else: requests must go on ending. */
	do {
		made = load.made;
		r = check_wait(vmm, &load.over, SNP_ANSWER_MS);
	} while (r == -ETIMEDOUT && load.made != made);
	if (r < 0)
		check_fail_wait(vmm, result, r);
	check_set_work(vmm, NULL, NULL);
	for (unsigned i = 0; i < load.n_vcpus; i++) {
		check_take_back(load.vcpus[i].vcpu, &load.vcpus[i].ask.exit);
		snp_ask_done(&load.vcpus[i].ask);
	}
	if (load.updates == 0)
		check_skip(result,
			   "the TCB could not be changed: a lock on the certificate blob was never dropped");
}

/* One exit with room for the blob. `cleans`: as in struct snp_ask. */
static void plain(struct check_vmm *vmm, struct check_result *result, bool cleans,
		  void (*judge)(struct check_vmm *vmm, struct check_vcpu *vcpu, struct snp_ask *ask))
{
	struct check_vcpu *vcpu = check_vcpu(vmm, 0);
	uint64_t area = snp_area(vmm, result);
	struct snp_ask ask;

	if (area == 0 || !vcpu)
		return;
	snp_ask_init(&ask, result, area, SNP_AREA_PAGES);
	ask.cleans = cleans;
	if (snp_ask_make(vmm, vcpu, &ask))
		judge(vmm, vcpu, &ask);
	snp_ask_done(&ask);
}

static void judge_held(struct check_vmm *vmm, struct check_vcpu *vcpu, struct snp_ask *ask)
{
	if (snp_expect_ret(ask, 0, "with certificates") && !ask->locked)
		check_fail(ask->result,
			   "expected a lock of the VMM on '%s' when KVM_RUN completes the exit, found "
			   "none (flock(2) does not count: use F_OFD_SETLK)",
			   snp_blob_path(vmm));
}

static void lock_held(struct check_vmm *vmm, struct check_result *result)
{
	plain(vmm, result, false, judge_held);
}

static void judge_dropped(struct check_vmm *vmm, struct check_vcpu *vcpu, struct snp_ask *ask)
{
	enum { GRACE_MS = 1000 }; /* for a VMM that leaves it to another thread */
	bool was_locked, is_locked;
	uint64_t until;
	int r;

	check_run_guest(vcpu, GRACE_MS * 1000);
	r = session_wait_runs(vcpu, 1, SNP_ANSWER_MS);
	/* Without immediate_exit the VMM does not learn of it until the guest's next exit. */
	was_locked = is_locked = r == 0 && check_blob_locked(vmm);
	until = base_now_ns(base_env_real()) + GRACE_MS * 1000000ull;
	while (is_locked && ask->exit.immediate_exit && !vmm->ended && base_now_ns(base_env_real()) < until) {
		session_turn(vmm);
		is_locked = check_blob_locked(vmm);
	}
	if (r < 0 || vmm->ended)
		check_fail_wait(vmm, ask->result, r);
	else if (is_locked || (was_locked && !ask->exit.immediate_exit))
		check_fail(ask->result,
			   "expected no lock on '%s' once KVM_RUN has completed the exit, found one%s",
			   snp_blob_path(vmm),
			   ask->exit.immediate_exit ? ""
						    : ": the VMM did not set immediate_exit, so that KVM_RUN "
						      "did not come back");
}

static void lock_dropped(struct check_vmm *vmm, struct check_result *result)
{
	plain(vmm, result, false, judge_dropped);
}

static void judge_stale(struct check_vmm *vmm, struct check_vcpu *vcpu, struct snp_ask *ask)
{
	int r = session_wait_runs(vcpu, 4, SNP_ANSWER_MS);

	if (r < 0)
		check_fail_wait(vmm, ask->result, r);
	else if (!snp_is_untouched(vmm, ask->gpa, SNP_AREA_PAGES * SNP_PAGE))
		check_fail(ask->result,
			   "expected that KVM_RUN's EINTR ends the exit; the VMM has served it again, as "
			   "exit_reason still has its number");
}

static void stale_exit(struct check_vmm *vmm, struct check_result *result)
{
	plain(vmm, result, true, judge_stale);
}

static void judge_cleared(struct check_vmm *vmm, struct check_vcpu *vcpu, struct snp_ask *ask)
{
	enum { RUNS = 8 }; /* a kick of its own may set it once or twice */
	int r = 0;

	for (unsigned i = 0; i < RUNS && r == 0; i++) {
		r = session_wait_runs(vcpu, 1, SNP_ANSWER_MS);
		if (r == 0 && !vcpu->run_immediate)
			return;
	}
	if (r < 0) {
		check_fail_wait(vmm, ask->result, r);
		return;
	}
	vcpu->n_immediate = SESSION_MAX_IMMEDIATE; /* no exit of this vCPU can be made any more */
	check_fail(ask->result,
		   "expected immediate_exit 0 after the exit, found 1 in %d calls of KVM_RUN: the guest "
		   "never runs",
		   RUNS);
}

static void immediate_exit_cleared(struct check_vmm *vmm, struct check_result *result)
{
	plain(vmm, result, false, judge_cleared);
}

#define API  "Linux Documentation/virt/kvm/api.rst, KVM_EXIT_SNP_REQ_CERTS"
#define SEV  "Linux Documentation/virt/kvm/x86/amd-memory-encryption.rst, KVM_SEV_SNP_ENABLE_REQ_CERTS"
#define RUN  "Linux Documentation/virt/kvm/api.rst, KVM_RUN"
#define GHCB "GHCB Specification (AMD 56421), SNP Extended Guest Request"
#define ROW(NAME, SAYS, SPEC, FUNCTION)                                                                      \
	{                                                                                                    \
		.name = "snp-" NAME, .tee = RUN_SEV_SNP, .says = SAYS, .spec = SPEC, .run = (FUNCTION)       \
	}
#define LAST(NAME, SAYS, SPEC, FUNCTION)                                                                     \
	{                                                                                                    \
		.name = "snp-" NAME, .tee = RUN_SEV_SNP, .says = SAYS, .spec = SPEC, .run = (FUNCTION),      \
		.last = true                                                                                 \
	}

/* First those without which a vCPU does not run any more, or the VMM ends. */
const struct check check_snp_list[] = {
	ROW("immediate-exit-cleared", "KVM does not clear immediate_exit; the VMM does.", RUN,
	    immediate_exit_cleared),
	ROW("stale-exit", "exit_reason is stale when KVM_RUN has returned an error.", RUN, stale_exit),
	ROW("ret-known", "ret is 0, ENOSPC, EAGAIN or EIO: KVM_RUN fails with EINVAL for anything else.", API,
	    snp_check_ret),
	ROW("lock-held",
	    "The lock on the certificate blob is held until the guest request has reached the firmware.", SEV,
	    lock_held),
	ROW("lock-dropped",
	    "When KVM_RUN returns EINTR for immediate_exit, the request has been made and the lock is "
	    "dropped.",
	    SEV, lock_dropped),
	ROW("certificates-match",
	    "The certificates verify the report, whatever an updater that holds the lock changes.", SEV,
	    certificates_match),
	ROW("lock-before-read", "The lock is taken before the certificate blob is read.", SEV,
	    snp_check_lock_before_read),
	ROW("busy-bounded",
	    "While an updater holds the lock, the VMM waits briefly and then answers EAGAIN; the guest "
	    "retries.",
	    API, snp_check_busy),
	ROW("size-query", "npages 0 asks for the size: ENOSPC, and the number of pages in npages.", API,
	    snp_check_size_query),
	ROW("too-few-pages", "ENOSPC and the number of pages, if the blob needs more than npages.", API,
	    snp_check_too_few),
	ROW("page-count", "A blob of exactly n pages needs n pages; one byte more needs n + 1.", API,
	    snp_check_page_count),
	ROW("exact-pages",
	    "npages that are just enough get the blob; nothing beyond its last page is written.", API,
	    snp_check_exact),
	ROW("huge-npages", "npages is the guest's RBX, unchecked: any 64-bit number.", API, snp_check_huge),
	ROW("unaligned-gpa", "An unaligned gpa causes no write outside the pages that it covers.", API,
	    snp_check_unaligned),
	ROW("hole", "A gpa without memory fails this request with EIO, and nothing else.", API,
	    snp_check_hole),
	ROW("rom", "A gpa in read-only memory gets EIO, and that memory does not change.", API,
	    snp_check_rom),
	ROW("mmio", "A gpa of a device gets EIO.", API, snp_check_mmio),
	ROW("end-of-memory", "A blob that would extend beyond the end of memory gets EIO.", API,
	    snp_check_end),
	ROW("private",
	    "A gpa that has become private gets EIO, and the shared page behind it does not change.", API,
	    snp_check_private),
	ROW("kick", "A signal to the vCPU's thread at any moment is not an error.", RUN, snp_check_kick),
	ROW("two-vcpus", "Completing one vCPU's request does not drop the lock of another's.", SEV,
	    snp_check_two_vcpus),
	ROW("blob-missing", "Without a certificate blob the guest gets an empty table, or EIO.", GHCB,
	    snp_check_blob_missing),
	ROW("blob-empty", "An empty certificate table reaches the guest as one.", GHCB, snp_check_blob_empty),
	ROW("blob-truncated", "A damaged blob gets EIO, an empty table, or exactly its bytes.", GHCB,
	    snp_check_blob_truncated),
	ROW("blob-replaced",
	    "A blob that was replaced while the VMM waited for its lock is no longer served.", SEV,
	    snp_check_blob_replaced),
	ROW("blob-fifo", "A blob that is not a regular file does not block the vCPU.", API,
	    snp_check_blob_fifo),
	ROW("blob-unreadable", "A blob that cannot be read gets EIO or an empty table.", API,
	    snp_check_blob_unreadable),
	LAST("reset", "After a reset, the VM is served as before.", API, snp_check_reset),
	LAST("run-fails",
	     "When KVM_RUN fails with another error, the request has ended too, and the lock is dropped.",
	     SEV, snp_check_run_fails),
	{ .name = NULL },
};
