"""What descriptors lead to, as rows of the tables of files and sockets."""

from __future__ import annotations

import socket
import stat
from collections.abc import Sequence
from typing import Any

import numpy as np

from sonde.plan.files import Node
from sonde.plan.state import State
from sonde.sources.procfs.files import KINDS
from sonde.sources.procfs.read import text
from sonde.sources.procfs.sockets import TCP_STATES
from sonde.sources.recording.held import Behind, Held

__all__ = ["files_of", "sockets_of"]

Row = tuple[Any, ...]
ESTABLISHED, CLOSE, LISTEN = 1, 7, 10  # include/net/tcp_states.h
UNIX = {ESTABLISHED: "CONNECTED", LISTEN: "LISTEN"}
NOWHERE = {socket.AF_INET: "0.0.0.0", socket.AF_INET6: "::"}
PROTOCOLS = {socket.IPPROTO_TCP: "tcp", socket.IPPROTO_UDP: "udp"}
ANONYMOUS = b"anon_inode:"


def files_of(held: Held) -> list[Row]:
    """Rows of the table of files; how large one was is not known."""
    return [(pid, fd, *_file(slot.behind), slot.cloexec) for pid, fd, slot in held]


def _file(behind: Behind) -> Row:
    """path, type, inode, size, deleted"""
    if behind.state is not None:
        return _recorded(behind.state, behind.state.files.place(behind.file))
    if behind.row is None:
        return None, behind.type, None, None, 0
    _, _, path, kind, inode, _, deleted, _ = behind.row
    return path, kind, inode, None, deleted


def _recorded(state: State, place: int) -> Row:
    row, path = state.files.rows[place], state.files.path(place)
    inode, flags = int(row["ino"]), int(row["flags"])
    if flags & Node.SOCK:
        return f"socket:[{inode}]", "socket", inode, None, 0
    kind = "anon" if path.startswith(ANONYMOUS) else KINDS.get(stat.S_IFMT(int(row["mode"])), "anon")
    deleted = flags & Node.DELETED != 0 or path.startswith(b"/memfd:")
    return text(path), kind, inode, None, int(deleted)


def sockets_of(held: Held, before: Sequence[Row]) -> list[Row]:
    """Rows of the table of sockets that a process holds; `before`: as they were in the snapshot."""
    known = {row[-1]: row[2:-1] for row in before}
    rows = []
    for pid, fd, slot in held:
        behind = slot.behind
        found = _socket(behind) if behind.state is not None else known.get(behind.inode)
        if found is not None:
            earlier = known.get(behind.inode)
            uid = behind.uid if behind.uid is not None or earlier is None or found[0] == "unix" else earlier[-1]
            rows.append((pid, fd, *found[:-1], None if found[0] == "unix" else uid, behind.inode))
    return rows


def _socket(behind: Behind) -> Row | None:
    """proto, state, lip, lport, rip, rport, path and nothing; None of what has no address, as /proc/net has it."""
    assert behind.state is not None
    strings = behind.state.strings
    row = behind.state.files.rows[behind.state.files.place(behind.file)]
    family, state = int(row["family"]), int(row["state"])
    if not int(row["flags"]) & Node.SOCK:
        return None
    if family == socket.AF_UNIX:
        name = text(strings[int(row["name"])]) or None
        return "unix", UNIX.get(state, "UNCONNECTED"), None, None, None, None, name, None
    proto = PROTOCOLS.get(int(row["proto"])) or ("raw" if int(row["stype"]) == socket.SOCK_RAW else None)
    if family not in NOWHERE or proto is None or not _is_listed(row, proto, state):
        return None
    ends = [text(strings[int(row[end])]) or NOWHERE[socket.AddressFamily(family)] for end in ("lip", "rip")]
    shown = TCP_STATES[state] if state < len(TCP_STATES) else f"{state}"
    return proto, shown, ends[0], int(row["lport"]), ends[1], int(row["rport"]), None, None


def _is_listed(row: np.void, proto: str, state: int) -> bool:
    """Does the kernel list it? A socket of TCP when it listens or is connected, others when they have a port."""
    return state != CLOSE if proto == "tcp" else proto == "raw" or row["lport"] != 0
