# SPDX-License-Identifier: MIT
"""The tables as Markdown, and doc/performance.md around them."""

HEAD = """# Performance

How many pieces of evidence *jurat* and other verifiers of this field verify in a second of processor time, as measured by `bench/peers/run` on
{date}. All programs of a row verify the same evidence, in turn. Before a row is measured, each program must accept the evidence, and must refuse its
twins with a wrong signature of the report or quote, of the leaf certificate, and, if collateral is used, of the TCB info. A program that cannot do either
is not measured, and the reason is below the table.

| | |
|---|---|
"""

AFTER = """
## How each program is used

Each is used in the fastest way that its documentation or its public functions offer. They do not verify the same things: what a verifier leaves to its caller
costs it nothing here. [verifiers.md](verifiers.md) has what each of them refuses.

- **jurat**: `jurat_verify_snp()` and `jurat_verify_tdx()` with the default policy, and a complete verdict each time. A verifier remembers certificates and collateral that it has
  verified. *warm* is the same call with the same checks: dates, profiles, TCB, revocation where there is a CRL, policy. Real evidence is verified with the vendors' roots, as by default; other evidence
  with the root that comes with it, whose own signature is verified as well.
- **go-sev-guest**: `verify.SnpAttestation()`, without `validate`: it checks chain, certificate profiles, dates and the signature, and no policy. It has no
  cache. *snp-warm* is `verify.SnpReportSignature()` with the certificate that its caller verified before and keeps: the signature alone, no date, no TCB, no chip.
  *snp-extended-warm* keeps the parsed roots, and verifies the chain each time.
- **sev**: `verify()` of chain and report: the signatures alone, no dates, nothing that report and certificates say. It has no cache. *snp-warm* is `verify()` of the report with
  the certificate that its caller verified before and keeps. It is built with each of its two implementations of cryptography: RustCrypto, and OpenSSL.
- **go-tdx-guest**: `verify.RawTdxQuote()`, without `validate`; collateral comes from memory. It has no cache: *warm* keeps the parsed roots only.
- **dcap-qvl**: `QuoteVerifier::verify()` with ring; the TCB status must be UpToDate, no policy besides. Its collateral is converted to its own form before the measurement. It has no
  cache: *warm* keeps verifier and collateral, which it parses and verifies each time. It does not verify a quote without collateral.
- **Where jurat is behind**: `tdx-cold` and `tdx-process` beside dcap-qvl, with Debian's libraries. Nine or ten P-256 signatures are most of the work there: OpenSSL takes a little
  longer for each than ring, nettle, which `jurat` has for its quick start, almost three times as long. A build with AWS-LC is ahead.
- **Complete processes** are those of `jurat verify`; of go-sev-guest's and go-tdx-guest's tools `check`, offline; of `snpguest verify certs` and
  `snpguest verify attestation`, which together verify a report; and, for a quote with collateral, of minimal programs that use go-tdx-guest and dcap-qvl, because
  go-tdx-guest's tool takes collateral from the network only, and the crate of dcap-qvl contains no tool.

None of these libraries verifies several pieces of evidence at once, and none of the tools takes several. `jurat verify` does (*jurat-verify*(1)).

Programs in Go are built without cgo and run with GOMAXPROCS=1, programs in Rust with `--release`, jurat with Meson's default options. Processor time is user and system time of the
process (*getrusage*(2)), including a garbage collector. Files are read before the measurement, except for complete processes.

## How to repeat it

    scripts/setup-peers build
    bench/peers/run --build build

That is `make peers`, and `make peers ARGS=--write` writes this file. One row:

    bench/peers/run --build build --only snp-warm

With a second build of jurat, which has another implementation of cryptography, and with real evidence (`make evidence` brings some):

    bench/peers/run --build build --build build-awslc --evidence DIR

`bench/README.md` describes rows, options, and the evidence that a directory may have.
"""


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def times(value):
    return f"{value:.1f}" if value >= 1.95 else f"{value:.2f}"


def columns_of(rows):
    """Names of programs in the order in which they occur, jurat first."""
    names = []
    for row in rows:
        names += [p["name"] for p in row["programs"] if p["name"] not in names]
    return sorted(names, key=lambda name: not name.startswith("jurat"))


def table(head, body):
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    return "\n".join(lines + ["| " + " | ".join(cells) + " |" for cells in body]) + "\n"


def cells_of(row, names, cell):
    found = {p["name"]: p for p in row["programs"]}
    return [cell(found[name]) if name in found and "per_cpu_second" in found[name] else "-" for name in names]


def rates(rows):
    names = columns_of(rows)
    return table(["row", *names], [[f"`{row['row']}`", *cells_of(row, names, lambda p: number(p["per_cpu_second"]["median"]))] for row in rows])


def comparison(rows):
    """How many times as fast jurat is: median, and in brackets the quartiles of the rounds."""
    peers = [name for name in columns_of(rows) if not name.startswith("jurat")]
    body = []
    for row in rows:
        for jurat in sorted({r["jurat"] for r in row["ratios"]}):
            found = {r["peer"]: r for r in row["ratios"] if r["jurat"] == jurat}
            cells = [f"{times(found[p]['median'])} ({times(found[p]['lower_quartile'])} to {times(found[p]['upper_quartile'])})"
                     if p in found else "-" for p in peers]
            body.append([f"`{row['row']}`", jurat, *cells])
    return table(["row", "", *peers], body)


def processes(rows):
    """Time from start to end, processor time and memory of complete processes."""
    body = []
    for row in rows:
        for p in row["programs"]:
            if "wall_ns" in p:
                body.append([f"`{row['row']}`", p["name"], f"{1e3 / p['per_cpu_second']['median']:.1f} ms", f"{p['wall_ns']['median'] / 1e6:.1f} ms",
                             f"{p['peak_bytes'] / 1048576:.1f} MiB"])
    return table(["row", "program", "processor time", "start to end", "peak memory"], body)


def memory(rows):
    """Of resident programs: the most that they had, after all rows of a kind of evidence."""
    most = {}
    for row in rows:
        for p in row["programs"]:
            if "peak_bytes" in p and "wall_ns" not in p:
                most.setdefault(p["name"], {})[row["tee"]] = p["peak_bytes"]
    body = [[name, *(f"{sizes[tee] / 1048576:.1f} MiB" if tee in sizes else "-" for tee in ("sev-snp", "tdx"))] for name, sizes in most.items()]
    return table(["program", "after the rows of SEV-SNP", "after those of TDX"], body)


def absent(rows):
    """A line for each program and reason, with the rows that it applies to."""
    found = {}
    for row in rows:
        for p in row["programs"]:
            why = p.get("cannot_be_measured", "no such operation")
            if why != "no such operation":
                found.setdefault((p["name"], why), []).append(f"`{row['row']}`")
    return "".join(f"- {name} cannot be measured in {', '.join(where)}: {why}\n" for (name, why), where in found.items())


def of_evidence(title, rows):
    """All tables of one piece of evidence."""
    text = [f"### {title}\n", rates(rows)]
    if any(row["ratios"] for row in rows):
        text += ["How many times as fast jurat is (median of the rounds, quartiles in brackets):\n", comparison(rows)]
    if any("wall_ns" in p for row in rows for p in row["programs"]):
        text += ["Complete processes:\n", processes(rows)]
    missing = absent(rows)
    return "\n".join(text + ([missing] if missing else []))


def tables(result):
    text = []
    for tee, name in (("sev-snp", "SEV-SNP reports"), ("tdx", "TD quotes")):
        rows = [row for row in result["rows"] if row["tee"] == tee]
        if rows:
            text.append(f"## {name}, operations per second of processor time\n")
        for title in dict.fromkeys(row["evidence"] for row in rows):
            text.append(of_evidence(title, [row for row in rows if row["evidence"] == title]))
    if any("peak_bytes" in p and "wall_ns" not in p for row in result["rows"] for p in row["programs"]):
        text += ["## Memory of resident programs\n", memory(result["rows"])]
    return "\n".join(text)


def document(result):
    facts = "".join(f"| {name} | {value} |\n" for name, value in result["facts"].items())
    names = "\n".join(f"- `{row}`: {what}" for row, what in {row["row"]: row["what"] for row in result["rows"]}.items())
    return HEAD.format(date=result["date"]) + facts + "\n## Rows\n\n" + names + "\n\n" + tables(result) + AFTER
