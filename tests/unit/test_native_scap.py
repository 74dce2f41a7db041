"""The walk over blocks of .scap files in C and in Python say the same of whatever bytes."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import numpy as np
import pytest

from sonde.native import scap
from sonde.sources.scap.pieces import OLD

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
    native = scap.blocks(buffer, OLD, LARGEST)
    monkeypatch.setattr(scap, "kernel", lambda name: None)
    for left, right in zip(native, scap.blocks(buffer, OLD, LARGEST), strict=True):
        assert np.array_equal(np.asarray(left), np.asarray(right))
