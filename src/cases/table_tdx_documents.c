/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/cleanup.h"
#include "cases/table_tdx.h"

/* TCB info and QE identity as documents: signatures, dates, what platform and enclave they are for. */
/* clang-format off */
enum { INFO, IDENTITY, N_DOCUMENTS };
static const struct {
	const char *part, *id, *name, *spec;
} documents[N_DOCUMENTS] = {
	[INFO] = { "tcb_info", "tcb-info", "TCB info", PCS "TCB info of TDX" },
	[IDENTITY] = { "qe_identity", "qe-identity", "QE identity", PCS "QE identity" },
};

#define EACH(suffix) { "tcb-info-" suffix, "qe-identity-" suffix }
#define UNUSABLE { "collateral-unusable", "collateral-unusable" }
#define GOOD_BOTH { NULL, NULL }
static const struct rule {
	const char *id, *what, *item; /* item: "damage" or "unsigned", or a member and its value */
	const char *bug;
	enum cases_class class;
	const char *reasons[N_DOCUMENTS];
} rules[] = {
	{ "last-second", "is due for its next update this second.", "nextUpdate=\"2026-07-01T00:00:00Z\"",
	  NULL, CASES_GOOD, GOOD_BOTH },
	{ "expired", "was due for its next update a second ago.", "nextUpdate=\"2026-06-30T23:59:59Z\"",
	  "V13, DCAP #230", CASES_VALIDITY, EACH("expired") },
	{ "first-second", "was issued this second.", "issueDate=\"2026-07-01T00:00:00Z\"", NULL, CASES_GOOD,
	  GOOD_BOTH },
	{ "not-yet-valid", "will be issued in a second.", "issueDate=\"2026-07-01T00:00:01Z\"", "V13",
	  CASES_VALIDITY, EACH("not-yet-valid") },
	{ "signature-flipped", "has one bit of its signature changed.", "damage", "V1, CVE-2026-22696",
	  CASES_SIGNATURE, EACH("signature") },
	{ "signature-zero", "has a signature of zeros.", "unsigned signature=x00", "V1, CVE-2026-22696",
	  CASES_SIGNATURE, EACH("signature") },
	{ "signed-by-other", "is signed with a key that has no certificate.", "signed_by=other",
	  "V1, CVE-2026-22696", CASES_SIGNATURE, EACH("signature") },
	{ "signed-by-root", "is signed by the root itself.", "signed_by=root", "V18", CASES_SIGNATURE,
	  EACH("signature") },
	{ "signed-by-pck-ca", "is signed by the Platform CA.", "signed_by=pck_ca", "V18", CASES_SIGNATURE,
	  EACH("signature") },
	{ "changed", "was changed after it was signed: the evaluation number is 21.",
	  "unsigned tcbEvaluationDataNumber=21", "V1, CVE-2026-22696", CASES_SIGNATURE, EACH("signature") },
	{ "unknown-member", "has a further member, which is signed with the rest.",
	  "future={\"a\":[1,true,null]}", NULL, CASES_GOOD, GOOD_BOTH },
	{ "missing", "is missing.", "missing=yes", NULL, CASES_TCB, { "collateral-missing",
	  "collateral-missing" } },
	{ "version-newer", "is of version 9, which no specification defines.", "version=9", NULL,
	  CASES_FORMAT, UNUSABLE },
	{ "version-1", "is of version 1, which TDX never had.", "version=1", NULL, CASES_FORMAT, UNUSABLE },
	{ "version-text", "has a version that is a string.", "version=\"3\"", "V12", CASES_FORMAT, UNUSABLE
	  },
	{ "no-next-update", "has no nextUpdate.", "nextUpdate=absent", NULL, CASES_FORMAT, UNUSABLE },
	{ "date-invalid", "was issued on 30 February.", "issueDate=\"2026-02-30T00:00:00Z\"", NULL,
	  CASES_FORMAT, UNUSABLE },
	{ "levels-text", "has a string in place of its TCB levels.", "tcbLevels=\"UpToDate\"", "V12",
	  CASES_FORMAT, UNUSABLE },
	{ "levels-absent", "has no TCB levels member.", "tcbLevels=absent", "V12", CASES_FORMAT, UNUSABLE },
	{ "levels-empty", "has an empty list of TCB levels.", "tcbLevels=[]", NULL, CASES_TCB, {
	  UNSUPPORTED, UNSUPPORTED } },
};

#define INFO_SPEC PCS "TCB info of TDX"
#define QE_SPEC   PCS "QE identity"
static const struct cases_row info[] = {
	REFUSE("collateral-nowhere", TCB,
	       "There is no collateral: no documents, no CRLs, no issuer chains.", INFO_SPEC, BUG("V6"),
	       ITEMS("tcb_info.missing=yes", "qe_identity.missing=yes", "pck_crl.missing=yes",
		     "root_crl.missing=yes", "tcb_info.chain=", "qe_identity.chain=", "pck_crl.chain="),
	       BECAUSE("collateral-missing")),
	REFUSE("tcb-info-sgx", BINDING, "The TCB info is that of SGX for the same platform.", INFO_SPEC,
	       BUG("V14"), ITEMS("tcb_info.id=\"SGX\""), BECAUSE("tcb-info-id",
		     "tdx-module-identities-missing")),
	REFUSE("tcb-info-id-lower-case", BINDING, "The id of the TCB info is in lower case.", INFO_SPEC,
	       ITEMS("tcb_info.id=\"tdx\""), BECAUSE("tcb-info-id", "tdx-module-identities-missing")),
	REFUSE("tcb-type-1", BINDING, "The TCB type is 1, for which no rule of comparison is defined.",
	       INFO_SPEC, ITEMS("tcb_info.tcbType=1"), BECAUSE("tcb-info-type")),
	REFUSE("fmspc-other", BINDING, "The TCB info is for another FMSPC: it differs in the last digit.",
	       INFO_SPEC, ITEMS("tcb_info.fmspc=\"544553540001\""), BECAUSE("tcb-info-fmspc-mismatch")),
	REFUSE("fmspc-of-certificate", BINDING,
	       "The FMSPC of the PCK certificate is not that of the TCB info.", INFO_SPEC,
	       ITEMS("pck.sgx.fmspc=00906ed50000"), BECAUSE("tcb-info-fmspc-mismatch")),
	REFUSE("fmspc-reversed", BINDING, "The FMSPC of the TCB info has its bytes in reverse order.",
	       INFO_SPEC, ITEMS("tcb_info.fmspc=\"000054534554\""), BECAUSE("tcb-info-fmspc-mismatch")),
	REFUSE("pceid-other", BINDING, "The TCB info is for another PCE.", INFO_SPEC, BUG("V23"),
	       ITEMS("tcb_info.pceId=\"0001\""), BECAUSE("tcb-info-pceid-mismatch")),
	REFUSE("pceid-of-certificate", BINDING,
	       "The PCEID of the PCK certificate is not that of the TCB info.", INFO_SPEC, BUG("V23"),
	       ITEMS("pck.sgx.pceid=0100"), BECAUSE("tcb-info-pceid-mismatch")),
	ACCEPT("fmspc-mixed-case", "The FMSPC of the TCB info is in mixed case.", INFO_SPEC, BUG("V14"),
	       ITEMS("platform.fmspc=b0c06f000000", "tcb_info.fmspc=\"B0c06F000000\"")),
	ACCEPT("fmspc-lower-case", "The FMSPC of the TCB info is in lower case.", INFO_SPEC, BUG("V14"),
	       ITEMS("platform.fmspc=b0c06f000000", "tcb_info.fmspc=\"b0c06f000000\"")),
	ACCEPT("pceid-not-zero", "The PCEID of certificate and TCB info is not zero.", INFO_SPEC,
	       ITEMS("platform.pceid=0102")),
	EITHER("evaluation-number-21", TCB,
	       "TCB info is early (evaluation number 21), QE identity standard (20).", PCS "update=early",
	       ITEMS("tcb_info.tcbEvaluationDataNumber=21")),
	ACCEPT("evaluation-number-large", "The evaluation numbers are 4294967295.", INFO_SPEC,
	       ITEMS("tcb_info.tcbEvaluationDataNumber=4294967295",
		     "qe_identity.tcbEvaluationDataNumber=4294967295")),
	ACCEPT("evaluation-number-zero", "The evaluation numbers are 0, and no policy asks for more.",
	       INFO_SPEC, ITEMS("tcb_info.tcbEvaluationDataNumber=0",
		     "qe_identity.tcbEvaluationDataNumber=0")),
	ACCEPT("tcb-info-id-last", "The id of the TCB info is its last member.", INFO_SPEC, BUG("V14"),
	       ITEMS("tcb_info.id=absent", "tcb_info.id=\"TDX\"")),
	ACCEPT("tcb-info-next-update-9999", "The next update of the TCB info is due in the year 9999.",
	       INFO_SPEC, ITEMS("tcb_info.nextUpdate=\"9999-12-31T23:59:59Z\"")),
	ACCEPT("module-identities-of-others", "The TCB info has identities of further TDX modules.",
	       INFO_SPEC, ITEMS("tcb_info.tdxModuleIdentities[+]=@tdxModuleIdentities[0]",
		     "tcb_info.tdxModuleIdentities[1].id=\"TDX_07\"",
		     "tcb_info.tdxModuleIdentities[+0]=@tdxModuleIdentities[0]",
		     "tcb_info.tdxModuleIdentities[0].id=\"TDX_03\"")),
	REFUSE("early-tcb-info-out-of-date", TCB,
	       "By early TCB info the platform is out of date, which the standard one does not say yet.",
	       PCS "update=early", ITEMS("tcb_info.tcbEvaluationDataNumber=21",
		     "tcb_info.tcbLevels[0].tcb.pcesvn=14"), BECAUSE(STATUS)),
	EITHER("tcb-info-spaced", SIGNATURE,
	       "The TCB info has white space between its members, and the signature covers it.", INFO_SPEC,
	       BUG("V14, attestation-rs #26"), ITEMS("tcb_info.spaced=yes")),
	REFUSE("tcb-info-trailing", FORMAT, "Text follows the TCB info.", INFO_SPEC, BUG("V12"),
	       ITEMS("tcb_info.trailing=7b7d"), BECAUSE("collateral-missing")),
	EITHER("tcb-info-member-twice", FORMAT,
	       "The TCB info, as signed, has tcbEvaluationDataNumber twice.", INFO_SPEC, BUG("V12"),
	       ITEMS("tcb_info.appended=,\"tcbEvaluationDataNumber\":99"), BECAUSE("collateral-missing")),
	EITHER("tcb-info-nested-deep", FORMAT, "The TCB info, as signed, has an array in 40 arrays.",
	       INFO_SPEC, BUG("V12, QVL dcd4210"),
	       ITEMS("tcb_info.appended=,\"deep\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
		     "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"), BECAUSE("collateral-missing")),
	EITHER("tcb-info-spaces", SIGNATURE, "White space was added between the members of the TCB info.",
	       INFO_SPEC, BUG("V14, attestation-rs #26"), ITEMS("unsigned tcb_info.spaced=yes"),
	       BECAUSE("tcb-info-signature")),
	EITHER("qe-identity-spaces", SIGNATURE,
	       "White space was added between the members of the QE identity.", QE_SPEC,
	       BUG("V14, attestation-rs #26"), ITEMS("unsigned qe_identity.spaced=yes"),
	       BECAUSE("qe-identity-signature")),
};

static const struct cases_row identity[] = {
	EITHER("qe-identity-spaced", SIGNATURE,
	       "The QE identity has white space between its members, and the signature covers it.", QE_SPEC,
	       BUG("V14, attestation-rs #26"), ITEMS("qe_identity.spaced=yes")),
	REFUSE("identity-of-sgx-qe", IDENTITY, "The identity is that of the quoting enclave for SGX.",
	       QE_SPEC, BUG("V14"), ITEMS("qe_identity.id=\"QE\""), BECAUSE("qe-identity-id")),
	REFUSE("identity-of-qve", IDENTITY, "The identity is that of the quote verification enclave.",
	       QE_SPEC, BUG("V14"), ITEMS("qe_identity.id=\"QVE\""), BECAUSE("qe-identity-id")),
	REFUSE("qe-mrsigner", IDENTITY, "MRSIGNER of the QE, as signed, is not that of the identity.",
	       QE_SPEC, BUG("V1, V6, CVE-2026-22696"), ITEMS("qe_report.mrsigner=x11"),
	       BECAUSE("qe-mrsigner-mismatch")),
	REFUSE("qe-identity-mrsigner", IDENTITY, "MRSIGNER of the QE identity is that of another enclave.",
	       QE_SPEC, BUG("V1, V6, CVE-2026-22696"), ITEMS("qe_identity.mrsigner=\"" ONES_32 "\""),
	       BECAUSE("qe-mrsigner-mismatch")),
	REFUSE("qe-isvprodid-sgx", IDENTITY, "The isvprodid of the QE is 1, that of the QE for SGX.",
	       QE_SPEC, BUG("V1, V6, CVE-2026-22696"), ITEMS("qe_report.isv_prod_id=1"),
	       BECAUSE("qe-isvprodid-mismatch")),
	REFUSE("qe-isvprodid-higher", IDENTITY, "The isvprodid of the QE is 3: it is no minimum.", QE_SPEC,
	       BUG("V6"), ITEMS("qe_report.isv_prod_id=3"), BECAUSE("qe-isvprodid-mismatch")),
	REFUSE("qe-miscselect", IDENTITY, "MISCSELECT of the QE has a bit that its identity does not have.",
	       QE_SPEC, BUG("V6"), ITEMS("qe_report.miscselect=1"), BECAUSE("qe-miscselect-mismatch")),
	REFUSE("qe-miscselect-missing", IDENTITY, "MISCSELECT of the QE lacks a bit of the identity.",
	       QE_SPEC, BUG("V6"), ITEMS("qe_identity.miscselect=\"80000000\""),
	       BECAUSE("qe-miscselect-mismatch")),
	REFUSE("qe-debug", STATE, "The quoting enclave runs in debug mode.", QE_SPEC, BUG("V6"),
	       ITEMS("qe_report.attributes=0x17"), BECAUSE("qe-debug", "qe-attributes-mismatch")),
	REFUSE("qe-debug-unmasked", STATE,
	       "The QE runs in debug mode, and the mask of its identity is zero.", QE_SPEC,
	       ITEMS("qe_report.attributes=0x17", "qe_identity.attributesMask=\"" ZEROS_16 "\"",
		     "qe_identity.attributes=\"" ZEROS_16 "\""), BECAUSE("qe-debug")),
	REFUSE("qe-attributes-kss", IDENTITY,
	       "The QE has key separation (KSS), which its identity does not have.", QE_SPEC, BUG("V6"),
	       ITEMS("qe_report.attributes=0x95"), BECAUSE("qe-attributes-mismatch")),
	REFUSE("qe-attributes-missing", IDENTITY, "The QE has no PROVISIONKEY, which its identity has.",
	       QE_SPEC, BUG("V6"), ITEMS("qe_report.attributes=0x05"), BECAUSE("qe-attributes-mismatch")),
	REFUSE("qe-xfrm-masked", IDENTITY,
	       "The mask of the identity covers XFRM, and the QE has other bits.", QE_SPEC,
	       ITEMS("qe_identity.attributesMask=\"FBFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF\"",
		     "qe_identity.attributes=\"11000000000000000300000000000000\""),
	       BECAUSE("qe-attributes-mismatch")),
	REFUSE("qe-attributes-outside-mask", IDENTITY,
	       "The identity requires an attribute that its own mask leaves out: no enclave matches it.",
	       QE_SPEC, ITEMS("qe_identity.attributes=\"15000000000000000000000000000000\""),
	       BECAUSE("qe-attributes-mismatch")),
	ACCEPT("qe-identity-id-last", "The id of the QE identity is its last member.", QE_SPEC, BUG("V14"),
	       ITEMS("qe_identity.id=absent", "qe_identity.id=\"TD_QE\"")),
	ACCEPT("qe-identity-mask-lower-case", "The masks of the QE identity are in lower case.", QE_SPEC,
	       ITEMS("qe_identity.miscselectMask=\"ffffffff\"",
		     "qe_identity.attributesMask=\"fbffffffffffffff0000000000000000\"")),
	ACCEPT("qe-attributes-mode64bit-clear", "MODE64BIT of the QE is clear: the mask leaves it out.",
	       QE_SPEC, ITEMS("qe_report.attributes=0x11")),
	ACCEPT("qe-xfrm-any", "XFRM of the QE is all ones: the mask leaves it out.", QE_SPEC,
	       ITEMS("qe_report.xfrm=0xffffffffffffffff")),
	ACCEPT("qe-xfrm-masked-equal", "The mask of the identity covers XFRM, which is equal.", QE_SPEC,
	       ITEMS("qe_identity.attributesMask=\"FBFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF\"",
		     "qe_identity.attributes=\"1100000000000000E700000000000000\"")),
	ACCEPT("qe-miscselect-unmasked", "MISCSELECT of the QE is all ones, and the mask is zero.", QE_SPEC,
	       ITEMS("qe_report.miscselect=0xffffffff", "qe_identity.miscselectMask=\"00000000\"")),
	ACCEPT("qe-mrsigner-lower-case", "MRSIGNER of the QE identity is in lower case.", QE_SPEC,
	       ITEMS("qe_report.mrsigner=xab", "qe_identity.mrsigner=\"abababababababababababababababab"
		     "abababababababababababababababab\"")),
	ACCEPT("qe-isvprodid-by-identity", "The identity and the QE agree on isvprodid 9.", QE_SPEC,
	       ITEMS("qe_report.isv_prod_id=9", "qe_identity.isvprodid=9")),
};
/* clang-format on */

static const char *item_of(struct cases_builder *b, const char *part, const char *item)
{
	if (strcmp(item, "damage") == 0)
		return cases_text(b, "damage %s.signature", part);
	if (strncmp(item, "unsigned ", 9) == 0)
		return cases_text(b, "unsigned %s.%s", part, item + 9);
	return cases_text(b, "%s.%s", part, item);
}

static int add_rule(struct cases_builder *b, const struct rule *rule, unsigned which)
{
	struct cases_row row = ACCEPT("rule", NULL, documents[which].spec, BUG(rule->bug));

	row.id = cases_text(b, "tdx-%s-%s", documents[which].id, rule->id);
	row.what = cases_text(b, "The %s %s", documents[which].name, rule->what);
	row.items[0] = item_of(b, documents[which].part, rule->item);
	row.reasons[0] = rule->reasons[which];
	row.class = rule->class;
	row.verdict = row.reasons[0] ? CASES_REFUSED : CASES_ACCEPTED;
	return cases_add(b, &row, 1);
}

int cases_add_tdx_documents(struct cases_builder *b)
{
	int r = cases_add(b, info, ARRAY_SIZE(info));

	if (r == 0)
		r = cases_add(b, identity, ARRAY_SIZE(identity));
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		for (unsigned which = 0; r == 0 && which < N_DOCUMENTS; which++)
			r = add_rule(b, &rules[i], which);
	return r;
}
