"""Figures beside their yardsticks: interleaved rounds, medians of ratios, one line a figure."""

from __future__ import annotations

import os
import statistics
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime

__all__ = ["AT_LEAST", "AT_MOST", "Variant", "figure", "heading", "interleaved", "quick", "ratio", "spread", "turns"]

Variant = Callable[[], AbstractContextManager[object]]
AT_MOST, AT_LEAST = "<=", ">="


def quick() -> bool:
    """Was --quick asked for: small workloads and few rounds, to see that a measurement works and not to quote it?

    Measurements ask it first, so --help is answered here: what a measurement is says the file that was started.
    """
    if {"-h", "--help"} & set(sys.argv[1:]):
        print(sys.modules["__main__"].__doc__)
        sys.exit()
    return "--quick" in sys.argv[1:]


def heading(title: str) -> None:
    """The title, and where and when this is."""
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    load = os.getloadavg()[0]
    print(f"{title}\n  {now}, Linux {os.uname().release}, {os.cpu_count()} CPUs, load {load:.1f}", flush=True)


def turns(names: Iterable[str], rounds: int) -> Iterator[str]:
    """Each name once a round; every round begins with another one."""
    order = list(names)
    for turn in range(rounds):
        first = turn % len(order)
        yield from order[first:] + order[:first]


def interleaved(variants: Mapping[str, Variant], work: Callable[[], float], rounds: int) -> dict[str, list[float]]:
    """What `work` measures under each variant, one sample a round; every round begins with another variant."""
    samples: dict[str, list[float]] = {name: [] for name in variants}
    for name in turns(variants, rounds):
        with variants[name]():
            samples[name].append(work())
    return samples


def ratio(samples: Sequence[float], yardstick: Sequence[float]) -> float:
    """The median of the ratios of each round."""
    return statistics.median(a / b for a, b in zip(samples, yardstick, strict=True))


def spread(samples: Sequence[float], yardstick: Sequence[float]) -> str:
    """The middle half of the ratios, as text."""
    ratios = sorted(a / b for a, b in zip(samples, yardstick, strict=True))
    return f"{ratios[len(ratios) // 4]:.2f}-{ratios[-1 - len(ratios) // 4]:.2f}"


def figure(name: str, value: float, unit: str, *, goal: tuple[str, float] | None = None, note: str = "") -> None:
    """Print one line: the figure, its goal and whether it was met, and what it was measured against."""
    verdict = ""
    if goal is not None:
        met = value <= goal[1] if goal[0] == AT_MOST else value >= goal[1]
        verdict = f"  goal {goal[0]} {_number(goal[1])}: {'met' if met else 'MISSED'}"
    print(f"  {name:<46} {_number(value):>10} {unit:<12}{verdict}" + (f"  ({note})" if note else ""), flush=True)


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.3g}"
