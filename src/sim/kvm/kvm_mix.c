/* SPDX-License-Identifier: MIT */
#include "sim/kvm/kvm_internal.h"

/*
 * Digests for explorers. What the next request replaces before it reads it is left out, so that more states
 * are equal: the bounce page of requests outside of a request, registers and GHCB fields outside of a
 * VMGEXIT.
 */

enum { RUN_BYTES = 32 + 256 }; /* header and exit of struct kvm_run: the rest stays zero */

void sim_kvm_host_mix(const struct sim_kvm_host *host, struct base_mix *to)
{
	base_mix_u64(to, host->transaction);
	base_mix_u64(to,
		     (uint64_t)host->paused << 2 | (uint64_t)host->pause_mutex.locked << 1 | host->psp_dead);
	base_mix_u64(to, host->fault);
	if (host->fault == SIM_KVM_FAULT_NONE)
		return;
	base_mix_u64(to, host->fault_in);
	base_mix_u64(to, host->fault_status);
}

void sim_kvm_vm_mix(struct sim_kvm_vm *vm, struct base_mix *to)
{
	base_mix_u64(to, vm->psp_guest);
	base_mix_u64(to, (uint64_t)vm->n_bouncing << 1 | vm->mutex.locked);
	kvm_memory_mix(&vm->memory, to);
	if (!vm->response_known) {
		vm->response_mix = (struct base_mix){ 0 };
		base_mix_bytes(&vm->response_mix, vm->response, SNP_PAGE_BYTES);
		vm->response_known = true;
	}
	base_mix_u64(to, vm->response_mix.a);
	base_mix_u64(to, vm->response_mix.b);
	if (vm->n_bouncing > 0)
		base_mix_bytes(to, vm->request, SNP_PAGE_BYTES);
}

static void mix_vmgexit(const struct sim_kvm_vcpu *vcpu, struct base_mix *to)
{
	const struct kvm_ghcb_snapshot *s = &vcpu->ghcb;
	const struct kvm_progress *p = &vcpu->progress;

	base_mix_u64(to, vcpu->ghcb_gpa);
	base_mix_bytes(to, s->valid, sizeof(s->valid));
	base_mix_u64(to, s->exit_code);
	base_mix_u64(to, s->info_1);
	base_mix_u64(to, s->info_2);
	base_mix_u64(to, s->usage);
	base_mix_u64(to, vcpu->rax);
	base_mix_u64(to, vcpu->rbx);
	base_mix_u64(to, vcpu->rcx);
	base_mix_u64(to, vcpu->rdx);
	base_mix_u64(to, vcpu->transaction);
	base_mix_u64(to, (uint64_t)(uint32_t)p->result << 32 | p->status);
	base_mix_u64(to, p->stale);
	base_mix_u64(to, p->info_2);
}

void sim_kvm_vcpu_mix(const struct sim_kvm_vcpu *vcpu, struct base_mix *to)
{
	base_mix_u64(to, vcpu->ghcb_msr);
	base_mix_u64(to, vcpu->registered_gpa);
	base_mix_u64(to, (uint64_t)vcpu->wants_exit << 4 | (uint64_t)vcpu->in_run << 3 |
				 (uint64_t)vcpu->mapped << 2 | (uint64_t)vcpu->uninitialized << 1 |
				 (vcpu->complete != NULL));
	base_mix_bytes(to, vcpu->run, RUN_BYTES);
	if (vcpu->mapped)
		mix_vmgexit(vcpu, to);
}

bool sim_kvm_vm_lost_pages(const struct sim_kvm_vm *vm)
{
	return vm->memory.n_lost > 0;
}
