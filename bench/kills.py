"""Recorders that are killed: `python bench/kills.py [N] [SEED] [--quick]`; N kills, 200 if not told; needs root.

Recorders of everything, on a system where a program makes 40,000 calls a second beside what else happens, are killed
at random moments: half of them write files of 4 MB (`-w -C 4`), half go on in one place (`record --all --max 40MB`).
What the program did more than a second before has to be there, each of its ticks once and at its time.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from shutil import rmtree
from typing import TYPE_CHECKING

from measuring.figures import AT_MOST, figure, heading, quick

if TYPE_CHECKING:
    from killed import Diary, Killed

__all__ = ["main"]

TESTS = Path(__file__).resolve().parents[1] / "tests"
TOGETHER = 2  # recorders at once
LONGEST = 3.0  # s that a recorder may live


def one(base: Path, place: int, turn: int, seconds: float, diary: Diary) -> Killed:
    """A recorder, killed after some seconds."""
    from killed import killed

    if place % 2:
        path = str(base / f"{place}")
        return killed(("record", "--all", "--max", "40MB", path), path, seconds, diary)
    path = str(base / f"{place}.{turn}.sonde")
    found = killed(("-w", path, "-C", "4"), path, seconds, diary)
    rmtree(path)
    return found


def main() -> None:
    """All of it."""
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    count, seed = (*numbers, *(8 if quick() else 200, 1)[len(numbers) :])[:2]
    sys.path.append(str(TESTS / "kernel"))
    from killed import ticking

    chance = Random(seed)
    moments = [chance.uniform(0, LONGEST) for _ in range(count)]
    heading(f"{count} recorders of everything are killed, {TOGETHER} at once, seed {seed}")
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(TOGETHER) as at_once:
        base = Path(name)
        with ticking(base) as diary:

            def some(place: int) -> list[Killed]:
                return [one(base, place, at, moments[at], diary) for at in range(place, count, TOGETHER)]

            found = [each for part in at_once.map(some, range(TOGETHER)) for each in part]
    faulty = [each for each in found if each.faults]
    late = [each.late / 1e9 for each in found if each.ticks]
    figure("kills after which something is wrong", len(faulty), f"of {count}", goal=(AT_MOST, 0))
    figure("ticks that were looked for and found", sum(each.ticks for each in found), "")
    figure("of these behind later ones", sum(each.behind for each in found), "")
    figure("time before the kill that is not there, most", max(late), "s", goal=(AT_MOST, 1))
    figure("the same, half of the kills at most", statistics.median(late), "s")
    for each in faulty:
        print("  FAULT", "; ".join(each.faults))


if __name__ == "__main__":
    main()
