/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "support/fuzz.h"
#include "wire/tdx_quote.h"

static void check_inside(const uint8_t *data, size_t size, const struct bytes_rd *part)
{
	must(!part->bad && part->off == 0 && part->data >= data && part->size <= size &&
	     (size_t)(part->data - data) <= size - part->size);
}

/* An accepted quote lies inside its input; a TD's, written again, is the input to the letter. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tdx_quote q, td;
	struct tdx_cert_ppid ppid;
	struct jurat_error err;
	size_t written;
	uint8_t *again;

	if (tdx_quote_read_any(data, size, &q, &err) != 0) {
		must(tdx_quote_read(data, size, &td, &err) < 0);
		return 0;
	}
	check_inside(data, size, &q.signed_bytes);
	check_inside(data, size, &q.qe_report_bytes);
	check_inside(data, size, &q.auth_data);
	check_inside(data, size, &q.cert_data);
	must(q.size <= size && q.trailing == size - q.size);
	if (tdx_quote_ppid(&q, &ppid)) {
		FUZZ_REACHED("a quote with a PPID");
		check_inside(data, size, &ppid.ppid);
	}
	must((tdx_quote_read(data, size, &td, &err) == 0) == (q.body_type != TDX_BODY_SGX));
	if (q.body_type == TDX_BODY_SGX) {
		FUZZ_REACHED("an SGX quote");
		return 0;
	}
	if (q.hdr.version == 4)
		FUZZ_REACHED("a TD's quote of version 4");
	if (q.body_type == TDX_BODY_15EX)
		FUZZ_REACHED("a TD's quote with the largest body");
	again = malloc(q.size);
	must(again != NULL);
	must(tdx_quote_write(&q, again, q.size - 1, &written, &err) == JURAT_TOO_SMALL && written == q.size);
	must(tdx_quote_write(&q, again, q.size, &written, &err) == 0 && written == q.size &&
	     memcmp(again, data, q.size) == 0);
	free(again);
	return 0;
}
