"""What a call returned: `3</etc/passwd>`, `-1 ENOENT (No such file or directory)`, `1 ([{fd=3, revents=POLLIN}])`."""

from __future__ import annotations

import os

import numpy as np
import numpy.typing as npt

from sonde.catalog import errnos
from sonde.catalog.event import Source
from sonde.catalog.kernel_names import KERNEL_NAMES
from sonde.engines.strace.extras import EXTRAS, Extra
from sonde.engines.strace.names import mode
from sonde.engines.strace.site import Site, either, texts
from sonde.engines.strace.values import descriptor, process
from sonde.native.ops import Op, address, uint

__all__ = ["error_text", "result"]

Array = npt.NDArray[np.int64]
_RESTARTS = {
    "ERESTARTSYS": "To be restarted if SA_RESTART is set",
    "ERESTARTNOINTR": "To be restarted",
    "ERESTARTNOHAND": "To be restarted if no handler",
    "ERESTART_RESTARTBLOCK": "Interrupted by signal",
}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ADDRESSES = _words("mmap mmap2 brk mremap shmat")
_PROCESSES = _words(
    "clone clone3 fork vfork getpid gettid getppid getpgrp getpgid getsid setsid wait4 waitpid set_tid_address"
)
_MAKES_FDS = (0, 5, 7, 13, 14, 17, 18, 19, 28, 30, 32, 33)  # commands of bpf
_DESCRIPTORS = _words("bpf mq_open perf_event_open userfaultfd memfd_secret fanotify_init fsopen fsmount")


def error_text(number: int) -> bytes:
    """`-1 ENOENT (No such file or directory)` of a positive errno."""
    name = errnos.name(number)
    if name in _RESTARTS:
        return f"? {name} ({_RESTARTS[name]})".encode()
    if not name:
        return b"-1 (errno %d)" % number
    return f"-1 {name} ({_meaning(number, name)})".encode()


def _meaning(number: int, name: str) -> str:
    return os.strerror(number) if number < 512 else f"Unknown error {number}"


def result(site: Site) -> list[Op]:
    """The text of the results of calls that return."""
    failed = site.failed
    good = _good(site) if not failed.all() else []
    if not failed.any():
        return good
    code = np.where(failed, -site.column("res"), 0).astype(np.uint32)
    ids = site.context.texts("strace error", code, lambda n: error_text(n) if n else b"")
    return either(failed, [site.pooled(ids)], good)


def _good(site: Site) -> list[Op]:
    """The text of results that are no errors."""
    name, words = KERNEL_NAMES[site.event.number], site.column("res")
    if site.compat:
        words = words & 0xFFFFFFFF
    if site.raw or name in _ADDRESSES:
        return [address(words, missing=words == 0, absent=b"0")]
    if name in EXTRAS:
        return _with_extra(site, EXTRAS[name](site), words)
    if name == "umask":
        return [texts([mode(word) for word in words.tolist()])]
    if name in _PROCESSES:
        return process(site, words)
    main = site.event.fd
    if (main and main.source is Source.RET) or name in _DESCRIPTORS:
        fds = descriptor(site, words.astype(np.int32).astype(np.int64), site.column("file").astype(np.uint32))
        return either(np.isin(site.column("a0"), _MAKES_FDS), fds, [uint(words)]) if name == "bpf" else fds
    return [uint(words)]


def _with_extra(site: Site, extras: list[Extra | None], words: Array) -> list[Op]:
    """Results of calls that say more: each row's own form and what stands behind it."""
    fds = np.array([extra is not None and extra.fd for extra in extras], np.bool_)
    found = []
    for word, extra in zip(words.tolist(), extras, strict=True):
        number = b"%#x" % word if extra and extra.hexadecimal and word else b"%d" % word
        found.append(number + (b" (%s)" % extra.text if extra and extra.text else b""))
    plain = [texts(found)]
    return either(fds, descriptor(site, words, site.column("file").astype(np.uint32)), plain) if fds.any() else plain
