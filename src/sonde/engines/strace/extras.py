"""What strace says of some results beyond the number: ready descriptors, time left, flags."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from sonde.engines import structs
from sonde.engines.strace.names import named
from sonde.engines.strace.options import ABBREV, RAW, VERBOSE
from sonde.engines.strace.signals import signal_name
from sonde.engines.strace.site import Site

__all__ = ["EXTRAS", "Extra"]

_F_DUPFD, _F_GETFD, _F_GETFL, _F_GETOWN, _F_GETSIG, _F_GETLEASE = 0, 1, 3, 9, 11, 1025
_F_DUPFD_CLOEXEC, _F_GET_SEALS = 1030, 1034
_LEASES = {0: b"F_RDLCK", 1: b"F_WRLCK", 2: b"F_UNLCK"}
_SEALS = ("F_SEAL_SEAL", "F_SEAL_SHRINK", "F_SEAL_GROW", "F_SEAL_WRITE", "F_SEAL_FUTURE_WRITE", "F_SEAL_EXEC")
_PR_GET_DUMPABLE = 3
_DUMPABLE = {0: b"SUID_DUMP_DISABLE", 1: b"SUID_DUMP_USER", 2: b"SUID_DUMP_ROOT"}
_HANDLERS = {0: b"SIG_DFL", 1: b"SIG_IGN"}
_TIMEOUT = b"Timeout"


class Extra(NamedTuple):
    """How a result is written: `fd` as a descriptor, else a number with `text` in parentheses behind it."""

    text: bytes = b""
    hexadecimal: bool = False
    fd: bool = False


def _poll(site: Site) -> list[Extra | None]:
    found: list[Extra | None] = []
    fds, left = site.views(0), _left(site, 2) if site.event.name == "ppoll" else None
    for row, ready in enumerate(site.column("res").tolist()):
        if ready <= 0:
            found.append(Extra(_TIMEOUT) if ready == 0 else None)
            continue
        entries = [
            b"{fd=%d, revents=%s}" % (fd, named("pollflags", revents, site.decoding.names))
            for fd, _, revents in struct.iter_unpack("=ihH", (fds[row] or b"")[: len(fds[row] or b"") // 8 * 8])
            if revents
        ]
        if len(entries) > site.decoding.limit and not site.verbose:
            entries = [*entries[: site.decoding.limit], b"..."]
        parts = [b"[%s]" % b", ".join(entries)] if entries else []
        found.append(Extra(b", ".join(parts + (left[row] if left else []))))
    return found


def _select(site: Site) -> list[Extra | None]:
    found: list[Extra | None] = []
    sets = [site.views(argument) for argument in (1, 2, 3)]
    left, nfds = _left(site, 4), site.column("a0").tolist()
    for row, ready in enumerate(site.column("res").tolist()):
        if ready <= 0:
            found.append(Extra(_TIMEOUT) if ready == 0 else None)
            continue
        parts = []
        for name, views in zip((b"in", b"out", b"except"), sets, strict=True):
            members = _members(views[row], nfds[row])
            if members:
                parts.append(b"%s [%s]" % (name, b" ".join(b"%d" % fd for fd in members)))
        found.append(Extra(b", ".join(parts + left[row])))
    return found


def _members(data: bytes | None, nfds: int) -> list[int]:
    """The descriptors of an fd_set below `nfds`."""
    bits = np.unpackbits(np.frombuffer(data or b"", np.uint8), bitorder="little")
    found: list[int] = np.flatnonzero(bits[: max(0, min(nfds, 1 << 16))]).tolist()
    return found


def _left(site: Site, argument: int) -> list[list[bytes]]:
    """`left {tv_sec=0, tv_nsec=5}` of each row that has a time left."""
    views, unit = site.views(argument), b"usec" if site.event.name == "select" else b"nsec"
    found: list[list[bytes]] = []
    for row in range(len(site)):
        data = views[row]
        size = 8 if site.compat and data is not None and len(data) == 8 else 16
        if data is None or len(data) < size:
            found.append([])
            continue
        seconds, rest = struct.unpack_from("=ii" if size == 8 else "=qq", data)
        found.append([b"left {tv_sec=%d, tv_%s=%d}" % (seconds, unit, rest)])
    return found


def _fcntl(site: Site) -> list[Extra | None]:
    words = zip(site.column("a1").tolist(), site.column("res").tolist(), strict=True)
    return [_fcntl_one(command & 0xFFFFFFFF, res, site.decoding.names) for command, res in words]


def _seals(bits: int, style: str) -> bytes:
    names = "|".join(name for i, name in enumerate(_SEALS) if bits >> i & 1).encode()
    return {RAW: b"%#x" % bits, VERBOSE: b"%#x /* %s */" % (bits, names)}.get(style, names)


def _fcntl_one(command: int, res: int, style: str) -> Extra | None:
    if command in (_F_DUPFD, _F_DUPFD_CLOEXEC):
        return Extra(fd=True)
    if command == _F_GETFD:
        return Extra(b"flags " + (b"FD_CLOEXEC" if res == 1 else b"%#x" % res), hexadecimal=True) if res else None
    if command == _F_GETFL:
        return Extra(b"flags " + named("open", res, ABBREV), hexadecimal=True)
    if command == _F_GETLEASE:
        return Extra(_LEASES.get(res, b""), hexadecimal=True)
    if command == _F_GETSIG and res:
        return Extra(signal_name(res))
    if command == _F_GET_SEALS and res:
        return Extra(b"seals " + _seals(res, style), hexadecimal=True)
    return None


_POLICIES = {0: b"SCHED_OTHER", 1: b"SCHED_FIFO", 2: b"SCHED_RR", 3: b"SCHED_BATCH", 4: b"SCHED_ISO", 5: b"SCHED_IDLE",
             6: b"SCHED_DEADLINE"}  # fmt: skip
_CLOCKS = (b"TIME_OK", b"TIME_INS", b"TIME_DEL", b"TIME_OOP", b"TIME_WAIT", b"TIME_ERROR")


def _signal(site: Site) -> list[Extra | None]:
    return [Extra(signal_name(res)) if res > 0 else None for res in site.column("res").tolist()]


def _time(site: Site) -> list[Extra | None]:
    stamps = ((res, time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(res))) for res in site.column("res").tolist())
    return [Extra(stamp.encode()) if res > 0 else None for res, stamp in stamps]


def _named(key: str, hexadecimal: bool) -> Callable[[Site], list[Extra | None]]:
    """Results with names."""

    def extra(site: Site) -> list[Extra | None]:
        style, found = site.decoding.names, site.column("res").tolist()
        return [Extra(named(key, res, style), hexadecimal) if res >= 0 else None for res in found]

    return extra


def _handler(site: Site) -> list[Extra | None]:
    return [Extra(_HANDLERS.get(res, b""), hexadecimal=True) for res in (site.column("res") & 0xFFFFFFFF).tolist()]


def _mask(before: bytes) -> Callable[[Site], list[Extra | None]]:
    """Results that are sets of signals."""

    def extra(site: Site) -> list[Extra | None]:
        words_ = (site.column("res") & 0xFFFFFFFF).tolist()
        return [Extra(before + structs.word("old_sigset", word, site.how(0)), hexadecimal=True) for word in words_]

    return extra


def _priority(site: Site) -> list[Extra | None]:
    """Without the number, which stands before it already."""
    found = [named("ioprio", res, site.decoding.names) if res >= 0 else b"" for res in site.column("res").tolist()]
    if site.decoding.names == VERBOSE:
        found = [text.partition(b" /* ")[2][: -len(b" */")] for text in found]
    return [Extra(text) if text else None for text in found]


def _barriers(site: Site) -> list[Extra | None]:
    words = zip(site.column("a0").tolist(), site.column("res").tolist(), strict=True)
    style = site.decoding.names
    return [Extra(_barrier_names(res, style), True) if command == 0 and res > 0 else None for command, res in words]


def _barrier_names(bits: int, style: str) -> bytes:
    """Every command that there is: they are values, here they are bits."""
    parts, rest = [], 0
    for bit in (1 << n for n in range(bits.bit_length()) if bits >> n & 1):
        name = named("membarrier", bit, ABBREV)
        if b"???" in name:
            rest |= bit
        else:
            parts.append(name)
    names = b"|".join(parts + [b"%#x" % rest] * bool(rest))
    return {RAW: b"%#x" % bits, VERBOSE: b"%#x /* %s */" % (bits, names)}.get(style, names)


def _prctl(site: Site) -> list[Extra | None]:
    words = zip(site.column("a0").tolist(), site.column("res").tolist(), strict=True)
    return [Extra(_DUMPABLE[res]) if option == _PR_GET_DUMPABLE and res in _DUMPABLE else None for option, res in words]


def _policy(site: Site) -> list[Extra | None]:
    return [Extra(_POLICIES[res]) if res in _POLICIES else None for res in site.column("res").tolist()]


def _clock(site: Site) -> list[Extra | None]:
    return [Extra(_CLOCKS[res]) if 0 <= res < len(_CLOCKS) else None for res in site.column("res").tolist()]


EXTRAS: dict[str, Callable[[Site], list[Extra | None]]] = {
    "poll": _poll,
    "ppoll": _poll,
    "ppoll_time64": _poll,
    "select": _select,
    "_newselect": _select,
    "pselect6": _select,
    "pselect6_time64": _select,
    "fcntl": _fcntl,
    "fcntl64": _fcntl,
    "rt_sigtimedwait": _signal,
    "rt_sigtimedwait_time64": _signal,
    "time": _time,
    "personality": _named("personality", hexadecimal=True),
    "ioprio_get": _priority,
    "membarrier": _barriers,
    "prctl": _prctl,
    "signal": _handler,
    "sgetmask": _mask(b"mask "),
    "ssetmask": _mask(b"old mask "),
    "sched_getscheduler": _policy,
    "adjtimex": _clock,
    "clock_adjtime": _clock,
    "clock_adjtime64": _clock,
}
