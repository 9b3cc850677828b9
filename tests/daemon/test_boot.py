#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The units beneath a real systemd: one is booted in namespaces, on an overlay of this system, and asked to run both roles, or, on an SNP host
of the software platform, to make the host's certificate table. Needs root, systemd and cgroup2. test_boot.py DIST JURATD JURAT"""
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

DIST, JURATD, JURAT = map(pathlib.Path, sys.argv[1:4])
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
cp -r $R/out/units/* $R/etc/systemd/system/
cp $R/out/*.json $R/out/host.conf $R/etc/jurat/
cp $R/out/bin/* $R/opt/jurat/
cp $R/out/jurat.sysusers $R/usr/lib/sysusers.d/jurat.conf
cp $R/out/jurat.tmpfiles $R/usr/lib/tmpfiles.d/jurat.conf
mkdir $R/old
cd $R
pivot_root . old
umount -l old
systemd-sysusers jurat.conf
exec /lib/systemd/systemd --system --unit=jurat-test.target --log-target=console --log-level=warning --show-status=0
"""

# Before that, in `jurat run --host`: what an endorsement service would have, but not yet where the unit asks for it. $1: as above, $2: jurat.
HOST = r"""
set -e
cp -r "$JURAT_ROOTS" "$1/out/roots"
"$2" certs split "$JURAT_CERTS" "$1/out/later"
shift 2
exec "$@"
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
import pathlib, socket, subprocess, sys, time
sys.stdout = sys.stderr = open("/out/result", "w", buffering=1)
def show(unit, *names):
    out = subprocess.run(["systemctl", "show", *[f"-p{n}" for n in names], unit], capture_output=True, text=True).stdout
    return dict(line.split("=", 1) for line in out.splitlines())
def whose(path):
    path = pathlib.Path(path)
    return f"{path} {path.stat().st_mode & 0o7777:04o} {path.owner()}:{path.group()}"
'''

SERVICES = r'''
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
print(whose("/var/lib/jurat"))
print(whose("/var/lib/jurat/endorsements"))
print("DONE")
'''

TABLE = r'''
unit, table = "jurat-host-recover.service", pathlib.Path("/run/jurat-host/certs.bin")
print(whose(table.parent))
print("first", subprocess.run(["systemctl", "start", unit]).returncode, table.exists())
pathlib.Path("/out/later").rename("/out/endorsements")
end = time.monotonic() + 40
while show(unit, "ActiveState")["ActiveState"] != "active" and time.monotonic() < end:
    pass  # systemd was asked, and waits for a second
print("then", show(unit, "ActiveState")["ActiveState"], "again", int(show(unit, "NRestarts")["NRestarts"]) > 0)
print(whose(table))
print("fits", subprocess.run(["/opt/jurat/jurat", "certs", "check", "--device", "/dev/sev", "--roots", "/out/roots", table],
                             stdout=subprocess.DEVNULL).returncode)
print("DONE")
'''


def prepared(tmp, probe):
    out = tmp / "out"
    (out / "units/jurat-host-recover.service.d").mkdir(parents=True)
    for unit in list(DIST.glob("jurat*-*")):
        text = unit.read_text().replace("@bindir@", "/opt/jurat").replace("@sysconfdir@", "/etc")
        text = re.sub(r"WatchdogSec=\d+", "WatchdogSec=3", text)
        text = re.sub(r"RestartSec=\d+", "RestartSec=1", text)
        (out / "units" / unit.name).write_text(text)
    for name, text in UNITS.items():
        (out / "units" / name).write_text(text)
    (out / "qgs.json").write_text('{"software-enclave": true}')
    (out / "endorsements.json").write_text('{"software-platform": "test"}')
    (out / "units/jurat-host-recover.service.d/test.conf").write_text(
        "[Service]\nExecStart=\nExecStart=/opt/jurat/jurat host recover --roots /out/roots\n")
    (out / "host.conf").write_text("JURAT_CERTS=/run/jurat-host/certs.bin\nJURAT_ENDORSEMENTS=/out/endorsements\nJURAT_PRODUCT=milan\n")
    (out / "probe.py").write_text(PROBE + probe)
    (tmp / "boot.sh").write_text(BOOT)
    (tmp / "host.sh").write_text(HOST)
    shutil.copy(DIST / "jurat.sysusers", out)
    shutil.copy(DIST / "jurat.tmpfiles", out)
    (out / "bin").mkdir()
    for program in JURATD, JURAT, JURAT.parent / "jurat-network", JURAT.parent / "jurat-platform":
        shutil.copy(program.resolve(), out / "bin")
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


def boot(tmp, probe, wrap=()):
    """What the probe wrote."""
    if os.geteuid() != 0:
        raise Skip("not root")
    if not os.path.exists(SYSTEMD):
        raise Skip("there is no systemd")
    out = prepared(tmp, probe)
    with own_cgroup() as group:
        run(tmp, group, wrap)
    console = (out / "console").read_text(errors="replace")
    if not (out / "result").exists():
        raise Skip(f"systemd does not start in namespaces here: {console[-300:]}")
    result = (out / "result").read_text()
    assert "DONE" in result, result + console
    return result


def run(tmp, group, wrap):
    out = tmp / "out"
    words = ["sh", "-c", 'echo $$ > "$1"/cgroup.procs && shift && exec "$@"', "sh", group, *wrap, "unshare", "--mount", "--pid", "--fork", "--kill-child",
             "--net", "--uts", "--ipc", "--cgroup", "sh", tmp / "boot.sh", tmp]
    with open(out / "console", "wb") as console:
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=console, stderr=console, start_new_session=True,
                                   env={"PATH": os.environ["PATH"], "container": "jurat-test"})
    try:
        process.wait(WAIT_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@case
def both_roles_run_beneath_systemd(tmp):
    result = boot(tmp, SERVICES)
    assert "socket 0o660 kvm" in result, result
    assert "qgs 68" in result and "endorsements HTTP/1.1 200" in result, result
    for role in ("qgs", "endorsements"):
        line = re.search(rf"juratd-{role}.service uid (\d+) cap (\w+) (\w+) nnp (\d) seccomp (\d) kvm (\w+)", result)
        assert line and int(line[1]) > 0 and int(line[2], 16) == 0 and int(line[3], 16) == 0, result
        assert line.groups()[3:] == ("1", "2", "False"), result
        assert f"juratd-{role}.service reload 0" in result and f"juratd-{role}.service status Serving test" in result, result
        assert f"juratd-{role}.service watchdog 3s" in result, result
    assert "qgs again 68 1" in result, result
    assert "/var/lib/jurat 0755 root:root" in result and "/var/lib/jurat/endorsements 0750 jurat:jurat" in result, result


@case
def the_table_of_a_host_is_made_at_boot(tmp):
    """In the directory of systemd-tmpfiles, for the group of VMMs, and as soon as there are endorsements."""
    if subprocess.run([JURAT, "run", "--host", "--", "true"], capture_output=True, check=False).returncode == 3:
        raise Skip("jurat run does not work here")
    result = boot(tmp, TABLE, [JURAT.resolve(), "run", "--host", "--", "sh", tmp / "host.sh", tmp, JURAT.resolve()])
    assert "/run/jurat-host 2750 root:kvm" in result, result
    assert "first 1 False" in result and "then active again True" in result, result
    assert "/run/jurat-host/certs.bin 0640 root:kvm" in result and "fits 0" in result, result


sys.exit(main("juratd-boot-"))
