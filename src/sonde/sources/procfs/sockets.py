"""Sockets as /proc/net tells of them (proc(5): tcp, udp, raw and their IPv6 forms, unix)."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator, Mapping
from typing import Any

from sonde.sources.procfs.files import holders

__all__ = ["TCP_STATES", "UNIX_STATES", "sockets", "sockets_of"]

Row = tuple[Any, ...]
# include/net/tcp_states.h
TCP_STATES = (
    "", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "CLOSE", "CLOSE_WAIT", "LAST_ACK",
    "LISTEN", "CLOSING", "NEW_SYN_RECV",
)  # fmt: skip
UNIX_STATES = ("FREE", "UNCONNECTED", "CONNECTING", "CONNECTED", "DISCONNECTING")  # include/uapi/linux/net.h
_ACCEPTS = 1 << 16  # __SO_ACCEPTCON


def sockets() -> tuple[list[Row], int]:
    """(rows of the table, processes whose descriptors this user may not know)."""
    held, unread = holders()
    return sockets_of(held), unread


def sockets_of(held: Mapping[int, list[tuple[int, int]]]) -> list[Row]:
    """Rows of the table, where the (process, descriptor) that hold a socket are known by its inode."""
    rows: list[Row] = []
    for inode, row in (*_internet(), *_unix()):
        rows += [(*holder, *row, inode) for holder in held.get(inode, [(None, None)])]
    return rows


def _internet() -> Iterator[tuple[int, Row]]:
    """(inode, the columns between the holder and it)."""
    for name in ("tcp", "tcp6", "udp", "udp6", "raw", "raw6"):
        for words in _lines(name):
            (lip, lport), (rip, rport) = map(_end, words[1:3])
            number = int(words[3], 16)
            state = TCP_STATES[number] if number < len(TCP_STATES) else f"{number}"
            yield int(words[9]), (name[:3], state, lip, lport, rip, rport, None, int(words[7]))


def _unix() -> Iterator[tuple[int, Row]]:
    for words in _lines("unix"):
        number, flags = int(words[5], 16), int(words[3], 16)
        state = "LISTEN" if flags & _ACCEPTS else UNIX_STATES[number] if number < len(UNIX_STATES) else f"{number}"
        path = " ".join(words[7:]) or None
        yield int(words[6]), ("unix", state, None, None, None, None, path, None)


def _lines(name: str) -> list[list[str]]:
    """The words of each line but the first; nothing where the kernel lacks the protocol."""
    try:
        with open(f"/proc/net/{name}", encoding="utf-8", errors="backslashreplace") as file:
            return [line.split() for line in file.readlines()[1:]]
    except FileNotFoundError:
        return []


def _end(written: str) -> tuple[str, int]:
    """`0100007F:1F90` as (address, port): words of the address in the byte order of the machine."""
    address, _, port = written.partition(":")
    words = [int(address[at : at + 8], 16) for at in range(0, len(address), 8)]
    raw = struct.pack(f"={len(words)}I", *words)
    return socket.inet_ntop(socket.AF_INET if len(raw) == 4 else socket.AF_INET6, raw), int(port, 16)
