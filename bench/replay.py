"""Recordings: what they cost and how fast they answer: `python bench/replay.py [--quick]`; needs root.

A capture of five million events and more of dd, find, ls, shells and Python is recorded live and asked again and again.
The yardstick is sysdig 0.29.3, which reads the same capture converted to its format: whole commands, by their CPU time,
each also without what it takes to read next to nothing.
"""

from __future__ import annotations

import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from subprocess import DEVNULL
from typing import NamedTuple

from measuring.figures import AT_LEAST, AT_MOST, figure, heading, quick, ratio, spread, turns
from measuring.processes import ENVIRONMENT, cost

from sonde.query import Answer, Question, recorded

__all__ = ["main"]

ROUNDS = 3 if quick() else 7
DD = 50_000 if quick() else 1_000_000
MANY = 20_000_000  # events for which there is a goal of memory
TURNS = 1 if quick() else 12
BESIDE = 1 if quick() else 3
TOOL = ("-c", "topfiles_bytes")
SONDE = [sys.executable, "-m", "sonde.cli"]
# what ordinary work consists of: files found, looked at, read and written, programs started
WORK = """
dd if=/dev/zero of=/dev/null bs=1 count={dd} status=none &
dd if=/dev/zero of=/dev/null bs=1 count={dd} status=none
wait
for turn in $(seq {turns}); do
	find /usr/lib /usr/share -name '*.nothing'
	ls -lR /usr/include /usr/lib/python3* /etc 2>/dev/null
	grep -r 'nowhere[ ]to be found' {python}
	for i in $(seq 40); do /bin/true; cat /etc/passwd; done
	{interpreter} -c '{script}' {place}
done > /dev/null
true
"""
SCRIPT = """
import os, sys
for at in range(3000):
    path = "%s/%d.o" % (sys.argv[1], at % 700)
    fd = os.open(path, os.O_RDWR | os.O_CREAT)
    for size in (10, 200, 4000): os.write(fd, b"x" * size)
    os.lseek(fd, 0, 0); os.read(fd, 4096); os.fstat(fd); os.close(fd)
    os.stat(path); os.access("/nowhere/%d" % at, os.R_OK)
"""
FILTERS = {
    "nothing passes": "evt.type in (read, openat) and proc.name=python3 and fd.name contains /nowhere-to-be-found",
    "some pass": "evt.type in (write, openat) and proc.name startswith py and fd.name endswith 7.o",
    "dd's writes get to the path": "evt.type=write and proc.name=dd and fd.name startswith /home",
}
SEEN = re.compile(r"([\d,]+) seen, ([\d,]+) matched")
LOST = re.compile(r"^lost: ([\d,]+) event", re.MULTILINE)


class Capture(NamedTuple):
    """A recording, and what it has."""

    path: Path
    events: int
    size: int


def captured(base: Path) -> Capture:
    """Record ordinary work without its data."""
    place, path = base / "objects", base / "work.sonde"
    place.mkdir()
    python = Path(subprocess.__file__).parent
    work = WORK.format(dd=DD, turns=TURNS, python=python, interpreter=sys.executable, script=SCRIPT, place=place)
    command = [*SONDE, "-w", str(path), "-s", "0", "--", "bash", "-c", work]
    done = subprocess.run(command, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True, check=True)
    seen, lost = SEEN.search(done.stderr), LOST.search(done.stderr)
    assert seen is not None
    events = int(seen[2].replace(",", "")) - (int(lost[1].replace(",", "")) if lost else 0)
    size = sum(segment.stat().st_size for segment in path.iterdir())
    print("  receipt: " + done.stderr.strip().replace("\n", "; "))
    figure("events of ordinary work", events / 1e6, "M", goal=None if quick() else (AT_LEAST, 5))
    figure("on the disk, without data", size / events, "bytes/event", goal=(AT_MOST, 20), note=f"{size / 1e6:.0f} MB")
    return Capture(path, events, size)


def asked(capture: Capture, question: Question) -> tuple[float, int]:
    """(seconds of CPU of a question put to the recording, how many rows it has)."""
    began = time.process_time()
    answer = Answer(question, recorded(str(capture.path)))
    while not answer.done:
        answer.text(answer.rows(answer.source.poll()))
    seconds = time.process_time() - began
    answer.close()
    if answer.counters().seen != capture.events or answer.source.absent():
        raise RuntimeError(f"not all of the recording was read: {answer.counters().seen:,}, {answer.source.absent()}")
    return seconds, answer.delivered


def questions(capture: Capture) -> None:
    """Quiet filters, and everything as default text."""
    heading("questions to the recording, in one core")
    asking = {name: Question(text, quiet=True) for name, text in FILTERS.items()} | {"text": Question()}
    taken: dict[str, list[tuple[float, int]]] = {name: [] for name in asking}
    for name in turns(asking, ROUNDS):
        taken[name].append(asked(capture, asking[name]))
    for name in asking:
        seconds = statistics.median(seconds for seconds, _ in taken[name])
        rows = taken[name][0][1]
        if name == "text":
            figure("default text", rows / seconds, "lines/s of CPU", goal=(AT_LEAST, 400_000), note=f"{rows:,} lines")
        else:
            figure(f"process, type and path: {name}", capture.events / seconds / 1e6, "M events/s",
                   goal=None if rows else (AT_LEAST, 20),
                   note=f"{rows:,} pass, {1000 * seconds:.0f} ms of CPU")  # fmt: skip


def aggregates(capture: Capture) -> None:
    """A tool on the recording: its time and its memory."""
    heading("-r RECORDING -c topfiles_bytes, the whole command")
    costs = [cost([*SONDE, "-r", str(capture.path), *TOOL]) for _ in range(3)]
    goal = (AT_MOST, 500.0) if capture.events >= MANY else None
    note = f"of {capture.events / 1e6:.1f} M events; the goal is 500 MB for {MANY / 1e6:.0f} M"
    figure("time", statistics.median(each.wall for each in costs), "s")
    figure("most memory", max(each.resident for each in costs), "MB", goal=goal, note=note)


def beside_sysdig(capture: Capture, base: Path) -> None:
    """The same questions to sysdig, of the same capture in its format."""
    heading("beside sysdig -r of the same capture as .scap")
    short, files = (
        base / "short.sonde",
        {name: base / f"{name}.scap" for name in ("short", "whole", "packed", "theirs")},
    )
    subprocess.run([*SONDE, "-w", str(short), "-s", "0", "--", "true"], env=ENVIRONMENT, stderr=DEVNULL, check=True)
    for source, options, name in ((short, (), "short"), (capture.path, (), "whole"), (capture.path, ("-z",), "packed")):
        convert = [*SONDE, "convert", *options, str(source), str(files[name])]
        subprocess.run(convert, env=ENVIRONMENT, stderr=DEVNULL, check=True)
    readers = {
        "sonde": ([*SONDE, "-r", str(short)], [*SONDE, "-r", str(capture.path)]),
        "sysdig": (["sysdig", "-r", str(files["short"])], ["sysdig", "-r", str(files["whole"])]),
    }
    for what, words in {"quiet filter": (FILTERS["nothing passes"],), "topfiles_bytes": TOOL}.items():
        whole, apart = _compared(readers, words)
        note = f"{spread(whole['sysdig'], whole['sonde'])}; {statistics.median(whole['sonde']):.2f} s"
        figure(f"{what}, CPU of sysdig to sonde's", ratio(whole["sysdig"], whole["sonde"]), "x", note=note)
        figure("  without the start", ratio(apart["sysdig"], apart["sonde"]), "x",
               goal=(AT_LEAST, 15.0), note=spread(apart["sysdig"], apart["sonde"]))  # fmt: skip
    packing = ["sysdig", "-r", str(files["whole"]), "-z", "-w", str(files["theirs"])]
    subprocess.run(packing, stdout=DEVNULL, stderr=DEVNULL, check=True)
    ours, theirs = (files[name].stat().st_size / 1e6 for name in ("packed", "theirs"))
    figure("-z, our file to sysdig's", ours / theirs, "x", goal=(AT_MOST, 1), note=f"{ours:.0f} MB, {theirs:.0f} MB")


def _compared(
    readers: Mapping[str, tuple[list[str], list[str]]], words: Sequence[str]
) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Seconds of CPU of each reader of the whole capture, one a round, and the same less those of a short one."""
    whole: dict[str, list[float]] = {name: [] for name in readers}
    apart: dict[str, list[float]] = {name: [] for name in readers}
    for name in turns(readers, BESIDE):
        start, all_ = (cost([*command, *words]).cpu for command in readers[name])
        whole[name].append(all_)
        apart[name].append(max(all_ - start, 1e-3))
    return whole, apart


def main() -> None:
    """All of it."""
    with tempfile.TemporaryDirectory() as name:
        heading("a recording of dd, find, ls, grep, shells and Python, without data")
        capture = captured(Path(name))
        aggregates(capture)  # first: the memory of a child is at least what its parent had
        questions(capture)
        if shutil.which("sysdig"):
            beside_sysdig(capture, Path(name))


if __name__ == "__main__":
    main()
