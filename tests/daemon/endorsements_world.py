# SPDX-License-Identifier: MIT
"""What `juratd endorsements` has around it, for tests: vendors' services that misbehave and count, replicas that die and stop, and clients that compare
every answer with the right one."""
import collections
import http.client
import http.server
import json
import os
import pathlib
import random
import re
import signal
import socket
import struct
import subprocess
import threading
import time
import urllib.parse

from free_port import free_port

WAIT_S = 20
HOP_HEADERS = ("connection", "content-length", "date", "keep-alive")
LISTENING = re.compile(r"event=listening\b.*\baddress=\"?tcp:([0-9.]+):(\d+)")


class Juratd:
    """A process of juratd on a free port. `started` has its command; kill() and start() may follow each other."""

    def __init__(self, program, *options, under=()):
        self.command = [*under, str(program), "endorsements", "--seccomp", "kill", *map(str, options)]
        self.port = free_port()
        self.process = None
        self.log = collections.deque(maxlen=2000)
        self.start()

    def start(self):
        listen = ["--listen", f"tcp:127.0.0.1:{self.port}"]
        self.process = subprocess.Popen([*self.command, *listen], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                        text=True, errors="replace")
        for line in self.process.stderr:
            self.log.append(line)
            found = LISTENING.search(line)
            if found:
                self.port = int(found.group(2))
                threading.Thread(target=self._drain, args=(self.process.stderr,), daemon=True).start()
                return
        self.process.wait(WAIT_S)
        raise RuntimeError(f"{' '.join(self.command)} ended with {self.process.returncode}:\n{''.join(self.log)}")

    def _drain(self, stderr):
        for line in stderr:
            self.log.append(line)

    def kill(self):
        self.process.kill()
        self.process.wait(WAIT_S)

    def stop(self):
        os.kill(self.process.pid, signal.SIGSTOP)

    def go_on(self):
        os.kill(self.process.pid, signal.SIGCONT)

    def terminate(self):
        self.process.terminate()
        return self.process.wait(WAIT_S)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.go_on()
            self.kill()


def get(port, target, timeout=WAIT_S):
    """(status, headers, body) of one request of its own connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET", target)
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


class Vendors:
    """The vendors' services: passes requests on to a software platform, records each, and misbehaves as `mode` says.

    ok; hang: no answer until the mode changes; reset; half: half a body; html: a page instead; redirect: to another host; wrong-chip, wrong-tcb:
    what was not asked for, rightly signed; forged: one bit of the body is another; busy: 429; broken: 500."""

    def __init__(self, platform):
        self.platform = platform
        self.answers = {}  # of the platform, which gives the same to the same
        self.requests = []  # (time, target)
        self._mode, self.delay_s = "ok", 0.0
        self.changed = threading.Condition()
        self.others = []  # targets of other chips, for wrong-chip
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                outer.requests.append((time.monotonic(), self.path))
                outer.answer(self)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *_):
                pass  # clients die

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def mode(self):
        return self._mode

    @mode.setter
    def mode(self, mode):
        with self.changed:
            self._mode = mode
            self.changed.notify_all()

    def answer(self, handler):
        mode, target = self.mode, handler.path
        with self.changed:
            if mode == "hang":
                self.changed.wait_for(lambda: self._mode != "hang", WAIT_S)
                handler.close_connection = True
                return
            if self.delay_s:
                self.changed.wait(self.delay_s)
        if mode == "wrong-chip":
            target = next(other for other in self.others if other.split("?")[0] != target.split("?")[0])
        elif mode == "wrong-tcb":
            target = re.sub(r"snpSPL=0*(\d+)", lambda m: f"snpSPL={int(m.group(1)) - 1}", target)
        self.answers_to(target)
        self.send(handler, mode, *self.answers[target])

    def answers_to(self, target):
        """The right body."""
        if target not in self.answers:
            status, headers, body = get(self.platform.port, target)
            kept = {name: value for name, value in headers.items() if name.lower() not in HOP_HEADERS}
            self.answers[target] = status, kept, body
        return self.answers[target][2]

    def send(self, handler, mode, status, headers, body):
        size = len(body)
        if mode == "reset":
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            handler.close_connection = True
            handler.connection.close()
            return
        if mode == "html":
            headers, body = {"Content-Type": "text/html"}, b"<html><body>Please log in</body></html>"
            size = len(body)
        elif mode == "redirect":
            status, headers, body, size = 302, {"Location": "http://127.0.0.2:1" + handler.path}, b"", 0
        elif mode == "forged":
            body = bytearray(body)
            body[random.randrange(size)] ^= 1 << random.randrange(8)
        elif mode == "busy":
            status, headers, body, size = 429, {"Retry-After": "1"}, b"", 0
        elif mode == "broken":
            status, headers, body, size = 500, {}, b"", 0
        elif mode == "half":
            body = body[:size // 2]
            handler.close_connection = True
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(size))
        handler.end_headers()
        handler.wfile.write(body)

    def asked(self, part="/vcek/v1/"):
        """Times of requests for VCEKs, or whatever else has `part` and a query."""
        return [at for at, target in self.requests if part in target and "?" in target]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.mode = "ok"
        self.server.shutdown()
        self.server.server_close()


def assert_quota(times, interval_s, burst, slack_s):
    """No request came before the bucket had one for it; `slack_s` is for requests that travel at different speeds."""
    free = float("-inf")
    for at in sorted(times):
        earliest = free - (burst - 1) * interval_s
        assert at >= earliest - slack_s, f"a request {1000 * (earliest - at):.0f} ms early; {len(times)} requests in all"
        free = max(free, at) + interval_s


class Load:
    """Clients that ask replicas for random targets, and compare. `right`: target -> body."""

    CLEAN = (429, 500, 502, 503, 504)

    def __init__(self, replicas, right, clients=8, timeout=8):
        self.replicas, self.right, self.timeout = replicas, right, timeout
        self.count = collections.Counter()
        self.wrong, self.longest_s = [], 0.0
        self.ends = threading.Event()
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.run, args=(seed,), daemon=True) for seed in range(clients)]

    def run(self, seed):
        chance = random.Random(seed)
        targets = list(self.right)
        while not self.ends.is_set():
            self.ask(chance.choice(self.replicas), chance.choice(targets))

    def ask(self, replica, target):
        begun = time.monotonic()
        try:
            status, headers, body = get(replica.port, target, self.timeout)
        except (OSError, http.client.HTTPException) as e:
            status, headers, body = type(e).__name__, {}, b""
        took = time.monotonic() - begun
        with self.lock:
            self.longest_s = max(self.longest_s, took)
            self.count[status] += 1
            if status == 200 and body != self.right[target]:
                self.wrong.append(f"{target}: another body than the right one ({len(body)} bytes)")
            elif status in (429, 503) and not headers.get("Retry-After", "").isdigit():
                self.wrong.append(f"{target}: {status} without Retry-After")
            elif isinstance(status, int) and status != 200 and status not in self.CLEAN:
                self.wrong.append(f"{target}: status {status}: {body[:200]!r}")
        if status != 200:
            self.ends.wait(0.02)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, kind, *_):
        self.ends.set()
        for thread in self.threads:
            thread.join(WAIT_S)
        if kind is None:
            assert not self.wrong, f"{len(self.wrong)} wrong: " + "; ".join(self.wrong[:5])

    def text(self):
        return ", ".join(f"{n} x {status}" for status, n in sorted(self.count.items(), key=lambda item: str(item[0])))


def until(what, condition, wait_s=WAIT_S):
    """Waits for a condition of another process, which has no other way to say so."""
    ends = time.monotonic() + wait_s
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < ends, f"{what}: not within {wait_s} s"
        pause.wait(0.01)


def targets_of(platform, n, tcb="blSPL=4&teeSPL=0&snpSPL=24&ucodeSPL=219"):
    """Requests for the VCEKs of a software platform's first chips of Milan, and the right answers: those of the platform itself."""
    chips = json.loads(get(platform.port, "/software-platform/chips")[2])["chips"]
    milan = [chip for chip in chips if chip["product"] == "Milan"]
    assert len(milan) >= n, f"{len(milan)} chips of Milan"
    right = {}
    for chip in milan[:n]:
        target = f"/vcek/v1/{chip['product']}/{chip['hwid']}?{tcb}"
        status, _, body = get(platform.port, target)
        assert status == 200, (target, status, body)
        right[target] = body
    return right


def roots():
    return pathlib.Path(os.environ["JURAT_TEST_DATA"]) / "vectors" / "roots"
