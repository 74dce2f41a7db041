"""What `--explain` prints where strace gives the rows."""

from __future__ import annotations

from sonde.plan.expr import TRUE
from sonde.sources.strace.source import Wanted

__all__ = ["explain_strace"]

NAMED = 8  # calls listed before "..."


def explain_strace(wanted: Wanted, why: str, path: str) -> str:
    """One line a fact, aligned. `why` strace runs, or the `path` of its log."""
    rows = [("source", f"{path}, a log of strace" if path else f"strace, since the kernel cannot be asked: {why}")]
    if not path:
        calls = wanted.calls
        more = f", ... ({len(calls)})" if len(calls) > NAMED else ""
        rows.append(("traced", ", ".join(calls[:NAMED]) + more if calls else "all calls"))
        rows.append(("cost", "each of them stops the program twice"))
    rows.append(
        ("filter", "everything matches: no filter") if wanted.rest == TRUE else ("user space", str(wanted.rest))
    )
    width = max(len(name) for name, _ in rows)
    return "".join(f"{name:<{width}}  {text}\n" for name, text in rows)
