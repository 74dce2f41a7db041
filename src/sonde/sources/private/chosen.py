"""Only processes that pass a filter are told: in tables of state, in the lists of a file, among what rows refer to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from sonde.catalog.state import STATE
from sonde.engines.batch import evaluate
from sonde.engines.context import Context
from sonde.engines.fields import physical
from sonde.plan.batch import Batch, Payloads
from sonde.plan.expr import Compare, Expr, fields
from sonde.plan.rewrites import weaken
from sonde.plan.state import State
from sonde.sources.scap.beginning import Beginning

__all__ = ["Bools", "Chosen", "Places"]

Bools = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]
Row = tuple[Any, ...]
OF_PROCESS = frozenset(("proc", "pid", "tid"))
PID = "pid"


class Chosen:
    """Processes of which `expr`, a rewritten filter, may be true: what it says of calls is not asked. `state` is what
    is known of the running processes."""

    def __init__(self, expr: Expr) -> None:
        self._expr, self.state = weaken(expr, _about_processes)[0], State()

    def records(self, state: State, places: Places) -> Bools:
        """Which records of processes pass, by their places."""
        rows = state.processes.rows[places]
        columns = {
            "proc": (places + state.processes.base).astype(np.uint32), "pid": rows["pid"], "tid": rows["tid"],
            "nr": np.zeros(len(places), np.uint16), "flags": np.zeros(len(places), np.uint32),
        }  # fmt: skip
        return evaluate(self._expr, Batch(columns, Payloads.none(), state), Context(state))

    def rows(self, table: str, rows: Sequence[Row]) -> Sequence[Row]:
        """Rows of a table of state: those of processes that pass."""
        names = [column.name for column in STATE[table].columns]
        place, passing = names.index(PID), self._passing()
        return [row for row in rows if row[place] in passing]

    def beginning(self, found: Beginning) -> Beginning:
        """The lists of a file of sysdig: threads that pass, with their descriptors."""
        passing = self._passing()
        processes = [process for process in found.processes if process.pid in passing]
        return replace(found, processes=processes, fds={pid: fds for pid, fds in found.fds.items() if pid in passing})

    def _passing(self) -> set[int]:
        """The processes that pass, by any record of those that the state has."""
        table = self.state.processes
        known = np.flatnonzero(table.rows["known"][: len(table)])
        return set(table.rows["pid"][known[self.records(self.state, known)]].tolist())


def _about_processes(leaf: Compare) -> bool:
    """Does a condition ask for nothing but the process?"""
    return all(physical(field) <= OF_PROCESS for field in fields(leaf))
