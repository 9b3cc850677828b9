#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: MIT
"""Whether the vectors in the tree are what the program in the tree makes. Prints TAP; MAKE_VECTORS JURAT VECTORS CRYPTO"""
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
import evidence  # noqa: E402
from tap import case, main  # noqa: E402

MAKE_VECTORS, JURAT, VECTORS, CRYPTO = sys.argv[1:]
SIGNATURE = slice(0x2A0, 0x330)  # of an SNP report
REMAKE = "`ninja -C BUILD vectors` writes them anew: look at what changes before you commit it"


def files(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(pathlib.Path(folder).rglob("*")) if p.is_file()}


def without_signature(name, data, reports):
    """OpenSSL's signatures are never the same twice: with it, all the rest must be."""
    if CRYPTO != "openssl" or name not in reports:
        return data
    return data[:SIGNATURE.start] + data[SIGNATURE.stop:]


def make(tmp):
    subprocess.run([MAKE_VECTORS, tmp], check=True)
    return evidence.Folder("vectors", tmp)


@case
def the_vectors_are_what_the_program_makes(tmp):
    reports = {row["report"] for row in make(tmp).rows("SNP-CASES.tsv")}
    ours, theirs = files(VECTORS), files(tmp)
    assert ours.keys() == theirs.keys(), f"files: {sorted(ours.keys() ^ theirs.keys())}; {REMAKE}"
    other = [n for n in ours if without_signature(n, ours[n], reports) != without_signature(n, theirs[n], reports)]
    assert not other, f"other bytes: {other}; {REMAKE}"


@case
def reports_made_now_are_accepted_or_refused_as_their_table_says(tmp):  # whoever makes their signatures
    folder = make(tmp)
    for row in folder.rows("SNP-CASES.tsv"):
        at = evidence.rfc3339(row["at_unix"] or 1767225600)
        certs = [x for c in ("vek", "intermediate", "root") if row[c] != "-" for x in ("--certs", folder.files / row[c])]
        done = subprocess.run([JURAT, "verify", "--at", at, *folder.roots, *certs, folder.files / row["report"]],
                              capture_output=True, timeout=60, check=False)
        assert done.returncode == (0 if row["reasons"] == "-" else 1), (row, done.stdout, done.stderr)


@case
def every_file_is_in_the_manifest_and_all_are_small(tmp):
    rows = evidence.Folder("vectors", VECTORS).rows("MANIFEST.tsv")
    listed = {row["file"]: int(row["size"]) for row in rows}
    there = {name: len(data) for name, data in files(VECTORS).items() if not name.endswith(".tsv")}
    assert len(listed) == len(rows) and listed == there, sorted(listed.items() ^ there.items())
    assert sum(there.values()) < 1 << 20, sum(there.values())


sys.exit(main("jurat-vectors-"))
