"""Recordings: columns, frames, states told and heard again, segments and their limits."""

from __future__ import annotations

import io
import json
import os
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recordings import ABOUT, little, looked_at, plain, reader, recording, rows_of
from rows import START, Rows

from sonde.dialects.filter import parse
from sonde.errors import UsageError
from sonde.plan.batch import PHYSICAL, Counters
from sonde.plan.rewrites import rewrite
from sonde.plan.state import State
from sonde.sources.recording import rows as recorded_rows
from sonde.sources.recording.columns import COLUMN, Packed, pack_all, packed_bytes, unpacked_bytes
from sonde.sources.recording.frames import HEADER, Damaged, Frame, Kind, Reader, Stored, framed
from sonde.sources.recording.header import FORMAT, read_header
from sonde.sources.recording.segments import Directory, is_recording, segments
from sonde.sources.recording.state import Heard, Told
from sonde.sources.recording.writer import Limits

Array = npt.NDArray[Any]
DTYPES = sorted({dtype for dtype, _ in PHYSICAL.values()} | {"u1", "i4"})


# ---- columns


def again(values: Array, rising: bool) -> Array:
    """A column packed and unpacked; its extremes stand in its entry."""
    body, head = pack_all({"x": values}, frozenset("x") if rising else frozenset())
    packed = Packed(body, head)
    if len(values):
        assert packed.extremes("x", values.dtype.str) == (int(values.min()), int(values.max()))
    found = packed.column("x", values.dtype.str, len(values))
    assert found.dtype == values.dtype and len(found) == packed.count("x")
    return found


@pytest.mark.parametrize("rising", (False, True))
@pytest.mark.parametrize("dtype", DTYPES)
def test_columns(dtype: str, rising: bool) -> None:
    least, most = int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)
    random = np.random.default_rng(1)
    for numbers in (
        [], [0], [most], [least], [least] * 1000, [most] * 3, [least, most], [most, least], [least, most] * 500,
        range(100), range(100, 0, -1), [most, most - 1, most], [least, least + 1] * 300, [*range(50), *range(50)],
        random.integers(least, most, 5000, dtype, endpoint=True), random.integers(0, 3, 5000),
        np.sort(random.integers(least, most, 700, dtype, endpoint=True)),
    ):  # fmt: skip
        values = np.array(numbers, dtype)
        assert (again(values, rising) == values).all()


@settings(max_examples=200, deadline=None)
@given(dtype=st.sampled_from(DTYPES), rising=st.booleans(), data=st.data())
def test_columns_of_any_numbers(dtype: str, rising: bool, data: st.DataObject) -> None:
    limits = np.iinfo(dtype)
    low = data.draw(st.integers(int(limits.min), int(limits.max)))
    high = data.draw(st.integers(low, int(limits.max)))
    values = np.array(
        data.draw(st.lists(st.integers(low, high), max_size=60)) * data.draw(st.sampled_from((1, 9))), dtype
    )
    assert (again(values, rising) == values).all()


def test_columns_take_few_bytes() -> None:
    def size(values: Array, rising: bool = False) -> int:
        body, head = pack_all({"x": values}, frozenset("x") if rising else frozenset())
        return len(body) - head

    assert size(np.full(100_000, 1 << 60, np.uint64)) == 0
    assert size(np.arange(200, dtype=np.uint64) + (1 << 60)) == 200
    assert size(np.arange(100_000, dtype=np.int64) * 7 - (1 << 40), rising=True) < 200
    noise = np.random.default_rng(2).integers(0, 256, 4000).astype(np.uint32) + 5000
    assert size(noise) == 4000, "what cannot be compressed is not"


@pytest.mark.parametrize(
    "changes, said",
    (
        ({"count": 9}, "another length"),
        ({"count": (1 << 28) + 1}, "longer than any"),
        ({"encoding": 3}, "not as it was written"),
        ({"width": 3}, "not as it was written"),
        ({"width": 8}, "wider than its numbers"),
        ({"size": 4}, "not as it was written"),
        ({"packed": 1}, "compressed piece"),
        ({"sum": 7}, "not as it was written"),
    ),
)
def test_columns_that_cannot_be(changes: dict[str, int], said: str) -> None:
    body, head = pack_all({"x": np.arange(10, dtype=np.uint32)})
    entry = np.frombuffer(body, COLUMN, 1, 4).copy()
    for name, value in changes.items():
        entry[name] = value
    with pytest.raises(Damaged, match=said):
        Packed(body[:4] + entry.tobytes() + body[head:], head).column("x", "u4", 10)
    for wrong in (0, 4, head - 1, head + 1, len(body) + 1):
        with pytest.raises(Damaged, match="another size"):
            Packed(body, wrong)
    with pytest.raises(KeyError):
        Packed(body, head).column("y", "u4", 10)


# ---- frames


def frames(data: bytes) -> tuple[list[Frame], int]:
    """The whole frames in some bytes, and how many bytes are left."""
    found = Reader(io.BytesIO(data))
    return list(found), found.left


WRITTEN = [framed(1, b"{}"), framed(6, b"head and more", 3, 4), framed(8, b""), framed(3, b"x" * 300, 9)]


def test_frames_are_cut_anywhere() -> None:
    data, ends = b"".join(WRITTEN), np.cumsum([0, *map(len, WRITTEN)]).tolist()
    assert [(frame.kind, frame.rows, frame.head, frame.body) for frame in frames(data)[0]] == [
        (1, 0, 2, b"{}"), (6, 3, 4, b"head and more"), (8, 0, 0, b""), (3, 9, 300, b"x" * 300),
    ]  # fmt: skip
    for cut in range(len(data) + 1):
        whole = sum(end <= cut for end in ends) - 1
        found, left = frames(data[:cut])
        assert len(found) == whole and left == cut - ends[whole]


def test_frames_whose_bytes_are_others() -> None:
    """Whatever byte is another in what a checksum is of, the frame and what follows it are not read."""
    data = b"".join(WRITTEN)
    ends = np.cumsum([0, *map(len, WRITTEN)]).tolist()
    beyond = range(ends[1] + HEADER.itemsize + 4, ends[2])  # of columns, which have checksums of their own
    for at in range(len(data)):
        for bit in (0, 7):
            spoilt = bytearray(data)
            spoilt[at] ^= 1 << bit
            whole = 4 if at in beyond else sum(end <= at for end in ends) - 1
            found, left = frames(bytes(spoilt))
            assert len(found) == whole and left == len(data) - ends[whole]


def test_a_frame_that_says_it_is_huge() -> None:
    header = np.frombuffer(WRITTEN[0], HEADER, 1).copy()
    for size, head in ((1 << 28, 0), ((1 << 28) + 1, 0), (2, 3), ((1 << 32) - 1, (1 << 32) - 1)):
        header["size"], header["head"] = size, head
        header["own"] = zlib.crc32(header.tobytes()[: HEADER.itemsize - 4])
        assert frames(header.tobytes() + b"{}") == ([], HEADER.itemsize + 2)


def test_of_a_file_only_what_is_asked_for_is_read(tmp_path: Path) -> None:
    """Large bodies stay in the file, where their columns are as they are in memory; small ones do not."""
    random = np.random.default_rng(7)
    columns: dict[str, Array] = {name: random.integers(0, 1 << 63, 9000, np.int64) for name in ("a", "b", "c")}
    body, head = pack_all(columns)
    data = WRITTEN[0] + framed(Kind.ROWS, body, 9000, head) + WRITTEN[2]
    path = tmp_path / "0000000001.segment"
    path.write_bytes(data + framed(Kind.ROWS, body, 9000, head)[:-1])
    with open(path, "rb", buffering=0) as file:
        reader = Reader(file)
        small, large, end = reader
        assert reader.left == len(data) - len(WRITTEN[0]) - len(WRITTEN[2]) - 1
        assert small.body == b"{}" and end.kind == Kind.END
        assert isinstance(large.stored, Stored) and large.body == body and large.size == 32 + len(body)
        packed, places = Packed(large.stored, large.head), np.array([3, 70, 8999])
        for name, values in columns.items():
            assert (packed.column(name, "i8", 9000) == values).all()
            assert (packed.column(name, "i8", 9000, places) == values[places]).all()
        os.truncate(path, len(data) - 40)
        with pytest.raises(Damaged, match="is not as it was written"):
            packed.column("c", "i8", 9000)
    with pytest.raises(Damaged, match="Bad file descriptor"):
        packed.column("a", "i8", 9000)


class Failing(io.BytesIO):
    """A file on a disk with an error."""

    def read(self, size: int | None = -1) -> bytes:
        """What is before the error."""
        if self.tell() >= len(WRITTEN[0]) + HEADER.itemsize:
            raise OSError(5, "Input/output error")
        return super().read(size)


def test_frames_on_a_disk_with_an_error() -> None:
    found = iter(Reader(Failing(b"".join(WRITTEN))))
    assert next(found).body == b"{}"
    with pytest.raises(Damaged, match="Input/output error"):
        next(found)


# ---- state


def hear(state: State, *told: bytes) -> Heard:
    """What a reader knows of a state after some frames of it."""
    heard = Heard(state.epoch, state.start)
    for frame in frames(b"".join(told))[0]:
        if frame.kind == Kind.STATE:
            heard.begin(frame.body)
        else:
            heard.hear(frame)
    return heard


def same(one: State, other: State) -> None:
    """Do ids mean the same? All that is known, paths and the newest records of processes."""
    for table in ("files", "processes"):
        left, right = getattr(one, table), getattr(other, table)
        known = np.flatnonzero(left.rows["known"][: len(left)])
        assert left.base == right.base and (np.flatnonzero(right.rows["known"][: len(right)]) == known).all()
        for name in left.rows.dtype.names:
            values = [list(of.rows[name][known]) for of in (left, right)]
            if name in left.texts:
                values = [[of.strings[i] for i in ids] for of, ids in zip((left, right), values, strict=True)]
            assert values[0] == values[1], name
    ids = np.arange(len(one.files), dtype=np.uint32) + np.uint32(one.files.base)
    texts = [[state.strings[i] for i in state.files.paths(ids).tolist()] for state in (one, other)]
    assert texts[0] == texts[1] and one.processes.latest == other.processes.latest


def test_a_state_is_told_as_it_grows() -> None:
    rows = Rows()
    told = Told(rows.state)
    pieces = [told.begin()]
    for turn in range(4):
        rows.process(3 * turn + 1, comm=b"a%d" % turn, argv=b"x\0y", tty=b"", pid=7, start=turn // 2)
        rows.file(b"/etc/deep/%d" % turn)
        rows.file(b"/caf\xc3\xa9/\xff\xfe" * turn + b"/")
        rows.tcp((b"10.0.0.1", turn), (b"::1", 80))
        rows.state.strings.intern(b"nobody refers to this %d" % turn)
        pieces += told.news()
        assert not list(told.news()), "nothing is told twice"
    same(rows.state, hear(rows.state, *pieces).state)
    assert b"nobody refers" not in b"".join(pieces)


@settings(max_examples=60, deadline=None)
@given(
    names=st.lists(st.binary(max_size=12), max_size=40), parents=st.lists(st.integers(0, 60), min_size=40, max_size=40),
    base=st.sampled_from((0, 5, (1 << 32) - 3)), often=st.integers(1, 9),
)  # fmt: skip
def test_any_state(names: list[bytes], parents: list[int], base: int, often: int) -> None:
    state = State(START, START)
    state.files.base = state.processes.base = base
    told = Told(state)
    pieces = [told.begin()]
    for at, (name, parent) in enumerate(zip(names, parents, strict=False)):
        ident = (base + 1 + 2 * at) & 0xFFFFFFFF
        row = state.files.rows[state.files.ensure(ident)]
        row["known"], row["name"], row["parent"] = 1, state.strings.intern(name), (base + parent) & 0xFFFFFFFF
        row = state.processes.rows[state.processes.ensure(ident)]
        row["known"], row["comm"], row["pid"], row["start"] = 1, state.strings.intern(name[::-1]), parent, len(name)
        state.processes.added(ident)
        if at % often == 0:
            pieces += told.news()
    pieces += told.news()
    same(state, hear(state, *pieces).state)


def test_states_that_cannot_be() -> None:
    state = plain(1).state
    told = Told(state)
    begin, *news = [told.begin(), *told.news()]
    strings, files = (next(piece for piece in news if frames(piece)[0][0].kind == kind) for kind in (3, 4))
    with pytest.raises(Damaged, match="was not told"):
        hear(state, begin, files).settle()
    bodies = (b'{"files": -1}', b'{"files": 4294967296}', b'{"others": 1}', b'{"files": "1"}', b"[]", b"[" * 100_000)
    for body in bodies:
        with pytest.raises(Damaged):
            hear(state, framed(Kind.STATE, body))
    for ident in (0, 1 << 21, (1 << 32) - 1):
        columns: dict[str, Array] = {"id": np.array([ident], np.uint32), "known": np.array([1], np.uint8)}
        body, head = pack_all(columns)
        with pytest.raises(Damaged, match="never given"):
            hear(state, begin, framed(Kind.FILES, body, 1, head)).settle()
    body, head = pack_all({"length": np.array([1 << 31] * 2, np.uint32), "text": np.zeros(1 << 20, np.uint8)})
    with pytest.raises(Damaged, match="another length"):
        hear(state, begin, framed(Kind.STRINGS, body, 2, head), files).settle()
    assert len(hear(state, begin, strings, files).state.files) == len(state.files)


# ---- recordings


def test_what_was_recorded_is_read(tmp_path: Path) -> None:
    rows = Rows()
    process, file = rows.process(3, comm=b"cat", argv=b"cat\0/x"), rows.file(b"/tmp/\xff")
    common: dict[str, Any] = {
        "proc": process,
        "file": file,
        "tid": 9,
        "pid": 9,
        "cpu": 1,
        "latency": 50,
        "dir": 2,
        "newdir": 7,
    }
    rows.add("openat", 0xFFFFFF9C, 1 << 63, 0o101, 0o644, point={1: b"/tmp/\xff"}, res=3, flags=2, **common)
    rows.add("write", 3, 4096, 5, point={1: b"\x00five"}, res=5, **common)
    rows.add("write", 3, 4096, 5, point={1: b""}, res=-9, **common)
    rows.add("close", 3, **common)
    whole = rows.batch()
    recording(tmp_path / "x.sonde", [whole])
    source = reader(tmp_path / "x.sonde")
    assert looked_at(source) == rows_of(whole)
    counters = source.counters()
    assert (counters.seen, counters.lost, counters.lost_by_event) == (4, 2, {0: 2})
    assert not source.absent() and source.done


def test_words_that_mean_nothing_are_not_kept(tmp_path: Path) -> None:
    rows = Rows()
    rows.add("close", 3, 99, 98, 97)
    recording(tmp_path / "x.sonde", [rows.batch()])
    batch = reader(tmp_path / "x.sonde").poll()
    assert batch is not None
    assert [int(batch.columns[f"a{i}"][0]) for i in range(4)] == [3, 0, 0, 0]


def test_a_larger_batch_than_a_frame_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = looked_at(reader(little(tmp_path / "one.sonde")[0]))
    monkeypatch.setattr(recorded_rows, "ROWS_MAX", 7)
    monkeypatch.setattr(recorded_rows, "LARGEST", 120)
    (segment,) = little(tmp_path / "many.sonde")
    sizes = [frame.rows for frame in frames(segment.read_bytes())[0] if frame.kind == Kind.ROWS]
    assert max(sizes) <= 7 and min(sizes) < 3 and looked_at(reader(segment)) == expected


def test_states_follow_each_other(tmp_path: Path) -> None:
    one, two = plain(3), Rows()
    two.process(2, comm=b"other")
    two.file(b"/elsewhere")
    two.add("close", 4, file=two.file(b"/tmp/second"), proc=2)
    batches = [one.batch(), two.batch(), one.batch()]
    recording(tmp_path / "x.sonde", batches, flush=False)
    assert looked_at(reader(tmp_path / "x.sonde")) == [row for batch in batches for row in rows_of(batch)]


def test_spans(tmp_path: Path) -> None:
    times = [0, 5, 5, 9, 1000, 1001, 2000]
    rows = Rows()
    for time in times:
        rows.add("close", 3, time=START + time)
    whole = rows.batch()
    recording(tmp_path / "x.sonde", [whole.take(np.arange(0, 4)), whole.take(np.arange(4, 7))])
    for since, until in ((0, 2000), (5, 5), (6, 1000), (1001, 1001), (10, 999), (2001, 9999), (9, 1)):
        span = f"evt.rawtime >= {START + since} and evt.rawtime <= {START + until}"
        source = reader(tmp_path / "x.sonde", rewrite(parse(span)))
        found = [row.columns[1] - START for row in looked_at(source)]
        assert found == [time for time in times if since <= time <= until]
        assert source.counters().seen == len(found)


def test_filters(tmp_path: Path) -> None:
    little(tmp_path / "x.sonde")
    everything = looked_at(reader(tmp_path / "x.sonde"))
    for text, wanted in (
        ("fd.name startswith /etc/d1", lambda row: row.file.startswith(b"/etc/d1")),
        ("proc.name=proc2", lambda row: row.process[0] == b"proc2"),
        ("fd.name contains 10.0 and proc.name=proc1", lambda row: b"10.0" in row.file and b"proc1" in row.process),
        ("evt.type=read and evt.rawres > 30", lambda row: row.columns[3] == 0 and row.columns[8] > 30),
        ("evt.type=openat and fs.path.name=/etc/x1", lambda row: any(data == b"/etc/x1" for _, data, _ in row.pointed)),
    ):  # fmt: skip
        expected = [row for row in everything if wanted(row)]
        found = looked_at(reader(tmp_path / "x.sonde", rewrite(parse(text))))
        assert found == expected and 0 < len(found) < len(everything), text


def test_what_a_filter_on_data_saw_is_said(tmp_path: Path) -> None:
    little(tmp_path / "x.sonde")
    for text, said in (("evt.buffer contains x", ["80 bytes"]), ("not evt.buffer exists", ["80"]), ("fd.num=3", [])):
        source = reader(tmp_path / "x.sonde", rewrite(parse(text)))
        looked_at(source)
        assert len(source.aside()) == len(said) and all(map(str.__contains__, source.aside(), said))


def test_a_path_that_was_not_opened(tmp_path: Path) -> None:
    """fd.name is then what was asked for: payloads are read of such events and of no others."""
    rows = Rows()
    rows.add("read", 3, 4096, 5, point={1: b"/etc/x"}, res=5, file=rows.file(b"/etc/y"))
    rows.add("openat", 0xFFFFFF9C, 1, 0, point={1: b"/etc/x"}, res=-2)
    recording(tmp_path / "x.sonde", [rows.batch()])
    for text, wanted in (("fd.name=/etc/x", [2]), ("fd.name=/etc/y", [1]), ("evt.buffer contains x", [1])):
        found = looked_at(reader(tmp_path / "x.sonde", rewrite(parse(text))))
        assert [row.columns[0] for row in found] == wanted, text


# ---- segments


def counted(paths: list[Path]) -> list[int]:
    return [len(looked_at(reader(path))) for path in paths]


def test_limits(tmp_path: Path) -> None:
    batch = plain(25).batch()
    by_events = recording(tmp_path / "a.sonde", [batch, batch], Limits(events=20))
    assert counted(by_events) == [20, 20, 10]
    assert [path.name for path in by_events] == [f"{at:010}.segment" for at in (1, 2, 3)]
    kept = recording(tmp_path / "b.sonde", [batch] * 4, Limits(events=20, keep=2))
    assert counted(kept) == [20, 20] and kept[-1].name == "0000000005.segment"
    by_bytes = recording(tmp_path / "c.sonde", [batch] * 3, Limits(bytes=1000))
    assert counted(by_bytes) == [25, 25, 25]
    assert counted(recording(tmp_path / "d.sonde", [batch] * 3)) == [75]
    assert counted(recording(tmp_path / "e.sonde", [batch] * 3, Limits(seconds=0)))[-3:] == [25, 25, 25]
    assert counted(recording(tmp_path / "f.sonde", [batch] * 3, Limits(seconds=3600))) == [75]
    whole = looked_at(reader(tmp_path / "a.sonde"))
    assert whole == rows_of(batch) * 2, "a segment needs no other"


def test_one_writer(tmp_path: Path) -> None:
    path = str(tmp_path / "x.sonde")
    first = Directory(path, anew=True)
    with pytest.raises(UsageError, match="another sonde is recording there"):
        Directory(path, anew=True)
    first.close()
    Directory(path, anew=True).close()


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "x.sonde"
    little(path)
    (path / "letter.txt").write_text("dear")
    with pytest.raises(UsageError, match="no segments of a recording"):
        Directory(str(path), anew=True)
    assert (path / "letter.txt").read_text() == "dear" and len(segments(str(path))) == 1
    Directory(str(path), anew=False).close()
    (tmp_path / "file.sonde").write_text("x")
    with pytest.raises(UsageError, match=r"cannot record to .*file\.sonde: "):
        Directory(str(tmp_path / "file.sonde"), anew=True)


def test_what_is_a_recording(tmp_path: Path) -> None:
    (segment,) = little(tmp_path / "x.sonde")
    (tmp_path / "empty").mkdir()
    (tmp_path / "text").write_text("1 close(3) = 0\n")
    assert is_recording(str(tmp_path / "x.sonde")) and is_recording(str(segment))
    assert not any(is_recording(str(tmp_path / name)) for name in ("empty", "text", "nothing"))
    with pytest.raises(UsageError, match="there are no segments"):
        looked_at(reader(tmp_path / "empty"))


# ---- what can be wrong with a segment


def with_header(data: bytes, **changes: object) -> bytes:
    """A segment whose beginning says something else; None: does not say it."""
    (first, *_), _ = frames(data)
    said = {**json.loads(first.body), **changes}
    body = json.dumps({name: value for name, value in said.items() if value is not None}).encode()
    return framed(Kind.START, body) + data[HEADER.itemsize + len(first.body) :]


def test_headers(tmp_path: Path) -> None:
    (segment,) = little(tmp_path / "x.sonde")
    data = segment.read_bytes()
    header = read_header(frames(data)[0][0].body)
    assert header.session == ABOUT["session"] and header.segment == 1 and header.epoch == START
    segment.write_bytes(with_header(data, format=FORMAT + 1))
    with pytest.raises(UsageError, match="made by a newer sonde: update this one"):
        looked_at(reader(segment))
    wrong: tuple[dict[str, object], ...] = (
        {"host": None}, {"host": 1}, {"epoch": "1"}, {"epoch": 1 << 63}, {"start": -1}, {"snaplen": 1.5},
        {"format": []}, {"without": 1}, {"without": [1]},
    )  # fmt: skip
    for changes in wrong:
        segment.write_bytes(with_header(data, **changes))
        source = reader(segment)
        assert not looked_at(source) and "damaged place" in source.absent()[0]


def test_a_segment_that_is_not_whole(tmp_path: Path) -> None:
    (segment,) = little(tmp_path / "x.sonde")
    data, everything = segment.read_bytes(), looked_at(reader(segment))
    for cut in range(1, len(data), 37):
        segment.write_bytes(data[:cut])
        source = reader(segment)
        found = looked_at(source)
        assert found == everything[: len(found)] and len(source.absent()) == 1
    segment.write_bytes(data[: -HEADER.itemsize])
    source = reader(tmp_path / "x.sonde")
    assert looked_at(source) == everything and "its recorder was killed" in source.absent()[0]
    lock = Directory(str(tmp_path / "x.sonde"), anew=False)
    source = reader(tmp_path / "x.sonde")
    assert looked_at(source) == everything and not source.absent(), "it is being written"
    lock.close()


def test_a_damaged_segment_takes_no_other_along(tmp_path: Path) -> None:
    batch = plain(30).batch()
    first, middle, last = recording(tmp_path / "x.sonde", [batch], Limits(events=10))
    data = bytearray(middle.read_bytes())
    data[len(data) // 2] ^= 1
    middle.write_bytes(data)
    source = reader(tmp_path / "x.sonde")
    assert looked_at(source) == [*looked_at(reader(first)), *looked_at(reader(last))]
    assert str(middle) in source.absent()[0]


@pytest.mark.parametrize(
    "change", ({"lost": -1}, {"lost": "1"}, {"seen": 1e300}, {"lost_by_event": {"99999": 1}}, {"lost_by_event": [1]})
)
def test_counters_that_cannot_be(change: dict[str, object], tmp_path: Path) -> None:
    (segment,) = little(tmp_path / "x.sonde")
    data = segment.read_bytes()
    end = framed(Kind.END, b"")
    counters = json.dumps({**vars(Counters()), **change}).encode()
    segment.write_bytes(data.removesuffix(end) + framed(Kind.COUNTERS, counters) + end)
    source = reader(segment)
    assert len(looked_at(source)) == 54 and "damaged place" in source.absent()[0]


def test_threads_read_at_the_same_time() -> None:
    """A compressor of one thread is no other one's: with one for all, this ends the process."""
    raw = bytes(range(256)) * 4096
    piece = packed_bytes(raw)

    def unpacked(_: int) -> bool:
        return unpacked_bytes(piece, len(raw)) == raw and packed_bytes(raw) == piece

    with ThreadPoolExecutor(4) as at_once:
        assert all(at_once.map(unpacked, range(400)))
