/* SPDX-License-Identifier: MIT */
#include "verify/tdx_made.h"

#include <inttypes.h>

#include "verify/tdx_tcb.h"
#include "verify/verdict.h"

/*
 * What a TCB lacks for the next better level: by part and component, in every form in which a verdict says
 * it.
 */

static void platform_old(struct tdx_made *m)
{
	m->pck.pcesvn = 5;
}
/* Two components short of every level. */
static void platform_below(struct tdx_made *m)
{
	m->pck.components[7] = 3;
	m->pck.components[4] = 2;
}
static void tdx_component_old(struct tdx_made *m)
{
	m->quote.body.tee_tcb_svn[2] = 1;
}
static void module_old(struct tdx_made *m)
{
	m->quote.body.tee_tcb_svn[0] = 3;
}
static void module_below(struct tdx_made *m)
{
	m->quote.body.tee_tcb_svn[0] = 2;
}
static void qe_below(struct tdx_made *m)
{
	m->quote.qe_report.isv_svn = 3;
}
static void all_old(struct tdx_made *m)
{
	platform_old(m);
	module_old(m);
}
/* Of two better levels the nearer one; advisories that still apply there are said. */
static void step_by_step(struct tdx_made *m)
{
	m->pck.pcesvn = 4;
	m->levels[1].status = "SWHardeningNeeded";
	m->levels[2] = m->levels[1];
	m->levels[2].pcesvn = 4;
	m->levels[2].status = "OutOfDate";
	m->info.n_levels = 3;
}
/* No level above is better: nothing that could be updated helps. */
static void only_hardening(struct tdx_made *m)
{
	m->levels[0].status = "SWHardeningNeeded";
	m->info.n_levels = 1;
}
static void all_revoked(struct tdx_made *m)
{
	all_old(m);
	m->levels[1].status = "Revoked";
	m->module_levels[1].status = "Revoked";
}
static void older_module_revoked(struct tdx_made *m)
{
	all_revoked(m);
	m->module_levels[1].date = 1400000000;
}
/* The module that launched the TD elsewhere is revoked, and the old platform here does not decide. */
static void init_revoked(struct tdx_made *m)
{
	m->quote.body.init_tee_tcb_svn[0] = 3;
	m->quote.body.init_tee_tcb_svn[1] = 1;
	m->module_levels[1].status = "Revoked";
	platform_old(m);
}
static void module_now_unknown(struct tdx_made *m)
{
	platform_old(m);
	m->quote.body.tee_tcb_svn2[0] = 2;
}
/* Both fail; the one that gives the status is named, not that with the older level. */
static void unrecognized_and_below(struct tdx_made *m)
{
	m->levels[0].status = "Unheard";
	module_below(m);
}
static void hardening_and_old_qe(struct tdx_made *m)
{
	m->levels[0].status = "SWHardeningNeeded";
	m->qe_levels[1] = m->qe_levels[0];
	m->qe_levels[0].isvsvn = 9;
	m->qe_levels[1].status = "OutOfDate";
	m->identity.n_levels = 2;
}
static void module_old_now(struct tdx_made *m)
{
	m->quote.body.tee_tcb_svn2[0] = 3;
}
static void revoked_between(struct tdx_made *m)
{
	m->pck.pcesvn = 4;
	m->levels[1].status = "Revoked";
	m->levels[2] = m->levels[1];
	m->levels[2].pcesvn = 4;
	m->levels[2].status = "OutOfDate";
	m->info.n_levels = 3;
}

struct row {
	const char *what;
	enum tdx_body_type body;
	void (*early)(struct tdx_made *m);
	const char *items;   /* "part component is wanted status date advisories;" each */
	const char *detail;  /* of the first reason; NULL: accepted */
	const char *decides; /* NULL: nothing does */
	const char *date;    /* of minimum_tcb_date; NULL: not set */
};

#define GOOD "2024-03-09T16:00:00Z"

static const struct row rows[] = {
	{ "good", TDX_BODY_15, NULL, "", NULL },
	{ "pcesvn", TDX_BODY_10, platform_old, "platform pcesvn 5 11 UpToDate 1710000000;",
	  "OutOfDate: platform, TCB level of 2017-11-06T20:26:40Z; pcesvn is 5, wanted 11 for UpToDate "
	  "of " GOOD,
	  "platform" },
	{ "below every level", TDX_BODY_10, platform_below,
	  "platform sgx_component_5 (BIOS) 2 3 OutOfDate 1510000000 INTEL-SA-00001 INTEL-SA-00002;"
	  "platform sgx_component_8 (OS/VMM, SEAMLDR ACM) 3 5 OutOfDate 1510000000 INTEL-SA-00001 "
	  "INTEL-SA-00002;",
	  "no TCB level of the platform is met; sgx_component_5 (BIOS) is 2, wanted 3 (and 1 more) for "
	  "OutOfDate of 2017-11-06T20:26:40Z",
	  "platform" },
	{ "TDX component", TDX_BODY_10, tdx_component_old,
	  "platform tdx_component_3 (OS/VMM, TDX Late Microcode Update) 1 2 OutOfDate 1510000000 "
	  "INTEL-SA-00001 "
	  "INTEL-SA-00002;",
	  "no TCB level of the platform is met; tdx_component_3 (OS/VMM, TDX Late Microcode Update) is 1, "
	  "wanted 2 for OutOfDate of 2017-11-06T20:26:40Z",
	  "platform" },
	{ "module", TDX_BODY_10, module_old, "tdx_module isvsvn 3 5 UpToDate 1700000000;",
	  "OutOfDate: tdx_module, TCB level of 2020-09-13T12:26:40Z; isvsvn is 3, wanted 5 for UpToDate of "
	  "2023-11-14T22:13:20Z",
	  "tdx_module" },
	{ "module below every level", TDX_BODY_10, module_below,
	  "tdx_module isvsvn 2 3 OutOfDate 1600000000 INTEL-SA-00003;",
	  "no TCB level of the TDX module is met; isvsvn is 2, wanted 3 for OutOfDate of "
	  "2020-09-13T12:26:40Z",
	  "tdx_module" },
	{ "QE", TDX_BODY_10, qe_below, "quoting_enclave isvsvn 3 4 UpToDate 1705000000;",
	  "no TCB level of the quoting enclave is met; isvsvn is 3, wanted 4 for UpToDate of "
	  "2024-01-11T19:06:40Z",
	  "quoting_enclave" },
	{ "the older of two decides", TDX_BODY_10, all_old,
	  "platform pcesvn 5 11 UpToDate 1710000000;tdx_module isvsvn 3 5 UpToDate 1700000000;",
	  "OutOfDate: platform, TCB level of 2017-11-06T20:26:40Z; pcesvn", "platform" },
	{ "the nearer level", TDX_BODY_10, step_by_step,
	  "platform pcesvn 4 5 SWHardeningNeeded 1510000000 INTEL-SA-00001 INTEL-SA-00002;",
	  "OutOfDate: platform, TCB level of 2017-11-06T20:26:40Z; pcesvn is 4, wanted 5 for "
	  "SWHardeningNeeded",
	  "platform" },
	{ "a revoked level is passed over", TDX_BODY_10, revoked_between,
	  "platform pcesvn 4 11 UpToDate 1710000000;", "OutOfDate: platform", "platform" },
	{ "nothing better", TDX_BODY_10, only_hardening, "",
	  "SWHardeningNeeded: platform, TCB level of " GOOD, "platform" },
	{ "of two revoked the older", TDX_BODY_10, all_revoked,
	  "platform pcesvn 5 11 UpToDate 1710000000;tdx_module isvsvn 3 5 UpToDate 1700000000;",
	  "Revoked: the platform is revoked; pcesvn is 5, wanted 11 for UpToDate of " GOOD, "platform" },
	{ "of two revoked the other", TDX_BODY_10, older_module_revoked,
	  "platform pcesvn 5 11 UpToDate 1710000000;tdx_module isvsvn 3 5 UpToDate 1700000000;",
	  "Revoked: the TDX module is revoked; isvsvn is 3, wanted 5 for UpToDate of 2023-11-14T22:13:20Z",
	  "tdx_module" },
	{ "revoked where it was launched", TDX_BODY_15EX, init_revoked,
	  "platform pcesvn 5 11 UpToDate 1710000000;",
	  "Revoked: the TDX module that launched the TD, by init_tee_tcb_svn, is revoked",
	  "init_tdx_module" },
	{ "what runs now fails, beside an old platform", TDX_BODY_15, module_now_unknown,
	  "platform pcesvn 5 11 UpToDate 1710000000;current_platform pcesvn 5 11 UpToDate 1710000000;"
	  "current_tdx_module isvsvn 2 3 OutOfDate 1600000000 INTEL-SA-00003;",
	  "no TCB level of the TDX module is met by tee_tcb_svn2; isvsvn is 2, wanted 3 for OutOfDate of "
	  "2020-09-13T12:26:40Z",
	  "current_tdx_module" },
	{ "an unrecognized status beside a module below every level", TDX_BODY_10, unrecognized_and_below,
	  "tdx_module isvsvn 2 3 OutOfDate 1600000000 INTEL-SA-00003;",
	  "the TCB level of the platform has an unrecognized status", "platform" },
	{ "an old QE beside hardening", TDX_BODY_10, hardening_and_old_qe,
	  "quoting_enclave isvsvn 6 9 UpToDate 1705000000;", "OutOfDate: quoting_enclave, TCB level of",
	  "quoting_enclave" },
	{ "before minimum_tcb_date", TDX_BODY_10, platform_old, "platform pcesvn 5 11 UpToDate 1710000000;",
	  "OutOfDate: platform, TCB level of 2017-11-06T20:26:40Z, before minimum_tcb_date "
	  "2020-01-01T00:00:00Z; "
	  "pcesvn is 5, wanted 11 for UpToDate of " GOOD,
	  "platform", "2020-01-01" },
	{ "of minimum_tcb_date", TDX_BODY_10, platform_old, "platform pcesvn 5 11 UpToDate 1710000000;", NULL,
	  "platform", "2017-11-06" },
	{ "what runs now", TDX_BODY_15, module_old_now, "current_tdx_module isvsvn 3 5 UpToDate 1700000000;",
	  NULL },
};

static void write_items(const struct jurat_verdict *v, char *to, size_t room)
{
	to[0] = '\0';
	for (size_t i = 0; i < jurat_verdict_shortfall_count(v); i++) {
		struct jurat_shortfall s = { .size = sizeof(s) };
		size_t n = strlen(to);

		assert_int_equal(jurat_verdict_shortfall(v, i, &s), 0);
		assert_int_equal(s.has_date, 1);
		test_text(to + n, room - n, "%s %s%s%s%s %" PRIu64 " %" PRIu64 " %s %" PRId64, s.part,
			  s.component, s.name[0] ? " (" : "", s.name, s.name[0] ? ")" : "", s.is, s.wanted,
			  jurat_tdx_tcb_status_name(s.status), s.date);
		for (size_t k = 0; k < s.advisory_count; k++) {
			n = strlen(to);
			test_text(to + n, room - n, " %s", jurat_verdict_shortfall_advisory(v, i, k));
		}
		n = strlen(to);
		test_text(to + n, room - n, ";");
	}
}

/* The part that decides, in every form. */
static void assert_decides(const struct jurat_verdict *v, const char *part, const char *what)
{
	struct jurat_tdx_tcb tcb = { .size = sizeof(tcb) };
	auto_free char *json = jurat_verdict_json(v), *text = jurat_verdict_text(v);
	char in_json[64], in_text[64];
	const char *line;

	assert_true(json && text);
	assert_int_equal(jurat_verdict_tdx_tcb(v, JURAT_TDX_TCB_PART_THIS_PLATFORM, &tcb), 0);
	if (!tcb.decided_by != !part || (part && strcmp(tcb.decided_by, part) != 0))
		FAIL_BECAUSE("%s: decided by %s", what, tcb.decided_by ? tcb.decided_by : "nothing");
	TEXT(in_json, "\"decided_by\": \"%s\"", part ? part : "");
	TEXT(in_text, " %s\n", part ? part : "");
	assert_int_equal(strstr(json, part ? in_json : "\"decided_by\"") != NULL, part != NULL);
	line = strstr(text, "\n  decided_by ");
	assert_int_equal(line != NULL, part != NULL);
	if (line)
		assert_int_equal(
			memcmp(strchr(line + 1, '\n') + 1 - strlen(in_text), in_text, strlen(in_text)), 0);
}

static void assert_row(const struct row *row)
{
	struct jurat_verifier *v = tdx_made_verifier(NULL);
	struct jurat_tdx_collateral *c;
	struct jurat_verdict *verdict;
	struct jurat_policy *policy;
	struct tdx_made m;
	char items[1024];
	auto_free char *json = NULL, *text = NULL;
	const char *detail;

	tdx_made_init(&m, row->body);
	if (row->early)
		row->early(&m);
	tdx_made_documents(&m);
	tdx_made_sign(&m);
	c = tdx_made_collateral(&m);
	assert_int_equal(jurat_policy_new(&policy, NULL), 0);
	if (row->date)
		assert_int_equal(jurat_policy_set(policy, "minimum_tcb_date", row->date, NULL), 0);
	verdict = tdx_made_judge(&m, v, c, policy);
	assert_decides(verdict, row->decides, row->what);
	write_items(verdict, items, sizeof(items));
	if (strcmp(items, row->items) != 0)
		FAIL_BECAUSE("%s: %s", row->what, items);
	detail = jurat_verdict_reason_detail(verdict, 0);
	if (!detail != !row->detail || (detail && strncmp(detail, row->detail, strlen(row->detail)) != 0))
		FAIL_BECAUSE("%s: %s", row->what, detail ? detail : "accepted");
	json = jurat_verdict_json(verdict);
	text = jurat_verdict_text(verdict);
	assert_true(json && text);
	assert_int_equal(strstr(json, "\"shortfall\": []") != NULL, row->items[0] == '\0');
	assert_int_equal(strstr(text, "\nshortfall ") != NULL, row->items[0] != '\0');
	jurat_policy_free(policy);
	jurat_verdict_free(verdict);
	jurat_tdx_collateral_free(c);
	jurat_verifier_free(v);
	tdx_made_done(&m);
}

static void what_is_short_is_named_by_part_and_component(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_row(&rows[i]);
}

/* The part whose status makes that of the whole, and its date: not that of the oldest level of all. */
static void the_part_that_decides_gives_its_date(void **state)
{
	struct tcb_level levels[2] = { { .sgx = { 2 }, .status = TCB_UP_TO_DATE, .date = 90 },
				       { .status = TCB_OUT_OF_DATE, .date = 50 } };
	struct svn_level module_levels[2] = { { .isvsvn = 2, .status = TCB_UP_TO_DATE, .date = 80 },
					      { .status = TCB_OUT_OF_DATE, .date = 40 } };
	struct svn_level qe_levels[2] = { { .isvsvn = 2, .status = TCB_UP_TO_DATE, .date = 10 },
					  { .status = TCB_OUT_OF_DATE, .date = 5 } };
	struct tdx_module module = { .id = "TDX_01", .levels = { module_levels, 2 } };
	struct tcb_info info = {
		.has_modules = true, .modules = &module, .n_modules = 1, .levels = levels, .n_levels = 2
	};
	struct qe_identity identity = { .levels = { qe_levels, 2 } };
	static const struct {
		uint8_t sgx, module, qe;
		enum tcb_part_id part;
		int64_t date;
	} cases[] = {
		{ 2, 2, 2, TCB_PART_PLATFORM, 10 }, { 0, 2, 2, TCB_PART_PLATFORM, 50 },
		{ 2, 0, 2, TCB_PART_MODULE, 40 },   { 2, 2, 0, TCB_PART_QE, 5 },
		{ 0, 0, 2, TCB_PART_MODULE, 40 },   { 0, 0, 0, TCB_PART_QE, 5 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct tcb_subject subject = { .sgx = { cases[i].sgx },
					       .tee_tcb_svn = { cases[i].module, 1 },
					       .qe_isvsvn = cases[i].qe };
		struct tcb_evaluation e;

		tcb_evaluate(&info, &identity, &subject, &e);
		assert_int_equal(e.deciding, cases[i].part);
		assert_int_equal(e.date, cases[i].date);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_short_is_named_by_part_and_component),
		cmocka_unit_test(the_part_that_decides_gives_its_date),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
