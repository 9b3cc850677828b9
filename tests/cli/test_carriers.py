#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Evidence and endorsements in what carries them. Prints TAP; test_carriers.py JURAT"""
import base64
import hashlib
import json
import os
import pathlib
import struct
import subprocess
import sys
import urllib.parse
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
import carriers  # noqa: E402
import evidence  # noqa: E402
from tap import Skip, case, main  # noqa: E402

JURAT = os.path.abspath(sys.argv[1])
AT = "2026-11-29T00:00:00Z"
VERIFY = "verify", "--output", "json"
REPORT_BYTES = 1184
STEP = int(os.environ.get("JURAT_TEST_STEP") or 1)


def some(rows, i, n):
    """All; in a build that repeats the tests, the i-th of n shares."""
    return rows if STEP == 1 else rows[i::n]


def jurat(*args, status=0, stdin=None):
    p = subprocess.run([JURAT, *map(str, args)], input=stdin, capture_output=True, timeout=60, check=False)
    p.out, p.err = (x.decode(errors="replace") for x in (p.stdout, p.stderr))
    assert status is None or p.returncode == status, f"{args}: {p.returncode}, not {status}: {p.out[:300]}{p.err[-400:]}"
    return p


def demo(tmp):
    e = tmp / "evidence"
    jurat("demo", "--dir", e)
    jurat("certs", "split", e / "certs.bin", tmp / "split")
    return e


def verdict(*args, status=0):
    return json.loads(jurat(*VERIFY, *args, status=status).out)


def put(path, content):
    path.write_bytes(content)
    return path


def pem(der, kind="CERTIFICATE"):
    body = base64.encodebytes(der).decode().replace("\n", "")
    lines = "\n".join(body[i:i + 64] for i in range(0, len(body), 64))
    return f"-----BEGIN {kind}-----\n{lines}\n-----END {kind}-----\n"


def wrap(text, width, end):
    return end.join(text[i:i + width] for i in range(0, len(text), width)) + end


# What a person or a tool may make of bytes: name, what `decoded` says of it ("": nothing), and how it is made.
def b64(b):
    return base64.b64encode(b).decode()


ENCODINGS = [
    ("hex", "hex", lambda b: b.hex()), ("hex-upper", "hex", lambda b: b.hex().upper()), ("hex-0x", "hex", lambda b: "0x" + b.hex()),
    ("hex-0X", "hex", lambda b: "0X" + b.hex().upper() + "\n"), ("hex-xxd", "hex", lambda b: wrap(b.hex(), 60, "\n")),
    ("hex-blanks", "hex", lambda b: b.hex(" ")), ("hex-crlf", "hex", lambda b: "\r\n" + wrap(b.hex(), 64, "\r\n")),
    ("hex-sql", "hex", lambda b: "\\x" + b.hex()), ("hex-bom", "hex", lambda b: "\ufeff" + b.hex()),
    ("hex-colons", "hex", lambda b: b.hex(":")), ("hex-openssl", "hex", lambda b: wrap(b.hex(":").upper(), 45, "\r\n    ")),
    ("hex-dashes", "hex", lambda b: b.hex("-")), ("hex-commas", "hex", lambda b: ", ".join(f"0x{x:02x}" for x in b) + ",\n"),
    ("hex-escaped", "hex", lambda b: "".join(f"\\x{x:02X}" for x in b)),
    ("b64", "base64", b64), ("b64-newline", "base64", lambda b: b64(b) + "\n"), ("b64-wrapped", "base64", lambda b: wrap(b64(b), 76, "\n")),
    ("b64-crlf", "base64", lambda b: wrap(b64(b), 64, "\r\n")), ("b64-unpadded", "base64", lambda b: b64(b).rstrip("=")),
    ("b64-url", "base64", lambda b: base64.urlsafe_b64encode(b).decode()), ("b64-nul", "base64", lambda b: b64(b) + "\0"),
    ("b64-url-unpadded", "base64", lambda b: base64.urlsafe_b64encode(b).decode().rstrip("=")),
    ("b64-bom", "base64", lambda b: "\ufeff" + b64(b)), ("b64-quoted", "base64 in a JSON string", lambda b: json.dumps(b64(b))),
    ("hex-quoted", "hex in a JSON string", lambda b: json.dumps(b.hex())), ("hex-of-b64", "hex in base64", lambda b: b64(b.hex().encode())),
    ("json-integers", "JSON, member '', ", lambda b: json.dumps(list(b))),
    ("json-member", "JSON, member 'x', hex", lambda b: json.dumps({"x": b.hex(), "y": "other", "z": [1, 2, None, {}]})),
    ("json-deep", "JSON, member 'q', base64", lambda b: json.dumps({"a": [{"b": {"q": b64(b)}}], "\u00e9": "\u00e9"}, indent=1)),
    ("json-in-json", "JSON, member 'e', JSON, member 'x', base64", lambda b: json.dumps({"e": json.dumps({"x": b64(b)})})),
    ("json-bom", "JSON, member 'x', ", lambda b: "\ufeff" + json.dumps({"x": list(b)})),
    # as Windows writes text: the names end in what is written
    ("hex-utf-16le", "hex in UTF-16", lambda b: b.hex()), ("b64-utf-16be", "base64 in UTF-16", lambda b: wrap(b64(b), 76, "\r\n")),
    ("json-utf-16le", "UTF-16, JSON, member 'x', base64", lambda b: json.dumps({"\u00e9\U0001f512\u20ac": 1, "x": b64(b)}, ensure_ascii=False)),
]


def utf16(name, text):
    return ("\ufeff" + text).encode(name[name.index("utf-16"):]) if "utf-16" in name else text.encode()


def encoded(name, make, b):
    return utf16(name, make(b))


def check_decoded(d, plain, said, name):
    how = d.pop("decoded", "")
    assert how.removeprefix("from ").startswith(said.rstrip(", ")) and (how or not said), (name, how, said)
    assert d == plain, (name, [k for k in d if d.get(k) != plain.get(k)])


@case
def every_encoding_of_evidence_goes_through_every_door(tmp):
    e = demo(tmp)
    (tmp / "dir").mkdir()
    for i, (kind, content, options) in enumerate([
            ("report", (e / "report.bin").read_bytes(), ("--certs", e / "certs.bin")),
            ("extended", (e / "report.bin").read_bytes() + (e / "certs.bin").read_bytes(), ()),
            ("quote", (e / "quote.bin").read_bytes(), ("--collateral", e / "collateral"))]):
        options = "--at", at_of(e), "--roots", e / "roots", *options
        plain = verdict(*options, put(tmp / "plain", content))
        shown = json.loads(jurat("show", "--output", "json", tmp / "plain").out)
        for name, said, make in some(ENCODINGS, i, 3):
            path = put(tmp / "x", encoded(name, make, content))
            check_decoded(verdict(*options, path), dict(plain), said, name)
            p = jurat(*VERIFY, *options, "-", stdin=path.read_bytes())
            check_decoded(json.loads(p.out), dict(plain), said, name)
            check_decoded(json.loads(jurat("show", "--output", "json", path).out), dict(shown), said, name)
            assert f"decoded              from {said.rstrip(', ')}" in jurat("verify", *options, path).out, name
            put(tmp / "dir/quote.bin" if kind == "quote" else tmp / "dir/report.bin", path.read_bytes())
            check_decoded(verdict(*options, tmp / "dir"), dict(plain), said, name)
        (tmp / "dir/report.bin").unlink(missing_ok=True)


def at_of(e):
    """The demo's evidence is of now; one time for all that is compared."""
    p = subprocess.run(["date", "-u", "-r", str(e / "quote.bin"), "+%Y-%m-%dT%H:%M:%SZ"], capture_output=True, check=True)
    return p.stdout.decode().strip()


@case
def a_table_beside_a_report_is_read_in_every_encoding(tmp):
    e = demo(tmp)
    (tmp / "dir").mkdir()
    put(tmp / "dir/report.bin", (e / "report.bin").read_bytes())
    for name, _, make in ENCODINGS:
        put(tmp / "dir/certs.bin", encoded(name, make, (e / "certs.bin").read_bytes()))
        verdict("--roots", e / "roots", tmp / "dir")
        verdict("--roots", e / "roots", "--certs", tmp / "dir/certs.bin", e / "report.bin")
    mixed = carriers.mixed_endian((e / "certs.bin").read_bytes())
    said = "certificate table with mixed-endian GUIDs"
    put(tmp / "dir/certs.bin", mixed)
    assert verdict("--roots", e / "roots", tmp / "dir")["decoded"] == said
    whole = put(tmp / "whole", (e / "report.bin").read_bytes() + mixed)
    assert verdict("--roots", e / "roots", whole)["decoded"] == said
    put(tmp / "b64", b64(whole.read_bytes()).encode())
    assert verdict("--roots", e / "roots", tmp / "b64")["decoded"] == "from base64; " + said
    shown = json.loads(jurat("show", "--output", "json", tmp / "dir/certs.bin").out)
    assert shown["decoded"] == said and "vcek" in [x["kind"] for x in shown["entries"]], shown
    assert said in jurat("verify", tmp / "dir/certs.bin", status=3).err
    assert "guid-order" in jurat("certs", "check", "--output", "json", tmp / "dir/certs.bin", status=1).out
    assert "mixed-endian" in jurat("certs", "split", tmp / "dir/certs.bin", tmp / "apart").err
    assert (tmp / "apart/vcek.der").read_bytes() == (tmp / "split/vcek.der").read_bytes()
    both = mixed[:24] + (e / "certs.bin").read_bytes()[24:]
    p = jurat(*VERIFY, "--roots", e / "roots", put(tmp / "both", (e / "report.bin").read_bytes() + both), status=1)
    assert "both byte orders" in p.out, p.out
    for at in 0, 24, 48:  # one of them in the other order: certs check finds it wherever it stands
        plain = (e / "certs.bin").read_bytes()
        p = jurat("certs", "check", put(tmp / "both", plain[:at] + mixed[at:at + 24] + plain[at + 24:]), status=1)
        assert "guid-order" in p.err and "both byte orders" in p.err, p.err


@case
def what_comes_with_evidence_in_a_directory_is_used_as_in_one_file(tmp):
    e = demo(tmp)
    d, report = tmp / "dir", (e / "report.bin").read_bytes()
    d.mkdir()
    leaf, ask, ark = ((tmp / f"split/{k}.der").read_bytes() for k in ("vcek", "ask", "ark"))
    chain = pem(leaf) + pem(ask) + pem(ark)
    thim = json.dumps({"vcekCert": pem(leaf), "certificateChain": pem(ask) + pem(ark), "tcbm": "DB18000000000004"})
    put(d / "report.bin", report)
    for name, content in ("pem", chain), ("thim", thim), ("b64", b64(chain.encode())):  # in place of a table
        put(d / "certs.bin", content.encode())
        assert verdict("--roots", e / "roots", d)["verdict"] == "accepted", name
    put(d / "certs.bin", leaf)
    assert {r["code"] for r in verdict("--roots", e / "roots", d, status=1)["reasons"]} == {"intermediate-missing"}
    (d / "certs.bin").unlink()
    evidence = json.dumps({"report": report.hex(), "vcek": pem(leaf), "chain": pem(ask) + pem(ark)}).encode()
    verdict("--roots", e / "roots", put(tmp / "one", evidence))
    put(d / "report.bin", evidence)
    verdict("--roots", e / "roots", d)
    # beside a quote, with its collateral in it or named
    quote = {"quote": (e / "quote.bin").read_bytes().hex(), "collateral": bundle_of(e)}
    put(d / "quote.bin", json.dumps(quote).encode())
    for options in (), ("--collateral", e / "collateral"):
        both = verdict("--roots", e / "roots", *options, d)
        assert [v["verdict"] for v in both] == ["accepted", "accepted"], both
    put(d / "quote.bin", json.dumps({"quote": quote["quote"]}).encode())
    tees = {v["tee"]: v["verdict"] for v in verdict("--roots", e / "roots", d, status=1)}
    assert tees == {"sev-snp": "accepted", "tdx": "refused"}, tees


def carried(e):
    """The demo's report and quote in each container that is known: name, content, what is said of it."""
    report, quote = (e / "report.bin").read_bytes(), (e / "quote.bin").read_bytes()
    chain = {k: (e.parent / f"split/{k}.der").read_bytes() for k in ("vcek", "ask", "ark")}
    runtime = b'{"keys":[]}'
    own = report[:0x50] + hashlib.sha256(runtime).digest() + report[0x70:]
    tail = struct.pack("<IIIII", 20 + len(runtime), 1, 2, 1, len(runtime)) + runtime
    head = b"HCLA" + struct.pack("<III", 2, 1216 + len(tail), 2) + bytes(16)
    fields = carriers.report_fields(report)
    serde = {"attestation_report": carriers.serde_report(report),
             "cert_chain": [{"cert_type": k.upper(), "data": list(v)} for k, v in chain.items()]}
    named = carriers.attestation(fields, chain)
    return [
        ("hcl", head + report + tail, "Azure HCL report (at byte 32; report_data is NOT the SHA-256 of the runtime data)", ()),
        ("hcl-own", head + own + tail, "Azure HCL report (at byte 32; report_data is the SHA-256 of the runtime data)",
         {"report-signature"}),
        ("hcl-only", head + report, "Azure HCL report (at byte 32; without runtime data)", ()),
        ("response", struct.pack("<II24x", 0, REPORT_BYTES) + report, "MSG_REPORT_RSP (report at byte 32)", ()),
        ("response-4000", (struct.pack("<II24x", 0, REPORT_BYTES) + report).ljust(4000, b"\0"),
         "MSG_REPORT_RSP (report at byte 32), padding (2784 zero bytes)", ()),
        ("padded", report.ljust(4096, b"\0"), "padding (2912 zero bytes)", ()),
        ("coco", json.dumps(serde).encode(), "JSON, put together from its fields", ()),
        ("coco-hex", json.dumps({"attestation_report": report.hex(), "cert_chain": [pem(v) for v in chain.values()]}).encode(),
         "JSON, member 'attestation_report', hex", ()),
        ("az-vtpm", json.dumps({"quote": {"signature": [1], "message": [2] * 100}, "report": list(head + report + tail),
                                "vcek": pem(chain["vcek"])}).encode(), "JSON, member 'report', Azure HCL report", ()),
        ("textproto", carriers.text(named).encode(), "protocol buffer in text form, put together from its fields", ()),
        ("proto", carriers.binary(named), "protocol buffer, put together from its fields", ()),
        ("proto-b64", b64(carriers.binary(named)).encode(), "base64, protocol buffer, put together from its fields", ()),
        ("protojson", json.dumps(carriers.protojson(named)).encode(), "JSON, put together from its fields", ()),
        ("proto-report", carriers.binary(fields), "protocol buffer, put together from its fields", ()),
        ("dstack-snp", json.dumps({"attestation": carriers.scale(report, [pem(v).encode() for v in chain.values()]).hex()}).encode(),
         "JSON, member 'attestation', hex, dstack attestation (SCALE)", ()),
        ("dstack-tdx", json.dumps({"quote": quote.hex(), "event_log": "[]", "vm_config": "{}"}).encode(), "JSON, member 'quote', hex", ()),
        ("coco-tdx", json.dumps({"quote": b64(quote), "cc_eventlog": b64(carriers.event_log())}).encode(),
         "JSON, member 'quote', base64", ()),
        ("quote-textproto", carriers.text(carriers.quote(quote)).encode(), "protocol buffer in text form, put together", ()),
        ("quote-proto", carriers.binary(carriers.quote(quote)), "protocol buffer, put together from its fields", ()),
        ("quote-protojson", json.dumps(carriers.protojson(carriers.quote(quote))).encode(), "JSON, put together from its fields", ()),
        ("quote-padded", quote.ljust(8000, b"\0"), "", ()),
    ]


@case
def evidence_is_found_in_every_container(tmp):
    e = demo(tmp)
    for name, content, said, refused in carried(e):
        path = put(tmp / name, content)
        d = verdict("--roots", e / "roots", "--certs", e / "certs.bin", "--collateral", e / "collateral", path, status=1 if refused else 0)
        assert d.get("decoded", "").removeprefix("from ").startswith(said), (name, d.get("decoded"))
        assert {r["code"] for r in d["reasons"]} == set(refused), (name, d["reasons"])
        shown = json.loads(jurat("show", "--output", "json", path).out)
        assert shown.get("decoded") == d.get("decoded"), name
        assert shown["kind"] in ("SEV-SNP report", "TD quote"), shown["kind"]


@case
def certificates_in_a_container_are_endorsements_and_nothing_more(tmp):
    e = demo(tmp)
    for name, content, *_ in carried(e):
        if name in ("coco", "coco-hex", "textproto", "proto", "proto-b64", "protojson", "dstack-snp"):
            path = put(tmp / name, content)
            verdict("--roots", e / "roots", path)
            shown = json.loads(jurat("show", "--output", "json", path).out)
            assert [x["kind"] for x in shown["carried"]] == ["certificate"] * 3, shown["carried"]
            d = verdict(path, status=1)  # the ark in it is not trusted for having come along
            assert "root-not-trusted" in {r["code"] for r in d["reasons"]} or "root-missing" in {r["code"] for r in d["reasons"]}, d["reasons"]
    report = (e / "report.bin").read_bytes()
    for key, value in ("crl", "00" * 60), ("rootCaCrl", "no CRL at all"), ("x", pem(b"0\3\2\1\0")[:-30]), ("x", pem(b"abc")), ("crl", [1] * 60):
        p = jurat(*VERIFY, "--roots", e / "roots", put(tmp / "x", json.dumps({"report": report.hex(), key: value}).encode()), status=3)
        assert p.out == "" and p.err, (key, p.err)
    # a CRL in it counts
    bad = json.dumps({"report": report.hex(), "crl_url": "https://example.org/crl", "crl": None})
    verdict("--roots", e / "roots", "--certs", e / "certs.bin", put(tmp / "x", bad.encode()))


@case
def collateral_beside_a_quote_is_its_collateral(tmp):
    e = demo(tmp)
    quote = (e / "quote.bin").read_bytes()
    bundle = bundle_of(e)
    path = put(tmp / "x", json.dumps({"quote": quote.hex(), "collateral": bundle}).encode())
    verdict("--roots", e / "roots", path)
    put(tmp / "x", json.dumps({"quote": quote.hex(), "collateral": {**bundle, "pck_crl": "3082"}}).encode())
    assert "pck_crl" in jurat(*VERIFY, "--roots", e / "roots", path, status=3).err
    changed = {**bundle, "tcb_info": bundle["tcb_info"].replace("UpToDate", "Revoked")}
    put(path, json.dumps({"quote": quote.hex(), "collateral": changed}).encode())
    jurat(*VERIFY, "--roots", e / "roots", path, status=1)
    verdict("--roots", e / "roots", "--collateral", e / "collateral", path)  # what a person names comes first
    d = verdict("--roots", e / "roots", put(tmp / "x", json.dumps({"quote": quote.hex()}).encode()), status=1)
    assert "collateral-missing" in {r["code"] for r in d["reasons"]}


@case
def more_than_one_piece_of_evidence_is_an_error(tmp):
    """V29"""
    e = demo(tmp)
    report, quote = (e / "report.bin").read_bytes(), (e / "quote.bin").read_bytes()
    other = bytearray(report)
    other[0x50] ^= 1
    for what, members in [("expected one SEV-SNP report, found several", {"a": report.hex(), "b": bytes(other).hex()}),
                          ("expected a report or a quote, found both", {"a": report.hex(), "b": b64(quote)}),
                          ("expected one quote, found several", [b64(quote), b64(quote[:-1] + b"\1")])]:
        path = put(tmp / "x", json.dumps(members).encode())
        p = jurat(*VERIFY, "--roots", e / "roots", "--certs", e / "certs.bin", path, status=3)
        assert what in p.err and p.out == "", p.err
        assert what in jurat("show", path, status=1).err
    same = put(tmp / "x", json.dumps({"a": report.hex(), "b": b64(report), "c": list(report)}).encode())
    verdict("--roots", e / "roots", "--certs", e / "certs.bin", same)


# Nothing of this is evidence, and each is named.
OTHERS = [
    ("an empty file", b""), ("ELF", b"\x7fELF" + bytes(2000)), ("PE", b"MZ" + bytes(2000)), ("gzip", b"\x1f\x8b\x08" + bytes(2000)),
    ("xz", b"\xfd7zXZ\0" + bytes(2000)), ("Zstandard", b"\x28\xb5\x2f\xfd" + bytes(2000)), ("ZIP", b"PK\3\4" + bytes(2000)),
    ("PCAP", b"\xd4\xc3\xb2\xa1" + bytes(2000)), ("PCAP", b"\x0a\x0d\x0d\x0a" + bytes(2000)), ("PDF", b"%PDF-1.7\n"),
    ("TPM 2.0 quote", b"\xffTCG\x80\x18" + bytes(100)), ("TPM 2.0 quote", b"\0\x91\xffTCG\x80\x18" + bytes(100)),
    ("JSON Web Token", b"eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln"), ("CBOR", b"\xd2\x84\x43\xa1\x01\x26" + bytes(100)),
    ("CBOR", b"\xd8\x3d\xd2\x84" + bytes(100)), ("CBOR", b"\x84\x43\xa1\x01\x26\xa0" + bytes(100)), ("text", b"hello\n"),
    ("text", "Bericht f\u00fcr alle, in Worten\n".encode()), ("XML or HTML", b"<html></html>"), ("JSON", b'{"a": "b"}'),
    ("JSON", b"[]"), ("TCB info", b'{"tcbInfo": {}, "signature": ""}'), ("QE identity", b'{"enclaveIdentity": {"tcbLevels": []}}'),
    ("key", b"-----BEGIN PRIVATE KEY-----\nAQID\n-----END PRIVATE KEY-----\n"), ("key", b"\x30\x03\x02\x01\x00"),
    ("PEM of another kind", b"-----BEGIN CERTIFICATE REQUEST-----\nAQID\n-----END CERTIFICATE REQUEST-----\n"),
    ("ACPI table CCEL", b"CCEL8\0\0\0"), ("unrecognized data", bytes(range(256)) * 8), ("unrecognized data", b"\3\0\0\0" + bytes(2000)),
    ("firmware image", bytes(32) + (4096).to_bytes(8, "little") + b"_FVH" + bytes(4052)),
    ("TDREPORT", b"\x81" + bytes(1023)), ("certificate table", bytes(4096)), ("TCG event log", carriers.event_log()),
    ("TCG event log", carriers.event_log().ljust(65536, b"\xff")), ("in the form of SEV", carriers.sev_certificate()),
    ("LZ4", b"\x04\x22\x4d\x18" + bytes(2000)), ("bzip2", b"BZh9" + bytes(range(256))), ("zlib", zlib.compress(bytes(2000))),
    ("tar archive", b"report.bin".ljust(257, b"\0") + b"ustar  " + bytes(1000)),
    ("hex dump with offsets", b"00000000: 0300 0000 0700 0000  ........\n"), ("hex dump with offsets", b"0000000 03 00 00 00\n"),
    ("hex with an odd number of digits", b"0300 0000" * 20 + b"1\n"), ("text, neither hex nor base64", b"report=" + b"30" * 100),
    ("CBOR, which is not read", b"\xa2\x66report\x58\x20" + bytes(range(32)) + b"\x61n\xfb" + bytes(8)),
    ("CBOR, which is not read", b"\xda\x63\x74\x01\x01\x9f\x5f\x58\x20" + bytes(32) + b"\xff\xf6\x39\x01\0\xff"),
    ("unrecognized data", b"\xa2\x66report\x58\x20" + bytes(range(32)) + b"\x61n\x61"), ("unrecognized data", b"\x9f" * 40),
    ("unrecognized data", b"\xbb" + b"\xff" * 30), ("unrecognized data", b"\x5f\x58\x20" + bytes(31)),
    ("YAML", b"chain: |\n  -----BEGIN CERTIFICATE-----\n  AQID\n  -----END CERTIFICATE-----\n"),
    ("TDREPORT (from Azure HCL report", b"HCLA" + bytes(28) + b"\x81" + bytes(2000)),
    ("unrecognized data", struct.pack("<II24x", 5, 0)), ("unrecognized data", struct.pack("<II24x", 0x16, 0) + b"x"),
    ("MSG_REPORT_RSP", struct.pack("<II24x", 0, REPORT_BYTES) + b"\xff" * 20),
]


@case
def what_is_not_evidence_is_named(tmp):
    """V28"""
    shown = "TDREPORT", "certificate table", "TCG event log"
    for name, content in OTHERS:
        path = put(tmp / "x", content)
        p = jurat(*VERIFY, path, status=3)
        assert f"found: {name}" in p.err or ("found: " in p.err and name in p.err), (name, p.err)
        assert p.out == "", name
        p = jurat("show", path, status=None)
        if name in shown:
            assert p.returncode == 0 and name in p.out, (name, p.err)
        elif name in ("TCB info", "QE identity", "ACPI table CCEL"):
            assert p.returncode == 1, (name, p.err)
        else:
            assert p.returncode == 3 and name in p.err and p.out == "", (name, p.err)
        if content[:1] in (b"\x7f", b"\xff", b"\x1f", b"\xfd", b"\x28", b"\xd2", b"\xd8") and len(content) > 90:
            p = jurat(*VERIFY, put(tmp / "y", b64(content).encode()), status=3)
            assert f"found: {name}" in p.err and "(from base64)" in p.err, (name, p.err)


def extended(*measured):
    value = bytes(48)
    for m in measured:
        value = hashlib.sha384(value + hashlib.sha384(m).digest()).digest()
    return value.hex()


LOG = carriers.event_log() + carriers.event(0, 3, b"SP800-155 Event3") + carriers.event(1, 4, bytes(4)) + carriers.event(
    3, 0xd, b"kernel_cmdline: ro\tx\0", b"ro\tx") + carriers.event(2, 0x80000003, b"?", b"an image")


@case
def an_event_log_is_shown_with_an_event_on_each_line_and_its_rtmrs(tmp):
    out = jurat("show", put(tmp / "log", LOG.ljust(4096, b"\xff"))).out.splitlines()
    digest = hashlib.sha384(bytes(4)).hexdigest()
    assert out[0].split(None, 1) == ["kind", "TCG event log"], out[0]
    assert out[1].endswith("(digest of nothing) SP800-155 Event3") and " none  EV_NO_ACTION " in out[1], out[1]
    assert out[2].split(None, 2) == ["event", "2", f"RTMR0 EV_SEPARATOR {digest} (digest of data) 00000000"], out[2]
    assert out[3].endswith("(digest of part of data) kernel_cmdline: ro x"), out[3]
    assert "RTMR1 EV_EFI_BOOT_SERVICES_APPLICATION" in out[4] and out[4].endswith("(digest of other data) ?"), out[4]
    want = ["unknown", extended(bytes(4)), extended(b"an image"), extended(b"ro\tx"), "00" * 48]
    assert [line.split()[1] for line in out[5:]] == want, out[5:]
    for how, text in ("hex", LOG.hex()), ("base64", b64(LOG)):
        assert f"from {how}\n" in jurat("show", put(tmp / "text", text.encode())).out, how


@case
def an_event_log_in_json_is_an_object_for_each_event(tmp):
    out = json.loads(jurat("show", "--output", "json", put(tmp / "log", LOG)).out)
    line = out["events"][2]
    assert out["kind"] == "TCG event log" and len(out["events"]) == 4 and out["rtmr0"] == extended(bytes(4)), out
    assert out["events"][0]["register"] is None and out["events"][0]["data_is_measured"] is False, out["events"][0]
    assert (line["number"], line["register"], line["stated_register"], line["type"]) == (3, "RTMR2", 3, 13), line
    assert (line["digest_of"], line["data_is_measured"], line["text"]) == ("part of data", True, "kernel_cmdline: ro x"), line
    assert line["offset"] == LOG.index(b"kernel_cmdline") - 66 and bytes.fromhex(line["data"]).startswith(b"kernel_cmdline: "), line


@case
def a_log_that_evidence_carries_is_shown_after_it(tmp):
    e = tmp / "td"
    jurat("demo", "--tee", "tdx", "--dir", e)
    quote = (e / "quote.bin").read_bytes().hex()
    runtime = {"imr": 3, "event_type": 0x8000001, "digest": "", "event": "app-id", "event_payload": "abcd"}
    measured = extended(struct.pack("<I", 0x8000001) + b":app-id:\xab\xcd")
    for log in [runtime], json.dumps([runtime]):
        out = json.loads(jurat("show", "--output", "json", put(tmp / "x", json.dumps({"quote": quote, "event_log": log}).encode())).out)
        assert "TD" in out["kind"] and out["event_log"]["kind"] == "event log of dstack", out
        assert out["event_log"]["rtmr3"] == measured and out["event_log"]["events"][0]["name"] == "app-id", out["event_log"]
    broken = put(tmp / "x", json.dumps({"quote": quote, "event_log": [{"imr": 4}]}).encode())
    assert "event 1: imr is not a number from 0 to 3" in jurat("show", broken).out
    only = put(tmp / "x", json.dumps({"event_log": [{"imr": 4}]}).encode())
    assert "event 1: imr is not a number from 0 to 3" in jurat("show", only, status=1).err


@case
def the_acpi_table_of_an_event_log_is_named_and_not_taken_for_it(tmp):
    table = bytearray(b"CCEL" + struct.pack("<IBB6s8sI4sIBBHQQ", 56, 1, 0, b"x" * 6, b"y" * 8, 0, b"z" * 4, 0, 2, 0, 0, 65536, 0x7d649000))
    table[9] = -sum(table) & 0xff
    out = jurat("show", put(tmp / "x", table)).out
    assert "cc_type              TDX" in out and "65536" in out and "0x7d649000" in out and "tables/data/CCEL" in out, out
    table[40] ^= 1
    assert "the checksum is wrong" in jurat("show", put(tmp / "x", table), status=1).err


@case
def a_firmware_that_gave_no_report_is_quoted(tmp):
    for status, text in (0x16, " (invalid parameters)"), (0x27, " (invalid key selection)"), (0x30, ""):
        for content in struct.pack("<II24x", status, REPORT_BYTES) + b"\2" * REPORT_BYTES, struct.pack("<II24x", status, 0).ljust(4000, b"\0"):
            if status == 0x30 and len(content) == 4000:
                continue
            p = jurat(*VERIFY, put(tmp / "x", b64(content).encode()), status=3)
            assert f"MSG_REPORT_RSP with status {status:#x}{text}, without a report" in p.err and p.out == "", p.err


# Certificates and CRLs as they come: name, and how DER is written so. PEM is first made of it.
ENDORSEMENTS = [
    ("der", lambda der, kind: der), ("pem", lambda der, kind: pem(der, kind).encode()),
    ("pem-crlf", lambda der, kind: pem(der, kind).replace("\n", "\r\n").encode()),
    ("pem-bom", lambda der, kind: ("\ufeff" + pem(der, kind)).encode()), ("pem-nul", lambda der, kind: pem(der, kind).encode() + b"\0"),
    ("pem-no-newline", lambda der, kind: pem(der, kind).encode().rstrip()),
    ("pem-blank-lines", lambda der, kind: ("\n\n" + pem(der, kind) + "\n\n").encode()),
    ("pem-one-line", lambda der, kind: pem(der, kind).replace("\n", " ").encode()),
    ("pem-text", lambda der, kind: ("Subject: somebody\n# a comment\n" + pem(der, kind) + "the end\n").encode()),
    ("pem-escaped", lambda der, kind: pem(der, kind).replace("\n", "\\n").encode()),
    ("pem-escaped-crlf", lambda der, kind: pem(der, kind).replace("\n", "\\r\\n").encode()),
    ("pem-quoted", lambda der, kind: json.dumps(pem(der, kind)).encode()),
    ("pem-percent", lambda der, kind: urllib.parse.quote(pem(der, kind)).encode()),
    ("pem-percent-all", lambda der, kind: "".join(f"%{c:02X}" for c in pem(der, kind).encode()).encode()),
    ("pem-plus", lambda der, kind: urllib.parse.quote_plus(pem(der, kind)).encode()),
    ("pem-header", lambda der, kind: ("TCB-Info-Issuer-Chain: " + urllib.parse.quote(pem(der, kind)) + "\r\n").encode()),
    ("pem-header-plain", lambda der, kind: ("SGX-PCK-CRL-Issuer-Chain:" + pem(der, kind).replace("\n", "\\n")).encode()),
    ("pem-b64", lambda der, kind: b64(pem(der, kind).encode()).encode()), ("pem-hex", lambda der, kind: pem(der, kind).encode().hex().encode()),
    ("pem-utf-16le", lambda der, kind: utf16("utf-16le", pem(der, kind).replace("\n", "\r\n"))),
    ("pem-legacy", lambda der, kind: pem(der, LEGACY[kind][0]).encode()), ("pem-legacy2", lambda der, kind: pem(der, LEGACY[kind][-1]).encode()),
    *((name, lambda der, kind, name=name, make=make: encoded(name, make, der)) for name, _, make in ENCODINGS),
]
LEGACY = {"CERTIFICATE": ("X509 CERTIFICATE", "X.509 CERTIFICATE"), "X509 CRL": ("CRL",)}  # RFC 7468, 5.1 and 6


def forms(der, kind):
    return [(name, make(der, kind)) for name, make in ENDORSEMENTS]


@case
def every_encoding_of_a_certificate_goes_through_every_door(tmp):
    e = demo(tmp)
    split = tmp / "split"
    dirs = {k: tmp / k for k in ("certs", "roots", "crl")}
    for d in dirs.values():
        d.mkdir()
    crl = (e / "collateral/root_ca_crl.der").read_bytes()
    leaf, ask, ark = ((split / f"{k}.der").read_bytes() for k in ("vcek", "ask", "ark"))
    roots = put(tmp / "ark.der", ark)
    good = "--roots", roots, "--certs", split / "ask.der"
    for name, content in some(forms(leaf, "CERTIFICATE"), 0, 2):
        verdict(*good, "--certs", put(tmp / "leaf", content), e / "report.bin")
        put(dirs["certs"] / "vcek.pem", content)
        verdict(*good, "--certs", dirs["certs"], e / "report.bin")
        p = jurat(*VERIFY, *good, "--crl", tmp / "leaf", e / "report.bin", status=3)
        assert "expected a CRL, found: certificate" in p.err, (name, p.err)
    for name, content in some(forms(ark, "CERTIFICATE"), 1, 2):
        path = put(tmp / "root", content)
        put(dirs["roots"] / "root.txt", content)
        for root in path, dirs["roots"]:
            verdict("--roots", root, "--certs", split, e / "report.bin")
    for name, content in some(forms(crl, "X509 CRL"), 0, 2):
        path = put(tmp / "list", content)
        put(dirs["crl"] / "crl.pem", content)
        for option in "--crl", "--certs":  # another root's: it counts for nothing here, but must be read
            for where in path, dirs["crl"]:
                verdict("--roots", roots, "--certs", split, option, where, e / "report.bin")
        p = jurat(*VERIFY, "--roots", path, e / "report.bin", status=3)
        assert "no self-signed CA certificate" in p.err, (name, p.err)
    for name, content in some(forms(crl[:-1] + b"\0\0", "X509 CRL"), 1, 2):
        for option in "--crl", "--collateral":
            p = jurat(*VERIFY, "--roots", roots, option, put(tmp / "list", content), e / "report.bin", status=3)
            assert p.out == "", (name, option)


def bundle_of(e, crl=lambda b: b.hex()):
    c = e / "collateral"
    return {"pck_crl_issuer_chain": (c / "pck_crl_issuer_chain.pem").read_text(), "root_ca_crl": crl((c / "root_ca_crl.der").read_bytes()),
            "pck_crl": crl((c / "pck_crl.der").read_bytes()), "tcb_info_issuer_chain": (c / "tcb_info_issuer_chain.pem").read_text(),
            "tcb_info": (c / "tcb_info.json").read_text(), "qe_identity_issuer_chain": (c / "qe_identity_issuer_chain.pem").read_text(),
            "qe_identity": (c / "qe_identity.json").read_text()}


def camel(name):
    first, *rest = name.split("_")
    return first + "".join(w.capitalize() for w in rest)


def signed_alone(bundle):
    """The signed value and its signature as members of their own."""
    out = dict(bundle)
    for name, member in ("tcb_info", "tcbInfo"), ("qe_identity", "enclaveIdentity"):
        served = bundle[name]
        start = served.index(":") + 1
        value, _ = json.JSONDecoder().raw_decode(served[start:])
        end = json.JSONDecoder().raw_decode(served, start)[1]
        out[name], out[name + "_signature"] = served[start:end], json.loads(served)["signature"]
        assert member in json.loads(served) and value
    return out


@case
def collateral_is_read_in_every_form_of_a_bundle(tmp):
    e = demo(tmp)
    quote, base = (e / "quote.bin").read_bytes(), bundle_of(e)
    alone = signed_alone(base)
    objects = {k: json.loads(v) if k in ("tcb_info", "qe_identity") else v for k, v in base.items()}
    bundles = {
        "plain": base, "alone": alone, "camel": {camel(k): v for k, v in base.items()}, "camel-alone": {camel(k): v for k, v in alone.items()},
        "objects": objects, "camel-objects": {camel(k): v for k, v in objects.items()},
        "nul": {k: v + "\0" for k, v in base.items()}, "wrapped": {"quote": quote.hex(), "collateral": base},
        "wrapped-camel": {"quote": b64(quote), "collateral": {camel(k): v for k, v in base.items()}},
        "platforms": {"rootCa": pem((e / "roots/intel_root.der").read_bytes()), **{camel(k): v for k, v in base.items() if "tcb_info" not in k},
                      "platforms": [{"fmspc": "00", **{camel(k): v for k, v in base.items() if "tcb_info" in k}}]},
        "null-chain": {**base, "pck_certificate_chain": None}, "empty-chain": {**base, "pck_certificate_chain": ""},
    }
    for name, make in ENDORSEMENTS:
        if name == "der" or "utf-16" in name:  # no string of JSON
            continue
        bundles["crl-" + name] = bundle_of(e, crl=lambda b, make=make: make(b, "X509 CRL").decode())
        chain = (e / "collateral/tcb_info_issuer_chain.pem").read_text()
        if name.startswith("pem"):
            text = chain.replace("\n", "\r\n") if name == "pem-crlf" else urllib.parse.quote(chain) if "percent" in name else chain
            bundles["chain-" + name] = {**base, "tcb_info_issuer_chain": text}
    bundles["crl-integers"] = bundle_of(e, crl=list)
    for i, (name, bundle) in enumerate(bundles.items()):
        for text in some((json.dumps(bundle), json.dumps(bundle, indent=2, ensure_ascii=False)), i % 2, 2):
            d = verdict("--roots", e / "roots", "--collateral", put(tmp / "x", text.encode()), e / "quote.bin")
            assert d["verdict"] == "accepted", name
    for name, expected, change in [
            ("crl-is-cert", "expected a CRL, found: certificate", {"pck_crl": base["tcb_info_issuer_chain"]}),
            ("chain-is-crl", "expected certificates, found: revocation list", {"pck_crl_issuer_chain": base["pck_crl"]}),
            ("crl-is-text", "expected a CRL, found: text", {"root_ca_crl": "no such list"}),
            ("crl-is-empty", "expected a CRL, found: an empty file", {"root_ca_crl": ""}),
            ("crl-is-object", "expected a CRL, found an object", {"root_ca_crl": {}}), ("crl-has-256", "expected a CRL as", {"root_ca_crl": [256]}),
            ("document-is-array", "tcb_info: JSON: byte 0", {"tcb_info": [1]}), ("document-is-number", "expected an object, or a string", {"tcb_info": 1}), ("unread", "is not read", {"old_crl": "00"}),
            ("twice", "comes twice", None)]:
        text = json.dumps({**base, **change}) if change else json.dumps(base)[:-1] + ', "pckCrl": "00"}'
        p = jurat(*VERIFY, "--roots", e / "roots", "--collateral", put(tmp / "x", text.encode()), e / "quote.bin", status=None)
        assert p.returncode in (1, 3) and expected in p.err, (name, p.returncode, p.err)


@case
def a_signed_document_is_verified_over_the_bytes_that_were_signed(tmp):
    e = demo(tmp)
    path = e / "collateral/tcb_info.json"
    served = path.read_text()
    for name, text, status in [("as served", served, 0), ("newline", served + "\n", 0), ("bom", "\ufeff" + served, 0), ("nul", served + "\0", 0),
                               ("base64", b64(served.encode()), 0), ("quoted", json.dumps(served), 0),
                               ("pretty", json.dumps(json.loads(served), indent=1), 1),
                               ("spaced", json.dumps(json.loads(served)), 1)]:
        path.write_text(text)
        p = jurat(*VERIFY, "--roots", e / "roots", "--collateral", e / "collateral", e / "quote.bin", status=status)
        assert status == 0 or "tcb-info-signature" in p.out, (name, p.out)
    altered = bundle_of(e)
    altered["tcb_info"] = json.loads(served)
    altered["tcb_info"]["tcbInfo"]["tcbEvaluationDataNumber"] += 1
    p = jurat(*VERIFY, "--roots", e / "roots", "--collateral", put(tmp / "x", json.dumps(altered).encode()), e / "quote.bin", status=1)
    assert "tcb-info-signature" in p.out, p.out


def made():
    for folder in evidence.folders():
        if folder.name == "made":
            return folder
    raise Skip("no made evidence beside the project")


@case
def made_carriers_are_answered_as_their_table_says(tmp):
    folder, n = made(), 0
    for row in folder.rows("CASES.tsv"):
        path, answer = folder.files / row["input"], row["right_answer"]
        if row["run"] == "text":
            n += 1
            p, shown = jurat("verify", "--at", AT, path, status=None), jurat("show", path, status=None)
            if answer == "named":
                assert p.returncode == shown.returncode == 3 and "TDREPORT" in p.err and "TDREPORT" in shown.err, (path, p.err)
            elif "report" in row["detail"] or "RSP" in row["detail"] or "quote" in row["detail"] or "report" in path.name:
                assert "\ndecoded  " in p.out and p.returncode in (0, 1), (path, p.out)
                assert shown.returncode == 0 and "decoded  " in shown.out, (path, shown.out)
                assert ("TD quote" if "quote" in row["detail"] else "SEV-SNP") in shown.out, shown.out
            else:
                assert "mixed-endian" in shown.out and "mixed-endian" in p.err, (path, p.err)
        elif row["run"] == "coll":
            n += 1
            for item in sorted(path.iterdir()) if path.name == "one" else [path]:
                p = jurat("verify", "--at", AT, "--roots", folder.files / "demo/roots/intel_root.der", "--collateral", item,
                          folder.files / "demo/quote.bin", status=0 if answer == "read" else 1)
                assert answer == "read" or row["detail"].split()[-1] in p.out, (item, p.out)
        elif row["run"] == "certs":
            n += 1
            also = ["--certs", folder.files / "snp/milan-v3/vcek.pem"] if "vcek" in row["detail"] else []
            jurat("verify", "--at", AT, "--roots", folder.files / "snp/milan-v3/ark.pem", "--certs", path, *also,
                  folder.files / "snp/milan-v3/report.bin")
    assert n > 20, n


# Real files that are containers or stand beside evidence, by what they are: what is found in them, or what they are named.
GIVEN = {
    "other": {"tdx-lite-getquote.json": "from JSON, member 'quote', hex", "sev-snp-attestation.json": "dstack attestation (SCALE)",
              "collateral.json": "collateral", "suffix.bin": "unrecognized data", "_out.json": "JSON", "tdx_quote.bin": "TD quote",
              "azure_hcl_report_redacted.bin": "report_data is the SHA-256", "ark.pem": "certificate"},
    "collateral-bundle": {".json": "collateral", ".yaml": "YAML"}, "ccel": {"ccel_table": "ACPI table CCEL", "": "TCG event log"},
    "amd-cert-sevformat": {"": "in the form of SEV"}, "az-hcl-report": {"": "TDREPORT"}, "snp-cert-table": {"": "certificate table"},
    "quote-file-padded": {"": "TD quote"},
}


@case
def real_files_that_carry_something_are_answered_for_what_they_are(tmp):
    n = 0
    for folder in evidence.folders():
        for row in folder.rows("MANIFEST.tsv") if folder.is_real else []:
            for part, said in GIVEN.get(row["cls"], {}).items():
                if part not in row["file"]:
                    continue
                path = folder.files / row["file"]
                p, shown = jurat("verify", path, status=None), jurat("show", path, status=None)
                where = p.out + p.err + shown.out + shown.err
                assert said in where, (path, where[:600])
                assert p.returncode in (1, 3) and (p.returncode == 3) == (p.out == ""), (path, p.out[:100])
                n += 1
                break
            else:
                assert row["cls"] != "other", row["file"]
    if n == 0:
        raise Skip("needs real evidence")


sys.exit(main("jurat-carriers-"))
