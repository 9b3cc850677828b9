# SPDX-License-Identifier: MIT
"""Launch measurements, compared with what the program computes from the same files."""
import json
import os
import pathlib
import shutil
import subprocess

import pytest

import jurat


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """Made firmware and kernel: $JURAT_MADE_IMAGES is the program that writes them."""
    program = os.environ.get("JURAT_MADE_IMAGES")
    if not program or not shutil.which("jurat"):
        pytest.skip("JURAT_MADE_IMAGES names no program, or no jurat in PATH")
    place = tmp_path_factory.mktemp("images")
    subprocess.run([program, place], check=True)
    return place


def measured(*argv, cwd: pathlib.Path):
    done = subprocess.run(["jurat", "measure", *argv, "--output", "json"], cwd=cwd, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize("vcpus,append", [(1, None), (4, "console=ttyS0"), (512, "")])
def test_snp(images, vcpus, append):
    options = {} if append is None else {"kernel": (images / "kernel").read_bytes(), "initrd": b"an initrd", "append": append}
    (images / "initrd").write_bytes(b"an initrd")
    stated = [] if append is None else ["--kernel", "kernel", "--initrd", "initrd", "--append", append]
    found = jurat.measure_snp((images / "ovmf.fd").read_bytes(), vcpus=vcpus, vcpu_type="EPYC-Milan", guest_features=1, **options)
    said = measured("snp", "--firmware", "ovmf.fd", "--vcpus", str(vcpus), "--vcpu-type", "EPYC-Milan", *stated, cwd=images)
    assert len(found) == 48 and found.hex() == said["measurement"]


def test_tdx(images):
    table, order = b"a table of ACPI" * 9, bytes(2)
    (images / "table").write_bytes(table)
    (images / "order").write_bytes(order)
    found = jurat.measure_tdx((images / "tdvf-without-variables.fd").read_bytes(), memory_bytes=4 << 30, acpi_tables=[table], boot_order=order, boot_entries=[b"entry"],
                              kernel=(images / "kernel").read_bytes(), append="console=ttyS0")
    (images / "entry").write_bytes(b"entry")
    said = measured("tdx", "--firmware", "tdvf-without-variables.fd", "--memory", "4G", "--acpi-table", "table", "--boot-order", "order", "--boot-entry", "entry",
                    "--kernel", "kernel", "--append", "console=ttyS0", cwd=images)
    assert found.missing == (None, None, None)
    assert [d.hex() for d in (found.mrtd, *found.rtmr)] == [said[name] for name in ("mrtd", "rtmr0", "rtmr1", "rtmr2")]


def test_what_a_register_lacks_is_said(images):
    found = jurat.measure_tdx((images / "tdvf-without-variables.fd").read_bytes(), memory_bytes=4 << 30)
    assert len(found.mrtd) == 48
    assert [r is None for r in found.rtmr] == [m is not None for m in found.missing] and any(found.missing)


@pytest.mark.parametrize("wrong,error", [
    ({"vcpu_type": "Pentium"}, ValueError), ({"vmm": "vmware"}, ValueError), ({"vcpus": -1}, OverflowError), ({"vcpus": "1"}, TypeError),
    ({"append": "a\0b"}, ValueError), ({"vcpu_type": "EPYC-Milan", "vcpus": 0}, jurat.Error)])
def test_options_are_checked(wrong, error):
    with pytest.raises(error):
        jurat.measure_snp(b"no firmware", **wrong)


def test_what_is_no_firmware_is_malformed():
    with pytest.raises(jurat.Malformed):
        jurat.measure_snp(bytes(4096), vcpu_type="EPYC-Milan")
    with pytest.raises(jurat.Malformed):
        jurat.measure_tdx(bytes(4096))
