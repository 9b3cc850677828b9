/* SPDX-License-Identifier: MIT */
#ifndef RUN_VMM_TDX_ANSWER_H
#define RUN_VMM_TDX_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "run/platform.h"
#include "wire/tdx_report.h"

/* What a guest finds in its GetQuote buffer, compared with what it has asked for. */
struct tdx_asked {
	bool framed;     /* the input is a QGS request with its length, and so is the output */
	uint32_t in_len; /* as the guest wrote it */
	uint8_t report_data[TDX_REPORT_DATA_BYTES];
};

/*
 * Makes a request: a TDREPORT of the platform's TD over asked->report_data, framed or not, in a buffer of
 * `size` bytes whose rest is `fill`. Sets asked->in_len.
 *
 * Returns   0; -E2BIG the buffer is too small for it; -EIO the TDX module makes no TDREPORT
 */
JURAT_MUST_CHECK int tdx_answer_ask(const struct run_platform *platform, struct tdx_asked *asked,
				    uint8_t fill, uint8_t *to, size_t size, struct jurat_error *err);

/*
 * Whether the buffer has a quote over the guest's report data that the verifier accepts with the platform's
 * root and collateral.
 *
 * copy      n bytes, the whole buffer
 * Returns   0; JURAT_REFUSED and `err` says what was expected and what was found; -ENOMEM, -EIO nothing was
 *           judged
 */
JURAT_MUST_CHECK int tdx_answer_quote(const struct run_platform *platform, const struct tdx_asked *asked,
				      const uint8_t *copy, size_t n, struct jurat_error *err);
/*
 * Whether the buffer has the status "error" or "quoting service unavailable", `only_unavailable` the latter
 * alone, and nothing else of its header has changed.
 *
 * Returns   0; JURAT_REFUSED
 */
JURAT_MUST_CHECK int tdx_answer_error(const struct tdx_asked *asked, bool only_unavailable,
				      const uint8_t *copy, size_t n, struct jurat_error *err);

/* "SUCCESS", "RETRY" and so on, of R10; "an undefined value". */
const char *tdx_answer_name(uint64_t r10);

#endif
