"""Columns of numbers in few bytes: constant, narrowed to what lies above the least value or to steps, then zstd.

The least and the greatest value of each column stand in its entry: whoever looks for others does not read it.
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import zstandard

from sonde.sources.recording.frames import LARGEST, Damaged

__all__ = ["COLUMN", "Packed", "Values", "pack_all", "packed_bytes", "unpacked_bytes"]

Values = npt.NDArray[Any]
COLUMN = np.dtype(
    [
        ("name", "S16"), ("encoding", "u1"), ("width", "u1"), ("packed", "u1"), ("spare", "u1"), ("count", "u4"),
        ("size", "u4"), ("sum", "u4"), ("base", "u8"), ("least", "u8"), ("most", "u8"),
    ]
)  # fmt: skip
SIZE = (COLUMN.names or ()).index("size")
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
        return (0,) * len(_Entry._fields[1:-1]), b""
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


class _Entry(NamedTuple):
    """A COLUMN (`rows` is its count), and where its bytes end."""

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
    end: int


class Packed:
    """The columns of a body, each read when it is asked for. Damaged if they are not what `pack_all` wrote."""

    def __init__(self, body: bytes, head: int) -> None:
        count = int.from_bytes(body[:4], "little")
        if head != 4 + count * COLUMN.itemsize or head > len(body):
            raise Damaged("a table of columns has another size")
        self._body, self._entries = body, dict[str, _Entry]()
        end = head
        for raw in np.frombuffer(body, COLUMN, count, 4).tolist():
            end += raw[SIZE]
            entry = _Entry._make((*raw, end))
            if entry.rows > LARGEST:
                raise Damaged("a column is longer than any that is written")
            self._entries[entry.name.decode("latin-1")] = entry

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def extremes(self, name: str, dtype: str) -> tuple[int, int]:
        """The least and the greatest value of a column that is there and not empty."""
        entry = self._entries[name]
        both = np.array((entry.least, entry.most), np.uint64)
        least, most = (both.view(np.int64) if np.dtype(dtype).kind == "i" else both).tolist()
        return least, most

    def count(self, name: str) -> int:
        """How many numbers a column says it has. KeyError if it is not there."""
        return self._entries[name].rows

    def column(self, name: str, dtype: str, rows: int) -> Values:
        """A column, with as many `rows` as there have to be; not to be written to. KeyError if it is not there."""
        entry = self._entries[name]
        kind = np.dtype(dtype)
        if entry.rows != rows:
            raise Damaged(f"column {name} has another length")
        base = (entry.base & (1 << 8 * kind.itemsize) - 1).to_bytes(kind.itemsize, "little")
        if entry.encoding == CONSTANT:
            return np.ndarray((rows,), kind, base, 0, (0,))
        if entry.width > kind.itemsize:
            raise Damaged(f"column {name} is wider than its numbers")
        unsigned = UNSIGNED[kind.itemsize]
        words = self._words(name, entry).astype(unsigned)
        if entry.encoding == STEPS:
            words = np.cumsum(words, dtype=unsigned)
        words += np.frombuffer(base, unsigned)
        return words.view(kind)

    def _words(self, name: str, entry: _Entry) -> Values:
        """The narrow numbers that are stored."""
        piece, size = self._body[entry.end - entry.size : entry.end], entry.rows * entry.width
        if entry.encoding > STEPS or entry.width not in WIDTHS or zlib.crc32(piece) != entry.sum:
            raise Damaged(f"column {name} is not as it was written")
        raw = unpacked_bytes(piece, size) if entry.packed else piece
        if len(raw) != size:
            raise Damaged(f"column {name} has another length")
        return np.frombuffer(raw, UNSIGNED[entry.width])
