# SPDX-License-Identifier: MIT
"""The installed headers as manual pages want them: groups of declarations, each with the comment in front of it, and both
as scdoc's source."""
import itertools
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Header, library that has its functions, overview page. version.h belongs to all three.
HEADERS = {
    "guest.h": ("jurat", "jurat-guest"),
    "verify.h": ("jurat", "jurat-verify"),
    "measure.h": ("jurat", "jurat-measure"),
    "host.h": ("jurat-host", "jurat-host"),
    "sim.h": ("jurat-sim", "jurat-sim"),
    "version.h": ("jurat", "jurat"),
}
TYPES_ONLY = ("tee.h",)  # error.h is on the overview pages
FIELD = re.compile(r"(\S(?:\S| (?! ))*) {2,}(\S.*)")


class Group:
    """A comment of the house's shape and the declarations below it."""

    def __init__(self, header, comment, code):
        self.header, self.code = header, code
        self.functions = re.findall(r"\b(jurat_\w+)\((?!\*)", re.sub(r"/\*.*?\*/", "", code, flags=re.S)) if "{" not in code else []
        self.types = re.findall(r"^(?:struct|enum) (\w+) \{", code, flags=re.M)
        self.text, self.fields = [], []  # paragraphs, and ("options", "borrowed; ...")
        self._read(comment)

    def _read(self, comment):
        lines, paragraph = [re.sub(r"^ \* ?", "", line).rstrip() for line in comment.split("\n")], []
        for line in [*lines, ""]:
            field = None if line.startswith("\t") else FIELD.fullmatch(line)
            if self.fields and line.startswith(" ") and line.strip():
                self.fields[-1][1] += " " + line.strip()
            elif field and not line.startswith(" "):
                self.fields.append([field[1], field[2]])
            elif line.startswith("\t"):
                paragraph.append(line)
            elif line:
                paragraph.append(line)
            elif paragraph:
                self.text.append("\n".join(paragraph))
                paragraph = []
        # "Since 0.1    Spec  SEV-SNP ..." is two fields on one line.
        for name, value in list(self.fields):
            if name == "Since" and "  Spec  " in re.sub(r" {2,}", "  ", value):
                since, spec = re.split(r" +Spec +", value, maxsplit=1)
                self.fields[-1] = ["Since", since]
                self.fields.append(["Spec", spec])

    def field(self, name):
        return next((value for key, value in self.fields if key == name), None)

    def sentence(self):
        """The first sentence, as a NAME section has it."""
        text = re.sub(r"\s+", " ", self.text[0])
        first = re.match(r"(.*?)(?:[.:?;](?= |$)|$)", text)[1]
        return first if re.match(r"[A-Z]{2}|[A-Z]\w*[A-Z_]|TDG", first) else first[0].lower() + first[1:]


def groups(header):
    """The groups of a header in their order: a comment, and code up to the next empty line."""
    text = (ROOT / "include" / "jurat" / header).read_text(encoding="utf-8")
    body = re.search(r'extern "C" \{\n#endif\n\n(.*?)\n*#ifdef __cplusplus', text, re.S)[1]
    found, comment, code, depth, inside = [], "", [], 0, False
    for line in [*body.split("\n"), ""]:
        if not code and line.startswith("/*"):
            comment, inside = line[2:].strip(), "*/" not in line
            comment = comment.removesuffix("*/").strip()
        elif inside:
            inside = "*/" not in line
            comment += "" if not inside else "\n" + line
        elif line or depth > 0:
            code.append(line)
            depth += line.count("{") - line.count("}")
        elif code:
            found.append(Group(header, comment, "\n".join(code)))
            comment, code = "", []
    return found


def about(header):
    """The paragraphs of the comment that a header begins with."""
    text = (ROOT / "include" / "jurat" / header).read_text(encoding="utf-8")
    return Group(header, re.search(r"\n\n/\*\n(.*?)\n \*/", text, re.S)[1], "").text


def escape(text):
    return re.sub(r"([_*\\])", r"\\\1", text)


def literal(text):
    """Text as it stands: scdoc takes a backslash for an escape in code as well."""
    return "```\n" + text.replace("\\", "\\\\") + "\n```"


def listing(code):
    """Declarations as they stand, without what only the compiler reads."""
    lines, shift = [], 0
    for line in code.strip("\n").expandtabs().split("\n"):
        if not line.startswith(" "):
            shift = len("JURAT_MUST_CHECK ") if line.startswith("JURAT_MUST_CHECK ") else 0
        lines.append(line[shift:])
    return literal("\n".join(lines))


def prose(text):
    """A paragraph of a comment; `words` and functions are bold, *words* underlined."""

    def mark(m):
        code, function, stressed, other = m.groups()
        if code or function:
            return f"*{escape(code or function)}*" + ("(3)" if function else "")
        return f"_{stressed}_" if stressed else escape(other)

    return re.sub(r"`([^`]+)`|\b(jurat_\w+)\(\)|(?<!\w)\*([a-z]+)\*|([_*\\])", mark, re.sub(r"\s+", " ", text))


def paragraphs(text):
    """Paragraphs of a comment, in which lines with a tab are code."""
    parts = []
    for paragraph in text:
        for is_code, lines in itertools.groupby(paragraph.split("\n"), lambda line: line.startswith("\t")):
            block = "\n".join(lines)
            parts.append(listing(re.sub(r"(?m)^\t", "", block)) if is_code else prose(block))
    return "\n\n".join(parts)
