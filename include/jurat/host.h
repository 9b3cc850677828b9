/* SPDX-License-Identifier: MIT */
#ifndef JURAT_HOST_H
#define JURAT_HOST_H

#include <stddef.h>
#include <stdint.h>

#include <jurat/error.h>
#include <jurat/version.h>

/*
 * For virtual machine monitors (VMMs). libjurat-host depends on libc only. It starts no thread, installs no
 * signal handler and prints nothing.
 *
 * SEV-SNP: serves KVM_EXIT_SNP_REQ_CERTS so that the certificates that a guest receives match the key that
 * signs its report, even while an operator changes TCB, VLEK or certificates. TDX, further below: serves
 * KVM_EXIT_TDX so that every quote request completes within a bounded time.
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
 * Check for the VMM's own kicks after jurat_snp_request_handle_ran(), not before: that function clears
 * kvm_run->immediate_exit, also when a signal handler of the VMM has set it, so a kick must have a flag of
 * its own that is read afterwards.
 *
 * TDX:
 *
 *	on the exit, in any vCPU's thread:
 *		if (run->exit_reason == KVM_EXIT_TDX)
 *			jurat_tdx_quotes_handle_exit(quotes, run, vcpu, &err);	then KVM_RUN again
 *
 *	in the VMM's event loop, when jurat_tdx_quotes_fd(quotes) is readable:
 *		jurat_tdx_quotes_dispatch(quotes, &err);
 *
 * Threads. No handle is bound to a thread. `one thread at a time per handle`: any thread may make the call,
 * if the VMM orders the calls for that handle, for example with a mutex, a channel or pthread_join(3). The
 * thread that reports KVM_RUN need not be the thread that served the exit. `any thread`: the library
 * synchronizes the calls.
 *
 * Waiting. Two functions wait for another process, as do their _handle_exit() forms:
 * jurat_snp_request_serve() for an updater, up to lock_wait_ms; jurat_tdx_quotes_serve() for the quoting
 * service, up to grace_ms. All others access local files and sockets without waiting for another process. A
 * VMM with coroutines or a single thread can use the _nowait() functions, which return instead of waiting,
 * and set grace_ms to JURAT_TDX_QUOTES_NONE.
 *
 * Reset, snapshot, migration. No handle is part of a guest's state. Before a VMM saves vCPUs, it completes
 * their pending exits by KVM_RUN with immediate_exit, as KVM's documentation requires; reporting that KVM_RUN
 * releases the lock. The VMM then ends the quote requests in flight with jurat_tdx_quotes_cancel(). The
 * destination creates new handles. To reset a VM in place, the VMM closes its vCPUs and calls
 * jurat_snp_request_reset() and jurat_tdx_quotes_reset(), which discard the old requests: the library then
 * no longer writes to the VM's memory.
 *
 * fork(2). A child process must not use or free its parent's handles. It shares the descriptors, and
 * therefore the lock. This does not delay an update, because the parent's unlock releases the lock for both
 * processes. If the parent dies while it holds the lock, the lock remains until the child closes the
 * descriptors; execve(2) closes them.
 */

#ifdef __cplusplus
extern "C" {
#endif

struct kvm_run;

/*
 * Callbacks with which jurat reads and writes guest memory: `n` bytes at guest physical address `gpa`, all or
 * none, of *shared* pages. One call never crosses a page boundary. Both return 0, or -EFAULT when any byte is
 * private, unmapped or not RAM. They must fail without crashing: the guest chooses gpa and may change a
 * page's state at any time.
 */
struct jurat_guest_memory {
	size_t size;                                                  /* sizeof(struct jurat_guest_memory) */
	int (*read)(void *context, uint64_t gpa, void *to, size_t n); /* TDX only; SEV-SNP: may be NULL */
	int (*write)(void *context, uint64_t gpa, const void *from, size_t n);
	void *context;
};

struct jurat_snp_certs;   /* the host's certificate blob: one per VMM */
struct jurat_snp_request; /* the certificate request of one vCPU */

struct jurat_snp_certs_options {
	size_t size; /* sizeof(struct jurat_snp_certs_options) */
	/*
	 * How long a request may wait for an updater that holds the lock; 0: 100 ms. After an EAGAIN, a Linux
	 * guest waits 2 s before it retries; after 60 s of them it discards its VMPCK and cannot attest any
	 * more.
	 */
	uint32_t lock_wait_ms;
	uint32_t exit_reason; /* the running kernel's number for KVM_EXIT_SNP_REQ_CERTS; 0: 43 */
	/*
	 * For a VMM whose jail hides the path. 1: `path` is a file name in the directory that `dir_fd` refers
	 * to (O_PATH is enough). The library duplicates `dir_fd`. The name must not contain a slash, and a
	 * symbolic link of that name is not followed. Updaters must keep using the same directory: the
	 * library does not notice when an operator replaces the directory. A `dir_fd` other than 0 without
	 * has_dir_fd is an error.
	 *
	 * A descriptor of the *file* is not accepted (ENOTDIR). An update replaces the file, so this
	 * descriptor would yield no certificates after the first update. A lock also belongs to the open file
	 * description: if vCPUs or processes shared one, the first to unlock would release the other's lock.
	 */
	int has_dir_fd;
	int dir_fd;
};

/*
 * Creates a handle for the certificate blob of this host.
 *
 * path      file name of the certificate blob (see also dir_fd), a GHCB certificate table as `snphost import`
 *           or `jurat certs build` writes it; copied. While the file does not exist, guests get an empty
 *           table. NULL: this host has no certificates, and every request is answered with an empty table.
 *           Every process that can read the file can lock it and delay updates: give it mode 0640 and the
 *           VMMs' group, in a directory that only the operator can write to. Requests fail with EIO while the
 *           file is world-writable
 * options   borrowed; NULL: defaults
 * ret       freed by the caller with jurat_snp_certs_free, after all requests that use it;
 *           jurat_snp_certs_free accepts NULL
 * Returns   0; -EINVAL an invalid size or value in the options, or has_dir_fd is set and `path` is not a
 *           single file name; -ENOTDIR dir_fd is not a directory; -EBADF dir_fd is not open; -E2BIG the
 *           options are of a newer release; -ENOMEM; another -errno of fcntl(2)
 * Threads   any thread; any number of threads may serve requests of one `certs` at once
 * Since     0.1
 */
JURAT_MUST_CHECK int jurat_snp_certs_new(const char *path, const struct jurat_snp_certs_options *options,
					 struct jurat_snp_certs **ret, struct jurat_error *err);
void jurat_snp_certs_free(struct jurat_snp_certs *certs);

/*
 * Creates the state of one vCPU's certificate requests, which owns that vCPU's lock on the blob.
 *
 * An idle request holds no descriptor and no buffer. These belong to `certs`, which keeps as many as there
 * have been requests in flight at once.
 *
 * certs     borrowed until the request is freed
 * ret       freed by the caller with jurat_snp_request_free, which drops a lock that is still held and
 *           accepts NULL
 * Returns   0; -ENOMEM
 * Threads   creating: any thread; freeing: one thread at a time per handle
 * Since     0.1
 */
JURAT_MUST_CHECK int jurat_snp_request_new(struct jurat_snp_certs *certs, struct jurat_snp_request **ret,
					   struct jurat_error *err);
void jurat_snp_request_free(struct jurat_snp_request *request);

/*
 * Answers one KVM_EXIT_SNP_REQ_CERTS: locks the blob, copies it to the guest, zeroes the rest of the last
 * page, and returns the values for kvm_run.
 *
 * When the guest got certificates (*ret_answer is 0), the lock is held until jurat_snp_request_ran(). An
 * empty table is consistent with every key and needs no lock.
 *
 * gpa, npages   from kvm_run, untrusted: the guest's RAX and RBX
 * memory        borrowed during the call
 * ret_answer    value for kvm_run->snp_req_certs.ret: 0 the certificates were written, or, where there are
 *               none, 24 zero bytes (nothing, if npages is 0); ENOSPC npages is too small for the
 *               certificates: *ret_npages is enough; EAGAIN an updater held the lock for longer than
 *               lock_wait_ms; EIO gpa is not page-aligned, wraps around or cannot be written, or the blob
 *               cannot be read or is not a certificate table
 * ret_npages    value for kvm_run->snp_req_certs.npages: the number of 4 KiB pages needed when the answer is
 *               ENOSPC, otherwise npages
 * Returns       0 *ret_answer is set; when it is not 0, `err` says why, for the log; -EBUSY the previous
 *               request of this vCPU has not been completed (no jurat_snp_request_ran() since); -EINVAL,
 *               -E2BIG `memory` lacks `write`, or its size is invalid or of a newer release. After a failure
 *               *ret_answer is EIO
 * Threads       one thread at a time per handle
 * Since         0.1    Spec  KVM API, KVM_EXIT_SNP_REQ_CERTS; GHCB 4.1.8.1
 */
JURAT_MUST_CHECK int jurat_snp_request_serve(struct jurat_snp_request *request, uint64_t gpa, uint64_t npages,
					     const struct jurat_guest_memory *memory, uint64_t *ret_answer,
					     uint64_t *ret_npages, struct jurat_error *err);

/*
 * Answers as jurat_snp_request_serve(), but returns instead of waiting for an updater that holds the lock.
 * For VMMs whose threads have other work, for example those with coroutines.
 *
 * Linux offers no descriptor to poll for a lock. After JURAT_BUSY, call this function again in *ret_wait_ms
 * milliseconds with the same arguments, and do not call KVM_RUN for this vCPU until then. Once lock_wait_ms
 * have passed since the first call, the answer is EAGAIN, even if the function was called only rarely.
 * jurat_snp_request_serve() may continue the request at any time; jurat_snp_request_ran() ends it.
 *
 * ret_wait_ms   milliseconds until the next call; 0 unless JURAT_BUSY is returned
 * Returns       as jurat_snp_request_serve; also JURAT_BUSY not answered yet: call again. *ret_answer is then
 *               EAGAIN, the correct answer if the vCPU must run before that
 * Threads       one thread at a time per handle
 * Since         0.1    Spec  KVM API, KVM_EXIT_SNP_REQ_CERTS
 */
JURAT_MUST_CHECK int jurat_snp_request_serve_nowait(struct jurat_snp_request *request, uint64_t gpa,
						    uint64_t npages, const struct jurat_guest_memory *memory,
						    uint64_t *ret_answer, uint64_t *ret_npages,
						    uint32_t *ret_wait_ms, struct jurat_error *err);

/* Flag: the vCPU's mp_state is KVM_MP_STATE_UNINITIALIZED. */
#define JURAT_SNP_RAN_UNINITIALIZED 1u

/*
 * Reports the result of a KVM_RUN of this vCPU. Call it after every KVM_RUN. It releases the lock when KVM
 * has sent the guest request to the firmware or will not send it. That is after every return from KVM_RUN
 * except the one described at `flags`. It also releases the lock after every failure, so that an update never
 * waits for a broken VM.
 *
 * If KVM_RUN fails with -EINVAL because of registers that it refuses (kvm_valid_regs, kvm_dirty_regs, cr8),
 * the request is still pending. A VMM that then calls KVM_RUN again must first set the answer to EAGAIN, as
 * jurat_snp_request_handle_ran() does. Otherwise, the firmware processes the request without the lock.
 *
 * rc        0, or -errno of the ioctl
 * flags     JURAT_SNP_RAN_UNINITIALIZED or 0: with a vCPU in that state, KVM_RUN returns -EINTR
 *           (immediate_exit) or -EAGAIN before it completes the request, so the lock stays held
 * Returns   1 the lock was released; 0 no lock was held, or it is still needed
 * Threads   one thread at a time per handle
 * Since     0.1    Spec  KVM API, KVM_RUN and immediate_exit
 */
int jurat_snp_request_ran(struct jurat_snp_request *request, int rc, unsigned flags);

/*
 * Answers one KVM_EXIT_SNP_REQ_CERTS in kvm_run itself, as jurat_snp_request_serve() for a VMM that has
 * direct access to `struct kvm_run`.
 *
 * Reads exit_reason, gpa and npages, and writes ret and npages. While the lock is held it also sets
 * immediate_exit to 1, so that KVM_RUN returns as soon as the firmware has processed the request.
 *
 * run       the vCPU's mmap(2)ed kvm_run, at least 56 bytes
 * memory    borrowed during the call
 * Returns   as jurat_snp_request_serve; also -EINVAL when the exit is of another kind, or the last KVM_RUN
 *           failed, which leaves exit_reason stale: kvm_run is unchanged
 * Threads   one thread at a time per handle
 * Since     0.1    Spec  KVM API, KVM_EXIT_SNP_REQ_CERTS
 */
JURAT_MUST_CHECK int jurat_snp_request_handle_exit(struct jurat_snp_request *request, struct kvm_run *run,
						   const struct jurat_guest_memory *memory,
						   struct jurat_error *err);

/*
 * Answers in kvm_run itself, as jurat_snp_request_handle_exit(), but returns instead of waiting for an
 * updater, as jurat_snp_request_serve_nowait().
 *
 * run           the vCPU's mmap(2)ed kvm_run, at least 56 bytes
 * memory        borrowed during the call
 * ret_wait_ms   milliseconds until the next call; 0 unless JURAT_BUSY is returned
 * Returns       as jurat_snp_request_handle_exit; also JURAT_BUSY not answered yet: call again before
 *               KVM_RUN. kvm_run then contains the answer EAGAIN, for a vCPU that must run before that: its
 *               guest repeats the request
 * Threads       one thread at a time per handle
 * Since         0.1    Spec  KVM API, KVM_EXIT_SNP_REQ_CERTS
 */
JURAT_MUST_CHECK int jurat_snp_request_handle_exit_nowait(struct jurat_snp_request *request,
							  struct kvm_run *run,
							  const struct jurat_guest_memory *memory,
							  uint32_t *ret_wait_ms, struct jurat_error *err);

/*
 * Reports the result of a KVM_RUN, as jurat_snp_request_ran(), and clears the immediate_exit that
 * jurat_snp_request_handle_exit() has set, which KVM does not clear. It stays set while the lock is held.
 * When it releases the lock after a failed KVM_RUN, it changes the answer in kvm_run to EAGAIN. If KVM has
 * not completed the request yet, the guest then repeats it.
 *
 * run       the vCPU's mmap(2)ed kvm_run, at least 56 bytes
 * rc        0, or -errno of the ioctl
 * flags     as jurat_snp_request_ran
 * Returns   as jurat_snp_request_ran
 * Threads   one thread at a time per handle
 * Since     0.1    Spec  KVM API, KVM_RUN and immediate_exit
 */
int jurat_snp_request_handle_ran(struct jurat_snp_request *request, struct kvm_run *run, int rc,
				 unsigned flags);

/*
 * Discards a request and releases its lock, as if the handle were new. For a vCPU that was closed because its
 * VM was reset or ended.
 *
 * Do not call this function for a vCPU that still exists and has a pending request: the next KVM_RUN would
 * pass the request to the firmware without the lock. Instead, complete the request by KVM_RUN with
 * immediate_exit and jurat_snp_request_ran().
 *
 * Threads   one thread at a time per handle
 * Since     0.1
 */
void jurat_snp_request_reset(struct jurat_snp_request *request);

struct jurat_tdx_quotes; /* the quote requests of one VM, any number of vCPUs */

/* Value for members below in which 0 stands for a default. */
#define JURAT_TDX_QUOTES_NONE 0xffffffffu

/* How a quote request ended, for the log. Valid during the call of `log`. */
struct jurat_tdx_quote_outcome {
	size_t size;  /* set by the library: do not read members beyond it */
	uint64_t gpa; /* guest physical address of the buffer */
	/*
	 * Status in the buffer's header: 0 or an error defined by GHCI; in flight (0xffffffffffffffff) if
	 * jurat_tdx_quotes_reset() ended the request.
	 */
	uint64_t status;
	uint64_t out_bytes; /* bytes of output in the buffer */
	uint64_t took_ns;
	uint32_t qgs_error; /* the service's own error code, 0x12001 and so on; 0: none */
	int in_call;        /* 1: the request ended before GetQuote returned */
	const char *text;   /* what went wrong, one line; "" when nothing did */
};

struct jurat_tdx_quotes_options {
	size_t size; /* sizeof(struct jurat_tdx_quotes_options) */
	/*
	 * The quoting service: "unix:PATH", "vsock:CID:PORT" (CIDs as this process sees them: 1 is this
	 * machine, 2 its host if it is itself a guest) or "tcp:127.0.0.1:PORT". Copied. NULL: this host has
	 * none, and every request ends with the status "quote service unavailable".
	 */
	const char *service;
	/*
	 * How long GetQuote may wait for its quote; 0: 20 ms; JURAT_TDX_QUOTES_NONE: not at all. A Linux
	 * guest whose quote is not ready when GetQuote returns sleeps a whole second before it checks again.
	 * A VMM whose threads must not wait uses JURAT_TDX_QUOTES_NONE, and itself keeps the vCPU out of
	 * KVM_RUN for the grace time or until `log` reports the buffer.
	 */
	uint32_t grace_ms;
	/*
	 * Time after which a request fails, whatever the service does; 0: 25000 ms. A Linux guest gives up
	 * after 30 s and then ignores the buffer.
	 */
	uint32_t timeout_ms;
	uint32_t max_connections; /* concurrent connections to the service, up to 256; 0: 16 */
	/*
	 * Requests that may wait for a connection, up to 1024; 0: 64; JURAT_TDX_QUOTES_NONE: none. Beyond
	 * that a guest gets RETRY, upon which Linux does not retry. Each request holds a copy of the guest's
	 * input, at most 128 KiB, and each connection memory for a response of the size of the guest's
	 * buffer.
	 */
	uint32_t max_waiting;
	uint32_t exit_reason; /* the running kernel's number for KVM_EXIT_TDX; 0: 40 */
	/* From the kernel's struct kvm_tdx_capabilities, for GetTdVmCallInfo. */
	uint64_t kernel_tdvmcallinfo_1_r11, user_tdvmcallinfo_1_r11, kernel_tdvmcallinfo_1_r12;

	/*
	 * Injects `vector` (32 to 255) as a fixed interrupt into the vCPU that registered it. NULL: the
	 * guest's registration fails as not supported. Called from the thread that completes a request.
	 * Neither this nor `log` nor the callbacks of struct jurat_guest_memory may call jurat_tdx_quotes_*.
	 */
	void (*notify)(void *context, uint32_t vcpu, uint8_t vector);
	void (*log)(void *context, const struct jurat_tdx_quote_outcome *outcome); /* may be NULL */
	void *context;
};

/*
 * Creates the VMM's side of GetQuote for one VM. A guest passes a shared buffer that holds a TDREPORT; the
 * VMM sends the TDREPORT to a quoting service (QGS) and replaces it with the quote.
 *
 * Whatever the service does, an accepted request ends with a terminal status in the guest's buffer, and an
 * interrupt if the guest has registered one: with a buffer that stays in flight, a Linux guest gets EBUSY
 * forever.
 *
 * options   borrowed; NULL: defaults, and no quoting service
 * memory    access to guest memory; copied. Its callbacks are called from vCPU threads and from the thread
 *           that dispatches, concurrently for different requests. A naturally aligned write of 4 or 8 bytes
 *           must be a single store, because the guest polls that location; jurat puts a release fence between
 *           writes that the guest must see in order
 * ret       closed by the caller with jurat_tdx_quotes_close, which ends every request in flight with an
 *           error and accepts NULL. No other thread may be inside a jurat_tdx_quotes_* call at that time
 * Returns   0; -EINVAL an invalid size, value or address, or `memory` without `read` or `write`; -E2BIG a
 *           struct is of a newer release; -ENOMEM; -EMFILE or another -errno from creating a descriptor
 * Threads   after opening, any thread; the VMM need not serialize its vCPU threads
 * Since     0.1    Spec  GHCI 1.5, TDG.VP.VMCALL<GetQuote>
 */
JURAT_MUST_CHECK int jurat_tdx_quotes_open(const struct jurat_tdx_quotes_options *options,
					   const struct jurat_guest_memory *memory,
					   struct jurat_tdx_quotes **ret, struct jurat_error *err);
void jurat_tdx_quotes_close(struct jurat_tdx_quotes *quotes);

/*
 * End all requests in flight. Both return when all have ended; no callback is called for these requests
 * after that. Both wait for threads in jurat_tdx_quotes_dispatch() and, up to grace_ms, for threads in
 * jurat_tdx_quotes_serve(). `quotes` can still be used afterwards.
 *
 * jurat_tdx_quotes_cancel() is for a VM that continues later or on another host. Each request ends with an
 * error in its buffer, and with an interrupt if the guest has registered one. Call it before memory is saved
 * for the last time, while no vCPU runs: a buffer that is saved in flight stays in flight forever.
 *
 * jurat_tdx_quotes_reset() is for a VM that restarts, or whose memory will be unmapped. It writes nothing to
 * guest memory, injects no interrupt, and discards the guest's registration for interrupts. Call it after the
 * last vCPU has stopped and before the memory is reused or unmapped.
 *
 * Threads   any thread, but not from a callback
 * Since     0.1
 */
void jurat_tdx_quotes_cancel(struct jurat_tdx_quotes *quotes);
void jurat_tdx_quotes_reset(struct jurat_tdx_quotes *quotes);

/*
 * Returns a descriptor for poll(2), select(2) or epoll(7), which is readable when jurat_tdx_quotes_dispatch()
 * has work to do.
 *
 * Returns   the descriptor, owned by `quotes` and valid until they are closed; do not read from it or close
 *           it
 * Threads   any thread
 * Since     0.1
 */
int jurat_tdx_quotes_fd(const struct jurat_tdx_quotes *quotes);

/*
 * Advances every request as far as possible without blocking: handles connections, responses and timeouts.
 * Harmless when there is nothing to do.
 *
 * Returns   0; -errno the timer cannot be set: call it again soon
 * Threads   any thread
 * Since     0.1
 */
JURAT_MUST_CHECK int jurat_tdx_quotes_dispatch(struct jurat_tdx_quotes *quotes, struct jurat_error *err);

/*
 * Counts the requests that have not ended yet. A VMM that stops running its guest need not wait until it is
 * 0.
 *
 * Returns   their number
 * Threads   any thread
 * Since     0.1
 */
size_t jurat_tdx_quotes_outstanding_count(struct jurat_tdx_quotes *quotes);

/*
 * Serves TDG.VP.VMCALL<GetQuote>: checks the request, in the same order as QEMU, marks the buffer in flight,
 * and waits up to grace_ms for the quote. A signal to this thread ends the wait.
 *
 * The input may have either of two forms: a TDREPORT, for which the output is a quote, or a length-prefixed
 * QGS request, for which it is the service's length-prefixed response, which may be an error response.
 *
 * gpa, size    from the exit, untrusted: the guest's R12 without its shared bit, and R13
 * ret_answer   value for the guest's R10, to be stored in kvm_run's `ret`: 0 SUCCESS, the buffer's status is
 *              in flight or already terminal; 1 RETRY, too many requests are outstanding, or out of memory;
 *              0x8000000000000000 INVALID_OPERAND, size is 0 or above 128 KiB, the header is not of version
 *              1, in_len does not fit, or the buffer cannot be read or written; 0x8000000000000001 GPA_INUSE,
 *              the buffer overlaps one in flight; 0x8000000000000002 ALIGN_ERROR, gpa or size is not a
 *              multiple of 4096
 * Returns      0 *ret_answer is set; when it is not SUCCESS, `err` says why, for the log
 * Threads      any thread
 * Since        0.1    Spec  GHCI 1.5, TDG.VP.VMCALL<GetQuote>
 */
JURAT_MUST_CHECK int jurat_tdx_quotes_serve(struct jurat_tdx_quotes *quotes, uint64_t gpa, uint64_t size,
					    uint64_t *ret_answer, struct jurat_error *err);

/*
 * Serves TDG.VP.VMCALL<SetupEventNotifyInterrupt>: a VM has one vector, which the last call from any vCPU
 * sets.
 *
 * vector    from the exit, untrusted
 * vcpu      the VMM's identifier of the calling vCPU, passed to `notify`, such as its APIC id
 * Returns   value for R10: 0; 0x8000000000000000 INVALID_OPERAND a vector below 32 or above 255;
 *           0x8000000000000003 SUBFUNC_UNSUPPORTED there is no `notify`
 * Threads   any thread
 * Since     0.1    Spec  GHCI 1.5, TDG.VP.VMCALL<SetupEventNotifyInterrupt>
 */
uint64_t jurat_tdx_quotes_setup_notify(struct jurat_tdx_quotes *quotes, uint64_t vector, uint32_t vcpu);

/*
 * Serves TDG.VP.VMCALL<GetTdVmCallInfo>, leaf 1.
 *
 * leaf      from the exit, untrusted
 * ret       values for R11 to R14; changes on SUCCESS only
 * Returns   value for R10: 0; 0x8000000000000000 INVALID_OPERAND a leaf other than 1
 * Threads   any thread
 * Since     0.1    Spec  GHCI 1.5, TDG.VP.VMCALL<GetTdVmCallInfo>
 */
uint64_t jurat_tdx_quotes_vmcall_info(const struct jurat_tdx_quotes *quotes, uint64_t leaf, uint64_t ret[4]);

/*
 * Answers one KVM_EXIT_TDX in kvm_run itself, for a VMM that has direct access to `struct kvm_run`: as
 * jurat_tdx_quotes_serve(), jurat_tdx_quotes_setup_notify() and jurat_tdx_quotes_vmcall_info() do.
 *
 * Call it only after a KVM_RUN that returned 0: a failed one leaves exit_reason stale. For other calls of the
 * guest, the answer stays as KVM preset it: not supported.
 *
 * run       the vCPU's mmap(2)ed kvm_run, at least 96 bytes
 * vcpu      as jurat_tdx_quotes_setup_notify
 * Returns   as jurat_tdx_quotes_serve; -EINVAL the exit is of another kind: kvm_run is unchanged
 * Threads   any thread
 * Since     0.1    Spec  KVM API, KVM_EXIT_TDX
 */
JURAT_MUST_CHECK int jurat_tdx_quotes_handle_exit(struct jurat_tdx_quotes *quotes, struct kvm_run *run,
						  uint32_t vcpu, struct jurat_error *err);

#ifdef __cplusplus
}
#endif

#endif
