#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: MIT
"""juratd qgs --software-enclave and jurat run --qgs: one platform, and the same bytes in answer to the same bytes."""
import datetime
import json
import os
import pathlib
import random
import socket
import struct
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "support"))
from tap import Skip, case, main  # noqa: E402

JURAT, JURATD = sys.argv[1:3]
QUOTE, COLLATERAL, PLATFORM, N_TYPES = 0, 2, 4, 6
TDREPORT_BYTES, HEADER_BYTES, MAX_REQUEST_BYTES = 1024, 16, 4092
WAIT_S, STALL_S = 60, 20  # clients that say nothing are ended after 30 s: nobody else may have to wait for that
SILENT = 16

# A TD: prints its TDREPORT and the platform's FMSPC, and waits for the end of its input.
TD = """
import fcntl, json, os, sys
request = bytearray(bytes(range(64)) + bytes(1024))
with open("/dev/tdx_guest", "rb") as device:
    fcntl.ioctl(device, 0xc4405401, request)
with open(os.environ["JURAT_ROOTS"] + "/collateral/tcb_info.json", encoding="utf-8") as file:
    fmspc = json.load(file)["tcbInfo"]["fmspc"]
print(json.dumps({"report": request[64:].hex(), "fmspc": fmspc}), flush=True)
sys.stdin.read()
"""


def message(kind, *fields, parts=b"", major=1, minor=1, size=None, error=0):
    """A message behind its length. `size`: that of its header, if not its own."""
    body = struct.pack(f"<{len(fields)}I", *fields) + parts
    size = HEADER_BYTES + len(body) if size is None else size
    return frame(struct.pack("<HHIII", major, minor, kind, size, error) + body)


def frame(body, length=None):
    return struct.pack(">I", len(body) if length is None else length) + body


class Server:
    """One of the two, on a socket where an earlier one has left its own."""

    def __init__(self, path):
        self.path = str(path)
        with socket.socket(socket.AF_UNIX) as stale:
            stale.bind(self.path)

    def client(self):
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(WAIT_S)
        s.connect(self.path)
        return s

    def answer(self, data, wait=WAIT_S):
        with self.client() as s:
            s.settimeout(wait)
            try:
                s.sendall(data)
                s.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # it has ended the connection already
            return read_all(s)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()
        assert self.process.wait(WAIT_S) == 0, self.process.returncode


def read_all(s):
    parts = []
    try:
        while part := s.recv(65536):
            parts.append(part)
    except ConnectionResetError:
        pass  # it has not read everything
    return b"".join(parts)


class Juratd(Server):
    def __init__(self, tmp):
        super().__init__(tmp / "juratd")
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        notify.bind(str(tmp / "notify"))
        notify.settimeout(WAIT_S)
        self.process = subprocess.Popen([JURATD, "qgs", "--software-enclave", "--seccomp", "kill", "--listen", f"unix:{self.path}"],
                                        env={**os.environ, "NOTIFY_SOCKET": str(tmp / "notify")}, stderr=subprocess.DEVNULL)
        while b"READY=1" not in notify.recv(4096):
            pass

    def end(self):
        self.process.terminate()


class Run(Server):
    def __init__(self, tmp):
        super().__init__(tmp / "run")
        self.process = subprocess.Popen([JURAT, "run", "--tee", "tdx", "--qgs", f"unix:{self.path}", "--", sys.executable, "-c", TD],
                                        env={**os.environ, "TMPDIR": str(tmp)}, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            said = self.process.communicate()[1]
            assert self.process.returncode == 3, said  # this machine lacks something
            raise Skip(said)
        td = json.loads(line)
        self.report, self.fmspc = bytes.fromhex(td["report"]), bytes.fromhex(td["fmspc"])

    def end(self):
        self.process.stdin.close()


def good(run):
    """What both answer with more than an error, and how large the answer is at least."""
    ca = b"platform\0"
    return {
        "quote": (message(QUOTE, TDREPORT_BYTES, 0, parts=run.report), 4000),
        "quote, minor version 0": (message(QUOTE, TDREPORT_BYTES, 0, parts=run.report, minor=0), 4000),
        "quote, with a list of keys": (message(QUOTE, TDREPORT_BYTES, 16, parts=run.report + bytes(16)), 4000),
        "collateral": (message(COLLATERAL, len(run.fmspc), len(ca), parts=run.fmspc + ca), 8000),
        "platform": (message(PLATFORM), 60),
        "raw TDREPORT": (run.report, 4000),
    }


def bad_headers(name, data):
    """Each field of a header, at values that are wrong or strange."""
    for at, size, values in (4, "H", (0, 2, 0xffff)), (6, "H", (0, 2, 0xffff)), (8, "I", (*range(N_TYPES + 2), 0xffffffff)), \
            (12, "I", (0, 15, 16, len(data) - 5, len(data) - 3, 0xffffffff)), (16, "I", (1, 0x12001, 0xffffffff)), \
            (20, "I", (0, 1, 1023, 1025, 0xffffffff)), (24, "I", (1, 16, 0xffffffff)):
        for value in values:
            if at + struct.calcsize(size) <= len(data):
                changed = bytearray(data)
                struct.pack_into("<" + size, changed, at, value)
                yield f"{name}, {value:#x} at {at}", bytes(changed)


def table(run):
    rng = random.Random(29)
    messages = good(run)
    platform = messages["platform"][0]
    yield from ((name, data) for name, (data, _) in messages.items())
    yield "nothing", b""
    yield "another platform's collateral", message(COLLATERAL, 6, 9, parts=b"\1\2\3\4\5\6platform\0")
    yield "the processor CA's collateral", message(COLLATERAL, 6, 10, parts=run.fmspc + b"processor\0")
    for length in 0, 15, 16, 17, MAX_REQUEST_BYTES, MAX_REQUEST_BYTES + 1, 0x7fffffff, 0xffffffff:
        yield f"length {length:#x}", frame(platform[4:], length)
    for size in 16, 17, 24, MAX_REQUEST_BYTES, MAX_REQUEST_BYTES + 1, 60000:
        yield f"a platform request of {size} bytes", message(PLATFORM, parts=bytes(size - HEADER_BYTES))
    for name, (data, _) in messages.items():
        if name != "raw TDREPORT":
            yield from bad_headers(name, data)
            yield from ((f"{name}, {n} bytes as a message", frame(data[4:4 + n])) for n in (0, 1, 15, 16, 23, 24, len(data) - 5))
        for n in sorted({0, 1, 3, 4, 5, 19, 20, 27, 28, len(data) // 2, len(data) - 1}):
            yield f"{name}, {n} bytes and the end", data[:n]
        for _ in range(24):
            changed = bytearray(data)
            changed[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
            yield f"{name}, one bit", bytes(changed)
        yield f"{name} and another", data + platform
        yield f"{name} and half of another", data + platform[:10]
        yield f"platform and {name}", platform + data
        yield f"{name} and bytes", data + b"\xff" * 5000
    for at in range(0, TDREPORT_BYTES, 61):
        changed = bytearray(run.report)
        changed[at] ^= 0x7f
        yield f"raw TDREPORT, byte {at}", bytes(changed)
        yield f"quote of a TDREPORT, byte {at}", message(QUOTE, TDREPORT_BYTES, 0, parts=bytes(changed))
    yield "raw TDREPORT, framed", frame(run.report)
    yield "two raw TDREPORTs", run.report * 2


def today():
    return datetime.datetime.now(datetime.timezone.utc).date()


@case
def the_same_bytes_are_answered_with_the_same_bytes(tmp):
    while True:  # again, if certificates of another day were asked for in between
        day, differences, n = today(), [], 0
        (here := tmp / str(day)).mkdir()
        with Run(here) as run, Juratd(here) as juratd:
            for name, data in table(run):
                answers = [server.answer(data) for server in (run, juratd)]
                n += 1
                if answers[0] != answers[1]:
                    differences.append(f"{name}: {len(answers[0])} bytes of jurat run, {len(answers[1])} of juratd: " +
                                       " ".join(a[:28].hex() for a in answers))
            for name, (data, least) in good(run).items():
                assert len(run.answer(data)) >= least, name
        if day == today():
            break
    assert n > 400 and not differences, "\n".join(differences)


@case
def clients_that_say_nothing_stall_nobody(tmp):
    with Run(tmp) as run, Juratd(tmp) as juratd:
        for server in run, juratd:
            silent = [server.client() for _ in range(SILENT)]
            for s in silent[::2]:
                s.sendall(b"\0\0\4\x18")  # and the rest does not come
            answers = [server.answer(data, STALL_S) for data, _ in good(run).values()]
            assert all(len(a) >= least for a, (_, least) in zip(answers, good(run).values())), server.path
            for s in silent:
                s.close()


sys.exit(main())
