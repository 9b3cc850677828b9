/* SPDX-License-Identifier: MIT */
#ifndef MACHINE_VMM_H
#define MACHINE_VMM_H

#include "host/host.h"
#include "machine/trace.h"
#include "sim/guest/sev_guest.h"
#include "sim/kvm/kvm.h"

/*
 * The thread of a VMM that runs one vCPU, one KVM_RUN at a time. In the upstream scheme, it only makes the
 * two calls of libjurat-host. The older schemes have other exits, which the same library serves.
 */
struct machine_vmm_hooks { /* NULL functions: nothing */
	/* What it does at the store, for explorers. */
	void (*say)(void *ctx, const char *from, const char *to, const char *text);
	/* True: a simulated fault of the VMM gives this answer instead of the library. */
	bool (*answer)(void *ctx, uint64_t *answer, uint64_t *npages);
	/* Certificates were copied to the guest's pages, and the lock is held. */
	void (*copied)(void *ctx, uint64_t gpa, uint64_t npages);
};

struct machine_vmm {
	enum sim_sync sync;
	struct sim_kvm_vm *vm;
	struct sim_kvm_vcpu *vcpu;
	struct jurat_snp_request *certs; /* its lock and state */
	const struct machine_vmm_hooks *hooks;
	void *ctx;           /* of hooks */
	struct trace *trace; /* NULL: none */
	bool owes_run;       /* out: an exit was handled, and KVM_RUN must be called again */
	int ran;             /* out: what the last KVM_RUN returned */
};

/* Calls KVM_RUN once and handles its exit. 0; -errno: the VM cannot continue. */
JURAT_MUST_CHECK int machine_vmm_run(struct machine_vmm *vmm);
/* The memory of this VM as its guest's driver accesses it; the VM is borrowed. */
struct sim_guest_memory machine_guest_memory(struct sim_kvm_vm *vm);

#endif
