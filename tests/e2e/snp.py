# SPDX-License-Identifier: MIT
"""SEV-SNP evidence of the software platform: how to make it, how jurat and go-sev-guest judge it."""
import functools
import os
import re
import subprocess

import tap

VERIFIER = re.search(r"go-sev-guest v\S+", tap.read(tap.here, "go/go.mod").decode()).group(0)
PRODUCTS = ("milan", "genoa", "turin")
ROWS = [(product, version, key) for product in PRODUCTS for version in (2, 3, 5) for key in ("vcek", "vlek")]
SOME_ROWS = [("milan", 3, "vcek"), ("genoa", 3, "vlek"), ("turin", 5, "vcek")]

# What the verifier says of certificates that it does not read (B39 and the like). When a new version
# reads them, these fail.
GENOA = 'unknown product name (new stepping published?): "Genoa"'
FMC = "not an AMD KDS OID: 1.3.6.1.4.1.3704.1.3.9"
UNREAD = {("genoa", 2, "vcek"): (GENOA, "the product name in a Genoa VCEK beside a report without CPUID")}
UNREAD.update({row: (FMC, f"a Turin {row[2].upper()}'s fmcSPL") for row in ROWS if row[0] == "turin"})


def name(row):
    return f"{row[0].title()}, report version {row[1]}, {row[2].upper()}"


def options(row):
    return ["--product", row[0], "--report-version", str(row[1]), "--sign-with", row[2]]


def directory(*words):
    """A new directory, named after these words."""
    path = os.path.join(tap.tmp, "-".join(map(str, words)))
    os.mkdir(path)
    return path


@functools.lru_cache(maxsize=None)
def can_run():
    """What this machine lacks for jurat run; nothing, if it works."""
    argv = [tap.jurat, "run", "--", "true"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    return done.stderr.strip() if done.returncode == 3 else ""


def need_run():
    if can_run():
        raise tap.Skip(can_run())


def run(row, script, *more, **kwargs):
    """What a shell script prints as a guest of jurat run, which may have more options."""
    need_run()
    argv = [tap.jurat, "run", "--tee", "sev-snp", *options(row), *more, "--", "sh", "-ec", script]
    return tap.call(*argv, **kwargs)


def fetch(row, title, script, *more):
    """Runs a shell script as a guest, in a new directory. Returns that, what it printed, and the test roots."""
    path = directory(title, *row)
    said = run(row, f'cp -r "$JURAT_ROOTS" roots; {script}', *more, cwd=path)
    return path, said, os.path.join(path, "roots")


def verifier(*argv):
    """go-sev-guest's verdicts, one for each directory."""
    return tap.call(tap.peer("snpverify", "go"), *argv).splitlines()


def ours(roots, *argv, status=0):
    said = tap.call(tap.jurat, "verify", "--roots", roots, *argv, status=status)
    assert said.startswith("accepted" if status == 0 else "refused"), said


def theirs(row, ark, path):
    """go-sev-guest accepts the directory's evidence, or says of its certificates what it is known to say."""
    wanted = UNREAD[row][0] if row in UNREAD else "accepted"
    said = verifier("-ark", ark, path)
    assert said == [wanted], said
    said = verifier("-ark", ark, "-signatures", path)
    assert said == ["accepted"], said


def both(row, roots, path, data):
    """jurat and go-sev-guest accept the directory's evidence, with the roots that its guest found."""
    ours(roots, "--report-data", data, path)
    theirs(row, os.path.join(roots, row[0] + "-ark.pem"), path)
