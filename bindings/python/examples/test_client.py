# SPDX-License-Identifier: MIT
"""A test suite with a guest for each test: pytest --jurat-traces traces test_client.py"""
import pytest

NONCE = bytes(64)


def test_a_report_is_accepted(jurat_guest):
    with jurat_guest.open() as guest:
        assert jurat_guest.verifier().verify(guest.report(NONCE)).report_data == NONCE


@pytest.mark.jurat(tee="tdx", evidence=["tcb-out-of-date"])
def test_a_platform_that_is_out_of_date_is_refused(jurat_guest):
    with jurat_guest.open() as guest:
        verdict = jurat_guest.verifier().appraise(guest.report(NONCE), collateral=jurat_guest.collateral())
    assert [reason.code for reason in verdict.reasons] == ["tcb-status-not-accepted"]


@pytest.mark.parametrize("fault", [pytest.param(f, marks=pytest.mark.jurat(faults=[f])) for f in ("busy:3", "certs:none")])
def test_a_report_comes_despite(jurat_guest, fault):
    with jurat_guest.open() as guest:
        assert len(guest.report(NONCE).report) == 1184
