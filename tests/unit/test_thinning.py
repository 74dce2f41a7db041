"""Kinds of rows and their shares: what is taken out of a recording, what stays as it was, and what is said of it."""

from __future__ import annotations

import contextlib
import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recordings import ABOUT, Row, looked_at, plain, reader, recording, rows_of
from rows import START, Rows

from sonde.catalog.kinds import KINDS, SHARES, wanted
from sonde.catalog.lookup import NAMES
from sonde.dialects.filter import parse
from sonde.engines.batch import evaluate
from sonde.engines.context import Context
from sonde.engines.fields import derive
from sonde.plan.batch import Batch, Counters
from sonde.plan.expr import Field
from sonde.plan.rewrites import rewrite
from sonde.sources.live.scan import possible
from sonde.sources.recording.frames import HEADER, Damaged, Kind, Reader
from sonde.sources.recording.helper import Helper
from sonde.sources.recording.kinds import NAMED, Kinds, asked_kinds
from sonde.sources.recording.segments import Directory
from sonde.sources.recording.shared import Shared
from sonde.sources.recording.shares import Held, losses
from sonde.sources.recording.source import Recording
from sonde.sources.recording.span import END, Span, moment_text
from sonde.sources.recording.summary import contents
from sonde.sources.recording.tally import end_frame, tally
from sonde.sources.recording.thinned import ThinnedTimes
from sonde.sources.recording.thinner import TEMPORARY
from sonde.sources.recording.thinning import Stopped, thin
from sonde.sources.recording.writer import Limits, Recorder

# an event of each kind, its result, and the kind
EVENTS = (
    ("execve", 0, "processes"), ("clone", 0, "processes"), ("connect", 0, "connections"),
    ("connect", -111, "connections"), ("openat", 3, "files"), ("openat", -2, "files"), ("unlinkat", 0, "files"),
    ("signaldeliver", 0, "signals"), ("read", -9, "failures"), ("access", -2, "failures"),
    ("read", -11, "everything else"), ("read", 7, "everything else"), ("close", 0, "everything else"),
)  # fmt: skip
PARENTS = 4
TURNS, FLOOD = 30, 1_000


def some(seed: int, count: int, path: Path) -> Path:
    """A segment with events of all kinds, of processes with ancestors, in frames of any size; -> its path."""
    [segment] = recording(path, batches_of(Random(seed), count))
    return segment


def batches_of(random: Random, count: int) -> Iterator[Batch]:
    """What refers to processes and files is told as they come."""
    rows, last, turn = Rows(), 0, 0
    for at in range(1, PARENTS + 1):
        rows.process(at, comm=b"parent%d" % at, argv=b"p\0%d" % at, pid=at, start=at, ppid=at - 1, pstart=at - 1)
    while last < count:
        turn += 1
        files = [rows.file(b"/deep/%d/%d" % (turn, at)) for at in range(2)]
        parent = random.randint(1, PARENTS)
        process = rows.process(
            PARENTS + turn, comm=b"run%d" % turn, argv=b"x", pid=100 + turn, start=9, ppid=parent, pstart=parent,
            cwd=random.choice(files),
        )  # fmt: skip
        if random.random() < 0.4:  # a newer record of a parent: rows after it have another ancestor's name
            at = random.randint(1, PARENTS)
            rows.process(100 + turn, comm=b"new%d" % turn, pid=at, start=at, ppid=at - 1, pstart=at - 1)
        for _ in range(random.randint(1, 9)):
            name, res, _ = random.choice(EVENTS)
            ids: dict[str, Any] = {"proc": process, "file": random.choice((0, *files)), "dir": random.choice(files)}
            given = {1: b"/name%d" % random.randrange(5)} if name == "openat" else {}
            rows.add(name, 3, random.randrange(99), random.randrange(9), point=given, res=res, **ids)
        whole = rows.batch()
        yield whole.take(np.arange(last, len(whole)))
        last = len(whole)


def looked_up(source: Recording) -> list[tuple[Row, tuple[bytes, ...], bytes]]:
    """Rows with the names of their processes' parents and directories, which need more than what a row refers to."""
    found = []
    while (batch := source.poll()) is not None:
        names = ancestors(batch), texts_of(batch, Field("proc.cwd"))
        found += list(zip(rows_of(batch), *names, strict=True))
    return found


def ancestors(batch: Batch) -> list[tuple[bytes, ...]]:
    """The names of parents and their parents."""
    names = [texts_of(batch, Field("proc.aname", at)) for at in (1, 2, 3)]
    return list(zip(*names, strict=True))


def texts_of(batch: Batch, field: Field) -> list[bytes]:
    found = derive(batch, field, Context(batch.state))
    assert not isinstance(found, tuple)
    return [batch.state.strings[ident] for ident in found.values.tolist()]


def kind_of(row: Row) -> str:
    """The kind of a row by the table above."""
    nr, res = row.columns[3], row.columns[8]
    return {(name, result): kind for name, result, kind in EVENTS}[NAMES[nr], res]


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1 << 30), count=st.integers(1, 80), without=st.sets(st.sampled_from(NAMED)))
def test_what_stays_is_what_there_was(
    tmp_path_factory: pytest.TempPathFactory, seed: int, count: int, without: set[str]
) -> None:
    path = tmp_path_factory.mktemp("thin") / "x.sonde"
    segment = some(seed, count, path)
    before = looked_up(reader(segment))
    expected = [found for found in before if kind_of(found[0]) not in without]
    left = thin(str(segment), f"{segment}{TEMPORARY}", without)
    assert Counter(kind_of(row) for row, *_ in expected) == left == tally(f"{segment}{TEMPORARY}")
    written, losses = os.stat(segment).st_mtime_ns, reader(segment)
    looked_at(losses)
    os.rename(f"{segment}{TEMPORARY}", segment)
    source = reader(path)
    assert looked_up(source) == expected
    assert os.stat(segment).st_mtime_ns == written
    assert source.counters().lost == losses.counters().lost == 2
    assert bool(source.absent()) == bool(without) and "killed" not in str(source.absent())
    [inside] = contents(str(path)).segments
    assert inside.header and inside.header.without == sorted(without) and inside.ended and not inside.fault


def test_what_is_not_needed_is_gone(tmp_path: Path) -> None:
    rows = Rows()
    process, other = rows.process(1, comm=b"stays"), rows.process(2, comm=b"goes-away")
    rows.add("execve", proc=process, file=rows.file(b"/bin/program"))
    for at in range(500):
        rows.add("openat", proc=other, file=rows.file(b"/flood/%d" % at), point={1: b"/flood/%d" % at}, res=3)
    [segment] = recording(tmp_path / "x.sonde", [rows.batch()])
    thin(str(segment), f"{segment}{TEMPORARY}", ["files"])
    [left] = contents(f"{segment}{TEMPORARY}").segments
    assert (left.processes, left.files) == (1, 3), "the process; /, bin and program"
    with open(f"{segment}{TEMPORARY}", "rb", buffering=0) as file:
        assert sum(frame.rows for frame in Reader(file) if frame.kind == Kind.STRINGS) == len(
            ("stays", "bin", "program")
        )
    os.rename(f"{segment}{TEMPORARY}", segment)
    thin(str(segment), f"{segment}{TEMPORARY}", ["processes"])
    with open(f"{segment}{TEMPORARY}", "rb", buffering=0) as file:
        kinds = [frame.kind for frame in Reader(file)]
    assert kinds == [Kind.START, Kind.STATE, Kind.COUNTERS, Kind.COUNTERS, Kind.END], "and what was lost, when"
    assert contents(f"{segment}{TEMPORARY}").segments[0].header.without == ["files", "processes"]  # type: ignore[union-attr]


def test_it_stops(tmp_path: Path) -> None:
    """Nobody wants it: at the next frame, with nothing where the segment is."""
    segment = some(1, 60, tmp_path / "x.sonde")
    before, turns = segment.read_bytes(), iter([True] * 4 + [False])
    with pytest.raises(Stopped):
        thin(str(segment), f"{segment}{TEMPORARY}", ["files"], lambda: next(turns))
    assert segment.read_bytes() == before


def test_what_a_killed_recorder_left_is_removed(tmp_path: Path) -> None:
    segment = some(1, 20, tmp_path / "x.sonde")
    before = looked_at(reader(tmp_path / "x.sonde"))
    Path(f"{segment}{TEMPORARY}").write_bytes(b"half of it")
    assert looked_at(reader(tmp_path / "x.sonde")) == before
    Directory(str(tmp_path / "x.sonde"), anew=False).close()
    assert list((tmp_path / "x.sonde").iterdir()) == [segment]


def test_rows_are_counted_without_being_told(tmp_path: Path) -> None:
    segment = some(3, 70, tmp_path / "x.sonde")
    expected = Counter(kind_of(row) for row in looked_at(reader(segment)))
    assert tally(str(segment)) == expected and len(expected) > 4
    data = segment.read_bytes()
    segment.write_bytes(data[:-40])
    assert tally(str(segment)) == expected
    for told, end in ((data + end_frame({"files": 7}), 7), (data + end_frame({"files": 7})[:-1], expected["files"])):
        segment.write_bytes(told)
        assert tally(str(segment))["files"] == end
    segment.write_bytes(b"something else")
    assert not tally(str(segment)) and not tally(str(tmp_path / "nothing"))


def test_the_filter_is_made_of_the_kinds() -> None:
    """Whatever passes it is of a kind that is not the others, and what does not is of the others."""
    rows = Rows()
    for name, res, _ in EVENTS:
        rows.add(name, res=res)
    batch = rows.batch()
    kinds = Kinds()
    codes = kinds.codes(batch.columns["nr"].astype(np.uint16), batch.columns["res"].astype(np.int64))
    assert [NAMED[code] for code in codes] == [kind for *_, kind in EVENTS]
    passed = [name for kind in KINDS for name in kind.events if ":" not in name]
    assert len(passed) == len(set(passed)), "an event is of one kind"
    held = evaluate(rewrite(parse(wanted(tracepoints=False))), batch, Context(batch.state))
    assert held.tolist() == [kind != "everything else" for *_, kind in EVENTS]


@pytest.mark.parametrize(
    "text, kinds",
    (
        ("evt.type=execve", "processes"),
        ("evt.type=open and evt.failed=true", "files"),
        ("evt.type in (connect, kill)", "connections signals"),
        ("evt.type=read", "failures others"),
        ("evt.type=read and evt.failed=false", "others"),
        ("evt.type=read and evt.rawres >= 0", "others"),
        ("evt.type=read and not evt.failed=true", "others"),
        ("evt.type=read and evt.res=EBADF", "failures others"),
        ("evt.type=read and evt.res=EAGAIN", "others"),
        ("evt.type=read and evt.rawres < -3000 and evt.rawres > -3002", "failures others"),
        ("evt.type=execve or evt.rawres > 5", "processes connections files signals others"),
        ("evt.type=execve or evt.rawres < -5 and proc.name=x", "processes connections files signals failures others"),
        ("proc.name=x", "processes connections files signals failures others"),
    ),
)
def test_kinds_that_a_question_is_about(text: str, kinds: str) -> None:
    """Of the others only the event is looked at: what ended well, and what nobody calls a failure."""
    expr = rewrite(parse(text))
    found = {kind.replace("everything else", "others") for kind in asked_kinds(expr, possible(expr))}
    assert found == set(kinds.split())


def test_losses() -> None:
    """The kind that is most over its share loses its oldest rows; none while all fits."""
    held = [Held(f"{at}", 1000, Counter({"files": 90, "processes": 10})) for at in range(10)]
    assert not losses(held, 10_000)
    assert losses(held, 9_999) == {"0": {"files"}}
    assert losses(held, 7_500) == {"0": {"files"}, "1": {"files"}, "2": {"files"}}
    alone = [Held(f"{at}", 1000, Counter({"signals": 5})) for at in range(4)]
    assert losses(alone, 2_000) == {"0": {"signals"}, "1": {"signals"}}, "who is alone has all of it"
    both = [Held("a", 4000, Counter({"processes": 1})), Held("b", 9000, Counter({"files": 1}))]
    assert losses(both, 12_000) == {"b": {"files"}}, "the older rows are of a kind that is within its share"
    everything = losses(held, 0)
    assert set(everything) == {f"{at}" for at in range(10)} and all(len(kinds) == 2 for kinds in everything.values())
    assert losses([Held("x", 10, Counter())], 5) == {}, "rows that nobody can count are not taken out"
    assert sum(SHARES.values()) > SHARES["everything else"] > 0


def test_what_is_said_of_times() -> None:
    times = ThinnedTimes()
    for begun, without in (
        (10, {"files", "signals"}),
        (20, {"files"}),
        (30, set[str]()),
        (40, {"signals"}),
        (50, set()),
    ):
        times.add(begun * 10**9 + START, without)
    at = [begun * 10**9 + START for begun in (0, 10, 20, 30, 40, 50)]
    said = times.missing(Span(), ["files", "signals", "processes"])
    assert said == [
        f"{kind} before {moment_text(since)}: they are kept since then"
        for kind, since in (("files", at[3]), ("signals", at[5]))
    ]
    assert not times.missing(Span(at[2], at[4]), ["signals"]), "of that time none were taken out"
    assert not times.missing(Span(at[3], END), ["files"]) and times.missing(Span(at[3] - 1, END), ["files"])
    assert not times.missing(Span(at[0], at[1]), ["files"]) and not times.missing(Span(), ["processes"])
    assert (times.since("files"), times.since("signals"), times.since("processes")) == (at[3], at[5], at[1])
    times.add(at[5] + 1, {"of a later sonde"})
    assert times.missing(Span(), []) == ["of a later sonde of all this time: they were taken out to make room"]


def test_a_segment_in_the_middle_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "x.sonde"
    paths = recording(path, [plain(50).batch()], Limits(events=10))
    source = reader(path)
    assert len(looked_at(source)) == 50 and not source.absent()
    paths[2].unlink()
    source = reader(path)
    assert len(looked_at(source)) == 40 and "files of it are gone" in source.absent()[0]
    paths[0].unlink()
    paths[1].unlink()
    source = reader(path)
    assert len(looked_at(source)) == 20 and not source.absent()


def test_the_helper(tmp_path: Path) -> None:
    """It thins what it is told to, says what it cannot, and ends when the recorder does."""
    segment = some(5, 60, tmp_path / "x.sonde")
    expected = Counter(kind_of(row) for row in looked_at(reader(segment)))
    helper = Helper()
    helper.prepare()
    helper.ask(str(segment), ["files", "processes"])
    helper.ask(str(tmp_path / "nothing"), ["files"])
    found = []
    while helper.asked and helper.running:
        found += list(helper.answers())
    assert [one.path for one in found] == [str(segment), str(tmp_path / "nothing")]
    assert found[0].rows == Counter({k: n for k, n in expected.items() if k not in ("files", "processes")})
    assert found[1].rows is None and os.path.exists(found[0].temporary)
    helper._in.close()
    assert helper._process.wait(60) == 0, "its input ended"
    helper.close()


def test_shares_are_told() -> None:
    page = (Path(__file__).parents[2] / "docs/recordings.md").read_text()
    told = dict(re.findall(r"^\| ([a-z ]+) \| .* \| (\d+) \|$", page, re.MULTILINE))
    assert {name: int(share) for name, share in told.items()} == SHARES


def test_a_damaged_segment_is_left_alone(tmp_path: Path) -> None:
    """Whatever bytes are others: what can be read of it is thinned, or it is said that it cannot be."""
    segment, random = some(7, 40, tmp_path / "x.sonde"), Random(1)
    data, ends, columns, offset = segment.read_bytes(), Counter[str](), list[int](), 0
    with open(segment, "rb", buffering=0) as file:
        for frame in Reader(file):
            columns += range(offset + HEADER.itemsize + frame.head, offset + frame.size)
            offset += frame.size
    for turn in range(60):
        spoilt = bytearray(data)
        for at in random.sample(columns if turn % 2 else range(len(data)), 3):
            spoilt[at] ^= 1 << random.randrange(8)
        segment.write_bytes(spoilt)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(f"{segment}{TEMPORARY}")
        source = reader(segment)
        before = [row for row in looked_at(source) if kind_of(row) != "files"]
        try:
            thin(str(segment), f"{segment}{TEMPORARY}", ["files"])
        except Damaged:
            ends["damaged"] += 1
        else:
            ends["thinned"] += 1
            after = reader(f"{segment}{TEMPORARY}")
            assert looked_at(after) == before
            assert not source.absent() or "its recorder was killed" in after.absent()[0], "it is still said"
        assert segment.read_bytes() == bytes(spoilt)
    assert ends["damaged"] > 10 and ends["thinned"] > 10


def test_a_flood_in_a_directory_with_shares(tmp_path: Path) -> None:
    """All of the rare kind stay, in order; of the flood the newest, without a gap; a second recorder goes on."""
    path, most = str(tmp_path / "x.past"), 1_200_000
    for session in range(2):
        rows, last = Rows(), 0
        sink = Shared(path, most, 20_000)
        recorder = Recorder(sink, {**ABOUT, "session": f"{session}"}, Limits(bytes=20_000))
        for turn in range(TURNS):
            process = rows.process(turn + 1, comm=b"run", pid=turn)
            rows.add("execve", session, turn, proc=process, time=START + session * 10**12 + turn * 10**9)
            for at in range(FLOOD):
                name = b"/%032x" % (0x9E3779B97F4A7C15 * (turn * FLOOD + at + 1) ** 3 % (1 << 128))
                rows.add("openat", 3, point={1: name}, time=START + session * 10**12 + turn * 10**9 + at + 1)
            whole = rows.batch()
            recorder.write(whole.take(np.arange(last, len(whole))))
            recorder.settle(Counters, final=True)
            while sink._helper.asked and sink._helper.running:
                sink.tend()
            last = len(whole)
        recorder.close(Counters(), rows.state)
        assert not sink._said, "all that had to go was thinned"
    source = reader(path)
    found = [row.columns for row in looked_at(source)]
    assert [row[1] for row in found] == sorted(row[1] for row in found)
    runs = [row[9:11] for row in found if NAMES[row[3]] == "execve"]
    assert runs == [(session, turn) for session in range(2) for turn in range(TURNS)]
    opens = [row[0] for row in found if NAMES[row[3]] == "openat"]
    everything = [number for number in range(1, (FLOOD + 1) * TURNS + 1) if number % (FLOOD + 1) != 1]
    assert 1000 < len(opens) < 2 * len(everything) and opens == (everything * 2)[-len(opens) :]
    assert sum(one.stat().st_size for one in Path(path).iterdir()) <= most
    assert [said for said in source.absent() if said.startswith("files before ")]
