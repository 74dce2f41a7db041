"""Rows that are alike are the same in C and in Python."""

from __future__ import annotations

import random

import numpy as np
import pytest

from sonde.native import alike as module
from sonde.native import kernel
from sonde.native.alike import alike


@pytest.mark.parametrize("seed", range(100))
def test_as_its_twin(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert kernel("alike") is not None, "python hatch_build.py builds it"
    chance = random.Random(seed)
    data = bytes(chance.choices(range(2), k=chance.randrange(1, 60)))
    rows, pieces, width = chance.randrange(200), chance.randrange(1, 3), chance.randrange(1, 4)
    numbers = [np.array(chance.choices((-1, 0, 1, 1 << 62), k=rows), np.int64) for _ in range(width)]
    begins = np.array(chance.choices(range(-2, len(data) + 2), k=rows * pieces), np.int64).reshape(pieces, rows)
    ends = begins + np.array(chance.choices((-1, 0, 1, 7, 8, 9, 20), k=rows * pieces), np.int64).reshape(pieces, rows)
    spans = list(zip(begins, ends, strict=True))
    group, first = alike(data, numbers, spans)
    monkeypatch.setattr(module, "kernel", lambda name: None)
    twin_group, twin_first = alike(data, numbers, spans)
    assert group.tolist() == twin_group.tolist() and first.tolist() == twin_first.tolist()


def test_rows_of_the_same_bytes() -> None:
    begin = np.array([0, 3, 6, 0], np.int64)
    numbers = np.array([7, 7, 7, 8], np.int64)
    group, first = alike(b"/a\0/a\0/b\0", [numbers], [(begin, begin + 3)])
    assert group.tolist() == [0, 0, 1, 2] and first.tolist() == [0, 2, 3]
