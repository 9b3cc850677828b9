/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "cases/table_snp.h"

/* Minimum TCBs: each component of each TCB of each product, met exactly and missed by one. */

static const struct kind {
	const char *member, *field, *id, *reason;
} kinds[] = {
	{ "minimum_tcb", "reported_tcb", "reported", "tcb-below-minimum" },
	{ "minimum_committed_tcb", "committed_tcb", "committed", "committed-tcb-below-minimum" },
	{ "minimum_current_tcb", "current_tcb", "current", "current-tcb-below-minimum" },
	{ "minimum_launch_tcb", "launch_tcb", "launch", "launch-tcb-below-minimum" },
};

static int add_one(struct cases_builder *b, const struct kind *kind, const struct table_snp_tcb *p,
		   const struct table_snp_component *c, bool missed)
{
	struct cases_row row = { .product = p->product,
				 .verdict = missed ? CASES_REFUSED : CASES_ACCEPTED,
				 .class = missed ? CASES_TCB : CASES_GOOD };

	row.id = cases_text(b, "snp-minimum-%s-%s-%s-%s", kind->id, p->lower, c->id,
			    missed ? "missed" : "met");
	row.what = cases_text(b,
			      missed ? "The %s of %s is %u, one below the minimum of %s."
				     : "The %s of %s is %u, exactly the minimum of %s.",
			      c->name, kind->field, c->value, p->name);
	row.spec = cases_text(b, "%s; " MEMBER("%s"), ABI_TCB, kind->member);
	row.items[0] = cases_text(b, "platform.tcb=0x%llx", (unsigned long long)p->raw);
	row.policy = cases_text(b, "\"%s\": {\"%s\": {\"%s\": %u}}", kind->member, p->name, c->name,
				c->value + missed);
	row.reasons[0] = missed ? kind->reason : NULL;
	return cases_add(b, &row, 1);
}

static int add_components(struct cases_builder *b, const struct kind *kind, const struct table_snp_tcb *p)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(p->components) && p->components[i].name; i++)
		for (int missed = 0; r == 0 && missed <= 1; missed++)
			r = add_one(b, kind, p, &p->components[i], missed);
	return r;
}

#define MILAN_TCB "platform.tcb=0xdb18000000000204"
#define TURIN_TCB "platform.tcb=0x5100000004030201"

static const struct cases_row rows[] = {
	{ SNP("minimum-all-met", "Every component of reported_tcb is exactly the minimum.",
	      MEMBER("minimum_tcb")),
	  ON(MILAN, 3), ITEMS(MILAN_TCB),
	  POLICY("\"minimum_tcb\": {\"Milan\": {\"boot_loader\": 4, \"tee\": 2, \"snp\": 24, \"microcode\": "
		 "219}}"),
	  ACCEPTED },
	{ SNP("minimum-not-a-number",
	      "A higher microcode does not make up for a lower SNP firmware: TCBs are not compared as "
	      "numbers.",
	      ABI_TCB),
	  ON(MILAN, 3), BUG("google/go-sev-guest#51"), ITEMS(MILAN_TCB),
	  POLICY("\"minimum_tcb\": {\"Milan\": {\"snp\": 25, \"microcode\": 100}}"),
	  REFUSED(TCB, "tcb-below-minimum") },
	{ SNP("minimum-not-a-number-low-byte",
	      "A higher SNP firmware does not make up for a lower boot loader, the lowest byte.", ABI_TCB),
	  ON(MILAN, 3), BUG("google/go-sev-guest#51"), ITEMS(MILAN_TCB),
	  POLICY("\"minimum_tcb\": {\"Milan\": {\"boot_loader\": 5, \"snp\": 20, \"microcode\": 219}}"),
	  REFUSED(TCB, "tcb-below-minimum") },
	{ SNP("minimum-turin-layout",
	      "The minimum of Turin is met in Turin's layout of TCB_VERSION, and would not be in Milan's.",
	      ABI_TCB),
	  ON(TURIN, 5), BUG("google/go-sev-guest#199"), ITEMS(TURIN_TCB),
	  POLICY("\"minimum_tcb\": {\"Turin\": {\"fmc\": 1, \"boot_loader\": 2, \"tee\": 3, \"snp\": 4, "
		 "\"microcode\": 81}}"),
	  ACCEPTED },
	{ SNP("minimum-any-product", "A minimum that names no product is met exactly.",
	      MEMBER("minimum_tcb")),
	  ON(GENOA, 3), ITEMS("platform.tcb=0x541900000000030a"),
	  POLICY("\"minimum_tcb\": {\"snp\": 25, \"microcode\": 84}"), ACCEPTED },
	{ SNP("minimum-any-product-missed", "A minimum that names no product is missed by one.",
	      MEMBER("minimum_tcb")),
	  ON(GENOA, 3), ITEMS("platform.tcb=0x541900000000030a"), POLICY("\"minimum_tcb\": {\"snp\": 26}"),
	  REFUSED(TCB, "tcb-below-minimum") },
	{ SNP("minimum-component-product-lacks",
	      "The minimum names fmc, which Milan does not have and which therefore counts as 0.",
	      MEMBER("minimum_tcb")),
	  ON(MILAN, 3), ITEMS(MILAN_TCB), POLICY("\"minimum_tcb\": {\"fmc\": 1}"),
	  REFUSED(TCB, "tcb-below-minimum") },
	{ SNP("minimum-of-other-product",
	      "The policy has a minimum for Genoa only, and the report is of Milan.", MEMBER("minimum_tcb")),
	  ON(MILAN, 3), ITEMS(MILAN_TCB), POLICY("\"minimum_tcb\": {\"Genoa\": {\"snp\": 1}}"),
	  REFUSED(TCB, "tcb-below-minimum") },
	{ SNP("minimum-by-product",
	      "Each product has its own minimum: the report meets that of Turin, and not that of Milan.",
	      MEMBER("minimum_tcb")),
	  ON(TURIN, 5), ITEMS(TURIN_TCB),
	  POLICY("\"minimum_tcb\": {\"Milan\": {\"snp\": 24}, \"Turin\": {\"snp\": 4}}"), ACCEPTED },
	{ SNP("minimum-vlek-missed", "The TCB of a report that a VLEK signed is one below the minimum.",
	      MEMBER("minimum_tcb")),
	  ON(MILAN, 3), .vlek = true, ITEMS(MILAN_TCB), POLICY("\"minimum_tcb\": {\"Milan\": {\"snp\": 25}}"),
	  REFUSED(TCB, "tcb-below-minimum") },
	{ SNP("minimum-version-2", "The minimum of Genoa for a report of version 2, which has no CPUID.",
	      MEMBER("minimum_tcb")),
	  ON(GENOA, 2), ITEMS("platform.tcb=0x541900000000030a"),
	  POLICY("\"minimum_tcb\": {\"Genoa\": {\"snp\": 25}}"), ACCEPTED },
	{ SNP("minimum-version-2-missed", "The minimum of Genoa is missed by one in a report of version 2.",
	      MEMBER("minimum_tcb")),
	  ON(GENOA, 2), ITEMS("platform.tcb=0x541900000000030a"),
	  POLICY("\"minimum_tcb\": {\"Genoa\": {\"snp\": 26}}"), REFUSED(TCB, "tcb-below-minimum") },
	{ SNP("minimum-reported-below-current",
	      "The firmware that runs meets the minimum, and the host reports an older TCB.",
	      ABI_REPORT("REPORTED_TCB")),
	  ON(MILAN, 3), ITEMS(MILAN_TCB, "platform.reported_tcb=0xdb17000000000204"),
	  POLICY("\"minimum_tcb\": {\"Milan\": {\"snp\": 24}}"), REFUSED(TCB, "tcb-below-minimum") },
	{ SNP("minimum-committed-below-reported",
	      "The reported TCB meets the minimum, and the host can still roll back to an older firmware.",
	      ABI_REPORT("COMMITTED_TCB")),
	  ON(MILAN, 3), BUG("enarx/steward#154"), ITEMS(MILAN_TCB, "report.committed_tcb=0xdb17000000000204"),
	  POLICY("\"minimum_tcb\": {\"Milan\": {\"snp\": 24}}, "
		 "\"minimum_committed_tcb\": {\"Milan\": {\"snp\": 24}}"),
	  REFUSED(TCB, "committed-tcb-below-minimum") },
	{ SNP("tcb-reported-older", "The host reports an older TCB than the one that runs, as it may.",
	      ABI_REPORT("REPORTED_TCB")),
	  ON(MILAN, 3), BUG("B33"), ITEMS(MILAN_TCB, "platform.reported_tcb=0xd917000000000204"), ACCEPTED },
	{ SNP("tcb-reported-older-turin", "A Turin host reports an older TCB than the one that runs.",
	      ABI_REPORT("REPORTED_TCB")),
	  ON(TURIN, 5), BUG("B33"), ITEMS(TURIN_TCB, "platform.reported_tcb=0x5000000003030201"), ACCEPTED },
	{ SNP("tcb-launch-older", "The firmware was updated after the guest was launched.",
	      ABI_REPORT("LAUNCH_TCB")),
	  ON(GENOA, 3), ITEMS("report.launch_tcb.snp=-1", "report.launch_tcb.microcode=-1"), ACCEPTED },
	{ SNP("tcb-all-different", "All four TCBs differ, in the order that firmware updates leave.",
	      ABI_REPORT("CURRENT_TCB, COMMITTED_TCB, LAUNCH_TCB, REPORTED_TCB")),
	  ON(MILAN, 3),
	  ITEMS(MILAN_TCB, "platform.reported_tcb=0xd918000000000204",
		"report.committed_tcb=0xda18000000000204", "report.launch_tcb=0xda18000000000204"),
	  ACCEPTED },
	{ SNP("tcb-committed-above-current",
	      "The committed TCB is above the one that runs, which firmware rules out.",
	      ABI_REPORT("COMMITTED_TCB")),
	  ON(GENOA, 3), ITEMS("report.committed_tcb.snp=+1"), EITHER(TCB, NULL) },
	{ SNP("tcb-reported-above-committed",
	      "The reported TCB is above the committed one, which firmware rules out.",
	      ABI_REPORT("REPORTED_TCB")),
	  ON(MILAN, 3), ITEMS("report.committed_tcb.snp=-1"), EITHER(TCB, NULL) },
	{ SNP("tcb-highest", "Every component of the TCB is 255.", ABI_TCB), ON(TURIN, 5),
	  ITEMS("platform.tcb=0xff000000ffffffff"), ACCEPTED },
	{ SNP("tcb-zero", "Every component of the TCB is 0.", ABI_TCB), ON(MILAN, 3),
	  ITEMS("report.reported_tcb=0", "report.current_tcb=0", "report.committed_tcb=0",
		"report.launch_tcb=0", "vcek.spl.blSPL=0", "vcek.spl.teeSPL=0", "vcek.spl.snpSPL=0",
		"vcek.spl.ucodeSPL=0"),
	  ACCEPTED },
};

int table_snp_minimum(struct cases_builder *b)
{
	int r = cases_add(b, rows, ARRAY_SIZE(rows));

	/* The layout of the other TCBs is that of the reported one: one product is enough. */
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++)
		for (size_t p = k == 0 ? 0 : TABLE_SNP_PRODUCTS - 1; r == 0 && p < TABLE_SNP_PRODUCTS; p++)
			r = add_components(b, &kinds[k], &table_snp_tcbs[p]);
	return r;
}
