"""Who reads what sonde prints: their work is caused by sonde and would show itself."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator

from sonde.kernel.proc import stat_words

__all__ = ["readers"]


def readers(fd: int) -> list[int]:
    """Process ids that read what `fd` writes: the pipe's reader, or the owner of the terminal among our ancestors."""
    try:
        mode = os.fstat(fd).st_mode
    except OSError:
        return []
    if stat.S_ISFIFO(mode):
        link = os.readlink(f"/proc/self/fd/{fd}")
        return [pid for pid in _group() if link in _links(pid)]
    if os.isatty(fd):
        number = os.ttyname(fd).rpartition("/")[2]
        return [pid for pid in _ancestors() if _owns_terminal(pid, number)]
    return []


def _group() -> Iterator[int]:
    """The other processes of our process group: a shell's pipeline."""
    group = os.getpgrp()
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) != os.getpid():
            try:
                if os.getpgid(int(name)) == group:
                    yield int(name)
            except OSError:
                continue


def _links(pid: int) -> set[str]:
    """What the descriptors of a process point at."""
    found = set()
    try:
        for name in os.listdir(f"/proc/{pid}/fd"):
            found.add(os.readlink(f"/proc/{pid}/fd/{name}"))
    except OSError:
        pass
    return found


def _ancestors() -> Iterator[int]:
    pid = os.getppid()
    while pid > 1:
        yield pid
        try:
            pid = int(stat_words(pid)[1])
        except (OSError, ValueError, IndexError):
            return


def _owns_terminal(pid: int, number: str) -> bool:
    """Has the process the master side of pts `number`? Its fdinfo says so."""
    try:
        for name in os.listdir(f"/proc/{pid}/fdinfo"):
            with open(f"/proc/{pid}/fdinfo/{name}") as file:
                if f"tty-index:\t{number}\n" in file.read():
                    return True
    except OSError:
        pass
    return False
