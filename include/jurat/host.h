/* SPDX-License-Identifier: MIT */
#ifndef JURAT_HOST_H
#define JURAT_HOST_H

#include <stddef.h>
#include <stdint.h>

#include <jurat/error.h>

/*
 * For virtual machine monitors. Needs libc only (libjurat-host). Starts no thread, installs no handler,
 * prints nothing.
 *
 * SEV-SNP: serves KVM_EXIT_SNP_REQ_CERTS so that the certificates a guest receives are those of the key that
 * signs its report, also while an operator changes TCB, VLEK or certificates. TDX, further below: serves
 * KVM_EXIT_TDX, so that every request for a quote ends, and soon.
 *
 * SEV-SNP, in the vCPU loop:
 *
 *	rc = ioctl(vcpu, KVM_RUN, 0);
 *	e = rc < 0 ? -errno : 0;
 *	jurat_snp_request_handle_ran(request, run, e, 0);	after *every* KVM_RUN
 *	if (e < 0)
 *		...	-EINTR: check for the VMM's own kicks; exit_reason is stale
 *	else if (run->exit_reason == KVM_EXIT_SNP_REQ_CERTS)
 *		jurat_snp_request_handle_exit(request, run, &memory, &err);	then KVM_RUN again
 *
 * Check for kicks after jurat_snp_request_handle_ran(), not before: a kick that sets kvm_run->immediate_exit
 * from a signal handler is cleared with jurat's own, and its flag must be seen afterwards.
 *
 * TDX:
 *
 *	on the exit, in any vCPU's thread:
 *		if (run->exit_reason == KVM_EXIT_TDX)
 *			jurat_tdx_quotes_handle_exit(quotes, run, vcpu, &err);	then KVM_RUN again
 *
 *	in the VMM's event loop, when jurat_tdx_quotes_fd(quotes) is readable:
 *		jurat_tdx_quotes_dispatch(quotes, &err);
 */

#ifdef __cplusplus
extern "C" {
#endif

struct kvm_run;

/*
 * How the VMM reads and writes guest memory: `n` bytes at guest physical address `gpa`, all or none, of
 * *shared* pages. One call never crosses a page boundary. Both return 0, or -EFAULT when any byte is private,
 * unmapped or not RAM: they must fail cleanly, for the guest chooses gpa and may change a page's state at any
 * time.
 */
struct jurat_guest_memory {
	size_t size;                                                  /* sizeof(struct jurat_guest_memory) */
	int (*read)(void *context, uint64_t gpa, void *to, size_t n); /* TDX; SEV-SNP: may be NULL */
	int (*write)(void *context, uint64_t gpa, const void *from, size_t n);
	void *context;
};

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
 * Names the certificate blob of this host.
 *
 * path      the certificate blob: a GHCB certificate table, as `snphost import` or `jurat certs build`
 *           writes; copied. NULL: this host has no certificates, and every request is answered with an empty
 *           table. The file need not exist yet: while there is none, guests get an empty table. Whoever
 *           can read it can lock it and delay updates: mode 0640 with the VMMs' group, in a directory
 *           that only the operator can write to. One that everyone can write to is refused with EIO
 * options   borrowed; NULL: defaults
 * ret       freed by the caller with jurat_snp_certs_free, after all requests of it; it accepts NULL
 * Returns   0; -EINVAL an invalid size in the options; -E2BIG they are of a newer release; -ENOMEM
 * Threads   any thread
 * Since     0.1
 */
JURAT_MUST_CHECK int jurat_snp_certs_new(const char *path, const struct jurat_snp_certs_options *options,
					 struct jurat_snp_certs **ret, struct jurat_error *err);
void jurat_snp_certs_free(struct jurat_snp_certs *certs);

/*
 * Makes what one vCPU needs to have its requests served: it owns that vCPU's lock on the blob.
 *
 * A request at rest holds no descriptor and no buffer: those belong to the certs, and are as many as there
 * were requests in flight at once.
 *
 * certs     borrowed until the request is freed
 * ret       freed by the caller with jurat_snp_request_free, which drops a lock that is still held and
 *           accepts NULL
 * Returns   0; -ENOMEM
 * Threads   one thread at a time, the vCPU's
 * Since     0.1
 */
JURAT_MUST_CHECK int jurat_snp_request_new(struct jurat_snp_certs *certs, struct jurat_snp_request **ret,
					   struct jurat_error *err);
void jurat_snp_request_free(struct jurat_snp_request *request);

/*
 * Answers one KVM_EXIT_SNP_REQ_CERTS: locks the blob, copies it to the guest, zeroes the rest of its last
 * page, and returns what goes into kvm_run.
 *
 * When the guest got certificates (*ret_answer 0) the lock stays held until jurat_snp_request_ran(). An empty
 * table agrees with every key and needs no lock.
 *
 * gpa, npages   from kvm_run, untrusted: the guest's RAX and RBX
 * memory        borrowed during the call
 * ret_answer    what the VMM stores in kvm_run->snp_req_certs.ret: 0 the certificates, or 24 zero bytes where
 *               there are none (nothing, when npages is 0 too); ENOSPC npages is too few for the
 *               certificates: *ret_npages is enough; EAGAIN an updater is at work for longer than
 *               lock_wait_ms; EIO gpa is not page aligned, wraps or cannot be written, or the blob cannot be
 *               read or is not a table
 * ret_npages    what the VMM stores in npages: the number of pages needed when the answer is ENOSPC,
 *               otherwise npages
 * Returns       0 there is an answer, also when it is an error number: `err` then says why, for the log;
 *               -EBUSY the previous request of this vCPU has not been completed (no jurat_snp_request_ran()
 *               since); -EINVAL, -E2BIG `memory` lacks `write`, or has an invalid size. After a failure
 *               ret_answer is EIO
 * Threads       one thread at a time, the vCPU's
 * Since         0.1    Spec  KVM API, KVM_EXIT_SNP_REQ_CERTS; GHCB 4.1.8.1
 */
JURAT_MUST_CHECK int jurat_snp_request_serve(struct jurat_snp_request *request, uint64_t gpa, uint64_t npages,
					     const struct jurat_guest_memory *memory, uint64_t *ret_answer,
					     uint64_t *ret_npages, struct jurat_error *err);

/* The vCPU's mp_state is KVM_MP_STATE_UNINITIALIZED. */
#define JURAT_SNP_RAN_UNINITIALIZED 1u

/*
 * Passes on the result of a KVM_RUN of this vCPU; to be called after every one. Drops the lock when the
 * firmware has been asked or will not be: after every return, whatever it was, but one.
 *
 * rc        0, or -errno of the ioctl
 * flags     JURAT_SNP_RAN_UNINITIALIZED or 0: a vCPU in that state answers with -EINTR (immediate_exit) or
 *           -EAGAIN before the request was completed, so the lock stays
 * Returns   1 the lock was dropped now; 0 there was no lock, or it is still needed
 * Threads   one thread at a time, the vCPU's
 * Since     0.1    Spec  KVM API, KVM_RUN and immediate_exit
 */
int jurat_snp_request_ran(struct jurat_snp_request *request, int rc, unsigned flags);

/*
 * Answers one KVM_EXIT_SNP_REQ_CERTS in kvm_run itself: jurat_snp_request_serve() for a VMM that has its
 * `struct kvm_run` at hand.
 *
 * Reads exit_reason, gpa and npages, writes ret and npages, and, when a lock is held, immediate_exit = 1, so
 * that KVM_RUN comes back as soon as the firmware has been asked.
 *
 * run       mmap(2) of the vCPU, at least 56 bytes
 * memory    borrowed during the call
 * Returns   as jurat_snp_request_serve; -EINVAL also when the exit is another one, or the last KVM_RUN
 *           failed, which leaves exit_reason as it was before: kvm_run is not touched
 * Threads   one thread at a time, the vCPU's
 * Since     0.1    Spec  KVM API, KVM_EXIT_SNP_REQ_CERTS
 */
JURAT_MUST_CHECK int jurat_snp_request_handle_exit(struct jurat_snp_request *request, struct kvm_run *run,
						   const struct jurat_guest_memory *memory,
						   struct jurat_error *err);

/*
 * Passes on the result of a KVM_RUN, as jurat_snp_request_ran(), and clears the immediate_exit that
 * jurat_snp_request_handle_exit() has set (KVM does not). It stays set while the lock is held.
 *
 * run       mmap(2) of the vCPU, at least 56 bytes
 * rc        0, or -errno of the ioctl
 * flags     as jurat_snp_request_ran
 * Returns   as jurat_snp_request_ran
 * Threads   one thread at a time, the vCPU's
 * Since     0.1    Spec  KVM API, KVM_RUN and immediate_exit
 */
int jurat_snp_request_handle_ran(struct jurat_snp_request *request, struct kvm_run *run, int rc,
				 unsigned flags);

struct jurat_tdx_quotes; /* the requests for quotes of one VM, any number of vCPUs */

/* Instead of a number, where 0 stands for a default. */
#define JURAT_TDX_QUOTES_NONE 0xffffffffu

/* How a request has ended: for the log. Valid during the call. */
struct jurat_tdx_quote_outcome {
	size_t size;        /* set by the library: members beyond it are not there */
	uint64_t gpa;       /* of the buffer */
	uint64_t status;    /* what it says now: 0 or GHCI's error */
	uint64_t out_bytes; /* of output in it */
	uint64_t took_ns;
	uint32_t qgs_error; /* the service's own error code, 0x12001 and so on; 0: none */
	int in_call;        /* 1: before GetQuote returned */
	const char *text;   /* what went wrong, one line; "" when nothing did */
};

struct jurat_tdx_quotes_options {
	size_t size; /* sizeof(struct jurat_tdx_quotes_options) */
	/*
	 * The quoting service: "unix:PATH", "vsock:CID:PORT" (numbers as this process sees them: 2 is the
	 * host that this machine is a guest of, 1 the machine itself) or "tcp:127.0.0.1:PORT". Copied. NULL:
	 * this host has none, and every request ends with that error.
	 */
	const char *service;
	/*
	 * How long GetQuote may wait for its quote; 0: 20; JURAT_TDX_QUOTES_NONE: not at all. A Linux guest
	 * that does not find its quote when GetQuote returns sleeps a whole second before it checks again.
	 */
	uint32_t grace_ms;
	/*
	 * When a request fails whatever the service does; 0: 25000. A Linux guest gives up after 30 s, and
	 * does not read its buffer then.
	 */
	uint32_t timeout_ms;
	uint32_t max_connections; /* to the service at once, up to 256; 0: 16 */
	/*
	 * Requests that may wait for a connection, up to 1024; 0: 64; JURAT_TDX_QUOTES_NONE: none. Only
	 * beyond that a guest is answered RETRY, which Linux does not do. Each holds its guest's input, 128
	 * KiB at most, and each connection memory for a reply of the guest's buffer size.
	 */
	uint32_t max_waiting;
	uint32_t exit_reason; /* KVM_EXIT_TDX of the kernel this runs on; 0: 40 */
	/* As the kernel's struct kvm_tdx_capabilities says; for GetTdVmCallInfo. */
	uint64_t kernel_tdvmcallinfo_1_r11, user_tdvmcallinfo_1_r11, kernel_tdvmcallinfo_1_r12;

	/*
	 * Injects `vector` (32 to 255) as a fixed interrupt into the vCPU that asked for it. NULL: the guest
	 * is answered that this is not supported. Comes from whatever thread found the end of a request;
	 * neither this nor `log` nor the functions of struct jurat_guest_memory may call jurat_tdx_quotes_*.
	 */
	void (*notify)(void *context, uint32_t vcpu, uint8_t vector);
	void (*log)(void *context, const struct jurat_tdx_quote_outcome *outcome); /* may be NULL */
	void *context;
};

/*
 * Makes the VMM's side of GetQuote for one VM: a guest hands over a buffer with a TDREPORT in it, the VMM
 * asks a quoting service (QGS) and writes the quote over it.
 *
 * A request that was accepted ends with a terminal status in the guest's buffer, and an interrupt if the
 * guest has asked for one, whatever the service does: a Linux guest with a buffer that stays in flight gets
 * EBUSY for ever.
 *
 * options   borrowed; NULL: defaults, and no quoting service
 * memory    how to reach the guest's memory; copied. Called from vCPU threads and from the one that
 *           dispatches, for different requests at once. A write of 4 or 8 bytes at an address of that
 *           alignment must be one store, for the guest polls what it goes to; jurat puts a release fence
 *           between the writes that a guest must see in order
 * ret       closed by the caller with jurat_tdx_quotes_close, which ends every request in flight with an
 *           error and accepts NULL. No other thread may be inside a jurat_tdx_quotes_* call then
 * Returns   0; -EINVAL an invalid size, value or address, or memory without read or write; -E2BIG a struct is
 *           of a newer release; -ENOMEM; -EMFILE and other -errno of making a descriptor
 * Threads   after opening, any thread; the vCPU threads need no lock of the VMM's
 * Since     0.1    Spec  GHCI 1.5, TDG.VP.VMCALL<GetQuote>
 */
JURAT_MUST_CHECK int jurat_tdx_quotes_open(const struct jurat_tdx_quotes_options *options,
					   const struct jurat_guest_memory *memory,
					   struct jurat_tdx_quotes **ret, struct jurat_error *err);
void jurat_tdx_quotes_close(struct jurat_tdx_quotes *quotes);

/*
 * A descriptor to poll, select or add to an epoll: it is readable when jurat_tdx_quotes_dispatch() has
 * something to do.
 *
 * Returns   the descriptor, valid until the quotes are closed; not to be read from
 * Threads   any thread
 * Since     0.1
 */
int jurat_tdx_quotes_fd(const struct jurat_tdx_quotes *quotes);

/*
 * Moves every request on as far as that goes without waiting: connections, answers, timeouts. Harmless when
 * there is nothing to do.
 *
 * Returns   0; -errno the timer cannot be set: call again soon
 * Threads   any thread
 * Since     0.1
 */
JURAT_MUST_CHECK int jurat_tdx_quotes_dispatch(struct jurat_tdx_quotes *quotes, struct jurat_error *err);

/*
 * Counts the requests that have not ended yet. A VMM that stops to run its guest need not wait for it to be
 * 0.
 *
 * Returns   their number
 * Threads   any thread
 * Since     0.1
 */
size_t jurat_tdx_quotes_outstanding_count(struct jurat_tdx_quotes *quotes);

/*
 * Serves TDG.VP.VMCALL<GetQuote>: checks in QEMU's order, accepts the request, marks the buffer in flight,
 * and waits up to grace_ms for the quote. A signal to this thread ends the wait.
 *
 * Both forms of input are served: a TDREPORT, answered with a quote, and a framed message to the service,
 * answered with the service's framed message, which may be an error message.
 *
 * gpa, size    from the exit, untrusted: the guest's R12 without its shared bit, and R13
 * ret_answer   for the guest's R10, what the VMM stores in kvm_run's `ret`: 0 SUCCESS, the buffer's status is
 *              in flight, or terminal already; 1 RETRY, too many requests are outstanding, or out of memory;
 *              0x8000000000000000 INVALID_OPERAND, size is 0 or above 128 KiB, the header cannot be read or
 *              is not of version 1, in_len does not fit, the buffer cannot be read or written;
 *              0x8000000000000001 GPA_INUSE, the buffer overlaps one in flight; 0x8000000000000002
 *              ALIGN_ERROR, gpa or size is not a multiple of 4096
 * Returns      0 there is an answer, also when it is not SUCCESS: `err` then says why, for the log
 * Threads      any thread
 * Since        0.1    Spec  GHCI 1.5, TDG.VP.VMCALL<GetQuote>
 */
JURAT_MUST_CHECK int jurat_tdx_quotes_serve(struct jurat_tdx_quotes *quotes, uint64_t gpa, uint64_t size,
					    uint64_t *ret_answer, struct jurat_error *err);

/*
 * Serves TDG.VP.VMCALL<SetupEventNotifyInterrupt>: one vector for the VM, of the last vCPU that asked.
 *
 * vector    from the exit, untrusted
 * vcpu      the name by which the VMM's `notify` knows the vCPU: its APIC id, say
 * Returns   the answer for R10: 0; 0x8000000000000000 INVALID_OPERAND a vector below 32 or above 255;
 *           0x8000000000000003 SUBFUNC_UNSUPPORTED no `notify`
 * Threads   any thread
 * Since     0.1    Spec  GHCI 1.5, TDG.VP.VMCALL<SetupEventNotifyInterrupt>
 */
uint64_t jurat_tdx_quotes_setup_notify(struct jurat_tdx_quotes *quotes, uint64_t vector, uint32_t vcpu);

/*
 * Serves TDG.VP.VMCALL<GetTdVmCallInfo>, leaf 1.
 *
 * leaf      from the exit, untrusted
 * ret       for R11 to R14; changes on SUCCESS only
 * Returns   the answer for R10: 0; 0x8000000000000000 INVALID_OPERAND another leaf
 * Threads   any thread
 * Since     0.1    Spec  GHCI 1.5, TDG.VP.VMCALL<GetTdVmCallInfo>
 */
uint64_t jurat_tdx_quotes_vmcall_info(const struct jurat_tdx_quotes *quotes, uint64_t leaf, uint64_t ret[4]);

/*
 * Answers one KVM_EXIT_TDX in kvm_run itself: the three calls of a guest for a VMM that has its `struct
 * kvm_run` at hand.
 *
 * To be called after a KVM_RUN that returned 0, for a failed one leaves exit_reason as it was. Other leaves
 * keep the answer that KVM has put there: not supported.
 *
 * run       mmap(2) of the vCPU, at least 96 bytes
 * vcpu      as jurat_tdx_quotes_setup_notify
 * Returns   as jurat_tdx_quotes_serve; -EINVAL the exit is another one: kvm_run is not touched
 * Threads   any thread
 * Since     0.1    Spec  KVM API, KVM_EXIT_TDX
 */
JURAT_MUST_CHECK int jurat_tdx_quotes_handle_exit(struct jurat_tdx_quotes *quotes, struct kvm_run *run,
						  uint32_t vcpu, struct jurat_error *err);

#ifdef __cplusplus
}
#endif

#endif
