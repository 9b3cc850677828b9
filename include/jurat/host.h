/* SPDX-License-Identifier: MIT */
#ifndef JURAT_HOST_H
#define JURAT_HOST_H

#include <stddef.h>
#include <stdint.h>

#include <jurat/error.h>

/*
 * The host half, for virtual machine monitors. Links against libc only (libjurat-host). Starts no thread,
 * installs no handler, prints nothing.
 *
 * SEV-SNP: serving KVM_EXIT_SNP_REQ_CERTS so that the certificates a guest gets are those of the key that
 * signs its report, also while an operator changes TCB, VLEK or certificates. TDX, further below: serving
 * KVM_EXIT_TDX, so that every quote that a guest asks for comes to an end, and soon.
 *
 * SEV-SNP, in the vCPU loop:
 *
 *	rc = ioctl(vcpu, KVM_RUN, 0);
 *	e = rc < 0 ? -errno : 0;
 *	jurat_snp_request_handle_ran(req, run, e, 0);		after *every* KVM_RUN
 *	if (e < 0)
 *		...				-EINTR: look for one's own kicks, never at exit_reason
 *	else if (run->exit_reason == KVM_EXIT_SNP_REQ_CERTS)
 *		jurat_snp_request_handle_exit(req, run, &memory, &err);	then KVM_RUN again
 *
 * Look for kicks after jurat_snp_request_handle_ran(), not before: a kick that sets kvm_run->immediate_exit
 * from a signal handler is cleared with jurat's own, and its flag must be seen afterwards.
 */

#ifdef __cplusplus
extern "C" {
#endif

struct kvm_run;
struct jurat_snp_certs;   /* where the certificates of this host are: one per VMM */
struct jurat_snp_request; /* the request in flight of one vCPU */

struct jurat_snp_certs_options {
	size_t size; /* sizeof(struct jurat_snp_certs_options) */
	/*
	 * How long a request may wait for an updater; 0: 100. One BUSY costs a Linux guest 2 s, and sixty
	 * seconds of BUSY its attestation key.
	 */
	uint32_t lock_wait_ms;
	uint32_t exit_reason; /* KVM_EXIT_SNP_REQ_CERTS of the kernel this runs on; 0: 43 */
};

/*
 * path      the certificate blob: a GHCB certificate table, as `snphost import` or `jurat certs build`
 *           writes; copied. NULL: this host has no certificates, and every request is answered with an empty
 *           table. The file need not exist yet: while there is none, guests get an empty table
 * options   borrowed; NULL: defaults
 * Returns   0; -EINVAL a bad option; -ENOMEM. Freed with jurat_snp_certs_free, after all requests of
 *           it.
 * Threads   after opening, by any thread
 * Since     0.1
 */
JURAT_MUST_CHECK int jurat_snp_certs_new(const char *path, const struct jurat_snp_certs_options *options,
					 struct jurat_snp_certs **ret, struct jurat_error *err);
void jurat_snp_certs_free(struct jurat_snp_certs *certs);

/*
 * One per vCPU: it owns that vCPU's lock on the blob. A request at rest holds no descriptor and no buffer:
 * those belong to the certs and are as many as there were requests in flight at once.
 *
 * certs     borrowed until the request is freed
 * Returns   0; -ENOMEM. jurat_snp_request_free drops a lock that is still held.
 * Threads   one thread at a time, the vCPU's
 * Since     0.1
 */
JURAT_MUST_CHECK int jurat_snp_request_new(struct jurat_snp_certs *certs, struct jurat_snp_request **ret,
					   struct jurat_error *err);
void jurat_snp_request_free(struct jurat_snp_request *request);

/*
 * How the VMM reads and writes guest memory. Reads or writes `n` bytes at guest physical address `gpa`, all
 * or none, of *shared* pages. A call never crosses a page boundary.
 * Returns   0; -EFAULT when any byte is private, unmapped or not RAM: it must fail cleanly, for the guest
 *           chooses gpa and may change a page's state at any time
 */
struct jurat_guest_memory {
	int (*write)(void *context, uint64_t gpa, const void *from, size_t n);
	void *context;
	int (*read)(void *context, uint64_t gpa, void *to, size_t n); /* TDX only */
};

/*
 * Answers one exit: locks the blob, copies it to the guest, zeroes the rest of its last page, and says what
 * to put into kvm_run. When certificates were given (*ret_answer 0) the lock stays held until
 * jurat_snp_request_ran(); an empty table agrees with every key and needs none.
 *
 * gpa, npages   from kvm_run, untrusted: the guest's RAX and RBX
 * ret_answer    what the VMM stores in kvm_run->snp_req_certs.ret:
 *               0       the certificates, or 24 zero bytes where there are none (nothing, when npages is 0
 *                       too)
 *               ENOSPC  there are certificates and npages is too few: *ret_npages is enough
 *               EAGAIN  an updater is at work for longer than lock_wait_ms
 *               EIO     gpa is not page aligned, wraps or cannot be written; the blob cannot be read or is no
 *                       table
 * ret_npages    what the VMM stores in npages when the answer is ENOSPC; otherwise npages
 * Returns       0 an answer is there, also when it is a refusal: `err` then says why, for the log; -EBUSY the
 *               previous request of this vCPU has not been completed (no jurat_snp_request_ran() since):
 *               ret_answer is EIO
 * Since         0.1    Spec  KVM API, KVM_EXIT_SNP_REQ_CERTS; GHCB 4.1.8.1
 */
JURAT_MUST_CHECK int jurat_snp_request_serve(struct jurat_snp_request *request, uint64_t gpa, uint64_t npages,
					     const struct jurat_guest_memory *memory, uint64_t *ret_answer,
					     uint64_t *ret_npages, struct jurat_error *err);

/*
 * Tells of the result of every KVM_RUN of this vCPU. Drops the lock when the firmware has been asked or will
 * not be: after every return, whatever it was, but one.
 *
 * rc            0, or -errno of the ioctl
 * flags         JURAT_SNP_RAN_UNINITIALIZED when the vCPU's mp_state is KVM_MP_STATE_UNINITIALIZED: such a
 *               vCPU answers with -EINTR (immediate_exit) or -EAGAIN before the request was
 *               completed, so the lock stays
 * Returns       1 the lock was dropped now; 0 there was none, or it is still needed
 * Since         0.1    Spec  KVM API, KVM_RUN and immediate_exit
 */
#define JURAT_SNP_RAN_UNINITIALIZED 1u
int jurat_snp_request_ran(struct jurat_snp_request *request, int rc, unsigned flags);

/*
 * Both of the above for a VMM that has its `struct kvm_run` at hand: reads exit_reason, gpa and npages,
 * writes ret and npages, and, when a lock is held, immediate_exit = 1, so that KVM_RUN comes back as soon as
 * the firmware has been asked. jurat_snp_request_handle_ran() clears it again (KVM does not); it stays set
 * while the lock does.
 *
 * run           mmap(2) of the vCPU, at least 56 bytes
 * Returns       as jurat_snp_request_serve; -EINVAL the exit is another one, or the last KVM_RUN failed,
 *               which leaves exit_reason as it was before: kvm_run is not touched
 * Since         0.1
 */
JURAT_MUST_CHECK int jurat_snp_request_handle_exit(struct jurat_snp_request *request, struct kvm_run *run,
						   const struct jurat_guest_memory *memory,
						   struct jurat_error *err);
int jurat_snp_request_handle_ran(struct jurat_snp_request *request, struct kvm_run *run, int rc,
				 unsigned flags);

/*
 * TDX: the VMM's side of GetQuote. A guest gives a buffer with a TDREPORT in it, the VMM asks a quoting
 * service (QGS) and writes the quote over it. One struct jurat_tdx_quotes serves a whole VM:
 *
 *	on the exit, in any vCPU's thread:
 *		if (run->exit_reason == KVM_EXIT_TDX)
 *			jurat_tdx_quotes_handle_exit(quotes, run, vcpu, &err);	then KVM_RUN again
 *
 *	in the VMM's event loop, when jurat_tdx_quotes_fd(quotes) can be read from:
 *		jurat_tdx_quotes_dispatch(quotes, &err);
 *
 * A request that was taken on ends with a terminal status in the guest's buffer, and an interrupt if the
 * guest has asked for one, whatever the service does: a Linux guest with a buffer that stays in flight gets
 * EBUSY for ever. The exit itself takes up to `grace_ms`, for a Linux guest that does not find its quote when
 * GetQuote returns sleeps a whole second before it looks again.
 */
struct jurat_tdx_quotes;

/* Instead of a number, where 0 stands for a default. */
#define JURAT_TDX_QUOTES_NONE 0xffffffffu

/* How a request has ended: for the log. Valid during the call. */
struct jurat_tdx_quote_outcome {
	uint64_t gpa;       /* of the buffer */
	uint64_t status;    /* what it says now: 0 or GHCI's error */
	uint32_t out_bytes; /* of output in it */
	uint32_t qgs_error; /* the service's own error code, 0x12001 and so on; 0: it gave none */
	uint64_t took_ns;
	int in_call;      /* before GetQuote returned */
	const char *text; /* what went wrong, one line; "" when nothing did */
};

struct jurat_tdx_quotes_options {
	size_t size; /* sizeof(struct jurat_tdx_quotes_options) */
	/*
	 * The quoting service: "unix:PATH", "vsock:CID:PORT" (numbers as this process sees them: 2 is the
	 * host that this machine is a guest of, 1 the machine itself) or "tcp:127.0.0.1:PORT". Copied. NULL:
	 * this host has none, and guests are told so.
	 */
	const char *service;
	uint32_t grace_ms; /* how long GetQuote may wait for its quote; 0: 20; JURAT_TDX_QUOTES_NONE: not */
	/*
	 * When a request fails whatever the service does; 0: 25000. A Linux guest gives up after 30 s, and
	 * does not look into its buffer then.
	 */
	uint32_t timeout_ms;
	uint32_t max_connections; /* to the service at once, up to 256; 0: 16 */
	/*
	 * Requests that may wait for a connection, up to 1024; 0: 64; JURAT_TDX_QUOTES_NONE: none. Only
	 * beyond that a guest is told to RETRY, which Linux does not do. Each holds its guest's input, 128
	 * KiB at most, and each connection room for a reply of the guest's buffer size.
	 */
	uint32_t max_waiting;
	uint32_t exit_reason; /* KVM_EXIT_TDX of the kernel this runs on; 0: 40 */
	/* As the kernel's struct kvm_tdx_capabilities says; for GetTdVmCallInfo. */
	uint64_t kernel_tdvmcallinfo_1_r11, user_tdvmcallinfo_1_r11, kernel_tdvmcallinfo_1_r12;

	/*
	 * Injects `vector` (32 to 255) as a fixed interrupt into the vCPU that asked for it. NULL: the guest
	 * is told that this is not supported. Comes from whatever thread found the end of a request; neither
	 * this nor `log` nor memory's functions may call jurat_tdx_quotes_*.
	 */
	void (*notify)(void *context, uint32_t vcpu, uint8_t vector);
	void (*log)(void *context, const struct jurat_tdx_quote_outcome *outcome); /* may be NULL */
	void *context;
};

/*
 * options   borrowed; NULL: defaults, and no quoting service
 * memory    how to reach the guest's memory; copied. Called from vCPU threads and from the one that
 *           dispatches, for different requests at once. A write of 4 or 8 bytes at an address of that
 *           alignment must be one store, for the guest polls what it goes to; jurat puts a release fence
 *           between the writes that a guest must see in order
 * Returns   0; -EINVAL a bad option or address, or memory without read or write; -ENOMEM; -EMFILE and other
 *           -errno of making a descriptor
 * Threads   after opening, by any thread; the vCPU threads need no lock of the VMM's
 * Since     0.1    Spec  GHCI 1.5, TDG.VP.VMCALL<GetQuote>
 */
JURAT_MUST_CHECK int jurat_tdx_quotes_open(const struct jurat_tdx_quotes_options *options,
					   const struct jurat_guest_memory *memory,
					   struct jurat_tdx_quotes **ret, struct jurat_error *err);
/* Every request in flight ends with an error now. No other thread may be inside a jurat_tdx_quotes_* call. */
void jurat_tdx_quotes_close(struct jurat_tdx_quotes *quotes);

/*
 * A descriptor to poll, select or add to an epoll: it can be read from when jurat_tdx_quotes_dispatch() has
 * something to do. Valid until the quotes are freed; not to be read.
 */
int jurat_tdx_quotes_fd(const struct jurat_tdx_quotes *quotes);
/*
 * Moves every request on as far as that goes without waiting: connections, answers, timeouts. Harmless when
 * there is nothing to do.
 * Returns   0; -errno the timer cannot be set: call again soon
 */
JURAT_MUST_CHECK int jurat_tdx_quotes_dispatch(struct jurat_tdx_quotes *quotes, struct jurat_error *err);
/* Requests that have not ended yet. A VMM that stops to run its guest need not wait for it to be 0. */
size_t jurat_tdx_quotes_outstanding_count(struct jurat_tdx_quotes *quotes);

/*
 * TDG.VP.VMCALL<GetQuote>. Checks in QEMU's order, takes the request on, marks the buffer in flight, and
 * waits up to grace_ms for the quote. A signal to this thread ends the wait.
 *
 * Both forms of input are served: a bare TDREPORT, answered with a bare quote, and a framed message to the
 * service, answered with the service's framed message, which may be an error message.
 *
 * gpa, size    from the exit, untrusted: the guest's R12 without its shared bit, and R13
 * ret_answer   for the guest's R10, what the VMM stores in kvm_run's `ret`:
 *              0                     SUCCESS: the buffer's status is in flight, or terminal already
 *              1                     RETRY: as many requests as may be are outstanding, or out of memory
 *              0x8000000000000000    INVALID_OPERAND: size is 0 or above 128 KiB, the header cannot be read
 *                                    or is not of version 1, in_len does not fit, the buffer cannot be read
 *                                    or written
 *              0x8000000000000001    GPA_INUSE: the buffer overlaps one in flight
 *              0x8000000000000002    ALIGN_ERROR: gpa or size is not a multiple of 4096
 * Returns      0 an answer is there, also when it is a refusal: `err` then says why, for the log
 * Since        0.1
 */
JURAT_MUST_CHECK int jurat_tdx_quotes_serve(struct jurat_tdx_quotes *quotes, uint64_t gpa, uint64_t size,
					    uint64_t *ret_answer, struct jurat_error *err);
/*
 * TDG.VP.VMCALL<SetupEventNotifyInterrupt>: one vector for the VM, of the last vCPU that asked.
 * vcpu      whatever the VMM's `notify` knows it by: its APIC id, say
 * Returns   the answer for R10: 0; INVALID_OPERAND a vector below 32 or above 255; 0x8000000000000003
 *           SUBFUNC_UNSUPPORTED no `notify`
 */
uint64_t jurat_tdx_quotes_setup_notify(struct jurat_tdx_quotes *quotes, uint64_t vector, uint32_t vcpu);
/*
 * TDG.VP.VMCALL<GetTdVmCallInfo>, leaf 1.
 * ret       for R11 to R14; changes on SUCCESS only
 * Returns   the answer for R10: 0; INVALID_OPERAND another leaf
 */
uint64_t jurat_tdx_quotes_vmcall_info(const struct jurat_tdx_quotes *quotes, uint64_t leaf, uint64_t ret[4]);

/*
 * The three above for a VMM that has its `struct kvm_run` at hand: after a KVM_RUN that returned 0, for a
 * failed one leaves exit_reason as it was. Other leaves are left with the answer that KVM has put there: not
 * supported.
 *
 * run       mmap(2) of the vCPU, at least 96 bytes
 * Returns   as jurat_tdx_quotes_serve; -EINVAL the exit is another one: kvm_run is not touched
 * Since     0.1    Spec  KVM API, KVM_EXIT_TDX
 */
JURAT_MUST_CHECK int jurat_tdx_quotes_handle_exit(struct jurat_tdx_quotes *quotes, struct kvm_run *run,
						  uint32_t vcpu, struct jurat_error *err);

#ifdef __cplusplus
}
#endif

#endif
