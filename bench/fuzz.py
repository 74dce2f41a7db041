"""Reading what is damaged: `python bench/fuzz.py [N] [SEED] [--quick]`; N files, 100,000 if not told.

Segments of recordings and files of sysdig, recorded live (as root) of a program that does a little of everything and
made up with all kinds of blocks, are damaged: by flipped, lost and repeated bytes, or in every second one with all
checksums and lengths right, so that the decoders themselves are attacked. Each has to be read to rows, to rows with
what is missing said, or to be refused: no other exception, no hang, no memory.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import io
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from importlib.util import find_spec
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from measuring.figures import AT_LEAST, AT_MOST, figure, heading, quick
from measuring.processes import ENVIRONMENT

if TYPE_CHECKING:
    from sonde.query import Question

__all__ = ["main"]

TESTS = Path(__file__).resolve().parents[1] / "tests"
ROOMS = ("kernel", "scap", "unit")  # of the tests, with what they share
MEMORY = "/dev/shm"  # where files cost least
SPACE = 4 << 30  # bytes of addresses that a reader may have
SECONDS = 20  # of CPU that one file may take
ROWS = (12, 40)  # of a frame
FRAMES = 4  # of a segment
MADE, EVENTS = 48, 10  # files of sysdig, and of how many calls each
BLOCKS = 80  # of a file of sysdig that was recorded
FOLDER = 16  # of so many recordings one is read beside another
COVERED = 2400  # files, at most, that are read again to see which lines they reach
NOT_READING = {
    "recording": ("explain", "segments", "thinner", "writer"),
    "scap": ("before", "beginning", "coding", "ends", "events_out", "explain", "interfaces", "kinds", "lists_out",
             "living", "ordering", "packing", "parameters", "pointed", "program", "sockets_out", "writing"),
}  # fmt: skip
WRITING = (
    "pack_all",
    "_pack",
    "_word",
    "_width",
    "packed_bytes",
    "framed",
    "_meaningless",
    "joined",
    "rows_frames",
    "_rows_frame",
    "_gathered",
    "Told",
    "_longer",
    "_body",
    "snapshot_now",
    "_frame",
    "_packed",
    "told_tracepoints",
)
AT_ONCE = 10_000  # files that a reader is started for
SHOWN = 12  # faults


def recorded_live(base: Path) -> None:
    """Segments of the zoo of the tests, with many small frames, and a file of sysdig of its beginning."""
    import numpy as np
    from damage import blocks_of
    from live import batches
    from recordings import some_state
    from zoo import zoo

    from sonde.ask_record import about
    from sonde.catalog.scap import blocks
    from sonde.cli_options import Options
    from sonde.convert import convert
    from sonde.query import Answer, Question
    from sonde.sources.recording.segments import Directory
    from sonde.sources.recording.writer import Limits, Recorder

    for rows in ROWS:
        keeper = Answer(Question(record=True, follow=True, skip=(os.getpid(),)))
        found = batches([keeper], zoo(base, f"here{rows}"))[0]
        limits = Limits(events=rows * FRAMES)
        recorder = Recorder(Directory(str(base / f"{rows}.sonde"), anew=True), about(Options()), limits, some_state)
        recorder.start(keeper.state)
        for batch in found[0]:
            for part in np.array_split(np.arange(len(batch)), len(batch) // (rows // 2) + 1):
                recorder.write(batch.take(part))
                recorder.settle(keeper.counters, final=True)
        recorder.close(keeper.counters(), keeper.state)
        keeper.close()
    with contextlib.redirect_stderr(io.StringIO()):
        convert(Options(read=str(base / f"{rows}.sonde"), write=str(base / "whole.scap")))
    data = (base / "whole.scap").read_bytes()
    places = blocks_of(data)
    lists = data[: next(at for at, _ in places if int.from_bytes(data[at : at + 4], "little") in blocks.EVENTS)]
    for part in range(BLOCKS, len(places), BLOCKS):
        (base / f"{part}.scap").write_bytes(lists + data[places[part - BLOCKS][0] : places[part][0]])
    (base / "whole.scap").unlink()


def made_up(base: Path) -> None:
    """Segments of synthetic rows, two of them thinned, and files of sysdig with all kinds of events."""
    from damage import everything
    from recordings import little, some_state

    from sonde.sources.recording.thinning import thin

    for seed in range(8):
        little(base / f"little{seed}.sonde", seed, some_state)
    for kind in ("files", "processes"):
        (base / f"{kind}.sonde").mkdir()
        for segment in (base / "little0.sonde").iterdir():
            thin(str(segment), str(base / f"{kind}.sonde" / segment.name), {kind})
    for seed in range(MADE):
        (base / f"made{seed}.scap").write_bytes(everything(seed, EVENTS))


class Seeds:
    """What is damaged: segments of recordings with their parts, files of sysdig."""

    def __init__(self, base: Path) -> None:
        from spoiled import parts_of

        self.segments = [segment.read_bytes() for segment in sorted(base.glob("*.sonde/*.segment"))]
        self.parts = [parts_of(data) for data in self.segments]
        self.scaps = [path.read_bytes() for path in sorted(base.glob("*.scap"))]

    def damaged(self, number: int, seed: int) -> tuple[bytes, Question]:
        """A damaged file, and what it is asked: in turn two recordings and two of sysdig."""
        import damage
        import spoiled

        random = Random(f"{seed}:{number}")
        if number & 2:
            return damage.damaged(random.choice(self.scaps), random), random.choice(spoiled.OF_SYSDIG)
        at = random.randrange(len(self.segments))
        return spoiled.damaged(self.segments[at], self.parts[at], random), random.choice(spoiled.QUESTIONS)


def read(base: Path, seed: int, numbers: range) -> dict[str, Any]:
    """Damage and read the files with these numbers; -> how they ended, and faults by where they were."""
    from spoiled import outcome

    from sonde import query
    from sonde.sources.recording import frames

    query.plan = functools.cache(query.plan)  # the questions are the same ones
    seeds = Seeds(base)
    path, folder = base / f"{os.getpid()}.damaged", base / f"{os.getpid()}"
    for name in ("one", "other"):
        (folder / f"{name}.sonde").mkdir(parents=True)
        (folder / f"{name}.sonde/0000000001.segment").write_bytes(seeds.segments[0])
    ends: Counter[str] = Counter()
    faults: dict[str, list[int]] = {}
    slowest, usual = 0.0, frames.SMALL
    for number in numbers:
        data, question = seeds.damaged(number, seed)
        beside = number % (4 * FOLDER) < 2
        (folder / "one.sonde/0000000001.segment" if beside else path).write_bytes(data)
        frames.SMALL = 64 if number & 4 else usual  # of every second one bodies are read as those of large files are
        began = time.process_time()
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        try:
            ends[outcome(str(folder if beside else path), question)] += 1
        except Exception as error:
            faults.setdefault(_where(error), []).append(number)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        slowest = max(slowest, time.process_time() - began)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"ends": ends, "faults": faults, "slowest": slowest, "memory": most}


def _where(error: Exception) -> str:
    """An exception, and the last lines of ours that it passed."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "sonde" in frame.filename][-2:]
    places = ", ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)
    return f"{type(error).__name__}: {str(error)[:80]} at {places}"


def worker(words: list[str]) -> None:
    """Read in a process of its own, whose memory is limited."""
    base, seed, first, end, step, covered = words
    resource.setrlimit(resource.RLIMIT_AS, (SPACE, SPACE))

    def late(*_: object) -> None:
        raise TimeoutError(f"not read in {SECONDS} s of CPU")

    signal.signal(signal.SIGPROF, late)
    with _coverage() if covered == "cover" else contextlib.nullcontext({}) as reached:
        found = read(Path(base), int(seed), range(int(first), int(end), int(step)))
    print(json.dumps({**found, "reached": reached}))


@contextlib.contextmanager
def _coverage() -> Any:
    """(lines reached, lines) of each file of what reads, once the block has ended."""
    import coverage

    measured = coverage.Coverage(data_file=None, include=[f"*/sources/{room}/*.py" for room in NOT_READING])
    reached: dict[str, tuple[int, int]] = {}
    measured.start()
    yield reached
    measured.stop()
    for name in map(Path, sorted(measured.get_data().measured_files())):
        if name.stem in NOT_READING[name.parent.name]:
            continue
        _, lines, _, missed, _ = measured.analysis2(str(name))
        read = set(lines) - _written(name)
        reached[f"{name.parent.name}/{name.name}"] = len(read) - len(read & set(missed)), len(read)


def _written(path: Path) -> set[int]:
    """The lines of a file that only a recorder reaches."""
    nodes = [node for node in ast.parse(path.read_text()).body if getattr(node, "name", "") in WRITING]
    return {line for node in nodes for line in range(node.lineno, (node.end_lineno or 0) + 1)}


def started(base: Path, seed: int, first: int, end: int, step: int, covered: str = "") -> subprocess.Popen[str]:
    """A worker."""
    words = [str(base), *map(str, (seed, first, end, step)), covered]
    path = os.pathsep.join((ENVIRONMENT["PYTHONPATH"], *(str(TESTS / room) for room in ROOMS)))
    command = [sys.executable, __file__, "--worker", *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**ENVIRONMENT, "PYTHONPATH": path})


def results(workers: list[subprocess.Popen[str]]) -> list[dict[str, Any]]:
    """What the workers found; one that dies is a bug too."""
    outputs = [worker.communicate()[0] for worker in workers]
    for worker in workers:
        if worker.returncode:
            raise RuntimeError(f"a reader ended with status {worker.returncode}: process {worker.pid}")
    return [json.loads(output) for output in outputs]


def told(found: list[dict[str, Any]], count: int, wall: float) -> None:
    """Print how the files ended."""
    ends: Counter[str] = Counter()
    faults: dict[str, list[int]] = {}
    for one in found:
        ends.update(one["ends"])
        for where, numbers in one["faults"].items():
            faults.setdefault(where, []).extend(numbers)
    for end in ("rows", "partial", "refused"):
        figure({"rows": "read whole", "partial": "read in part, and said", "refused": "refused"}[end], ends[end], "")
    figure("ended otherwise", sum(map(len, faults.values())), "", goal=(AT_MOST, 0))
    figure("slowest", max(one["slowest"] for one in found), "s of CPU", goal=(AT_MOST, 5))
    figure("most memory of a reader", max(one["memory"] for one in found), "MB", goal=(AT_MOST, 1024))
    figure("read", count / wall, "files/s", note=f"{wall / 60:.1f} minutes")
    for where, numbers in sorted(faults.items(), key=lambda item: -len(item[1]))[:SHOWN]:
        print(f"  FAULT {len(numbers)} times, first in number {min(numbers)}: {where}")


def main() -> None:
    """All of it."""
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    count, seed = (*numbers, *(2000 if quick() else 100_000, 1)[len(numbers) :])[:2]
    sys.path += [str(TESTS / room) for room in ROOMS]
    readers = os.cpu_count() or 1
    with tempfile.TemporaryDirectory(dir=MEMORY if os.path.isdir(MEMORY) else None) as name:
        base = Path(name)
        live = os.geteuid() == 0
        made_up(base)
        if live:
            recorded_live(base)
        heading(f"{count:,} damaged files, seed {seed}, of {'live recordings and' if live else ''} made up ones")
        began = time.monotonic()
        found: list[dict[str, Any]] = []
        for part in range(0, count, AT_ONCE):
            end = min(part + AT_ONCE, count)
            found += results([started(base, seed, part + one, end, readers) for one in range(readers)])
            faults = sum(len(numbers) for one in found for numbers in one["faults"].values())
            print(f"  {end:,} of {count:,} after {time.monotonic() - began:,.0f} s, {faults} faults", file=sys.stderr)
        told(found, count, time.monotonic() - began)
        if find_spec("coverage") is None:
            print("  which lines they reach is not measured: pip install coverage")
            return
        covered = min(count, COVERED)
        reached = results([started(base, seed, 0, covered, 1, "cover")])[0]["reached"]
        for room in NOT_READING:
            files = {file: lines for file, lines in reached.items() if file.startswith(f"{room}/")}
            share = 100 * sum(lines[0] for lines in files.values()) / sum(lines[1] for lines in files.values())
            figure(f"lines that read {room}, reached by {covered:,}", share, "%", goal=(AT_LEAST, 90))
            for file, (hit, lines) in files.items():
                print(f"    {file:<30} {hit:>4} of {lines}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        worker(sys.argv[2:])
    else:
        main()
