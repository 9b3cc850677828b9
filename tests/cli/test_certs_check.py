#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`jurat certs check`: whether a table fits a platform or a report, in words. Prints TAP; test_certs_check.py JURAT"""
import json
import os
import pathlib
import struct
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from tap import Skip, case, main  # noqa: E402

JURAT = os.path.abspath(sys.argv[1])
GUIDS = {"vcek": "63da758de6644564adc5f4b93be8accd", "vlek": "a8074bc2a25a483eaae639c045a0b8a1",
         "ask": "4ab7b379bbac4fe4a02f05aef327c782", "ark": "c0b406a4a803495297433fb6014cd0ae",
         "crl": "92f81bc358114d3d97ffd19f88dc67ea"}
AT = "2026-06-01T00:00:00Z"


def jurat(*args, status=0, **how):
    p = subprocess.run([JURAT, *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, check=False, text=True, **how)
    assert status in (None, p.returncode), f"{args}: status {p.returncode}, not {status}: {p.stdout[:300]}{p.stderr[:600]}"
    return p


def table(*entries):
    """A certificate table of (kind, bytes)."""
    at, header, body = 24 * (len(entries) + 1), b"", b""
    for kind, data in entries:
        header += bytes.fromhex(GUIDS[kind]) + struct.pack("<II", at + len(body), len(data))
        body += data
    return header + bytes(24) + body


class Host:
    """What a software platform has: roots, certificates by kind, chip_id, the TCB that it reports."""

    def __init__(self, tmp, name, *options):
        self.dir = tmp / name
        jurat("demo", "--tee", "sev-snp", "--at", AT, "--dir", self.dir, *options)
        report = (self.dir / "report.bin").read_bytes()
        self.turin = "turin" in options
        self.chip_id = report[0x1a0:0x1a8 if self.turin else 0x1e0].hex()
        self.tcb = int.from_bytes(report[0x180:0x188], "little")
        jurat("certs", "split", self.dir / "certs.bin", tmp / (name + "-files"))
        self.certs = {p.stem.replace("asvk", "ask"): p.read_bytes() for p in (tmp / (name + "-files")).iterdir()}
        self.leaf = "vlek" if "vlek" in self.certs else "vcek"

    def entries(self, **changed):
        return [(kind, (self.certs | changed)[kind]) for kind in (self.leaf, "ask", "ark")]

    def args(self, tcb=None, chip_id=None):
        return "--chip-id", chip_id or self.chip_id, "--tcb", f"{self.tcb if tcb is None else tcb:016x}"


def check(tmp, content, *options, roots, at=AT):
    """The JSON of a check; the same as text must have every code, detail and advice."""
    blob = tmp / "served" / "blob"
    blob.parent.mkdir(mode=0o700, exist_ok=True)
    blob.write_bytes(content)
    blob.chmod(0o600)
    args = ("certs", "check", "--at", at, "--roots", roots, *options, blob)
    text, found = jurat(*args, status=None), jurat(*args, "--output", "json", status=None)
    assert text.returncode == found.returncode, (text, found)
    d = json.loads(found.stdout)
    assert d["ok"] == (found.returncode == 0) and found.returncode in (0, 1), found
    for row in d["reasons"]:
        assert f"{row['code']}: {row['detail']}" in text.stderr and (row["advice"] or "") in text.stderr, (row, text.stderr)
    for row in d["warnings"]:
        assert f"warning: check: '{blob}': {row['code']}: {row['detail']}" in text.stderr, (row, text.stderr)
    assert ("these certificates verify" in text.stdout) == (d["ok"] and d["against"] is not None), text.stdout
    return d


def codes(d, part="reasons"):
    return [row["code"] for row in d[part]]


@case
def what_a_platform_serves_fits_it_for_every_product_and_key(tmp):
    for product in "milan", "genoa", "turin":
        for key in "vcek", "vlek":
            h = Host(tmp, product + key, "--product", product, "--sign-with", key)
            for options in h.args(), (*h.args(), "--product", product), (*h.args(), "--sign-with", key), ("--report", h.dir / "report.bin"):
                d = check(tmp, table(*h.entries()), *options, roots=h.dir / "roots")
                assert d["ok"] and d["warnings"] == [] and d["signer"]["key"] == d["certificate"]["key"] == key, d
                assert d["signer"]["product"].lower() == product and d["signer"]["tcb"] == d["certificate"]["tcb"], d
                assert d["certificate"]["chip_id"] == (h.chip_id if key == "vcek" else None), d
                assert d["certificate"]["not_after"] > AT, d


def raised(h, component, by):
    """The TCB with one component more (or less)."""
    shift = {"microcode": 56, "snp": 24 if h.turin else 48, "boot_loader": 8 if h.turin else 0}[component]
    return h.tcb + (by << shift)


@case
def each_way_not_to_fit_is_named_with_the_change_that_it_points_to(tmp):
    h, g = Host(tmp, "milan"), Host(tmp, "genoa", "--product", "genoa")
    v, other = Host(tmp, "vlek", "--sign-with", "vlek"), Host(tmp, "other", "--seed", "another host")
    t = Host(tmp, "turin", "--product", "turin")
    of = table(*h.entries())
    rows = [
        # what, the table, options, the code, words of its advice
        ("raised", h, of, h.args(raised(h, "microcode", 2)), "leaf-tcb-mismatch",
         "VCEK is for microcode 219, the platform reports microcode 221: the TCB was raised (SNP_COMMIT, SNP_SET_CONFIG or new firmware) "
         "without a refresh; run jurat host refresh"),
        ("lowered", h, of, h.args(raised(h, "snp", -1)), "leaf-tcb-mismatch",
         "VCEK is for snp 24, the platform reports snp 23: the reported TCB was lowered"),
        ("both", h, of, h.args(raised(h, "snp", -1) + (1 << 56)), "leaf-tcb-mismatch",
         "VCEK is for snp 24, microcode 219, the platform reports snp 23, microcode 220: the certificates are for another TCB"),
        ("of Turin", t, table(*t.entries()), t.args(raised(t, "microcode", 1)), "leaf-tcb-mismatch", "the TCB was raised"),
        ("chip", h, of, h.args(chip_id="12" * 64), "leaf-chip-mismatch",
         f"VCEK is for chip {h.chip_id[:16]}..., the platform has chip_id 1212121212121212...: the table is from another host"),
        ("product", h, of, (*h.args(), "--product", "genoa"), "leaf-issuer", "VCEK is for Milan, the product of the platform is Genoa"),
        ("vlek now", h, of, (*h.args(), "--sign-with", "vlek"), "leaf-missing",
         "the table has a VCEK, but the platform uses a VLEK: a VLEK was loaded (SNP_VLEK_LOAD) without a refresh; "
         "run jurat host refresh --vlek FILE"),
        ("vlek gone", v, table(*v.entries()), (*v.args(), "--sign-with", "vcek"), "leaf-missing",
         "the table has a VLEK, but the platform uses a VCEK: the VLEK was lost"),
        ("vlek stale", v, table(*v.entries()), v.args(raised(v, "microcode", 1)), "leaf-tcb-mismatch",
         "VLEK is for microcode 219, the platform reports microcode 220"),
        ("no leaf", h, table(*h.entries()[1:]), (*h.args(), "--product", "milan"), "leaf-missing", "run jurat host refresh"),
        ("no ask", h, table(h.entries()[0], h.entries()[2]), h.args(), "intermediate-missing", "without a network"),
        ("no ark", h, table(*h.entries()[:2]), h.args(), "root-missing", "without a network"),
        ("asvk for ask", h, table(*h.entries(ask=v.certs["ask"])), h.args(), "intermediate-name", "the ASK entry must have the ASK"),
        ("ask of another product", h, table(*h.entries(ask=g.certs["ask"])), h.args(), "intermediate-name", "of the same product"),
        ("other roots", h, of, h.args(), "intermediate-signature", "from a software platform"),
        ("tcb of another layout", h, of, h.args(tcb=0xdb00000004180000 | 0xff00), "tcb-malformed", ""),
        ("report of another time", h, of, ("--report", other.dir / "report.bin"), "leaf-chip-mismatch", "the report has chip_id"),
    ]
    for what, host, content, options, code, advice in rows:
        roots = other.dir / "roots" if what in ("other roots", "report of another time") else host.dir / "roots"
        d = check(tmp, content, *options, roots=roots)
        assert not d["ok"] and code in codes(d), (what, d)
        row = next(r for r in d["reasons"] if r["code"] == code)
        assert advice in (row["advice"] or ""), (what, row)
        assert (row["advice"] is None) == (advice == ""), (what, row)


@case
def certificates_out_of_date_do_not_fit(tmp):
    h = Host(tmp, "milan")
    for at, code, advice in ("2040-01-01T00:00:00Z", "leaf-expired", "run jurat host refresh"), \
                            ("2020-01-01T00:00:00Z", "leaf-not-yet-valid", "clock"):
        d = check(tmp, table(*h.entries()), *h.args(), roots=h.dir / "roots", at=at)
        assert code in codes(d) and advice in d["reasons"][codes(d).index(code)]["advice"], d


@case
def a_table_of_the_wrong_shape_is_refused_before_it_is_compared(tmp):
    h, v = Host(tmp, "milan"), Host(tmp, "vlek", "--sign-with", "vlek")
    e = h.entries()
    swapped = [e[0], ("ask", e[2][1]), ("ark", e[1][1])]
    for content, code, word in [
            (table(e[0], e[0], *e[1:]), "table-malformed", "vcek"),  # twice
            (table(*e)[:-1], "table-malformed", ""),
            (table(*swapped), "entry-mixed-up", "the ask entry has the certificate of 'ARK-Milan'"),
            (table(("vcek", v.certs["vlek"]), *e[1:]), "entry-mixed-up", "the vcek entry has the certificate of 'SEV-VLEK'"),
            (table(("vcek", b"PEM?"), *e[1:]), "entry-malformed", "vcek"), (b"", "no-entries", ""),
            (table(*e, ("crl", bytes(0x4000))), "table-too-large", "at most 16384")]:
        d = check(tmp, content, *h.args(), roots=h.dir / "roots")
        assert code in codes(d) and word in d["reasons"][codes(d).index(code)]["detail"], (code, d)


@case
def what_only_some_clients_stumble_on_is_a_warning(tmp):
    h, v = Host(tmp, "milan"), Host(tmp, "vlek", "--sign-with", "vlek")
    e, f = h.entries(), v.entries()
    for host, content, code in [(h, table(*e) + b"old", "trailing-bytes"), (h, table(*e) + bytes(4096), None), (h, table(*e[::-1]), None),
                                (v, table(*f[::-1]), "entry-order"), (h, table(*e, ("vlek", v.certs["vlek"])), "two-leaves")]:
        d = check(tmp, content, *host.args(), "--sign-with", host.leaf, roots=host.dir / "roots")
        assert d["ok"] and codes(d, "warnings") == ([code] if code else []), (code, d)


@case
def who_could_stop_updates_or_write_the_table_is_a_warning_for_a_platforms_blob(tmp):
    h = Host(tmp, "milan")
    d = tmp / "d"
    d.mkdir()
    (d / "blob").write_bytes(table(*h.entries()))
    for of_dir, of_blob, n, word in [(0o755, 0o640, 0, ""), (0o700, 0o644, 0, ""), (0o755, 0o644, 1, "everyone can read it"),
                                     (0o755, 0o660, 1, "only its owner"), (0o775, 0o640, 1, "directory")]:
        d.chmod(of_dir)
        (d / "blob").chmod(of_blob)
        for options in h.args(), ():
            found = json.loads(jurat("certs", "check", "--output", "json", "--at", AT, "--roots", h.dir / "roots", *options, d / "blob").stdout)
            assert codes(found, "warnings") == ["permissions"] * (n if options else 0), (oct(of_dir), oct(of_blob), found)
            assert word in str(found["warnings"]) or not options, found


@case
def a_status_names_the_platform_too(tmp):
    h = Host(tmp, "milan")
    status = {"product": "Milan", "chip_id": h.chip_id, "reported_tcb": f"0x{h.tcb:016x}",
              "signs_with": "VCEK for reported TCB"}
    rows = [({}, []), ({"chip_id": "00" * 63 + "01"}, ["leaf-chip-mismatch"]), ({"signs_with": "VLEK for reported TCB"}, ["leaf-missing"]),
            ({"signs_with": "VCEK for reported TCB 0x0, MASK_CHIP_KEY"}, ["report-unsigned"]), ({"product": "Genoa"}, ["leaf-issuer"])]
    for changed, wanted in rows:
        (tmp / "status.json").write_text(json.dumps(status | changed))
        d = check(tmp, table(*h.entries()), "--host-status", tmp / "status.json", roots=h.dir / "roots")
        assert all(c in codes(d) for c in wanted) and d["ok"] == (not wanted), (changed, d)
    for bad in "", "{}", "[]", json.dumps(status | {"chip_id": "12"}), json.dumps(status | {"reported_tcb": "12"}), \
            json.dumps(status | {"reported_tcb": f"{status['reported_tcb']} (boot_loader 4)"}), json.dumps(status | {"product": None}):
        (tmp / "status.json").write_text(bad)
        p = jurat("certs", "check", "--host-status", tmp / "status.json", h.dir / "certs.bin", status=3)
        assert "jurat host status" in p.stderr and p.stdout == "", p


@case
def mistakes_in_the_command_line_are_named(tmp):
    h = Host(tmp, "milan")
    blob = h.dir / "certs.bin"
    for options, word in [(("--chip-id", h.chip_id), "together"), (("--tcb", "0" * 16), "together"), ((*h.args(), "--device", "/dev/sev"), "one of"),
                          (("--report", h.dir, *h.args()), "one of"), (h.args(chip_id="12"), "128 hex digits"),
                          (("--chip-id", h.chip_id, "--tcb", "12"), "16 hex digits"), (("--sign-with", "vcek"), "can only be used with"),
                          (("--product", "milan"), "can only be used with"), (("--chip-id", "12" * 8, "--tcb", "0" * 16, "--product", "milan"), "Turin")]:
        p = jurat("certs", "check", *options, blob, status=2)
        assert word in p.stderr and p.stdout == "", (options, p)
    p = jurat("certs", "check", "--device", tmp / "absent", blob, status=3)
    assert "absent" in p.stderr and p.stdout == "", p


@case
def a_device_is_asked_for_what_it_signs_with(tmp):
    script = """
check() { "$JURAT" certs check --device /dev/sev --output json --roots "$JURAT_ROOTS" "$1" 2>/dev/null; }
cp "$JURAT_CERTS" before; check "$JURAT_CERTS" >fits; echo $? >>status
"$JURAT" host status --output json --roots "$JURAT_ROOTS" >status.json
"$JURAT" certs check --host-status status.json --roots "$JURAT_ROOTS" "$JURAT_CERTS"; echo $? >>status
"$PYTHON" -c '
import fcntl, struct, sys, ctypes
config = ctypes.create_string_buffer(struct.pack("<Q56x", 0xda18000000000004), 64)
command = struct.pack("<IQI", 11, ctypes.addressof(config), 0)
fcntl.ioctl(open("/dev/sev", "r+b", 0), 0xc0105300, command)'
"$JURAT" certs check --host-status status.json --roots "$JURAT_ROOTS" "$JURAT_CERTS"; echo $? >>status
check before >old; echo $? >>status; check "$JURAT_CERTS" >new; echo $? >>status
"""
    p = jurat("run", "--host", "--", "sh", "-c", script, cwd=tmp, status=None, env=os.environ | {"JURAT": JURAT, "PYTHON": sys.executable})
    if p.returncode == 3:
        raise Skip(p.stderr.strip())
    assert (tmp / "status").read_text().split() == ["0", "0", "1", "1", "0"], (p, (tmp / "status").read_text())
    fits, old, new = (json.loads((tmp / name).read_text()) for name in ("fits", "old", "new"))
    assert fits["ok"] and new["ok"] and fits["signer"]["tcb"]["microcode"] == 219 and new["signer"]["tcb"]["microcode"] == 218, (fits, new)
    assert codes(old) == ["leaf-tcb-mismatch"], old
    assert "the platform reports microcode 218: the reported TCB was lowered (SNP_SET_CONFIG" in old["reasons"][0]["advice"], old


main()
