/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "sim/kvm/kvm_internal.h"
#include "uapi/kvm.h"

/*
 * KVM's handling of the GHCB: copy it once, check it in a fixed order, write the result to the page.
 * Source: Linux arch/x86/kvm/svm/sev.c; GHCB 2.6, 4. The checks are those of the host's release for every
 * scheme; checks() shows how v14 and v15 of the patch series differ.
 */

enum { /* MSR protocol: GHCBInfo, the low 12 bits of the GHCB MSR. Spec: GHCB 2.3.1 */
       MSR_INFO_MASK = 0xfff,
       MSR_SEV_INFO_RESP = 0x001,
       MSR_SEV_INFO_REQ = 0x002,
       MSR_PREF_GPA_REQ = 0x010,
       MSR_PREF_GPA_RESP = 0x011,
       MSR_REG_GPA_REQ = 0x012,
       MSR_REG_GPA_RESP = 0x013,
       MSR_HV_FEATURES_REQ = 0x080,
       MSR_HV_FEATURES_RESP = 0x081,
       MSR_TERM_REQ = 0x100,
};
#define MSR_NO_PREFERRED_GPA UINT64_C(0xfffffffffffff)
#define C_BIT                UINT64_C(51)
#define HV_FEATURES          UINT64_C(3) /* SNP and AP creation, although all vCPUs of a guest are started */

/* The guest requests termination. If the VMM enters it again, it continues. */
static int exit_terminate(struct sim_kvm_vcpu *vcpu, uint64_t ghcb_msr)
{
	kvm_run_put(vcpu, KVM_RUN_exit_reason, 4, UAPI_KVM_EXIT_SYSTEM_EVENT);
	kvm_run_put(vcpu, KVM_RUN_SYSTEM_EVENT_type, 4, UAPI_KVM_SYSTEM_EVENT_SEV_TERM);
	kvm_run_put(vcpu, KVM_RUN_SYSTEM_EVENT_ndata, 4, 1);
	kvm_run_put(vcpu, KVM_RUN_SYSTEM_EVENT_data, 8, ghcb_msr);
	kvm_trace(vcpu->vm->host, KVM_SAY(KVM_SELF, KVM_VMM), "KVM_EXIT_SYSTEM_EVENT SEV_TERM 0x%llx",
		  (unsigned long long)ghcb_msr);
	return 0;
}

static int msr_protocol(struct sim_kvm_vcpu *vcpu, uint64_t msr)
{
	uint64_t value = msr >> 12;

	switch (msr & MSR_INFO_MASK) {
	case MSR_SEV_INFO_REQ: /* GHCB protocol versions 1 to 2 */
		vcpu->ghcb_msr = UINT64_C(2) << 48 | UINT64_C(1) << 32 | C_BIT << 24 | MSR_SEV_INFO_RESP;
		return 1;
	case MSR_PREF_GPA_REQ:
		vcpu->ghcb_msr = MSR_NO_PREFERRED_GPA << 12 | MSR_PREF_GPA_RESP;
		return 1;
	case MSR_REG_GPA_REQ:
		vcpu->registered_gpa = value << 12;
		vcpu->ghcb_msr = value << 12 | MSR_REG_GPA_RESP;
		kvm_trace(vcpu->vm->host, KVM_SAY(KVM_GUEST, KVM_SELF), "registers its GHCB at 0x%llx",
			  (unsigned long long)vcpu->registered_gpa);
		return 1;
	case MSR_HV_FEATURES_REQ:
		vcpu->ghcb_msr = HV_FEATURES << 12 | MSR_HV_FEATURES_RESP;
		return 1;
	case MSR_TERM_REQ:
		return exit_terminate(vcpu, msr);
	default: /* the MSR keeps the request: CPUID, page state change and AP reset hold are not simulated */
		kvm_trace(vcpu->vm->host, KVM_SAY(KVM_GUEST, KVM_SELF), "GHCB MSR 0x%llx: ignored",
			  (unsigned long long)msr);
		return 1;
	}
}

static uint64_t field(const uint8_t *page, const uint8_t *valid, unsigned off)
{
	return ghcb_valid(valid, off) ? ghcb_get(page, off) : 0;
}

/*
 * Copies the GHCB and clears the valid bitmap in the page, so that only fields written by KVM are valid
 * afterwards. RSI, CPL, XCR0 and the scratch area are not copied: no exit handled here reads them.
 * Spec: GHCB 2.6.
 */
static void snapshot(struct sim_kvm_vcpu *vcpu, uint8_t *page)
{
	struct kvm_ghcb_snapshot *s = &vcpu->ghcb;

	memcpy(s->valid, page + GHCB_VALID_BITMAP, sizeof(s->valid));
	vcpu->rax = field(page, s->valid, GHCB_RAX);
	vcpu->rbx = field(page, s->valid, GHCB_RBX);
	vcpu->rcx = field(page, s->valid, GHCB_RCX);
	vcpu->rdx = field(page, s->valid, GHCB_RDX);
	s->exit_code = field(page, s->valid, GHCB_SW_EXIT_CODE);
	s->info_1 = field(page, s->valid, GHCB_SW_EXIT_INFO_1);
	s->info_2 = field(page, s->valid, GHCB_SW_EXIT_INFO_2);
	s->usage = (uint32_t)bytes_get_le(page + GHCB_USAGE_OFF, 4);
	memset(page + GHCB_VALID_BITMAP, 0, GHCB_VALID_BITMAP_BYTES);
}

static bool request_pages_are_good(const struct kvm_ghcb_snapshot *s)
{
	return s->info_1 % SNP_PAGE_BYTES == 0 && s->info_2 % SNP_PAGE_BYTES == 0 && s->info_1 != s->info_2;
}

/* 0, or the reason code for a malformed GHCB. */
static unsigned checks(const struct sim_kvm_vcpu *vcpu)
{
	const struct kvm_ghcb_snapshot *s = &vcpu->ghcb;
	unsigned bad_pages = vcpu->vm->host->kernel->kvm_refuses_pages_as_invalid ? GHCB_ERR_INVALID_INPUT
										  : GHCB_ERR_MISSING_INPUT;

	if (s->usage != GHCB_USAGE_STANDARD)
		return GHCB_ERR_INVALID_USAGE;
	if (!ghcb_valid(s->valid, GHCB_SW_EXIT_CODE) || !ghcb_valid(s->valid, GHCB_SW_EXIT_INFO_1) ||
	    !ghcb_valid(s->valid, GHCB_SW_EXIT_INFO_2))
		return GHCB_ERR_MISSING_INPUT;
	switch (s->exit_code) {
	case GHCB_EXIT_HV_FEATURES:
	case GHCB_EXIT_TERM_REQUEST:
		return 0;
	case GHCB_EXIT_EXT_GUEST_REQUEST:
		/* v15 checks this here; upstream for report requests only (as INVALID_INPUT); v14 never. */
		if (kvm_is_v15(vcpu->vm->host) &&
		    (!ghcb_valid(s->valid, GHCB_RAX) || !ghcb_valid(s->valid, GHCB_RBX)))
			return GHCB_ERR_MISSING_INPUT;
		return request_pages_are_good(s) ? 0 : bad_pages;
	case GHCB_EXIT_GUEST_REQUEST:
		return request_pages_are_good(s) ? 0 : bad_pages;
	default:
		return GHCB_ERR_INVALID_EVENT;
	}
}

static void trace_vmgexit(const struct sim_kvm_vcpu *vcpu)
{
	const struct sim_kvm_host *host = vcpu->vm->host;
	const struct kvm_ghcb_snapshot *s = &vcpu->ghcb;
	unsigned long long info_1 = s->info_1, info_2 = s->info_2;

	if (s->exit_code == GHCB_EXIT_EXT_GUEST_REQUEST)
		kvm_trace(host,
			  KVM_CALL(KVM_GUEST, KVM_SELF, { "exit code", s->exit_code, true },
				   { "request gpa", info_1, true }, { "response gpa", info_2, true },
				   { "gpa", vcpu->rax, true }, { "npages", vcpu->rbx }),
			  "VMGEXIT EXT_GUEST_REQUEST, req 0x%llx, rsp 0x%llx, certs 0x%llx x%llu", info_1,
			  info_2, (unsigned long long)vcpu->rax, (unsigned long long)vcpu->rbx);
	else if (s->exit_code == GHCB_EXIT_GUEST_REQUEST)
		kvm_trace(host,
			  KVM_CALL(KVM_GUEST, KVM_SELF, { "exit code", s->exit_code, true },
				   { "request gpa", info_1, true }, { "response gpa", info_2, true }),
			  "VMGEXIT GUEST_REQUEST, req 0x%llx, rsp 0x%llx", info_1, info_2);
	else
		kvm_trace(host, KVM_CALL(KVM_GUEST, KVM_SELF, { "exit code", s->exit_code, true }),
			  "VMGEXIT 0x%llx", (unsigned long long)s->exit_code);
}

static int not_registered(struct sim_kvm_vcpu *vcpu)
{
	if (vcpu->vm->host->kernel->kvm_answers_unregistered_ghcb) {
		kvm_ghcb_refuse(vcpu, GHCB_ERR_NOT_REGISTERED);
		return 1;
	}
	kvm_trace(vcpu->vm->host, KVM_SAY(KVM_SELF, KVM_VMM),
		  "KVM_RUN: -EINVAL, the GHCB is not the registered one");
	return -EINVAL;
}

/* In KVM's order. Spec: Linux sev_handle_vmgexit() */
int kvm_vmgexit(struct sim_kvm_vcpu *vcpu)
{
	uint64_t msr = vcpu->ghcb_msr;
	uint8_t *page;
	unsigned reason;

	if (msr & MSR_INFO_MASK)
		return msr_protocol(vcpu, msr);
	page = msr ? kvm_memory_map(&vcpu->vm->memory, msr) : NULL;
	if (!page) {
		kvm_trace(vcpu->vm->host, KVM_SAY(KVM_GUEST, KVM_SELF),
			  "VMGEXIT with no GHCB at 0x%llx: ignored", (unsigned long long)msr);
		return 1;
	}
	vcpu->ghcb_gpa = msr;
	vcpu->mapped = true;
	vcpu->transaction = 0;
	vcpu->progress = (struct kvm_progress){ 0 };
	snapshot(vcpu, page);
	trace_vmgexit(vcpu);
	if (vcpu->ghcb_gpa != vcpu->registered_gpa)
		return not_registered(vcpu);
	reason = checks(vcpu);
	if (reason) {
		kvm_ghcb_refuse(vcpu, reason);
		return 1;
	}
	kvm_ghcb_put(vcpu, GHCB_SW_EXIT_INFO_1, 0);
	kvm_ghcb_put(vcpu, GHCB_SW_EXIT_INFO_2, 0);
	switch (vcpu->ghcb.exit_code) {
	case GHCB_EXIT_GUEST_REQUEST:
		return kvm_guest_request(vcpu);
	case GHCB_EXIT_EXT_GUEST_REQUEST:
		return kvm_ext_guest_request(vcpu);
	case GHCB_EXIT_TERM_REQUEST:
		return exit_terminate(vcpu, msr);
	default: /* HV_FEATURES */
		kvm_ghcb_put(vcpu, GHCB_SW_EXIT_INFO_2, HV_FEATURES);
		kvm_trace(vcpu->vm->host, KVM_RETURN(KVM_SELF, KVM_GUEST, { "info_2", HV_FEATURES, true }),
			  "info_2 = 0x%llx (features: SNP, AP creation)", (unsigned long long)HV_FEATURES);
		return 1;
	}
}
