"""Arguments that are more than a word: structures, addresses of sockets, vectors, messages, arrays of strings."""

from __future__ import annotations

import socket
from collections.abc import Callable
from errno import EOVERFLOW

import numpy as np
import numpy.typing as npt

from sonde.catalog.event import Param, Source
from sonde.catalog.layouts import BEHIND
from sonde.engines import structs
from sonde.engines.context import source_index
from sonde.engines.strace.names import named
from sonde.engines.strace.site import Site, texts
from sonde.engines.strace.vectors import Message, address, iovec, string
from sonde.engines.strace.vectors import message as message_text
from sonde.native.ops import Op
from sonde.plan.batch import Views

__all__ = ["mask", "message", "messages", "netlink", "rest", "socket_address", "strings", "struct", "vector"]

Words = npt.NDArray[np.int64]
_HEADER = 16  # bytes of struct nlmsghdr
_COUNTED = 1 << 16  # elements that are looked for at most
_LENGTH, _OPTION, _MESSAGES = "socklen", "sockopt", "mmsghdr"
_PARTS = (1, 2, 3, 0, 4)  # header, name, vector, data, ancillary data
_BEHIND = 6
_SLEEPS = ("nanosleep", "clock_nanosleep")
_INTERRUPTED = (-512, -513, -514, -516)


def _rows(site: Site, param: Param, text: Callable[[int], bytes | None]) -> list[Op]:
    """The text of each row; the address where there is none, and before one that begins with a space."""
    words = site.words(param.source).tolist()
    mask = 0xFFFFFFFF if site.compat else (1 << 64) - 1
    opaque = site.event.number in site.decoding.opaque
    found = []
    for row, word in enumerate(words):
        shown = None if opaque or not word else text(row)
        found.append(address(word & mask) + (shown or b"") if not shown or shown[:1] == b" " else shown)
    return [texts(found)]


def _counts(site: Site, param: Param) -> list[int | None]:
    """How many elements there are; None for no array, negative for more than there can be."""
    if param.length is Source.NONE:
        return [None] * len(site)
    if param.names == _OPTION and param.out:  # its size is where the next argument points
        sizes = site.views(source_index(param.length))
        return [_number(sizes[row]) for row in range(len(site))]
    return [min(count, _COUNTED) for count in site.words(param.length).tolist()]


def struct(site: Site, param: Param) -> list[Op]:
    """Structures: `{tv_sec=1, tv_nsec=0}`, `[{fd=3, events=POLLIN}]`."""
    if param.names == _MESSAGES:
        return messages(site, param)
    if param.names == _LENGTH and param.out:
        return _rows(site, param, lambda row: _rest(site, param, row))
    views, counts = site.pointed(param), _counts(site, param)
    behind = site.pointed(param, _BEHIND) if param.names in BEHIND else None
    failed = site.failed if param.out else np.zeros(len(site), np.bool_)
    if param.out and site.event.name in _SLEEPS:  # what is left of a sleep that a signal ended
        failed = ~np.isin(site.column("res"), _INTERRUPTED)
    memory: dict[tuple[bytes, int | None], bytes | None] = {}

    def text(row: int) -> bytes | None:
        count = counts[row]
        data = b"" if count == 0 else views[row]
        if data is None or failed[row] or (count is not None and count < 0):
            return None
        data += (behind[row] or b"") if behind is not None else b""
        key = data, count
        if key not in memory or site.decoding.fds:
            memory[key] = structs.text(param.names, data, count, site.how(row))
        return memory[key]

    return _rows(site, param, text)


def rest(site: Site, param: Param) -> list[Op]:
    """` => [3]` of a structure that the call changed."""
    return [texts([_rest(site, param, row) for row in range(len(site))])]


def _rest(site: Site, param: Param, row: int) -> bytes:
    argument = source_index(param.source)
    before, after = site.entered.views(argument, site.at[row : row + 1])[0], site.views(argument)[row]
    failed, result = bool(site.failed[row]), int(site.column("res")[row])
    unwritten = failed and result != -EOVERFLOW  # which says how much room is needed
    return structs.rest(param.names, before or b"", b"" if unwritten else after or b"", site.how(row), failed, result)


def _least(*numbers: int | None) -> int | None:
    return min((number for number in numbers if number is not None), default=None)


def _number(data: bytes | None) -> int | None:
    return int.from_bytes(data[:4], "little", signed=True) if data is not None and len(data) >= 4 else None


def mask(site: Site) -> list[Op]:
    """The signals that will be blocked when a handler has returned; dots where they were not read."""
    views = site.views(0)
    found = []
    for row in range(len(site)):
        data = views[row]
        found.append((structs.text("sigset", data, None, site.how(row)) if data else None) or b"...")
    return [texts(found)]


def netlink(site: Site, views: Views, there: npt.NDArray[np.bool_]) -> list[Op]:
    """Data that is whole netlink messages, in words; [] if no row has any."""
    files, nodes = site.context.state.files, site.column("file").astype(np.uint32)
    if not (files.column("family", nodes) == socket.AF_NETLINK).any():
        return []
    protocols, found = files.column("proto", nodes).tolist(), []
    for row in range(len(site)):
        data, full = views[row] or b"", int(views.full[row])
        shown = b""
        if there[row] and len(data) == full and _is_whole(data):
            shown = structs.text("nlmsg" if protocols[row] else "nlmsg:0", data, None, site.how(row))
        limit = site.decoding.limit
        found.append(shown or string(data[:limit], site.decoding, full > limit))
    return [texts(found)]


def _is_whole(data: bytes) -> bool:
    return len(data) >= _HEADER and _HEADER <= int.from_bytes(data[:4], "little") <= len(data)


def socket_address(site: Site, param: Param) -> list[Op]:
    """`{sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")}`."""
    views, failed = site.pointed(param), site.failed if param.out else np.zeros(len(site), np.bool_)
    if param.out:
        lengths = site.views(source_index(param.length))
        given = site.entered.views(source_index(param.length), site.at)
        sizes = [_least(_number(given[row]), _number(lengths[row])) for row in range(len(site))]
    else:
        sizes = site.words(param.length).astype(np.int32).tolist()

    def text(row: int) -> bytes | None:
        data, size = None if failed[row] else views[row], sizes[row]
        if data is None:
            return None
        return structs.text("sockaddr", data if size is None or size < 0 else data[:size], None, site.how(row))

    return _rows(site, param, text)


def strings(site: Site, param: Param) -> list[Op]:
    """`["ls", "-l"]`; of an environment where it stands and how much it is, with -v what it is."""
    views, environment = site.pointed(param), param.name == "envp"
    words, decoding = site.words(param.source).tolist(), site.decoding

    def text(row: int) -> bytes | None:
        data = views[row]
        if data is None:
            return None
        found = data.split(b"\0")[:-1]
        count = max(int(views.full[row]), len(found))
        if environment and not site.verbose:
            return b"%#x /* %d var%s */" % (words[row], count, b"" if count == 1 else b"s")
        parts = [string(one[: decoding.limit], decoding, len(one) > decoding.limit) for one in found]
        if not site.verbose and count > decoding.limit:
            parts = parts[: decoding.limit]
        return b"[%s]" % b", ".join([*parts, b"..."] if count > len(parts) else parts)

    return _rows(site, param, text)


def vector(site: Site, param: Param) -> list[Op]:
    """`[{iov_base="ab", iov_len=2}]`."""
    arrays, data, counts = site.entered_or_own(param, 3), site.pointed(param), _counts(site, param)
    moved, failed = site.column("res") if site.finished else None, site.failed

    def text(row: int) -> bytes | None:
        array, count = arrays[row], counts[row] or 0
        if not count:
            return b"[]"
        if array is None or count < 0 or (param.out and failed[row]):
            return None
        there = int(moved[row]) if param.out and moved is not None else None
        cut = int(data.full[row]) > int(data.length[row])
        return iovec(array, count, data[row] or b"", there, site.decoding, site.compat, site.verbose, cut)

    return _rows(site, param, text)


def message(site: Site, param: Param) -> list[Op]:
    """`{msg_name=NULL, msg_namelen=0, msg_iov=[...], msg_iovlen=1, msg_controllen=0, msg_flags=0}`."""
    parts = [site.pointed(param, part) for part in _PARTS]
    moved, failed = site.column("res") if site.finished and param.out else None, site.failed

    def text(row: int) -> bytes | None:
        found = Message(*(views[row] for views in parts))
        if param.out and failed[row]:
            return _length_only(site, found.header)
        return _message(site, row, found, None if moved is None else int(moved[row]))

    return _rows(site, param, text)


def _length_only(site: Site, header: bytes | None) -> bytes | None:
    """What is shown of a message that was not received."""
    size = _number((header or b"")[4 if site.compat else 8 :])
    return None if size is None else b"{msg_namelen=%d}" % size


def _message(site: Site, row: int, found: Message, moved: int | None) -> bytes | None:
    how = site.how(row)
    return message_text(
        found, moved, site.decoding, site.compat,
        lambda raw: structs.text("sockaddr", raw, None, how) or b"NULL",
        lambda raw: structs.text("cmsghdr", raw, None, how) or b"NULL",
        lambda raw: named("msg", int.from_bytes(raw, "little"), site.decoding.names),
    )  # fmt: skip


def messages(site: Site, param: Param) -> list[Op]:
    """`[{msg_hdr={...}, msg_len=11}]`; of messages after the first, names and data were not read."""
    failed, sends = site.failed, site.event.io == "w"
    arrays = _either_end(site, source_index(param.source))
    names, vectors, control = (_either_end(site, source_index(param.source) + 8 * part) for part in (2, 3, 4))
    counts, done = site.words(param.length).tolist(), site.column("res").tolist()
    size = 32 if site.compat else 64

    def text(row: int) -> bytes | None:
        array = arrays[row]
        if array is None or (failed[row] and not sends):
            return None
        count = min(counts[row] if sends else done[row], len(array) // size)
        shown = []
        for number in range(count):
            one = array[number * size : (number + 1) * size]
            moved = int.from_bytes(one[size - 4 - 4 * (not site.compat) :][:4], "little")
            first = Message(one, names[row], vectors[row], None, control[row])  # its data is not captured
            found = Message(one, None, None, None, None) if number else first
            header = _message(site, row, found, None if sends else moved)
            length = b"" if failed[row] or (sends and number >= done[row]) else b", msg_len=%d" % moved
            shown.append(b"{msg_hdr=%s%s}" % (header or b"NULL", length))
        return b"[%s]" % b", ".join(shown)

    return _rows(site, param, text)


def _either_end(site: Site, argument: int) -> Views:
    """What an argument points at when a call returns, or where that was not read, pointed at when it was entered."""
    after = site.views(argument)
    lost = after.length < 0
    if not lost.any():
        return after
    before = site.entered.views(argument, site.at)
    offset = np.where(lost, before.offset + len(after.data), after.offset)
    lengths = (np.where(lost, old, new) for old, new in ((before.length, after.length), (before.full, after.full)))
    return Views(np.concatenate((after.data, before.data)), offset, *lengths)
