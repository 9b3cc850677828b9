#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Decides whether to trust a guest: verify.py NONCE_HEX REPORT [CERTS] [--roots PATH]. Status 0: accepted; 1: refused."""
import argparse
import pathlib
import sys

import jurat

parser = argparse.ArgumentParser(description="Verifies an SEV-SNP report over a nonce.")
parser.add_argument("nonce", type=bytes.fromhex, help="the 64 bytes that were sent to the guest")
parser.add_argument("report", type=pathlib.Path)
parser.add_argument("certs", type=pathlib.Path, nargs="?")
parser.add_argument("--roots", type=pathlib.Path, help="trust these instead of AMD's: a file, or a directory of them")
arguments = parser.parse_args()

try:
    verifier = jurat.Verifier(roots=arguments.roots) if arguments.roots else jurat.Verifier()
    policy = jurat.Policy(report_data=arguments.nonce)
    evidence = jurat.SnpEvidence(arguments.report.read_bytes(), arguments.certs.read_bytes() if arguments.certs else None)
    verdict = verifier.verify(evidence, policy)
except jurat.Refused as refused:
    for reason in refused.verdict.reasons:
        print(f"refused: {reason.code}: {reason.detail}")
    sys.exit(1)
except (jurat.Error, OSError) as error:
    sys.exit(f"verify.py: {error}")
print(f"accepted: {verdict.product}, measurement {(verdict.measurement or b'').hex()}")
