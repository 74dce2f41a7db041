"""Wall-clock text and lengths of time, for whole columns: calendar text once for each distinct second."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from sonde.engines.context import Context, Derivation, ints, number, written
from sonde.native.join import join
from sonde.native.ops import Op, fixed9, literal, pool, uint
from sonde.plan.batch import Batch, Vector

__all__ = ["TIMES"]

SECOND = 1_000_000_000
Times = npt.NDArray[np.int64]
_UNITS = ((1_000, b"ns"), (1_000_000, b"us"), (SECOND, b"ms"), (1 << 62, b"s"))


def _calendar(times: Times, form: str, calendar: Callable[[float], time.struct_time]) -> Op:
    """The op that writes each time's second by a strftime form."""
    seconds, inverse = np.unique(times // SECOND, return_inverse=True)
    texts = [time.strftime(form, calendar(s)).encode() for s in seconds.tolist()]
    offsets = np.concatenate([[0], np.cumsum([len(t) for t in texts])]).astype(np.int64)
    return pool(inverse.astype(np.uint32), np.frombuffer(b"".join(texts), np.uint8), offsets)


def _stamp(form: str, fraction: bool, zone: bytes = b"", utc: bool = False) -> Derivation:
    def derive(batch: Batch, argument: str | int | None, context: Context) -> Vector:
        times = ints(batch, "time")
        ops = [_calendar(times, form, time.gmtime if utc else time.localtime)]
        if fraction:
            ops += [literal(b"."), fixed9((times % SECOND).astype(np.uint64))]
        return written(join(len(batch), None, [[*ops, literal(zone)] if zone else ops]))

    return derive


def _human(values: Times, valid: npt.NDArray[np.bool_]) -> Vector:
    """Lengths of time with a unit, at most two decimals: 812ns 3.37us 10us 1.50s."""
    template = np.searchsorted([limit for limit, _ in _UNITS], values, side="right").astype(np.uint16)
    template[~valid] = len(_UNITS)
    decimals = [b"" if i == 0 else b".%02d" % i for i in range(100)]
    starts = np.cumsum([0, *map(len, decimals)]).astype(np.int64)
    buffer = np.frombuffer(b"".join(decimals), np.uint8)
    templates: list[list[Op]] = []
    for index, (_, unit) in enumerate(_UNITS):
        hundredths = values[template == index] * 100 // (_UNITS[index - 1][0] if index else 1)
        whole = (hundredths // 100).astype(np.uint64)
        templates.append([uint(whole), pool((hundredths % 100).astype(np.uint32), buffer, starts), literal(unit)])
    return written(join(len(values), template, [*templates, []]), valid)


def _latency(batch: Batch) -> tuple[Times, npt.NDArray[np.bool_]]:
    values = ints(batch, "latency")
    return values, values >= 0


def _deltatime(batch: Batch, context: Context) -> tuple[Times, npt.NDArray[np.bool_]]:
    """Time since the row before; the first row of a query has none."""
    times = ints(batch, "time")
    before = np.concatenate([[context.previous], times[:-1]]) if len(times) else times
    return np.where(before >= 0, times - before, 0), before >= 0


def _parts(name: str, whole: Callable[[Batch, Context], tuple[Times, npt.NDArray[np.bool_]]]) -> dict[str, Derivation]:
    """The field, its seconds `.s`, and the nanoseconds after them `.ns`."""

    def part(change: Callable[[Times], Times]) -> Derivation:
        def derive(batch: Batch, argument: str | int | None, context: Context) -> Vector:
            values, valid = whole(batch, context)
            return number(change(values), valid)

        return derive

    return {name: part(lambda v: v), f"{name}.s": part(lambda v: v // SECOND), f"{name}.ns": part(lambda v: v % SECOND)}


def _all(values: Times) -> tuple[Times, npt.NDArray[np.bool_]]:
    return values, np.ones(len(values), np.bool_)


def _start(batch: Batch, argument: str | int | None, context: Context) -> Vector:
    latency, valid = _latency(batch)
    return number(ints(batch, "time") - latency, valid)


TIMES: dict[str, Derivation] = {
    "evt.time": _stamp("%H:%M:%S", fraction=True),
    "evt.outputtime": _stamp("%H:%M:%S", fraction=True),
    "evt.time.s": _stamp("%H:%M:%S", fraction=False),
    "evt.datetime": _stamp("%Y-%m-%d %H:%M:%S", fraction=True),
    "evt.datetime.s": _stamp("%Y-%m-%d %H:%M:%S", fraction=False),
    "evt.time.iso8601": _stamp("%Y-%m-%dT%H:%M:%S", fraction=True, zone=b"+0000", utc=True),
    **_parts("evt.rawtime", lambda b, c: _all(b.columns["time"].astype(np.int64))),
    **_parts("evt.reltime", lambda b, c: _all(b.columns["time"].astype(np.int64) - c.state.start)),
    **_parts("evt.latency", lambda b, c: _latency(b)),
    **_parts("evt.deltatime", _deltatime),
    "evt.latency.human": lambda b, a, c: _human(*_latency(b)),
    "evt.start": _start,
}
