/* SPDX-License-Identifier: MIT */
#include "base/cleanup.h"
#include "cases/table_tdx.h"

/* Certificates: validity, extensions, names, issuers, and what those of a PCK say of its platform. */
/* clang-format off */
enum { LEAF, CA, ROOT, SIGNER, N_CERTS };

static const struct {
	const char *part, *id, *name, *spec;
} certs[N_CERTS] = {
	[LEAF] = { "pck", "pck", "PCK certificate", PROFILE "PCK certificate" },
	[CA] = { "pck_ca", "pck-ca", "PCK Platform CA", PROFILE "PCK Platform CA" },
	[ROOT] = { "root", "root", "Intel SGX Root CA", PROFILE "SGX Root CA" },
	[SIGNER] = { "tcb_signing", "tcb-signing", "TCB Signing certificate", PROFILE "TCB Signing" },
};

#define SAME(suffix) { "leaf-" suffix, "intermediate-" suffix, "root-" suffix, "tcb-signer-" suffix }
#define GOOD_ALL { NULL, NULL, NULL, NULL }
/* What may be said of each of them. No reason: accepted. */
static const struct rule {
	const char *id, *what, *items[2], *spec, *bug;
	enum cases_class class;
	const char *reasons[N_CERTS];
} rules[] = {
	{ "last-second", "expires this second: it is still valid.", { "not_after=at" }, RFC5280 "4.1.2.5",
	  NULL, CASES_GOOD, GOOD_ALL },
	{ "expired", "expired a second ago.", { "not_after=at-1s" }, RFC5280 "4.1.2.5", "V13",
	  CASES_VALIDITY, SAME("expired") },
	{ "first-second", "is valid from this second on.", { "not_before=at" }, RFC5280 "4.1.2.5", NULL,
	  CASES_GOOD, GOOD_ALL },
	{ "not-yet-valid", "becomes valid in a second.", { "not_before=at+1s" }, RFC5280 "4.1.2.5", "V13",
	  CASES_VALIDITY, SAME("not-yet-valid") },
	{ "critical-extension", "has a critical extension that no specification defines.", {
	  "extension.1.3.6.1.4.1.99999.1=0500", "critical.1.3.6.1.4.1.99999.1=yes" }, RFC5280 "4.2", NULL,
	  CASES_CHAIN, SAME("critical-extension") },
	{ "unknown-extension", "has a further extension that is not critical.", {
	  "extension.1.3.6.1.4.1.99999.1=0500" }, RFC5280 "4.2", NULL, CASES_GOOD, GOOD_ALL },
	{ "extensions-reversed", "has its extensions in reverse order.", { "extensions=reversed" }, RFC5280
	  "4.2", NULL, CASES_GOOD, GOOD_ALL },
	{ "serial-20-bytes", "has a serial number of 20 bytes.", {
	  "serial=7fffffffffffffffffffffffffffffffffffffff" }, RFC5280 "4.1.2.2", NULL, CASES_GOOD, GOOD_ALL
	  },
};

/* Intel's profile has them, and RFC 5280 requires no relying party to look for them. */
static const struct rule open_rules[] = {
	{ "no-crl-points", "has no CRL distribution points.", { "extension.2.5.29.31=absent" }, NULL, NULL,
	  CASES_CHAIN, SAME("profile") },
	{ "no-subject-key-id", "has no subject key identifier.", { "extension.2.5.29.14=absent" }, NULL,
	  NULL, CASES_CHAIN, SAME("profile") },
	{ "no-authority-key-id", "has no authority key identifier.", { "extension.2.5.29.35=absent" }, NULL,
	  NULL, CASES_CHAIN, SAME("profile") },
};

/* SubjectPublicKeyInfo of Intel's SGX root: anybody can put it into a certificate. */
#define INTEL_SPKI "3059301306072a8648ce3d020106082a8648ce3d030107034200040ba9c4c0c0c86193" \
	"a3fe23d6b02cda10a8bbd4e88e48b4458561a36e705525f567918e2edc88e40d860bd0cc4ee26aacc988e505a953558c" \
	"453f6b0904ae7394"

static const struct cases_row chain[] = {
	ACCEPT("pck-ca-processor", "The PCK certificate was issued by the PCK Processor CA.", PROFILE
	       "PCK Processor CA", ITEMS("pck.issuer=Intel SGX PCK Processor CA",
		     "pck_ca.subject=Intel SGX PCK Processor CA",
		     "pck_crl.issuer=Intel SGX PCK Processor CA", "pck.sgx.platform_instance_id=absent",
		     "pck.sgx.configuration=absent")),
	EITHER("chain-reversed", CHAIN,
	       "The chain in the quote begins with the root and ends with the PCK certificate.", QUOTE_4
	       ", PCK certificate chain", BUG("V17"), ITEMS("quote.chain=root,pck_ca,pck")),
	EITHER("chain-root-twice", CHAIN, "The chain in the quote has the root twice.", QUOTE_4
	       ", PCK certificate chain", BUG("V17"), ITEMS("quote.chain=pck,pck_ca,root,root")),
	EITHER("chain-without-root", CHAIN, "The chain in the quote has no root; the verifier has its own.",
	       QUOTE_4 ", PCK certificate chain", BUG("V17"), ITEMS("quote.chain=pck,pck_ca")),
	EITHER("chain-without-ca", CHAIN, "The chain in the quote has no CA; the collateral has it.",
	       QUOTE_4 ", PCK certificate chain", BUG("V17"), ITEMS("quote.chain=pck"), BECAUSE(NULL)),
	REFUSE("ca-nowhere", CHAIN, "Neither quote nor collateral has the certificate of the PCK CA.",
	       QUOTE_4 ", PCK certificate chain", ITEMS("quote.chain=pck,root", "pck_crl.chain=root"),
	       BECAUSE("intermediate-missing", "certificate-unrelated")),
	REFUSE("pck-issuer-name", CHAIN,
	       "The PCK certificate names the Processor CA, and the Platform CA signed it.", RFC5280
	       "6.1.3", BUG("agent-manifest #445"), ITEMS("pck.issuer=Intel SGX PCK Processor CA"),
	       BECAUSE("intermediate-missing", "certificate-unrelated")),
	REFUSE("root-nowhere", CHAIN, "No root is supplied, and neither quote nor collateral has one.",
	       PROFILE "SGX Root CA", .vendor_roots = true, ITEMS("quote.chain=pck,pck_ca",
		     "pck_crl.chain=pck_ca", "tcb_info.chain=tcb_signing", "qe_identity.chain=tcb_signing"),
	       BECAUSE("root-missing")),
	REFUSE("root-with-vendor-key", CHAIN,
	       "A root with Intel's name and public key, which Intel's key did not sign.", PROFILE
	       "SGX Root CA", BUG("V16"), .vendor_roots = true, ITEMS("root.spki=" INTEL_SPKI),
	       BECAUSE("root-signature", "intermediate-signature")),
	REFUSE("pck-ca-issuer-name-of-vendor", CHAIN,
	       "The Platform CA names another issuer than the root at hand, which is not Intel's.", RFC5280
	       "6.1.3", .vendor_roots = true, ITEMS("pck_ca.issuer=Intel SGX Another CA"),
	       BECAUSE("root-not-trusted", "intermediate-issuer", "certificate-unrelated")),
	REFUSE("chain-without-pck", CHAIN, "The chain in the quote has no PCK certificate.", QUOTE_4
	       ", PCK certificate chain", BUG("V17"), ITEMS("quote.chain=pck_ca,root"),
	       BECAUSE("certificate-malformed")),
	REFUSE("chain-two-leaves", CHAIN,
	       "The chain in the quote has a TCB Signing certificate behind the PCK certificate.", QUOTE_4
	       ", PCK certificate chain", BUG("V27"), ITEMS("quote.chain=pck,tcb_signing,pck_ca,root"),
	       BECAUSE("certificate-malformed")),
	REFUSE("tcb-signing-as-leaf", CHAIN,
	       "The TCB Signing certificate, rightly signed, is in the place of the PCK certificate.",
	       PROFILE "PCK certificate", ITEMS("quote.chain=tcb_signing,pck_ca,root"), BECAUSE("leaf-name",
		     "leaf-issuer", "leaf-extension-missing", "intermediate-name", "intermediate-profile",
		     "certificate-unrelated", "qe-report-signature")),
	REFUSE("root-other", CHAIN,
	       "The chain in the quote ends in a root of the same name with another key.", PROFILE
	       "SGX Root CA", BUG("V16"), ITEMS("root.key=other", "root.signed_by=other"),
	       BECAUSE("root-not-trusted")),
	REFUSE("root-self-signature", CHAIN,
	       "The root in the quote has the right key and a damaged signature.", PROFILE "SGX Root CA",
	       BUG("V16"), ITEMS("damage root.signature"), BECAUSE("root-signature")),
	REFUSE("pck-signed-by-root", CHAIN,
	       "The PCK certificate names the Platform CA and is signed by the root.", PROFILE
	       "PCK certificate", ITEMS("pck.signed_by=root"), BECAUSE("leaf-signature")),
	REFUSE("pck-signed-by-other", CHAIN,
	       "The PCK certificate is signed by another CA of the same name.", PROFILE "PCK certificate",
	       ITEMS("pck.signed_by=other"), BECAUSE("leaf-signature")),
	REFUSE("pck-self-signed", CHAIN, "The PCK certificate is signed with its own key.", PROFILE
	       "PCK certificate", ITEMS("pck.signed_by=self"), BECAUSE("leaf-signature")),
	REFUSE("pck-signature-flipped", CHAIN, "One bit of the PCK certificate's signature was changed.",
	       PROFILE "PCK certificate", ITEMS("damage pck.signature"), BECAUSE("leaf-signature")),
	REFUSE("pck-ca-signed-by-other", CHAIN,
	       "The Platform CA is signed by another root of the same name.", PROFILE "PCK Platform CA",
	       ITEMS("pck_ca.signed_by=other"), BECAUSE("intermediate-signature")),
	REFUSE("pck-ca-self-signed", CHAIN, "The Platform CA is signed with its own key.", PROFILE
	       "PCK Platform CA", ITEMS("pck_ca.signed_by=self"), BECAUSE("intermediate-signature")),
	REFUSE("tcb-signing-signed-by-other", CHAIN,
	       "TCB Signing is signed by another root of the same name.", PROFILE "TCB Signing",
	       ITEMS("tcb_signing.signed_by=other"), BECAUSE("tcb-signer-signature")),
	REFUSE("tcb-signing-by-platform-ca", CHAIN,
	       "TCB Signing names the root and is signed by the Platform CA.", PROFILE "TCB Signing",
	       BUG("V18"), ITEMS("tcb_signing.signed_by=pck_ca"), BECAUSE("tcb-signer-signature")),
	REFUSE("tcb-signing-below-platform-ca", CHAIN,
	       "TCB Signing was issued by the Platform CA, not by the root.", PROFILE "TCB Signing",
	       BUG("V18"), ITEMS("tcb_signing.signed_by=pck_ca",
		     "tcb_signing.issuer=Intel SGX PCK Platform CA"), BECAUSE("tcb-signer-signature")),
	REFUSE("tcb-signing-name", CHAIN,
	       "The signer of the documents, issued by the root, has another name.", PROFILE "TCB Signing",
	       BUG("V18"), ITEMS("tcb_signing.subject=Intel SGX TCB Signing 2"), BECAUSE("tcb-signer-name",
		     "tcb-info-signature", "qe-identity-signature")),
	REFUSE("tcb-signing-missing", CHAIN, "The issuer chains of the documents have no signer.", PCS
	       "TCB-Info-Issuer-Chain", ITEMS("tcb_signing.missing=yes"), BECAUSE("tcb-signer-missing")),
	REFUSE("pck-name", CHAIN, "The subject of the PCK certificate is that of another certificate.",
	       PROFILE "PCK certificate", ITEMS("pck.subject=Intel SGX Attestation"), BECAUSE("leaf-name")),
	REFUSE("pck-name-longer", CHAIN, "The subject of the PCK certificate only contains its name.",
	       PROFILE "PCK certificate", ITEMS("pck.subject=Intel SGX PCK Certificate Test"),
	       BECAUSE("leaf-name")),
	REFUSE("pck-ca-name", CHAIN, "Issuer and subject agree on a PCK CA that does not exist.", PROFILE
	       "PCK Platform CA", ITEMS("pck.issuer=Intel SGX PCK Server CA",
		     "pck_ca.subject=Intel SGX PCK Server CA"), BECAUSE("leaf-issuer", "intermediate-name",
		     "crl-missing")),
	EITHER("root-name", CHAIN, "The root has another name, and all that it issued agree.", PROFILE
	       "SGX Root CA", ITEMS("root.subject=Intel SGX Test CA", "root.issuer=Intel SGX Test CA",
		     "pck_ca.issuer=Intel SGX Test CA", "tcb_signing.issuer=Intel SGX Test CA",
		     "root_crl.issuer=Intel SGX Test CA"), BECAUSE("root-profile")),
	REFUSE("pck-ca-issuer-name", CHAIN,
	       "The Platform CA names another issuer than the root that signed it.", RFC5280 "6.1.3",
	       BUG("agent-manifest #445"), ITEMS("pck_ca.issuer=Intel SGX Another CA"),
	       BECAUSE("root-not-trusted", "certificate-unrelated")),
	EITHER("pck-ca-path-length-1", CHAIN, "The Platform CA has path length 1 instead of 0.", PROFILE
	       "PCK Platform CA", ITEMS("pck_ca.path_len=1"), BECAUSE("intermediate-profile")),
	EITHER("pck-ca-no-path-length", CHAIN, "The Platform CA has no path length.", PROFILE
	       "PCK Platform CA", ITEMS("pck_ca.path_len=absent"), BECAUSE("intermediate-profile")),
	REFUSE("pck-ca-not-ca", CHAIN, "The Platform CA is not a CA by its basic constraints.", PROFILE
	       "PCK Platform CA", BUG("agent-manifest #445"), ITEMS("pck_ca.path_len=absent",
		     "pck_ca.ca=no"), BECAUSE("certificate-malformed")),
	EITHER("pck-is-ca", CHAIN, "The PCK certificate is a CA by its basic constraints.", PROFILE
	       "PCK certificate", ITEMS("pck.ca=yes"), BECAUSE("certificate-malformed")),
	EITHER("tcb-signing-is-ca", CHAIN, "TCB Signing is a CA by its basic constraints.", PROFILE
	       "TCB Signing", ITEMS("tcb_signing.ca=yes"), BECAUSE("tcb-signer-profile")),
	REFUSE("pck-ca-may-not-sign", CHAIN, "The key usage of the Platform CA allows CRLs only.", RFC5280
	       "4.2.1.3", BUG("agent-manifest #445"), ITEMS("pck_ca.key_usage=02"),
	       BECAUSE("intermediate-profile")),
	REFUSE("root-may-not-sign", CHAIN, "The key usage of the root allows CRLs only.", RFC5280 "4.2.1.3",
	       ITEMS("root.key_usage=02"), BECAUSE("root-profile")),
	REFUSE("pck-may-not-sign", CHAIN, "The key usage of the PCK certificate is key agreement.", RFC5280
	       "4.2.1.3", ITEMS("pck.key_usage=08"), BECAUSE("leaf-profile")),
	REFUSE("tcb-signing-may-not-sign", CHAIN, "The key usage of TCB Signing is key agreement.", RFC5280
	       "4.2.1.3", ITEMS("tcb_signing.key_usage=08"), BECAUSE("tcb-signer-profile")),
	REFUSE("pck-version-1", FORMAT, "The PCK certificate is of X.509 version 1, with extensions.",
	       RFC5280 "4.1.2.1", ITEMS("pck.version=0"), BECAUSE("certificate-malformed")),
	REFUSE("pck-trailing", FORMAT, "A byte follows the PCK certificate inside of its PEM block.",
	       RFC5280 "4.1", BUG("V12"), ITEMS("pck.trailing=00"), BECAUSE("certificate-malformed")),
	EITHER("pck-no-key-usage", CHAIN, "The PCK certificate has no key usage.", PROFILE
	       "PCK certificate", ITEMS("pck.key_usage=absent"), BECAUSE("leaf-profile")),
	EITHER("tcb-signing-no-key-usage", CHAIN, "TCB Signing has no key usage.", PROFILE "TCB Signing",
	       ITEMS("tcb_signing.key_usage=absent"), BECAUSE("tcb-signer-profile")),
	EITHER("pck-ca-no-key-usage", CHAIN, "The Platform CA has no key usage.", PROFILE "PCK Platform CA",
	       ITEMS("pck_ca.key_usage=absent"), BECAUSE("intermediate-profile", "crl-signature")),
	EITHER("root-no-key-usage", CHAIN, "The root has no key usage.", PROFILE "SGX Root CA",
	       ITEMS("root.key_usage=absent"), BECAUSE("root-profile", "crl-signature")),
	REFUSE("pck-ca-may-not-sign-crls", REVOCATION,
	       "The key usage of the Platform CA allows certificates only.", RFC5280 "4.2.1.3",
	       ITEMS("pck_ca.key_usage=04"), BECAUSE("crl-signature")),
	REFUSE("root-may-not-sign-crls", REVOCATION, "The key usage of the root allows certificates only.",
	       RFC5280 "4.2.1.3", ITEMS("root.key_usage=04"), BECAUSE("crl-signature")),
	REFUSE("pck-key-p384", CHAIN, "The key of the PCK certificate is on P-384.", PROFILE
	       "PCK certificate", ITEMS("pck.key=other-p384"), BECAUSE("leaf-key", "qe-report-signature")),
	REFUSE("pck-key-rsa", CHAIN, "The key of the PCK certificate is an RSA key.", PROFILE
	       "PCK certificate", ITEMS("pck.key=other-rsa"), BECAUSE("leaf-key", "qe-report-signature")),
	REFUSE("pck-of-another-key", BINDING,
	       "The PCK certificate, by the Platform CA, is for another key.", PROFILE "PCK certificate",
	       ITEMS("pck.key=other"), BECAUSE("qe-report-signature")),
	REFUSE("tcb-signing-key-p384", CHAIN, "The key of TCB Signing is on P-384.", PROFILE "TCB Signing",
	       ITEMS("tcb_signing.key=other-p384"), BECAUSE("tcb-signer-profile", "tcb-info-signature",
		     "qe-identity-signature")),
	EITHER("pck-signed-with-sha384", CHAIN,
	       "The PCK certificate is signed with SHA-384 instead of SHA-256.", PROFILE "PCK certificate",
	       ITEMS("pck.algorithm=ecdsa-sha384"), BECAUSE("leaf-signature")),
	REFUSE("pck-algorithms-differ", FORMAT,
	       "The PCK certificate names another algorithm than its signed part.", RFC5280 "4.1.1.2",
	       ITEMS("pck.outer_algorithm=ecdsa-sha384"), BECAUSE("certificate-malformed")),
	REFUSE("pck-encoding-indefinite", FORMAT,
	       "The PCK certificate has a length of indefinite form, as in BER.", RFC5280 "4.1",
	       ITEMS("pck.encoding=indefinite"), BECAUSE("certificate-malformed")),
	REFUSE("pck-encoding-long-length", FORMAT,
	       "A length in the PCK certificate has a zero byte too many.", RFC5280 "4.1",
	       ITEMS("pck.encoding=long-length"), BECAUSE("certificate-malformed")),
	REFUSE("pck-extension-twice", FORMAT, "The PCK certificate has basic constraints twice.", RFC5280
	       "4.2", ITEMS("pck.another.2.5.29.19=3000"), BECAUSE("certificate-malformed")),
	REFUSE("pck-no-extensions", CHAIN, "The PCK certificate has no extensions.", PROFILE
	       "PCK certificate", ITEMS("pck.extensions=absent"), BECAUSE("leaf-profile",
		     "leaf-extension-missing")),
	EITHER("pck-serial-negative", FORMAT, "The serial number of the PCK certificate is negative.",
	       RFC5280 "4.1.2.2", ITEMS("pck.serial=ff"), BECAUSE("certificate-malformed")),
	REFUSE("pck-serial-long-form", FORMAT,
	       "The serial number of the PCK certificate has a zero byte too many.", RFC5280 "4.1.2.2",
	       ITEMS("pck.serial=0001"), BECAUSE("certificate-malformed")),
	EITHER("pck-time-generalized", FORMAT, "The PCK certificate ends in 2030, as GeneralizedTime.",
	       RFC5280 "4.1.2.5", ITEMS("pck.not_after=generalized:2030-01-01T00:00:00Z")),
	EITHER("pck-authority-key-id-other", CHAIN,
	       "The authority key identifier of the PCK certificate is of another.", RFC5280 "4.2.1.1",
	       ITEMS("pck.authority_key_id=other")),
	ACCEPT("pck-subject-printable", "The common name of the PCK certificate is a PrintableString.",
	       RFC5280 "4.1.2.4", ITEMS("pck.subject=printable:Intel SGX PCK Certificate")),
	ACCEPT("pck-ca-names-printable", "The name of the Platform CA is a PrintableString wherever it is.",
	       RFC5280 "4.1.2.4", ITEMS("pck_ca.subject=printable:Intel SGX PCK Platform CA",
		     "pck.issuer=printable:Intel SGX PCK Platform CA",
		     "pck_crl.issuer=printable:Intel SGX PCK Platform CA")),
	EITHER("root-path-length-2", CHAIN, "The path length of the root is 2.", RFC5280 "4.2.1.9",
	       ITEMS("root.path_len=2")),
	ACCEPT("pck-serial-small", "The serial number of the PCK certificate is 1.", RFC5280 "4.1.2.2",
	       ITEMS("pck.serial=01")),
	EITHER("root-path-length-absent", CHAIN, "The root has no path length.", RFC5280 "4.2.1.9",
	       ITEMS("root.path_len=absent")),
	ACCEPT("pck-valid-after-2049",
	       "The PCK certificate ends in 2050: GeneralizedTime instead of UTCTime.", RFC5280 "4.1.2.5",
	       ITEMS("pck.not_after=2050-01-01T00:00:00Z")),
	ACCEPT("pck-no-expiry", "The PCK certificate ends with the year 9999: it has no expiration date.",
	       RFC5280 "4.1.2.5", ITEMS("pck.not_after=9999-12-31T23:59:59Z")),
};

#define SGX PROFILE "SGX extensions of PCK certificates"
static const struct cases_row extension[] = {
	ACCEPT("sgx-type-0", "The SGX type is 0, standard.", SGX, ITEMS("pck.sgx.type=0")),
	ACCEPT("sgx-type-2", "The SGX type is 2, scalable with integrity.", SGX, ITEMS("pck.sgx.type=2")),
	ACCEPT("sgx-pcesvn-65535", "PCESVN is 65535: three bytes in DER.", SGX,
	       ITEMS("pck.sgx.pcesvn=65535")),
	ACCEPT("sgx-pcesvn-128", "PCESVN is 128: the DER INTEGER begins with a zero byte.", SGX,
	       ITEMS("pck.sgx.pcesvn=128")),
	ACCEPT("sgx-components-255", "All SGX components are 255.", SGX, ITEMS("platform.cpusvn=xff")),
	EITHER("sgx-unknown-element", CHAIN,
	       "The SGX extension has a further element with an OID of its own.", SGX,
	       ITEMS("pck.sgx.unknown=yes")),
	ACCEPT("sgx-order", "The elements of the SGX extension are in reverse order: OIDs identify them.",
	       SGX, ITEMS("pck.sgx.order=reversed")),
	REFUSE("sgx-missing", CHAIN, "The PCK certificate has no SGX extension.", SGX,
	       ITEMS("pck.extension.1.2.840.113741.1.13.1=absent"), BECAUSE("leaf-extension-missing")),
	REFUSE("sgx-no-fmspc", CHAIN, "The SGX extension has no FMSPC.", SGX, ITEMS("pck.sgx.fmspc=absent"),
	       BECAUSE("leaf-extension-malformed")),
	EITHER("sgx-no-ppid", CHAIN, "The SGX extension has no PPID.", SGX, ITEMS("pck.sgx.ppid=absent"),
	       BECAUSE("leaf-extension-malformed")),
	REFUSE("sgx-no-pceid", CHAIN, "The SGX extension has no PCEID.", SGX, ITEMS("pck.sgx.pceid=absent"),
	       BECAUSE("leaf-extension-malformed")),
	EITHER("sgx-no-type", CHAIN, "The SGX extension has no SGX type.", SGX,
	       ITEMS("pck.sgx.type=absent"), BECAUSE("leaf-extension-malformed")),
	REFUSE("sgx-no-tcb", CHAIN, "The SGX extension has no TCB.", SGX, ITEMS("pck.sgx.tcb=absent"),
	       BECAUSE("leaf-extension-malformed")),
	REFUSE("sgx-no-pcesvn", CHAIN, "The TCB of the SGX extension has no PCESVN.", SGX,
	       ITEMS("pck.sgx.pcesvn=absent"), BECAUSE("leaf-extension-malformed")),
	EITHER("sgx-no-instance-id", CHAIN, "A certificate of the Platform CA has no platform instance ID.",
	       SGX, ITEMS("pck.sgx.platform_instance_id=absent"), BECAUSE("leaf-extension-missing")),
	EITHER("sgx-no-configuration", CHAIN, "A certificate of the Platform CA has no configuration.", SGX,
	       ITEMS("pck.sgx.configuration=absent"), BECAUSE("leaf-extension-missing")),
	REFUSE("sgx-fmspc-short", CHAIN, "The FMSPC of the SGX extension has 5 bytes.", SGX,
	       ITEMS("pck.sgx.fmspc=5445535400"), BECAUSE("leaf-extension-malformed")),
	REFUSE("sgx-component-256", CHAIN, "An SGX component of the PCK certificate is 256.", SGX,
	       ITEMS("pck.sgx.component_1=256"), BECAUSE("leaf-extension-malformed")),
	REFUSE("sgx-pcesvn-65536", CHAIN, "PCESVN of the PCK certificate is 65536.", SGX,
	       ITEMS("pck.sgx.pcesvn=65536"), BECAUSE("leaf-extension-malformed")),
	REFUSE("sgx-fmspc-twice", CHAIN, "The SGX extension has an FMSPC twice.", SGX,
	       ITEMS("pck.sgx.fmspc=twice"), BECAUSE("leaf-extension-malformed")),
	REFUSE("sgx-tcb-twice", CHAIN, "The SGX extension has a TCB twice.", SGX,
	       ITEMS("pck.sgx.tcb=twice"), BECAUSE("leaf-extension-malformed")),
	REFUSE("sgx-component-twice", CHAIN, "The TCB of the SGX extension has its third component twice.",
	       SGX, ITEMS("pck.sgx.component_3=twice"), BECAUSE("leaf-extension-malformed")),
	REFUSE("sgx-component-absent", CHAIN, "The TCB of the SGX extension lacks its last component.", SGX,
	       ITEMS("pck.sgx.component_16=absent"), BECAUSE("leaf-extension-malformed")),
	REFUSE("sgx-configuration-twice", CHAIN, "The SGX extension has a configuration twice.", SGX,
	       ITEMS("pck.sgx.configuration=twice"), BECAUSE("leaf-extension-malformed")),
	REFUSE("sgx-extension-twice", FORMAT, "The PCK certificate has the SGX extension twice.", RFC5280
	       "4.2", ITEMS("pck.another.1.2.840.113741.1.13.1=3000"), BECAUSE("certificate-malformed")),
	REFUSE("sgx-cpusvn-short", CHAIN, "CPUSVN of the SGX extension has 15 bytes.", SGX,
	       ITEMS("pck.sgx.cpusvn=x01*15"), BECAUSE("leaf-extension-malformed")),
	ACCEPT("sgx-cpusvn-other",
	       "CPUSVN of the PCK certificate is not that of its components: only they count.", SGX,
	       ITEMS("pck.sgx.cpusvn=x00*16")),
	ACCEPT("sgx-static-platform", "The platform is not dynamic, has no cached keys and no SMT.", SGX,
	       ITEMS("pck.sgx.dynamic_platform=no", "pck.sgx.cached_keys=no", "pck.sgx.smt=no")),
	ACCEPT("sgx-cached-keys", "The platform has cached keys.", SGX, ITEMS("pck.sgx.cached_keys=yes")),
	REFUSE("sgx-empty", CHAIN, "The SGX extension is an empty SEQUENCE.", SGX,
	       ITEMS("pck.extension.1.2.840.113741.1.13.1=3000"), BECAUSE("leaf-extension-malformed")),
	REFUSE("sgx-null", CHAIN, "The SGX extension is NULL.", SGX,
	       ITEMS("pck.extension.1.2.840.113741.1.13.1=0500"), BECAUSE("leaf-extension-malformed")),
};
/* clang-format on */

static int add_rule(struct cases_builder *b, const struct rule *rule, unsigned which, enum cases_verdict bad)
{
	struct cases_row row =
		ACCEPT("rule", NULL, rule->spec ? rule->spec : certs[which].spec, BUG(rule->bug));

	row.id = cases_text(b, "tdx-%s-%s", certs[which].id, rule->id);
	row.what = cases_text(b, "The %s %s", certs[which].name, rule->what);
	for (size_t i = 0; i < ARRAY_SIZE(rule->items) && rule->items[i]; i++)
		row.items[i] = cases_text(b, "%s.%s", certs[which].part, rule->items[i]);
	row.reasons[0] = rule->reasons[which];
	row.class = rule->class;
	row.verdict = row.reasons[0] ? bad : CASES_ACCEPTED;
	return cases_add(b, &row, 1);
}

int cases_add_tdx_certs(struct cases_builder *b)
{
	int r = cases_add(b, chain, ARRAY_SIZE(chain));

	if (r == 0)
		r = cases_add(b, extension, ARRAY_SIZE(extension));
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		for (unsigned which = 0; r == 0 && which < N_CERTS; which++)
			r = add_rule(b, &rules[i], which, CASES_REFUSED);
	for (size_t i = 0; i < ARRAY_SIZE(open_rules); i++)
		for (unsigned which = 0; r == 0 && which < N_CERTS; which++)
			r = add_rule(b, &open_rules[i], which, CASES_EITHER);
	return r;
}
