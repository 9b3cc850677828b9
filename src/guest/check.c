/* SPDX-License-Identifier: MIT */
#include "guest/guest.h"

#include <errno.h>
#include <string.h>

#include "wire/snp_certs.h"
#include "wire/snp_report.h"
#include "wire/tdx_quote.h"

int guest_check_report(const uint8_t *report, size_t n, const uint8_t report_data[64],
		       struct jurat_error *err)
{
	struct snp_report read;

	if (n != SNP_REPORT_BYTES)
		return jurat_fail(err, -EPROTO, "expected a report of %d bytes, found %zu bytes",
				  SNP_REPORT_BYTES, n);
	if (snp_report_read(report, n, &read, err) < 0)
		return jurat_wrap(err, -EPROTO, "the answer is not a report");
	if (memcmp(read.report_data, report_data, sizeof(read.report_data)) != 0)
		return jurat_fail(err, -EPROTO, "the report has other report_data than requested");
	return 0;
}

size_t guest_certs_size(const uint8_t *certs, size_t n)
{
	struct snp_certs table;

	if (snp_certs_read(certs, n, &table, NULL) < 0)
		return n;
	return table.n ? table.size : 0;
}

int guest_check_quote(const uint8_t *quote, size_t n, const uint8_t report_data[64], struct jurat_error *err)
{
	struct tdx_quote q;

	if (n == 0)
		return jurat_fail(err, -EPROTO, "the quote is empty: the host failed or timed out");
	if (tdx_quote_read(quote, n, &q, err) < 0)
		return jurat_wrap(err, -EPROTO, "the answer is not a quote");
	if (memcmp(q.body.report_data, report_data, sizeof(q.body.report_data)) != 0)
		return jurat_fail(err, -EPROTO, "the quote has other report_data than requested");
	return 0;
}
