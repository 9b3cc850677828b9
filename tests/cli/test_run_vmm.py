#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""jurat run --vmm: options, report, JSON and exit status. Prints TAP; test_run_vmm.py JURAT VMM: VMM [FAULT] is tests/run/vmm/good_vmm.c"""
import json
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from tap import Skip, case, main  # noqa: E402

JURAT, VMM = map(os.path.abspath, sys.argv[1:3])
FAULTS = {"tdx-quote": "always-invalid", "tdx-notify-bad-vector": "any-vector"}  # a check, and a VMM that it fails


def run(*args, status=0, env=None, **how):
    p = subprocess.run([JURAT, "run", *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120,
                       env=os.environ | (env or {}), **how)
    assert p.returncode == status, f"{args}: status {p.returncode}, not {status}: {p.stdout[-600:]}{p.stderr[-600:]}"
    return p


def test_vmm(*args, vmm=(VMM,), **how):
    return run("--vmm", "--kvm", "own", *args, "--", *vmm, **how)


def refused(status, expected, *args):
    p = run(*args, status=status)
    assert p.stderr.startswith("jurat run: ") and expected in p.stderr and p.stdout == "", p.stderr + p.stdout


@case
def the_checks_are_listed_with_what_they_require_and_where_that_is_written(tmp):
    listed = json.loads(run("--list-checks", "--output", "json").stdout)
    assert len(listed) > 40 and {"snp-ret-known", "tdx-quote"} < {c["name"] for c in listed}
    assert all(c["requirement"].endswith(".") and c["spec"] and c["tee"] == {"snp": "sev-snp", "tdx": "tdx"}[c["name"][:3]] for c in listed), listed
    assert len({c["name"] for c in listed}) == len(listed)
    text = run("--list-checks").stdout
    assert [line for line in text.splitlines() if not line.startswith(" ")] == [c["name"] for c in listed]
    assert max(map(len, text.splitlines())) <= 80
    assert "snp-" not in run("--list-checks", "--tee", "tdx").stdout
    assert "tdx-" not in run("--list-checks", "--tee", "sev-snp").stdout


@case
def a_check_that_passes_is_a_line_and_status_0(tmp):
    p = test_vmm("--only", "snp-ret-known", "--only", "tdx-unknown-call")
    lines = p.stdout.splitlines()
    assert [line.split()[:2] for line in lines[:2]] == [["snp-ret-known", "passed"], ["tdx-unknown-call", "passed"]], p.stdout
    assert lines[2] == "" and lines[3].startswith("2 checks: 2 passed, 0 failed, 0 skipped; "), p.stdout


@case
def a_check_that_fails_is_shown_with_its_requirement_and_status_1(tmp):
    for check, fault in FAULTS.items():
        p = test_vmm("--only", check, vmm=(VMM, fault), status=1)
        required = next(c for c in json.loads(run("--list-checks", "--output", "json").stdout) if c["name"] == check)
        lines = p.stdout.splitlines()
        assert lines[0].split()[:2] == [check, "FAILED"], p.stdout
        shown = " ".join(line.strip() for line in lines[1:])
        assert shown.startswith(f"{required['requirement']} ({required['spec']}) "), p.stdout
        assert "1 check: 0 passed, 1 failed, 0 skipped; " in shown, p.stdout
        got = json.loads(test_vmm("--only", check, "--output", "json", vmm=(VMM, fault), status=1).stdout)
        assert (got["verdict"], got["passed"], got["failed"], got["skipped"]) == ("failed", 0, 1, 0), got
        assert got["checks"][0]["verdict"] == "failed" and got["checks"][0]["text"], got
        assert {k: got["checks"][0][k] for k in required} == required, got


@case
def standard_output_has_the_report_alone(tmp):
    p = test_vmm("--only", "snp-ret-known", "--output", "json", vmm=("sh", "-c", 'echo noise; exec "$0"', VMM))
    got = json.loads(p.stdout)
    assert got["verdict"] == "passed" and got["exits"] > 0 and got["took_ms"] >= 0, got
    assert "noise" in p.stderr, p.stderr


@case
def a_vmm_that_cannot_be_tested_is_status_3_with_the_reason(tmp):
    p = test_vmm("--output", "json", vmm=("sh", "-c", "exit 5"), status=3)
    got = json.loads(p.stdout)
    assert (got["verdict"], got["checks"]) == ("not_tested", []) and "exited with status 5" in got["error"], got
    assert p.stderr.startswith("jurat run: ") and "exited with status 5" in p.stderr, p.stderr
    assert test_vmm(vmm=("sh", "-c", "exit 5"), status=3).stdout == ""


@case
def a_skipped_check_is_a_failure_only_if_it_was_named(tmp):
    p = test_vmm("--only", "snp-private", status=1)
    assert p.stdout.split()[:2] == ["snp-private", "skipped"], p.stdout
    got = json.loads(test_vmm("--only", "snp-private", "--only", "snp-ret-known", "--output", "json", status=1).stdout)
    assert (got["verdict"], got["passed"], got["failed"], got["skipped"]) == ("failed", 1, 0, 1), got


@case
def a_reason_to_skip_many_checks_is_printed_once(tmp):
    p = test_vmm("--tee", "sev-snp", vmm=(VMM, "serves-nothing"), status=1)
    text = " ".join(p.stdout.split())
    assert p.stdout.count("the VMM has ended") == 1 and "also skipped: snp-" in text, p.stdout
    assert all(c["name"] in text for c in json.loads(run("--list-checks", "--tee", "sev-snp", "--output", "json").stdout)), p.stdout
    assert max(map(len, p.stdout.splitlines())) <= 80, p.stdout


@case
def a_program_that_cannot_be_executed_is_126_or_127(tmp):
    refused(127, "'./no-such-vmm' was not found", "--vmm", "--", "./no-such-vmm")
    refused(126, "cannot execute '/'", "--vmm", "--", "/")
    (tmp / "text").write_text("x" * 100)
    (tmp / "text").chmod(0o755)
    refused(126, "expected an ELF file", "--vmm", "--", str(tmp / "text"))


@case
def options_that_do_not_belong_together_are_refused(tmp):
    refused(2, "expected a VMM to run", "--vmm")
    for option in ("--only", "snp-rom"), ("--gpa", "1000"), ("--exits", "5"), ("--kvm", "own"), ("--output", "json"):
        refused(2, f"{option[0]} needs --vmm", *option, "--", "true")
    for option in ("--host",), ("--no-certs",), ("--fault", "busy:3"), ("--endorsements",), ("--qgs", "unix:x"), ("--control", "x"):
        refused(2, f"--vmm does not take {option[0]}", "--vmm", *option, "--", "true")
    refused(2, "--only: no check has the name 'snp-nothing' (see jurat run --list-checks)", "--vmm", "--only", "snp-nothing", "--", "true")
    refused(2, "--only: 'tdx-quote' is a check for --tee tdx", "--vmm", "--tee", "sev-snp", "--only", "tdx-quote", "--", "true")
    refused(2, "--exits: expected a number", "--vmm", "--exits", "many", "--", "true")


@case
def a_guest_address_is_a_page_in_hex(tmp):
    for bad in "", "0", "1001", "-1000", "0x", "0x1000 ", "g000", "10000000000000000":
        refused(2, "--gpa: expected a guest physical address in hex, a multiple of 1000 above 0", "--vmm", f"--gpa={bad}", "--", "true")
    for good in "100000", "0x100000":
        test_vmm("--only", "snp-too-few-pages", "--gpa", good)


@case
def a_trace_has_the_checks(tmp):
    test_vmm("--only", "snp-ret-known", "--trace", str(tmp / "trace.txt"))
    assert "snp-ret-known" in (tmp / "trace.txt").read_text()


@case
def the_machines_kvm_is_used_where_it_opens(tmp):
    try:
        os.close(os.open("/dev/kvm", os.O_RDWR))
    except OSError as e:
        refused(3, f"--kvm real: cannot open '/dev/kvm': {e.strerror}", "--vmm", "--kvm", "real", "--", VMM)
        raise Skip(f"/dev/kvm: {e.strerror}") from e
    run("--vmm", "--kvm", "real", "--only", "snp-ret-known", "--", VMM)


sys.exit(main())
