# SPDX-License-Identifier: MIT
"""Guest, in the guest of the fixture; and the fixture, as a suite uses it."""
import os

import pytest

import jurat
from conftest import NONCE


def test_a_machine_without_a_tee_is_an_error_that_says_what_was_tried(tmp_path):
    with pytest.raises(jurat.Error, match="nowhere") as raised:
        jurat.Guest(device="/nowhere/sev-guest", configfs="/nowhere/tsm")
    assert raised.value.call == "jurat_guest_open"
    with pytest.raises(ValueError, match="tee: expected sev-snp, tdx, found 'sgx'"):
        jurat.Guest(tee="sgx")
    with pytest.raises(TypeError, match="device: expected str, found int"):
        jurat.Guest(device=3)


def test_a_guest_fetches_what_its_verifier_accepts(jurat_guest):
    with jurat_guest.open() as guest:
        assert (guest.tee, guest.via) == ("sev-snp", "configfs")
        evidence = guest.report(NONCE, vmpl=1)
        verdict = jurat_guest.verifier().verify(evidence, jurat.Policy(report_data=NONCE))
        assert verdict.field("vmpl") == 1 and guest.report(NONCE, certificates=False).certs is None
        with pytest.raises(ValueError, match="report_data: expected 64 bytes, found 5"):
            guest.report(b"short")
        with pytest.raises(jurat.Error, match="ENOTSUP"):
            guest.rtmr(0)
    with pytest.raises(ValueError, match="this Guest is closed"):
        guest.report(NONCE)
    assert (jurat_guest.roots / "milan-ark.pem").is_file()


def test_keys_are_derived_by_the_device(jurat_guest):
    with jurat_guest.open(via="ioctl") as guest:
        key = guest.derive_key(["measurement", "policy"])
        assert len(key) == 32 and key == guest.derive_key(["policy", "measurement"]) and key != guest.derive_key()
        assert any(key) and key != guest.derive_key(root="vmrk")
        with pytest.raises(ValueError, match="fields: expected policy"):
            guest.derive_key(["nonsense"])


@pytest.mark.jurat(tee="tdx", linux="7.3")
def test_a_td_fetches_a_quote_and_extends_a_register(jurat_guest):
    with jurat_guest.open(tee="tdx") as guest:
        before = guest.rtmr(2)
        guest.extend_rtmr(2, b"\x55" * 48)
        assert guest.rtmr(2) != before
        verdict = jurat_guest.verifier().verify(guest.report(NONCE), collateral=jurat_guest.collateral())
        assert verdict.rtmr(2) == guest.rtmr(2) and verdict.report_data == NONCE
        with pytest.raises(jurat.Error, match="ENOTSUP"):
            guest.derive_key()
        with pytest.raises(jurat.Error, match="EINVAL"):
            guest.rtmr(4)


@pytest.mark.parametrize("fault, error", [
    ("busy:2", None), pytest.param("vmpck-wipe", "ENOTTY|EIO", marks=pytest.mark.jurat(product="genoa"))])
def test_faults_change_while_the_guest_runs(jurat_guest, fault, error):
    with jurat_guest.open() as guest:
        assert guest.report(NONCE)
        jurat_guest.faults(fault)
        if error:
            with pytest.raises(jurat.Error, match=error):
                guest.report(NONCE)
        else:
            assert guest.report(NONCE)
    with pytest.raises(ValueError, match="nonsense"):
        jurat_guest.faults("nonsense")
    assert "JURAT_PYTEST_REPORTS" not in os.environ
