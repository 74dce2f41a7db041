"""The table of strace -c as numbers: calls and errors of each name."""

from __future__ import annotations

__all__ = ["counts"]


def counts(table: str) -> dict[str, tuple[int, int]]:
    """{name: (calls, errors)}, the line of totals too."""
    found = {}
    for line in table.splitlines():
        words = line.split()
        if len(words) in (5, 6) and words[0].replace(".", "").isdecimal() and words[3].isdecimal():
            found[words[-1]] = int(words[3]), int(words[4]) if len(words) == 6 else 0
    return found
