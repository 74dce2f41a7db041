"""Processes as rows: threads as they were at some moment."""

from __future__ import annotations

import numpy as np

from sonde.plan.strings import Ids, Strings
from sonde.plan.table import Table

__all__ = ["PROCESS", "Processes"]

PROCESS = np.dtype(
    [
        ("known", "u1"), ("tid", "u4"), ("pid", "u4"), ("ppid", "u4"), ("start", "u8"), ("pstart", "u8"),
        ("thread_start", "u8"),
        ("uid", "u4"), ("euid", "u4"), ("gid", "u4"), ("egid", "u4"), ("loginuid", "u4"), ("sid", "u4"), ("pgid", "u4"),
        ("vpid", "u4"), ("vtid", "u4"), ("vsid", "u4"), ("vpgid", "u4"), ("tty", "u4"), ("cgroups", "u4"),
        ("cap_permitted", "u8"), ("cap_inheritable", "u8"), ("cap_effective", "u8"),
        ("comm", "u4"), ("pcomm", "u4"), ("exe_file", "u4"), ("cwd", "u4"), ("root", "u4"),
        # argv joined by NUL, as the kernel keeps it; argv_truncated when it was longer than what was read
        ("argv", "u4"), ("argv_truncated", "u1"),
        # NUL-joined too; only where a question asks for them
        ("env", "u4"),
    ]
)  # fmt: skip


class Processes(Table):
    """Threads by process record id: a new record whenever name, credentials, directory ... changed.

    `latest` is the newest record of any thread of a process by (pid, start).
    """

    texts = ("comm", "pcomm", "tty", "cgroups", "argv", "env")

    def __init__(self, strings: Strings, base: int = 0) -> None:
        super().__init__(PROCESS, strings, base)
        self.latest: dict[tuple[int, int], int] = {}

    def parents(self, ids: Ids) -> Ids:
        """Record ids of the parents (the newest record of each), 0 where unknown."""
        distinct, inverse = np.unique(ids, return_inverse=True)
        rows = self.rows[self.at(distinct)]
        pairs = zip(rows["ppid"].tolist(), rows["pstart"].tolist(), strict=True)
        return np.array([self.latest.get(pair, 0) for pair in pairs], np.uint32)[inverse]

    def added(self, ident: int) -> None:
        """Tell that the row of `ident` was written."""
        row = self.rows[self.place(ident)]
        self.latest[int(row["pid"]), int(row["start"])] = ident
