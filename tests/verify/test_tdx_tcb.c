/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include "verify/tdx_tcb.h"

/* doc/facts/tdx.md, 8, the table: platform, then with any part out of date, then with any revoked. */
static void every_row_of_the_convergence_table_holds(void **state)
{
	static const enum tcb_status rows[][3] = {
		{ TCB_UP_TO_DATE, TCB_OUT_OF_DATE, TCB_REVOKED },
		{ TCB_SW_HARDENING_NEEDED, TCB_OUT_OF_DATE, TCB_REVOKED },
		{ TCB_CONFIGURATION_NEEDED, TCB_OUT_OF_DATE_CONFIGURATION_NEEDED, TCB_REVOKED },
		{ TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED, TCB_OUT_OF_DATE_CONFIGURATION_NEEDED,
		  TCB_REVOKED },
		{ TCB_OUT_OF_DATE, TCB_OUT_OF_DATE, TCB_REVOKED },
		{ TCB_OUT_OF_DATE_CONFIGURATION_NEEDED, TCB_OUT_OF_DATE_CONFIGURATION_NEEDED, TCB_REVOKED },
		{ TCB_REVOKED, TCB_REVOKED, TCB_REVOKED },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(tcb_converge(rows[i][0], false, false), rows[i][0]);
		assert_int_equal(tcb_converge(rows[i][0], true, false), rows[i][1]);
		assert_int_equal(tcb_converge(rows[i][0], false, true), rows[i][2]);
		assert_int_equal(tcb_converge(rows[i][0], true, true), TCB_REVOKED);
	}
}

/* Spec: 8.4 step 6: all pairs; and revoked is revoked, then or now. */
static void relaunch_is_advised_exactly_where_it_helps(void **state)
{
	static const bool old[TCB_REVOKED + 1] = {
		[TCB_OUT_OF_DATE] = true, [TCB_OUT_OF_DATE_CONFIGURATION_NEEDED] = true
	};
	static const bool good[TCB_REVOKED + 1] = { [TCB_UP_TO_DATE] = true,
						    [TCB_SW_HARDENING_NEEDED] = true,
						    [TCB_CONFIGURATION_NEEDED] = true,
						    [TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED] = true };
	static const bool configuration[TCB_REVOKED + 1] = { [TCB_CONFIGURATION_NEEDED] = true,
							     [TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED] =
								     true,
							     [TCB_OUT_OF_DATE_CONFIGURATION_NEEDED] = true };

	for (enum tcb_status a = TCB_UP_TO_DATE; a <= TCB_REVOKED; a++) {
		for (enum tcb_status b = TCB_UP_TO_DATE; b <= TCB_REVOKED; b++) {
			enum tcb_status want = a;

			if (old[a] && good[b])
				want = configuration[a] || configuration[b]
					       ? TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED
					       : TCB_TD_RELAUNCH_ADVISED;
			if (b == TCB_REVOKED)
				want = TCB_REVOKED;
			assert_int_equal(tcb_relaunch(a, b), want);
		}
	}
}

static void statuses_have_the_names_that_intel_writes(void **state)
{
	for (enum tcb_status s = TCB_UP_TO_DATE; s < TCB_N_STATUSES; s++)
		assert_int_equal(tcb_status_by_name(tcb_status_name(s)), s);
	assert_int_equal(tcb_status_by_name("uptodate"), TCB_STATUS_NONE);
	assert_int_equal(tcb_status_by_name(""), TCB_STATUS_NONE);
}

/* One platform level, one module, one QE level: each status a part may have, and no other. */
static void parts_may_have_only_the_statuses_of_their_kind(void **state)
{
	static const bool module_may[TCB_REVOKED + 1] = {
		[TCB_UP_TO_DATE] = true, [TCB_OUT_OF_DATE] = true, [TCB_REVOKED] = true
	};
	struct tcb_level level = { .status = TCB_UP_TO_DATE, .date = 3 };
	struct svn_level module_level = { .status = TCB_UP_TO_DATE, .date = 2 };
	struct svn_level qe_level = { .status = TCB_UP_TO_DATE, .date = 1 };
	struct tdx_module module = { .id = "tdx_0a", .levels = { &module_level, 1 } };
	struct tcb_info info = {
		.has_modules = true, .modules = &module, .n_modules = 1, .levels = &level, .n_levels = 1
	};
	struct qe_identity identity = { .levels = { &qe_level, 1 } };
	struct tcb_subject subject = { .tee_tcb_svn = { 0, 10 } };
	struct tcb_evaluation e;

	for (enum tcb_status s = TCB_UP_TO_DATE; s <= TCB_REVOKED; s++) {
		bool qe_may = module_may[s] || s == TCB_CONFIGURATION_NEEDED ||
			      s == TCB_OUT_OF_DATE_CONFIGURATION_NEEDED;

		module_level.status = s;
		tcb_evaluate(&info, &identity, &subject, &e);
		assert_int_equal(e.status == TCB_UNRECOGNIZED, !module_may[s]);
		module_level.status = TCB_UP_TO_DATE;
		qe_level.status = s;
		tcb_evaluate(&info, &identity, &subject, &e);
		assert_int_equal(e.status == TCB_UNRECOGNIZED, !qe_may);
		if (s == TCB_OUT_OF_DATE_CONFIGURATION_NEEDED) /* lowers nothing, as in Intel's library */
			assert_int_equal(e.status, TCB_UP_TO_DATE);
		qe_level.status = TCB_UP_TO_DATE;
	}
	tcb_evaluate(&info, &identity, &subject, &e);
	assert_int_equal(e.status, TCB_UP_TO_DATE);
	assert_int_equal(e.date, 1); /* the oldest */
}

/* One part after the other is revoked, at launch and now, with all others up to date. */
static void what_is_revoked_is_revoked_wherever_it_is_met(void **state)
{
	enum { PLATFORM, MODULE, ENCLAVE, PLATFORM_NOW, MODULE_NOW, N };
	static const char *const names[N] = { "the platform is revoked", "the TDX module is revoked",
					      "the quoting enclave is revoked",
					      "the platform by tee_tcb_svn2 is revoked",
					      "the TDX module by tee_tcb_svn2 is revoked" };

	for (int which = -1; which < N; which++) {
		/* levels[0] and module_levels[0] are met at launch, the others now */
		struct tcb_level levels[2] = { { .status = TCB_UP_TO_DATE, .tdx = { 0, 0, 9 } },
					       { .status = TCB_UP_TO_DATE } };
		struct svn_level module_levels[2] = { { .isvsvn = 5, .status = TCB_UP_TO_DATE },
						      { .isvsvn = 1, .status = TCB_UP_TO_DATE } };
		struct svn_level qe_level = { .status = TCB_UP_TO_DATE };
		struct tdx_module module = { .id = "TDX_01", .levels = { module_levels, 2 } };
		struct tcb_info info = { .has_modules = true,
					 .modules = &module,
					 .n_modules = 1,
					 .levels = levels,
					 .n_levels = 2 };
		struct qe_identity identity = { .levels = { &qe_level, 1 } };
		struct tcb_subject subject = { .tee_tcb_svn = { 5, 1, 9 },
					       .tee_tcb_svn2 = { 1, 1, 0 },
					       .has_svn2 = true };
		enum tcb_status *const statuses[N] = { &levels[0].status, &module_levels[0].status,
						       &qe_level.status, &levels[1].status,
						       &module_levels[1].status };
		struct tcb_evaluation e;

		if (which >= 0)
			*statuses[which] = TCB_REVOKED;
		tcb_evaluate(&info, &identity, &subject, &e);
		assert_int_equal(e.status, which < 0 ? TCB_UP_TO_DATE : TCB_REVOKED);
		assert_string_equal(e.why, which < 0 ? "" : names[which]);
	}
}

static void every_component_counts(void **state)
{
	struct tcb_level level = { .status = TCB_UP_TO_DATE };
	struct svn_level qe_level = { .status = TCB_UP_TO_DATE };
	struct tcb_info info = { .levels = &level, .n_levels = 1 };
	struct qe_identity identity = { .levels = { &qe_level, 1 } };
	struct tcb_subject subject = { 0 };
	struct tcb_evaluation e;

	for (size_t i = 0; i < TCB_COMPONENTS; i++) {
		level.sgx[i] = 1;
		tcb_evaluate(&info, &identity, &subject, &e);
		assert_int_equal(e.status, TCB_NOT_SUPPORTED);
		level.sgx[i] = 0;
		level.tdx[i] = 1;
		tcb_evaluate(&info, &identity, &subject, &e);
		assert_int_equal(e.status, TCB_NOT_SUPPORTED);
		level.tdx[i] = 0;
	}
	level.pcesvn = 1;
	tcb_evaluate(&info, &identity, &subject, &e);
	assert_int_equal(e.status, TCB_NOT_SUPPORTED);
	level.pcesvn = 0;
	tcb_evaluate(&info, &identity, &subject, &e);
	assert_int_equal(e.status, TCB_UP_TO_DATE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_of_the_convergence_table_holds),
		cmocka_unit_test(relaunch_is_advised_exactly_where_it_helps),
		cmocka_unit_test(statuses_have_the_names_that_intel_writes),
		cmocka_unit_test(parts_may_have_only_the_statuses_of_their_kind),
		cmocka_unit_test(what_is_revoked_is_revoked_wherever_it_is_met),
		cmocka_unit_test(every_component_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
