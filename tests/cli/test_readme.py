#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: MIT
"""Runs the commands of README.md: test_readme.py JURAT JURATD README VMM PRELOADS MADE_IMAGES: MADE_IMAGES writes firmware images; VMM is tests/run/vmm/good_vmm.c; PRELOADS is "no" where
a library of this build cannot be preloaded into programs of the machine, because it has sanitizers.

Each section is one case and one shell, which runs the commands in their order. RULES says what differs here: other people's programs, addresses
and paths of a whole machine. A command without a rule runs as it stands; a command that cannot run here is named in NOT_RUN."""
import contextlib
import os
import pathlib
import re
import shlex
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "support"))
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "daemon"))
from endorsements_world import Juratd  # noqa: E402
from free_port import free_port  # noqa: E402
from tap import Skip, case, main  # noqa: E402

JURAT, JURATD = (pathlib.Path(arg).resolve() for arg in sys.argv[1:3])
VMM, PRELOADS = pathlib.Path(sys.argv[4]).resolve(), sys.argv[5] == "yes"
MADE_IMAGES = pathlib.Path(sys.argv[6]).resolve()
README = pathlib.Path(sys.argv[3]).read_text(encoding="utf-8")
COMMAND = re.compile(r"^(?:[A-Z_]+=\S+ )*(?:jurat|juratd|find|make|systemctl|systemd-sysusers|export)\b")
NOT_RUN = re.compile(r"^(?:make (?:run|test|deb)|systemctl .*|systemd-sysusers .*)$")  # CI itself, and what needs systemd


def sections():
    """Heading -> commands: the indented lines, joined where they end with a backslash, without comments."""
    found, heading = {}, ""
    for line in README.replace("\\\n", " ").splitlines():
        if line.startswith("## "):
            heading = line[3:]
        elif line.startswith("    ") and COMMAND.match(line.strip()):
            found.setdefault(heading, []).append(re.sub(r"\s+# .*$", "", line.strip()))
    return found


def walk(heading, tmp, rules=(), before="", after="", wrap=()):
    """Runs a section's commands in `tmp`, by one shell that stops at the first that fails. Every rule must be of use."""
    commands, unused = sections()[heading], {pattern for pattern, _ in rules}
    lines = []
    for command in commands:
        if NOT_RUN.search(command):
            continue
        for pattern, replacement in rules:
            command, n = re.subn(pattern, lambda _, text=replacement: text, command)
            unused -= {pattern} if n else set()
        lines.append(f"echo {shlex.quote('+ ' + command)} >&2\n{command}")
    assert not unused, f"rules for nothing: {unused}"
    bin_dir = tmp / "bin"
    bin_dir.mkdir()
    for program in JURAT, JURATD:
        (bin_dir / program.name).symlink_to(program)
    script = "\n".join(["set -eu", before, *lines, after])
    env = {**os.environ, "PATH": f"{bin_dir}:{os.environ['PATH']}", "TMPDIR": str(tmp)}
    with subprocess.Popen([*map(str, wrap), "sh", "-c", script], cwd=tmp, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, start_new_session=True) as p:
        try:
            p.out, p.err = p.communicate(timeout=100)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(p.pid, signal.SIGKILL)  # daemons of a script that failed
    if p.returncode == 3 and "+ " not in p.err:
        raise Skip(p.err)  # this machine lacks something
    assert p.returncode == 0, f"exit status {p.returncode}\n{p.out}{p.err}"


def attest(tmp, *options):
    """Evidence of the software platform in `tmp`."""
    p = subprocess.run([JURAT, "run", *options, "--", "sh", "-c", 'mkdir -p roots && cp -r "$JURAT_ROOTS/." roots && exec "$0" "$@"', JURAT, "attest",
                        "--report-data", "00" * 64, *(["--tee", "tdx"] if "tdx" in options else ["--certs-out", "certs.bin"])],
                       cwd=tmp, env={**os.environ, "TMPDIR": str(tmp)}, capture_output=True, text=True, timeout=60, check=False)
    if p.returncode == 3:
        raise Skip(p.stderr)
    assert p.returncode == 0, p.stderr


@case
def verify_real_evidence(tmp):
    attest(tmp)
    attest(tmp, "--tee", "tdx")
    (tmp / "nonce").write_bytes(bytes(64))
    with Juratd(JURATD, "--software-platform", "jurat") as service:
        walk("Verify real evidence", tmp, [
            (r"^jurat verify", "jurat verify --roots roots"),
            (r"--fetch", f"--fetch --from http://127.0.0.1:{service.port}"),
            (r"--collateral collateral/", "--collateral roots/collateral"),
        ], before='mkdir certs && jurat certs split certs.bin certs && DIGEST=$(jurat show report.bin | sed -n "s/^measurement *//p")')


@case
def require_the_measurement_of_what_you_launch(tmp):
    """With small images of this build's, and a key of the test's."""
    attest(tmp)  # or this machine cannot
    subprocess.run([MADE_IMAGES, tmp], check=True)
    for name, made in {"OVMF.fd": "ovmf.fd", "OVMF.inteltdx.fd": "tdvf-without-variables.fd", "vmlinuz": "kernel"}.items():
        (tmp / name).write_bytes((tmp / made).read_bytes())
    (tmp / "tables.bin").write_bytes(b"tables")
    (tmp / "id-key.pem").write_text("-----BEGIN EC PRIVATE KEY-----\nMA8CAQEEAQegBwYFK4EEACI=\n-----END EC PRIVATE KEY-----\n", encoding="ascii")
    explains = r"(jurat measure .* --explain report.bin)$"
    command = next(c for c in sections()["Require the measurement of what you launch"] if re.search(explains, c))
    walk("Require the measurement of what you launch", tmp, [
        (explains, command + " > why || test $? = 1; grep '^measurement: matches with --vcpus 4 ' why"),
    ])


@case
def run_a_client_without_a_tee(tmp):
    attest(tmp)  # or this machine cannot
    walk("Run a client without a TEE", tmp, [
        (r"snpguest report report.bin request.bin --random", "jurat attest"),
        (r"\./your-configfs-tsm-client", "jurat attest"),
        (r"\./your-libtdx_attest-client", "jurat attest"),
        (r"snpguest fetch vcek pem certs report.bin", "sh -c 'jurat fetch vcek --report report.bin --out certs --roots $JURAT_ROOTS'"),
    ], after="grep -q sequenceDiagram steps.mmd")


@case
def find_what_is_broken(tmp):
    """Whatever is broken in this machine; what is shown is printed."""
    attest(tmp)  # or this machine cannot
    walk("Find what is broken", tmp, [
        (r"^jurat doctor$", "jurat doctor || test $? = 1 -o $? = 3"),
        (r"certs.bin$", "certs.bin || test $? = 1 -o $? = 3"),
        (r"guest$", "guest >found || test $? = 1"),
    ])
    shown = README.split("\n## Find what is broken\n", 1)[1].split("\n```", 2)[1].split("\n", 1)[1]
    assert f"\n{shown}\n" in (tmp / "found").read_text(), shown


@case
def make_evidence_that_a_verifier_must_refuse(tmp):
    attest(tmp)  # or this machine cannot
    walk("Make evidence that a verifier must refuse", tmp, [(r"\./your-verifier", "jurat attest")],
         after="test -s debug/report.bin && test -s old/quote.bin")


@case
def serve_certificates_from_a_vmm(tmp):
    if not PRELOADS or " " in str(VMM):
        raise Skip("a build that LD_PRELOAD cannot name, or with sanitizers")
    walk("Serve certificates from a VMM", tmp, [(r"qemu-system-x86_64 .*$", "true")])


@case
def test_a_vmm(tmp):
    """With a check that takes no time, and a VMM that needs no KVM of the machine."""
    if not PRELOADS or " " in str(VMM):
        raise Skip("a build that LD_PRELOAD cannot name, or with sanitizers")
    walk("Test a VMM", tmp, [
        (r"^jurat run --vmm", "jurat run --vmm --kvm own --only snp-ret-known"),
        (r"exec \./my-vmm --certs (\S+) --qgs (\S+)'", f"exec {VMM}'"),
        (r"qemu-system-x86_64 .*$", str(VMM)),
    ])


@case
def on_an_snp_host(tmp):
    """On a host of the software platform whose firmware has an update that is not committed yet."""
    with Juratd(JURATD, "--software-platform", "jurat") as service:
        walk("On an SNP host", tmp, [
            (r"^export JURAT_CERTS=\S+", f"export JURAT_ENDORSEMENTS=http://127.0.0.1:{service.port}"),
            (r"^jurat host", 'jurat host --roots "$JURAT_ROOTS"'),
            (r"^jurat certs check", 'jurat certs check --roots "$JURAT_ROOTS"'),
        ], after='jurat host status --roots "$JURAT_ROOTS" | grep "^reported_tcb *0xdb19000000000004"',
             wrap=[JURAT, "run", "--host", "--firmware", "db19000000000004", "--"])


@case
def on_a_tdx_host(tmp):
    """In front of the software quoting enclave."""
    walk("On a TDX host", tmp, [
        (r"vsock:4050", "unix:front"),
        (r"unix:/var/run/tdx-qgs/qgs.socket", "unix:enclave 2>log & daemon=$!"),
    ], before="juratd qgs --software-enclave --listen unix:enclave & enclave=$!; trap 'kill $enclave' EXIT",
         after="until grep -q event=ready log; do sleep 0.05; done; kill $daemon; wait $daemon")


@case
def for_a_fleet(tmp):
    """With the software platform as the vendors' services, without TLS."""
    attest(tmp)
    attest(tmp, "--tee", "tdx")
    address = f"127.0.0.1:{free_port()}"
    with Juratd(JURATD, "--software-platform", "jurat") as vendors:
        walk("For a fleet", tmp, [
            (r"tcp:0\.0\.0\.0:8081", f"tcp:{address}"),
            (r" --tls-cert cert.pem --tls-key key.pem", f" --upstream http://127.0.0.1:{vendors.port} --roots roots"),
            (r"redis://stock:6379", "dir:stock 2>log & daemon=$!; until grep -q event=ready log; do kill -0 $daemon; sleep 0.05; done"),
            (r"https://endorsements\.example:8081", f"http://{address}"),
            (r"jurat host refresh", "jurat host refresh --roots roots"),
            (r"jurat fetch vcek", "jurat fetch vcek --roots roots"),
            (r"jurat verify", "jurat verify --roots roots"),
            (r"--collateral collateral/", "--collateral roots/collateral"),
            (r"> (?=verdicts.jsonl)", ">>"),
        ], before="mkdir -p evidence/a && cp report.bin certs.bin evidence/a",
             after="test $(grep -c '^{\"summary\":{\"accepted\":1,\"refused\":0,\"unreadable\":0,' verdicts.jsonl) = 2 && test -s stock/vcek/*/*_vcek.der && test -s certs/vcek.der && kill $daemon && wait $daemon",
             wrap=[JURAT, "run", "--host", "--"])


@case
def every_section_is_walked(tmp):
    walked = {"Verify real evidence", "Require the measurement of what you launch", "Run a client without a TEE", "Find what is broken", "Make evidence that a verifier must refuse", "Serve certificates from a VMM", "Test a VMM", "On an SNP host", "On a TDX host", "For a fleet"}
    with_commands = {heading for heading, commands in sections().items() if not all(map(NOT_RUN.search, commands))}
    assert with_commands == walked, with_commands ^ walked


if __name__ == "__main__":
    sys.exit(main())
