"""The event view: calls are rows when they are entered and when they return, each with what its arguments point at."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import numpy as np
import pytest
from live import KERNEL, LIMIT, Workload

from sonde.catalog.lookup import NUMBERS
from sonde.catalog.unistd import X86_64
from sonde.plan.batch import Batch
from sonde.plan.pairs import entered, previous
from sonde.sources.live.events import LiveEvents
from sonde.sources.live.scan import plan_view

pytestmark = KERNEL

CALLS = 997
# paths at the end of a page and at the beginning of one of a file that nobody has read yet
PROGRAM = f"""
import mmap, tempfile
def child():
    for _ in range({CALLS}): os.getppid()
    os._exit(0)
pids = []
for _ in range(2):
    pid = os.fork()
    if not pid: child()
    pids.append(pid)
for pid in pids: os.waitpid(pid, 0)
with tempfile.NamedTemporaryFile() as file:
    file.write(b'x' * 4096 + b'/never/read' + bytes(4085)); file.flush()
    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    pages = mmap.mmap(file.fileno(), 8192)
    libc = ctypes.CDLL(None, use_errno=True)
    start = ctypes.addressof(ctypes.c_char.from_buffer(pages))
    libc.open(ctypes.c_char_p(start + 4096), 0)
read, write = os.pipe()
os.dup2(read, write)
print(json.dumps([os.getpid(), read, write]))
"""


@pytest.fixture(scope="module")
def seen() -> Iterator[tuple[list[Batch], list[int]]]:
    """The batches of one run, and what the program said."""
    wanted = np.zeros(NUMBERS, np.bool_)
    wanted[[X86_64[name] for name in ("getppid", "open", "openat", "dup2", "wait4")]] = True
    workload, batches = Workload(PROGRAM), list[Batch]()
    source = LiveEvents(plan_view(wanted, pointers=True), skip=(os.getpid(),), follow=True)
    try:
        source.follow(workload.pid)
        source.start()
        workload.go()
        deadline = time.monotonic() + LIMIT
        while not workload.ended():
            assert time.monotonic() < deadline
            if (batch := source.poll()) is not None:
                batches.append(batch)
        if (batch := source.stop()) is not None:
            batches.append(batch)
        counters = source.counters()
        assert (counters.lost, counters.lost_payloads) == (0, 0)
        yield batches, workload.said()
    finally:
        workload.kill()
        source.close()


def column(batches: list[Batch], name: str) -> np.ndarray:
    """A column of all rows."""
    return np.concatenate([batch.columns[name] for batch in batches])


def test_each_call_is_two_rows_in_order(seen: tuple[list[Batch], list[int]]) -> None:
    batches, _ = seen
    begun = np.concatenate([entered(batch) for batch in batches])
    nr, tid, ip = (column(batches, name) for name in ("nr", "tid", "ip"))
    for thread in np.unique(tid):
        mine = np.flatnonzero(tid == thread)
        assert begun[mine].tolist() == [True, False] * (len(mine) // 2)
        assert (nr[mine][::2] == nr[mine][1::2]).all() and (ip[mine][::2] == ip[mine][1::2]).all()
    assert (nr == X86_64["getppid"]).sum() == 2 * 2 * CALLS
    assert (column(batches, "res")[begun] == 0).all()
    assert (np.diff(column(batches, "time")) >= 0).all()


def test_a_path_that_was_not_in_memory_is_told(seen: tuple[list[Batch], list[int]]) -> None:
    batches, _ = seen
    paths = []
    for batch in batches:
        rows = np.flatnonzero(entered(batch) & np.isin(batch.columns["nr"], [X86_64["open"], X86_64["openat"]]))
        views = [batch.payloads.of_argument(argument, len(batch)) for argument in (0, 1)]
        paths += [view[row] for row in rows.tolist() for view in views]
    assert b"/never/read" in paths


def test_both_descriptors_of_a_call_have_files(seen: tuple[list[Batch], list[int]]) -> None:
    batches, (_, read, write) = seen
    [(batch, row)] = [
        (batch, row)
        for batch in batches
        for row in np.flatnonzero(entered(batch) & (batch.columns["nr"] == X86_64["dup2"])).tolist()
        if (batch.columns["a0"][row], batch.columns["a1"][row]) == (read, write)
    ]
    files = batch.state.files
    ids = np.array([batch.columns[name][row] for name in ("file", "newdir")], np.uint32)
    assert ids[0] == ids[1] != 0  # both ends of a pipe are one file
    assert files.path(int(files.at(ids)[0])).startswith(b"pipe:[")


def test_previous_finds_the_row_that_entered(seen: tuple[list[Batch], list[int]]) -> None:
    for batch in seen[0]:
        before = previous(batch)
        found = np.flatnonzero(~entered(batch) & (before >= 0))
        assert entered(batch)[before[found]].all()
