#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: MIT
"""The commands of the documentation: those of Markdown files, and the EXAMPLES of manual pages: test_doc_commands.py JURAT JURATD MADE_IMAGES

Each command of a code block has a row in EXAMPLES, which says how it is run here, or why it is not; a command without one fails, and so does a row
without a command. Verbs, commands and options are compared with the programs' own tables in any case, also in the text between the blocks.
README.md is run by test_readme.py, recipes by the tests of contrib/recipes.
"""
import contextlib
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/support"), str(ROOT / "tests/daemon"), str(ROOT / "scripts")]
from check_links import documents, outside_code  # noqa: E402
from endorsements_world import Juratd  # noqa: E402
from tap import Skip, case, main  # noqa: E402

JURAT, JURATD, MADE_IMAGES = (pathlib.Path(arg).resolve() for arg in sys.argv[1:4])

PEERS = "measures other projects' verifiers, which scripts/setup-peers builds from the network"
OTHERS = "a program of another project"
HOST = "test_readme.py and test_host.py run a host of the software platform"
MACHINE = "changes the machine that it runs on"
CORPUS = "takes long; the tests of jurat cases make and run a corpus"
TEE = (r"^", "jurat run -- ")
ROOTS = (r"jurat verify", "jurat verify --roots roots")
TESTED = (r"jurat fetch", "jurat fetch --roots roots")
CLIENT = (r"(?:\./)?\bmy-(?:client|verifier|agent)\b", "true")
IMAGES = (r"OVMF\.amdsev\.fd", "OVMF-hashes.fd")
# Document, how the command begins, and how it is run: replacements by regular expressions, and the exit status; or why it is not run.
EXAMPLES = [
    ("README.md", "", "test_readme.py runs it"),
    ("bench/README.md", "", PEERS),
    ("contrib/", "", "the tests of the recipes run it"),
    ("doc/ci.md", "", "tests/e2e has a test of this document"),
    ("doc/performance.md", "", PEERS),
    ("doc/verifiers.md", "", PEERS),
    ("adapters/README.md", "jurat cases make corpus", CORPUS),
    ("adapters/README.md", "jurat cases run", PEERS),
    ("doc/vmms.md", "jurat run --vmm", "needs /dev/kvm and other projects' VMMs"),
    ("doc/explore.md", "jurat explore", "takes minutes; test_explore.py runs it with bounds"),
    ("doc/packaging.md", "make", "tests/e2e/test_packages builds the packages"),
    ("doc/first-steps.md", "make", "CI and tests/e2e/test_packages run it"),
    ("doc/first-steps.md", "lintian", "tests/e2e/test_packages runs it"),
    ("doc/first-steps.md", "build/src/cli/jurat doctor", "says what this machine is; test_doctor.py has others"),
    ("doc/first-steps.md", "build/src/cli/jurat", [(r"build/src/cli/", "")], 0),
    ("doc/first-steps.md", "cp", [(r"contrib/\S+", shlex.quote(str(ROOT / "contrib/recipes/shell")))], 0),
    ("doc/first-steps.md", "attestation-tests/run", "tests/e2e/test_recipes runs it"),
    ("doc/first-steps.md", "cc", "tests/examples builds it"),
    ("doc/first-steps.md", "jurat run --vmm", "tests/e2e/test_run_vmm tests this example"),
    ("doc/first-steps.md", "jurat verify --roots debug", [], 1),
    ("doc/first-steps.md", "jurat", [], 0),
    ("doc/fleet.md", "juratd endorsements", "test_readme.py starts one"),
    ("doc/fleet.md", "export", [], 0),
    ("doc/fleet.md", "jurat fetch vcek", [TESTED, (r"\$TCB", "db18000000000004")], 0),
    ("doc/fleet.md", "jurat fetch crl", [TESTED], 0),
    ("doc/fleet.md", "jurat fetch collateral", [TESTED, (r"--fmspc 00806F050000", "--quote quote.bin")], 0),
    ("doc/fleet.md", "rsync", OTHERS),
    ("man/jurat-attest.1.scd", "head", [], 0),
    ("man/jurat-attest.1.scd", "jurat attest --report-data", [TEE], 0),
    ("man/jurat-attest.1.scd", "jurat attest --tee tdx", [(r"^", "jurat run --tee tdx -- ")], 0),
    ("man/jurat-cases.1.scd", "jurat cases make", CORPUS),
    ("man/jurat-cases.1.scd", "jurat cases run", CORPUS),
    ("man/jurat-certs.1.scd", "jurat certs check", HOST),
    ("man/jurat-demo.1.scd", "jurat demo --dir /tmp/evidence", [(r"/tmp/", "")], 0),
    ("man/jurat-demo.1.scd", "jurat verify", [(r"/tmp/evidence/roots", "roots"), (r"/tmp/evidence/", "")], 0),
    ("man/jurat-demo.1.scd", "jurat demo --sync", [], 0),
    ("man/jurat-demo.1.scd", "jurat demo --tee sev-snp --set", [], 1),
    ("man/jurat-device.1.scd", "", MACHINE),
    ("man/jurat-doctor.1.scd", "jurat doctor --code", [], 0),
    ("man/jurat-doctor.1.scd", "jurat doctor", "says what this machine is; test_doctor.py has others"),
    ("man/jurat-doctor.1.scd", "jurat run --fault", [], 1),
    ("man/jurat-explore.1.scd", "jurat explore --break", [], 1),
    ("man/jurat-explore.1.scd", "jurat explore", "takes minutes; test_explore.py runs it with bounds"),
    ("man/jurat-fetch.1.scd", "jurat fetch vcek --report", [TESTED], 0),
    ("man/jurat-fetch.1.scd", "jurat fetch ca", [TESTED], 0),
    ("man/jurat-fetch.1.scd", "jurat verify", [ROOTS], 0),
    ("man/jurat-fetch.1.scd", "while jurat fetch", [TESTED, (r"--chips", "--tcb db18000000000004 --product milan --chips")], 0),
    ("man/jurat-fetch.1.scd", "jurat fetch collateral", [TESTED, (r" --from \S+ --ca-file \S+", "")], 0),
    ("man/jurat-forge.1.scd", "jurat forge", [], 0),
    ("man/jurat-forge.1.scd", "jurat run", [CLIENT], 0),
    ("man/jurat-host.1.scd", "jurat host", HOST),
    ("man/jurat-host.1.scd", "jurat run --host", [], 0),
    ("man/jurat-key.1.scd", "jurat key", [TEE], 0),
    ("man/jurat-measure.1.scd", "jurat measure snp --firmware OVMF.fd --vcpus 4 --vcpu-type EPYC-Milan --explain", [], 1),
    ("man/jurat-measure.1.scd", "jurat measure", [IMAGES], 0),
    ("man/jurat-measure.1.scd", "jurat verify", [ROOTS, (r"launch\.json", "image.json")], 0),
    ("man/jurat-measure.1.scd", "openssl", OTHERS),
    ("man/jurat-measure.1.scd", "qemu-system-x86_64", OTHERS),
    ("man/jurat-policy.1.scd", "jurat policy from", [(r"policy from", "policy from --roots roots"), (r"image\.json", "new.json")], 0),
    ("man/jurat-policy.1.scd", "jurat verify", [ROOTS, (r"other-report", "report")], 0),
    ("man/jurat-policy.5.scd", "jurat verify", [ROOTS], 0),
    ("man/jurat-run.1.scd", "jurat run -- sh", [], 0),
    ("man/jurat-run.1.scd", "jurat run --product turin", [(r"snpguest .*", "jurat attest")], 0),
    ("man/jurat-run.1.scd", "jurat run --tee tdx -- sh", [], 0),
    ("man/jurat-run.1.scd", "jurat run --tee tdx --qgs", [(r"\./test_tdx_attest", "true")], 0),
    ("man/jurat-run.1.scd", "jurat run --endorsements -- sh", OTHERS),
    ("man/jurat-run.1.scd", "jurat run --endorsements --endorsements-fault", [CLIENT], 0),
    ("man/jurat-run.1.scd", "jurat run --state /tmp/platform -- my-agent", [CLIENT, (r"/tmp/", "")], 0),
    ("man/jurat-run.1.scd", "jurat run --state /tmp/platform --firmware", [(r"/tmp/", ""), (r"snphost commit", "true")], 0),
    ("man/jurat-run.1.scd", "jurat run --user-map", "needs subordinate IDs"),
    ("man/jurat-run.1.scd", "jurat run --control", OTHERS),
    ("man/jurat-run.1.scd", "mkfifo", [(r"my-daemon", "true"), (r"(?<=ready)$", " && test -n \"$roots\"")], 0),
    ("man/jurat-run.1.scd", "jurat run --fault", [CLIENT], 0),
    ("man/jurat-tcb.1.scd", "jurat tcb --fetch", "test_tcb.py runs it; jq is another project's"),
    ("man/jurat-tcb.1.scd", "jurat tcb --allow-unsigned", "test_tcb.py runs it"),
    ("man/jurat-verify.1.scd", "jurat verify --certs certs/ --report-data-sha384", "test_cli.py runs each form of report data"),
    ("man/jurat-verify.1.scd", "jurat verify --collateral collateral/ --report-data-sha384", "test_cli.py runs each form of report data"),
    ("man/jurat-verify.1.scd", "jurat verify --certs certs/ --report-data @nonce", [ROOTS, (r"policy\.json", "image.json")], 0),
    ("man/jurat-verify.1.scd", "jurat verify --collateral collateral/ --at", [ROOTS, (r"--at \S+ ", "")], 0),
    ("man/jurat-verify.1.scd", "jurat verify --collateral collateral/ --event-log", "test_event_log.py has one with a command line"),
    ("man/jurat-verify.1.scd", "jurat verify --certs", [ROOTS], 0),
    ("man/jurat-verify.1.scd", "jurat verify --fetch", [ROOTS], 0),
    ("man/jurat-verify.1.scd", "jurat verify --collateral collateral/ --output json evidence/", [ROOTS], 0),
    ("man/jurat-verify.1.scd", "jq", OTHERS),
    ("man/jurat-verify.1.scd", "find", [ROOTS], 0),
    ("man/jurat-vmm.1.scd", "jurat vmm", "test_readme.py and test_vmm.py run it"),
    ("man/juratd.8.scd", "juratd", "test_readme.py and tests/daemon run them"),
]
WORD = re.compile(r"(?:\$ )?(?:while |export |[A-Z_]+=\S+ )*([a-z][\w./-]*)(?= |$)")
KNOWN = ("jurat", "juratd", "attestation-tests/run", "cc", "cp", "lintian", "make", "openssl", "qemu-system-x86_64", "docker", "modprobe", "rsync", "head", "jq", "find", "mkfifo", "systemctl", "systemd-sysusers")


def is_command(line):
    m = WORD.match(line)
    return bool(m) and (m[1] in KNOWN or m[1].startswith(("scripts/", "bench/", "build/")) or line.startswith("export JURAT_")) and not re.match(r"jurat [a-z]+: ", line)


def joined(lines):
    """Whole commands of the lines of code, without comments."""
    text = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [re.sub(r"^\$ ", "", re.sub(r"\s+# .*$", "", line.strip())) for line in text.split("\n") if is_command(line.strip())]


def manual(path):
    """The code of a manual page's EXAMPLES."""
    found, inside, fence, code = [], False, False, False
    for line in path.read_text(encoding="utf-8").split("\n"):
        if line.startswith("# "):
            inside = line in ("# EXAMPLE", "# EXAMPLES")
        elif line == "```":
            fence = not fence
        elif inside and fence:
            found.append(re.sub(r"\\\\$", r"\\", line))
        elif inside and (line.startswith("\t") or code):
            code = line.endswith("++")
            text = line.removesuffix("++").strip("\t")
            found.append(re.sub(r"\\(.)", r"\1", text) if not text.endswith("\\") else re.sub(r"\\(.)", r"\1", text[:-2]) + "\\")
    return found


def commands():
    """Document and command, in their order."""
    for path in documents():
        text = (ROOT / path).read_text(encoding="utf-8")
        yield from ((path, command) for command in joined(line for line, code in outside_code(text) if code))
    for path in sorted(ROOT.glob("man/*.scd")):
        yield from ((f"man/{path.name}", command) for command in joined(manual(path)))


def rows_of(document, command):
    return [row for row in EXAMPLES if document.startswith(row[0]) and command.startswith(row[1])]


@case
def every_command_has_a_row_and_every_row_a_command(_):
    found = list(commands())
    assert len(found) > 150, found
    without = [f"{document}: {command}" for document, command in found if not rows_of(document, command)]
    assert not without, "no row of EXAMPLES for\n" + "\n".join(without)
    used = {id(rows_of(document, command)[0]) for document, command in found}
    unused = [row[:2] for row in EXAMPLES if id(row) not in used and (ROOT / row[0]).exists()]
    assert not unused, f"rows for nothing: {unused}"


def table():
    """Of both programs: verb -> commands, options with those commands that take them."""
    verbs = {}
    for program in JURAT, JURATD:
        text = subprocess.run([program, "help", "--format", "bash"], stdout=subprocess.PIPE, text=True, check=True).stdout
        for row in re.findall(r"^\t'(.*)'$", text, re.M):
            kind, verb, *fields = row.split("\t")
            commands_of, options = verbs.setdefault((program.name, verb), (set(), {}))
            if kind == "takes" and fields[0] != "-":
                commands_of.add(fields[0])
            elif kind == "option":
                options[fields[0]] = set() if fields[1] == "-" else set(fields[1].split("|"))
    return verbs


def misuses(text, verbs):
    """What is wrong with the calls of jurat and juratd in a command line, or in a part of one."""
    for program, verb, rest in re.findall(r"(?<![\w./:-])(juratd?) ([a-z]+)(?![\w(.-])((?: (?:'[^']*'|\"[^\"]*\"|[^;|&'\"])*)?)", text):
        if (program, verb) == ("juratd", "help"):
            continue
        if (program, verb) not in verbs:
            yield f"{program} has no '{verb}'"
            continue
        commands_of, options = verbs[program, verb]
        words = re.sub(r"'[^']*'|\"[^\"]*\"", "x", rest.split(" -- ")[0]).split()
        command = next((word for word in words if word in commands_of), None)
        for name in (m[1] for word in words if (m := re.match(r"\[?--([a-z][\w-]*)", word))):
            if name not in options and name != "help" and not (name == "version" and program == "juratd"):
                yield f"{program} {verb} has no --{name}"
            elif command and options.get(name) and command not in options[name]:
                yield f"{program} {verb} {command} does not take --{name}"


@case
def every_command_has_verbs_and_options_that_exist(_):
    verbs = table()
    wrong = [f"{document}: {command}: {why}" for document, command in commands() for why in misuses(command, verbs)]
    assert not wrong, "\n".join(wrong)


@case
def commands_within_the_text_have_verbs_and_options_that_exist(_):
    verbs, wrong, n = table(), [], 0
    for path in documents():
        for line, code in outside_code((ROOT / path).read_text(encoding="utf-8")):
            for command in [] if code else re.findall(r"`([^`]+)`", line):
                n += command.startswith("jurat")
                wrong += [f"{path}: {command}: {why}" for why in misuses(command, verbs)] if command.startswith("jurat") else []
    assert n > 300 and not wrong, "\n".join(wrong)


def prepare(tmp):
    """What a reader has: evidence of the software platform, its roots and endorsements, and images."""
    def run(*words, **options):
        p = subprocess.run([str(word) for word in words], cwd=tmp, capture_output=True, text=True, timeout=60, check=False, **options)
        if p.returncode == 3:
            raise Skip(p.stderr)
        assert p.returncode == 0, (words, p.stderr)
        return p.stdout

    bin_dir = tmp / "bin"
    bin_dir.mkdir()
    for program in JURAT, JURATD:
        (bin_dir / program.name).symlink_to(program)
    for tee, out in ("sev-snp", ["--certs-out", "certs.bin"]), ("tdx", []):
        run(JURAT, "run", "--tee", tee, "--", "sh", "-c", 'mkdir -p roots && cp -r "$JURAT_ROOTS/." roots && exec "$0" "$@"', JURAT, "attest", "--tee", tee,
            "--report-data", "00" * 64, *out)
    run(MADE_IMAGES, tmp)
    for name, made in {"OVMF.fd": "ovmf.fd", "OVMF-hashes.fd": "ovmf.fd", "OVMF.inteltdx.fd": "tdvf-without-variables.fd", "vmlinuz": "kernel", "initrd.img": "kernel"}.items():
        shutil.copy(tmp / made, tmp / name)
    (tmp / "certs").mkdir()
    run(JURAT, "certs", "split", "certs.bin", "certs")
    shutil.copytree(tmp / "roots/collateral", tmp / "collateral")
    (tmp / "evidence/a").mkdir(parents=True)
    for name in "report.bin", "certs.bin":
        shutil.copy(tmp / name, tmp / "evidence/a" / name)
    shown = run(JURAT, "show", "report.bin")
    (tmp / "fleet.txt").write_text(re.search(r"^chip_id +(\w+)", shown, re.M)[1] + "\n", encoding="ascii")
    (tmp / "nonce").write_bytes(bytes(64))
    (tmp / "image.json").write_text("{}", encoding="ascii")
    (tmp / "id-key.pem").write_text("-----BEGIN EC PRIVATE KEY-----\nMA8CAQEEAQegBwYFK4EEACI=\n-----END EC PRIVATE KEY-----\n", encoding="ascii")
    for name in "rsdp.bin", "tables.bin", "table-loader.bin":
        (tmp / name).write_bytes(name.encode())
    return {"DIGEST": re.search(r"^measurement +(\w+)", shown, re.M)[1], "CHALLENGE": "00" * 64}


def run_documents(tmp, chosen):
    """Runs the commands of the documents, in their order, each document in a directory of its own."""
    world = tmp / "world"
    world.mkdir()
    variables, wrong, n = prepare(world), [], 0
    with Juratd(JURATD, "--software-platform", "jurat") as service:
        env = {**os.environ, **variables, "PATH": f"{world / 'bin'}:{os.environ['PATH']}", "TMPDIR": str(tmp), "JURAT_ENDORSEMENTS": f"http://127.0.0.1:{service.port}"}
        for document, command in commands():
            row = (rows_of(document, command) or [None])[0]
            if not row or len(row) == 3 or not chosen(document):
                continue
            directory = tmp / document.replace("/", "-")
            if not directory.exists():
                shutil.copytree(world, directory, symlinks=True)
            for pattern, replacement in row[2]:
                command = re.sub(pattern, lambda _, text=replacement: text, command)
            n += 1
            with subprocess.Popen(["sh", "-c", command], cwd=directory, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  start_new_session=True) as p:
                try:
                    out, err = p.communicate(timeout=60)
                except subprocess.TimeoutExpired:
                    os.killpg(p.pid, signal.SIGKILL)
                    out, err = p.communicate()
                finally:
                    with contextlib.suppress(ProcessLookupError):
                        os.killpg(p.pid, signal.SIGKILL)
            if p.returncode != row[3]:
                wrong.append(f"{document}: {command}: exit status {p.returncode}, expected {row[3]}\n{(out + err).decode(errors='replace')[-600:]}")
    assert n > 0 and not wrong, "\n".join(wrong)


def masked(text):
    """Text without what is another one each time: times, digests, and how spaces align it."""
    text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z|\b[0-9a-f]{16,}\b|\b\d+(?:\.\d+)? ?(?:ns|us|\u00b5s|ms|s)\b", "X", text)
    return [re.sub(r"^\d+ ", "", " ".join(line.split())) for line in text.split("\n") if line.strip()]


def block_after(mark):
    """The fenced block of README.md behind a line."""
    return (ROOT / "README.md").read_text(encoding="utf-8").split(mark, 1)[1].split("\n```", 2)[1].split("\n", 1)[1]


@case
def readme_shows_what_the_commands_print(tmp):
    """The lines of each block, a line of dots stands for others. Steps of a TD's quoting service, which runs beside it, may be elsewhere."""
    demo = subprocess.run([JURAT, "demo", "--dir", tmp / "demo"], stdout=subprocess.PIPE, text=True, check=True, timeout=60).stdout
    p = subprocess.run([JURAT, "run", "--trace", tmp / "steps.mmd", "--", JURAT, "attest", "--via", "ioctl", "--extended", "--out", tmp / "e.bin"], capture_output=True, text=True,
                       check=False, timeout=60)
    if p.returncode == 3:
        raise Skip(p.stderr)
    assert p.returncode == 0, p
    blocks = [("jurat run --trace steps.mmd", block_after("jurat run --trace steps.mmd"), (tmp / "steps.mmd").read_text(encoding="utf-8"))]
    tdx = "A TDX guest asks for a quote\n"
    blocks += zip(("SEV-SNP", "TDX"), block_after("## What `make run` shows\n").split(tdx), demo.split(tdx))
    for mark, shown, printed in blocks:
        lines = iter(masked(printed))
        for line in masked(shown):
            found = line == "..." or (line in masked(printed) if mark == "TDX" else line in lines)
            assert found, f"{mark}: not printed there: {line}\n{printed}"


@case
def the_commands_of_markdown_files_work_as_they_are_typed(tmp):
    run_documents(tmp, lambda document: document.endswith(".md"))


@case
def the_examples_of_manual_pages_work_as_they_are_typed(tmp):
    run_documents(tmp, lambda document: document.endswith(".scd"))


@case
def the_programs_in_manual_pages_are_those_of_examples(_):
    """Character by character, but for space: what is copied out of a page compiles, and prints the same."""
    n = 0
    for source in sorted(ROOT.glob("man/*.scd")):
        page = JURAT.parents[2] / "man" / source.name.removesuffix(".scd")
        for name in re.findall(r"^@EXAMPLE (.*)@$", source.read_text(encoding="utf-8"), re.M):
            if not page.exists():
                raise Skip("the manual pages are not built: no scdoc on this machine")
            blocks = re.findall(r"^\.nf\n\.RS 4\n(.*?)^\.fi$", page.read_text(encoding="utf-8"), re.M | re.S)
            printed = [re.sub(r"\\([&\\~^.'-])", lambda m: "" if m[1] == "&" else m[1], block).split() for block in blocks]
            assert (ROOT / "examples" / name).read_text(encoding="utf-8").split() in printed, f"{page} does not have the text of examples/{name}"
            n += 1
    assert n >= 5, n


if __name__ == "__main__":
    sys.exit(main())
