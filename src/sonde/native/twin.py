"""The C kernels in Python: what they must do, and what does it where they are missing."""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import repeat
from typing import Any

import numpy as np
import numpy.typing as npt

from sonde.native.alike import Alike
from sonde.native.escape import NOT_PLAIN, all_hex, c_string, printable, quote
from sonde.native.ops import Form, Kind, Op, Text

__all__ = ["alike", "join", "link", "same_slices", "spread", "walk"]

DOTS = bytes(c if 0x20 <= c < 0x7F else 0x2E for c in range(256))
NOT_TEXT = re.compile(rb"[^ -~\n]")
BUSY, DISCARD, HEADER = 1 << 31, 1 << 30, 8
SECOND, DAY = 10**9, 86400 * 10**9

Row = Callable[[int], bytes]


def join(rows: int, template: npt.NDArray[np.uint16] | None, templates: Sequence[Sequence[Op]]) -> Text:
    """As sonde.native.join.join, whose checks were done."""
    used = [None if template is None else np.flatnonzero(template == number) for number in range(len(templates))]
    columns = [
        zip(*(_texts(op if mine is None or not op.by_row else op.take(mine)) for op in ops), strict=False)
        if ops else repeat(()) for ops, mine in zip(templates, used, strict=True)
    ]  # fmt: skip
    chosen = repeat(0, rows) if template is None else template.tolist()
    lines = [b"".join(next(columns[t])) for t in chosen]
    offsets = np.zeros(rows + 1, np.int64)
    np.cumsum(np.fromiter(map(len, lines), np.int64, rows), out=offsets[1:])
    return Text(np.frombuffer(b"".join(lines), np.uint8), offsets)


def walk(
    buffer: npt.NDArray[np.uint8], start: int, end: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint32], int]:
    """As sonde.native.walk.walk."""
    offsets, lengths = [], []
    while start + HEADER <= end:
        word = int.from_bytes(buffer[start : start + 4].tobytes(), "little")
        length = word & ~(BUSY | DISCARD)
        after = start + (length + HEADER + 7) // 8 * 8
        if word & BUSY or after > end:
            break
        if not word & DISCARD:
            offsets.append(start + HEADER)
            lengths.append(length)
        start = after
    return np.array(offsets, np.int64), np.array(lengths, np.uint32), start


def link(rows: npt.NDArray[np.uint64], wanted: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    """As sonde.native.link.link."""
    if not len(rows):
        return np.full(len(wanted), -1, np.int64)
    order = np.argsort(rows, kind="stable")
    found = order[np.minimum(np.searchsorted(rows, wanted, sorter=order), len(rows) - 1)]
    return np.where(rows[found] == wanted, found, -1)


def alike(columns: Sequence[npt.NDArray[Any]], most: int) -> Alike | None:
    """As sonde.native.alike.alike, whose checks were done."""
    words = [column.view(f"u{column.itemsize}") for column in columns]
    _, first, which = np.unique(np.rec.fromarrays(words), return_index=True, return_inverse=True)
    if len(first) > most:
        return None
    order = np.argsort(first)
    return first[order], np.argsort(order)[which].astype(np.uint32)


def spread(rows: npt.NDArray[np.void], stamp: int, columns: Mapping[str, npt.NDArray[Any]], at: int) -> int:
    """As sonde.native.spread.spread, whose checks were done."""
    wrong = np.flatnonzero(rows["stamp"] != np.arange(stamp, stamp + len(rows), dtype=np.uint64))
    count = int(wrong[0]) if len(wrong) else len(rows)
    for name, values in columns.items():
        values[at : at + count] = rows[name][:count]
    return count


def same_slices(
    data: bytes, begin: npt.NDArray[np.int64], end: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """As sonde.native.slices.same_slices."""
    known = dict[bytes, int]()
    first, which = list[int](), list[int]()
    for row, (start, stop) in enumerate(zip(begin.tolist(), end.tolist(), strict=True)):
        piece = data[start:stop] if 0 <= start < stop <= len(data) else b""
        if piece not in known:
            known[piece] = len(first)
            first.append(row)
        which.append(known[piece])
    return np.array(first, np.int64), np.array(which, np.int64)


def _texts(op: Op) -> Iterable[bytes]:
    """What the op writes, row by row."""
    if op.kind is Kind.LITERAL:
        assert op.data is not None
        return repeat(_fit(op.data.tobytes(), op.width))
    missing = repeat(0) if op.missing is None else op.missing.tolist()
    row = _row(op)
    return (_fit(op.absent if gone else row(i), op.width) for i, gone in zip(range(len(op)), missing, strict=False))


def _row(op: Op) -> Row:
    assert op.values is not None
    values = op.values
    if op.kind is Kind.POOL:
        return lambda i: op.absent if op.none_is_absent and not values[i] else _pooled(op, int(values[i]))
    if op.kind is Kind.VIEW:
        return lambda i: FORMS[op.form](_slice(op, i))
    write, least = NUMBERS[op.kind], -(1 << 63) if op.kind in SIGNED else 0
    return lambda i: write((int(values[i]) - least) % (1 << 64) + least)


def _pooled(op: Op, ident: int) -> bytes:
    assert op.ends is not None
    if ident + 1 >= len(op.ends):
        raise ValueError("an id or a slice lies outside its data")
    return _cut(op, int(op.ends[ident]), int(op.ends[ident + 1]))


def _slice(op: Op, row: int) -> bytes:
    assert op.values is not None and op.lengths is not None
    length = int(op.lengths[row])
    start = int(op.values[row]) if length > 0 else 0
    found = _cut(op, start, start + max(0, length))
    if op.form is not Form.DOTTED or length <= op.limit:
        return found
    return found[: op.limit - 3] + b"..." if op.limit > 3 else found[: op.limit]


def _cut(op: Op, start: int, end: int) -> bytes:
    assert op.data is not None
    if not 0 <= start <= end <= len(op.data):
        raise ValueError("an id or a slice lies outside its data")
    return op.data[start:end].tobytes()


def _fit(text: bytes, width: int) -> bytes:
    if not width:
        return text
    starts = [i for i, byte in enumerate(text) if byte & 0xC0 != 0x80]
    if len(starts) > abs(width):
        return text[: starts[abs(width)]]
    fill = b" " * (abs(width) - len(starts))
    return text + fill if width < 0 else fill + text


def _clock(ns: int) -> bytes:
    second, rest = divmod(ns % DAY, SECOND)
    return b"%02d:%02d:%02d.%09d" % (second // 3600, second // 60 % 60, second % 60, rest)


def _seconds(ns: int) -> bytes:
    return b"-" * (ns < 0) + b"%d.%09d" % divmod(abs(ns), SECOND)


def _ascii(data: bytes) -> bytes:
    if not data:
        return b""
    return b"\n" + NOT_TEXT.sub(b"", data.replace(b"\r\n", b"\n").replace(b"\r", b"\n"))


def _hexdump(data: bytes, characters: bool) -> bytes:
    lines = []
    for at in range(0, len(data), 16):
        part = data[at : at + 16]
        line = b"\t0x%04x: %s" % (at, part.hex(" ", -2).encode())
        address = line.index(b":") + 1
        lines.append(line.ljust(address + 42) + part.translate(DOTS) if characters else line)
    return b"\n%s\n" % b"\n".join(lines) if lines else b""


def _dump(data: bytes) -> bytes:
    digits = max(5, len(b"%x" % max(0, len(data) - 1)))
    lines = []
    for at in range(0, len(data), 16):
        part = data[at : at + 16]
        left, right = part[:8].hex(" ").ljust(23), part[8:].hex(" ").ljust(23)
        text = part.translate(DOTS).decode().ljust(16)
        lines.append(f" | {at:0{digits}x}  {left}  {right}  {text} |\n")
    return "".join(lines).encode()


SIGNED = (Kind.SINT, Kind.CLOCK, Kind.SECONDS)
NUMBERS: dict[Kind, Callable[[int], bytes]] = {
    Kind.UINT: lambda v: b"%d" % v,
    Kind.SINT: lambda v: b"%d" % v,
    Kind.HEX: lambda v: b"%X" % v,
    Kind.OCTAL: lambda v: b"%o" % v,
    Kind.ADDRESS: lambda v: b"0x%x" % v,
    Kind.FIXED9: lambda v: b"%09d" % v,
    Kind.CLOCK: _clock,
    Kind.SECONDS: _seconds,
}
FORMS: dict[Form, Callable[[bytes], bytes]] = {
    Form.RAW: lambda data: data,
    Form.DOTTED: lambda data: data.translate(DOTS),
    Form.ESCAPED: printable,
    Form.QUOTED: quote,
    Form.ASCII: _ascii,
    Form.HEXDUMP: lambda data: _hexdump(data, False),
    Form.HEXDUMP_ASCII: lambda data: _hexdump(data, True),
    Form.BASE64: lambda data: binascii.b2a_base64(data, newline=False),
    Form.C_OCTAL: lambda data: c_string(data),
    Form.C_HEX: lambda data: c_string(data, hexadecimal=True),
    Form.C_ALL_HEX: lambda data: b'"%s"' % all_hex(data),
    Form.C_MAYBE_HEX: lambda data: b'"%s"' % all_hex(data) if NOT_PLAIN.search(data) else c_string(data),
    Form.DUMP: _dump,
}
