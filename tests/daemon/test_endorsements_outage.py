#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: MIT
"""juratd endorsements while replicas, the shared stock and the vendors' services fail under load: test_endorsements_outage.py JURATD.

Clients get the right answer or a clean error, soon; nothing wrong is served or kept; and the vendors never see more than the quota. Vendors, replicas
and server are processes of this machine; every answer is compared, byte by byte, with the software platform's own."""
import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "support"))
sys.path.insert(0, str(pathlib.Path(__file__).parent))
from endorsements_world import Juratd, Load, Vendors, assert_quota, get, roots, targets_of, until  # noqa: E402
from redis_server import Redis  # noqa: E402
from tap import Skip, case, main  # noqa: E402

JURATD = sys.argv[1]
CHIPS = 16
# The slack is for a vendor whose thread notes a request late, beside busy processes; two replicas that do not share a quota are 0.5 s early.
INTERVAL_MS, BURST, SLACK_S = 60, 2, 0.2
WAIT_MS, LONGEST_S = 1500, 6
CLAIMS = "jurat:claim:*"


@contextlib.contextmanager
def vendors():
    """The vendors' services of this case, and the right answers: request -> body."""
    with Vendors(PLATFORM) as front:
        front.answers = ANSWERS
        front.others = list(RIGHT)
        yield front, RIGHT


def replica(front, store, *options, interval_ms=INTERVAL_MS, burst=BURST, under=()):
    return Juratd(JURATD, "--store", store, "--upstream", front.url, "--roots", roots(), "--kds-interval", interval_ms, "--kds-burst", burst,
                  "--wait", WAIT_MS, *options, under=under)


def all_right(port, right):
    """Asks until everything is served; the right bytes, or a clean error meanwhile."""
    left = dict(right)
    ends = time.monotonic() + 15
    while left:
        for target in list(left):
            status, _, body = get(port, target)
            if status == 200:
                assert body == left.pop(target), target
            else:
                assert status in Load.CLEAN, (target, status, body)
        assert time.monotonic() < ends, f"{len(left)} of {len(right)} not served"


def quota_was_kept(front, interval_ms=INTERVAL_MS, burst=BURST):
    times = front.asked()
    assert times, "nobody asked the vendors"
    assert_quota(times, interval_ms / 1000, burst, SLACK_S)
    return len(times)


@case
def replicas_are_killed_and_start_again_under_load(tmp):
    with vendors() as (front, right), Redis() as redis, contextlib.ExitStack() as stack:
        front.delay_s = 0.02
        replicas = [stack.enter_context(replica(front, redis.url, "--local-copy", tmp / str(i))) for i in range(3)]
        deaths = 0
        with Load(replicas, right) as load:
            for turn in range(9):
                until("an answer", lambda n=load.count[200]: load.count[200] > n)
                replicas[turn % 3].kill()
                replicas[turn % 3].start()
                deaths += 1
        redis.expire(CLAIMS)  # of the dead
        for r in replicas:
            all_right(r.port, right)
        asked = quota_was_kept(front)
        print(f"# {load.text()}; {deaths} deaths, {asked} requests for {CHIPS} VCEKs, longest {load.longest_s:.1f} s")
        assert CHIPS <= asked <= CHIPS + deaths, asked
        assert load.longest_s < LONGEST_S


@case
def the_server_is_killed_and_starts_again_under_load(tmp):
    with vendors() as (front, right), Redis() as redis, contextlib.ExitStack() as stack:
        replicas = [stack.enter_context(replica(front, redis.url, "--local-copy", tmp / str(i))) for i in range(2)]
        with Load(replicas, right) as load:
            for _ in range(3):
                until("an answer", lambda n=load.count[200]: load.count[200] > n)
                redis.kill()
                until("an answer without the server", lambda n=sum(load.count.values()): sum(load.count.values()) > n + 20)
                redis.start()
        for r in replicas:
            all_right(r.port, right)
        asked = quota_was_kept(front)
        print(f"# {load.text()}; {asked} requests for {CHIPS} VCEKs, longest {load.longest_s:.1f} s")
        assert CHIPS <= asked <= 4 * CHIPS, asked
        assert load.longest_s < LONGEST_S


@case
def a_server_without_its_data_gets_it_back_from_the_local_copies(tmp):
    with vendors() as (front, right), Redis() as redis, contextlib.ExitStack() as stack:
        replicas = [stack.enter_context(replica(front, redis.url, "--local-copy", tmp / str(i), interval_ms=1, burst=1000)) for i in range(2)]
        for r in replicas:
            all_right(r.port, right)  # the second reads from the server what the first has fetched
        redis.kill()
        redis.start()
        replicas[0].kill()  # what it has in memory is gone, too
        replicas[1].kill()
        replicas[1].start()
        all_right(replicas[1].port, right)
        assert len(front.asked()) == CHIPS, len(front.asked())
        values = redis.call("KEYS", "jurat:value:vcek:*")
        assert len(values) == CHIPS, len(values)


@case
def the_server_does_not_answer(tmp):
    with vendors() as (front, right), Redis() as redis, contextlib.ExitStack() as stack:
        replicas = [stack.enter_context(replica(front, redis.url, "--local-copy", tmp / str(i))) for i in range(2)]
        with Load(replicas, right) as load:
            until("an answer", lambda: load.count[200] > 0)
            redis.stop()
            until("answers without the server", lambda n=sum(load.count.values()): sum(load.count.values()) > n + 20)
            redis.go_on()
        redis.expire(CLAIMS)  # that could not be given back
        for r in replicas:
            all_right(r.port, right)
        print(f"# {load.text()}; {quota_was_kept(front)} requests for {CHIPS} VCEKs, longest {load.longest_s:.1f} s")
        assert load.longest_s < LONGEST_S


@case
def a_replica_is_stopped_amid_a_single_flight(tmp):
    with vendors() as (front, right), Redis() as redis, contextlib.ExitStack() as stack:
        front.delay_s = 0.2
        first, second = [stack.enter_context(replica(front, redis.url, "--local-copy", tmp / str(i), burst=1)) for i in range(2)]
        target, body = next(iter(right.items()))
        chain = target.split("?")[0].rsplit("/", 1)[0] + "/cert_chain"
        all_right(first.port, {chain: front.answers_to(chain)})
        lone = threading.Thread(target=get_quietly, args=(first.port, target))
        lone.start()
        until("a request upstream", front.asked)
        first.stop()
        try:
            status, headers, _ = get(second.port, target)
            assert status in (429, 503) and headers["Retry-After"].isdigit(), status  # the other has the claim
            assert len(front.asked()) == 1
            assert redis.expire(CLAIMS) == 1
            all_right(second.port, {target: body})
            assert len(front.asked()) == 2
        finally:
            first.go_on()
        lone.join(15)
        all_right(first.port, {target: body})
        assert len(front.asked()) == 2
        front.delay_s = 0
        all_right(second.port, right)  # enough of them that a quota which was not kept is seen
        assert quota_was_kept(front, burst=1) == len(right) + 1


@case
def sixty_clients_that_want_one_vcek_are_one_request_upstream(tmp):
    with vendors() as (front, right), replica(front, f"dir:{tmp / 'stock'}") as r:
        target, body = next(iter(right.items()))
        chain = target.split("?")[0].rsplit("/", 1)[0] + "/cert_chain"
        all_right(r.port, {chain: front.answers_to(chain)})
        front.delay_s = 0.3
        got = []
        clients = [threading.Thread(target=lambda: got.append(get(r.port, target))) for _ in range(60)]
        for client in clients:
            client.start()
        for client in clients:
            client.join(20)
        assert [(status, found == body) for status, _, found in got] == [(200, True)] * 60, [g[0] for g in got]
        assert len(front.asked()) == 1, front.asked()


def get_quietly(port, target):
    with contextlib.suppress(OSError):
        get(port, target)


def fill_bucket(redis, ends):
    """Makes the server grant whatever is asked for, until the event."""
    replid = next(line.split(":")[1] for line in redis.call("INFO", "replication") if line.startswith("master_replid:"))
    while not ends.is_set():
        redis.call("SET", "jurat:{kds-vcek}:bucket", f"0 {replid}")


@case
def a_replica_keeps_to_the_quota_whatever_the_server_grants(tmp):
    with vendors() as (front, right), Redis() as redis, replica(front, redis.url, interval_ms=300) as r:
        ends = threading.Event()
        clients = [threading.Thread(target=get_quietly, args=(r.port, target)) for target in right]
        forger = threading.Thread(target=fill_bucket, args=(redis, ends))
        forger.start()
        try:
            for client in clients:
                client.start()
            until("five VCEKs", lambda: len(front.asked()) >= 5)
        finally:
            ends.set()
            for thread in forger, *clients:
                thread.join(15)
        quota_was_kept(front, interval_ms=300)
        assert any("event=quota-early" in line for line in r.log)


@case
def vendors_that_lie_hang_or_break_off_are_not_believed(tmp):
    with vendors() as (front, right), contextlib.ExitStack() as stack:
        r = stack.enter_context(replica(front, f"dir:{tmp / 'stock'}", interval_ms=1, burst=1000))
        lies = ["wrong-chip", "wrong-tcb", "forged", "html", "half", "reset", "redirect", "busy", "broken", "hang"]
        targets = list(right)
        for i, lie in enumerate(lies):
            front.mode = lie
            begun = time.monotonic()
            status, _, body = get(r.port, targets[i])
            assert status in Load.CLEAN, (lie, status, body[:100])
            assert time.monotonic() - begun < LONGEST_S, lie
            assert not list((tmp / "stock").rglob(f"{targets[i].split('/')[-1].split('?')[0]}/*.der")), f"{lie}: kept"
            front.mode = "ok"
        all_right(r.port, right)


@case
def a_full_disk_serves_what_it_cannot_keep(tmp):
    if not shutil.which("unshare"):
        raise Skip("no unshare(1)")
    mount = f"mount -t tmpfs -o size=64k,mode=0755 none {tmp} && exec \"$@\""
    under = ["unshare", "--user", "--map-root-user", "--mount", "--", "sh", "-c", mount, "sh"]
    if subprocess.run([*under, "true"], stderr=subprocess.DEVNULL, check=False).returncode != 0:
        raise Skip("mounts of a user namespace are not allowed here")
    with vendors() as (front, right), contextlib.ExitStack() as stack:
        r = stack.enter_context(replica(front, f"dir:{tmp / 'stock'}", interval_ms=1, burst=1000, under=under))
        all_right(r.port, right)
        stored = list(pathlib.Path(f"/proc/{r.process.pid}/root{tmp}").rglob("*.der"))
        assert 0 < len(stored) < CHIPS, f"{len(stored)} stored: the disk was not full"
        sizes = {f.stat().st_size for f in stored}
        assert 0 not in sizes, "an empty file is left"
        front.mode = "broken"
        all_right(r.port, right)  # from memory


@case
def names_are_resolved_by_modules_that_were_loaded_before_the_filter(tmp):
    if not shutil.which("unshare"):
        raise Skip("no unshare(1)")
    (tmp / "nsswitch").write_text("hosts: hesiod [!UNAVAIL=continue] compat myhostname resolve files dns\n")  # what is installed of these is a library
    (tmp / "hosts").write_text("127.0.0.1 vendors.test\n")
    mounts = f"mount --bind {tmp}/nsswitch /etc/nsswitch.conf && mount --bind {tmp}/hosts /etc/hosts && exec \"$@\""
    under = ["unshare", "--user", "--map-root-user", "--mount", "--", "sh", "-c", mounts, "sh"]
    if subprocess.run([*under, "true"], stderr=subprocess.DEVNULL, check=False).returncode != 0:
        raise Skip("mounts of a user namespace are not allowed here")
    with vendors() as (front, right), contextlib.ExitStack() as stack:
        front.url = front.url.replace("127.0.0.1", "vendors.test")
        r = stack.enter_context(replica(front, f"dir:{tmp / 'stock'}", interval_ms=1, burst=1000, under=under))
        all_right(r.port, right)


if __name__ == "__main__":
    with Juratd(JURATD, "--software-platform", "jurat", "--chips", CHIPS) as PLATFORM:
        RIGHT, ANSWERS = targets_of(PLATFORM, CHIPS), {}
        STATUS = main()
    sys.exit(STATUS)
