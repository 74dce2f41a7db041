"""Ids of tracepoints by their names, from tracefs: where it is mounted, else from a mount that nobody sees."""

from __future__ import annotations

import os

from sonde.errors import KernelError
from sonde.kernel.libbpf import unseen_mount

__all__ = ["tracepoint_id"]

# /sys/kernel/debug/tracing is no second place: to look there mounts it
MOUNTED = "/sys/kernel/tracing"


def tracepoint_id(name: str) -> int | None:
    """The id of a tracepoint `system/event`; None: it does not exist, or tracefs is not for us."""
    try:
        return _id(os.open(MOUNTED, os.O_PATH | os.O_DIRECTORY), name)
    except (OSError, ValueError):
        pass
    try:
        return _id(unseen_mount("tracefs"), name)
    except (KernelError, OSError, ValueError):
        return None


def _id(root: int, name: str) -> int:
    """From tracefs at the directory `root`, which is closed."""
    try:
        with open(f"events/{name}/id", opener=lambda path, flags: os.open(path, flags, dir_fd=root)) as file:
            return int(file.read())
    finally:
        os.close(root)
