"""Groups of rows: what a dictionary of Python says."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from sonde.catalog.lookup import by_name
from sonde.engines.columns import Columns
from sonde.engines.context import Context
from sonde.engines.gathered import Gathered
from sonde.engines.group import counted, group_rows
from sonde.plan.batch import Batch, Payloads
from sonde.plan.expr import Field
from sonde.plan.files import Node
from sonde.plan.ops import BUCKETS, Aggregate, Measure
from sonde.plan.state import State

READ, CLOSE = by_name("read")[0].number, by_name("close")[0].number
LATENCY = Field("evt.latency")
ROWS = st.lists(
    st.tuples(
        st.sampled_from((READ, CLOSE)), st.integers(0, 3), st.integers(-1, 1 << 62), st.integers(-4095, 1 << 40)
    ),
    min_size=1, max_size=60,
)  # fmt: skip


def batch(rows: list[tuple[int, int, int, int]]) -> Batch:
    """Events with a type, a CPU, a latency (-1: none) and a result."""
    nr, cpu, latency, res = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    columns: dict[str, npt.NDArray[Any]] = {
        "nr": nr.astype(np.uint16), "cpu": cpu.astype(np.uint16), "latency": latency, "res": res,
        "flags": np.zeros(len(rows), np.uint32), "time": np.arange(len(rows)),
    }  # fmt: skip
    return Batch(columns, Payloads.none(), State())


@given(ROWS)
def test_groups_are_those_of_a_dictionary(rows: list[tuple[int, int, int, int]]) -> None:
    events = batch(rows)
    kinds = ("count", "sum", "min", "max", "log2_hist")
    aggregate = Aggregate((Field("evt.type"), Field("evt.cpu")), tuple(Measure(kind, LATENCY) for kind in kinds))
    found = group_rows(events, aggregate, Context(events.state))
    expected: dict[tuple[int, int], list[int]] = defaultdict(list)
    for nr, cpu, latency, _ in rows:
        expected[nr, cpu].append(latency)
    keys = zip(found.keys.columns["nr"].tolist(), found.keys.columns["cpu"].tolist(), strict=True)
    places = {key: row for row, key in enumerate(keys)}
    assert places.keys() == expected.keys() and len(places) == len(found.keys)
    for key, latencies in expected.items():
        row, there = places[key], [latency for latency in latencies if latency >= 0]
        assert found.measures[Measure("count")][row] == len(latencies)
        assert found.measures[Measure("count", LATENCY)][row] == len(there)
        if there:
            assert found.measures[Measure("sum", LATENCY)][row] == (sum(there) + (1 << 63)) % (1 << 64) - (1 << 63)
            assert found.measures[Measure("min", LATENCY)][row] == min(there)
            assert found.measures[Measure("max", LATENCY)][row] == max(there)
        histogram = [0] * BUCKETS
        for latency in there:
            histogram[latency.bit_length()] += 1
        assert found.measures[Measure("log2_hist", LATENCY)][row].tolist() == histogram


@given(ROWS)
def test_keys_that_may_be_missing(rows: list[tuple[int, int, int, int]]) -> None:
    events = batch(rows)
    found = group_rows(events, Aggregate((LATENCY,), ()), Context(events.state))
    assert len(found.keys) == len({max(latency, -1) for _, _, latency, _ in rows})
    assert found.measures[Measure("count")].sum() == len(rows)


def test_one_group_without_keys() -> None:
    events = batch([(READ, 0, 5, 1), (CLOSE, 1, 6, 2)])
    found = group_rows(events, Aggregate((), (Measure("sum", Field("evt.rawres")),)), Context(events.state))
    assert found.measures[Measure("sum", Field("evt.rawres"))].tolist() == [3]


@given(rows=ROWS, often=st.integers(1, 9))
def test_rows_that_are_alike_are_counted(rows: list[tuple[int, int, int, int]], often: int) -> None:
    """Many rows of few kinds, which are put together first, and each row for itself."""
    events = batch((rows * 400)[: 300 * often])
    buflen = Field("evt.buflen")
    kinds = ("count", "sum", "min", "max", "log2_hist")
    aggregate = Aggregate((Field("evt.cpu"),), tuple(Measure(kind, buflen) for kind in kinds))
    context = Context(events.state)
    found = counted(events, aggregate)
    assert found is not None and len(found[0]) <= len(set(rows)) and found[1].sum() == len(events)
    together = group_rows(found[0], aggregate, context, found[1])
    apart = group_rows(events, aggregate, context)
    assert together.keys.columns["cpu"].tolist() == apart.keys.columns["cpu"].tolist()
    for measure, values in apart.measures.items():
        assert together.measures[measure].tolist() == values.tolist()


@given(
    rows=ROWS, cuts=st.lists(st.integers(0, 60), max_size=6), often=st.booleans(), keyed=st.booleans(),
    measured=st.sampled_from((LATENCY, Field("evt.rawres"))),
)  # fmt: skip
def test_groups_of_batches_are_those_of_one(
    rows: list[tuple[int, int, int, int]], cuts: list[int], often: bool, keyed: bool, measured: Field
) -> None:  # fmt: skip
    """Of keys that are numbers, some missing, and texts; however often they are put together on the way. Rows wait if a
    field has few values (a result), or do not (a latency)."""
    events, kinds = batch(rows), ("count", "sum", "min", "max", "log2_hist")
    keys = (Field("evt.type"), Field("evt.buflen")) if keyed else ()
    aggregate, context = Aggregate(keys, tuple(Measure(kind, measured) for kind in kinds)), Context(events.state)
    gathered, whole = Gathered(aggregate), Gathered(aggregate)
    for part in filter(len, np.split(np.arange(len(rows)), sorted(cuts))):
        gathered.add(events.take(part), context)
        if often:
            gathered.put_together()
    whole.add(events, context)
    assert table(gathered.columns()) == table(whole.columns()) and gathered.rows == whole.rows


def table(columns: Columns) -> list[tuple[Any, ...]]:
    """The rows of a table in some order."""
    return sorted(zip(*(values.tolist() for values in columns.values()), strict=True), key=repr)


def test_files_of_one_name_are_one_group() -> None:
    """Several records of a path, a name that is no UTF-8, a parent and a file that nothing is told of; over batches."""
    state = State()
    files, strings = state.files, state.strings
    places = files.ensure_all(np.arange(1, 7, dtype=np.uint32))
    told = [(b"/", Node.MOUNT | Node.ROOT, 0), (b"a", 0, 1), (b"b\xff", 0, 2), (b"b\xff", 0, 2), (b"c", 0, 60)]
    for place, (name, flags, parent) in zip(places.tolist(), told, strict=False):
        row = files.rows[place : place + 1]
        row["known"], row["name"], row["flags"], row["parent"] = 1, strings.intern(name), flags, parent
    file = np.array([3, 4, 5, 6, 2, 3, 3], np.uint32)
    size = np.array([1, 2, 4, 8, 16, 32, 32])
    zeros = np.zeros(len(file), np.uint32)
    columns: dict[str, npt.NDArray[Any]] = {
        "nr": zeros.astype(np.uint16) + READ, "flags": zeros, "res": size, "file": file, "dir": zeros, "proc": zeros,
    }  # fmt: skip
    events, context = Batch(columns, Payloads.none(), state), Context(state)
    total = Measure("sum", Field("evt.buflen"))
    gathered = Gathered(Aggregate((Field("fd.name"),), (total,)))
    for rows in np.array_split(np.arange(len(file)), 3):
        gathered.add(events.take(rows), context)
    found = gathered.columns()
    sums = dict(zip(found["fd.name"].tolist(), found[total.column].tolist(), strict=True))
    assert sums == {"/a/b\\xff": 67, "/c": 4, None: 8, "/a": 16}
