"""Every argument word of every call has a type, and what strace shows depends on the words it should."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonde.catalog import layouts, variants, words
from sonde.catalog.event import TYPED, Event, Param, ParamType, Source
from sonde.catalog.lookup import EVENTS, by_name
from sonde.catalog.syscalls import I386_BASE, UNNAMED
from sonde.catalog.unistd import I386, X86_64
from sonde.engines import structs
from sonde.engines.structs.words import SPELLINGS

CALLS = [event for event in EVENTS.values() if event.is_syscall and event.name != UNNAMED]
# calls of which nothing is known but their words: no kernel of today has them, or strace shows words too
PLAIN = {
    "sysfs", "create_module", "get_kernel_syms", "query_module", "nfsservctl", "getpmsg", "putpmsg", "afs_syscall",
    "tuxcall", "security", "vserver", "epoll_ctl_old", "epoll_wait_old", "stty", "gtty", "ulimit", "profil", "bdflush",
    "vm86", "ipc",
}  # fmt: skip
MULTIPLEXED = {"select", "mmap"}  # the old ones of i386, whose words are in memory


def shape(event: Event, *given: int) -> str:
    """`name:type:key` of the arguments that are shown for these words, `>` those that are shown at the exit."""
    shown = variants.resolve(event, (*given, 0, 0, 0, 0, 0, 0)[:6])
    return " ".join(f"{'>' * p.out}{p.name}:{p.type}{':' + p.names if p.names else ''}" for p in shown)


def check(event: Event, param: Param) -> None:
    assert param.source.value.startswith("a"), event.name
    if param.type in (ParamType.FLAGS, ParamType.ENUM):
        words.text(param.names, 1)
    if param.type is ParamType.WORD and not param.names.startswith("option:") and param.names not in SPELLINGS:
        words.text(param.names, 1)
    if param.type is ParamType.STRUCT:
        assert structs.known(param.names), (event.name, param.names)
        layouts.layout(param.names) if param.names != "sockopt" else None
    assert param.hidden == (param.name not in {p.name for p in event.params}), (event.name, param.name)


@pytest.mark.parametrize("event", CALLS, ids=lambda e: f"{e.name}-{e.number}")
def test_every_argument_has_a_type(event: Event) -> None:
    names = [p.name for p in event.arguments]
    assert len(names) == len(set(names))
    assert [p.source for p in event.arguments] == sorted(p.source for p in event.arguments)
    for param in event.arguments:
        if param.type is ParamType.VARIANT:
            assert param.both
            assert variants.depends(event) or event.name in MULTIPLEXED
        else:
            check(event, param)
    if event.name not in PLAIN:
        assert not [p for p in event.arguments if p.name in ("a0", "a1", "a2", "a3", "a4", "a5")]
    assert all(p.type not in TYPED and not p.hidden and not p.both for p in event.params)


@given(st.sampled_from(CALLS), st.lists(st.integers(0, (1 << 64) - 1) | st.integers(0, 80), min_size=6, max_size=6))
def test_whatever_the_words_say_there_are_arguments(event: Event, given: list[int]) -> None:
    for param in variants.resolve(event, given):
        if param.type is ParamType.VARIANT:
            assert event.name in MULTIPLEXED
        else:
            check(event, param)


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("open", (0, 0), "name:path flags:flags:open"),
        ("open", (0, 0o100), "name:path flags:flags:open mode:mode"),
        ("openat", (0, 0, 0o20200000), "dirfd:dirfd name:path flags:flags:open mode:mode"),
        ("stat", (), "path:path >statbuf:struct:stat"),
        ("mknod", (0, 0o10600), "path:path mode:word:mode"),
        ("mremap", (0, 0, 0, 0), "addr:pointer old_length:size new_length:size flags:flags:mremap"),
        ("fcntl", (0, 1), "fd:fd cmd:enum:fcntl"),
        ("fcntl", (0, 3), "fd:fd cmd:enum:fcntl"),
        ("fcntl", (0, 5), "fd:fd cmd:enum:fcntl >lock:struct:flock:asked"),
        ("fcntl", (0, 6), "fd:fd cmd:enum:fcntl lock:struct:flock"),
        ("fcntl", (0, 9999), "fd:fd cmd:enum:fcntl arg:hex"),
        ("ioctl", (0, 0x5413), "fd:fd request:enum:ioctl >argp:struct:winsize"),
        ("ioctl", (0, 0x8921), "fd:fd request:enum:ioctl argp:struct:ifreq:get_mtu"),
        ("futex", (0, 0x80), "addr:pointer op:flags:futex val:u32 timeout:struct:timespec"),
        ("futex", (0, 10), "addr:pointer op:flags:futex val:u32 val3:enum:futexbitset"),
        ("futex", (0, 7), "addr:pointer op:flags:futex"),
        ("prctl", (15,), "option:enum:prctl name:string"),
        ("prctl", (47, 1), "option:enum:prctl arg2:enum:pr_cap_ambient arg3:enum:cap arg4:hex arg5:hex"),
        ("clone", (17,), "child_stack:pointer flags:flags:clone"),
        ("clone", (0x3D0F00,), "child_stack:pointer flags:flags:clone >parent_tid:struct:int >tls:pointer"
                               " >child_tidptr:pointer"),
        ("bpf", (5,), "cmd:enum:bpf attr:struct:bpf:5 size:u32"),
        ("setsockopt", (0, 1, 13), "fd:fd level:enum:level optname:word:option:1:set val:struct:linger optlen:int"),
        ("epoll_ctl", (0, 2), "epfd:fd op:enum:epoll_op fd:fd event:pointer"),
        ("keyctl", (11,), "operation:enum:keyctl id:enum:key_spec >buf:bytes size:size"),
        ("quotactl", (0x80000700,), "cmd:word:quotactl special:path id:uid >addr:struct:dqblk"),
        ("quotactl", (0x80000100,), "cmd:word:quotactl special:path"),
        ("ptrace", (0x4206,), "request:enum:ptrace pid:pid addr:pointer data:flags:ptrace_setoptions_flags"),
        ("semctl", (0, 0, 0x102), "semid:int semnum:int cmd:word:semctl >buf:struct:semid_ds"),
    ],
)  # fmt: skip
def test_what_is_shown(name: str, given: tuple[int, ...], expected: str) -> None:
    assert shape(by_name(name)[0], *given) == expected


def test_arguments_of_32_bit_calls() -> None:
    def of(name: str, *given: int) -> str:
        return shape(EVENTS[I386_BASE + I386[name]], *given)

    assert of("pread64") == "fd:fd >data:data size:size pos:long"
    pos = EVENTS[I386_BASE + I386["pread64"]].arguments[-1]
    assert (pos.source, pos.length) == (Source.A3, Source.A4)
    assert of("clock_gettime64").endswith(">ts:struct:timespec64")
    assert of("clock_gettime").endswith(">ts:struct:timespec")
    assert of("futex_time64", 0, 0).endswith("timeout:struct:timespec64")
    assert of("fcntl", 0, 13).endswith("lock:pointer")
    assert of("fcntl64", 0, 13).endswith("lock:struct:flock64")
    assert of("chown") == "path:path uid:word:uid16 gid:word:uid16"
    assert of("chown32") == "path:path uid:uid gid:gid"
    assert of("clone", 0x80000) == "child_stack:pointer flags:flags:clone >tls:pointer"
    assert variants.resolve(EVENTS[I386_BASE + I386["clone"]], (0x80000, 0, 0, 0, 0, 0))[-1].source is Source.A3


def test_which_way_buffers_go() -> None:
    read, write = (by_name(name)[0].arguments[1] for name in ("read", "write"))
    assert (read.out, read.length, write.out, write.length) == (True, Source.RET, False, Source.A2)
    assert by_name("readv")[0].arguments[1].out
    assert by_name("recvmsg")[0].arguments[1].type is ParamType.MSGHDR
    poll = by_name("poll")[0].arguments[0]
    assert (poll.names, poll.out, poll.both, poll.length) == ("pollfd", False, True, Source.A1)
    assert X86_64["poll"] in EVENTS
