// SPDX-License-Identifier: MIT
mod guest;
use guest::{command, guest, in_guest, verify};
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::Stdio;

fn nonce() -> [u8; 64] {
    let mut nonce = [0; 64];
    File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut nonce)).expect("random bytes");
    nonce
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn report_verifies() {
    let nonce = nonce();
    let (report, certificates) = agent::report_with_certificates(nonce).expect("a report");
    let mut files = vec![report];
    files.extend(certificates);
    verify(&files, "--certs", &["--report-data", &hex(&nonce)]);
}

#[test]
fn a_report_verifies() {
    guest("a_report_verifies", &[], report_verifies);
}

/// The driver repeats what a busy host did not serve.
#[test]
fn the_host_is_busy() {
    guest("the_host_is_busy", &["--fault", "busy:2"], report_verifies);
}

#[test]
fn an_error_of_the_firmware_is_reported() {
    guest("an_error_of_the_firmware_is_reported", &["--fault", "fw-error:0x16"], || {
        agent::report(nonce()).expect_err("no error");
    });
}

#[test]
fn the_host_has_no_certificates() {
    guest("the_host_has_no_certificates", &["--fault", "certs:none"], || {
        let (report, certificates) = agent::report_with_certificates(nonce()).expect("a report");
        assert_eq!((report.len(), certificates.len()), (1184, 0));
    });
}

#[test]
fn a_quote_verifies() {
    guest("a_quote_verifies", &["--tee", "tdx"], || {
        let nonce = nonce();
        let quote = agent::quote(nonce).expect("a quote");
        verify(&[quote], "--collateral", &["--report-data", &hex(&nonce)]);
    });
}

#[test]
fn there_is_no_quoting_service() {
    guest("there_is_no_quoting_service", &["--tee", "tdx", "--fault", "qgs-down"], || {
        agent::quote(nonce()).expect_err("no error");
    });
}

/// The agent runs on, and is tested from outside: it is asked when it is ready, not after a pause.
#[test]
fn an_agent_answers_when_it_is_ready() {
    if in_guest() {
        return serve();
    }
    let mut agent = command("an_agent_answers_when_it_is_ready", &["--ready-fd", "2"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("jurat");
    let mut ready = BufReader::new(agent.stderr.take().expect("a pipe"));
    let (mut line, mut requests) = (String::new(), agent.stdin.take().expect("a pipe"));
    ready.read_line(&mut line).expect("a line");
    assert!(line.starts_with("JURAT_ROOTS="), "{line}");
    let mut answers = BufReader::new(agent.stdout.take().expect("a pipe")).lines();
    for _ in 0..3 {
        let nonce = nonce();
        requests.write_all(&nonce).expect("a request");
        let answer = answers.find(|line| !matches!(line, Ok(line) if line.len() < 2 * 1184));
        let answer = answer.expect("an answer").expect("an answer");
        assert_eq!(&answer[answer.len() - 2 * 1184..][160..288], hex(&nonce)); // REPORT_DATA
    }
    drop(requests);
    assert!(agent.wait().expect("a status").success());
}

/// That agent: nonces on standard input, a report on each line of standard output.
fn serve() {
    let mut nonce = [0; 64];
    while std::io::stdin().read_exact(&mut nonce).is_ok() {
        println!("{}", hex(&agent::report(nonce).expect("a report")));
    }
}
