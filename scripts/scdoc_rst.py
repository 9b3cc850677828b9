# SPDX-License-Identifier: MIT
"""Manual pages as reStructuredText: what scdoc(5) describes, of the sources that scripts/man-page and scripts/man-functions complete."""
import re

RULES = "=-~^"
INLINE = re.compile(r"\\(.)|\*((?:\\.|[^*\\])+)\*|(?<!\w)_((?:\\.|[^\\])+?)_(?!\w)", re.S)
PAGE = re.compile(r"([a-zA-Z][\w-]*)\(([1-8])\)")


def plain(text):
    return re.sub(r"([\\*`_|<>])", r"\\\1", text)


def unescape(text):
    return re.sub(r"\\(.)", r"\1", text)


class Converter:
    """`pages`: "jurat-verify(1)" -> the name of its document."""

    def __init__(self, pages):
        self.pages = pages

    def _linked(self, text):
        """Text without marks of scdoc, in which names of pages become links."""
        parts, end = [], 0
        for m in PAGE.finditer(text):
            if m[0] in self.pages:
                parts += [plain(text[end : m.start()]), rf"\ :doc:`{plain(m[0])} </{self.pages[m[0]]}>`\ "]
                end = m.end()
        return "".join(parts) + plain(text[end:])

    def inline(self, text):
        text = re.sub(r"\+\+$", "", text, flags=re.M)
        # *jurat-verify*(1) is the name of a page, not a bold word
        text = re.sub(r"\*([\w-]+(?:\\_[\w-]+)*)\*\(([1-8])\)", lambda m: self._page(m), text)
        parts, end = [], 0
        for m in INLINE.finditer(text):
            parts.append(self._linked(text[end : m.start()]))
            if m[1]:
                parts.append(plain(m[1]))
            elif m[2]:
                parts.append(rf"\ **{plain(unescape(m[2]))}**\ ")
            else:
                parts.append(rf"\ *{plain(unescape(m[3]))}*\ ")
            end = m.end()
        parts.append(self._linked(text[end:]))
        return re.sub(r"(\\ )+", r"\\ ", "".join(parts)).strip()

    def _page(self, m):
        name = f"{unescape(m[1])}({m[2]})"
        return name.replace("_", r"\_") if name in self.pages else f"*{m[1]}*({m[2]})"

    def document(self, source):
        """The whole page; its title is that of the source."""
        lines = source.split("\n")
        title = re.match(r"\S+\(\d\)", lines[0])[0]
        return "\n".join([":orphan:", "", plain(title), "=" * len(plain(title)), "", *self.blocks(lines[1:])]) + "\n"

    def blocks(self, lines):
        out, i = [], 0
        while i < len(lines):
            line = lines[i]
            if not line.strip() or line.startswith(";"):
                i += 1
            elif m := re.match(r"(#+) (.*)", line):
                title = self.inline(m[2])
                out += [title, RULES[len(m[1])] * len(title), ""]
                i += 1
            elif line == "```":
                end = lines.index("```", i + 1)
                out += [".. code-block:: none", "", *("   " + re.sub(r"\\(.)", r"\1", text) for text in lines[i + 1 : end]), ""]
                i = end + 1
            elif m := re.match(r"[-.] +", line):
                i = self._item(lines, i, out, "- " if line[0] == "-" else "#. ")
            elif line.startswith("\t"):
                i, inner = self._indented(lines, i)
                out += ["..", "", *("   " + text if text else "" for text in inner), ""]
            else:
                i = self._paragraph(lines, i, out)
        return out

    @staticmethod
    def _indented_lines(lines, i):
        """Where the lines end that a tab indents, and these without it."""
        found = []
        while i < len(lines):
            follows = i + 1 < len(lines) and lines[i + 1].startswith("\t")
            if lines[i].startswith("\t") or (not lines[i].strip() and follows):
                found.append(lines[i][1:])
            elif found and found[-1].endswith("++") and lines[i].strip():  # another line of the same paragraph
                found.append(lines[i])
            else:
                break
            i += 1
        return i, found

    def _indented(self, lines, i):
        i, found = self._indented_lines(lines, i)
        return i, self.blocks(found)

    def _paragraph(self, lines, i, out):
        text = []
        while i < len(lines) and lines[i].strip() and not re.match(r"\t|#+ |```$", lines[i]):
            text.append(lines[i])
            i += 1
        if i < len(lines) and lines[i].startswith("\t"):
            i, inner = self._indented(lines, i)
            out += [self.inline(" ".join(text)), *("   " + line if line else "" for line in inner), ""]
        else:
            broken = [self.inline(part) for part in re.split(r"\+\+ ", " ".join(text))]
            out += ([f"| {part}" for part in broken] if len(broken) > 1 else broken) + [""]
        return i

    def _item(self, lines, i, out, mark):
        first = re.sub(r"^[-.] +", "", lines[i])
        inner, i = [first], i + 1
        while i < len(lines) and re.match(r"  +\S|\t+[-.] ", lines[i]):
            inner.append(lines[i].strip())
            i += 1
        out += [mark + self.inline(" ".join(inner))]
        if i == len(lines) or not re.match(r"[-.] +", lines[i]):
            out.append("")
        return i
