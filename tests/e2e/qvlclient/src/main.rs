// SPDX-License-Identifier: MIT

//! qvlclient QUOTE ROOT.der: dcap-qvl fetches the collateral of a quote from Intel's service, whose address it has built in,
//! and verifies the quote with that root alone, or without one with Intel's. Prints the TCB status.

use dcap_qvl::collateral::{CollateralClient, INTEL_PCS_URL};
use dcap_qvl::verify::QuoteVerifier;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().collect();
    let quote = std::fs::read(&args[1])?;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_secs();
    let client = CollateralClient::with_default_http(INTEL_PCS_URL)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let collateral = runtime.block_on(client.fetch(&quote))?;
    println!("fetched");
    let verifier = match args.get(2) {
        Some(root) => QuoteVerifier::new(std::fs::read(root)?),
        None => QuoteVerifier::new_prod(),
    };
    println!("{}", verifier.verify(&quote, &collateral, now)?.status);
    Ok(())
}
