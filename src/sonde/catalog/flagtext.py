"""The text strace 6.1 writes for a word: flags `A|B|0x80`, values `0x99 /* FUTEX_??? */`, as names, numbers or both."""

from __future__ import annotations

from functools import lru_cache

from sonde.catalog import uapi
from sonde.catalog.flags import is_enum, spec
from sonde.catalog.uapi import Table

__all__ = ["ABBREV", "RAW", "VERBOSE", "commented", "enum_text", "flags_text", "number", "plain", "table_of"]

RAW, ABBREV, VERBOSE = "raw", "abbrev", "verbose"  # what -X takes
_HALF, _WHOLE = (1 << 32) - 1, (1 << 64) - 1
# keys whose text is not that of the first generated set of their entry in catalog/flagsets.py
_OTHER = {
    "access": "access_modes", "futex": "futexops", "membarrier": "membarrier_cmds", "prot": "mmap_prot",
    "scheduler": "schedulers", "timerfd": "timerfdflags", "timerfd_settime": "timerfdflags", "unshare": "unshare_flags",
}  # fmt: skip


def plain(key: str, value: int, mode: str = ABBREV) -> str:
    """The text of a word of one set; sets put together of others are in catalog/words.py."""
    table, comment = table_of(key)
    value &= _WHOLE
    if not table.wide and value >= 1 << 63 and value >> 31 == (1 << 33) - 1:
        value &= _HALF  # a C int whose sign fills the register
    if table.flags:
        return flags_text(table, value, comment, mode)
    return enum_text(table, value, comment, mode)


@lru_cache(1024)
def table_of(key: str) -> tuple[Table, str]:
    """The set that strace reads words of a key by, and its comment; KeyError for an unknown key."""
    found = spec(key)
    if key in _OTHER:
        table = uapi.table(_OTHER[key])
    else:
        text = found.bits or found.values
        ours = [word[1:] for word in text.split() if word[0] == "@"]
        table = uapi.table(ours[0]) if ours else _own(key)
        for more in ours[1:]:
            table = table._replace(pairs=table.pairs + uapi.table(more).pairs)
    return table, found.unknown or table.unknown


def _own(key: str) -> Table:
    """A set that no header has."""
    flags = not is_enum(key)
    text = spec(key).bits if flags else spec(key).values
    return Table(flags, False, "x", "", tuple((name, n & _HALF) for name, n in uapi.numbered(text, double=flags)))


@lru_cache(1024)
def _by_value(pairs: tuple[tuple[str, int], ...]) -> dict[int, str]:
    return {number: name for name, number in reversed(pairs)}


def number(value: int, base: str = "x") -> str:
    """A number in hexadecimal (x; 0 is plain), or as an unsigned (u) or signed (d) decimal."""
    if base == "x":
        return f"{value:#x}" if value else "0"
    if base == "d" and value > _HALF >> 1:
        return str(value - (1 << 32 if value <= _HALF else 1 << 64))
    return str(value)


def commented(value: str, comment: str) -> str:
    """`value /* comment */`, without a comment the value."""
    return f"{value} /* {comment} */" if comment else value


def enum_text(table: Table, value: int, comment: str, mode: str = ABBREV) -> str:
    """One of several values; `comment` stands beside one without a name."""
    name = _by_value(table.pairs).get(value, "")
    if mode == ABBREV and name:
        return name
    shown = number(value, table.base)
    return shown if mode == RAW else commented(shown, name or comment)


def flags_text(table: Table, value: int, comment: str, mode: str = ABBREV) -> str:
    """A sum of bits. Without a comment and without names 0 is nothing at all, as where it follows other flags."""
    if mode == RAW:
        return number(value) if value or comment else ""
    parts, rest = [], value
    for name, bits in table.pairs:
        if rest == bits or (bits and rest & bits == bits):
            parts.append(name)
            rest &= ~bits
            if not rest:
                break
    if not parts:
        return commented(number(value), comment) if value else "0" if comment else ""
    if rest:
        parts.append(number(rest))
    text = "|".join(parts)
    return text if mode == ABBREV else commented(number(value), text)
