"""Who watches: programs attached from here, a process that takes everything in as columns, and the command itself."""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from measuring.processes import ENVIRONMENT
from sonde.kernel.asm import R0, Asm
from sonde.kernel.library import open_library
from sonde.kernel.session import Session
from sonde.query import Question, plan
from sonde.sources.live.events import LiveEvents
from sonde.sources.live.scan import Scan, plan_scan

__all__ = ["FIXED", "Consumer", "Receipt", "attached", "await_attachment", "empty_program", "nothing", "printed"]

# what every event has; the others are read only when a question names them
FIXED = frozenset(
    ("time", "latency", "nr", "cpu", "flags", "tid", "pid", "res", "a0", "a1", "a2", "a3", "a4", "a5", "proc", "file")
)
FEW = 100  # events that the ring holds without a reader; the loader of a program reads its libraries
FIRST_LINE = re.compile(r"([\d,]+) seen, ([\d,]+) matched, ([\d,]+) delivered")
LOST = re.compile(r"^lost: ([\d,]+) event", re.MULTILINE)


@contextlib.contextmanager
def nothing() -> Iterator[None]:
    """Nobody watches."""
    yield


@contextlib.contextmanager
def empty_program() -> Iterator[None]:
    """A program on the exit of every system call that returns at once: what any tracer pays."""
    session = Session(open_library(), {}, {}, {})
    main = Asm()
    main.constant(R0, 0)
    main.exit()
    try:
        session.attach(*session.load(session.spliced(main, "l_exit")))
        yield
    finally:
        session.close()


@contextlib.contextmanager
def attached(filter_text: str) -> Iterator[None]:
    """The programs of a question that matches next to nothing, so that nobody needs to read."""
    with LiveEvents(plan(Question(filter_text)).scan, skip=(os.getpid(),)) as source:
        source.start()
        yield
        source.stop()
        if source.counters().matched > FEW:
            raise RuntimeError(f"the kernel sends {source.counters().matched:,} events for: {filter_text}")


@dataclass(frozen=True)
class Receipt:
    """What a watcher saw and lost."""

    seen: int
    matched: int
    delivered: int
    lost: int


class Consumer:
    """Another process that takes the rows of a question in as numpy columns while a `watching` block runs.

    `columns`: these columns of every row that `filter_text` keeps; else the default line's.
    """

    def __init__(self, filter_text: str = "", columns: frozenset[str] = frozenset()) -> None:
        words = json.dumps([filter_text, sorted(columns)])
        self._process = subprocess.Popen(
            [sys.executable, "-m", "measuring.watching", words], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, env=ENVIRONMENT,
        )  # fmt: skip
        self.receipts: list[Receipt] = []

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Attached and reading."""
        self._say("start")
        self._hear()
        yield
        self._say("stop")
        self.receipts.append(Receipt(**self._hear()))

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)

    def _say(self, word: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(word + "\n")
        self._process.stdin.flush()

    def _hear(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the watching process ended; its message is above")
        answer: dict[str, Any] = json.loads(line)
        return answer


def printed(arguments: list[str], receipts: list[Receipt]) -> contextlib.AbstractContextManager[int]:
    """The command `sonde` itself, printing to /dev/null, by its process id; its receipt is appended to `receipts`."""

    @contextlib.contextmanager
    def running() -> Iterator[int]:
        command = [sys.executable, "-m", "sonde.cli", *arguments]
        with subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT
        ) as process:
            await_attachment(process.pid)
            yield process.pid
            process.send_signal(signal.SIGINT)
            _, told = process.communicate(timeout=60)
        first, lost = FIRST_LINE.search(told), LOST.search(told)
        if first is None:
            raise RuntimeError(f"no receipt: {told}")
        seen, matched, delivered = (int(text.replace(",", "")) for text in first.groups())
        receipts.append(Receipt(seen, matched, delivered, int(lost[1].replace(",", "")) if lost else 0))

    return running()


def await_attachment(pid: int) -> None:
    """Until the process holds a BPF link."""
    for _ in range(1000):
        for fd in os.listdir(f"/proc/{pid}/fdinfo"):
            with contextlib.suppress(OSError), open(f"/proc/{pid}/fdinfo/{fd}") as file:
                if "link_type" in file.read():
                    time.sleep(0.05)
                    return
        time.sleep(0.01)
    raise RuntimeError("sonde did not attach")


def _scan(filter_text: str, columns: list[str]) -> Scan:
    if not columns:
        return plan(Question(filter_text)).scan
    return plan_scan(plan(Question(filter_text)).expr, (), frozenset(columns))


def _told() -> str:
    """A command from the parent, or nothing yet; the end of input is "end"."""
    if select.select([sys.stdin], [], [], 0)[0]:
        return sys.stdin.readline().strip() or "end"
    return ""


def _columns(filter_text: str, columns: list[str]) -> Receipt:
    """Rows as columns, until told to stop."""
    with LiveEvents(_scan(filter_text, columns), skip=(os.getpid(), os.getppid())) as source:
        source.start()
        print("{}", flush=True)
        delivered = 0
        while not _told():
            batch = source.poll()
            delivered += len(batch) if batch else 0
        batch = source.stop()
        delivered += len(batch) if batch else 0
        counters = source.counters()
    return Receipt(counters.seen, counters.matched, delivered, counters.lost)


def _serve(words: str) -> None:
    filter_text, columns = json.loads(words)
    for command in iter(sys.stdin.readline, ""):
        if command.strip() == "start":
            print(json.dumps(vars(_columns(filter_text, columns))), flush=True)


if __name__ == "__main__":
    _serve(sys.argv[1])
