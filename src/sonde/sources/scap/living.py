"""The beginning of a .scap file as the running system is: threads, and what /proc says of their descriptors."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress

from sonde.catalog.scap import blocks
from sonde.plan.state import State
from sonde.sources.procfs.read import pids, read
from sonde.sources.procfs.read import stat as stat_of
from sonde.sources.scap.beginning import Beginning, process_of, processes_of
from sonde.sources.scap.coding import bits, device
from sonde.sources.scap.interfaces import interfaces
from sonde.sources.scap.lists import Entry, Process
from sonde.sources.scap.program import words_of
from sonde.sources.scap.sockets_out import Sockets

__all__ = ["descriptors_now", "living", "processes_now"]

_NOBODY, _CLOEXEC = 0xFFFFFFFF, 0o2000000
_ANONYMOUS = {
    "eventfd": blocks.EVENT, "signalfd": blocks.SIGNALFD, "eventpoll": blocks.EVENTPOLL, "inotify": blocks.INOTIFY,
    "timerfd": blocks.TIMERFD,
}  # fmt: skip
_TYPES = {
    stat.S_IFREG: blocks.FILE_V2, stat.S_IFBLK: blocks.FILE_V2, stat.S_IFCHR: blocks.FILE_V2,
    stat.S_IFIFO: blocks.FIFO, stat.S_IFDIR: blocks.DIRECTORY,
}  # fmt: skip


def living(state: State) -> Beginning:
    """What there is now: the threads that a state knows, and those that have come since."""
    found = processes_of(state)
    known = {process.tid for process in found}
    return Beginning(found + [p for p in processes_now(state) if p.tid not in known], descriptors_now(), interfaces())


def processes_now(state: State) -> list[Process]:
    """The processes that there are, by the newest record of each that a state has, or as /proc tells of them."""
    table = state.processes
    places = [table.place(record) for (pid, _), record in table.latest.items()]
    newest = {int(table.rows["tid"][place]): place for place in places}
    found = []
    for pid in pids():
        with suppress(OSError):  # it has ended
            found.append(process_of(state, newest[pid]) if pid in newest else _process(pid, state))
    return found


def descriptors_now() -> dict[int, list[Entry]]:
    """The open descriptors of each process."""
    sockets, fds = Sockets(), {}
    for pid in pids():
        with suppress(OSError):
            fds[pid] = list(_entries(pid, sockets))
    return fds


def _process(pid: int, state: State) -> Process:
    """A process as /proc tells of it."""
    comm, words = stat_of(f"/proc/{pid}/stat")
    numbers, owner = [int(word) for word in words[1:7]], os.stat(f"/proc/{pid}")
    exe, args = words_of(read(f"/proc/{pid}/cmdline"))
    cwd, root, program = (_link(f"/proc/{pid}/{name}") for name in ("cwd", "root", "exe"))
    return Process(
        pid, pid, numbers[0], numbers[2], numbers[1], comm, exe or comm, program, args, cwd.rstrip(b"/") + b"/", -1, 0,
        owner.st_uid, owner.st_gid, (0, 0, 0, 0, 0), b"", pid, pid, _groups(pid), root, max(numbers[3], 0), _NOBODY,
        (0, 0, 0),
    )  # fmt: skip


def _groups(pid: int) -> bytes:
    """Control groups as name=path."""
    lines = (line.split(b":", 2) for line in read(f"/proc/{pid}/cgroup").splitlines())
    named = ((name.removeprefix(b"name="), path) for _, names, path in lines for name in names.split(b","))
    return b"".join((name or b"unified") + b"=" + path + b"\0" for name, path in named)


def _link(path: str) -> bytes:
    try:
        return os.readlink(path.encode())
    except OSError:
        return b""


def _entries(pid: int, sockets: Sockets) -> Iterator[Entry]:
    """The descriptors of a process."""
    for name in os.listdir(f"/proc/{pid}/fd"):
        with suppress(OSError):  # closed meanwhile
            path = os.readlink(f"/proc/{pid}/fd/{name}".encode())
            found = _entry(pid, int(name), path, os.stat(f"/proc/{pid}/fd/{name}"), sockets)
            if found is not None:
                yield found


def _entry(pid: int, fd: int, path: bytes, about: os.stat_result, sockets: Sockets) -> Entry | None:
    kind = stat.S_IFMT(about.st_mode)
    if kind == stat.S_IFSOCK:
        return sockets.entry(pid, fd, about.st_ino)
    if path.startswith(b"anon_inode:"):
        name = path.removeprefix(b"anon_inode:").strip(b"[]").decode(errors="replace")
        return Entry(fd, about.st_ino, _ANONYMOUS.get(name, blocks.UNSUPPORTED))
    type_ = _TYPES.get(kind, blocks.UNSUPPORTED)
    if type_ != blocks.FILE_V2:
        return Entry(fd, about.st_ino, type_, name=path)
    return Entry(
        fd,
        about.st_ino,
        type_,
        name=path,
        openflags=_flags(pid, fd),
        dev=device(os.major(about.st_dev), os.minor(about.st_dev)),
    )


def _flags(pid: int, fd: int) -> int:
    for line in read(f"/proc/{pid}/fdinfo/{fd}").splitlines():
        if line.startswith(b"flags:"):
            return bits("file", "open", int(line.split()[1], 8) & ~_CLOEXEC)
    return 0
