"""Fields of the events table from hand-built rows."""

from __future__ import annotations

import grp
import pwd
import time
from typing import Any

import numpy as np
import pytest
from rows import NUMBERS, START, Rows, values

from sonde.catalog.column import Argument
from sonde.catalog.events import FIELDS
from sonde.catalog.types import Kind
from sonde.engines.context import Context
from sonde.engines.fields import DERIVATIONS, derive, physical, points_at
from sonde.engines.paths import absolute
from sonde.plan.batch import ENTER_ROW, Batch, Payloads, Vector
from sonde.plan.expr import Field
from sonde.plan.files import Node

AT_FDCWD = 0xFFFFFF9C


def get(rows: Rows, name: str, argument: str | int | None = None) -> list[Any]:
    return values(derive(rows.batch(), Field(name, argument), Context(rows.state)), rows.state)


def get_all(rows: Rows, name: str) -> list[list[Any]]:
    found = derive(rows.batch(), Field(name), Context(rows.state))
    assert isinstance(found, tuple)
    return [values(vector, rows.state) for vector in found]


def test_results() -> None:
    rows = Rows()
    for res, flags in ((0, 0), (-2, 0), (5, 0), (-4000, 0), (-5000, 0), (0, ENTER_ROW)):
        rows.add("read", 3, res=res, flags=flags)
    assert get(rows, "evt.res") == [b"SUCCESS", b"ENOENT", b"SUCCESS", b"4000", b"SUCCESS", None]
    assert get(rows, "evt.failed") == [False, True, False, True, False, None]
    assert get(rows, "evt.rawres") == [0, -2, 5, -4000, -5000, None]
    assert get(rows, "evt.dir") == [b"<"] * 5 + [b">"]
    assert get(rows, "evt.count.error.file") == [None] * 6
    assert get(rows, "evt.count.error") == [None, 1, None, 1, None, None]


def test_what_depends_on_the_event() -> None:
    rows = Rows()
    rows.add("openat", res=3)
    rows.add("read", res=3)
    rows.add("sendto", res=3)
    rows.add("procexit")
    assert get(rows, "evt.type") == [b"openat", b"read", b"sendto", b"procexit"]
    assert get(rows, "syscall.type") == [b"openat", b"read", b"sendto", None]
    assert get(rows, "evt.category")[:3] == [b"file", b"io_read", b"io_write"]
    assert get(rows, "evt.is_io_read") == [False, True, False, False]
    assert get(rows, "evt.io_dir") == [None, b"r", b"w", None]
    assert [bool(v) for v in get(rows, "evt.type.is", "open")] == [True, False, False, False]


def test_buffers() -> None:
    rows = Rows()
    rows.add("write", 1, 0, 5, res=5, point={1: b"he\0lo"})
    rows.add("close", 1, res=0)
    rows.add("read", 1, 0, 5, res=-9)
    rows.add("sendto", 1, 0, 5, res=5, point={1: b"", 4: b"\x02\0"})
    assert get(rows, "evt.buffer") == [b"he\0lo", None, None, b""]
    assert get(rows, "evt.buflen") == [5, None, None, 5]


def test_open_flavours() -> None:
    rows = Rows()
    rows.add("openat", AT_FDCWD, 0, 0o0, 0, res=3)
    rows.add("openat", AT_FDCWD, 0, 0o101, 0o755, res=3)
    rows.add("openat", AT_FDCWD, 0, 0o2, 0o755, res=3)
    rows.add("openat", AT_FDCWD, 0, 0o101, 0o755, res=-13)
    rows.add("creat", 0, 0o644, res=3)
    rows.add("read", 3, 0, 0o101, res=3)
    assert get(rows, "evt.is_open_read") == [True, False, True, False, False, False]
    assert get(rows, "evt.is_open_write") == [False, True, True, False, True, False]
    assert get(rows, "evt.is_open_create") == [False, True, False, False, True, False]
    assert get(rows, "evt.is_open_exec") == [False, True, False, False, False, False]


def test_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    rows = Rows()
    rows.add("read", time=START + 7, latency=3376)
    rows.add("read", time=START + 1_500_000_000)
    assert get(rows, "evt.time") == [b"03:43:20.000000007", b"03:43:21.500000000"]
    assert get(rows, "evt.time.s") == [b"03:43:20", b"03:43:21"]
    assert get(rows, "evt.datetime") == [b"2023-11-15 03:43:20.000000007", b"2023-11-15 03:43:21.500000000"]
    assert get(rows, "evt.time.iso8601")[0] == b"2023-11-14T22:13:20.000000007+0000"
    assert get(rows, "evt.rawtime") == [START + 7, START + 1_500_000_000]
    assert get(rows, "evt.rawtime.ns") == [7, 500_000_000]
    assert get(rows, "evt.reltime.s") == [0, 1]
    assert get(rows, "evt.latency") == [3376, None]
    assert get(rows, "evt.start") == [START + 7 - 3376, None]
    assert get(rows, "evt.deltatime") == [None, 1_499_999_993]
    monkeypatch.undo()
    time.tzset()


def test_delta_counts_from_the_batch_before() -> None:
    rows = Rows()
    rows.add("read")
    rows.add("read")
    batch, context = rows.batch(), Context(rows.state)
    context.advance(batch)
    later = Batch({**batch.columns, "time": batch.columns["time"] + 5000}, batch.payloads, batch.state)
    assert values(derive(later, Field("evt.deltatime"), context), rows.state) == [4000, 1000]


@pytest.mark.parametrize(
    ("ns", "text"),
    [(0, b"0ns"), (812, b"812ns"), (3376, b"3.37us"), (10_000, b"10us"), (1_050_000, b"1.05ms"), (90 * 10**9, b"90s")],
)
def test_latency_for_people(ns: int, text: bytes) -> None:
    rows = Rows()
    rows.add("read", latency=-1)
    rows.add("read", latency=ns)
    assert get(rows, "evt.latency.human") == [None, text]


def test_files() -> None:
    rows = Rows()
    rows.add("read", 3, file=rows.file(b"/etc/ssl/x.pem", dev=8 << 20 | 300, ino=77))
    rows.add("read", 4, file=rows.file(b"/etc", 0o040755))
    rows.add("read", 5, file=rows.file(b"/top"))
    rows.add("read", 6, file=rows.node(flags=Node.ANON, mode=0o010600, magic=0x50495045, ino=9))
    rows.add("read", 7, file=rows.node(b"[eventfd]", flags=Node.ANON, mode=0, magic=0x09041934))
    rows.add("read", 8)
    assert get(rows, "fd.num") == [3, 4, 5, 6, 7, 8]
    assert get(rows, "fd.typechar") == [b"f", b"d", b"f", b"p", b"e", None]
    assert get(rows, "fd.type") == [b"file", b"directory", b"file", b"pipe", b"event", None]
    assert get(rows, "fd.name")[:4] == [b"/etc/ssl/x.pem", b"/etc", b"/top", b"pipe:[9]"]
    assert get(rows, "fd.directory") == [b"/etc/ssl", b"/etc", b"/", None, None, None]
    assert get(rows, "fd.filename") == [b"x.pem", None, b"top", None, None, None]
    assert [get(rows, f"fd.{name}")[0] for name in ("dev.major", "dev.minor", "ino")] == [8, 300, 77]
    assert get(rows, "fd.dev")[0] == 8 << 8 | 300 & 0xFF | (300 & ~0xFF) << 12
    assert get(rows, "fd.dev")[5] is None


@pytest.mark.parametrize(
    ("name", "letter"),
    [(b"[eventpoll]", b"l"), (b"inotify", b"i"), (b"[timerfd]", b"t"), (b"[signalfd]", b"s"), (b"[io_uring]", b"r"),
     (b"bpf-map", b"b"), (b"[userfaultfd]", b"u"), (b"[pidfd]", b"P"), (b"memfd:x", b"m"), (b"[other]", b"o")],
)  # fmt: skip
def test_anonymous_files(name: bytes, letter: bytes) -> None:
    rows = Rows()
    rows.add("read", 3, file=rows.node(name, flags=Node.ANON, mode=0, magic=0x09041934))
    assert get(rows, "fd.typechar") == [letter]


def test_a_record_that_comes_late_is_seen() -> None:
    rows = Rows()
    rows.state.files.ensure(1)
    rows.add("read", 3, file=1)
    context = Context(rows.state)
    assert values(derive(rows.batch(), Field("fd.typechar"), context), rows.state) == [None]
    rows.node(b"x")
    assert values(derive(rows.batch(), Field("fd.typechar"), context), rows.state) == [b"f"]


def test_a_failed_open_has_the_name_that_was_asked_for() -> None:
    rows = Rows()
    rows.process(1, cwd=rows.file(b"/home/me", 0o040755))
    rows.add("openat", AT_FDCWD, 1, 0, res=-2, proc=1, point={1: b"../you/x\0"})
    rows.add("openat", AT_FDCWD, 1, 0, res=-2, proc=1, point={1: b"/abs\0"})
    rows.add("openat", AT_FDCWD, 1, 0, res=3, proc=1, point={1: b"link\0"}, file=rows.file(b"/target"))
    rows.add("unlink", 1, res=-2, proc=1, point={0: b"/gone\0"})
    assert get(rows, "fd.name") == [b"/home/you/x", b"/abs", b"/target", None]
    assert get(rows, "fd.directory") == [b"/home/you", b"/", b"/", None]
    assert get(rows, "fd.num") == [None, None, 3, None]


def test_sockets() -> None:
    rows = Rows()
    here, there = (b"10.0.0.1", 40000), (b"10.9.0.2", 443)
    rows.add("read", 3, tid=77, file=rows.tcp(here, there, role=1))
    rows.add("read", 4, file=rows.tcp(there, here, role=2))
    rows.add("read", 5, file=rows.tcp(here, there))
    rows.add("read", 6, file=rows.tcp((b"0.0.0.0", 80), (b"0.0.0.0", 0), state=10))
    rows.add("read", 7, file=rows.file(b"/x"))
    assert get(rows, "fd.cip") == [b"10.0.0.1"] * 3 + [None, None]
    assert get(rows, "fd.sport") == [443, 443, 443, 80, None]
    assert get(rows, "fd.lport") == [40000, 443, 40000, 80, None]
    assert get(rows, "fd.rip") == [b"10.9.0.2", b"10.0.0.1", b"10.9.0.2", None, None]
    assert get(rows, "fd.is_server") == [False, True, False, True, None]
    assert get(rows, "fd.connected") == [True, True, True, False, None]
    assert get(rows, "fd.sproto") == [b"https", b"https", b"https", b"http", None]
    assert get(rows, "fd.l4proto") == [b"tcp"] * 4 + [None]
    assert get(rows, "fd.sockfamily") == [b"ip"] * 4 + [None]
    assert get_all(rows, "fd.port") == [[40000, 40000, 40000, None, None], [443, 443, 443, 80, None]]
    assert get(rows, "fd.uid")[0] == b"773"
    assert get(rows, "fd.typechar")[0] == b"4"


@pytest.fixture
def family() -> Rows:
    """init (1) > bash (2) > make (3) > cc (4), bash leads the session, make the group."""
    rows = Rows()
    one = {"sid": 101, "pgid": 101, "vpid": 1}
    rows.process(1, start=1, comm=b"init", argv=b"/sbin/init\0", **one)
    session = {"sid": 102, "tty": b"pts3"}
    rows.process(2, start=2, ppid=101, pstart=1, comm=b"bash", pcomm=b"init", argv=b"-bash\0", pgid=102, **session)
    rows.process(
        3, start=3, ppid=102, pstart=2, comm=b"make", pcomm=b"bash", argv=b"make\0-j\0all\0", pgid=103, **session
    )
    rows.process(
        4, start=4, ppid=103, pstart=3, pgid=103, **session,
        comm=b"cc", pcomm=b"make", argv=b"/usr/bin/cc\0-c\0a b.c\0",
        exe_file=rows.file(b"/usr/bin/gcc", ino=5), cwd=rows.file(b"/src", 0o040755), cap_effective=0b101,
    )  # fmt: skip
    for proc in (4, 1, 0):
        rows.add("read", proc=proc, tid=100 + proc, pid=104, time=START + 10)
    return rows


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("proc.name", [b"cc", b"init", None]),
        ("proc.pname", [b"make", None, None]),
        ("proc.exe", [b"/usr/bin/cc", b"/sbin/init", None]),
        ("proc.exepath", [b"/usr/bin/gcc", None, None]),
        ("proc.args", [b"-c a b.c", b"", None]),
        ("proc.cmdline", [b"cc -c a b.c", b"init", None]),
        ("proc.exeline", [b"/usr/bin/cc -c a b.c", b"/sbin/init", None]),
        ("proc.cmdnargs", [2, 0, None]),
        ("proc.cmdlenargs", [7, 0, None]),
        ("proc.pcmdline", [b"make -j all", None, None]),
        ("proc.cwd", [b"/src/", None, None]),
        ("proc.ppid", [103, 0, None]),
        ("proc.tty", [136 << 8 | 3, 0, None]),
        ("proc.sname", [b"bash", b"init", None]),
        ("proc.pgid.name", [b"make", b"init", None]),
        ("proc.is_sid_leader", [False, True, None]),
        ("proc.loginshellid", [102, None, None]),
        ("proc.duration", [6, 9, None]),
        ("proc.pid.ts", [START + 4, START + 1, None]),
        ("proc.exe_ino", [5, None, None]),
        ("proc.pid", [104, 104, 104]),
        ("thread.ismain", [True, False, False]),
        ("thread.cap_effective", [b"CAP_CHOWN CAP_DAC_READ_SEARCH", b"", None]),
        ("user.loginuid", [-1, -1, None]),
    ],
)
def test_processes(family: Rows, name: str, expected: list[Any]) -> None:
    assert get(family, name) == expected


def test_ancestors(family: Rows) -> None:
    assert [get(family, "proc.aname", level)[0] for level in range(5)] == [b"cc", b"make", b"bash", b"init", None]
    assert get_all(family, "proc.aname") == [[b"make", None, None], [b"bash", None, None], [b"init", None, None]]
    assert get(family, "proc.apid", 2) == [102, None, None]
    assert get(family, "proc.args", 1) == [b"a b.c", None, None]


def test_a_loop_of_parents_ends() -> None:
    rows = Rows()
    rows.process(1, start=1, ppid=101, pstart=1, comm=b"x")
    rows.add("read", proc=1)
    assert len(get_all(rows, "proc.aname")) <= 64


def test_users() -> None:
    rows = Rows()
    rows.process(1, euid=0, egid=0, loginuid=0)
    rows.process(2, euid=4_000_000_001, egid=4_000_000_001)
    for proc in (1, 2, 0):
        rows.add("read", proc=proc)
    assert get(rows, "user.uid") == [0, 4_000_000_001, None]
    assert get(rows, "user.name") == [pwd.getpwuid(0).pw_name.encode(), None, None]
    assert get(rows, "user.homedir")[0] == pwd.getpwuid(0).pw_dir.encode()
    assert get(rows, "group.name") == [grp.getgrgid(0).gr_name.encode(), None, None]
    assert get(rows, "user.loginuid") == [0, -1, None]


def test_paths() -> None:
    rows = Rows()
    rows.process(1, cwd=rows.file(b"/home/me", 0o040755))
    rows.add("unlink", 1, res=0, proc=1, point={0: b"./x\0"})
    rows.add("unlinkat", AT_FDCWD, 1, 0, res=0, proc=1, point={1: b"y\0"})
    rows.add("unlinkat", 5, 1, 0, res=0, proc=1, dir=0xFFFFFFFF, point={1: b"y\0"})
    other = rows.file(b"/other/place", 0o040755)
    rows.add("renameat", AT_FDCWD, 1, 6, 2, res=0, proc=1, newdir=other, point={1: b"a\0", 3: b"b\0"})
    rows.add("newfstatat", 6, 1, 0, 0, res=0, proc=1, dir=other, point={1: b"../z\0"})
    rows.add("newfstatat", 6, 1, 0, 0x1000, res=0, proc=1, dir=other, point={1: b"\0"})
    rows.add("newfstatat", AT_FDCWD, 1, 0, 0, res=-2, proc=1, point={1: b"\0"})
    rows.add("close", 3, res=0, proc=1)
    names = [b"/home/me/x", b"/home/me/y", b"y", None, b"/other/z", b"/other/place", b"", None]
    assert get(rows, "fs.path.name") == names
    assert get(rows, "fs.path.nameraw") == [b"./x", b"y", b"y", None, b"../z", b"", b"", None]
    assert get(rows, "fs.path.source")[3] == b"/home/me/a"
    assert get(rows, "fs.path.target")[3] == b"/other/place/b"
    assert get(rows, "evt.abspath.src")[3] == b"/home/me/a"


@pytest.mark.parametrize(
    ("directory", "path", "expected"),
    [(b"/", b"x", b"/x"), (b"/a", b"..", b"/"), (b"/a", b"//b/./c/", b"/b/c"), (b"", b"x", b"x"), (b"/a", b"", b"/a")],
)
def test_absolute(directory: bytes, path: bytes, expected: bytes) -> None:
    assert absolute(directory, path) == expected


def test_memory_columns_that_were_not_asked_for_are_missing() -> None:
    rows = Rows()
    rows.add("read", tid=1, pid=1, vmsize=4, nthreads=3)
    rows.add("read", tid=2, pid=1, vmsize=4)
    assert get(rows, "thread.vmsize") == [4, 0]
    assert get(rows, "proc.nchilds") == [2, 0]
    batch = rows.batch()
    less = Batch({n: v for n, v in batch.columns.items() if n != "vmsize"}, batch.payloads, batch.state)
    assert values(derive(less, Field("proc.vmsize"), Context(rows.state)), rows.state) == [None, None]


ARGUMENTS: dict[str, str | int] = {"evt.type.is": "open", "evt.arg": "flags", "evt.rawarg": "flags", "proc.env": "HOME"}


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_every_field_needs_only_what_it_says(family: Rows, name: str) -> None:
    """From nothing but `physical(field)`, and payloads only where `points_at` says so, come the same values."""
    family.add("openat", AT_FDCWD, 1, 0, 0, proc=4, res=-2, latency=5, point={1: b"x"})
    family.add("connect", 5, 1, 0, proc=4, res=0, file=family.tcp((b"1.1.1.1", 9), (b"2.2.2.2", 80), role=1))
    family.add("write", 5, 1, 3, proc=4, res=3, point={1: b"abc"})
    for event in NUMBERS:
        family.add(event, 1, 2, 3, 4, 5, 6, proc=4, res=0, file=1)
    batch = family.batch()
    needs_argument = FIELDS[name].argument is Argument.REQUIRED
    field = Field(name, ARGUMENTS.get(name, 0) if needs_argument else None)
    whole = derive(batch, field, Context(family.state))
    needed = physical(field) or {"nr"}
    narrow = Batch(
        {n: batch.columns[n] for n in needed}, batch.payloads if points_at(field) else Payloads.none(), batch.state
    )
    again = derive(narrow, field, Context(family.state))
    for left, right in zip(_several(whole), _several(again), strict=True):
        assert len(left.values) == len(batch)
        assert values(left, family.state) == values(right, family.state)
        kind = FIELDS[name].type.kind
        assert left.kind is kind or (kind is Kind.STR and left.kind is Kind.BYTES) or name in ("evt.rawarg", "evt.arg")


def _several(found: Vector | tuple[Vector, ...]) -> tuple[Vector, ...]:
    return found if isinstance(found, tuple) else (found,)


def test_every_derivation_is_of_a_field() -> None:
    assert not DERIVATIONS.keys() - FIELDS.keys()


def test_an_empty_batch(family: Rows) -> None:
    none = family.batch().take(np.zeros(0, np.int64))
    for name in ("evt.info", "fd.name", "proc.cmdline", "proc.aname", "evt.time", "evt.latency.human", "user.name"):
        for vector in _several(derive(none, Field(name), Context(family.state))):
            assert len(vector.values) == 0
