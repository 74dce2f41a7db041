"""Arguments as sysdig shows them, as filters see them, and as numbers."""

from __future__ import annotations

import signal
from dataclasses import replace
from functools import cache

import pytest
from rows import NUMBERS, Rows, texts, values

from sonde.catalog.lookup import EVENTS
from sonde.engines.arguments import argument, info, param_of, raw_argument, sources
from sonde.engines.context import Context
from sonde.native.ops import Form
from sonde.plan.batch import ENTER_ROW, Batch

AT_FDCWD = 0xFFFFFF9C


def line(rows: Rows, cut: int | None = 40) -> bytes:
    found = texts(info(rows.batch(), Context(rows.state, cut=cut)), rows.state)[-1]
    assert found is not None
    return found


def params(text: bytes) -> dict[bytes, bytes]:
    pairs = (part.partition(b"=") for part in text.split(b" ") if part)
    return {name: value for name, _, value in pairs}


def test_openat() -> None:
    rows = Rows()
    rows.add("openat", AT_FDCWD, 0x7F, 0o2000000, 0, point={1: b"/etc/passwd\0"}, res=3, file=rows.file(b"/etc/passwd"))
    assert line(rows).startswith(
        b"fd=3(<f>/etc/passwd) dirfd=-100(AT_FDCWD) name=/etc/passwd flags=4097(O_RDONLY|O_CLOEXEC) mode=0"
    )
    assert line(rows).endswith(b" ")


def test_failed_open() -> None:
    rows = Rows()
    rows.add("openat", AT_FDCWD, 1, 0o101, 0o644, point={1: b"x"}, res=-2)
    shown = params(line(rows))
    assert shown[b"fd"] == b"-2(ENOENT)"
    assert shown[b"mode"].startswith(b"0644")


def test_each_row_keeps_its_own_values() -> None:
    rows = Rows()
    one, two = rows.file(b"/one"), rows.file(b"/two")
    rows.add("read", 3, 0, 10, res=2, file=one, point={1: b"ab"})
    rows.add("close", 4, res=0, file=two)
    rows.add("read", 5, 0, 10, res=1, file=two, point={1: b"\n"})
    shown = texts(info(rows.batch(), Context(rows.state)), rows.state)
    assert [params(t or b"") for t in shown] == [
        {b"res": b"2", b"fd": b"3(<f>/one)", b"size": b"10", b"data": b"ab"},
        {b"res": b"0", b"fd": b"4(<f>/two)"},
        {b"res": b"1", b"fd": b"5(<f>/two)", b"size": b"10", b"data": b"."},
    ]


def test_data_is_dotted_and_cut() -> None:
    rows = Rows()
    rows.add("write", 1, 0, 100, res=100, point={1: b"\x1b[31m" + b"x" * 95})
    assert params(line(rows))[b"data"] == b".[31m" + b"x" * 32 + b"..."
    assert params(line(rows, 99))[b"data"] == b".[31m" + b"x" * 91 + b"..."
    assert params(line(rows, 100))[b"data"] == b".[31m" + b"x" * 95
    assert params(line(rows, None))[b"data"] == b".[31m" + b"x" * 95


@pytest.mark.parametrize(
    ("form", "shown"),
    [
        (Form.ASCII, b"\nline\ntwo"),
        (Form.HEXDUMP, b"\n\t0x0000: 6c69 6e65 0a74 776f 1b\n"),
        (Form.HEXDUMP_ASCII, b"\n\t0x0000: 6c69 6e65 0a74 776f 1b                   line.two.\n"),
        (Form.BASE64, b"bGluZQp0d28b"),
    ],
)
def test_data_in_the_form_asked_for_is_whole(form: Form, shown: bytes) -> None:
    rows = Rows()
    rows.add("write", 1, 0, 9, res=9, point={1: b"line\ntwo\x1b"})
    found = texts(info(rows.batch(), Context(rows.state, buffers=form, cut=4)), rows.state)
    assert found == [b"res=9 fd=1 data=" + shown + b" size=9 "]


def test_ports_as_services() -> None:
    rows = Rows()
    name = b"\x02\x00\x00\x50\x7f\x00\x00\x01" + b"\0" * 8
    rows.add("connect", 5, 1, 16, res=0, file=rows.tcp((b"::1", 40000), (b"::1", 22), role=1), point={1: name})
    rows.add("close", 5, res=0, file=rows.file(b"/tmp/->:22"))
    named = texts(info(rows.batch(), Context(rows.state, services=True)), rows.state)
    assert params(named[0] or b"") == {
        b"res": b"0", b"fd": b"5(<4t>::1:40000->::1:ssh)", b"addr": b"127.0.0.1:http", b"tuple": b"::1:40000->::1:ssh",
    }  # fmt: skip
    assert params(named[1] or b"")[b"fd"] == b"5(<f>/tmp/->:22)"
    assert b"ssh" not in (texts(info(rows.batch(), Context(rows.state)), rows.state)[0] or b"")


def test_data_that_was_not_captured_is_not_taken_for_empty() -> None:
    rows = Rows()
    rows.add("read", 3, 0, 9, res=9)
    rows.add("read", 3, 0, 9, res=0)
    shown = [params(t or b"") for t in texts(info(rows.batch(), Context(rows.state)), rows.state)]
    assert [s[b"data"] for s in shown] == [b"<NA>", b""]


def test_names_cannot_steer_the_terminal() -> None:
    rows = Rows()
    rows.add("openat", AT_FDCWD, 1, 0, 0, point={1: b"/a\x1b[2J\xff\xc3\xa9\n"}, res=3, file=rows.file(b"/\x1bz"))
    shown = line(rows)
    assert b"name=/a\\x1b[2J\\xff\xc3\xa9\\x0a " in shown
    assert b"fd=3(<f>/\\x1bz) " in shown


def test_a_call_in_flight_has_no_result() -> None:
    rows = Rows()
    rows.add("read", 3, 0, 10, res=77, flags=ENTER_ROW)
    assert b"res" not in params(line(rows))
    assert params(line(rows))[b"fd"] == b"3"
    assert values(argument(rows.batch(), "res", Context(rows.state)), rows.state) == [None]


def test_missing_name() -> None:
    rows = Rows()
    rows.add("openat", AT_FDCWD, 0, 0, 0, res=-14)
    assert params(line(rows))[b"name"] == b"<NA>"


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"\x02\x00\x00\x50\x7f\x00\x00\x01" + b"\0" * 8, b"127.0.0.1:80"),
        (b"\x0a\x00\x04\xd2" + b"\0" * 4 + b"\x20\x01\x0d\xb8" + b"\0" * 11 + b"\x03" + b"\0" * 4, b"2001:db8::3:1234"),
        (b"\x01\x00/run/x.sock\0\0", b"/run/x.sock"),
        (b"\x01\x00\x00hidden", b"@hidden"),
        (b"\x11\x00" + b"\0" * 18, b"family 17"),
        (b"\x02", None),
    ],
)
def test_socket_addresses(raw: bytes, shown: bytes | None) -> None:
    rows = Rows()
    rows.add("connect", 3, 1, len(raw), res=0, point={1: raw})
    assert values(argument(rows.batch(), "addr", Context(rows.state)), rows.state) == [shown]


def test_a_failed_call_wrote_no_address() -> None:
    rows = Rows()
    name = b"\x02\x00\x00\x50\x7f\x00\x00\x01" + b"\0" * 8
    rows.add("getpeername", 3, 1, 2, res=-107, point={1: name})
    rows.add("getpeername", 3, 1, 2, res=0, point={1: name})
    assert values(argument(rows.batch(), "addr", Context(rows.state)), rows.state) == [None, b"127.0.0.1:80"]


def test_tuple_is_that_of_the_socket() -> None:
    rows = Rows()
    file = rows.tcp((b"10.0.0.1", 40000), (b"10.0.0.2", 80), role=1)
    rows.add("connect", 5, 1, 16, res=0, file=file)
    shown = params(line(rows))
    assert shown[b"tuple"] == b"10.0.0.1:40000->10.0.0.2:80"
    assert shown[b"fd"] == b"5(<4t>10.0.0.1:40000->10.0.0.2:80)"


def test_signals_and_processes() -> None:
    rows = Rows()
    rows.add("kill", -1, signal.SIGKILL, res=0)
    assert params(line(rows)) == {b"res": b"0", b"pid": b"-1", b"sig": b"9(SIGKILL)"}
    assert values(argument(rows.batch(), "sig", Context(rows.state)), rows.state) == [b"SIGKILL"]


def test_execve_shows_the_new_process() -> None:
    rows = Rows()
    rows.process(1, comm=b"ls", argv=b"/bin/ls\0-l\0a b\0", cwd=rows.file(b"/tmp", 0o040755))
    rows.add("execve", 1, 2, 3, res=0, proc=1, point={0: b"/bin/ls"})
    shown = line(rows)
    assert b"exe=/bin/ls args=-l.a b. " in shown
    assert b"filename=/bin/ls " in shown


def test_execve_without_its_name_shows_what_runs() -> None:
    rows = Rows()
    rows.process(1, comm=b"ls", argv=b"ls\0" + b"x" * 99 + b"\0", exe_file=rows.file(b"/usr/bin/ls"))
    rows.add("execve", 1, 2, 3, res=0, proc=1)
    rows.add("execve", 1, 2, 3, res=-14, proc=1)
    batch, context = rows.batch(), Context(rows.state)
    assert values(argument(batch, "filename", context), rows.state) == [b"/usr/bin/ls", None]
    ran, failed = [params(text or b"") for text in texts(info(batch, context), rows.state)]
    assert (ran[b"filename"], failed[b"filename"]) == (b"/usr/bin/ls", b"<NA>")
    assert ran[b"args"] == b"x" * 77 + b"..."


def test_argument_is_bare_text() -> None:
    rows = Rows()
    file = rows.file(b"/etc/passwd")
    rows.add("openat", AT_FDCWD, 1, 0o2000000, 0, point={1: b"/etc/passwd\0"}, res=3, file=file)
    rows.add("openat", AT_FDCWD, 1, 0, 0, point={1: b"/x\x1b"}, res=-13)
    batch, context = rows.batch(), Context(rows.state)
    assert values(argument(batch, "flags", context), rows.state) == [b"O_RDONLY|O_CLOEXEC", b"O_RDONLY"]
    assert values(argument(batch, "fd", context), rows.state) == [b"<f>/etc/passwd", b"EACCES"]
    assert values(argument(batch, "name", context), rows.state) == [b"/etc/passwd", b"/x\x1b"]
    assert values(argument(batch, 0, context), rows.state) == [b"<f>/etc/passwd", b"EACCES"]
    assert values(argument(batch, "size", context), rows.state) == [None, None]


def test_argument_mixes_names_and_numbers() -> None:
    rows = Rows()
    rows.add("read", 3, 0, 10, res=-11)
    rows.add("read", 3, 0, 12, res=7)
    rows.add("close", 9, res=0)
    batch, context = rows.batch(), Context(rows.state)
    assert values(argument(batch, "res", context), rows.state) == [b"EAGAIN", b"7", b"0"]
    assert values(argument(batch, "size", context), rows.state) == [b"10", b"12", None]


def test_raw_argument() -> None:
    rows = Rows()
    rows.add("read", 3, 0, (1 << 64) - 1, res=-11)
    rows.add("openat", AT_FDCWD, 1, 2, 0o644, point={1: b"x"}, res=4)
    batch, context = rows.batch(), Context(rows.state)
    assert values(raw_argument(batch, "size", context), rows.state) == [(1 << 64) - 1, None]
    assert values(raw_argument(batch, "res", context), rows.state) == [-11, None]
    assert values(raw_argument(batch, "dirfd", context), rows.state) == [None, -100]
    assert values(raw_argument(batch, "name", context), rows.state) == [None, None]


def test_sources_of_an_argument() -> None:
    assert sources("backlog") == {"nr", "flags", "a1"}
    param = param_of(EVENTS[NUMBERS["read"]], "1")
    assert param is EVENTS[NUMBERS["read"]].params[1]
    assert param_of(EVENTS[NUMBERS["read"]], 99) is None


def test_every_event_can_be_shown() -> None:
    rows = Rows()
    for name in NUMBERS:
        rows.add(name, 1, 2, 3, 4, 5, 6, res=0)
        rows.add(name, -1, -1, -1, -1, -1, -1, res=-1)
    shown = texts(info(rows.batch(), Context(rows.state)), rows.state)
    assert len(shown) == 2 * len(NUMBERS)
    for name, text in zip(NUMBERS, shown[::2], strict=True):
        first = EVENTS[NUMBERS[name]].params
        assert not first or (text or b"").startswith(first[0].name.encode() + b"=")


def test_an_address_as_a_result() -> None:
    rows = Rows()
    rows.add("mmap", 0, 4096, 3, 0x22, -1, 0, res=0x7F8A51346000)
    rows.add("mmap", 0, 0, 3, 0x22, -1, 0, res=-22)
    batch, context = rows.batch(), Context(rows.state)
    shown = [params(text or b"")[b"res"] for text in texts(info(batch, context), rows.state)]
    assert shown == [b"7F8A51346000", b"-22(EINVAL)"]
    assert values(argument(batch, "res", context), rows.state) == [b"7F8A51346000", b"EINVAL"]
    assert values(raw_argument(batch, "res", context), rows.state) == [0x7F8A51346000, -22]


def test_process_ids_have_names() -> None:
    rows = Rows()
    cwd = rows.file(b"/tmp", 0o040755)
    rows.process(1, comm=b"ls", pcomm=b"bash", argv=b"ls\0", tid=7, pid=7, ppid=5, cwd=cwd)
    rows.add("execve", 1, 2, 3, res=0, proc=1, tid=7, pid=7)
    shown = line(rows)
    assert b" tid=7(ls) pid=7(ls) ptid=5(bash) cwd=/tmp comm=ls " in shown
    batch, context = rows.batch(), Context(rows.state)
    assert values(argument(batch, "ptid", context), rows.state) == [b"bash"]
    assert values(raw_argument(batch, "ptid", context), rows.state) == [5]


@cache
def every_call() -> Batch:
    rows = Rows()
    for name in NUMBERS:
        rows.add(name, 1, 2, 3, 4, 5, 6, res=-1)
        rows.add(name, 1, 2, 3, 4, 5, 6, res=1)
    return rows.batch()


NAMES = sorted({p.name for e in EVENTS.values() for p in (*e.params, *e.arguments)})


@pytest.mark.parametrize("key", [*NAMES, *range(17)])
def test_an_argument_needs_only_its_sources(key: str | int) -> None:
    whole = every_call()
    fewer = replace(whole, columns={n: c for n, c in whole.columns.items() if n in sources(key)})
    context = Context(whole.state)
    expected = values(argument(whole, key, context), whole.state)
    assert values(argument(fewer, key, context), whole.state) == expected


@pytest.mark.parametrize(
    ("name", "words", "res", "points", "key", "expected"),
    [
        ("stat", (1, 2), 0, {1: bytes(24) + b"\xa4\x81" + bytes(22) + b"\x07" + bytes(95)}, "statbuf",
         b"{st_mode=S_IFREG|0644, st_size=7, ...}"),
        ("stat", (1, 0x20), -2, {1: bytes(144)}, "statbuf", b"0x20"),
        ("stat", (1, 0x20), 0, {}, "statbuf", b"0x20"),
        ("ioctl", (1, 0x5413, 9), 0, {2: b"\x18\0\x50\0\0\0\0\0"}, "argument",
         b"{ws_row=24, ws_col=80, ws_xpixel=0, ws_ypixel=0}"),
        ("ioctl", (1, 0x5413, 9), 0, {}, "request", b"TIOCGWINSZ"),
        ("fcntl", (1, 2, 1), 0, {}, "arg", b"FD_CLOEXEC"),
        ("fcntl", (1, 3, 1), 0, {}, "arg", None),
        ("poll", (1, 2, 0), 1, {0: b"\3\0\0\0\1\0\0\0\4\0\0\0\4\0\0\0"}, "fds",
         b"[{fd=3, events=POLLIN}, {fd=4, events=POLLOUT}]"),
        ("readlink", (1, 2, 100), 3, {1: b"d/e" + bytes(97)}, "buf", b"d/e"),
        ("execve", (1, 2, 3), 0, {1: b"ls\0-l\0"}, "argv", b'["ls", "-l"]'),
        ("bind", (1, 2, 16), 0, {}, "addrlen", b"16"),
        ("futex", (1, 0x80, 5, 0), 0, {}, "val", b"5"),
        ("poll", (1, 2, 0), 0, {}, "nfds", b"2"),
    ],
)  # fmt: skip
def test_arguments_that_sysdig_does_not_know(
    name: str, words: tuple[int, ...], res: int, points: dict[int, bytes], key: str, expected: bytes | None
) -> None:
    rows = Rows()
    rows.add(name, *words, point=points, res=res)
    rows.add("close", 3, res=0)
    assert values(argument(rows.batch(), key, Context(rows.state)), rows.state) == [expected, None]
