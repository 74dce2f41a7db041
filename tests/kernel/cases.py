"""Questions that have to have one answer: live, on the recording of the same run, and on the .scap of it."""

from __future__ import annotations

import json
import os

from live import Row

from sonde.plan.batch import Counters
from sonde.query import Answer, Question
from sonde.sources.live.events import Sizes

__all__ = ["CASES", "SMALL", "USUAL", "answered", "question"]

SMALL = Sizes(events=1 << 20, payloads=1 << 20, dictionary=1 << 22)
USUAL = ("thread.tid", "evt.type", "evt.rawres", "evt.cpu", "evt.args")
CASES = {
    "evt.type=open": ("fd.name", "fd.directory", "fd.filename", "proc.name"),
    "evt.type in (open, close) and fd.name contains etc": ("fd.name", "fd.num", "fd.type"),
    "evt.failed=true": ("evt.res", "evt.count.error.file"),
    "fd.name endswith .txt": ("fd.name", "fd.typechar"),
    "fd.directory contains deep": ("fd.name",),
    "fd.name startswith /dev": ("fd.name", "fd.dev"),
    "evt.is_io_write=true": ("evt.buffer", "evt.buflen", "fd.name"),
    "evt.is_io_read=true and evt.buflen > 5": ("evt.buffer", "fd.name"),
    "evt.buffer contains HTTP": ("evt.buffer", "fd.name"),
    "evt.type=rename": ("fs.path.source", "fs.path.target"),
    "evt.type in (mkdir, rmdir, unlink)": ("fs.path.name",),
    "evt.type=stat or evt.type=newfstatat": ("fs.path.name", "evt.abspath"),
    "evt.category=file": ("evt.category",),
    "evt.category=net": ("fd.name", "fd.sip", "fd.sport", "fd.cip", "fd.l4proto"),
    "fd.type=ipv4": ("fd.name", "fd.lip", "fd.lport", "fd.rip", "fd.rport"),
    "fd.type=unix": ("fd.type",),
    "fd.type=pipe": ("fd.type", "fd.name"),
    "evt.type=connect": ("fd.name", "evt.arg.addr"),
    "evt.type=accept or evt.type=accept4": ("fd.name",),
    "fd.l4proto=udp": ("fd.name", "fd.is_server"),
    "evt.type=clone": ("evt.arg.flags",),
    "evt.type=execve": ("proc.exe", "proc.args", "proc.exepath"),
    "evt.type=procexit": ("evt.arg.status", "proc.name"),
    "evt.type=signaldeliver": ("evt.arg.sig",),
    "evt.type=kill or evt.type=tgkill": ("evt.args",),
    "thread.ismain=false": ("thread.ismain", "proc.name"),
    "proc.name startswith python": ("proc.name", "proc.pname", "proc.ppid", "proc.exe"),
    "proc.cwd contains here": ("proc.cwd",),
    "proc.aname contains python": ("proc.aname[1]",),
    "user.uid=0": ("user.uid", "user.name", "group.gid"),
    "evt.type=mmap and fd.num >= 0": ("fd.name", "evt.arg.length"),
    "evt.type=lseek and evt.rawarg.offset=1": ("evt.rawarg.offset", "fd.name"),
    "evt.latency >= 0": (),
    "evt.type=dup2 or evt.type=dup3": ("fd.name",),
    "fd.num=50": ("fd.num", "fd.name"),
    "evt.type=openat and evt.arg.flags contains O_CREAT": ("evt.arg.flags", "evt.arg.mode"),
    "not evt.category in (memory, file) and evt.rawres >= 0": ("evt.category",),
    "evt.type=fcntl or evt.type=ioctl": (),
    "evt.type=read and fd.filename glob '*.log'": ("fd.filename",),
    "evt.rawres=-2": ("evt.res",),
}


def question(filter: str, *names: str) -> Question:
    """What is asked live and of the recording."""
    shown = " ".join("%" + name for name in dict.fromkeys((*USUAL, *names)))
    return Question(filter=filter, format=shown, json=True, follow=True, skip=(os.getpid(),), sizes=SMALL)


def answered(answer: Answer) -> tuple[list[Row], Counters]:
    """All rows of a recording."""
    rows: list[Row] = []
    try:
        while not answer.done:
            rows += [json.loads(line) for line in answer.text(answer.rows(answer.source.poll())).splitlines()]
        return rows, answer.counters()
    finally:
        answer.close()
