"""Parameters of calls in the form of .scap files, from the words of the calls and what they pointed at."""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import cache

import numpy as np
import numpy.typing as npt

from sonde.catalog import flags
from sonde.catalog.event import BUFFERS
from sonde.catalog.event import Param as Word
from sonde.catalog.scap.events import Event, Param
from sonde.catalog.scap.names import NAMES
from sonde.engines.context import RESULT, source_index
from sonde.engines.decoding import NUMERIC, TEXTUAL, Group, words
from sonde.plan.batch import Views
from sonde.sources.scap import ends
from sonde.sources.scap.packing import UNKNOWN, constant, numbers, pooled, sliced, terminated, within
from sonde.sources.scap.program import CALLS, MEMORY, PROGRAM
from sonde.sources.scap.text import size_of

__all__ = ["parameters"]

I8 = npt.NDArray[np.int64]
Encoder = Callable[[Group, Param], Views]
DATA_MAX = 1 << 14  # sysdig reads no events beyond 64 KiB
TEXT_MAX = 4096
_NO_TIME = (1 << 64) - 1
_SO_ERROR = 4
_OTHER_NAMES = {"fd": ("fd", "oldfd"), "size": ("size", "addr"), "pathname": ("filename",)}
# tables whose numbers are the kernel's
_SAME = frozenset((
    "family", "flock", "futex", "mount", "umount", "whence", "shutdown", "access", "unlinkat", "linkat", "mode",
    "renameat2", "prot",
))  # fmt: skip
_ALIASES = {"IPPROTO_TCP": "SOL_TCP"}
_POLL = ((0x1, 1), (0x4, 2), (0x2, 4), (0x2000, 8), (0x8, 16), (0x10, 32), (0x20, 64), (0x40, 128), (0x80, 256),
         (0x100, 512), (0x200, 1024))  # fmt: skip


def parameters(group: Group, event: Event) -> list[Views]:
    """The parameters of the events of a group's rows."""
    return [_one(group, param) for param in event.params[: event.old]]


def _one(group: Group, param: Param) -> Views:
    name = group.event.name
    program = PROGRAM.get(param.name) if name in CALLS else None
    special = _SPECIAL.get((name, param.name)) or program or MEMORY.get(param.name) or _BY_TYPE.get(param.type)
    if special is not None:
        return special(group, param)
    word = _word_of(group, param)
    return _unknown(group, param) if word is None else _of_word(group, param, word)


def _word_of(group: Group, param: Param) -> Word | None:
    """The call's own parameter that a parameter is."""
    if param.name in ("res", group.event.params[0].name):
        return group.event.params[0]
    found = {word.name: word for word in (*group.event.arguments, *group.event.params)}
    names = _OTHER_NAMES.get(param.name, (param.name,))
    return next((found[name] for name in names if name in found), None)


def _unknown(group: Group, param: Param) -> Views:
    """What is not known; sysdig has 0 where it does not know a number."""
    if param.type in ("text", "path", "relpath"):
        return constant(UNKNOWN, len(group.at))
    return constant(bytes(size_of(param.type)[0]), len(group.at))


def _kind(param: Param) -> str:
    """The numpy kind of a number."""
    size, signed = size_of(param.type)
    unsigned = "flags" in param.type or param.type.startswith("u") or param.type in ("gid", "mode", "signal", "sysid")
    return f"<{'u' if unsigned or not signed else 'i'}{size}"


def _of_word(group: Group, param: Param, word: Word) -> Views:
    if param.type in ("text", "path", "relpath"):
        return terminated(_cut(group.text(word))) if word.type in TEXTUAL else _unknown(group, param)
    if not size_of(param.type)[0] or word.type not in NUMERIC:
        return _unknown(group, param)
    values = words(group, word)
    if param.names and word.names:
        return pooled(values, lambda value: _bits(param, word.names, value))
    return numbers(values, _kind(param))


def _cut(views: Views) -> Views:
    return Views(views.data, views.offset, np.minimum(views.length, TEXT_MAX).astype(np.int32), views.full)


def _bits(param: Param, names: str, value: int) -> bytes:
    return struct.pack("<Q", bits(param.names, names, value))[: size_of(param.type)[0]]


@cache
def bits(table: str, names: str, value: int) -> int:
    """A word of flags in sysdig's coding."""
    if table in _SAME:
        return value & (1 << 64) - 1
    coded = dict(NAMES.get(table, ()))
    found = {_ALIASES.get(name, name) for name in flags.names(names, value).split("|")}
    return sum(coded.get(name, 0) for name in found)


def _pointed(group: Group, name: str) -> Views | None:
    """What the argument of a name pointed at."""
    word = next((word for word in group.event.arguments if word.name == name), None)
    return None if word is None else group.views(source_index(word.source))


def _read(form: str, name: str, place: int = 0, absent: int = 0) -> Encoder:
    """A number in a structure that an argument points at."""

    def encoder(group: Group, param: Param) -> Views:
        found = _pointed(group, name)
        if found is None:
            return _unknown(group, param)
        size, kind = struct.calcsize(form), _kind(param)
        there = found.length >= place + size
        values = np.full(len(there), absent, np.int64)
        at = np.flatnonzero(there)
        for row in at.tolist():
            start = int(found.offset[row]) + place
            values[row] = struct.unpack_from(form, found.data[start : start + size].tobytes())[0]
        return numbers(values, kind)

    return encoder


def _time(name: str, unit: int = 1) -> Encoder:
    """A span of a struct timespec or timeval, none for a null pointer."""

    def encoder(group: Group, param: Param) -> Views:
        found = _pointed(group, name)
        parts = [found[row] if found is not None else None for row in range(len(group.at))]
        spans = [_NO_TIME if raw is None or len(raw) < 16 else _span(raw, unit) for raw in parts]
        return numbers(np.array(spans, np.uint64), "<u8")

    return encoder


def _span(raw: bytes, unit: int) -> int:
    seconds, rest = struct.unpack_from("<qq", raw)
    return (int(seconds) * 10**9 + int(rest) * unit) & _NO_TIME


def _data(group: Group, param: Param) -> Views:
    """The bytes that were moved, as far as they were kept."""
    word = next((word for word in group.event.params if word.type in BUFFERS), None)
    if word is None:
        return constant(b"", len(group.at))
    return within(group.views(source_index(word.source)), DATA_MAX)


def _size_of_data(group: Group, param: Param) -> Views:
    """How many bytes lie in the parts of a vector; sysdig says for what is read how many came."""
    res = group.column("res")
    word = next((word for word in group.event.params if word.type in BUFFERS), None)
    if word is None or group.event.io == "r":
        return numbers(np.maximum(res, 0), "<u4")
    full = group.views(source_index(word.source)).full
    return numbers(np.where(full >= 0, full, np.maximum(res, 0)), "<u4")


def _fdlist(name: str) -> Encoder:
    def encoder(group: Group, param: Param) -> Views:
        found = _pointed(group, name)
        returned = param.name == "fds" and group.finished
        return sliced([_polled(found[row] if found else None, returned) for row in range(len(group.at))])

    return encoder


def _polled(raw: bytes | None, returned: bool) -> bytes:
    """struct pollfd[] as sysdig has it: what is waited for."""
    if raw is None:
        return struct.pack("<H", 0)
    entries = list(struct.iter_unpack("<ihh", raw[: len(raw) // 8 * 8]))
    return struct.pack("<H", len(entries)) + b"".join(
        struct.pack("<qh", fd, sum(code for bit, code in _POLL if events & bit)) for fd, events, _ in entries
    )


def _flags_of_clone(group: Group, param: Param) -> Views:
    """Flags of clone in sysdig's coding; fork and vfork have none."""
    name = group.event.name
    if name == "clone":
        return pooled(words(group, _named(group, "flags")), lambda value: _bits(param, "clone", value))
    if name == "clone3":
        found = group.views(0)
        values = [int.from_bytes((found[row] or b"")[:8], "little", signed=True) for row in range(len(group.at))]
        return pooled(np.array(values, np.int64), lambda value: _bits(param, "clone", value & ~0xFF))
    return constant(bytes(4), len(group.at))


def _named(group: Group, name: str) -> Word:
    return next(word for word in group.event.params if word.name == name)


def _word(index: int, kind: str) -> Encoder:
    """An argument word as it is."""

    def encoder(group: Group, param: Param) -> Views:
        return numbers(group.column("res" if index == RESULT else f"a{index}"), kind)

    return encoder


def _mark(index: int) -> Encoder:
    """An argument word, behind a byte that says that it is a number."""

    def encoder(group: Group, param: Param) -> Views:
        return sliced([b"\0" + struct.pack("<q", value) for value in group.column(f"a{index}").tolist()])

    return encoder


def _option(group: Group, param: Param) -> Views:
    """The value of a socket's option: an error, a number where it has four bytes, else bytes."""
    found, said = _pointed(group, "val"), _pointed(group, "optlen")
    names, lengths = group.column("a2").tolist(), group.column("a4").tolist()
    out = []
    for row in range(len(group.at)):
        raw, length = (found[row] if found else None) or b"", lengths[row]
        if group.event.name == "getsockopt":
            length = int.from_bytes((said[row] if said else None) or b"", "little")
        out.append(_value(raw[: max(length, 0)], names[row] == _SO_ERROR))
    return sliced(out)


def _value(raw: bytes, error: bool) -> bytes:
    """A value behind a byte that says what it is."""
    if len(raw) != 4:
        return b"\0" + raw
    return b"\1" + struct.pack("<q", -int.from_bytes(raw, "little")) if error else b"\2" + raw


def _fd_of_how(at: int, table: str) -> Encoder:
    """A word of struct open_how."""

    def encoder(group: Group, param: Param) -> Views:
        found = group.views(2)
        values = [
            int.from_bytes((found[row] or b"")[at : at + 8], "little", signed=True) for row in range(len(group.at))
        ]
        if not table:
            return numbers(np.array(values, np.int64), "<u4")
        key = "open" if table == "file" else ""
        return pooled(
            np.array(values, np.int64), lambda value: _bits(param, key, value) if key else struct.pack("<Q", value)[:4]
        )

    return encoder


def _device(group: Group, param: Param) -> Views:
    """The device of a file that was opened, as stat has it."""
    files = group.batch.state.files
    dev = files.column("dev", group.column("file").astype(np.uint32)).astype(np.int64)
    major, minor = dev >> 20, dev & 0xFFFFF
    encoded = (minor & 0xFF) | (major << 8) | ((minor & ~0xFF) << 12)
    return numbers(np.where(group.column("res") >= 0, encoded, 0), "<u4")


def _inode(group: Group, param: Param) -> Views:
    """The inode behind the first descriptor of a new pipe; it is not known."""
    return constant(bytes(8), len(group.at))


_LIMITS = ("getrlimit", "setrlimit")
_SPECIAL: dict[tuple[str, str], Encoder] = {
    **{(name, part): _read("<q", "rlim", 8 * at, -1) for name in _LIMITS for at, part in enumerate(("cur", "max"))},
    ("prlimit", "newcur"): _read("<q", "new", 0, -1), ("prlimit", "newmax"): _read("<q", "new", 8, -1),
    ("prlimit", "oldcur"): _read("<q", "old", 0, -1), ("prlimit", "oldmax"): _read("<q", "old", 8, -1),
    ("nanosleep", "interval"): _time("req"), ("ppoll", "timeout"): _time("timeout"),
    ("ppoll", "sigmask"): _read("<I", "sigmask", 0, 0), ("poll", "fds"): _fdlist("fds"), ("ppoll", "fds"): _fdlist("fds"),
    ("writev", "size"): _size_of_data, ("pwritev", "size"): _size_of_data, ("readv", "size"): _size_of_data,
    ("preadv", "size"): _size_of_data, ("sendmsg", "size"): _size_of_data, ("recvmsg", "size"): _size_of_data,
    **{(name, "flags"): _flags_of_clone for name in ("clone", "clone3", "fork", "vfork")},
    **{(name, part): _read("<i", "fildes", 4 * at, -1) for name in ("pipe", "pipe2") for at, part in enumerate(("fd1", "fd2"))},
    ("socketpair", "fd1"): _read("<i", "fds", 0, -1), ("socketpair", "fd2"): _read("<i", "fds", 4, -1),
    ("pipe", "ino"): _inode, ("pipe2", "ino"): _inode, ("socketpair", "source"): _inode, ("socketpair", "peer"): _inode,
    ("ptrace", "addr"): _mark(2), ("ptrace", "data"): _mark(3),
    ("setsockopt", "val"): _option, ("getsockopt", "val"): _option,
    ("openat2", "flags"): _fd_of_how(0, "file"), ("openat2", "mode"): _fd_of_how(8, ""),
    ("openat2", "resolve"): _fd_of_how(16, "openat2"),
    ("sendfile", "offset"): _read("<q", "offset", 0, 0), ("signalfd", "mask"): _read("<I", "mask", 0, 0),
    ("signalfd4", "mask"): _read("<I", "mask", 0, 0), ("copy_file_range", "offin"): _read("<q", "offin", 0, 0),
    ("copy_file_range", "offout"): _read("<q", "offout", 0, 0),
    **{(name, part): _read("<I", part, 0) for name, parts in (("getresuid", ("ruid", "euid", "suid")),
       ("getresgid", ("rgid", "egid", "sgid"))) for part in parts},
    ("getcwd", "path"): lambda group, param: terminated(_shorn(group.views(0))),
    ("open", "dev"): _device, ("creat", "dev"): _device, ("openat", "dev"): _device,
    ("getuid", "uid"): _word(RESULT, "<u4"), ("geteuid", "euid"): _word(RESULT, "<u4"),
    ("getgid", "gid"): _word(RESULT, "<u4"), ("getegid", "egid"): _word(RESULT, "<u4"),
    ("fcntl", "res"): _word(RESULT, "<i8"), ("procexit", "status"): _word(0, "<i8"), ("procexit", "ret"): _word(1, "<i8"),
    ("sendto", "tuple"): ends.sent, ("sendmsg", "tuple"): ends.sent, ("connect", "tuple"): ends.sent,
    ("recvfrom", "tuple"): ends.received, ("recvmsg", "tuple"): ends.received, ("accept", "tuple"): ends.received,
    ("accept4", "tuple"): ends.received,
}  # fmt: skip
_BY_TYPE: dict[str, Encoder] = {"bytes": _data, "sockaddr": ends.address}


def _shorn(views: Views) -> Views:
    """Up to the NUL."""
    return sliced([(views[row] or UNKNOWN).partition(b"\0")[0] for row in range(len(views))])
