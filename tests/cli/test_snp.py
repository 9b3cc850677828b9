#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""SEV-SNP reports as `jurat verify` answers them. Prints TAP; test_snp.py JURAT"""
import base64
import hashlib
import json
import os
import pathlib
import ssl
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
import evidence  # noqa: E402
from tap import Skip, case, main  # noqa: E402

JURAT = os.path.abspath(sys.argv[1])
AT = "2026-11-29T00:00:00Z"


def jurat(*args, status=0, **how):
    how = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "timeout": 60} | how
    p = subprocess.run([JURAT, *map(str, args)], **how)
    p.out = (p.stdout or b"").decode(errors="replace")
    p.err = p.stderr.decode(errors="replace")
    assert p.returncode == status, f"{args}: status {p.returncode}, not {status}: {p.out[:400]}{p.err[:400]}"
    return p


def verdict(*args, status=0):
    return json.loads(jurat("verify", "--output", "json", *args, status=status).out)


def codes(d):
    return {reason["code"] for reason in d["reasons"]}


def made():
    for folder in evidence.folders():
        if folder.name == "made":
            return folder
    raise Skip("no made evidence beside the project")


def made_args(folder, name):
    """How the folder's README says that its rows of run `snp` are verified."""
    d = folder.files / name
    there = [f for f in ("ask", "asvk", "vcek", "vlek") if (d / f"{f}.pem").exists()]
    certs = [word for f in there for word in ("--certs", d / f"{f}.pem")]
    return "--at", AT, "--roots", d / "ark.pem", *certs, d / "report.bin"


# Rows without an answer ("-"), by doc/facts/sev-snp.md.
DECIDED = {
    # reported <= committed <= current is the usual order, and that firmware enforces it is not confirmed. What counts is
    # that the key is that of reported_tcb, which the running firmware (current_tcb) can derive. That the host may go
    # back to the committed firmware is what allow_provisional_firmware is for.
    "snp/reported-above-committed": set(),
    # AMD's certificates have serial number 0; nothing depends on it (B56).
    "snp/serial-nonzero": set(),
    # Certificates of Turin have no spl4, those of Milan and Genoa have it as 0: both forms are read (B39, B56).
    "snp/spl4-absent": set(),
    # A reserved component that is not 0 is one of a TCB that reported_tcb cannot be compared with.
    "snp/spl4-nonzero": {"leaf-extension-malformed"},
    # Extensions that are not critical and unknown say nothing (RFC 5280, 4.2); all known components are compared.
    "snp/unknown-ext-3.10": set(),
}


@case
def made_reports_are_answered_as_their_table_says(tmp):
    folder, n = made(), 0
    for row in folder.rows("CASES.tsv"):
        if row["run"] != "snp":
            continue
        name, answer = row["input"], row["right_answer"]
        expected = DECIDED[name] if answer == "-" else set() if answer == "accepted" else None
        d = verdict(*made_args(folder, name), status=0 if expected == set() else 1)
        assert d["verdict"] == ("accepted" if expected == set() else "refused"), (name, d["reasons"])
        assert expected is None or codes(d) == expected, (name, d["reasons"])
        named = row["detail"].split(":")[0].split()[0:1]
        if answer == "refused" and named and "-" in named[0]:
            assert codes(d) == {named[0]}, (name, d["reasons"])
        n += 1
    assert n >= 33, n


@case
def what_a_policy_can_add_to_made_reports(tmp):
    folder = made()
    d = verdict("--require", "allow_provisional_firmware=false", *made_args(folder, "snp/reported-above-committed"), status=1)
    assert codes(d) == {"provisional-firmware"}, d["reasons"]
    for which in "launch", "current":
        require = "--require", f"minimum_{which}_mit_vector=1"
        d = verdict(*require, *made_args(folder, "snp/mit-zero"), status=1)
        assert codes(d) == {f"{which}-mit-vector-below-minimum"}, d["reasons"]
        assert d["tcb"]["shortfall"] == [{"part": f"{which}_mit_vector", "component": "mitigations", "is": "0x0", "wanted": "0x1"}], d
        assert codes(verdict(*require, *made_args(folder, "snp/milan-v3"), status=1)) == {"mit-vector-missing"}
    verdict("--require", "require_launch_mitigations=true", *made_args(folder, "snp/mit-zero"))
    d = verdict("--require", 'minimum_tcb={"Milan": {"microcode": 255, "snp": 24}}', *made_args(folder, "snp/milan-v3"), status=1)
    assert d["tcb"]["shortfall"] == [{"part": "reported_tcb", "component": "microcode", "is": 219, "wanted": 255}], d["tcb"]


@case
def reports_are_answered_as_their_tables_say(tmp):
    n = 0
    for folder in evidence.folders():
        for row in folder.rows("SNP-CASES.tsv"):
            if row.get("at_unix"):
                at = evidence.rfc3339(row["at_unix"])
            else:  # a VLEK is good for a year, and those at hand have ended
                at = "2025-09-15T00:00:00Z" if row["signer"] == "vlek" else AT
            args = [folder.files / row["report"], *folder.roots, "--at", at]
            for column in "vek", "intermediate", "root":
                if row[column] != "-":
                    args += ["--certs", folder.files / row[column]]
            good, debug = row["signature_and_chain"] == "good", row["policy_debug"] == "1"
            d = verdict(*args, status=0 if good and not debug else 1)
            if good and debug:
                assert codes(d) == {"debug-allowed"}, (row["report"], d["reasons"])
                verdict("--require", "allow_debug=true", *args)
            elif not good:
                assert codes(d) == (evidence.reasons(row) or {"leaf-missing"}), (row["report"], d["reasons"])
            n += 1
    assert n >= 41, n


def demo(tmp, name, *options):
    jurat("demo", "--dir", tmp / name, *options)
    return tmp / name


def both(directory, *options, status=0, err=""):
    """Verifies the report and the quote of a demo, which must have the same answer for the same reason."""
    for file, more in (("report.bin", ("--certs", directory / "certs.bin")), ("quote.bin", ("--collateral", directory / "collateral"))):
        p = jurat("verify", "--roots", directory / "roots", *more, *options, directory / file, status=status)
        assert err in p.err and bool(err) == bool(p.err), (file, options, p.err)
        if status == 1:
            assert p.out.startswith("refused\n  report-data-mismatch: "), (file, options, p.out)


@case
def report_data_is_expected_by_value_or_hash_of_both_tees(tmp):
    value = bytes(range(1, 21))
    (tmp / "value").write_bytes(value)
    (tmp / "64").write_bytes(value + bytes(44))
    (tmp / "65").write_bytes(bytes(65))
    (tmp / "empty").write_bytes(b"")
    plain = base64.b64encode(value).decode()
    padded = demo(tmp, "padded", "--report-data", f"@{tmp / 'value'}")
    left = demo(tmp, "left", "--report-data", f"0x{value.hex()}", "--report-data-padding", "left")
    assert (padded / "report.bin").read_bytes()[0x50:0x90] == value + bytes(44)
    assert (left / "report.bin").read_bytes()[0x50:0x90] == bytes(44) + value
    assert (left / "quote.bin").read_bytes()[48 + 520:48 + 584] == bytes(44) + value
    spellings = ["0x" + value.hex(), "0x" + value.hex().upper(), plain, "base64:" + plain, plain.rstrip("="), f"@{tmp / 'value'}"]
    for spelling in spellings:
        both(padded, "--report-data", spelling)
        both(padded, "--report-data", spelling, "--report-data-padding", "zero")
        both(padded, "--report-data", spelling, "--report-data-padding", "left", status=1)
        both(left, "--report-data", spelling, "--report-data-padding", "left")
        both(left, "--report-data", spelling, status=1)
    both(padded, "--report-data", value.hex() + "00" * 44)
    both(padded, "--report-data", f"@{tmp / '64'}")
    both(padded, "--report-data", value.hex(), err="--report-data: the value is read as hex, 20 bytes")
    both(padded, "--report-data", "base64:" + value.hex(), status=1)  # 30 other bytes
    both(padded, "--report-data", "0x" + value[:-1].hex(), status=1)  # a prefix is not enough
    both(padded, "--report-data", "0x" + value.hex() + "01", status=1)
    for name in "sha256", "sha384", "sha512":
        digest = hashlib.new(name, value).digest()
        for padding in "zero", "left":
            hashed = demo(tmp, name + padding, f"--report-data-{name}", plain, "--report-data-padding", padding)
            for spelling in spellings:
                both(hashed, f"--report-data-{name}", spelling, "--report-data-padding", padding)
            both(hashed, "--report-data", "0x" + digest.hex(), "--report-data-padding", padding)
            both(hashed, f"--report-data-{name}", f"@{tmp / '64'}", "--report-data-padding", padding, status=1)
    e = ("verify", "--roots", padded / "roots", padded / "report.bin")
    for options, status, word in [
            (("--report-data", "abc"), 2, "odd number of hex digits"), (("--report-data", ""), 2, "expected hex, 0xHEX or base64"),
            (("--report-data", "0x" + "00" * 65), 2, "65 bytes, expected at most 64"), (("--report-data", f"@{tmp / '65'}"), 2, "expected 1 to 64"),
            (("--report-data", f"@{tmp / 'empty'}"), 2, "empty"), (("--report-data-sha256", f"@{tmp / 'empty'}"), 2, "empty"),
            (("--report-data", f"@{tmp / 'absent'}"), 3, "absent"), (("--report-data", "good morning"), 2, "expected hex"),
            (("--report-data-padding", "left"), 2, "no --report-data"), (("--report-data-padding", "right", "--report-data", "00"), 2, "zero"),
            (("--report-data", "00", "--report-data-sha256", "00"), 2, "found two")]:
        p = jurat(*e, *options, status=status)
        assert word in p.err and not p.out, (options, p.err)


@case
def fields_that_a_version_lacks_are_shown_as_absent(tmp):
    vectors = {"launch_mit_vector": 5, "current_mit_vector": 5, "cpuid_fam_id": 3, "cpuid_mod_id": 3, "cpuid_step": 3}
    for version in 2, 3, 5:
        d = demo(tmp, str(version), "--tee", "sev-snp", "--report-version", version)
        shown = json.loads(jurat("show", "--output", "json", d / "report.bin").out)
        lines = dict(line.split(maxsplit=1) for line in jurat("show", d / "report.bin").out.splitlines() if " " in line)
        judged = verdict("--roots", d / "roots", "--certs", d / "certs.bin", d / "report.bin")["evidence"]
        for name, since in vectors.items():
            for fields in shown, judged:
                assert (fields[name] is None) == (version < since), (version, name, fields[name])
            assert (lines[name] == f"absent (there from version {since} on)") == (version < since), (name, lines[name])


@case
def an_extension_that_is_malformed_is_shown_as_its_bytes(tmp):
    e = demo(tmp, "e", "--tee", "sev-snp")
    jurat("certs", "split", e / "certs.bin", tmp / "split")
    leaf = (tmp / "split/vcek.der").read_bytes()
    oid = bytes.fromhex("2b060104019c7801")
    number, name = leaf.index(oid + b"\3\1") + 10, leaf.index(oid + b"\2") + 9
    assert leaf[number:number + 4] == b"\4\3\2\1" and leaf[name + 2] == 0x16, (leaf[number:number + 5], leaf[name:name + 4])

    def shown(at, content, member):
        (tmp / "x").write_bytes(leaf[:at] + content + leaf[at + len(content):])
        return json.loads(jurat("show", "--output", "json", tmp / "x").out)[member]
    assert shown(number + 4, b"\x7f", "bl_spl") == 127
    assert shown(number + 4, b"\xff", "bl_spl") == "0201ff"  # negative
    assert shown(number + 3, b"\0", "bl_spl").startswith("0200")  # no INTEGER, and more behind it
    assert shown(name + 3, b"\x7f", "product_name").startswith("167f")
    hwid = leaf.index(bytes.fromhex(shown(0, leaf[:1], "hwid")))
    for looks in b"\2\x3e\1", b"\x16\x3e":  # raw bytes that begin like an INTEGER or a string of their length (B38)
        assert shown(hwid, looks.ljust(64, b"a"), "hwid") == looks.ljust(64, b"a").hex()


KDS = "https://kdsintf.amd.com"


@case
def a_report_alone_is_answered_with_what_to_fetch_and_where_to_put_it(tmp):
    for product, hwid_bytes, version in ("milan", 64, 3), ("genoa", 64, 5), ("turin", 8, 5), ("turin", 8, 2):
        e = demo(tmp, f"{product}{version}", "--tee", "sev-snp", "--product", product, "--report-version", version)
        report = (e / "report.bin").read_bytes()
        hwid, name, tcb = report[0x1a0:0x1a0 + hwid_bytes].hex(), product.title(), report[0x180:0x188]
        components = {"fmcSPL": tcb[0], "blSPL": tcb[1], "teeSPL": tcb[2], "snpSPL": tcb[3], "ucodeSPL": tcb[7]} if product == "turin" \
            else {"blSPL": tcb[0], "teeSPL": tcb[1], "snpSPL": tcb[6], "ucodeSPL": tcb[7]}
        vcek = f"{KDS}/vcek/v1/{name}/{hwid}?" + "&".join(f"{k}={v:02}" for k, v in components.items())
        chain = f"{KDS}/vcek/v1/{name}/cert_chain"
        d = verdict(e / "report.bin", status=1)
        assert [(m["certificate"], m["products"], m["urls"], m["file"]) for m in d["missing"]] == [
            ("VCEK", [name], [vcek], "vcek.der"), ("ASK and ARK", [name], [chain], "cert_chain.pem")], d["missing"]
        assert d["missing"][0]["chip_id"] == hwid and list(d["missing"][0]["tcb"].values()) == list(components.values())
        lines = [line.strip() for line in jurat("verify", e / "report.bin", status=1).out.splitlines()]
        at = lines.index(f"missing              VCEK of {name}")
        assert lines[at + 1].startswith("for reported_tcb ") and lines[at + 2] == f"for chip_id {hwid}" and lines[at + 3] == vcek
        assert lines[at + 4] == "save it as vcek.der, and name the file or its directory with --certs"
        assert lines[at + 5:at + 7] == [f"missing              ASK and ARK of {name}", chain], lines[at:]
        # with what it says in a directory of that name, nothing is missing
        jurat("certs", "split", e / "certs.bin", tmp / "s")
        d = tmp / f"certs-{product}{version}"
        d.mkdir()
        (d / "vcek.der").write_bytes((tmp / "s/vcek.der").read_bytes())
        left = verdict("--roots", e / "roots", "--certs", d, e / "report.bin", status=1)
        assert codes(left) == {"intermediate-missing"} and [m["certificate"] for m in left["missing"]] == ["ASK and ARK"], left["missing"]
        pems = [ssl.DER_cert_to_PEM_cert((tmp / "s" / f).read_bytes()) for f in ("ask.der", "ark.der")]
        (d / "cert_chain.pem").write_text("".join(pems))
        assert verdict("--roots", e / "roots", "--certs", d, e / "report.bin")["missing"] == []
        (d / "vcek.der").unlink()
        left = verdict("--roots", e / "roots", "--certs", d, e / "report.bin", status=1)
        assert [m["certificate"] for m in left["missing"]] == ["VCEK"], left["missing"]


@case
def what_amd_cannot_be_asked_for_is_said(tmp):
    e = demo(tmp, "vlek", "--tee", "sev-snp", "--sign-with", "vlek")
    d = verdict(e / "report.bin", status=1)
    assert [(m["certificate"], m["urls"], m["file"]) for m in d["missing"]] == [
        ("VLEK", [], "vlek.der"), ("ASVK and ARK", [f"{KDS}/vlek/v1/Milan/cert_chain"], "cert_chain.pem")], d["missing"]
    assert "from the cloud provider: AMD issues VLEKs to providers only" in jurat("verify", e / "report.bin", status=1).out
    e = demo(tmp, "v2", "--tee", "sev-snp", "--report-version", "2")  # which says neither Milan nor Genoa
    missing = verdict(e / "report.bin", status=1)["missing"]
    assert [m["products"] for m in missing] == [["Milan", "Genoa"]] * 2 and [len(m["urls"]) for m in missing] == [2, 2], missing
    assert "VCEK of Milan or Genoa\n" in jurat("verify", e / "report.bin", status=1).out
    report = bytearray((e / "report.bin").read_bytes())
    report[0x1a0:0x1e0] = bytes(64)
    (tmp / "masked").write_bytes(report)
    missing = verdict(tmp / "masked", status=1)["missing"]
    assert missing[0]["urls"] == [] and missing[0]["chip_id"] is None, missing
    assert "chip_id is masked, so AMD cannot be asked for it" in jurat("verify", tmp / "masked", status=1).out
    report = bytearray((demo(tmp, "v3", "--tee", "sev-snp") / "report.bin").read_bytes())
    report[0x188] = 0x1b  # a family that is unknown here
    (tmp / "unknown").write_bytes(report)
    assert verdict(tmp / "unknown", status=1)["missing"] == []


@case
def a_certificate_of_another_chip_or_tcb_leaves_the_right_one_missing(tmp):
    e = demo(tmp, "e", "--tee", "sev-snp")
    other = demo(tmp, "other", "--tee", "sev-snp", "--seed", "another")
    d = verdict("--roots", e / "roots", "--roots", other / "roots", "--certs", other / "certs.bin", e / "report.bin", status=1)
    assert "leaf-chip-mismatch" in codes(d) and d["missing"][0]["chip_id"] == (e / "report.bin").read_bytes()[0x1a0:0x1e0].hex(), d


@case
def the_whole_name_of_an_issuer_is_shown(tmp):
    e = tmp / "e"
    jurat("demo", "--dir", e)
    for file, parts, cn in ("report.bin", ("certificate", "intermediate", "root"), "CN=ARK-Milan,"), \
            ("quote.bin", ("certificate", "intermediate", "root"), "CN="):
        options = ("--roots", e / "roots", "--certs", e / "certs.bin", "--collateral", e / "collateral", e / file)
        out = jurat("verify", *options).out
        lines = [line.strip() for line in out.splitlines() if line.strip().startswith("issued by ")]
        assert len(lines) == 3 and all("TEST" in line for line in lines) and cn in lines[2], lines
        signer = verdict(*options)["signer"]
        for part in parts:
            assert "TEST" in signer[part]["issuer_dn"] and "TEST" in signer[part]["subject_dn"], signer[part]
            assert f"issued by {signer[part]['issuer_dn']}" in lines, (signer[part], lines)


def in_guest(*args, run=()):
    """`jurat attest` in a guest of `jurat run`."""
    p = subprocess.run([JURAT, "run", *run, "--", JURAT, "attest", *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    if p.returncode == 3 and not p.stdout and b"attest:" not in p.stderr:
        raise Skip("jurat run: " + p.stderr.decode(errors="replace").splitlines()[0])
    assert p.returncode == 0, p.stderr
    return p.stdout.decode()


@case
def attest_says_what_became_of_the_hosts_certificates(tmp):
    for run, options, words, count in [
            ((), (), "not requested (see --certs-out and --extended)", None), ((), ("--certs-out", tmp / "c"), " bytes", ...),
            ((), ("--extended",), " bytes", ...), (("--no-certs",), ("--extended",), "it supplied none", 0)]:
        out = in_guest("--out", tmp / "r", *options, run=run)
        lines = [line for line in out.splitlines() if line.startswith("certificates of the host: ")]
        assert len(lines) == 1 and lines[0].endswith(words), out
        d = json.loads(in_guest("--out", tmp / "r", "--output", "json", *options, run=run))
        assert d["certs_bytes"] > 4000 if count is ... else d["certs_bytes"] == count, d


@case
def attest_binds_what_verify_expects(tmp):
    (tmp / "key").write_bytes(b"a public key" * 40)
    in_guest("--out", tmp / "r", "--report-data-sha384", f"@{tmp / 'key'}", "--report-data-padding", "left")
    report = (tmp / "r").read_bytes()
    assert report[0x50:0x90] == bytes(16) + hashlib.sha384(b"a public key" * 40).digest()


sys.exit(main("jurat-snp-"))
