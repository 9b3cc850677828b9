# SPDX-License-Identifier: MIT
"""Evidence of the confidential VM that this program runs in: see jurat-guest(3)."""
import ctypes
from typing import Iterable, Optional

from . import _abi
from ._library import Bytes, Handle, Pointer, choice, copied, data, lib, number, struct
from .verify import TEE_NAMES, TEES, Evidence, SnpEvidence, TdxEvidence

_VIAS = {"configfs": _abi.JURAT_VIA_CONFIGFS, "ioctl": _abi.JURAT_VIA_IOCTL}
_KEY_ROOTS = {"vcek": _abi.JURAT_SNP_KEY_ROOT_VCEK, "vmrk": _abi.JURAT_SNP_KEY_ROOT_VMRK}
_KEY_SEL = {"auto": 0, "vcek": 1, "vlek": 2}
_KEY_FIELDS = {name: getattr(_abi, f"JURAT_SNP_KEY_{name.upper()}")
               for name in ("policy", "image_id", "family_id", "measurement", "guest_svn", "tcb_version")}


class Guest(Handle):
    """The TEE, opened. Calls of several threads wait for each other."""

    def __init__(self, *, tee: Optional[str] = None, via: Optional[str] = None, device: Optional[str] = None,
                 configfs: Optional[str] = None, quoting_service: Optional[str] = None, measurements: Optional[str] = None) -> None:
        options = struct(_abi.jurat_guest_options, tee=choice(tee, "tee", TEES), via=choice(via, "via", _VIAS), device=device,
                         configfs=configfs, quoting_service=quoting_service, measurements=measurements)
        self._pointer = pointer = Pointer(lib.jurat_guest_close)
        lib.call("jurat_guest_open", ctypes.byref(options), pointer.ref())
        self.tee = TEE_NAMES[lib.jurat_guest_tee(pointer)]
        self.via = {v: k for k, v in _VIAS.items()}[lib.jurat_guest_via(pointer)]

    def report(self, report_data: Bytes, *, vmpl: Optional[int] = None, key: Optional[str] = None, certificates: bool = True) -> Evidence:
        """A report over 64 bytes, with the host's certificates, or a quote. `key`: auto, vcek or vlek."""
        options = struct(_abi.jurat_guest_report_options, has_vmpl=int(vmpl is not None), vmpl=vmpl, key_sel=choice(key, "key", _KEY_SEL),
                         no_certificates=int(not certificates))
        wanted, pointer, found = data(report_data, "report_data", 64), self._open(), struct(_abi.jurat_evidence)
        with pointer.lock:
            lib.call("jurat_guest_report", pointer, wanted, ctypes.byref(options), ctypes.byref(found))
        try:
            report, certs = copied(found.report, found.report_size) or b"", copied(found.certs, found.certs_size)
        finally:
            lib.jurat_evidence_done(ctypes.byref(found))
        return SnpEvidence(report, certs) if self.tee == "sev-snp" else TdxEvidence(report)

    def derive_key(self, fields: Iterable[str] = (), *, root: str = "vcek", vmpl: Optional[int] = None, guest_svn: int = 0,
                   tcb_version: int = 0) -> bytearray:
        """SEV-SNP: 32 secret bytes, for the caller to overwrite after use. `fields`: policy, image_id, family_id, measurement ..."""
        bits, key, pointer = 0, bytearray(32), self._open()
        for field in fields:
            bits |= choice(field, "fields", _KEY_FIELDS) or 0
        options = struct(_abi.jurat_snp_key_options, fields=bits, tcb_version=tcb_version, root=choice(root, "root", _KEY_ROOTS),
                         has_vmpl=int(vmpl is not None), vmpl=vmpl, guest_svn=guest_svn)
        with pointer.lock:
            lib.call("jurat_guest_snp_derive_key", pointer, ctypes.byref(options), (ctypes.c_uint8 * 32).from_buffer(key))
        return key

    def rtmr(self, index: int) -> bytes:
        """TDX: a runtime measurement register."""
        value, pointer = (ctypes.c_uint8 * 48)(), self._open()
        with pointer.lock:
            lib.call("jurat_guest_tdx_rtmr_read", pointer, number(index, "index", 32), value)
        return bytes(value)

    def extend_rtmr(self, index: int, digest: Bytes) -> None:
        """TDX: RTMR = SHA-384(RTMR || digest), until the TD is rebooted."""
        pointer, value = self._open(), data(digest, "digest", 48)
        with pointer.lock:
            lib.call("jurat_guest_tdx_rtmr_extend", pointer, number(index, "index", 32), value)
