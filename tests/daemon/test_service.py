#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each role of juratd as a service manager, a scraper of metrics and a reader of logs see it. test_service.py JURATD"""
import fcntl
import json
import os
import pathlib
import re
import select
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "support"))
import openmetrics  # noqa: E402
from tap import Skip, case, main  # noqa: E402

JURATD = sys.argv[1]
WAIT_S = 60
ROLES = {"qgs": ["--software-enclave"], "endorsements": ["--software-platform", "test"]}
WATCHDOG_US = 300000
# As a service manager starts a process: sockets from descriptor 3 on, and its own process id in the environment.
BECOME = """import os, sys
at = sys.argv.index("--")
for to, fd in enumerate(map(int, sys.argv[1:at]), 3):
    os.dup2(fd, to)
os.environ["LISTEN_PID"] = str(os.getpid())
os.execv(sys.argv[at + 1], sys.argv[at + 1:])
"""


class Service:
    """juratd beneath a service manager that notes what it is sent."""

    def __init__(self, tmp, role, *options, env=None, sockets=(), names=None, seccomp="kill", config=None):
        self.tmp, self.metrics, self.listen = tmp, str(tmp / "metrics.socket"), str(tmp / "listen.socket")
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(str(tmp / f"notify-{role}-{time.monotonic_ns()}"))
        self.notify.settimeout(WAIT_S)
        self.log_path = tmp / f"log-{role}-{time.monotonic_ns()}"
        words = [JURATD, role, "--seccomp", seccomp, *options]
        if not sockets:
            words += ["--listen", f"unix:{self.listen}", "--metrics", f"unix:{self.metrics}"]
        if config is not None:
            self.configure(config)
            words += ["--config", str(tmp / "config.json")]
        else:
            words += ROLES[role]
        env = {**os.environ, "NOTIFY_SOCKET": self.notify.getsockname(), **(env or {})}

        high = [fcntl.fcntl(s.fileno(), fcntl.F_DUPFD, 100) for s in sockets]
        if sockets:
            env |= {"LISTEN_FDS": str(len(sockets))} | ({"LISTEN_FDNAMES": names} if names is not None else {})
            words = [sys.executable, "-c", BECOME, *map(str, high), "--", *words]
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(words, env=env, stderr=log, pass_fds=high)
        for fd in high:
            os.close(fd)

    def configure(self, config):
        (self.tmp / "config.json").write_text(config if isinstance(config, str) else json.dumps(config))

    def expect(self, line):
        """The next datagram with that line; those between them are returned too."""
        seen, until = [], time.monotonic() + WAIT_S
        while line not in (seen[-1] if seen else []):
            ended = self.process.poll() is not None
            if select.select([self.notify], [], [], 0 if ended else 0.2)[0]:
                seen.append(self.notify.recv(4096).decode().split("\n"))
            else:
                assert not ended and time.monotonic() < until, (line, self.process.returncode, self.log())
        return seen

    def reload(self):
        self.process.send_signal(signal.SIGHUP)
        begin = self.expect("RELOADING=1")[-1]
        self.expect("READY=1")
        return begin

    def log(self):
        return self.log_path.read_text().splitlines()

    def events(self, name):
        return [line for line in self.log() if re.search(rf"event={name}\b", line)]

    def get(self, path, *headers):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(WAIT_S)
            s.connect(path[0])
            s.sendall("\r\n".join([f"GET {path[1]} HTTP/1.1", "Host: x", "Connection: close", *headers, "", ""]).encode())
            parts = []
            while part := s.recv(65536):
                parts.append(part)
        head, _, body = b"".join(parts).decode().partition("\r\n\r\n")
        return head, body

    def scrape(self):
        head, body = self.get((self.metrics, "/metrics"))
        assert f"Content-Type: {openmetrics.CONTENT_TYPE}" in head, head
        return openmetrics.parse(body)

    def stop(self):
        self.process.terminate()
        assert self.process.wait(WAIT_S) == 0, self.log()

    def __enter__(self):
        self.expect("READY=1")
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def ask_quote(path):
    """A request for platform information, the shortest there is; the answer."""
    message = b"\x01\x00\x01\x00" + (4).to_bytes(4, "little") + (16).to_bytes(4, "little") + bytes(4)
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(WAIT_S)
        s.connect(path)
        s.sendall(len(message).to_bytes(4, "big") + message)
        parts = []
        while part := s.recv(65536):
            parts.append(part)
    return b"".join(parts)


def work(service, role):
    if role == "qgs":
        assert ask_quote(service.listen)
    else:
        assert service.get((service.listen, "/sgx/certification/v4/qe/identity"))[0].startswith("HTTP/1.1 200")


@case
def it_is_ready_says_what_it_does_reloads_and_stops(tmp):
    for role in ROLES:
        (tmp / role).mkdir()
        with Service(tmp / role, role) as s:
            before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
            begin = s.reload()
            after = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
            at = [int(line.partition("=")[2]) for line in begin if line.startswith("MONOTONIC_USEC=")]
            assert len(at) == 1 and before <= at[0] <= after, begin
            s.process.send_signal(signal.SIGHUP)
            assert any(line.startswith("STATUS=Serving ") for line in s.expect("READY=1")[-1])
            s.process.terminate()
            s.expect("STOPPING=1")
            assert s.process.wait(WAIT_S) == 0


@case
def the_watchdog_hears_of_it_while_the_loop_runs(tmp):
    for role in ROLES:
        (tmp / role).mkdir()
        with Service(tmp / role, role, env={"WATCHDOG_USEC": str(WATCHDOG_US)}) as s:
            for _ in range(5):
                begin = time.monotonic()
                s.expect("WATCHDOG=1")
                assert time.monotonic() - begin < WATCHDOG_US / 1e6 * 10  # on a machine that is busy with other tests
            s.process.send_signal(signal.SIGSTOP)
            os.waitid(os.P_PID, s.process.pid, os.WSTOPPED | os.WNOWAIT)
            while select.select([s.notify], [], [], 0)[0]:
                s.notify.recv(4096)
            assert not select.select([s.notify], [], [], WATCHDOG_US / 1e6)[0], "a process that is stopped sends pings"
            s.process.send_signal(signal.SIGCONT)
            s.expect("WATCHDOG=1")
            assert openmetrics.value(s.scrape(), f"juratd_{role}_watchdog") == 1
            s.stop()


@case
def a_watchdog_of_another_process_is_not_its_own(tmp):
    with Service(tmp, "qgs", env={"WATCHDOG_USEC": "1000", "WATCHDOG_PID": "1"}) as s:
        assert not select.select([s.notify], [], [], 0.2)[0]
        assert openmetrics.value(s.scrape(), "juratd_qgs_watchdog") == 0
        s.stop()


def listening(tmp, name):
    s = socket.socket(socket.AF_UNIX)
    s.bind(str(tmp / name))
    s.listen()
    return s


@case
def sockets_are_told_apart_by_their_names(tmp):
    for role in ROLES:
        (tmp / role).mkdir()
        sockets = [listening(tmp / role, "metrics.socket"), listening(tmp / role, "listen.socket")]
        with Service(tmp / role, role, sockets=sockets, names="metrics:anything") as s:
            s.scrape()
            work(s, role)
            s.stop()


@case
def sockets_and_options_for_the_same_are_refused(tmp):
    rows = [("metrics", ["--metrics", "unix:/x"], 2), ("a:b", [], 3), ("", [], 0), ("x" * 300, [], 3)]
    for i, (names, options, want) in enumerate(rows):
        directory = tmp / str(i)
        directory.mkdir()
        s = Service(directory, "qgs", *options, sockets=[listening(directory, "listen.socket")], names=names)
        if want == 0:
            s.expect("READY=1")
            s.process.terminate()
        assert s.process.wait(WAIT_S) == want, (names, s.log())


@case
def a_signal_after_the_end_does_not_change_the_exit_status(tmp):
    for i in range(20):
        directory = tmp / str(i)
        directory.mkdir()
        with Service(directory, "qgs", sockets=[listening(directory, "listen.socket")]) as s:
            s.process.terminate()
            while not s.events("stopped"):
                pass
            for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
                s.process.send_signal(number)
            assert s.process.wait(WAIT_S) == 0, (i, s.log())


# ---- the system call filter


def statuses(pid):
    return [dict(line.split(":\t") for line in (task / "status").read_text().splitlines() if ":\t" in line)
            for task in pathlib.Path(f"/proc/{pid}/task").iterdir()]


def skip_with_sanitizers(service):
    if any("sanitizers" in line for line in service.events("seccomp")):
        raise Skip("this build has sanitizers, which need all calls")


@case
def every_thread_is_beneath_the_filter_and_without_new_privileges(tmp):
    for role in ROLES:
        (tmp / role).mkdir()
        with Service(tmp / role, role, seccomp="on") as s:
            work(s, role)  # starts threads
            mode = [state for state in ("on", "off") if
                    openmetrics.value(s.scrape(), f"juratd_{role}_seccomp", **{f"juratd_{role}_seccomp": state}) == 1]
            threads = statuses(s.process.pid)
            s.stop()
            if mode == ["off"]:
                skip_with_sanitizers(s)
            assert len(threads) > 1
            assert {t["Seccomp"] for t in threads} == {"2"} and {t["NoNewPrivs"] for t in threads} == {"1"}, threads


@case
def a_call_that_only_an_attacker_makes_ends_it(tmp):
    """A library that is loaded before all others calls execve(2) when a client connects."""
    source, library = tmp / "attack.c", tmp / "attack.so"
    source.write_text('#include <unistd.h>\n#include <sys/socket.h>\n'
                      'int accept4(int fd, struct sockaddr *a, socklen_t *n, int flags)\n'
                      '{ char *words[] = { "true", 0 }; return execve("/bin/true", words, words); }\n')
    try:
        subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as e:
        raise Skip("there is no compiler") from e
    with Service(tmp, "qgs", seccomp="on") as s:
        s.stop()
        skip_with_sanitizers(s)  # their run-time also wants to be the first library
    with Service(tmp, "qgs", seccomp="off", env={"LD_PRELOAD": str(library)}) as s:
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(s.listen)
            assert s.process.wait(WAIT_S) == 0  # /bin/true
    os.unlink(s.listen)
    os.unlink(s.metrics)
    with Service(tmp, "qgs", seccomp="on", env={"LD_PRELOAD": str(library)}) as s:
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(s.listen)
            assert s.process.wait(WAIT_S) == -signal.SIGSYS


# ---- SIGHUP


@case
def a_reload_says_what_changed_and_what_needs_a_restart(tmp):
    config = {"software-enclave": True, "timeout": 20000}
    with Service(tmp, "qgs", config=config) as s:
        s.configure({**config, "timeout": 10000, "seed": "other", "verbose": True})
        s.reload()
        s.reload()  # a restart is still needed: the second says so too
        s.configure({**config, "timeout": "soon"})
        s.reload()
        s.configure({**config, "timeout": 10000, "verbose": True})
        s.reload()
        families = s.scrape()
        assert openmetrics.value(families, "juratd_qgs_reloads", "_total", result="done") == 3
        assert openmetrics.value(families, "juratd_qgs_reloads", "_total", result="failed") == 1
        s.stop()
        assert [re.sub(r".* changed=", "", line) for line in s.events("reloaded")] == ["timeout,verbose", '""', '""']
        assert [re.sub(r".* needs-restart=", "", line) for line in s.events("reload-incomplete")] == ["seed", "seed"]
        assert len(s.events("reload-failed")) == 1 and "timeout" in s.events("reload-failed")[0]


@case
def services_cannot_become_an_enclave_but_everything_else_changes(tmp):
    with Service(tmp, "qgs", config={"service": [f"unix:{tmp}/a"]}) as s:
        s.configure({"software-enclave": True, "max-connections": 10})
        s.reload()
        assert "juratd_qgs_service_up" in s.scrape()
        s.stop()
        assert [re.sub(r".* changed=", "", line) for line in s.events("reloaded")] == ["max-connections"]
        assert [re.sub(r".* needs-restart=", "", line) for line in s.events("reload-incomplete")] == ["software-enclave"]


# ---- metrics


@case
def metrics_are_openmetrics(tmp):
    for role in ROLES:
        (tmp / role).mkdir()
        begin = time.time()
        with Service(tmp / role, role) as s:
            work(s, role)
            families = s.scrape()
            prefix = f"juratd_{role}_"
            assert all(name.startswith(prefix) for name in families), list(families)
            assert begin - 2 <= openmetrics.value(families, prefix + "start_time_seconds") <= time.time() + 1
            version = subprocess.run([JURATD, "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
            assert openmetrics.value(families, prefix + "build", "_info", version=version) == 1
            s.stop()


@case
def labels_from_outside_are_escaped(tmp):
    name = tmp / 'a "b\\c\nd\u00e9'
    with Service(tmp, "qgs", config={"service": [f"unix:{name}"]}) as s:
        labels = [dict(labels)["service"] for _, labels, _ in s.scrape()["juratd_qgs_service_up"].samples]
        assert labels == [f"unix:{tmp}" + '/a "b\\c\nd??'], labels
        s.stop()


# ---- logs


def fields(line):
    """A line of text as a dictionary."""
    found = re.findall(r'([a-z-]+)=("(?:[^"\\]|\\.)*"|\S+)', line)
    assert " ".join(f"{k}={v}" for k, v in found) == line, line
    return {k: v.strip('"') for k, v in found}


@case
def one_id_leads_from_the_client_through_to_the_service_that_answered(tmp):
    for directory in ("front", "back"):
        (tmp / directory).mkdir()
    with Service(tmp / "back", "qgs", "--verbose") as back:
        with Service(tmp / "front", "qgs", "--verbose", "--log-format", "json",
                     config={"service": [f"unix:{tmp}/absent", f"unix:{back.listen}"]}) as front:
            for _ in range(3):
                assert ask_quote(front.listen)
            front.stop()
        lines = [json.loads(line) for line in front.log()]
        back.stop()
    assert all({"time", "level", "event"} <= line.keys() for line in lines)
    connections = [line["id"] for line in lines if line["event"] == "accepted"]
    assert len(set(connections)) == 3 and all(re.fullmatch("[0-9a-f]{16}", c) for c in connections)
    assert [int(c, 16) - int(connections[0], 16) for c in connections] == [0, 1, 2] or "0" * 8 in "".join(connections)
    for c in connections:
        mine = [(line["event"], line["id"].removeprefix(c)) for line in lines if line.get("id", "").startswith(c)]
        attempts = [e for e in mine if e[0].startswith("service-")]
        assert [e for e in mine if e not in attempts] == \
            [("accepted", ""), ("request", "-1"), ("answer", "-1"), ("connection", "")], mine
        assert attempts in ([("service-attempt", "-1"), ("service-answer", "-1")] * n for n in (1, 2)), mine
    for line in lines:
        if line["event"] in ("request", "answer", "service-attempt", "service-answer", "connection", "accepted", "no-reply"):
            assert line["id"][:16] in connections, line
    others = {fields(line)["id"][:16] for line in back.events("accepted")}
    assert not others & set(connections)  # another process, other ids


@case
def a_client_s_own_id_is_taken_over_if_it_is_harmless_and_returned(tmp):
    trace = "0af7651916cd43dd8448eb211c80319c"
    rows = [(["X-Request-Id: abc-DEF_1.2"], "abc-DEF_1.2"), ([f"traceparent: 00-{trace}-b7ad6b7169203331-01"], trace),
            (["X-Request-Id: " + "a" * 64], "a" * 64), (["X-Request-Id: " + "a" * 65], None), (["X-Request-Id: a b"], None),
            (["X-Request-Id: a\"b"], None), (["X-Request-Id: a=b"], None), (["X-Request-Id: \u00e9"], None), ([], None),
            ([f"traceparent: 00-{'0' * 32}-b7ad6b7169203331-01"], None), ([f"traceparent: 00-{trace}-{'0' * 16}-01"], None),
            ([f"traceparent: ff-{trace}-b7ad6b7169203331-01"], None), ([f"traceparent: 00-{trace.upper()}-b7ad6b7169203331-01"], None),
            ([f"traceparent: 00-{trace}-b7ad6b7169203331-01-more"], None), ([f"traceparent: 00-{trace}-b7ad6b7169203331"], None),
            ([f"traceparent: 01-{trace}-b7ad6b7169203331-01-more"], trace),
            (["X-Request-Id: a b", f"traceparent: 00-{trace}-b7ad6b7169203331-01"], trace)]
    with Service(tmp, "endorsements", "--verbose") as s:
        for headers, want in rows:
            head, _ = s.get((s.listen, "/nonsense"), *headers)
            got = re.findall(r"^X-Request-Id: (.*)\r?$", head, re.M | re.I)
            assert len(got) == 1, head
            got = got[0].strip()
            line = fields(s.events("request")[-1])
            if want:
                assert got == want and re.fullmatch(rf"[0-9a-f]{{16}}-\d+/{re.escape(want)}", line["id"]), (headers, got, line)
                for _ in range(2):  # an answer from memory, which others share, brings it back too
                    head, body = s.get((s.listen, "/sgx/certification/v4/qe/identity"), *headers)
                    assert head.startswith("HTTP/1.1 200") and f"\r\nX-Request-Id: {want}\r\n" in head + "\r\n", head
                    assert "\r\nContent-Type: application/json\r\n" in head and json.loads(body), head
            else:
                assert re.fullmatch(r"[0-9a-f]{16}-\d+", got) and line["id"] == got, (headers, got, line)
        s.stop()


@case
def what_a_peer_sends_is_escaped(tmp):
    for log_format in ("text", "json"):
        (tmp / log_format).mkdir()
        with Service(tmp / log_format, "endorsements", "--verbose", "--log-format", log_format) as s:
            s.get((s.listen, "/a\x1b[31m\x7f\u0085\u202e\"\\=%0a%s" + "x" * 1500), "X-Request-Id: \x1b[2J")
            s.stop()
            lines = s.log_path.read_bytes().splitlines(keepends=True)
        for line in lines:
            assert re.fullmatch(rb"[ -~]{1,1023}\n", line), line
            if log_format == "json":
                json.loads(line)


sys.exit(main("juratd-"))
