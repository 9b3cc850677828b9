// SPDX-License-Identifier: MIT

//! What both programs with dcap-qvl need.

use crate::{Evidence, Result};
use dcap_qvl::verify::QuoteVerifier;
use dcap_qvl::QuoteCollateralV3;
use serde_json::value::RawValue;
use std::collections::HashMap;

/// A document as served is an object of the signed value and its signature.
fn signed(served: &str, name: &str) -> Result<(String, Vec<u8>)> {
    let parts: HashMap<&str, &RawValue> = serde_json::from_str(served)?;
    let value = parts.get(name).ok_or("no signed value")?.get().to_string();
    let signature: String = serde_json::from_str(parts.get("signature").ok_or("no signature")?.get())?;
    Ok((value, hex::decode(signature)?))
}

pub fn collateral(e: &Evidence) -> Result<QuoteCollateralV3> {
    let (tcb_info, tcb_info_signature) = signed(&e.text("collateral/tcb_info.json")?, "tcbInfo")?;
    let (qe_identity, qe_identity_signature) = signed(&e.text("collateral/qe_identity.json")?, "enclaveIdentity")?;
    Ok(QuoteCollateralV3 {
        pck_crl_issuer_chain: e.text("collateral/pck_crl_issuer_chain.pem")?,
        root_ca_crl: e.read("collateral/root_ca_crl.der")?,
        pck_crl: e.read("collateral/pck_crl.der")?,
        tcb_info_issuer_chain: e.text("collateral/tcb_info_issuer_chain.pem")?,
        tcb_info,
        tcb_info_signature,
        qe_identity_issuer_chain: e.text("collateral/qe_identity_issuer_chain.pem")?,
        qe_identity,
        qe_identity_signature,
        pck_certificate_chain: None,
    })
}

/// The status is the caller's to decide on.
pub fn verify(verifier: &QuoteVerifier, quote: &[u8], collateral: &QuoteCollateralV3, at: u64) -> Result<()> {
    match verifier.verify(quote, collateral, at)?.status.as_str() {
        "UpToDate" => Ok(()),
        status => Err(format!("TCB status {status}").into()),
    }
}
