/* SPDX-License-Identifier: MIT */
#include "run/vmm/checks_tdx.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/bytes.h"
#include "base/cleanup.h"

/* What a VMM has to refuse, or to put off: operands, buffers and numbers of a guest. */
enum {
	OUTSTANDING = 16,   /* QEMU's limit */
	MANY = 128,         /* more than any VMM has to accept */
	FEW_PAGES = 40,     /* where the VM leaves fewer than MANY */
	AFTER_REFUSALS = 20 /* more than the limit, which refused requests must not count against */
};

/* GetQuote with operands that must be refused; the guest's buffer stays its own. */
static bool refuse(struct tdx_check *t, struct tdx_buffer *b, uint64_t expected, const char *what)
{
	if (!tdx_call_quote(t, b) || !tdx_expect_answer(t, b->answer, expected, what))
		return false;
	if (b->returned.status != TDX_GETQUOTE_IN_FLIGHT)
		return true;
	check_fail(t->result, "%s: the buffer was refused, and its status is in flight", what);
	return false;
}

void tdx_check_alignment(struct check_vmm *vmm, struct check_result *result)
{
	static const struct {
		unsigned at, size;
		const char *what;
	} table[] = {
		{ 1, TDX_PAGE, "an address that is odd" },
		{ 8, 2 * TDX_PAGE, "an address 8 bytes behind a page" },
		{ TDX_PAGE - 1, TDX_PAGE, "an address 1 byte in front of a page" },
		{ 0, TDX_PAGE - 1, "a size of 4095" },
		{ 0, TDX_PAGE + 1, "a size of 4097" },
		{ 0, 2048, "a size of 2048" },
	};
	struct tdx_check t;
	struct tdx_buffer b;

	if (!tdx_begin(&t, vmm, result, TDX_BUFFER_PAGES))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		if (!tdx_prepare(&t, &b, 0, TDX_BUFFER_PAGES, false))
			return;
		b.gpa += table[i].at;
		b.size = table[i].size;
		if (!refuse(&t, &b, UAPI_TDVMCALL_ALIGN_ERROR, table[i].what))
			return;
	}
	(void)tdx_still_serves(&t, "after buffers that are not of whole pages");
}

void tdx_check_too_large(struct check_vmm *vmm, struct check_result *result)
{
	static const struct {
		uint64_t size;
		const char *what;
	} table[] = {
		{ 0, "a size of 0" },
		{ UINT64_C(1) << 32, "a size of 4 GiB" },
		{ UINT64_C(1) << 40, "a size of 1 TiB" },
		{ UINT64_C(1) << 63, "a size of 2^63" },
		{ UINT64_C(0) - TDX_PAGE, "a size of 2^64 - 4096" },
	};
	struct tdx_check t;
	struct tdx_buffer b;

	if (!tdx_begin(&t, vmm, result, TDX_BUFFER_PAGES))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		if (!tdx_prepare(&t, &b, 0, TDX_BUFFER_PAGES, false))
			return;
		b.size = table[i].size;
		if (!refuse(&t, &b, UAPI_TDVMCALL_INVALID_OPERAND, table[i].what))
			return;
	}
	(void)tdx_still_serves(&t, "after sizes that no buffer has");
}

/* Changes one field of the header in guest memory. */
static bool patch(struct tdx_check *t, const struct tdx_buffer *b, unsigned at, unsigned bytes,
		  uint64_t value)
{
	uint8_t field[8];

	bytes_put_le(field, value, bytes);
	return tdx_write(t, b->gpa + at, field, bytes);
}

void tdx_check_bad_header(struct check_vmm *vmm, struct check_result *result)
{
	enum { VERSION = 0, IN_LEN = 16, SIZE = TDX_BUFFER_PAGES * TDX_PAGE };
	static const struct {
		unsigned at, bytes;
		uint64_t value;
		const char *what;
	} table[] = {
		{ VERSION, 8, 0, "a header of version 0" },
		{ VERSION, 8, 2, "a header of version 2" },
		{ VERSION, 8, UINT64_C(1) << 32 | 1, "a header of version 2^32 + 1" },
		{ IN_LEN, 4, SIZE - TDX_GETQUOTE_HDR_BYTES + 1, "an in_len one byte beyond the buffer" },
		{ IN_LEN, 4, SIZE, "an in_len of the whole buffer" },
		{ IN_LEN, 4, UINT32_MAX, "an in_len of 2^32 - 1" },
	};
	struct tdx_check t;
	struct tdx_buffer b;

	if (!tdx_begin(&t, vmm, result, TDX_BUFFER_PAGES))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(table) * AFTER_REFUSALS; i++) {
		const size_t row = i % ARRAY_SIZE(table);

		if (!tdx_prepare(&t, &b, 0, TDX_BUFFER_PAGES, false) ||
		    !patch(&t, &b, table[row].at, table[row].bytes, table[row].value) ||
		    !refuse(&t, &b, UAPI_TDVMCALL_INVALID_OPERAND, table[row].what))
			return;
	}
	/* No input at all is one that the service refuses: whoever accepts it must end it. */
	if (!tdx_prepare(&t, &b, 0, TDX_BUFFER_PAGES, false) || !patch(&t, &b, IN_LEN, 4, 0) ||
	    !tdx_call_quote(&t, &b))
		return;
	b.asked.in_len = 0;
	if (b.answer == UAPI_TDVMCALL_SUCCESS && (!tdx_wait_end(&t, &b, TDX_END_MS, "an in_len of 0") ||
						  !tdx_expect_error(&t, &b, false, "an in_len of 0")))
		return;
	(void)tdx_still_serves(&t, "after headers that were refused");
}

/* A buffer whose header can be read and whose input cannot: QEMU has counted it by then. */
void tdx_check_refused_slots(struct check_vmm *vmm, struct check_result *result)
{
	const char *what = "a buffer that ends behind the last page of memory, with an in_len of 5000";
	const uint64_t last = check_last_page(vmm);
	uint8_t kept[TDX_GETQUOTE_HDR_BYTES];
	struct tdx_check t;
	struct tdx_buffer b;
	bool refused = true;

	if (!tdx_begin(&t, vmm, result, TDX_BUFFER_PAGES))
		return;
	if (!last || check_read(vmm, last, kept, sizeof(kept)) < 0 ||
	    check_read(vmm, last + TDX_PAGE, kept, 1) == 0) {
		check_skip(result, "the VM has no last page of memory that can be written");
		return;
	}
	if (!tdx_prepare(&t, &b, 0, TDX_BUFFER_PAGES, false))
		return;
	b.gpa = last;
	for (unsigned i = 0; i < AFTER_REFUSALS && refused; i++)
		refused = patch(&t, &b, 0, 8, TDX_GETQUOTE_VERSION) &&
			  patch(&t, &b, TDX_GETQUOTE_STATUS_OFF, 8, 0) && patch(&t, &b, 16, 8, 5000) &&
			  refuse(&t, &b, UAPI_TDVMCALL_INVALID_OPERAND, what);
	if (tdx_write(&t, last, kept, sizeof(kept)) && refused)
		(void)tdx_still_serves(&t, "after 20 requests that were refused");
}

void tdx_check_hole(struct check_vmm *vmm, struct check_result *result)
{
	const struct {
		uint64_t gpa;
		const char *what;
	} table[] = {
		{ check_hole(vmm), "a buffer where there is no memory" },
		{ check_rom(vmm), "a buffer in read-only memory" },
		{ UINT64_C(1) << 46, "a buffer at 2^46" },
		{ UINT64_C(0) - 2 * TDX_PAGE, "a buffer in the last two pages of 64 bits" },
	};
	struct tdx_check t;
	struct tdx_buffer b;

	if (!tdx_begin(&t, vmm, result, TDX_BUFFER_PAGES))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		if (!table[i].gpa)
			continue;
		b = (struct tdx_buffer){ .gpa = table[i].gpa, .size = 2 * (size_t)TDX_PAGE };
		if (!refuse(&t, &b, UAPI_TDVMCALL_INVALID_OPERAND, table[i].what))
			return;
	}
	(void)tdx_still_serves(&t, "after buffers that are not in memory");
}

void tdx_check_overlap(struct check_vmm *vmm, struct check_result *result)
{
	const char *what = "the first buffer";
	struct tdx_buffer first, second;
	uint8_t hdr[TDX_GETQUOTE_HDR_BYTES];
	struct tdx_check t;

	if (!tdx_begin(&t, vmm, result, 2 * (uint64_t)TDX_BUFFER_PAGES) ||
	    !tdx_behave(&t, (struct qgs_fault){ QGS_HELD }) ||
	    !tdx_prepare(&t, &first, 0, TDX_BUFFER_PAGES, false) || !tdx_submit(&t, &first, what))
		return;
	for (unsigned i = 0; i < 2; i++) { /* the same buffer; one that begins in its last page */
		if (i == 0)
			second = first;
		else if (!tdx_prepare(&t, &second, TDX_BUFFER_PAGES - 1, TDX_BUFFER_PAGES, false))
			return;
		if (!tdx_call_quote(&t, &second))
			return;
		if (second.answer == UAPI_TDVMCALL_SUCCESS) {
			check_fail(result,
				   "found SUCCESS in R10 for %s while the first one is in flight: expected "
				   "GPA_INUSE (%#llx) or another refusal, or the guest gets parts of two "
				   "quotes",
				   i == 0 ? "the same buffer" : "a buffer that overlaps it",
				   (unsigned long long)UAPI_TDVMCALL_GPA_INUSE);
			qgs_faults_release(check_qgs(vmm));
			return;
		}
		if (!tdx_read(&t, first.gpa, hdr, sizeof(hdr)))
			return;
		if (bytes_get_le(hdr + TDX_GETQUOTE_STATUS_OFF, 8) != TDX_GETQUOTE_IN_FLIGHT) {
			check_fail(result, "the buffer is not in flight any more after an overlapping "
					   "one was refused");
			return;
		}
	}
	qgs_faults_release(check_qgs(vmm));
	if (tdx_wait_end(&t, &first, TDX_END_MS, "the buffer that was in flight") &&
	    tdx_expect_quote(&t, &first, "the buffer that was in flight"))
		(void)tdx_still_serves(&t, "after overlapping buffers were refused");
}

void tdx_check_sixteen(struct check_vmm *vmm, struct check_result *result)
{
	struct tdx_buffer b[OUTSTANDING + 1];
	struct tdx_check t;
	bool retried;
	char what[64];

	if (!tdx_begin(&t, vmm, result, (uint64_t)ARRAY_SIZE(b) * TDX_BUFFER_PAGES) ||
	    !tdx_behave(&t, (struct qgs_fault){ QGS_HELD }))
		return;
	for (unsigned i = 0; i < OUTSTANDING; i++) {
		snprintf(what, sizeof(what), "request %u of 16 outstanding ones", i + 1);
		if (!tdx_prepare(&t, &b[i], i * TDX_BUFFER_PAGES, TDX_BUFFER_PAGES, false) ||
		    !tdx_submit(&t, &b[i], what))
			return;
	}
	if (!tdx_prepare(&t, &b[OUTSTANDING], OUTSTANDING * TDX_BUFFER_PAGES, TDX_BUFFER_PAGES, false) ||
	    !tdx_call_quote(&t, &b[OUTSTANDING]))
		return;
	retried = b[OUTSTANDING].answer == UAPI_TDVMCALL_RETRY;
	if (!retried &&
	    !tdx_expect_answer(&t, b[OUTSTANDING].answer, UAPI_TDVMCALL_SUCCESS, "the 17th request"))
		return;
	if (!tdx_behave(&t, (struct qgs_fault){ QGS_GOOD }))
		return;
	qgs_faults_release(check_qgs(vmm));
	for (unsigned i = 0; i < ARRAY_SIZE(b) - retried; i++) {
		snprintf(what, sizeof(what), "request %u of 17", i + 1);
		if (!tdx_wait_end(&t, &b[i], TDX_END_MS, what) || !tdx_expect_quote(&t, &b[i], what))
			return;
	}
}

/* As many as the VMM takes, up to MANY, of one page each: they end with an error, as no quote fits. */
void tdx_check_retry(struct check_vmm *vmm, struct check_result *result)
{
	const unsigned most = check_ram(vmm, MANY + 2) ? MANY : FEW_PAGES;
	static struct tdx_buffer b[MANY];
	struct tdx_check t;
	unsigned n = 0;

	if (!tdx_begin(&t, vmm, result, most) || !tdx_behave(&t, (struct qgs_fault){ QGS_HELD }))
		return;
	for (; n < most; n++) {
		if (!tdx_prepare(&t, &b[n], n, 1, false) || !tdx_call_quote(&t, &b[n]))
			return;
		if (b[n].answer == UAPI_TDVMCALL_RETRY)
			break;
		if (!tdx_expect_answer(&t, b[n].answer, UAPI_TDVMCALL_SUCCESS, "one of many requests"))
			return;
	}
	if (n < most && b[n].returned.status == TDX_GETQUOTE_IN_FLIGHT) {
		check_fail(result, "GetQuote returned RETRY, and the buffer's status is in flight");
		return;
	}
	if (n == 0) {
		check_fail(result, "found RETRY in R10 while no request was outstanding: expected SUCCESS");
		return;
	}
	if (!tdx_behave(&t, (struct qgs_fault){ QGS_GOOD }))
		return;
	qgs_faults_release(check_qgs(vmm));
	for (unsigned i = 0; i < n; i++)
		if (!tdx_wait_end(&t, &b[i], TDX_END_MS, "one of many requests") ||
		    !tdx_expect_error(&t, &b[i], false, "a quote that does not fit a buffer of 4 KiB"))
			return;
	(void)tdx_still_serves(&t, "after RETRY, when all requests have ended");
}
