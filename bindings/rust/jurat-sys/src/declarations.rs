// SPDX-License-Identifier: MIT
// Written by bindings/declarations from the public headers. Do not edit.
#![allow(non_camel_case_types)]
use std::os::raw::{c_char, c_int, c_uint, c_void};
#[cfg(feature = "jurat-sim")]
use std::os::raw::c_ulong;

/// Return values above 0. They are outcomes, not errors: the caller decides what to do.
pub type jurat_outcome = c_uint;
/// `JURAT_REFUSED` of `enum jurat_outcome`
pub const JURAT_REFUSED: jurat_outcome = 1;
/// `JURAT_TOO_SMALL` of `enum jurat_outcome`
pub const JURAT_TOO_SMALL: jurat_outcome = 2;
/// `JURAT_BUSY` of `enum jurat_outcome`
pub const JURAT_BUSY: jurat_outcome = 3;
/// `JURAT_NOT_FOUND` of `enum jurat_outcome`
pub const JURAT_NOT_FOUND: jurat_outcome = 4;
/// `JURAT_ERROR_TEXT_BYTES` of `<jurat/error.h>`
pub const JURAT_ERROR_TEXT_BYTES: usize = 320;

/// Holds no pointers: nothing to free, safe to copy, need not be initialized.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct jurat_error {
    /// NUL-terminated UTF-8, one line: "where: what: why"
    pub text: [c_char; JURAT_ERROR_TEXT_BYTES],
}

/// `enum jurat_tee`
pub type jurat_tee = c_uint;
/// `JURAT_TEE_AUTO` of `enum jurat_tee`
pub const JURAT_TEE_AUTO: jurat_tee = 0;
/// `JURAT_TEE_SEV_SNP` of `enum jurat_tee`
pub const JURAT_TEE_SEV_SNP: jurat_tee = 1;
/// `JURAT_TEE_TDX` of `enum jurat_tee`
pub const JURAT_TEE_TDX: jurat_tee = 2;
/// `JURAT_REASON_REPORT_SIZE` of `<jurat/reasons.h>`
pub const JURAT_REASON_REPORT_SIZE: &str = "report-size";
/// `JURAT_REASON_REPORT_VERSION` of `<jurat/reasons.h>`
pub const JURAT_REASON_REPORT_VERSION: &str = "report-version";
/// `JURAT_REASON_REPORT_RESERVED` of `<jurat/reasons.h>`
pub const JURAT_REASON_REPORT_RESERVED: &str = "report-reserved";
/// `JURAT_REASON_SIGNATURE_ALGORITHM` of `<jurat/reasons.h>`
pub const JURAT_REASON_SIGNATURE_ALGORITHM: &str = "signature-algorithm";
/// `JURAT_REASON_KEY_INFO_RESERVED` of `<jurat/reasons.h>`
pub const JURAT_REASON_KEY_INFO_RESERVED: &str = "key-info-reserved";
/// `JURAT_REASON_AUTHOR_KEY_INCONSISTENT` of `<jurat/reasons.h>`
pub const JURAT_REASON_AUTHOR_KEY_INCONSISTENT: &str = "author-key-inconsistent";
/// `JURAT_REASON_REPORT_UNSIGNED` of `<jurat/reasons.h>`
pub const JURAT_REASON_REPORT_UNSIGNED: &str = "report-unsigned";
/// `JURAT_REASON_GUEST_POLICY_RESERVED` of `<jurat/reasons.h>`
pub const JURAT_REASON_GUEST_POLICY_RESERVED: &str = "guest-policy-reserved";
/// `JURAT_REASON_PLATFORM_INFO_RESERVED` of `<jurat/reasons.h>`
pub const JURAT_REASON_PLATFORM_INFO_RESERVED: &str = "platform-info-reserved";
/// `JURAT_REASON_VMPL_RANGE` of `<jurat/reasons.h>`
pub const JURAT_REASON_VMPL_RANGE: &str = "vmpl-range";
/// `JURAT_REASON_TCB_MALFORMED` of `<jurat/reasons.h>`
pub const JURAT_REASON_TCB_MALFORMED: &str = "tcb-malformed";
/// `JURAT_REASON_PRODUCT_UNKNOWN` of `<jurat/reasons.h>`
pub const JURAT_REASON_PRODUCT_UNKNOWN: &str = "product-unknown";
/// `JURAT_REASON_REPORT_SIGNATURE` of `<jurat/reasons.h>`
pub const JURAT_REASON_REPORT_SIGNATURE: &str = "report-signature";
/// `JURAT_REASON_CERTIFICATE_TABLE_MALFORMED` of `<jurat/reasons.h>`
pub const JURAT_REASON_CERTIFICATE_TABLE_MALFORMED: &str = "certificate-table-malformed";
/// `JURAT_REASON_CERTIFICATE_MALFORMED` of `<jurat/reasons.h>`
pub const JURAT_REASON_CERTIFICATE_MALFORMED: &str = "certificate-malformed";
/// `JURAT_REASON_CERTIFICATE_UNRELATED` of `<jurat/reasons.h>`
pub const JURAT_REASON_CERTIFICATE_UNRELATED: &str = "certificate-unrelated";
/// `JURAT_REASON_CERTIFICATE_PEM` of `<jurat/reasons.h>`
pub const JURAT_REASON_CERTIFICATE_PEM: &str = "certificate-pem";
/// `JURAT_REASON_LEAF_MISSING` of `<jurat/reasons.h>`
pub const JURAT_REASON_LEAF_MISSING: &str = "leaf-missing";
/// `JURAT_REASON_LEAF_NAME` of `<jurat/reasons.h>`
pub const JURAT_REASON_LEAF_NAME: &str = "leaf-name";
/// `JURAT_REASON_LEAF_ISSUER` of `<jurat/reasons.h>`
pub const JURAT_REASON_LEAF_ISSUER: &str = "leaf-issuer";
/// `JURAT_REASON_LEAF_PRODUCT` of `<jurat/reasons.h>`
pub const JURAT_REASON_LEAF_PRODUCT: &str = "leaf-product";
/// `JURAT_REASON_LEAF_PROFILE` of `<jurat/reasons.h>`
pub const JURAT_REASON_LEAF_PROFILE: &str = "leaf-profile";
/// `JURAT_REASON_LEAF_KEY` of `<jurat/reasons.h>`
pub const JURAT_REASON_LEAF_KEY: &str = "leaf-key";
/// `JURAT_REASON_LEAF_EXTENSION_MISSING` of `<jurat/reasons.h>`
pub const JURAT_REASON_LEAF_EXTENSION_MISSING: &str = "leaf-extension-missing";
/// `JURAT_REASON_LEAF_EXTENSION_MALFORMED` of `<jurat/reasons.h>`
pub const JURAT_REASON_LEAF_EXTENSION_MALFORMED: &str = "leaf-extension-malformed";
/// `JURAT_REASON_LEAF_VERSION` of `<jurat/reasons.h>`
pub const JURAT_REASON_LEAF_VERSION: &str = "leaf-version";
/// `JURAT_REASON_LEAF_CRITICAL_EXTENSION` of `<jurat/reasons.h>`
pub const JURAT_REASON_LEAF_CRITICAL_EXTENSION: &str = "leaf-critical-extension";
/// `JURAT_REASON_LEAF_TCB_MISMATCH` of `<jurat/reasons.h>`
pub const JURAT_REASON_LEAF_TCB_MISMATCH: &str = "leaf-tcb-mismatch";
/// `JURAT_REASON_LEAF_CHIP_MISMATCH` of `<jurat/reasons.h>`
pub const JURAT_REASON_LEAF_CHIP_MISMATCH: &str = "leaf-chip-mismatch";
/// `JURAT_REASON_CHIP_ID_MASKED` of `<jurat/reasons.h>`
pub const JURAT_REASON_CHIP_ID_MASKED: &str = "chip-id-masked";
/// `JURAT_REASON_LEAF_NOT_YET_VALID` of `<jurat/reasons.h>`
pub const JURAT_REASON_LEAF_NOT_YET_VALID: &str = "leaf-not-yet-valid";
/// `JURAT_REASON_LEAF_EXPIRED` of `<jurat/reasons.h>`
pub const JURAT_REASON_LEAF_EXPIRED: &str = "leaf-expired";
/// `JURAT_REASON_LEAF_SIGNATURE` of `<jurat/reasons.h>`
pub const JURAT_REASON_LEAF_SIGNATURE: &str = "leaf-signature";
/// `JURAT_REASON_LEAF_REVOKED` of `<jurat/reasons.h>`
pub const JURAT_REASON_LEAF_REVOKED: &str = "leaf-revoked";
/// `JURAT_REASON_INTERMEDIATE_MISSING` of `<jurat/reasons.h>`
pub const JURAT_REASON_INTERMEDIATE_MISSING: &str = "intermediate-missing";
/// `JURAT_REASON_INTERMEDIATE_NAME` of `<jurat/reasons.h>`
pub const JURAT_REASON_INTERMEDIATE_NAME: &str = "intermediate-name";
/// `JURAT_REASON_INTERMEDIATE_ISSUER` of `<jurat/reasons.h>`
pub const JURAT_REASON_INTERMEDIATE_ISSUER: &str = "intermediate-issuer";
/// `JURAT_REASON_INTERMEDIATE_PROFILE` of `<jurat/reasons.h>`
pub const JURAT_REASON_INTERMEDIATE_PROFILE: &str = "intermediate-profile";
/// `JURAT_REASON_INTERMEDIATE_CRITICAL_EXTENSION` of `<jurat/reasons.h>`
pub const JURAT_REASON_INTERMEDIATE_CRITICAL_EXTENSION: &str = "intermediate-critical-extension";
/// `JURAT_REASON_INTERMEDIATE_NOT_YET_VALID` of `<jurat/reasons.h>`
pub const JURAT_REASON_INTERMEDIATE_NOT_YET_VALID: &str = "intermediate-not-yet-valid";
/// `JURAT_REASON_INTERMEDIATE_EXPIRED` of `<jurat/reasons.h>`
pub const JURAT_REASON_INTERMEDIATE_EXPIRED: &str = "intermediate-expired";
/// `JURAT_REASON_INTERMEDIATE_SIGNATURE` of `<jurat/reasons.h>`
pub const JURAT_REASON_INTERMEDIATE_SIGNATURE: &str = "intermediate-signature";
/// `JURAT_REASON_INTERMEDIATE_REVOKED` of `<jurat/reasons.h>`
pub const JURAT_REASON_INTERMEDIATE_REVOKED: &str = "intermediate-revoked";
/// `JURAT_REASON_ROOT_MISSING` of `<jurat/reasons.h>`
pub const JURAT_REASON_ROOT_MISSING: &str = "root-missing";
/// `JURAT_REASON_ROOT_NOT_TRUSTED` of `<jurat/reasons.h>`
pub const JURAT_REASON_ROOT_NOT_TRUSTED: &str = "root-not-trusted";
/// `JURAT_REASON_ROOT_PRODUCT` of `<jurat/reasons.h>`
pub const JURAT_REASON_ROOT_PRODUCT: &str = "root-product";
/// `JURAT_REASON_ROOT_PROFILE` of `<jurat/reasons.h>`
pub const JURAT_REASON_ROOT_PROFILE: &str = "root-profile";
/// `JURAT_REASON_ROOT_CRITICAL_EXTENSION` of `<jurat/reasons.h>`
pub const JURAT_REASON_ROOT_CRITICAL_EXTENSION: &str = "root-critical-extension";
/// `JURAT_REASON_ROOT_NOT_YET_VALID` of `<jurat/reasons.h>`
pub const JURAT_REASON_ROOT_NOT_YET_VALID: &str = "root-not-yet-valid";
/// `JURAT_REASON_ROOT_EXPIRED` of `<jurat/reasons.h>`
pub const JURAT_REASON_ROOT_EXPIRED: &str = "root-expired";
/// `JURAT_REASON_ROOT_SIGNATURE` of `<jurat/reasons.h>`
pub const JURAT_REASON_ROOT_SIGNATURE: &str = "root-signature";
/// `JURAT_REASON_CRL_MISSING` of `<jurat/reasons.h>`
pub const JURAT_REASON_CRL_MISSING: &str = "crl-missing";
/// `JURAT_REASON_CRL_SIGNATURE` of `<jurat/reasons.h>`
pub const JURAT_REASON_CRL_SIGNATURE: &str = "crl-signature";
/// `JURAT_REASON_CRL_CRITICAL_EXTENSION` of `<jurat/reasons.h>`
pub const JURAT_REASON_CRL_CRITICAL_EXTENSION: &str = "crl-critical-extension";
/// `JURAT_REASON_CRL_PROFILE` of `<jurat/reasons.h>`
pub const JURAT_REASON_CRL_PROFILE: &str = "crl-profile";
/// `JURAT_REASON_CRL_NOT_YET_VALID` of `<jurat/reasons.h>`
pub const JURAT_REASON_CRL_NOT_YET_VALID: &str = "crl-not-yet-valid";
/// `JURAT_REASON_CRL_STALE` of `<jurat/reasons.h>`
pub const JURAT_REASON_CRL_STALE: &str = "crl-stale";
/// `JURAT_REASON_QUOTE_MALFORMED` of `<jurat/reasons.h>`
pub const JURAT_REASON_QUOTE_MALFORMED: &str = "quote-malformed";
/// `JURAT_REASON_NOT_A_TD_QUOTE` of `<jurat/reasons.h>`
pub const JURAT_REASON_NOT_A_TD_QUOTE: &str = "not-a-td-quote";
/// `JURAT_REASON_QUOTE_VERSION` of `<jurat/reasons.h>`
pub const JURAT_REASON_QUOTE_VERSION: &str = "quote-version";
/// `JURAT_REASON_QUOTE_KEY_TYPE` of `<jurat/reasons.h>`
pub const JURAT_REASON_QUOTE_KEY_TYPE: &str = "quote-key-type";
/// `JURAT_REASON_QUOTE_VENDOR` of `<jurat/reasons.h>`
pub const JURAT_REASON_QUOTE_VENDOR: &str = "quote-vendor";
/// `JURAT_REASON_QUOTE_UNSUPPORTED` of `<jurat/reasons.h>`
pub const JURAT_REASON_QUOTE_UNSUPPORTED: &str = "quote-unsupported";
/// `JURAT_REASON_QUOTE_ATTESTATION_KEY` of `<jurat/reasons.h>`
pub const JURAT_REASON_QUOTE_ATTESTATION_KEY: &str = "quote-attestation-key";
/// `JURAT_REASON_QUOTE_SIGNATURE` of `<jurat/reasons.h>`
pub const JURAT_REASON_QUOTE_SIGNATURE: &str = "quote-signature";
/// `JURAT_REASON_QE_REPORT_SIGNATURE` of `<jurat/reasons.h>`
pub const JURAT_REASON_QE_REPORT_SIGNATURE: &str = "qe-report-signature";
/// `JURAT_REASON_QE_REPORT_DATA_MISMATCH` of `<jurat/reasons.h>`
pub const JURAT_REASON_QE_REPORT_DATA_MISMATCH: &str = "qe-report-data-mismatch";
/// `JURAT_REASON_COLLATERAL_MISSING` of `<jurat/reasons.h>`
pub const JURAT_REASON_COLLATERAL_MISSING: &str = "collateral-missing";
/// `JURAT_REASON_COLLATERAL_UNUSABLE` of `<jurat/reasons.h>`
pub const JURAT_REASON_COLLATERAL_UNUSABLE: &str = "collateral-unusable";
/// `JURAT_REASON_TCB_SIGNER_MISSING` of `<jurat/reasons.h>`
pub const JURAT_REASON_TCB_SIGNER_MISSING: &str = "tcb-signer-missing";
/// `JURAT_REASON_TCB_SIGNER_NAME` of `<jurat/reasons.h>`
pub const JURAT_REASON_TCB_SIGNER_NAME: &str = "tcb-signer-name";
/// `JURAT_REASON_TCB_SIGNER_PROFILE` of `<jurat/reasons.h>`
pub const JURAT_REASON_TCB_SIGNER_PROFILE: &str = "tcb-signer-profile";
/// `JURAT_REASON_TCB_SIGNER_CRITICAL_EXTENSION` of `<jurat/reasons.h>`
pub const JURAT_REASON_TCB_SIGNER_CRITICAL_EXTENSION: &str = "tcb-signer-critical-extension";
/// `JURAT_REASON_TCB_SIGNER_SIGNATURE` of `<jurat/reasons.h>`
pub const JURAT_REASON_TCB_SIGNER_SIGNATURE: &str = "tcb-signer-signature";
/// `JURAT_REASON_TCB_SIGNER_NOT_YET_VALID` of `<jurat/reasons.h>`
pub const JURAT_REASON_TCB_SIGNER_NOT_YET_VALID: &str = "tcb-signer-not-yet-valid";
/// `JURAT_REASON_TCB_SIGNER_EXPIRED` of `<jurat/reasons.h>`
pub const JURAT_REASON_TCB_SIGNER_EXPIRED: &str = "tcb-signer-expired";
/// `JURAT_REASON_TCB_SIGNER_REVOKED` of `<jurat/reasons.h>`
pub const JURAT_REASON_TCB_SIGNER_REVOKED: &str = "tcb-signer-revoked";
/// `JURAT_REASON_TCB_INFO_SIGNATURE` of `<jurat/reasons.h>`
pub const JURAT_REASON_TCB_INFO_SIGNATURE: &str = "tcb-info-signature";
/// `JURAT_REASON_TCB_INFO_NOT_YET_VALID` of `<jurat/reasons.h>`
pub const JURAT_REASON_TCB_INFO_NOT_YET_VALID: &str = "tcb-info-not-yet-valid";
/// `JURAT_REASON_TCB_INFO_EXPIRED` of `<jurat/reasons.h>`
pub const JURAT_REASON_TCB_INFO_EXPIRED: &str = "tcb-info-expired";
/// `JURAT_REASON_TCB_INFO_ID` of `<jurat/reasons.h>`
pub const JURAT_REASON_TCB_INFO_ID: &str = "tcb-info-id";
/// `JURAT_REASON_TCB_INFO_TYPE` of `<jurat/reasons.h>`
pub const JURAT_REASON_TCB_INFO_TYPE: &str = "tcb-info-type";
/// `JURAT_REASON_TCB_INFO_FMSPC_MISMATCH` of `<jurat/reasons.h>`
pub const JURAT_REASON_TCB_INFO_FMSPC_MISMATCH: &str = "tcb-info-fmspc-mismatch";
/// `JURAT_REASON_TCB_INFO_PCEID_MISMATCH` of `<jurat/reasons.h>`
pub const JURAT_REASON_TCB_INFO_PCEID_MISMATCH: &str = "tcb-info-pceid-mismatch";
/// `JURAT_REASON_QE_IDENTITY_SIGNATURE` of `<jurat/reasons.h>`
pub const JURAT_REASON_QE_IDENTITY_SIGNATURE: &str = "qe-identity-signature";
/// `JURAT_REASON_QE_IDENTITY_NOT_YET_VALID` of `<jurat/reasons.h>`
pub const JURAT_REASON_QE_IDENTITY_NOT_YET_VALID: &str = "qe-identity-not-yet-valid";
/// `JURAT_REASON_QE_IDENTITY_EXPIRED` of `<jurat/reasons.h>`
pub const JURAT_REASON_QE_IDENTITY_EXPIRED: &str = "qe-identity-expired";
/// `JURAT_REASON_QE_IDENTITY_ID` of `<jurat/reasons.h>`
pub const JURAT_REASON_QE_IDENTITY_ID: &str = "qe-identity-id";
/// `JURAT_REASON_COLLATERAL_TOO_OLD` of `<jurat/reasons.h>`
pub const JURAT_REASON_COLLATERAL_TOO_OLD: &str = "collateral-too-old";
/// `JURAT_REASON_TCB_EVALUATION_BELOW_MINIMUM` of `<jurat/reasons.h>`
pub const JURAT_REASON_TCB_EVALUATION_BELOW_MINIMUM: &str = "tcb-evaluation-below-minimum";
/// `JURAT_REASON_QE_MISCSELECT_MISMATCH` of `<jurat/reasons.h>`
pub const JURAT_REASON_QE_MISCSELECT_MISMATCH: &str = "qe-miscselect-mismatch";
/// `JURAT_REASON_QE_ATTRIBUTES_MISMATCH` of `<jurat/reasons.h>`
pub const JURAT_REASON_QE_ATTRIBUTES_MISMATCH: &str = "qe-attributes-mismatch";
/// `JURAT_REASON_QE_MRSIGNER_MISMATCH` of `<jurat/reasons.h>`
pub const JURAT_REASON_QE_MRSIGNER_MISMATCH: &str = "qe-mrsigner-mismatch";
/// `JURAT_REASON_QE_ISVPRODID_MISMATCH` of `<jurat/reasons.h>`
pub const JURAT_REASON_QE_ISVPRODID_MISMATCH: &str = "qe-isvprodid-mismatch";
/// `JURAT_REASON_QE_DEBUG` of `<jurat/reasons.h>`
pub const JURAT_REASON_QE_DEBUG: &str = "qe-debug";
/// `JURAT_REASON_TDX_MODULE_IDENTITIES_MISSING` of `<jurat/reasons.h>`
pub const JURAT_REASON_TDX_MODULE_IDENTITIES_MISSING: &str = "tdx-module-identities-missing";
/// `JURAT_REASON_TDX_MODULE_UNKNOWN` of `<jurat/reasons.h>`
pub const JURAT_REASON_TDX_MODULE_UNKNOWN: &str = "tdx-module-unknown";
/// `JURAT_REASON_TDX_MODULE_MRSIGNER_MISMATCH` of `<jurat/reasons.h>`
pub const JURAT_REASON_TDX_MODULE_MRSIGNER_MISMATCH: &str = "tdx-module-mrsigner-mismatch";
/// `JURAT_REASON_TDX_MODULE_ATTRIBUTES` of `<jurat/reasons.h>`
pub const JURAT_REASON_TDX_MODULE_ATTRIBUTES: &str = "tdx-module-attributes";
/// `JURAT_REASON_TCB_NOT_SUPPORTED` of `<jurat/reasons.h>`
pub const JURAT_REASON_TCB_NOT_SUPPORTED: &str = "tcb-not-supported";
/// `JURAT_REASON_TCB_STATUS_UNRECOGNIZED` of `<jurat/reasons.h>`
pub const JURAT_REASON_TCB_STATUS_UNRECOGNIZED: &str = "tcb-status-unrecognized";
/// `JURAT_REASON_TCB_STATUS_NOT_ACCEPTED` of `<jurat/reasons.h>`
pub const JURAT_REASON_TCB_STATUS_NOT_ACCEPTED: &str = "tcb-status-not-accepted";
/// `JURAT_REASON_CURRENT_TCB_STATUS_NOT_ACCEPTED` of `<jurat/reasons.h>`
pub const JURAT_REASON_CURRENT_TCB_STATUS_NOT_ACCEPTED: &str = "current-tcb-status-not-accepted";
/// `JURAT_REASON_ADVISORY_NOT_ACCEPTED` of `<jurat/reasons.h>`
pub const JURAT_REASON_ADVISORY_NOT_ACCEPTED: &str = "advisory-not-accepted";
/// `JURAT_REASON_REPORT_DATA_MISMATCH` of `<jurat/reasons.h>`
pub const JURAT_REASON_REPORT_DATA_MISMATCH: &str = "report-data-mismatch";
/// `JURAT_REASON_MEASUREMENT_MISMATCH` of `<jurat/reasons.h>`
pub const JURAT_REASON_MEASUREMENT_MISMATCH: &str = "measurement-mismatch";
/// `JURAT_REASON_HOST_DATA_MISMATCH` of `<jurat/reasons.h>`
pub const JURAT_REASON_HOST_DATA_MISMATCH: &str = "host-data-mismatch";
/// `JURAT_REASON_ID_KEY_DIGEST_MISMATCH` of `<jurat/reasons.h>`
pub const JURAT_REASON_ID_KEY_DIGEST_MISMATCH: &str = "id-key-digest-mismatch";
/// `JURAT_REASON_AUTHOR_KEY_DIGEST_MISMATCH` of `<jurat/reasons.h>`
pub const JURAT_REASON_AUTHOR_KEY_DIGEST_MISMATCH: &str = "author-key-digest-mismatch";
/// `JURAT_REASON_FAMILY_ID_MISMATCH` of `<jurat/reasons.h>`
pub const JURAT_REASON_FAMILY_ID_MISMATCH: &str = "family-id-mismatch";
/// `JURAT_REASON_IMAGE_ID_MISMATCH` of `<jurat/reasons.h>`
pub const JURAT_REASON_IMAGE_ID_MISMATCH: &str = "image-id-mismatch";
/// `JURAT_REASON_REPORT_ID_MISMATCH` of `<jurat/reasons.h>`
pub const JURAT_REASON_REPORT_ID_MISMATCH: &str = "report-id-mismatch";
/// `JURAT_REASON_CHIP_ID_MISMATCH` of `<jurat/reasons.h>`
pub const JURAT_REASON_CHIP_ID_MISMATCH: &str = "chip-id-mismatch";
/// `JURAT_REASON_VMPL_NOT_ALLOWED` of `<jurat/reasons.h>`
pub const JURAT_REASON_VMPL_NOT_ALLOWED: &str = "vmpl-not-allowed";
/// `JURAT_REASON_GUEST_SVN_BELOW_MINIMUM` of `<jurat/reasons.h>`
pub const JURAT_REASON_GUEST_SVN_BELOW_MINIMUM: &str = "guest-svn-below-minimum";
/// `JURAT_REASON_DEBUG_ALLOWED` of `<jurat/reasons.h>`
pub const JURAT_REASON_DEBUG_ALLOWED: &str = "debug-allowed";
/// `JURAT_REASON_MIGRATE_MA_ALLOWED` of `<jurat/reasons.h>`
pub const JURAT_REASON_MIGRATE_MA_ALLOWED: &str = "migrate-ma-allowed";
/// `JURAT_REASON_SMT_ALLOWED` of `<jurat/reasons.h>`
pub const JURAT_REASON_SMT_ALLOWED: &str = "smt-allowed";
/// `JURAT_REASON_CXL_ALLOWED` of `<jurat/reasons.h>`
pub const JURAT_REASON_CXL_ALLOWED: &str = "cxl-allowed";
/// `JURAT_REASON_SINGLE_SOCKET_NOT_REQUIRED` of `<jurat/reasons.h>`
pub const JURAT_REASON_SINGLE_SOCKET_NOT_REQUIRED: &str = "single-socket-not-required";
/// `JURAT_REASON_MEM_AES_256_XTS_NOT_REQUIRED` of `<jurat/reasons.h>`
pub const JURAT_REASON_MEM_AES_256_XTS_NOT_REQUIRED: &str = "mem-aes-256-xts-not-required";
/// `JURAT_REASON_RAPL_DIS_NOT_REQUIRED` of `<jurat/reasons.h>`
pub const JURAT_REASON_RAPL_DIS_NOT_REQUIRED: &str = "rapl-dis-not-required";
/// `JURAT_REASON_CIPHERTEXT_HIDING_NOT_REQUIRED` of `<jurat/reasons.h>`
pub const JURAT_REASON_CIPHERTEXT_HIDING_NOT_REQUIRED: &str = "ciphertext-hiding-not-required";
/// `JURAT_REASON_PAGE_SWAP_DISABLE_NOT_REQUIRED` of `<jurat/reasons.h>`
pub const JURAT_REASON_PAGE_SWAP_DISABLE_NOT_REQUIRED: &str = "page-swap-disable-not-required";
/// `JURAT_REASON_GUEST_ABI_BELOW_MINIMUM` of `<jurat/reasons.h>`
pub const JURAT_REASON_GUEST_ABI_BELOW_MINIMUM: &str = "guest-abi-below-minimum";
/// `JURAT_REASON_TCB_BELOW_MINIMUM` of `<jurat/reasons.h>`
pub const JURAT_REASON_TCB_BELOW_MINIMUM: &str = "tcb-below-minimum";
/// `JURAT_REASON_COMMITTED_TCB_BELOW_MINIMUM` of `<jurat/reasons.h>`
pub const JURAT_REASON_COMMITTED_TCB_BELOW_MINIMUM: &str = "committed-tcb-below-minimum";
/// `JURAT_REASON_CURRENT_TCB_BELOW_MINIMUM` of `<jurat/reasons.h>`
pub const JURAT_REASON_CURRENT_TCB_BELOW_MINIMUM: &str = "current-tcb-below-minimum";
/// `JURAT_REASON_LAUNCH_TCB_BELOW_MINIMUM` of `<jurat/reasons.h>`
pub const JURAT_REASON_LAUNCH_TCB_BELOW_MINIMUM: &str = "launch-tcb-below-minimum";
/// `JURAT_REASON_FIRMWARE_BELOW_MINIMUM` of `<jurat/reasons.h>`
pub const JURAT_REASON_FIRMWARE_BELOW_MINIMUM: &str = "firmware-below-minimum";
/// `JURAT_REASON_COMMITTED_FIRMWARE_BELOW_MINIMUM` of `<jurat/reasons.h>`
pub const JURAT_REASON_COMMITTED_FIRMWARE_BELOW_MINIMUM: &str = "committed-firmware-below-minimum";
/// `JURAT_REASON_LAUNCH_MIT_VECTOR_BELOW_MINIMUM` of `<jurat/reasons.h>`
pub const JURAT_REASON_LAUNCH_MIT_VECTOR_BELOW_MINIMUM: &str = "launch-mit-vector-below-minimum";
/// `JURAT_REASON_CURRENT_MIT_VECTOR_BELOW_MINIMUM` of `<jurat/reasons.h>`
pub const JURAT_REASON_CURRENT_MIT_VECTOR_BELOW_MINIMUM: &str = "current-mit-vector-below-minimum";
/// `JURAT_REASON_LAUNCH_MITIGATIONS_LOST` of `<jurat/reasons.h>`
pub const JURAT_REASON_LAUNCH_MITIGATIONS_LOST: &str = "launch-mitigations-lost";
/// `JURAT_REASON_MIT_VECTOR_MISSING` of `<jurat/reasons.h>`
pub const JURAT_REASON_MIT_VECTOR_MISSING: &str = "mit-vector-missing";
/// `JURAT_REASON_PROVISIONAL_FIRMWARE` of `<jurat/reasons.h>`
pub const JURAT_REASON_PROVISIONAL_FIRMWARE: &str = "provisional-firmware";
/// `JURAT_REASON_PLATFORM_INFO_REQUIRED` of `<jurat/reasons.h>`
pub const JURAT_REASON_PLATFORM_INFO_REQUIRED: &str = "platform-info-required";
/// `JURAT_REASON_PLATFORM_INFO_FORBIDDEN` of `<jurat/reasons.h>`
pub const JURAT_REASON_PLATFORM_INFO_FORBIDDEN: &str = "platform-info-forbidden";
/// `JURAT_REASON_PRODUCT_NOT_ALLOWED` of `<jurat/reasons.h>`
pub const JURAT_REASON_PRODUCT_NOT_ALLOWED: &str = "product-not-allowed";
/// `JURAT_REASON_VCEK_NOT_ALLOWED` of `<jurat/reasons.h>`
pub const JURAT_REASON_VCEK_NOT_ALLOWED: &str = "vcek-not-allowed";
/// `JURAT_REASON_VLEK_NOT_ALLOWED` of `<jurat/reasons.h>`
pub const JURAT_REASON_VLEK_NOT_ALLOWED: &str = "vlek-not-allowed";
/// `JURAT_REASON_CSP_ID_NOT_ALLOWED` of `<jurat/reasons.h>`
pub const JURAT_REASON_CSP_ID_NOT_ALLOWED: &str = "csp-id-not-allowed";
/// `JURAT_REASON_TEE_NOT_ALLOWED` of `<jurat/reasons.h>`
pub const JURAT_REASON_TEE_NOT_ALLOWED: &str = "tee-not-allowed";
/// `JURAT_REASON_POLICY_SCOPE` of `<jurat/reasons.h>`
pub const JURAT_REASON_POLICY_SCOPE: &str = "policy-scope";
/// `JURAT_REASON_TD_DEBUG` of `<jurat/reasons.h>`
pub const JURAT_REASON_TD_DEBUG: &str = "td-debug";
/// `JURAT_REASON_TD_ATTRIBUTES_NOT_ALLOWED` of `<jurat/reasons.h>`
pub const JURAT_REASON_TD_ATTRIBUTES_NOT_ALLOWED: &str = "td-attributes-not-allowed";
/// `JURAT_REASON_TD_ATTRIBUTES_REQUIRED` of `<jurat/reasons.h>`
pub const JURAT_REASON_TD_ATTRIBUTES_REQUIRED: &str = "td-attributes-required";
/// `JURAT_REASON_XFAM_NOT_ALLOWED` of `<jurat/reasons.h>`
pub const JURAT_REASON_XFAM_NOT_ALLOWED: &str = "xfam-not-allowed";
/// `JURAT_REASON_XFAM_REQUIRED` of `<jurat/reasons.h>`
pub const JURAT_REASON_XFAM_REQUIRED: &str = "xfam-required";
/// `JURAT_REASON_SERVICE_TD_NOT_ALLOWED` of `<jurat/reasons.h>`
pub const JURAT_REASON_SERVICE_TD_NOT_ALLOWED: &str = "service-td-not-allowed";
/// `JURAT_REASON_MRTD_MISMATCH` of `<jurat/reasons.h>`
pub const JURAT_REASON_MRTD_MISMATCH: &str = "mrtd-mismatch";
/// `JURAT_REASON_MRSEAM_MISMATCH` of `<jurat/reasons.h>`
pub const JURAT_REASON_MRSEAM_MISMATCH: &str = "mrseam-mismatch";
/// `JURAT_REASON_MRCONFIGID_MISMATCH` of `<jurat/reasons.h>`
pub const JURAT_REASON_MRCONFIGID_MISMATCH: &str = "mrconfigid-mismatch";
/// `JURAT_REASON_MROWNER_MISMATCH` of `<jurat/reasons.h>`
pub const JURAT_REASON_MROWNER_MISMATCH: &str = "mrowner-mismatch";
/// `JURAT_REASON_MROWNERCONFIG_MISMATCH` of `<jurat/reasons.h>`
pub const JURAT_REASON_MROWNERCONFIG_MISMATCH: &str = "mrownerconfig-mismatch";
/// `JURAT_REASON_RTMR0_MISMATCH` of `<jurat/reasons.h>`
pub const JURAT_REASON_RTMR0_MISMATCH: &str = "rtmr0-mismatch";
/// `JURAT_REASON_RTMR1_MISMATCH` of `<jurat/reasons.h>`
pub const JURAT_REASON_RTMR1_MISMATCH: &str = "rtmr1-mismatch";
/// `JURAT_REASON_RTMR2_MISMATCH` of `<jurat/reasons.h>`
pub const JURAT_REASON_RTMR2_MISMATCH: &str = "rtmr2-mismatch";
/// `JURAT_REASON_RTMR3_MISMATCH` of `<jurat/reasons.h>`
pub const JURAT_REASON_RTMR3_MISMATCH: &str = "rtmr3-mismatch";
/// `JURAT_REASON_MRSERVICETD_MISMATCH` of `<jurat/reasons.h>`
pub const JURAT_REASON_MRSERVICETD_MISMATCH: &str = "mrservicetd-mismatch";
/// `JURAT_REASON_FMSPC_MISMATCH` of `<jurat/reasons.h>`
pub const JURAT_REASON_FMSPC_MISMATCH: &str = "fmspc-mismatch";
/// `JURAT_REASON_PPID_MISMATCH` of `<jurat/reasons.h>`
pub const JURAT_REASON_PPID_MISMATCH: &str = "ppid-mismatch";
/// `JURAT_REASON_PLATFORM_INSTANCE_ID_MISMATCH` of `<jurat/reasons.h>`
pub const JURAT_REASON_PLATFORM_INSTANCE_ID_MISMATCH: &str = "platform-instance-id-mismatch";
/// `JURAT_REASON_SGX_TYPE_NOT_ALLOWED` of `<jurat/reasons.h>`
pub const JURAT_REASON_SGX_TYPE_NOT_ALLOWED: &str = "sgx-type-not-allowed";
/// `JURAT_REASON_TEE_TCB_SVN_BELOW_MINIMUM` of `<jurat/reasons.h>`
pub const JURAT_REASON_TEE_TCB_SVN_BELOW_MINIMUM: &str = "tee-tcb-svn-below-minimum";
/// `JURAT_REASON_TD_ID_MISMATCH` of `<jurat/reasons.h>`
pub const JURAT_REASON_TD_ID_MISMATCH: &str = "td-id-mismatch";
/// `JURAT_REASON_DEVINFO_HASH_MISMATCH` of `<jurat/reasons.h>`
pub const JURAT_REASON_DEVINFO_HASH_MISMATCH: &str = "devinfo-hash-mismatch";
/// `JURAT_REASON_INIT_SERVTD_HASH_MISMATCH` of `<jurat/reasons.h>`
pub const JURAT_REASON_INIT_SERVTD_HASH_MISMATCH: &str = "init-servtd-hash-mismatch";
/// `JURAT_REASON_CURR_SERVTD_HASH_MISMATCH` of `<jurat/reasons.h>`
pub const JURAT_REASON_CURR_SERVTD_HASH_MISMATCH: &str = "curr-servtd-hash-mismatch";
/// `JURAT_REASON_EVENT_LOG_MISSING` of `<jurat/reasons.h>`
pub const JURAT_REASON_EVENT_LOG_MISSING: &str = "event-log-missing";
/// `JURAT_REASON_EVENT_LOG_MALFORMED` of `<jurat/reasons.h>`
pub const JURAT_REASON_EVENT_LOG_MALFORMED: &str = "event-log-malformed";
/// `JURAT_REASON_EVENT_LOG_MISMATCH` of `<jurat/reasons.h>`
pub const JURAT_REASON_EVENT_LOG_MISMATCH: &str = "event-log-mismatch";
/// `JURAT_REASON_EVENT_MISSING` of `<jurat/reasons.h>`
pub const JURAT_REASON_EVENT_MISSING: &str = "event-missing";
/// `JURAT_REASON_EVENT_NOT_ALLOWED` of `<jurat/reasons.h>`
pub const JURAT_REASON_EVENT_NOT_ALLOWED: &str = "event-not-allowed";
/// `JURAT_REASON_EVENT_NOT_FIXED` of `<jurat/reasons.h>`
pub const JURAT_REASON_EVENT_NOT_FIXED: &str = "event-not-fixed";
/// `JURAT_REASON_KERNEL_CMDLINE_NOT_ALLOWED` of `<jurat/reasons.h>`
pub const JURAT_REASON_KERNEL_CMDLINE_NOT_ALLOWED: &str = "kernel-cmdline-not-allowed";
/// `JURAT_REASON_SECURE_BOOT_DISABLED` of `<jurat/reasons.h>`
pub const JURAT_REASON_SECURE_BOOT_DISABLED: &str = "secure-boot-disabled";
/// `JURAT_NOT_JUDGED_CHAIN` of `<jurat/reasons.h>`
pub const JURAT_NOT_JUDGED_CHAIN: &str = "chain";
/// `JURAT_NOT_JUDGED_REPORT_SIGNATURE` of `<jurat/reasons.h>`
pub const JURAT_NOT_JUDGED_REPORT_SIGNATURE: &str = "report-signature";
/// `JURAT_NOT_JUDGED_REVOCATION` of `<jurat/reasons.h>`
pub const JURAT_NOT_JUDGED_REVOCATION: &str = "revocation";
/// `JURAT_NOT_JUDGED_CHIP_ID` of `<jurat/reasons.h>`
pub const JURAT_NOT_JUDGED_CHIP_ID: &str = "chip-id";
/// `JURAT_NOT_JUDGED_LEAF_PRODUCT_NAME` of `<jurat/reasons.h>`
pub const JURAT_NOT_JUDGED_LEAF_PRODUCT_NAME: &str = "leaf-product-name";
/// `JURAT_NOT_JUDGED_REPORT_DATA` of `<jurat/reasons.h>`
pub const JURAT_NOT_JUDGED_REPORT_DATA: &str = "report-data";
/// `JURAT_NOT_JUDGED_MEASUREMENT` of `<jurat/reasons.h>`
pub const JURAT_NOT_JUDGED_MEASUREMENT: &str = "measurement";
/// `JURAT_NOT_JUDGED_MINIMUM_TCB` of `<jurat/reasons.h>`
pub const JURAT_NOT_JUDGED_MINIMUM_TCB: &str = "minimum-tcb";
/// `JURAT_NOT_JUDGED_POLICY_SCOPE` of `<jurat/reasons.h>`
pub const JURAT_NOT_JUDGED_POLICY_SCOPE: &str = "policy-scope";
/// `JURAT_NOT_JUDGED_TCB_STATUS` of `<jurat/reasons.h>`
pub const JURAT_NOT_JUDGED_TCB_STATUS: &str = "tcb-status";
/// `JURAT_NOT_JUDGED_QE_IDENTITY` of `<jurat/reasons.h>`
pub const JURAT_NOT_JUDGED_QE_IDENTITY: &str = "qe-identity";
/// `JURAT_NOT_JUDGED_TDX_MODULE` of `<jurat/reasons.h>`
pub const JURAT_NOT_JUDGED_TDX_MODULE: &str = "tdx-module";
/// `JURAT_NOT_JUDGED_LAUNCH_PLATFORM` of `<jurat/reasons.h>`
pub const JURAT_NOT_JUDGED_LAUNCH_PLATFORM: &str = "launch-platform";
/// `JURAT_NOT_JUDGED_SERVICE_TD` of `<jurat/reasons.h>`
pub const JURAT_NOT_JUDGED_SERVICE_TD: &str = "service-td";
/// `JURAT_NOT_JUDGED_SEPT_VE_DISABLE` of `<jurat/reasons.h>`
pub const JURAT_NOT_JUDGED_SEPT_VE_DISABLE: &str = "sept-ve-disable";
/// `JURAT_NOT_JUDGED_VMID` of `<jurat/reasons.h>`
pub const JURAT_NOT_JUDGED_VMID: &str = "vmid";
/// `JURAT_NOT_JUDGED_TRAILING_BYTES` of `<jurat/reasons.h>`
pub const JURAT_NOT_JUDGED_TRAILING_BYTES: &str = "trailing-bytes";
/// `JURAT_NOT_JUDGED_RTMR3` of `<jurat/reasons.h>`
pub const JURAT_NOT_JUDGED_RTMR3: &str = "rtmr3";

/// an open TEE: its device, configfs-tsm, or both
#[repr(C)]
pub struct jurat_guest {
    _private: [u8; 0],
    _not_send_or_sync: std::marker::PhantomData<*mut u8>,
}

/// The kernel interface that reports come from.
pub type jurat_via = c_uint;
/// `JURAT_VIA_AUTO` of `enum jurat_via`
pub const JURAT_VIA_AUTO: jurat_via = 0;
/// `JURAT_VIA_CONFIGFS` of `enum jurat_via`
pub const JURAT_VIA_CONFIGFS: jurat_via = 1;
/// `JURAT_VIA_IOCTL` of `enum jurat_via`
pub const JURAT_VIA_IOCTL: jurat_via = 2;

/// `struct jurat_guest_options`
#[repr(C)]
#[derive(Clone, Copy)]
pub struct jurat_guest_options {
    /// sizeof(struct jurat_guest_options)
    pub size: usize,
    /// `tee`
    pub tee: jurat_tee,
    /// `via`
    pub via: jurat_via,
    /// ```text
    /// NULL: /dev/sev-guest or /dev/tdx_guest. With JURAT_TEE_AUTO, a path is taken as the device of the
    /// TEE that the configfs-tsm provider names, or of SEV-SNP when there is none.
    /// ```
    pub device: *const c_char,
    /// NULL: /sys/kernel/config/tsm/report
    pub configfs: *const c_char,
    /// ```text
    /// TDX: the quoting service (QGS) that converts a TDREPORT from the device to a quote where
    /// configfs-tsm cannot: "vsock:2:4050", "unix:PATH" or "tcp:127.0.0.1:PORT". NULL: vsock:2:PORT when
    /// /etc/tdx-attest.conf names a port, otherwise the device's quote ioctls, which no released Linux
    /// has.
    /// ```
    pub quoting_service: *const c_char,
    /// TDX; NULL: /sys/class/misc/tdx_guest/measurements
    pub measurements: *const c_char,
}

/// `struct jurat_guest_report_options`
#[repr(C)]
#[derive(Clone, Copy)]
pub struct jurat_guest_report_options {
    /// sizeof(struct jurat_guest_report_options)
    pub size: usize,
    /// ```text
    /// SEV-SNP: 1 requests a report for the VMPL in `vmpl`. 0: for the numerically lowest VMPL that this
    /// guest may request. configfs-tsm states it (privlevel_floor); the device does not, so VMPL 0 is
    /// tried first, then 1 to 3 as long as the firmware returns INVALID_PARAM. A non-zero `vmpl` without
    /// has_vmpl is an error.
    /// ```
    pub has_vmpl: c_int,
    /// 0 to 3
    pub vmpl: u32,
    /// SEV-SNP: 0 VLEK if one is loaded, else VCEK; 1 VCEK; 2 VLEK (device only)
    pub key_sel: u32,
    /// 1: do not request certificates from the host
    pub no_certificates: c_int,
}

/// Evidence as the TEE returned it.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct jurat_evidence {
    /// sizeof(struct jurat_evidence)
    pub size: usize,
    /// SEV-SNP: 1184 bytes; TDX: a quote and any zero padding after it; untrusted
    pub report: *mut u8,
    /// `report_size`
    pub report_size: usize,
    /// ```text
    /// SEV-SNP: the host's certificate table, untrusted, without the padding after it; NULL when the host
    /// has none. A malformed table is returned unchanged, so that its reader can report what is wrong: it
    /// does not invalidate the report.
    /// ```
    pub certs: *mut u8,
    /// `certs_size`
    pub certs_size: usize,
}

/// `enum jurat_snp_key_root`
pub type jurat_snp_key_root = c_uint;
/// `JURAT_SNP_KEY_ROOT_VCEK` of `enum jurat_snp_key_root`
pub const JURAT_SNP_KEY_ROOT_VCEK: jurat_snp_key_root = 0;
/// `JURAT_SNP_KEY_ROOT_VMRK` of `enum jurat_snp_key_root`
pub const JURAT_SNP_KEY_ROOT_VMRK: jurat_snp_key_root = 1;

/// Values mixed into a derived key. Spec: SEV-SNP firmware ABI, GUEST_FIELD_SELECT
pub type jurat_snp_key_fields = c_uint;
/// `JURAT_SNP_KEY_POLICY` of `enum jurat_snp_key_fields`
pub const JURAT_SNP_KEY_POLICY: jurat_snp_key_fields = 1;
/// `JURAT_SNP_KEY_IMAGE_ID` of `enum jurat_snp_key_fields`
pub const JURAT_SNP_KEY_IMAGE_ID: jurat_snp_key_fields = 2;
/// `JURAT_SNP_KEY_FAMILY_ID` of `enum jurat_snp_key_fields`
pub const JURAT_SNP_KEY_FAMILY_ID: jurat_snp_key_fields = 4;
/// `JURAT_SNP_KEY_MEASUREMENT` of `enum jurat_snp_key_fields`
pub const JURAT_SNP_KEY_MEASUREMENT: jurat_snp_key_fields = 8;
/// `JURAT_SNP_KEY_GUEST_SVN` of `enum jurat_snp_key_fields`
pub const JURAT_SNP_KEY_GUEST_SVN: jurat_snp_key_fields = 16;
/// `JURAT_SNP_KEY_TCB_VERSION` of `enum jurat_snp_key_fields`
pub const JURAT_SNP_KEY_TCB_VERSION: jurat_snp_key_fields = 32;

/// `struct jurat_snp_key_options`
#[repr(C)]
#[derive(Clone, Copy)]
pub struct jurat_snp_key_options {
    /// sizeof(struct jurat_snp_key_options)
    pub size: usize,
    /// JURAT_SNP_KEY_* bits
    pub fields: u64,
    /// mixed in with JURAT_SNP_KEY_TCB_VERSION
    pub tcb_version: u64,
    /// `root`
    pub root: jurat_snp_key_root,
    /// as in struct jurat_guest_report_options; the VMPL is mixed into the key
    pub has_vmpl: c_int,
    /// 0 to 3
    pub vmpl: u32,
    /// mixed in with JURAT_SNP_KEY_GUEST_SVN
    pub guest_svn: u32,
}

/// roots, endorsements, CRLs, and bounded caches of earlier checks
#[repr(C)]
pub struct jurat_verifier {
    _private: [u8; 0],
    _not_send_or_sync: std::marker::PhantomData<*mut u8>,
}

/// what the relying party requires
#[repr(C)]
pub struct jurat_policy {
    _private: [u8; 0],
    _not_send_or_sync: std::marker::PhantomData<*mut u8>,
}

/// the result for one piece of evidence
#[repr(C)]
pub struct jurat_verdict {
    _private: [u8; 0],
    _not_send_or_sync: std::marker::PhantomData<*mut u8>,
}

/// `struct jurat_snp_evidence`
#[repr(C)]
#[derive(Clone, Copy)]
pub struct jurat_snp_evidence {
    /// sizeof(struct jurat_snp_evidence)
    pub size: usize,
    /// untrusted, borrowed
    pub report: *const u8,
    /// `report_size`
    pub report_size: usize,
    /// GHCB certificate table from the same response, untrusted, borrowed; NULL: none
    pub certs: *const u8,
    /// `certs_size`
    pub certs_size: usize,
}

/// TCB info, QE identity, CRLs and the certificates of their issuers
#[repr(C)]
pub struct jurat_tdx_collateral {
    _private: [u8; 0],
    _not_send_or_sync: std::marker::PhantomData<*mut u8>,
}

/// `struct jurat_tdx_evidence`
#[repr(C)]
#[derive(Clone, Copy)]
pub struct jurat_tdx_evidence {
    /// sizeof(struct jurat_tdx_evidence)
    pub size: usize,
    /// untrusted, borrowed; bytes after the quote are ignored
    pub quote: *const u8,
    /// `quote_size`
    pub quote_size: usize,
    /// ```text
    /// Event log of the TD, untrusted, borrowed; NULL: none. A CCEL, or JSON as dstack and Trustee write
    /// it. RTMR0 to RTMR2 of the quote must have the values that replaying it gives; RTMR3 as well if it
    /// has events for it.
    /// ```
    pub event_log: *const u8,
    /// `event_log_size`
    pub event_log_size: usize,
}

/// The kind of key that signed the evidence.
pub type jurat_signer = c_uint;
/// `JURAT_SIGNER_NONE` of `enum jurat_signer`
pub const JURAT_SIGNER_NONE: jurat_signer = 0;
/// `JURAT_SIGNER_VCEK` of `enum jurat_signer`
pub const JURAT_SIGNER_VCEK: jurat_signer = 1;
/// `JURAT_SIGNER_VLEK` of `enum jurat_signer`
pub const JURAT_SIGNER_VLEK: jurat_signer = 2;
/// `JURAT_SIGNER_PCK` of `enum jurat_signer`
pub const JURAT_SIGNER_PCK: jurat_signer = 3;

/// `enum jurat_snp_tcb_kind`
pub type jurat_snp_tcb_kind = c_uint;
/// `JURAT_SNP_TCB_REPORTED` of `enum jurat_snp_tcb_kind`
pub const JURAT_SNP_TCB_REPORTED: jurat_snp_tcb_kind = 0;
/// `JURAT_SNP_TCB_COMMITTED` of `enum jurat_snp_tcb_kind`
pub const JURAT_SNP_TCB_COMMITTED: jurat_snp_tcb_kind = 1;
/// `JURAT_SNP_TCB_CURRENT` of `enum jurat_snp_tcb_kind`
pub const JURAT_SNP_TCB_CURRENT: jurat_snp_tcb_kind = 2;
/// `JURAT_SNP_TCB_LAUNCH` of `enum jurat_snp_tcb_kind`
pub const JURAT_SNP_TCB_LAUNCH: jurat_snp_tcb_kind = 3;

/// A TCB_VERSION. Compare it component by component, never as one number.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct jurat_snp_tcb {
    /// sizeof(struct jurat_snp_tcb)
    pub size: usize,
    /// as in the report
    pub raw: u64,
    /// 1: the members below are valid; always 1 for accepted evidence
    pub has_parts: c_int,
    /// Turin only; 0 for other products
    pub fmc: u32,
    /// `boot_loader`
    pub boot_loader: u32,
    /// `tee`
    pub tee: u32,
    /// `snp`
    pub snp: u32,
    /// `microcode`
    pub microcode: u32,
}

/// `enum jurat_secure_boot`
pub type jurat_secure_boot = c_uint;
/// `JURAT_SECURE_BOOT_UNKNOWN` of `enum jurat_secure_boot`
pub const JURAT_SECURE_BOOT_UNKNOWN: jurat_secure_boot = 0;
/// `JURAT_SECURE_BOOT_DISABLED` of `enum jurat_secure_boot`
pub const JURAT_SECURE_BOOT_DISABLED: jurat_secure_boot = 1;
/// `JURAT_SECURE_BOOT_ENABLED` of `enum jurat_secure_boot`
pub const JURAT_SECURE_BOOT_ENABLED: jurat_secure_boot = 2;

/// What the event log of a TD says.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct jurat_tdx_event_log {
    /// sizeof(struct jurat_tdx_event_log)
    pub size: usize,
    /// `event_count`
    pub event_count: usize,
    /// bit n: replaying the log gives the value of RTMRn
    pub explained: u32,
    /// by events that the firmware measured before it started anything else
    pub secure_boot: jurat_secure_boot,
    /// `kernel_cmdline_count`
    pub kernel_cmdline_count: usize,
}

/// Intel's status of a TCB. Later releases may add values: treat an unknown one as not acceptable.
pub type jurat_tdx_tcb_status = c_uint;
/// `JURAT_TDX_TCB_NONE` of `enum jurat_tdx_tcb_status`
pub const JURAT_TDX_TCB_NONE: jurat_tdx_tcb_status = 0;
/// `JURAT_TDX_TCB_UP_TO_DATE` of `enum jurat_tdx_tcb_status`
pub const JURAT_TDX_TCB_UP_TO_DATE: jurat_tdx_tcb_status = 1;
/// `JURAT_TDX_TCB_SW_HARDENING_NEEDED` of `enum jurat_tdx_tcb_status`
pub const JURAT_TDX_TCB_SW_HARDENING_NEEDED: jurat_tdx_tcb_status = 2;
/// `JURAT_TDX_TCB_CONFIGURATION_NEEDED` of `enum jurat_tdx_tcb_status`
pub const JURAT_TDX_TCB_CONFIGURATION_NEEDED: jurat_tdx_tcb_status = 3;
/// `JURAT_TDX_TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED` of `enum jurat_tdx_tcb_status`
pub const JURAT_TDX_TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED: jurat_tdx_tcb_status = 4;
/// `JURAT_TDX_TCB_OUT_OF_DATE` of `enum jurat_tdx_tcb_status`
pub const JURAT_TDX_TCB_OUT_OF_DATE: jurat_tdx_tcb_status = 5;
/// `JURAT_TDX_TCB_OUT_OF_DATE_CONFIGURATION_NEEDED` of `enum jurat_tdx_tcb_status`
pub const JURAT_TDX_TCB_OUT_OF_DATE_CONFIGURATION_NEEDED: jurat_tdx_tcb_status = 6;
/// `JURAT_TDX_TCB_REVOKED` of `enum jurat_tdx_tcb_status`
pub const JURAT_TDX_TCB_REVOKED: jurat_tdx_tcb_status = 7;
/// `JURAT_TDX_TCB_TD_RELAUNCH_ADVISED` of `enum jurat_tdx_tcb_status`
pub const JURAT_TDX_TCB_TD_RELAUNCH_ADVISED: jurat_tdx_tcb_status = 8;
/// `JURAT_TDX_TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED` of `enum jurat_tdx_tcb_status`
pub const JURAT_TDX_TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED: jurat_tdx_tcb_status = 9;
/// `JURAT_TDX_TCB_NOT_SUPPORTED` of `enum jurat_tdx_tcb_status`
pub const JURAT_TDX_TCB_NOT_SUPPORTED: jurat_tdx_tcb_status = 10;
/// `JURAT_TDX_TCB_UNRECOGNIZED` of `enum jurat_tdx_tcb_status`
pub const JURAT_TDX_TCB_UNRECOGNIZED: jurat_tdx_tcb_status = 11;

/// `enum jurat_tdx_tcb_part`
pub type jurat_tdx_tcb_part = c_uint;
/// `JURAT_TDX_TCB_PART_ALL` of `enum jurat_tdx_tcb_part`
pub const JURAT_TDX_TCB_PART_ALL: jurat_tdx_tcb_part = 0;
/// `JURAT_TDX_TCB_PART_PLATFORM` of `enum jurat_tdx_tcb_part`
pub const JURAT_TDX_TCB_PART_PLATFORM: jurat_tdx_tcb_part = 1;
/// `JURAT_TDX_TCB_PART_MODULE` of `enum jurat_tdx_tcb_part`
pub const JURAT_TDX_TCB_PART_MODULE: jurat_tdx_tcb_part = 2;
/// `JURAT_TDX_TCB_PART_QE` of `enum jurat_tdx_tcb_part`
pub const JURAT_TDX_TCB_PART_QE: jurat_tdx_tcb_part = 3;
/// `JURAT_TDX_TCB_PART_THIS_PLATFORM` of `enum jurat_tdx_tcb_part`
pub const JURAT_TDX_TCB_PART_THIS_PLATFORM: jurat_tdx_tcb_part = 4;

/// `struct jurat_tdx_tcb`
#[repr(C)]
#[derive(Clone, Copy)]
pub struct jurat_tdx_tcb {
    /// sizeof(struct jurat_tdx_tcb)
    pub size: usize,
    /// `status`
    pub status: jurat_tdx_tcb_status,
    /// ```text
    /// Set for PART_ALL when the quote has TEE_TCB_SVN2: the status at launch, and with the TDX module
    /// that runs now.
    /// ```
    pub launch_status: jurat_tdx_tcb_status,
    /// ```text
    /// Set for PART_ALL when the quote has TEE_TCB_SVN2: the status at launch, and with the TDX module
    /// that runs now.
    /// ```
    pub current_status: jurat_tdx_tcb_status,
    /// `has_date`
    pub has_date: c_int,
    /// of the TCB level, seconds since 1970; PART_ALL: of the part that decides; valid when has_date
    pub date: i64,
    /// ```text
    /// PART_ALL, PART_THIS_PLATFORM: the part that decides, named as in struct jurat_shortfall. NULL: all
    /// is up to date. Constant.
    /// ```
    pub decided_by: *const c_char,
}

/// ```text
/// A value that is too low: a TCB component of a report below a minimum of the policy, or a TCB component of a
/// TD quote below the next better TCB level of Intel's collateral.
/// ```
#[repr(C)]
#[derive(Clone, Copy)]
pub struct jurat_shortfall {
    /// sizeof(struct jurat_shortfall)
    pub size: usize,
    /// "reported_tcb", "committed_tcb" ..., "platform" ...; borrowed
    pub part: *const c_char,
    /// "microcode", "snp" ...; borrowed
    pub component: *const c_char,
    /// for mitigation vectors, bit masks: some bits of `wanted` are not set in `is`
    pub is: u64,
    /// for mitigation vectors, bit masks: some bits of `wanted` are not set in `is`
    pub wanted: u64,
    /// JURAT_TDX_TCB_NONE: there is no such level
    pub status: jurat_tdx_tcb_status,
    /// `has_date`
    pub has_date: c_int,
    /// seconds since 1970; when has_date
    pub date: i64,
    /// `advisory_count`
    pub advisory_count: usize,
    /// what the collateral calls the component; may be empty; borrowed
    pub name: *const c_char,
}

/// `enum jurat_measure_vmm`
pub type jurat_measure_vmm = c_uint;
/// `JURAT_MEASURE_VMM_QEMU` of `enum jurat_measure_vmm`
pub const JURAT_MEASURE_VMM_QEMU: jurat_measure_vmm = 0;
/// `JURAT_MEASURE_VMM_EC2` of `enum jurat_measure_vmm`
pub const JURAT_MEASURE_VMM_EC2: jurat_measure_vmm = 1;
/// `JURAT_MEASURE_VMM_GCE` of `enum jurat_measure_vmm`
pub const JURAT_MEASURE_VMM_GCE: jurat_measure_vmm = 2;

/// A range of pages of one type, and the launch digest after it.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct jurat_measure_step {
    /// set by the library; do not read beyond it
    pub size: usize,
    /// "firmware", "VMSA of vCPU 3" ...; valid during the call
    pub what: *const c_char,
    /// guest physical address of the first page
    pub gpa: u64,
    /// `n_bytes`
    pub n_bytes: u64,
    /// PAGE_TYPE of the SNP ABI
    pub page_type: u64,
    /// `digest`
    pub digest: [u8; 48],
}

/// `struct jurat_measure_snp_options`
#[repr(C)]
#[derive(Clone, Copy)]
pub struct jurat_measure_snp_options {
    /// sizeof(struct jurat_measure_snp_options)
    pub size: usize,
    /// the firmware image (OVMF); untrusted, borrowed, as all files here
    pub firmware: *const c_void,
    /// `firmware_size`
    pub firmware_size: usize,
    /// kernel that the VMM boots directly, with its measured hashes; NULL: none
    pub kernel: *const c_void,
    /// `kernel_size`
    pub kernel_size: usize,
    /// NULL: none
    pub initrd: *const c_void,
    /// `initrd_size`
    pub initrd_size: usize,
    /// kernel command line; NULL: empty
    pub append: *const c_char,
    /// SVSM image, which runs at VMPL0; NULL: none
    pub svsm: *const c_void,
    /// `svsm_size`
    pub svsm_size: usize,
    /// with it: size of the variable store, between SVSM and firmware
    pub svsm_vars_bytes: u64,
    /// SEV_FEATURES; 0: 1, SEV-SNP alone
    pub guest_features: u64,
    /// CPUID Fn0000_0001 EAX of the vCPUs, see jurat_measure_vcpu_type(); QEMU needs it
    pub vcpu_signature: u32,
    /// 0: 1
    pub vcpus: u32,
    /// `vmm`
    pub vmm: jurat_measure_vmm,
    /// 0
    pub reserved: u32,
    /// ```text
    /// Called for every range of pages that is measured; NULL: not. A value other than 0 ends the
    /// measurement and is returned.
    /// ```
    pub step: Option<unsafe extern "C" fn(*mut c_void, *const jurat_measure_step) -> c_int>,
    /// `closure`
    pub closure: *mut c_void,
}

/// How a VMM adds pages to a TD and extends MRTD with them.
pub type jurat_measure_order = c_uint;
/// `JURAT_MEASURE_ORDER_PAGE_BY_PAGE` of `enum jurat_measure_order`
pub const JURAT_MEASURE_ORDER_PAGE_BY_PAGE: jurat_measure_order = 0;
/// `JURAT_MEASURE_ORDER_ALL_THEN_EXTEND` of `enum jurat_measure_order`
pub const JURAT_MEASURE_ORDER_ALL_THEN_EXTEND: jurat_measure_order = 1;

/// Where the firmware puts the separator in front of the first boot attempt.
pub type jurat_measure_separator = c_uint;
/// `JURAT_MEASURE_SEPARATOR_RTMR1` of `enum jurat_measure_separator`
pub const JURAT_MEASURE_SEPARATOR_RTMR1: jurat_measure_separator = 0;
/// `JURAT_MEASURE_SEPARATOR_RTMR0` of `enum jurat_measure_separator`
pub const JURAT_MEASURE_SEPARATOR_RTMR0: jurat_measure_separator = 1;

/// Whether the VMM changes the header of a kernel that it boots.
pub type jurat_measure_kernel_header = c_uint;
/// `JURAT_MEASURE_KERNEL_HEADER_PATCHED` of `enum jurat_measure_kernel_header`
pub const JURAT_MEASURE_KERNEL_HEADER_PATCHED: jurat_measure_kernel_header = 0;
/// `JURAT_MEASURE_KERNEL_HEADER_UNCHANGED` of `enum jurat_measure_kernel_header`
pub const JURAT_MEASURE_KERNEL_HEADER_UNCHANGED: jurat_measure_kernel_header = 1;

/// The variable SecureBoot.
pub type jurat_measure_secure_boot = c_uint;
/// `JURAT_MEASURE_SECURE_BOOT_AUTO` of `enum jurat_measure_secure_boot`
pub const JURAT_MEASURE_SECURE_BOOT_AUTO: jurat_measure_secure_boot = 0;
/// `JURAT_MEASURE_SECURE_BOOT_NONE` of `enum jurat_measure_secure_boot`
pub const JURAT_MEASURE_SECURE_BOOT_NONE: jurat_measure_secure_boot = 1;
/// `JURAT_MEASURE_SECURE_BOOT_OFF` of `enum jurat_measure_secure_boot`
pub const JURAT_MEASURE_SECURE_BOOT_OFF: jurat_measure_secure_boot = 2;
/// `JURAT_MEASURE_SECURE_BOOT_ON` of `enum jurat_measure_secure_boot`
pub const JURAT_MEASURE_SECURE_BOOT_ON: jurat_measure_secure_boot = 3;

/// Whether the command line that the kernel measures ends with a NUL.
pub type jurat_measure_append_nul = c_uint;
/// `JURAT_MEASURE_APPEND_NUL_AUTO` of `enum jurat_measure_append_nul`
pub const JURAT_MEASURE_APPEND_NUL_AUTO: jurat_measure_append_nul = 0;
/// `JURAT_MEASURE_APPEND_NUL_WITH` of `enum jurat_measure_append_nul`
pub const JURAT_MEASURE_APPEND_NUL_WITH: jurat_measure_append_nul = 1;
/// `JURAT_MEASURE_APPEND_NUL_WITHOUT` of `enum jurat_measure_append_nul`
pub const JURAT_MEASURE_APPEND_NUL_WITHOUT: jurat_measure_append_nul = 2;

/// A list of files: pointers, their sizes, and their number.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct jurat_measure_list {
    /// sizeof(struct jurat_measure_list)
    pub size: usize,
    /// `files`
    pub files: *const *const c_void,
    /// `file_sizes`
    pub file_sizes: *const usize,
    /// `count`
    pub count: usize,
}

/// `struct jurat_measure_tdx_options`
#[repr(C)]
#[derive(Clone, Copy)]
pub struct jurat_measure_tdx_options {
    /// sizeof(struct jurat_measure_tdx_options)
    pub size: usize,
    /// the firmware image (TDVF); untrusted, borrowed, as all files here
    pub firmware: *const c_void,
    /// `firmware_size`
    pub firmware_size: usize,
    /// memory of the TD; 0: unknown, no RTMR0
    pub memory_bytes: u64,
    /// ACPI tables as the VMM passes them, in the order in which TDVF measures them; NULL: no RTMR0
    pub acpi_tables: *const jurat_measure_list,
    /// contents of the variables BootOrder and Boot####, in the order of BootOrder; NULL: OVMF's own
    pub boot_order: *const c_void,
    /// `boot_order_size`
    pub boot_order_size: usize,
    /// `boot_entries`
    pub boot_entries: *const jurat_measure_list,
    /// data of the events EV_EFI_VARIABLE_AUTHORITY; NULL: none
    pub authorities: *const jurat_measure_list,
    /// a kernel that the VMM boots directly; NULL: none
    pub kernel: *const c_void,
    /// `kernel_size`
    pub kernel_size: usize,
    /// `initrd`
    pub initrd: *const c_void,
    /// `initrd_size`
    pub initrd_size: usize,
    /// `append`
    pub append: *const c_char,
    /// or EFI programs in the order in which they start; without both: no RTMR1 and RTMR2
    pub efi_images: *const jurat_measure_list,
    /// first bytes of their disk, or data of EV_EFI_GPT_EVENT; NULL: none
    pub gpt: *const c_void,
    /// `gpt_size`
    pub gpt_size: usize,
    /// what loaders measured into RTMR2; NULL: nothing
    pub loader_events: *const jurat_measure_list,
    /// `order`
    pub order: jurat_measure_order,
    /// QEMU or GCE
    pub vmm: jurat_measure_vmm,
    /// `separator`
    pub separator: jurat_measure_separator,
    /// `secure_boot`
    pub secure_boot: jurat_measure_secure_boot,
    /// `kernel_header`
    pub kernel_header: jurat_measure_kernel_header,
    /// `append_nul`
    pub append_nul: jurat_measure_append_nul,
}

/// `struct jurat_measure_tdx_digests`
#[repr(C)]
#[derive(Clone, Copy)]
pub struct jurat_measure_tdx_digests {
    /// sizeof(struct jurat_measure_tdx_digests)
    pub size: usize,
    /// `mrtd`
    pub mrtd: [u8; 48],
    /// `rtmr`
    pub rtmr: [[u8; 48]; 3],
    /// what else rtmr\[n] requires: a constant string; NULL: it was computed
    pub missing: [*const c_char; 3],
}

/// What the guest's owner states in an ID block; zero is the default of every member.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct jurat_snp_id_block {
    /// sizeof(struct jurat_snp_id_block)
    pub size: usize,
    /// `measurement`
    pub measurement: [u8; 48],
    /// `family_id`
    pub family_id: [u8; 16],
    /// `image_id`
    pub image_id: [u8; 16],
    /// the guest policy; 0: 0x30000
    pub policy: u64,
    /// `guest_svn`
    pub guest_svn: u32,
    /// 0
    pub reserved: u32,
}

/// The digests of public keys, as reports state them.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct jurat_snp_id_keys {
    /// sizeof(struct jurat_snp_id_keys)
    pub size: usize,
    /// `id_key_digest`
    pub id_key_digest: [u8; 48],
    /// zero without an author key
    pub author_key_digest: [u8; 48],
    /// `has_author_key`
    pub has_author_key: c_int,
    /// `reserved`
    pub reserved: u32,
}

/// an event log that was read
#[repr(C)]
pub struct jurat_event_log {
    _private: [u8; 0],
    _not_send_or_sync: std::marker::PhantomData<*mut u8>,
}

/// `enum jurat_event_log_form`
pub type jurat_event_log_form = c_uint;
/// `JURAT_EVENT_LOG_TCG` of `enum jurat_event_log_form`
pub const JURAT_EVENT_LOG_TCG: jurat_event_log_form = 0;
/// `JURAT_EVENT_LOG_DSTACK` of `enum jurat_event_log_form`
pub const JURAT_EVENT_LOG_DSTACK: jurat_event_log_form = 1;
/// `JURAT_EVENT_LOG_TRUSTEE` of `enum jurat_event_log_form`
pub const JURAT_EVENT_LOG_TRUSTEE: jurat_event_log_form = 2;

/// ```text
/// An event. Its digest is authentic once the whole log replays to the RTMRs of a verified quote. Its data is
/// authentic only as far as `measured`; its type and name are not covered by any digest.
/// ```
#[repr(C)]
#[derive(Clone, Copy)]
pub struct jurat_event {
    /// sizeof(struct jurat_event)
    pub size: usize,
    /// in a TCG log; in JSON the number of the event
    pub offset: usize,
    /// the register that it extends, 0 to 3
    pub rtmr: u32,
    /// EV_*, see jurat_event_type_name()
    pub type_: u32,
    /// 0: an EV_NO_ACTION, which extends no register
    pub extends: c_int,
    /// `reserved`
    pub reserved: u32,
    /// 48 bytes, borrowed from the log; NULL: none
    pub digest: *const u8,
    /// borrowed from the log
    pub data: *const u8,
    /// `data_size`
    pub data_size: usize,
    /// the part of the data that the digest is of; NULL: none
    pub measured: *const u8,
    /// `measured_size`
    pub measured_size: usize,
    /// name of a dstack event, borrowed from the log; NULL: none
    pub name: *const c_char,
}

/// `struct kvm_run`
#[repr(C)]
pub struct kvm_run {
    _private: [u8; 0],
    _not_send_or_sync: std::marker::PhantomData<*mut u8>,
}

/// ```text
/// Callbacks with which jurat reads and writes guest memory: `n` bytes at guest physical address `gpa`, all or
/// none, of *shared* pages. One call never crosses a page boundary. Both return 0, or -EFAULT when any byte is
/// private, unmapped or not RAM. They must fail without crashing: the guest chooses gpa and may change a
/// page's state at any time.
/// ```
#[repr(C)]
#[derive(Clone, Copy)]
pub struct jurat_guest_memory {
    /// sizeof(struct jurat_guest_memory)
    pub size: usize,
    /// TDX only; SEV-SNP: may be NULL
    pub read: Option<unsafe extern "C" fn(*mut c_void, u64, *mut c_void, usize) -> c_int>,
    /// `write`
    pub write: Option<unsafe extern "C" fn(*mut c_void, u64, *const c_void, usize) -> c_int>,
    /// `context`
    pub context: *mut c_void,
}

/// the host's certificate blob: one per VMM
#[repr(C)]
pub struct jurat_snp_certs {
    _private: [u8; 0],
    _not_send_or_sync: std::marker::PhantomData<*mut u8>,
}

/// the certificate request of one vCPU
#[repr(C)]
pub struct jurat_snp_request {
    _private: [u8; 0],
    _not_send_or_sync: std::marker::PhantomData<*mut u8>,
}

/// `struct jurat_snp_certs_options`
#[repr(C)]
#[derive(Clone, Copy)]
pub struct jurat_snp_certs_options {
    /// sizeof(struct jurat_snp_certs_options)
    pub size: usize,
    /// ```text
    /// How long a request may wait for an updater that holds the lock; 0: 100 ms. After an EAGAIN, a Linux
    /// guest waits 2 s before it retries; after 60 s of them it discards its VMPCK and cannot attest any
    /// more.
    /// ```
    pub lock_wait_ms: u32,
    /// the running kernel's number for KVM_EXIT_SNP_REQ_CERTS; 0: 43
    pub exit_reason: u32,
    /// ```text
    /// For a VMM whose jail hides the path. 1: `path` is a file name in the directory that `dir_fd` refers
    /// to (O_PATH is enough). The library duplicates `dir_fd`. The name must not contain a slash, and a
    /// symbolic link of that name is not followed. Updaters must keep using the same directory: the
    /// library does not notice when an operator replaces the directory. A `dir_fd` other than 0 without
    /// has_dir_fd is an error.
    ///
    /// A descriptor of the *file* is not accepted (ENOTDIR). An update replaces the file, so this
    /// descriptor would yield no certificates after the first update. A lock also belongs to the open file
    /// description: if vCPUs or processes shared one, the first to unlock would release the other's lock.
    /// ```
    pub has_dir_fd: c_int,
    /// `dir_fd`
    pub dir_fd: c_int,
}
/// `JURAT_SNP_RAN_UNINITIALIZED` of `<jurat/host.h>`
pub const JURAT_SNP_RAN_UNINITIALIZED: u32 = 1;

/// the quote requests of one VM, any number of vCPUs
#[repr(C)]
pub struct jurat_tdx_quotes {
    _private: [u8; 0],
    _not_send_or_sync: std::marker::PhantomData<*mut u8>,
}
/// `JURAT_TDX_QUOTES_NONE` of `<jurat/host.h>`
pub const JURAT_TDX_QUOTES_NONE: u32 = 0xffffffff;

/// How a quote request ended, for the log. Valid during the call of `log`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct jurat_tdx_quote_outcome {
    /// set by the library: do not read members beyond it
    pub size: usize,
    /// guest physical address of the buffer
    pub gpa: u64,
    /// ```text
    /// Status in the buffer's header: 0 or an error defined by GHCI; in flight (0xffffffffffffffff) if
    /// jurat_tdx_quotes_reset() ended the request.
    /// ```
    pub status: u64,
    /// bytes of output in the buffer
    pub out_bytes: u64,
    /// `took_ns`
    pub took_ns: u64,
    /// the service's own error code, 0x12001 and so on; 0: none
    pub qgs_error: u32,
    /// 1: the request ended before GetQuote returned
    pub in_call: c_int,
    /// what went wrong, one line; "" when nothing did
    pub text: *const c_char,
}

/// `struct jurat_tdx_quotes_options`
#[repr(C)]
#[derive(Clone, Copy)]
pub struct jurat_tdx_quotes_options {
    /// sizeof(struct jurat_tdx_quotes_options)
    pub size: usize,
    /// ```text
    /// The quoting service: "unix:PATH", "vsock:CID:PORT" (CIDs as this process sees them: 1 is this
    /// machine, 2 its host if it is itself a guest) or "tcp:127.0.0.1:PORT". Copied. NULL: this host has
    /// none, and every request ends with the status "quote service unavailable".
    /// ```
    pub service: *const c_char,
    /// ```text
    /// How long GetQuote may wait for its quote; 0: 20 ms; JURAT_TDX_QUOTES_NONE: not at all. A Linux
    /// guest whose quote is not ready when GetQuote returns sleeps a whole second before it checks again.
    /// A VMM whose threads must not wait uses JURAT_TDX_QUOTES_NONE, and itself keeps the vCPU out of
    /// KVM_RUN for the grace time or until `log` reports the buffer.
    /// ```
    pub grace_ms: u32,
    /// ```text
    /// Time after which a request fails, whatever the service does; 0: 25000 ms. A Linux guest gives up
    /// after 30 s and then ignores the buffer.
    /// ```
    pub timeout_ms: u32,
    /// concurrent connections to the service, up to 256; 0: 16
    pub max_connections: u32,
    /// ```text
    /// Requests that may wait for a connection, up to 1024; 0: 64; JURAT_TDX_QUOTES_NONE: none. Beyond
    /// that a guest gets RETRY, upon which Linux does not retry. Each request holds a copy of the guest's
    /// input, at most 128 KiB, and each connection memory for a response of the size of the guest's
    /// buffer.
    /// ```
    pub max_waiting: u32,
    /// the running kernel's number for KVM_EXIT_TDX; 0: 40
    pub exit_reason: u32,
    /// From the kernel's struct kvm_tdx_capabilities, for GetTdVmCallInfo.
    pub kernel_tdvmcallinfo_1_r11: u64,
    /// From the kernel's struct kvm_tdx_capabilities, for GetTdVmCallInfo.
    pub user_tdvmcallinfo_1_r11: u64,
    /// From the kernel's struct kvm_tdx_capabilities, for GetTdVmCallInfo.
    pub kernel_tdvmcallinfo_1_r12: u64,
    /// ```text
    /// Injects `vector` (32 to 255) as a fixed interrupt into the vCPU that registered it. NULL: the
    /// guest's registration fails as not supported. Called from the thread that completes a request.
    /// Neither this nor `log` nor the callbacks of struct jurat_guest_memory may call jurat_tdx_quotes_*.
    /// ```
    pub notify: Option<unsafe extern "C" fn(*mut c_void, u32, u8)>,
    /// may be NULL
    pub log: Option<unsafe extern "C" fn(*mut c_void, *const jurat_tdx_quote_outcome)>,
    /// `context`
    pub context: *mut c_void,
}

/// a simulated SEV-SNP machine
#[repr(C)]
pub struct jurat_snp_sim {
    _private: [u8; 0],
    _not_send_or_sync: std::marker::PhantomData<*mut u8>,
}

/// a guest of it
#[repr(C)]
pub struct jurat_snp_sim_guest {
    _private: [u8; 0],
    _not_send_or_sync: std::marker::PhantomData<*mut u8>,
}

/// `struct jurat_snp_sim_options`
#[repr(C)]
#[derive(Clone, Copy)]
pub struct jurat_snp_sim_options {
    /// sizeof(struct jurat_snp_sim_options)
    pub size: usize,
    /// "milan", "genoa", "turin"; NULL: milan
    pub product: *const c_char,
    /// 2 to 5; 0: the default of the product
    pub report_version: u32,
    /// ```text
    /// Chip id, keys and roots are derived from it; NULL: "jurat", whose RSA keys need no search for
    /// primes.
    /// ```
    pub seed: *const c_char,
    /// scheme, see jurat-run(1): "upstream", "v15", "v15-fixed", "v14", "none"; NULL: upstream
    pub sync: *const c_char,
    /// file name of the host's certificate blob, written by jurat_snp_sim_new; NULL: none
    pub certs_path: *const c_char,
    /// Linux release whose guest driver and KVM are simulated: "6.12", "7.3"; NULL: the newest
    pub linux_release: *const c_char,
    /// ```text
    /// date of the evidence, seconds since 1970: when certificates were issued, and what times in
    /// `evidence` count from; 0: the clock
    /// ```
    pub at: i64,
    /// ```text
    /// What is different about the evidence: items as jurat-forge(1) has them, such as "vcek-expired",
    /// "guest.policy=0xb0000", "unsigned report.measurement=x11", "damage report.signature". Items of
    /// `guest` replace members of struct jurat_snp_sim_launch. Borrowed for the call.
    /// ```
    pub evidence: *const *const c_char,
    /// number of items
    pub evidence_count: usize,
}

/// `enum jurat_snp_sim_change`
pub type jurat_snp_sim_change = c_uint;
/// `JURAT_SNP_SIM_RENEW` of `enum jurat_snp_sim_change`
pub const JURAT_SNP_SIM_RENEW: jurat_snp_sim_change = 0;
/// `JURAT_SNP_SIM_CONFIG` of `enum jurat_snp_sim_change`
pub const JURAT_SNP_SIM_CONFIG: jurat_snp_sim_change = 1;
/// `JURAT_SNP_SIM_COMMIT` of `enum jurat_snp_sim_change`
pub const JURAT_SNP_SIM_COMMIT: jurat_snp_sim_change = 2;
/// `JURAT_SNP_SIM_VLEK_LOAD` of `enum jurat_snp_sim_change`
pub const JURAT_SNP_SIM_VLEK_LOAD: jurat_snp_sim_change = 3;
/// `JURAT_SNP_SIM_DOWNLOAD` of `enum jurat_snp_sim_change`
pub const JURAT_SNP_SIM_DOWNLOAD: jurat_snp_sim_change = 4;

/// Launch parameters of a guest. Spec: SEV-SNP firmware ABI, SNP_LAUNCH_START and SNP_LAUNCH_FINISH
#[repr(C)]
#[derive(Clone, Copy)]
pub struct jurat_snp_sim_launch {
    /// sizeof(struct jurat_snp_sim_launch)
    pub size: usize,
    /// guest policy; 0: 0x30000 (SMT allowed, no debug)
    pub policy: u64,
    /// `guest_svn`
    pub guest_svn: u32,
    /// 0: 1
    pub vcpu_count: u32,
    /// `family_id`
    pub family_id: [u8; 16],
    /// `image_id`
    pub image_id: [u8; 16],
    /// `measurement`
    pub measurement: [u8; 48],
    /// `host_data`
    pub host_data: [u8; 32],
    /// `id_key_digest`
    pub id_key_digest: [u8; 48],
    /// `author_key_digest`
    pub author_key_digest: [u8; 48],
}

/// a simulated TDX platform, with its quoting enclave and quoting service
#[repr(C)]
pub struct jurat_tdx_sim {
    _private: [u8; 0],
    _not_send_or_sync: std::marker::PhantomData<*mut u8>,
}

/// a TD of it
#[repr(C)]
pub struct jurat_tdx_sim_td {
    _private: [u8; 0],
    _not_send_or_sync: std::marker::PhantomData<*mut u8>,
}

/// `enum jurat_tdx_sim_module`
pub type jurat_tdx_sim_module = c_uint;
/// `JURAT_TDX_SIM_MODULE_1_5` of `enum jurat_tdx_sim_module`
pub const JURAT_TDX_SIM_MODULE_1_5: jurat_tdx_sim_module = 0;
/// `JURAT_TDX_SIM_MODULE_1_0` of `enum jurat_tdx_sim_module`
pub const JURAT_TDX_SIM_MODULE_1_0: jurat_tdx_sim_module = 1;
/// `JURAT_TDX_SIM_MODULE_1_5_EX` of `enum jurat_tdx_sim_module`
pub const JURAT_TDX_SIM_MODULE_1_5_EX: jurat_tdx_sim_module = 2;

/// `struct jurat_tdx_sim_options`
#[repr(C)]
#[derive(Clone, Copy)]
pub struct jurat_tdx_sim_options {
    /// sizeof(struct jurat_tdx_sim_options)
    pub size: usize,
    /// platform, keys and roots are derived from it; NULL: "jurat"
    pub seed: *const c_char,
    /// enum jurat_tdx_sim_module
    pub module: u32,
    /// as in struct jurat_snp_sim_options
    pub linux_release: *const c_char,
    /// likewise; collateral is up to date on this day
    pub at: i64,
    /// likewise; items of `td` replace members of struct jurat_tdx_sim_launch
    pub evidence: *const *const c_char,
    /// number of items
    pub evidence_count: usize,
}

/// Launch parameters of a TD. Spec: Intel TDX module ABI, TD_PARAMS
#[repr(C)]
#[derive(Clone, Copy)]
pub struct jurat_tdx_sim_launch {
    /// sizeof(struct jurat_tdx_sim_launch)
    pub size: usize,
    /// 0: 0x10000000 (SEPT_VE_DISABLE, no debug)
    pub attributes: u64,
    /// 0: 0xe7 (x87, SSE, AVX and AVX-512)
    pub xfam: u64,
    /// `mrtd`
    pub mrtd: [u8; 48],
    /// `mrconfigid`
    pub mrconfigid: [u8; 48],
    /// `mrowner`
    pub mrowner: [u8; 48],
    /// `mrownerconfig`
    pub mrownerconfig: [u8; 48],
}

#[cfg(feature = "jurat")]
extern "C" {
    /// ```text
    /// Opens the TEE that this program runs in.
    ///
    /// JURAT_VIA_AUTO uses configfs-tsm when its provider is sev_guest or tdx_guest, and opens the device as well,
    /// if it can, for what only the device can do (derived keys, key_sel). Otherwise it uses the device alone.
    /// When a quote from configfs-tsm fails with EIO and a quoting service is configured, it requests the quote
    /// from that service.
    ///
    /// options   borrowed; NULL: defaults
    /// ret       closed by the caller with jurat_guest_close, which accepts NULL
    /// Returns   0; -ENODEV no TEE found, or not the requested one: `err` says what was tried; -EACCES permission
    ///           denied; -EINVAL an invalid size or value in the options; -E2BIG the options are of a newer
    ///           release; -ENOMEM
    /// Threads   one thread per handle
    /// Since     0.1
    /// ```
    pub fn jurat_guest_open(options: *const jurat_guest_options, ret: *mut *mut jurat_guest, err: *mut jurat_error) -> c_int;
    /// See [`jurat_guest_open()`].
    pub fn jurat_guest_close(guest: *mut jurat_guest);
    /// ```text
    /// Return the TEE that jurat_guest_open() found, and the interface that its reports come from.
    ///
    /// Returns   tee: the TEE, never JURAT_TEE_AUTO. via: the interface, never JURAT_VIA_AUTO
    /// Threads   one thread per handle
    /// Since     0.1
    /// ```
    pub fn jurat_guest_tee(guest: *const jurat_guest) -> jurat_tee;
    /// See [`jurat_guest_tee()`].
    pub fn jurat_guest_via(guest: *const jurat_guest) -> jurat_via;
    /// ```text
    /// Fetches a report over `report_data` and the certificates in the same response, or on TDX a quote.
    ///
    /// Retries, a bounded number of times, what is safe to retry: a certificate buffer that was too small, a
    /// changed configfs generation, a busy configfs entry.
    ///
    /// report_data  exactly 64 bytes
    /// options      borrowed; NULL: defaults. TDX has no vmpl, key_sel or certificates: the first two fail with
    ///              -EOPNOTSUPP, no_certificates has no effect
    /// ret          the caller sets its size, the rest is zero, and frees the contents with jurat_evidence_done.
    ///              Changes on success only
    /// Returns      0; -EBUSY the configfs entry stayed busy or kept changing; -EINVAL the firmware refused these
    ///              inputs (a VMPL below the guest's, a key that is not available), or an invalid size or value;
    ///              -E2BIG a struct is of a newer release; -EMSGSIZE the host's certificates exceed the supported
    ///              size: set `no_certificates`; -ETIMEDOUT the host was busy for a minute, and the driver has
    ///              discarded its VMPCK; -EIO, -EBADMSG, -ENOTTY, ... from the kernel: `err` names the ioctl or
    ///              file, the firmware status and the VMM error; -EPROTO the response is not a report, or not over
    ///              this report_data; -EOPNOTSUPP the option needs the device (key_sel) or does not apply to TDX,
    ///              or the TD has neither a quoting service nor a quote ioctl; -ENOMEM
    /// Threads      one thread per handle
    /// Since        0.1    Spec  SEV-SNP firmware ABI, MSG_REPORT_REQ; Linux
    ///              Documentation/ABI/testing/configfs-tsm-report
    /// ```
    pub fn jurat_guest_report(guest: *mut jurat_guest, report_data: *const [u8; 64], options: *const jurat_guest_report_options, ret: *mut jurat_evidence, err: *mut jurat_error) -> c_int;
    /// ```text
    /// Frees the contents of the evidence and zeroes every member but its size, so that it can be filled in again.
    ///
    /// evidence  NULL, zeroed, or filled in by jurat_guest_report; the caller still owns the struct itself
    /// Threads   any thread
    /// Since     0.1
    /// ```
    pub fn jurat_evidence_done(evidence: *mut jurat_evidence);
    /// ```text
    /// Derives a key from the firmware that is specific to this guest: the same inputs give the same key. SEV-SNP
    /// only, through the device.
    ///
    /// options   borrowed; NULL: defaults, which are root key VCEK and no fields
    /// ret       exactly 32 bytes, secret: wipe them after use. Changes on success only
    /// Returns   0; -EOPNOTSUPP the device is not open (configfs-tsm alone cannot derive keys), or the TEE is TDX;
    ///           otherwise as jurat_guest_report
    /// Threads   one thread per handle
    /// Since     0.1    Spec  SEV-SNP firmware ABI, MSG_KEY_REQ
    /// ```
    pub fn jurat_guest_snp_derive_key(guest: *mut jurat_guest, options: *const jurat_snp_key_options, ret: *mut [u8; 32], err: *mut jurat_error) -> c_int;
    /// ```text
    /// Reads a runtime measurement register (RTMR) of the TD, through sysfs or, on kernels without that interface,
    /// from a TDREPORT.
    ///
    /// index     0 to 3
    /// ret       exactly 48 bytes, SHA-384. Changes on success only
    /// Returns   0; -EINVAL no such register; -EOPNOTSUPP the TEE is SEV-SNP, or the kernel has no interface for
    ///           it; -EPROTO the kernel returned another number of bytes; another -errno from the kernel
    /// Threads   one thread per handle
    /// Since     0.1    Spec  Linux Documentation/ABI/testing/sysfs-devices-virtual-misc-tdx_guest
    /// ```
    pub fn jurat_guest_tdx_rtmr_read(guest: *mut jurat_guest, index: c_uint, ret: *mut [u8; 48], err: *mut jurat_error) -> c_int;
    /// ```text
    /// Extends a runtime measurement register (RTMR) of the TD: RTMR = SHA-384(RTMR || digest). Only a reboot
    /// resets it.
    ///
    /// index     0 to 3. Firmware extends 0 and 1, and kernels may deny programs access to these two
    /// digest    exactly 48 bytes
    /// Returns   as jurat_guest_tdx_rtmr_read. After a failure the register may have been extended nevertheless:
    ///           read it
    /// Threads   one thread per handle
    /// Since     0.1    Spec  Linux Documentation/ABI/testing/sysfs-devices-virtual-misc-tdx_guest
    /// ```
    pub fn jurat_guest_tdx_rtmr_extend(guest: *mut jurat_guest, index: c_uint, digest: *const [u8; 48], err: *mut jurat_error) -> c_int;
    /// ```text
    /// Creates a verifier that trusts the vendors' roots, pinned by the SHA-256 of their public keys.
    ///
    /// The root *certificates* come with the evidence or from jurat_verifier_add_certificates(): only those whose
    /// key is pinned are trusted.
    ///
    /// ret       freed by the caller with jurat_verifier_free, which accepts NULL. Verdicts may outlive it
    /// Returns   0; -ENOMEM
    /// Threads   any number of threads verify with one handle; freeing needs it alone
    /// Since     0.1
    /// ```
    pub fn jurat_verifier_new(ret: *mut *mut jurat_verifier, err: *mut jurat_error) -> c_int;
    /// See [`jurat_verifier_new()`].
    pub fn jurat_verifier_free(verifier: *mut jurat_verifier);
    /// ```text
    /// Trusts the self-signed certificates in `bytes` *instead* of the vendors' roots. Further calls add roots.
    ///
    /// Other certificates in `bytes` (such as the rest of a chain as the vendor serves it) are added as
    /// endorsements. Every verdict then says that its roots were supplied by the caller.
    ///
    /// bytes     n bytes, trusted, copied, in any form that jurat_verifier_add_certificates accepts;
    ///           self-signatures are checked here
    /// Returns   0; -EBADMSG `bytes` contains no root, or something malformed: `err` says what, and nothing was
    ///           added; -ENOMEM
    /// Threads   needs the handle alone: no other call with it at the same time
    /// Since     0.1
    /// ```
    pub fn jurat_verifier_add_roots(verifier: *mut jurat_verifier, bytes: *const c_void, n: usize, err: *mut jurat_error) -> c_int;
    /// ```text
    /// Adds endorsements that evidence may lack. They are used only if they chain to a trusted root.
    ///
    /// bytes      n bytes, untrusted, copied: DER, PEM with any number of blocks, a GHCB certificate table, or one
    ///            of these in an encoding that jurat-verify(1) lists (hex, base64, percent-encoded, JSON ...).
    ///            CRLs among them are added as by jurat_verifier_add_crl
    /// ret_count  number of certificates added; may be NULL
    /// Returns    0; -EBADMSG `bytes` contains something malformed: `err` says what, and nothing was added;
    ///            -ENOMEM
    /// Threads    as jurat_verifier_add_roots
    /// Since      0.1
    /// ```
    pub fn jurat_verifier_add_certificates(verifier: *mut jurat_verifier, bytes: *const c_void, n: usize, ret_count: *mut usize, err: *mut jurat_error) -> c_int;
    /// ```text
    /// Adds a CRL, which applies to the root that signed it. A root for which CRLs were supplied is no longer
    /// trusted when none of them is usable at the time of verification (expired, or not yet valid). The same holds
    /// for a root that a CRL names as its issuer without carrying that root's signature, whatever other CRLs there
    /// are.
    ///
    /// bytes     n bytes, untrusted, copied: DER, or PEM with any number of blocks, in any encoding that
    ///           jurat_verifier_add_certificates accepts
    /// Returns   0; -EBADMSG not a CRL: `err` says why, and nothing was added; -ENOMEM
    /// Threads   needs the handle alone: no other call with it at the same time
    /// Since     0.1
    /// ```
    pub fn jurat_verifier_add_crl(verifier: *mut jurat_verifier, bytes: *const c_void, n: usize, err: *mut jurat_error) -> c_int;
    /// ```text
    /// Creates the default policy: debug is refused, nothing else is restricted.
    ///
    /// ret       freed by the caller with jurat_policy_free, which accepts NULL
    /// Returns   0; -ENOMEM
    /// Threads   one thread per policy while it changes; afterwards any number of threads and verifiers at once
    /// Since     0.1
    /// ```
    pub fn jurat_policy_new(ret: *mut *mut jurat_policy, err: *mut jurat_error) -> c_int;
    /// See [`jurat_policy_new()`].
    pub fn jurat_policy_free(policy: *mut jurat_policy);
    /// ```text
    /// Reads a policy in JSON; jurat-policy(5) lists the members. A member in the JSON replaces that of the
    /// policy; all others keep their values.
    ///
    /// json      n bytes, trusted, need not be NUL-terminated; parsed strictly: an unknown member is an error
    /// Returns   0; -EBADMSG not JSON, an unknown member, or an invalid value: `err` names the line or member, and
    ///           the policy is unchanged; -ENOMEM
    /// Threads   as jurat_policy_new
    /// Since     0.1
    /// ```
    pub fn jurat_policy_read_json(policy: *mut jurat_policy, json: *const c_char, n: usize, err: *mut jurat_error) -> c_int;
    /// ```text
    /// Sets one member of a policy.
    ///
    /// member    its name, as in jurat-policy(5)
    /// value     as in JSON, NUL-terminated; the quotes around a string may be omitted
    /// Returns   as jurat_policy_read_json
    /// Threads   as jurat_policy_new
    /// Since     0.1
    /// ```
    pub fn jurat_policy_set(policy: *mut jurat_policy, member: *const c_char, value: *const c_char, err: *mut jurat_error) -> c_int;
    /// ```text
    /// Returns warnings about a policy that was accepted: it uses names from an earlier release.
    ///
    /// i         index of the warning, from 0
    /// Returns   text that gives the current name, borrowed until the policy changes; NULL past the end
    /// Threads   as jurat_policy_new
    /// Since     0.1
    /// ```
    pub fn jurat_policy_warning(policy: *const jurat_policy, i: usize) -> *const c_char;
    /// ```text
    /// Verifies an SEV-SNP attestation report.
    ///
    /// evidence     borrowed during the call
    /// policy       borrowed; NULL: the default policy
    /// at           time of verification, seconds since 1970-01-01 UTC
    /// ret          may be NULL; set on 0 and on JURAT_REFUSED, freed by the caller with jurat_verdict_free
    /// Returns      0 accepted; JURAT_REFUSED with reasons, the first of them also in `err`; -EINVAL, -E2BIG the
    ///              evidence's size member is invalid, or of a newer release; -ENOMEM, -EIO nothing was verified
    /// Threads      any number of threads at once, with the same verifier and policy as well
    /// Since        0.1    Spec  SEV-SNP firmware ABI, ATTESTATION_REPORT; VCEK certificate and KDS specification
    /// ```
    pub fn jurat_verify_snp(verifier: *mut jurat_verifier, evidence: *const jurat_snp_evidence, policy: *const jurat_policy, at: i64, ret: *mut *mut jurat_verdict, err: *mut jurat_error) -> c_int;
    /// ```text
    /// Creates an empty set of Intel's collateral for TD quotes.
    ///
    /// Verification never changes it: one set may be shared by several verifiers and threads.
    ///
    /// ret       freed by the caller with jurat_tdx_collateral_free, which accepts NULL
    /// Returns   0; -ENOMEM
    /// Threads   one thread while collateral is added; afterwards any number of threads and verifiers at once
    /// Since     0.1
    /// ```
    pub fn jurat_tdx_collateral_new(ret: *mut *mut jurat_tdx_collateral, err: *mut jurat_error) -> c_int;
    /// See [`jurat_tdx_collateral_new()`].
    pub fn jurat_tdx_collateral_free(collateral: *mut jurat_tdx_collateral);
    /// ```text
    /// Adds collateral as served by Intel's PCS or a PCCS. Its kind is recognized from the content: TCB info or QE
    /// identity in JSON with its signature; certificates or CRLs in any form that jurat_verifier_add_certificates
    /// accepts; or JSON that has these at any depth: under the member names of Intel's library (pck_crl,
    /// tcb_info, ...; case, underscores and hyphens are ignored), beside a quote, or as a PCCS or another tool
    /// writes them. TCB info and QE identity include their signature, or have it in tcb_info_signature and
    /// qe_identity_signature.
    ///
    /// bytes     n bytes, untrusted, copied: nothing is used before its signature has been checked
    /// Returns   0; -EBADMSG none of these, malformed, or has a member that would be ignored (old_crl): `err` says
    ///           what. Nothing was added, unless a TCB info or QE identity is of a version or form that this
    ///           release does not read: then the rest was, and a verdict that lacks the document says why.
    ///           -ENOMEM
    /// Threads   as jurat_tdx_collateral_new
    /// Since     0.1    Spec  Intel PCS API v4
    /// ```
    pub fn jurat_tdx_collateral_add(collateral: *mut jurat_tdx_collateral, bytes: *const c_void, n: usize, err: *mut jurat_error) -> c_int;
    /// ```text
    /// Verifies a TD quote, version 4 or 5, and its event log if there is one.
    ///
    /// Certificates, CRLs, TCB info and QE identity must all be valid at the time of verification: issued before
    /// it and not expired. Only the TCB status UpToDate is accepted unless the policy names others.
    ///
    /// evidence     borrowed during the call
    /// collateral   borrowed; NULL: none. The verdict then says what could not be checked, and refuses the
    ///              evidence unless the policy sets allow_no_collateral
    /// policy       borrowed; NULL: the default policy
    /// at           time of verification, seconds since 1970-01-01 UTC
    /// ret          may be NULL; set on 0 and on JURAT_REFUSED, freed by the caller with jurat_verdict_free
    /// Returns      0 accepted; JURAT_REFUSED with reasons, the first of them also in `err`; -EINVAL, -E2BIG the
    ///              evidence's size member is invalid, or of a newer release; -ENOMEM, -EIO nothing was verified
    /// Threads      any number of threads at once, with the same verifier, collateral and policy as well
    /// Since        0.1    Spec  Intel TDX DCAP quoting library API; Intel PCS API v4
    /// ```
    pub fn jurat_verify_tdx(verifier: *mut jurat_verifier, evidence: *const jurat_tdx_evidence, collateral: *const jurat_tdx_collateral, policy: *const jurat_policy, at: i64, ret: *mut *mut jurat_verdict, err: *mut jurat_error) -> c_int;
    /// ```text
    /// Frees a verdict, and everything borrowed from it.
    ///
    /// verdict   may be NULL; its verifier may be freed already, and other threads may use that
    /// Threads   any thread; needs the verdict alone
    /// Since     0.1
    /// ```
    pub fn jurat_verdict_free(verdict: *mut jurat_verdict);
    /// ```text
    /// Return the overall result of a verdict and what it is about: the kind of evidence, the time of
    /// verification, and whether roots were supplied.
    ///
    /// All jurat_verdict_* functions except jurat_verdict_free() only read the verdict. Pointers that they return
    /// are borrowed from it. All of them accept a NULL verdict and then return 0, NULL or JURAT_NOT_FOUND. For
    /// refused evidence they return what that evidence claims, which is unverified.
    ///
    /// Returns   accepted: 1, or 0. tee: the kind of evidence. time: the time of verification, seconds since
    ///           1970-01-01 UTC. roots_supplied: 1 when jurat_verifier_add_roots() replaced the vendors' roots, or
    ///           0
    /// Threads   any number of threads
    /// Since     0.1
    /// ```
    pub fn jurat_verdict_accepted(verdict: *const jurat_verdict) -> c_int;
    /// See [`jurat_verdict_accepted()`].
    pub fn jurat_verdict_tee(verdict: *const jurat_verdict) -> jurat_tee;
    /// See [`jurat_verdict_accepted()`].
    pub fn jurat_verdict_time(verdict: *const jurat_verdict) -> i64;
    /// See [`jurat_verdict_accepted()`].
    pub fn jurat_verdict_roots_supplied(verdict: *const jurat_verdict) -> c_int;
    /// ```text
    /// Return the reasons for a refusal, numbered 0 to count - 1, or whether a certain reason is among them.
    ///
    /// code      JURAT_REASON_* of <jurat/reasons.h>
    /// Returns   count: 0 when the evidence was accepted. code: one of JURAT_REASON_*, to be compared with
    ///           strcmp(3). detail: one line for people. code and detail: NULL past the end. has_reason: 1 or 0
    /// Threads   any number of threads
    /// Since     0.1
    /// ```
    pub fn jurat_verdict_reason_count(verdict: *const jurat_verdict) -> usize;
    /// See [`jurat_verdict_reason_count()`].
    pub fn jurat_verdict_reason_code(verdict: *const jurat_verdict, i: usize) -> *const c_char;
    /// See [`jurat_verdict_reason_count()`].
    pub fn jurat_verdict_reason_detail(verdict: *const jurat_verdict, i: usize) -> *const c_char;
    /// See [`jurat_verdict_reason_count()`].
    pub fn jurat_verdict_has_reason(verdict: *const jurat_verdict, code: *const c_char) -> c_int;
    /// ```text
    /// Return what was not checked, also in evidence that was accepted: items 0 to count - 1.
    ///
    /// Returns   count: the number of items. code: one of JURAT_NOT_JUDGED_* of <jurat/reasons.h>, to be compared
    ///           with strcmp(3), or a field and a bit that the policy allows although this release does not know
    ///           it, such as "platform_info bit-8". detail: why, one line for people. code and detail: NULL past
    ///           the end
    /// Threads   any number of threads
    /// Since     0.1
    /// ```
    pub fn jurat_verdict_not_judged_count(verdict: *const jurat_verdict) -> usize;
    /// See [`jurat_verdict_not_judged_count()`].
    pub fn jurat_verdict_not_judged_code(verdict: *const jurat_verdict, i: usize) -> *const c_char;
    /// See [`jurat_verdict_not_judged_count()`].
    pub fn jurat_verdict_not_judged_detail(verdict: *const jurat_verdict, i: usize) -> *const c_char;
    /// ```text
    /// Return REPORT_DATA, the guest's 64 bytes that the evidence covers, and the launch measurement.
    ///
    /// Returns   report_data: 64 bytes. measurement: 48 bytes, MEASUREMENT of an SEV-SNP guest or MRTD of a TD
    ///           (see also jurat_verdict_tdx_rtmr). Borrowed from the verdict; NULL: the evidence could not be
    ///           parsed
    /// Threads   any number of threads
    /// Since     0.1
    /// ```
    pub fn jurat_verdict_report_data(verdict: *const jurat_verdict) -> *const u8;
    /// See [`jurat_verdict_report_data()`].
    pub fn jurat_verdict_measurement(verdict: *const jurat_verdict) -> *const u8;
    /// ```text
    /// Returns the kind of key that signed the evidence.
    ///
    /// Returns   the kind that the evidence states; JURAT_SIGNER_NONE when it could not be parsed
    /// Threads   any number of threads
    /// Since     0.1
    /// ```
    pub fn jurat_verdict_signer(verdict: *const jurat_verdict) -> jurat_signer;
    /// ```text
    /// Return a field of the evidence by name. Names are those of `jurat show` and of the verdict's JSON, such as
    /// "guest_svn", "vmpl", "policy", "host_data" or "chip_id" of a report, and "td_attributes", "xfam" or
    /// "mrconfigid" of a quote.
    ///
    /// name      for field_number, the name of an integer field (8 to 64 bits); for field_bytes, of a byte string
    /// ret       the integer in host byte order, or bytes borrowed from the verdict; changes on success only
    /// ret_size  number of bytes; changes on success only
    /// Returns   0; JURAT_NOT_FOUND this evidence has no such field, or its type is the other one
    /// Threads   any number of threads
    /// Since     0.1
    /// ```
    pub fn jurat_verdict_field_number(verdict: *const jurat_verdict, name: *const c_char, ret: *mut u64) -> c_int;
    /// See [`jurat_verdict_field_number()`].
    pub fn jurat_verdict_field_bytes(verdict: *const jurat_verdict, name: *const c_char, ret: *mut *const u8, ret_size: *mut usize) -> c_int;
    /// ```text
    /// Return the product and the chip id of an SEV-SNP report.
    ///
    /// Returns   product: "Milan", "Genoa" or "Turin". chip_id: 64 bytes, all zero when the firmware masks it
    ///           (MASK_CHIP_ID); Turin uses the first 8. Borrowed from the verdict; NULL: not known, or not a
    ///           report
    /// Threads   any number of threads
    /// Since     0.1
    /// ```
    pub fn jurat_verdict_snp_product(verdict: *const jurat_verdict) -> *const c_char;
    /// See [`jurat_verdict_snp_product()`].
    pub fn jurat_verdict_snp_chip_id(verdict: *const jurat_verdict) -> *const u8;
    /// ```text
    /// Returns one of the four TCB versions of an SEV-SNP report.
    ///
    /// ret       the caller sets its size; changes on success only
    /// Returns   0; JURAT_NOT_FOUND not a report, or no such TCB; -EINVAL, -E2BIG the size of *ret is invalid, or
    ///           of a newer release
    /// Threads   any number of threads
    /// Since     0.1    Spec  SEV-SNP firmware ABI, TCB_VERSION
    /// ```
    pub fn jurat_verdict_snp_tcb(verdict: *const jurat_verdict, kind: jurat_snp_tcb_kind, ret: *mut jurat_snp_tcb) -> c_int;
    /// ```text
    /// Return a runtime measurement register (RTMR) of a TD quote, and the FMSPC of its platform.
    ///
    /// index     0 to 3
    /// Returns   rtmr: 48 bytes. fmspc: 6 bytes, from the PCK certificate. Borrowed from the verdict; NULL: not a
    ///           quote, or it has no such value
    /// Threads   any number of threads
    /// Since     0.1
    /// ```
    pub fn jurat_verdict_tdx_rtmr(verdict: *const jurat_verdict, index: c_uint) -> *const u8;
    /// See [`jurat_verdict_tdx_rtmr()`].
    pub fn jurat_verdict_tdx_fmspc(verdict: *const jurat_verdict) -> *const u8;
    /// ```text
    /// Return a summary of the event log that was supplied with a TD quote, and the kernel command lines that were
    /// measured, numbered 0 to kernel_cmdline_count - 1. Only events of explained RTMRs count.
    ///
    /// ret       the caller sets its size; changes on success only
    /// Returns   event_log: 0; JURAT_NOT_FOUND not a quote, or there was no readable log; -EINVAL, -E2BIG the size
    ///           of *ret is invalid, or of a newer release. kernel_cmdline: borrowed from the verdict, any bytes
    ///           but NUL; NULL past the end
    /// Threads   any number of threads
    /// Since     0.1    Spec  TCG PC Client Platform Firmware Profile; UEFI 2.10, 38.4
    /// ```
    pub fn jurat_verdict_tdx_event_log(verdict: *const jurat_verdict, ret: *mut jurat_tdx_event_log) -> c_int;
    /// See [`jurat_verdict_tdx_event_log()`].
    pub fn jurat_verdict_tdx_kernel_cmdline(verdict: *const jurat_verdict, i: usize) -> *const c_char;
    /// ```text
    /// Returns the TCB status of a TD quote according to the collateral, combined or of one part at launch.
    ///
    /// ret       the caller sets its size; changes on success only
    /// Returns   0; JURAT_NOT_FOUND not a quote, or not evaluated: there was no trusted collateral, or PART_ALL
    ///           was requested for a TD that may have been launched on another platform, which the quote does not
    ///           identify; -EINVAL, -E2BIG the size of *ret is invalid, or of a newer release
    /// Threads   any number of threads
    /// Since     0.1    Spec  Intel PCS API v4, TCB info
    /// ```
    pub fn jurat_verdict_tdx_tcb(verdict: *const jurat_verdict, part: jurat_tdx_tcb_part, ret: *mut jurat_tdx_tcb) -> c_int;
    /// ```text
    /// Returns Intel's name of a TCB status, such as "UpToDate", which policies and the verdict's JSON use as
    /// well.
    ///
    /// Returns   a constant string; NULL for JURAT_TDX_TCB_NONE and for values that are not a status
    /// Threads   any thread
    /// Since     0.1    Spec  Intel PCS API v4, TCB info
    /// ```
    pub fn jurat_tdx_tcb_status_name(status: jurat_tdx_tcb_status) -> *const c_char;
    /// ```text
    /// Return the security advisories that apply to the TCB of a TD quote, such as "INTEL-SA-00837"; they are
    /// numbered 0 to count - 1, without duplicates.
    ///
    /// Returns   count: the number of advisories. advisory: borrowed from the verdict; NULL past the end
    /// Threads   any number of threads
    /// Since     0.1
    /// ```
    pub fn jurat_verdict_tdx_advisory_count(verdict: *const jurat_verdict) -> usize;
    /// See [`jurat_verdict_tdx_advisory_count()`].
    pub fn jurat_verdict_tdx_advisory(verdict: *const jurat_verdict, i: usize) -> *const c_char;
    /// ```text
    /// Return the values that are too low: items 0 to count - 1. For TDX each has the security advisories that
    /// still apply at the TCB level that requires the higher value, numbered 0 to advisory_count - 1.
    ///
    /// ret       the caller sets its size; changes on success only
    /// Returns   count: 0 when nothing is too low. shortfall: 0; JURAT_NOT_FOUND past the end; -EINVAL, -E2BIG the
    ///           size of *ret is invalid, or of a newer release. advisory: borrowed from the verdict; NULL past
    ///           the end
    /// Threads   any number of threads
    /// Since     0.1
    /// ```
    pub fn jurat_verdict_shortfall_count(verdict: *const jurat_verdict) -> usize;
    /// See [`jurat_verdict_shortfall_count()`].
    pub fn jurat_verdict_shortfall(verdict: *const jurat_verdict, i: usize, ret: *mut jurat_shortfall) -> c_int;
    /// See [`jurat_verdict_shortfall_count()`].
    pub fn jurat_verdict_shortfall_advisory(verdict: *const jurat_verdict, i: usize, k: usize) -> *const c_char;
    /// ```text
    /// Return the whole verdict as text or JSON, as `jurat verify` and `jurat verify --output json` print it. Both
    /// are for people and logs: programs should decide by the other jurat_verdict_* functions.
    ///
    /// Returns   a NUL-terminated string that the caller frees with free(3); NULL: out of memory, or the verdict
    ///           is NULL
    /// Threads   any number of threads
    /// Since     0.1
    /// ```
    pub fn jurat_verdict_json(verdict: *const jurat_verdict) -> *mut c_char;
    /// See [`jurat_verdict_json()`].
    pub fn jurat_verdict_text(verdict: *const jurat_verdict) -> *mut c_char;
    /// ```text
    /// Computes the launch digest of an SEV-SNP guest: the measurement in its reports.
    ///
    /// options   borrowed
    /// ret       48 bytes; changes on success only
    /// Returns   0; -EBADMSG an image or the kernel is malformed, or lacks what the options need: `err` says what
    ///           and where; -EINVAL an option is invalid or missing, or the size of the options; -E2BIG the
    ///           options are of a newer release; -ENOMEM; another value that `step` returned
    /// Threads   any thread
    /// Since     0.1    Spec  SEV-SNP firmware ABI, SNP_LAUNCH_UPDATE and Launch Digest
    /// ```
    pub fn jurat_measure_snp(options: *const jurat_measure_snp_options, ret: *mut [u8; 48], err: *mut jurat_error) -> c_int;
    /// ```text
    /// Reads a type of vCPUs: one of QEMU's names in any case, such as "EPYC-Milan", or family, model and stepping
    /// as in "25-1-1".
    ///
    /// ret       vcpu_signature of struct jurat_measure_snp_options; changes on success only
    /// Returns   0; JURAT_NOT_FOUND an unknown name, or numbers that CPUID cannot state
    /// Threads   any thread
    /// Since     0.1    Spec  AMD64 APM volume 3, Fn0000_0001_EAX
    /// ```
    pub fn jurat_measure_vcpu_type(text: *const c_char, ret: *mut u32) -> c_int;
    /// ```text
    /// Returns the names that jurat_measure_vcpu_type() knows, numbered from 0.
    ///
    /// Returns   a constant string; NULL past the end
    /// Threads   any thread
    /// Since     0.1
    /// ```
    pub fn jurat_measure_vcpu_type_name(i: usize) -> *const c_char;
    /// ```text
    /// Computes MRTD of a TD, and RTMR0 to RTMR2 as far as the options allow.
    ///
    /// options   borrowed
    /// ret       the caller sets its size; changes on success only
    /// Returns   0, also if a register could not be computed; -EBADMSG, -EINVAL, -E2BIG, -ENOMEM as
    ///           jurat_measure_snp
    /// Threads   any thread
    /// Since     0.1    Spec  Intel TDX module, TDH.MEM.PAGE.ADD and TDH.MR.EXTEND; TDVF design guide
    /// ```
    pub fn jurat_measure_tdx(options: *const jurat_measure_tdx_options, ret: *mut jurat_measure_tdx_digests, err: *mut jurat_error) -> c_int;
    /// ```text
    /// Makes an ID block, signs it with an ID key, and the public ID key with an author key if there is one.
    ///
    /// block       borrowed
    /// id_key      id_key_size bytes, borrowed: an ECDSA P-384 private key, PEM or DER, PKCS #8 or RFC 5915, not
    ///             encrypted. The library wipes its own copies
    /// author_key  the same; NULL: none
    /// ret_block   96 bytes, for SNP_LAUNCH_FINISH
    /// ret_auth    4096 bytes, the ID authentication information
    /// ret_keys    the caller sets its size; may be NULL
    /// Returns     0; -EBADMSG a key cannot be used; -EINVAL a policy that firmware refuses, or the size of a
    ///             struct; -E2BIG a struct is of a newer release; -ENOMEM. Outputs change on success only
    /// Threads     any thread
    /// Since       0.1    Spec  SEV-SNP firmware ABI, SNP_LAUNCH_FINISH
    /// ```
    pub fn jurat_snp_id_block_make(block: *const jurat_snp_id_block, id_key: *const c_void, id_key_size: usize, author_key: *const c_void, author_key_size: usize, ret_block: *mut [u8; 96], ret_auth: *mut [u8; 4096], ret_keys: *mut jurat_snp_id_keys, err: *mut jurat_error) -> c_int;
    /// ```text
    /// Checks an ID block as firmware does when a launch finishes, except that the caller compares what it states.
    ///
    /// block       block_size bytes, untrusted
    /// auth        auth_size bytes, untrusted
    /// ret         what the ID block states; the caller sets its size
    /// ret_keys    digests of the keys that signed; the caller sets its size
    /// Returns     0 the signatures are valid; JURAT_REFUSED: `err` has the reasons; -EBADMSG a size or the
    ///             version is wrong; -EINVAL, -E2BIG the size of a struct is invalid, or of a newer release;
    ///             -ENOMEM. Outputs change on success only
    /// Threads     any thread
    /// Since       0.1    Spec  SEV-SNP firmware ABI, SNP_LAUNCH_FINISH
    /// ```
    pub fn jurat_snp_id_block_check(block: *const c_void, block_size: usize, auth: *const c_void, auth_size: usize, ret: *mut jurat_snp_id_block, ret_keys: *mut jurat_snp_id_keys, err: *mut jurat_error) -> c_int;
    /// ```text
    /// Reads an event log of a TD.
    ///
    /// bytes     n bytes, untrusted, copied: a TCG log, with or without the padding of its area, or JSON
    /// ret       freed by the caller with jurat_event_log_free, which accepts NULL
    /// Returns   0; -EBADMSG malformed: `err` has the offset and the reason; -EOVERFLOW more bytes or events than
    ///           are read; -ENOMEM
    /// Threads   one thread while it is read or freed; otherwise any number of threads
    /// Since     0.1    Spec  TCG PC Client Platform Firmware Profile; UEFI 2.10, 38.4
    /// ```
    pub fn jurat_event_log_new(bytes: *const c_void, n: usize, ret: *mut *mut jurat_event_log, err: *mut jurat_error) -> c_int;
    /// See [`jurat_event_log_new()`].
    pub fn jurat_event_log_free(log: *mut jurat_event_log);
    /// ```text
    /// Return the form of a log, and the number of its events.
    ///
    /// Returns   form: what was read. count: 0 or more
    /// Threads   any number of threads
    /// Since     0.1
    /// ```
    pub fn jurat_event_log_form(log: *const jurat_event_log) -> jurat_event_log_form;
    /// See [`jurat_event_log_form()`].
    pub fn jurat_event_log_count(log: *const jurat_event_log) -> usize;
    /// ```text
    /// Returns an event of a log; they are numbered 0 to count - 1.
    ///
    /// ret       the caller sets its size; changes on success only
    /// Returns   0; JURAT_NOT_FOUND past the end; -EINVAL, -E2BIG the size of *ret is invalid, or of a newer
    ///           release
    /// Threads   any number of threads
    /// Since     0.1
    /// ```
    pub fn jurat_event_log_event(log: *const jurat_event_log, i: usize, ret: *mut jurat_event) -> c_int;
    /// ```text
    /// Replays the first n events of a log, or all of them, and returns RTMR0 to RTMR3 after them.
    ///
    /// n         (size_t)-1: all
    /// Threads   any number of threads
    /// Since     0.1    Spec  Intel TDX module, TDG.MR.RTMR.EXTEND
    /// ```
    pub fn jurat_event_log_replay(log: *const jurat_event_log, n: usize, ret: *mut [u8; 48]);
    /// ```text
    /// Returns the name of a type of events, such as "EV_SEPARATOR".
    ///
    /// Returns   a constant string; NULL for unknown types
    /// Threads   any thread
    /// Since     0.1    Spec  TCG PC Client Platform Firmware Profile, Event Types
    /// ```
    pub fn jurat_event_type_name(type_: u32) -> *const c_char;
    /// ```text
    /// Return the version of libjurat, libjurat-host or libjurat-sim. Each library has a function of its own
    /// because a program may be linked to more than one.
    ///
    /// Returns   "MAJOR.MINOR.PATCH", a constant string: the JURAT_VERSION_STRING that the library was built with
    /// Threads   any thread
    /// Since     0.1
    /// ```
    pub fn jurat_version() -> *const c_char;
}

#[cfg(feature = "jurat-host")]
extern "C" {
    /// ```text
    /// Creates a handle for the certificate blob of this host.
    ///
    /// path      file name of the certificate blob (see also dir_fd), a GHCB certificate table as `snphost import`
    ///           or `jurat certs build` writes it; copied. While the file does not exist, guests get an empty
    ///           table. NULL: this host has no certificates, and every request is answered with an empty table.
    ///           Every process that can read the file can lock it and delay updates: give it mode 0640 and the
    ///           VMMs' group, in a directory that only the operator can write to. Requests fail with EIO while the
    ///           file is world-writable
    /// options   borrowed; NULL: defaults
    /// ret       freed by the caller with jurat_snp_certs_free, after all requests that use it;
    ///           jurat_snp_certs_free accepts NULL
    /// Returns   0; -EINVAL an invalid size or value in the options, or has_dir_fd is set and `path` is not a
    ///           single file name; -ENOTDIR dir_fd is not a directory; -EBADF dir_fd is not open; -E2BIG the
    ///           options are of a newer release; -ENOMEM; another -errno of fcntl(2)
    /// Threads   any thread; any number of threads may serve requests of one `certs` at once
    /// Since     0.1
    /// ```
    pub fn jurat_snp_certs_new(path: *const c_char, options: *const jurat_snp_certs_options, ret: *mut *mut jurat_snp_certs, err: *mut jurat_error) -> c_int;
    /// See [`jurat_snp_certs_new()`].
    pub fn jurat_snp_certs_free(certs: *mut jurat_snp_certs);
    /// ```text
    /// Creates the state of one vCPU's certificate requests, which owns that vCPU's lock on the blob.
    ///
    /// An idle request holds no descriptor and no buffer. These belong to `certs`, which keeps as many as there
    /// have been requests in flight at once.
    ///
    /// certs     borrowed until the request is freed
    /// ret       freed by the caller with jurat_snp_request_free, which drops a lock that is still held and
    ///           accepts NULL
    /// Returns   0; -ENOMEM
    /// Threads   creating: any thread; freeing: one thread at a time per handle
    /// Since     0.1
    /// ```
    pub fn jurat_snp_request_new(certs: *mut jurat_snp_certs, ret: *mut *mut jurat_snp_request, err: *mut jurat_error) -> c_int;
    /// See [`jurat_snp_request_new()`].
    pub fn jurat_snp_request_free(request: *mut jurat_snp_request);
    /// ```text
    /// Answers one KVM_EXIT_SNP_REQ_CERTS: locks the blob, copies it to the guest, zeroes the rest of the last
    /// page, and returns the values for kvm_run.
    ///
    /// When the guest got certificates (*ret_answer is 0), the lock is held until jurat_snp_request_ran(). An
    /// empty table is consistent with every key and needs no lock.
    ///
    /// gpa, npages   from kvm_run, untrusted: the guest's RAX and RBX
    /// memory        borrowed during the call
    /// ret_answer    value for kvm_run->snp_req_certs.ret: 0 the certificates were written, or, where there are
    ///               none, 24 zero bytes (nothing, if npages is 0); ENOSPC npages is too small for the
    ///               certificates: *ret_npages is enough; EAGAIN an updater held the lock for longer than
    ///               lock_wait_ms; EIO gpa is not page-aligned, wraps around or cannot be written, or the blob
    ///               cannot be read or is not a certificate table
    /// ret_npages    value for kvm_run->snp_req_certs.npages: the number of 4 KiB pages needed when the answer is
    ///               ENOSPC, otherwise npages
    /// Returns       0 *ret_answer is set; when it is not 0, `err` says why, for the log; -EBUSY the previous
    ///               request of this vCPU has not been completed (no jurat_snp_request_ran() since); -EINVAL,
    ///               -E2BIG `memory` lacks `write`, or its size is invalid or of a newer release. After a failure
    ///               *ret_answer is EIO
    /// Threads       one thread at a time per handle
    /// Since         0.1    Spec  KVM API, KVM_EXIT_SNP_REQ_CERTS; GHCB 4.1.8.1
    /// ```
    pub fn jurat_snp_request_serve(request: *mut jurat_snp_request, gpa: u64, npages: u64, memory: *const jurat_guest_memory, ret_answer: *mut u64, ret_npages: *mut u64, err: *mut jurat_error) -> c_int;
    /// ```text
    /// Answers as jurat_snp_request_serve(), but returns instead of waiting for an updater that holds the lock.
    /// For VMMs whose threads have other work, for example those with coroutines.
    ///
    /// Linux offers no descriptor to poll for a lock. After JURAT_BUSY, call this function again in *ret_wait_ms
    /// milliseconds with the same arguments, and do not call KVM_RUN for this vCPU until then. Once lock_wait_ms
    /// have passed since the first call, the answer is EAGAIN, even if the function was called only rarely.
    /// jurat_snp_request_serve() may continue the request at any time; jurat_snp_request_ran() ends it.
    ///
    /// ret_wait_ms   milliseconds until the next call; 0 unless JURAT_BUSY is returned
    /// Returns       as jurat_snp_request_serve; also JURAT_BUSY not answered yet: call again. *ret_answer is then
    ///               EAGAIN, the correct answer if the vCPU must run before that
    /// Threads       one thread at a time per handle
    /// Since         0.1    Spec  KVM API, KVM_EXIT_SNP_REQ_CERTS
    /// ```
    pub fn jurat_snp_request_serve_nowait(request: *mut jurat_snp_request, gpa: u64, npages: u64, memory: *const jurat_guest_memory, ret_answer: *mut u64, ret_npages: *mut u64, ret_wait_ms: *mut u32, err: *mut jurat_error) -> c_int;
    /// ```text
    /// Reports the result of a KVM_RUN of this vCPU. Call it after every KVM_RUN. It releases the lock when KVM
    /// has sent the guest request to the firmware or will not send it. That is after every return from KVM_RUN
    /// except the one described at `flags`. It also releases the lock after every failure, so that an update never
    /// waits for a broken VM.
    ///
    /// If KVM_RUN fails with -EINVAL because of registers that it refuses (kvm_valid_regs, kvm_dirty_regs, cr8),
    /// the request is still pending. A VMM that then calls KVM_RUN again must first set the answer to EAGAIN, as
    /// jurat_snp_request_handle_ran() does. Otherwise, the firmware processes the request without the lock.
    ///
    /// rc        0, or -errno of the ioctl
    /// flags     JURAT_SNP_RAN_UNINITIALIZED or 0: with a vCPU in that state, KVM_RUN returns -EINTR
    ///           (immediate_exit) or -EAGAIN before it completes the request, so the lock stays held
    /// Returns   1 the lock was released; 0 no lock was held, or it is still needed
    /// Threads   one thread at a time per handle
    /// Since     0.1    Spec  KVM API, KVM_RUN and immediate_exit
    /// ```
    pub fn jurat_snp_request_ran(request: *mut jurat_snp_request, rc: c_int, flags: c_uint) -> c_int;
    /// ```text
    /// Answers one KVM_EXIT_SNP_REQ_CERTS in kvm_run itself, as jurat_snp_request_serve() for a VMM that has
    /// direct access to `struct kvm_run`.
    ///
    /// Reads exit_reason, gpa and npages, and writes ret and npages. While the lock is held it also sets
    /// immediate_exit to 1, so that KVM_RUN returns as soon as the firmware has processed the request.
    ///
    /// run       the vCPU's mmap(2)ed kvm_run, at least 56 bytes
    /// memory    borrowed during the call
    /// Returns   as jurat_snp_request_serve; also -EINVAL when the exit is of another kind, or the last KVM_RUN
    ///           failed, which leaves exit_reason stale: kvm_run is unchanged
    /// Threads   one thread at a time per handle
    /// Since     0.1    Spec  KVM API, KVM_EXIT_SNP_REQ_CERTS
    /// ```
    pub fn jurat_snp_request_handle_exit(request: *mut jurat_snp_request, run: *mut kvm_run, memory: *const jurat_guest_memory, err: *mut jurat_error) -> c_int;
    /// ```text
    /// Answers in kvm_run itself, as jurat_snp_request_handle_exit(), but returns instead of waiting for an
    /// updater, as jurat_snp_request_serve_nowait().
    ///
    /// run           the vCPU's mmap(2)ed kvm_run, at least 56 bytes
    /// memory        borrowed during the call
    /// ret_wait_ms   milliseconds until the next call; 0 unless JURAT_BUSY is returned
    /// Returns       as jurat_snp_request_handle_exit; also JURAT_BUSY not answered yet: call again before
    ///               KVM_RUN. kvm_run then contains the answer EAGAIN, for a vCPU that must run before that: its
    ///               guest repeats the request
    /// Threads       one thread at a time per handle
    /// Since         0.1    Spec  KVM API, KVM_EXIT_SNP_REQ_CERTS
    /// ```
    pub fn jurat_snp_request_handle_exit_nowait(request: *mut jurat_snp_request, run: *mut kvm_run, memory: *const jurat_guest_memory, ret_wait_ms: *mut u32, err: *mut jurat_error) -> c_int;
    /// ```text
    /// Reports the result of a KVM_RUN, as jurat_snp_request_ran(), and clears the immediate_exit that
    /// jurat_snp_request_handle_exit() has set, which KVM does not clear. It stays set while the lock is held.
    /// When it releases the lock after a failed KVM_RUN, it changes the answer in kvm_run to EAGAIN. If KVM has
    /// not completed the request yet, the guest then repeats it.
    ///
    /// run       the vCPU's mmap(2)ed kvm_run, at least 56 bytes
    /// rc        0, or -errno of the ioctl
    /// flags     as jurat_snp_request_ran
    /// Returns   as jurat_snp_request_ran
    /// Threads   one thread at a time per handle
    /// Since     0.1    Spec  KVM API, KVM_RUN and immediate_exit
    /// ```
    pub fn jurat_snp_request_handle_ran(request: *mut jurat_snp_request, run: *mut kvm_run, rc: c_int, flags: c_uint) -> c_int;
    /// ```text
    /// Discards a request and releases its lock, as if the handle were new. For a vCPU that was closed because its
    /// VM was reset or ended.
    ///
    /// Do not call this function for a vCPU that still exists and has a pending request: the next KVM_RUN would
    /// pass the request to the firmware without the lock. Instead, complete the request by KVM_RUN with
    /// immediate_exit and jurat_snp_request_ran().
    ///
    /// Threads   one thread at a time per handle
    /// Since     0.1
    /// ```
    pub fn jurat_snp_request_reset(request: *mut jurat_snp_request);
    /// ```text
    /// Creates the VMM's side of GetQuote for one VM. A guest passes a shared buffer that holds a TDREPORT; the
    /// VMM sends the TDREPORT to a quoting service (QGS) and replaces it with the quote.
    ///
    /// Whatever the service does, an accepted request ends with a terminal status in the guest's buffer, and an
    /// interrupt if the guest has registered one: with a buffer that stays in flight, a Linux guest gets EBUSY
    /// forever.
    ///
    /// options   borrowed; NULL: defaults, and no quoting service
    /// memory    access to guest memory; copied. Its callbacks are called from vCPU threads and from the thread
    ///           that dispatches, concurrently for different requests. A naturally aligned write of 4 or 8 bytes
    ///           must be a single store, because the guest polls that location; jurat puts a release fence between
    ///           writes that the guest must see in order
    /// ret       closed by the caller with jurat_tdx_quotes_close, which ends every request in flight with an
    ///           error and accepts NULL. No other thread may be inside a jurat_tdx_quotes_* call at that time
    /// Returns   0; -EINVAL an invalid size, value or address, or `memory` without `read` or `write`; -E2BIG a
    ///           struct is of a newer release; -ENOMEM; -EMFILE or another -errno from creating a descriptor
    /// Threads   after opening, any thread; the VMM need not serialize its vCPU threads
    /// Since     0.1    Spec  GHCI 1.5, TDG.VP.VMCALL<GetQuote>
    /// ```
    pub fn jurat_tdx_quotes_open(options: *const jurat_tdx_quotes_options, memory: *const jurat_guest_memory, ret: *mut *mut jurat_tdx_quotes, err: *mut jurat_error) -> c_int;
    /// See [`jurat_tdx_quotes_open()`].
    pub fn jurat_tdx_quotes_close(quotes: *mut jurat_tdx_quotes);
    /// ```text
    /// End all requests in flight. Both return when all have ended; no callback is called for these requests
    /// after that. Both wait for threads in jurat_tdx_quotes_dispatch() and, up to grace_ms, for threads in
    /// jurat_tdx_quotes_serve(). `quotes` can still be used afterwards.
    ///
    /// jurat_tdx_quotes_cancel() is for a VM that continues later or on another host. Each request ends with an
    /// error in its buffer, and with an interrupt if the guest has registered one. Call it before memory is saved
    /// for the last time, while no vCPU runs: a buffer that is saved in flight stays in flight forever.
    ///
    /// jurat_tdx_quotes_reset() is for a VM that restarts, or whose memory will be unmapped. It writes nothing to
    /// guest memory, injects no interrupt, and discards the guest's registration for interrupts. Call it after the
    /// last vCPU has stopped and before the memory is reused or unmapped.
    ///
    /// Threads   any thread, but not from a callback
    /// Since     0.1
    /// ```
    pub fn jurat_tdx_quotes_cancel(quotes: *mut jurat_tdx_quotes);
    /// See [`jurat_tdx_quotes_cancel()`].
    pub fn jurat_tdx_quotes_reset(quotes: *mut jurat_tdx_quotes);
    /// ```text
    /// Returns a descriptor for poll(2), select(2) or epoll(7), which is readable when jurat_tdx_quotes_dispatch()
    /// has work to do.
    ///
    /// Returns   the descriptor, owned by `quotes` and valid until they are closed; do not read from it or close
    ///           it
    /// Threads   any thread
    /// Since     0.1
    /// ```
    pub fn jurat_tdx_quotes_fd(quotes: *const jurat_tdx_quotes) -> c_int;
    /// ```text
    /// Advances every request as far as possible without blocking: handles connections, responses and timeouts.
    /// Harmless when there is nothing to do.
    ///
    /// Returns   0; -errno the timer cannot be set: call it again soon
    /// Threads   any thread
    /// Since     0.1
    /// ```
    pub fn jurat_tdx_quotes_dispatch(quotes: *mut jurat_tdx_quotes, err: *mut jurat_error) -> c_int;
    /// ```text
    /// Counts the requests that have not ended yet. A VMM that stops running its guest need not wait until it is
    /// 0.
    ///
    /// Returns   their number
    /// Threads   any thread
    /// Since     0.1
    /// ```
    pub fn jurat_tdx_quotes_outstanding_count(quotes: *mut jurat_tdx_quotes) -> usize;
    /// ```text
    /// Serves TDG.VP.VMCALL<GetQuote>: checks the request, in the same order as QEMU, marks the buffer in flight,
    /// and waits up to grace_ms for the quote. A signal to this thread ends the wait.
    ///
    /// The input may have either of two forms: a TDREPORT, for which the output is a quote, or a length-prefixed
    /// QGS request, for which it is the service's length-prefixed response, which may be an error response.
    ///
    /// gpa, size    from the exit, untrusted: the guest's R12 without its shared bit, and R13
    /// ret_answer   value for the guest's R10, to be stored in kvm_run's `ret`: 0 SUCCESS, the buffer's status is
    ///              in flight or already terminal; 1 RETRY, too many requests are outstanding, or out of memory;
    ///              0x8000000000000000 INVALID_OPERAND, size is 0 or above 128 KiB, the header is not of version
    ///              1, in_len does not fit, or the buffer cannot be read or written; 0x8000000000000001 GPA_INUSE,
    ///              the buffer overlaps one in flight; 0x8000000000000002 ALIGN_ERROR, gpa or size is not a
    ///              multiple of 4096
    /// Returns      0 *ret_answer is set; when it is not SUCCESS, `err` says why, for the log
    /// Threads      any thread
    /// Since        0.1    Spec  GHCI 1.5, TDG.VP.VMCALL<GetQuote>
    /// ```
    pub fn jurat_tdx_quotes_serve(quotes: *mut jurat_tdx_quotes, gpa: u64, size: u64, ret_answer: *mut u64, err: *mut jurat_error) -> c_int;
    /// ```text
    /// Serves TDG.VP.VMCALL<SetupEventNotifyInterrupt>: a VM has one vector, which the last call from any vCPU
    /// sets.
    ///
    /// vector    from the exit, untrusted
    /// vcpu      the VMM's identifier of the calling vCPU, passed to `notify`, such as its APIC id
    /// Returns   value for R10: 0; 0x8000000000000000 INVALID_OPERAND a vector below 32 or above 255;
    ///           0x8000000000000003 SUBFUNC_UNSUPPORTED there is no `notify`
    /// Threads   any thread
    /// Since     0.1    Spec  GHCI 1.5, TDG.VP.VMCALL<SetupEventNotifyInterrupt>
    /// ```
    pub fn jurat_tdx_quotes_setup_notify(quotes: *mut jurat_tdx_quotes, vector: u64, vcpu: u32) -> u64;
    /// ```text
    /// Serves TDG.VP.VMCALL<GetTdVmCallInfo>, leaf 1.
    ///
    /// leaf      from the exit, untrusted
    /// ret       values for R11 to R14; changes on SUCCESS only
    /// Returns   value for R10: 0; 0x8000000000000000 INVALID_OPERAND a leaf other than 1
    /// Threads   any thread
    /// Since     0.1    Spec  GHCI 1.5, TDG.VP.VMCALL<GetTdVmCallInfo>
    /// ```
    pub fn jurat_tdx_quotes_vmcall_info(quotes: *const jurat_tdx_quotes, leaf: u64, ret: *mut [u64; 4]) -> u64;
    /// ```text
    /// Answers one KVM_EXIT_TDX in kvm_run itself, for a VMM that has direct access to `struct kvm_run`: as
    /// jurat_tdx_quotes_serve(), jurat_tdx_quotes_setup_notify() and jurat_tdx_quotes_vmcall_info() do.
    ///
    /// Call it only after a KVM_RUN that returned 0: a failed one leaves exit_reason stale. For other calls of the
    /// guest, the answer stays as KVM preset it: not supported.
    ///
    /// run       the vCPU's mmap(2)ed kvm_run, at least 96 bytes
    /// vcpu      as jurat_tdx_quotes_setup_notify
    /// Returns   as jurat_tdx_quotes_serve; -EINVAL the exit is of another kind: kvm_run is unchanged
    /// Threads   any thread
    /// Since     0.1    Spec  KVM API, KVM_EXIT_TDX
    /// ```
    pub fn jurat_tdx_quotes_handle_exit(quotes: *mut jurat_tdx_quotes, run: *mut kvm_run, vcpu: u32, err: *mut jurat_error) -> c_int;
    /// See [`jurat_version()`].
    pub fn jurat_host_version() -> *const c_char;
}

#[cfg(feature = "jurat-sim")]
extern "C" {
    /// ```text
    /// Creates a simulated SEV-SNP machine.
    ///
    /// options   borrowed; NULL: defaults
    /// ret       freed by the caller with jurat_snp_sim_free, after all its guests; jurat_snp_sim_free accepts
    ///           NULL
    /// Returns   0; -EINVAL an option has an unknown value, or an invalid size; an item of evidence is unknown,
    ///           of TDX, or has no use: `err` names it; -E2BIG the options are of a newer release; -EBUSY the blob
    ///           is locked; -ENOMEM; another -errno from writing the blob
    /// Threads   one thread for the machine and all its guests
    /// Since     0.1
    /// ```
    pub fn jurat_snp_sim_new(options: *const jurat_snp_sim_options, ret: *mut *mut jurat_snp_sim, err: *mut jurat_error) -> c_int;
    /// See [`jurat_snp_sim_new()`].
    pub fn jurat_snp_sim_free(sim: *mut jurat_snp_sim);
    /// ```text
    /// Returns the root certificate (ARK) of this machine, which a verifier must trust to accept its reports. When
    /// `evidence` changes the key or signature of the ARK, it is the machine's own root, not the changed one.
    ///
    /// ret       DER, borrowed until jurat_snp_sim_free
    /// ret_size  size in bytes
    /// Returns   0; -ENOMEM
    /// Threads   as the machine
    /// Since     0.1
    /// ```
    pub fn jurat_snp_sim_root(sim: *mut jurat_snp_sim, ret: *mut *const u8, ret_size: *mut usize, err: *mut jurat_error) -> c_int;
    /// ```text
    /// Returns the CRL of this machine's root.
    ///
    /// ret       DER, borrowed until jurat_snp_sim_free
    /// ret_size  size in bytes
    /// Returns   0; JURAT_NOT_FOUND `evidence` says that there is none; -EINVAL, -ENOMEM
    /// Threads   as the machine
    /// Since     0.1
    /// ```
    pub fn jurat_snp_sim_crl(sim: *mut jurat_snp_sim, ret: *mut *const u8, ret_size: *mut usize, err: *mut jurat_error) -> c_int;
    /// ```text
    /// Updates firmware and certificate blob together, as an operator does under the exclusive lock.
    ///
    /// tcb       a TCB_VERSION, for JURAT_SNP_SIM_CONFIG and JURAT_SNP_SIM_DOWNLOAD; ignored otherwise
    /// Returns   0; JURAT_BUSY guest requests held the lock: try again; -ECANCELED the firmware refused the
    ///           change, and nothing was changed; -EINVAL an unknown change; another -errno from files or memory
    /// Threads   as the machine
    /// Since     0.1
    /// ```
    pub fn jurat_snp_sim_update(sim: *mut jurat_snp_sim, change: jurat_snp_sim_change, tcb: u64, err: *mut jurat_error) -> c_int;
    /// ```text
    /// Launches a guest.
    ///
    /// launch    borrowed; NULL: defaults
    /// ret       freed by the caller with jurat_snp_sim_guest_free, before the machine; jurat_snp_sim_guest_free
    ///           accepts NULL
    /// Returns   0; -EINVAL a guest policy that this machine cannot run, or an invalid size; -E2BIG `launch` is of
    ///           a newer release; -ENOMEM
    /// Threads   as the machine
    /// Since     0.1
    /// ```
    pub fn jurat_snp_sim_guest_new(sim: *mut jurat_snp_sim, launch: *const jurat_snp_sim_launch, ret: *mut *mut jurat_snp_sim_guest, err: *mut jurat_error) -> c_int;
    /// See [`jurat_snp_sim_guest_new()`].
    pub fn jurat_snp_sim_guest_free(guest: *mut jurat_snp_sim_guest);
    /// ```text
    /// Performs an ioctl(2) on the guest's /dev/sev-guest. It runs to completion: waiting for a host that answers
    /// BUSY takes simulated time, not real time.
    ///
    /// vcpu      0 to vcpu_count - 1
    /// request   SNP_GET_REPORT and others, from the kernel's <linux/sev-guest.h>
    /// arg       likewise, a struct snp_guest_request_ioctl; the pointers in it refer to this process's memory
    /// Returns   what ioctl(2) returns, but -errno instead of -1: 0; > 0 as the driver returns it; -ENOTTY the
    ///           guest no longer has its VMPCK; -EIO and others as the driver returns them
    /// Threads   as the machine
    /// Since     0.1    Spec  Linux Documentation/virt/coco/sev-guest.rst
    /// ```
    pub fn jurat_snp_sim_guest_ioctl(guest: *mut jurat_snp_sim_guest, vcpu: c_uint, request: c_ulong, arg: *mut c_void) -> c_int;
    /// ```text
    /// Creates a simulated TDX platform.
    ///
    /// options   borrowed; NULL: defaults
    /// ret       freed by the caller with jurat_tdx_sim_free, after all its TDs; jurat_tdx_sim_free accepts NULL
    /// Returns   0; -EINVAL an option has an unknown value, or an invalid size; an item of evidence is unknown, of
    ///           SEV-SNP, or has no use: `err` names it; -E2BIG the options are of a newer release; -ENOMEM
    /// Threads   one thread for the platform and all its TDs
    /// Since     0.1
    /// ```
    pub fn jurat_tdx_sim_new(options: *const jurat_tdx_sim_options, ret: *mut *mut jurat_tdx_sim, err: *mut jurat_error) -> c_int;
    /// See [`jurat_tdx_sim_new()`].
    pub fn jurat_tdx_sim_free(sim: *mut jurat_tdx_sim);
    /// ```text
    /// Returns the root certificate of this platform, in place of Intel's SGX Root CA, which a verifier must trust
    /// to accept its quotes. When `evidence` changes the key or signature of the root, it is the platform's own,
    /// not the changed one.
    ///
    /// ret       DER, borrowed until jurat_tdx_sim_free
    /// ret_size  size in bytes
    /// Returns   0; -ENOMEM
    /// Threads   as the platform
    /// Since     0.1
    /// ```
    pub fn jurat_tdx_sim_root(sim: *mut jurat_tdx_sim, ret: *mut *const u8, ret_size: *mut usize, err: *mut jurat_error) -> c_int;
    /// ```text
    /// Returns part `i` of the collateral of this platform: TCB info, QE identity, their issuer chains, and the
    /// CRLs with theirs. What `evidence` leaves out is not among them.
    ///
    /// i         from 0
    /// ret_name  file name as in a directory of `jurat verify --collateral`, such as "tcb_info.json"; static; may
    ///           be NULL
    /// ret       JSON, PEM or DER, as jurat_tdx_collateral_add takes it, borrowed until jurat_tdx_sim_free
    /// ret_size  size in bytes
    /// Returns   0; JURAT_NOT_FOUND past the end; -EINVAL dates that cannot be written; -ENOMEM
    /// Threads   as the platform
    /// Since     0.1    Spec  Intel PCS API v4
    /// ```
    pub fn jurat_tdx_sim_collateral(sim: *mut jurat_tdx_sim, i: usize, ret_name: *mut *const c_char, ret: *mut *const u8, ret_size: *mut usize, err: *mut jurat_error) -> c_int;
    /// ```text
    /// Launches a TD. Its RTMRs are zero.
    ///
    /// launch    borrowed; NULL: defaults
    /// ret       freed by the caller with jurat_tdx_sim_td_free, before the platform; jurat_tdx_sim_td_free
    ///           accepts NULL
    /// Returns   0; -EINVAL an XFAM that no TD can have, or an invalid size; -E2BIG `launch` is of a newer
    ///           release; -ENOMEM
    /// Threads   as the platform
    /// Since     0.1
    /// ```
    pub fn jurat_tdx_sim_td_new(sim: *mut jurat_tdx_sim, launch: *const jurat_tdx_sim_launch, ret: *mut *mut jurat_tdx_sim_td, err: *mut jurat_error) -> c_int;
    /// See [`jurat_tdx_sim_td_new()`].
    pub fn jurat_tdx_sim_td_free(td: *mut jurat_tdx_sim_td);
    /// ```text
    /// Extends an RTMR of the TD: RTMR = SHA-384(RTMR || digest).
    ///
    /// index     2 or 3, as Linux allows programs, or 0 or 1, which the TD's firmware extends
    /// digest    SHA-384 of what is measured
    /// Returns   0; -EINVAL no such RTMR
    /// Threads   as the platform
    /// Since     0.1    Spec  Intel TDX module ABI, TDG.MR.RTMR.EXTEND
    /// ```
    pub fn jurat_tdx_sim_td_extend(td: *mut jurat_tdx_sim_td, index: c_uint, digest: *const [u8; 48], err: *mut jurat_error) -> c_int;
    /// ```text
    /// Performs an ioctl(2) on the TD's /dev/tdx_guest.
    ///
    /// request   TDX_CMD_GET_REPORT0, from the kernel's <linux/tdx-guest.h>
    /// arg       likewise, a struct tdx_report_req
    /// Returns   what ioctl(2) returns, but -errno instead of -1: 0; -ENOTTY another request; -EFAULT and others
    ///           as the driver returns them
    /// Threads   as the platform
    /// Since     0.1    Spec  Linux Documentation/virt/coco/tdx-guest.rst
    /// ```
    pub fn jurat_tdx_sim_td_ioctl(td: *mut jurat_tdx_sim_td, request: c_ulong, arg: *mut c_void) -> c_int;
    /// ```text
    /// Returns a quote, as a program in the TD gets it from configfs-tsm: the guest driver calls GetQuote, and the
    /// VMM has the quoting service sign the TD report. It runs to completion: waiting takes simulated time, not
    /// real time.
    ///
    /// report_data  64 bytes
    /// ret          borrowed until the next quote of this TD, or jurat_tdx_sim_td_free
    /// ret_size     size in bytes
    /// Returns      0; -EIO and others as the driver returns them; -ENOMEM
    /// Threads      as the platform
    /// Since        0.1    Spec  Intel TDX GHCI 1.5, TDG.VP.VMCALL<GetQuote>
    /// ```
    pub fn jurat_tdx_sim_td_quote(td: *mut jurat_tdx_sim_td, report_data: *const [u8; 64], ret: *mut *const u8, ret_size: *mut usize, err: *mut jurat_error) -> c_int;
    /// See [`jurat_version()`].
    pub fn jurat_sim_version() -> *const c_char;
}
