"""Threads of a .scap file as they change: names, credentials, directories, tables of descriptors."""

from __future__ import annotations

from functools import lru_cache

from sonde.catalog.scap import blocks
from sonde.plan.processes import PROCESS
from sonde.plan.state import State
from sonde.sources.scap.fds import Fd, Fds
from sonde.sources.scap.lists import Entry, Process
from sonde.sources.scap.memory import Memory
from sonde.sources.scap.timeline import Timeline

__all__ = ["CLONE_FILES", "CLONE_THREAD", "Thread", "Threads"]

CLONE_FILES, CLONE_THREAD = 1 << 0, 1 << 13  # flags as in the file
NOBODY, UNKNOWN = 0xFFFFFFFF, b"<NA>"
_U4, _U8 = (1 << 32) - 1, (1 << 64) - 1
_COLUMNS = PROCESS.names or ()


class Thread:
    """One thread; `table` is the number of its own table of descriptors, `record` the row that tells how it is now.

    `invalid`: it was not in the list, nothing is known of it.
    """

    __slots__ = (
        "args", "caps", "cgroups", "comm", "cwd", "env", "exe", "exepath", "fdlimit", "flags", "gid", "invalid",
        "loginuid", "maker", "pid", "ptid", "record", "root", "sid", "table", "tid", "tty", "uid", "vpgid", "vpid",
        "vtid",
    )  # fmt: skip

    def __init__(self, tid: int, table: int) -> None:
        self.tid, self.pid, self.ptid, self.table = tid, -1, -1, table
        self.maker = 0  # the thread that made this one, if that is not ptid
        self.comm = self.exe = UNKNOWN
        self.exepath = self.args = self.cwd = self.env = self.cgroups = self.root = b""
        self.fdlimit = self.flags = self.tty = self.record = 0
        self.uid = self.gid = self.loginuid = NOBODY
        self.vtid = self.vpid = self.sid = self.vpgid = -1
        self.caps = (0, 0, 0)
        self.invalid = True


class Threads:
    """All threads, and of each event of a piece which record and which descriptors its thread had."""

    def __init__(self, state: State, fds: Fds) -> None:
        self.state, self.fds = state, fds
        self.by_tid: dict[int, Thread] = {}
        self.tables: list[dict[int, int]] = [{}]  # descriptor -> id of a file, by number of the table
        self._ended: list[int] = []  # tables of threads that ended in this piece
        self.memory = Memory()
        self.fdlimits, self.ttys = [0], [0]  # by record
        self.records = Timeline(lambda tid: thread.record if (thread := self.by_tid.get(tid)) else 0)
        self.table_of = Timeline(lambda tid: self.table(thread) if (thread := self.by_tid.get(tid)) else 0)
        self.files = Timeline(lambda key: self.tables[key >> 32].get(key & _U4, 0))
        self.event = 0  # the one that is being followed

    def begin(self) -> None:
        """A new piece begins."""
        for timeline in (self.records, self.table_of, self.files):
            timeline.clear()
        for number in self._ended:  # nobody asks about them any more
            self.tables[number] = {}
        self._ended.clear()

    def listed(self, found: Process) -> None:
        """A thread of the list at the beginning."""
        thread = self._new(found.tid)
        for name in ("pid", "ptid", "sid", "vpgid", "comm", "exe", "exepath", "args", "cwd", "fdlimit", "flags", "uid",
                     "gid", "env", "vtid", "vpid", "cgroups", "root", "tty", "loginuid", "caps"):  # fmt: skip
            setattr(thread, name, getattr(found, name))
        thread.invalid = False
        self.memory.listed(found.tid, found.memory)
        self.add(thread)

    def listed_fds(self, tid: int, entries: list[Entry]) -> None:
        """The descriptors of a thread of the list."""
        thread = self.by_tid.get(tid)
        if thread is not None:
            table = self.tables[thread.table]
            table.update((entry.fd & _U4, self.fds.of(self.fds.entry(entry))) for entry in entries)

    def settle(self) -> None:
        """The lists are read: a socket whose port some process serves is a server's, the others are clients'."""
        infos = [self.fds.infos[ident] for table in self.tables for ident in table.values()]
        served = {info.ends[1] for info in infos if info.is_server}
        for table in self.tables:
            for fd, ident in table.items():
                info = self.fds.infos[ident]
                if info.type == blocks.IPV4 and not info.role:
                    table[fd] = self.fds.of(info.settled(info.ends[1] in served))

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

    def add(self, thread: Thread) -> None:
        """From this event on there is a thread."""
        old = self.by_tid.get(thread.tid)
        before = self.table(old) if old else 0
        record = old.record if old else 0
        self.by_tid[thread.tid] = thread
        thread.record = self._record(thread)
        self.records.change(thread.tid, self.event, record, thread.record)
        self.table_of.change(thread.tid, self.event, before, self.table(thread))

    def container(self, tid: int, ident: str) -> None:
        """An event that tells of a container comes from what sysdig calls a thread: of that name, without a number."""
        thread = Thread(tid, 0)
        thread.comm = thread.exe = b"container:" + ident.encode()
        thread.vtid = thread.vpid = -2
        self.records.change(tid, self.event, 0, self._record(thread))
        self.records.change(tid, self.event + 1, 0, 0)

    def changed(self, thread: Thread) -> None:
        """From this event on a thread is as it is now."""
        old, thread.record = thread.record, self._record(thread)
        self.records.change(thread.tid, self.event, old, thread.record)

    def remove(self, tid: int) -> None:
        """Behind this event there is no such thread."""
        thread = self.by_tid.get(tid)
        if thread is not None:
            table = self.table(thread)
            del self.by_tid[tid]
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
        self.tables[target.table] = dict(self.tables[self.table(source)])

    def fd(self, thread: Thread, fd: int) -> Fd | None:
        """What is behind a descriptor of a thread now."""
        ident = self.tables[self.table(thread)].get(fd & _U4, 0) if fd >= 0 else 0
        return self.fds.infos[ident] if ident else None

    def set_fd(self, thread: Thread, fd: int, info: Fd | None, later: int = 0) -> None:
        """From this event on (`later`: behind it) another file, or none, is behind a descriptor."""
        self.put(thread, fd, self.fds.of(info) if info else 0, later)

    def put(self, thread: Thread, fd: int, new: int, later: int = 0) -> None:
        """The same by the id of the file, 0 for none."""
        number = thread.table if not thread.flags & CLONE_FILES else self.table(thread)
        if not number or fd < 0:
            return
        table, fd = self.tables[number], fd & _U4
        old = table.get(fd, 0)
        if new == old:
            return
        if new:
            table[fd] = new
        else:
            del table[fd]
        self.files.change(number << 32 | fd, self.event + later, old, new)

    def _new(self, tid: int) -> Thread:
        self.tables.append({})
        return Thread(tid, len(self.tables) - 1)

    def _record(self, thread: Thread) -> int:
        """The id of a new row that tells how a thread is."""
        processes, intern = self.state.processes, self.state.strings.intern
        ident = len(processes)
        argv = thread.exe + b"\0" + thread.args if thread.args else thread.exe
        parent = self.by_tid.get(thread.maker or thread.ptid)
        self.fdlimits.append(thread.fdlimit)
        self.ttys.append(thread.tty)
        columns = {
            "known": 1, "tid": thread.tid, "pid": thread.pid, "ppid": thread.ptid, "uid": thread.uid,
            "euid": thread.uid, "gid": thread.gid, "egid": thread.gid, "loginuid": thread.loginuid, "sid": thread.sid,
            "vpid": thread.vpid, "vtid": thread.vtid, "vpgid": thread.vpgid, "pgid": thread.vpgid, "vsid": thread.sid,
            "comm": intern(thread.comm), "pcomm": intern(parent.comm) if parent else 0, "argv": intern(argv),
            "env": intern(thread.env), "cgroups": intern(_renamed(thread.cgroups.rstrip(b"\0"))),
            "cwd": self.fds.path(thread.cwd), "root": self.fds.path(thread.root),
            "exe_file": self.fds.path(thread.exepath), "tty": intern(b""),
        }  # fmt: skip
        columns = {name: value & _U4 for name, value in columns.items()}
        columns["cap_inheritable"], columns["cap_permitted"], columns["cap_effective"] = (c & _U8 for c in thread.caps)
        place = processes.ensure(ident)
        processes.rows[place] = tuple(columns.get(name, 0) for name in _COLUMNS)
        if thread.tid == thread.pid or (thread.pid & _U4, 0) not in processes.latest:
            processes.latest[thread.pid & _U4, 0] = ident
        return ident


@lru_cache(1024)
def _renamed(cgroups: bytes) -> bytes:
    """Control groups by the names that /proc has for their controllers."""
    return b"\0".join(b"blkio=" + word[3:] if word.startswith(b"io=") else word for word in cgroups.split(b"\0"))
