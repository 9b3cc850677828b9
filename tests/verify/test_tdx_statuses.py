#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Quotes of the software enclave at every TCB status under `jurat verify`. Prints TAP; TD_EVIDENCE JURAT"""
import json
import os
import subprocess
import sys
import tempfile

TD_EVIDENCE, JURAT = sys.argv[1:]
NOW = 1767225600, "2026-01-01T00:00:00Z"

# What a platform's status comes to when the worst of TDX module and quoting enclave is OutOfDate.
# Spec: Intel's quote verification library, convergence of TCB statuses.
AND_OUT_OF_DATE = {
    "UpToDate": "OutOfDate",
    "SWHardeningNeeded": "OutOfDate",
    "ConfigurationNeeded": "OutOfDateConfigurationNeeded",
    "ConfigurationAndSWHardeningNeeded": "OutOfDateConfigurationNeeded",
    "OutOfDate": "OutOfDate",
    "OutOfDateConfigurationNeeded": "OutOfDateConfigurationNeeded",
    "Revoked": "Revoked",
}
# The platform's own status with a TD whose module is old and a platform whose module is not.
RELAUNCH = {
    "UpToDate": "TDRelaunchAdvised",
    "SWHardeningNeeded": "TDRelaunchAdvised",
    "ConfigurationNeeded": "TDRelaunchAdvisedConfigurationNeeded",
    "ConfigurationAndSWHardeningNeeded": "TDRelaunchAdvisedConfigurationNeeded",
}


def wanted(name):
    platform, module, enclave, *updated = name.split(",")
    if "-" in (platform, module, enclave):
        return "NotSupported"
    if updated:
        return RELAUNCH.get(platform) or AND_OUT_OF_DATE[platform]
    if "Revoked" in (module, enclave):
        return "Revoked"
    return AND_OUT_OF_DATE[platform] if "OutOfDate" in (module, enclave) else platform


def verify(base, name, *options):
    done = subprocess.run([JURAT, "verify", "--output", "json", "--at", NOW[1], "--roots", os.path.join(base, "intel-root.pem"),
                           "--collateral", os.path.join(base, name, "collateral"), *options,
                           os.path.join(base, name, "quote.bin")], capture_output=True, check=False, timeout=60)
    assert done.returncode in (0, 1), (name, done.returncode, done.stderr)
    verdict = json.loads(done.stdout)
    assert verdict["verdict"] == ("refused" if done.returncode else "accepted"), name
    return done.returncode, verdict["tcb_status"], [reason["code"] for reason in verdict["reasons"]]


def every_status_is_as_intel_has_it_and_only_up_to_date_is_accepted(base, names):
    for name in names:
        status = wanted(name)
        reason = "tcb-not-supported" if status == "NotSupported" else "tcb-status-not-accepted"
        said = verify(base, name)
        if status == "UpToDate":
            assert said == (0, status, []), (name, said)
        else:
            assert said[:2] == (1, status) and set(said[2]) == {reason}, (name, said, status)


def a_status_that_the_policy_accepts_is_accepted_and_no_other(base, names):
    for name in names[::5] + names[-8:]:
        status = wanted(name)
        other = "SWHardeningNeeded" if status == "ConfigurationNeeded" else "ConfigurationNeeded"
        said = verify(base, name, "--require", "accepted_tcb_statuses=" + other)
        assert said[:2] == (1, status), (name, said)
        if status not in ("Revoked", "NotSupported"):  # no policy can accept these
            said = verify(base, name, "--require", "accepted_tcb_statuses=" + status)
            assert said == (0, status, []), (name, said)


def every_status_was_seen(base, names):
    del base
    seen = {wanted(name) for name in names}
    assert seen == set(AND_OUT_OF_DATE) | set(RELAUNCH.values()) | {"NotSupported"}, seen


def main():
    cases = [every_status_was_seen, every_status_is_as_intel_has_it_and_only_up_to_date_is_accepted,
             a_status_that_the_policy_accepts_is_accepted_and_no_other]
    failed = False
    print(f"1..{len(cases)}")
    with tempfile.TemporaryDirectory(prefix="jurat-statuses-") as base:
        names = subprocess.run([TD_EVIDENCE, base, str(NOW[0])], stdout=subprocess.PIPE, check=True, text=True).stdout.split()
        for number, case in enumerate(cases, 1):
            try:
                case(base, names)
                print(f"ok {number} - {case.__name__}", flush=True)
            except AssertionError as why:
                print(f"# {why}\nnot ok {number} - {case.__name__}", flush=True)
                failed = True
    return failed


sys.exit(main())
