# SPDX-License-Identifier: MIT
import subprocess
import sys

import pytest

import agent
import jurat

NONCE = b"a nonce of this test".ljust(64, b"\0")


def fault(spec):
    """One fault for each test."""
    return pytest.param(spec, marks=pytest.mark.jurat(faults=[spec]), id=spec.replace(":", "-"))


def test_a_guest_is_admitted(jurat_guest):
    assert agent.admit(agent.evidence(NONCE), NONCE, jurat_guest.verifier()) == []


def test_a_report_of_yesterday_is_refused(jurat_guest):
    assert agent.admit(agent.evidence(bytes(64)), NONCE, jurat_guest.verifier()) == ["report-data-mismatch"]


@pytest.mark.parametrize("spec", [fault("busy:3"), fault("configfs-ebusy:1")])
def test_a_busy_host_is_waited_for(jurat_guest, spec):
    assert agent.admit(agent.evidence(NONCE), NONCE, jurat_guest.verifier()) == []


@pytest.mark.parametrize("spec", [fault("certs:none")])
def test_a_host_without_certificates_is_refused(jurat_guest, spec):
    assert "leaf-missing" in agent.admit(agent.evidence(NONCE), NONCE, jurat_guest.verifier())


@pytest.mark.jurat(tee="tdx", evidence=["tcb-out-of-date"])
def test_a_platform_that_is_out_of_date_is_refused(jurat_guest):
    refused = agent.admit(agent.evidence(NONCE), NONCE, jurat_guest.verifier(), jurat_guest.collateral())
    assert refused == ["tcb-status-not-accepted"]


def test_faults_one_after_another(jurat_guest):
    for spec, error in (("busy:2", None), ("fw-error:0x16", "EIO")):
        jurat_guest.faults(spec)
        if error:
            with pytest.raises(jurat.Error, match=error):
                agent.evidence(NONCE)
        else:
            assert agent.evidence(NONCE)


def test_programs_that_a_test_starts_are_in_the_guest(jurat_guest, tmp_path):
    subprocess.run([sys.executable, agent.__file__, NONCE.hex(), tmp_path / "report"], check=True)
    assert len((tmp_path / "report").read_bytes()) == 1184
