"""The walk over blocks of .scap files, and who an event belongs to, are the same in C and in Python."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import numpy as np
import pytest

from sonde.native import pairs, params, scap
from sonde.sources.scap.pieces import MARKS, OLD

sys.path.insert(0, str(Path(__file__).parents[1] / "scap"))
from written import event, header, process_list  # beside the tests of the format

LARGEST = 1 << 20


def made(chance: random.Random) -> bytes:
    out = bytearray(header() + process_list(8))
    for _ in range(chance.randrange(30)):
        params = [chance.randbytes(chance.randrange(12)) for _ in range(chance.randrange(5))]
        kind = chance.choice((0x204, 0x208, 0x216, 0x217, 0x221, 0x222))
        out += event(chance.choice((2, 3, 6, 7, 150, 4500)), 7, params, block_type=kind)
    for _ in range(chance.randrange(6)):
        out[chance.randrange(len(out))] = chance.randrange(256)
    return bytes(out[: chance.randrange(1, len(out) + 1)])


@pytest.mark.parametrize("seed", range(200))
def test_as_its_twin(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    buffer = np.frombuffer(made(random.Random(seed)), np.uint8)
    native = scap.Walk(OLD, LARGEST).blocks(buffer)
    monkeypatch.setattr(scap, "kernel", lambda name: None)
    for left, right in zip(native, scap.Walk(OLD, LARGEST).blocks(buffer), strict=True):
        assert np.array_equal(np.asarray(left), np.asarray(right))


@pytest.mark.parametrize("seed", range(100))
def test_pairs_as_their_twin(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(seed)
    kinds = (2, 3, 4, 5, 6, 7, 16, 152, 186, 223, 292, 293, 330, 331, 272, 4500)
    some = [event(chance.choice(kinds), chance.choice((7, 8, -1, 1 << 40)), [chance.randbytes(8)] * chance.randrange(2))
            for _ in range(chance.randrange(60))]  # fmt: skip
    found = scap.Walk(OLD, LARGEST).blocks(np.frombuffer(b"".join(some), np.uint8))
    carried = chance.randrange(5)
    marks = MARKS.copy()
    for mark in (pairs.CHANGES, pairs.ALWAYS, pairs.ON_FD):
        marks[list(kinds)] |= np.array([mark * chance.randrange(2) for _ in kinds], np.uint16)
    native = pairs.pairs(found, marks, carried)
    monkeypatch.setattr(pairs, "kernel", lambda name: None)
    for left, right in zip(native, pairs.pairs(found, marks, carried), strict=True):
        one, other = np.asarray(left), np.asarray(right)
        assert np.array_equal(one, other) and one.dtype == other.dtype


@pytest.mark.parametrize("seed", range(100))
def test_parameters_as_their_twin(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(seed)
    data = made(chance)
    found = scap.Walk(OLD, LARGEST).blocks(np.frombuffer(data, np.uint8))
    events = np.array(chance.choices(range(-2, len(found.time) + 2), k=40), np.int64)
    first = np.array(chance.choices(range(-1, 6), k=40), np.int64)
    for many in (1, 2, params.ALL):
        native = params.params(data, found, events, first, many)
        with monkeypatch.context() as patch:
            patch.setattr(params, "kernel", lambda name: None)
            for left, right in zip(native, params.params(data, found, events, first, many), strict=True):
                assert left.tolist() == right.tolist()
