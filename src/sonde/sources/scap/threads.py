"""Threads of a .scap file as they change: names, credentials, directories, tables of descriptors."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from operator import attrgetter
from typing import Any

import numpy as np
import numpy.typing as npt

from sonde.catalog.scap import blocks
from sonde.catalog.scap.blocks import NOT_KNOWN
from sonde.plan.state import State
from sonde.plan.strings import EMPTY
from sonde.sources.scap.fds import CLIENT, Fd, Fds
from sonde.sources.scap.held import Held, key_of
from sonde.sources.scap.lists import Entry, Process
from sonde.sources.scap.memory import Memory
from sonde.sources.scap.pieces import Piece
from sonde.sources.scap.timeline import Timeline

__all__ = ["CLONE_FILES", "CLONE_THREAD", "Thread", "Threads"]

I8 = npt.NDArray[np.int64]

CLONE_FILES, CLONE_THREAD = 1 << 0, 1 << 13  # flags as in the file
NOBODY = 0xFFFFFFFF
_U4, _U8 = (1 << 32) - 1, (1 << 64) - 1
# columns of a record, by what of a thread they tell
_NUMBERS = {"tid": "tid", "pid": "pid", "ppid": "ptid", "sid": "sid", "vpid": "vpid", "vtid": "vtid", "vpgid": "vpgid",
            "pgid": "vpgid", "vsid": "sid"}  # fmt: skip
_IDS = {"uid": "uid", "euid": "uid", "gid": "gid", "egid": "gid", "loginuid": "loginuid"}
_PLACES = {"cwd": "cwd", "root": "root", "exe_file": "exepath"}
# what of a thread a record is made of
_KEPT = ("args", "caps", "cgroups", "comm", "cwd", "env", "exe", "exepath", "fdlimit", "gid", "loginuid", "pid", "ptid",
         "root", "sid", "start", "tid", "tty", "uid", "vpgid", "vpid", "vtid")  # fmt: skip
_kept: Callable[[Thread], tuple[Any, ...]] = attrgetter(*_KEPT)
_CAPS = ("cap_inheritable", "cap_permitted", "cap_effective")


class Thread:
    """One thread; `table` is the number of its own table of descriptors, `record` the row that tells how it is now,
    `threads` how many its process has if it is the main one, `start` when it was made, 0: before the file begins.

    `process` is the one among whose threads it is. `invalid`: it was not in the list, nothing is known of it.
    """

    __slots__ = (
        "args", "caps", "cgroups", "comm", "cwd", "env", "exe", "exepath", "fdlimit", "flags", "gid",
        "invalid", "loginuid", "maker", "pid", "process", "ptid", "record", "root", "sid", "start", "table", "threads",
        "tid", "tty", "uid", "vpgid", "vpid", "vtid",
    )  # fmt: skip

    def __init__(self, tid: int, table: int) -> None:
        self.tid, self.pid, self.ptid, self.table = tid, -1, -1, table
        self.process = -1  # where it is counted among the threads
        self.maker = 0  # the thread that made this one, if that is not ptid
        self.comm = self.exe = NOT_KNOWN
        self.exepath = self.args = self.cwd = self.env = self.cgroups = self.root = b""
        self.flags = self.tty = self.record = self.start = 0
        self.fdlimit, self.threads = -1, 1
        self.uid = self.gid = self.loginuid = NOBODY
        self.vtid = self.vpid = self.sid = self.vpgid = -1
        self.caps = (0, 0, 0)
        self.invalid = True


class Threads:
    """All threads, and of each event of a piece which record and which descriptors its thread had."""

    def __init__(self, state: State, fds: Fds, held: Held) -> None:
        self.state, self.fds, self.held = state, fds, held
        self.by_tid: dict[int, Thread] = {}
        self._of_process: dict[int, set[int]] = {}  # threads, by process
        self.tables = 0  # of descriptors, so far
        self.holders = np.full((256, 4), -1, np.int64)  # what native/descriptors.py is told of threads, by number
        self._holding = self.holders.reshape(-1).data  # a view sets one number faster than an array does
        self._numbers: dict[int, int] = {}
        self._ended: list[int] = []  # tables of threads that ended in this piece
        self.memory = Memory()
        self.fdlimits, self.ttys, self.starts, self.parents = [0], [0], [0], [0]  # by record; parents' records
        self._born: list[tuple[int, int]] = []  # threads that were made in this piece, by which event
        # records that are not written yet: _KEPT, the record of the parent and its name
        self._made: list[tuple[Any, ...]] = []
        self.records = Timeline(self._of_all(lambda thread: thread.record))
        self.table_of = Timeline(self._of_all(self.table))
        self.counts = Timeline(self._of_all(lambda thread: thread.threads))  # threads of processes
        self.event = 0  # the one that is being followed

    def _of_all(self, value: Callable[[Thread], int]) -> Callable[[I8], I8]:
        """A number of each of some threads, 0 of those that are not there."""
        by_tid = self.by_tid

        def now(tids: I8) -> I8:
            found = map(by_tid.get, tids.tolist())
            return np.array([value(thread) if thread else 0 for thread in found], np.int64)

        return now

    def begin(self) -> None:
        """A new piece begins."""
        self.held.settle(self._ended)  # nobody asks about their tables any more
        self.records.clear()
        self.table_of.clear()
        self.counts.clear()
        self._ended.clear()
        self._born.clear()

    def numbers(self, tids: I8) -> I8:
        """The numbers of threads, which are or will be there, in `holders`."""
        return np.array([self._number(tid) for tid in tids.tolist()], np.int64)

    def _number(self, tid: int) -> int:
        number = self._numbers.get(tid)
        if number is None:
            number = self._numbers[tid] = len(self._numbers)
            if number >= len(self.holders):
                self.holders = np.concatenate((self.holders, np.full_like(self.holders, -1)))
                self._holding = self.holders.reshape(-1).data
        return number

    def _holds(self, thread: Thread) -> None:
        """Tell which table a thread uses and where it is."""
        tid, pid = thread.tid, thread.pid
        number = self._number(tid)
        main = number if tid == pid else self._number(pid)
        self._belongs(thread)
        held, at = self._holding, 4 * number
        held[at], held[at + 1] = thread.table, main
        held[at + 2], held[at + 3] = thread.flags & CLONE_FILES, self.fds.path(thread.cwd)

    def _belongs(self, thread: Thread) -> None:
        """A thread is of the process that it has now."""
        if thread.process != thread.pid:
            self._leaves(thread)
            thread.process = thread.pid
        self._of_process.setdefault(thread.pid, set()).add(thread.tid)

    def _leaves(self, thread: Thread) -> None:
        found = self._of_process.get(thread.process, set())
        found.discard(thread.tid)
        if not found:
            self._of_process.pop(thread.process, None)

    def others(self, thread: Thread) -> list[int]:
        """The other threads of a main thread's process."""
        found = self._of_process.get(thread.pid, set()) if thread.tid == thread.pid else ()
        return [tid for tid in found if tid != thread.tid]

    def listed(self, found: Process) -> None:
        """A thread of the list at the beginning."""
        thread = self._new(found.tid)
        for name in ("pid", "ptid", "sid", "vpgid", "comm", "exe", "exepath", "args", "cwd", "fdlimit", "flags", "uid",
                     "gid", "env", "vtid", "vpid", "cgroups", "root", "tty", "loginuid", "caps"):  # fmt: skip
            setattr(thread, name, getattr(found, name))
        thread.env = thread.env.rstrip(b"\0")
        thread.invalid = False
        self.memory.listed(found.tid, found.memory)
        self.add(thread)

    def listed_fds(self, tid: int, entries: list[Entry]) -> None:
        """The descriptors of a thread of the list."""
        thread = self.by_tid.get(tid)
        if thread is not None and entries:
            keys = [key_of(thread.table, entry.fd) for entry in entries]
            idents = [self.fds.of(self.fds.entry(entry)) for entry in entries]
            self.held.kernel.set(np.array(keys, np.int64), np.array(idents, np.int64))

    def settle(self) -> None:
        """The lists are read: a socket whose port some process serves is a server's, the others are clients'; of unix
        sockets, too."""
        self.held.kernel.replace(self._settled)
        for thread in self.by_tid.values():
            thread.threads = 1
        for thread in self.by_tid.values():
            self._counted(thread, 1)

    def _settled(self, idents: I8) -> I8:
        distinct, inverse = np.unique(idents, return_inverse=True)
        infos = [self.fds.infos[ident] for ident in distinct.tolist()]
        served = {info.ends[1] for info in infos if info.is_server}
        made = distinct.tolist()
        for place, info in enumerate(infos):
            if info.type == blocks.IPV4 and not info.role:
                made[place] = self.fds.of(info.settled(info.ends[1] in served))
            elif info.type == blocks.UNIX and not info.role:
                made[place] = self.fds.of(info._replace(role=CLIENT))
        return np.array(made, np.int64)[inverse]

    def get(self, tid: int) -> Thread:
        """A thread, made if there is none."""
        found = self.by_tid.get(tid)
        if found is None:
            found = self._new(tid)
            found.pid = tid
            self.add(found)
        return found

    def new(self, tid: int) -> Thread:
        """A thread that is to be added."""
        return self._new(tid)

    def born(self, thread: Thread, time: int) -> None:
        """A thread that this event made: it tells of its memory, too."""
        thread.start = time
        self._born.append((thread.tid, self.event))

    def remember(self, piece: Piece) -> None:
        """Follow what a piece says of memory; the piece was followed."""
        pids = self.state.processes.column("pid", self.records_of(piece, np.arange(len(piece))).astype(np.uint32))
        self.memory.through(piece, pids.view(np.int32).astype(np.int64), self._born)

    def records_of(self, piece: Piece, events: I8) -> I8:
        """The ids of the records of the threads of events."""
        return self.records.all_at(piece.pairs.tids, piece.pairs.thread[events], events)

    def tables_of(self, piece: Piece, events: I8) -> I8:
        """The tables of descriptors that the threads of events use, 0 for none."""
        return self.table_of.all_at(piece.pairs.tids, piece.pairs.thread[events], events)

    def _counted(self, thread: Thread, more: int) -> None:
        """A process has another thread, or one less."""
        main = self.by_tid.get(thread.pid)
        if thread.flags & CLONE_THREAD and main is not None and main is not thread:
            before, main.threads = main.threads, max(main.threads + more, 1)
            self.counts.change(main.tid, self.event + (more < 0), before, main.threads)

    def add(self, thread: Thread) -> None:
        """From this event on there is a thread."""
        old = self.by_tid.get(thread.tid)
        before = self.table(old) if old else 0
        record = old.record if old else 0
        if old:
            self._leaves(old)
        self.by_tid[thread.tid] = thread
        if old is None:
            self.counts.change(thread.tid, self.event, 0, thread.threads)
            self._counted(thread, 1)
        self._holds(thread)
        thread.record = self._record(thread)
        self.records.change(thread.tid, self.event, record, thread.record)
        self.table_of.change(thread.tid, self.event, before, self.table(thread))

    def container(self, tid: int, ident: str, group: bytes) -> None:
        """An event that tells of a container comes from what sysdig calls a thread: of that name, in a control group of
        the container, without a number."""
        thread = Thread(tid, 0)
        thread.comm, thread.exe, thread.cgroups = b"container:" + ident.encode(), b"", group
        thread.vtid = thread.vpid = -2
        thread.ptid = thread.uid = thread.gid = thread.loginuid = 0
        self.counts.change(thread.pid, self.event, 0, 1)
        self.counts.change(thread.pid, self.event + 1, 1, 0)
        self.records.change(tid, self.event, 0, self._record(thread))
        self.records.change(tid, self.event + 1, 0, 0)

    def changed(self, thread: Thread) -> None:
        """From this event on a thread is as it is now."""
        self._holds(thread)
        old, thread.record = thread.record, self._record(thread)
        self.records.change(thread.tid, self.event, old, thread.record)

    def remove(self, tid: int) -> None:
        """Behind this event there is no such thread."""
        thread = self.by_tid.get(tid)
        if thread is not None:
            table = self.table(thread)
            del self.by_tid[tid]
            self._leaves(thread)
            self._counted(thread, -1)
            self.counts.change(tid, self.event + 1, thread.threads, 0)
            self.holders[self._number(tid)] = -1
            self._ended.append(thread.table)
            self.records.change(tid, self.event + 1, thread.record, 0)
            self.table_of.change(tid, self.event + 1, table, 0)

    def main(self, thread: Thread) -> Thread | None:
        """The main thread of a thread's process."""
        return thread if thread.tid == thread.pid else self.by_tid.get(thread.pid)

    def table(self, thread: Thread) -> int:
        """The number of the table of descriptors that a thread uses; 0 if that is not known."""
        if not thread.flags & CLONE_FILES:
            return thread.table
        main = self.main(thread)
        return main.table if main else 0

    def own_table(self, thread: Thread) -> None:
        """From this event on a thread uses its own table."""
        before = self.table(thread)
        thread.flags = 0
        self.table_of.change(thread.tid, self.event, before, thread.table)

    def copy_fds(self, source: Thread, target: Thread) -> None:
        """A new thread has what another has open."""
        if table := self.table(source):
            self.held.kernel.fork(table, target.table)

    def fd(self, thread: Thread, fd: int) -> Fd | None:
        """What is behind a descriptor of a thread now."""
        table = self.table(thread)
        return self.held.now(table, fd) if table else None

    def _new(self, tid: int) -> Thread:
        self.tables += 1
        return Thread(tid, self.tables)

    def write(self) -> None:
        """The records made so far can be asked for."""
        if not self._made:
            return
        processes = self.state.processes
        first = len(processes)
        last = processes.ensure(first + len(self._made) - 1)
        rows = processes.rows[last + 1 - len(self._made) : last + 1]
        of = dict(zip((*_KEPT, "parent", "pcomm"), zip(*self._made, strict=True), strict=True))
        for name, values in self._columns(of).items():
            rows[name] = values
        for place, name in enumerate(_CAPS):
            rows[name] = np.array([caps[place] & _U8 for caps in of["caps"]], np.uint64)
        rows["known"] = 1
        for known, name in ((self.fdlimits, "fdlimit"), (self.ttys, "tty"), (self.starts, "start"),
                            (self.parents, "parent")):  # fmt: skip
            known += of[name]
        latest = processes.latest
        for ident, (tid, pid) in enumerate(zip(of["tid"], of["pid"], strict=True), first):
            if pid > 0 and (tid == pid or (pid, 0) not in latest):
                latest[pid & _U4, 0] = ident
        self._made.clear()

    def _columns(self, of: dict[str, tuple[Any, ...]]) -> dict[str, Any]:
        """Columns of new rows, of what there is of threads."""
        intern, path = self.state.strings.intern_all, self.fds.path
        argv = (exe + b"\0" + args if args else exe for exe, args in zip(of["exe"], of["args"], strict=True))
        found = {column: np.array(of[name], np.int64) for column, name in _NUMBERS.items()}
        return found | {
            **{column: np.array([one & _U4 for one in of[name]], np.uint32) for column, name in _IDS.items()},
            **{column: np.array(list(map(path, of[name])), np.uint32) for column, name in _PLACES.items()},
            "comm": intern(of["comm"]), "pcomm": np.where([comm is None for comm in of["pcomm"]], 0,
            intern(comm or b"" for comm in of["pcomm"])), "argv": intern(argv), "env": intern(of["env"]),
            "cgroups": intern(map(_renamed, of["cgroups"])), "tty": EMPTY,
        }  # fmt: skip

    def _record(self, thread: Thread) -> int:
        """The id of a new row that tells how a thread is."""
        parent = self.by_tid.get(thread.maker or thread.ptid)
        self._made.append(_kept(thread) + ((parent.record, parent.comm) if parent else (0, None)))
        return len(self.state.processes) + len(self._made) - 1


@lru_cache(1024)
def _renamed(cgroups: bytes) -> bytes:
    """Control groups by the names that /proc has for their controllers."""
    words = cgroups.rstrip(b"\0").split(b"\0")
    return b"\0".join(b"blkio=" + word[3:] if word.startswith(b"io=") else word for word in words)
