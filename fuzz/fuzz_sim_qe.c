/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "support/tdx.h"
#include "wire/tdx_quote.h"

/*
 * TDREPORTs of a TD that writes what it likes, some of them with the digests and MAC that only the module
 * could make: what the quoting enclave gives back is a quote, or nothing.
 */
/* The first byte says: 1 MAC it, 2 give it the length of a TDREPORT, 4 and the head of one. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const uint8_t heads[4][3] = { { 0x81, 0, 0 }, { 0x81, 0, 1 }, { 0x81, 0, 3 }, { 0x81, 0, 2 } };
	struct fuzz_tdx *machine = fuzz_tdx(0);
	uint8_t *report, *bytes = NULL;
	struct tdx_quote quote;
	size_t size = 0, length;
	int r;

	if (n < 1)
		return 0;
	length = data[0] & 2 ? TDX_REPORT_BYTES : n - 1;
	report = calloc(1, length ? length : 1);
	must(report != NULL);
	memcpy(report, data + 1, length < n - 1 ? length : n - 1);
	if ((data[0] & 6) == 6)
		memcpy(report, heads[data[0] >> 6], sizeof(heads[0]));
	if (data[0] & 1 && length == TDX_REPORT_BYTES)
		fuzz_tdx_sign_report(machine, report);
	r = sim_qe_quote(machine->qe, report, length, &bytes, &size, NULL);
	if (r == 0) {
		must(tdx_quote_read(bytes, size, &quote, NULL) == 0);
		if (quote.body_type == TDX_BODY_10)
			FUZZ_REACHED("a quote with the body of TDX 1.0");
		if (quote.body_type == TDX_BODY_15)
			FUZZ_REACHED("a quote with the body of TDX 1.5");
		if (quote.body_type == TDX_BODY_15EX)
			FUZZ_REACHED("a quote with the largest body");
		must(memcmp(quote.body.report_data, report + 128, sizeof(quote.body.report_data)) == 0);
	} else {
		must(r < 0 && !bytes);
	}
	free(bytes);
	free(report);
	return 0;
}
