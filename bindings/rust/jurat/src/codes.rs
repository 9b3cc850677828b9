// SPDX-License-Identifier: MIT
// Written by bindings/declarations from the public headers. Do not edit.

code_enum! {
    /// Why evidence is refused. The manual page jurat-verify(1) says what each code means.
    Reason {
        /// `report-size`
        ReportSize = "report-size",
        /// `report-version`
        ReportVersion = "report-version",
        /// `report-reserved`
        ReportReserved = "report-reserved",
        /// `signature-algorithm`
        SignatureAlgorithm = "signature-algorithm",
        /// `key-info-reserved`
        KeyInfoReserved = "key-info-reserved",
        /// `author-key-inconsistent`
        AuthorKeyInconsistent = "author-key-inconsistent",
        /// `report-unsigned`
        ReportUnsigned = "report-unsigned",
        /// `guest-policy-reserved`
        GuestPolicyReserved = "guest-policy-reserved",
        /// `platform-info-reserved`
        PlatformInfoReserved = "platform-info-reserved",
        /// `vmpl-range`
        VmplRange = "vmpl-range",
        /// `tcb-malformed`
        TcbMalformed = "tcb-malformed",
        /// `product-unknown`
        ProductUnknown = "product-unknown",
        /// `report-signature`
        ReportSignature = "report-signature",
        /// `certificate-table-malformed`
        CertificateTableMalformed = "certificate-table-malformed",
        /// `certificate-malformed`
        CertificateMalformed = "certificate-malformed",
        /// `certificate-unrelated`
        CertificateUnrelated = "certificate-unrelated",
        /// `certificate-pem`
        CertificatePem = "certificate-pem",
        /// `leaf-missing`
        LeafMissing = "leaf-missing",
        /// `leaf-name`
        LeafName = "leaf-name",
        /// `leaf-issuer`
        LeafIssuer = "leaf-issuer",
        /// `leaf-product`
        LeafProduct = "leaf-product",
        /// `leaf-profile`
        LeafProfile = "leaf-profile",
        /// `leaf-key`
        LeafKey = "leaf-key",
        /// `leaf-extension-missing`
        LeafExtensionMissing = "leaf-extension-missing",
        /// `leaf-extension-malformed`
        LeafExtensionMalformed = "leaf-extension-malformed",
        /// `leaf-version`
        LeafVersion = "leaf-version",
        /// `leaf-critical-extension`
        LeafCriticalExtension = "leaf-critical-extension",
        /// `leaf-tcb-mismatch`
        LeafTcbMismatch = "leaf-tcb-mismatch",
        /// `leaf-chip-mismatch`
        LeafChipMismatch = "leaf-chip-mismatch",
        /// `chip-id-masked`
        ChipIdMasked = "chip-id-masked",
        /// `leaf-not-yet-valid`
        LeafNotYetValid = "leaf-not-yet-valid",
        /// `leaf-expired`
        LeafExpired = "leaf-expired",
        /// `leaf-signature`
        LeafSignature = "leaf-signature",
        /// `leaf-revoked`
        LeafRevoked = "leaf-revoked",
        /// `intermediate-missing`
        IntermediateMissing = "intermediate-missing",
        /// `intermediate-name`
        IntermediateName = "intermediate-name",
        /// `intermediate-issuer`
        IntermediateIssuer = "intermediate-issuer",
        /// `intermediate-profile`
        IntermediateProfile = "intermediate-profile",
        /// `intermediate-critical-extension`
        IntermediateCriticalExtension = "intermediate-critical-extension",
        /// `intermediate-not-yet-valid`
        IntermediateNotYetValid = "intermediate-not-yet-valid",
        /// `intermediate-expired`
        IntermediateExpired = "intermediate-expired",
        /// `intermediate-signature`
        IntermediateSignature = "intermediate-signature",
        /// `intermediate-revoked`
        IntermediateRevoked = "intermediate-revoked",
        /// `root-missing`
        RootMissing = "root-missing",
        /// `root-not-trusted`
        RootNotTrusted = "root-not-trusted",
        /// `root-product`
        RootProduct = "root-product",
        /// `root-profile`
        RootProfile = "root-profile",
        /// `root-critical-extension`
        RootCriticalExtension = "root-critical-extension",
        /// `root-not-yet-valid`
        RootNotYetValid = "root-not-yet-valid",
        /// `root-expired`
        RootExpired = "root-expired",
        /// `root-signature`
        RootSignature = "root-signature",
        /// `crl-missing`
        CrlMissing = "crl-missing",
        /// `crl-signature`
        CrlSignature = "crl-signature",
        /// `crl-critical-extension`
        CrlCriticalExtension = "crl-critical-extension",
        /// `crl-profile`
        CrlProfile = "crl-profile",
        /// `crl-not-yet-valid`
        CrlNotYetValid = "crl-not-yet-valid",
        /// `crl-stale`
        CrlStale = "crl-stale",
        /// `quote-malformed`
        QuoteMalformed = "quote-malformed",
        /// `not-a-td-quote`
        NotATdQuote = "not-a-td-quote",
        /// `quote-version`
        QuoteVersion = "quote-version",
        /// `quote-key-type`
        QuoteKeyType = "quote-key-type",
        /// `quote-vendor`
        QuoteVendor = "quote-vendor",
        /// `quote-unsupported`
        QuoteUnsupported = "quote-unsupported",
        /// `quote-attestation-key`
        QuoteAttestationKey = "quote-attestation-key",
        /// `quote-signature`
        QuoteSignature = "quote-signature",
        /// `qe-report-signature`
        QeReportSignature = "qe-report-signature",
        /// `qe-report-data-mismatch`
        QeReportDataMismatch = "qe-report-data-mismatch",
        /// `collateral-missing`
        CollateralMissing = "collateral-missing",
        /// `collateral-unusable`
        CollateralUnusable = "collateral-unusable",
        /// `tcb-signer-missing`
        TcbSignerMissing = "tcb-signer-missing",
        /// `tcb-signer-name`
        TcbSignerName = "tcb-signer-name",
        /// `tcb-signer-profile`
        TcbSignerProfile = "tcb-signer-profile",
        /// `tcb-signer-critical-extension`
        TcbSignerCriticalExtension = "tcb-signer-critical-extension",
        /// `tcb-signer-signature`
        TcbSignerSignature = "tcb-signer-signature",
        /// `tcb-signer-not-yet-valid`
        TcbSignerNotYetValid = "tcb-signer-not-yet-valid",
        /// `tcb-signer-expired`
        TcbSignerExpired = "tcb-signer-expired",
        /// `tcb-signer-revoked`
        TcbSignerRevoked = "tcb-signer-revoked",
        /// `tcb-info-signature`
        TcbInfoSignature = "tcb-info-signature",
        /// `tcb-info-not-yet-valid`
        TcbInfoNotYetValid = "tcb-info-not-yet-valid",
        /// `tcb-info-expired`
        TcbInfoExpired = "tcb-info-expired",
        /// `tcb-info-id`
        TcbInfoId = "tcb-info-id",
        /// `tcb-info-type`
        TcbInfoType = "tcb-info-type",
        /// `tcb-info-fmspc-mismatch`
        TcbInfoFmspcMismatch = "tcb-info-fmspc-mismatch",
        /// `tcb-info-pceid-mismatch`
        TcbInfoPceidMismatch = "tcb-info-pceid-mismatch",
        /// `qe-identity-signature`
        QeIdentitySignature = "qe-identity-signature",
        /// `qe-identity-not-yet-valid`
        QeIdentityNotYetValid = "qe-identity-not-yet-valid",
        /// `qe-identity-expired`
        QeIdentityExpired = "qe-identity-expired",
        /// `qe-identity-id`
        QeIdentityId = "qe-identity-id",
        /// `collateral-too-old`
        CollateralTooOld = "collateral-too-old",
        /// `tcb-evaluation-below-minimum`
        TcbEvaluationBelowMinimum = "tcb-evaluation-below-minimum",
        /// `qe-miscselect-mismatch`
        QeMiscselectMismatch = "qe-miscselect-mismatch",
        /// `qe-attributes-mismatch`
        QeAttributesMismatch = "qe-attributes-mismatch",
        /// `qe-mrsigner-mismatch`
        QeMrsignerMismatch = "qe-mrsigner-mismatch",
        /// `qe-isvprodid-mismatch`
        QeIsvprodidMismatch = "qe-isvprodid-mismatch",
        /// `qe-debug`
        QeDebug = "qe-debug",
        /// `tdx-module-identities-missing`
        TdxModuleIdentitiesMissing = "tdx-module-identities-missing",
        /// `tdx-module-unknown`
        TdxModuleUnknown = "tdx-module-unknown",
        /// `tdx-module-mrsigner-mismatch`
        TdxModuleMrsignerMismatch = "tdx-module-mrsigner-mismatch",
        /// `tdx-module-attributes`
        TdxModuleAttributes = "tdx-module-attributes",
        /// `tcb-not-supported`
        TcbNotSupported = "tcb-not-supported",
        /// `tcb-status-unrecognized`
        TcbStatusUnrecognized = "tcb-status-unrecognized",
        /// `tcb-status-not-accepted`
        TcbStatusNotAccepted = "tcb-status-not-accepted",
        /// `current-tcb-status-not-accepted`
        CurrentTcbStatusNotAccepted = "current-tcb-status-not-accepted",
        /// `advisory-not-accepted`
        AdvisoryNotAccepted = "advisory-not-accepted",
        /// `report-data-mismatch`
        ReportDataMismatch = "report-data-mismatch",
        /// `measurement-mismatch`
        MeasurementMismatch = "measurement-mismatch",
        /// `host-data-mismatch`
        HostDataMismatch = "host-data-mismatch",
        /// `id-key-digest-mismatch`
        IdKeyDigestMismatch = "id-key-digest-mismatch",
        /// `author-key-digest-mismatch`
        AuthorKeyDigestMismatch = "author-key-digest-mismatch",
        /// `family-id-mismatch`
        FamilyIdMismatch = "family-id-mismatch",
        /// `image-id-mismatch`
        ImageIdMismatch = "image-id-mismatch",
        /// `report-id-mismatch`
        ReportIdMismatch = "report-id-mismatch",
        /// `chip-id-mismatch`
        ChipIdMismatch = "chip-id-mismatch",
        /// `vmpl-not-allowed`
        VmplNotAllowed = "vmpl-not-allowed",
        /// `guest-svn-below-minimum`
        GuestSvnBelowMinimum = "guest-svn-below-minimum",
        /// `debug-allowed`
        DebugAllowed = "debug-allowed",
        /// `migrate-ma-allowed`
        MigrateMaAllowed = "migrate-ma-allowed",
        /// `smt-allowed`
        SmtAllowed = "smt-allowed",
        /// `cxl-allowed`
        CxlAllowed = "cxl-allowed",
        /// `single-socket-not-required`
        SingleSocketNotRequired = "single-socket-not-required",
        /// `mem-aes-256-xts-not-required`
        MemAes256XtsNotRequired = "mem-aes-256-xts-not-required",
        /// `rapl-dis-not-required`
        RaplDisNotRequired = "rapl-dis-not-required",
        /// `ciphertext-hiding-not-required`
        CiphertextHidingNotRequired = "ciphertext-hiding-not-required",
        /// `page-swap-disable-not-required`
        PageSwapDisableNotRequired = "page-swap-disable-not-required",
        /// `guest-abi-below-minimum`
        GuestAbiBelowMinimum = "guest-abi-below-minimum",
        /// `tcb-below-minimum`
        TcbBelowMinimum = "tcb-below-minimum",
        /// `committed-tcb-below-minimum`
        CommittedTcbBelowMinimum = "committed-tcb-below-minimum",
        /// `current-tcb-below-minimum`
        CurrentTcbBelowMinimum = "current-tcb-below-minimum",
        /// `launch-tcb-below-minimum`
        LaunchTcbBelowMinimum = "launch-tcb-below-minimum",
        /// `firmware-below-minimum`
        FirmwareBelowMinimum = "firmware-below-minimum",
        /// `committed-firmware-below-minimum`
        CommittedFirmwareBelowMinimum = "committed-firmware-below-minimum",
        /// `launch-mit-vector-below-minimum`
        LaunchMitVectorBelowMinimum = "launch-mit-vector-below-minimum",
        /// `current-mit-vector-below-minimum`
        CurrentMitVectorBelowMinimum = "current-mit-vector-below-minimum",
        /// `launch-mitigations-lost`
        LaunchMitigationsLost = "launch-mitigations-lost",
        /// `mit-vector-missing`
        MitVectorMissing = "mit-vector-missing",
        /// `provisional-firmware`
        ProvisionalFirmware = "provisional-firmware",
        /// `platform-info-required`
        PlatformInfoRequired = "platform-info-required",
        /// `platform-info-forbidden`
        PlatformInfoForbidden = "platform-info-forbidden",
        /// `product-not-allowed`
        ProductNotAllowed = "product-not-allowed",
        /// `vcek-not-allowed`
        VcekNotAllowed = "vcek-not-allowed",
        /// `vlek-not-allowed`
        VlekNotAllowed = "vlek-not-allowed",
        /// `csp-id-not-allowed`
        CspIdNotAllowed = "csp-id-not-allowed",
        /// `tee-not-allowed`
        TeeNotAllowed = "tee-not-allowed",
        /// `policy-scope`
        PolicyScope = "policy-scope",
        /// `td-debug`
        TdDebug = "td-debug",
        /// `td-attributes-not-allowed`
        TdAttributesNotAllowed = "td-attributes-not-allowed",
        /// `td-attributes-required`
        TdAttributesRequired = "td-attributes-required",
        /// `xfam-not-allowed`
        XfamNotAllowed = "xfam-not-allowed",
        /// `xfam-required`
        XfamRequired = "xfam-required",
        /// `service-td-not-allowed`
        ServiceTdNotAllowed = "service-td-not-allowed",
        /// `mrtd-mismatch`
        MrtdMismatch = "mrtd-mismatch",
        /// `mrseam-mismatch`
        MrseamMismatch = "mrseam-mismatch",
        /// `mrconfigid-mismatch`
        MrconfigidMismatch = "mrconfigid-mismatch",
        /// `mrowner-mismatch`
        MrownerMismatch = "mrowner-mismatch",
        /// `mrownerconfig-mismatch`
        MrownerconfigMismatch = "mrownerconfig-mismatch",
        /// `rtmr0-mismatch`
        Rtmr0Mismatch = "rtmr0-mismatch",
        /// `rtmr1-mismatch`
        Rtmr1Mismatch = "rtmr1-mismatch",
        /// `rtmr2-mismatch`
        Rtmr2Mismatch = "rtmr2-mismatch",
        /// `rtmr3-mismatch`
        Rtmr3Mismatch = "rtmr3-mismatch",
        /// `mrservicetd-mismatch`
        MrservicetdMismatch = "mrservicetd-mismatch",
        /// `fmspc-mismatch`
        FmspcMismatch = "fmspc-mismatch",
        /// `ppid-mismatch`
        PpidMismatch = "ppid-mismatch",
        /// `platform-instance-id-mismatch`
        PlatformInstanceIdMismatch = "platform-instance-id-mismatch",
        /// `sgx-type-not-allowed`
        SgxTypeNotAllowed = "sgx-type-not-allowed",
        /// `tee-tcb-svn-below-minimum`
        TeeTcbSvnBelowMinimum = "tee-tcb-svn-below-minimum",
        /// `td-id-mismatch`
        TdIdMismatch = "td-id-mismatch",
        /// `devinfo-hash-mismatch`
        DevinfoHashMismatch = "devinfo-hash-mismatch",
        /// `init-servtd-hash-mismatch`
        InitServtdHashMismatch = "init-servtd-hash-mismatch",
        /// `curr-servtd-hash-mismatch`
        CurrServtdHashMismatch = "curr-servtd-hash-mismatch",
        /// `event-log-missing`
        EventLogMissing = "event-log-missing",
        /// `event-log-malformed`
        EventLogMalformed = "event-log-malformed",
        /// `event-log-mismatch`
        EventLogMismatch = "event-log-mismatch",
        /// `event-missing`
        EventMissing = "event-missing",
        /// `event-not-allowed`
        EventNotAllowed = "event-not-allowed",
        /// `event-not-fixed`
        EventNotFixed = "event-not-fixed",
        /// `kernel-cmdline-not-allowed`
        KernelCmdlineNotAllowed = "kernel-cmdline-not-allowed",
        /// `secure-boot-disabled`
        SecureBootDisabled = "secure-boot-disabled",
    }
}

code_enum! {
    /// What a verdict does not cover. The manual page jurat-verify(1) says what each code means.
    NotJudged {
        /// `chain`
        Chain = "chain",
        /// `report-signature`
        ReportSignature = "report-signature",
        /// `revocation`
        Revocation = "revocation",
        /// `chip-id`
        ChipId = "chip-id",
        /// `leaf-product-name`
        LeafProductName = "leaf-product-name",
        /// `report-data`
        ReportData = "report-data",
        /// `measurement`
        Measurement = "measurement",
        /// `minimum-tcb`
        MinimumTcb = "minimum-tcb",
        /// `policy-scope`
        PolicyScope = "policy-scope",
        /// `tcb-status`
        TcbStatus = "tcb-status",
        /// `qe-identity`
        QeIdentity = "qe-identity",
        /// `tdx-module`
        TdxModule = "tdx-module",
        /// `launch-platform`
        LaunchPlatform = "launch-platform",
        /// `service-td`
        ServiceTd = "service-td",
        /// `sept-ve-disable`
        SeptVeDisable = "sept-ve-disable",
        /// `vmid`
        Vmid = "vmid",
        /// `trailing-bytes`
        TrailingBytes = "trailing-bytes",
        /// `rtmr3`
        Rtmr3 = "rtmr3",
    }
}

value_enum! {
    /// The kind of key that signed the evidence.
    Signer {
        /// `JURAT_SIGNER_NONE`
        None = 0,
        /// `JURAT_SIGNER_VCEK`
        Vcek = 1,
        /// `JURAT_SIGNER_VLEK`
        Vlek = 2,
        /// `JURAT_SIGNER_PCK`
        Pck = 3,
    }
}

value_enum! {
    /// What an event log says about secure boot.
    SecureBoot {
        /// `JURAT_SECURE_BOOT_UNKNOWN`
        Unknown = 0,
        /// `JURAT_SECURE_BOOT_DISABLED`
        Disabled = 1,
        /// `JURAT_SECURE_BOOT_ENABLED`
        Enabled = 2,
    }
}

value_enum! {
    /// Intel's status of a TCB.
    TcbStatus {
        /// `JURAT_TDX_TCB_NONE`
        None = 0,
        /// `JURAT_TDX_TCB_UP_TO_DATE`
        UpToDate = 1,
        /// `JURAT_TDX_TCB_SW_HARDENING_NEEDED`
        SwHardeningNeeded = 2,
        /// `JURAT_TDX_TCB_CONFIGURATION_NEEDED`
        ConfigurationNeeded = 3,
        /// `JURAT_TDX_TCB_CONFIGURATION_AND_SW_HARDENING_NEEDED`
        ConfigurationAndSwHardeningNeeded = 4,
        /// `JURAT_TDX_TCB_OUT_OF_DATE`
        OutOfDate = 5,
        /// `JURAT_TDX_TCB_OUT_OF_DATE_CONFIGURATION_NEEDED`
        OutOfDateConfigurationNeeded = 6,
        /// `JURAT_TDX_TCB_REVOKED`
        Revoked = 7,
        /// `JURAT_TDX_TCB_TD_RELAUNCH_ADVISED`
        TdRelaunchAdvised = 8,
        /// `JURAT_TDX_TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED`
        TdRelaunchAdvisedConfigurationNeeded = 9,
        /// `JURAT_TDX_TCB_NOT_SUPPORTED`
        NotSupported = 10,
        /// `JURAT_TDX_TCB_UNRECOGNIZED`
        Unrecognized = 11,
    }
}

value_enum! {
    /// One of the four TCB versions of a report.
    SnpTcbKind {
        /// `JURAT_SNP_TCB_REPORTED`
        Reported = 0,
        /// `JURAT_SNP_TCB_COMMITTED`
        Committed = 1,
        /// `JURAT_SNP_TCB_CURRENT`
        Current = 2,
        /// `JURAT_SNP_TCB_LAUNCH`
        Launch = 3,
    }
}

value_enum! {
    /// The part of a TD's platform that a TCB status is about.
    TcbPart {
        /// `JURAT_TDX_TCB_PART_ALL`
        All = 0,
        /// `JURAT_TDX_TCB_PART_PLATFORM`
        Platform = 1,
        /// `JURAT_TDX_TCB_PART_MODULE`
        Module = 2,
        /// `JURAT_TDX_TCB_PART_QE`
        Qe = 3,
        /// `JURAT_TDX_TCB_PART_THIS_PLATFORM`
        ThisPlatform = 4,
    }
}
