#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: MIT
"""juratd endorsements with a stock, before services that fail and lie: reads through it once, and never serves what is wrong."""
import concurrent.futures
import contextlib
import http.server
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "support"))
from endorsements import FMSPC, SPLS, Juratd, make_certificate, roots_of  # noqa: E402
from free_port import free_port  # noqa: E402
from tap import Skip, case, main  # noqa: E402

JURATD = sys.argv[1]
TDX_TCB = f"/tdx/certification/v4/tcb?fmspc={FMSPC}"
TARGETS = ["/vcek/v1/Milan/cert_chain", "/vlek/v1/Genoa/cert_chain", "/vcek/v1/Turin/crl", "/vlek/v1/Milan/crl", TDX_TCB,
           f"/sgx/certification/v4/tcb?fmspc={FMSPC}&update=early", "/tdx/certification/v4/qe/identity",
           "/sgx/certification/v4/qe/identity?tcbEvaluationDataNumber=21", "/sgx/certification/v4/qve/identity",
           "/sgx/certification/v4/pckcrl?ca=processor", "/sgx/certification/v4/pckcrl?ca=platform&encoding=der",
           "/sgx/certification/v4/rootcacrl", "/tdx/certification/v4/tcbevaluationdatanumbers"]


def metric_of(port, name):
    with socket.create_connection(("127.0.0.1", port), timeout=60) as s:
        s.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        text = b""
        while part := s.recv(65536):
            text += part
    found = re.search(rf"^juratd_endorsements_{re.escape(name)} (\d+)$", text.decode(), re.MULTILINE)
    assert found, (name, text)
    return int(found[1])


class Front(Juratd):
    """A replica, with its metrics."""

    def __init__(self, tmp, upstream, *options, store=None):
        roots = tmp / "roots"
        self.metrics = free_port()
        words = ["--store", store or f"dir:{tmp}/stock", "--roots", roots, "--metrics", f"tcp:127.0.0.1:{self.metrics}"]
        if upstream:
            words += ["--upstream", upstream.url()]
        super().__init__(JURATD, *words, *options, seed=None)

    def reload(self):
        self.process.send_signal(signal.SIGHUP)
        while "event=reloaded" not in self.line():
            pass

    def metric(self, name):
        return metric_of(self.metrics, name)

    def asked(self, service, end="got"):
        return self.metric(f'upstream_total{{service="{service}",end="{end}"}}')


class Redis:
    def __init__(self, tmp):
        program = shutil.which("redis-server") or shutil.which("valkey-server")
        if not program:
            raise Skip("no redis-server here")
        self.port = free_port()
        self.words = [program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp)]
        self.start()

    def start(self):
        self.process = subprocess.Popen(self.words, stdout=subprocess.PIPE)
        while b"eady to accept connections" not in (line := self.process.stdout.readline()):
            assert line, "redis-server does not start"

    def url(self):
        return f"redis://127.0.0.1:{self.port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


@case
def what_comes_through_is_what_the_service_has(tmp):
    with Juratd(JURATD, "--chips", "1") as upstream:
        roots_of(upstream, tmp / "roots")
        vcek = upstream.vcek()
        with Front(tmp, upstream) as front:
            for target in [vcek, *TARGETS]:
                theirs, ours = upstream.get(target), front.get(target)
                assert ours.body == theirs.body, target
                chains = [[(k, v) for k, v in a.getheaders() if k.endswith("-Chain") or k == "Content-Type"] for a in (theirs, ours)]
                assert chains[0] == chains[1], target
                assert front.get(target).body == theirs.body
            assert front.metric('answers_from_total{from="memory"}') == len(TARGETS) + 1
            assert front.ask(f"/vcek/v1/Milan/{'ab' * 64}?{SPLS}").status in (404, 429)  # 429: after its wait for the quota
            assert front.ask("/tdx/certification/v4/tcb?fmspc=00906ed50000").status == 404
            assert front.ask("/tdx/certification/v4/qe/identity?tcbEvaluationDataNumber=3").status == 410
        with Front(tmp, None, "--offline") as front:  # the same without the service
            for target in [vcek, *TARGETS]:
                assert front.get(target).body == upstream.get(target).body, target
            assert front.ask("/vcek/v1/Turin/cert_chain").status == 200  # the CRL's check needed it
            assert front.ask("/vcek/v1/Genoa/cert_chain").status == 404


@case
def two_changes_of_certificates_answer_what_waits_under_the_first(tmp):
    def ask():
        with tls.wrap_socket(socket.create_connection((front.host, front.port), timeout=60), server_hostname=front.host) as s:
            s.sendall(b"GET /vcek/v1/Milan/cert_chain HTTP/1.1\r\nHost: x\r\n\r\n")
            return s.recv(65536)

    tls = make_certificate(tmp, "x")
    with Juratd(JURATD, "--fault", "slow:2000") as upstream, concurrent.futures.ThreadPoolExecutor(8) as pool:
        with Juratd(JURATD) as other:
            roots_of(other, tmp / "roots")
        with Front(tmp, upstream, "--tls-cert", tmp / "crt", "--tls-key", tmp / "key") as front:
            waiting = [pool.submit(ask) for _ in range(8)]
            while front.metric("waiting") < 8:
                pass
            for _ in range(2):
                front.process.send_signal(signal.SIGHUP)
                while "event=reloaded" not in front.line():
                    pass
            for answer in waiting:
                assert answer.result().startswith(b"HTTP/1.1 503 "), answer.result()
            assert ask().startswith(b"HTTP/1.1 200 ")  # of the flight that the others began
            assert front.asked("kds") == 1


@case
def counters_do_not_go_back_when_certificates_change(tmp):
    with Juratd(JURATD) as other:
        roots_of(other, tmp / "roots")
    tls = make_certificate(tmp, "x")
    with Front(tmp, None, "--offline", "--tls-cert", tmp / "crt", "--tls-key", tmp / "key") as front:
        front.tls = tls
        for n in range(1, 4):
            assert front.ask(TDX_TCB).status == 404
            assert front.metric("accepted_total") == n
            front.reload()
            assert front.metric("accepted_total") == n


@case
def one_request_goes_upstream_however_many_ask(tmp):
    with Juratd(JURATD, "--fault", "slow:500") as upstream:
        with Juratd(JURATD) as other:
            roots_of(other, tmp / "roots")
        with Front(tmp, upstream) as front, Front(tmp, upstream) as second, concurrent.futures.ThreadPoolExecutor(60) as pool:
            for target, service, n in ((TDX_TCB, "pcs", 1), ("/vlek/v1/Milan/crl", "kds", 2)):  # 2: with the chain
                bodies = set(pool.map(lambda i: (front, second)[i % 2].get(target).body, range(60)))
                assert len(bodies) == 1
                assert front.asked(service) + second.asked(service) == n, target


@case
def the_quota_is_never_exceeded_and_clients_come_again(tmp):
    with Juratd(JURATD, "--chips", "9") as upstream:
        roots_of(upstream, tmp / "roots")
        targets = [upstream.vcek(i) for i in range(10)]
        options = "--kds-interval", "400", "--wait", "1000"
        with Front(tmp, upstream, *options) as a, Front(tmp, upstream, *options) as b, \
                concurrent.futures.ThreadPoolExecutor(20) as pool:
            begin = time.monotonic()
            missing, rounds = {(front, t) for front in (a, b) for t in targets}, 0
            while missing:
                answers = dict(zip(missing, pool.map(lambda ft: ft[0].ask(ft[1]), missing)))
                for key, answer in answers.items():
                    assert answer.status in (200, 429), (answer.status, answer.body)
                    assert answer.status == 200 or int(answer.headers["Retry-After"]) > 0
                    if answer.status == 200:
                        missing.discard(key)
                rounds += 1
                assert rounds < 30
            elapsed = time.monotonic() - begin
            got = a.asked("kds") + b.asked("kds")
            assert got == len(targets) + 1 and elapsed > 9 * 0.4 - 0.1, (got, elapsed)
            assert a.metric("waited_in_vain_total") + b.metric("waited_in_vain_total") > 0


@case
def one_address_with_many_made_up_chips_delays_another_by_one(tmp):
    with Juratd(JURATD, "--chips", "1") as upstream, contextlib.ExitStack() as connections:
        roots_of(upstream, tmp / "roots")
        vceks = upstream.vcek(0), upstream.vcek(1)
        with Front(tmp, upstream, "--kds-interval", "500", "--wait", "60000") as front:
            front.get(vceks[0])  # with the chain; the bucket is empty
            for i in range(300):
                s = connections.enter_context(socket.create_connection((front.host, front.port), timeout=60, source_address=("127.0.0.2", 0)))
                s.sendall(f"GET /vcek/v1/Milan/{i:0128x}?{SPLS} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            while front.metric("flights_now") < 290:
                pass
            before = front.asked("kds", "missing")
            front.get(vceks[1])
            assert front.asked("kds", "missing") - before <= 2, (before, front.asked("kds", "missing"))  # 2: one may be on its way


@case
def a_service_that_says_429_is_left_alone(tmp):
    with Juratd(JURATD, "--fault", "429:1,retry-after=2@vcek") as upstream:
        roots_of(upstream, tmp / "roots")
        vcek = f"/vcek/v1/Milan/{[c['hwid'] for c in upstream.chips()][0]}?{SPLS}"
        with Front(tmp, upstream, "--kds-interval", "100") as front:
            begin = time.monotonic()
            front.get(vcek)
            assert time.monotonic() - begin >= 1.9 and front.metric("pauses_total") == 1


@case
def a_service_that_says_429_to_what_a_check_needs_is_left_alone(tmp):
    with Juratd(JURATD, "--chips", "3", "--fault", "429:99,retry-after=60@vcek-chain") as upstream:
        with Juratd(JURATD) as other:
            roots_of(other, tmp / "roots")
        with Front(tmp, upstream, "--kds-interval", "10", "--wait", "1000") as front:
            for chip in range(3):
                answer = front.ask(f"/vcek/v1/Milan/{upstream.chips()[chip]['hwid']}?{SPLS}")
                assert answer.status == 429, (answer.status, answer.body)
            assert front.asked("kds", "busy") == 1 and front.metric("pauses_total") == 1, front.asked("kds", "busy")


class Behind(http.server.BaseHTTPRequestHandler):
    """A mirror that is behind. Before it answers, another replica puts the later issues into the stock."""

    def do_GET(self):
        for name, content in self.server.later.items():
            name.parent.mkdir(parents=True, exist_ok=True)
            name.write_bytes(content)
        answer = self.server.older.get(self.path)
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name not in ("Connection", "Date", "Transfer-Encoding"):
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, *_):
        pass


@case
def an_older_issue_does_not_replace_a_later_one(tmp):
    targets = ["/tdx/certification/v4/qe/identity", "/sgx/certification/v4/pckcrl?ca=processor&encoding=der", TDX_TCB]
    before = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 3 * 86400))
    with Juratd(JURATD) as upstream, Juratd(JURATD, "--at", before) as older:
        roots_of(upstream, tmp / "roots")
        with Front(tmp, upstream) as front:
            later = {target: front.get(target).body for target in targets}
        for target in targets:
            assert older.get(target).body != later[target], target
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Behind) as mirror:
            mirror.older = older
            mirror.later = {f: f.read_bytes() for f in (tmp / "stock").rglob("*.endorsement")}
            mirror.url = lambda: f"http://127.0.0.1:{mirror.server_address[1]}"
            thread = threading.Thread(target=mirror.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
            thread.start()
            for target in targets:
                shutil.rmtree(tmp / "stock")
                with Front(tmp, mirror) as front:
                    assert front.get(target).body == later[target], target
                    assert front.asked("pcs") == 1
                for f, content in mirror.later.items():
                    assert f.read_bytes() == content, f
            mirror.shutdown()
            thread.join()


@case
def what_does_not_verify_is_never_kept_or_served(tmp):
    faults = ["wrong-chip", "wrong-tcb", "half", "reset", "wrong-type", "stale", "not-json", "redirect:http://127.0.0.1:1/",
              "outage"]
    with Juratd(JURATD) as good:
        roots_of(good, tmp / "roots")
        vcek, document = good.vcek(), "/tdx/certification/v4/qe/identity?tcbEvaluationDataNumber=20"
        for fault in faults:
            with Juratd(JURATD, "--fault", f"{fault}@vcek", "--fault", f"{fault}@qe-identity") as bad, \
                    Front(tmp, bad, "--kds-interval", "0", "--wait", "30000") as front:
                for target in (vcek,) if fault == "wrong-chip" else (vcek, document):
                    answer = front.ask(target)
                    assert answer.status in (502, 503, 504), (fault, target, answer.status, answer.body)
                assert front.asked("kds", "got") == 1, fault  # the chain alone
            assert not [f for f in (tmp / "stock").rglob("*vcek.der")], fault
            assert not (tmp / "stock" / "qe-identity").exists() or not list((tmp / "stock" / "qe-identity").iterdir()), fault
            shutil.rmtree(tmp / "stock")
        with Juratd(JURATD, seed="another") as other, Front(tmp, other, "--kds-interval", "0") as front:
            assert front.ask(document).status == 502  # other roots
            assert front.ask("/vcek/v1/Milan/cert_chain").status == 502


@case
def what_was_changed_in_the_stock_is_asked_for_again(tmp):
    with Juratd(JURATD) as upstream:
        roots_of(upstream, tmp / "roots")
        vcek = upstream.vcek()
        for damage in (lambda b: b[:-40], lambda b: b[:300] + bytes([b[300] ^ 1]) + b[301:], lambda b: b""):
            with Front(tmp, upstream, "--kds-interval", "0") as front:
                front.get(vcek)
                front.get(TDX_TCB)
            for f in [*(tmp / "stock").rglob("*_vcek.der"), *(tmp / "stock" / "tcb-info").iterdir()]:
                f.write_bytes(damage(f.read_bytes()))
            with Front(tmp, None, "--offline") as front:
                assert front.ask(vcek).status == 404 and front.ask(TDX_TCB).status == 404
                assert front.metric("stock_bad_total") >= 2
                named = [wait_for_line(front, "event=stock-bad", "file=") for _ in range(2)]
                assert all(pathlib.Path(re.search(r"file=(\S+)", line)[1]).is_file() for line in named), named
            with Front(tmp, upstream, "--kds-interval", "0") as front:
                assert front.get(vcek).body == upstream.get(vcek).body
                assert front.get(TDX_TCB).body == upstream.get(TDX_TCB).body
            with Front(tmp, None, "--offline") as front:
                front.get(vcek)
                front.get(TDX_TCB)


@case
def a_service_that_hangs_keeps_nobody_from_another(tmp):
    with Juratd(JURATD, "--fault", "slow:60000@vcek-crl", "--fault", "slow:60000@vlek-crl") as upstream:
        roots_of(upstream, tmp / "roots")
        with Front(tmp, upstream, "--wait", "300") as front, concurrent.futures.ThreadPoolExecutor(8) as pool:
            hang = [f"/{k}/v1/{p}/crl" for k in ("vcek", "vlek") for p in ("Milan", "Genoa", "Turin")]
            statuses = [a.status for a in pool.map(front.ask, hang)]
            assert set(statuses) == {429}, statuses
            begin = time.monotonic()
            front.get(TDX_TCB)
            assert time.monotonic() - begin < 5
            begin = time.monotonic()
        assert time.monotonic() - begin < 15  # SIGTERM ends the transfers


@case
def roots_change_on_sighup(tmp):
    with Juratd(JURATD) as upstream, Juratd(JURATD, seed="another") as other:
        roots_of(upstream, tmp / "roots")
        with Front(tmp, other) as front:
            assert front.ask(TDX_TCB).status == 502
            shutil.rmtree(tmp / "roots")
            roots_of(other, tmp / "roots")
            front.reload()
            front.get("/tdx/certification/v4/qe/identity")
            shutil.rmtree(tmp / "roots")
            roots_of(upstream, tmp / "roots")
            front.reload()
            assert front.ask("/tdx/certification/v4/qe/identity").status == 502  # not from memory: another root vouched for that
            shutil.rmtree(tmp / "roots")
            roots_of(other, tmp / "roots")
            front.reload()
            front.get("/tdx/certification/v4/qe/identity")
            (tmp / "roots" / "intel.der").write_bytes(b"nonsense")
            front.process.send_signal(signal.SIGHUP)
            while "event=reload-failed" not in front.line():
                pass
            front.get("/sgx/certification/v4/qe/identity")


# ---- a stock in Redis

@case
def replicas_share_a_redis_and_its_quota(tmp):
    with Redis(tmp) as redis, Juratd(JURATD, "--chips", "4") as upstream, contextlib.ExitStack() as replicas:
        roots_of(upstream, tmp / "roots")
        targets = [upstream.vcek(i) for i in range(5)]
        fronts = [replicas.enter_context(Front(tmp, upstream, "--kds-interval", "300", store=redis.url())) for _ in range(3)]
        with concurrent.futures.ThreadPoolExecutor(15) as pool:
            begin = time.monotonic()
            bodies = list(pool.map(lambda i: fronts[i % 3].get(targets[i // 3]).body, range(15)))
            elapsed = time.monotonic() - begin
        assert all(len({*bodies[i * 3:i * 3 + 3]}) == 1 for i in range(5))
        assert sum(f.asked("kds") for f in fronts) == 6, [f.asked("kds") for f in fronts]
        assert elapsed >= 4 * 0.3 - 0.05, elapsed


class SlowRedis:
    """Passes on to a Redis server what replicas send, and answers scripts, which take from the quota, too late."""

    def __init__(self, redis, delay_s):
        self.redis, self.delay_s, self.n_scripts = redis, delay_s, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.accept, daemon=True).start()

    def url(self):
        return f"redis://127.0.0.1:{self.listener.getsockname()[1]}"

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self.serve, args=(self.listener.accept()[0],), daemon=True).start()

    def serve(self, client):
        with client, socket.create_connection(("127.0.0.1", self.redis.port)) as server, contextlib.suppress(OSError):
            while request := client.recv(1 << 20):
                late = b"EVAL" in request
                self.n_scripts += late
                server.sendall(request)
                answer = server.recv(1 << 20)
                if late:
                    threading.Event().wait(self.delay_s)
                client.sendall(answer)


@case
def a_stock_that_is_too_slow_for_the_quota_ends_the_search_and_not_the_quota(tmp):
    with Redis(tmp) as redis, Juratd(JURATD) as upstream:
        roots_of(upstream, tmp / "roots")
        slow = SlowRedis(redis, 0.6)  # less than what makes it away
        with Front(tmp, upstream, "--kds-interval", "10", "--wait", "30000", store=slow.url()) as front:
            answer = front.ask(upstream.vcek())
            assert answer.status == 503 and int(answer.headers["Retry-After"]) > 0, (answer.status, answer.body)
            assert 3 <= slow.n_scripts <= 12, slow.n_scripts
            assert front.asked("kds") == 1 and front.metric("stock_away") == 0  # the chain alone
            slow.delay_s = 0
            while front.ask(upstream.vcek()).status != 200:
                pass


@case
def a_stopped_replica_delays_only_until_its_claim_ends(tmp):
    with Juratd(JURATD) as other:
        roots_of(other, tmp / "roots")
    metrics = free_port()
    with Redis(tmp) as redis, Juratd(JURATD, "--fault", "slow:1000", "--metrics", f"tcp:127.0.0.1:{metrics}") as upstream:
        with Front(tmp, upstream, "--wait", "60000", store=redis.url()) as a, \
                Front(tmp, upstream, "--wait", "60000", store=redis.url()) as b, concurrent.futures.ThreadPoolExecutor(2) as pool:
            first = pool.submit(a.ask, TDX_TCB)
            while metric_of(metrics, "connections") == 0:  # then it has the claim, and asks
                pass
            a.process.send_signal(signal.SIGSTOP)
            begin = time.monotonic()
            b.get(TDX_TCB)
            elapsed = time.monotonic() - begin
            a.process.send_signal(signal.SIGCONT)
            assert elapsed < 40, elapsed
            assert first.result().status in (200, 503, 504), first.result().status


@case
def without_its_redis_the_local_copy_is_served_and_no_vcek_asked_for(tmp):
    with Redis(tmp) as redis, Juratd(JURATD, "--chips", "1") as upstream:
        roots_of(upstream, tmp / "roots")
        known, unknown = upstream.vcek(0), upstream.vcek(1)
        options = "--local-copy", tmp / "copy", "--kds-interval", "100", "--wait", "5000"
        with Front(tmp, upstream, *options, store=redis.url()) as front:
            front.get(known)
            front.get(TDX_TCB)
        redis.kill()
        with Front(tmp, upstream, *options, store=redis.url()) as front:
            assert front.get(known).body == upstream.get(known).body
            assert front.metric("stock_away") == 1 and front.metric("local_hits_total") >= 1
            front.get("/sgx/certification/v4/qve/identity")  # Intel's services are asked
            answer = front.ask(unknown)
            assert answer.status == 503 and int(answer.headers["Retry-After"]) > 0, answer.status
            redis.start()
            tcb = 0
            while front.ask(unknown.replace("ucodeSPL=219", f"ucodeSPL={tcb}")).status != 200:
                tcb += 1  # others' failures are remembered for a moment
                assert tcb < 200
            assert front.metric("stock_away") == 0


def wait_for_line(front, *words):
    while True:
        line = front.line()
        if all(word in line for word in words):
            return line


@case
def a_stock_that_cannot_be_used_is_reported_without_a_request(tmp):
    with Juratd(JURATD) as other:
        roots_of(other, tmp / "roots")
    (tmp / "stock" / "probe.lock").mkdir(parents=True)
    (tmp / "copy" / "probe.lock").mkdir(parents=True)
    with Redis(tmp) as redis:
        redis.kill()
        with Front(tmp, None) as full, Front(tmp, None, "--offline") as offline, Front(tmp, None, "--local-copy", tmp / "copy", store=redis.url()) as away:
            assert f"{tmp}/stock/probe.lock" in wait_for_line(full, "event=stock-away", "level=error")
            wait_for_line(away, "event=stock-away", "instead=\"local copy\"")
            wait_for_line(away, "event=local-copy-away", f"{tmp}/copy/probe.lock")
            assert full.metric("stock_away") == 1 and full.metric("local_copy_away") == 0
            assert away.metric("stock_away") == 1 and away.metric("local_copy_away") == 1
            (tmp / "stock" / "probe.lock").rmdir()
            (tmp / "copy" / "probe.lock").rmdir()
            redis.start()
            for front in full, away:
                wait_for_line(front, "event=stock-back")
                assert front.metric("stock_away") == 0
            wait_for_line(away, "event=local-copy-back")
            assert away.metric("local_copy_away") == 0 and offline.metric("stock_away") == 0


@case
def metrics_are_served_to_the_end_while_a_thread_still_waits_for_the_stock(tmp):
    with Juratd(JURATD) as other:
        roots_of(other, tmp / "roots")
    os.environ["MALLOC_PERTURB_"] = "165"  # what is read after free() is no small number
    try:
        with socket.create_server(("127.0.0.1", 0)) as silent, concurrent.futures.ThreadPoolExecutor(1) as pool, \
                Front(tmp, None, "--offline", "--drain", "0", store=f"redis://127.0.0.1:{silent.getsockname()[1]}") as front:
            first = pool.submit(front.ask, TDX_TCB)
            peer, _ = silent.accept()  # the threads wait a second for its answer: that of the request, and the watch
            other, _ = silent.accept()
            with peer, other, socket.create_connection(("127.0.0.1", front.metrics), timeout=60) as s:
                s.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
                assert s.recv(65536)
                front.process.terminate()
                assert first.result().status == 503
                s.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                text = b"".join(iter(lambda: s.recv(65536), b"")).decode()
            numbers = [int(n) for n in re.findall(r"^juratd_endorsements_(?:accepted_total|connections) (\d+)$", text, re.MULTILINE)]
            assert "200 OK" in text and "# EOF" in text and all(n < 10 for n in numbers), text
    finally:
        del os.environ["MALLOC_PERTURB_"]


@case
def an_older_issue_in_redis_does_not_replace_a_later_one_of_the_local_copy(tmp):
    targets = ["/tdx/certification/v4/qe/identity", "/sgx/certification/v4/pckcrl?ca=processor&encoding=der", TDX_TCB]
    before = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 3 * 86400))
    copy = "--local-copy", tmp / "copy"
    with Redis(tmp) as redis, Juratd(JURATD) as upstream, Juratd(JURATD, "--at", before) as older:
        roots_of(upstream, tmp / "roots")
        with Front(tmp, upstream, *copy, store=redis.url()) as front:
            later = {target: front.get(target).body for target in targets}
        files = {f: f.read_bytes() for f in (tmp / "copy").rglob("*.endorsement")}
        assert len(files) >= len(targets)
        redis.kill()
        redis.start()
        with Front(tmp, older, store=redis.url()) as front:  # fills the server with what it had three days ago
            for target in targets:
                assert front.get(target).body != later[target], target
        for options in copy, ():  # the second sees what the first has put there
            with Front(tmp, None, "--offline", *options, store=redis.url()) as front:
                for target in targets:
                    assert front.get(target).body == later[target], (options, target)
                assert front.metric("local_hits_total") == (len(targets) if options else 0)
            assert all(f.read_bytes() == content for f, content in files.items())


if __name__ == "__main__":
    sys.exit(main("jurat-endorsements-stock-"))
