#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Traces of real runs are true, however a run ends. Prints TAP; test_trace.py JURAT"""
import json
import os
import pathlib
import re
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from tap import Skip, case, main  # noqa: E402

JURAT = os.path.abspath(sys.argv[1])
ATTEST = (JURAT, "attest", "--via", "ioctl", "--extended", "--certs-out", "certs", "--out", "report")
QUOTE = (JURAT, "attest", "--out", "quote")
# A value for each specification of --list-faults; others stand as they are listed.
VALUES = {"busy:N": "busy:3", "invalid-len[:N]": "invalid-len", "fw-error:CODE[@N]": "fw-error:0x16", "tcb-flip@N": "tcb-flip@1",
          "tdx-status:CODE": "tdx-status:0x8000000000000000"}


def can_run():
    p = subprocess.run([JURAT, "run", "--", "true"], capture_output=True, timeout=60)
    if p.returncode == 3:
        raise Skip(p.stderr.decode().strip())


def members(pairs):
    """A number of a step has no name that the step itself needs."""
    assert len(dict(pairs)) == len(pairs), pairs
    assert "result" not in dict(pairs), pairs  # what a page calls the text behind the arrow
    return dict(pairs)


def parsed(path):
    return json.loads(path.read_text(), object_pairs_hook=members)


def traced(tmp, *args, name="steps.json"):
    """The trace of a run, and its exit status."""
    p = subprocess.run([JURAT, "run", "--trace", name, *args], cwd=tmp, stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
    return parsed(tmp / name), p.returncode


def check(trace):
    """What holds of every trace. Returns its slices by id."""
    slices = [e for e in trace if e["ph"] == "X"]
    ids = {e["args"]["id"]: e for e in trace if e["ph"] in "Xi"}
    begin = -1
    for e in (e for e in trace if e["ph"] in "Xi"):
        assert e["ts"] >= begin, e
        begin = e["ts"]
    tracks = {}
    for e in slices:
        a, end = e["args"], e["ts"] + e["dur"]
        assert e["dur"] >= 0 and a["from"] and a["to"], e
        parent = ids.get(a["parent"])
        assert a["parent"] == 0 or parent, e
        if parent:
            assert parent["ts"] <= e["ts"] and parent["args"].get("request") == a.get("request"), (parent, e)
            assert e["cat"] == "lock" or end <= parent["ts"] + parent["dur"] + 0.002, (parent, e)
        # Slices of one track nest: each is in the one that is open, or begins when it has ended.
        stack = tracks.setdefault((e["pid"], e["tid"]), [])
        while stack and stack[-1] <= e["ts"] + 0.002:
            stack.pop()
        assert not stack or end <= stack[-1] + 0.002, e
        stack.append(end)
    named = {(e["pid"], e["tid"]) for e in trace if e["name"] == "thread_name"}
    assert set(tracks) <= named, set(tracks) - named
    return ids


def steps(trace, text):
    return [e for e in trace if e["ph"] == "X" and e["name"].startswith(text)]


@case
def the_numbers_are_those_of_the_exits_and_a_lock_is_held_over_the_command(tmp):
    can_run()
    trace, status = traced(tmp, "--", *ATTEST)
    assert status == 0
    ids = check(trace)
    ioctl, = steps(trace, "ioctl(/dev/sev-guest, SNP_GET_EXT_REPORT)")
    exit, = steps(trace, "KVM_EXIT_SNP_REQ_CERTS")
    gpa, npages = re.search(r"gpa=(0x\w+) npages=(\d+)", exit["name"]).groups()
    assert (exit["args"]["gpa"], exit["args"]["npages"], exit["args"]["ret"]) == (gpa, int(npages), 0), exit
    command, = steps(trace, "SNP_GUEST_REQUEST")
    assert (command["args"]["sequence"], command["args"]["response sequence"], command["args"]["status"]) == (1, 2, "0x0"), command
    held, = [e for e in trace if e.get("cat") == "lock" and e["name"] == "holds certs.blob, shared"]
    assert held["ts"] <= command["ts"] and command["ts"] + command["dur"] <= held["ts"] + held["dur"], (held, command)
    assert ioctl["args"]["report"]["size"] == 1184 and ioctl["args"]["report data"]["size"] == 64
    assert ioctl["args"]["report"]["hex"].rstrip(".") == (tmp / "report").read_bytes()[:64].hex()
    inner = exit
    while inner["args"]["parent"]:
        inner = ids[inner["args"]["parent"]]
    assert inner is ioctl and ioctl["args"]["returned"] == "ioctl returns 0"


@case
def a_quote_has_its_first_and_last_step(tmp):
    can_run()
    trace, status = traced(tmp, "--tee", "tdx", "--", *QUOTE)
    assert status == 0
    check(trace)
    first, = steps(trace, "writes inblob")
    read, = steps(trace, "reads outblob")
    asked, = [e for e in trace if e["ph"] == "X" and e["args"]["to"] == "quoting service"]
    assert first["ts"] < read["ts"] < asked["ts"] and asked["ts"] + asked["dur"] <= read["ts"] + read["dur"]
    assert asked["args"]["request"] == read["args"]["request"] and asked["args"]["error_code"] == "0x0"
    assert first["args"]["thread"] == read["args"]["thread"] > 0
    size = (tmp / "quote").stat().st_size
    assert read["args"]["ret"] == size and read["args"]["returned"] == f"{size} bytes in {read['args']['reads']} reads", read
    assert asked["args"]["QGS response"]["size"] > 4000
    assert trace[-1]["name"] == "exited with status 0"


def on_page(tmp, tee):
    """Of each step of a demo that has bytes: their name, number of bytes, and what the page reads in them."""
    page = tmp / "steps.html"
    subprocess.run([JURAT, "demo", "--tee", tee, "--trace", page], check=True, capture_output=True, timeout=60)
    lines = [json.loads(line) for line in page.read_text().splitlines() if line.startswith("{")]
    trees = {line["blob"]: line.get("tree", {}) for line in lines if "blob" in line}
    return [(name, rest[0], trees[rest[1]]) for line in lines for name, *rest in line.get("d", [])]


@case
def messages_of_a_quoting_service_are_read_from_their_first_byte(tmp):
    found = {name: (n, tree) for name, n, tree in on_page(tmp, "tdx")}
    for name, kind in (("QGS request", "0"), ("QGS response", "1")):
        n, tree = found[name]
        assert tree["major_version"] | {"note": ""} == {"": "1", "note": "", "offset": n - int(tree["size"][""], 0), "size": 2}, (name, tree)
        assert tree["type"][""] == kind, (name, tree)
    assert found["QGS request"][1]["content"]["kind"] == "TDREPORT" and found["QGS response"][1]["content"]["kind"] == "TD quote", found


@case
def a_sealed_message_is_not_read_as_if_it_were_open(tmp):
    sealed = [(name, tree) for name, _, tree in on_page(tmp, "sev-snp") if name.endswith("message")]
    assert {name for name, _ in sealed} == {"message", "response message"}, sealed
    for name, tree in sealed:
        assert tree["algo"][""] == "1" and "msg_seqno" in tree and "status" not in tree, (name, tree)


@case
def reads_up_to_the_end_of_a_file_are_one_step_with_their_count(tmp):
    can_run()
    script = """
import os
d = "/sys/kernel/config/tsm/report/x/"
os.mkdir(d)
f = os.open(d + "provider", os.O_RDONLY)
while os.read(f, 4): pass
assert os.pread(f, 100, 0)
os.close(f)
f = os.open(d + "outblob", os.O_RDONLY)
try: os.read(f, 100)
except OSError: pass
os.open(d + "generation", os.O_RDONLY)
os.pread(f + 1, 100, 0)
"""
    for tee in "tdx", "sev-snp":
        trace, status = traced(tmp, "--tee", tee, "--", sys.executable, "-c", script)
        assert status == 0
        check(trace)
        size = len("tdx_guest\n" if tee == "tdx" else "sev_guest\n")
        read = [(e["name"], e["args"].get("returned"), e["args"].get("reads")) for e in steps(trace, "reads")]
        assert read == [("reads provider", f"{size} bytes in 4 reads", 4), ("reads provider", f"{size} bytes", None),
                        ("reads outblob", "Invalid argument", None), ("reads generation", "2 bytes", None)], read
        assert not [e for e in trace if e["ph"] == "X" and e["args"].get("unfinished")]


QGS_CLIENT = """
import socket, struct, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall(struct.pack(">I", 16) + struct.pack("<HHIII", 1, 1, 4, 16, 0))
while s.recv(4096): pass
"""


@case
def requests_to_the_quoting_service_itself_are_steps(tmp):
    can_run()
    for fault, size in ((), 64), (("--fault", "qgs-half-close"), 30):
        trace, status = traced(tmp, "--tee", "tdx", "--qgs", "unix:q", *fault, "--", sys.executable, "-c", QGS_CLIENT, "q")
        assert status == 0
        check(trace)
        connection, = steps(trace, "connection")
        request, = steps(trace, "GET_PLATFORM_INFO_REQ, 16 bytes")
        a = request["args"]
        assert connection["args"]["pid"] > 0 and a["parent"] == connection["args"]["id"] and a["request"] == 1, (connection, request)
        assert (a["QGS request"]["size"], a["QGS response"]["size"], a["error_code"], a["returned"]) == (16, size, "0x0", f"{size} bytes"), request


@case
def each_fault_leaves_a_trace_that_is_complete(tmp):
    can_run()
    listed = subprocess.run([JURAT, "run", "--list-faults"], capture_output=True, text=True, check=True, timeout=60).stdout
    specs = [line for line in listed.splitlines() if line and not line.startswith(" ")]
    assert len(specs) >= 9, specs
    for spec in specs:
        head, _, words = spec.partition(":")
        faults = [VALUES[spec]] if spec in VALUES else [f"{head}:{w}" for w in words.split("|")] if "|" in words else [spec]
        for fault in faults:
            tee, program = ("tdx", QUOTE) if re.match("tdx|qgs", fault) else ("sev-snp", ATTEST)
            trace, _ = traced(tmp, "--tee", tee, "--fault", fault, "--", *program)
            check(trace)
            assert trace[-1]["name"].startswith("exited with status"), (fault, trace[-1])
            assert not [e for e in trace if e["ph"] == "X" and e["args"].get("unfinished")], fault


@case
def polls_are_one_step_with_their_count(tmp):
    can_run()
    trace, _ = traced(tmp, "--tee", "tdx", "--fault", "tdx-hang", "--", *QUOTE)
    polls = steps(trace, "still in flight")
    assert sum(e["args"].get("count", 1) for e in polls) >= 29 and len(polls) <= 2, polls
    trace, _ = traced(tmp, "--fault", "busy:9", "--", *ATTEST)
    again = steps(trace, "resends the identical page")
    assert [e["args"].get("count", 1) for e in again] == [8, 1], again


@case
def parallel_requests_are_on_tracks_of_their_own(tmp):
    can_run()
    script = f"for i in 1 2 3 4 5 6; do '{JURAT}' attest --via ioctl --out r$i & done; wait"
    trace, status = traced(tmp, "--", "/bin/sh", "-c", script)
    assert status == 0
    check(trace)
    ioctls = steps(trace, "ioctl(")
    assert len({e["args"]["request"] for e in ioctls}) == len(ioctls) >= 6
    assert len({e["args"]["thread"] for e in ioctls}) >= 6


@case
def a_program_that_is_killed_leaves_a_trace_that_is_complete(tmp):
    can_run()
    trace, status = traced(tmp, "--", "/bin/sh", "-c", f"'{JURAT}' attest --via ioctl --out r; kill -9 $$")
    assert status in (128 + signal.SIGKILL, -signal.SIGKILL), status
    check(trace)
    assert trace[-1]["name"] == "was killed by signal 9", trace[-1]
    trace, status = traced(tmp, "--", tmp / "absent")
    assert status == 127 and trace[-1]["name"] == "cannot be executed", trace[-1]


@case
def a_run_that_is_killed_leaves_whole_events(tmp):
    """The supervisor by SIGKILL: an array that only lacks its end, and text of whole lines."""
    can_run()
    for name in "a.json", "a.txt":
        script = f"'{JURAT}' attest --via ioctl --out r && echo ready && exec sleep 60"
        with subprocess.Popen([JURAT, "run", "--trace", name, "--", "/bin/sh", "-c", script], cwd=tmp, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as p:
            assert any(line == b"ready\n" for line in p.stdout)
            p.kill()
        text = (tmp / name).read_text()
        assert text.endswith("\n") and "ioctl(/dev/sev-guest, SNP_GET_REPORT)" in text, text
        if name == "a.json":
            assert text.endswith("},\n"), text[-200:]
            check(json.loads(text.rstrip(",\n") + "]", object_pairs_hook=members))
        else:
            assert all(re.match(r" *[\d.]+ us +[\d.]+ us  ", line) for line in text.splitlines()), text


@case
def the_demo_writes_a_trace_too(tmp):
    for name in "d.json", "d.mmd", "d.txt":
        subprocess.run([JURAT, "demo", "--dir", "e", "--trace", name], cwd=tmp, check=True, capture_output=True, timeout=60)
    trace = parsed(tmp / "d.json")
    check(trace)
    assert {e["args"]["name"] for e in trace if e["name"] == "process_name"} == {"SEV-SNP guest 0", "TD 1"}
    mermaid = (tmp / "d.mmd").read_text().splitlines()
    arrows = re.compile(r"    (\w+)-(?:->>-|>>\+|>>|->>)(\w+): .+|    Note over \w+(,\w+)?: .+|    participant \w+ as .+")
    assert mermaid[0] == "sequenceDiagram" and all(arrows.fullmatch(line) for line in mermaid[1:]), [m for m in mermaid[1:] if not arrows.fullmatch(m)]
    assert sum("->>+" in m for m in mermaid) == sum("-->>-" in m for m in mermaid)
    p = subprocess.run([JURAT, "demo", "--dir", "e", "--trace", "d.doc"], cwd=tmp, capture_output=True, text=True, timeout=60)
    assert p.returncode == 2 and "expected a name ending in" in p.stderr, p


sys.exit(main())
