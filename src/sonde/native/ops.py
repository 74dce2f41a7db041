"""The pieces a line of text is joined from: literals, numbers, strings of a pool and slices of data, as columns."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from sonde.plan.batch import Views

__all__ = [
    "ABSENT", "Form", "Kind", "Op", "Text", "address", "clock", "escaped", "fixed9", "hexa", "literal", "number",
    "octal", "pool", "quoted", "seconds", "sint", "slices", "text", "truth", "uint", "view",
]  # fmt: skip

Array = npt.NDArray[np.generic]
Mask = npt.NDArray[np.bool_] | npt.NDArray[np.uint8] | None
ABSENT = b"<NA>"
EVERY_BYTE = (1 << 63) - 1
_TRUTH, _TRUTH_ENDS = np.frombuffer(b"falsetrue", np.uint8), np.array([0, 5, 9], np.int64)


class Kind(IntEnum):
    """What an op writes; the numbers are those of join.c."""

    LITERAL = 0
    UINT = 1
    SINT = 2
    HEX = 3
    OCTAL = 4
    FIXED9 = 5
    CLOCK = 6
    SECONDS = 7
    POOL = 8
    VIEW = 9
    ADDRESS = 10


class Form(IntEnum):
    """How the bytes of a slice are shown; the numbers are those of encode.h."""

    RAW = 0
    DOTTED = 1  # printable ASCII, '.' for any other byte
    ESCAPED = 2  # UTF-8, controls and invalid bytes as \xNN
    QUOTED = 3  # JSON string
    ASCII = 4  # printable ASCII and line ends on lines of their own; other bytes are left out
    HEXDUMP = 5  # sixteen bytes a line with offsets
    HEXDUMP_ASCII = 6  # the same with the characters beside them
    BASE64 = 7
    C_OCTAL = 8  # C string literal; what is not printable ASCII as \ooo
    C_HEX = 9  # the same as \xNN
    C_ALL_HEX = 10  # every byte as \xNN
    C_MAYBE_HEX = 11  # every byte as \xNN if one is neither printable nor space
    DUMP = 12  # sixteen bytes a line between bars, as strace -e read=


@dataclass(frozen=True, eq=False)
class Text:
    """Joined rows: row i is `data[offsets[i]:offsets[i + 1]]`; `data` u1, `offsets` i8."""

    data: npt.NDArray[np.uint8]
    offsets: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, row: int) -> bytes:
        return self.data[int(self.offsets[row]) : int(self.offsets[row + 1])].tobytes()

    def views(self) -> Views:
        """The rows as slices; none is missing."""
        length = np.diff(self.offsets).astype(np.int32)
        return Views(self.data, self.offsets[:-1], length, length)


@dataclass(eq=False, slots=True)
class Op:
    """One piece of a template; made by the functions below.

    `values` holds numbers, pool ids or view offsets, one for each row that uses the template; `by_row`: one for every
    row. With `none_is_absent` id 0 of a pool is missing too. Arrays need not be contiguous, but for `lengths` and
    `missing`.
    """

    kind: Kind
    values: Array | None = None
    form: Form = Form.RAW
    width: int = 0
    limit: int = EVERY_BYTE
    lengths: npt.NDArray[np.int32] | None = None
    data: npt.NDArray[np.uint8] | None = None
    ends: npt.NDArray[np.int64] | None = None
    missing: npt.NDArray[np.uint8] | None = None
    absent: bytes = ABSENT
    none_is_absent: bool = False
    by_row: bool = False

    def __len__(self) -> int:
        return 0 if self.values is None else len(self.values)

    def take(self, rows: npt.NDArray[np.int64]) -> Op:
        """The same op for some of its rows."""
        return replace(
            self,
            values=None if self.values is None else self.values[rows],
            lengths=None if self.lengths is None else self.lengths[rows],
            missing=None if self.missing is None else self.missing[rows],
        )

    def of_rows(self) -> Op:
        """The same op with one element for every row, whatever template the row uses."""
        return Op(
            self.kind, self.values, self.form, self.width, self.limit, self.lengths, self.data, self.ends,
            self.missing, self.absent, self.none_is_absent, True,
        )  # fmt: skip


@functools.lru_cache(4096)
def literal(data: bytes, width: int = 0) -> Op:
    """The same bytes in every row.

    Here and below `width` > 0 aligns right, < 0 left, in characters; what is longer is cut, 0 leaves it as it is.
    """
    return Op(Kind.LITERAL, width=width, data=np.frombuffer(data, np.uint8))


def uint(values: Array, width: int = 0, missing: Mask = None, absent: bytes = ABSENT) -> Op:
    """Decimal u8. Here and below `missing` marks rows that show `absent` instead of a value."""
    return _number(Kind.UINT, values, width, missing, absent)


def sint(values: Array, width: int = 0, missing: Mask = None, absent: bytes = ABSENT) -> Op:
    """Decimal i8."""
    return _number(Kind.SINT, values, width, missing, absent)


def hexa(values: Array, width: int = 0, missing: Mask = None, absent: bytes = ABSENT) -> Op:
    """Upper hex of u8, no prefix, as sysdig has it."""
    return _number(Kind.HEX, values, width, missing, absent)


def address(values: Array, width: int = 0, missing: Mask = None, absent: bytes = ABSENT) -> Op:
    """Lower hex of u8 behind 0x."""
    return _number(Kind.ADDRESS, values, width, missing, absent)


def octal(values: Array, width: int = 0, missing: Mask = None, absent: bytes = ABSENT) -> Op:
    """Octal of u8, no prefix."""
    return _number(Kind.OCTAL, values, width, missing, absent)


def fixed9(values: Array, width: int = 0, missing: Mask = None, absent: bytes = ABSENT) -> Op:
    """u8 with zeros in front up to nine digits."""
    return _number(Kind.FIXED9, values, width, missing, absent)


def clock(values: Array, width: int = 0, missing: Mask = None, absent: bytes = ABSENT) -> Op:
    """HH:MM:SS.nnnnnnnnn of i8 ns since the epoch in local time."""
    return _number(Kind.CLOCK, values, width, missing, absent)


def seconds(values: Array, width: int = 0, missing: Mask = None, absent: bytes = ABSENT) -> Op:
    """S.nnnnnnnnn of i8 ns."""
    return _number(Kind.SECONDS, values, width, missing, absent)


def truth(values: Array, width: int = 0, missing: Mask = None, absent: bytes = ABSENT) -> Op:
    """`true` or `false` of numbers that are 1 or 0."""
    return pool(values, _TRUTH, _TRUTH_ENDS, width, missing, absent)


def number(values: Array, width: int = 0, missing: Mask = None, absent: bytes = ABSENT) -> Op:
    """Decimal, as signed as the array is."""
    return (uint if values.dtype.kind == "u" else sint)(values, width, missing, absent)


def pool(
    ids: Array,
    buffer: npt.NDArray[np.uint8],
    offsets: npt.NDArray[np.int64],
    width: int = 0,
    missing: Mask = None,
    absent: bytes = ABSENT,
    none_is_absent: bool = False,
) -> Op:
    """Strings by u4 id, of `Strings.packed()`; id 0 writes nothing, or `absent` if `none_is_absent`."""
    values, data = np.asarray(ids, np.uint32), np.ascontiguousarray(buffer)
    return Op(
        Kind.POOL, values, width=width, data=data, ends=offsets, missing=_mask(missing), absent=absent,
        none_is_absent=none_is_absent,
    )  # fmt: skip


def slices(
    views: Views,
    form: Form,
    limit: int = EVERY_BYTE,
    width: int = 0,
    missing: Mask = None,
    absent: bytes = ABSENT,
) -> Op:
    """Slices in any form; without `missing` length -1 writes nothing (also below). DOTTED is cut at `limit` bytes, of
    which the last three then are dots, as in sysdig."""
    offset, length = np.ascontiguousarray(views.offset, np.int64), np.ascontiguousarray(views.length, np.int32)
    data = np.ascontiguousarray(views.data)
    return Op(Kind.VIEW, offset, form, width, limit, length, data, missing=_mask(missing), absent=absent)


def view(views: Views, width: int = 0, missing: Mask = None, absent: bytes = ABSENT) -> Op:
    """Slices as they are."""
    return slices(views, Form.RAW, width=width, missing=missing, absent=absent)


def text(rows: Text, width: int = 0, missing: Mask = None, absent: bytes = ABSENT) -> Op:
    """Rows that were joined before."""
    return view(rows.views(), width, missing, absent)


def escaped(views: Views, width: int = 0, missing: Mask = None, absent: bytes = ABSENT) -> Op:
    r"""UTF-8 that is safe on a terminal: controls and invalid bytes as \xNN."""
    return slices(views, Form.ESCAPED, width=width, missing=missing, absent=absent)


def quoted(views: Views, width: int = 0, missing: Mask = None, absent: bytes = b"null") -> Op:
    r"""JSON strings with their quotes; an invalid byte as \udcNN, so that os.fsencode gives it back."""
    return slices(views, Form.QUOTED, width=width, missing=missing, absent=absent)


def _number(kind: Kind, values: Array, width: int, missing: Mask, absent: bytes) -> Op:
    whole = values if values.dtype.kind in "iu" and values.dtype.isnative else values.astype(np.int64)
    return Op(kind, whole, width=width, missing=_mask(missing), absent=absent)


def _mask(missing: Mask) -> npt.NDArray[np.uint8] | None:
    return None if missing is None else np.ascontiguousarray(missing).view(np.uint8)
