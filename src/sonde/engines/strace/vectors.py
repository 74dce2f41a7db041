"""Buffers in pieces: arrays of struct iovec, and the messages made of them."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import NamedTuple

from sonde.engines.strace.options import Decoding
from sonde.native.escape import NOT_PLAIN, all_hex, c_string

__all__ = ["Message", "address", "iovec", "iovec_dump", "message", "string"]

Text = Callable[[bytes], bytes]


class Message(NamedTuple):
    """What was read of a struct msghdr: itself, address, array, data and ancillary data; None if not."""

    header: bytes | None
    name: bytes | None
    array: bytes | None
    data: bytes | None
    control: bytes | None


def address(value: int) -> bytes:
    """`0x1000`, `NULL`."""
    return b"%#x" % value if value else b"NULL"


def string(data: bytes, decoding: Decoding, cut: bool) -> bytes:
    """A C string in the form of -x, dots behind it if it was `cut`."""
    style = decoding.hexadecimal
    if style == 2 or (style == 1 and NOT_PLAIN.search(data)):
        text = b'"%s"' % all_hex(data)
    else:
        text = c_string(data, style == 3)
    return text + b"..." if cut else text


def _entries(array: bytes, compat: bool) -> list[tuple[int, int]]:
    form = "=II" if compat else "=QQ"
    return list(struct.iter_unpack(form, array[: len(array) // struct.calcsize(form) * struct.calcsize(form)]))


def iovec(
    array: bytes, count: int, data: bytes, moved: int | None, decoding: Decoding, compat: bool, verbose: bool = False,
    cut: bool = False,
) -> bytes:  # fmt: skip
    """`[{iov_base="ab", iov_len=2}]`; `data` are the pieces one after another, `moved` how many bytes the call wrote.

    Of each piece `data` has at most as many bytes as are shown. `moved` None: all of them were given. `cut`: more data
    was there than was captured.
    """
    parts: list[bytes] = []
    start = at = 0
    for base, size in _entries(array, compat)[:count]:
        if len(parts) == decoding.limit and not verbose:
            parts.append(b"...")
            break
        there = size if moved is None else max(0, min(size, moved - start))
        shown = min(there, decoding.limit)
        piece = data[at : at + shown]
        text = address(base)
        if base and (len(piece) == shown or (cut and piece)):
            text = string(piece, decoding, there > len(piece))
        parts.append(b"{iov_base=%s, iov_len=%d}" % (text, size))
        start += there
        at += shown
    return b"[%s]" % b", ".join(parts)


def iovec_dump(array: bytes, data: bytes, moved: int, compat: bool, dump: Text) -> bytes:
    """The data of a vector piece by piece, as -e read= shows it."""
    lines, start = [], 0
    for number, (_, size) in enumerate(_entries(array, compat)):
        there = min(size, moved - start)
        if there <= 0:
            break
        lines += [b" * %d bytes in buffer %d\n" % (there, number), dump(data[start : start + there])]
        start += there
    return b"".join(lines)


def message(
    found: Message, moved: int | None, decoding: Decoding, compat: bool, name: Text, control: Text, flags: Text,
    given: int | None = None,
) -> bytes | None:  # fmt: skip
    """`{msg_name=NULL, msg_namelen=0, msg_iov=[...], ...}` of a struct msghdr; None if it could not be read.

    `moved`: the bytes that were received, None for what is sent. `given`: the room for the name before the call.
    `name`, `control` and `flags` (4 bytes) make text of parts.
    """
    form = "=IIIIIII" if compat else "=QI4xQQQQI4x"
    if found.header is None or len(found.header) < struct.calcsize(form):
        return None
    at, size, vector, count, ancillary, ancillary_size, bits = struct.unpack_from(form, found.header)
    who = address(at) if not at or not found.name else name(found.name[:size])
    length = b"%d => %d" % (given, size) if given is not None and given != size else b"%d" % size
    pieces = address(vector)
    if vector and found.array is not None:
        pieces = iovec(found.array, count, found.data or b"", moved, decoding, compat)
    parts = [b"msg_name=%s" % who, b"msg_namelen=%s" % length, b"msg_iov=%s" % pieces, b"msg_iovlen=%d" % count]
    if ancillary and ancillary_size:
        known = found.control
        parts.append(b"msg_control=%s" % (control(known) if known else address(ancillary)))
    parts += [b"msg_controllen=%d" % ancillary_size, b"msg_flags=%s" % flags(struct.pack("=I", bits))]
    return b"{%s}" % b", ".join(parts)
