# SPDX-License-Identifier: MIT
import json
import pickle
import time

import pytest

import jurat
from conftest import NONCE
from jurat import reasons, sim


def codes(verdict):
    return [r.code for r in verdict.reasons]


def test_a_report_is_accepted_against_the_root_of_its_machine(machine, report):
    now = int(time.time())
    verdict = machine.verifier().verify(report, at=now)
    assert verdict and verdict.accepted and verdict.reasons == () and verdict.roots_supplied
    assert (verdict.tee, verdict.signer, verdict.product, verdict.time) == ("sev-snp", "vcek", "Milan", now)
    assert verdict.report_data == NONCE and verdict.measurement == b"\x11" * 48
    assert verdict.field("guest_svn") == 3 and verdict.field("host_data") == b"\x22" * 32 and verdict.field("xfam") is None
    assert len(verdict.chip_id) == 64 and verdict.rtmr(0) is None and verdict.fmspc is None and verdict.tdx_tcb() is None
    assert verdict.event_log is None and verdict.advisories == () and verdict.shortfalls == ()
    tcb = verdict.snp_tcb("launch")
    assert tcb.raw == tcb.microcode << 56 | tcb.snp << 48 | tcb.tee << 8 | tcb.boot_loader
    assert [r.code for r in verdict.not_judged] == [reasons.NOT_JUDGED_REPORT_DATA, reasons.NOT_JUDGED_MEASUREMENT,
                                                    reasons.NOT_JUDGED_MINIMUM_TCB]
    assert verdict.json()["verdict"] == "accepted" and verdict.text().startswith("accepted")
    assert repr(verdict) == "<jurat.Verdict: accepted>"


def test_refused_evidence_raises_with_its_verdict(report):
    with pytest.raises(jurat.Refused, match="root-not-trusted: 'ARK-Milan'") as raised:
        jurat.Verifier().verify(report)
    verdict = raised.value.verdict
    assert not verdict and codes(verdict) == [reasons.ROOT_NOT_TRUSTED] and verdict.has_reason(reasons.ROOT_NOT_TRUSTED)
    assert not verdict.has_reason("leaf-expired") and not verdict.roots_supplied
    assert repr(verdict) == "<jurat.Verdict: refused, root-not-trusted>"


@pytest.mark.parametrize("members, code", [
    ({"report_data": NONCE, "measurement": b"\x11" * 48}, None),
    ({"report_data": bytes(64)}, reasons.REPORT_DATA_MISMATCH),
    ({"minimum_guest_svn": 3}, None),
    ({"minimum_guest_svn": 4}, reasons.GUEST_SVN_BELOW_MINIMUM),
])
def test_a_policy_decides(machine, report, members, code):
    for policy in (jurat.Policy(**members), jurat.Policy(members)):
        verdict = machine.verifier().appraise(report, policy)
        assert verdict.accepted == (code is None), verdict
        assert code is None or codes(verdict) == [code]


def test_a_policy_in_json_is_overridden_by_keywords(machine, report):
    for text in ('{"minimum_guest_svn": 9}', b'{"minimum_guest_svn": 9}', bytearray(b'{"minimum_guest_svn": 9}')):
        assert not machine.verifier().appraise(report, jurat.Policy(text))
        assert machine.verifier().appraise(report, jurat.Policy(text, minimum_guest_svn=1))


@pytest.mark.parametrize("bad, says", [
    ({"minimum_guest_svm": 1}, "minimum_guest_svm"), ("{", "line 1"), (b"\xff", "policy"), ('{"minimum_guest_svn": 1}\0x', ""), ({"minimum_guest_svn": -1}, "minimum_guest_svn")])
def test_a_bad_policy_is_an_error_that_names_the_member(bad, says):
    with pytest.raises(jurat.Malformed, match=says) as raised:
        jurat.Policy(bad)
    assert raised.value.call == "jurat_policy_read_json" and isinstance(raised.value, (OSError, ValueError))
    copy = pickle.loads(pickle.dumps(raised.value))
    assert (type(copy), copy.errno, str(copy)) == (jurat.Malformed, raised.value.errno, str(raised.value))


def test_a_stale_crl_refuses_a_report():
    stale = sim.SnpMachine(evidence=["crl-stale"])
    assert codes(stale.verifier().appraise(stale.guest().report(NONCE))) == [reasons.CRL_STALE]


def test_verification_is_at_the_time_that_is_asked_for(machine, report):
    early = machine.verifier().appraise(report, at=0)
    assert early.time == 0 and reasons.LEAF_NOT_YET_VALID in codes(early)


def test_a_quote_is_accepted_with_the_collateral_of_its_platform(platform, quote):
    verdict = platform.verifier().verify(quote, collateral=platform.collateral())
    assert (verdict.tee, verdict.signer, verdict.measurement, verdict.report_data) == ("tdx", "pck", b"\x33" * 48, NONCE)
    assert verdict.tdx_tcb().status == "UpToDate" and verdict.tdx_tcb("qe").status == "UpToDate"
    assert verdict.rtmr(3) == bytes(48) and verdict.rtmr(4) is None and len(verdict.fmspc) == 6
    assert verdict.snp_tcb() is None and verdict.product is None and verdict.chip_id is None


def test_a_quote_without_collateral_is_refused(platform, quote):
    assert codes(platform.verifier().appraise(quote)) == [reasons.COLLATERAL_MISSING]


def test_a_tcb_that_is_out_of_date_is_named_by_component():
    platform = sim.TdxPlatform(evidence=["tcb-out-of-date"])
    verdict = platform.verifier().appraise(platform.td().quote(NONCE), collateral=platform.collateral())
    assert codes(verdict) == [reasons.TCB_STATUS_NOT_ACCEPTED] and verdict.tdx_tcb().decided_by == "platform"
    first = verdict.shortfalls[0]
    assert first.found < first.wanted and first.part == "platform" and first.status == "UpToDate"
    assert verdict.advisories and all(a.startswith("INTEL-SA-") for a in verdict.advisories)
    assert pickle.loads(pickle.dumps(first)) == first


def test_trust_comes_from_bytes_files_or_directories(machine, report, tmp_path):
    (tmp_path / "a directory").mkdir()
    file = tmp_path / "a directory" / "root.der"
    file.write_bytes(machine.root)
    for roots in (machine.root, bytearray(machine.root), memoryview(machine.root), file, file.parent, [file], (r for r in [machine.root])):
        assert jurat.Verifier(roots=roots, certificates=[report.certs], crls=machine.crl).verify(jurat.SnpEvidence(report.report))


def test_supplied_roots_that_are_none_are_an_error(tmp_path):
    for roots in ([], tmp_path, iter(())):
        with pytest.raises(ValueError, match="roots: empty"):
            jurat.Verifier(roots=roots)
    with pytest.raises(jurat.Malformed, match="roots"):
        jurat.Verifier(roots=b"junk")


def test_evidence_that_is_junk_is_refused_not_an_error():
    for junk in (b"", b"\0", b"\xff" * 1184, bytes(64 << 20)):
        assert not jurat.Verifier().appraise(jurat.SnpEvidence(junk, junk))
        assert not jurat.Verifier().appraise(jurat.TdxEvidence(junk, junk))


def test_every_truncation_of_a_report_is_refused(machine, report):
    verifier = machine.verifier()
    assert not any(verifier.appraise(jurat.SnpEvidence(report.report[:n], report.certs)) for n in range(0, 1184, 7))


@pytest.mark.parametrize("call", [
    lambda v, e: v.verify(e.report), lambda v, e: v.verify(None), lambda v, e: v.verify(jurat.SnpEvidence(None)),
    lambda v, e: v.verify(jurat.SnpEvidence("text")), lambda v, e: v.verify(jurat.SnpEvidence(e.report, "text")),
    lambda v, e: v.verify(jurat.SnpEvidence(e.report, 5)), lambda v, e: v.verify(jurat.TdxEvidence(b"", [1])),
    lambda v, e: v.verify(e, "{}"), lambda v, e: v.verify(e, {}), lambda v, e: v.verify(e, v), lambda v, e: v.verify(e, at="now"),
    lambda v, e: v.verify(e, at=1.5), lambda v, e: v.verify(e, collateral=jurat.Collateral()), lambda v, e: v.verify(e, at=True),
    lambda v, e: jurat.Verifier(roots="ark.pem"), lambda v, e: jurat.Verifier(roots=[3]), lambda v, e: jurat.Verifier(roots=None),
    lambda v, e: jurat.Verifier(crls=[None]), lambda v, e: jurat.Policy(5), lambda v, e: jurat.Policy(None), lambda v, e: jurat.Policy(report_data=object()),
    lambda v, e: jurat.Collateral("x"), lambda v, e: v.appraise(e).field(5), lambda v, e: v.appraise(e).rtmr("0")])
def test_wrong_types_are_type_errors(machine, report, call):
    with pytest.raises(TypeError, match="expected|JSON|for TD quotes only"):
        call(machine.verifier(), report)


def test_numbers_that_do_not_fit_are_not_cut_off(machine, report):
    for at in (1 << 63, -(1 << 63) - 1, 1 << 64):
        with pytest.raises(OverflowError, match="at: "):
            machine.verifier().verify(report, at=at)
    with pytest.raises(OverflowError):
        machine.verifier().appraise(report).rtmr(1 << 32)
    with pytest.raises(OverflowError, match="guest_svn"):
        machine.guest(guest_svn=1 << 32)
    with pytest.raises(ValueError, match="NUL"):
        machine.verifier().appraise(report).field("vmpl\0")
    with pytest.raises(ValueError, match="kind: expected reported"):
        machine.verifier().appraise(report).snp_tcb("newest")


def test_show_decodes_bytes_and_files(report, tmp_path):
    file = tmp_path / "-a report.bin"
    file.write_bytes(report.report)
    for shown in (jurat.show(report.report), jurat.show(file)):
        assert shown["report_data"] == NONCE.hex() and shown["guest_svn"] == 3
    with pytest.raises(jurat.Malformed, match="jurat show"):
        jurat.show(b"junk")
    json.dumps(shown)
