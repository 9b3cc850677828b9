/* SPDX-License-Identifier: MIT */
#include "sim/kvm/kvm.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "sim/kvm/kvm_internal.h"
#include "uapi/kvm.h"

bool sim_sync_find(const char *name, enum sim_sync *ret)
{
	static const char *const names[] = {
		[SIM_SYNC_UPSTREAM] = "upstream",   [SIM_SYNC_V15] = "v15",
		[SIM_SYNC_V15_FIXED] = "v15-fixed", [SIM_SYNC_V14] = "v14",
		[SIM_SYNC_NONE] = "none",
	};

	for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(name, names[i])) {
			*ret = (enum sim_sync)i;
			return true;
		}
	return false;
}

int sim_kvm_host_new(struct sim_psp *psp, enum sim_sync sync, const struct sim_linux *kernel,
		     struct sim_kvm_host **ret, struct jurat_error *err)
{
	struct sim_kvm_host *host;

	switch (sync) {
	case SIM_SYNC_UPSTREAM:
	case SIM_SYNC_V15:
	case SIM_SYNC_V15_FIXED:
	case SIM_SYNC_V14:
	case SIM_SYNC_NONE:
		break;
	default:
		return jurat_fail(err, -EINVAL, "unknown synchronisation scheme %d", (int)sync);
	}
	host = calloc(1, sizeof(*host));
	if (!host)
		return jurat_fail_memory(err);
	host->psp = psp;
	host->sync = sync;
	host->kernel = sim_linux_or_newest(kernel);
	*ret = host;
	return 0;
}

void sim_kvm_host_free(struct sim_kvm_host *host)
{
	assert(!host || host->n_vms == 0);
	free(host);
}

/*
 * Returns the next transaction ID, which takes effect when the update ends. Source: v14 of the KVM series,
 * snp_pause_attestation().
 */
int sim_kvm_pause_attestation(struct sim_kvm_host *host, uint64_t *ret_transaction)
{
	if (host->sync != SIM_SYNC_V14)
		return -EINVAL;
	if (!kvm_step_with(host, &host->pause_mutex, "pause attestation"))
		return -EINTR;
	if (host->paused)
		return -EBUSY;
	host->paused = true;
	*ret_transaction = host->transaction + 1;
	kvm_trace(host, KVM_SAY("host tool", KVM_SELF, { "transaction", *ret_transaction }),
		  "SNP_PAUSE_ATTESTATION, transaction %llu", (unsigned long long)*ret_transaction);
	return 0;
}

int sim_kvm_resume_attestation(struct sim_kvm_host *host, uint64_t *ret_transaction)
{
	if (host->sync != SIM_SYNC_V14)
		return -EINVAL;
	if (!kvm_step_with(host, &host->pause_mutex, "resume attestation"))
		return -EINTR;
	host->paused = false;
	*ret_transaction = ++host->transaction;
	kvm_trace(host, KVM_SAY("host tool", KVM_SELF, { "transaction", *ret_transaction }),
		  "SNP_RESUME_ATTESTATION, transaction %llu", (unsigned long long)*ret_transaction);
	return 0;
}

bool sim_kvm_is_paused(const struct sim_kvm_host *host)
{
	return host->paused;
}

int sim_kvm_vm_new(struct sim_kvm_host *host, const struct sim_launch *launch, uint64_t memory_pages,
		   struct sim_kvm_vm **ret, uint8_t ret_secrets[SNP_PAGE_BYTES], struct jurat_error *err)
{
	auto_free struct sim_kvm_vm *vm = NULL;
	int r;

	if (memory_pages == 0 || memory_pages > KVM_MEMORY_MAX_PAGES)
		return jurat_fail(err, -EINVAL, "a guest cannot have %llu pages",
				  (unsigned long long)memory_pages);
	vm = calloc(1, sizeof(*vm));
	if (!vm)
		return jurat_fail_memory(err);
	vm->host = host;
	kvm_memory_init(&vm->memory, memory_pages);
	r = sim_psp_launch(host->psp, launch, &vm->psp_guest, ret_secrets, err);
	if (r < 0)
		return r;
	host->n_vms++;
	*ret = take_ptr(vm);
	return 0;
}

void sim_kvm_vm_free(struct sim_kvm_vm *vm)
{
	if (!vm)
		return;
	assert(vm->n_vcpus == 0);
	sim_psp_decommission(vm->host->psp, vm->psp_guest);
	vm->host->n_vms--;
	kvm_memory_done(&vm->memory);
	free(vm);
}

int sim_kvm_enable_req_certs(struct sim_kvm_vm *vm)
{
	if (vm->n_vcpus > 0)
		return -EINVAL;
	vm->req_certs = true;
	return 0;
}

uint32_t sim_kvm_vm_psp_guest(const struct sim_kvm_vm *vm)
{
	return vm->psp_guest;
}

int sim_kvm_set_shared(struct sim_kvm_vm *vm, uint64_t gpa, uint64_t npages, bool shared)
{
	return kvm_memory_set_shared(&vm->memory, gpa, npages, shared);
}

int sim_kvm_guest_read(struct sim_kvm_vm *vm, uint64_t gpa, void *to, size_t n)
{
	return kvm_memory_read(&vm->memory, KVM_VIEW_GUEST, gpa, to, n);
}

int sim_kvm_guest_write(struct sim_kvm_vm *vm, uint64_t gpa, const void *from, size_t n)
{
	return kvm_memory_write(&vm->memory, KVM_VIEW_GUEST, gpa, from, n);
}

int sim_kvm_host_read(struct sim_kvm_vm *vm, uint64_t gpa, void *to, size_t n)
{
	return kvm_memory_read(&vm->memory, KVM_VIEW_HOST, gpa, to, n);
}

int sim_kvm_host_write(struct sim_kvm_vm *vm, uint64_t gpa, const void *from, size_t n)
{
	return kvm_memory_write(&vm->memory, KVM_VIEW_HOST, gpa, from, n);
}

int sim_kvm_vcpu_new(struct sim_kvm_vm *vm, const struct sim_kvm_guest_ops *ops, void *ctx,
		     struct sim_kvm_vcpu **ret, struct jurat_error *err)
{
	struct sim_kvm_vcpu *vcpu = calloc(1, sizeof(*vcpu));
	uint8_t *run = aligned_alloc(KVM_PAGE_BYTES, KVM_PAGE_BYTES);

	if (!vcpu || !run) {
		free(vcpu);
		free(run);
		return jurat_fail_memory(err);
	}
	memset(run, 0, KVM_PAGE_BYTES);
	*vcpu = (struct sim_kvm_vcpu){ .vm = vm, .ops = ops, .ctx = ctx, .run = run };
	vm->n_vcpus++;
	*ret = vcpu;
	return 0;
}

void sim_kvm_vcpu_free(struct sim_kvm_vcpu *vcpu)
{
	if (!vcpu)
		return;
	vcpu->vm->n_vcpus--;
	free(vcpu->run);
	free(vcpu);
}

int sim_kvm_register_ghcb(struct sim_kvm_vcpu *vcpu, uint64_t gpa)
{
	if (gpa % KVM_PAGE_BYTES)
		return -EINVAL;
	vcpu->registered_gpa = gpa;
	return 0;
}

void *sim_kvm_vcpu_run(struct sim_kvm_vcpu *vcpu)
{
	return vcpu->run;
}

void sim_kvm_vcpu_set_uninitialized(struct sim_kvm_vcpu *vcpu, bool uninitialized)
{
	vcpu->uninitialized = uninitialized;
}

/* Runs the guest until there is an exit for the VMM. */
static int run_guest(struct sim_kvm_vcpu *vcpu)
{
	int r;

	kvm_run_put(vcpu, KVM_RUN_exit_reason, 4, UAPI_KVM_EXIT_UNKNOWN);
	do {
		kvm_ghcb_unmap(vcpu);
		if (vcpu->ops->enter(vcpu->ctx, &vcpu->ghcb_msr) == SIM_GUEST_HALT) {
			kvm_run_put(vcpu, KVM_RUN_exit_reason, 4, UAPI_KVM_EXIT_HLT);
			return 0;
		}
		r = kvm_vmgexit(vcpu);
	} while (r > 0);
	return r;
}

static int complete_and_run(struct sim_kvm_vcpu *vcpu)
{
	int (*complete)(struct sim_kvm_vcpu * vcpu) = vcpu->complete;
	int r;

	/* Without immediate_exit, KVM blocks until the vCPU is started, and then returns -EAGAIN. */
	if (vcpu->uninitialized)
		return vcpu->wants_exit ? -EINTR : -EAGAIN;
	if (vcpu->wants_exit && vcpu->vm->host->defects & SIM_KVM_EINTR_FIRST)
		return -EINTR;
	if (complete) {
		vcpu->complete = NULL;
		r = complete(vcpu);
		if (r <= 0)
			return r;
	}
	if (vcpu->wants_exit) { /* exit_reason is unchanged (B27) */
		kvm_trace(vcpu->vm->host, KVM_SAY(KVM_SELF, KVM_VMM), "KVM_RUN: -EINTR, %s",
			  complete ? "the request is finished" : "nothing was pending");
		return -EINTR;
	}
	return run_guest(vcpu);
}

/*
 * Completion, then immediate_exit, then the guest: the VMM's lock relies on this order (B28). immediate_exit
 * is read once. Spec: Linux kvm_vcpu_ioctl(), kvm_arch_vcpu_ioctl_run()
 */
int sim_kvm_run(struct sim_kvm_vcpu *vcpu)
{
	int r;

	vcpu->in_run = true;
	vcpu->wants_exit = vcpu->run[KVM_RUN_immediate_exit] != 0;
	r = complete_and_run(vcpu);
	vcpu->in_run = vcpu->wants_exit = false;
	return r;
}

void sim_kvm_inject(struct sim_kvm_host *host, enum sim_kvm_fault fault, unsigned k, uint32_t fw_status)
{
	bool none = k == 0 || (fault == SIM_KVM_FAULT_FW_STATUS && fw_status == SNP_SUCCESS);

	host->fault = none ? SIM_KVM_FAULT_NONE : fault;
	host->fault_in = k;
	host->fault_status = fw_status;
}

void sim_kvm_set_trace(struct sim_kvm_host *host, const struct sim_kvm_trace *trace)
{
	host->trace = trace ? *trace : (struct sim_kvm_trace){ 0 };
}
