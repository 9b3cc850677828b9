#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`jurat measure`: options, output, errors and ID blocks. Prints TAP; test_measure.py JURAT MADE_IMAGES"""
import base64
import csv
import hashlib
import json
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from tap import Skip, case, main  # noqa: E402

JURAT, MADE_IMAGES = map(os.path.abspath, sys.argv[1:3])
MILAN = ("--vcpu-type", "EPYC-Milan")
# The scalars 7 and 9 on P-384 (RFC 5915, without the public key).
KEYS = {name: bytes.fromhex(f"300f0201010401{scalar:02x}a00706052b81040022") for name, scalar in (("id", 7), ("author", 9))}


def jurat(*args, status=0, **how):
    p = subprocess.run([JURAT, "measure", *map(str, args)], capture_output=True, timeout=60, check=False, **how)
    assert status == p.returncode, f"{args}: status {p.returncode}, not {status}: {p.stdout[:300]}{p.stderr[:600]}"
    return p


def text(*args, **how):
    """Standard output, which nothing on standard error accompanies."""
    p = jurat(*args, **how)
    assert p.stderr == b"", p.stderr
    return p.stdout.decode()


def of_json(*args, **how):
    return json.loads(text(*args, "--output", "json", **how))


def refused(status, *args, **how):
    p = jurat(*args, status=status, **how)
    assert p.stdout == b"" and p.stderr.count(b"\n") == 1 and p.stderr.startswith(b"jurat measure: "), p
    return p.stderr.decode().removeprefix("jurat measure: ").rstrip("\n")


def images(tmp):
    subprocess.run([MADE_IMAGES, tmp], check=True)
    for name, der in KEYS.items():
        (tmp / f"{name}.der").write_bytes(der)
        pem = base64.encodebytes(der).decode()
        (tmp / f"{name}.pem").write_text(f"-----BEGIN EC PRIVATE KEY-----\n{pem}-----END EC PRIVATE KEY-----\n", encoding="ascii")
    return tmp


def given():
    where = os.environ.get("JURAT_EVIDENCE") if "JURAT_EVIDENCE" in os.environ else os.environ.get("JURAT_EVIDENCE_BESIDE")
    if not where or not (pathlib.Path(where) / "LAUNCH-DIGESTS.tsv").exists():
        raise Skip("no LAUNCH-DIGESTS.tsv here")
    return pathlib.Path(where)


@case
def known_launch_digests_are_printed_as_hex_alone(_):
    folder, n = given(), 0
    with open(folder / "LAUNCH-DIGESTS.tsv", encoding="utf-8", newline="") as f:
        for row in csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE):
            firmware = next((folder / "virtee+sev-snp-measure").glob(row["ovmf_sha256"][:8] + "*"))
            args = ["snp", "--firmware", firmware, "--vmm", row["vmm"], "--vcpus", row["vcpus"], "--guest-features", row["guest_features"]]
            if row["vcpu_type"]:
                args += ["--vcpu-type", row["vcpu_type"]]
            if row["kernel_initrd"]:
                args += ["--kernel", row["kernel_initrd"], "--initrd", row["kernel_initrd"], "--append", row["append"]]
            digest = next(value for name, value in row.items() if name.startswith("launch_digest"))
            if digest.startswith("ERROR"):
                refused(1, *args)
            else:
                assert text(*args) == digest + "\n", args
            n += 1
    assert n >= 60


@case
def text_and_json_of_a_launch_digest_agree(tmp):
    images(tmp)
    args = ("snp", "--firmware", tmp / "ovmf.fd", *MILAN)
    digest = text(*args)
    assert re.fullmatch(r"[0-9a-f]{96}\n", digest)
    assert of_json(*args) == {"tee": "sev-snp", "measurement": digest.strip()}


@case
def every_option_changes_the_launch_digest(tmp):
    images(tmp)
    args = ("snp", "--firmware", tmp / "ovmf.fd")
    boot = ("--kernel", tmp / "kernel")
    different = [(*MILAN,), ("--vcpu-type", "EPYC-Rome"), (*MILAN, "--vcpus", "2"), (*MILAN, "--guest-features", "21"),
                 (*MILAN, *boot), (*MILAN, *boot, "--initrd", tmp / "svsm.bin"), (*MILAN, *boot, "--append", "quiet"), ("--vmm", "ec2"),
                 ("--vmm", "gce"), (*MILAN, "--svsm", tmp / "svsm.bin"), (*MILAN, "--svsm", tmp / "svsm.bin", "--vars-size", "0x21000")]
    digests = {text(*args, *options) for options in different}
    assert len(digests) == len(different)


@case
def options_have_other_spellings_and_defaults(tmp):
    images(tmp)
    args = ("snp", "--firmware", tmp / "ovmf.fd")
    digest = text(*args, *MILAN)
    same = [("--vcpu-type", "epyc-milan-v2"), ("--vcpu-type", "25-1-1"), ("--vcpu-type", "0x19-1-1"),
            (*MILAN, "--vcpus", "1", "--guest-features", "0x1", "--vmm", "QEMU"), (*MILAN, "--guest-features", "0000000000000001")]
    for options in same:
        assert text(*args, *options) == digest, options
    with open(tmp / "ovmf.fd", "rb") as f:
        assert text("snp", "--firmware", "-", *MILAN, stdin=f) == digest
    boot = (*MILAN, "--kernel", tmp / "kernel")
    (tmp / "empty").write_bytes(b"")
    assert text(*args, *boot) == text(*args, *boot, "--append", "") == text(*args, *boot, "--initrd", tmp / "empty")


@case
def steps_end_with_the_launch_digest(tmp):
    images(tmp)
    args = ("snp", "--firmware", tmp / "ovmf.fd", "--vcpus", "3", *MILAN)
    *steps, last = text(*args, "--steps").splitlines()
    rows = of_json(*args, "--steps")
    assert last == rows["measurement"] == text(*args).strip() == rows["steps"][-1]["digest"] == steps[-1].split()[3]
    assert len(steps) == len(rows["steps"]) and rows["steps"][-1]["what"] == "VMSA of vCPU 2"
    for line, row in zip(steps, rows["steps"]):
        gpa, n_bytes, page_type, digest, what = line.split(None, 4)
        assert (int(gpa, 16), int(n_bytes, 16), page_type, digest, what) == (
            int(row["gpa"], 16), row["bytes"], row["page_type"], row["digest"], row["what"])
    assert {row["page_type"] for row in rows["steps"]} == {"normal", "vmsa", "zero", "secrets", "cpuid"}


@case
def usage_errors_name_the_option(tmp):
    images(tmp)
    snp, tdx = ("snp", "--firmware", tmp / "ovmf.fd"), ("tdx", "--firmware", tmp / "tdvf-without-variables.fd")
    block = ("--id-block", tmp / "b", "--id-auth", tmp / "a", "--id-key", tmp / "id.pem")
    number = "expected a number from"
    for args, expected in [
        (("snp",), "expected --firmware FILE"),
        (snp, "expected --vcpu-type NAME or FAMILY-MODEL-STEPPING, which QEMU puts into the VMSA of each vCPU"),
        ((*snp, "--vcpu-type", "EPYC-Zen"), "--vcpu-type: expected a name such as EPYC-Milan, or FAMILY-MODEL-STEPPING such as 25-1-1, "
                                            "found 'EPYC-Zen'"),
        ((*snp, *MILAN, "--vcpus", "0"), f"--vcpus: {number} 1 to 4096, found '0'"),
        ((*snp, *MILAN, "--vcpus", "4097"), f"--vcpus: {number} 1 to 4096, found '4097'"),
        ((*snp, *MILAN, "--guest-features", "0xg"), "--guest-features: expected 1 to 16 hex digits, found '0xg'"),
        ((*snp, *MILAN, "--guest-features", ""), "--guest-features: expected 1 to 16 hex digits, found ''"),
        ((*snp, *MILAN, "--guest-features", "1" * 17), f"--guest-features: expected 1 to 16 hex digits, found '{'1' * 17}'"),
        ((*snp, *MILAN, "--initrd", tmp / "ovmf.fd"), "--initrd requires --kernel"),
        ((*snp, *MILAN, "--append", "x"), "--append requires --kernel"),
        (("snp", "--firmware", "-", "--kernel", "-", *MILAN), "'-', standard input, is named 2 times: it can be read once"),
        ((*snp, *MILAN, "--id-block", "b"), "--id-block, --id-auth and --id-key must be used together"),
        ((*snp, *MILAN, *block[2:]), "--id-block, --id-auth and --id-key must be used together"),
        ((*snp, *MILAN, "--id-block", "-", *block[2:]), "--id-block: expected a file, found standard output"),
        ((*snp, *MILAN, *block[:2], "--id-auth", "-", *block[4:]), "--id-auth: expected a file, found standard output"),
        ((*snp, *MILAN, "--author-key", tmp / "id.pem"), "--author-key requires --id-block"),
        ((*snp, *MILAN, "--guest-svn", "1"), "--guest-svn requires --id-block or --check-id-block"),
        ((*snp, *MILAN, "--check-id-block", "b"), "--check-id-block and --check-id-auth must be used together"),
        ((*snp, *MILAN, *block, "--check-id-block", "b", "--check-id-auth", "a"), "--check-id-block cannot be used with --id-block"),
        ((*snp, *MILAN, *block, "--family-id", "12"), "--family-id: expected 32 hex digits, found '12'"),
        ((*snp, *MILAN, *block, "--guest-policy", "0x10000"), "the guest policy 0x10000: firmware requires bit 17"),
        ((*tdx, "--memory", "2X"), "--memory: expected a size such as 2147483648 or 2G, found '2X'"),
        ((*tdx, "--memory", "16777216T"), "--memory: expected a size such as 2147483648 or 2G, found '16777216T'"),
        ((*tdx, "--memory", "2 "), "--memory: expected a size such as 2147483648 or 2G, found '2 '"),
        ((*tdx, "--memory", "0"), "--memory: expected a size such as 2147483648 or 2G, found '0'"),
        ((*tdx, "--memory", "4096"), "--memory: expected 1M or more, found '4096', which is 4096 bytes"),
        ((*tdx, "--memory", "1023K"), "--memory: expected 1M or more, found '1023K', which is 1047552 bytes"),
        ((*tdx, "--kernel", tmp / "kernel", "--efi-image", tmp / "kernel"), "--kernel cannot be used with --efi-image"),
        ((*tdx, "--initrd", tmp / "kernel"), "--initrd requires --kernel"),
        ((*tdx, "--vmm", "ec2"), "EC2 has no TDs"),
    ]:
        assert refused(2, *args) == expected, (args, refused(2, *args))
    assert not (tmp / "b").exists() and not (tmp / "a").exists()


@case
def files_that_cannot_be_read_are_named(tmp):
    images(tmp)
    for args in [("snp", "--firmware", tmp / "none", *MILAN), ("snp", "--firmware", tmp / "ovmf.fd", *MILAN, "--kernel", tmp / "none"),
                 ("tdx", "--firmware", tmp / "tdvf-without-variables.fd", "--acpi-table", tmp / "none"), ("snp", "--firmware", tmp, *MILAN)]:
        why = refused(3, *args)
        assert re.match(r"--(firmware|kernel|acpi-table): cannot (open|read) '", why), why


@case
def images_of_the_wrong_kind_are_refused_with_the_place(tmp):
    images(tmp)
    (tmp / "empty").write_bytes(b"")
    for args in [("snp", "--firmware", tmp / "kernel", *MILAN), ("snp", "--firmware", tmp / "empty", *MILAN),
                 ("snp", "--firmware", tmp / "tdvf-without-variables.fd", *MILAN), ("tdx", "--firmware", tmp / "ovmf.fd"), ("tdx", "--firmware", tmp / "empty"),
                 ("snp", "--firmware", tmp / "ovmf.fd", *MILAN, "--kernel", tmp / "ovmf.fd"),
                 ("tdx", "--firmware", tmp / "tdvf-without-variables.fd", "--efi-image", tmp / "ovmf.fd"),
                 ("snp", "--firmware", tmp / "ovmf.fd", *MILAN, "--svsm", tmp / "ovmf.fd")]:
        assert len(refused(1, *args)) > 20
    assert refused(1, "snp", "--firmware", tmp / "kernel", *MILAN) == f"--firmware '{tmp / 'kernel'}': expected a firmware image, found a Linux kernel"


@case
def registers_of_a_td_are_lines_and_what_is_missing_is_said(tmp):
    images(tmp)
    args = ("tdx", "--firmware", tmp / "tdvf-without-variables.fd")
    lines = text(*args).splitlines()
    assert re.fullmatch(r"mrtd [0-9a-f]{96}", lines[0])
    assert lines[1:] == ["rtmr0 not computed: requires the size of the memory",
                         "rtmr1 not computed: requires a kernel or EFI images", "rtmr2 not computed: requires a kernel or EFI images"]
    found = of_json(*args)
    assert found == {"tee": "tdx", "mrtd": lines[0].split()[1], "rtmr0": None, "rtmr1": None, "rtmr2": None,
                     "missing": {"rtmr0": "the size of the memory", "rtmr1": "a kernel or EFI images", "rtmr2": "a kernel or EFI images"}}
    whole = (*args, "--memory", "2G", "--acpi-table", tmp / "id.der", "--kernel", tmp / "kernel")
    lines = text(*whole).splitlines()
    assert [line.split()[0] for line in lines] == ["mrtd", "rtmr0", "rtmr1", "rtmr2"] and all(len(line.split()[1]) == 96 for line in lines)
    assert "missing" not in of_json(*whole)
    sizes = [of_json(*args, "--memory", size, *whole[5:])["rtmr0"] for size in ("2G", "2147483648", "0x80000000", "2048m", "3G")]
    assert len(set(sizes[:4])) == 1 and sizes[4] != sizes[0]


@case
def every_option_changes_a_register_of_a_td(tmp):
    images(tmp)
    for name in ("order", "one", "two"):
        (tmp / name).write_bytes(b"\0\0" if name == "order" else name.encode())
    # UEFI_GPT_DATA without a partition: the header, and the number of partitions
    (tmp / "gpt").write_bytes(b"EFI PART" + bytes(64) + struct.pack("<QIII", 2, 128, 128, 0) + bytes(8))
    base = ("tdx", "--firmware", tmp / "tdvf-without-variables.fd", "--memory", "4G", "--acpi-table", tmp / "one")
    direct = (*base, "--kernel", tmp / "kernel")
    chain = (*base, "--efi-image", tmp / "kernel", "--append", "quiet")
    for first, options, changes in [
        (direct, ("--order", "all-then-extend"), {"mrtd"}),
        (direct, ("--acpi-table", tmp / "two"), {"rtmr0"}),
        (direct, ("--boot-order", tmp / "order", "--boot-entry", tmp / "one"), {"rtmr0"}),
        (direct, ("--authority", tmp / "one"), {"rtmr0"}),
        (direct, ("--secure-boot", "on"), {"rtmr0"}),
        (direct, ("--separator", "rtmr0"), {"rtmr0", "rtmr1"}),
        (direct, ("--append", "quiet"), {"rtmr2"}),
        (direct, ("--append-nul", "without"), {"rtmr2"}),
        (direct, ("--kernel-header", "unchanged"), {"rtmr1"}),
        (direct, ("--vmm", "gce"), {"rtmr0"}),
        (chain, ("--efi-image", tmp / "kernel"), {"rtmr1"}),
        (chain, ("--gpt", tmp / "gpt"), {"rtmr1"}),
        (chain, ("--loader-event", tmp / "one"), {"rtmr2"}),
        (chain, ("--initrd", tmp / "one"), {"rtmr2"}),
    ]:
        before, after = of_json(*first), of_json(*first, *options)
        found = {name for name in before if before[name] != after[name]}
        assert found == changes, (options, found)
    after = of_json(*chain, "--loader-event", tmp / "one", "--loader-event", tmp / "two")
    assert after["rtmr2"] != of_json(*chain, "--loader-event", tmp / "two", "--loader-event", tmp / "one")["rtmr2"]


# SOURCE: snp-create-id-block of the Python package sev-snp-measure 0.0.13, for these keys.
DIGESTS = {"id": "5a567a369cd97a94c458ab1d41654efc23fd320e1472358c5f9f5b5df4256e78e38a9e3494cc2426bc9f9cd1bca63d1d",
           "author": "aa7828d16b3ca47b463e372a9c425e9e0e2d0b8e6a5413c7b8ae83cd8272659fdfd1cf22f1e55136d2846a899f57bcc2"}


def id_block(tmp, *options, form="pem", author=True):
    """Makes an ID block: its bytes, those of the authentication information, and the lines."""
    keys = ("--id-key", tmp / f"id.{form}", *(("--author-key", tmp / f"author.{form}") if author else ()))
    out = text("snp", "--firmware", tmp / "ovmf.fd", *MILAN, "--id-block", tmp / "block", "--id-auth", tmp / "auth", *keys, *options)
    return (tmp / "block").read_bytes(), (tmp / "auth").read_bytes(), out.splitlines()


def check(tmp, *options, status=0, block="block", auth="auth"):
    p = jurat("snp", "--firmware", tmp / "ovmf.fd", *MILAN, "--check-id-block", tmp / block, "--check-id-auth", tmp / auth, *options, status=status)
    return p.stdout.decode().splitlines(), p.stderr.decode().splitlines()


@case
def an_id_block_states_what_the_options_say(tmp):
    images(tmp)
    block, auth, lines = id_block(tmp, "--family-id", "0x" + "11" * 16, "--image-id", "22" * 16, "--guest-svn", "7", "--guest-policy", "b0000")
    digest = text("snp", "--firmware", tmp / "ovmf.fd", *MILAN).strip()
    assert lines == [digest, "id_key_digest " + DIGESTS["id"], "author_key_digest " + DIGESTS["author"]]
    assert block == bytes.fromhex(digest + "11" * 16 + "22" * 16 + "01000000" + "07000000" + "00000b0000000000")
    assert hashlib.sha384(auth[0x240:0x644]).hexdigest() == DIGESTS["id"] and auth[:8] == bytes.fromhex("0100000001000000")
    assert check(tmp) == ([*lines, "id_block accepted"], [])
    block, auth, lines = id_block(tmp, form="der", author=False)
    assert block[0x30:] == bytes.fromhex("00" * 32 + "01000000" + "00000000" + "0000030000000000")
    assert lines == [digest, "id_key_digest " + DIGESTS["id"]] and auth[0x680:] == bytes(0x980) and auth[4:8] == bytes(4)
    assert check(tmp) == ([*lines, "id_block accepted"], [])


@case
def openssl_verifies_the_signatures(tmp):
    if not shutil.which("openssl"):
        raise Skip("no openssl here")
    images(tmp)
    for form in "traditional", "pkcs8":
        for name in KEYS:
            options = ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"] if form == "pkcs8" else \
                ["ecparam", "-name", "secp384r1", "-genkey"]
            subprocess.run(["openssl", *options, "-out", tmp / f"{name}.pem"], check=True, capture_output=True)
        block, auth, _ = id_block(tmp)
        for name, at, message in ("id", 0x40, block), ("author", 0x680, auth[0x240:0x644]):
            numbers = [auth[at + i:at + i + 72][::-1].lstrip(b"\0") for i in (0, 72)]
            der = b"".join(bytes([2, len(n) + (n[0] >> 7)]) + bytes(n[0] >> 7) + n for n in numbers)
            (tmp / "sig").write_bytes(bytes([0x30, len(der)]) + der)
            (tmp / "message").write_bytes(message)
            subprocess.run(["openssl", "ec", "-in", tmp / f"{name}.pem", "-pubout", "-out", tmp / "public"], check=True, capture_output=True)
            subprocess.run(["openssl", "dgst", "-sha384", "-verify", tmp / "public", "-signature", tmp / "sig", tmp / "message"],
                           check=True, capture_output=True)
        assert check(tmp)[0][-1] == "id_block accepted"


@case
def id_blocks_are_read_as_bytes_base64_and_hex(tmp):
    images(tmp)
    block, auth, _ = id_block(tmp)
    for name, encode in [("b64", base64.b64encode), ("lines", base64.encodebytes), ("hex", lambda b: b.hex().encode() + b"\n")]:
        (tmp / f"block.{name}").write_bytes(encode(block))
        (tmp / f"auth.{name}").write_bytes(encode(auth))
        assert check(tmp, block=f"block.{name}", auth=f"auth.{name}")[0][-1] == "id_block accepted"
    with open(tmp / "block", "rb") as f:
        p = jurat("snp", "--firmware", tmp / "ovmf.fd", *MILAN, "--check-id-block", "-", "--check-id-auth", tmp / "auth", stdin=f)
    assert p.stdout.endswith(b"id_block accepted\n")


@case
def what_an_id_block_states_is_compared(tmp):
    images(tmp)
    id_block(tmp, "--guest-svn", "3")
    for options, code in [(("--vcpus", "2"), "measurement"), (("--guest-policy", "0x30001"), "policy"), (("--guest-svn", "4"), "guest-svn"),
                          (("--family-id", "11" * 16), "family-id"), (("--image-id", "11" * 16), "image-id")]:
        lines, errors = check(tmp, *options, status=1)
        assert lines[-1] == "id_block refused"
        assert len(errors) == 1 and errors[0].startswith(f"jurat measure: ID block: id-block-{code}: expected "), errors
        p = jurat("snp", "--firmware", tmp / "ovmf.fd", *MILAN, "--check-id-block", tmp / "block", "--check-id-auth", tmp / "auth", *options,
                  "--output", "json", status=1)
        found = json.loads(p.stdout)["id_block"]
        assert p.stderr == b"" and found["verdict"] == "refused" and [r["code"] for r in found["reasons"]] == [f"id-block-{code}"]
    assert check(tmp, "--guest-svn", "3", "--guest-policy", "0x30000", "--family-id", "00" * 16)[0][-1] == "id_block accepted"


@case
def an_id_block_of_another_signer_or_size_is_refused(tmp):
    images(tmp)
    block, auth, _ = id_block(tmp)
    for at, reason in (0x40, "id-block-signature"), (0x680, "id-key-signature"), (0x10, "id-auth-reserved"), (0x250, "id-key"):
        changed = bytearray(auth)
        changed[at] ^= 1
        (tmp / "changed").write_bytes(changed)
        assert check(tmp, auth="changed", status=1)[1][0].startswith(f"jurat measure: ID block: {reason}: ")
    (tmp / "short").write_bytes(block[:-1])
    assert check(tmp, block="short", status=1) == ([], ["jurat measure: ID block: expected 96 bytes, found 95"])
    (tmp / "long").write_bytes(auth + b"\0")
    assert check(tmp, auth="long", status=1) == ([], ["jurat measure: ID authentication information: expected 4096 bytes, found 4097"])


@case
def keys_that_cannot_be_used_are_refused_and_never_printed(tmp):
    images(tmp)
    secret = b"-----BEGIN EC PRIVATE KEY-----\nc2VjcmV0IGJ5dGVz\n-----END EC PRIVATE KEY-----\n"
    (tmp / "bad.pem").write_bytes(secret)
    (tmp / "large.pem").write_bytes(secret * 1000)
    args = ("snp", "--firmware", tmp / "ovmf.fd", *MILAN, "--id-block", tmp / "b", "--id-auth", tmp / "a")
    for key, why in [(tmp / "none", "cannot open '"), (tmp / "large.pem", "is too large for a private key"), (tmp / "bad.pem", "private key: "),
                     (tmp / "ovmf.fd", "private key: ")]:
        for option in ("--id-key", key), ("--id-key", tmp / "id.pem", "--author-key", key):
            found = refused(3, *args, *option)
            assert found.startswith(option[-2] + ": ") and why in found and "c2VjcmV0" not in found and "secret bytes" not in found, found
    assert not (tmp / "b").exists() and not (tmp / "a").exists()
    with open(tmp / "id.pem", "rb") as f:
        jurat(*args, "--id-key", "-", stdin=f)


@case
def names_that_are_not_text_are_in_policies_and_in_json(tmp):
    images(tmp)
    name = os.fsencode(tmp) + b"/\xff.fd"
    with open(name, "wb") as f:
        f.write((tmp / "ovmf.fd").read_bytes())
    jurat("snp", "--firmware", os.fsdecode(name), *MILAN, "--policy-out", tmp / "policy.json")
    comment = json.loads((tmp / "policy.json").read_bytes())["//measurement"]
    assert f"--firmware {tmp}/?.fd " in comment[1], comment


@case
def the_same_inputs_give_the_same_files(tmp):
    images(tmp)
    if id_block(tmp) != id_block(tmp):
        raise Skip("a build whose P-384 is OpenSSL's, which never signs twice alike")


@case
def files_that_cannot_be_written_are_named(tmp):
    images(tmp)
    args = ("snp", "--firmware", tmp / "ovmf.fd", *MILAN, "--id-key", tmp / "id.pem")
    assert str(tmp / "no") in refused(3, *args, "--id-block", tmp / "no" / "b", "--id-auth", tmp / "a")
    if os.path.exists("/dev/full"):
        with open("/dev/full", "wb") as full:
            p = subprocess.run([JURAT, "measure", *map(str, args[:5])], stdout=full, stderr=subprocess.PIPE, check=False)
        assert p.returncode == 3 and b"standard output" in p.stderr


sys.exit(main())
