"""What events change for those after them: threads, descriptors, working directories, users; as sysdig follows them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from sonde.catalog.scap import blocks
from sonde.native.pairs import MAKES
from sonde.plan.state import State
from sonde.sources.scap import sockets, tasks
from sonde.sources.scap.fds import Fd, Fds
from sonde.sources.scap.people import People
from sonde.sources.scap.pieces import ENDING, MARKS, NEW_THREADS, Piece, of_types
from sonde.sources.scap.threads import Thread, Threads

__all__ = ["Follow"]

I8 = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
O_DIRECTORY, CWD = 1 << 10, -100
_FCNTL, _DUPLICATES = 151, (1, 26)  # F_DUPFD, F_DUPFD_CLOEXEC
MOST_OPENS = 1 << 15
Opening = tuple[int, bytes, bytes, bytes]  # event type, working directory, parameters of exit and enter event
Change = Callable[["Follow", Piece, int, Thread], None]


class Follow:
    """State that changes from event to event of a file."""

    def __init__(self, state: State) -> None:
        self.fds = Fds(state)
        self.threads = Threads(state, self.fds)
        self.people = People()
        self.opens: dict[Opening, int] = {}  # what was opened last

    def remember(self, key: Opening, ident: int) -> None:
        """What a call with these bytes opens below a directory."""
        if len(self.opens) >= MOST_OPENS:
            self.opens.clear()
        self.opens[key] = ident

    def through(self, piece: Piece) -> None:
        """Follow the events of a piece."""
        self.threads.begin()
        rows = np.union1d(_changing(piece), piece.pairs.begins)
        for event, kind, tid in zip(rows.tolist(), piece.type[rows].tolist(), piece.tid[rows].tolist(), strict=True):
            self.threads.event = event
            if kind in _META:
                container = self.people.event(piece, event, kind)
                if container:
                    self.threads.container(tid, container)
                continue
            change, thread = _CHANGES.get(kind), self.threads.by_tid.get(tid)
            if thread is None and kind in _MAKERS:
                thread = self.threads.get(tid)
            if change is not None:
                if thread is not None:
                    change(self, piece, event, thread)
                elif kind in NEW_THREADS:
                    tasks.cloned_by_unknown(self.threads, piece, event)


def _changing(piece: Piece) -> I8:
    """The events that may change something: calls only if they worked."""
    rows = np.flatnonzero(_HANDLED[piece.type])
    rows = rows[np.searchsorted(rows, piece.carried) :]
    rows = rows[(piece.worded[rows] & (piece.word[rows] >= 0)) | _ALWAYS[piece.type[rows]]]
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

    def made(f: Follow, p: Piece, i: int, enter: int, t: Thread) -> tuple[int, bool]:
        """(the id of the file, is it the same whatever is behind descriptors?)."""
        at, shift, path = enter, same, p.text(enter, name - same) if enter >= 0 else b""
        if path in (b"", b"<NA>"):
            at, shift, path = i, 0, p.text(i, name)
        below = p.signed(at, dirfd - shift, CWD) if dirfd >= 0 else CWD
        base = _directory(f, t, below, path)
        bits = p.unsigned(at, flags - shift) if flags >= 0 else 0
        kind = blocks.DIRECTORY if bits & O_DIRECTORY else blocks.FILE_V2
        device = p.unsigned(i, dev) if dev >= 0 else 0
        ino = p.unsigned(i, dev + 1) if dev >= 0 else 0
        return f.fds.opened(kind, base, path, device, ino), below == CWD or path.startswith(b"/")

    def change(f: Follow, p: Piece, i: int, t: Thread) -> None:
        enter = p.entered(i)
        key = (p.type_of(i), tasks.cwd_of(f.threads, t), p.behind(i), p.behind(enter) if enter >= 0 else b"")
        ident = f.opens.get(key)
        if ident is None:
            ident, lasts = made(f, p, i, enter, t)
            if lasts:
                f.remember(key, ident)
        f.threads.put(t, p.result(i), ident)

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
_MAKERS = frozenset(np.flatnonzero(MARKS & MAKES).tolist())
_ALWAYS = of_types(_META | ENDING | NEW_THREADS | {sockets.CONNECT})
_ON_FD = of_types({5, *sockets.MOVES})
