// SPDX-License-Identifier: MIT

//! dcap-qvl in bench/peers. It has no cache, and no verification without collateral. The collateral is in the form that its client
//! for Intel's service returns.

use dcap_qvl::verify::QuoteVerifier;
use jurat_peers::{qvl, run, Evidence, Operations, Result};

fn prepare(e: &Evidence) -> Result<Operations> {
    let (root, collateral, at) = (e.read("root.der")?, qvl::collateral(e)?, e.at);
    let (mut next, mut next_warm) = (e.pieces("quotes")?, e.pieces("quotes")?);
    let (kept, kept_collateral) = (QuoteVerifier::new(root.clone()), collateral.clone());
    let mut operations = Operations::new();
    operations.insert(
        "tdx-cold",
        Box::new(move || qvl::verify(&QuoteVerifier::new(root.clone()), &next(), &collateral.clone(), at)),
    );
    operations.insert("tdx-warm", Box::new(move || qvl::verify(&kept, &next_warm(), &kept_collateral, at)));
    Ok(operations)
}

fn main() {
    run(prepare)
}
