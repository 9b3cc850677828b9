/* SPDX-License-Identifier: MIT */
#include "verify/made.h"
#include "verify/policy.h"
#include "verify/tdx_made.h"
#include "wire/tdx_report.h"

/*
 * Who sends evidence chooses its kind: every member of a policy is held against a VCEK's report, a VLEK's and
 * a TD quote. None of them may be accepted because the member is silent about it.
 */

#define HEX16(b) b b b b b b b b b b b b b b b b
#define HEX32(b) HEX16(b) HEX16(b)
#define HEX48(b) HEX32(b) HEX16(b)
#define HEX64(b) HEX32(b) HEX32(b)

enum { VCEK, VLEK, TDX, N_KINDS };
static const enum policy_scope scopes[N_KINDS] = { POLICY_OF_VCEK, POLICY_OF_VLEK, POLICY_OF_TDX };
static const char *const kind_names[N_KINDS] = { "VCEK", "VLEK", "TDX" };

/* A value by which `refuses` (kinds of evidence) are refused; 0: none of those that the member is for. */
static const struct row {
	const char *member, *value;
	unsigned refuses;
} rows[] = {
	{ "report_data", HEX64("d2"), POLICY_OF_ANY },
	{ "measurement", HEX48("d2"), POLICY_OF_ANY },
	{ "host_data", HEX32("d2"), POLICY_OF_SNP },
	{ "id_key_digest", HEX48("d2"), POLICY_OF_SNP },
	{ "author_key_digest", HEX48("d2"), POLICY_OF_SNP },
	{ "family_id", HEX16("d2"), POLICY_OF_SNP },
	{ "image_id", HEX16("d2"), POLICY_OF_SNP },
	{ "report_id", HEX32("d2"), POLICY_OF_SNP },
	{ "chip_id", HEX64("d2"), POLICY_OF_SNP }, /* a VLEK's report has one as well */
	{ "allow_debug", "true", 0 },
	{ "allow_migrate_ma", "false", POLICY_OF_SNP },
	{ "allow_smt", "false", POLICY_OF_SNP },
	{ "allow_cxl", "false", POLICY_OF_SNP },
	{ "require_single_socket", "true", POLICY_OF_SNP },
	{ "require_mem_aes_256_xts", "true", POLICY_OF_SNP },
	{ "require_rapl_dis", "true", POLICY_OF_SNP },
	{ "require_ciphertext_hiding_dram", "true", POLICY_OF_SNP },
	{ "require_page_swap_disable", "true", POLICY_OF_SNP },
	{ "vmpl", "0", POLICY_OF_SNP },
	{ "maximum_vmpl", "0", POLICY_OF_SNP },
	{ "minimum_guest_svn", "8", POLICY_OF_SNP },
	{ "minimum_policy_abi", "1.52", POLICY_OF_SNP },
	{ "minimum_firmware", "2.0.0", POLICY_OF_SNP },
	{ "minimum_committed_firmware", "2.0.0", POLICY_OF_SNP },
	{ "minimum_tcb", "{\"Genoa\": {\"snp\": 0}}", POLICY_OF_SNP },
	{ "minimum_committed_tcb", "{\"snp\": 255}", POLICY_OF_SNP },
	{ "minimum_current_tcb", "{\"snp\": 255}", POLICY_OF_SNP },
	{ "minimum_launch_tcb", "{\"snp\": 255}", POLICY_OF_SNP },
	{ "minimum_launch_mit_vector", "1", POLICY_OF_SNP },
	{ "minimum_current_mit_vector", "0x1", POLICY_OF_SNP },
	{ "require_launch_mitigations", "true", POLICY_OF_SNP },
	{ "allow_provisional_firmware", "false", POLICY_OF_SNP },
	{ "required_platform_info", "TIO_EN", POLICY_OF_SNP },
	{ "forbidden_platform_info", "SMT_EN", POLICY_OF_SNP },
	{ "allow_unknown_platform_info", "true", 0 },
	{ "products", "Turin", POLICY_OF_SNP },
	{ "allow_vcek", "false", POLICY_OF_VCEK },
	{ "allow_vcek", "true", 0 },
	{ "allow_vlek", "false", POLICY_OF_VLEK },
	{ "allow_vlek", "true", 0 },
	{ "allow_masked_chip_id", "true", 0 },
	{ "csp_id", "CN=other", POLICY_OF_VLEK },
	{ "csp_id", "CN=cc-test.jurat.invalid", 0 },
	{ "require_crl", "true", POLICY_OF_ANY },
	{ "tees", "tdx", POLICY_OF_SNP },
	{ "tees", "sev-snp", POLICY_OF_TDX },
	{ "mrtd", HEX48("d2"), POLICY_OF_TDX },
	{ "mrseam", HEX48("d2"), POLICY_OF_TDX },
	{ "mrconfigid", HEX48("d2"), POLICY_OF_TDX },
	{ "mrowner", HEX48("d2"), POLICY_OF_TDX },
	{ "mrownerconfig", HEX48("d2"), POLICY_OF_TDX },
	{ "rtmr0", HEX48("d2"), POLICY_OF_TDX },
	{ "rtmr1", HEX48("d2"), POLICY_OF_TDX },
	{ "rtmr2", HEX48("d2"), POLICY_OF_TDX },
	{ "rtmr3", HEX48("d2"), POLICY_OF_TDX },
	{ "mrservicetd", HEX48("d2"), POLICY_OF_TDX },
	{ "td_id", HEX32("d2"), POLICY_OF_TDX },
	{ "devinfo_hash", HEX48("d2"), POLICY_OF_TDX },
	{ "init_servtd_hash", HEX48("d2"), POLICY_OF_TDX },
	{ "curr_servtd_hash", HEX48("d2"), POLICY_OF_TDX },
	{ "fmspc", "d2d2d2d2d2d2", POLICY_OF_TDX },
	{ "ppid", HEX16("d2"), POLICY_OF_TDX },
	{ "platform_instance_id", HEX16("d2"), POLICY_OF_TDX },
	{ "sgx_type", "[0, 2]", POLICY_OF_TDX },
	{ "minimum_tee_tcb_svn", "[0, 0, 255]", POLICY_OF_TDX },
	{ "minimum_tcb_date", "2020-01-01", 0 },
	{ "allowed_td_attributes", "0x0", POLICY_OF_TDX },
	{ "required_td_attributes", "PERFMON", POLICY_OF_TDX },
	{ "allowed_xfam", "0x3", POLICY_OF_TDX },
	{ "required_xfam", "0x60000", POLICY_OF_TDX },
	{ "allow_unknown_td_attributes", "true", 0 },
	{ "allow_unknown_xfam", "true", 0 },
	{ "allow_service_td", "true", 0 },
	{ "allow_no_collateral", "true", 0 },
	{ "accepted_tcb_statuses", "OutOfDate", POLICY_OF_TDX },
	{ "accepted_current_tcb_statuses", "OutOfDate", POLICY_OF_TDX },
	{ "accepted_advisories", "INTEL-SA-00009", POLICY_OF_TDX },
	{ "rejected_advisories", "INTEL-SA-00005", POLICY_OF_TDX },
	{ "maximum_collateral_age_days", "1", POLICY_OF_TDX },
	{ "minimum_tcb_evaluation_data_number", "4294967295", POLICY_OF_TDX },
	{ "require_event_log", "true", POLICY_OF_TDX },
	{ "event_digests", "{\"EV_IPL\": \"" HEX48("d2") "\"}", POLICY_OF_TDX },
	{ "kernel_cmdline", "root=/dev/vda1", POLICY_OF_TDX },
	{ "require_secure_boot", "true", POLICY_OF_TDX },
	{ "allow_unexplained_rtmr3", "true", 0 },
};

/* Members that are there to accept more, so that nothing which is accepted without them is refused. */
static const char *const widening[] = {
	"allow_debug",         "allow_masked_chip_id",        "allow_service_td",
	"allow_no_collateral", "allow_unknown_platform_info", "allow_unknown_td_attributes",
	"allow_unknown_xfam",  "allow_unexplained_rtmr3",     "minimum_tcb_date"
};

/* Good evidence of every kind, made once, in which every member finds something to refuse. */
struct world {
	struct made report[2];
	struct tdx_made quote;
	struct jurat_verifier *snp, *tdx;
	struct jurat_tdx_collateral *collateral;
};

static void make_report(struct made *m, bool vlek)
{
	made_init(m, SNP_MILAN, vlek, 3);
	m->report.policy |= 1ull << SNP_POLICY_MIGRATE_MA_BIT | 1ull << SNP_POLICY_CXL_ALLOW_BIT;
	m->report.current_build++;
	made_sign(m);
	m->crl_size = 0;
}

static int make_world(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	make_report(&w->report[VCEK], false);
	make_report(&w->report[VLEK], true);
	tdx_made_init(&w->quote, TDX_BODY_15);
	w->quote.levels[0].advisories = "INTEL-SA-00005";
	w->quote.no_pck_crl = true;
	w->quote.no_root_crl = true;
	tdx_made_documents(&w->quote);
	tdx_made_sign(&w->quote);
	w->snp = made_verifier(SNP_MILAN);
	w->tdx = tdx_made_verifier(&w->quote);
	w->collateral = tdx_made_collateral(&w->quote);
	*state = w;
	return 0;
}

static int drop_world(void **state)
{
	struct world *w = *state;

	jurat_tdx_collateral_free(w->collateral);
	jurat_verifier_free(w->snp);
	jurat_verifier_free(w->tdx);
	tdx_made_done(&w->quote);
	free(w);
	return 0;
}

static struct jurat_verdict *judge(const struct world *w, unsigned kind, const struct jurat_policy *policy)
{
	if (kind == TDX)
		return tdx_made_judge(&w->quote, w->tdx, w->collateral, policy);
	return made_judge(&w->report[kind], w->snp, policy);
}

static void set(struct jurat_policy *policy, const char *member, const char *value)
{
	struct jurat_error err = { "" };

	if (jurat_policy_set(policy, member, value, &err) != 0)
		FAIL_BECAUSE("%s=%s: %s", member, value, err.text);
}

static struct jurat_policy *policy_of(const char *member, const char *value)
{
	struct jurat_policy *policy;

	assert_int_equal(jurat_policy_new(&policy, NULL), 0);
	set(policy, member, value);
	return policy;
}

/* The detail of the reason with this code; NULL: it is not among them. */
static const char *reason(const struct jurat_verdict *v, const char *code)
{
	for (size_t i = 0; i < jurat_verdict_reason_count(v); i++) {
		if (strcmp(jurat_verdict_reason_code(v, i), code) == 0)
			return jurat_verdict_reason_detail(v, i);
	}
	return NULL;
}

static bool is_listed(const struct jurat_verdict *v, const char *code)
{
	auto_free char *json = jurat_verdict_json(v);
	const char *list = json ? strstr(json, "\"not_judged\"") : NULL;

	assert_non_null(list);
	return strstr(list, code) != NULL;
}

static struct policy_member member_of(const struct jurat_policy *policy, const char *name)
{
	struct policy_member m;

	for (size_t i = 0; policy_member_at(policy, i, &m); i++) {
		if (strcmp(m.name, name) == 0)
			return m;
	}
	FAIL_BECAUSE("%s: no such member", name);
	return m;
}

/* The quote has no CRLs, which is a reason unless the policy takes it without collateral. */
static void assert_row(const struct world *w, const struct row *row, unsigned kind)
{
	struct jurat_policy *policy = policy_of(row->member, row->value);
	bool is_for_it = (member_of(policy, row->member).scope & scopes[kind]) != 0;
	struct jurat_verdict *v;
	const char *why;

	if (kind == TDX && is_for_it && strcmp(row->member, "require_crl") != 0)
		set(policy, "allow_no_collateral", "true");
	v = judge(w, kind, policy);
	why = reason(v, "policy-scope");
	if (is_for_it && (why || jurat_verdict_accepted(v) == ((row->refuses & scopes[kind]) != 0)))
		FAIL_BECAUSE("%s=%s, %s: %s", row->member, row->value, kind_names[kind],
			     why                             ? why
			     : jurat_verdict_reason_count(v) ? jurat_verdict_reason_detail(v, 0)
							     : "accepted");
	if (!is_for_it && (!why || !strstr(why, row->member)))
		FAIL_BECAUSE("%s=%s, %s: '%s'", row->member, row->value, kind_names[kind], why ? why : "");
	jurat_verdict_free(v);
	jurat_policy_free(policy);
}

static void every_member_refuses_evidence_that_it_says_nothing_of(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		for (unsigned kind = 0; kind < N_KINDS; kind++)
			assert_row(*state, &rows[i], kind);
	}
}

static bool widens(const char *member)
{
	for (size_t i = 0; i < ARRAY_SIZE(widening); i++) {
		if (strcmp(widening[i], member) == 0)
			return true;
	}
	return false;
}

/* A new member needs rows above: one that refuses for each kind of evidence that it claims to be for. */
static void every_member_can_refuse_all_that_it_is_for(void **state)
{
	struct jurat_policy *policy;
	struct policy_member m;
	size_t n = 0;

	assert_int_equal(jurat_policy_new(&policy, NULL), 0);
	for (size_t i = 0; policy_member_at(policy, i, &m); i++, n++) {
		unsigned refused = 0, found = 0;

		for (size_t k = 0; k < ARRAY_SIZE(rows); k++) {
			if (strcmp(rows[k].member, m.name) == 0) {
				refused |= rows[k].refuses;
				found++;
			}
		}
		/* each of the two speaks of the other key by its name alone */
		if (strcmp(m.name, "allow_vcek") == 0 || strcmp(m.name, "allow_vlek") == 0)
			refused |= POLICY_OF_SNP;
		if (found == 0 || m.scope == 0 || refused != (widens(m.name) ? 0 : m.scope))
			FAIL_BECAUSE("%s: scope 0x%x, rows of this test refuse 0x%x", m.name, m.scope,
				     refused);
		assert_false(m.set || m.demands);
	}
	assert_true(n > 50);
	jurat_policy_free(policy);
}

static void evidence_without_a_policy_is_accepted_whatever_its_kind(void **state)
{
	struct jurat_policy *policy = policy_of("allow_no_collateral", "true");

	for (unsigned kind = 0; kind < N_KINDS; kind++) {
		struct jurat_verdict *v = judge(*state, kind, kind == TDX ? policy : NULL);

		assert_true(jurat_verdict_accepted(v));
		assert_false(is_listed(v, "policy-scope"));
		jurat_verdict_free(v);
	}
	jurat_policy_free(policy);
}

/* A policy for both, and what becomes of each kind: refused (its codes), accepted, or accepted and listed. */
static const struct mixed {
	const char *json;
	struct {
		bool accepted, listed;
	} is[N_KINDS];
} mixed[] = {
#define NO                                                                                                   \
	{                                                                                                    \
		false, false                                                                                 \
	}
#define YES                                                                                                  \
	{                                                                                                    \
		true, false                                                                                  \
	}
#define LISTED                                                                                               \
	{                                                                                                    \
		true, true                                                                                   \
	}
#define BOTH "\"tees\": [\"sev-snp\", \"tdx\"], "
#define MRTD "\"mrtd\": \"" HEX48("11") "\""
#define HOST "\"host_data\": \"" HEX32("40") "\""
#define NONE ", \"allow_no_collateral\": true"
	/* members for both kinds, and nothing that says both are wanted */
	{ "{" MRTD ", " HOST NONE "}", { NO, NO, NO } },
	{ "{" MRTD NONE "}", { NO, NO, YES } },
	{ "{" HOST "}", { YES, YES, NO } },
	{ "{\"tees\": \"tdx\", " MRTD NONE "}", { NO, NO, YES } },
	/* what is contradictory accepts nothing */
	{ "{\"tees\": \"sev-snp\", " MRTD NONE "}", { NO, NO, NO } },
	{ "{" BOTH MRTD ", " HOST NONE "}", { YES, YES, YES } },
	{ "{" BOTH MRTD NONE "}", { LISTED, LISTED, YES } },
	{ "{" BOTH HOST NONE "}", { YES, YES, LISTED } }, /* allow_no_collateral demands nothing */
	/* nor does what is as it would be without it */
	{ "{" BOTH MRTD ", \"allow_masked_chip_id\": true, \"allow_smt\": true, \"minimum_guest_svn\": 0" NONE
	  "}",
	  { LISTED, LISTED, YES } },
	{ "{" BOTH MRTD ", \"require_single_socket\": false, \"vmpl\": [0, 1, 2, 3]" NONE "}",
	  { LISTED, LISTED, YES } },
	{ "{" BOTH MRTD ", \"maximum_vmpl\": 1" NONE "}", { YES, YES, YES } },
	/* members for all kinds are not a kind's own */
	{ "{" BOTH MRTD ", \"report_data\": [\"" HEX64("d1") "\", \"" HEX64("44") "\"]" NONE "}",
	  { LISTED, LISTED, YES } },
	{ "{\"csp_id\": \"CN=cc-test.jurat.invalid\"}", { NO, YES, NO } },
	{ "{\"csp_id\": \"CN=cc-test.jurat.invalid\", \"allow_vcek\": false}", { NO, YES, NO } },
	{ "{\"csp_id\": \"CN=cc-test.jurat.invalid\", \"allow_vcek\": true}", { LISTED, YES, NO } },
	{ "{\"csp_id\": \"CN=cc-test.jurat.invalid\", \"allow_vlek\": true}", { NO, YES, NO } },
};

static void a_policy_for_a_mixed_fleet_names_every_kind(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(mixed); i++) {
		struct jurat_policy *policy;
		struct jurat_error err = { "" };

		assert_int_equal(jurat_policy_new(&policy, NULL), 0);
		if (jurat_policy_read_json(policy, mixed[i].json, strlen(mixed[i].json), &err) != 0)
			FAIL_BECAUSE("%s: %s", mixed[i].json, err.text);
		for (unsigned kind = 0; kind < N_KINDS; kind++) {
			struct jurat_verdict *v = judge(*state, kind, policy);

			if (jurat_verdict_accepted(v) != mixed[i].is[kind].accepted ||
			    is_listed(v, "policy-scope") != mixed[i].is[kind].listed)
				FAIL_BECAUSE("%s, %s: %s", mixed[i].json, kind_names[kind],
					     jurat_verdict_reason_count(v) ? jurat_verdict_reason_detail(v, 0)
									   : "accepted");
			jurat_verdict_free(v);
		}
		jurat_policy_free(policy);
	}
}

/* However many there are, the text says which, or how many more. */
static void all_members_for_other_evidence_are_named_at_once(void **state)
{
	static const char *const fields[] = { "mrtd",  "mrseam", "mrconfigid", "mrowner", "mrownerconfig",
					      "rtmr0", "rtmr1",  "rtmr2",      "rtmr3",   "mrservicetd" };
	struct jurat_policy *policy = policy_of("rtmr1", HEX48("d2"));
	struct jurat_verdict *v;

	set(policy, "mrtd", HEX48("d2"));
	v = judge(*state, VCEK, policy);
	assert_int_equal(jurat_verdict_reason_count(v), 1);
	assert_string_equal(jurat_verdict_reason_detail(v, 0),
			    "mrtd, rtmr1: for TDX quotes only (to accept VCEK-signed reports as well, set "
			    "tees to both)");
	jurat_verdict_free(v);
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		set(policy, fields[i], HEX48("d2"));
	set(policy, "accepted_advisories", "INTEL-SA-00005");
	set(policy, "maximum_collateral_age_days", "1");
	set(policy, "minimum_tcb_evaluation_data_number", "1");
	v = judge(*state, VLEK, policy);
	assert_int_equal(jurat_verdict_reason_count(v), 1);
	assert_non_null(strstr(jurat_verdict_reason_detail(v, 0),
			       "accepted_advisories and 2 more: for TDX quotes only"));
	jurat_verdict_free(v);
	jurat_policy_free(policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_member_refuses_evidence_that_it_says_nothing_of),
		cmocka_unit_test(every_member_can_refuse_all_that_it_is_for),
		cmocka_unit_test(evidence_without_a_policy_is_accepted_whatever_its_kind),
		cmocka_unit_test(a_policy_for_a_mixed_fleet_names_every_kind),
		cmocka_unit_test(all_members_for_other_evidence_are_named_at_once),
	};

	return cmocka_run_group_tests(tests, make_world, drop_world);
}
