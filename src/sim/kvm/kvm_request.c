/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "sim/kvm/kvm_internal.h"
#include "uapi/kvm.h"

/*
 * GUEST_REQUEST and EXT_GUEST_REQUEST, with the three schemes that were proposed to keep certificates and
 * firmware consistent. Sources: upstream: Linux 7.0 (merged series v7, KVM_EXIT_SNP_REQ_CERTS); v15: "[PATCH
 * v15 19/20] KVM: SEV: Provide support for SNP_EXTENDED_GUEST_REQUEST NAE event"; v14: the same title,
 * "[PATCH v14 22/22]".
 *
 * Common to all: the VMM's response becomes BUSY, INVALID_LEN or an error before the firmware is called; once
 * it was called, the guest gets its response (B5). A plain request never gets INVALID_LEN (B30).
 *
 * These properties of v14 and v15 are reproduced, because they belong to the scheme:
 *   - every extended request exits to the VMM, whatever its message type, and no capability enables this;
 *   - an unaligned RAX gets the generic error, not a GHCB error;
 *   - `ret` is not initialised before the exit: a VMM that does not set it repeats its last response;
 *   - on failures of the host (dead firmware, inaccessible guest pages) the guest gets the generic error,
 *     where upstream fails KVM_RUN; a firmware error is reported together with it: GENERIC << 32 | status;
 *   - firmware works on the guest's own pages, so the response page is unchanged unless it succeeds (no B47).
 *
 * v15 has defects, which SIM_SYNC_V15 has as posted and SIM_SYNC_V15_FIXED has not:
 *   - a firmware error leaves the response page with the firmware (B10): kvm_firmware.c;
 *   - the DONE exit is no more than a return of 0 from the completion. It changes `status` and `flags`, and
 *     is otherwise what the VMM left in kvm_run: exit_reason and type are those of the first exit only if
 *     nobody wrote there. Fixed, it sets them.
 * In both, the KVM_RUN after DONE only enters the guest: as posted the completion callback is not set again
 * (B12), so that its branch for DONE, which would look at `ret` first, is never reached unless the VMM itself
 * writes DONE before the firmware call. Fixed, there is nothing left to complete.
 *
 * Not reproduced: the firmware status beside an early generic error or BUSY is 0 here, where v14 and v15
 * return uninitialised stack (B11), of which no value is more right than another; the references to request
 * and response page that both never release, which is memory of the host, and nobody's behaviour.
 */

static int answer_in_place(struct sim_kvm_vcpu *vcpu)
{
	uint64_t info_2;
	int r = kvm_request_in_place(vcpu, &info_2);

	if (r < 0)
		return r;
	kvm_ghcb_answer(vcpu, info_2);
	return 1;
}

int kvm_guest_request(struct sim_kvm_vcpu *vcpu)
{
	switch (vcpu->vm->host->sync) {
	case SIM_SYNC_V14:
	case SIM_SYNC_V15:
	case SIM_SYNC_V15_FIXED:
		return answer_in_place(vcpu);
	case SIM_SYNC_UPSTREAM:
	case SIM_SYNC_NONE:
		break;
	}
	return kvm_request_bounced(vcpu);
}

static void trace_ran(const struct sim_kvm_vcpu *vcpu, uint64_t ret, const char *name)
{
	bool immediate = vcpu->run[KVM_RUN_immediate_exit] != 0;

	kvm_trace(vcpu->vm->host, KVM_RETURN(KVM_VMM, KVM_SELF, { "ret", ret }), "KVM_RUN, ret = %llu%s%s",
		  (unsigned long long)ret, name, immediate ? ", immediate_exit" : "");
}

static const char *errno_name(uint64_t ret)
{
	return ret == ENOSPC ? " (ENOSPC)" : ret == EAGAIN ? " (EAGAIN)" : ret == EIO ? " (EIO)" : "";
}

static const char *vmm_error_name(uint32_t ret)
{
	return ret == SNP_VMM_INVALID_LEN ? " (INVALID_LEN)" : ret == SNP_VMM_BUSY ? " (BUSY)" : "";
}

/* Spec: Linux 7.0 Documentation/virt/kvm/api.rst, KVM_EXIT_SNP_REQ_CERTS. `ret` is a positive errno. */
static int complete_upstream(struct sim_kvm_vcpu *vcpu)
{
	uint64_t ret = kvm_run_get(vcpu, KVM_RUN_SNP_REQ_CERTS_ret, 8);

	trace_ran(vcpu, ret, errno_name(ret));
	switch (ret) {
	case 0:
		return kvm_request_bounced(vcpu);
	case ENOSPC:
		vcpu->rbx = kvm_run_get(vcpu, KVM_RUN_SNP_REQ_CERTS_npages, 8);
		kvm_ghcb_answer(vcpu, SNP_EXITINFO2(SNP_VMM_INVALID_LEN, 0));
		return 1;
	case EAGAIN:
		kvm_ghcb_answer(vcpu, SNP_EXITINFO2(SNP_VMM_BUSY, 0));
		return 1;
	case EIO:
		kvm_ghcb_answer(vcpu, SNP_EXITINFO2(SNP_VMM_GENERIC, 0));
		return 1;
	default: /* if entered again, the guest reads SW_EXITINFO2 = 0 and an unchanged response page */
		return kvm_fail_run(vcpu, -EINVAL, "unknown value of ret");
	}
}

static int begin_upstream(struct sim_kvm_vcpu *vcpu)
{
	static const uint8_t no_certificates[24];
	struct sim_kvm_vm *vm = vcpu->vm;
	uint8_t type;

	/* The guest can change the type before the page is read again; that affects only itself (B26). */
	if (kvm_memory_read(&vm->memory, KVM_VIEW_SLOT, vcpu->ghcb.info_1 + SNP_MSG_TYPE_OFF, &type, 1) < 0)
		return kvm_fail_run(vcpu, -EIO, "the request page cannot be read");
	if (type != SNP_MSG_REPORT_REQ)
		return kvm_request_bounced(vcpu);
	if (!ghcb_valid(vcpu->ghcb.valid, GHCB_RAX) || !ghcb_valid(vcpu->ghcb.valid, GHCB_RBX) ||
	    vcpu->rax % SNP_PAGE_BYTES) {
		kvm_ghcb_refuse(vcpu, GHCB_ERR_INVALID_INPUT);
		return 1;
	}
	if (!vm->req_certs) {
		if (vcpu->rbx && kvm_memory_write(&vm->memory, KVM_VIEW_SLOT, vcpu->rax, no_certificates,
						  sizeof(no_certificates)) < 0)
			return kvm_fail_run(vcpu, -EIO, "the certificate pages cannot be written");
		return kvm_request_bounced(vcpu);
	}
	kvm_run_put(vcpu, KVM_RUN_exit_reason, 4, UAPI_KVM_EXIT_SNP_REQ_CERTS);
	kvm_run_put(vcpu, KVM_RUN_SNP_REQ_CERTS_gpa, 8, vcpu->rax);
	kvm_run_put(vcpu, KVM_RUN_SNP_REQ_CERTS_npages, 8, vcpu->rbx);
	kvm_run_put(vcpu, KVM_RUN_SNP_REQ_CERTS_ret, 8, 0);
	vcpu->complete = complete_upstream;
	kvm_trace(vm->host, KVM_CALL(KVM_SELF, KVM_VMM, { "gpa", vcpu->rax, true }, { "npages", vcpu->rbx }),
		  "KVM_EXIT_SNP_REQ_CERTS gpa=0x%llx npages=%llu", (unsigned long long)vcpu->rax,
		  (unsigned long long)vcpu->rbx);
	return 0;
}

/* KVM_EXIT_VMGEXIT: v14 and v15 differ only in the type. */
static void exit_vmgexit(struct sim_kvm_vcpu *vcpu, uint32_t type)
{
	kvm_run_put(vcpu, KVM_RUN_exit_reason, 4, UAPI_KVM_EXIT_VMGEXIT);
	kvm_run_put(vcpu, KVM_RUN_VMGEXIT_type, 4, type);
	kvm_run_put(vcpu, KVM_RUN_VMGEXIT_gpa, 8, vcpu->rax);
	kvm_run_put(vcpu, KVM_RUN_VMGEXIT_npages, 8, vcpu->rbx);
}

/* In both, the VMM's `ret` becomes the VMM error code of the guest. */
static uint64_t refused_by_vmm(struct sim_kvm_vcpu *vcpu, uint32_t ret)
{
	if (ret == SNP_VMM_INVALID_LEN)
		vcpu->rbx = kvm_run_get(vcpu, KVM_RUN_VMGEXIT_npages, 8);
	return SNP_EXITINFO2(ret, 0);
}

static int complete_v15(struct sim_kvm_vcpu *vcpu)
{
	uint32_t ret = (uint32_t)kvm_run_get(vcpu, KVM_RUN_VMGEXIT_ret, 4);
	int r = 1;

	trace_ran(vcpu, ret, vmm_error_name(ret));
	if (ret)
		kvm_ghcb_answer(vcpu, refused_by_vmm(vcpu, ret));
	else if (kvm_run_get(vcpu, KVM_RUN_VMGEXIT_status, 1) == KVM_VMGEXIT_DONE)
		return 1; /* the VMM itself wrote DONE: no firmware call, as in the patch */
	else
		r = answer_in_place(vcpu);
	if (r < 0)
		return r;
	if (!(kvm_run_get(vcpu, KVM_RUN_VMGEXIT_flags, 1) & KVM_VMGEXIT_NOTIFY_DONE))
		return 1;
	if (vcpu->vm->host->sync == SIM_SYNC_V15_FIXED) {
		kvm_run_put(vcpu, KVM_RUN_exit_reason, 4, UAPI_KVM_EXIT_VMGEXIT);
		kvm_run_put(vcpu, KVM_RUN_VMGEXIT_type, 4, UAPI_KVM_VMGEXIT_V15_REQ_CERTS);
	}
	kvm_run_put(vcpu, KVM_RUN_VMGEXIT_status, 1, KVM_VMGEXIT_DONE);
	kvm_run_put(vcpu, KVM_RUN_VMGEXIT_flags, 1, 0);
	kvm_trace(vcpu->vm->host, KVM_SAY(KVM_SELF, KVM_VMM), "KVM_EXIT_VMGEXIT REQ_CERTS status=DONE");
	return 0;
}

static int begin_v15(struct sim_kvm_vcpu *vcpu)
{
	if (vcpu->rax % SNP_PAGE_BYTES) {
		kvm_ghcb_answer(vcpu, SNP_EXITINFO2(V15_VMM_GENERIC, 0));
		return 1;
	}
	exit_vmgexit(vcpu, UAPI_KVM_VMGEXIT_V15_REQ_CERTS);
	kvm_run_put(vcpu, KVM_RUN_VMGEXIT_flags, 1, 0);
	kvm_run_put(vcpu, KVM_RUN_VMGEXIT_status, 1, KVM_VMGEXIT_PENDING);
	vcpu->complete = complete_v15;
	kvm_trace(vcpu->vm->host,
		  KVM_CALL(KVM_SELF, KVM_VMM, { "gpa", vcpu->rax, true }, { "npages", vcpu->rbx }),
		  "KVM_EXIT_VMGEXIT REQ_CERTS gpa=0x%llx npages=%llu status=PENDING",
		  (unsigned long long)vcpu->rax, (unsigned long long)vcpu->rbx);
	return 0;
}

static bool is_stale(const struct sim_kvm_vcpu *vcpu)
{
	const struct sim_kvm_host *host = vcpu->vm->host;

	if (host->paused || host->defects & SIM_KVM_PAUSE_ONLY)
		return host->paused;
	return vcpu->transaction != host->transaction;
}

/*
 * BUSY if an update has started, or started and ended, since the exit: the guest retries. The mutex is held
 * from the check over the firmware call, so that no update starts in between, and BUSY never comes after it
 * (B5).
 */
static int request_if_fresh(struct sim_kvm_vcpu *vcpu)
{
	struct sim_kvm_host *host = vcpu->vm->host;
	struct kvm_progress *p = &vcpu->progress;
	bool is_late = host->defects & SIM_KVM_BUSY_LATE, unlocks = host->defects & SIM_KVM_CHECK_UNLOCKED;
	int r = 0;

	if (!kvm_lock(host, &host->pause_mutex))
		return -EINTR;
	p->stale = !is_late && !(host->defects & SIM_KVM_CHECK_EARLY) && is_stale(vcpu);
	if (unlocks && !kvm_unlock(host, &host->pause_mutex))
		return -EINTR;
	if (!p->stale)
		r = kvm_request_in_place(vcpu, &p->info_2);
	if (is_late && r == 0)
		p->stale = is_stale(vcpu);
	if (!unlocks && !kvm_unlock(host, &host->pause_mutex))
		return -EINTR;
	if (r < 0)
		return r;
	kvm_ghcb_answer(vcpu, p->stale ? SNP_EXITINFO2(SNP_VMM_BUSY, 0) : p->info_2);
	return 1;
}

static int complete_v14(struct sim_kvm_vcpu *vcpu)
{
	uint32_t ret = (uint32_t)kvm_run_get(vcpu, KVM_RUN_VMGEXIT_ret, 4);

	trace_ran(vcpu, ret, vmm_error_name(ret));
	if (!ret)
		return request_if_fresh(vcpu);
	kvm_ghcb_answer(vcpu, refused_by_vmm(vcpu, ret));
	return 1;
}

static int begin_v14(struct sim_kvm_vcpu *vcpu)
{
	struct sim_kvm_host *host = vcpu->vm->host;

	if (vcpu->rax % SNP_PAGE_BYTES) {
		kvm_ghcb_answer(vcpu, SNP_EXITINFO2(V15_VMM_GENERIC, 0));
		return 1;
	}
	if (!kvm_step_with(host, &host->pause_mutex, "read transaction"))
		return -EINTR;
	vcpu->transaction = host->transaction;
	if (!(host->defects & SIM_KVM_NO_EARLY_CHECK)) {
		if (!kvm_step_with(host, &host->pause_mutex, "check transaction"))
			return -EINTR;
		if (is_stale(vcpu)) {
			kvm_ghcb_answer(vcpu, SNP_EXITINFO2(SNP_VMM_BUSY, 0));
			return 1;
		}
	}
	exit_vmgexit(vcpu, UAPI_KVM_VMGEXIT_V14_EXT_GUEST_REQ);
	vcpu->complete = complete_v14;
	kvm_trace(vcpu->vm->host,
		  KVM_CALL(KVM_SELF, KVM_VMM, { "gpa", vcpu->rax, true }, { "npages", vcpu->rbx },
			   { "transaction", vcpu->transaction }),
		  "KVM_EXIT_VMGEXIT EXT_GUEST_REQ gpa=0x%llx npages=%llu, transaction %llu",
		  (unsigned long long)vcpu->rax, (unsigned long long)vcpu->rbx,
		  (unsigned long long)vcpu->transaction);
	return 0;
}

int kvm_ext_guest_request(struct sim_kvm_vcpu *vcpu)
{
	switch (vcpu->vm->host->sync) {
	case SIM_SYNC_V14:
		return begin_v14(vcpu);
	case SIM_SYNC_V15:
	case SIM_SYNC_V15_FIXED:
		return begin_v15(vcpu);
	case SIM_SYNC_UPSTREAM:
	case SIM_SYNC_NONE: /* the same kernel; the VMM takes no lock */
		break;
	}
	return begin_upstream(vcpu);
}
