"""Blocks of a .scap file: their types, and the numbers inside them."""

from __future__ import annotations

__all__ = [
    "BPF", "DIRECTORY", "EVENT", "EVENTPOLL", "EVENTS", "FDS", "FIFO", "FILE", "FILE_V2", "INOTIFY",
    "INTERFACES", "IO_URING", "IPV4", "IPV4_SERVER", "IPV6", "IPV6_SERVER", "L4", "LARGEST", "LETTERS", "MACHINE",
    "MAGIC", "MEMFD", "NETLINK", "NOT_KNOWN", "PIDFD", "PROCESSES", "SECTION", "SIGNALFD", "STATE_ONLY", "TIMERFD",
    "UNIX", "UNSUPPORTED", "USERFAULTFD", "USERS",
]  # fmt: skip

SECTION = 0x0A0D0D0A  # of the block at the beginning
MAGIC = 0x1A2B3C4D  # in it, in the byte order of the file
LARGEST = 1 << 28  # bytes of a block; a longer one is damage
NOT_KNOWN = b"<NA>"  # for a text that the writer did not know

MACHINE = frozenset((0x201, 0x8002ABCD))
INTERFACES = {0x205: 1, 0x8011ABCD: 1, 0x219: 2}  # version of the layout by block type
USERS = {0x206: 1, 0x8012ABCD: 1, 0x220: 2}
PROCESSES = {
    0x202: 1, 0x8000ABCD: 1, 0x207: 2, 0x8013ABCD: 2, 0x209: 3, 0x8014ABCD: 3, 0x210: 4, 0x211: 5, 0x212: 6, 0x213: 7,
    0x214: 8, 0x215: 9,
}  # fmt: skip
FDS = {0x203: 1, 0x8001ABCD: 1, 0x218: 2}
# (has flags, says its number of parameters, lengths of parameters take four bytes)
EVENTS = {
    0x204: (False, False, False), 0x8010ABCD: (False, False, False), 0x208: (True, False, False),
    0x216: (False, True, False), 0x217: (True, True, False), 0x221: (False, True, True), 0x222: (True, True, True),
}  # fmt: skip

STATE_ONLY = 1  # among the flags of an event: it is read for what it changes, and not shown

# types of descriptors, with the letter that sysdig shows
LETTERS = (
    "?", "f", "d", "4", "6", "4", "6", "p", "u", "e", "X", "s", "l", "i", "t", "n", "f", "b", "u", "r", "m", "P",
)  # fmt: skip
FILE, DIRECTORY, IPV4, IPV6, IPV4_SERVER, IPV6_SERVER, FIFO, UNIX = range(1, 9)
FILE_V2 = 16
L4 = ("", "", "t", "u", "i", "r")  # of sockets: unknown, none, tcp, udp, icmp, raw
EVENT, UNSUPPORTED, SIGNALFD, EVENTPOLL, INOTIFY, TIMERFD, NETLINK = range(9, 16)
BPF, USERFAULTFD, IO_URING, MEMFD, PIDFD = range(17, 22)
