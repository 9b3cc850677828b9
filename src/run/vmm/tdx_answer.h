/* SPDX-License-Identifier: MIT */
#ifndef RUN_VMM_TDX_ANSWER_H
#define RUN_VMM_TDX_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "run/platform.h"
#include "wire/tdx_report.h"

/* Compares the contents of a guest's GetQuote buffer with the guest's request. */
struct tdx_asked {
	bool framed;     /* input and output are QGS messages, each preceded by its length */
	uint32_t in_len; /* as the guest wrote it */
	uint8_t report_data[TDX_REPORT_DATA_BYTES];
};

/*
 * Writes a request to a buffer of `size` bytes: a TDREPORT of the platform's TD over asked->report_data,
 * framed or not. Sets the rest of the buffer to `fill`. Sets asked->in_len.
 *
 * Returns   0; -E2BIG the buffer is too small; -EIO the TDX module makes no TDREPORT
 */
JURAT_MUST_CHECK int tdx_answer_ask(const struct run_platform *platform, struct tdx_asked *asked,
				    uint8_t fill, uint8_t *to, size_t size, struct jurat_error *err);

/*
 * Whether the buffer has a quote over the guest's report data that the verifier accepts with the platform's
 * root and collateral.
 *
 * copy      n bytes, the whole buffer
 * Returns   0; JURAT_REFUSED, and `err` says what was expected and what was found; -ENOMEM, -EIO the quote
 *           could not be verified
 */
JURAT_MUST_CHECK int tdx_answer_quote(const struct run_platform *platform, const struct tdx_asked *asked,
				      const uint8_t *copy, size_t n, struct jurat_error *err);
/*
 * Whether the buffer has the status "error" or "quoting service unavailable" (only the latter with
 * `only_unavailable`), and the rest of its header is unchanged.
 *
 * Returns   0; JURAT_REFUSED
 */
JURAT_MUST_CHECK int tdx_answer_error(const struct tdx_asked *asked, bool only_unavailable,
				      const uint8_t *copy, size_t n, struct jurat_error *err);

/* The name of a value of R10: "SUCCESS", "RETRY" and so on, or "an undefined value". */
const char *tdx_answer_name(uint64_t r10);

#endif
