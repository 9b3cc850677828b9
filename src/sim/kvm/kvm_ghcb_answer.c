/* SPDX-License-Identifier: MIT */
#include "sim/kvm/kvm_internal.h"

/* The fields that KVM writes to the GHCB. Source: Linux 6.12 arch/x86/kvm/svm/sev.c; GHCB 2.6. */

/* Looked up each time: if the guest makes the page private (B25), KVM and guest see different pages. */
uint8_t *kvm_ghcb_page(struct sim_kvm_vcpu *vcpu)
{
	return kvm_memory_map(&vcpu->vm->memory, vcpu->ghcb_gpa);
}

void kvm_ghcb_put(struct sim_kvm_vcpu *vcpu, unsigned off, uint64_t value)
{
	uint8_t *page = kvm_ghcb_page(vcpu);

	if (page)
		ghcb_put(page, off, value);
}

static const char *reason_name(uint64_t reason)
{
	static const char *const names[] = {
		[GHCB_ERR_NOT_REGISTERED] = "NOT_REGISTERED",
		[GHCB_ERR_INVALID_USAGE] = "INVALID_USAGE",
		[GHCB_ERR_INVALID_SCRATCH_AREA] = "INVALID_SCRATCH_AREA",
		[GHCB_ERR_MISSING_INPUT] = "MISSING_INPUT",
		[GHCB_ERR_INVALID_INPUT] = "INVALID_INPUT",
		[GHCB_ERR_INVALID_EVENT] = "INVALID_EVENT",
	};

	return reason < sizeof(names) / sizeof(names[0]) && names[reason] ? names[reason] : "?";
}

void kvm_ghcb_refuse(struct sim_kvm_vcpu *vcpu, uint64_t reason)
{
	kvm_ghcb_put(vcpu, GHCB_SW_EXIT_INFO_1, GHCB_ERROR);
	kvm_ghcb_put(vcpu, GHCB_SW_EXIT_INFO_2, reason);
	kvm_trace(vcpu->vm->host, KVM_RETURN(KVM_SELF, KVM_GUEST, { "info_1", 2 }, { "info_2", reason }),
		  "info_1 = 2, info_2 = %llu (%s)", (unsigned long long)reason, reason_name(reason));
}

static void trace_answer(const struct sim_kvm_vcpu *vcpu, uint64_t info_2)
{
	const struct sim_kvm_host *host = vcpu->vm->host;
	uint32_t vmm = (uint32_t)(info_2 >> 32), fw = (uint32_t)info_2;
	const char *name = snp_status_name(fw);

	if (vmm == SNP_VMM_INVALID_LEN)
		kvm_trace(host,
			  KVM_RETURN(KVM_SELF, KVM_GUEST, { "info_2", info_2, true },
				     { "required npages", vcpu->rbx }),
			  "info_2 = 0x%llx (INVALID_LEN), RBX = %llu pages", (unsigned long long)info_2,
			  (unsigned long long)vcpu->rbx);
	else if (vmm == SNP_VMM_BUSY)
		kvm_trace(host, KVM_RETURN(KVM_SELF, KVM_GUEST, { "info_2", info_2, true }),
			  "info_2 = 0x%llx (BUSY)", (unsigned long long)info_2);
	else if (vmm != SNP_VMM_OK)
		kvm_trace(host, KVM_RETURN(KVM_SELF, KVM_GUEST, { "info_2", info_2, true }),
			  "info_2 = 0x%llx (VMM error)", (unsigned long long)info_2);
	else if (fw != SNP_SUCCESS)
		kvm_trace(host, KVM_RETURN(KVM_SELF, KVM_GUEST, { "info_2", info_2, true }),
			  "info_2 = 0x%llx (firmware: %s)", (unsigned long long)info_2,
			  name ? name : "unnamed status");
	else
		kvm_trace(host, KVM_RETURN(KVM_SELF, KVM_GUEST, { "info_2", info_2, true }),
			  "info_2 = 0 (success)");
}

void kvm_ghcb_answer(struct sim_kvm_vcpu *vcpu, uint64_t info_2)
{
	kvm_ghcb_put(vcpu, GHCB_SW_EXIT_INFO_2, info_2);
	trace_answer(vcpu, info_2);
}

void kvm_ghcb_unmap(struct sim_kvm_vcpu *vcpu)
{
	if (!vcpu->mapped)
		return;
	vcpu->mapped = false;
	kvm_ghcb_put(vcpu, GHCB_RAX, vcpu->rax);
	kvm_ghcb_put(vcpu, GHCB_RBX, vcpu->rbx);
	kvm_ghcb_put(vcpu, GHCB_RCX, vcpu->rcx);
	kvm_ghcb_put(vcpu, GHCB_RDX, vcpu->rdx);
}
