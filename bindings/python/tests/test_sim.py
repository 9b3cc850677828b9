# SPDX-License-Identifier: MIT
import time

import pytest

import jurat
from conftest import NONCE
from jurat import reasons, sim


@pytest.mark.parametrize("product, version", [("milan", 2), ("genoa", 3), ("turin", 5)])
def test_machines_of_each_product(product, version):
    machine = sim.SnpMachine(product=product, report_version=version)
    verdict = machine.verifier().verify(machine.guest().report(NONCE, vmpl=2))
    assert (verdict.product, verdict.field("version"), verdict.field("vmpl")) == (product.capitalize(), version, 2)


@pytest.mark.parametrize("items, code", [(["vcek-expired"], reasons.LEAF_EXPIRED), (["guest.policy=0xb0000"], "debug"),
                                         (["unsigned report.measurement=x11"], reasons.REPORT_SIGNATURE)])
def test_evidence_to_order(items, code):
    machine = sim.SnpMachine(evidence=items)
    verdict = machine.verifier().appraise(machine.guest().report(NONCE))
    assert any(code in r.code for r in verdict.reasons), verdict


def test_an_unknown_item_is_named():
    for kind in (sim.SnpMachine, sim.TdxPlatform):
        with pytest.raises(jurat.Error, match="'vcek-expird'") as raised:
            kind(evidence=["vcek-expird"])
        assert raised.value.errno == 22 and raised.value.call.endswith("_sim_new")


def test_the_same_seed_and_time_make_the_same_bytes():
    at = 1_700_000_000
    first, second, other = (sim.TdxPlatform(seed=s, at=at).td().quote(NONCE) for s in ("a", "a", "b"))
    assert first == second and first.quote != other.quote
    assert sim.SnpMachine(at=at).guest().report(NONCE) == sim.SnpMachine(at=at).guest().report(NONCE)


def test_firmware_is_updated_with_its_certificates():
    machine = sim.SnpMachine()
    guest, verifier = machine.guest(), machine.verifier()
    tcb = verifier.verify(guest.report(NONCE)).snp_tcb().raw
    machine.update("download", tcb + (1 << 56))
    machine.update("commit")
    machine.update("config")
    machine.update("renew")
    assert verifier.verify(guest.report(NONCE)).snp_tcb().raw == tcb + (1 << 56)
    machine.update("vlek-load")
    assert verifier.verify(guest.report(NONCE)).signer == "vlek"
    with pytest.raises(jurat.Error) as raised:
        machine.update("config", tcb + (9 << 56))
    assert raised.value.errno == 125
    with pytest.raises(ValueError, match="change: expected renew"):
        machine.update("reboot")


def test_the_ioctl_says_why_there_is_no_report(machine):
    with pytest.raises(jurat.Error, match="SNP_GET_EXT_REPORT.*exitinfo2|status") as raised:
        machine.guest().report(NONCE, vmpl=7)
    assert raised.value.call == "jurat_snp_sim_guest_ioctl"


@pytest.mark.parametrize("size", [0, 63, 65, 1 << 20])
def test_report_data_has_64_bytes(machine, platform, size):
    for make in (machine.guest().report, platform.td().quote):
        with pytest.raises(ValueError, match=f"report_data: expected 64 bytes, found {size}"):
            make(bytes(size))
        with pytest.raises(TypeError, match="report_data: expected bytes, found"):
            make(None)


def test_launches_take_what_the_header_lists(machine, platform):
    with pytest.raises(TypeError, match="launch: unknown mrtd"):
        machine.guest(mrtd=bytes(48))
    with pytest.raises(ValueError, match="measurement: expected 48 bytes, found 47"):
        machine.guest(measurement=bytes(47))
    with pytest.raises(TypeError, match="launch: unknown size"):
        machine.guest(size=4)
    with pytest.raises(jurat.Error, match="xfam 0x10000000000"):
        platform.td(xfam=1 << 40)


@pytest.mark.parametrize("module, version", [("1.0", 4), ("1.5", 4), ("1.5-ex", 5)])
def test_platforms_of_each_module(module, version):
    platform = sim.TdxPlatform(module=module)
    td = platform.td()
    td.extend_rtmr(2, b"\x44" * 48)
    verdict = platform.verifier().verify(td.quote(NONCE), collateral=platform.collateral())
    assert verdict.field("version") == version and verdict.rtmr(2) != bytes(48) and verdict.rtmr(1) == bytes(48)


def test_collateral_comes_as_files(platform, quote):
    files = platform.collateral_files
    assert {"tcb_info.json", "qe_identity.json"} <= files.keys()
    part = jurat.Collateral(v for k, v in files.items() if k != "qe_identity.json")
    assert reasons.COLLATERAL_MISSING in [r.code for r in platform.verifier().appraise(quote, collateral=part).reasons]


def test_wrong_options_are_errors():
    for make in (lambda: sim.SnpMachine(product="rome"), lambda: sim.SnpMachine(report_version=9), lambda: sim.SnpMachine(sync="none at all"),
                 lambda: sim.TdxPlatform(linux="2.6"), lambda: sim.TdxPlatform(module="2.0"), lambda: sim.SnpMachine(seed="a\0b")):
        with pytest.raises((jurat.Error, ValueError)):
            make()
    for make in (lambda: sim.SnpMachine(product=5), lambda: sim.SnpMachine(evidence="vcek-expired"), lambda: sim.SnpMachine(evidence=[b"x"]),
                 lambda: sim.SnpMachine(at="now"), lambda: sim.SnpMachine(report_version="2")):
        with pytest.raises(TypeError):
            make()
    assert time.time() > 0
