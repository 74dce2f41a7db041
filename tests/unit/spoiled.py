"""Recordings that are damaged: as a disk or a network would, or so that every checksum is right all the same.

And the property that has to hold of each: it is read to rows, to rows with what is missing said, or it is refused.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from random import Random
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sonde.catalog.state import RECORDED
from sonde.errors import SondeError
from sonde.query import Answer, Question, is_recording, is_scap, recorded, state_as_of
from sonde.render.receipt import receipt_text
from sonde.sources.recording.columns import ABOVE, COLUMN, CONSTANT, STEPS, packed_bytes, unpacked_bytes
from sonde.sources.recording.frames import HEADER, Damaged, framed
from sonde.sources.recording.summary import contents

__all__ = ["EDGES", "OF_SYSDIG", "QUESTIONS", "RAW", "STATE", "Parts", "damaged", "outcome", "parts_of"]

FILTER = (
    "(fd.name contains e or fs.path.name exists or fd.sport > 0) and (proc.name != x or proc.aname[1] = y) and "
    "evt.latency >= 0 and not evt.buffer contains zzz and not evt.type = nanosleep"
)
STATE = Question(record=True)  # not put: it stands for what there is inside, and for all tables of state
# all rows as default text; some by paths and processes; all again
PAST = Question("evt.rawtime >= 2 and evt.rawtime < 9000000000000000000 and " + FILTER, json=True)
QUESTIONS = (Question(), Question(FILTER, json=True), PAST, STATE)
# of files of sysdig: their events, and completed calls
EVENTS = (
    "*%evt.num %evt.args %fd.name %fd.type %fd.cip %proc.cmdline %proc.pname %user.name %container.id %evt.category "
    "%evt.arg.res %evt.buffer %proc.vmsize %evt.res %proc.cwd %fd.dev %evt.latency %evt.arg[0] %evt.rawarg.flags"
)
OF_SYSDIG = (
    Question(format=EVENTS, exact=True), Question(FILTER, json=True), Question(),
    Question("evt.deltatime >= 0 and " + FILTER, json=True, exact=True),
)  # fmt: skip
EDGES = (
    0, 1, 2, 3, 7, 8, 127, 128, 255, 256, 4096, 65535, 65536, 1 << 20, (1 << 20) + 1, 1 << 21, 1 << 24, 1 << 28,
    (1 << 28) + 1, (1 << 31) - 1, 1 << 31, (1 << 32) - 2, (1 << 32) - 1, 1 << 32, (1 << 63) - 1, 1 << 63, (1 << 64) - 1,
)  # fmt: skip
VALUES = (
    b"-1", b"0", b"1.5", b"1e400", b"NaN", b"-Infinity", b"true", b"null", b'""', b'"x"', b"[]", b"{}", b"9" * 30,
    b"9" * 5000, b"9223372036854775808", b"-9223372036854775809", b"[" * 100_000, b'"\\ud800"', b"4294967296", b"600",
)  # fmt: skip
NO_OBJECTS = (b"", b"{}", b"[]", b"null", b"{", b"[" * 100_000, b'{"a":' * 50_000, b"\xff\xfe\x00")
JSON_VALUE = re.compile(rb'(?<=: )(-?\d+|"[^"]*"|\{\})')
Bytes = npt.NDArray[np.uint8]


class Column(NamedTuple):
    """An entry of a table of columns, and the bytes that belong to it."""

    entry: npt.NDArray[np.void]  # of one element
    piece: bytes


class Parts:
    """A frame taken apart."""

    def __init__(self, kind: int, rows: int, body: bytes) -> None:
        self.kind, self.rows, self.body = kind, rows, body
        self.columns: list[Column] = []
        self.head_by = 0  # so much the head is longer than its table says

    def split(self, head: int) -> Parts:
        """Take the table of columns apart too, if there is one."""
        count = int.from_bytes(self.body[:4], "little")
        if head != 4 + count * COLUMN.itemsize or not count:
            return self
        at = head
        for entry in np.frombuffer(self.body, COLUMN, count, 4):
            size = int(entry["size"])
            self.columns.append(Column(np.array([entry], COLUMN), self.body[at : at + size]))
            at += size
        return self

    def copy(self) -> Parts:
        """One to be changed."""
        new = Parts(self.kind, self.rows, self.body)
        new.columns = [Column(entry.copy(), piece) for entry, piece in self.columns]
        return new

    def written(self) -> bytes:
        """The frame, with checksums that are right."""
        head = None
        if self.columns:
            entries = b"".join(column.entry.tobytes() for column in self.columns)
            table = len(self.columns).to_bytes(4, "little") + entries
            self.body = table + b"".join(column.piece for column in self.columns)
            head = max(0, min(len(table) + self.head_by, len(self.body)))
        return framed(self.kind, self.body, self.rows, head)


def parts_of(data: bytes) -> list[Parts]:
    """The frames of a segment that is whole."""
    found, at = [], 0
    while at < len(data):
        header = np.frombuffer(data, HEADER, 1, at)[0]
        at += HEADER.itemsize
        body = data[at : at + int(header["size"])]
        at += len(body)
        found.append(Parts(int(header["kind"]), int(header["rows"]), body).split(int(header["head"])))
    return found


def damaged(data: bytes, parts: list[Parts], random: Random) -> bytes:
    """A segment with a few faults; in every second one, all checksums are right."""
    if random.random() < 0.5:
        for _ in range(random.randint(1, 3)):
            data = random.choice(RAW)(data, random)
        return data
    frames = list(parts)
    for _ in range(random.choice((1, 1, 1, 2, 3, 6))):
        at = random.randrange(len(frames))
        if random.random() < 0.25:
            random.choice(MOVES)(frames, at, random)
        else:
            frames[at] = frames[at].copy()
            _change(frames[at], random)
        if not frames:
            break
    return b"".join(frame.written() for frame in frames)


# ---- what a disk does


def _flip(data: bytes, random: Random) -> bytes:
    found = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 8))):
        if found:
            found[random.randrange(len(found))] ^= 1 << random.randrange(8)
    return bytes(found)


def _cut(data: bytes, random: Random) -> bytes:
    return data[: random.randrange(len(data) + 1)]


def _hole(data: bytes, random: Random) -> bytes:
    at, size = random.randrange(len(data) + 1), random.choice((1, 4, 32, 512, 4096))
    return data[:at] + bytes(min(size, len(data) - at)) + data[at + size :]


def _lacking(data: bytes, random: Random) -> bytes:
    at, size = random.randrange(len(data) + 1), random.choice((1, 4, 32, 512, 4096))
    return data[:at] + data[at + size :]


def _again(data: bytes, random: Random) -> bytes:
    at, size = random.randrange(len(data) + 1), random.choice((1, 4, 32, 512, 4096))
    return data[: at + size] + data[at:]


def _number(data: bytes, random: Random) -> bytes:
    at = random.randrange(len(data) // 4 + 1) * 4
    return data[:at] + (random.choice(EDGES) & 0xFFFFFFFF).to_bytes(4, "little") + data[at + 4 :]


RAW: tuple[Callable[[bytes, Random], bytes], ...] = (_flip, _flip, _cut, _hole, _lacking, _again, _number)


# ---- what only somebody does who knows the format


def _twice(frames: list[Parts], at: int, random: Random) -> None:
    frames.insert(at, frames[at])


def _gone(frames: list[Parts], at: int, random: Random) -> None:
    del frames[at]


def _moved(frames: list[Parts], at: int, random: Random) -> None:
    frames.insert(random.randrange(len(frames)), frames.pop(at))


def _shuffled(frames: list[Parts], at: int, random: Random) -> None:
    frames[at:] = random.sample(frames[at:], len(frames) - at)


MOVES: tuple[Callable[[list[Parts], int, Random], None], ...] = (_twice, _gone, _moved, _shuffled)


def _near(number: int, random: Random) -> int:
    """Another number: one beside it, one at an edge, one with a bit flipped, any."""
    return random.choice(
        (number + 1, number - 1, random.choice(EDGES), number ^ 1 << random.randrange(64), random.getrandbits(64), -1)
    )


def _change(frame: Parts, random: Random) -> None:
    """Change a frame."""
    if random.random() < 0.08:
        frame.kind = random.randrange(11)
    elif random.random() < 0.08:
        frame.rows = _near(frame.rows, random) & 0xFFFFFFFF
    elif not frame.columns:
        frame.body = _other_text(frame.body, random)
    elif random.random() < 0.03:
        frame.head_by = random.choice((-COLUMN.itemsize, -4, -1, 1, 4, COLUMN.itemsize))
    elif random.random() < 0.06:
        _other_count(frame, random)
    else:
        at = random.randrange(len(frame.columns))
        frame.columns[at] = random.choice(CHANGES)(frame.columns[at], random)


def _other_text(body: bytes, random: Random) -> bytes:
    """JSON with another value, or none."""
    found = list(JSON_VALUE.finditer(body))
    if not found or random.random() < 0.1:
        return random.choice((*NO_OBJECTS, body[:-1]))
    at = random.choice(found)
    value = random.choice(VALUES)
    if random.random() < 0.3:
        value = b"%d" % _near(int(at[0][:20]) if at[0].isdigit() else 0, random)
    if at[0] == b"{}" and random.random() < 0.5:
        value = b'{"%d": %d}' % (_near(0, random), _near(0, random))
    return body[: at.start()] + value + body[at.end() :]


def _other_count(frame: Parts, random: Random) -> None:
    """Every column as long as another number says, where all are constant: what is small and means much."""
    frame.rows = random.choice((1, frame.rows // 2 + 1, frame.rows + 1, 1 << 10, 1 << 12)) & 0xFFFFFFFF
    for entry, _ in frame.columns:
        entry["count"] = frame.rows
    if random.random() < 0.5:
        frame.columns = [_constant(column, random, keep=True) for column in frame.columns]


def _entry(column: Column, random: Random) -> Column:
    """Another number in the entry."""
    entry, piece = column
    name = random.choice([name for name in COLUMN.names or () if name not in ("name", "sum")])
    entry[name] = _near(int(entry[name][0]), random) & (1 << 8 * COLUMN[name].itemsize) - 1
    entry["sum"] = zlib.crc32(piece)
    return column


def _small(column: Column, random: Random) -> Column:
    """Another encoding or width."""
    entry, _ = column
    entry["encoding"], entry["width"] = random.randrange(4), random.choice((0, 1, 2, 3, 4, 8, 255))
    entry["packed"] = random.randrange(2)
    return column


def _renamed(column: Column, random: Random) -> Column:
    entry, _ = column
    entry["name"] = random.choice(
        (b"", b"nr", b"time", b"p.data", b"p.row", b"text", b"id", b"known", b"name", b"\xff")
    )
    return column


def _constant(column: Column, random: Random, keep: bool = False) -> Column:
    """One value for all rows."""
    entry, _ = column
    entry["encoding"], entry["size"] = CONSTANT, 0
    if not keep:
        entry["base"] = _near(int(entry["base"][0]), random) & (1 << 64) - 1
    return Column(entry, b"")


def _stored(column: Column, random: Random) -> Column:
    """Other numbers where the column's are, packed as they were."""
    entry, piece = column
    try:
        size = int(entry["count"][0]) * int(entry["width"][0])
        raw = unpacked_bytes(piece, size) if entry["packed"][0] else piece
    except Damaged:  # by us
        raw = b""
    if not raw:
        return _constant(column, random)
    width = max(1, int(entry["width"][0]))
    words = bytearray(raw)
    for _ in range(random.choice((1, 1, 2, 8))):
        at = random.randrange(len(words) // width) * width if len(words) >= width else 0
        old = int.from_bytes(words[at : at + width], "little")
        words[at : at + width] = (_near(old, random) & (1 << 8 * width) - 1).to_bytes(width, "little")
    piece = packed_bytes(bytes(words))
    entry["packed"], entry["size"], entry["sum"] = len(piece) != len(words), len(piece), zlib.crc32(piece)
    return Column(entry, piece)


def _wide(column: Column, random: Random) -> Column:
    """All numbers anew, as wide as can be."""
    entry, _ = column
    count = min(int(entry["count"][0]), 1 << 16)
    piece = b"".join((random.choice(EDGES)).to_bytes(8, "little") for _ in range(count))
    entry["encoding"], entry["width"], entry["packed"] = random.choice((ABOVE, STEPS)), 8, 0
    entry["size"], entry["sum"], entry["base"] = len(piece), zlib.crc32(piece), 0
    return Column(entry, piece)


def _spoilt(column: Column, random: Random) -> Column:
    """Bytes flipped or cut where the compressor's are, with the right checksum."""
    entry, piece = column
    piece = random.choice((_flip, _cut, _hole))(piece, random)
    entry["size"], entry["sum"] = len(piece), zlib.crc32(piece)
    return Column(entry, piece)


CHANGES: tuple[Callable[..., Column], ...] = (
    _entry, _entry, _small, _renamed, _constant, _stored, _stored, _stored, _wide, _spoilt,
)  # fmt: skip


# ---- the property


def outcome(path: str, question: Question) -> str:
    """rows, partial or refused: what a question about a recording ends with. Any other exception is a bug."""
    if not is_recording(path) and not is_scap(path):
        return "refused"
    if question is STATE:
        return _state(path)
    try:
        answer = Answer(question, recorded(path, question.exact))
        try:
            while not answer.done:
                answer.text(answer.rows(answer.source.poll()))
            receipt_text(answer.receipt(1.0))
        finally:
            answer.close()
        return "partial" if answer.source.absent() else "rows"
    except SondeError:
        return "refused"


def _state(path: str) -> str:
    """The same of the tables of state, and of what `sonde info` says."""
    try:
        faults = [segment.fault for segment in contents(path).segments]
        tables = state_as_of(path, None)
        for table in RECORDED:
            tables.read(table)
    except SondeError:
        return "refused"
    return "partial" if any(faults) or tables.absent() else "rows"
