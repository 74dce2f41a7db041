"""What there was when a recording began: threads, users, interfaces and descriptors, as the lists of a .scap file."""

from __future__ import annotations

import grp
import pwd
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from sonde.plan.state import State
from sonde.sources.scap.lists import Entry, Interface, Process, User
from sonde.sources.scap.lists_out import (
    fds_block,
    interfaces_block,
    machine_block,
    processes_block,
    section_block,
    users_block,
)
from sonde.sources.scap.program import terminal, words_of

__all__ = ["Beginning", "processes_of", "users"]

_NOBODY = 0xFFFFFFFF
_THREAD = 1 << 13 | 1 << 0  # CLONE_THREAD and CLONE_FILES in sysdig's coding


@dataclass
class Beginning:
    """The lists; `fds` by thread, `people` without a list are the users and groups of this system."""

    processes: list[Process] = field(default_factory=list)
    fds: Mapping[int, list[Entry]] = field(default_factory=dict)
    interfaces: list[Interface] = field(default_factory=list)
    people: list[User] | None = None
    machine: bytes = b""  # its block, of another machine than this

    def blocks(self) -> bytes:
        """What stands before the events of a file."""
        known = {process.tid for process in self.processes}
        fds = (fds_block(tid, entries) for tid, entries in self.fds.items() if tid in known)
        people = list(users()) if self.people is None else self.people
        return b"".join((
            section_block(), self.machine or machine_block(), interfaces_block(self.interfaces),
            users_block(people) if people else b"", processes_block(self.processes), *fds,
        ))  # fmt: skip


def users() -> Iterable[User]:
    """The users and groups of this system."""
    for user in pwd.getpwall():
        yield User(False, user.pw_uid, *(text.encode() for text in (user.pw_name, user.pw_dir, user.pw_shell)))
    for group in grp.getgrall():
        yield User(True, group.gr_gid, group.gr_name.encode())


def processes_of(state: State) -> list[Process]:
    """The first record of each thread that there was before the capture began."""
    table = state.processes
    rows = table.rows[: len(table)]
    old = (rows["known"] != 0) & (rows["thread_start"].astype(np.int64) + state.epoch <= state.start)
    places = np.flatnonzero(old)
    _, first = np.unique(rows["tid"][places], return_index=True)
    return [process_of(state, place) for place in places[np.sort(first)].tolist()]


def process_of(state: State, place: int) -> Process:
    """A thread as a row of state.processes has it."""
    row, strings, files = state.processes.rows[place], state.strings, state.files
    number = {name: int(row[name]) for name in row.dtype.names or () if name not in state.processes.texts}
    text = {name: strings[int(row[name])] for name in state.processes.texts}
    exe, args = words_of(text["argv"])
    exepath, cwd, root = (files.path(files.place(number[name])) for name in ("exe_file", "cwd", "root"))
    main = number["tid"] == number["pid"]
    return Process(
        number["tid"], number["pid"], number["ppid"], number["sid"], number["vpgid"], text["comm"],
        exe or text["comm"], exepath, args, cwd.rstrip(b"/") + b"/", -1, 0 if main else _THREAD, number["euid"],
        number["egid"], (0, 0, 0, 0, 0), text["env"], number["vtid"], number["vpid"],
        text["cgroups"] and text["cgroups"].rstrip(b"\0") + b"\0", root, terminal(text["tty"]), number["loginuid"],
        (number["cap_inheritable"], number["cap_permitted"], number["cap_effective"]),
    )  # fmt: skip
