#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: MIT
"""juratd qgs before another service: which requests the service gets to see, by a table of cases."""
import os
import pathlib
import socket
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "support"))
import evidence  # noqa: E402
from tap import Skip, case, main  # noqa: E402

JURATD = sys.argv[1]
FRAME_BYTES, TDREPORT_BYTES = 4, 1024


def read_all(s):
    parts = []
    while part := s.recv(65536):
        parts.append(part)
    return b"".join(parts)


class Service:
    """Reads whole messages, keeps them, and closes without an answer."""

    def __init__(self, path):
        self.seen = []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            s, _ = self.listener.accept()
            with s:
                got = b""
                while (len(got) < FRAME_BYTES or len(got) < FRAME_BYTES + int.from_bytes(got[:FRAME_BYTES], "big")) and \
                        (part := s.recv(65536)):
                    got += part
                if len(got) > TDREPORT_BYTES:  # and no probe of juratd's own
                    self.seen.append(got)


class Juratd:
    def __init__(self, tmp, *options):
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        notify.bind(str(tmp / "notify"))
        self.path = str(tmp / "qgs")
        self.process = subprocess.Popen([JURATD, "qgs", "--listen", f"unix:{self.path}", "--seccomp", "kill", *options],
                                        env={**os.environ, "NOTIFY_SOCKET": str(tmp / "notify")}, stderr=subprocess.DEVNULL)
        notify.settimeout(60)
        while b"READY=1" not in notify.recv(4096):
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        assert self.process.wait(60) == 0

    def send(self, data):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(60)
            s.connect(self.path)
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
            return read_all(s)


def made():
    folders = [f for f in evidence.folders() if f.name == "made"]
    rows = [row for f in folders for row in f.rows("CASES.tsv") if row["run"] == "qgs"]
    if not rows:
        raise Skip("no folder of made evidence here")
    return folders[0].files, rows


@case
def a_service_sees_what_is_a_tdreport_by_size_and_type(tmp):
    files, rows = made()
    service = Service(tmp / "service")
    with Juratd(tmp, "--service", f"unix:{tmp}/service") as juratd:
        for row in rows:
            data = (files / row["input"]).read_bytes()
            del service.seen[:]
            answer = juratd.send(data)
            assert answer == b"" or len(data) != TDREPORT_BYTES, (row, answer)
            forwarded = row["right_answer"] == "forwarded"
            assert bool(service.seen) == forwarded and all(m.endswith(data) for m in service.seen), row


@case
def every_byte_but_the_type_is_the_service_s_to_judge(tmp):
    service = Service(tmp / "service")
    with Juratd(tmp, "--service", f"unix:{tmp}/service") as juratd:
        for at in range(0, TDREPORT_BYTES, 97):
            data = bytearray(TDREPORT_BYTES)
            data[0] = 0x81
            data[at] ^= 0x7f
            del service.seen[:]
            assert juratd.send(bytes(data)) == b""
            assert {m[-TDREPORT_BYTES:] for m in service.seen} == ({bytes(data)} if at else set()), at


sys.exit(main())
