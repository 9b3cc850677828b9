/* SPDX-License-Identifier: MIT */
#include "support/test.h"

#include <jansson.h>

#include "jurat/verify.h"
#include "sim/tdx/qe.h"

/* Quotes of the software platform under the verifier that real quotes get, at every TCB status. */

static const int64_t now = 1767225600; /* 2026-01-01 */
enum { DAY_S = 86400 };

struct world {
	struct sim_pki_intel *pki;
	struct sim_tdx_platform *platform;
	struct sim_td *td;
	struct sim_qe *qe;
	struct jurat_verifier *verifier;
	struct sim_collateral_options collateral_options;
};

static struct world world_of(enum sim_tdx_generation generation, const struct sim_qe_options *options)
{
	struct sim_tdx_options platform = { .generation = generation };
	struct sim_td_params params = { .attributes = 1ull << 28, .xfam = 0xe7 };
	struct world w = { .collateral_options = { .platform_status = "UpToDate",
						   .module_status = "UpToDate",
						   .qe_status = "UpToDate",
						   .issued = now - DAY_S,
						   .next_update = now + DAY_S,
						   .evaluation = 17 } };
	const uint8_t *root;
	size_t n = 0;

	assert_int_equal(sim_pki_intel_new("jurat", &w.pki, NULL), 0);
	assert_int_equal(sim_tdx_platform_new(&platform, &w.platform, NULL), 0);
	assert_int_equal(sim_td_new(w.platform, &params, 16, &w.td, NULL), 0);
	assert_int_equal(sim_qe_new(w.platform, w.pki, options, &w.qe, NULL), 0);
	assert_int_equal(jurat_verifier_new(&w.verifier, NULL), 0);
	root = sim_pki_intel_cert(w.pki, SIM_INTEL_ROOT, &n);
	assert_int_equal(jurat_verifier_add_roots(w.verifier, root, n, NULL), 0);
	return w;
}

static void world_done(struct world *w)
{
	jurat_verifier_free(w->verifier);
	sim_qe_free(w->qe);
	sim_td_free(w->td);
	sim_tdx_platform_free(w->platform);
	sim_pki_intel_free(w->pki);
}

static struct jurat_tdx_collateral *collateral_of(struct world *w)
{
	struct jurat_tdx_collateral *ret = NULL;
	struct sim_collateral made = { 0 };
	struct jurat_error err = { "" };

	assert_int_equal(sim_qe_collateral(w->qe, &w->collateral_options, &made, NULL), 0);
	assert_int_equal(jurat_tdx_collateral_new(&ret, NULL), 0);
	for (unsigned i = 0; i < SIM_N_COLLATERAL_PARTS; i++)
		if (jurat_tdx_collateral_add(ret, made.parts[i].bytes, made.parts[i].size, &err) != 0)
			FAIL_BECAUSE("part %u: %s", i, err.text);
	sim_collateral_done(&made);
	return ret;
}

/* What was said of the last quote. */
static struct {
	int result;
	char status[64], reason[64];
	char text[512];
} said;

static void judge(struct world *w, struct jurat_verifier *verifier, int64_t at)
{
	struct jurat_tdx_collateral *collateral = collateral_of(w);
	uint8_t data[64] = { 1 }, report[TDX_REPORT_BYTES];
	struct jurat_tdx_evidence evidence = { .size = sizeof(evidence) };
	struct jurat_verdict *verdict = NULL;
	struct jurat_error err = { "" };
	auto_free uint8_t *quote = NULL;
	auto_free char *json = NULL;
	json_t *root, *status;

	assert_int_equal(sim_td_mr_report(w->td, data, report), UAPI_TDCALL_SUCCESS);
	assert_int_equal(sim_qe_quote(w->qe, report, sizeof(report), &quote, &evidence.quote_size, NULL), 0);
	evidence.quote = quote;
	said.result = jurat_verify_tdx(verifier, &evidence, collateral, NULL, at, &verdict, &err);
	assert_non_null(verdict);
	TEXT(said.text, "%s", err.text);
	TEXT(said.reason, "%s", said.result == 0 ? "" : jurat_verdict_reason_code(verdict, 0));
	json = jurat_verdict_json(verdict);
	root = json_loads(json, 0, NULL);
	status = json_object_get(root, "tcb_status");
	TEXT(said.status, "%s", json_is_string(status) ? json_string_value(status) : "");
	json_decref(root);
	jurat_verdict_free(verdict);
	jurat_tdx_collateral_free(collateral);
}

static void assert_status(struct world *w, const char *wanted)
{
	judge(w, w->verifier, now);
	if (strcmp(said.status, wanted) != 0)
		FAIL_BECAUSE("platform %s, module %s, enclave %s: '%s', not '%s'",
			     w->collateral_options.platform_status, w->collateral_options.module_status,
			     w->collateral_options.qe_status, said.status, wanted);
	if ((said.result == 0) != (strcmp(wanted, "UpToDate") == 0))
		FAIL_BECAUSE("%s: %d, %s", wanted, said.result, said.text);
}

static void quotes_of_every_generation_are_accepted(void **state)
{
	struct sim_qe_options padded = { .padding = 70, .has_no_nul = true };

	for (unsigned generation = SIM_TDX_15; generation <= SIM_TDX_15EX; generation++)
		for (unsigned i = 0; i < 2; i++) {
			struct world w = world_of(generation, i == 0 ? NULL : &padded);

			assert_status(&w, "UpToDate");
			world_done(&w);
		}
}

/* The table of what statuses come to. Spec: Intel's quote verification library, ConvergeTcbStatus */
static void every_tcb_status_comes_out_as_intel_has_it(void **state)
{
	static const struct {
		const char *platform, *and_out_of_date;
	} rows[] = {
		{ "UpToDate", "OutOfDate" },
		{ "SWHardeningNeeded", "OutOfDate" },
		{ "ConfigurationNeeded", "OutOfDateConfigurationNeeded" },
		{ "ConfigurationAndSWHardeningNeeded", "OutOfDateConfigurationNeeded" },
		{ "OutOfDate", "OutOfDate" },
		{ "OutOfDateConfigurationNeeded", "OutOfDateConfigurationNeeded" },
		{ "Revoked", "Revoked" },
	};
	static const char *const parts[] = { "UpToDate", "OutOfDate", "Revoked" };
	struct world w = world_of(SIM_TDX_15, NULL);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (unsigned module = 0; module < ARRAY_SIZE(parts); module++)
			for (unsigned qe = 0; qe < ARRAY_SIZE(parts); qe++) {
				unsigned worst = module > qe ? module : qe;

				w.collateral_options.platform_status = rows[i].platform;
				w.collateral_options.module_status = parts[module];
				w.collateral_options.qe_status = parts[qe];
				assert_status(&w, worst == 2   ? "Revoked"
						  : worst == 1 ? rows[i].and_out_of_date
							       : rows[i].platform);
			}
	world_done(&w);
}

static void a_tcb_below_every_level_is_not_supported(void **state)
{
	struct world w = world_of(SIM_TDX_15, NULL);
	const char **const statuses[] = { &w.collateral_options.platform_status,
					  &w.collateral_options.module_status,
					  &w.collateral_options.qe_status };

	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++) {
		*statuses[i] = NULL;
		judge(&w, w.verifier, now);
		assert_int_equal(said.result, JURAT_REFUSED);
		assert_string_equal(said.status, "NotSupported");
		*statuses[i] = "UpToDate";
	}
	world_done(&w);
}

static void a_td_that_outlived_its_module_is_advised_to_relaunch(void **state)
{
	static const uint8_t newer[16] = { 9, 1, 3 };

	for (unsigned i = 0; i < 2; i++) {
		struct world w = world_of(i == 0 ? SIM_TDX_15 : SIM_TDX_15EX, NULL);

		sim_tdx_update_module(w.platform, newer);
		assert_status(&w, "TDRelaunchAdvised");
		w.collateral_options.platform_status = "ConfigurationNeeded";
		judge(&w, w.verifier, now);
		assert_string_equal(said.status, "TDRelaunchAdvisedConfigurationNeeded");
		world_done(&w);
	}
}

static void assert_refused(struct world *w, struct jurat_verifier *verifier, int64_t at, const char *reason)
{
	judge(w, verifier, at);
	assert_int_equal(said.result, JURAT_REFUSED);
	assert_string_equal(said.reason, reason);
}

static void what_a_verifier_must_refuse_is_refused(void **state)
{
	struct sim_qe_options debug = { .is_debug = true };
	struct sim_qe_options later = { .pck_not_before = now + 1, .pck_not_after = now + DAY_S };
	struct world w = world_of(SIM_TDX_15, NULL), d = world_of(SIM_TDX_15, &debug),
		     l = world_of(SIM_TDX_15, &later);
	struct jurat_verifier *naive = NULL;

	judge(&w, w.verifier, now);
	assert_int_equal(said.result, 0);
	assert_refused(&w, w.verifier, now + DAY_S + 1, "crl-stale");
	assert_refused(&w, w.verifier, now - DAY_S - 1, "crl-not-yet-valid");
	w.collateral_options.revokes_pck = true;
	assert_refused(&w, w.verifier, now, "leaf-revoked");
	w.collateral_options.revokes_pck = false;
	w.collateral_options.revokes_platform_ca = true;
	assert_refused(&w, w.verifier, now, "intermediate-revoked");
	w.collateral_options.revokes_platform_ca = false;
	w.collateral_options.revokes_tcb_signing = true;
	assert_refused(&w, w.verifier, now, "tcb-signer-revoked");
	assert_refused(&d, d.verifier, now, "qe-debug");
	assert_refused(&l, l.verifier, now, "leaf-not-yet-valid");
	w.collateral_options.revokes_tcb_signing = false;
	assert_int_equal(jurat_verifier_new(&naive, NULL), 0); /* that was not told to trust test roots */
	assert_refused(&w, naive, now, "root-not-trusted");
	jurat_verifier_free(naive);
	world_done(&w);
	world_done(&d);
	world_done(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quotes_of_every_generation_are_accepted),
		cmocka_unit_test(every_tcb_status_comes_out_as_intel_has_it),
		cmocka_unit_test(a_tcb_below_every_level_is_not_supported),
		cmocka_unit_test(a_td_that_outlived_its_module_is_advised_to_relaunch),
		cmocka_unit_test(what_a_verifier_must_refuse_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
