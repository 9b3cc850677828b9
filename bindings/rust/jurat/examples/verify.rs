// SPDX-License-Identifier: MIT
//! Verifies a report or a quote, against the vendors' roots or those of a file:
//!
//! ```text
//! verify [-r ROOTS] REPORT|QUOTE [CERTIFICATES|COLLATERAL]...
//! ```
use jurat::verify::{Collateral, Reason, SnpEvidence, TdxEvidence, Verdict, Verifier, VerifyError};
use std::error::Error;
use std::{env, fs, process, time::SystemTime};

const REPORT_BYTES: usize = 1184; // a quote is longer

fn verify(mut paths: &[String]) -> Result<Verdict, Box<dyn Error>> {
    let mut verifier = Verifier::new()?;
    if let [option, roots, rest @ ..] = paths {
        if option == "-r" {
            // never go on with others than were meant
            verifier.add_roots(&fs::read(roots)?).map_err(|why| format!("{roots}: {why}"))?;
            paths = rest;
        }
    }
    let (evidence, others) = paths.split_first().ok_or("usage: verify [-r ROOTS] REPORT|QUOTE [FILE]...")?;
    let evidence = fs::read(evidence)?;
    if evidence.len() <= REPORT_BYTES {
        for path in others {
            verifier.add_certificates(&fs::read(path)?).map_err(|why| format!("{path}: {why}"))?;
        }
        let evidence = SnpEvidence { report: &evidence, certs: None };
        return Ok(verifier.verify_snp(&evidence, None, SystemTime::now())?);
    }
    let mut collateral = Collateral::new()?;
    for path in others {
        collateral.add(&fs::read(path)?).map_err(|why| format!("{path}: {why}"))?;
    }
    let evidence = TdxEvidence { quote: &evidence, event_log: None };
    Ok(verifier.verify_tdx(&evidence, Some(&collateral), None, SystemTime::now())?)
}

fn main() {
    let paths: Vec<String> = env::args().skip(1).collect();
    match verify(&paths) {
        Ok(verdict) => {
            println!("accepted");
            if let Some(measurement) = verdict.measurement() {
                println!("measurement {}", measurement.iter().map(|b| format!("{b:02x}")).collect::<String>());
            }
            verdict.not_judged().for_each(|n| println!("not checked: {}", n.detail));
        }
        Err(why) => {
            println!("{why}");
            let refused = why.downcast_ref::<VerifyError>();
            if refused.map_or(false, |why| why.has_reason(Reason::LeafMissing)) {
                println!("The VCEK or VLEK is not among the certificates: fetch it first.");
            }
            process::exit(1);
        }
    }
}
