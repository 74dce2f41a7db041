"""Accessors in place of their calls: jumps, places on the stack and what is left to be patched."""

from __future__ import annotations

from sonde.kernel.asm import EQ, R0, R6, R10, WORD, Asm, Label
from sonde.kernel.inline import inlined
from sonde.kernel.library import Fixup, Subprogram


def body(depth: int, *fixups: Fixup, early: bool = False) -> Subprogram:
    """Stores at a depth of the stack and calls what the fixups say; `early`: with an exit in the middle."""
    asm = Asm()
    asm.store(R10, -depth, R0)
    if early:
        asm.exit()
    for fixup in fixups:
        assert fixup.at == len(asm.words)
        asm.call(fixup.name)
    asm.exit()
    return Subprogram(bytes(asm.code()), fixups, 0)


def main(*calls: str) -> Asm:
    """Calls each in turn, and leaves as soon as one gives 0; an address on its stack before and after."""
    asm, end = Asm(stack=192), Label()
    asm.on_stack(R6, 176)
    for name in calls:
        asm.call(name)
        asm.jump_if(EQ, R0, 0, end)
    asm.on_stack(R6, 176)
    asm.place(end)
    asm.exit()
    return asm


def words(asm: Asm) -> list[tuple[int, int, int, int]]:
    """Its instructions with jumps resolved."""
    return list(WORD.iter_unpack(bytes(asm.code())))


def test_a_body_stands_for_its_call() -> None:
    made, fixups = inlined(main("one"), {"one": body(8, early=True)})
    code = words(made)
    assert not fixups and not made.calls
    assert code[:2] == [(0xBF, 6 | 10 << 4, 0, 0), (0x07, 6, 0, -176 - 8)]
    assert code[2:5] == [(0x7B, 10, -8, 0), (0x05, 0, 1, 0), (0x05, 0, 0, 0)]
    assert code[5] == (0x15, 0, 2, 0)  # to the exit, over the second address
    assert code[7][3] == -176 - 8 and code[8][0] == 0x95


def test_what_a_body_calls_is_patched_where_it_went() -> None:
    library = {"one": body(8, Fixup(1, "call", "deep")), "deep": body(16)}
    made, fixups = inlined(main("one"), library)
    assert fixups == [Fixup(3, "call", "deep")]
    assert words(made)[3][0] == 0x85


def test_what_is_called_twice_stays_one_subprogram() -> None:
    made, _ = inlined(main("one", "two", "one"), {"one": body(8), "two": body(24)})
    assert [name for _, name in made.calls] == ["one", "one"]
    assert all(words(made)[at][0] == 0x85 for at, _ in made.calls)
    assert words(made)[1][3] == -176 - 24


def test_a_chain_of_calls_keeps_to_the_stack() -> None:
    library = {"wide": body(96), "small": body(8), "one": body(32, Fixup(1, "call", "deep")), "deep": body(256)}
    made, _ = inlined(main("wide", "small", "one", "one"), library)  # 192 + 96 + 32 + 256 is too much
    assert [name for _, name in made.calls] == ["wide", "one", "one"]
    assert words(made)[1][3] == -176 - 8
