# SPDX-License-Identifier: MIT
"""Test cases of a Python program, reported as TAP: @case functions take a fresh temporary directory; main() runs them all."""
import functools
import os
import pathlib
import subprocess
import tempfile

_cases = []


class Skip(Exception):
    """Raised by a case that cannot run here, with the reason."""


@functools.lru_cache(maxsize=None)
def _why_no_run(jurat):
    p = subprocess.run([jurat, "run", "--", "true"], capture_output=True, text=True, timeout=60, check=False)
    return p.stderr.strip() if p.returncode == 3 else ""


def need_run(jurat):
    """Skips the case, with the reason, where this machine does not allow `jurat run`: it has no /dev/fuse, such as a buildd."""
    if why := _why_no_run(jurat):
        raise Skip(why)


def terminal():
    """A pseudoterminal: the side that reads what is shown, and the terminal."""
    try:
        return os.openpty()
    except OSError as e:
        raise Skip(f"no pseudoterminal can be opened here: {e}") from e


def shown(master, slave):
    """What a program writes to the terminal until it ends: all of it, also what the kernel passes on later."""
    os.close(slave)
    data = b""
    try:
        while more := os.read(master, 4096):
            data += more
    except OSError:
        pass
    os.close(master)
    return data.decode()


def case(f):
    _cases.append(f)
    return f


def _comment(text):
    """Every line becomes a comment, so that none reads as a result."""
    return "".join(f"# {line}\n" for line in text.splitlines())


def main(prefix="jurat-test-"):
    """Runs all cases. The exit status: 1 when one failed."""
    failed = False
    print(f"1..{len(_cases)}")
    for number, test in enumerate(_cases, 1):
        with tempfile.TemporaryDirectory(prefix=prefix) as directory:
            try:
                test(pathlib.Path(directory))
                print(f"ok {number} - {test.__name__}", flush=True)
            except Skip as why:
                print(f"ok {number} - {test.__name__} # SKIP {' '.join(str(why).split())}", flush=True)
            except Exception as e:
                failed = True
                print(f"not ok {number} - {test.__name__}\n{_comment(f'{type(e).__name__} {e}')}", end="", flush=True)
    return 1 if failed else 0
