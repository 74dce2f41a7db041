"""Which arguments of a call strace shows when it is entered, and which when it returns."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from sonde.catalog.event import BUFFERS, Event, Param, Source

__all__ = ["Shape", "shape"]


class Shape(NamedTuple):
    """The arguments of a call in order; those from `split` on are shown when it returns."""

    arguments: tuple[Param, ...]
    split: int
    complete: bool


@cache
def shape(event: Event) -> Shape:
    """How the arguments of an event are shown."""
    found = arguments_of(event)
    outs = [place for place, param in enumerate(found) if param.out]
    split = outs[0] if outs else len(found)
    return Shape(found, split, split == len(found))


def arguments_of(event: Event) -> tuple[Param, ...]:
    """Every argument word of a call, typed."""
    typed: tuple[Param, ...] = getattr(event, "arguments", ())
    reads = event.io == "r"
    found = [p for p in event.params if p.source not in (Source.RET, Source.NONE)]
    return typed or tuple(p._replace(out=p.out or (reads and p.type in BUFFERS)) for p in found)
