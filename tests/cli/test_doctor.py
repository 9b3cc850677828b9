#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
`jurat doctor`: every finding is provoked, by faults and evidence of `jurat run`, by files below --root, by services of this test, or (doctor_worlds.c)
by an environment that fails. Prints TAP; test_doctor.py JURAT DOCTOR_WORLDS
"""
import ctypes
import fcntl
import http.server
import json
import os
import pathlib
import platform
import re
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from tap import Skip, case, main  # noqa: E402

JURAT, IN_C = (os.path.abspath(path) for path in sys.argv[1:3])
provoked = set()
ENV = {k: v for k, v in os.environ.items() if not k.startswith("JURAT_")}


def parse(p, status=None):
    assert p.returncode in (0, 1, 3), (p.returncode, p.stderr, p.stdout)
    assert status is None or p.returncode == status, (p.returncode, p.stdout)
    out = json.loads(p.stdout)
    assert not re.search("Linux [,:]", p.stdout), "of which release?"
    assert out["ok"] == (p.returncode == 0), out
    severities = {f["severity"] for f in out["findings"]}
    assert p.returncode == (1 if "broken" in severities else 3 if "unknown" in severities else 0), out
    return out


def doctor(*words, status=None, **how):
    how.setdefault("env", ENV)
    return parse(subprocess.run([JURAT, "doctor", *words, "--output", "json"], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                timeout=60, **how), status)


def run(options, *words, before="", status=None):
    """jurat doctor on a software platform."""
    quoted = " ".join("'" + word.replace("'", "'\\''") + "'" if "$" not in word else f'"{word}"' for word in words)
    script = f'{before} "{JURAT}" doctor {quoted} --output json'
    p = subprocess.run([JURAT, "run", *options, "--", "sh", "-c", script], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
                       env=ENV)
    if p.returncode == 3 and not p.stdout:
        raise Skip(p.stderr)
    return parse(p, status)


def finds(out, *ids):
    """These findings are there, and of no other hop is one broken before the first of them."""
    there = {f["id"]: f for f in out["findings"]}
    for name in ids:
        assert name in there, (name, out["findings"])
        assert there[name]["detail"] and there[name]["text"] and there[name]["remedy"], there[name]
        provoked.add(name)
    if there[ids[0]]["severity"] == "broken":
        assert out["first_broken"] == ids[0], (ids, out["first_broken"])
    return out


def tree(tmp, files):
    """A directory with these files, as of another machine."""
    for name, text in files.items():
        path = tmp / "tree" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp / "tree").mkdir(exist_ok=True)
    return str(tmp / "tree")


def cpu(flags, vendor="AuthenticAMD"):
    return f"processor\t: 0\nvendor_id\t: {vendor}\ncpu family\t: 25\nmodel\t\t: 1\nflags\t\t: fpu {flags}\n\n"


GUEST = {"proc/cpuinfo": cpu("hypervisor sev sev_es sev_snp"), "proc/sys/kernel/osrelease": "6.12.5-generic\n"}
SNP_GUEST = {**GUEST, "sys/module/sev_guest/refcnt": "0\n", "dev/sev-guest": ""}
SNP_HOST = {"proc/cpuinfo": cpu("sev sev_es sev_snp"), "proc/sys/kernel/osrelease": "7.0.1\n", "dev/kvm": "", "dev/sev": "",
            "sys/module/kvm_amd/parameters/sev_snp": "Y\n"}
TDX_HOST = {"proc/cpuinfo": cpu("sgx tdx_host_platform", "GenuineIntel"), "proc/sys/kernel/osrelease": "6.17.0\n", "dev/kvm": "",
            "dev/sgx_enclave": "", "dev/sgx_provision": "", "sys/module/kvm_intel/parameters/tdx": "Y\n",
            "run/tdx-qgs/qgs.socket": "", "etc/sgx_default_qcnl.conf": '{"pccs_url": "https://localhost:8081/sgx/certification/v4/"}'}
PLATFORM = {"dev/fuse": "", "proc/sys/kernel/seccomp/actions_avail": "kill allow user_notif\n"}


def files(tmp, base, side, finding, change, status=1):
    """Files as of a machine that works, but for `change` (None: without it), have the finding and no other that is broken."""
    made = {name: text for name, text in {**base, **change}.items() if text is not None}
    shutil.rmtree(tmp / "tree", ignore_errors=True)
    out = finds(doctor(side, "--root", tree(tmp, made), status=status), finding)
    assert len([f for f in out["findings"] if f["severity"] == "broken"]) <= 1, out["findings"]


@case
def a_machine_without_a_tee_is_told_so_first_and_what_works_there(tmp):
    p = subprocess.run([JURAT, "doctor", "--root", tree(tmp, {**PLATFORM, "proc/cpuinfo": cpu("vmx", "GenuineIntel")})], capture_output=True, text=True,
                       env=ENV, timeout=60)
    assert p.returncode == 0 and p.stderr == "", p
    first = p.stdout.splitlines()[0]
    assert first.startswith("This machine is neither a confidential VM nor a host of such VMs: it can run software platforms"), first
    assert "\nplatform\n" in p.stdout and "\nverifier\n" in p.stdout and "\nguest\n" not in p.stdout and "\nhost\n" not in p.stdout


@case
def sides_are_those_of_the_machine(tmp):
    for base, sides in ((SNP_GUEST, ["guest", "verifier"]), (SNP_HOST, ["host", "verifier"]), (TDX_HOST, ["host", "verifier"])):
        shutil.rmtree(tmp / "tree", ignore_errors=True)
        out = doctor("--root", tree(tmp, base))
        assert out["sides"] == sides and out["requests"] == 0, out


@case
def a_software_platform_works_and_one_report_is_requested(_):
    for options, kind in (([], "sev-snp"), (["--tee", "tdx"], "tdx"), (["--product", "turin"], "sev-snp"), (["--sign-with", "vlek"], "sev-snp"),
                          (["--linux", "6.12"], "sev-snp")):
        out = run(options, "guest", status=0)
        assert out["guest"] == kind and out["software_platform"] and out["requests"] == 1 and out["first_broken"] is None, out
        assert all(hop["state"] in ("ok", "not-checked") for hop in out["hops"]), out["hops"]
    out = run(["--host"], status=0)
    assert out["sides"] == ["host", "verifier"] and out["requests"] == 0, out
    assert {hop["id"]: hop["state"] for hop in out["hops"]}["host-certs"] == "ok", out["hops"]


@case
def the_platform_side_reads_sysctls_and_devices(tmp):
    files(tmp, PLATFORM, "platform", "userns-apparmor", {"proc/sys/kernel/apparmor_restrict_unprivileged_userns": "1\n"})
    files(tmp, PLATFORM, "platform", "userns-disabled", {"proc/sys/user/max_user_namespaces": "0\n"})
    files(tmp, PLATFORM, "platform", "userns-disabled", {"proc/sys/kernel/unprivileged_userns_clone": "0\n"})
    files(tmp, PLATFORM, "platform", "fuse-missing", {"dev/fuse": None})
    files(tmp, PLATFORM, "platform", "seccomp-notify", {"proc/sys/kernel/seccomp/actions_avail": "kill allow\n"}, status=0)
    for scope in "23":
        files(tmp, PLATFORM, "platform", "ptrace-restricted", {"proc/sys/kernel/yama/ptrace_scope": f"{scope}\n"}, status=0)
    files(tmp, PLATFORM, "platform", "fuse-missing", {"proc/sys/kernel/yama/ptrace_scope": "1\n", "dev/fuse": None})


def forbid_unshare():
    """A filter as of a container: unshare(2) fails with EPERM. Spec: seccomp(2)."""
    program = struct.pack("<HBBIHBBIHBBIHBBI", 0x20, 0, 0, 0, 0x15, 0, 1, 272, 6, 0, 0, 0x50001, 6, 0, 0, 0x7fff0000)
    code = ctypes.create_string_buffer(program, len(program))
    libc = ctypes.CDLL(None, use_errno=True)
    fprog = struct.pack("<HxxxxxxQ", 4, ctypes.addressof(code))
    assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, ctypes.c_char_p(fprog), 0, 0) == 0


@case
def another_file_at_the_path_of_fuse_is_found(tmp):
    """As in a container that got a file or another device in its place."""
    script = 'mount --make-rprivate / && mount --bind "$1" /dev/fuse && exec "$0" doctor platform --output json'
    for other in "/dev/null", str(tmp / "file"):
        (tmp / "file").write_bytes(b"")
        p = subprocess.run(["unshare", "--mount", "sh", "-c", script, JURAT, other], capture_output=True, text=True, env=ENV, timeout=60)
        if not p.stdout:
            raise Skip(f"no mount namespaces, or no /dev/fuse: {p.stderr}")
        finds(parse(p, 1), "fuse-missing")


@case
def a_container_that_forbids_namespaces_is_found(_):
    if platform.machine() != "x86_64":
        raise Skip("the filter of this test is for x86_64")
    restricted = pathlib.Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
    if os.geteuid() != 0 and restricted.exists() and restricted.read_text(encoding="ascii").startswith("1"):
        raise Skip("AppArmor's restriction would be found first")
    finds(doctor("platform", status=1, preexec_fn=forbid_unshare), "userns-forbidden")


@case
def the_guest_side_reads_cpu_and_kernel(tmp):
    files(tmp, {}, "guest", "guest-not-confidential", {"proc/cpuinfo": cpu("hypervisor")})
    files(tmp, {}, "guest", "guest-sev-only", {"proc/cpuinfo": cpu("hypervisor sev sev_es")})
    files(tmp, {}, "guest", "guest-paravisor", {"proc/cpuinfo": cpu("hypervisor"), "sys/class/dmi/id/sys_vendor": "Microsoft Corporation\n", "dev/tpm0": ""})
    files(tmp, GUEST, "guest", "guest-no-module", {})
    files(tmp, GUEST, "guest", "guest-no-module", {"proc/sys/kernel/osrelease": ""})
    files(tmp, GUEST, "guest", "guest-kernel-old", {"proc/sys/kernel/osrelease": "5.15.0-91\n"})
    files(tmp, GUEST, "guest", "guest-kernel-old", {"proc/cpuinfo": cpu("hypervisor tdx_guest"), "proc/sys/kernel/osrelease": "6.1.0\n"})
    files(tmp, SNP_GUEST, "guest", "guest-no-configfs-kernel", {"proc/sys/kernel/osrelease": "6.1.0\n"}, status=0)


@case
def the_guest_side_reads_device_and_configfs(tmp):
    with_tsm = {**SNP_GUEST, "sys/kernel/config/tsm/report/x": ""}
    files(tmp, with_tsm, "guest", "guest-device-missing", {"dev/sev-guest": None})
    files(tmp, SNP_GUEST, "guest", "configfs-not-mounted", {"proc/mounts": "proc /proc proc rw 0 0\n"})
    files(tmp, SNP_GUEST, "guest", "configfs-no-tsm", {"proc/mounts": "configfs /sys/kernel/config configfs rw 0 0\n"})
    files(tmp, with_tsm, "guest", "guest-vmpl", {"sys/devices/system/cpu/sev/vmpl": "2\n"}, status=0)


@case
def a_tree_with_a_fifo_is_read_at_once(tmp):
    root = tree(tmp, {**SNP_GUEST, "proc/sys/kernel/osrelease": "6.12.5\x1b[31m\n"})
    os.unlink(root + "/proc/cpuinfo")
    for name in ("proc/cpuinfo", "dev/fuse", "proc/mounts"):
        os.mkfifo(f"{root}/{name}")
    out = doctor("guest", "host", "platform", "verifier", "--root", root, "--vmm", root + "/proc/mounts")
    assert out["kernel"] == "6.12.5", out


@case
def links_below_root_lead_to_files_below_it(tmp):
    """As those of a sosreport do, which are links of another machine: neither its absolute ones nor ".." reach this machine."""
    outside = tmp / "outside"
    outside.write_text("6.1.2-outside\n")
    release, kept = tmp / "tree" / "proc" / "sys" / "kernel" / "osrelease", tmp / "tree" / "kept"
    for target, kernel in ((str(outside), None), ("../" * 20 + str(outside)[1:], None), ("../" * 4 + "outside", None), ("/kept/release", "6.6.6"),
                           ("../" * 20 + "kept/./release", "6.6.6"), ("../../link/release", "6.6.6"), ("osrelease", None), ("x" * 4000, None)):
        shutil.rmtree(tmp / "tree", ignore_errors=True)
        root = tree(tmp, {**SNP_GUEST, "kept/release": "6.6.6\n"})
        (tmp / "tree" / "proc" / "link").symlink_to("//kept//")
        release.unlink()
        release.symlink_to(target)
        out = doctor("guest", "--root", root)
        assert out["kernel"] == kernel, (target, out["kernel"])
    assert kept.is_dir()


@case
def files_of_another_machine_may_have_any_bytes(tmp):
    for config in (b"PCCS_URL=https://\x1b[31m\xff\xc2\x9b/x\n", '{"pccs_url": "https://%s%s"}'.encode() % (246 * b"x", 10 * "\xe9".encode()),
                   b'{"pccs_url": "\\u0000\\u001b\\ud83d"}', b"\0\xff{"):
        shutil.rmtree(tmp / "tree", ignore_errors=True)
        root = tree(tmp, TDX_HOST)
        (tmp / "tree" / "etc" / "sgx_default_qcnl.conf").write_bytes(config)
        out = doctor("host", "--root", root)
        assert "host-pccs" in {hop["id"] for hop in out["hops"]}, out
        p = subprocess.run([JURAT, "doctor", "host", "--root", root], capture_output=True, env=ENV, timeout=60)
        p.stdout.decode("utf-8")
        assert b"\x1b" not in p.stdout and b"\xc2\x9b" not in p.stdout, p


@case
def a_file_in_place_of_the_guest_device_is_found(tmp):
    (tmp / "file").write_bytes(b"")
    out = doctor("guest", "--tee", "sev-snp", "--guest-device", str(tmp / "file"), status=1)
    assert "guest-device-not-one" in {f["id"] for f in out["findings"]}, out
    provoked.add("guest-device-not-one")


@case
def faults_of_sev_snp_guests_are_named(_):
    for options, finding in (
            (["--fault", "vmpck-wipe"], "vmpck-wiped"), (["--fault", "busy:32"], "host-busy"), (["--fault", "fw-error:0x16"], "firmware-refused"),
            (["--fault", "certs:oversized"], "certs-too-large"), (["--fault", "certs:truncated"], "guest-certs-malformed"),
            (["--fault", "certs:stale"], "guest-certs-stale"), (["--evidence", "report-data-changed"], "report-bad"),
            (["--evidence", "masked-key"], "report-unsigned"), (["--evidence", "wrong-hwid"], "guest-certs-chip"),
            (["--evidence", "vcek-expired"], "guest-certs-expired"), (["--evidence", "vcek-not-yet-valid"], "guest-certs-early"),
            (["--evidence", "ask-missing"], "guest-certs-incomplete"), (["--evidence", "untrusted-root"], "guest-certs-root"),
            (["--evidence", "signature-damaged"], "guest-certs-refused")):
        finds(run(options, "guest", status=1), finding)
    finds(run(["--no-certs"], "guest", status=0), "guest-certs-none")
    finds(run(["--evidence", "debug"], "guest", status=0), "guest-debug")
    finds(run(["--fault", "vmpck-wipe"], "guest", "--via", "configfs", status=1), "vmpck-wiped")
    finds(run([], "guest", "--at", "2050-01-01", status=1), "guest-certs-expired")


@case
def faults_of_tds_are_named(tmp):
    for fault, finding in (("qgs-down", "quote-failed"), ("qgs-half-close", "quote-failed"), ("tdx-empty", "quote-empty"),
                           ("tdx-oversized", "quote-oversized"), ("tdx-hang", "quote-failed"), ("tdx-status:0x8000000000000001", "quote-failed")):
        finds(run(["--tee", "tdx", "--fault", fault], "guest", status=1), finding)
    first = f'"{JURAT}" attest --out "{tmp}/quote" >/dev/null 2>&1;'
    finds(run(["--tee", "tdx", "--fault", "tdx-hang"], "guest", before=first, status=1), "quote-stuck")
    finds(run(["--tee", "tdx"], "guest", "--via", "ioctl", status=1), "quote-unsupported")
    finds(run(["--tee", "tdx"], "guest", "--quoting-service", f"unix:{tmp}/none", status=1), "guest-qgs-unreachable")
    with Service(tmp / "qgs", error_answer(0x12001)) as qgs:
        out = finds(run(["--tee", "tdx"], "guest", "--quoting-service", qgs, status=1), "guest-qgs-error")
        assert "0x12001 (QGS_MSG_ERROR_UNEXPECTED)" in out["findings"][0]["detail"], out
    out = run(["--tee", "tdx", "--qgs", f"unix:{tmp}/good"], "guest", "--quoting-service", f"unix:{tmp}/good", status=0)
    assert {hop["id"]: hop["state"] for hop in out["hops"]}["guest-qgs"] == "ok", out["hops"]


@case
def the_host_side_reads_cpu_and_kernel(tmp):
    files(tmp, {}, "host", "host-not-capable", {"proc/cpuinfo": cpu("vmx", "GenuineIntel")})
    shutil.rmtree(tmp / "tree", ignore_errors=True)
    finds(doctor("host", "--root", tree(tmp, {**SNP_HOST, "proc/cpuinfo": cpu("sev sev_es"), "sys/module/kvm_amd/parameters/sev_snp": "N\n"})), "host-sev-only")
    files(tmp, {}, "host", "host-hygon", {"proc/cpuinfo": cpu("vmx", "HygonGenuine")})
    files(tmp, SNP_HOST, "host", "host-kernel-old", {"proc/sys/kernel/osrelease": "6.8.0\n", "sys/module/kvm_amd/parameters/sev_snp": None})
    files(tmp, SNP_HOST, "host", "host-kvm-off", {"sys/module/kvm_amd/parameters/sev_snp": "N\n"})
    files(tmp, SNP_HOST, "host", "host-no-kvm", {"dev/kvm": None})
    files(tmp, SNP_HOST, "host", "host-device-missing", {"dev/sev": None})
    files(tmp, TDX_HOST, "host", "host-kernel-old", {"proc/sys/kernel/osrelease": "6.8.0\n", "sys/module/kvm_intel/parameters/tdx": None})


@case
def the_host_side_reads_what_makes_quotes(tmp):
    files(tmp, TDX_HOST, "host", "sgx-missing", {"dev/sgx_enclave": None})
    files(tmp, TDX_HOST, "host", "sgx-provision", {"dev/sgx_provision": None})
    files(tmp, TDX_HOST, "host", "qgs-missing", {"run/tdx-qgs/qgs.socket": None})
    files(tmp, TDX_HOST, "host", "pccs-no-config", {"etc/sgx_default_qcnl.conf": None}, status=0)
    for text in ('{"pccs_url": "https://localhost:8081/x"\n"use_secure_cert": false}', '{"use_secure_cert": false}', "{"):
        files(tmp, TDX_HOST, "host", "pccs-bad-config", {"etc/sgx_default_qcnl.conf": text})
    for text in ('{\n // a comment\n "pccs_url": "https://host:8081/v4/" # "another"\n}', "# old\nPCCS_URL=https://host:8081/v3/\nUSE_SECURE_CERT=FALSE\n"):
        shutil.rmtree(tmp / "tree", ignore_errors=True)
        out = doctor("host", "--root", tree(tmp, {**TDX_HOST, "etc/sgx_default_qcnl.conf": text}), status=0)
        assert "https://host:8081/v" in {hop["id"]: hop["detail"] for hop in out["hops"]}["host-pccs"], out["hops"]


def host(options, *words, **how):
    return run(["--host", *options], "host", *words, **how)


@case
def firmware_of_the_host_is_asked(tmp):
    for mask, finding, status in (("chip-id", "host-mask-id", 0), ("chip-key", "host-mask-key", 1)):
        # what another tool does: one command of /dev/sev
        before = f'"{sys.executable}" -c "$TOOL" {1 if mask == "chip-id" else 2} &&'
        ENV["TOOL"] = ("import ctypes, fcntl, os, struct, sys\nb = ctypes.create_string_buffer(struct.pack('<QI52x', 0xdb18000000000004, int(sys.argv[1])), 64)\n"
                       "fcntl.ioctl(os.open('/dev/sev', os.O_RDWR), 0xc0105300, bytearray(struct.pack('<IQI', 11, ctypes.addressof(b), 0)))")
        finds(host([], before=before, status=status), finding)
    finds(host([], before="JURAT_PRODUCT=naples", status=3), "host-product")
    (tmp / "file").write_bytes(b"")
    finds(host([], "--device", str(tmp / "file"), status=3), "host-device-fails")
    finds(host([], "--vmm", "/bin/true", status=0), "vmm-no-certs")
    finds(doctor("host", "--tee", "tdx", "--vmm", "/bin/true", "--root", tree(tmp, TDX_HOST), status=0), "vmm-no-quotes")
    finds(host([], "--vmm", "/none", status=3), "vmm-unreadable")
    (tmp / "vmm").write_bytes(b"\x7fELF ... certs-path ...")
    assert not host([], "--vmm", str(tmp / "vmm"), status=0)["findings"]


def this_process():
    """As the run names it: in the user namespace of an ordinary user, processes outside cannot be examined."""
    return f"pid {os.getpid()} (" if os.geteuid() == 0 else "a process that this one cannot see"


@case
def the_blob_of_the_host_is_examined(tmp):
    blob = tmp / "d" / "certs"
    blob.parent.mkdir(mode=0o755)
    copy = f'umask 077; cp "$JURAT_CERTS" "{blob}" &&'
    there = ["--blob", str(blob)]
    out = finds(host([], *there, status=1), "blob-missing")
    assert {hop["id"]: hop["state"] for hop in out["hops"]}["host-lock"] == "not-checked", out["hops"]
    assert not host([], *there, before=copy, status=0)["findings"]
    for what, mode in (blob.parent, "0777"), (blob, "0660"):
        finds(host([], *there, before=copy + f'chmod {mode} "{what}" &&', status=1), "blob-access")
        blob.parent.chmod(0o755)
    blob.unlink()
    finds(host([], *there, before=copy + f': >"{blob}" &&', status=1), "blob-empty")
    for name in "old", "spare":
        (tmp / "d" / f"certs.jurat-{name}").touch()
    with open(f"{blob}.jurat-spare", "rb") as f:
        fcntl.fcntl(f, 37, struct.pack("hhqqi4x", fcntl.F_RDLCK, 0, 0, 0, 0))
        out = finds(host([], *there, before=copy, status=1), "update-interrupted")
        assert [f["hop"] for f in out["findings"]] == ["host-lock"] and this_process() in out["findings"][0]["detail"], out["findings"]
    for name in "old", "spare":
        os.unlink(f"{blob}.jurat-{name}")
    with open(blob, "r+b") as f:
        fcntl.fcntl(f, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0))  # F_OFD_SETLK
        finds(host([], *there, before=copy, status=1), "lock-held")
    with open(blob, "rb") as f:
        fcntl.flock(f, fcntl.LOCK_SH)
        finds(host([], *there, before=copy, status=0), "lock-flock")


@case
def a_host_that_is_asked_for_by_name_has_a_blob_that_is_named(_):
    finds(host([], before="unset JURAT_CERTS;", status=3), "blob-unnamed")
    out = run(["--host"], before="unset JURAT_CERTS;", status=0)
    assert {hop["id"]: hop["detail"] for hop in out["hops"]}["host-blob"] == "no --blob, and no $JURAT_CERTS", out["hops"]


@case
def an_update_in_progress_is_a_finding_while_the_table_is_empty(tmp):
    """A reader of the old table holds it up; later, it is as if that had been so for long."""
    script = tmp / "script.py"
    script.write_text(f'''
import fcntl, json, os, struct, subprocess, time
blob = os.environ["JURAT_CERTS"]
def doctor(*words):
    return subprocess.run([{JURAT!r}, "doctor", "host", *words], capture_output=True, text=True, stdin=subprocess.DEVNULL)
found = []
with open(blob, "rb") as f:
    fcntl.fcntl(f, 37, struct.pack("hhqqi4x", fcntl.F_RDLCK, 0, 0, 0, 0))
    p = subprocess.Popen([{JURAT!r}, "host", "refresh", "--roots", os.environ["JURAT_ROOTS"], "--wait", "60000"], stdout=subprocess.DEVNULL)
    until = time.monotonic() + 20
    while os.stat(blob).st_ino == os.fstat(f.fileno()).st_ino:
        assert time.monotonic() < until
    found.append(doctor("--output", "json"))
    os.utime(blob, (time.time() - 300,) * 2)
    found.append(doctor("--output", "json"))
    found.append(doctor())
assert p.wait() == 0
found.append(doctor("--output", "json"))
print(json.dumps([p.pid, [[q.returncode, q.stdout] for q in found]]))
''')
    p = subprocess.run([JURAT, "run", "--host", "--endorsements", "--", sys.executable, str(script)], capture_output=True, text=True, timeout=60, env=ENV)
    if p.returncode == 3 and not p.stdout:
        raise Skip(p.stderr)
    assert p.returncode == 0, p
    updater, ((young, first), (old, second), (again, text), (after, last)) = json.loads(p.stdout)
    assert (young, old, again, after) == (0, 1, 1, 0), p.stdout
    for out, name in (json.loads(first), "update-running"), (json.loads(second), "update-stuck"):
        finds(out, name)
        hops = {hop["id"]: (hop["state"], hop["detail"]) for hop in out["hops"]}
        assert f"pid {updater} (jurat host)" in hops["host-blob"][1] and hops["host-blob"][0] in ("warning", "broken"), hops
        assert hops["host-lock"] == ("ok", f"an update is in progress: pid {updater} (jurat host)"), hops
    assert "certs.blob\n" in re.search(r"\n  do      .*jurat host recover --blob (/.*\n)", text)[1], text
    assert not json.loads(last)["findings"], last


@case
def what_this_user_may_not_read_is_neither_broken_nor_ok(tmp):
    blob, lock = tmp / "certs", tmp / "certs.jurat-lock"
    blob.write_bytes(b"x")
    lock.touch(0)
    tmp.chmod(0o755)
    other = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
    words = ["host", "--tee", "sev-snp", "--blob", str(blob)]
    try:
        hops = {hop["id"]: (hop["state"], hop["detail"]) for hop in doctor(*words, **other)["hops"]}
        assert hops["host-lock"] == ("not-checked", f"this user cannot read '{lock}': an update may be in progress"), hops
        blob.chmod(0)
        out = doctor(*words, **other)
    except PermissionError as e:
        raise Skip(f"another user cannot run it: {e}") from e
    hops = {hop["id"]: (hop["state"], hop["detail"]) for hop in out["hops"]}
    assert hops["host-blob"][0] == "unknown" and "Permission denied" in hops["host-blob"][1], hops
    assert hops["host-lock"] == hops["host-certs"] == ("not-checked", "needs the blob"), hops
    assert "blob-permission" in {f["id"] for f in out["findings"]}, out["findings"]


@case
def after_a_crash_the_reader_that_holds_up_the_recovery_is_named(tmp):
    blob = tmp / "d" / "certs"
    blob.parent.mkdir(mode=0o755)
    blob.touch(0o600)
    (tmp / "d" / "certs.jurat-empty").touch()
    with open(f"{blob}.jurat-empty", "rb") as f:
        fcntl.fcntl(f, 37, struct.pack("hhqqi4x", fcntl.F_RDLCK, 0, 0, 0, 0))
        p = subprocess.run([JURAT, "run", "--host", "--", JURAT, "doctor", "host", "--blob", str(blob)], capture_output=True, text=True, timeout=60, env=ENV)
    if p.returncode == 3 and not p.stdout:
        raise Skip(p.stderr)
    lines = p.stdout.splitlines()
    at = lines.index("First broken: certificate blob (blob-empty)")
    assert lines[at + 1] == f"  found   '{blob}' has 0 bytes, and no certificate" and lines[at + 3] == f"  do      jurat host recover --blob {blob}", lines
    assert [line for line in lines[at:] if line.startswith("  also    update-interrupted: ") and f"locked by {this_process()}" in line], lines


@case
def the_certificates_of_the_host_are_compared_with_its_firmware(tmp):
    blob = tmp / "certs"
    finds(host(["--fault", "certs:stale"], status=1), "host-certs-stale")
    finds(host([], "--at", "2050-01-01", status=1), "host-certs-expired")
    finds(host([], "--at", "2000-01-01", status=1), "host-certs-early")
    out = host([], status=0)
    until = {hop["id"]: hop["detail"] for hop in out["hops"]}["host-certs"].split("until ")[1]
    finds(host([], "--at", until.replace("-29T", "-15T"), status=0), "host-certs-soon")
    for words in (["--seed", "other"], ["--seed", "jurat", "--sign-with", "vlek"]):
        subprocess.run([JURAT, "run", *words, "--host", "--", "sh", "-c", f'cp "$JURAT_CERTS" "{blob}"'], check=True, env=ENV)
        out = host([], "--blob", str(blob), status=1)
        ids = {f["id"] for f in out["findings"]}
        want = {"host-certs-root", "host-certs-chip"} if "other" in words else {"host-certs-key"}
        assert want <= ids, ids
        provoked.update(want)
    subprocess.run([JURAT, "run", "--host", "--", "sh", "-c", f'cp "$JURAT_CERTS" "{blob}"'], check=True, env=ENV)
    table = bytearray(blob.read_bytes())
    table[-1] ^= 1
    blob.write_bytes(table[:100])
    finds(host([], "--blob", str(blob), status=1), "host-certs-refused")


class Service:
    """A quoting service that gives one answer to every connection: bytes, or None for silence."""

    def __init__(self, path, answer):
        self.path, self.answer, self.open = path, answer, []
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(str(path))
        self.socket.listen(8)

    def serve(self):
        while True:
            try:
                conn, _ = self.socket.accept()
            except OSError:
                return
            conn.recv(64)
            if self.answer is None:
                self.open.append(conn)
                continue
            conn.sendall(self.answer)
            conn.close()

    def __enter__(self):
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()
        return f"unix:{self.path}"

    def __exit__(self, *_):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.socket.close()
        for conn in self.open:
            conn.close()


def error_answer(code):
    return struct.pack(">I", 28) + struct.pack("<HHIIIHHII", 1, 1, 5, 28, code, 0, 0, 0, 0)


PLATFORM_ANSWER = struct.pack(">I", 60) + struct.pack("<HHIIIHHII", 1, 1, 5, 60, 0, 4, 13, 16, 16) + bytes(32)


@case
def quoting_services_of_a_host_are_asked(tmp):
    def ask(address, **how):
        return doctor("host", "--tee", "tdx", "--quoting-service", address, **how)
    found = {}
    for name, answer in (("qgs-error", error_answer(0x12001)), ("qgs-hangs-up", b""), ("qgs-not-one", b"HTTP/1.1 400 Bad Request\r\n\r\n"),
                         ("qgs-silent", None)):
        with Service(tmp / name, answer) as address:
            out = ask(address, status=1)
            found[name] = {f["id"] for f in out["findings"]}
            assert [f["detail"].count(address) for f in out["findings"] if f["id"] == name] == [1], out["findings"]
    found["qgs-refused"] = {f["id"] for f in ask(f"unix:{tmp}/qgs-error", status=1)["findings"]}  # the stale socket of the first
    for name, ids in found.items():
        assert name in ids, (name, ids)
        provoked.add(name)


@case
def each_quoting_service_that_listens_is_asked(tmp):
    """A directory of this test is /run, where those of Intel and of juratd listen."""
    script = 'mount --make-rprivate / && mount --bind "$1" /run && exec "$0" doctor host --tee tdx --output json'

    def ask(*names):
        p = subprocess.run(["unshare", "--mount", "sh", "-c", script, JURAT, str(tmp / "run")], capture_output=True, text=True, env=ENV, timeout=60)
        if not p.stdout:
            raise Skip(f"no mount namespaces: {p.stderr}")
        hops = {hop["id"]: (hop["state"], hop["title"]) for hop in parse(p)["hops"]}
        return [hops.get(name) for name in ("host-qgs", "host-juratd")], [(f["hop"], f["id"]) for f in parse(p)["findings"]]
    intel, juratd = "quoting service (QGS)", "quoting service of juratd"
    for name in "tdx-qgs", "jurat":
        (tmp / "run" / name).mkdir(parents=True)
    with Service(tmp / "run" / "tdx-qgs" / "qgs.socket", PLATFORM_ANSWER), Service(tmp / "run" / "jurat" / "qgs.socket", error_answer(0x12001)):
        states, found = ask()
        assert states == [("ok", intel), ("broken", juratd)] and ("host-juratd", "qgs-error") in found, (states, found)
    states, found = ask()
    assert states == [("broken", intel), ("broken", juratd)] and {("host-qgs", "qgs-refused"), ("host-juratd", "qgs-refused")} <= set(found), (states, found)
    (tmp / "run" / "tdx-qgs" / "qgs.socket").unlink()
    states, found = ask()
    assert states == [("not-checked", intel), ("broken", juratd)], states


class Web(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Server:
    def __init__(self, status, context=None):
        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Web)
        self.http.status = status
        self.scheme = "https" if context else "http"
        if context:
            self.http.socket = context.wrap_socket(self.http.socket, server_side=True)

    def __enter__(self):
        threading.Thread(target=self.http.serve_forever).start()
        return f"{self.scheme}://127.0.0.1:{self.http.server_address[1]}"

    def __exit__(self, *_):
        self.http.shutdown()
        self.http.server_close()


def pccs(tmp, url, more=""):
    config = tmp / "qcnl.conf"
    config.write_text(f'{{"pccs_url": "{url}/sgx/certification/v4/"{more}}}')
    return doctor("host", "--tee", "tdx", "--network", "--pccs-config", str(config))


@case
def a_pccs_is_asked_with_network_only(tmp):
    def ids(out):
        return {f["id"] for f in out["findings"] if f["hop"] == "host-pccs-network"}
    with Server(404) as url:
        assert ids(pccs(tmp, url)) == {"pccs-answer"}
    assert ids(pccs(tmp, url)) == {"pccs-unreachable"}
    with Server(200) as url:
        assert ids(pccs(tmp, url)) == set()
        out = doctor("host", "--tee", "tdx", "--pccs-config", str(tmp / "qcnl.conf"))
        assert {hop["id"]: hop["detail"] for hop in out["hops"]}["host-pccs-network"] == "only with --network", out
    provoked.update({"pccs-answer", "pccs-unreachable"})


@case
def a_pccs_with_a_certificate_of_its_own_is_found(tmp):
    if not shutil.which("openssl"):
        raise Skip("no openssl here")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=pccs", "-days", "2",
                    "-keyout", tmp / "key", "-out", tmp / "cert"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp / "cert", tmp / "key")
    with Server(200, context) as url:
        out = pccs(tmp, url)
        assert "pccs-tls" in {f["id"] for f in out["findings"]}, out
        out = pccs(tmp, url, ', "use_secure_cert": false')
        assert {hop["id"]: hop["state"] for hop in out["hops"]}["host-pccs-network"] == "ok", out
    provoked.add("pccs-tls")


def without_next_update(crl):
    """A CRL without its second time. Spec: RFC 5280, 5.1"""
    def parts(der):
        while der:
            n, head = der[1], 2
            if n & 0x80:
                head += n & 0x7f
                n = int.from_bytes(der[2:head], "big")
            yield der[:head + n], der[head:head + n]
            der = der[head + n:]

    def sequence(content):
        n = len(content)
        return b"\x30" + (b"\x82" + n.to_bytes(2, "big") if n > 255 else b"\x81" + bytes([n]) if n > 127 else bytes([n])) + content
    (_, whole), = parts(crl)
    (_, to_be_signed), *signature = parts(whole)
    kept, times = [], 0
    for part, _ in parts(to_be_signed):
        times += part[0] in (0x17, 0x18)
        if times != 2 or part[0] not in (0x17, 0x18):
            kept.append(part)
    return sequence(sequence(b"".join(kept)) + b"".join(part for part, _ in signature))


@case
def a_verifier_has_roots_collateral_and_crls_of_the_right_age(tmp):
    made = tmp / "made"
    p = subprocess.run([JURAT, "run", "--tee", "both", "--", "cp", "-r", "/proc/self/environ", str(tmp / "x")], capture_output=True, text=True, env=ENV)
    if p.returncode == 3:
        raise Skip(p.stderr)
    subprocess.run([JURAT, "run", "--tee", "both", "--at", "2026-06-01", "--", "sh", "-c", f'cp -r "$JURAT_ROOTS" "{made}"'], check=True, env=ENV)
    now = ["--at", "2026-06-02", "--collateral", str(made / "collateral"), "--crl", str(made / "milan" / "crl.der")]

    def verify(*words, **how):
        return doctor("verifier", *words, **how)
    assert {f["id"] for f in verify(*now, status=0)["findings"]} <= {"clock-unsynced"}
    finds(verify("--roots", str(made / "milan-ark.pem"), status=0), "roots-replaced")
    finds(verify("--roots", str(tmp / "none"), status=1), "roots-unusable")
    finds(verify("--collateral", str(made / "collateral"), "--at", "2026-08-02", status=1), "collateral-expired")
    finds(verify("--collateral", str(made / "collateral"), "--at", "2026-05-01", status=1), "collateral-early")
    end = {hop["id"]: hop["detail"] for hop in verify(*now)["hops"]}["verifier-collateral"].split()[-1]
    day = int(end[8:10])
    finds(verify("--collateral", str(made / "collateral"), "--at", f"{end[:8]}{day - 1:02}{end[10:]}", status=0), "collateral-soon")
    crl = ["--crl", str(made / "milan" / "crl.der")]
    finds(verify(*crl, "--at", "2050-01-01", status=1), "crl-expired")
    finds(verify(*crl, "--at", "2000-01-01", status=1), "crl-early")
    finds(verify("--crl", str(made / "milan-ark.pem"), status=1), "crl-unusable")
    endless = tmp / "endless.der"
    endless.write_bytes(without_next_update((made / "milan" / "crl.der").read_bytes()))
    hops = {hop["id"]: hop["detail"] for hop in verify("--crl", str(endless), "--at", "2099-01-01", status=None)["hops"]}
    assert hops["verifier-crl"] == "valid until a newer one is issued", hops
    os.unlink(made / "collateral" / "qe_identity.json")
    finds(verify("--collateral", str(made / "collateral"), "--at", "2026-06-02", status=1), "collateral-missing")
    (made / "collateral" / "tcb_info.json").write_text("{")
    finds(verify("--collateral", str(made / "collateral"), "--at", "2026-06-02", status=1), "collateral-unusable")


@case
def services_of_the_vendors_are_asked_with_network_only(_):
    with Server(500) as url:
        finds(doctor("verifier", "--network", "--from", url, status=1), "kds-answer", "pcs-answer")
    finds(doctor("verifier", "--network", "--from", url, status=1), "kds-unreachable", "pcs-unreachable")
    out = doctor("verifier", "--from", url, status=0)
    assert {hop["detail"] for hop in out["hops"] if hop["id"] in ("verifier-kds", "verifier-pcs")} == {"only with --network"}, out


@case
def text_has_a_line_for_each_hop_and_then_the_first_broken_one(_):
    p = subprocess.run([JURAT, "run", "--fault", "certs:stale", "--", JURAT, "doctor", "guest"], capture_output=True, text=True, env=ENV, timeout=60)
    if p.returncode == 3:
        raise Skip(p.stderr)
    lines = p.stdout.splitlines()
    assert p.returncode == 1 and lines[0] == "This machine is a software platform (jurat run): nothing here is protected by hardware.", p
    assert any(line.startswith("  ok           guest-device ") for line in lines), lines
    assert any(line.startswith("  broken       guest-certs ") for line in lines), lines
    at = lines.index("First broken: certificates of the host (guest-certs-stale)")
    assert [line[:10] for line in lines[at + 1:at + 5]] == ["  found   ", "  why     ", "  do      ", "  see     "], lines[at:]


@case
def what_is_assumed_of_the_machine_is_not_said_to_be_so(tmp):
    def first(*words):
        p = subprocess.run([JURAT, "doctor", *words, "--root", tree(tmp, {"proc/cpuinfo": cpu("vmx", "GenuineIntel")})], capture_output=True, text=True, env=ENV)
        return p.stdout.splitlines()[0]
    assert first("host", "--tee", "tdx") == "This machine is assumed to be an Intel host with TDX (--tee tdx).", first("host", "--tee", "tdx")
    assert first("host", "--tee", "sev-snp") == "This machine is assumed to be an AMD host with SEV (--tee sev-snp)."
    assert first("guest", "--tee", "tdx") == first("--tee", "tdx") == "This machine is assumed to be a TD (--tee tdx)."
    assert first("guest", "--tee", "sev-snp") == "This machine is assumed to be an SEV-SNP guest (--tee sev-snp)."
    assert first("--tee", "auto").startswith("This machine is neither a confidential VM")
    assert doctor("host", "--tee", "tdx", "--root", tree(tmp, TDX_HOST))["guest"] is None


@case
def remedies_of_a_quoting_service_name_the_log_of_juratd(_):
    p = subprocess.run([JURAT, "doctor", "--list-findings", "--output", "json"], capture_output=True, text=True, check=True)
    remedies = {row["id"]: row["remedy"] for row in json.loads(p.stdout)}
    code = subprocess.run([JURAT, "doctor", "--code", "0x12001"], capture_output=True, text=True, check=True).stdout
    for remedy in *(remedies[name] for name in ("qgs-error", "qgs-hangs-up", "qgs-silent")), code:
        assert "journalctl -u juratd-qgs" in remedy and "event=no-reply" in remedy, remedy


@case
def nothing_secret_is_printed(_):
    """Neither the data of the report nor anything that only the guest knows."""
    p = subprocess.run([JURAT, "run", "--trace", "/dev/null", "--", JURAT, "doctor", "guest", "--output", "json"], capture_output=True, text=True, env=ENV,
                       timeout=60)
    if p.returncode == 3:
        raise Skip(p.stderr)
    assert not re.search(r"[0-9a-f]{40}", p.stdout), p.stdout


@case
def codes_are_explained(_):
    p = subprocess.run([JURAT, "doctor", "--code", "0xe019", "--output", "json"], capture_output=True, text=True, check=True)
    assert json.loads(p.stdout)["name"] == "SGX_QL_NETWORK_ERROR"
    for code, status in (("57369", 0), ("0xe0ff", 1), ("e019", 2), ("0x1ffffffff", 2), ("", 2)):
        p = subprocess.run([JURAT, "doctor", "--code", code], capture_output=True, text=True)
        assert p.returncode == status, (code, p)


@case
def misuse_is_refused(_):
    for words, message in ((["guests"], "expected guest, host, verifier or platform, found 'guests'"), (["--root", "x"], "--root: expected an absolute path"),
                           (["--at", "x"], "--at"), (["guest", "--quoting-service", "qgs"], "--quoting-service: "),
                           (["--crl", "-", "--roots", "-"], "standard input")):
        p = subprocess.run([JURAT, "doctor", *words], capture_output=True, text=True)
        assert p.returncode == 2 and message in p.stderr and p.stdout == "", (words, p)


@case
def environments_that_fail_are_told_apart(_):
    p = subprocess.run([IN_C], capture_output=True, text=True, timeout=60)
    assert p.returncode == 0, p.stdout + p.stderr


@case
def texts_are_plain_and_cite_what_a_user_can_find(tmp):
    """No hop's title has a colon, as a colon follows it; no finding cites a file that only the source tree has; none uses a word that texts for users do not have."""
    for which in "--list-findings", "--list-codes":
        p = subprocess.run([JURAT, "doctor", which, "--output", "json"], capture_output=True, text=True, check=True)
        for row in json.loads(p.stdout):
            assert not (row.get("source") or "").startswith(("decisions/", "doc/")), row
            words = set(re.findall(r"[a-z]+", f"{row['text']} {row['remedy']}".lower()))
            assert not words & {"judged", "told", "given", "wish", "keeper", "placer", "half", "house", "rooms", "bare", "look", "nobody"}, row
    for base, side in ((SNP_GUEST, "guest"), (SNP_HOST, "host"), (PLATFORM, "platform")):
        out = doctor(side, "verifier", "--root", tree(tmp, base))
        assert not [hop["title"] for hop in out["hops"] if ":" in hop["title"]], out["hops"]


@case
def remedies_are_commands_that_exist(_):
    """Each "jurat VERB [COMMAND] --option" of a remedy is in that verb's help."""
    rows = [row for which in ("--list-findings", "--list-codes")
            for row in json.loads(subprocess.run([JURAT, "doctor", which, "--output", "json"], capture_output=True, text=True, check=True).stdout)]
    n, helps = 0, {}
    for row in rows:
        for words in re.findall(r"\bjurat ((?!run-|and\b)[^;:,()`.?]+)", row["remedy"]):
            verb, options = words.split()[0], re.findall(r"--[a-z-]+", words.split(" -- ")[0])
            if options:
                helps[verb] = helps.get(verb) or subprocess.run([JURAT, verb, "--help"], capture_output=True, text=True, check=True).stdout
                assert not [option for option in options if f" {option} " not in helps[verb]], (row["id"] if "id" in row else row["code"], words)
                n += len(options)
    assert n >= 25, n


@case
def every_finding_is_provoked(_):
    """Also those of a case that was skipped here, and those that only an environment of a test can provoke."""
    p = subprocess.run([JURAT, "doctor", "--list-findings", "--output", "json"], capture_output=True, text=True, check=True)
    listed = [row["id"] for row in json.loads(p.stdout)]
    assert len(listed) == len(set(listed)), listed
    in_c = set(subprocess.run([IN_C, "--provokes"], capture_output=True, text=True, check=True).stdout.split())
    assert in_c <= set(listed), in_c - set(listed)
    text = pathlib.Path(__file__).read_text(encoding="utf-8")
    skipped = {name for name in listed if f'"{name}"' in text}
    missing = [name for name in listed if name not in provoked | in_c | skipped]
    assert not missing, f"no test provokes {' '.join(missing)}"
    # a name in this file is not enough where nothing was skipped
    if os.path.exists("/dev/fuse") and platform.machine() == "x86_64" and shutil.which("openssl"):
        missing = [name for name in listed if name not in provoked | in_c]
        assert not missing or os.geteuid() != 0, f"not provoked: {' '.join(missing)}"


sys.exit(main())
