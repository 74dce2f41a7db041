"""Completed calls of a .scap file: an enter and an exit event as one row, with the kernel's words."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from functools import cache, cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sonde.catalog.event import BUFFERS, EXIT_EVENTS, Param, ParamType
from sonde.catalog.lookup import EVENTS as CALLS
from sonde.catalog.scap.events import EVENTS
from sonde.catalog.scap.names import NAMES
from sonde.plan.batch import ENTER_ROW, PHYSICAL, RESULT_UNKNOWN, Array, Batch, Payloads
from sonde.sources.scap.behind import files_at, files_of, records_at
from sonde.sources.scap.coding import SAME
from sonde.sources.scap.follow import Follow
from sonde.sources.scap.memory import MEMORY
from sonde.sources.scap.pieces import SWITCHES, Piece, of_types
from sonde.sources.scap.rows import numbers_of
from sonde.sources.scap.sockets import address_of, tuple_of
from sonde.sources.scap.text import size_of
from sonde.sources.scap.view import View
from sonde.sources.strace import values

__all__ = ["ALL", "ALONE", "ENDS", "OWN", "WORDS", "Operations"]

I8 = npt.NDArray[np.int64]
_PROCEXIT, _SIGNAL = 186, 232
ENDS = of_types({n for n, e in EVENTS.items() if not e.enters and not e.aside} | {16, _PROCEXIT, _SIGNAL})
ALONE = of_types({n for n, e in EVENTS.items() if e.aside} | SWITCHES - {16, _PROCEXIT, _SIGNAL})  # they are of no call
_IDS = ("getuid", "geteuid", "getgid", "getegid")  # their only parameter is what they return
_GIVES_ID = of_types({n for n, e in EVENTS.items() if not e.enters and e.name in _IDS})
# the numbers of exits and signals, by event type
_WITHOUT_RESULT = np.zeros(1 << 16, np.int64)
_WITHOUT_RESULT[[16, _PROCEXIT]] = EXIT_EVENTS["procexit"]
_WITHOUT_RESULT[_SIGNAL] = EXIT_EVENTS["signaldeliver"]
_CWD, _NOT_KNOWN = -100, 0xFFFFFFFF
_COUNT = ("a0", "a1", "a2", "a3", "a4", "a5")
_OTHER_NAMES = {"fd": ("fd", "out_fd", "fd_in"), "sig": ("sig",), "size": ("size", "len", "length")}
# fields that are better answered by what the file itself says
OWN = ("fd.name", "fd.directory", "fd.filename", "fd.type", "fd.typechar", "fd.l4proto", "fd.sockfamily", "user.name",
        "user.loginname", "user.homedir", "user.shell", "group.name", "proc.cwd", "proc.exepath", "proc.tty",
        "proc.nthreads", "proc.fdopencount", "proc.fdusage", "proc.duration")  # fmt: skip
WORDS = frozenset((*_COUNT, "dir", "newdir"))
ALL = WORDS | {
    "time", "nr", "flags", "seq", "unknown", "latency", "cpu", "tid", "pid", "res", "proc", "file", "fdlimit",
}  # fmt: skip


class Place(NamedTuple):
    """Where a word of a call stands: which parameter, of the enter or the exit event."""

    word: int
    param: Param
    at: int
    entered: bool
    kind: str
    names: str


@cache
def _places(kind: int, number: int) -> tuple[Place, ...]:
    """Where the words of a call stand in the events of a type: of its exit, or of its enter if it has not returned."""
    call, found = CALLS.get(number), []
    if call is None:
        return ()
    for param in call.params:
        if not param.source.value.startswith("a"):
            continue
        for side in (kind, kind - 1)[: 1 + (kind & 1)]:  # exit events of newer files repeat what enter events have
            event = EVENTS.get(side)
            names = _OTHER_NAMES.get(param.name, (param.name,))
            at = next((at for name in names if event and (at := event.place(name)) >= 0), -1)
            if event and at >= 0:
                one = event.params[at]
                found.append(Place(int(param.source.value[1]), param, at, side != kind, one.type, one.names))
    return tuple(found)


@cache
def _kernel_bits(table: str, names: str, value: int) -> int | None:
    """Flags in the kernel's coding, None if a name is not known."""
    left, words = value, []
    for name, bits in NAMES.get(table, ()):
        if bits == left or (bits and left & bits == bits):
            words.append(name)
            left &= ~bits
            if not left:
                break
    if left:
        return None
    return values.number("|".join(words), names) if words else 0


class Operations:
    """Rows of calls that returned, of exits and of signals."""

    def __init__(self, follow: Follow, snaplen: int) -> None:
        self._follow, self._snaplen = follow, snaplen
        self._last: View | None = None

    def rows(self, piece: Piece, events: I8, numbers: I8, names: frozenset[str] = ALL, pointed: bool = True) -> Batch:
        """A row for each of some events, all of which end a call, with columns by name; `pointed`: also what its
        arguments point at. Of words that are not among the columns none is known."""
        return _Made(self._view(piece), events, self._snaplen).batch(numbers, names, pointed)

    def running(self, piece: Piece, events: I8, now: int, number: int, names: frozenset[str]) -> Batch:
        """A row for each call that was entered and is still running `now`, at the end; numbers from one on."""
        made = _Made(self._view(piece), events, self._snaplen)
        batch = made.batch(np.arange(number, number + len(events)), ALL | names, pointed=True)
        batch.columns.update(
            flags=np.full(len(events), ENTER_ROW, np.uint32), time=np.full(len(events), now, np.int64),
            latency=now - piece.time[events],
        )  # fmt: skip
        return batch

    def _view(self, piece: Piece) -> View:
        """What is seen of a piece, the same while it is asked about."""
        if self._last is None or self._last.piece is not piece:
            self._last = View(self._follow, piece, calls=True)
        return self._last


class _Made:
    """Columns and payloads of some events."""

    def __init__(self, view: View, events: I8, snaplen: int) -> None:
        piece, self.view, self.events, self.snaplen = view.piece, view, events, snaplen
        self.follow, self.piece, self.threads = view.follow, piece, view.follow.threads
        self.words: dict[str, I8] = {}
        self.seen = np.zeros((6, 0), np.int8)  # what was pointed at, by word
        self.held: list[tuple[I8, int, I8, I8, I8]] = []  # rows, argument, offset, length, full
        self.extra = bytearray()

    @cached_property
    def ended(self) -> I8:
        """The rows of exits and signals."""
        return np.flatnonzero(_WITHOUT_RESULT[self.piece.type[self.events]])

    @cached_property
    def nr(self) -> I8:
        """Numbers of calls."""
        found = numbers_of(self.piece, self.events)
        found[self.ended] = _WITHOUT_RESULT[self.piece.type[self.events[self.ended]]]
        return found

    @cached_property
    def results(self) -> tuple[I8, npt.NDArray[np.bool_]]:
        """(result, where there is one)."""
        found, told = self.view.results_of(self.events)
        ids = np.flatnonzero(_GIVES_ID[self.piece.type[self.events]])
        if len(ids):
            found[ids], told[ids] = self.piece.numbers(0, self.events[ids], 4, signed=False)
        return found, told

    @cached_property
    def unknown(self) -> I8:
        """Which words are not known: none yet; an exit or a signal has no result."""
        found = np.where(self.results[1], 0x3F, 0x3F | RESULT_UNKNOWN)
        found[self.ended] = 0x3F
        return found

    def batch(self, numbers: I8, names: frozenset[str], pointed: bool) -> Batch:
        """All rows."""
        if pointed or not names.isdisjoint(WORDS):
            self._fill(names, pointed)
        columns: dict[str, Array] = {"num": numbers.astype(np.uint64)}
        for name in names & _MAKE.keys():
            columns[name] = _MAKE[name](self).astype(np.dtype(PHYSICAL[name][0]), copy=False)
        return Batch(columns, self._payloads(), self.threads.state, {name: self.view.fields[name] for name in OWN})

    def _fill(self, names: frozenset[str], pointed: bool) -> None:
        """Words of calls that were asked for, and what they point at."""
        self.words = {name: np.zeros(len(self.events), np.int64) for name in WORDS}
        self.seen = np.zeros((6, len(self.events)), np.int8)
        if len(self.ended):
            self._endings()
        keys, inverse = np.unique(self.piece.type[self.events] << 16 | self.nr, return_inverse=True)
        for index, key in enumerate(keys.tolist()):
            kind, number = key >> 16, key & 0xFFFF
            places = () if _WITHOUT_RESULT[kind] else _places(kind, number)
            wanted = [place for place in places if pointed or not names.isdisjoint(_gives(place))]
            rows = np.flatnonzero(inverse == index) if wanted else self.ended[:0]
            for place in wanted:
                self._place(place, rows, number)

    def _endings(self) -> None:
        """An exit or a signal has no result: its parameters are the words."""
        for kind in np.unique(self.piece.type[self.events[self.ended]]).tolist():
            rows = self.ended[self.piece.type[self.events[self.ended]] == kind]
            for word, param in enumerate(EVENTS[kind].params[:4]):
                found, there = self.piece.numbers(word, self.events[rows], size_of(param.type)[0])
                self.words[_COUNT[word]][rows] = found
                self.unknown[rows[there]] &= ~(1 << word)

    def _place(self, place: Place, rows: I8, number: int) -> None:
        """One word of the calls of some rows."""
        at = self.events[rows]
        if place.entered:
            valid = self.piece.pairs.valid[at]
            rows, at = rows[valid], self.piece.pairs.enter[at[valid]]
        kind = place.param.type
        if kind in (ParamType.PATH, ParamType.STRING) or kind in BUFFERS:
            self._payload(place, rows, at, kind in BUFFERS)
        elif kind is ParamType.SOCKADDR:
            self._address(place, rows, at)
        elif size := size_of(place.kind)[0]:
            found, there = self.piece.numbers(place.at, at, size, size_of(place.kind)[1])
            if place.names and place.names not in SAME:
                found, there = self._translated(place, found, there)
            rows, at, found = rows[there], at[there], found[there]
            self.words[_COUNT[place.word]][rows] = found
            self.unknown[rows] &= ~(1 << place.word)
            if kind is ParamType.DIRFD:
                column = "dir" if CALLS[number].directories[0] is place.param else "newdir"
                self.words[column][rows] = self._directories(at, found)

    def _translated(self, place: Place, found: I8, there: npt.NDArray[np.bool_]) -> tuple[I8, npt.NDArray[np.bool_]]:
        """Flags in the kernel's coding."""
        distinct, inverse = np.unique(found, return_inverse=True)
        bits = [_kernel_bits(place.names, place.param.names, value) for value in distinct.tolist()]
        known = np.array([one is not None for one in bits], np.bool_)
        words = np.array([one or 0 for one in bits], np.int64)
        return words[inverse], there & known[inverse]

    def _directories(self, events: I8, fds: I8) -> I8:
        """Ids of directories that paths are relative to."""
        files = files_at(self.follow.threads, self.piece, events, fds)
        return np.where(fds == _CWD, 0, np.where(files != 0, files, _NOT_KNOWN))

    def _payload(self, place: Place, rows: I8, at: I8, buffer: bool) -> None:
        begin, end = self.piece.spans(at, place.at)
        there = (begin >= 0) & (self.seen[place.word][rows] == 0)
        if buffer:  # of a call that failed there is no data, which is not the same as an empty buffer
            there &= (self.results[0][rows] >= 0) | (end > begin)
        rows, offset, length = rows[there], begin[there], (end - begin)[there]
        self.seen[place.word][rows] = 1
        full = np.maximum(self.results[0][rows], 0) if buffer else length
        if buffer:
            length = np.minimum(length, self.snaplen)
        self.held.append((rows, place.word, offset, length, full))

    def _address(self, place: Place, rows: I8, at: I8) -> None:
        """A socket's address, as the kernel has it."""
        for row, event in zip(rows.tolist(), at.tolist(), strict=True):
            raw = _sockaddr(self.piece.raw(event, place.at))
            if raw and not self.seen[place.word][row]:
                self.seen[place.word][row] = 1
                start = np.array([len(self.piece.data) + len(self.extra)], np.int64)
                size = np.array([len(raw)], np.int64)
                self.held.append((np.array([row], np.int64), place.word, start, size, size))
                self.extra += raw

    def _payloads(self) -> Payloads:
        if not self.held:
            return Payloads.none()
        rows, offset, length, full = (np.concatenate([one[i] for one in self.held]) for i in (0, 2, 3, 4))
        argument = np.concatenate([np.full(len(one[0]), one[1], np.uint8) for one in self.held])
        order = np.lexsort((argument, rows))
        data = np.frombuffer(self.piece.data + bytes(self.extra), np.uint8)
        return Payloads(rows[order], argument[order], offset[order], length[order].astype(np.int32),
                        full[order].astype(np.int32), data)  # fmt: skip


def _gives(place: Place) -> tuple[str, ...]:
    """The columns that a word is in."""
    word = (_COUNT[place.word],)
    return (*word, "dir", "newdir") if place.param.type is ParamType.DIRFD else word


def _latency(made: _Made) -> I8:
    """Since the call was entered, -1 where that is not known."""
    pairs, time = made.piece.pairs, made.piece.time
    since = time[made.events] - time[pairs.enter[made.events]]
    return np.where(pairs.valid[made.events], since, -1)


def _records(made: _Made) -> I8:
    return records_at(made.threads, made.piece, made.events)


def _pids(made: _Made) -> Array:
    return made.threads.state.processes.column("pid", _records(made).astype(np.uint32))


def _word(name: str) -> Callable[[_Made], Array]:
    return lambda made: made.words[name]


def _memory(name: str) -> Callable[[_Made], Array]:
    return lambda made: made.threads.memory.column(name, made.piece, made.events)


_MAKE: dict[str, Callable[[_Made], Array]] = {
    "time": lambda made: made.piece.time[made.events],
    "latency": _latency,
    "nr": lambda made: made.nr,
    "cpu": lambda made: made.piece.cpu[made.events],
    "flags": lambda made: np.zeros(len(made.events)),
    "tid": lambda made: made.piece.tid[made.events] & 0xFFFFFFFF,
    "pid": _pids,
    "res": lambda made: made.results[0],
    "proc": _records,
    "file": lambda made: files_of(made.threads, made.piece, made.events),
    "seq": lambda made: made.events,
    "unknown": lambda made: made.unknown,
    "fdlimit": lambda made: np.array(made.threads.fdlimits, np.int64)[_records(made)],
    **{name: _word(name) for name in WORDS},
    **{name: _memory(name) for name in MEMORY},
}  # fmt: skip


def _sockaddr(raw: bytes) -> bytes:
    """The kernel's struct sockaddr of an address, or of the far end of a tuple."""
    if found := tuple_of(raw):
        ip, port = found[1][2], found[1][3]
    elif one := address_of(raw):
        ip, port = one[1], one[2]
    elif raw[:1] == b"\x01":
        path = raw[17:] if len(raw) > 17 else raw[1:]
        return struct.pack("<H", socket.AF_UNIX) + path
    else:
        return b""
    if len(ip) == 4:
        return struct.pack("<H", socket.AF_INET) + struct.pack(">H", port) + ip + bytes(8)
    return struct.pack("<H", socket.AF_INET6) + struct.pack(">HI", port, 0) + ip + bytes(4)
