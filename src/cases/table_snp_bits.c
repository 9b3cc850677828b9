/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "cases/table_snp.h"
#include "wire/snp_report.h"

/* Bits of guest policy and platform_info: each one against each member of a policy about it. */

static const struct guest_bit {
	const char *member, *id, *bit, *reason;
	bool require; /* the member requires the bit; else it allows it */
} guest_bits[] = {
	{ "allow_debug", "debug", "DEBUG", "debug-allowed", false },
	{ "allow_migrate_ma", "migrate-ma", "MIGRATE_MA", "migrate-ma-allowed", false },
	{ "allow_smt", "smt", "SMT", "smt-allowed", false },
	{ "allow_cxl", "cxl", "CXL_ALLOW", "cxl-allowed", false },
	{ "require_single_socket", "single-socket", "SINGLE_SOCKET", "single-socket-not-required", true },
	{ "require_mem_aes_256_xts", "mem-aes-256-xts", "MEM_AES_256_XTS", "mem-aes-256-xts-not-required",
	  true },
	{ "require_rapl_dis", "rapl-dis", "RAPL_DIS", "rapl-dis-not-required", true },
	{ "require_ciphertext_hiding_dram", "ciphertext-hiding-dram", "CIPHERTEXT_HIDING_DRAM",
	  "ciphertext-hiding-not-required", true },
	{ "require_page_swap_disable", "page-swap-disable", "PAGE_SWAP_DISABLE",
	  "page-swap-disable-not-required", true },
};

static const enum snp_product products[] = { SNP_MILAN, SNP_GENOA, SNP_TURIN };

/* The bit set and clear, for a policy with the stricter value of the member. */
static int add_guest_bit(struct cases_builder *b, size_t i)
{
	const struct guest_bit *g = &guest_bits[i];
	int r = 0;

	for (int set = 0; r == 0 && set <= 1; set++) {
		const bool refused = set != g->require;
		struct cases_row row = { .product = products[i % ARRAY_SIZE(products)],
					 .verdict = refused ? CASES_REFUSED : CASES_ACCEPTED,
					 .class = refused ? CASES_STATE : CASES_GOOD };

		row.id = cases_text(b, "snp-guest-%s-%s", g->id, set ? "set" : "clear");
		row.what =
			cases_text(b, "%s of the guest policy is %s, and the verifier's policy %s it.",
				   g->bit, set ? "set" : "clear", g->require ? "requires" : "does not allow");
		row.spec = cases_text(b, ABI_POLICY("%s"), g->bit);
		row.items[0] = cases_text(b, "report.policy.%s=%s", g->bit, set ? "yes" : "no");
		row.policy = cases_text(b, "\"%s\": %s", g->member, g->require ? "true" : "false");
		row.reasons[0] = refused ? g->reason : NULL;
		r = cases_add(b, &row, 1);
	}
	return r;
}

/* Each bit of platform_info: required and forbidden, set and clear. */
static int add_platform_bit(struct cases_builder *b, const struct wire_bit *bit, enum snp_product product)
{
	const char *lower = cases_text(b, "%u", bit->bit);
	int r = 0;

	for (int n = 0; r == 0 && n < 4; n++) {
		const bool set = n & 1, require = n & 2, refused = set != require;
		struct cases_row row = { .product = product,
					 .verdict = refused ? CASES_REFUSED : CASES_ACCEPTED,
					 .class = refused ? CASES_STATE : CASES_GOOD };

		row.id = cases_text(b, "snp-platform-info-%s-%s-%s", lower,
				    require ? "required" : "forbidden", set ? "set" : "clear");
		row.what = cases_text(b, "%s of platform_info is %s, and the verifier's policy %s it.",
				      bit->name, set ? "set" : "clear", require ? "requires" : "forbids");
		row.spec = cases_text(b, ABI_REPORT("PLATFORM_INFO, %s"), bit->name);
		row.items[0] = cases_text(b, "report.platform_info.%s=%s", bit->name, set ? "yes" : "no");
		row.policy = cases_text(b, "\"%s_platform_info\": \"%s\"", require ? "required" : "forbidden",
					bit->name);
		if (refused)
			row.reasons[0] = require ? "platform-info-required" : "platform-info-forbidden";
		r = cases_add(b, &row, 1);
	}
	return r;
}

#define PLATFORM ABI_REPORT("PLATFORM_INFO")

static const struct cases_row rows[] = {
	{ SNP("platform-info-bit-8", "A bit of platform_info is set that no published specification defines.",
	      PLATFORM),
	  ON(MILAN, 3), BUG("B60"), ITEMS("report.platform_info.bit-8=yes"),
	  EITHER(FORMAT, "platform-info-reserved") },
	{ SNP("platform-info-bit-63", "The highest bit of platform_info is set.", PLATFORM), ON(TURIN, 5),
	  BUG("B60"), ITEMS("report.platform_info.bit-63=yes"), EITHER(FORMAT, "platform-info-reserved") },
	{ SNP("platform-info-bit-8-allowed",
	      "An unknown bit of platform_info is set, and the policy allows it.",
	      MEMBER("allow_unknown_platform_info")),
	  ON(MILAN, 3), BUG("B60"), ITEMS("report.platform_info.bit-8=yes"),
	  POLICY("\"allow_unknown_platform_info\": 8"), ACCEPTED },
	{ SNP("platform-info-bit-9-not-allowed",
	      "Two unknown bits of platform_info are set, and the policy allows one of them.",
	      MEMBER("allow_unknown_platform_info")),
	  ON(GENOA, 3), BUG("B60"), ITEMS("report.platform_info.bit-8=yes", "report.platform_info.bit-9=yes"),
	  POLICY("\"allow_unknown_platform_info\": [\"bit-8\", 10]"),
	  REFUSED(FORMAT, "platform-info-reserved") },
	{ SNP("platform-info-unknown-all-allowed",
	      "All unknown bits of platform_info are set, as the policy allows.",
	      MEMBER("allow_unknown_platform_info")),
	  ON(TURIN, 5), BUG("B60"), ITEMS("report.platform_info=0xffffffffffffff20"),
	  POLICY("\"allow_unknown_platform_info\": true"), ACCEPTED },
	{ SNP("platform-info-unknown-required", "A bit that the policy requires by number is clear.",
	      MEMBER("required_platform_info")),
	  ON(MILAN, 3), POLICY("\"required_platform_info\": \"0x100\""),
	  REFUSED(STATE, "platform-info-required") },
	{ SNP("platform-info-all-clear", "No bit of platform_info is set.", PLATFORM), ON(MILAN, 3),
	  ITEMS("report.platform_info=0"), ACCEPTED },
	{ SNP("platform-info-all-set", "All known bits of platform_info are set.", PLATFORM), ON(TURIN, 5),
	  ITEMS("report.platform_info=0xff"), ACCEPTED },
	{ SNP("platform-info-iommu-write-safe",
	      "IOMMU_WRITE_SAFE is set, as production Turin reports have it.", PLATFORM),
	  ON(TURIN, 5), BUG("B60"), ITEMS("report.platform_info=0x65"), ACCEPTED },
	{ SNP("platform-info-two-required",
	      "The policy requires two bits of platform_info, and only one of them is set.",
	      MEMBER("required_platform_info")),
	  ON(GENOA, 3), ITEMS("report.platform_info=0x4"),
	  POLICY("\"required_platform_info\": [\"ECC_EN\", \"ALIAS_CHECK_COMPLETE\"]"),
	  REFUSED(STATE, "platform-info-required") },
	{ SNP("platform-info-required-and-forbidden",
	      "The bits that the policy requires are set, and the ones that it forbids are clear.",
	      MEMBER("required_platform_info, forbidden_platform_info")),
	  ON(MILAN, 3), ITEMS("report.platform_info=0x24"),
	  POLICY("\"required_platform_info\": [\"ECC_EN\", \"ALIAS_CHECK_COMPLETE\"], "
		 "\"forbidden_platform_info\": [\"SMT_EN\", \"TSME_EN\"]"),
	  ACCEPTED },
	{ SNP("guest-debug-allowed", "The guest policy allows debugging, and so does the verifier's policy.",
	      ABI_POLICY("DEBUG")),
	  ON(MILAN, 3), ITEMS("report.policy.DEBUG=yes"), POLICY("\"allow_debug\": true"), ACCEPTED },
	{ SNP("guest-unknown-bit-with-policy",
	      "A reserved bit of the guest policy is set, which no verifier's policy can allow.",
	      ABI_POLICY("bits 63:26")),
	  ON(TURIN, 5), BUG("B60"), ITEMS("report.policy.bit-27=yes"), POLICY("\"allow_debug\": true"),
	  REFUSED(FORMAT, "guest-policy-reserved") },
	{ SNP("guest-two-bits",
	      "The guest policy allows debugging and a migration agent; the verifier's neither.",
	      ABI_POLICY("DEBUG, MIGRATE_MA")),
	  ON(GENOA, 3), ITEMS("report.policy.DEBUG=yes", "report.policy.MIGRATE_MA=yes"),
	  POLICY("\"allow_migrate_ma\": false"), REFUSED(STATE, "debug-allowed", "migrate-ma-allowed") },
	{ SNP("guest-all-required", "The guest policy requires all that the verifier's policy does.",
	      ABI_POLICY("bits 25:20")),
	  ON(TURIN, 5), ITEMS("report.policy=0x3d20137"),
	  POLICY("\"allow_smt\": false, \"allow_cxl\": false, \"allow_migrate_ma\": false, "
		 "\"require_single_socket\": true, \"require_mem_aes_256_xts\": true, \"require_rapl_dis\": "
		 "true, "
		 "\"require_ciphertext_hiding_dram\": true, \"require_page_swap_disable\": true"),
	  ACCEPTED },
};

int table_snp_bits(struct cases_builder *b)
{
	int r = cases_add(b, rows, ARRAY_SIZE(rows));

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(guest_bits); i++)
		r = add_guest_bit(b, i);
	for (size_t i = 0; r == 0 && i < snp_platform_info_bits.n_bits; i++)
		r = add_platform_bit(b, &snp_platform_info_bits.bits[i], products[i % ARRAY_SIZE(products)]);
	return r;
}
