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
	{ "minimum_launch_mit_vector", "\"0x3\"" },
	{ "minimum_current_mit_vector", "7" },
	{ "require_launch_mitigations", "true" },
	{ "allow_unknown_platform_info", "\"0x40\"" },
	{ "allow_unknown_td_attributes", "\"0x100000000\"" },
	{ "allow_unknown_xfam", "[\"0x8000000000000000\"]" },
	{ "fmspc", "\"00906ed50000\"" },
	{ "ppid", "[\"" B16 "\"]" },
	{ "platform_instance_id", "\"" B16 "\"" },
	{ "mrconfigid", "\"" B48 "\"" },
	{ "mrowner", "\"" B48 "\"" },
	{ "mrownerconfig", "\"" B48 "\"" },
	{ "mrservicetd", "\"" B48 "\"" },
	{ "td_id", "\"" B32 "\"" },
	{ "init_servtd_hash", "\"" B48 "\"" },
	{ "sgx_type", "[0,1]" },
	{ "minimum_tee_tcb_svn", "[3,0,6]" },
	{ "minimum_tcb_date", "\"2025-05-14T00:00:00Z\"" },
	{ "require_event_log", "true" },
	{ "event_digests", "{\"EV_IPL\":[\"" B48 "\",\"" B48 "\"],\"0x6\":\"" B48 "\",\"*\":[]}" },
	{ "kernel_cmdline", "[\"ro quiet\",\"console=ttyS0\"]" },
	{ "require_secure_boot", "true" },
	{ "allow_unexplained_rtmr3", "true" },
};

#define ROW(more) "{\"minimums\":[{\"product\":\"Genoa\",\"bulletin\":\"B\"" more "}]}"

/* Of minimum TCBs; the last ones are wrong. */
static const char *const tables[] = {
	("{\"comment\":[1],\"minimums\":[{\"product\":\"genoa\",\"bulletin\":\"AMD-SB-3027\",\"title\":\"a\","
	 "\"published\":\"2026-01-15\",\"required_from\":\"2026-02-01T12:00:00Z\",\"cpuid\":{\"family\":"
	 "\"0x19\",\"model\":17,\"stepping\":1},\"minimum_tcb\":{\"microcode\":\"0x56\"}}]}"),
	("{\"minimums\":[{\"product\":\"Turin\",\"bulletin\":\"B\",\"published\":\"1970-01-02\",\"minimum_"
	 "tcb\":"
	 "{\"fmc\":0,\"snp\":255}},{\"product\":\"Milan\",\"bulletin\":\"C\",\"minimum_tcb\":{\"snp\":1}}]}"),
	ROW(",\"minimum_tcb\":{\"snp\":\"0x1b\",\"microcode\":84}"),
	ROW(""),
	ROW(",\"minimum_tcb\":{\"fmc\":1}"),
	ROW(",\"minimum_tcb\":{\"snp\":256}"),
	ROW(",\"cpuid\":{\"family\":26,\"model\":1},\"minimum_tcb\":{\"snp\":1}"),
	ROW(",\"published\":\"2026-13-01\""),
	"{\"minimums\":[]}",
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
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		seed_whole("fuzz_snp_minimum", tables[i], strlen(tables[i]), "%zu", i);
}
