#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: MIT
"""An adapter that answers what a test tells it: adapter.py HOW [--lines | CASE_DIR]. HOW is the name of a function below."""
import json
import os
import pathlib
import signal
import subprocess
import sys

LINES = sys.argv[-1] == "--lines"


def say(text):
    sys.stdout.write(text)
    sys.stdout.flush()


def answer(case, verdict, **more):
    say(json.dumps({"case": case["id"], "verdict": verdict, **more}) + "\n")


def right(case):
    answer(case, "accepted" if case["verdict"] == "either" else case["verdict"], reason="as the corpus says")


def accepts(case):
    answer(case, "accepted")


def refuses(case):
    answer(case, "refused", reason="no\x1b[31m & <never>")


def cannot(case):
    answer(case, "unsupported", reason="no such product")


def crashes(case):
    sys.stderr.write("panic: of a bad certificate\n")
    sys.stderr.flush()
    os.kill(os.getpid(), signal.SIGSEGV)


def exits(case):
    right(case) if not LINES else None
    sys.stderr.write("first line\nno such option\n")
    sys.exit(7)


def leaks(case):
    right(case)
    sys.stdin.read()  # with --lines until the end of the input
    sys.stderr.write("a sanitizer's report\n")
    sys.exit(1)


def ends(case):
    sys.exit(0)


def hangs(case):
    child = subprocess.Popen(["sleep", "1000"])
    pathlib.Path(os.environ["JURAT_TEST_PIDS"]).write_text(f"{os.getpid()} {child.pid}", encoding="utf-8")
    signal.pause()


def mumbles(case):
    say("accepted\n")


def lists(case):
    say("[1]\n")


def lacks(case):
    say(json.dumps({"case": case["id"]}) + "\n")


def doubts(case):
    answer(case, "perhaps")


def mistakes(case):
    answer({"id": "snp-another-case"}, "refused")


def repeats(case):
    say(2 * (json.dumps({"case": case["id"], "verdict": "refused"}) + "\n"))


def continues(case):
    say(json.dumps({"case": case["id"], "verdict": "refused"}) + "\nand")


def floods(case):
    say(100000 * "x")
    signal.pause()


def adapt(directory):
    globals()[sys.argv[1]](json.loads((pathlib.Path(directory) / "case.json").read_text(encoding="utf-8")))


if LINES:
    for line in sys.stdin:
        adapt(line.rstrip("\n"))
else:
    adapt(sys.argv[-1])
