"""Layouts shared with bpf/records.h: what travels in the rings and what user space configures, as numpy dtypes."""

from __future__ import annotations

import numpy as np

__all__ = [
    "ARGUMENTS", "CONFIGURATION", "DESCRIPTOR", "EVENTS", "GUARDS", "ID_GAP_BITS", "NODE", "PAYLOAD", "PROCESS",
    "PROGRESS", "SOCKET", "STATISTICS", "Follow", "Record", "Want",
]  # fmt: skip

EVENTS, ARGUMENTS = 2048, 6
ID_GAP_BITS = 16


class Record:
    """First word of a dictionary record."""

    NODE = 1
    PROCESS = 2


class Want:
    """Flags of a descriptor."""

    ON = 1
    RENAMES = 2
    ENTER_FD = 4
    PATH = 8
    POINTS = 16
    DATA = 32
    AT_ENTER = 16  # first bit of the arguments that are followed when a call is entered
    AT_EXIT = 24  # and when it returns, in the event view


class Follow:
    """How an argument word is followed."""

    (
        NONE, STRING, DATA, IOVEC, MSGHDR, SOCKADDR, SOCKADDR_OUT, MEMORY, STRINGS, MESSAGES, SIGINFO, HEADED, BEHIND,
        RECORD,
    ) = range(14)  # fmt: skip


FD_RESULT, FD_NONE = 6, 7
LENGTH_RESULT, LENGTH_ONE = 6, 7

NODE = np.dtype(
    [
        ("kind", "u4"), ("id", "u4"), ("parent", "u4"), ("flags", "u2"), ("mode", "u2"), ("ino", "u8"),
        ("dev", "u4"), ("rdev", "u4"), ("magic", "u4"), ("mount", "u4"),
    ]
)  # fmt: skip
SOCKET = np.dtype(
    [
        ("family", "u2"), ("proto", "u2"), ("type", "u2"), ("state", "u2"), ("lport", "u2"), ("rport", "u2"),
        ("role", "u2"), ("length", "u2"), ("local", "V16"), ("remote", "V16"), ("cookie", "u8"), ("peer", "u8"),
        ("path", "V112"),
    ]
)  # fmt: skip
PROCESS = np.dtype(
    [
        ("kind", "u4"), ("id", "u4"), ("tid", "u4"), ("tgid", "u4"), ("ppid", "u4"), ("flags", "u4"),
        ("start", "u8"), ("pstart", "u8"), ("thread_start", "u8"),
        ("uid", "u4"), ("euid", "u4"), ("gid", "u4"), ("egid", "u4"), ("loginuid", "u4"), ("sid", "u4"), ("pgid", "u4"),
        ("vpid", "u4"), ("vtid", "u4"), ("vsid", "u4"), ("vpgid", "u4"), ("exe", "u4"), ("cwd", "u4"), ("root", "u4"),
        ("cap_permitted", "u8"), ("cap_inheritable", "u8"), ("cap_effective", "u8"), ("cgroups", "u8"),
        ("comm", "S16"), ("pcomm", "S16"), ("tty", "S16"), ("argv_full", "u4"), ("argv_length", "u4"),
        ("env_full", "u4"), ("env_length", "u4"),
    ]
)  # fmt: skip
PROCESS_NOT_CURRENT = 1
PAYLOAD = np.dtype([("seq", "u8"), ("argument", "u1"), ("kind", "u1"), ("failed", "u2"), ("full", "u4")])

_ARGUMENT = np.dtype([("kind", "u1"), ("length", "u1"), ("size", "u2")])
DESCRIPTOR = np.dtype(
    [
        ("flags", "u4"), ("fd", "u1"), ("dir", "u1"), ("newdir", "u1"), ("given", "u1"), ("bits", "u8"),
        ("arguments", _ARGUMENT, ARGUMENTS),
    ]
)  # fmt: skip
GUARDS = 2
GUARD = np.dtype([("first", "u8"), ("second", "u8"), ("mask", "u8")])
CONFIGURATION = np.dtype(
    [
        ("skip", "u4", 4), ("snaplen", "u4"), ("slot_mask", "u4"), ("slashless", "u8"), ("parts", "u8"),
        ("rows", "u4"), ("room", "u4"), ("guarded", "u8"), ("guards", GUARD, GUARDS),
    ]
)  # fmt: skip
PROGRESS = np.dtype([("read", "u8"), ("pad", "u8", 7)])
STATISTICS = np.dtype(
    [
        ("seen", "u8"), ("matched", "u8"), ("lost", "u8"), ("own", "u8"), ("lost_payloads", "u8"),
        ("lost_dictionary", "u8"), ("truncated", "u8"), ("sequence", "u8"), ("begun", "u8"),
        ("lost_by_event", "u8", EVENTS),
    ]
)  # fmt: skip
