"""What sonde strace tells otherwise than strace 6.1, and why; docs/compat.md lists the same."""

from __future__ import annotations

__all__ = ["KNOWN"]

# (call, parameter): reason
KNOWN: dict[tuple[str, str], str] = {}
