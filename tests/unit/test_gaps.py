"""Times at which nobody recorded: they are missing in every recording that is made of one that has them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import pytest
from recordings import ABOUT, looked_at, reader
from rows import START, Rows

from sonde.cli_options import Options
from sonde.convert import convert
from sonde.dialects.filter import parse
from sonde.info import info
from sonde.plan.batch import Counters
from sonde.plan.rewrites import rewrite
from sonde.sources.recording.frames import Damaged
from sonde.sources.recording.header import read_counters
from sonde.sources.recording.segments import Directory
from sonde.sources.recording.span import Extent, Span, moment_text
from sonde.sources.recording.writer import Recorder

SECOND = 1_000_000_000


class Session(NamedTuple):
    """Seconds from START on: a recorder was at work from `since` to `until`, there were rows at `rows`."""

    since: int
    until: int
    rows: tuple[int, ...]


PAST = (Session(0, 20, (1, 2, 9)), Session(60, 90, ()), Session(200, 230, (201, 203, 229)))
EVER = "an answer about all of it is not whole"


def past(path: Path, sessions: tuple[Session, ...] = PAST) -> Path:
    """A recording of several sessions."""
    for place, session in enumerate(sessions):
        rows = Rows()
        for second in session.rows:
            rows.add("close", 3, res=0, time=START + second * SECOND)
        batch = rows.batch()
        recorder = Recorder(
            Directory(str(path), anew=False), {**ABOUT, "session": f"boot {place}"}, past=START + session.since * SECOND
        )
        recorder.write(batch)
        recorder.extent = Extent(Span(0, START + session.until * SECOND), [], [])
        recorder.close(Counters(seen=len(batch)), batch.state)
    return path


def missing(path: Path, since: int | None = None, until: int | None = None) -> list[str]:
    """What of some seconds a recording says it lacks."""
    asked = ["evt.type=close"]
    asked += [f"evt.rawtime >= {START + since * SECOND}"] if since is not None else []
    asked += [f"evt.rawtime <= {START + until * SECOND}"] if until is not None else []
    source = reader(path, rewrite(parse(" and ".join(asked))))
    looked_at(source)
    return source.absent()


def gap(since: int, until: int, why: str = "nothing was recorded") -> str:
    return f"what was from {said(since)} to {said(until)}: {why}"


def said(second: int) -> str:
    return moment_text(START + second * SECOND)


@pytest.mark.parametrize("limits", [{}, {"segment_events": 1}, {"segment_seconds": 1.0}])
def test_they_stay(tmp_path: Path, limits: dict[str, int]) -> None:
    """In a recording of a recording of it, too, however its files are cut."""
    first, second, third = past(tmp_path / "a.sonde"), tmp_path / "b.sonde", tmp_path / "c.sonde"
    assert missing(first) == [gap(20, 60), gap(90, 200)], EVER
    assert convert(Options(read=str(first), write=str(second), **limits)) == 0  # type: ignore[arg-type]
    assert convert(Options(read=str(second), write=str(third))) == 0
    spans = [
        (None, None),
        (1, 9),
        (15, 20),
        (15, 30),
        (61, 89),
        (25, 195),
        (70, 220),
        (210, 229),
        (210, 231),
        (250, 260),
    ]
    for span in spans:
        expected = missing(first, *span)
        assert bool(expected) == (span not in ((1, 9), (15, 20), (61, 89), (210, 229), (210, 231))), span
        assert missing(second, *span) == missing(third, *span) == expected, span


def test_the_last_files(tmp_path: Path) -> None:
    """What was before the files that are left is not there at all."""
    first, second = past(tmp_path / "a.sonde"), tmp_path / "b.sonde"
    assert convert(Options(read=str(first), write=str(second), segment_events=1, segments=2)) == 0
    assert missing(second) == []
    assert missing(second, 70, 220) == [f"what was before {said(201)}: the recording begins there"]


def test_a_part(tmp_path: Path) -> None:
    """Of a part of the time, or of the first rows, no more is known than that."""
    first, part, rows = past(tmp_path / "a.sonde"), tmp_path / "b.sonde", tmp_path / "c.sonde"
    since, until = START + 5 * SECOND, START + 210 * SECOND
    assert convert(Options(read=str(first), write=str(part), since=since, until=until)) == 0
    assert missing(part, 6, 8) == []
    assert missing(part, 2, 8) == [f"what was before {said(5)}: the recording begins there"]
    assert missing(part, 205, 220) == [f"what was after {said(210)}: the recording ends there"]
    assert missing(part, 61, 205) == [gap(90, 200)]
    assert convert(Options(read=str(first), write=str(rows), count=2)) == 0
    assert missing(rows, 1, 9) == [f"what was after {said(2)}: the recording ends there"]


def test_several_systems(tmp_path: Path) -> None:
    """It is said of which of them something is missing."""
    folder, one = tmp_path / "all", tmp_path / "one.sonde"
    web, db = past(folder / "web.sonde", PAST[:2]), past(folder / "db.sonde", (Session(50, 95, (55,)),))
    assert convert(Options(read=str(folder), write=str(one))) == 0
    early, between = gap(0, 50, f"nothing was recorded, in {db}"), gap(20, 60, f"nothing was recorded, in {web}")
    late = gap(90, 95, f"nothing was recorded, in {web}")
    assert missing(one) == [early, between, late]
    assert missing(one, 70, 80) == []


def test_what_could_not_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is not there of what was made of it either, and that is said by all that tells of it."""
    first, second = past(tmp_path / "a.sonde"), tmp_path / "b.sonde"
    segment = max(first.iterdir())
    segment.write_bytes(segment.read_bytes()[:-9])
    [lost] = missing(first, 61, 89)
    assert str(segment) in lost
    assert convert(Options(read=str(first), write=str(second))) == 0
    assert missing(second, 61, 89) == [lost]
    capsys.readouterr()
    assert info([str(second)], False) == 0
    shown = capsys.readouterr().out
    assert f"unread     {lost}" in shown and f"gap        {gap(20, 60)}" in shown
    assert info([str(second)], True) == 0
    assert json.loads(capsys.readouterr().out)["segments"][-1]["unread"] == [lost]


def test_files_that_cannot_tell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever makes them is told."""
    first, whole = past(tmp_path / "a.sonde"), past(tmp_path / "whole.sonde", PAST[:1])
    for ending in ("scap", "jsonl", "csv", "parquet"):
        target = str(tmp_path / f"b.{ending}")
        assert convert(Options(verb="convert", arguments=(str(first), target))) == 0
        told = capsys.readouterr().err
        assert gap(90, 200) in told and f"{target} cannot tell this" in told, ending
        assert convert(Options(verb="convert", arguments=(str(whole), target))) == 0
        assert "cannot tell" not in capsys.readouterr().err


@pytest.mark.parametrize(
    "more",
    ({"gaps": 1}, {"gaps": [1]}, {"gaps": [[1, 2]]}, {"gaps": [[1, -2, "why"]]}, {"gaps": [[1, 2, 3]]}, {"faults": 1},
             {"faults": [1]})
)  # fmt: skip
def test_gaps_that_cannot_be(more: dict[str, object]) -> None:
    told = {"time": 1, **vars(Counters())}
    assert read_counters(json.dumps(told).encode()).gaps == []
    assert read_counters(json.dumps({**told, "faults": ["a\nb"]}).encode()).faults == [r"'a\nb'"]
    with pytest.raises(Damaged):
        read_counters(json.dumps({**told, **more}).encode())


def test_a_recording_without_rows(tmp_path: Path) -> None:
    """Nothing passes, and the time is covered all the same."""
    first, second = past(tmp_path / "a.sonde"), tmp_path / "b.sonde"
    assert convert(Options(read=str(first), write=str(second), filter_words="proc.name=nobody")) == 0
    assert missing(second) == missing(first) and missing(second, 61, 89) == []
