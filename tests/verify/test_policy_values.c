/* SPDX-License-Identifier: MIT */
#include "verify/made.h"

#include <errno.h>

/* Members of a policy whose values have a form of their own: report_data, and mitigation vectors. */

static struct jurat_policy *policy_new(void)
{
	struct jurat_policy *p;

	assert_int_equal(jurat_policy_new(&p, NULL), 0);
	return p;
}

static void assert_judged(struct jurat_verifier *v, const struct made *m, const char *json,
			  const char *const *codes)
{
	struct jurat_policy *p = policy_new();
	struct jurat_error err = { "" };
	struct jurat_verdict *verdict;

	if (jurat_policy_read_json(p, json, strlen(json), &err) != 0)
		FAIL_BECAUSE("%s: %s", json, err.text);
	verdict = made_judge(m, v, p);
	assert_verdict(verdict, codes, json);
	jurat_verdict_free(verdict);
	jurat_policy_free(p);
}

/* ---- mitigation vectors */

static const struct {
	uint32_t version;
	uint64_t launch, current;
	const char *json;
	const char *codes[4];
} vectors[] = {
	{ 5, 0, 0, "{}", { NULL } },
	{ 5, 0, 0, "{\"minimum_launch_mit_vector\": 0, \"minimum_current_mit_vector\": \"0x0\"}", { NULL } },
	{ 5, 0, 0, "{\"minimum_launch_mit_vector\": 1}", { "launch-mit-vector-below-minimum" } },
	{ 5, 0, 0, "{\"minimum_current_mit_vector\": 1}", { "current-mit-vector-below-minimum" } },
	{ 5, 1, 1, "{\"minimum_launch_mit_vector\": 1, \"minimum_current_mit_vector\": 1}", { NULL } },
	/* each bit is a mitigation: a higher number is not enough */
	{ 5,
	  2,
	  4,
	  "{\"minimum_launch_mit_vector\": 1, \"minimum_current_mit_vector\": 3}",
	  { "launch-mit-vector-below-minimum", "current-mit-vector-below-minimum" } },
	{ 5, 0, 1ull << 63, "{\"minimum_current_mit_vector\": \"0x8000000000000000\"}", { NULL } },
	{ 5,
	  0,
	  1ull << 62,
	  "{\"minimum_current_mit_vector\": \"0x8000000000000000\"}",
	  { "current-mit-vector-below-minimum" } },
	/* what was there at launch */
	{ 5, 3, 1, "{}", { NULL } },
	{ 5, 3, 1, "{\"require_launch_mitigations\": false}", { NULL } },
	{ 5, 3, 1, "{\"require_launch_mitigations\": true}", { "launch-mitigations-lost" } },
	{ 5, 3, 3, "{\"require_launch_mitigations\": true}", { NULL } },
	{ 5, 1, 7, "{\"require_launch_mitigations\": true}", { NULL } },
	{ 5, 0, 0, "{\"require_launch_mitigations\": true}", { NULL } },
	/* older reports do not tell */
	{ 3, 0, 0, "{\"minimum_launch_mit_vector\": 0, \"require_launch_mitigations\": false}", { NULL } },
	{ 3, 0, 0, "{\"minimum_launch_mit_vector\": 1}", { "mit-vector-missing" } },
	{ 4, 0, 0, "{\"minimum_current_mit_vector\": 1}", { "mit-vector-missing" } },
	{ 2, 0, 0, "{\"require_launch_mitigations\": true}", { "mit-vector-missing" } },
};

static void mitigation_vectors_are_compared_bit_by_bit(void **state)
{
	struct jurat_verifier *v = made_verifier(SNP_GENOA);

	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		struct made m;

		made_init(&m, SNP_GENOA, false, vectors[i].version);
		m.report.launch_mit_vector = vectors[i].launch;
		m.report.current_mit_vector = vectors[i].current;
		made_sign(&m);
		assert_judged(v, &m, vectors[i].json, vectors[i].codes);
	}
	jurat_verifier_free(v);
}

static void a_mitigation_that_is_short_is_shown_as_flags(void **state)
{
	static const char json[] = "{\"minimum_current_mit_vector\": \"0x11\"}";
	struct jurat_verifier *v = made_verifier(SNP_GENOA);
	struct jurat_shortfall s = { .size = sizeof(s) };
	struct jurat_policy *p = policy_new();
	struct jurat_verdict *verdict;
	auto_free char *text = NULL, *as_json = NULL;
	struct made m;

	made_init(&m, SNP_GENOA, false, 5);
	m.report.current_mit_vector = 0x3;
	made_sign(&m);
	assert_int_equal(jurat_policy_read_json(p, json, strlen(json), NULL), 0);
	verdict = made_judge(&m, v, p);
	assert_int_equal(jurat_verdict_shortfall(verdict, 0, &s), 0);
	assert_string_equal(s.part, "current_mit_vector");
	assert_true(s.is == 0x3 && s.wanted == 0x11);
	text = jurat_verdict_text(verdict);
	as_json = jurat_verdict_json(verdict);
	assert_non_null(strstr(text, "current_mit_vector is 0x3, expected the bits 0x10 as well\n"));
	assert_non_null(strstr(text, "current_mit_vector mitigations: is 0x3, wanted 0x11\n"));
	assert_non_null(strstr(as_json, "\"wanted\": \"0x11\""));
	jurat_verdict_free(verdict);
	jurat_policy_free(p);
	jurat_verifier_free(v);
}

/* ---- fields that a version of the report lacks */

static const struct {
	uint32_t version;
	bool cpuid, vectors;
} lacking[] = { { 2, false, false }, { 3, true, false }, { 4, true, false }, { 5, true, true } };

static void assert_field(const struct jurat_verdict *v, const char *json, const char *name, bool there)
{
	char null[64];
	uint64_t number = 77;

	TEXT(null, "\"%s\": null,", name);
	assert_int_equal(strstr(json, null) != NULL, !there);
	assert_int_equal(jurat_verdict_field_number(v, name, &number), there ? 0 : JURAT_NOT_FOUND);
	assert_int_equal(number == 77, !there);
}

static void what_a_version_lacks_is_absent_and_not_0(void **state)
{
	struct jurat_verifier *v = made_verifier(SNP_GENOA);

	for (size_t i = 0; i < ARRAY_SIZE(lacking); i++) {
		auto_free char *text = NULL, *json = NULL;
		struct jurat_verdict *verdict;
		struct made m;

		made_init(&m, SNP_GENOA, false, lacking[i].version);
		verdict = made_judge(&m, v, NULL);
		text = jurat_verdict_text(verdict);
		json = jurat_verdict_json(verdict);
		assert_field(verdict, json, "cpuid_fam_id", lacking[i].cpuid);
		assert_field(verdict, json, "cpuid_mod_id", lacking[i].cpuid);
		assert_field(verdict, json, "cpuid_step", lacking[i].cpuid);
		assert_field(verdict, json, "launch_mit_vector", lacking[i].vectors);
		assert_field(verdict, json, "current_mit_vector", lacking[i].vectors);
		assert_field(verdict, json, "vmpl", true);
		assert_int_equal(strstr(text, "launch_mit_vector    absent (there from version 5 on)\n") !=
					 NULL,
				 !lacking[i].vectors);
		jurat_verdict_free(verdict);
	}
	jurat_verifier_free(v);
}

/* ---- report_data: what the report holds, by its first and last bytes, and what the policy says */

#define ZEROS32 "0000000000000000000000000000000000000000000000000000000000000000"
#define ONES32  "1111111111111111111111111111111111111111111111111111111111111111"

static const struct {
	const char *front, *back; /* hex; zeros between them */
	const char *value;        /* JSON */
	bool matches, warns;
} datas[] = {
	{ "deadbeef", "", "\"0xdeadbeef\"", true, false },
	{ "deadbeef", "", "\"0xDEADBEEF\"", true, false },
	{ "deadbeef", "", "\"deadbeef\"", true, true }, /* also base64 */
	{ "deadbeef", "", "\"deadbeef00\"", true, false },
	{ "deadbeef", "", "\"3q2+7w==\"", true, false },
	{ "deadbeef", "", "\"3q2-7w\"", true, false },
	{ "deadbeef", "", "\"base64:3q2+7w==\"", true, false },
	{ "75e69d6de79f", "", "\"base64:deadbeef\"", true, false },
	{ "75e69d6de79f", "", "\"deadbeef\"", false, true },
	/* a shorter value matches only when the rest is zero */
	{ "deadbeef01", "", "\"0xdeadbeef\"", false, false },
	{ "deadbeef", "01", "\"0xdeadbeef\"", false, false },
	{ "", "deadbeef", "\"0xdeadbeef\"", false, false },
	{ "", "deadbeef", "{\"value\": \"0xdeadbeef\", \"padding\": \"left\"}", true, false },
	{ "01", "deadbeef", "{\"value\": \"0xdeadbeef\", \"padding\": \"left\"}", false, false },
	{ "deadbeef", "", "{\"padding\": \"left\", \"value\": \"0xdeadbeef\"}", false, false },
	{ "deadbeef", "", "{\"padding\": \"zero\", \"value\": \"0xdeadbeef\"}", true, false },
	{ "deadbeef", "", "[\"0x01\", {\"value\": \"0xdeadbeef\"}]", true, false },
	{ ONES32, ONES32, "\"" ONES32 ONES32 "\"", true, false },
	{ ONES32, "", "\"" ONES32 "\"", true, true },
	{ ONES32, "", "\"" ONES32 ZEROS32 "\"", true, false },
	/* SHA-256, -384, -512 of "abc" (FIPS 180-4) */
	{ "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "", "{\"sha256\": \"YWJj\"}",
	  true, false },
	{ "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "",
	  "{\"sha256\": \"0x616263\"}", true, false },
	{ "", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
	  "{\"sha256\": \"YWJj\", \"padding\": \"left\"}", true, false },
	{ "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
	  "", "{\"sha384\": \"YWJj\"}", true, false },
	{ "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd"
	  "454d4423643ce80e2a9ac94fa54ca49f",
	  "", "{\"sha512\": \"YWJj\"}", true, false },
	{ "616263", "", "{\"sha256\": \"YWJj\"}", false, false },
};

static void put_hex(const char *hex, uint8_t *to)
{
	assert_true(bytes_from_hex(hex, to, strlen(hex) / 2));
}

static void report_data_is_what_its_spelling_says(void **state)
{
	struct jurat_verifier *v = made_verifier(SNP_MILAN);

	for (size_t i = 0; i < ARRAY_SIZE(datas); i++) {
		const char *codes[] = { datas[i].matches ? NULL : "report-data-mismatch", NULL };
		struct jurat_policy *p = policy_new();
		struct jurat_error err = { "" };
		struct jurat_verdict *verdict;
		struct made m;

		made_init(&m, SNP_MILAN, false, 3);
		memset(m.report.report_data, 0, sizeof(m.report.report_data));
		put_hex(datas[i].front, m.report.report_data);
		put_hex(datas[i].back, m.report.report_data + 64 - strlen(datas[i].back) / 2);
		made_sign(&m);
		if (jurat_policy_set(p, "report_data", datas[i].value, &err) != 0)
			FAIL_BECAUSE("%s: %s", datas[i].value, err.text);
		if ((jurat_policy_warning(p, 0) != NULL) != datas[i].warns)
			FAIL_BECAUSE("%s: warning '%s'", datas[i].value, jurat_policy_warning(p, 0));
		assert_true(!datas[i].warns || strstr(jurat_policy_warning(p, 0), "is read as hex, "));
		verdict = made_judge(&m, v, p);
		assert_verdict(verdict, codes, datas[i].value);
		jurat_verdict_free(verdict);
		jurat_policy_free(p);
	}
	jurat_verifier_free(v);
}

static const struct {
	const char *json, *error;
} bads[] = {
	{ "{\"report_data\": \"\"}", "expected hex, 0xHEX or base64" },
	{ "{\"report_data\": \"0x\"}", "expected hex, 0xHEX or base64" },
	{ "{\"report_data\": \"base64:\"}", "expected hex, 0xHEX or base64" },
	{ "{\"report_data\": \"abc\"}", "an odd number of hex digits (3); base64:VALUE is base64" },
	{ "{\"report_data\": \"0xabc\"}", "an odd number of hex digits (3); base64:VALUE is base64" },
	{ "{\"report_data\": \"0x3q2+7w==\"}", "expected hex, 0xHEX or base64" },
	{ "{\"report_data\": \"hello, world\"}", "expected hex, 0xHEX or base64" },
	{ "{\"report_data\": \"" ONES32 ONES32 "11\"}", "65 bytes, expected at most 64" },
	{ "{\"report_data\": 5}", "expected 1 to 64 bytes as a string of hex or base64, or an object" },
	{ "{\"report_data\": []}", "expected a non-empty list" },
	{ "{\"report_data\": {}}", "expected 1 to 64 bytes as a string of hex or base64, or an object" },
	{ "{\"report_data\": {\"padding\": \"left\"}}",
	  "expected 1 to 64 bytes as a string of hex or base64, or an object" },
	{ "{\"report_data\": {\"value\": \"00\", \"padding\": \"right\"}}",
	  "padding: expected \"zero\" or \"left\"" },
	{ "{\"report_data\": {\"value\": \"00\", \"sha256\": \"00\"}}",
	  "expected one of value, sha256, sha384 and sha512, found two" },
	{ "{\"report_data\": {\"value\": 1}}", "value: expected a string" },
	{ "{\"report_data\": {\"sha1\": \"00\"}}", "sha1: unknown member" },
	{ "{\"minimum_launch_mit_vector\": -1}",
	  "expected a whole number, or \"0x\" and up to 16 hex digits" },
	{ "{\"minimum_launch_mit_vector\": \"1\"}",
	  "expected a whole number, or \"0x\" and up to 16 hex digits" },
	{ "{\"minimum_current_mit_vector\": \"0x10000000000000000\"}",
	  "expected a whole number, or \"0x\" and up to 16 hex digits" },
	{ "{\"minimum_current_mit_vector\": true}",
	  "expected a whole number, or \"0x\" and up to 16 hex digits" },
	{ "{\"require_launch_mitigations\": 1}", "expected true or false" },
};

static void what_has_none_of_these_forms_is_an_error_that_says_which(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(bads); i++) {
		struct jurat_policy *p = policy_new();
		struct jurat_error err = { "" };

		assert_int_equal(jurat_policy_read_json(p, bads[i].json, strlen(bads[i].json), &err),
				 -EBADMSG);
		if (!strstr(err.text, bads[i].error))
			FAIL_BECAUSE("%s: '%s', expected '%s'", bads[i].json, err.text, bads[i].error);
		jurat_policy_free(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mitigation_vectors_are_compared_bit_by_bit),
		cmocka_unit_test(a_mitigation_that_is_short_is_shown_as_flags),
		cmocka_unit_test(what_a_version_lacks_is_absent_and_not_0),
		cmocka_unit_test(report_data_is_what_its_spelling_says),
		cmocka_unit_test(what_has_none_of_these_forms_is_an_error_that_says_which),
	};

	return cmocka_run_group_tests_name("policy_values", tests, NULL, NULL);
}
