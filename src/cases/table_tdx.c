/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "cases/cases.h"

static const struct cases_row rows[] = {
	{ .id = "tdx-v4",
	  .what = "A quote of version 4 of a TD on an up-to-date platform, with nothing wrong.",
	  .spec = "Intel TDX DCAP quoting library API, A.3",
	  .tdx = true,
	  .generation = SIM_TDX_10,
	  .verdict = CASES_ACCEPTED,
	  .class = CASES_GOOD },
	{ .id = "tdx-quote-signature-flipped",
	  .what = "One bit of the quote's signature was changed.",
	  .spec = "Intel TDX DCAP quoting library API, A.3.8",
	  .tdx = true,
	  .generation = SIM_TDX_10,
	  .items = { "damage quote.signature" },
	  .verdict = CASES_REFUSED,
	  .class = CASES_SIGNATURE,
	  .reasons = { "quote-signature" } },
};

int cases_add_tdx(struct cases_builder *b)
{
	return cases_add(b, rows, ARRAY_SIZE(rows));
}
