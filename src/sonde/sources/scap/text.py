"""Parameters of events as sysdig shows them: `(text, name)`, in a line text(name)."""

from __future__ import annotations

import re
import signal
import struct
from collections.abc import Callable
from functools import cache

import numpy as np
import numpy.typing as npt

from sonde.catalog import errnos
from sonde.catalog.scap.blocks import NOT_KNOWN
from sonde.catalog.scap.calls import CALLS
from sonde.catalog.scap.events import EVENTS, PATHS, Event, Param
from sonde.catalog.scap.names import NAMES
from sonde.engines.context import Context
from sonde.native import twin
from sonde.native.escape import printable
from sonde.native.ops import Form
from sonde.sources.scap.fds import dotted, inet_name, printed
from sonde.sources.scap.follow import Follow
from sonde.sources.scap.paths import joined, opened
from sonde.sources.scap.pieces import Piece
from sonde.sources.scap.sockets import address_of, tuple_of, unix_of

__all__ = ["CWD", "Texts", "number_of", "size_of"]

I8 = npt.NDArray[np.int64]
Shown = tuple[bytes, bytes]
_NULL: Shown = (b"NULL", b"")
CWD = -100
_FDS_ROOM = 1023  # bytes that sysdig has for a list of descriptors
_NUMBER = re.compile(r"(u?)int(8|16|32|64)")
_FLAGS = re.compile(r"(enum)?flags(8|16|32)|mode")
_SIZES = {"errno": 8, "fd": 8, "pid": 8, "reltime": 8, "abstime": 8, "uid": 4, "gid": 4, "sigset": 4,
          "signal": 1, "sysid": 2}  # fmt: skip
_UNSIGNED = ("signal", "sysid", "abstime")
_NOBODY = 0xFFFFFFFF
# what the first byte of a parameter of several types says
_DYNAMIC = {
    "option": (Param("", "bytes"), Param("", "errno"), Param("", "uint32"), Param("", "uint64"), Param("", "reltime")),
    "ptrace": (Param("", "uint64", 16), Param("", "signal")),
    "bpf": (Param("", "fd"), Param("", "errno")),
}


@cache
def size_of(kind: str) -> tuple[int, bool]:
    """(bytes of a number, is it signed) of a type; 0 if it is none. sysdig prints unsigned ones with a sign."""
    if found := _NUMBER.fullmatch(kind):
        return int(found[2]) // 8, not found[1] or found[2] in ("32", "64")
    if found := _FLAGS.fullmatch(kind):
        return int(found[2] or 32) // 8, False
    return _SIZES.get(kind, 0), kind not in _UNSIGNED


def number_of(param: Param, raw: bytes) -> int | None:
    """A parameter as a number, None if it is none."""
    size, signed = size_of(param.type)
    return int.from_bytes(raw[:size], "little", signed=signed) if size and len(raw) >= size else None


@cache
def _flags(key: str, value: int, exact: bool) -> bytes:
    """Names of flags joined by |, as sysdig finds them: a name for the whole number ends the search."""
    names, left = [], value
    for name, bits in NAMES.get(key, ()):
        if bits == value:
            names.append(name)
            break
        if not exact and bits and left & bits == bits and left:
            names.append(name)
            left &= ~bits
    return "|".join(names).encode()


def _numeral(value: int, base: int, size: int) -> bytes:
    if base == 10:
        return b"%d" % value
    value &= (1 << 8 * size) - 1
    return b"%X" % value if base == 16 else b"0%o" % value if value else b"0"


def _error(value: int) -> bytes:
    return errnos.name(-value).encode() if -errnos.MAX_ERRNO <= value < 0 else b""


def _signal(value: int) -> bytes:
    return signal.Signals(value).name.encode() if 1 <= value <= 31 else b""


def _bracketed(name: bytes) -> bytes:
    return b"(%s)" % name if name else b""


class Texts:
    """Texts of parameters of the events of a piece."""

    def __init__(self, follow: Follow, piece: Piece) -> None:
        self.follow, self.piece = follow, piece
        self._threads = follow.threads

    def line(self, event: int, context: Context) -> bytes:
        """`name=text(name) ` of each parameter."""
        kind = EVENTS[self.piece.type_of(event)]
        shown = kind.params[: self.piece.count(event)]
        return b"".join(
            b"%s=%s " % (param.name.encode(), self.whole(event, index, kind, context))
            for index, param in enumerate(shown)
        )

    def whole(self, event: int, index: int, kind: Event, context: Context) -> bytes:
        """One parameter as text(name)."""
        text, name = self.shown(event, index, kind, context)
        return b"%s(%s)" % (text, name) if name else text

    def of_value(self, param: Param, value: int) -> bytes:
        """The same of a number that nothing else matters to."""
        size, signed = size_of(param.type)
        text, name = self._typed(-1, param, value.to_bytes(size, "little", signed=signed))
        return b"%s(%s)" % (text, name) if name else text

    def error(self, value: int) -> bytes:
        """What stands behind a result."""
        return _bracketed(_error(value))

    def no_fd(self, value: int) -> bytes:
        """What stands behind a number that is no descriptor."""
        return _bracketed(b"AT_FDCWD" if value == CWD else _error(value))

    def shown_file(self, ident: int) -> bytes:
        """What stands behind a descriptor, by the id of the file."""
        return _bracketed(self.follow.fds.infos[ident].shown) if ident else b""

    def shown_name(self, record: int) -> bytes:
        """What stands behind the number of a thread, by the id of its record."""
        return _bracketed(self._name(record))

    def shown(self, event: int, index: int, kind: Event, context: Context) -> Shown:
        """One parameter."""
        raw, param = self.piece.raw(event, index), kind.params[index]
        if param.type == "dynamic" and raw and raw[0] < len(_DYNAMIC[param.names]):
            param, raw = _DYNAMIC[param.names][raw[0]], raw[1:]
        if param.type == "bytes":
            return self._buffer(raw, context), b""
        if param.type == "text":
            return printable(raw.partition(b"\0")[0]), b""
        return self._typed(event, param, raw)

    def _typed(self, event: int, param: Param, raw: bytes) -> Shown:
        special = _SPECIAL.get(param.type)
        if special is not None and (raw or param.type in (*PATHS, "fdlist")):
            try:
                return special(self, event, param, raw)
            except (struct.error, IndexError):
                return b"INVALID", b""
        value = number_of(param, raw)
        if value is None:
            return _NULL if not raw else (b"INVALID", b"")
        if param.type == "errno":
            return b"%d" % value, _error(value)
        if param.type == "signal":
            return b"%d" % value, _signal(value)
        size, _ = size_of(param.type)
        if param.type == "mode" or "flags" in param.type:
            base = param.base if param.type == "mode" else 10
            return _numeral(value, base, size), _flags(param.names, value, param.type.startswith("enum"))
        return _numeral(value, param.base, size), b""

    def _buffer(self, raw: bytes, context: Context) -> bytes:
        text = twin.FORMS[context.buffers](raw)
        cut = context.cut
        if context.buffers is not Form.DOTTED or cut is None or len(text) <= cut:
            return text
        return text[: cut - 3] + b"..." if cut > 3 else text[:cut]

    def _fd(self, event: int, param: Param, raw: bytes) -> Shown:
        fd = struct.unpack_from("<q", raw)[0]
        if fd < 0:
            return b"%d" % fd, b"AT_FDCWD" if fd == CWD else _error(fd)
        ident = self.file(event, fd)
        return b"%d" % fd, self.follow.fds.infos[ident].shown if ident else b""

    def file(self, event: int, fd: int) -> int:
        """The id of the file behind a descriptor of an event's thread."""
        table = self._threads.table_of.at(int(self.piece.tid[event]), event)
        return self._threads.held.at(table, fd, event) if table else 0

    def _pid(self, event: int, param: Param, raw: bytes) -> Shown:
        tid = struct.unpack_from("<q", raw)[0]
        return b"%d" % tid, self._name(self._threads.records.at(tid, event))

    def _name(self, record: int) -> bytes:
        state = self._threads.state
        return state.strings[int(state.processes.rows[record]["comm"])] if record else b""

    def _uid(self, event: int, param: Param, raw: bytes) -> Shown:
        return self._person(struct.unpack_from("<I", raw)[0], group=False)

    def _gid(self, event: int, param: Param, raw: bytes) -> Shown:
        return self._person(struct.unpack_from("<I", raw)[0], group=True)

    def _person(self, ident: int, group: bool) -> Shown:
        if ident == _NOBODY:
            return b"-1", b"<NONE>"
        people = self.follow.people
        found = (people.groups if group else people.users).get(ident)
        return b"%d" % ident, found.name if found else NOT_KNOWN

    def _path(self, event: int, param: Param, raw: bytes) -> Shown:
        path = raw.partition(b"\0")[0]
        shown = printed(path)
        if path == NOT_KNOWN or not raw or (param.type == "relpath" and path.startswith(b"/")):
            return shown, b""
        full = joined(self._base(event, param), path)
        return shown, b"" if full == shown else dotted(full)

    def asked(self, event: int, index: int, kind: Event) -> bytes:
        """The name of what an open that failed asked for; its parameter `index` is the path."""
        path = self.piece.text(event, index)
        if path == NOT_KNOWN or not self.piece.raw(event, index):
            return path
        return dotted(opened(self._base(event, kind.params[index]), path))

    def absolute(self, event: int, index: int) -> bytes:
        """The path that parameter `index` is, below its directory; empty if the event does not tell it."""
        path = self.piece.text(event, index)
        if path == NOT_KNOWN or not self.piece.raw(event, index):
            return b""
        return joined(self._base(event, EVENTS[int(self.piece.type[event])].params[index]), path)

    def _base(self, event: int, param: Param) -> bytes:
        """The directory that a path is relative to: that of the descriptor before it, or the working directory."""
        tid = int(self.piece.tid[event])
        state = self._threads.state
        record = self._threads.records.at(tid, event)
        cwd = state.files.path(int(state.processes.rows[record]["cwd"])) if record else b""
        if param.type == "path":
            return cwd
        kind = EVENTS[int(self.piece.type[event])]
        fd = self.piece.signed(event, kind.params.index(param) - 1, CWD)
        if fd == CWD:
            return cwd
        ident = self.file(event, fd)
        return self.follow.fds.infos[ident].name if ident else b""

    def _tuple(self, event: int, param: Param, raw: bytes) -> Shown:
        found = tuple_of(raw)
        if found is not None:
            return inet_name(found[1]), b""
        name = unix_of(raw)
        return (printed(name) if name is not None else b"family %d" % raw[0]), b""

    def _address(self, event: int, param: Param, raw: bytes) -> Shown:
        if raw[:1] == b"\x01":
            return printed(raw[1:].partition(b"\0")[0]), b""
        found = address_of(raw)
        return (inet_name((found[1], found[2], b"", 0)) if found else b"family %d" % raw[0]), b""

    def _fdlist(self, event: int, param: Param, raw: bytes) -> Shown:
        parts = []
        for index in range(min(int.from_bytes(raw[:2], "little"), (len(raw) - 2) // 10)):
            fd, flags = struct.unpack_from("<qh", raw, 2 + 10 * index)
            ident = self.file(event, fd)
            letter = self.follow.fds.infos[ident].letter if ident else "?"
            parts.append(f"{fd & (1 << 64) - 1}:{letter}{flags & 0xFFFFFFFF:x}")
        return " ".join(parts)[:_FDS_ROOM].encode(), b""

    def _sigset(self, event: int, param: Param, raw: bytes) -> Shown:
        bits = struct.unpack_from("<I", raw)[0]
        return b" ".join(_signal(bit + 1) for bit in range(32) if bits >> bit & 1 and _signal(bit + 1)), b""

    def _call(self, event: int, param: Param, raw: bytes) -> Shown:
        number = struct.unpack_from("<H", raw)[0]
        return b"%d" % number, CALLS[number].encode() if 0 < number < len(CALLS) else b"<unknown>"

    def _reltime(self, event: int, param: Param, raw: bytes) -> Shown:
        value = struct.unpack_from("<Q", raw)[0]
        return (b"none", b"") if value == (1 << 64) - 1 else (b"%d" % value, f"{value / 1e9:g}s".encode())


# by type: none of them refers to one object's method, as that would keep its piece until garbage is collected
_SPECIAL: dict[str, Callable[[Texts, int, Param, bytes], Shown]] = {
    "fd": Texts._fd, "pid": Texts._pid, "uid": Texts._uid, "gid": Texts._gid, "path": Texts._path,
    "relpath": Texts._path, "tuple": Texts._tuple, "sockaddr": Texts._address, "fdlist": Texts._fdlist,
    "sigset": Texts._sigset, "sysid": Texts._call, "reltime": Texts._reltime,
}  # fmt: skip
