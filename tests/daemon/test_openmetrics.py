#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The reader of OpenMetrics that other tests rely on: what it accepts and, above all, what it refuses."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "support"))
import openmetrics  # noqa: E402
from tap import case, main  # noqa: E402

GOOD = """# TYPE a counter
# HELP a Things.
a_total{x="q\\"\\\\\\n"} 1
a_total{x="r"} 2.5
# TYPE b_seconds histogram
# UNIT b_seconds seconds
# HELP b_seconds How long.
b_seconds_bucket{le="0.5"} 1
b_seconds_bucket{le="+Inf"} 2
b_seconds_count 2
b_seconds_sum 1.25
# TYPE c stateset
# HELP c Which.
c{c="on"} 1
c{c="off"} 0
# TYPE d info
# HELP d What.
d_info{version="1"} 1
# EOF
"""


@case
def a_good_text_is_read(_):
    families = openmetrics.parse(GOOD)
    assert list(families) == ["a", "b_seconds", "c", "d"]
    assert openmetrics.value(families, "a", "_total", x='q"\\\n') == 1
    assert openmetrics.value(families, "b_seconds", "_sum") == 1.25


@case
def each_fault_is_refused(_):
    edits = [("# EOF\n", ""), ("# EOF\n", "# EOF\n\n"), ("a_total{x=\"r\"} 2.5", "a{x=\"r\"} 2.5"), ("} 2.5", "}  2.5"),
             ("} 2.5", "} 2.5x"), ('x="r"', 'x="q\\"\\\\\\n"'), ("2.5\n", "-2.5\n"), ("\\\\", "\\x"), ("# HELP a Things.\n", ""),
             ("# TYPE a counter\n", ""), ("# TYPE a counter", "# TYPE a count"), ("# UNIT b_seconds seconds\n", ""),
             ("UNIT b_seconds seconds", "UNIT b_seconds bytes"), ('{le="0.5"} 1', '{le="0.5"} 3'), ("b_seconds_count 2", "b_seconds_count 3"),
             ('b_seconds_bucket{le="+Inf"} 2\n', ""), ("b_seconds_sum 1.25\n", ""), ('c{c="on"} 1', 'c{c="on"} 2'), ('c{c="on"}', 'c{d="on"}'),
             ("d_info{", "d{"), ('{version="1"} 1', '{version="1"} 0'), ("# HELP d What.", "# HELP d What.\n# HELP d Why."),
             ("# TYPE d info", "# a comment"), ("# HELP d What.\n", "# HELP d What.\n\n"), ('x="r"', 'x="r",x="s"'), ('x="r"', 'x=r'),
             ("# TYPE d info\n# HELP d What.\nd_info", "# TYPE a info\n# HELP a What.\na_info")]
    for old, new in edits:
        assert GOOD.count(old) >= 1, old
        try:
            openmetrics.parse(GOOD.replace(old, new, 1))
        except ValueError:
            continue
        raise AssertionError(f"accepted with {new!r} for {old!r}")


sys.exit(main())
