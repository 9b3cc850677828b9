#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The programs that make up the command: what each loads, and how one finds another. Prints TAP; test_programs.py JURAT
JURAT-PLATFORM JURAT-NETWORK LIBEXECDIR CRYPTO LIBJURAT.SO shared|static"""
import os
import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from tap import Skip, case, main  # noqa: E402

JURAT, PLATFORM, NETWORK = map(pathlib.Path, map(os.path.abspath, sys.argv[1:4]))
LIBEXEC, CRYPTO, LIBRARY = pathlib.Path(sys.argv[4]), sys.argv[5], sys.argv[6]
STATIC = sys.argv[7] == "static"


def run(program, *args, status=0, **how):
    p = subprocess.run([program, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60, **how)
    assert p.returncode == status, f"{args}: status {p.returncode}, not {status}: {p.stdout[:200]}{p.stderr[-400:]}"
    return p


def loads(file):
    """The libraries that it names, without their versions."""
    out = run("readelf", "-dW", file).stdout
    return set(re.findall(r"\(NEEDED\).*\[(?:lib)?([\w+-]+)\.so", out))


def verbs():
    return re.findall(r"^  (\w+) ", run(JURAT, "--help").stdout, re.M)


def copy(program, to):
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(program, to)
    return to


@case
def a_program_loads_only_what_its_verbs_use(tmp):
    makers = {"openssl": {"crypto", "nettle"}, "openssl+nettle": {"nettle", "hogweed", "gmp"}, "aws-lc": {"nettle"}}[CRYPTO]
    system = {"c", "ld-linux-x86-64", "ld-linux-aarch64", "asan", "ubsan", "gcc_s", "m", "dl", "rt", "pthread", "resolv", "stdc++"}
    extra = loads(JURAT) - makers - {"jansson"} - system
    assert not extra, f"jurat also loads {extra}"
    assert (loads(JURAT) == set()) == STATIC
    assert "fuse3" in loads(PLATFORM)
    assert "fuse3" not in loads(NETWORK)
    assert "curl" in loads(NETWORK) and "curl" not in loads(LIBRARY) | loads(PLATFORM)


@case
def what_verifies_loads_hogweed_where_it_computes_p384_and_nowhere_else(tmp):
    assert ("hogweed" in loads(LIBRARY)) == (CRYPTO == "openssl+nettle")
    assert STATIC or ("hogweed" in loads(JURAT)) == ("hogweed" in loads(LIBRARY))


@case
def version_says_whose_code_verifies_signatures(tmp):
    nettle, openssl, awslc = r"nettle 3\.\d+", r"OpenSSL 3\.\d+\.\d+\S*", r"AWS-LC( FIPS)? \d+\.\d+\.\d+"
    small, large = {
        "openssl+nettle": (rf"{nettle} \(P-256, P-384, RSA\)", rf"{openssl} \(P-256, RSA\), {nettle} \(P-384\)"),
        "openssl": (rf"{openssl} \(P-256, P-384, RSA\)",) * 2,
        "aws-lc": (rf"{awslc} \(P-256, P-384, RSA\)",) * 2,
    }[CRYPTO]
    for program, library in (JURAT, small), (NETWORK, large), (PLATFORM, large):
        said = run(program, "--version").stdout
        assert re.fullmatch(rf"jurat \S+\nsignatures: {library}\n", said), said


@case
def nobody_else_sees_the_functions_of_a_library_that_is_linked_in(tmp):
    """A name that is defined here would be called in the place of the one in libcrypto.so, by libcurl for example."""
    for file in JURAT, NETWORK, PLATFORM, LIBRARY, LIBRARY.replace("libjurat.so", "libjurat-sim.so"):
        listed = subprocess.run(["nm", "-D", "--defined-only", file], capture_output=True, text=True, check=True).stdout
        names = [line.split()[-1] for line in listed.splitlines()]
        foreign = [n for n in names if re.match(r"(aws_lc_|crypto_|(AES|ASN1|BN|CRYPTO|EC|ECDSA|ERR|EVP|OPENSSL|OpenSSL|RAND|RSA|SHA\d*)_)", n)]
        assert not foreign, (file, foreign)
        assert ".so" not in os.path.basename(file) or any(n.startswith("jurat_") for n in names), (file, names)


@case
def every_verb_has_a_program(tmp):
    assert {"demo", "run", "verify"} <= set(verbs())
    for verb in verbs():
        mine = run(JURAT, verb, "--help").stdout
        assert mine.startswith(f"Usage: jurat {verb}"), mine
        assert mine == run(JURAT, "help", verb).stdout


@case
def a_verb_of_another_program_gets_its_words_and_gives_its_status(tmp):
    assert run(JURAT, "run", "--list-faults").stdout == run(PLATFORM, "run", "--list-faults").stdout != ""
    assert run(JURAT, "demo", "--tee", "x", status=2).stderr.startswith("jurat demo: ")
    assert run(JURAT, "run", status=2).stderr.startswith("jurat run: ")
    json = run(JURAT, "demo", "--tee", "sev-snp", "--output", "json", "--dir", tmp / "a folder").stdout
    assert f'"{tmp}/a folder"' in json


@case
def a_program_is_found_from_a_build_folder_a_moved_prefix_and_by_any_name(tmp):
    beside = copy(JURAT, tmp / "build/jurat")
    copy(PLATFORM, tmp / "build/jurat-platform")
    moved = copy(JURAT, tmp / "my prefix/bin/jurat")
    copy(PLATFORM, tmp / "my prefix/libexec/jurat/jurat-platform")
    link = tmp / "links/j"
    link.parent.mkdir()
    link.symlink_to(moved)
    for program in beside, moved, link:
        assert "busy:N" in run(program, "run", "--list-faults").stdout, program
    path = f"{moved.parent}:{os.environ['PATH']}"
    assert "busy:N" in run("sh", "-c", "jurat run --list-faults", cwd="/", env=os.environ | {"PATH": path}).stdout


@case
def a_program_that_is_missing_is_named_and_the_other_verbs_work(tmp):
    if (LIBEXEC / "jurat-platform").exists():
        raise Skip(f"there is one in {LIBEXEC}")
    alone = copy(JURAT, tmp / "bin/jurat")
    for verb in "demo", "device", "run":
        p = run(alone, verb, status=3)
        assert "jurat-platform" in p.stderr and str(LIBEXEC) in p.stderr, p.stderr
        assert p.stderr.startswith(f"jurat {verb}: ") and p.stdout == ""
        assert run(alone, "help", verb).stdout
    assert run(alone, "--version").stdout.startswith("jurat ")
    assert run(alone, "show", "--list-bits").stdout


@case
def an_option_may_be_of_another_program(tmp):
    """jurat verifies offline and executes jurat-network for --fetch, with the words as they are."""
    alone = copy(JURAT, tmp / "bin/jurat")
    (tmp / "evidence").write_text("none")
    assert "expected an SEV-SNP report or a quote" in run(alone, "verify", tmp / "evidence", status=3).stderr
    if (LIBEXEC / "jurat-network").exists():
        raise Skip(f"there is one in {LIBEXEC}")
    p = run(alone, "verify", tmp / "evidence", "--fetch", status=3)
    assert "jurat-network" in p.stderr and p.stdout == "", p.stderr
    assert run(alone, "verify", "--fetch", "--help").stdout.startswith("Usage: jurat verify")
    script = tmp / "libexec/jurat/jurat-network"
    script.parent.mkdir(parents=True)
    script.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\nexit 7\n')
    script.chmod(0o755)
    words = ["verify", "b", "--fetch", "a", "--at=2026-01-01", "--", "--x"]
    assert run(alone, *words, status=7).stdout.split() == words


@case
def a_program_that_cannot_be_executed_is_named_with_the_reason(tmp):
    alone = copy(JURAT, tmp / "bin/jurat")
    (tmp / "libexec/jurat").mkdir(parents=True)
    (tmp / "libexec/jurat/jurat-platform").write_text("")
    p = run(alone, "demo", status=3)
    assert "libexec/jurat/jurat-platform': Permission denied" in p.stderr, p.stderr


sys.exit(main())
