#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""jurat forge, and jurat demo --set: what is set is signed, and a verifier finds it. Prints TAP; test_forge.py JURAT"""
import json
import os
import pathlib
import resource
import shlex
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from tap import case, main  # noqa: E402

JURAT = os.path.abspath(sys.argv[1])
AT = "2026-07-01T00:00:00Z"


def run(*args, status=0, **how):
    p = subprocess.run([JURAT, *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60, **how)
    assert p.returncode == status, (args, p.returncode, p.stdout[:600], p.stderr)
    return p


def forge(out, *args, at=AT):
    return json.loads(run("forge", "--at", at, "--out", out, "--output", "json", *args).stdout)


def codes(made, *more):
    """The reasons for which the command that it printed refuses."""
    p = subprocess.run([JURAT, *made["verify"][1:], "--output", "json", *more], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    d = json.loads(p.stdout)
    found = [reason["code"] for reason in d["reasons"]]
    assert p.returncode == (1 if found else 0), (p, d)
    return found


def files(directory):
    return {str(p.relative_to(directory)): p.read_bytes() for p in sorted(directory.rglob("*")) if p.is_file()}


@case
def evidence_that_is_not_changed_is_accepted(tmp):
    for i, options in enumerate([[], ["--sign-with", "vlek"], ["--product", "genoa", "--report-version", "2"], ["--product", "Turin"],
                                 ["--tee", "tdx"], ["--tee", "tdx", "--tdx-module", "1.0"], ["--tee", "tdx", "--tdx-module", "1.5ex"]]):
        made = forge(tmp / str(i), *options)
        assert codes(made) == [], options
        assert sorted(made["files"]) == sorted(files(tmp / str(i))) and made["items"] == []
        if "tdx" not in options:
            assert codes(made, "--require", "require_crl=true") == []


@case
def what_is_set_is_signed_and_what_is_set_later_is_not(tmp):
    debug = ["--set", "report.policy=0xb0000"]
    assert codes(forge(tmp / "signed", *debug)) == ["debug-allowed"]
    assert codes(forge(tmp / "unsigned", *debug, "--unsigned", "report.policy")) == ["report-signature", "debug-allowed"]
    assert codes(forge(tmp / "damaged", "--damage", "report.host_data:31")) == ["report-signature"]
    assert codes(forge(tmp / "last", "--set", "report.policy=0xb0000", "--set", "report.policy=0x30000")) == []
    tdx = ["--tee", "tdx", "--set", "body.mrowner=x11"]
    assert codes(forge(tmp / "owner", *tdx)) == []
    assert codes(forge(tmp / "owner-later", *tdx, "--unsigned", "body.mrowner")) == ["quote-signature"]


@case
def certificates_lists_and_collateral_can_be_set(tmp):
    assert codes(forge(tmp / "a", "--set", "vcek.not_after=at-1s")) == ["leaf-expired"]
    assert codes(forge(tmp / "b", "--set", "vcek.not_after=at")) == []
    assert codes(forge(tmp / "c", "--set", "crl.revoked=ask")) == ["intermediate-revoked"]
    assert codes(forge(tmp / "d", "--tee", "tdx", "--set", "pck.not_after=at-1s")) == ["leaf-expired"]
    made = forge(tmp / "e", "--tee", "tdx", "tcb-out-of-date")
    assert codes(made) == ["tcb-status-not-accepted"] and made["items"] == ["tcb-out-of-date"]
    assert codes(forge(tmp / "f", "--tee", "tdx", "--set", 'tcb_info.nextUpdate=at-1s')) == ["tcb-info-expired"]


@case
def the_root_to_trust_is_the_platforms_own_unless_it_only_changed(tmp):
    own = files(tmp / "own") if forge(tmp / "own") else {}
    made = forge(tmp / "expired", "--set", "ark.not_after=at-1s")
    assert (tmp / "expired/roots/ark.der").read_bytes() == (tmp / "expired/ark.der").read_bytes() != own["ark.der"]
    assert codes(made) == ["root-expired"]
    forge(tmp / "signer", "--set", "ark.signed_by=other")
    assert (tmp / "signer/ark.der").read_bytes() != own["ark.der"] == (tmp / "signer/roots/ark.der").read_bytes()
    made = forge(tmp / "none", "--set", "ark.missing=yes")
    assert "ark.der" not in made["files"] and (tmp / "none/roots/ark.der").read_bytes() == own["ark.der"]


@case
def the_command_that_it_prints_works_anywhere(tmp):
    d = tmp / "a 'directory'"
    out = run("forge", "--out", d, "--report-data", "0x0102", "--set", "vcek.not_after=at-1s").stdout
    command = out.splitlines()[-1]
    assert command.startswith("Verify it: ") and "--report-data 0x0102" in command and "report.bin 1184 bytes" in " ".join(out.split())
    p = subprocess.run(["sh", "-c", command.removeprefix("Verify it:")], cwd="/", stdout=subprocess.PIPE, text=True, check=False, timeout=60)
    assert p.returncode == 1 and p.stdout.startswith("refused\n  leaf-expired: "), p.stdout
    assert shlex.split(command)[2:4] == [JURAT if os.path.isabs(JURAT) else "jurat", "verify"]


@case
def the_same_seed_and_time_give_the_same_files(tmp):
    for tee in "sev-snp", "tdx":
        options = "--tee", tee, "--report-data", "0x01"
        for name, more, at in ("a", [], AT), ("b", [], AT), ("seed", ["--seed", "jurat/2"], AT), ("at", [], "2027-01-01T00:00:00Z"):
            forge(tmp / f"{tee}-{name}", *options, *more, at=at)
        a, b, seed, at = (files(tmp / f"{tee}-{name}") for name in ("a", "b", "seed", "at"))
        if tee == "tdx":  # its signatures are deterministic in every build
            assert a == b
        assert {n for n in a if not n.startswith(("report", "quote"))} == {n for n in b if not n.startswith(("report", "quote"))}
        evidence = "quote.bin" if tee == "tdx" else "report.bin"
        assert a[evidence] != seed[evidence] and a.keys() == seed.keys() == at.keys()


@case
def nothing_is_overwritten(tmp):
    full, file = tmp / "full", tmp / "file"
    full.mkdir()
    (full / "x").write_text("mine", encoding="ascii")
    file.write_text("mine", encoding="ascii")
    assert run("forge", "--out", full, status=3).stderr == f"jurat forge: '{full}' is not empty: expected a new or empty directory\n"
    assert run("forge", "--out", file, status=3).stderr == f"jurat forge: '{file}' exists and is not a directory\n"
    assert "cannot make a directory beside" in run("forge", "--out", tmp / "no/where", status=3).stderr
    assert files(tmp) == {"full/x": b"mine", "file": b"mine"} and len(list(tmp.iterdir())) == 2
    empty = tmp / "empty"
    empty.mkdir(mode=0o700)
    p = run("forge", "--out", ".", status=3, cwd=empty)
    assert p.stderr == "jurat forge: '.' is in use: expected a new directory, or an empty one that can be replaced\n" and not files(empty)
    forge(f"{empty}//")
    assert (empty / "report.bin").exists() and empty.stat().st_mode & 0o777 == 0o700


@case
def a_full_disk_leaves_nothing(tmp):
    def few_bytes():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1500, 1500))  # less than the certificate table

    p = subprocess.run(["sh", "-c", "trap '' XFSZ; exec \"$0\" \"$@\"", JURAT, "forge", "--out", str(tmp / "out")],
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False, timeout=60, preexec_fn=few_bytes)
    assert p.returncode == 3 and p.stderr.startswith("jurat forge: cannot write '"), p
    assert list(tmp.iterdir()) == []


@case
def wrong_words_are_refused_and_nothing_is_made(tmp):
    for words, expected in {
            (): "expected --out DIR (see jurat forge --help)",
            ("--out", ""): "expected --out DIR (see jurat forge --help)",
            ("--set", "report.policy"): "--set: expected PART.FIELD=VALUE, found 'report.policy'",
            ("--set", "unsigned report.policy=1"): "--set: expected PART.FIELD=VALUE, found 'unsigned report.policy=1'",
            ("--unsigned", "report.policy"): "--unsigned report.policy: expected the PART.FIELD of a --set",
            ("--set", "report.policy=1", "--unsigned", "report.polic"): "--unsigned report.polic: expected the PART.FIELD of a --set",
            ("--tee", "tdx", "--product", "milan"): "--product is for SEV-SNP evidence",
            ("--tdx-module", "1.0"): "--tdx-module is for TDX evidence",
            ("--set", "td.mrtd=x00"): "'td.mrtd=x00': 'td' is a part of TDX evidence (use --tee tdx)",
            ("tcb-out-of-date",): "'tcb-out-of-date': 'tcb_info' is a part of TDX evidence (use --tee tdx)",
            ("--tee", "tdx", "--set", "ark.missing=yes"): "'ark.missing=yes': 'ark' is a part of SEV-SNP evidence (use --tee sev-snp)",
            ("--set", "vlek.not_after=at"): "vlek.not_after=at: this evidence has no such part",
            ("--set", "report.policy=x"): "'report.policy=x': ",
            ("nonsense",): "'nonsense': no preset 'nonsense'",
            ("--damage", "report.nonsense"): "'damage report.nonsense': ",
            ("--at", "yesterday"): "--at: ",
    }.items():
        out = [] if expected.startswith("expected --out") else ["--out", tmp / "out"]
        p = run("forge", *words, *out, status=2)
        assert p.stdout == "" and p.stderr.startswith(f"jurat forge: {expected}") and p.stderr.count("\n") == 1, (words, p.stderr)
        assert list(tmp.iterdir()) == []


@case
def the_list_has_every_part_and_its_presets_can_be_made(tmp):
    listed = json.loads(run("forge", "--list", "--output", "json").stdout)
    assert {"report", "body", "qe_report", "table", "quote", "guest", "td", "platform"} <= {f["part"] for f in listed["fields"]}
    text = run("forge", "--list").stdout
    for preset in listed["presets"]:
        assert f"\n{preset['name']} (" in f"\n{text}" and preset["items"] and (preset["sev-snp"] or preset["tdx"])
        assert preset["what"].endswith(".") and not preset["what"].endswith("..")
    names = [preset["name"] for preset in listed["presets"]]
    assert len(set(names)) == len(names) > 20
    assert "report.policy=NUMBER (64 bits)" in text
    for tee, mine, other in (("sev-snp", "report", "body"), ("tdx", "body", "report")):
        some = json.loads(run("forge", "--list", "--tee", tee, "--output", "json").stdout)
        assert all(preset[tee] for preset in some["presets"]) and 20 < len(some["presets"]) < len(names)
        parts = {f["part"] for f in some["fields"]}
        assert {mine, "platform"} <= parts and other not in parts
    assert run("forge", "--list", "debug", status=2).stderr == "jurat forge: --list takes no presets, found 'debug'\n"


@case
def a_demo_takes_values_too(tmp):
    out = run("demo", "--tee", "sev-snp", "--dir", tmp / "a", "--set", "guest.policy=0xb0000", status=1).stdout
    assert "\n  debug-allowed: " in out
    out = run("demo", "--tee", "tdx", "--dir", tmp / "b", "--set", "td.mrowner=x11").stdout
    assert "11" * 48 in out
    assert run("demo", "--set", "td.mrowner=x11", "--dir", tmp / "c", status=2).stderr == "jurat demo: --set needs --tee: sev-snp or tdx\n"
    assert "is a part of TDX" in run("demo", "--tee", "sev-snp", "--set", "td.mrowner=x11", "--dir", tmp / "c", status=2).stderr
    assert not (tmp / "c").exists()


if __name__ == "__main__":
    sys.exit(main())
