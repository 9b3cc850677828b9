// SPDX-License-Identifier: MIT
//! The verifier, with evidence of `jurat demo`: $JURAT, or the jurat on the PATH. $JURAT_EVIDENCE is a directory of more.
use jurat::verify::*;
use jurat::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::{env, fs, thread};

static DEMO: Mutex<Option<PathBuf>> = Mutex::new(None);

/// The directory that `jurat demo` wrote, once for all tests.
fn demo() -> PathBuf {
    let mut demo = DEMO.lock().expect("a test that makes evidence has failed");
    demo.get_or_insert_with(|| {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("evidence-{}", std::process::id()));
        let jurat = env::var_os("JURAT").unwrap_or_else(|| "jurat".into());
        let done = Command::new(jurat).arg("demo").arg("--dir").arg(&path).output().expect("jurat");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        path
    })
    .clone()
}

fn read(name: &str) -> Vec<u8> {
    fs::read(demo().join(name)).unwrap_or_else(|why| panic!("{name}: {why}"))
}

fn trusting(root: &str) -> Verifier {
    let mut verifier = Verifier::new().expect("memory");
    verifier.add_roots(&read(root)).expect("a root");
    verifier
}

fn collateral() -> Collateral {
    let mut collateral = Collateral::new().expect("memory");
    for entry in fs::read_dir(demo().join("collateral")).expect("collateral") {
        collateral.add(&fs::read(entry.expect("a file").path()).expect("a file")).expect("collateral");
    }
    collateral
}

fn refused(result: Result<Verdict, VerifyError>) -> Verdict {
    match result {
        Err(VerifyError::Refused(verdict)) => verdict,
        other => panic!("expected a refusal, found {other:?}"),
    }
}

#[test]
fn a_report_is_accepted_and_its_verdict_outlives_everything() {
    let (report, certs) = (read("report.bin"), read("certs.bin"));
    let evidence = SnpEvidence { report: &report, certs: Some(&certs) };
    let verdict = trusting("roots/ark.der").verify_snp(&evidence, None, SystemTime::now()).expect("accepted");
    drop((report, certs));
    assert!(verdict.accepted() && verdict.roots_supplied() && !verdict.is_tdx());
    assert_eq!(verdict.reasons().count(), 0);
    assert!(verdict.not_judged().any(|n| n.kind == NotJudged::ReportData && n.code == "report-data"));
    assert_eq!(verdict.signer(), Signer::Vcek);
    assert_eq!(verdict.snp_product().as_deref(), Some("Milan"));
    let report = read("report.bin");
    assert_eq!(verdict.report_data().expect("parsed")[..], report[0x50..0x90]);
    assert_eq!(verdict.measurement().expect("parsed")[..], report[0x90..0xc0]);
    assert_eq!(verdict.snp_chip_id().expect("parsed")[..], report[0x1a0..0x1e0]);
    assert_eq!(verdict.field_bytes("host_data"), Some(&report[0xc0..0xe0]));
    assert_eq!(verdict.field_number("vmpl"), Some(0));
    assert_eq!(verdict.field_number("host_data"), None);
    assert_eq!(verdict.field_number("no\0name"), None);
    let tcb = verdict.snp_tcb(SnpTcbKind::Reported).expect("a report");
    assert_eq!(tcb.raw, u64::from_le_bytes(report[0x180..0x188].try_into().expect("8 bytes")));
    assert_eq!(tcb.parts.expect("accepted")[4], (tcb.raw >> 56) as u32);
    assert_eq!(verdict.snp_tcb(SnpTcbKind::Other(9)), None);
    assert_eq!(verdict.tdx_rtmr(0), None);
    assert!(verdict.json().expect("memory").contains("\"verdict\": \"accepted\""));
    assert!(verdict.text().expect("memory").starts_with("accepted"));
}

#[test]
fn a_report_is_refused_with_reasons() {
    let (mut report, certs) = (read("report.bin"), read("certs.bin"));
    let evidence = SnpEvidence { report: &report, certs: Some(&certs) };
    let vendors = refused(Verifier::new().expect("memory").verify_snp(&evidence, None, SystemTime::now()));
    assert!(vendors.has_reason(Reason::RootNotTrusted) && !vendors.has_reason(Reason::Other), "{:?}", vendors.text());
    let verifier = trusting("roots/ark.der");
    let bare = SnpEvidence { report: &report, certs: None };
    let error = verifier.verify_snp(&bare, None, SystemTime::now()).expect_err("refused");
    assert!(error.has_reason(Reason::LeafMissing) && !error.has_reason(Reason::ReportSize));
    assert!(error.to_string().starts_with("refused; leaf-missing: "), "{error}");
    report[0x50] ^= 1;
    let evidence = SnpEvidence { report: &report, certs: Some(&certs) };
    assert!(refused(verifier.verify_snp(&evidence, None, SystemTime::now())).has_reason(Reason::ReportSignature));
    let early = refused(verifier.verify_snp(&evidence, None, UNIX_EPOCH - Duration::from_millis(1)));
    assert_eq!(early.time(), UNIX_EPOCH - Duration::from_secs(1));
    let empty = SnpEvidence { report: &[], certs: Some(&[]) };
    let nothing = refused(verifier.verify_snp(&empty, None, SystemTime::now()));
    assert!(
        nothing.has_reason(Reason::ReportSize) && nothing.report_data().is_none() && nothing.snp_product().is_none()
    );
}

#[test]
fn a_policy_decides() {
    let (report, certs) = (read("report.bin"), read("certs.bin"));
    let evidence = SnpEvidence { report: &report, certs: Some(&certs) };
    let verifier = trusting("roots/ark.der");
    let mut policy = Policy::new().expect("memory");
    policy.read_json(r#"{"minimum_guest_svn": 200, "minimum_tcb": {"microcode": 255}}"#).expect("a policy");
    policy.set("report_data", &"11".repeat(64)).expect("a member");
    assert_eq!(policy.warnings().count(), 0);
    let verdict = refused(verifier.verify_snp(&evidence, Some(&policy), SystemTime::now()));
    let kinds: Vec<Reason> = verdict.reasons().map(|r| r.kind).collect();
    for kind in [Reason::GuestSvnBelowMinimum, Reason::TcbBelowMinimum, Reason::ReportDataMismatch] {
        assert!(kinds.contains(&kind), "{kinds:?}");
    }
    let short: Vec<_> = verdict.shortfalls().map(|s| format!("{} {} {}", s.part, s.component, s.wanted)).collect();
    assert_eq!(short, ["guest guest_svn 200", "reported_tcb microcode 255"]);
    let error = policy.read_json("{\"no_such_member\": 1}").expect_err("unknown");
    assert!(matches!(&error, Error::Malformed(text) if text.contains("no_such_member")), "{error:?}");
    assert_eq!(error.errno(), 74);
    assert!(matches!(policy.set("a\0b", "1"), Err(Error::Invalid(_))));
}

#[test]
fn a_quote_is_verified_with_its_collateral() {
    let quote = read("quote.bin");
    let evidence = TdxEvidence { quote: &quote, event_log: None };
    let verifier = trusting("roots/intel_root.der");
    let collateral = collateral();
    let verdict = verifier.verify_tdx(&evidence, Some(&collateral), None, SystemTime::now()).expect("accepted");
    assert!(verdict.is_tdx() && verdict.signer() == Signer::Pck);
    let tcb = verdict.tdx_tcb(TcbPart::All).expect("evaluated");
    assert_eq!((tcb.status, tcb.decided_by.clone()), (TcbStatus::UpToDate, None));
    assert!(tcb.date.expect("a date") > UNIX_EPOCH);
    assert!((0..4).all(|i| verdict.tdx_rtmr(i).is_some()) && verdict.tdx_rtmr(4).is_none());
    assert!(verdict.tdx_fmspc().is_some() && verdict.tdx_event_log().is_none());
    assert_eq!(verdict.tdx_advisories().count(), 0);
    let without = refused(verifier.verify_tdx(&evidence, None, None, SystemTime::now()));
    assert!(without.has_reason(Reason::CollateralMissing) && without.tdx_tcb(TcbPart::All).is_none());
    let log = TdxEvidence { quote: &quote, event_log: Some(b"no log") };
    let odd = refused(verifier.verify_tdx(&log, Some(&collateral), None, SystemTime::now()));
    assert!(odd.has_reason(Reason::EventLogMalformed));
}

#[test]
fn malformed_input_is_an_error_that_changes_nothing() {
    let mut verifier = Verifier::new().expect("memory");
    for bad in [&b""[..], b"x", &[0x30, 0x82]] {
        assert!(matches!(verifier.add_roots(bad), Err(Error::Malformed(text)) if !text.is_empty()));
        assert!(matches!(verifier.add_crl(bad), Err(Error::Malformed(_))));
        assert!(verifier.add_certificates(b"x").is_err());
        assert!(matches!(Collateral::new().expect("memory").add(bad), Err(Error::Malformed(_))));
    }
    assert_eq!(verifier.add_certificates(&read("roots/ark.der")), Ok(1));
    verifier.add_crl(&read("crl.der")).expect("a CRL");
    let (report, certs) = (read("report.bin"), read("certs.bin"));
    let evidence = SnpEvidence { report: &report, certs: Some(&certs) };
    assert!(!refused(verifier.verify_snp(&evidence, None, SystemTime::now())).roots_supplied());
}

#[test]
fn threads_share_a_verifier_that_is_replaced_while_they_run() {
    let (report, certs) = (read("report.bin"), read("certs.bin"));
    let mut next = trusting("roots/ark.der");
    next.add_crl(&read("crl.der")).expect("a CRL");
    let current = Mutex::new(Arc::new(trusting("roots/ark.der")));
    let work = || {
        for _ in 0..25 {
            let verifier = current.lock().expect("a lock").clone();
            let evidence = SnpEvidence { report: &report, certs: Some(&certs) };
            let verdict = verifier.verify_snp(&evidence, None, SystemTime::now()).expect("accepted");
            thread::spawn(move || verdict.json().expect("memory")).join().expect("a thread");
        }
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(work)).collect();
        *current.lock().expect("a lock") = Arc::new(next);
        // A scope does not wait until threads have ended, and a leak checker would find what they hold.
        threads.into_iter().for_each(|thread| thread.join().expect("a thread"));
    });
}

#[test]
fn codes_go_both_ways() {
    assert_eq!(Reason::from_code("leaf-missing"), Reason::LeafMissing);
    assert_eq!(Reason::LeafMissing.code(), "leaf-missing");
    assert_eq!(Reason::from_code("of-a-later-release"), Reason::Other);
    assert_eq!(u32::from(TcbStatus::from(7)), 7);
    assert_eq!(TcbStatus::from(7), TcbStatus::Revoked);
    assert_eq!(u32::from(TcbStatus::from(99)), 99);
}

/// Evidence of real machines, if there is some: it is read, and never accepted without what it lacks.
#[test]
fn every_file_of_a_directory_of_evidence_has_a_verdict() {
    let directory = match env::var_os("JURAT_EVIDENCE") {
        Some(directory) => directory,
        None => return,
    };
    let (verifier, mut files, mut verdicts) = (Verifier::new().expect("memory"), vec![PathBuf::from(directory)], 0);
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(fs::read_dir(path).expect("a directory").map(|entry| entry.expect("an entry").path()));
            continue;
        }
        let bytes = fs::read(&path).expect("a file");
        let snp = SnpEvidence { report: &bytes[..bytes.len().min(1184)], certs: bytes.get(1184..) };
        let tdx = TdxEvidence { quote: &bytes, event_log: None };
        for result in [
            verifier.verify_snp(&snp, None, SystemTime::now()),
            verifier.verify_tdx(&tdx, None, None, SystemTime::now()),
        ] {
            match result {
                Ok(verdict) => assert!(!verdict.is_tdx(), "{} is accepted without collateral", path.display()),
                Err(VerifyError::Refused(verdict)) => assert!(verdict.reasons().count() > 0),
                Err(VerifyError::Failed(why)) => panic!("{}: {why}", path.display()),
            }
            verdicts += 1;
        }
    }
    println!("{verdicts} verdicts");
}

/// Run by tests/e2e with the library under AddressSanitizer, which must find it.
#[test]
#[ignore = "it reads past the end of its memory"]
fn a_lie_for_the_sanitizer() {
    let json = b"{".to_vec();
    let mut policy = std::ptr::null_mut();
    unsafe {
        assert_eq!(jurat_sys::jurat_policy_new(&mut policy, std::ptr::null_mut()), 0);
        let _ = jurat_sys::jurat_policy_read_json(policy, json.as_ptr().cast(), 64, std::ptr::null_mut());
        jurat_sys::jurat_policy_free(policy);
    }
}
