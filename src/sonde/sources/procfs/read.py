"""What /proc says of one process or thread, as it is written there."""

from __future__ import annotations

import os

__all__ = ["line", "pids", "read", "stat", "text"]


def pids() -> list[int]:
    """The processes that there are."""
    return sorted(int(name) for name in os.listdir("/proc") if name.isdigit())


def read(path: str) -> bytes:
    """A whole file. OSError if it is gone, or kept from this user."""
    with open(path, "rb") as file:
        return file.read()


def stat(path: str) -> tuple[bytes, list[bytes]]:
    """(name, the words behind it, the state first) of a file stat; OSError as `read`. A name may have any bytes."""
    before, _, after = read(path).rpartition(b")")
    return before.partition(b"(")[2], after.split()


def text(raw: bytes) -> str:
    """What it says, invalid UTF-8 as `\\xNN`."""
    return raw.decode("utf-8", "backslashreplace")


def line(words: bytes) -> str | None:
    """NUL-separated words joined by blanks, None for none."""
    return text(words.rstrip(b"\0").replace(b"\0", b" ")) or None
