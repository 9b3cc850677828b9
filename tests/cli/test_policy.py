#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`jurat policy`, `jurat measure --policy-out`, and --explain, on evidence of the software platform. Prints TAP; test_policy.py JURAT MADE_IMAGES"""
import json
import os
import pathlib
import stat
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from tap import case, main, need_run, shown, terminal  # noqa: E402

JURAT, MADE_IMAGES = map(os.path.abspath, sys.argv[1:3])
AT = "2026-02-03T04:05:06Z"
GUEST = ("--vcpus", 4, "--vcpu-type", "EPYC-Genoa", "--guest-features", "0x21")


def jurat(*args, status=0, **how):
    if args[0] == "run":
        need_run(JURAT)
    p = subprocess.run([JURAT, *map(str, args)], capture_output=True, text=True, timeout=60, check=False, **how)
    assert p.returncode == status, (args, p.returncode, p.stdout[:600], p.stderr[:600])
    return p


def demo(tmp, tee="sev-snp"):
    jurat("demo", "--tee", tee, "--dir", tmp / tee, "--at", AT)
    return tmp / tee


def policy_from(evidence, *options, **how):
    p = jurat("policy", "from", evidence, "--roots", evidence / "roots", "--at", AT, *options, **how)
    return json.loads(p.stdout) if p.returncode == 0 and p.stdout else p.stderr


def verify(evidence, policy, *options, status=0):
    return jurat("verify", evidence, "--roots", evidence / "roots", "--at", AT, "--policy", policy, *options, status=status).stdout


def members(policy):
    return {name for name in policy if not name.startswith("//")}


@case
def a_policy_from_evidence_accepts_it_and_each_member_is_explained(tmp):
    for tee, needed in (("sev-snp", {"measurement", "minimum_tcb", "vmpl", "allow_debug", "products"}), ("tdx", {"mrtd", "rtmr0", "rtmr1", "rtmr2"})):
        evidence, out = demo(tmp, tee), tmp / f"{tee}.json"
        assert policy_from(evidence, "--out", out) == ""
        policy = json.loads(out.read_text(encoding="utf-8"))
        assert stat.S_IMODE(out.stat().st_mode) == 0o666 & ~os.umask(os.umask(0)) & 0o644
        assert needed | {"tees"} <= members(policy) and policy["tees"] == tee
        assert not {"chip_id", "report_id", "report_data", "td_id", "ppid"} & members(policy)
        assert {name[2:] for name in policy if name.startswith("//")} - {""} == members(policy)
        assert policy["//"][0] == f"From evidence that was verified at {AT} with supplied roots."
        assert policy["//"][1].startswith("Not pinned: report_data, ")
        assert "accepted" in verify(evidence, out)
        for name, value in policy.items():
            if name.startswith("//") or not isinstance(value, str) or len(value) != 96:
                continue
            other = tmp / "other.json"
            other.write_text(json.dumps({**policy, name: "ff" * 48}), encoding="utf-8")
            assert "refused" in verify(evidence, other, status=1), name
        jurat("policy", "from", evidence, "--roots", evidence / "roots", "--at", AT, "--out", tmp / "again.json")
        assert (tmp / "again.json").read_bytes() == out.read_bytes()


@case
def pins_are_chosen_by_name(tmp):
    evidence = demo(tmp)
    assert members(policy_from(evidence, "--pin", "vmpl,chip_id", "--pin", "tees")) == {"vmpl", "chip_id", "tees"}
    default, everything = members(policy_from(evidence)), members(policy_from(evidence, "--pin", "all"))
    assert default < everything and "report_id" in everything - default
    assert members(policy_from(evidence, "--pin", "default,report_data")) == default | {"report_data"}
    assert policy_from(evidence, "--pin", "vmpl,nothing", status=2) == "jurat policy: --pin: 'nothing' cannot be pinned (see jurat policy pins)\n"
    assert policy_from(evidence, "--pin", "mrtd", status=1) == "jurat policy: --pin mrtd: not a member for SEV-SNP\n"
    short = tmp / "short"
    short.write_bytes(bytes.fromhex("0300020000000000") + bytes(600))
    assert jurat("policy", "from", "--allow-unverified", short, status=1).stderr == (
        "jurat policy: no policy is made of evidence that could not be read: not-a-td-quote: an SGX quote, version 3\n"
    )
    listed = {line.split()[0] for line in jurat("policy", "pins").stdout.splitlines()}
    assert everything - {"csp_id"} <= listed


@case
def evidence_that_is_refused_needs_permission(tmp):
    evidence, out = demo(tmp), tmp / "out.json"
    p = jurat("policy", "from", evidence, "--out", out, status=1)
    assert p.stdout == "" and not out.exists() and p.stderr.startswith("jurat policy: root-not-trusted: "), p
    assert p.stderr.endswith("so no policy is made of it (--allow-unverified makes one)\n")
    policy = json.loads(jurat("policy", "from", evidence, "--allow-unverified").stdout)
    assert policy["//"][0].startswith("NOT VERIFIED: from evidence that was refused at ") and "root-not-trusted" in policy["//"][0]
    assert policy_from(evidence, "--require", "vmpl=3", status=1).startswith("jurat policy: vmpl-not-allowed: ")


@case
def members_of_a_policy_are_kept_and_replacements_told(tmp):
    evidence, base = demo(tmp), tmp / "base.json"
    base.write_text('{"//": "ours", "//require_crl": "later", "require_crl": false, "vmpl": [0, 1], "rejected_advisories": "INTEL-SA-1",'
                    ' "tees": ["sev-snp", "tdx"]}', encoding="utf-8")
    p = jurat("policy", "from", evidence, "--roots", evidence / "roots", "--at", AT, "--policy", base, "--pin", "vmpl,measurement")
    policy = json.loads(p.stdout)
    assert p.stderr == "jurat policy: warning: policy: vmpl: 0 replaces [0, 1]\n"
    assert policy["//"][0] == "ours" and policy["//require_crl"] == "later" and policy["vmpl"] == 0 and policy["tees"] == ["sev-snp", "tdx"]


@case
def a_directory_with_both_is_an_error(tmp):
    jurat("demo", "--dir", tmp / "both", "--at", AT)
    assert "has a report and a quote" in policy_from(tmp / "both", status=2)


def launch_td(tmp, name, append):
    """A TD with its event log, and what its quote is verified with."""
    evidence = tmp / name
    evidence.mkdir()
    command = f"'{JURAT}' attest --tee tdx --out '{evidence}/quote.bin' && cat /sys/firmware/acpi/tables/data/CCEL > '{evidence}/event-log.bin'"
    jurat("run", "--tee", "tdx", "--at", AT, "--firmware-image", tmp / "tdvf-without-variables.fd", "--kernel", tmp / "kernel", "--append", append,
          "--memory", "2G", "--acpi-table", tmp / "kernel", "--", "sh", "-c", command)
    for what in ("roots", "collateral"):
        (evidence / what).symlink_to(tmp / "tdx" / what)
    return evidence


@case
def what_the_event_log_says_can_be_pinned(tmp):
    images(tmp)
    demo(tmp, "tdx")
    good, other, out = launch_td(tmp, "good", "root=/dev/vda"), launch_td(tmp, "other", "init=/bin/sh"), tmp / "out.json"
    assert policy_from(good, "--pin", "default,require_event_log,require_secure_boot", "--out", out) == ""
    policy = json.loads(out.read_text(encoding="utf-8"))
    assert policy["require_event_log"] is True and policy["require_secure_boot"] is False
    assert "accepted" in verify(good, out) and "rtmr2-mismatch" in verify(other, out, status=1)
    # the EFI stub measures the command line without logging it
    assert policy_from(good, "--pin", "kernel_cmdline", status=1) == "jurat policy: --pin kernel_cmdline: no event log with a command line\n"
    (good / "event-log.bin").unlink()
    assert "event-log-missing" in verify(good, out, status=1)
    assert policy_from(good, "--pin", "require_event_log", status=1) == "jurat policy: --pin require_event_log: no event log\n"
    assert "accepted" not in policy_from(good, "--event-log", other / "event-log.bin", status=1)


# ---- jurat measure --policy-out


def images(tmp):
    subprocess.run([MADE_IMAGES, tmp], check=True)
    return tmp


@case
def a_measurement_becomes_a_policy(tmp):
    images(tmp)
    out = tmp / "policy.json"
    args = ("measure", "snp", "--firmware", tmp / "ovmf.fd", *GUEST, "--policy-out", out)
    digest = jurat(*args).stdout.strip()
    policy = json.loads(out.read_text(encoding="utf-8"))
    assert members(policy) == {"measurement", "tees"} and policy["measurement"] == digest and policy["tees"] == "sev-snp"
    assert policy["//measurement"][1] == f"Computed by jurat measure snp --firmware {tmp}/ovmf.fd " + " ".join(map(str, GUEST))
    other = jurat(*args[:-2], "--vcpus", 5, "--policy", out, "--policy-out", out, status=2).stderr  # --vcpus twice
    assert "vcpus" in other and json.loads(out.read_text(encoding="utf-8")) == policy
    p = jurat("measure", "snp", "--firmware", tmp / "ovmf.fd", *GUEST[2:], "--policy", out, "--policy-out", out)
    assert p.stderr == f'jurat measure: warning: policy: measurement: "{p.stdout.strip()}" replaces "{digest}"\n'
    assert jurat("measure", "snp", "--firmware", tmp / "ovmf.fd", "--policy", out, status=2).stderr == "jurat measure: --policy requires --policy-out\n"


@case
def what_a_td_s_measurement_lacks_is_in_the_comment(tmp):
    images(tmp)
    out = tmp / "policy.json"
    jurat("measure", "tdx", "--firmware", tmp / "tdvf-without-variables.fd", "--policy-out", out)
    policy = json.loads(out.read_text(encoding="utf-8"))
    assert members(policy) == {"mrtd", "tees"} and policy["//rtmr0"].startswith("Not required: computing it takes ")


# ---- --explain


def launched(tmp):
    images(tmp)
    evidence = tmp / "guest"
    evidence.mkdir()
    jurat("run", "--firmware-image", tmp / "ovmf.fd", *GUEST, "--at", AT, "--", JURAT, "attest", "--out", evidence / "report.bin", "--certs-out",
          evidence / "certs.bin")
    demo(tmp)
    (evidence / "roots").symlink_to(tmp / "sev-snp" / "roots")
    return evidence


@case
def measure_explains_what_is_another_in_the_evidence(tmp):
    evidence = launched(tmp)
    stated = ("measure", "snp", "--firmware", tmp / "ovmf.fd", "--explain", evidence)
    text = jurat(*stated, *GUEST).stdout
    assert text.endswith(f"\n\n'{evidence}', whose signature is not verified here:\nmeasurement: matches with these inputs\n"), text
    text = jurat(*stated, "--vcpus", 2, "--vcpu-type", "EPYC-Milan", status=1).stdout
    assert "\nmeasurement: matches with --vcpus 4, --vcpu-type EPYC-Genoa and --guest-features 0x21 (" in text, text
    text = jurat(*stated, "--vcpus", 2, "--vcpu-type", "EPYC-Milan", "--max-differences", 2, status=1).stdout
    assert "\nmeasurement: not explained: " in text and "with up to 2 differences at once; 3 other firmware images, 2 of which cannot be measured; up to 512 vCPUs; not tried: " in text, text
    # an image of the same suffix beside it, and one that is named
    (tmp / "alone").mkdir()
    (tmp / "alone" / "ovmf.bin").write_bytes((tmp / "ovmf-without-hashes.fd").read_bytes())
    stated = ("measure", "snp", "--firmware", tmp / "alone" / "ovmf.bin", "--explain", evidence, *GUEST)
    assert "not explained" in jurat(*stated, status=1).stdout
    assert f"matches with --firmware {tmp}/ovmf.fd (" in jurat(*stated, "--firmware-also", tmp / "ovmf.fd", status=1).stdout
    found = json.loads(jurat(*stated, "--firmware-also", tmp / "ovmf.fd", "--output", "json", status=1).stdout)["explanation"]
    assert found["verified"] is False and found["values"][0]["result"] == "explained" and found["values"][0]["differences"] == 1
    assert found["values"][0]["with"] == [{"option": "firmware", "value": f"{tmp}/ovmf.fd"}]


@case
def measure_explains_each_register_of_a_quote(tmp):
    images(tmp)
    jurat("run", "--tee", "tdx", "--firmware-image", tmp / "tdvf-without-variables.fd", "--order", "all-then-extend", "--", JURAT, "attest", "--out",
          tmp / "quote.bin")
    text = jurat("measure", "tdx", "--firmware", tmp / "tdvf-without-variables.fd", "--explain", tmp / "quote.bin", status=1).stdout
    assert "\nmrtd: matches with --order all-then-extend (" in text and "\nrtmr1: not tried: it cannot be computed from these inputs\n" in text, text
    found = json.loads(jurat("measure", "tdx", "--firmware", tmp / "tdvf-without-variables.fd", "--explain", tmp / "quote.bin", "--output", "json", status=1).stdout)
    assert [row["result"] for row in found["explanation"]["values"]] == ["explained", "not-tried", "not-tried", "not-tried"], found
    assert "has no SEV-SNP report" in jurat("measure", "snp", "--firmware", tmp / "ovmf.fd", "--vcpu-type", "EPYC", "--explain", tmp / "quote.bin", status=3).stderr


@case
def a_search_ends_in_time_and_shows_progress_on_a_terminal(tmp):
    images(tmp)
    demo(tmp)
    stated = [JURAT, "measure", "snp", "--firmware", tmp / "ovmf.fd", "--vcpu-type", "EPYC", "--vcpus", 1, "--kernel", tmp / "kernel", "--initrd", tmp / "kernel",
              "--append", " a ", "--explain", tmp / "sev-snp", "--max-vcpus", 4096, "--max-differences", 8, "--explain-timeout", 1]
    master, slave = terminal()
    p = subprocess.run([str(word) for word in stated], stdout=subprocess.PIPE, stderr=slave, text=True, timeout=60, check=False)
    text = shown(master, slave)
    assert p.returncode == 1 and ", then --explain-timeout was reached; " in p.stdout, p
    assert " combinations, " in text and text.endswith("\r\033[K") and all(len(line) < 80 for line in text.split("\r")), text
    assert "combinations, " not in jurat(*stated[1:], status=1).stderr


@case
def verify_explains_a_measurement_that_it_refuses(tmp):
    evidence = launched(tmp)
    wrong = ("--firmware", tmp / "ovmf.fd", "--vcpus", 2, *GUEST[2:])
    digest = jurat("measure", "snp", *wrong).stdout.strip()
    how = ("verify", evidence, "--roots", evidence / "roots", "--at", AT, "--explain")
    text = jurat(*how, "--measurement", digest, *wrong, status=1).stdout
    assert "\nexplained            measurement: matches with --vcpus 4 (" in text and "NOT VERIFIED" not in text, text
    verdict = json.loads(jurat(*how, "--measurement", digest, *wrong, "--output", "json", status=1).stdout)
    assert verdict["explanation"]["verified"] is True and verdict["explanation"]["values"][0]["with"] == [{"option": "vcpus", "value": "4"}]
    text = jurat(*how, "--measurement", digest, "--require", "vmpl=3", *wrong, status=1).stdout
    assert "\nexplained            NOT VERIFIED: the measurements of refused evidence are claims\nexplained            measurement: " in text
    right = jurat("measure", "snp", "--firmware", tmp / "ovmf.fd", *GUEST).stdout.strip()
    assert "explained" not in jurat(*how, "--measurement", right, *wrong).stdout
    for args, error in (
        ((*how, "--measurement", digest), "--explain requires --firmware"),
        ((*how, *wrong), "--explain: no measurement is required (see --measurement and --policy)"),
        (("verify", evidence, "--vcpus", 2), "--vcpus is used with --explain"),
        (("verify", evidence, "--max-differences", 2), "--max-differences is used with --explain"),
    ):
        assert jurat(*args, status=2).stderr == f"jurat verify: {error}\n"


sys.exit(main())
