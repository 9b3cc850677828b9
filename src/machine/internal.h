/* SPDX-License-Identifier: MIT */
#ifndef MACHINE_INTERNAL_H
#define MACHINE_INTERNAL_H

#include "host/host.h"
#include "machine/lock_env.h"
#include "machine/machine.h"
#include "machine/vmm.h"

/* Shared by the files of machine/ only. */

struct machine_request {
	struct machine_request *next;
	unsigned vcpu;
	struct sim_sev_request
		*kernel; /* from inside the kernel; NULL: an ioctl, which the next three are of */
	const struct sim_user_memory *user;
	unsigned long number;
	uint64_t arg;
	void (*done)(void *ctx, int result);
	void *ctx;
	struct trace_place place; /* in its step, which ends when it is done */
	/* the steps in which its message is sent and answered, and in which the driver sleeps */
	uint32_t attempt, sleep;
};

struct machine_vcpu {
	struct machine_guest *guest;
	unsigned index;
	struct machine_vmm vmm; /* the thread that runs it */
	uint64_t ghcb_gpa;
	struct trace_place place; /* of the request that it served last */
	struct machine_env {
		struct base_env base;
		struct machine_vcpu *vcpu;
	} env;
};

struct machine_guest {
	struct machine *machine;
	struct machine_guest *next;
	unsigned index, n_vcpus;
	int traced_as; /* its number in the trace; SEQUENCE_NONE: it has none yet */
	struct sim_kvm_vm *vm;
	struct sim_sev_guest *driver;
	struct machine_vcpu *vcpus;
	struct machine_request *queue; /* the first holds the driver's mutex */
	bool started;                  /* the first was passed to the driver */
	bool sent;                     /* its message was sent to the host */
	bool sleeping;
	uint64_t until_ns;
	int dead; /* KVM_RUN failed: the VM is stopped; -errno */
};

struct machine {
	struct machine_options options;
	char *certs_path;
	struct base_env *env;
	struct sim_psp *psp;
	struct sim_pki *pki;
	struct sim_kvm_host *kvm;
	struct jurat_snp_certs *certs;
	struct machine_guest *guests;
	unsigned n_guests;
	uint64_t now_ns;
	struct machine_faults faults;
	struct trace *trace;   /* NULL: none */
	struct lock_env locks; /* what `env` is */
};

/* event.c: a request's step in the trace, from the guest's program to its driver and back. */
void machine_trace_start(struct machine_guest *guest, struct machine_request *request);
void machine_trace_end(struct machine_guest *guest, struct machine_request *request, int result);
/* The driver sends the message. */
void machine_trace_attempt(struct machine_guest *guest, struct machine_request *request);
/* What KVM does. `ctx` is the machine. */
void machine_trace_kvm(void *ctx, const struct sim_kvm_event *event);

/* fault.c: the VMM's answer if a fault wants one; what a fault does to certificates that were copied. */
bool machine_fault_answer(struct machine *m, uint64_t *answer, uint64_t *npages);
void machine_fault_after_copy(struct machine_vcpu *vcpu, uint64_t gpa, uint64_t npages);

enum { MACHINE_SECRETS_GPA = 4096 }; /* address of a guest's secrets page */

/* env.c: this process's own memory, as that of the calling program */
extern const struct sim_user_memory machine_own_memory;
void machine_env_init(struct machine_vcpu *vcpu);

#endif
