"""Parameters of calls in the form of .scap files, from the words of the calls and what they pointed at."""

from __future__ import annotations

import struct

import numpy as np

from sonde.catalog.event import Param as Word
from sonde.catalog.scap.events import PATHS, Event, Param
from sonde.engines.context import RESULT
from sonde.engines.decoding import NUMERIC, TEXTUAL, Group, words
from sonde.plan.batch import Views
from sonde.sources.scap import ends
from sonde.sources.scap.coding import coded, device, kind_of, unknown
from sonde.sources.scap.packing import UNKNOWN, constant, numbers, pooled, sliced, terminated
from sonde.sources.scap.pointed import (
    Encoder,
    data,
    flags_in,
    option,
    option_name,
    polled,
    read,
    size_of_data,
    span,
)
from sonde.sources.scap.program import CALLS, MEMORY, PROGRAM
from sonde.sources.scap.text import size_of

__all__ = ["parameters"]

TEXT_MAX = 4096
_SIGNAL = 0xFF  # the bits of clone's flags that are the signal at the end
_OTHER_NAMES = {"fd": ("fd", "oldfd"), "size": ("size", "addr"), "pathname": ("filename",)}


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
    return unknown(group, param) if word is None else _of_word(group, param, word)


def _word_of(group: Group, param: Param) -> Word | None:
    """The call's own parameter that a parameter is."""
    if param.name in ("res", group.event.params[0].name):
        return group.event.params[0]
    found = {word.name: word for word in (*group.event.arguments, *group.event.params)}
    names = _OTHER_NAMES.get(param.name, (param.name,))
    return next((found[name] for name in names if name in found), None)


def _of_word(group: Group, param: Param, word: Word) -> Views:
    if param.type in ("text", *PATHS):
        return terminated(_cut(group.text(word))) if word.type in TEXTUAL else unknown(group, param)
    if not size_of(param.type)[0] or word.type not in NUMERIC:
        return unknown(group, param)
    values = words(group, word)
    if param.names and word.names:
        return pooled(values, lambda value: coded(param, word.names, value))
    return numbers(values, kind_of(param))


def _cut(views: Views) -> Views:
    return Views(views.data, views.offset, np.minimum(views.length, TEXT_MAX).astype(np.int32), views.full)


def _flags_of_clone(group: Group, param: Param) -> Views:
    return pooled(group.column("a0") & ~_SIGNAL, lambda value: coded(param, "clone", value))


def _nothing(group: Group, param: Param) -> Views:
    """A number that is not known, or that there is none of."""
    return constant(bytes(size_of(param.type)[0]), len(group.at))


def _word(index: int) -> Encoder:
    """An argument word, or the result, as it is."""

    def encoder(group: Group, param: Param) -> Views:
        return numbers(group.column("res" if index == RESULT else f"a{index}"), kind_of(param))

    return encoder


def _marked(index: int) -> Encoder:
    """An argument word, behind a byte that says that it is a number."""

    def encoder(group: Group, param: Param) -> Views:
        return sliced([b"\0" + struct.pack("<q", value) for value in group.column(f"a{index}").tolist()])

    return encoder


def _device(group: Group, param: Param) -> Views:
    """The device of a file that was opened."""
    files = group.batch.state.files
    found = files.column("dev", group.column("file").astype(np.uint32)).astype(np.int64)
    opened = np.where(group.column("res") >= 0, found, 0)
    return pooled(opened, lambda dev: struct.pack("<I", device(dev >> 20, dev & 0xFFFFF)))


def _directory(group: Group, param: Param) -> Views:
    """The working directory."""
    state = group.batch.state
    ids = state.processes.column("cwd", group.column("proc").astype(np.uint32)).astype(np.uint32)
    paths = np.where(group.column("res") >= 0, state.files.paths(ids), 0)
    return pooled(paths, lambda ident: state.strings[ident] + b"\0" if ident else UNKNOWN)


def _pairs() -> dict[tuple[str, str], Encoder]:
    """Parameters in structures that several calls have."""
    found: dict[tuple[str, str], Encoder] = {}
    for at, end in enumerate(("cur", "max")):
        for name in ("getrlimit", "setrlimit"):
            found[name, end] = read("<q", "rlim", 8 * at, -1)
        for part in ("new", "old"):
            found["prlimit", part + end] = read("<q", part, 8 * at, -1)
    for at, fd in enumerate(("fd1", "fd2")):
        found["pipe", fd] = found["pipe2", fd] = read("<i", "fildes", 4 * at, -1)
        found["socketpair", fd] = read("<i", "fds", 4 * at, -1)
    for kind in "ug":
        for part in ("r", "e", "s"):
            found[f"getres{kind}id", f"{part}{kind}id"] = read("<I", f"{part}{kind}id")
    for name in ("writev", "pwritev", "readv", "preadv", "sendmsg", "recvmsg"):
        found[name, "size"] = size_of_data
    for name in ("getsockopt", "setsockopt"):
        found |= {(name, "val"): option, (name, "optname"): option_name}
    found |= {(name, "tuple"): ends.sent for name in ("connect", "sendto", "sendmsg")}
    found |= {(name, "tuple"): ends.received for name in ("accept", "accept4", "recvfrom", "recvmsg")}
    found |= {(name, "dev"): _device for name in ("open", "openat", "creat")}
    return found


_SPECIAL: dict[tuple[str, str], Encoder] = _pairs() | {
    ("nanosleep", "interval"): span("req"), ("ppoll", "timeout"): span("timeout"), ("ppoll", "fds"): polled,
    ("ppoll", "sigmask"): read("<I", "sigmask"), ("poll", "fds"): polled, ("clone", "flags"): _flags_of_clone,
    ("clone3", "flags"): flags_in("<q", "cl_args", 0, "clone", _SIGNAL), ("fork", "flags"): _nothing,
    ("vfork", "flags"): _nothing, ("ptrace", "addr"): _marked(2), ("ptrace", "data"): _marked(3),
    ("getcwd", "path"): _directory, ("getsockopt", "optlen"): read("<I", "optlen"),
    ("openat2", "flags"): flags_in("<q", "how", 0, "open"), ("openat2", "mode"): read("<q", "how", 8),
    ("openat2", "resolve"): flags_in("<q", "how", 16, "open_resolve_flags"),
    ("sendfile", "offset"): read("<q", "offset"),
    ("signalfd", "mask"): read("<I", "mask"), ("signalfd4", "mask"): read("<I", "mask"),
    ("copy_file_range", "offin"): read("<q", "offin"), ("copy_file_range", "offout"): read("<q", "offout"),
    ("getuid", "uid"): _word(RESULT), ("geteuid", "euid"): _word(RESULT), ("getgid", "gid"): _word(RESULT),
    ("getegid", "egid"): _word(RESULT), ("procexit", "status"): _word(0), ("procexit", "ret"): _word(1),
}  # fmt: skip
_BY_TYPE: dict[str, Encoder] = {"bytes": data, "sockaddr": ends.address}
