# SPDX-License-Identifier: MIT
"""What scripts/coverage and scripts/fuzz-coverage share: reads the counters of clang's instrumented programs."""
import collections
import json
import os
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent

Function = collections.namedtuple("Function", "name regions branches")  # place -> how often it ran


def tool(name):
    """The one of clang's release, by its versioned name where there is one."""
    said = subprocess.run(["clang", "--version"], text=True, check=True, stdout=subprocess.PIPE).stdout
    version = re.search(r"version (\d+)\.", said)[1]
    folders = os.environ["PATH"].split(os.pathsep)
    return next((n for n in (f"{name}-{version}", name) if any(os.access(os.path.join(d, n), os.X_OK) for d in folders)), name)


def merge(raw, to):
    """Adds up raw profiles; a program that was killed while it began leaves one that cannot be read."""
    inputs = to.with_suffix(".inputs")
    inputs.write_text("".join(f"{path}\n" for path in raw), encoding="utf-8")
    subprocess.run([tool("llvm-profdata"), "merge", "-sparse", "-failure-mode=all", f"-input-files={inputs}", "-o", to],
                   check=True, stderr=subprocess.DEVNULL)


def export(build, profile, folders, *options):
    """llvm-cov's account of all object files of the folders, so that what no program links counts as not run."""
    objects = sorted(o for folder in folders for o in (build / folder).rglob("*.o"))
    response = profile.with_suffix(".objects")  # the first is the program's place
    text = "\n-object\n".join('"' + str(o).replace("\\", "\\\\").replace('"', '\\"') + '"' for o in objects)
    response.write_text(text + "\n", encoding="utf-8")
    out = subprocess.run([tool("llvm-cov"), "export", "-instr-profile", profile, *options, f"@{response}"], check=True,
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    return json.loads(out)["data"][0]


def source(path):
    """Below the project's root; None: it is not there."""
    path = pathlib.Path(os.path.normpath(path))
    return str(path.relative_to(ROOT)) if ROOT in path.parents else None


def functions(exported):
    """The functions of C files: file -> name -> Function, whatever object files have them."""
    files = collections.defaultdict(dict)
    for f in exported["functions"]:
        path = source(f["filenames"][0])
        if not path or not path.endswith(".c"):
            continue
        name = f["name"].rsplit(":", 1)[-1]
        to = files[path].setdefault(name, Function(name, collections.Counter(), collections.Counter()))
        for region in f["regions"]:
            if region[5] == 0 and region[7] == 0:  # of this file, and code
                to.regions[tuple(region[:4])] += region[4]
        for branch in f["branches"]:
            if branch[6] == 0:
                to.branches[(*branch[:4], True)] += branch[4]
                to.branches[(*branch[:4], False)] += branch[5]
    return files
