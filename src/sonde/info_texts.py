"""How `sonde info` writes what it found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

__all__ = ["bytes_text", "events_text", "many", "table"]

NAMED = 6  # types of events that are named


def table(rows: Sequence[tuple[str, str]]) -> str:
    """Lines of a name and a text."""
    width = max(len(name) for name, _ in rows)
    return "".join(f"{name:<{width}}  {text}\n" for name, text in rows)


def events_text(names: Counter[str]) -> str:
    """How many events there are, and of which types most."""
    named = ", ".join(f"{name} {count:,}" for name, count in names.most_common(NAMED))
    more = f", ... ({len(names)} types)" if len(names) > NAMED else ""
    return f"{names.total():,}" + (f": {named}{more}" if named else "")


def many(count: int, what: str) -> str:
    """`1 file`, `2 files`."""
    return f"{count:,} {what}" + ("es" if what.endswith("s") else "s") * (count != 1)


def bytes_text(size: float) -> str:
    """`12 bytes`, `1.2 KB`."""
    for unit in ("bytes", "KB", "MB"):
        if size < 1000:
            return f"{size:,.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
