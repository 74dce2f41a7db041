"""One use of the BPF library: its tables in the kernel, and programs spliced from it."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Mapping
from functools import partial
from threading import Thread
from typing import NamedTuple

from sonde.errors import KernelError
from sonde.kernel.asm import WORD, Asm
from sonde.kernel.inline import inlined
from sonde.kernel.libbpf import (
    ITER,
    RAW_TRACEPOINT,
    SYSTEM_CALL,
    MapInfo,
    attach_event,
    attach_iter,
    attach_tracepoint,
    create_map,
    freeze_map,
    load_btf,
    load_program,
    lookup,
    update,
)
from sonde.kernel.library import Fixup, Library

__all__ = ["Program", "Session"]

READ_ONLY_PROGRAM = 0x80  # BPF_F_RDONLY_PROG
KINDS = {"tp_btf": RAW_TRACEPOINT, "iter": ITER, "tracepoint": SYSTEM_CALL}  # by the beginning of a section's name
# Iterators may be interrupted by the other programs: they work in scratch tables of their own.
SCRATCH = ("climbs", "process_scratch", "payload_scratch", "text_scratch")


class Program(NamedTuple):
    """A program whole, but not yet in the kernel: its instructions, the functions they consist of (pairs of u4: where,
    BTF id), the BTF id of its hook and the kind of program."""

    name: str
    code: bytes
    functions: bytes
    attach_id: int
    kind: int


class Session:
    """Tables are created at first use with `sizes` (entries, or bytes of a ring), `widths` (bytes of a value) and
    `keys` (bytes of a key); `variables` are constants of the library."""

    def __init__(
        self,
        library: Library,
        sizes: Mapping[str, int],
        widths: Mapping[str, int],
        variables: Mapping[str, int],
        keys: Mapping[str, int] | None = None,
    ) -> None:
        self.library = library
        self._sizes, self._widths, self._keys = sizes, widths, keys or {}
        self._maps: dict[str, int] = {}
        self._programs: list[int] = []
        self.names: dict[int, str] = {}  # of loaded programs
        self.called: set[str] = set()  # subprograms that programs call
        self._links: list[int] = []
        self._btf = load_btf(library.btf)
        self._images = {n: bytearray(m.image) for n, m in library.maps.items() if m.image is not None}
        for name, value in variables.items():
            self._set(name, value)

    def _set(self, variable: str, value: int) -> None:
        section, offset, size = self.library.variables[variable]
        image = self._images[self._section(section)]
        image[offset : offset + size] = value.to_bytes(size, "little")

    def _section(self, section: str) -> str:
        return next(name for name in self._images if name.endswith(section))

    def variable(self, name: str) -> tuple[int, int, int]:
        """(map fd, offset, size) of a data section's variable, for reading and writing while programs run."""
        section, offset, size = self.library.variables[name]
        return self.map(self._section(section)), offset, size

    def write_section(self, variable: str, data: bytes) -> None:
        """Overwrite the section that consists of this one variable."""
        fd, offset, size = self.variable(variable)
        assert offset == 0 and len(data) <= size, (variable, len(data), size)
        update(fd, bytes(4), data + bytes(self.section_size(variable) - len(data)))

    def read(self, variable: str) -> bytes:
        """A data section's variable as it is now."""
        fd, offset, size = self.variable(variable)
        section = lookup(fd, bytes(4), self.section_size(variable))
        assert section is not None
        return section[offset : offset + size]

    def section_size(self, variable: str) -> int:
        """Bytes of the section a variable is in."""
        return len(self._images[self._section(self.library.variables[variable][0])])

    def map(self, name: str, scratch: bool = False) -> int:
        """fd of a table, created now if it does not exist; `scratch`: the iterators' copy of a scratch table."""
        key = name + "'" if scratch and name in SCRATCH else name
        if key not in self._maps:
            info = self.library.maps[name]
            size, width = self._sizes.get(name, info.max_entries), self._widths.get(name, info.value_size)
            fd = create_map(name, MapInfo(info.kind, self._keys.get(name, info.key_size), width, size, info.flags))
            if name in self._images:
                update(fd, bytes(4), bytes(self._images[name]))
                if info.flags & READ_ONLY_PROGRAM:
                    freeze_map(fd)
            self._maps[key] = fd
        return self._maps[key]

    def spliced(self, main: Asm, hook: str) -> Program:
        """`main` and what it calls, for the hook of the library program `hook`."""
        main, fixups = inlined(main, self.library.subprograms)
        fixups += [Fixup(at, "call", called) for at, called in main.calls]
        return self._whole(hook, main.code(), fixups)

    def fixed(self, root: str) -> Program:
        """A library program as it is."""
        program = self.library.subprograms[root]
        return self._whole(root, bytearray(program.code), list(program.fixups))

    def load(self, *programs: Program) -> list[int]:
        """Load programs; -> their fds. The kernel checks them side by side, which takes most of the time."""
        fds = _side_by_side([partial(load_program, *program, self._btf) for program in programs])
        self._programs += fds
        self.names |= {fd: program.name for fd, program in zip(fds, programs, strict=True)}
        return fds

    def _whole(self, hook: str, code: bytearray, fixups: list[Fixup]) -> Program:
        section, attach_id = self.library.programs[hook]
        kind = KINDS[section.partition("/")[0]]
        subprograms = self.library.subprograms
        functions, start = [(0, subprograms[hook].type_id)], {}
        for part in self.library.closure(fixup.name for fixup in fixups if fixup.kind != "map"):
            self.called.add(part)
            start[part] = at = len(code) // 8
            functions.append((at, subprograms[part].type_id))
            fixups += [fixup._replace(at=at + fixup.at) for fixup in subprograms[part].fixups]
            code += subprograms[part].code
        for at, of, called in fixups:
            _patch(code, at, self.map(called, kind == ITER) if of == "map" else start[called] - at - 1)
        return Program(hook, bytes(code), b"".join(struct.pack("<II", *f) for f in functions), attach_id, kind)

    def attach(self, program: int) -> None:
        """Attach a tp_btf program; it runs from now on."""
        self._links.append(attach_tracepoint(program))

    def attach_event(self, program: int, tracepoint: int) -> None:
        """Attach a program to the tracepoint of one system call, by its id in tracefs."""
        self._links.append(attach_event(program, tracepoint))

    def iterate(self, program: int) -> bytes:
        """Run an iterator program over all tasks; -> what it wrote."""
        fd = attach_iter(program)
        try:
            return b"".join(iter(lambda: os.read(fd, 1 << 16), b""))
        finally:
            os.close(fd)

    def detach(self) -> None:
        """Stop all programs; tables stay readable."""
        for fd in self._links:
            os.close(fd)
        self._links.clear()

    def close(self) -> None:
        """Detach and free everything."""
        self.detach()
        for fd in (*self._programs, *self._maps.values(), self._btf):
            os.close(fd)
        self._programs.clear()
        self._maps.clear()


def _side_by_side(jobs: list[Callable[[], int]]) -> list[int]:
    """The fds that all jobs give, each in a thread of its own. KernelError if one is refused; then all are closed."""
    found: list[int] = [-1] * len(jobs)
    refused: list[KernelError] = []

    def work(at: int) -> None:
        try:
            found[at] = jobs[at]()
        except KernelError as error:
            refused.append(error)

    threads = [Thread(target=work, args=(at,)) for at in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if refused:
        for fd in found:
            if fd >= 0:
                os.close(fd)
        raise refused[0]
    return found


def _patch(code: bytearray, at: int, immediate: int) -> None:
    struct.pack_into("<i", code, WORD.size * at + 4, immediate)
