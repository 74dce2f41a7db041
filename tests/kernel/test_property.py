"""Random filters: what the kernel and the rest decide together is what numpy decides on everything, row by row."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cases import SMALL
from live import KERNEL, batches
from random_filters import ADDRESSES, FLAGS, LITTLE, NUMBERS, TEXTS, Filters
from zoo import zoo

from sonde.dialects.filter import parse
from sonde.engines.batch import filter_batch
from sonde.engines.context import Context
from sonde.plan.batch import Batch
from sonde.plan.rewrites import rewrite
from sonde.plan.state import State
from sonde.query import Answer, Question

pytestmark = KERNEL

TOGETHER = 14  # filters attached at the same time
ROUNDS = 5
# what identifies a row to every one who saw it, and what it may be asked for
SHOWN = ("thread.tid", "evt.type", "evt.rawres", "evt.cpu", "evt.args", "fd.name", "proc.name")


def asked(*names: str, filter: str = "") -> Question:
    """A question small enough to be one of many."""
    return Question(
        filter=filter, format=" ".join("%" + name for name in dict.fromkeys(names)), json=True, follow=True,
        skip=(os.getpid(),), sizes=SMALL,
    )  # fmt: skip


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the workloads run, each in a directory of its own with a name of equal length."""
    return tmp_path_factory.mktemp("zoo")


@dataclass(frozen=True)
class Observed:
    """One run without a filter."""

    batches: list[Batch]
    state: State
    values: dict[str, list[Any]]

    def share(self, text: str) -> float:
        """The part of the rows that a filter selects."""
        expr, context = rewrite(parse(text)), Context(self.state)
        selected = sum(len(filter_batch(batch, expr, context)) for batch in self.batches)
        return selected / sum(map(len, self.batches))


@pytest.fixture(scope="module")
def observed(base: Path) -> Observed:
    """What filters are made from: one run, and the values of each field in it."""
    fields = dict.fromkeys((*SHOWN, *NUMBERS, *TEXTS, *FLAGS, *ADDRESSES))
    answer = Answer(asked(*fields))
    [found], _ = batches([answer], zoo(base))
    rows = [json.loads(line) for batch in found for line in answer.text(batch).splitlines()]
    answer.close()
    # an either-end field is shown as its client's end
    values = {name: {row[name] for row in rows} - {None} for name in fields}
    ordered = {name: sorted(kind, key=lambda value: (str(type(value)), value)) for name, kind in values.items()}
    return Observed(found, answer.state, ordered)


def key(row: dict[str, Any]) -> tuple[Any, ...]:
    """A row as something countable."""
    return tuple(row[name] for name in SHOWN)


def compared(
    filters: list[str], base: Path
) -> Iterator[tuple[str, Counter[tuple[Any, ...]], Counter[tuple[Any, ...]], int, int]]:
    """For each filter: rows asked for by it, rows of everything that numpy selects; how many of how many."""
    used = sorted({name for text in filters for name in named(text)})
    everything = Answer(asked(*SHOWN, *used))
    answers = [Answer(asked(*SHOWN, filter=text)) for text in filters]
    try:
        found, _ = batches([everything, *answers], zoo(base))
        for answer in (everything, *answers):
            counters = answer.counters()
            assert (counters.lost, counters.lost_dictionary, counters.lost_payloads) == (0, 0, 0), counters
        total = sum(map(len, found[0]))
        for text, answer, got in zip(filters, answers, found[1:], strict=True):
            expr = rewrite(parse(text))
            context = Context(everything.state)
            wanted = [filter_batch(batch, expr, context) for batch in found[0]]
            yield text, rows_of(answer, got), rows_of(everything, wanted), sum(map(len, wanted)), total
    finally:
        for answer in (everything, *answers):
            answer.close()


def rows_of(answer: Answer, found: list[Any]) -> Counter[tuple[Any, ...]]:
    """Rendered rows, counted."""
    lines = (line for batch in found if len(batch) for line in answer.text(batch).split(b"\n"))
    return Counter(key(json.loads(line)) for line in lines if line)


def named(text: str) -> set[str]:
    """The fields of a filter that are shown too, so that everything has what it needs."""
    return set(
        re.findall(
            r"\b(?:evt|fd|fs|proc|thread|user|group)\.[\w.]+(?:\[\d\])?(?= exists| [=!<>a-z])",
            re.sub(r'"(?:[^"\\]|\\.)*"', '""', text),
        )
    )


@cache
def verdicts() -> list[float]:
    """Shares of rows that the filters of all rounds selected."""
    return []


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_kernel_and_numpy_agree(seed: int, base: Path, observed: Observed) -> None:
    maker = Filters(seed, observed.values)
    filters = [maker.telling(observed.share) for _ in range(TOGETHER)]
    wrong = []
    for text, got, wanted, count, total in compared(filters, base):
        verdicts().append(count / total)
        if got != wanted:
            wrong.append(difference(text, got, wanted))
    assert not wrong, "\n\n".join(wrong)


def difference(text: str, got: Counter[Any], wanted: Counter[Any]) -> str:
    """What is wrong, readable."""
    lines = [f"{text}\n  {len(list(got.elements()))} rows, not {len(list(wanted.elements()))}"]
    lines += [f"  too much {dict(zip(SHOWN, row, strict=True))}" for row in list((got - wanted).elements())[:4]]
    lines += [f"  missing  {dict(zip(SHOWN, row, strict=True))}" for row in list((wanted - got).elements())[:4]]
    return "\n".join(lines)


def test_a_third_of_the_filters_says_something() -> None:
    shares = verdicts()
    assert len([share for share in shares if LITTLE <= share <= 1 - LITTLE]) * 3 >= len(shares) > 0
