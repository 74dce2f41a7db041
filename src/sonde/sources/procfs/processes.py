"""Processes and threads as /proc tells of them (proc(5): stat, status, cmdline, exe, cwd, cgroup)."""

from __future__ import annotations

import os
import time
from functools import cache
from typing import Any

from sonde.plan.people import user_of
from sonde.sources.procfs.read import line, pids, read, stat, text

__all__ = ["processes", "threads", "user"]

Row = tuple[Any, ...]
_TICK = 10**9 // os.sysconf("SC_CLK_TCK")
# places in stat, from the third word on, the state
_PPID, _PGRP, _SESSION, _TTY, _UTIME, _STIME, _THREADS, _START = 1, 2, 3, 4, 11, 12, 17, 19


def processes() -> tuple[list[Row], int]:
    """(rows of the table, processes whose executable and directory this user may not know)."""
    rows, unread = [], 0
    boot = time.time_ns() - time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    for pid in pids():
        try:
            name, words = stat(f"/proc/{pid}/stat")
            owner, memory = os.stat(f"/proc/{pid}"), _memory(read(f"/proc/{pid}/status"))
            cmdline, groups = line(read(f"/proc/{pid}/cmdline")), read(f"/proc/{pid}/cgroup")
        except OSError:
            continue
        exe, cwd, denied = _links(pid)
        unread += denied
        path = next((group[3:] for group in groups.split(b"\n") if group.startswith(b"0::")), None)
        number = [int(word) for word in words[1:]]
        rows.append(
            (
                pid, number[_PPID - 1], text(name), exe, cmdline, cwd, words[0].decode(), owner.st_uid,
                user(owner.st_uid), owner.st_gid, number[_SESSION - 1], number[_PGRP - 1], number[_TTY - 1],
                number[_THREADS - 1], boot + number[_START - 1] * _TICK, _cpu(number), memory.get(b"VmSize"),
                memory.get(b"VmRSS"), None if path is None else text(path),
            )
        )  # fmt: skip
    return rows, unread


def threads() -> tuple[list[Row], int]:
    """(rows of the table, 0)."""
    rows = []
    for pid in pids():
        try:
            for tid in os.listdir(f"/proc/{pid}/task"):
                name, words = stat(f"/proc/{pid}/task/{tid}/stat")
                rows.append((int(tid), pid, text(name), words[0].decode(), _cpu([int(word) for word in words[1:]])))
        except OSError:
            continue
    return rows, 0


def _cpu(number: list[int]) -> int:
    return (number[_UTIME - 1] + number[_STIME - 1]) * _TICK


def _memory(status: bytes) -> dict[bytes, int]:
    """KiB by name (stat lags behind); nothing of kernel threads."""
    lines = (line.split() for line in status.split(b"\n") if line.startswith(b"Vm"))
    return {words[0].rstrip(b":"): int(words[1]) for words in lines}


def _links(pid: int) -> tuple[str | None, str | None, bool]:
    """(executable, working directory, whether this user may not know them)."""
    found: list[str | None] = []
    for name in ("exe", "cwd"):
        try:
            found.append(text(os.readlink(f"/proc/{pid}/{name}".encode())))
        except PermissionError:
            return None, None, True
        except OSError:  # a kernel thread, or one that has ended
            found.append(None)
    return found[0], found[1], False


@cache
def user(uid: int) -> str | None:
    """The name of a user, None for one without."""
    found = user_of(uid)
    return None if found is None else found.name
