"""Counts of powers of two drawn as bars, as the bcc tools and bpftrace do."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["histogram"]

BAR = 40  # characters of the longest


def histogram(counts: Sequence[int], unit: str = "") -> str:
    """A line for each bucket from the first to the last that is not empty; bucket i holds values of i bits, the last
    one those below zero."""
    *positive, negative = counts
    used = [i for i, count in enumerate(positive) if count]
    lines = [(f"{'< 0':>10} {'':13}", negative)] if negative else []
    if used:
        # 0 and 1 share a line
        both = positive[0] + positive[1]
        rest = [(_range(i), positive[i]) for i in range(max(2, used[0]), used[-1] + 1)]
        lines += ([(_range(0), both)] if used[0] < 2 else []) + rest
    most = max((count for _, count in lines), default=0)
    head = f"{unit or 'value':>10} {'':13} : {'count':<10} distribution\n"
    return head + "".join(f"{label} : {count:<10} |{'*' * _stars(count, most):<{BAR}}|\n" for label, count in lines)


def _range(bits: int) -> str:
    low, high = (0, 1) if bits < 2 else (1 << bits - 1, (1 << bits) - 1)
    return f"{low:>10} -> {high:<10}"


def _stars(count: int, most: int) -> int:
    return count * BAR // most if most else 0
