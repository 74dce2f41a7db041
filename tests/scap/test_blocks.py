"""Blocks of every kind and version, made by hand, are read for what they say."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import pytest
from captures import needs_sysdig, sysdig, tell
from written import block, event, fd_list, header, process_list, text, user_list

from sonde.catalog.scap.calls import NUMBERS
from sonde.sources.scap import source

READ_E, READ_X, OPEN_E, OPEN_X, CLOSE_E, CLOSE_X, PROCEXIT = 6, 7, 2, 3, 4, 5, 186
READ = (struct.pack("<q", 3), struct.pack("<I", 10)), (struct.pack("<q", 4), b"data")
FILE = (3, 1, text(b"/etc/hosts"))
WHO = "*%proc.name %proc.exe %proc.args %proc.pid %user.name %group.name %fd.name"


def saved(path: Path, *blocks: bytes, minor: int = 2) -> Path:
    path.write_bytes(header(minor) + b"".join(blocks))
    return path


def reads(block_type: int = 0x216, tid: int = 7) -> bytes:
    return event(READ_E, tid, READ[0], 10, block_type=block_type) + event(
        READ_X, tid, READ[1], 35, block_type=block_type
    )  # fmt: skip


@pytest.mark.parametrize("version", range(1, 10))
def test_versions_of_the_process_list(tmp_path: Path, version: int) -> None:
    made = process_list(version), user_list(1), fd_list(1, 7, FILE), reads()
    told = tell(saved(tmp_path / "x.scap", *made), format_=WHO)
    assert told.lines == [b"sh /bin/sh -c true 7 eva crew /etc/hosts\n"] * 2
    more = tell(tmp_path / "x.scap", format_="*%proc.cwd %proc.sid %proc.exepath %thread.vtid %proc.vpid")
    sid, path = (b"5", b"/usr/bin/sh") if version > 6 else (b"5" if version == 6 else b"-1", b"")
    virtual = b"70 71" if version > 3 else b"<NA> <NA>"
    assert more.lines[0] == b"/home/ %s %s %s\n" % (sid, path, virtual)


@pytest.mark.parametrize(
    ("added", "expected"),
    [
        (b"", b"0 -1\n"),
        (struct.pack("<IBQQQ", 77, 0, 1, 2, 3), b"0 77\n"),
        (struct.pack("<QIIBQQQBQQQ", 9, 34816, 77, 0, 1, 2, 3, 0, 1, 2, 3), b"34816 77\n"),
    ],
)
def test_what_later_libraries_put_behind(tmp_path: Path, added: bytes, expected: bytes) -> None:
    path = saved(tmp_path / "x.scap", process_list(9, added=added), reads())
    assert tell(path, format_="*%proc.tty %user.loginuid").lines[0] == expected


@pytest.mark.parametrize("version", [1, 2])
def test_versions_of_the_lists(tmp_path: Path, version: int) -> None:
    tcp = struct.pack("<4s4sHHB", bytes((10, 0, 0, 1)), bytes((10, 0, 0, 2)), 4000, 80, 2)
    made = process_list(8), user_list(version), fd_list(version, 7, (3, 3, tcp)), reads()
    told = tell(saved(tmp_path / "x.scap", *made), format_="*%user.name %user.shell %group.name %fd.name %fd.type")
    assert told.lines[0] == b"eva /bin/zsh crew 10.0.0.1:4000->10.0.0.2:80 ipv4\n"


@pytest.mark.parametrize("block_type", [0x204, 0x208, 0x216, 0x217, 0x221, 0x222])
def test_kinds_of_event_blocks(tmp_path: Path, block_type: int) -> None:
    path = saved(tmp_path / "x.scap", process_list(8), fd_list(1, 7, FILE), reads(block_type))
    form = "%evt.num %evt.dir %evt.type %evt.latency %evt.args"
    assert tell(path, format_=form).lines == [
        b"1 > read 0 fd=3(<f>/etc/hosts) size=10 \n", b"2 < read 25 res=4 data=data \n",
    ]  # fmt: skip


def test_skipped_with_a_count(tmp_path: Path) -> None:
    torn = bytearray(event(READ_X, 7, READ[1]))
    struct.pack_into("<H", torn, 36, 60000)  # a parameter longer than its block
    parts = (block(0x7777, b"abcd"), event(4000, 7), bytes(torn), reads())
    told = tell(saved(tmp_path / "x.scap", *parts))
    assert len(told.lines) == 2
    for words in ("1 unknown block", "1 unknown event", "1 torn event"):
        assert words in told.receipt
    assert told.receipt.startswith("PARTIAL")


def test_a_list_that_is_spoiled_is_counted(tmp_path: Path) -> None:
    told = tell(saved(tmp_path / "x.scap", block(0x215, b"\xff" * 40), reads()))
    assert "1 unreadable list" in told.receipt and len(told.lines) == 2


@pytest.mark.parametrize("cut", [1, 5, 30, 50])
def test_a_tail_that_is_cut_is_said(tmp_path: Path, cut: int) -> None:
    whole = saved(tmp_path / "x.scap", process_list(8), reads(), reads()).read_bytes()
    (tmp_path / "cut.scap").write_bytes(whole[:-cut])
    told = tell(tmp_path / "cut.scap")
    assert len(told.lines) == 3
    assert "it ends in the middle of a block" in told.receipt


def test_a_compressed_tail_that_is_cut_is_said(tmp_path: Path) -> None:
    whole = gzip.compress(header() + process_list(8) + b"".join(reads(tid=i) for i in range(300)))
    (tmp_path / "cut.scap").write_bytes(whole[:-200])
    told = tell(tmp_path / "cut.scap")
    assert 0 < len(told.lines) < 600
    assert "it ends in the middle of a block" in told.receipt


def test_a_length_that_cannot_be_ends_the_reading(tmp_path: Path) -> None:
    bad = struct.pack("<II", 0x216, 0xFFFFFFF0) + bytes(64)
    told = tell(saved(tmp_path / "x.scap", reads(), bad, reads()))
    assert len(told.lines) == 2
    assert "damaged at byte" in told.receipt


def test_a_call_returns_in_a_later_piece(tmp_path: Path) -> None:
    """Pieces are of four MiB: what a call was entered with is carried over."""
    filling = event(OPEN_E, 9) * 220_000
    lists, first, last = (process_list(8), fd_list(1, 7, FILE)), READ[0], READ[1]
    path = saved(tmp_path / "x.scap", *lists, event(READ_E, 7, first, 10), filling, event(READ_X, 7, last, 35))
    assert path.stat().st_size > 2 * (1 << 22)
    told = tell(path, "evt.type=read", "*%evt.num %evt.dir %evt.latency %fd.name")
    assert told.lines == [b"1 > 0 /etc/hosts\n", b"220002 < 25 /etc/hosts\n"]


def test_state_follows_events(tmp_path: Path) -> None:
    five = (struct.pack("<q", 5),)
    opened = struct.pack("<q", 5), b"b.txt\0", struct.pack("<I", 1), struct.pack("<I", 0)
    clone = [struct.pack("<q", 0), b"sh\0", b"", *(struct.pack("<q", n) for n in (8, 8, 7)), b"", struct.pack("<q", 9)]
    clone += [bytes(8), bytes(8), bytes(4), bytes(4), bytes(4), b"child\0", b"cpu=/\0", bytes(4)]
    clone += [struct.pack("<I", 0), struct.pack("<I", 0), struct.pack("<q", 8), struct.pack("<q", 8)]
    path = saved(
        tmp_path / "x.scap", process_list(8), event(OPEN_E, 7), event(OPEN_X, 7, opened), event(223, 8, clone),
        event(CLOSE_E, 8, five), event(CLOSE_X, 8, (struct.pack("<q", 0),)), event(CLOSE_E, 8, five),
        event(CLOSE_E, 7, five), event(186, 8, clone[:1]), event(CLOSE_E, 8, five),
    )  # fmt: skip
    told = tell(path, "evt.type in (close, procexit)", "*%proc.name %evt.dir %fd.name")
    assert told.lines == [
        b"child > /home/b.txt\n", b"child < /home/b.txt\n", b"child > <NA>\n", b"sh > /home/b.txt\n",
        b"child > <NA>\n", b"<NA> > <NA>\n",
    ]  # fmt: skip


def test_completed_calls_have_the_words_of_both_events(tmp_path: Path) -> None:
    """Flags in the kernel's coding, paths below directories, data, latency: as rows of live calls have them."""
    flags = struct.pack("<I", 4097)  # O_RDONLY and O_CLOEXEC, in sysdig's coding
    opened = struct.pack("<q", 5), b"hosts\0", flags, struct.pack("<I", 0)
    path = saved(
        tmp_path / "x.scap", process_list(8), fd_list(1, 7, FILE), reads(), event(OPEN_E, 7, time=40),
        event(OPEN_X, 7, opened, 60),
    )  # fmt: skip
    form = "*%evt.type %evt.latency %evt.args|%evt.arg.size|%evt.arg.flags|%evt.rawarg.flags"
    told = tell(path, format_=form, events=False)
    assert told.lines == [
        b"read 25 res=4 fd=3(<f>/etc/hosts) data=data size=10 |10|<NA>|<NA>\n",
        b"open 20 fd=5(<f>/home/hosts) name=hosts flags=4097(O_RDONLY|O_CLOEXEC) mode=0 "
        b"|<NA>|O_RDONLY|O_CLOEXEC|4097\n",
    ]


def test_directories_below_one_another(tmp_path: Path) -> None:
    """What the last of many descriptors leads to depends on all before it, and nobody asked about those."""
    depth, none = 400, struct.pack("<I", 0)
    made = [process_list(8)]
    for fd in range(3, 3 + depth):
        below, name = (-100, b"/top\0") if fd == 3 else (fd - 1, b"x\0")
        exit_ = struct.pack("<q", fd), struct.pack("<q", below), name, none, none, none, struct.pack("<Q", 0)
        made += [event(306, 7, [], 10), event(307, 7, exit_, 20)]
    last = struct.pack("<q", 2 + depth), struct.pack("<I", 10)
    told = tell(saved(tmp_path / "x.scap", *made, event(READ_E, 7, last, 30)), "evt.type=read", "*%fd.name")
    assert told.lines == [b"/top" + b"/x" * (depth - 1) + b"\n"]


def test_a_socket_of_many_messages(tmp_path: Path) -> None:
    """Each message may change what a socket is; the last one is asked about."""
    fd, size, ok = struct.pack("<q", 3), struct.pack("<I", 1), struct.pack("<q", 1)
    udp = b"\x02" + bytes((10, 0, 0, 1)) + struct.pack("<H", 4000) + bytes((10, 0, 0, 2)) + struct.pack("<H", 53)
    made = [process_list(8), event(18, 7, [struct.pack("<I", n) for n in (2, 2, 0)], 10), event(19, 7, [fd], 20)]
    for at in range(3000):
        made += [event(34, 7, [fd, size], 30 + at), event(35, 7, [ok, b"d", udp], 30 + at)]
    told = tell(saved(tmp_path / "x.scap", *made, event(READ_E, 7, [fd, size], 9000)), "evt.type=read", "*%fd.name")
    assert told.lines == [b"10.0.0.1:4000->10.0.0.2:53\n"]


@needs_sysdig
def test_calls_without_an_event_type(tmp_path: Path) -> None:
    """Their names and categories are sysdig's, by its own numbers; it has none for later ones."""
    numbers = [struct.pack("<HH", number, number) for number in range(NUMBERS["clone3"] + 1)]
    made = [event(0, 7, [number[:2], number[2:]], 10 * at) for at, number in enumerate(numbers)]
    path = saved(tmp_path / "x.scap", process_list(8), *made)
    theirs = sysdig(path, "-p", "%evt.num %evt.type %evt.category")
    assert theirs.count(b"\n") == len(numbers) > 300
    assert tell(path, format_="%evt.num %evt.type %evt.category").text == theirs


@needs_sysdig
@pytest.mark.parametrize("ports", ((4000, 53), (53, 4000)))
@pytest.mark.parametrize("kind", (31, 35, 49, 53))
def test_who_serves_where_no_interface_is_known(kind: int, ports: tuple[int, int], tmp_path: Path) -> None:
    """Who begins by reading (recvfrom, recvmsg) serves, who sends is the client."""
    fd, size, ok = struct.pack("<q", 3), struct.pack("<I", 1), struct.pack("<q", 1)
    ends = b"\x02" + bytes((10, 0, 0, 1)) + struct.pack("<H", ports[0]) + bytes((10, 0, 0, 2))
    udp = ends + struct.pack("<H", ports[1])
    calls = {31: ([fd, size, udp], [ok, b"d"]), 35: ([fd, size], [ok, b"d", udp]), 49: ([fd, size, udp], [ok, b"d"]),
             53: ([fd], [ok, size, b"d", udp])}  # fmt: skip
    entered, returned = calls[kind]
    made = [process_list(8), event(18, 7, [struct.pack("<I", n) for n in (2, 2, 0)], 10), event(19, 7, [fd], 20)]
    made += [event(kind - 1, 7, entered, 30), event(kind, 7, returned, 40), event(READ_E, 7, [fd, size], 50)]
    path = saved(tmp_path / "x.scap", *made)
    theirs = sysdig(path, "-p", "%fd.name", "evt.type=read")
    assert theirs.count(b"10.0.0.") == 2
    assert tell(path, "evt.type=read", "%fd.name").text == theirs


def test_calls_that_go_on_when_the_file_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row for each, without a result; not for those that returned, or whose thread is gone."""
    begun = [event(READ_E, tid, READ[0], 10 + tid) for tid in (7, 8, 9)]
    returned, ended = event(READ_X, 8, READ[1], 100), event(PROCEXIT, 9, [struct.pack("<q", 0)] * 4, 110)
    path = saved(tmp_path / "x.scap", process_list(9), fd_list(2, 7, (3, 1, text(b"/etc/hosts"))), *begun, returned,
                 ended, reads(tid=10))  # fmt: skip
    shown = "*%evt.num %evt.dir %evt.type %thread.tid %evt.latency %evt.rawres %evt.args"
    for size in (source.PIECE, 64):  # also if each event comes in a piece of its own
        monkeypatch.setattr(source, "PIECE", size)
        told = tell(path, "evt.dir=>", shown, events=False)
        assert told.lines == [b"8 > read 7 93 <NA> fd=3(<f>/etc/hosts) data= size=10 \n"]
        assert [line.split()[2] for line in tell(path, "evt.dir=<", shown, events=False).lines] == [
            b"read", b"procexit", b"read",
        ]  # fmt: skip
