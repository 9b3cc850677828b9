# SPDX-License-Identifier: MIT
"""Nothing is used after it was freed, and nothing is freed while it is used, in whatever order and by whatever thread."""
import concurrent.futures
import copy
import gc
import itertools
import pickle
import random
import subprocess
import sys
import threading
import time

import pytest

import jurat
from conftest import NONCE
from jurat import sim


def test_a_closed_handle_is_an_error(machine, report, platform):
    verdict = machine.verifier().verify(report)
    handles = [(jurat.Verifier(), lambda h: h.appraise(report)), (jurat.Policy(), lambda h: machine.verifier().verify(report, h)),
               (jurat.Policy(), lambda h: h.warnings), (verdict, lambda h: h.reasons), (verdict, lambda h: h.json()),
               (verdict, lambda h: h.report_data), (jurat.Collateral(), lambda h: platform.verifier().appraise(jurat.TdxEvidence(b""), collateral=h)),
               (sim.SnpMachine(), lambda h: h.root), (sim.SnpMachine(), lambda h: h.guest()), (sim.SnpMachine().guest(), lambda h: h.report(NONCE)),
               (sim.TdxPlatform().td(), lambda h: h.quote(NONCE))]
    for handle, use in handles:
        handle.close()
        handle.close()
        with pytest.raises(ValueError, match=f"this {type(handle).__name__} is closed"):
            use(handle)
        with pytest.raises(ValueError, match="is closed"), handle:
            pass
    assert verdict.accepted  # as it was


def test_context_managers_close(report):
    with jurat.Verifier() as verifier:
        assert not verifier.appraise(report)
    with pytest.raises(ValueError, match="closed"):
        verifier.appraise(report)


def test_a_verdict_outlives_its_verifier(machine, report):
    verdict = machine.verifier().verify(report)
    gc.collect()
    assert verdict.report_data == NONCE and verdict.text()


def test_a_guest_outlives_the_object_of_its_machine():
    for close in (True, False):
        machine = sim.SnpMachine()
        guest, verifier = machine.guest(), machine.verifier()
        if close:
            machine.close()
        del machine
        gc.collect()
        verifier.verify(guest.report(NONCE))


def test_cycles_are_collected_in_any_order():
    for order in itertools.permutations(range(4)):
        machine = sim.SnpMachine()
        platform = sim.TdxPlatform()
        things = [machine, machine.guest(), platform, platform.td()]
        holders = [[] for _ in things]
        for i, holder in enumerate(holders):  # a cycle through all of them
            holder += [things[order[i]], holders[(i + 1) % 4]]
        del machine, platform, things, holders, holder
        assert gc.collect() > 0


def test_what_is_finalized_later_cannot_use_what_is_freed(report):
    said = []

    class Late:
        def __init__(self):
            self.verifier, self.policy, self.me = jurat.Verifier(), jurat.Policy(), self

        def __del__(self):
            try:
                said.append(bool(self.verifier.appraise(report, self.policy)))
            except ValueError as why:
                said.append(str(why))

    for _ in range(8):
        Late()
    gc.collect()
    assert len(said) == 8 and True not in said


def test_handles_are_neither_copied_nor_pickled():
    for handle in (jurat.Verifier(), jurat.Policy(), sim.SnpMachine()):
        for make in (copy.copy, copy.deepcopy, pickle.dumps):
            with pytest.raises(TypeError, match="cannot be pickled or copied"):
                make(handle)


def test_threads_share_a_verifier_and_one_closes_it(machine, report):
    verifier, policy = machine.verifier(), jurat.Policy(report_data=NONCE)
    started = threading.Barrier(9)

    def verify():
        started.wait()
        accepted = 0
        while True:
            try:
                verdict = verifier.verify(report, policy)
            except ValueError:
                return accepted
            assert verdict.report_data == NONCE and verdict.reasons == ()
            accepted += 1

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        done = [pool.submit(verify) for _ in range(8)]
        started.wait()
        for _ in range(4):
            machine.verifier().verify(report, policy)
        verifier.close()
        policy.close()
        assert sum(d.result() for d in done) > 8


def test_threads_read_a_verdict_that_one_of_them_closes(machine, report):
    for _ in range(8):
        verdict = machine.verifier().verify(report)

        def read():
            try:
                while True:
                    assert verdict.report_data == NONCE and len(verdict.not_judged) == 3 and verdict.field("host_data") == b"\x22" * 32
            except ValueError:
                return True

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            done = [pool.submit(read) for _ in range(4)]
            verdict.close()
            assert all(d.result() for d in done)


def test_threads_share_a_machine_and_drop_its_guests():
    machine = sim.SnpMachine()

    def use(seed):
        chosen = random.Random(seed)
        guests = []
        for _ in range(25):
            if guests and chosen.random() < 0.5:
                guests.pop(chosen.randrange(len(guests)))
            guests.append(machine.guest())
            assert chosen.choice(guests).report(NONCE).report[0x50:0x90] == NONCE
        return True

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert all(pool.map(use, range(8)))


def test_the_gil_is_released_during_verification(machine, report):
    verifier, ran, stop = machine.verifier(), [0], threading.Event()

    def count():
        while not stop.is_set():
            ran[0] += 1
            time.sleep(0)  # gives the GIL up

    thread, before = threading.Thread(target=count), sys.getswitchinterval()
    thread.start()
    sys.setswitchinterval(1000)  # and this thread gives it up only in calls that release it
    try:
        ran_before = ran[0]
        for _ in range(200):
            verifier.verify(report)
            if ran[0] > ran_before:
                break
        ran_after = ran[0]
    finally:
        sys.setswitchinterval(before)
        stop.set()
        thread.join()
    assert ran_after > ran_before


def test_bytes_that_change_during_a_call_are_a_copy(machine, report):
    buffer, stop = bytearray(report.report), threading.Event()
    evidence = jurat.SnpEvidence(buffer, report.certs)

    def scribble():
        while not stop.is_set():
            buffer[0x90] ^= 1

    thread, verifier = threading.Thread(target=scribble), machine.verifier()
    thread.start()
    try:
        for _ in range(20):
            verdict = verifier.appraise(evidence)
            assert verdict.accepted == (verdict.measurement == b"\x11" * 48)
    finally:
        stop.set()
        thread.join()


def test_an_interpreter_that_ends_frees_nothing_twice():
    program = ("import jurat, threading\nfrom jurat import sim\nm = sim.SnpMachine(); g = m.guest(); p = sim.TdxPlatform(); t = p.td()\n"
               "e = g.report(bytes(64)); v = m.verifier(); r = v.verify(e); cycle = [m, g]; cycle.append(cycle)\n"
               "threading.Thread(target=lambda: [v.verify(e) for _ in range(100000)], daemon=True).start()\n")
    for _ in range(2):
        done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
