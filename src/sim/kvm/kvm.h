/* SPDX-License-Identifier: MIT */
#ifndef SIM_KVM_H
#define SIM_KVM_H

#include "base/env.h"
#include "base/error.h"
#include "base/mix.h"
#include "sim/linux/linux.h"
#include "sim/psp/psp.h"
#include "wire/ghcb.h"
#include "wire/kvm_run.h"

/*
 * Simulates KVM's handling of a guest request: the GHCB checks, the exit to the VMM, the completion on the
 * next KVM_RUN and the firmware call, with the real `struct kvm_run` layout. The VMM above it is host/ and
 * machine/, the firmware below it sim/psp, and the guest a `struct sim_kvm_guest_ops`.
 *
 * Memory: guest pages are sparse and allocated when first written, so that ten thousand VMs fit in a process.
 * Threads   one thread per VM and the PSP below it. Nothing waits: a guest with nothing to do is
 *           KVM_EXIT_HLT.
 * Order     free vCPUs before their VM, VMs before their host, the host before its PSP
 */
enum sim_sync {
	SIM_SYNC_UPSTREAM,  /* KVM_EXIT_SNP_REQ_CERTS, immediate_exit (Linux 7.0) */
	SIM_SYNC_V15,       /* KVM_EXIT_VMGEXIT type 1, NOTIFY_DONE exit: as posted, with its defects */
	SIM_SYNC_V15_FIXED, /* the same, as intended: kvm_request.c lists the differences */
	SIM_SYNC_V14,       /* KVM_EXIT_VMGEXIT type 3, transaction id and pause/resume in the kernel */
	/*
	 * As upstream, but the VMM takes no lock, so that certificates and firmware may disagree: shows why
	 * the lock is needed.
	 */
	SIM_SYNC_NONE,
};
/* Finds a scheme by its name: "upstream", "v15", "v15-fixed", "v14", "none". False: unknown. */
bool sim_sync_find(const char *name, enum sim_sync *ret);

struct sim_kvm_host; /* what all VMs of a machine share: firmware, transaction id */
struct sim_kvm_vm;
struct sim_kvm_vcpu;

/* psp is borrowed; kernel: Linux release of the KVM, NULL: the newest. 0; -EINVAL no such scheme; -ENOMEM. */
JURAT_MUST_CHECK int sim_kvm_host_new(struct sim_psp *psp, enum sim_sync sync, const struct sim_linux *kernel,
				      struct sim_kvm_host **ret, struct jurat_error *err);
void sim_kvm_host_free(struct sim_kvm_host *host);
/*
 * v14's SNP_PAUSE_ATTESTATION / SNP_RESUME_ATTESTATION. Pausing returns the transaction id that resuming will
 * set; resuming always succeeds. -EBUSY when already paused; -EINVAL under other schemes, which have no such
 * commands; -EINTR the thread has ended (sim_kvm_set_steps).
 */
int sim_kvm_pause_attestation(struct sim_kvm_host *host, uint64_t *ret_transaction);
int sim_kvm_resume_attestation(struct sim_kvm_host *host, uint64_t *ret_transaction);
bool sim_kvm_is_paused(const struct sim_kvm_host *host);

/*
 * A launched SNP guest of `memory_pages` guest pages, all private until sim_kvm_set_shared().
 * -EINVAL no pages, more than 52 address bits, or a policy that cannot run here; -ENOMEM.
 *
 * enable_req_certs is KVM_SEV_SNP_ENABLE_REQ_CERTS: it must come before the first vCPU (-EINVAL later). v14
 * and v15 had no such command: there every extended request goes to the VMM, and this changes nothing.
 */
JURAT_MUST_CHECK int sim_kvm_vm_new(struct sim_kvm_host *host, const struct sim_launch *launch,
				    uint64_t memory_pages, struct sim_kvm_vm **ret,
				    uint8_t ret_secrets[SNP_PAGE_BYTES], struct jurat_error *err);
void sim_kvm_vm_free(struct sim_kvm_vm *vm);
int sim_kvm_enable_req_certs(struct sim_kvm_vm *vm);
uint32_t sim_kvm_vm_psp_guest(const struct sim_kvm_vm *vm);

/*
 * Page state change: only shared pages are accessible to VMM and KVM. A page that changes its state is
 * zeroed. -EFAULT not RAM; -EINVAL gpa not page-aligned; -ENOMEM. All or nothing.
 */
int sim_kvm_set_shared(struct sim_kvm_vm *vm, uint64_t gpa, uint64_t npages, bool shared);
/* The guest's own view of its memory: private and shared pages alike. -EFAULT outside RAM. All or nothing. */
int sim_kvm_guest_read(struct sim_kvm_vm *vm, uint64_t gpa, void *to, size_t n);
int sim_kvm_guest_write(struct sim_kvm_vm *vm, uint64_t gpa, const void *from, size_t n);
/* The VMM's view: shared pages only. -EFAULT private, unmapped or wrapping. All or nothing. */
int sim_kvm_host_read(struct sim_kvm_vm *vm, uint64_t gpa, void *to, size_t n);
int sim_kvm_host_write(struct sim_kvm_vm *vm, uint64_t gpa, const void *from, size_t n);

/* What the guest does when its vCPU is entered. */
enum sim_guest_wants {
	SIM_GUEST_VMGEXIT, /* *ret_ghcb_gpa is the MSR's value: a request is in the GHCB page */
	SIM_GUEST_HALT,    /* nothing to do: KVM_EXIT_HLT */
};
struct sim_kvm_guest_ops {
	/*
	 * Runs the guest until it wants something. After a VMGEXIT was answered it is called again, so
	 * KVM_RUN lasts until the guest halts or a VMGEXIT needs the VMM. *ret_ghcb_gpa keeps its value in
	 * between, and with low bits set is a request of the MSR protocol that KVM answers in the same
	 * place (SEV_INFO, preferred and registered GHCB address, hypervisor features), or that ends
	 * KVM_RUN with KVM_EXIT_SYSTEM_EVENT (termination). What is neither leaves it as it is.
	 */
	enum sim_guest_wants (*enter)(void *ctx, uint64_t *ret_ghcb_gpa);
};

/* ops and ctx are borrowed for the vCPU's life. */
JURAT_MUST_CHECK int sim_kvm_vcpu_new(struct sim_kvm_vm *vm, const struct sim_kvm_guest_ops *ops, void *ctx,
				      struct sim_kvm_vcpu **ret, struct jurat_error *err);
void sim_kvm_vcpu_free(struct sim_kvm_vcpu *vcpu);
/* Registers the GHCB page (MSR protocol 0x012), as an SNP guest must. -EINVAL not page-aligned. */
int sim_kvm_register_ghcb(struct sim_kvm_vcpu *vcpu, uint64_t gpa);
/* The vCPU's `struct kvm_run`, one page, as mmap(2) of a vCPU gives it. Lives as long as the vCPU. */
void *sim_kvm_vcpu_run(struct sim_kvm_vcpu *vcpu);
/* mp_state: an UNINITIALIZED vCPU answers immediate_exit before any completion (see KVM's API, KVM_RUN). */
void sim_kvm_vcpu_set_uninitialized(struct sim_kvm_vcpu *vcpu, bool uninitialized);

/*
 * ioctl(vcpu, KVM_RUN): 0 an exit is in kvm_run; -EINTR, -EINVAL, -EIO, -EBUSY, -ETIMEDOUT as KVM answers;
 * -EAGAIN for an UNINITIALIZED vCPU without immediate_exit, where KVM would first block until the vCPU is
 * started.
 */
int sim_kvm_run(struct sim_kvm_vcpu *vcpu);

/*
 * Injects a fault of kernel or firmware into the k-th following firmware call of this host (1: the next).
 * FW_STATUS: the firmware is not called and its status is `fw_status` (not 0). PSP_TIMEOUT: it never responds
 * and is not called again. There is one fault at a time; NONE or k = 0 removes it.
 */
enum sim_kvm_fault { SIM_KVM_FAULT_NONE, SIM_KVM_FAULT_FW_STATUS, SIM_KVM_FAULT_PSP_TIMEOUT };
void sim_kvm_inject(struct sim_kvm_host *host, enum sim_kvm_fault fault, unsigned k, uint32_t fw_status);

/*
 * For explorers: the kernel calls these before each effect that others could notice, so that other parties
 * can run first. `step` false: the thread has died; nothing is done, and KVM_RUN returns -EINTR. `wait` is a
 * step that is not made before is_ready(). `what` is one of:
 *
 *	"mutex_lock", "mutex_unlock"	upstream: the VM's mutex, over bounce pages and firmware
 *					call; v14: snp_pause_attestation_lock, over check and
 *					firmware call
 *	"SNP_GUEST_REQUEST"		the firmware command, of plain requests, too
 *	"read transaction", "check transaction", "pause attestation", "resume attestation"
 *					v14: each with the mutex, released within the step
 *	"copy the request page", "copy the response page"
 *					to and from the bounce pages, with SIM_KVM_NO_MUTEX only
 *
 * NULL functions: no other party runs, and locking a locked mutex fails an assertion. `steps` is copied.
 */
struct sim_kvm_steps {
	bool (*step)(void *ctx, const char *what);
	bool (*wait)(void *ctx, const char *what, bool (*is_ready)(void *ready), void *ready);
	void *ctx;
};
void sim_kvm_set_steps(struct sim_kvm_host *host, const struct sim_kvm_steps *steps);

/* Bits: defects on purpose, apart from those that belong to a scheme. */
enum sim_kvm_defect {
	SIM_KVM_BUSY_LATE = 1 << 0,      /* BUSY although the firmware has consumed the message (B5) */
	SIM_KVM_CHECK_EARLY = 1 << 1,    /* v14: the transaction is checked only before the exit */
	SIM_KVM_CHECK_UNLOCKED = 1 << 2, /* v14: the mutex is dropped between check and firmware call */
	SIM_KVM_NO_EARLY_CHECK = 1 << 3, /* v14: it is not checked before the exit */
	SIM_KVM_EINTR_FIRST = 1 << 4,    /* EINTR because of immediate_exit, before the completion */
	SIM_KVM_NO_MUTEX = 1 << 5,       /* upstream: the bounce pages are used without the VM's mutex */
	SIM_KVM_PAUSE_ONLY = 1 << 6,     /* v14: KVM only checks whether attestation is paused */
};
void sim_kvm_set_defects(struct sim_kvm_host *host, unsigned defects);

/*
 * For explorers: adds everything that a later call can depend on, except the firmware (sim_psp_mix). Cheap
 * for pages that have not changed. The VMM may change the first 288 bytes of struct kvm_run, header and exit.
 */
void sim_kvm_host_mix(const struct sim_kvm_host *host, struct base_mix *to);
void sim_kvm_vm_mix(struct sim_kvm_vm *vm, struct base_mix *to);
void sim_kvm_vcpu_mix(const struct sim_kvm_vcpu *vcpu, struct base_mix *to);
/*
 * Does a response page still belong to the firmware after its request (B10)? It cannot be accessed, requests
 * that use it fail, and its state cannot be changed.
 */
bool sim_kvm_vm_lost_pages(const struct sim_kvm_vm *vm);

/* Reports every step, for traces; NULL: none. `event` is valid during the call; `trace` is copied. */
enum sim_kvm_step {
	SIM_KVM_CALL,   /* `from` begins something at `to`, which RETURN from `to` to `from` ends */
	SIM_KVM_RETURN, /* `from` returns to `to` */
	SIM_KVM_SAY,    /* neither */
};
enum { SIM_KVM_NUMBERS = 5 };
struct sim_kvm_event {
	enum sim_kvm_step step;
	const char *from, *to; /* "guest driver", "KVM", "VMM", "firmware", "host tool" */
	const char *text;
	struct sim_kvm_number {
		const char *name; /* NULL: no more */
		uint64_t value;
		bool hex;
	} numbers[SIM_KVM_NUMBERS];
	const uint8_t *message; /* the page with the message that passes, as it is sealed; NULL: none */
};
struct sim_kvm_trace {
	void (*event)(void *ctx, const struct sim_kvm_event *event);
	bool (*is_wanted)(void *ctx); /* asked before `text` is made; NULL: it is */
	void *ctx;
};
void sim_kvm_set_trace(struct sim_kvm_host *host, const struct sim_kvm_trace *trace);

#endif
