/* SPDX-License-Identifier: MIT */
#ifndef RUN_VMM_CHECKS_TDX_H
#define RUN_VMM_CHECKS_TDX_H

#include "run/vmm/check.h"
#include "run/vmm/tdx_answer.h"
#include "uapi/tdx.h"
#include "wire/tdx_getquote.h"

/*
 * Functions that the checks of KVM_EXIT_TDX share. A check calls tdx_begin(), and returns if that returns
 * false. The functions record each failure themselves and then return false; the check then ends.
 */
enum {
	TDX_PAGE = 4096,
	TDX_BUFFER_PAGES = 2, /* Linux 6.7 to 6.19 */
	TDX_CALL_MS = 5000,   /* time limit for the VMM to call KVM_RUN again */
	TDX_END_MS = 5000,    /* time limit for a request to end, after the service has acted */
	TDX_VECTOR = 0x51,    /* MigTD's */
};

struct tdx_check {
	struct check_vmm *vmm;
	struct check_result *result;
	struct check_vcpu *vcpu;
	uint64_t ram, pages; /* `pages`, and a guard page on either side, which must not change */
	uint64_t n_asked;    /* each request has report data of its own */
};

/* One GetQuote request: `pages` from page `page` of t->ram on. */
struct tdx_buffer {
	uint64_t gpa;
	size_t size;
	struct tdx_asked asked;
	uint64_t answer;                  /* R10 */
	uint64_t took_ns;                 /* GetQuote's */
	struct tdx_getquote_hdr returned; /* the header when GetQuote returned */
};

/* A guest's TDVMCALL, and its answer, known once the VMM has called KVM_RUN again. */
struct tdx_call {
	uint64_t nr, args[2];
	uint64_t answer, took_ns, info[4];
	unsigned complete_with;
	struct tdx_buffer *buffer; /* NULL: none. Its header is read when the call returns. */
	struct check_exit exit;
};

/* false: skipped for lack of a vCPU or memory. The service is good, and interrupts do not reach the VM. */
bool tdx_begin(struct tdx_check *t, struct check_vmm *vmm, struct check_result *result, uint64_t pages);
/* Keeps interrupts, including late ones, from the VM. tdx_begin() calls it. */
void tdx_swallow_interrupts(struct tdx_check *t);
bool tdx_behave(struct tdx_check *t, struct qgs_fault fault);

/* tdx_give() makes the exit on a vCPU; tdx_finish() waits for it. tdx_make() does both, on t->vcpu. */
void tdx_give(struct tdx_check *t, struct check_vcpu *vcpu, struct tdx_call *call);
bool tdx_finish(struct tdx_check *t, struct check_vcpu *vcpu, struct tdx_call *call);
bool tdx_make(struct tdx_check *t, struct tdx_call *call);

/* Access guest memory. -EFAULT that persists is a failure. */
bool tdx_read(struct tdx_check *t, uint64_t gpa, void *to, size_t n);
bool tdx_write(struct tdx_check *t, uint64_t gpa, const void *from, size_t n);
/* Fills the guard pages, as tdx_begin() does; for a VM whose memory is new, such as after a reset. */
bool tdx_guard(struct tdx_check *t);
/* Writes a new request to guest memory. */
bool tdx_prepare(struct tdx_check *t, struct tdx_buffer *b, unsigned page, unsigned pages, bool framed);
/* Calls GetQuote with the buffer, and accepts any answer. */
bool tdx_call_quote(struct tdx_check *t, struct tdx_buffer *b);
/* The same, but requires R10 SUCCESS, and a status in flight or final when GetQuote returns. */
bool tdx_submit(struct tdx_check *t, struct tdx_buffer *b, const char *what);
/* Prepares and submits a request of TDX_BUFFER_PAGES pages at page 0. */
bool tdx_request(struct tdx_check *t, struct tdx_buffer *b, const char *what);
/* Requires that the status was in flight when GetQuote returned. The service has not answered yet. */
bool tdx_expect_in_flight(struct tdx_check *t, const struct tdx_buffer *b, const char *what);
/* Waits until the status is no longer in flight. */
bool tdx_wait_end(struct tdx_check *t, const struct tdx_buffer *b, unsigned timeout_ms, const char *what);
bool tdx_has_status(struct tdx_check *t, const struct tdx_buffer *b, uint64_t status);
/* Serves the VMM for `ms` milliseconds. */
bool tdx_pause(struct tdx_check *t, unsigned ms);

/* Check the result of a request that has ended. Memory outside its buffer must not have changed. */
bool tdx_expect_quote(struct tdx_check *t, const struct tdx_buffer *b, const char *what);
bool tdx_expect_error(struct tdx_check *t, const struct tdx_buffer *b, bool only_unavailable,
		      const char *what);
/* Makes a whole request with a good service, which the VMM must serve as before, after `after`. */
bool tdx_still_serves(struct tdx_check *t, const char *after);
bool tdx_expect_answer(struct tdx_check *t, uint64_t answer, uint64_t expected, const char *what);

/* checks_tdx_*.c */
void tdx_check_quote(struct check_vmm *vmm, struct check_result *result);
void tdx_check_quote_framed(struct check_vmm *vmm, struct check_result *result);
void tdx_check_in_flight_first(struct check_vmm *vmm, struct check_result *result);
void tdx_check_status_last(struct check_vmm *vmm, struct check_result *result);
void tdx_check_128_kib(struct check_vmm *vmm, struct check_result *result);
void tdx_check_stale_exit(struct check_vmm *vmm, struct check_result *result);
void tdx_check_kick(struct check_vmm *vmm, struct check_result *result);
void tdx_check_two_vcpus(struct check_vmm *vmm, struct check_result *result);
void tdx_check_sixteen(struct check_vmm *vmm, struct check_result *result);
void tdx_check_retry(struct check_vmm *vmm, struct check_result *result);
void tdx_check_overlap(struct check_vmm *vmm, struct check_result *result);
void tdx_check_too_large(struct check_vmm *vmm, struct check_result *result);
void tdx_check_alignment(struct check_vmm *vmm, struct check_result *result);
void tdx_check_bad_header(struct check_vmm *vmm, struct check_result *result);
void tdx_check_refused_slots(struct check_vmm *vmm, struct check_result *result);
void tdx_check_hole(struct check_vmm *vmm, struct check_result *result);
void tdx_check_service_absent(struct check_vmm *vmm, struct check_result *result);
void tdx_check_service_slow(struct check_vmm *vmm, struct check_result *result);
void tdx_check_service_pieces(struct check_vmm *vmm, struct check_result *result);
void tdx_check_service_large(struct check_vmm *vmm, struct check_result *result);
void tdx_check_service_garbage(struct check_vmm *vmm, struct check_result *result);
void tdx_check_service_dies(struct check_vmm *vmm, struct check_result *result);
void tdx_check_service_error(struct check_vmm *vmm, struct check_result *result);
void tdx_check_service_silent(struct check_vmm *vmm, struct check_result *result);
void tdx_check_notify(struct check_vmm *vmm, struct check_result *result);
void tdx_check_notify_bad_vector(struct check_vmm *vmm, struct check_result *result);
void tdx_check_vmcall_info(struct check_vmm *vmm, struct check_result *result);
void tdx_check_reset(struct check_vmm *vmm, struct check_result *result);
void tdx_check_unknown_call(struct check_vmm *vmm, struct check_result *result);

#endif
