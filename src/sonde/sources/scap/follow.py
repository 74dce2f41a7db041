"""What events change for those after them: threads, descriptors, working directories, users; as sysdig follows them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from sonde.catalog.scap import blocks
from sonde.catalog.scap.events import EVENTS
from sonde.plan.state import State
from sonde.sources.scap import sockets, tasks
from sonde.sources.scap.fds import Fd, Fds
from sonde.sources.scap.people import People
from sonde.sources.scap.pieces import NEW_THREADS, SWITCHES, Piece, of_types
from sonde.sources.scap.threads import Thread, Threads

__all__ = ["Follow"]

I8 = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
O_DIRECTORY, CWD = 1 << 10, -100
_FCNTL, _DUPLICATES = 151, (1, 26)  # F_DUPFD, F_DUPFD_CLOEXEC
Change = Callable[["Follow", Piece, int, Thread], None]


class Follow:
    """State that changes from event to event of a file."""

    def __init__(self, state: State) -> None:
        self.fds = Fds(state)
        self.threads = Threads(state, self.fds)
        self.people = People()

    def through(self, piece: Piece) -> None:
        """Follow the events of a piece."""
        self.threads.begin()
        rows = np.union1d(_changing(piece), self._first_seen(piece))
        for event, kind, tid in zip(rows.tolist(), piece.type[rows].tolist(), piece.tid[rows].tolist(), strict=True):
            self.threads.event = event
            if kind in _META:
                container = self.people.event(piece, event, kind)
                if container:
                    self.threads.container(tid, container)
                continue
            if kind in _MAKERS:
                self.threads.get(tid)
            change = _CHANGES.get(kind)
            if change is not None:
                thread = self.threads.by_tid.get(tid)
                if thread is not None:
                    change(self, piece, event, thread)
                elif kind in NEW_THREADS:
                    tasks.cloned_by_unknown(self.threads, piece, event)

    def _first_seen(self, piece: Piece) -> I8:
        """The first events of threads that are not known, from the beginning or since they ended."""
        rows, threads = _fresh(piece, _MAKES), piece.pairs.thread
        first = np.full(len(piece.pairs.tids), -1, np.int64)
        first[threads[rows[::-1]]] = rows[::-1]
        known = np.array([tid in self.threads.by_tid for tid in piece.pairs.tids.tolist()], np.bool_)
        ends = np.flatnonzero(_ENDS[piece.type])
        mortal = np.zeros(len(first), np.bool_)
        mortal[threads[ends]] = True
        rows = rows[mortal[threads[rows]]]
        keys = np.sort(threads[rows].astype(np.int64) * len(piece) + rows)
        after = np.searchsorted(keys, threads[ends].astype(np.int64) * len(piece) + ends, side="right")
        later = keys[after[after < len(keys)]]
        again = later[later // len(piece) == threads[ends[after < len(keys)]]] % len(piece)
        return np.concatenate((first[~known & (first >= 0)], again))


def _fresh(piece: Piece, types: Bools) -> I8:
    """The events of some types, but for those of pieces before."""
    rows = np.flatnonzero(types[piece.type])
    return rows[np.searchsorted(rows, piece.carried) :]


def _changing(piece: Piece) -> I8:
    """The events that may change something: most calls only if they worked."""
    rows = _fresh(piece, _HANDLED)
    kinds = piece.type[rows]
    rows = rows[(piece.word[rows] >= 0) | _ALWAYS[kinds]]
    rows = rows[(piece.pairs.fd[rows] >= 0) | ~_ON_FD[piece.type[rows]]]
    controls = np.flatnonzero(piece.type[rows] == _FCNTL)
    commands, there = piece.numbers(1, piece.pairs.enter[rows[controls]], 1)
    idle = controls[~(there & np.isin(commands, _DUPLICATES) & piece.pairs.valid[rows[controls]])]
    return np.delete(rows, idle)


def _directory(f: Follow, thread: Thread, fd: int, path: bytes) -> bytes:
    if path.startswith(b"/"):
        return b"."
    if fd == CWD:
        return tasks.cwd_of(f.threads, thread)
    found = f.threads.fd(thread, fd)
    return found.name + b"/" if found else b"<UNKNOWN>"


def _open(name: int, flags: int, dirfd: int = -1, dev: int = -1, same: int = 1) -> Change:
    """An open whose exit event has the path, flags and directory at these places; the enter event, which is asked
    first, `same` places before."""

    def change(f: Follow, p: Piece, i: int, t: Thread) -> None:
        fd = p.signed(i, 0, -1)
        if fd < 0:
            return
        at, shift = i, 0
        enter = p.entered(i)
        if enter >= 0 and p.text(enter, name - same) not in (b"", b"<NA>"):
            at, shift = enter, same
        path = p.text(at, name - shift)
        base = _directory(f, t, p.signed(at, dirfd - shift, CWD), path) if dirfd >= 0 else tasks.cwd_of(f.threads, t)
        bits = p.unsigned(at, flags - shift) if flags >= 0 else 0
        kind = blocks.DIRECTORY if bits & O_DIRECTORY else blocks.FILE_V2
        device = p.unsigned(i, dev) if dev >= 0 else 0
        ino = p.unsigned(i, dev + 1) if dev >= 0 else 0
        f.threads.put(t, fd, f.fds.opened(kind, base, path, device, ino))

    return change


def _open_by_enter(f: Follow, p: Piece, i: int, t: Thread) -> None:
    """The old openat, whose exit event has nothing but the descriptor."""
    fd, enter = p.signed(i, 0, -1), p.entered(i)
    if fd >= 0 and enter >= 0:
        path = p.text(enter, 1)
        kind = blocks.DIRECTORY if p.unsigned(enter, 2) & O_DIRECTORY else blocks.FILE_V2
        base = _directory(f, t, p.signed(enter, 0, CWD), path)
        f.threads.put(t, fd, f.fds.opened(kind, base, path))


def _close(f: Follow, p: Piece, i: int, t: Thread) -> None:
    if p.signed(i, 0, -1) >= 0:
        f.threads.put(t, p.fd(i), 0, later=1)


def _makes(kind: int, name: bytes = b"") -> Change:
    def change(f: Follow, p: Piece, i: int, t: Thread) -> None:
        fd = p.signed(i, 0, -1)
        if fd >= 0:
            f.threads.set_fd(t, fd, Fd(kind, name))

    return change


def _pipe(f: Follow, p: Piece, i: int, t: Thread) -> None:
    if p.signed(i, 0, -1) >= 0:
        for place in (1, 2):
            f.threads.set_fd(t, p.signed(i, place, -1), Fd(blocks.FIFO, ino=p.unsigned(i, 3)))


def _dup(f: Follow, p: Piece, i: int, t: Thread) -> None:
    res, fd = p.signed(i, 0, -1), p.fd(i)
    if fd < 0 and p.count(i) > 1:
        fd = p.signed(i, 1, -1)
    found = f.threads.fd(t, fd)
    if res >= 0 and found is not None:
        f.threads.set_fd(t, res, found)


def _fcntl(f: Follow, p: Piece, i: int, t: Thread) -> None:
    enter = p.entered(i)
    if enter >= 0 and p.unsigned(enter, 1) in _DUPLICATES:
        _dup(f, p, i, t)


_META = frozenset((272, 324, 354, 356, 358, 360))
_OTHER_MAKERS = {
    63: blocks.EVENT, 397: blocks.EVENT, 127: blocks.SIGNALFD, 399: blocks.SIGNALFD, 137: blocks.TIMERFD,
    139: blocks.INOTIFY, 395: blocks.INOTIFY, 321: blocks.USERFAULTFD, 339: blocks.IO_URING, 375: blocks.EVENTPOLL,
    377: blocks.EVENTPOLL, 369: blocks.BPF, 405: blocks.MEMFD, 409: blocks.PIDFD,
}  # fmt: skip
_CHANGES: dict[int, Change] = {
    3: _open(1, 2, dev=4), 59: _open(1, -1, dev=3), 103: _open_by_enter, 307: _open(2, 3, dirfd=1, dev=5),
    327: _open(2, 3, dirfd=1), 337: _open(3, 2, same=0),
    5: _close, 61: _pipe, 393: _pipe, 125: _dup, 363: _dup, 365: _dup, 367: _dup, 151: _fcntl,
    **{number: _makes(kind) for number, kind in _OTHER_MAKERS.items()},
    **sockets.CHANGES, **tasks.CHANGES,
}  # fmt: skip
_HANDLED = of_types(_CHANGES.keys() | _META)
_ENDING = frozenset((16, 186))
_MAKERS = {n for n, e in EVENTS.items() if not e.aside} - SWITCHES - NEW_THREADS - _META - _ENDING - {322, 402}
_MAKES, _ENDS = of_types(_MAKERS), of_types(_ENDING)
_ALWAYS = of_types(_META | _ENDING | {sockets.CONNECT})
_ON_FD = of_types({5, *sockets.MOVES})
