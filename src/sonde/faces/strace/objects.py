"""`sonde strace --json` without root: strace's output read again, its operations taken apart into enter and exit."""

from __future__ import annotations

import sys
import time
from dataclasses import replace

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
    status = None
    try:
        child = _started(source, asked)
        while (status := child.poll()) is None:
            _print(source.poll(), renderer, out, asked)
        _print(source.stop(), renderer, out, asked)
        out.write(renderer.flush())
        told = receipt(source.counters(), time.monotonic() - began, event_name, aside=source.aside())
        sys.stderr.write(receipt_json(told))
        sys.stderr.flush()
    except KeyboardInterrupt:
        source.detach()
    finally:
        source.close()
        out.close()
    if status is not None and status < 0:
        die_of(-status)
    return status or 0


def _started(source: StraceRun, asked: Asked) -> Traced:
    if asked.command:
        return source.launch(asked.command)
    for pid in asked.pids:
        source.follow(pid)
    return source.attach()


def _print(batch: Batch | None, renderer: StraceJson, out: Output, asked: Asked) -> None:
    if batch is None:
        return
    batch = batch.take(np.flatnonzero(meaning.shown(asked)[batch.columns["nr"]]))
    if len(batch):
        out.write(renderer.render(events_of(batch)))


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
