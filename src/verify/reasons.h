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
	  "the report version is not 2, 3, 4 or 5; a higher one is newer than this verifier") \
	R(REPORT_RESERVED, "report-reserved", \
	  "bytes of the report that must be zero in its version are not") \
	R(SIGNATURE_ALGORITHM, "signature-algorithm", \
	  "the signature algorithm of the report is not ECDSA P-384 with SHA-384") \
	R(KEY_INFO_RESERVED, "key-info-reserved", \
	  "key_info has bits or a signing key that this verifier does not know") \
	R(AUTHOR_KEY_INCONSISTENT, "author-key-inconsistent", \
	  "key_info and author_key_digest disagree on whether there is an author key") \
	R(REPORT_UNSIGNED, "report-unsigned", \
	  "the report is not signed: the chip key is masked, or the signing key is NONE") \
	R(GUEST_POLICY_RESERVED, "guest-policy-reserved", \
	  "the guest policy has bit 17 clear, or a bit set that this verifier does not know") \
	R(PLATFORM_INFO_RESERVED, "platform-info-reserved", \
	  "platform_info has a bit set that this verifier does not know and the policy does not allow") \
	R(VMPL_RANGE, "vmpl-range", "the VMPL is not 0 to 3, so the report was not requested by a guest") \
	R(TCB_MALFORMED, "tcb-malformed", \
	  "a TCB_VERSION has a byte set that is not a known component of this product") \
	R(PRODUCT_UNKNOWN, "product-unknown", \
	  "this version has no root for the product") \
	R(REPORT_SIGNATURE, "report-signature", \
	  "the signature of the report does not verify with the endorsement key") \
	/* the certificates that come with it */ \
	R(TABLE_MALFORMED, "certificate-table-malformed", \
	  "the certificate table of the evidence is malformed") \
	R(CERTIFICATE_MALFORMED, "certificate-malformed", \
	  "a certificate of the evidence is not a single certificate in strict DER") \
	R(CERTIFICATE_UNRELATED, "certificate-unrelated", \
	  "a certificate in the quote is no part of the chain from the PCK certificate to the root") \
	R(CERTIFICATE_PEM, "certificate-pem", \
	  "a certificate in the certificate table is PEM instead of DER") \
	/* VCEK or VLEK; PCK */ \
	R(LEAF_MISSING, "leaf-missing", "the certificate of the signing key (VCEK, VLEK or PCK) is missing") \
	R(LEAF_NAME, "leaf-name", \
	  "the subject is not SEV-VCEK or SEV-VLEK as key_info requires, or not that of a PCK certificate") \
	R(LEAF_ISSUER, "leaf-issuer", \
	  "the issuer is not the intermediate CA of this product and key type, or not a PCK CA") \
	R(LEAF_PRODUCT, "leaf-product", "the product name is not that of the issuer") \
	R(LEAF_PROFILE, "leaf-profile", \
	  "the certificate is a CA, may not sign, has an extension of the other key type, or lacks a " \
	  "standard extension") \
	R(LEAF_KEY, "leaf-key", "the key is not an EC key on P-384 (PCK: P-256)") \
	R(LEAF_EXTENSION_MISSING, "leaf-extension-missing", "a required extension is missing") \
	R(LEAF_EXTENSION_MALFORMED, "leaf-extension-malformed", \
	  "an AMD or Intel extension is malformed or has an invalid value") \
	R(LEAF_VERSION, "leaf-version", "structVersion is newer than this verifier") \
	R(LEAF_CRITICAL_EXTENSION, "leaf-critical-extension", \
	  "the certificate has an unrecognized critical extension") \
	R(LEAF_TCB_MISMATCH, "leaf-tcb-mismatch", "the TCB of the certificate is not reported_tcb") \
	R(LEAF_CHIP_MISMATCH, "leaf-chip-mismatch", "the HWID of the certificate is not chip_id") \
	R(CHIP_ID_MASKED, "chip-id-masked", \
	  "chip_id is zero, so it cannot be compared with the HWID of the VCEK") \
	R(LEAF_NOT_YET_VALID, "leaf-not-yet-valid", "the VCEK, VLEK or PCK certificate is not valid yet") \
	R(LEAF_EXPIRED, "leaf-expired", "the VCEK, VLEK or PCK certificate has expired") \
	R(LEAF_SIGNATURE, "leaf-signature", \
	  "the signature of the VCEK, VLEK or PCK certificate does not verify with the key of the " \
	  "intermediate CA") \
	R(LEAF_REVOKED, "leaf-revoked", "the certificate is revoked by the CRL of its issuer") \
	/* ASK or ASVK; PCK CA */ \
	R(INTERMEDIATE_MISSING, "intermediate-missing", \
	  "the certificate of the issuer of the VCEK, VLEK or PCK is missing") \
	R(INTERMEDIATE_NAME, "intermediate-name", \
	  "the certificate is not the ASK (for a VCEK), ASVK (for a VLEK) or PCK CA that issued the leaf") \
	R(INTERMEDIATE_ISSUER, "intermediate-issuer", "the issuer is not the root") \
	R(INTERMEDIATE_PROFILE, "intermediate-profile", \
	  "the certificate is not a CA of path length 0 that may sign certificates, or its key is of " \
	  "the wrong type") \
	R(INTERMEDIATE_CRITICAL_EXTENSION, "intermediate-critical-extension", \
	  "the certificate has an unrecognized critical extension") \
	R(INTERMEDIATE_NOT_YET_VALID, "intermediate-not-yet-valid", \
	  "the ASK, ASVK or PCK CA certificate is not valid yet") \
	R(INTERMEDIATE_EXPIRED, "intermediate-expired", "the ASK, ASVK or PCK CA certificate has expired") \
	R(INTERMEDIATE_SIGNATURE, "intermediate-signature", \
	  "the signature of the ASK, ASVK or PCK CA certificate does not verify with the key of the root") \
	R(INTERMEDIATE_REVOKED, "intermediate-revoked", "the certificate is revoked by the CRL of the root") \
	/* ARK; Intel SGX Root CA */ \
	R(ROOT_MISSING, "root-missing", "the root certificate is neither in the evidence nor supplied") \
	R(ROOT_NOT_TRUSTED, "root-not-trusted", "the root is neither pinned nor supplied with --roots") \
	R(ROOT_PRODUCT, "root-product", "the root belongs to another product") \
	R(ROOT_PROFILE, "root-profile", \
	  "the root is not a CA that may sign certificates, or does not have the name of the vendor's root") \
	R(ROOT_CRITICAL_EXTENSION, "root-critical-extension", \
	  "the root has an unrecognized critical extension") \
	R(ROOT_NOT_YET_VALID, "root-not-yet-valid", "the root is not valid yet") \
	R(ROOT_EXPIRED, "root-expired", "the root has expired") \
	R(ROOT_SIGNATURE, "root-signature", \
	  "the self-signature of the root does not verify: the key is trusted, the other contents are not") \
	/* revocation */ \
	R(CRL_MISSING, "crl-missing", "a CRL of this issuer is required and missing") \
	R(CRL_SIGNATURE, "crl-signature", "the supplied CRL of this issuer is not signed by it") \
	R(CRL_CRITICAL_EXTENSION, "crl-critical-extension", \
	  "the CRL has an unrecognized critical extension") \
	R(CRL_PROFILE, "crl-profile", "the CRL lacks its authority key identifier or CRL number") \
	R(CRL_NOT_YET_VALID, "crl-not-yet-valid", "the supplied CRL of this issuer is from a later time") \
	R(CRL_STALE, "crl-stale", "the supplied CRL of this issuer is past its next update") \
	/* a TD quote itself */ \
	R(QUOTE_MALFORMED, "quote-malformed", "the quote is too short, or the sizes in it disagree") \
	R(NOT_A_TD_QUOTE, "not-a-td-quote", "the quote is of an SGX enclave or another TEE") \
	R(QUOTE_VERSION, "quote-version", \
	  "the quote version is not 4 or 5; a higher one is newer than this verifier") \
	R(QUOTE_KEY_TYPE, "quote-key-type", "the attestation key is not for ECDSA on P-256") \
	R(QUOTE_VENDOR, "quote-vendor", "the vendor id is not that of Intel's quoting enclave") \
	R(QUOTE_UNSUPPORTED, "quote-unsupported", "the type of body or certification data is not supported") \
	R(QUOTE_ATTESTATION_KEY, "quote-attestation-key", "the attestation key is not a point on P-256") \
	R(QUOTE_SIGNATURE, "quote-signature", \
	  "the signature of the quote does not verify with the attestation key") \
	R(QE_REPORT_SIGNATURE, "qe-report-signature", \
	  "the signature of the QE report does not verify with the PCK") \
	R(QE_REPORT_DATA, "qe-report-data-mismatch", \
	  "the QE report does not contain the digest of this attestation key") \
	/* collateral */ \
	R(COLLATERAL_MISSING, "collateral-missing", \
	  "TCB info or QE identity is missing, and the policy does not allow that") \
	R(COLLATERAL_UNUSABLE, "collateral-unusable", \
	  "a TCB info or QE identity was supplied that is malformed or newer than this verifier") \
	R(TCB_SIGNER_MISSING, "tcb-signer-missing", \
	  "the certificate of the signer of TCB info or QE identity is missing") \
	R(TCB_SIGNER_NAME, "tcb-signer-name", \
	  "the signer of TCB info or QE identity is not Intel's TCB signing certificate") \
	R(TCB_SIGNER_PROFILE, "tcb-signer-profile", \
	  "the certificate is a CA, may not sign, has no P-256 key, or lacks a standard extension") \
	R(TCB_SIGNER_CRITICAL_EXTENSION, "tcb-signer-critical-extension", \
	  "the certificate has an unrecognized critical extension") \
	R(TCB_SIGNER_SIGNATURE, "tcb-signer-signature", "the certificate was not issued by the root itself") \
	R(TCB_SIGNER_NOT_YET_VALID, "tcb-signer-not-yet-valid", \
	  "the TCB signing certificate is not valid yet") \
	R(TCB_SIGNER_EXPIRED, "tcb-signer-expired", "the TCB signing certificate has expired") \
	R(TCB_SIGNER_REVOKED, "tcb-signer-revoked", "the certificate is revoked by the CRL of the root") \
	R(TCB_INFO_SIGNATURE, "tcb-info-signature", \
	  "the signature of the TCB info does not verify for its bytes as served") \
	R(TCB_INFO_NOT_YET_VALID, "tcb-info-not-yet-valid", "the TCB info is from a later time") \
	R(TCB_INFO_EXPIRED, "tcb-info-expired", "the TCB info is past its next update") \
	R(TCB_INFO_ID, "tcb-info-id", "the TCB info is not for TDX") \
	R(TCB_INFO_TYPE, "tcb-info-type", "tcbType is not 0") \
	R(TCB_INFO_FMSPC, "tcb-info-fmspc-mismatch", \
	  "the FMSPC of the TCB info is not that of the PCK certificate") \
	R(TCB_INFO_PCEID, "tcb-info-pceid-mismatch", \
	  "the PCE ID of the TCB info is not that of the PCK certificate") \
	R(QE_IDENTITY_SIGNATURE, "qe-identity-signature", \
	  "the signature of the QE identity does not verify for its bytes as served") \
	R(QE_IDENTITY_NOT_YET_VALID, "qe-identity-not-yet-valid", "the QE identity is from a later time") \
	R(QE_IDENTITY_EXPIRED, "qe-identity-expired", "the QE identity is past its next update") \
	R(QE_IDENTITY_ID, "qe-identity-id", "the identity is not that of the TD quoting enclave") \
	R(COLLATERAL_TOO_OLD, "collateral-too-old", \
	  "TCB info, QE identity or a CRL was issued longer ago than the policy allows") \
	R(TCB_EVALUATION_BELOW_MINIMUM, "tcb-evaluation-below-minimum", \
	  "tcbEvaluationDataNumber is below the minimum of the policy") \
	/* quoting enclave, TDX module and TCB, by the collateral */ \
	R(QE_MISCSELECT, "qe-miscselect-mismatch", \
	  "miscselect of the QE report does not match the QE identity") \
	R(QE_ATTRIBUTES, "qe-attributes-mismatch", \
	  "the attributes of the QE report do not match the QE identity") \
	R(QE_MRSIGNER, "qe-mrsigner-mismatch", "mrsigner of the QE report does not match the QE identity") \
	R(QE_ISVPRODID, "qe-isvprodid-mismatch", \
	  "isvprodid of the QE report does not match the QE identity") \
	R(QE_DEBUG, "qe-debug", "the quoting enclave runs in debug mode") \
	R(TDX_MODULE_IDENTITIES_MISSING, "tdx-module-identities-missing", \
	  "the TCB info has no TDX module identities, and the module requires one") \
	R(TDX_MODULE_UNKNOWN, "tdx-module-unknown", \
	  "the TCB info has no identity for the major version of the TDX module") \
	R(TDX_MODULE_SIGNER, "tdx-module-mrsigner-mismatch", \
	  "mrsignerseam does not match the identity of the TDX module") \
	R(TDX_MODULE_ATTRIBUTES, "tdx-module-attributes", \
	  "the SEAM attributes are not zero, or do not match the identity of the TDX module") \
	R(TCB_NOT_SUPPORTED, "tcb-not-supported", \
	  "platform, TDX module or QE are below every TCB level of the collateral") \
	R(TCB_STATUS_UNRECOGNIZED, "tcb-status-unrecognized", \
	  "the matching TCB level has an unrecognized status") \
	R(TCB_STATUS_NOT_ACCEPTED, "tcb-status-not-accepted", "the policy does not accept this TCB status") \
	R(CURRENT_TCB_STATUS_NOT_ACCEPTED, "current-tcb-status-not-accepted", \
	  "the policy does not accept the TCB status of the running TDX module (tee_tcb_svn2)") \
	R(ADVISORY_NOT_ACCEPTED, "advisory-not-accepted", \
	  "a security advisory applies that the policy does not accept") \
	/* requirements of the relying party */ \
	R(REPORT_DATA_MISMATCH, "report-data-mismatch", \
	  "report_data is not the value required by the policy") \
	R(MEASUREMENT_MISMATCH, "measurement-mismatch", \
	  "measurement (TDX: MRTD) is not a value that the policy allows") \
	R(HOST_DATA_MISMATCH, "host-data-mismatch", "host_data is not a value that the policy allows") \
	R(ID_KEY_DIGEST_MISMATCH, "id-key-digest-mismatch", \
	  "id_key_digest is not a value that the policy allows") \
	R(AUTHOR_KEY_DIGEST_MISMATCH, "author-key-digest-mismatch", \
	  "author_key_digest is not a value that the policy allows") \
	R(FAMILY_ID_MISMATCH, "family-id-mismatch", "family_id is not a value that the policy allows") \
	R(IMAGE_ID_MISMATCH, "image-id-mismatch", "image_id is not a value that the policy allows") \
	R(REPORT_ID_MISMATCH, "report-id-mismatch", "report_id is not a value that the policy allows") \
	R(CHIP_ID_MISMATCH, "chip-id-mismatch", "chip_id is not a value that the policy allows") \
	R(VMPL_NOT_ALLOWED, "vmpl-not-allowed", "the policy does not allow this VMPL") \
	R(GUEST_SVN_BELOW_MINIMUM, "guest-svn-below-minimum", \
	  "guest_svn is below the minimum of the policy") \
	R(DEBUG_ALLOWED, "debug-allowed", \
	  "the guest policy allows debugging: the host can read and change guest memory") \
	R(MIGRATE_MA_ALLOWED, "migrate-ma-allowed", \
	  "the guest policy allows a migration agent, the verification policy does not") \
	R(SMT_ALLOWED, "smt-allowed", "the guest policy allows SMT, the verification policy does not") \
	R(CXL_ALLOWED, "cxl-allowed", "the guest policy allows CXL, the verification policy does not") \
	R(SINGLE_SOCKET_NOT_REQUIRED, "single-socket-not-required", \
	  "the guest policy does not require a single socket") \
	R(MEM_AES_256_XTS_NOT_REQUIRED, "mem-aes-256-xts-not-required", \
	  "the guest policy does not require AES-256-XTS memory encryption") \
	R(RAPL_DIS_NOT_REQUIRED, "rapl-dis-not-required", \
	  "the guest policy does not require RAPL to be disabled") \
	R(CIPHERTEXT_HIDING_NOT_REQUIRED, "ciphertext-hiding-not-required", \
	  "the guest policy does not require ciphertext hiding") \
	R(PAGE_SWAP_DISABLE_NOT_REQUIRED, "page-swap-disable-not-required", \
	  "the guest policy does not require page swapping to be disabled") \
	R(GUEST_ABI_BELOW_MINIMUM, "guest-abi-below-minimum", \
	  "the minimum ABI version in the guest policy is below that of the verification policy") \
	R(TCB_BELOW_MINIMUM, "tcb-below-minimum", \
	  "a component of reported_tcb is below the minimum of the policy") \
	R(COMMITTED_TCB_BELOW_MINIMUM, "committed-tcb-below-minimum", \
	  "a component of committed_tcb is below the minimum of the policy") \
	R(CURRENT_TCB_BELOW_MINIMUM, "current-tcb-below-minimum", \
	  "a component of current_tcb is below the minimum of the policy") \
	R(LAUNCH_TCB_BELOW_MINIMUM, "launch-tcb-below-minimum", \
	  "a component of launch_tcb is below the minimum of the policy") \
	R(FIRMWARE_BELOW_MINIMUM, "firmware-below-minimum", \
	  "the current firmware version is below the minimum of the policy") \
	R(COMMITTED_FIRMWARE_BELOW_MINIMUM, "committed-firmware-below-minimum", \
	  "the committed firmware version is below the minimum of the policy") \
	R(LAUNCH_MIT_VECTOR_BELOW_MINIMUM, "launch-mit-vector-below-minimum", \
	  "launch_mit_vector lacks a mitigation that the policy requires") \
	R(CURRENT_MIT_VECTOR_BELOW_MINIMUM, "current-mit-vector-below-minimum", \
	  "current_mit_vector lacks a mitigation that the policy requires") \
	R(LAUNCH_MITIGATIONS_LOST, "launch-mitigations-lost", \
	  "current_mit_vector lacks a mitigation that was there at launch, which the policy does not allow") \
	R(MIT_VECTOR_MISSING, "mit-vector-missing", \
	  "the policy requires mitigations, and a report of this version has no mitigation vectors") \
	R(PROVISIONAL_FIRMWARE, "provisional-firmware", \
	  "current and committed firmware differ, and the policy does not allow that") \
	R(PLATFORM_INFO_REQUIRED, "platform-info-required", \
	  "platform_info lacks a bit that the policy requires") \
	R(PLATFORM_INFO_FORBIDDEN, "platform-info-forbidden", \
	  "platform_info has a bit that the policy forbids") \
	R(PRODUCT_NOT_ALLOWED, "product-not-allowed", "the policy does not allow this product") \
	R(VCEK_NOT_ALLOWED, "vcek-not-allowed", "the policy does not allow reports signed by a VCEK") \
	R(VLEK_NOT_ALLOWED, "vlek-not-allowed", "the policy does not allow reports signed by a VLEK") \
	R(CSP_ID_NOT_ALLOWED, "csp-id-not-allowed", \
	  "the VLEK belongs to a cloud provider that the policy does not list") \
	R(TEE_NOT_ALLOWED, "tee-not-allowed", "the policy does not allow evidence of this TEE") \
	R(POLICY_SCOPE, "policy-scope", \
	  "a member of the policy is for other evidence than this, and the policy does not name both kinds") \
	/* of a TD */ \
	R(TD_DEBUG, "td-debug", "the TD allows debugging: the host can read and change its memory") \
	R(TD_ATTRIBUTES_NOT_ALLOWED, "td-attributes-not-allowed", \
	  "a TD attribute is set that this verifier does not know or that the policy does not allow") \
	R(TD_ATTRIBUTES_REQUIRED, "td-attributes-required", \
	  "a TD attribute that the policy requires is clear") \
	R(XFAM_NOT_ALLOWED, "xfam-not-allowed", \
	  "XFAM has a bit that this verifier does not know or that the policy does not allow") \
	R(XFAM_REQUIRED, "xfam-required", "XFAM lacks a bit that is always set or that the policy requires") \
	R(SERVICE_TD_NOT_ALLOWED, "service-td-not-allowed", \
	  "a service TD is bound to the TD, and the policy does not allow that") \
	R(MRTD_MISMATCH, "mrtd-mismatch", "MRTD is not a value that the policy allows") \
	R(MRSEAM_MISMATCH, "mrseam-mismatch", "MRSEAM is not a value that the policy allows") \
	R(MRCONFIGID_MISMATCH, "mrconfigid-mismatch", "MRCONFIGID is not a value that the policy allows") \
	R(MROWNER_MISMATCH, "mrowner-mismatch", "MROWNER is not a value that the policy allows") \
	R(MROWNERCONFIG_MISMATCH, "mrownerconfig-mismatch", \
	  "MROWNERCONFIG is not a value that the policy allows") \
	R(RTMR0_MISMATCH, "rtmr0-mismatch", "RTMR0 is not a value that the policy allows") \
	R(RTMR1_MISMATCH, "rtmr1-mismatch", "RTMR1 is not a value that the policy allows") \
	R(RTMR2_MISMATCH, "rtmr2-mismatch", "RTMR2 is not a value that the policy allows") \
	R(RTMR3_MISMATCH, "rtmr3-mismatch", "RTMR3 is not a value that the policy allows") \
	R(MRSERVICETD_MISMATCH, "mrservicetd-mismatch", "MRSERVICETD is not a value that the policy allows") \
	R(FMSPC_MISMATCH, "fmspc-mismatch", \
	  "the FMSPC of the PCK certificate is not a value that the policy allows") \
	R(PPID_MISMATCH, "ppid-mismatch", \
	  "the PPID of the PCK certificate is not a value that the policy allows") \
	R(PLATFORM_INSTANCE_ID_MISMATCH, "platform-instance-id-mismatch", \
	  "the platform instance ID of the PCK certificate is not a value that the policy allows") \
	R(SGX_TYPE_NOT_ALLOWED, "sgx-type-not-allowed", \
	  "the policy does not allow the SGX type of the PCK certificate") \
	R(TEE_TCB_SVN_BELOW_MINIMUM, "tee-tcb-svn-below-minimum", \
	  "a component of tee_tcb_svn, tee_tcb_svn2 or init_tee_tcb_svn is below the minimum of the policy") \
	R(TD_ID_MISMATCH, "td-id-mismatch", "td_id is not a value that the policy allows") \
	R(DEVINFO_HASH_MISMATCH, "devinfo-hash-mismatch", \
	  "devinfo_hash is not a value that the policy allows") \
	R(INIT_SERVTD_HASH_MISMATCH, "init-servtd-hash-mismatch", \
	  "init_servtd_hash is not a value that the policy allows") \
	R(CURR_SERVTD_HASH_MISMATCH, "curr-servtd-hash-mismatch", \
	  "curr_servtd_hash is not a value that the policy allows") \
	/* the event log of a TD */ \
	R(EVENT_LOG_MISSING, "event-log-missing", \
	  "the policy has requirements on events, and there is no event log") \
	R(EVENT_LOG_MALFORMED, "event-log-malformed", "the event log cannot be read") \
	R(EVENT_LOG_MISMATCH, "event-log-mismatch", \
	  "replaying the event log does not give the value that an RTMR has in the quote") \
	R(EVENT_MISSING, "event-missing", \
	  "the event log lacks an event that the policy requires, or does not prove what it says") \
	R(EVENT_NOT_ALLOWED, "event-not-allowed", \
	  "an event has a digest that the policy does not allow for its type") \
	R(EVENT_NOT_FIXED, "event-not-fixed", \
	  "the policy leaves open what else was measured, which may be software that made the events up") \
	R(KERNEL_CMDLINE_NOT_ALLOWED, "kernel-cmdline-not-allowed", \
	  "a measured kernel command line is not one that the policy allows") \
	R(SECURE_BOOT_DISABLED, "secure-boot-disabled", \
	  "the policy requires Secure Boot, and the firmware measured that it is disabled")

/* What a verdict does not cover: N(NAME, "code", "why it was not checked"). */
#define VERIFY_NOT_JUDGED(N) \
	N(CHAIN, "chain", "no certificates to build the chain from") \
	N(REPORT_SIGNATURE, "report-signature", "no endorsement key to verify it with") \
	N(REVOCATION, "revocation", "no current CRL of this root was supplied") \
	N(CHIP_ID, "chip-id", \
	  "the report does not name the chip, or the signing key is not bound to a chip") \
	N(LEAF_PRODUCT, "leaf-product-name", \
	  "the certificate names another product, or an unknown one; report and issuer name the product") \
	N(REPORT_DATA, "report-data", "the policy requires no value: the caller has to check freshness") \
	N(MEASUREMENT, "measurement", "the policy requires no value: the caller has to check what runs") \
	N(MINIMUM_TCB, "minimum-tcb", "the policy sets no minimum") \
	N(POLICY_SCOPE, "policy-scope", \
	  "the policy names this TEE and another, and requires nothing of this TEE") \
	N(TCB_STATUS, "tcb-status", "no trusted TCB info and QE identity for this platform") \
	N(QE_IDENTITY, "qe-identity", "no trusted QE identity") \
	N(TDX_MODULE, "tdx-module", "no trusted TCB info") \
	N(LAUNCH_PLATFORM, "launch-platform", \
	  "the platform it was launched on: the TD may have been migrated from there") \
	N(SERVICE_TD, "service-td", \
	  "the service TD that is bound to the TD, beyond what the policy requires") \
	N(SEPT_VE_DISABLE, "sept-ve-disable", \
	  "SEPT_VE_DISABLE is clear and the policy does not require it: the host can raise #VE in the TD") \
	N(VMID, "vmid", "the quote is of a VM inside of the TD, vmid is not 0") \
	N(TRAILING_BYTES, "trailing-bytes", \
	  "the quote is followed by bytes that are not zero and not signed") \
	N(RTMR3, "rtmr3", "the event log does not explain RTMR3, which software in the TD extends")
/* clang-format on */

#define VERIFY_REASON_ENUM(name, code, text) REASON_##name,
enum verify_reason { VERIFY_REASONS(VERIFY_REASON_ENUM) VERIFY_N_REASONS };
#define VERIFY_NOT_JUDGED_ENUM(name, code, text) NOT_JUDGED_##name,
enum verify_not_judged { VERIFY_NOT_JUDGED(VERIFY_NOT_JUDGED_ENUM) VERIFY_N_NOT_JUDGED };

/* Gets the i-th reason, for lists; false past the end. */
bool verify_reason_at(size_t i, const char **ret_code, const char **ret_text);
const char *verify_reason_code(enum verify_reason reason);
bool verify_not_judged_at(size_t i, const char **ret_code, const char **ret_text);

#endif
