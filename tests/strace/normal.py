"""What must differ between two runs, taken out of what was told: threads' numbers, times, inodes, random bytes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from told import Key, Story, Told

__all__ = ["MASKS", "RESULT", "masked", "normal", "thread_names"]

RESULT = -1  # in MASKS: of the result
_DIGITS = re.compile(r"0x[0-9a-f]+|(?<![\w])\d+")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"(?:\.\.\.)?')
_PLACES = re.compile(r"\b(?:\w*pid|tid|parent_tid|child_tid)=\[?(\d+)")
_ONLY = re.compile(r"-?(\d+)(?:<.*>)?")
_PATH = re.compile(r"(?<=/proc/)(\d+)(?=/)|(?<=/task/)(\d+)(?=/)|(?<=<pid:)(\d+)|(?<=\[\{WIFSTOPPED)(\d+)")
# what no two runs have in common, wherever it stands
_FIELDS = [
    (
        re.compile(
            r"\b(stx?_ino|d_ino|d_off|i_ino|(?:stx?_)[abcm]time(?:_nsec)?|tx_id|stx_mnt_id|si_[us]time)=(?:\{[^}]*\}|[\w+-]+)"
            r"(?: /\* [^*]* \*/)?"
        ),
        r"\1=#",
    ),
    (re.compile(r"\b(st_blocks|st_dev|st_blksize|stx_blocks|stx_attributes_mask)=0x0\b"), r"\1=0"),
    (re.compile(r"\b((?:shm|msg|sem)_[a-z]*time)=\d+"), r"\1=#"),
    (re.compile(r"\b(socket|pipe|mnt|net|ipc|uts|pid|time|user|cgroup):\[\d+\]"), r"\1:[#]"),
    (re.compile(r"\b(UNIX|TCP|UDP|NETLINK|RAW|PACKET|UNIX-[A-Z]+|TCPv6|UDPv6):\[[^]]*?\d+[^]]*\]"), r"\1:[#]"),
    (re.compile(r"/#\d+>\(deleted\)"), "/#>(deleted)"),
    (re.compile(r'\bf_handle=(?:0x[0-9a-f]+|"[^"]*")'), "f_handle=#"),
    (re.compile(r"\b(left )\{[^}]*\}"), r"\1{#}"),
]
_SECONDS = re.compile(r" /\* #[#.]* s \*/")
_NUMBERED = re.compile(r"TCP_INFO|PERF_EVENT_IOC_ID|0x80082407|0x80042407")  # arguments beside it are measures or ids
# of which calls which words (or the RESULT) are compared by their shape only, and why
MASKS: Mapping[str, tuple[set[int], str]] = {
    "time": ({0, RESULT}, "the time"),
    "times": ({0, RESULT}, "the time"),
    "gettimeofday": ({0}, "the time"),
    "clock_gettime": ({1}, "the time"),
    "clock_gettime64": ({1}, "the time"),
    "adjtimex": ({0}, "the clock"),
    "clock_adjtime": ({1}, "the clock"),
    "clock_adjtime64": ({1}, "the clock"),
    "nanosleep": ({1}, "how much was left"),
    "clock_nanosleep": ({3}, "how much was left"),
    "setitimer": ({2}, "how much was left"),
    "getitimer": ({1}, "how much was left"),
    "timer_gettime": ({1}, "how much was left"),
    "timerfd_gettime": ({1}, "how much was left"),
    "timer_settime": ({3}, "how much was left"),
    "timerfd_settime": ({3}, "how much was left"),
    "timer_gettime64": ({1}, "how much was left"),
    "timer_settime64": ({3}, "how much was left"),
    "alarm": ({RESULT}, "how much was left"),
    "getrusage": ({1}, "what it had used"),
    "wait4": ({3}, "what it had used"),
    "waitid": ({4}, "what it had used"),
    "sysinfo": ({0}, "the state of the machine"),
    "statfs": ({1}, "the state of the machine"),
    "fstatfs": ({1}, "the state of the machine"),
    "statfs64": ({2}, "the state of the machine"),
    "fstatfs64": ({2}, "the state of the machine"),
    "ustat": ({1}, "the state of the machine"),
    "getppid": ({RESULT}, "the tracer's own number"),
    "getpgrp": ({RESULT}, "the tracer's own number"),
    "getpgid": ({RESULT}, "the tracer's own number"),
    "getsid": ({RESULT}, "the tracer's own number"),
    "getrandom": ({0}, "random"),
    "add_key": ({RESULT}, "a random number"),
    "request_key": ({RESULT}, "a random number"),
    "keyctl": ({1, RESULT}, "a random number"),
    "get_robust_list": ({1}, "an address"),
    "name_to_handle_at": ({3}, "the number of a mount"),
}


# calls with numbers of processes among their words or as result; elsewhere a number that is one is that by chance
_OF_PROCESSES = """
clone clone3 fcntl fcntl64 fork get_robust_list getpgid getpgrp getpid getppid getpriority getsid gettid ioprio_get
ioprio_set kcmp kill migrate_pages move_pages pidfd_open prlimit64 process_vm_readv process_vm_writev ptrace
rt_sigqueueinfo rt_sigreturn rt_tgsigqueueinfo sched_getaffinity sched_getattr sched_getparam sched_getscheduler
sched_rr_get_interval sched_setaffinity sched_setattr sched_setparam sched_setscheduler set_tid_address setpgid
setpriority setsid sigreturn tgkill tkill vfork wait4 waitid waitpid
"""


def thread_names(stories: Mapping[Key, Story]) -> dict[str, str]:
    """A name for each thread's number that is the same in both runs."""
    return {str(story.tid): "P" + "_".join(map(str, key)) for key, story in stories.items()}


def masked(text: str) -> str:
    """Its shape: no numbers, no strings."""
    return _SECONDS.sub("", _DIGITS.sub("#", _QUOTED.sub('"#"', text)))


def normal(one: Told, names: Mapping[str, str]) -> Told:
    """With names for threads and signs for what differs."""
    words, _ = MASKS.get(one.name, (set(), ""))
    numbers = names if one.name in _OF_PROCESSES.split() else {}
    arguments = [_plain(word, names, numbers) for word in one.arguments]
    arguments = [masked(word) if at in words else word for at, word in enumerate(arguments)]
    value, extra = _plain(one.value, names, numbers), _plain(one.extra, names, numbers)
    if RESULT in words:
        value, extra = masked(value), masked(extra)
    if any(_NUMBERED.search(word) for word in arguments):
        arguments = [masked(word) for word in arguments]
    return replace(one, arguments=tuple(arguments), value=value, extra=extra)


def _plain(text: str, names: Mapping[str, str], numbers: Mapping[str, str]) -> str:
    if (only := _ONLY.fullmatch(text)) and only[1] in numbers:
        text = text.replace(only[1], numbers[only[1]], 1)
    text = _PLACES.sub(lambda place: place[0].replace(place[1], names.get(place[1], "#")), text)
    text = _PATH.sub(lambda path: names.get(path[0], path[0]), text)
    for pattern, sign in _FIELDS:
        text = pattern.sub(sign, text)
    return text
