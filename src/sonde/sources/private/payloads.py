"""What events point at, without what is private in it."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from functools import partial

import numpy as np
import numpy.typing as npt

from sonde.catalog.event import BUFFERS, TYPED, Event, Param, ParamType, Source
from sonde.catalog.lookup import EVENTS, NUMBERS, TRACEPOINTS
from sonde.catalog.privacy import HARMLESS
from sonde.engines.context import source_index
from sonde.native.alike import Alike, alike_all
from sonde.native.slices import same_slices
from sonde.plan.batch import Batch, Payloads
from sonde.sources.private.words import Words

__all__ = ["Pointed"]

WORDS = 6  # arguments of a call


class What(IntEnum):
    """What is done with something that an argument points at; of several that may be meant the greatest."""

    KEEP = 0
    TEXT = 1
    SOCKADDR = 2
    PATH = 3
    DROP = 4


class Pointed:
    """Replaces what is private; what cannot be taken apart is left out."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._what = np.zeros((NUMBERS, WORDS), np.uint8)
        self._known: set[int] = set()
        self._change: dict[int, Callable[[bytes], bytes]] = {
            What.TEXT: partial(_before_end, words.text), What.PATH: partial(_before_end, words.path),
            What.SOCKADDR: words.sockaddr,
        }  # fmt: skip

    def of(self, batch: Batch) -> Payloads:
        """The payloads of a batch."""
        old = batch.payloads
        if not len(old.row):
            return old
        nr = batch.columns["nr"][old.row].astype(np.int64)
        self._learn(nr)
        what = self._what[nr, np.minimum(old.argument, WORDS - 1)]
        stays = np.flatnonzero(what != What.DROP)
        offset, length, full = old.offset[stays], old.length[stays], old.full[stays]
        places = np.flatnonzero((what[stays] != What.KEEP) & (length > 0))
        first, which = _distinct(old.data, offset[places], length[places], what[stays][places])
        texts = [
            self._change[kind](old.data[start : start + size].tobytes())
            for kind, start, size in zip(
                *(column[places[first]].tolist() for column in (what[stays], offset, length)), strict=True
            )
        ]
        lengths = np.fromiter(map(len, texts), np.int32, len(texts))
        starts = len(old.data) + np.cumsum(lengths, dtype=np.int64) - lengths
        full[places] = np.where(full[places] < 0, full[places], full[places] + lengths[which] - length[places])
        offset[places], length[places] = starts[which], lengths[which]
        data = np.concatenate((old.data, np.frombuffer(b"".join(texts), np.uint8))) if texts else old.data
        return Payloads(old.row[stays], old.argument[stays], offset, length, full, data)

    def _learn(self, numbers: npt.NDArray[np.int64]) -> None:
        for number in set(np.unique(numbers).tolist()) - self._known:
            self._known.add(number)
            event = EVENTS.get(number)
            if event is None:
                self._what[number] = What.DROP
            elif number in TRACEPOINTS:
                self._what[number] = self._of_record(event)
            else:
                self._what[number] = [self._of_argument(event, index) for index in range(WORDS)]

    def _of_record(self, event: Event) -> What:
        """What the record of a tracepoint has in it."""
        told = {param.type for param in event.params}
        harmless = not told & {ParamType.STRING, ParamType.BYTES, ParamType.DATA} and (
            ParamType.IP not in told or not self._words.addresses
        )
        return What.KEEP if harmless else What.DROP

    def _of_argument(self, event: Event, index: int) -> What:
        """What an argument may point at, by what sysdig shows of it and what strace does."""
        params = [p for p in (*event.params, *event.arguments) if p.source is not Source.RET]
        params = [p for p in params if p.source is not Source.NONE and source_index(p.source) == index]
        return max(map(self._of_param, params), default=What.DROP)

    def _of_param(self, param: Param) -> What:
        words = self._words
        if param.type is ParamType.PATH:
            return What.PATH if words.paths else What.KEEP
        if param.type is ParamType.SOCKADDR:
            return What.SOCKADDR if words.paths or words.addresses else What.KEEP
        if param.type is ParamType.STRING:
            return What.TEXT if words.arguments or words.paths else What.KEEP
        if param.type in BUFFERS:
            return What.DROP if words.data else What.KEEP
        harmful = param.type in TYPED - _NUMBERS and param.names not in HARMLESS
        return What.DROP if harmful else What.KEEP


_NUMBERS = frozenset((ParamType.WORD, ParamType.LONG, ParamType.U32, ParamType.POINTER))


def _distinct(
    data: npt.NDArray[np.uint8], offset: npt.NDArray[np.int64], length: npt.NDArray[np.int32],
    what: npt.NDArray[np.uint8],
) -> Alike:  # fmt: skip
    """As `alike_all`, of slices with the same bytes with which the same is done."""
    _, texts = same_slices(data, offset, offset + length)
    return alike_all((texts, what), len(texts))


def _before_end(change: Callable[[bytes], bytes], raw: bytes) -> bytes:
    """A text changed, but for the NUL at its end."""
    text = raw.rstrip(b"\0")
    return change(text) + raw[len(text) :]
