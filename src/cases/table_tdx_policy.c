/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/cleanup.h"
#include "cases/table_tdx.h"

/* What a relying party asks for: each member of a policy, met and missed. */
/* clang-format off */
#define MEMBERS "jurat-policy(5), MEMBERS: TDX"
#define SCOPE   "jurat-policy(5), SCOPE"

#define ONES_64_BYTES \
	"1111111111111111111111111111111111111111111111111111111111111111" \
	"1111111111111111111111111111111111111111111111111111111111111111"

/* Fields that are compared byte for byte: the evidence has 0x11 in all bytes. */
static const struct {
	const char *member, *id, *item, *name, *reason;
	unsigned size;
	enum sim_tdx_generation generation;
} fields[] = {
	{ "report_data", "report-data", "body.report_data=x11", "REPORTDATA", "report-data-mismatch", 64,
	  SIM_TDX_15 },
	{ "measurement", "measurement", "body.mrtd=x11", "MRTD, the measurement,", "measurement-mismatch",
	  48, SIM_TDX_15 },
	{ "mrtd", "mrtd", "body.mrtd=x11", "MRTD", "mrtd-mismatch", 48, SIM_TDX_15 },
	{ "rtmr0", "rtmr0", "body.rtmr0=x11", "RTMR0", "rtmr0-mismatch", 48, SIM_TDX_15 },
	{ "rtmr1", "rtmr1", "body.rtmr1=x11", "RTMR1", "rtmr1-mismatch", 48, SIM_TDX_15 },
	{ "rtmr2", "rtmr2", "body.rtmr2=x11", "RTMR2", "rtmr2-mismatch", 48, SIM_TDX_15 },
	{ "rtmr3", "rtmr3", "body.rtmr3=x11", "RTMR3", "rtmr3-mismatch", 48, SIM_TDX_15 },
	{ "mrseam", "mrseam", "body.mrseam=x11", "MRSEAM", "mrseam-mismatch", 48, SIM_TDX_15 },
	{ "mrconfigid", "mrconfigid", "body.mrconfigid=x11", "MRCONFIGID", "mrconfigid-mismatch", 48,
	  SIM_TDX_15 },
	{ "mrowner", "mrowner", "body.mrowner=x11", "MROWNER", "mrowner-mismatch", 48, SIM_TDX_15 },
	{ "mrownerconfig", "mrownerconfig", "body.mrownerconfig=x11", "MROWNERCONFIG",
	  "mrownerconfig-mismatch", 48, SIM_TDX_15 },
	{ "td_id", "td-id", "body.td_id=x11", "The id of the TD", "td-id-mismatch", 32, SIM_TDX_15EX },
	{ "devinfo_hash", "devinfo-hash", "body.devinfo_hash=x11", "The hash of the assigned devices",
	  "devinfo-hash-mismatch", 48, SIM_TDX_15EX },
	{ "ppid", "ppid", "pck.sgx.ppid=x11*16", "The PPID", "ppid-mismatch", 16, SIM_TDX_15 },
	{ "platform_instance_id", "platform-instance-id", "pck.sgx.platform_instance_id=x11*16",
	  "The platform instance ID", "platform-instance-id-mismatch", 16, SIM_TDX_15 },
	{ "fmspc", "fmspc", "platform.fmspc=x11", "The FMSPC", "fmspc-mismatch", 6, SIM_TDX_15 },
};

/* The same fields in a quote of version 5. */
#define FIELDS_V5(i) (fields[i].generation == SIM_TDX_15 && strncmp(fields[i].item, "body.", 5) == 0)

static const struct cases_row values[] = {
	ACCEPT("policy-report-data-short",
	       "The policy requires 4 bytes of REPORTDATA, and zeros follow them.", MEMBERS,
	       ITEMS("body.report_data=cafe0123" "00000000000000000000000000000000000000000000000000000000"
		     ZEROS_32), POLICY("\"report_data\": \"cafe0123\"")),
	REFUSE("policy-report-data-not-padded", IDENTITY,
	       "The policy requires 4 bytes of REPORTDATA, and more follow.", MEMBERS,
	       ITEMS("body.report_data=cafe0123" "00000000000000000000000000000000000000000000000000000000"
		     ONE_32), POLICY("\"report_data\": \"cafe0123\""), BECAUSE("report-data-mismatch")),
	ACCEPT("policy-report-data-sha512", "REPORTDATA is SHA-512 of what the policy names, \"abc\".",
	       MEMBERS,
	       ITEMS("body.report_data=ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
		     "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"),
	       POLICY("\"report_data\": { \"sha512\": \"616263\" }")),
	REFUSE("policy-td-id-absent", IDENTITY,
	       "The policy names a TD id, which bodies of type 3 do not have.", MEMBERS, ITEMS(V5("3")),
	       POLICY("\"td_id\": \"" ZEROS_32 "\""), BECAUSE("td-id-mismatch")),
	REFUSE("policy-devinfo-absent", IDENTITY,
	       "The policy names devices, which version 4 has no field for.", MEMBERS,
	       POLICY("\"devinfo_hash\": \"" ZEROS_48 "\""), BECAUSE("devinfo-hash-mismatch")),
	REFUSE("policy-mrservicetd-absent", IDENTITY,
	       "The policy names a service TD, which version 4 has no field for.", MEMBERS,
	       POLICY("\"mrservicetd\": \"" ZEROS_48 "\""), BECAUSE("mrservicetd-mismatch")),
	REFUSE("policy-instance-id-absent", IDENTITY,
	       "The policy names an instance ID, which certificates of the Processor CA do not have.",
	       MEMBERS, ITEMS("pck.issuer=Intel SGX PCK Processor CA",
		     "pck_ca.subject=Intel SGX PCK Processor CA",
		     "pck_crl.issuer=Intel SGX PCK Processor CA", "pck.sgx.platform_instance_id=absent",
		     "pck.sgx.configuration=absent"), POLICY("\"platform_instance_id\": \"" ZEROS_16 "\""),
	       BECAUSE("platform-instance-id-mismatch")),
	ACCEPT("policy-sgx-type", "The policy requires SGX type 1, scalable.", MEMBERS,
	       POLICY("\"sgx_type\": 1")),
	ACCEPT("policy-sgx-type-of-several", "The policy allows SGX types 1 and 2, and it is 2.", MEMBERS,
	       ITEMS("pck.sgx.type=2"), POLICY("\"sgx_type\": [1, 2]")),
	REFUSE("policy-sgx-type-absent", IDENTITY,
	       "The policy requires an SGX type, and the certificate has none.", MEMBERS,
	       ITEMS("pck.extension.sgx=absent"), POLICY("\"sgx_type\": 1"),
	       BECAUSE("leaf-extension-missing", "sgx-type-not-allowed")),
	REFUSE("policy-fmspc-absent", IDENTITY, "The policy names an FMSPC, and the certificate has none.",
	       MEMBERS, ITEMS("pck.extension.sgx=absent"), POLICY("\"fmspc\": \"544553540000\""),
	       BECAUSE("leaf-extension-missing", "fmspc-mismatch")),
	REFUSE("policy-sgx-type-missed", IDENTITY, "The policy requires SGX type 0 or 2, and it is 1.",
	       MEMBERS, POLICY("\"sgx_type\": [0, 2]"), BECAUSE("sgx-type-not-allowed")),
	ACCEPT("policy-minimum-svn", "The policy's minimum of tee_tcb_svn is met exactly.", MEMBERS,
	       POLICY("\"minimum_tee_tcb_svn\": [7, 1, 3]")),
	REFUSE("policy-minimum-svn-first", TCB,
	       "The policy's minimum of tee_tcb_svn is missed in the first component.", MEMBERS,
	       POLICY("\"minimum_tee_tcb_svn\": [8, 1, 3]"), BECAUSE("tee-tcb-svn-below-minimum")),
	REFUSE("policy-minimum-svn-last", TCB,
	       "The policy's minimum of tee_tcb_svn is missed in the last component.", MEMBERS,
	       POLICY("\"minimum_tee_tcb_svn\": [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]"),
	       BECAUSE("tee-tcb-svn-below-minimum")),
	REFUSE("policy-minimum-svn-second-missed-first-above", TCB,
	       "The first component is above the policy's minimum, the third below it.", MEMBERS,
	       POLICY("\"minimum_tee_tcb_svn\": [1, 1, 4]"), BECAUSE("tee-tcb-svn-below-minimum")),
	REFUSE("policy-minimum-svn2", TCB, "The module that runs now is below the policy's minimum.",
	       MEMBERS, ITEMS(V5("3"), "body.tee_tcb_svn2=06010300000000000000000000000000"),
	       POLICY("\"minimum_tee_tcb_svn\": [7]"), BECAUSE("tee-tcb-svn-below-minimum")),
	REFUSE("policy-minimum-svn-init", TCB,
	       "The module that launched the TD elsewhere is below the minimum.", MEMBERS, BUG("V26"),
	       MODULE(15EX), ITEMS("body.init_tee_tcb_svn=06010300000000000000000000000000"),
	       POLICY("\"minimum_tee_tcb_svn\": [7]"), BECAUSE("tee-tcb-svn-below-minimum")),
};

#define OLD "tcb_info.tcbLevels[0].tcbStatus=\"OutOfDate\""
#define ADVISED "tcb_info.tcbLevels[0].advisoryIDs=[\"INTEL-SA-01234\",\"INTEL-SA-05678\"]"
static const struct cases_row tcb[] = {
	ACCEPT("policy-tcb-date",
	       "The platform is out of date, its level of the day that the policy allows.", MEMBERS,
	       BUG("openenclave #5079"), ITEMS(OLD), POLICY("\"minimum_tcb_date\": \"2026-04-01\"")),
	REFUSE("policy-tcb-date-missed", TCB,
	       "The level of the platform is one second older than the policy allows.", MEMBERS,
	       BUG("openenclave #5079"), ITEMS(OLD),
	       POLICY("\"minimum_tcb_date\": \"2026-04-01T00:00:01Z\""), BECAUSE(STATUS)),
	REFUSE("policy-tcb-date-of-module", TCB,
	       "The platform's level is recent enough, that of its module is not.", MEMBERS, ITEMS(OLD,
		     "tcb_info.tdxModuleIdentities[0].tcbLevels[0].tcbStatus=\"OutOfDate\"",
		     "tcb_info.tdxModuleIdentities[0].tcbLevels[0].tcbDate=\"2026-03-31T23:59:59Z\""),
	       POLICY("\"minimum_tcb_date\": \"2026-04-01\""), BECAUSE(STATUS)),
	REFUSE("policy-tcb-date-of-qe", TCB,
	       "The level of the QE, which is out of date, is older than the policy allows.", MEMBERS,
	       ITEMS("qe_identity.tcbLevels[0].tcbStatus=\"OutOfDate\"",
		     "qe_identity.tcbLevels[0].tcbDate=\"2026-03-31T23:59:59Z\""),
	       POLICY("\"minimum_tcb_date\": \"2026-04-01\""), BECAUSE(STATUS)),
	ACCEPT("policy-tcb-date-relaunch",
	       "TDRelaunchAdvised, with a level of the module that is recent enough.", MEMBERS,
	       ITEMS(V5("3"), "body.tee_tcb_svn=06010300000000000000000000000000",
		     "body.tee_tcb_svn2=07010300000000000000000000000000"),
	       POLICY("\"minimum_tcb_date\": \"2026-04-01\"")),
	REFUSE("policy-tcb-date-configuration", TCB,
	       "OutOfDateConfigurationNeeded of a recent level; ConfigurationNeeded is not accepted.",
	       MEMBERS, ITEMS("tcb_info.tcbLevels[0].tcbStatus=\"OutOfDateConfigurationNeeded\""),
	       POLICY("\"minimum_tcb_date\": \"2026-04-01\""), BECAUSE(STATUS)),
	ACCEPT("policy-tcb-date-configuration-accepted",
	       "OutOfDateConfigurationNeeded of a recent level, and ConfigurationNeeded is accepted.",
	       MEMBERS, ITEMS("tcb_info.tcbLevels[0].tcbStatus=\"OutOfDateConfigurationNeeded\""),
	       POLICY("\"minimum_tcb_date\": \"2026-04-01\", "
		     "\"accepted_tcb_statuses\": [\"UpToDate\", \"ConfigurationNeeded\"]")),
	REFUSE("policy-tcb-date-hardening", TCB,
	       "A date does not help a platform that needs software hardening.", MEMBERS,
	       ITEMS("tcb_info.tcbLevels[0].tcbStatus=\"SWHardeningNeeded\""),
	       POLICY("\"minimum_tcb_date\": \"2000-01-01\""), BECAUSE(STATUS)),
	REFUSE("policy-tcb-date-revoked", TCB, "A date does not help a platform that is revoked.", MEMBERS,
	       ITEMS("tcb_info.tcbLevels[0].tcbStatus=\"Revoked\""),
	       POLICY("\"minimum_tcb_date\": \"2000-01-01\""), BECAUSE(STATUS)),
	REFUSE("policy-tcb-date-unsupported", TCB, "A date does not help a platform below all levels.",
	       MEMBERS, ITEMS("pck.sgx.pcesvn=0", "tcb_info.tcbLevels[1].tcb.pcesvn=1"),
	       POLICY("\"minimum_tcb_date\": \"2000-01-01\""), BECAUSE(UNSUPPORTED)),
	ACCEPT("policy-advisories-accepted",
	       "Two advisories apply, and the policy accepts both, in lower case.", MEMBERS, ITEMS(ADVISED),
	       POLICY("\"accepted_advisories\": [\"intel-sa-01234\", \"INTEL-SA-05678\"]")),
	REFUSE("policy-advisory-not-accepted", TCB, "Two advisories apply, and the policy accepts one.",
	       MEMBERS, ITEMS(ADVISED), POLICY("\"accepted_advisories\": \"INTEL-SA-01234\""),
	       BECAUSE("advisory-not-accepted")),
	REFUSE("policy-advisory-rejected", TCB,
	       "An advisory applies that the policy rejects, in another case.", MEMBERS, ITEMS(ADVISED),
	       POLICY("\"rejected_advisories\": \"Intel-SA-05678\""), BECAUSE("advisory-not-accepted")),
	ACCEPT("policy-advisory-rejected-other", "The policy rejects an advisory that does not apply.",
	       MEMBERS, ITEMS(ADVISED), POLICY("\"rejected_advisories\": \"INTEL-SA-0123\"")),
	ACCEPT("policy-advisory-of-unmet-level",
	       "The policy rejects an advisory of a level that is not met.", MEMBERS,
	       POLICY("\"rejected_advisories\": \"INTEL-SA-99990\"")),
	REFUSE("policy-advisory-of-module", TCB,
	       "An advisory applies to the TDX module, and the policy rejects it.", MEMBERS,
	       ITEMS("tcb_info.tdxModuleIdentities[0].tcbLevels[0].advisoryIDs=[\"INTEL-SA-01234\"]"),
	       POLICY("\"rejected_advisories\": \"INTEL-SA-01234\""), BECAUSE("advisory-not-accepted")),
	REFUSE("policy-advisory-of-qe", TCB, "An advisory applies to the QE, and the policy rejects it.",
	       MEMBERS, ITEMS("qe_identity.tcbLevels[0].advisoryIDs=[\"INTEL-SA-01234\"]"),
	       POLICY("\"rejected_advisories\": \"INTEL-SA-01234\""), BECAUSE("advisory-not-accepted")),
	REFUSE("policy-advisory-of-current-module", TCB,
	       "An advisory applies to the module that runs now, and the policy rejects it.", MEMBERS,
	       ITEMS(V5("3"), "body.tee_tcb_svn2=06010300000000000000000000000000"),
	       POLICY("\"rejected_advisories\": \"INTEL-SA-99991\""), BECAUSE("advisory-not-accepted")),
	ACCEPT("policy-evaluation-number", "The evaluation numbers are exactly the policy's minimum.",
	       MEMBERS, POLICY("\"minimum_tcb_evaluation_data_number\": 20")),
	REFUSE("policy-evaluation-number-missed", TCB,
	       "The evaluation numbers are one below the policy's minimum.", MEMBERS,
	       POLICY("\"minimum_tcb_evaluation_data_number\": 21"),
	       BECAUSE("tcb-evaluation-below-minimum")),
	REFUSE("policy-evaluation-number-of-qe", TCB,
	       "The TCB info meets the policy's minimum evaluation number, the QE identity does not.",
	       MEMBERS, ITEMS("tcb_info.tcbEvaluationDataNumber=21"),
	       POLICY("\"minimum_tcb_evaluation_data_number\": 21"),
	       BECAUSE("tcb-evaluation-below-minimum")),
	ACCEPT("policy-collateral-age", "The collateral is as old as the policy allows: one day.", MEMBERS,
	       BUG("near/mpc #3042"), POLICY("\"maximum_collateral_age_days\": 1")),
	REFUSE("policy-collateral-age-missed", VALIDITY,
	       "The collateral is a day and a second old, one day is allowed.", MEMBERS,
	       BUG("near/mpc #3042"), AT("at+1s"), POLICY("\"maximum_collateral_age_days\": 1"),
	       BECAUSE("collateral-too-old")),
	REFUSE("policy-tcb-info-age-missed", VALIDITY, "Only the TCB info is older than the policy allows.",
	       MEMBERS, ITEMS("tcb_info.issueDate=\"2026-06-29T23:59:59Z\""),
	       POLICY("\"maximum_collateral_age_days\": 1"), BECAUSE("collateral-too-old")),
	REFUSE("policy-qe-identity-age-missed", VALIDITY,
	       "Only the QE identity is older than the policy allows.", MEMBERS,
	       ITEMS("qe_identity.issueDate=\"2026-06-29T23:59:59Z\""),
	       POLICY("\"maximum_collateral_age_days\": 1"), BECAUSE("collateral-too-old")),
	REFUSE("policy-crl-age-missed", VALIDITY,
	       "Only the CRL of the root is older than the policy allows.", MEMBERS,
	       ITEMS("root_crl.this_update=at-2d"), POLICY("\"maximum_collateral_age_days\": 1"),
	       BECAUSE("collateral-too-old")),
	REFUSE("policy-pck-crl-age-missed", VALIDITY,
	       "Only the CRL of the PCK CA is older than the policy allows.", MEMBERS,
	       ITEMS("pck_crl.this_update=at-2d"), POLICY("\"maximum_collateral_age_days\": 1"),
	       BECAUSE("collateral-too-old")),
	ACCEPT("policy-no-collateral", "There is no QE identity, and the policy does without collateral.",
	       MEMBERS, ITEMS("qe_identity.missing=yes"), POLICY("\"allow_no_collateral\": true")),
	REFUSE("policy-no-collateral-out-of-date", TCB,
	       "The policy does without collateral; what there is says that the platform is out of date.",
	       MEMBERS, ITEMS(OLD), POLICY("\"allow_no_collateral\": true"), BECAUSE(STATUS)),
	REFUSE("policy-no-collateral-malformed", FORMAT,
	       "The policy does without collateral; there is TCB info, and it is malformed.", MEMBERS,
	       ITEMS("tcb_info.version=9"), POLICY("\"allow_no_collateral\": true"),
	       BECAUSE("collateral-unusable")),
	ACCEPT("policy-no-crl", "There is no CRL, and the policy does without.", MEMBERS,
	       ITEMS("pck_crl.missing=yes", "root_crl.missing=yes"),
	       POLICY("\"allow_no_collateral\": true")),
	REFUSE("policy-no-crl-but-required", REVOCATION,
	       "There is no CRL; the policy does without other collateral, and requires CRLs.", MEMBERS,
	       ITEMS("pck_crl.missing=yes", "root_crl.missing=yes"),
	       POLICY("\"allow_no_collateral\": true, \"require_crl\": true"), BECAUSE("crl-missing")),
};

static const struct cases_row scope[] = {
	ACCEPT("policy-tees-tdx", "The policy is for TDX.", SCOPE, POLICY("\"tees\": \"tdx\"")),
	ACCEPT("policy-tees-both", "The policy is for both TEEs, and has members of both.", SCOPE,
	       POLICY("\"tees\": [\"sev-snp\", \"tdx\"], \"allow_smt\": false, \"sgx_type\": 1")),
	REFUSE("policy-tees-sev-snp", IDENTITY, "The policy is for SEV-SNP only.", SCOPE,
	       POLICY("\"tees\": \"sev-snp\""), BECAUSE("tee-not-allowed")),
	REFUSE("policy-member-of-sev-snp", IDENTITY,
	       "The policy has a member of SEV-SNP and does not name TDX.", SCOPE,
	       POLICY("\"allow_smt\": false"), BECAUSE("policy-scope")),
	REFUSE("policy-event-log", IDENTITY, "The policy requires an event log, and there is none.",
	       MEMBERS, POLICY("\"require_event_log\": true"), BECAUSE("event-log-missing")),
	REFUSE("policy-secure-boot", IDENTITY,
	       "The policy requires Secure Boot, and there is no event log.", MEMBERS,
	       POLICY("\"require_secure_boot\": true"), BECAUSE("event-log-missing")),
	REFUSE("policy-kernel-cmdline", IDENTITY,
	       "The policy names a kernel command line, and there is no event log.", MEMBERS,
	       POLICY("\"kernel_cmdline\": \"console=ttyS0\""), BECAUSE("event-log-missing")),
	REFUSE("policy-event-digests", IDENTITY,
	       "The policy names digests of events, and there is no event log.", MEMBERS,
	       POLICY("\"event_digests\": { \"EV_SEPARATOR\": \"" ZEROS_48 "\" }"),
	       BECAUSE("event-log-missing")),
	REFUSE("vendor-roots", CHAIN, "Nothing is wrong, but the verifier trusts no root except Intel's.",
	       PROFILE "SGX Root CA", BUG("V16"), .vendor_roots = true, BECAUSE("root-not-trusted")),
};
/* clang-format on */

/* What a policy names, and how the evidence is to it. */
enum relation { MET, MISSED, OF_SEVERAL, MET_IN_V5, N_RELATIONS };
static const struct {
	const char *id, *words;
} relations[N_RELATIONS] = {
	[MET] = { "", "is exactly the value that the policy names" },
	[MISSED] = { "-missed", "differs in its last bit from the value that the policy names" },
	[OF_SEVERAL] = { "-of-several", "is the second of two values that the policy names" },
	[MET_IN_V5] = { "-v5", "in a quote of version 5 is exactly the value that the policy names" },
};

static int add_field(struct cases_builder *b, size_t i, enum relation relation)
{
	const char *member = fields[i].member;
	struct cases_row row = ACCEPT("field", NULL, MEMBERS);
	const char *other = cases_text(b, "%.*s0", (int)(2 * fields[i].size - 1), ONES_64_BYTES);
	const char *same = cases_text(b, "%.*s1", (int)(2 * fields[i].size - 1), ONES_64_BYTES);

	row.id = cases_text(b, "tdx-policy-%s%s", fields[i].id, relations[relation].id);
	row.what = cases_text(b, "%s %s.", fields[i].name, relations[relation].words);
	row.generation = fields[i].generation;
	row.items[0] = fields[i].item;
	row.policy = cases_text(b, "\"%s\": \"%s\"", member, relation == MISSED ? other : same);
	if (relation == OF_SEVERAL)
		row.policy = cases_text(b, "\"%s\": [\"%s\", \"%s\"]", member, other, same);
	if (relation == MET_IN_V5) {
		row.bug = "V19";
		row.items[1] = "quote.version=5";
		row.items[2] = "quote.body_type=3";
	}
	if (relation == MISSED) {
		row.verdict = CASES_REFUSED;
		row.class = CASES_IDENTITY;
		row.reasons[0] = fields[i].reason;
	}
	return cases_add(b, &row, 1);
}

int cases_add_tdx_policy(struct cases_builder *b)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		for (enum relation k = 0; r == 0 && k < N_RELATIONS; k++)
			if (k != MET_IN_V5 || FIELDS_V5(i))
				r = add_field(b, i, k);
	if (r == 0)
		r = cases_add(b, values, ARRAY_SIZE(values));
	if (r == 0)
		r = cases_add(b, tcb, ARRAY_SIZE(tcb));
	return r < 0 ? r : cases_add(b, scope, ARRAY_SIZE(scope));
}
