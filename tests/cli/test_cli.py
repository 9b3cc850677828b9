#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The command line as its users meet it: verbs, options, exit statuses, files. Prints TAP; test_cli.py JURAT"""
import json
import os
import pathlib
import shutil
import socket
import stat
import struct
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
import evidence  # noqa: E402
from tap import Skip, case, main  # noqa: E402

JURAT = os.path.abspath(sys.argv[1])


def jurat(*args, status=0, program=JURAT, **how):
    how = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "timeout": 60} | how
    p = subprocess.run([program, *map(str, args)], **how)
    p.out = (p.stdout or b"").decode(errors="replace")
    p.err = p.stderr.decode(errors="replace")
    assert p.returncode == status, f"{args}: status {p.returncode}, not {status}: {p.out[:200]}{p.err[:400]}"
    return p


def demo(tmp, name="evidence", *options):
    directory = tmp / name
    jurat("demo", "--tee", "sev-snp", "--dir", directory, *options)
    return directory


@case
def usage_errors_exit_with_2_and_say_why(tmp):
    for args, word in [((), "Usage"), (("frobnicate",), "unknown verb"), (("verify",), "EVIDENCE"),
                       (("show",), "FILE"), (("show", "a", "b"), "unexpected argument 'b'"),
                       (("verify", "--nonsense", "x"), "unknown option"), (("verify", "x", "--at"), "expected RFC3339"),
                       (("demo", "--product", "rome"), "expected one of"), (("demo", "--seed", "a", "--seed", "b"), "more than once"),
                       (("verify", "--list-reasons=1"), "takes no value"), (("show", "-x", "f"), "unknown option"),
                       (("certs", "frob", "a"), "build DIR BLOB"),
                       (("key", "--fields", "policy,nonsense"), "unknown field 'nonsense'"),
                       (("key", "--fields", "launch_mit_vector"), "unknown field"), (("key", "--tcb", "12"), "16 hex digits"),
                       (("attest", "--report-data", "0x" + "00" * 65), "at most 64"),
                       (("run", "--qgs", "vsock:0", "--", "true"), "--qgs: expected unix:PATH or vsock:PORT"),
                       (("run", "--qgs", "vsock:65536", "--", "true"), "--qgs: expected unix:PATH or vsock:PORT"),
                       (("run", "--tee", "sev-snp", "--qgs", "vsock:4050", "--", "true"), "--qgs needs a TDX guest (--tee tdx)"),
                       (("run", "--tee", "tdx", "--host", "--qgs", "unix:q", "--", "true"), "--qgs cannot be used with --host: there is no guest"),
                       (("device", "--qgs", "unix:/tmp/none"), "unknown option")]:
        p = jurat(*args, status=2)
        assert word in p.err, (args, p.err)
        assert p.out == "", args


@case
def every_verb_has_help_that_names_its_options(tmp):
    verbs = [line.split()[0] for line in jurat("--help").out.splitlines() if line.startswith("  ")]
    assert {"attest", "certs", "demo", "key", "show", "verify"} <= set(verbs), verbs
    for verb in verbs:
        text, scdoc = jurat(verb, "--help").out, jurat("help", "--format", "scdoc", verb).out
        assert text.startswith(f"Usage: jurat {verb}"), text
        listed = [line.split()[0] for line in text.splitlines() if line.startswith("  --")]
        assert max(map(len, text.splitlines())) <= 80, text
        assert listed == [w.strip("*") for w in scdoc.split() if w.startswith("*--")], verb


@case
def help_of_a_command_has_the_options_of_that_command_alone(tmp):
    def options(text):
        return {line.split()[0] for line in text.splitlines() if line.startswith("  --")}

    whole = jurat("measure", "--help").out
    snp, tdx = jurat("measure", "snp", "--help").out, jurat("measure", "tdx", "--help").out
    assert "`jurat measure COMMAND --help` lists the options of one command." in whole.splitlines(), whole
    assert options(snp) | options(tdx) == options(whole) and "--firmware" in options(snp) & options(tdx)
    assert "--vcpus" in options(snp) - options(tdx) and "--memory" in options(tdx) - options(snp)
    assert "  snp: " in whole and "snp: " not in snp and "COMMAND" not in snp and jurat("help", "measure", "snp").out == snp
    assert snp.startswith("Usage: jurat measure [OPTION]... snp\n"), snp
    assert jurat("certs", "check", "--help").out.startswith("Usage: jurat certs [OPTION]... check BLOB\n")
    assert jurat("measure", "sev", "--help").out == whole  # no command: all of them
    scdoc = jurat("help", "--format", "scdoc", "measure").out
    assert "*--vcpus* _N_\n\t*snp*: number of vCPUs (default 1).\n" in scdoc and "*--policy-out* _FILE_\n\tWrite a policy" in scdoc, scdoc


@case
def the_demo_is_accepted_for_every_product_version_key_and_scheme(tmp):
    for product in "milan", "genoa", "turin":
        for version in "2", "3", "4", "5":
            for key in "vcek", "vlek":
                p = jurat("demo", "--tee", "sev-snp", "--product", product, "--report-version", version, "--sign-with", key, "--dir",
                          tmp / f"{product}{version}{key}")
                assert "\naccepted\n" in p.out, p.out
    for sync in "upstream", "v15", "v15-fixed", "v14", "none":
        assert "\naccepted\n" in jurat("demo", "--tee", "sev-snp", "--sync", sync, "--dir", tmp / sync).out
    for release in "6.12", "7.3":
        assert jurat("demo", "--linux", release, "--dir", tmp / release).out.count("\naccepted\n") == 2
    assert "6.12" in jurat("demo", "--linux", "6.13", status=2).err


@case
def every_scheme_serves_programs_and_v15_as_posted_keeps_the_page_of_a_failed_request(tmp):
    why = subprocess.run([JURAT, "run", "--", "true"], capture_output=True, timeout=60)
    if why.returncode == 3:
        raise Skip(why.stderr.decode().strip())
    for sync in "upstream", "v15", "v15-fixed", "v14", "none":
        attest = JURAT, "attest", "--via", "ioctl", "--extended", "--certs-out", tmp / "certs", "--out", tmp / "report"
        jurat("run", "--sync", sync, "--", *attest)
        assert (tmp / "certs").stat().st_size > 4096
        jurat("run", "--sync", sync, "--fault", "fw-error:0x16", "--trace", tmp / "steps.txt", "--", *attest, status=3)
        steps = (tmp / "steps.txt").read_text()
        assert "INVALID_PARAM" in steps and ("the response page stays with the firmware" in steps) == (sync == "v15"), (sync, steps)


@case
def the_demo_tells_its_steps_in_order_as_json_too(tmp):
    d = json.loads(jurat("demo", "--output", "json", "--dir", tmp / "e").out)
    for tee, words in {"sev-snp": ["SNP_GET_EXT_REPORT", "VMGEXIT", "KVM_EXIT_SNP_REQ_CERTS", "shared lock",
                                   "SNP_GUEST_REQUEST", "EINTR", "unlock", "decrypts it"],
                       "tdx": ["inblob", "outblob", "TDG.MR.REPORT", "GetQuote", "KVM_EXIT_TDX", "signs a quote",
                               "out_len, then status 0x0"]}.items():
        assert d[tee]["verdict"]["verdict"] == "accepted"
        steps = " ".join(f"{s['step']}: {s['result']}" for s in d[tee]["steps"])
        order = [steps.index(w) for w in words]
        assert order == sorted(order), steps


@case
def the_same_seed_gives_the_same_roots_and_another_seed_others(tmp):
    a, b = demo(tmp, "a"), demo(tmp, "b")
    assert (a / "roots/ark.der").read_bytes() == (b / "roots/ark.der").read_bytes()
    c = demo(tmp, "c", "--seed", "another world")
    assert (a / "roots/ark.der").read_bytes() != (c / "roots/ark.der").read_bytes()
    jurat("verify", "--roots", c / "roots", c)
    jurat("verify", "--roots", a / "roots", c, status=1)


@case
def test_roots_count_only_when_named(tmp):  # B41: the exit status is the verdict's
    e = demo(tmp)
    p = jurat("verify", e, status=1)
    assert p.out.startswith("refused"), p.out
    assert "root" in p.out, p.out
    p = jurat("verify", "--roots", e / "roots", e)
    assert p.out.startswith("accepted") and "SUPPLIED ROOTS" in p.out, p.out
    d = json.loads(jurat("verify", "--roots", e / "roots/ark.der", "--output", "json", e).out)
    assert (d["verdict"], d["roots"], d["tee"], d["reasons"]) == ("accepted", "given", "sev-snp", [])


@case
def evidence_comes_as_directory_extended_report_or_with_separate_certificates(tmp):
    e = demo(tmp)
    roots = ("--roots", e / "roots")
    extended = (e / "report.bin").read_bytes() + (e / "certs.bin").read_bytes()
    (tmp / "extended.bin").write_bytes(extended)
    jurat("verify", *roots, tmp / "extended.bin")
    jurat("verify", *roots, "-", input=extended)
    jurat("verify", *roots, e / "report.bin", status=1)
    jurat("verify", *roots, "--certs", e / "certs.bin", e / "report.bin")
    jurat("certs", "split", e / "certs.bin", tmp / "split")
    jurat("verify", *roots, "--certs", tmp / "split", e / "report.bin")
    jurat("verify", *roots, *[w for f in sorted((tmp / "split").iterdir()) for w in ("--certs", f)], e / "report.bin")


@case
def what_the_demo_says_to_try_works_when_pasted_anywhere(tmp):
    def lines(program, **how):
        out = subprocess.run([program, "demo", "--dir", "it's in here"], cwd=tmp, stdout=subprocess.PIPE, text=True, check=True, **how).stdout
        found = [line.removeprefix("Try: ") for line in out.splitlines() if line.startswith("Try: ")]
        assert len(found) == 2, out
        return found

    path = os.environ | {"PATH": f"{os.path.dirname(JURAT)}:{os.environ['PATH']}"}
    relative = os.path.relpath(JURAT, tmp)
    for line in lines(relative):
        assert subprocess.run(["sh", "-c", line], cwd="/", stdout=subprocess.PIPE, text=True).stdout.startswith("accepted"), line
    for line in lines("jurat", env=path):
        assert line.startswith("jurat verify "), line
        assert subprocess.run(["sh", "-c", line], cwd="/", env=path, stdout=subprocess.PIPE, text=True).stdout.startswith("accepted"), line


@case
def a_policy_is_judged_and_its_mistakes_are_errors(tmp):
    e = demo(tmp)
    report = (e / "report.bin").read_bytes()
    data, measurement = report[0x50:0x90].hex(), report[0x90:0xc0].hex()
    ok = ("verify", "--roots", e / "roots")
    jurat(*ok, "--report-data", data, "--measurement", measurement, e)
    (tmp / "nonce").write_bytes(report[0x50:0x90])
    jurat(*ok, "--report-data", f"@{tmp / 'nonce'}", e)
    assert "report-data" in jurat(*ok, "--report-data", "00" * 64, e, status=1).out
    assert "measurement" in jurat(*ok, "--measurement", "00" * 48, e, status=1).out
    (tmp / "policy.json").write_text(json.dumps({"report_data": data}))
    jurat(*ok, "--policy", tmp / "policy.json", e)
    for text in ["{", "[]", '{"nonsense": 1}', '{"report_data": "0"}', '{"report_data": "00", "report_data": "00"}']:
        (tmp / "bad.json").write_text(text)
        p = jurat(*ok, "--policy", tmp / "bad.json", e, status=3)
        assert "bad.json" in p.err and p.out == "", p.err
    jurat(*ok, "--require", "nonsense=1", e, status=2)
    jurat(*ok, "--require", "nonsense", e, status=2)
    jurat(*ok, "--policy", tmp / "absent.json", e, status=3)
    jurat(*ok, "--policy", tmp, e, status=3)
    jurat(*ok, "--report-data", f"@{tmp / 'absent'}", e, status=3)


@case
def options_about_one_tee_refuse_evidence_of_the_other(tmp):
    e = tmp / "evidence"
    jurat("demo", "--dir", e)
    report, quote = (e / "report.bin").read_bytes(), (e / "quote.bin").read_bytes()
    ok = ("verify", "--roots", e / "roots", "--certs", e / "certs.bin", "--collateral", e / "collateral")
    data, digest, mrtd = report[0x50:0x90].hex(), report[0x90:0xc0].hex(), quote[48 + 136:48 + 184].hex()
    for name, options, report_is, quote_is in [
            ("measurement", ("--measurement", digest), 0, int(digest != mrtd)), ("measurement", ("--measurement", "11" * 48), 1, 1),
            ("report-data", ("--report-data", data), 0, 1),
            ("mrtd", ("--require", f"mrtd={mrtd}"), 1, 0), ("host_data", ("--require", "host_data=" + "00" * 32), 0, 1),
            ("minimum_tcb", ("--require", 'minimum_tcb={"snp": 1}'), 0, 1),
            ("csp_id", ("--require", "csp_id=CN=x"), 1, 1),
            ("tees", ("--require", f"mrtd={mrtd}", "--require", 'tees=["sev-snp", "tdx"]'), 0, 0),
            ("allow-no-collateral", ("--allow-no-collateral",), 0, 0)]:
        assert name in jurat(*ok, *options, e / "report.bin", status=report_is).out or not report_is, name
        assert name in jurat(*ok, *options, e / "quote.bin", status=quote_is).out or not quote_is, name
        assert jurat(*ok, *options, e, status=max(report_is, quote_is)), name


@case
def times_are_read_strictly_and_count(tmp):
    e = demo(tmp)
    ok = ("verify", "--roots", e / "roots", e, "--at")
    for at in "2030-01-01", "2030-01-01T00:00:00Z", "2030-01-01T01:02:03.5+02:00", "2030-01-01t00:00:00z":
        jurat(*ok, at)
    for at in "2020-01-01T00:00:00Z", "2060-01-01T00:00:00Z":
        jurat(*ok, at, status=1)
    for at in "now", "2030", "2030-13-01", "2030-01-01T00:00:00", "2030-01-01T00:00:00+2", "2030-01-01T00:00:00Zx", "", \
            "2024-02-30", "2026-02-29", "2100-02-29", "2026-04-31", "2026-01-00", "2026-01-32", "2030-01-01T23:59:60Z", \
            "2030-01-01T24:00:00Z", "0000-01-01", "0001-01-01", "1969-12-31", "10000-01-01", "1970-01-01T00:00:00+00:01":
        assert "--at" in jurat(*ok, at, status=2).err, at
        jurat("certs", "check", "--report", e, "--at", at, e / "certs.bin", status=2)


@case
def broken_files_are_refused_and_absent_ones_are_another_matter(tmp):
    e = demo(tmp)
    report, certs = (e / "report.bin").read_bytes(), (e / "certs.bin").read_bytes()
    for name, content in [("short", report[:1183]), ("cut", report + certs[:-1]), ("tail", report + b"x"),
                          ("version", b"\x09" + report[1:])]:
        (tmp / name).write_bytes(content)
        p = jurat("verify", "--roots", e / "roots", tmp / name, status=1)
        assert p.out.startswith("refused"), (name, p.out)
        assert jurat("show", tmp / name, status=1).err, name
    jurat("verify", tmp / "absent", status=3)
    jurat("show", tmp / "absent", status=3)
    jurat("verify", "--certs", tmp / "absent", e, status=3)


@case
def what_is_no_evidence_gets_no_verdict(tmp):
    e = tmp / "evidence"
    jurat("demo", "--dir", e)
    for name, content in [("empty", b""), ("noise", bytes(range(256)) * 8), ("text", b"hello\n"), ("stub", b"\2\0\0\0")]:
        (tmp / name).write_bytes(content)
    shutil.copytree(e, tmp / "swapped")
    shutil.copyfile(e / "report.bin", tmp / "swapped/quote.bin")
    for path, found in [(tmp / "empty", "an empty file"), (tmp / "noise", "unrecognized data"),
                        (tmp / "text", "text"), (tmp / "stub", "unrecognized data"),
                        (e / "certs.bin", "certificate table"), (e / "roots/ark.der", "certificate"),
                        (e / "collateral/pck_crl.der", "revocation list"), (e / "collateral/tcb_info.json", "TCB info"),
                        (e / "collateral/tcb_info_issuer_chain.pem", "certificate"), (tmp / "swapped", "SEV-SNP report")]:
        p = jurat("verify", "--output", "json", "--roots", e / "roots", path, status=3)
        assert p.err.endswith(f"found: {found}\n") and p.out == "", (path, p.err, p.out)
    for path, found in [(e / "report.bin", "SEV-SNP report"), (e / "quote.bin", "quote"), (e / "roots/ark.der", "certificate")]:
        for argv in ("check", path), ("split", path, tmp / "s"):
            assert f"found: {found}\n" in jurat("certs", *argv, status=3).err, argv
    jurat("certs", "split", e / "certs.bin", tmp / "files")
    shutil.copyfile(e / "collateral/pck_crl.der", tmp / "files/ask.der")
    assert "expected a certificate, found: revocation list" in jurat("certs", "build", tmp / "files", tmp / "b", status=1).err


@case
def a_table_is_one_to_every_verb(tmp):
    """One that begins with somebody's own GUID, and one without entries."""
    e = tmp / "evidence"
    jurat("demo", "--dir", e)
    table = (e / "certs.bin").read_bytes()
    end = next(i for i in range(0, len(table), 24) if table[i:i + 24] == bytes(24))
    rows = [struct.unpack_from("<16sII", table, i) for i in range(0, end, 24)]
    rows = [(bytes(range(0xa0, 0xb0)), len(table), 4)] + rows
    moved = b"".join(struct.pack("<16sII", guid, offset + 24, length) for guid, offset, length in rows)
    (tmp / "own").write_bytes(moved + table[end:] + b"mine")
    (tmp / "none").write_bytes(bytes(4096))
    for name in "own", "none":
        d = json.loads(jurat("show", "--output", "json", tmp / name).out)
        assert d["kind"] == "certificate table", d
    assert [x["kind"] for x in json.loads(jurat("show", "--output", "json", tmp / "own").out)["entries"]][0] == "other"
    jurat("verify", "--roots", e / "roots", "--certs", tmp / "own", e / "report.bin")
    jurat("certs", "check", "--report", e / "report.bin", "--roots", e / "roots", tmp / "own")
    jurat("certs", "split", tmp / "own", tmp / "out")


@case
def a_named_file_is_of_its_kind_or_an_error(tmp):  # else the verdict would be by other means than those given
    e = tmp / "evidence"
    jurat("demo", "--dir", e)
    (tmp / "noise.der").write_bytes(bytes(range(256)))
    (tmp / "empty").write_bytes(b"")
    for option in "--certs", "--crl", "--roots", "--collateral":
        for name in "noise.der", "empty":
            for evidence in e, e / "report.bin", e / "quote.bin":
                p = jurat("verify", "--output", "json", "--roots", e / "roots", option, tmp / name, evidence, status=3)
                assert name in p.err and p.out == "", (option, name, p.err, p.out)
    jurat("verify", "--roots", e / "roots", "--crl", e / "roots/ark.der", e, status=3)
    jurat("certs", "check", "--report", e / "report.bin", "--roots", tmp / "noise.der", e / "certs.bin", status=3)
    jurat("certs", "check", "--report", e / "quote.bin", e / "certs.bin", status=3)


@case
def json_is_whole_or_not_there(tmp):
    e = tmp / "evidence"
    jurat("demo", "--dir", e)
    verdicts = json.loads(jurat("verify", "--output", "json", "--roots", e / "roots", e).out)
    assert [v["verdict"] for v in verdicts] == ["accepted", "accepted"], verdicts
    verdicts = json.loads(jurat("verify", "--output", "json", e, status=1).out)
    assert [v["verdict"] for v in verdicts] == ["refused", "refused"], verdicts
    p = jurat("verify", "--output", "json", "--roots", e / "roots", "--collateral", tmp / "absent", e, status=3)
    assert p.out == "", p.out


@case
def standard_input_is_read_as_it_is_and_once(tmp):
    e = demo(tmp)
    roots, extended = ("--roots", e / "roots"), (e / "report.bin").read_bytes() + (e / "certs.bin").read_bytes()
    ours, its = socket.socketpair()
    ours.sendall(extended)
    ours.shutdown(socket.SHUT_WR)
    assert jurat("verify", *roots, "-", stdin=its).out.startswith("accepted")
    jurat("verify", *roots, "--certs", "-", e / "report.bin", input=(e / "certs.bin").read_bytes())
    jurat("certs", "check", "-", input=(e / "certs.bin").read_bytes())
    jurat("certs", "split", "-", tmp / "s", input=(e / "certs.bin").read_bytes())
    for args in ("verify", "-", "--certs", "-"), ("verify", e, "--certs", "-", "--crl", "-"), \
            ("verify", "-", "--report-data", "@-"), ("verify", "--policy", "-", "-"), ("verify", "-", "--roots", "-"), \
            ("verify", "--collateral", "-", "--collateral", "-", e), ("certs", "check", "--report", "-", "-"), \
            ("certs", "check", "-", "--roots", "-"):
        assert "once" in jurat(*args, input=extended, status=2).err, args
    assert "directory" in jurat("certs", "split", e / "certs.bin", "-", status=2, cwd=tmp).err
    assert not (tmp / "-").exists()
    assert "both" in jurat("attest", "--out", "-", "--certs-out", "-", status=2).err


@case
def certs_tell_what_they_find_as_json(tmp):
    e = demo(tmp)
    check = ("certs", "check", "--output", "json")
    d = json.loads(jurat(*check, "--report", e, "--roots", e / "roots", e / "certs.bin").out)
    assert d["ok"] is True and d["reasons"] == [] and d["bytes"] == (e / "certs.bin").stat().st_size, d
    assert [(x["kind"], x["well_formed"]) for x in d["entries"]] == [("vcek", True), ("ask", True), ("ark", True)], d
    assert all(x["bytes"] > 1000 and len(x["guid"]) == 36 for x in d["entries"]), d
    p = jurat(*check, "--report", e, e / "certs.bin", status=1)
    d = json.loads(p.out)
    assert d["ok"] is False and "root" in d["reasons"][0]["code"] and p.err == "", (d, p.err)
    certs = (e / "certs.bin").read_bytes()
    for content, code in (b"", "no-entries"), (bytes(24), "no-entries"), (certs[:-1], "table-malformed"), \
            (certs.replace(b"\x30\x82", b"\x31\x82", 1), "entry-malformed"):
        (tmp / "t").write_bytes(content)
        d = json.loads(jurat(*check, tmp / "t", status=1).out)
        assert [r["code"] for r in d["reasons"]] == [code] and not d["ok"], d
        assert code in jurat("certs", "check", tmp / "t", status=1).err
    assert jurat(*check, tmp / "absent", status=3).out == ""
    d = json.loads(jurat("certs", "split", "--output", "json", e / "certs.bin", tmp / "s").out)
    assert {x["name"]: x["bytes"] for x in d["files"]} == {f.name: f.stat().st_size for f in (tmp / "s").iterdir()}
    assert [x["kind"] for x in d["files"]] == ["vcek", "ask", "ark"], d
    assert "no entries" in jurat("certs", "split", "--output", "json", "-", tmp / "n", input=b"", status=1).err


@case
def a_key_is_printed_as_json_or_kept_in_a_file(tmp):
    def guest(*args):
        p = subprocess.run([JURAT, "run", "--", JURAT, "key", "--fields", "policy,measurement", *map(str, args)],
                           capture_output=True, timeout=60)
        if p.returncode == 3:
            raise Skip(p.stderr.decode().strip())
        assert p.returncode == 0, p.stderr
        return p.stdout
    text, d = guest().decode().strip(), json.loads(guest("--output", "json"))
    assert d == {"key": text, "bytes": 32, "root": "vcek", "fields": ["policy", "measurement"]} and len(text) == 64, d
    d = json.loads(guest("--output", "json", "--out", tmp / "key"))
    assert d == {"bytes": 32, "root": "vcek", "fields": ["policy", "measurement"]}, d
    assert (tmp / "key").read_bytes().hex() == text and stat.S_IMODE((tmp / "key").stat().st_mode) == 0o600
    assert guest("--output", "json", "--out", "-").hex() == text


@case
def what_a_file_says_is_shown_as_plain_text(tmp):
    """A name without a common name is no internal error; what a parser quotes has no control character."""
    der = (demo(tmp, "c") / "roots/ark.der").read_bytes()
    (tmp / "cert").write_bytes(der.replace(b"\x55\x04\x03", b"\x55\x04\x04"))
    assert json.loads(jurat("show", "--output", "json", tmp / "cert").out)["subject"] == ""
    assert "issuer" in jurat("show", tmp / "cert").out
    (tmp / "json").write_bytes(b'["\\b\xc2\x9b\x7f\\/\\\x01')
    err = jurat("show", tmp / "json", status=1).err
    assert "JSON" in err and all(c == "\n" or c.isprintable() for c in err), err


@case
def show_decodes_what_there_is(tmp):
    e = demo(tmp, "v", "--sign-with", "vlek", "--product", "turin")
    jurat("certs", "split", e / "certs.bin", tmp / "split")
    d = json.loads(jurat("show", "--output", "json", e / "report.bin").out)
    assert (d["kind"], d["version"], d["meaning"]["product"]) == ("SEV-SNP report", 5, "Turin"), d
    d = json.loads(jurat("show", "--output", "json", e / "certs.bin").out)
    assert [x["kind"] for x in d["entries"]] == ["vlek", "ask", "ark"], d
    assert d["entries"][0]["csp_id"].startswith("CN="), d
    d = json.loads(jurat("show", "--output", "json", tmp / "split/asvk.der").out)
    assert d["subject"] == "SEV-VLEK-Turin", d
    assert "measurement" in jurat("show", e / "report.bin").out
    (tmp / "x").write_bytes((e / "report.bin").read_bytes() + (e / "certs.bin").read_bytes())
    assert "extended" in jurat("show", tmp / "x").out


def entries(path):
    """A certificate table's certificates by GUID: in which order they lie in it is its maker's choice."""
    data, at, found = path.read_bytes(), 0, {}
    while any(data[at:at + 16]):
        offset, size = (int.from_bytes(data[at + i:at + i + 4], "little") for i in (16, 20))
        found[data[at:at + 16]] = data[offset:offset + size]
        at += 24
    return found


@case
def a_table_taken_apart_and_rebuilt_is_the_same(tmp):  # B42: an ASVK is named so wherever it stands
    for key, leaf, between in ("vcek", "vcek.der", "ask.der"), ("vlek", "vlek.der", "asvk.der"):
        e = demo(tmp, key, "--sign-with", key)
        names = jurat("certs", "split", e / "certs.bin", tmp / f"s{key}").out.split()
        assert sorted(os.path.basename(n) for n in names) == sorted([leaf, between, "ark.der"]), names
        jurat("certs", "build", tmp / f"s{key}", tmp / f"{key}.bin")
        jurat("certs", "check", "--report", e, "--roots", e / "roots", tmp / f"{key}.bin")
        assert entries(tmp / f"{key}.bin") == entries(e / "certs.bin")


@case
def build_refuses_what_would_not_serve_guests(tmp):
    e = demo(tmp)
    jurat("certs", "split", e / "certs.bin", tmp / "s")
    ask = (tmp / "s/ask.der").read_bytes()
    (tmp / "empty").mkdir()
    assert "no vcek" in jurat("certs", "build", tmp / "empty", tmp / "b", status=3).err
    (tmp / "s/vlek.der").write_bytes(ask)
    jurat("certs", "build", tmp / "s", tmp / "b", status=3)
    (tmp / "s/vlek.der").unlink()
    (tmp / "s/vcek.der").write_bytes(ask)
    assert "SEV-Milan" in jurat("certs", "build", tmp / "s", tmp / "b", status=1).err
    (tmp / "s/vcek.der").write_bytes(b"junk")
    jurat("certs", "build", tmp / "s", tmp / "b", status=1)
    (tmp / "s/vcek.der").unlink()
    jurat("demo", "--tee", "tdx", "--dir", tmp / "tdx")
    chain, crl = (tmp / "tdx/collateral/pck_crl_issuer_chain.pem").read_text(), tmp / "tdx/collateral/root_ca_crl.der"
    jurat("certs", "build", "--crl", crl, tmp / "s", tmp / "good")
    assert chain.count("BEGIN CERTIFICATE") == 2
    block = chain[:chain.index("-----END") + 26]
    (tmp / "two.crl").write_bytes(block.replace("CERTIFICATE", "X509 CRL").encode() * 2)
    assert "more than one" in jurat("certs", "build", "--crl", tmp / "two.crl", tmp / "s", tmp / "b", status=1).err
    (tmp / "s/ark.der").write_text(chain)
    assert "more than one" in jurat("certs", "build", tmp / "s", tmp / "b", status=1).err
    assert not (tmp / "b").exists()
    assert not list(tmp.glob("b.*"))


@case
def check_names_what_is_wrong_with_a_table(tmp):  # B46: PEM where DER is due
    import base64
    e = demo(tmp)
    certs = (e / "certs.bin").read_bytes()
    pem = b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(certs[200:400]) + b"-----END CERTIFICATE-----\n"
    guid = bytes.fromhex("63da758de6644564adc5f4b93be8accd")
    table = guid + (48).to_bytes(4, "little") + len(pem).to_bytes(4, "little") + bytes(24) + pem
    (tmp / "pem").write_bytes(table)
    assert "PEM" in jurat("certs", "check", tmp / "pem", status=1).err
    (tmp / "cut").write_bytes(certs[:-1])
    jurat("certs", "check", tmp / "cut", status=1)
    other = demo(tmp, "other", "--seed", "jurat/2")
    assert jurat("certs", "check", "--report", e, "--roots", e / "roots", other / "certs.bin", status=1).err


@case
def without_a_tee_attest_and_key_say_what_was_tried(tmp):
    if os.path.exists("/dev/sev-guest") or os.path.exists("/sys/kernel/config/tsm/report"):
        raise Skip("this machine has a TEE")
    for verb in "attest", "key":
        p = jurat(verb, "--out", tmp / "out", status=3)
        assert "/dev/sev-guest" in p.err, p.err
        assert not (tmp / "out").exists()


@case
def a_full_disk_is_noticed(tmp):
    if not os.path.exists("/dev/full"):
        raise Skip("no /dev/full here")
    e = demo(tmp)
    with open("/dev/full", "wb") as full:
        jurat("show", e / "report.bin", status=3, stdout=full)
        jurat("verify", "--roots", e / "roots", e, status=3, stdout=full)


@case
def what_is_not_a_file_is_written_to_and_never_replaced(tmp):
    e = demo(tmp)
    jurat("certs", "split", e / "certs.bin", tmp / "s")
    certs = (e / "certs.bin").read_bytes()
    os.mkfifo(tmp / "fifo")
    reader = os.open(tmp / "fifo", os.O_RDONLY | os.O_NONBLOCK)
    jurat("certs", "build", tmp / "s", tmp / "fifo")
    assert os.read(reader, 65536) == certs
    os.close(reader)
    assert stat.S_ISFIFO(os.lstat(tmp / "fifo").st_mode)
    for link, target in ("link", "target"), ("dangling", "absent"):
        (tmp / link).symlink_to(target)
    (tmp / "target").write_bytes(b"old")
    for link, target in ("link", "target"), ("dangling", "absent"):
        jurat("certs", "build", tmp / "s", tmp / link)
        assert (tmp / link).is_symlink() and (tmp / target).read_bytes() == certs
    assert "directory" in jurat("certs", "build", tmp / "s", e, status=3).err
    jurat("demo", "--tee", "sev-snp", "--dir", e / "report.bin", status=3)
    (tmp / "d/report.bin").mkdir(parents=True)
    assert "directory" in jurat("demo", "--tee", "sev-snp", "--dir", tmp / "d", status=3).err
    assert not [f for f in tmp.rglob(".jurat*")]


@case
def a_device_stays_one_and_its_errors_are_told(tmp):
    e = demo(tmp)
    jurat("certs", "split", e / "certs.bin", tmp / "s")
    try:  # never the machine's own
        os.mknod(tmp / "full", stat.S_IFCHR | 0o666, os.makedev(1, 7))
        os.mknod(tmp / "null", stat.S_IFCHR | 0o666, os.makedev(1, 3))
        open(tmp / "null", "wb").close()
    except OSError as why:
        raise Skip(f"device nodes cannot be made here: {why}")
    assert "No space left" in jurat("certs", "build", tmp / "s", tmp / "full", status=3).err
    jurat("certs", "build", tmp / "s", tmp / "null")
    (tmp / "t").mkdir()
    os.mknod(tmp / "t/ask.der", stat.S_IFCHR | 0o666, os.makedev(1, 7))
    assert "No space left" in jurat("certs", "split", e / "certs.bin", tmp / "t", status=3).err
    for name in "full", "null", "t/ask.der":
        assert stat.S_ISCHR(os.lstat(tmp / name).st_mode), name


@case
def the_umask_counts(tmp):
    e = demo(tmp)
    for mask, mode in (0o077, 0o600), (0o022, 0o644):
        jurat("certs", "split", e / "certs.bin", tmp / str(mask), umask=mask)
        for f in (tmp / str(mask)).iterdir():
            assert stat.S_IMODE(f.stat().st_mode) == mode, (f, oct(f.stat().st_mode))


@case
def the_reasons_are_listed(tmp):
    codes = [line.split()[0] for line in jurat("verify", "--list-reasons").out.splitlines()]
    assert len(codes) > 20 and len(set(codes)) == len(codes)
    assert all(c == c.lower() and " " not in c for c in codes)


@case
def names_of_an_earlier_release_are_accepted_with_a_warning(tmp):
    e = demo(tmp)
    ok = ("verify", "--roots", e / "roots", "--certs", e / "certs.bin")
    for option, old, new in [("required_platform_info=smt_en", "smt_en", "SMT_EN"),
                             ('required_platform_info=["ecc_en", "SMT_EN"]', "ecc_en", "ECC_EN"),
                             ("require_ciphertext_hiding=false", "require_ciphertext_hiding", "require_ciphertext_hiding_dram")]:
        p = jurat(*ok, "--require", option, e)
        assert p.err.startswith("jurat verify: warning: ") and len(p.err.splitlines()) == 1, p.err
        assert f"'{old}' is now '{new}'" in p.err and p.out.startswith("accepted\n"), p.err
    (tmp / "p.json").write_text('{"required_platform_info": "smt_en", "forbidden_platform_info": ["smt_en", "tio_en"]}')
    p = jurat(*ok, "--policy", tmp / "p.json", e, status=1)
    assert len(p.err.splitlines()) == 2, p.err
    assert "platform_info: SMT_EN is set and in forbidden_platform_info" in p.out, p.out
    assert not jurat(*ok, "--require", "required_platform_info=SMT_EN", e).err
    assert "SMT_EN" in jurat(*ok, "--require", "required_platform_info=Smt_En", e, status=2).err


@case
def the_names_of_bits_are_listed(tmp):
    rows = [line.split() for line in jurat("show", "--list-bits").out.splitlines()]
    assert ["platform_info", "6", "IOMMU_WRITE_SAFE"] in rows and ["td_attributes", "17", "SERVTD_EXT"] in rows, rows
    assert ["xfam", "19", "APX"] in rows and len(set(map(tuple, rows))) == len(rows) > 50
    e = demo(tmp, "t", "--product", "turin")
    said = json.loads(jurat("show", "--output", "json", e / "report.bin").out)["meaning"]["platform_info"]
    assert "IOMMU_WRITE_SAFE" in said, said
    known = {name for field, _, name in rows if field == "platform_info"}
    assert set(said) <= known
    for name in known:
        word = "required" if name in said else "forbidden"
        jurat("verify", "--roots", e / "roots", "--certs", e / "certs.bin", "--require", f"{word}_platform_info={name}", e)


@case
def a_report_newer_than_the_verifier_is_named_so(tmp):
    report = bytearray((demo(tmp) / "report.bin").read_bytes())
    report[0] = 6
    (tmp / "r").write_bytes(report)
    (tmp / "longer").write_bytes(bytes(report) + bytes(64))
    text = "version 6 is newer than this verifier"
    for name in "r", "longer":
        out = jurat("verify", tmp / name, status=1).out
        assert text in out and "report-version" in out and "malformed" not in out, out
        assert text in jurat("show", tmp / name, status=1).err
    (tmp / "r").write_bytes(report[:600])
    assert text in jurat("verify", tmp / "r", status=1).out


# Made evidence with values that this verifier does not know, or did not, and what the verdict must say of it.
NEWER = {
    "snp/turin-v5-bit6": "IOMMU_WRITE_SAFE", "snp/turin-v5-nobit6": "", "snp/genoa-v5-bit6": "IOMMU_WRITE_SAFE",
    "snp/turin-v5-bit8": "platform_info: unknown bits 0x100 (newer than this version; see allow_unknown_platform_info)",
    "snp/milan-v4": "", "snp/milan-v6": "version 6 is newer than this verifier",
    "snp/policy-bit26": "policy: unknown bits 0x4000000 (newer than this version; ",
    "snp/reserved-after-signature": "report-reserved", "tdx/attr-bit17": "SERVTD_EXT", "tdx/attr-lass": "LASS",
    "tdx/attr-icssd-tpa": "ICSSD TPA", "tdx/ti-version4": "version 4 is newer than this verifier",
    "tdx/qi-version3": "version 3 is newer than this verifier"}


@case
def made_evidence_of_newer_firmware_gets_its_expected_verdict(tmp):
    made = [folder for folder in evidence.folders() if folder.name == "made"]
    if not made:
        raise Skip("no made evidence beside the project")
    answers = {row["input"]: row["right_answer"] for row in made[0].rows("CASES.tsv")}
    for name, text in NEWER.items():
        d = made[0].files / name
        args = ["verify", "--at", "2026-11-29T00:00:00Z"]
        if name.startswith("snp/"):
            args += ["--roots", d / "ark.pem", "--certs", d / "ask.pem", "--certs", d / "vcek.pem"]
        else:
            args += ["--roots", d / "root.pem", "--collateral", d / "collateral"]
        file = d / ("report.bin" if name.startswith("snp/") else "quote.bin")
        p = jurat(*args, file, status=0 if answers[name] == "accepted" else 1)
        assert p.out.startswith(answers[name] + "\n") and text in p.out, (name, p.out)
        if name == "snp/turin-v5-bit8":
            for value in "true", "8", "bit-8", '["bit-8", 9]':
                p = jurat(*args, "--require", f"allow_unknown_platform_info={value}", file)
                assert "not judged: platform_info bit-8: " in p.out, p.out
            p = jurat(*args, "--require", "allow_unknown_platform_info=8", "--output", "json", file)
            assert "platform_info bit-8" in json.loads(p.out)["not_judged"], p.out
            jurat(*args, "--require", "allow_unknown_platform_info=9", file, status=1)


@case
def reports_get_their_expected_verdicts(tmp):
    for folder in evidence.folders():
        for row in folder.rows("SNP-CASES.tsv"):
            args = ["verify", folder.files / row["report"], *folder.roots, "--at"]
            args += [evidence.rfc3339(row["at_unix"]) if row.get("at_unix") else
                     "2025-09-15T00:00:00Z" if row["signer"] == "vlek" else "2026-08-01T00:00:00Z"]
            for column in "vek", "intermediate", "root":
                if row[column] != "-":
                    args += ["--certs", folder.files / row[column]]
            good = row["signature_and_chain"] == "good"
            p = jurat(*args, status=0 if good and row["policy_debug"] == "0" else 1)
            if good and row["policy_debug"] == "1":
                assert "debug-allowed" in p.out.splitlines()[1], p.out
                jurat(*args, "--require", "allow_debug=true")
            elif not good:
                assert all(code in p.out for code in evidence.reasons(row) or {"leaf-missing"}), p.out


@case
def quotes_get_the_status_and_the_reasons_of_their_tables(tmp):
    statuses = {"OK": "UpToDate", "TCB_OUT_OF_DATE": "OutOfDate", "TCB_NOT_SUPPORTED": "NotSupported"}
    names = {"tcbinfo": "tcb_info.json", "qeidentity": "qe_identity.json", "pckcrl": "pck_crl.der",
             "rootcrl": "root_ca_crl.der", "tcb_signing_cert": "tcb_signing.der", "root_cert": "root_ca.der",
             "bundle": "bundle.json"}
    for folder in evidence.folders():
        for row in folder.rows("TDX-CASES.tsv"):
            for column, name in names.items():
                (tmp / name).unlink(missing_ok=True)
                if row.get(column):
                    shutil.copyfile(folder.files / row[column], tmp / name)
            at = evidence.rfc3339(row["now_unix"])
            p = subprocess.run([JURAT, "verify", "--output", "json", *folder.roots, "--collateral", tmp, "--at", at,
                                folder.files / row["quote"]], capture_output=True, timeout=60)
            d = json.loads(p.stdout)
            codes = {r["code"] for r in d["reasons"]}
            assert p.returncode == (0 if d["verdict"] == "accepted" else 1), row["case"]
            if row["type"] == "quote-v3-sgx":
                assert codes == {"not-a-td-quote"}, (row["case"], codes)
                continue
            status = row.get("status") or statuses[row["qvl_quote"]]
            assert d["tcb_status"] == status, (row["case"], d["tcb_status"])
            expected = evidence.reasons(row)
            if expected is not None:
                assert codes == expected, (row["case"], codes)
            elif row["kind"] != "fresh" or row["qvl_quote"] != "OK":
                assert d["verdict"] == "refused", row["case"]
            else:  # stricter than Intel's library only on these
                assert codes <= {"td-debug", "service-td-not-allowed"}, (row["case"], codes)
                assert (d["verdict"] == "accepted") == (not codes), row["case"]


sys.exit(main("jurat-cli-"))
