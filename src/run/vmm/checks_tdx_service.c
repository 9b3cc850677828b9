/* SPDX-License-Identifier: MIT */
#include "run/vmm/checks_tdx.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "wire/qgs.h"

/* Whatever the quoting service does, a request that was accepted ends. */
enum {
	DELAY_MS = 500,
	SILENT_MS = 31000, /* a Linux guest gives up after 30 s and then ignores the buffer */
	DATA_BYTES = TDX_BUFFER_PAGES * TDX_PAGE - TDX_GETQUOTE_HDR_BYTES,
	NS_PER_MS = 1000000,
};

/* One request with that service, which must end with an error. */
static bool ends_with_error(struct tdx_check *t, struct qgs_fault fault, bool only_unavailable,
			    const char *what)
{
	struct tdx_buffer b;

	return tdx_behave(t, fault) && tdx_request(t, &b, what) && tdx_wait_end(t, &b, TDX_END_MS, what) &&
	       tdx_expect_error(t, &b, only_unavailable, what);
}

void tdx_check_service_absent(struct check_vmm *vmm, struct check_result *result)
{
	struct tdx_check t;

	if (tdx_begin(&t, vmm, result, TDX_BUFFER_PAGES) &&
	    ends_with_error(&t, (struct qgs_fault){ QGS_ABSENT }, true, "no socket of a service") &&
	    ends_with_error(&t, (struct qgs_fault){ QGS_REFUSES }, true, "a socket that refuses connections"))
		(void)tdx_still_serves(&t, "when the service is there again");
}

void tdx_check_service_slow(struct check_vmm *vmm, struct check_result *result)
{
	const struct qgs_fault slow = { QGS_SLOW, .delay_ms = DELAY_MS };
	const char *what = "a service that takes 500 ms";
	struct tdx_check t;
	struct tdx_buffer b;

	if (!tdx_begin(&t, vmm, result, TDX_BUFFER_PAGES) || !tdx_behave(&t, slow) ||
	    !tdx_request(&t, &b, what))
		return;
	if (tdx_expect_in_flight(&t, &b, what) && tdx_wait_end(&t, &b, TDX_END_MS, what))
		(void)tdx_expect_quote(&t, &b, what);
}

void tdx_check_service_pieces(struct check_vmm *vmm, struct check_result *result)
{
	const char *what = "a response that comes in pieces, byte by byte at first";
	struct tdx_check t;
	struct tdx_buffer b;

	for (unsigned framed = 0; framed < 2; framed++)
		if (!tdx_begin(&t, vmm, result, TDX_BUFFER_PAGES) ||
		    !tdx_behave(&t, (struct qgs_fault){ QGS_PIECES }) ||
		    !tdx_prepare(&t, &b, 0, TDX_BUFFER_PAGES, framed) || !tdx_submit(&t, &b, what) ||
		    !tdx_wait_end(&t, &b, TDX_END_MS, what) || !tdx_expect_quote(&t, &b, what))
			return;
}

void tdx_check_service_large(struct check_vmm *vmm, struct check_result *result)
{
	static const struct {
		size_t quote_bytes;
		const char *what;
	} table[] = {
		{ DATA_BYTES + 1, "a quote one byte larger than the buffer" },
		{ DATA_BYTES + TDX_PAGE, "a quote one page larger than the buffer" },
		{ 16 * (size_t)DATA_BYTES, "a quote many times larger than the buffer" },
	};
	struct tdx_check t;

	if (!tdx_begin(&t, vmm, result, TDX_BUFFER_PAGES))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		const struct qgs_fault large = { QGS_GOOD, .quote_bytes = table[i].quote_bytes };

		if (!ends_with_error(&t, large, false, table[i].what))
			return;
	}
	(void)tdx_still_serves(&t, "after quotes that were too large");
}

void tdx_check_service_garbage(struct check_vmm *vmm, struct check_result *result)
{
	const char *trails = "a good response with 4096 bytes after it";
	struct tdx_check t;
	struct tdx_buffer b;
	char what[96];

	if (!tdx_begin(&t, vmm, result, TDX_BUFFER_PAGES))
		return;
	for (unsigned i = 0; qgs_garbage_name(i); i++) {
		snprintf(what, sizeof(what), "a response with %s", qgs_garbage_name(i));
		if (!ends_with_error(&t, (struct qgs_fault){ QGS_GARBAGE, .garbage = i }, false, what))
			return;
	}
	/* It may be taken or refused, as long as nothing else is changed. */
	if (!tdx_behave(&t, (struct qgs_fault){ QGS_TRAILS }) || !tdx_request(&t, &b, trails) ||
	    !tdx_wait_end(&t, &b, TDX_END_MS, trails))
		return;
	if (tdx_has_status(&t, &b, TDX_GETQUOTE_SUCCESS) ? !tdx_expect_quote(&t, &b, trails)
							 : !tdx_expect_error(&t, &b, false, trails))
		return;
	(void)tdx_still_serves(&t, "after malformed responses");
}

void tdx_check_service_dies(struct check_vmm *vmm, struct check_result *result)
{
	static const size_t after[] = { 0,
					1,
					QGS_FRAME_BYTES,
					QGS_FRAME_BYTES + QGS_HDR_BYTES,
					QGS_FRAME_BYTES + QGS_QUOTE_RESP_BYTES,
					4000 };
	struct tdx_check t;
	char what[96];

	if (!tdx_begin(&t, vmm, result, TDX_BUFFER_PAGES))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(after); i++) {
		snprintf(what, sizeof(what), "a service that closes the connection after %zu bytes",
			 after[i]);
		if (!ends_with_error(&t, (struct qgs_fault){ QGS_CLOSES, .after = after[i] }, false, what))
			return;
	}
	(void)tdx_still_serves(&t, "after connections that were closed early");
}

void tdx_check_service_error(struct check_vmm *vmm, struct check_result *result)
{
	const char *framed = "an error response to a QGS message of the guest";
	struct tdx_check t;
	struct tdx_buffer b;
	char what[96];

	if (!tdx_begin(&t, vmm, result, TDX_BUFFER_PAGES))
		return;
	for (uint32_t code = QGS_E_UNEXPECTED; code < QGS_E_MAX; code++) {
		snprintf(what, sizeof(what), "the service's error %#x (%s)", code, qgs_error_name(code));
		if (!ends_with_error(&t, (struct qgs_fault){ QGS_ERROR, .code = code }, false, what))
			return;
	}
	/* The guest that speaks to the service itself may get its error as it is. */
	if (!tdx_behave(&t, (struct qgs_fault){ QGS_ERROR, .code = QGS_E_UNEXPECTED }) ||
	    !tdx_prepare(&t, &b, 0, TDX_BUFFER_PAGES, true) || !tdx_submit(&t, &b, framed) ||
	    !tdx_wait_end(&t, &b, TDX_END_MS, framed))
		return;
	if (!tdx_has_status(&t, &b, TDX_GETQUOTE_SUCCESS) && !tdx_expect_error(&t, &b, false, framed))
		return;
	(void)tdx_still_serves(&t, "after errors of the service");
}

void tdx_check_service_silent(struct check_vmm *vmm, struct check_result *result)
{
	const char *what = "a service that takes the request and never answers";
	struct tdx_check t;
	struct tdx_buffer b;

	if (!tdx_begin(&t, vmm, result, TDX_BUFFER_PAGES) ||
	    !tdx_behave(&t, (struct qgs_fault){ QGS_SILENT }) || !tdx_request(&t, &b, what))
		return;
	if (tdx_expect_in_flight(&t, &b, what) && tdx_wait_end(&t, &b, SILENT_MS, what) &&
	    tdx_expect_error(&t, &b, false, what))
		(void)tdx_still_serves(&t, "after a request that was given up");
}
