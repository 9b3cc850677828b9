/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "cases/table_snp.h"

/* Products, report versions and kinds of key; processors by their CPUID; TCBs with reserved bytes. */

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

enum { FIRST_VERSION = 2, LAST_VERSION = 5 };

static int good_one(struct cases_builder *b, const struct table_snp_tcb *product, uint32_t version, bool vlek)
{
	const char *key = vlek ? "vlek" : "vcek";
	struct cases_row row = {
		.product = product->product, .report_version = version, .vlek = vlek, ACCEPTED
	};

	row.id = cases_text(b, "snp-good-%s-v%u-%s", product->lower, version, key);
	row.what = cases_text(b, "A report of version %u by a %s %s, with nothing wrong.", version,
			      product->name, vlek ? "VLEK" : "VCEK");
	row.spec = ABI_REPORT("VERSION, SIGNING_KEY");
	if (product->product == SNP_TURIN && !vlek)
		row.bug = "B39";
	else if (version == LAST_VERSION)
		row.bug = "agentrust-io/cmcp#412";
	return cases_add(b, &row, 1);
}

static int add_good(struct cases_builder *b)
{
	int r = 0;

	for (size_t p = 0; p < TABLE_SNP_PRODUCTS; p++)
		for (uint32_t version = FIRST_VERSION; r == 0 && version <= LAST_VERSION; version++)
			for (int vlek = 0; r == 0 && vlek <= 1; vlek++)
				r = good_one(b, &table_snp_tcbs[p], version, vlek);
	return r;
}

/* Combined families and models: the first and last of each range, and their neighbours. */
static const struct cpuid {
	const char *id, *name;
	enum snp_product product; /* whose certificates come with the report */
	unsigned family, model;
	const char *reasons[CASES_MAX_REASONS]; /* none: accepted */
} cpuids[] = {
	{ "milan-00", "Milan", SNP_MILAN, 0x19, 0x00, { NULL } },
	{ "milan-0f", "Milan", SNP_MILAN, 0x19, 0x0f, { NULL } },
	{ "genoa-10", "Genoa", SNP_GENOA, 0x19, 0x10, { NULL } },
	{ "genoa-1f", "Genoa", SNP_GENOA, 0x19, 0x1f, { NULL } },
	{ "bergamo-a0", "Bergamo or Siena", SNP_GENOA, 0x19, 0xa0, { NULL } },
	{ "bergamo-af", "Bergamo or Siena", SNP_GENOA, 0x19, 0xaf, { NULL } },
	{ "turin-00", "Turin", SNP_TURIN, 0x1a, 0x00, { NULL } },
	{ "turin-11", "Turin", SNP_TURIN, 0x1a, 0x11, { NULL } },
	{ "naples", "Naples", SNP_MILAN, 0x17, 0x01, { "product-unknown" } },
	{ "zen4-20", "no SEV-SNP product", SNP_GENOA, 0x19, 0x20, { "product-unknown" } },
	{ "zen4-9f", "no SEV-SNP product", SNP_GENOA, 0x19, 0x9f, { "product-unknown" } },
	{ "zen4-b0", "no SEV-SNP product", SNP_GENOA, 0x19, 0xb0, { "product-unknown" } },
	{ "zen5-12", "no SEV-SNP product", SNP_TURIN, 0x1a, 0x12, { "product-unknown" } },
	{ "zero", "none: the fields are zero", SNP_MILAN, 0, 0, { "product-unknown" } },
};

static int add_cpuids(struct cases_builder *b)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(cpuids); i++) {
		const struct cpuid *c = &cpuids[i];
		const bool refused = c->reasons[0] != NULL;
		struct cases_row row = { .product = c->product,
					 .report_version = c->product == SNP_TURIN ? 5 : 3,
					 .spec = ABI_REPORT("CPUID_FAM_ID, CPUID_MOD_ID"),
					 .verdict = refused ? CASES_REFUSED : CASES_ACCEPTED,
					 .class = refused ? CASES_BINDING : CASES_GOOD };

		row.id = cases_text(b, "snp-cpuid-%s", c->id);
		row.what = cases_text(b, "The report's processor is family 0x%x, model 0x%x: %s.", c->family,
				      c->model, c->name);
		row.items[0] = cases_text(b, "report.cpuid_fam_id=0x%x", c->family);
		row.items[1] = cases_text(b, "report.cpuid_mod_id=0x%x", c->model);
		row.reasons[0] = c->reasons[0];
		r = cases_add(b, &row, 1);
	}
	return r;
}

/* A report of one product with the certificates of another. */
static const struct foreign {
	enum snp_product product;
	const char *from, *to;
	unsigned family, model;
	const char *reasons[CASES_MAX_REASONS];
} foreign[] = {
	{ SNP_MILAN, "milan", "genoa", 0x19, 0x11, { "leaf-issuer", "intermediate-name", "root-product" } },
	{ SNP_GENOA, "genoa", "milan", 0x19, 0x01, { "leaf-issuer", "intermediate-name", "root-product" } },
	{ SNP_GENOA,
	  "genoa",
	  "turin",
	  0x1a,
	  0x02,
	  { "leaf-issuer", "leaf-extension-malformed", "intermediate-name", "root-product",
	    "tcb-malformed" } },
	{ SNP_TURIN,
	  "turin",
	  "genoa",
	  0x19,
	  0x11,
	  { "leaf-issuer", "leaf-extension-malformed", "intermediate-name", "root-product",
	    "tcb-malformed" } },
};

static int add_foreign(struct cases_builder *b)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(foreign); i++) {
		const struct foreign *f = &foreign[i];
		struct cases_row row = { .product = f->product,
					 .report_version = 3,
					 .spec = KDS_VCEK("issuer"),
					 .bug = "B51",
					 REFUSED(BINDING, NULL) };

		row.id = cases_text(b, "snp-product-%s-certificates-%s", f->to, f->from);
		row.what =
			cases_text(b,
				   "The report's processor is of another product (family 0x%x, model 0x%x) "
				   "than the certificates, which are of %s.",
				   f->family, f->model, snp_product_name(f->product));
		row.items[0] = cases_text(b, "report.cpuid_fam_id=0x%x", f->family);
		row.items[1] = cases_text(b, "report.cpuid_mod_id=0x%x", f->model);
		for (size_t k = 0; k < CASES_MAX_REASONS; k++)
			row.reasons[k] = f->reasons[k];
		r = cases_add(b, &row, 1);
	}
	return r;
}

/* Bytes of a TCB_VERSION that no component of the product has. */
static int add_malformed(struct cases_builder *b)
{
	static const struct {
		const char *tcb, *id;
		unsigned product, byte;
	} rows[] = {
		{ "current_tcb", "current", 0, 2 },     { "current_tcb", "current", 2, 4 },
		{ "reported_tcb", "reported", 0, 5 },   { "reported_tcb", "reported", 2, 6 },
		{ "committed_tcb", "committed", 1, 3 }, { "committed_tcb", "committed", 2, 5 },
		{ "launch_tcb", "launch", 0, 4 },       { "launch_tcb", "launch", 2, 6 },
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(rows); i++) {
		const struct table_snp_tcb *p = &table_snp_tcbs[rows[i].product];
		struct cases_row row = { .product = p->product,
					 .spec = ABI_TCB,
					 REFUSED(FORMAT, "tcb-malformed") };

		row.id = cases_text(b, "snp-tcb-%s-%s-byte-%u", rows[i].id, p->lower, rows[i].byte);
		row.what = cases_text(b, "Byte %u of %s, which %s does not use, is not zero.", rows[i].byte,
				      rows[i].tcb, p->name);
		row.items[0] = cases_text(b, "platform.tcb=0x%llx", (unsigned long long)p->raw);
		row.items[1] = cases_text(b, "report.%s=0x%llx", rows[i].tcb,
					  (unsigned long long)(p->raw | 1ull << 8 * rows[i].byte));
		r = cases_add(b, &row, 1);
	}
	return r;
}

int table_snp_product(struct cases_builder *b)
{
	int r = add_good(b);

	if (r == 0)
		r = add_cpuids(b);
	if (r == 0)
		r = add_foreign(b);
	if (r == 0)
		r = add_malformed(b);
	return r;
}
