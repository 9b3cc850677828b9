#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""SEV-SNP reports as `jurat verify` answers them. Prints TAP; test_snp.py JURAT"""
import json
import os
import pathlib
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


sys.exit(main("jurat-snp-"))
