"""The catalogue: numbers, names, parameters and flags against independent judges (headers, Python's own constants)."""

from __future__ import annotations

import errno
import fcntl
import mmap
import os
import re
import resource
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonde.catalog import errnos, flags
from sonde.catalog.calls import CALLS
from sonde.catalog.event import EXIT_EVENTS, Event, ParamType, Source
from sonde.catalog.events import FIELDS
from sonde.catalog.families import FAMILIES, expand
from sonde.catalog.flagsets import SETS
from sonde.catalog.lookup import CATEGORIES, EVENTS, NAMES, NUMBERS, by_name
from sonde.catalog.syscalls import ALIASES, I386_BASE, UNNAMED, event_name
from sonde.catalog.unistd import I386, X86_64
from sonde.kernel.codegen import FIELDS as INLINED
from sonde.plan.batch import PHYSICAL

ROOT = Path(__file__).resolve().parents[2]
HEADER = Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")
ONE_OF_EACH = sorted({event.name: event for event in EVENTS.values()}.values(), key=lambda e: e.number)


def event(name: str) -> Event:
    return by_name(name)[0]


def shape(name: str) -> str:
    return " ".join(f"{p.name}:{p.type}:{p.source}{':' + p.names if p.names else ''}" for p in event(name).params)


@pytest.mark.skipif(not HEADER.exists(), reason="linux-libc-dev is not installed")
@pytest.mark.parametrize(("header", "table"), [("unistd_64.h", X86_64), ("unistd_32.h", I386)])
def test_numbers_are_those_of_the_headers(header: str, table: dict[str, int]) -> None:
    found = re.findall(r"__NR_(\w+)\s+(\d+)", (HEADER.parent / header).read_text())
    assert len(found) > 350
    assert {name: table[name] for name, _ in found} == {name: int(number) for name, number in found}


@pytest.mark.skipif(not HEADER.exists(), reason="linux-libc-dev is not installed")
def test_the_generated_module_is_up_to_date() -> None:
    """Its tables, not its first lines: those name the versions of the headers."""
    done = subprocess.run(
        [sys.executable, "-c", "import generate_unistd as g; print(g.generated())"],
        cwd=ROOT / "scripts", capture_output=True, text=True, check=False,
    )  # fmt: skip
    if "not installed" in done.stderr:
        pytest.skip(done.stderr.strip())
    tables = done.stdout.strip().partition("X86_64: dict")[2]
    assert tables == (ROOT / "src/sonde/catalog/unistd.py").read_text().strip().partition("X86_64: dict")[2]


def test_every_call_is_an_event() -> None:
    for call, number in X86_64.items():
        assert EVENTS[number].name == event_name(call)
    for call, number in I386.items():
        assert EVENTS[I386_BASE + number].name == event_name(call)
    for name, number in EXIT_EVENTS.items():
        assert EVENTS[number].name == NAMES[number] == name
        assert not EVENTS[number].is_syscall


def test_numbers_of_later_kernels_are_events_too() -> None:
    assert EVENTS[511].name == EVENTS[I386_BASE + 511].name == UNNAMED
    assert EVENTS[335].name != UNNAMED != EVENTS[0].name
    assert all(number in EVENTS for number in (*range(514), *range(I386_BASE, I386_BASE + 512)))
    assert len(NAMES) == NUMBERS
    assert max(EVENTS) < NUMBERS


def test_every_line_of_the_tables_is_a_call_of_some_kernel() -> None:
    names = [line.split()[1].partition("(")[0].partition("/")[0] for line in CALLS.split("\n") if line]
    assert len(names) == len(set(names))
    assert set(names) <= {event_name(call) for call in X86_64 | I386}
    assert ALIASES.keys() <= X86_64.keys() | I386.keys()


@pytest.mark.parametrize("found", ONE_OF_EACH, ids=lambda e: e.name)
def test_an_event_is_well_formed(found: Event) -> None:
    assert found.category in CATEGORIES
    names = [p.name for p in found.params]
    assert len(names) == len(set(names))
    if found.is_syscall:
        assert found.params[0].source is Source.RET
        assert all(p.source is not Source.RET for p in found.params[1:])
    for param in found.params:
        assert (param.names in SETS) == (param.type in (ParamType.FLAGS, ParamType.ENUM))
        assert (param.type is ParamType.SOCKADDR) == (param.length is not Source.NONE)
        assert (param.source is Source.NONE) == (param.type in (ParamType.PROC, ParamType.TUPLE))
    assert (found.io == "r") == (found.category == "io_read")
    assert (found.io == "w") == (found.category == "io_write")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("openat", "fd:fd:ret dirfd:dirfd:a0 name:path:a1 flags:flags:a2:open mode:mode:a3"),
        ("open", "fd:fd:ret name:path:a0 flags:flags:a1:open mode:mode:a2"),
        ("read", "res:res:ret fd:fd:a0 data:data:a1 size:size:a2"),
        ("writev", "res:res:ret fd:fd:a0 data:iovec:a1 count:uint:a2"),
        ("pread", "res:res:ret fd:fd:a0 data:data:a1 size:size:a2 pos:uint:a3"),
        ("close", "res:res:ret fd:fd:a0"),
        ("connect", "res:res:ret fd:fd:a0 addr:sockaddr:a1 tuple:tuple:none"),
        ("kill", "res:res:ret pid:pid:a0 sig:signal:a1"),
        (
            "renameat2",
            "res:res:ret olddirfd:dirfd:a0 oldpath:path:a1 newdirfd:dirfd:a2 newpath:path:a3 flags:flags:a4:rename",
        ),
        ("newfstatat", "res:res:ret dirfd:dirfd:a0 path:path:a1 flags:flags:a3:at"),
        ("dup2", "res:fd:ret oldfd:fd:a0 newfd:fd:a1"),
        ("setresuid", "res:res:ret ruid:uid:a0 euid:uid:a1 suid:uid:a2"),
        ("getuid", "uid:uid:ret"),
        ("sysfs", "res:res:ret a0:hex:a0 a1:hex:a1 a2:hex:a2"),
        ("procexit", "status:uint:a0 ret:int:a1 sig:signal:a2 core:uint:a3"),
        ("signaldeliver", "spid:pid:a0 dpid:pid:a1 sig:signal:a2"),
    ],
)
def test_parameters(name: str, expected: str) -> None:
    assert shape(name) == expected


def test_what_an_event_does() -> None:
    assert event("close").fd_at_enter
    assert {e.name for e in EVENTS.values() if e.fd_at_enter} == {"close"}
    assert (event("recvfrom").io, event("sendmsg").io, event("splice").io) == ("r", "w", "")
    assert event("poll").waits
    assert event("nanosleep").waits
    assert not event("read").waits
    assert not event("epoll_create").waits


def test_main_descriptors() -> None:
    assert [event(n).fd for n in ("stat", "unlinkat")] == [None, None]
    mains = {n: found.source for n in ("openat", "accept4", "dup", "read", "mmap", "sendto") if (found := event(n).fd)}
    assert mains == {
        "openat": Source.RET, "accept4": Source.RET, "dup": Source.RET, "read": Source.A0, "mmap": Source.A4,
        "sendto": Source.A0,
    }  # fmt: skip


def test_addresses_know_their_length() -> None:
    found = {
        (e.name, p.source, p.length, p.out) for e in EVENTS.values() for p in e.params if p.type is ParamType.SOCKADDR
    }
    a1, a2, a4, a5 = Source.A1, Source.A2, Source.A4, Source.A5
    assert found == {
        ("bind", a1, a2, False), ("connect", a1, a2, False), ("sendto", a4, a5, False), ("recvfrom", a4, a5, True),
        ("accept", a1, a2, True), ("accept4", a1, a2, True), ("getsockname", a1, a2, True),
        ("getpeername", a1, a2, True),
    }  # fmt: skip


def test_a_32_bit_call_is_read_as_its_namesake_as_far_as_its_words_agree() -> None:
    assert EVENTS[I386_BASE + I386["openat"]].params == event("openat").params
    assert EVENTS[I386_BASE + I386["close"]].fd_at_enter
    pread = [p.name for p in EVENTS[I386_BASE + I386["pread64"]].params]
    assert pread == ["res", "fd", "data", "size", "a3", "a4", "a5"]
    assert [p.type for p in EVENTS[I386_BASE + I386["mmap"]].params][1:] == [ParamType.HEX] * 6
    pointed = (ParamType.IOVEC, ParamType.MSGHDR)
    assert not [e for n, e in EVENTS.items() if n >= I386_BASE and any(p.type in pointed for p in e.params)]


def test_families() -> None:
    opens = {X86_64[n] for n in ("open", "openat", "openat2", "creat")}
    assert expand("open") == opens | {I386_BASE + I386[n] for n in ("open", "openat", "openat2", "creat")}
    assert expand("openat") == {X86_64["openat"], I386_BASE + I386["openat"]}
    assert expand("pread64") == expand("pread")
    assert X86_64["recvfrom"] in expand("recv")
    assert I386_BASE + 38 in expand("rename")
    assert {EVENTS[n].category for n in expand("execve")} == {"process"}
    with pytest.raises(KeyError):
        expand("nosuch")
    for name, members in FAMILIES.items():
        assert members[0] == name
        assert frozenset().union(*(expand(m) for m in members[1:])) <= expand(name)


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("open", os.O_RDONLY, "O_RDONLY"),
        ("open", os.O_CLOEXEC, "O_RDONLY|O_CLOEXEC"),
        ("open", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, "O_WRONLY|O_CREAT|O_TRUNC"),
        ("open", os.O_RDWR | os.O_SYNC, "O_RDWR|O_SYNC"),
        ("open", os.O_RDWR | os.O_TMPFILE, "O_RDWR|O_TMPFILE"),
        ("open", os.O_DSYNC | 1 << 30, "O_RDONLY|O_DSYNC|0x40000000"),
        ("clone", 0x1200011, "SIGCHLD|CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID"),
        ("unshare", 0x20020000, "CLONE_NEWNS|CLONE_NEWPID"),
        ("mmap", mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, "MAP_PRIVATE|MAP_ANONYMOUS"),
        ("prot", 0, "PROT_NONE"),
        ("prot", mmap.PROT_READ | mmap.PROT_WRITE, "PROT_READ|PROT_WRITE"),
        ("socket", socket.SOCK_DGRAM | socket.SOCK_NONBLOCK, "SOCK_DGRAM|SOCK_NONBLOCK"),
        ("futex", 0x80, "FUTEX_WAIT|FUTEX_PRIVATE_FLAG"),
        ("access", os.R_OK | os.W_OK, "W_OK|R_OK"),
        ("access", 0, "F_OK"),
        ("dirfd", -100, "AT_FDCWD"),
        ("dirfd", 0xFFFFFF9C, "AT_FDCWD"),
        ("dirfd", 5, ""),
        ("fcntl", fcntl.F_DUPFD_CLOEXEC, "F_DUPFD_CLOEXEC"),
        ("ioctl", 0x5413, "TIOCGWINSZ"),
        ("signal", signal.SIGKILL, "SIGKILL"),
        ("whence", os.SEEK_END, "SEEK_END"),
        ("at", 0, ""),
        ("msg", 1 << 40, ""),
    ],
)
def test_names_of_flags(key: str, value: int, expected: str) -> None:
    assert flags.names(key, value) == expected


def test_no_flags_are_known_under_a_wrong_key() -> None:
    with pytest.raises(KeyError):
        flags.names("nosuch", 1)
    assert flags.known() >= {"open", "ioctl"}


JUDGES = [
    ("open", os, "O_"), ("domain", socket, "AF_"), ("protocol", socket, "IPPROTO_"), ("optname", socket, "SO_"),
    ("level", socket, "SOL_"), ("msg", socket, "MSG_"), ("prot", mmap, "PROT_"), ("mmap", mmap, "MAP_"),
    ("madvise", mmap, "MADV_"), ("fcntl", fcntl, "F_"), ("flock", fcntl, "LOCK_"), ("resource", resource, "RLIMIT_"),
    ("clock", time, "CLOCK_"), ("waitid", os, "P_"), ("epoll_create", select, "EPOLL_CLOEXEC"),
    ("signal", signal, "SIG"), ("memfd", os, "MFD_"), ("getrandom", os, "GRND_"), ("fadvise", os, "POSIX_FADV_"),
    ("splice", os, "SPLICE_F_"), ("eventfd", os, "EFD_"), ("wait", os, "W"), ("scheduler", os, "SCHED_"),
]  # fmt: skip
# the C library has other values
KERNEL_ONLY = {"O_LARGEFILE", "SIGRTMIN", "F_GETLK64", "F_SETLK64", "F_SETLKW64"}


@pytest.mark.parametrize(("key", "module", "prefix"), JUDGES, ids=lambda j: j if isinstance(j, str) else "")
def test_values_of_flags_are_those_python_knows(key: str, module: object, prefix: str) -> None:
    found = flags.named(key)
    ours = {name: number for number, name in (*found.values.items(), *found.bits)}
    common = {n: int(getattr(module, n)) for n in ours if n.startswith(prefix) and hasattr(module, n)}
    assert common
    for name, number in common.items():
        if name not in KERNEL_ONLY:
            assert ours[name] == number, name


@given(st.sampled_from(sorted(SETS)), st.integers(-(1 << 31), (1 << 64) - 1))
def test_names_say_everything_or_nothing(key: str, value: int) -> None:
    """The named values and the rest add up to the word."""
    text, found = flags.names(key, value), flags.named(key)
    if not text:
        return
    numbers = {name: number for number, name in (*found.values.items(), *found.bits)}
    total = 0
    for part in text.split("|"):
        total |= numbers[part] if part in numbers else int(part, 16)
    mask = (1 << 32) - 1 if flags.is_enum(key) else (1 << 64) - 1
    assert total & mask == value & mask


def test_errnos() -> None:
    for number, name in errno.errorcode.items():
        assert errnos.number(errnos.name(number)) == number
        assert errnos.number(name) == number
    assert (errnos.name(2), errnos.name(11), errnos.name(95)) == ("ENOENT", "EAGAIN", "EOPNOTSUPP")
    assert (errnos.name(512), errnos.name(4000), errnos.number("ENOSUCH")) == ("ERESTARTSYS", "", None)


def test_fields_are_well_formed() -> None:
    for name, column in FIELDS.items():
        assert column.name == name
        assert set(column.needs) <= PHYSICAL.keys()
        assert set(column.either) <= FIELDS.keys()
        assert column.doc.endswith("."), name
        if column.of_event:
            assert column.needs == ("nr",)


def test_of_a_descriptor_all_its_words_are_needed() -> None:
    words = {"res" if e.fd.source is Source.RET else e.fd.source.value for e in EVENTS.values() if e.fd}
    assert words <= set(FIELDS["fd.num"].needs)


def test_paths_are_relative_to_at_most_two_descriptors() -> None:
    assert {len(e.directories) for e in EVENTS.values()} == {0, 1, 2}
    assert all(p.source.value.startswith("a") for e in EVENTS.values() for p in e.directories)


def test_kernel_accessors_exist() -> None:
    """x_NAME in bpf/, or what stands for a string, a path or an address there."""
    source = "".join(p.read_text() for p in (ROOT / "src/sonde/bpf").glob("*.[ch]"))
    stands_for = {"rawres": "res", "path": "file", "data": "data_text", "comm": "comm_text", "pcomm": "pcomm_text"}
    for column in FIELDS.values():
        accessor = (
            "address" if re.fullmatch("[lrcs]ip", column.kernel) else stands_for.get(column.kernel, column.kernel)
        )
        assert not accessor or accessor in (*INLINED, "cpu") or f" x_{accessor}(" in source, column.name
