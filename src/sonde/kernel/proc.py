"""What the kernel side cannot read of another process, from /proc: command lines, environments, control groups."""

from __future__ import annotations

import os

__all__ = ["Cgroups", "stat_words", "words"]

_TICK = os.sysconf("SC_CLK_TCK")
_FLAGS, _EXITING = 6, 4  # the place among the words of stat_words(), PF_EXITING of linux/sched.h


def words(pid: int, start: int, kind: str) -> bytes | None:
    """The NUL-separated words of /proc/PID/`kind` (cmdline, environ), if the process is still the one that started at
    `start` (boot ns)."""
    try:
        with open(f"/proc/{pid}/{kind}", "rb") as file:
            text = file.read()
        ticks = int(stat_words(pid)[19])
    except (OSError, ValueError, IndexError):
        return None
    return text if abs(ticks - start * _TICK // 1_000_000_000) <= 1 else None


def stat_words(pid: int) -> list[bytes]:
    """/proc/PID/stat from its third word on, the state."""
    with open(f"/proc/{pid}/stat", "rb") as file:
        return file.read().rpartition(b")")[2].split()


class Cgroups:
    """Control groups of processes, as NUL-separated words `cpu=/a/b`; that of version 2 is `unified=/a/b`.

    The kernel says which processes share a set of groups: one that has ended already is known by another of its set.
    """

    def __init__(self) -> None:
        self._known: dict[int, bytes] = {}

    def of(self, pid: int, shared: int) -> bytes | None:
        """The groups of a process in set `shared`, or None when it has ended and none of its set was ever seen."""
        try:
            with open(f"/proc/{pid}/cgroup", "rb") as file:
                groups = file.read()
            if not int(stat_words(pid)[_FLAGS]) & _EXITING:  # one that ends has left its groups already
                self._known[shared] = b"\0".join(map(_group, groups.splitlines()))
        except (OSError, ValueError, IndexError):
            pass
        return self._known.get(shared)


def _group(line: bytes) -> bytes:
    """`4:cpu,cpuacct:/path` as `cpu=/path`, NUL, `cpuacct=/path` (cgroups(7))."""
    _, controllers, path = line.split(b":", 2)
    names = controllers.removeprefix(b"name=").split(b",") if controllers else [b"unified"]
    return b"\0".join(name + b"=" + path for name in names)
