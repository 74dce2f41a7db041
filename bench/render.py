"""Default lines and JSON objects a second of CPU, from synthetic columns: `python bench/render.py [rows]`."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Sequence

import numpy as np

from sonde.catalog.types import INT, STR, TIME, Kind
from sonde.native.join import join
from sonde.native.ops import literal, sint, uint
from sonde.plan.batch import Batch, Payloads, Vector
from sonde.plan.state import State
from sonde.render.items import Item
from sonde.render.json import JsonRenderer
from sonde.render.lines import LineRenderer

__all__ = ["main"]

FORMAT: Sequence[bytes | Item] = [
    Item("evt.num", INT), b" ", Item("evt.outputtime", TIME), b" ", Item("evt.cpu", INT), b" ", Item("proc.name", STR),
    b" (", Item("thread.tid", INT), b") ", Item("evt.dir", STR), b" ", Item("evt.type", STR), b" ",
    Item("evt.info", STR),
]  # fmt: skip
ROUNDS = 15


def columns(rows: int) -> tuple[Batch, list[Vector | None]]:
    """A batch of `rows` reads and opens of 300 processes, and the vectors of FORMAT."""
    random, state = np.random.default_rng(1), State()
    names = state.strings.intern_all(b"process-%d" % i for i in range(300))
    kinds = state.strings.intern_all([b"read", b"openat", b"write", b"close"])
    exits = np.full(rows, state.strings.intern(b"<"), np.uint32)
    results, fds = sint(random.integers(-20, 5000, rows)), uint(random.integers(0, 99, rows))
    path = literal(b"(<f>/usr/lib/python3/x.py) size=4096 ")
    info = join(rows, None, [[literal(b"res="), results, literal(b" fd="), fds, path]])
    times = 1_700_000_000 * 10**9 + np.cumsum(random.integers(0, 2000, rows))
    vectors = [
        Vector(Kind.INT, np.arange(rows, dtype=np.uint64)), None,
        Vector(Kind.INT, random.integers(0, 2, rows, np.uint16)),
        Vector(Kind.STR, random.choice(names, rows)), Vector(Kind.INT, random.integers(1, 99_999, rows, np.uint32)),
        Vector(Kind.STR, exits), Vector(Kind.STR, random.choice(kinds, rows)),
        Vector(Kind.BYTES, np.diff(info.offsets), views=info.views()),
    ]  # fmt: skip
    return Batch({"time": times}, Payloads.none(), state), vectors


def rate(renderer: LineRenderer | JsonRenderer, batch: Batch, vectors: Sequence[Vector | None]) -> float:
    """Rows a second of CPU, the median of ROUNDS."""
    seconds = []
    for _ in range(ROUNDS):
        start = time.process_time()
        renderer.render(vectors, batch)
        seconds.append(time.process_time() - start)
    return len(batch) / statistics.median(seconds)


def main() -> None:
    """Print the rates."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    batch, vectors = columns(rows)
    for name, renderer in (("default text", LineRenderer(FORMAT)), ("json", JsonRenderer(FORMAT))):
        print(f"{name:14} {rate(renderer, batch, vectors):12,.0f} rows/s of CPU, {rows:,} rows a batch")


if __name__ == "__main__":
    main()
