"""How the lines of the strace face are laid out: prefixes, times, columns, and which of them are shown."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["DETACHED", "FAILED", "STATUSES", "SUCCESSFUL", "UNAVAILABLE", "UNFINISHED", "Options", "Quiet", "Stamp"]

SUCCESSFUL, FAILED, UNFINISHED = "successful", "failed", "unfinished"
UNAVAILABLE, DETACHED = "unavailable", "detached"
STATUSES = frozenset((SUCCESSFUL, FAILED, UNFINISHED, UNAVAILABLE, DETACHED))


class Stamp(StrEnum):
    """The wall clock before a line."""

    NONE = "none"
    TIME = "time"  # HH:MM:SS, local
    UNIX = "unix"  # seconds since the epoch


class Quiet(StrEnum):
    """Messages that can be left out (-q, -e quiet=)."""

    ATTACH = "attach"  # strace: Process N attached
    EXIT = "exit"  # +++ exited with 0 +++
    PATHS = "path-resolution"
    PERSONALITY = "personality"  # [ Process PID=N runs in 32 bit mode. ]
    SUPERSEDED = "thread-execve"  # +++ superseded by execve in pid N +++


@dataclass(frozen=True)
class Options:
    """What a line looks like, by strace's options.

    `digits`, `relative` and `spent` are digits of a second's fraction: 0, 3, 6 or 9.
    """

    follow: bool = False  # -f: threads other than the first are shown
    separate: bool = False  # -ff: one output a thread, no pids in the lines
    to_file: bool = False  # -o: `123   ` instead of `[pid   123] `, messages apart
    always_pid: bool = False  # `123   ` whether or not there is more than one (-f -o, several -p -o)
    comm: bool = False  # -Y: 123<bash>
    stamp: Stamp = Stamp.NONE  # -t
    digits: int = 0  # -tt, -ttt: 6
    relative: int | None = None  # -r: since the line before
    spent: int | None = None  # -T: <0.000012>
    pointer: bool = False  # -i: [00007f0123456789]
    number: bool = False  # -n: [   1]
    column: int = 40  # -a
    quiet: frozenset[Quiet] = frozenset()
    statuses: frozenset[str] = STATUSES  # -z, -Z, -e status=; all: lines may be unfinished
    signals: frozenset[int] | None = None  # -e signal=; None all
    stacks: bool = False  # -k
    tracees: frozenset[int] = frozenset()  # threads followed at the start (-p); none: the first that is seen
    compat: bool = False  # the first program is a 32-bit one

    @property
    def whole(self) -> bool:
        """Is a line printed only when its call has ended?"""
        return self.statuses != STATUSES
