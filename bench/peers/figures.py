# SPDX-License-Identifier: MIT
"""What is made of the samples of interleaved rounds: nothing here measures, starts a program or reads a file."""
import statistics


def quartiles(values):
    """Lower quartile, median and upper quartile; of a single value, three times that."""
    values = sorted(values)
    if len(values) == 1:
        return values[0], values[0], values[0]
    lower, middle, upper = statistics.quantiles(values, n=4, method="inclusive")
    return lower, middle, upper


def spread(values):
    lower, middle, upper = quartiles(values)
    return {"median": middle, "lower_quartile": lower, "upper_quartile": upper}


def ratios(ours, theirs):
    """How many times as fast ours is: of each round by itself, so that what slows the machine down for a while slows both."""
    if len(ours) != len(theirs):
        raise ValueError(f"{len(ours)} rounds of one program, {len(theirs)} of the other")
    return [b / a for a, b in zip(ours, theirs)]


def rotated(items, by):
    """Another program begins each round, so that none always follows the same one."""
    by %= len(items)
    return items[by:] + items[:by]


def operations_for(sample_ns, measured_ns, n):
    """How many operations take about `sample_ns`, when `n` took `measured_ns`."""
    return max(1, round(sample_ns * n / max(1, measured_ns)))
