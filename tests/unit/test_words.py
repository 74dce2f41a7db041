"""Replaced names: equal ones stay equal, others do not, and what says nothing of anybody stays."""

from __future__ import annotations

import re
import socket

from sonde.catalog.privacy import KINDS
from sonde.sources.private.words import Words

ALL = Words(frozenset(KINDS))
PATHS = Words(frozenset(("paths",)))


def test_paths() -> None:
    path = PATHS.path
    assert re.fullmatch(rb"/home/~[0-9a-f]{10}/~[0-9a-f]{10}\.txt", path(b"/home/eva/letter.txt"))
    assert path(b"/home/eva/a.txt").rpartition(b"/")[0] == path(b"/home/eva"), "components are equal where they were"
    assert path(b"/home/eva/a.txt") != path(b"/home/eva/b.txt")
    assert path(b"letter.txt") == path(b"/home/eva/letter.txt").rpartition(b"/")[2]
    assert path(b"/etc") == b"/etc" and path(b"etc") != b"etc" and path(b"/private") != b"/private"
    assert path(b"/dev/null") == b"/dev/null" and path(b"/proc/12/stat") == b"/proc/12/stat"
    assert b"eva" not in path(b"/proc/12/root/home/eva") + path(b"/dev/shm/eva") + path(b"x.eva") + path(b".eva")
    assert path(b"../a/./b").startswith(b"../~") and b"/./" in path(b"../a/./b")
    assert path(b"/tmp/eva (deleted)") == path(b"/tmp/eva") + b" (deleted)"
    assert (
        path(b"anon_inode:inotify") == b"anon_inode:inotify"
        and path(b"pipe:[12]") == b"pipe:[12]"
        and path(b"anon_inode:[eventfd]") == b"anon_inode:[eventfd]"
    )
    assert path(path(b"/home/eva/letter.txt")) == path(b"/home/eva/letter.txt"), "once is enough"
    assert Words(frozenset(("paths",))).path(b"/home/eva") != path(b"/home/eva"), "each recording has a key"


def test_command_lines() -> None:
    assert ALL.argv(b"/bin/sh\0-c\0true") == ALL.path(b"/bin/sh")
    assert ALL.argv(b"postgres: eva shop 10.1.2.3(4) idle") == b"postgres:", "a title has blanks in it"
    assert PATHS.argv(b"cat\0/home/eva\0-v") == b"cat\0" + PATHS.path(b"/home/eva") + b"\0-v"
    assert PATHS.argv(b"dd\0if=/home/eva") == b"dd\0if=" + PATHS.path(b"/home/eva")
    assert ALL.line(b"sleep 10 eva") == b"sleep" and ALL.environment(b"A=1\0") == b""


def test_addresses() -> None:
    address = ALL.address
    assert re.fullmatch(rb"24\d\.\d+\.\d+\.\d+", address(b"192.0.2.7")) and address(b"2a00::7").startswith(b"2001:db8:")
    assert address(b"192.0.2.7") == address(b"192.0.2.7") != address(b"192.0.2.8")
    for own in (b"127.0.0.1", b"0.0.0.0", b"::1", b"::", b"255.255.255.255"):
        assert address(own) == own
    assert address(b"::ffff:192.0.2.7") == b"::ffff:" + address(b"192.0.2.7")
    assert address(address(b"192.0.2.7")) == address(b"192.0.2.7")
    raw = socket.inet_aton("192.0.2.7")
    here = b"\2\0\0\x50" + raw + bytes(8)
    assert ALL.sockaddr(here) == b"\2\0\0\x50" + socket.inet_aton(address(b"192.0.2.7").decode()) + bytes(8)
    assert ALL.sockaddr(here[:6]) == b"\2\0", "one that was cut"
    assert ALL.sockaddr(b"\1\0/tmp/eva\0eva") == b"\1\0" + ALL.path(b"/tmp/eva") + b"\0"
    assert ALL.sockaddr(b"\1\0\0eva") == b"\1\0\0" + ALL.path(b"eva")
    assert ALL.sockaddr(b"\x11\0" + b"\xaa" * 18) == b"\x11\0", "of packets only the family"
    assert PATHS.sockaddr(here) == here and PATHS.address(b"192.0.2.7") == b"192.0.2.7"
