/* SPDX-License-Identifier: MIT */
#ifndef VERIFY_REASONS_H
#define VERIFY_REASONS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Every reason for which evidence can be refused: R(NAME, "code", "what it means"). Codes are an
 * interface: they are never renamed or reused. jurat-verify(1) lists them from here through
 * verify_reason_at().
 */
/* clang-format off */
#define VERIFY_REASONS(R) \
	/* the report itself */ \
	R(REPORT_SIZE, "report-size", "the report is not exactly 1184 bytes") \
	R(REPORT_VERSION, "report-version", \
	  "the report's version is not 2, 3, 4 or 5; a higher one is newer than this verifier") \
	R(REPORT_RESERVED, "report-reserved", \
	  "bytes of the report that must be zero in its version are not") \
	R(SIGNATURE_ALGORITHM, "signature-algorithm", \
	  "the report's signature algorithm is not ECDSA P-384 with SHA-384") \
	R(KEY_INFO_RESERVED, "key-info-reserved", \
	  "key_info has bits or a signing key that this verifier does not know") \
	R(AUTHOR_KEY_INCONSISTENT, "author-key-inconsistent", \
	  "key_info and author_key_digest disagree on whether there is an author key") \
	R(REPORT_UNSIGNED, "report-unsigned", \
	  "the report carries no signature: chip key masked, or signing key NONE") \
	R(GUEST_POLICY_RESERVED, "guest-policy-reserved", \
	  "the guest policy has bit 17 clear, or a bit set that this verifier does not know") \
	R(PLATFORM_INFO_RESERVED, "platform-info-reserved", \
	  "platform_info has a bit set that this verifier does not know and the policy does not allow") \
	R(VMPL_RANGE, "vmpl-range", "the VMPL is none of 0 to 3: no guest asked for this report") \
	R(TCB_MALFORMED, "tcb-malformed", \
	  "a TCB_VERSION has bytes set that are no component of this product that this verifier knows") \
	R(PRODUCT_UNKNOWN, "product-unknown", "neither Milan, Genoa nor Turin: no root is known for it") \
	R(REPORT_SIGNATURE, "report-signature", \
	  "the report's signature does not hold under the endorsement key") \
	/* the certificates that come with it */ \
	R(TABLE_MALFORMED, "certificate-table-malformed", \
	  "the certificate table of the evidence cannot be read") \
	R(CERTIFICATE_MALFORMED, "certificate-malformed", \
	  "a certificate of the evidence is not one certificate in strict DER") \
	R(CERTIFICATE_PEM, "certificate-pem", \
	  "a certificate of the evidence's table is PEM where DER is due") \
	/* VCEK or VLEK; PCK */ \
	R(LEAF_MISSING, "leaf-missing", "no certificate of the key that signed: VCEK or VLEK; PCK") \
	R(LEAF_NAME, "leaf-name", \
	  "its subject is not SEV-VCEK or SEV-VLEK, as key_info wants; not that of a PCK certificate") \
	R(LEAF_ISSUER, "leaf-issuer", \
	  "its issuer is not the intermediate of this product and kind of key; no CA for PCKs") \
	R(LEAF_PRODUCT, "leaf-product", "its product name is not that of its issuer") \
	R(LEAF_PROFILE, "leaf-profile", \
	  "it is a CA, may not sign, has an extension of the other kind of key, or lacks a standard one") \
	R(LEAF_KEY, "leaf-key", "its key is not an EC key on P-384; for a PCK, on P-256") \
	R(LEAF_EXTENSION_MISSING, "leaf-extension-missing", \
	  "an extension that every such certificate has is missing") \
	R(LEAF_EXTENSION_MALFORMED, "leaf-extension-malformed", \
	  "one of AMD's or Intel's extensions is not what it must be") \
	R(LEAF_VERSION, "leaf-version", "its structVersion is newer than this verifier") \
	R(LEAF_CRITICAL_EXTENSION, "leaf-critical-extension", "it has an unknown critical extension") \
	R(LEAF_TCB_MISMATCH, "leaf-tcb-mismatch", "its TCB is not the report's reported_tcb") \
	R(LEAF_CHIP_MISMATCH, "leaf-chip-mismatch", "its HWID is not the report's chip_id") \
	R(CHIP_ID_MASKED, "chip-id-masked", "chip_id is zero, so that the VCEK's HWID cannot be compared") \
	R(LEAF_NOT_YET_VALID, "leaf-not-yet-valid", "VCEK, VLEK or PCK: not valid yet") \
	R(LEAF_EXPIRED, "leaf-expired", "VCEK, VLEK or PCK: no longer valid") \
	R(LEAF_SIGNATURE, "leaf-signature", \
	  "the intermediate's signature on the VCEK, VLEK or PCK does not hold") \
	R(LEAF_REVOKED, "leaf-revoked", "the CRL of its issuer lists it") \
	/* ASK or ASVK; PCK CA */ \
	R(INTERMEDIATE_MISSING, "intermediate-missing", \
	  "no certificate of the key that issued the VCEK, VLEK or PCK") \
	R(INTERMEDIATE_NAME, "intermediate-name", \
	  "it is not the ASK of this product for a VCEK, the ASVK for a VLEK, the CA for this PCK") \
	R(INTERMEDIATE_ISSUER, "intermediate-issuer", "its issuer is not the root") \
	R(INTERMEDIATE_PROFILE, "intermediate-profile", \
	  "it is not a CA of path length 0 that may sign certificates with a key of the right kind") \
	R(INTERMEDIATE_CRITICAL_EXTENSION, "intermediate-critical-extension", \
	  "it has an unknown critical extension") \
	R(INTERMEDIATE_NOT_YET_VALID, "intermediate-not-yet-valid", "ASK, ASVK or PCK CA: not valid yet") \
	R(INTERMEDIATE_EXPIRED, "intermediate-expired", "ASK, ASVK or PCK CA: no longer valid") \
	R(INTERMEDIATE_SIGNATURE, "intermediate-signature", \
	  "the root's signature on the ASK, ASVK or PCK CA does not hold") \
	R(INTERMEDIATE_REVOKED, "intermediate-revoked", "the root's CRL lists it") \
	/* ARK; Intel SGX Root CA */ \
	R(ROOT_MISSING, "root-missing", "no certificate of the root: neither in the evidence nor given") \
	R(ROOT_NOT_TRUSTED, "root-not-trusted", "the root is neither pinned nor given as a root") \
	R(ROOT_PRODUCT, "root-product", "the root is that of another product") \
	R(ROOT_PROFILE, "root-profile", \
	  "it is not a CA that may sign certificates, or not by the vendor's name") \
	R(ROOT_CRITICAL_EXTENSION, "root-critical-extension", "it has an unknown critical extension") \
	R(ROOT_NOT_YET_VALID, "root-not-yet-valid", "not valid yet") \
	R(ROOT_EXPIRED, "root-expired", "no longer valid") \
	R(ROOT_SIGNATURE, "root-signature", \
	  "its signature on itself does not hold: its key is known, the rest is not the root's word") \
	/* revocation */ \
	R(CRL_MISSING, "crl-missing", "a CRL of this issuer is wanted and there is none") \
	R(CRL_SIGNATURE, "crl-signature", "a CRL with the name of this issuer does not carry its signature") \
	R(CRL_CRITICAL_EXTENSION, "crl-critical-extension", \
	  "the CRL has an unknown critical extension, or lacks its number or key id") \
	R(CRL_NOT_YET_VALID, "crl-not-yet-valid", \
	  "the CRL that was given for this issuer is of a later time") \
	R(CRL_STALE, "crl-stale", "the CRL that was given for this issuer is past its next update") \
	/* a TD quote itself */ \
	R(QUOTE_MALFORMED, "quote-malformed", "it is too short, or the sizes in it do not agree") \
	R(NOT_A_TD_QUOTE, "not-a-td-quote", "it is the quote of an SGX enclave or of another TEE") \
	R(QUOTE_VERSION, "quote-version", \
	  "the quote's version is neither 4 nor 5; a higher one is newer than this verifier") \
	R(QUOTE_KEY_TYPE, "quote-key-type", "the attestation key is not for ECDSA on P-256") \
	R(QUOTE_VENDOR, "quote-vendor", "the quoting enclave is not Intel's, by the vendor id") \
	R(QUOTE_UNSUPPORTED, "quote-unsupported", \
	  "a type of body or certification data that this verifier does not know") \
	R(QUOTE_ATTESTATION_KEY, "quote-attestation-key", "the attestation key is not a point of P-256") \
	R(QUOTE_SIGNATURE, "quote-signature", \
	  "the quote's signature does not hold under the attestation key") \
	R(QE_REPORT_SIGNATURE, "qe-report-signature", \
	  "the QE report's signature does not hold under the PCK") \
	R(QE_REPORT_DATA, "qe-report-data-mismatch", \
	  "the QE report does not vouch for this attestation key") \
	/* collateral */ \
	R(COLLATERAL_MISSING, "collateral-missing", \
	  "TCB info or QE identity is missing, and the policy does not allow that") \
	R(TCB_SIGNER_MISSING, "tcb-signer-missing", \
	  "no certificate of the key that signed TCB info or QE identity") \
	R(TCB_SIGNER_NAME, "tcb-signer-name", \
	  "what signed TCB info or QE identity is not Intel's TCB signing certificate") \
	R(TCB_SIGNER_PROFILE, "tcb-signer-profile", \
	  "it is a CA, may not sign, has no key on P-256, or lacks a standard extension") \
	R(TCB_SIGNER_CRITICAL_EXTENSION, "tcb-signer-critical-extension", \
	  "it has an unknown critical extension") \
	R(TCB_SIGNER_SIGNATURE, "tcb-signer-signature", "it was not issued by the root itself") \
	R(TCB_SIGNER_NOT_YET_VALID, "tcb-signer-not-yet-valid", "TCB signing certificate: not valid yet") \
	R(TCB_SIGNER_EXPIRED, "tcb-signer-expired", "TCB signing certificate: no longer valid") \
	R(TCB_SIGNER_REVOKED, "tcb-signer-revoked", "the root's CRL lists it") \
	R(TCB_INFO_SIGNATURE, "tcb-info-signature", \
	  "the signature on the TCB info does not hold for its bytes as served") \
	R(TCB_INFO_NOT_YET_VALID, "tcb-info-not-yet-valid", "the TCB info is of a later time") \
	R(TCB_INFO_EXPIRED, "tcb-info-expired", "the TCB info is past its next update") \
	R(TCB_INFO_ID, "tcb-info-id", "the TCB info is not for TDX") \
	R(TCB_INFO_TYPE, "tcb-info-type", "its tcbType is not 0") \
	R(TCB_INFO_FMSPC, "tcb-info-fmspc-mismatch", \
	  "the TCB info is of another kind of platform than the PCK certificate") \
	R(TCB_INFO_PCEID, "tcb-info-pceid-mismatch", \
	  "the TCB info is of another PCE than the PCK certificate") \
	R(QE_IDENTITY_SIGNATURE, "qe-identity-signature", \
	  "the signature on the QE identity does not hold for its bytes as served") \
	R(QE_IDENTITY_NOT_YET_VALID, "qe-identity-not-yet-valid", "the QE identity is of a later time") \
	R(QE_IDENTITY_EXPIRED, "qe-identity-expired", "the QE identity is past its next update") \
	R(QE_IDENTITY_ID, "qe-identity-id", "the identity is not that of the quoting enclave for TDs") \
	R(COLLATERAL_TOO_OLD, "collateral-too-old", \
	  "TCB info or QE identity was issued longer ago than the policy allows") \
	R(TCB_EVALUATION_BELOW_MINIMUM, "tcb-evaluation-below-minimum", \
	  "its tcbEvaluationDataNumber is below the policy's minimum") \
	/* quoting enclave, TDX module and TCB, by the collateral */ \
	R(QE_MISCSELECT, "qe-miscselect-mismatch", "the QE report's miscselect is not that of its identity") \
	R(QE_ATTRIBUTES, "qe-attributes-mismatch", \
	  "the QE report's attributes are not those of its identity") \
	R(QE_MRSIGNER, "qe-mrsigner-mismatch", "the QE report's mrsigner is not Intel's, by its identity") \
	R(QE_ISVPRODID, "qe-isvprodid-mismatch", "the QE report's isvprodid is not that of its identity") \
	R(QE_DEBUG, "qe-debug", "the quoting enclave runs in debug mode") \
	R(TDX_MODULE_IDENTITIES_MISSING, "tdx-module-identities-missing", \
	  "the TCB info identifies no TDX modules, and the module has a version") \
	R(TDX_MODULE_UNKNOWN, "tdx-module-unknown", \
	  "the TCB info does not know the TDX module's major version") \
	R(TDX_MODULE_SIGNER, "tdx-module-mrsigner-mismatch", \
	  "mrsignerseam is not that of the TDX module's identity") \
	R(TDX_MODULE_ATTRIBUTES, "tdx-module-attributes", \
	  "the SEAM attributes are not zero, or not those of the module's identity") \
	R(TCB_NOT_SUPPORTED, "tcb-not-supported", \
	  "platform, TDX module or QE are below every level of the collateral") \
	R(TCB_STATUS_UNRECOGNIZED, "tcb-status-unrecognized", \
	  "the level that is met has a status nobody knows") \
	R(TCB_STATUS_NOT_ACCEPTED, "tcb-status-not-accepted", "the policy does not accept this TCB status") \
	R(CURRENT_TCB_STATUS_NOT_ACCEPTED, "current-tcb-status-not-accepted", \
	  "the policy does not accept this TCB status of what runs now (tee_tcb_svn2)") \
	R(ADVISORY_NOT_ACCEPTED, "advisory-not-accepted", \
	  "a security advisory applies that the policy does not accept") \
	/* what the relying party demands */ \
	R(REPORT_DATA_MISMATCH, "report-data-mismatch", "report_data is not what the policy wants") \
	R(MEASUREMENT_MISMATCH, "measurement-mismatch", \
	  "measurement (of a TD: MRTD) is none that the policy wants") \
	R(HOST_DATA_MISMATCH, "host-data-mismatch", "host_data is none that the policy wants") \
	R(ID_KEY_DIGEST_MISMATCH, "id-key-digest-mismatch", "id_key_digest is none that the policy wants") \
	R(AUTHOR_KEY_DIGEST_MISMATCH, "author-key-digest-mismatch", \
	  "author_key_digest is none that the policy wants") \
	R(FAMILY_ID_MISMATCH, "family-id-mismatch", "family_id is none that the policy wants") \
	R(IMAGE_ID_MISMATCH, "image-id-mismatch", "image_id is none that the policy wants") \
	R(REPORT_ID_MISMATCH, "report-id-mismatch", "report_id is none that the policy wants") \
	R(CHIP_ID_MISMATCH, "chip-id-mismatch", "chip_id is none that the policy wants") \
	R(VMPL_NOT_ALLOWED, "vmpl-not-allowed", "the policy does not allow this VMPL") \
	R(GUEST_SVN_BELOW_MINIMUM, "guest-svn-below-minimum", "guest_svn is below the policy's minimum") \
	R(DEBUG_ALLOWED, "debug-allowed", \
	  "the guest policy lets the host debug the guest: it can read and change its memory") \
	R(MIGRATE_MA_ALLOWED, "migrate-ma-allowed", \
	  "the guest policy allows a migration agent, the relying party does not") \
	R(SMT_ALLOWED, "smt-allowed", "the guest policy allows SMT, the relying party does not") \
	R(CXL_ALLOWED, "cxl-allowed", "the guest policy allows CXL, the relying party does not") \
	R(SINGLE_SOCKET_NOT_REQUIRED, "single-socket-not-required", \
	  "the guest policy does not demand a single socket") \
	R(MEM_AES_256_XTS_NOT_REQUIRED, "mem-aes-256-xts-not-required", \
	  "the guest policy does not demand AES-256-XTS for memory") \
	R(RAPL_DIS_NOT_REQUIRED, "rapl-dis-not-required", \
	  "the guest policy does not demand that RAPL is off") \
	R(CIPHERTEXT_HIDING_NOT_REQUIRED, "ciphertext-hiding-not-required", \
	  "the guest policy does not demand ciphertext hiding") \
	R(PAGE_SWAP_DISABLE_NOT_REQUIRED, "page-swap-disable-not-required", \
	  "the guest policy does not demand that page swapping is off") \
	R(GUEST_ABI_BELOW_MINIMUM, "guest-abi-below-minimum", \
	  "the guest policy's minimum ABI version is below the relying party's") \
	R(TCB_BELOW_MINIMUM, "tcb-below-minimum", \
	  "a component of reported_tcb is below the policy's minimum") \
	R(COMMITTED_TCB_BELOW_MINIMUM, "committed-tcb-below-minimum", \
	  "a component of committed_tcb is below the policy's minimum") \
	R(CURRENT_TCB_BELOW_MINIMUM, "current-tcb-below-minimum", \
	  "a component of current_tcb is below the policy's minimum") \
	R(LAUNCH_TCB_BELOW_MINIMUM, "launch-tcb-below-minimum", \
	  "a component of launch_tcb is below the policy's minimum") \
	R(FIRMWARE_BELOW_MINIMUM, "firmware-below-minimum", \
	  "the current firmware version is below the policy's minimum") \
	R(COMMITTED_FIRMWARE_BELOW_MINIMUM, "committed-firmware-below-minimum", \
	  "the committed firmware version is below the policy's minimum") \
	R(PROVISIONAL_FIRMWARE, "provisional-firmware", \
	  "current and committed firmware differ, and the policy forbids that") \
	R(PLATFORM_INFO_REQUIRED, "platform-info-required", "platform_info lacks what the policy requires") \
	R(PLATFORM_INFO_FORBIDDEN, "platform-info-forbidden", "platform_info has what the policy forbids") \
	R(PRODUCT_NOT_ALLOWED, "product-not-allowed", "the policy does not allow this product") \
	R(VCEK_NOT_ALLOWED, "vcek-not-allowed", "the policy does not allow reports signed by a VCEK") \
	R(VLEK_NOT_ALLOWED, "vlek-not-allowed", "the policy does not allow reports signed by a VLEK") \
	R(CSP_ID_NOT_ALLOWED, "csp-id-not-allowed", \
	  "the VLEK is of a cloud provider that the policy does not name") \
	R(TEE_NOT_ALLOWED, "tee-not-allowed", "the policy does not allow evidence of this kind of TEE") \
	R(POLICY_SCOPE, "policy-scope", \
	  "a member of the policy is for other evidence than this, and the policy does not name both kinds") \
	/* of a TD */ \
	R(TD_DEBUG, "td-debug", "the TD is open to debugging: the host can read and change its memory") \
	R(TD_ATTRIBUTES_NOT_ALLOWED, "td-attributes-not-allowed", \
	  "a TD attribute is set that this verifier does not know or that the policy does not allow") \
	R(TD_ATTRIBUTES_REQUIRED, "td-attributes-required", \
	  "a TD attribute is clear that the policy requires") \
	R(XFAM_NOT_ALLOWED, "xfam-not-allowed", \
	  "XFAM has a bit that this verifier does not know or that the policy does not allow") \
	R(XFAM_REQUIRED, "xfam-required", "XFAM lacks a bit that is always set or that the policy requires") \
	R(SERVICE_TD_NOT_ALLOWED, "service-td-not-allowed", \
	  "service TDs are bound to the TD, and the policy does not allow that") \
	R(MRTD_MISMATCH, "mrtd-mismatch", "MRTD is none that the policy wants") \
	R(MRSEAM_MISMATCH, "mrseam-mismatch", "MRSEAM is none that the policy wants") \
	R(MRCONFIGID_MISMATCH, "mrconfigid-mismatch", "MRCONFIGID is none that the policy wants") \
	R(MROWNER_MISMATCH, "mrowner-mismatch", "MROWNER is none that the policy wants") \
	R(MROWNERCONFIG_MISMATCH, "mrownerconfig-mismatch", "MROWNERCONFIG is none that the policy wants") \
	R(RTMR0_MISMATCH, "rtmr0-mismatch", "RTMR0 is none that the policy wants") \
	R(RTMR1_MISMATCH, "rtmr1-mismatch", "RTMR1 is none that the policy wants") \
	R(RTMR2_MISMATCH, "rtmr2-mismatch", "RTMR2 is none that the policy wants") \
	R(RTMR3_MISMATCH, "rtmr3-mismatch", "RTMR3 is none that the policy wants") \
	R(MRSERVICETD_MISMATCH, "mrservicetd-mismatch", "MRSERVICETD is none that the policy wants")

/* What a verdict does not say: N(NAME, "code", "why it was not judged"). */
#define VERIFY_NOT_JUDGED(N) \
	N(CHAIN, "chain", "there is no certificate to build it from") \
	N(REPORT_SIGNATURE, "report-signature", "there is no endorsement key to check it with") \
	N(REVOCATION, "revocation", "no current CRL of this root was given") \
	N(CHIP_ID, "chip-id", "the report does not name the chip, or its key is not bound to one") \
	N(LEAF_PRODUCT, "leaf-product-name", \
	  "the certificate names another product; the report and the issuer count") \
	N(REPORT_DATA, "report-data", \
	  "the policy wants no particular value: freshness is the caller's to check") \
	N(MEASUREMENT, "measurement", \
	  "the policy wants no particular value: what runs is the caller's to check") \
	N(MINIMUM_TCB, "minimum-tcb", "the policy sets no minimum") \
	N(POLICY_SCOPE, "policy-scope", \
	  "the policy names this kind of evidence beside another, and demands nothing of this kind alone") \
	N(TCB_STATUS, "tcb-status", "there is no trusted TCB info and QE identity of this platform") \
	N(QE_IDENTITY, "qe-identity", "there is no trusted QE identity") \
	N(TDX_MODULE, "tdx-module", "there is no trusted TCB info") \
	N(TRAILING_BYTES, "trailing-bytes", \
	  "behind the quote stand bytes that are not zero and that nothing signs")
/* clang-format on */

#define VERIFY_REASON_ENUM(name, code, text) REASON_##name,
enum verify_reason { VERIFY_REASONS(VERIFY_REASON_ENUM) VERIFY_N_REASONS };
#define VERIFY_NOT_JUDGED_ENUM(name, code, text) NOT_JUDGED_##name,
enum verify_not_judged { VERIFY_NOT_JUDGED(VERIFY_NOT_JUDGED_ENUM) VERIFY_N_NOT_JUDGED };

/* The i-th reason, for lists: false past the end. */
bool verify_reason_at(size_t i, const char **ret_code, const char **ret_text);
const char *verify_reason_code(enum verify_reason reason);
bool verify_not_judged_at(size_t i, const char **ret_code, const char **ret_text);

#endif
