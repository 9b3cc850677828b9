/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "cases/table_snp.h"

const struct table_snp_tcb table_snp_tcbs[TABLE_SNP_PRODUCTS] = {
	{ SNP_MILAN,
	  "Milan",
	  "milan",
	  0xdb18000000000204,
	  { { "boot_loader", "boot-loader", "blSPL", 0, 4 },
	    { "tee", "tee", "teeSPL", 1, 2 },
	    { "snp", "snp", "snpSPL", 6, 24 },
	    { "microcode", "microcode", "ucodeSPL", 7, 219 } } },
	{ SNP_GENOA,
	  "Genoa",
	  "genoa",
	  0x541900000000030a,
	  { { "boot_loader", "boot-loader", "blSPL", 0, 10 },
	    { "tee", "tee", "teeSPL", 1, 3 },
	    { "snp", "snp", "snpSPL", 6, 25 },
	    { "microcode", "microcode", "ucodeSPL", 7, 84 } } },
	{ SNP_TURIN,
	  "Turin",
	  "turin",
	  0x5100000004030201,
	  { { "fmc", "fmc", "fmcSPL", 0, 1 },
	    { "boot_loader", "boot-loader", "blSPL", 1, 2 },
	    { "tee", "tee", "teeSPL", 2, 3 },
	    { "snp", "snp", "snpSPL", 3, 4 },
	    { "microcode", "microcode", "ucodeSPL", 7, 81 } } },
};

int cases_add_snp(struct cases_builder *b)
{
	static int (*const parts[])(struct cases_builder *) = {
		table_snp_report, table_snp_product, table_snp_leaf,    table_snp_chain, table_snp_time,
		table_snp_crl,    table_snp_table,   table_snp_minimum, table_snp_bits,  table_snp_policy,
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(parts); i++)
		r = parts[i](b);
	return r;
}
