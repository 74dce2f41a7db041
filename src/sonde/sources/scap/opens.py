"""What calls make that return a descriptor, but for sockets: files by their paths, pipes, and files without one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from sonde.catalog.scap import blocks
from sonde.sources.scap.fds import Fd
from sonde.sources.scap.held import Make, Moment
from sonde.sources.scap.pieces import Piece

__all__ = ["Opens"]

I8 = npt.NDArray[np.int64]
O_DIRECTORY, CWD = 1 << 10, -100
MOST_KNOWN = 1 << 15
_Opening = tuple[int, int, bytes, bytes]  # event type, working directory, parameters of exit and enter event
_OTHERS = {
    63: blocks.EVENT, 397: blocks.EVENT, 127: blocks.SIGNALFD, 399: blocks.SIGNALFD, 137: blocks.TIMERFD,
    139: blocks.INOTIFY, 395: blocks.INOTIFY, 321: blocks.USERFAULTFD, 339: blocks.IO_URING, 375: blocks.EVENTPOLL,
    377: blocks.EVENTPOLL, 369: blocks.BPF, 405: blocks.MEMFD, 409: blocks.PIDFD,
}  # fmt: skip


class Opens:
    """`makes` by event type; what equal calls opened is remembered."""

    def __init__(self) -> None:
        self._known: dict[_Opening, int] = {}
        self.makes: dict[int, Make] = {
            3: self._open(1, 2, dev=4), 59: self._open(1, -1, dev=3), 307: self._open(2, 3, dirfd=1, dev=5),
            327: self._open(2, 3, dirfd=1), 337: self._open(3, 2, same=0), 103: _open_by_enter, 61: _pipe, 393: _pipe,
            **{number: _plain(kind) for number, kind in _OTHERS.items()},
        }  # fmt: skip

    def _open(self, name: int, flags: int, dirfd: int = -1, dev: int = -1, same: int = 1) -> Make:
        """An open whose exit event has the path, flags and directory at these places; the enter event, which is asked
        first, `same` places before."""

        def made(p: Piece, m: Moment, enter: int) -> tuple[int, bool]:
            """(the id of the file, is it the same whatever is behind descriptors?)."""
            at, shift, path = enter, same, p.text(enter, name - same) if enter >= 0 else b""
            if path in (b"", b"<NA>"):
                at, shift, path = m.event, 0, p.text(m.event, name)
            below = p.signed(at, dirfd - shift, CWD) if dirfd >= 0 else CWD
            bits = p.unsigned(at, flags - shift) if flags >= 0 else 0
            kind = blocks.DIRECTORY if bits & O_DIRECTORY else blocks.FILE_V2
            device, ino = (p.unsigned(m.event, dev + n) if dev >= 0 else 0 for n in (0, 1))
            found = m.fds.opened(kind, _directory(m, below, path), path, device, ino)
            return found, below == CWD or path.startswith(b"/")

        def make(p: Piece, m: Moment) -> int:
            key = _key(p, m)
            ident = self._known.get(key)
            if ident is None:
                ident, lasts = made(p, m, p.entered(m.event))
                if lasts:
                    self._remember(key, ident)
            return ident

        return make

    def remembering(self, make: Callable[[Piece, Moment], Fd | None]) -> Make:
        """One that depends on nothing but the bytes of the call."""

        def remembered(p: Piece, m: Moment) -> int | None:
            key = _key(p, m)
            ident = self._known.get(key)
            if ident is None and (found := make(p, m)) is not None:
                ident = m.fds.of(found)
                self._remember(key, ident)
            return ident

        return remembered

    def _remember(self, key: _Opening, ident: int) -> None:
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        self._known[key] = ident

    def known(self, piece: Piece, events: I8, cwds: I8) -> list[int | None]:
        """The ids of what events opened in working directories, None where it is not remembered."""
        data, known = piece.data, self._known
        enters = np.where(piece.pairs.valid[events], piece.pairs.enter[events], -1)
        columns = (piece.type[events], cwds, *piece.spans(events), *piece.spans(enters))
        return [
            known.get((kind, cwd, data[start:end], data[first:last]))
            for kind, cwd, start, end, first, last in zip(*(column.tolist() for column in columns), strict=True)
        ]


def _key(p: Piece, m: Moment) -> _Opening:
    enter = p.entered(m.event)
    return p.type_of(m.event), m.cwd, p.behind(m.event), p.behind(enter) if enter >= 0 else b""


def _directory(m: Moment, fd: int, path: bytes) -> bytes:
    if path.startswith(b"/"):
        return b"."
    if fd == CWD:
        return m.directory
    found = m.behind(fd)
    return found.name + b"/" if found else b"<UNKNOWN>"


def _open_by_enter(p: Piece, m: Moment) -> int | None:
    """The old openat, whose exit event has nothing but the descriptor."""
    enter = p.entered(m.event)
    if enter < 0:
        return None
    path = p.text(enter, 1)
    kind = blocks.DIRECTORY if p.unsigned(enter, 2) & O_DIRECTORY else blocks.FILE_V2
    return m.fds.opened(kind, _directory(m, p.signed(enter, 0, CWD), path), path)


def _plain(kind: int) -> Make:
    return lambda piece, moment: Fd(kind)


def _pipe(p: Piece, m: Moment) -> Fd:
    return Fd(blocks.FIFO, ino=p.unsigned(m.event, 3))
