# SPDX-License-Identifier: MIT
"""The evidence that all programs are measured on, each piece in a directory of its own, in all forms that a program wants:

SEV-SNP  reports/NN.bin, root.der, intermediate.der, vek.der, certs.bin (the table); and for programs of their own report.bin,
         extended.bin (report and table), ask_ark.pem, snpguest/
TDX      quotes/NN.bin, root.der, collateral/ as Intel's service has it; and quote.bin, root.pem

Beside each directory are its damaged twins, which a verifier must refuse: DIR.piece (a wrong signature of a report or quote, among right
ones), DIR.chain (a wrong signature of the leaf certificate), DIR.collateral (a wrong signature of the TCB info).
"""
import base64
import csv
import pathlib
import re
import struct
import subprocess
import textwrap
import time
import uuid

GUIDS = {"vcek": "63da758d-e664-4564-adc5-f4b93be8accd", "vlek": "a8074bc2-a25a-483e-aae6-39c045a0b8a1",
         "ask": "4ab7b379-bbac-4fe4-a02f-05aef327c782", "ark": "c0b406a4-a803-4952-9743-3fb6014cd0ae"}
REPORT_SIZE, SIGNATURE_OF_REPORT, SIGNER_OF_REPORT = 1184, 0x2A0, 0x48
PIECES = 8  # reports or quotes of one chip that are verified in turn


class Unusable(Exception):
    """A folder has no evidence that can be measured."""


class Piece:
    """One directory: `title` is for people, `at` the time to verify at, seconds since 1970."""

    def __init__(self, tee, title, directory, at):
        self.tee, self.title, self.dir, self.at = tee, title, pathlib.Path(directory), at

    def trust_vendor(self, trusted):
        """Whether jurat is to use its own roots, as it does by default, or root.der; the others always have that."""
        for directory in (self.dir, *self.dir.parent.glob(self.dir.name + ".*")):
            if trusted:
                (directory / "vendors-root").touch()
            else:
                (directory / "vendors-root").unlink()

    def twin(self, part):
        return self.dir.with_name(self.dir.name + "." + part)


def der_of(data):
    """A certificate or CRL in DER, whether it was in PEM or not."""
    found = re.search(rb"-----BEGIN [A-Z0-9 ]+-----(.*?)-----END", data, re.S)
    return base64.b64decode(found.group(1)) if found else data


def pem_of(der):
    lines = textwrap.wrap(base64.b64encode(der).decode(), 64)
    return "\n".join(["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""])


def table_of(certificates):
    """A certificate table (GHCB) of (name, DER)."""
    offset, entries, data = 24 * (len(certificates) + 1), b"", b""
    for name, der in certificates:
        entries += uuid.UUID(GUIDS[name]).bytes + struct.pack("<II", offset + len(data), len(der))
        data += der
    return entries + bytes(24) + data


def flipped(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


def put(directory, files):
    for name, data in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())


def put_snp(directory, reports, root, intermediate, vek, damaged=None):
    """`damaged`: a report that is the last of those in turn, and the one for programs of their own."""
    leaf = "vlek" if reports[0][SIGNER_OF_REPORT] >> 2 & 7 else "vcek"
    one, all_reports = damaged or reports[0], reports + ([damaged] if damaged else [])
    certs = table_of([(leaf, vek), ("ask", intermediate), ("ark", root)])
    names = (leaf, "asvk" if leaf == "vlek" else "ask", "ark")
    put(directory, {"root.der": root, "intermediate.der": intermediate, "vek.der": vek, "certs.bin": certs, "report.bin": one,
                    "extended.bin": one + certs, "ask_ark.pem": pem_of(intermediate) + pem_of(root),
                    **{f"snpguest/{name}.der": der for name, der in zip(names, (vek, intermediate, root))},
                    **{f"reports/{i:02}.bin": report for i, report in enumerate(all_reports)}})


def signature_of_quote(quote):
    """Where the quote's signature begins: after header, body and the length of the signature data."""
    version, = struct.unpack_from("<H", quote, 0)
    if version == 4:
        return 48 + 584 + 4
    body, = struct.unpack_from("<I", quote, 50)
    return 48 + 6 + body + 4


def with_damaged_leaf(quote):
    """The signature is at the end of the first certificate; a base64 digit of it becomes another."""
    at = quote.index(b"-----END CERTIFICATE-----") - 24
    while not chr(quote[at]).isalnum():
        at -= 1
    return quote[:at] + (b"B" if quote[at:at + 1] == b"A" else b"A") + quote[at + 1:]


def put_tdx(directory, quotes, root, collateral, damaged=None):
    one, all_quotes = damaged or quotes[0], quotes + ([damaged] if damaged else [])
    put(directory, {"root.der": root, "root.pem": pem_of(root), "quote.bin": one,
                    **{f"collateral/{name}": data for name, data in collateral.items()},
                    **{f"quotes/{i:02}.bin": quote for i, quote in enumerate(all_quotes)}})


def snp_piece(title, directory, at, reports, root, intermediate, vek):
    piece = Piece("sev-snp", title, directory, at)
    put_snp(piece.dir, reports, root, intermediate, vek)
    put_snp(piece.twin("piece"), reports, root, intermediate, vek, flipped(reports[0], SIGNATURE_OF_REPORT + 20))
    put_snp(piece.twin("chain"), reports, root, intermediate, flipped(vek, len(vek) - 20))
    return piece


def tdx_piece(title, directory, at, quotes, root, collateral):
    piece = Piece("tdx", title, directory, at)
    put_tdx(piece.dir, quotes, root, collateral)
    put_tdx(piece.twin("piece"), quotes, root, collateral, flipped(quotes[0], signature_of_quote(quotes[0]) + 20))
    put_tdx(piece.twin("chain"), [with_damaged_leaf(quote) for quote in quotes], root, collateral)
    served = collateral["tcb_info.json"]
    digit = max(served.rindex(b'"signature"') + 20, 0)
    wrong = served[:digit] + (b"1" if served[digit:digit + 1] == b"0" else b"0") + served[digit + 1:]
    put_tdx(piece.twin("collateral"), quotes, root, {**collateral, "tcb_info.json": wrong})
    return piece


def forge(jurat, tee, at, number, directory):
    argv = [jurat, "forge", "--tee", tee, "--at", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at)),
            "--report-data", f"0x{number + 1:02x}", "--out", directory]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Unusable(f"jurat forge: {done.stderr.strip()}")
    return directory


def made(jurat, tmp, at):
    """A Milan with reports of version 3, and a TD with quotes of version 4, of the software platform: its test roots."""
    snp = [forge(jurat, "sev-snp", at, i, tmp / f"snp-{i}") for i in range(PIECES)]
    tdx = [forge(jurat, "tdx", at, i, tmp / f"tdx-{i}") for i in range(PIECES)]
    reports, quotes = ([(d / name).read_bytes() for d in dirs] for dirs, name in ((snp, "report.bin"), (tdx, "quote.bin")))
    collateral = {path.name: path.read_bytes() for path in sorted((tdx[0] / "collateral").iterdir())}
    first = snp[0]
    return [snp_piece("software platform, Milan", tmp / "made-snp", at, reports, (first / "ark.der").read_bytes(),
                      (first / "ask.der").read_bytes(), (first / "vcek.der").read_bytes()),
            tdx_piece("software platform", tmp / "made-tdx", at, quotes, (tdx[0] / "root.der").read_bytes(), collateral)]


def certificates_of(data):
    return re.findall(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", data, re.S)


def collateral_of_parts(quote, parts):
    """`parts` as the columns of TDX-CASES.tsv name them. The issuer of the PCK certificate is in the quote."""
    issuer, root = certificates_of(quote)[1:3]
    signing = (pem_of(parts["tcb_signing_cert"]) + pem_of(parts["root_cert"])).encode()
    return {"tcb_info.json": parts["tcbinfo"], "qe_identity.json": parts["qeidentity"], "pck_crl.der": parts["pckcrl"],
            "root_ca_crl.der": parts["rootcrl"], "tcb_info_issuer_chain.pem": signing, "qe_identity_issuer_chain.pem": signing,
            "pck_crl_issuer_chain.pem": issuer + b"\n" + root + b"\n"}


def root_of(collateral):
    return der_of(certificates_of(collateral["pck_crl_issuer_chain.pem"])[-1])


def rows(path):
    with open(path, encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))


def snp_of_table(tables, files, tmp, now, usable):
    """One good report of each product."""
    seen, number = set(), 0
    for row in rows(tables / "SNP-CASES.tsv"):
        good = row["signature_and_chain"] == "good" and row["policy_debug"] == "0" and row.get("reasons", "-") == "-"
        names = [row[column] for column in ("report", "root", "intermediate", "vek")]
        if not good or row["product"] in seen or not all((files / name).is_file() for name in names):
            continue
        report, *certificates = [(files / name).read_bytes() for name in names]
        if len(report) != REPORT_SIZE:
            continue
        number += 1
        title = f"real, {row['product']}, report version {row['version']}, {row['signer'].upper()}"
        piece = snp_piece(title, tmp / f"real-snp-{number}", int(row.get("at_unix") or now), [report], *map(der_of, certificates))
        if usable(piece):
            seen.add(row["product"])
            yield piece


PARTS = ("tcbinfo", "qeidentity", "pckcrl", "rootcrl", "tcb_signing_cert", "root_cert")


def is_up_to_date(row):
    """By the table: what is expected, or what Intel's library says."""
    if "status" in row:
        return row["status"] == "UpToDate" and row["reasons"] == "-"
    return row.get("kind") == "fresh" and row.get("qvl_quote") == "OK"


def tdx_of_table(tables, files, tmp, usable):
    """One quote of each version whose TCB is up to date, with its collateral."""
    seen, number = set(), 0
    for row in rows(tables / "TDX-CASES.tsv"):
        names = {column: row[column] for column in ("quote", *PARTS)}
        if row["type"] in seen or not is_up_to_date(row) or not all(name and (files / name).is_file() for name in names.values()):
            continue
        read = {column: (files / name).read_bytes() for column, name in names.items()}
        if len(certificates_of(read["quote"])) != 3:
            continue
        number += 1
        for column in ("pckcrl", "rootcrl", "tcb_signing_cert", "root_cert"):
            read[column] = der_of(read[column])
        title = f"real, {row['type'].replace('quote-', 'quote ').replace('-tdx', '')}"
        piece = tdx_piece(title, tmp / f"real-tdx-{number}", int(row["now_unix"]), [read["quote"]], read["root_cert"],
                          collateral_of_parts(read["quote"], read))
        if usable(piece):
            seen.add(row["type"])
            yield piece


def of_directory(directory, tmp, at):
    """A directory as jurat-forge(1) writes it."""
    found = []
    read = {name: (directory / name).read_bytes() for name in
            ("report.bin", "vcek.der", "vlek.der", "ask.der", "asvk.der", "ark.der", "quote.bin", "root.der")
            if (directory / name).is_file()}
    vek, intermediate = read.get("vcek.der", read.get("vlek.der")), read.get("ask.der", read.get("asvk.der"))
    if "report.bin" in read and vek and intermediate and "ark.der" in read:
        found.append(snp_piece(f"{directory.name}", tmp / f"{directory.name}-snp", at, [read["report.bin"]], read["ark.der"],
                               intermediate, vek))
    if "quote.bin" in read and (directory / "collateral").is_dir():
        collateral = {path.name: path.read_bytes() for path in sorted((directory / "collateral").iterdir())}
        root = read.get("root.der") or root_of(collateral)
        found.append(tdx_piece(f"{directory.name}", tmp / f"{directory.name}-tdx", at, [read["quote.bin"]], root, collateral))
    return found


def named(directory, files, tmp, at, usable):
    """Evidence of a folder: with the tables of tests/data/README.md, or directories as jurat-forge(1) writes them."""
    directory = pathlib.Path(directory)
    found = []
    if (directory / "SNP-CASES.tsv").is_file():
        found += snp_of_table(directory, files or directory, tmp, at, usable)
    if (directory / "TDX-CASES.tsv").is_file():
        found += tdx_of_table(directory, files or directory, tmp, usable)
    if not found and directory.is_dir():
        for one in (directory, *sorted(path for path in directory.iterdir() if path.is_dir())):
            found += [piece for piece in of_directory(one, tmp, at) if usable(piece)]
    if not found:
        raise Unusable(f"{directory}: no evidence that can be measured (bench/README.md says what is)")
    return found
