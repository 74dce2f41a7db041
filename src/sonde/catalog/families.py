"""Families of events: names that stand for every call that does the same thing."""

from __future__ import annotations

from sonde.catalog.lookup import by_name

__all__ = ["FAMILIES", "expand"]

_FAMILIES = (
    "open openat openat2 creat",
    "accept accept4",
    "stat lstat fstat newfstatat statx stat64 lstat64 fstat64 fstatat64",
    "access faccessat faccessat2",
    "clone clone3 fork vfork",
    "execve execveat",
    "dup dup2 dup3",
    "rename renameat renameat2",
    "unlink unlinkat",
    "link linkat",
    "symlink symlinkat",
    "readlink readlinkat",
    "mkdir mkdirat",
    "mknod mknodat",
    "chdir fchdir",
    "chmod fchmod fchmodat fchmodat2",
    "chown lchown fchown fchownat",
    "truncate ftruncate",
    "mount move_mount",
    "umount umount2",
    "getdents getdents64",
    "pipe pipe2",
    "eventfd eventfd2",
    "signalfd signalfd4",
    "inotify_init inotify_init1",
    "epoll_create epoll_create1",
    "epoll_wait epoll_pwait epoll_pwait2",
    "poll ppoll",
    "select pselect6",
    "read pread readv preadv preadv2",
    "write pwrite writev pwritev pwritev2",
    "send sendto sendmsg sendmmsg",
    "recv recvfrom recvmsg recvmmsg",
    "nanosleep clock_nanosleep",
    "exit exit_group",
    "mmap mmap2",
    "mlock mlock2",
)

# family name -> names of its events: a family has the name of its first member
FAMILIES: dict[str, tuple[str, ...]] = {words.split()[0]: tuple(words.split()) for words in _FAMILIES}
_NO_CALL = ("send", "recv")  # names of C library functions that are no call of their own


def expand(name: str) -> frozenset[int]:
    """Event numbers of a family or of a single event or kernel call name, i386 calls included. KeyError if unknown."""
    members = [member for member in FAMILIES.get(name, (name,)) if member not in _NO_CALL]
    return frozenset(event.number for member in members for event in by_name(member))
