#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: MIT
"""bench/peers without any program: what is made of samples, which programs are measured, damaged twins, tables."""
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/support"), str(ROOT / "bench/peers")]
import document  # noqa: E402
import pieces  # noqa: E402
import figures  # noqa: E402
import measure  # noqa: E402
import programs  # noqa: E402
from tap import case, main  # noqa: E402

REPORT = bytes(range(256)) * 4 + bytes(160)
VEK = bytes(100)


class Fake:
    """A program of `cpu_ns` for an operation, which accepts the directories whose names end in one of these."""

    def __init__(self, name, cpu_ns, accepts, ours=False, missing=None):
        self.name, self.cpu_ns, self.accepts, self.ours, self.calls, self.why = name, cpu_ns, accepts, ours, [], missing

    def missing(self):
        return self.why

    def run(self, row, directory, at, n):
        self.calls.append((row, directory.name, n))
        if not directory.name.endswith(self.accepts):
            raise programs.Refused("not this one")
        return programs.Sample(n, self.cpu_ns[len(self.calls) % len(self.cpu_ns)] * n, 4096)

    def close(self):
        self.calls.append("closed")


def piece(tmp):
    return pieces.snp_piece("a report", tmp / "good", 7, [REPORT], VEK, VEK, VEK)


@case
def quartiles_are_those_of_the_sorted_values(tmp):
    assert figures.quartiles([5, 1, 4, 2, 3]) == (2, 3, 4)
    assert figures.quartiles([10, 20]) == (12.5, 15, 17.5)
    assert figures.quartiles([7]) == (7, 7, 7)
    assert figures.spread([3, 1, 2]) == {"median": 2, "lower_quartile": 1.5, "upper_quartile": 2.5}


@case
def a_ratio_is_that_of_one_round(tmp):
    # The machine is ten times as slow in the second round, for both.
    assert figures.ratios([10, 100, 10], [30, 300, 30]) == [3, 3, 3]
    try:
        figures.ratios([1, 2], [1])
    except ValueError as why:
        assert str(why) == "2 rounds of one program, 1 of the other", why
    else:
        raise AssertionError("rounds without a pair have no ratio")


@case
def each_program_begins_a_round(tmp):
    assert [figures.rotated("abc", n) for n in range(4)] == ["abc", "bca", "cab", "abc"]


@case
def a_sample_has_the_operations_that_fill_it(tmp):
    assert figures.operations_for(40e6, 1e6, 1) == 40
    assert figures.operations_for(40e6, 10e6, 100) == 400
    assert figures.operations_for(40e6, 90e6, 1) == 1
    assert figures.operations_for(40e6, 0, 1) == 40000000


@case
def a_program_that_accepts_a_wrong_signature_is_not_measured(tmp):
    for accepts, wanted in ((("good",), None),
                            (("good", ".piece"), "accepts a wrong signature (piece)"),
                            (("good", ".chain"), "accepts a wrong signature (chain)"),
                            ((".piece",), "refuses it: not this one")):
        said = measure.why_not(Fake("peer", [1], accepts), "snp-cold", piece(tmp))
        assert said == wanted, said
    said = measure.why_not(Fake("peer", [1], (), missing="is not built"), "snp-cold", piece(tmp))
    assert said == "is not built", said


@case
def what_a_program_says_is_cut_at_a_word(tmp):
    assert measure.short("x" * 100) == "x" * 100
    assert measure.short("word " * 30) == "word " * 19 + "word ..."


@case
def of_a_folder_the_first_usable_report_of_each_product_is_measured(tmp):
    for name in ("a.bin", "b.bin"):
        (tmp / name).write_bytes(REPORT)
    (tmp / "cert.der").write_bytes(VEK)
    columns = ("report", "vek", "intermediate", "root", "product", "signer", "version", "policy_debug", "signature_and_chain")
    lines = [columns] + [(report, "cert.der", "cert.der", "cert.der", product, "vcek", "3", debug, verdict) for report, product, debug, verdict in (
        ("a.bin", "Milan", "0", "bad"), ("a.bin", "Milan", "1", "good"), ("a.bin", "Milan", "0", "good"), ("b.bin", "Milan", "0", "good"),
        ("b.bin", "Milan", "0", "good"), ("none.bin", "Genoa", "0", "good"), ("b.bin", "Genoa", "0", "good"))]
    (tmp / "SNP-CASES.tsv").write_text("".join("\t".join(line) + "\n" for line in lines))
    asked = []

    def usable(piece):
        asked.append(piece.title.split(",")[1])
        return len(asked) != 1

    found = pieces.named(tmp, None, tmp / "out", 9, usable)
    assert asked == [" Milan", " Milan", " Genoa"] and [piece.dir.name for piece in found] == ["real-snp-2", "real-snp-3"], (asked, found)


@case
def the_vendors_roots_are_used_where_they_are_those_of_the_evidence(tmp):
    class Pinning(Fake):
        def run(self, row, directory, at, n):
            if (directory / "vendors-root").exists() != self.pinned:
                raise programs.Refused("unknown root")
            return super().run(row, directory, at, n)

    p, jurat = piece(tmp), Pinning("jurat", [1], ("good",))
    for jurat.pinned in (True, False):
        assert measure.is_accepted(jurat, p) and (p.dir / "vendors-root").exists() == (p.twin("chain") / "vendors-root").exists() == jurat.pinned
    assert jurat.calls == [("snp-extended-cold", "good", 1), "closed", ("snp-extended-cold", "good", 1)], jurat.calls
    assert not measure.is_accepted(Fake("jurat", [1], ()), p)


@case
def collateral_is_no_matter_without_it(tmp):
    assert programs.twins_of("tdx-cold") == ("piece", "chain", "collateral")
    assert programs.twins_of("tdx-chain-warm") == programs.twins_of("snp-warm") == ("piece", "chain")


@case
def a_row_has_each_program_and_each_ratio(tmp):
    several = [Fake("jurat", [1000], ("good",), ours=True), Fake("slow", [3000], ("good",)), Fake("liar", [1], ("good", ".chain"))]
    row = measure.measure_row("snp-warm", piece(tmp), several, 5, 1e6, lambda text: None)
    assert row["ratios"] == [{"jurat": "jurat", "peer": "slow", "median": 3, "lower_quartile": 3, "upper_quartile": 3}], row["ratios"]
    ours, slow, liar = row["programs"]
    assert ours["per_cpu_second"]["median"] == 1e6 and ours["operations"] == 5000 and ours["peak_bytes"] == 4096, ours
    assert slow["per_cpu_second"]["median"] == 1e9 / 3000, slow
    assert liar == {"name": "liar", "cannot_be_measured": "accepts a wrong signature (chain)"}, liar


@case
def rounds_are_interleaved(tmp):
    order = []
    one, other = Fake("jurat", [1000], ("good",), ours=True), Fake("peer", [1000], ("good",))
    for program in (one, other):
        def run(row, directory, at, n, program=program, first=program.run):
            order.append(program.name)
            return first(row, directory, at, n)
        program.run = run
    measure.measure_row("snp-warm", piece(tmp), [one, other], 4, 1000, lambda text: None)
    assert order[-8:] == ["jurat", "peer", "peer", "jurat", "jurat", "peer", "peer", "jurat"], order


def differences(a, b):
    assert len(a) == len(b)
    return [i for i in range(len(a)) if a[i] != b[i]]


@case
def twins_of_a_report_have_one_wrong_signature(tmp):
    p = piece(tmp)
    assert differences((p.twin("piece") / "report.bin").read_bytes(), REPORT) == [pieces.SIGNATURE_OF_REPORT + 20]
    assert (p.twin("piece") / "reports/00.bin").read_bytes() == REPORT  # whoever keeps a certificate has verified a good report
    assert (p.twin("piece") / "reports/01.bin").read_bytes() == (p.twin("piece") / "report.bin").read_bytes()
    assert differences((p.twin("chain") / "vek.der").read_bytes(), VEK) == [80]
    assert len(differences((p.twin("chain") / "certs.bin").read_bytes(), (p.dir / "certs.bin").read_bytes())) == 1


@case
def a_certificate_table_has_the_entries_of_the_ghcb(tmp):
    table = pieces.table_of([("vcek", b"leaf"), ("ark", b"root!")])
    assert table[:16].hex() == "63da758de6644564adc5f4b93be8accd" and table[24:40].hex() == "c0b406a4a80349529743" "3fb6014cd0ae"
    assert table[16:24] == (72).to_bytes(4, "little") + (4).to_bytes(4, "little") and table[48:72] == bytes(24)
    assert table[40:48] == (76).to_bytes(4, "little") + (5).to_bytes(4, "little") and table[72:] == b"leafroot!"


@case
def tables_say_what_was_not_measured(tmp):
    several = [Fake("jurat", [1000], ("good",), ours=True), Fake("slow", [1500], ("good",)), Fake("liar", [1], ("good", ".piece"))]
    row = measure.measure_row("snp-warm", piece(tmp), several, 3, 1e6, lambda text: None)
    text = document.tables({"rows": [{"tee": "sev-snp", **row}]})
    for line in ("| row | jurat | slow | liar |", "| `snp-warm` | 1,000,000 | 666,667 | - |", "| `snp-warm` | jurat | 1.50 (1.50 to 1.50) | - |",
                 "- liar cannot be measured in `snp-warm`: accepts a wrong signature (piece)"):
        assert line in text.splitlines(), text


if __name__ == "__main__":
    sys.exit(main())
