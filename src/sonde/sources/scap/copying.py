"""Events of a .scap file that go into another one as they are, and what stands before them."""

from __future__ import annotations

import re
import struct
from contextlib import suppress

import numpy as np
import numpy.typing as npt

from sonde.catalog.scap import blocks as known
from sonde.engines.context import Context, ints
from sonde.native.join import join
from sonde.native.ops import view
from sonde.native.scap import Walk
from sonde.plan.batch import HIDDEN, Batch, Views
from sonde.plan.state import State
from sonde.sources.scap import lists
from sonde.sources.scap.beginning import Beginning
from sonde.sources.scap.events_out import Blocks
from sonde.sources.scap.fds import SERVER
from sonde.sources.scap.lists import Entry
from sonde.sources.scap.lists_out import block
from sonde.sources.scap.operations import ENDS
from sonde.sources.scap.packing import constant, numbers
from sonde.sources.scap.pieces import OLD
from sonde.sources.scap.source import PIECE, Reader, ScapFile

__all__ = ["Copies", "listed"]

I8 = npt.NDArray[np.int64]
_FLAGGED = {0x204: 0x208, 0x216: 0x217, 0x221: 0x222}  # blocks of events with flags, by those without
_CPU_END, _FLAGS = 10, struct.pack("<I", known.STATE_ONLY)  # where flags stand, and what they say
_UNIX = re.compile(rb"([0-9a-f]{1,16})->([0-9a-f]{1,16}) (.*)", re.DOTALL)
_PEOPLE = (354, 356, 358, 360)  # events that tell users and groups


def listed(path: str) -> Beginning:
    """The lists before the events of a file."""
    found, fds, people = Beginning(), dict[int, list[Entry]](), list[lists.User]()
    with open(path, "rb") as file:
        reader, walk, whole = Reader(file), Walk(OLD, known.LARGEST), b""
        while data := reader.read(PIECE):
            whole += data
            there = walk.blocks(np.frombuffer(whole, np.uint8))
            for kind, offset, length in there.other.tolist():
                with suppress(struct.error):  # who reads the rows tells of it
                    _listed(kind, whole[offset : offset + length], found, fds, people)
            if len(there.start) or there.damaged:
                break
            whole = whole[there.next :]
    found.fds, found.people = fds, people
    return found


def _listed(
    kind: int, body: bytes, found: Beginning, fds: dict[int, list[Entry]], people: list[lists.User]
) -> None:  # fmt: skip
    if kind in known.MACHINE:
        found.machine = block(kind, body)
    elif kind in known.INTERFACES:
        found.interfaces += lists.interfaces(body, known.INTERFACES[kind])
    elif kind in known.USERS:
        people += lists.users(body, known.USERS[kind])
    elif kind in known.PROCESSES:
        found.processes += lists.processes(body, known.PROCESSES[kind])
    elif kind in known.FDS:
        tid, entries = lists.fds(body, known.FDS[kind])
        fds.setdefault(tid, []).extend(entries)


class Copies:
    """Events of a source: those that pass, and those that no filter is asked about, of containers and users, and what
    is there only for what it changes; without a filter all. `nobody`: without those of users."""

    def __init__(self, source: ScapFile, nobody: bool) -> None:
        self._source, self._nobody = source, nobody
        self._before: list[Views] = []  # of pieces of which nothing else is copied
        self._latest = 0  # time up to now: the order in the file stays

    def skip(self) -> None:
        """No row of the piece passes."""
        if self._source.piece is not None and len(others := self._others()):
            self._before.append(self._raw(others))

    def blocks(self, batch: Batch, context: Context) -> list[Blocks]:
        """What is copied of the piece that the rows are of."""
        assert self._source.piece is not None
        rows, others = ints(batch, "seq"), self._others()
        hidden = batch.columns["flags"].astype(np.int64) & HIDDEN != 0
        found = [self._blocks(views, np.zeros(len(views), np.int64), rows[:1].repeat(len(views)))
                 for views in self._before]  # fmt: skip
        self._before = []
        places = np.minimum(2 * np.searchsorted(rows, others), 2 * len(rows) - 1)
        found.append(self._blocks(self._raw(others), places, others))
        found += [self._blocks(self._raw(rows[~hidden]), 2 * np.flatnonzero(~hidden), rows[~hidden])]
        found += [self._blocks(self._kept(rows[hidden]), 2 * np.flatnonzero(hidden), rows[hidden])]
        self._latest = max(self._latest, int(self._source.piece.time[rows].max()))
        return found

    def calls(self, batch: Batch) -> Batch:
        """The calls that return among the rows."""
        assert self._source.piece is not None
        rows, numbers = ints(batch, "seq"), ints(batch, "num")
        ends = ENDS[self._source.piece.type[rows]]
        return self._source.operations.rows(self._source.piece, rows[ends], numbers[ends])

    def entry(self, fd: int, state: State, place: int) -> Entry | None:
        """What is listed of a descriptor."""
        found = self._source.fds.infos[place + state.files.base]
        name, pair, ends = found.name, (0, 0), found.ends
        if found.type == known.UNIX and (made := _UNIX.fullmatch(name)):
            pair, name = (int(made[1], 16), int(made[2], 16)), made[3]
        if found.role == SERVER:  # its own end comes first
            ends = (*ends[2:], *ends[:2])
        return Entry(fd, found.ino, found.type, ends, found.l4, pair, name, dev=found.dev)

    def _others(self) -> I8:
        assert self._source.piece is not None
        others = self._source.others
        return others[~np.isin(self._source.piece.type[others], _PEOPLE)] if self._nobody else others

    def _blocks(self, views: Views, order: I8, events: I8) -> Blocks:
        assert self._source.piece is not None
        time = np.maximum.accumulate(np.maximum(self._source.piece.time, self._latest))
        return Blocks(time[events], order, views)

    def _raw(self, events: I8) -> Views:
        """Blocks as they are, one behind the other."""
        data, start, total = self._places(events)
        return join(len(events), None, [[view(_views(data, start, total))]]).views()

    def _kept(self, events: I8) -> Views:
        """Blocks of events that are there only for what they change: with flags that say so."""
        data, start, total = self._places(events)
        kinds = data[start] | data[start + 1].astype(np.int64) << 8
        for plain, flagged in _FLAGGED.items():
            kinds[kinds == plain] = flagged
        rest = _views(data, start + _CPU_END, total - _CPU_END - 4)
        longer = numbers(total + len(_FLAGS), "<u4")
        cpu, flags = _views(data, start + 8, np.full(len(events), 2)), constant(_FLAGS, len(events))
        parts = (numbers(kinds, "<u4"), longer, cpu, flags, rest, longer)
        return join(len(events), None, [[view(part) for part in parts]]).views()

    def _places(self, events: I8) -> tuple[npt.NDArray[np.uint8], I8, I8]:
        """(bytes, where blocks of events start in them, how long they are)."""
        piece = self._source.piece
        assert piece is not None
        data, start = np.frombuffer(piece.data, np.uint8), piece.start[events]
        sizes = [data[start + 4 + at].astype(np.int64) << 8 * at for at in range(4)]
        return data, start, np.sum(sizes, axis=0, dtype=np.int64)


def _views(data: npt.NDArray[np.uint8], start: I8, length: I8) -> Views:
    short = length.astype(np.int32)
    return Views(data, start, short, short)
