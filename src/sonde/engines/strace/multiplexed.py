"""Calls of i386 that stand for others, shown as these: `socket(AF_INET, SOCK_STREAM, IPPROTO_IP)` for socketcall."""

from __future__ import annotations

from collections.abc import Iterator

from sonde.engines.strace.site import Site, texts
from sonde.engines.structs.multiplexed import MULTIPLEXED, Call, call
from sonde.native.ops import Op

__all__ = ["MULTIPLEXED", "head", "names", "result"]

_MAKE_DESCRIPTORS = ("socket", "accept", "accept4")
_MEMORY = {"socketcall": 1}  # the argument that points at the words; a0 of the others
_ADDRESSES = ("shmat", "mmap")


def _calls(site: Site) -> Iterator[Call | None]:
    """What each row stands for."""
    words = [site.column(f"a{index}").tolist() for index in range(6)]
    argument = _MEMORY.get(site.event.name, 0)
    views = site.entered.views(argument, site.at) if site.finished else site.views(argument)
    for row, given in enumerate(zip(*words, strict=True)):
        yield call(site.event, given, views[row] or b"")


def head(site: Site) -> list[Op]:
    """The names and all arguments; what those point at is not at hand."""
    found = []
    for row, meant in enumerate(_calls(site)):
        if meant is None:
            given = tuple(int(site.column(f"a{index}")[row]) for index in range(6))
            meant = Call(site.event.name, given, site.event.arguments)
        found.append(b"%s(%s" % (meant.name.encode(), meant.text(site.how(row))))
    return [texts(found)]


def names(site: Site) -> dict[int, bytes]:
    """The names of rows of the batch that are not those of their events."""
    return {int(site.at[row]): meant.name.encode() for row, meant in enumerate(_calls(site)) if meant is not None}


def result(site: Site) -> list[Op]:
    """Results that are no errors: descriptors, addresses, numbers."""
    found = []
    for row, (meant, word) in enumerate(zip(_calls(site), site.column("res").tolist(), strict=True)):
        name, value = meant.name if meant else "", word & 0xFFFFFFFF
        tell = site.how(row).fd if name in _MAKE_DESCRIPTORS else None
        plain = b"%#x" % value if value and name in _ADDRESSES else b"%d" % value
        plain += b" (Timeout)" if name == "select" and not value else b""
        found.append(tell(value) if tell and value < 1 << 31 else plain)
    return [texts(found)]
