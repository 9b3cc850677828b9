# SPDX-License-Identifier: MIT
"""What the tests of the bindings share: jurat installed below a prefix of their own, with sanitizers or without."""
import fcntl
import functools
import os
import pathlib
import re
import shlex
import shutil
import subprocess

import tap

root = pathlib.Path(tap.here).parents[1]
LIBRARIES = ("jurat", "jurat-host", "jurat-sim")


@functools.lru_cache(maxsize=None)
def prefix():
    """Headers, libraries and pkg-config files as `make install` puts them, below a prefix with a space in its path."""
    place = pathlib.Path(tap.tmp) / "my prefix"
    options = tap.call("meson", "introspect", "--buildoptions", tap.build)
    old = re.search(r'"name": "prefix", "value": "([^"]*)"', options)[1]
    tap.call("meson", "install", "-C", tap.build, "--no-rebuild", "--quiet", "--tags", "devel,runtime", "--destdir", str(place / "dest"))
    shutil.copytree(str(place / "dest") + old, place, symlinks=True, dirs_exist_ok=True)
    shutil.rmtree(place / "dest")
    for pc in place.rglob("*.pc"):  # moved: only these say where it is
        pc.write_text(pc.read_text().replace(f"prefix={old}\n", "prefix=" + str(place).replace(" ", "\\ ") + "\n"))
    return place


def libdir(place):
    return next(place.rglob("libjurat.so")).parent


def environment(**more):
    """To build against the prefix, and to run what is built."""
    lib = libdir(prefix())
    return {**os.environ, "PKG_CONFIG_PATH": str(lib / "pkgconfig"), "LD_LIBRARY_PATH": str(lib), "JURAT": tap.jurat,
            "CARGO_BUILD_JOBS": "1", "CARGO_TARGET_DIR": os.path.join(tap.build, "e2e/bindings-target"), **more}


@functools.lru_cache(maxsize=None)
def sanitized():
    """The folder with the libraries under AddressSanitizer, and the sanitizer's own library: built once for all bindings, in a minute of processor
    time, and kept in the build folder. Python, Go and Rust may want it at the same time."""
    build = pathlib.Path(tap.build) / "e2e/sanitized"
    runtime = tap.call("gcc", "-print-file-name=libasan.so").strip() if shutil.which("gcc") else ""
    if not os.path.isabs(runtime):
        raise tap.Skip("gcc has no AddressSanitizer on this machine")
    build.mkdir(parents=True, exist_ok=True)
    with open(build / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (build / "build.ninja").exists():
            tap.call("meson", "setup", str(build), str(root), "-Db_sanitize=address", "-Db_lundef=false", "-Dtests=false", "-Doptimization=1")
        said = tap.call("ninja", "-C", str(build), "-t", "targets", "all")
        targets = re.findall(rf"^(lib/lib(?:{'|'.join(LIBRARIES)})\.so\.[\d.]+): c_LINKER", said, re.M)
        assert len(targets) == len(LIBRARIES), targets
        done = subprocess.run(["nice", "ninja", "-C", str(build), "--quiet", *targets], capture_output=True, text=True, timeout=1200, check=False)
        assert done.returncode == 0, done.stdout[-2000:]
    return build / "lib", os.path.realpath(runtime)


@functools.lru_cache(maxsize=None)
def plain_jurat():
    """jurat for tests that run with the sanitized libraries: what only makes their evidence needs none."""
    path = os.path.join(tap.tmp, "jurat-plain")
    with open(path, "w", encoding="utf-8") as script:
        script.write(f"#!/bin/sh\nLD_PRELOAD= LD_LIBRARY_PATH= exec {shlex.quote(tap.jurat)} \"$@\"\n")
    os.chmod(path, 0o755)
    return path


def evidence():
    """A directory with evidence of real machines beside the project, if there is one."""
    place = root.parent / "shared/evidence/given"
    return {"JURAT_EVIDENCE": str(place)} if place.is_dir() else {}


def changed_headers(name, old, new):
    """A copy of the installed headers, one of which says something else."""
    place = pathlib.Path(tap.tmp) / f"changed {name}"
    shutil.copytree(prefix() / "include", place / "include")
    path = place / "include/jurat" / name
    text = path.read_text()
    assert text.count(old) == 1, f"{name} has {text.count(old)} times {old}"
    path.write_text(text.replace(old, new))
    return place / "include"


def declarations(what):
    """The kept declarations are those of the installed headers, and a change of these is noticed."""
    script = root / "bindings/declarations"
    if what == "same":
        tap.call(script, "--include", prefix() / "include")
        return
    for name, old, new in (("host.h", "uint32_t grace_ms;", "uint64_t grace_ms;"), ("tee.h", "JURAT_TEE_TDX = 2", "JURAT_TEE_TDX = 3"),
                           ("reasons.h", '"leaf-missing"', '"leaf-absent"'), ("verify.h", "int64_t jurat_verdict_time(", "int jurat_verdict_time(")):
        said = tap.call(script, "--include", changed_headers(name, old, new), status=1)
        assert "The headers have changed" in said, said


def readme(binding, env, replace):
    """Runs every command block of a binding's README.md, in its directory."""
    text = (root / "bindings" / binding / "README.md").read_text()
    blocks = re.findall(r"^```sh\n(.*?)^```$", text, flags=re.M | re.S)
    assert blocks, "no commands in the README"
    for block in blocks:
        for old, new in replace.items():
            block = block.replace(old, new)
        tap.call("sh", "-euc", block, cwd=root / "bindings" / binding, env=env)


@functools.lru_cache(maxsize=None)
def demo():
    """A directory with evidence of both TEEs, and what verifies it."""
    place = os.path.join(tap.tmp, "demo")
    tap.call(tap.jurat, "demo", "--dir", place)
    return place


def example_verifies(example):
    """What the example `verify` of each language prints: example(argument..., status=0) runs it."""
    place, forged = demo(), os.path.join(tap.tmp, "forged")
    snp, tdx = (["-r", f"{place}/roots/{name}"] for name in ("ark.der", "intel_root.der"))
    report, certs = f"{place}/report.bin", f"{place}/certs.bin"
    said = example(*snp, report, certs)
    assert said.startswith("accepted\nmeasurement 6d6d"), said
    collateral = [entry.path for entry in os.scandir(f"{place}/collateral")]
    assert example(*tdx, f"{place}/quote.bin", *collateral).startswith("accepted\n")
    assert "refused; leaf-missing: " in example(*snp, report, status=1)
    assert "refused; root-not-trusted: " in example(report, certs, status=1)
    assert "report.bin: roots: " in example("-r", report, report, status=1)
    tap.call(tap.jurat, "forge", "--damage", "report.signature", "--out", forged)
    assert "report-signature" in example("-r", f"{forged}/roots/ark.der", f"{forged}/report.bin", f"{forged}/certs.bin", status=1)
