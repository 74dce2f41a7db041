"""Structures as strace shows them: `text` of the bytes at a pointer, `rest` of what a call made of them, `word`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from sonde.catalog import layouts, variants
from sonde.catalog.event import Event, Param
from sonde.engines.structs.bpf import BPF
from sonde.engines.structs.controls import CONTROLS, fiemap_rest, ifconf_rest, ifreq_rest, uffd_rest
from sonde.engines.structs.events import EVENTS, uring_rest
from sonde.engines.structs.fields import UNBRACKETED, Special, element, elements
from sonde.engines.structs.files import FILES, handle_rest
from sonde.engines.structs.how import How
from sonde.engines.structs.netlink import messages
from sonde.engines.structs.processes import ARRAYS, PROCESSES, clone_rest
from sonde.engines.structs.signals import SIGNALS
from sonde.engines.structs.sockets import SOCKETS
from sonde.engines.structs.words import spell

__all__ = ["How", "known", "rest", "text", "variant", "word"]

_SPECIALS: dict[str, Special] = {
    **FILES,
    **SIGNALS,
    **SOCKETS,
    **PROCESSES,
    **EVENTS,
    **CONTROLS,
    **BPF,
    "nlmsg": messages(),
    "nlmsg:0": messages(0),
}
_BARE = frozenset(("sockaddr", "cmsghdr", "sockopt", "nlmsg", "nlmsg:0"))  # no layout of one size
_REMEMBERED = 1 << 15


def known(layout: str) -> bool:
    """Whether `text` knows a key."""
    return layout in _SPECIALS or layout in ARRAYS or layout in _BARE or layout.partition(":")[0] in layouts.known()


def text(layout: str, data: bytes, count: int | None, how: How) -> bytes:
    """strace's text of the bytes at a pointer; b"" where strace shows the address: too little data.

    `count`: how many elements there are by the call's arguments, None if it is no array. A text that begins with a
    space stands behind the address. KeyError for an unknown key.
    """
    if how.fd is not None or how.pid is not None:
        return _text(layout, data, count, how)
    return _remembered(layout, data, count, how)


def _text(layout: str, data: bytes, count: int | None, how: How) -> bytes:
    array = ARRAYS.get(layout)
    if array is not None:
        return array(data, len(data) if count is None else count, how) or b""
    if layout in _BARE or (count is not None and layouts.size(layout, how.compat) == 1):
        return element(layout, data[: count if count is not None and count >= 0 else None], how, _SPECIALS) or b""
    if count is not None:
        return elements(layout, data, count, how, _SPECIALS) or b""
    found = element(layout, data, how, _SPECIALS)
    if found is None:
        return b""
    whole = layouts.layout(layout, how.compat)
    one = whole.is_value and not whole.fields[0].number and layout not in UNBRACKETED
    return b"[" + found + b"]" if one and whole.unit != 1 else found


_remembered = lru_cache(_REMEMBERED)(_text)


def rest(layout: str, before: bytes, after: bytes, how: How, failed: bool = False, result: int = 0) -> bytes:
    """What follows the text of an argument when the call returns, for the keys in `layouts.RESUMED`.

    For arguments that are shown only then (`socklen`) it is the whole. `before` and `after` are the bytes at the
    pointer, b"" where unread; b"" where nothing follows.
    """
    key, _, what = layout.partition(":")
    if key == "socklen":
        return _lengths(before, after)
    if key in ("off", "loff"):
        return _moved(key, before, after, how, failed)
    if key == "file_handle":
        return handle_rest(before, after, how, failed)
    if key == "io_uring_params":
        return uring_rest(before, after, how, failed)
    if key == "clone_args":
        return clone_rest(before, 0 if failed else result)
    if key == "ifreq":
        return ifreq_rest(what.removeprefix("get_"), before, after, how, failed)
    if key == "ifconf":
        return ifconf_rest(before, after, how, failed)
    if key == "fiemap":
        return fiemap_rest(before, after, how, failed)
    return uffd_rest(key, before, after, how, failed) if key.startswith("uffdio") else b""


def _lengths(before: bytes, after: bytes) -> bytes:
    """[128 => 16]."""
    if len(before) < 4 and len(after) < 4:
        return b""
    old, new = (int.from_bytes(data[:4], "little", signed=True) for data in (before, after))
    if len(before) < 4 or len(after) < 4 or old == new:
        return b"[%d]" % (new if len(before) < 4 else old)
    return b"[%d => %d]" % (old, new)


def _moved(key: str, before: bytes, after: bytes, how: How, failed: bool) -> bytes:
    """What became of an offset."""
    width = layouts.size(key, how.compat)
    if failed or len(after) < width or len(before) < width:
        return b""
    return b" => [%d]" % int.from_bytes(after[:width], "little", signed=True)


def word(key: str, value: int, how: How) -> bytes:
    """The text of a number by the key of a WORD parameter, or of a flag set."""
    return spell(key, value, how)


def variant(event: Event, index: int, words: Sequence[int]) -> Param | None:
    """The parameter in argument word `index`, given all words; None if strace does not show it."""
    shown = variants.resolve(event, words)
    return next((param for param in shown if param.source.value == f"a{index}"), None)
