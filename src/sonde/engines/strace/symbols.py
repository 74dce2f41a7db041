"""Names of the functions of an ELF file by address, from its symbol tables."""

from __future__ import annotations

import struct
from bisect import bisect_right
from typing import NamedTuple

__all__ = ["Symbols", "symbols_of"]

_HEADER, _SECTION, _PROGRAM = "=16xHHIQQQIHHHHHH", "=IIQQQQIIQQ", "=IIQQQQQQ"
_HEADER_32, _SECTION_32, _PROGRAM_32 = "=16xHHIIIIIHHHHHH", "=IIIIIIIIII", "=IIIIIIII"
_SYMTAB, _DYNSYM, _LOAD, _FUNCTION, _GNU_FUNCTION = 2, 11, 1, 2, 10


class Symbols(NamedTuple):
    """Addresses of functions in order, their names, and where parts of the file are loaded: (offset, size, address)."""

    addresses: list[int]
    names: list[bytes]
    loads: list[tuple[int, int, int]]

    def at(self, offset: int) -> tuple[bytes, int] | None:
        """(name, distance) of the function at an offset in the file, or before it."""
        address = next(
            (at - start + offset for start, size, at in self.loads if start <= offset < start + size), offset
        )
        place = bisect_right(self.addresses, address) - 1
        return (self.names[place], address - self.addresses[place]) if place >= 0 else None


def symbols_of(data: bytes) -> Symbols:
    """The functions of a file's bytes; none if it is no ELF file that can be read."""
    try:
        return _read(data)
    except (struct.error, IndexError, ValueError):
        return Symbols([], [], [])


def _read(data: bytes) -> Symbols:
    if data[:4] != b"\x7fELF":
        return Symbols([], [], [])
    wide = data[4] == 2
    header = struct.unpack_from(_HEADER if wide else _HEADER_32, data)
    programs, sections, program_size, program_count, size, count = (header[i] for i in (4, 5, 8, 9, 10, 11))
    table = [struct.unpack_from(_SECTION if wide else _SECTION_32, data, sections + i * size) for i in range(count)]
    found: dict[int, bytes] = {}
    for section in table:
        if section[1] in (_DYNSYM, _SYMTAB):
            names = table[section[6]]
            _functions(data, section, data[names[4] : names[4] + names[5]], wide, found)
    loads = []
    for i in range(program_count):
        fields = struct.unpack_from(_PROGRAM if wide else _PROGRAM_32, data, programs + i * program_size)
        offset, address, length = (fields[2], fields[3], fields[5]) if wide else (fields[1], fields[2], fields[4])
        if fields[0] == _LOAD:
            loads.append((offset, length, address))
    addresses = sorted(found)
    return Symbols(addresses, [found[address] for address in addresses], loads)


def _functions(data: bytes, section: tuple[int, ...], names: bytes, wide: bool, found: dict[int, bytes]) -> None:
    """Add the functions of a symbol table; of two names for one place the first stays."""
    form = "=IBBHQQ" if wide else "=IIIBBH"
    start, size = section[4], section[5]
    for fields in struct.iter_unpack(form, data[start : start + size // struct.calcsize(form) * struct.calcsize(form)]):
        name, info, where, value = (fields[0], fields[1], fields[3], fields[4]) if wide else (
            fields[0], fields[3], fields[5], fields[1])  # fmt: skip
        if info & 15 in (_FUNCTION, _GNU_FUNCTION) and where and value not in found:
            found[value] = names[name : names.index(b"\0", name)]
