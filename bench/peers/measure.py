# SPDX-License-Identifier: MIT
"""Checks that a program verifies, and measures it with the others of its row in turn."""
import figures
import programs


def short(text, most=100):
    """The beginning of what a program said, up to a word's end."""
    return text if len(text) <= most else text[:most].rsplit(" ", 1)[0] + " ..."


def why_not(program, row, piece):
    """Why a program cannot be measured on a piece of evidence; None: it accepts it, and refuses each of its damaged twins."""
    missing = program.missing()
    if missing:
        return missing
    try:
        program.run(row, piece.dir, piece.at, 1)
    except programs.Refused as said:
        return "no such operation" if str(said) == "no such operation" else f"refuses it: {short(str(said))}"
    for twin in programs.twins_of(row):
        try:
            program.run(row, piece.twin(twin), piece.at, 1 if row.endswith("-process") else 64)
            return f"accepts a wrong signature ({twin})"
        except programs.Refused:
            pass
    return None


def accepts(program, piece):
    try:
        program.run("snp-extended-cold" if piece.tee == "sev-snp" else "tdx-cold", piece.dir, piece.at, 1)
    except programs.Refused:
        return False
    return True


def is_accepted(program, piece):
    """Whether jurat accepts a piece of evidence by its default policy, with the vendors' roots or else with that of the evidence; what it
    refuses is not measured."""
    piece.trust_vendor(True)
    if accepts(program, piece):
        return True
    program.close()  # or it would use what it has read
    piece.trust_vendor(False)
    return accepts(program, piece)


def calibrated(program, row, piece, sample_ns):
    """How many operations a sample has. What was prepared before is used again, as it is in a sample."""
    program.run(row, piece.dir, piece.at, 1)
    n, sample = 1, program.run(row, piece.dir, piece.at, 1)
    while sample.cpu_ns < sample_ns / 5 and n < 1 << 20:
        n *= 4
        sample = program.run(row, piece.dir, piece.at, n)
    return figures.operations_for(sample_ns, sample.cpu_ns, n)


def measure_row(row, piece, all_programs, rounds, sample_ns, progress):
    """One row of the table: each program's figures, and how many times as fast each jurat is as each other program."""
    cannot = {program: why_not(program, row, piece) for program in all_programs}
    able = [program for program in all_programs if cannot[program] is None]
    counts = {program: calibrated(program, row, piece, sample_ns) for program in able}
    samples = {program: [] for program in able}
    for number in range(rounds):
        progress(f"{row}, {piece.title}: round {number + 1} of {rounds}")
        for program in figures.rotated(able, number) if able else []:
            samples[program].append(program.run(row, piece.dir, piece.at, counts[program]))
    return {"row": row, "what": programs.ROWS[row][1], "evidence": piece.title,
            "programs": [of_program(program, cannot[program], samples.get(program)) for program in all_programs],
            "ratios": [{"jurat": a.name, "peer": b.name, **figures.spread(figures.ratios(per_operation(samples[a]), per_operation(samples[b])))}
                       for a in able if a.ours for b in able if not b.ours]}


def per_operation(samples):
    return [sample.cpu_ns / sample.n for sample in samples]


def of_program(program, cannot, samples):
    if cannot is not None:
        return {"name": program.name, "cannot_be_measured": cannot}
    found = {"name": program.name, "operations": sum(sample.n for sample in samples),
             "per_cpu_second": figures.spread([1e9 / ns for ns in per_operation(samples)]),
             "peak_bytes": max(sample.peak_bytes for sample in samples)}
    if samples[0].wall_ns is not None:
        found["wall_ns"] = figures.spread([sample.wall_ns / sample.n for sample in samples])
    return found
