"""Processes and threads, followed from a snapshot through those that begin, become other programs and end."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from sonde.catalog.changes import CLONES, EXECS, EXIT
from sonde.catalog.state import MOMENTARY, STATE
from sonde.plan.state import State
from sonde.sources.procfs.seen import seen_process
from sonde.sources.recording.changes import Change
from sonde.sources.recording.held import Held

__all__ = ["Alive"]

Row = tuple[Any, ...]
PROCESSES = [column.name for column in STATE["processes"].columns]
THREADS = [column.name for column in STATE["threads"].columns]
OF_PROCESS = ("cwd", "exe", "cmdline", "sid", "pgid", "pid", "ppid")  # what all threads of a process have together
CLONE_FILES = 0x400
TICK = 10**9 // os.sysconf("SC_CLK_TCK")
ZOMBIE = "Z"


class Alive:
    """What there is of processes and threads, and what they hold; those that have ended and wait for their parents are
    left out. `settled`: when the snapshot was complete, ns since the epoch."""

    def __init__(self, processes: Sequence[Row], threads: Sequence[Row], held: Held, settled: int) -> None:
        rows = (dict(zip(PROCESSES, row, strict=True)) for row in processes)
        self._rows = {int(row["pid"]): row for row in rows if row["state"] != ZOMBIE}
        self._threads: dict[int, dict[int, str]] = {pid: {} for pid in self._rows}
        for tid, pid, name, state, _ in threads:
            if state != ZOMBIE and pid in self._rows:
                self._threads[pid][tid] = name
        self._held, self._settled = held, settled
        self._newest: dict[int, tuple[State, int]] = {}  # of each thread the record that was looked at

    def uid(self, pid: int) -> int | None:
        """The user that a process runs as, if that is known."""
        return self._rows[pid]["uid"] if pid in self._rows else None

    def change(self, change: Change, state: State) -> None:
        """Take in a row."""
        if change.name == EXIT:
            self._exit(change)
            return
        known = self._news(change, state)
        begins = change.name in CLONES and change.res == 0 and change.tid == change.pid
        if known and (begins or change.pid not in self._rows):
            self._begin(change, known, state.epoch)
        if change.name in EXECS and change.res >= 0:
            self._threads[change.pid] = {}
            self._held.exec(change.pid)
        if known:
            self._renew(change, known)

    def _news(self, change: Change, state: State) -> dict[str, Any]:
        """What the record of a row says, if it is another one than before."""
        place = state.processes.place(change.proc)
        ours = change.pid in self._rows and change.name not in (*CLONES, *EXECS)
        if not place or (ours and self._newest.get(change.tid) == (state, change.proc)):
            return {}
        self._newest[change.tid] = state, change.proc
        return seen_process(state, place)

    def _begin(self, change: Change, known: dict[str, Any], epoch: int) -> None:
        """A process that was not there: a copy of its parent, but for what its record says."""
        pid, start = change.pid, known["start"]
        if pid in self._rows and abs(self._rows[pid]["start"] - start) <= 2 * TICK:
            return  # the snapshot was read meanwhile, and has it
        parent = self._rows.get(known["ppid"]) or dict.fromkeys(PROCESSES)
        self._rows[pid] = {**parent, "start": start - (start - epoch) % TICK}
        self._threads[pid] = {}
        if start > self._settled or not self._held.holds(pid):
            self._held.fork(known["ppid"], pid, shared=bool(_flags(change) & CLONE_FILES))

    def _renew(self, change: Change, known: dict[str, Any]) -> None:
        """What the record of a thread says."""
        leads = change.tid == change.pid
        row = self._rows[change.pid]
        told = {name: value for name, value in known.items() if value is not None and name != "start"}
        row |= {name: value for name, value in told.items() if leads or name in OF_PROCESS}
        if row["ppid"] and row["ppid"] not in self._rows:
            row["ppid"] = None  # it has ended, and who has adopted its children is not told
        self._threads.setdefault(change.pid, {})[change.tid] = known["name"]

    def _exit(self, change: Change) -> None:
        """A thread ends; with the last one its process does."""
        threads = self._threads.get(change.pid, {})
        threads.pop(change.tid, None)
        if threads:
            return
        self._threads.pop(change.pid, None)
        self._rows.pop(change.pid, None)
        self._held.end(change.pid)
        for row in self._rows.values():
            if row["ppid"] == change.pid:
                row["ppid"] = None

    def processes(self) -> list[Row]:
        """Rows of the table; numbers of the moment are missing."""
        for pid, row in self._rows.items():
            row["threads"] = len(self._threads.get(pid, ())) or 1
        rows = (self._rows[pid] for pid in sorted(self._rows))
        return [tuple(None if name in MOMENTARY else row.get(name) for name in PROCESSES) for row in rows]

    def threads(self) -> list[Row]:
        """The same of threads."""
        found = ((tid, pid, name) for pid, of in sorted(self._threads.items()) for tid, name in sorted(of.items()))
        return [(tid, pid, name, None, None) for tid, pid, name in found]


def _flags(change: Change) -> int:
    """The flags of a clone, 0 where they are not known."""
    if change.name == "clone3":
        return int.from_bytes(change.pointed[:8], "little")
    return change.words[0] if change.name == "clone" else 0
