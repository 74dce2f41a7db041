"""Every field of the events table as a function of a batch: one registry, from a field's name to what derives it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sonde.catalog.column import Column
from sonde.catalog.event import Event, ParamType
from sonde.catalog.events import FIELDS
from sonde.catalog.lookup import NUMBERS
from sonde.catalog.types import Kind
from sonde.engines.arguments import argument, info, raw_argument, sources
from sonde.engines.containers import CONTAINER
from sonde.engines.context import Context, Derivation, by_event, missing
from sonde.engines.evt import EVT
from sonde.engines.fd import FD
from sonde.engines.paths import PATHS
from sonde.engines.proc import PROC
from sonde.engines.times import TIMES
from sonde.engines.users import USERS
from sonde.plan.batch import Batch, Vector
from sonde.plan.expr import Field

__all__ = ["DERIVATIONS", "OF_ARGUMENT", "column", "derive", "physical", "pointing", "points_at"]

OF_ARGUMENT = ("evt.arg", "evt.rawarg")


def _key(text: str | int | None) -> str | int:
    return text if isinstance(text, int) else str(text)


DERIVATIONS: dict[str, Derivation] = {
    **EVT,
    **TIMES,
    **FD,
    **PATHS,
    **PROC,
    **USERS,
    **CONTAINER,
    "evt.args": lambda batch, key, context: info(batch, context),
    "evt.info": lambda batch, key, context: info(batch, context),
    "evt.arg": lambda batch, key, context: argument(batch, _key(key), context),
    "evt.rawarg": lambda batch, key, context: raw_argument(batch, _key(key), context),
}

_GIVEN = {"fd.name", "fd.directory", "fd.filename", *PATHS}  # read of payloads only the paths that calls were given
_POINTERS = {"evt.args", "evt.info", "evt.arg", "evt.buffer", *_GIVEN}


def column(field: Field) -> Column:
    """The catalogue's entry of a field."""
    return FIELDS[field.name]


def derive(batch: Batch, field: Field, context: Context) -> Vector | tuple[Vector, ...]:
    """The field's values for the rows of a batch that has the columns `physical(field)`.

    Several Vectors (any of them is meant) for either-end fields and for ancestors without an index. A field that
    nothing here derives (thread.cpu), or whose columns the source does not have, is missing everywhere. BYTES vectors
    of fields whose type is not Bytes are text.
    """
    if field.name in batch.own:
        own: Derivation = batch.own[field.name]
        return own(batch, field.argument, context)
    derivation = DERIVATIONS.get(field.name)
    if derivation is None or ("unknown" in batch.columns and not physical(field) <= batch.columns.keys()):
        kind = column(field).type.kind
        return missing(Kind.STR if kind is Kind.BYTES else kind, len(batch))
    return derivation(batch, field.argument, context)


def physical(field: Field) -> frozenset[str]:
    """The physical columns that `derive` needs for the field."""
    if field.name in OF_ARGUMENT:
        return sources(_key(field.argument))
    return frozenset(column(field).needs)


def points_at(field: Field) -> bool:
    """Whether the field reads payloads: what argument words pointed at."""
    return field.name in _POINTERS


def pointing(field: Field) -> npt.NDArray[np.bool_]:
    """By event number: whether the field of such an event may depend on payloads."""
    held: npt.NDArray[np.bool_] = by_event(_paths) != 0
    return held if field.name in _GIVEN else np.full(NUMBERS, points_at(field))


def _paths(event: Event) -> int:
    return sum(param.type is ParamType.PATH for param in event.params)
