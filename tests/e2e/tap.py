# SPDX-License-Identifier: MIT
"""What the tests of tests/e2e share: cases that print TAP, and how to call jurat and its peers."""
import atexit
import os
import shlex
import shutil
import subprocess
import sys
import tempfile

build = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "build")
here = os.path.dirname(os.path.abspath(__file__))
jurat = os.path.join(build, "src/cli/jurat")
tmp = tempfile.mkdtemp(prefix="jurat-e2e-")
atexit.register(shutil.rmtree, tmp, ignore_errors=True)


class Skip(Exception):
    """The case cannot run here; the text says why."""


def peer(name, kind):
    """The path of a program that scripts/setup-peers builds with `kind` (go or cargo)."""
    path = os.path.join(build, "peers/bin", name)
    if os.path.exists(path):
        return path
    try:
        with open(os.path.join(build, "peers", kind + ".absent"), encoding="utf-8") as reason:
            raise Skip(reason.read().strip())
    except FileNotFoundError:
        raise Skip("scripts/setup-peers has not built " + name) from None


def word(name, kind):
    """The same as a word of a shell script."""
    return shlex.quote(peer(name, kind))


def call(*argv, status=0, timeout=900, **kwargs):
    """What a command printed; it must exit with `status` (None: any). CI runs it beside others, with less of the processors than they get."""
    done = subprocess.run(argv, capture_output=True, text=True, timeout=timeout, check=False, **kwargs)
    assert status in (None, done.returncode), \
        f"{' '.join(argv)} exited with {done.returncode}: {(done.stdout + done.stderr).strip()}"
    return done.stdout + done.stderr if status is None or status != 0 else done.stdout


def read(*path):
    with open(os.path.join(*path), "rb") as file:
        return file.read()


def write(data, *path):
    with open(os.path.join(*path), "wb") as file:
        file.write(data)


def main(cases):
    """Runs (name, function, argument...) tuples as TAP cases. A function that returns has passed."""
    failed = False
    print(f"1..{len(cases)}")
    for number, (name, function, *arguments) in enumerate(cases, 1):
        try:
            function(*arguments)
            print(f"ok {number} - {name}", flush=True)
        except Skip as why:
            print(f"ok {number} - {name} # SKIP {' '.join(str(why).split())}", flush=True)
        except Exception as why:  # whatever it is, the other cases still run
            failed = True
            text = "\n# ".join(f"{type(why).__name__}: {why}".splitlines())
            print(f"# {text}\nnot ok {number} - {name}", flush=True)
    sys.exit(1 if failed else 0)
