#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
`jurat host` on the software platform: every command, what guests of the same platform get before and after, and what it
refuses. Prints TAP; test_host.py JURAT HOST_STOCK
"""
import json
import os
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from host_platform import FIRST, JURAT, LOWER, NEWER, STOCK, VCEK, VLEK, Host, call  # noqa: E402
from tap import Skip, case, main  # noqa: E402


def with_service(host, *faults):
    """Commands of jurat host, whose certificates come from a service: in the run's environment, or at AMD's own address."""
    options = [word for fault in faults for word in ("--endorsements-fault", fault)]
    p = subprocess.run([*host.run, "--endorsements", "--host", "--", "true"], stderr=subprocess.PIPE, text=True, timeout=60)
    if p.returncode == 3:
        raise Skip(p.stderr)

    def ask(words, status=0):
        return call(*host.run, "--endorsements", *options, "--host", "--", "sh", "-c", words, status=status)
    return ask


def steps(done, phase):
    return [step["text"] for step in done["steps"] if step["phase"] == phase]


@case
def a_commit_changes_tcb_and_certificates_together(tmp):
    host = Host(tmp, "--firmware", NEWER)
    host.assert_state(FIRST)
    done = host.host("commit")
    assert done["ok"] and done["issued"] and done["executed"] is True and done["table"] == "new" and done["pause_ms"] > done["command_ms"] > 0, done
    assert done["before"]["reported_tcb"] == f"0x{FIRST}" and done["after"]["reported_tcb"] == f"0x{NEWER}", done
    assert steps(done, "command") == ["SNP_COMMIT: done"] and len(steps(done, "read-back")) == 1, done
    times = [step["at_ms"] for step in done["steps"]]
    assert times == sorted(times) and len(steps(done, "store")) == 6, done
    host.assert_state(NEWER)


@case
def a_reported_tcb_is_set_as_hex_or_by_its_components_and_reset(tmp):
    host = Host(tmp)
    host.host("set-config", "--reported-tcb", LOWER)
    host.assert_state(LOWER)
    host.host("set-config", "--reported-tcb", "snp=24")
    host.assert_state(FIRST)
    host.host("set-config", "--reported-tcb", f"0x{LOWER}", "--committed", FIRST)
    done = host.host("set-config", "--reset")
    assert "assuming that it equals the current TCB (supply it with --committed or --report)" in steps(done, "note")[0], done
    host.assert_state(FIRST)


@case
def masks_are_set_and_cleared_and_keep_the_tcb(tmp):
    host = Host(tmp)
    host.host("set-config", "--reported-tcb", LOWER)
    done = host.host("set-config", "--mask-chip-id", "yes")
    assert done["after"]["mask_chip_id"] and "chip_id in reports is zero" in steps(done, "note")[0], done
    found = host.host("status")
    assert found["key"] == "vcek" and found["mask_chip_id"] is True and found["mask_chip_key"] is False, found
    host.assert_state(LOWER)
    report = (tmp / "evidence").read_bytes()
    assert report[0x1a0:0x1e0] == bytes(64)
    done = host.host("set-config", "--mask-chip-id", "no")
    assert not done["after"]["mask_chip_id"], done
    host.assert_state(LOWER)
    host.host("set-config", "--mask-chip-key", "yes")
    found = host.host("status", status=1)
    assert found["mask_chip_key"] is True and [x["code"] for x in found["problems"]] == ["unsigned"], found
    host.host("set-config", "--mask-chip-key", "no")
    assert host.host("status")["problems"] == []


@case
def a_vlek_is_loaded_renewed_and_discarded_by_a_commit(tmp):
    host = Host(tmp, "--firmware", NEWER)
    load = ["load-vlek", f"{host.stock}/{FIRST}.hashstick"]
    p = host.host(*load, status=2, json_output=False)
    assert "--vlek" in p.stderr, p.stderr
    done = host.host(*load, "--vlek", f"{host.stock}/{FIRST}.vlek.der")
    assert done["after"]["key"] == "vlek", done
    host.assert_state(FIRST, VLEK)
    host.host("refresh")
    assert host.host("status")["key"] == "vlek"
    host.assert_state(FIRST, VLEK)
    done = host.host("commit")
    assert "discards the loaded VLEK" in steps(done, "note")[0] and done["after"]["key"] == "vcek", done
    host.assert_state(NEWER)


@case
def a_dry_run_prints_the_steps_and_changes_nothing(tmp):
    host = Host(tmp, "--firmware", NEWER)
    before = (tmp / "state/certs.blob").read_bytes()
    p = host.host("commit", "--dry-run", json_output=False)
    assert re.fullmatch(rf"dry run: nothing was changed; SNP_COMMIT would change the reported TCB from 0x{FIRST} \(.*\) to "
                        rf"0x{NEWER} \(.*\), and could not be undone\n", p.stdout), p.stdout
    assert "after SNP_COMMIT, the firmware will sign with the VCEK" in p.stderr and "verifies reports signed with that key" in p.stderr, p.stderr
    done = host.host("commit", "--dry-run")
    assert steps(done, "note")[0].startswith(f"SNP_COMMIT changes the reported TCB from 0x{FIRST} ") and not done["issued"], done
    p = host.host("set-config", "--reported-tcb", LOWER, "--dry-run", json_output=False)
    assert "dry run: nothing was changed; reports would be signed with the VCEK for reported TCB" in p.stdout and LOWER in p.stdout, p.stdout
    assert (tmp / "state/certs.blob").read_bytes() == before
    host.assert_state(FIRST)
    (tmp / "same").mkdir()
    p = Host(tmp / "same").host("commit", "--dry-run", json_output=False)
    assert f"the reported TCB would stay 0x{FIRST} " in p.stdout and "could not be undone" in p.stdout, p.stdout


@case
def what_cannot_be_undone_is_named_in_the_help(tmp):
    assert "commit cannot be undone" in call(JURAT, "host", "--help").stdout


@case
def status_has_members_for_programs_beside_the_words(tmp):
    host = Host(tmp, "--firmware", NEWER)
    status = host.host("status")
    assert status["product"] == "Milan" and status["reported_tcb"] == f"0x{FIRST}" and status["current_tcb"] == f"0x{NEWER}", status
    assert status["reported_tcb_text"].startswith(f"0x{FIRST} (boot_loader "), status
    assert f"reported_tcb  {status['reported_tcb_text']}" in host.host("status", json_output=False).stdout
    (tmp / "status.json").write_text(json.dumps(status))
    call(*host.run, "--host", "--", "sh", "-c",
         f'"{JURAT}" certs check --host-status "{tmp}/status.json" --roots "$JURAT_ROOTS" "$JURAT_CERTS"')


@case
def a_root_of_a_software_platform_is_named_with_the_option_that_trusts_it(tmp):
    host = Host(tmp)
    for words in '"{0}" host status', '"{0}" host refresh --endorsements "{1}"', '"{0}" certs check --device /dev/sev "$JURAT_CERTS"':
        p = call(*host.run, "--host", "--", "sh", "-c", words.format(JURAT, host.stock), status=1)
        assert "is not AMD's (that of a software platform needs --roots)" in p.stderr, p.stderr


@case
def names_of_products_and_empty_variables_are_read_as_elsewhere(tmp):
    host = Host(tmp)
    host.host("status", "--product", "Milan")
    host.host("status", "--product", "MILAN")
    script = host.words("commit", "--dry-run", "--endorsements", str(host.stock), env="JURAT_PRODUCT= JURAT_CERTS=")
    assert "expected --blob" in call(*host.run, "--host", "--", "sh", "-c", script, status=2).stderr
    script = f'export JURAT_ENDORSEMENTS=; {host.words("refresh", "--dry-run")}'
    p = subprocess.run([*host.run, "--endorsements", "--host", "--", "sh", "-c", script], capture_output=True, text=True, timeout=120)
    assert p.returncode == 0, p.stderr  # AMD's address, which the run answers


@case
def a_dry_run_finds_permissions_and_names_what_may_be_in_the_way(tmp):
    host = Host(tmp)
    script = tmp / "dry.py"
    script.write_text(f"""
import fcntl, json, os, struct, subprocess
blob = os.environ["JURAT_CERTS"]
def run(*more):
    p = subprocess.run(["{JURAT}", "host", "refresh", "--dry-run", "--endorsements", "{host.stock}", "--roots",
                        os.environ["JURAT_ROOTS"] + "/milan-ark.pem", *more], capture_output=True, text=True)
    assert p.returncode == 0, p
    return p
def dry():
    lines = [line for line in run().stderr.splitlines() if "warning" in line]
    p = run("--output", "json") # the same for programs
    found = json.loads(p.stdout)["warnings"]
    assert [line.split("warning: ")[1] for line in lines] == [x["detail"] for x in found] and not p.stderr, (lines, p)
    codes[:] = [x["code"] for x in found]
    return lines
codes = []
def lock(name, kind):
    fd = os.open(name, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.fcntl(fd, fcntl.F_OFD_SETLK, struct.pack("hhqqi4x", kind, 0, 0, 0, 0))
    return fd
before = sorted(os.listdir(os.path.dirname(blob)))
assert dry() == [], dry()
fd = lock(blob, fcntl.F_RDLCK)
assert len(dry()) == 1 and "a shared lock" in dry()[0] and f"pid {{os.getpid()}}" in dry()[0], dry()
assert codes == ["locked"], codes
os.close(fd)
fd = lock(blob + ".jurat-next", fcntl.F_RDLCK)
assert len(dry()) == 1 and "an interrupted update left" in dry()[0] and f"pid {{os.getpid()}}" in dry()[0], dry()
assert codes == ["interrupted"], codes
other = lock(blob + ".jurat-lock", fcntl.F_WRLCK)
assert len(dry()) == 1 and "another update is running" in dry()[0], dry()
assert codes == ["updater"], codes
os.unlink(blob + ".jurat-next")
os.unlink(blob + ".jurat-lock")
assert dry() == [] and sorted(os.listdir(os.path.dirname(blob))) == before
""")
    call(*host.run, "--host", "--", sys.executable, str(script))


@case
def a_dry_run_warns_of_a_file_system_that_is_nearly_full_and_a_full_one_changes_nothing(tmp):
    host = Host(tmp)
    script = tmp / "full.py"
    script.write_text(f"""
import os, subprocess, sys
blob = "small/blob"
def refresh(status, *more):
    p = subprocess.run(["{JURAT}", "host", "refresh", *more, "--blob", blob, "--endorsements", "{host.stock}", "--roots",
                        os.environ["JURAT_ROOTS"] + "/milan-ark.pem"], capture_output=True, text=True)
    assert p.returncode == status, p
    return p.stderr
def warnings():
    return [line for line in refresh(0, "--dry-run").splitlines() if "warning" in line]
def fill(to):
    subprocess.run(["rm", "-rf", "small/fill"], check=True)
    fs = os.statvfs("small")
    if to is not None:
        open("small/fill", "wb").write(bytes((fs.f_bavail - to) * fs.f_frsize))
os.mkdir("small")
if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k,nr_inodes=32,mode=700", "none", "small"], capture_output=True).returncode != 0:
    sys.exit(77)
open(blob, "wb").write(open(os.environ["JURAT_CERTS"], "rb").read())
os.chmod(blob, 0o600)
size = os.statvfs("small").f_frsize
need = 2 * -(-0x4000 // size) + 1
fill(need)
assert warnings() == [], warnings()
fill(need - 1)
assert len(warnings()) == 1 and f"has {{(need - 1) * size}} bytes free, but an update can need up to {{need * size}}" in warnings()[0], warnings()
before = open(blob, "rb").read()
enough = 2 * -(-len(before) // size) + 1
for blocks in range(enough):
    fill(blocks)
    refresh(3)
    assert open(blob, "rb").read() == before and sorted(os.listdir("small")) == ["blob", "fill"], (blocks, os.listdir("small"))
fill(enough)
refresh(0)
before = open(blob, "rb").read()
fill(None)
names = [f"small/fill{{i}}" for i in range(os.statvfs("small").f_favail - 3)]
for name in names:
    open(name, "w").close()
assert len(warnings()) == 1 and "has room for 3 more files, but an update needs 4" in warnings()[0], warnings()
refresh(3)
assert open(blob, "rb").read() == before and not [n for n in os.listdir("small") if "jurat" in n], os.listdir("small")
os.unlink(names[0])
assert warnings() == [], warnings()
refresh(0)
""")
    p = subprocess.run([*host.run, "--host", "--", "unshare", "--user", "--map-root-user", "--mount", sys.executable, str(script)], cwd=tmp,
                       capture_output=True, text=True, timeout=120)
    if p.returncode == 77 or "unshare failed" in p.stderr:
        raise Skip(f"no file system can be mounted here: {p.stderr.strip()}")
    assert p.returncode == 0, p.stderr[-1500:]


def as_nobody(*words):
    return (["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []) + [str(w) for w in words]


@case
def a_dry_run_refuses_a_device_or_directory_that_it_could_not_write_to(tmp):
    if subprocess.run(as_nobody(JURAT, "--version"), capture_output=True, check=False).returncode != 0:
        raise Skip("no other user can run jurat here")
    for path, at in ("/proc/self/status", "/proc/self/status"), ("/dev/null", "/proc"):
        p = call(*as_nobody(JURAT, "host", "commit", "--dry-run", "--product", "milan", "--device", path, "--blob", "/proc/certs.bin"), status=3)
        assert f"commit: cannot write to '{at}'" in p.stderr, p.stderr
        p = call(*as_nobody(JURAT, "host", "commit", "--dry-run", "--product", "milan", "--device", path, "--blob", "/proc/certs.bin",
                            "--output", "json"), status=3)
        found = json.loads(p.stdout)
        assert not found["ok"] and found["error"].startswith(f"cannot write to '{at}'") and found["table"] == "unknown", found


@case
def what_is_refused_changes_nothing_and_says_why(tmp):
    host = Host(tmp)
    (tmp / "short").write_bytes(bytes(431))
    good = (host.stock / f"{FIRST}.hashstick").read_bytes()
    (tmp / "damaged").write_bytes(good[:64] + bytes([good[64] ^ 1]) + good[65:])
    vlek = ["--vlek", f"{host.stock}/{FIRST}.vlek.der"]
    rows = [
        (1, "snp 25 is above the current TCB, which has 24", ["set-config", "--reported-tcb", NEWER]),
        (1, "above the committed TCB, which has 23", ["set-config", "--reported-tcb", FIRST, "--committed", LOWER]),
        (1, "has no component fmc", ["set-config", "--reported-tcb", "fmc=1"]),
        (1, "431 bytes, expected 432", ["load-vlek", "short", *vlek]),
        (1, "BAD_SIGNATURE", ["load-vlek", "damaged", *vlek]),
        (1, "is for TCB", ["load-vlek", f"{host.stock}/{LOWER}.hashstick", *vlek]),
        (1, "leaf-tcb-mismatch", ["load-vlek", f"{host.stock}/{FIRST}.hashstick", "--vlek", f"{host.stock}/{LOWER}.vlek.der"]),
        (3, "not found", ["set-config", "--reported-tcb", "snp=1"]),
        (3, "cannot open '/dev/none'", ["commit", "--device", "/dev/none"]),
        (2, "expected --reported-tcb", ["set-config"]),
        (2, "expected --reported-tcb", ["set-config", "--reset", "--mask-chip-id", "yes"]),
        (2, "16 hex digits", ["set-config", "--reported-tcb", "12"]),
        (2, "16 hex digits", ["set-config", "--reported-tcb", "snp=256"]),
        (2, "16 hex digits", ["set-config", "--reported-tcb", "snp=1,snp=2"]),
        (2, "16 hex digits", ["set-config", "--reported-tcb", "rom=1"]),
        (2, "expected status", ["reboot"]),
        (2, "load-vlek: expected 1 argument, found 0", ["load-vlek"]),
        (2, "commit: unexpected argument 'now'", ["commit", "now"]),
        (2, "commit does not take --reported-tcb", ["commit", "--reported-tcb", FIRST]),
    ]
    for status, why, args in rows:
        p = host.host(*args, status=status, json_output=False)
        assert why in p.stderr, f"{args}: {p.stderr}"
        assert status == 2 or f"jurat host: {args[0]}: nothing was changed: " in p.stderr, f"{args}: {p.stderr}"
    host.assert_state(FIRST)


@case
def a_source_with_certificates_of_another_chip_is_refused(tmp):
    host = Host(tmp, "--firmware", NEWER)
    vcek = next(host.stock.rglob("bl04_tee00_snp25_*"))
    (tmp / "other").mkdir()
    call(STOCK, str(tmp / "other"), "jurat/2", "milan", NEWER)
    vcek.write_bytes(next((tmp / "other").rglob("bl04_tee00_snp25_*")).read_bytes())
    done = host.host("commit", status=1)
    assert not done["ok"] and not done["issued"] and done["executed"] is False and "HWID" in done["error"], done
    assert done["error"].startswith("nothing was changed: "), done
    host.assert_state(FIRST)


@case
def other_host_tools_and_jurat_host_agree_about_the_platform(tmp):
    host = Host(tmp, "--firmware", NEWER)
    assert host.tool("config", LOWER, "1")[0] == f"0x{LOWER}"  # the platform refreshes the table for such a tool
    host.assert_state(LOWER)
    host.host("set-config", "--mask-chip-id", "no", "--reported-tcb", FIRST)
    host.assert_state(FIRST)
    assert host.tool("commit")[0] == f"0x{NEWER}"
    host.assert_state(NEWER)
    host.host("set-config", "--reported-tcb", LOWER)
    assert host.tool("status") == [f"0x{LOWER}", "0"]


@case
def recover_publishes_what_the_platform_calls_for(tmp):
    host = Host(tmp)
    blob = tmp / "state/certs.blob"
    good = blob.read_bytes()

    def status(code):
        found = host.host("status", status=1)
        assert code in [problem["code"] for problem in found["problems"]], found

    # An update that died after the firmware's command: the table for it is beside the empty one, and no source is needed.
    script = f'''
cp "$JURAT_CERTS" "$JURAT_CERTS.jurat-next"
head -c 24 /dev/zero >"$JURAT_CERTS"
{host.words("status")}
{host.words("recover", "--endorsements", str(tmp / "absent"))} || exit 9
{host.words("status")} || exit 10
'''
    p = call(*host.run, "--host", "--", "sh", "-c", script)
    assert "interrupted" in p.stderr and "that an interrupted update left verifies" in p.stderr, p.stderr
    assert blob.read_bytes() == good and not list((tmp / "state").glob("*.jurat-*"))
    # Certificates of another TCB, without a source and with one.
    script = f'''
cp "$JURAT_CERTS" "{tmp}/good"
{host.words("set-config", "--reported-tcb", LOWER, "--endorsements", str(host.stock))} || exit 9
cat "{tmp}/good" >"$JURAT_CERTS"
{host.words("status")} && exit 10
{host.words("recover", "--endorsements", str(tmp), "--output", "json")} && exit 11
cmp -n 24 "$JURAT_CERTS" /dev/zero || exit 12
{host.words("recover", "--endorsements", str(host.stock))} || exit 13
{host.words("status")}
'''
    p = call(*host.run, "--host", "--", "sh", "-c", script)
    assert "leaf-tcb-mismatch" in p.stderr, p.stderr
    emptied = "the empty table is in place: guests get no certificates until `jurat host recover` succeeds: the table before it was for another key: "
    found, _ = json.JSONDecoder().raw_decode(p.stdout, p.stdout.index("{"))
    assert emptied in p.stderr and found["error"].startswith(emptied) and found["table"] == "empty", (found, p.stderr)
    assert found["error"].count("Milan") == 1, found
    host.assert_state(LOWER)
    # Nothing to recover, and of which key the table in place is.
    found = host.host("recover")
    assert found["table"] == "old" and found["after"]["reported_tcb"] == f"0x{LOWER}", found


@case
def a_reader_that_keeps_its_lock_is_named_and_the_choice_is_the_operators(tmp):
    host = Host(tmp, "--firmware", NEWER)
    script = f'''
import fcntl, json, os, struct, subprocess, sys
F_OFD_SETLK = 37
fd = os.open(os.environ["JURAT_CERTS"], os.O_RDONLY)
fcntl.fcntl(fd, F_OFD_SETLK, struct.pack("hhqqi", fcntl.F_RDLCK, os.SEEK_SET, 0, 0, 0))
def host(*args):
    words = [{JURAT!r}, "host", *args, "--roots", os.environ["JURAT_ROOTS"] + "/milan-ark.pem"]
    return subprocess.run(words, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
p = host("status")
assert p.returncode == 0 and f"shared: pid {{os.getpid()}}" in p.stdout, p
commit = ["commit", "--endorsements", {str(host.stock)!r}, "--wait", "20"]
p = host(*commit)
assert p.returncode == 3 and f"held by pid {{os.getpid()}}" in p.stderr, p
assert "commit: nothing was changed: end the process that holds the lock, repeat with a longer --wait, or see --undrained" in p.stderr, p
p = host(*commit, "--undrained", "empty")
assert p.returncode == 3 and "SNP_COMMIT was not issued, and the empty table is in place, and guests get no certificates: " in p.stderr, p
p = host(*commit, "--output", "json")
d = json.loads(p.stdout)
assert p.returncode == 3 and d["table"] == "empty" and "or run `jurat host recover --undrained proceed`" in d["error"], p
# the table that this reader holds is the right one, and recover puts it back without waiting
p = host("recover", *commit[1:])
assert p.returncode == 0 and "the old table is in place again" in p.stderr and "has the certificates of" in p.stdout, p
assert host("status").returncode == 0 and os.fstat(fd).st_ino == os.stat(os.environ["JURAT_CERTS"]).st_ino
# with other options it would be another one
p = host(*commit, "--undrained", "empty")
assert p.returncode == 3 and os.stat(os.environ["JURAT_CERTS"]).st_size == 24, p
for again in (["refresh", "--with-crl"], ["commit"]):
    p = host(*again, *commit[1:], "--output", "json")
    d = json.loads(p.stdout)
    assert p.returncode == 3 and d["table"] == "empty" and "or run `jurat host recover --undrained proceed`" in d["error"], p
p = host("refresh", "--with-crl", *commit[1:], "--undrained", "proceed")
assert p.returncode == 0 and f"published the table while readers still held an older one: pid {{os.getpid()}}" in p.stderr, p
assert "issued" not in p.stderr and "no reader holds" not in p.stderr, p
fd = os.open(os.environ["JURAT_CERTS"], os.O_RDONLY)
fcntl.fcntl(fd, F_OFD_SETLK, struct.pack("hhqqi", fcntl.F_RDLCK, os.SEEK_SET, 0, 0, 0))
p = host(*commit, "--undrained", "proceed")
assert p.returncode == 0 and f"readers still held the old certificates" in p.stderr, p
'''
    (tmp / "script.py").write_text(script)
    call(*host.run, "--host", "--", sys.executable, str(tmp / "script.py"))
    host.assert_state(NEWER)


@case
def a_reader_whose_lock_excludes_nobody_is_named(tmp):  # B62
    host = Host(tmp)
    script = f'''
import fcntl, json, os, subprocess
def status():
    words = [{JURAT!r}, "host", "status", "--output", "json", "--roots", os.environ["JURAT_ROOTS"] + "/milan-ark.pem"]
    p = subprocess.run(words, stdout=subprocess.PIPE, text=True)
    d = json.loads(p.stdout)
    return p.returncode, [x["code"] for x in d["problems"]], str(d["problems"]), d.get("open", "")
me = f"pid {{os.getpid()}} ("
fd = os.open(os.environ["JURAT_CERTS"], os.O_RDONLY)
s = status()
assert s[:2] == (0, []) and me in s[3], s
fcntl.flock(fd, fcntl.LOCK_SH)
s = status()
assert s[:2] == (1, ["flock"]) and me in s[2] and s[3] == "", s
os.close(fd)
assert status() == (0, [], "[]", ""), status()
'''
    (tmp / "script.py").write_text(script)
    call(*host.run, "--host", "--", sys.executable, str(tmp / "script.py"))


@case
def neither_a_signal_nor_who_reads_the_steps_stops_an_update(tmp):
    """A reader holds the update up in its middle, where a signal, a full pipe, or a closed one would leave guests without certificates."""
    host = Host(tmp, "--firmware", NEWER)
    script = f'''
import fcntl, os, signal, struct, subprocess, sys, time
blob = os.environ["JURAT_CERTS"]
words = [{JURAT!r}, "host", "--roots", os.environ["JURAT_ROOTS"] + "/milan-ark.pem", "--endorsements", {str(host.stock)!r}, "--wait", "60000"]

def wait(what, done):
    until = time.monotonic() + 20
    while not done():
        assert time.monotonic() < until, what

def during_update(command, kind):
    fd = os.open(blob, os.O_RDONLY)
    fcntl.fcntl(fd, 37, struct.pack("hhqqi", fcntl.F_RDLCK, os.SEEK_SET, 0, 0, 0))
    read, write = os.pipe()
    if kind == "full":
        fcntl.fcntl(write, 1031, 4096) # F_SETPIPE_SZ
        os.write(write, bytes(4096 - 740)) # room for the steps before the exchange, and for no more
    p = subprocess.Popen([*words, *command], stderr=write, stdout=subprocess.DEVNULL, preexec_fn=os.setpgrp) # else SIGTSTP has no effect
    os.close(write)
    wait("the exchange", lambda: os.stat(blob).st_ino != os.fstat(fd).st_ino)
    if kind == "signal":
        for name in "TERM INT TSTP TTIN TTOU ALRM USR1 USR2 XCPU XFSZ IO RTMIN".split():
            p.send_signal(getattr(signal, "SIG" + name))
    elif kind == "closed":
        os.close(read)
    os.close(fd)
    wait("the new table", lambda: os.stat(blob).st_size > 24)
    if kind == "full":
        while os.read(read, 65536):
            pass
    assert p.wait() == 0, (kind, p.returncode)

during_update(["refresh"], "signal")
during_update(["refresh"], "closed")
during_update(["commit"], "full")
'''
    (tmp / "script.py").write_text(script)
    call(*host.run, "--host", "--", sys.executable, str(tmp / "script.py"))
    host.assert_state(NEWER)


@case
def a_state_that_was_not_assumed_is_no_error_and_before_is_what_was_before(tmp):
    host = Host(tmp, "--firmware", NEWER)
    host.host("set-config", "--reported-tcb", LOWER)
    done = host.host("set-config", "--reset")  # assumes NEWER, the firmware has committed FIRST
    assert done["ok"] and done["error"] == "" and done["issued"], done
    assert done["before"]["reported_tcb"] == f"0x{LOWER}" and done["after"]["reported_tcb"] == f"0x{FIRST}", done
    host.assert_state(FIRST)


@case
def an_empty_table_is_one_problem_that_names_the_way_out(tmp):
    host = Host(tmp, "--firmware", NEWER)
    script = f'''
import fcntl, json, os, struct, subprocess, time
blob = os.environ["JURAT_CERTS"]
words = [{JURAT!r}, "host", "--roots", os.environ["JURAT_ROOTS"] + "/milan-ark.pem"]
def status():
    p = subprocess.run([*words, "status", "--output", "json"], stdout=subprocess.PIPE, text=True)
    return p.returncode, {{x["code"]: x["detail"] for x in json.loads(p.stdout)["problems"]}}
fd = os.open(blob, os.O_RDONLY)
fcntl.fcntl(fd, 37, struct.pack("hhqqi4x", fcntl.F_RDLCK, os.SEEK_SET, 0, 0, 0))
me = f"pid {{os.getpid()}} "
commit = [*words, "commit", "--endorsements", {str(host.stock)!r}]
# while an update is at work, which waits for this reader
p = subprocess.Popen([*commit, "--wait", "60000", "--undrained", "empty"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
until = time.monotonic() + 20
while os.stat(blob).st_ino == os.fstat(fd).st_ino:
    assert time.monotonic() < until
code, problems = status()
assert code == 1 and list(problems) == ["empty-table"], problems
assert f"until the update by pid {{p.pid}} (jurat host) ends" in problems["empty-table"], problems
p.kill()
p.wait()
# when it is no more, and the reader is still there
os.unlink(blob + ".jurat-lock")
for name in "next", "old":
    os.unlink(blob + ".jurat-" + name)
code, problems = status()
assert code == 1 and sorted(problems) == ["empty-table", "interrupted"], problems
assert "until `jurat host recover` succeeds" in problems["empty-table"], problems
assert me in problems["interrupted"] and "or run `jurat host recover --undrained proceed`" in problems["interrupted"], problems
dry = subprocess.run([*commit, "--dry-run"], capture_output=True, text=True)
assert me in dry.stderr and "or run `jurat host recover --undrained proceed`" in dry.stderr, dry
dry = subprocess.run([*words, "recover", "--dry-run"], capture_output=True, text=True)
assert "an interrupted update left" in dry.stderr and me in dry.stderr and "run `jurat host recover" not in dry.stderr, dry
p = subprocess.run([*words, "recover", "--wait", "1"], capture_output=True, text=True)
assert p.returncode == 0, p
assert status()[0] == 0, status()
'''
    (tmp / "script.py").write_text(script)
    call(*host.run, "--host", "--", sys.executable, str(tmp / "script.py"))


@case
def an_exclusive_lock_that_is_of_no_update_is_a_problem(tmp):
    host = Host(tmp)
    script = f'''
import fcntl, json, os, struct, subprocess
blob = os.environ["JURAT_CERTS"]
def status():
    p = subprocess.run([{JURAT!r}, "host", "status", "--roots", os.environ["JURAT_ROOTS"] + "/milan-ark.pem", "--output", "json"],
                       stdout=subprocess.PIPE, text=True)
    return p.returncode, {{x["code"]: x["detail"] for x in json.loads(p.stdout)["problems"]}}
def lock(name):
    fd = os.open(name, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.fcntl(fd, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0))
    return fd
fd = lock(blob)
code, problems = status()
assert code == 1 and list(problems) == ["locked"], problems
assert f"an exclusive lock of pid {{os.getpid()}} " in problems["locked"] and "guests get BUSY" in problems["locked"], problems
turn = lock(blob + ".jurat-lock") # an update at work has both
assert status() == (0, {{}}), status()
os.close(fd)
os.unlink(blob + ".jurat-lock")
assert status() == (0, {{}}), status()
'''
    (tmp / "script.py").write_text(script)
    call(*host.run, "--host", "--", sys.executable, str(tmp / "script.py"))


@case
def status_does_not_wait_for_a_fifo(tmp):
    host = Host(tmp)
    os.mkfifo(tmp / "fifo", 0o600)
    found = host.host("status", "--blob", str(tmp / "fifo"), status=1)
    assert "is not a regular file" in str(found["problems"]), found


@case
def a_recovery_without_a_clock_roots_or_the_right_product_keeps_a_right_table(tmp):
    host = Host(tmp)
    blob = tmp / "state/certs.blob"
    good = blob.read_bytes()
    absent = str(tmp / "absent")
    for status, args in (3, ["--at", "2000-01-01T00:00:00Z"]), (3, ["--product", "genoa"]):
        p = host.host("recover", "--endorsements", absent, *args, status=status, json_output=False, source=False)
        assert blob.read_bytes() == good and "another key" not in p.stderr, p.stderr
    p = call(*host.run, "--host", "--", "sh", "-c", f'"{JURAT}" host recover --endorsements "{absent}"', status=3)
    assert blob.read_bytes() == good and "another key" not in p.stderr, p.stderr
    host.assert_state(FIRST)


@case
def certificates_come_from_a_service_or_from_amd_at_its_own_address(tmp):
    host = Host(tmp, "--firmware", NEWER)
    ask = with_service(host)
    ask(host.words("set-config", "--reported-tcb", LOWER))
    host.assert_state(LOWER)
    ask(host.words("commit", env="env -u JURAT_ENDORSEMENTS"))
    host.assert_state(NEWER)


@case
def a_service_that_lies_changes_nothing(tmp):
    host = Host(tmp, "--firmware", NEWER)
    for fault in "wrong-chip", "wrong-tcb":
        p = with_service(host, fault)(host.words("commit"), status=1)
        assert "vcek" in p.stderr, p.stderr
        host.assert_state(FIRST)


@case
def turin_has_an_fmc_and_a_short_hwid(tmp):
    first = call(STOCK, str(tmp), "jurat", "turin").stdout.strip()
    fmc = int(first[-2:], 16)
    lower = first[:-2] + f"{fmc - 1:02x}" if fmc else first
    host = Host(tmp, product="turin", tcbs=(first, lower))
    host.assert_state(first)
    if fmc:
        host.host("set-config", "--reported-tcb", f"fmc={fmc - 1}")
        host.assert_state(lower)


sys.exit(main())
