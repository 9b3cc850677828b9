#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
Completion scripts in the shells they are for: words are typed at a terminal and completed. A shell that is absent is skipped.
Prints TAP; test_complete.py JURAT JURATD
"""
import os
import pathlib
import re
import select
import shutil
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from tap import Skip, case, main, terminal  # noqa: E402

JURAT, JURATD = map(os.path.abspath, sys.argv[1:])
BASH_COMPLETION = "/usr/share/bash-completion/bash_completion"
END = "\x18\x05"  # Ctrl-X Ctrl-E: prints the command line between marks
LIST = "\x18\x01"  # Ctrl-X Ctrl-A: puts every completion into it


def script(shell, program=JURAT):
    p = subprocess.run([program, "help", "--format", shell], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert p.returncode == 0 and p.stderr == "", p
    return p.stdout


class Typed:
    """A shell at a terminal in `directory`, whose completions can be asked for."""

    def __init__(self, command, directory, start):
        if not shutil.which(command[0]):
            raise Skip(f"{command[0]} is not installed")
        self.master, slave = terminal()
        env = {"PATH": os.path.dirname(JURAT) + ":" + os.environ["PATH"], "HOME": str(directory), "TERM": "dumb", "LC_ALL": "C.UTF-8", "INPUTRC": "/dev/null",
               "COLUMNS": "200"}
        self.process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, cwd=directory, env=env, start_new_session=True)
        os.close(slave)
        self.seen = ""
        self.send(start + "\n")
        self.until("<ready>")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        os.close(self.master)

    def send(self, text):
        os.write(self.master, text.encode())

    def until(self, pattern):
        end = time.monotonic() + 30
        while not (m := re.search(pattern, self.seen, re.S)):
            ready = select.select([self.master], [], [], max(0, end - time.monotonic()))[0]
            assert ready, f"expected {pattern!r}, found {self.seen!r}"
            self.seen += os.read(self.master, 65536).decode(errors="replace")
        before, self.seen = self.seen[: m.start()], self.seen[m.end() :]
        return before, m

    def line(self, keys):
        """The command line after these keys; it is empty again then."""
        self.send(keys + END)
        return self.until(r"<line:(.*?):line>")[1][1].replace("\r\n", "\n")

    def shown(self, keys):
        """What the terminal shows after these keys."""
        self.send(keys + END)
        return self.until(r"<line:(.*?):line>")[0]

    def all(self, typed):
        """Every completion of the last word."""
        line = self.line(typed + LIST)
        if line == typed:
            return []
        rest = typed.rpartition(" ")[0] + " "
        assert line.startswith(rest), (typed, line)
        return [word.rstrip("=,") for word in line[len(rest) :].split()]  # which zsh appends


def bash(directory, program=JURAT, with_package=False):
    (directory / "script").write_text(script("bash", program))
    package = f". {BASH_COMPLETION}; " if with_package else ""
    start = (r"""PS1= PS2=; bind 'set completion-query-items 0'; bind 'set page-completions off'; bind 'set bell-style none'; """
             r"""bind 'set enable-bracketed-paste off'; bind '"\C-x\C-a": insert-completions'; """
             r"""show() { printf '<line:%s:line>\n' "$READLINE_LINE"; READLINE_LINE= READLINE_POINT=0; }; bind -x '"\C-x\C-e": show'; """
             + package + r""". ./script; cd files; printf '<%s>\n' ready""")
    return Typed(["bash", "--norc", "--noprofile", "-i"], directory, start)


def zsh(directory, program=JURAT):
    name = os.path.basename(program)
    (directory / "functions").mkdir()
    (directory / "functions" / f"_{name}").write_text(script("zsh", program))
    start = (r"""unsetopt zle_bracketed_paste; unset zle_bracketed_paste; PS1= PS2= RPS1=; setopt no_beep no_list_beep; LISTMAX=0; fpath=("$PWD/functions" $fpath); """
             r"""autoload -Uz compinit; compinit -u -D; """
             r"""show() { zle -I; print -r -- "<line:${BUFFER}:line>"; BUFFER=; }; zle -N show; bindkey '^X^E' show; """
             r"""zle -C all-matches complete-word _generic; bindkey '^X^A' all-matches; zstyle ':completion:all-matches:*' insert true; """
             r"""zstyle ':completion:all-matches::::' completer _all_matches _complete; cd files; printf '<%s>\n' ready""")
    return Typed(["zsh", "-f", "-i"], directory, start)


class Fish:
    def __init__(self, directory, program=JURAT):
        if not shutil.which("fish"):
            raise Skip("fish is not installed")
        (directory / "script").write_text(script("fish", program))
        self.directory = directory

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def described(self, typed):
        """Every completion of the last word, with its description."""
        env = {"PATH": os.path.dirname(JURAT) + ":" + os.environ["PATH"], "HOME": str(self.directory), "TERM": "dumb", "LC_ALL": "C.UTF-8"}
        p = subprocess.run(["fish", "--no-config", "-c", "source ../script; complete -C $argv[1]", typed], cwd=self.directory / "files", env=env,
                           stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        assert p.returncode == 0 and p.stderr == "", p
        return dict((line.partition("\t")[::2]) for line in p.stdout.splitlines())

    def all(self, typed):
        return list(self.described(typed))


def files(directory):
    """What there is to complete."""
    top = directory / "files"
    (top / "certs").mkdir(parents=True)
    (top / "my report's.bin").write_text("")
    (top / "quote.bin").write_text("")
    (top / "certs" / "vcek.der").write_text("")


VERBS = re.findall(r"^  (\w+) +\w", subprocess.run([JURAT, "--help"], stdout=subprocess.PIPE, text=True, check=True).stdout, re.M)


def complete_words(shell):
    """What every shell does."""
    def all_of(typed):
        return sorted(word.rstrip("/") for word in shell.all(typed))

    assert [v for v in all_of("jurat ") if v in VERBS] == VERBS
    assert all_of("jurat ve") == ["verify"] and all_of("jurat --v") == ["--version"]
    assert all_of("jurat certs ") == ["build", "check", "split"] and all_of("jurat host l") == ["load-vlek"]
    assert all_of("jurat help ce") == ["certs"] and all_of("jurat help certs s") == ["split"]
    # options where they apply
    assert all_of("jurat certs build --") == ["--crl", "--help"]
    assert all_of("jurat certs split --") == ["--help", "--output"]
    assert "--report" in all_of("jurat certs check --") and "--crl" in all_of("jurat certs --")
    assert "--report" in all_of("jurat certs --output json check --"), "the command is behind an option with a value"
    assert all_of("jurat certs check --host") == ["--host-status"]
    assert "--report" not in all_of("jurat certs check --report quote.bin --rep"), "once only"
    assert all_of("jurat verify --roots quote.bin --roo") == ["--roots"], "repeatable"
    assert all_of("jurat show -- --o") == [], "no options after --"
    assert all_of("jurat none --") == [] and all_of("jurat none --none=") == []
    # values
    assert all_of("jurat host --output ") == ["json", "text"] and all_of("jurat cases run --output j") == ["json", "junit"]
    assert all_of("jurat demo --product mi") == ["milan"] and all_of("jurat demo --product MI") == ["milan"]
    assert all_of("jurat key --vmpl ") == ["0", "1", "2", "3"]
    assert all_of("jurat key --fields im") == ["image_id"]
    assert all_of("jurat key --fields policy,im") == ["policy,image_id"]
    assert "policy,policy" not in all_of("jurat key --fields policy,") and len(all_of("jurat key --fields policy,")) == 5
    assert all_of("jurat verify --jobs ") == [] and all_of("jurat verify --measurement q") == []
    # files
    assert all_of("jurat show q") == ["quote.bin"] and all_of("jurat show certs/") == ["certs/vcek.der"]
    assert all_of("jurat verify quote.bin q") == ["quote.bin"] and all_of("jurat show quote.bin q") == []
    assert all_of("jurat verify --policy q") == ["quote.bin"]
    assert all_of("jurat forge --out c") == ["certs"] and all_of("jurat forge --out q") == []
    assert all_of("jurat certs build c") == ["certs"] and all_of("jurat certs build q") == []
    assert all_of("jurat certs build certs q") == ["quote.bin"]
    assert all_of("jurat attest --report-data q") == []


@case
def bash_completes(directory):
    files(directory)
    with bash(directory) as shell:
        complete_words(shell)
        equals_and_quotes_in_bash(shell)
        assert "jurat" in shell.all("jurat run -- jura")
        assert shell.all("jurat run -- cat q") == ["quote.bin"]


@case
def bash_completes_with_the_package_bash_completion(directory):
    if not os.path.exists(BASH_COMPLETION):
        raise Skip("bash-completion is not installed")
    files(directory)
    with bash(directory, with_package=True) as shell:
        complete_words(shell)
        equals_and_quotes_in_bash(shell)
        assert shell.all("jurat run --tee tdx -- jurat ver") == ["verify"]
        assert shell.all("jurat run -- cat q") == ["quote.bin"]


def equals_and_quotes_in_bash(shell):
    assert shell.line("jurat show --output=j\t") == "jurat show --output=json "
    assert shell.line("jurat demo --product=TU\t") == "jurat demo --product=turin "
    assert shell.line("jurat key --fields=policy,guest\t") == "jurat key --fields=policy,guest_svn"
    assert shell.line("jurat verify --policy=q\t") == "jurat verify --policy=quote.bin "
    assert shell.line("jurat forge --out=c\t") == "jurat forge --out=certs/"
    assert shell.line("jurat attest --report-data @q\t").replace("\\@", "@") == "jurat attest --report-data @quote.bin "
    assert shell.line("jurat attest --report-data=@q\t").replace("\\@", "@") == "jurat attest --report-data=@quote.bin "
    assert shell.line("jurat show m\t") == "jurat show my\\ report\\'s.bin "
    assert shell.line("jurat show 'q\t") == "jurat show 'quote.bin' "
    assert shell.line("jurat verify --certs=c\t--jo\t") == "jurat verify --certs=certs/--jo"


@case
def zsh_completes(directory):
    files(directory)
    with zsh(directory) as shell:
        complete_words(shell)
        assert shell.line("jurat show --output=j\t") == "jurat show --output=json "
        assert shell.line("jurat demo --product=TU\t") == "jurat demo --product=turin "
        assert shell.line("jurat verify --policy=q\t") == "jurat verify --policy=quote.bin "
        assert shell.line("jurat forge --out=c\t") == "jurat forge --out=certs/"
        assert shell.line("jurat attest --report-data @q\t") == "jurat attest --report-data @quote.bin "
        assert shell.line("jurat show m\t") == "jurat show my\\ report\\'s.bin "
        assert shell.all("jurat run --tee tdx -- jurat ver") == ["verify"]
        assert shell.all("jurat run -- cat q") == ["quote.bin"]
        shown = shell.shown("jurat certs check --\t\t")
        assert "--host-status" in shown and "from the output of jurat host status --output json" in shown, shown
        assert "verify evidence: accepted, or refused with reasons" in shell.shown("jurat \t\t")


@case
def fish_completes(directory):
    files(directory)
    with Fish(directory) as shell:
        complete_words(shell)
        assert shell.all("jurat show --output=j") == ["--output=json"]
        assert shell.all("jurat demo --product=TU") == ["--product=turin"]
        assert shell.all("jurat verify --policy=q") == ["--policy=quote.bin"]
        assert shell.all("jurat forge --out=c") == ["--out=certs/"]
        assert shell.all("jurat attest --report-data @q") == ["@quote.bin"]
        assert shell.all("jurat attest --report-data=@q") == ["--report-data=@quote.bin"]
        assert shell.all("jurat show m") == ["my report's.bin"]
        assert shell.all("jurat run --tee tdx -- jurat ver") == ["verify"]
        assert shell.all("jurat run -- cat q") == ["quote.bin"]
        assert shell.described("jurat ver")["verify"] == "verify evidence: accepted, or refused with reasons"
        assert shell.described("jurat certs check --tc")["--tcb"] == "TCB_VERSION that the platform reports; with --chip-id"


@case
def juratd_is_completed_too(directory):
    files(directory)
    ran = []
    for start in (bash, zsh, Fish):
        below = directory / start.__name__
        files(below)
        try:
            with start(below, JURATD) as shell:
                assert sorted(v for v in shell.all("juratd ") if v[0] != "-") == ["endorsements", "qgs"]
                assert "--log-format" in shell.all("juratd qgs --log")
                assert sorted(shell.all("juratd qgs --log-format ")) == ["json", "text"]
                assert shell.all("juratd qgs --listen unix:/x --lis") == ["--listen"]
                assert shell.all("juratd endorsements --config q") == ["quote.bin"]
                ran.append(start)
        except Skip:
            continue
    if not ran:
        raise Skip("neither bash, zsh nor fish is installed")


def every_row(text):
    return [row.split("\t") for row in re.findall(r"^\t'(.*)'(?: \\)?$", text, re.M)]


@case
def every_verb_option_and_choice_is_in_the_table_of_every_shell(_):
    rows = every_row(script("bash"))
    assert rows == every_row(script("zsh")) == every_row(script("fish"))
    assert sorted(row[1] for row in rows if row[0] == "verb") == VERBS
    for verb in VERBS:
        text = subprocess.run([JURAT, verb, "--help"], stdout=subprocess.PIPE, text=True, check=True).stdout
        assert re.findall(r"^  --([\w-]+)", text, re.M) == [row[2] for row in rows if row[:2] == ["option", verb]], verb


@case
def another_shell_is_refused(_):
    p = subprocess.run([JURAT, "help", "--format", "csh"], capture_output=True, text=True)
    assert (p.returncode, p.stdout) == (2, "") and "bash" in p.stderr, p
    for words in (["help"], ["help", "--format"], ["help", "--format", "csh"], ["help", "--format=csh"], ["help", "--format=bash", "more"]):
        p = subprocess.run([JURATD, *words], capture_output=True, text=True)
        assert (p.returncode, p.stdout, p.stderr) == (2, "", "juratd help: expected --format bash, zsh or fish (see juratd --help)\n"), p


sys.exit(main())
