# SPDX-License-Identifier: MIT
"""The declarations agree with lib/abi, which scripts/abi writes with a compiler from the same headers."""
import ctypes
import re
import subprocess
import sys

import pytest

from jurat import _abi, reasons

LIBRARIES = {"libjurat": _abi.LIBJURAT, "libjurat-sim": _abi.LIBJURAT_SIM}


@pytest.fixture(params=LIBRARIES)
def abi(request, tree):
    return request.param, (tree / f"lib/abi/{request.param}.txt").read_text(encoding="utf-8")


def test_structs_have_the_sizes_and_offsets_of_the_compiler(abi):
    structs = re.findall(r"^struct (\w+): (\d+) bytes\n((?:\t.*\n)+)", abi[1], re.M)
    assert structs
    for name, size, members in structs:
        struct = getattr(_abi, name)
        found = [(str(f.offset), n, str(f.size)) for n, f in ((n, getattr(struct, n)) for n, _ in struct._fields_)]
        assert found == re.findall(r"^\t(\d+) (\w+) \((\d+)\)$", members, re.M), name
        assert ctypes.sizeof(struct) == int(size), name


def test_no_struct_is_left_out_or_made_up():
    declared = {n for n in vars(_abi) if n.startswith("jurat_")}
    assert len(declared) > 15 and all(issubclass(getattr(_abi, n), ctypes.Structure) for n in declared)


def test_constants_have_the_values_of_the_compiler(abi):
    values = re.findall(r"^\t(JURAT_\w+) = (-?\d+)$|^macro (JURAT_\w+) = (-?\d+)$", abi[1], re.M)
    assert values
    assert {n or m: int(v or w) for n, v, m, w in values} == {n or m: getattr(_abi, n or m) for n, v, m, w in values}


def test_functions_have_the_parameters_of_the_headers(abi):
    name, text = abi
    exported = dict(re.findall(r"^(jurat_\w+)@\S+: (.*)$", text, re.M))
    assert exported.keys() == LIBRARIES[name].keys()
    sizes = {"int64_t": 8, "uint64_t": 8, "size_t": 8, "unsigned long": 8, "int": 4, "unsigned": 4, "uint32_t": 4}
    for function, (result, arguments) in LIBRARIES[name].items():
        kind, parameters = re.fullmatch(r"(.*?) ?\((.*)\)", exported[function]).groups()
        wanted = [] if parameters == "void" else parameters.split(", ")
        assert len(wanted) == len(arguments), function
        for text, found in [*zip(wanted, arguments), (kind, result)]:
            if "*" in text or "[" in text:
                assert found in (ctypes.c_void_p, ctypes.c_char_p), (function, text)
                assert found is ctypes.c_void_p or re.fullmatch(r"const char \*\w*", text), (function, text)
            elif text != "void":
                size = 4 if text.startswith("enum ") else next(s for t, s in sizes.items() if re.match(rf"{t}\b", text))
                assert ctypes.sizeof(found) == size, (function, text)
            else:
                assert found is None


def test_reasons_are_those_of_the_header(tree):
    header = (tree / "include/jurat/reasons.h").read_text(encoding="utf-8")
    codes = re.findall(r'^#define JURAT_(?:REASON_)?(\w+)\s+"([^"]+)"', header, re.M)
    assert len(codes) > 100
    assert {n: c for n, c in vars(reasons).items() if n.isupper()} == dict(codes)


def test_the_generated_files_are_current(tree):
    subprocess.run([sys.executable, tree / "bindings/python/declarations"], check=True)
