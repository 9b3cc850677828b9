#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: MIT
"""juratd endorsements --software-platform: the requests of AMD's KDS, Intel's PCS and a PCCS, and faults."""
import http.client
import json
import pathlib
import re
import resource
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import warnings

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "support"))
from endorsements import FMSPC, SPLS, Juratd, chain_of, make_certificate  # noqa: E402
from tap import Skip, case, main, need_run  # noqa: E402

JURATD, JURAT = sys.argv[1:3]


@case
def a_vcek_is_that_of_the_run_of_the_same_seed(tmp):
    need_run(JURAT)
    with Juratd(JURATD, "--chips", "1") as juratd:
        for seed, i in (("jurat", 0), ("jurat/1", 1)):
            certs = tmp / f"certs{i}"
            subprocess.run([JURAT, "run", "--seed", seed, "--", JURAT, "attest", "--out", tmp / "report", "--certs-out", certs],
                           check=True, stdout=subprocess.DEVNULL)
            answer = juratd.get(juratd.vcek(i))
            assert answer.headers["Content-Type"] == "application/pkix-cert"
            assert answer.body in certs.read_bytes()


@case
def documents_are_those_of_the_time_that_was_asked_for_and_are_remembered_by_the_clock(tmp):
    with Juratd(JURATD, "--at", "2024-02-03T23:59:59Z") as juratd:
        for _ in range(2):
            info = juratd.get("/tdx/certification/v4/qe/identity")
            assert json.loads(info.body)["enclaveIdentity"]["issueDate"] == "2024-02-02T00:00:00Z", info.body


@case
def every_chip_of_every_product_has_its_own_vcek(tmp):
    spls = {"Milan": SPLS, "Genoa": "blSPL=10&teeSPL=0&snpSPL=25&ucodeSPL=84",
            "Turin": "fmcSPL=1&blSPL=1&teeSPL=1&snpSPL=4&ucodeSPL=81"}
    with Juratd(JURATD, "--chips", "3") as juratd:
        chips = juratd.chips()
        assert len(chips) == 12 and len({c["hwid"] for c in chips}) == 12
        assert {c["seed"] for c in chips} == {"jurat", "jurat/1", "jurat/2", "jurat/3"}
        vceks = {juratd.get(f"/vcek/v1/{c['product']}/{c['hwid']}?{spls[c['product']]}").body for c in chips}
        assert len(vceks) == 12
        unknown = juratd.ask(f"/vcek/v1/Milan/{'ab' * 64}?{SPLS}")
        assert unknown.status == 404, unknown.status


@case
def a_seed_may_have_any_characters(tmp):
    seed = 'a"b\\c\td\u00e9/x'
    with Juratd(JURATD, "--chips", "1", seed=seed) as juratd:
        assert [c["seed"] for c in juratd.chips()] == 3 * [seed, f"{seed}/1"], juratd.chips()
        juratd.get(juratd.vcek())


@case
def amds_chains_and_crls_are_served_for_each_product(tmp):
    with Juratd(JURATD) as juratd:
        for product in "Milan", "Genoa", "Turin":
            for key in "vcek", "vlek":
                chain = juratd.get(f"/{key}/v1/{product}/cert_chain")
                assert chain.body.count(b"-----BEGIN CERTIFICATE-----") == 2
                crl = juratd.get(f"/{key}/v1/{product}/crl")
                assert crl.headers["Content-Type"] == "application/pkix-crl" and crl.body[0] == 0x30
        assert juratd.ask("/vcek/v1/Rome/cert_chain").status == 404


DOCUMENTS = [  # target, member, id, header
    (f"/tdx/certification/v4/tcb?fmspc={FMSPC}", "tcbInfo", "TDX", "TCB-Info-Issuer-Chain"),
    (f"/sgx/certification/v4/tcb?fmspc={FMSPC}", "tcbInfo", "SGX", "TCB-Info-Issuer-Chain"),
    ("/tdx/certification/v4/qe/identity", "enclaveIdentity", "TD_QE", "SGX-Enclave-Identity-Issuer-Chain"),
    ("/sgx/certification/v4/qe/identity", "enclaveIdentity", "QE", "SGX-Enclave-Identity-Issuer-Chain"),
    ("/sgx/certification/v4/qve/identity", "enclaveIdentity", "QVE", "SGX-Enclave-Identity-Issuer-Chain"),
    ("/tdx/certification/v4/tcbevaluationdatanumbers", "tcbEvaluationDataNumbers", "TDX",
     "TCB-Evaluation-Data-Numbers-Issuer-Chain"),
    ("/sgx/certification/v4/tcbevaluationdatanumbers", "tcbEvaluationDataNumbers", "SGX",
     "TCB-Evaluation-Data-Numbers-Issuer-Chain"),
]


@case
def intels_documents_have_their_issuer_chain_in_a_header(tmp):
    with Juratd(JURATD) as juratd:
        for target, member, name, header in DOCUMENTS:
            answer = juratd.get(target)
            assert answer.headers["Content-Type"] == "application/json"
            document = json.loads(answer.body)
            assert set(document) == {member, "signature"} and document[member]["id"] == name, target
            chain = chain_of(answer, header)
            assert len(chain) == 2 and b"Intel SGX TCB Signing" in chain[0] and b"Intel SGX Root CA" in chain[1]


@case
def a_tcb_recovery_is_standard_early_or_of_a_number(tmp):
    with Juratd(JURATD) as juratd:
        listed = json.loads(juratd.get("/tdx/certification/v4/tcbevaluationdatanumbers").body)
        early, standard = [n["tcbEvaluationDataNumber"] for n in listed["tcbEvaluationDataNumbers"]["tcbEvalNumbers"]]
        assert early > standard
        for target, member in ((f"/tdx/certification/v4/tcb?fmspc={FMSPC}&", "tcbInfo"),
                               ("/tdx/certification/v4/qe/identity?", "enclaveIdentity")):
            for query, number in (("update=standard", standard), ("update=early", early),
                                  (f"tcbEvaluationDataNumber={early}", early)):
                document = json.loads(juratd.get(target + query).body)
                assert document[member]["tcbEvaluationDataNumber"] == number, (target, query)
            assert juratd.ask(f"{target}tcbEvaluationDataNumber={standard - 1}").status == 410
            assert juratd.ask(f"{target}tcbEvaluationDataNumber={early + 1}").status == 404
            assert juratd.ask(f"{target}update=early&tcbEvaluationDataNumber={early}").status == 400


@case
def crls_are_der_pem_or_hex_as_asked_for(tmp):
    with Juratd(JURATD) as juratd:
        for ca in "processor", "platform":
            der = juratd.get(f"/sgx/certification/v4/pckcrl?ca={ca}&encoding=der")
            pem = juratd.get(f"/sgx/certification/v4/pckcrl?ca={ca}")
            name = f"Intel SGX PCK {ca.capitalize()} CA".encode()
            assert name in der.body and name in chain_of(der, "SGX-PCK-CRL-Issuer-Chain")[0]
            assert pem.headers["SGX-PCK-CRL-Issuer-Chain"] == der.headers["SGX-PCK-CRL-Issuer-Chain"]
            text = pem.body.decode().replace("X509 CRL", "CERTIFICATE")
            assert pem.body.startswith(b"-----BEGIN X509 CRL-----\n") and ssl.PEM_cert_to_DER_cert(text) == der.body
        root = juratd.get("/IntelSGXRootCA.der").body
        assert juratd.get("/sgx/certification/v4/rootcacrl").body == root
        assert juratd.get("/sgx/certification/v3/rootcacrl").body == root.hex().encode()


@case
def what_is_no_request_of_these_services_is_refused_as_they_do(tmp):
    with Juratd(JURATD) as juratd:
        rows = [("/", 404), ("/sgx/certification/v4/nothing", 404), (f"/sgx/certification/v3/tcb?fmspc={FMSPC}", 410),
                ("/sgx/certification/v4/tcb", 400), ("/sgx/certification/v4/tcb?fmspc=12", 400),
                ("/tdx/certification/v4/tcb?fmspc=00906ed50000", 404), ("/sgx/certification/v4/pckcrl?ca=x", 400),
                (f"/vcek/v1/Milan/{'a' * 127}?{SPLS}", 400), (f"/vcek/v1/Milan/{'a' * 128}?blSPL=1", 400),
                (f"/tdx/certification/v4/tcb?fmspc={FMSPC}&more=1", 400)]
        for target, status in rows:
            answer = juratd.ask(target)
            assert answer.status == status and answer.body.endswith(b"\n"), (target, answer.status)
        for method in "POST", "PUT", "DELETE", "OPTIONS":
            answer = juratd.ask("/sgx/certification/v4/rootcacrl", method)
            assert answer.status == 405 and answer.headers["Allow"] == "GET, HEAD", (method, answer.status)
        head = juratd.ask("/sgx/certification/v4/rootcacrl", "HEAD")
        assert head.status == 200 and int(head.headers["Content-Length"]) > 100 and head.body == b""


@case
def verbose_shows_each_connection_and_each_request(tmp):
    tls = make_certificate(tmp, "x")
    metrics = tmp / "metrics"
    with Juratd(JURATD, "--verbose", "--metrics", f"unix:{metrics}", "--tls-cert", tmp / "crt", "--tls-key", tmp / "key") as juratd:
        with socket.create_connection((juratd.host, juratd.port), timeout=60) as s:
            peer = "tcp:{}:{}".format(*s.getsockname())
            s.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")  # not TLS
            while s.recv(4096):
                pass
        juratd.tls = tls
        c = juratd.connection()
        for method, status in ("GET", 200), ("GET", 200), ("POST", 405):
            c.request(method, "/sgx/certification/v4/rootcacrl")
            answer = c.getresponse()
            answer.read()
            assert answer.status == status
        c.close()
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(str(metrics))
            s.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            text = b"".join(iter(lambda: s.recv(65536), b"")).decode()
        assert 'answers_total{kind="none",status="4xx"} 1\n' in text, text
    lines = [dict(re.findall(r'(\w+)="?([^\s"]+)', line)) for line in juratd.lines]
    begun = {line["id"]: line["peer"] for line in lines if line["event"] == "accepted"}
    ended = {line["id"]: line["requests"] for line in lines if line["event"] == "connection"}
    assert len(begun) == 2 and peer in begun.values() and begun.keys() == ended.keys(), juratd.lines
    assert sorted(ended.values()) == ["0", "3"], ended
    requests = [(line["id"][-2:], line["status"], line.get("method"), line.get("from")) for line in lines if line["event"] == "request"]
    assert requests == [("-1", "200", None, requests[0][3]), ("-2", "200", None, "memory"), ("-3", "405", "POST", None)], requests


@case
def https_needs_the_certificate_and_sighup_changes_it(tmp):
    first = make_certificate(tmp, "first")
    with Juratd(JURATD, "--tls-cert", tmp / "crt", "--tls-key", tmp / "key") as juratd:
        juratd.tls = first
        kept = juratd.connection()
        kept.request("GET", "/vcek/v1/Milan/cert_chain")
        assert kept.getresponse().read().startswith(b"-----BEGIN")
        second = make_certificate(tmp, "second")
        juratd.process.send_signal(1)
        while "event=reloaded" not in juratd.line():
            pass
        juratd.tls = second
        juratd.get("/vcek/v1/Milan/cert_chain")
        juratd.tls = first
        try:
            juratd.get("/vcek/v1/Milan/cert_chain")
            raise AssertionError("the certificate is the first one's still")
        except ssl.SSLCertVerificationError:
            pass
        (tmp / "key").write_text("nonsense")
        juratd.process.send_signal(1)
        while "event=reload-failed" not in juratd.line():
            pass
        juratd.tls = second
        juratd.get("/vcek/v1/Milan/cert_chain")


@case
def https_is_tls_1_2_or_later(tmp):
    def version_of(version):
        tls = ssl.create_default_context(cafile=tmp / "crt")
        tls.set_ciphers("ALL:@SECLEVEL=0")  # OpenSSL's own limit
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            tls.minimum_version = tls.maximum_version = version
        with socket.create_connection((juratd.host, juratd.port), timeout=60) as s:
            try:
                return tls.wrap_socket(s, server_hostname="127.0.0.1").version()
            except (ssl.SSLError, ConnectionError):
                return None

    make_certificate(tmp, "x")
    versions = ssl.TLSVersion
    with Juratd(JURATD, "--tls-cert", tmp / "crt", "--tls-key", tmp / "key") as juratd:
        got = [version_of(v) for v in (versions.TLSv1, versions.TLSv1_1, versions.TLSv1_2, versions.TLSv1_3)]
    assert got == [None, None, "TLSv1.2", "TLSv1.3"], got


# ---- requests under way when a server or its patience ends

def send(juratd, data):
    s = socket.create_connection((juratd.host, juratd.port), timeout=60)
    s.sendall(data)
    return s


def head_of(target):
    return f"GET {target} HTTP/1.1\r\nHost: x\r\n".encode()


@case
def two_changes_of_certificates_answer_what_is_slow_under_the_first(tmp):
    tls = make_certificate(tmp, "x")
    with Juratd(JURATD, "--tls-cert", tmp / "crt", "--tls-key", tmp / "key", "--fault", "slow:1500@root-crl") as juratd:
        juratd.tls = tls
        waiting = [juratd.connection() for _ in range(8)]
        for c in waiting:
            c.request("GET", "/nothing")
            assert c.getresponse().read()
            c.request("GET", "/IntelSGXRootCA.der")
        for _ in range(2):
            juratd.process.send_signal(1)
            while "event=reloaded" not in juratd.line():
                pass
        for c in waiting:
            answer = c.getresponse()
            assert answer.status == 503 and answer.headers["Retry-After"], answer.status
            c.close()
        juratd.get("/IntelSGXRootCA.der")  # as slow: it ends after the time of the others


@case
def a_stop_after_a_change_of_certificates_drains_what_came_under_the_first(tmp):
    tls = make_certificate(tmp, "x")
    with Juratd(JURATD, "--tls-cert", tmp / "crt", "--tls-key", tmp / "key", "--fault", "slow:1500@root-crl") as juratd:
        juratd.tls = tls
        c = juratd.connection()
        c.request("GET", "/nothing")
        assert c.getresponse().read()
        c.request("GET", "/IntelSGXRootCA.der")
        for number, event in ((signal.SIGHUP, "event=reloaded"), (signal.SIGTERM, "event=stopping")):
            juratd.process.send_signal(number)
            while event not in juratd.line():
                pass
        assert c.getresponse().status == 200
        assert juratd.process.wait(60) == 0


@case
def requests_that_come_whole_at_the_end_of_a_drain_are_no_panic(tmp):
    pause = threading.Event()
    with Juratd(JURATD, "--drain", "200", "--fault", "slow:60000") as juratd:
        late = [send(juratd, head_of("/vcek/v1/Milan/cert_chain")) for _ in range(800)]
        assert juratd.ask("/nothing").status == 404  # the others' lines came first
        juratd.process.send_signal(signal.SIGTERM)
        while "event=stopping" not in juratd.line():
            pass
        pause.wait(0.15)
        for s in late:  # one after the other, across the end
            try:
                s.sendall(b"\r\n")
            except OSError:
                break
            pause.wait(0.0001)
        for s in late:
            s.close()
        juratd.lines += [line.decode() for line in juratd.process.stderr.readlines()]
        assert juratd.process.wait(60) == 0, "".join(juratd.lines[-5:])


@case
def a_request_that_comes_in_time_is_answered_however_late_it_is_read(tmp):
    with Juratd(JURATD, "--timeout", "500") as juratd:
        juratd.get("/IntelSGXRootCA.der")
        with send(juratd, head_of("/IntelSGXRootCA.der") + b"\r\n") as s:
            assert s.recv(65536).startswith(b"HTTP/1.1 200 ")
            juratd.process.send_signal(signal.SIGSTOP)
            s.sendall(head_of("/vcek/v1/Milan/crl") + b"\r\n")
            threading.Event().wait(0.7)
            juratd.process.send_signal(signal.SIGCONT)
            assert s.recv(65536).startswith(b"HTTP/1.1 200 ")


@case
def a_request_that_begins_before_its_connection_has_been_idle_too_long_has_its_own_time(tmp):
    with Juratd(JURATD, "--timeout", "2000") as juratd, send(juratd, b"") as s:
        threading.Event().wait(1.4)
        s.sendall(head_of("/vcek/v1/Milan/crl"))
        threading.Event().wait(1.2)
        s.sendall(b"\r\n")
        assert s.recv(65536).startswith(b"HTTP/1.1 200 ")


# ---- faults

@case
def a_fault_is_for_so_many_requests_of_a_kind(tmp):
    with Juratd(JURATD, "--fault", "429:2,retry-after=7@vcek", "--fault", "outage:2@qe-identity") as juratd:
        vcek = juratd.vcek()
        for _ in range(2):
            answer = juratd.ask(vcek)
            assert answer.status == 429 and answer.headers["Retry-After"] == "7"
        juratd.get(vcek)
        juratd.get("/vcek/v1/Milan/crl")
        assert [juratd.ask("/tdx/certification/v4/qe/identity").status for _ in range(3)] == [500, 503, 200]


@case
def a_wrong_chip_and_a_wrong_tcb_are_another_vcek(tmp):
    with Juratd(JURATD) as juratd:
        good = juratd.get(juratd.vcek()).body
    bodies = set()
    for fault in "wrong-chip", "wrong-tcb":
        with Juratd(JURATD, "--fault", fault) as juratd:
            bodies.add(juratd.get(juratd.vcek()).body)
    assert len(bodies) == 2 and good not in bodies


@case
def half_an_answer_and_a_reset_end_the_connection(tmp):
    with Juratd(JURATD, "--fault", "half@tcb-info", "--fault", "reset@root-crl") as juratd:
        try:
            juratd.get(f"/tdx/certification/v4/tcb?fmspc={FMSPC}")
            raise AssertionError("the answer was whole")
        except http.client.IncompleteRead as e:
            assert len(e.partial) > 100, len(e.partial)
        try:
            juratd.get("/IntelSGXRootCA.der")
            raise AssertionError("there was an answer")
        except (ConnectionResetError, http.client.RemoteDisconnected):
            pass


@case
def an_answer_is_slow_stale_elsewhere_or_of_another_type(tmp):
    faults = ["slow:300@root-crl", "stale@qe-identity", "redirect:http://127.0.0.1:1/x@tcb-info", "wrong-type@vcek-chain",
              "not-json@qve-identity"]
    with Juratd(JURATD, *[w for f in faults for w in ("--fault", f)]) as juratd:
        begin = time.monotonic()
        juratd.get("/IntelSGXRootCA.der")
        assert time.monotonic() - begin >= 0.3
        stale = json.loads(juratd.get("/tdx/certification/v4/qe/identity").body)["enclaveIdentity"]
        assert stale["nextUpdate"] < time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        answer = juratd.ask(f"/tdx/certification/v4/tcb?fmspc={FMSPC}")
        assert answer.status == 302 and answer.headers["Location"] == "http://127.0.0.1:1/x"
        assert juratd.get("/vcek/v1/Milan/cert_chain").headers["Content-Type"] == "text/html"
        assert juratd.get("/sgx/certification/v4/qve/identity").body.startswith(b"<!DOCTYPE")


@case
def bad_options_are_named(tmp):
    (tmp / "items").write_text("vcek.version=2\n\nnonsense\n", encoding="ascii")
    (tmp / "zero").write_bytes(b"vcek.version=2\n\0nonsense\n")
    for name, text in ("items", "line 3: no preset 'nonsense'"), ("zero", "expected text, found a byte 0"), ("none", "cannot open '"):
        r = subprocess.run([JURATD, "endorsements", "--software-platform", "jurat", "--evidence", tmp / name], capture_output=True, text=True,
                           check=False)
        assert r.returncode == 3 and f"--evidence: {text}" in r.stderr, r
    rows = [(("--fault", "sloth"), "found 'sloth'"), (("--fault", "slow"), "slow: expected ':MS'"),
            (("--fault", "429:0"), "expected ':N'"), (("--fault", "half@vcak"), "found 'vcak'"),
            (("--fault", "half,retry-after=1"), "retry-after"), (("--tls-cert", "x"), "together"),
            (("--at", "yesterday"), "--at: expected a date or an RFC 3339 time, found 'yesterday'"),
            (("--offline",), "--software-platform cannot be used"), (("--listen", "tcp:localhost:1"), "IPv4 or [IPv6]")]
    for options, text in rows:
        r = subprocess.run([JURATD, "endorsements", "--software-platform", "jurat", *options], capture_output=True, text=True,
                           check=False)
        assert r.returncode == 2 and text in r.stderr, (options, r)
    for listen in "0.0.0.0:18081", "udp:1":
        r = subprocess.run([JURATD, "endorsements", "--listen", listen], capture_output=True, text=True, check=False)
        assert r.returncode == 2 and f"expected unix:PATH, vsock:PORT or tcp:ADDRESS:PORT, found '{listen}'" in r.stderr, r
        r = subprocess.run([JURATD, "qgs", "--software-enclave", "--listen", listen], capture_output=True, text=True, check=False)
        assert r.returncode == 2 and f"expected unix:PATH, vsock:PORT or tcp:127.x.y.z:PORT, found '{listen}'" in r.stderr, r
    for store, text in ("foo", "found 'foo'"), ("redis:stock", "found 'redis:...'"), ("dir:", "expected a path"), ("redis://", "HOST"):
        r = subprocess.run([JURATD, "endorsements", "--store", store], capture_output=True, text=True, check=False)
        assert r.returncode == 2 and "--store: " in r.stderr and text in r.stderr, r
    r = subprocess.run([JURATD, "endorsements", "--store", f"dir:{tmp}/a/b"], capture_output=True, text=True, check=False)
    assert r.returncode == 3 and "the directory above it does not exist" in r.stderr, r
    make_certificate(tmp, "x")
    other = tmp / "other"
    other.mkdir()
    make_certificate(other, "x")
    r = subprocess.run([JURATD, "endorsements", "--software-platform", "x", "--listen", "tcp:127.0.0.1:0", "--tls-cert", tmp / "crt",
                        "--tls-key", other / "key"], capture_output=True, text=True, check=False)
    assert r.returncode == 3 and f"{tmp}/crt" in r.stderr and f"{other}/key" in r.stderr, r
    for options in ("--chips", "2"), ("--fault", "429"), ("--at", "2024-02-03"), ("--evidence", "x"):
        r = subprocess.run([JURATD, "endorsements", *options], capture_output=True, text=True, check=False)
        assert r.returncode == 2 and "need --software-platform" in r.stderr, r
    for url in "ftp://bob:hunter2@h", "https://bob:hunter2@h", "https://bob:hunter2", "bob:hunter2@h":
        r = subprocess.run([JURATD, "endorsements", "--upstream", url], capture_output=True, text=True, check=False)
        assert r.returncode == 2 and "--upstream: " in r.stderr and "URL" in r.stderr and "hunter2" not in r.stderr, (url, r)


# ---- hostile clients

@case
def a_body_a_huge_target_and_rubbish_are_refused_and_others_served(tmp):
    def raw(data):
        with socket.create_connection((juratd.host, juratd.port), timeout=60) as s:
            try:
                s.sendall(data)
                s.shutdown(socket.SHUT_WR)
                got = b""
                while part := s.recv(65536):
                    got += part
                return got
            except OSError:  # closed amid what was sent
                return b""

    with Juratd(JURATD, "--timeout", "2000") as juratd:
        head = b"GET /IntelSGXRootCA.der HTTP/1.1\r\nHost: x\r\n"
        assert raw(head + b"Content-Length: 3\r\n\r\nabc").startswith(b"HTTP/1.1 400")
        assert b" 200 " not in raw(head + b"Content-Length: 100000000\r\n\r\n" + b"x" * 500000)
        assert b" 200 " not in raw(head + b"Transfer-Encoding: chunked\r\n\r\n" + b"8000\r\n" + b"x" * 0x8000 + b"\r\n0\r\n\r\n")
        assert b" 200 " not in raw(b"GET /" + b"a" * 3000 + b" HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b" 200 " not in raw(b"GET /" + b"a" * 1000000 + b" HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b" 200 " not in raw(head + b"X: " + b"y" * 1000000 + b"\r\n\r\n")
        assert b" 200 " not in raw(b"\x16\x03\x01" + bytes(range(256)) * 8)
        many = raw(head + b"\r\n" + (head + b"\r\n") * 49 + head + b"Connection: close\r\n\r\n")
        assert many.count(b"HTTP/1.1 200 OK\r\n") == 51, many.count(b"HTTP/1.1 200 OK\r\n")
        juratd.get("/IntelSGXRootCA.der")


@case
def clients_beyond_the_limit_and_silent_ones_keep_nobody_waiting(tmp):
    with Juratd(JURATD, "--max-connections", "50", "--timeout", "60000") as juratd:
        idle = [socket.create_connection((juratd.host, juratd.port), timeout=60) for _ in range(200)]
        for s in idle[::2]:
            try:
                s.sendall(b"GET /Int")
            except ConnectionError:
                pass
        for _ in range(20):
            juratd.get("/IntelSGXRootCA.der")
        for s in idle:
            s.close()
    with Juratd(JURATD, "--timeout", "300") as juratd:
        with socket.create_connection((juratd.host, juratd.port), timeout=60) as s:
            s.sendall(b"GET /IntelSGXRootCA.der HTTP/1.1\r\nHost")
            assert s.recv(1000) == b""  # closed in time


def descriptors(process):
    """How many it has; -1: only root may see that of a process that cannot be traced."""
    try:
        return len(list(pathlib.Path(f"/proc/{process.pid}/fd").iterdir()))
    except PermissionError:
        return -1


@case
def ten_thousand_connections_are_bounded_in_memory_and_leave_others_served(tmp):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    n = min(10000, (hard if hard != resource.RLIM_INFINITY else 1 << 20) - 200)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, n + 200), hard))
    idle = []
    try:
        with Juratd(JURATD, "--timeout", "600000") as juratd:
            juratd.get("/IntelSGXRootCA.der")
            before = descriptors(juratd.process)
            for i in range(n):
                s = socket.create_connection((juratd.host, juratd.port), timeout=60)
                idle.append(s)
                if i % 2:
                    s.send(b"GET /vcek/v1/Milan/cert_chain HTTP/1.1\r\nHost: x\r\nX: " + b"y" * (i % 3000))
                if i % 500 == 0:
                    juratd.get("/IntelSGXRootCA.der")
            status = pathlib.Path(f"/proc/{juratd.process.pid}/status").read_text()
            peak = int(re.search(r"VmHWM:\s+(\d+) kB", status)[1])
            assert peak < 200 * 1024, f"{peak} KiB"
            for s in idle:
                s.close()
            for _ in range(100):  # each answer is a turn of the loop, which closes what has ended
                juratd.get("/IntelSGXRootCA.der")
                if descriptors(juratd.process) <= before + 2:
                    break
            else:
                raise AssertionError("connections are left open")
            if before < 0:
                raise Skip("memory is bounded; whether descriptors are closed, only root may see")
    finally:
        for s in idle:
            s.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


if __name__ == "__main__":
    sys.exit(main("jurat-endorsements-"))
