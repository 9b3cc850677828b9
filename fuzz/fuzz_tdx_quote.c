/* deps: wire_dep */
/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "wire/tdx_quote.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(const uint8_t *data, size_t size, const struct bytes_rd *part)
{
	if (part->bad || part->off != 0 || part->data < data || part->size > size ||
	    (size_t)(part->data - data) > size - part->size)
		abort();
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
		if (tdx_quote_read(data, size, &td, &err) == 0)
			abort();
		return 0;
	}
	check_inside(data, size, &q.signed_bytes);
	check_inside(data, size, &q.qe_report_bytes);
	check_inside(data, size, &q.auth_data);
	check_inside(data, size, &q.cert_data);
	if (q.size > size || q.trailing != size - q.size)
		abort();
	if (tdx_quote_ppid(&q, &ppid))
		check_inside(data, size, &ppid.ppid);
	if ((tdx_quote_read(data, size, &td, &err) == 0) != (q.body_type != TDX_BODY_SGX))
		abort();
	if (q.body_type == TDX_BODY_SGX)
		return 0;
	again = malloc(q.size);
	if (!again)
		return 0;
	if (tdx_quote_write(&q, again, q.size, &written, &err) != 0 || written != q.size ||
	    memcmp(again, data, q.size) != 0)
		abort();
	free(again);
	return 0;
}
