#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: MIT
"""scripts/evidence without a network: its tables, its steps, and what it says when a package cannot be had. Prints TAP."""
import base64
import csv
import hashlib
import importlib.machinery
import importlib.util
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts/evidence"
sys.path.insert(0, str(ROOT / "tests/support"))
import evidence  # noqa: E402
from tap import case, main  # noqa: E402

loader = importlib.machinery.SourceFileLoader("fetch", str(SCRIPT))
fetch = importlib.util.module_from_spec(importlib.util.spec_from_loader("fetch", loader))
loader.exec_module(fetch)


def table(name):
    with open(ROOT / "tests/data/published" / name, encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))


def run(tmp, path):
    """The script with this search path and a cache in tmp."""
    done = subprocess.run([sys.executable, "-B", SCRIPT], capture_output=True, text=True, timeout=60, check=False,
                          env={"JURAT_EVIDENCE_CACHE": str(tmp / "cache"), "PATH": str(path), "HOME": str(tmp)})
    return done.returncode, done.stdout, done.stderr


def fake(tmp, name, script):
    (tmp / "bin").mkdir(exist_ok=True)
    (tmp / "bin" / name).write_text(f"#!{sys.executable}\n{script}", encoding="utf-8")
    (tmp / "bin" / name).chmod(0o755)
    return tmp / "bin"


@case
def the_tables_fit_together(tmp):
    listed = {row["file"]: row for row in table("MANIFEST.tsv")}
    assert len(listed) == len(table("MANIFEST.tsv")) >= 50
    for row in listed.values():
        assert f"__{row['sha256'][:8]}__" in row["file"] and len(row["sha256"]) == 64 and int(row["size"]) > 0, row
        assert row["package"].split(":")[0] in ("go", "cargo") and "@" in row["package"], row
        assert all(step.split()[0] in fetch.HOW for step in row["how"].split(" | ")), row
    for name in "SNP-CASES.tsv", "TDX-CASES.tsv":
        for row in table(name):
            named = [row[c] for c in evidence.FILE_COLUMNS if row.get(c, "-") not in ("", "-")]
            assert named and set(named) <= listed.keys(), row
            assert row["reasons"], row


@case
def each_step_takes_the_bytes_that_it_says(tmp):
    pem = b"".join(b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(x) + b"-----END CERTIFICATE-----\n" for x in (b"one", b"two"))
    bundle = json.dumps({"crl": "0a0b", "chain": pem.decode(), "tcb": '{"id":1}', "tcb_signature": "ff"}).encode()
    for how, data, expected in [("file", b"x", b"x"), ("hex", b"0x0a0b\n", b"\x0a\x0b"), ("pem 1", pem, b"two"),
                                ("part 1 2", b"abcd", b"bc"), ("member crl | hex", bundle, b"\x0a\x0b"),
                                ("member chain | pem 0", bundle, b"one"),
                                ("document tcb tcbInfo", bundle, b'{"tcbInfo":{"id":1},"signature":"ff"}'),
                                ("without chain | member crl", bundle, b"0a0b")]:
        (tmp / "f").write_bytes(data)
        row = {"path": "f", "how": how, "sha256": hashlib.sha256(expected).hexdigest()}
        assert fetch.take(row, tmp) == expected, how


@case
def without_go_and_cargo_it_says_so_and_brings_nothing(tmp):
    status, out, err = run(tmp, fake(tmp, "other", ""))
    assert status == 1 and out.startswith("0 of "), (status, out, err)
    assert "go is not installed" in err and "cargo is not installed" in err, err
    assert not (tmp / "cache/CACHEDIR.TAG").exists()


@case
def other_bytes_than_the_known_ones_are_not_taken(tmp):
    for row in table("MANIFEST.tsv"):
        path = tmp / "package" / row["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"something else")
    status, out, err = run(tmp, fake(tmp, "go", f"import json; print(json.dumps({{'Dir': {str(tmp / 'package')!r}}}))"))
    assert status == 1 and out.startswith("0 of "), (status, out, err)
    assert "other bytes than those known" in err, err
    assert not [p for p in (tmp / "cache").rglob("*") if p.is_file()]


@case
def what_the_client_says_is_passed_on(tmp):
    status, _, err = run(tmp, fake(tmp, "go", "import sys; sys.exit('first line\\nno such module')"))
    assert status == 1 and "go-sev-guest@" in err and "no such module" in err, err


@case
def a_folder_counts_by_what_is_there(tmp):
    row = next(row for row in table("SNP-CASES.tsv") if row["reasons"] == "-")
    cache = tmp / "cache"
    for column in evidence.FILE_COLUMNS:
        if "/" in row.get(column, ""):
            (cache / row[column]).parent.mkdir(parents=True, exist_ok=True)
            (cache / row[column]).write_bytes(b"x")
    os.environ["JURAT_EVIDENCE_CACHE"] = str(cache)
    os.environ["JURAT_EVIDENCE"] = ""
    assert [f.name for f in evidence.folders()] == ["vectors"]
    (cache / "CACHEDIR.TAG").touch()
    published = evidence.folders()[1]
    assert published.name == "published" and published.is_real and published.roots == []
    assert [r["report"] for r in published.rows("SNP-CASES.tsv")] == [row["report"]]
    assert published.rows("TDX-CASES.tsv") == []


sys.exit(main("jurat-evidence-"))
