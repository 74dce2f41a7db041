"""The events of a .scap file as sysdig shows them: its own fields, where they differ from those of operations."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, cached_property

import numpy as np
import numpy.typing as npt

from sonde.catalog import errnos
from sonde.catalog.scap import blocks
from sonde.catalog.scap.calls import CALLS, CATEGORIES
from sonde.catalog.scap.events import EVENTS, NO_EVENT, PATHS, Event
from sonde.catalog.types import Kind
from sonde.engines.context import Context, Derivation, flag, ints, number, string, written
from sonde.engines.times import TIMES
from sonde.plan.batch import Batch, Vector, Views
from sonde.plan.strings import Ids
from sonde.sources.scap.absolute import absolute_paths
from sonde.sources.scap.behind import files_of, records_at
from sonde.sources.scap.fds import Fd
from sonde.sources.scap.follow import Follow
from sonde.sources.scap.lines import Lines, views_of
from sonde.sources.scap.lists import User
from sonde.sources.scap.of_files import Described, uses_descriptor
from sonde.sources.scap.of_threads import thread_fields
from sonde.sources.scap.pieces import Piece
from sonde.sources.scap.text import Texts, number_of

__all__ = ["View"]

I8 = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
_FILES = ("f", "d")
_NETS, _IPCS = ("4", "6"), ("p", "u", "e", "s", "i")
_OPENED = ("open", "openat", "openat2", "creat")
_OPENS = {3: 2, 307: 3, 327: 3}  # where the exit events of opens have their flags


def _event(kind: int) -> Event:
    return EVENTS.get(kind, NO_EVENT)


@cache
def _table(key: Callable[[Event], int], default: int = 0) -> I8:
    """A number by event type."""
    table = np.full(1 << 16, default, np.int64)
    for kind, event in EVENTS.items():
        table[kind] = key(event)
    return table


def _result_place(event: Event) -> int:
    """Where an exit event has its result: `res`, or `fd` of a call that makes one; -1 nowhere."""
    if event.enters:
        return -1
    place = event.place("res")
    return place if place >= 0 or not event.params or event.params[0].name != "fd" else 0


def _io(event: Event) -> int:
    moves = event.uses_fd and event.name != "sendfile"
    return {"io_read": 1, "io_write": 2}.get(event.category, 0) if moves else 0


def _error_kind(event: Event) -> int:
    """The class of an error where nothing is behind the descriptor."""
    return 1 if event.name in _OPENED else 2 if event.name in ("accept", "bind", "connect") else 3


def _waits(event: Event) -> int:
    return int(event.category in ("wait", "sleep") and event.name != "epoll_create")


class View:
    """The fields of the rows of a piece; a row's column `seq` is the number of its event in the piece. Rows are events,
    or completed `calls`, of which nothing is said where nothing is known."""

    def __init__(self, follow: Follow, piece: Piece, calls: bool = False) -> None:
        self.follow, self.piece, self.calls = follow, piece, calls
        self.texts = Texts(follow, piece)
        self.described = Described(follow, piece, self.files, calls)

    @cached_property
    def fields(self) -> dict[str, Derivation]:
        """The view's fields by name."""
        return _fields_of(self)

    def files(self, batch: Batch) -> I8:
        """What is behind the descriptors of rows."""
        if "file" in batch.columns:
            return ints(batch, "file")
        return files_of(self.follow.threads, self.piece, ints(batch, "seq"))

    def rows(self, batch: Batch) -> tuple[list[int], list[int]]:
        """(events, their types) of rows."""
        events = ints(batch, "seq")
        return events.tolist(), self.piece.type[events].tolist()

    def names(self, batch: Batch, context: Context) -> Ids:
        """evt.type."""
        kinds = self.piece.type[ints(batch, "seq")]
        ids = context.texts("scap type", kinds.astype(np.uint32), lambda kind: _event(kind).name.encode())
        calls, generic = self._generic(batch)
        if generic.any():
            named = context.texts("scap call", calls[generic].astype(np.uint32), _call_name)
            ids = ids.copy()
            ids[generic] = named
        return ids

    def _generic(self, batch: Batch) -> tuple[I8, Bools]:
        """(sysdig's number of the call, where it has no type of its own)."""
        events = ints(batch, "seq")
        generic = self.piece.type[events] <= 1
        calls = np.zeros(len(events), np.int64)
        calls[generic] = self.piece.word[events[generic]] & 0xFFFF
        return calls, generic

    def type_(self, batch: Batch, argument: str | int | None, context: Context) -> Vector:
        """evt.type."""
        return string(self.names(batch, context))

    def call(self, batch: Batch, argument: str | int | None, context: Context) -> Vector:
        """syscall.type: missing for what is no call."""
        kinds = self.piece.type[ints(batch, "seq")]
        return string(np.where(_table(_no_call)[kinds] != 0, 0, self.names(batch, context)))

    def type_is(self, batch: Batch, argument: str | int | None, context: Context) -> Vector:
        """evt.type.is.NAME."""
        wanted = context.state.strings.intern(str(argument).encode())
        return number((self.names(batch, context) == wanted).astype(np.int64))

    def direction(self, batch: Batch, argument: str | int | None, context: Context) -> Vector:
        """evt.dir."""
        strings, kinds = context.state.strings, self.piece.type[ints(batch, "seq")]
        return string(np.where(kinds & 1 == 0, strings.intern(b">"), strings.intern(b"<")))

    def category(self, batch: Batch, argument: str | int | None, context: Context) -> Vector:
        """evt.category: of calls that move data by what is behind the descriptor."""
        events = ints(batch, "seq")
        calls, generic = self._generic(batch)
        keys = np.where(generic, 1 << 20 | calls, self.piece.type[events])
        ids = context.numbered("scap category", keys, _category)
        moves = np.isin(ids, context.state.strings.intern_all((b"io_read", b"io_write", b"io_other")))
        if moves.any():
            kinds = context.texts("scap io", self.files(batch)[moves].astype(np.uint32), self._kind_of)
            ids = ids.copy()
            ids[moves] = kinds
        plain = context.state.strings.intern(b"ipc")
        return string(np.where(~moves & (ids == plain), context.state.strings.intern(b"IPC"), ids))

    def _kind_of(self, ident: int) -> bytes:
        letter = self.follow.fds.infos[ident].letter if ident else ""
        return b"file" if letter in _FILES else b"net" if letter in _NETS else b"ipc" if letter in _IPCS else b"unknown"

    def info(self, batch: Batch, argument: str | int | None, context: Context) -> Vector:
        """evt.args: nothing for calls that have no type of their own."""
        return written(Lines(self.texts, ints(batch, "seq"), self.files(batch), context).joined())

    def _place(self, kind: int, key: str | int | None) -> int:
        event = _event(kind)
        if isinstance(key, int) or str(key).isdecimal():
            return int(key or 0)
        return event.place(str(key))

    def argument(self, batch: Batch, argument: str | int | None, context: Context) -> Vector:
        """evt.arg: the name where there is one, else the text."""
        found: list[bytes | None] = []
        for event, kind in zip(*self.rows(batch), strict=True):
            place = self._place(kind, argument)
            if not 0 <= place < min(self.piece.count(event), len(_event(kind).params)):
                found.append(None)
                continue
            text, name = self.texts.shown(event, place, _event(kind), context)
            found.append(name or text)
        views = views_of(found)
        return Vector(Kind.BYTES, views.length, views=views)

    def raw_argument(self, batch: Batch, argument: str | int | None, context: Context) -> Vector:
        """evt.rawarg."""
        values, valid = np.zeros(len(batch), np.int64), np.zeros(len(batch), np.bool_)
        for row, (event, kind) in enumerate(zip(*self.rows(batch), strict=True)):
            place = self._place(kind, argument)
            if 0 <= place < min(self.piece.count(event), len(_event(kind).params)):
                value = number_of(_event(kind).params[place], self.piece.raw(event, place))
                if value is not None:
                    values[row], valid[row] = value, True
        return number(values, valid)

    def results(self, batch: Batch) -> tuple[I8, Bools]:
        """(result, where there is one)."""
        return self.results_of(ints(batch, "seq"))

    def results_of(self, events: I8) -> tuple[I8, Bools]:
        """The same of events."""
        places = _table(_result_place, -1)[self.piece.type[events]]
        valid = self.piece.worded[events] & (places == 0)
        values = np.where(valid, self.piece.word[events], 0)
        later = np.flatnonzero(places > 0)
        for place in set(places[later].tolist()):
            rows = later[places[later] == place]
            values[rows], valid[rows] = self.piece.numbers(place, events[rows])
        return values, valid

    def res(self, batch: Batch, argument: str | int | None, context: Context) -> Vector:
        """evt.res."""
        values, valid = self.results(batch)
        ids = context.numbered("scap res", np.minimum(values, 0), _result_text)
        return string(np.where(valid, ids, 0))

    def raw_res(self, batch: Batch, argument: str | int | None, context: Context) -> Vector:
        """evt.rawres."""
        return number(*self.results(batch))

    def failed(self, batch: Batch, argument: str | int | None, context: Context) -> Vector:
        """evt.failed: false where there is no result."""
        values, valid = self.results(batch)
        return flag(valid & (values < 0))

    def errors(self, wanted: int) -> Derivation:
        """evt.count.error.*: 1 of opens and files, 2 of sockets, 3 of the others, as far as the category tells."""

        def derive(batch: Batch, argument: str | int | None, context: Context) -> Vector:
            values, valid = self.results(batch)
            letters = self.described.letter(batch, argument, context).values
            told = self.category(batch, argument, context).values != context.state.strings.intern(b"unknown")
            kinds = _table(_error_kind, 3)[self.piece.type[ints(batch, "seq")]]
            for kind, among in ((1, _FILES), (2, (*_NETS, "u"))):
                ids = context.state.strings.intern_all(letter.encode() for letter in among)
                kinds = np.where(told & np.isin(letters, ids), kind, kinds)
            return number(np.ones(len(batch), np.int64), valid & (values < 0) & (kinds == wanted))

        return derive

    def buffer(self, batch: Batch, argument: str | int | None, context: Context) -> Vector:
        """evt.buffer."""
        offset, length = self._data(batch)
        data = np.frombuffer(self.piece.data, np.uint8)
        return Vector(Kind.BYTES, length, views=Views(data, offset, length, length))

    def _data(self, batch: Batch) -> tuple[I8, npt.NDArray[np.int32]]:
        events = ints(batch, "seq")
        places = _table(_data_place, -1)[self.piece.type[events]]
        begin, end = self.piece.spans(events, places)
        return np.maximum(begin, 0), np.where(begin >= 0, end - begin, -1).astype(np.int32)

    def buflen(self, batch: Batch, argument: str | int | None, context: Context) -> Vector:
        """evt.buflen: of calls that work on a descriptor what they moved, as far as the result tells; of descriptors
        that are known."""
        events = ints(batch, "seq")
        values, valid = self.results(batch)
        valid &= (self.files(batch) != 0) & (values >= 0)
        return number(np.maximum(values, 0), valid & (_table(_moves)[self.piece.type[events]] != 0))

    def io(self, direction: int) -> Derivation:
        """evt.is_io and its kin; 0: any direction."""

        def derive(batch: Batch, argument: str | int | None, context: Context) -> Vector:
            found = _table(_io)[self.piece.type[ints(batch, "seq")]]
            return flag(found == direction if direction else found != 0)

        return derive

    def io_dir(self, batch: Batch, argument: str | int | None, context: Context) -> Vector:
        """evt.io_dir."""
        found = _table(_io)[self.piece.type[ints(batch, "seq")]]
        return string(np.array([0, *context.state.strings.intern_all((b"read", b"write")).tolist()], np.uint32)[found])

    def waits(self, batch: Batch, argument: str | int | None, context: Context) -> Vector:
        """evt.is_wait."""
        return flag(_table(_waits)[self.piece.type[ints(batch, "seq")]] != 0)

    def wait_latency(self, batch: Batch, argument: str | int | None, context: Context) -> Vector:
        """evt.wait_latency: of calls that wait and have returned."""
        kinds = self.piece.type[ints(batch, "seq")]
        return number(ints(batch, "latency"), (_table(_waits)[kinds] != 0) & (kinds & 1 == 1))

    def opened(self, bits: int) -> Derivation:
        """evt.is_open_read and its kin: an open whose flags have these bits."""

        def derive(batch: Batch, argument: str | int | None, context: Context) -> Vector:
            events = ints(batch, "seq")
            kinds, held = self.piece.type[events], np.zeros(len(events), np.bool_)
            for kind, place in _OPENS.items():
                rows = np.flatnonzero(kinds == kind)
                flags, there = self.piece.numbers(place, events[rows], 4, signed=False)
                held[rows] = there & (flags & bits != 0)
            return flag(held)

        return derive

    def is_main(self, batch: Batch, argument: str | int | None, context: Context) -> Vector:
        """thread.ismain."""
        known = records_at(self.follow.threads, self.piece, ints(batch, "seq")) != 0
        return flag(ints(batch, "tid") == ints(batch, "pid"), known)

    def tty(self, batch: Batch, argument: str | int | None, context: Context) -> Vector:
        """proc.tty."""
        proc = ints(batch, "proc")
        return number(np.array(self.follow.threads.ttys, np.int64)[proc], proc != 0)

    def named(self, key: str, text: Callable[[Fd], bytes | None], nothing: bytes = b"") -> Derivation:
        """A text of the name of what is behind the descriptor: of an open that failed by its path, of other calls that
        return and whose descriptor leads to nothing `nothing`."""
        known = self.described.text(key, text)

        def derive(batch: Batch, argument: str | int | None, context: Context) -> Vector:
            events, intern = ints(batch, "seq"), context.state.strings.intern
            returned = uses_descriptor(self.piece, events) & (self.piece.type[events] & 1 == 1)
            ids = known(batch, argument, context).values.copy()
            unknown = self.files(batch) == 0
            if not self.calls:
                ids[unknown & returned] = intern(nothing)
            for row in np.flatnonzero(unknown & self._failed_open(batch)).tolist():
                path = self._asked(int(events[row]))
                ids[row] = intern(text(Fd(blocks.FILE_V2, path)) or b"") if path else 0
            return string(ids)

        return derive

    def _failed_open(self, batch: Batch) -> Bools:
        kinds = self.piece.type[ints(batch, "seq")]
        return np.isin(kinds, (3, 59, 307, 327))

    def _asked(self, event: int) -> bytes:
        kind = _event(int(self.piece.type[event]))
        place = next(i for i, param in enumerate(kind.params) if param.type in PATHS)
        return self.texts.asked(event, place, kind)

    def person(self, column: str, part: Callable[[User], bytes]) -> Derivation:
        """A text of the user or group of the thread that a column has."""

        def derive(batch: Batch, argument: str | int | None, context: Context) -> Vector:
            table = self.follow.people.groups if column == "gid" else self.follow.people.users
            processes, proc = context.state.processes, ints(batch, "proc").astype(np.uint32)
            idents = processes.column(column, proc).astype(np.int64)
            intern = context.state.strings.intern
            distinct, inverse = np.unique(idents, return_inverse=True)
            ids = [intern(part(table[one])) if one in table else 0 for one in distinct.tolist()]
            known = processes.column("known", proc) != 0
            return string(np.where(known, np.array(ids, np.uint32)[inverse] if ids else 0, 0))

        return derive


def _known(column: str) -> Derivation:
    """A number of the thread, as it is."""

    def derive(batch: Batch, argument: str | int | None, context: Context) -> Vector:
        processes, proc = context.state.processes, ints(batch, "proc").astype(np.uint32)
        values = processes.column(column, proc)
        if column not in ("uid", "gid"):
            values = values.view(np.int32)
        known = processes.column("known", proc) != 0
        return number(values.astype(np.int64), known if column not in ("vpid", "vtid") else known & (values != -1))

    return derive


def _cgroups(batch: Batch, argument: str | int | None, context: Context) -> Vector:
    """thread.cgroups: not of what is no thread but tells of a container, whose group has no controller."""
    groups = context.state.processes.column("cgroups", ints(batch, "proc").astype(np.uint32))

    def text(words: bytes) -> bytes | None:
        return words.replace(b"\0", b" ") if words and not words.startswith(b"=") else None

    return string(context.state.strings.map(groups.astype(np.uint32), "scap cgroups", text))


def _path_of(column: str, slash: bool) -> Derivation:
    """A path of the thread, empty where it is not known."""

    def derive(batch: Batch, argument: str | int | None, context: Context) -> Vector:
        processes, proc = context.state.processes, ints(batch, "proc").astype(np.uint32)
        paths = context.state.files.paths(processes.column(column, proc).astype(np.uint32))
        if slash:
            paths = context.state.strings.map(paths, "cwd", lambda path: path.rstrip(b"/") + b"/")
        return string(np.where(processes.column("known", proc) != 0, np.maximum(paths, 1), 0))

    return derive


def _delta(name: str) -> Derivation:
    """evt.deltatime: nothing has passed before the first row."""

    def derive(batch: Batch, argument: str | int | None, context: Context) -> Vector:
        found = TIMES[name](batch, argument, context)
        assert isinstance(found, Vector)
        return number(found.values)

    return derive


def _call_name(call: int) -> bytes:
    return b"<unknown>" if not 0 < call < len(CALLS) else CALLS[call].encode()


def _no_call(event: Event) -> int:
    return int(event.category in ("scheduler", "internal"))


def _moves(event: Event) -> int:
    return int(event.category.startswith("io_") and not event.enters)


def _category(key: int) -> bytes:
    if key >> 20:
        return CATEGORIES[call if (call := key & 0xFFFFF) < len(CATEGORIES) else 0].encode()
    return _event(key).category.encode()


def _data_place(event: Event) -> int:
    return event.place("data")


def _result_text(value: int) -> bytes:
    if value >= 0:
        return b"SUCCESS"
    return (errnos.name(-value) or str(-value)).encode()


def _directory(info: Fd) -> bytes | None:
    if info.letter == "d":
        return info.name
    return (info.name.rpartition(b"/")[0] or b"/") if info.letter == "f" else None


def _filename(info: Fd) -> bytes | None:
    return info.name.rpartition(b"/")[2] or b"/" if info.letter == "f" else None


def _fields_of(view: View) -> dict[str, Derivation]:
    """The view's fields by name."""
    return {
        "evt.type": view.type_, "syscall.type": view.call, "evt.type.is": view.type_is, "evt.dir": view.direction,
        "evt.category": view.category, "evt.args": view.info, "evt.info": view.info, "evt.arg": view.argument,
        "evt.rawarg": view.raw_argument, "evt.res": view.res, "evt.rawres": view.raw_res, "evt.failed": view.failed,
        "evt.count.error.file": view.errors(1), "evt.count.error.net": view.errors(2),
        "evt.count.error.other": view.errors(3), "evt.buffer": view.buffer, "evt.buflen": view.buflen,
        "evt.is_io": view.io(0), "evt.is_io_read": view.io(1),
        "evt.is_io_write": view.io(2), "evt.io_dir": view.io_dir, "evt.is_wait": view.waits,
        "fd.name": view.named("name", lambda info: info.name),
        "fd.directory": view.named("directory", _directory, b"/"),
        "fd.filename": (view.named if view.calls else view.described.text)("filename", _filename),
        "thread.tid": lambda batch, argument, context: number(ints(batch, "tid")),
        "evt.wait_latency": view.wait_latency,
        "evt.is_open_read": view.opened(1), "evt.is_open_write": view.opened(2), "proc.sid": _known("sid"),
        "proc.ppid": _known("ppid"), "proc.vpid": _known("vpid"), "thread.vtid": _known("vtid"),
        "proc.vpgid": _known("vpgid"), "thread.cgroups": _cgroups, "thread.ismain": view.is_main,
        "proc.cwd": _path_of("cwd", slash=True), "proc.exepath": _path_of("exe_file", slash=False),
        "proc.tty": view.tty, "user.uid": _known("uid"), "group.gid": _known("gid"),
        **{name: _delta(name) for name in ("evt.deltatime", "evt.deltatime.s", "evt.deltatime.ns")},
        "user.name": view.person("uid", lambda user: user.name),
        "group.name": view.person("gid", lambda user: user.name),
        "user.loginname": view.person("loginuid", lambda user: user.name),
        "user.homedir": view.person("uid", lambda user: user.home),
        "user.shell": view.person("uid", lambda user: user.shell),
        **thread_fields(view.follow.threads, view.piece), **view.described.fields(),
        **absolute_paths(view.piece, view.texts),
    }  # fmt: skip
