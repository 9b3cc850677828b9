/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "cases/cases.h"

static const struct cases_row rows[] = {
	{ .id = "snp-milan-v3",
	  .what = "A report of version 3 by a Milan VCEK, with nothing wrong.",
	  .spec = "AMD 56860 rev 1.58, 7.3 table 23",
	  .product = SNP_MILAN,
	  .report_version = 3,
	  .verdict = CASES_ACCEPTED,
	  .class = CASES_GOOD },
	{ .id = "snp-report-signature-flipped",
	  .what = "One bit of the report's signature was changed.",
	  .spec = "AMD 56860 rev 1.58, 7.3 table 23",
	  .product = SNP_MILAN,
	  .items = { "damage report.signature" },
	  .verdict = CASES_REFUSED,
	  .class = CASES_SIGNATURE,
	  .reasons = { "report-signature" } },
};

int cases_add_snp(struct cases_builder *b)
{
	return cases_add(b, rows, ARRAY_SIZE(rows));
}
