#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: MIT
"""`jurat cases`: the corpus on disk, jurat's verdicts on it, and adapters that fail in every way. TAP; test_cases.py JURAT ADAPTER CRYPTO"""
import filecmp
import json
import os
import pathlib
import re
import select
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from tap import Skip, case, main  # noqa: E402

JURAT, ADAPTER = (os.path.abspath(path) for path in sys.argv[1:3])
REPEATS = sys.argv[3] != "openssl"  # OpenSSL's P-384 signatures are never the same
SCRIPTED = [sys.executable, "-B", str(HERE / "adapter.py")]


def jurat(*words, status=0, **options):
    p = subprocess.run([JURAT, "cases", *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, **options)
    assert p.returncode == status, (words, p.returncode, p.stdout[-2000:], p.stderr)
    return p


# Builds that repeat the tests take some of each class.
SOME = ["--only", "snp-[brt]*", "--only", "tdx-[qxc]*"] if int(os.environ.get("JURAT_TEST_STEP", "1")) > 1 else []
LISTED = json.loads(jurat("list", *SOME, "--output", "json").stdout)
ONE, GOOD = (next(c["id"] for c in LISTED if c["verdict"] == verdict and c["tee"] == "sev-snp") for verdict in ("refused", "accepted"))
WHAT, CLASS = ({c["id"]: c[member] for c in LISTED} for member in ("what", "class"))


def run(*words, how=None, status=0, only=ONE, output="json"):
    """The report of a run of the scripted adapter, or of jurat's own."""
    adapter = SCRIPTED + [how] if how else [ADAPTER]
    chosen = ["--only", only] if only else []
    p = jurat("run", "--corpus", corpus(), *chosen, "--output", output, *words, "--", *adapter, status=status)
    return json.loads(p.stdout) if output == "json" else p.stdout


_made = []


def corpus():
    if not _made:
        _made.append(tempfile.TemporaryDirectory(prefix="jurat test "))
        jurat("make", *SOME, _made[0].name)
    return pathlib.Path(_made[0].name)


def index():
    return json.loads((corpus() / "index.json").read_text(encoding="utf-8"))


def files_below(path):
    return sorted(str(p.relative_to(path)) for p in path.rglob("*"))


@case
def the_index_is_as_its_schema_says(_):
    try:
        import jsonschema
    except ImportError as e:
        raise Skip("python3-jsonschema is not installed") from e
    schema = json.loads((corpus() / "cases.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft7Validator.check_schema(schema)
    jsonschema.validate(index(), schema)
    for spoil in (lambda c: c.update(id="SNP"), lambda c: c.update(verdict="good"), lambda c: c["files"].pop("root"),
                  lambda c: c.pop("report_version", None), lambda c: c.update(more=1), lambda c: c.update(at="2026-07-01")):
        bad = index()
        spoil(next(c for c in bad["cases"] if c["tee"] == "sev-snp" and "roots" not in c))
        assert not jsonschema.Draft7Validator(schema).is_valid(bad)


@case
def every_file_that_a_case_names_is_there_and_no_other(_):
    for entry in index()["cases"]:
        folder = corpus() / "cases" / entry["id"]
        assert json.loads((folder / "case.json").read_text(encoding="utf-8")) == entry
        there = {name for name in files_below(folder) if not name.startswith("collateral/")}
        assert there == set(entry["files"].values()) | {"case.json"}, entry["id"]
        if "policy" in entry:
            assert json.loads((folder / "policy.json").read_text(encoding="utf-8")) == entry["policy"]
        if "extended" in entry["files"]:
            parts = [(folder / entry["files"][role]).read_bytes() for role in ("report", "certs")]
            assert (folder / "extended.bin").read_bytes() == b"".join(parts), entry["id"]
    assert sorted(files_below(corpus() / "cases")) == sorted(set(files_below(corpus() / "cases")))
    assert {p.name for p in corpus().iterdir()} == {"cases", "README.md", "LICENSE", "cases.schema.json", "index.json"}


@case
def list_and_index_have_the_same_cases(_):
    assert [c["id"] for c in LISTED] == [c["id"] for c in index()["cases"]]
    assert len(jurat("list", "--only", ONE).stdout.splitlines()) == 1
    assert "no case has an id that matches 'tpm-*'" in jurat("list", "--only", "tpm-*", status=2).stderr


@case
def it_is_the_same_bytes_wherever_it_is_made(tmp):
    some = [c["id"] for c in LISTED[::9] if REPEATS or c["tee"] == "tdx"]
    jurat("make", tmp / "again", *[word for name in some[:60] for word in ("--only", name)], env={**os.environ, "TZ": "Asia/Kolkata", "LC_ALL": "C"})
    for name in some[:60]:
        one, two = corpus() / "cases" / name, tmp / "again" / "cases" / name
        assert files_below(one) == files_below(two)
        plain = [file for file in files_below(one) if (one / file).is_file()]
        same, differ, errors = filecmp.cmpfiles(one, two, plain, shallow=False)
        assert (differ, errors) == ([], []) and len(same) == len(plain) > 4


@case
def a_directory_that_is_not_empty_is_left_alone(tmp):
    (tmp / "mine").write_text("mine", encoding="utf-8")
    p = jurat("make", tmp, status=3)
    assert p.stderr == f"jurat cases: '{tmp}' is not empty: expected a new or empty directory\n" and files_below(tmp) == ["mine"]
    assert "cannot create" in jurat("make", tmp / "no" / "such", status=3).stderr
    assert "no case has an id that matches" in jurat("make", tmp / "new", "--only", "x", status=2).stderr
    assert files_below(tmp) == ["mine"]


@case
def jurat_gives_every_verdict_of_the_corpus_for_the_reasons_that_it_states(_):
    report = run("--lines", only=None)
    assert report["as_expected"] and report["all"]["errors"] == report["all"]["unsupported"] == 0
    expected = {c["id"]: " ".join(c["reasons"]) for c in index()["cases"]}
    assert {r["case"]: r.get("reason", "") for r in report["results"]} == expected


@case
def one_process_for_each_case_gives_the_same(_):
    only = f"{ONE[:12]}*"
    answers = [[(r["case"], r["answer"], r.get("reason")) for r in run(*words, only=only)["results"]] for words in ([], ["--lines"])]
    assert answers[0] == answers[1] and answers[0]


BAD = {  # what an adapter does -> what is said of it, one process for each case; with --lines, where it differs
    "crashes": (r"ended by signal 11 \(Segmentation fault\): panic: of a bad certificate",),
    "exits": (r"ended with exit status 7: no such option",),
    "leaks": (r"ended with exit status 1: a sanitizer's report",),
    "ends": (r"printed no answer", r"ended with exit status 0 and without an answer"),
    "hangs": (r"no answer within 1 s",),
    "mumbles": (r"expected a JSON object, found 'accepted'",),
    "lists": (r"expected a JSON object, found '\[1\]'",),
    "lacks": (r"expected an object with the strings 'case', 'verdict' and 'reason'",),
    "doubts": (r"unknown verdict 'perhaps'",),
    "mistakes": (r"answered for the case 'snp-another-case'",),
    "repeats": (r"printed more than one line",),
    "continues": (r"printed more than one line",),
    "floods": (r"printed more than 65536 bytes",),
}


@case
def what_is_no_answer_is_an_error_of_the_adapter_and_never_a_verdict(tmp):
    os.environ["JURAT_TEST_PIDS"] = str(tmp / "pids")
    for how, texts in BAD.items():
        for words in ([], ["--lines"]):
            report = run(*words, "--time-limit", "1" if how == "hangs" else "60", how=how, status=3)
            result = report["results"][0]
            assert (result["answer"], result["outcome"], result["as_expected"]) == ("error", "error", False), (how, result)
            assert re.fullmatch(texts[-1 if words else 0], result["reason"]), (how, words, result)


@case
def a_hung_adapter_ends_with_what_it_started(tmp):
    os.environ["JURAT_TEST_PIDS"] = str(tmp / "pids")
    run("--time-limit", "1", how="hangs", status=3)
    for pid in map(int, (tmp / "pids").read_text(encoding="utf-8").split()):
        try:
            fd = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        assert select.select([fd], [], [], 10)[0], f"process {pid} is still there"
        os.close(fd)


@case
def a_program_that_cannot_be_run_is_named(tmp):
    path = {**os.environ, "PATH": "/usr/bin:/bin"}  # one of somebody's own may have folders that this user must not enter
    p = jurat("run", "--corpus", corpus(), "--only", ONE, "--", "no-such-adapter", status=3, env=path)
    assert f"{ONE}: adapter error: cannot run 'no-such-adapter': No such file or directory" in p.stdout


@case
def a_wrong_command_is_refused_before_a_corpus_is_made(tmp):
    (tmp / "made").mkdir()
    for words, status, message in (((tmp / "none",), 3, f"cannot run '{tmp / 'none'}': No such file or directory"),
                                   (("--expect", tmp / "none", "--", "true"), 3, f"--expect: cannot open '{tmp / 'none'}': No such file or directory"),
                                   (("--jobs", "0", "--", "true"), 2, "--jobs: expected a number from 1 to 512, found '0'"),
                                   (("--time-limit", "0", "--", "true"), 2, "--time-limit: expected a number from 1 to 86400, found '0'")):
        p = jurat("run", *(words if "--" in words else ("--", *words)), status=status,
                  env={**os.environ, "TMPDIR": str(tmp / "none")})
        assert p.stderr == f"jurat cases: {message}\n", p.stderr


@case
def a_case_that_lacks_a_file_gets_no_verdict_of_jurat(tmp):
    for name in "root.der", "certs.bin", "report.bin":
        jurat("make", "--only", ONE, tmp / name)
        (tmp / name / "cases" / ONE / name).unlink()
        for words in [], ["--lines"]:
            p = jurat("run", "--corpus", tmp / name, *words, "--", ADAPTER, status=3)
            assert f"{ONE}: adapter error: ended with exit status 1: {tmp / name / 'cases' / ONE}: cannot read '{name}'" in p.stdout, p.stdout


@case
def who_refuses_or_accepts_everything_fails(_):
    for how in ("accepts", "refuses"):
        report = run("--lines", how=how, status=1, only=None)
        wrong = [r for r in report["results"] if r["outcome"] == "wrong"]
        assert wrong and all(r["expected"] not in (r["answer"], "either") for r in wrong)
        assert report["all"]["wrong"] == len(wrong) and report["all"]["errors"] == 0
    run("--lines", how="right", only=None)


@case
def what_is_not_supported_is_no_difference_unless_a_file_says_what_to_expect(tmp):
    assert run(how="cannot")["results"][0]["outcome"] == "unsupported"
    (tmp / "none").write_text("# nothing\n\n", encoding="utf-8")
    run("--expect", tmp / "none", how="cannot", status=1)


@case
def known_differences_are_expected_and_nothing_else(tmp):
    known = tmp / "known"
    run("--lines", "--write-expect", known, how="accepts", status=1, only=None)
    assert f"{ONE} accepted # {WHAT[ONE]}\n" in known.read_text(encoding="utf-8")
    assert run("--lines", "--expect", known, how="accepts", only=None)["as_expected"]
    # What is right now was expected to be wrong.
    report = run("--expect", known, how="right", status=1)
    assert (report["results"][0]["known"], report["results"][0]["answer"]) == ("accepted", "refused")
    jurat("run", "--corpus", corpus(), "--only", ONE, "--write-expect", known, "--", *SCRIPTED, "accepts", f"a\n{GOOD} refused", status=1)
    assert known.read_text(encoding="utf-8").splitlines()[1:] == [f"{ONE} accepted # {WHAT[ONE]}"]
    known.write_text(f"snp-* unsupported\n{ONE} error # of the adapter\n", encoding="utf-8")
    assert run("--expect", known, how="ends")["as_expected"]


@case
def a_file_of_known_differences_that_is_wrong_is_refused_with_its_line(tmp):
    path = tmp / "known"
    for text, said in ((f"# c\n{ONE}\n", "line 2: expected an id and an answer"), (f"{ONE} accepted now", "line 1: expected an id and an answer"),
                       (f"{ONE} maybe", "line 1: expected accepted, refused, unsupported or error, found 'maybe'"),
                       ("snp-none refused", "line 1: no case has an id that matches 'snp-none'"), ("a\0", "expected text, found a byte 0")):
        path.write_text(text, encoding="utf-8")
        p = jurat("run", "--corpus", corpus(), "--expect", path, "--", ADAPTER, status=3)
        assert p.stderr == f"jurat cases: --expect: '{path}': {said}\n" and not p.stdout, p.stderr


@case
def an_index_that_cannot_be_used_is_refused(tmp):
    good = {"format": 1, "jurat": "0", "classes": {"good": "x"},
            "cases": [{"id": "snp-x", "what": "X.", "class": "good", "tee": "sev-snp", "verdict": "accepted"}]}

    def spoilt(**members):
        return json.dumps({**good, "cases": [{**good["cases"][0], **members}]})

    path = tmp / "index.json"
    for text, said in ((json.dumps({**good, "format": 2}), "it is of format 2; this release reads format 1"),
                       ("{}", "it is not the index of a corpus: it has no 'format'"), ("{", "line 1: "),
                       (json.dumps({**good, "cases": []}), "it has no cases"),
                       (spoilt(id="../etc"), "case 1: '../etc' is not an id"), (spoilt(what=1), "case 1: expected a string 'what'"),
                       (spoilt(verdict="good"), "case 1: 'snp-x': unknown verdict 'good'"),
                       (spoilt(**{"class": "odd"}), "case 1: 'snp-x': unknown class 'odd'"),
                       (spoilt(what="X.\nsnp-* refused"), "case 1: 'what' has a control character"),
                       (spoilt(what="X\x9b2J"), "case 1: 'what' has a control character"),
                       (json.dumps({**json.loads(spoilt(**{"class": "<b>"})), "classes": {"<b>": "x"}}), "case 1: 'snp-x': unknown class '<b>'"),
                       (json.dumps({**good, "cases": 2 * good["cases"]}), "case 2: 'snp-x' is there twice")):
        path.write_text(text, encoding="utf-8")
        p = jurat("run", "--index", path, "--", ADAPTER, status=3)
        assert p.stderr.startswith(f"jurat cases: '{path}': {said}"), (said, p.stderr)
    path.unlink()
    assert "No such file" in jurat("run", "--corpus", tmp, "--", ADAPTER, status=3).stderr


@case
def junit_has_a_suite_for_each_class(_):
    for how, tag, status in (("right", None, 0), ("refuses", "failure", 1), ("cannot", "skipped", 0), ("ends", "error", 3)):
        only = "*" if how == "right" else GOOD
        root = xml.etree.ElementTree.fromstring(run("--lines", how=how, status=status, only=only, output="junit"))
        suites = root.findall("testsuite")
        classes = {c["class"] for c in index()["cases"]} if how == "right" else {CLASS[GOOD]}
        assert {suite.get("name") for suite in suites} == classes
        inner = [child.tag for test in root.iter("testcase") for child in test]
        assert inner == ([tag] if tag else []), (how, inner)
        for suite in suites:
            assert int(suite.get("tests")) == len(suite.findall("testcase"))


@case
def text_lists_what_differs_and_counts_by_class(_):
    text = run(how="refuses", status=1, only=GOOD, output="text")
    assert text.startswith(f"{GOOD}: refused, expected accepted: {WHAT[GOOD]}\n") and "    no?[31m & <never>\n" in text
    assert re.search(rf"^{CLASS[GOOD]} +0/1 +0/0 +0 +0 +1 +0$", text, re.M) and "1 cases, 1 not as expected." in text


@case
def without_a_corpus_one_is_made_and_removed(tmp):
    p = jurat("run", "--only", ONE, "--", ADAPTER, env={**os.environ, "TMPDIR": str(tmp)})
    assert "all as expected" in p.stdout and files_below(tmp) == []


status = main()
for made in _made:
    made.cleanup()
sys.exit(status)
