"""The beginning of a .scap file as the rows of a recording tell: what they use and do not make was there before."""

from __future__ import annotations

import socket
import stat
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from sonde.catalog.event import Event, ParamType, Source
from sonde.catalog.lookup import EVENTS
from sonde.catalog.scap import blocks
from sonde.catalog.scap.blocks import NOT_KNOWN
from sonde.engines.context import source_index
from sonde.plan.batch import RESULT_UNKNOWN, Batch
from sonde.plan.files import Node
from sonde.plan.state import State
from sonde.sources.scap.beginning import Beginning, process_of, processes_of
from sonde.sources.scap.ends import end
from sonde.sources.scap.events_out import complete
from sonde.sources.scap.fds import RAW, TCP, UDP
from sonde.sources.scap.lists import Entry, Process
from sonde.sources.scap.program import MAKERS

__all__ = ["Before", "EntryOf", "descriptors_of", "entry_of", "used"]

I8 = npt.NDArray[np.int64]
EntryOf = Callable[[int, State, int], Entry | None]  # of a descriptor, and a place in state.files
_RUNS = ("execve", "execveat")
_ANONYMOUS = {
    b"anon_inode:[eventfd]": blocks.EVENT, b"anon_inode:[signalfd]": blocks.SIGNALFD,
    b"anon_inode:[eventpoll]": blocks.EVENTPOLL, b"anon_inode:[inotify]": blocks.INOTIFY, b"anon_inode:inotify":
    blocks.INOTIFY, b"anon_inode:[timerfd]": blocks.TIMERFD,
}  # fmt: skip
_TYPES = {
    stat.S_IFREG: blocks.FILE_V2, stat.S_IFBLK: blocks.FILE_V2, stat.S_IFCHR: blocks.FILE_V2,
    stat.S_IFIFO: blocks.FIFO, stat.S_IFDIR: blocks.DIRECTORY,
}  # fmt: skip
_PROTOCOLS = {socket.IPPROTO_TCP: TCP, socket.IPPROTO_UDP: UDP}


class Before:
    """Looks at all rows before the first is written. `old`: what there was when the capture began is listed, whether
    a row tells of it or not. `entry` makes what is listed of a descriptor. `met`: the descriptors that rows tell of,
    (process, descriptor)."""

    def __init__(self, old: bool = True, entry: EntryOf | None = None) -> None:
        self._entry = entry or entry_of
        self._threads: dict[int, Process] = {}
        self._told: set[int] = set()  # threads that a clone made, or that were seen
        self._parents: dict[int, int] = {}  # of processes that a clone made
        self.met: set[tuple[int, int]] = set()
        self._fds: dict[int, list[Entry]] = {}
        self._began = not old

    def look(self, batch: Batch) -> None:
        """Take in rows."""
        if not self._began:
            self._began = True
            self._threads = {process.tid: process for process in processes_of(batch.state)}
        batch = complete(batch)
        self._threads_of(batch)
        self._descriptors_of(batch)

    def beginning(self, state: State) -> Beginning:
        """What there was."""
        return Beginning(list(self._threads.values()), self._fds)

    def _threads_of(self, batch: Batch) -> None:
        """Threads that no clone in the recording made."""
        tids, pids, nr, res = (batch.columns[name].astype(np.int64) for name in ("tid", "pid", "nr", "res"))
        rows = np.union1d(np.flatnonzero(_MAKES[nr]), np.unique(tids, return_index=True)[1])
        for row in rows.tolist():
            tid, name = int(tids[row]), EVENTS[int(nr[row])].name if int(nr[row]) in EVENTS else ""
            child = name in MAKERS and res[row] == 0
            if child and tid == pids[row]:
                place = batch.state.processes.place(int(batch.columns["proc"][row]))
                self._parents.setdefault(tid, int(batch.state.processes.rows[place]["ppid"]))
            if tid not in self._told and tid not in self._threads and not child:
                self._meet(batch, row, begun=name not in _RUNS)
            self._told.add(tid)
            if _MAKES[nr[row]] and res[row] > 0:
                self._told.add(int(res[row]))

    def _meet(self, batch: Batch, row: int, begun: bool) -> None:
        """A thread by its first row; what it was called before it ran a program is not known."""
        place = batch.state.processes.place(int(batch.columns["proc"][row]))
        if place:
            found = process_of(batch.state, place)
            if not begun:
                found = found._replace(comm=NOT_KNOWN, exe=NOT_KNOWN, exepath=b"", args=b"", env=b"")
            self._threads[found.tid] = found

    def _descriptors_of(self, batch: Batch) -> None:
        """Descriptors that are used before a call made them."""
        pids, fds, made = batch.columns["pid"].astype(np.int64), *descriptors_of(batch)
        for row in used(pids, fds).tolist():
            pid, fd = int(pids[row]), int(fds[row])
            if (pid, fd) in self.met:
                continue
            self.met.add((pid, fd))
            place = batch.state.files.place(int(batch.columns["file"][row]))
            if not made[row] and place:
                self._held(pid, fd, batch.state, place)

    def _held(self, pid: int, fd: int, state: State, place: int) -> None:
        """A process has a descriptor from the beginning, or by an ancestor that had it."""
        while pid in self._parents:
            pid = self._parents[pid]
            if (pid, fd) in self.met:
                return
            self.met.add((pid, fd))
        entry = self._entry(fd, state, place)
        if entry is not None:
            self._fds.setdefault(pid, []).append(entry)


def used(pids: I8, fds: I8) -> I8:
    """The rows that are the first to tell of a descriptor, -1 for none, of a process."""
    there = np.flatnonzero(fds >= 0)
    rows: I8 = np.sort(there[np.unique(pids[there] << 32 | fds[there], return_index=True)[1]])
    return rows


def _makes() -> npt.NDArray[np.bool_]:
    table = np.zeros(1 << 16, np.bool_)
    table[[number for number, event in EVENTS.items() if event.name in MAKERS]] = True
    return table


_MAKES = _makes()


def descriptors_of(batch: Batch) -> tuple[I8, npt.NDArray[np.bool_]]:
    """(the descriptor of each row, -1 for none; is it one that the call made)."""
    nr = batch.columns["nr"].astype(np.int64)
    fds, made = np.full(len(nr), -1, np.int64), np.zeros(len(nr), np.bool_)
    unknown = batch.columns.get("unknown", np.zeros(len(nr), np.uint8)).astype(np.int64)
    for number in np.unique(nr).tolist():
        event = EVENTS.get(number)
        param = _descriptor(event) if event else None
        if param is not None:
            ret, at = param is Source.RET, max(source_index(param), 0)
            column, bit = ("res", RESULT_UNKNOWN) if ret else (f"a{at}", 1 << at)
            rows = np.flatnonzero((nr == number) & (unknown & bit == 0))
            fds[rows] = batch.columns[column][rows].astype(np.int64).astype(np.int32)
            made[rows] = ret
    return fds, made


def _descriptor(event: Event) -> Source | None:
    """Where the descriptor of a call stands that it makes, else of the one that it works on."""
    if event.params[0].name == "fd" or (event.params[0].type is ParamType.FD and event.params[0].source is Source.RET):
        return Source.RET
    return event.fd.source if event.fd else None


def entry_of(fd: int, state: State, place: int) -> Entry | None:
    """A row of state.files as a descriptor."""
    row = state.files.rows[place]
    flags, ino, path = int(row["flags"]), int(row["ino"]), state.files.path(place)
    if flags & Node.SOCK:
        return _socket(fd, row, state)
    if path in _ANONYMOUS:
        return Entry(fd, ino, _ANONYMOUS[path])
    type_ = _TYPES.get(stat.S_IFMT(int(row["mode"])))
    if type_ is None:
        return None
    return Entry(fd, ino, type_, name=path, dev=int(row["dev"]) if type_ == blocks.FILE_V2 else 0)


def _socket(fd: int, row: np.void, state: State) -> Entry | None:
    family, ino, strings = int(row["family"]), int(row["ino"]), state.strings
    if family == socket.AF_UNIX:
        pair = int(row["cookie"]), int(row["peer"])
        return Entry(fd, ino, blocks.UNIX, pair=pair, name=strings[int(row["name"])])
    if family not in (socket.AF_INET, socket.AF_INET6):
        return None
    width, l4 = (4 if family == socket.AF_INET else 16), _PROTOCOLS.get(int(row["proto"]), RAW)
    near = end(strings[int(row["lip"])], int(row["lport"]), width)
    if not int(row["rport"]):
        kind = blocks.IPV4_SERVER if width == 4 else blocks.IPV6_SERVER
        return Entry(fd, ino, kind, (*near, b"", 0), l4)
    far = end(strings[int(row["rip"])], int(row["rport"]), width)
    return Entry(fd, ino, blocks.IPV4 if width == 4 else blocks.IPV6, (*near, *far), l4)
