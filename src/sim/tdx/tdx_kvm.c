/* SPDX-License-Identifier: MIT */
#include "sim/tdx/tdx_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "uapi/kvm.h"
#include "uapi/tdx.h"
#include "wire/kvm_run.h"
#include "wire/tdx_uapi.h"

enum {
	KVM_ENOSYS = 1000,
	EXIT_REASON_TDCALL = 77,
	EXPOSED_REGS = 0xfc00,                 /* R10 to R15, which TDVMCALLs expose to the VMM */
	MAP_GPA_CHUNK_BYTES = 2 * 1024 * 1024, /* Source: Linux tdx.c, TDX_MAP_GPA_MAX_LEN */
};

struct sim_td_vcpu {
	struct sim_td *td;
	const struct sim_td_guest_ops *ops;
	void *ctx;
	uint8_t *run;
	struct uapi_tdvmcall regs;
	uint8_t irr[256 / 8];                       /* pending interrupts */
	void (*complete)(struct sim_td_vcpu *vcpu); /* completes the exit in the next KVM_RUN */
};

int sim_td_vcpu_new(struct sim_td *td, const struct sim_td_guest_ops *ops, void *ctx,
		    struct sim_td_vcpu **ret, struct jurat_error *err)
{
	struct sim_td_vcpu *vcpu = calloc(1, sizeof(*vcpu));
	uint8_t *run = aligned_alloc(KVM_PAGE_BYTES, KVM_PAGE_BYTES);

	if (!vcpu || !run) {
		free(vcpu);
		free(run);
		return jurat_fail_memory(err);
	}
	memset(run, 0, KVM_PAGE_BYTES);
	*vcpu = (struct sim_td_vcpu){ .td = td, .ops = ops, .ctx = ctx, .run = run };
	td->n_vcpus++;
	*ret = vcpu;
	return 0;
}

void sim_td_vcpu_free(struct sim_td_vcpu *vcpu)
{
	if (!vcpu)
		return;
	vcpu->td->n_vcpus--;
	free(vcpu->run);
	free(vcpu);
}

void *sim_td_vcpu_run(struct sim_td_vcpu *vcpu)
{
	return vcpu->run;
}

void sim_td_interrupt(struct sim_td_vcpu *vcpu, uint8_t vector)
{
	vcpu->irr[vector / 8] |= (uint8_t)(1u << vector % 8);
}

bool sim_td_interrupt_pending(const struct sim_td_vcpu *vcpu)
{
	return !bytes_all(vcpu->irr, sizeof(vcpu->irr), 0);
}

/* Highest vector first, as in an APIC. */
static void deliver_interrupts(struct sim_td_vcpu *vcpu)
{
	for (unsigned vector = 256; vector-- > 0;) {
		uint8_t bit = (uint8_t)(1u << vector % 8);

		if (!(vcpu->irr[vector / 8] & bit))
			continue;
		vcpu->irr[vector / 8] &= (uint8_t)~bit;
		if (vcpu->ops->interrupt)
			vcpu->ops->interrupt(vcpu->ctx, (uint8_t)vector);
	}
}

/* Exits to the VMM: writes the common part of KVM_EXIT_TDX and the fields of the leaf. Returns 0. */
static int exit_tdx(struct sim_td_vcpu *vcpu, const struct wire_layout *layout, void *from,
		    void (*complete)(struct sim_td_vcpu *vcpu))
{
	uint8_t bytes[KVM_RUN_TDX_UNKNOWN_BYTES];
	size_t begins = KVM_RUN_TDX_flags;

	wire_write(layout, from, bytes);
	memcpy(vcpu->run + begins, bytes + begins,
	       layout->size - begins); /* what is before `begins` is written by the VMM */
	bytes_put_le(vcpu->run + KVM_RUN_exit_reason, UAPI_KVM_EXIT_TDX, 4);
	vcpu->complete = complete;
	return 0;
}

/* Sets R10. Returns 1: the guest continues. */
static int answer(struct sim_td_vcpu *vcpu, uint64_t status)
{
	vcpu->regs.r10 = status;
	return 1;
}

static void complete_simple(struct sim_td_vcpu *vcpu)
{
	vcpu->regs.r10 = bytes_get_le(vcpu->run + KVM_RUN_TDX_ret, 8);
}

static void complete_info(struct sim_td_vcpu *vcpu)
{
	struct kvm_run_tdx_get_tdvmcall_info info;
	uint8_t bytes[KVM_RUN_TDX_GET_TDVMCALL_INFO_BYTES];

	memcpy(bytes, vcpu->run, sizeof(bytes)); /* once: the VMM can change it at any time */
	if (wire_read(&kvm_run_tdx_get_tdvmcall_info_layout, bytes, sizeof(bytes), &info, NULL) < 0)
		return;
	vcpu->regs.r10 = info.ret;
	vcpu->regs.r11 = info.r11;
	vcpu->regs.r12 = info.r12;
	vcpu->regs.r13 = info.r13;
	vcpu->regs.r14 = info.r14;
}

/*
 * Only the shared bit is checked: alignment, size and content are left to the VMM.
 * Spec: Linux tdx_get_quote()
 */
static int get_quote(struct sim_td_vcpu *vcpu)
{
	struct kvm_run_tdx_get_quote quote = {
		.nr = UAPI_TDVMCALL_GET_QUOTE,
		.ret = UAPI_TDVMCALL_SUBFUNC_UNSUPPORTED,
		.gpa = vcpu->regs.r12 & ~vcpu->td->shared_bit,
		.size = vcpu->regs.r13,
	};

	if (!(vcpu->regs.r12 & vcpu->td->shared_bit))
		return answer(vcpu, UAPI_TDVMCALL_INVALID_OPERAND);
	return exit_tdx(vcpu, &kvm_run_tdx_get_quote_layout, &quote, complete_simple);
}

static int setup_event_notify(struct sim_td_vcpu *vcpu)
{
	struct kvm_run_tdx_setup_event_notify setup = {
		.nr = UAPI_TDVMCALL_SETUP_EVENT_NOTIFY_INTERRUPT,
		.ret = UAPI_TDVMCALL_SUBFUNC_UNSUPPORTED,
		.vector = vcpu->regs.r12,
	};

	if (setup.vector < TDX_EVENT_NOTIFY_FIRST_VECTOR || setup.vector > TDX_EVENT_NOTIFY_LAST_VECTOR)
		return answer(vcpu, UAPI_TDVMCALL_INVALID_OPERAND);
	return exit_tdx(vcpu, &kvm_run_tdx_setup_event_notify_layout, &setup, complete_simple);
}

static int get_info(struct sim_td_vcpu *vcpu)
{
	struct kvm_run_tdx_get_tdvmcall_info info = {
		.nr = UAPI_TDVMCALL_GET_TD_VM_CALL_INFO,
		.ret = UAPI_TDVMCALL_SUCCESS,
		.leaf = vcpu->regs.r12,
	};

	if (info.leaf > 1)
		return answer(vcpu, UAPI_TDVMCALL_INVALID_OPERAND);
	if (info.leaf == 1)
		return exit_tdx(vcpu, &kvm_run_tdx_get_tdvmcall_info_layout, &info, complete_info);
	vcpu->regs.r11 = vcpu->regs.r12 = vcpu->regs.r13 = vcpu->regs.r14 = 0; /* only the base leaves */
	return answer(vcpu, UAPI_TDVMCALL_SUCCESS);
}

static int map_gpa_failed(struct sim_td_vcpu *vcpu, uint64_t status, uint64_t gpa)
{
	vcpu->regs.r11 = gpa;
	return answer(vcpu, status);
}

/*
 * KVM exits to the VMM (KVM_HC_MAP_GPA_RANGE) for each chunk, and the VMM changes the memory attributes: here
 * without an exit, as for SNP guests. A pending interrupt ends it between chunks; R11 is then the address to
 * continue at, and is unchanged otherwise. Spec: Linux tdx_map_gpa(), tdx_complete_vmcall_map_gpa().
 */
static int map_gpa(struct sim_td_vcpu *vcpu)
{
	const uint64_t shared_bit = vcpu->td->shared_bit, gpa = vcpu->regs.r12, size = vcpu->regs.r13;
	bool shared = gpa & shared_bit;
	uint64_t last, n;

	if (__builtin_add_overflow(gpa, size - 1, &last) /* also if size is 0 */ || last >= 2 * shared_bit ||
	    shared != !!(last & shared_bit))
		return map_gpa_failed(vcpu, UAPI_TDVMCALL_INVALID_OPERAND, gpa);
	if (gpa % KVM_PAGE_BYTES || size % KVM_PAGE_BYTES)
		return map_gpa_failed(vcpu, UAPI_TDVMCALL_ALIGN_ERROR, gpa);
	for (uint64_t next = gpa; next - gpa < size; next += n) {
		n = size - (next - gpa) < MAP_GPA_CHUNK_BYTES ? size - (next - gpa) : MAP_GPA_CHUNK_BYTES;
		if (next != gpa && sim_td_interrupt_pending(vcpu))
			return map_gpa_failed(vcpu, UAPI_TDVMCALL_RETRY, next);
		if (kvm_memory_set_shared(&vcpu->td->memory, next & ~shared_bit, n / KVM_PAGE_BYTES, shared) <
		    0)
			return map_gpa_failed(vcpu, UAPI_TDVMCALL_INVALID_OPERAND, next);
	}
	return answer(vcpu, UAPI_TDVMCALL_SUCCESS);
}

/* The VMM gets all general registers, by number; those that the guest does not expose are 0. */
static int report_fatal_error(struct sim_td_vcpu *vcpu)
{
	const struct uapi_tdvmcall *regs = &vcpu->regs;
	const uint64_t words[KVM_SYSTEM_EVENT_DATA_BYTES / 8] = {
		[0] = EXIT_REASON_TDCALL, [1] = EXPOSED_REGS, [10] = regs->r10, [11] = regs->r11,
		[12] = regs->r12,         [13] = regs->r13,   [14] = regs->r14, [15] = regs->r15,
	};
	const unsigned n = sizeof(words) / sizeof(words[0]);

	bytes_put_le(vcpu->run + KVM_RUN_exit_reason, UAPI_KVM_EXIT_SYSTEM_EVENT, 4);
	bytes_put_le(vcpu->run + KVM_RUN_SYSTEM_EVENT_type, UAPI_KVM_SYSTEM_EVENT_TDX_FATAL, 4);
	bytes_put_le(vcpu->run + KVM_RUN_SYSTEM_EVENT_ndata, n, 4);
	for (unsigned i = 0; i < n; i++)
		bytes_put_le(vcpu->run + KVM_RUN_SYSTEM_EVENT_data + 8 * i, words[i], 8);
	return 0;
}

static int vmcall(struct sim_td_vcpu *vcpu)
{
	if (vcpu->regs.r10 != 0) /* KVM hypercalls, which are not simulated */
		return answer(vcpu, (uint64_t)-KVM_ENOSYS);
	switch (vcpu->regs.r11) {
	case UAPI_TDVMCALL_GET_QUOTE:
		return get_quote(vcpu);
	case UAPI_TDVMCALL_SETUP_EVENT_NOTIFY_INTERRUPT:
		return setup_event_notify(vcpu);
	case UAPI_TDVMCALL_GET_TD_VM_CALL_INFO:
		return get_info(vcpu);
	case UAPI_TDVMCALL_MAP_GPA:
		return map_gpa(vcpu);
	case UAPI_TDVMCALL_REPORT_FATAL_ERROR:
		return report_fatal_error(vcpu);
	default:
		return answer(vcpu, UAPI_TDVMCALL_SUBFUNC_UNSUPPORTED);
	}
}

int sim_td_run(struct sim_td_vcpu *vcpu)
{
	bool immediate_exit = vcpu->run[KVM_RUN_immediate_exit] != 0;
	void (*complete)(struct sim_td_vcpu * vcpu) = vcpu->complete;

	if (complete) {
		vcpu->complete = NULL;
		complete(vcpu);
	}
	if (immediate_exit) /* exit_reason is unchanged */
		return -EINTR;
	bytes_put_le(vcpu->run + KVM_RUN_exit_reason, UAPI_KVM_EXIT_UNKNOWN, 4);
	do {
		deliver_interrupts(vcpu);
		if (vcpu->ops->enter(vcpu->ctx, &vcpu->regs) == SIM_TD_HALT) {
			bytes_put_le(vcpu->run + KVM_RUN_exit_reason, UAPI_KVM_EXIT_HLT, 4);
			return 0;
		}
	} while (vmcall(vcpu) > 0);
	return 0;
}
