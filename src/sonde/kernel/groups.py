"""A query's main program that aggregates: the group of each event that passes the tests, and what it adds to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from sonde.kernel.asm import EQ, NE, R0, R1, R2, R6, R7, SGE, SLE, Asm, Label
from sonde.kernel.codegen import (
    ADDRESS,
    MISSING,
    ROW,
    STATUS,
    UNKNOWN_BITS,
    Hook,
    Layout,
    call,
    emit_record,
    fetch,
    program,
)
from sonde.kernel.predicates import Test
from sonde.plan.ops import BUCKETS, HISTOGRAMS

__all__ = ["KEYS_MAX", "Cell", "Slots", "generate_groups"]

KEYS_MAX = 7  # words of a key beside the CPU: GROUP_KEYS in bpf/groups.h
R8 = 8
WORD = 8
UNSURE = ROW - 8  # a word below the event: whether the kernel is not sure
# where the group's words are, its key, and then a value: in the place of the event's address, which only tests ask for
GROUP, KEY, VALUE = ADDRESS, ADDRESS + 8, ADDRESS + 8


class Cell(NamedTuple):
    """What is kept of one accessor's value in each group: "count", "sum", "min", "max" or one of HISTOGRAMS, a
    linear one with the `width` of its buckets.

    Without an accessor it is the number of events. `optional`: the accessor may have no value, then nothing is added.
    """

    kind: str
    accessor: str = ""
    optional: bool = False
    width: int = 0

    @property
    def words(self) -> int:
        """How many words it takes."""
        return BUCKETS if self.kind in HISTOGRAMS else 1


class Slots(NamedTuple):
    """The words of a group: its key is the values of `words` (accessors or columns): those of `keys`, and the CPU,
    so that no other one changes it. Its value are the cells one after another, which begin as 0. A "min" or "max" comes
    with a "count" of the same accessor: before the first value it means nothing."""

    keys: tuple[str, ...]
    cells: tuple[Cell, ...]

    @property
    def words(self) -> tuple[str, ...]:
        """The words of a key."""
        return self.keys if "cpu" in self.keys else (*self.keys, "cpu")

    @property
    def key_size(self) -> int:
        """Bytes of a key."""
        return WORD * len(self.words)

    @property
    def value_size(self) -> int:
        """Bytes of a value."""
        return WORD * sum(cell.words for cell in self.cells)

    def offsets(self) -> list[int]:
        """Where each cell begins, in bytes."""
        ends = np.cumsum([0, *(cell.words for cell in self.cells)])
        return [int(end) * WORD for end in ends[:-1]]


def generate_groups(
    hook: Hook, test: Test, slots: Slots, layout: Layout, *, payloads: str, followed: bool, named: bool
) -> Asm:
    """The main program for `hook`. An event about which the kernel is not sure is sent as a row of `layout`: whether it
    passes the test, or, if groups are `named` by files, what its file is called."""

    def answer(asm: Asm, end: Label) -> None:
        row = Label()
        asm.load(R1, R6, UNSURE)
        asm.jump_if(NE, R1, 0, row)
        _add(asm, slots, end, row if named else None)
        asm.place(row)
        emit_record(asm, layout, payloads, end)

    return program(hook, test, answer, followed, below=ROW - UNSURE, unsure=UNSURE)


def _add(asm: Asm, slots: Slots, end: Label, nameless: Label | None) -> None:
    """Find the words of the event's group, and bring each cell up to date."""
    lost = Label()
    if nameless is not None:
        has_name = Label()
        fetch(asm, "file")
        asm.jump_if(NE, R0, 0, has_name)
        asm.load(R1, R6, UNKNOWN_BITS)
        asm.jump_if(NE, R1, 0, nameless)
        asm.place(has_name)
    fetch(asm, "key")
    asm.jump_if(EQ, R0, 0, lost)
    asm.store(R6, KEY, R0)
    for i, name in enumerate(slots.words):
        fetch(asm, name)
        asm.load(R1, R6, KEY)
        asm.store(R1, WORD * i, R0)
    asm.move(R1, R6)
    asm.load(R2, R6, KEY)
    call(asm, "x_group")
    asm.jump_if(EQ, R0, 0, lost)
    asm.store(R6, GROUP, R0)
    cells = list(zip(slots.cells, slots.offsets(), strict=True))
    for accessor in dict.fromkeys(cell.accessor for cell, _ in cells):
        _update(asm, accessor, [(cell, at) for cell, at in cells if cell.accessor == accessor])
    asm.jump(end)
    asm.place(lost)
    fetch(asm, "lost")
    asm.jump(end)


def _update(asm: Asm, accessor: str, cells: Sequence[tuple[Cell, int]]) -> None:
    """All cells of one accessor, whose value is fetched once (r8); r7 are the words of the group."""
    absent = Label()
    if accessor:
        fetch(asm, accessor)
        if any(cell.optional for cell, _ in cells):
            asm.load(R1, R6, STATUS, 4)
            asm.jump_if(EQ, R1, MISSING, absent)
        asm.store(R6, VALUE, R0)
    counts = next((at for cell, at in cells if cell.kind == "count"), None)
    # counts come last: whether a value is the first one is asked before
    for cell, at in sorted(cells, key=lambda item: item[0].kind == "count"):
        asm.load(R7, R6, GROUP)
        if cell.kind == "count":
            _count(asm, R7, at)
            continue
        asm.load(R8, R6, VALUE)
        if cell.kind == "sum":
            asm.load(R1, R7, at)
            asm.add_register(R1, R8)
            asm.store(R7, at, R1)
        elif cell.kind in HISTOGRAMS:
            _bucket(asm, at, cell.width)
        else:
            assert counts is not None
            _extreme(asm, at, counts, SGE if cell.kind == "max" else SLE)
    asm.place(absent)


def _extreme(asm: Asm, at: int, counts: int, already: int) -> None:
    """Keep the larger or smaller of what is there, if anything is, and r8."""
    first, kept = Label(), Label()
    asm.load(R1, R7, counts)
    asm.jump_if(EQ, R1, 0, first)
    asm.load(R1, R7, at)
    asm.jump_if_register(already, R1, R8, kept)
    asm.place(first)
    asm.store(R7, at, R8)
    asm.place(kept)


def _bucket(asm: Asm, at: int, width: int) -> None:
    """Count r8 in its bucket."""
    usual, done = Label(), Label()
    asm.move(R1, R8)
    if width:
        asm.constant(R2, width)
    call(asm, "x_linear" if width else "x_log2")
    asm.load(R7, R6, GROUP)
    asm.jump_if(NE, R0, BUCKETS - 1, usual)  # the verifier sees each case's bounds
    _count(asm, R7, at + WORD * (BUCKETS - 1))
    asm.jump(done)
    asm.place(usual)
    asm.constant(R1, 63)
    asm.and_(R0, R1)
    asm.shift(R0, 3)
    asm.add_register(R7, R0)
    _count(asm, R7, at)
    asm.place(done)


def _count(asm: Asm, base: int, at: int) -> None:
    asm.load(R1, base, at)
    asm.add(R1, 1)
    asm.store(base, at, R1)
