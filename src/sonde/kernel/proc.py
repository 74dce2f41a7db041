"""What the kernel side cannot read of another process, from /proc: command lines, environments, control groups."""

from __future__ import annotations

import os

__all__ = ["Cgroups", "stat_words", "words"]

_TICK = os.sysconf("SC_CLK_TCK")
_FLAGS, _EXITING = 6, 4  # the place among the words of stat_words(), PF_EXITING of linux/sched.h


def words(pid: int, start: int, kind: str) -> bytes | None:
    """The NUL-separated words of /proc/PID/`kind` (cmdline, environ), if the process is still the one that started at
    `start` (boot ns) and has its memory still: of one that has ended and is waited for, /proc tells of none."""
    try:
        with open(f"/proc/{pid}/{kind}", "rb") as file:
            text = file.read()
        ticks = int(stat_words(pid)[19])
    except (OSError, ValueError, IndexError):
        return None
    return text if text and abs(ticks - start * _TICK // 1_000_000_000) <= 1 else None


def stat_words(pid: int) -> list[bytes]:
    """/proc/PID/stat from its third word on, the state."""
    with open(f"/proc/{pid}/stat", "rb") as file:
        return file.read().rpartition(b")")[2].split()


class Cgroups:
    """Control groups of processes, as NUL-separated words `cpu=/a/b`; that of version 2 is `unified=/a/b`.

    The kernel says which processes share a set of groups: one that has ended already is known by another of its set.
    A process may have gone to another set since, and a set may have the place of one that is no more.
    """

    def __init__(self) -> None:
        self._known: dict[int, bytes] = {}

    def of_all(self, pids: list[int], shared: list[int]) -> list[bytes | None]:
        """The groups of processes by the sets they were in just now, None for those that have ended and none of whose
        set was ever seen. Where one still has the groups that were known of its set, so have all of the set."""
        sure, found = set[int](), list[bytes | None]()
        for pid, one in zip(pids, shared, strict=True):
            if one not in sure and (groups := _groups(pid)) is not None:
                if self._known.get(one) == groups:
                    sure.add(one)
                self._known[one] = groups
            found.append(self._known.get(one))
        return found


def _groups(pid: int) -> bytes | None:
    """The groups of a process, None if it ends or has ended: one that ends has left its groups already."""
    try:
        with open(f"/proc/{pid}/cgroup", "rb") as file:
            groups = file.read()
        if int(stat_words(pid)[_FLAGS]) & _EXITING:
            return None
        return b"\0".join(map(_group, groups.splitlines()))
    except (OSError, ValueError, IndexError):
        return None


def _group(line: bytes) -> bytes:
    """`4:cpu,cpuacct:/path` as `cpu=/path`, NUL, `cpuacct=/path` (cgroups(7))."""
    _, controllers, path = line.split(b":", 2)
    names = controllers.removeprefix(b"name=").split(b",") if controllers else [b"unified"]
    return b"\0".join(name + b"=" + path for name in names)
