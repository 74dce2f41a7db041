"""Rows of a table into Batches: what is whole, in time order, and never in memory that somebody still holds."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sonde.kernel.codegen import Layout
from sonde.kernel.rows import Waiting
from sonde.native import twin
from sonde.native.link import link
from sonde.native.spread import spread
from sonde.plan.state import State
from sonde.sources.live.assemble import Assembler, Blocks

LAYOUT = Layout.of(("time", "nr", "flags", "res", "a0"))
Rows = npt.NDArray[Any]


def table(times: list[int], stamp: int = 1) -> Rows:
    """Rows with consecutive stamps; a0 is the stamp too."""
    rows = np.zeros(len(times), LAYOUT.dtype)
    rows["time"], rows["stamp"] = times, np.arange(stamp, stamp + len(times))
    rows["a0"], rows["res"], rows["nr"] = rows["stamp"], -rows["time"], rows["stamp"] % 7
    return rows


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_spread_equals_its_twin(data: st.DataObject) -> None:
    count, at = data.draw(st.integers(0, 300)), data.draw(st.integers(0, 5))
    random = np.random.default_rng(data.draw(st.integers(0, 1000)))
    rows = np.frombuffer(random.bytes(count * LAYOUT.dtype.itemsize), "u1").copy().view(LAYOUT.dtype)
    rows["stamp"] = np.arange(9, 9 + count)
    if count and data.draw(st.booleans()):
        rows["stamp"][data.draw(st.integers(0, count - 1))] = data.draw(st.sampled_from([0, 8, 2**64 - 1]))
    types = {name: LAYOUT.dtype[name] for name in LAYOUT.columns}
    both = [{name: np.zeros(at + count + 3, kind) for name, kind in types.items()} for _ in range(2)]
    assert spread(rows, 9, both[0], at) == twin.spread(rows, 9, both[1], at)
    for name in types:
        assert both[0][name].tobytes() == both[1][name].tobytes()


@pytest.mark.parametrize(
    "columns",
    [
        {"time": np.zeros(2, "i8")},
        {"time": np.zeros(9, "u8")},
        {"time": np.zeros(18, "i8")[::2]},
        {"time": np.zeros(9, "i8"), "nr": np.zeros(3, "u2")},
    ],
)
def test_columns_without_room_are_refused(columns: dict[str, Rows]) -> None:
    with pytest.raises(ValueError):
        spread(table([1, 2, 3]), 1, columns, 1)


def test_rows_come_in_time_order_up_to_the_moment_asked_for() -> None:
    assembler = Assembler(LAYOUT, State(epoch=1000))
    assert assembler.take(1 << 62) is None
    one, two = table([10, 30, 50], stamp=5), table([20, 25, 60], stamp=1)
    assert assembler.add([Waiting([one[:2], one[2:]], 5), Waiting([two], 1)]) == [3, 3]
    batch = assembler.take(30)
    assert batch and batch.columns["time"].tolist() == [1010, 1020, 1025, 1030]
    assert batch.columns["a0"].tolist() == [5, 1, 2, 6] and batch.columns["res"].tolist() == [-10, -20, -25, -30]
    assert assembler.take(30) is None
    assert assembler.add([Waiting([table([55], stamp=8)], 8)]) == [1]
    rest = assembler.take(1 << 62)
    assert rest and rest.columns["time"].tolist() == [1050, 1055, 1060] and rest.columns["a0"].tolist() == [7, 8, 3]
    assert batch.columns["a0"].tolist() == [5, 1, 2, 6]


def test_a_row_that_is_not_whole_ends_its_cpus_rows() -> None:
    assembler = Assembler(LAYOUT, State())
    torn, other = table([1, 2, 3, 4]), table([5])
    torn["stamp"][1] = 0
    assert assembler.add([Waiting([torn[:2], torn[2:]], 1), Waiting([other], 1)]) == [1, 1]
    torn["stamp"][1] = 2
    assert assembler.add([Waiting([torn[1:]], 2)]) == [3]
    batch = assembler.take(1 << 62)
    assert batch and batch.columns["time"].tolist() == [1, 2, 3, 4, 5]


def test_memory_is_used_again_only_when_nobody_holds_it() -> None:
    blocks = Blocks()
    types: dict[str, np.dtype[Any]] = {"a": np.dtype("u8"), "b": np.dtype("u2")}
    first = blocks.columns(types, 100)
    first["a"][:], first["b"][:] = 7, 7
    held = first.pop("b")[10:20]
    second = blocks.columns(types, 100)
    assert not np.shares_memory(first["a"], second["a"])
    second["a"][:] = second["b"][:] = 8
    assert held.tolist() == [7] * 10
    where = first.pop("a").__array_interface__["data"][0]
    del held
    assert where in [blocks.columns(types, n)["a"].__array_interface__["data"][0] for n in (99, 100)]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 9) | st.integers(0, 2**64 - 1)), st.lists(st.integers(0, 9) | st.integers(0, 2**64 - 1)))
def test_link_equals_its_twin(rows: list[int], wanted: list[int]) -> None:
    numbers = np.array(rows, np.uint64), np.array([*wanted, *rows], np.uint64)
    found = link(*numbers)
    assert found.tolist() == twin.link(*numbers).tolist()
    assert found.tolist() == [rows.index(n) if n in rows else -1 for n in [*wanted, *rows]]


def record(seq: int, argument: int, data: bytes, full: int, failed: bool = False) -> bytes:
    body = struct.pack("<QBBHI", seq, argument, 0, failed, full) + data
    return struct.pack("<II", len(body), 0) + body + bytes(-len(body) % 8)


def test_payloads_wait_for_their_rows() -> None:
    layout = Layout.of(("time", "seq"))
    assembler = Assembler(layout, State())

    def add(times: list[int], numbers: list[int], stamp: int) -> None:
        rows = np.zeros(len(times), layout.dtype)
        rows["time"], rows["seq"], rows["stamp"] = times, numbers, np.arange(stamp, stamp + len(times))
        assert assembler.add([Waiting([rows], stamp)]) == [len(times)]

    def told(records: list[bytes]) -> None:
        data = np.frombuffer(b"".join(records), np.uint8)
        assert assembler.add_payloads(data, 0, len(data)) == len(data)

    number = {n: n << 12 | n % 2 for n in range(9)}
    add([30, 10, 20, 50], [number[3], number[1], 0, number[4]], 1)
    told([record(number[3], 0, b"c", 1), record(number[1], 1, b"aa", 99), record(number[1], 3, b"", 7, failed=True)])
    told([record(number[4], 2, b"dddd", 4), record(number[2], 0, b"gone", 4), record(number[6], 5, b"later", 5)])
    batch = assembler.take(30)
    assert batch
    payloads = batch.payloads
    assert (payloads.row.tolist(), payloads.argument.tolist()) == ([0, 0, 2], [1, 3, 0])
    assert (payloads.length.tolist(), payloads.full.tolist()) == ([2, -1, 1], [99, 7, 1])
    assert [payloads.of_argument(i, 3)[row] for row, i in ((0, 1), (0, 3), (2, 0))] == [b"aa", None, b"c"]
    add([60], [number[6]], 5)
    told([record(number[6], 0, b"more", -1 & 0xFFFFFFFF)])
    batch = assembler.take(1 << 62)
    assert batch
    payloads = batch.payloads
    assert (payloads.row.tolist(), payloads.argument.tolist()) == ([0, 1, 1], [2, 0, 5])
    assert [payloads.of_argument(i, 2)[row] for row, i in ((0, 2), (1, 0), (1, 5))] == [b"dddd", b"more", b"later"]
    assert payloads.full.tolist() == [4, -1, 5]
