"""Names of system calls as the kernel and strace have them, by event number."""

from __future__ import annotations

from sonde.catalog.event import EXIT_EVENTS
from sonde.catalog.lookup import NUMBERS
from sonde.catalog.syscalls import I386_BASE
from sonde.catalog.unistd import I386, X86_64

__all__ = ["KERNEL_NAMES"]


def _names() -> list[str]:
    names = [f"syscall_{number & 1023:#x}" for number in range(NUMBERS)]
    for name, number in X86_64.items():
        names[number] = name
    for name, number in I386.items():
        names[I386_BASE + number] = name
    for name, number in EXIT_EVENTS.items():
        names[number] = name
    return names


# `pread64` and `newfstatat`, where EVENTS says `pread` and `newfstatat`; a list of NUMBERS texts
KERNEL_NAMES: list[str] = _names()
