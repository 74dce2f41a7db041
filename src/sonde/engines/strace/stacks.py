"""User stacks below the lines of calls: ` > /usr/lib/libc.so.6(__write+0x10) [0xf8350]`."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

import numpy as np

from sonde.engines.strace.site import Site, texts
from sonde.engines.strace.symbols import Symbols, symbols_of
from sonde.native.ops import Op

__all__ = ["STACK", "Stacks"]

STACK = 7  # the argument number of payloads that are stacks
BIGGEST = 256 << 20  # a file that is larger is not searched for names
Map = tuple[int, int, int, bytes]  # start, end, offset in the file, path


class Stacks:
    """Where the code of processes lies, and the names in its files."""

    def __init__(self) -> None:
        self._maps: dict[int, list[Map]] = {}
        self._symbols: dict[bytes, Symbols] = {}
        self._lines: dict[tuple[int, int], bytes] = {}

    def below(self, site: Site) -> list[Op]:
        """The stacks of the group's rows, frame by frame from the innermost."""
        views = site.views(STACK)
        if not (views.length > 0).any():
            return []
        pids = site.column("pid").tolist()
        found = []
        for row, pid in enumerate(pids):
            data = views[row] or b""
            frames: list[int] = np.frombuffer(data[: len(data) // 8 * 8], np.uint64).tolist()
            found.append(b"".join(self._line(pid, address) for address in frames if address))
        return [texts(found)]

    def forget(self, pids: Sequence[int]) -> None:
        """Tell that processes run other programs from now on."""
        for pid in pids:
            self._maps.pop(pid, None)
        self._lines = {key: line for key, line in self._lines.items() if key[0] not in pids}

    def _line(self, pid: int, address: int) -> bytes:
        key = pid, address
        if key not in self._lines:
            self._lines[key] = self._text(pid, address)
        return self._lines[key]

    def _text(self, pid: int, address: int) -> bytes:
        found = self._map_of(pid, address)
        if found is None:
            return b" > unexpected_backtracing_error [%#x]\n" % address
        start, _, offset, path = found
        inside = address - start + offset
        known = self._names(path).at(inside)
        where = b"%s+%#x" % known if known else b""
        return b" > %s(%s) [%#x]\n" % (path, where, inside)

    def _map_of(self, pid: int, address: int) -> Map | None:
        """The mapping of an address; maps are read again when it is in none that is known."""
        for again in (False, True):
            if again or pid not in self._maps:
                self._maps[pid] = _maps(pid) or self._maps.get(pid, [])
            maps = self._maps[pid]
            place = bisect_right(maps, (address, 1 << 64, 0, b"")) - 1
            if place >= 0 and maps[place][0] <= address < maps[place][1]:
                return maps[place]
        return None

    def _names(self, path: bytes) -> Symbols:
        if path not in self._symbols:
            try:
                with open(path, "rb") as file:
                    self._symbols[path] = symbols_of(file.read(BIGGEST))
            except OSError:
                self._symbols[path] = Symbols([], [], [])
        return self._symbols[path]


def _maps(pid: int) -> list[Map]:
    """The mappings of files of a process, in order; none if it is gone."""
    found = []
    try:
        with open(f"/proc/{pid}/maps", "rb") as file:
            for line in file:
                fields = line.rstrip(b"\n").split(None, 5)
                if len(fields) == 6:
                    start, _, end = fields[0].partition(b"-")
                    found.append((int(start, 16), int(end, 16), int(fields[2], 16), fields[5]))
    except OSError:
        return []
    return sorted(found)
