"""strace's output read again: golden logs of strace 6.1 in many forms, and whatever else a file may hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonde.errors import UsageError
from sonde.plan.batch import ENTER_ROW
from sonde.plan.expr import TRUE
from sonde.plan.state import State
from sonde.query import Answer, Question, is_log, recorded
from sonde.sources.strace import values
from sonde.sources.strace.lines import Kind, parse, split
from sonde.sources.strace.rows import Rows
from sonde.sources.strace.source import StraceLog, Wanted

LOGS = Path(__file__).parent / "strace_logs"
# one program (talk.py) under strace with other options each time
FOLLOWING = ("plain", "verbose", "machine", "relative", "unix")
Row = dict[str, Any]


def ask(path: Path | str, question: str = "", *fields: str) -> tuple[list[Row], Answer]:
    """The rows of a log as dicts."""
    line = " ".join(f"%{name}" for name in fields) or "%evt.type"
    answer = Answer(Question(filter=question, format=line, json=True), recorded(str(path)))
    text = b""
    while not answer.done:
        text += answer.text(answer.rows(answer.source.poll()))
    return [json.loads(line) for line in text.splitlines()], answer


def rows(name: str, question: str, *fields: str) -> list[tuple[Any, ...]]:
    found, answer = ask(LOGS / f"{name}.log", question, *fields)
    answer.close()
    return [tuple(row[field] for field in fields) for row in found]


@pytest.mark.parametrize("name", FOLLOWING)
def test_who_did_what(name: str) -> None:
    found = rows(name, "evt.type in (chdir, writev, dup2, kill)", "proc.name", "evt.type", "evt.rawres")
    assert found == [
        ("python3", "chdir", 0), ("python3", "writev", 9), ("python3", "dup2", 20), ("python3", "kill", 0),
    ]  # fmt: skip
    assert rows(name, "evt.type=execve", "proc.name", "proc.args", "proc.cwd")[1:] == [
        ("true", "a b", "/tmp/gold/"), ("sh", "-c kill -9 " + "$$" * (name != "relative"), "/tmp/gold/"),
    ]  # fmt: skip


@pytest.mark.parametrize("name", FOLLOWING)
def test_children_threads_and_their_ends(name: str) -> None:
    found = rows(name, "evt.type=write and evt.type!=writev", "proc.pid", "thread.tid", "proc.ppid", "evt.buffer")
    [(child, _, parent, said), (process, thread, _, later)] = found
    assert (said, later) == ("child", "thread")
    assert parent == process, "the child of the process"
    assert thread != process, "a thread of it"
    assert child not in (process, thread)
    ends = rows(name, "evt.type=procexit", "evt.arg.ret", "evt.arg.sig")
    assert [end for end, _ in ends] == ["3", "0", "0", "0"]
    assert ends[-1][1] == "SIGKILL"
    signals = rows(name, "evt.type=signaldeliver", "evt.arg.sig", "evt.rawarg.spid")
    assert [sig for sig, _ in signals] == ["SIGCHLD", "SIGCHLD", "SIGUSR1"]
    assert signals[0][1] == child and signals[2][1] == process


@pytest.mark.parametrize("name", FOLLOWING)
def test_sockets(name: str) -> None:
    found = rows(name, "evt.type in (connect, sendto, recvfrom)", "evt.type", "evt.res", "evt.arg.addr", "evt.buffer")
    [tcp, sent, got, local, datagram] = found
    assert tcp[:2] == ("connect", "SUCCESS") and tcp[2].startswith("127.0.0.1:")
    assert sent == ("sendto", "SUCCESS", None, "hello") and got[3] == "hello"
    assert local == ("connect", "ENOENT", "/tmp/gold/nosock", None)
    assert datagram[2:] == ("::1:9", "x")


@pytest.mark.parametrize("name", [*FOLLOWING[:2], "relative", "unix", "single", "screen"])
def test_files(name: str) -> None:
    [made, failed] = rows(name, "evt.type=open and evt.arg.name endswith e or evt.type=open and evt.failed=true",
                          "fd.name", "evt.rawres", "evt.arg.name", "evt.arg.mode")[-2:]  # fmt: skip
    assert made == ("/tmp/gold/note", 3, "note", "0640")
    assert failed[1:3] == (-2, '/no/such "file"'), "no file"
    assert rows(name, "fd.name=/tmp/gold/note and evt.type=writev", "evt.rawarg.fd") == [(3,)]


def test_descriptors_are_known_without_y() -> None:
    assert rows("plain", "evt.type=dup2", "fd.name") == [("/tmp/gold/note",)]


def test_binary_buffers() -> None:
    for name in FOLLOWING:
        question = Question(filter="evt.type=writev", format="%evt.buffer", json=True)
        answer = Answer(question, recorded(str(LOGS / f"{name}.log")))
        batch = answer.rows(answer.source.poll())
        assert batch is not None
        assert batch.payloads.of_argument(1, len(batch))[0] == b"one t\xffwo\n", name
        answer.close()


def test_times() -> None:
    starts = rows("machine", "evt.type=chdir", "evt.rawtime", "evt.latency", "evt.start")
    [(end, latency, start)] = starts
    assert end == start + latency and 0 < latency < 10**7
    [(same, none)] = rows("unix", "evt.type=chdir", "evt.rawtime", "evt.latency")
    assert none is None, "without -T nobody knows"
    assert abs(same - end) < 10**12


def test_what_strace_does_not_tell_is_missing() -> None:
    [row] = rows("plain", "evt.type=chdir", "evt.cpu", "user.uid", "proc.sid", "evt.latency", "fd.ino", "proc.vmsize")
    assert row == (None,) * 6
    [(how, rawhow)] = rows("plain", "evt.type=clone3", "evt.arg.cl_args", "evt.rawarg.cl_args")
    assert (how, rawhow) == (None, None)
    assert rows("plain", "evt.rawarg.cl_args=0", "evt.type") == []
    _, answer = ask(LOGS / "plain.log", "evt.cpu=0", "evt.type")
    receipt = answer.receipt(1.0)
    assert str(receipt.status) == "PARTIAL" and receipt.absent == ("evt.cpu",)


def test_the_receipt_counts_what_is_no_line_of_strace(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(
        b'hello\n1 close(3) = 0\n1 <... read resumed>"x", 1) = 1\n1 close(3) = 0\n\xff\xfe\n1 nosuch(3) = 0\n'
    )
    found, answer = ask(path)
    assert [row["evt.type"] for row in found] == ["close", "close"]
    receipt = answer.receipt(1.0)
    assert receipt.absent == ("2 damaged lines",)
    assert receipt.aside[-1] == "2 lines not of strace"


def test_calls_in_flight(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("1 1700000000.000001 read(3</etc/x>,  <unfinished ...>\n2 1700000000.000005 close(4) = 0\n")
    _, answer = ask(path)
    batch = answer.source.inflight()
    assert batch is not None
    assert batch.columns["flags"].tolist() == [ENTER_ROW]
    assert batch.columns["latency"].tolist() == [4000]


def test_a_file_of_each_thread(tmp_path: Path) -> None:
    (tmp_path / "out.77").write_text("getpid() = 77\n")
    found, _ = ask(tmp_path / "out.77", "", "thread.tid", "evt.type")
    assert found == [{"thread.tid": 77, "evt.type": "getpid"}]


def test_times_of_day_pass_midnight(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("23:59:59.5 getpid() = 1\n00:00:00.5 getpid() = 1\n")
    found, _ = ask(path, "", "evt.rawtime")
    assert found[1]["evt.rawtime"] - found[0]["evt.rawtime"] == 10**9


def test_a_torn_line_is_mended() -> None:
    found, answer = ask(LOGS / "screen.log", "evt.type in (clone, clone3, vfork)", "evt.type")
    assert [row["evt.type"] for row in found] == ["clone", "vfork", "clone3"]
    assert not answer.receipt(1.0).absent


def test_is_log(tmp_path: Path) -> None:
    assert all(is_log(str(path)) for path in LOGS.iterdir() if path.suffix == ".log")
    (tmp_path / "scap").write_bytes(bytes(range(256)) * 10)
    assert not is_log(str(tmp_path / "scap"))
    assert not is_log(str(tmp_path / "none"))
    with pytest.raises(UsageError, match="cannot read"):
        ask(tmp_path / "none")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"a, b", 3, {x=1, y=[2, 3]}, NULL', ['"a, b"', "3", "{x=1, y=[2, 3]}", "NULL"]),
        (r'"\", (", [1, 2]', [r'"\", ("', "[1, 2]"]),
        ("3</tmp/a,b(c>, 4<TCP:[1.2.3.4:5->6.7.8.9:80]>", ["3</tmp/a,b(c>", "4<TCP:[1.2.3.4:5->6.7.8.9:80]>"]),
        ("0</dev/pts/0<char 136:0>>, TCGETS, {c_iflag=IXON|0x1 /* a, b */}",
         ["0</dev/pts/0<char 136:0>>", "TCGETS", "{c_iflag=IXON|0x1 /* a, b */}"]),
        ("21<<MAP_HUGE_SHIFT, 1", ["21<<MAP_HUGE_SHIFT", "1"]),
        ("{a=1} => {b=2}, 3", ["{a=1} => {b=2}", "3"]),
        ("", []),
    ],
)  # fmt: skip
def test_split(text: str, expected: list[str]) -> None:
    assert split(text) == expected


@pytest.mark.parametrize(
    ("text", "names", "expected"),
    [
        ("3", "", 3), ("-1", "", -1), ("0x7f", "", 0x7F), ("0644", "", 0o644), ("NULL", "", 0), ("AT_FDCWD", "", -100),
        ("O_RDWR|O_CREAT|O_CLOEXEC", "open", 0o2000102), ("0x2 /* O_RDWR */", "open", 2), ("O_RDONLY", "open", 0),
        ("O_NOSUCH", "open", None), ("{a=1}", "", None), ("[3, 4]", "", None), ("SIGKILL", "signal", 9),
        ("0x80 /* O_??? */", "open", 0x80),
    ],
)  # fmt: skip
def test_numbers(text: str, names: str, expected: int | None) -> None:
    assert values.number(text, names) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", (0, "")), ("3</etc/passwd>", (3, "</etc/passwd>")), ("-1 ENOENT (No such file or directory)", (-2, "")),
        ("?", (None, "")), ("? ERESTARTSYS (To be restarted if SA_RESTART is set)", (-512, "")),
        ("0x7f00", (0x7F00, "")), ("0x8002 (flags O_RDWR|O_LARGEFILE)", (0x8002, "")), ("0 (Timeout)", (0, "")),
        ("1 ([{fd=3, revents=POLLIN}])", (1, "")), ("-1 ENOTSUPP (Unknown error 524)", (-524, "")),
    ],
)  # fmt: skip
def test_results(text: str, expected: tuple[int | None, str]) -> None:
    assert values.result(text) == expected


@given(st.binary(max_size=40))
def test_strings_survive_both_ways_of_writing_them(data: bytes) -> None:
    hexadecimal = '"' + "".join(f"\\x{byte:02x}" for byte in data) + '"'
    octal = '"' + "".join(chr(b) if 32 <= b < 127 and b not in b'"\\' else f"\\{b:03o}" for b in data) + '"'
    assert values.value(hexadecimal).data == data
    assert values.value(octal).data == data


@given(st.text(max_size=80))
def test_any_line_is_read_or_not(text: str) -> None:
    line = parse(text)
    assert line is None or isinstance(line.kind, Kind)


PIECES = st.lists(
    st.sampled_from(
        [*(LOGS / "verbose.log").read_text().splitlines(), "strace: Process 5 attached", "garbage", "1 ", "<", '"', "="]
    ).flatmap(lambda text: st.integers(0, len(text)).map(lambda cut: text[:cut] if cut % 3 else text)),
    max_size=20,
)


@given(PIECES)
def test_any_log_gives_rows_or_says_that_lines_are_damaged(lines: list[str]) -> None:
    reader = Rows(State(), here=False)
    for text in lines:
        if line := parse(text):
            reader.feed(line)
    batch = reader.take(everything=True)
    if batch is not None:
        assert (np.diff(batch.columns["time"]) >= 0).all()
        assert (np.diff(batch.payloads.row) >= 0).all()


def test_a_run_traces_what_is_asked_and_what_its_state_needs() -> None:
    on = np.zeros(2048, np.bool_)
    on[[257, 512]] = True
    found = Wanted(TRUE, on).calls
    assert "openat" in found and "clone" in found and "read" not in found
    on[:512] = True
    assert Wanted(TRUE, on).calls == []


def test_a_log_is_a_source() -> None:
    on = np.ones(2048, np.bool_)
    source = StraceLog(Wanted(TRUE, on), str(LOGS / "plain.log"))
    source.start()
    batch = source.poll()
    assert batch is not None and source.done
    assert source.counters().seen == len(batch)
    source.detach()
    assert source.stop() is None
    source.close()
