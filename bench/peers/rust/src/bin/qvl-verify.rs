// SPDX-License-Identifier: MIT

//! qvl-verify DIRECTORY TIME: the least program that verifies a quote with dcap-qvl, root.der and collateral/ of a directory.

use dcap_qvl::verify::QuoteVerifier;
use jurat_peers::{qvl, Evidence, Result};

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().collect();
    let [_, dir, at] = &args[..] else { return Err("usage: qvl-verify DIRECTORY TIME".into()) };
    let e = Evidence { dir: dir.into(), at: at.parse()? };
    qvl::verify(&QuoteVerifier::new(e.read("root.der")?), &e.read("quote.bin")?, &qvl::collateral(&e)?, e.at)?;
    println!("UpToDate");
    Ok(())
}
