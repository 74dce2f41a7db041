"""Recordings: what they cost and how fast they answer: `python bench/replay.py [--quick]`; needs root.

A capture of five million events and more of dd, find, ls, shells and Python is recorded live and asked again and again.
sysdig 0.29.3 is no yardstick yet: it reads .scap only, which sonde does not write.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from measuring.figures import AT_LEAST, AT_MOST, figure, heading, quick, turns
from measuring.processes import ENVIRONMENT

from sonde.query import Answer, Question, recorded

__all__ = ["main"]

ROUNDS = 3 if quick() else 7
DD = 50_000 if quick() else 1_000_000
MANY = 20_000_000  # events for which there is a goal of memory
TURNS = 1 if quick() else 12
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
    walls, sizes = [], []
    for _ in range(3):
        began = time.monotonic()
        process = subprocess.Popen(
            [*SONDE, "-r", str(capture.path), "-c", "topfiles_bytes"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENVIRONMENT,
        )  # fmt: skip
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError(f"topfiles_bytes: exit status {process.returncode}")
        walls.append(time.monotonic() - began)
        sizes.append(usage.ru_maxrss / 1024)
    goal = (AT_MOST, 500.0) if capture.events >= MANY else None
    note = f"of {capture.events / 1e6:.1f} M events; the goal is 500 MB for {MANY / 1e6:.0f} M"
    figure("time", statistics.median(walls), "s")
    figure("most memory", max(sizes), "MB", goal=goal, note=note)


def main() -> None:
    """All of it."""
    with tempfile.TemporaryDirectory() as name:
        heading("a recording of dd, find, ls, grep, shells and Python, without data")
        capture = captured(Path(name))
        questions(capture)
        aggregates(capture)


if __name__ == "__main__":
    main()
