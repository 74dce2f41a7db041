"""Tables of state: what there is now, as rows that SQL asks alone or joined with events."""

from __future__ import annotations

from sonde.catalog.column import Column, Table
from sonde.catalog.types import DURATION, INT, IP, PORT, STR, TIME

__all__ = ["MOMENTARY", "RECORDED", "STATE", "USUAL"]

_PID = Column("pid", INT, "Process id.")
_NAME = Column("name", STR, "Name (comm, at most 15 bytes).")
_STATE = Column("state", STR, "R runs, S sleeps, D waits for a device, T is stopped, Z has ended, I is idle.")
_CPU = Column("cpu", DURATION, "CPU time it has used, ns (in clock ticks of 10 ms).")
_INODE = Column("inode", INT, "Inode number.")

_TABLES = (
    Table(
        "processes",
        "One row for each process.",
        (
            _PID,
            Column("ppid", INT, "Process id of the parent."),
            _NAME,
            Column("exe", STR, "Path of the executable file; missing for kernel threads."),
            Column("cmdline", STR, "The command line, joined by blanks."),
            Column("cwd", STR, "The working directory."),
            _STATE,
            Column("uid", INT, "Id of the user it runs as (effective)."),
            Column("user", STR, "Name of that user."),
            Column("gid", INT, "Id of the group it runs as (effective)."),
            Column("sid", INT, "Session id."),
            Column("pgid", INT, "Process group id."),
            Column("tty", INT, "Device number of the controlling terminal, 0 for none."),
            Column("threads", INT, "Threads."),
            Column("start", TIME, "When it started, ns since the epoch (in clock ticks of 10 ms)."),
            _CPU,
            Column("vmsize", INT, "Virtual memory, KiB; missing for kernel threads."),
            Column("vmrss", INT, "Resident memory, KiB; missing for kernel threads."),
            Column("cgroup", STR, "Path of its control group (version 2)."),
        ),
    ),
    Table(
        "threads",
        "One row for each thread.",
        (
            Column("tid", INT, "Thread id."),
            _PID,
            _NAME,
            _STATE,
            _CPU,
        ),
    ),
    Table(
        "files",
        "One row for each open descriptor of each process.",
        (
            _PID,
            Column("fd", INT, "Descriptor number."),
            Column("path", STR, "Path of a file; `pipe:[1]`, `socket:[2]`, `anon_inode:[eventpoll]` of what has none."),
            Column("type", STR, "file, directory, char, block, pipe, socket or anon."),
            _INODE,
            Column("size", INT, "Bytes of a file."),
            Column("deleted", INT, "1 if the file has no name any more."),
            Column("cloexec", INT, "1 if it is closed when the process becomes another program."),
        ),
    ),
    Table(
        "sockets",
        "One row for each socket of this network namespace and each process that holds it.",
        (
            Column("pid", INT, "Process id; missing if no process holds it."),
            Column("fd", INT, "Descriptor number there."),
            Column("proto", STR, "tcp, udp, raw or unix."),
            Column("state", STR, "ESTABLISHED, LISTEN ...; of unix sockets CONNECTED, LISTEN, UNCONNECTED ..."),
            Column("lip", IP, "Local address."),
            Column("lport", PORT, "Local port."),
            Column("rip", IP, "Remote address."),
            Column("rport", PORT, "Remote port."),
            Column("path", STR, "Path of a unix socket; @ begins an abstract one."),
            Column("uid", INT, "Id of the user who made it; missing for unix sockets."),
            _INODE,
        ),
    ),
    Table(
        "mounts",
        "One row for each mount that sonde sees.",
        (
            Column("id", INT, "Mount id."),
            Column("parent", INT, "Mount id of the parent."),
            Column("path", STR, "Where it is mounted."),
            Column("root", STR, "The directory of the file system that is seen there."),
            Column("type", STR, "Type of the file system."),
            Column("source", STR, "What is mounted: a device, a directory, a name."),
            Column("options", STR, "Options of the mount, joined by commas."),
        ),
    ),
    Table(
        "users",
        "One row for each user of the user database.",
        (
            Column("uid", INT, "User id."),
            Column("name", STR, "Name."),
            Column("gid", INT, "Id of the user's group."),
            Column("home", STR, "Home directory."),
            Column("shell", STR, "Login shell."),
        ),
    ),
)

STATE: dict[str, Table] = {table.name: table for table in _TABLES}

# the tables that recordings keep; numbers of one moment that are not known of another, of all but sockets
RECORDED = ("processes", "threads", "files", "sockets")
MOMENTARY = frozenset(("cpu", "size", "state", "vmrss", "vmsize"))

# what `sonde TABLE` shows
USUAL: dict[str, tuple[str, ...]] = {
    "processes": ("pid", "ppid", "user", "threads", "name", "cmdline"),
    "threads": ("pid", "tid", "name"),
    "files": ("pid", "fd", "type", "deleted", "path"),
    "sockets": ("pid", "fd", "proto", "state", "lip", "lport", "rip", "rport", "path"),
    "mounts": ("path", "type", "source", "options"),
    "users": ("uid", "name", "gid", "home", "shell"),
}
