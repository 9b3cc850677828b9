#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: MIT
"""Every TD quote of the table of made evidence under `jurat verify`, as the table says how it is run. Prints TAP; JURAT"""
import json
import pathlib
import subprocess
import sys

JURAT = pathlib.Path(sys.argv[1])
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import evidence  # noqa: E402
from tap import Skip, case, main  # noqa: E402

AT = "2026-11-29T00:00:00Z"
POLICY = "tdx/tdx-migrated-policy.json"

# Where the table leaves the answer to the specification: what it is, and why.
DECIDED = {
    # Intel's PCS sets no limit to advisories.
    "tdx/ti-advisories-100": "accepted",
    # PCS: dates are "YYYY-MM-DDThh:mm:ssZ". A document that is not of that form is not used, and the verdict says why.
    "tdx/ti-fraction-dates": "refused",
    # RFC 5280, 4.2.1.1: a key identifier helps to find the key; the signature is what proves it.
    "tdx/crl-aki-mismatch": "accepted",
    # PCS, TCB info: with major version 0 tdxModule is the module's identity, and the platform's level covers its version.
    "tdx/module-version-0": "accepted",
    # The certificates of a chain are found by their names; QVL does so too.
    "tdx/chain-root-first": "accepted",
    # The newer tcbEvaluationDataNumber decides, and by that one the platform is out of date.
    "tdx/two-tcbinfos-same-fmspc": "refused",
}
# What the verdict must say beyond that: the code of a reason and words of its detail.
SAYS = {
    "tdx/attr-bit17": ("td-attributes-not-allowed", "SERVTD_EXT"),
    "tdx/ti-version4": ("collateral-unusable", "TCB info: version 4 is newer than this verifier"),
    "tdx/qi-version3": ("collateral-unusable", "QE identity: version 3 is newer than this verifier"),
    "tdx/ti-advisory-null": ("collateral-unusable", "tcbLevels, 1: advisoryIDs: expected an array, found null"),
    "tdx/ti-null-tdxcomps": ("collateral-unusable", "tcbLevels, 2: tdxtcbcomponents: expected an array, found null"),
    "tdx/ti-fraction-dates": ("collateral-unusable", "issueDate: expected a time like 2026-01-31T00:00:00Z"),
    "tdx/crl-no-aki": ("crl-profile", "authority key identifier is missing"),
    "tdx/attr-lass": ("td-attributes-not-allowed", "LASS"),
    "tdx/attr-icssd-tpa": ("td-attributes-not-allowed", "ICSSD TPA"),
    "tdx/out-of-date-platform": ("tcb-status-not-accepted", "OutOfDate: platform, TCB level of 2024-11-13T00:00:00Z; "
                                 "sgx_component_1 is 2, wanted 9 (and 15 more) for UpToDate of 2026-01-01T00:00:00Z"),
    "tdx/module-ood-svn2-good": ("tcb-status-not-accepted", "TDRelaunchAdvised"),
    "tdx/module-ood": ("tcb-status-not-accepted", "OutOfDate"),
    "tdx/module-version-unlisted": ("tdx-module-unknown", "TDX_07"),
    "tdx/two-tcbinfos-same-fmspc": ("tcb-status-not-accepted", "OutOfDate"),
    "tdx/tcb-signer-revoked": ("tcb-signer-revoked", "the CRL of its issuer, 'Intel SGX Root CA'"),
    "tdx/pck-ca-revoked": ("intermediate-revoked", "the CRL of its issuer, 'Intel SGX Root CA'"),
}


def rows():
    made = [folder for folder in evidence.folders() if folder.name == "made"]
    if not made:
        raise Skip("no made evidence beside the project")
    return made[0].files, [row for row in made[0].rows("CASES.tsv") if row["run"] in ("tdx", "tdx+policy")]


def verify(base, row, *options):
    d = base / row["input"]
    args = [JURAT, "verify", "--at", AT, "--roots", d / "root.pem", "--collateral", d / "collateral", *options]
    if row["run"] == "tdx+policy":
        args += ["--policy", base / POLICY]
    p = subprocess.run([*args, d / "quote.bin"], capture_output=True, timeout=60, check=False)
    assert p.returncode in (0, 1), (row["input"], p.stderr)
    return p.returncode, p.stdout.decode()


def verdict(base, row):
    status, out = verify(base, row, "--output", "json")
    v = json.loads(out)
    assert v["verdict"] == ("refused" if status else "accepted"), row["input"]
    return v


@case
def every_row_gets_the_answer_of_its_table(tmp):
    base, cases = rows()
    for row in cases:
        expected = DECIDED[row["input"]] if row["right_answer"] == "-" else row["right_answer"]
        v = verdict(base, row)
        assert v["verdict"] == expected, (row["input"], v["verdict"], v["reasons"])


@case
def every_refusal_says_what_is_wrong_and_says_it_once(tmp):
    base, cases = rows()
    seen = set()
    for row in cases:
        v = verdict(base, row)
        reasons = [(r["code"], r["detail"]) for r in v["reasons"]]
        assert len(set(reasons)) == len(reasons), (row["input"], reasons)
        if row["input"] not in SAYS:
            continue
        seen.add(row["input"])
        code, words = SAYS[row["input"]]
        assert any(c == code and words in d for c, d in reasons), (row["input"], reasons)
    assert seen == SAYS.keys(), SAYS.keys() - seen


@case
def what_is_short_is_data(tmp):
    base, cases = rows()
    for row in cases:
        short = verdict(base, row)["tcb"].get("shortfall", [])
        if row["input"] == "tdx/out-of-date-platform":
            assert len(short) == 16, short
            assert short[4] == {"part": "platform", "component": "sgx_component_5", "is": 4, "wanted": 9, "status": "UpToDate",
                                "date": "2026-01-01T00:00:00Z", "advisories": []}, short[4]
        elif row["input"] == "tdx/module-ood":
            assert [(s["part"], s["component"], s["is"], s["wanted"]) for s in short] == [("tdx_module", "isvsvn", 3, 6)], short
        elif row["right_answer"] == "accepted":
            assert short == [], (row["input"], short)


@case
def platforms_are_told_apart_by_policy(tmp):
    base, cases = rows()
    for name, require, code in (("sgx-type-3", "sgx_type=3", None), ("sgx-type-3", "sgx_type=[0,1,2]", "sgx-type-not-allowed"),
                                ("v4-good", "fmspc=00A06D080000", None), ("v4-good", "fmspc=00a06d080001", "fmspc-mismatch"),
                                ("processor-ca", f"platform_instance_id={'00' * 16}", "platform-instance-id-mismatch"),
                                ("v5-type4-good", f"td_id={'00' * 32}", None), ("v4-good", f"td_id={'00' * 32}", "td-id-mismatch"),
                                ("out-of-date-platform", "minimum_tcb_date=2024-11-13", None),
                                ("out-of-date-platform", "minimum_tcb_date=2024-11-14", "tcb-status-not-accepted")):
        row = next(row for row in cases if row["input"] == f"tdx/{name}")
        status, out = verify(base, row, "--output", "json", "--require", require)
        codes = {r["code"] for r in json.loads(out)["reasons"]}
        assert (status, codes) == ((1, {code}) if code else (0, set())), (name, require, codes)


@case
def no_status_covers_the_platform_of_launch(tmp):
    base, cases = rows()
    for row in cases:
        v = verdict(base, row)
        elsewhere = row["input"] in ("tdx/type4-servtdext-old-init", "tdx/attr-bit17")
        assert ("launch-platform" in v["not_judged"]) == elsewhere, row["input"]
        if elsewhere:
            out = verify(base, row)[1]
            assert v["tcb_status"] is None and "at_launch" not in v["tcb"] and "at_launch" not in out, out
            assert "SERVTD_EXT" in out and "not judged: launch-platform: the platform it was launched on" in out, out


sys.exit(main("jurat-tdx-cases-"))
