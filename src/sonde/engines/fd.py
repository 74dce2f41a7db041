"""Fields of class fd: the file or socket behind the event's main file descriptor, computed once for each node."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from sonde.catalog.event import Event, Param, ParamType, Source
from sonde.engines.context import (
    NO_SOURCE,
    RESULT,
    Context,
    Derivation,
    fd_index,
    flag,
    idents,
    ints,
    number,
    of_event,
    source_index,
    string,
    word,
    written,
)
from sonde.engines.paths import directory_of, resolved
from sonde.engines.payload import service, string_ids, with_service
from sonde.native.escape import printable
from sonde.native.join import join
from sonde.native.ops import sint, uint
from sonde.plan.batch import Batch, Vector
from sonde.plan.files import CLIENT, FLAGS, KNOWN, MAGIC, MODE, NAME, PIDFS_MAGIC, SERVER, Node
from sonde.plan.strings import Ids

__all__ = ["FD", "descriptor_ids", "path_ids", "shown_ids"]

Array = npt.NDArray[np.generic]
Bools = npt.NDArray[np.bool_]

TYPES = {
    "f": "file", "d": "directory", "4": "ipv4", "6": "ipv6", "u": "unix", "n": "netlink", "p": "pipe", "e": "event",
    "s": "signalfd", "l": "eventpoll", "i": "inotify", "t": "timerfd", "b": "bpf", "r": "io_uring", "m": "memfd",
    "P": "pidfd", "o": "unknown",
}  # fmt: skip
# anonymous inodes by the beginning of their name
_ANONYMOUS = {
    b"[eventfd": "e", b"[eventpoll": "l", b"inotify": "i", b"[inotify": "i", b"[timerfd": "t", b"[signalfd": "s",
    b"[io_uring": "r", b"bpf": "b", b"[userfaultfd": "u", b"[pidfd": "P", b"memfd:": "m",
}  # fmt: skip
_FAMILIES: dict[int, str] = {socket.AF_UNIX: "u", socket.AF_INET: "4", socket.AF_INET6: "6", socket.AF_NETLINK: "n"}
# by st_mode >> 12
_MODES = {1: "p", 2: "f", 4: "d", 6: "f", 8: "f", 10: "f", 12: "o"}
_LETTERS = [_MODES.get(kind, "o").encode() for kind in range(16)]
_KINDS = [b"<%s>" % letter for letter in _LETTERS]
_PROTOCOLS = {6: "tcp", 17: "udp", 1: "icmp", 58: "icmp", 255: "raw"}
_ESTABLISHED = 1
_EINPROGRESS = 115


def _letter(context: Context, place: int) -> str:
    """fd.typechar of a row of files, "" while its record has not come."""
    row = context.state.files.rows[place].item()
    if not row[KNOWN]:
        return ""
    if row[FLAGS] & Node.SOCK:
        return _FAMILIES.get(int(context.state.files.rows[place]["family"]), "o")
    if row[FLAGS] & Node.ANON:
        if row[MAGIC] == PIDFS_MAGIC:
            return "P"
        name = context.state.strings[row[NAME]]
        found = next((letter for start, letter in _ANONYMOUS.items() if name.startswith(start)), "")
        if found:
            return found
    return _MODES.get(row[MODE] >> 12, "o")


def type_letters(batch: Batch, context: Context) -> Ids:
    """String ids of fd.typechar, 0 without a file."""
    files, strings = context.state.files, context.state.strings

    def numbers(places: npt.NDArray[np.uint32]) -> npt.NDArray[np.int64]:
        rows = files.rows[places]
        out: npt.NDArray[np.int64] = strings.intern_all(_LETTERS).astype(np.int64)[rows["mode"] >> 12]
        plain = (rows["known"] != 0) & (rows["flags"] & (Node.SOCK | Node.ANON) == 0)
        for at in np.flatnonzero(~plain).tolist():
            letter = _letter(context, int(places[at]))
            out[at] = strings.intern(letter.encode()) if letter else -1
        return out

    return context.all_ids("fd.typechar", files.at(idents(batch, "file")), numbers)


def _type_names(batch: Batch, context: Context) -> Ids:
    letters = type_letters(batch, context)
    return context.state.strings.map(letters, "fd.type", lambda letter: TYPES[letter.decode()].encode())


def _is_letter(batch: Batch, context: Context, letters: str) -> Bools:
    ids = type_letters(batch, context)
    return np.isin(ids, context.state.strings.intern_all(letter.encode() for letter in letters))


def descriptor_ids(ids: Ids, context: Context) -> Ids:
    """String ids of `<f>/path` of files by node id, `<4t>`, `<6u>` for tcp and udp; 0 without a file."""
    return _of_files(ids, context, "descriptor", lambda text: text)


def shown_ids(ids: Ids, context: Context) -> Ids:
    """The same in parentheses and safe for a terminal."""
    return _of_files(ids, context, "shown descriptor", lambda text: b"(" + printable(text) + b")")


def _of_files(ids: Ids, context: Context, key: str, change: Callable[[bytes], bytes]) -> Ids:
    def texts(places: list[int]) -> Iterator[bytes | None]:
        return (text and change(text) for text in _descriptors(places, context))

    places = context.state.files.at(ids)
    found = context.all_texts(key, places, texts)
    found[places == 0] = 0
    return found


def _descriptors(places: list[int], context: Context) -> Iterator[bytes | None]:
    """Descriptors of rows of files, None while a record has not come, empty for no file."""
    files, strings = context.state.files, context.state.strings
    at = np.array(places, np.uint32)
    files.resolve(at)
    rows = files.rows[at]
    named = (rows["known"] != 0) & (rows["flags"] & (Node.SOCK | Node.ANON) == 0)
    kinds, paths = (rows["mode"] >> 12).tolist(), files.paths_at(at).tolist()
    for place, plain, kind, path in zip(places, named.tolist(), kinds, paths, strict=True):
        if plain:
            yield _KINDS[kind] + strings[path]
        else:
            yield _descriptor(place, context) if place else b""


def _descriptor(place: int, context: Context) -> bytes | None:
    letter = _letter(context, place)
    if not letter:
        return None
    if letter in "46":
        row = context.state.files.rows[place]
        letter += _protocol(int(row["proto"]), int(row["stype"]))[:1]
    return b"<%s>%s" % (letter.encode(), _path(place, context))


def path_ids(ids: Ids, context: Context) -> Ids:
    """String ids of the full names of nodes; with -R ports are names of services."""
    files = context.state.files
    if not context.services:
        return files.paths(ids)

    def text(place: int) -> bytes | None:
        return _path(place, context) if files.rows[place]["known"] else None

    return context.texts("services", files.at(ids), text)


def _path(place: int, context: Context) -> bytes:
    """The full name of a row of files."""
    row, path = context.state.files.rows[place], context.state.files.path(place)
    if not context.services or not row["flags"] & Node.SOCK or row["family"] not in (socket.AF_INET, socket.AF_INET6):
        return path
    kind = "udp" if row["proto"] == socket.IPPROTO_UDP else "tcp"
    return b"->".join(with_service(end, kind) for end in path.split(b"->"))


def fd_number(batch: Batch) -> tuple[npt.NDArray[np.int64], Bools]:
    """(the main fd's number, where there is one): a call that failed to make one has none."""
    index = of_event(batch, fd_index, NO_SOURCE)
    values, valid = word(batch, index)
    values = values.astype(np.int32).astype(np.int64)
    return values, valid & ((index != RESULT) | (values >= 0))


def _opened(event: Event) -> Param | None:
    """The path of a call that makes an fd from it."""
    if not event.fd or event.fd.source is not Source.RET:
        return None
    return next((p for p in event.params if p.type is ParamType.PATH and p.source is not Source.NONE), None)


def opened_path(event: Event) -> int:
    """The argument index of the path of a call that makes an fd from it, 255 for other calls."""
    param = _opened(event)
    return source_index(param.source) if param else NO_SOURCE


def _opened_below(event: Event) -> int:
    param = _opened(event)
    return directory_of(event, param) if param else NO_SOURCE


def names(batch: Batch, context: Context) -> Ids:
    """fd.name: the file's path or the socket's ends; of an open that failed, the path that was asked for."""
    out = path_ids(idents(batch, "file"), context)
    asked = of_event(batch, opened_path, NO_SOURCE)
    asked[idents(batch, "file") != 0] = NO_SOURCE
    if (asked != NO_SOURCE).any():
        given = string_ids(batch, asked)
        below = of_event(batch, _opened_below, NO_SOURCE)
        out = np.where(given != 0, resolved(batch, context, given, below), out)
    return out.astype(np.uint32)


def _directory(batch: Batch, argument: str | int | None, context: Context) -> Vector:
    """A file's directory; a directory itself."""
    ids = names(batch, context)
    parents = context.state.strings.map(ids, "directory", lambda path: path.rpartition(b"/")[0] or b"/")
    below = _is_letter(batch, context, "f") | _asked_only(batch)
    return string(np.where(_is_letter(batch, context, "d"), ids, np.where(below, parents, 0)))


def _filename(batch: Batch, argument: str | int | None, context: Context) -> Vector:
    ids = context.state.strings.map(names(batch, context), "filename", lambda path: path.rpartition(b"/")[2] or b"/")
    return string(np.where(_is_letter(batch, context, "f") | _asked_only(batch), ids, 0))


def _asked_only(batch: Batch) -> Bools:
    """Rows whose fd.name is the path of a failed open."""
    held: Bools = (idents(batch, "file") == 0) & (of_event(batch, opened_path, NO_SOURCE) != NO_SOURCE)
    return held


def _column(batch: Batch, context: Context, name: str) -> npt.NDArray[np.int64]:
    return context.state.files.column(name, idents(batch, "file")).astype(np.int64)


def _known(batch: Batch, context: Context) -> Bools:
    held: Bools = _column(batch, context, "known") != 0
    return held


def _inet(batch: Batch, context: Context) -> Bools:
    sock = (_column(batch, context, "flags") & Node.SOCK) != 0
    held: Bools = sock & np.isin(_column(batch, context, "family"), (socket.AF_INET, socket.AF_INET6))
    return held


def _local_is_server(batch: Batch, context: Context) -> Bools:
    """By the recorded role; a socket without a peer is a server; else the end with the smaller port is."""
    role = _column(batch, context, "role")
    local, remote = _column(batch, context, "lport"), _column(batch, context, "rport")
    held: Bools = (role == SERVER) | ((role != CLIENT) & ((remote == 0) | (local < remote)))
    return held


def _end(end: str, what: str) -> Callable[[Batch, Context], tuple[npt.NDArray[np.int64], Bools]]:
    """Column `what` (ip, port) of end c, s, l or r, and where there is one."""

    def values(batch: Batch, context: Context) -> tuple[npt.NDArray[np.int64], Bools]:
        here = np.full(len(batch), end == "l")
        if end in "cs":
            here = _local_is_server(batch, context) == (end == "s")
        local, remote = _column(batch, context, f"l{what}"), _column(batch, context, f"r{what}")
        connected = _column(batch, context, "rport") != 0
        return np.where(here, local, remote), _inet(batch, context) & (here | connected)

    return values


def _address(end: str) -> Derivation:
    values = _end(end, "ip")

    def derive(batch: Batch, argument: str | int | None, context: Context) -> Vector:
        ids, valid = values(batch, context)
        return string(np.where(valid, ids, 0))

    return derive


def _port(end: str) -> Derivation:
    values = _end(end, "port")

    def derive(batch: Batch, argument: str | int | None, context: Context) -> Vector:
        ports, valid = values(batch, context)
        return number(ports, valid & (ports != 0))

    return derive


def _service(end: str) -> Derivation:
    """The service's name of a port, or its number."""
    values = _end(end, "port")

    def derive(batch: Batch, argument: str | int | None, context: Context) -> Vector:
        ports, valid = values(batch, context)
        udp = _column(batch, context, "proto") == socket.IPPROTO_UDP
        ids = context.texts("service", (ports * 2 + udp).astype(np.uint32), _service_name)
        return string(np.where(valid, ids, 0))

    return derive


def _service_name(key: int) -> bytes:
    return service(key >> 1, "udp" if key & 1 else "tcp")


def _both(field: Callable[[str], Derivation]) -> Derivation:
    """Either end: client and server."""
    client, server = field("c"), field("s")

    def derive(batch: Batch, argument: str | int | None, context: Context) -> tuple[Vector, ...]:
        ends = client(batch, argument, context), server(batch, argument, context)
        return tuple(end for end in ends if isinstance(end, Vector))

    return derive


def _protocol(proto: int, stype: int) -> str:
    return _PROTOCOLS.get(proto, "raw" if stype == socket.SOCK_RAW else "")


def _l4proto(batch: Batch, argument: str | int | None, context: Context) -> Vector:
    key = _column(batch, context, "proto") * 16 + np.minimum(_column(batch, context, "stype"), 15)
    ids = context.texts("l4proto", key.astype(np.uint32), lambda k: _protocol(k >> 4, k & 15).encode())
    return string(np.where(_inet(batch, context) & (ids > 1), ids, 0))


def _sockfamily(batch: Batch, argument: str | int | None, context: Context) -> Vector:
    strings = context.state.strings
    unix = _is_letter(batch, context, "u") & ((_column(batch, context, "flags") & Node.SOCK) != 0)
    return string(np.where(_inet(batch, context), strings.intern(b"ip"), np.where(unix, strings.intern(b"unix"), 0)))


def _connected(batch: Batch, argument: str | int | None, context: Context) -> Vector:
    up = (_column(batch, context, "state") == _ESTABLISHED) | (_column(batch, context, "rport") != 0)
    return flag(up, _inet(batch, context))


def _names_socket(event: Event) -> int:
    return int(event.name in ("connect", "bind"))


def _name_changed(batch: Batch, argument: str | int | None, context: Context) -> Vector:
    """A bind or connect that worked, or is under way."""
    res = ints(batch, "res")
    worked = (res == 0) | (res == -_EINPROGRESS)
    return flag((of_event(batch, _names_socket) != 0) & worked & _inet(batch, context), _known(batch, context))


def _num(batch: Batch, argument: str | int | None, context: Context) -> Vector:
    return number(*fd_number(batch))


def _uid(batch: Batch, argument: str | int | None, context: Context) -> Vector:
    """The thread id followed by the fd's number."""
    fd, valid = fd_number(batch)
    tid = ints(batch, "tid").astype(np.uint64)
    template = (~valid).astype(np.uint16)
    return written(join(len(batch), template, [[uint(tid[valid]), sint(fd[valid])], []]), valid)


def _device(part: Callable[[npt.NDArray[np.int64]], Array]) -> Derivation:
    """A part of the device number; the kernel's own form is 12 bits of major, 20 of minor."""

    def derive(batch: Batch, argument: str | int | None, context: Context) -> Vector:
        device = _column(batch, context, "dev")
        return number(part(device), _known(batch, context) & (device != 0))

    return derive


def _user_device(dev: npt.NDArray[np.int64]) -> Array:
    """As stat(2) shows it."""
    major, minor = dev >> 20, dev & 0xFFFFF
    return (minor & 0xFF) | (major << 8) | ((minor & ~0xFF) << 12)


FD: dict[str, Derivation] = {
    "fd.num": _num,
    "fd.uid": _uid,
    "fd.type": lambda batch, argument, context: string(_type_names(batch, context)),
    "fd.typechar": lambda batch, argument, context: string(type_letters(batch, context)),
    "fd.name": lambda batch, argument, context: string(names(batch, context)),
    "fd.directory": _directory,
    "fd.filename": _filename,
    **{f"fd.{end}ip": _address(end) for end in "cslr"},
    **{f"fd.{end}net": _address(end) for end in "cslr"},
    **{f"fd.{end}port": _port(end) for end in "cslr"},
    **{f"fd.{end}proto": _service(end) for end in "cslr"},
    "fd.ip": _both(_address),
    "fd.net": _both(_address),
    "fd.port": _both(_port),
    "fd.proto": _both(_service),
    "fd.l4proto": _l4proto,
    "fd.sockfamily": _sockfamily,
    "fd.is_server": lambda batch, argument, context: flag(_local_is_server(batch, context), _inet(batch, context)),
    "fd.connected": _connected,
    "fd.name_changed": _name_changed,
    "fd.dev": _device(_user_device),
    "fd.dev.major": _device(lambda dev: dev >> 20),
    "fd.dev.minor": _device(lambda dev: dev & 0xFFFFF),
    "fd.ino": lambda batch, argument, context: number(
        _column(batch, context, "ino"), _known(batch, context) & (_column(batch, context, "ino") != 0)
    ),
}
