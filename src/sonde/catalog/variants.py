"""Arguments whose meaning depends on other words of the call: which of them strace shows, and as what."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from sonde.catalog import commands, controls
from sonde.catalog.event import Event, Param, ParamType, Source
from sonde.catalog.notation import TIMES64, WORDS, argument

__all__ = ["depends", "resolve"]

Table = dict[int, list[str]]
Chooser = Callable[[Event, Sequence[int]], tuple[Param, ...]]
_OTHERS = -1
_I386, _TIMES64 = 1024, range(1024 + 403, 1024 + 424)  # i386 calls with 64-bit times
_FCNTL64 = 1024 + 221
_CREAT, _TMPFILE = 0o100, 0o20000000
_LOW = 0xFFFFFFFF


def depends(event: Event) -> tuple[int, ...]:
    """The argument words that say what the others are; () if the arguments are always those of the event."""
    rule = _RULES.get(event.name)
    return rule.words if rule else ()


def resolve(event: Event, words: Sequence[int]) -> tuple[Param, ...]:
    """The arguments that are shown of a call with these words, in the order in which they are shown."""
    rule = _RULES.get(event.name)
    if rule is None:
        return event.arguments
    return _resolved(event, tuple(words[index] if index in rule.words else 0 for index in range(6)))


@lru_cache(1 << 14)
def _resolved(event: Event, words: tuple[int, ...]) -> tuple[Param, ...]:
    found = _RULES[event.name].choose(event, words)
    if event.number in _TIMES64:
        found = tuple(p._replace(names=TIMES64.get(p.names, p.names)) for p in found)
    shown = {p.name for p in event.params}
    return tuple(p._replace(hidden=p.name not in shown) for p in found)


def _table(text: str) -> Table:
    found: Table = {}
    for line in text.strip().split("\n"):
        _, numbers, *rest = line.split(" ", 2)
        tokens = rest[0].split(", ") if rest else []
        for number in numbers.split(","):
            found[_OTHERS if number == "*" else int(number, 0)] = tokens
    return found


@cache
def _tables() -> dict[str, Table]:
    return {name.lower(): _table(getattr(commands, name)) for name in commands.__all__} | {
        "ioctl": _table(controls.IOCTL)
    }


def _params(tokens: Sequence[str], first: int) -> tuple[Param, ...]:
    """The arguments of a line, from a word on."""
    return tuple(argument("", token, WORDS[first + at]) for at, token in enumerate(tokens) if token != "-")


def _by_command(name: str, command: int, first: int, mask: int = _LOW, shift: int = 0) -> Chooser:
    """By the number in a word, masked and shifted: the arguments before `first` and those of the command's line."""

    def choose(event: Event, words: Sequence[int]) -> tuple[Param, ...]:
        table = _tables()[name]
        tokens = table.get((words[command] & mask) >> shift, table[_OTHERS])
        fixed = tuple(p for p in event.arguments if WORDS.index(p.source) < first)
        return fixed + _params(tokens, first)

    return choose


def _without(*names: str, unless: Callable[[Sequence[int]], int]) -> Chooser:
    """The event's arguments, without some unless a condition holds."""

    def choose(event: Event, words: Sequence[int]) -> tuple[Param, ...]:
        return event.arguments if unless(words) else tuple(p for p in event.arguments if p.name not in names)

    return choose


def _as(place: int, kind: Callable[[Sequence[int]], str]) -> Chooser:
    """The event's arguments, one with a type that depends on the words."""

    def choose(event: Event, words: Sequence[int]) -> tuple[Param, ...]:
        found = list(event.arguments)
        index = next(i for i, p in enumerate(found) if p.source is WORDS[place])
        found[index] = argument("", f"{found[index].name}:{kind(words)}", WORDS[place])
        return tuple(found)

    return choose


def _creates(place: int) -> Callable[[Sequence[int]], int]:
    return lambda words: words[place] & (_CREAT | _TMPFILE)


def _clone(event: Event, words: Sequence[int]) -> tuple[Param, ...]:
    """Named, the stack first, what it writes only if it does."""
    bits = words[0]
    tls, child = (WORDS[3], WORDS[4]) if event.number >= _I386 else (WORDS[4], WORDS[3])
    found = [argument("", "child_stack:pointer", WORDS[1]), argument("", "flags:clone", WORDS[0])]
    if bits & 0x101000:  # CLONE_PARENT_SETTID, CLONE_PIDFD
        found.append(argument("", "parent_tid:>int", WORDS[2]))
    if bits & 0x80000:
        found.append(argument("", "tls:pointer", tls)._replace(out=True))
    if bits & 0x1200000:  # CLONE_CHILD_SETTID, CLONE_CHILD_CLEARTID
        found.append(argument("", "child_tidptr:pointer", child)._replace(out=True))
    return tuple(found)


def _fcntl(event: Event, words: Sequence[int]) -> tuple[Param, ...]:
    """Locks with 64-bit offsets are those of fcntl64."""
    command = words[1] & _LOW
    if event.number == _FCNTL64 and command in (12, 13, 14):
        return event.arguments[:2] + _params(["lock:>flock64:asked" if command == 12 else "lock:*flock64"], 2)
    return _by_command("fcntl", 1, 2)(event, words)


def _prctl(event: Event, words: Sequence[int]) -> tuple[Param, ...]:
    option, second = words[0] & _LOW, words[1]
    first = event.arguments[:1]
    if option == 47:  # PR_CAP_AMBIENT
        third = "arg3:cap" if second in (1, 2, 3) else "arg3:hex"
        return first + _params(["arg2:pr_cap_ambient", third, "arg4:hex", "arg5:hex"], 1)
    if option == 22 and second != 2:  # PR_SET_SECCOMP without a filter
        more = [] if second == 1 else ["arg3:hex", "arg4:hex", "arg5:hex"]
        return first + _params(["mode:seccomp_mode", *more], 1)
    return _by_command("prctl", 0, 1)(event, words)


def _ptrace(event: Event, words: Sequence[int]) -> tuple[Param, ...]:
    if words[0] == 0:
        return event.arguments[:1]
    return _by_command("ptrace", 0, 2)(event, words)


def _bpf(words: Sequence[int]) -> str:
    command = words[0] & _LOW
    known = command <= 35 and command not in (24, 25, 26, 27)
    return f"*bpf:{command}[2]" if known else "pointer"


def _protocol(words: Sequence[int]) -> str:
    return _PROTOCOLS.get(words[0] & _LOW, "int")


_PROTOCOLS = {
    2: "inet_protocols", 10: "inet_protocols", 16: "netlink_protocols", 17: "word/packet_protocol", 31: "bt_protocols",
    29: "can_protocols", 3: "ax25_protocols", 23: "irda_protocols", 34: "isdn_protocols", 35: "phonet_protocols",
    37: "caif_protocols", 39: "nfc_protocols", 41: "kcm_protocols", 43: "smc_protocols",
}  # fmt: skip


@cache
def _options() -> dict[tuple[int, int], str]:
    found = {}
    for line in controls.OPTIONS.strip().split("\n"):
        _, numbers, token = line.split(" ", 2)
        for number in numbers.split(","):
            level, _, name = number.partition(":")
            found[(_OTHERS, 0) if number == "*" else (int(level), int(name))] = token
    return found


def _option(event: Event, words: Sequence[int]) -> tuple[Param, ...]:
    """Options of sockets: names and values by the level. getsockopt's length is what is at its last word."""
    level, name = words[1] & _LOW, words[2] & _LOW
    options = _options()
    value = argument("", options.get((level, name), options[_OTHERS, 0]), WORDS[3])
    asked = event.name == "getsockopt"
    if asked:
        kept = value.length if value.type is ParamType.BYTES or value.length is not Source.NONE else Source.NONE
        value = value._replace(out=True, length=kept)
    names = Param("optname", ParamType.WORD, Source.A2, f"option:{level}:{'get' if asked else 'set'}")
    return (*event.arguments[:2], names, value, *event.arguments[4:])


def _mount(event: Event, words: Sequence[int]) -> tuple[Param, ...]:
    bits = words[3] & (0xFFFF if words[3] & 0xFFFF0000 == 0xC0ED0000 else _LOW)
    moved = bits & 0x1E3000  # MS_BIND, MS_MOVE, propagation
    kind = "type:pointer" if moved or bits & 32 else "type:string"
    data = "data:pointer" if moved else "data:string"
    tokens = [kind, "flags:mount", data]
    return event.arguments[:2] + _params(tokens, 2)


def _membarrier(event: Event, words: Sequence[int]) -> tuple[Param, ...]:
    return event.arguments[:2] + _params(["cpu:int"] if words[1] & 1 else [], 2)


def _kcmp(event: Event, words: Sequence[int]) -> tuple[Param, ...]:
    kind = words[2] & _LOW
    tokens = {0: ["idx1:fd", "idx2:fd"], 7: ["idx1:fd", "idx2:pointer"]}.get(kind, [])
    return event.arguments[:3] + _params(tokens if kind < 8 else ["idx1:hex", "idx2:hex"], 3)


def _reboot(event: Event, words: Sequence[int]) -> tuple[Param, ...]:
    return event.arguments[:3] + _params(["arg:string"] if words[2] & _LOW == 0xA1B2C3D4 else [], 3)


def _syslog(event: Event, words: Sequence[int]) -> tuple[Param, ...]:
    action = words[0] & _LOW
    if action in (0, 1, 5, 6, 7, 9, 10):
        return event.arguments[:1]
    token = "buf:>bytes[res]" if action in (2, 3, 4) else "buf:pointer"
    return event.arguments[:1] + _params([token, "len:int"], 1)


def _uring(words: Sequence[int]) -> str:
    kinds = {0: "*iovec_addr[3]", 2: "*io_uring_files[3]", 4: "*io_uring_files[3]", 7: "*io_uring_files[3]"}
    return kinds.get(words[1] & _LOW, "pointer")


class Rule(NamedTuple):
    """The words a call's arguments depend on, and how."""

    words: tuple[int, ...]
    choose: Chooser


_DEVICES = (0o020000, 0o060000)
_RULES: dict[str, Rule] = {
    "open": Rule((1,), _without("mode", unless=_creates(1))),
    "openat": Rule((2,), _without("mode", unless=_creates(2))),
    "mq_open": Rule((1,), _without("mode", "attr", unless=lambda words: words[1] & _CREAT)),
    "mknod": Rule((1,), _without("dev", unless=lambda words: words[1] & 0o170000 in _DEVICES)),
    "mknodat": Rule((2,), _without("dev", unless=lambda words: words[2] & 0o170000 in _DEVICES)),
    "mremap": Rule((3,), _without("new_addr", unless=lambda words: words[3] & 6)),
    "membarrier": Rule((1,), _membarrier),
    "fcntl": Rule((1,), _fcntl),
    "ioctl": Rule((1,), _by_command("ioctl", 1, 2)),
    "prctl": Rule((0, 1), _prctl),
    "keyctl": Rule((0,), _by_command("keyctl", 0, 1)),
    "ptrace": Rule((0,), _ptrace),
    "futex": Rule((1,), _by_command("futex", 1, 2, 0x7F)),
    "seccomp": Rule((0,), _by_command("seccomp", 0, 1)),
    "semctl": Rule((2,), _by_command("semctl", 2, 3, _LOW & ~0x100)),
    "msgctl": Rule((1,), _by_command("msgctl", 1, 2, _LOW & ~0x100)),
    "shmctl": Rule((1,), _by_command("shmctl", 1, 2, _LOW & ~0x100)),
    "fsconfig": Rule((1,), _by_command("fsconfig", 1, 2)),
    "quotactl": Rule((0,), _by_command("quotactl", 0, 2, shift=8)),
    "quotactl_fd": Rule((1,), _by_command("quotactl", 1, 2, shift=8)),
    "bpf": Rule((0,), _as(1, _bpf)),
    "clone": Rule((0,), _clone),
    "socket": Rule((0,), _as(2, _protocol)),
    "setsockopt": Rule((1, 2), _option),
    "getsockopt": Rule((1, 2), _option),
    "mount": Rule((3,), _mount),
    "kcmp": Rule((2,), _kcmp),
    "reboot": Rule((2,), _reboot),
    "syslog": Rule((0,), _syslog),
    "epoll_ctl": Rule((1,), _as(3, lambda words: "pointer" if words[1] & _LOW == 2 else "*epoll_event")),
    "io_uring_register": Rule((1,), _as(2, _uring)),
    "arch_prctl": Rule((0,), _as(1, lambda words: ">ptr" if words[0] & _LOW in (0x1003, 0x1004) else "pointer")),
    "landlock_add_rule": Rule((1,), _as(2, lambda words: "*landlock_path_beneath" if words[1] == 1 else "pointer")),
    "waitid": Rule((0,), _as(1, lambda words: "fd" if words[0] & _LOW == 3 else "int")),
    "socketcall": Rule((0,), _as(1, lambda words: "pointer")),
}
