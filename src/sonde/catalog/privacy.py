"""What a recording may be made without, and what stays of it: declared once, pure data."""

from __future__ import annotations

__all__ = ["ADDRESSES", "ARGUMENTS", "COLUMNS", "DATA", "EXTENSIONS", "HARMLESS", "KINDS", "PATHS", "STAYING", "TOP"]

ARGUMENTS, PATHS, ADDRESSES, DATA = "arguments", "paths", "addresses", "data"
KINDS = {
    ARGUMENTS: "what follows a program's name in its command line, environments, texts that calls are given",
    PATHS: "each component of a name of a file, as a number that is another one in each recording",
    ADDRESSES: "IP addresses, as such numbers; loopback and ports stay",
    DATA: "what is read and written, as -s 0",
}

# names that say nothing of who uses a system: directories at the root, and how many components stay in some of them
TOP = frozenset((
    "bin", "boot", "dev", "etc", "home", "lib", "lib32", "lib64", "media", "mnt", "opt", "proc", "root", "run", "sbin",
    "srv", "sys", "tmp", "usr", "var",
))  # fmt: skip
STAYING = {"dev": 2, "proc": 3, "sys": 3}
EXTENSIONS = frozenset((
    "a", "c", "conf", "cpp", "css", "csv", "db", "gz", "h", "html", "ini", "jar", "java", "jpg", "js", "json", "lock",
    "log", "md", "o", "pdf", "php", "pid", "pl", "png", "py", "pyc", "rb", "rs", "service", "sh", "so", "sock", "sql",
    "sqlite", "svg", "tar", "tmp", "toml", "ts", "txt", "xml", "yaml", "yml", "zip", "zst",
))  # fmt: skip

# structures of numbers (catalog/layouts.py), which calls point at; any other has texts, addresses or data in it
HARMLESS = frozenset((
    "clone_args", "cpu_set", "epoll_event", "fd_pair", "fd_set", "int", "io_uring_params", "itimerspec", "itimerval",
    "loff", "mount_attr", "mq_attr", "off", "open_how", "pollfd", "rlimit", "rlimit64", "rusage", "sigset", "sigset6",
    "socklen", "stat", "statfs", "statx", "time", "timespec", "timespec64", "timespec:left", "timespec_pair", "timeval",
    "timeval_pair", "uint", "ulong", "wait_status",
))  # fmt: skip

# columns of tables of state (catalog/state.py) that say what a kind is about
COLUMNS = {
    "processes": {"exe": PATHS, "cwd": PATHS, "cmdline": ARGUMENTS},
    "files": {"path": PATHS},
    "sockets": {"path": PATHS, "lip": ADDRESSES, "rip": ADDRESSES},
}
