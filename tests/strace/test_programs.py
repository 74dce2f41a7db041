"""Twelve real programs under both: the same names, paths and results in each thread, and the same counts."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from counted import counts
from gist import apart, gists
from programs import PROGRAMS, Program
from tracing import KERNEL, SONDE, STRACE, Run, fresh, trace

pytestmark = KERNEL

COUNTED = [program for program in PROGRAMS if program.name in ("git", "sqlite3", "find")]
# of which the number of calls depends on chance: they are in no count
CHANCE = {"getrandom", "total"}


def traced(program: Program, tool: tuple[str, ...], options: tuple[str, ...], directory: Path) -> Run:
    """One run, prepared anew."""
    missing = [name for name in program.needs if shutil.which(name) is None]
    if missing:
        pytest.skip(f"not installed: {' '.join(missing)}")
    place = fresh(directory / "here")
    started = program.prepare(place)
    try:
        return trace(tool, options, started.command, place, program.environment, started.beside)
    finally:
        started.after()


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_the_same_story_of_each_thread(program: Program, tmp_path: Path) -> None:
    theirs, ours = (traced(program, tool, ("-f", "-y"), tmp_path) for tool in (STRACE, SONDE))
    assert ours.status == theirs.status, ours.said
    one, two = (gists(run.log, program.masks, program.differs) for run in (theirs, ours))
    assert sum(map(len, one.values())) > 100
    assert not (found := apart(one, two)), "\n".join(found)


@pytest.mark.parametrize("program", COUNTED, ids=lambda program: program.name)
def test_the_same_counts(program: Program, tmp_path: Path) -> None:
    theirs, ours = (counts(traced(program, tool, ("-f", "-c"), tmp_path).log) for tool in (STRACE, SONDE))
    for found in (theirs, ours):
        for name in CHANCE:
            found.pop(name, None)
    assert theirs and theirs == ours
