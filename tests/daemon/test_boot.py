#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The units beneath a real systemd: one is booted in namespaces, on an overlay of this system, and asked to run both roles.
Needs root, systemd and cgroup2. test_boot.py DIST JURATD"""
import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "support"))
from tap import Skip, case, main  # noqa: E402

DIST, JURATD = map(pathlib.Path, sys.argv[1:3])
SYSTEMD = "/lib/systemd/systemd"
WAIT_S = 90

# Runs in new mount, PID, network, IPC, UTS and cgroup namespaces; becomes systemd. $1: the case's directory.
BOOT = r"""
set -e
[ $$ = 1 ] # of its own PID namespace, which ends with it
mount --make-rprivate /
T=$1 R=$1/root
mkdir $R $T/over
mount -t tmpfs tmpfs $T/over
mkdir $T/over/upper $T/over/work
mount -t overlay overlay -o lowerdir=/,upperdir=$T/over/upper,workdir=$T/over/work $R
mount -t proc proc $R/proc
mount -t tmpfs tmpfs $R/run
mkdir -p $R/out
mount --bind $T/out $R/out
mount -t tmpfs tmpfs $R/tmp
mount -t sysfs sysfs $R/sys
mount -t cgroup2 cgroup2 $R/sys/fs/cgroup
mount --rbind /dev $R/dev
rm -rf $R/etc/systemd/system $R/etc/machine-id
mkdir -p $R/etc/systemd/system $R/etc/jurat $R/opt/jurat
: > $R/etc/machine-id
cp $R/out/units/* $R/etc/systemd/system/
cp $R/out/*.json $R/etc/jurat/
cp $R/out/juratd $R/opt/jurat/
mkdir $R/old
cd $R
pivot_root . old
umount -l old
systemd-sysusers /out/jurat.conf
exec /lib/systemd/systemd --system --unit=jurat-test.target --log-target=console --log-level=warning --show-status=0
"""

UNITS = {"jurat-test.target": """[Unit]
DefaultDependencies=no
Wants=juratd-qgs.socket juratd-endorsements.socket jurat-test.service
""", "jurat-test.service": """[Unit]
DefaultDependencies=no
After=juratd-qgs.socket juratd-endorsements.socket
[Service]
Type=oneshot
TimeoutStartSec=80
ExecStart=-/usr/bin/python3 /out/probe.py
ExecStart=/bin/systemctl --force --force poweroff
"""}

PROBE = r'''
import pathlib, socket, subprocess, sys
sys.stdout = sys.stderr = open("/out/result", "w", buffering=1)
def show(unit, *names):
    out = subprocess.run(["systemctl", "show", *[f"-p{n}" for n in names], unit], capture_output=True, text=True).stdout
    return dict(line.split("=", 1) for line in out.splitlines())
def ask():
    m = b"\x01\x00\x01\x00" + (4).to_bytes(4, "little") + (16).to_bytes(4, "little") + bytes(4)
    s = socket.socket(socket.AF_UNIX); s.settimeout(30); s.connect("/run/jurat/qgs.socket"); s.sendall(len(m).to_bytes(4, "big") + m)
    return len(s.recv(9999))
def get():
    s = socket.create_connection(("127.0.0.1", 8081), 30)
    s.sendall(b"GET /sgx/certification/v4/qe/identity HTTP/1.0\r\n\r\n")
    return s.recv(12).decode()
subprocess.run(["ip", "link", "set", "lo", "up"])
socket_file = pathlib.Path("/run/jurat/qgs.socket")
print("socket", oct(socket_file.stat().st_mode & 0o777), socket_file.group())
print("qgs", ask())
print("endorsements", get())
for unit in ("juratd-qgs.service", "juratd-endorsements.service"):
    pid = show(unit, "MainPID")["MainPID"]
    status = dict(line.split(":\t", 1) for line in open(f"/proc/{pid}/status") if ":\t" in line)
    print(unit, "uid", status["Uid"].split()[0], "cap", status["CapEff"].strip(), status["CapBnd"].strip(), "nnp", status["NoNewPrivs"].strip(),
          "seccomp", status["Seccomp"].strip(), "kvm", pathlib.Path(f"/proc/{pid}/root/dev/kvm").exists())
    print(unit, "reload", subprocess.run(["systemctl", "reload", unit]).returncode)
    print(unit, "status", show(unit, "StatusText")["StatusText"])
    print(unit, "watchdog", show(unit, "WatchdogUSec")["WatchdogUSec"])
pid = show("juratd-qgs.service", "MainPID")["MainPID"]
subprocess.run(["kill", "-STOP", pid])  # the watchdog runs out, and the next process gets the sockets
print("qgs again", ask(), show("juratd-qgs.service", "NRestarts")["NRestarts"])
print("DONE")
'''


def prepared(tmp):
    out = tmp / "out"
    (out / "units").mkdir(parents=True)
    for unit in list(DIST.glob("juratd-*")):
        text = unit.read_text().replace("@bindir@", "/opt/jurat").replace("@sysconfdir@", "/etc")
        text = re.sub(r"WatchdogSec=\d+", "WatchdogSec=3", text)
        (out / "units" / unit.name).write_text(text)
    for name, text in UNITS.items():
        (out / "units" / name).write_text(text)
    (out / "qgs.json").write_text('{"software-enclave": true}')
    (out / "endorsements.json").write_text('{"software-platform": "test"}')
    (out / "probe.py").write_text(PROBE)
    (tmp / "boot.sh").write_text(BOOT)
    shutil.copy(DIST / "jurat.sysusers", out / "jurat.conf")
    shutil.copy(JURATD.resolve(), out / "juratd")
    return out


@contextlib.contextmanager
def own_cgroup():
    """A control group for that systemd to be the root of; nothing outside is its own."""
    mounts = [line.split() for line in pathlib.Path("/proc/mounts").read_text().splitlines()]
    at = [pathlib.Path(m[1]) for m in mounts if m[2] == "cgroup2"]
    mine = [line[3:] for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines() if line.startswith("0::")]
    if not at or not mine:
        raise Skip("no cgroup2 is mounted")
    group = at[0] / mine[0].strip("/") / f"jurat-boot-{os.getpid()}"
    try:
        group.mkdir()
    except OSError as e:
        raise Skip(f"no control group can be made: {e}") from e
    try:
        yield group
    finally:
        for directory, _, _ in os.walk(group, topdown=False):
            with contextlib.suppress(OSError):
                os.rmdir(directory)


def boot(tmp, group):
    """What the probe wrote; and systemd's console."""
    out = prepared(tmp)
    words = ["sh", "-c", 'echo $$ > "$1"/cgroup.procs && shift && exec unshare "$@"', "sh", group, "--mount", "--pid", "--fork", "--kill-child",
             "--net", "--uts", "--ipc", "--cgroup", "sh", tmp / "boot.sh", tmp]
    with open(out / "console", "wb") as console:
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=console, stderr=console, start_new_session=True,
                                   env={"PATH": os.environ["PATH"], "container": "jurat-test"})
    try:
        process.wait(WAIT_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    result = (out / "result").read_text() if (out / "result").exists() else ""
    return result, (out / "console").read_text(errors="replace")


@case
def both_roles_run_beneath_systemd(tmp):
    if os.geteuid() != 0:
        raise Skip("not root")
    if not os.path.exists(SYSTEMD):
        raise Skip("there is no systemd")
    with own_cgroup() as group:
        result, console = boot(tmp, group)
    if not result:
        raise Skip(f"systemd does not start in namespaces here: {console[-300:]}")
    assert "DONE" in result, result + console
    assert "socket 0o660 kvm" in result, result
    assert "qgs 68" in result and "endorsements HTTP/1.1 200" in result, result
    for role in ("qgs", "endorsements"):
        line = re.search(rf"juratd-{role}.service uid (\d+) cap (\w+) (\w+) nnp (\d) seccomp (\d) kvm (\w+)", result)
        assert line and int(line[1]) > 0 and int(line[2], 16) == 0 and int(line[3], 16) == 0, result
        assert line.groups()[3:] == ("1", "2", "False"), result
        assert f"juratd-{role}.service reload 0" in result and f"juratd-{role}.service status Serving test" in result, result
        assert f"juratd-{role}.service watchdog 3s" in result, result
    assert "qgs again 68 1" in result, result


sys.exit(main("juratd-boot-"))
