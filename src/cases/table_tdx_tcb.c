/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/cleanup.h"
#include "cases/table_tdx.h"

/* TCB statuses of platform, TDX module and quoting enclave, what they come to together, and TDX modules. */
/* clang-format off */
#define INFO_SPEC PCS "TCB info of TDX"
#define QE_SPEC   PCS "QE identity"
#define CONVERGE  PCS "TCB info of TDX, TCB status of a platform"
#define PLATFORM(status) "tcb_info.tcbLevels[0].tcbStatus=\"" status "\""
#define MODULE_IS(status) "tcb_info.tdxModuleIdentities[0].tcbLevels[0].tcbStatus=\"" status "\""
#define QE(status) "qe_identity.tcbLevels[0].tcbStatus=\"" status "\""
#define ACCEPTS(statuses) "\"accepted_tcb_statuses\": [" statuses "]"
#define UNRECOGNIZED "tcb-status-unrecognized"

/* The status of each part alone, by the default policy. */
static const struct cases_row alone[] = {
	REFUSE("platform-sw-hardening-needed", TCB, "The platform needs software hardening.", INFO_SPEC,
	       BUG("bitrouter #566"), ITEMS(PLATFORM("SWHardeningNeeded")), BECAUSE(STATUS)),
	REFUSE("platform-configuration-needed", TCB, "The platform needs another configuration.", INFO_SPEC,
	       BUG("bitrouter #566"), ITEMS(PLATFORM("ConfigurationNeeded")), BECAUSE(STATUS)),
	REFUSE("platform-configuration-and-sw-hardening-needed", TCB,
	       "The platform needs another configuration and software hardening.", INFO_SPEC,
	       BUG("bitrouter #566"), ITEMS(PLATFORM("ConfigurationAndSWHardeningNeeded")),
	       BECAUSE(STATUS)),
	REFUSE("platform-out-of-date", TCB, "The platform is out of date, its TDX module is not.",
	       INFO_SPEC, BUG("V3, bitrouter #566"), ITEMS(PLATFORM("OutOfDate")), BECAUSE(STATUS)),
	REFUSE("platform-out-of-date-configuration-needed", TCB,
	       "The platform is out of date and needs another configuration.", INFO_SPEC, BUG("V3"),
	       ITEMS(PLATFORM("OutOfDateConfigurationNeeded")), BECAUSE(STATUS)),
	REFUSE("platform-revoked", TCB,
	       "The TCB level of the platform is revoked, its TDX module is up to date.", INFO_SPEC,
	       BUG("V3"), ITEMS(PLATFORM("Revoked")), BECAUSE(STATUS)),
	REFUSE("platform-status-unknown", TCB,
	       "The platform's TCB level has a status that no specification defines.", INFO_SPEC,
	       ITEMS(PLATFORM("Excellent")), BECAUSE(UNRECOGNIZED)),
	REFUSE("platform-status-lower-case", TCB, "The status of the platform's TCB level is \"uptodate\".",
	       INFO_SPEC, ITEMS(PLATFORM("uptodate")), BECAUSE(UNRECOGNIZED)),
	REFUSE("platform-status-evaluated", TCB,
	       "The platform's TCB level has a status that only verifiers produce: TDRelaunchAdvised.",
	       INFO_SPEC, ITEMS(PLATFORM("TDRelaunchAdvised")), BECAUSE(UNRECOGNIZED)),
	REFUSE("module-out-of-date", TCB, "The TDX module is out of date.", CONVERGE, BUG("V2"),
	       ITEMS(MODULE_IS("OutOfDate")), BECAUSE(STATUS)),
	REFUSE("module-revoked", TCB, "The TCB level of the TDX module is revoked.", CONVERGE, BUG("V2"),
	       ITEMS(MODULE_IS("Revoked")), BECAUSE(STATUS)),
	REFUSE("module-status-of-platform", TCB, "The TDX module has a status that only platforms have.",
	       CONVERGE, ITEMS(MODULE_IS("SWHardeningNeeded")), BECAUSE(UNRECOGNIZED)),
	REFUSE("module-status-unknown", TCB, "The TDX module has a status that no specification defines.",
	       CONVERGE, ITEMS(MODULE_IS("Excellent")), BECAUSE(UNRECOGNIZED)),
	REFUSE("qe-out-of-date", TCB, "The quoting enclave is out of date.", QE_SPEC, BUG("V6"),
	       ITEMS(QE("OutOfDate")), BECAUSE(STATUS)),
	REFUSE("qe-revoked", TCB, "The TCB level of the quoting enclave is revoked.", QE_SPEC, BUG("V6"),
	       ITEMS(QE("Revoked")), BECAUSE(STATUS)),
	REFUSE("qe-status-of-platform", TCB, "The quoting enclave has a status that only platforms have.",
	       QE_SPEC, ITEMS(QE("SWHardeningNeeded")), BECAUSE(UNRECOGNIZED)),
	REFUSE("qe-status-unknown", TCB, "The quoting enclave has a status that no specification defines.",
	       QE_SPEC, ITEMS(QE("Excellent")), BECAUSE(UNRECOGNIZED)),
	EITHER("qe-configuration-needed", TCB,
	       "The quoting enclave needs configuration; no rule lets that lower the platform's status.",
	       CONVERGE, ITEMS(QE("ConfigurationNeeded"))),
	EITHER("qe-out-of-date-configuration-needed", TCB,
	       "The QE is OutOfDateConfigurationNeeded, a status that the rule of convergence does not name.",
	       CONVERGE, ITEMS(QE("OutOfDateConfigurationNeeded"))),
	EITHER("unmet-level-status-unknown", TCB,
	       "A level that is not met has a status that no specification defines.", INFO_SPEC,
	       ITEMS("tcb_info.tcbLevels[1].tcbStatus=\"Excellent\"")),
	ACCEPT("unmet-level-revoked", "The levels below that of the platform, module and QE are revoked.",
	       INFO_SPEC, ITEMS("tcb_info.tcbLevels[1].tcbStatus=\"Revoked\"",
		     "tcb_info.tdxModuleIdentities[0].tcbLevels[1].tcbStatus=\"Revoked\"",
		     "qe_identity.tcbLevels[1].tcbStatus=\"Revoked\"")),
};

#define TDX_03_(id, svn, status) \
	"{\"id\":\"" id "\",\"mrsigner\":\"" ZEROS_48 "\",\"attributes\":\"0000000000000000\"," \
	"\"attributesMask\":\"FFFFFFFFFFFFFFFF\",\"tcbLevels\":[{\"tcb\":{\"isvsvn\":" svn "}," \
	"\"tcbDate\":\"2026-04-01T00:00:00Z\",\"tcbStatus\":\"" status "\"}]}"
#define MODULES(list) "tcb_info.tdxModuleIdentities=[" list "]"
#define SVN(hex) "body.tee_tcb_svn=" hex "00000000000000000000000000"
static const struct cases_row modules[] = {
	ACCEPT("module-03", "The TDX module is TDX_03, with lower SVNs than the level has for TDX_01.",
	       INFO_SPEC, BUG("V4, go-tdx-guest #37"), ITEMS(SVN("030305"),
		     MODULES(TDX_03_("TDX_03", "3", "UpToDate")))),
	ACCEPT("module-0a", "The TDX module is TDX_0A: the id has upper-case digits.", INFO_SPEC, BUG("V2"),
	       ITEMS(SVN("040a05"), MODULES(TDX_03_("TDX_0A", "4", "UpToDate")))),
	ACCEPT("module-id-lower-case", "The id of the module's identity is tdx_0a.", INFO_SPEC, BUG("V2"),
	       ITEMS(SVN("040a05"), MODULES(TDX_03_("tdx_0a", "4", "UpToDate")))),
	ACCEPT("module-second-identity", "The module's identity is the second of two.", INFO_SPEC,
	       ITEMS(MODULES(TDX_03_("TDX_03", "9", "Revoked") "," TDX_03_("TDX_01", "7", "UpToDate")))),
	ACCEPT("module-major-0", "A TDX module with major version 0 has no identity of its own.", INFO_SPEC,
	       ITEMS(SVN("070003"), "tcb_info.tcbLevels[0].tcb.tdxtcbcomponents[1].svn=0")),
	ACCEPT("module-major-0-without-identities",
	       "A TDX module with major version 0, and TCB info without identities, as of 2023.", INFO_SPEC,
	       ITEMS(SVN("070003"), "tcb_info.tcbLevels[0].tcb.tdxtcbcomponents[1].svn=0",
		     "tcb_info.tdxModuleIdentities=absent")),
	ACCEPT("module-identity-over-default",
	       "Only the identity of TDX_01, not tdxModule, has the right signer.", INFO_SPEC, BUG("V2"),
	       ITEMS("tcb_info.tdxModule.mrsigner=\"" ONES_48 "\"")),
	ACCEPT("module-signer-by-identity",
	       "The module is signed by another signer, which its identity names.", INFO_SPEC, BUG("V2"),
	       ITEMS("body.mrsignerseam=xff", "tcb_info.tdxModuleIdentities[0].mrsigner=\"" ONES_48 "\"")),
	REFUSE("module-unknown", TCB, "No identity is that of the TDX module, TDX_03.", INFO_SPEC,
	       BUG("V2, V24"), ITEMS(SVN("030305")), BECAUSE("tdx-module-unknown", UNSUPPORTED)),
	REFUSE("module-identities-empty", TCB, "The list of module identities is empty.", INFO_SPEC,
	       BUG("V24"), ITEMS(MODULES("")), BECAUSE("tdx-module-unknown", UNSUPPORTED)),
	REFUSE("module-identities-missing", TCB,
	       "The TCB info has no module identities, and the module is TDX_01.", INFO_SPEC, BUG("V24"),
	       ITEMS("tcb_info.tdxModuleIdentities=absent"), BECAUSE("tdx-module-identities-missing",
		     UNSUPPORTED)),
	REFUSE("module-identity-twice", FORMAT, "Two identities are those of TDX_01, one of them revoked.",
	       INFO_SPEC,
	       ITEMS(MODULES(TDX_03_("TDX_01", "7", "UpToDate") "," TDX_03_("tdx_01", "7", "Revoked"))),
	       BECAUSE("collateral-unusable")),
	REFUSE("module-identity-out-of-date", TCB, "TDX_03 is out of date by its identity, TDX_01 is not.",
	       INFO_SPEC, BUG("V2"), ITEMS(SVN("030305"),
		     MODULES(TDX_03_("TDX_01", "1", "UpToDate") "," TDX_03_("TDX_03", "3", "OutOfDate"))),
	       BECAUSE(STATUS)),
	REFUSE("module-signer", IDENTITY, "MRSIGNERSEAM is not the signer of Intel's TDX modules.",
	       INFO_SPEC, BUG("V2, dcap-qvl #124"), ITEMS("body.mrsignerseam=xff"),
	       BECAUSE("tdx-module-mrsigner-mismatch")),
	REFUSE("module-signer-of-identity", IDENTITY,
	       "The identity of TDX_01 names another signer than the quote.", INFO_SPEC,
	       BUG("V2, dcap-qvl #124"), ITEMS("tcb_info.tdxModuleIdentities[0].mrsigner=\"" ONES_48 "\""),
	       BECAUSE("tdx-module-mrsigner-mismatch")),
	REFUSE("module-major-0-signer", IDENTITY,
	       "The signer of a module of major version 0 is not tdxModule's.", INFO_SPEC, BUG("V2"),
	       ITEMS(SVN("070003"), "tcb_info.tcbLevels[0].tcb.tdxtcbcomponents[1].svn=0",
		     "tcb_info.tdxModule.mrsigner=\"" ONES_48 "\""),
	       BECAUSE("tdx-module-mrsigner-mismatch")),
	REFUSE("module-attributes", IDENTITY, "SEAMATTRIBUTES are not zero.", INFO_SPEC, BUG("V2"),
	       ITEMS("body.seam_attributes=1"), BECAUSE("tdx-module-attributes")),
	REFUSE("module-attributes-unmasked", IDENTITY,
	       "SEAMATTRIBUTES are not zero where the mask is zero.", INFO_SPEC, BUG("V2"),
	       ITEMS("body.seam_attributes=0x8000000000000000",
		     "tcb_info.tdxModuleIdentities[0].attributesMask=\"0000000000000000\""),
	       BECAUSE("tdx-module-attributes")),
	REFUSE("module-attributes-of-identity", IDENTITY,
	       "The identity requires SEAMATTRIBUTES that are not zero.", INFO_SPEC,
	       ITEMS("tcb_info.tdxModuleIdentities[0].attributes=\"0100000000000000\""),
	       BECAUSE("tdx-module-attributes")),
	ACCEPT("mrseam-any", "MRSEAM is not in the collateral: a module is known by signer and SVN.",
	       INFO_SPEC, ITEMS("body.mrseam=x42")),
};

/* Body type 3: launched by one module, run by another. */
#define NOW(hex) "body.tee_tcb_svn2=" hex "00000000000000000000000000"
#define OLD V5("3"), SVN("060103"), NOW("070103")
#define OLD_PLATFORM V5("3"), SVN("070102"), NOW("070103")
#define RELAUNCH "Intel TDX DCAP quote verification, TD relaunch"
static const struct cases_row relaunch[] = {
	REFUSE("relaunch-advised", TCB,
	       "An old TDX module launched the TD, and one that is up to date runs it.", RELAUNCH,
	       ITEMS(OLD), BECAUSE(STATUS)),
	ACCEPT("relaunch-advised-allowed", "The policy accepts TDRelaunchAdvised.", RELAUNCH, ITEMS(OLD),
	       POLICY(ACCEPTS("\"TDRelaunchAdvised\""))),
	REFUSE("relaunch-advised-is-not-out-of-date", TCB,
	       "The policy accepts OutOfDate, not TDRelaunchAdvised.", RELAUNCH, ITEMS(OLD),
	       POLICY(ACCEPTS("\"UpToDate\", \"OutOfDate\"")), BECAUSE(STATUS)),
	ACCEPT("relaunch-sw-hardening", "TDRelaunchAdvised on a platform that needs software hardening.",
	       RELAUNCH, ITEMS(OLD, PLATFORM("SWHardeningNeeded")),
	       POLICY(ACCEPTS("\"TDRelaunchAdvised\""))),
	ACCEPT("relaunch-configuration",
	       "TDRelaunchAdvisedConfigurationNeeded: the platform needs configuration then and now.",
	       RELAUNCH, ITEMS(OLD, PLATFORM("ConfigurationNeeded")),
	       POLICY(ACCEPTS("\"TDRelaunchAdvisedConfigurationNeeded\""))),
	REFUSE("relaunch-configuration-is-not-relaunch", TCB,
	       "The policy accepts TDRelaunchAdvised, and the platform needs configuration, too.", RELAUNCH,
	       ITEMS(OLD, PLATFORM("ConfigurationNeeded")), POLICY(ACCEPTS("\"TDRelaunchAdvised\"")),
	       BECAUSE(STATUS)),
	ACCEPT("relaunch-configuration-and-hardening",
	       "TDRelaunchAdvisedConfigurationNeeded for ConfigurationAndSWHardeningNeeded.", RELAUNCH,
	       ITEMS(OLD, PLATFORM("ConfigurationAndSWHardeningNeeded")),
	       POLICY(ACCEPTS("\"TDRelaunchAdvisedConfigurationNeeded\""))),
	ACCEPT("relaunch-configuration-now-only",
	       "Out of date at launch, and in need of configuration now.", RELAUNCH, ITEMS(OLD_PLATFORM,
		     PLATFORM("ConfigurationNeeded")),
	       POLICY(ACCEPTS("\"TDRelaunchAdvisedConfigurationNeeded\""))),
	ACCEPT("relaunch-platform",
	       "The SEAM loader's component was out of date at launch, and is not now.", RELAUNCH,
	       ITEMS(OLD_PLATFORM), POLICY(ACCEPTS("\"TDRelaunchAdvised\""))),
	ACCEPT("relaunch-configuration-then-only",
	       "OutOfDateConfigurationNeeded at launch, up to date now: the platform needs both.", RELAUNCH,
	       ITEMS(OLD_PLATFORM, "tcb_info.tcbLevels[1].tcbStatus=\"OutOfDateConfigurationNeeded\""),
	       POLICY(ACCEPTS("\"TDRelaunchAdvisedConfigurationNeeded\""))),
	ACCEPT("relaunch-no-help", "Out of date then and now: OutOfDate, not TDRelaunchAdvised.", RELAUNCH,
	       ITEMS(V5("3"), SVN("060103"), NOW("060103")), POLICY(ACCEPTS("\"OutOfDate\""))),
	REFUSE("relaunch-no-help-refused", TCB,
	       "Out of date then and now; the policy accepts TDRelaunchAdvised.", RELAUNCH, ITEMS(V5("3"),
		     SVN("060103"), NOW("060103")), POLICY(ACCEPTS("\"TDRelaunchAdvised\"")),
	       BECAUSE(STATUS)),
	ACCEPT("current-module-newer",
	       "The module that runs now is newer than that of the launch, and both are up to date.",
	       RELAUNCH, ITEMS(V5("3"), SVN("070103"), NOW("090103"))),
	EITHER("current-module-out-of-date", TCB,
	       "Launched by an up-to-date module, run by one that is out of date.", RELAUNCH, ITEMS(V5("3"),
		     NOW("060103"))),
	REFUSE("current-module-out-of-date-refused", TCB,
	       "The policy requires the module that runs now to be up to date, and it is not.", RELAUNCH,
	       ITEMS(V5("3"), NOW("060103")), POLICY("\"accepted_current_tcb_statuses\": \"UpToDate\""),
	       BECAUSE("current-tcb-status-not-accepted")),
	REFUSE("launch-module-revoked", TCB,
	       "A revoked module launched the TD, and one up to date runs it.", RELAUNCH, ITEMS(OLD,
		     "tcb_info.tdxModuleIdentities[0].tcbLevels[1].tcbStatus=\"Revoked\""),
	       BECAUSE(STATUS)),
	REFUSE("current-module-revoked", TCB,
	       "The module that runs now is revoked; that at launch is up to date.", RELAUNCH,
	       ITEMS(V5("3"), NOW("060103"),
		     "tcb_info.tdxModuleIdentities[0].tcbLevels[1].tcbStatus=\"Revoked\""),
	       BECAUSE(STATUS)),
	REFUSE("current-platform-revoked", TCB, "By the SVNs that run now the platform's level is revoked.",
	       RELAUNCH, ITEMS(V5("3"), NOW("070102"), "tcb_info.tcbLevels[1].tcbStatus=\"Revoked\""),
	       BECAUSE(STATUS)),
	REFUSE("current-module-unknown", TCB, "The module that runs now, TDX_03, has no identity.",
	       RELAUNCH, ITEMS(V5("3"), NOW("090303")), BECAUSE(UNSUPPORTED)),
	REFUSE("current-platform-unsupported", TCB, "No level is met by the SVNs that run now.", RELAUNCH,
	       ITEMS(V5("3"), NOW("070102"), "tcb_info.tcbLevels[1].tcb.tdxtcbcomponents[2].svn=3",
		     "tcb_info.tcbLevels[1].tcb.pcesvn=1"), BECAUSE(UNSUPPORTED)),
	REFUSE("current-status-unknown", TCB,
	       "The module that runs now meets a level with an undefined status.", RELAUNCH, ITEMS(V5("3"),
		     NOW("060103"), "tcb_info.tdxModuleIdentities[0].tcbLevels[1].tcbStatus=\"Excellent\""),
	       BECAUSE(UNRECOGNIZED)),
	REFUSE("init-module-revoked", TCB,
	       "The TD was migrated from a platform where a revoked module launched it.", QUOTE_5
	       ", init_tee_tcb_svn", BUG("V26"), MODULE(15EX),
	       ITEMS("body.init_tee_tcb_svn=06010300000000000000000000000000",
		     "tcb_info.tdxModuleIdentities[0].tcbLevels[1].tcbStatus=\"Revoked\""),
	       BECAUSE(STATUS)),
	EITHER("init-cpusvn", TCB, "The TD was launched on another platform, which no collateral covers.",
	       QUOTE_5 ", init_cpusvn", BUG("V26"), MODULE(15EX), ITEMS("body.init_cpusvn=x01")),
};

/* Statuses in order, and what they become with a part that is out of date. */
static const struct {
	const char *id, *status, *with_out_of_date;
} statuses[] = {
	{ "up-to-date", "UpToDate", "OutOfDate" },
	{ "sw-hardening-needed", "SWHardeningNeeded", "OutOfDate" },
	{ "configuration-needed", "ConfigurationNeeded", "OutOfDateConfigurationNeeded" },
	{ "configuration-and-sw-hardening-needed", "ConfigurationAndSWHardeningNeeded",
	  "OutOfDateConfigurationNeeded" },
	{ "out-of-date", "OutOfDate", "OutOfDate" },
	{ "out-of-date-configuration-needed", "OutOfDateConfigurationNeeded", "OutOfDateConfigurationNeeded"
	  },
};
static const struct {
	const char *id, *words, *item;
} others[] = {
	{ "all-good", "module and QE up to date", NULL },
	{ "module-out-of-date", "a TDX module that is out of date", MODULE_IS("OutOfDate") },
	{ "module-revoked", "a TDX module that is revoked", MODULE_IS("Revoked") },
	{ "qe-out-of-date", "a QE that is out of date", QE("OutOfDate") },
	{ "qe-revoked", "a QE that is revoked", QE("Revoked") },
};
/* clang-format on */

/* A policy that accepts all statuses of collateral but this one. */
static const char *all_but(struct cases_builder *b, const char *status)
{
	const char *list = "\"TDRelaunchAdvised\"";

	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++)
		if (strcmp(statuses[i].status, status) != 0)
			list = cases_text(b, "%s, \"%s\"", list, statuses[i].status);
	return cases_text(b, "\"accepted_tcb_statuses\": [%s]", list);
}

static int add_pair(struct cases_builder *b, size_t status, size_t other)
{
	const char *words = others[other].words, *of = statuses[status].status, *to = of;
	const char *item = cases_text(b, "tcb_info.tcbLevels[0].tcbStatus=\"%s\"", of);
	bool revoked = strstr(others[other].id, "revoked");
	struct cases_row good = ACCEPT("pair", NULL, CONVERGE, ITEMS(item, others[other].item));
	struct cases_row bad =
		REFUSE("pair", TCB, NULL, CONVERGE, ITEMS(item, others[other].item), BECAUSE(STATUS));
	int r = 0;

	if (strstr(others[other].id, "out-of-date"))
		to = statuses[status].with_out_of_date;
	good.id = cases_text(b, "tdx-converge-%s-%s", statuses[status].id, others[other].id);
	good.what = cases_text(b, "A platform %s with %s is %s, which the policy accepts.", of, words, to);
	good.policy = cases_text(b, "\"accepted_tcb_statuses\": \"%s\"", to);
	bad.id = revoked ? good.id : cases_text(b, "%s-refused", good.id);
	bad.what =
		revoked ? cases_text(b, "A platform %s with %s is Revoked, whatever is accepted.", of, words)
			: cases_text(b, "A platform %s with %s is %s, which the policy does not accept.", of,
				     words, to);
	bad.policy = all_but(b, revoked ? "" : to);
	if (!revoked)
		r = cases_add(b, &good, 1);
	return r < 0 ? r : cases_add(b, &bad, 1);
}

int cases_add_tdx_tcb(struct cases_builder *b)
{
	int r = cases_add(b, alone, ARRAY_SIZE(alone));

	if (r == 0)
		r = cases_add(b, modules, ARRAY_SIZE(modules));
	if (r == 0)
		r = cases_add(b, relaunch, ARRAY_SIZE(relaunch));
	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++)
		for (size_t k = 0; r == 0 && k < ARRAY_SIZE(others); k++)
			r = add_pair(b, i, k);
	return r;
}
