#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: MIT
"""Collateral in every JSON in which services and tools carry it, under `jurat verify` and `show`. TAP; TD_EVIDENCE JURAT"""
import base64
import json
import pathlib
import ssl
import subprocess
import sys
import urllib.parse

TD_EVIDENCE, JURAT = sys.argv[1:]
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from tap import case, main  # noqa: E402

NOW = 1767225600, "2026-01-01T00:00:00Z"
GOOD = "UpToDate,UpToDate,UpToDate"


def world(tmp):
    subprocess.run([TD_EVIDENCE, tmp, str(NOW[0])], capture_output=True, check=True, timeout=120)
    return tmp


def bundle_of(base, crl=bytes.hex, case_name=GOOD):
    files = {path.stem: path.read_bytes() for path in (base / case_name / "collateral").iterdir()}
    chain = files["tcb_info_issuer_chain"].decode()
    return {"version": 3, "tee_type": 129, "root_ca_crl": crl(files["root_ca_crl"]), "pck_crl": crl(files["pck_crl"]),
            "pck_crl_issuer_chain": files["pck_crl_issuer_chain"].decode(), "tcb_info_issuer_chain": chain,
            "qe_identity_issuer_chain": chain, "tcb_info": files["tcb_info"].decode(), "qe_identity": files["qe_identity"].decode()}


def apart(bundle):
    """TCB info and QE identity without their signatures, which are members of their own."""
    out = dict(bundle)
    for name, member in (("tcb_info", "tcbInfo"), ("qe_identity", "enclaveIdentity")):
        out[name] = bundle[name][len(member) + 4:bundle[name].rindex(',"signature"')]
        out[name + "_signature"] = json.loads(bundle[name])["signature"]
    return out


def changed(bundle, names, make):
    return {key: make(value) if any(name in key for name in names) else value for key, value in bundle.items()}


def renamed(bundle, make):
    return {make(key): value for key, value in bundle.items()}


def b64(data):
    return base64.b64encode(data).decode()


def blocks(chain):
    return [block + "-----END CERTIFICATE-----\n" for block in chain.split("-----END CERTIFICATE-----\n") if block.strip()]


def platform_collateral(b):
    """As `PUT /platformcollateral` of Intel's PCCS has it."""
    info, quote = json.loads(b["tcb_info"]), urllib.parse.quote
    other = {"tcbInfo": {**info["tcbInfo"], "fmspc": "11a06d080000"}, "signature": info["signature"]}
    return {"platforms": [{"qe_id": "00" * 16, "pce_id": "0000", "cpu_svn": "", "pce_svn": "", "enc_ppid": ""}],
            "collaterals": {
                "version": 4,
                "pck_certs": [{"qe_id": "00" * 16, "certs": [{"tcbm": "0404", "cert": quote(blocks(b["pck_crl_issuer_chain"])[0])}]}],
                "tcbinfos": [{"fmspc": "11A06D080000", "tdx_tcbinfo": other}, {"fmspc": "B0C06F000000", "tdx_tcbinfo": info}],
                "pckcacrl": {"processorCrl": "", "platformCrl": b["pck_crl"]}, "tdqeidentity": b["qe_identity"], "qveidentity": "",
                "certificates": {"SGX-PCK-Certificate-Issuer-Chain": {"PROCESSOR": "", "PLATFORM": quote(b["pck_crl_issuer_chain"])},
                                 "SGX-TCB-Info-Issuer-Chain": quote(b["tcb_info_issuer_chain"])},
                "rootcacrl": b["root_ca_crl"], "rootcacrl_cdp": "https://certificates.trustedservices.intel.com/x.crl"}}


def responses(b):
    """As the recorded answers of an HTTP client: by URL, header and body."""
    header = {"TCB-Info-Issuer-Chain": [urllib.parse.quote(b["tcb_info_issuer_chain"])]}
    return {"https://pcs/tcb": {"Header": header, "Body": b64(b["tcb_info"].encode())},
            "https://pcs/qe": {"Header": header, "Body": b64(b["qe_identity"].encode())},
            "https://pcs/crl": {"Body": b64(bytes.fromhex(b["pck_crl"]))}, "https://pcs/root": {"Body": b64(bytes.fromhex(b["root_ca_crl"]))}}


def accepted_forms(base):
    b = bundle_of(base)
    crls, chains, texts, signatures = ["crl"], ["chain"], ["tcb_info", "qe_identity"], ["signature"]
    crls_only = [name for name in b if name.endswith("crl")]
    served = {name: b[name] for name in texts}
    rest = {key: value for key, value in b.items() if key not in texts}

    def docs(make):
        return {**rest, **{name: make(text) for name, text in served.items()}}

    def crl(make):
        return {**b, **{name: make(b[name]) for name in crls_only}}

    alone = apart(b)
    yield from {
        "as it is": b, "signatures apart": alone,
        "CRLs: list of one": crl(lambda t: [t]), "CRLs: Buffer": crl(lambda t: {"type": "Buffer", "data": list(bytes.fromhex(t))}),
        "CRLs: base64url": bundle_of(base, lambda d: base64.urlsafe_b64encode(d).decode().rstrip("=")),
        "chains: list of PEM": changed(b, chains, blocks),
        "chains: list of base64 DER": changed(b, chains, lambda t: [b64(ssl.PEM_cert_to_DER_cert(p)) for p in blocks(t)]),
        "chains: list of bytes": changed(b, chains, lambda t: [list(ssl.PEM_cert_to_DER_cert(p)) for p in blocks(t)]),
        "documents: BOM": docs(lambda t: "\ufeff" + t), "documents: newline": docs(lambda t: t + "\n"),
        "documents: base64": docs(lambda t: b64(t.encode())), "documents: hex": docs(lambda t: t.encode().hex()),
        "documents: bytes": docs(lambda t: list(t.encode())), "documents: JSON twice": docs(json.dumps),
        "documents: list": docs(lambda t: [t]), "documents: objects": docs(json.loads),
        "signatures: 0x": changed(alone, signatures, lambda t: "0x" + t), "signatures: NUL": changed(alone, signatures, lambda t: t + "\0"),
        "signatures: base64": changed(alone, signatures, lambda t: b64(bytes.fromhex(t))),
        "signatures: bytes": changed(alone, signatures, lambda t: list(bytes.fromhex(t))),
        "names: hyphens": renamed(alone, lambda k: k.replace("_", "-")), "names: upper": renamed(alone, str.upper),
        "names: root_crl": renamed(b, lambda k: k.replace("root_ca_crl", "root_crl")),
        "names: enclave_identity": renamed(b, lambda k: k.replace("qe_identity", "enclave_identity")),
        "names: tdqe": renamed(b, lambda k: k.replace("qe_identity", "tdqeidentity")),
        **{f"in {name}": {name: b} for name in ("collateral", "collaterals", "quote_collateral", "endorsements")},
        "in a list": [b], "in a string": {"collateral": json.dumps(b)}, "in two lists": {"a": [[b]]},
        "CRL in another member": {**{k: v for k, v in b.items() if k != "pck_crl"}, "more": {"data": [b["pck_crl"]]}},
        "several TCB infos": {**rest, "qe_identity": b["qe_identity"], "tcb_info": [other_platform(b), b["tcb_info"]]},
        "platform collateral": platform_collateral(b), "collaterals": platform_collateral(b)["collaterals"], "responses": responses(b),
    }.items()


def other_platform(b):
    info = json.loads(b["tcb_info"])
    info["tcbInfo"]["fmspc"] = "11a06d080000"
    return json.dumps(info)


def run(*args, stdin=None):
    p = subprocess.run([JURAT, *map(str, args)], input=stdin, capture_output=True, timeout=60, check=False)
    return p.returncode, p.stdout.decode(), p.stderr.decode()


def verify(base, value, quote=None):
    path = base / "bundle.json"
    path.write_text(json.dumps(value))
    options = ["--output", "json", "--at", NOW[1], "--roots", base / "intel-root.pem"]
    if quote:
        return run("verify", *options, path)
    return run("verify", *options, "--collateral", path, base / GOOD / "quote.bin")


def reasons(out):
    return [(r["code"], r["detail"]) for r in json.loads(out)["reasons"]]


@case
def collateral_is_found_in_every_json_that_has_it(tmp):
    base = world(tmp)
    for name, value in accepted_forms(base):
        status, out, err = verify(base, value)
        assert status == 0, (name, out, err)
        status, out, err = run("show", "--output", "json", base / "bundle.json")
        shown = json.loads(out) if status == 0 else {}
        assert shown.get("revocation_lists", 0) >= 2, (name, out, err)
        assert ("tcb_info" in shown or "tcb_infos" in shown) and ("qe_identity" in shown), (name, shown)


@case
def collateral_beside_its_quote_is_found_in_every_form(tmp):
    base = world(tmp)
    quote = (base / GOOD / "quote.bin").read_bytes()
    for name, value in accepted_forms(base):
        if isinstance(value, list):
            continue
        status, out, err = verify(base, {"quote": b64(quote), **value} if "in " in name else {"quote": b64(quote), "c": value}, quote)
        assert status == 0, (name, out, err)


@case
def what_would_be_ignored_is_an_error_that_names_it(tmp):
    base = world(tmp)
    b = bundle_of(base)
    for name, value, words in (
            ("pck_crl", {**b, "pck_crl": b["pck_crl_issuer_chain"]}, "pck_crl: expected a CRL, found: certificate"),
            ("the same text as a chain before it", {**{k: v for k, v in b.items() if k != "pck_crl"}, "pck_crl": b["tcb_info_issuer_chain"]},
             "pck_crl: expected a CRL, found: certificate"),
            ("a chain", {**b, "pck_crl_issuer_chain": b["pck_crl"]}, "pck_crl_issuer_chain: expected certificates, found: revocation list"),
            ("documents in each other's place", {**b, "tcb_info": b["qe_identity"]}, "tcb_info: expected TCB info, found: QE identity"),
            ("a nested CRL", {**b, "more": {"old_crl": "3082" * 20}}, "old_crl"), ("a list of CRLs", {**b, "crls": ["3082" * 20]}, "crls"),
            ("a CRL in no bundle", {"a": {"x_crl": "3082" * 20}, "b": b}, "x_crl"),
            ("a certificate", {**b, "extra_cert": "3082" * 20}, "'extra_cert' is not read in a bundle"),
            ("a damaged PEM", {**b, "note": b["pck_crl_issuer_chain"][:-40]}, "note: "),
            ("a signature", {**apart(b), "tcb_info_signature": "00"}, "tcb_info: signature: not 128 hex digits"),
            ("no signature", {k: v for k, v in apart(b).items() if k != "tcb_info_signature"}, "tcb_info: signature: missing"),
            ("nothing", {"a": "b"}, "expected TCB info, QE identity")):
        status, out, err = verify(base, value)
        assert status == 3 and out == "" and words in err, (name, status, out, err)


@case
def a_document_that_cannot_be_used_leaves_the_rest_of_its_bundle(tmp):
    base = world(tmp)
    for make in (bundle_of(base), apart(bundle_of(base)), {"collateral": bundle_of(base)}, platform_collateral(bundle_of(base))):
        text = json.dumps(make).replace('"version\\":3', '"version\\":4').replace('"version": 3, "issueDate', '"version": 4, "issueDate')
        status, out, err = verify(base, json.loads(text))
        assert status == 1, (out, err)
        assert reasons(out) == [("collateral-unusable", "TCB info: version 4 is newer than this verifier, which reads version 3")], out


@case
def a_document_that_cannot_be_used_is_named_beside_one_of_another_platform(tmp):
    base = world(tmp)
    b = bundle_of(base)
    newer = b["tcb_info"].replace('"version":3', '"version":4')
    other = {**json.loads(b["qe_identity"]), "enclaveIdentity": {**json.loads(b["qe_identity"])["enclaveIdentity"], "id": "QE"}}
    for value, code, words in (({**b, "tcb_info": [other_platform(b), newer]}, "tcb-info-signature", "TCB info: version 4 is newer"),
                               ({**b, "qe_identity": [json.dumps(other), b["qe_identity"].replace('"version":2', '"version":3')]},
                                "qe-identity-signature", "QE identity: version 3 is newer")):
        status, out, err = verify(base, value)
        assert status == 1, (out, err)
        assert {c for c, _ in reasons(out)} >= {code, "collateral-unusable"} and words in str(reasons(out)), reasons(out)
    status, out, err = verify(base, {**b, "tcb_info": [b["tcb_info"], newer]})
    assert status == 3 and out == "" and "version 4 is newer" in err, (status, out, err)


@case
def show_lists_every_document_of_a_bundle(tmp):
    base = world(tmp)
    b = bundle_of(base)
    path = base / "bundle.json"
    path.write_text(json.dumps({**b, "tcb_info": [other_platform(b), b["tcb_info"]], "more": [b["qe_identity"]]}))
    status, out, err = run("show", "--output", "json", path)
    shown = json.loads(out)
    assert status == 0 and [info["fmspc"] for info in shown["tcb_infos"]] == [
        "11a06d080000", json.loads(b["tcb_info"])["tcbInfo"]["fmspc"]], (out, err)
    assert len(shown["qe_identities"]) == 2 and "tcb_info" not in shown, out
    status, out, err = run("show", path)
    assert status == 0 and "tcb_infos 1:" in out and "tcb_infos 2:" in out and "11a06d080000" in out, out
    path.write_text(b["tcb_info"])
    status, out, err = run("show", "--output", "json", path)
    assert status == 0 and json.loads(out)["kind"] == "TCB info", out


sys.exit(main("jurat-tdx-bundles-"))
