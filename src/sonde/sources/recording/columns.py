"""Columns of numbers in few bytes: constant, narrowed to what lies above the least value or to steps, then zstd.

The least and the greatest value of each column stand in its entry: whoever looks for others does not read it.
"""

from __future__ import annotations

import struct
import threading
import zlib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import accumulate, compress
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import zstandard

from sonde.sources.recording.frames import LARGEST, Damaged, Stored

__all__ = ["COLUMN", "Packed", "Values", "pack_all", "packed_bytes", "unpacked_bytes"]

Values = npt.NDArray[Any]
Places = npt.NDArray[np.int64]
COLUMN = np.dtype(
    [
        ("name", "S16"), ("encoding", "u1"), ("width", "u1"), ("packed", "u1"), ("spare", "u1"), ("count", "u4"),
        ("size", "u4"), ("sum", "u4"), ("base", "u8"), ("least", "u8"), ("most", "u8"),
    ]
)  # fmt: skip
ENTRY = struct.Struct("<16s4B3I3Q")  # of a COLUMN
NAME, ROWS, SIZE = (itemgetter((COLUMN.names or ()).index(name)) for name in ("name", "count", "size"))
CONSTANT, ABOVE, STEPS = 0, 1, 2  # encodings: all are `base`; `base` and so much more; the first, then how much more
WIDTHS = (1, 2, 4, 8)
UNSIGNED = {width: np.dtype(f"u{width}") for width in WIDTHS}
SMALL = 256  # bytes that are not worth a compressor
GAIN = 8  # of which one part has to be saved
LEVEL = 1


class _Zstd(threading.local):
    """What compresses: it breaks if two threads use it at the same time."""

    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=LEVEL)
        self.decompressor = zstandard.ZstdDecompressor()


_zstd = _Zstd()


def pack_all(columns: Mapping[str, Values], rising: frozenset[str] = frozenset()) -> tuple[bytes, int]:
    """(the entries of columns and behind them their bytes, how many bytes the entries are). `rising` ones are stored as
    steps."""
    entries, pieces = [], []
    for name, values in columns.items():
        described, piece = _pack(values, name in rising)
        entries.append((name.encode(), *described))
        pieces.append(piece)
    head = len(entries).to_bytes(4, "little") + np.array(entries, COLUMN).tobytes()
    return head + b"".join(pieces), len(head)


def _pack(values: Values, rising: bool) -> tuple[tuple[int, ...], bytes]:
    """What the entry of a column says behind its name, and the bytes of the column."""
    if not len(values):
        return (0,) * len(_Entry._fields[1:]), b""
    least, most = int(values.min()), int(values.max())
    words = values.view(UNSIGNED[values.dtype.itemsize])
    base = int(values[0]) if rising else least
    encoding, width, packed, piece = CONSTANT, 0, False, b""
    if least != most:
        encoding = STEPS if rising else ABOVE
        above = np.diff(words, prepend=words[:1]) if rising else words - words.dtype.type(_word(least, words.itemsize))
        width = _width(int(above.max()) if rising else most - least)
        raw = above.astype(UNSIGNED[width], copy=False).tobytes()
        piece = packed_bytes(raw)
        packed = piece is not raw
    bounds = [_word(value, 8) for value in (base, least, most)]
    return (encoding, width, packed, 0, len(values), len(piece), zlib.crc32(piece), *bounds), piece


def _word(value: int, size: int) -> int:
    """The unsigned number whose bytes are those of a number of so many bytes."""
    return value & (1 << 8 * size) - 1


def _width(most: int) -> int:
    return next(width for width in WIDTHS if most < 1 << 8 * width)


def packed_bytes(raw: bytes) -> bytes:
    """The bytes compressed, or themselves if that saves little."""
    if len(raw) < SMALL:
        return raw
    piece = _zstd.compressor.compress(raw)
    return piece if len(piece) < len(raw) - len(raw) // GAIN else raw


def unpacked_bytes(piece: bytes, size: int) -> bytes:
    """The `size` bytes that were compressed. Damaged if they are not."""
    try:
        if zstandard.frame_content_size(piece) != size:
            raise Damaged("a compressed piece has another size")
        return _zstd.decompressor.decompress(piece, max_output_size=size)
    except zstandard.ZstdError:
        raise Damaged("a compressed piece cannot be read") from None


def _signed(word: int) -> int:
    return word - (1 << 64) if word >> 63 else word


class _Entry(NamedTuple):
    """A COLUMN; `rows` is its count."""

    name: bytes
    encoding: int
    width: int
    packed: int
    spare: int
    rows: int
    size: int
    sum: int
    base: int
    least: int
    most: int


@lru_cache(64)
def _places(names: tuple[bytes, ...]) -> dict[str, int]:
    """The places of columns by name; most bodies have the same ones."""
    return {name.rstrip(b"\0").decode("latin-1"): place for place, name in enumerate(names)}


class Packed:
    """The columns of a body, each read when it is asked for. Damaged if they are not what `pack_all` wrote."""

    def __init__(self, body: bytes | Stored, head: int) -> None:
        table = body[:head]
        count = int.from_bytes(table[:4], "little")
        if head != 4 + count * COLUMN.itemsize or head > len(table):
            raise Damaged("a table of columns has another size")
        self._body, self._entries = body, list(ENTRY.iter_unpack(table[4:]))
        if max(map(ROWS, self._entries), default=0) > LARGEST:
            raise Damaged("a column is longer than any that is written")
        self._places = _places(tuple(map(NAME, self._entries)))
        self._ends = list(accumulate(map(SIZE, self._entries), initial=head))

    def __contains__(self, name: str) -> bool:
        return name in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def _entry(self, name: str) -> _Entry:
        return _Entry._make(self._entries[self._places[name]])

    def extremes(self, name: str, dtype: str) -> tuple[int, int]:
        """The least and the greatest value of a column that is there and not empty."""
        entry = self._entry(name)
        if np.dtype(dtype).kind == "i":
            return _signed(entry.least), _signed(entry.most)
        return entry.least, entry.most

    def count(self, name: str) -> int:
        """How many numbers a column says it has. KeyError if it is not there."""
        return self._entry(name).rows

    def filled(self) -> list[str]:
        """The columns that are not 0 everywhere."""
        entries = map(_Entry._make, self._entries)
        there = (entry.encoding != CONSTANT or entry.base != 0 for entry in entries)
        return list(compress(self._places, there))

    def column(self, name: str, dtype: str, rows: int, chosen: Places | None = None) -> Values:
        """A column, with as many `rows` as there have to be, or those of it that are `chosen` by their places; not to
        be written to. KeyError if it is not there."""
        entry = self._entry(name)
        kind = np.dtype(dtype)
        if entry.rows != rows:
            raise Damaged(f"column {name} has another length")
        base = entry.base & (1 << 8 * kind.itemsize) - 1
        if entry.encoding == CONSTANT:
            count = rows if chosen is None else len(chosen)
            return np.ndarray((count,), kind, base.to_bytes(kind.itemsize, "little"), 0, (0,))
        if entry.width > kind.itemsize:
            raise Damaged(f"column {name} is wider than its numbers")
        unsigned = UNSIGNED[kind.itemsize]
        words = self._words(name, entry)
        if entry.encoding == STEPS:
            words = np.cumsum(words.astype(unsigned), dtype=unsigned)
        words = (words if chosen is None else words[chosen]).astype(unsigned)
        words += unsigned.type(base)
        return words.view(kind)

    def _words(self, name: str, entry: _Entry) -> Values:
        """The narrow numbers that are stored."""
        end = self._ends[self._places[name] + 1]
        piece, size = self._body[end - entry.size : end], entry.rows * entry.width
        if entry.encoding > STEPS or entry.width not in WIDTHS or zlib.crc32(piece) != entry.sum:
            raise Damaged(f"column {name} is not as it was written")
        raw = unpacked_bytes(piece, size) if entry.packed else piece
        if len(raw) != size:
            raise Damaged(f"column {name} has another length")
        return np.frombuffer(raw, UNSIGNED[entry.width])
