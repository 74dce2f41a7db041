"""Latencies over time as a heat map: a line each interval, a cell each half decade, as sysdig's spectrogram."""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["scale", "slice_line"]

CELLS = 80
DECADES = 11  # from 1 ns to 100 s
PALETTE = (17, 18, 19, 20, 21, 27, 33, 39, 45, 51, 50, 49, 48, 47, 46, 82, 118, 154, 190, 226, 220, 214, 208, 202, 196)
MARKS = " .:-=+*#%@"
_UNITS = ("1ns", "10ns", "100ns", "1us", "10us", "100us", "1ms", "10ms", "100ms", "1s", "10s")


def slice_line(counts: Sequence[int], seconds: float, coloured: bool, linear: bool = False) -> str:
    """One interval: bucket i of `counts` holds values of i bits, and is spread over the cells it covers; of `linear`
    counts each is a cell."""
    if linear:
        return "".join(_shown(count / seconds, coloured) for count in counts[:-1]).rstrip() + "\n"
    cells = [0.0] * CELLS
    for bits, count in enumerate(counts[:-1]):
        if not count:
            continue
        low, high = (0, 0) if bits < 1 else (_cell(1 << bits - 1), _cell((1 << bits) - 1))
        for cell in range(low, high + 1):
            cells[cell] += count / (high - low + 1)
    return "".join(_shown(rate / seconds, coloured) for rate in cells).rstrip() + "\n"


def scale(linear: bool = False) -> str:
    """The line of latencies below the map, or of places within a second."""
    if linear:
        return "".join(f"|{ms:<15}" for ms in ("0ms", "250ms", "500ms", "750ms")) + "\n"
    line = [" "] * (CELLS + 4)
    for decade, text in enumerate(_UNITS):
        at = decade * CELLS // DECADES
        line[at : at + len(text) + 1] = f"|{text}"
    return "".join(line).rstrip() + "\n"


def _cell(ns: int) -> int:
    return min(CELLS - 1, int(math.log10(max(1, ns)) * CELLS / DECADES))


def _shown(rate: float, coloured: bool) -> str:
    """A cell: how many calls a second, on a logarithmic scale."""
    if rate <= 0:
        return " "
    heat = math.log10(rate + 1) / math.log10(1.6)
    if not coloured:
        return MARKS[min(len(MARKS) - 1, 1 + int(heat / 3))]
    return f"\x1b[48;5;{PALETTE[min(len(PALETTE) - 1, int(heat))]}m \x1b[0m"
