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
		return jurat_fail(err, -EPROTO, "the answer has %zu bytes, a report %d", n, SNP_REPORT_BYTES);
	if (snp_report_read(report, n, &read, err) < 0)
		return jurat_wrap(err, -EPROTO, "the answer is not a report");
	if (memcmp(read.report_data, report_data, sizeof(read.report_data)) != 0)
		return jurat_fail(err, -EPROTO, "the report is over other report_data than was asked for");
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
		return jurat_fail(err, -EPROTO,
				  "the quote is empty: the host has failed, or was not in time");
	if (tdx_quote_read(quote, n, &q, err) < 0)
		return jurat_wrap(err, -EPROTO, "the answer is not a quote");
	if (memcmp(q.body.report_data, report_data, sizeof(q.body.report_data)) != 0)
		return jurat_fail(err, -EPROTO, "the quote is over other report_data than was asked for");
	return 0;
}
