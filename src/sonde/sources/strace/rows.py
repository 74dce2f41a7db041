"""Lines of strace into Batches: each call one row, what it pointed at as payloads, files and processes as state."""

from __future__ import annotations

import posixpath
import socket
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from sonde.catalog import flags
from sonde.catalog.event import BUFFERS, EXIT_EVENTS, Event, Param, ParamType, Source
from sonde.catalog.lookup import EVENTS
from sonde.catalog.syscalls import I386_BASE
from sonde.catalog.unistd import I386, X86_64
from sonde.plan.batch import ENTER_ROW, PHYSICAL, RESULT_UNKNOWN, Batch, Payloads
from sonde.plan.state import State
from sonde.sources.strace import values
from sonde.sources.strace.calls import CHANGES, LAST, MAKERS, Happened, in_order
from sonde.sources.strace.files import FileIds
from sonde.sources.strace.lines import Kind, Line, split
from sonde.sources.strace.processes import Person, ProcessIds

__all__ = ["COLUMNS", "Rows"]

COLUMNS = (
    "time", "latency", "nr", "flags", "tid", "pid", "res", "a0", "a1", "a2", "a3", "a4", "a5", "proc", "file", "dir",
    "newdir", "seq", "unknown",
)  # fmt: skip
ALL_UNKNOWN = 0x3F
UNKNOWN_DIRECTORY = 0xFFFFFFFF
CWD = -100
_WORD = (1 << 64) - 1
_PROCEXIT, _SIGNALED = EXIT_EVENTS["procexit"], EXIT_EVENTS["signaldeliver"]
_OF_DIRECTORIES = ("getdents", "getdents64", "fchdir")


class Part(NamedTuple):
    """How one argument of a call is read."""

    param: Param | None
    names: str
    word: int


class Begun(NamedTuple):
    """A call whose end has not come."""

    time: int
    name: str
    text: str


class Rows:
    """Takes lines in, gives Batches out. `here`: the processes run on this system now.

    Of buffers the first `snaplen` bytes stay. `foreign` counts lines of somebody else, `damaged` ends of calls that did
    not begin and the like.
    """

    def __init__(self, state: State, here: bool, date: int = 0, snaplen: int = 80) -> None:
        self.state, self._snaplen = state, snaplen
        self.files = FileIds(state, here)
        self.processes = ProcessIds(state, self.files, here)
        self.seen = self.foreign = self.damaged = self.truncated = 0
        self._date = date  # the midnight (epoch ns) of times of day
        self._clock = self._before = 0
        self._begun: dict[int, Begun] = {}
        self._rows: list[tuple[int, ...]] = []
        self._payloads: list[list[tuple[int, bytes, int]]] = []
        self._only = 0  # the thread of lines that say no thread

    def feed(self, line: Line) -> None:
        """Take in one line."""
        now = self._now(line)
        tid = line.tid or self._only
        if line.kind is Kind.CALL:
            self._call(tid, line.name, line.text, line.result, now, line.spent, False)
        elif line.kind is Kind.BEGUN:
            self._begin(tid, line, now)
        elif line.kind is Kind.RESUMED:
            self._resume(tid, line, now)
        elif line.kind is Kind.SIGNAL:
            self._signal(tid, line, now)
        elif line.kind is Kind.EXIT:
            self._exit(tid, line, now)
        elif "runs in " in line.text:
            self._personality(line)

    def alone(self, tid: int) -> None:
        """Lines without a thread are of this one."""
        self._only = tid

    @property
    def waiting(self) -> int:
        """Rows that were not taken yet."""
        return len(self._rows)

    def take(self, everything: bool) -> Batch | None:
        """The rows so far in time order, or None; those that end later than the last line wait, if not `everything`."""
        if not self._rows:
            return None
        rows = np.array([row[0] for row in self._rows], np.int64)
        order = np.argsort(rows, kind="stable")
        count = len(order) if everything else int(np.searchsorted(rows[order], self._clock, "right"))
        if not count:
            return None
        taken, left = order[:count].tolist(), order[count:].tolist()
        batch = _batch([self._rows[i] for i in taken], [self._payloads[i] for i in taken], self.state)
        self._rows, self._payloads = [self._rows[i] for i in left], [self._payloads[i] for i in left]
        return batch

    def running(self) -> Batch | None:
        """The calls that have not ended, as rows without a result."""
        before = self._rows, self._payloads
        self._rows, self._payloads = [], []
        for tid, begun in self._begun.items():
            self._call(tid, begun.name, begun.text, "?", begun.time, max(0, self._clock - begun.time), True)
        batch = self.take(everything=True)
        self._rows, self._payloads = before
        return batch

    def _now(self, line: Line) -> int:
        """The line's time as ns since the epoch; without one that of the line before."""
        if line.clock == "u":
            self._clock = line.time
        elif line.clock == "d":
            if line.time + 12 * 3_600_000_000_000 < self._before:  # past midnight
                self._date += 24 * 3_600_000_000_000
            self._before = line.time
            self._clock = self._date + line.time
        elif line.clock == "r":
            self._clock = (self._clock or self._date) + line.time
        elif not self._clock:
            self._clock = self._date
        return self._clock

    def _begin(self, tid: int, line: Line, now: int) -> None:
        self.processes.of(tid, now)
        self._begun[tid] = Begun(now, line.name, line.text)
        if line.name in MAKERS:
            self.processes.newcomers.append(tid)

    def _resume(self, tid: int, line: Line, now: int) -> None:
        begun = self._begun.pop(tid, None)
        if begun is None or begun.name != line.name:
            self.damaged += 1
            return
        if tid in self.processes.newcomers:
            self.processes.newcomers.remove(tid)
        spent = line.spent if line.spent >= 0 else now - begun.time if line.clock else -1
        text = begun.text + line.text
        self._call(tid, line.name, text, line.result, now - max(spent, 0), spent, False)

    def _call(self, tid: int, name: str, text: str, result: str, start: int, spent: int, running: bool) -> None:
        person = self.processes.of(tid, start)
        number = _number(name, person.compat)
        if number is None:
            self.damaged += 1
            return
        res, behind = values.result(result)
        if res is None and not running:  # it ended with the thread
            self.damaged += not result.startswith("?")
            return
        self.seen += 1
        event, arguments = EVENTS[number], in_order(name, split(text))
        words, payloads, unknown, fds = self._arguments(event, arguments, res or 0)
        end = start + max(spent, 0)
        named = any(len(data) > 1 for _, data, _ in payloads)  # with an empty path the descriptor itself is meant
        directories = [self._directory(event, at, fds, words, person, named) for at in (0, 1)]
        file = self._file(event, fds, words, res, behind, person, arguments)
        if not running:
            self._happened(name, tid, words, arguments, res or 0, behind, end, payloads, fds)
        record = self.processes.record(tid, start)
        pid = self.processes.of(tid, start).pid
        flag = ENTER_ROW if running else 0
        if res is None:
            unknown |= RESULT_UNKNOWN
        self._rows.append(
            (end, spent, number, flag, tid, pid, res or 0, *words, record, file, *directories, self.seen, unknown)
        )  # fmt: skip
        self._payloads.append(payloads)
        if name in LAST:
            self._begun.pop(tid, None)

    def _arguments(
        self, event: Event, arguments: list[str], res: int
    ) -> tuple[list[int], list[tuple[int, bytes, int]], int, dict[int, str]]:
        """Words, payloads (argument, bytes, full length), the bits of unknown words, what is behind descriptors."""
        words, unknown, fds = [0] * 6, ALL_UNKNOWN, {}
        payloads: list[tuple[int, bytes, int]] = []
        for part, text in zip(_parts(event), arguments, strict=False):
            found = values.value(text, part.names)
            if found.word is not None:
                words[part.word] = found.word & _WORD
                unknown &= ~(1 << part.word)
            if found.behind:
                fds[part.word] = found.behind
            if part.param is not None:
                held = _payload(part.param, text, found, res, self._snaplen)
                if held is not None:
                    payloads.append((part.word, *held))
                    self.truncated += held[1] < 0
        return words, payloads, unknown, fds

    def _directory(
        self, event: Event, at: int, fds: dict[int, str], words: list[int], person: Person, named: bool
    ) -> int:  # fmt: skip
        """The id of the directory that a path is relative to, 0 the working directory."""
        found = event.directories
        if at >= len(found):
            return 0
        word = int(found[at].source.value[1])
        number = flags.signed32(words[word])
        behind = fds.get(word) or ("" if number == CWD else person.fds.get(number, ""))
        if behind:
            return self.files.of(behind, directory=named)
        return 0 if number == CWD else UNKNOWN_DIRECTORY

    def _file(
        self, event: Event, fds: dict[int, str], words: list[int], res: int | None, behind: str, person: Person,
        arguments: list[str],
    ) -> int:  # fmt: skip
        """The id of the file of the event's main descriptor."""
        param = event.fd
        if param is None:
            return 0
        if param.source is Source.RET:
            if res is None or res < 0:
                return 0
            return self.files.of(behind or self._opened(event, arguments, words, person, fds))
        word = int(param.source.value[1])
        if event.name == "connect" and res == 0 and (raw := values.address(arguments[1] if arguments[1:] else "")):
            family = int.from_bytes(raw[:2], "little")
            if family in (socket.AF_INET, socket.AF_INET6):
                host = raw[4:8] if family == socket.AF_INET else raw[8:24]
                return self.files.connected(family, host, int.from_bytes(raw[2:4], "big"))
        behind = fds.get(word) or person.fds.get(flags.signed32(words[word]), "")
        return self.files.of(behind, directory=event.name in _OF_DIRECTORIES)

    def _opened(
        self, event: Event, arguments: list[str], words: list[int], person: Person, fds: dict[int, str]
    ) -> str:  # fmt: skip
        """What a call without -y made a descriptor of, as -y would have it; "" if it does not follow from its path."""
        at = next((i for i, p in enumerate(_parts(event)) if p.param and p.param.type is ParamType.PATH), -1)
        if event.name.startswith("dup"):
            return fds.get(0) or person.fds.get(flags.signed32(words[0]), "")
        if not event.name.startswith(("open", "creat")) or not 0 <= at < len(arguments):
            return ""
        given = values.value(arguments[at])
        if given.data is None or not given.whole:
            return ""
        base = person.cwd
        if at and (behind := fds.get(0) or person.fds.get(flags.signed32(words[0]), "")):
            base = values.string(behind[1:-1])
        path = posixpath.normpath(posixpath.join(base, given.data))
        return "<" + "".join(f"\\x{byte:02x}" for byte in path) + ">" if path.startswith(b"/") else ""

    def _happened(
        self, name: str, tid: int, words: list[int], arguments: list[str], res: int, behind: str, end: int,
        payloads: list[tuple[int, bytes, int]], fds: dict[int, str],
    ) -> None:  # fmt: skip
        """What a call changed for the calls after it."""
        change = CHANGES.get(name)
        if change and res >= 0:
            change(Happened(self.processes, self.processes.of(tid, end), words, arguments, res, behind, end, fds))
        elif res >= 0 and not behind:
            event = EVENTS[_number(name, False) or 0]
            if event.fd is not None and event.fd.source is Source.RET:
                person = self.processes.of(tid, end)
                if made := self._opened(event, arguments, words, person, fds):
                    person.fds[res] = made
                else:
                    person.fds.pop(res, None)

    def _signal(self, tid: int, line: Line, now: int) -> None:
        fields = dict(part.partition("=")[::2] for part in split(line.text))
        number = values.number(fields.get("si_signo", line.name), "signal")
        if number is None:
            self.damaged += 1
            return
        sender = values.value(fields.get("si_pid", "0").partition("<")[0]).word
        person = self.processes.of(tid, now)
        unknown = ALL_UNKNOWN & ~0b111 | (sender is None)
        self._event(_SIGNALED, tid, now, ((sender or 0), person.pid, number), unknown)

    def _exit(self, tid: int, line: Line, now: int) -> None:
        words = line.text.split()
        self._begun.pop(tid, None)
        if words[0] == "superseded":
            self.processes.gone(tid)
            return
        core = "(core" in words
        if words[0] == "exited":
            code = int(words[-1]) & 0xFF
            self._event(_PROCEXIT, tid, now, (code << 8, code, 0, 0), 0b110000)
        else:
            number = values.number(words[2], "signal") or 0
            self._event(_PROCEXIT, tid, now, (number | core << 7, 0, number, core), 0b110000)
        self.processes.gone(tid)

    def _event(self, number: int, tid: int, now: int, words: tuple[int, ...], unknown: int) -> None:
        self.seen += 1
        record = self.processes.record(tid, now)
        pid = self.processes.of(tid, now).pid
        six = (*words, 0, 0, 0, 0, 0, 0)[:6]
        self._rows.append((now, -1, number, 0, tid, pid, 0, *six, record, 0, 0, 0, self.seen, unknown))
        self._payloads.append([])

    def _personality(self, line: Line) -> None:
        words = line.text.replace("=", " ").split()
        if "PID" in words:
            tid = int(words[words.index("PID") + 1])
            self.processes.of(tid, self._clock)
            self.processes.change(tid, compat="32" in words)


@lru_cache(None)
def _number(name: str, compat: bool) -> int | None:
    """The event number of a call's kernel name; of one that has no name `syscall_0x1c4`."""
    if name.startswith("syscall_0x"):
        number = int(name[10:], 16) + compat * I386_BASE
        return number if number in EVENTS else None
    if compat and name in I386:
        return I386_BASE + I386[name]
    return X86_64[name] if name in X86_64 else I386_BASE + I386[name] if name in I386 else None


@lru_cache(None)
def _parts(event: Event) -> tuple[Part, ...]:
    """What each argument word of a call is."""
    by_word = {int(p.source.value[1]): p for p in event.params if p.source.value.startswith("a")}
    parts = []
    for word in range(6):
        param = by_word.get(word)
        parts.append(Part(param, _names(param) if param else "", word))
    return tuple(parts)


def _names(param: Param) -> str:
    if param.type is ParamType.SIGNAL:
        return "signal"
    known = param.type in (ParamType.FLAGS, ParamType.ENUM) and param.names in flags.known()
    return param.names if known else "mode" if param.type is ParamType.MODE and "mode" in flags.known() else ""


def _payload(param: Param, text: str, found: values.Value, res: int, snaplen: int) -> tuple[bytes, int] | None:
    """(bytes, full length or -1 if they were cut) of what an argument pointed at; of buffers `snaplen` bytes."""
    if param.type in (ParamType.PATH, ParamType.STRING):
        if found.data is None:
            return None
        return (found.data + b"\0", len(found.data) + 1) if found.whole else (found.data, -1)
    if param.type in BUFFERS:
        if param.type is ParamType.DATA:
            held = (found.data, found.whole) if found.data is not None else None
        else:
            held = values.buffers(text)
        if held is None or res <= 0:
            return None
        data = held[0][:res]
        return data[:snaplen], len(data) if held[1] or len(data) >= res else res
    if param.type is ParamType.SOCKADDR and text.startswith("{"):
        raw = values.address(text)
        return (raw, len(raw)) if raw else None
    return None


def _batch(rows: list[tuple[int, ...]], payloads: list[list[tuple[int, bytes, int]]], state: State) -> Batch:
    columns = {}
    for name, numbers in zip(COLUMNS, zip(*rows, strict=True), strict=True):
        dtype = np.dtype(PHYSICAL[name][0])
        columns[name] = np.array(numbers, np.object_ if dtype == np.uint64 else np.int64).astype(dtype)
    found = [(row, *item) for row, items in enumerate(payloads) for item in sorted(items)]
    length = np.array([len(data) for _, _, data, _ in found], np.int32)
    held = Payloads(
        np.array([row for row, *_ in found], np.int64), np.array([argument for _, argument, *_ in found], np.uint8),
        np.cumsum(length, dtype=np.int64) - length, length, np.array([full for *_, full in found], np.int32),
        np.frombuffer(b"".join(data for _, _, data, _ in found), np.uint8),
    )  # fmt: skip
    return Batch(columns, held if found else Payloads.none(), state)
