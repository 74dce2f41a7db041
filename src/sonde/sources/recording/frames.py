"""Frames: what a segment of a recording consists of. Each has a header with its size and checksums, and a body.

A segment is read from its beginning to the first frame that is not whole: what a recorder that was killed had begun.
Of a file only what is asked for of a large body is read.
"""

from __future__ import annotations

import io
import os
import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

import numpy as np

__all__ = ["BEGINNING", "LARGEST", "Damaged", "Frame", "Kind", "Reader", "Stored", "framed"]

MAGIC = 0x65646E73  # "snde"
BEGINNING = MAGIC.to_bytes(4, "little")  # of a segment
HEADER = np.dtype(
    [
        ("magic", "u4"), ("kind", "u4"), ("rows", "u4"), ("size", "u4"), ("head", "u4"), ("sum", "u4"),
        ("spare", "u4"), ("own", "u4"),
    ]
)  # fmt: skip
WORDS = struct.Struct("<8I")  # of a HEADER
LARGEST = 1 << 28  # bytes of a body
PIECE = 1 << 20  # bytes of a body read at once: what a damaged header asks for is not all allocated
SMALL = 1 << 15  # bytes of a body that are read at once


class Kind:
    """What a frame holds."""

    START = 1  # JSON: who recorded what, when and where
    STATE = 2  # JSON: a new state begins, what ids are counted from
    STRINGS = 3
    FILES = 4
    PROCESSES = 5
    ROWS = 6
    COUNTERS = 7  # JSON: seen and lost so far
    END = 8  # nothing: the segment was closed
    SNAPSHOT = 9  # a table of state as it was when the segment began
    CONTAINERS = 10  # JSON: what is known of containers


class Damaged(Exception):
    """What was read cannot be what was written."""


class Stored:
    """The `size` bytes of a body in an open file, which begin with `head`; slices are read when they are asked for and
    are shorter if the file has become so. Damaged if it cannot be read."""

    def __init__(self, file: int, at: int, size: int, head: bytes) -> None:
        self._file, self._at, self._size, self._head = file, at, size, head

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, part: slice) -> bytes:
        start, stop, _ = part.indices(self._size)
        if stop <= len(self._head):
            return self._head[start:stop]
        try:
            return os.pread(self._file, stop - start, self._at + start)
        except OSError as error:
            raise _unreadable(error) from None


class Frame(NamedTuple):
    """One frame: the first `head` bytes of the body are right by its checksum, the rest has checksums of its own."""

    kind: int
    rows: int
    head: int
    stored: bytes | Stored

    @property
    def body(self) -> bytes:
        """All bytes of the body."""
        return self.stored[:]

    @property
    def size(self) -> int:
        """Bytes of it in a file."""
        return HEADER.itemsize + len(self.stored)


def framed(kind: int, body: bytes, rows: int = 0, head: int | None = None) -> bytes:
    """A frame as it is written; without `head` the checksum is of the whole body."""
    header = np.zeros(1, HEADER)
    head = len(body) if head is None else head
    header["magic"], header["kind"], header["rows"] = MAGIC, kind, rows
    header["size"], header["head"], header["sum"] = len(body), head, zlib.crc32(body[:head])
    header["own"] = zlib.crc32(header.tobytes()[: HEADER.itemsize - 4])
    return header.tobytes() + body


class Reader:
    """The frames of a file that are whole. `left`: bytes behind them, once all are read (of a pipe: those it gave).
    Damaged if the file cannot be read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._there = 0  # bytes that the file is known to have
        self._by_place = isinstance(file, io.FileIO) and file.seekable()
        self.left = 0

    def __iter__(self) -> Iterator[Frame]:
        while raw := self._read(HEADER.itemsize):
            found = _header(raw)
            body = self._body(found) if found is not None else b""
            if found is None or len(body) < found.size or zlib.crc32(body[: found.head]) != found.sum:
                self.left = len(raw) + len(body) + self._rest()
                return
            yield Frame(found.kind, found.rows, found.head, body)

    def _body(self, header: _Header) -> bytes | Stored:
        """The body of a frame: of a large one that is all in a file only its head is read now."""
        if not self._by_place or header.size <= max(SMALL, header.head):
            return self._read(header.size)
        at = self._file.tell()
        if at + header.size > self._there:
            self._there = os.fstat(self._file.fileno()).st_size
        if at + header.size > self._there:
            return self._read(header.size)
        body = Stored(self._file.fileno(), at, header.size, self._read(header.head))
        self._file.seek(at + header.size)
        return body

    def _read(self, size: int) -> bytes:
        """So many bytes, or as many as there are."""
        pieces: list[bytes] = []
        while size > 0 and (piece := self._piece(min(size, PIECE))):
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)

    def _piece(self, size: int) -> bytes:
        """So many bytes at most, none at the end. Damaged if the disk gives an error."""
        try:
            return self._file.read(size)
        except OSError as error:
            raise _unreadable(error) from None

    def _rest(self) -> int:
        """How many bytes there are to the end."""
        return sum(len(piece) for piece in iter(lambda: self._piece(PIECE), b""))


class _Header(NamedTuple):
    """A HEADER."""

    magic: int
    kind: int
    rows: int
    size: int
    head: int
    sum: int
    spare: int
    own: int


def _header(raw: bytes) -> _Header | None:
    """The header of a frame, None if it is none."""
    if len(raw) < HEADER.itemsize:
        return None
    header = _Header._make(WORDS.unpack(raw))
    whole = header.magic == MAGIC and zlib.crc32(raw[: HEADER.itemsize - 4]) == header.own
    return header if whole and header.head <= header.size <= LARGEST else None


def _unreadable(error: OSError) -> Damaged:
    return Damaged(error.strerror or "it cannot be read")
