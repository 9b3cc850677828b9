/* SPDX-License-Identifier: MIT */
#ifndef SIM_KVM_INTERNAL_H
#define SIM_KVM_INTERNAL_H

#include "sim/kvm/kvm.h"
#include "base/bytes.h"
#include "sim/kvm/kvm_memory.h"

/*
 * Shared by the files of the simulated KVM: kvm.c (VMs, vCPUs, KVM_RUN), kvm_ghcb.c (VMGEXITs of the guest
 * and their results), kvm_request.c (the two requests under each scheme), kvm_firmware.c (their firmware
 * call), kvm_steps.c (where others run in between), kvm_mix.c (digests).
 *
 * Handlers and completions return the same as the kernel's: 1 resume the guest, 0 exit to the VMM, < 0
 * KVM_RUN fails.
 */
struct kvm_mutex {
	bool locked;
};

struct sim_kvm_host {
	struct sim_psp *psp;
	enum sim_sync sync;
	const struct sim_linux *kernel;
	uint64_t transaction; /* v14: changes with every update */
	bool paused;          /* v14: an update is under way */
	struct kvm_mutex
		pause_mutex; /* v14: snp_pause_attestation_lock, over these two and the firmware call */
	bool psp_dead;       /* after a time-out nothing is asked of the firmware again */
	enum sim_kvm_fault fault;
	unsigned fault_in; /* firmware calls until then */
	uint32_t fault_status;
	struct sim_kvm_trace trace;
	struct sim_kvm_steps steps;
	unsigned defects; /* enum sim_kvm_defect */
	unsigned n_vms;
};

static inline bool kvm_is_v15(const struct sim_kvm_host *host)
{
	return host->sync == SIM_SYNC_V15 || host->sync == SIM_SYNC_V15_FIXED;
}

struct sim_kvm_vm {
	struct sim_kvm_host *host;
	uint32_t psp_guest;
	bool req_certs;
	unsigned n_vcpus;
	struct kvm_memory memory;
	/* Bounce pages: zero at first, then whatever the last request left there (B47). Under the mutex. */
	struct kvm_mutex mutex;
	uint8_t request[SNP_PAGE_BYTES], response[SNP_PAGE_BYTES];
	unsigned n_bouncing;          /* requests that use them now */
	struct base_mix response_mix; /* digest of `response`, where it is known */
	bool response_known;
};

/* Snapshot of the GHCB at a VMGEXIT; nothing is read from the GHCB after this (B9). */
struct kvm_ghcb_snapshot {
	uint8_t valid[GHCB_VALID_BITMAP_BYTES];
	uint64_t exit_code, info_1, info_2;
	uint32_t usage;
};

struct sim_kvm_vcpu {
	struct sim_kvm_vm *vm;
	const struct sim_kvm_guest_ops *ops;
	void *ctx;
	uint8_t *run;
	uint64_t ghcb_msr;
	uint64_t registered_gpa;
	bool mapped; /* a VMGEXIT is being served: registers go back to the GHCB at `ghcb_gpa` */
	uint64_t ghcb_gpa;
	struct kvm_ghcb_snapshot ghcb;
	uint64_t rax, rbx, rcx, rdx;
	uint64_t transaction; /* v14: as it was when the VMM was asked */
	/* What a request has come to between its steps: all that the rest of it depends on. */
	struct kvm_progress {
		int result;
		uint32_t status; /* of the firmware */
		bool stale;      /* v14 */
		uint64_t info_2;
	} progress;
	bool uninitialized;
	bool in_run, wants_exit; /* KVM_RUN is under way; immediate_exit was set when it began */
	int (*complete)(struct sim_kvm_vcpu *vcpu); /* what the next KVM_RUN does first, once */
};

/* Trace actors. */
#define KVM_GUEST    "guest driver"
#define KVM_SELF     "KVM"
#define KVM_VMM      "VMM"
#define KVM_FIRMWARE "firmware"

/* What a trace gets, with numbers: { name, value, as hex }. */
#define KVM_EVENT(step_, from_, to_, ...)                                                                    \
	(&(const struct sim_kvm_event){ .step = step_, .from = from_, .to = to_, .numbers = { __VA_ARGS__ } })
#define KVM_CALL(from_, to_, ...)   KVM_EVENT(SIM_KVM_CALL, from_, to_, __VA_ARGS__)
#define KVM_RETURN(from_, to_, ...) KVM_EVENT(SIM_KVM_RETURN, from_, to_, __VA_ARGS__)
#define KVM_SAY(from_, to_, ...)    KVM_EVENT(SIM_KVM_SAY, from_, to_, __VA_ARGS__)

static inline bool kvm_traces(const struct sim_kvm_host *host)
{
	return host->trace.event && (!host->trace.is_wanted || host->trace.is_wanted(host->trace.ctx));
}

/* `event` has no text yet. Its arguments are evaluated only where there is a trace. */
__attribute__((format(printf, 3, 4))) void kvm_trace_event(const struct sim_kvm_host *host,
							   const struct sim_kvm_event *event,
							   const char *format, ...);
#define kvm_trace(host_, event_, ...)                                                                        \
	do {                                                                                                 \
		if (kvm_traces(host_))                                                                       \
			kvm_trace_event(host_, event_, __VA_ARGS__);                                         \
	} while (0)

/* kvm_ghcb.c */
int kvm_vmgexit(struct sim_kvm_vcpu *vcpu);

/* kvm_ghcb_answer.c. The mapped page; NULL where it cannot be mapped. */
uint8_t *kvm_ghcb_page(struct sim_kvm_vcpu *vcpu);
/* Writes a field and marks it valid; nothing where the page cannot be mapped. */
void kvm_ghcb_put(struct sim_kvm_vcpu *vcpu, unsigned off, uint64_t value);
/* Before the guest is entered: RAX, RBX, RCX, RDX go back, always, all four marked valid. */
void kvm_ghcb_unmap(struct sim_kvm_vcpu *vcpu);
/* sw_exit_info_2 of an accepted request. */
void kvm_ghcb_answer(struct sim_kvm_vcpu *vcpu, uint64_t info_2);
/* sw_exit_info_1 = 2 and the reason. */
void kvm_ghcb_refuse(struct sim_kvm_vcpu *vcpu, uint64_t reason);

/*
 * kvm_steps.c. Each is a step, before which others may run; false: this thread has ended, and nothing is
 * done.
 *
 * step_with  with the mutex, which is taken and released within the step
 * unlock     releases it in either case
 */
bool kvm_step(const struct sim_kvm_host *host, const char *what);
bool kvm_step_with(const struct sim_kvm_host *host, struct kvm_mutex *mutex, const char *what);
bool kvm_lock(const struct sim_kvm_host *host, struct kvm_mutex *mutex);
bool kvm_unlock(const struct sim_kvm_host *host, struct kvm_mutex *mutex);

/*
 * kvm_firmware.c. SNP_GUEST_REQUEST for the request in the GHCB.
 *
 * bounced   through the VM's bounce pages, and the answer in the GHCB
 * in_place  on the guest's own pages. 0: *ret_info_2 is the answer; -EINTR this thread has ended
 */
int kvm_request_bounced(struct sim_kvm_vcpu *vcpu);
int kvm_request_in_place(struct sim_kvm_vcpu *vcpu, uint64_t *ret_info_2);
/* KVM_RUN fails with r, traced. */
int kvm_fail_run(const struct sim_kvm_vcpu *vcpu, int r, const char *why);

/* The generic error of v14 and v15, which the GHCB specification does not define: not SNP_VMM_GENERIC. */
#define V15_VMM_GENERIC 0x80000000u

/* kvm_request.c */
int kvm_guest_request(struct sim_kvm_vcpu *vcpu);
int kvm_ext_guest_request(struct sim_kvm_vcpu *vcpu);

/* Fields of kvm_run, which is shared with the VMM. Each is read once: the VMM can change it any time. */
static inline uint64_t kvm_run_get(const struct sim_kvm_vcpu *vcpu, unsigned off, unsigned size)
{
	return bytes_get_le(vcpu->run + off, size);
}

static inline void kvm_run_put(struct sim_kvm_vcpu *vcpu, unsigned off, unsigned size, uint64_t value)
{
	bytes_put_le(vcpu->run + off, value, size);
}

#endif
