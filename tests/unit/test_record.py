"""Records of tracepoints: texts of fixed and of any length, numbers, and what is not there."""

from __future__ import annotations

import struct

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sonde.catalog.event import Place
from sonde.engines.record import number_in, slice_of, text_of
from sonde.plan.batch import Views

FIXED, TOLD, NUMBER = Place(0, 8), Place(8, 4, told=True), Place(12, 2)


def views(records: list[bytes | None]) -> Views:
    """Slices of one buffer; None: missing."""
    lengths = np.array([-1 if record is None else len(record) for record in records], np.int32)
    data = np.frombuffer(b"".join(record or b"" for record in records), np.uint8)
    offsets = np.cumsum(np.maximum(lengths, 0)) - np.maximum(lengths, 0)
    return Views(data, offsets.astype(np.int64), lengths, lengths)


def record(fixed: bytes, told: bytes, number: int) -> bytes:
    """A record with a text of 8 bytes, one behind the fixed part, and a number."""
    head = fixed[:8].ljust(8, b"\0") + struct.pack("<Ih", 14 | (len(told) + 1) << 16, number)
    return head + told + b"\0"


TEXT = st.binary(max_size=30).map(lambda text: text.replace(b"\0", b"x"))
RECORDS = st.lists(st.none() | st.tuples(TEXT, TEXT, st.integers(-(1 << 15), (1 << 15) - 1)), max_size=20)


@given(RECORDS)
def test_what_was_written_is_read(written: list[tuple[bytes, bytes, int] | None]) -> None:
    found = views([None if one is None else record(*one) for one in written])
    fixed, told = text_of(found, FIXED), text_of(found, TOLD)
    numbers = number_in(found, NUMBER, signed=True)
    for row, one in enumerate(written):
        assert (fixed[row], told[row]) == ((None, None) if one is None else (one[0][:8], one[1]))
        assert numbers[row] == (0 if one is None else one[2])


def test_a_record_that_was_cut() -> None:
    whole = record(b"name", b"behind", 7)
    cut = views([whole[:13], whole[:16], whole])
    assert [text_of(cut, TOLD)[row] for row in range(3)] == [None, None, b"behind"]
    assert slice_of(cut, NUMBER).length.tolist() == [-1, 2, 2]
    assert [text_of(cut, FIXED)[row] for row in range(3)] == [b"name"] * 3
