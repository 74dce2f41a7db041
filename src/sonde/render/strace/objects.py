"""Operations of the strace face as JSON, one object a line: calls when they have returned, signals and ends of threads.

    {"time":1700000000000000000,"pid":12,"comm":"cat","syscall":"openat","args":{"dirfd":"AT_FDCWD",
     "name":"/etc/passwd","flags":"O_RDONLY","mode":"000"},"result":3,"text":"3","duration_ns":5123}

`time` is when the call was entered (of other events, when they happened), ns since the epoch; `pid` the thread, as in
strace's lines. Members of `args` are the arguments in order: numbers, strings and data (cut by -s) as JSON has them,
all else as strace's text. `result` is -1 with `error` for a call that failed, null for one that never returned; `text`
is what strace shows of it. A call whose entry was not seen has `"partial":true`. Signals have `event` "signal" with
`signal` and `info`, ends "exit" with `code`, or "killed" with `signal` and `core`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from sonde.catalog.kernel_names import KERNEL_NAMES
from sonde.native.escape import quote
from sonde.native.join import join
from sonde.native.ops import Op, Text, literal, pool, sint, text, uint, view
from sonde.plan.batch import Batch, Views
from sonde.plan.pairs import entered
from sonde.render.strace.options import Options
from sonde.render.strace.pieces import Calls, chosen
from sonde.render.strace.renderer import StraceRenderer
from sonde.render.strace.threads import Kind, Rows

__all__ = ["StraceJson"]

Array = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
_NAMES = [quote(name.encode()) for name in KERNEL_NAMES]
_CALLED = np.frombuffer(b"".join(_NAMES), np.uint8), np.cumsum([0, *map(len, _NAMES)]).astype(np.int64)


class StraceJson(StraceRenderer):
    """The objects of one output; `decode` is `Decoder.texts` with Decoding.json."""

    def __init__(self, options: Options, decode: Callable[[Batch], Calls]) -> None:
        super().__init__(replace(options, to_file=True), decode)

    def flush_each(self) -> dict[int, bytes]:
        """Nothing: objects are whole."""
        return {}

    def _lines(self, batch: Batch) -> tuple[Text, Rows, Array]:
        calls = self.decode(batch)
        rows = self._threads.rows(batch, calls.complete)
        begun = self._beginnings(batch, calls)
        rows = rows.take(self._wanted(batch, rows))
        if self.options.separate:
            rows = rows.take(np.argsort(batch.columns["tid"][rows.row], kind="stable"))
        output = batch.columns["tid"].astype(np.int64)[rows.row]
        lines = rows.kind == Kind.LINE
        lines[list(rows.lines)] = False
        template = np.select([lines, rows.kind == Kind.LINE, rows.kind == Kind.GONE], [0, 3, 1], 2).astype(np.uint16)
        parts = [
            self._event(batch, calls, rows.row[lines]),
            self._call(batch, calls, rows, template == 1, begun),
            self._call(batch, calls, rows, template == 2, begun),
            [],
        ]
        return join(len(template), template, parts), rows, output

    def _beginnings(self, batch: Batch, calls: Calls) -> Views:
        begins = entered(batch)
        at = np.flatnonzero(begins)
        head = literal(b'"args":{')
        opened = [
            *_opening(batch, at),
            literal(b'"syscall":'),
            pool(batch.columns["nr"][at], *_CALLED),
            literal(b","),
            head,
        ]
        return self._kept(batch, calls, begins, join(len(batch), (~begins).astype(np.uint16), [opened, []]))

    def _event(self, batch: Batch, calls: Calls, at: Array) -> list[Op]:
        return [*_opening(batch, at), view(calls.head.views().take(at)), literal(b"}\n")]

    def _call(self, batch: Batch, calls: Calls, rows: Rows, which: Bools, begun: Views) -> list[Op]:
        """The objects of calls that returned, or never will."""
        at, gone = rows.row[which], bool((rows.kind[which] == Kind.GONE).any())
        known = begun.take(at)
        missing = known.length <= 0
        name = pool(rows.nr[which][missing], *_CALLED)
        without = [*_opening(batch, at[missing]), literal(b'"partial":true,"syscall":'), name, literal(b',"args":{')]
        opened = text(join(len(at), missing.astype(np.uint16), [[view(known.take(np.flatnonzero(~missing)))], without]))
        if gone:
            return [opened, literal(b'},"result":null}\n')]
        everything = np.ones(len(at), np.bool_)
        tail, result = (chosen(part.views(), at, everything) for part in (calls.tail, calls.result))
        comma = missing & (tail.length > 0)
        comma[comma] = tail.data[tail.offset[comma]] == ord(b",")
        tail = Views(tail.data, tail.offset + comma, (tail.length - comma).astype(np.int32), tail.full)
        latency = batch.columns["latency"].astype(np.int64)[at]
        spent = sint(latency, missing=latency < 0, absent=b"null")
        return [opened, view(tail), literal(b"},"), view(result), literal(b',"duration_ns":'), spent, literal(b"}\n")]


def _opening(batch: Batch, at: Array) -> list[Op]:
    """`{"time":1,"pid":2,"comm":"cat",`; without a name where it is not known."""
    strings = batch.state.strings
    ops = [literal(b'{"time":'), sint(batch.columns["time"].astype(np.int64)[at]), literal(b',"pid":')]
    ops.append(uint(batch.columns["tid"][at]))
    if "proc" in batch.columns:
        ids = batch.state.processes.column("comm", batch.columns["proc"][at].astype(np.uint32)).astype(np.uint32)
        named = strings.map(ids, "json comm", lambda name: b',"comm":' + quote(name))
        ops.append(pool(named, *strings.packed()))
    return [*ops, literal(b",")]
