# SPDX-License-Identifier: MIT
"""What a suite sees of the fixture jurat_guest: results are those of the test in the guest."""
import json
import re
import xml.etree.ElementTree

import pytest

ARGS = ("-p", "jurat.pytest_plugin", "-p", "no:cacheprovider", "-p", "no:randomly")
needs_xdist = pytest.mark.skipif(not pytest.importorskip("importlib.util").find_spec("xdist"), reason="pytest-xdist is not installed")


@pytest.fixture
def run(pytester):
    def run(*args, **outcomes):
        result = pytester.runpytest_subprocess(*ARGS, *args)
        assert result.parseoutcomes() == outcomes, result.stdout.str() + result.stderr.str()
        return result
    return run


EVERY_OUTCOME = """
    import os, pytest
    pytestmark = pytest.mark.jurat(tee="tdx")
    def test_without(): assert "JURAT_ROOTS" not in os.environ
    def test_passes(jurat_guest, tmp_path): assert os.path.exists("/dev/tdx_guest") and "JURAT_ROOTS" in os.environ
    @pytest.mark.jurat(tee="sev-snp")
    def test_closest_marker_counts(jurat_guest): assert os.path.exists("/dev/sev-guest") and not os.path.exists("/dev/tdx_guest")
    def test_fails(jurat_guest):
        print("printed in the guest")
        assert [1] == [2]
    def test_skips(jurat_guest): pytest.skip("not today")
    @pytest.mark.xfail(reason="known")
    def test_xfails(jurat_guest): assert 0
    @pytest.mark.xfail
    def test_xpasses(jurat_guest): pass
    @pytest.fixture
    def bad_setup(): raise RuntimeError("of setup")
    def test_setup(bad_setup, jurat_guest): pass
    @pytest.fixture
    def bad_teardown():
        yield
        raise RuntimeError("of teardown")
    def test_teardown(bad_teardown, jurat_guest): pass
    def test_crashes(jurat_guest): os.kill(os.getpid(), 11)
    def test_ends(jurat_guest): os._exit(0)
    class TestClass:
        @pytest.mark.parametrize("x", ["a b", "c::d", "[e]/f", "\\u00e9\\n", ""])
        def test_parameters(self, jurat_guest, x): assert isinstance(x, str)
"""


@pytest.mark.parametrize("workers", ["-p no:xdist", pytest.param("-n 3", marks=needs_xdist)])
def test_every_outcome_is_that_of_the_test_in_the_guest(pytester, run, workers):
    pytester.makepyfile(EVERY_OUTCOME)
    result = run("-rA", "--junitxml=out.xml", "--jurat-traces=a dir", *workers.split(), passed=9, failed=3, skipped=1, xfailed=1, xpassed=1, errors=2)
    result.stdout.fnmatch_lines_random(["E*assert [[]1] == [[]2]*", "printed in the guest", "*: not today", "*RuntimeError: of setup",
                                        "*RuntimeError: of teardown", "the test ended with signal 11 before its result was known",
                                        "the test ended with status 0 before its result was known"])
    cases = xml.etree.ElementTree.parse(pytester.path / "out.xml").findall(".//testcase")
    traces = [p.get("value") for c in cases for p in c.iter("property") if p.get("name") == "jurat_trace"]
    assert len(cases) == 16 and len(set(traces)) == 13  # JUnit has none of tests that did not end
    for trace in traces:
        assert json.loads((pytester.path / trace).read_text(encoding="utf-8")) and re.search(r"a dir/test_every.*\.trace\.json$", trace)


def test_options_of_the_suite_reach_the_guest_and_its_results_do_not(pytester, run):
    pytester.makeini("[pytest]\naddopts = --junitxml=out.xml\nmarkers = mine\njurat_pytest_args = --colour=blue\nfilterwarnings = error")
    pytester.makeconftest("def pytest_addoption(parser): parser.addoption('--colour', default='red')")
    pytester.mkdir("below").joinpath("test_it.py").write_text(
        "import pytest, warnings\n@pytest.mark.mine\ndef test_it(jurat_guest, pytestconfig):\n    assert pytestconfig.option.colour == 'blue'\n"
        "    with pytest.raises(UserWarning): warnings.warn('x')\n    print('as is')\n")
    result = run("--strict-markers", "-s", "below", "-k", "it", "-m", "mine", passed=1)
    result.stdout.fnmatch_lines(["*as is*"])
    assert len(xml.etree.ElementTree.parse(pytester.path / "out.xml").findall(".//testcase")) == 1


def test_fixtures_of_other_modules_end_before_the_next_test(pytester, run):
    pytester.makeconftest("import pytest\n@pytest.fixture(scope='module')\ndef said(request):\n    yield\n    print('end of', request.module.__name__)\n")
    pytester.makepyfile(test_a="def test_1(said): pass\ndef test_2(jurat_guest): pass", test_b="def test_3(jurat_guest): pass\ndef test_4(said): pass")
    run("-s", passed=4).stdout.fnmatch_lines(["*end of test_a*", "*end of test_b*"])


@pytest.mark.parametrize("marker, says", [
    ("tee='sgx'", "jurat run: --tee: expected one of sev-snp|tdx|both, found 'sgx'*"), ("faults=['nonsense']", "jurat run: *'nonsense'*"),
    ("no_such_option=1", "jurat run: *--no-such-option*"), ("evidence=['vcek-expird']", "jurat run: *'vcek-expird'*")])
def test_a_wrong_option_is_an_error_with_the_message_of_jurat(pytester, run, marker, says):
    pytester.makepyfile(f"import pytest\n@pytest.mark.jurat({marker})\ndef test_it(jurat_guest): pass")
    for how in ("fail", "skip"):
        run(f"--jurat-missing={how}", errors=1).stdout.fnmatch_lines([says])


def test_where_jurat_run_cannot_run_tests_fail_or_are_skipped_with_its_reason(pytester, run):
    pytester.makepyfile("def test_it(jurat_guest): pass")
    fake = pytester.makefile(".sh", jurat="#!/bin/sh\necho 'jurat run: no user namespaces here' >&2\nexit 3\n")
    fake.chmod(0o755)
    run(f"--jurat={fake}", errors=1).stdout.fnmatch_lines(["jurat run: no user namespaces here"])
    run(f"--jurat={fake}", "--jurat-missing=skip", "-rs", skipped=1).stdout.fnmatch_lines(["SKIPPED*jurat run: no user namespaces here"])
    run("--jurat=/nowhere/jurat", errors=1).stdout.fnmatch_lines(["/nowhere/jurat: No such file or directory (see --jurat)"])
    run("--jurat=/nowhere/jurat", "--jurat-missing=skip", "-rs", skipped=1).stdout.fnmatch_lines(["SKIPPED*/nowhere/jurat: No such file*"])


def test_a_fixture_requested_at_run_time_is_an_error(pytester, run):
    pytester.makepyfile("def test_it(request): request.getfixturevalue('jurat_guest')")
    run(failed=1).stdout.fnmatch_lines(["*only a test that names it runs in a guest*"])


def test_markers_have_keywords_only(pytester, run):
    pytester.makepyfile("import pytest\n@pytest.mark.jurat('tdx')\ndef test_it(jurat_guest): pass")
    run(errors=1).stdout.fnmatch_lines(["*pytest.mark.jurat has keywords only, found 'tdx'*"])


def test_the_marker_is_registered(pytester):
    result = pytester.runpytest_subprocess(*ARGS, "--markers")
    result.stdout.fnmatch_lines(["@pytest.mark.jurat(*"])
