#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A test of another project's verifier, without a TEE: good evidence, and evidence that is not as it should be."""
import jurat
from jurat import sim

nonce = b"a nonce of this test".ljust(64, b"\0")
for item in (None, "td-debug", "pck-expired", "tcb-out-of-date"):
    platform = sim.TdxPlatform(evidence=[item] if item else [])
    verdict = platform.verifier().appraise(platform.td().quote(nonce), collateral=platform.collateral())
    print(f"{item or 'as it should be'}: {'accepted' if verdict else ', '.join(r.code for r in verdict.reasons)}")

machine = sim.SnpMachine(product="genoa")
with machine.guest(guest_svn=2) as guest:
    print("a report:", machine.verifier().verify(guest.report(nonce), jurat.Policy(minimum_guest_svn=2)).json()["verdict"])
