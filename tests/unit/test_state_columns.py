"""Rows of tables of state as columns."""

from __future__ import annotations

from sonde.catalog.state import STATE
from sonde.sources.procfs.tables import columns_of_state


def test_numbers_of_64_bits() -> None:
    """An inode number may have all of them; what is missing stays so."""
    columns = [column.name for column in STATE["files"].columns]
    rows = [tuple({"pid": -1, "inode": ino, "path": "/x", "type": "file"}.get(name) for name in columns)
            for ino in ((1 << 64) - 2, 7, None)]  # fmt: skip
    found = columns_of_state("files", rows)
    assert found["inode"].tolist() == [-2, 7, None] and found["pid"].tolist() == [-1, -1, -1]
