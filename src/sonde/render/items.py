"""What a renderer is told: the fields of a line in order, and the options that say how values are shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sonde.catalog.types import Type
from sonde.native.ops import Form
from sonde.plan.batch import Batch, Vector
from sonde.render.times import TimeStyle

__all__ = ["OUTPUT_TIME", "Item", "Options", "fields", "visible"]

OUTPUT_TIME = "evt.outputtime"  # computed here from -t; its vector is not looked at


class Item(NamedTuple):
    """A field in a line: its name as typed, its catalogue type, and its width in characters.

    As sysdig's `%10evt.type`, a width fills on the right and cuts what is longer; a negative one fills on the left, 0
    is none.
    """

    name: str
    type: Type
    width: int = 0


class Options(NamedTuple):
    """How rows are shown.

    `keep_missing`: a row that lacks a field is shown with <NA> (JSON: null) instead of being left out.
    `buffers`: DOTTED or one of payload.BUFFER_FORMS. `cut`: the length at which dotted buffers and command lines end
    in dots, None never.
    """

    keep_missing: bool = False
    buffers: Form = Form.DOTTED
    cut: int | None = 80
    times: TimeStyle = TimeStyle.HUMAN
    colour: bool = False


def fields(items: Sequence[bytes | Item]) -> list[Item]:
    """The items that are fields, in order: what vectors are given for."""
    return [item for item in items if isinstance(item, Item)]


def visible(
    shown: Sequence[Item], vectors: Sequence[Vector | None], batch: Batch, keep_missing: bool
) -> npt.NDArray[np.int64] | None:
    """Indexes (i8) of the rows to show, or None for all. Raises ValueError unless each field has its vector."""
    if len(shown) != len(vectors):
        raise ValueError(f"{len(shown)} fields were given {len(vectors)} vectors")
    if keep_missing:
        return None
    keep = np.ones(len(batch), np.bool_)
    for item, vector in zip(shown, vectors, strict=True):
        if item.name != OUTPUT_TIME:
            keep &= vector.present() if vector is not None else False
    return None if keep.all() else np.flatnonzero(keep)
