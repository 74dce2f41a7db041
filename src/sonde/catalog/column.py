"""What a column declaration says; everything the user sees of a field comes from here."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from sonde.catalog.types import Type

__all__ = ["Argument", "Column", "Detail", "Table"]


class Argument(StrEnum):
    """Whether a field takes an argument: `evt.arg.NAME`, `evt.arg[N]`, `proc.aname[2]`, `proc.env[HOME]`."""

    NONE = "none"
    INDEX = "index"  # optional [N]; without it the field means every level (ancestor scan)
    REQUIRED = "required"  # .NAME or [N] must be given
    KEY = "key"  # optional [TEXT]


class Detail(StrEnum):
    """Parts of a process record that cost more than the others."""

    ENVIRONMENT = "environment"
    CGROUPS = "cgroups"


class Column(NamedTuple):
    """One field of one table.

    `kernel` is what kernel/predicates.py can test it by inside the kernel, or empty.
    `needs` are the physical columns of a Batch (plan/batch.py PHYSICAL) that user space needs to derive it.
    `either` makes it an either-end field: it means any of the named fields.
    `climbs` marks a field of a process that also depends on its ancestors.
    `detail` is what of a process record is only told when a question asks for it.
    `of_event` marks a field that depends on the event type alone: it is decided per event number at compile time.
    """

    name: str
    type: Type
    doc: str
    kernel: str = ""
    needs: tuple[str, ...] = ()
    argument: Argument = Argument.NONE
    either: tuple[str, ...] = ()
    of_event: bool = False
    filterable: bool = True
    climbs: bool = False
    detail: Detail | None = None


class Table(NamedTuple):
    """A named set of columns with one sentence of documentation."""

    name: str
    doc: str
    columns: tuple[Column, ...]
