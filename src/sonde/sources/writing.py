"""Writing all of some bytes, or none of them."""

from __future__ import annotations

import contextlib
import os

from sonde.errors import SondeError

__all__ = ["write_whole"]


def write_whole(fd: int, data: bytes, size: int, name: str) -> int:
    """Write bytes to a file that has `size` bytes; -> how many it has then. SondeError if that fails; the file then
    ends before them. BrokenPipeError when nobody reads any more."""
    view = memoryview(data)
    try:
        while view:
            view = view[os.write(fd, view) :]
    except BrokenPipeError:
        raise
    except OSError as error:
        with contextlib.suppress(OSError):
            os.ftruncate(fd, size)
        raise SondeError(f"cannot write {name}: {error.strerror}; what was recorded before can be read") from None
    return size + len(data)
