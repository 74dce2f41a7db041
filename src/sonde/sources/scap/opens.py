"""What calls make that return a descriptor, but for sockets: files by their paths, pipes, and files without one."""

from __future__ import annotations

from sonde.catalog.scap import blocks
from sonde.catalog.scap.blocks import NOT_KNOWN
from sonde.sources.scap.fds import Fd
from sonde.sources.scap.held import Make, Moment
from sonde.sources.scap.pieces import Piece

__all__ = ["MAKES"]

O_DIRECTORY, CWD = 1 << 10, -100
_OTHERS = {
    63: blocks.EVENT, 397: blocks.EVENT, 127: blocks.SIGNALFD, 399: blocks.SIGNALFD, 137: blocks.TIMERFD,
    139: blocks.INOTIFY, 395: blocks.INOTIFY, 321: blocks.USERFAULTFD, 339: blocks.IO_URING, 375: blocks.EVENTPOLL,
    377: blocks.EVENTPOLL, 369: blocks.BPF, 405: blocks.MEMFD, 409: blocks.PIDFD,
}  # fmt: skip


def _open(name: int, flags: int, dirfd: int = -1, dev: int = -1, same: int = 1) -> Make:
    """An open whose exit event has the path, flags and directory at these places; the enter event, which is asked
    first, `same` places before."""

    def make(p: Piece, m: Moment) -> int:
        enter = p.entered(m.event)
        at, shift, path = enter, same, p.text(enter, name - same) if enter >= 0 else b""
        if path in (b"", NOT_KNOWN):
            at, shift, path = m.event, 0, p.text(m.event, name)
        below = p.signed(at, dirfd - shift, CWD) if dirfd >= 0 else CWD
        bits = p.unsigned(at, flags - shift) if flags >= 0 else 0
        kind = blocks.DIRECTORY if bits & O_DIRECTORY else blocks.FILE_V2
        device, ino = (p.unsigned(m.event, dev + n) if dev >= 0 else 0 for n in (0, 1))
        return m.fds.opened(kind, _directory(m, below, path), path, device, ino)

    return make


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


MAKES: dict[int, Make] = {
    3: _open(1, 2, dev=4), 59: _open(1, -1, dev=3), 307: _open(2, 3, dirfd=1, dev=5), 327: _open(2, 3, dirfd=1),
    337: _open(3, 2, same=0), 103: _open_by_enter, 61: _pipe, 393: _pipe,
    **{number: _plain(kind) for number, kind in _OTHERS.items()},
}  # fmt: skip
