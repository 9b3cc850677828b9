// SPDX-License-Identifier: MIT

//! dcap-qvl on a case: its verifier and its strict policy, which accepts no other TCB status than UpToDate; multi-threading and
//! the platform flags of PCK certificates are no reason to refuse where the case says nothing.

use dcap_qvl::verify::QuoteVerifier;
use dcap_qvl::{QuoteCollateralV3, QuotePolicy, TcbStatus};
use jurat_adapters::{run, unsupported, Case, Judged};
use serde_json::Value;
use std::error::Error;

const MEMBERS: [&str; 6] = [
    "accepted_tcb_statuses", "rejected_advisories", "minimum_tcb_evaluation_data_number", "allow_debug",
    "allow_service_td", "require_crl",
];

/// The bundle has CRLs and signatures in hex.
fn collateral(case: &Case) -> Result<QuoteCollateralV3, Box<dyn Error>> {
    let json: Value = serde_json::from_slice(&case.read("bundle")?)?;
    let text = |name: &str| json[name].as_str().unwrap_or_default().to_string();
    let bytes = |name: &str| hex::decode(text(name));
    Ok(QuoteCollateralV3 {
        pck_crl_issuer_chain: text("pck_crl_issuer_chain"),
        root_ca_crl: bytes("root_ca_crl")?,
        pck_crl: bytes("pck_crl")?,
        tcb_info_issuer_chain: text("tcb_info_issuer_chain"),
        tcb_info: text("tcb_info"),
        tcb_info_signature: bytes("tcb_info_signature")?,
        qe_identity_issuer_chain: text("qe_identity_issuer_chain"),
        qe_identity: text("qe_identity"),
        qe_identity_signature: bytes("qe_identity_signature")?,
        pck_certificate_chain: None,
    })
}

fn judge(case: &Case) -> Judged {
    if case.text("tee") != "tdx" {
        return Err(unsupported("not a TD quote"));
    }
    case.only(&MEMBERS)?;
    let policy = &case.says["policy"];
    let verifier = match case.has("root") {
        true => QuoteVerifier::new(case.read("root")?),
        false => QuoteVerifier::new_prod(),
    }
    .allow_debug(policy["allow_debug"] == true)
    .allow_service_td(policy["allow_service_td"] == true);
    let mut accepts =
        QuotePolicy::strict(case.seconds()).allow_smt(true).allow_dynamic_platform(true).allow_cached_keys(true);
    let statuses = case.values("accepted_tcb_statuses");
    if !statuses.is_empty() && !statuses.contains(&"UpToDate".into()) {
        return Err(unsupported("its strict policy always accepts UpToDate"));
    }
    for status in statuses {
        accepts = accepts.allow_status(serde_json::from_value::<TcbStatus>(status)?);
    }
    for id in case.values("rejected_advisories") {
        accepts = accepts.reject_advisory(id.as_str().unwrap_or_default());
    }
    if let Some(number) = policy["minimum_tcb_evaluation_data_number"].as_u64() {
        accepts = accepts.min_tcb_eval_data_number(number as u32);
    }
    verifier.verify_with_policy(&case.read("quote")?, collateral(case)?, case.seconds(), &accepts)?;
    Ok(())
}

fn main() {
    run(judge, &["policy", "crl"])
}
