/* SPDX-License-Identifier: MIT */
#ifndef VMM_SERVE_H
#define VMM_SERVE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "jurat/host.h"
#include "uapi/kvm.h"
#include "vmm/settings.h"
#include "vmm/vmm.h"

/*
 * libjurat-vmm.so: what it does with each VM. serve.c has the hooks and the vCPU's loop, serve_snp.c and
 * serve_tdx.c what differs between SEV-SNP and TDX.
 *
 * Nothing of an exit outlives the VMM's KVM_RUN in which it was served: neither a lock nor a descriptor nor
 * an answer that KVM has not taken. What a TD needs between exits, its quotes in flight, ends with the VM.
 */

/* Settings of this process; NULL: they are invalid, and nothing is served. */
const struct vmm_settings *serve_settings(void);

struct serve_vm {
	struct vmm_vm *vm;
	atomic_bool vmm_serves_certs; /* the VMM has called KVM_SEV_SNP_ENABLE_REQ_CERTS itself */
	atomic_bool enabled;          /* KVM_SEV_SNP_ENABLE_REQ_CERTS has succeeded */
	atomic_bool has_vcpu, has_irqchip;
	_Atomic uint64_t x2apic_api;    /* what the VMM has enabled of KVM_CAP_X2APIC_API */
	atomic_ulong n_certs, n_quotes; /* exits served */

	/* From the VMM's KVM_TDX_CAPABILITIES. */
	_Atomic uint64_t kernel_r11, user_r11, kernel_r12;
	pthread_mutex_t opening; /* of `quotes` */
	_Atomic(struct jurat_tdx_quotes *) quotes;
	pthread_t thread;
	int stop_fd;
	unsigned forks; /* of the process that opened them */
};

/* One exit of SEV-SNP: from the lock on the blob until the firmware has been called. */
struct serve_snp {
	struct jurat_snp_certs *certs;
	struct jurat_snp_request *request;
};
/* Answers in kvm_run. Never fails: what cannot be served is answered with EIO. */
void serve_snp_begin(struct serve_snp *snp, struct vmm_vcpu *vcpu, uint8_t *run);
/* After the KVM_RUN that completes it: drops the lock. */
void serve_snp_end(struct serve_snp *snp);
/* After KVM_MEMORY_ENCRYPT_OP. */
void serve_snp_launched(struct serve_vm *s, int fd, const struct uapi_kvm_sev_cmd *command, int result);

/* Answers in kvm_run, or leaves KVM's own answer, "not supported", where it cannot. */
void serve_tdx(struct vmm_vcpu *vcpu, uint8_t *run);
/* Opens the VM's quotes early, in a thread that may start another. */
void serve_tdx_prepare(struct serve_vm *s);
void serve_tdx_capabilities(struct serve_vm *s, const struct uapi_kvm_tdx_cmd *command, int result);
void serve_tdx_close(struct serve_vm *s);
void serve_tdx_forked(void);

#endif
