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
from sonde.catalog.scap.calls import CALLS
from sonde.catalog.scap.events import EVENTS, Event, Param
from sonde.catalog.scap.names import NAMES
from sonde.engines.context import Context
from sonde.native import twin
from sonde.native.escape import printable
from sonde.native.ops import Form
from sonde.sources.scap.fds import dotted, inet_name, printed
from sonde.sources.scap.follow import Follow
from sonde.sources.scap.paths import joined
from sonde.sources.scap.pieces import Piece
from sonde.sources.scap.sockets import address_of, tuple_of, unix_of

__all__ = ["Texts", "number_of"]

I8 = npt.NDArray[np.int64]
Shown = tuple[bytes, bytes]
# of an event whose parameters are all numbers: how they lie, and (text before, parameter); None: a plain number
Plan = tuple[struct.Struct, tuple[tuple[bytes, Param | None], ...]]
_NULL: Shown = (b"NULL", b"")
_CWD = -100
_FDS_ROOM = 1023  # bytes that sysdig has for a list of descriptors
_NUMBER = re.compile(r"(u?)int(8|16|32|64)")
_FLAGS = re.compile(r"(enum)?flags(8|16|32)|mode")
_SIZES = {"errno": 8, "fd": 8, "pid": 8, "reltime": 8, "abstime": 8, "uid": 4, "gid": 4, "signal": 1, "sysid": 2}
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


_FORMATS = {(1, True): "b", (1, False): "B", (2, True): "h", (2, False): "H", (4, True): "i", (4, False): "I",
            (8, True): "q", (8, False): "Q"}  # fmt: skip


@cache
def _plan(kind: Event, count: int) -> Plan | None:
    """How an event's line is made at once, None if it has other parameters than numbers."""
    params = kind.params[:count]
    if not params or count > len(params) or not all(size_of(param.type)[0] for param in params):
        return None
    if any(param.type in ("uid", "gid", "sysid") for param in params):
        return None
    form = "".join(_FORMATS[size_of(param.type)] for param in params)
    items: list[tuple[bytes, Param | None]] = []
    for param in params:
        plain = _NUMBER.fullmatch(param.type) and param.base == 10
        prefix = param.name.encode() + b"="
        items.append((prefix + b"%d ", None) if plain else (prefix, param))
    return struct.Struct(f"<{form}"), tuple(items)


def _packed(param: Param, value: int) -> bytes:
    size, signed = size_of(param.type)
    return value.to_bytes(size, "little", signed=signed)


class Texts:
    """Texts of parameters of the events of a piece."""

    def __init__(self, follow: Follow, piece: Piece, fds: I8, files: I8) -> None:
        """`fds` and `files`: the descriptor that each event works on, and the id of what is behind it."""
        self._follow, self._piece = follow, piece
        self._threads = follow.threads
        self._first, self._offset, self._length = (
            column.tolist() for column in (piece.first, piece.offset, piece.length)
        )  # fmt: skip
        self._own_fds, self._own_files = fds.tolist(), files.tolist()
        self._values: dict[tuple[Param, int], Shown] = {}
        self._files: dict[int, bytes] = {}
        self._comms: dict[int, bytes] = {}
        self._special: dict[str, Callable[[int, Param, bytes], Shown]] = {
            "fd": self._fd, "pid": self._pid, "uid": self._uid, "gid": self._gid, "path": self._path,
            "relpath": self._path, "tuple": self._tuple, "sockaddr": self._address, "fdlist": self._fdlist,
            "sigset": self._sigset, "sysid": self._call, "reltime": self._reltime,
        }  # fmt: skip

    def line(self, event: int, kind: Event, context: Context) -> bytes:
        """`name=text(name) ` of each parameter."""
        first, last = self._first[event], self._first[event + 1] - 1
        plan = _plan(kind, last + 1 - first)
        if plan is not None and last >= first:
            start = self._offset[first]
            if self._offset[last] + self._length[last] - start == plan[0].size:
                return self._planned(event, plan, start)
        return self._each(event, kind, context)

    def _planned(self, event: int, plan: Plan, start: int) -> bytes:
        """The line of an event all of whose parameters are numbers."""
        out = []
        for (prefix, param), value in zip(plan[1], plan[0].unpack_from(self._piece.data, start), strict=True):
            if param is None:
                out.append(prefix % value)
                continue
            if param.type == "fd" and value >= 0:
                text, name = b"%d" % value, self._shown_file(event, value)
            elif param.type == "pid":
                text, name = b"%d" % value, self._comm(event, value)
            else:
                found = self._values.get((param, value))
                if found is None:
                    found = self._values[param, value] = self._typed(event, param, _packed(param, value))
                text, name = found
            out.append(b"%s%s(%s) " % (prefix, text, name) if name else b"%s%s " % (prefix, text))
        return b"".join(out)

    def _each(self, event: int, kind: Event, context: Context) -> bytes:
        out = []
        for index, param in enumerate(kind.params[: self._piece.count(event)]):
            text, name = self.shown(event, index, kind, context)
            out.append(b"%s=%s(%s) " % (param.name.encode(), text, name) if name else
                       b"%s=%s " % (param.name.encode(), text))  # fmt: skip
        return b"".join(out)

    def shown(self, event: int, index: int, kind: Event, context: Context) -> Shown:
        """One parameter."""
        raw, param = self._piece.raw(event, index), kind.params[index]
        if param.type == "dynamic" and raw and raw[0] < len(_DYNAMIC[param.names]):
            param, raw = _DYNAMIC[param.names][raw[0]], raw[1:]
        if param.type == "bytes":
            return self._buffer(raw, context), b""
        if param.type == "text":
            return printable(raw.partition(b"\0")[0]), b""
        return self._typed(event, param, raw)

    def _typed(self, event: int, param: Param, raw: bytes) -> Shown:
        special = self._special.get(param.type)
        if special is not None and (raw or param.type in ("path", "relpath", "fdlist")):
            try:
                return special(event, param, raw)
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
            return b"%d" % fd, b"AT_FDCWD" if fd == _CWD else _error(fd)
        return b"%d" % fd, self._shown_file(event, fd)

    def _shown_file(self, event: int, fd: int) -> bytes:
        ident = self.file(event, fd)
        found = self._files.get(ident)
        if found is None:
            found = self._files[ident] = self._follow.fds.infos[ident].shown if ident else b""
        return found

    def file(self, event: int, fd: int) -> int:
        """The id of the file behind a descriptor of an event's thread."""
        if fd == self._own_fds[event]:
            own: int = self._own_files[event]
            return own
        table = self._threads.table_of.at(int(self._piece.tid[event]), event)
        return self._threads.files.at(table << 32 | fd & 0xFFFFFFFF, event) if table else 0

    def _pid(self, event: int, param: Param, raw: bytes) -> Shown:
        tid = struct.unpack_from("<q", raw)[0]
        return b"%d" % tid, self._comm(event, tid)

    def _comm(self, event: int, tid: int) -> bytes:
        record = self._threads.records.at(tid, event)
        found = self._comms.get(record)
        if found is None:
            state = self._threads.state
            name = state.strings[int(state.processes.rows[record]["comm"])] if record else b""
            found = self._comms[record] = name
        return found

    def _uid(self, event: int, param: Param, raw: bytes) -> Shown:
        return self._person(struct.unpack_from("<I", raw)[0], group=False)

    def _gid(self, event: int, param: Param, raw: bytes) -> Shown:
        return self._person(struct.unpack_from("<I", raw)[0], group=True)

    def _person(self, ident: int, group: bool) -> Shown:
        if ident == _NOBODY:
            return b"-1", b"<NONE>"
        people = self._follow.people
        found = (people.groups if group else people.users).get(ident)
        return b"%d" % ident, found.name if found else b"<NA>"

    def _path(self, event: int, param: Param, raw: bytes) -> Shown:
        path = raw.partition(b"\0")[0]
        shown = printed(path)
        if path == b"<NA>" or not raw or (param.type == "relpath" and path.startswith(b"/")):
            return shown, b""
        full = joined(self._base(event, param), path)
        return shown, b"" if full == shown else dotted(full)

    def _base(self, event: int, param: Param) -> bytes:
        """The directory that a path is relative to: that of the descriptor before it, or the working directory."""
        tid = int(self._piece.tid[event])
        state = self._threads.state
        record = self._threads.records.at(tid, event)
        cwd = state.files.path(int(state.processes.rows[record]["cwd"])) if record else b""
        if param.type == "path":
            return cwd
        kind = EVENTS[int(self._piece.type[event])]
        fd = self._piece.signed(event, kind.params.index(param) - 1, _CWD)
        if fd == _CWD:
            return cwd
        ident = self.file(event, fd)
        return self._follow.fds.infos[ident].name if ident else b""

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
            letter = self._follow.fds.infos[ident].letter if ident else "?"
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
