"""strace as a source of Batches: a command or processes under it, or a log that it wrote."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Sequence
from typing import BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from sonde.catalog.column import Detail
from sonde.catalog.event import EXIT_EVENTS
from sonde.catalog.syscalls import I386_BASE
from sonde.catalog.unistd import I386, X86_64
from sonde.errors import UsageError
from sonde.plan.batch import Batch, Counters
from sonde.plan.expr import Expr
from sonde.plan.state import State
from sonde.sources.strace.calls import NEEDED
from sonde.sources.strace.lines import Line, parse
from sonde.sources.strace.processes import boot_epoch
from sonde.sources.strace.rows import COLUMNS, Rows
from sonde.sources.strace.running import Traced, strace_options

__all__ = ["KNOWN", "StraceLog", "StraceRun", "Wanted", "is_log"]

KNOWN = frozenset(COLUMNS)  # the physical columns it can fill
INTERVAL = 0.02  # s between polls
PIECE = 1 << 20  # bytes of a log at once
HEAD = 1 << 16  # bytes by which a log is known
_ATTACHED = re.compile(r"(.*?)(?:strace: )?Process \d+ attached")


class Wanted(NamedTuple):
    """What of strace's output a question needs: `on` by event number, whether files, environments; bytes of buffers."""

    rest: Expr
    on: npt.NDArray[np.bool_]
    files: bool = True
    details: frozenset[Detail] = frozenset()
    snaplen: int = 80

    @property
    def calls(self) -> list[str]:
        """Names of the calls to trace, with those whose effects are told with others; none: all."""
        x86, i386 = ([n for n, i in table.items() if self.on[base + i]] for base, table in _TABLES)
        if len(x86) == len(X86_64):
            return []
        return list(dict.fromkeys((*NEEDED, *x86, *i386)))


_TABLES = ((0, X86_64), (I386_BASE, I386))


class _Lines:
    """Lines of text into rows; a line that a message of strace has torn is mended."""

    def __init__(self, rows: Rows) -> None:
        self.rows, self._left, self._torn = rows, b"", ""

    def feed(self, data: bytes, final: bool = False) -> None:
        *whole, self._left = (self._left + data).split(b"\n")
        for raw in whole:
            self._line(raw.decode("utf-8", "surrogateescape"))
        if final and self._left:
            self._line(self._left.decode("utf-8", "surrogateescape"))
            self._left = b""

    def _line(self, text: str) -> None:
        line: Line | None = None
        if self._torn:
            line, self._torn = parse(self._torn + text), ""
        line = line or parse(text)
        if line is not None:
            self.rows.feed(line)
        elif text.endswith("attached") and (torn := _ATTACHED.fullmatch(text)):
            self._torn = torn[1]
        elif text.strip():
            self.rows.foreign += 1


class _Source:
    """What both have in common."""

    done = False

    def __init__(self, wanted: Wanted, here: bool, epoch: int, date: int = 0) -> None:
        self.state = State(epoch=epoch)
        self.rest = wanted.rest
        self._wanted = wanted
        self._rows = Rows(self.state, here, date, wanted.snaplen)
        self._lines = _Lines(self._rows)

    def counters(self) -> Counters:
        """What was seen so far; nothing is lost, strace keeps the watched waiting."""
        return Counters(seen=self._rows.seen, matched=self._rows.seen, truncated=self._rows.truncated)

    def inflight(self) -> Batch | None:
        """Rows of the calls that have not ended (ENTER_ROW)."""
        return self._rows.running()

    def absent(self) -> list[str]:
        """What of the log could not be read."""
        return [_lines(self._rows.damaged, "damaged line")] if self._rows.damaged else []

    def progress(self) -> tuple[int, int]:
        """Nothing is read that ends."""
        return 0, 0

    def aside(self) -> list[str]:
        """What else is worth saying."""
        return [_lines(self._rows.foreign, "line") + " not of strace"] if self._rows.foreign else []

    def follow(self, tid: int, from_exec: bool = False) -> None:
        """All that strace follows is followed."""


class StraceRun(_Source):
    """A command, or processes that run, under strace. `why` says why it is not the kernel that is asked."""

    def __init__(self, wanted: Wanted, why: str = "") -> None:
        super().__init__(wanted, here=True, epoch=boot_epoch())
        self.state.start = time.time_ns()
        self._why = why
        self._traced: Traced | None = None
        self._pids: list[int] = []
        signals = bool(wanted.on[EXIT_EVENTS["signaldeliver"]])
        environment = Detail.ENVIRONMENT in wanted.details
        self._options = strace_options(wanted.calls, signals, wanted.files, environment, wanted.snaplen)

    def follow(self, tid: int, from_exec: bool = False) -> None:
        """Attach to a process at the start."""
        self._pids.append(tid)

    def launch(self, command: Sequence[str]) -> Traced:
        """Run a command; -> what stands for it."""
        self._traced = Traced(self._options, command, ())
        return self._traced

    def attach(self) -> Traced:
        """Attach to what is followed; -> strace."""
        self._traced = Traced(self._options, (), self._pids)
        return self._traced

    def start(self) -> None:
        """Attach to what is followed, if it is no command."""
        if self._traced is None and self._pids:
            self.attach()

    def poll(self, final: bool = False) -> Batch | None:
        """The rows that are complete, in time order, or None."""
        assert self._traced is not None
        data = self._traced.read()
        if not data and not final:
            self._traced.check()
            time.sleep(INTERVAL)
        self._lines.feed(data)
        return self._rows.take(everything=final)

    def detach(self) -> None:
        """Let go of what was attached to; a command stays under strace."""
        if self._traced is not None and self._pids:
            self._traced.let_go()

    def stop(self) -> Batch | None:
        """The rows that are left."""
        assert self._traced is not None
        self.detach()
        while data := self._traced.read():
            self._lines.feed(data)
            if self._traced.poll() is None:
                break
        self._lines.feed(b"", final=self._traced.poll() is not None)
        return self._rows.take(everything=True)

    def aside(self) -> list[str]:
        """Where the rows come from and what that cost."""
        cpu = self._traced.cpu if self._traced else 0.0
        cost = f"from strace ({self._why}), which took {cpu:.2f} s of a processor and stopped the watched at each call"
        return [cost, *super().aside()]

    def close(self) -> None:
        """Free everything."""
        if self._traced is not None:
            self._traced.close()


class StraceLog(_Source):
    """A log that strace wrote, `-o FILE` or its standard error; of -ff any of the files, whose name says the thread."""

    def __init__(self, wanted: Wanted, path: str) -> None:
        try:
            self._file: BinaryIO = open(path, "rb")  # noqa: SIM115 - closed by close()
            changed = os.fstat(self._file.fileno()).st_mtime
        except OSError as error:
            raise UsageError(f"cannot read {path}: {error.strerror}") from None
        super().__init__(wanted, here=False, epoch=0, date=_midnight(changed))
        self._path = path
        self._rows.alone(_alone(path, self._file.read(PIECE)))
        self._file.seek(0)

    def start(self) -> None:
        """Nothing to attach."""

    def poll(self, final: bool = False) -> Batch | None:
        """The next rows; `done` after the last."""
        data = self._file.read(PIECE)
        self.done = len(data) < PIECE
        self._lines.feed(data, final=self.done)
        batch = self._rows.take(everything=self.done)
        if batch is not None and not self.state.start:
            self.state.start = int(batch.columns["time"][0])
        return batch

    def detach(self) -> None:
        """Nothing is attached."""

    def stop(self) -> Batch | None:
        """The rows that are left."""
        return self._rows.take(everything=True)

    def progress(self) -> tuple[int, int]:
        """How much of the log was read."""
        return self._file.tell(), os.fstat(self._file.fileno()).st_size

    def aside(self) -> list[str]:
        """Where the rows come from."""
        return [f"from {self._path}, a log of strace", *super().aside()]

    def close(self) -> None:
        """Close the log."""
        self._file.close()


def _alone(path: str, beginning: bytes) -> int:
    """Whose lines without a thread are: as the file's name says (-ff), or the first in brackets that was not attached
    to later; 0 unknown."""
    suffix = path.rpartition(".")[2]
    if suffix.isdecimal():
        return int(suffix)
    attached = set(re.findall(rb"Process (\d+) attached", beginning))
    return next((int(tid) for tid in re.findall(rb"\[pid +(\d+)", beginning) if tid not in attached), 0)


def is_log(path: str) -> bool:
    """Is most of the beginning of a file what strace writes?"""
    try:
        with open(path, "rb") as file:
            lines = file.read(HEAD).decode("utf-8", "surrogateescape").splitlines()[:200]
    except OSError:
        return False
    told = [line for line in lines if line.strip()]
    return bool(told) and sum(parse(line) is not None for line in told) * 2 >= len(told)


def _midnight(when: float) -> int:
    """The local midnight before a time, ns since the epoch."""
    day = time.localtime(when)
    return int(time.mktime((day.tm_year, day.tm_mon, day.tm_mday, 0, 0, 0, 0, 0, -1))) * 1_000_000_000


def _lines(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")
