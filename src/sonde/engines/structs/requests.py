"""Requests of ioctl: their names, or what their bits say."""

from __future__ import annotations

from sonde.catalog import flags
from sonde.engines.structs.how import RAW, VERBOSE, How, number

__all__ = ["request"]

_DIRECTIONS = {0: b"_IOC_NONE", 1: b"_IOC_WRITE", 2: b"_IOC_READ", 3: b"_IOC_READ|_IOC_WRITE"}


def request(value: int, how: How) -> bytes:
    """TIOCGWINSZ, `_IOC(_IOC_READ, 0x7a, 0x77, 0xc)`."""
    value &= 0xFFFFFFFF
    if how.names == RAW:
        return number(value)
    name = flags.ioctl_name(value).encode() if hasattr(flags, "ioctl_name") else flags.names("ioctl", value).encode()
    if not name:
        direction, size = _DIRECTIONS[value >> 30], value >> 16 & 0x3FFF
        name = b"_IOC(%s, %s, %s, %s)" % (direction, number(value >> 8 & 0xFF), number(value & 0xFF), number(size))
    return b"%s /* %s */" % (number(value), name) if how.names == VERBOSE else name
