"""What is behind descriptors is the same in C and in Python, whatever the events are."""

from __future__ import annotations

import random

import numpy as np
import pytest

from sonde.native import kernel
from sonde.native.descriptors import CHANGE, PAUSE, Descriptors, Native, Steps, Twin

THREADS = 6
FDS = (-1, 0, 1, 2, 3, 1 << 31, 1 << 40, -(1 << 63))


def native() -> Native:
    run = kernel("descriptors")
    assert run is not None, "python hatch_build.py builds it"
    return Native(run)


def steps_of(chance: random.Random) -> Steps:
    count = chance.randrange(40)
    columns = zip(*[_step(chance, event) for event in range(count)], strict=True) if count else [()] * 5
    op, *others = columns
    return Steps(np.array(op, np.uint8), *(np.array(column, np.int64) for column in others))


def _step(chance: random.Random, event: int) -> tuple[int, ...]:
    fds = chance.choice(FDS), chance.choice(FDS)
    return chance.choice(range(PAUSE, CHANGE + 1)), chance.randrange(THREADS), event, *fds


def holders_of(chance: random.Random, tables: int) -> np.ndarray:
    rows = [(chance.randrange(-1, tables + 1), chance.randrange(THREADS), chance.randrange(2), chance.randrange(9))
            for _ in range(THREADS)]  # fmt: skip
    return np.array(rows, np.int64)


def replaced(values: np.ndarray) -> np.ndarray:
    """The changes are found out; the greatest of all values is another."""
    return np.where(values < 0, 7 - values, values + ((values > 0) & (values == values.max(initial=0))))


def held(one: Descriptors, tables: int) -> list[dict[int, int]]:
    found = [one.values(table) for table in range(tables + 1)]
    assert one.sizes(np.arange(tables + 1)).tolist() == [len(keys) for keys, _ in found]
    return [dict(zip(keys.tolist(), values.tolist(), strict=True)) for keys, values in found]


@pytest.mark.parametrize("seed", range(150))
def test_as_its_twin(seed: int) -> None:
    chance = random.Random(seed)
    both: tuple[Descriptors, ...] = (native(), Twin())
    tables = 3
    for _ in range(4):
        steps = steps_of(chance)
        for one in both:
            one.begin(steps)
        at = 0
        while at < len(steps.op):
            tables += chance.choice((0, 0, 1, 40))
            holders = holders_of(chance, tables)
            source, target = (chance.randrange(1, tables) for _ in range(2))
            places = [one.walk(at, holders, tables) for one in both]
            assert places[0] == places[1]
            assert np.array_equal(both[0].log, both[1].log)
            for one in both:
                one.fork(source, target)
            at = places[0] + 1
        keys = np.array([chance.randrange(1, tables) << 32 | chance.randrange(4) for _ in range(9)], np.int64)
        dropped = np.array([chance.randrange(1, tables)], np.int64)
        for one in both:
            one.set(np.unique(keys), np.arange(len(np.unique(keys))))
            one.drop(dropped)
            one.replace(replaced)
        assert held(both[0], tables) == held(both[1], tables)
        assert np.array_equal(both[0].get(keys), both[1].get(keys))


def test_many_descriptors_of_many_tables() -> None:
    one = native()
    keys = np.arange(1, 301, dtype=np.int64)[:, None] << 32 | np.arange(100)
    one.set(keys.ravel(), np.arange(1, 30_001))
    one.fork(300, 9000)
    assert one.get(np.array([9000 << 32 | 99, 9000 << 32 | 100]))[:2].tolist() == [30_000, 0]
    one.drop(np.arange(1, 301))
    assert sorted(one.values(9000)[1].tolist()) == list(range(29_901, 30_001))
    for turn in range(50):  # tables that come and go leave no more than what is there
        one.set((9001 + turn) << 32 | np.arange(10_000), np.ones(10_000, np.int64))
        one.drop(np.array([9001 + turn]))
    assert len(one.values(9000)[1]) == 100
