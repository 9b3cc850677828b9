# SPDX-License-Identifier: MIT
"""The side of the adapter in the protocol of `jurat cases run`: a case is a directory, the answer to it a line."""
import datetime
import json
import os
import sys


class Unsupported(Exception):
    """The verifier leaves this to its caller, or has no such input."""


class Case:
    def __init__(self, directory):
        self.dir = directory
        with open(os.path.join(directory, "case.json"), encoding="utf-8") as file:
            self.says = json.load(file)
        self.files = self.says["files"]
        self.policy = self.says.get("policy", {})
        self.at = int(datetime.datetime.fromisoformat(self.says["at"].replace("Z", "+00:00")).timestamp())

    def path(self, role):
        if role not in self.files:
            raise Unsupported(f"the case has no {role}")
        return os.path.join(self.dir, self.files[role])

    def read(self, role):
        with open(self.path(role), "rb") as file:
            return file.read()

    def values(self, member, default):
        """One or several values of a policy member, as a list."""
        value = self.policy.get(member, default)
        return value if isinstance(value, list) else [value]

    def only(self, *members):
        """The policy has no other members than these."""
        for member in self.policy:
            if member not in members:
                raise Unsupported(f"no counterpart of policy member {member}")


def answer(directory, judge, abilities):
    case = Case(directory)
    verdict, reason = "accepted", ""
    try:
        for need in case.says["needs"]:
            if need not in abilities:
                raise Unsupported(f"the verifier has no {need}")
        reason = judge(case)  # None: accepted
        if reason is not None:
            verdict = "refused"
    except Unsupported as what:
        verdict, reason = "unsupported", str(what)
    print(json.dumps({"case": case.says["id"], "verdict": verdict, "reason": reason or ""}), flush=True)


def main(judge, abilities=()):
    """The abilities are those that cases may need."""
    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} CASE_DIR | --lines")
    if sys.argv[1] != "--lines":
        answer(sys.argv[1], judge, abilities)
        return
    for line in sys.stdin:
        answer(line.rstrip("\n"), judge, abilities)
