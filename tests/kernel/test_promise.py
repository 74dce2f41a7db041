"""The promise: a question has one answer, live, on the recording of the same run, and on the .scap of it."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path

import pytest
from cases import CASES, answered, question
from held_by_scap import KNOWN, why
from live import KERNEL, Row, batches
from zoo import zoo

from sonde.ask_record import about
from sonde.catalog.event import ParamType
from sonde.catalog.lookup import EVENTS
from sonde.cli_options import Options
from sonde.convert import convert
from sonde.dialects.filter import parse
from sonde.plan.expr import fields
from sonde.plan.state import State
from sonde.query import Answer, Question, recorded
from sonde.sources.recording.segments import Directory
from sonde.sources.recording.writer import Limits, Recorder
from sonde.sources.scap.living import living
from sonde.sources.scap.writing import ScapWriter

pytestmark = KERNEL

TOGETHER = 10  # questions asked at the same time
I386 = 1024  # numbers of its calls are above
ROW = ("evt.rawtime", "thread.tid")  # what tells a row of one run from the others
ALWAYS = ("evt.type", "evt.dir", "evt.latency", "evt.rawres", "evt.cpu")
DESCRIPTORS = (ParamType.FD, ParamType.DIRFD, ParamType.TUPLE)


def in_order(rows: list[Row]) -> list[str]:
    """Rows as texts, comparable."""
    return sorted(json.dumps({k: v for k, v in row.items() if k != "evt.num"}, sort_keys=True) for row in rows)


@cache
def arguments() -> set[str]:
    """All arguments, but descriptors, which are compared as fd.num and fd.name."""
    params = [param for event in EVENTS.values() if event.number < I386 for param in event.params]
    kinds = {kind: {f"evt.arg.{p.name}" for p in params if (p.type in DESCRIPTORS) == kind} for kind in (True, False)}
    return kinds[False] - kinds[True]


@cache
def used() -> set[str]:
    """Reasons for differences that came up."""
    return set()


@pytest.mark.parametrize("first", range(0, len(CASES), TOGETHER))
def test_one_answer(first: int, tmp_path: Path) -> None:
    """Of a run that is asked, recorded and written as a file of sysdig at the same time."""
    cases = dict(list(CASES.items())[first : first + TOGETHER])
    native, written, converted = (str(tmp_path / name) for name in ("all.sonde", "live.scap", "all.scap"))
    asked = [Answer(question(text, *names)) for text, names in cases.items()]
    keeper = Answer(Question(record=True, follow=True, skip=(os.getpid(),)))
    workload = zoo(tmp_path)
    writer = ScapWriter(written, living)
    writer.start(State())
    found, _ = batches([keeper, *asked], workload)
    recorder = Recorder(Directory(native, anew=True), about(Options()), Limits(events=2000))
    recorder.start(keeper.state)
    for batch in found[0]:
        for one in (recorder, writer):
            one.write(batch)
            one.settle(keeper.counters)
    recorder.close(keeper.counters(), keeper.state)
    writer.close(keeper.counters(), keeper.state)
    assert convert(Options(verb="convert", arguments=(native, converted))) == 0
    for (text, names), answer, of in zip(cases.items(), asked, found[1:], strict=True):
        rows = [json.loads(line) for batch in of for line in answer.text(batch).splitlines()]
        again, counters = answered(Answer(question(text, *names), recorded(native)))
        assert in_order(again) == in_order(rows), text
        assert rows, f"{text} finds nothing to compare"
        assert not counters.lost and counters.seen == sum(map(len, found[0]))
    for answer in (keeper, *asked):
        answer.close()
    for path in (written, converted):
        same_operations(native, path, cases)


def same_operations(native: str, scap: str, cases: dict[str, tuple[str, ...]]) -> None:
    """Each question finds the same calls in both files, with the same values, but for what is known to be other."""
    asked = {text: {*ALWAYS, *arguments(), *names, *in_filter(text)} for text, names in cases.items()}
    every = tuple(sorted(set().union(*asked.values())))
    ours, theirs = ({key(row): row for row in rows_of(path, every)} for path in (native, scap))
    assert ours.keys() == theirs.keys()
    other = {at: {name for name in every if ours[at][name] != theirs[at][name]} for at in ours}
    wrong = set()
    for text, names in asked.items():
        picked, too = ({key(row) for row in rows_of(path, (), text)} for path in (native, scap))
        for at in picked | too:
            call = ours[at]["evt.type"]
            if (at in picked) != (at in too) and not other[at] & in_filter(text):
                wrong.add(f"{text}: a {call} is in one only, and nobody knows why")
            wrong |= {
                f"{call} {name}: {ours[at][name]!r}, {theirs[at][name]!r}"
                for name in other[at] & names
                if not explained(call, name, ours[at][name], theirs[at][name])
            }
    assert not wrong, "\n".join(sorted(wrong))


def explained(call: str, name: str, ours: object, theirs: object) -> bool:
    """Is it known why a field of a call is another one?"""
    reason = why(call, name, ours, theirs)
    used().add(reason)
    return bool(reason)


def in_filter(text: str) -> set[str]:
    """The fields of a filter."""
    return set(map(str, fields(parse(text))))


def key(row: Row) -> tuple[int, int]:
    """Which row of the run it is."""
    return row["evt.rawtime"], row["thread.tid"]


def rows_of(path: str, names: tuple[str, ...], filter: str = "") -> list[Row]:
    """Calls in a file."""
    return answered(Answer(question(filter, *ROW, *names), recorded(path)))[0]


def test_all_that_is_known_comes_up() -> None:
    assert used() == {known.reason for known in KNOWN}
