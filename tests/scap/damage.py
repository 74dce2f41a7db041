"""Captures spoiled on purpose, with fixed seeds: cut, bytes changed, lengths changed."""

from __future__ import annotations

import random
import struct

__all__ = ["blocks_of", "mutated"]


def blocks_of(data: bytes) -> list[tuple[int, int]]:
    """(where it begins, its bytes) of each block."""
    found, at = [], 0
    while at + 12 <= len(data):
        total = struct.unpack_from("<I", data, at + 4)[0]
        found.append((at, total))
        at += total
    return found


def mutated(data: bytes, seed: int) -> bytes:
    """The capture with some bytes changed; half of the seeds leave the lengths of blocks as they are."""
    chance = random.Random(seed)
    out = bytearray(data)
    places = blocks_of(data)
    for _ in range(chance.randrange(1, 40)):
        at, total = chance.choice(places)
        if seed % 2 and total > 12:
            out[at + 8 + chance.randrange(total - 12)] = chance.randrange(256)
        elif not seed % 2:
            out[chance.randrange(len(out))] = chance.randrange(256)
    if seed % 5 == 0:
        del out[chance.randrange(len(out)) :]
    return bytes(out)
