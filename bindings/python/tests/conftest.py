# SPDX-License-Identifier: MIT
import os
import pathlib

import pytest

from jurat import sim

pytest_plugins = ["pytester"]
NONCE = bytes(range(64))


@pytest.fixture(scope="session")
def machine():
    return sim.SnpMachine()


@pytest.fixture(scope="session")
def report(machine):
    return machine.guest(measurement=b"\x11" * 48, guest_svn=3, host_data=b"\x22" * 32).report(NONCE)


@pytest.fixture(scope="session")
def platform():
    return sim.TdxPlatform()


@pytest.fixture(scope="session")
def quote(platform):
    return platform.td(mrtd=b"\x33" * 48).quote(NONCE)


@pytest.fixture(scope="session")
def tree():
    """The source tree of jurat around this directory."""
    path = pathlib.Path(os.environ.get("JURAT_TREE", pathlib.Path(__file__).resolve().parents[3]))
    if not (path / "lib/abi").is_dir():
        pytest.skip("not in the source tree of jurat")
    return path
