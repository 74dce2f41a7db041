"""How numbers stand in events of .scap files: their size, and flags in sysdig's own coding."""

from __future__ import annotations

import struct
from functools import cache

from sonde.catalog import flags
from sonde.catalog.scap.events import PATHS, Param
from sonde.catalog.scap.names import NAMES
from sonde.engines.decoding import Group
from sonde.plan.batch import Views
from sonde.sources.scap.packing import UNKNOWN, constant
from sonde.sources.scap.text import size_of

__all__ = ["SAME", "bits", "coded", "device", "kind_of", "unknown"]

# tables whose numbers are the kernel's
SAME = frozenset((
    "family", "flock", "futex", "mount", "umount", "whence", "shutdown", "access", "unlinkat", "linkat", "mode",
    "renameat2", "prot",
))  # fmt: skip
_ALIASES = {"IPPROTO_TCP": "SOL_TCP"}


def kind_of(param: Param) -> str:
    """The numpy kind of a number."""
    size, signed = size_of(param.type)
    unsigned = "flags" in param.type or param.type.startswith("u") or param.type in ("gid", "mode", "signal", "sysid")
    return f"<{'u' if unsigned or not signed else 'i'}{size}"


def unknown(group: Group, param: Param) -> Views:
    """What is not known; sysdig has 0 where it does not know a number."""
    if param.type in ("text", *PATHS):
        return constant(UNKNOWN, len(group.at))
    return constant(bytes(size_of(param.type)[0]), len(group.at))


def coded(param: Param, names: str, value: int) -> bytes:
    """A word of flags, which `names` names here, as it stands in the file."""
    return struct.pack("<Q", bits(param.names, names, value))[: size_of(param.type)[0]]


@cache
def bits(table: str, names: str, value: int) -> int:
    """A word of flags in sysdig's coding."""
    if table in SAME:
        return value & (1 << 64) - 1
    numbers = dict(NAMES.get(table, ()))
    found = {_ALIASES.get(name, name) for name in flags.names(names, value).split("|")}
    return sum(numbers.get(name, 0) for name in found)


def device(major: int, minor: int) -> int:
    """A device's number, as stat has it."""
    return (minor & 0xFF | major << 8 | (minor & ~0xFF) << 12) & 0xFFFFFFFF
