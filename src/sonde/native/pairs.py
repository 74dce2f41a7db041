"""Events to threads and calls: a dense number for each thread, the enter event that an event belongs to; pairs.c does
the work."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sonde.native import address, kernel
from sonde.native.scap import Blocks

__all__ = [
    "ALWAYS", "BEGINS", "CALL", "CHANGED", "CHANGES", "ENDS", "EXEC", "EXECVEAT", "MAKES", "ON_FD", "USES_FD", "Pairs",
    "pairs",
]  # fmt: skip

Array = npt.NDArray[np.generic]
Marks = npt.NDArray[np.uint16]
I8 = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
# marks of an event type: of a thread's calls; its first parameter is the descriptor; an exit that may belong to
# execveat, its enter event; where there is one of it there is a thread; its thread ends; it changes something if it
# worked, or whatever it returns, or only of a descriptor
CALL, USES_FD, EXEC, EXECVEAT, MAKES, ENDS, CHANGES, ALWAYS, ON_FD = (1 << bit for bit in range(9))
BEGINS, CHANGED = 1, 2  # what a step does


class Pairs(NamedTuple):
    """Of each event: its thread's number in `tids`, which are in the order in which they come; the last enter event of
    the thread up to it (-1: none), whether it returns from that, and the descriptor it works on, -1 for none. `last`
    is the last enter event of each thread, `newest` that of all of its calls. Steps are the events by which a thread
    is there that may not have been there before (BEGINS), and those that may change something (CHANGED)."""

    thread: npt.NDArray[np.int32]
    enter: I8
    valid: Bools
    fd: I8
    tids: I8
    last: I8
    newest: I8
    step: I8
    how: npt.NDArray[np.uint8]


def pairs(blocks: Blocks, marks: Marks, carried: int = 0) -> Pairs:
    """The pairs of events in the order of the file; `marks` by event type. No thread begins by the first `carried`,
    and they change nothing."""
    native = kernel("pairs")
    if native is None:
        return _twin(blocks, marks, carried)
    events = len(blocks.tid)
    slots = np.full(1 << max(4, (2 * events).bit_length()), -1, np.int32)
    tids, last, newest, enter, fd, step = (np.empty(events, np.int64) for _ in range(6))
    thread, valid, alive = np.empty(events, np.int32), np.empty(events, np.bool_), np.empty(events, np.bool_)
    how = np.empty(events, np.uint8)
    inputs: tuple[Array, ...] = (blocks.tid, blocks.type, blocks.word, blocks.worded)
    outputs: tuple[Array, ...] = (tids, last, newest, alive, thread, enter, fd, valid, step, how)
    table = (address(marks), address(slots), len(slots) - 1)
    job = np.array(
        [*map(address, inputs), events, *table, *map(address, outputs), carried, 0], np.uint64
    )  # struct of pairs.c
    count = native(address(job))
    tids, last, newest = (column[:count].copy() for column in (tids, last, newest))
    steps = int(job[-1])
    return Pairs(thread, enter, valid, fd, tids, last, newest, step[:steps].copy(), how[:steps].copy())


def _twin(blocks: Blocks, marks: Marks, carried: int) -> Pairs:
    """The same in numpy."""
    tid, type_, word, worded = blocks.tid, blocks.type.astype(np.int64), blocks.word, blocks.worded
    marked, leaves = marks[blocks.type], (type_ & 1) == 1
    sorted_, begin, inverse = np.unique(tid, return_index=True, return_inverse=True)
    order = np.argsort(begin)
    thread = np.argsort(order)[inverse].astype(np.int32)
    enter, last = _enters(thread, (marked & CALL) != 0, ~leaves, len(sorted_))
    entered = np.maximum(enter, 0)
    execs = ((marked & EXEC) != 0) & ((marked[entered] & EXECVEAT) != 0)
    valid = leaves & (enter >= 0) & ((type_[entered] + 1 == type_) | execs)
    uses = (marked & USES_FD) != 0
    fd = np.where(uses & ~leaves & worded, word, -1)
    back = uses & valid
    fd[back] = fd[enter[back]]
    newest = np.full(len(sorted_), -1, np.int64)
    np.maximum.at(newest, thread[(marked & CALL) != 0], np.flatnonzero(marked & CALL))
    how = np.zeros(len(tid), np.uint8)
    how[_begins(thread, marked, carried)] = BEGINS
    worked = (worded & (word >= 0)) | (marked & ALWAYS != 0)
    changed = (marked & CHANGES != 0) & worked & ((fd >= 0) | (marked & ON_FD == 0))
    changed[:carried] = False
    how[changed] |= CHANGED
    step = np.flatnonzero(how)
    return Pairs(thread, enter, valid, fd, sorted_[order], last, newest, step, how[step])


def _begins(thread: npt.NDArray[np.int32], marked: Marks, carried: int) -> I8:
    """The events that make a thread which the events before, up to its end, did not."""
    making, ending = (marked & MAKES) != 0, (marked & ENDS) != 0
    making[:carried] = False
    rows = np.flatnonzero(making | ending)
    rows = rows[np.argsort(thread[rows], kind="stable")]
    alone = np.ones(len(rows), np.bool_)
    alone[1:] = (thread[rows[1:]] != thread[rows[:-1]]) | ending[rows[:-1]]
    return np.sort(rows[making[rows] & alone])


def _enters(thread: npt.NDArray[np.int32], call: Bools, enters: Bools, threads: int) -> tuple[I8, I8]:
    """(the last enter event of its thread up to each event, the last of each thread)."""
    calls = np.flatnonzero(call)
    order = calls[np.argsort(thread[calls], kind="stable")]
    place = np.arange(len(order))
    before = np.maximum.accumulate(np.where(enters[order], place, -1)) if len(order) else place
    mine = (before >= 0) & (thread[order[before]] == thread[order])
    enter = np.full(len(thread), -1, np.int64)
    enter[order] = np.where(mine, order[before], -1)
    last = np.full(threads, -1, np.int64)
    rows = np.flatnonzero(call & enters)
    last[thread[rows]] = rows
    return enter, last
