// SPDX-License-Identifier: MIT
//! The verifier: offline, and fails closed.
//!
//! ```no_run
//! use jurat::verify::{Policy, SnpEvidence, Verifier};
//! use std::time::SystemTime;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (report, certs) = (std::fs::read("report.bin")?, std::fs::read("certs.bin")?);
//! let mut policy = Policy::new()?;
//! policy.set("minimum_guest_svn", "2")?;
//! let verifier = Verifier::new()?; // trusts the vendors' roots
//! let evidence = SnpEvidence { report: &report, certs: Some(&certs) };
//! let verdict = verifier.verify_snp(&evidence, Some(&policy), SystemTime::now())?;
//! println!("accepted: measurement {:02x?}", verdict.measurement());
//! # Ok(())
//! # }
//! ```
pub use crate::codes::{NotJudged, Reason, SecureBoot, Signer, SnpTcbKind, TcbPart, TcbStatus};
use crate::{bytes_of, c_string, call, created, handle, sized, sys, text_of, Error};
use std::borrow::Cow;
use std::ffi::CStr;
use std::os::raw::{c_char, c_int, c_void};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::{fmt, ptr};

handle! {
    /// Roots, endorsements, CRLs, and bounded caches of earlier checks.
    ///
    /// Any number of threads may verify with one verifier at once: share it by reference or in an `Arc`. Adding to it needs it
    /// alone, so give a running service a new CRL by replacing its verifier.
    Verifier, jurat_verifier, jurat_verifier_free
}
// SAFETY: <jurat/verify.h>: any number of threads verify with one handle; what needs it alone takes &mut self or ownership.
unsafe impl Send for Verifier {}
unsafe impl Sync for Verifier {}

handle! {
    /// What the relying party requires. The default: debug is refused, nothing else is restricted.
    Policy, jurat_policy, jurat_policy_free
}
// SAFETY: <jurat/verify.h>: one thread while it changes (&mut self), afterwards any number of threads.
unsafe impl Send for Policy {}
unsafe impl Sync for Policy {}

handle! {
    /// Intel's collateral for TD quotes: TCB info, QE identity, CRLs and the certificates of their issuers.
    Collateral, jurat_tdx_collateral, jurat_tdx_collateral_free
}
// SAFETY: <jurat/verify.h>: one thread while collateral is added (&mut self), afterwards any number of threads.
unsafe impl Send for Collateral {}
unsafe impl Sync for Collateral {}

handle! {
    /// The result for one piece of evidence. It may outlive its verifier.
    ///
    /// For refused evidence, it returns what that evidence claims, which is unverified.
    Verdict, jurat_verdict, jurat_verdict_free
}
// SAFETY: <jurat/verify.h>: any number of threads read, any thread frees.
unsafe impl Send for Verdict {}
unsafe impl Sync for Verdict {}

/// An SEV-SNP report, untrusted.
#[derive(Clone, Copy, Debug, Default)]
pub struct SnpEvidence<'a> {
    /// ATTESTATION_REPORT
    pub report: &'a [u8],
    /// The GHCB certificate table from the same response, if there is one
    pub certs: Option<&'a [u8]>,
}

/// A TD quote, untrusted.
#[derive(Clone, Copy, Debug, Default)]
pub struct TdxEvidence<'a> {
    /// The quote; bytes after it are ignored
    pub quote: &'a [u8],
    /// The TD's event log, if there is one: a CCEL, or JSON as dstack and Trustee write it
    pub event_log: Option<&'a [u8]>,
}

/// Why evidence was not accepted.
#[derive(Debug)]
pub enum VerifyError {
    /// The evidence is refused: the verdict has the reasons
    Refused(Verdict),
    /// Nothing was verified
    Failed(Error),
}

impl VerifyError {
    /// Whether this code is among the reasons for a refusal.
    pub fn has_reason(&self, reason: Reason) -> bool {
        matches!(self, VerifyError::Refused(verdict) if verdict.has_reason(reason))
    }
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            VerifyError::Failed(error) => error.fmt(f),
            VerifyError::Refused(verdict) => {
                f.write_str("refused")?;
                verdict.reasons().try_for_each(|r| write!(f, "; {}: {}", r.code, r.detail))
            }
        }
    }
}

impl std::error::Error for VerifyError {}

impl Verifier {
    /// Creates a verifier that trusts the vendors' roots.
    pub fn new() -> Result<Self, Error> {
        let mut handle = ptr::null_mut();
        call(|error| unsafe { sys::jurat_verifier_new(&mut handle, error) })?;
        Ok(Verifier(created(handle)))
    }

    /// Trusts the self-signed certificates in `bytes` *instead* of the vendors' roots. Further calls add roots.
    pub fn add_roots(&mut self, bytes: &[u8]) -> Result<(), Error> {
        call(|e| unsafe { sys::jurat_verifier_add_roots(self.raw(), void(bytes), bytes.len(), e) }).map(drop)
    }

    /// Adds endorsements that evidence may lack, in any form that jurat-verify(1) lists: their number.
    pub fn add_certificates(&mut self, bytes: &[u8]) -> Result<usize, Error> {
        let mut n = 0;
        call(|e| unsafe { sys::jurat_verifier_add_certificates(self.raw(), void(bytes), bytes.len(), &mut n, e) })?;
        Ok(n)
    }

    /// Adds a CRL, which applies to the root that signed it.
    pub fn add_crl(&mut self, bytes: &[u8]) -> Result<(), Error> {
        call(|e| unsafe { sys::jurat_verifier_add_crl(self.raw(), void(bytes), bytes.len(), e) }).map(drop)
    }

    /// Verifies an SEV-SNP attestation report at a time. `None`: the default policy. `Ok` means accepted.
    pub fn verify_snp(
        &self,
        evidence: &SnpEvidence<'_>,
        policy: Option<&Policy>,
        at: SystemTime,
    ) -> Result<Verdict, VerifyError> {
        let mut c = sized!(sys::jurat_snp_evidence);
        c.report = evidence.report.as_ptr();
        c.report_size = evidence.report.len();
        (c.certs, c.certs_size) = parts(evidence.certs);
        let policy = policy.map_or(ptr::null_mut(), Policy::raw);
        outcome(|ret, e| unsafe { sys::jurat_verify_snp(self.raw(), &c, policy, seconds(at), ret, e) })
    }

    /// Verifies a TD quote at a time, and its event log if there is one. Without collateral, only a policy with
    /// `allow_no_collateral` accepts it. `Ok` means accepted.
    pub fn verify_tdx(
        &self,
        evidence: &TdxEvidence<'_>,
        collateral: Option<&Collateral>,
        policy: Option<&Policy>,
        at: SystemTime,
    ) -> Result<Verdict, VerifyError> {
        let mut c = sized!(sys::jurat_tdx_evidence);
        c.quote = evidence.quote.as_ptr();
        c.quote_size = evidence.quote.len();
        (c.event_log, c.event_log_size) = parts(evidence.event_log);
        let collateral = collateral.map_or(ptr::null_mut(), Collateral::raw);
        let policy = policy.map_or(ptr::null_mut(), Policy::raw);
        outcome(|ret, e| unsafe { sys::jurat_verify_tdx(self.raw(), &c, collateral, policy, seconds(at), ret, e) })
    }
}

fn void(bytes: &[u8]) -> *const c_void {
    bytes.as_ptr().cast()
}

fn parts(bytes: Option<&[u8]>) -> (*const u8, usize) {
    bytes.map_or((ptr::null(), 0), |bytes| (bytes.as_ptr(), bytes.len()))
}

/// Accepted is 0 from the function and 1 from its verdict; anything else is a refusal or a failure.
fn outcome(
    f: impl FnOnce(*mut *mut sys::jurat_verdict, *mut sys::jurat_error) -> c_int,
) -> Result<Verdict, VerifyError> {
    let mut handle = ptr::null_mut();
    let (result, _) = call(|error| f(&mut handle, error)).map_err(VerifyError::Failed)?;
    let verdict = Verdict(created(handle));
    match result == 0 && verdict.accepted() {
        true => Ok(verdict),
        false => Err(VerifyError::Refused(verdict)),
    }
}

fn seconds(at: SystemTime) -> i64 {
    match at.duration_since(UNIX_EPOCH) {
        Ok(since) => since.as_secs().try_into().unwrap_or(i64::MAX),
        Err(before) => {
            let d = before.duration();
            let whole = i64::try_from(d.as_secs()).unwrap_or(i64::MAX);
            -whole - i64::from(d.subsec_nanos() > 0 && whole < i64::MAX)
        }
    }
}

fn time(seconds: i64) -> SystemTime {
    let distance = Duration::from_secs(seconds.unsigned_abs());
    let time = if seconds < 0 { UNIX_EPOCH.checked_sub(distance) } else { UNIX_EPOCH.checked_add(distance) };
    time.unwrap_or(UNIX_EPOCH)
}

impl Policy {
    /// Creates the default policy.
    pub fn new() -> Result<Self, Error> {
        let mut handle = ptr::null_mut();
        call(|error| unsafe { sys::jurat_policy_new(&mut handle, error) })?;
        Ok(Policy(created(handle)))
    }

    /// Reads members in JSON, strictly; all others keep their values. jurat-policy(5) lists them.
    pub fn read_json(&mut self, json: &str) -> Result<(), Error> {
        call(|e| unsafe { sys::jurat_policy_read_json(self.raw(), json.as_ptr().cast(), json.len(), e) }).map(drop)
    }

    /// Sets one member; the quotes around a string may be omitted.
    pub fn set(&mut self, member: &str, value: &str) -> Result<(), Error> {
        let (member, value) = (c_string("the name of a policy's member", member)?, c_string("its value", value)?);
        call(|e| unsafe { sys::jurat_policy_set(self.raw(), member.as_ptr(), value.as_ptr(), e) }).map(drop)
    }

    /// Warnings about a policy that was accepted: it uses names from an earlier release.
    pub fn warnings(&self) -> impl Iterator<Item = Cow<'_, str>> + '_ {
        (0..).map_while(|i| unsafe { text_of(sys::jurat_policy_warning(self.raw(), i)) })
    }
}

impl Collateral {
    /// Creates an empty set.
    pub fn new() -> Result<Self, Error> {
        let mut handle = ptr::null_mut();
        call(|error| unsafe { sys::jurat_tdx_collateral_new(&mut handle, error) })?;
        Ok(Collateral(created(handle)))
    }

    /// Adds collateral as served by Intel's PCS or a PCCS; its kind is recognized from the content.
    pub fn add(&mut self, bytes: &[u8]) -> Result<(), Error> {
        call(|e| unsafe { sys::jurat_tdx_collateral_add(self.raw(), void(bytes), bytes.len(), e) }).map(drop)
    }
}

/// An item of a verdict: a reason for a refusal, or something that was not checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding<'a, Kind> {
    /// What it is
    pub kind: Kind,
    /// Its code, also where `kind` is `Other`
    pub code: Cow<'a, str>,
    /// Why, one line for people
    pub detail: Cow<'a, str>,
}

/// A TCB_VERSION. Compare it component by component, never as one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnpTcb {
    /// As in the report
    pub raw: u64,
    /// FMC (Turin only, otherwise 0), boot loader, TEE, SNP and microcode; always there for accepted evidence
    pub parts: Option<[u32; 5]>,
}

/// The TCB status of a TD quote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TdxTcb<'a> {
    /// The status
    pub status: TcbStatus,
    /// At launch, for a quote with TEE_TCB_SVN2
    pub launch_status: TcbStatus,
    /// With the TDX module that runs now, for a quote with TEE_TCB_SVN2
    pub current_status: TcbStatus,
    /// Date of the TCB level
    pub date: Option<SystemTime>,
    /// The part that decides; `None`: all is up to date
    pub decided_by: Option<Cow<'a, str>>,
}

/// A value that is too low.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortfall<'a> {
    /// Such as "reported_tcb" or "platform"
    pub part: Cow<'a, str>,
    /// Such as "microcode"
    pub component: Cow<'a, str>,
    /// The value in the evidence
    pub is: u64,
    /// The value that is required
    pub wanted: u64,
    /// TDX: the status of the TCB level that requires it
    pub status: TcbStatus,
    /// Date of that TCB level
    pub date: Option<SystemTime>,
    /// The advisories that still apply at that level
    pub advisories: Vec<Cow<'a, str>>,
    /// What the collateral calls the component; may be empty
    pub name: Cow<'a, str>,
}

/// What the event log of a TD says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventLog<'a> {
    /// Number of events
    pub event_count: usize,
    /// Bit n: replaying the log gives the value of RTMRn
    pub explained: u32,
    /// By events that the firmware measured before it started anything else
    pub secure_boot: SecureBoot,
    /// Kernel command lines that were measured: any bytes but NUL
    pub kernel_cmdlines: Vec<&'a [u8]>,
}

macro_rules! findings {
    ($(#[$doc:meta])* $name:ident, $kind:ident, $code:ident, $detail:ident) => {
        $(#[$doc])*
        pub fn $name(&self) -> impl Iterator<Item = Finding<'_, $kind>> + '_ {
            (0..).map_while(|i| {
                let code = unsafe { text_of(sys::$code(self.raw(), i)) }?;
                let detail = unsafe { text_of(sys::$detail(self.raw(), i)) }.unwrap_or_default();
                Some(Finding { kind: $kind::from_code(&code), code, detail })
            })
        }
    };
}

impl Verdict {
    /// Whether the evidence was accepted.
    pub fn accepted(&self) -> bool {
        unsafe { sys::jurat_verdict_accepted(self.raw()) == 1 }
    }

    /// Whether it is about a TD quote, rather than a report of SEV-SNP.
    pub fn is_tdx(&self) -> bool {
        unsafe { sys::jurat_verdict_tee(self.raw()) == sys::JURAT_TEE_TDX }
    }

    /// The time of verification.
    pub fn time(&self) -> SystemTime {
        time(unsafe { sys::jurat_verdict_time(self.raw()) })
    }

    /// Whether [`Verifier::add_roots`] replaced the vendors' roots.
    pub fn roots_supplied(&self) -> bool {
        unsafe { sys::jurat_verdict_roots_supplied(self.raw()) != 0 }
    }

    findings! {
        /// The reasons for a refusal.
        reasons, Reason, jurat_verdict_reason_code, jurat_verdict_reason_detail
    }
    findings! {
        /// What was not checked, also in evidence that was accepted.
        not_judged, NotJudged, jurat_verdict_not_judged_code, jurat_verdict_not_judged_detail
    }

    /// Whether this is among the reasons; for `Reason::Other`, whether any is that this crate does not know.
    pub fn has_reason(&self, reason: Reason) -> bool {
        self.reasons().any(|r| r.kind == reason)
    }

    /// REPORT_DATA, the guest's bytes that the evidence covers; `None`: the evidence could not be parsed.
    pub fn report_data(&self) -> Option<&[u8; 64]> {
        unsafe { array(sys::jurat_verdict_report_data(self.raw())) }
    }

    /// MEASUREMENT of an SEV-SNP guest, or MRTD of a TD.
    pub fn measurement(&self) -> Option<&[u8; 48]> {
        unsafe { array(sys::jurat_verdict_measurement(self.raw())) }
    }

    /// The kind of key that signed the evidence.
    pub fn signer(&self) -> Signer {
        unsafe { sys::jurat_verdict_signer(self.raw()) }.into()
    }

    /// An integer field of the evidence, by its name in `jurat show`; `None`: there is no such field.
    pub fn field_number(&self, name: &str) -> Option<u64> {
        let (name, mut value) = (c_string("name", name).ok()?, 0);
        (unsafe { sys::jurat_verdict_field_number(self.raw(), name.as_ptr(), &mut value) } == 0).then_some(value)
    }

    /// A byte string of the evidence, by its name in `jurat show`; `None`: there is no such field.
    pub fn field_bytes(&self, name: &str) -> Option<&[u8]> {
        let (name, mut at, mut n) = (c_string("name", name).ok()?, ptr::null(), 0);
        let result = unsafe { sys::jurat_verdict_field_bytes(self.raw(), name.as_ptr(), &mut at, &mut n) };
        (result == 0).then(|| unsafe { bytes_of(at, n) }).flatten()
    }

    /// "Milan", "Genoa" or "Turin".
    pub fn snp_product(&self) -> Option<Cow<'_, str>> {
        unsafe { text_of(sys::jurat_verdict_snp_product(self.raw())) }
    }

    /// The chip id, all zero when the firmware masks it; Turin uses the first 8 bytes.
    pub fn snp_chip_id(&self) -> Option<&[u8; 64]> {
        unsafe { array(sys::jurat_verdict_snp_chip_id(self.raw())) }
    }

    /// One of the four TCB versions of a report.
    pub fn snp_tcb(&self, kind: SnpTcbKind) -> Option<SnpTcb> {
        let mut c = sized!(sys::jurat_snp_tcb);
        let result = unsafe { sys::jurat_verdict_snp_tcb(self.raw(), kind.into(), &mut c) };
        let parts = (c.has_parts != 0).then_some([c.fmc, c.boot_loader, c.tee, c.snp, c.microcode]);
        (result == 0).then_some(SnpTcb { raw: c.raw, parts })
    }

    /// RTMR0 to RTMR3 of a quote.
    pub fn tdx_rtmr(&self, index: u32) -> Option<&[u8; 48]> {
        unsafe { array(sys::jurat_verdict_tdx_rtmr(self.raw(), index)) }
    }

    /// FMSPC of the PCK certificate.
    pub fn tdx_fmspc(&self) -> Option<&[u8; 6]> {
        unsafe { array(sys::jurat_verdict_tdx_fmspc(self.raw())) }
    }

    /// The TCB status of a quote, combined or of one part; `None`: it was not evaluated.
    pub fn tdx_tcb(&self, part: TcbPart) -> Option<TdxTcb<'_>> {
        let mut c = sized!(sys::jurat_tdx_tcb);
        let result = unsafe { sys::jurat_verdict_tdx_tcb(self.raw(), part.into(), &mut c) };
        (result == 0).then(|| TdxTcb {
            status: c.status.into(),
            launch_status: c.launch_status.into(),
            current_status: c.current_status.into(),
            date: (c.has_date != 0).then(|| time(c.date)),
            decided_by: unsafe { text_of(c.decided_by) },
        })
    }

    /// The security advisories that apply to the TCB of a quote.
    pub fn tdx_advisories(&self) -> impl Iterator<Item = Cow<'_, str>> + '_ {
        (0..).map_while(|i| unsafe { text_of(sys::jurat_verdict_tdx_advisory(self.raw(), i)) })
    }

    /// A summary of the event log; `None`: there was no readable one.
    pub fn tdx_event_log(&self) -> Option<EventLog<'_>> {
        let mut c = sized!(sys::jurat_tdx_event_log);
        let result = unsafe { sys::jurat_verdict_tdx_event_log(self.raw(), &mut c) };
        let cmdline = |i| {
            let text: *const c_char = unsafe { sys::jurat_verdict_tdx_kernel_cmdline(self.raw(), i) };
            (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_bytes())
        };
        (result == 0).then(|| EventLog {
            event_count: c.event_count,
            explained: c.explained,
            secure_boot: c.secure_boot.into(),
            kernel_cmdlines: (0..c.kernel_cmdline_count).map_while(cmdline).collect(),
        })
    }

    /// The values that are too low.
    pub fn shortfalls(&self) -> impl Iterator<Item = Shortfall<'_>> + '_ {
        (0..).map_while(|i| {
            let mut c = sized!(sys::jurat_shortfall);
            let advisory = |k| unsafe { text_of(sys::jurat_verdict_shortfall_advisory(self.raw(), i, k)) };
            (unsafe { sys::jurat_verdict_shortfall(self.raw(), i, &mut c) } == 0).then(|| Shortfall {
                part: unsafe { text_of(c.part) }.unwrap_or_default(),
                component: unsafe { text_of(c.component) }.unwrap_or_default(),
                is: c.is,
                wanted: c.wanted,
                status: c.status.into(),
                date: (c.has_date != 0).then(|| time(c.date)),
                advisories: (0..c.advisory_count).map_while(advisory).collect(),
                name: unsafe { text_of(c.name) }.unwrap_or_default(),
            })
        })
    }

    /// The whole verdict as JSON, for logs; `None`: out of memory.
    pub fn json(&self) -> Option<String> {
        unsafe { owned(sys::jurat_verdict_json(self.raw())) }
    }

    /// The whole verdict as text, for people; `None`: out of memory.
    pub fn text(&self) -> Option<String> {
        unsafe { owned(sys::jurat_verdict_text(self.raw())) }
    }
}

/// SAFETY: NULL or N bytes that live as long as 'a.
unsafe fn array<'a, const N: usize>(bytes: *const u8) -> Option<&'a [u8; N]> {
    unsafe { bytes.cast::<[u8; N]>().as_ref() }
}

/// SAFETY: NULL or a string of malloc(3), which is freed.
unsafe fn owned(text: *mut c_char) -> Option<String> {
    extern "C" {
        fn free(memory: *mut c_void);
    }
    let copy = unsafe { text_of(text) }.map(Cow::into_owned);
    unsafe { free(text.cast()) };
    copy
}
