# SPDX-License-Identifier: MIT
"""The version and the date of this tree, and manual pages that carry them in their foot."""
import calendar
import os
import pathlib
import re
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent


def version():
    """meson.build has it; everything else is made of it, or compared with it."""
    return re.search(r"^ *version: '([\d.]+)',$", (ROOT / "meson.build").read_text(encoding="utf-8"), re.M)[1]


def news():
    """Version and date of the newest entry of NEWS.md."""
    return re.search(r"^## ([\d.]+) \(.*?(\d{4}-\d\d-\d\d)\)$", (ROOT / "NEWS.md").read_text(encoding="utf-8"), re.M).groups()


def scdoc(page):
    """The page that scdoc makes of this source. Its date is not that of the build, so that a page can be built again."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH") or str(calendar.timegm(time.strptime(news()[1], "%Y-%m-%d")))
    page = re.sub(r"\A(\S+\(\d\))$", rf'\1 "jurat {version()}"', page, count=1, flags=re.M)
    env = {**os.environ, "SOURCE_DATE_EPOCH": epoch, "TZ": "UTC"}
    return subprocess.run(["scdoc"], input=page, capture_output=True, text=True, env=env)
