# SPDX-License-Identifier: MIT
"""The program under test: a service admits guests that attest over its nonce. In a guest: agent.py NONCE_HEX FILE"""
import os
import pathlib
import sys

import jurat


def evidence(nonce):
    """In the guest."""
    with jurat.Guest() as guest:
        return guest.report(nonce)


def admit(found, nonce, verifier, collateral=None):
    """In the service: the codes of the reasons against it; none: the guest is admitted."""
    policy = jurat.Policy(report_data=nonce)
    verdict = verifier.appraise(found, policy, collateral=collateral)
    if os.environ.get("RECIPE_BUG"):
        return []  # forgets to decide
    return [] if verdict else [reason.code for reason in verdict.reasons]


if __name__ == "__main__":
    try:
        pathlib.Path(sys.argv[2]).write_bytes(evidence(bytes.fromhex(sys.argv[1])).report)
    except jurat.Error as error:
        sys.exit(f"agent: {error}")
