"""Who the threads of a log are: records made from what they do, and from /proc where they run here and now."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field, replace

from sonde.plan.state import State
from sonde.plan.strings import MISSING
from sonde.sources.procfs.read import read, stat
from sonde.sources.strace.files import FileIds

__all__ = ["UNKNOWN_ID", "Person", "ProcessIds"]

UNKNOWN_ID = 0xFFFFFFFF  # of users, groups, sessions ...: no valid one
_TICK = os.sysconf("SC_CLK_TCK")
_IDS = ("uid", "euid", "gid", "egid", "loginuid", "sid", "pgid", "vpid", "vtid", "vsid", "vpgid")


@dataclass(frozen=True)
class Person:
    """What is known of a thread. `argv` and `env` are NUL-joined; `fds` is shared by the threads of a process."""

    tid: int
    pid: int
    ppid: int = 0
    start: int = 0
    pstart: int = 0
    thread_start: int = 0
    comm: bytes = b""
    pcomm: bytes = b""
    exe: bytes = b""
    cwd: bytes = b""
    tty: bytes = b""
    argv: bytes | None = None
    cut: bool = False  # argv was longer
    env: bytes | None = None
    cgroups: bytes | None = None
    ids: dict[str, int] = field(default_factory=dict)
    fds: dict[int, str] = field(default_factory=dict)
    compat: bool = False


class ProcessIds:
    """The threads of a log by tid, and the ids of their records."""

    def __init__(self, state: State, files: FileIds, here: bool) -> None:
        self._state, self._files, self._here = state, files, here
        self._people: dict[int, Person] = {}
        self._records: dict[int, int] = {}
        self.newcomers: list[int] = []  # threads whose beginning of a child has not ended yet

    def __contains__(self, tid: int) -> bool:
        return tid in self._people

    def of(self, tid: int, when: int) -> Person:
        """The thread; a new one is the child of the only thread that is making one, else of nobody known."""
        person = self._people.get(tid)
        if person is None:
            makers = [maker for maker in self.newcomers if maker in self._people]
            if self._here and not (len(makers) == 1 and makers[0] != tid):
                person = self._asked(tid)
            elif len(makers) == 1:
                person = self._child(self._people[makers[0]], tid, when, thread=False)
            else:
                person = Person(tid, tid)
            self._people[tid] = person
        return person

    def record(self, tid: int, when: int) -> int:
        """The id of the thread's record."""
        person = self.of(tid, when)
        ident = self._records.get(tid)
        if ident is None:
            ident = self._records[tid] = self._written(person)
        return ident

    def change(self, tid: int, **columns: object) -> None:
        """What is known of a thread from now on."""
        if tid in self._people:
            self._people[tid] = replace(self._people[tid], **columns)  # type: ignore[arg-type]
            self._records.pop(tid, None)

    def made(self, parent: Person, tid: int, when: int, thread: bool) -> None:
        """A clone returned: a child, or another thread of the process."""
        known = self._people.get(tid)
        if known is None or (not known.ppid and not self._here) or thread != (known.pid != tid):
            child = self._child(parent, tid, when, thread)
            if known is not None and known.argv is not None and known.comm:
                child = replace(child, comm=known.comm, argv=known.argv, exe=known.exe)
            self._people[tid] = child
            self._records.pop(tid, None)

    def command_line(self, tid: int, beginning: tuple[bytes, ...]) -> bytes | None:
        """The whole of a command line that was cut, if the thread still has it."""
        if not self._here:
            return None
        try:
            words = read(f"/proc/{tid}/cmdline").rstrip(b"\0").split(b"\0")
        except OSError:
            return None
        same = len(words) >= len(beginning) and all(map(bytes.startswith, words, beginning))
        return b"\0".join(words) if same else None

    def gone(self, tid: int) -> None:
        """A thread has ended: its number may come again."""
        self._people.pop(tid, None)
        self._records.pop(tid, None)

    def _child(self, parent: Person, tid: int, when: int, thread: bool) -> Person:
        if thread:
            return replace(parent, tid=tid, thread_start=when, ids=parent.ids | {"vtid": tid})
        return replace(
            parent, tid=tid, pid=tid, ppid=parent.pid, start=when, pstart=parent.start, thread_start=when,
            pcomm=parent.comm, fds=dict(parent.fds), ids=parent.ids | {"vpid": tid, "vtid": tid},
        )  # fmt: skip

    def _asked(self, tid: int) -> Person:
        """A thread that runs now, as far as /proc tells."""
        base = f"/proc/{tid}"
        try:
            words = stat(f"{base}/stat")[1]
            status = dict(line.split(":", 1) for line in read(f"{base}/status").decode().splitlines() if ":" in line)
            pid, ppid = int(status["Tgid"]), int(words[1])
            uids, gids = status["Uid"].split(), status["Gid"].split()
            ids = {
                "uid": int(uids[0]), "euid": int(uids[1]), "gid": int(gids[0]), "egid": int(gids[1]),
                "pgid": int(words[2]), "sid": int(words[3]),
            }  # fmt: skip
            for name, key in (("vtid", "NSpid"), ("vpid", "NStgid"), ("vpgid", "NSpgid"), ("vsid", "NSsid")):
                ids[name] = int(status[key].split()[-1])
            person = Person(
                tid, pid, ppid, start=_started(pid), pstart=_started(ppid), thread_start=_started(tid), ids=ids,
                comm=read(f"{base}/comm").rstrip(b"\n"), pcomm=read(f"/proc/{ppid}/comm").rstrip(b"\n"),
                argv=read(f"{base}/cmdline").rstrip(b"\0"), tty=_tty(int(words[4])),
                exe=os.readlink(f"{base}/exe").encode("utf-8", "surrogateescape"),
                cwd=os.readlink(f"{base}/cwd").encode("utf-8", "surrogateescape"),
            )  # fmt: skip
        except (OSError, ValueError, KeyError, IndexError):
            return Person(tid, tid)
        try:
            ids["loginuid"] = int(read(f"{base}/loginuid"))
            return replace(person, env=read(f"{base}/environ").rstrip(b"\0"), cgroups=_cgroups(read(f"{base}/cgroup")))
        except (OSError, ValueError):
            return person

    def _written(self, person: Person) -> int:
        processes, intern = self._state.processes, self._state.strings.intern
        ident = len(processes)
        place = processes.ensure(ident)  # first: the table may grow
        row = processes.rows[place]
        row["known"] = 1
        for name in ("tid", "pid", "start", "pstart", "thread_start"):
            row[name] = getattr(person, name)
        row["ppid"] = person.ppid or UNKNOWN_ID
        for name in _IDS:
            row[name] = person.ids.get(name, UNKNOWN_ID)
        for name in ("comm", "pcomm", "tty"):
            text = getattr(person, name)
            row[name] = intern(text) if text else MISSING
        for name in ("argv", "env", "cgroups"):
            words = getattr(person, name)
            row[name] = intern(words) if words is not None else MISSING
        row["argv_truncated"] = person.cut
        row["exe_file"] = self._files.path(person.exe) if person.exe.startswith(b"/") else 0
        row["cwd"] = self._files.path(person.cwd, directory=True) if person.cwd.startswith(b"/") else 0
        processes.added(ident)
        return ident


def _started(pid: int) -> int:
    """When a process began, ns after the boot; 0 if it is gone."""
    try:
        return int(stat(f"/proc/{pid}/stat")[1][19]) * (1_000_000_000 // _TICK)
    except (OSError, ValueError, IndexError):
        return 0


def _tty(number: int) -> bytes:
    major, minor = os.major(number), os.minor(number)
    if 136 <= major <= 143:
        return b"pts%d" % (minor + (major - 136) * 256)
    return {4: b"tty%d" % minor if minor < 64 else b"ttyS%d" % (minor - 64), 5: b"console"}.get(major, b"")


def _cgroups(text: bytes) -> bytes:
    """Words `cpu=/a/b`, NUL-joined; that of version 2 is `unified=/a/b`."""
    words = []
    for line in text.splitlines():
        _, controllers, path = line.split(b":", 2)
        words += [
            n + b"=" + path for n in (controllers.removeprefix(b"name=").split(b",") if controllers else [b"unified"])
        ]
    return b"\0".join(words)


def boot_epoch() -> int:
    """ns since the epoch at the boot."""
    return time.time_ns() - time.clock_gettime_ns(time.CLOCK_BOOTTIME)
