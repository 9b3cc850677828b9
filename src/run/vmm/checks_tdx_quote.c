/* SPDX-License-Identifier: MIT */
#include "run/vmm/checks_tdx.h"

#include <errno.h>
#include <inttypes.h>

#include "base/bytes.h"
#include "wire/qgs.h"

/* Quotes: what a guest gets, and in which order the VMM stores it. */
enum {
	BIG_PAGES = TDX_GETQUOTE_MAX_BYTES / TDX_PAGE,
	/* QEMU has the service's message, with its length, in memory of the size of the buffer's data. */
	BIG_QUOTE_BYTES =
		TDX_GETQUOTE_MAX_BYTES - TDX_GETQUOTE_HDR_BYTES - QGS_FRAME_BYTES - QGS_QUOTE_RESP_BYTES,
	ROUNDS = 8,
	NS_PER_MS = 1000000,
};

static void check_one(struct check_vmm *vmm, struct check_result *result, bool framed, const char *what)
{
	struct tdx_check t;
	struct tdx_buffer b;

	if (!tdx_begin(&t, vmm, result, TDX_BUFFER_PAGES))
		return;
	for (unsigned i = 0; i < 2; i++) /* the second finds what the first has left behind */
		if (!tdx_prepare(&t, &b, 0, TDX_BUFFER_PAGES, framed) || !tdx_submit(&t, &b, what) ||
		    !tdx_wait_end(&t, &b, TDX_END_MS, what) || !tdx_expect_quote(&t, &b, what))
			return;
}

void tdx_check_quote(struct check_vmm *vmm, struct check_result *result)
{
	check_one(vmm, result, false, "a TDREPORT in a buffer of 8 KiB");
}

void tdx_check_quote_framed(struct check_vmm *vmm, struct check_result *result)
{
	check_one(vmm, result, true, "a QGS message with its length in a buffer of 8 KiB");
}

void tdx_check_in_flight_first(struct check_vmm *vmm, struct check_result *result)
{
	const char *what = "while the service has not answered";
	struct tdx_check t;
	struct tdx_buffer b;

	if (!tdx_begin(&t, vmm, result, TDX_BUFFER_PAGES) ||
	    !tdx_behave(&t, (struct qgs_fault){ QGS_HELD }) || !tdx_request(&t, &b, what) ||
	    !tdx_expect_in_flight(&t, &b, what))
		return;
	qgs_faults_release(check_qgs(vmm));
	if (tdx_wait_end(&t, &b, TDX_END_MS, what))
		(void)tdx_expect_quote(&t, &b, what);
}

/* What a guest that polls sees the moment that the status is final. */
static bool watch_end(struct tdx_check *t, const struct tdx_buffer *b)
{
	const uint64_t until = base_now_ns(base_env_real()) + (uint64_t)TDX_END_MS * NS_PER_MS;
	const uint64_t last = b->gpa + TDX_GETQUOTE_DATA_OFF + BIG_QUOTE_BYTES - 8;
	uint8_t status[8], tail[8], out_len[4];

	do {
		/* In this order; one call each, so that no read is before another. */
		if (!tdx_read(t, b->gpa + TDX_GETQUOTE_STATUS_OFF, status, sizeof(status)) ||
		    !tdx_read(t, last, tail, sizeof(tail)) ||
		    !tdx_read(t, b->gpa + TDX_GETQUOTE_OUT_LEN_OFF, out_len, sizeof(out_len)))
			return false;
		if (bytes_get_le(status, 8) == TDX_GETQUOTE_IN_FLIGHT)
			continue;
		if (bytes_get_le(status, 8) != TDX_GETQUOTE_SUCCESS)
			return true; /* tdx_expect_quote() will say */
		if (bytes_all(tail, sizeof(tail), 0) && bytes_get_le(out_len, 4) == BIG_QUOTE_BYTES)
			return true;
		check_fail(t->result,
			   "the status was 0 (success) when %s had not been written: expected the data, then "
			   "out_len, then the status",
			   bytes_all(tail, sizeof(tail), 0) ? "out_len" : "the end of the quote");
		return false;
	} while (base_now_ns(base_env_real()) < until);
	return true;
}

void tdx_check_status_last(struct check_vmm *vmm, struct check_result *result)
{
	const struct qgs_fault held = { QGS_HELD, .quote_bytes = BIG_QUOTE_BYTES };
	const char *what = "a quote that fills 128 KiB";
	struct tdx_check t;
	struct tdx_buffer b;

	if (!tdx_begin(&t, vmm, result, BIG_PAGES))
		return;
	for (unsigned i = 0; i < ROUNDS; i++) {
		if (!tdx_behave(&t, held) || !tdx_prepare(&t, &b, 0, BIG_PAGES, false) ||
		    !tdx_submit(&t, &b, what))
			return;
		qgs_faults_release(check_qgs(vmm));
		if (!watch_end(&t, &b) || !tdx_wait_end(&t, &b, TDX_END_MS, what) ||
		    !tdx_expect_quote(&t, &b, what))
			return;
	}
}

void tdx_check_128_kib(struct check_vmm *vmm, struct check_result *result)
{
	static const struct {
		unsigned pages;
		size_t quote_bytes;
		const char *what;
	} sizes[] = {
		{ 4, 0, "a buffer of 16 KiB" },
		{ BIG_PAGES, 0, "a buffer of 128 KiB" },
		{ BIG_PAGES, BIG_QUOTE_BYTES, "a buffer of 128 KiB with a quote that fills it" },
	};
	struct tdx_check t;
	struct tdx_buffer b;

	if (!tdx_begin(&t, vmm, result, BIG_PAGES))
		return;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		const struct qgs_fault good = { QGS_GOOD, .quote_bytes = sizes[i].quote_bytes };

		if (!tdx_behave(&t, good) || !tdx_prepare(&t, &b, 0, sizes[i].pages, false) ||
		    !tdx_submit(&t, &b, sizes[i].what) || !tdx_wait_end(&t, &b, TDX_END_MS, sizes[i].what) ||
		    !tdx_expect_quote(&t, &b, sizes[i].what))
			return;
	}
}

/* After the answer KVM_RUN fails with EINTR, as for a signal: exit_reason still says KVM_EXIT_TDX. */
void tdx_check_stale_exit(struct check_vmm *vmm, struct check_result *result)
{
	const char *what = "GetQuote whose KVM_RUN then returned EINTR";
	struct tdx_check t;
	struct tdx_buffer b;
	struct tdx_call call = { .nr = UAPI_TDVMCALL_GET_QUOTE, .complete_with = EINTR, .buffer = &b };
	struct tdx_call next = { .nr = UAPI_TDVMCALL_SERVICE };
	uint64_t requests;

	if (!tdx_begin(&t, vmm, result, TDX_BUFFER_PAGES) || !tdx_prepare(&t, &b, 0, TDX_BUFFER_PAGES, false))
		return;
	requests = qgs_faults_requests(check_qgs(vmm));
	call.args[0] = b.gpa;
	call.args[1] = b.size;
	if (!tdx_make(&t, &call) || !tdx_expect_answer(&t, call.answer, UAPI_TDVMCALL_SUCCESS, what) ||
	    !tdx_make(&t, &next) || !tdx_wait_end(&t, &b, TDX_END_MS, what))
		return;
	requests = qgs_faults_requests(check_qgs(vmm)) - requests;
	if (requests > 1)
		check_fail(result,
			   "%s: the service got %" PRIu64
			   " requests for one call: expected that exit_reason is not believed after EINTR",
			   what, requests);
	else
		(void)tdx_expect_quote(&t, &b, what);
}

/*
 * A signal without SA_RESTART to the vCPU's thread, while it may be waiting for the quote. immediate_exit is
 * left alone: a VMM that never sets it does not clear it either.
 */
void tdx_check_kick(struct check_vmm *vmm, struct check_result *result)
{
	enum { EXITS = 24, DELAY_MS = 4, MAX_US = 5000 };
	const struct qgs_fault slow = { QGS_SLOW, .delay_ms = DELAY_MS };
	const char *what = "GetQuote during which a signal came";
	struct tdx_check t;
	struct tdx_buffer b;

	if (!tdx_begin(&t, vmm, result, TDX_BUFFER_PAGES) || !tdx_behave(&t, slow))
		return;
	for (unsigned i = 0; i < EXITS; i++) {
		struct tdx_call call = { .nr = UAPI_TDVMCALL_GET_QUOTE, .buffer = &b };

		if (!tdx_prepare(&t, &b, 0, TDX_BUFFER_PAGES, false))
			return;
		call.args[0] = b.gpa;
		call.args[1] = b.size;
		call.exit.kick_us = 1 + (uint32_t)(check_random(vmm) % MAX_US);
		if (!tdx_make(&t, &call) ||
		    !tdx_expect_answer(&t, call.answer, UAPI_TDVMCALL_SUCCESS, what) ||
		    !tdx_wait_end(&t, &b, TDX_END_MS, what) || !tdx_expect_quote(&t, &b, what))
			return;
	}
}

void tdx_check_two_vcpus(struct check_vmm *vmm, struct check_result *result)
{
	const char *what = "GetQuote on two vCPUs at once";
	struct check_vcpu *other = check_vcpu(vmm, 1); /* waits for it; then there is a first one */
	struct tdx_buffer b[2];
	struct tdx_call calls[2];
	struct tdx_check t;

	if (!tdx_begin(&t, vmm, result, 2 * (uint64_t)TDX_BUFFER_PAGES))
		return;
	if (!other) {
		check_skip(result, "the VM has one vCPU that runs");
		return;
	}
	for (unsigned i = 0; i < 2; i++) {
		if (!tdx_prepare(&t, &b[i], i * TDX_BUFFER_PAGES, TDX_BUFFER_PAGES, false))
			return;
		calls[i] = (struct tdx_call){ .nr = UAPI_TDVMCALL_GET_QUOTE,
					      .args = { b[i].gpa, b[i].size },
					      .buffer = &b[i] };
	}
	tdx_give(&t, t.vcpu, &calls[0]);
	tdx_give(&t, other, &calls[1]);
	if (!tdx_finish(&t, t.vcpu, &calls[0])) {
		check_take_back(other, &calls[1].exit);
		return;
	}
	if (!tdx_finish(&t, other, &calls[1]))
		return;
	for (unsigned i = 0; i < 2; i++)
		if (!tdx_expect_answer(&t, b[i].answer, UAPI_TDVMCALL_SUCCESS, what) ||
		    !tdx_wait_end(&t, &b[i], TDX_END_MS, what) || !tdx_expect_quote(&t, &b[i], what))
			return;
}
