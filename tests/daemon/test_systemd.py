#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The units: that systemd reads them without a complaint, how exposed they leave the services, and that their system call
filter allows what juratd's own allows. test_systemd.py DIST JURATD JURAT TEST_SANDBOX"""
import os
import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "support"))
from tap import Skip, case, main  # noqa: E402

DIST, JURATD, JURAT, TEST_SANDBOX = map(pathlib.Path, sys.argv[1:5])
SERVICES = {"qgs": "juratd-qgs.service", "endorsements": "juratd-endorsements.service"}
# Tenths, of 100: "systemd-analyze security" calls up to 2.0 "OK", and most services of a distribution are above 9.0.
MOST_EXPOSURE = {"juratd-qgs.service": 12, "juratd-endorsements.service": 14, "jurat-host-recover.service": 30}


def analyze(*words, env=None):
    if not shutil.which("systemd-analyze"):
        raise Skip("there is no systemd-analyze")
    done = subprocess.run(["systemd-analyze", *words], capture_output=True, text=True, env={**os.environ, **(env or {})}, check=False)
    return done.returncode, done.stdout, done.stderr


def installed(tmp):
    """The units as Meson installs them, below tmp; programs are links to those of the build."""
    units, programs = tmp / "system", tmp / "bin"
    units.mkdir()
    programs.mkdir()
    (programs / "juratd").symlink_to(JURATD.resolve())
    (programs / "jurat").symlink_to(JURAT.resolve())
    for unit in list(DIST.glob("*.service")) + list(DIST.glob("*.socket")):
        (units / unit.name).write_text(unit.read_text().replace("@bindir@", str(programs)).replace("@sysconfdir@", "/etc"))
    return units


def settings(unit):
    """All values of each setting, in order."""
    found = {}
    for line in unit.read_text().splitlines():
        if "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


@case
def systemd_has_no_complaint(tmp):
    units = installed(tmp)
    names = sorted(u.name for u in units.iterdir())
    assert len(names) == 6, names
    status, _, complaints = analyze("verify", "--man=no", *(str(units / n) for n in names), env={"SYSTEMD_UNIT_PATH": f"{units}:"})
    complaints = [line for line in complaints.splitlines() if any(n in line for n in names)]
    assert status == 0 and not complaints, complaints


@case
def a_complaint_would_be_seen(tmp):
    units = installed(tmp)
    unit = units / "juratd-qgs.service"
    unit.write_text(unit.read_text().replace("PrivateTmp=yes", "PrivateTemp=yes"))
    _, _, complaints = analyze("verify", "--man=no", str(unit), env={"SYSTEMD_UNIT_PATH": f"{units}:"})
    assert "PrivateTemp" in complaints, complaints


@case
def the_exposure_of_services_has_a_bound(tmp):
    units = installed(tmp)
    for name, most in MOST_EXPOSURE.items():
        status, out, err = analyze("security", "--offline=true", "--no-pager", f"--threshold={most}", str(units / name))
        if "unrecognized option" in err:
            raise Skip("systemd-analyze security has no --offline")
        assert status == 0, "\n".join(line for line in out.splitlines() if line.startswith(("✗", "→"))) + err


def calls_of(group):
    """The calls of one of systemd's groups."""
    status, out, err = analyze("syscall-filter", "--no-pager", group)
    assert status == 0, err
    found = set()
    for word in (line.strip() for line in out.splitlines()[1:]):
        if word.startswith("@"):
            found |= calls_of(word)
        elif word and not word.startswith("#"):
            found.add(word)
    return found


def allowed_by(unit):
    """Later lines add to the first or, with ~, take away from it: systemd.exec(5)."""
    found = set()
    for value in settings(unit)["SystemCallFilter"]:
        words = value.removeprefix("~").split()
        calls = set().union(*(calls_of(w) if w.startswith("@") else {w} for w in words))
        found = found - calls if value.startswith("~") else found | calls
    return found


@case
def the_filter_of_a_unit_allows_what_juratd_allows_itself(tmp):
    units = installed(tmp)
    known = calls_of("@known")  # systemd ignores others, such as those of a newer kernel
    for role, name in SERVICES.items():
        own = set(subprocess.run([TEST_SANDBOX, "--list", role], capture_output=True, text=True, check=True).stdout.split())
        assert len(own) > 50
        by_unit = allowed_by(units / name)
        missing = (own & known) - by_unit
        assert not missing, f"{name}: {sorted(missing)}"
        assert "seccomp" in by_unit and "ptrace" not in by_unit and "mount" not in by_unit


@case
def the_families_of_a_unit_are_those_of_the_role(tmp):
    units = installed(tmp)
    want = {"qgs": {"AF_UNIX", "AF_VSOCK", "AF_INET"}, "endorsements": {"AF_UNIX", "AF_VSOCK", "AF_INET", "AF_INET6", "AF_NETLINK"}}
    for role, name in SERVICES.items():
        assert set(settings(units / name)["RestrictAddressFamilies"][0].split()) == want[role]


@case
def what_a_service_can_write_is_not_executable(tmp):
    for unit in map(settings, installed(tmp).glob("juratd-*.service")):
        for name in unit.get("StateDirectory", ()):
            paths = [pathlib.Path(p.lstrip("-")) for value in unit["NoExecPaths"] for p in value.split()]
            assert any(pathlib.Path("/var/lib", name).is_relative_to(p) for p in paths), (name, paths)


# systemd makes these directories, and changes the owner of what is below them to the unit's user: systemd.exec(5).
OWNED = {"StateDirectory": "/var/lib", "RuntimeDirectory": "/run", "CacheDirectory": "/var/cache", "LogsDirectory": "/var/log",
         "ConfigurationDirectory": "/etc"}
TABLE = re.compile(r"(?:--blob |JURAT_CERTS=|--device /dev/sev )(/[\w./-]+)|install -d [\w -]+? (/[\w./-]+)")


def owned_by(unit):
    """What systemd makes the unit's user the owner of."""
    return [pathlib.Path(root, name) for setting, root in OWNED.items() for value in settings(unit).get(setting, ()) for name in value.split()]


def table_directories():
    """Of the certificate tables in README, manual pages and documents."""
    top = DIST.parent
    texts = "\n".join(p.read_text() for p in [top / "README.md", *(top / "man").glob("*.scd"), *(top / "doc").glob("*.md")])
    return {pathlib.Path(directory or pathlib.Path(table).parent) for table, directory in TABLE.findall(texts)}


@case
def no_unit_owns_the_directory_of_the_certificate_table(tmp):
    """Root alone may change the table, and VMMs read it: systemd would give it to the user of a network service."""
    tables, units = table_directories(), installed(tmp)
    assert {pathlib.Path("/run/jurat-host"), pathlib.Path("/var/lib/jurat-host")} <= tables, tables
    owned = {d: unit.name for unit in units.iterdir() for d in owned_by(unit)}
    assert owned == {pathlib.Path("/var/lib/jurat/endorsements"): "juratd-endorsements.service"}, owned
    for table in tables:
        for directory, name in owned.items():
            assert not table.is_relative_to(directory) and not directory.is_relative_to(table), f"{name} owns {directory}: {table}"


@case
def the_directory_of_the_documents_is_made_at_boot(tmp):
    """By systemd-tmpfiles: for root to write, and for a group that sysusers.d makes to read. A file in it gets the group."""
    lines = [line.split() for line in (DIST / "jurat.tmpfiles").read_text().splitlines() if not line.startswith("#")]
    (kind, path, mode, user, group, age), = lines
    assert (kind, path, mode, user, age) == ("d", "/run/jurat-host", "2750", "root", "-"), lines
    assert pathlib.Path(path) in table_directories()
    assert any(line.split()[:2] == ["g", group] for line in (DIST / "jurat.sysusers").read_text().splitlines())


@case
def a_table_that_must_be_fetched_at_boot_is_tried_until_it_is_there(tmp):
    unit = settings(installed(tmp) / "jurat-host-recover.service")
    after = " ".join(unit["After"]).split()
    assert {"network-online.target", "systemd-tmpfiles-setup.service"} <= set(after), after
    assert "network-online.target" in unit["Wants"]
    assert unit["Restart"] == ["on-failure"] and unit["StartLimitIntervalSec"] == ["0"], unit
    assert unit["RestartPreventExitStatus"] == ["2"]  # what is written in host.conf does not change by itself


@case
def the_names_of_sockets_are_none_that_juratd_takes_for_metrics(tmp):
    units = installed(tmp)
    for name, role in (("qgs", "qgs"), ("qgs-vsock", "qgs"), ("endorsements", "endorsements")):
        assert settings(units / f"juratd-{name}.socket")["FileDescriptorName"] == [role]


@case
def the_configuration_of_each_service_is_accepted(tmp):
    """With the sockets of its socket unit: without any, it asks for --listen and nothing else."""
    for role in SERVICES:
        done = subprocess.run([JURATD, role, "--config", DIST / f"{role}.json", "--help"], capture_output=True, text=True, check=False)
        assert done.returncode == 0
        done = subprocess.run([JURATD, role, "--config", DIST / f"{role}.json", "--nonsense"], capture_output=True, text=True, check=False)
        assert done.returncode == 2 and "nonsense" in done.stderr, done.stderr
        done = subprocess.run([JURATD, role, "--config", DIST / f"{role}.json", "--listen", "nonsense"], capture_output=True, text=True,
                              check=False)
        assert done.returncode == 2 and "--listen: expected " in done.stderr and "found 'nonsense'" in done.stderr, done.stderr


sys.exit(main("juratd-"))
