"""A log of strace may tell of more files and threads than the tables have room for at first."""

from __future__ import annotations

import numpy as np

from sonde.plan.state import State
from sonde.sources.strace.files import FileIds
from sonde.sources.strace.processes import ProcessIds

MANY = 600


def test_more_files_than_there_is_room_for() -> None:
    state = State()
    files = FileIds(state, here=False)
    ids = np.array([files.of(f"</srv/{number}>") for number in range(MANY)], np.uint32)
    assert state.strings[int(state.files.paths(ids)[-1])] == b"/srv/599"


def test_more_threads_than_there_is_room_for() -> None:
    state = State()
    processes = ProcessIds(state, FileIds(state, here=False), here=False)
    records = [processes.record(tid, 1) for tid in range(1, MANY)]
    assert state.processes.rows[state.processes.place(records[-1])]["tid"] == MANY - 1
