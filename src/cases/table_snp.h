/* SPDX-License-Identifier: MIT */
#ifndef CASES_TABLE_SNP_H
#define CASES_TABLE_SNP_H

#include "cases/cases.h"

/* How the files of the SEV-SNP half of the table write their rows. */
#define SNP(id_, what_, spec_) .id = "snp-" id_, .what = (what_), .spec = (spec_)
#define ON(product_, version_) .product = SNP_##product_, .report_version = (version_)
#define BUG(bug_)              .bug = (bug_)
#define ITEMS(...)             .items = { __VA_ARGS__ }
#define POLICY(members_)       .policy = (members_)
#define ACCEPTED               .verdict = CASES_ACCEPTED, .class = CASES_GOOD
#define REFUSED(class_, ...)   .verdict = CASES_REFUSED, .class = CASES_##class_, .reasons = { __VA_ARGS__ }
/* jurat's reasons, of which there are none where it accepts */
#define EITHER(class_, ...) .verdict = CASES_EITHER, .class = CASES_##class_, .reasons = { __VA_ARGS__ }

#define ABI_REPORT(field_)  "AMD 56860 rev 1.58, 7.3 table 23: " field_
#define ABI_POLICY(bits_)   "AMD 56860 rev 1.58, 4.3 guest policy: " bits_
#define ABI_TCB             "AMD 56860 rev 1.58, 2.2 TCB_VERSION"
#define KDS_VCEK(what_)     "AMD 57230, VCEK certificate: " what_
#define KDS_VLEK(what_)     "AMD 58369, VLEK certificate: " what_
#define GHCB_TABLE          "AMD 56421, 4.1.8.1: certificate table"
#define MEMBER(name_)       "jurat-policy(5): " name_

#define TURIN_CHIP_ZEROS                                                                                     \
	"0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"  \
	"000000000000000"

/* A TCB of each product with a different number in every component, so that no two can be confused. */
struct table_snp_tcb {
	enum snp_product product;
	const char *name, *lower; /* "Milan", "milan" */
	uint64_t raw;
	struct table_snp_component {
		const char *name; /* in policies */
		const char *id;   /* in ids */
		const char *spl;  /* its extension */
		unsigned byte, value;
	} components[SNP_TCB_COMPONENTS]; /* name NULL at the end */
};
enum { TABLE_SNP_PRODUCTS = 3 };
extern const struct table_snp_tcb table_snp_tcbs[TABLE_SNP_PRODUCTS];

/* One file each. */
JURAT_MUST_CHECK int table_snp_report(struct cases_builder *b);
JURAT_MUST_CHECK int table_snp_product(struct cases_builder *b);
JURAT_MUST_CHECK int table_snp_leaf(struct cases_builder *b);
JURAT_MUST_CHECK int table_snp_chain(struct cases_builder *b);
JURAT_MUST_CHECK int table_snp_time(struct cases_builder *b);
JURAT_MUST_CHECK int table_snp_crl(struct cases_builder *b);
JURAT_MUST_CHECK int table_snp_table(struct cases_builder *b);
JURAT_MUST_CHECK int table_snp_minimum(struct cases_builder *b);
JURAT_MUST_CHECK int table_snp_bits(struct cases_builder *b);
JURAT_MUST_CHECK int table_snp_policy(struct cases_builder *b);
JURAT_MUST_CHECK int table_snp_good(struct cases_builder *b);

#endif
