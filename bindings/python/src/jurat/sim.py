# SPDX-License-Identifier: MIT
"""The software platform, for tests of other projects: see jurat-sim(3). Nothing trusts its roots by default."""
import ctypes
import errno
import os
import shutil
import tempfile
import weakref
from typing import Any, Dict, Optional, Sequence

from . import _abi
from ._library import Bytes, Handle, Pointer, borrowed, check, choice, data, number, sim, struct, text
from .verify import Collateral, SnpEvidence, TdxEvidence, Verifier

_CHANGES = {"renew": 0, "config": 1, "commit": 2, "vlek-load": 3, "download": 4}
_MODULES = {"1.5": 0, "1.0": 1, "1.5-ex": 2}
_GET_EXT_REPORT = 0xC0205302  # _IOWR('S', 2, struct snp_guest_request_ioctl), as are these structs: <linux/sev-guest.h>
_CERTS_BYTES = 0x4000  # SEV_FW_BLOB_MAX_SIZE


class _Request(ctypes.Structure):
    _fields_ = [("msg_version", ctypes.c_uint8), ("req_data", ctypes.c_uint64), ("resp_data", ctypes.c_uint64),
                ("exitinfo2", ctypes.c_uint64)]


class _ExtReport(ctypes.Structure):
    _fields_ = [("user_data", ctypes.c_uint8 * 64), ("vmpl", ctypes.c_uint32), ("rsvd", ctypes.c_uint8 * 28),
                ("certs_address", ctypes.c_uint64), ("certs_len", ctypes.c_uint32)]


def _items(evidence: Sequence[str]) -> Dict[str, Any]:
    if isinstance(evidence, str):
        raise TypeError("evidence: expected a list of items, found str")
    items = [text(item, "evidence") for item in evidence]
    return {"evidence": (ctypes.c_char_p * len(items))(*items) if items else None, "evidence_count": len(items)}


class SnpMachine(Handle):
    """A simulated SEV-SNP machine. `evidence`: items of jurat-forge(1), such as "vcek-expired". It runs until it and its guests are
    closed. Calls of several threads wait for each other.
    """

    def __init__(self, *, product: Optional[str] = None, report_version: int = 0, seed: Optional[str] = None, sync: Optional[str] = None,
                 linux: Optional[str] = None, at: int = 0, evidence: Sequence[str] = ()) -> None:
        directory = tempfile.mkdtemp(prefix="jurat-")  # of the host's certificate blob
        self._pointer = pointer = Pointer(sim.jurat_snp_sim_free)
        weakref.finalize(pointer, shutil.rmtree, directory, ignore_errors=True)
        options = struct(_abi.jurat_snp_sim_options, product=product, report_version=report_version, seed=seed, sync=sync,
                         certs_path=os.path.join(directory, "certs.bin"), linux_release=linux, at=at, **_items(evidence))
        sim.call("jurat_snp_sim_new", ctypes.byref(options), pointer.ref())

    @property
    def root(self) -> bytes:
        """The root certificate (ARK), DER."""
        pointer = self._open()
        with pointer.lock:
            return borrowed(sim, "jurat_snp_sim_root", pointer) or b""

    @property
    def crl(self) -> Optional[bytes]:
        pointer = self._open()
        with pointer.lock:
            return borrowed(sim, "jurat_snp_sim_crl", pointer)

    def verifier(self) -> Verifier:
        """A verifier that trusts this machine's root, and has its CRL."""
        crl = self.crl
        return Verifier(roots=self.root, crls=[crl] if crl else [])

    def update(self, change: str, tcb: int = 0) -> None:
        """Updates firmware and certificates: renew, config, commit, vlek-load or download."""
        pointer, what = self._open(), choice(change, "change", _CHANGES)
        with pointer.lock:
            outcome = sim.call("jurat_snp_sim_update", pointer, what, number(tcb, "tcb", 64))
        if outcome == _abi.JURAT_BUSY:
            check("jurat_snp_sim_update", -errno.EBUSY, b"guest requests hold the lock")

    def guest(self, **launch: Any) -> "SnpGuest":
        """Launches a guest: policy, guest_svn, vcpu_count, family_id, image_id, measurement, host_data, id_key_digest ..."""
        return SnpGuest(self._open(), launch)


class SnpGuest(Handle):
    """A guest of a simulated SEV-SNP machine."""

    def __init__(self, machine: Pointer, launch: Dict[str, Any]) -> None:
        wanted = _launch(_abi.jurat_snp_sim_launch, launch)
        self._pointer = pointer = Pointer(sim.jurat_snp_sim_guest_free, machine)
        with pointer.lock:
            sim.call("jurat_snp_sim_guest_new", machine, ctypes.byref(wanted), pointer.ref())

    def report(self, report_data: Bytes, *, vmpl: int = 0, vcpu: int = 0) -> SnpEvidence:
        """A report over 64 bytes, and the host's certificates, as SNP_GET_EXT_REPORT returns them."""
        response, certs, pointer = (ctypes.c_uint8 * 4000)(), (ctypes.c_uint8 * _CERTS_BYTES)(), self._open()
        wanted = (ctypes.c_uint8 * 64)(*data(report_data, "report_data", 64))
        request = _ExtReport(wanted, number(vmpl, "vmpl", 32), certs_address=ctypes.addressof(certs), certs_len=_CERTS_BYTES)
        ioctl = _Request(1, ctypes.addressof(request), ctypes.addressof(response))
        with pointer.lock:
            result = sim.jurat_snp_sim_guest_ioctl(pointer, number(vcpu, "vcpu", 32), _GET_EXT_REPORT, ctypes.byref(ioctl))
        if result:
            why = f"SNP_GET_EXT_REPORT: returned {result}, exitinfo2 {ioctl.exitinfo2:#x}"
            check("jurat_snp_sim_guest_ioctl", result if result < 0 else -errno.EIO, why.encode())
        status, size = (int.from_bytes(bytes(response)[i:i + 4], "little") for i in (0, 4))
        if status or size > len(response) - 32:
            check("jurat_snp_sim_guest_ioctl", -errno.EIO, f"MSG_REPORT_RSP: status {status:#x}".encode())
        return SnpEvidence(bytes(response)[32:32 + size], _table(bytes(certs)))


class TdxPlatform(Handle):
    """A simulated TDX platform. `module`: 1.0, 1.5 or 1.5-ex (quotes of version 5)."""

    def __init__(self, *, seed: Optional[str] = None, module: Optional[str] = None, linux: Optional[str] = None, at: int = 0,
                 evidence: Sequence[str] = ()) -> None:
        options = struct(_abi.jurat_tdx_sim_options, seed=seed, module=choice(module, "module", _MODULES), linux_release=linux, at=at,
                         **_items(evidence))
        self._pointer = pointer = Pointer(sim.jurat_tdx_sim_free)
        sim.call("jurat_tdx_sim_new", ctypes.byref(options), pointer.ref())

    @property
    def root(self) -> bytes:
        """The root certificate, DER, in place of Intel's SGX Root CA."""
        pointer = self._open()
        with pointer.lock:
            return borrowed(sim, "jurat_tdx_sim_root", pointer) or b""

    @property
    def collateral_files(self) -> Dict[str, bytes]:
        """The collateral by file name, such as "tcb_info.json"."""
        found: Dict[str, bytes] = {}
        name, pointer = ctypes.c_char_p(), self._open()
        with pointer.lock:
            while (part := borrowed(sim, "jurat_tdx_sim_collateral", pointer, len(found), ctypes.byref(name))) is not None:
                found[(name.value or b"").decode()] = part
        return found

    def collateral(self) -> Collateral:
        return Collateral(self.collateral_files.values())

    def verifier(self) -> Verifier:
        """A verifier that trusts this platform's root."""
        return Verifier(roots=self.root)

    def td(self, **launch: Any) -> "Td":
        """Launches a TD: attributes, xfam, mrtd, mrconfigid, mrowner, mrownerconfig."""
        return Td(self._open(), launch)


class Td(Handle):
    """A TD of a simulated TDX platform."""

    def __init__(self, platform: Pointer, launch: Dict[str, Any]) -> None:
        wanted = _launch(_abi.jurat_tdx_sim_launch, launch)
        self._pointer = pointer = Pointer(sim.jurat_tdx_sim_td_free, platform)
        with pointer.lock:
            sim.call("jurat_tdx_sim_td_new", platform, ctypes.byref(wanted), pointer.ref())

    def extend_rtmr(self, index: int, digest: Bytes) -> None:
        pointer, value = self._open(), data(digest, "digest", 48)
        with pointer.lock:
            sim.call("jurat_tdx_sim_td_extend", pointer, number(index, "index", 32), value)

    def quote(self, report_data: Bytes) -> TdxEvidence:
        """A quote over 64 bytes, as a program in the TD gets it from configfs-tsm."""
        pointer, wanted = self._open(), data(report_data, "report_data", 64)
        with pointer.lock:
            return TdxEvidence(borrowed(sim, "jurat_tdx_sim_td_quote", pointer, wanted) or b"")


def _table(certs: bytes) -> Optional[bytes]:
    """A certificate table without the zeros after it; as it is, where it is malformed. Spec: GHCB, SNP Extended Guest Request"""
    end = 0
    for at in range(0, len(certs), 24):
        if not any(certs[at:at + 16]):
            return certs[:max(end, at + 24)] if at else None
        offset, size = (int.from_bytes(certs[at + i:at + i + 4], "little") for i in (16, 20))
        end = max(end, offset + size)
    return certs


def _launch(kind: Any, members: Dict[str, Any]) -> Any:
    unknown = set(members) - {name for name, _ in kind._fields_[1:]}
    if unknown:
        raise TypeError(f"launch: unknown {', '.join(sorted(unknown))}")
    return struct(kind, **members)
