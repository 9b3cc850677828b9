// SPDX-License-Identifier: MIT
// Written by bindings/declarations from the public headers. Do not edit.

package jurat

// Why evidence is refused. The manual page jurat-verify(1) says what each code means.
const (
	ReasonReportSize                    Reason = "report-size"
	ReasonReportVersion                 Reason = "report-version"
	ReasonReportReserved                Reason = "report-reserved"
	ReasonSignatureAlgorithm            Reason = "signature-algorithm"
	ReasonKeyInfoReserved               Reason = "key-info-reserved"
	ReasonAuthorKeyInconsistent         Reason = "author-key-inconsistent"
	ReasonReportUnsigned                Reason = "report-unsigned"
	ReasonGuestPolicyReserved           Reason = "guest-policy-reserved"
	ReasonPlatformInfoReserved          Reason = "platform-info-reserved"
	ReasonVMPLRange                     Reason = "vmpl-range"
	ReasonTCBMalformed                  Reason = "tcb-malformed"
	ReasonProductUnknown                Reason = "product-unknown"
	ReasonReportSignature               Reason = "report-signature"
	ReasonCertificateTableMalformed     Reason = "certificate-table-malformed"
	ReasonCertificateMalformed          Reason = "certificate-malformed"
	ReasonCertificateUnrelated          Reason = "certificate-unrelated"
	ReasonCertificatePEM                Reason = "certificate-pem"
	ReasonLeafMissing                   Reason = "leaf-missing"
	ReasonLeafName                      Reason = "leaf-name"
	ReasonLeafIssuer                    Reason = "leaf-issuer"
	ReasonLeafProduct                   Reason = "leaf-product"
	ReasonLeafProfile                   Reason = "leaf-profile"
	ReasonLeafKey                       Reason = "leaf-key"
	ReasonLeafExtensionMissing          Reason = "leaf-extension-missing"
	ReasonLeafExtensionMalformed        Reason = "leaf-extension-malformed"
	ReasonLeafVersion                   Reason = "leaf-version"
	ReasonLeafCriticalExtension         Reason = "leaf-critical-extension"
	ReasonLeafTCBMismatch               Reason = "leaf-tcb-mismatch"
	ReasonLeafChipMismatch              Reason = "leaf-chip-mismatch"
	ReasonChipIDMasked                  Reason = "chip-id-masked"
	ReasonLeafNotYetValid               Reason = "leaf-not-yet-valid"
	ReasonLeafExpired                   Reason = "leaf-expired"
	ReasonLeafSignature                 Reason = "leaf-signature"
	ReasonLeafRevoked                   Reason = "leaf-revoked"
	ReasonIntermediateMissing           Reason = "intermediate-missing"
	ReasonIntermediateName              Reason = "intermediate-name"
	ReasonIntermediateIssuer            Reason = "intermediate-issuer"
	ReasonIntermediateProfile           Reason = "intermediate-profile"
	ReasonIntermediateCriticalExtension Reason = "intermediate-critical-extension"
	ReasonIntermediateNotYetValid       Reason = "intermediate-not-yet-valid"
	ReasonIntermediateExpired           Reason = "intermediate-expired"
	ReasonIntermediateSignature         Reason = "intermediate-signature"
	ReasonIntermediateRevoked           Reason = "intermediate-revoked"
	ReasonRootMissing                   Reason = "root-missing"
	ReasonRootNotTrusted                Reason = "root-not-trusted"
	ReasonRootProduct                   Reason = "root-product"
	ReasonRootProfile                   Reason = "root-profile"
	ReasonRootCriticalExtension         Reason = "root-critical-extension"
	ReasonRootNotYetValid               Reason = "root-not-yet-valid"
	ReasonRootExpired                   Reason = "root-expired"
	ReasonRootSignature                 Reason = "root-signature"
	ReasonCRLMissing                    Reason = "crl-missing"
	ReasonCRLSignature                  Reason = "crl-signature"
	ReasonCRLCriticalExtension          Reason = "crl-critical-extension"
	ReasonCRLProfile                    Reason = "crl-profile"
	ReasonCRLNotYetValid                Reason = "crl-not-yet-valid"
	ReasonCRLStale                      Reason = "crl-stale"
	ReasonQuoteMalformed                Reason = "quote-malformed"
	ReasonNotATDQuote                   Reason = "not-a-td-quote"
	ReasonQuoteVersion                  Reason = "quote-version"
	ReasonQuoteKeyType                  Reason = "quote-key-type"
	ReasonQuoteVendor                   Reason = "quote-vendor"
	ReasonQuoteUnsupported              Reason = "quote-unsupported"
	ReasonQuoteAttestationKey           Reason = "quote-attestation-key"
	ReasonQuoteSignature                Reason = "quote-signature"
	ReasonQEReportSignature             Reason = "qe-report-signature"
	ReasonQEReportDataMismatch          Reason = "qe-report-data-mismatch"
	ReasonCollateralMissing             Reason = "collateral-missing"
	ReasonCollateralUnusable            Reason = "collateral-unusable"
	ReasonTCBSignerMissing              Reason = "tcb-signer-missing"
	ReasonTCBSignerName                 Reason = "tcb-signer-name"
	ReasonTCBSignerProfile              Reason = "tcb-signer-profile"
	ReasonTCBSignerCriticalExtension    Reason = "tcb-signer-critical-extension"
	ReasonTCBSignerSignature            Reason = "tcb-signer-signature"
	ReasonTCBSignerNotYetValid          Reason = "tcb-signer-not-yet-valid"
	ReasonTCBSignerExpired              Reason = "tcb-signer-expired"
	ReasonTCBSignerRevoked              Reason = "tcb-signer-revoked"
	ReasonTCBInfoSignature              Reason = "tcb-info-signature"
	ReasonTCBInfoNotYetValid            Reason = "tcb-info-not-yet-valid"
	ReasonTCBInfoExpired                Reason = "tcb-info-expired"
	ReasonTCBInfoID                     Reason = "tcb-info-id"
	ReasonTCBInfoType                   Reason = "tcb-info-type"
	ReasonTCBInfoFMSPCMismatch          Reason = "tcb-info-fmspc-mismatch"
	ReasonTCBInfoPCEIDMismatch          Reason = "tcb-info-pceid-mismatch"
	ReasonQEIdentitySignature           Reason = "qe-identity-signature"
	ReasonQEIdentityNotYetValid         Reason = "qe-identity-not-yet-valid"
	ReasonQEIdentityExpired             Reason = "qe-identity-expired"
	ReasonQEIdentityID                  Reason = "qe-identity-id"
	ReasonCollateralTooOld              Reason = "collateral-too-old"
	ReasonTCBEvaluationBelowMinimum     Reason = "tcb-evaluation-below-minimum"
	ReasonQEMiscselectMismatch          Reason = "qe-miscselect-mismatch"
	ReasonQEAttributesMismatch          Reason = "qe-attributes-mismatch"
	ReasonQEMrsignerMismatch            Reason = "qe-mrsigner-mismatch"
	ReasonQEIsvprodidMismatch           Reason = "qe-isvprodid-mismatch"
	ReasonQEDebug                       Reason = "qe-debug"
	ReasonTDXModuleIdentitiesMissing    Reason = "tdx-module-identities-missing"
	ReasonTDXModuleUnknown              Reason = "tdx-module-unknown"
	ReasonTDXModuleMrsignerMismatch     Reason = "tdx-module-mrsigner-mismatch"
	ReasonTDXModuleAttributes           Reason = "tdx-module-attributes"
	ReasonTCBNotSupported               Reason = "tcb-not-supported"
	ReasonTCBStatusUnrecognized         Reason = "tcb-status-unrecognized"
	ReasonTCBStatusNotAccepted          Reason = "tcb-status-not-accepted"
	ReasonCurrentTCBStatusNotAccepted   Reason = "current-tcb-status-not-accepted"
	ReasonAdvisoryNotAccepted           Reason = "advisory-not-accepted"
	ReasonReportDataMismatch            Reason = "report-data-mismatch"
	ReasonMeasurementMismatch           Reason = "measurement-mismatch"
	ReasonHostDataMismatch              Reason = "host-data-mismatch"
	ReasonIDKeyDigestMismatch           Reason = "id-key-digest-mismatch"
	ReasonAuthorKeyDigestMismatch       Reason = "author-key-digest-mismatch"
	ReasonFamilyIDMismatch              Reason = "family-id-mismatch"
	ReasonImageIDMismatch               Reason = "image-id-mismatch"
	ReasonReportIDMismatch              Reason = "report-id-mismatch"
	ReasonChipIDMismatch                Reason = "chip-id-mismatch"
	ReasonVMPLNotAllowed                Reason = "vmpl-not-allowed"
	ReasonGuestSVNBelowMinimum          Reason = "guest-svn-below-minimum"
	ReasonDebugAllowed                  Reason = "debug-allowed"
	ReasonMigrateMAAllowed              Reason = "migrate-ma-allowed"
	ReasonSMTAllowed                    Reason = "smt-allowed"
	ReasonCXLAllowed                    Reason = "cxl-allowed"
	ReasonSingleSocketNotRequired       Reason = "single-socket-not-required"
	ReasonMemAES256XTSNotRequired       Reason = "mem-aes-256-xts-not-required"
	ReasonRAPLDisNotRequired            Reason = "rapl-dis-not-required"
	ReasonCiphertextHidingNotRequired   Reason = "ciphertext-hiding-not-required"
	ReasonPageSwapDisableNotRequired    Reason = "page-swap-disable-not-required"
	ReasonGuestABIBelowMinimum          Reason = "guest-abi-below-minimum"
	ReasonTCBBelowMinimum               Reason = "tcb-below-minimum"
	ReasonCommittedTCBBelowMinimum      Reason = "committed-tcb-below-minimum"
	ReasonCurrentTCBBelowMinimum        Reason = "current-tcb-below-minimum"
	ReasonLaunchTCBBelowMinimum         Reason = "launch-tcb-below-minimum"
	ReasonFirmwareBelowMinimum          Reason = "firmware-below-minimum"
	ReasonCommittedFirmwareBelowMinimum Reason = "committed-firmware-below-minimum"
	ReasonLaunchMITVectorBelowMinimum   Reason = "launch-mit-vector-below-minimum"
	ReasonCurrentMITVectorBelowMinimum  Reason = "current-mit-vector-below-minimum"
	ReasonLaunchMitigationsLost         Reason = "launch-mitigations-lost"
	ReasonMITVectorMissing              Reason = "mit-vector-missing"
	ReasonProvisionalFirmware           Reason = "provisional-firmware"
	ReasonPlatformInfoRequired          Reason = "platform-info-required"
	ReasonPlatformInfoForbidden         Reason = "platform-info-forbidden"
	ReasonProductNotAllowed             Reason = "product-not-allowed"
	ReasonVCEKNotAllowed                Reason = "vcek-not-allowed"
	ReasonVLEKNotAllowed                Reason = "vlek-not-allowed"
	ReasonCSPIDNotAllowed               Reason = "csp-id-not-allowed"
	ReasonTEENotAllowed                 Reason = "tee-not-allowed"
	ReasonPolicyScope                   Reason = "policy-scope"
	ReasonTDDebug                       Reason = "td-debug"
	ReasonTDAttributesNotAllowed        Reason = "td-attributes-not-allowed"
	ReasonTDAttributesRequired          Reason = "td-attributes-required"
	ReasonXFAMNotAllowed                Reason = "xfam-not-allowed"
	ReasonXFAMRequired                  Reason = "xfam-required"
	ReasonServiceTDNotAllowed           Reason = "service-td-not-allowed"
	ReasonMRTDMismatch                  Reason = "mrtd-mismatch"
	ReasonMrseamMismatch                Reason = "mrseam-mismatch"
	ReasonMrconfigidMismatch            Reason = "mrconfigid-mismatch"
	ReasonMrownerMismatch               Reason = "mrowner-mismatch"
	ReasonMrownerconfigMismatch         Reason = "mrownerconfig-mismatch"
	ReasonRTMR0Mismatch                 Reason = "rtmr0-mismatch"
	ReasonRTMR1Mismatch                 Reason = "rtmr1-mismatch"
	ReasonRTMR2Mismatch                 Reason = "rtmr2-mismatch"
	ReasonRTMR3Mismatch                 Reason = "rtmr3-mismatch"
	ReasonMrservicetdMismatch           Reason = "mrservicetd-mismatch"
	ReasonFMSPCMismatch                 Reason = "fmspc-mismatch"
	ReasonPPIDMismatch                  Reason = "ppid-mismatch"
	ReasonPlatformInstanceIDMismatch    Reason = "platform-instance-id-mismatch"
	ReasonSGXTypeNotAllowed             Reason = "sgx-type-not-allowed"
	ReasonTEETCBSVNBelowMinimum         Reason = "tee-tcb-svn-below-minimum"
	ReasonTDIDMismatch                  Reason = "td-id-mismatch"
	ReasonDevinfoHashMismatch           Reason = "devinfo-hash-mismatch"
	ReasonInitServtdHashMismatch        Reason = "init-servtd-hash-mismatch"
	ReasonCurrServtdHashMismatch        Reason = "curr-servtd-hash-mismatch"
	ReasonEventLogMissing               Reason = "event-log-missing"
	ReasonEventLogMalformed             Reason = "event-log-malformed"
	ReasonEventLogMismatch              Reason = "event-log-mismatch"
	ReasonEventMissing                  Reason = "event-missing"
	ReasonEventNotAllowed               Reason = "event-not-allowed"
	ReasonEventNotFixed                 Reason = "event-not-fixed"
	ReasonKernelCmdlineNotAllowed       Reason = "kernel-cmdline-not-allowed"
	ReasonSecureBootDisabled            Reason = "secure-boot-disabled"
)

// What a verdict does not cover. The manual page jurat-verify(1) says what each code means.
const (
	NotJudgedChain           NotJudged = "chain"
	NotJudgedReportSignature NotJudged = "report-signature"
	NotJudgedRevocation      NotJudged = "revocation"
	NotJudgedChipID          NotJudged = "chip-id"
	NotJudgedLeafProductName NotJudged = "leaf-product-name"
	NotJudgedReportData      NotJudged = "report-data"
	NotJudgedMeasurement     NotJudged = "measurement"
	NotJudgedMinimumTCB      NotJudged = "minimum-tcb"
	NotJudgedPolicyScope     NotJudged = "policy-scope"
	NotJudgedTCBStatus       NotJudged = "tcb-status"
	NotJudgedQEIdentity      NotJudged = "qe-identity"
	NotJudgedTDXModule       NotJudged = "tdx-module"
	NotJudgedLaunchPlatform  NotJudged = "launch-platform"
	NotJudgedServiceTD       NotJudged = "service-td"
	NotJudgedSeptVEDisable   NotJudged = "sept-ve-disable"
	NotJudgedVMID            NotJudged = "vmid"
	NotJudgedTrailingBytes   NotJudged = "trailing-bytes"
	NotJudgedRTMR3           NotJudged = "rtmr3"
)

// Signer: the kind of key that signed the evidence. Treat values of a later release as not acceptable.
type Signer uint32

// Values of Signer.
const (
	SignerNone Signer = 0
	SignerVCEK Signer = 1
	SignerVLEK Signer = 2
	SignerPCK  Signer = 3
)

// SecureBoot: what an event log says about secure boot. Treat values of a later release as not acceptable.
type SecureBoot uint32

// Values of SecureBoot.
const (
	SecureBootUnknown  SecureBoot = 0
	SecureBootDisabled SecureBoot = 1
	SecureBootEnabled  SecureBoot = 2
)

// TCBStatus: intel's status of a TCB. Treat values of a later release as not acceptable.
type TCBStatus uint32

// Values of TCBStatus.
const (
	TCBStatusNone                                 TCBStatus = 0
	TCBStatusUpToDate                             TCBStatus = 1
	TCBStatusSWHardeningNeeded                    TCBStatus = 2
	TCBStatusConfigurationNeeded                  TCBStatus = 3
	TCBStatusConfigurationAndSWHardeningNeeded    TCBStatus = 4
	TCBStatusOutOfDate                            TCBStatus = 5
	TCBStatusOutOfDateConfigurationNeeded         TCBStatus = 6
	TCBStatusRevoked                              TCBStatus = 7
	TCBStatusTDRelaunchAdvised                    TCBStatus = 8
	TCBStatusTDRelaunchAdvisedConfigurationNeeded TCBStatus = 9
	TCBStatusNotSupported                         TCBStatus = 10
	TCBStatusUnrecognized                         TCBStatus = 11
)

// SNPTCBKind: one of the four TCB versions of a report. Treat values of a later release as not acceptable.
type SNPTCBKind uint32

// Values of SNPTCBKind.
const (
	SNPTCBKindReported  SNPTCBKind = 0
	SNPTCBKindCommitted SNPTCBKind = 1
	SNPTCBKindCurrent   SNPTCBKind = 2
	SNPTCBKindLaunch    SNPTCBKind = 3
)

// TCBPart: the part of a TD's platform that a TCB status is about. Treat values of a later release as not acceptable.
type TCBPart uint32

// Values of TCBPart.
const (
	TCBPartAll          TCBPart = 0
	TCBPartPlatform     TCBPart = 1
	TCBPartModule       TCBPart = 2
	TCBPartQE           TCBPart = 3
	TCBPartThisPlatform TCBPart = 4
)
