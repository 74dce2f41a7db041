"""What changes the tables of state: every event that is named is there, and snapshots are read as they were written."""

from __future__ import annotations

import io

import pytest

from sonde.catalog import changes
from sonde.catalog.lookup import by_name
from sonde.catalog.state import RECORDED, STATE
from sonde.plan.state import State
from sonde.sources.procfs.tables import read_state
from sonde.sources.recording import snapshot
from sonde.sources.recording.alive import Alive
from sonde.sources.recording.changes import Change
from sonde.sources.recording.frames import Damaged, Frame, Reader
from sonde.sources.recording.held import Held


def test_events_are_there() -> None:
    names = {*changes.CLOEXEC, *changes.CLOEXEC_ALWAYS, *changes.OPEN_HOW, *changes.PAIRS, *changes.CONTROLS}
    assert all(by_name(name) for name in names.union(*changes.NEEDED.values()))
    assert {*changes.CLOEXEC, *changes.CLOEXEC_ALWAYS} <= {*changes.MAKES, *changes.PAIRS}
    assert changes.NEEDED.keys() == set(RECORDED)


def test_a_snapshot_is_read_as_it_was_written(monkeypatch: pytest.MonkeyPatch) -> None:
    processes = [(1, 0, "a\udcff", None, "", *([None] * 14)), (2**22, 1, "b", "/b", "b -x", *([7] * 14))]
    processes = [tuple(_fitting("processes", row)) for row in processes]
    files = [(1, 3, "socket:[9]", "socket", 9, None, 0, 1), (1, 4, "/x", "file", 5, 7, 1, None)]
    monkeypatch.setattr(snapshot, "processes", lambda: (processes, 0))
    monkeypatch.setattr(snapshot, "threads", lambda: ([], 0))
    monkeypatch.setattr(snapshot, "files", lambda: (files, 0))
    found = snapshot.Snapshot()
    frames = list(Reader(io.BytesIO(snapshot.snapshot_now(True, 0, 3))))
    for frame in frames:
        found.take(frame)
    assert found.tables["processes"] == processes and found.tables["files"] == files
    assert found.tables["threads"] == [] and found.tables.keys() == set(RECORDED)
    assert found.followed and found.lost == 3 and 0 < found.since <= found.time == snapshot.time_of(frames[0])
    with pytest.raises(Damaged):
        found.take(Frame(frames[0].kind, frames[0].rows + 1, frames[0].head, frames[0].body))


def _fitting(table: str, row: tuple[object, ...]) -> list[object]:
    """Values with the types that the columns have."""
    kinds = [column.type.kind.value for column in STATE[table].columns]
    return [str(v) if v is not None and kind == "str" else v for v, kind in zip(row, kinds, strict=True)]


def test_tables_of_now_have_the_columns_of_the_catalogue() -> None:
    for table in STATE:
        assert list(read_state(table).columns) == [column.name for column in STATE[table].columns]


def test_a_process_that_is_first_seen_by_another_thread() -> None:
    """What only its main thread tells of it is not known yet."""
    state = State()
    record = state.processes.rows[state.processes.ensure(1)]
    record["known"], record["tid"], record["pid"], record["euid"] = 1, 9, 8, 7
    alive = Alive([], [], Held([]), 0)
    for tid, uid in ((9, None), (8, 7)):
        alive.change(Change(5, "read", tid, 8, 1, (0,) * 5, 1, -1, 0, b""), state)
        assert alive.uid(8) == uid
    assert [(row[0], len(alive.threads())) for row in alive.processes()] == [(8, 2)]
