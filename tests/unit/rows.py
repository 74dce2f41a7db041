"""Hand-built batches for tests: processes, files and events one at a time."""

from __future__ import annotations

import socket
from typing import Any

import numpy as np

from sonde.catalog.event import EXIT_EVENTS
from sonde.catalog.lookup import EVENTS
from sonde.catalog.types import Kind
from sonde.plan.batch import PHYSICAL, Batch, Payloads, Vector
from sonde.plan.files import Node
from sonde.plan.state import State

__all__ = ["NUMBERS", "START", "Rows", "texts", "values"]

START = 1_700_000_000_000_000_000
NUMBERS = {event.name: nr for nr, event in EVENTS.items() if nr < 512} | EXIT_EVENTS
TEXTS = ("comm", "pcomm", "argv", "tty")


class Rows:
    """A batch and its state in the making."""

    def __init__(self) -> None:
        self.state = State(epoch=START, start=START)
        self.columns: dict[str, list[int]] = {name: [] for name in PHYSICAL}
        self.pointers: list[tuple[int, int, bytes]] = []
        self.nodes = 0

    def process(self, ident: int, **fields: Any) -> int:
        """A process record; texts are bytes."""
        self.state.processes.ensure(ident)
        row = self.state.processes.rows[ident]
        row["known"] = 1
        for name, value in {"tid": 100 + ident, "pid": 100 + ident, "loginuid": 0xFFFFFFFF, **fields}.items():
            row[name] = self.state.strings.intern(value) if name in TEXTS else value
        self.state.processes.added(ident)
        return ident

    def node(self, name: bytes = b"", parent: int = 0, mode: int = 0o100644, flags: int = 0, **fields: Any) -> int:
        """One row of Files."""
        self.nodes += 1
        self.state.files.ensure(self.nodes)
        row = self.state.files.rows[self.nodes]
        row["known"], row["name"], row["parent"] = 1, self.state.strings.intern(name) if name else 0, parent
        row["mode"], row["flags"] = mode, flags
        for key, value in fields.items():
            row[key] = self.state.strings.intern(value) if key in ("lip", "rip") else value
        return self.nodes

    def file(self, path: bytes, mode: int = 0o100644, **fields: Any) -> int:
        """A file by its absolute path."""
        parent = self.node(flags=Node.MOUNT | Node.ROOT, mode=0o040755)
        names = [part for part in path.split(b"/") if part]
        for name in names[:-1]:
            parent = self.node(name, parent, 0o040755)
        return self.node(names[-1], parent, mode, **fields) if names else parent

    def tcp(self, local: tuple[bytes, int], remote: tuple[bytes, int], role: int = 0, **fields: Any) -> int:
        """A connected TCP socket."""
        more: dict[str, Any] = {"family": socket.AF_INET, "proto": 6, "stype": 1, "state": 1, **fields}
        ends: dict[str, Any] = {"lip": local[0], "lport": local[1], "rip": remote[0], "rport": remote[1], "role": role}
        return self.node(mode=0o140777, flags=Node.SOCK, **ends, **more)

    def add(self, event: str, *arguments: int, point: dict[int, bytes] | None = None, **columns: int) -> int:
        """An event; `point` are the payloads by argument."""
        row = len(self.columns["nr"])
        words = {f"a{i}": word & (1 << 64) - 1 for i, word in enumerate(arguments)}
        given = {"num": row + 1, "time": START + row * 1000, "latency": -1, "nr": NUMBERS[event], **words, **columns}
        for name, column in self.columns.items():
            column.append(given.get(name, 0))
        self.pointers += [(row, argument, data) for argument, data in sorted((point or {}).items())]
        return row

    def batch(self) -> Batch:
        """What was added."""
        columns = {name: np.array(column, PHYSICAL[name][0]) for name, column in self.columns.items()}
        lengths = np.array([len(data) for _, _, data in self.pointers], np.int32)
        offsets = np.cumsum(lengths, dtype=np.int64) - lengths
        payloads = Payloads(
            np.array([row for row, _, _ in self.pointers], np.int64),
            np.array([argument for _, argument, _ in self.pointers], np.uint8),
            offsets,
            lengths,
            lengths,
            np.frombuffer(b"".join(data for _, _, data in self.pointers), np.uint8),
        )
        return Batch(columns, payloads, self.state)


def values(vector: Vector | tuple[Vector, ...], state: State) -> list[Any]:
    """Python values of a vector, None where missing."""
    assert isinstance(vector, Vector)
    if vector.kind is Kind.STR:
        return [state.strings[i] if i else None for i in vector.values.tolist()]
    if vector.kind is Kind.BYTES:
        assert vector.views is not None
        return [vector.views[row] for row in range(len(vector.views))]
    pairs = zip(vector.values.tolist(), vector.present().tolist(), strict=True)
    return [value if there else None for value, there in pairs]


def texts(vector: Vector | tuple[Vector, ...], state: State) -> list[bytes | None]:
    """`values` of a vector of texts."""
    return values(vector, state)
