"""Counts of ranges of values drawn as bars, as the bcc tools and bpftrace do."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["histogram"]

BAR = 40  # characters of the longest


def histogram(counts: Sequence[int], width: int = 0) -> str:
    """A line for each bucket from the first to the last that is not empty; the last one is for values below zero.

    Bucket i holds values of i bits; with a `width` those in which it fits i times, the last but one also larger ones.
    """
    *positive, negative = counts
    used = [i for i, count in enumerate(positive) if count]
    lines = [(f"{'< 0':>10} {'':13}", negative)] if negative else []
    if used and width:
        last = len(positive) - 1
        lines += [(_linear(i, width, i == last), positive[i]) for i in range(used[0], used[-1] + 1)]
    elif used:
        # 0 and 1 share a line
        lines += [(_powers(0), positive[0] + positive[1])] if used[0] < 2 else []
        lines += [(_powers(i), positive[i]) for i in range(max(2, used[0]), used[-1] + 1)]
    most = max((count for _, count in lines), default=0)
    head = f"{'value':>10} {'':13} : {'count':<10} distribution\n"
    return head + "".join(f"{label} : {count:<10} |{'*' * _stars(count, most):<{BAR}}|\n" for label, count in lines)


def _powers(bits: int) -> str:
    low, high = (0, 1) if bits < 2 else (1 << bits - 1, (1 << bits) - 1)
    return f"{low:>10} -> {high:<10}"


def _linear(times: int, width: int, open_end: bool) -> str:
    return f"{times * width:>10} -> {'' if open_end else times * width + width - 1:<10}"


def _stars(count: int, most: int) -> int:
    return count * BAR // most if most else 0
