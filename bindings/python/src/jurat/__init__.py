# SPDX-License-Identifier: MIT
"""Attestation evidence of SEV-SNP and TDX: fetch, verify, measure, show and simulate it with the libraries of jurat."""
from . import reasons, sim
from ._abi import VERSION as __version__
from ._library import Busy, Error, Malformed, lib
from .guest import Guest
from .measure import TdxDigests, measure_snp, measure_tdx
from .show import show
from .verify import (Collateral, EventLogSummary, Evidence, Policy, Reason, Refused, Shortfall, SnpEvidence, SnpTcb, TdxEvidence, TdxTcb,
                     Verdict, Verifier)

__all__ = ["Busy", "Collateral", "Error", "EventLogSummary", "Evidence", "Guest", "Malformed", "Policy",
           "Reason", "Refused", "Shortfall", "SnpEvidence", "SnpTcb", "TdxDigests", "TdxEvidence", "TdxTcb", "Verdict", "Verifier",
           "__version__", "library_version", "measure_snp", "measure_tdx", "reasons", "show", "sim"]


def library_version() -> str:
    """The version of the installed libjurat; __version__ is that of the headers that this binding was written from."""
    version: bytes = lib.jurat_version()
    return version.decode()
