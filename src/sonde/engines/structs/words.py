"""Numbers with a spelling of their own: device numbers, modes, times, signals, flag words of several parts."""

from __future__ import annotations

import time
from collections.abc import Callable

from sonde.catalog.errnos import name
from sonde.catalog.flags import signed32
from sonde.catalog.words import option_text, text
from sonde.engines.structs.how import RAW, How, address, commented, named, number, octal, quoted

__all__ = ["SPELLINGS", "date", "descriptor", "device", "process", "signal", "signal_set", "spell", "user"]

_PAGE = 4096
_MAX64, _MAX32 = (1 << 64) - 1, (1 << 32) - 1


def signal(value: int, how: How) -> bytes:
    """SIGHUP."""
    return named("signal", value & _MAX32, how)


def signal_set(bits: int, how: How, count: int = 64) -> bytes:
    """[HUP TERM], ~[KILL STOP]."""
    inverted = bits.bit_count() * 3 >= count * 2
    shown = ~bits & ((1 << count) - 1) if inverted else bits
    names = [_member(n, how) for n in range(1, count + 1) if shown >> n - 1 & 1]
    return (b"~[" if inverted else b"[") + b" ".join(names) + b"]"


def _member(number_: int, how: How) -> bytes:
    name = text("signal", number_).removeprefix("SIG").encode()
    return commented(b"%d" % number_, name, how)


def device(value: int, how: How) -> bytes:
    """makedev(0x8, 0x1)."""
    major = value >> 8 & 0xFFF | value >> 32 & ~0xFFF
    minor = value & 0xFF | value >> 12 & 0xFFFFFF00
    return commented(number(value), b"makedev(%s, %s)" % (number(major), number(minor)), how)


def user(value: int, how: How) -> bytes:
    """A user or group; -1 for none."""
    return b"-1" if value & _MAX32 == _MAX32 else b"%d" % (value & _MAX32)


def user16(value: int, how: How) -> bytes:
    """A 16-bit user or group."""
    return b"-1" if value & 0xFFFF == 0xFFFF else b"%d" % (value & 0xFFFF)


def process(value: int, how: How) -> bytes:
    """A process."""
    value = signed32(value)
    return how.pid(value) if how.pid else b"%d" % value


def descriptor(value: int, how: How) -> bytes:
    """A file descriptor."""
    value = signed32(value)
    return how.fd(value) if how.fd else b"%d" % value


def date(seconds: int, fraction: int = 0, digits: int = 0) -> bytes:
    """The comment behind a time: ` /* 2001-09-09T01:46:40+0000 */`; nothing for 0 and for what is no time."""
    if (not seconds and not fraction) or not 0 <= fraction < 10 ** max(digits, 1):
        return b""
    try:
        moment = time.localtime(seconds)
        shown = time.strftime("%Y-%m-%dT%H:%M:%S", moment)
        zone = time.strftime("%z", moment)
    except (OverflowError, ValueError, OSError):
        return b""
    return f" /* {shown}{f'.{fraction:0{digits}d}' if fraction and digits else ''}{zone} */".encode()


def _time(value: int, how: How) -> bytes:
    return b"%d" % value + date(value)


def _ticks(value: int, how: How) -> bytes:
    return b"%d /* %d.%02d s */" % (value, value // 100, value % 100) if value > 0 else b"%d" % value


def _limit(infinity: int, name: bytes, value: int, how: How) -> bytes:
    if value == infinity:
        return commented(b"%d" % value, name, how)
    round_ = value > 1024 and value % 1024 == 0
    return commented(b"%d" % value, b"%d*1024" % (value // 1024) if round_ else b"", how)


def _rlim(value: int, how: How) -> bytes:
    return _limit(_MAX32, b"RLIM_INFINITY", value, how) if how.compat else _rlim64(value, how)


def _rlim64(value: int, how: How) -> bytes:
    return _limit(_MAX64, b"RLIM64_INFINITY", value, how)


def _handler(value: int, how: How) -> bytes:
    name = {0: b"SIG_DFL", 1: b"SIG_IGN", _MAX64: b"SIG_ERR", _MAX32: b"SIG_ERR"}.get(value, b"")
    return commented(number(value), name, how)


def _futex_op(value: int, how: How) -> bytes:
    """How FUTEX_WAKE_OP changes and compares."""
    value &= _MAX32
    operation, compare = value >> 28 & 7, value >> 24 & 15
    text = named("futexwakeops", operation, how)
    unknown = b" /* FUTEX_OP_??? */" if how.names == RAW else b""
    first = text + b"<<28" + unknown
    if value >> 31:
        first = commented(b"0x8", b"FUTEX_OP_OPARG_SHIFT", how) + b"<<28|" + first
    other = named("futexwakecmps", compare, how) + b"<<24" + (b" /* FUTEX_OP_CMP_??? */" if how.names == RAW else b"")
    return b"%s|0x%x<<12|%s|0x%x" % (first, value >> 12 & 0xFFF, other, value & 0xFFF)


def _hex(value: int, how: How) -> bytes:
    return number(value)


def _address(value: int, how: How) -> bytes:
    return address(value)


def _protocol(value: int, how: How) -> bytes:
    """Of packet sockets: in network order."""
    swapped = int.from_bytes((value & 0xFFFF).to_bytes(2, "little"), "big")
    return b"htons(%s)" % named("ethernet_protocols", swapped, how)


def _tracer(value: int, how: How) -> bytes:
    """Who may trace: a process, or anyone."""
    return commented(b"-1", b"PR_SET_PTRACER_ANY", how) if value in (_MAX32, _MAX64) else process(value, how)


def _error_or_node(value: int, how: How) -> bytes:
    """A node, or the negative number of an error."""
    value = signed32(value)
    if value >= 0:
        return b"%d" % value
    error = name(-value)
    return commented(b"%d" % value, b"-" + error.encode() if error else b"", how)


SPELLINGS: dict[str, Callable[[int, How], bytes]] = {
    "x": _hex,
    "p": _address,
    "o": lambda value, how: octal(value),
    "char": lambda value, how: b"'%s'" % quoted(bytes((value & 0xFF,)), how)[1:-1],
    "ticks": _ticks,
    "time": _time,
    "dev": device,
    "uid": user,
    "uid16": user16,
    "pid": process,
    "fd": descriptor,
    "rlim": _rlim,
    "rlim64": _rlim64,
    "sigset": signal_set,
    "old_sigset": lambda value, how: signal_set(value & _MAX32, how, 32),
    "sighandler": _handler,
    "node_status": _error_or_node,
    "futex_op": _futex_op,
    "packet_protocol": _protocol,
    "pidfd_target": lambda value, how: b"%d" % signed32(value),
    "pages": lambda value, how: number((value & _MAX32) * _PAGE),
    "ptracer": _tracer,
    "ipc_key": lambda value, how: number(value & _MAX32) if value & _MAX32 else commented(b"0", b"IPC_PRIVATE", how),
}


def spell(key: str, value: int, how: How) -> bytes:
    """The text of a number by a spelling or a flag set; `option:1:set` is an option of sockets at level 1."""
    if key.startswith("option:"):
        _, level, way = key.split(":")
        return option_text(int(level), value, how.names, way == "get").encode()
    found = SPELLINGS.get(key)
    return found(value, how) if found else named(key, value, how)
