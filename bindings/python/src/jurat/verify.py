# SPDX-License-Identifier: MIT
"""The verifier: see jurat-verify(3). Nothing here changes after it was made, so everything may be shared by threads."""
import ctypes
import json
import time
from dataclasses import dataclass
from typing import Any, Callable, Dict, Iterable, List, Mapping, NamedTuple, Optional, Tuple, Type, Union

from . import _abi
from ._library import (Bytes, Handle, Pointer, Source, check, choice, copied, data, decoded, lib, number, sources, struct, text)

TEES = {"sev-snp": _abi.JURAT_TEE_SEV_SNP, "tdx": _abi.JURAT_TEE_TDX}
TEE_NAMES = {v: k for k, v in TEES.items()}
_SIGNERS = {_abi.JURAT_SIGNER_VCEK: "vcek", _abi.JURAT_SIGNER_VLEK: "vlek", _abi.JURAT_SIGNER_PCK: "pck"}
_SNP_TCBS = {"reported": 0, "committed": 1, "current": 2, "launch": 3}
_TDX_PARTS = {"all": 0, "platform": 1, "module": 2, "qe": 3, "this-platform": 4}
_SECURE_BOOT = {_abi.JURAT_SECURE_BOOT_DISABLED: False, _abi.JURAT_SECURE_BOOT_ENABLED: True}


@dataclass(frozen=True)
class SnpEvidence:
    """An attestation report, and the host's certificate table; both untrusted."""

    report: bytes
    certs: Optional[bytes] = None


@dataclass(frozen=True)
class TdxEvidence:
    """A TD quote, and the event log of the TD; both untrusted."""

    quote: bytes
    event_log: Optional[bytes] = None


Sources = Union[Source, Iterable[Source]]
Evidence = Union[SnpEvidence, TdxEvidence]


# Why evidence is refused, or what was not checked: a code of jurat.reasons, and one line for people.
Reason = NamedTuple("Reason", [("code", str), ("detail", str)])
# A TCB_VERSION. Compare it component by component; the components are None where the product is not known.
SnpTcb = NamedTuple("SnpTcb", [("raw", int), ("fmc", Optional[int]), ("boot_loader", Optional[int]), ("tee", Optional[int]),
                               ("snp", Optional[int]), ("microcode", Optional[int])])
# The TCB status of a TD quote, in Intel's names. `date` is in seconds since 1970.
TdxTcb = NamedTuple("TdxTcb", [("status", Optional[str]), ("launch_status", Optional[str]), ("current_status", Optional[str]),
                               ("date", Optional[int]), ("decided_by", Optional[str])])
# What the event log that came with a quote proves: the RTMRs that it explains, Secure Boot (None: not proven), command lines.
EventLogSummary = NamedTuple("EventLogSummary", [("event_count", int), ("explained", Tuple[int, ...]), ("secure_boot", Optional[bool]),
                                                 ("kernel_cmdlines", Tuple[str, ...])])
# A TCB component that is too low: `found` where `wanted` is required. `status`: of the TCB level that requires it.
Shortfall = NamedTuple("Shortfall", [("part", str), ("component", str), ("found", int), ("wanted", int), ("status", Optional[str]),
                                     ("date", Optional[int]), ("advisories", Tuple[str, ...]), ("name", Optional[str])])


class Refused(Exception):
    """The evidence is refused: `verdict` has the reasons."""

    def __init__(self, verdict: "Verdict") -> None:
        super().__init__("; ".join(f"{r.code}: {r.detail}" for r in verdict.reasons))
        self.verdict = verdict


class Policy(Handle):
    """What the relying party requires: see jurat-policy(5). Members as JSON text, as a mapping, or as keywords; later ones count.

    Policy(Path("policy.json").read_bytes(), minimum_guest_svn=3, report_data=nonce)
    """

    def __init__(self, members: Union[Bytes, str, Mapping[str, Any]] = b"{}", **keywords: Any) -> None:
        self._pointer = pointer = Pointer(lib.jurat_policy_free)
        lib.call("jurat_policy_new", pointer.ref())
        for part in (members, keywords):
            if isinstance(part, Mapping):
                part = json.dumps(dict(part), default=lambda value: data(value, "policy").hex())
            value = part.encode() if isinstance(part, str) else data(part, "policy")
            lib.call("jurat_policy_read_json", pointer, value, len(value))

    @property
    def warnings(self) -> Tuple[str, ...]:
        """Names from an earlier release that it uses."""
        return _texts(lib.jurat_policy_warning, self._open())


class Collateral(Handle):
    """Intel's collateral for TD quotes, in any form that jurat_tdx_collateral_add(3) accepts; a directory stands for its files."""

    def __init__(self, parts: Sources = ()) -> None:
        self._pointer = pointer = Pointer(lib.jurat_tdx_collateral_free)
        lib.call("jurat_tdx_collateral_new", pointer.ref())
        for part in sources(parts, "collateral"):
            lib.call("jurat_tdx_collateral_add", pointer, part, len(part))


class Verifier(Handle):
    """Appraises evidence, in any number of threads at once. `roots` are trusted instead of the vendors'."""

    def __init__(self, *, roots: Sources = (), certificates: Sources = (), crls: Sources = ()) -> None:
        self._pointer = pointer = Pointer(lib.jurat_verifier_free)
        lib.call("jurat_verifier_new", pointer.ref())
        count = 0
        for count, part in enumerate(sources(roots, "roots"), 1):
            lib.call("jurat_verifier_add_roots", pointer, part, len(part))
        if count == 0 and roots != ():  # or the vendors' would be trusted, not none
            raise ValueError("roots: empty")
        for part in sources(certificates, "certificates"):
            lib.call("jurat_verifier_add_certificates", pointer, part, len(part), None)
        for part in sources(crls, "crls"):
            lib.call("jurat_verifier_add_crl", pointer, part, len(part))

    def verify(self, evidence: Evidence, policy: Optional[Policy] = None, *, collateral: Optional[Collateral] = None,
               at: Optional[int] = None) -> "Verdict":
        """The verdict of evidence that is accepted; evidence that is not raises Refused. `at`: seconds since 1970; None: now."""
        verdict = self.appraise(evidence, policy, collateral=collateral, at=at)
        if not verdict:
            raise Refused(verdict)
        return verdict

    def appraise(self, evidence: Evidence, policy: Optional[Policy] = None, *, collateral: Optional[Collateral] = None,
                 at: Optional[int] = None) -> "Verdict":
        """As verify(), but returns the verdict of refused evidence, too: it is true only when the evidence is accepted."""
        pointer, when = Pointer(lib.jurat_verdict_free), number(int(time.time()) if at is None else at, "at", 64, signed=True)
        requires = _opened(policy, Policy, "policy")
        if isinstance(evidence, SnpEvidence):
            if collateral is not None:
                raise TypeError("collateral: for TD quotes only")
            snp = struct(_abi.jurat_snp_evidence, report=data(evidence.report, "report"), certs=evidence.certs)
            result = lib.call("jurat_verify_snp", self._open(), ctypes.byref(snp), requires, when, pointer.ref())
        elif isinstance(evidence, TdxEvidence):
            tdx = struct(_abi.jurat_tdx_evidence, quote=data(evidence.quote, "quote"), event_log=evidence.event_log)
            result = lib.call("jurat_verify_tdx", self._open(), ctypes.byref(tdx), _opened(collateral, Collateral, "collateral"), requires,
                              when, pointer.ref())
        else:
            raise TypeError(f"evidence: expected SnpEvidence or TdxEvidence, found {type(evidence).__name__}")
        return Verdict(pointer, result == 0)


class Verdict(Handle):
    """The result for one piece of evidence, true when it was accepted. For refused evidence the values are claims, unverified."""

    def __init__(self, pointer: Pointer, accepted: bool) -> None:
        self._pointer = pointer
        self.accepted = accepted and lib.jurat_verdict_accepted(pointer) == 1

    def __bool__(self) -> bool:
        return self.accepted

    def __repr__(self) -> str:
        return f"<jurat.Verdict: {'accepted' if self.accepted else 'refused, ' + ', '.join(r.code for r in self.reasons)}>"

    @property
    def tee(self) -> Optional[str]:
        return TEE_NAMES.get(lib.jurat_verdict_tee(self._open()))

    @property
    def time(self) -> int:
        return int(lib.jurat_verdict_time(self._open()))

    @property
    def roots_supplied(self) -> bool:
        return bool(lib.jurat_verdict_roots_supplied(self._open()))

    @property
    def reasons(self) -> Tuple[Reason, ...]:
        """Why it is refused; empty when it is accepted."""
        return self._items("reason")

    @property
    def not_judged(self) -> Tuple[Reason, ...]:
        """What was not checked, also in evidence that is accepted."""
        return self._items("not_judged")

    def has_reason(self, code: str) -> bool:
        return bool(lib.jurat_verdict_has_reason(self._open(), text(code, "code")))

    def _items(self, kind: str) -> Tuple[Reason, ...]:
        code, detail, pointer = (getattr(lib, f"jurat_verdict_{kind}_code"), getattr(lib, f"jurat_verdict_{kind}_detail"), self._open())
        return tuple(Reason(c, d) for c, d in zip(_texts(code, pointer), _texts(detail, pointer)))

    def _copy(self, function: Callable[..., Optional[int]], size: int, *arguments: int) -> Optional[bytes]:
        pointer = self._open()  # a name of its own: close() in another thread must not free it before the copy
        return copied(function(pointer, *arguments), size)

    @property
    def report_data(self) -> Optional[bytes]:
        """The 64 bytes that the guest chose: compare them with the nonce, or have policy member report_data do it."""
        return self._copy(lib.jurat_verdict_report_data, 64)

    @property
    def measurement(self) -> Optional[bytes]:
        """MEASUREMENT of an SEV-SNP guest, MRTD of a TD."""
        return self._copy(lib.jurat_verdict_measurement, 48)

    @property
    def signer(self) -> Optional[str]:
        return _SIGNERS.get(lib.jurat_verdict_signer(self._open()))

    def field(self, name: str) -> Union[int, bytes, None]:
        """A field by its name in `jurat show`, such as "guest_svn" or "host_data"; None: this evidence has none of the name."""
        value, pointer, named = ctypes.c_uint64(), self._open(), text(name, "name")
        if lib.jurat_verdict_field_number(pointer, named, ctypes.byref(value)) == 0:
            return value.value
        address, size = ctypes.c_void_p(), ctypes.c_size_t()
        if lib.jurat_verdict_field_bytes(pointer, named, ctypes.byref(address), ctypes.byref(size)) != 0:
            return None
        return ctypes.string_at(address, size.value)

    @property
    def product(self) -> Optional[str]:
        return decoded(lib.jurat_verdict_snp_product(self._open()))

    @property
    def chip_id(self) -> Optional[bytes]:
        return self._copy(lib.jurat_verdict_snp_chip_id, 64)

    def snp_tcb(self, kind: str = "reported") -> Optional[SnpTcb]:
        """The TCB of a report: reported, committed, current or launch."""
        found = struct(_abi.jurat_snp_tcb)
        if check("jurat_verdict_snp_tcb", lib.jurat_verdict_snp_tcb(self._open(), choice(kind, "kind", _SNP_TCBS), ctypes.byref(found))):
            return None
        parts = (found.fmc, found.boot_loader, found.tee, found.snp, found.microcode)
        return SnpTcb(found.raw, *(parts if found.has_parts else (None,) * 5))

    def rtmr(self, index: int) -> Optional[bytes]:
        return self._copy(lib.jurat_verdict_tdx_rtmr, 48, number(index, "index", 32))

    @property
    def fmspc(self) -> Optional[bytes]:
        return self._copy(lib.jurat_verdict_tdx_fmspc, 6)

    @property
    def event_log(self) -> Optional[EventLogSummary]:
        found, pointer = struct(_abi.jurat_tdx_event_log), self._open()
        if check("jurat_verdict_tdx_event_log", lib.jurat_verdict_tdx_event_log(pointer, ctypes.byref(found))):
            return None
        return EventLogSummary(found.event_count, tuple(i for i in range(4) if found.explained >> i & 1),
                               _SECURE_BOOT.get(found.secure_boot), _texts(lib.jurat_verdict_tdx_kernel_cmdline, pointer))

    def tdx_tcb(self, part: str = "all") -> Optional[TdxTcb]:
        """The TCB status of a quote: all, platform, module, qe or this-platform."""
        found, pointer = struct(_abi.jurat_tdx_tcb), self._open()  # found.decided_by is the verdict's
        if check("jurat_verdict_tdx_tcb", lib.jurat_verdict_tdx_tcb(pointer, choice(part, "part", _TDX_PARTS), ctypes.byref(found))):
            return None
        return TdxTcb(_status(found.status), _status(found.launch_status), _status(found.current_status),
                      found.date if found.has_date else None, decoded(found.decided_by))

    @property
    def advisories(self) -> Tuple[str, ...]:
        """Intel's advisories that apply, such as "INTEL-SA-00837"."""
        return _texts(lib.jurat_verdict_tdx_advisory, self._open())

    @property
    def shortfalls(self) -> Tuple[Shortfall, ...]:
        found, pointer = [], self._open()
        for i in range(lib.jurat_verdict_shortfall_count(pointer)):
            s = struct(_abi.jurat_shortfall)
            check("jurat_verdict_shortfall", lib.jurat_verdict_shortfall(pointer, i, ctypes.byref(s)))
            found.append(Shortfall(decoded(s.part) or "", decoded(s.component) or "", getattr(s, "is"), s.wanted, _status(s.status),
                                   s.date if s.has_date else None, _texts(lib.jurat_verdict_shortfall_advisory, pointer, i),
                                   decoded(s.name)))
        return tuple(found)

    def json(self) -> Dict[str, Any]:
        """As `jurat verify --output json` prints it: for logs. Decide by the other members."""
        return dict(json.loads(_freed(lib.jurat_verdict_json, self._open())))

    def text(self) -> str:
        """As `jurat verify` prints it."""
        return _freed(lib.jurat_verdict_text, self._open()).decode("utf-8", "replace")


def _status(value: int) -> Optional[str]:
    return decoded(lib.jurat_tdx_tcb_status_name(value))


def _texts(function: Callable[..., Optional[bytes]], *arguments: Any) -> Tuple[str, ...]:
    """What a function returns for 0, 1 ... until NULL."""
    found: List[str] = []
    while (value := function(*arguments, len(found))) is not None:
        found.append(value.decode("utf-8", "replace"))
    return tuple(found)


_free = ctypes.CDLL(None).free
_free.argtypes, _free.restype = [ctypes.c_void_p], None


def _freed(function: Callable[..., Optional[int]], *arguments: Any) -> bytes:
    """A text that the caller frees."""
    address = function(*arguments)
    if not address:
        raise MemoryError(getattr(function, "__name__", "jurat"))
    try:
        return ctypes.string_at(address)
    finally:
        _free(address)


def _opened(handle: Optional[Handle], kind: Type[Handle], what: str) -> Optional[Pointer]:
    """The pointer of an argument that may be None."""
    if handle is not None and not isinstance(handle, kind):
        raise TypeError(f"{what}: expected jurat.{kind.__name__}, found {type(handle).__name__}")
    return handle._open() if handle is not None else None
