"""A small BPF assembler: instructions, labels, calls to the library's subprograms by name."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

__all__ = [
    "EQ", "GE", "GT", "LE", "LT", "NE", "R0", "R1", "R2", "R3", "R6", "R7", "R10", "SET", "SGE", "SGT", "SLE", "SLT",
    "Asm", "Label",
]  # fmt: skip

WORD = struct.Struct("<BBhi")  # code, registers, offset, immediate
R0, R1, R2, R3, R6, R7, R10 = 0, 1, 2, 3, 6, 7, 10

# jump operations (upper four bits of the opcode; lower three: 5 = 64-bit compare, bit 3: register operand)
EQ, GT, GE, SET, NE, SGT, SGE, LT, LE, SLT, SLE = 0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0xA0, 0xB0, 0xC0, 0xD0
_JMP, _REGISTER = 0x05, 0x08
_LOAD = {1: 0x71, 2: 0x69, 4: 0x61, 8: 0x79}
_STORE = {1: 0x73, 2: 0x6B, 4: 0x63, 8: 0x7B}


@dataclass(eq=False)
class Label:
    """A place in the program; `at` is its instruction once placed."""

    at: int = -1


@dataclass
class Asm:
    """A program being written. Registers are numbers; offsets are in bytes. `stack`: bytes of it that are in use."""

    words: list[tuple[int, int, int, int]] = field(default_factory=list)
    jumps: list[tuple[int, Label]] = field(default_factory=list)
    calls: list[tuple[int, str]] = field(default_factory=list)
    frames: list[int] = field(default_factory=list)
    stack: int = 0

    def _emit(self, code: int, to: int = 0, source: int = 0, offset: int = 0, immediate: int = 0) -> None:
        self.words.append((code, to | source << 4, offset, immediate))

    def move(self, to: int, source: int) -> None:
        """to = source"""
        self._emit(0xBF, to, source)

    def constant(self, to: int, value: int) -> None:
        """to = a 64-bit constant, given signed or unsigned."""
        value = _signed(value, 64)
        if -(1 << 31) <= value < 1 << 31:
            self._emit(0xB7, to, immediate=value)
        else:
            self._emit(0x18, to, immediate=_signed(value, 32))
            self._emit(0, immediate=_signed(value >> 32, 32))

    def add(self, to: int, value: int) -> None:
        """to += a small constant"""
        self._emit(0x07, to, immediate=value)

    def on_stack(self, to: int, depth: int) -> None:
        """to = the address `depth` bytes down the stack, or further: below what inlined bodies use there."""
        self.move(to, R10)
        self.frames.append(len(self.words))
        self.add(to, -depth)

    def and_(self, to: int, source: int) -> None:
        """to &= source"""
        self._emit(0x5F, to, source)

    def add_register(self, to: int, source: int) -> None:
        """to += source"""
        self._emit(0x0F, to, source)

    def shift(self, to: int, bits: int) -> None:
        """to <<= a constant"""
        self._emit(0x67, to, immediate=bits)

    def load(self, to: int, base: int, offset: int, width: int = 8) -> None:
        """to = *(uN *)(base + offset)"""
        self._emit(_LOAD[width], to, base, offset)

    def store(self, base: int, offset: int, source: int, width: int = 8) -> None:
        """*(uN *)(base + offset) = source"""
        self._emit(_STORE[width], base, source, offset)

    def jump(self, label: Label) -> None:
        """goto label"""
        self.jumps.append((len(self.words), label))
        self._emit(_JMP)

    def jump_if(self, operation: int, left: int, value: int, label: Label, scratch: int = R1) -> None:
        """if (left operation value) goto label; `scratch` is overwritten when the constant needs a register."""
        value = _signed(value, 64)
        if -(1 << 31) <= value < 1 << 31:
            self.jumps.append((len(self.words), label))
            self._emit(operation | _JMP, left, immediate=value)
        else:
            self.constant(scratch, value)
            self.jump_if_register(operation, left, scratch, label)

    def jump_if_register(self, operation: int, left: int, right: int, label: Label) -> None:
        """if (left operation right) goto label"""
        self.jumps.append((len(self.words), label))
        self._emit(operation | _JMP | _REGISTER, left, right)

    def call(self, subprogram: str) -> None:
        """r0 = subprogram(r1, r2, ...)"""
        self.calls.append((len(self.words), subprogram))
        self._emit(0x85, 0, 1)

    def helper(self, number: int) -> None:
        """r0 = the kernel's helper function of that number (r1, r2, ...)"""
        self._emit(0x85, immediate=number)

    def exit(self) -> None:
        """return r0"""
        self._emit(0x95)

    def place(self, label: Label) -> None:
        """The label is here."""
        label.at = len(self.words)

    def code(self) -> bytearray:
        """The instructions with jumps resolved; calls are the splicer's."""
        for at, label in self.jumps:
            code, registers, _, immediate = self.words[at]
            self.words[at] = (code, registers, label.at - at - 1, immediate)
        return bytearray(b"".join(WORD.pack(*word) for word in self.words))


def _signed(value: int, bits: int) -> int:
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value
