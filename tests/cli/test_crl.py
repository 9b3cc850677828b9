#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What is revoked is refused, whichever way its CRL comes to `jurat verify`. Prints TAP; test_crl.py JURAT SNP_CRLS"""
import base64
import json
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from tap import case, main  # noqa: E402

JURAT, SNP_CRLS = map(os.path.abspath, sys.argv[1:3])
PRODUCTS = "Milan", "Genoa", "Turin"
KEYS = {"vcek": "ask", "vlek": "asvk"}  # and the intermediate that issues it


def jurat(*args, status=0):
    p = subprocess.run([JURAT, *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    assert p.returncode == status, (args, p.returncode, p.stdout[:600], p.stderr)
    return p.stdout.decode()


def crls(tmp, name="crls", *seed):
    """The CRLs of all products, by (product, what is revoked)."""
    d = tmp / name
    d.mkdir()
    subprocess.run([SNP_CRLS, d, *seed], check=True, timeout=120)
    return {(p, what): d / f"{p}-{what}.der" for p in PRODUCTS for what in ("none", "ask", "asvk", "both")}


def pem(der):
    return b"-----BEGIN X509 CRL-----\n" + base64.encodebytes(der) + b"-----END X509 CRL-----\n"


def put(directory, **files):
    directory.mkdir()
    for name, content in files.items():
        (directory / name.replace("_", ".")).write_bytes(content)
    return directory


def demo(tmp, product, key, *options):
    d = tmp / f"{product}-{key}{len(options)}"
    jurat("demo", "--tee", "sev-snp", "--product", product.lower(), "--sign-with", key, "--dir", d, *options)
    return d


def codes(e, *options, certs="certs.bin"):
    """The reasons for a refusal, and whether revocation was judged; an empty set: accepted."""
    p = subprocess.run([JURAT, "verify", "--output", "json", "--roots", e / "roots", "--certs", e / certs, *map(str, options), e / "report.bin"],
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    d = json.loads(p.stdout)
    found = {reason["code"] for reason in d["reasons"]}
    assert p.returncode == (1 if found else 0) and (d["verdict"] == "accepted") == (not found), (p.returncode, d)
    return found, "revocation" not in d["not_judged"]


REVOKED = {"intermediate-revoked"}


@case
def a_revoked_intermediate_of_each_kind_is_refused_by_file_and_by_directory(tmp):
    lists = crls(tmp)
    for product in PRODUCTS:
        for key, intermediate in KEYS.items():
            e = demo(tmp, product, key)
            assert codes(e) == (set(), False)
            for what in "none", "ask", "asvk", "both":
                der = lists[product, what].read_bytes()
                expected = (REVOKED if what in (intermediate, "both") else set()), True
                (tmp / "crl.der").write_bytes(der)
                (tmp / "crl.pem").write_bytes(pem(der))
                d = put(tmp / f"{product}{key}{what}", crl_der=der)
                for option in tmp / "crl.der", tmp / "crl.pem", d:
                    assert codes(e, "--crl", option) == expected, (product, key, what, option)
                    assert codes(e, "--crl", option, "--require", "require_crl=true") == expected, (product, key, what, option)


@case
def what_one_of_several_lists_revokes_is_refused_in_any_order(tmp):
    lists = crls(tmp)
    for key, intermediate in KEYS.items():
        e, good, bad = demo(tmp, "Milan", key), lists["Milan", "none"], lists["Milan", intermediate]
        assert codes(e, "--crl", good, "--crl", bad) == (REVOKED, True)
        assert codes(e, "--crl", bad, "--crl", good) == (REVOKED, True)
        for i, order in enumerate([(good, bad), (bad, good)]):
            d = put(tmp / f"{key}{i}", a_der=order[0].read_bytes(), b_der=order[1].read_bytes())
            assert codes(e, "--crl", d) == (REVOKED, True)
            both = tmp / f"{key}{i}.pem"
            both.write_bytes(pem(order[0].read_bytes()) + pem(order[1].read_bytes()))
            assert codes(e, "--crl", both) == (REVOKED, True)
            assert codes(e, "--certs", both) == (REVOKED, True)  # and when it is named as a certificate


@case
def the_list_of_a_demo_meets_a_policy_that_requires_one(tmp):
    for key in KEYS:
        e = demo(tmp, "Turin", key)
        assert codes(e, "--require", "require_crl=true") == ({"crl-missing"}, False)
        assert codes(e, "--crl", e / "crl.der", "--require", "require_crl=true") == (set(), True)


@case
def a_list_in_the_hosts_table_revokes(tmp):
    lists = crls(tmp)
    for key, intermediate in KEYS.items():
        e = demo(tmp, "Genoa", key)
        jurat("certs", "split", e / "certs.bin", tmp / key)
        for what in "none", intermediate:
            jurat("certs", "build", "--crl", lists["Genoa", what], tmp / key, e / what)
            (tmp / "extended").write_bytes((e / "report.bin").read_bytes() + (e / what).read_bytes())
            expected = REVOKED if what == intermediate else set()
            assert codes(e, certs=what) == (expected, True)
            jurat("verify", "--roots", e / "roots", tmp / "extended", status=1 if expected else 0)
            # the host's word that nothing is revoked does not outweigh the relying party's list
            assert codes(e, "--crl", lists["Genoa", intermediate], certs=what) == (REVOKED, True)


@case
def lists_of_other_roots_say_nothing(tmp):
    lists, others = crls(tmp), crls(tmp, "others", "jurat/2")
    e = demo(tmp, "Milan", "vcek")
    for product in "Genoa", "Turin":
        assert codes(e, "--crl", lists[product, "both"]) == (set(), False)
        assert codes(e, "--crl", lists[product, "both"], "--require", "require_crl=true") == ({"crl-missing"}, False)
    assert others["Milan", "both"].read_bytes() == lists["Milan", "both"].read_bytes()  # a second chip, the same roots
    d = put(tmp / "all", **{f"{p}{what}_der": lists[p, what].read_bytes() for p, what in lists if p != "Milan"})
    assert codes(e, "--crl", d) == (set(), False)
    assert codes(e, "--crl", d, "--crl", lists["Milan", "ask"]) == (REVOKED, True)


@case
def a_list_that_cannot_be_used_never_passes_for_one_that_revokes_nothing(tmp):
    lists = crls(tmp)
    e = demo(tmp, "Milan", "vcek")
    revoking, clean = lists["Milan", "ask"].read_bytes(), lists["Milan", "none"].read_bytes()
    for name, der in ("signature", revoking[:-1] + bytes([revoking[-1] ^ 1])), ("forged", clean[:-1] + bytes([clean[-1] ^ 1])):
        for option in put(tmp / name, crl_der=der), put(tmp / (name + "2"), bad_der=der, good_der=clean):
            found, _ = codes(e, "--crl", option)
            assert found == {"crl-signature"}, (name, found)
    for name, content in ("cut", revoking[:-1]), ("long", revoking + b"\0"), ("text", b"revoked: all\n"), ("pem", pem(revoking)[:-8]):
        (tmp / (name + ".crl")).write_bytes(content)
        d = put(tmp / (name + "d"), good_der=clean, bad_crl=content)
        for option in tmp / (name + ".crl"), d:
            assert jurat("verify", "--roots", e / "roots", "--crl", option, "--certs", e / "certs.bin", e / "report.bin", status=3) == ""
    # what is on a list stays revoked when the list has ended, and an ended list is not one that revokes nothing
    late = "--at", "2090-01-01T00:00:00Z"
    assert {"intermediate-revoked", "crl-stale"} <= codes(e, "--crl", lists["Milan", "ask"], *late)[0]
    found, judged = codes(e, "--crl", lists["Milan", "none"], *late)
    assert "crl-stale" in found and "intermediate-revoked" not in found and not judged, found
    assert "crl-not-yet-valid" in codes(e, "--crl", lists["Milan", "none"], "--at", "2000-01-01T00:00:00Z")[0]


sys.exit(main("jurat-crl-"))
