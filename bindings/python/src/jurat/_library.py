# SPDX-License-Identifier: MIT
"""The libraries, their errors, and the lifetime of their objects."""
import ctypes
import errno as _errno
import os
import pathlib
import sys
import threading
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Tuple, Type, TypeVar, Union

from . import _abi

Bytes = Union[bytes, bytearray, memoryview]
Source = Union[Bytes, "os.PathLike[str]"]  # bytes; a file; or a directory, for the files in it
T = TypeVar("T", bound=ctypes.Structure)


class Error(OSError):
    """A library refused a call: `errno`, `text` as "where: what: why", and `call`, the function's name."""

    def __init__(self, number: int, text: str, call: str) -> None:
        super().__init__(number, text)
        self.text, self.call = text, call

    def __str__(self) -> str:
        return f"{self.text} ({self.call}: {_errno.errorcode.get(self.errno or 0, self.errno)})"

    def __reduce__(self) -> Tuple[Any, ...]:
        return type(self), (self.errno, self.text, self.call)


class Malformed(Error, ValueError):
    """Bytes are not what the function reads (EBADMSG)."""


class Busy(Error):
    """The resource is in use, and nothing was changed: try again later."""


class Library:
    """A shared library, loaded when its first function is called. ctypes releases the GIL during each call."""

    def __init__(self, name: str, functions: Dict[str, Tuple[Any, List[Any]]]) -> None:
        self._name, self._functions = f"{name}.so.{_abi.JURAT_VERSION_MAJOR}", functions

    def __getattr__(self, name: str) -> Any:
        if name not in self._functions:
            raise AttributeError(f"{self._name} has no function {name}")
        result, arguments = self._functions[name]
        try:
            function = getattr(ctypes.CDLL(self._name), name)
        except (OSError, AttributeError) as why:  # not installed, or older than this binding
            raise Error(_errno.ENOSYS, str(why), name) from None
        function.restype, function.argtypes = result, arguments
        setattr(self, name, function)
        return function

    def call(self, name: str, *arguments: Any) -> int:
        """Calls a function whose last parameter is a struct jurat_error: 0, an outcome above 0, or an exception."""
        err = _abi.jurat_error()
        return check(name, getattr(self, name)(*arguments, ctypes.byref(err)), err.text)


def check(name: str, result: int, text: bytes = b"") -> int:
    if result >= 0:
        return result
    kind = {-_errno.EBADMSG: Malformed, -_errno.EBUSY: Busy}.get(result, Error)
    raise kind(-result, text.decode("utf-8", "replace") or os.strerror(-result), name)


lib = Library("libjurat", _abi.LIBJURAT)
sim = Library("libjurat-sim", _abi.LIBJURAT_SIM)


class Pointer:
    """An object of a library, freed when nothing refers to it any more: a call in progress does. `parent` is freed later than
    this object, also when the garbage collector finds both at once: _parents refers to it until then. Objects that belong
    to one thread share `lock`, which freeing takes as well.
    """

    __slots__ = ("_as_parameter_", "_free", "lock", "__weakref__")
    _parents: Dict[int, "Pointer"] = {}
    _finalizing = staticmethod(sys.is_finalizing)

    def __init__(self, free: Callable[["Pointer"], None], parent: Optional["Pointer"] = None) -> None:
        self._as_parameter_ = ctypes.c_void_p()
        self._free = free
        self.lock: Any = parent.lock if parent else threading.RLock()
        if parent:
            self._parents[id(self)] = parent

    def ref(self) -> Any:
        """Where a function that creates the object writes its address."""
        return ctypes.byref(self._as_parameter_)

    def __del__(self) -> None:
        if self._finalizing():  # modules go in no order, and the process ends
            return
        with self.lock:
            if self._as_parameter_:
                self._free(self)
                self._as_parameter_ = ctypes.c_void_p()  # objects that are finalized later may still have it
        self._parents.pop(id(self), None)


class Handle:
    """An object with close(), which is also a context manager. Closing while other threads use it is safe: their calls end first."""

    _pointer: Optional[Pointer] = None

    def _open(self) -> Pointer:
        if self._pointer is None or not self._pointer._as_parameter_:  # NULL would be a default, such as that of a policy
            raise ValueError(f"this {type(self).__name__} is closed")
        return self._pointer

    def close(self) -> None:
        self._pointer = None

    def __enter__(self: "H") -> "H":
        self._open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __reduce__(self) -> str:
        raise TypeError(f"a {type(self).__name__} cannot be pickled or copied")


H = TypeVar("H", bound=Handle)


def data(value: Bytes, what: str, size: Optional[int] = None) -> bytes:
    """A copy of the caller's bytes that nobody changes during the call."""
    if not isinstance(value, (bytes, bytearray, memoryview)):
        raise TypeError(f"{what}: expected bytes, found {type(value).__name__}")
    copy = bytes(value)
    if size is not None and len(copy) != size:
        raise ValueError(f"{what}: expected {size} bytes, found {len(copy)}")
    return copy


def text(value: str, what: str) -> bytes:
    if not isinstance(value, str):
        raise TypeError(f"{what}: expected str, found {type(value).__name__}")
    if "\0" in value:
        raise ValueError(f"{what}: contains a NUL")
    return value.encode()


def sources(value: Union[Source, Iterable[Source]], what: str) -> Iterator[bytes]:
    """The bytes of each source: itself, those of a file, or of all files in a directory."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        yield data(value, what)
    elif isinstance(value, os.PathLike):
        path = pathlib.Path(value)
        for file in sorted(f for f in path.iterdir() if f.is_file()) if path.is_dir() else [path]:
            yield file.read_bytes()
    elif isinstance(value, str) or not isinstance(value, Iterable):
        raise TypeError(f"{what}: expected bytes, a pathlib.Path or several of them, found {type(value).__name__}")
    else:
        for item in value:
            if isinstance(item, int):
                raise TypeError(f"{what}: expected bytes or a pathlib.Path, found int")
            yield from sources(item, what)


def struct(kind: Type[T], **members: Any) -> T:
    """A struct of the ABI with its size set; None is a member's default. The struct keeps what its members point to."""
    made: Any = kind()
    types, made.size, made.keep = {f[0]: f[1] for f in kind._fields_}, ctypes.sizeof(kind), []
    for name, value in members.items():
        if value is None:
            continue
        wanted: Any = types[name]
        if wanted is ctypes.c_char_p:
            value = text(value, name)
        elif issubclass(wanted, ctypes.Array):
            value = wanted(*data(value, name, ctypes.sizeof(wanted)))
        elif wanted is ctypes.c_void_p and isinstance(value, (ctypes.Structure, ctypes.Array)):
            made.keep.append(value)
            value = ctypes.addressof(value)
        elif wanted is ctypes.c_void_p:
            value = data(value, name)
            setattr(made, f"{name}_size", len(value))
            made.keep.append(value)
            value = ctypes.cast(ctypes.c_char_p(value), ctypes.c_void_p).value
        else:
            value = number(value, name, 8 * ctypes.sizeof(wanted), signed=wanted(-1).value < 0)
        setattr(made, name, value)
    return made  # type: ignore[no-any-return]


def number(value: int, what: str, bits: int, signed: bool = False) -> int:
    """An integer parameter: ctypes would cut off what does not fit."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{what}: expected int, found {type(value).__name__}")
    low, high = (-(1 << (bits - 1)), 1 << (bits - 1)) if signed else (0, 1 << bits)
    if not low <= value < high:
        raise OverflowError(f"{what}: {value} does not fit into {bits} bits")
    return value


def choice(value: Optional[str], what: str, names: Dict[str, int]) -> Optional[int]:
    if value is None:
        return None
    if value not in names:
        raise ValueError(f"{what}: expected {', '.join(names)}, found {value!r}")
    return names[value]


def copied(address: Optional[int], size: int) -> Optional[bytes]:
    """Bytes of the library, which may free its own."""
    return ctypes.string_at(address, size) if address else None


def borrowed(library: Library, name: str, *arguments: Any) -> Optional[bytes]:
    """What a function returns as (ret, ret_size, err); None: there is no such item."""
    address, size = ctypes.c_void_p(), ctypes.c_size_t()
    if library.call(name, *arguments, ctypes.byref(address), ctypes.byref(size)):
        return None
    return ctypes.string_at(address, size.value)


def decoded(value: Optional[bytes]) -> Optional[str]:
    return None if value is None else value.decode("utf-8", "replace")
