# SPDX-License-Identifier: MIT
"""
`jurat host` on a software platform, for programs that are called with JURAT HOST_STOCK.
"""
import json
import os
import subprocess
import sys

from tap import Skip

JURAT, STOCK = (os.path.abspath(path) for path in sys.argv[1:3])
FIRST, NEWER, LOWER = "db18000000000004", "db19000000000004", "db17000000000004"
VCEK, VLEK = 0, 1

# What a host tool without certificates does, such as snphost: one command of /dev/sev, in Python. Prints the status.
TOOL = r"""
import ctypes, fcntl, os, struct, sys
dev = os.open("/dev/sev", os.O_RDWR)
def issue(cmd, data):
    buffer = ctypes.create_string_buffer(data, max(len(data), 1))
    arg = bytearray(struct.pack("<IQI", cmd, ctypes.addressof(buffer), 0))
    fcntl.ioctl(dev, 0xc0105300, arg)
    return buffer.raw
if sys.argv[1] == "commit":
    issue(10, b"")
elif sys.argv[1] == "config":
    issue(11, struct.pack("<QI52x", int(sys.argv[2], 16), int(sys.argv[3])))
status = struct.unpack("<BBBBIIIQQ", issue(9, bytes(32)))
print(f"0x{status[8]:016x} {status[5]}")
"""


def call(*argv, status=0, **how):
    p = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120, **how)
    assert p.returncode == status, f"{argv}: status {p.returncode}, not {status}: {p.stdout[-600:]}{p.stderr[-900:]}"
    return p


class Host:
    """A platform that is kept in a directory, with a stock of its endorsements."""

    def __init__(self, tmp, *options, product="milan", tcbs=(FIRST, NEWER, LOWER)):
        self.tmp, self.stock = tmp, tmp / "stock"
        self.run = [JURAT, "run", "--product", product, "--state", str(tmp / "state")]
        self.product = product
        self.stock.mkdir()
        call(STOCK, str(self.stock), "jurat", product, *tcbs)
        p = subprocess.run([*self.run, *options, "--host", "--", "true"], stderr=subprocess.PIPE, text=True, timeout=60)
        if p.returncode == 3:
            raise Skip(p.stderr)
        assert p.returncode == 0, p.stderr

    def words(self, *args, env=""):
        quoted = " ".join(f"'{arg}'" for arg in args)
        return f'{env} "{JURAT}" host {quoted} --roots "$JURAT_ROOTS/{self.product}-ark.pem"'

    def host(self, *args, status=0, json_output=True, source=True):
        """One command of jurat host; its JSON, or the process."""
        more = ["--endorsements", str(self.stock)] if source and args[0] != "status" else []
        more += ["--output", "json"] if json_output else []
        p = call(*self.run, "--host", "--", "sh", "-c", self.words(*args, *more), status=status, cwd=self.tmp)
        return json.loads(p.stdout) if json_output else p

    def tool(self, *args):
        script = self.tmp / "tool.py"
        script.write_text(TOOL)
        return call(*self.run, "--host", "--", sys.executable, str(script), *args).stdout.split()

    def guest(self, status=0):
        """What a guest gets now, verified: the reported TCB and the signing key of its report."""
        out = self.tmp / "evidence"
        call(*self.run, "--", "sh", "-c",
             f'"{JURAT}" attest --extended --out "{out}" >/dev/null && cp "$JURAT_ROOTS/{self.product}-ark.pem" "{self.tmp}/ark.pem"')
        call(JURAT, "verify", "--roots", str(self.tmp / "ark.pem"), "--require", "allow_masked_chip_id=true", str(out), status=status)
        report = out.read_bytes()
        return f"{int.from_bytes(report[0x180:0x188], 'little'):016x}", report[0x48] >> 2 & 7

    def assert_state(self, tcb, key=VCEK):
        """Guests, jurat host and other host tools agree about it, and the table fits."""
        assert self.guest() == (tcb, key), (self.guest(), tcb, key)
        status = self.host("status")
        assert status["ok"] and not status["problems"], status
        assert status["reported_tcb"].startswith(f"0x{tcb}"), status
        assert status["signs_with"].startswith("VLEK" if key else "VCEK"), status
        shown, flags = self.tool("status")
        assert shown == f"0x{tcb}" and bool(int(flags) & 4) == bool(key), (shown, flags)
