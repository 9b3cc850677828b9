# SPDX-License-Identifier: MIT
"""Links of the Markdown files of the tree, and of web pages made of them."""
import html.parser
import os
import pathlib
import re
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent
TREE_LINK = re.compile(r"(?<!!)\[((?:[^\[\]`]|`[^`]*`)+)\]\(([^()\s]+)\)")
ANY_LINK = re.compile(r"!?\[(?:[^\[\]`]|`[^`]*`)*\]\(([^()]*)\)")
EXTERNAL = re.compile(r"(?:https?|mailto):[^\s<>\"{}|\\^`]+")
NO_DOCUMENTS = ("build", "tests/", "src/", ".github/", "dist/", "bindings/", ".git/")


def documents():
    """The Markdown files that are documentation: paths from the root of the tree."""
    found = sorted(str(path.relative_to(ROOT)) for path in ROOT.rglob("*.md"))
    return [path for path in found if not path.startswith(NO_DOCUMENTS) and "node_modules/" not in path]


def outside_code(text):
    """Every line, and whether it is code: in a fence, or indented below an empty line."""
    fence, code, empty, in_list = None, False, True, False
    for line in text.split("\n"):
        mark = re.match(r" *(```+|~~~+)", line)
        if fence:
            yield line, True
            fence = None if mark and line.strip() == fence else fence
        elif mark:
            fence = mark[1]
            yield line, True
        else:
            in_list = (in_list and (line.startswith(" ") or not line)) or bool(re.match(r" *(?:[-*]|\d+\.) ", line))
            code = line.startswith("    ") and (code or empty) and not in_list
            yield line, code
        empty = not line


def slug(heading, seen):
    """The anchor of a heading, as forges and MyST make it."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    text = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
    seen[text] = seen.get(text, -1) + 1
    return text if seen[text] == 0 else f"{text}-{seen[text]}"


def anchors(path):
    seen = {}
    lines = outside_code((ROOT / path).read_text(encoding="utf-8"))
    return {slug(m[1], seen) for line, code in lines if not code and (m := re.match(r"#{1,6} (.*)", line))}


def check_tree():
    """What is wrong with the links of every Markdown file: "file:line: ..."."""
    wrong = []
    for path in sorted(str(p.relative_to(ROOT)) for p in ROOT.rglob("*.md") if not str(p.relative_to(ROOT)).startswith(("build", ".git/"))):
        for number, (line, code) in enumerate(outside_code((ROOT / path).read_text(encoding="utf-8")), 1):
            if code:
                continue
            for m in ANY_LINK.finditer(re.sub(r"(?<!\[)`[^`\]]*`", "", line)):
                why = check_link(path, m[1])
                if why:
                    wrong.append(f"{path}:{number}: {m[1]}: {why}")
    return wrong


def check_link(path, target):
    if re.match(r"[a-z]+:", target):
        return None if EXTERNAL.fullmatch(target) else "not a URL of http, https or mailto"
    if " " in target:
        return "a space"
    where, _, anchor = target.partition("#")
    to = os.path.normpath(os.path.join(os.path.dirname(path), urllib.parse.unquote(where))) if where else path
    if to.startswith("..") or not (ROOT / to).exists():
        return "no such file"
    if anchor and (not to.endswith(".md") or anchor not in anchors(to)):
        return "no such heading"
    return None


class Page(html.parser.HTMLParser):
    """The links and identifiers of a page, and what it loads."""

    def __init__(self, text):
        super().__init__()
        self.links, self.ids, self.loads = [], set(), []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if attrs.get("id"):
            self.ids.add(attrs["id"])
        if tag == "a" and "href" in attrs:
            self.links.append(attrs["href"] or "")
        loads = {"link": "href", "script": "src", "img": "src", "iframe": "src"}.get(tag)
        if loads and attrs.get(loads):
            (self.loads if tag != "link" or attrs.get("rel") in ("stylesheet", "icon", "preload") else self.links).append(attrs[loads])


def check_site(top):
    """What is wrong with the pages below `top`: links, anchors, and what would come from the network."""
    pages = {path.relative_to(top).as_posix(): Page(path.read_text(encoding="utf-8")) for path in sorted(top.rglob("*.html"))}
    wrong = []
    for name, page in pages.items():
        for target in page.loads + page.links:
            if re.match(r"[a-z]+:", target):
                if target in page.loads and not target.startswith("data:"):
                    wrong.append(f"{name}: loads {target}")
                continue
            where, _, anchor = target.partition("#")
            where = urllib.parse.unquote(where.split("?")[0])
            to = os.path.normpath(os.path.join(os.path.dirname(name), where)) if where else name
            if not (top / to).is_file():
                wrong.append(f"{name}: {target}: no such file")
            elif anchor and to in pages and urllib.parse.unquote(anchor) not in pages[to].ids:
                wrong.append(f"{name}: {target}: no such anchor")
    for path in sorted(top.rglob("*.css")):
        wrong += [f"{path.relative_to(top)}: loads {m}" for m in re.findall(r"url\(['\"]?(https?:[^)]*)\)", path.read_text(encoding="utf-8"))]
    return wrong, len(pages)
