/* SPDX-License-Identifier: MIT */
#include "verify/tdx_made.h"

#include "verify/verdict.h"

/*
 * TDs whose quote says, or lets open, that another platform launched them: V26. No status covers that
 * platform, which no collateral speaks of.
 */

static const char *const mine = "[\"SERVTD_EXT\", \"SEPT_VE_DISABLE\"]";

static void servtd_ext(struct tdx_made *m)
{
	m->quote.body.td_attributes |= UINT64_C(1) << TDX_ATTR_SERVTD_EXT_BIT;
}
static void init_hash(struct tdx_made *m)
{
	m->quote.body.init_servtd_hash[47] = 1;
}
static void init_attr(struct tdx_made *m)
{
	m->quote.body.init_servtd_attr = UINT64_C(1) << 63;
}
static void init_cpusvn(struct tdx_made *m)
{
	m->quote.body.init_cpusvn[15] = 1;
}
static void init_svn(struct tdx_made *m)
{
	m->quote.body.init_tee_tcb_svn[2] = 1;
}
static void init_fmspc(struct tdx_made *m)
{
	m->quote.body.init_fmspc[11] = 1;
}
static void curr_hash(struct tdx_made *m)
{
	m->quote.body.curr_servtd_hash[0] = 1;
}
static void vmid(struct tdx_made *m)
{
	m->quote.body.vmid = 1;
}
static void td_id(struct tdx_made *m)
{
	m->quote.body.td_id[0] = 1;
}

static struct jurat_verdict *judge(struct tdx_made *m, enum tdx_body_type body,
				   void (*make)(struct tdx_made *m), const char *const policy[][2])
{
	struct jurat_verifier *v = tdx_made_verifier(NULL);
	struct jurat_tdx_collateral *c;
	struct jurat_verdict *verdict;
	struct jurat_policy *p;

	assert_int_equal(jurat_policy_new(&p, NULL), 0);
	for (size_t i = 0; policy && policy[i][0]; i++)
		assert_int_equal(jurat_policy_set(p, policy[i][0], policy[i][1], NULL), 0);
	tdx_made_init(m, body);
	if (make)
		make(m);
	tdx_made_documents(m);
	tdx_made_sign(m);
	c = tdx_made_collateral(m);
	verdict = tdx_made_judge(m, v, c, p);
	jurat_policy_free(p);
	jurat_tdx_collateral_free(c);
	jurat_verifier_free(v);
	return verdict;
}

static bool is_listed(const struct jurat_verdict *v, const char *code)
{
	for (size_t i = 0; i < jurat_verdict_not_judged_count(v); i++) {
		if (strcmp(jurat_verdict_not_judged_code(v, i), code) == 0)
			return true;
	}
	return false;
}

/* There is a status of the whole, or there is none in any form. */
static void assert_status(const struct jurat_verdict *v, bool whole, const char *what)
{
	auto_free char *json = jurat_verdict_json(v), *text = jurat_verdict_text(v);
	struct jurat_tdx_tcb all = { .size = sizeof(all) }, here = { .size = sizeof(here) };

	assert_true(json && text);
	if (!strstr(json, "\"tcb_status\": null") != whole ||
	    (strstr(json, "\"at_launch\"") != NULL) != whole ||
	    (strstr(text, "at_launch") != NULL) != whole ||
	    (strstr(text, "not evaluated for the platform it was launched on") == NULL) != whole ||
	    (jurat_verdict_tdx_tcb(v, JURAT_TDX_TCB_PART_ALL, &all) == 0) != whole ||
	    is_listed(v, JURAT_NOT_JUDGED_LAUNCH_PLATFORM) == whole)
		FAIL_BECAUSE("%s: %s", what, text);
	assert_int_equal(jurat_verdict_tdx_tcb(v, JURAT_TDX_TCB_PART_THIS_PLATFORM, &here), 0);
	assert_int_equal(here.status, JURAT_TDX_TCB_UP_TO_DATE);
	assert_int_equal(here.current_status, JURAT_TDX_TCB_UP_TO_DATE);
	assert_int_equal(here.launch_status, whole ? JURAT_TDX_TCB_UP_TO_DATE : JURAT_TDX_TCB_NONE);
}

static void no_status_covers_a_platform_of_launch_that_is_not_known_V26(void **state)
{
	static const struct {
		const char *what;
		enum tdx_body_type body;
		void (*make)(struct tdx_made *m);
		bool elsewhere;
	} rows[] = {
		{ "body type 3", TDX_BODY_15, NULL, false },
		{ "body type 4", TDX_BODY_15EX, NULL, false },
		{ "SERVTD_EXT", TDX_BODY_15EX, servtd_ext, true },
		{ "SERVTD_EXT, body type 3", TDX_BODY_15, servtd_ext, true },
		{ "init_servtd_hash", TDX_BODY_15EX, init_hash, true },
		{ "init_servtd_attr", TDX_BODY_15EX, init_attr, true },
		{ "init_cpusvn", TDX_BODY_15EX, init_cpusvn, true },
		{ "init_tee_tcb_svn", TDX_BODY_15EX, init_svn, true },
		{ "init_fmspc", TDX_BODY_15EX, init_fmspc, true },
		{ "curr_servtd_hash", TDX_BODY_15EX, curr_hash, false },
		{ "td_id", TDX_BODY_15EX, td_id, false },
	};
	const char *const policy[][2] = { { "allowed_td_attributes", mine },
					  { "allow_service_td", "true" },
					  { NULL } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct tdx_made m;
		struct jurat_verdict *v = judge(&m, rows[i].body, rows[i].make, policy);

		if (!jurat_verdict_accepted(v))
			FAIL_BECAUSE("%s: %s", rows[i].what, jurat_verdict_reason_detail(v, 0));
		assert_status(v, !rows[i].elsewhere, rows[i].what);
		jurat_verdict_free(v);
		tdx_made_done(&m);
	}
}

/* The collateral's identities know the module that launched the TD, whatever the platform was. */
static void revoked_module_launched(struct tdx_made *m)
{
	servtd_ext(m);
	m->module_levels[0] = (struct sim_svn_level){ .isvsvn = 5, .status = "UpToDate" };
	m->module_levels[1] = (struct sim_svn_level){ .isvsvn = 1, .status = "Revoked" };
	m->module.n_levels = 2;
	m->quote.body.init_tee_tcb_svn[0] = 2;
	m->quote.body.init_tee_tcb_svn[1] = m->quote.body.tee_tcb_svn[1];
}

static void a_td_launched_by_a_revoked_module_is_refused_V26(void **state)
{
	const char *const policy[][2] = { { "allowed_td_attributes", mine }, { NULL } };
	struct tdx_made m;
	struct jurat_verdict *v = judge(&m, TDX_BODY_15EX, revoked_module_launched, policy);

	assert_int_equal(jurat_verdict_reason_count(v), 1);
	assert_string_equal(jurat_verdict_reason_code(v, 0), JURAT_REASON_TCB_STATUS_NOT_ACCEPTED);
	assert_non_null(strstr(jurat_verdict_reason_detail(v, 0), "init_tee_tcb_svn"));
	jurat_verdict_free(v);
	tdx_made_done(&m);
}

static void a_migratable_td_s_other_fields_are_the_policy_s_V25_V26(void **state)
{
	static const struct {
		enum tdx_body_type body;
		void (*make)(struct tdx_made *m);
		const char *member, *value, *code, *listed;
	} rows[] = {
#define ZEROS   "00000000000000000000000000000000"
#define ONE_OF  "01000000000000000000000000000000"
#define ONE_END "00000000000000000000000000000001"
		{ TDX_BODY_15EX, servtd_ext, NULL, NULL, "td-attributes-not-allowed", "launch-platform" },
		{ TDX_BODY_15EX, curr_hash, NULL, NULL, "service-td-not-allowed", "service-td" },
		{ TDX_BODY_15EX, init_hash, NULL, NULL, "service-td-not-allowed", "service-td" },
		{ TDX_BODY_15EX, curr_hash, "curr_servtd_hash", ONE_OF ZEROS ZEROS, NULL, "service-td" },
		{ TDX_BODY_15EX, curr_hash, "init_servtd_hash", ZEROS ZEROS ZEROS, "service-td-not-allowed",
		  NULL },
		{ TDX_BODY_15EX, curr_hash, "mrservicetd", ZEROS ZEROS ZEROS, "service-td-not-allowed",
		  NULL },
		{ TDX_BODY_15EX, NULL, "curr_servtd_hash", ONE_OF ZEROS ZEROS, "curr-servtd-hash-mismatch",
		  NULL },
		{ TDX_BODY_15EX, init_hash, "init_servtd_hash", ZEROS ZEROS ONE_END, NULL, "service-td" },
		{ TDX_BODY_15EX, NULL, "init_servtd_hash", ZEROS ZEROS ONE_END, "init-servtd-hash-mismatch",
		  NULL },
		{ TDX_BODY_15EX, td_id, "td_id", ONE_OF ZEROS, NULL, NULL },
		{ TDX_BODY_15EX, NULL, "td_id", ONE_OF ZEROS, "td-id-mismatch", NULL },
		{ TDX_BODY_15EX, NULL, "devinfo_hash", ZEROS ZEROS ZEROS, NULL, NULL },
		{ TDX_BODY_15EX, td_id, "devinfo_hash", ONE_OF ZEROS ZEROS, "devinfo-hash-mismatch", NULL },
		{ TDX_BODY_15EX, vmid, NULL, NULL, NULL, "vmid" },
		/* what is absent is not zero */
		{ TDX_BODY_15, NULL, "td_id", ZEROS ZEROS, "td-id-mismatch", NULL },
		{ TDX_BODY_15, NULL, "devinfo_hash", ZEROS ZEROS ZEROS, "devinfo-hash-mismatch", NULL },
		{ TDX_BODY_10, NULL, "mrservicetd", ZEROS ZEROS ZEROS, "mrservicetd-mismatch", NULL },
		{ TDX_BODY_15, NULL, "mrservicetd", ZEROS ZEROS ZEROS, NULL, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *const policy[][2] = { { rows[i].member, rows[i].value }, { NULL } };
		struct tdx_made m;
		struct jurat_verdict *v = judge(&m, rows[i].body, rows[i].make, policy);
		const char *code = jurat_verdict_reason_code(v, 0);

		if (jurat_verdict_reason_count(v) != (rows[i].code ? 1 : 0) ||
		    (rows[i].code && strcmp(rows[i].code, code) != 0))
			FAIL_BECAUSE("row %zu: %s", i, code ? code : "accepted");
		if (rows[i].listed)
			assert_true(is_listed(v, rows[i].listed));
		jurat_verdict_free(v);
		tdx_made_done(&m);
	}
}

static void fields_that_a_body_does_not_have_are_absent(void **state)
{
	static const struct {
		enum tdx_body_type body;
		bool svn2, vmid;
	} rows[] = { { TDX_BODY_10, false, false },
		     { TDX_BODY_15, true, false },
		     { TDX_BODY_15EX, true, true } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct tdx_made m;
		struct jurat_verdict *v = judge(&m, rows[i].body, NULL, NULL);
		auto_free char *json = jurat_verdict_json(v), *text = jurat_verdict_text(v);
		const uint8_t *bytes;
		uint64_t number;
		size_t n;

		assert_true(json && text);
		assert_int_equal(strstr(json, "\"tee_tcb_svn2\"") != NULL, rows[i].svn2);
		assert_int_equal(strstr(text, "tee_tcb_svn2") != NULL, rows[i].svn2);
		assert_int_equal(strstr(json, "\"vmid\"") != NULL, rows[i].vmid);
		assert_int_equal(strstr(text, "init_fmspc") != NULL, rows[i].vmid);
		assert_int_equal(jurat_verdict_field_bytes(v, "mrservicetd", &bytes, &n),
				 rows[i].svn2 ? 0 : JURAT_NOT_FOUND);
		assert_int_equal(jurat_verdict_field_number(v, "vmid", &number),
				 rows[i].vmid ? 0 : JURAT_NOT_FOUND);
		jurat_verdict_free(v);
		tdx_made_done(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_status_covers_a_platform_of_launch_that_is_not_known_V26),
		cmocka_unit_test(a_td_launched_by_a_revoked_module_is_refused_V26),
		cmocka_unit_test(a_migratable_td_s_other_fields_are_the_policy_s_V25_V26),
		cmocka_unit_test(fields_that_a_body_does_not_have_are_absent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
