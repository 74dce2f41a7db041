"""Comparisons of columns with constants and with columns: string predicates once for each distinct string."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from sonde.catalog.types import IP, NET, Kind, Type
from sonde.engines.transformers import as_ids, as_texts
from sonde.plan.automaton import matcher
from sonde.plan.batch import Vector
from sonde.plan.expr import Scalar
from sonde.plan.state import State

__all__ = ["compare", "compare_vectors"]

Mask = npt.NDArray[np.bool_]
Test = Callable[[bytes], bool]

_ORDER: dict[str, Callable[..., object]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq, "!=": operator.ne,
}  # fmt: skip
_ANY_OF = {"in": "=", "intersects": "=", "pmatch": "pmatch"}


def compare(vector: Vector, op: str, right: Scalar | Sequence[Scalar], kind: Type | None, state: State) -> Mask:
    """Where `vector op right` holds; never on a missing value.

    `kind` is the field's type: addresses and networks are not compared as text.
    """
    present = vector.present()
    if op == "exists":
        return present
    if not isinstance(right, (int, float, str, bytes)):
        out = np.zeros(len(present), np.bool_)
        if vector.kind is Kind.STR and op != "pmatch" and kind not in (IP, NET):
            wanted = [state.strings.intern(_bytes(value)) for value in right]
            return np.isin(vector.values, wanted) & present
        for value in right:
            out |= compare(vector, _ANY_OF[op], value, kind, state)
        return out
    if op == "!=":
        return present & ~compare(vector, "=", right, kind, state)
    if vector.kind in (Kind.INT, Kind.BOOL):
        held = _ORDER[op](vector.values, right)
        return present & np.asarray(held, np.bool_)
    if vector.kind is Kind.STR:
        return _strings(vector, op, right, kind, state)
    test = _test(op, right, kind)
    texts = as_texts(vector, state.strings)
    return np.fromiter((t is not None and test(t) for t in texts), np.bool_, len(texts))


def _strings(vector: Vector, op: str, right: Scalar, kind: Type | None, state: State) -> Mask:
    ids = vector.values.astype(np.uint32, copy=False)
    if op == "=" and kind not in (IP, NET):
        return np.asarray(ids == state.strings.intern(_bytes(right)), np.bool_)
    key = (op, right, kind.name if kind in (IP, NET) and kind else "")
    return state.strings.verdict(ids, key, _test(op, right, kind))


def _test(op: str, right: Scalar, kind: Type | None) -> Test:
    """The test of one text against a constant."""
    if kind in (IP, NET):
        return _address_test(str(right), kind is NET)
    wanted = _bytes(right)
    if op in _ORDER:
        held = _ORDER[op]
        return lambda text: bool(held(text, wanted))
    if op == "bcontains":
        return lambda text: wanted in text
    if op == "bstartswith":
        return lambda text: text.startswith(wanted)
    return matcher(op, wanted)


def _address_test(right: str, network: bool) -> Test:
    import ipaddress  # only addresses pay for it

    wanted = ipaddress.ip_network(right, strict=False) if network else ipaddress.ip_address(right)

    def test(text: bytes) -> bool:
        try:
            found = ipaddress.ip_address(text.decode("ascii", "replace"))
        except ValueError:
            return False
        if isinstance(wanted, (ipaddress.IPv4Network, ipaddress.IPv6Network)):
            return found in wanted
        return found == wanted

    return test


def _bytes(value: Scalar) -> bytes:
    if isinstance(value, bytes):
        return value
    if isinstance(value, bool):
        return b"true" if value else b"false"
    return value.encode("utf-8", "surrogateescape") if isinstance(value, str) else str(value).encode()


def compare_vectors(left: Vector, op: str, right: Vector, state: State) -> Mask:
    """Where `left op right` holds row by row, both present; pairs of strings once for each distinct pair."""
    present = left.present() & right.present()
    numeric = (Kind.INT, Kind.BOOL)
    if left.kind in numeric and right.kind in numeric and op in _ORDER:
        return present & np.asarray(_ORDER[op](left.values, right.values), np.bool_)
    pairs = as_ids(left, state.strings).astype(np.uint64) << np.uint64(32) | as_ids(right, state.strings)
    distinct, inverse = np.unique(pairs, return_inverse=True)
    op = _ANY_OF.get(op, op)
    held = [_pair(op, state.strings[pair >> 32], state.strings[pair & 0xFFFFFFFF]) for pair in distinct.tolist()]
    return present & np.array(held, np.bool_)[inverse]


def _pair(op: str, left: bytes, right: bytes) -> bool:
    if op in _ORDER:
        return bool(_ORDER[op](left, right))
    return _test(op, right, None)(left)
