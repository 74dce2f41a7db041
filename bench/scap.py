"""How fast .scap files are read, beside `sysdig -r`: `python bench/scap.py [--quick]`; needs sysdig and captures.

Two captures made long: a busy system (half of its events are switches, futex and calls without a type), and curl, which
opens and closes files all the time. Ratios are medians of interleaved rounds. Events a second count from begin to end;
what a start costs is taken off by asking a short file.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from measuring.figures import AT_LEAST, AT_MOST, figure, heading, quick, ratio, spread, turns
from measuring.processes import cost
from measuring.scap import CAPTURES, looped

__all__ = ["main"]

SYSTEMS = {"a busy system": "falco_run_as_user_0_container", "curl": "libs_curl_google"}
ROUNDS = 2 if quick() else 5
EVENTS = 200_000 if quick() else 2_000_000
MANY = 1_000_000 if quick() else 20_000_000
QUIET = "evt.type in (open, openat) and proc.name=nosuch and fd.name startswith /etc"
PATHS = "evt.type in (read, open, openat) and proc.name in (curl, sshd) and fd.name contains /nowhere"
FOUR = "%evt.num %evt.type %proc.name %fd.name"
QUESTIONS = {
    "quiet filter": (QUIET,), "quiet by path alone": (PATHS,), "default text": (), "-p of four fields": ("-p", FOUR),
    "topfiles_bytes": ("-c", "topfiles_bytes"),
}  # fmt: skip
GOALS = {"quiet filter": 3.15, "quiet by path alone": 3.15, "default text": 0.4}
SONDE, SYSDIG = (sys.executable, "-m", "sonde.cli"), ("sysdig",)


def compared(title: str, short: Path, long: Path, events: int, words: Sequence[str]) -> None:
    """The figures of one question."""
    tools = {"sonde": SONDE, "sysdig": SYSDIG}
    taken: dict[str, list[float]] = {name: [] for name in tools}
    for name in turns(tools, ROUNDS):
        start, whole = (cost([*tools[name], "-r", str(path), *words]).cpu for path in (short, long))
        taken[name].append(max(whole - start, 1e-3))
    ours, theirs = ([events / seconds / 1e6 for seconds in taken[name]] for name in tools)
    goal = (AT_LEAST, GOALS[title]) if title in GOALS else None
    figure(title, statistics.median(ours), "M events/s of CPU", goal=goal)
    note = f"{spread(ours, theirs)}; sysdig {statistics.median(theirs):.3g} M events/s"
    figure(f"{title}, sonde to sysdig", ratio(ours, theirs), "x", note=note)


def main() -> None:
    """All of it."""
    if shutil.which("sysdig") is None or not CAPTURES.is_dir():
        print(f"  left out: it needs sysdig, and captures at {CAPTURES} (SONDE_CAPTURES)")
        return
    with tempfile.TemporaryDirectory() as name:
        for system, capture in SYSTEMS.items():
            short, long = Path(name, "short.scap"), Path(name, "long.scap")
            looped(CAPTURES / f"{capture}.scap", short, 1)
            events = looped(CAPTURES / f"{capture}.scap", long, EVENTS)
            heading(f"{system}, {events:,} events, {long.stat().st_size / 1e6:.0f} MB")
            for title, words in QUESTIONS.items():
                compared(title, short, long, events, words)
        events = looped(CAPTURES / f"{SYSTEMS['a busy system']}.scap", long, MANY)
        heading(f"memory, {events:,} events, {long.stat().st_size / 1e6:.0f} MB")
        for title, words in QUESTIONS.items():
            figure(title, cost([*SONDE, "-r", str(long), *words]).resident, "MB", goal=(AT_MOST, 1000))


if __name__ == "__main__":
    main()
