#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The same seed, time and report data give the same bytes of everything. Prints TAP; test_same_bytes.py JURAT"""
import json
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from tap import Skip, case, main  # noqa: E402

JURAT = os.path.abspath(sys.argv[1])
AT, LATER = "2026-03-01T12:34:56Z", "2027-01-31T23:59:59Z"
DATA = "0x" + bytes(range(64)).hex()


def jurat(*args, status=0):
    p = subprocess.run([JURAT, *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    assert p.returncode == status, (args, p.returncode, p.stdout[:600], p.stderr)
    return p.stdout.decode()


def files(directory):
    """All that is below it, by its name there."""
    return {str(p.relative_to(directory)): p.read_bytes() for p in sorted(directory.rglob("*")) if p.is_file()}


def demo(tmp, name, *options, at=AT, data=DATA):
    """The files of a demo, and what it printed."""
    out = json.loads(jurat("demo", "--dir", tmp / name, "--at", at, "--report-data", data, "--output", "json", *options))
    assert out.pop("dir") == str(tmp / name)
    return files(tmp / name), out


def assert_same(a, b, what):
    assert a.keys() == b.keys(), (what, sorted(a.keys() ^ b.keys()))
    assert not (differ := [name for name in a if a[name] != b[name]]), (what, differ)


@case
def two_demos_are_the_same_to_the_byte(tmp):
    known = [(product, key, "jurat") for product in ("milan", "genoa", "turin") for key in ("vcek", "vlek")]
    searched = [("milan", "vcek", "a seed"), ("turin", "vlek", "a seed")]  # a second for the keys of each
    for product, key, seed in known + searched:
        options = "--product", product, "--sign-with", key, "--seed", seed
        a, said_a = demo(tmp, f"a{product}{key}{seed}", *options)
        b, said_b = demo(tmp, f"b{product}{key}{seed}", *options)
        assert {"report.bin", "certs.bin", "quote.bin", "collateral/tcb_info.json", "collateral/pck_crl.der"} <= a.keys(), a.keys()
        assert_same(a, b, options)
        assert said_a == said_b, options


@case
def each_of_seed_time_and_report_data_counts(tmp):
    a, _ = demo(tmp, "a")
    for name, how, same, other in [
            ("seed", dict(at=AT, data=DATA), set(),
             {"report.bin", "certs.bin", "quote.bin", "roots/ark.der", "roots/intel_root.der", "collateral/tcb_info.json"}),
            ("time", dict(at=LATER, data=DATA), {"roots/ark.der", "roots/intel_root.der", "report.bin"},
             {"certs.bin", "quote.bin", "collateral/tcb_info.json", "collateral/pck_crl.der"}),
            ("data", dict(at=AT, data="0x01"),
             {"roots/ark.der", "certs.bin", "collateral/tcb_info.json", "collateral/pck_crl.der"}, {"report.bin", "quote.bin"})]:
        b, _ = demo(tmp, name, *(("--seed", "another") if name == "seed" else ()), **how)
        assert a.keys() == b.keys()
        assert {n for n in same if a[n] != b[n]} == set() and {n for n in other if a[n] == b[n]} == set(), name


@case
def what_is_made_for_another_time_is_good_at_that_time(tmp):
    for at, other in (AT, LATER), (LATER, AT):
        d = tmp / at
        demo(tmp, at, at=at)
        for options in ("--certs", d / "certs.bin", d / "report.bin"), ("--collateral", d / "collateral", d / "quote.bin"):
            out = jurat("verify", "--roots", d / "roots", "--at", at, *options)
            assert out.startswith("accepted\n"), out
        assert jurat("verify", "--roots", d / "roots", "--at", other, "--collateral", d / "collateral", d / "quote.bin", status=1)


SCRIPT = """set -e
"$0" attest --tee "$1" --report-data "$2" --out "$3/evidence" >/dev/null
[ "$1" = tdx ] || "$0" attest --tee "$1" --report-data "$2" --out "$3/extended" --extended >/dev/null
cp -RL "$JURAT_ROOTS" "$3/roots"
"""


def run(tmp, name, tee, *options, at=AT):
    """What a program in a guest of `jurat run` gets to see."""
    d = tmp / name
    d.mkdir()
    p = subprocess.run([JURAT, "run", "--tee", tee, "--at", at, *options, "--", "/bin/sh", "-c", SCRIPT, JURAT, tee, DATA, str(d)],
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    if p.returncode == 3 and b"attest:" not in p.stderr:
        raise Skip("jurat run: " + p.stderr.decode(errors="replace").splitlines()[0])
    assert p.returncode == 0, p.stderr
    return files(d)


@case
def two_runs_are_the_same_to_the_byte(tmp):
    for tee, options in ("sev-snp", ()), ("sev-snp", ("--sign-with", "vlek", "--product", "turin")), ("tdx", ("--seed", "a seed")):
        a, b = (run(tmp, f"{tee}{len(options)}{i}", tee, *options) for i in range(2))
        assert "evidence" in a and any(name.startswith("roots/") for name in a), a.keys()
        assert_same(a, b, (tee, options))
        c = run(tmp, f"{tee}{len(options)}later", tee, *options, at=LATER)
        assert any(a[name] != c.get(name) for name in a), (tee, options)


@case
def a_run_and_a_demo_are_of_one_platform(tmp):
    """The same seed and time: the same chip, roots and certificates, whichever command makes them."""
    a, _ = demo(tmp, "demo")
    b = run(tmp, "run", "sev-snp")
    assert b["extended"][1184:] == a["certs.bin"]


@case
def times_that_a_platform_cannot_have_are_usage_errors(tmp):
    for at in "now", "1970-01-01T00:00:00Z", "1969-12-31T00:00:00Z", "2026-02-30":
        for verb in ("demo", "--dir", tmp / "d"), ("run",), ("device",):
            jurat(*verb, "--at", at, *(("--", "true") if verb[0] == "run" else ()), status=2)
    assert not (tmp / "d").exists()


sys.exit(main("jurat-same-bytes-"))
