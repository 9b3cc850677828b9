#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Fetching over HTTP from services that fail, lie or attack: what is refused, what is repeated and when. Prints TAP;
test_http.py FETCH_PROBE"""
import email.utils
import gzip
import hashlib
import json
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
import warnings

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from tap import Skip, case, main  # noqa: E402

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from hostile import Server, answer, in_turn, make_tls  # noqa: E402

PROBE = os.path.abspath(sys.argv[1])
CHIP = "ab" * 64
VCEK = f"/vcek/v1/Milan/{CHIP}?blSPL=3&teeSPL=0&snpSPL=8&ucodeSPL=115"
CHAIN = "/vcek/v1/Milan/cert_chain"
TCB = "/tdx/certification/v4/tcb?fmspc=b0c06f000000&update=standard"
ROOT_CRL = "/sgx/certification/v4/rootcacrl"
MAX = 1 << 20
DER = ("Content-Type: application/pkix-cert",)
JSON = ("Content-Type: application/json",)


def environment(**more):
    """That of a user without a proxy or CA files of his own."""
    names = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "curl_ca_bundle", "ssl_cert_file", "ssl_cert_dir")
    return {k: v for k, v in os.environ.items() if k.lower() not in names} | more


def probe(source, target=VCEK, env=None, **options):
    words = [f"{k}={v}" for k, v in options.items()]
    p = subprocess.run([PROBE, getattr(source, "url", source), target, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                       timeout=60, env=environment() if env is None else env)
    assert p.returncode == 0, p.stderr
    lines = [json.loads(line) for line in p.stdout.splitlines()]
    return lines[-1], lines[:-1]


def waits(events):
    return [e["wait_ms"] for e in events if e["what"] == "retries"]


def refused(respond, name, *texts, target=VCEK, requests=1, **options):
    """The answer is refused, at once, with these words."""
    with Server(respond if callable(respond) else in_turn(respond)) as server:
        result, events = probe(server, target, **options)
        assert result["name"] == name, result
        for text in texts:
            assert text in result["error"], result
        assert result["size"] == 0 and waits(events) == [], (result, events)
        assert len(server.requests) == requests, len(server.requests)
        return result


@case
def an_answer_is_taken_as_it_is(tmp):
    body = bytes(range(256)) * 5
    with Server(in_turn(answer(body=b"\x30" + body, headers=DER))) as server:
        result, events = probe(server)
    assert result["r"] == 0 and result["sha256"] == hashlib.sha256(b"\x30" + body).hexdigest(), result
    assert [e["what"] for e in events] == ["asks", "got"] and events[1]["status"] == 200
    request = server.requests[0]
    assert (request.method, request.target) == ("GET", VCEK.replace("blSPL=3", "blSPL=03").replace("teeSPL=0", "teeSPL=00")
                                                .replace("snpSPL=8", "snpSPL=08")), request.target
    assert request.headers["user-agent"].startswith("jurat/"), request.headers
    assert "accept-encoding" not in request.headers and "cookie" not in request.headers


@case
def a_base_url_may_have_a_path_and_slashes_at_its_end(tmp):
    with Server(in_turn(answer(body=b"0", headers=DER))) as server:
        result, _ = probe(server.url + "/mirror//")
        assert result["r"] == 0 and server.requests[0].target.startswith("/mirror/vcek/"), server.requests[0].target


@case
def a_source_that_is_no_url_of_a_service_is_refused(tmp):
    for url, text in (("http://", "expected a URL"), ("https://user:pw@localhost/", "user name"), ("http://h/?a=b", "without '?'"),
                      ("http://h/#a", "without '?'"), ("ftp://h/", "found 'ftp'"), ("file:///etc", "expected a URL"),
                      ("http://h:99999/", "expected a URL"), (f"{tmp}/none", "cannot read")):
        result, events = probe(url)
        assert result["r"] < 0 and text in result["error"] and events == [], (url, result)
        assert "A-SECRET" not in result["error"]


@case
def a_source_that_is_refused_is_not_quoted_since_it_may_have_a_password(tmp):
    for url in ("https://bob:hunter2@h/", "ftp://bob:hunter2@h/", "http://bob:hunter2@h:99999/", "http://bob:hun hunter2@h", "http://bob:x/hunter2@h",
                "http://bob:hunter2", "https://h/?token=hunter2", "https://h/#hunter2"):
        result, events = probe(url)
        assert result["r"] < 0 and "URL" in result["error"] and events == [], (url, result)
        assert "hunter2" not in result["error"], result


@case
def an_issuer_chain_is_decoded_from_its_header(tmp):
    with Server(in_turn(answer(body=b"{}", headers=(*JSON, "tcb-info-issuer-chain: -----BEGIN%20X-----%0Aa%2Bb")))) as server:
        assert probe(server, TCB)[0]["chain"] == "-----BEGIN X-----\na+b"


@case
def an_issuer_chain_that_is_missing_too_large_or_has_a_nul_is_refused(tmp):
    refused(answer(body=b"{}", headers=JSON), "EBADMSG", "TCB-Info-Issuer-Chain", "found none", target=TCB)
    for chain in ("a%00b", "a" * 70000):
        refused(answer(body=b"{}", headers=(*JSON, f"TCB-Info-Issuer-Chain: {chain}")), "EBADMSG", "TCB-Info-Issuer-Chain", target=TCB)


@case
def certificates_and_crls_in_pem_or_hex_become_der(tmp):
    if not shutil.which("openssl"):
        raise Skip("no openssl")
    ca, _ = make_tls(tmp)
    der = subprocess.run(["openssl", "x509", "-in", ca, "-outform", "DER"], check=True, stdout=subprocess.PIPE).stdout
    for body in ca.read_bytes(), der, der.hex().encode():
        with Server(in_turn(answer(body=body, headers=DER))) as server:
            assert probe(server)[0]["sha256"] == hashlib.sha256(der).hexdigest()


@case
def a_page_or_another_type_is_refused(tmp):
    for target, kind in ((VCEK, "text/html"), (CHAIN, "text/html; charset=utf-8"), (TCB, "text/plain"), (ROOT_CRL, "application/json"),
                         (VCEK, "application/json"), (TCB, "application/pkix-crl"), (VCEK, "x" * 5000)):
        refused(answer(body=b"<html>", headers=(f"Content-Type: {kind}",)), "EBADMSG", "expected content of type", target=target)
    refused(answer(body=b"<html>", headers=("Content-Type: text/html",)), "EBADMSG", "of type application/pkix-crl, found", target=ROOT_CRL)


@case
def the_types_of_services_and_of_plain_web_servers_are_taken(tmp):
    for target, kind in ((VCEK, "application/octet-stream"), (VCEK, "Application/PKIX-Cert; x=y"), (CHAIN, "text/plain"),
                         (ROOT_CRL, "application/pkix-crl"), (ROOT_CRL, "application/x-x509-ca-cert"), (CHAIN, "application/x-pem-file")):
        with Server(in_turn(answer(body=b"0", headers=(f"Content-Type: {kind}",)))) as server:
            assert probe(server, target)[0]["r"] == 0, (target, kind)
    with Server(in_turn(answer(body=b"0"))) as server:
        assert probe(server)[0]["r"] == 0


@case
def an_encoding_that_was_not_asked_for_is_refused_and_never_unpacked(tmp):
    bomb = gzip.compress(bytes(32 << 20))
    assert len(bomb) < MAX
    refused(answer(body=bomb, headers=(*DER, "Content-Encoding: gzip")), "EBADMSG", "Content-Encoding")


@case
def a_transfer_coding_does_not_get_around_the_limit(tmp):
    bomb = gzip.compress(bytes(32 << 20))
    chunk = b"%x\r\n%s\r\n0\r\n\r\n" % (len(bomb), bomb)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/pkix-cert\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"
    with Server(in_turn(head + chunk)) as server:
        result, _ = probe(server, attempts=1)
        assert result["r"] < 0 and result["size"] == 0, result


@case
def a_body_may_have_the_limit_and_no_byte_more(tmp):
    with Server(in_turn(answer(body=b"0" * MAX, headers=DER))) as server:
        assert probe(server)[0]["size"] == MAX
    refused(answer(body=b"0" * (MAX + 1), headers=DER), "EMSGSIZE", f"at most {MAX} bytes")
    refused(answer(headers=DER, length=1 << 40), "EMSGSIZE", f"at most {MAX} bytes")


@case
def an_endless_body_is_cut_off(tmp):
    sent = []

    def respond(request):
        request.socket.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/pkix-cert\r\n\r\n")
        sent.append(request.send_forever(b"0" * 65536))

    refused(respond, "EMSGSIZE")
    assert sent == [] or sent[0] < 64 << 20


@case
def endless_headers_are_cut_off(tmp):
    def respond(request):
        request.socket.sendall(b"HTTP/1.1 200 OK\r\n")
        request.send_forever(b"X-More: " + b"x" * 1000 + b"\r\n")

    refused(respond, "EMSGSIZE", "headers")


@case
def one_endless_header_is_cut_off(tmp):
    def respond(request):
        request.socket.sendall(b"HTTP/1.1 200 OK\r\nX-More: ")
        request.send_forever(b"x" * 65536)

    with Server(respond) as server:
        assert probe(server, attempts=1)[0]["r"] < 0


@case
def half_an_answer_is_asked_for_again_and_never_taken(tmp):
    whole = answer(body=b"0123456789", headers=DER)
    for cut in range(1, len(whole)):
        with Server(in_turn(whole[:cut], whole)) as server:
            result, events = probe(server)
            assert result["r"] == 0 and result["size"] == 10, (cut, result)
            assert len(server.requests) == 2 and len(waits(events)) == 1, (cut, events)
    with Server(in_turn(whole[:-1])) as server:
        result, events = probe(server, attempts=3)
        assert result["name"] == "ECONNRESET" and "(3 attempts)" in result["error"], result
        assert len(server.requests) == 3


@case
def fields_after_the_content_and_answers_before_the_last_are_passed_over(tmp):
    chunked = b"HTTP/1.1 200 OK\r\nContent-Type: application/pkix-cert\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n0\r\n"
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n"
    whole = answer(body=b"01234", headers=DER)
    for sent in (chunked + b"\r\n", chunked + b"X-Trailer: 1\r\n\r\n", chunked + b"Expires: 0\r\nX: HTTP/1.1\r\n\r\n", early + whole):
        with Server(in_turn(sent)) as server:
            result, events = probe(server, attempts=1)
            assert result["r"] == 0 and result["size"] == 5, (sent, result)
    for cut in range(len(early), len(early + whole)):
        with Server(in_turn((early + whole)[:cut])) as server:
            assert probe(server, attempts=1)[0]["r"] < 0, cut


@case
def a_connection_that_ends_at_once_is_tried_again(tmp):
    with Server(in_turn(b"", answer(body=b"0", headers=DER))) as server:
        assert probe(server)[0]["r"] == 0


@case
def nobody_listening_is_tried_again_and_named(tmp):
    with Server(in_turn(b"")) as server:
        url = server.url
    result, events = probe(url, attempts=4)
    assert result["name"] == "ECONNREFUSED" and url[7:] in result["error"], result
    assert len(waits(events)) == 3


@case
def a_service_that_does_not_answer_costs_the_time_of_one_request(tmp):
    before = time.monotonic()
    with Server(lambda request: request.wait_for_close()) as server:
        result, _ = probe(server, request_ms=150, attempts=2)
        assert result["name"] == "ETIMEDOUT", result
    assert time.monotonic() - before < 30


@case
def headers_that_come_a_byte_at_a_time_end_with_the_time(tmp):
    def respond(request):
        request.socket.settimeout(0.02)
        try:
            request.socket.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while True:
                request.socket.sendall(b"x")
                try:
                    if not request.socket.recv(1):
                        return
                except TimeoutError:
                    pass
        except OSError:
            pass

    with Server(respond) as server:
        assert probe(server, request_ms=300, attempts=1)[0]["name"] == "ETIMEDOUT"


@case
def what_is_not_http_is_refused(tmp):
    for junk in (b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/0.9 200 OK", b"\x16\x03\x01\x00\x05hello", b"HTTP/1.1 abc OK\r\n\r\n"):
        with Server(in_turn(junk)) as server:
            assert probe(server, attempts=1)[0]["r"] < 0, junk
    for junk in b"SSH-2.0-OpenSSH_9.2\r\n", b"0" * 100:  # not taken for an answer of HTTP/0.9, nor asked for again
        with Server(in_turn(junk)) as server:
            result, events = probe(server)
            assert result["name"] == "EPROTO" and "HTTP/0.9" in result["error"] and waits(events) == [] and len(server.requests) == 1, result


@case
def a_url_with_the_scheme_of_the_other_protocol_has_a_hint(tmp):
    _, pair = tls(tmp)
    with Server(in_turn(answer(404)), pair) as server:  # OpenSSL's answer to HTTP is nothing, or an alert
        result, _ = probe(f"http://localhost:{server.port}", attempts=1)
        assert result["r"] < 0 and "if the port expects TLS, use https://" in result["error"], result
    with socket.create_server(("127.0.0.1", 0)) as listener:
        def reject():
            sock, _ = listener.accept()
            sock.recv(4096)
            sock.sendall(answer(400))
            sock.recv(4096)  # an alert, or the end
            sock.close()

        threading.Thread(target=reject, daemon=True).start()
        result, _ = probe(f"https://localhost:{listener.getsockname()[1]}", attempts=1)
        assert result["r"] < 0 and "if the port expects plain HTTP, use http://" in result["error"], result
    with Server(in_turn(answer(404))) as server:
        result, _ = probe(server, attempts=1)
        assert result["name"] == "NOT_FOUND" and "expects" not in result["error"], result


@case
def what_a_service_does_not_have_is_not_found(tmp):
    for status in 404, 410:
        result = refused(answer(status), "NOT_FOUND", f"returned {status}", "/vcek/v1/Milan/")
        assert result["r"] > 0


@case
def another_status_is_an_error_and_not_tried_again(tmp):
    for status in 201, 204, 206, 300, 304, 400, 401, 403, 405, 461, 501, 505, 999:
        refused(answer(status, b"" if status in (204, 304) else b"why"), "EPROTO", f"returned {status}")


@case
def the_body_of_an_error_is_never_a_value(tmp):
    refused(answer(203, b"0" * 10, DER), "EPROTO")


@case
def a_429_is_repeated_after_the_time_that_it_names(tmp):
    with Server(in_turn(answer(429, headers=("Retry-After: 12",)), answer(429, headers=("retry-after: 3",)),
                        answer(body=b"0", headers=DER))) as server:
        result, events = probe(server)
        assert result["r"] == 0 and result["slept_ms"] >= 15000, result
        first, second = waits(events)
        assert 12000 <= first <= 13000 and 3000 <= second <= 4000, events
        assert "429" in events[1]["why"]


@case
def a_429_without_a_time_waits_as_long_as_amd_s_quota(tmp):
    for headers in ((), ("Retry-After: soon",), ("Retry-After: -1",), ("Retry-After: ",), ("Retry-After: 0",), ("Retry-After: 5 s",)):
        with Server(in_turn(answer(429, headers=headers), answer(body=b"0", headers=DER))) as server:
            first, = waits(probe(server)[1])
            assert 10000 <= first <= 11000, (headers, first)


@case
def a_time_may_be_a_date(tmp):
    with Server(in_turn(answer(503, headers=(f"Retry-After: {email.utils.formatdate(time.time() + 40, usegmt=True)}",)),
                        answer(503, headers=("Retry-After: Thu, 01 Jan 1970 00:00:00 GMT",)),
                        answer(body=b"0", headers=DER))) as server:
        result, events = probe(server)
        first, second = waits(events)
        assert result["r"] == 0 and 36000 <= first <= 41000 and second <= 1000, events


@case
def a_time_beyond_the_limit_ends_the_attempts_at_once(tmp):
    for text in "3600", "9" * 400:
        with Server(in_turn(answer(429, headers=(f"Retry-After: {text}",)))) as server:
            result, events = probe(server)
            assert result["name"] == "BUSY" and "returned 429" in result["error"] and "try again in" in result["error"], result
            assert len(server.requests) == 1 and result["slept_ms"] == 0 and waits(events) == []
            assert 3600000 <= result["retry_after_ms"] <= 86401000, result


@case
def a_service_that_stays_busy_is_asked_no_more_often_than_allowed(tmp):
    with Server(in_turn(answer(429, headers=("Retry-After: 1",)))) as server:
        result, _ = probe(server, attempts=5)
        assert result["name"] == "BUSY" and len(server.requests) == 5, result
    with Server(in_turn(answer(429))) as server:
        result, _ = probe(server, attempts=100, limit_ms=35000)
        assert result["name"] == "BUSY" and len(server.requests) == 4 and result["slept_ms"] < 35000, result


@case
def a_5xx_is_repeated_after_growing_times(tmp):
    with Server(in_turn(*(answer(s) for s in (500, 502, 503, 504, 507, 500)), answer(body=b"0", headers=DER))) as server:
        result, events = probe(server, attempts=7)
        assert result["r"] == 0, result
        for i, ms in enumerate(waits(events)):
            whole = 500 << i
            assert whole / 2 <= ms <= whole, (i, ms)


@case
def waits_differ_from_run_to_run_and_have_a_bound(tmp):
    with Server(in_turn(answer(500))) as server:
        runs = [waits(probe(server, attempts=12, limit_ms=1000000)[1]) for _ in range(3)]
    assert all(len(r) == 11 and max(r) <= 30000 for r in runs), runs
    assert runs[0] != runs[1] or runs[1] != runs[2], runs


@case
def a_service_that_stays_out_of_order_is_named(tmp):
    with Server(in_turn(answer(500))) as server:
        result, events = probe(server, attempts=2)
        assert result["name"] == "EHOSTDOWN" and "returned 500" in result["error"] and "(2 attempts)" in result["error"], result
        assert [e["what"] for e in events] == ["asks", "retries", "asks", "failed"], events


@case
def stop_ends_a_wait_and_a_transfer(tmp):
    with Server(in_turn(answer(500))) as server:
        result, _ = probe(server, stop_after=2)  # asks, retries
        assert result["name"] == "ECANCELED" and len(server.requests) == 1, result
    with Server(lambda request: request.wait_for_close()) as server:
        assert probe(server, stop_after=1)[0]["name"] == "ECANCELED"


@case
def a_redirect_to_the_same_host_is_followed(tmp):
    def respond(request):
        return answer(body=b"0", headers=DER) if request.target == "/there" else answer(302, headers=("Location: /there",))

    with Server(respond) as server:
        assert probe(server)[0]["r"] == 0 and len(server.requests) == 2


@case
def a_redirect_elsewhere_is_refused_and_named(tmp):
    with Server(in_turn(answer(body=b"0", headers=DER))) as other:
        for location, text in ((f"http://localhost:{other.port}/", "another host, 'localhost'"), ("https://evil.example/", "another host"),
                               (f"{other.url}/", "another port"), ("file:///etc/passwd", "not HTTP"), ("ftp://127.0.0.1/", "not HTTP"),
                               ("gopher://127.0.0.1/", "not HTTP"), ("//evil.example/", "another host"),
                               ("javascript:alert(1)", "not HTTP")):
            for status in 301, 302, 303, 307, 308:
                refused(answer(status, headers=(f"Location: {location}",)), "EPROTO", text)
        refused(lambda r: answer(302, headers=(f"Location: http://a:b@{r.headers['host']}/",)), "EPROTO", "credentials")
        assert other.requests == []


@case
def redirects_in_a_circle_end(tmp):
    refused(answer(302, headers=("Location: /again",)), "EPROTO", "more than 3 times", requests=4)


@case
def a_redirect_without_a_place_is_an_error(tmp):
    refused(answer(302), "EPROTO", "returned 302")


def tls(tmp, name="localhost"):
    if not shutil.which("openssl"):
        raise Skip("no openssl")
    return make_tls(tmp, name)


@case
def https_needs_a_certificate_of_a_trusted_authority(tmp):
    ca, pair = tls(tmp)
    with Server(in_turn(answer(body=b"0", headers=DER)), pair) as server:
        result, events = probe(server)
        assert result["name"] == "EKEYREJECTED" and waits(events) == [] and server.requests == [], result
        assert probe(server, ca_file=ca)[0]["r"] == 0


@case
def https_needs_a_certificate_of_that_name(tmp):
    ca, pair = tls(tmp, "other.example")
    with Server(in_turn(answer(body=b"0", headers=DER)), pair) as server:
        result, _ = probe(server, ca_file=ca)
        assert result["name"] == "EKEYREJECTED" and server.requests == [], result


@case
def ca_files_of_the_environment_are_used_as_curl_does(tmp):
    ca, pair = tls(tmp)
    (tmp / "wrong").mkdir()
    wrong, _ = make_tls(tmp / "wrong")
    with Server(in_turn(answer(body=b"0", headers=DER)), pair) as server:
        for name in "CURL_CA_BUNDLE", "SSL_CERT_FILE":
            assert probe(server, env=environment(**{name: str(ca)}))[0]["r"] == 0, name
            assert probe(server, env=environment(**{name: str(wrong)}))[0]["r"] < 0, name
        both = environment(CURL_CA_BUNDLE=str(wrong), SSL_CERT_FILE=str(ca))
        assert probe(server, env=both)[0]["r"] < 0
        assert probe(server, env=environment(CURL_CA_BUNDLE="", SSL_CERT_FILE=str(ca)))[0]["r"] == 0
        assert probe(server, env=both, ca_file=ca)[0]["r"] == 0
        assert probe(server, env=environment(SSL_CERT_FILE=str(ca)), ca_file=wrong)[0]["r"] < 0


@case
def a_ca_file_that_cannot_be_read_is_an_error(tmp):
    ca, pair = tls(tmp)
    with Server(in_turn(answer(body=b"0", headers=DER)), pair) as server:
        result, events = probe(server, ca_file=tmp / "none.pem")
        assert result["name"] == "ENOENT" and "none.pem" in result["error"] and waits(events) == [], result


@case
def https_never_becomes_http(tmp):
    ca, pair = tls(tmp)

    def respond(request):
        return answer(302, headers=(f"Location: http://localhost:{server.port}/",))

    with Server(respond, pair) as server:
        result, _ = probe(server, ca_file=ca)
        assert result["name"] == "EPROTO" and "https to http" in result["error"], result


@case
def a_proxy_of_the_environment_is_used(tmp):
    def respond(request):
        return answer(body=b"0", headers=DER)

    with Server(respond) as proxy:
        result, _ = probe("http://kds.example/x", env=environment(http_proxy=proxy.url))
        assert result["r"] == 0 and proxy.requests[0].target.startswith("http://kds.example/x/vcek/"), result
        assert probe("http://kds.example", env=environment(all_proxy=proxy.url))[0]["r"] == 0
        with Server(in_turn(answer(404))) as server:
            result, _ = probe(server, env=environment(http_proxy=proxy.url, no_proxy="127.0.0.1"))
            assert result["name"] == "NOT_FOUND" and len(proxy.requests) == 2, result


@case
def https_goes_through_a_tunnel_of_the_proxy(tmp):
    ca, pair = tls(tmp)
    seen = []

    def respond(request):
        seen.append((request.method, request.target))
        return answer(403)

    with Server(respond) as proxy:
        result, _ = probe("https://kds.example", env=environment(https_proxy=proxy.url), attempts=1, ca_file=ca)
        assert result["r"] < 0 and "403" in result["error"], result
        assert seen == [("CONNECT", "kds.example:443")], seen


@case
def a_proxy_s_headers_are_not_those_of_the_service(tmp):
    """A 404 of the proxy for CONNECT does not mean that the service has no such item."""
    with Server(in_turn(answer(404))) as proxy:
        result, _ = probe("https://kds.example", env=environment(https_proxy=proxy.url), attempts=1)
        assert result["r"] < 0 and result["name"] != "NOT_FOUND", result


def relay(request, port):
    """The tunnel that CONNECT asks for, to the port, until one side has had enough."""
    def copy(to, frm):
        try:
            while data := frm.recv(65536):
                to.sendall(data)
            to.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    with socket.create_connection(("127.0.0.1", port), timeout=60) as far:
        up = threading.Thread(target=copy, args=(far, request.socket), daemon=True)
        up.start()
        copy(request.socket, far)
        up.join(60)


@case
def the_answer_to_connect_is_no_part_of_the_answer_through_the_tunnel(tmp):
    """Neither its headers nor their size."""
    ca, pair = tls(tmp)
    pad = "".join(f"X-Pad-{i}: {'a' * 8000}\r\n" for i in range(26))

    def respond(request):
        assert request.method == "CONNECT"
        request.socket.sendall(f"HTTP/1.1 200 OK\r\nTCB-Info-Issuer-Chain: proxy\r\nContent-Encoding: gzip\r\n{pad}\r\n".encode())
        relay(request, server.port)

    with Server(in_turn(answer(body=b"{}", headers=(*JSON, "TCB-Info-Issuer-Chain: " + "b" * 60000))), pair) as server, Server(respond) as proxy:
        result, _ = probe(server, TCB, env=environment(https_proxy=proxy.url), attempts=1, ca_file=ca)
        assert result["r"] == 0 and result["chain"] == "b" * 60000 and len(proxy.requests) == 1, result


@case
def a_proxy_of_https_needs_a_certificate_of_a_trusted_authority(tmp):
    _, pair = tls(tmp)
    with Server(in_turn(answer(body=b"0", headers=DER)), pair) as proxy:
        result, _ = probe("http://kds.example", env=environment(http_proxy=proxy.url), attempts=1)
        assert result["r"] < 0 and proxy.requests == [], result


@case
def tls_before_1_2_is_refused_whatever_the_system_allows(tmp):
    ca, pair = tls(tmp)
    config = tmp / "openssl.cnf"
    config.write_text("openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\nMinProtocol = TLSv1\nCipherString = DEFAULT:@SECLEVEL=0\n")
    for version, good in ((ssl.TLSVersion.TLSv1_2, True), (ssl.TLSVersion.TLSv1_1, False)):
        with warnings.catch_warnings(), Server(in_turn(answer(body=b"0", headers=DER)), pair) as server:
            warnings.simplefilter("ignore")  # it is deprecated, which is the point
            server.context.set_ciphers("DEFAULT:@SECLEVEL=0")
            server.context.minimum_version = server.context.maximum_version = version
            result, _ = probe(server, ca_file=ca, attempts=1, env=environment(OPENSSL_CONF=str(config)))
            assert (result["r"] == 0) == good and len(server.requests) == good, (version, result)


sys.exit(main())
