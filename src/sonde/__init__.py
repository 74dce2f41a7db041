"""Ask a Linux system what it is doing: live, from a recording, or across a fleet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sonde.api import LiveBatch, Result, live, read, sql

__all__ = ["LiveBatch", "Result", "live", "read", "sql"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """The Python interface is loaded at its first use: the command has no need of it."""
    if name in __all__:
        from sonde import api

        return getattr(api, name)
    raise AttributeError(f"module 'sonde' has no attribute {name!r}")
