"""What older kernels demand of the BPF library and newer ones do not: 512 bytes of stack and 8 frames for any chain of
calls."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

import sonde
from sonde.kernel.asm import WORD
from sonde.kernel.codegen import EVENT_SIZE
from sonde.kernel.elf import Elf, parse
from sonde.kernel.library import CALL, LD_IMM64

STACK, FRAMES = 512, 8
UNIT = 32  # bytes in which Linux 6.1 counts each frame; later ones count 16
FRAME_POINTER = 10
LOAD, STORE_CONSTANT, STORE = 1, 2, 3  # classes of instructions
MOVE, ADD = 0xBF, 0x07
OBJECT = Path(sonde.__file__).parent / "bpf/events.bpf.calls.o"  # the variant that needs more of it


@cache
def library() -> Elf:
    """The library as it was compiled."""
    return parse(OBJECT.read_bytes())


@cache
def functions() -> dict[str, tuple[int, frozenset[str]]]:
    """Name -> (bytes of stack it uses, what it calls or gives to bpf_loop)."""
    return {name: function(*place, size) for place, (name, size) in library().functions.items()}


def function(section: int, first: int, size: int) -> tuple[int, frozenset[str]]:
    """What one function uses and calls."""
    lowest, copies, called = 0, set(), set()
    elf = library()
    for at in range(first, first + size):
        code, registers, offset, immediate = WORD.unpack_from(elf.code[section], WORD.size * at)
        to, source = registers & 15, registers >> 4
        if (code & 7 == LOAD and source == FRAME_POINTER) or (
            code & 7 in (STORE_CONSTANT, STORE) and to == FRAME_POINTER
        ):
            lowest = min(lowest, offset)
        elif code == ADD and to in copies:
            lowest = min(lowest, immediate)
        copies.discard(to)
        if code == MOVE and source == FRAME_POINTER:
            copies.add(to)
        relocation = elf.relocations.get((section, at))
        target = (section, at + 1 + immediate)
        if relocation:
            target = relocation.section, relocation.value // 8 + (immediate + 1 if code == CALL else immediate // 8)
        if code in (CALL, LD_IMM64) and target in elf.functions and (relocation or source == 1):
            called.add(elf.functions[target][0])
    return -lowest, frozenset(called)


@cache
def deepest(name: str) -> tuple[int, tuple[str, ...]]:
    """(bytes, functions) of the chain of calls from a function that uses the most."""
    own, called = functions()[name]
    rest = max(map(deepest, called), default=(0, ()))
    return -(-max(own, 1) // UNIT) * UNIT + rest[0], (name, *rest[1])


@cache
def longest(name: str) -> int:
    """The most frames a chain of calls from a function has."""
    return 1 + max(map(longest, functions()[name][1]), default=0)


def test_the_calls_of_the_library_are_seen() -> None:
    assert "resolve" in functions()["process_id"][1] and "name_step" in functions()["judge"][1]
    assert functions()["l_exit"][0] >= EVENT_SIZE


@pytest.mark.parametrize("name", sorted(name for name in functions() if name[:2] in ("x_", "o_")))
def test_accessors_leave_room_for_a_query(name: str) -> None:
    size, chain = deepest(name)
    assert size + -(-EVENT_SIZE // UNIT) * UNIT <= STACK, chain
    assert 1 + longest(name) <= FRAMES, chain


@pytest.mark.parametrize("name", sorted(name for name in functions() if name[:2] in ("p_", "l_")))
def test_fixed_programs_have_room(name: str) -> None:
    size, chain = deepest(name)
    assert size <= STACK, chain
    assert longest(name) <= FRAMES, chain
