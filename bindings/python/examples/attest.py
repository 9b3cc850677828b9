#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Fetches evidence of the confidential VM that this runs in, over a nonce: attest.py NONCE DIRECTORY"""
import pathlib
import sys

import jurat

nonce, directory = sys.argv[1].encode().ljust(64, b"\0"), pathlib.Path(sys.argv[2])
try:
    with jurat.Guest() as guest:
        evidence = guest.report(nonce)
except jurat.Error as error:  # not in a confidential VM, most likely: the text says what was tried
    sys.exit(f"attest.py: {error}")
if isinstance(evidence, jurat.TdxEvidence):
    (directory / "quote.bin").write_bytes(evidence.quote)
else:
    (directory / "report.bin").write_bytes(evidence.report)
    if evidence.certs:  # untrusted: the verifier checks them against roots of its own
        (directory / "certs.bin").write_bytes(evidence.certs)
print(f"{guest.tee} through {guest.via}: nonce {nonce.hex()}")
