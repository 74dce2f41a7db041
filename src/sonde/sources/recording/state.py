"""State in a recording: the rows and strings that events refer to, each told once in a segment before it is needed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from sonde.catalog.containers import HOST, container_of
from sonde.plan.batch import Batch
from sonde.plan.containers import Container
from sonde.plan.files import Files
from sonde.plan.people import People
from sonde.plan.state import State
from sonde.plan.strings import Ids, distinct
from sonde.plan.table import Table
from sonde.sources.recording.columns import Packed, pack_all
from sonde.sources.recording.frames import Damaged, Frame, Kind, framed
from sonde.sources.recording.objects import object_in, whole

__all__ = ["ROWS_MAX", "Choice", "Heard", "Told"]

ROWS_MAX = 1 << 21  # of a table: sonde forgets long before
TEXTS_MAX = 1 << 24
FIRST = 2  # strings that need not be told: none, and the empty one
TABLES = {Kind.FILES: "files", Kind.PROCESSES: "processes"}
FILE_IDS = ("file", "dir", "newdir")  # columns of rows
Places = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Choice = Callable[[State, Places], Bools]
T = TypeVar("T", bound=np.generic)


def _table(state: State, kind: int) -> Table:
    table: Table = getattr(state, TABLES[kind])
    return table


class Told:
    """What of a state was written to a segment. Strings get numbers of their own: only those that rows refer to are
    written. With `chosen` only those records of processes are that it gives for their places, and files that these and
    events refer to."""

    def __init__(self, state: State, chosen: Choice | None = None) -> None:
        self.state, self._chosen = state, chosen
        self._numbers = np.zeros(0, np.uint32)
        self._count = FIRST
        self._rows: dict[int, Bools] = {kind: np.zeros(0, np.bool_) for kind in TABLES}
        self._containers: dict[str, Container] = {}

    def begin(self) -> bytes:
        """The frame that begins the state."""
        bases = {name: _table(self.state, kind).base for kind, name in TABLES.items()}
        return framed(Kind.STATE, json.dumps(bases).encode())

    def news(self, batch: Batch | None = None) -> Iterator[bytes]:
        """Frames with what was not told yet, before the rows of a batch, which has to be known for a choice."""
        new = {kind: self._new(kind) for kind in TABLES}
        if self._chosen is not None:
            new[Kind.PROCESSES] = self._marked(Kind.PROCESSES, new[Kind.PROCESSES])
            new[Kind.PROCESSES] = new[Kind.PROCESSES][self._chosen(self.state, new[Kind.PROCESSES])]
            new[Kind.FILES] = np.intersect1d(new[Kind.FILES], self._used(batch, new[Kind.PROCESSES]))
        for kind, places in new.items():
            table = _table(self.state, kind)
            if not len(places):
                continue
            rows = table.rows[self._marked(kind, places)]
            if kind == Kind.PROCESSES:
                yield from self._new_containers(rows["cgroups"])
            columns: dict[str, npt.NDArray[Any]] = {"id": places.astype(np.uint32)}
            yield from self._strings(np.concatenate([rows[name] for name in table.texts]))
            for name in rows.dtype.names or ():
                values = np.ascontiguousarray(rows[name])
                columns[name] = self._numbers[values] if name in table.texts else values
            yield framed(kind, *_body(pack_all(columns), len(places)))

    def _new(self, kind: int) -> Places:
        """The rows of a table that are known and were not told."""
        table = _table(self.state, kind)
        told = self._rows[kind] = _longer(self._rows[kind], len(table))
        return np.flatnonzero((table.rows["known"][: len(table)] != 0) & ~told[: len(table)])

    def _marked(self, kind: int, places: Places) -> Places:
        """The same rows, from now on told, or not to be told."""
        self._rows[kind][places] = True
        return places

    def _used(self, batch: Batch | None, processes: Places) -> Places:
        """The files that rows and records of processes refer to, with the directories they are in."""
        files, records = self.state.files, self.state.processes.rows[processes]
        named = [batch.columns[name] for name in FILE_IDS if name in batch.columns] if batch else []
        ids = np.concatenate([*named, *(records[name] for name in ("exe_file", "cwd", "root"))]).astype(np.uint32)
        found = np.zeros(0, np.int64)
        level = np.unique(files.at(ids)).astype(np.int64)
        while len(level):
            found = np.union1d(found, level)
            level = np.setdiff1d(files.at(files.rows["parent"][level]).astype(np.int64), found)
        return found

    def _new_containers(self, groups: Ids) -> Iterator[bytes]:
        """Tell of the containers that processes with these control groups are in."""
        new: dict[str, Container] = {}
        for ident, engine in {container_of(self.state.strings[text]) for text in distinct(groups)}:
            name = ident.decode("utf-8", "surrogateescape")
            found = self.state.containers.who(name, engine.decode()) if ident != HOST else None
            if found and self._containers.get(name) != found:
                new[name] = found
        self._containers |= new
        if new:
            yield framed(Kind.CONTAINERS, json.dumps(new).encode())

    def _strings(self, ids: Ids) -> Iterator[bytes]:
        """Number strings, and tell those that have no number yet."""
        self._numbers = _longer(self._numbers, len(self.state.strings))
        self._numbers[:FIRST] = range(FIRST)
        new = np.unique(ids[self._numbers[ids] == 0])
        new = new[new >= FIRST]
        if not len(new):
            return
        self._numbers[new] = np.arange(self._count, self._count + len(new))
        self._count += len(new)
        texts = [self.state.strings[ident] for ident in new.tolist()]
        lengths = np.fromiter(map(len, texts), np.uint32, len(texts))
        columns: dict[str, npt.NDArray[Any]] = {"length": lengths, "text": np.frombuffer(b"".join(texts), np.uint8)}
        yield framed(Kind.STRINGS, *_body(pack_all(columns), len(new)))


def _longer(array: npt.NDArray[T], size: int) -> npt.NDArray[T]:
    """The array with zeros behind it, for so many elements."""
    if size <= len(array):
        return array
    grown = np.zeros(max(size, 2 * len(array)), array.dtype)
    grown[: len(array)] = array
    return grown


def _body(packed: tuple[bytes, int], rows: int) -> tuple[bytes, int, int]:
    """The body, rows and head of a frame."""
    return packed[0], rows, packed[1]


class HeardState(State):
    """The state of a segment as it is read: files are taken in when somebody asks for them."""

    def __init__(self, epoch: int, start: int, take: Callable[[], None]) -> None:
        self._take: Callable[[], None] = lambda: None
        super().__init__(epoch, start)
        self._take = take

    @property
    def files(self) -> Files:
        """Files, with all that was told of them so far. Damaged if that is not as it was written."""
        self._take()
        return self._files

    @files.setter
    def files(self, files: Files) -> None:
        self._files = files


class Heard:
    """A state as a segment tells it. What it tells of files waits until they are asked for or it is `settled`."""

    def __init__(self, epoch: int, start: int, people: People | None = None, host: str = "") -> None:
        self._epoch, self._start, self._people, self._host = epoch, start, people, host
        self.begin(b"{}")

    def begin(self, body: bytes) -> None:
        """A state begins: what was heard before is not referred to any more."""
        self._texts_waiting, self._files_waiting = list[Frame](), list[Frame]()
        self.state: State = HeardState(self._epoch, self._start, self.settle)
        self.state.people, self.state.host = self._people, self._host
        self._ids = np.arange(FIRST, dtype=np.uint32)
        for name, base in object_in(body).items():
            if name not in TABLES.values():
                raise Damaged("a state begins with something else")
            getattr(self.state, name).base = whole(base, 1 << 32)

    def hear(self, frame: Frame) -> None:
        """Take in a frame of strings, rows or containers. Damaged if it is not as it was written."""
        if frame.kind == Kind.CONTAINERS:
            self._containers(frame.body)
            return
        if frame.rows > ROWS_MAX:
            raise Damaged("more rows than are ever written at once")
        if frame.kind == Kind.STRINGS:
            self._texts_waiting.append(frame)
        elif frame.kind == Kind.FILES:
            self._files_waiting.append(frame)
        else:
            self._take_texts()
            self._rows(self.state.processes, frame)

    def settle(self) -> None:
        """Take in what waits. Damaged if it is not as it was written."""
        if self._files_waiting:
            self._take_texts()
            waiting, self._files_waiting = self._files_waiting, []
            files = self.state.files
            for frame in waiting:
                self._rows(files, frame)

    def leave(self) -> None:
        """Forget what waits: nobody will ask for it."""
        self._texts_waiting, self._files_waiting = [], []

    def _take_texts(self) -> None:
        waiting, self._texts_waiting = self._texts_waiting, []
        for frame in waiting:
            self._strings(frame)

    def _containers(self, body: bytes) -> None:
        for name, told in object_in(body).items():
            if not isinstance(told, list) or len(told) != len(Container._fields):
                raise Damaged("a container that is none")
            *texts, privileged = told
            if not all(isinstance(text, str) for text in texts) or privileged not in (True, False, None):
                raise Damaged("a container that is none")
            self.state.containers.tell(name, Container._make(told))

    def _strings(self, frame: Frame) -> None:
        packed, rows = Packed(frame.stored, frame.head), frame.rows
        try:
            lengths = packed.column("length", "u4", rows)
            ends = np.cumsum(lengths, dtype=np.int64)
            text = packed.column("text", "u1", int(lengths.sum(dtype=np.int64))).tobytes()
        except KeyError:
            raise Damaged("strings without a text") from None
        if len(self._ids) + rows > TEXTS_MAX:
            raise Damaged("more strings than a state has")
        starts = (ends - lengths).tolist()
        new = self.state.strings.intern_new([text[a:b] for a, b in zip(starts, ends.tolist(), strict=True)])
        self._ids = np.concatenate((self._ids, new))

    def _rows(self, table: Table, frame: Frame) -> None:
        packed, rows = Packed(frame.stored, frame.head), frame.rows
        try:
            places = packed.column("id", "u4", rows)
        except KeyError:
            raise Damaged("rows without ids") from None
        if not rows or not 0 < int(places.min()) <= int(places.max()) < ROWS_MAX:
            raise Damaged("an id that is never given")
        table.ensure_all((places + np.uint32(table.base)).astype(np.uint32))
        first = int(places[0])
        at = slice(first, first + rows) if (places == np.arange(first, first + rows)).all() else places
        table.rows[at] = np.zeros((), table.rows.dtype)
        for name in packed.filled():
            if name in (table.rows.dtype.names or ()):
                values = packed.column(name, table.rows.dtype[name].str, rows)
                table.rows[name][at] = self._texts(values) if name in table.texts else values
        if table is self.state.processes:
            for ident in (places + np.uint32(table.base)).tolist():
                self.state.processes.added(ident)

    def _texts(self, numbers: Ids) -> Ids:
        if len(numbers) and int(numbers.max()) >= len(self._ids):
            raise Damaged("a string that was not told")
        return self._ids[numbers]
