/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "cases/table_snp.h"

int cases_add_snp(struct cases_builder *b)
{
	static int (*const parts[])(struct cases_builder *) = {
		table_snp_report, table_snp_product, table_snp_leaf,  table_snp_chain,
		table_snp_time,   table_snp_crl,     table_snp_table, table_snp_minimum,
		table_snp_bits,   table_snp_policy,  table_snp_good,
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(parts); i++)
		r = parts[i](b);
	return r;
}
