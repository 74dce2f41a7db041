"""Slices of bytes are alike where their bytes and kinds are, and nowhere else."""

from __future__ import annotations

import random

import numpy as np

from sonde.sources.private.sorts import Sorts


def test_against_a_dictionary() -> None:
    rng = random.Random(7)
    texts = [bytes(rng.choices(b"ab\0\xff", k=rng.randrange(40))) for _ in range(3000)]
    texts += [b"x" * 7 + b"a" + b"x" * 7 + b"b", b"x" * 7 + b"b" + b"x" * 7 + b"a", b"x" * 300, b"x" * 299 + b"y"] * 2
    data = np.frombuffer(b"".join(texts), np.uint8)
    length = np.array([len(text) for text in texts], np.int32)
    offset = np.cumsum(length, dtype=np.int64) - length
    kind = np.array([rng.randrange(2) for _ in texts], np.uint8)
    first, which = Sorts().distinct(data, offset, length, kind)
    keys = list(zip(texts, kind.tolist(), strict=True))
    assert len(first) == len(set(keys)) < len(keys)
    assert [keys[place] for place in first[which].tolist()] == keys


def test_none() -> None:
    none = np.zeros(0, np.int64)
    first, which = Sorts().distinct(np.zeros(0, np.uint8), none, none.astype(np.int32), none.astype(np.uint8))
    assert len(first) == len(which) == 0
