"""A query's main program: tests in cost order, then the record with the columns that are needed.

Registers: r6 the struct event on the stack (bpf/events.bpf.c), r7 the record being written; a copy of r7 lies below the
event. No register outlives an accessor, which may stand in place of its call (kernel/inline.py). A test jumps to one of
two labels; one that cannot be decided here counts as true in either polarity, so that its row is delivered.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from operator import or_
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sonde.kernel.asm import EQ, GE, GT, LE, LT, NE, R0, R1, R2, R3, R6, R7, SET, SGE, SGT, SLE, SLT, Asm, Label
from sonde.kernel.predicates import (
    Address,
    All,
    Any,
    EventSet,
    Exists,
    Inverse,
    Number,
    PathBit,
    Test,
    TextBit,
    Verdict,
    Words,
)
from sonde.kernel.records import GUARDS
from sonde.plan.batch import PHYSICAL
from sonde.plan.expr import And, Compare, Expr, Not

__all__ = [
    "INITIALISERS", "MISSING", "ROW", "STATUS", "UNKNOWN_BITS", "Hook", "Layout", "Translate", "call",
    "emit_record", "event_bits", "fetch", "generate", "guards", "order_tests", "program", "tests_of",
]  # fmt: skip

# struct event, asserted in bpf/events.bpf.c
EVENT_SIZE, BITS, UNKNOWN_BITS, ADDRESS, STAMP, STATUS, ARGUMENTS = 160, 0, 8, 16, 24, 32, 88
# (offset, bytes) of what needs no call: each call and return costs several ns
FIELDS = {"nr": (36, 4), "res": (72, 8), "seq": (16, 8), "tid": (136, 4), "pid": (140, 4), "flags": (156, 4)}
FIELDS |= {f"a{i}": (ARGUMENTS + 8 * i, 8) for i in range(6)}
ROW = -8  # from the event
RECORD_WORD = 5  # where x_record expects the address of the record
GET_SMP_PROCESSOR_ID = 8
MISSING, UNKNOWN = 1, 2  # event.status
LINE = 64  # rows are whole cache lines

# accessor that starts a program on each kind of hook
INITIALISERS = {
    "l_exit": "x_init_exit",
    "l_procexit": "x_init_procexit",
    "l_signal": "x_init_signal",
    "l_task": "x_init_task",
    "l_tracepoint": "x_init_tracepoint",
    "l_enter": "x_init_enter",
}
SIGNED = {"<": SLT, "<=": SLE, ">": SGT, ">=": SGE}
UNSIGNED = {"<": LT, "<=": LE, ">": GT, ">=": GE}
NEGATIVE = ("res", "fd", "latency", "buflen", "loginuid")  # accessors whose value may be below zero
# ns-like weights; what is cheap is tested first
COST = {EventSet: 1, Words: 4, TextBit: 60, PathBit: 80, Exists: 70, Address: 30, Verdict: 50}
ACCESSOR_COST = {"res": 1, "failed": 1, "cpu": 2, "tid": 1, "pid": 1, "ismain": 1, "fd": 3, "buflen": 2, "latency": 4}

Translate = Callable[[Compare], Test]


class Hook(NamedTuple):
    """Where a program runs: the library program it is specialised from (a key of INITIALISERS).

    Of a tracepoint also the number of its event, its id in tracefs, where in its record its arguments lie, as
    (offset, bytes), and whether the record is sent too.
    """

    root: str
    number: int = 0
    tracepoint: int = 0
    arguments: tuple[tuple[int, int], ...] = ()
    record: bool = False


class Layout(NamedTuple):
    """Where each column lies in a row; `dtype` includes the stamp (bpf/records.h)."""

    dtype: np.dtype[np.void]
    columns: tuple[str, ...]

    @staticmethod
    def of(columns: tuple[str, ...]) -> Layout:
        """Columns packed by size, the whole row in cache lines."""
        ordered = sorted(columns, key=lambda name: -np.dtype(PHYSICAL[name][0]).itemsize)
        formats = ["u8", *(PHYSICAL[name][0] for name in ordered)]
        ends = np.cumsum([np.dtype(form).itemsize for form in formats]).tolist()
        size = -(-ends[-1] // LINE) * LINE
        names = ["stamp", *ordered]
        dtype = np.dtype({"names": names, "formats": formats, "offsets": [0, *ends[:-1]], "itemsize": size})
        return Layout(dtype, columns)


def tests_of(expr: Expr, translate: Translate) -> Test:
    """The expression with every comparison replaced by its test."""
    if isinstance(expr, Compare):
        return translate(expr)
    if isinstance(expr, Not):
        return Inverse(tests_of(expr.item, translate))
    return (All if isinstance(expr, And) else Any)(tuple(tests_of(item, translate) for item in expr.items))


def order_tests(test: Test) -> Test:
    """The same test with the items of each conjunction and disjunction in cost order."""
    if isinstance(test, Inverse):
        return Inverse(order_tests(test.item))
    if isinstance(test, All | Any):
        items = _merged(test.items) if isinstance(test, Any) else test.items
        return type(test)(tuple(sorted(map(order_tests, items), key=_cost)))
    return test


def guards(test: Test) -> tuple[bytes, ...]:
    """Names one of which the process must have for the test to hold, () if it may have any; at most GUARDS."""
    items = test.items if isinstance(test, All) else (test,)
    for item in items:
        names = item.items if isinstance(item, Any) else (item,)
        found = [name.text for name in names if isinstance(name, Words) and name.accessors[0] == "comm0"]
        if 0 < len(found) == len(names) <= GUARDS:
            return tuple(found)
    return ()


def _merged(items: tuple[Test, ...]) -> tuple[Test, ...]:
    """The items of a disjunction with all path predicates in one test: forty cost what one does."""
    mask = reduce(or_, (item.mask for item in items if isinstance(item, PathBit)), 0)
    others = tuple(item for item in items if not isinstance(item, PathBit))
    return (*others, PathBit(mask)) if mask else items


def _cost(test: Test) -> int:
    if isinstance(test, Inverse):
        return _cost(test.item)
    if isinstance(test, All | Any):
        return sum(map(_cost, test.items))
    if isinstance(test, Number):
        return ACCESSOR_COST.get(test.accessor, 20 if test.optional else 6) + len(test.values)
    return COST[type(test)]


def generate(hook: Hook, test: Test, layout: Layout, *, payloads: str, followed: bool) -> Asm:
    """The main program for `hook` that sends a row of each event that passes the test, and before it `payloads`: what
    that accessor sends."""
    return program(hook, test, lambda asm, end: emit_record(asm, layout, payloads, end), followed)


def program(
    hook: Hook,
    test: Test,
    answer: Callable[[Asm, Label], None],
    followed: bool,
    below: int = 0,
    unsure: int | None = None,
) -> Asm:
    """A main program: what `answer` emits runs for the events that pass the test, and jumps to the label it is given.

    It may use `below` bytes of stack under ROW. The word at `unsure` there is 1 if the kernel did not know whether the
    event passes, else 0.
    """
    asm, wanted, end = Asm(stack=EVENT_SIZE - ROW + below), Label(), Label()
    asm.on_stack(R2, EVENT_SIZE)
    if hook.tracepoint:
        asm.store(R2, ROW, R1)
    if hook.tracepoint:
        asm.constant(R3, hook.number)
    call(asm, INITIALISERS[hook.root])
    asm.jump_if(EQ, R0, 0, end)
    for i, (offset, size) in enumerate(hook.arguments):
        asm.load(R1, R6, ROW)
        asm.load(R0, R1, offset, size)
        asm.store(R6, ARGUMENTS + 8 * i, R0)
    if hook.record:
        asm.load(R1, R6, ROW)
        asm.store(R6, ARGUMENTS + 8 * RECORD_WORD, R1)
    if followed:
        fetch(asm, "followed")
        asm.jump_if(EQ, R0, 0, end)
    if hook.root == "l_enter":
        fetch(asm, "entered")
    if unsure is not None:
        asm.constant(R1, 0)
        asm.store(R6, unsure, R1)
    _Tests(asm, unsure).whole(order_tests(test), wanted, end)
    asm.place(wanted)
    answer(asm, end)
    asm.place(end)
    asm.constant(R0, 0)
    asm.exit()
    return asm


def fetch(asm: Asm, accessor: str, second: int | None = None) -> None:
    """r0 = what an accessor gives, or the column of its name."""
    if accessor in FIELDS:
        asm.load(R0, R6, *FIELDS[accessor])
        return
    if accessor == "cpu":
        asm.helper(GET_SMP_PROCESSOR_ID)
        return
    asm.move(R1, R6)
    if second is not None:
        asm.constant(R2, second)
    call(asm, f"x_{'process' if accessor == 'proc' else accessor}")


def call(asm: Asm, subprogram: str) -> None:
    """r0 = what a subprogram gives; of the registers only r6 is known then."""
    asm.call(subprogram)
    asm.on_stack(R6, EVENT_SIZE)


def emit_record(asm: Asm, layout: Layout, payloads: str, end: Label) -> None:
    """Send the event as a row."""
    lost = Label()
    fetch(asm, "row")
    asm.jump_if(EQ, R0, 0, lost)
    asm.move(R7, R0)
    asm.store(R6, ROW, R7)
    if payloads:
        fetch(asm, payloads)
        asm.load(R7, R6, ROW)
    fields = layout.dtype.fields
    assert fields is not None
    for name in _order(layout.columns):
        dtype, offset = fields[name][:2]
        calls = len(asm.calls)
        fetch(asm, name)
        if len(asm.calls) > calls:
            asm.load(R7, R6, ROW)
        asm.store(R7, offset, R0, dtype.itemsize)
    # last: with it the row is there for user space
    asm.load(R0, R6, STAMP)
    asm.store(R7, 0, R0)
    asm.jump(end)
    asm.place(lost)
    fetch(asm, "lost")


def _order(columns: tuple[str, ...]) -> list[str]:
    """The flags say what went wrong with the other columns: they come last."""
    return sorted(columns, key=lambda column: column == "flags")


class _Tests:
    """Emits tests; control falls through to neither label: each path ends in a jump."""

    def __init__(self, asm: Asm, unsure: int | None) -> None:
        self.asm, self._place = asm, unsure
        self._unsure: list[tuple[Label, Label]] = []  # where to go if a test has no answer, and where then

    def whole(self, test: Test, yes: Label, no: Label) -> None:
        """The program goes to `yes` or `no`."""
        self.emit(test, yes, no, False)
        for unsure, then in self._unsure:
            assert self._place is not None
            self.asm.place(unsure)
            self.asm.constant(R1, 1)
            self.asm.store(R6, self._place, R1)
            self.asm.jump(then)

    def _if_unsure(self, yes: Label) -> Label:
        """Where a test without an answer goes, that counts as true."""
        if self._place is None:
            return yes
        self._unsure.append((Label(), yes))
        return self._unsure[-1][0]

    def emit(self, test: Test, yes: Label, no: Label, inverse: bool) -> None:
        """Go to `yes` if the test (inverted: if it does not) holds or cannot be decided, else to `no`."""
        if isinstance(test, Inverse):
            self.emit(test.item, yes, no, not inverse)
        elif isinstance(test, All | Any):
            self._combine(test.items, isinstance(test, All) != inverse, yes, no, inverse)
        else:
            self._leaf(test, yes, no, inverse)

    def _combine(self, items: tuple[Test, ...], conjunction: bool, yes: Label, no: Label, inverse: bool) -> None:
        """De Morgan: an inverted conjunction is a disjunction of inverted items."""
        for item in items:
            following = Label()
            self.emit(item, following if conjunction else yes, no if conjunction else following, inverse)
            self.asm.place(following)
        self.asm.jump(yes if conjunction else no)

    def _leaf(self, test: Test, yes: Label, no: Label, inverse: bool) -> None:
        holds, fails = (no, yes) if inverse else (yes, no)
        if isinstance(test, EventSet):
            fetch(self.asm, "event_bits")
            self._any(1 << test.bit, holds, fails)
        elif isinstance(test, Words):
            self._words(test, holds, fails)
        elif isinstance(test, TextBit):
            fetch(self.asm, f"{test.accessor}_text", test.slot)
            if test.accessor == "data":
                self._status(yes, fails)
            self._any(1 << test.bit, holds, fails)
        elif isinstance(test, Verdict):
            fetch(self.asm, "verdict")
            self._status(yes, fails)
            self._any(1 << test.bit, holds, fails)
        elif isinstance(test, PathBit):
            fetch(self.asm, "file")
            self._unknown(test.mask, yes)
            self.asm.load(R0, R6, BITS)
            self._any(test.mask, holds, fails)
        elif isinstance(test, Exists):
            fetch(self.asm, "file")
            self.asm.jump_if(NE, R0, 0, holds)
            self._unknown(1, yes)
            self.asm.jump(fails)
        elif isinstance(test, Address):
            self._address(test, yes, holds, fails)
        elif isinstance(test, Number):
            self._number(test, yes, holds, fails)

    def _any(self, mask: int, holds: Label, fails: Label) -> None:
        self.asm.constant(R1, mask)
        self.asm.jump_if_register(SET, R0, R1, holds)
        self.asm.jump(fails)

    def _unknown(self, mask: int, yes: Label) -> None:
        self.asm.load(R2, R6, UNKNOWN_BITS)
        self.asm.constant(R1, mask)
        self.asm.jump_if_register(SET, R2, R1, self._if_unsure(yes))

    def _status(self, yes: Label, missing: Label) -> None:
        self.asm.load(R1, R6, STATUS, 4)
        self.asm.jump_if(EQ, R1, UNKNOWN, self._if_unsure(yes))
        self.asm.jump_if(EQ, R1, MISSING, missing)

    def _words(self, test: Words, holds: Label, fails: Label) -> None:
        if len(test.text) > 15:  # comm has room for no more; the verifier wants both ways to be there
            self.asm.constant(R0, 0)
            self.asm.jump_if(NE, R0, 0, holds)
            self.asm.jump(fails)
            return
        padded = test.text.ljust(16, b"\0")
        for accessor, word in zip(test.accessors, (padded[:8], padded[8:]), strict=True):
            fetch(self.asm, accessor)
            self.asm.jump_if(NE, R0, int.from_bytes(word, "little"), fails)
            if word[7] == 0:  # what follows the NUL may be left from a longer name
                break
        self.asm.jump(holds)

    def _address(self, test: Address, yes: Label, holds: Label, fails: Label) -> None:
        fetch(self.asm, "address", test.end)
        self._status(yes, fails)
        for i in (0, 1):
            self.asm.load(R0, R6, ADDRESS + 8 * i)
            self.asm.constant(R1, test.mask[i])
            self.asm.and_(R0, R1)
            self.asm.jump_if(NE, R0, test.address[i], fails)
        self.asm.jump(holds)

    def _number(self, test: Number, yes: Label, holds: Label, fails: Label) -> None:
        fetch(self.asm, test.accessor)
        if test.optional:
            self._status(yes, fails)
        if test.operator == "exists":
            self.asm.jump(holds)
            return
        signed = test.accessor in NEGATIVE
        for value in test.values:
            if test.operator == "=":
                self.asm.jump_if(EQ, R0, value, holds)
            elif value < 0 and not signed:  # always or never; the verifier wants both ways to be there
                self.asm.jump_if(GE if test.operator in (">", ">=") else LT, R0, 0, holds)
            else:
                self.asm.jump_if((SIGNED if signed else UNSIGNED)[test.operator], R0, value, holds)
        self.asm.jump(fails)


def event_bits(sets: list[npt.NDArray[np.bool_]]) -> npt.NDArray[np.uint64]:
    """One word an event number: bit i says whether it is in set i."""
    words = np.zeros(len(sets[0]) if sets else 0, np.uint64)
    for bit, members in enumerate(sets):
        words |= members.astype(np.uint64) << np.uint64(bit)
    return words
