#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`jurat fetch` and `jurat verify --fetch` with `juratd endorsements` of a software platform, and its faults. Prints TAP; test_service.py
JURAT JURATD"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from tap import Skip, case, main  # noqa: E402

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from hostile import make_tls  # noqa: E402

JURAT, JURATD = map(os.path.abspath, sys.argv[1:3])
scratch = tempfile.TemporaryDirectory(prefix="jurat-test-service-")
TOP = pathlib.Path(scratch.name)


def run(*args, status=0, **more):
    env = {k: v for k, v in os.environ.items() if "proxy" not in k.lower()} | more
    p = subprocess.run([JURAT, *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120, env=env)
    assert status is None or p.returncode == status, f"{args}: status {p.returncode}, not {status}: {p.stdout[-300:]}{p.stderr[-600:]}"
    return p


class Service:
    def __init__(self, *options, seed="jurat", scheme="http"):
        words = [JURATD, "endorsements", "--software-platform", seed, "--listen", "tcp:127.0.0.1:0", *map(str, options)]
        self.process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
        lines = []
        while not lines or "event=ready" not in lines[-1]:
            lines.append(self.process.stderr.readline())
            assert lines[-1], lines
        port = re.search(r"address=tcp:127.0.0.1:(\d+)", "".join(lines))[1]
        self.url = f"{scheme}://{'localhost' if scheme == 'https' else '127.0.0.1'}:{port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.communicate(timeout=60)


def evidence(name, *options):
    """A report and a quote with nothing beside them, and the test roots."""
    place = TOP / name
    if not place.exists():
        run("demo", "--dir", TOP / f"{name}-demo", *options)
        place.mkdir()
        for file in "report.bin", "quote.bin":
            if (TOP / f"{name}-demo" / file).exists():
                shutil.copy(TOP / f"{name}-demo" / file, place)
        shutil.copytree(TOP / f"{name}-demo/roots", place / "roots")
    return place


def names(directory):
    return sorted(os.listdir(directory)) if directory.exists() else []


@case
def evidence_of_every_product_is_verified_with_what_the_service_has(tmp):
    for product in "milan", "genoa", "turin":
        e = evidence(product, "--tee", "sev-snp", "--product", product)
        with Service() as service:
            for what in "vcek", "ca", "crl":
                run("fetch", what, "--report", e / "report.bin", "--from", service.url, "--roots", e / "roots", "--out", tmp / product)
            run("verify", "--certs", tmp / product, "--roots", e / "roots", "--require", "require_crl=true", e / "report.bin")
            out = run("verify", "--fetch", "--from", service.url, "--roots", e / "roots", "--require", "require_crl=true",
                      e / "report.bin", "--output", "json").stdout
            assert {f["item"].split(":")[0] for f in json.loads(out)["fetched"]} == {"vcek", "vcek-chain", "vcek-crl"}


@case
def a_quote_is_verified_with_what_the_service_has(tmp):
    e = evidence("both")
    with Service() as service:
        for out in tmp / "collateral", tmp / "bundle.json":
            run("fetch", "collateral", "--quote", e / "quote.bin", "--from", service.url, "--roots", e / "roots", "--out", out)
            assert run("verify", "--collateral", out, "--roots", e / "roots", e / "quote.bin").stdout.startswith("accepted")
        run("fetch", "collateral", "--quote", e / "quote.bin", "--early", "--from", service.url, "--roots", e / "roots", "--out",
            tmp / "early")
        out = run("verify", "--fetch", "--roots", e / "roots", e / "quote.bin", "--output", "json", JURAT_ENDORSEMENTS=service.url)
        verdict = json.loads(out.stdout)
        assert verdict["tcb_status"] == "UpToDate" and len(verdict["fetched"]) == 4


@case
def collateral_that_has_expired_is_fetched_anew(tmp):
    e = evidence("both")
    run("demo", "--tee", "tdx", "--at", "2026-02-01T00:00:00Z", "--dir", tmp / "old")
    with Service() as service:
        words = ["verify", "--collateral", tmp / "old/collateral", "--roots", e / "roots", e / "quote.bin"]
        assert "tcb-info-expired" in run(*words, status=1).stdout
        out = run(*words, "--fetch", "--from", service.url, "--output", "json").stdout
        assert len(json.loads(out)["fetched"]) == 4, out


@case
def vlek_certificates_chain_to_what_the_service_has(tmp):
    e = evidence("vlek", "--tee", "sev-snp", "--sign-with", "vlek")
    run("certs", "split", TOP / "vlek-demo/certs.bin", TOP / "vlek-demo")
    with Service() as service:
        run("fetch", "vlek-ca", "--report", e / "report.bin", "--from", service.url, "--roots", e / "roots", "--out", tmp / "certs")
        shutil.copy(TOP / "vlek-demo/vlek.der", tmp / "certs")
        run("verify", "--certs", tmp / "certs", "--roots", e / "roots", e / "report.bin")


@case
def a_platform_that_the_service_does_not_have_is_not_found(tmp):
    e = evidence("other", "--seed", "another")
    with Service() as service:
        text = run("fetch", "vcek", "--report", e / "report.bin", "--from", service.url, "--roots", e / "roots", "--out", tmp, status=1)
        assert "not found" in text.stderr and names(tmp) == []


@case
def https_and_a_ca_file(tmp):
    if not shutil.which("openssl"):
        raise Skip("no openssl")
    ca, (certificate, key) = make_tls(tmp)
    e = evidence("both")
    with Service("--tls-cert", certificate, "--tls-key", key, scheme="https") as service:
        words = ["fetch", "vcek", "--report", e / "report.bin", "--from", service.url, "--roots", e / "roots", "--out", tmp / "out"]
        assert "certificate" in run(*words, status=1).stderr
        assert names(tmp / "out") == []
        run(*words, "--ca-file", ca)
        assert names(tmp / "out") == ["vcek.der"]


@case
def what_passes_is_waited_for(tmp):
    e = evidence("both")
    for fault in "429:1,retry-after=1", "outage:1", "half:1", "reset:1":
        with Service("--fault", f"{fault}@vcek", "--fault", f"{fault}@tcb-info") as service:
            words = ["--from", service.url, "--roots", e / "roots", "--out", tmp / fault]
            run("fetch", "vcek", "--report", e / "report.bin", *words)
            run("fetch", "collateral", "--quote", e / "quote.bin", *words)
            assert len(names(tmp / fault)) == 8, (fault, names(tmp / fault))


@case
def what_does_not_pass_is_named_and_nothing_is_kept(tmp):
    e = evidence("both")
    for fault, kind, status in (("wrong-chip", "vcek", 1), ("wrong-tcb", "vcek", 1), ("half", "vcek", 3), ("reset", "vcek", 3),
                                ("wrong-type", "vcek", 1), ("redirect:http://evil.example/", "vcek", 1), ("429", "vcek", 3),
                                ("outage", "vcek", 3), ("stale", "tcb-info", 1), ("stale", "qe-identity", 1), ("stale", "root-crl", 1),
                                ("not-json", "tcb-info", 1), ("half", "pck-crl", 3), ("wrong-type", "tcb-info", 1), ("slow:60000", "vcek", 3)):
        with Service("--fault", f"{fault}@{kind}") as service:
            words = ["--from", service.url, "--roots", e / "roots", "--out", tmp, "--attempts", "2", "--timeout", "1"]
            subject = ["vcek", "--report", e / "report.bin"] if kind == "vcek" else ["collateral", "--quote", e / "quote.bin"]
            p = run("fetch", *subject, *words, status=None)
            assert p.returncode == status and p.stderr.startswith("jurat fetch: ") and names(tmp) == [], (fault, kind, p, names(tmp))
            words = words[:4] + words[6:]
            p = run("verify", "--fetch", *words, subject[2], status=None)
            assert p.returncode == status and not p.stdout.startswith("accepted"), (fault, kind, p)


sys.exit(main())
