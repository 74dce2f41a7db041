"""strace's text for a word of any key: those of one set, and those put together of several, such as open's flags."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache

from sonde.catalog import uapi
from sonde.catalog.flags import named, signed32
from sonde.catalog.flagtext import ABBREV, RAW, VERBOSE, commented, enum_text, flags_text, number, plain
from sonde.catalog.requests import request_text

__all__ = ["ABBREV", "COMPOSITES", "RAW", "VERBOSE", "option_text", "si_code_text", "text"]

_HALF, _WHOLE = (1 << 32) - 1, (1 << 64) - 1
_HUGE = 0x3F << 26  # the size of huge pages, as the logarithm


@lru_cache(8192)
def text(key: str, value: int, mode: str = ABBREV, compat: bool = False) -> str:
    """What strace 6.1 writes for a word: with names (ABBREV), as a number (RAW), or as a number with names (VERBOSE).

    The word may be signed or not; `compat` says that it is one of a 32-bit program. KeyError for an unknown key.
    """
    if key == "ioctl":
        return request_text(value & _HALF, mode, compat)
    if compat:
        value &= _HALF
    composite = COMPOSITES.get(key)
    return composite(value & _WHOLE, mode) if composite else plain(key, value, mode)


def option_text(level: int, option: int, mode: str = ABBREV, reading: bool = False) -> str:
    """The name of a socket option at a level (as SOL_SOCKET = 1); `reading` for getsockopt."""
    option &= _HALF
    found = _options().get(level)
    if found is None:
        return str(option)
    key, comment = found
    table = uapi.table(key)
    beside = ("getsock" if reading else "setsock") + key.removeprefix("sock")
    if beside in uapi.families():
        table = table._replace(pairs=table.pairs + uapi.table(beside).pairs)
    return enum_text(table, option, comment, mode)


def si_code_text(signal: int, code: int, mode: str = ABBREV) -> str:
    """The name of a siginfo's si_code, which depends on the signal unless it says who sent it."""
    for key in ("siginfo_codes", _CODES_OF.get(named("signal").values.get(signal, ""), "")):
        known = named(key).values if key else {}
        name = known.get(code) or known.get(code & _HALF, "")
        if name and mode != RAW:
            break
    shown = number(code & _HALF)
    return shown if mode == RAW or not name else name if mode == ABBREV else commented(shown, name)


_CODES_OF = {
    "SIG" + name: f"sig{name.lower()}_codes" for name in ("ILL", "FPE", "SEGV", "BUS", "TRAP", "CHLD", "SYS")
} | {"SIGIO": "sigpoll_codes"}
_LEVELS = {
    1: "", 0: "ip", 6: "tcp", 17: "udp", 40: "vsock", 41: "ipv6", 132: "sctp", 255: "raw", 256: "ipx", 257: "ax25",
    263: "packet", 266: "irda", 268: "llc", 269: "dccp", 270: "netlink", 271: "tipc", 272: "rxrpc", 273: "pppol2tp",
    274: "bluetooth", 275: "pnp", 276: "rds", 277: "iucv", 278: "caif", 279: "alg", 280: "nfcllcp", 281: "kcm",
    282: "tls", 283: "xdp", 101: "can_raw",
}  # fmt: skip


@cache
def _options() -> dict[int, tuple[str, str]]:
    """For each level of socket options its set and the comment beside an unknown one."""
    keys = {level: f"sock_{name}_options" if name else "sock_options" for level, name in _LEVELS.items()}
    comments = {0: "IP_???", 1: "SO_???", 41: "IPV6_???"}
    return {level: (key, comments.get(level) or uapi.table(key).unknown) for level, key in keys.items()}


def _flags(key: str, value: int, mode: str, comment: str = "") -> str:
    """The bits of a generated set; without a comment 0 is nothing."""
    return flags_text(uapi.table(key), value, comment, mode)


def _rest(key: str, value: int, mode: str, comment: str = "") -> str:
    """Bits that follow something else: nothing if there are none."""
    return _flags(key, value, mode, comment) if value else ""


def _values(key: str, value: int, mode: str, comment: str | None = None) -> str:
    table = uapi.table(key)
    return enum_text(table, value, table.unknown if comment is None else comment, mode)


def _together(value: str, names: str, mode: str) -> str:
    """A word that has one comment for all its parts."""
    return value if mode == RAW else names if mode == ABBREV else commented(value, names)


def _joined(*parts: str) -> str:
    return "|".join(part for part in parts if part)


def _open(value: int, mode: str) -> str:
    """An access mode and flags."""
    rest = value & ~3
    names = _joined(_values("open_access_modes", value & 3, ABBREV), _flags("open_mode_flags", rest, ABBREV))
    return _together(number(value), names, mode)


def _open32(value: int, mode: str) -> str:
    return _open(value & _HALF, mode)


def _mmap(value: int, mode: str) -> str:
    """A kind of mapping, flags, and a size of huge pages."""
    first = _values("mmap_flags", value & 15, ABBREV)
    rest = value & _HALF & ~15 & ~_HUGE  # as strace, which loses the upper half here
    names = _joined(first, _rest("mmap_flags", rest, ABBREV), _huge(value, "MAP"))
    return _together(number(value), names, mode)


def _huge(value: int, prefix: str) -> str:
    size = (value & _HUGE) >> 26
    return f"{size}<<{prefix}_HUGE_SHIFT" if size else ""


def _memfd(value: int, mode: str) -> str:
    value &= _HALF
    if not value:
        return "0"
    names = _joined(_rest("memfd_create_flags", value & ~_HUGE, ABBREV, "MFD_???"), _huge(value, "MFD"))
    return _together(number(value), names, mode)


def _clone(value: int, mode: str) -> str:
    """Flags, and the signal that tells the parent."""
    flags, signal = value & ~0xFF, value & 0xFF
    if not flags:
        return _signal(signal, mode)
    return _joined(_flags("clone_flags", flags, mode, "CLONE_???"), _signal(signal, mode) if signal else "")


def _signal(value: int, mode: str) -> str:
    value = signed32(value)
    name = f"SIGRT_{value - 32}" if 32 < value <= 64 else named("signal").values.get(value, "")
    return str(value) if mode == RAW or not name else name if mode == ABBREV else commented(str(value), name)


def _directory(value: int, mode: str) -> str:
    value = signed32(value)
    return _together(str(value), "AT_FDCWD", mode) if value == -100 else str(value)


def _socket(value: int, mode: str) -> str:
    """A type of socket and flags."""
    value &= _HALF
    if value & 15 not in named("socket").values:
        return _flags("sock_type_flags", value, mode, "SOCK_???")
    return _joined(_values("socktypes", value & 15, mode), _rest("sock_type_flags", value & ~15, mode, "SOCK_???"))


def _parts(first: str, mask: int, second: str, comment: str = "") -> Callable[[int, str], str]:
    """A value under a mask and flags beyond it, each with its own comment."""

    def composite(value: int, mode: str) -> str:
        rest = value & ~mask
        left = _flags if uapi.table(first).flags else _values
        shown = left(first, value & mask, mode, uapi.table(first).unknown)
        return shown + ("|" + _flags(second, rest, mode, comment) if rest else "")

    return composite


def _umode(value: int, mode: str) -> str:
    """A file's permissions, octal."""
    return _octal(value & 0xFFFF)


def _octal(value: int) -> str:
    return (f"0{value:o}" if value else "0").zfill(3)


def _mode(value: int, mode: str) -> str:
    """A file's type and permissions."""
    value &= 0xFFFF
    kind = named("mode").values.get(value & 0xF000)
    if mode == RAW or (kind is None and value & 0xF000):
        return _octal(value)
    special = [name for bit, name in ((0o4000, "S_ISUID"), (0o2000, "S_ISGID"), (0o1000, "S_ISVTX")) if value & bit]
    names = "|".join([*([kind] if kind else []), *special, _octal(value & ~0xFE00)])
    return _together(_octal(value), names, mode)


def _created(key: str) -> Callable[[int, str], str]:
    """Flags of an IPC object and its permissions."""

    def composite(value: int, mode: str) -> str:
        flags = value & _HALF & ~0o777
        size = _huge(flags, "SHM") if key == "shm_resource_flags" else ""
        if size:
            flags &= ~_HUGE
            size = size if mode == ABBREV else f"{size.partition('<<')[0]}<<" + _together("26", "SHM_HUGE_SHIFT", mode)
        shown = _flags(key, flags, mode)
        if key == "resource_flags" and shown[:1] == "0" and "/" not in shown and mode != RAW:
            return shown + _octal(value & 0o777)  # strace forgets the `|` behind unknown flags
        return _joined(shown, size, _octal(value & 0o777))

    return composite


def _policy(value: int, mode: str) -> str:
    """A memory policy and its flags."""
    flags = value & 0xE000
    name = named("mpol_modes").values.get(value & ~0xE000)
    if not flags:
        return _values("mpol_modes", value, mode)
    if name is None:
        return _flags("mpol_mode_flags", value, mode, "MPOL_???")
    return _together(number(value), f"{name}|{_flags('mpol_mode_flags', flags, ABBREV)}", mode)


def _mount(value: int, mode: str) -> str:
    """Flags, with what old programs put in the upper half."""
    if value & 0xFFFF0000 != 0xC0ED0000:
        return _flags("mount_flags", value, mode, "MS_???")
    rest = _rest("mount_flags", value & ~0xFFFF0000, mode, "MS_???")
    return _joined(_together("0xc0ed0000", "MS_MGC_VAL", mode), rest)


def _personality(value: int, mode: str) -> str:
    value &= _HALF
    if value == _HALF:
        return number(value)
    return _parts("personality_types", 0xFF, "personality_flags")(value, mode)


def _quota(value: int, mode: str) -> str:
    """QCMD(command, type of quota)."""
    value &= _HALF
    kind = _values("quotatypes", value & 0xFF, ABBREV, "???QUOTA")
    return _together(str(value), f"QCMD({_values('quotacmds', value >> 8, ABBREV, 'Q_???')}, {kind})", mode)


def _ioprio(value: int, mode: str) -> str:
    """A class and a priority in it."""
    value &= _HALF
    kind = _values("ioprio_class", value >> 13, mode, "IOPRIO_CLASS_???")
    return _together(number(value, "d"), f"IOPRIO_PRIO_VALUE({kind}, {value & 0x1FFF})", mode)


def _control(key: str) -> Callable[[int, str], str]:
    """An operation on an IPC object, with the mark of the newer layout of structures."""

    def composite(value: int, mode: str) -> str:
        mark = _together("0x100", "IPC_64", mode) + "|" if value & 0x100 else ""
        return mark + _values(key, value & _HALF & ~0x100, mode)

    return composite


def _swap(value: int, mode: str) -> str:
    """Flags and a priority."""
    return _joined(_rest("swap_flags", value & _HALF & ~0x7FFF, mode, "SWAP_FLAG_???"), str(value & 0x7FFF))


def _syslog(value: int, mode: str) -> str:
    """strace always shows the number too."""
    return _values("syslog_action_type", value & _HALF, VERBOSE)


_DELAYS = (
    ("nldly", 0o400), ("crdly", 0o3000), ("tabdly", 0o14000), ("bsdly", 0o20000), ("vtdly", 0o40000),
    ("ffdly", 0o100000),
)  # fmt: skip


def _oflag(value: int, mode: str) -> str:
    """Delays and flags of terminal output."""
    shown = "".join(_values(f"term_oflags_{name}", value & mask, mode) + "|" for name, mask in _DELAYS)
    return shown + _flags("term_oflags", value & ~0o177400, mode)


def _cflag(value: int, mode: str) -> str:
    """Speeds, the size of characters and flags of a terminal."""
    baud, size, incoming = value & 0o10017, value & 0o60, (value & 0o2003600000) >> 16
    shown = _values("baud_options", baud, mode) + "|"
    if incoming:
        shown += _values("baud_options", incoming, mode) + "<<" + _together("0x10", "IBSHIFT", mode) + "|"
    shown += _values("term_cflags_csize", size, mode) + "|"
    return shown + _flags("term_cflags", value & ~0o2003610077, mode)


COMPOSITES: dict[str, Callable[[int, str], str]] = {
    "open": _open32,
    "open64": _open,
    "mmap": _mmap,
    "memfd": _memfd,
    "clone": _clone,
    "signal": _signal,
    "dirfd": _directory,
    "socket": _socket,
    "statx": lambda value, mode: _parts("at_statx_sync_types", 0x6000, "at_flags")(value & _HALF, mode),
    "mode": _mode,
    "umode": _umode,
    "shmget": _created("shm_resource_flags"),
    "semget": _created("resource_flags"),
    "msgget": _created("resource_flags"),
    "semctl": _control("semctl_flags"),
    "msgctl": _control("msgctl_flags"),
    "shmctl": _control("shmctl_flags"),
    "ipcctl": _control("shmctl_flags"),
    "swapon": _swap,
    "mempolicy": _policy,
    "mount": _mount,
    "fanotify_init": lambda value, mode: _parts("fan_classes", 12, "fan_init_flags", "FAN_???")(value & _HALF, mode),
    "kexec_load": _parts("kexec_arch_values", 0xFFFF0000, "kexec_load_flags", "KEXEC_???"),
    "personality": _personality,
    "quotactl": _quota,
    "ioprio": _ioprio,
    "syslog": _syslog,
    "term_oflag": _oflag,
    "term_cflag": _cflag,
}
