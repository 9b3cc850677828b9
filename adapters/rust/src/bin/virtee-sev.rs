// SPDX-License-Identifier: MIT

//! The crate sev: its certificate chain and the report's signature on a case. The ARK is the trusted one; times, revocation,
//! and what the report says are its callers' (snpguest's, for one).

use jurat_adapters::{run, unsupported, Case, Judged};
use sev::certs::snp::{Chain, Verifiable};
use sev::firmware::guest::AttestationReport;
use sev::parser::ByteParser;

fn judge(case: &Case) -> Judged {
    if case.text("tee") != "sev-snp" {
        return Err(unsupported("not an SEV-SNP report"));
    }
    case.only(&[])?;
    if !case.has("root") {
        return Err(unsupported("the caller chooses the root"));
    }
    let report = case.read("report")?;
    let report = AttestationReport::from_bytes(&report)?;
    let vlek = case.text("signer") == "vlek";
    let (leaf, ca) = if vlek { ("vlek", "asvk") } else { ("vcek", "ask") };
    let chain = Chain::from_der(&case.read("root")?, &case.read(ca)?, &case.read(leaf)?)?;
    (&chain, &report).verify()?;
    Ok(())
}

fn main() {
    run(judge, &[])
}
