# SPDX-License-Identifier: MIT
"""Decodes files of attestation. The libraries have no function for it: it runs `jurat show`."""
import json
import os
import subprocess
from typing import Any, Union

from ._library import Bytes, Malformed, data

ENV = "JURAT"  # the program, if it is not `jurat` in PATH


def show(evidence: Union[Bytes, "os.PathLike[str]"]) -> Any:
    """What `jurat show --output json` prints of bytes or of a file: reports, quotes, event logs, certificates, collateral ..."""
    name, given = ("-", data(evidence, "evidence")) if not isinstance(evidence, os.PathLike) else (os.path.abspath(evidence), None)
    argv = [os.environ.get(ENV, "jurat"), "show", "--output", "json", name]
    done = subprocess.run(argv, input=given, stdin=subprocess.DEVNULL if given is None else None, capture_output=True, check=False)
    if done.returncode != 0:
        raise Malformed(74, done.stderr.decode("utf-8", "replace").strip(), "jurat show")
    return json.loads(done.stdout)
