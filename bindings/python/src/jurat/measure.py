# SPDX-License-Identifier: MIT
"""Launch measurements: see jurat-measure(3). For ID blocks use jurat-measure(1), for event logs jurat-show(1)."""
import ctypes
from typing import Any, NamedTuple, Optional, Sequence, Tuple

from . import _abi
from ._library import Bytes, choice, data, decoded, lib, struct, text

_VMMS = {"qemu": 0, "ec2": 1, "gce": 2}
_SECURE_BOOT = {"auto": 0, "none": 1, "off": 2, "on": 3}
_APPEND_NUL = {"auto": 0, "with": 1, "without": 2}


def measure_snp(firmware: Bytes, *, vcpu_type: Optional[str] = None, vcpus: int = 1, kernel: Optional[Bytes] = None,
                initrd: Optional[Bytes] = None, append: Optional[str] = None, svsm: Optional[Bytes] = None, svsm_vars_bytes: int = 0,
                guest_features: int = 0, vmm: str = "qemu") -> bytes:
    """The measurement of an SEV-SNP guest that is launched from these files. `vcpu_type`: such as "EPYC-Milan"; QEMU needs it."""
    signature, digest = ctypes.c_uint32(), (ctypes.c_uint8 * 48)()
    if vcpu_type is not None and lib.jurat_measure_vcpu_type(text(vcpu_type, "vcpu_type"), ctypes.byref(signature)):
        raise ValueError(f"vcpu_type: {vcpu_type!r} is unknown")
    options = struct(_abi.jurat_measure_snp_options, firmware=data(firmware, "firmware"), kernel=kernel, initrd=initrd, append=append, svsm=svsm,
                     svsm_vars_bytes=svsm_vars_bytes, guest_features=guest_features, vcpu_signature=signature.value, vcpus=vcpus,
                     vmm=choice(vmm, "vmm", _VMMS))
    lib.call("jurat_measure_snp", ctypes.byref(options), digest)
    return bytes(digest)


class TdxDigests(NamedTuple):
    """MRTD, and RTMR0 to RTMR2 as far as they could be computed; `missing` says what else each requires."""

    mrtd: bytes
    rtmr: Tuple[Optional[bytes], ...]
    missing: Tuple[Optional[str], ...]


def measure_tdx(firmware: Bytes, *, memory_bytes: int = 0, acpi_tables: Optional[Sequence[Bytes]] = None, boot_order: Optional[Bytes] = None,
                boot_entries: Optional[Sequence[Bytes]] = None, authorities: Optional[Sequence[Bytes]] = None,
                kernel: Optional[Bytes] = None, initrd: Optional[Bytes] = None, append: Optional[str] = None,
                efi_images: Optional[Sequence[Bytes]] = None, gpt: Optional[Bytes] = None, loader_events: Optional[Sequence[Bytes]] = None,
                all_then_extend: bool = False, vmm: str = "qemu", separator_in_rtmr0: bool = False, secure_boot: str = "auto",
                kernel_header_unchanged: bool = False, append_nul: str = "auto") -> TdxDigests:
    """MRTD and RTMRs of a TD that is launched from these files."""
    options = struct(_abi.jurat_measure_tdx_options, firmware=data(firmware, "firmware"), memory_bytes=memory_bytes,
                     acpi_tables=_list(acpi_tables, "acpi_tables"), boot_order=boot_order, boot_entries=_list(boot_entries, "boot_entries"),
                     authorities=_list(authorities, "authorities"), kernel=kernel, initrd=initrd, append=append,
                     efi_images=_list(efi_images, "efi_images"), gpt=gpt, loader_events=_list(loader_events, "loader_events"),
                     order=int(all_then_extend), vmm=choice(vmm, "vmm", _VMMS), separator=int(separator_in_rtmr0),
                     secure_boot=choice(secure_boot, "secure_boot", _SECURE_BOOT), kernel_header=int(kernel_header_unchanged),
                     append_nul=choice(append_nul, "append_nul", _APPEND_NUL))
    found = struct(_abi.jurat_measure_tdx_digests)
    lib.call("jurat_measure_tdx", ctypes.byref(options), ctypes.byref(found))
    missing = tuple(decoded(m) for m in found.missing)
    return TdxDigests(bytes(found.mrtd), tuple(bytes(r) if m is None else None for r, m in zip(found.rtmr, missing)), missing)


def _list(files: Optional[Sequence[Bytes]], what: str) -> Any:
    if files is None:
        return None
    copies = [data(f, what) for f in files]
    pointers, sizes = (ctypes.c_char_p * len(copies))(*copies), (ctypes.c_size_t * len(copies))(*map(len, copies))
    return struct(_abi.jurat_measure_list, files=pointers, file_sizes=sizes, count=len(copies))
