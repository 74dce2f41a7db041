"""Sockets that are open when a .scap file begins, by /proc/PID/net of each network namespace."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from contextlib import suppress

from sonde.catalog.scap import blocks
from sonde.sources.procfs.read import read
from sonde.sources.scap.fds import RAW, TCP, UDP, Ends
from sonde.sources.scap.lists import Entry

__all__ = ["Sockets"]

_PROTOCOLS = {"tcp": TCP, "tcp6": TCP, "udp": UDP, "udp6": UDP, "raw": RAW, "raw6": RAW}


class Sockets:
    """Sockets by namespace and inode, each namespace read once."""

    def __init__(self) -> None:
        self._spaces: dict[int, dict[int, Entry]] = {}

    def entry(self, pid: int, fd: int, ino: int) -> Entry | None:
        """The socket behind a descriptor, None if /proc does not tell of it."""
        space = os.stat(f"/proc/{pid}/ns/net").st_ino
        if space not in self._spaces:
            self._spaces[space] = {one.ino: one for one in _all(pid)}
        found = self._spaces[space].get(ino)
        return found and found._replace(fd=fd)


def _all(pid: int) -> Iterator[Entry]:
    for name, l4 in _PROTOCOLS.items():
        for words in _lines(pid, name):
            yield _inet(int(words[9]), _end(words[1]) + _end(words[2]), l4)
    for words in _lines(pid, "unix"):
        path = b" ".join(words[7:])
        yield Entry(0, int(words[6]), blocks.UNIX, pair=(int(words[0].rstrip(b":"), 16), 0), name=path)
    for words in _lines(pid, "netlink"):
        yield Entry(0, int(words[9]), blocks.NETLINK)


def _lines(pid: int, name: str) -> list[list[bytes]]:
    with suppress(OSError):
        return [line.split() for line in read(f"/proc/{pid}/net/{name}").splitlines()[1:]]
    return []


def _inet(ino: int, ends: Ends, l4: int) -> Entry:
    wide = len(ends[0]) == 16
    if not ends[3]:
        return Entry(0, ino, blocks.IPV6_SERVER if wide else blocks.IPV4_SERVER, (*ends[:2], b"", 0), l4)
    return Entry(0, ino, blocks.IPV6 if wide else blocks.IPV4, ends, l4)


def _end(written: bytes) -> tuple[bytes, int]:
    """`0100007F:1F90`: words of the address in the byte order of the machine."""
    address, _, port = written.partition(b":")
    words = [int(address[at : at + 8], 16) for at in range(0, len(address), 8)]
    return struct.pack(f"={len(words)}I", *words), int(port, 16)
