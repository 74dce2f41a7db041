"""Strace's lines from rows of the event view: golden texts of real strace, and the same text however rows are cut."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rows import START, Rows

from sonde.catalog.event import EXIT_EVENTS
from sonde.catalog.kernel_names import KERNEL_NAMES
from sonde.native.ops import Text
from sonde.plan.batch import ENTER_ROW, Batch
from sonde.render.strace.options import FAILED, SUCCESSFUL, Options, Quiet, Stamp
from sonde.render.strace.renderer import StraceRenderer
from sonde.render.strace.threads import Threads

HEADS = {"read": b"read(3, ", "close": b"close(3", "execve": b'execve("/bin/true"', "clone": b"clone(flags=SIGCHLD",
         "exit_group": b"exit_group(0", "futex": b"futex(0x1000, FUTEX_WAIT, 1, NULL"}  # fmt: skip
TAILS = {"read": b'"a", 10', "clone": b", child_tidptr=0x10"}


class Fake(NamedTuple):
    head: Text
    tail: Text
    result: Text
    after: Text | None
    complete: npt.NDArray[np.bool_]


def text(parts: list[bytes]) -> Text:
    return Text(np.frombuffer(b"".join(parts), np.uint8), np.cumsum([0, *map(len, parts)]).astype(np.int64))


def fake(batch: Batch) -> Fake:
    head, tail, result, complete = [], [], [], []
    for row in range(len(batch)):
        nr, res = int(batch.columns["nr"][row]), int(batch.columns["res"][row])
        name, begun = KERNEL_NAMES[nr], int(batch.columns["flags"][row]) & ENTER_ROW
        line = {"procexit": b"+++ exited with 0 +++", "signaldeliver": b"--- SIGCHLD {si_signo=SIGCHLD} ---"}.get(name)
        head.append(line or (HEADS[name] if begun else b""))
        tail.append(b"" if begun or line else TAILS.get(name, b""))
        result.append(b"" if begun or line else b"%d" % res if res >= 0 else b"-1 ENOENT (No such file or directory)")
        complete.append(name not in TAILS)
    return Fake(text(head), text(tail), text(result), None, np.array(complete, np.bool_))


class Script:
    """Rows of calls by thread."""

    def __init__(self, rows: Rows | None = None) -> None:
        self.rows = rows or Rows()

    def enter(self, name: str, tid: int = 100, **columns: Any) -> Script:
        self.rows.add(name, tid=tid, pid=columns.pop("pid", 100), flags=ENTER_ROW, **columns)
        return self

    def exit(self, name: str, res: int = 0, tid: int = 100, **columns: Any) -> Script:
        self.rows.add(name, tid=tid, pid=columns.pop("pid", 100), res=res, **columns)
        return self

    def call(self, name: str, res: int = 0, tid: int = 100, **columns: Any) -> Script:
        return self.enter(name, tid, **columns).exit(name, res, tid, **columns)

    def end(self, tid: int = 100, status: int = 0, pid: int = 100) -> Script:
        self.rows.add("procexit", status, tid=tid, pid=pid)
        return self

    def signal(self, tid: int = 100, number: int = 17) -> Script:
        self.rows.add("signaldeliver", 1, 1, number, tid=tid, pid=100)
        return self

    def lines(self, **options: object) -> list[str]:
        renderer = StraceRenderer(Options(**options), fake)  # type: ignore[arg-type]
        return renderer.render(self.rows.batch()).decode().splitlines()


def test_one_thread() -> None:
    script = Script().call("execve").call("read", 1).call("close").signal().enter("exit_group").end()
    assert script.lines() == [
        'execve("/bin/true")                     = 0',
        'read(3, "a", 10)                        = 1',
        "close(3)                                = 0",
        "--- SIGCHLD {si_signo=SIGCHLD} ---",
        "exit_group(0)                           = ?",
        "+++ exited with 0 +++",
    ]
    assert script.lines(column=0, quiet=frozenset((Quiet.EXIT,)), signals=frozenset((9,))) == [
        'execve("/bin/true") = 0', 'read(3, "a", 10) = 1', "close(3) = 0", "exit_group(0) = ?",
    ]  # fmt: skip


def family() -> Script:
    script = Script().call("execve").enter("clone").exit("clone", 0, 101).enter("futex", 101).exit("clone", 101)
    script.call("close").enter("read").exit("futex", -2, 101).enter("exit_group", 101).exit("read", 1)
    return script.end(101).signal().enter("read").end()


def test_a_child_on_a_terminal() -> None:
    assert family().lines(follow=True, column=0) == [
        'execve("/bin/true") = 0',
        "clone(flags=SIGCHLDstrace: Process 101 attached",
        " <unfinished ...>",
        "[pid   101] futex(0x1000, FUTEX_WAIT, 1, NULL <unfinished ...>",
        "[pid   100] <... clone resumed>, child_tidptr=0x10) = 101",
        "[pid   100] close(3) = 0",
        "[pid   100] read(3,  <unfinished ...>",
        "[pid   101] <... futex resumed>) = -1 ENOENT (No such file or directory)",
        "[pid   101] exit_group(0 <unfinished ...>",
        '[pid   100] <... read resumed>"a", 10) = 1',
        "[pid   101] <... exit_group resumed>) = ?",
        "[pid   101] +++ exited with 0 +++",
        "--- SIGCHLD {si_signo=SIGCHLD} ---",
        "read(3,  <unfinished ...>) = ?",
        "+++ exited with 0 +++",
    ]


def test_a_child_in_a_file() -> None:
    options = Options(follow=True, to_file=True, always_pid=True, quiet=frozenset((Quiet.ATTACH,)))
    renderer = StraceRenderer(options, fake)
    lines = renderer.render(family().rows.batch()).decode().splitlines()
    assert not renderer.messages
    assert lines[:4] == [
        '100   execve("/bin/true")               = 0',
        "100   clone(flags=SIGCHLD <unfinished ...>",
        "101   futex(0x1000, FUTEX_WAIT, 1, NULL <unfinished ...>",
        "100   <... clone resumed>, child_tidptr=0x10) = 101",
    ]
    assert lines[6] == "101   <... futex resumed>)              = -1 ENOENT (No such file or directory)"


def test_a_file_for_each_thread() -> None:
    renderer = StraceRenderer(Options(follow=True, to_file=True, separate=True), fake)
    found = renderer.render_each(family().rows.batch())
    assert {tid: lines.decode().splitlines() for tid, lines in found.items()} == {
        100: [
            'execve("/bin/true")                     = 0',
            "clone(flags=SIGCHLD, child_tidptr=0x10) = 101",
            "close(3)                                = 0",
            'read(3, "a", 10)                        = 1',
            "--- SIGCHLD {si_signo=SIGCHLD} ---",
            "read(3,  <unfinished ...>)              = ?",
            "+++ exited with 0 +++",
        ],
        101: [
            "futex(0x1000, FUTEX_WAIT, 1, NULL)      = -1 ENOENT (No such file or directory)",
            "exit_group(0)                           = ?",
            "+++ exited with 0 +++",
        ],
    }
    assert renderer.messages == b"strace: Process 101 attached\n"


def test_only_what_failed() -> None:
    lines = family().lines(follow=True, statuses=frozenset((FAILED,)), column=0)
    assert lines == [
        "strace: Process 101 attached",
        "[pid   101] futex(0x1000, FUTEX_WAIT, 1, NULL) = -1 ENOENT (No such file or directory)",
        "[pid   101] +++ exited with 0 +++",
        "--- SIGCHLD {si_signo=SIGCHLD} ---",
        "+++ exited with 0 +++",
    ]


def test_times(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = Rows()
    script = Script(rows).enter("close", time=START).exit("close", 0, time=START + 5000, latency=5_123)
    script.enter("close", time=START + 2_000_000_001).exit(
        "close", 0, time=START + 3_000_000_000, latency=1_000_000_001
    )
    assert script.lines(stamp=Stamp.UNIX, digits=6, spent=6, column=0) == [
        "1700000000.000000 close(3) = 0 <0.000005>",
        "1700000002.000000 close(3) = 0 <1.000000>",
    ]
    assert script.lines(relative=6, spent=9, column=0) == [
        "     0.000000 close(3) = 0 <0.000005123>",
        "     2.000000 close(3) = 0 <1.000000001>",
    ]
    clock = script.lines(stamp=Stamp.TIME, relative=3, number=True, pointer=True, column=0)[1]
    assert clock[2::3][:2] == "::" and clock[8:] == " (+     2.000) [   3] [????????????????] close(3) = 0"


def test_who_is_killed_in_a_call_does_not_return() -> None:
    script = Script().call("execve").enter("read").exit("read", 1).signal(number=9).end(status=9)
    assert script.lines(column=0) == [
        'execve("/bin/true") = 0', "read(3,  <unfinished ...>) = ?", "+++ exited with 0 +++",
    ]  # fmt: skip


def test_the_kernel_delivers_a_deadly_signal_as_sigkill() -> None:
    script = Script().call("execve").call("close").signal(number=9).end(status=15)
    assert script.lines(column=0)[1:3] == ["close(3) = 0", "--- SIGCHLD {si_signo=SIGCHLD} ---"]


def test_a_process_ends_with_its_last_thread() -> None:
    script = Script().call("execve").enter("clone").exit("clone", 101).enter("futex", 101).enter("exit_group")
    script.end(100).end(101)
    assert script.lines(follow=True, column=0)[3:] == [
        "[pid   101] futex(0x1000, FUTEX_WAIT, 1, NULL <unfinished ...>",
        "[pid   100] exit_group(0) = ?",
        "[pid   101] <... futex resumed>) = ?",
        "[pid   101] +++ exited with 0 +++",
        "+++ exited with 0 +++",
    ]


def test_another_thread_executes() -> None:
    script = Script().call("execve").enter("clone").exit("clone", 101).enter("futex").enter("execve", 101)
    script.end(100).exit("execve", 0, 100).call("close")
    assert script.lines(follow=True, column=0) == [
        'execve("/bin/true") = 0',
        "clone(flags=SIGCHLDstrace: Process 101 attached",
        ", child_tidptr=0x10) = 101",
        "[pid   100] futex(0x1000, FUTEX_WAIT, 1, NULL <unfinished ...>",
        '[pid   101] execve("/bin/true" <unfinished ...>',
        "[pid   100] <... futex resumed>) = ?",
        "+++ superseded by execve in pid 101 +++",
        "<... execve resumed>) = 0",
        "close(3) = 0",
    ]


def test_a_program_of_the_other_mode() -> None:
    rows = Rows()
    script = Script(rows).call("execve")
    rows.add("close", tid=100, pid=100, flags=ENTER_ROW)
    rows.add("close", tid=100, pid=100)
    batch = rows.batch()
    batch.columns["nr"][2:] = 1024 + 6
    renderer = StraceRenderer(Options(column=0), fake)
    assert renderer.render(batch).decode().splitlines() == [
        'execve("/bin/true") = 0', "strace: [ Process PID=100 runs in 32 bit mode. ]", "close(3) = 0",
    ]  # fmt: skip
    assert script.lines(column=0) == ['execve("/bin/true") = 0', "close(3) = 0"]


@st.composite
def histories(draw: st.DrawFn) -> Script:
    """What three threads could have done."""
    script = Script()
    running: dict[int, str] = {}
    for tid in draw(st.lists(st.sampled_from([100, 101, 102]), max_size=25)):
        act = draw(st.sampled_from(["call", "call", "signal", "end"]))
        if act == "signal":
            script.signal(tid)
        elif act == "end":
            script.end(tid, pid=99)
            running.pop(tid, None)
        elif name := running.pop(tid, None):
            script.exit(name, draw(st.sampled_from([0, 1, -2])), tid)
        else:
            names = sorted(HEADS) if tid == 101 else sorted(HEADS.keys() - {"execve"})
            running[tid] = draw(st.sampled_from(names))
            script.enter(running[tid], tid)
    return script


OPTIONS = [
    Options(follow=True),
    Options(follow=True, relative=6, stamp=Stamp.TIME),
    Options(follow=True, to_file=True, always_pid=True, quiet=frozenset(Quiet)),
    Options(follow=True, statuses=frozenset((SUCCESSFUL,))),
]


@settings(max_examples=60, deadline=None)
@given(histories(), st.data())
def test_borders_of_batches_leave_no_trace(script: Script, data: st.DataObject) -> None:
    batch, size = script.rows.batch(), len(script.rows.columns["nr"])
    cuts = sorted(data.draw(st.sets(st.integers(0, size))))
    for options in OPTIONS:
        whole = StraceRenderer(options, fake).render(batch) if size else b""
        renderer = StraceRenderer(options, fake)
        parts = [np.arange(a, b) for a, b in zip([0, *cuts], [*cuts, size], strict=True)]
        assert b"".join(renderer.render(batch.take(part)) for part in parts) == whole


@settings(max_examples=60, deadline=None)
@given(histories(), st.data())
def test_borders_leave_no_trace_in_files_of_threads(script: Script, data: st.DataObject) -> None:
    batch, size = script.rows.batch(), len(script.rows.columns["nr"])
    cuts = sorted(data.draw(st.sets(st.integers(0, size))))
    options = Options(follow=True, to_file=True, separate=True)
    whole = StraceRenderer(options, fake).render_each(batch) if size else {}
    renderer, found = StraceRenderer(options, fake), dict.fromkeys(whole, b"")
    for a, b in zip([0, *cuts], [*cuts, size], strict=True):
        for tid, lines in renderer.render_each(batch.take(np.arange(a, b))).items():
            found[tid] += lines
    assert found == whole


def test_numbers_of_ends_are_those_of_the_catalogue() -> None:
    assert EXIT_EVENTS["procexit"] == KERNEL_NAMES.index("procexit")
    assert Threads(Options()).open == {}
