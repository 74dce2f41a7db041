"""strace as judge: it watches a program that sonde watches at the same time, and both must say the same."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import sys
from dataclasses import dataclass
from typing import Any

import pytest
from live import KERNEL, Row, Workload, batches
from strace_log import OPTIONS, Said, read_log
from zoo import ZOO

from sonde.catalog.unistd import X86_64
from sonde.query import Answer, Question
from sonde.sources.live.events import Sizes

pytestmark = [*KERNEL, pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")]

# strace starts the program: the call that ends in it is the first that both see
PROGRAM = "os.execvp('strace', ['strace', *sys.argv[1:]])"
SHOWN = ("thread.tid", "evt.type", "evt.rawres", "fd.num", "fd.name", "fd.type")
SNAPLEN = 64
SIGCONT = signal.SIGCONT
KERNEL_NAMES = {number: name for name, number in X86_64.items()}
# What strace shows otherwise than the program gave it: a call with five arguments whose fourth is not used ...
ELSEWHERE = {("futex", 4)}
# ... what calls left in memory, and strings of calls that sonde shows as addresses
NOT_FOLLOWED = {("getrandom", 0), ("readlink", 1), ("prctl", 1)}
RENAMING = ("bind", "connect", "listen")  # strace names the socket before the call, sonde after it


@dataclass(frozen=True)
class Seen:
    """A row of sonde: fields, argument words, and what arguments pointed at."""

    row: Row
    number: int
    words: tuple[int, ...]
    strings: tuple[bytes | None, ...]
    lengths: tuple[int, ...]


@dataclass(frozen=True)
class Judged:
    """Both stories, by thread."""

    said: dict[int, list[Said]]
    seen: dict[int, list[Seen]]


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    """One run of the zoo under both."""
    base = tmp_path_factory.mktemp("strace")
    place, script, log = base / "here", base / "zoo.py", base / "log"
    place.mkdir(0o777)
    place.chmod(0o777)
    script.write_text(ZOO)
    command = [*OPTIONS, "-o", str(log), sys.executable, "-I", "-S", str(script), str(place)]
    question = Question(
        format=" ".join("%" + name for name in (*SHOWN, "evt.args")), json=True, follow=True, skip=(os.getpid(),),
        snaplen=SNAPLEN, sizes=Sizes(1 << 22, 1 << 22, 1 << 22),
    )  # fmt: skip
    answer = Answer(question)
    try:
        [found], _ = batches([answer], Workload(PROGRAM, *command))
        counters = answer.counters()
        assert (counters.lost, counters.lost_dictionary, counters.lost_payloads) == (0, 0, 0)
        rows = [row for batch in found for row in _rows(answer, batch)]
    finally:
        answer.close()
    said = read_log(log)
    seen = {tid: [row for row in rows if row.row["thread.tid"] == tid] for tid in said}
    return Judged(said, seen)


def _rows(answer: Answer, batch: Any) -> list[Seen]:
    lines = [json.loads(line) for line in answer.text(batch).splitlines()]
    views = [batch.payloads.of_argument(i, len(batch)) for i in range(6)]
    words = [batch.columns[f"a{i}"].tolist() for i in range(6)]
    return [
        Seen(
            line, int(batch.columns["nr"][i]), tuple(word[i] for word in words), tuple(view[i] for view in views),
            tuple(int(view.full[i]) for view in views),
        )
        for i, line in enumerate(lines)
    ]  # fmt: skip


def story(seen: list[Seen]) -> list[Seen]:
    """What of a thread's rows strace tells too.

    It does not show the start of a thread (a clone that returns 0 in the child), nor the program's life before its
    exec, nor a SIGKILL, which no tracer is asked about; the end of a thread is its exit call for strace.
    """
    first = next((at for at, row in enumerate(seen) if row.row["evt.type"] == "execve"), 0) if _is_root(seen) else 0
    return [row for row in seen[first:] if not (_starts(row) or _killed(row) or row.row["evt.type"] == "procexit")]


def _is_root(seen: list[Seen]) -> bool:
    return any(row.row["evt.type"] == "signaldeliver" and row.words[2] == SIGCONT for row in seen)


def _starts(row: Seen) -> bool:
    return row.row["evt.type"] in ("clone", "clone3", "fork", "vfork") and row.row["evt.rawres"] == 0


def _killed(row: Seen) -> bool:
    return row.row["evt.type"] == "signaldeliver" and row.words[2] == signal.SIGKILL


def pairs(judged: Judged, *names: str) -> list[tuple[Said, Seen]]:
    """The calls side by side; of all names, or of some of strace's."""
    found = []
    for tid, said in judged.said.items():
        told = [one for one in said if one.name not in ("exit", "exit_group")]
        for one, row in zip(told, story(judged.seen[tid]), strict=True):
            if not one.name.startswith("SIG") and (not names or one.name in names):
                found.append((one, row))
    return found


def test_the_same_calls_and_signals_in_the_same_order(judged: Judged) -> None:
    assert len(judged.said) == 8 and sum(map(len, judged.said.values())) > 1000
    for tid, said in judged.said.items():
        told = [one.name for one in said if one.name not in ("exit", "exit_group")]
        rows = story(judged.seen[tid])
        assert told == [_name(row) for row in rows]


def _name(row: Seen) -> str:
    if row.row["evt.type"] == "signaldeliver":
        return signal.Signals(row.words[2]).name
    return KERNEL_NAMES[row.number]


def test_every_thread_ends_as_strace_says(judged: Judged) -> None:
    for tid, said in judged.said.items():
        end = judged.seen[tid][-1]
        assert end.row["evt.type"] == "procexit"
        if said[-1].name in ("exit", "exit_group"):
            assert end.words[1] == (said[-1].arguments[0].number or 0) & 0xFF
        else:
            assert said[-1].name == "kill" and end.words[2] == signal.SIGKILL


def test_the_same_results(judged: Judged) -> None:
    for one, row in pairs(judged):
        expected = -getattr(errno, one.error) if one.error else one.result
        if expected is None:  # it was killed in it
            assert one.name == "kill" and row.row["evt.rawres"] == 0
            continue
        assert row.row["evt.rawres"] == expected, (one.line, row.row)


def test_the_same_numbers_as_arguments(judged: Judged) -> None:
    compared = 0
    for one, row in pairs(judged):
        for at, argument in enumerate(one.arguments[:6]):
            if argument.number is not None and (one.name, at) not in ELSEWHERE:
                assert (argument.number ^ row.words[at]) & 0xFFFFFFFF == 0, (one.line, at, row.words)
                compared += 1
    assert compared > 1500


def test_the_same_strings_as_arguments(judged: Judged) -> None:
    compared = 0
    for one, row in pairs(judged):
        for at, argument in enumerate(one.arguments[:6]):
            if argument.string is None or (one.name, at) in NOT_FOLLOWED:
                continue
            got = row.strings[at] or b""
            assert got == argument.string[: len(got)], (one.line, at, row)
            assert len(got) == len(argument.string) or len(got) == SNAPLEN < len(argument.string), (one.line, at, row)
            assert not argument.string or not argument.whole or row.lengths[at] == len(argument.string), (one.line, row)
            compared += 1
    assert compared > 500


def test_the_same_names_of_descriptors(judged: Judged) -> None:
    compared = set()
    for one, row in pairs(judged):
        target = one.made or next((a.target for a in one.arguments if a.target and a.number == row.row["fd.num"]), None)
        if target is None or one.name in RENAMING:
            continue
        assert same(target, row.row["fd.name"]), (one.line, row.row)
        compared.add(target)
    assert len(compared) > 60


def same(target: str, name: str | None) -> bool:
    """Is fd.name what strace's text means? Sockets are named from the client's side, those without address by zeros.

    Before 6.8 the kernel does not tell strace of sockets that are bound and no more: it knows their inode only.
    """
    if target.startswith(("TCP", "UDP")):
        ends = target.partition("[")[2].removesuffix("]").replace("[", "").replace("]", "").replace("::ffff:", "")
        if ends.isdigit():
            return "->" not in (name or "")
        return set(ends.split("->")) == set((name or "").split("->"))
    if target.startswith("pid:"):
        return name == "anon_inode:[pidfd]"
    if target.startswith(("UNIX", "NETLINK", "RAW")):
        return name is not None
    return name == target
