/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "seeds/seeds.h"

#define B16 "00112233445566778899aabbccddeeff"
#define B32 B16 B16
#define B48 B32 B16
#define B64 B32 B32
#define TCB                                                                                                  \
	"{\"milan\":{\"boot_loader\":3,\"tee\":0,\"snp\":8,\"microcode\":115},\"turin\":{\"fmc\":1,\"snp\":" \
	"2}}"

/* A good value for every member. */
static const struct {
	const char *member, *value;
} members[] = {
	{ "report_data", "\"" B64 "\"" },
	{ "measurement", "[\"" B48 "\",\"" B48 "\"]" },
	{ "host_data", "\"" B32 "\"" },
	{ "id_key_digest", "\"" B48 "\"" },
	{ "author_key_digest", "\"" B48 "\"" },
	{ "family_id", "\"" B16 "\"" },
	{ "image_id", "\"" B16 "\"" },
	{ "report_id", "\"" B32 "\"" },
	{ "chip_id", "[\"" B64 "\",\"0011223344556677\"]" },
	{ "allow_debug", "true" },
	{ "allow_migrate_ma", "false" },
	{ "allow_smt", "false" },
	{ "allow_cxl", "false" },
	{ "require_single_socket", "true" },
	{ "require_mem_aes_256_xts", "true" },
	{ "require_rapl_dis", "true" },
	{ "require_ciphertext_hiding", "true" },
	{ "require_page_swap_disable", "true" },
	{ "vmpl", "[0,1]" },
	{ "maximum_vmpl", "2" },
	{ "minimum_guest_svn", "3" },
	{ "minimum_policy_abi", "\"1.51\"" },
	{ "minimum_firmware", "\"1.55.16\"" },
	{ "minimum_committed_firmware", "\"1.55.16\"" },
	{ "minimum_tcb", TCB },
	{ "minimum_committed_tcb", TCB },
	{ "minimum_current_tcb", TCB },
	{ "minimum_launch_tcb", TCB },
	{ "allow_provisional_firmware", "false" },
	{ "required_platform_info", "[\"smt_en\",\"ecc_en\"]" },
	{ "forbidden_platform_info", "\"tsme_en\"" },
	{ "products", "[\"milan\",\"genoa\"]" },
	{ "allow_vcek", "false" },
	{ "allow_vlek", "false" },
	{ "allow_masked_chip_id", "true" },
	{ "csp_id", "[\"CN=cc-test.jurat.invalid\"]" },
	{ "require_crl", "true" },
	{ "tees", "[\"sev-snp\",\"tdx\"]" },
	{ "mrtd", "\"" B48 "\"" },
	{ "mrseam", "\"" B48 "\"" },
	{ "rtmr0", "\"" B48 "\"" },
	{ "rtmr3", "[\"" B48 "\"]" },
	{ "allowed_td_attributes", "[\"sept_ve_disable\",\"pks\"]" },
	{ "required_td_attributes", "\"0x10000000\"" },
	{ "allowed_xfam", "\"0x6dbe7\"" },
	{ "required_xfam", "\"0x3\"" },
	{ "allow_service_td", "true" },
	{ "allow_no_collateral", "true" },
	{ "accepted_tcb_statuses", "[\"UpToDate\",\"SWHardeningNeeded\",\"OutOfDate\"]" },
	{ "accepted_current_tcb_statuses", "\"OutOfDate\"" },
	{ "accepted_advisories", "[\"INTEL-SA-00837\"]" },
	{ "rejected_advisories", "[\"INTEL-SA-99990\"]" },
	{ "maximum_collateral_age_days", "30" },
	{ "minimum_tcb_evaluation_data_number", "17" },
};

void seeds_policy(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		seed_begin("fuzz_policy", "json-%s", members[i].member);
		seed_text("{\"");
		seed_text(members[i].member);
		seed_text("\":");
		seed_text(members[i].value);
		seed_text("}");
		seed_end();
		seed_begin("fuzz_policy", "set-%s", members[i].member);
		seed_text(members[i].member);
		seed_text("=");
		seed_text(members[i].value);
		seed_end();
	}
	seed_begin("fuzz_policy", "comments");
	seed_text("{\"//\": [\"a\", \"b\"], \"//vmpl\": \"c\", \"vmpl\": 1}");
	seed_end();
	seed_begin("fuzz_policy", "words");
	seed_text("products=milan");
	seed_end();
}
