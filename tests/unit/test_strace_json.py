"""strace --json: objects of whole calls, of signals and of ends."""

from __future__ import annotations

import json
import os
from typing import Any

import numpy as np
from rows import START, Rows

from sonde.engines.strace.calls import Decoder
from sonde.engines.strace.options import Decoding
from sonde.plan.batch import ENTER_ROW
from sonde.render.strace.objects import StraceJson
from sonde.render.strace.options import Options


def history() -> Rows:
    rows = Rows()
    rows.process(1, tid=100, pid=100, comm=b"c\xffat")
    both: dict[str, Any] = {"tid": 100, "pid": 100, "proc": 1}
    rows.add("read", 3, 0x1000, 5, res=2, point={1: b"zz"}, **both)
    rows.add("openat", 0xFFFFFF9C, 0x7F, 0o2000000, 0, point={1: b"/etc/\xff\0"}, flags=ENTER_ROW, **both)
    rows.add("openat", 0xFFFFFF9C, 0x7F, 0o2000000, 0, res=-2, latency=5123, **both)
    rows.add("read", 3, 0x1000, 512, flags=ENTER_ROW, **both)
    rows.add("signaldeliver", 1, 1, 17, tid=100, proc=1)
    rows.add("read", 3, 0x1000, 512, res=40, latency=7, point={1: b'a"\n' + b"b" * 37}, **both)
    rows.add("exit_group", 0, flags=ENTER_ROW, **both)
    rows.add("procexit", 3 << 8, **both)
    rows.add("procexit", 0x8B, tid=101)
    return rows


def objects(data: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in data.splitlines()]


def test_objects() -> None:
    decoder = Decoder(Decoding(json=True))
    found = objects(StraceJson(Options(), decoder.texts).render(history().batch()))
    comm = "c\udcffat"
    assert found == [
        {"time": START, "pid": 100, "comm": comm, "partial": True, "syscall": "read",
         "args": {"data": "zz", "size": 5}, "result": 2, "text": "2", "duration_ns": None},
        {"time": START + 1000, "pid": 100, "comm": comm, "syscall": "openat",
         "args": {"dirfd": "AT_FDCWD", "name": "/etc/\udcff", "flags": "O_RDONLY|O_CLOEXEC"},
         "result": -1, "text": "-1 ENOENT (No such file or directory)", "error": "ENOENT", "duration_ns": 5123},
        {"time": START + 4000, "pid": 100, "comm": comm, "event": "signal", "signal": "SIGCHLD",
         "info": "{si_signo=SIGCHLD}"},
        {"time": START + 3000, "pid": 100, "comm": comm, "syscall": "read",
         "args": {"fd": 3, "data": 'a"\n' + "b" * 29, "size": 512}, "result": 40, "text": "40", "duration_ns": 7},
        {"time": START + 6000, "pid": 100, "comm": comm, "syscall": "exit_group", "args": {"status": 0},
         "result": None},
        {"time": START + 7000, "pid": 100, "comm": comm, "event": "exit", "code": 3},
        {"time": START + 8000, "pid": 101, "event": "killed", "signal": "SIGSEGV", "core": True},
    ]  # fmt: skip
    assert os.fsencode(found[1]["args"]["name"]) == b"/etc/\xff"


def test_borders_leave_no_trace() -> None:
    batch, size = history().batch(), len(history().columns["nr"])
    whole = StraceJson(Options(), Decoder(Decoding(json=True)).texts).render(batch)
    for cut in range(size + 1):
        renderer = StraceJson(Options(), Decoder(Decoding(json=True)).texts)
        parts = (np.arange(cut), np.arange(cut, size))
        assert b"".join(renderer.render(batch.take(part)) for part in parts) == whole
