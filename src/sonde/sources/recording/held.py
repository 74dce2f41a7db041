"""Descriptors of processes, followed from a snapshot through what opens, copies, passes on and closes them."""

from __future__ import annotations

import fcntl
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sonde.catalog.changes import CLOEXEC, CLOEXEC_ALWAYS, CLOSES, MAKES, OPEN_HOW, PAIRS
from sonde.plan.state import State
from sonde.sources.recording.changes import FIOCLEX, FIONCLEX, Change

__all__ = ["Behind", "Held", "Slot"]

Row = tuple[Any, ...]
O_CLOEXEC = 0o2000000
CLOSE_RANGE_CLOEXEC = 4
COPIES = {fcntl.F_DUPFD: 0, fcntl.F_DUPFD_CLOEXEC: 1}
DUPS = ("dup", "dup2", "dup3")
PAIR = struct.Struct("=2i")


@dataclass(eq=False)
class Behind:
    """What descriptors lead to: copies share it. `row` of the table of files as the snapshot had it; the newest record
    of it, in `state` by its id `file`; before either is known only its `type`. `uid` made it."""

    row: Row | None = None
    state: State | None = None
    file: int = 0
    type: str = ""
    uid: int | None = None

    @property
    def inode(self) -> int | None:
        """Its inode, None while nothing has told."""
        if self.state is not None:
            return int(self.state.files.rows[self.state.files.place(self.file)]["ino"])
        return int(self.row[4]) if self.row else None

    def learn(self, state: State, file: int) -> None:
        """A newer record of it."""
        self.state, self.file = state, file


class Slot(NamedTuple):
    """A descriptor: what it leads to, and whether exec closes it."""

    behind: Behind
    cloexec: int


class Held:
    """The descriptors of each process by number."""

    def __init__(self, files: Sequence[Row]) -> None:
        self._tables: dict[int, dict[int, Slot]] = {}
        shared: dict[tuple[str, int], Behind] = {}
        for row in files:
            pid, fd, path, kind, inode, _, _, cloexec = row
            # sockets and pipes change or are learned about: whoever holds them
            one = kind in ("socket", "pipe")
            behind = shared.setdefault((path, inode), Behind(row)) if one else Behind(row)
            self._tables.setdefault(pid, {})[fd] = Slot(behind, cloexec or 0)

    def __iter__(self) -> Iterator[tuple[int, int, Slot]]:
        for pid, table in sorted(self._tables.items()):
            for fd, slot in sorted(table.items()):
                yield pid, fd, slot

    def holds(self, pid: int) -> bool:
        """Is anything known of a process?"""
        return pid in self._tables

    def fork(self, parent: int, child: int, shared: bool) -> None:
        """A process begins with copies of its parent's, or with the same ones."""
        table = self._tables.setdefault(parent, {})
        self._tables[child] = table if shared else dict(table)

    def exec(self, pid: int) -> None:
        """A process becomes another program."""
        self._tables[pid] = {fd: slot for fd, slot in self._table(pid).items() if not slot.cloexec}

    def end(self, pid: int) -> None:
        """A process is over."""
        self._tables.pop(pid, None)

    def change(self, change: Change, state: State, uid: int | None) -> None:
        """Take in a row of a process that runs as `uid`."""
        table, name = self._table(change.pid), change.name
        if change.res >= 0 and name in MAKES:
            self._make(table, change, state, uid)
        elif change.res >= 0 and name in PAIRS:
            _pair(table, change, uid)
        elif name in CLOSES:
            _close(table, change)
        else:
            self._show(table, change, state)
            if change.res >= 0 and name == "fcntl":
                _control(table, change)
            elif change.res >= 0 and name == "ioctl" and change.words[1] in (FIOCLEX, FIONCLEX):
                _mark(table, change.fd, int(change.words[1] == FIOCLEX))

    def _table(self, pid: int) -> dict[int, Slot]:
        return self._tables.setdefault(pid, {})

    def _make(self, table: dict[int, Slot], change: Change, state: State, uid: int | None) -> None:
        source = table.get(change.words[0]) if change.name in DUPS else None
        if change.name in DUPS and source is not None:
            same = change.words[0] == change.res
            table[change.res] = source if same else Slot(source.behind, _closed_at_exec(change))
            self._show(table, change._replace(fd=change.res), state)
        elif change.file and not _is_known(table, change, state):
            behind = Behind(uid=uid)
            behind.learn(state, change.file)
            table[change.fd] = Slot(behind, _closed_at_exec(change))

    def _show(self, table: dict[int, Slot], change: Change, state: State) -> None:
        """A row tells what a descriptor leads to; it may have come in a message, unseen."""
        if not change.file or change.fd < 0:
            return
        if not _is_known(table, change, state):
            behind = Behind()
            table[change.fd] = Slot(behind, 0)
        table[change.fd].behind.learn(state, change.file)


def _is_known(table: dict[int, Slot], change: Change, state: State) -> bool:
    """Does a descriptor lead where a row says, as far as that is known?"""
    slot = table.get(change.fd)
    inode = int(state.files.rows[state.files.place(change.file)]["ino"])
    return slot is not None and slot.behind.inode in (None, inode)


def _pair(table: dict[int, Slot], change: Change, uid: int | None) -> None:
    """Two descriptors, which the call wrote: of a pipe, or two sockets."""
    if len(change.pointed) < PAIR.size:
        return
    pipe = change.name != "socketpair"
    behind = Behind(type="pipe" if pipe else "socket", uid=uid)
    for fd in PAIR.unpack_from(change.pointed):
        table[fd] = Slot(behind if pipe else Behind(type="socket", uid=uid), _closed_at_exec(change))


def _close(table: dict[int, Slot], change: Change) -> None:
    if change.name == "close":
        table.pop(change.fd, None)
        return
    first, last, flags = (word & 0xFFFFFFFF for word in change.words[:3])
    for fd in [fd for fd in table if first <= fd <= last]:
        if flags & CLOSE_RANGE_CLOEXEC:
            _mark(table, fd, 1)
        else:
            del table[fd]


def _control(table: dict[int, Slot], change: Change) -> None:
    command = change.words[1] & 0xFFFFFFFF
    if command in COPIES and change.fd in table:
        table[change.res] = Slot(table[change.fd].behind, COPIES[command])
    elif command == fcntl.F_SETFD:
        _mark(table, change.fd, change.words[2] & fcntl.FD_CLOEXEC)


def _mark(table: dict[int, Slot], fd: int, cloexec: int) -> None:
    if fd in table:
        table[fd] = table[fd]._replace(cloexec=cloexec)


def _closed_at_exec(change: Change) -> int:
    """Did the call ask for a descriptor that exec closes?"""
    if change.name in CLOEXEC_ALWAYS:
        return 1
    if change.name in OPEN_HOW:
        return int(int.from_bytes(change.pointed[:8], "little") & O_CLOEXEC != 0)
    index, bit = CLOEXEC.get(change.name, (0, 0))
    return int(change.words[index] & bit != 0)
