"""Dictionary records into state: every file, process and socket is described once, before anything refers to it."""

from __future__ import annotations

import socket

import numpy as np
import numpy.typing as npt

from sonde.kernel.proc import Cgroups, words
from sonde.kernel.records import NODE, PROCESS, PROCESS_NOT_CURRENT, SOCKET, Record
from sonde.plan.files import Node
from sonde.plan.state import State
from sonde.plan.strings import EMPTY, MISSING

__all__ = ["Dictionary"]

_V4_MAPPED = bytes(10) + b"\xff\xff"
_NOBODY = bytes(16)  # the other end of a socket that is not connected
_OF_NODE = ("flags", "mode", "parent", "ino", "dev", "rdev", "magic", "mount")
_OF_PROCESS = (
    "tid", "ppid", "start", "pstart", "thread_start", "uid", "euid", "gid", "egid", "loginuid", "sid", "pgid", "vpid",
    "vtid", "vsid", "vpgid", "cwd", "root", "cap_permitted", "cap_inheritable", "cap_effective", "tgid", "exe",
)  # fmt: skip
_RENAMED = {"tgid": "pid", "exe": "exe_file"}


class Dictionary:
    """Feeds records into a State. `added` are the process ids of the last feed, for verdicts.

    Environments and control groups are only kept when asked for.
    """

    def __init__(self, state: State, *, environment: bool = False, cgroups: bool = False) -> None:
        self.state = state
        self._environment, self._cgroups = environment, Cgroups() if cgroups else None
        self.added: list[int] = []

    def feed(
        self, data: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64], lengths: npt.NDArray[np.uint32]
    ) -> None:
        """Take in records at increasing `offsets` of `data`."""
        self.added.clear()
        kinds = data[offsets]
        nodes = kinds == Record.NODE
        if nodes.any():
            self._nodes(data, offsets[nodes], lengths[nodes])
        processes = kinds == Record.PROCESS
        if processes.any():
            self._processes(data, offsets[processes], lengths[processes])

    def _nodes(
        self, data: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64], lengths: npt.NDArray[np.uint32]
    ) -> None:
        files, strings = self.state.files, self.state.strings
        heads = data[offsets[:, None] + np.arange(NODE.itemsize)].view(NODE)[:, 0]
        places = files.ensure_all(heads["id"])
        files.rows["known"][places] = 1
        for name in _OF_NODE:
            files.rows[name][places] = heads[name]
        socks = heads["flags"] & Node.SOCK != 0
        start = int(offsets[0])
        texts = data[start : int(offsets[-1]) + int(lengths[-1])].tobytes()
        begin, end = offsets - start + NODE.itemsize, offsets - start + lengths
        named = zip(begin[~socks].tolist(), end[~socks].tolist(), strict=True)
        files.rows["name"][places[~socks]] = strings.intern_all(texts[a:b] for a, b in named)
        for place, at in zip(places[socks].tolist(), begin[socks].tolist(), strict=True):
            self._socket(files.rows[place], np.frombuffer(texts, SOCKET, 1, at)[0])

    def _socket(self, row: np.void, sock: np.void) -> None:
        strings = self.state.strings
        row["family"], row["proto"] = sock["family"], sock["proto"]
        row["stype"], row["state"] = sock["type"], sock["state"]
        row["lport"], row["rport"], row["role"] = sock["lport"], sock["rport"], sock["role"]
        row["cookie"], row["peer"] = sock["cookie"], sock["peer"]
        family = int(sock["family"])
        if family in (socket.AF_INET, socket.AF_INET6):
            local, remote = bytes(sock["local"]), bytes(sock["remote"])
            if family == socket.AF_INET6 and local.startswith(_V4_MAPPED) and remote.startswith((_V4_MAPPED, _NOBODY)):
                family, local, remote = socket.AF_INET, local[12:], remote[12:]
                row["family"] = family
            size = 4 if family == socket.AF_INET else 16
            row["lip"] = strings.intern(socket.inet_ntop(family, local[:size]).encode())
            row["rip"] = strings.intern(socket.inet_ntop(family, remote[:size]).encode()) if row["rport"] else MISSING
        elif family == socket.AF_UNIX:
            row["name"] = strings.intern(_unix_name(bytes(sock["path"])[: int(sock["length"])]))

    def _processes(
        self, data: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64], lengths: npt.NDArray[np.uint32]
    ) -> None:
        processes, strings = self.state.processes, self.state.strings
        heads = data[offsets[:, None] + np.arange(PROCESS.itemsize)].view(PROCESS)[:, 0]
        places = processes.ensure_all(heads["id"])
        processes.rows["known"][places] = 1
        for name in _OF_PROCESS:
            processes.rows[_RENAMED.get(name, name)][places] = heads[name]
        for name in ("comm", "pcomm", "tty"):
            processes.rows[name][places] = strings.intern_all(map(_text, heads[name].tolist()))
        processes.rows["tty"][places[processes.rows["tty"][places] == EMPTY]] = MISSING
        for place, head, offset, length in zip(places.tolist(), heads, offsets.tolist(), lengths.tolist(), strict=True):
            self._told(processes.rows[place], head, data[offset + PROCESS.itemsize : offset + length].tobytes())
        if self._cgroups:
            groups = self._cgroups.of_all(heads["tgid"].tolist(), heads["cgroups"].tolist())
            processes.rows["cgroups"][places] = [MISSING if one is None else strings.intern(one) for one in groups]
        self.added += heads["id"].tolist()
        for ident in self.added:
            processes.added(ident)

    def _told(self, row: np.void, head: np.void, told: bytes) -> None:
        """What the record of a process tells behind its head: the command line, the environment."""
        length = int(head["argv_length"])
        row["argv"], row["argv_truncated"] = self._words(head, told[:length], int(head["argv_full"]), "cmdline")
        if self._environment:
            row["env"] = self._words(head, told[length:], int(head["env_full"]), "environ")[0]

    def _words(self, head: np.void, told: bytes, full: int, kind: str) -> tuple[int, bool]:
        """(string id, truncated?) of what was told, or of /proc's if that is more."""
        truncated = full > len(told)
        if truncated or int(head["flags"]) & PROCESS_NOT_CURRENT:
            whole = words(int(head["tgid"]), int(head["start"]), kind)
            told, truncated = (whole, False) if whole is not None else (told, truncated)
        return (self.state.strings.intern(told.rstrip(b"\0")) if told else MISSING), truncated


def _text(value: bytes) -> bytes:
    return bytes(value).split(b"\0", 1)[0]


def _unix_name(name: bytes) -> bytes:
    """A bound name; an abstract one starts with NUL, shown as @ like ss does."""
    return b"@" + name[1:] if name[:1] == b"\0" else name.split(b"\0", 1)[0]
