#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""jurat-bench as its users meet it. Prints TAP; test_bench.py JURAT-BENCH JURAT JURATD"""
import json
import os
import pathlib
import select
import socket
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from tap import Skip, case, main  # noqa: E402

BENCH, JURAT, JURATD = map(os.path.abspath, sys.argv[1:4])
SANITIZED = b"__asan_init" in pathlib.Path(JURAT).read_bytes()
README = pathlib.Path(__file__).parents[2] / "bench/README.md"


def bench(*args, status=0):
    p = subprocess.run([BENCH, *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120, text=True)
    assert p.returncode == status, f"{args}: status {p.returncode}, not {status}: {p.stdout[:300]}{p.stderr[:400]}"
    return p


def cpu_ms(pid):
    return time.clock_gettime(~pid << 3 | 2) * 1000  # clock_getcpuclockid(3)


def names():
    return bench("--only", "nonsense", status=2).stderr.split("one of ")[1].strip().split(", ")


@case
def usage_errors_exit_with_2_and_say_what_was_expected(tmp):
    for args, words in [(("--seconds", "soon"), "number from 0 to 600, found 'soon'"), (("--output", "xml"), "text or json"),
                        (("--only", "snp-sign", "--only", "nonsense"), "'nonsense'"), (("x",), "unexpected argument 'x'"),
                        (("--nonsense",), "--help")]:
        p = bench(*args, status=2)
        assert words in p.stderr and p.stdout == "", (args, p.stderr)
    assert {"snp-req-certs", "run-ioctl"} <= set(names())


@case
def every_figure_is_described_in_the_readme(tmp):
    assert not [n for n in names() if f"`{n}`" not in README.read_text()]


@case
def every_figure_is_measured_or_says_why_not(tmp):
    slow = {"qgs-1000", "endorsements-1000", "endorsements-vcek", "snp-verify-new-chip", "snp-guest-memory", "verify-many"}  # many chips, 10,000 guests: make bench runs them
    only = [w for n in names() if n not in slow for w in ("--only", n)]
    figures = json.loads(bench("--seconds", 0, "--output", "json", "--jurat", JURAT, *only).stdout)
    assert {f["name"] for f in figures} == set(names()) - slow, figures
    for f in figures:
        if "skipped" in f:
            assert f["name"] in ("run-ioctl", "vmm-ioctl", "vmm-run", "measure-snp-process") or "AWS-LC is not in" in f["skipped"], f
            assert f["skipped"], f
            continue
        assert {"name", "ours_ns", "bare_ns", "ratio", "bare", "n", "limit", "limit_result"} <= set(f), f
        assert f["ours_ns"] > 0 and f["bare_ns"] > 0 and f["ratio"] > 0 and f["n"] > 0 and f["bare"], f
        assert (f["limit_result"] in ("ok", "missed")) == (f["limit"] is not None), f
    no_limit = {f["name"] for f in figures if f.get("limit", 0) is None}
    assert no_limit - {"snp-sign-aws-lc"} == {"snp-sign", "tdx-quote-no-grace"}, figures


@case
def an_operation_runs_alone_for_a_profiler(tmp):
    out = bench("--seconds", 0, "--only", "snp-verify-warm", "--alone").stdout
    assert out.startswith("snp-verify-warm: 10 times, ") and out.endswith(" us each\n"), out
    assert "has no JSON" in bench("--alone", "--output", "json", status=2).stderr


@case
def a_process_that_verifies_stays_small(tmp):
    p = bench("--seconds", 0, "--output", "json", "--only", "process-verify", "--jurat", JURAT)
    [f] = json.loads(p.stdout)
    # The limit is that of the default build: -Dcrypto=openssl loads all of libcrypto, a sanitizer more than that.
    default = not SANITIZED and b"libcrypto.so" not in open(JURAT, "rb").read()
    assert 1 << 20 < f["bytes"] < (5 << 20 if default else 1 << 30), f
    assert "failed" in json.loads(bench("--output", "json", "--only", "process-verify", "--jurat", "/bin/false", status=4).stdout)[0]
    assert "no jurat" in bench("--only", "process-verify", "--jurat", tmp / "none").stdout


@case
def a_library_that_is_not_below_the_vmm_is_not_measured(tmp):
    if SANITIZED:
        raise Skip("a sanitizer's library would have to be preloaded, too")
    (tmp / "library").write_text("no library")
    for name in "vmm-ioctl", "vmm-run":
        figure, = json.loads(bench("--seconds", 0, "--output", "json", "--only", name, "--vmm", tmp / "library", status=4).stdout)
        assert figure == {"name": name, "failed": "the library to measure was not loaded"}, figure


@case
def a_figure_in_virtual_time_keeps_its_limit_on_every_machine(tmp):
    grace = ("--only", "tdx-quote-grace", "--only", "tdx-quote-no-grace")
    assert "<10 ms ok" in bench("--strict", *grace).stdout


@case
def the_http_server_that_is_compared_with_costs_nothing_while_it_is_idle(tmp):
    (tmp / "answer").write_bytes(b"x" * 1000)
    with open("/dev/zero", "rb") as endless:  # whatever its standard input has
        server = subprocess.Popen([pathlib.Path(BENCH).parent / "bare-http", tmp / "answer", "text/plain"], stdin=endless, stderr=subprocess.PIPE, text=True)
    try:
        port = int(server.stderr.readline().rsplit(":", 1)[1])
        assert server.stderr.readline() == "event=ready\n"
        with socket.create_connection(("127.0.0.1", port), timeout=60) as s:
            s.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert s.makefile("rb").read().endswith(b"x" * 1000)
        before = cpu_ms(server.pid)
        assert select.select([server.stderr], [], [], 0.5)[0] == []
        assert cpu_ms(server.pid) - before < 50
    finally:
        server.kill()
        server.wait()


@case
def a_program_that_fails_is_not_one_that_is_missing(tmp):
    options = ("--seconds", 0, "--output", "json", "--only")
    figure, = json.loads(bench(*options, "qgs-1000", "--juratd", tmp / "none").stdout)
    assert "juratd" in figure["skipped"], figure
    figure, = json.loads(bench(*options, "run-ioctl", "--jurat", tmp / "none").stdout)
    assert "jurat" in figure["skipped"], figure
    (tmp / "jurat").write_text("#!/bin/sh\necho jurat run: this machine lacks a thing >&2\nexit 3\n")
    (tmp / "jurat").chmod(0o755)
    figure, = json.loads(bench(*options, "run-ioctl", "--jurat", tmp / "jurat").stdout)
    assert figure["skipped"] == "jurat run: this machine lacks a thing", figure
    figure, = json.loads(bench(*options, "vmm-run", "--vmm", tmp / "none").stdout)
    assert ("sanitizer" if SANITIZED else "libjurat-vmm.so") in figure["skipped"], figure
    (tmp / "jurat").write_text("#!/bin/sh\necho broken >&2\nexit 4\n")
    p = bench(*options, "run-ioctl", "--jurat", tmp / "jurat", status=4)
    assert json.loads(p.stdout)[0]["failed"] == "broken", p.stdout
    if len(os.sched_getaffinity(0)) < 2:
        raise Skip("qgs-1000 needs two processors")
    (tmp / "juratd").write_text(f"""#!{sys.executable}
import os, socket
socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"STATUS=broken", os.environ["NOTIFY_SOCKET"])
""")
    (tmp / "juratd").chmod(0o755)
    p = bench(*options, "qgs-1000", "--juratd", tmp / "juratd", status=4)
    figure, = json.loads(p.stdout)
    assert "juratd" in figure["failed"] and "qgs-1000" in p.stderr, (figure, p.stderr)


if __name__ == "__main__":
    sys.exit(main("jurat-bench-"))
