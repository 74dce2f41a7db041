"""Structures as strace 6.1 spells them: the texts are copied from its output."""

from __future__ import annotations

import struct
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonde.catalog import layouts
from sonde.catalog.lookup import EVENTS
from sonde.catalog.syscalls import I386_BASE
from sonde.engines import structs
from sonde.engines.structs import How, rest, text, word
from sonde.engines.structs.multiplexed import MULTIPLEXED, call

PLAIN, FULL, BOTH, RAW = How(), How(verbose=True), How(names="verbose"), How(names="raw")
I386 = How(compat=True)


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


def state(mode: int, size: int = 200, device: int = 0) -> bytes:
    return struct.pack("<QQQIIIIQqqq6Q24x", 0xFE00, 7, 1, mode, 0, 5, 0, device, size, 4096, 8,
                       1795752712, 635915408, 5, 0, 0, 0)  # fmt: skip


STATE = state(0o100644)
INET = b"\x02\x00\x00\x50\x7f\x00\x00\x01" + b"\0" * 8
INET6 = b"\x0a\x00\x1f\x5b\x00\x00\x01\x00" + b"\0" * 15 + b"\x01\x01\x00\x00\x00"
TERMINAL = struct.pack("<IIIIB19B", 0x500, 5, 0xBF, 0x8A3B, 0, 3, 28, *[0] * 17)
TIME = struct.pack("<qq", 1, 5)
ACTION = struct.pack("<QQQQ", 1, 0x10000000, 0, 0)
CHILD = struct.pack("<iiiiIIiiqq", 17, 0, 1, 0, 7367, 0, 11, 0, 0, 0)
CONTROL = struct.pack("<Qiii4x", 20, 1, 1, 3)
CLONE = struct.pack("<11Q", 0x3D0F00, 0, 0x7F01, 0x7F02, 0, 0x7F03, 0x8000, 0x7F04, 0, 0, 0)


@pytest.mark.parametrize(
    ("key", "data", "count", "how", "expected"),
    [
        ("stat", STATE, None, PLAIN, b"{st_mode=S_IFREG|0644, st_size=200, ...}"),
        ("stat", STATE, None, BOTH, b"{st_mode=0100644 /* S_IFREG|0644 */, st_size=200, ...}"),
        ("stat", state(0o20666, device=0x103), None, PLAIN,
         b"{st_mode=S_IFCHR|0666, st_rdev=makedev(0x1, 0x3), ...}"),
        ("stat", STATE, None, FULL,
         b"{st_dev=makedev(0xfe, 0), st_ino=7, st_mode=S_IFREG|0644, st_nlink=1, st_uid=0, st_gid=5, st_blksize=4096,"
         b" st_blocks=8, st_size=200, st_atime=1795752712 /* 2026-11-27T04:11:52.635915408+0000 */,"
         b" st_atime_nsec=635915408, st_mtime=5 /* 1970-01-01T00:00:05+0000 */, st_mtime_nsec=0, st_ctime=0,"
         b" st_ctime_nsec=0}"),
        ("stat", STATE[:50], None, PLAIN, b""),
        ("timespec", TIME, None, PLAIN, b"{tv_sec=1, tv_nsec=5}"),
        ("timespec", struct.pack("<ii", -1, 5), None, I386, b"{tv_sec=-1, tv_nsec=5}"),
        ("timespec_pair", struct.pack("<qqqq", 1, (1 << 30) - 1, 1, (1 << 30) - 2), None, PLAIN,
         b"[UTIME_NOW, UTIME_OMIT]"),
        ("timeval_pair", struct.pack("<qqqq", 1000000000, 5, 1234567890, 999999999), None, PLAIN,
         b"[{tv_sec=1000000000, tv_usec=5} /* 2001-09-09T01:46:40.000005+0000 */,"
         b" {tv_sec=1234567890, tv_usec=999999999}]"),
        ("utimbuf", struct.pack("<qq", 1000000000, 0), None, PLAIN,
         b"{actime=1000000000 /* 2001-09-09T01:46:40+0000 */, modtime=0}"),
        ("itimerval", struct.pack("<4q", 0, 0, 0, 20000), None, PLAIN,
         b"{it_interval={tv_sec=0, tv_usec=0}, it_value={tv_sec=0, tv_usec=20000}}"),
        ("tms", struct.pack("<4q", 0, 1, 0, 0), None, PLAIN,
         b"{tms_utime=0, tms_stime=1 /* 0.01 s */, tms_cutime=0, tms_cstime=0}"),
        ("pollfd", struct.pack("<ihhihh", 3, 3, 0, -1, 1, 0), 2, PLAIN,
         b"[{fd=3, events=POLLIN|POLLPRI}, {fd=-1}]"),
        ("epoll_event", struct.pack("<IQ", 0x80000001, 1234605616436508552), 1, PLAIN,
         b"[{events=EPOLLIN|EPOLLET, data={u32=1432778632, u64=1234605616436508552}}]"),
        ("epoll_event", b"", 0, PLAIN, b"[]"),
        ("fd_set", b"\x18" + b"\0" * 7, 5, PLAIN, b"[3 4]"),
        ("fd_set", b"\x18", -1, PLAIN, b""),
        ("cpu_set", b"\x03\0\0\0", 4, PLAIN, b"[0 1]"),
        ("nodemask", b"\x01" + b"\0" * 7, 8, PLAIN, b"[0x00000000000001]"),
        ("nodemask", b"\x01\0\0\0\0\0\0\0", 64, I386, b"[0x000001, 00000000]"),
        ("mincore", b"\1\0\0", 12288, PLAIN, b"[1, 0, 0]"),
        ("fd_pair", struct.pack("<ii", 3, 4), None, PLAIN, b"[3, 4]"),
        ("int", struct.pack("<i", -7), None, PLAIN, b"[-7]"),
        ("gid", struct.pack("<III", 5, 6, 0xFFFFFFFF), 3, PLAIN, b"[5, 6, -1]"),
        ("wait_status", struct.pack("<I", 0x300), None, PLAIN, b"[{WIFEXITED(s) && WEXITSTATUS(s) == 3}]"),
        ("wait_status", struct.pack("<I", 9), None, BOTH, b"[{WIFSIGNALED(s) && WTERMSIG(s) == SIGKILL}]"),
        ("wait_status", struct.pack("<I", 0x8B), None, PLAIN,
         b"[{WIFSIGNALED(s) && WTERMSIG(s) == SIGSEGV && WCOREDUMP(s)}]"),
        ("wait_status", struct.pack("<I", 0x137F), None, PLAIN, b"[{WIFSTOPPED(s) && WSTOPSIG(s) == SIGSTOP}]"),
        ("sigset", struct.pack("<Q", 0x4001), None, PLAIN, b"[HUP TERM]"),
        ("sigset", struct.pack("<Q", 0x4001), None, BOTH, b"[1 /* HUP */ 15 /* TERM */]"),
        ("sigset", struct.pack("<Q", ~0x40100 & (1 << 64) - 1), None, PLAIN, b"~[KILL STOP]"),
        ("sigaction", ACTION, None, PLAIN, b"{sa_handler=SIG_IGN, sa_mask=[], sa_flags=SA_RESTART}"),
        ("sigaction", struct.pack("<QQQQ", 0x10, 0x4000000, 0x20, 2), None, PLAIN,
         b"{sa_handler=0x10, sa_mask=[INT], sa_flags=SA_RESTORER, sa_restorer=0x20}"),
        ("stack", struct.pack("<QiiQ", 0x1000, 2, 0, 0), None, PLAIN,
         b"{ss_sp=0x1000, ss_flags=SS_DISABLE, ss_size=0}"),
        ("siginfo", CHILD.ljust(128, b"\0"), None, PLAIN,
         b"{si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=7367, si_uid=0, si_status=11, si_utime=0, si_stime=0}"),
        ("siginfo", struct.pack("<iiiiII", 12, 0, 0, 0, 42, 0).ljust(128, b"\0"), None, BOTH,
         b"{si_signo=12 /* SIGUSR2 */, si_code=0 /* SI_USER */, si_pid=42, si_uid=0}"),
        ("siginfo", bytes(128), None, PLAIN, b"{}"),
        ("sigevent", struct.pack("<qii", 5, 12, 0).ljust(64, b"\0"), None, PLAIN,
         b"{sigev_value={sival_int=5, sival_ptr=0x5}, sigev_signo=SIGUSR2, sigev_notify=SIGEV_SIGNAL}"),
        ("rlimit64", struct.pack("<QQ", 8 << 20, (1 << 64) - 1), None, PLAIN,
         b"{rlim_cur=8192*1024, rlim_max=RLIM64_INFINITY}"),
        ("rlimit64", struct.pack("<QQ", 1024, 8 << 20), None, BOTH,
         b"{rlim_cur=1024, rlim_max=8388608 /* 8192*1024 */}"),
        ("utsname", b"".join(s.ljust(65, b"\0") for s in (b"Linux", b"vm", b"6", b"#1", b"x86_64", b"")), None, PLAIN,
         b'{sysname="Linux", nodename="vm", ...}'),
        ("clone_args", CLONE, 88, PLAIN,
         b"{flags=CLONE_VM|CLONE_FS|CLONE_FILES|CLONE_SIGHAND|CLONE_THREAD|CLONE_SYSVSEM|CLONE_SETTLS|CLONE_PARENT_SETTID|"
         b"CLONE_CHILD_CLEARTID, child_tid=0x7f01, parent_tid=0x7f02, exit_signal=0, stack=0x7f03, stack_size=0x8000,"
         b" tls=0x7f04}"),
        ("clone_args", CLONE, 8, PLAIN, b""),
        ("open_how", struct.pack("<QQQ", 0o102, 0o600, 8), 24, PLAIN,
         b"{flags=O_RDWR|O_CREAT, mode=0600, resolve=RESOLVE_BENEATH}"),
        ("open_how", struct.pack("<QQQQ", 0o102, 0o600, 8, 5), 32, PLAIN,
         b"{flags=O_RDWR|O_CREAT, mode=0600, resolve=RESOLVE_BENEATH,"
         b' /* bytes 24..31 */ "\\x05\\x00\\x00\\x00\\x00\\x00\\x00\\x00"}'),
        ("sembuf", struct.pack("<HhhHhh", 0, 1, 0x800, 1, -1, 0x1000), 2, PLAIN,
         b"[{sem_num=0, sem_op=1, sem_flg=IPC_NOWAIT}, {sem_num=1, sem_op=-1, sem_flg=SEM_UNDO}]"),
        ("msgbuf", struct.pack("<q", 7) + b"by the queue", 12, PLAIN, b'{mtype=7, mtext="by the queue"}'),
        ("termios", TERMINAL, None, PLAIN,
         b"{c_iflag=ICRNL|IXON, c_oflag=NL0|CR0|TAB0|BS0|VT0|FF0|OPOST|ONLCR, c_cflag=B38400|CS8|CREAD,"
         b" c_lflag=ISIG|ICANON|ECHO|ECHOE|ECHOK|IEXTEN|ECHOCTL|ECHOKE, ...}"),
        ("winsize", struct.pack("<4H", 24, 80, 0, 0), None, PLAIN, b"{ws_row=24, ws_col=80, ws_xpixel=0, ws_ypixel=0}"),
        ("flock", struct.pack("<hh4xqqi4x", 1, 0, 3, 10, 9), None, PLAIN,
         b"{l_type=F_WRLCK, l_whence=SEEK_SET, l_start=3, l_len=10}"),
        ("flock:asked", struct.pack("<hh4xqqi4x", 2, 0, 3, 10, 9), None, PLAIN,
         b"{l_type=F_UNLCK, l_whence=SEEK_SET, l_start=3, l_len=10, l_pid=9}"),
        ("dirent64", struct.pack("<QqHB5s", 7, 9, 24, 4, b"d\0"), 24, FULL,
         b'[{d_ino=7, d_off=9, d_reclen=24, d_type=DT_DIR, d_name="d"}]'),
        ("dirent64", struct.pack("<QqHB5s", 7, 9, 24, 4, b"d\0") * 2, 48, PLAIN, b" /* 2 entries */"),
        ("landlock_ruleset_attr", struct.pack("<Q", 6), 8, PLAIN,
         b"{handled_access_fs=LANDLOCK_ACCESS_FS_WRITE_FILE|LANDLOCK_ACCESS_FS_READ_FILE}"),
        ("futex_waitv", struct.pack("<QQII", 4, 0x10, 0x82, 0), 1, PLAIN,
         b"[{val=0x4, uaddr=0x10, flags=FUTEX_32|FUTEX_PRIVATE_FLAG}]"),
        ("bpf:0", struct.pack("<4I", 2, 4, 8, 2), 4, PLAIN,
         b"{map_type=BPF_MAP_TYPE_ARRAY, key_size=0, value_size=0, max_entries=0}"),
        ("linger", struct.pack("<ii", 1, 7), None, PLAIN, b"{l_onoff=1, l_linger=7}"),
        ("sockopt", struct.pack("<i", 16384), 4, PLAIN, b"[16384]"),
        ("sockopt", b"cubic", 5, PLAIN, b'"cubic"'),
        ("sockopt", b"\1", 1, PLAIN, b""),
        ("cmsghdr", CONTROL, None, PLAIN,
         b"[{cmsg_len=20, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, cmsg_data=[3]}]"),
        ("int", struct.pack("<4i", 1, 2, 3, 4), 4, How(limit=2), b"[1, 2, ...]"),
    ],
)  # fmt: skip
def test_structures(key: str, data: bytes, count: int | None, how: How, expected: bytes) -> None:
    assert text(key, data, count, how) == expected


@pytest.mark.parametrize(
    ("raw", "how", "expected"),
    [
        (INET, PLAIN, b'{sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")}'),
        (INET, BOTH, b'{sa_family=0x2 /* AF_INET */, sin_port="\\x00\\x50" /* htons(80) */,'
                     b' sin_addr="\\x7f\\x00\\x00\\x01" /* inet_addr("127.0.0.1") */}'),
        (INET, RAW, b'{sa_family=0x2, sin_port="\\x00\\x50", sin_addr="\\x7f\\x00\\x00\\x01"}'),
        (INET[:4], PLAIN, b'{sa_family=AF_INET, sa_data="\\0P"}'),
        (INET6, PLAIN, b'{sa_family=AF_INET6, sin6_port=htons(8027), sin6_flowinfo=htonl(256),'
                       b' inet_pton(AF_INET6, "::1", &sin6_addr), sin6_scope_id=1}'),
        (b"\1\0/run/x\0\0", PLAIN, b'{sa_family=AF_UNIX, sun_path="/run/x"}'),
        (b"\1\0\0abstract", PLAIN, b'{sa_family=AF_UNIX, sun_path=@"abstract"}'),
        (b"\1\0", PLAIN, b"{sa_family=AF_UNIX}"),
        (b"\x10\0\0\0\0\0\0\0\1\0\0\0", PLAIN, b"{sa_family=AF_NETLINK, nl_pid=0, nl_groups=0x000001}"),
        (b"\x63\0fourteen bytes", PLAIN, b'{sa_family=0x63 /* AF_??? */, sa_data="fourteen bytes"}'),
        (b"\x28\0vsock".ljust(16, b"\0"), PLAIN, b"{sa_family=AF_VSOCK, svm_reserved1=0x7376,"
                                                b" svm_cid=VMADDR_CID_HYPERVISOR, svm_port=0x6b636f, svm_flags=0}"),
        (b"\2", PLAIN, b""),
    ],
)  # fmt: skip
def test_socket_addresses(raw: bytes, how: How, expected: bytes) -> None:
    assert text("sockaddr", raw, None, how) == expected


HANDLE = struct.pack("<Ii8s", 8, 1, b"\1\2\3\4\5\6\7\0").ljust(136, b"\0")
LO = b"lo".ljust(16, b"\0")


@pytest.mark.parametrize(
    ("key", "before", "after", "failed", "expected"),
    [
        ("off", struct.pack("<q", 2), struct.pack("<q", 7), False, b"[2] => [7]"),
        ("off", struct.pack("<q", 2), b"", True, b"[2]"),
        ("file_handle", struct.pack("<I", 128).ljust(136, b"\0"), HANDLE, False,
         b'{handle_bytes=128 => 8, handle_type=1, f_handle="\\x01\\x02\\x03\\x04\\x05\\x06\\x07\\x00"}'),
        ("file_handle", bytes(136), HANDLE, True, b"{handle_bytes=0 => 8}"),
        ("ifreq:get_mtu", LO + bytes(24), LO + struct.pack("<i", 65536) + bytes(20), False,
         b'{ifr_name="lo", ifr_mtu=65536}'),
        ("ifreq:get_flags", LO + bytes(24), b"", True, b'{ifr_name="lo"}'),
        ("ifreq:get_name", bytes(16) + struct.pack("<i", 1) + bytes(20), LO + bytes(24), False,
         b'{ifr_ifindex=1, ifr_name="lo"}'),
        ("uffdio_api", struct.pack("<QQQ", 0xAA, 0, 0), struct.pack("<QQQ", 0xAA, 1, 3), False,
         b"{api=0xaa, features=0 => features=UFFD_FEATURE_PAGEFAULT_FLAG_WP,"
         b" ioctls=1<<_UFFDIO_REGISTER|1<<_UFFDIO_UNREGISTER}"),
        ("io_uring_params", struct.pack("<III", 0, 0, 8).ljust(120, b"\0"), b"", True,
         b"{flags=IORING_SETUP_CQSIZE, sq_thread_cpu=0, sq_thread_idle=0}"),
    ],
)  # fmt: skip
def test_what_a_call_made_of_a_structure(key: str, before: bytes, after: bytes, failed: bool, expected: bytes) -> None:
    assert key in layouts.RESUMED
    assert text(key, before, None, PLAIN) + rest(key, before, after, PLAIN, failed) == expected


def test_lengths_of_addresses() -> None:
    old, new = struct.pack("<i", 128), struct.pack("<i", 16)
    assert rest("socklen", old, new, PLAIN) == b"[128 => 16]"
    assert rest("socklen", old, old, PLAIN) == rest("socklen", old, b"", PLAIN) == b"[128]"
    assert rest("socklen", b"", b"", PLAIN) == b""


def test_the_thread_that_clone3_made() -> None:
    assert rest("clone_args", CLONE, b"", PLAIN, result=42) == b" => {parent_tid=[42]}"
    assert rest("clone_args", CLONE, b"", PLAIN, failed=True, result=-11) == b""


@pytest.mark.parametrize(
    ("key", "value", "how", "expected"),
    [
        ("dev", 0x12345678, PLAIN, b"makedev(0x456, 0x12378)"),
        ("dev", 0x801, BOTH, b"0x801 /* makedev(0x8, 0x1) */"),
        ("mode", 0o10600, PLAIN, b"S_IFIFO|0600"),
        ("mode", 0o170644, PLAIN, b"0170644"),
        ("ipc_key", 0, PLAIN, b"IPC_PRIVATE"),
        ("futex_op", 0x21002003, PLAIN, b"FUTEX_OP_OR<<28|0x2<<12|FUTEX_OP_CMP_NE<<24|0x3"),
        ("sighandler", 1, PLAIN, b"SIG_IGN"),
        ("uid16", 0xFFFF, PLAIN, b"-1"),
        ("pages", 1, PLAIN, b"0x1000"),
        ("node_status", -14 & (1 << 64) - 1, BOTH, b"-14 /* -EFAULT */"),
        ("option:1:set", 2, PLAIN, b"SO_REUSEADDR"),
        ("option:77:set", 7, PLAIN, b"7"),
        ("packet_protocol", 0x300, PLAIN, b"htons(ETH_P_ALL)"),
    ],
)
def test_words(key: str, value: int, how: How, expected: bytes) -> None:
    assert word(key, value, how) == expected


def test_descriptors_and_strings_in_the_ways_asked_for() -> None:
    named = How(fd=lambda fd: b"%d</f>" % fd)
    assert text("fd_pair", struct.pack("<ii", 3, 4), None, named) == b"[3</f>, 4</f>]"
    message = struct.pack("<q", 7) + b"\1x"
    assert text("msgbuf", message, 2, How(hexadecimal=1)) == b'{mtype=7, mtext="\\x01\\x78"}'
    assert text("msgbuf", message, 2, How(limit=1)) == b'{mtype=7, mtext="\\1"...}'
    assert text("msgbuf", struct.pack("<q", 7) + b"\0001", 2, PLAIN) == b'{mtype=7, mtext="\\0001"}'


BARE = ("sockaddr", "cmsghdr", "sockopt", "nlmsg", "nlmsg:0")
KEYS = sorted({*layouts.known(), *layouts.RESUMED, *BARE, *(f"bpf:{n}" for n in range(36))})


@given(
    st.sampled_from([key for key in KEYS if structs.known(key)]),
    st.binary(max_size=300),
    st.none() | st.integers(-(1 << 63), (1 << 64) - 1),
    st.builds(
        How, st.booleans(), st.booleans(), st.integers(0, 40), st.integers(0, 2),
        st.sampled_from(["raw", "abbrev", "verbose"]),
    ),
)  # fmt: skip
def test_any_bytes_have_a_text(key: str, data: bytes, count: int | None, how: How) -> None:
    assert isinstance(text(key, data, count, how), bytes)
    if key in layouts.RESUMED:
        assert isinstance(rest(key, data, data[::-1], how), bytes)


@pytest.mark.parametrize(
    ("number", "given", "memory", "expected"),
    [
        (102, (1, 0x50), struct.pack("<3I", 2, 1, 0), b"socket(AF_INET, SOCK_STREAM, IPPROTO_IP)"),
        (102, (9, 0x50), struct.pack("<4I", 6, 0x60, 4, 0x4000), b"send(6, 0x60, 4, MSG_NOSIGNAL)"),
        (102, (77, 0x50), b"", None),
        (102, (1, 0xDEAD0000), b"", None),
        (117, (2, 0x6051, 1, 0o1600), b"", b"semget(0x6051, 1, IPC_CREAT|0600)"),
        (117, (1, 1, 1, 0, 0x70), b"", b"semop(1, 0x70, 1)"),
        (117, (22, 0, 0, 0, 0x41000000), b"", b"shmdt(0x41000000)"),
        (117, (77, 1, 2, 3, 4, 5), b"", None),
        (90, (0x50,), struct.pack("<6I", 0x31000000, 4096, 1, 0x32, 0xFFFFFFFF, 0),
         b"mmap(0x31000000, 4096, PROT_READ, MAP_PRIVATE|MAP_FIXED|MAP_ANONYMOUS, -1, 0)"),
        (90, (0xDEAD0000,), b"", b"mmap(0xdead0000)"),
        (82, (0x50,), struct.pack("<5I", 1, 0, 0, 0, 0x80), b"select(1, NULL, NULL, NULL, 0x80)"),
    ],
)  # fmt: skip
def test_calls_that_stand_for_others(
    number: int, given: tuple[int, ...], memory: bytes, expected: bytes | None
) -> None:
    event = EVENTS[I386_BASE + number]
    assert event.number in MULTIPLEXED
    found = call(event, (*given, 0, 0, 0, 0, 0, 0)[:6], memory)
    assert (found and b"%s(%s)" % (found.name.encode(), found.text(I386))) == expected


def message(kind: int, body: bytes, bits: int = 1) -> bytes:
    return struct.pack("<IHHII", 16 + len(body), kind, bits, 5, 0) + body


HEAD = b"nlmsg_seq=5, nlmsg_pid=0}"


@pytest.mark.parametrize(
    ("key", "data", "expected"),
    [
        ("nlmsg", message(18, b"\0\0\0\0\x63"),
         b"[{nlmsg_len=21, nlmsg_type=0x12 /* NLMSG_??? */, nlmsg_flags=NLM_F_REQUEST, " + HEAD
         + b', "\\x00\\x00\\x00\\x00\\x63"]'),
        ("nlmsg", message(2, struct.pack("<i", -19), 0),
         b"[{nlmsg_len=20, nlmsg_type=NLMSG_ERROR, nlmsg_flags=0, " + HEAD + b", {error=-ENODEV}]"),
        ("nlmsg:0", message(22, b"\0", 0x301),
         b"[{nlmsg_len=17, nlmsg_type=RTM_GETADDR, nlmsg_flags=NLM_F_REQUEST|NLM_F_DUMP, " + HEAD
         + b", {ifa_family=AF_UNSPEC, ...}]"),
        ("nlmsg:0", message(3, bytes(4), 2),
         b"[{nlmsg_len=20, nlmsg_type=NLMSG_DONE, nlmsg_flags=NLM_F_MULTI, " + HEAD + b", 0]"),
        ("nlmsg", b"short", b""),
    ],
)  # fmt: skip
def test_netlink_messages(key: str, data: bytes, expected: bytes) -> None:
    assert text(key, data, None, PLAIN) == expected
