"""What the splicer needs of a BPF object file: functions, relocations and data symbols (ELF64, little endian)."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import NamedTuple

__all__ = ["Elf", "Relocation", "parse"]

SYMTAB, REL = 2, 9
OBJECT, FUNC = 1, 2
INSTRUCTION = 8


class Relocation(NamedTuple):
    """The symbol an instruction refers to: its name, section index and offset in bytes."""

    name: str
    section: int
    value: int


@dataclass
class Elf:
    """`functions`: (section, first instruction) -> (name, instructions). `code`: section -> bytes. `variables`: name ->
    (section name, offset, size)."""

    sections: list[str] = field(default_factory=list)
    code: dict[int, bytes] = field(default_factory=dict)
    functions: dict[tuple[int, int], tuple[str, int]] = field(default_factory=dict)
    relocations: dict[tuple[int, int], Relocation] = field(default_factory=dict)
    variables: dict[str, tuple[str, int, int]] = field(default_factory=dict)


class _Section(NamedTuple):
    name: int
    kind: int
    flags: int
    address: int
    offset: int
    size: int
    link: int
    info: int
    align: int
    entry: int


def parse(image: bytes) -> Elf:
    """Read an object file that the build made."""
    (table,) = struct.unpack_from("<Q", image, 0x28)
    entry, count, names = struct.unpack_from("<HHH", image, 0x3A)
    sections = [_Section(*struct.unpack_from("<IIQQQQIIQQ", image, table + i * entry)) for i in range(count)]

    def text(section: int, offset: int) -> str:
        start = sections[section].offset + offset
        return image[start : image.index(b"\0", start)].decode()

    elf = Elf(sections=[text(names, s.name) for s in sections])
    elf.code = {i: image[s.offset : s.offset + s.size] for i, s in enumerate(sections)}
    symbols = []
    for s in sections:
        if s.kind == SYMTAB:
            for at in range(s.offset, s.offset + s.size, 24):
                name, info, _, home, value, size = struct.unpack_from("<IBBHQQ", image, at)
                symbols.append((text(s.link, name), info & 15, home, value, size))
    for label, kind, home, value, size in symbols:
        if kind == FUNC and home:
            elf.functions[home, value // INSTRUCTION] = (label, size // INSTRUCTION)
        elif kind == OBJECT and home < count:
            elf.variables[label] = (elf.sections[home], value, size)
    for s in sections:
        if s.kind == REL and not elf.sections[s.info].startswith((".debug", ".BTF")):
            for at in range(s.offset, s.offset + s.size, 16):
                offset, info = struct.unpack_from("<QQ", image, at)
                label, _, home, value, _ = symbols[info >> 32]
                elf.relocations[s.info, offset // INSTRUCTION] = Relocation(label, home, value)
    return elf
