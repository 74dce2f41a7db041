"""What `--explain` prints where a recording gives the rows."""

from __future__ import annotations

from sonde.plan.expr import TRUE, Expr
from sonde.sources.recording.source import parts_of
from sonde.sources.recording.span import Span, span_of

__all__ = ["explain_recording"]


def explain_recording(path: str, expr: Expr, columns: frozenset[str], pointed: bool) -> str:
    """One line a fact, aligned. Of the rows that pass, `columns` are read, and what they pointed at if `pointed`."""
    rows = [("source", f"{path}, a recording: in frames of about 65,000 rows, column by column")]
    if span_of(expr) != Span():
        rows.append(("skipped", "frames without a row of that time"))
    rows.append(("skipped", "frames without an event of these types"))
    parts = [part for part in parts_of(expr) if part.expr != TRUE]
    if not parts:
        rows.append(("filter", "everything matches: no filter"))
    for part in parts:
        read = ", ".join(sorted(part.columns)) + (", what arguments pointed at" if part.pointing.any() else "")
        rows.append(("user space", f"{part.expr}\n{'':12}reads {read}, of rows that are left"))
    rows.append(("then", ", ".join(sorted(columns)) + (", what arguments pointed at" if pointed else "")))
    width = max(len(name) for name, _ in rows)
    return "".join(f"{name:<{width}}  {text}\n" for name, text in rows)
