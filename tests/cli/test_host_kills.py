#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
`jurat host` as an operator runs it, killed at each of its outside effects: what a guest gets then is verified, `jurat host
recover` completes without a service, and no lock and no file is left. JURAT_TEST_STEP=N: at each N-th effect.
Prints TAP; test_host_kills.py JURAT HOST_STOCK KILL_AT
"""
import fcntl
import itertools
import os
import pathlib
import struct
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from host_platform import FIRST, JURAT, LOWER, VCEK, VLEK, Host, call  # noqa: E402
from tap import Skip, case, main  # noqa: E402

KILL_AT = os.path.abspath(sys.argv[3])
STEP = int(os.environ.get("JURAT_TEST_STEP") or 1)
REPORT_BYTES, F_OFD_SETLK = 1184, 37


class Shell:
    """A shell in a run of the platform, which stays: runs one command after the other."""

    def __init__(self, host, name, *options):
        self.out = host.tmp / f"{name}.out"
        self.process = subprocess.Popen([*host.run, *options, "--", "sh"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self, words):
        """Exit status and output of a command."""
        self.process.stdin.write(f"{{ {words}\n}} </dev/null >'{self.out}' 2>&1; echo $?\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline()), self.out.read_text()

    def must(self, words):
        status, out = self(words)
        assert status == 0, f"{words}: status {status}: {out[-900:]}"
        return out

    def close(self):
        self.process.stdin.close()
        assert self.process.wait(timeout=60) == 0, self.process.returncode


class Scene:
    """A host and a guest of one platform, in a run each."""

    def __init__(self, tmp):
        self.host, self.tmp, self.state = Host(tmp), tmp, tmp / "state"
        self.blob = self.state / "certs.blob"
        self.operator, self.guest = Shell(self.host, "operator", "--host"), Shell(self.host, "guest")
        self.guest.must(f'cp "$JURAT_ROOTS/milan-ark.pem" "{tmp}/ark.pem"')

    def close(self):
        self.operator.close()
        self.guest.close()

    def jurat_host(self, *args):
        return self.host.words(*args, "--endorsements", str(self.host.stock if args[0] != "recover" else "/nothing"))

    def attest(self):
        """What a guest gets: the reported TCB, the signing key, and whether there are certificates, which verify the report."""
        out = self.tmp / "evidence"
        self.guest.must(f'"{JURAT}" attest --extended --out "{out}"')
        report = out.read_bytes()
        has_certificates = len(report) > REPORT_BYTES
        if has_certificates:
            call(JURAT, "verify", "--roots", str(self.tmp / "ark.pem"), str(out))
        return (f"{int.from_bytes(report[0x180:0x188], 'little'):016x}", report[0x48] >> 2 & 7), has_certificates

    def assert_unlocked(self):
        for path in self.state.glob("certs.blob*"):
            with open(path, "r+b") as file:
                fcntl.fcntl(file, F_OFD_SETLK, struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0))


def check_and_recover(scene, what):
    """The state of the firmware, as a guest sees it, before and after the recovery."""
    try:
        scene.assert_unlocked()
        state, _ = scene.attest()
        scene.operator.must(scene.jurat_host("recover"))
        after, has_certificates = scene.attest()
    except (AssertionError, OSError) as e:
        raise AssertionError(f"{what}: {e}") from e
    left = [path.name for path in scene.state.glob("*.jurat-*")]
    assert after == state and has_certificates and not left, (what, state, after, has_certificates, left)
    return after


@case
def killed_at_each_effect_guests_get_what_verifies_and_recover_needs_no_service(tmp):
    scene = Scene(tmp)
    stock = scene.host.stock
    # Each is the state from which the next one starts.
    commands = {"set-config": (["set-config", "--reported-tcb", LOWER], (LOWER, VCEK)),
                "commit": (["commit"], (FIRST, VCEK)),
                "load-vlek": (["load-vlek", f"{stock}/{FIRST}.hashstick", "--vlek", f"{stock}/{FIRST}.vlek.der"], (FIRST, VLEK))}
    killed = {name: {"before the command": 0, "after it": 0} for name in commands}
    ended = set()
    for n in itertools.count(1, STEP):
        for name, (args, target) in commands.items():
            state = None
            if name not in ended:
                status, out = scene.operator(f'"{KILL_AT}" {n} {scene.jurat_host(*args).strip()}')
                if status == 2 and "PTRACE" in out:
                    raise Skip(f"no ptrace here: {out.strip()}")
                assert status in (0, 1), (name, n, status, out)
                state = check_and_recover(scene, f"{name}, effect {n}")
                if status == 0:
                    killed[name]["after it" if state == target else "before the command"] += 1
                else:
                    ended.add(name)
                    assert state == target, (name, n, state)
            if state != target:
                scene.operator.must(scene.jurat_host(*args))
        if len(ended) == len(commands):
            break
    scene.close()
    print(f"# killed: {killed}")
    for name, counts in killed.items():
        assert counts["before the command"] > 0, (name, counts)
        assert STEP > 1 or (counts["before the command"] > 25 and counts["after it"] > 5), (name, counts)


sys.exit(main())
