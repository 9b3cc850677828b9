// SPDX-License-Identifier: MIT

//! The crate sev in bench/peers. It has no cache. A program that keeps a VCEK that it has verified can verify a report with that alone: that is
//! the warm operations.

use jurat_peers::{run, Evidence, Operations, Result};
use sev::certs::snp::{Certificate, Chain, Verifiable};
use sev::firmware::guest::AttestationReport;
use sev::firmware::host::CertTableEntry;
use sev::parser::ByteParser;

/// The root of a table is not a trusted one.
fn chain_of_table(table: &mut [u8], root: &[u8]) -> Result<Chain> {
    let entries = CertTableEntry::vec_bytes_to_cert_table(table)?;
    let mut chain = Chain::from_cert_table_der(entries)?;
    chain.ca.ark = Certificate::from_der(root)?;
    Ok(chain)
}

fn prepare(e: &Evidence) -> Result<Operations> {
    let (root, intermediate, vek) = (e.read("root.der")?, e.read("intermediate.der")?, e.read("vek.der")?);
    let mut table = e.read("certs.bin")?;
    let mut operations = Operations::new();

    let mut next = e.pieces("reports")?;
    let (ark, ask, leaf) = (root.clone(), intermediate.clone(), vek.clone());
    operations.insert(
        "snp-cold",
        Box::new(move || {
            let chain = Chain::from_der(&ark, &ask, &leaf)?;
            Ok((&chain, &AttestationReport::from_bytes(&next())?).verify()?)
        }),
    );

    let mut next = e.pieces("reports")?;
    let ark = root.clone();
    operations.insert(
        "snp-extended-cold",
        Box::new(move || {
            let chain = chain_of_table(&mut table, &ark)?;
            Ok((&chain, &AttestationReport::from_bytes(&next())?).verify()?)
        }),
    );

    let mut next = e.pieces("reports")?;
    let mut kept: Option<Certificate> = None;
    operations.insert(
        "snp-warm",
        Box::new(move || {
            if kept.is_none() {
                kept = Some(Chain::from_der(&root, &intermediate, &vek)?.verify()?.clone());
            }
            let leaf = kept.as_ref().ok_or("no certificate")?;
            Ok((leaf, &AttestationReport::from_bytes(&next())?).verify()?)
        }),
    );
    Ok(operations)
}

fn main() {
    run(prepare)
}
