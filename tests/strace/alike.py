"""Two tellings of the same program, compared thread by thread, call by call, parameter by parameter."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from itertools import zip_longest

from normal import normal, thread_names
from told import Key, Story, Told, read, stories

__all__ = ["Comparison", "Difference", "compare", "compare_stories", "table"]

MISSING = "(missing)"
WHENEVER = {
    "SIGCHLD"
}  # signals that come when another process ends: compared apart, not at their place among the calls


@dataclass(frozen=True)
class Difference:
    """One parameter that is not the same: where, which (a number, or result, call, line), and both texts."""

    thread: Key
    call: str
    which: str
    theirs: str
    ours: str


@dataclass
class Comparison:
    """How much is equal: parameters of calls (arguments, and each result as one), calls, and words of other lines."""

    parameters: int = 0
    equal: int = 0
    others: int = 0  # of lines of signals and ends
    others_equal: int = 0
    calls: int = 0
    equal_calls: int = 0
    names: Counter[str] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)

    @property
    def share(self) -> float:
        """The share of equal parameters."""
        return self.equal / self.parameters if self.parameters else 0.0

    def add(self, thread: Key, one: Told | None, other: Told | None) -> None:
        """Compare a thing told with its partner; either may be missing."""
        known = one or other
        assert known is not None
        self.calls += 1
        if known.kind == "call":
            self.names[known.name] += 1
        before = len(self.differences)
        theirs, ours = _parameters(one), _parameters(other)
        if one is None or other is None:
            self._count(known, max(len(theirs), len(ours)), 0)
            self.differences.append(Difference(thread, known.name, known.kind, _whole(one), _whole(other)))
            return
        for (which, text), (_, mine) in zip_longest(theirs, ours, fillvalue=("", MISSING)):
            self._count(known, 1, text == mine)
            if text != mine:
                name = which or str(len(one.arguments))
                self.differences.append(Difference(thread, known.name, name, text, mine))
        self.equal_calls += len(self.differences) == before

    def _count(self, told: Told, all_of_it: int, equal: int) -> None:
        if told.kind == "call":
            self.parameters += all_of_it
            self.equal += equal
        else:
            self.others += all_of_it
            self.others_equal += equal

    def __str__(self) -> str:
        calls = f"{self.equal_calls} of {self.calls} calls, {len(self.names)} names"
        others = f"{self.others_equal} of {self.others} words of signals and ends"
        return f"{100 * self.share:.2f}% of {self.parameters} parameters are equal, {calls}, {others}"


def _parameters(one: Told | None) -> list[tuple[str, str]]:
    if one is None:
        return []
    words = [(str(at), word) for at, word in enumerate(one.arguments)]
    return [("result", one.result), *words] if one.kind == "call" else words or [(one.kind, one.name)]


def _whole(one: Told | None) -> str:
    if one is None:
        return MISSING
    return f"{one.name}({', '.join(one.arguments)}) = {one.result}" if one.kind == "call" else one.line


def compare(theirs: str, ours: str) -> Comparison:
    """Two logs."""
    return compare_stories(stories(read(theirs)), stories(read(ours)))


def compare_stories(theirs: Mapping[Key, Story], ours: Mapping[Key, Story]) -> Comparison:
    """Two runs, by thread."""
    found = Comparison()
    names, mine = thread_names(theirs), thread_names(ours)
    for key in sorted({*theirs, *ours}):
        told = [normal(one, names) for one in _told(theirs, key)]
        other = [normal(one, mine) for one in _told(ours, key)]
        for whenever in (False, True):
            for one, two in aligned(_apart(told, whenever), _apart(other, whenever)):
                found.add(key, one, two)
    return found


def _told(of: Mapping[Key, Story], key: Key) -> list[Told]:
    """What a thread did; the environment of the first program is in the memory of its tracer."""
    told = of[key].told if key in of else []
    if key == () and told and told[0].name == "execve" and len(told[0].arguments) == 3:
        *words, where = told[0].arguments
        return [replace(told[0], arguments=(*words, re.sub(r"^0x[0-9a-f]+", "#", where))), *told[1:]]
    return told


def _apart(told: list[Told], whenever: bool) -> list[Told]:
    return [one for one in told if (one.kind == "signal" and one.name in WHENEVER) == whenever]


def aligned(theirs: Sequence[Told], ours: Sequence[Told]) -> Iterable[tuple[Told | None, Told | None]]:
    """Partners by the sequence of names; what one of both has alone is beside None."""
    one, two = [_title(told) for told in theirs], [_title(told) for told in ours]
    if one == two:
        yield from zip(theirs, ours, strict=True)
        return
    for what, a, b, c, d in SequenceMatcher(None, one, two, autojunk=False).get_opcodes():
        if what == "equal":
            yield from zip(theirs[a:b], ours[c:d], strict=True)
        else:
            yield from ((alone, None) for alone in theirs[a:b])
            yield from ((None, alone) for alone in ours[c:d])


def _title(one: Told) -> str:
    return f"{one.kind} {one.name}" if one.kind in ("call", "signal") else one.kind


def table(found: Comparison, most: int = 400) -> str:
    """Every difference, those with the same call and parameter and texts once."""
    counted = Counter((each.call, each.which, each.theirs, each.ours) for each in found.differences)
    rows = [
        f"{call:<24} {which:<8} x{times:<4} strace: {theirs}\n{'':<39} ours:   {ours}"
        for (call, which, theirs, ours), times in counted.most_common(most)
    ]
    return "\n".join([str(found), *rows])
