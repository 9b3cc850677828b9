#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`jurat verify` of many pieces of evidence against one-at-a-time runs. Prints TAP; test_verify_many.py JURAT JURATD"""
import http.server
import json
import os
import pathlib
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from endorsements import Juratd  # noqa: E402
from tap import case, main, shown, terminal  # noqa: E402

JURAT, JURATD = map(os.path.abspath, sys.argv[1:4])
scratch = tempfile.TemporaryDirectory(prefix="jurat-test-many-")
TOP = pathlib.Path(scratch.name)
NOW = 1767225600, "2026-01-01T00:00:00Z"


def call(*args, status=0, **how):
    how = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "timeout": 120} | how
    p = subprocess.run([JURAT, "verify", *map(os.fspath, args)], check=False, **how)
    assert p.returncode == status, f"{args}: status {p.returncode}, not {status}: {p.stdout[-500:]}{p.stderr[-500:]}"
    return p


def lines(*args, status=0, stderr=b"", **how):
    """The lines without the summary, and the summary."""
    p = call("--output", "json", *args, status=status, **how)
    assert stderr is None or p.stderr == stderr, p.stderr
    found = [json.loads(line) for line in p.stdout.splitlines()]
    assert set(found[-1]) == {"summary"}, found[-1]
    return found[:-1], found[-1]["summary"]


def world():
    """Evidence of both kinds by name, good and bad, and the options with which the good verifies."""
    place = TOP / "world"
    options = ("--at", NOW[1], "--roots", place / "demo/roots")
    if not place.exists():
        place.mkdir()
        for name, seed in ("demo", "a"), ("other", "b"):
            subprocess.run([JURAT, "demo", "--dir", place / name, "--at", NOW[1], "--seed", seed], check=True, stdout=subprocess.DEVNULL)
        report, certs, quote = ((place / "demo" / name).read_bytes() for name in ("report.bin", "certs.bin", "quote.bin"))
        flipped = bytearray(report)
        flipped[0x50] ^= 1  # report_data
        subprocess.run([JURAT, "certs", "split", place / "demo/certs.bin", place / "split"], check=True, stdout=subprocess.DEVNULL)
        carried = place / "carried"
        carried.mkdir()
        (carried / "report.bin").write_bytes(report)
        (carried / "certs.bin").write_text("".join(ssl.DER_cert_to_PEM_cert((place / "split" / f"{name}.der").read_bytes())
                                                   for name in ("vcek", "ask")))
        files = {"extended": report + certs, "alone": report, "flipped": bytes(flipped) + certs, "quote": quote, "cut": quote[:700],
                 "text": b"some text\n", "empty": b"", "hex": (report + certs).hex().encode()}
        (place / "files").mkdir()
        for name, data in files.items():
            (place / "files" / name).write_bytes(data)
    return place, options


def one(file, *options):
    """What a run for one file prints: verdicts, or the message of an error."""
    p = subprocess.run([JURAT, "verify", "--output", "json", *map(os.fspath, options), os.fspath(file)], capture_output=True, check=False,
                       timeout=60)
    if p.returncode not in (0, 1):
        assert p.returncode == 3 and not p.stdout, p
        return [{"error": p.stderr.decode().splitlines()[-1].removeprefix("jurat verify: ")}]
    found = json.loads(p.stdout)
    return found if isinstance(found, list) else [found]


def same_as_one_by_one(files, *options, more=()):
    wanted = [{"file": os.fspath(file)} | verdict for file in files for verdict in one(file, *options)]
    status = 3 if any("error" in w for w in wanted) else 1 if any(w["verdict"] == "refused" for w in wanted) else 0
    for jobs in "1", "2", "5":
        found, summary = lines(*options, *more, "--jobs", jobs, *files, status=status)
        assert found == wanted, next((f, w) for f, w in zip(found, wanted) if f != w)
        assert summary["accepted"] == sum(w.get("verdict") == "accepted" for w in wanted), summary
        assert summary["refused"] == sum(w.get("verdict") == "refused" for w in wanted), summary
        assert summary["unreadable"] == sum("error" in w for w in wanted), summary
        codes = [code for w in wanted for code in {r["code"] for r in w.get("reasons", [])}]
        assert summary["reasons"] == {code: codes.count(code) for code in codes}, (summary, codes)
    return wanted


@case
def verdicts_are_those_of_runs_for_one_piece_each(tmp):
    del tmp
    place, options = world()
    files = [place / "files" / name for name in sorted(os.listdir(place / "files"))]
    files = (files + [place / "demo", place / "other", place / "carried", place / "absent"]) * 4
    wanted = same_as_one_by_one(files, *options)
    assert {w.get("verdict", "error") for w in wanted} == {"accepted", "refused", "error"}
    same_as_one_by_one(files, *options, "--collateral", place / "demo/collateral", "--policy", write_policy())
    same_as_one_by_one(files, *options, "--allow-no-collateral", "--certs", place / "split", "--crl", place / "demo/crl.der")


def write_policy():
    (TOP / "policy.json").write_text(json.dumps({"require_crl": False, "minimum_guest_svn": 1}))
    return TOP / "policy.json"


@case
def cases_that_must_be_refused_have_the_same_verdicts_at_once(tmp):
    """Evidence with every kind of fault, with the roots and at the time that most of it is for."""
    subprocess.run([JURAT, "cases", "make", *(f"--only={p}" for p in ("snp-c*", "snp-a*", "tdx-c*", "tdx-q*")), tmp / "corpus"], check=True,
                   capture_output=True, timeout=200)
    places = sorted((tmp / "corpus/cases").iterdir())
    roots = sorted({place / "root.der" for place in places if (place / "root.der").exists()}, key=lambda p: p.read_bytes())
    different = [r for i, r in enumerate(roots) if i == 0 or r.read_bytes() != roots[i - 1].read_bytes()]
    options = ["--at", "2026-07-01T00:00:00Z"] + [word for root in different for word in ("--roots", root)]
    wanted = same_as_one_by_one(places, *options)
    codes = {r["code"] for w in wanted for r in w.get("reasons", [])}
    assert len(places) > 100 and len(codes) > 25, (len(places), len(codes))


@case
def what_one_piece_brings_serves_no_other(tmp):
    del tmp
    place, options = world()
    files = [place / "files/alone", place / "carried", place / "files/alone", place / "demo", place / "files/alone", place / "files/quote"] * 3
    wanted = same_as_one_by_one(files, *options)
    verdicts = [w["verdict"] for w in wanted][:7]
    assert verdicts == ["refused", "accepted", "refused", "accepted", "accepted", "refused", "refused"], verdicts


@case
def a_directory_stands_for_all_files_below_it_and_nothing_is_left_out(tmp):
    place, options = world()
    top = tmp / "fleet"
    shutil.copytree(place / "demo", top / "b/host")
    shutil.copytree(place / "files", top / "c")
    (top / "a").mkdir()
    (top / "a/empty").mkdir()
    (top / ".hidden").write_bytes(b"x")
    os.mkfifo(top / "fifo")
    (top / "loop").symlink_to("..")
    (top / "to-file").symlink_to("c/extended")
    (top / "to-nothing").symlink_to("nowhere")
    found, summary = lines(*options, top, status=3)
    names = [f["file"].removeprefix(f"{top}/") for f in found]
    assert names == ["a/empty", "b/host", "b/host", "c/alone", "c/cut", "c/empty", "c/extended", "c/flipped", "c/hex", "c/quote", "c/text",
                     "fifo", "loop", "to-file", "to-nothing"], names
    errors = {n: f["error"] for n, f in zip(names, found) if "error" in f}
    assert errors["a/empty"] == f"'{top}/a/empty': a directory without evidence", errors
    assert errors["fifo"] == f"'{top}/fifo': not a regular file", errors
    assert errors["loop"] == f"'{top}/loop': a symbolic link to a directory, which is not followed", errors
    assert errors["to-nothing"] == f"cannot open '{top}/to-nothing': No such file or directory", errors
    assert found[names.index("to-file")]["verdict"] == "accepted" and summary["unreadable"] == len(errors) == 6, summary
    assert [f["file"] for f in lines(*options, f"{top}/", status=3)[0]] == [f["file"] for f in found]


@case
def names_are_read_one_a_line_or_ended_by_a_byte_0(tmp):
    place, options = world()
    names = [os.fspath(place / "files" / name) for name in ("extended", "alone", "absent", "hex")]
    strange = os.fsencode(tmp) + b"/new\nline \xff\x1b[31m\\"
    pathlib.Path(os.fsdecode(strange)).write_bytes((place / "files/extended").read_bytes())
    (tmp / "list").write_text("\n".join(names) + "\n\n" + names[0])
    found, summary = lines(*options, "--files-from", tmp / "list", place / "files/hex", status=3)
    assert [f["file"] for f in found] == [os.fspath(place / "files/hex"), *names, names[0]] and summary["unreadable"] == 1
    with_null = b"\0".join([os.fsencode(n) for n in names] + [strange]) + b"\0"
    found, _ = lines(*options, "--null", "--files-from", "-", input=with_null, status=3)
    assert [f["file"] for f in found][:4] == names
    assert found[4]["file_hex"] == strange.hex() and found[4]["verdict"] == "accepted" and "?" in found[4]["file"], found[4]
    text = call(*options, "--null", "--files-from", "-", input=with_null, status=3).stdout
    assert b"/new\\x0aline \\xff\\x1b[31m\\x5c\n" in text and b"\x1b" not in text and len(text.splitlines()) == 7, text
    for data, why in ((b"a\0b", "expected one file name a line, found a NUL byte (see --null)"), (b"\n\n", "found none")):
        p = call(*options, "--files-from", "-", input=data, status=3)
        assert why in p.stderr.decode() and p.stdout == b"", p
    found, _ = lines(*options, "--files-from", "-", input=b"-\n" + b"a" * 5000 + b"\n" + os.fsencode(names[0]), status=3)
    assert "'-', standard input, is for arguments" in found[0]["error"] and "more than 4095 bytes" in found[1]["error"], found
    assert found[2]["verdict"] == "accepted", found[2]


@case
def each_line_of_text_has_the_verdict_first_and_the_last_ones_are_a_summary(tmp):
    del tmp
    place, options = world()
    files = [place / "demo", place / "files/alone", place / "files/text"]
    text = call(*options, *files, status=3).stdout.decode().splitlines()
    assert text[0] == f"accepted    sev-snp  Milan         {place}/demo", text
    assert text[1] == f"accepted    tdx      544553540000  {place}/demo", text
    assert text[2].startswith(f"refused     sev-snp  Milan         {place}/files/alone: leaf-missing: "), text
    assert text[3].startswith(f"unreadable  -        -             {place}/files/text: '{place}/files/text': expected "), text
    assert text[4:] == ["3 verdicts: 2 accepted, 1 refused; 1 unreadable", "    refused with leaf-missing: 1"], text
    assert call(*options, place / "demo", place / "demo").stdout.splitlines()[-1] == b"4 verdicts: 4 accepted, 0 refused; 0 unreadable"
    assert call(*options, place / "demo", files[1], status=1).stderr == b""


@case
def a_verdict_is_printed_before_the_next_name_is_there(tmp):
    del tmp
    place, options = world()
    for jobs in "1", "3":
        p = subprocess.Popen([JURAT, "verify", *map(os.fspath, options), "--jobs", jobs, "--files-from", "-"], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE)
        for _ in range(3):
            p.stdin.write(os.fsencode(place / "files/extended") + b"\n")
            p.stdin.flush()
            assert p.stdout.readline().startswith(b"accepted "), jobs
        p.stdin.close()
        assert p.stdout.readline() == b"3 verdicts: 3 accepted, 0 refused; 0 unreadable\n" and p.wait(60) == 0


@case
def an_interrupted_run_prints_what_it_has_and_a_closed_reader_ends_it(tmp):
    del tmp
    place, options = world()
    for jobs in "1", "3":
        words = [JURAT, "verify", *map(os.fspath, options), "--output", "json", "--jobs", jobs, "--files-from", "-"]
        p = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        p.stdin.write(os.fsencode(place / "files/extended") + b"\n")
        p.stdin.flush()
        assert json.loads(p.stdout.readline())["verdict"] == "accepted"
        p.send_signal(signal.SIGINT)
        assert json.loads(p.stdout.read()) == {"summary": {"accepted": 1, "refused": 0, "unreadable": 0, "reasons": {}}}
        assert p.wait(60) == -signal.SIGINT
        p = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        p.stdout.close()
        p.stdin.write(os.fsencode(place / "files/extended") + b"\n")
        p.stdin.flush()
        assert p.wait(60) == -signal.SIGPIPE
        p.stdin.close()
        # A caller that ignores SIGPIPE, as daemons do, gets an error, also while nobody writes the next name.
        p = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, restore_signals=False)
        p.stdout.close()
        p.stdin.write(os.fsencode(place / "files/extended") + b"\n")
        p.stdin.flush()
        assert p.wait(60) == 3
        assert p.stderr.read() == b"jurat verify: cannot write to standard output: Broken pipe\n"
        p.stdin.close()
        p.stderr.close()


@case
def a_million_names_from_a_pipe_and_big_files_take_little_memory(tmp):
    place, options = world()
    (tmp / "big").write_bytes(b"\0" * (17 << 20))
    n = 200000
    feed = subprocess.Popen(["seq", "-f", f"{tmp}/%.0f", str(n)], stdout=subprocess.PIPE)
    p = subprocess.run([sys.executable, "-c", "import resource, subprocess, sys; p = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE); "
                        "last = [l for l in p.stdout][-1]; p.wait(); "
                        "print(last.decode().strip(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)",
                        JURAT, "verify", *map(os.fspath, options), "--files-from", "-"], stdin=feed.stdout, capture_output=True, text=True,
                       check=True, timeout=280)
    assert p.stdout.startswith(f"0 verdicts: 0 accepted, 0 refused; {n} unreadable "), p.stdout
    assert int(p.stdout.split()[-1]) < 64 << 10 or "ASAN" in "".join(os.environ), p.stdout
    found, _ = lines(*options, tmp / "big", place / "demo", status=3)
    assert found[0]["error"] == f"'{tmp}/big' is larger than {16 << 20} bytes", found[0]


@case
def progress_has_the_rate_and_the_remaining_time_and_is_for_terminals(tmp):
    place, options = world()
    (tmp / "list").write_text(f"{place / 'files/extended'}\n" * 4000)
    words = [JURAT, "verify", *map(os.fspath, options), "--files-from", os.fspath(tmp / "list")]
    ours, theirs = terminal()
    with open(tmp / "out", "wb") as out:
        p = subprocess.Popen(words, stdout=out, stderr=theirs)
        text = shown(ours, theirs)
        assert p.wait(60) == 0
    assert " of 4000, " in text and " per second, " in text and " s left" in text and text.endswith("\r\x1b[K"), text[-200:]


@case
def what_several_pieces_lack_is_fetched_once(tmp):
    for name in "a", "b":
        subprocess.run([JURAT, "demo", "--dir", tmp / name], check=True, stdout=subprocess.DEVNULL)
        (tmp / name / "certs.bin").unlink()
        shutil.rmtree(tmp / name / "collateral")
    files = [tmp / "a", tmp / "a/quote.bin", tmp / "a/report.bin", tmp / "b", tmp / "b/report.bin"] * 5
    with Juratd(JURATD) as juratd:
        fetch = ("--roots", tmp / "a/roots", "--fetch", "--from", juratd.url())
        for jobs in "1", "4":
            found, summary = lines(*fetch, "--jobs", jobs, *files, stderr=None, status=0)
            assert summary == {"accepted": 35, "refused": 0, "unreadable": 0, "reasons": {}}, summary
            fetched = [item["item"] for f in found for item in f.get("fetched", [])]
            assert len(fetched) == len(set(fetched)) >= 5, fetched
        url = juratd.url()
    found, summary = lines("--roots", tmp / "a/roots", "--fetch", "--from", url, "--attempts", "1", *files, status=3)
    assert summary["unreadable"] == 25 and len({f["error"] for f in found}) == 1, found


@case
def what_is_fetched_for_one_piece_serves_no_other(tmp):
    """A masked chip_id, another chip or TCB of the same product: each is refused for what it lacks itself."""
    subprocess.run([JURAT, "demo", "--dir", tmp / "a"], check=True, stdout=subprocess.DEVNULL)
    report = (tmp / "a/report.bin").read_bytes()
    chip, tcb = slice(0x1a0, 0x1e0), 0x180
    files = {"mine": report, "masked": report[:chip.start] + bytes(64) + report[chip.stop:],
             "chip": report[:chip.start] + b"\xa5" * 64 + report[chip.stop:], "tcb": report[:tcb] + b"\x01" + report[tcb + 1:],
             "cut": report[:-1]}
    for name, data in files.items():
        (tmp / name).write_bytes(data)
    (tmp / "quote").write_bytes((tmp / "a/quote.bin").read_bytes())
    names = [tmp / name for name in ("masked", "mine", "quote", "masked", "chip", "mine", "tcb", "masked", "cut", "chip", "quote")]
    for more in (), ("--collateral", tmp / "a/collateral"):
        options = ("--roots", tmp / "a/roots", "--at", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "--fetch", "--attempts", "1", *more)
        with Juratd(JURATD) as juratd:
            options += ("--from", juratd.url())
            wanted = [{"file": os.fspath(name)} | verdict for name in names for verdict in one(name, *options)]
            for verdict in wanted:
                verdict.pop("fetched", None)
            for jobs in "1", "4":
                found, _ = lines(*options, "--jobs", jobs, *names, status=1, stderr=None)
                for verdict in found:
                    verdict.pop("fetched", None)
                assert found == wanted, next((f, w) for f, w in zip(found, wanted) if f != w)
        assert [w["verdict"] for w in wanted].count("accepted") == 4, wanted


@case
def a_source_that_fails_for_one_item_is_asked_for_others(tmp):
    subprocess.run([JURAT, "demo", "--dir", tmp / "a"], check=True, stdout=subprocess.DEVNULL)
    report = (tmp / "a/report.bin").read_bytes()
    (tmp / "other").write_bytes(report[:0x1a0] + b"\xa5" * 64 + report[0x1e0:])
    files = [tmp / "other", tmp / "a/report.bin", tmp / "other", tmp / "a/report.bin"]
    asked = []

    class Service(http.server.BaseHTTPRequestHandler):
        def log_message(self, *args):
            del args

        def do_GET(self):
            asked.append(self.path)
            answer = None if "a5a5" in self.path else juratd.ask(self.path)
            self.send_response(answer.status if answer else 500)
            for name in "Content-Type", "Content-Length":
                self.send_header(name, answer.headers[name] if answer else {"Content-Length": "0"}.get(name, "text/plain"))
            self.end_headers()
            self.wfile.write(answer.body if answer else b"")

    service = http.server.HTTPServer(("127.0.0.1", 0), Service)
    url = f"http://127.0.0.1:{service.server_port}"
    threading.Thread(target=service.serve_forever, daemon=True).start()
    options = ("--roots", tmp / "a/roots", "--fetch", "--attempts", "1", "--from", url)
    with Juratd(JURATD) as juratd:
        for jobs in "1", "4":
            asked.clear()
            found, summary = lines(*options, "--jobs", jobs, *files, status=3)
            assert summary == {"accepted": 2, "refused": 0, "unreadable": 2, "reasons": {}}, found
            assert all("returned 500" in f["error"] for f in found[::2]) and len(asked) == len(set(asked)) == 3, asked
    service.shutdown()
    service.server_close()
    # An item that could not be asked for is not one that the source lacks.
    found, summary = lines(*options, "--certs", tmp / "a/certs.bin", tmp / "other", tmp / "other", status=3)
    assert summary["unreadable"] == 2 and len({f["error"] for f in found}) == 1, found


@case
def a_directory_named_as_standard_input_is_not_read_instead_of_it(tmp):
    place, options = world()
    (tmp / "-").mkdir()
    with open(place / "files/extended", "rb") as stdin:
        assert call(*options, "-", stdin=stdin, cwd=tmp).stdout.startswith(b"accepted\n")
    with open(place / "files/extended", "rb") as stdin:
        assert lines(*options, "-", place / "files/hex", stdin=stdin, cwd=tmp)[1]["accepted"] == 2


@case
def what_is_for_one_piece_is_a_usage_error_with_many(tmp):
    place, options = world()
    for words, status, why in (((), 2, "expected EVIDENCE or --files-from"), (("-", "-"), 2, "named 2 times"),
                               (("-", "--files-from", "-"), 2, "named 2 times"), (("--jobs", "0", "a", "b"), 2, "--jobs: expected a number"),
                               (("--event-log", "x", "a", "b"), 2, "--event-log is for one EVIDENCE"),
                               (("--explain", "--firmware", "x", "a", place / "files"), 2, "--explain is for one EVIDENCE"),
                               (("--null", "a", "b"), 2, "--null is used with --files-from"),
                               (("--null", place / "demo"), 2, "--null is used with --files-from"),
                               (("--from", "x", "a", "b"), 2, "--from is used with --fetch"),
                               (("--files-from", tmp / "absent"), 3, "--files-from: cannot open"),
                               (("--files-from", tmp), 3, "--files-from: cannot read"),
                               (("--certs", tmp / "absent", "a", "b"), 3, "absent")):
        p = call(*words, status=status, stdin=subprocess.DEVNULL)
        assert why in p.stderr.decode() and p.stdout == b"", (words, p.stderr)
    with open(place / "files/extended", "rb") as stdin:
        found, _ = lines(*options, "-", place / "demo", stdin=stdin)
    assert [f["file"] for f in found] == ["-", *[os.fspath(place / "demo")] * 2], found
    data = json.loads(call(*options, "--output", "json", place / "files/extended").stdout)["evidence"]
    found, _ = lines(*options, "--measurement", data["measurement"], "--report-data", "0x" + data["report_data"], place / "files/extended",
                     place / "files/hex")
    assert len(found) == 2


sys.exit(main())
