"""From languages to tables: Glushkov positions, the subset construction and Moore's minimisation.

A position is one byte of a pattern; a set of positions is an int with a bit for each. A state of the automaton is the
set of positions that the last byte may have been. Verdicts are int masks, one bit a predicate, of two sorts:
`accept[state]` holds if the text ends here, `hit[state]` whatever follows. A hit is reported once and forgotten
(whoever runs the table collects the hits on the way): remembering it in the state would double the states with every
open-ended pattern.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from sonde.errors import SondeError
from sonde.plan.regular import ALL, EVERYTHING, Branch, Choice, One, Sequence, Star, Tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["Positions", "Table", "TooBig", "determinise", "tester"]

_MOST_POSITIONS = 1 << 14
_MOST_ROWS = 1 << 12

Language = tuple[bool, int, int]  # may be empty, first positions, last positions


class TooBig(SondeError):
    """The automaton of these patterns is larger than its table; evaluate them another way."""


class Table(NamedTuple):
    """A deterministic automaton; row i of `next` is state i, the start states come first, in their order.

    classes: u1[256], the column of each byte. next: u2[states, columns]. accept, hit: u8[states], predicate masks.
    """

    classes: npt.NDArray[np.uint8]
    next: npt.NDArray[np.uint16]
    accept: npt.NDArray[np.uint64]
    hit: npt.NDArray[np.uint64]


class Positions:
    """The positions of any number of patterns, grown by `start` and `add`. Raises TooBig above 16,384 positions."""

    def __init__(self) -> None:
        self.follow: list[int] = []
        self.accept: dict[int, int] = {}
        self.hit: dict[int, int] = {}
        self._positions: dict[int, int] = {}  # of each set of bytes

    def start(self) -> int:
        """A new place where texts begin; the position after it is the run of any bytes before an open start."""
        start = self._new(0)
        self._new(ALL)
        return start

    def add(self, start: int, branch: Branch, mask: int) -> None:
        """Texts that begin at `start` and are in `branch` get the verdict bits `mask`."""
        empty, first, last = self._visit(branch.tree)
        if empty and (branch.open_start or branch.open_end):
            branch, first, last = EVERYTHING, 0, 0
        verdict = self.hit if branch.open_end else self.accept
        if empty:
            last |= 1 << start
        self.follow[start] |= first
        if branch.open_start:
            loop = start + 1
            self.follow[start] |= 1 << loop
            self.follow[loop] |= first | 1 << loop
            if empty:
                last |= 1 << loop
        for position in _members(last):
            verdict[position] = verdict.get(position, 0) | mask

    def classes(self) -> list[int]:
        """The coarsest partition of the 256 bytes that no position's set cuts; each class as a set of bytes."""
        parts = [ALL]
        for mask in self._positions:
            parts = [part for old in parts for part in (old & mask, old & ~mask) if part]
        return parts

    def reading(self, byte: int) -> int:
        """The positions that `byte` can be."""
        found = 0
        for mask, positions in self._positions.items():
            if mask >> byte & 1:
                found |= positions
        return found

    def successors(self, state: int) -> int:
        """The positions that may come after those of `state`."""
        reached = 0
        for position in _members(state):
            reached |= self.follow[position]
        return reached

    def _new(self, mask: int) -> int:
        position = len(self.follow)
        if position == _MOST_POSITIONS:
            raise TooBig(f"the patterns are longer than {_MOST_POSITIONS:,} bytes, repeats written out")
        self._positions[mask] = self._positions.get(mask, 0) | 1 << position
        self.follow.append(0)
        return position

    def _link(self, last: int, first: int) -> None:
        for position in _members(last) if first else ():
            self.follow[position] |= first

    def _visit(self, tree: Tree) -> Language:
        if isinstance(tree, One):
            bit = 1 << self._new(tree.mask)
            return False, bit, bit
        if isinstance(tree, Sequence):
            return self._sequence(tree)
        if isinstance(tree, Choice):
            parts = [self._visit(item) for item in tree.items]
            firsts, lasts = 0, 0
            for _, first, last in parts:
                firsts |= first
                lasts |= last
            return any(part[0] for part in parts), firsts, lasts
        _, first, last = self._visit(tree.item)
        if isinstance(tree, Star):
            self._link(last, first)
        return True, first, last

    def _sequence(self, tree: Sequence) -> Language:
        empty, firsts, lasts = True, 0, 0
        for item in tree.items:
            skips, first, last = self._visit(item)
            self._link(lasts, first)
            if empty:
                firsts |= first
            lasts = last | (lasts if skips else 0)
            empty = empty and skips
        return empty, firsts, lasts


def determinise(positions: Positions, starts: list[int], most_states: int, most_cells: int) -> Table:
    """The minimal automaton from `starts`. Raises TooBig if it has more states, or states x classes, than allowed."""
    classes = positions.classes()
    sets, rows = _subsets(positions, classes, starts, 2 * min(most_states, most_cells // len(classes)))
    accept, hit = _verdicts(sets, positions.accept), _verdicts(sets, positions.hit)
    next_, kept = _minimise(np.array(rows, np.uint16), accept, hit, len(starts))
    if len(kept) > most_states or next_.size > most_cells:
        raise TooBig(f"the patterns need {len(kept):,} states of {len(classes)} byte classes")
    return Table(np.frombuffer(_columns(classes), np.uint8), next_, accept[kept], hit[kept])


def tester(branches: tuple[Branch, ...]) -> Callable[[bytes], bool]:
    """Whether a text is in one of the branches: the same automaton, its rows made when they are first reached.

    It is linear in the text and never too big: after 4,096 rows it forgets them and goes on. Raises TooBig above 16,384
    positions.
    """
    positions = Positions()
    start = positions.start()
    for branch in branches:
        positions.add(start, branch, 1)
    classes = positions.classes()
    reading = [positions.reading(_lowest(part)) for part in classes]
    accepting, hitting = _union(positions.accept), _union(positions.hit)
    columns, width = _columns(classes), len(classes)
    known: dict[int, list[Any]] = {}

    def row_of(state: int) -> list[Any]:
        row = known.get(state)
        if row is None:
            if len(known) >= _MOST_ROWS:
                known.clear()
            row = known[state] = [None] * width + [state, state & accepting != 0]
            if state & hitting:
                row[:width] = [row] * width
                row[-1] = True
        return row

    def step(row: list[Any], column: int) -> list[Any]:
        following = row[column] = row_of(positions.successors(row[width]) & reading[column])
        return following

    def test(text: bytes) -> bool:
        row = row_of(1 << start)
        for column in text.translate(columns):
            row = row[column] or step(row, column)
        return bool(row[-1])

    return test


def _subsets(
    positions: Positions, classes: list[int], starts: list[int], most: int
) -> tuple[list[int], list[list[int]]]:
    reading = [positions.reading(_lowest(part)) for part in classes]
    sets = [1 << start for start in starts]
    ids = {state: number for number, state in enumerate(sets)}
    rows: list[list[int]] = []
    while len(rows) < len(sets):
        reached = positions.successors(sets[len(rows)])
        row = []
        for readable in reading:
            state = reached & readable
            number = ids.get(state)
            if number is None:
                number = ids[state] = len(sets)
                sets.append(state)
            row.append(number)
        rows.append(row)
        if len(sets) > most:
            raise TooBig(f"the patterns need more than {most:,} states")
    return sets, rows


def _minimise(
    table: npt.NDArray[np.uint16], accept: npt.NDArray[np.uint64], hit: npt.NDArray[np.uint64], starts: int
) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.intp]]:
    """(the table of the classes of equal states, a state of each class); the first `starts` states stay alone."""
    alone = [*range(starts), *[starts] * (len(table) - starts)]
    labels = _numbered(list(zip(alone, accept.tolist(), hit.tolist(), strict=True)))
    count = 0
    while count < (count := int(labels.max()) + 1):
        signature = np.concatenate((labels[:, None], labels[table]), axis=1)
        raw, width = signature.tobytes(), signature.strides[0]
        labels = _numbered([raw[at : at + width] for at in range(0, len(raw), width)])
    kept = np.unique(labels, return_index=True)[1]
    return labels[table[kept]], kept


def _numbered(keys: list[Any]) -> npt.NDArray[np.uint16]:
    """The keys as numbers in the order of their first occurrence."""
    numbers: dict[Any, int] = {}
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], np.uint16)


def _verdicts(states: list[int], of_position: dict[int, int]) -> npt.NDArray[np.uint64]:
    final = _union(of_position)
    masks = np.zeros(len(states), np.uint64)
    for number, state in enumerate(states):
        mask = 0
        for position in _members(state & final):
            mask |= of_position[position]
        masks[number] = mask
    return masks


def _union(positions: Iterable[int]) -> int:
    return functools.reduce(int.__or__, (1 << position for position in positions), 0)


def _columns(classes: list[int]) -> bytes:
    columns = bytearray(256)
    for number, part in enumerate(classes):
        for byte in _members(part):
            columns[byte] = number
    return bytes(columns)


def _lowest(part: int) -> int:
    return (part & -part).bit_length() - 1


def _members(bits: int) -> Iterator[int]:
    while bits:
        bit = bits & -bits
        yield bit.bit_length() - 1
        bits ^= bit
