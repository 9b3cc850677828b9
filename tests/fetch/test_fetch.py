#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`jurat fetch` and `jurat verify --fetch`: what they ask for, what they keep and what they refuse. Prints TAP; test_fetch.py JURAT
SNP_CRLS KILL_AT COLLATERAL_ISSUE"""
import base64
import datetime
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
import evidence  # noqa: E402
from tap import Skip, case, main, shown, terminal  # noqa: E402

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from hostile import Server, answer, in_turn, make_tls  # noqa: E402

JURAT, SNP_CRLS, KILL_AT, COLLATERAL_ISSUE = map(os.path.abspath, sys.argv[1:5])
scratch = tempfile.TemporaryDirectory(prefix="jurat-test-fetch-")
TOP = pathlib.Path(scratch.name)


def environment(**more):
    names = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "jurat_endorsements")
    return {k: v for k, v in os.environ.items() if k.lower() not in names} | more


def run(*args, status=0, env=None, **how):
    p = subprocess.run([JURAT, *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60,
                       env=env or environment(), stdin=subprocess.DEVNULL, **how)
    assert p.returncode == status, f"{args}: status {p.returncode}, not {status}: {p.stdout[-300:]}{p.stderr[-600:]}"
    return p


class Platform:
    """The evidence of a software platform, and what its vendor's services would serve for it."""

    made = {}

    def __init__(self, name, *options):
        self.dir = TOP / name
        run("demo", "--dir", self.dir, *options)
        self.report, self.quote, self.roots = self.dir / "report.bin", self.dir / "quote.bin", self.dir / "roots"
        if (self.dir / "certs.bin").exists():
            (self.dir / "certs").mkdir()
            run("certs", "split", self.dir / "certs.bin", self.dir / "certs")
            self.certs = {p.stem: p.read_bytes() for p in (self.dir / "certs").iterdir()}
        self.alone = TOP / f"{name}-report.bin"  # nothing lies beside it
        if self.report.exists():
            self.alone.write_bytes(self.report.read_bytes())
        self.quote_alone = TOP / f"{name}-quote.bin"
        if self.quote.exists():
            self.quote_alone.write_bytes(self.quote.read_bytes())

    def chain(self):
        names = ["asvk" if "asvk" in self.certs else "ask", "ark"]
        return b"".join(pem(self.certs[n]) for n in names)

    def collateral(self, name):
        return (self.dir / "collateral" / name).read_bytes()


def platform(name="milan", *options):
    """The same for all cases, which do not change it."""
    if name not in Platform.made:
        Platform.made[name] = Platform(name, *options)
    return Platform.made[name]


def pem(der):
    text = base64.b64encode(der).decode()
    lines = "\n".join(text[i:i + 64] for i in range(0, len(text), 64))
    return f"-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n".encode()


def crl(product="Milan", revoked="none"):
    directory = TOP / "crls"
    if not directory.exists():
        directory.mkdir()
        subprocess.run([SNP_CRLS, directory, "jurat"], check=True, timeout=60)
    return (directory / f"{product}-{revoked}.der").read_bytes()


def services(p, product="Milan", **changed):
    """Answers as AMD's and Intel's services would. `changed`: other answers, by kind."""
    def chain_header(header, name):
        return f"{header}: {urllib.parse.quote(p.collateral(name).decode())}"

    def make(kind):
        if kind == "vcek":
            return answer(body=p.certs["vcek"], headers=("Content-Type: application/pkix-cert",))
        if kind == "chain":
            return answer(body=p.chain(), headers=("Content-Type: application/x-pem-file",))
        if kind == "crl":
            return answer(body=crl(product), headers=("Content-Type: application/pkix-crl",))
        if kind == "tcb":
            return answer(body=p.collateral("tcb_info.json"),
                          headers=("Content-Type: application/json", chain_header("TCB-Info-Issuer-Chain", "tcb_info_issuer_chain.pem")))
        if kind == "identity":
            return answer(body=p.collateral("qe_identity.json"),
                          headers=("Content-Type: application/json",
                                   chain_header("SGX-Enclave-Identity-Issuer-Chain", "qe_identity_issuer_chain.pem")))
        if kind == "pckcrl":
            return answer(body=p.collateral("pck_crl.der"),
                          headers=("Content-Type: application/pkix-crl", chain_header("SGX-PCK-CRL-Issuer-Chain", "pck_crl_issuer_chain.pem")))
        if kind == "rootcrl":
            return answer(body=p.collateral("root_ca_crl.der"), headers=("Content-Type: application/pkix-crl",))
        return answer(404)

    def respond(request):
        kind = kind_of(request.target)
        return changed[kind] if kind in changed else make(kind)

    return respond


def kind_of(target):
    path = target.partition("?")[0]
    for end, kind in (("/cert_chain", "chain"), ("/crl", "crl"), ("/tcb", "tcb"), ("/qe/identity", "identity"), ("/pckcrl", "pckcrl"),
                      ("/rootcacrl", "rootcrl")):
        if path.endswith(end):
            return kind
    return "vcek" if path.startswith("/vcek/v1/") else None


def kinds(server):
    return [kind_of(r.target) for r in server.requests]


def names(directory):
    return sorted(str(p.relative_to(directory)) for p in directory.rglob("*") if p.is_file()) if directory.exists() else []


# ---- SEV-SNP


@case
def a_report_is_verified_with_what_was_fetched_for_it(tmp):
    p = platform()
    with Server(services(p)) as server:
        for what in "vcek", "ca", "crl":
            run("fetch", what, "--report", p.alone, "--from", server.url, "--roots", p.roots, "--out", tmp / "certs")
        assert kinds(server) == ["vcek", "chain", "chain", "crl", "chain"], kinds(server)
    assert names(tmp / "certs") == ["ark.pem", "ask.pem", "crl.der", "vcek.der"]
    assert (tmp / "certs/vcek.der").read_bytes() == p.certs["vcek"] and (tmp / "certs/ask.pem").read_bytes() == pem(p.certs["ask"])
    out = run("verify", "--certs", tmp / "certs", "--roots", p.roots, "--require", "require_crl=true", p.alone).stdout
    assert out.startswith("accepted") and "fetched" not in out


@case
def chip_and_tcb_may_be_named_instead_of_a_report(tmp):
    p = platform()
    report = p.report.read_bytes()
    chip, tcb = report[0x1a0:0x1e0].hex(), report[0x180:0x188][::-1].hex()
    with Server(services(p)) as server:
        run("fetch", "vcek", "--chip-id", chip, "--tcb", tcb, "--product", "milan", "--from", server.url, "--roots", p.roots, "--out", tmp)
        first = server.requests[0].target
        run("fetch", "vcek", "--report", p.report, "--from", server.url, "--roots", p.roots, "--out", tmp / "again")
        assert server.requests[2].target == first and chip in first, first
    assert (tmp / "vcek.der").read_bytes() == (tmp / "again/vcek.der").read_bytes()


@case
def every_product_has_its_names(tmp):
    for name in "genoa", "turin":
        p = platform(name, "--tee", "sev-snp", "--product", name)
        with Server(services(p, name.title())) as server:
            for what in "vcek", "ca", "crl":
                run("fetch", what, "--report", p.report, "--from", server.url, "--roots", p.roots, "--out", tmp / name)
            assert all(f"/v1/{name.title()}/" in r.target for r in server.requests)
        run("verify", "--certs", tmp / name, "--roots", p.roots, "--require", "require_crl=true", p.alone)


@case
def a_report_of_version_2_is_of_milan_or_genoa(tmp):
    p = platform("v2", "--tee", "sev-snp", "--product", "genoa", "--report-version", "2")
    good = services(p, "Genoa")
    with Server(lambda r: good(r) if "/Genoa/" in r.target else answer(404)) as server:
        run("fetch", "vcek", "--report", p.report, "--from", server.url, "--roots", p.roots, "--out", tmp)
        assert [r.target.split("/")[3] for r in server.requests] == ["Milan", "Genoa", "Genoa"]
        assert "version 2" in run("fetch", "ca", "--report", p.report, "--from", server.url, "--out", tmp, status=2).stderr
        run("fetch", "ca", "--report", p.report, "--product", "genoa", "--from", server.url, "--roots", p.roots, "--out", tmp)
        assert run("verify", "--fetch", "--from", server.url, "--roots", p.roots, p.alone).stdout.startswith("accepted")


@case
def a_vlek_is_its_provider_s_and_its_ca_is_fetched(tmp):
    p = platform("vlek", "--tee", "sev-snp", "--sign-with", "vlek")
    with Server(services(p)) as server:
        text = run("fetch", "vcek", "--report", p.report, "--from", server.url, "--out", tmp / "x", status=1).stderr
        assert "VLEK" in text and "provider" in text and "vlek-ca" in text and server.requests == [] and names(tmp) == [], text
        run("fetch", "ca", "--report", p.report, "--from", server.url, "--roots", p.roots, "--out", tmp / "ca")
        run("fetch", "vlek-ca", "--product", "milan", "--from", server.url, "--roots", p.roots, "--out", tmp / "vlek-ca")
        assert names(tmp / "ca") == names(tmp / "vlek-ca") == ["ark.pem", "asvk.pem"]
        assert all(r.target == "/vlek/v1/Milan/cert_chain" for r in server.requests)
        (tmp / "vlek.der").write_bytes(p.certs["vlek"])
        seen = len(server.requests)
        out = run("verify", "--fetch", "--certs", tmp / "vlek.der", "--from", server.url, "--roots", p.roots, p.alone).stdout
        assert out.startswith("accepted") and len(server.requests) <= seen + 1, out
        out = run("verify", "--fetch", "--from", server.url, "--roots", p.roots, p.alone, status=1).stdout
        assert out.startswith("refused") and "leaf-missing" in out, out


@case
def a_masked_chip_id_names_no_chip(tmp):
    p = platform()
    report = bytearray(p.report.read_bytes())
    report[0x1a0:0x1e0] = bytes(64)
    (tmp / "masked.bin").write_bytes(report)
    with Server(services(p)) as server:
        text = run("fetch", "vcek", "--report", tmp / "masked.bin", "--from", server.url, "--out", tmp / "x", status=1).stderr
        assert "MASK_CHIP_ID" in text and "from the host" in text and server.requests == [] and names(tmp / "x") == [], text
        run("verify", "--fetch", "--from", server.url, "--roots", p.roots, tmp / "masked.bin", status=1)
        assert "vcek" not in kinds(server)


@case
def a_wrong_answer_is_never_kept_and_replaces_nothing(tmp):
    p, other = platform(), platform("other", "--tee", "sev-snp", "--seed", "another")
    der = ("Content-Type: application/pkix-cert",)
    wrong = {
        "of another chip": p.certs["vcek"].replace(p.report.read_bytes()[0x1a0:0x1e0], bytes(64)),
        "of another platform": other.certs["vcek"],
        "the ask": p.certs["ask"],
        "half": p.certs["vcek"][:-100],
        "more": p.certs["vcek"] + b"\0",
        "empty": b"",
        "a page": b"<html>sign in</html>",
        "zeros": bytes(2000),
    }
    (tmp / "vcek.der").write_text("as it was")
    for name, body in wrong.items():
        with Server(services(p, vcek=answer(body=body, headers=der))) as server:
            text = run("fetch", "vcek", "--report", p.report, "--from", server.url, "--roots", p.roots, "--out", tmp, status=1).stderr
            assert text.startswith("jurat fetch: "), (name, text)
        assert names(tmp) == ["vcek.der"] and (tmp / "vcek.der").read_text() == "as it was", name
    with Server(services(p, chain=answer(body=other.chain()))) as server:
        run("fetch", "vcek", "--report", p.report, "--from", server.url, "--roots", p.roots, "--out", tmp, status=1)
        assert (tmp / "vcek.der").read_text() == "as it was"
    with Server(services(p)) as server:
        run("fetch", "vcek", "--report", p.report, "--from", server.url, "--out", tmp, status=1)  # the vendors' roots
        assert (tmp / "vcek.der").read_text() == "as it was"
        run("fetch", "vcek", "--report", p.report, "--from", server.url, "--roots", p.roots, "--out", tmp)
        assert (tmp / "vcek.der").read_bytes() == p.certs["vcek"]


@case
def a_certificate_of_another_tcb_is_refused(tmp):
    p = platform()
    report = p.report.read_bytes()
    tcb = report[0x180:0x188][::-1]
    for i in 0, 1, 6, 7:  # microcode, snp, tee, boot loader
        changed = bytearray(tcb)
        changed[i] ^= 1
        with Server(services(p)) as server:
            run("fetch", "vcek", "--chip-id", report[0x1a0:0x1e0].hex(), "--tcb", changed.hex(), "--product", "milan", "--from", server.url,
                "--roots", p.roots, "--out", tmp, status=1)
    assert names(tmp) == []


@case
def an_expired_certificate_is_refused(tmp):
    p = platform()
    with Server(services(p)) as server:
        run("fetch", "vcek", "--report", p.report, "--from", server.url, "--roots", p.roots, "--out", tmp, "--at", "2045-01-01", status=1)
    assert names(tmp) == []


# ---- TDX


@case
def a_quote_is_verified_with_the_collateral_that_was_fetched_for_it(tmp):
    p = platform()
    with Server(services(p)) as server:
        run("fetch", "collateral", "--quote", p.quote, "--from", server.url, "--roots", p.roots, "--out", tmp / "collateral")
        run("fetch", "collateral", "--quote", p.quote, "--from", server.url, "--roots", p.roots, "--out", tmp / "bundle.json")
    for made in tmp / "collateral", tmp / "bundle.json":
        assert run("verify", "--collateral", made, "--roots", p.roots, p.quote_alone).stdout.startswith("accepted"), made
    bundle = json.loads((tmp / "bundle.json").read_text())
    assert sorted(bundle) == ["pck_crl", "pck_crl_issuer_chain", "qe_identity", "qe_identity_issuer_chain", "qe_identity_signature",
                              "root_ca_crl", "tcb_info", "tcb_info_issuer_chain", "tcb_info_signature"]
    assert bundle["tcb_info"].encode() in p.collateral("tcb_info.json")
    assert names(tmp / "collateral") == sorted(os.listdir(p.dir / "collateral"))


@case
def an_fmspc_may_be_named_instead_of_a_quote_and_the_early_set_instead_of_the_standard_one(tmp):
    p = platform()
    fmspc = json.loads(p.collateral("tcb_info.json"))["tcbInfo"]["fmspc"]
    with Server(services(p)) as server:
        run("fetch", "collateral", "--fmspc", fmspc, "--early", "--from", server.url, "--roots", p.roots, "--out", tmp / "early")
        targets = [r.target for r in server.requests]
        assert sum("update=early" in t for t in targets) == 2 and any("ca=platform" in t for t in targets), targets
        run("fetch", "collateral", "--fmspc", "0" * 12, "--from", server.url, "--roots", p.roots, "--out", tmp / "wrong", status=1)
        run("fetch", "collateral", "--fmspc", fmspc, "--ca", "processor", "--from", server.url, "--roots", p.roots, "--out", tmp / "wrong",
            status=1)
        assert "ca=processor" in server.requests[-1].target and names(tmp / "wrong") == []


@case
def of_collateral_all_is_kept_or_nothing(tmp):
    p = platform()
    changed = p.collateral("tcb_info.json").replace(b"UpToDate", b"OutOfDat")
    header = f"TCB-Info-Issuer-Chain: {urllib.parse.quote(p.collateral('tcb_info_issuer_chain.pem').decode())}"
    for wrong in ({"rootcrl": answer(404)}, {"pckcrl": answer(403)}, {"tcb": answer(body=changed, headers=(header,))},
                  {"tcb": answer(body=b"{", headers=(header,))}, {"identity": answer(body=p.collateral("tcb_info.json"), headers=(header,))},
                  {"rootcrl": answer(body=p.collateral("pck_crl.der"))}):
        with Server(services(p, **wrong)) as server:
            p_ = subprocess.run([JURAT, "fetch", "collateral", "--quote", p.quote, "--from", server.url, "--roots", p.roots, "--out",
                                 tmp / "out"], env=environment(), timeout=60, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            assert p_.returncode in (1, 3) and names(tmp) == [], (wrong.keys(), p_)


@case
def killed_at_any_request_it_leaves_nothing(tmp):
    p = platform()
    good = services(p)
    for stop in range(1, 5):
        reached = threading.Event()

        def respond(request, stop=stop, reached=reached):
            if request.number < stop:
                return good(request)
            reached.set()
            request.wait_for_close()

        with Server(respond) as server:
            process = subprocess.Popen([JURAT, "fetch", "collateral", "--quote", p.quote, "--from", server.url, "--roots", p.roots, "--out",
                                        tmp / "out"], env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            assert reached.wait(30)
            process.send_signal(signal.SIGKILL)
            process.wait(30)
            assert names(tmp) == [], stop


@case
def killed_at_any_change_of_a_file_each_is_old_or_new(tmp):
    p, old = platform(), {"ask.pem": b"the old ask", "ark.pem": b"the old ark"}
    new = {"ask.pem": pem(p.certs["ask"]), "ark.pem": pem(p.certs["ark"])}
    (tmp / "d").mkdir()
    (tmp / "d/cert_chain.pem").write_bytes(p.chain())
    # A build that counts coverage writes its counts, too: before jurat executes this program, and at the end.
    program = pathlib.Path(JURAT).with_name("jurat-network")
    seen, after = set(), 0  # after: kills when both files were new
    for n in range(1, 100):
        out = tmp / f"out{n}"
        out.mkdir()
        for name, body in old.items():
            (out / name).write_bytes(body)
        r = subprocess.run([KILL_AT, str(n), program, "fetch", "ca", "--product", "milan", "--from", tmp / "d", "--roots", p.roots, "--out", out],
                           env=environment(), timeout=60, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if r.returncode == 2 and "PTRACE" in r.stderr:
            raise Skip(f"no ptrace here: {r.stderr.strip()}")
        assert r.returncode in (0, 1), r
        found = {name: (out / name).read_bytes() for name in old}
        for name in old:
            assert found[name] in (old[name], new[name]), (n, name)
        seen.add(tuple(found[name] == new[name] for name in ("ask.pem", "ark.pem")))
        assert all(f.name in old or f.name.startswith(".jurat-") for f in out.iterdir()), names(out)
        after += found == new
        if r.returncode == 1 or after == 20:
            break
    assert found == new and n > 8, (n, r)
    assert seen == {(False, False), (True, False), (True, True)}, seen


# ---- Where it goes


@case
def a_file_is_written_where_the_option_says(tmp):
    p = platform()
    with Server(services(p)) as server:
        source = ("--from", server.url, "--roots", p.roots)
        run("fetch", "vcek", "--report", p.report, *source, "--out", tmp / "a.der")
        assert (tmp / "a.der").read_bytes() == p.certs["vcek"]
        run("fetch", "vcek", "--report", p.report, *source, "--out", tmp / "a.pem")
        assert (tmp / "a.pem").read_bytes() == pem(p.certs["vcek"])
        run("fetch", "ca", "--product", "milan", *source, "--out", tmp / "chain.pem")
        assert (tmp / "chain.pem").read_bytes() == p.chain()
        run("fetch", "crl", "--product", "milan", *source, "--out", tmp / "a.crl.der")
        assert (tmp / "a.crl.der").read_bytes() == crl()
        (tmp / "directory.pem").mkdir()
        run("fetch", "vcek", "--report", p.report, *source, "--out", f"{tmp}/directory.pem/")
        assert names(tmp / "directory.pem") == ["vcek.der"]
        out = subprocess.run([JURAT, "fetch", "vcek", "--report", p.report, *source, "--out", "-"], check=True, stdout=subprocess.PIPE,
                             env=environment(), timeout=60).stdout
        assert out == p.certs["vcek"]
        run("fetch", "vcek", "--report", p.report, *source, cwd=tmp)
        assert (tmp / "vcek.der").exists()


@case
def a_place_that_cannot_be_written_is_an_error(tmp):
    p = platform()
    (tmp / "file").write_text("")
    with Server(services(p)) as server:
        for out in tmp / "file/below", tmp / "no/such/directory", tmp / "no/vcek.der":
            text = run("fetch", "vcek", "--report", p.report, "--from", server.url, "--roots", p.roots, "--out", out, status=2).stderr
            assert str(out).rsplit("/", 1)[0] in text, text
    assert names(tmp) == ["file"]


@case
def json_names_files_items_and_sources(tmp):
    p = platform()
    with Server(services(p)) as server:
        rows = json.loads(run("fetch", "ca", "--product", "milan", "--from", server.url, "--roots", p.roots, "--out", tmp, "--output",
                              "json").stdout)
        assert rows == [{"file": f"{tmp}/{n}", "item": "vcek-chain:Milan", "from": f"{server.url}/vcek/v1/Milan/cert_chain"}
                        for n in ("ask.pem", "ark.pem")], rows


@case
def json_names_the_source_of_each_item_not_of_what_its_check_needed_or_of_the_last(tmp):
    p = platform()
    with Server(services(p)) as server:
        def rows(*what):
            out = run("fetch", *what, "--from", server.url, "--roots", p.roots, "--output", "json").stdout
            return {pathlib.Path(row["file"]).name: row["from"] for row in json.loads(out)}

        assert kind_of(rows("vcek", "--report", p.report, "--out", tmp)["vcek.der"].removeprefix(server.url)) == "vcek"
        assert kinds(server) == ["vcek", "chain"]
        found = rows("collateral", "--quote", p.quote, "--out", tmp / "c")
        assert {name: kind_of(url.removeprefix(server.url)) for name, url in found.items()} == {
            "tcb_info.json": "tcb", "tcb_info_issuer_chain.pem": "tcb", "qe_identity.json": "identity",
            "qe_identity_issuer_chain.pem": "identity", "pck_crl.der": "pckcrl", "pck_crl_issuer_chain.pem": "pckcrl",
            "root_ca_crl.der": "rootcrl"}, found
        assert rows("collateral", "--quote", p.quote, "--out", tmp / "c.json") == {"c.json": server.url}
        out = run("verify", "--fetch", "--from", server.url, "--roots", p.roots, "--output", "json", p.alone).stdout
        fetched = {row["item"].split(":")[0]: row["from"] for row in json.loads(out)["fetched"]}
        assert fetched["vcek"].startswith(f"{server.url}/vcek/v1/Milan/") and "cert_chain" not in fetched["vcek"], fetched
        assert fetched["vcek-chain"] == f"{server.url}/vcek/v1/Milan/cert_chain", fetched


@case
def progress_is_for_a_terminal(tmp):
    p = platform()
    with Server(services(p)) as server:
        args = ["fetch", "vcek", "--report", str(p.report), "--from", server.url, "--roots", str(p.roots), "--out", str(tmp)]
        assert run(*args).stderr == ""
        master, slave = terminal()
        subprocess.run([JURAT, *args], check=True, stderr=slave, stdout=subprocess.DEVNULL, env=environment(), timeout=60)
        text = shown(master, slave)
        assert "\r\x1b[Kvcek: attempt 1" in text and text.endswith("\r\x1b[K"), text


@case
def words_that_do_not_fit_are_a_usage_error(tmp):
    p = platform()
    for words, text in (
            (["ark"], "found 'ark'"), ([], "expected vcek"), (["vcek", "ca"], "unexpected argument"), (["vcek"], "--report"),
            (["vcek", "--product", "milan"], "--chip-id"), (["vcek", "--product", "milan", "--tcb", "0" * 16], "together"),
            (["vcek", "--product", "milan", "--tcb", "0" * 15, "--chip-id", "0" * 128], "16 hex digits"),
            (["vcek", "--product", "milan", "--tcb", "0" * 16, "--chip-id", "0" * 127], "128 hex digits"),
            (["vcek", "--report", p.report, "--tcb", "0" * 16], "--report cannot"), (["ca", "--quote", p.quote], "ca does not take --quote"),
            (["ca", "--product", "milan", "--early"], "--early"), (["vcek", "--report", p.report, "--product", "turin"], "is from Milan"),
            (["collateral"], "--quote or --fmspc"), (["collateral", "--fmspc", "1234"], "12 hex digits"),
            (["collateral", "--fmspc", "0" * 12, "--quote", p.quote], "--quote or --fmspc"),
            (["collateral", "--fmspc", "0" * 12, "--report", p.report], "collateral does not take --report"),
            (["collateral", "--quote", p.quote, "--ca", "platform"], "--ca"),
            (["ca", "--product", "milan", "--from", "http://u:p@h"], "user name"),
            (["ca", "--product", "milan", "--attempts", "x"], "--attempts"), (["ca", "--product", "milan", "--at", "soon"], "--at")):
        err = run("fetch", *words, "--out", tmp, status=2).stderr
        assert text in err and err.startswith("jurat fetch: "), (words, err)
    assert "expected an SEV-SNP report" in run("fetch", "vcek", "--report", p.quote, "--out", tmp, status=2).stderr
    assert "expected a TD quote" in run("fetch", "collateral", "--quote", p.report, "--out", tmp, status=2).stderr
    assert names(tmp) == []


# ---- A later issue in place


COLLATERAL = {"tcb_info.json": "tcb-info", "qe_identity.json": "qe-identity", "pck_crl.der": "pck-crl", "root_ca_crl.der": "root-crl"}


class Issue:
    """Collateral of the platform that was issued so many days ago."""

    def __init__(self, directory, days, number):
        self.dir = directory
        directory.mkdir()
        subprocess.run([COLLATERAL_ISSUE, directory, "jurat", str(int(time.time()) - days * 86400), str(number)], check=True, timeout=60)

    def collateral(self, name):
        return (self.dir / name).read_bytes()


def kept(text):
    """The items of which a warning says that a later issue is kept."""
    return sorted(re.findall(r"warning: '[^']+' is kept: it has a later ([a-z-]+)", text))


def fetch_collateral(p, issue, out):
    with Server(services(issue)) as server:
        return run("fetch", "collateral", "--quote", p.quote, "--from", server.url, "--roots", p.roots, "--out", out, "--output", "json")


@case
def an_older_crl_does_not_take_the_place_of_a_later_one(tmp):
    p = platform()
    for what, out in ("crl", tmp / "dir"), ("crl", tmp / "file.der"):
        words = ["fetch", what, "--product", "milan", "--roots", p.roots, "--output", "json", "--out", out]
        path = out if out.suffix else out / "crl.der"
        for revoked, warned, there in (("none", [], "none"), ("ask", [], "ask"), ("none", ["vcek-crl"], "ask"), ("both", [], "both"),
                                       ("ask", ["vcek-crl"], "both"), ("both", [], "both")):
            with Server(services(p, crl=answer(body=crl(revoked=revoked)))) as server:
                done = run(*words, "--from", server.url)
            rows = json.loads(done.stdout)
            assert kept(done.stderr) == warned and bool(done.stderr) == bool(warned), (revoked, done.stderr)
            assert [r.get("kept") for r in rows] == [["vcek-crl:Milan"] if warned else None], rows
            assert path.read_bytes() == crl(revoked=there), revoked
    with Server(services(p, crl=answer(body=crl(revoked="ask")))) as server:
        text = run("fetch", "crl", "--product", "milan", "--roots", p.roots, "--from", server.url, "--out", tmp / "dir").stderr
    date = r"20\d\d-\d\d-\d\dT\S+Z"
    assert re.search(rf"later vcek-crl:Milan \(issued {date}, number 4\) than the source \(issued {date}, number 2\)\n$", text), text


@case
def each_part_of_collateral_is_kept_where_it_is_the_later_one(tmp):
    p = platform()
    old, new = Issue(tmp / "old", 9, 17), Issue(tmp / "new", 2, 17)
    assert fetch_collateral(p, old, tmp / "out").stderr == ""
    assert fetch_collateral(p, new, tmp / "out").stderr == ""
    for name in os.listdir(new.dir):
        assert (tmp / "out" / name).read_bytes() == new.collateral(name), name
    done = fetch_collateral(p, old, tmp / "out")
    assert kept(done.stderr) == sorted(COLLATERAL.values()), done.stderr
    assert all(len(row["kept"]) == 1 for row in json.loads(done.stdout)), done.stdout
    for name in os.listdir(new.dir):
        assert (tmp / "out" / name).read_bytes() == new.collateral(name), name
    for name, kind in COLLATERAL.items():  # each alone
        (tmp / kind).mkdir()
        for part in os.listdir(new.dir):
            (tmp / kind / part).write_bytes((new if part == name else old).collateral(part))
        if kind == "tcb-info":
            (tmp / kind / "tcb_info_issuer_chain.pem").unlink()  # that of the answer does as well
        assert kept(fetch_collateral(p, old, tmp / kind).stderr) == [kind]
        for part in os.listdir(new.dir):
            assert (tmp / kind / part).read_bytes() == (new if part == name else old).collateral(part), (name, part)
    run("verify", "--collateral", tmp / "out", "--roots", p.roots, p.quote_alone)


@case
def a_higher_tcb_evaluation_data_number_is_later_whatever_its_date(tmp):
    p = platform()
    early, standard = Issue(tmp / "early", 9, 18), Issue(tmp / "standard", 2, 17)
    fetch_collateral(p, early, tmp / "out")
    done = fetch_collateral(p, standard, tmp / "out")
    assert kept(done.stderr) == ["qe-identity", "tcb-info"] and "number 18) than the source (issued" in done.stderr, done.stderr
    for name, kind in COLLATERAL.items():
        issue = early if kind in ("qe-identity", "tcb-info") else standard
        assert (tmp / "out" / name).read_bytes() == issue.collateral(name), name


@case
def a_bundle_is_merged_from_the_later_parts(tmp):
    p = platform()
    out = tmp / "bundle.json"
    old, new = Issue(tmp / "old", 9, 17), Issue(tmp / "new", 2, 17)
    fetch_collateral(p, new, out)
    whole = out.read_bytes()
    done = fetch_collateral(p, old, out)
    assert kept(done.stderr) == sorted(COLLATERAL.values()) and out.read_bytes() == whole, done.stderr
    assert [len(row["kept"]) for row in json.loads(done.stdout)] == [4]
    fetch_collateral(p, Issue(tmp / "early", 9, 18), out)  # a later TCB info with older CRLs
    parts = json.loads(out.read_text())
    assert json.loads(parts["tcb_info"])["tcbEvaluationDataNumber"] == 18
    assert parts["pck_crl"] == new.collateral("pck_crl.der").hex() and parts["root_ca_crl"] == new.collateral("root_ca_crl.der").hex()
    run("verify", "--collateral", out, "--roots", p.roots, p.quote_alone)


@case
def what_is_in_place_and_does_not_pass_its_check_is_replaced_with_a_word(tmp):
    p = platform()
    old, new, expired = Issue(tmp / "old", 9, 17), Issue(tmp / "new", 2, 17), Issue(tmp / "expired", 40, 18)
    out = tmp / "out"
    fetch_collateral(p, new, out)
    damaged = {
        "tcb_info.json": new.collateral("tcb_info.json").replace(b"UpToDate", b"OutOfDat"),
        "qe_identity.json": b"{}",
        "pck_crl.der": new.collateral("root_ca_crl.der"),  # another issuer's
        "root_ca_crl.der": new.collateral("root_ca_crl.der")[:-1],
    }
    for name, body in damaged.items():
        (out / name).write_bytes(body)
    done = fetch_collateral(p, old, out)
    assert kept(done.stderr) == [] and done.stderr.count("warning: ") == 4, done.stderr
    for name in damaged:
        assert f"{name}' is replaced: " in done.stderr, (name, done.stderr)
        assert (out / name).read_bytes() == old.collateral(name), name
    for name in COLLATERAL:  # that has expired is why it is fetched again
        (out / name).write_bytes(expired.collateral(name))
    assert fetch_collateral(p, old, out).stderr == ""
    assert (out / "tcb_info.json").read_bytes() == old.collateral("tcb_info.json")
    os.mkfifo(tmp / "fifo")  # is no issue, and not waited for
    reader = threading.Thread(target=(tmp / "fifo").read_bytes)
    reader.start()
    with Server(services(p)) as server:
        assert run("fetch", "crl", "--product", "milan", "--roots", p.roots, "--from", server.url, "--out", tmp / "fifo").stderr == ""
    reader.join(60)


# ---- Errors of the source


@case
def the_exit_status_tells_a_missing_item_from_a_missing_connection(tmp):
    p = platform()
    with Server(in_turn(answer(404))) as server:
        args = ["fetch", "vcek", "--report", p.report, "--from", server.url, "--out", tmp]
        assert "not found" in run(*args, status=1).stderr
    assert "127.0.0.1" in run(*args, "--attempts", "1", status=3).stderr
    with Server(in_turn(answer(429, headers=("Retry-After: 300",)))) as server:
        text = run("fetch", "vcek", "--report", p.report, "--from", server.url, "--out", tmp, status=3).stderr
        assert f"127.0.0.1:{server.port} returned 429" in text and "try again in 30" in text, text
    with Server(in_turn(answer(503))) as server:
        run("fetch", "vcek", "--report", p.report, "--from", server.url, "--out", tmp, "--timeout", "1", status=3)
    assert names(tmp) == []


@case
def an_error_that_another_run_would_not_mend_ends_a_loop_that_repeats_status_3(tmp):
    if not shutil.which("openssl"):
        raise Skip("no openssl")
    p, (ca, pair) = platform(), make_tls(tmp)
    (tmp / "file").write_text("nothing of use\n")
    chips = tmp / "chips"
    chips.write_text(f"{'ab' * 64} milan {'0' * 16}\n" * 2)
    with Server(services(p), pair) as server, Server(in_turn(answer(403))) as forbids:
        good = {"--from": server.url, "--ca-file": ca, "--roots": p.roots, "--out": tmp / "out"}
        rows = [({"--from": f"htps://localhost:{server.port}"}, 2, "found 'htps'"), ({"--from": tmp / "none"}, 2, "none': No such"),
                ({"--from": f"localhost:{server.port}"}, 2, "cannot read"), ({"--from": forbids.url}, 1, "returned 403"),
                ({"--ca-file": tmp / "none"}, 2, "--ca-file: "), ({"--ca-file": tmp / "file"}, 2, "file"),
                ({"--roots": tmp / "none"}, 2, "none': No such"), ({"--roots": tmp / "file"}, 2, "file"),
                ({"--ca-file": None}, 1, "certificate"), ({"--out": "/proc/none/out"}, 2, "/proc/none/out")]
        for changed, status, text in rows:
            options = [word for k, v in (good | changed).items() if v for word in (k, v)]
            for subject in ["--report", p.alone], ["--chips", chips]:
                err = run("fetch", "vcek", *subject, *options, status=status).stderr
                assert text in err and err.count("\n") <= 2, (changed, err)
        run("fetch", "vcek", "--report", tmp / "none", "--from", server.url, "--ca-file", ca, "--out", tmp / "out", status=2)
        run("fetch", "vcek", "--report", tmp / "file", "--from", server.url, "--ca-file", ca, "--out", tmp / "out", status=2)
        # As far as a verdict does not depend on it
        verify = ["verify", "--fetch", "--roots", p.roots, p.alone]
        for options, status in ((["--from", f"htps://localhost:{server.port}"], 2), (["--from", tmp / "none"], 2),
                                (["--from", server.url, "--ca-file", tmp / "none"], 2), (["--from", server.url], 1),
                                (["--from", server.url, "--ca-file", ca], 0)):
            run(*verify, *options, status=status)
        # Nothing of a host is needed, or changed, to find these
        for options, text in ((["--endorsements", "htps://localhost"], "found 'htps'"), (["--ca-file", tmp / "none"], "--ca-file: ")):
            err = run("host", "refresh", "--blob", tmp / "blob", "--product", "milan", *options, status=2).stderr
            assert text in err, err


@case
def the_environment_names_the_source_unless_an_option_does(tmp):
    p = platform()
    with Server(services(p)) as server, Server(in_turn(answer(404))) as other:
        run("fetch", "ca", "--product", "milan", "--roots", p.roots, "--out", tmp, env=environment(JURAT_ENDORSEMENTS=server.url))
        run("fetch", "ca", "--product", "milan", "--roots", p.roots, "--out", tmp, "--from", server.url,
            env=environment(JURAT_ENDORSEMENTS=other.url))
        assert len(server.requests) == 2 and other.requests == []


# ---- Directories


@case
def a_directory_of_a_host_tool_is_a_source(tmp):
    p, other = platform(), platform("other", "--tee", "sev-snp", "--seed", "another")
    d = tmp / "d"
    d.mkdir()
    (d / "a.der").write_bytes(other.certs["vcek"])  # one of another chip does not hide it
    (d / "vcek.pem").write_bytes(pem(p.certs["vcek"]))
    (d / "cert_chain.pem").write_bytes(b"text before\n" + p.chain())
    (d / "README").write_text("notes\n")
    (d / "noise.bin").write_bytes(bytes(range(256)) * 40)
    (d / "large.bin").write_bytes(bytes(3 << 20))
    os.mkfifo(d / "fifo")
    for what in "vcek", "ca":
        run("fetch", what, "--report", p.report, "--from", d, "--roots", p.roots, "--out", tmp / "out")
    assert run("verify", "--certs", tmp / "out", "--roots", p.roots, p.alone).stdout.startswith("accepted")
    assert "not found" in run("fetch", "crl", "--product", "milan", "--from", d, "--roots", p.roots, "--out", tmp / "out", status=1).stderr
    (d / "crl.pem.der").write_bytes(crl())
    run("fetch", "crl", "--product", "milan", "--from", d, "--roots", p.roots, "--out", tmp / "out")


@case
def a_directory_in_trustee_s_layout_is_a_source(tmp):
    p = platform()
    chip = p.report.read_bytes()[0x1a0:0x1e0].hex()
    place = tmp / "store/vcek" / chip
    place.mkdir(parents=True)
    (place / "bl04_tee00_snp24_ucode219_vcek.der").write_bytes(p.certs["vcek"])
    (tmp / "store/cert_chain.pem").write_bytes(p.chain())
    run("fetch", "vcek", "--report", p.report, "--from", tmp / "store", "--roots", p.roots, "--out", tmp / "out")
    assert (tmp / "out/vcek.der").read_bytes() == p.certs["vcek"]
    (place / "bl04_tee00_snp24_ucode219_vcek.der").rename(place / "vcek.der")
    run("fetch", "vcek", "--report", p.report, "--from", tmp / "store", "--roots", p.roots, "--out", tmp / "fallback")
    assert (tmp / "fallback/vcek.der").read_bytes() == p.certs["vcek"]
    (place / "bl04_tee00_snp24_ucode219_vcek.der").write_bytes(p.certs["ark"])  # a wrong one does not hide the other
    run("fetch", "vcek", "--report", p.report, "--from", tmp / "store", "--roots", p.roots, "--out", tmp / "both")
    (place / "vcek.der").write_bytes(p.certs["ask"])
    run("fetch", "vcek", "--report", p.report, "--from", tmp / "store", "--roots", p.roots, "--out", tmp / "wrong", status=1)
    assert names(tmp / "wrong") == []


@case
def a_bundle_is_a_source_alone_and_in_a_directory(tmp):
    p = platform()
    (tmp / "d").mkdir()
    run("fetch", "collateral", "--quote", p.quote, "--from", p.dir / "collateral", "--roots", p.roots, "--out", tmp / "d/bundle.json")
    for i, source in enumerate((tmp / "d", tmp / "d/bundle.json")):
        run("fetch", "collateral", "--quote", p.quote, "--from", source, "--roots", p.roots, "--out", tmp / f"out{i}")
        assert run("verify", "--collateral", tmp / f"out{i}", "--roots", p.roots, p.quote_alone).stdout.startswith("accepted")
        assert run("verify", "--fetch", "--from", source, "--roots", p.roots, p.quote_alone).stdout.startswith("accepted")
    changed = (tmp / "d/bundle.json").read_text().replace("UpToDate", "OutOfDat")
    (tmp / "d/bundle.json").write_text(changed)
    run("fetch", "collateral", "--quote", p.quote, "--from", tmp / "d", "--roots", p.roots, "--out", tmp / "wrong", status=1)
    assert names(tmp / "wrong") == []


@case
def what_a_directory_has_is_checked_like_what_a_service_answers(tmp):
    p, other = platform(), platform("other", "--tee", "sev-snp", "--seed", "another")
    (tmp / "d").mkdir()
    for name, body in (("vcek.der", other.certs["vcek"]), ("cert_chain.pem", other.chain()), ("ark.der", p.certs["ark"])):
        (tmp / "d" / name).write_bytes(body)
    run("fetch", "vcek", "--report", p.report, "--from", tmp / "d", "--roots", p.roots, "--out", tmp / "out", status=1)
    assert names(tmp / "out") == []
    assert "cannot read" in run("fetch", "ca", "--product", "milan", "--from", tmp / "none", "--out", tmp / "out", status=2).stderr


# ---- verify --fetch


@case
def verify_fetches_what_a_report_lacks_and_says_so(tmp):
    p = platform()
    with Server(services(p)) as server:
        words = ["verify", "--fetch", "--from", server.url, "--roots", p.roots]
        out = json.loads(run(*words, p.alone, "--output", "json").stdout)
        assert out["verdict"] == "accepted" and [f["item"].split(":")[0] for f in out["fetched"]] == ["vcek-chain", "vcek"], out["fetched"]
        assert out["fetched"][0]["from"] == f"{server.url}/vcek/v1/Milan/cert_chain"
        assert sorted(kinds(server)) == ["chain", "chain", "vcek"] or sorted(kinds(server)) == ["chain", "vcek"], kinds(server)
        text = run(*words, p.alone).stdout
        assert text.startswith("accepted") and text.count("\nfetched ") == 2, text


@case
def verify_asks_for_nothing_that_is_there(tmp):
    p = platform()
    with Server(services(p)) as server:
        words = ["verify", "--fetch", "--from", server.url, "--roots", p.roots]
        out = json.loads(run(*words, "--output", "json", p.dir).stdout)
        assert [v["verdict"] for v in out] == ["accepted"] * 2 and all("fetched" not in v for v in out)
        run(*words, "--certs", p.dir / "certs", p.alone)
        run(*words, "--collateral", p.dir / "collateral", p.quote_alone)
        assert server.requests == []
        (tmp / "vcek.der").write_bytes(p.certs["vcek"])
        run(*words, "--certs", tmp / "vcek.der", p.alone)
        assert kinds(server) == ["chain"], kinds(server)
        run(*words, "--require", "require_crl=true", p.dir / "report.bin", "--certs", p.dir / "certs")
        assert kinds(server)[1:] in (["crl"], ["crl", "chain"]), kinds(server)


@case
def verify_fetches_the_collateral_that_a_quote_lacks(tmp):
    p = platform()
    with Server(services(p)) as server:
        words = ["verify", "--fetch", "--from", server.url, "--roots", p.roots]
        out = json.loads(run(*words, p.quote_alone, "--output", "json").stdout)
        assert out["verdict"] == "accepted" and out["tcb_status"] == "UpToDate" and len(out["fetched"]) == 4
        for missing, kind in (("tcb_info.json", "tcb"), ("qe_identity.json", "identity"), ("pck_crl.der", "pckcrl"),
                              ("root_ca_crl.der", "rootcrl")):
            (tmp / kind).mkdir()
            for name in os.listdir(p.dir / "collateral"):
                if name != missing:
                    (tmp / kind / name).write_bytes(p.collateral(name))
            before = len(server.requests)
            run(*words, "--collateral", tmp / kind, p.quote_alone)
            asked = kinds(server)[before:]
            assert asked[0] == kind and set(asked) <= {kind, "pckcrl"}, asked


@case
def verify_never_uses_the_network_without_the_option(tmp):
    p = platform()
    with Server(services(p)) as server:
        env = environment(JURAT_ENDORSEMENTS=server.url)
        assert run("verify", "--roots", p.roots, p.alone, status=1, env=env).stdout.startswith("refused")
        assert run("verify", "--roots", p.roots, p.quote_alone, status=1, env=env).stdout.startswith("refused")
        for option in "--from", "--ca-file", "--attempts", "--timeout":
            assert "--fetch" in run("verify", option, "1", p.alone, status=2).stderr
        assert server.requests == []


@case
def verify_refuses_what_stays_missing_and_gives_no_verdict_without_a_connection(tmp):
    p = platform()
    with Server(services(p, vcek=answer(404))) as server:
        words = ["verify", "--fetch", "--from", server.url, "--roots", p.roots, p.alone]
        out = run(*words, status=1)
        assert out.stdout.startswith("refused") and "leaf-missing" in out.stdout and "warning: not found" in out.stderr, out
    out = run(*words, "--attempts", "1", status=3)
    assert out.stdout == "" and "127.0.0.1" in out.stderr, out
    with Server(services(p, chain=answer(429, headers=("Retry-After: 1000",)))) as server:
        out = run("verify", "--fetch", "--from", server.url, "--roots", p.roots, p.alone, status=3)
        assert out.stdout == "" and "returned 429" in out.stderr and "try again" in out.stderr, out


@case
def what_was_fetched_makes_no_wrong_evidence_right(tmp):
    p = platform()
    report = bytearray(p.report.read_bytes())
    report[0x90] ^= 1  # the measurement
    (tmp / "changed.bin").write_bytes(report)
    quote = bytearray(p.quote.read_bytes())
    quote[600] ^= 1
    (tmp / "quote.bin").write_bytes(quote)
    with Server(services(p)) as server:
        for file in "changed.bin", "quote.bin":
            out = run("verify", "--fetch", "--from", server.url, "--roots", p.roots, tmp / file, status=1).stdout
            assert out.startswith("refused") and "-signature" in out, out


# ---- Real evidence


def at_once(folder, sources, words, tmp):
    """The verdicts with the files as they are fetched from their directory, and as --certs or --collateral has them."""
    tmp.mkdir()
    chain = re.findall(rb"-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----", pathlib.Path(words[-1]).read_bytes())
    if len(chain) == 3:  # a quote's: its PCK CA issues a CRL, and is nowhere else
        (tmp / "pck_ca.pem").write_bytes(chain[1] + b"\n")
    for i, name in enumerate(sources):
        (tmp / f"{i}{pathlib.Path(name).suffix}").write_bytes((folder.files / name).read_bytes())
    return [subprocess.run([JURAT, "verify", *map(str, w), "--output", "json", *map(str, words)], stdout=subprocess.PIPE, timeout=60,
                           stderr=subprocess.PIPE, text=True, env=environment()) for w in (["--fetch", "--from", tmp], ["--certs", tmp],
                                                                                           ["--collateral", tmp])]


@case
def real_reports_are_verified_with_what_is_fetched_for_them(tmp):
    n = 0
    for folder in evidence.folders():
        if not folder.is_real:
            continue
        for row in folder.rows("SNP-CASES.tsv")[:12]:
            if row["signer"] != "vcek" or row["signature_and_chain"] != "good":
                continue
            fetched, offline, _ = at_once(folder, [row["vek"], row["intermediate"], row["root"]], [folder.files / row["report"]],
                                          tmp / f"{folder.name}{n}")
            verdict, other = json.loads(fetched.stdout), json.loads(offline.stdout)
            assert verdict["verdict"] == other["verdict"] and verdict["reasons"] == other["reasons"], (row, fetched, offline)
            assert "vcek" in [f["item"].split(":")[0] for f in verdict["fetched"]], (row, fetched)
            n += 1
    if n == 0:
        raise Skip("no real evidence here")


@case
def real_quotes_are_verified_with_what_is_fetched_for_them(tmp):
    n = 0
    for folder in evidence.folders():
        if not folder.is_real:
            continue
        rows = [r for r in folder.rows("TDX-CASES.tsv") if r["kind"] == "fresh" and "-tdx" in r["type"]]
        for row in rows[:12]:
            files = [row[c] for c in ("tcbinfo", "qeidentity", "pckcrl", "rootcrl", "tcb_signing_cert", "root_cert")]
            at = datetime.datetime.fromtimestamp(int(row["now_unix"]), datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
            words = ["--at", at, folder.files / row["quote"]]
            fetched, _, offline = at_once(folder, files, words, tmp / f"{folder.name}{n}")
            verdict, other = json.loads(fetched.stdout), json.loads(offline.stdout)
            assert verdict["verdict"] == other["verdict"] and verdict["reasons"] == other["reasons"], (row, fetched.stderr, verdict, other)
            n += 1
    if n == 0:
        raise Skip("no real evidence here")


sys.exit(main())
