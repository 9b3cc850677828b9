#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Every option with every command of `jurat host`, `fetch`, `certs` and others, by the table of the programs: none of another command is
ignored. Prints TAP; test_commands.py JURAT COMMAND_OPTIONS
"""
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from tap import case, main  # noqa: E402

JURAT = os.path.abspath(sys.argv[1])
ROWS = [line.split() for line in subprocess.run([os.path.abspath(sys.argv[2])], stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()]
# Who adds an option says which commands take it, or adds it here, where every command of the verb uses it.
OF_EVERY_COMMAND = {
    "host": {"device", "blob", "product", "roots", "at", "output"},
    "fetch": {"from", "ca-file", "attempts", "timeout", "out", "roots", "at", "output"},
    "certs": set(),
    "cases": {"only"},
    "policy": set(),
    "measure": {"vmm", "firmware", "kernel", "initrd", "append", "output", "policy", "policy-out", "explain", "firmware-also", "max-vcpus",
                "max-differences", "explain-timeout"},
}


def misuse(*words):
    p = subprocess.run([JURAT, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert p.returncode == 2 and p.stdout == "" and p.stderr.count("\n") == 1, (words, p)
    return p.stderr


def check_options(verb):
    rows = [row[1:] for row in ROWS if row[0] == verb]
    refused = 0
    for command, n, option, value, belongs in rows:
        use = [f"--{option}"] if value == "-" else [f"--{option}", value]
        more = n.endswith("+")  # then one argument too few is what is wrong
        whole = [verb, command, *["none"] * (int(n.rstrip("+")) - more)]
        if belongs == "no":
            refused += 1
            assert misuse(*whole, *use).startswith(f"jurat {verb}: {command} does not take --{option} "), (whole, use)
            assert "does not take" in misuse(verb, *use, *whole[1:]), (whole, use)
        elif more:
            assert f"{command}: expected at least " in misuse(*whole, *use), (whole, use)
        else:  # the superfluous argument is what is wrong
            assert f"{command}: unexpected argument 'more'" in misuse(*whole, "more", *use), (whole, use)
    assert refused > 10 and {row[2] for row in rows if row[4] == "all"} == OF_EVERY_COMMAND[verb]


@case
def every_verb_with_commands_is_here(_):
    assert {row[0] for row in ROWS} == set(OF_EVERY_COMMAND)


@case
def host_refuses_every_option_of_another_command(_):
    check_options("host")


@case
def fetch_refuses_every_option_of_another_command(_):
    check_options("fetch")


@case
def certs_refuses_every_option_of_another_command(_):
    check_options("certs")


@case
def cases_refuses_every_option_of_another_command(_):
    check_options("cases")


@case
def measure_refuses_every_option_of_another_command(_):
    check_options("measure")


@case
def policy_refuses_every_option_of_another_command(_):
    check_options("policy")


@case
def commands_take_the_arguments_of_their_usage_line(_):
    for verb, command, n in {tuple(row[:3]) for row in ROWS}:
        least, n = "at least " if n.endswith("+") else "", n.rstrip("+")
        if not least:
            assert f"{command}: unexpected argument 'more'" in misuse(verb, command, *["none"] * int(n), "more")
        if int(n) > 0:
            assert f"{command}: expected {least}{n} argument" in misuse(verb, command, *["none"] * (int(n) - 1))
        assert "found 'none'" in misuse(verb, "none", command) and f"{command} " in misuse(verb)


sys.exit(main())
