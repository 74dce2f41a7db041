"""The tables of state as columns, read from /proc and the user database when they are asked for."""

from __future__ import annotations

import pwd
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from sonde.catalog.state import STATE
from sonde.catalog.types import Kind
from sonde.engines.columns import Column, Columns
from sonde.sources.procfs.files import files
from sonde.sources.procfs.processes import processes, threads
from sonde.sources.procfs.sockets import sockets

__all__ = ["Read", "columns_of_state", "read_state", "signed"]

Row = tuple[Any, ...]


class Read(NamedTuple):
    """A table's `columns` (numbers masked where missing, texts as objects, None where missing) and `unread`, the number
    of processes of which this user may not know."""

    columns: Columns
    unread: int


_WORD = (1 << 64) - 1


def read_state(table: str) -> Read:
    """A table of catalog/state.py as it is now. Processes that end meanwhile are left out."""
    rows, unread = _READERS[table]()
    return Read(columns_of_state(table, rows), unread)


def columns_of_state(table: str, rows: Sequence[Row]) -> Columns:
    """Rows of a table of catalog/state.py as its columns."""
    columns = list(zip(*rows, strict=True)) or [()] * len(STATE[table].columns)
    kinds = [column.type.kind for column in STATE[table].columns]
    names = [column.name for column in STATE[table].columns]
    return dict(zip(names, map(_column, columns, kinds), strict=True))


def _column(values: Iterable[Any], kind: Kind) -> Column:
    found = list(values)
    if kind is Kind.STR:
        texts = np.empty(len(found), object)
        texts[:] = found
        return texts
    missing = np.array([value is None for value in found], np.bool_)
    return np.ma.masked_array(signed(found), mask=missing)


def signed(values: Iterable[int | None]) -> npt.NDArray[np.int64]:
    """Numbers as signed ones, 0 where there is none: inode numbers may have all 64 bits."""
    return np.array([(value or 0) & _WORD for value in values], np.uint64).view(np.int64)


def _mounts() -> tuple[list[Row], int]:
    """proc(5), /proc/PID/mountinfo."""
    rows: list[Row] = []
    with open("/proc/self/mountinfo", encoding="utf-8", errors="backslashreplace") as file:
        for line in file:
            before, _, after = line.rstrip("\n").partition(" - ")
            ident, parent, _, root, path, options, *_ = before.split(" ")
            kind, source, *_ = after.split(" ")
            rows.append((int(ident), int(parent), _plain(path), _plain(root), kind, _plain(source), options))
    return rows, 0


def _plain(text: str) -> str:
    """Blanks and backslashes are octal there."""
    for code, char in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        text = text.replace(code, char)
    return text


def _users() -> tuple[list[Row], int]:
    return [(u.pw_uid, u.pw_name, u.pw_gid, u.pw_dir, u.pw_shell) for u in pwd.getpwall()], 0


_READERS: Mapping[str, Callable[[], tuple[list[Row], int]]] = {
    "processes": processes, "threads": threads, "files": files, "sockets": sockets, "mounts": _mounts, "users": _users,
}  # fmt: skip
