/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "cases/table_tdx.h"

/* Revocation: the CRLs of the root and of the PCK CA, and what they list. */
/* clang-format off */
#define CRLS .needs_crl = true

static const struct cases_row rows[] = {
	REFUSE("pck-revoked", REVOCATION, "The PCK certificate is revoked by its CA.", RFC5280 "5.3",
	       BUG("V21, attestation-go #23"), CRLS, ITEMS("pck_crl.revoked=pck"), BECAUSE("leaf-revoked")),
	REFUSE("pck-ca-revoked", REVOCATION, "The Platform CA is revoked by the root.", RFC5280 "5.3",
	       BUG("V21"), CRLS, ITEMS("root_crl.revoked=pck_ca"), BECAUSE("intermediate-revoked")),
	REFUSE("tcb-signing-revoked", REVOCATION, "TCB Signing is revoked by the root.", RFC5280 "5.3",
	       BUG("V21"), CRLS, ITEMS("root_crl.revoked=tcb_signing"), BECAUSE("tcb-signer-revoked")),
	REFUSE("all-revoked", REVOCATION, "PCK certificate, Platform CA and TCB Signing are revoked.",
	       RFC5280 "5.3", CRLS, ITEMS("pck_crl.revoked=pck", "root_crl.revoked=pck_ca,tcb_signing"),
	       BECAUSE("intermediate-revoked", "leaf-revoked", "tcb-signer-revoked")),
	REFUSE("pck-revoked-last-of-list", REVOCATION,
	       "The PCK certificate is the last of several that its CA revoked.", RFC5280 "5.3", CRLS,
	       ITEMS("pck_crl.revoked=01,02,0300000000000000000000000000000000000000,pck"),
	       BECAUSE("leaf-revoked")),
	REFUSE("pck-revoked-stale-crl", REVOCATION,
	       "The PCK certificate is revoked by a CRL that is stale.", RFC5280 "5.3", CRLS,
	       ITEMS("pck_crl.revoked=pck", "pck_crl.next_update=at-1s"), BECAUSE("leaf-revoked",
		     "crl-stale")),
	ACCEPT("others-revoked", "The CRLs list other serial numbers.", RFC5280 "5.3", CRLS,
	       ITEMS("pck_crl.revoked=01,02,03", "root_crl.revoked=04")),
	ACCEPT("root-crl-lists-pck",
	       "The root's CRL has the serial number of the PCK certificate: another issuer.", RFC5280
	       "5.3", CRLS, ITEMS("root_crl.revoked=pck")),
	ACCEPT("pck-crl-lists-ca",
	       "The Platform CA's CRL has its own serial number, which the root assigned.", RFC5280 "5.3",
	       CRLS, ITEMS("pck_crl.revoked=pck_ca")),
	ACCEPT("crl-number-large", "The CRL numbers have 20 bytes.", RFC5280 "5.2.3", CRLS,
	       ITEMS("pck_crl.number=7fffffffffffffffffffffffffffffffffffffff")),
	ACCEPT("crl-entry-reason", "An entry of the CRL, of another certificate, has a reason.", RFC5280
	       "5.3.1", CRLS, ITEMS("pck_crl.revoked=01", "pck_crl.entry.2.5.29.21=0a0101")),
	EITHER("crl-revoked-in-future", REVOCATION, "The CRL has a date of revocation that is a day ahead.",
	       RFC5280 "5.3", CRLS, ITEMS("pck_crl.revoked=pck", "pck_crl.revoked_at=at+1d"),
	       BECAUSE("leaf-revoked")),
	REFUSE("crl-version-1", REVOCATION, "The CRL is of version 1, with extensions.", RFC5280 "5.1.2.1",
	       CRLS, ITEMS("pck_crl.version=0"), BECAUSE("crl-missing")),
	REFUSE("crl-trailing", REVOCATION, "A byte follows the CRL of the PCK CA.", RFC5280 "5.1", CRLS,
	       ITEMS("pck_crl.trailing=00"), BECAUSE("crl-missing")),
	REFUSE("crl-of-processor-ca", REVOCATION,
	       "The CRL of the PCK CA is that of the Processor CA by its name.", PROFILE "CRL", CRLS,
	       ITEMS("pck_crl.issuer=Intel SGX PCK Processor CA"), BECAUSE("crl-missing")),
	REFUSE("pck-crl-signed-by-root", REVOCATION, "The CRL of the Platform CA is signed by the root.",
	       RFC5280 "6.3.3", CRLS, ITEMS("pck_crl.signed_by=root"), BECAUSE("crl-signature")),
	REFUSE("crl-entry-critical", REVOCATION,
	       "An entry of the CRL has a critical extension that no specification defines.", RFC5280 "5.3",
	       CRLS, ITEMS("pck_crl.revoked=01", "pck_crl.entry.1.3.6.1.4.1.99999.1=0500",
		     "pck_crl.entry_critical.1.3.6.1.4.1.99999.1=yes"), BECAUSE("crl-critical-extension")),
	ACCEPT("crl-number-zero", "The CRL number is 0.", RFC5280 "5.2.3", CRLS,
	       ITEMS("pck_crl.number=00")),
};

static const struct {
	const char *part, *id, *name, *reason;
} crls[] = {
	{ "pck_crl", "pck-crl", "CRL of the Platform CA", "leaf" },
	{ "root_crl", "root-crl", "CRL of the root", "intermediate" },
};

static const struct rule {
	const char *id, *what, *items[2], *spec, *bug, *reason;
	enum cases_class class;
} rules[] = {
	{ "missing", "is missing.", { "missing=yes" }, PROFILE "CRL", NULL, "crl-missing", CASES_REVOCATION
	  },
	{ "last-second", "is due for its next update this second.", { "next_update=at" }, RFC5280 "5.1.2.5",
	  NULL, NULL, CASES_GOOD },
	{ "stale", "was due for its next update a second ago.", { "next_update=at-1s" }, RFC5280 "5.1.2.5",
	  "V13", "crl-stale", CASES_VALIDITY },
	{ "first-second", "was issued this second.", { "this_update=at" }, RFC5280 "5.1.2.4", NULL, NULL,
	  CASES_GOOD },
	{ "not-yet-valid", "will be issued in a second.", { "this_update=at+1s" }, RFC5280 "5.1.2.4", "V13",
	  "crl-not-yet-valid", CASES_VALIDITY },
	{ "extensions-reversed", "has its extensions in reverse order.", { "extensions=reversed" }, RFC5280
	  "5.2", NULL, NULL, CASES_GOOD },
	{ "unknown-extension", "has a further extension that is not critical.", {
	  "extension.1.3.6.1.4.1.99999.1=0500" }, RFC5280 "5.2", NULL, NULL, CASES_GOOD },
	{ "no-next-update", "has no time of the next update.", { "next_update=absent" }, RFC5280 "5.1.2.5",
	  NULL, "crl-stale", CASES_VALIDITY },
	{ "signed-by-other", "is signed by another CA of the same name.", { "signed_by=other" }, RFC5280
	  "6.3.3", NULL, "crl-signature", CASES_REVOCATION },
	{ "signature-flipped", "has one bit of its signature changed.", { NULL }, RFC5280 "6.3.3", NULL,
	  "crl-signature", CASES_REVOCATION },
	{ "other-issuer", "names another issuer.", { "issuer=Intel SGX Another CA" }, RFC5280 "5.1.2.3",
	  NULL, "crl-missing", CASES_REVOCATION },
	{ "critical-extension", "has a critical extension that no specification defines.", {
	  "extension.1.3.6.1.4.1.99999.1=0500", "critical.1.3.6.1.4.1.99999.1=yes" }, RFC5280 "5.2", NULL,
	  "crl-critical-extension", CASES_REVOCATION },
};

/* RFC 5280 requires issuers to have them, and no relying party to look for them. */
static const struct rule open_rules[] = {
	{ "no-number", "has no CRL number.", { "extension.2.5.29.20=absent" }, PROFILE "CRL", NULL,
	  "crl-profile", CASES_REVOCATION },
	{ "no-authority-key-id", "has no authority key identifier.", { "extension.2.5.29.35=absent" },
	  PROFILE "CRL", NULL, "crl-profile", CASES_REVOCATION },
};
/* clang-format on */

static int add_rule(struct cases_builder *b, const struct rule *rule, unsigned which, enum cases_verdict bad)
{
	struct cases_row row = ACCEPT("rule", NULL, rule->spec, BUG(rule->bug), CRLS);

	row.id = cases_text(b, "tdx-%s-%s", crls[which].id, rule->id);
	row.what = cases_text(b, "The %s %s", crls[which].name, rule->what);
	row.items[0] = cases_text(b, "damage %s.signature", crls[which].part);
	for (size_t i = 0; i < ARRAY_SIZE(rule->items) && rule->items[i]; i++)
		row.items[i] = cases_text(b, "%s.%s", crls[which].part, rule->items[i]);
	row.reasons[0] = rule->reason;
	row.class = rule->class;
	row.verdict = rule->reason ? bad : CASES_ACCEPTED;
	return cases_add(b, &row, 1);
}

int cases_add_tdx_crls(struct cases_builder *b)
{
	int r = cases_add(b, rows, ARRAY_SIZE(rows));

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		for (unsigned which = 0; r == 0 && which < ARRAY_SIZE(crls); which++)
			r = add_rule(b, &rules[i], which, CASES_REFUSED);
	for (size_t i = 0; i < ARRAY_SIZE(open_rules); i++)
		for (unsigned which = 0; r == 0 && which < ARRAY_SIZE(crls); which++)
			r = add_rule(b, &open_rules[i], which, CASES_EITHER);
	return r;
}
