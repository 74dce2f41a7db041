"""A command under strace and the same command watched in the kernel give the same rows, as far as strace tells."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from live import KERNEL, LIMIT, SOURCE

from sonde.query import Answer, Open, Question, under_strace

pytestmark = [*KERNEL, pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")]

PROGRAM = """
import os, socket, threading
os.closerange(3, 64); os.mkdir("made"); os.chdir("made")
fd = os.open("note", os.O_RDWR | os.O_CREAT, 0o640)
os.write(fd, b"one\\xff two"); os.writev(fd, [b"a", b"bc"]); os.lseek(fd, 0, 0); os.read(fd, 20); os.dup2(fd, 20)
os.link("note", "other"); os.rename("other", "third"); os.symlink("third", "fourth"); os.readlink("fourth")
os.unlink("fourth"); os.chmod("third", 0o600); os.truncate("third", 3); os.access("third", os.R_OK)
for wrong in (lambda: os.open("/no/such", 0), lambda: os.rmdir("/etc"), lambda: os.close(99)):
    try: wrong()
    except OSError: pass
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(3)
c = socket.create_connection(s.getsockname()); a, _ = s.accept()
c.send(b"hello"); a.recv(10); a.sendmsg([b"ab", b"cd"]); c.recvmsg(10); c.shutdown(2)
u, v = socket.socketpair(); u.send(b"x"); v.recv(1)
r, w = os.pipe()
if not os.fork(): os.write(w, b"child"); os._exit(3)
os.read(r, 9); os.wait()
os.execv("/bin/sh", ["sh", "-c", "exit 5"])
"""
CALLS = """
    mkdir chdir openat write writev lseek read dup2 link rename symlink readlink unlink chmod truncate access rmdir
    close bind listen connect accept4 sendto recvfrom sendmsg recvmsg shutdown pipe2 execve clone procexit
"""
FIELDS = "proc.name evt.type evt.res evt.failed fd.type fd.name evt.buffer evt.arg.name evt.arg.path evt.arg.oldpath"
MORE = "evt.arg.newpath evt.arg.flags evt.arg.mode evt.arg.ret evt.rawres fd.l4proto proc.args proc.exe proc.cwd"
Row = dict[str, Any]


@pytest.fixture
def place() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def ask(place: Path, source: Open | None) -> list[Row]:
    """The rows of the program's calls; file names relative to the place, ports as P."""
    names = ", ".join(CALLS.split())
    fields = [*FIELDS.split(), *MORE.split(), "fd.num", "user.uid"]
    question = Question(
        filter=f"evt.type in ({names})", format=" ".join(f"%{field}" for field in fields), json=True, follow=True,
        skip=(os.getpid(),),
    )  # fmt: skip
    answer = Answer(question, source)
    here = os.getcwd()
    os.chdir(place)
    try:
        answer.source.start()
        child = answer.launch([sys.executable, "-I", "-S", "-B", "-c", PROGRAM])
        child.release()
        text, status, deadline = b"", None, time.monotonic() + LIMIT
        while (status := child.poll()) is None:
            assert time.monotonic() < deadline
            text += answer.text(answer.rows(answer.source.poll()))
        text += answer.text(answer.rows(answer.source.stop()))
        assert status == 5
        assert answer.counters().lost == 0
    finally:
        os.chdir(here)
        answer.close()
    return [_comparable(json.loads(line), place) for line in text.splitlines()]


def _comparable(row: Row, place: Path) -> Row:
    text = json.dumps(row).replace(str(place), "PLACE")
    text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:P", re.sub(r"pipe:\[\d+\]", "pipe", text))
    text = re.sub(r'"[0-9a-f]+->[0-9a-f]+', '"A->B', text)
    changed: Row = json.loads(text)
    return changed


def of_program(rows: list[Row]) -> list[Row]:
    """From the first call of the program proper to its end, but for what only one of the two can see."""
    start = next(i for i, row in enumerate(rows) if row["evt.type"] == "mkdir")
    rows = [row for row in rows[start:] if row["evt.type"] != "clone" or row["evt.rawres"]]  # not the child's return
    kept = []
    for row in rows:
        if row["evt.type"] in ("connect", "bind"):  # strace tells of the socket as it was before
            row = row | {"fd.name": None, "fd.type": None, "fd.l4proto": None}
        if row["evt.type"] == "clone":
            row = row | {"evt.rawres": None, "evt.arg.flags": None}
        if row["evt.type"] in ("sendto", "sendmsg", "openat") and row["evt.arg.mode"] == "0":
            row = row | {"evt.arg.mode": None}
        kept.append(row)
    return kept


def test_strace_and_the_kernel_give_the_same_rows(place: Path) -> None:
    (place / "a").mkdir()
    (place / "b").mkdir()
    live = of_program(_without_place(ask(place / "a", None), "a"))
    strace = of_program(_without_place(ask(place / "b", under_strace("it is a test")), "b"))
    for of in (live, strace):
        of.sort(key=lambda row: row["evt.type"] == "procexit")  # of parent and child, in either order
    names = [row["evt.type"] for row in strace]
    made = [row["evt.type"] for row in live]
    assert sorted(names) == sorted(made)
    differences = []
    for name in sorted(set(names)):
        ours = [row for row in live if row["evt.type"] == name]
        theirs = [row for row in strace if row["evt.type"] == name]
        for mine, other in zip(ours, theirs, strict=True):
            differences += [
                (name, key, mine[key], other[key]) for key in mine if mine[key] != other[key] and other[key]
            ]
    assert not differences


def _without_place(rows: list[Row], folder: str) -> list[Row]:
    return [json.loads(json.dumps(row).replace(f"PLACE/{folder}", "PLACE")) for row in rows]


def test_without_strace_there_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(SOURCE), "PATH": str(tmp_path)}
    code = (
        "import sys; from sonde.query import *; from sonde.errors import SondeError\n"
        "try: Answer(Question(), under_strace('x')).launch(['/bin/true'])\n"
        "except SondeError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == (
        "strace is not installed: it stands in where the kernel cannot be asked (sudo apt-get install -y strace)\n"
    )
