"""What `--explain` prints where a .scap file gives the rows."""

from __future__ import annotations

from sonde.plan.expr import TRUE, Expr

__all__ = ["explain_scap"]


def explain_scap(path: str, expr: Expr, events: bool) -> str:
    """One line a fact, aligned; `events`: rows are events, else completed calls."""
    rows = (
        ("source", f"{path}, a file of sysdig"),
        ("rows", "its events, as sysdig shows them" if events else "calls that returned, exits and signals"),
        ("state", "processes, descriptors, users and containers, followed from event to event"),
        ("filter", "everything matches: no filter") if expr == TRUE else ("user space", str(expr)),
    )
    width = max(len(name) for name, _ in rows)
    return "".join(f"{name:<{width}}  {text}\n" for name, text in rows)
