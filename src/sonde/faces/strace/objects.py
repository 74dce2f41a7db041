"""`sonde strace --json` without root: strace's output read again, its operations taken apart into enter and exit."""

from __future__ import annotations

import signal
import sys
import time
from dataclasses import replace
from types import FrameType

import numpy as np
import numpy.typing as npt

from sonde.ask import die_of
from sonde.engines.strace.calls import Decoder
from sonde.faces.strace import meaning
from sonde.faces.strace.options import Asked
from sonde.faces.strace.outputs import Output
from sonde.plan.batch import ENTER_ROW, Batch, Payloads
from sonde.plan.expr import TRUE
from sonde.query import event_name
from sonde.render.receipt import receipt, receipt_json
from sonde.render.strace.objects import StraceJson
from sonde.sources.strace.running import Traced
from sonde.sources.strace.source import StraceRun, Wanted

__all__ = ["events_of", "objects"]


def objects(asked: Asked, why: str) -> int:
    """Run strace and print one object an operation; -> the command's status."""
    out, began = Output(asked), time.monotonic()
    decoding, layout = meaning.decoding(asked), meaning.layout(asked)
    renderer = StraceJson(layout, Decoder(decoding).texts)
    source = StraceRun(Wanted(TRUE, meaning.shown(asked), snaplen=asked.limit), why)
    status, shown = None, 0
    ended_by: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        ended_by.append(number)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        child = _started(source, asked)
        while (status := child.poll()) is None and not (ended_by and asked.pids):
            while ended_by and asked.command:  # a command gets the signal too, and is waited for
                child.kill(ended_by.pop())
            shown += _print(source.poll(), renderer, out, asked)
        shown += _print(source.stop(), renderer, out, asked)
        out.write(renderer.flush())
        told = receipt(
            replace(source.counters(), delivered=shown), time.monotonic() - began, event_name, aside=source.aside()
        )
        sys.stderr.write(receipt_json(told))
        sys.stderr.flush()
    finally:
        source.close()
        out.close()
        for number, handler in before.items():
            signal.signal(number, handler)
    fatal = -status if status is not None and status < 0 else ended_by[-1] if ended_by else 0
    if fatal:
        die_of(fatal)
    return status or 0


def _started(source: StraceRun, asked: Asked) -> Traced:
    if asked.command:
        return source.launch(asked.command)
    for pid in asked.pids:
        source.follow(pid)
    return source.attach()


def _print(batch: Batch | None, renderer: StraceJson, out: Output, asked: Asked) -> int:
    """Print the rows that were asked for; -> how many."""
    if batch is None:
        return 0
    batch = batch.take(np.flatnonzero(meaning.shown(asked)[batch.columns["nr"]]))
    if len(batch):
        out.write(renderer.render(events_of(batch)))
    return len(batch)


def events_of(batch: Batch) -> Batch:
    """Each finished call as two rows, one when it began and one when it ended, in time order."""
    columns = batch.columns
    latency = columns["latency"].astype(np.int64)
    nr, flags = columns["nr"].astype(np.int64), columns["flags"].astype(np.int64)
    ended = np.flatnonzero(((nr < 512) | (nr >= 1024)) & (flags & ENTER_ROW == 0))
    rows = np.concatenate((np.arange(len(batch)), ended))
    enters = np.concatenate((np.zeros(len(batch), np.bool_), np.ones(len(ended), np.bool_)))
    when = columns["time"][rows].astype(np.int64) - np.where(enters, np.maximum(latency[rows], 0), 0)
    order = np.lexsort((~enters, rows, when))
    rows, enters = rows[order], enters[order]
    made = {name: values[rows] for name, values in columns.items()}
    made["time"] = when[order]
    made["flags"] = (flags[rows] | enters * ENTER_ROW).astype(np.uint32)
    made["latency"] = np.where(enters, 0, latency[rows])
    return replace(batch, columns=made, payloads=_copied(batch.payloads, rows))


def _copied(payloads: Payloads, rows: npt.NDArray[np.int64]) -> Payloads:
    """The payloads of rows that may come several times."""
    first = np.searchsorted(payloads.row, rows)
    count = np.searchsorted(payloads.row, rows, "right") - first
    at = np.repeat(first - (np.cumsum(count) - count), count) + np.arange(int(count.sum()))
    row = np.repeat(np.arange(len(rows)), count)
    return Payloads(
        row, payloads.argument[at], payloads.offset[at], payloads.length[at], payloads.full[at], payloads.data
    )  # fmt: skip
