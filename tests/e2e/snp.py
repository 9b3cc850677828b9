# SPDX-License-Identifier: MIT
"""SEV-SNP evidence of the software platform: how to make it, how jurat and go-sev-guest judge it."""
import functools
import os
import re
import subprocess

import tap

VERIFIER = "go-sev-guest " + re.search(r"go-sev-guest (v\S+)", tap.read(tap.here, "go/go.mod").decode()).group(1)
ROWS = [(product, version, key) for product in ("milan", "genoa", "turin") for version in (2, 3, 5) for key in ("vcek", "vlek")]

# What the verifier says of certificates that it does not read. When a new version reads them, its cases here fail.
GENOA = 'unknown product name (new stepping published?): "Genoa"'
FMC = "not an AMD KDS OID: 1.3.6.1.4.1.3704.1.3.9"
UNREAD = {("genoa", 2, "vcek"): (GENOA, "the product name in a Genoa VCEK beside a report without CPUID")}
UNREAD.update({row: (FMC, f"a Turin {row[2].upper()}'s fmcSPL") for row in ROWS if row[0] == "turin"})


def name(row):
    return f"{row[0].title()}, report version {row[1]}, {row[2].upper()}"


def options(row):
    return ["--product", row[0], "--report-version", str(row[1]), "--sign-with", row[2]]


def directory(row):
    """A new directory for the row's evidence."""
    path = os.path.join(tap.tmp, "-".join(map(str, row)))
    os.mkdir(path)
    return path


@functools.lru_cache(maxsize=None)
def why_not_run():
    """What this machine lacks for jurat run; nothing, if it works."""
    done = subprocess.run([tap.jurat, "run", "--", "true"], capture_output=True, text=True, timeout=60, check=False)
    return done.stderr.strip() if done.returncode == 3 else ""


def run(row, script, **kwargs):
    """What a shell script prints as a guest of jurat run. It finds the roots in $JURAT_ROOTS."""
    if why_not_run():
        raise tap.Skip(why_not_run())
    return tap.call(tap.jurat, "run", "--tee", "sev-snp", *options(row), "--", "sh", "-ec", script, **kwargs)


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
