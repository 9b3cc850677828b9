/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <errno.h>

#include <jurat/verify.h>

#include "support/fail_memory.h"
#include "verify/fail_libraries.h"
#include "verify/policy_write.h"

/* What is written of a policy: the same policy again, whatever its members. */

#define HEX16 "000102030405060708090a0b0c0d0e0f"
#define HEX32 HEX16 HEX16
#define HEX48 HEX32 HEX16
#define HEX64 HEX32 HEX32
#define FF48                                                                                                 \
	"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

/* A value as somebody may write it, and as it is written. Every member is here. */
static const struct {
	const char *member, *value, *written; /* written NULL: the same */
} rows[] = {
	{ "report_data", "{\"sha256\": \"0x616263\"}",
	  "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
	  "0000000000000000000000000000000000000000000000000000000000000000\"" },
	{ "report_data", "[\"" HEX64 "\", \"0x01\"]",
	  "[\"" HEX64 "\", \"0100000000000000000000000000000000000000000000000000000000000000"
	  "0000000000000000000000000000000000000000000000000000000000000000\"]" },
	{ "measurement", "\"" HEX48 "\"", NULL },
	{ "measurement", "[\"" HEX48 "\"]", "\"" HEX48 "\"" },
	{ "measurement", "[\"" HEX48 "\", \"" FF48 "\"]", NULL },
	{ "host_data", "\"" HEX32 "\"", NULL },
	{ "id_key_digest", "\"" HEX48 "\"", NULL },
	{ "author_key_digest", "\"" HEX48 "\"", NULL },
	{ "family_id", "\"" HEX16 "\"", NULL },
	{ "image_id", "\"" HEX16 "\"", NULL },
	{ "report_id", "\"" HEX32 "\"", NULL },
	{ "chip_id", "\"" HEX64 "\"", NULL },
	{ "chip_id", "\"0001020304050607\"",
	  "\"00010203040506070000000000000000000000000000000000000000000000000"
	  "000000000000000000000000000000000000000000000000000000000000000\"" },
	{ "allow_debug", "true", NULL },
	{ "allow_migrate_ma", "false", NULL },
	{ "allow_smt", "false", NULL },
	{ "allow_cxl", "false", NULL },
	{ "require_single_socket", "true", NULL },
	{ "require_mem_aes_256_xts", "true", NULL },
	{ "require_rapl_dis", "true", NULL },
	{ "require_ciphertext_hiding_dram", "true", NULL },
	{ "require_page_swap_disable", "true", NULL },
	{ "vmpl", "[1, 0]", "[0, 1]" },
	{ "vmpl", "3", NULL },
	{ "maximum_vmpl", "1", NULL },
	{ "minimum_guest_svn", "4294967295", NULL },
	{ "minimum_policy_abi", "\"1.51\"", NULL },
	{ "minimum_firmware", "\"1.55.29\"", NULL },
	{ "minimum_committed_firmware", "\"255.0.1\"", NULL },
	{ "minimum_tcb", "{\"microcode\": 7, \"snp\": 1}", "{\"snp\": 1, \"microcode\": 7}" },
	{ "minimum_tcb", "{\"fmc\": 0}", "{\"snp\": 0}" },
	{ "minimum_committed_tcb", "{\"genoa\": {\"snp\": 1}, \"Turin\": {\"fmc\": 9}}",
	  "{\"Genoa\": {\"boot_loader\": 0, \"tee\": 0, \"snp\": 1, \"microcode\": 0}, "
	  "\"Turin\": {\"fmc\": 9, \"boot_loader\": 0, \"tee\": 0, \"snp\": 0, \"microcode\": 0}}" },
	{ "minimum_current_tcb", "{\"Milan\": {\"fmc\": 1}}",
	  "{\"Milan\": {\"fmc\": 1, \"boot_loader\": 0, \"tee\": 0, \"snp\": 0, \"microcode\": 0}}" },
	{ "minimum_launch_tcb", "{\"tee\": 255}", NULL },
	{ "minimum_launch_mit_vector", "18", "\"0x12\"" },
	{ "minimum_current_mit_vector", "\"0xffffffffffffffff\"", NULL },
	{ "require_launch_mitigations", "true", NULL },
	{ "allow_provisional_firmware", "false", NULL },
	{ "required_platform_info", "[\"ECC_EN\", \"SMT_EN\"]", "[\"SMT_EN\", \"ECC_EN\"]" },
	{ "required_platform_info", "\"0x100\"", NULL },
	{ "forbidden_platform_info", "\"0x8\"", "\"RAPL_DIS\"" },
	{ "forbidden_platform_info", "\"0x0\"", NULL },
	{ "allow_unknown_platform_info", "true", NULL },
	{ "allow_unknown_platform_info", "false", NULL },
	{ "allow_unknown_platform_info", "[\"bit-9\", 8]", "[8, 9]" },
	{ "products", "[\"turin\", \"Milan\"]", "[\"Milan\", \"Turin\"]" },
	{ "allow_vcek", "false", NULL },
	{ "allow_vlek", "false", NULL },
	{ "allow_masked_chip_id", "true", NULL },
	{ "csp_id", "[\"a\\nb\", \"\\u00e9\"]", "[\"a\\nb\", \"\\u00E9\"]" },
	{ "require_crl", "true", NULL },
	{ "tees", "[\"tdx\", \"sev-snp\"]", "[\"sev-snp\", \"tdx\"]" },
	{ "tees", "\"tdx\"", NULL },
	{ "mrtd", "\"" HEX48 "\"", NULL },
	{ "mrseam", "\"" HEX48 "\"", NULL },
	{ "mrconfigid", "\"" HEX48 "\"", NULL },
	{ "mrowner", "\"" HEX48 "\"", NULL },
	{ "mrownerconfig", "\"" HEX48 "\"", NULL },
	{ "rtmr0", "\"" HEX48 "\"", NULL },
	{ "rtmr1", "\"" HEX48 "\"", NULL },
	{ "rtmr2", "\"" HEX48 "\"", NULL },
	{ "rtmr3", "\"" HEX48 "\"", NULL },
	{ "mrservicetd", "\"" HEX48 "\"", NULL },
	{ "td_id", "\"" HEX32 "\"", NULL },
	{ "devinfo_hash", "\"" HEX48 "\"", NULL },
	{ "init_servtd_hash", "\"" HEX48 "\"", NULL },
	{ "curr_servtd_hash", "\"" HEX48 "\"", NULL },
	{ "fmspc", "\"00606A000000\"", "\"00606a000000\"" },
	{ "ppid", "\"" HEX16 "\"", NULL },
	{ "platform_instance_id", "\"" HEX16 "\"", NULL },
	{ "sgx_type", "[1, 31]", NULL },
	{ "minimum_tee_tcb_svn", "[7, 1, 3, 0]", "[7, 1, 3]" },
	{ "minimum_tee_tcb_svn", "[0, 0]", "[0]" },
	{ "minimum_tee_tcb_svn", "[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,255]",
	  "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255]" },
	{ "minimum_tcb_date", "\"2026-01-31\"", NULL },
	{ "minimum_tcb_date", "\"2026-01-31T01:00:00+01:00\"", "\"2026-01-31\"" },
	{ "minimum_tcb_date", "\"2026-01-31T00:00:01Z\"", NULL },
	{ "allowed_td_attributes", "[\"PKS\", \"SEPT_VE_DISABLE\"]", "[\"SEPT_VE_DISABLE\", \"PKS\"]" },
	{ "required_td_attributes", "\"PERFMON\"", NULL },
	{ "allowed_xfam", "\"0x3\"", "[\"X87\", \"SSE\"]" },
	{ "required_xfam", "\"0x8000000000000000\"", NULL },
	{ "allow_unknown_td_attributes", "63", NULL },
	{ "allow_unknown_xfam", "true", NULL },
	{ "allow_service_td", "true", NULL },
	{ "allow_no_collateral", "true", NULL },
	{ "accepted_tcb_statuses", "[\"outofdate\", \"UpToDate\"]", "[\"UpToDate\", \"OutOfDate\"]" },
	{ "accepted_current_tcb_statuses", "\"SWHardeningNeeded\"", NULL },
	{ "accepted_advisories", "[\"INTEL-SA-00837\", \"INTEL-SA-00001\"]", NULL },
	{ "rejected_advisories", "\"INTEL-SA-00837\"", NULL },
	{ "maximum_collateral_age_days", "36500", NULL },
	{ "minimum_tcb_evaluation_data_number", "0", NULL },
	{ "require_event_log", "true", NULL },
	{ "event_digests", "{\"0xd\": [\"" HEX48 "\"], \"*\": [], \"0xABCDEF\": \"" HEX48 "\"}",
	  "{\"EV_IPL\": \"" HEX48 "\", \"*\": [], \"0xabcdef\": \"" HEX48 "\"}" },
	{ "event_digests", "{\"EV_EFI_BOOT_SERVICES_APPLICATION\": [\"" HEX48 "\", \"" FF48 "\"]}", NULL },
	{ "kernel_cmdline", "[\"root=/dev/vda1 quiet\", \"\"]", NULL },
	{ "require_secure_boot", "true", NULL },
	{ "allow_unexplained_rtmr3", "true", NULL },
};

static struct jurat_policy *policy_of(const char *json)
{
	struct jurat_error err = { "" };
	struct jurat_policy *p;

	assert_int_equal(jurat_policy_new(&p, NULL), 0);
	if (jurat_policy_read_json(p, json, strlen(json), &err) != 0)
		FAIL_BECAUSE("%s: %s", json, err.text);
	return p;
}

static char *written(const char *json)
{
	struct jurat_policy *p = policy_of(json);
	char *text = policy_write_json(p);

	assert_non_null(text);
	jurat_policy_free(p);
	return text;
}

static void every_member_is_written_as_it_is_read(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *value = rows[i].written ? rows[i].written : rows[i].value;
		auto_free char *json = NULL, *wanted = NULL, *text = NULL, *again = NULL;

		assert_true(asprintf(&json, "{\"%s\": %s}", rows[i].member, rows[i].value) > 0);
		assert_true(asprintf(&wanted, "{\n  \"%s\": %s\n}\n", rows[i].member, value) > 0);
		text = written(json);
		assert_string_equal(text, wanted);
		again = written(text);
		assert_string_equal(again, text);
	}
}

static void no_member_is_without_a_row(void **state)
{
	struct policy_member m;
	struct jurat_policy *p;

	assert_int_equal(jurat_policy_new(&p, NULL), 0);
	for (size_t i = 0; policy_member_at(p, i, &m); i++) {
		bool found = false;

		for (size_t k = 0; k < ARRAY_SIZE(rows); k++)
			found = found || strcmp(rows[k].member, m.name) == 0;
		if (!found)
			FAIL_BECAUSE("%s has no row in this test", m.name);
	}
	jurat_policy_free(p);
}

/* One member of each kind at once, in the order of the table, each with its comment. */
static void all_members_are_written_in_one_order(void **state)
{
	struct jurat_policy *p, *q;
	auto_free char *text = NULL, *again = NULL;
	struct policy_member m, n;

	assert_int_equal(jurat_policy_new(&p, NULL), 0);
	for (size_t i = ARRAY_SIZE(rows); i-- > 0;) {
		assert_int_equal(jurat_policy_set(p, rows[i].member, rows[i].value, NULL), 0);
		assert_int_equal(policy_set_comment(p, rows[i].member, rows[i].member), 0);
	}
	assert_int_equal(policy_set_comment(p, "", "first\nsecond"), 0);
	text = policy_write_json(p);
	assert_non_null(strstr(text, "{\n  \"//\": [\n    \"first\",\n    \"second\"\n  ],\n  "
				     "\"//report_data\": \"report_data\",\n"));
	q = policy_of(text);
	again = policy_write_json(q);
	assert_string_equal(text, again);
	for (size_t i = 0; policy_member_at(p, i, &m); i++) {
		assert_true(policy_member_at(q, i, &n));
		assert_true(m.set && n.set);
		assert_int_equal(m.demands, n.demands);
	}
	jurat_policy_free(p);
	jurat_policy_free(q);
}

static const struct {
	const char *json, *written; /* written NULL: an error, */
	const char *error;
} comments[] = {
	{ "{}", "{}\n", NULL },
	{ "{\"//\": \"a\"}", "{\n  \"//\": \"a\"\n}\n", NULL },
	{ "{\"//\": [\"a\", \"b\\nc\"]}", "{\n  \"//\": [\n    \"a\",\n    \"b\",\n    \"c\"\n  ]\n}\n",
	  NULL },
	{ "{\"//\": \"\"}", "{\n  \"//\": \"\"\n}\n", NULL },
	{ "{\"vmpl\": 0, \"//vmpl\": \"b\"}", "{\n  \"//vmpl\": \"b\",\n  \"vmpl\": 0\n}\n", NULL },
	{ "{\"//vmpl\": \"of a member that is left out\"}",
	  "{\n  \"//vmpl\": \"of a member that is left out\"\n}\n", NULL },
	{ "{\"//vmpl\": 3}", NULL, "policy: //vmpl: expected a string or a list of strings" },
	{ "{\"//vmpl\": [\"a\", 3]}", NULL, "policy: //vmpl: expected a string or a list of strings" },
	{ "{\"//vmpl\": []}", NULL, "policy: //vmpl: expected a string or a list of strings" },
	{ "{\"//\": {}}", NULL, "policy: //: expected a string or a list of strings" },
	{ "{\"//vmpls\": \"a\"}", NULL, "policy: //vmpls: comment on an unknown member" },
	{ "{\"// vmpl\": \"a\"}", NULL, "policy: // vmpl: comment on an unknown member" },
	{ "{\"/vmpl\": \"a\"}", NULL, "policy: /vmpl: unknown member" },
	{ "{\"//vmpl\": \"a\", \"//VMPL\": \"b\"}", NULL, "policy: duplicate name: '//vmpl' and '//VMPL'" },
	{ "{\"minimum_tcb\": {\"//\": \"a\", \"snp\": 1}}", NULL,
	  "policy: minimum_tcb: //: unknown TCB component" },
};

static void comments_are_strings_on_members_that_exist(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(comments); i++) {
		struct jurat_error err = { "" };
		auto_free char *text = NULL;
		struct jurat_policy *p;

		if (comments[i].written) {
			text = written(comments[i].json);
			assert_string_equal(text, comments[i].written);
			continue;
		}
		assert_int_equal(jurat_policy_new(&p, NULL), 0);
		assert_int_equal(jurat_policy_read_json(p, comments[i].json, strlen(comments[i].json), &err),
				 -EBADMSG);
		assert_string_equal(err.text, comments[i].error);
		text = policy_write_json(p);
		assert_string_equal(text, "{}\n");
		jurat_policy_free(p);
	}
}

static void a_replaced_member_loses_the_comment_on_its_old_value(void **state)
{
	struct jurat_policy *p = policy_of("{\"//vmpl\": \"old\", \"vmpl\": 0, \"//\": \"whole\"}");
	static const char more[] = "{\"//vmpl\": \"new\", \"vmpl\": 2}";
	auto_free char *bare = NULL, *text = NULL;

	assert_int_equal(jurat_policy_set(p, "vmpl", "1", NULL), 0);
	bare = policy_write_json(p);
	assert_string_equal(bare, "{\n  \"//\": \"whole\",\n  \"vmpl\": 1\n}\n");
	assert_int_equal(jurat_policy_read_json(p, more, strlen(more), NULL), 0);
	text = policy_write_json(p);
	assert_string_equal(text, "{\n  \"//\": \"whole\",\n  \"//vmpl\": \"new\",\n  \"vmpl\": 2\n}\n");
	jurat_policy_free(p);
}

static int attempt(void *ctx)
{
	char *text;

	fail_memory_resume();
	text = policy_write_json(ctx);
	fail_memory_pause();
	free(text);
	return text ? 0 : -ENOMEM;
}

static int attempt_to_read(void *ctx)
{
	struct jurat_error err = { "" };
	auto_free char *text = NULL;
	struct jurat_policy *p;
	int r;

	assert_int_equal(jurat_policy_new(&p, NULL), 0);
	fail_memory_resume();
	r = jurat_policy_read_json(p, ctx, strlen(ctx), &err);
	fail_memory_pause();
	text = policy_write_json(p);
	assert_string_equal(text, r == 0 ? ctx : "{}\n");
	jurat_policy_free(p);
	return r == -EBADMSG ? -ENOMEM : r; /* jansson without memory does not always say so */
}

static void without_memory_there_is_no_text_and_no_change(void **state)
{
	auto_free char *text = NULL;
	struct jurat_policy *p;

	assert_int_equal(jurat_policy_new(&p, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(jurat_policy_set(p, rows[i].member, rows[i].value, NULL), 0);
	assert_int_equal(policy_set_comment(p, "vmpl", "a\nb"), 0);
	text = policy_write_json(p);
	assert_true(fail_memory_each(attempt, p) > 2);
	assert_true(fail_memory_each(attempt_to_read, text) > 2);
	jurat_policy_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_member_is_written_as_it_is_read),
		cmocka_unit_test(no_member_is_without_a_row),
		cmocka_unit_test(all_members_are_written_in_one_order),
		cmocka_unit_test(comments_are_strings_on_members_that_exist),
		cmocka_unit_test(a_replaced_member_loses_the_comment_on_its_old_value),
		cmocka_unit_test(without_memory_there_is_no_text_and_no_change),
	};

	if (!fail_libraries_begin())
		return 1;
	return cmocka_run_group_tests_name("policy_write", tests, NULL, NULL);
}
