# SPDX-License-Identifier: MIT
"""A redis-server or valkey-server of the test's own, on a free port of the loopback interface; nothing is kept on disk."""
import ctypes
import os
import shutil
import signal
import socket
import subprocess

from free_port import free_port
from tap import Skip

PR_SET_PDEATHSIG = 1
ATTEMPTS = 5


def _end_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Redis:
    """Use it with `with`; `url` is its address. kill() loses everything, start() begins anew on the same port."""

    def __init__(self):
        self.program = shutil.which("redis-server") or shutil.which("valkey-server")
        if not self.program:
            raise Skip("redis-server is not installed")
        self.process = None
        for _ in range(ATTEMPTS):
            self.port = free_port()
            if self._try():
                break
        else:
            raise RuntimeError("redis-server does not start")
        self.url = f"redis://127.0.0.1:{self.port}"

    def _try(self):
        self.process = subprocess.Popen(
            [self.program, "--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--appendonly", "no", "--logfile", ""],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, cwd="/", text=True,
            preexec_fn=_end_with_parent)
        for line in self.process.stdout:
            if "Ready to accept connections" in line:
                self.process.stdout.close()  # the server ignores SIGPIPE: what it writes from now on is lost
                return True
        self.process.wait()
        return False

    def start(self):
        if not self._try():
            raise RuntimeError(f"redis-server does not start again on port {self.port}")

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def stop(self):
        """SIGSTOP: connections are accepted by the kernel, and nobody answers."""
        os.kill(self.process.pid, signal.SIGSTOP)

    def go_on(self):
        os.kill(self.process.pid, signal.SIGCONT)

    def call(self, *words):
        """One command; the answer's lines, without lengths."""
        with socket.create_connection(("127.0.0.1", self.port)) as s, s.makefile("rb") as answer:
            parts = [word.encode() for word in words]
            s.sendall(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts))
            head = answer.readline()
            if head[:1] == b"$":
                return answer.read(int(head[1:]) + 2)[:-2].decode().splitlines()
            if head[:1] != b"*":
                return [head]
            return [answer.read(int(answer.readline()[1:]) + 2)[:-2].decode() for _ in range(int(head[1:]))]

    def expire(self, pattern):
        """Lets time pass for keys that have some left, such as claims of the dead."""
        keys = self.call("KEYS", pattern)
        for key in keys:
            self.call("PEXPIRE", key, "1")
        return len(keys)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
