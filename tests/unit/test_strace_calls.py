"""Arguments and results as strace 6.1 prints them: its own lines beside the rows they come from."""

from __future__ import annotations

import ctypes
import os
import re
import socket
import struct
from typing import Any

import numpy as np
import pytest
from rows import Rows

from sonde.engines.strace.calls import Decoder
from sonde.engines.strace.options import RAW, VERBOSE, Decoding
from sonde.engines.strace.signals import siginfo, signal_name
from sonde.plan.batch import ENTER_ROW
from sonde.plan.files import Node
from sonde.render.strace.options import Options
from sonde.render.strace.renderer import StraceRenderer

AT_FDCWD = 0xFFFFFF9C
PATHS = frozenset(("path",))
ALL = frozenset(("path", "socket", "dev", "pidfd"))


class Case:
    """Rows of one process."""

    def __init__(self) -> None:
        self.rows = Rows()
        self.rows.process(1, tid=100, pid=100, comm=b"bash", cwd=self.rows.file(b"/tmp/c", 0o040755))

    def call(
        self, name: str, *words: int, res: int = 0, given: dict[int, bytes] | None = None,
        got: dict[int, bytes] | None = None, **columns: int,
    ) -> Case:  # fmt: skip
        """A call that began and returned; `given` and `got` are what its arguments pointed at then."""
        both: dict[str, Any] = {"tid": 100, "pid": 100, "proc": 1}
        made = columns.pop("made", 0)
        self.rows.add(name, *words, point=given, flags=ENTER_ROW, **both, **columns)
        self.rows.add(
            name,
            *words,
            point=got,
            res=res,
            latency=1000,
            **both,
            **{**columns, "file": made or columns.get("file", 0)},
        )
        return self

    def lines(self, compat: bool = False, **decoding: Any) -> list[str]:
        batch = self.rows.batch()
        if compat:
            batch.columns["nr"] = batch.columns["nr"].astype(np.int64) + 1024
        renderer = StraceRenderer(Options(column=0), Decoder(Decoding(**decoding)).texts)
        whole = renderer.render(batch).decode()
        again = StraceRenderer(Options(column=0), Decoder(Decoding(**decoding)).texts)
        assert whole == b"".join(again.render(batch.take(np.array([row]))) for row in range(len(batch))).decode()
        return whole.splitlines()


def one(name: str, *words: int, options: dict[str, Any] | None = None, **more: Any) -> str:
    [line] = Case().call(name, *words, **more).lines(**(options or {}))
    return line


def test_opens() -> None:
    case = Case()
    passwd = case.rows.file(b"/etc/passwd")
    case.call("openat", AT_FDCWD, 0x7F, 0o2000000, 0, res=3, given={1: b"/etc/passwd\0"}, made=passwd)
    case.call("openat", AT_FDCWD, 0x7F, 0o2000000, 0, res=-2, given={1: b'/nonexist"\0'})
    case.call("close", 3, file=passwd)
    assert [line.replace(", 000)", ")") for line in case.lines(fds=PATHS)] == [
        'openat(AT_FDCWD</tmp/c>, "/etc/passwd", O_RDONLY|O_CLOEXEC) = 3</etc/passwd>',
        'openat(AT_FDCWD</tmp/c>, "/nonexist\\"", O_RDONLY|O_CLOEXEC) = -1 ENOENT (No such file or directory)',
        "close(3</etc/passwd>) = 0",
    ]


@pytest.mark.parametrize(
    ("line", "limit", "data", "size"),
    [
        ('write(1, "0123456789"..., 17) = 17', 10, b"0123456789", 17),
        ('write(1, "0123456789", 10) = 10', 10, b"0123456789", 10),
        ('write(1, ""..., 10) = 10', 0, b"0123456789", 10),
        (r'write(1, "\0\1\19\377", 5) = 5', 32, b"\0\1\0019\xff", 5),
        ('write(1, "", 0) = 0', 32, b"", 0),
    ],
)
def test_data(line: str, limit: int, data: bytes, size: int) -> None:
    assert one("write", 1, 0x1000, size, res=size, given={1: data}, options={"limit": limit}) == line


def test_reads() -> None:
    assert one("read", 3, 0x1000, 512, res=3, got={1: b"abcdefg"}) == 'read(3, "abc", 512) = 3'
    assert one("read", 3, 0x1000, 512, res=0) == 'read(3, "", 512) = 0'
    assert one("read", 3, 0x1000, 512, res=-9) == "read(3, 0x1000, 512) = -1 EBADF (Bad file descriptor)"
    assert one("read", 3, 0, 512, res=-14) == "read(3, NULL, 512) = -1 EFAULT (Bad address)"
    assert one("read", 3, 0x1000, 512, res=-512) == (
        "read(3, 0x1000, 512) = ? ERESTARTSYS (To be restarted if SA_RESTART is set)"
    )
    assert one("read", 3, 0x1000, 2, res=2, got={1: b"a\xff"}, options={"hexadecimal": 2}) == (
        r'read(3, "\x61\xff", 2) = 2'
    )


def test_what_is_told_of_descriptors() -> None:
    case, rows = Case(), Case().rows
    rows = case.rows
    gone = rows.file(b"/tmp/x y<>", flags=Node.DELETED)
    null = rows.file(b"/dev/null", 0o020666, rdev=1 << 20 | 3)
    pipe = rows.node(mode=0o010600, flags=Node.ANON, magic=0x50495045, ino=12)
    poll = rows.node(b"[eventpoll]", mode=0o600, flags=Node.ANON, magic=0x09041934)
    tcp = rows.tcp((b"127.0.0.1", 5), (b"127.0.0.1", 80), ino=7)
    fresh = rows.tcp((b"0.0.0.0", 0), (b"0.0.0.0", 0), ino=8)
    six = rows.tcp((b"::1", 9), (b"::", 0), family=socket.AF_INET6, ino=8)
    unix: dict[str, Any] = {"mode": 0o140777, "flags": Node.SOCK, "family": socket.AF_UNIX, "stype": 1}
    one_end = rows.node(b"@abc", ino=123, cookie=1, peer=2, **unix)
    other = rows.node(ino=456, cookie=2, peer=1, **unix)
    for fd, file in enumerate((gone, null, pipe, poll, tcp, fresh, six, one_end, other)):
        case.call("close", fd, file=file)
    assert [line[6 : -len(") = 0")] for line in case.lines(fds=ALL)] == [
        r"0</tmp/x y\74\76>(deleted)", "1</dev/null<char 1:3>>", "2<pipe:[12]>", "3<anon_inode:[eventpoll]>",
        "4<TCP:[127.0.0.1:5->127.0.0.1:80]>", "5<TCP:[8]>", "6<TCPv6:[[::1]:9]>",
        '7<UNIX-STREAM:[123->456,@"abc"]>', "8<UNIX-STREAM:[456->123]>",
    ]  # fmt: skip
    assert [line[6 : -len(") = 0")] for line in case.lines(fds=PATHS)][1::3] == [
        "1</dev/null>", "4<socket:[7]>", "7<socket:[123]>",
    ]  # fmt: skip


def test_other_descriptors_are_known_from_other_calls() -> None:
    case = Case()
    passwd, out = case.rows.file(b"/etc/passwd"), case.rows.file(b"/tmp/out")
    case.call("sendfile", 4, 3, 0, 10, res=10, file=out)
    case.call("close", 3, file=passwd)
    batch = case.rows.batch()
    decoder = Decoder(Decoding(fds=PATHS))
    assert decoder.texts(batch).head[0] == b"sendfile(4</tmp/out>, 3</etc/passwd>, NULL"


def test_the_ends_of_a_pipe() -> None:
    case = Case()
    old = case.rows.file(b"/old")
    pipe = case.rows.node(mode=0o010600, flags=Node.ANON, magic=0x50495045, ino=12)
    case.call("close", 3, file=old)
    case.call("pipe2", 0x1000, 0, got={0: struct.pack("=ii", 3, 4)})
    case.call("write", 4, 0x1000, 1, res=1, given={1: b"x"}, file=pipe)
    case.call("dup2", 3, 9, res=9, made=pipe)
    batch = case.rows.batch()
    lines = StraceRenderer(Options(column=0), Decoder(Decoding(fds=PATHS)).texts).render(batch).decode().splitlines()
    assert lines == [
        "close(3</old>) = 0",
        "pipe2([3<pipe:[12]>, 4<pipe:[12]>], 0) = 0",
        'write(4<pipe:[12]>, "x", 1) = 1',
        "dup2(3<pipe:[12]>, 9) = 9<pipe:[12]>",
    ]


def test_results() -> None:
    assert one("brk", 0, res=0x55C06C771000) == "brk(NULL) = 0x55c06c771000"
    assert one("umask", 0o22, res=0o22).endswith(" = 022")
    assert one("getpid", res=100, options={"comm": True}) == "getpid() = 100<bash>"
    assert one("lseek", 3, 0xFFFFFFFFFFFFFFFF, 2, res=199) == "lseek(3, -1, SEEK_END) = 199"
    assert one("kill", 100, 9, res=-3) == "kill(100, SIGKILL) = -1 ESRCH (No such process)"
    fcntl = [(1, 1, "0x1 (flags FD_CLOEXEC)"), (1, 0, "0"), (3, 2, "0x2 (flags O_RDWR)"), (3, 0, "0 (flags O_RDONLY)")]
    for command, res, text in fcntl:
        assert one("fcntl", 3, command, 0, res=res).endswith(f" = {text}")


def test_ready_descriptors() -> None:
    fds = struct.pack("=ihHihH", 3, 1, 1, 5, 1, 0)
    assert one("poll", 0x1000, 2, 0, res=1, got={0: fds}).endswith(" = 1 ([{fd=3, revents=POLLIN}])")
    assert one("poll", 0x1000, 2, 0, res=0).endswith(" = 0 (Timeout)")
    left = struct.pack("=qq", 0, 99_997_666)
    sets = {1: b"\x08".ljust(128, b"\0"), 2: b"\x10".ljust(128, b"\0"), 3: bytes(128), 4: left}
    assert one("pselect6", 6, 1, 2, 3, 4, 0, res=2, got=sets).endswith(
        " = 2 (in [3], out [4], left {tv_sec=0, tv_nsec=99997666})"
    )
    assert one("select", 6, 1, 0, 0, 0, res=-4).endswith(" = -1 EINTR (Interrupted system call)")


def test_names_in_each_style() -> None:
    for style, text in ((RAW, "0x80001"), (VERBOSE, "0x80001 /* O_WRONLY|O_CLOEXEC */")):
        assert f", {text}" in one("openat", AT_FDCWD, 1, 0x80001, 0, res=3, given={1: b"x\0"}, options={"names": style})


def test_raw_arguments() -> None:
    assert one("read", 3, 0x1000, 10, res=3, options={"raw": None}) == "read(0x3, 0x1000, 0xa) = 0x3"


def test_dumps() -> None:
    lines = Case().call("write", 1, 0x1000, 17, res=17, given={1: b"0123456789abcdefg"}).lines(dump_writes=None)
    assert lines == [
        'write(1, "0123456789abcdefg", 17) = 17',
        " | 00000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  0123456789abcdef |",
        " | 00010  67                                                g                |",
    ]


def test_stacks() -> None:
    libc = ctypes.CDLL(None)
    address = ctypes.cast(libc.getppid, ctypes.c_void_p).value or 0
    frames = struct.pack("=3Q", address + 5, 1, 0)
    case = Case()
    case.rows.add("getppid", res=3, point={7: frames}, tid=os.getpid(), pid=os.getpid())
    first, second = case.lines(stacks=True)[1:]
    assert re.fullmatch(r" > /.*libc.*\(getppid\+0x5\) \[0x[0-9a-f]+\]", first)
    assert second == " > unexpected_backtracing_error [0x1]"


def test_a_call_that_goes_on() -> None:
    case = Case().call("nanosleep", 0x1000, 0, res=-516).call("restart_syscall", res=0)
    assert case.lines()[1] == "restart_syscall(<... resuming interrupted nanosleep ...>) = 0"


@pytest.mark.parametrize(
    ("text", "values"),
    [
        (b"{si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=12, si_uid=3, si_status=7, "
         b"si_utime=1 /* 0.01 s */, si_stime=2 /* 0.02 s */}",
         struct.pack("=iii4xiIi4xqq", 17, 0, 1, 12, 3, 7, 1, 2)),
        (b"{si_signo=SIGCHLD, si_code=CLD_KILLED, si_pid=12, si_uid=3, si_status=SIGKILL, si_utime=0, si_stime=0}",
         struct.pack("=iii4xiIi4xqq", 17, 0, 2, 12, 3, 9, 0, 0)),
        (b"{si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=NULL}", struct.pack("=iii4xQ", 11, 0, 1, 0)),
        (b"{si_signo=SIGUSR1, si_code=SI_USER, si_pid=28134, si_uid=0}", struct.pack("=iii4xiI", 10, 0, 0, 28134, 0)),
        (b"{si_signo=SIGINT, si_code=SI_KERNEL}", struct.pack("=iii", 2, 0, 0x80)),
    ],
)  # fmt: skip
def test_signals(text: bytes, values: bytes) -> None:
    assert siginfo(values) == text


def test_names_of_signals() -> None:
    assert [signal_name(n) for n in (1, 16, 31, 32, 33, 64, 0, 65)] == [
        b"SIGHUP", b"SIGSTKFLT", b"SIGSYS", b"SIGRTMIN", b"SIGRT_1", b"SIGRT_32", b"0", b"65",
    ]  # fmt: skip
