#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`jurat tcb` with evidence of the software platform and collateral for every status. Prints TAP; test_tcb.py JURAT JURATD TD_EVIDENCE"""
import csv
import io
import json
import os
import pathlib
import shutil
import ssl
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from endorsements import Juratd  # noqa: E402
from tap import case, main, shown, terminal  # noqa: E402

JURAT, JURATD, TD_EVIDENCE = map(os.path.abspath, sys.argv[1:4])
scratch = tempfile.TemporaryDirectory(prefix="jurat-test-tcb-")
TOP = pathlib.Path(scratch.name)
NOW = 1767225600, "2026-01-01T00:00:00Z"
GOOD, OLD = "UpToDate,UpToDate,UpToDate", "OutOfDate,OutOfDate,OutOfDate"
COLUMNS = ["evidence", "kind", "result", "verified", "tee", "platform", "status", "status_early", "short", "short_early", "update",
           "update_early", "advisories", "out_of_date", "out_of_date_by", "reasons"]


def call(*args, status=0, **how):
    how = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "timeout": 120} | how
    p = subprocess.run([JURAT, *map(str, args)], text=True, check=False, **how)
    assert p.returncode == status, f"{args}: status {p.returncode}, not {status}: {p.stdout[-500:]}{p.stderr[-500:]}"
    return p


def rows(*args, status=0):
    p = call("tcb", "--output", "json", *args, status=status)
    assert p.stderr == "", p.stderr
    return [json.loads(line) for line in p.stdout.splitlines()]


def row(*args, status=0):
    found = rows(*args, status=status)
    assert len(found) == 1, found
    return found[0]


def tdx():
    """Cases as td_evidence writes them, and the options with which they verify."""
    place = TOP / "tdx"
    if not place.exists():
        place.mkdir()
        names = subprocess.run([TD_EVIDENCE, place, str(NOW[0])], check=True, capture_output=True, text=True).stdout.split()
        (place / "names").write_text("\n".join(names))
    return place, ("--at", NOW[1], "--roots", place / "intel-root.pem")


def snp(*options):
    """A report with its certificates in one file, and the options with which it verifies."""
    place = TOP / ("snp" + "".join(options))
    if not place.exists():
        call("demo", "--tee", "sev-snp", "--dir", place, "--at", NOW[1], *options)
        (place / "one.bin").write_bytes((place / "report.bin").read_bytes() + (place / "certs.bin").read_bytes())
    return place, ("--at", NOW[1], "--roots", place / "roots")


def table(tmp, *minimums, name="table.json"):
    (tmp / name).write_text(json.dumps({"minimums": minimums}))
    return "--snp-table", tmp / name


def needs(bulletin, product="Milan", **more):
    return {"product": product, "bulletin": bulletin} | more


def codes(found):
    return [reason["code"] for reason in found["reasons"]]


# ---- TDX


@case
def every_status_of_intel_has_its_row_and_only_up_to_date_is_current(tmp):
    del tmp
    place, options = tdx()
    names = (place / "names").read_text().split("\n")
    found = rows(*options, *(place / name for name in names), status=1)
    assert [r["evidence"] for r in found] == [str(place / name) for name in names]
    for name, r in zip(names, found):
        verified = json.loads(call("verify", "--output", "json", *options, "--collateral", place / name / "collateral",
                                   place / name / "quote.bin", status=0 if name == GOOD else 1).stdout) if name in names[::7] else None
        assert r["kind"] == "td-quote" and r["verified"] and r["early"] is None and not r["reasons"], r
        assert r["platform"] == {"tee": "tdx", "fmspc": "544553540000"}, r
        assert r["result"] == ("current" if r["now"]["status"] == "UpToDate" else "short"), r
        assert (r["result"] == "current") == (name == GOOD) == (r["out_of_date"] is None), r
        if verified:
            assert verified["tcb_status"] == r["now"]["status"], (name, r)
    assert len({r["now"]["status"] for r in found}) == 10


@case
def what_is_short_is_told_by_component_with_the_update_and_its_day(tmp):
    del tmp
    place, options = tdx()
    r = row(*options, place / OLD, status=1)
    now = r["now"]
    assert now["status"] == "OutOfDate" and now["tcb_evaluation_data_number"] == 17 and r["early"] is None, r
    assert [(s["part"], s["component"], s["is"], s["wanted"]) for s in now["shortfalls"]] == [
        ("platform", "sgx_component_1", 3, 4), ("tdx_module", "isvsvn", 7, 8), ("quoting_enclave", "isvsvn", 7, 8)], now
    assert [(u["part"], u["status"]) for u in now["updates"]] == [
        ("platform", "UpToDate"), ("tdx_module", "UpToDate"), ("quoting_enclave", "UpToDate")], now
    decided = next(u for u in now["updates"] if u["part"] == now["decided_by"])
    assert r["out_of_date"] == {"date": decided["tcb_date"], "by": "tcbDate of the next better TCB level"}, r
    text = call("tcb", *options, place / OLD, status=1).stdout.splitlines()
    assert text[0] == f"{place / OLD}: short: OutOfDate (TD quote, FMSPC 544553540000)", text
    assert text[1] == "    short now: platform sgx_component_1 (BIOS, Early Microcode Update) is 3, wanted 4", text
    assert text[4] == (f"    update now: platform: TCB level of {decided['tcb_date'][:10]}, UpToDate, "
                       "tcbEvaluationDataNumber 17"), text
    assert text[-1] == f"    out of date: {decided['tcb_date'][:10]}, tcbDate of the next better TCB level", text


@case
def the_early_set_is_compared_too_and_what_is_short_there_only_has_no_known_day(tmp):
    del tmp
    place, options = tdx()
    quote = place / GOOD / "quote.bin"
    sets = [("--collateral", place / a / "collateral", "--early-collateral", place / b / "collateral")
            for a, b in ((GOOD, GOOD), (GOOD, OLD), (OLD, GOOD), (OLD, OLD))]
    wanted = [(0, "current", "UpToDate", "UpToDate"), (1, "short-early", "UpToDate", "OutOfDate"),
              (1, "short", "OutOfDate", "UpToDate"), (1, "short", "OutOfDate", "OutOfDate")]
    for words, (status, result, now, early) in zip(sets, wanted):
        r = row(*options, *words, quote, status=status)
        assert (r["result"], r["now"]["status"], r["early"]["status"], r["verified"]) == (result, now, early, True), r
    r = row(*options, *sets[1], quote, status=1)
    assert r["out_of_date"]["date"] is None and r["now"]["updates"] == [] and len(r["early"]["updates"]) == 3, r
    assert "tcbEvaluationDataNumber is 17 in the early set and 17 in the standard one" in r["out_of_date"]["by"], r
    text = call("tcb", *options, *sets[1], quote, status=1).stdout
    assert "short-early: UpToDate, early OutOfDate" in text and "out of date: day unknown" in text, text


@case
def a_status_that_is_accepted_counts_as_current_and_revoked_never_does(tmp):
    del tmp
    place, options = tdx()
    name = place / "SWHardeningNeeded,UpToDate,UpToDate"
    assert row(*options, name, status=1)["result"] == "short"
    assert row(*options, "--accept", "swhardeningneeded", name)["result"] == "current"
    assert row(*options, "--accept", "OutOfDate", name, status=1)["result"] == "short"
    for word in "Revoked", "NotSupported", "Unrecognized", "", "Good":
        p = call("tcb", *options, "--accept", word, name, status=2)
        assert f"expected a TCB status such as SWHardeningNeeded, found '{word}'" in p.stderr, p.stderr


@case
def what_does_not_verify_is_a_row_with_its_reasons_and_no_status(tmp):
    place, options = tdx()
    quote, collateral = (place / GOOD / "quote.bin").read_bytes(), place / GOOD / "collateral"
    flipped = bytearray(quote)
    flipped[48 + 520] ^= 1  # report_data
    (tmp / "flipped").write_bytes(flipped)
    (tmp / "cut").write_bytes(quote[:700])
    found = rows(*options, "--collateral", collateral, "--early-collateral", collateral, tmp / "flipped", tmp / "cut", status=1)
    for r, code in zip(found, ("quote-signature", "quote-malformed")):
        assert (r["result"], r["verified"], r["now"], r["early"], r["out_of_date"]) == ("not-verified", False, None, None, None), r
        assert {(reason["set"], reason["code"]) for reason in r["reasons"]} >= {("now", code), ("early", code)}, r
    r = row(*options, place / GOOD / "quote.bin", status=1)
    assert r["result"] == "not-verified" and codes(r) == ["collateral-missing"], r
    r = row("--at", NOW[1], place / GOOD, status=1)  # no test roots
    assert r["result"] == "not-verified" and "root-not-trusted" in codes(r), r
    r = row("--at", "2027-01-01T00:00:00Z", "--roots", place / "intel-root.pem", place / GOOD, status=1)
    assert r["result"] == "not-verified" and "tcb-info-expired" in codes(r), r
    shutil.copytree(collateral, tmp / "partial")
    for file in (tmp / "partial").glob("tcb_info*"):
        file.unlink()
    r = row(*options, "--collateral", collateral, "--early-collateral", tmp / "partial", place / GOOD / "quote.bin", status=1)
    assert r["result"] == "not-verified" and r["now"]["status"] == "UpToDate" and r["early"] is None, r
    assert {(reason["set"], reason["code"]) for reason in r["reasons"]} == {("early", "collateral-missing")}, r


STATED = {"tee": "tdx", "name": "host 1", "fmspc": "544553540000", "pceid": "0000", "pcesvn": 13, "qe_isvsvn": 7,
          "sgx_components": [3, 3, 2, 2, 4, 1, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0], "tee_tcb_svn": "07010300000000000000000000000000"}


@case
def a_platform_of_tdx_that_states_its_tcb_gets_what_a_quote_of_it_gets(tmp):
    place, options = tdx()
    (tmp / "host").write_text(json.dumps(STATED))
    for name in (place / "names").read_text().split("\n")[::9] + [GOOD, OLD]:
        if name.endswith(",updated"):
            continue  # a TD with an older module than its platform
        sets = ("--collateral", place / name / "collateral", "--early-collateral", place / OLD / "collateral")
        status = 1
        quote, stated = (row(*options, *sets, "--allow-unsigned", file, status=status) for file in (place / name / "quote.bin", tmp / "host"))
        assert (stated["kind"], stated["verified"], quote["verified"]) == ("tdx-platform", False, True), stated
        for member in "now", "early", "result", "out_of_date", "platform":
            assert quote[member] == stated[member], (name, member, quote, stated)
    good = ("--collateral", place / GOOD / "collateral")
    assert row(*options, *good, "--allow-unsigned", tmp / "host")["result"] == "current"
    r = row(*options, *good, tmp / "host", status=1)
    assert (r["result"], codes(r)) == ("not-verified", ["unsigned"]), r
    assert ": not-verified: claims UpToDate (TDX platform, FMSPC 544553540000)" in call("tcb", *options, *good, tmp / "host", status=1).stdout
    r = row("--at", NOW[1], *good, "--allow-unsigned", tmp / "host", status=1)  # no test roots
    assert (r["result"], r["now"], codes(r)) == ("not-verified", None, ["root-not-trusted"]), r
    r = row(*options, "--allow-unsigned", tmp / "host", status=1)
    assert (r["result"], codes(r)) == ("not-verified", ["collateral-missing"]), r
    (tmp / "host").write_text(json.dumps(STATED | {"fmspc": "50806f000000"}))
    r = row(*options, *good, "--allow-unsigned", tmp / "host", status=1)
    assert (r["result"], codes(r)) == ("not-verified", ["tcb-info-fmspc-mismatch"]), r
    (tmp / "host").write_text(json.dumps(STATED | {"tee_tcb_svn": "07090300000000000000000000000000"}))
    r = row(*options, *good, "--allow-unsigned", tmp / "host", status=1)
    assert (r["result"], codes(r)) == ("not-verified", ["tdx-module-unknown"]), r
    shutil.copytree(place / GOOD / "collateral", tmp / "changed")
    text = (tmp / "changed/tcb_info.json").read_text()
    (tmp / "changed/tcb_info.json").write_text(text.replace('"pcesvn":13', '"pcesvn":12'))
    assert text.count('"pcesvn":13') > 0
    (tmp / "host").write_text(json.dumps(STATED))
    r = row(*options, "--collateral", tmp / "changed", "--allow-unsigned", tmp / "host", status=1)
    assert (r["result"], r["now"], codes(r)) == ("not-verified", None, ["tcb-info-signature"]), r


@case
def a_platform_of_tdx_that_states_something_else_is_refused(tmp):
    place, options = tdx()
    for member, value, why in (("fmspc", "54455354000", "fmspc: expected 12 hex digits"), ("pceid", 0, "pceid: expected 4 hex digits"),
                               ("sgx_components", [1] * 15, "sgx_components: expected an array of 16 numbers from 0 to 255"),
                               ("sgx_components", [256] * 16, "sgx_components: expected an array of 16 numbers from 0 to 255"),
                               ("pcesvn", -1, "pcesvn: expected a number from 0 to 65535"),
                               ("qe_isvsvn", 65536, "qe_isvsvn: expected a number from 0 to 65535"),
                               ("tee_tcb_svn", "07", "tee_tcb_svn: expected 32 hex digits"), ("more", 1, "more: unknown member")):
        (tmp / "host").write_text(json.dumps(STATED | {member: value}))
        r = row(*options, "--collateral", place / GOOD / "collateral", "--allow-unsigned", tmp / "host", status=3)
        assert r["result"] == "unreadable" and r["reasons"][0]["detail"] == why, (why, r)


@case
def both_sets_are_fetched_for_every_platform(tmp):
    call("demo", "--tee", "tdx", "--dir", tmp / "a")
    with Juratd(JURATD) as juratd:
        fetch = ("--roots", tmp / "a/roots", "--fetch", "--from", juratd.url())
        (tmp / "garbage").write_bytes(b"garbage")
        (tmp / "host").write_text(json.dumps(STATED))
        r = row(*fetch, "--allow-unsigned", tmp / "host")
        assert r["now"]["status"] == "UpToDate" and r["early"], r
        found = rows(*fetch, tmp / "garbage", tmp / "a/quote.bin", tmp / "a/quote.bin", status=3)
        assert [r["result"] for r in found] == ["unreadable", "current", "current"], found
        assert found[1]["early"]["tcb_evaluation_data_number"] > found[1]["now"]["tcb_evaluation_data_number"], found[1]
        p = call("tcb", *fetch, "--collateral", tmp / "a/collateral", tmp / "a/quote.bin", status=2)
        assert "--fetch cannot be used with --collateral" in p.stderr, p.stderr
        url = juratd.url()
    p = call("tcb", "--roots", tmp / "a/roots", "--fetch", "--from", url, "--attempts", "1", tmp / "a/quote.bin", status=3)
    assert p.stdout == "" and "Failed to connect" in p.stderr, (p.stdout, p.stderr)
    p = call("tcb", "--from", url, tmp / "a/quote.bin", status=2)
    assert "--from is used with --fetch" in p.stderr, p.stderr


# ---- SEV-SNP


@case
def a_report_is_compared_with_the_table_now_and_early(tmp):
    place, options = snp()
    one = place / "one.bin"  # boot_loader 4, tee 0, snp 24, microcode 219
    met = needs("AMD-SB-1", published="2025-02-03", minimum_tcb={"snp": "0x18", "microcode": 219})
    later = needs("AMD-SB-2", published="2025-12-01", required_from="2026-06-01", minimum_tcb={"snp": 27}, title="a title")
    older = needs("AMD-SB-3", published="2025-03-01", minimum_tcb={"snp": 25, "boot_loader": 5})
    r = row(*options, *table(tmp, met), one)
    assert (r["result"], r["kind"], r["verified"]) == ("current", "snp-report", True), r
    assert r["now"] == r["early"] and r["now"]["status"] == "UpToDate" and r["out_of_date"] is None, r
    assert r["platform"]["product"] == "Milan" and len(r["platform"]["chip_id"]) == 128, r
    r = row(*options, *table(tmp, met, later), one, status=1)
    assert (r["result"], r["now"]["status"], r["early"]["status"]) == ("short-early", "UpToDate", "OutOfDate"), r
    assert r["out_of_date"] == {"date": "2026-06-01T00:00:00Z", "by": "required_from of AMD-SB-2"}, r
    assert r["early"]["shortfalls"] == [{"part": "reported_tcb", "component": "snp", "is": 24, "wanted": 27,
                                         "bulletin": "AMD-SB-2"}], r
    r = row(*options, *table(tmp, met, later, older), one, status=1)
    assert (r["result"], r["now"]["status"]) == ("short", "OutOfDate"), r
    assert [(s["component"], s["wanted"], s["bulletin"]) for s in r["early"]["shortfalls"]] == [
        ("boot_loader", 5, "AMD-SB-3"), ("snp", 27, "AMD-SB-2")], r
    assert [(u["bulletin"], u["installed"]) for u in r["early"]["updates"]] == [("AMD-SB-2", False), ("AMD-SB-3", False)], r
    assert r["out_of_date"]["date"] == "2025-03-01T00:00:00Z", r
    text = call("tcb", *options, *table(tmp, later), one, status=1).stdout
    assert "required of this Milan now" in text and "update early: AMD-SB-2, a title, published 2025-12-01, required from 2026-06-01\n" in text


@case
def a_row_for_a_processor_is_for_no_other(tmp):
    place, options = snp()
    for cpuid, status, result in (({"family": 25, "model": 1, "stepping": 1}, 1, "short"), ({"family": 25, "model": 1}, 1, "short"),
                                  ({"family": 25, "model": 1, "stepping": 2}, 0, "current")):
        r = row(*options, *table(tmp, needs("B", minimum_tcb={"snp": 1}), needs("C", cpuid=cpuid, minimum_tcb={"microcode": 255})),
                place / "one.bin", status=status)
        assert r["result"] == result, r
    place, options = snp("--report-version", "2")
    rule = needs("C", cpuid={"family": 25, "model": 1}, minimum_tcb={"microcode": 255})
    r = row(*options, *table(tmp, rule), place / "one.bin", status=1)
    assert (r["result"], r["now"]["status"], codes(r)) == ("unknown", None, ["cpuid-missing"]), r
    rule["minimum_tcb"]["microcode"] = 219
    assert row(*options, *table(tmp, rule), place / "one.bin")["result"] == "current"


@case
def a_report_without_certificates_or_a_table_is_not_current(tmp):
    place, options = snp()
    good = table(tmp, needs("B", minimum_tcb={"snp": 1}))
    r = row(*options, *good, place / "report.bin", status=1)  # no certificates
    assert (r["result"], r["verified"], r["now"]["status"], codes(r)) == ("not-verified", False, "UpToDate", ["leaf-missing"]), r
    assert ": not-verified: claims UpToDate" in call("tcb", *options, *good, place / "report.bin", status=1).stdout
    assert row(*options, *good, "--certs", place / "certs.bin", place / "report.bin")["result"] == "current"
    call("certs", "split", place / "certs.bin", tmp / "split")
    assert row(*options, *good, "--certs", tmp / "split", place / "report.bin")["result"] == "current"
    r = row(*options, place / "one.bin", status=1)
    assert (r["result"], r["now"], codes(r)) == ("unknown", None, ["no-table"]), r
    r = row(*options, *table(tmp, needs("B", "Genoa", minimum_tcb={"snp": 1})), place / "one.bin", status=1)
    assert (r["result"], r["now"]["status"], codes(r)) == ("unknown", None, ["no-minimum"]), r
    flipped = bytearray((place / "one.bin").read_bytes())
    flipped[0x180 + 6] = 255  # reported_tcb, snp: a better one
    (tmp / "flipped").write_bytes(flipped)
    r = row(*options, *good, tmp / "flipped", status=1)
    assert r["result"] == "not-verified" and not r["verified"], r


@case
def a_platform_is_what_its_host_says_and_needs_an_option(tmp):
    good = table(tmp, needs("B", minimum_tcb={"snp": 25}))
    status = {"product": "Milan", "current_tcb": "0xdb19000000000004", "reported_tcb": "0xdb19000000000004", "chip_id": "ab" * 64,
              "signs_with": "VCEK for reported TCB", "ok": True, "problems": []}
    (tmp / "host").write_text(json.dumps(status))
    r = row(*good, tmp / "host", status=1)
    assert (r["result"], r["kind"], r["verified"], codes(r)) == ("not-verified", "snp-platform", False, ["unsigned"]), r
    r = row(*good, "--allow-unsigned", tmp / "host")
    assert (r["result"], r["now"]["status"], r["verified"]) == ("current", "UpToDate", False), r
    (tmp / "host").write_text(json.dumps(status | {"reported_tcb": "0xdb18000000000004"}))
    r = row(*good, "--allow-unsigned", tmp / "host", status=1)
    assert r["result"] == "short" and r["now"]["updates"][0]["installed"], r
    assert "(installed: raise the reported TCB, see jurat-host(1))" in call("tcb", *good, tmp / "host", status=1).stdout
    for member, value, why in (("product", "Rome", "product: expected a product's name"),
                               ("chip_id", "ab", "chip_id: expected 128 hex digits"),
                               ("reported_tcb", "0xdb18010000000004", "reported_tcb: expected a TCB_VERSION of Milan"),
                               ("current_tcb", 5, "current_tcb: expected a TCB_VERSION of Milan")):
        (tmp / "host").write_text(json.dumps(status | {member: value}))
        r = row(*good, "--allow-unsigned", tmp / "host", status=3)
        assert r["result"] == "unreadable" and why in r["reasons"][0]["detail"], r


@case
def a_bad_table_is_refused_with_the_row_and_the_member(tmp):
    place, options = snp()
    good = needs("B", minimum_tcb={"snp": 1})
    for bad, why in (("{", "line 1, column 1: string or '}' expected near end of file"),
                     ([], "expected an object with the member minimums"),
                     ({"minimums": []}, "minimums: expected an array of 1 to 1024 rows"),
                     ({"minimums": [good, good | {"snp": 1}]}, "minimums, 2: snp: unknown member"),
                     ({"minimums": [good | {"minimum_tcb": {"fmc": 1}}]}, "minimums, 1: minimum_tcb: fmc: not a TCB component of Milan")):
        (tmp / "bad").write_text(bad if isinstance(bad, str) else json.dumps(bad))
        p = call("tcb", *options, "--snp-table", tmp / "bad", place / "one.bin", status=3)
        assert p.stdout == "" and p.stderr == f"jurat tcb: --snp-table: '{tmp}/bad': {why}\n", p.stderr
    p = call("tcb", *options, "--snp-table", tmp / "absent", place / "one.bin", status=3)
    assert "--snp-table: cannot read" in p.stderr or "absent" in p.stderr, p.stderr


@case
def what_the_table_requires_now_is_written_as_a_policy(tmp):
    place, options = snp()
    words = table(tmp, needs("A", published="2025-01-01", minimum_tcb={"snp": 20, "microcode": 200}), needs("B", minimum_tcb={"snp": 22}),
                  needs("C", required_from="2027-01-01", minimum_tcb={"snp": 99}), needs("D", "Turin", minimum_tcb={"fmc": 1}))
    out = tmp / "policy.json"
    call("tcb", *options, *words, "--policy-out", out, place / "one.bin", status=1)
    assert json.loads(out.read_text())["minimum_tcb"] == {
        "Milan": {"boot_loader": 0, "tee": 0, "snp": 22, "microcode": 200},
        "Turin": {"fmc": 1, "boot_loader": 0, "tee": 0, "snp": 0, "microcode": 0}}, out.read_text()
    call("verify", *options, "--policy", out, place / "one.bin")
    (tmp / "given").write_text(json.dumps({"allow_smt": False, "minimum_tcb": {"Milan": {"snp": 1}}}))
    p = call("tcb", *options, *words, "--policy-out", out, "--policy", tmp / "given", place / "one.bin", status=1)
    assert "warning: policy: minimum_tcb: " in p.stderr, p.stderr
    assert json.loads(out.read_text())["allow_smt"] is False and json.loads(out.read_text())["minimum_tcb"]["Milan"]["snp"] == 22
    one = needs("E", cpuid={"family": 25, "model": 1}, minimum_tcb={"microcode": 9})
    p = call("tcb", *options, *table(tmp, one, needs("B", minimum_tcb={"snp": 22})), "--policy-out", out, place / "one.bin")
    assert p.stderr == "jurat tcb: warning: --policy-out: the row of E for one processor of Milan is left out\n", p.stderr
    assert json.loads(out.read_text())["//"] == "Not required: the row of E for one processor of Milan.", out.read_text()
    for words, why in ((table(tmp, one), "the table has no row that a policy can require now"), ((), "--policy-out is used with --snp-table")):
        assert why in call("tcb", *options, *words, "--policy-out", out, place / "one.bin", status=2).stderr
    assert "--policy is used with --policy-out" in call("tcb", "--policy", out, place / "one.bin", status=2).stderr


@case
def the_example_after_amds_bulletins_is_a_table(tmp):
    del tmp
    place, options = snp()
    example = pathlib.Path(__file__).parents[2] / "examples/snp-tcb-table.json"
    r = row(*options, "--snp-table", example, place / "one.bin", status=1)
    assert [u["bulletin"] for u in r["now"]["updates"]] == [], r
    assert [u["bulletin"] for u in r["early"]["updates"]] == ["AMD-SB-3016", "AMD-SB-3030"], r


# ---- Many


@case
def thousands_of_files_and_garbage_between_them_are_rows_in_order_whatever_the_number_of_jobs(tmp):
    place, options = tdx()
    (tmp / "garbage").write_bytes(bytes(range(256)))
    (tmp / "empty").write_bytes(b"")
    (tmp / "dir").mkdir()
    kinds = {str(place / GOOD / "quote.bin"): "current", str(tmp / "garbage"): "unreadable", str(place / OLD / "quote.bin"): "current",
             str(tmp / "empty"): "unreadable", str(tmp / "dir"): "unreadable", str(tmp / "absent"): "unreadable"}
    names = [list(kinds)[i * i % len(kinds)] if i % 5 == 0 else str(place / GOOD / "quote.bin") for i in range(3000)]
    (tmp / "list").write_text("\n".join(names) + "\n\n")
    outputs = []
    for jobs in 1, 2, 7:
        p = call("tcb", *options, "--output", "json", "--collateral", place / GOOD / "collateral", "--jobs", jobs, "--files-from",
                 tmp / "list", status=3)
        outputs.append(p.stdout)
    assert outputs[0] == outputs[1] == outputs[2]
    found = [json.loads(line) for line in outputs[0].splitlines()]
    assert [r["evidence"] for r in found] == names
    assert [r["result"] for r in found] == [kinds[name] for name in names]
    text = call("tcb", *options, "--collateral", place / GOOD / "collateral", "--files-from", tmp / "list", status=3).stdout
    bad = sum(r["result"] == "unreadable" for r in found)
    assert text.endswith(f"3000 rows: {3000 - bad} current, {bad} unreadable\n"), text[-100:]


@case
def csv_has_a_header_and_quotes_what_needs_it(tmp):
    place, options = tdx()
    strange = tmp / 'a, "b"\nc'
    shutil.copy(place / OLD / "quote.bin", strange)
    p = subprocess.run([JURAT, "tcb", "--output", "csv", *map(str, options), "--collateral", place / OLD / "collateral", strange,
                        place / GOOD / "quote.bin"], capture_output=True, check=False, timeout=60)
    assert p.returncode == 1 and p.stdout.count(b"\r\n") == 3 and p.stderr == b"", p
    read = list(csv.reader(io.StringIO(p.stdout.decode(), newline="")))
    assert read[0] == COLUMNS and [len(r) for r in read] == [16] * 3, read
    by_name = dict(zip(COLUMNS, read[1]))
    assert by_name["evidence"] == str(strange) and by_name["result"] == "short" and by_name["platform"] == "544553540000", by_name
    assert by_name["short"].split("; ")[1] == "tdx_module isvsvn is 7, wanted 8", by_name
    r = row(*options, "--collateral", place / OLD / "collateral", place / GOOD / "quote.bin", status=1)
    assert read[2][COLUMNS.index("out_of_date")] == r["out_of_date"]["date"]


@case
def the_name_of_a_file_is_no_row_no_control_and_no_formula(tmp):
    place, options = tdx()
    names = ["=1+1", "+x", "-", "@x", "a\nb: current\x1b[2J"]
    for name in names:
        shutil.copy(place / GOOD / "quote.bin", tmp / name)
    args = [JURAT, "tcb", *map(str, options), "--collateral", str(place / GOOD / "collateral"), "--output"]
    rest = [n for n in names if n != "-"]

    def run(output, words):
        p = subprocess.run([*args, output, *words], capture_output=True, check=False, timeout=60, cwd=tmp, input=(tmp / "-").read_bytes())
        assert p.returncode == 0, p
        return p.stdout.decode()

    lines = run("text", rest).splitlines()
    assert len(lines) == 5 and lines[3].startswith("a?b: current?[2J: current: UpToDate"), lines
    read = list(csv.reader(io.StringIO(run("csv", names), newline="")))
    assert [r[0] for r in read[1:]] == ["./=1+1", "./+x", "-", "./@x", names[4]], read
    assert [json.loads(line)["evidence"] for line in run("json", rest).splitlines()] == rest


@case
def a_name_that_is_not_utf_8_has_a_row(tmp):
    place, options = tdx()
    name = os.fsencode(tmp) + b"/\xff\xfe.bin"
    shutil.copy(place / GOOD / "quote.bin", name)
    words = [os.fsencode(str(word)) for word in (JURAT, "tcb", *options, "--collateral", place / GOOD / "collateral")]
    for output, status, known in (("json", 0, b'"evidence":"' + os.fsencode(tmp) + b'/??.bin"'), ("csv", 0, b"/??.bin,td-quote,current"),
                                  ("text", 0, b"/??.bin: current: UpToDate")):
        p = subprocess.run([*words, b"--output", output.encode(), name], capture_output=True, check=False, timeout=60)
        assert p.returncode == status and known in p.stdout, p


@case
def progress_is_shown_on_a_terminal_and_nowhere_else(tmp):
    place, options = tdx()
    (tmp / "list").write_text(f"{place / GOOD / 'quote.bin'}\n" * 20000)
    words = [JURAT, "tcb", *map(str, options), "--collateral", place / GOOD / "collateral", "--files-from", tmp / "list"]
    ours, theirs = terminal()
    with open(tmp / "out", "wb") as out:
        p = subprocess.Popen(words, stdout=out, stderr=theirs)
        text = shown(ours, theirs)
        assert p.wait(60) == 0
    assert " of 20000" in text and text.endswith("\r\x1b[K"), text[-200:]
    assert (tmp / "out").read_bytes().endswith(b"20000 rows: 20000 current\n")
    assert call(*words[1:]).stderr == ""


@case
def what_comes_with_one_piece_of_evidence_does_not_serve_another(tmp):
    place, options = snp()
    good = table(tmp, needs("B", minimum_tcb={"snp": 1}))
    call("certs", "split", place / "certs.bin", tmp / "carried")
    pem = "".join(ssl.DER_cert_to_PEM_cert((tmp / "carried" / f"{name}.der").read_bytes()) for name in ("vcek", "ask"))
    shutil.copy(place / "report.bin", tmp / "carried")
    (tmp / "carried/certs.bin").write_text(pem)  # certificates in place of a table
    found = rows(*options, *good, "--jobs", "1", place, place / "report.bin", place / "one.bin", tmp / "carried", place / "report.bin", status=1)
    assert [r["result"] for r in found] == ["current", "not-verified", "current", "current", "not-verified"], found


@case
def words_that_make_no_sense_are_usage_errors(tmp):
    place, options = tdx()
    (tmp / "list").write_text("a\n-\n")
    (tmp / "nul").write_bytes(b"a\0b")
    (tmp / "nothing").write_text("\n\n")
    quote = place / GOOD / "quote.bin"
    for words, status, why in (((), 2, "expected EVIDENCE or --files-from"), (("--jobs", "0", quote), 2, "--jobs: expected a number"),
                               (("-", "-"), 2, "named 2 times"), (("--certs", "-", quote), 2, "--certs: expected a file or directory"),
                               (("--at", "never", quote), 2, "--at: 'never' is not a time"),
                               (("--files-from", tmp / "list"), 2, "line 2: '-', standard input, is for arguments"),
                               (("--files-from", tmp / "nul"), 3, "found a NUL byte"),
                               (("--files-from", tmp / "nothing"), 3, "expected file names, found none"), (("--null", quote), 2, "--null is used with --files-from"),
                               (("--collateral", tmp / "absent", quote), 3, "absent"), (("--roots", tmp, quote), 3, "")):
        p = call("tcb", *words, status=status, stdin=subprocess.DEVNULL)
        assert why in p.stderr and p.stderr.startswith("jurat tcb: ") and p.stdout == "", (words, p.stderr)
    with open(quote, "rb") as stdin:
        r = json.loads(call("tcb", *options, "--output", "json", "--collateral", place / GOOD / "collateral", "-", stdin=stdin).stdout)
    assert r["result"] == "current" and r["evidence"] == "-", r


sys.exit(main())
