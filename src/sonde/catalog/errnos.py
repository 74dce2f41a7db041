"""Names of Linux error numbers, also those that never leave the kernel but are seen at the exit of a call."""

from __future__ import annotations

import errno
import os

__all__ = ["MAX_ERRNO", "NAMES", "NUMBERS", "message", "name", "number"]

MAX_ERRNO = 4095  # results from -4095 to -1 are errors, include/linux/err.h

# include/linux/errno.h: restarts of interrupted calls (512-516) and internal codes of the block, NFS and I/O layers
_INTERNAL = {
    133: "EHWPOISON",  # not internal, but missing in Python
    512: "ERESTARTSYS",
    513: "ERESTARTNOINTR",
    514: "ERESTARTNOHAND",
    515: "ENOIOCTLCMD",
    516: "ERESTART_RESTARTBLOCK",
    517: "EPROBE_DEFER",
    518: "EOPENSTALE",
    519: "ENOPARAM",
    521: "EBADHANDLE",
    522: "ENOTSYNC",
    523: "EBADCOOKIE",
    524: "ENOTSUPP",
    525: "ETOOSMALL",
    526: "ESERVERFAULT",
    527: "EBADTYPE",
    528: "EJUKEBOX",
    529: "EIOCBQUEUED",
    530: "ERECALLCONFLICT",
}
# what becomes of an interrupted call
_RESTARTS = {
    512: "To be restarted if SA_RESTART is set",
    513: "To be restarted",
    514: "To be restarted if no handler",
    516: "Interrupted by signal",
}
# names that share their number with another
_SYNONYMS = {"EWOULDBLOCK": errno.EAGAIN, "EDEADLOCK": errno.EDEADLK, "ENOTSUP": errno.EOPNOTSUPP}

NAMES: dict[int, str] = {n: text for n, text in errno.errorcode.items() if text not in _SYNONYMS} | _INTERNAL
NAMES |= {errno.EAGAIN: "EAGAIN", errno.EDEADLK: "EDEADLK", errno.EOPNOTSUPP: "EOPNOTSUPP"}
NUMBERS: dict[str, int] = {text: n for n, text in NAMES.items()} | _SYNONYMS


def name(number: int) -> str:
    """`ENOENT` for 2 (positive), "" for a number without a name."""
    return NAMES.get(number, "")


def number(text: str) -> int | None:
    """2 for `ENOENT`, None for an unknown name."""
    return NUMBERS.get(text)


def message(number: int) -> str:
    """`No such file or directory` for 2: the C library's text, and strace's for the restarts of interrupted calls."""
    return _RESTARTS.get(number) or os.strerror(number)
