"""One parameter of one event for many rows: its number, its name and its slice, by the parameter's type."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sonde.catalog import flags
from sonde.catalog.errnos import MAX_ERRNO
from sonde.catalog.event import BUFFERS, Event, Param, ParamType, Source
from sonde.catalog.types import Kind
from sonde.engines.context import NO_SOURCE, RESULT, Context, source_index
from sonde.engines.evt import error_ids
from sonde.engines.fd import descriptor_ids, path_ids
from sonde.engines.paths import DIRECTORIES
from sonde.engines.payload import ip_text, socket_addresses, strings_of, terminated
from sonde.engines.proc import PROC
from sonde.engines.record import RECORD, number_in, slice_of, text_of
from sonde.engines.users import USERS, group_text, user_name
from sonde.native.join import join
from sonde.native.ops import Op, hexa, sint, text, uint
from sonde.plan.batch import Batch, Payloads, Vector, Views
from sonde.plan.people import People
from sonde.plan.strings import Ids

__all__ = [
    "AT_FDCWD", "NAMES", "NUMERIC", "PROGRAM", "RUNS", "SIGNED", "TEXTUAL", "Decoded", "Group", "coded", "decode",
    "words",
]  # fmt: skip

Words = npt.NDArray[np.int64]
AT_FDCWD = -100

# how a word is read: as a C int, or as an unsigned 64-bit word; other types are not numbers
SIGNED = {ParamType.FD, ParamType.DIRFD, ParamType.INT, ParamType.PID, ParamType.UID, ParamType.GID, ParamType.SIGNAL}
NUMERIC = SIGNED | {
    ParamType.RES, ParamType.UINT, ParamType.HEX, ParamType.MODE, ParamType.SIZE, ParamType.FLAGS, ParamType.ENUM,
}  # fmt: skip
TEXTUAL = {ParamType.PATH, ParamType.STRING}
_OWNERS = {"tid": "proc.name", "pid": "proc.name", "ptid": "proc.pname"}  # whose name stands behind the number
PROGRAM, RUNS = "filename", ("execve", "execveat")

# parameters that are fields of the process record
_RECORD = {
    "exe": "proc.exe", "cwd": "proc.cwd", "comm": "proc.name", "tid": "thread.tid", "pid": "proc.pid",
    "ptid": "proc.ppid", "ppid": "proc.ppid", "uid": "user.uid", "gid": "group.gid", "vtid": "thread.vtid",
    "vpid": "proc.vpid", "tty": "proc.tty", "pgid": "proc.pgid", "vpgid": "proc.vpgid", "sid": "proc.sid",
    "loginuid": "user.loginuid", "exepath": "proc.exepath", "trusted_exepath": "proc.exepath",
    "cmdline": "proc.cmdline", "exe_ino": "proc.exe_ino", "fdlimit": "proc.fdlimit", "vm_size": "proc.vmsize",
    "vm_rss": "proc.vmrss", "pgft_maj": "thread.pfmajor", "pgft_min": "thread.pfminor",
    "cap_inheritable": "thread.cap_inheritable", "cap_permitted": "thread.cap_permitted",
    "cap_effective": "thread.cap_effective",
}  # fmt: skip


class Group:
    """The rows of a batch that are one event: `at` are their indices, `finished` whether they have results.

    They are those whose `template` is `number`. `slices`, shared between groups, are the views of the argument words
    of the whole batch.
    """

    def __init__(
        self, batch: Batch, context: Context, event: Event, template: npt.NDArray[np.uint16], number: int,
        finished: bool, slices: dict[int, Views],
    ) -> None:  # fmt: skip
        self.batch, self.context, self.event, self.finished = batch, context, event, finished
        self._template, self._number, self._slices = template, number, slices

    @cached_property
    def at(self) -> Words:
        """The indices of the rows."""
        return np.flatnonzero(self._template == self._number)

    def column(self, name: str) -> Words:
        """A physical column of the group's rows as i8."""
        return self.batch.columns[name][self.at].astype(np.int64, copy=False)

    def files(self, name: str) -> Ids:
        """Texts of the files of a physical column, 0 where there is none."""
        return descriptor_ids(self.batch.columns[name][self.at].astype(np.uint32, copy=False), self.context)

    def views(self, argument: int) -> Views:
        """What an argument word of the group's rows pointed at."""
        if argument not in self._slices:
            self._slices[argument] = self.batch.payloads.of_argument(argument, len(self.batch))
        return self._slices[argument].take(self.at)

    @cached_property
    def records(self) -> Views:
        """The records of a tracepoint."""
        return self.views(RECORD)

    def text(self, param: Param) -> Views:
        """The text that a parameter points at, or that lies in the record."""
        if param.place is not None:
            return text_of(self.records, param.place)
        return terminated(self.views(source_index(param.source)))

    def bytes(self, param: Param) -> Views:
        """The bytes that a parameter points at, or that lie in the record."""
        if param.place is not None:
            return slice_of(self.records, param.place)
        return self.views(source_index(param.source))

    def told(self, param: Param) -> npt.NDArray[np.bool_] | None:
        """Where the source knew the parameter's word; None: everywhere."""
        if param.place is not None:
            return slice_of(self.records, param.place).length >= 0
        bits, index = self.batch.columns.get("unknown"), source_index(param.source)
        if bits is None or index > RESULT or param.type not in NUMERIC:
            return None
        return np.asarray(bits[self.at].astype(np.int64) >> index & 1 == 0, np.bool_)

    @cached_property
    def rows(self) -> Batch:
        """The group's rows as a batch without payloads."""
        columns = {name: values[self.at] for name, values in self.batch.columns.items()}
        return Batch(columns, Payloads.none(), self.batch.state)


class Decoded(NamedTuple):
    """A parameter of a group's rows: a number and the op that writes it, a name (string ids, 0 none), or slices.

    Shown in full as number(name), number, name or slice; `absent` stands for nothing of all these.
    """

    numbers: Words | None = None
    write: Callable[..., Op] = sint
    names: Ids | None = None
    views: Views | None = None
    buffer: bool = False  # the slices are I/O data
    valid: npt.NDArray[np.bool_] | None = None
    absent: bytes = b"<NA>"


def words(group: Group, param: Param) -> Words:
    """The parameter's words as i8: C ints by their sign, results as they are, other words bit for bit."""
    if param.place is not None:
        return number_in(group.records, param.place, param.type in SIGNED or param.type is ParamType.RES)
    index = source_index(param.source)
    if index == NO_SOURCE or (index == RESULT and not group.finished):
        return np.zeros(len(group.at), np.int64)
    values = group.column("res" if index == RESULT else f"a{index}")
    return values.astype(np.int32).astype(np.int64) if param.type in SIGNED else values


def coded(values: Words, param: Param) -> Words:
    """The numbers that are shown for words: sysdig has its own for some flags."""
    if param.type is not ParamType.FLAGS:
        return values
    distinct, inverse = np.unique(values, return_inverse=True)
    return np.array([flags.code(param.names, value) for value in distinct.tolist()], np.int64)[inverse]


def decode(group: Group, param: Param) -> Decoded:
    """The parameter of the group's rows."""
    found, known = _decoded(group, param), group.told(param)
    if known is None or found.views is not None:
        return found
    names = None if found.names is None else np.where(known, found.names, 0).astype(np.uint32)
    return found._replace(names=names, valid=known if found.valid is None else found.valid & known)


def _decoded(group: Group, param: Param) -> Decoded:
    if param.type in TEXTUAL:
        views = group.text(param)
        if param.name == PROGRAM and group.event.name in RUNS and group.finished:
            return _program(group, views)
        return Decoded(views=views, valid=views.length >= 0)
    if param.type in BUFFERS:
        views = group.views(source_index(param.source))
        moved = (group.column("res") > 0) & group.finished
        # a call that moved nothing has an empty buffer, not an unknown one
        return Decoded(views=views, buffer=True, valid=(views.length >= 0) | ~moved)
    return _DECODERS.get(param.type, _plain)(group, param)


def _plain(group: Group, param: Param) -> Decoded:
    if param.type is ParamType.HEX and param.source is Source.RET:
        values = words(group, param)
        return Decoded(values, _address_or_error, error_ids(values, group.context))
    unsigned = param.type in NUMERIC and param.type not in SIGNED and param.type is not ParamType.RES
    write = hexa if param.type is ParamType.HEX else uint if unsigned else sint
    return Decoded(words(group, param), write)


def _address_or_error(values: Words, missing: npt.NDArray[np.bool_] | None = None) -> Op:
    """An address, or the number of the error there is in its place."""
    error = (values < 0) & (values >= -MAX_ERRNO)
    if not error.any():
        return hexa(values, missing=missing)
    return text(join(len(values), error.astype(np.uint16), [[hexa(values[~error])], [sint(values[error])]]))


def _result(group: Group, param: Param) -> Decoded:
    values = words(group, param)
    return Decoded(values, names=error_ids(values, group.context))


def _descriptor(group: Group, param: Param) -> Decoded:
    """The main fd with its file; another one is a plain number. A result that is no fd is an error."""
    values = words(group, param)
    names = np.zeros(len(values), np.uint32)
    if group.event.fd == param:
        names = np.where(values >= 0, group.files("file"), 0).astype(np.uint32)
    if param.source is Source.RET:
        names = np.where(values < 0, error_ids(values, group.context), names)
    if param.type is ParamType.DIRFD:
        column = DIRECTORIES[group.event.directories.index(param)]
        names = np.where(values == AT_FDCWD, group.context.state.strings.intern(b"AT_FDCWD"), group.files(column))
    return Decoded(values, names=names.astype(np.uint32))


def _named(name: Callable[[Param, int, People | None], bytes | None]) -> Callable[[Group, Param], Decoded]:
    """Numbers with a name, asked once for each distinct one."""

    def decoder(group: Group, param: Param) -> Decoded:
        values = words(group, param)
        distinct, inverse = np.unique(values, return_inverse=True)
        key = f"{param.type}:{param.names}"
        people = group.context.state.people
        ids = [group.context.named(key, value, lambda v: name(param, v, people) or None) for value in distinct.tolist()]
        return Decoded(coded(values, param), _plain(group, param).write, np.array(ids, np.uint32)[inverse])

    return decoder


def _mode(group: Group, param: Param) -> Decoded:
    """Octal digits with a zero in front: names, since they are few."""
    values = words(group, param) & 0xFFFF
    ids = group.context.texts("mode", values.astype(np.uint32), lambda mode: b"0%o" % mode if mode else b"0")
    return Decoded(names=ids)


def _address(group: Group, param: Param) -> Decoded:
    names = socket_addresses(group.context.state.strings, group.bytes(param), group.context.services)
    if param.out:  # a call that failed wrote none
        names = np.where(group.column("res") >= 0, names, 0).astype(np.uint32)
    return Decoded(names=names)


def _ip(group: Group, param: Param) -> Decoded:
    strings = group.context.state.strings
    return Decoded(names=strings.map(strings_of(strings, group.bytes(param)), "ip", ip_text))


def _tuple(group: Group, param: Param) -> Decoded:
    return Decoded(names=path_ids(group.column("file").astype(np.uint32), group.context), absent=b"NULL")


def _program(group: Group, views: Views) -> Decoded:
    """The name an exec was given. One that succeeded has left the memory it stood in: then the path of what runs."""
    names = strings_of(group.context.state.strings, views)
    gone = (names == 0) & (group.column("res") == 0)
    if gone.any():
        running = PROC["proc.exepath"](group.rows, None, group.context)
        assert isinstance(running, Vector)
        names = np.where(gone, running.values, names).astype(np.uint32)
    return Decoded(names=names)


def _record(group: Group, param: Param) -> Decoded:
    """A field of the process record."""
    if param.name == "args":
        argv = group.context.state.processes.column("argv", group.column("proc").astype(np.uint32)).astype(np.uint32)
        shown = group.context.cut
        return Decoded(names=group.context.state.strings.map(argv, ("args", shown), lambda text: _dotted(text, shown)))
    derivation = (PROC | USERS).get(_RECORD.get(param.name, ""))
    found = derivation(group.rows, None, group.context) if derivation else None
    if not isinstance(found, Vector):
        return Decoded(names=np.zeros(len(group.at), np.uint32))
    if found.kind is Kind.STR:
        names = found.values.astype(np.uint32)
        return Decoded(names=group.context.state.strings.map(names, "bare", _bare) if param.name == "cwd" else names)
    owner = _OWNERS.get(param.name)
    called = PROC[owner](group.rows, None, group.context) if owner else None
    who = called.values.astype(np.uint32) if isinstance(called, Vector) else None
    return Decoded(found.values.astype(np.int64), names=who, valid=found.present())


def _bare(directory: bytes) -> bytes:
    """A directory without the slash at its end that proc.cwd has."""
    return directory.rstrip(b"/") or directory


def _dotted(argv: bytes, shown: int | None) -> bytes:
    """The arguments after argv[0], a dot behind each."""
    text = b"".join(word + b"." for word in argv.rstrip(b"\0").split(b"\0")[1:])
    return text if shown is None or len(text) <= shown else text[: max(0, shown - 3)] + b"..."


# the name of a number by the parameter's type
NAMES: dict[ParamType, Callable[[Param, int, People | None], bytes | None]] = {
    ParamType.FLAGS: lambda param, value, people: flags.names(param.names, value).encode(),
    ParamType.ENUM: lambda param, value, people: flags.names(param.names, value).encode(),
    ParamType.SIGNAL: lambda param, value, people: flags.names("signal", value).encode(),
    ParamType.UID: lambda param, value, people: user_name(value, people) if value >= 0 else None,
    ParamType.GID: lambda param, value, people: group_text(value, people) if value >= 0 else None,
}
_DECODERS: dict[ParamType, Callable[[Group, Param], Decoded]] = {
    ParamType.RES: _result,
    ParamType.FD: _descriptor,
    ParamType.DIRFD: _descriptor,
    **{kind: _named(name) for kind, name in NAMES.items()},
    ParamType.MODE: _mode,
    ParamType.SOCKADDR: _address,
    ParamType.IP: _ip,
    ParamType.TUPLE: _tuple,
    ParamType.PROC: _record,
}
