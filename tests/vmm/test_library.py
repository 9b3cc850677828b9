#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""test_library.py LIBRARY MAP plain|sanitized: what libjurat-vmm.so brings into a VMM beside what it does."""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import tap  # noqa: E402

library, version_script, build = os.path.abspath(sys.argv[1]), sys.argv[2], sys.argv[3]


def readelf(*options):
    return subprocess.run(["readelf", "-W", *options, library], check=True, capture_output=True, text=True).stdout


@tap.case
def it_needs_libc_alone(_directory):
    if build == "sanitized":
        raise tap.Skip("a sanitizer's build needs its library")
    needed = re.findall(r"\(NEEDED\).*\[(.*)\]", readelf("-d"))
    assert [n for n in needed if not re.match(r"ld-linux|ld64", n)] == ["libc.so.6"], needed


@tap.case
def it_has_no_names_but_those_of_the_functions_that_it_stands_before(_directory):
    with open(version_script, encoding="ascii") as f:
        names = set(re.findall(r"\w+(?=;)", re.search(r"global:(.*?)local:", f.read(), re.S)[1]))
    symbols = readelf("--dyn-syms")
    defined = {m[1] for m in re.finditer(r" (?:FUNC|OBJECT|TLS|IFUNC) +(?:GLOBAL|WEAK) +DEFAULT +\d+ (\w+)", symbols)}
    assert names and defined == names, sorted(defined ^ names)


@tap.case
def its_thread_local_data_take_no_call_into_the_loader(_directory):
    if build == "sanitized":
        raise tap.Skip("a sanitizer's build has data of its own")
    assert "__tls_get_addr" not in readelf("--dyn-syms")


@tap.case
def a_program_that_is_no_vmm_notices_nothing(directory):
    if build == "sanitized":
        raise tap.Skip("a sanitizer's library would have to be preloaded, too")
    log = directory / "log"
    plain = dict(os.environ, JURAT_VMM_CERTS="/nonexistent/certs", JURAT_VMM_LOG=str(log), JURAT_VMM_GRACE_MS="wrong")
    script = "import os, socket; os.closerange(3, 100); print(os.listdir('/proc/self/fd')); os.close(os.dup(1)); os.fork()"
    runs = [subprocess.run([sys.executable, "-S", "-c", script], env=env, capture_output=True, text=True)
            for env in (plain, dict(plain, LD_PRELOAD=os.path.basename(library), LD_LIBRARY_PATH=os.path.dirname(library)))]
    assert runs[0].stdout == runs[1].stdout and runs[1].stderr == "" and runs[1].returncode == 0, runs
    assert not log.exists()


sys.exit(tap.main())
