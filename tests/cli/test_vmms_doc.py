#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""doc/vmms.md has the checks of jurat run --vmm as they are. Prints TAP; test_vmms_doc.py JURAT DOC"""
import json
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from tap import case, main  # noqa: E402

JURAT, DOC = sys.argv[1], pathlib.Path(sys.argv[2])
HEADINGS = {"sev-snp": "### SEV-SNP", "tdx": "### TDX"}


def checks(tee):
    """The rows of this TEE's table, as the program has them."""
    argv = [JURAT, "run", "--vmm", "--list-checks", "--output", "json"]
    listed = json.loads(subprocess.run(argv, stdout=subprocess.PIPE, timeout=60, check=True).stdout)
    return [f"| `{c['name']}` | {c['requirement']} | {c['spec']} |" for c in listed if c["tee"] == tee]


def table(tee):
    """The rows of this TEE's table, as the document has them."""
    part = DOC.read_text(encoding="utf-8").split(HEADINGS[tee] + "\n")[1].split("\n#")[0]
    return re.findall(r"^\| `.*$", part, re.M)


def compare(tee):
    wanted = checks(tee)
    assert len(wanted) > 10, wanted
    assert table(tee) == wanted, "expected in this order:\n" + "\n".join(wanted)


@case
def the_checks_of_sev_snp_are_as_the_program_lists_them(tmp):
    compare("sev-snp")


@case
def the_checks_of_tdx_are_as_the_program_lists_them(tmp):
    compare("tdx")


if __name__ == "__main__":
    sys.exit(main("jurat-vmms-doc-"))
