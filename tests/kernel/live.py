"""Asking the running kernel in tests: a workload that waits at a gate until everything under test is attached."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import pytest

import sonde
from sonde.plan.batch import Batch, Counters
from sonde.query import Answer, Question, capabilities
from sonde.sources.live.events import Sizes

__all__ = [
    "KERNEL", "LIMIT", "NEEDED", "Answered", "Row", "Workload", "ask", "ask_all", "busy", "cli", "cli_start",
    "full_disk", "of_type", "one", "rest_of", "wait_for",
]  # fmt: skip

Row = dict[str, Any]
LIMIT = 90.0  # s after which a test gives up: a guard against hanging, not something a test asserts
SOURCE = Path(sonde.__file__).parents[1]
TICKING = f"import os, time\nfor _ in range({LIMIT * 100:.0f}): os.stat('/'); time.sleep(0.01)"
GATE = "import ctypes, json, os, select, signal, socket, sys, threading, time\nos.read(0, 1)\n"


@cache
def _absent() -> str:
    return "; ".join(f"{f.name}: {f.why}" for f in capabilities() if f.needed and not f.here)


# marks of a module of live tests: `core`, and skipped with the reason where this kernel or user cannot capture
NEEDED = pytest.mark.skipif(bool(_absent()), reason=_absent() or "everything needed is here")
KERNEL = [pytest.mark.core, NEEDED]


@dataclass(frozen=True)
class Answered:
    """What a question gave: rows as dicts by field name, counters, and what the workload printed as JSON (or None)."""

    rows: list[Row]
    counters: Counters
    said: Any

    def of(self, *types: str) -> list[Row]:
        """The rows of some event types."""
        return of_type(self.rows, *types)


class Workload:
    """A child that waits until `go`: Python source, or an argument vector whose first act is to read one byte of fd 0.

    Its stdout is kept; it must end by itself.
    """

    def __init__(
        self, program: str | Sequence[str], *arguments: str, environment: dict[str, str] | None = None
    ) -> None:
        words = [sys.executable, "-I", "-S", "-c", GATE + program] if isinstance(program, str) else list(program)
        self._output = TemporaryFile()  # noqa: SIM115 - not a pipe: it could fill up while nobody reads
        self.process = subprocess.Popen(
            [*words, *arguments], stdin=subprocess.PIPE, stdout=self._output, env=environment
        )
        self.pid = self.process.pid
        self._wait_at_gate()

    def _wait_at_gate(self) -> None:
        wait_for(lambda: self.process.poll() is not None or self._blocked())

    def _blocked(self) -> bool:
        """Is it in read(0, ...)? Only then its start is over."""
        try:
            return Path(f"/proc/{self.pid}/syscall").read_text().startswith("0 0x0 ")
        except OSError:
            return False

    def go(self) -> None:
        """Open the gate."""
        assert self.process.stdin is not None
        self.process.stdin.write(b"!")
        self.process.stdin.close()

    def ended(self) -> bool:
        """Is it over?"""
        return self.process.poll() is not None

    def kill(self) -> None:
        """End it, if it still runs."""
        if not self.ended():
            self.process.kill()
        self.process.wait()

    def said(self) -> Any:
        """What it printed, read as JSON; None if nothing. A workload that failed fails the test."""
        assert self.process.wait() == 0, f"the workload ended with {self.process.returncode}"
        self._output.seek(0)
        text = self._output.read()
        return json.loads(text) if text.strip() else None


def ask(
    filter: str, workload: Workload, *fields: str, snaplen: int = 80, sizes: Sizes | None = None, follow: bool = True
) -> Answered:  # fmt: skip
    """Ask while a workload runs; with `follow` only the workload and its descendants are seen."""
    question = Question(
        filter=filter, format=" ".join("%" + name for name in fields), json=True, snaplen=snaplen, follow=follow,
        skip=(os.getpid(),), sizes=sizes or Sizes(),
    )  # fmt: skip
    return ask_all([question], workload)[0]


def ask_all(questions: Iterable[Question], workload: Workload) -> list[Answered]:
    """Several questions about one run of a workload."""
    answers: list[Answer] = []
    try:
        answers += [Answer(question._replace(json=True)) for question in questions]
        found, said = batches(answers, workload)
        return [
            Answered([row for batch in of for row in _parsed(answer, batch)], answer.counters(), said)
            for answer, of in zip(answers, found, strict=True)
        ]
    finally:
        workload.kill()
        for answer in answers:
            answer.close()


def batches(answers: Sequence[Answer], workload: Workload) -> tuple[list[list[Batch]], Any]:
    """The rows of each answer while a workload runs, and what it said: all attached before its gate opens, none
    detached before its end. Those that follow, follow the workload."""
    found: list[list[Batch]] = [[] for _ in answers]

    def poll(method: Callable[[Answer], Batch | None]) -> None:
        for answer, rows in zip(answers, found, strict=True):
            if (batch := answer.rows(method(answer))) is not None:
                rows.append(batch)

    try:
        for answer in answers:
            if answer._question.follow:
                answer.source.follow(workload.pid)
        for answer in answers:
            answer.source.start()
        workload.go()
        deadline = time.monotonic() + LIMIT
        while not workload.ended():
            assert time.monotonic() < deadline, "the workload does not end"
            poll(lambda answer: answer.source.poll())
        poll(lambda answer: answer.source.stop())
        return found, workload.said()
    finally:
        workload.kill()


def _parsed(answer: Answer, batch: Batch) -> list[Row]:
    return [json.loads(line) for line in answer.text(batch).split(b"\n") if line]


def of_type(rows: Iterable[Row], *types: str) -> list[Row]:
    """The rows whose evt.type is one of some."""
    return [row for row in rows if row["evt.type"] in types]


def one(rows: Iterable[Row], **wanted: Any) -> Row:
    """The only row with these values; `fd__name` stands for fd.name."""
    keys = {name.replace("__", "."): value for name, value in wanted.items()}
    rows = list(rows)
    found = [row for row in rows if all(row[name] == value for name, value in keys.items())]
    assert len(found) == 1, f"{len(found)} rows with {keys}, of:\n" + "\n".join(map(str, rows[:40]))
    return found[0]


def wait_for(condition: Callable[[], Any]) -> Any:
    """Wait until the condition gives something true; -> that."""
    deadline = time.monotonic() + LIMIT
    while not (found := condition()):
        assert time.monotonic() < deadline, "what was waited for did not come"
        time.sleep(0.002)
    return found


@contextlib.contextmanager
def busy() -> Iterator[int]:
    """Something that happens all the time, on a machine where nothing else may: a process (its id) that calls stat."""
    with subprocess.Popen([sys.executable, "-I", "-S", "-c", TICKING]) as process:
        try:
            yield process.pid
        finally:
            process.kill()


def _command(words: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    return [sys.executable, "-m", "sonde.cli", *words], environment


def cli(*words: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """`sonde WORDS`, to its end."""
    command, environment = _command(words)
    settings = {"capture_output": True, "stdin": subprocess.DEVNULL, **options}
    return subprocess.run(
        command, env=environment, text=True, errors="surrogateescape", timeout=LIMIT, check=False, **settings
    )


def cli_start(*words: str, **options: Any) -> subprocess.Popen[str]:
    """`sonde WORDS`, running; the test ends it."""
    command, environment = _command(words)
    settings = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    return subprocess.Popen(command, env=environment, text=True, errors="surrogateescape", **settings)


def rest_of(process: subprocess.Popen[str]) -> tuple[str, str]:
    """What is left of stdout, then of stderr, to their ends; after lines were read, communicate() would lose some."""
    assert process.stdout is not None and process.stderr is not None
    out, said = process.stdout.read(), process.stderr.read()
    process.wait(timeout=LIMIT)
    return out, said


def full_disk(place: Path, size: str, name: str) -> tuple[str, str]:
    """Record a loop of `ls` to a file on a small file system until that is full, and read it; -> stdout with the status
    of the recorder, and what both said."""
    sonde_ = f"{sys.executable} -m sonde.cli"
    script = (
        f"mount -t tmpfs -o size={size} none {place} && {sonde_} -w {place}/{name} -- "
        f"sh -c 'i=0; while [ $i -lt 200 ]; do ls -l /usr/bin > /dev/null; i=$((i+1)); done'; echo $?; "
        f"{sonde_} -r {place}/{name} -q"
    )
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", script], capture_output=True, text=True, timeout=LIMIT, check=False,
        env=_command(())[1],
    )  # fmt: skip
    if "unshare" in done.stderr or "mount" in done.stderr:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    assert "No space left on device; what was recorded before can be read" in done.stderr
    return done.stdout, done.stderr
