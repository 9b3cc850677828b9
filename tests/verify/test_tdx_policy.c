/* SPDX-License-Identifier: MIT */
#include "verify/tdx_made.h"

#include <errno.h>

/* What relying parties ask of a platform and its TCB beyond a status. */

static void platform_old(struct tdx_made *m)
{
	m->pck.pcesvn = 5; /* the level of 2017-11-06T20:26:40Z */
}
static void module_old(struct tdx_made *m)
{
	m->quote.body.tee_tcb_svn[0] = 3; /* the level of 2020-09-13T12:26:40Z */
}
static void both_old(struct tdx_made *m)
{
	platform_old(m);
	module_old(m);
}
static void old_and_configuration(struct tdx_made *m)
{
	platform_old(m);
	m->levels[1].status = "OutOfDateConfigurationNeeded";
}
static void hardening(struct tdx_made *m)
{
	m->levels[0].status = "SWHardeningNeeded";
}
static void revoked(struct tdx_made *m)
{
	platform_old(m);
	m->levels[1].status = "Revoked";
}
static void unsupported(struct tdx_made *m)
{
	m->pck.pcesvn = 4;
}
static void module_old_now(struct tdx_made *m)
{
	m->quote.body.tee_tcb_svn2[0] = 3;
}

static void advisories_are_compared_without_case(void **state)
{
	static const char *const invalid[] = { "\" \"",
					       "\"INTEL SA 1\"",
					       "[\"INTEL-SA-00001\", \"\"]",
					       "1",
					       "\"INTEL-SA-00001 INTEL-SA-00002\"",
					       "\"INTEL-SA-000000000000000000000000000000001\"" };
	static const struct tdx_spoilt rows[] = {
		{ .what = "rejected",
		  .early = platform_old,
		  .value = "{\"accepted_tcb_statuses\":\"OutOfDate\",\"rejected_advisories\":\"intel-sa-"
			   "00001\"}",
		  .codes = { "advisory-not-accepted" } },
		{ .what = "another rejected",
		  .early = platform_old,
		  .value = "{\"accepted_tcb_statuses\":\"OutOfDate\",\"rejected_advisories\":\"intel-sa-"
			   "00009\"}" },
		{ .what = "accepted",
		  .early = platform_old,
		  .value = "{\"accepted_tcb_statuses\":\"OutOfDate\",\"accepted_advisories\":"
			   "[\"Intel-SA-00001\",\"intel-sa-00002\"]}" },
		{ .what = "one not accepted",
		  .early = platform_old,
		  .value = "{\"accepted_tcb_statuses\":\"OutOfDate\",\"accepted_advisories\":\"intel-sa-"
			   "00001\"}",
		  .codes = { "advisory-not-accepted" } },
	};
	struct jurat_policy *policy;

	tdx_spoilt_judge_all(rows, ARRAY_SIZE(rows));
	assert_int_equal(jurat_policy_new(&policy, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(invalid); i++) {
		char json[128];

		TEXT(json, "{\"rejected_advisories\": %s}", invalid[i]);
		if (jurat_policy_read_json(policy, json, strlen(json), NULL) != -EBADMSG)
			FAIL_BECAUSE("%s", json);
	}
	jurat_policy_free(policy);
}

#define STATUS "tcb-status-not-accepted"
#define DATE   "minimum_tcb_date"

static void out_of_date_is_accepted_when_its_level_is_recent_enough(void **state)
{
	static const struct tdx_spoilt rows[] = {
		{ .what = "the day", .early = platform_old, .member = DATE, .value = "2017-11-06" },
		{ .what = "the second",
		  .early = platform_old,
		  .member = DATE,
		  .value = "2017-11-06T20:26:40Z" },
		{ .what = "a second later",
		  .early = platform_old,
		  .member = DATE,
		  .value = "2017-11-06T20:26:41Z",
		  .codes = { STATUS } },
		{ .what = "no date", .early = platform_old, .codes = { STATUS } },
		{ .what = "both parts", .early = both_old, .member = DATE, .value = "2017-11-06" },
		{ .what = "one part only",
		  .early = both_old,
		  .member = DATE,
		  .value = "2020-01-01",
		  .codes = { STATUS } },
		{ .what = "the other part only", .early = module_old, .member = DATE, .value = "2020-01-01" },
		{ .what = "a relaunch that is advised",
		  .body = TDX_BODY_15,
		  .early = module_old,
		  .member = DATE,
		  .value = "2020-01-01",
		  .status = "TDRelaunchAdvised" },
		{ .what = "configuration",
		  .early = old_and_configuration,
		  .member = DATE,
		  .value = "2017-11-06",
		  .codes = { STATUS } },
		{ .what = "configuration that is accepted",
		  .early = old_and_configuration,
		  .value = "{\"minimum_tcb_date\": \"2017-11-06\", \"accepted_tcb_statuses\": "
			   "[\"UpToDate\", \"ConfigurationNeeded\"]}" },
		{ .what = "another status",
		  .early = hardening,
		  .member = DATE,
		  .value = "1970-01-01",
		  .codes = { STATUS } },
		{ .what = "revoked",
		  .early = revoked,
		  .member = DATE,
		  .value = "1970-01-01",
		  .codes = { STATUS } },
		{ .what = "no level",
		  .early = unsupported,
		  .member = DATE,
		  .value = "1970-01-01",
		  .codes = { "tcb-not-supported" } },
		{ .what = "what runs now",
		  .body = TDX_BODY_15,
		  .early = module_old_now,
		  .value = "{\"minimum_tcb_date\": \"2020-01-01\", \"accepted_current_tcb_statuses\": "
			   "\"UpToDate\"}" },
		{ .what = "what runs now, too old",
		  .body = TDX_BODY_15,
		  .early = module_old_now,
		  .value = "{\"minimum_tcb_date\": \"2021-01-01\", \"accepted_current_tcb_statuses\": "
			   "\"UpToDate\"}",
		  .codes = { "current-tcb-status-not-accepted" } },
	};

	tdx_spoilt_judge_all(rows, ARRAY_SIZE(rows));
}

static void a_platform_may_be_named_by_its_certificate(void **state)
{
	static const struct tdx_spoilt rows[] = {
		{ .what = "FMSPC", .member = "fmspc", .value = "[\"000000000000\", \"B0C06F000000\"]" },
		{ .what = "another FMSPC",
		  .member = "fmspc",
		  .value = "b0c06f000001",
		  .codes = { "fmspc-mismatch" } },
		{ .what = "PPID", .member = "ppid", .value = "00000000000000000000000000000000" },
		{ .what = "another PPID",
		  .member = "ppid",
		  .value = "00000000000000000000000000000001",
		  .codes = { "ppid-mismatch" } },
		{ .what = "another instance",
		  .member = "platform_instance_id",
		  .value = "00000000000000000000000000000001",
		  .codes = { "platform-instance-id-mismatch" } },
		{ .what = "SGX type", .member = "sgx_type", .value = "1" },
		{ .what = "SGX types", .member = "sgx_type", .value = "[0, 1, 2]" },
		{ .what = "another SGX type",
		  .member = "sgx_type",
		  .value = "[0, 2]",
		  .codes = { "sgx-type-not-allowed" } },
	};

	tdx_spoilt_judge_all(rows, ARRAY_SIZE(rows));
}

static void a_security_version_has_a_minimum_in_each_place(void **state)
{
	static const struct tdx_spoilt rows[] = {
		{ .what = "as it is", .member = "minimum_tee_tcb_svn", .value = "[5, 1, 3]" },
		{ .what = "the first", .member = "minimum_tee_tcb_svn", .value = "[5]" },
		{ .what = "one more",
		  .member = "minimum_tee_tcb_svn",
		  .value = "[5, 1, 4]",
		  .codes = { "tee-tcb-svn-below-minimum" } },
		{ .what = "two, and now",
		  .body = TDX_BODY_15,
		  .early = module_old_now,
		  .member = "minimum_tee_tcb_svn",
		  .value = "[5, 1, 4]",
		  .codes = { "tee-tcb-svn-below-minimum", "tee-tcb-svn-below-minimum",
			     "tee-tcb-svn-below-minimum" } },
		{ .what = "the last",
		  .member = "minimum_tee_tcb_svn",
		  .value = "[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]",
		  .codes = { "tee-tcb-svn-below-minimum" } },
	};

	tdx_spoilt_judge_all(rows, ARRAY_SIZE(rows));
}

static void values_that_are_none_are_refused(void **state)
{
	static const char *const rows[][2] = {
		{ "minimum_tee_tcb_svn", "7" },
		{ "minimum_tee_tcb_svn", "[]" },
		{ "minimum_tee_tcb_svn", "[256]" },
		{ "minimum_tee_tcb_svn", "[-1]" },
		{ "minimum_tee_tcb_svn", "[1.5]" },
		{ "minimum_tee_tcb_svn", "[1, \"2\"]" },
		{ "minimum_tee_tcb_svn", "[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]" },
		{ "minimum_tcb_date", "yesterday" },
		{ "minimum_tcb_date", "2026-02-30" },
		{ "minimum_tcb_date", "[\"2026-01-01\"]" },
		{ "sgx_type", "32" },
		{ "sgx_type", "standard" },
		{ "fmspc", "b0c06f0000" },
	};
	struct jurat_policy *policy;

	assert_int_equal(jurat_policy_new(&policy, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (jurat_policy_set(policy, rows[i][0], rows[i][1], NULL) != -EBADMSG)
			FAIL_BECAUSE("%s=%s", rows[i][0], rows[i][1]);
	}
	jurat_policy_free(policy);
}

/*
 * A TD that does not have it is open to #VE by the host: said, unless the policy speaks of required
 * attributes.
 */
static void a_clear_sept_ve_disable_is_listed(void **state)
{
	static const struct {
		bool is_set, listed;
		const char *required;
	} rows[] = { { true, false, NULL }, { false, true, NULL }, { false, false, "0x0" } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct jurat_verifier *v = tdx_made_verifier(NULL);
		struct jurat_tdx_collateral *c;
		struct jurat_policy *policy;
		struct jurat_verdict *verdict;
		struct tdx_made m;
		bool listed = false;

		assert_int_equal(jurat_policy_new(&policy, NULL), 0);
		if (rows[i].required)
			assert_int_equal(
				jurat_policy_set(policy, "required_td_attributes", rows[i].required, NULL),
				0);
		tdx_made_init(&m, TDX_BODY_10);
		if (!rows[i].is_set)
			m.quote.body.td_attributes = 0;
		tdx_made_documents(&m);
		tdx_made_sign(&m);
		c = tdx_made_collateral(&m);
		verdict = tdx_made_judge(&m, v, c, policy);
		assert_true(jurat_verdict_accepted(verdict));
		for (size_t k = 0; k < jurat_verdict_not_judged_count(verdict); k++)
			listed = listed || strcmp(jurat_verdict_not_judged_code(verdict, k),
						  JURAT_NOT_JUDGED_SEPT_VE_DISABLE) == 0;
		assert_int_equal(listed, rows[i].listed);
		jurat_verdict_free(verdict);
		jurat_policy_free(policy);
		jurat_tdx_collateral_free(c);
		jurat_verifier_free(v);
		tdx_made_done(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(advisories_are_compared_without_case),
		cmocka_unit_test(out_of_date_is_accepted_when_its_level_is_recent_enough),
		cmocka_unit_test(a_platform_may_be_named_by_its_certificate),
		cmocka_unit_test(a_security_version_has_a_minimum_in_each_place),
		cmocka_unit_test(values_that_are_none_are_refused),
		cmocka_unit_test(a_clear_sept_ve_disable_is_listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
