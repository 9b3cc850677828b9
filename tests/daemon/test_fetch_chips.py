#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: MIT
"""jurat fetch vcek --chips: the VCEKs of a fleet, into a stock: test_fetch_chips.py JURAT JURATD."""
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "support"))
sys.path.insert(0, str(pathlib.Path(__file__).parent))
from endorsements_world import Juratd, Vendors, roots, targets_of  # noqa: E402
from tap import case, main  # noqa: E402

JURAT, JURATD = sys.argv[1:3]
CHIPS, TCB = 4, "db18000000000004"
FILE = "bl04_tee00_snp24_ucode219_vcek.der"


def hwid(target):
    return target.split("?")[0].split("/")[-1]


def fetch(front, tmp, chips, *options, trusted=("--roots", roots())):
    """Exit status, standard output and standard error."""
    (tmp / "chips").write_bytes(chips if isinstance(chips, bytes) else chips.encode())
    p = subprocess.run([JURAT, "fetch", "vcek", "--chips", tmp / "chips", "--from", front.url, "--out", tmp / "stock",
                        "--attempts", "1", *trusted, *options], capture_output=True, text=True, timeout=60, check=False)
    return p.returncode, p.stdout, p.stderr


def every(right):
    return "# the fleet\n\n" + "".join(f"{hwid(target)} milan {TCB}  # host {i}\n" for i, target in enumerate(right))


def stored(tmp):
    return {path.parent.name: path.read_bytes() for path in (tmp / "stock").glob(f"vcek/*/{FILE}")}


@case
def a_fleet_is_fetched_once(tmp):
    with Vendors(PLATFORM) as front:
        assert fetch(front, tmp, every(RIGHT))[0] == 0
        assert stored(tmp) == {hwid(target): body for target, body in RIGHT.items()}
        n = len(front.requests)
        assert n == CHIPS + 1, front.requests  # and the chain
        status, out, err = fetch(front, tmp, every(RIGHT), "--output", "json")
        assert (status, out.strip(), err) == (0, "[]", ""), (status, out, err)
        assert len(front.requests) == n, front.requests[n:]


@case
def a_run_that_stopped_goes_on_where_it_ended(tmp):
    with Vendors(PLATFORM) as front:
        chips = every(RIGHT).splitlines(keepends=True)
        assert fetch(front, tmp, "".join(chips[:4]))[0] == 0
        front.mode = "broken"
        status, _, err = fetch(front, tmp, "".join(chips))
        assert status == 3 and f"stopped after 2 of {CHIPS} chips" in err, (status, err)
        assert len(stored(tmp)) == 2
        front.mode = "ok"
        n = len(front.requests)
        assert fetch(front, tmp, "".join(chips))[0] == 0
        assert len(front.requests) - n == CHIPS - 2
        assert stored(tmp) == {hwid(target): body for target, body in RIGHT.items()}


@case
def a_chip_without_a_vcek_does_not_keep_the_others_from_theirs(tmp):
    with Vendors(PLATFORM) as front:
        status, _, err = fetch(front, tmp, f"{'ab' * 64}\n" + every(RIGHT), "--product", "milan", "--tcb", TCB)
        assert status == 1 and "chips:1: " in err and f"1 of {CHIPS + 1} chips" in err, (status, err)
        assert stored(tmp) == {hwid(target): body for target, body in RIGHT.items()}


@case
def a_chain_that_is_refused_is_reported_once_and_asks_for_no_vcek(tmp):
    with Vendors(PLATFORM) as front:
        status, _, err = fetch(front, tmp, every(RIGHT), trusted=())
        assert status == 1 and f"the VCEKs of {CHIPS} of {CHIPS} chips were not fetched" in err, (status, err)
        assert err.count("\n") == 2 and "root" in err and len(front.requests) == 1, (err, front.requests)


@case
def a_link_in_the_stock_leads_nowhere(tmp):
    """Others may write to the stock, and whoever runs this command may write elsewhere."""
    first, second = map(hwid, list(RIGHT)[:2])
    (tmp / "elsewhere").mkdir()
    (tmp / "victim").write_text("unchanged")
    (tmp / "stock/vcek" / first).mkdir(parents=True)
    (tmp / "stock/vcek" / first / FILE).symlink_to(tmp / "victim")
    with Vendors(PLATFORM) as front:
        assert fetch(front, tmp, every(RIGHT))[0] == 0
        assert (tmp / "victim").read_text() == "unchanged" and not (tmp / "stock/vcek" / first / FILE).is_symlink()
        assert stored(tmp) == {hwid(target): body for target, body in RIGHT.items()}
        shutil.rmtree(tmp / "stock/vcek" / second)
        (tmp / "stock/vcek" / second).symlink_to(tmp / "elsewhere")
        status, _, err = fetch(front, tmp, every(RIGHT))
        assert status == 2 and "found a symbolic link" in err and not list((tmp / "elsewhere").iterdir()), (status, err)


@case
def what_is_damaged_is_fetched_again(tmp):
    with Vendors(PLATFORM) as front:
        assert fetch(front, tmp, every(RIGHT))[0] == 0
        paths = list((tmp / "stock").glob("vcek/*/*"))
        paths[0].write_bytes(paths[1].read_bytes())  # of another chip
        paths[1].write_bytes(b"")
        n = len(front.requests)
        assert fetch(front, tmp, every(RIGHT))[0] == 0
        assert len(front.requests) - n == 2
        assert stored(tmp) == {hwid(target): body for target, body in RIGHT.items()}


@case
def a_list_with_an_error_fetches_nothing(tmp):
    chip = hwid(next(iter(RIGHT)))
    wrong = {
        f"{chip} milan\n": "expected a TCB_VERSION of 16 hex digits, or --tcb",
        f"{chip} milan {TCB[:-1]}\n": "expected a TCB_VERSION of 16 hex digits",
        f"{chip} rome {TCB}\n": "expected a product",
        f"{chip}\n": "expected a product",
        f"{chip} turin {TCB}\n": "sets bytes that are reserved on Turin",
        f"{chip} milan {TCB} again\n": "expected CHIP_ID [PRODUCT [TCB]], found 'again' after it",
        f"{chip[:-1]} milan {TCB}\n": "expected a chip_id of 128 hex digits",
        f"{'0' * 128} milan {TCB}\n": "chip_id is zero",
        "# nothing\n": "lists no chips",
        "": "lists no chips",
        b"\0" * 10: "is not a text",
    }
    with Vendors(PLATFORM) as front:
        for text, expected in wrong.items():
            good = every(RIGHT).encode() if expected != "lists no chips" else b""
            status, out, err = fetch(front, tmp, good + (text.encode() if isinstance(text, str) else text))
            assert status == 2 and expected in err and out == "", (text, status, err)
        for options in ["--report", tmp / "chips"], ["--chip-id", chip], ["--out", "-"]:
            assert fetch(front, tmp, every(RIGHT), *options)[0] == 2, options
        assert not front.requests
        (tmp / "chips").unlink()
        p = subprocess.run([JURAT, "fetch", "vcek", "--chips", tmp / "chips", "--from", front.url], capture_output=True, text=True, check=False)
        assert p.returncode == 2 and "--chips: cannot" in p.stderr, p.stderr  # a loop that waits for the source ends
        assert not front.requests
    assert subprocess.run([JURAT, "fetch", "ca", "--chips", tmp / "chips", "--product", "milan"], capture_output=True, check=False).returncode == 2


if __name__ == "__main__":
    with Juratd(JURATD, "--software-platform", "jurat", "--chips", 40) as PLATFORM:
        RIGHT = targets_of(PLATFORM, CHIPS)
        STATUS = main()
    sys.exit(STATUS)
