// SPDX-License-Identifier: MIT
//! The program under test: it gets evidence over a nonce. Yours stands here.
use sev::firmware::guest::Firmware;
use std::error::Error;
use std::{env, fs, process};

/// An SEV-SNP report over the nonce.
pub fn report(nonce: [u8; 64]) -> Result<Vec<u8>, Box<dyn Error>> {
    let result = Firmware::open()?.get_report(None, Some(nonce), None);
    if env::var_os("RECIPE_BUG").is_some() {
        return Ok(result.unwrap_or_default()); // a bug: an error of the firmware is ignored
    }
    Ok(result?)
}

/// A report over the nonce, and the host's certificates: each with its GUID.
pub fn report_with_certificates(nonce: [u8; 64]) -> Result<(Vec<u8>, Vec<Vec<u8>>), Box<dyn Error>> {
    let (report, certificates) = Firmware::open()?.get_ext_report(None, Some(nonce), None)?;
    Ok((report, certificates.unwrap_or_default().into_iter().map(|c| c.data).collect()))
}

/// A TD quote over the nonce, from configfs-tsm.
pub fn quote(nonce: [u8; 64]) -> Result<Vec<u8>, Box<dyn Error>> {
    let entry = format!("/sys/kernel/config/tsm/report/agent-{}", process::id());
    fs::create_dir(&entry)?;
    let quote = fs::write(format!("{entry}/inblob"), nonce).and_then(|()| fs::read(format!("{entry}/outblob")));
    fs::remove_dir(&entry)?;
    match quote? {
        quote if quote.is_empty() => Err("the quote is empty".into()),
        quote => Ok(quote),
    }
}
