# SPDX-License-Identifier: MIT
"""The rows, and the programs that are measured in each: those that stay and answer (bench/README.md has the protocol), and those that are
started for each piece of evidence."""
import os
import pathlib
import re
import subprocess
import time

ROWS = {  # name: TEE, what is measured
    "snp-cold": ("sev-snp", "report, new verifier: roots and certificates are parsed, the chain is verified"),
    "snp-warm": ("sev-snp", "report, chain seen before"),
    "snp-extended-cold": ("sev-snp", "report with certificate table, new verifier"),
    "snp-extended-warm": ("sev-snp", "report with certificate table, chain seen before"),
    "tdx-cold": ("tdx", "quote, new verifier: root and collateral are parsed, everything is verified"),
    "tdx-warm": ("tdx", "quote, collateral and chain seen before"),
    "tdx-chain-cold": ("tdx", "quote without collateral, new verifier: signatures and chain alone"),
    "tdx-chain-warm": ("tdx", "quote without collateral, chain seen before"),
    "snp-process": ("sev-snp", "complete process: report with certificate table"),
    "tdx-process": ("tdx", "complete process: quote with collateral"),
    "tdx-chain-process": ("tdx", "complete process: quote without collateral"),
}
# The damaged twins (pieces.py) that must be refused: without collateral, that of the collateral is as good as the right one.
TWINS = {"sev-snp": ("piece", "chain"), "tdx": ("piece", "chain", "collateral"), "chain": ("piece", "chain")}


def twins_of(row):
    return TWINS["chain" if row.startswith("tdx-chain") else ROWS[row][0]]


class Refused(Exception):
    """The program did not do what it was to do; the text is what it said."""


class Sample:
    """What n operations took."""

    def __init__(self, n, cpu_ns, peak_bytes, wall_ns=None):
        self.n, self.cpu_ns, self.peak_bytes, self.wall_ns = n, cpu_ns, peak_bytes, wall_ns


class Resident:
    """A program that stays and does operations. It is started when it is needed first."""

    def __init__(self, name, path, ours=False):
        self.name, self.path, self.ours, self.process = name, pathlib.Path(path), ours, None

    def missing(self):
        return None if self.path.exists() else "is not built"

    def run(self, row, directory, at, n):
        if self.process is None:
            self.process = subprocess.Popen([self.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                            text=True, env={**os.environ, "GOMAXPROCS": "1"})
        try:
            self.process.stdin.write(f"{row}\t{directory}\t{at}\t{n}\n")
            self.process.stdin.flush()
            said = self.process.stdout.readline().rstrip("\n").split("\t")
        except BrokenPipeError:
            said = [""]
        if said[0] != "ok":
            if said[0] == "":
                self.close()
                raise Refused("it ended")
            raise Refused(said[1])
        return Sample(n, int(said[1]), self.peak_bytes())

    def peak_bytes(self):
        """Of the program itself: getrusage(2) would add what its process had before execve(2)."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        return 1024 * int(re.search(r"^VmHWM:\s*(\d+) kB", status, re.M).group(1))

    def close(self):
        if self.process:
            self.process.stdin.close()
            self.process.wait()
            self.process.stdout.close()
            self.process = None


class Processes:
    """Programs that are started, one after the other, for each piece of evidence; `commands` makes their words of a directory and a time."""

    def __init__(self, name, timer, commands, ours=False):
        self.name, self.timer, self.commands, self.ours = name, pathlib.Path(timer), commands, ours

    def missing(self):
        absent = [words[0] for words in self.commands(pathlib.Path(), 0) if not pathlib.Path(words[0]).exists()]
        return "is not built" if absent or not self.timer.exists() else None

    def run(self, row, directory, at, n):
        total = Sample(n, 0, 0, 0)
        for words in self.commands(pathlib.Path(directory), at):
            done = subprocess.run([self.timer, str(n), *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                  check=False, env={**os.environ, "GOMAXPROCS": "1"})
            if done.returncode != 0:
                raise Refused(" ".join(done.stdout.split()) or f"exit status {done.returncode}")
            for line in done.stdout.splitlines():
                cpu, wall, peak = map(int, line.split())
                total.cpu_ns += cpu
                total.wall_ns += wall
                total.peak_bytes = max(total.peak_bytes, peak)
        return total

    def close(self):
        pass


def rfc3339(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def jurat_commands(jurat, row):
    """What is verified now needs no --at, and costs no reading of it."""
    def commands(d, at):
        words = [jurat, "verify"] if (d / "vendors-root").exists() else [jurat, "verify", "--roots", d / "root.der"]
        if abs(at - time.time()) > 86400:
            words += ["--at", rfc3339(at)]
        if row == "snp-process":
            return [[*words, d / "extended.bin"]]
        if row == "tdx-process":
            return [[*words, "--collateral", d / "collateral", d / "quote.bin"]]
        return [[*words, "--allow-no-collateral", d / "quote.bin"]]
    return commands


def process_peers(row, peers, timer):
    def one(name, commands):
        return Processes(name, timer, commands)
    if row == "snp-process":
        return [one("go-sev-guest 0.15.0", lambda d, at: [[peers / "check", "-quiet", "-network=false", "-guest_policy=0x30000", "-product_key_path",
                                                            d / "ask_ark.pem", "-in", d / "extended.bin"]]),
                one("snpguest 0.11.0", lambda d, at: [[peers / "snpguest", "--quiet", "verify", "certs", d / "snpguest"],
                                                       [peers / "snpguest", "--quiet", "verify", "attestation", d / "snpguest",
                                                        d / "report.bin"]])]
    if row == "tdx-process":
        return [one("go-tdx-guest 0.3.1", lambda d, at: [[peers / "peer-go-tdx-guest", "tdx-cold", d, at]]),
                one("dcap-qvl 0.7.1", lambda d, at: [[peers / "qvl-verify", d, at]])]
    return [one("go-tdx-guest 0.3.1", lambda d, at: [[peers / "tdxcheck", "-quiet", "-trusted_roots", d / "root.pem", "-in",
                                                       d / "quote.bin"]])]


def label_of(build):
    """How the tables name a build of jurat: by the code that verifies signatures."""
    said = subprocess.run([build / "src/cli/jurat", "--version"], capture_output=True, text=True, check=False).stdout
    return "jurat, AWS-LC" if "AWS-LC" in said else "jurat"


def programs_of(builds):
    """For each row, the programs that it is measured with, jurat first."""
    peers, timer = builds[0] / "peers/bin", builds[0] / "bench/peers/time-process"
    labels = [label_of(build) for build in builds]
    labels = [label if labels.index(label) == i else f"{label} ({i + 1})" for i, label in enumerate(labels)]
    ours = list(zip(labels, builds))
    resident = [Resident(label, build / "bench/peers/peer-jurat", True) for label, build in ours]
    snp = resident + [Resident("go-sev-guest 0.15.0", peers / "peer-go-sev-guest"), Resident("sev 8.0.0", peers / "peer-sev"),
                      Resident("sev 8.0.0, OpenSSL", peers / "peer-sev-openssl")]
    tdx = resident + [Resident("go-tdx-guest 0.3.1", peers / "peer-go-tdx-guest"), Resident("dcap-qvl 0.7.1", peers / "peer-dcap-qvl")]
    found = {}
    for row, (tee, _) in ROWS.items():
        if row.endswith("-process"):
            found[row] = [Processes(label, timer, jurat_commands(build / "src/cli/jurat", row), True) for label, build in ours]
            found[row] += process_peers(row, peers, timer)
        else:
            found[row] = snp if tee == "sev-snp" else tdx
    return found
