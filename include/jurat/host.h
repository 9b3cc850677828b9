/* SPDX-License-Identifier: MIT */
#ifndef JURAT_HOST_H
#define JURAT_HOST_H

#include <stddef.h>
#include <stdint.h>

#include <jurat/error.h>

/*
 * The host half, for virtual machine monitors: serving KVM_EXIT_SNP_REQ_CERTS so that the certificates a
 * guest gets are those of the key that signs its report, also while an operator changes TCB, VLEK or
 * certificates. Links against libc only (libjurat-host). Starts no thread, installs no handler, prints
 * nothing.
 *
 * In the vCPU loop:
 *
 *	rc = ioctl(vcpu, KVM_RUN, 0);
 *	e = rc < 0 ? -errno : 0;
 *	jurat_snp_handle_ran(req, run, e, 0);		after *every* KVM_RUN
 *	if (e < 0)
 *		...				-EINTR: look for one's own kicks, never at exit_reason
 *	else if (run->exit_reason == KVM_EXIT_SNP_REQ_CERTS)
 *		jurat_snp_handle_exit(req, run, &memory, &err);	then KVM_RUN again, in any case
 *
 * Look for kicks after jurat_snp_handle_ran(), not before: a kick that sets kvm_run->immediate_exit from a
 * signal handler is cleared with jurat's own, and its flag must be seen afterwards.
 */

#ifdef __cplusplus
extern "C" {
#endif

struct kvm_run;
struct jurat_certs;       /* where the certificates of this host are: one per VMM */
struct jurat_snp_request; /* the request in flight of one vCPU */

struct jurat_certs_options {
	size_t size; /* sizeof(struct jurat_certs_options) */
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
 * Returns   0; -EINVAL a bad option; -ENOMEM. Freed with jurat_certs_free, after all requests made from it.
 * Threads   after opening, by any thread
 * Since     0.1
 */
JURAT_MUST_CHECK int jurat_certs_open(const char *path, const struct jurat_certs_options *options,
				      struct jurat_certs **ret, struct jurat_error *err);
void jurat_certs_free(struct jurat_certs *certs);

/*
 * One per vCPU: it owns that vCPU's lock on the blob. A request at rest holds no descriptor and no buffer:
 * those belong to the certs and are as many as there were requests in flight at once.
 *
 * certs     borrowed until the request is freed
 * Returns   0; -ENOMEM. jurat_snp_request_free drops a lock that is still held.
 * Threads   one thread at a time, the vCPU's
 * Since     0.1
 */
JURAT_MUST_CHECK int jurat_snp_request_new(struct jurat_certs *certs, struct jurat_snp_request **ret,
					   struct jurat_error *err);
void jurat_snp_request_free(struct jurat_snp_request *request);

/*
 * How the VMM writes guest memory. Writes `n` bytes at guest physical address `gpa`, all or none, to *shared*
 * pages. A call never crosses a page boundary.
 * Returns   0; -EFAULT when any byte is private, unmapped or not RAM: it must fail cleanly, for the guest
 *           chooses gpa and may change a page's state at any time
 */
struct jurat_guest_memory {
	int (*write)(void *context, uint64_t gpa, const void *from, size_t n);
	void *context;
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
 * flags         JURAT_RAN_UNINITIALIZED when the vCPU's mp_state is KVM_MP_STATE_UNINITIALIZED: such a vCPU
 *               answers with -EINTR (immediate_exit) or -EAGAIN before the request was completed, so the lock
 *               stays
 * Returns       1 the lock was dropped now; 0 there was none, or it is still needed
 * Since         0.1    Spec  KVM API, KVM_RUN and immediate_exit
 */
#define JURAT_RAN_UNINITIALIZED 1u
int jurat_snp_request_ran(struct jurat_snp_request *request, int rc, unsigned flags);

/*
 * Both of the above for a VMM that has its `struct kvm_run` at hand: reads exit_reason, gpa and npages,
 * writes ret and npages, and, when a lock is held, immediate_exit = 1, so that KVM_RUN comes back as soon as
 * the firmware has been asked. jurat_snp_handle_ran() clears it again (KVM does not); it stays set while the
 * lock does.
 *
 * run           mmap(2) of the vCPU, at least 56 bytes
 * Returns       as jurat_snp_request_serve; -EINVAL the exit is another one, or the last KVM_RUN failed,
 *               which leaves exit_reason as it was before: kvm_run is not touched
 * Since         0.1
 */
JURAT_MUST_CHECK int jurat_snp_handle_exit(struct jurat_snp_request *request, struct kvm_run *run,
					   const struct jurat_guest_memory *memory, struct jurat_error *err);
int jurat_snp_handle_ran(struct jurat_snp_request *request, struct kvm_run *run, int rc, unsigned flags);

#ifdef __cplusplus
}
#endif

#endif
