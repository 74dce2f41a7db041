"""The events table: one row for each completed operation."""

from __future__ import annotations

from sonde.catalog.column import Column, Table
from sonde.catalog.fields import CONTAINER, EVT, FD, PATHS, PROC, THREAD, USERS

__all__ = ["EVENTS_TABLE", "FIELDS"]

EVENTS_TABLE = Table(
    "events",
    "One row for each completed system call, process exit and delivered signal.",
    EVT + FD + PATHS + PROC + THREAD + USERS + CONTAINER,
)

FIELDS: dict[str, Column] = {column.name: column for column in EVENTS_TABLE.columns}
