# SPDX-License-Identifier: MIT
"""Tests that run as a confidential guest: those that use the fixture `jurat_guest`.

A running interpreter cannot be moved to other devices. Each such test is therefore run by a pytest of its own under `jurat run`, with the
options of its marker, and reported here as that pytest reported it:

    @pytest.mark.jurat(tee="tdx", faults=["qgs-down"])
    def test_my_client(jurat_guest): ...
"""
import contextlib
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import zlib
from typing import Any, Callable, Dict, Iterator, List, Optional, TypeVar

import pytest

from .guest import Guest
from .verify import Collateral, Verifier

F = TypeVar("F", bound=Callable[..., Any])
REPORTS, CONTROL = "JURAT_PYTEST_REPORTS", "JURAT_PYTEST_CONTROL"  # environment of the inner pytest
# Options that the pytest inside has in common with the one outside, by their names in config.option.
WITH_VALUE = {"tbstyle": "--tb", "importmode": "--import-mode", "capture": "--capture", "confcutdir": "--confcutdir",
              "override_ini": "-o", "pythonwarnings": "-W", "plugins": "-p"}
FLAGS = {"showlocals": "--showlocals", "runxfail": "--runxfail", "strict_markers": "--strict-markers", "fulltrace": "--full-trace"}


class JuratGuest:
    """What the fixture provides, inside the guest."""

    roots = property(lambda self: pathlib.Path(os.environ["JURAT_ROOTS"]), doc="The directory with the test roots.")

    def open(self, **options: Any) -> Guest:
        """The TEE of this test."""
        return Guest(**options)

    def verifier(self, **options: Any) -> Verifier:
        """A verifier that trusts the roots of this platform, and has its CRLs."""
        return Verifier(roots=self.roots, crls=sorted(self.roots.glob("*/crl.der")), **options)

    def collateral(self) -> Collateral:
        """The collateral for TD quotes of this platform."""
        return Collateral(self.roots / "collateral")

    def faults(self, *specs: str) -> None:
        """Inject these faults, and no others, from now on."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as control:
            control.connect(os.environ[CONTROL])
            control.sendall(" ".join(("faults", *specs)).encode() + b"\n")
            answer = control.makefile().readline().strip()
        if answer != "ok":
            raise ValueError(f"faults {' '.join(specs)}: {answer or 'no answer'}")


@pytest.fixture
def jurat_guest(request: pytest.FixtureRequest) -> JuratGuest:
    """The test runs as a confidential guest, under `jurat run`: @pytest.mark.jurat(tee="tdx", faults=["qgs-down"])."""
    if not request.config.pluginmanager.has_plugin(Inner.__name__):
        pytest.fail("jurat_guest: only a test that names it runs in a guest; its value was requested at run time")
    return JuratGuest()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("jurat", "tests in a confidential guest (fixture jurat_guest)")
    group.addoption("--jurat", metavar="PATH", default=os.environ.get("JURAT", "jurat"), help="the program (default: $JURAT, or jurat in PATH)")
    group.addoption("--jurat-missing", choices=("fail", "skip"), default="fail",
                    help="what becomes of these tests where `jurat run` cannot run (default fail)")
    group.addoption("--jurat-traces", metavar="DIR", help="write a trace of each of these tests into DIR")
    group.addoption("--jurat-trace-format", metavar="EXT", default="json", help="json, txt or another of jurat run --trace (default json)")
    parser.addini("jurat_pytest_args", "more options for the pytest in the guest, such as those of your conftest.py", "args", [])


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "jurat(**options): options of `jurat run` for a test with jurat_guest: tee, faults, evidence, set, "
                            "linux, product ...; True for those without a value; args=[...] as they are")
    reports = os.environ.pop(REPORTS, None)
    if reports:
        config.pluginmanager.register(Inner(config, reports), Inner.__name__)


class Inner:
    """In the pytest in the guest: writes its reports for the one outside."""

    def __init__(self, config: pytest.Config, reports: str) -> None:
        self.config, self.reports = config, reports

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        data = self.config.hook.pytest_report_to_serializable(config=self.config, report=report)
        with open(self.reports, "a", encoding="utf-8") as file:
            file.write(json.dumps(data, default=str) + "\n")


first: Callable[[F], F] = pytest.hookimpl(tryfirst=True)


@first
def pytest_runtest_protocol(item: pytest.Item, nextitem: Optional[pytest.Item]) -> Optional[bool]:
    if "jurat_guest" not in getattr(item, "fixturenames", ()) or item.config.pluginmanager.has_plugin(Inner.__name__):
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for report in reports_of(item):
        item.ihook.pytest_runtest_logreport(report=report)
    # What earlier tests set up and the next one does not use ends here, as after any test.
    call = pytest.CallInfo.from_call(lambda: item.session._setupstate.teardown_exact(nextitem), "teardown")
    if call.excinfo:
        item.ihook.pytest_runtest_logreport(report=item.ihook.pytest_runtest_makereport(item=item, call=call))
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def run_options(item: pytest.Item) -> List[str]:
    """The options of `jurat run` that the markers of the test, its class and its module ask for; the closest one counts."""
    options: Dict[str, Any] = {}
    for marker in reversed(list(item.iter_markers("jurat"))):
        if marker.args:
            pytest.fail(f"pytest.mark.jurat has keywords only, found {marker.args[0]!r}", pytrace=False)
        options.update(marker.kwargs)
    argv: List[str] = list(options.pop("args", ()))
    for name, value in options.items():
        option = "--" + {"faults": "fault"}.get(name, name).replace("_", "-")
        if value is True:
            argv.append(option)
        elif value is not None and value is not False:
            argv += [f"{option}={v}" for v in (value if isinstance(value, (list, tuple)) else [value])]
    return argv


def inner_pytest(item: pytest.Item) -> List[str]:
    """The command that runs this test alone. It has no addopts: results, coverage and parallelism are those of the pytest outside."""
    config, option = item.config, item.config.option
    argv = [sys.executable, "-m", "pytest", "-o", "addopts=", f"--rootdir={config.rootpath}", "-p", "no:cacheprovider", "-p", __name__]
    argv += ["-c", str(config.inipath)] if config.inipath else []
    for name, text in WITH_VALUE.items():
        value = getattr(option, name, None)
        for v in value if isinstance(value, list) else [value] if value else []:
            argv += [f"{text}={v}"] if text.startswith("--") else [text, str(v)]
    argv += [text for name, text in FLAGS.items() if getattr(option, name, False)] + ["-v"] * option.verbose
    factory = getattr(config, "_tmp_path_factory", None)
    argv += [f"--basetemp={factory.mktemp('jurat')}"] if factory else []
    return [*argv, *config.getini("jurat_pytest_args"), os.path.join(config.rootpath, item.nodeid)]


def reports_of(item: pytest.Item) -> Iterator[pytest.TestReport]:
    """Runs a test in a guest of its own: the reports of the pytest in there, and what kept it from making them."""
    option, last, trace = item.config.option, "", None
    call = pytest.CallInfo.from_call(lambda: run_options(item), "setup")
    if call.excinfo:
        yield item.ihook.pytest_runtest_makereport(item=item, call=call)
        return
    argv = [option.jurat, "run", *(call.result or [])]
    if option.jurat_traces:
        name = re.sub(r"[^\w.-]+", "-", item.nodeid)[:150] + (f"-{zlib.crc32(item.nodeid.encode()):08x}" if "[" in item.nodeid else "")
        trace = os.path.abspath(os.path.join(option.jurat_traces, f"{name.strip('-')}.trace.{option.jurat_trace_format}"))
        os.makedirs(option.jurat_traces, exist_ok=True)
        argv.append(f"--trace={trace}")
    with tempfile.TemporaryDirectory(prefix="jurat-") as tmp:
        reports, control, output = (os.path.join(tmp, name) for name in ("reports", "control", "output"))
        env = {k: v for k, v in os.environ.items() if k != "PYTEST_ADDOPTS"}
        status, said = run([*argv, f"--control={control}", "--", *inner_pytest(item)], {**env, REPORTS: reports, CONTROL: control}, output,
                           item.config.invocation_params.dir, option.capture == "no")
        for line in open(reports, encoding="utf-8") if os.path.exists(reports) else ():
            report = item.config.hook.pytest_report_from_serializable(config=item.config, data=json.loads(line))
            report.nodeid, report.location, last = item.nodeid, item.location, report.when
            report.user_properties = [*map(tuple, report.user_properties), *([("jurat_trace", trace)] if trace else [])]
            report.longrepr = tuple(report.longrepr) if isinstance(report.longrepr, list) else report.longrepr
            yield report
    if last != "teardown":
        if last or status not in (2, 3, 124, 127):  # those of jurat run and of run() below; what they print says all
            said = f"the test ended with {f'signal {-status}' if status < 0 else f'status {status}'} before its result was known\n{said}"
        skip = not last and option.jurat_missing == "skip" and unavailable(option.jurat)
        longrepr: Any = (str(item.path), item.location[1], f"Skipped: {said}") if skip else said
        yield pytest.TestReport(item.nodeid, item.location, dict.fromkeys(item.keywords, 1), "skipped" if skip else "failed", longrepr,
                                "call" if last else "setup")


def run(argv: List[str], env: Dict[str, str], output: str, cwd: pathlib.Path, shown: bool) -> Any:
    """(status, what it printed)"""
    with open(output, "wb") as file:
        try:
            with subprocess.Popen(argv, env=env, cwd=cwd, stdin=subprocess.DEVNULL, stdout=None if shown else file,
                                  stderr=None if shown else file) as process:
                try:
                    status = process.wait()
                except BaseException:  # an interrupt, or a plugin's timeout: jurat run ends with it, and so does the test
                    process.kill()
                    raise
        except OSError as why:
            return 127, f"{argv[0]}: {why.strerror} (see --jurat)"
        except pytest.fail.Exception as why:
            return 124, str(why)
    return status, pathlib.Path(output).read_text(encoding="utf-8", errors="replace").strip()


def unavailable(jurat: str) -> bool:
    """Whether it is this machine that keeps tests from running, not what one asked for."""
    with contextlib.suppress(OSError):
        return subprocess.run([jurat, "run", "--", "true"], stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 3
    return True
