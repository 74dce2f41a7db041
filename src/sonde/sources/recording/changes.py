"""The rows of a recording that change tables of state, chosen column by column; and those that show what there is."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sonde.catalog.changes import CLONES, CLOSES, CONTROLS, EXECS, EXIT, MAKES, OPEN_HOW, PAIRS
from sonde.catalog.lookup import NAMES, NUMBERS, by_name
from sonde.engines.context import NO_SOURCE, fd_index, of_event, word
from sonde.plan.batch import ENTER_ROW, Batch, Payloads, Views
from sonde.plan.state import State
from sonde.sources.recording.frames import Damaged
from sonde.sources.recording.rows import Rows

__all__ = ["FIOCLEX", "FIONCLEX", "SLACK", "Change", "changes", "numbers_of"]

Bools = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]
SLACK = 1_000_000_000  # ns after which what a process did first is seen
COLUMNS = frozenset(("time", "tid", "pid", "proc", "file", "res", "a0", "a1", "a2", "a3", "a4"))
POINTING = {**PAIRS, **OPEN_HOW, "clone3": 0}  # events whose argument points at what has to be known
EBADF = 9
FIONCLEX, FIOCLEX = 0x5450, 0x5451
COMMANDS = (fcntl.F_DUPFD, fcntl.F_DUPFD_CLOEXEC, fcntl.F_SETFD, FIONCLEX, FIOCLEX)


class Change(NamedTuple):
    """A row: `name` of its event, `words` of its arguments, `fd` its main descriptor (-1: none), which is the file
    `file` (0: not known), `pointed` what an argument pointed at. Of a process that begins `time` is its start."""

    time: int
    name: str
    tid: int
    pid: int
    res: int
    words: tuple[int, ...]
    proc: int
    fd: int
    file: int
    pointed: bytes


@cache
def numbers_of(names: tuple[str, ...]) -> Bools:
    """By event number: is it one of these events?"""
    found = np.zeros(NUMBERS, np.bool_)
    found[[event.number for name in names for event in by_name(name)]] = True
    return found


def changes(rows: Rows, state: State, since: int, until: int) -> Iterator[Change]:
    """What happened after `since`, up to `until`, in the order of time. Damaged if rows are without a column."""
    least, most = rows.extremes("time")
    if most <= since or least > until + SLACK:
        return
    batch = rows.batch(COLUMNS, False, state)
    if not batch.columns.keys() >= COLUMNS:
        raise Damaged("rows without a part of them")
    time, born = _times(batch)
    inside = (time > since) & (time <= until) & (batch.columns["flags"].astype(np.int64) & ENTER_ROW == 0)
    index = of_event(batch, fd_index, NO_SOURCE)
    fd, valid = word(batch, index)
    fd = np.where(valid, fd.astype(np.int32), -1)
    chosen = inside & (born | _changing(batch))
    chosen |= inside & _first(batch, fd) | inside & _renewed(batch)
    places = np.flatnonzero(chosen)
    yield from _told(rows, batch, time, fd, places[np.argsort(time[places], kind="stable")])


def _times(batch: Batch) -> tuple[npt.NDArray[np.int64], Bools]:
    """(when each row happened, the first ones of threads, which happened when these were made: their parents may have
    gone on before they ran)."""
    time = batch.columns["time"].astype(np.int64)
    born = numbers_of(CLONES)[batch.columns["nr"]] & (batch.columns["res"] == 0)
    if born.any():
        start = batch.state.processes.column("thread_start", batch.columns["proc"][born].astype(np.uint32))
        told = start.astype(np.int64) + batch.state.epoch
        time[born] = np.where(start != 0, told, time[born])
    return time, born


def _changing(batch: Batch) -> Bools:
    """Where a call changes something; a close that failed did close, but for EBADF."""
    nr, res = batch.columns["nr"], batch.columns["res"].astype(np.int64)
    worked = numbers_of((*EXECS, *MAKES, *PAIRS))[nr] & (res >= 0)
    worked |= numbers_of(CONTROLS)[nr] & (res >= 0) & np.isin(batch.columns["a1"].astype(np.uint32), COMMANDS)
    held: Bools = worked | numbers_of((EXIT,))[nr] | (numbers_of(CLOSES)[nr] & (res != -EBADF))
    return held


def _first(batch: Batch, fd: npt.NDArray[np.int64]) -> Bools:
    """Where a descriptor of a process is another file than in the row before that used it."""
    file = batch.columns["file"].astype(np.int64)
    closing = numbers_of(CLOSES)[batch.columns["nr"]]
    used = np.flatnonzero((fd >= 0) & ((file != 0) | closing))
    keys = batch.columns["pid"].astype(np.int64)[used] << 32 | fd[used]
    return _differs(len(batch), used, keys, np.where(closing, -1, file)[used])


def _renewed(batch: Batch) -> Bools:
    """Where the record of a thread is another one than in its row before."""
    known = np.flatnonzero(batch.columns["proc"] != 0)
    return _differs(
        len(batch), known, batch.columns["tid"].astype(np.int64)[known], batch.columns["proc"].astype(np.int64)[known]
    )


def _differs(rows: int, places: Places, keys: Places, values: Places) -> Bools:
    """Of rows at `places`, in order: where the value differs from the one before with the same key."""
    order = np.argsort(keys, kind="stable")
    sorted_keys, sorted_values = keys[order], values[order]
    new = np.ones(len(order), np.bool_)
    new[1:] = (sorted_keys[1:] != sorted_keys[:-1]) | (sorted_values[1:] != sorted_values[:-1])
    out = np.zeros(rows, np.bool_)
    out[places[order[new]]] = True
    return out


def _told(
    rows: Rows, batch: Batch, time: npt.NDArray[np.int64], fd: npt.NDArray[np.int64], places: Places
) -> Iterator[Change]:
    columns = {name: batch.columns[name][places].tolist() for name in COLUMNS}
    words = list(zip(*(columns[f"a{i}"] for i in range(5)), strict=True))
    names = [NAMES[nr] for nr in batch.columns["nr"][places].tolist()]
    times, fds = time[places].tolist(), fd[places].tolist()
    views = _pointed(rows, batch, names)
    for at, place in enumerate(places.tolist()):
        view = views.get(POINTING.get(names[at], -1))
        yield Change(
            times[at], names[at], columns["tid"][at], columns["pid"][at], columns["res"][at], words[at],
            columns["proc"][at], fds[at], columns["file"][at], (view[place] if view else None) or b"",
        )  # fmt: skip


def _pointed(rows: Rows, batch: Batch, names: list[str]) -> dict[int, Views]:
    """What arguments pointed at, by the argument, where it matters."""
    wanted = {POINTING[name] for name in set(names) & POINTING.keys()}
    payloads = rows.batch(frozenset(), True, batch.state).payloads if wanted else Payloads.none()
    return {argument: payloads.of_argument(argument, len(batch)) for argument in wanted}
