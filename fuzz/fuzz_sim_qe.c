/* deps: sim_dep */
/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/hash.h"
#include "sim/tdx/qe.h"
#include "wire/tdx_quote.h"

/*
 * TDREPORTs of a TD that writes what it likes, some of them with the digests and MAC that only the module
 * could make: what the quoting enclave gives back is a quote, or nothing.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct sim_tdx_platform *platform;
static struct sim_qe *qe;

static void make_world(void)
{
	struct sim_pki_intel *pki = NULL;
	int r = sim_pki_intel_new("fuzz", &pki, NULL);

	if (r == 0)
		r = sim_tdx_platform_new(NULL, &platform, NULL);
	if (r == 0)
		r = sim_qe_new(platform, pki, NULL, &qe, NULL);
	assert(r == 0);
}

static void mac(uint8_t report[TDX_REPORT_BYTES])
{
	memcpy(report + 16, sim_tdx_tcb(platform)->cpusvn, SIM_TDX_SVN_BYTES);
	crypto_sha384(report + TDX_TCB_INFO_OFF, TDX_TCB_INFO_BYTES, report + 32);
	crypto_sha384(report + TDX_TD_INFO_OFF, TDX_TD_INFO_BYTES, report + 80);
	sim_tdx_secret(platform, "tdreport mac", report, TDX_REPORT_MACED_BYTES,
		       report + TDX_REPORT_MACED_BYTES, 32);
}

/* The first byte says: 1 MAC it, 2 give it the length of a TDREPORT, 4 and the head of one. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const uint8_t heads[4][3] = { { 0x81, 0, 0 }, { 0x81, 0, 1 }, { 0x81, 0, 3 }, { 0x81, 0, 2 } };
	uint8_t *report, *bytes = NULL;
	struct tdx_quote quote;
	size_t size = 0, length;
	int r;

	if (!qe)
		make_world();
	if (n < 1)
		return 0;
	length = data[0] & 2 ? TDX_REPORT_BYTES : n - 1;
	report = calloc(1, length ? length : 1);
	if (!report)
		return 0;
	memcpy(report, data + 1, length < n - 1 ? length : n - 1);
	if ((data[0] & 6) == 6)
		memcpy(report, heads[data[0] >> 6], sizeof(heads[0]));
	if (data[0] & 1 && length == TDX_REPORT_BYTES)
		mac(report);
	r = sim_qe_quote(qe, report, length, &bytes, &size, NULL);
	if (r == 0) {
		r = tdx_quote_read(bytes, size, &quote, NULL);
		assert(r == 0);
		assert(memcmp(quote.body.report_data, report + 128, sizeof(quote.body.report_data)) == 0);
	} else {
		assert(r < 0 && !bytes);
	}
	free(bytes);
	free(report);
	return 0;
}
