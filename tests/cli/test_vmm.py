#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""jurat vmm: which programs it starts, with what in their environment, and what it refuses. Prints TAP; test_vmm.py JURAT
PRELOADED LIBDIR: PRELOADED stands in for libjurat-vmm.so and prints where it is loaded."""
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from tap import Skip, case, main  # noqa: E402

JURAT, PRELOADED = map(pathlib.Path, map(os.path.abspath, sys.argv[1:3]))
LIBDIR = sys.argv[3]
TRUE = pathlib.Path(shutil.which("true")).read_bytes()
NAMES = ("CERTS", "QUOTING_SERVICE", "GRACE_MS", "LOCK_WAIT_MS", "LOG", "DEFER")


def installed(tmp, name="prefix"):
    """A prefix with jurat and the stand-in."""
    program, library = tmp / name / "bin/jurat", tmp / name / LIBDIR / "jurat/libjurat-vmm.so"
    for source, to in (JURAT, program), (PRELOADED, library):
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, to)
    return program, library.resolve()


def run(program, *args, status=0, env=None, **how):
    clean = {k: v for k, v in os.environ.items() if not k.startswith("JURAT_") and k != "LD_PRELOAD"}
    p = subprocess.run([program, "vmm", *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60,
                       env=clean | (env or {}), **how)
    assert p.returncode == status, f"{args}: status {p.returncode}, not {status}: {p.stdout[-300:]}{p.stderr[-400:]}"
    return p


def refused(program, status, expected, *args, **how):
    p = run(program, *args, status=status, **how)
    assert expected in p.stderr, f"expected '{expected}', found: {p.stderr}"
    assert p.stderr.startswith("jurat vmm: ") and p.stderr.count("\n") == 1 and p.stdout == "", p.stderr + p.stdout
    return p


def environment(p):
    return dict(line.split("=", 1) for line in p.stdout.splitlines() if "=" in line)


def executable(path, text):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.chmod(0o755)
    return path


def static(path):
    """A program without PT_INTERP, as the linker makes with -static or -static-pie."""
    program = bytearray(TRUE)
    at, size, n = struct.unpack_from("<Q", program, 32)[0], *struct.unpack_from("<HH", program, 54)
    for i in range(n):
        if struct.unpack_from("<I", program, at + size * i)[0] == 3:
            struct.pack_into("<I", program, at + size * i, 0)
    return executable(path, bytes(program))


def loader():
    """The name of this system's dynamic loader, and where it is in TRUE."""
    at = TRUE.index(b"/ld-linux")
    start = TRUE.rindex(b"\0", 0, at) + 1
    return TRUE[start:].split(b"\0")[0], start


@case
def a_vmm_gets_the_library_and_its_settings(tmp):
    jurat, library = installed(tmp)
    p = run(jurat, "--certs", "certs.bin", "--quoting-service", "unix:qgs", "--grace-ms", "7", "--lock-wait-ms=9",
            "--log", "log", "--defer", "--", "env", cwd=tmp)
    env = environment(p)
    assert env["LD_PRELOAD"] == str(library), env
    there = os.path.realpath(tmp)
    assert [env["JURAT_VMM_" + name] for name in NAMES] == [f"{there}/certs.bin", f"unix:{there}/qgs", "7", "9", f"{there}/log", "1"]
    assert p.stdout.startswith("loaded into env\n"), p.stdout
    assert (tmp / "log").stat().st_mode & 0o777 == 0o640


@case
def what_is_enabled_is_printed_and_what_may_come_later_is_a_warning(tmp):
    jurat, _ = installed(tmp)
    certs, service = tmp / "certs.bin", tmp / "qgs"
    p = run(jurat, "--certs", certs, "--quoting-service", f"unix:{service}", "--", "true")
    assert p.stderr.splitlines() == [
        f"jurat vmm: SEV-SNP: certificates of '{certs}'",
        f"jurat vmm: warning: certificates: '{certs}': No such file or directory: guests get an empty table until it exists",
        f"jurat vmm: TDX: quotes of 'unix:{service}'",
        f"jurat vmm: warning: quoting service: 'unix:{service}': No such file or directory: guests get no quotes until it listens",
    ], p.stderr
    certs.write_bytes(bytes(24))
    certs.chmod(0o640)
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(str(service))
        p = run(jurat, "--certs", certs, "--quoting-service", f"unix:{service}", "--", "true")
        assert "Connection refused" in p.stderr, p.stderr
        s.listen()
        p = run(jurat, "--certs", certs, "--quoting-service", f"unix:{service}", "--defer", "--", "true")
        assert p.stderr.splitlines() == [
            f"jurat vmm: SEV-SNP: certificates of '{certs}', which is empty, unless the VMM asks for these exits itself",
            "jurat vmm: TDX: left to the VMM (--defer)"], p.stderr
        p = run(jurat, "--certs", certs, "--quoting-service", f"unix:{service}", "--", "true")
        assert "warning" not in p.stderr and "quotes of" in p.stderr, p.stderr


@case
def a_table_that_guests_could_not_get_is_refused_before_the_vmm_starts(tmp):
    jurat, _ = installed(tmp)
    certs = tmp / "certs.bin"
    certs.write_bytes(b"no table")
    certs.chmod(0o640)
    refused(jurat, 3, "certificate table", "--certs", certs, "--", "true")
    certs.write_bytes(bytes(24))
    certs.chmod(0o666)
    refused(jurat, 3, "everyone can write to it", "--certs", certs, "--", "true")
    certs.unlink()
    os.mkfifo(certs)
    refused(jurat, 3, "not a regular file", "--certs", certs, "--", "true")
    refused(jurat, 3, "not a regular file", "--certs", tmp, "--", "true")


@case
def options_are_stronger_than_the_environment_and_that_is_checked_as_well(tmp):
    jurat, _ = installed(tmp)
    env = {"JURAT_VMM_CERTS": "/a", "JURAT_VMM_QUOTING_SERVICE": "vsock:2:4050", "JURAT_VMM_GRACE_MS": "3", "JURAT_CERTS": "/c"}
    got = environment(run(jurat, "--defer", "--", "env", env=env))
    assert (got["JURAT_VMM_CERTS"], got["JURAT_VMM_QUOTING_SERVICE"], got["JURAT_VMM_GRACE_MS"]) == ("/a", "vsock:2:4050", "3")
    got = environment(run(jurat, "--defer", "--certs", "/b", "--grace-ms=0", "--", "env", env=env))
    assert (got["JURAT_VMM_CERTS"], got["JURAT_VMM_QUOTING_SERVICE"], got["JURAT_VMM_GRACE_MS"]) == ("/b", "vsock:2:4050", "0")
    got = environment(run(jurat, "--", "env", env={"JURAT_CERTS": "/c"}))
    assert got["JURAT_VMM_CERTS"] == "/c", got
    refused(jurat, 2, "JURAT_VMM_GRACE_MS", "--", "true", env=env | {"JURAT_VMM_GRACE_MS": "3s"})
    refused(jurat, 2, "JURAT_VMM_CERTS", "--", "true", env={"JURAT_VMM_CERTS": "relative"})
    refused(jurat, 2, "JURAT_VMM_CERT: no such variable", "--", "true", env=env | {"JURAT_VMM_CERT": "/a"})


@case
def a_command_line_that_serves_nothing_or_says_nonsense_is_refused(tmp):
    jurat, _ = installed(tmp)
    refused(jurat, 2, "nothing to serve: expected --certs, --quoting-service or both", "--", "true")
    refused(jurat, 2, "expected a VMM to run", "--certs", "/c")
    refused(jurat, 2, "--certs: expected a file name", "--certs", "", "--", "true")
    refused(jurat, 2, "--grace-ms: expected a number from 0 to 10000", "--certs=/c", "--grace-ms=10001", "--", "true")
    refused(jurat, 2, "--lock-wait-ms: expected a number from 1 to 10000, found 0", "--certs=/c", "--lock-wait-ms=0", "--", "true")
    for address in "qgs", "unix:", "tcp:10.0.0.1:1", "vsock:2", "":
        refused(jurat, 2, "--quoting-service: ", "--quoting-service", address, "--", "true")
    refused(jurat, 3, "log '", "--certs=/c", "--log", tmp, "--", "true")
    (tmp / "link").symlink_to(tmp / "log")
    refused(jurat, 3, "expected no symbolic link", "--certs=/c", "--log", tmp / "link", "--", "true")


@case
def it_comes_before_what_is_preloaded_already_and_once(tmp):
    jurat, library = installed(tmp)
    other = shutil.copy(PRELOADED, tmp / "other.so")
    p = run(jurat, "--certs=/c", "--", "env", env={"LD_PRELOAD": str(other)})
    assert environment(p)["LD_PRELOAD"] == f"{library}:{other}", p.stdout
    p = run(jurat, "--certs=/c", "--", jurat, "vmm", "--certs=/d", "--", "env")
    assert environment(p)["LD_PRELOAD"] == str(library) and environment(p)["JURAT_VMM_CERTS"] == "/d", p.stdout


@case
def a_prefix_that_ld_preload_cannot_name_and_a_missing_library_are_said(tmp):
    jurat, _ = installed(tmp, "my prefix")
    refused(jurat, 3, "expected a path without spaces and colons", "--certs=/c", "--", "true")
    jurat, library = installed(tmp)
    library.write_bytes(b"none")
    refused(jurat, 3, "libjurat-vmm.so': ", "--certs=/c", "--", "true")
    library.unlink()
    if pathlib.Path("/usr/local", LIBDIR, "jurat/libjurat-vmm.so").exists():
        raise Skip("the library is installed")
    refused(jurat, 3, "'libjurat-vmm.so' is not installed: expected in '", "--certs=/c", "--", "true")


@case
def the_vmm_is_found_as_by_a_shell_and_its_status_is_passed_on(tmp):
    jurat, _ = installed(tmp)
    for name in "first", "second", "third":
        (tmp / name).mkdir()
    (tmp / "first/vmm").mkdir()
    (tmp / "second/vmm").write_text("not executable")
    executable(tmp / "third/vmm", "#!/bin/sh\nexit 7\n")
    path = f"{tmp}/first:{tmp}/second:{tmp}/third:{os.environ['PATH']}"
    run(jurat, "--certs=/c", "--", "vmm", status=7, env={"PATH": path})
    path = f"{tmp}/first:{tmp}/second:{os.environ['PATH']}"
    refused(jurat, 126, "cannot execute 'vmm': Permission denied", "--certs=/c", "--", "vmm", env={"PATH": path})
    refused(jurat, 127, "'vmm' was not found", "--certs=/c", "--", "vmm", env={"PATH": f"{tmp}/first"})
    run(jurat, "--certs=/c", "--", "vmm", status=7, env={"PATH": ":/bin"}, cwd=tmp / "third")
    refused(jurat, 127, "'./vmm' was not found", "--certs=/c", "--", "./vmm", cwd=tmp)
    refused(jurat, 127, "'' was not found", "--certs=/c", "--", "")
    refused(jurat, 126, "Is a directory", "--certs=/c", "--", tmp)
    refused(jurat, 126, "cannot execute 'long", "--certs=/c", "--", "long" * 2000)
    p = run(jurat, "--certs=/c", "--", "sh", "-c", "kill -9 $$", status=-9)
    assert "loaded into sh" in p.stdout


@case
def static_programs_other_machines_and_other_loaders_are_refused(tmp):
    jurat, _ = installed(tmp)
    for name in "vmm", "ld-static":
        refused(jurat, 126, "is statically linked: it has no dynamic loader", "--certs=/c", "--", static(tmp / name))
    if os.uname().machine == "x86_64":
        arm = executable(tmp / "arm", TRUE[:18] + b"\xb7\0" + TRUE[20:])
        refused(jurat, 126, "expected a program for 64-bit x86-64, as libjurat-vmm.so, found one for 64-bit ARM64",
                "--certs=/c", "--", arm)
    small = executable(tmp / "small", TRUE[:4] + b"\1" + TRUE[5:])
    refused(jurat, 126, "found one for 32-bit", "--certs=/c", "--", small)
    name, at = loader()
    for other, expected in {
            b"/no/such": "cannot use its dynamic loader '/no/such': No such file or directory",
            b"/bin/sh": "expected the dynamic loader of glibc, which libjurat-vmm.so needs, found '/bin/sh'"}.items():
        program = executable(tmp / "other", TRUE[:at] + other + bytes(len(name) - len(other)) + TRUE[at + len(name):])
        refused(jurat, 126, expected, "--certs=/c", "--", program)
    refused(jurat, 126, "found the end", "--certs=/c", "--", executable(tmp / "cut", TRUE[:100]))
    refused(jurat, 126, "expected an ELF file, found another kind", "--certs=/c", "--", executable(tmp / "text", "x" * 100))


@case
def scripts_are_followed_and_what_the_library_is_loaded_into_is_printed(tmp):
    jurat, _ = installed(tmp)
    inner = executable(tmp / "inner", "#! /bin/sh -e\necho inner $1 $2 $3\n")
    outer = executable(tmp / "outer", f"#!{inner} word\n")
    p = run(jurat, "--certs=/c", "--", outer, "argument")
    assert f"'{outer}' is a script: the library is loaded into '/bin/sh' and the programs that it starts" in p.stderr
    assert p.stdout.splitlines() == ["loaded into sh", f"inner word {outer} argument"], p.stdout
    again = executable(tmp / "again", f"#!{tmp}/again\n")
    refused(jurat, 126, "more than 5 scripts name each other as interpreter", "--certs=/c", "--", again)
    refused(jurat, 126, "expected an interpreter after '#!'", "--certs=/c", "--", executable(tmp / "none", "#!  \n"))
    long = executable(tmp / "long", "#!/" + "x" * 300 + "\n")
    refused(jurat, 126, "expected an interpreter after '#!'", "--certs=/c", "--", long)
    missing = executable(tmp / "missing", "#!/no/such\n")
    refused(jurat, 126, f"script '{missing}': its interpreter '/no/such': No such file", "--certs=/c", "--", missing)
    static(tmp / "static")
    by_static = executable(tmp / "by", f"#!{tmp}/static\n")
    refused(jurat, 126, f"'{tmp}/static' is statically linked", "--certs=/c", "--", by_static)


@case
def a_program_that_gains_privileges_is_refused(tmp):
    if os.geteuid() != 0:
        raise Skip("only root can give a program to another user")
    jurat, _ = installed(tmp)
    tmp.chmod(0o755)
    program = shutil.copy(shutil.which("true"), tmp / "vmm")
    os.chown(program, 1, 1)
    for mode, expected in (0o4755, "is a setuid program, so the dynamic loader ignores LD_PRELOAD (run it as its user, 1)"), \
            (0o2755, "is a setgid program, so the dynamic loader ignores LD_PRELOAD (run it in its group, 1)"):
        os.chmod(program, mode)
        refused(jurat, 126, expected, "--certs=/c", "--", program)
        if shutil.which("setpriv"):  # with no_new_privs the kernel ignores the bits, so it does load the library
            p = subprocess.run(["setpriv", "--no-new-privs", jurat, "vmm", "--certs=/c", "--", program], capture_output=True, text=True)
            assert p.returncode == 0 and "loaded into vmm" in p.stdout, p.stderr
    os.chown(program, 0, 0)
    os.chmod(program, 0o6755)
    assert "loaded into vmm" in run(jurat, "--certs=/c", "--", program).stdout  # nothing is gained
    os.chmod(program, 0o755)
    try:
        os.setxattr(program, "security.capability", bytes.fromhex("0100000200040000000000000000000000000000"))
    except OSError as e:
        raise Skip(f"the file system has no file capabilities: {e}")
    assert "loaded into vmm" in run(jurat, "--certs=/c", "--", program).stdout
    if shutil.which("setpriv"):
        p = subprocess.run(["setpriv", "--reuid=1", "--regid=1", "--clear-groups", jurat, "vmm", "--certs=/c", "--", program],
                           capture_output=True, text=True)
        assert p.returncode == 126 and "has file capabilities, so the dynamic loader ignores" in p.stderr, p.stderr


@case
def the_dynamic_loader_may_be_named_itself(tmp):
    jurat, _ = installed(tmp)
    p = run(jurat, "--certs=/c", "--", loader()[0].decode(), shutil.which("echo"), "here")
    assert p.stdout.splitlines()[-1] == "here" and "loaded into" in p.stdout, p.stdout


sys.exit(main())
