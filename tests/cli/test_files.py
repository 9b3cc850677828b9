#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a person names is used, each file of it, or there is no verdict. Prints TAP; test_files.py JURAT"""
import os
import pathlib
import shutil
import socket
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
from tap import Skip, case, main  # noqa: E402

JURAT = os.path.abspath(sys.argv[1])
OPTIONS = "--certs", "--crl", "--roots", "--collateral"
KEY = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n-----END PRIVATE KEY-----\n"


def jurat(*args, status=0, **how):
    how = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "timeout": 60} | how
    p = subprocess.run([JURAT, *map(str, args)], **how)
    p.out, p.err = (x.decode(errors="replace") for x in (p.stdout, p.stderr))
    assert p.returncode == status, f"{args}: status {p.returncode}, not {status}: {p.out[:200]}{p.err[-400:]}"
    return p


def world(tmp):
    """Evidence of both kinds, and for every option a directory of good files."""
    e = tmp / "evidence"
    jurat("demo", "--dir", e)
    good = {option: tmp / f"good{option}" for option in OPTIONS}
    jurat("certs", "split", e / "certs.bin", good["--certs"])
    shutil.copytree(e / "collateral", good["--collateral"])
    good["--roots"].mkdir()
    for root in (e / "roots").iterdir():
        if root.is_file():
            shutil.copyfile(root, good["--roots"] / root.name)
    good["--crl"].mkdir()
    shutil.copyfile(e / "collateral/root_ca_crl.der", good["--crl"] / "root.crl")
    return e, good


def verify(e, good, *more, status=0):
    args = [word for option, path in good.items() for word in (option, path)]
    return jurat("verify", "--output", "json", *args, *more, e, status=status)


def write(content):
    return lambda path: path.write_bytes(content)


def unix_socket(path):
    with socket.socket(socket.AF_UNIX) as s:
        here = os.getcwd()
        os.chdir(path.parent)  # a socket's address is short
        s.bind(path.name)
        os.chdir(here)


def huge(path):
    with open(path, "wb") as f:
        f.truncate((16 << 20) + 1)


# Name, and what makes it: none of these may be passed over.
UNUSABLE = [
    ("crl.der", write(b"junk")), ("crl.pem", write(b"some text")), ("crl", write(b"some text")), ("new.crl", write(b"")),
    ("crl-2026.txt", write(b"some text")), ("crl.pem", write(KEY.encode())), ("notes.pem", write(b"of no use")),
    ("x.der", write(bytes(range(256)))), ("x.CRT", write(b"")), ("ark", write(b"")), ("VCEK.txt", write(b"text")),
    ("x.cer", write(b"\x30\x03\x02\x01")), ("unknown", write(bytes(range(256)))), ("x.bin", write(bytes(range(64)))),
    ("revoked", write(b"3082010a0282")), ("revoked", write(b" MIIBCgKCAQEA\n")), ("revoked.txt", write(b"\x30\x03\x30\x01\x00")),
    ("revoked", write(b"text\n-----BEGIN X509 CRL-----\nAQID\n")), ("revoked", write(b"-----BEGIN X509 CRL-----\n")),
    ("revoked", write(b"text\n-----BEGIM X509 CRL-----\nAQID\n-----END X509 CRL-----\n")), ("revoked", write(b"QUJD" * 99)),
    ("damaged.pem", write(KEY.encode() + b"----BEGIN CERTIFICATE-----\nAQID\n----END CERTIFICATE-----\n")),
    ("both.pem", write(KEY.encode() + b"-----BEGIN CERTIFICATE-----\nAQID\n-----END CERTIFICATE-----\n")),
    ("dangling", lambda p: p.symlink_to("nowhere")), ("crl.dangling", lambda p: p.symlink_to("nowhere")),
    ("loop", lambda p: p.symlink_to("loop")), ("pipe", os.mkfifo), ("socket", unix_socket),
    ("zero", lambda p: p.symlink_to("/dev/zero")), ("crls.pem", pathlib.Path.mkdir), ("x.crl", pathlib.Path.mkdir),
    ("huge", huge), ("huge.txt", huge),
]


def remove(path):
    if path.is_dir() and not path.is_symlink():
        path.rmdir()
    else:
        path.unlink()


@case
def each_file_of_a_named_directory_is_used_or_there_is_no_verdict(tmp):
    e, good = world(tmp)
    verify(e, good)
    for option, directory in good.items():
        for name, make in UNUSABLE:
            make(directory / name)
            p = verify(e, good, status=3)
            assert f"/{name}'" in p.err and p.out == "", (option, name, p.err, p.out)
            remove(directory / name)
        verify(e, good)


@case
def what_is_plainly_something_else_is_skipped_with_a_warning(tmp):
    e, good = world(tmp)
    key_der = subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-outform", "DER"], capture_output=True,
                             check=False).stdout
    others = {"README": b"Text about these files.\n", "LICENSE": b"", "a.md": "Zertifikate für alle\n".encode(),
              "server-key.pem": KEY.encode(), "key.der": key_der or b"\x30\x03\x02\x01\x00",
              "request.pem": b"-----BEGIN CERTIFICATE REQUEST-----\nAQID\n-----END CERTIFICATE REQUEST-----\n",
              "report.bin": (e / "report.bin").read_bytes(), "quote.bin": (e / "quote.bin").read_bytes(),
              "extended": (e / "report.bin").read_bytes() + (e / "certs.bin").read_bytes()}
    for option, directory in good.items():
        for name, content in others.items():
            (directory / name).write_bytes(content)
        (directory / ".hidden.crl").write_bytes(b"junk")
        (directory / "below").mkdir()
        (directory / "below/crl.der").write_bytes(b"junk")
        p = verify(e, good)
        for name in others:
            assert p.err.count(f"good{option}/{name}' is skipped") == 1, (option, name, p.err)
        assert "hidden" not in p.err and "below" not in p.err, p.err
        for name in (*others, ".hidden.crl", "below/crl.der"):
            (directory / name).unlink()
        (directory / "below").rmdir()
    # JSON is collateral by its content, and plainly nothing else
    (good["--certs"] / "policy.json").write_text('{"minimum_tcb":{"Milan":{"snp":24},"Genoa":{"snp":23},"Turin":{"snp":4}}}')
    assert "policy.json' is skipped" in verify(e, good).err
    for content in '{"vmpl": 1}', '\ufeff {"vmpl": 1}':
        (good["--collateral"] / "policy").write_text(content)
        assert "policy'" in verify(e, good, status=3).err


@case
def a_file_counts_by_its_content_whatever_its_name(tmp):
    e, good = world(tmp)
    for directory in good.values():
        for path in list(directory.iterdir()):
            path.rename(directory / ("x" + path.name.replace(".", "")))
    verify(e, good)
    (good["--certs"] / "xcrl").write_bytes((good["--crl"] / "xrootcrl").read_bytes())
    verify(e, good)
    for path in good["--certs"].iterdir():
        shutil.copyfile(path, good["--crl"] / ("c" + path.name))  # certificates among CRLs are endorsements
    verify(e, good | {"--certs": e / "certs.bin"})
    for path in good["--certs"].iterdir():
        path.unlink()
    jurat("verify", "--roots", good["--roots"], "--crl", good["--crl"], e / "report.bin")


@case
def a_document_that_cannot_be_used_refuses_and_is_not_passed_over_for_another(tmp):
    e, good = world(tmp)
    for name, old, new in ("tcb_info", b'"version":3', b'"version":4'), ("qe_identity", b'"version":2', b'"version":3'):
        path = good["--collateral"] / f"{name}.json"
        usable = path.read_bytes()
        assert old in usable
        path.write_bytes(usable.replace(old, new))
        for more in (), ("--allow-no-collateral",):
            p = verify(e, good, *more, status=1)
            assert "newer than this verifier" in p.out and "collateral-unusable" in p.out, p.out
            assert f"/{name}.json'" in p.err, p.err
        (path.parent / "another.json").write_bytes(usable)
        p = verify(e, good, status=3)
        assert f"/{name}.json'" in p.err and "newer" in p.err and p.out == "", (p.err, p.out)
        (path.parent / "another.json").unlink()
        path.write_bytes(usable)
    verify(e, good)


@case
def a_named_directory_holds_something(tmp):
    e, good = world(tmp)
    (tmp / "none").mkdir()
    (tmp / "text").mkdir()
    (tmp / "text/README").write_text("text")
    for option in OPTIONS:
        for name in "none", "text":
            p = jurat("verify", "--output", "json", option, tmp / name, e, status=3)
            assert f"/{name}' holds no " in p.err and p.out == "", (option, name, p.err)
    for name in "none", "text":
        verify(e, good, "--roots", tmp / name, status=3)
        jurat("certs", "check", "--report", e / "report.bin", "--roots", tmp / name, e / "certs.bin", status=3)
    p = jurat("verify", "--roots", good["--roots"], "--crl", good["--certs"], e / "report.bin", status=3)
    assert "holds no revocation list" in p.err, p.err


@case
def links_as_container_hosts_make_them_are_followed(tmp):
    e, good = world(tmp)
    for directory in good.values():
        (directory / "..2026_11_29").mkdir()
        (directory / "..data").symlink_to("..2026_11_29")
        for path in [p for p in directory.iterdir() if p.is_file()]:
            path.rename(directory / "..2026_11_29" / path.name)
            path.symlink_to("..data/" + path.name)
    assert verify(e, good).err == ""


@case
def a_file_that_may_not_be_read_is_an_error(tmp):
    e, good = world(tmp)
    user = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
    for path in [tmp, *tmp.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    try:
        jurat("--version", **user)
    except PermissionError as why:
        raise Skip(f"another user cannot execute {JURAT}") from why
    for option, directory in good.items():
        for name in "README", "extra.pem":
            (directory / name).write_text("text")
            (directory / name).chmod(0)
            args = [word for o, path in good.items() for word in (o, path)]
            p = jurat("verify", *args, e, status=3, **user)
            assert f"/{name}'" in p.err and "ermission" in p.err and p.out == "", (option, name, p.err)
            (directory / name).unlink()
    good["--crl"].chmod(0o311)
    p = jurat("verify", *args, e, status=3, **user)
    assert "good--crl'" in p.err and "ermission" in p.err and p.out == "", p.err
    good["--crl"].chmod(0o755)
    for name in "quote.bin", "certs.bin", "collateral/pck_crl.der":
        (e / name).chmod(0)
        p = jurat("verify", "--roots", good["--roots"], e, status=3, **user)
        assert f"{name}'" in p.err and "ermission" in p.err and p.out == "", p.err
        (e / name).chmod(0o644)


@case
def a_directory_of_evidence_is_read_whole(tmp):
    e, good = world(tmp)
    ok = "verify", "--output", "json", "--roots", good["--roots"]
    jurat(*ok, e)
    for name in "report.bin", "certs.bin", "quote.bin", "collateral":
        (e / name).rename(tmp / "kept")
        for make in lambda p: p.symlink_to("nowhere"), os.mkfifo, lambda p: p.symlink_to("/dev/zero"), \
                (lambda p: p.write_bytes(b"")) if name == "collateral" else pathlib.Path.mkdir:
            make(e / name)
            p = jurat(*ok, e, status=3)
            assert f"/{name}'" in p.err and p.out == "", (name, p.err, p.out)
            remove(e / name)
        (tmp / "kept").rename(e / name)
    for name, make in UNUSABLE:
        make(e / "collateral" / name)
        p = jurat(*ok, e, status=3)
        assert f"/{name}'" in p.err and p.out == "", (name, p.err)
        remove(e / "collateral" / name)
    jurat(*ok, e)
    shutil.rmtree(e / "collateral")
    (e / "collateral").mkdir()
    assert "collateral-missing" in jurat(*ok, e, status=1).out
    for name in "report.bin", "quote.bin":
        (e / name).unlink()
    p = jurat(*ok, e, status=3)  # as any directory, whose files should be evidence
    assert f"'{e}/certs.bin': expected an SEV-SNP report or a quote, found: " in p.out and p.err == "", p


sys.exit(main("jurat-files-"))
