#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`jurat explore` as its users meet it, and doc/explore.md beside its list of breaks. Prints TAP; test_explore.py JURAT DOC"""
import json
import os
import pathlib
import re
import resource
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from tap import Skip, case, main, terminal  # noqa: E402

JURAT, DOC = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2])
HOLDS = "--scenario", "no-lock-no-update"  # quick machines: one that holds,
BROKEN = "--break", "sequence-reused"  # one that does not,
ENDLESS = "--vcpus", "3", "--requests", "5", "--updaters", "2", "--updates", "2", "--readers", "qemu"  # and one that takes days
TIMES = "seconds", "steps_per_second"
BOUNDS = "depth", "switches", "max-states", "timeout"
INVARIANTS = ["I1", "I2", "I3", "I4", "I5", "I6", "I7"]


def without_sanitizer(text):
    """AddressSanitizer warns once that coroutines may confuse it."""
    return re.sub(r"==[0-9]+==WARNING: ASan doesn't fully support makecontext[^\n]*\n", "", text)


def explore(*args, status=0):
    p = subprocess.run([JURAT, "explore", *map(str, args)], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=240)
    assert p.returncode == status, (args, p.returncode, p.stdout[-900:], p.stderr)
    p.stderr = without_sanitizer(p.stderr)
    return p


def result(*args, status=0):
    p = explore(*args, "--output", "json", status=status)
    assert p.stderr == "", p.stderr
    return json.loads(p.stdout)


def listed():
    return json.loads(explore("--list", "--output", "json").stdout)


@case
def usage_errors_exit_with_2_and_name_the_options(_):
    for args, words in [
            (("--break", "nonsense"), "--break: unknown name 'nonsense' (see jurat explore --list)"),
            (("--scenario", "no-drain"), "--scenario: unknown name 'no-drain'"),
            (("--break", "no-drain", "--scenario", "polled-flag"), "--break and --scenario"),
            (("--sync", "v14", "--break", "no-drain"), "--sync and --break"),
            (("--sync", "upstream", "--scenario", "polled-flag"), "--sync and --scenario"),
            (("--sync", "v16"), "v15-fixed"), (("--readers", "virsh"), "naive"),
            (("--vcpus", "0"), "--vcpus: expected a number from 1 to 3, found '0'"), (("--vcpus", "4"), "from 1 to 3, found '4'"),
            (("--requests", "0"), "from 1"), (("--updates", "0"), "from 1"), (("--crashes", "-1"), "found '-1'"),
            (("--depth", "many"), "found 'many'"), *(((f"--{bound}", "0"), f"--{bound}: expected a number from 1 to ") for bound in (*BOUNDS, "steps")),
            (("--break", "no-mutex", "--updates", "1"), "--updates needs --updaters: --break no-mutex has no updater"),
            (("--break", "no-drain", "--power-loss"), "--power-loss needs --crashes"),
            (("--break", "tdx-odd-size", "--readers", "qemu"), "--readers does not apply to --break tdx-odd-size"),
            (("--scenario", "tdx-size", "--crashes", "1"), "--crashes does not apply to --scenario tdx-size"),
            (("--seed", "1", "--max-states", "9"), "--max-states does not apply to random orders (--seed)"),
            (("--updaters", "3", "--updates", "5"), "3 updaters with 5 updates each: expected a machine with at most 6 certificate tables, found "),
            (("--sync", "v15", "--readers", "naive"), "scheme"), (("--trace", "history.svg"), ".html, .json, .mmd or .txt, found 'history.svg'"),
            (("more",), "unexpected argument 'more'")]:
        p = explore(*args, status=2)
        assert words in p.stderr and p.stdout == "" and p.stderr.count("\n") == 1, (args, p.stdout[-300:], p.stderr)


@case
def the_list_is_the_same_as_text_and_json(_):
    both, text = listed(), explore("--list").stdout
    assert [row["name"] for row in both["invariants"]] == INVARIANTS
    assert len(both["breaks"]) >= 14 and len(both["scenarios"]) >= 8, both
    for row in both["breaks"] + both["scenarios"]:
        assert row["breaks"] in [*INVARIANTS, None], row
        assert f"\n{row['name']}: {'breaks ' + row['breaks'] if row['breaks'] else 'holds'}\n" in text, row
        assert row["what"] in " ".join(text.split()), row
    assert all(row["breaks"] for row in both["breaks"])
    assert max(map(len, text.splitlines())) <= 80, text


@case
def a_machine_that_holds_is_exhausted(_):
    d = result(*HOLDS)
    assert (d["exhausted"], d["bound"], d["violation"], d["expected"], d["as_expected"]) == (True, None, None, "holds", True), d
    assert (d["sync"], d["break"], d["scenario"]) == ("none", None, HOLDS[1]), d
    assert d["machine"] == {
        "tee": "sev-snp", "vcpus": 2, "requests": 1, "readers": "none", "updaters": 0, "updates": 0, "administrator": False, "crashes": 0,
        "power_loss": False, "signals": False, "lock_timeouts": False, "small_buffer": 0, "firmware_error": 0,
        "posted_driver": False, "spurious": 0}, d
    assert d["states"] > 10 and d["orders"] > d["known"] > 0 and d["steps"] > d["orders"] and d["longest"] > 3, d
    text = explore(*HOLDS).stdout
    assert f"{d['states']} states" in text and f"{d['steps']} steps" in text, text
    assert "every invariant holds in every order" in text and "\nexpected  yes: " in text, text


@case
def a_broken_machine_exits_with_1_and_prints_the_shortest_history(_):
    d = result(*BROKEN, status=1)
    v = d["violation"]
    assert (d["exhausted"], d["bound"], d["expected"], d["as_expected"]) == (False, None, "I6", True), d
    assert v["invariant"] == "I6" and v["text"].startswith("I6: ") and "nonce" in v["means"] and v["shortest"], v
    assert all(set(step) == {"step", "from", "to", "text"} for step in v["history"]), v
    numbers = [step["step"] for step in v["history"]]
    assert numbers == sorted(numbers) and numbers[-1] <= v["steps"] and len(numbers) > 5, v
    assert v["history"][-1]["text"] == v["text"], v
    lines = explore(*BROKEN, status=1).stdout.splitlines()
    assert v["text"] in lines[-1] and any(line.startswith("expected  yes: --break sequence-reused breaks I6") for line in lines), lines
    assert any(line.startswith("I6        no two messages are encrypted") for line in lines), lines


@case
def what_is_expected_is_said_of_the_named_machine_only(_):
    assert result(*BROKEN, "--vcpus", 1, status=1)["as_expected"] is True  # as it is anyway
    d = result(*BROKEN, "--requests", 2, status=1)
    assert (d["machine"]["requests"], d["expected"], d["as_expected"]) == (2, None, None), d
    assert "quote" in result("--break", "tdx-two-buffers", status=1)["violation"]["means"]
    assert "\nexpected" not in explore(*BROKEN, "--requests", 2, status=1).stdout


@case
def options_change_the_machine(_):
    d = result(*ENDLESS, "--crashes", 1, "--power-loss", "--max-states", 5)
    assert d["machine"] | {"crashes": 1, "power_loss": True, "vcpus": 3, "requests": 5, "readers": "qemu", "updaters": 2, "updates": 2} == d["machine"], d
    assert result("--break", "no-mutex", "--updaters", 1, "--max-states", 5)["machine"]["updates"] == 1
    assert result("--sync", "v14", "--max-states", 5)["sync"] == "v14"
    assert result("--break", "tdx-two-buffers", "--vcpus", 1, "--max-states", 5)["sync"] is None


@case
def a_bound_that_was_reached_is_named(_):
    for bound, options in {"max-states": ["--max-states", 100], "depth": ["--max-states", 3000, "--depth", 4], "timeout": ["--timeout", 1]}.items():
        d = result(*ENDLESS, *options)
        assert (d["exhausted"], d["bound"], d["violation"], d["as_expected"]) == (False, bound, None, None), (bound, d)
        text = " ".join(explore(*ENDLESS, *options).stdout.split())
        assert "no invariant is broken so far; NOT EXHAUSTIVE" in text and f"--{bound} {options[-1]}" in text, text
    d = result(*HOLDS, "--max-states", 3)  # nothing is broken so far: that proves nothing
    assert (d["expected"], d["as_expected"]) == ("holds", None), d
    assert result(*ENDLESS, "--depth", 4)["longest"] <= 4
    assert result(*ENDLESS, "--max-states", 100)["states"] == 100
    d = result(*HOLDS, "--switches", 1)
    assert (d["exhausted"], d["bound"]) == (False, "switches") and d["states"] < result(*HOLDS)["states"], d


@case
def random_orders_are_the_same_with_the_same_seed(_):
    def sample(*options):
        d = result(*ENDLESS, "--steps", 5000, *options)
        for time in TIMES:
            assert d.pop(time) > 0
        return d

    a, b = sample(), sample("--seed", 2)
    assert (a["seed"], a["bound"], a["exhausted"], a["states"], b["seed"]) == ("1", "steps", False, 0, "2"), a
    assert a["steps"] >= 5000 and a == sample() == sample("--seed", 1)
    assert {**a, "seed": "2"} != b == sample("--seed", 2)


@case
def the_same_options_print_the_same_bytes(_):
    for options in BROKEN, [*BROKEN, "--steps", 100000, "--seed", 3]:
        a, b = (re.sub(r"^time .*$", "", explore(*options, status=1).stdout, flags=re.M) for _ in range(2))
        assert a == b and a.count("\n") > 8, (a, b)
    found = result(*options, status=1)["violation"]
    again = result(*BROKEN, "--steps", 1, "--seed", found["seed"], status=1)
    assert found["shortest"] is False and again["violation"] == found and again["orders"] == 1, (found, again)
    assert f"\nrepeat    --steps 1 --seed {found['seed']} finds it at once\n" in a, a
    assert "\n\nA history; there may be shorter ones:\n" in a and "\n\nThe shortest history:\n" in explore(*BROKEN, status=1).stdout, a
    found = result("--break", "unlock-before-run", "--steps", 50000, "--seed", 5, status=1)  # neither is made less short
    assert found["orders"] > 1 and found["violation"] == result("--break", "unlock-before-run", "--steps", 1, "--seed", found["violation"]["seed"], status=1)["violation"], found


@case
def the_trace_has_the_history_in_three_formats(tmp):
    history = result(*BROKEN, status=1)["violation"]["history"]
    explore(*BROKEN, "--trace", tmp / "a.txt", status=1)
    explore(*BROKEN, "--trace", tmp / "a.mmd", status=1)
    explore(*BROKEN, "--trace", tmp / "a.json", status=1)
    text, mermaid = (tmp / "a.txt").read_text(), (tmp / "a.mmd").read_text()
    assert explore(*BROKEN, status=1).stdout.endswith(":\n" + text), text
    assert mermaid.startswith("sequenceDiagram\n") and history[-1]["text"].split(":")[0] in mermaid, mermaid
    events = json.loads((tmp / "a.json").read_text())
    locks = [e for e in events if e.get("cat") == "lock"]
    assert locks and all(e["name"].startswith("holds ") and e["dur"] >= 1 for e in locks), locks
    events = [e for e in events if e not in locks]
    assert [e["name"] for e in events if e["ph"] != "M"][-1].endswith(history[-1]["text"]), events[-1]
    assert len([e for e in events if e["ph"] != "M"]) == len(history), events
    explore(*HOLDS, "--trace", tmp / "none.txt")
    assert sorted(p.name for p in tmp.iterdir()) == ["a.json", "a.mmd", "a.txt"]


@case
def a_page_has_a_bar_for_each_lock_that_is_held(tmp):
    """A VMM that drops its lock before KVM_RUN: its bar ends before the updater's begins."""
    explore("--break", "unlock-before-run", "--trace", tmp / "a.html", status=1)
    steps = [json.loads(line) for line in (tmp / "a.html").read_text().splitlines() if line.startswith('{"kind":')]
    held = {e["f"]: e for e in steps if e["kind"] == "lock" and e["t"] == "certs"}
    reader, updater = held["vCPU 0"], held["updater"]
    assert reader["x"] == "holds certs, shared" and "l" not in reader and updater["l"] == 1, held
    assert reader["e"] <= updater["b"] and "u" not in reader and updater["u"] == 1, held
    unlock, = [e for e in steps if e["kind"] == "step" and e["f"] == "vCPU 0" and e["x"].startswith("unlock certs")]
    assert unlock["b"] == reader["e"], (unlock, reader)


@case
def a_trace_goes_where_its_path_leads(tmp):
    (tmp / "link.txt").symlink_to("there.txt")
    for was in False, True:
        assert (tmp / "there.txt").exists() == was
        explore(*BROKEN, "--trace", tmp / "link.txt", status=1)
        assert (tmp / "link.txt").is_symlink() and "VIOLATION" in (tmp / "there.txt").read_text()
        (tmp / "there.txt").write_text("old")
    assert sorted(p.name for p in tmp.iterdir()) == ["link.txt", "there.txt"]


@case
def a_trace_is_written_also_when_standard_output_is_not(tmp):
    with open("/dev/full", "wb") as full:
        p = subprocess.run([JURAT, "explore", *BROKEN, "--trace", tmp / "full.txt"], stdout=full, stderr=subprocess.PIPE, text=True, timeout=240)
    assert p.returncode == 3 and "cannot write to standard output: No space left on device" in p.stderr, p
    end, closed = os.pipe()
    os.close(end)
    p = subprocess.run([JURAT, "explore", *BROKEN, "--trace", tmp / "closed.txt"], stdout=closed, stderr=subprocess.PIPE, timeout=240)
    os.close(closed)
    assert p.returncode == -signal.SIGPIPE, p
    assert "VIOLATION" in (tmp / "full.txt").read_text() == (tmp / "closed.txt").read_text()


@case
def a_trace_that_cannot_be_written_is_refused_before_the_search(tmp):
    (tmp / "d.txt").mkdir()
    for path, why in [(tmp / "none" / "a.txt", "No such file or directory"), (tmp / "d.txt", "Is a directory"), ("/proc/a.txt", "")]:  # also root cannot
        p = explore(*ENDLESS, "--max-states", 100, "--trace", path, status=3)
        assert p.stdout == "" and f"cannot write '{path}'" in p.stderr and why in p.stderr, p
    assert [p.name for p in tmp.iterdir()] == ["d.txt"]


class OnTerminal:
    """A search whose standard error is a terminal."""

    def __init__(self, *args, **how):
        self.terminal, end = terminal()
        self.process = subprocess.Popen([JURAT, "explore", *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=end, text=True, **how)
        os.close(end)
        self.seen = ""

    def read(self):
        """What comes next; "": there is nothing more."""
        try:
            more = os.read(self.terminal, 4096).decode()
        except OSError:  # EIO: the other end is closed
            more = ""
        self.seen = without_sanitizer(self.seen + more)
        return more

    def close(self):
        while self.read():
            pass
        out = self.process.stdout.read()
        os.close(self.terminal)
        return self.process.wait(timeout=60), out


@case
def a_terminal_shows_the_progress_in_one_line(_):
    p = OnTerminal(*ENDLESS, "--max-states", "1000")
    status, out = p.close()
    assert status == 0 and "NOT EXHAUSTIVE" in out, (status, out)
    before, first, *_, last, after = p.seen.split("\r\033[K")
    for line in first, last:
        assert re.fullmatch(r"([0-9]+ states, )?[0-9]+ orders, [0-9]+ steps/s, [0-9]+ s", line), line
    assert before == after == "" and "\n" not in p.seen, (before, after)


@case
def the_progress_of_shortening_fits_on_a_terminal(_):
    p = OnTerminal("--break", "stale-exit")
    assert p.close()[0] == 1
    lines = [line for line in p.seen.split("\r\033[K") if line.startswith("broken")]
    assert lines and max(map(len, lines)) < 72, lines  # numbers of other machines have more digits


@case
def signals_print_what_was_covered(_):
    for number, status in (signal.SIGINT, 130), (signal.SIGTERM, 143):
        for output in "text", "json":
            p = OnTerminal(*ENDLESS, "--output", output)
            while "states" not in p.seen:
                assert p.read(), p.process.wait()
            p.process.send_signal(number)
            ended, out = p.close()
            assert ended == status, (number, ended, out)
            if output == "json":
                d = json.loads(out)
                assert (d["exhausted"], d["bound"], d["violation"]) == (False, "signal", None) and d["states"] > 0, d
            else:
                assert "NOT EXHAUSTIVE: stopped by a signal" in " ".join(out.split()), out


@case
def a_search_that_is_out_of_memory_prints_what_was_covered(_):
    if b"__asan_init" in pathlib.Path(JURAT).read_bytes():
        raise Skip("AddressSanitizer needs more address space than a limit leaves")
    p = OnTerminal("--sync", "v14", "--output", "json", "--timeout", "200")
    while "states" not in p.seen:
        assert p.read(), p.process.wait()
    has = int(pathlib.Path(f"/proc/{p.process.pid}/statm").read_text().split()[0]) * resource.getpagesize()
    resource.prlimit(p.process.pid, resource.RLIMIT_AS, (has, has))
    ended, out = p.close()
    d = json.loads(out)
    assert ended == 4 and p.seen.endswith("jurat explore: out of memory\r\n"), (ended, p.seen[-200:])
    assert (d["exhausted"], d["bound"], d["violation"], d["as_expected"]) == (False, "memory", None, None) and d["states"] > 0, d


@case
def signals_that_are_ignored_stay_ignored(_):
    """As those of a shell's job in the background: Ctrl-C is for another."""
    p = OnTerminal(*ENDLESS, "--timeout", "2", "--output", "json", preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
    while "states" not in p.seen:
        assert p.read(), p.process.wait()
    p.process.send_signal(signal.SIGINT)
    ended, out = p.close()
    assert (ended, json.loads(out)["bound"]) == (0, "timeout"), (ended, out)


@case
def histories_fit_on_a_page(_):
    """Notes of the updater are long; the last line is the violation, which is one line."""
    for name in "unlock-before-run", "no-drain":
        lines = explore("--break", name, status=1).stdout.splitlines()
        assert len(lines) > 40 and max(map(len, lines[:-1])) <= 115, [line for line in lines if len(line) > 115]
        assert any(re.fullmatch(" +updater +the firmware signs with .*", line) for line in lines), lines


@case
def a_history_of_several_vcpus_names_the_one_that_a_firmware_call_is_for(_):
    def requests(*options):
        return [e["text"] for e in result(*options, status=1)["violation"]["history"] if e["to"] == "firmware"]

    assert requests("--break", "no-mutex")[0] in [f"SNP_GUEST_REQUEST sequence 1, vCPU {i}" for i in range(2)]
    assert requests("--scenario", "done-after-firmware-error") == ["SNP_GUEST_REQUEST sequence 1"]


@case
def the_document_has_the_breaks_as_they_are_listed(_):
    part = DOC.read_text(encoding="utf-8").split("\n## Breaks\n")[1].split("\n## ")[0]
    wanted = [f"| `{row['name']}` | {row['what']} | {row['breaks']} |" for row in listed()["breaks"]]
    assert re.findall(r"^\| `.*$", part, re.M) == wanted, "expected in this order:\n" + "\n".join(wanted)


@case
def the_document_has_the_invariants_as_they_are_listed(_):
    tables = DOC.read_text(encoding="utf-8").split("\n## Invariants\n")[1].split("\n## ")[0].split("\nOn TDX:\n")
    for table, tee in zip(tables, ("snp", "tdx"), strict=True):
        rows = re.findall(r"^\| (I[0-9]) \| (.*?) \|", table, re.M)
        wanted = [(row["name"], row[tee][0].upper() + row[tee][1:] + ".") for row in listed()["invariants"] if row[tee]]
        assert rows == wanted, (rows, wanted)


if __name__ == "__main__":
    sys.exit(main())
