#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Event logs of TDs: --event-log, beside a quote and in what carries it. Prints TAP; test_event_log.py JURAT"""
import base64
import hashlib
import json
import os
import pathlib
import struct
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
import evidence  # noqa: E402
from tap import Skip, case, main  # noqa: E402

JURAT = os.path.abspath(sys.argv[1])
EV_IPL, EV_SEPARATOR = 0xd, 4


def jurat(*args, status=0, stdin=None):
    p = subprocess.run([JURAT, *map(str, args)], input=stdin, capture_output=True, timeout=60, check=False)
    p.out, p.err = (x.decode(errors="replace") for x in (p.stdout, p.stderr))
    assert p.returncode == status, f"{args}: {p.returncode}, not {status}: {p.out[:600]}{p.err[-400:]}"
    return p


def log_of(*events, pad=b""):
    """A TCG log: (register, type, data), with the digest of the data."""
    spec = b"Spec ID Event03\0" + struct.pack("<IBBBBIHHB", 0, 0, 2, 0, 2, 1, 0xc, 48, 0)
    log = struct.pack("<II20xI", 1, 3, len(spec)) + spec
    for register, kind, data in events:
        log += struct.pack("<IIIH", register + 1, kind, 1, 0xc) + hashlib.sha384(data).digest() + struct.pack("<I", len(data)) + data
    return log + pad


# The demo's TD extends no RTMR: a log without events explains it, and one with an event does not.
NOTHING = log_of(pad=bytes(1000))
SOMETHING = log_of((1, EV_SEPARATOR, bytes(4)))
PARTS = ("event-log-mismatch: rtmr1: replay of its 1 events gives another value than the quote's from event 1 (EV_SEPARATOR, "
         "offset 0x41) on: the quote has only the events before it")


def demo(tmp):
    e = tmp / "evidence"
    jurat("demo", "--dir", e)
    return e


def put(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def options(e):
    return "--roots", e / "roots", "--collateral", e / "collateral"


def verify(e, *args, status=0):
    return json.loads(jurat("verify", "--output", "json", *options(e), *args, status=status).out)


@case
def a_log_is_replayed_and_must_explain_the_quote(tmp):
    e = demo(tmp)
    good, bad = put(tmp / "good", NOTHING), put(tmp / "bad", SOMETHING)
    assert "event_log" not in verify(e, e / "quote.bin")
    said = verify(e, "--event-log", good, e / "quote.bin")["event_log"]
    assert said["form"] == "tcg" and said["events"] == 0 and said["secure_boot"] is None and said["kernel_cmdline"] == [], said
    for i in range(4):
        assert said[f"rtmr{i}"] == {"explained": True, "events": 0, "replayed": "00" * 48}, said
    v = verify(e, "--event-log", bad, e / "quote.bin", status=1)
    assert [f"{r['code']}: {r['detail']}" for r in v["reasons"]] == [PARTS], v["reasons"]
    assert v["event_log"]["rtmr1"]["parts_at"] == {"difference": "rest-not-in-quote", "event": 1, "type": "EV_SEPARATOR", "offset": 65}
    text = jurat("verify", *options(e), "--event-log", bad, e / "quote.bin", status=1).out
    assert f"refused\n  {PARTS}\n" in text and "\n  rtmr1              NOT explained, 1 events\n" in text, text
    for encoded in [SOMETHING.hex(), base64.encodebytes(SOMETHING), json.dumps({"ccel": SOMETHING.hex()})]:
        v = verify(e, "--event-log", put(tmp / "encoded", encoded), e / "quote.bin", status=1)
        assert v["reasons"][0]["detail"] == PARTS.split(": ", 1)[1], v["reasons"]
    p = jurat("verify", *options(e), "--event-log", "-", e / "quote.bin", stdin=SOMETHING, status=1)
    assert PARTS in p.out


@case
def a_log_that_comes_with_the_quote_is_used(tmp):
    e = demo(tmp)
    quote = (e / "quote.bin").read_bytes()
    good = put(tmp / "good", NOTHING)
    carried = tmp / "carried.json"
    event = {"imr": 1, "event_type": 4, "digest": hashlib.sha384(bytes(4)).hexdigest(), "event": "", "event_payload": ""}
    for log, form in [(base64.b64encode(SOMETHING).decode(), "tcg"), (SOMETHING.hex(), "tcg"), (json.dumps([event]), "dstack"), ([event], "dstack")]:
        for member in ["event_log", "cc_eventlog"]:
            put(carried, json.dumps({"quote": quote.hex(), member: log}))
            v = verify(e, carried, status=1)
            assert v["event_log"]["form"] == form and v["reasons"][0]["code"] == "event-log-mismatch", v
            assert verify(e, "--event-log", good, carried)["event_log"]["events"] == 0
    inner = {"quote": quote.hex(), "event_log": [event]}
    for outer in [[inner], {"a": [{"b": [inner]}]}, {"evidence": json.dumps(inner)}, [json.dumps({"c": [inner]})],
                  {"quote": quote.hex(), "other": [[event]]}, {"digests": [{"digests": [1]}], **inner}]:
        v = verify(e, put(carried, json.dumps(outer)), status=1)
        assert v["reasons"][0]["code"] == "event-log-mismatch", v["reasons"]
    put(carried, json.dumps({"quote": quote.hex(), "layers": [{"digests": ["sha256:00"]}], "event_log": None}))
    assert "event_log" not in verify(e, carried)
    put(carried, json.dumps({"quote": quote.hex(), "padded": "text\0"}))
    assert "event_log" not in verify(e, carried)
    put(carried, json.dumps({"quote": quote.hex(), "event_log": [{**event, "event": "a\0"}]}))
    assert verify(e, carried, status=1)["reasons"][0]["detail"] == "event 1: event or digest is not a string without NULs"
    put(carried, json.dumps({"tdx": {"evidence": {"quote": quote.hex(), "cc_eventlog": base64.b64encode(NOTHING).decode()}}}))
    assert verify(e, carried)["event_log"]["form"] == "tcg"
    for none in [None, ""]:
        put(carried, json.dumps({"quote": quote.hex(), "event_log": none}))
        assert "event_log" not in verify(e, carried)
    put(carried, json.dumps({"quote": quote.hex(), "event_log": "nothing that can be read"}))
    v = verify(e, carried, status=1)
    assert v["event_log"] is None and v["reasons"][0]["code"] == "event-log-malformed", v
    assert verify(e, "--event-log", good, carried)["event_log"]["events"] == 0
    report = (e / "report.bin").read_bytes()
    (e / "report.bin").unlink()
    put(e / "event-log.bin", SOMETHING)
    assert verify(e, e, status=1)["reasons"][0]["code"] == "event-log-mismatch"
    assert "event_log" in verify(e, "--event-log", good, e)
    put(e / "event-log.bin", "")
    assert "'{}': not an event log".format(e / "event-log.bin") in jurat("verify", *options(e), e, status=3).err
    put(e / "event-log.bin", NOTHING)
    (e / "quote.bin").rename(tmp / "quote.bin")
    put(e / "report.bin", report)
    p = jurat("verify", "--roots", e / "roots", e, status=3)
    assert p.err == f"jurat verify: '{e}/event-log.bin': an event log without quote.bin\n", p.err


@case
def a_log_belongs_to_a_quote(tmp):
    e = demo(tmp)
    good, bad = put(tmp / "good", NOTHING), put(tmp / "bad", SOMETHING)
    p = jurat("verify", "--roots", e / "roots", "--certs", e / "certs.bin", "--event-log", good, e / "report.bin", status=3)
    assert not p.out and p.err == f"jurat verify: '{e}/report.bin': an SEV-SNP report, whose guest has no event log (see --event-log)\n", p.err
    both = verify(e, "--event-log", bad, e, status=1)
    assert [(v["tee"], v["verdict"], "event_log" in v) for v in both] == [("sev-snp", "accepted", False), ("tdx", "refused", True)]


@case
def a_file_that_is_no_log_is_an_error(tmp):
    e = demo(tmp)
    ccel = b"CCEL" + struct.pack("<I", 56) + bytes(48)
    for content, said in [(b"", "not an event log: expected a Spec ID event (TCG, crypto-agile form), or JSON with an event log"),
                          (b"{}", "not an event log: expected a Spec ID event (TCG, crypto-agile form), or JSON with an event log"),
                          ((e / "quote.bin").read_bytes(), "not an event log: expected a Spec ID event (TCG, crypto-agile form), or JSON with an event log"),
                          (ccel, "the ACPI table CCEL, which says where the event log is; the log itself is "
                                 "/sys/firmware/acpi/tables/data/CCEL")]:
        path = put(tmp / "x", content)
        p = jurat("verify", *options(e), "--event-log", path, e / "quote.bin", status=3)
        assert not p.out and p.err == f"jurat verify: '{path}': {said}\n", p.err
    p = jurat("verify", *options(e), "--event-log", tmp / "none", e / "quote.bin", status=3)
    assert not p.out and "No such file" in p.err, p.err
    for n in range(len(NOTHING) - 1000 + 1, len(SOMETHING), 7):
        v = verify(e, "--event-log", put(tmp / "x", SOMETHING[:n]), e / "quote.bin", status=1)
        assert [r["code"] for r in v["reasons"]] == ["event-log-malformed"], (n, v)


@case
def policies_on_events_are_options_too(tmp):
    e = demo(tmp)
    good = put(tmp / "good", NOTHING)
    for require in ["require_event_log=true", "kernel_cmdline=quiet splash", 'event_digests={"EV_IPL": "%s"}' % ("00" * 48),
                    "require_secure_boot=true"]:
        v = verify(e, "--require", require, e / "quote.bin", status=1)
        assert [r["code"] for r in v["reasons"]] == ["event-log-missing"], v["reasons"]
        v = verify(e, "--require", require, "--event-log", good, e / "quote.bin", status=0 if require.startswith("require_event") else 1)
        assert [r["code"] for r in v["reasons"]] == ([] if require.startswith("require_event") else ["event-missing"]), v["reasons"]
    p = jurat("verify", "--require", 'event_digests={"EV_IPL": 1}', e / "quote.bin", status=2)
    assert "policy: event_digests: EV_IPL: expected a string of exactly 96 hex digits" in p.err, p.err


@case
def real_logs_explain_what_they_are_known_to_explain(tmp):
    n = 0
    for folder in evidence.folders():
        for row in folder.rows("RTMR-REPLAYS.tsv"):
            log, quote, *rtmrs, match = row.values()
            if not quote:
                continue
            p = subprocess.run([JURAT, "verify", "--output", "json", "--allow-no-collateral", "--event-log", folder.files / log, folder.files / quote],
                               capture_output=True, check=False)
            said = json.loads(p.stdout)["event_log"]
            assert [said[f"rtmr{i}"]["replayed"] for i in range(3)] == rtmrs, (log, said)
            # The table calls a register that nothing extended not explained.
            is_ = [said[f"rtmr{i}"]["explained"] and said[f"rtmr{i}"]["events"] > 0 for i in range(3)]
            assert str(is_) == match, (log, quote, is_)
            n += 1
    if n == 0:
        raise Skip("needs real evidence")


main()
