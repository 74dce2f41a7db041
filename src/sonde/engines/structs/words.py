"""Numbers with a spelling of their own: device numbers, modes, times, signals, flag words of several parts."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from sonde.catalog import flags
from sonde.engines.structs.how import RAW, How, address, commented, joined, named, number, octal, signed32
from sonde.engines.structs.requests import request

__all__ = ["SPELLINGS", "date", "device", "mask", "process", "signal", "signal_set", "spell", "st_mode", "user"]

_SIGNALS = (
    "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG"
    " XCPU XFSZ VTALRM PROF WINCH IO PWR SYS RTMIN"
).split()
_FORMATS = {
    0o140000: b"S_IFSOCK", 0o120000: b"S_IFLNK", 0o100000: b"S_IFREG", 0o060000: b"S_IFBLK", 0o040000: b"S_IFDIR",
    0o020000: b"S_IFCHR", 0o010000: b"S_IFIFO",
}  # fmt: skip
_HUGE_SHIFT, _HUGE_MASK = 26, 0x3F << 26
_MAX64, _MAX32 = (1 << 64) - 1, (1 << 32) - 1


def signal_text(value: int) -> bytes:
    """HUP, RT_2, or nothing."""
    if 1 <= value <= len(_SIGNALS):
        return _SIGNALS[value - 1].encode()
    return b"RT_%d" % (value - 32) if 32 < value <= 64 else b""


def signal(value: int, how: How) -> bytes:
    """SIGHUP."""
    value = signed32(value)
    name = signal_text(value)
    return commented(b"%d" % value, b"SIG" + name if name else b"", how)


def signal_set(bits: int, how: How, count: int = 64) -> bytes:
    """[HUP TERM], ~[KILL STOP]."""
    inverted = bits.bit_count() * 3 >= count * 2
    shown = ~bits & ((1 << count) - 1) if inverted else bits
    names = [commented(b"%d" % n, signal_text(n) or b"%d" % n, how) for n in range(1, count + 1) if shown >> n - 1 & 1]
    return (b"~[" if inverted else b"[") + b" ".join(names) + b"]"


mask = signal_set


def device(value: int, how: How) -> bytes:
    """makedev(0x8, 0x1)."""
    major = value >> 8 & 0xFFF | value >> 32 & ~0xFFF
    minor = value & 0xFF | value >> 12 & 0xFFFFFF00
    return commented(number(value), b"makedev(%s, %s)" % (number(major), number(minor)), how)


def st_mode(value: int, how: How) -> bytes:
    """S_IFREG|0644."""
    value &= 0xFFFF
    kind = _FORMATS.get(value & 0o170000)
    if kind is None:
        return octal(value)
    bits = [name for bit, name in ((0o4000, b"S_ISUID"), (0o2000, b"S_ISGID"), (0o1000, b"S_ISVTX")) if value & bit]
    return commented(octal(value), b"|".join([kind, *bits, octal(value & 0o777)]), how)


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
        text = time.strftime("%Y-%m-%dT%H:%M:%S", moment)
        zone = time.strftime("%z", moment)
    except (OverflowError, ValueError, OSError):
        return b""
    return f" /* {text}{f'.{fraction:0{digits}d}' if fraction and digits else ''}{zone} */".encode()


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


def _huge(key: str, prefix: str, value: int, how: How) -> bytes:
    """Flags with the logarithm of the size of huge pages: the names as a whole stand for the number."""
    names = how._replace(names="abbrev")
    size = value & _HUGE_MASK if value & flags_of(key).get(f"{prefix}_HUGETLB", 0) else 0
    shift = b"%d<<%s_HUGE_SHIFT" % (size >> _HUGE_SHIFT, prefix.encode()) if size else b""
    rest = value & _MAX32 & ~size
    text = joined(named(key, rest, names) if rest or not size else b"", shift)
    return commented(number(value & _MAX32), text if text != number(value & _MAX32) else b"", how)


def flags_of(key: str) -> dict[str, int]:
    """Numbers by name of a flag set."""
    found = flags.named(key)
    return {name: value for value, name in (*found.values.items(), *found.bits)}


def _statx_flags(value: int, how: How) -> bytes:
    sync, rest = value & 0x6000, value & _MAX32 & ~0x6000
    first = b"" if how.names == RAW and not sync else named("at_statx_sync_types", sync, how)
    return first + (b"|" + named("at_flags", rest, how) if rest else b"")


def _fanotify_init(value: int, how: How) -> bytes:
    rest = value & _MAX32 & ~0xC
    return joined(named("fan_classes", value & 0xC, how), named("fan_init_flags", rest, how) if rest else b"")


def _clone(value: int, how: How) -> bytes:
    rest, sent = value & 0xFFFFFF00, value & 0xFF
    if not rest and not sent:
        return b"0"
    return joined(named("clone_flags", rest, how) if rest else b"", signal(sent, how) if sent else b"")


def _swap(value: int, how: How) -> bytes:
    priority, rest = value & 0x7FFF, value & _MAX32 & ~0x7FFF
    if not rest:
        return b"%d" % priority
    return joined(named("swap_flags", rest, how), b"%d" % priority if priority else b"")


def _mount(value: int, how: How) -> bytes:
    magic = value & 0xFFFF0000 == 0xC0ED0000
    rest = value & _MAX32 & (0xFFFF if magic else _MAX32)
    first = commented(b"0xc0ed0000", b"MS_MGC_VAL", how) if magic else b""
    return joined(first, named("mount_flags", rest, how) if rest or not magic else b"")


def _policy(value: int, how: How) -> bytes:
    bits, mode = value & 0xE000, value & _MAX32 & ~0xE000
    name = flags.named("mpol_modes").values.get(mode)
    if name is None:
        return named("mpol_modes", value & _MAX32, how)
    more = flags.names("mpol_mode_flags", bits) if bits else ""
    return commented(number(value & _MAX32), "|".join(filter(None, (name, more))).encode(), how)


def _ioprio(value: int, how: How) -> bytes:
    kind = named("ioprio_class", value >> 13 & 0x7FFFF, how)
    return commented(b"%d" % signed32(value), b"IOPRIO_PRIO_VALUE(%s, %d)" % (kind, value & 0x1FFF), how)


def _personality(value: int, how: How) -> bytes:
    value &= _MAX32
    if value == _MAX32:
        return b"0xffffffff"
    kind = value & 0xFF
    rest = value & ~0xFF
    return joined(named("personality_types", kind, how), named("personality_flags", rest, how) if rest else b"")


def _quota(value: int, how: How) -> bytes:
    value &= _MAX32
    plain = how._replace(names="abbrev")
    text = b"QCMD(%s, %s)" % (named("quotacmds", value >> 8, plain), named("quotatypes", value & 0xFF, plain))
    return commented(b"%d" % value, text, how)


def _ipc_key(value: int, how: How) -> bytes:
    value &= _MAX32
    return number(value) if value else commented(b"0", b"IPC_PRIVATE", how)


def _ipc_flags(key: str, value: int, how: How) -> bytes:
    """Flags and the permissions of what is made: `IPC_CREAT|0600`."""
    rest = value & _MAX32 & ~0o777
    text = b""
    if rest:
        size = rest & _HUGE_MASK if key == "shm_resource_flags" and rest & 0o4000 else 0
        text = joined(named(key, rest & ~size, how), b"%d<<SHM_HUGE_SHIFT" % (size >> _HUGE_SHIFT) if size else b"")
    return joined(text, octal(value & 0o777))


def _ipc_command(key: str, value: int, how: How) -> bytes:
    value &= _MAX32
    first = commented(b"0x100", b"IPC_64", how) if value & 0x100 else b""
    return joined(first, named(key, value & ~0x100, how))


def _syslog(value: int, how: How) -> bytes:
    value = signed32(value)
    name = flags.named("syslog_action_type").values.get(value, "SYSLOG_ACTION_???")
    return b"%d /* %s */" % (value, name.encode())


def _kexec(value: int, how: How) -> bytes:
    rest = value & 0xFFFF
    kind = named("kexec_arch_values", value & 0xFFFF0000, how)
    return joined(kind, named("kexec_load_flags", rest, how) if rest else b"")


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


def _capabilities(value: int, how: How) -> bytes:
    return named("cap", value, how)


def _clock(value: int, how: How) -> bytes:
    return named("clocknames", value & _MAX32, how)


def _hex(value: int, how: How) -> bytes:
    return number(value)


def _address(value: int, how: How) -> bytes:
    return address(value)


def _protocol(value: int, how: How) -> bytes:
    """Of packet sockets: in network order."""
    swapped = int.from_bytes((value & 0xFFFF).to_bytes(2, "little"), "big")
    return b"htons(%s)" % named("ethernet_protocols", swapped, how)


def _error_or_node(value: int, how: How) -> bytes:
    """A node, or the negative number of an error."""
    from sonde.catalog.errnos import name

    value = signed32(value)
    if value >= 0:
        return b"%d" % value
    text = name(-value)
    return commented(b"%d" % value, b"-" + text.encode() if text else b"", how)


SPELLINGS: dict[str, Callable[[int, How], bytes]] = {
    "x": _hex,
    "p": _address,
    "o": lambda value, how: octal(value),
    "ticks": _ticks,
    "time": _time,
    "dev": device,
    "st_mode": st_mode,
    "file_mode": st_mode,
    "uid": user,
    "uid16": user16,
    "pid": process,
    "fd": descriptor,
    "signal": signal,
    "rlim": _rlim,
    "rlim64": _rlim64,
    "sigset": signal_set,
    "old_sigset": lambda value, how: signal_set(value & _MAX32, how, 32),
    "sighandler": _handler,
    "node_status": _error_or_node,
    "ioctl": request,
    "statx_flags": _statx_flags,
    "fanotify_init": _fanotify_init,
    "clone": _clone,
    "swap_flags": _swap,
    "mount_flags": _mount,
    "mpol_mode": _policy,
    "mmap_flags": partial(_huge, "mmap", "MAP"),
    "memfd_flags": partial(_huge, "memfd_create_flags", "MFD"),
    "ioprio": _ioprio,
    "personality": _personality,
    "quotactl": _quota,
    "ipc_key": _ipc_key,
    "ipc_flags": partial(_ipc_flags, "resource_flags"),
    "shmget_flags": partial(_ipc_flags, "shm_resource_flags"),
    "shmctl": partial(_ipc_command, "shmctl_flags"),
    "semctl": partial(_ipc_command, "semctl_flags"),
    "msgctl": partial(_ipc_command, "msgctl_flags"),
    "syslog": _syslog,
    "kexec_flags": _kexec,
    "futex_op": _futex_op,
    "clock": _clock,
    "packet_protocol": _protocol,
    "key_serial": partial(named, "key_spec"),
    "pidfd_target": lambda value, how: b"%d" % signed32(value),
    "pages": lambda value, how: number(value * 4096),
}


def spell(key: str, value: int, how: How) -> bytes:
    """The text of a number by a spelling or a flag set."""
    found = SPELLINGS.get(key)
    return found(value, how) if found else named(key, value, how)
