/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "cases/table_tdx.h"

int cases_add_tdx(struct cases_builder *b)
{
	static int (*const parts[])(struct cases_builder * b) = {
		cases_add_tdx_quote,     cases_add_tdx_signatures, cases_add_tdx_certs,  cases_add_tdx_crls,
		cases_add_tdx_documents, cases_add_tdx_tcb,        cases_add_tdx_levels, cases_add_tdx_state,
		cases_add_tdx_policy,    cases_add_tdx_events,
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(parts); i++)
		r = parts[i](b);
	return r;
}
