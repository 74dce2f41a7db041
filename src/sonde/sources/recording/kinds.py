"""Kinds of rows: of which kind each is, and which kinds a question can be about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import numpy.typing as npt

from sonde.catalog.errnos import MAX_ERRNO, NAMES, NUMBERS
from sonde.catalog.kinds import FAILURES, OTHERS, PASSED_OVER, SHARES, kind_by_number
from sonde.engines.bounds import bounds
from sonde.engines.fields import DERIVATIONS, physical
from sonde.plan.batch import Array, Batch, Payloads
from sonde.plan.expr import Compare, Expr, Literal, fields, leaves
from sonde.plan.state import State
from sonde.sources.recording.rows import Rows

__all__ = ["Kinds", "asked_kinds", "bytes_of_kinds"]

Codes = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
NAMED = tuple(SHARES)
FAILED, OTHER = NAMED.index(FAILURES.name), NAMED.index(OTHERS.name)
PASSED = np.array([-NUMBERS[name] for name in PASSED_OVER], np.int64)
RESULT = frozenset(("nr", "res", "flags"))  # the columns that decide of which kind a row is, and what its result is


class Kinds:
    """Of which kind rows are, as the events are numbered now."""

    def __init__(self) -> None:
        named = kind_by_number()
        self._by_number = np.array([NAMED.index(name) if name else OTHER for name in named], np.uint8)

    def codes(self, nr: npt.NDArray[np.uint16], res: npt.NDArray[np.int64]) -> Codes:
        """The kind of each row, as its place in NAMED; `nr` are numbers of here, not those of another system."""
        codes = self._by_number[nr]
        rest = np.flatnonzero((codes == OTHER) & (res < 0))
        if len(rest):
            results = res[rest]
            codes[rest[(results >= -MAX_ERRNO) & ~np.isin(results, PASSED)]] = FAILED
        return codes

    def of(self, rows: Rows) -> Codes:
        """The same of a frame. Damaged if it is not as it was written."""
        columns = rows.batch(frozenset(("nr", "res")), False, State()).columns
        nr = columns["nr"].astype(np.uint16)
        return self.codes(nr, columns["res"].astype(np.int64) if "res" in columns else np.zeros(len(nr), np.int64))

    def counted(self, codes: Codes) -> dict[str, int]:
        """How many rows there are of each kind that has some."""
        counts = np.bincount(codes, minlength=len(NAMED)).tolist()
        return {name: count for name, count in zip(NAMED, counts, strict=True) if count}

    def among(self, codes: Codes, names: Iterable[str]) -> Mask:
        """Which rows are of one of these kinds."""
        found: Mask = np.isin(NAMED, list(names))[codes]
        return found

    def numbers(self, name: str) -> Mask:
        """By event number: may such an event be of the kind?"""
        found: Mask = self._by_number == (OTHER if name in (FAILURES.name, OTHERS.name) else NAMED.index(name))
        return found


def bytes_of_kinds(size: int, rows: Mapping[str, int]) -> dict[str, float]:
    """About how many of the `size` bytes of a segment are of each kind: in proportion to its rows, whatever these say.
    Tables of state and what rows refer to are divided with them."""
    total = sum(rows.values())
    return {name: size * count / total for name, count in rows.items() if count}


def asked_kinds(expr: Expr, on: Mask) -> list[str]:
    """The kinds that have events which may pass a filter; `on`: the events that may, by number."""
    kinds = Kinds()
    return [name for name in NAMED if _possible(name, on & kinds.numbers(name), expr)]


def _possible(name: str, numbers: Mask, expr: Expr) -> bool:
    """May one of the events `numbers`, with a result that makes it one of the kind, pass?"""
    if name != FAILURES.name or not numbers.any():
        return bool(numbers.any())
    events, results = np.flatnonzero(numbers).astype(np.uint16), np.array(sorted(_failures(expr)), np.int64)
    columns: dict[str, Array] = {
        "nr": np.repeat(events, len(results)), "res": np.tile(results, len(events)),
        "flags": np.zeros(len(events) * len(results), np.uint32),
    }  # fmt: skip
    return bool(bounds(expr, Batch(columns, Payloads.none(), State()), _of_result)[0].any())


def _of_result(leaf: Compare) -> bool:
    """Does a comparison depend on the event and its result alone?"""
    used = list(fields(leaf))
    return bool(used) and all(field.name in DERIVATIONS and physical(field) <= RESULT for field in used)


def _failures(expr: Expr) -> Iterator[int]:
    """Results that are failures: one of each that filters can tell apart."""
    told = {literal for leaf in leaves(expr) for literal in _numbers(leaf)}
    near = {number + step for number in told for step in (-1, 0, 1)}
    for result in {-number for number in NAMES} | near | {-MAX_ERRNO}:
        if -MAX_ERRNO <= result < 0 and result not in PASSED:
            yield result


def _numbers(leaf: Compare) -> Iterator[int]:
    values = leaf.right if isinstance(leaf.right, tuple) else (leaf.right,)
    return (value.value for value in values if isinstance(value, Literal) and isinstance(value.value, int))
