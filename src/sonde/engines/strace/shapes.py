"""Which arguments of a call strace shows when it is entered, and which when it returns."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from sonde.catalog.event import Param
from sonde.catalog.layouts import RESUMED

__all__ = ["Shape", "shape"]


class Shape(NamedTuple):
    """How arguments are shown: those from `split` on when the call returns; before them the rest of that at `rest`.

    `complete`: all are shown when the call is entered.
    """

    split: int
    rest: int | None
    complete: bool


@cache
def shape(arguments: tuple[Param, ...]) -> Shape:
    """How the arguments of a call are shown."""
    for place, param in enumerate(arguments):
        if param.out:
            return Shape(place, None, False)
        if param.both and param.names in RESUMED:
            return Shape(place + 1, place, False)
    return Shape(len(arguments), None, True)
