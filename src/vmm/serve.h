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
 * How libjurat-vmm.so serves each VM. serve.c has the hooks and the loop of a vCPU; serve_snp.c and
 * serve_tdx.c have what differs between SEV-SNP and TDX.
 *
 * No state of an exit outlives the VMM's KVM_RUN in which it was served: no lock, no descriptor, and no
 * answer that KVM has not read. The quotes in flight, which a TD needs between exits, end with the VM.
 */

/* Settings of this process. NULL: they are invalid, and the library serves nothing. */
const struct vmm_settings *serve_settings(void);

struct serve_vm {
	struct vmm_vm *vm;
	atomic_bool vmm_serves_certs; /* the VMM has called KVM_SEV_SNP_ENABLE_REQ_CERTS itself */
	atomic_bool enabled;          /* KVM_SEV_SNP_ENABLE_REQ_CERTS has succeeded */
	atomic_bool has_vcpu, has_irqchip;
	_Atomic uint64_t x2apic_api;    /* flags of KVM_CAP_X2APIC_API that the VMM has enabled */
	atomic_ulong n_certs, n_quotes; /* exits served */

	/* From the VMM's KVM_TDX_CAPABILITIES. */
	_Atomic uint64_t kernel_r11, user_r11, kernel_r12;
	pthread_mutex_t opening; /* of `quotes` */
	_Atomic(struct jurat_tdx_quotes *) quotes;
	pthread_t thread;
	int stop_fd;
	unsigned forks; /* of the process that opened them */
};

/* One SEV-SNP exit, from the lock on the blob until the firmware has received the request. */
struct serve_snp {
	struct jurat_snp_certs *certs;
	struct jurat_snp_request *request;
};
/* Answers in kvm_run. Never fails: the answer is EIO if the exit cannot be served. */
void serve_snp_begin(struct serve_snp *snp, struct vmm_vcpu *vcpu, uint8_t *run);
/* Call after the KVM_RUN that completes the exit. Releases the lock. */
void serve_snp_end(struct serve_snp *snp);
/* Call after KVM_MEMORY_ENCRYPT_OP. */
void serve_snp_launched(struct serve_vm *s, int fd, const struct uapi_kvm_sev_cmd *command, int result);

/* Answers in kvm_run. If it cannot, it keeps the answer that KVM has set, SUBFUNC_UNSUPPORTED. */
void serve_tdx(struct vmm_vcpu *vcpu, uint8_t *run);
/* Opens the VM's quotes before the first exit, in a thread that may start another thread. */
void serve_tdx_prepare(struct serve_vm *s);
void serve_tdx_capabilities(struct serve_vm *s, const struct uapi_kvm_tdx_cmd *command, int result);
void serve_tdx_close(struct serve_vm *s);
void serve_tdx_forked(void);

#endif
