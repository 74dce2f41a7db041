"""The BPF library: loaded by libbpf once per kernel, taken apart into named subprograms, kept in a cache.

A subprogram is relocated code plus fixups that depend on the process (map fds) or on the program it is spliced into
(calls). CO-RE offsets and kfunc ids are constants of one kernel build, so the cache is keyed by the kernel's build id,
its release and the library. The procedure is reference/findings.md "Splicing a library".
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from sonde.errors import KernelError
from sonde.kept import kept
from sonde.kernel import elf
from sonde.kernel.asm import WORD
from sonde.kernel.libbpf import MapInfo, Object, ProgramInfo, btf_has

__all__ = ["Fixup", "Library", "Subprogram", "open_library"]

CALL, LD_IMM64 = 0x85, 0x18
PSEUDO_CALL = 1
MAP_FD, MAP_VALUE, PSEUDO_FUNC = 1, 2, 4
VARIANTS = tuple(Path(__file__).parents[1] / f"bpf/events.bpf.{name}.o" for name in ("casts", "calls"))
SMALL = {"payloads": 4096, "dictionary": 4096, "nodes": 16, "slots": 16, "followed": 16, "verdicts": 16}


class Fixup(NamedTuple):
    """Instruction `at` refers to function or map `name`; kind is "call", "func" or "map"."""

    at: int
    kind: str
    name: str


class Subprogram(NamedTuple):
    """Relocated code, what to patch in it, and the BTF id of its FUNC."""

    code: bytes
    fixups: tuple[Fixup, ...]
    type_id: int


class Library(NamedTuple):
    """`programs`: name -> (section, BTF id of the hook). `variables`: name -> (section, offset, size)."""

    subprograms: dict[str, Subprogram]
    maps: dict[str, MapInfo]
    programs: dict[str, tuple[str, int]]
    variables: dict[str, tuple[str, int, int]]
    btf: bytes

    def closure(self, names: Iterable[str]) -> list[str]:
        """The subprograms named and all they call, each once."""
        out: list[str] = []
        todo = list(names)[::-1]
        while todo:
            name = todo.pop()
            if name not in out:
                out.append(name)
                todo += [f.name for f in self.subprograms[name].fixups if f.kind != "map"]
        return out


def open_library() -> Library:
    """The library for the running kernel, from the cache if it is there. KernelError if the kernel refuses it."""
    return kept("library", _cache_key(), lambda: _encode(_extract(_image())), _decode)


def _image() -> bytes:
    """The variant for this kernel: bpf/read.h."""
    return VARIANTS[0 if btf_has("bpf_rdonly_cast") else 1].read_bytes()


def _cache_key() -> str:
    digest = hashlib.sha256(os.uname().release.encode())
    try:
        digest.update(Path("/sys/kernel/notes").read_bytes())  # the build id
    except OSError:
        digest.update(os.uname().version.encode())
    for path in VARIANTS:
        try:
            about = path.stat()
        except OSError:
            what = f"{path.name} is missing"
            raise KernelError("the BPF library is not built", what, "pip install . compiles it") from None
        digest.update(f"{path} {about.st_size} {about.st_mtime_ns}".encode())
    return digest.hexdigest()[:24]


def _encode(library: Library) -> dict[str, Any]:
    maps = {
        name: m._asdict() | {"image": None if m.image is None else m.image.hex()} for name, m in library.maps.items()
    }
    subprograms = {
        name: [s.code.hex(), [[f.at, f.kind, f.name] for f in s.fixups], s.type_id]
        for name, s in library.subprograms.items()
    }
    return {
        "subprograms": subprograms, "maps": maps, "programs": library.programs,
        "variables": library.variables, "btf": library.btf.hex(),
    }  # fmt: skip


def _decode(data: dict[str, Any]) -> Library:
    return Library(
        {
            name: Subprogram(bytes.fromhex(code), tuple(Fixup(*f) for f in fixups), type_id)
            for name, (code, fixups, type_id) in data["subprograms"].items()
        },
        {
            name: MapInfo(**(m | {"image": bytes.fromhex(m["image"]) if m["image"] is not None else None}))
            for name, m in data["maps"].items()
        },
        {name: (section, ident) for name, (section, ident) in data["programs"].items()},
        {name: (section, offset, size) for name, (section, offset, size) in data["variables"].items()},
        bytes.fromhex(data["btf"]),
    )


def _extract(image: bytes) -> Library:
    """Have libbpf relocate the object, then name every subprogram in what it made."""
    parsed = elf.parse(image)
    obj = Object(image)
    try:
        full = {name: info for name, (_, info) in obj.maps().items()}
        obj.shrink_maps(SMALL)
        obj.load()
        loaded = obj.maps()
        names = {fd: name for name, (fd, _) in loaded.items()}
        subprograms: dict[str, Subprogram] = {}
        programs = {}
        for program in obj.programs():
            programs[program.name] = (program.section, program.attach_btf_id)
            _walk(parsed, program, names, obj, subprograms)
        maps = {
            name: MapInfo(**(info._asdict() | {"max_entries": full[name].max_entries}))
            for name, (_, info) in loaded.items()
        }
        return Library(subprograms, maps, programs, parsed.variables, obj.btf())
    finally:
        obj.close()


def _walk(parsed: elf.Elf, program: ProgramInfo, maps: dict[int, str], obj: Object, out: dict[str, Subprogram]) -> None:
    """Follow the file's code and the relocated code side by side from a program's first instruction."""
    root = next(
        k for k, v in parsed.functions.items() if v[0] == program.name and parsed.sections[k[0]] == program.section
    )
    todo, seen = [(root, 0)], set()
    while todo:
        (section, first), at = todo.pop()
        name, size = parsed.functions[section, first]
        if name in seen:
            continue
        seen.add(name)
        fixups: list[Fixup] = []
        i = 0
        while i < size:
            code, registers, _, immediate = WORD.unpack_from(program.code, 8 * (at + i))
            source = registers >> 4
            if (code == CALL and source == PSEUDO_CALL) or (code == LD_IMM64 and source == PSEUDO_FUNC):
                target = _target(parsed, section, first + i, code == CALL)
                fixups.append(Fixup(i, "call" if code == CALL else "func", parsed.functions[target][0]))
                todo.append((target, at + i + 1 + immediate))
            elif code == LD_IMM64 and source in (MAP_FD, MAP_VALUE):
                fixups.append(Fixup(i, "map", maps[immediate]))
            i += 2 if code == LD_IMM64 else 1
        if name not in out:
            out[name] = Subprogram(program.code[8 * at : 8 * (at + size)], tuple(fixups), obj.function_id(name))


def _target(parsed: elf.Elf, section: int, at: int, is_call: bool) -> tuple[int, int]:
    """(section, first instruction) of the function that an instruction of the file refers to."""
    immediate = WORD.unpack_from(parsed.code[section], 8 * at)[3]
    relocation = parsed.relocations.get((section, at))
    if relocation is None:
        return section, at + 1 + immediate
    return relocation.section, relocation.value // 8 + (immediate + 1 if is_call else immediate // 8)
