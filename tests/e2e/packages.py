# SPDX-License-Identifier: MIT
"""Packages for the tests of contrib/: those of `make deb` in build-deb/, or, quicker, one each of the files that this build folder installs.
And a fresh Debian 12 to install them on."""
import functools
import hashlib
import os
import pathlib
import platform
import re
import shutil
import subprocess

import tap

root = pathlib.Path(tap.here).parents[1]
NAMES = "jurat", "jurat-vmm", "juratd"
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")) / "jurat"


@functools.lru_cache(maxsize=None)
def directory():
    made = root / "build-deb"
    if (made / "complete").exists() and all(list(made.glob(f"{name}_*.deb")) for name in NAMES):  # else scripts/deb may be at it
        return made
    for program in "dpkg-deb", "dpkg-shlibdeps":
        if not shutil.which(program):
            raise tap.Skip(f"no {program} on this machine")
    return make(pathlib.Path(tap.tmp) / "packages")


def make(to):
    """The programs are in the first package, the others are empty, and all want the libraries that the programs use."""
    tree = to / "tree"
    done = subprocess.run(["scripts/install", tap.build], cwd=root, env=os.environ | {"DESTDIR": str(tree)}, capture_output=True, text=True,
                          timeout=120, check=False)
    if done.returncode:
        raise tap.Skip(f"this build folder cannot be installed (make all): {(done.stdout + done.stderr).strip().splitlines()[-1]}")
    for path in [*tree.rglob("*.h"), *tree.rglob("*.a")]:
        path.unlink()
    programs = [path for path in tree.rglob("*") if path.is_file() and not path.is_symlink() and path.read_bytes()[:4] == b"\x7fELF"]
    (to / "debian").mkdir()
    (to / "debian/control").write_text("Source: jurat\n\nPackage: jurat\nArchitecture: any\n")
    said = tap.call("dpkg-shlibdeps", "-O", "--ignore-missing-info", *[f"-e{path}" for path in programs], cwd=to)
    needed = re.search("shlibs:Depends=(.*)", said).group(1)
    subprocess.run(["strip", "--strip-unneeded", *programs], check=True)
    version = tap.call(tap.jurat, "--version").split()[1]
    arch = tap.call("dpkg", "--print-architecture").strip()
    for name in NAMES:
        where = tree if name == "jurat" else to / name
        (where / "DEBIAN").mkdir(parents=True)
        (where / "DEBIAN/control").write_text(f"Package: {name}\nVersion: {version}-1\nArchitecture: {arch}\nDepends: {needed}\n"
                                              "Maintainer: tests <tests@jurat.invalid>\nDescription: of a build folder, for tests\n")
        tap.call("dpkg-deb", "--root-owner-group", "--build", "-Znone", where, to / f"{name}_{version}-1_{arch}.deb")
    return to


def depends():
    """The packages that they depend on, for the base of an image: without versions, alternatives and each other."""
    found = set()
    for name in NAMES:
        package = next(directory().glob(f"{name}_*.deb"))
        said = tap.call("dpkg-deb", "--field", package, "Depends")
        found |= {re.split(r"[ (|:]", word.strip())[0] for word in said.split(",")}
    return sorted((found | {"ca-certificates", "socat"}) - set(NAMES) - {""})


def fresh_debian(*include, lists=False):
    """An archive of a root directory with a minimal Debian 12 and these packages, made once and kept in the user's cache directory. lists: with
    those of apt."""
    name = f"debian-12-{platform.machine()}"
    if include:
        name += "-" + hashlib.sha256(" ".join(sorted(include)).encode()).hexdigest()[:16]
    archive = CACHE / f"{name}.tar"
    if archive.exists():
        return archive
    if not shutil.which("mmdebstrap"):
        raise tap.Skip("no mmdebstrap on this machine")
    CACHE.mkdir(parents=True, exist_ok=True)
    new = CACHE / f"{name}.{os.getpid()}"
    options = [*(["--skip=cleanup/apt/lists"] if lists else []), *([f"--include={','.join(include)}"] if include else [])]
    done = subprocess.run(["mmdebstrap", "--quiet", "--variant=minbase", "--format=tar", *options, "bookworm", new], capture_output=True, text=True,
                          timeout=600, check=False)
    if done.returncode:
        new.unlink(missing_ok=True)
        raise tap.Skip(f"no fresh Debian 12 to be had here: {(done.stderr.strip() or 'mmdebstrap failed').splitlines()[-1]}")
    if include:
        for old in CACHE.glob(f"debian-12-{platform.machine()}-*.tar"):  # with what ours needed before
            old.unlink()
    new.rename(archive)
    return archive
