# SPDX-License-Identifier: MIT
"""Evidence in folders, for tests in Python: what tests/support/evidence.h is for those in C."""
import csv
import os
import pathlib
import time

FILE_COLUMNS = ("file", "report", "vek", "intermediate", "root", "quote", "tcbinfo", "qeidentity", "pckcrl", "rootcrl", "bundle",
                "tcb_signing_cert", "root_cert")


class Folder:
    """A folder of evidence: where its tables and files are, and the roots to supply (empty: the vendors' own)."""

    def __init__(self, name, tables, files=None):
        self.name = name
        self.tables = pathlib.Path(tables)
        self.files = pathlib.Path(files or tables)
        self.is_real = name in ("published", "given")
        self.roots = [] if self.is_real else ["--roots", self.files / "roots"]

    def rows(self, table):
        path = self.tables / table
        if not path.exists():
            return []
        with open(path, encoding="utf-8", newline="") as f:
            rows = list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))
        return [row for row in rows if self.name != "published" or self.is_whole(row)]

    def is_whole(self, row):
        """Whether all files that a row names are there: the cache lacks those of a package that could not be had."""
        return all((self.files / row[c]).exists() for c in FILE_COLUMNS if "/" in (row.get(c) or ""))


def cache():
    """Where `make evidence` keeps what it brings; None: nowhere, for somebody without a home."""
    if os.environ.get("JURAT_EVIDENCE_CACHE"):
        return pathlib.Path(os.environ["JURAT_EVIDENCE_CACHE"])
    base, home = os.environ.get("XDG_CACHE_HOME", ""), os.environ.get("HOME", "")
    if base.startswith("/"):
        return pathlib.Path(base) / "jurat/evidence"
    return pathlib.Path(home) / ".cache/jurat/evidence" if home.startswith("/") else None


def folders():
    """Those that are there, the vectors first."""
    data = pathlib.Path(os.environ["JURAT_TEST_DATA"])
    found = [Folder("vectors", data / "vectors")]
    if (kept := cache()) and (kept / "CACHEDIR.TAG").exists():
        found.append(Folder("published", data / "published", kept))
    given = os.environ.get("JURAT_EVIDENCE", os.environ.get("JURAT_EVIDENCE_BESIDE", ""))
    if not given:
        return found
    given = pathlib.Path(given)
    if (given / "MANIFEST.tsv").exists():
        found.append(Folder("given", given))
    if (given.parent / "made/CASES.tsv").exists():
        found.append(Folder("made", given.parent / "made"))
    return found


def rfc3339(seconds):
    """A time of a table as `jurat verify --at` takes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(seconds)))


def reasons(row):
    """The codes that a row expects, where its table says them; None where it does not."""
    if "reasons" not in row:
        return None
    return set() if row["reasons"] == "-" else set(row["reasons"].split(","))
