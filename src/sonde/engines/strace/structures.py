"""Arguments that are more than a word: structures, addresses of sockets, vectors, messages, arrays of strings."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from sonde.catalog.event import Param, Source
from sonde.engines import structs
from sonde.engines.context import source_index
from sonde.engines.strace.site import Site, texts
from sonde.engines.strace.vectors import Message, address, iovec, string
from sonde.engines.strace.vectors import message as message_text
from sonde.native.ops import Op

__all__ = ["mask", "message", "rest", "socket_address", "strings", "struct", "vector"]

Words = npt.NDArray[np.int64]
_COUNTED = 1 << 16  # elements that are looked for at most
_LENGTH = "socklen"
_SLEEPS = ("nanosleep", "clock_nanosleep")
_INTERRUPTED = (-4, -516)


def _rows(site: Site, param: Param, text: Callable[[int], bytes | None]) -> list[Op]:
    """The text of each row, the address where it is None."""
    words = site.words(param.source).tolist()
    mask = 0xFFFFFFFF if site.compat else (1 << 64) - 1
    opaque = site.event.number in site.decoding.opaque
    return [
        texts([(None if opaque or not word else text(row)) or address(word & mask) for row, word in enumerate(words)])
    ]


def _counts(site: Site, param: Param) -> list[int | None]:
    if param.length is Source.NONE:
        return [None] * len(site)
    return [min(max(count, 0), _COUNTED) for count in site.words(param.length).tolist()]


def struct(site: Site, param: Param) -> list[Op]:
    """Structures: `{tv_sec=1, tv_nsec=0}`, `[{fd=3, events=POLLIN}]`."""
    if param.names == _LENGTH and param.out:
        return _length(site, param)
    views, counts = site.pointed(param), _counts(site, param)
    failed = site.failed if param.out else np.zeros(len(site), np.bool_)
    if site.event.name in _SLEEPS:  # what is left of a sleep that a signal ended
        failed = failed & ~np.isin(site.column("res"), _INTERRUPTED)
    memory: dict[tuple[bytes, int | None], bytes | None] = {}

    def text(row: int) -> bytes | None:
        data = None if failed[row] else views[row]
        if data is None:
            return None
        key = data, counts[row]
        if key not in memory or site.decoding.fds:
            memory[key] = structs.text(param.names, data, counts[row], site.how(row))
        return memory[key]

    return _rows(site, param, text)


def rest(site: Site, param: Param) -> list[Op]:
    """` => [3]` of a structure that the call changed."""
    before, after, failed = (
        site.entered.views(source_index(param.source), site.at),
        site.views(source_index(param.source)),
        site.failed,
    )
    found = []
    for row in range(len(site)):
        old, new = before[row], None if failed[row] else after[row]
        found.append(structs.rest(param.names, old, new, site.how(row)) if old is not None and new is not None else b"")
    return [texts(found)]


def _length(site: Site, param: Param) -> list[Op]:
    """`[16]` of the length of a socket's address, `[128 => 16]` if the call changed it."""
    before, after = site.entered.views(source_index(param.source), site.at), site.views(source_index(param.source))
    failed = site.failed

    def text(row: int) -> bytes | None:
        old, new = _number(before[row]), None if failed[row] else _number(after[row])
        if old is None or new is None or old == new:
            known = new if old is None else old
            return None if known is None else b"[%d]" % known
        return b"[%d => %d]" % (old, new)

    return _rows(site, param, text)


def _number(data: bytes | None) -> int | None:
    return int.from_bytes(data[:4], "little", signed=True) if data is not None and len(data) >= 4 else None


def mask(site: Site) -> list[Op]:
    """The signals that will be blocked when a handler has returned; dots where they were not read."""
    views = site.views(0)
    found = []
    for row in range(len(site)):
        data = views[row]
        found.append((structs.text("sigset", data, 8, site.how(row)) if data else None) or b"...")
    return [texts(found)]


def socket_address(site: Site, param: Param) -> list[Op]:
    """`{sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")}`."""
    views, failed = site.pointed(param), site.failed if param.out else np.zeros(len(site), np.bool_)
    if param.out:
        lengths = site.views(source_index(param.length))
        sizes = [_number(lengths[row]) for row in range(len(site))]
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
        if array is None or (param.out and failed[row]):
            return None
        there = int(moved[row]) if param.out and moved is not None else None
        return iovec(array, count, data[row] or b"", there, site.decoding, site.compat, site.verbose)

    return _rows(site, param, text)


def message(site: Site, param: Param) -> list[Op]:
    """`{msg_name=NULL, msg_namelen=0, msg_iov=[...], msg_iovlen=1, msg_controllen=0, msg_flags=0}`."""
    parts = [site.pointed(param, part) for part in (1, 2, 3, 0, 4)]
    moved, failed = site.column("res") if site.finished else None, site.failed

    def text(row: int) -> bytes | None:
        how = site.how(row)
        header, name, array, data, control = (views[row] for views in parts)
        if param.out and failed[row]:
            return b"{msg_namelen=%d}" % (_number(header[8 if not site.compat else 4 :]) or 0) if header else None
        return message_text(
            Message(header, name, array, data, control),
            int(moved[row]) if param.out and moved is not None else None,
            site.decoding,
            site.compat,
            lambda raw: structs.text("sockaddr", raw, None, how) or b"NULL",
            lambda raw: structs.text("cmsghdr", raw, None, how) or b"NULL",
            lambda raw: structs.text("msg_flags", raw, None, how) or b"0",
        )

    return _rows(site, param, text)
