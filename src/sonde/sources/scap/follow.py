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
from sonde.sources.scap.paths import joined
from sonde.sources.scap.people import People
from sonde.sources.scap.pieces import NEW_THREADS, SWITCHES, Piece, of_types
from sonde.sources.scap.threads import Thread, Threads

__all__ = ["Follow"]

I8 = npt.NDArray[np.int64]
O_DIRECTORY, CWD = 1 << 10, -100
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
        handled, types = _HANDLED[piece.type], piece.type
        handled[: piece.carried] = False
        rows = np.union1d(np.flatnonzero(handled), self._first_seen(piece))
        for event, kind, tid in zip(rows.tolist(), types[rows].tolist(), piece.tid[rows].tolist(), strict=True):
            self.threads.event = event
            if kind in _META:
                container = self.people.event(piece, event, kind)
                if container:
                    self.threads.container(tid, container)
                continue
            if _MAKES[kind]:
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
        rows = np.flatnonzero(_MAKES[piece.type])
        rows = rows[rows >= piece.carried]
        ended = np.flatnonzero(_ENDS[piece.type])
        tids, first = np.unique(piece.tid[rows], return_index=True)
        new = [int(rows[at]) for tid, at in zip(tids.tolist(), first.tolist(), strict=True)
               if tid not in self.threads.by_tid]  # fmt: skip
        for end in ended.tolist():
            later = rows[(rows > end) & (piece.tid[rows] == piece.tid[end])][:1]
            new += later.tolist()
        return np.array(new, np.int64)


def _entered(piece: Piece, event: int) -> int:
    """The enter event that an event returns from, -1 if it is not there."""
    return int(piece.pairs.enter[event]) if piece.pairs.valid[event] else -1


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
        enter = _entered(p, i)
        if enter >= 0 and p.text(enter, name - same) not in (b"", b"<NA>"):
            at, shift = enter, same
        path = p.text(at, name - shift)
        base = _directory(f, t, p.signed(at, dirfd - shift, CWD), path) if dirfd >= 0 else tasks.cwd_of(f.threads, t)
        bits = p.unsigned(at, flags - shift) if flags >= 0 else 0
        kind = blocks.DIRECTORY if bits & O_DIRECTORY else blocks.FILE_V2
        device = p.unsigned(i, dev) if dev >= 0 else 0
        ino = p.unsigned(i, dev + 1) if dev >= 0 else 0
        f.threads.set_fd(t, fd, Fd(kind, joined(base, path), dev=device, ino=ino))

    return change


def _open_by_enter(f: Follow, p: Piece, i: int, t: Thread) -> None:
    """The old openat, whose exit event has nothing but the descriptor."""
    fd, enter = p.signed(i, 0, -1), _entered(p, i)
    if fd >= 0 and enter >= 0:
        path = p.text(enter, 1)
        kind = blocks.DIRECTORY if p.unsigned(enter, 2) & O_DIRECTORY else blocks.FILE_V2
        base = _directory(f, t, p.signed(enter, 0, CWD), path)
        f.threads.set_fd(t, fd, Fd(kind, joined(base, path)))


def _close(f: Follow, p: Piece, i: int, t: Thread) -> None:
    if p.signed(i, 0, -1) >= 0 and p.pairs.fd[i] >= 0:
        f.threads.set_fd(t, int(p.pairs.fd[i]), None, later=1)


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
    res, fd = p.signed(i, 0, -1), int(p.pairs.fd[i])
    if fd < 0 and p.count(i) > 1:
        fd = p.signed(i, 1, -1)
    found = f.threads.fd(t, fd)
    if res >= 0 and found is not None:
        f.threads.set_fd(t, res, found)


def _fcntl(f: Follow, p: Piece, i: int, t: Thread) -> None:
    enter = _entered(p, i)
    if enter >= 0 and p.unsigned(enter, 1) in (1, 26):  # F_DUPFD, F_DUPFD_CLOEXEC
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
_MAKES = of_types(
    {n for n, e in EVENTS.items() if not e.aside} - SWITCHES - NEW_THREADS - _META - {16, 186, 322, 402}
)  # fmt: skip
_ENDS = of_types({16, 186})
