/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "cases/table_tdx.h"

/* The borders of TCB levels, each met exactly and missed by one, and how lists of levels are read. */
/* clang-format off */
#define LEVELS   PCS "TCB info of TDX, tcbLevels"
#define QE_SPEC  PCS "QE identity, tcbLevels"
#define LEVEL(i, rest) "tcb_info.tcbLevels[" #i "]." rest
#define MODULE_LEVEL(i, rest) "tcb_info.tdxModuleIdentities[0].tcbLevels[" #i "]." rest
#define QE_LEVEL(i, rest) "qe_identity.tcbLevels[" #i "]." rest

static const struct cases_row borders[] = {
	ACCEPT("pcesvn-met", "PCESVN is exactly that of the level, 255.", LEVELS,
	       ITEMS("pck.sgx.pcesvn=255", LEVEL(0, "tcb.pcesvn=255"))),
	REFUSE("pcesvn-missed", TCB, "PCESVN is one less than that of the level, 256.", LEVELS,
	       ITEMS("pck.sgx.pcesvn=255", LEVEL(0, "tcb.pcesvn=256")), BECAUSE(STATUS)),
	ACCEPT("pcesvn-above", "PCESVN is above that of the level.", LEVELS, ITEMS("pck.sgx.pcesvn=14")),
	ACCEPT("module-svn-met", "The SVN of the TDX module is exactly that of its level, 255.", LEVELS,
	       ITEMS("body.tee_tcb_svn=ff010300000000000000000000000000",
		     MODULE_LEVEL(0, "tcb.isvsvn=255"))),
	REFUSE("module-svn-missed", TCB, "The SVN of the TDX module is one less than that of its level.",
	       LEVELS, ITEMS(MODULE_LEVEL(0, "tcb.isvsvn=8")), BECAUSE(STATUS)),
	REFUSE("module-svn-256", TCB, "The level of the TDX module has SVN 256, which no module can have.",
	       LEVELS, ITEMS(MODULE_LEVEL(0, "tcb.isvsvn=256")), BECAUSE(STATUS)),
	ACCEPT("module-svn-above", "The SVN of the TDX module is above that of its level.", LEVELS,
	       ITEMS(MODULE_LEVEL(0, "tcb.isvsvn=6"))),
	REFUSE("module-svn-below-all", TCB, "The SVN of the TDX module is below all of its levels.", LEVELS,
	       ITEMS(MODULE_LEVEL(0, "tcb.isvsvn=9"), MODULE_LEVEL(1, "tcb.isvsvn=8")),
	       BECAUSE(UNSUPPORTED)),
	ACCEPT("qe-svn-met", "The isvsvn of the QE is exactly that of the level, 300.", QE_SPEC,
	       ITEMS("qe_report.isv_svn=300", QE_LEVEL(0, "tcb.isvsvn=300"))),
	REFUSE("qe-svn-missed", TCB, "The isvsvn of the QE is one less than that of the level, 300.",
	       QE_SPEC, ITEMS("qe_report.isv_svn=299", QE_LEVEL(0, "tcb.isvsvn=300")), BECAUSE(STATUS)),
	ACCEPT("qe-svn-above", "The isvsvn of the QE is 65535.", QE_SPEC, ITEMS("qe_report.isv_svn=65535")),
	REFUSE("qe-svn-zero", TCB, "The isvsvn of the QE is 0, and meets the last level only.", QE_SPEC,
	       ITEMS("qe_report.isv_svn=0"), BECAUSE(STATUS)),
	REFUSE("qe-svn-below-all", TCB, "The isvsvn of the QE is below all levels.", QE_SPEC,
	       ITEMS("qe_report.isv_svn=0", QE_LEVEL(1, "tcb.isvsvn=1")), BECAUSE(UNSUPPORTED)),
	REFUSE("platform-below-all", TCB, "The platform is below all levels by its PCESVN.", LEVELS,
	       ITEMS("pck.sgx.pcesvn=0", LEVEL(1, "tcb.pcesvn=1")), BECAUSE(UNSUPPORTED)),
	ACCEPT("module-component-1-skipped",
	       "The level's first TDX component is above the quote's: TDX_01 has its identity instead.",
	       LEVELS, BUG("V4, go-tdx-guest #37"), ITEMS(LEVEL(0, "tcb.tdxtcbcomponents[0].svn=200"))),
	ACCEPT("module-component-2-skipped",
	       "The level's second TDX component is above the quote's: TDX_01 has its identity instead.",
	       LEVELS, BUG("V4, go-tdx-guest #37"), ITEMS(LEVEL(0, "tcb.tdxtcbcomponents[1].svn=2"))),
	ACCEPT("module-major-0-component-1-met",
	       "A module of major version 0 meets the first TDX component exactly.", LEVELS,
	       ITEMS("body.tee_tcb_svn=07000300000000000000000000000000",
		     LEVEL(0, "tcb.tdxtcbcomponents[1].svn=0"))),
	REFUSE("module-major-0-component-1-missed", TCB,
	       "A module of major version 0 misses the first TDX component by one.", LEVELS, BUG("V4"),
	       ITEMS("body.tee_tcb_svn=06000300000000000000000000000000",
		     LEVEL(0, "tcb.tdxtcbcomponents[1].svn=0")), BECAUSE(STATUS)),
	REFUSE("module-major-0-component-2-missed", TCB,
	       "A module of major version 0 misses the second TDX component, its major version, by one.",
	       LEVELS, BUG("V4"), ITEMS("body.tee_tcb_svn=07000300000000000000000000000000"),
	       BECAUSE(STATUS)),
};

static const struct cases_row lists[] = {
	EITHER("levels-unsorted", TCB,
	       "The lower level, which is out of date, comes first; the higher one is met, too.", LEVELS,
	       BUG("V5, dcap-qvl #126"), ITEMS(LEVEL(0, "tcb.sgxtcbcomponents[0].svn=2"),
		     LEVEL(0, "tcbStatus=\"OutOfDate\""), LEVEL(1, "tcb.sgxtcbcomponents[0].svn=3"),
		     LEVEL(1, "tcbStatus=\"UpToDate\""))),
	REFUSE("levels-unsorted-refused", TCB,
	       "The lower level, which is up to date, comes first; the higher one is met, and out of date.",
	       LEVELS, BUG("V5, dcap-qvl #126"), ITEMS(LEVEL(0, "tcb.sgxtcbcomponents[0].svn=2"),
		     LEVEL(1, "tcb.sgxtcbcomponents[0].svn=3")), BECAUSE(STATUS)),
	EITHER("module-levels-unsorted", TCB, "The levels of the TDX module come in ascending order.",
	       LEVELS, BUG("V5"), ITEMS(MODULE_LEVEL(0, "tcb.isvsvn=1"),
		     MODULE_LEVEL(0, "tcbStatus=\"OutOfDate\""), MODULE_LEVEL(1, "tcb.isvsvn=7"),
		     MODULE_LEVEL(1, "tcbStatus=\"UpToDate\""))),
	EITHER("qe-levels-unsorted", TCB, "The levels of the QE come in ascending order.", QE_SPEC,
	       BUG("V5"), ITEMS(QE_LEVEL(0, "tcb.isvsvn=1"), QE_LEVEL(0, "tcbStatus=\"OutOfDate\""),
		     QE_LEVEL(1, "tcb.isvsvn=7"), QE_LEVEL(1, "tcbStatus=\"UpToDate\""))),
	REFUSE("level-not-met-in-all", TCB,
	       "Each component meets one of two levels, and no level is met by all components.", LEVELS,
	       ITEMS(LEVEL(0, "tcb.sgxtcbcomponents[0].svn=4"), LEVEL(1, "tcb.pcesvn=14")),
	       BECAUSE(UNSUPPORTED)),
	REFUSE("sgx-components-15", FORMAT, "A level has 15 SGX components.", LEVELS,
	       BUG("V10, dcap-qvl #164"), ITEMS(LEVEL(0, "tcb.sgxtcbcomponents[15]=absent")),
	       BECAUSE("collateral-unusable")),
	REFUSE("tdx-components-15", FORMAT, "A level has 15 TDX components.", LEVELS,
	       BUG("V10, dcap-qvl #164"), ITEMS(LEVEL(0, "tcb.tdxtcbcomponents[15]=absent")),
	       BECAUSE("collateral-unusable")),
	REFUSE("sgx-components-17", FORMAT, "A level has 17 SGX components.", LEVELS, BUG("V10"),
	       ITEMS(LEVEL(0, "tcb.sgxtcbcomponents[+]={\"svn\":0}")), BECAUSE("collateral-unusable")),
	REFUSE("sgx-components-empty", FORMAT, "A level has an empty list of SGX components.", LEVELS,
	       BUG("V10"), ITEMS(LEVEL(0, "tcb.sgxtcbcomponents=[]")), BECAUSE("collateral-unusable")),
	REFUSE("tdx-components-missing", FORMAT, "A level has no TDX components.", LEVELS,
	       BUG("V14, attestation-rs #26"), ITEMS(LEVEL(0, "tcb.tdxtcbcomponents=absent")),
	       BECAUSE("collateral-unusable")),
	REFUSE("tdx-components-null", FORMAT, "The TDX components of a level are null.", LEVELS,
	       BUG("V14, attestation-rs #26"), ITEMS(LEVEL(0, "tcb.tdxtcbcomponents=null")),
	       BECAUSE("collateral-unusable")),
	REFUSE("component-256", FORMAT, "A component of a level is 256.", LEVELS,
	       ITEMS(LEVEL(1, "tcb.sgxtcbcomponents[3].svn=256")), BECAUSE("collateral-unusable")),
	REFUSE("component-negative", FORMAT, "A component of a level is -1.", LEVELS,
	       ITEMS(LEVEL(1, "tcb.sgxtcbcomponents[3].svn=-1")), BECAUSE("collateral-unusable")),
	REFUSE("component-text", FORMAT, "A component of a level is a string.", LEVELS,
	       ITEMS(LEVEL(1, "tcb.tdxtcbcomponents[3].svn=\"0\"")), BECAUSE("collateral-unusable")),
	REFUSE("component-fraction", FORMAT, "A component of a level is 0.5.", LEVELS,
	       ITEMS(LEVEL(1, "tcb.tdxtcbcomponents[3].svn=0.5")), BECAUSE("collateral-unusable")),
	REFUSE("level-pcesvn-missing", FORMAT, "A level has no pcesvn.", LEVELS,
	       ITEMS(LEVEL(1, "tcb.pcesvn=absent")), BECAUSE("collateral-unusable")),
	REFUSE("level-pcesvn-65536", FORMAT, "A level has pcesvn 65536.", LEVELS,
	       ITEMS(LEVEL(0, "tcb.pcesvn=65536")), BECAUSE("collateral-unusable")),
	REFUSE("level-status-missing", FORMAT, "A level has no tcbStatus.", LEVELS,
	       ITEMS(LEVEL(0, "tcbStatus=absent")), BECAUSE("collateral-unusable")),
	REFUSE("level-date-missing", FORMAT, "A level has no tcbDate.", LEVELS,
	       ITEMS(LEVEL(0, "tcbDate=absent")), BECAUSE("collateral-unusable")),
	REFUSE("qe-level-svn-missing", FORMAT, "A level of the QE identity has no isvsvn.", QE_SPEC,
	       ITEMS(QE_LEVEL(0, "tcb.isvsvn=absent")), BECAUSE("collateral-unusable")),
	REFUSE("advisories-text", FORMAT, "The advisoryIDs of a level are one string.", LEVELS,
	       ITEMS(LEVEL(1, "advisoryIDs=\"INTEL-SA-00001\"")), BECAUSE("collateral-unusable")),
	ACCEPT("higher-level-revoked",
	       "A level above that of the platform, which it does not meet, is revoked.", LEVELS,
	       ITEMS("tcb_info.tcbLevels[+0]=@tcbLevels[0]", LEVEL(0, "tcb.pcesvn=14"),
		     LEVEL(0, "tcbStatus=\"Revoked\""))),
	ACCEPT("module-higher-level-revoked", "A level above that of the TDX module is revoked.", LEVELS,
	       ITEMS("tcb_info.tdxModuleIdentities[0].tcbLevels[+0]=@tdxModuleIdentities[0].tcbLevels[0]",
		     MODULE_LEVEL(0, "tcb.isvsvn=8"), MODULE_LEVEL(0, "tcbStatus=\"Revoked\""))),
	ACCEPT("qe-higher-level-revoked", "A level above that of the QE is revoked.", QE_SPEC,
	       ITEMS("qe_identity.tcbLevels[+0]=@tcbLevels[0]", QE_LEVEL(0, "tcb.isvsvn=8"),
		     QE_LEVEL(0, "tcbStatus=\"Revoked\""))),
	ACCEPT("only-level", "The TCB info has one level only, which the platform meets exactly.", LEVELS,
	       ITEMS("tcb_info.tcbLevels[1]=absent")),
	ACCEPT("advisories-empty", "The list of advisories of the platform's level is empty.", LEVELS,
	       ITEMS(LEVEL(0, "advisoryIDs=[]"))),
	ACCEPT("level-date-future", "The date of the platform's level is in the future.", LEVELS,
	       ITEMS(LEVEL(0, "tcbDate=\"2027-01-01T00:00:00Z\""))),
	ACCEPT("component-category-unknown", "A component has an unknown category.", LEVELS,
	       ITEMS(LEVEL(0, "tcb.sgxtcbcomponents[6].category=\"Quantum\""))),
	ACCEPT("components-without-names", "Components have no category and no type.", LEVELS,
	       ITEMS(LEVEL(0, "tcb.sgxtcbcomponents[0].category=absent"),
		     LEVEL(0, "tcb.sgxtcbcomponents[0].type=absent"))),
	ACCEPT("level-future-member", "A level has an unknown member.", LEVELS,
	       ITEMS(LEVEL(0, "tcb.future=\"x\""))),
};
/* clang-format on */

/* How a component is to the 200 of its level, which takes two bytes in DER. */
static const struct {
	const char *id, *words;
	unsigned svn;
} relations[] = {
	{ "met", "is exactly", 200 },
	{ "missed", "is one less than", 199 },
	{ "above", "is above", 255 },
};

/* SGX components are those of the PCK certificate, TDX components those of the quote. */
static int add_component(struct cases_builder *b, unsigned i, bool tdx, size_t relation)
{
	struct cases_row row = ACCEPT("component", NULL, LEVELS);
	const char *kind = tdx ? "tdx" : "sgx";
	unsigned svn = relations[relation].svn;

	row.id = cases_text(b, "tdx-%s-component-%u-%s", kind, i + 1, relations[relation].id);
	row.what = cases_text(b, "%s component %u %s the 200 of its level.", tdx ? "TDX" : "SGX", i + 1,
			      relations[relation].words);
	row.items[0] = tdx ? cases_text(b, "body.tee_tcb_svn[%u]=%u", i, svn)
			   : cases_text(b, "pck.sgx.component_%u=%u", i + 1, svn);
	row.items[1] = cases_text(b, "tcb_info.tcbLevels[0].tcb.%stcbcomponents[%u].svn=200", kind, i);
	if (svn < 200) {
		row.verdict = CASES_REFUSED;
		row.class = CASES_TCB;
		row.reasons[0] = STATUS;
	}
	return cases_add(b, &row, 1);
}

int cases_add_tdx_levels(struct cases_builder *b)
{
	int r = cases_add(b, borders, ARRAY_SIZE(borders));

	if (r == 0)
		r = cases_add(b, lists, ARRAY_SIZE(lists));
	for (unsigned i = 0; i < 16; i++) {
		for (size_t k = 0; r == 0 && k < ARRAY_SIZE(relations); k++)
			r = add_component(b, i, false, k);
		for (size_t k = 0; r == 0 && i >= 2 && k < ARRAY_SIZE(relations); k++)
			r = add_component(b, i, true, k); /* the first two are the module's */
	}
	return r;
}
