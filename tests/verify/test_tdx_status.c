/* SPDX-License-Identifier: MIT */
#include "verify/tdx_made.h"

/* Quoting enclave, TDX module and the statuses of all parts. */

static void qe_mrsigner(struct tdx_made *m)
{
	m->quote.qe_report.mrsigner[0] ^= 1;
}
static void qe_product(struct tdx_made *m)
{
	m->quote.qe_report.isv_prod_id = 1;
}
static void qe_debug(struct tdx_made *m)
{
	m->quote.qe_report.attributes |= 2;
}
static void qe_misc(struct tdx_made *m)
{
	m->quote.qe_report.miscselect = 1;
}
static void qe_old(struct tdx_made *m)
{
	m->quote.qe_report.isv_svn = 3;
}
static void unknown_module(struct tdx_made *m)
{
	m->quote.body.tee_tcb_svn[1] = 2;
}
static void no_modules(struct tdx_made *m)
{
	m->info.n_modules = 0;
}
static void module_10(struct tdx_made *m)
{
	m->module.major = 10;
	m->quote.body.tee_tcb_svn[1] = 10;
}
static void module_signer(struct tdx_made *m)
{
	m->quote.body.mrsignerseam[47] = 1;
}
static void module_attributes(struct tdx_made *m)
{
	m->quote.body.seam_attributes = 1;
}
static void module_old(struct tdx_made *m)
{
	m->quote.body.tee_tcb_svn[0] = 3;
}
static void module_ancient(struct tdx_made *m)
{
	m->quote.body.tee_tcb_svn[0] = 2;
}
static void platform_old(struct tdx_made *m)
{
	m->pck.pcesvn = 5;
}
/* The module's own identity judges components 0 and 1. */
static void module_svn_3(struct tdx_made *m)
{
	m->module.major = 3;
	m->module_levels[0].isvsvn = 3;
	m->module.n_levels = 1;
	m->quote.body.tee_tcb_svn[0] = 3;
	m->quote.body.tee_tcb_svn[1] = 3;
	m->quote.body.tee_tcb_svn[2] = 5;
}
static void shuffled(struct tdx_made *m)
{
	struct sim_platform_level level = m->levels[0];

	m->levels[0] = m->levels[1];
	m->levels[1] = level;
}
static void nonsense_status(struct tdx_made *m)
{
	m->levels[0].status = "Marvellous";
}
static void relaunch(struct tdx_made *m)
{
	m->quote.body.tee_tcb_svn[0] = 3;
}
static void current_unknown(struct tdx_made *m)
{
	m->quote.body.tee_tcb_svn2[1] = 7;
}
/* At launch isvsvn 5; the module that runs now has 3. */
static void module_old_now(struct tdx_made *m)
{
	m->quote.body.tee_tcb_svn2[0] = 3;
}
static void module_revoked_now(struct tdx_made *m)
{
	module_old_now(m);
	m->module_levels[1].status = "Revoked";
}
static void module_old_then_revoked_now(struct tdx_made *m)
{
	m->quote.body.tee_tcb_svn[0] = 3;
	m->quote.body.tee_tcb_svn2[0] = 2;
	m->module_levels[2] = (struct sim_svn_level){ .isvsvn = 2, .date = 1500000000, .status = "Revoked" };
	m->module.n_levels = 3;
}
static void platform_needs_hardening(struct tdx_made *m)
{
	m->levels[0].status = "SWHardeningNeeded";
}
static void revoked_platform(struct tdx_made *m)
{
	m->levels[0].status = "Revoked";
}

static const struct tdx_spoilt statuses[] = {
	{ .what = "QE mrsigner (V1)", .early = qe_mrsigner, .codes = { "qe-mrsigner-mismatch" } },
	{ .what = "QE product (V1)", .early = qe_product, .codes = { "qe-isvprodid-mismatch" } },
	{ .what = "QE miscselect", .early = qe_misc, .codes = { "qe-miscselect-mismatch" } },
	{ .what = "QE debug", .early = qe_debug, .codes = { "qe-debug", "qe-attributes-mismatch" } },
	{ .what = "QE below all", .early = qe_old, .codes = { "tcb-not-supported" } },
	{ .what = "unknown module",
	  .early = unknown_module,
	  .codes = { "tdx-module-unknown", "tcb-not-supported" } },
	{ .what = "TDX_0A (V2)", .early = module_10, .status = "UpToDate" },
	{ .what = "module signer (V2)", .early = module_signer, .codes = { "tdx-module-mrsigner-mismatch" } },
	{ .what = "module attributes", .early = module_attributes, .codes = { "tdx-module-attributes" } },
	{ .what = "module out of date",
	  .early = module_old,
	  .codes = { "tcb-status-not-accepted" },
	  .status = "OutOfDate" },
	{ .what = "module below all", .early = module_ancient, .codes = { "tcb-not-supported" } },
	{ .what = "platform out of date, module not (V3)",
	  .early = platform_old,
	  .codes = { "tcb-status-not-accepted" },
	  .status = "OutOfDate" },
	{ .what = "accepted by policy",
	  .early = platform_old,
	  .member = "accepted_tcb_statuses",
	  .value = "OutOfDate",
	  .status = "OutOfDate" },
	{ .what = "rejected advisory",
	  .early = platform_old,
	  .member = "rejected_advisories",
	  .value = "[\"INTEL-SA-00002\"]",
	  .codes = { "tcb-status-not-accepted", "advisory-not-accepted" } },
	{ .what = "components 0 and 1 (V4)", .early = module_svn_3, .status = "UpToDate" },
	{ .what = "shuffled levels (V5)", .early = shuffled, .status = "UpToDate" },
	{ .what = "unknown status", .early = nonsense_status, .codes = { "tcb-status-unrecognized" } },
	{ .what = "revoked",
	  .early = revoked_platform,
	  .codes = { "tcb-status-not-accepted" },
	  .status = "Revoked" },
	{ .what = "relaunch",
	  .body = TDX_BODY_15,
	  .early = relaunch,
	  .codes = { "tcb-status-not-accepted" },
	  .status = "TDRelaunchAdvised" },
	{ .what = "relaunch, accepted",
	  .body = TDX_BODY_15,
	  .early = relaunch,
	  .member = "accepted_tcb_statuses",
	  .value = "TDRelaunchAdvised" },
	{ .what = "relaunch, accepted by another spelling",
	  .body = TDX_BODY_15,
	  .early = relaunch,
	  .member = "accepted_tcb_statuses",
	  .value = "TdRelaunchAdvised" },
	{ .what = "running module revoked",
	  .body = TDX_BODY_15,
	  .early = module_revoked_now,
	  .codes = { "tcb-status-not-accepted" },
	  .status = "Revoked" },
	{ .what = "running module revoked, and the one at launch not accepted without a policy",
	  .body = TDX_BODY_15,
	  .early = module_old_then_revoked_now,
	  .member = "accepted_tcb_statuses",
	  .value = "[\"UpToDate\", \"OutOfDate\"]",
	  .codes = { "tcb-status-not-accepted" },
	  .status = "Revoked" },
	{ .what = "running module out of date",
	  .body = TDX_BODY_15,
	  .early = module_old_now,
	  .status = "UpToDate" },
	{ .what = "running module out of date, not accepted",
	  .body = TDX_BODY_15,
	  .early = module_old_now,
	  .member = "accepted_current_tcb_statuses",
	  .value = "[\"UpToDate\", \"SWHardeningNeeded\"]",
	  .codes = { "current-tcb-status-not-accepted" },
	  .status = "UpToDate" },
	{ .what = "running module out of date, accepted",
	  .body = TDX_BODY_15,
	  .early = module_old_now,
	  .member = "accepted_current_tcb_statuses",
	  .value = "[\"UpToDate\", \"OutOfDate\"]" },
	{ .what = "running module as at launch",
	  .body = TDX_BODY_15,
	  .member = "accepted_current_tcb_statuses",
	  .value = "UpToDate" },
	{ .what = "what runs now, by a quote with one TCB",
	  .early = platform_needs_hardening,
	  .member = "accepted_current_tcb_statuses",
	  .value = "UpToDate",
	  .codes = { "tcb-status-not-accepted", "current-tcb-status-not-accepted" },
	  .status = "SWHardeningNeeded" },
	{ .what = "advisory of the running module",
	  .body = TDX_BODY_15,
	  .early = module_old_now,
	  .member = "rejected_advisories",
	  .value = "INTEL-SA-00003",
	  .codes = { "advisory-not-accepted" } },
	{ .what = "running module unknown",
	  .body = TDX_BODY_15,
	  .early = current_unknown,
	  .codes = { "tcb-not-supported" } },
};

static void module_qe_and_status_V1_to_V5_V24_are_judged(void **state)
{
	tdx_spoilt_judge_all(statuses, ARRAY_SIZE(statuses));
}

static void without_the_member(struct tdx_made *m)
{
	char *start = strstr(m->tcb_info, "\"tdxModuleIdentities\":["), *end;
	auto_free char *member = NULL;

	assert_non_null(start);
	end = strstr(start, "],\"tcbLevels\":[{\"tcb\":{\"sgxtcb");
	if (!end)
		end = strstr(start, "],\"tcbLevels\":[{\"tcb\": {\"sgxtcb");
	assert_non_null(end);
	member = strndup(start, (size_t)(end - start) + 2);
	tdx_made_patch(&m->tcb_info, member, "");
	tdx_made_resign(&m->tcb_info, "tcbInfo");
}

static void a_module_with_a_version_needs_identities_V24(void **state)
{
	static const struct tdx_spoilt rows[] = {
		{ .what = "no such list",
		  .late = without_the_member,
		  .codes = { "tdx-module-identities-missing", "tcb-not-supported" } },
		{ .what = "an empty list",
		  .early = no_modules,
		  .codes = { "tdx-module-unknown", "tcb-not-supported" } },
	};

	tdx_spoilt_judge_all(rows, ARRAY_SIZE(rows));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(module_qe_and_status_V1_to_V5_V24_are_judged),
		cmocka_unit_test(a_module_with_a_version_needs_identities_V24),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
