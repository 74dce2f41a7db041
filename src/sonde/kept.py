"""What takes long to find out and stays true is found out once and kept in files that only their user may read."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

__all__ = ["kept"]

T = TypeVar("T")
DAMAGED = (ValueError, TypeError, LookupError, AttributeError)  # what reading something else raises


def kept(name: str, key: str, make: Callable[[], Any], read: Callable[[Any], T]) -> T:
    """What `read` makes of the JSON value kept under `name` and `key`; if there is none, or it is damaged, of what
    `make` gives, which is kept for the next start.

    Values of other keys stay: a machine may boot several kernels. A cache that cannot be written is no error.
    """
    path = _directory() / f"{name}-{key}.json"
    try:
        return read(json.loads(path.read_bytes()))
    except (OSError, *DAMAGED):
        value = make()
    _store(path, value)
    return read(value)


def _directory() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or ("/var/cache" if os.geteuid() == 0 else os.path.expanduser("~/.cache"))
    return Path(base) / "sonde"


def _store(path: Path, value: Any) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = path.with_suffix(f".{os.getpid()}")
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            json.dump(value, out)
        temporary.rename(path)
    except OSError:
        pass
