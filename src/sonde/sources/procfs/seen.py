"""Processes that events told of, as rows of the table of processes: also those that came and went meanwhile."""

from __future__ import annotations

from typing import Any

from sonde.catalog.state import STATE
from sonde.plan.state import State
from sonde.sources.procfs.processes import user
from sonde.sources.procfs.read import line, text

__all__ = ["seen_process", "seen_processes"]

_COLUMNS = [column.name for column in STATE["processes"].columns]


def seen_processes(state: State) -> list[tuple[Any, ...]]:
    """Rows of catalog/state.py's processes from the newest record of each; what no record has is missing."""
    places = map(state.processes.place, state.processes.latest.values())
    known = (seen_process(state, place) for place in places if place)
    return [tuple(row.get(name) for name in _COLUMNS) for row in known]


def seen_process(state: State, place: int) -> dict[str, Any]:
    """What the record in row `place` of a state's processes knows, by column."""
    row, strings, files = state.processes.rows[place], state.strings, state.files
    exe, cwd = (files.place(int(row[name])) for name in ("exe_file", "cwd"))
    known = {
        "name": text(strings[int(row["comm"])]), "exe": text(files.path(exe)) if exe else None,
        "cwd": text(files.path(cwd)) if cwd else None, "cmdline": line(strings[int(row["argv"])]),
        "uid": int(row["euid"]), "user": user(int(row["euid"])), "gid": int(row["egid"]),
        "start": int(row["start"]) + state.epoch,
    }  # fmt: skip
    return known | {name: int(row[name]) for name in ("pid", "ppid", "sid", "pgid")}
