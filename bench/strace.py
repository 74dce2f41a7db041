"""What `sonde strace` costs beside strace: `python bench/strace.py [--quick]`; needs root and strace.

Both write every call of a command and its children to /dev/null. Added is what the traced use more than untraced;
the ratios are medians over interleaved rounds of strace's to sonde's.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from measuring.figures import AT_LEAST, AT_MOST, figure, heading, quick
from measuring.tracers import Cost, rounds_of
from measuring.workloads import project

__all__ = ["main"]

ROUNDS = 2 if quick() else 5
BLOCKS = 5_000 if quick() else 60_000
FILES = 300 if quick() else 4_000
SOURCES = 4 if quick() else 24
TRACERS = {
    "nothing": (),
    "strace": ("strace", "-f", "-o", "/dev/null"),
    "sonde": (sys.executable, "-m", "sonde.cli", "strace", "-f", "-o", "/dev/null"),
}


def judged(title: str, command: Sequence[str], place: Path, least: float, before: Callable[[], None]) -> None:
    """Run and print the figures of one command."""
    heading(title)
    found = rounds_of(TRACERS, command, place, ROUNDS, before)
    nothing, theirs, ours = found["nothing"], found["strace"], found["sonde"]
    figure("CPU untraced", _median(nothing, lambda cost: cost.traced), "s")
    for name, costs in (("strace", theirs), ("sonde", ours)):
        added = statistics.median(_added(costs, nothing))
        own = _median(costs, lambda cost: cost.own)
        figure(f"{name}: added CPU of the traced", added, "s", note=f"the tracer itself used {own:.2f} s")
        figure(f"{name}: from begin to end", _median(costs, lambda cost: cost.wall), "s")
    ratios = [max(a, 1e-3) / max(b, 1e-3) for a, b in zip(_added(theirs, nothing), _added(ours, nothing), strict=True)]
    note = f"{min(ratios):.1f}-{max(ratios):.1f}"
    figure("added CPU, strace to sonde", statistics.median(ratios), "x", goal=(AT_LEAST, least), note=note)
    totals = [
        (a.traced + a.own - none.traced) / max(b.traced + b.own - none.traced, 1e-3)
        for a, b, none in zip(theirs, ours, nothing, strict=True)
    ]
    figure("the same with the tracer's own CPU", statistics.median(totals), "x")
    walls = [a.wall / b.wall for a, b in zip(theirs, ours, strict=True)]
    figure("time from begin to end, strace to sonde", statistics.median(walls), "x")
    figure("events that sonde lost", max(cost.lost for cost in ours), "", goal=(AT_MOST, 0))


def _added(costs: Sequence[Cost], nothing: Sequence[Cost]) -> list[float]:
    return [cost.traced - none.traced for cost, none in zip(costs, nothing, strict=True)]


def _median(costs: Sequence[Cost], of: Callable[[Cost], float]) -> float:
    return statistics.median(map(of, costs))


def repository(place: Path) -> None:
    """A git repository with a few thousand files."""
    for at in range(FILES):
        directory = place / f"d{at % 40}" / f"e{at % 7}"
        directory.mkdir(parents=True, exist_ok=True)
        (directory / f"file{at}").write_text(f"{at}\n")
    who = ("-c", "user.name=bench", "-c", "user.email=bench@localhost")
    for words in (("init", "-q"), ("add", "."), (*who, "commit", "-q", "-m", "all")):
        subprocess.run(["git", *words], cwd=place, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def main() -> None:
    """All of it."""
    with tempfile.TemporaryDirectory() as name:
        places = {what: Path(name, what) for what in ("dd", "git", "make")}
        for place in places.values():
            place.mkdir()
        words = ["dd", "if=/dev/zero", "of=/dev/null", "bs=1", f"count={BLOCKS}", "status=none"]
        judged(f"dd bs=1 count={BLOCKS}", words, places["dd"], 20, lambda: None)
        if shutil.which("git"):
            repository(places["git"])
            judged(f"git status, {FILES} files", ["git", "status"], places["git"], 5, lambda: None)
        if shutil.which("make") and shutil.which("gcc"):
            project(places["make"], SOURCES)
            clean = [*(places["make"] / f"part{at}.o" for at in range(SOURCES)), places["make"] / "main.o"]
            judged(f"make, {SOURCES + 1} C files", ["make"], places["make"], 5, lambda: _without(clean))


def _without(paths: Sequence[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
