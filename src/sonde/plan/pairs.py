"""Which row of a batch entered the call that another row returns from."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sonde.catalog.event import EXIT_EVENTS
from sonde.plan.batch import ENTER_ROW, Batch

__all__ = ["SIGKILL", "entered", "fatal", "killed", "left_open", "previous"]

Rows = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
SIGKILL = 9


def entered(batch: Batch) -> Bools:
    """Rows of calls that begin."""
    nr = batch.columns["nr"]
    begun = (batch.columns["flags"].astype(np.int64) & ENTER_ROW) != 0
    held: Bools = begun & (nr != EXIT_EVENTS["procexit"]) & (nr != EXIT_EVENTS["signaldeliver"])
    return held


def previous(batch: Batch) -> Rows:
    """The row before of the same thread, -1 if it is in an earlier batch; signals are passed over, and have none."""
    out = np.full(len(batch), -1, np.int64)
    order = _by_thread(batch)
    tid = batch.columns["tid"][order]
    same = tid[1:] == tid[:-1]
    out[order[1:][same]] = order[:-1][same]
    return out


def fatal(batch: Batch) -> dict[int, int]:
    """Rows of SIGKILL that stand for another signal, which killed the process; the kernel delivers that as SIGKILL."""
    nr = batch.columns["nr"]
    ends = np.flatnonzero((nr == EXIT_EVENTS["procexit"]) & (batch.columns["tid"] == batch.columns["pid"])).tolist()
    deadly = {int(batch.columns["tid"][row]): int(batch.columns["a0"][row]) & 0x7F for row in ends}
    kills = (
        np.flatnonzero(_kills(batch)).tolist() if any(number not in (0, SIGKILL) for number in deadly.values()) else []
    )
    found = ((row, deadly.get(int(batch.columns["tid"][row]), SIGKILL)) for row in kills)
    return {row: number for row, number in found if number not in (0, SIGKILL)}


def killed(batch: Batch) -> Bools:
    """Rows that return from a call only to be killed: a tracer does not see them return."""
    kills, held = _kills(batch), np.zeros(len(batch), np.bool_)
    kills[list(fatal(batch))] = False
    if not kills.any():
        return held
    order = np.argsort(batch.columns["tid"], kind="stable")
    tid = batch.columns["tid"][order]
    held[order[:-1]] = kills[order[1:]] & (tid[1:] == tid[:-1])
    held &= (batch.columns["nr"] != EXIT_EVENTS["signaldeliver"]) & ~entered(batch)
    return held


def _kills(batch: Batch) -> Bools:
    """Rows in which SIGKILL is delivered."""
    held: Bools = (batch.columns["nr"] == EXIT_EVENTS["signaldeliver"]) & (batch.columns["a2"] == SIGKILL)
    return held


def left_open(batch: Batch) -> tuple[Rows, Rows]:
    """(rows of calls that have not returned when the batch ends, threads that are in no call then)."""
    order = _by_thread(batch)
    tid = batch.columns["tid"][order]
    last = order[np.flatnonzero(np.append(tid[1:] != tid[:-1], [True] * bool(len(tid))))]
    begun = entered(batch)[last]
    return last[begun], batch.columns["tid"][last[~begun]].astype(np.int64)


def _by_thread(batch: Batch) -> Rows:
    """Rows of calls and exits, thread by thread."""
    rows = np.flatnonzero(batch.columns["nr"] != EXIT_EVENTS["signaldeliver"])
    tid = batch.columns["tid"][rows]
    if not len(tid) or (tid == tid[0]).all():
        return rows
    return rows[np.argsort(tid, kind="stable")]
