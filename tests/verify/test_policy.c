/* SPDX-License-Identifier: MIT */
#include "verify/made.h"

#include <errno.h>

#include "verify/policy.h"
#include "verify/reasons.h"

#define HEX16(b)  b b b b b b b b b b b b b b b b
#define HEX32(b)  HEX16(b) HEX16(b)
#define HEX48(b)  HEX32(b) HEX16(b)
#define HEX64(b)  HEX32(b) HEX32(b)
#define STRING(s) "\"" s "\""

/* One member, on the report that made_init() makes; `reason` NULL: accepted. */
struct row {
	const char *json, *reason;
	bool vlek;
};

/* clang-format off */
static const struct row rows[] = {
	{ "{}", NULL },
	{ "\xef\xbb\xbf{\"minimum_guest_svn\": 7}", NULL }, /* a byte order mark */
	{ "\xef\xbb\xbf{\"minimum_guest_svn\": 8}", "guest-svn-below-minimum" },
	{ "{\"report_data\": \"0X" HEX64("D1") "\"}", NULL },
	{ "{\"report_data\": " STRING(HEX64("d1")) "}", NULL },
	{ "{\"report_data\": " STRING(HEX64("D1")) "}", NULL },
	{ "{\"report_data\": " STRING(HEX64("d2")) "}", "report-data-mismatch" },
	{ "{\"report_data\": [" STRING(HEX64("d2")) ", " STRING(HEX64("d1")) "]}", NULL },
	{ "{\"measurement\": " STRING(HEX48("3e")) "}", NULL },
	{ "{\"measurement\": " STRING(HEX48("3f")) "}", "measurement-mismatch" },
	{ "{\"measurement\": [" STRING(HEX48("01")) ", " STRING(HEX48("02")) ", "
	  STRING(HEX48("3e")) "]}", NULL },
	{ "{\"host_data\": " STRING(HEX32("40")) "}", NULL },
	{ "{\"host_data\": " STRING(HEX32("00")) "}", "host-data-mismatch" },
	{ "{\"id_key_digest\": " STRING(HEX48("00")) "}", NULL },
	{ "{\"id_key_digest\": " STRING(HEX48("01")) "}", "id-key-digest-mismatch" },
	{ "{\"author_key_digest\": " STRING(HEX48("00")) "}", NULL },
	{ "{\"author_key_digest\": " STRING(HEX48("01")) "}", "author-key-digest-mismatch" },
	{ "{\"family_id\": " STRING(HEX16("00")) "}", NULL },
	{ "{\"family_id\": " STRING(HEX16("01")) "}", "family-id-mismatch" },
	{ "{\"image_id\": " STRING(HEX16("00")) "}", NULL },
	{ "{\"image_id\": " STRING(HEX16("01")) "}", "image-id-mismatch" },
	{ "{\"report_id\": " STRING(HEX32("1d")) "}", NULL },
	{ "{\"report_id\": " STRING(HEX32("1e")) "}", "report-id-mismatch" },
	{ "{\"chip_id\": " STRING(HEX64("04")) "}", NULL },
	{ "{\"chip_id\": " STRING(HEX64("05")) "}", "chip-id-mismatch" },
	{ "{\"chip_id\": \"0404040404040404\"}", "chip-id-mismatch" },
	{ "{\"vmpl\": 1}", NULL },
	{ "{\"vmpl\": [0, 1]}", NULL },
	{ "{\"vmpl\": 0}", "vmpl-not-allowed" },
	{ "{\"vmpl\": [0, 2, 3]}", "vmpl-not-allowed" },
	{ "{\"maximum_vmpl\": 1}", NULL },
	{ "{\"maximum_vmpl\": 0}", "vmpl-not-allowed" },
	{ "{\"minimum_guest_svn\": 7}", NULL },
	{ "{\"minimum_guest_svn\": 8}", "guest-svn-below-minimum" },
	{ "{\"allow_debug\": true}", NULL },
	{ "{\"allow_debug\": false}", NULL },
	{ "{\"allow_smt\": true}", NULL },
	{ "{\"allow_smt\": false}", "smt-allowed" },
	{ "{\"allow_migrate_ma\": false}", NULL },
	{ "{\"allow_cxl\": false}", NULL },
	{ "{\"require_single_socket\": true}", "single-socket-not-required" },
	{ "{\"require_single_socket\": false}", NULL },
	{ "{\"require_mem_aes_256_xts\": true}", "mem-aes-256-xts-not-required" },
	{ "{\"require_rapl_dis\": true}", "rapl-dis-not-required" },
	{ "{\"require_ciphertext_hiding_dram\": true}", "ciphertext-hiding-not-required" },
	{ "{\"require_page_swap_disable\": true}", "page-swap-disable-not-required" },
	{ "{\"minimum_policy_abi\": \"1.51\"}", NULL },
	{ "{\"minimum_policy_abi\": \"0.255\"}", NULL },
	{ "{\"minimum_policy_abi\": \"1.52\"}", "guest-abi-below-minimum" },
	{ "{\"minimum_policy_abi\": \"2.0\"}", "guest-abi-below-minimum" },
	{ "{\"minimum_firmware\": \"1.55.29\"}", NULL },
	{ "{\"minimum_firmware\": \"1.54.255\"}", NULL },
	{ "{\"minimum_firmware\": \"1.55.30\"}", "firmware-below-minimum" },
	{ "{\"minimum_committed_firmware\": \"1.55.29\"}", NULL },
	{ "{\"minimum_committed_firmware\": \"1.56.0\"}", "committed-firmware-below-minimum" },
	{ "{\"minimum_tcb\": {\"boot_loader\": 4, \"tee\": 0, \"snp\": 24, \"microcode\": 219}}", NULL },
	{ "{\"minimum_tcb\": {\"microcode\": 220}}", "tcb-below-minimum" },
	{ "{\"minimum_tcb\": {\"tee\": 1}}", "tcb-below-minimum" },
	{ "{\"minimum_tcb\": {\"fmc\": 1}}", "tcb-below-minimum" },
	{ "{\"minimum_tcb\": {\"Milan\": {\"snp\": 24}, \"Genoa\": {\"snp\": 255}}}", NULL },
	{ "{\"minimum_tcb\": {\"Genoa\": {\"snp\": 0}}}", "tcb-below-minimum" },
	{ "{\"minimum_committed_tcb\": {\"snp\": 25}}", "committed-tcb-below-minimum" },
	{ "{\"minimum_current_tcb\": {\"snp\": 25}}", "current-tcb-below-minimum" },
	{ "{\"minimum_launch_tcb\": {\"snp\": 25}}", "launch-tcb-below-minimum" },
	{ "{\"minimum_launch_tcb\": {\"snp\": 24}}", NULL },
	{ "{\"allow_provisional_firmware\": false}", NULL },
	{ "{\"required_platform_info\": \"SMT_EN\"}", NULL },
	{ "{\"required_platform_info\": [\"SMT_EN\", \"ECC_EN\"]}", NULL },
	{ "{\"required_platform_info\": [\"SMT_EN\", \"TSME_EN\"]}", "platform-info-required" },
	{ "{\"forbidden_platform_info\": [\"TIO_EN\", \"RAPL_DIS\"]}", NULL },
	{ "{\"forbidden_platform_info\": \"SMT_EN\"}", "platform-info-forbidden" },
	{ "{\"products\": \"Milan\"}", NULL },
	{ "{\"products\": [\"genoa\", \"milan\"]}", NULL },
	{ "{\"products\": [\"Genoa\", \"Turin\"]}", "product-not-allowed" },
	{ "{\"allow_vcek\": true, \"allow_vlek\": false}", NULL },
	{ "{\"allow_vcek\": false}", "vcek-not-allowed" },
	{ "{\"allow_vcek\": false}", NULL, true },
	{ "{\"allow_vlek\": false}", "vlek-not-allowed", true },
	{ "{\"csp_id\": \"CN=cc-test.jurat.invalid\"}", NULL, true },
	{ "{\"csp_id\": [\"CN=other\", \"CN=cc-test.jurat.invalid\"]}", NULL, true },
	{ "{\"csp_id\": \"CN=cc-test.jurat.invali\"}", "csp-id-not-allowed", true },
	{ "{\"csp_id\": \"CN=other\"}", "policy-scope" }, /* a VCEK is no provider's */
	{ "{\"allow_masked_chip_id\": true}", NULL },
	{ "{\"require_crl\": true}", "crl-missing" },
	{ "{\"require_crl\": false}", NULL },
};

/* Text, and what the error must say. */
static const struct {
	const char *json, *error;
} bads[] = {
	{ "", "policy: line 1, column 0: " },
	{ "[]", "policy: not a JSON object" },
	{ "{", "policy: line 1, column 1: " },
	{ "{} x", "policy: line 1, column 4: " },
	{ "{\"vmpl\": 1, \"vmpl\": 1}", "policy: line 1, column 18: " },
	{ "{\"vmpl\": 1, \"VMPL\": 1}", "policy: duplicate name: 'vmpl' and 'VMPL'" },
	{ "{\"minimum_tcb\": {\"Milan\": {\"snp\": 255}, \"milan\": {\"snp\": 0}}}",
	  "policy: duplicate name: 'Milan' and 'milan'" },
	{ "{\"minimum_tcb\": {\"Milan\": {\"snp\": 8, \"SNP\": 0}}}",
	  "policy: duplicate name: 'snp' and 'SNP'" },
	{ "{\"minimum_tcb\": {\"boot_loader\": 8, \"bootLoader\": 0}}",
	  "policy: duplicate name: 'boot_loader' and 'bootLoader'" },
	{ "{\"products\": [\"Milan\", {\"a\": 1, \"b\": 1, \"A\": 1}]}",
	  "policy: duplicate name: 'a' and 'A'" },
	{ "{\"measurment\": \"00\"}", "policy: measurment: unknown member" },
	{ "{\"measurement\": \"00\"}", "policy: measurement: expected a string of exactly 96 hex digits" },
	{ "{\"measurement\": " STRING(HEX48("3e") "0") "}",
	  "policy: measurement: expected a string of exactly 96 hex digits" },
	{ "{\"measurement\": " STRING(HEX32("3e") HEX16("3g")) "}",
	  "policy: measurement: expected a string of exactly 96 hex digits" },
	{ "{\"measurement\": 3}", "policy: measurement: expected a string of exactly 96 hex digits" },
	{ "{\"measurement\": null}", "policy: measurement: expected a string of exactly 96 hex digits" },
	{ "{\"measurement\": [[]]}", "policy: measurement: expected a string of exactly 96 hex digits" },
	{ "{\"measurement\": []}", "policy: measurement: expected a non-empty list" },
	{ "{\"chip_id\": \"04\"}",
	  "policy: chip_id: expected a string of exactly 128 hex digits, or 16 for Turin" },
	{ "{\"allow_debug\": 1}", "policy: allow_debug: expected true or false" },
	{ "{\"allow_debug\": \"true\"}", "policy: allow_debug: expected true or false" },
	{ "{\"vmpl\": 4}", "policy: vmpl: expected a whole number from 0 to 3" },
	{ "{\"vmpl\": -1}", "policy: vmpl: expected a whole number from 0 to 3" },
	{ "{\"vmpl\": 1.0}", "policy: vmpl: expected a whole number from 0 to 3" },
	{ "{\"vmpl\": []}", "policy: vmpl: expected a non-empty list" },
	{ "{\"minimum_guest_svn\": 4294967296}",
	  "policy: minimum_guest_svn: expected a whole number from 0 to 4294967295" },
	{ "{\"minimum_guest_svn\": 99999999999999999999}", "policy: line 1, column 42: " },
	{ "{\"minimum_tcb\": {}}",
	  "policy: minimum_tcb: expected an object of fmc, boot_loader, tee, snp, microcode" },
	{ "{\"minimum_tcb\": 5}",
	  "policy: minimum_tcb: expected an object of fmc, boot_loader, tee, snp, microcode" },
	{ "{\"minimum_tcb\": {\"ucode\": 5}}", "policy: minimum_tcb: ucode: unknown TCB component" },
	{ "{\"minimum_tcb\": {\"snp\": 256}}",
	  "policy: minimum_tcb: snp: expected a whole number from 0 to 255" },
	{ "{\"minimum_tcb\": {\"Rome\": {\"snp\": 2}}}",
	  "policy: minimum_tcb: Rome: unknown product, expected Milan, Genoa or Turin" },
	{ "{\"minimum_tcb\": {\"Siena\": {\"snp\": 2}}}",
	  "policy: minimum_tcb: Siena: unknown product, expected Milan, Genoa or Turin" },
	{ "{\"minimum_tcb\": {\"Milan\": 4}}",
	  "policy: minimum_tcb: Milan: expected an object of fmc, boot_loader, tee, snp, microcode" },
	{ "{\"minimum_tcb\": {\"snp\": 2, \"Milan\": {\"snp\": 2}}}",
	  "policy: minimum_tcb: snp: unknown product, expected Milan, Genoa or Turin" },
	{ "{\"minimum_tcb\": {\"Milan\": {\"snp\": 2}, \"snp\": 1}}",
	  "policy: minimum_tcb: snp: unknown product, expected Milan, Genoa or Turin" },
	{ "{\"minimum_tcb\": {\"Milan\": {}}}",
	  "policy: minimum_tcb: Milan: expected an object of fmc, boot_loader, tee, snp, microcode" },
	{ "{\"minimum_firmware\": \"1.55\"}",
	  "policy: minimum_firmware: expected a version such as \"1.55.29\"" },
	{ "{\"minimum_firmware\": \"1.55.29 \"}",
	  "policy: minimum_firmware: expected a version such as \"1.55.29\"" },
	{ "{\"minimum_firmware\": \"1.55.256\"}",
	  "policy: minimum_firmware: expected a version such as \"1.55.29\"" },
	{ "{\"minimum_firmware\": \"1..29\"}",
	  "policy: minimum_firmware: expected a version such as \"1.55.29\"" },
	{ "{\"minimum_policy_abi\": 1.51}",
	  "policy: minimum_policy_abi: expected a version such as \"1.51\"" },
	{ "{\"products\": \"Rome\"}", "policy: products: expected Milan, Genoa or Turin" },
	{ "{\"products\": \"unknown\"}", "policy: products: expected Milan, Genoa or Turin" },
	{ "{\"products\": 1}", "policy: products: expected Milan, Genoa or Turin" },
	{ "{\"required_platform_info\": \"smt\"}",
	  "policy: required_platform_info: expected \"0x\" and up to 16 hex digits, or names of bits: "
	  "SMT_EN TSME_EN ECC_EN RAPL_DIS "
	  "CIPHERTEXT_HIDING_DRAM_EN ALIAS_CHECK_COMPLETE IOMMU_WRITE_SAFE TIO_EN" },
	{ "{\"csp_id\": \"\"}", "policy: csp_id: expected a non-empty string" },
	{ "{\"csp_id\": [1]}", "policy: csp_id: expected a non-empty string" },
};
/* clang-format on */

static struct jurat_policy *policy_new(void)
{
	struct jurat_policy *p;

	assert_int_equal(jurat_policy_new(&p, NULL), 0);
	return p;
}

static void assert_judged(struct jurat_verifier *v, const struct made *m, const struct jurat_policy *p,
			  const char *reason, const char *what)
{
	const char *codes[] = { reason, NULL };
	struct jurat_verdict *verdict = made_judge(m, v, p);

	assert_verdict(verdict, codes, what);
	jurat_verdict_free(verdict);
}

static void every_member_accepts_and_refuses_as_it_says(void **state)
{
	struct jurat_verifier *v = made_verifier(SNP_MILAN);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct jurat_policy *p = policy_new();
		struct jurat_error err = { "" };
		struct made m;

		made_init(&m, SNP_MILAN, rows[i].vlek, 3);
		if (jurat_policy_read_json(p, rows[i].json, strlen(rows[i].json), &err) != 0)
			FAIL_BECAUSE("%s: %s", rows[i].json, err.text);
		assert_judged(v, &m, p, rows[i].reason, rows[i].json);
		jurat_policy_free(p);
	}
	jurat_verifier_free(v);
}

/* Members whose answer needs another report than the usual one. */
static void members_about_other_reports_do_as_they_say(void **state)
{
	static const struct {
		const char *member;
		uint64_t policy_bit;
		const char *reason_when_false;
	} bits[] = {
		{ "allow_debug", SNP_POLICY_DEBUG_BIT, "debug-allowed" },
		{ "allow_migrate_ma", SNP_POLICY_MIGRATE_MA_BIT, "migrate-ma-allowed" },
		{ "allow_cxl", SNP_POLICY_CXL_ALLOW_BIT, "cxl-allowed" },
	};
	struct jurat_verifier *v = made_verifier(SNP_MILAN);
	struct jurat_policy *p = policy_new();
	struct made m;

	for (size_t i = 0; i < ARRAY_SIZE(bits); i++) {
		made_init(&m, SNP_MILAN, false, 3);
		m.report.policy |= 1ull << bits[i].policy_bit;
		made_sign(&m);
		assert_int_equal(jurat_policy_set(p, bits[i].member, "false", NULL), 0);
		assert_judged(v, &m, p, bits[i].reason_when_false, bits[i].member);
		assert_int_equal(jurat_policy_set(p, bits[i].member, "true", NULL), 0);
		assert_judged(v, &m, p, NULL, bits[i].member);
	}
	made_init(&m, SNP_MILAN, false, 3);
	m.report.current_tcb++;
	made_sign(&m);
	assert_judged(v, &m, p, NULL, "provisional firmware");
	assert_int_equal(jurat_policy_set(p, "allow_provisional_firmware", "false", NULL), 0);
	assert_judged(v, &m, p, "provisional-firmware", "provisional firmware");
	made_init(&m, SNP_MILAN, false, 3);
	memset(m.report.chip_id, 0, sizeof(m.report.chip_id));
	made_sign(&m);
	assert_judged(v, &m, p, "chip-id-masked", "masked chip_id");
	assert_int_equal(jurat_policy_set(p, "allow_masked_chip_id", "true", NULL), 0);
	assert_judged(v, &m, p, NULL, "masked chip_id");
	jurat_policy_free(p);
	jurat_verifier_free(v);
}

static void a_turin_chip_is_named_by_its_eight_bytes(void **state)
{
	struct jurat_verifier *v = made_verifier(SNP_TURIN);
	struct jurat_policy *p = policy_new();
	struct made m;

	made_init(&m, SNP_TURIN, false, 5);
	assert_int_equal(jurat_policy_set(p, "chip_id", "0404040404040404", NULL), 0);
	assert_int_equal(
		jurat_policy_set(
			p, "minimum_tcb",
			"{\"fmc\": 2, \"boot_loader\": 1, \"tee\": 1, \"snp\": 4, \"microcode\": 80}", NULL),
		0);
	assert_judged(v, &m, p, NULL, "Turin");
	assert_int_equal(jurat_policy_set(p, "minimum_tcb", "{\"fmc\": 3}", NULL), 0);
	assert_judged(v, &m, p, "tcb-below-minimum", "Turin");
	jurat_policy_free(p);
	jurat_verifier_free(v);
}

static void what_is_not_a_policy_is_refused_with_the_place(void **state)
{
	struct jurat_policy *p = policy_new();

	for (size_t i = 0; i < ARRAY_SIZE(bads); i++) {
		auto_free uint8_t *copy = heap_copy(bads[i].json, strlen(bads[i].json));
		struct jurat_error err = { "" };

		assert_int_equal(jurat_policy_read_json(p, (const char *)copy, strlen(bads[i].json), &err),
				 -EBADMSG);
		/* what follows a place is the JSON library's, and changes with it */
		if (strstr(bads[i].error, "policy: line "))
			err.text[strlen(bads[i].error)] = '\0';
		assert_string_equal(err.text, bads[i].error);
	}
	jurat_policy_free(p);
}

/* What no member takes, whatever its kind; alone and in a list. */
static void no_member_takes_a_value_of_another_type(void **state)
{
	static const char *const wrong[] = {
		"null",
		"{}",
		"[]",
		"[[]]",
		"-1",
		"1.5",
		"1e0",
		"\"\"",
		"\" \"",
		"\"no such word\"",
		"[null]",
		"[{}]",
		"[-1]",
		"[1.5]",
		"[\"\"]",
		"[true, null]",
		"{\"x\": 1}",
		"[{\"value\": {}}]",
		"[1, []]",
		"{\"\": \"\"}",
		"\"0x\"",
		"\"0x12345678901234567\"",
		"18446744073709551616",
		"-0.0",
	};
	/* what kind of words a member takes is the caller's: any one that is not empty */
	static const char *const words[] = { "csp_id", "accepted_advisories", "rejected_advisories" };
	struct policy_member m;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct jurat_policy *policy;

		assert_int_equal(jurat_policy_new(&policy, NULL), 0);
		for (size_t k = 0; policy_member_at(policy, k, &m); k++) {
			struct jurat_error err = { "" };
			char text[128], start[96];
			bool is_words = false;

			for (size_t w = 0; w < ARRAY_SIZE(words); w++)
				is_words = is_words || strcmp(words[w], m.name) == 0;
			if (is_words && wrong[i][0] == '"' && wrong[i][1] != '"')
				continue;
			/* a command line may be any text, and empty */
			if (strcmp(m.name, "kernel_cmdline") == 0 &&
			    (wrong[i][0] == '"' || strcmp(wrong[i], "[\"\"]") == 0))
				continue;
			TEXT(text, "{\"%s\": %s}", m.name, wrong[i]);
			TEXT(start, "policy: %s: ", m.name);
			if (jurat_policy_read_json(policy, text, strlen(text), &err) != -EBADMSG)
				FAIL_BECAUSE("%s is taken", text);
			if (strncmp(err.text, start, strlen(start)) != 0 &&
			    strncmp(err.text, "policy: line 1", 14) != 0)
				FAIL_BECAUSE("%s: %s", text, err.text);
			assert_true(policy_member_at(policy, k, &m) && !m.set);
		}
		jurat_policy_free(policy);
	}
}

static void every_truncation_of_a_policy_is_refused(void **state)
{
	static const char json[] =
		"{\"vmpl\": [0, 1], \"minimum_tcb\": {\"Milan\": {\"snp\": 8}}, \"csp_id\": [\"a\", \"b\"]}";
	struct jurat_policy *p = policy_new();

	for (size_t n = 0; n < sizeof(json) - 1; n++) {
		auto_free uint8_t *copy = heap_copy(json, n);

		assert_int_equal(jurat_policy_read_json(p, (const char *)copy, n, NULL), -EBADMSG);
	}
	assert_int_equal(jurat_policy_read_json(p, json, sizeof(json) - 1, NULL), 0);
	jurat_policy_free(p);
}

static void a_policy_that_was_refused_changed_nothing(void **state)
{
	static const char bad[] =
		"{\"measurement\": " STRING(HEX48("3e")) ", \"allow_smt\": true, \"nonsense\": 1}";
	struct jurat_verifier *v = made_verifier(SNP_MILAN);
	struct jurat_policy *p = policy_new();
	struct made m;

	made_init(&m, SNP_MILAN, false, 3);
	assert_int_equal(jurat_policy_set(p, "measurement", HEX48("77"), NULL), 0);
	assert_int_equal(jurat_policy_read_json(p, bad, sizeof(bad) - 1, NULL), -EBADMSG);
	assert_judged(v, &m, p, "measurement-mismatch", "after the bad one");
	assert_int_equal(jurat_policy_set(p, "measurement", HEX48("3e"), NULL), 0); /* the later one counts */
	assert_judged(v, &m, p, NULL, "after the good one");
	jurat_policy_free(p);
	jurat_verifier_free(v);
}

static void members_can_be_set_by_bare_words(void **state)
{
	static const struct {
		const char *member, *value;
		int r;
	} sets[] = {
		{ "report_data", HEX64("11"), 0 }, /* digits only, and still hex */
		{ "measurement", "[" STRING(HEX48("3e")) "]", 0 },
		{ "host_data", STRING(HEX32("40")), 0 },
		{ "minimum_firmware", "1.55.0", 0 },
		{ "minimum_policy_abi", "1.10", 0 },
		{ "products", "Milan", 0 },
		{ "vmpl", "1", 0 },
		{ "allow_smt", "true", 0 },
		{ "require_crl", "false", 0 },
		{ "csp_id", "CN=x", 0 },
		{ "required_platform_info", "SMT_EN", 0 },
		{ "allow_smt", "yes", -EBADMSG },
		{ "vmpl", "", -EBADMSG },
		{ "report_data", "", -EBADMSG },
		{ "report_data", "\xff\xff", -EBADMSG },
		{ "products", "[", -EBADMSG },
		{ "minimum_tcb", "{\"Milan\": {\"snp\": 255}, \"MILAN\": {\"snp\": 0}}", -EBADMSG },
		{ "none", "1", -EBADMSG },
	};
	struct jurat_policy *p = policy_new();

	for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
		struct jurat_error err = { "" };

		if (jurat_policy_set(p, sets[i].member, sets[i].value, &err) != sets[i].r)
			FAIL_BECAUSE("%s=%s: '%s'", sets[i].member, sets[i].value, err.text);
	}
	jurat_policy_free(p);
}

/* ---- what is short, of the report that made_init() makes */

static const struct {
	const char *json;
	struct {
		const char *part, *component;
		uint64_t is, wanted;
	} expected[6];
	const char *text;
} short_of[] = {
	{ "{}", { { NULL } }, NULL },
	{ "{\"minimum_tcb\": {\"boot_loader\": 4, \"snp\": 24, \"microcode\": 219}}", { { NULL } }, NULL },
	{ "{\"minimum_tcb\": {\"microcode\": 220}}",
	  { { "reported_tcb", "microcode", 219, 220 } },
	  "shortfall            reported_tcb microcode: is 219, wanted 220\n" },
	{ "{\"minimum_tcb\": {\"Milan\": {\"boot_loader\": 4, \"tee\": 1, \"snp\": 25, \"microcode\": 255}}}",
	  { { "reported_tcb", "tee", 0, 1 },
	    { "reported_tcb", "snp", 24, 25 },
	    { "reported_tcb", "microcode", 219, 255 } },
	  "reported_tcb: tee is 0, expected at least 1; snp is 24, expected at least 25; "
	  "microcode is 219, expected at least 255\n" },
	{ "{\"minimum_committed_tcb\": {\"snp\": 30}, \"minimum_current_tcb\": {\"snp\": 31},"
	  "\"minimum_launch_tcb\": {\"snp\": 32}}",
	  { { "committed_tcb", "snp", 24, 30 },
	    { "current_tcb", "snp", 24, 31 },
	    { "launch_tcb", "snp", 24, 32 } },
	  "                     launch_tcb snp: is 24, wanted 32\n" },
	{ "{\"minimum_firmware\": \"1.55.30\", \"minimum_committed_firmware\": \"2.0.0\","
	  "\"minimum_policy_abi\": \"1.52\", \"minimum_guest_svn\": 8}",
	  { { "policy_abi", "minor", 51, 52 },
	    { "guest", "guest_svn", 7, 8 },
	    { "firmware", "build", 29, 30 },
	    { "committed_firmware", "major", 1, 2 } },
	  "firmware build: is 29, wanted 30\n" },
};

static void assert_short(const struct jurat_verdict *v, size_t row)
{
	struct jurat_shortfall s = { .size = sizeof(s) };
	auto_free char *text = jurat_verdict_text(v), *json = jurat_verdict_json(v);
	size_t n = 0;

	for (; n < ARRAY_SIZE(short_of[row].expected) && short_of[row].expected[n].part; n++) {
		assert_int_equal(jurat_verdict_shortfall(v, n, &s), 0);
		assert_string_equal(s.part, short_of[row].expected[n].part);
		assert_string_equal(s.component, short_of[row].expected[n].component);
		assert_int_equal(s.is, short_of[row].expected[n].is);
		assert_int_equal(s.wanted, short_of[row].expected[n].wanted);
		assert_true(s.status == JURAT_TDX_TCB_NONE && !s.has_date && s.advisory_count == 0);
		assert_null(jurat_verdict_shortfall_advisory(v, n, 0));
	}
	assert_int_equal(jurat_verdict_shortfall_count(v), n);
	assert_int_equal(jurat_verdict_accepted(v), n == 0);
	assert_int_equal(jurat_verdict_shortfall(v, n, &s), JURAT_NOT_FOUND);
	assert_true(!short_of[row].text || strstr(text, short_of[row].text));
	assert_int_equal(strstr(text, "\nshortfall ") != NULL, n > 0);
	assert_int_equal(strstr(json, "\"shortfall\": []") != NULL, n == 0);
}

static void every_part_that_is_short_is_said_with_what_it_is_and_what_is_wanted(void **state)
{
	struct jurat_verifier *v = made_verifier(SNP_MILAN);
	struct jurat_shortfall s = { .size = sizeof(s) };
	struct made m;

	made_init(&m, SNP_MILAN, false, 3);
	for (size_t i = 0; i < ARRAY_SIZE(short_of); i++) {
		struct jurat_policy *p = policy_new();
		struct jurat_verdict *verdict;

		assert_int_equal(jurat_policy_read_json(p, short_of[i].json, strlen(short_of[i].json), NULL),
				 0);
		verdict = made_judge(&m, v, p);
		assert_short(verdict, i);
		jurat_verdict_free(verdict);
		jurat_policy_free(p);
	}
	assert_int_equal(jurat_verdict_shortfall_count(NULL), 0);
	assert_int_equal(jurat_verdict_shortfall(NULL, 0, &s), JURAT_NOT_FOUND);
	jurat_verifier_free(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_member_accepts_and_refuses_as_it_says),
		cmocka_unit_test(members_about_other_reports_do_as_they_say),
		cmocka_unit_test(a_turin_chip_is_named_by_its_eight_bytes),
		cmocka_unit_test(what_is_not_a_policy_is_refused_with_the_place),
		cmocka_unit_test(no_member_takes_a_value_of_another_type),
		cmocka_unit_test(every_truncation_of_a_policy_is_refused),
		cmocka_unit_test(a_policy_that_was_refused_changed_nothing),
		cmocka_unit_test(members_can_be_set_by_bare_words),
		cmocka_unit_test(every_part_that_is_short_is_said_with_what_it_is_and_what_is_wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
