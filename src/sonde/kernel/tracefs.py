"""What tracefs says of tracepoints: from where it is mounted, else from a mount that nobody sees."""

from __future__ import annotations

import os

from sonde.errors import KernelError
from sonde.kernel.libbpf import unseen_mount

__all__ = ["tracepoint_format", "tracepoint_id", "tracepoint_names"]

# /sys/kernel/debug/tracing is no second place: to look there mounts it
MOUNTED = "/sys/kernel/tracing"


def tracepoint_id(name: str) -> int | None:
    """The id of a tracepoint `system/event`; None: it does not exist, or tracefs is not for us."""
    text = _read(f"events/{name}/id")
    return int(text) if text and text.strip().isdigit() else None


def tracepoint_format(name: str) -> str | None:
    """How the record of a tracepoint `system/event` is laid out, as the kernel writes it; None as above."""
    return _read(f"events/{name}/format")


def tracepoint_names() -> list[str]:
    """Every tracepoint of this kernel as `system:event`; empty where tracefs is not for us."""
    return (_read("available_events") or "").split()


def _read(path: str) -> str | None:
    """A file of tracefs, wherever that is."""
    try:
        return _from(os.open(MOUNTED, os.O_PATH | os.O_DIRECTORY), path)
    except OSError:
        pass
    try:
        return _from(unseen_mount("tracefs"), path)
    except (KernelError, OSError):
        return None


def _from(root: int, path: str) -> str:
    """A file below the directory `root`, which is closed."""
    try:
        with open(path, opener=lambda name, flags: os.open(name, flags, dir_fd=root)) as file:
            return file.read()
    finally:
        os.close(root)
