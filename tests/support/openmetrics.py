# SPDX-License-Identifier: MIT
"""A strict reader of the OpenMetrics 1.0 text format: raises ValueError for what a scraper may refuse.

Spec: OpenMetrics 1.0.0, sections "ABNF" and "Overall Structure"; https://prometheus.io/docs/specs/om/open_metrics_spec/
"""
import math
import re

CONTENT_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"

_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|[+-]?(inf|infinity)|nan", re.I)
# The suffixes that samples of a type have.
_SUFFIXES = {"counter": {"_total", "_created"}, "gauge": {""}, "unknown": {""}, "info": {"_info"}, "stateset": {""},
             "histogram": {"_bucket", "_count", "_sum", "_created"}, "summary": {"", "_count", "_sum", "_created"},
             "gaugehistogram": {"_bucket", "_gcount", "_gsum"}}


class Family:
    def __init__(self, name):
        self.name, self.type, self.unit, self.help = name, None, None, None
        self.samples = []  # (suffix, labels as a tuple of pairs in order, value)


def _fail(line, why):
    raise ValueError(f"{why}: {line!r}")


def _number(line, text):
    if not _NUMBER.fullmatch(text):
        _fail(line, f"'{text}' is no number")
    return float(text)


def _labels(line, text):
    """The text after '{' to pairs, and what follows '}'."""
    pairs = []
    while not text.startswith("}"):
        if pairs:
            if not text.startswith(","):
                _fail(line, "expected a comma between labels")
            text = text[1:]
        m = _LABEL.match(text)
        if not m or not text[m.end():].startswith('="'):
            _fail(line, "expected a label")
        name, text, value = m.group(), text[m.end() + 2:], ""
        while not text.startswith('"'):
            m = re.match(r'\\[n"\\]|[^"\\\n]', text)
            if not m:
                _fail(line, "a label's value has a wrong escape, or no end")
            value += {"\\n": "\n"}.get(m.group(), m.group()[-1])
            text = text[m.end():]
        text = text[1:]
        if name in dict(pairs):
            _fail(line, f"label {name} is there twice")
        pairs.append((name, value))
    return tuple(pairs), text[1:]


def _sample(line, family):
    m = _NAME.match(line)
    if not m:
        _fail(line, "expected a name")
    name, rest = m.group(), line[m.end():]
    labels = ()
    if rest.startswith("{"):
        labels, rest = _labels(line, rest[1:])
    if not re.fullmatch(r" [^ ]+( [^ ]+)?", rest):
        _fail(line, "expected one space, a value and at most a timestamp")
    value = _number(line, rest.split(" ")[1])
    suffixes = _SUFFIXES.get(family.type if family else None, set())
    suffix = name[len(family.name):] if family and name.startswith(family.name) else None
    if suffix not in suffixes:
        _fail(line, f"no sample of {f'{family.type} {family.name}' if family else 'any family'}")
    family.samples.append((suffix, labels, value))


def _check_histogram(f):
    groups = {}
    for suffix, labels, value in f.samples:
        key = tuple(p for p in labels if p[0] != "le")
        groups.setdefault(key, {}).setdefault(suffix, []).append((dict(labels).get("le"), value))
    for group in groups.values():
        buckets = [(float(le), value) for le, value in group.get("_bucket", [])]
        if not buckets or buckets != sorted(buckets) or buckets[-1][0] != math.inf or len({b for b, _ in buckets}) != len(buckets):
            raise ValueError(f"{f.name}: buckets are not in order up to +Inf")
        if any(b[1] < a[1] for a, b in zip(buckets, buckets[1:])):
            raise ValueError(f"{f.name}: buckets are not cumulative")
        if [v for _, v in group.get("_count", [])] != [buckets[-1][1]] or len(group.get("_sum", [])) != 1:
            raise ValueError(f"{f.name}: _count is not that of +Inf, or there is no _sum")


def _check(f):
    if f.type is None:
        raise ValueError(f"{f.name}: no TYPE")
    if not f.help:
        raise ValueError(f"{f.name}: no HELP")
    if f.unit and not f.name.endswith("_" + f.unit):
        raise ValueError(f"{f.name}: the name does not end with the unit {f.unit}")
    if not f.unit and re.search(r"_(seconds|bytes)$", f.name):
        raise ValueError(f"{f.name}: no UNIT")
    if f.type in ("info", "stateset") and f.unit:
        raise ValueError(f"{f.name}: a unit, for {f.type}")
    seen = [(s, tuple(sorted(l))) for s, l, _ in f.samples]
    if len(set(seen)) != len(seen):
        raise ValueError(f"{f.name}: the same sample twice")
    for suffix, labels, value in f.samples:
        if suffix in ("_total", "_count", "_bucket") and not (value >= 0 and math.isfinite(value)):
            raise ValueError(f"{f.name}{suffix}: {value} is no count")
        if f.type == "info" and value != 1:
            raise ValueError(f"{f.name}: an info is 1")
        if f.type == "stateset" and (value not in (0, 1) or f.name not in dict(labels)):
            raise ValueError(f"{f.name}: a state is 0 or 1, with a label of the metric's name")
    if f.type == "histogram":
        _check_histogram(f)


def _metadata(line, families, family):
    m = re.fullmatch(r"# (TYPE|UNIT|HELP) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)", line)
    if not m:
        _fail(line, "no comments but TYPE, UNIT, HELP and EOF")
    what, name, text = m.groups()
    if family is None or family.name != name:
        if name in families:
            _fail(line, "lines of one family are apart")
        family = families[name] = Family(name)
    if family.samples or getattr(family, what.lower()) is not None:
        _fail(line, f"{what} after samples, or twice")
    if what == "TYPE" and text not in _SUFFIXES:
        _fail(line, "unknown type")
    if what == "HELP" and re.search(r'\\(?![n"\\])', text):
        _fail(line, "wrong escape")
    setattr(family, what.lower(), text)
    return family


def parse(text):
    """Families by name."""
    if not text.endswith("\n# EOF\n"):
        raise ValueError("does not end with # EOF and a newline")
    families, family = {}, None
    for line in text[:-len("# EOF\n")].splitlines():
        if line.startswith("#"):
            family = _metadata(line, families, family)
        else:
            _sample(line, family)
    names = {}
    for f in families.values():
        _check(f)
        for suffix in _SUFFIXES[f.type]:
            if names.setdefault(f.name + suffix, f.name) != f.name:
                raise ValueError(f"{f.name}{suffix} is a name of two families")
    return families


def value(families, name, suffix="", **labels):
    """The one sample with these labels."""
    found = [v for s, l, v in families[name].samples if s == suffix and dict(l) == labels]
    if len(found) != 1:
        raise ValueError(f"{name}{suffix}{labels}: {len(found)} samples")
    return found[0]
