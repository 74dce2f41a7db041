"""What changes the tables of state: the events that have to be known between two moments, and what they do."""

from __future__ import annotations

from sonde.catalog.event import Source
from sonde.catalog.lookup import EVENTS

__all__ = [
    "CLOEXEC", "CLOEXEC_ALWAYS", "CLONES", "CLOSES", "CONTROLS", "EXECS", "EXIT", "MAKES", "NEEDED", "OPEN_HOW",
    "PAIRS",
]  # fmt: skip

CLONES = ("clone", "clone3", "fork", "vfork")
EXECS = ("execve", "execveat")
EXIT = "procexit"
# calls after which a process has another name, user, directory, session
_SELVES = (
    "chdir", "fchdir", "chroot", "prctl", "setuid", "setreuid", "setresuid", "setgid", "setregid", "setresgid",
    "setfsuid", "setfsgid", "setsid", "setpgid",
)  # fmt: skip
# calls whose result is a descriptor
MAKES = tuple(sorted({event.name for event in EVENTS.values() if event.fd and event.fd.source is Source.RET}))
# those that write two descriptors where an argument points, and which argument
PAIRS = {"pipe": 0, "pipe2": 0, "socketpair": 3}
CLOSES = ("close", "close_range")
CONTROLS = ("fcntl", "ioctl")  # that copy a descriptor or change whether it is closed at exec
_ENDS = ("bind", "connect", "listen", "shutdown")

_LIVES = (*CLONES, *EXECS, EXIT)
_DESCRIPTORS = (*_LIVES, *MAKES, *PAIRS, *CLOSES, *CONTROLS)
# the events that change a table
NEEDED: dict[str, tuple[str, ...]] = {
    "processes": (*_LIVES, *_SELVES), "threads": (*_LIVES, "prctl"), "files": _DESCRIPTORS,
    "sockets": (*_DESCRIPTORS, *_ENDS),
}  # fmt: skip

# whether a new descriptor is closed at exec: (argument word, its bit) of calls that are told, and those that never ask
_O_CLOEXEC, _ONE, _PERF = 0o2000000, 1, 8
CLOEXEC: dict[str, tuple[int, int]] = {
    "open": (1, _O_CLOEXEC), "openat": (2, _O_CLOEXEC), "open_by_handle_at": (2, _O_CLOEXEC),
    "mq_open": (1, _O_CLOEXEC), "open_tree": (2, _O_CLOEXEC), "open_tree_attr": (2, _O_CLOEXEC),
    "socket": (1, _O_CLOEXEC), "socketpair": (1, _O_CLOEXEC), "accept4": (3, _O_CLOEXEC), "pipe2": (1, _O_CLOEXEC),
    "dup3": (2, _O_CLOEXEC), "eventfd2": (1, _O_CLOEXEC), "signalfd4": (3, _O_CLOEXEC),
    "timerfd_create": (1, _O_CLOEXEC), "inotify_init1": (0, _O_CLOEXEC), "epoll_create1": (0, _O_CLOEXEC),
    "userfaultfd": (0, _O_CLOEXEC), "memfd_secret": (0, _O_CLOEXEC), "memfd_create": (1, _ONE),
    "fanotify_init": (0, _ONE), "fsopen": (1, _ONE), "fsmount": (1, _ONE), "fspick": (2, _ONE),
    "perf_event_open": (4, _PERF),
}  # fmt: skip
CLOEXEC_ALWAYS = ("bpf", "io_uring_setup", "landlock_create_ruleset", "pidfd_getfd", "pidfd_open")
OPEN_HOW = {"openat2": 2}  # calls whose flags are the first word of a structure, and the argument that points at it
