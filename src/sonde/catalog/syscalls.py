"""Every system call as an Event: the tables of catalog/calls read, and the two events that are not calls."""

from __future__ import annotations

import re

from sonde.catalog.calls import CALLS, COMPAT
from sonde.catalog.event import BUFFERS, EXIT_EVENTS, Event, Param, ParamType, Source
from sonde.catalog.notation import TIMES64, WORDS, arguments_of, parameter
from sonde.catalog.unistd import I386, X86_64

__all__ = ["ALIASES", "I386_BASE", "UNNAMED", "all_events", "event_name"]

I386_BASE = 1024
ROOM = 512  # for the calls of each of the two
UNNAMED = "syscall"  # event name of call numbers no kernel we know of has

# Kernel names whose event has another name, as sysdig shows it. Mostly 32-bit variants of the same call.
ALIASES = {
    "pread64": "pread", "pwrite64": "pwrite", "prlimit64": "prlimit", "_llseek": "llseek", "_newselect": "select",
    "fcntl64": "fcntl", "sendfile64": "sendfile", "ugetrlimit": "getrlimit", "fadvise64_64": "fadvise64",
    "chown32": "chown", "lchown32": "lchown", "fchown32": "fchown", "getuid32": "getuid", "getgid32": "getgid",
    "geteuid32": "geteuid", "getegid32": "getegid", "setuid32": "setuid", "setgid32": "setgid",
    "setreuid32": "setreuid", "setregid32": "setregid", "setresuid32": "setresuid", "setresgid32": "setresgid",
    "getresuid32": "getresuid", "getresgid32": "getresgid", "setfsuid32": "setfsuid", "setfsgid32": "setfsgid",
    "getgroups32": "getgroups", "setgroups32": "setgroups", "truncate64": "truncate", "ftruncate64": "ftruncate",
    "statfs64": "statfs", "fstatfs64": "fstatfs", "clock_gettime64": "clock_gettime",
    "clock_settime64": "clock_settime", "clock_adjtime64": "clock_adjtime", "clock_getres_time64": "clock_getres",
    "clock_nanosleep_time64": "clock_nanosleep", "timer_gettime64": "timer_gettime",
    "timer_settime64": "timer_settime", "timerfd_gettime64": "timerfd_gettime",
    "timerfd_settime64": "timerfd_settime", "utimensat_time64": "utimensat", "pselect6_time64": "pselect6",
    "ppoll_time64": "ppoll", "io_pgetevents_time64": "io_pgetevents", "recvmmsg_time64": "recvmmsg",
    "mq_timedsend_time64": "mq_timedsend", "mq_timedreceive_time64": "mq_timedreceive",
    "semtimedop_time64": "semtimedop", "rt_sigtimedwait_time64": "rt_sigtimedwait", "futex_time64": "futex",
    "sched_rr_get_interval_time64": "sched_rr_get_interval",
}  # fmt: skip

# i386 calls whose words are not those of the x86-64 call (64-bit numbers take two, or a pointer holds the arguments),
# with the number of words before the difference
_SAME_WORDS = {
    "pread64": 3, "pwrite64": 3, "preadv": 3, "pwritev": 3, "preadv2": 3, "pwritev2": 3, "truncate64": 1,
    "ftruncate64": 1, "fadvise64": 1, "fadvise64_64": 1, "fallocate": 2, "readahead": 1, "sync_file_range": 1,
    "lookup_dcookie": 0, "fanotify_mark": 2, "statfs64": 1, "fstatfs64": 1, "mmap": 0, "select": 0, "clone": 3,
}  # fmt: skip

_LINE = re.compile(r"(\w+) (\w+)(?:\((.*)\)|/(\d))(?: = ([\w:~/]+))?(?: \+ ([\w: ]+))?(?: ! (\w+))?")
_COMPAT_LINE = re.compile(r"(\w+)\((.*)\)")
_RESULT = Param("res", ParamType.RES, Source.RET)
_GENERIC = (_RESULT, *(Param(f"a{i}", ParamType.HEX, word) for i, word in enumerate(WORDS)))
_POINTED = (ParamType.IOVEC, ParamType.MSGHDR)


def event_name(call: str) -> str:
    """The event name of a kernel call name: `pread` for `pread64`."""
    return ALIASES.get(call, call)


def all_events() -> dict[int, Event]:
    """Events by number: x86-64 calls, process exits, signals, i386 calls; numbers without a name are `syscall`."""
    known = {event.name: event for event in map(_call, filter(None, CALLS.split("\n")))}
    compat = dict(map(_compat_arguments, filter(None, COMPAT.split("\n"))))
    events: dict[int, Event] = {}
    for call, number in X86_64.items():
        events[number] = known[event_name(call)]._replace(number=number)
    events |= _not_calls()
    for call, number in I386.items():
        events[I386_BASE + number] = _compat(call, I386_BASE + number, known.get(event_name(call)), compat)
    for number in (*range(ROOM), *range(I386_BASE, I386_BASE + ROOM)):
        if number not in events:
            events[number] = Event(number, UNNAMED, "other", _GENERIC, arguments=_GENERIC[1:])
    return dict(sorted(events.items()))


def _compat(call: str, number: int, like: Event | None, own: dict[str, tuple[Param, ...]]) -> Event:
    """An i386 call: like its namesake as far as the words agree, then plain words; vectors have another layout."""
    if like is None:
        return Event(
            number, event_name(call), "other", _GENERIC, arguments=_marked(own.get(call, _GENERIC[1:]), _GENERIC, "")
        )
    params = like.params
    if call in _SAME_WORDS:
        same = _SAME_WORDS[call] + 1
        params = params[:same] + _GENERIC[same:]
    if any(p.type in _POINTED for p in params):
        params = tuple(p._replace(type=ParamType.HEX) if p.type in _POINTED else p for p in params)
    arguments = own.get(call, like.arguments)
    if call.endswith("64") and call not in own:  # of the calls made for 64-bit times
        arguments = tuple(p._replace(names=TIMES64.get(p.names, p.names)) for p in arguments)
    return like._replace(number=number, params=params, arguments=_marked(arguments, params, like.io))


def _compat_arguments(line: str) -> tuple[str, tuple[Param, ...]]:
    """(name, arguments) of a line of catalog/calls/compat.py."""
    found = _COMPAT_LINE.fullmatch(line)
    if found is None:
        raise ValueError(f"catalog/calls/compat.py: {line}")
    return found[1], arguments_of(found[1], found[2])


def _not_calls() -> dict[int, Event]:
    exit_, signal = EXIT_EVENTS["procexit"], EXIT_EVENTS["signaldeliver"]
    uint, pid, sig = ParamType.UINT, ParamType.PID, ParamType.SIGNAL
    ended = (
        Param("status", uint, Source.A0),
        Param("ret", ParamType.INT, Source.A1),
        Param("sig", sig, Source.A2),
        Param("core", uint, Source.A3),
    )
    sent = (Param("spid", pid, Source.A0), Param("dpid", pid, Source.A1), Param("sig", sig, Source.A2))
    return {exit_: Event(exit_, "procexit", "process", ended), signal: Event(signal, "signaldeliver", "signal", sent)}


def _call(line: str) -> Event:
    """The Event of a line of catalog/calls, without its number."""
    found = _LINE.fullmatch(line)
    if found is None:
        raise ValueError(f"catalog/calls: {line}")
    category, name, arguments, arity, result, extra, mark = found.groups()
    if arity:
        plain = _GENERIC[: int(arity) + 1]
        return Event(-1, name, category, plain, arguments=plain[1:])
    params = [parameter(result, Source.RET) if result else _RESULT]
    if arguments:
        tokens = arguments.split(", ")
        params += [parameter(token, word) for token, word in zip(tokens, WORDS, strict=False) if token[0] != "-"]
    if extra:
        params += [parameter(token, Source.NONE) for token in extra.split()]
    io = {"io_read": "r", "io_write": "w"}.get(category, "")
    typed = _marked(arguments_of(name, arguments or ""), tuple(params), io)
    return Event(-1, name, category, tuple(params), mark == "enter", io, mark == "waits", typed)


def _marked(arguments: tuple[Param, ...], params: tuple[Param, ...], io: str) -> tuple[Param, ...]:
    """Arguments with what follows from the call: hidden ones, and which way I/O data goes and how long it is."""
    shown = {p.name for p in params}
    found = []
    for param in arguments:
        out, length = param.out, param.length
        if param.type in BUFFERS and length is Source.NONE and io:
            out = io == "r"
            after = WORDS[WORDS.index(param.source) + 1]
            length = Source.NONE if param.type is ParamType.MSGHDR else after
            length = Source.RET if out and param.type is ParamType.DATA else length
        found.append(param._replace(out=out, length=length, hidden=param.name not in shown))
    return tuple(found)
