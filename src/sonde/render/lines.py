"""Rows as text lines, a whole batch at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sonde.catalog.errnos import MAX_ERRNO
from sonde.catalog.types import BYTES, Kind
from sonde.native.escape import printable
from sonde.native.join import join
from sonde.native.ops import ABSENT, Op, escaped, literal, number, pool, truth, view
from sonde.plan.batch import ENTER_ROW, Batch, Vector, Views
from sonde.plan.strings import Strings
from sonde.render import colour, payload
from sonde.render.items import OUTPUT_TIME, Item, Options, fields, visible
from sonde.render.times import OutputTime

__all__ = ["LineRenderer"]

LAID_OUT = ("evt.info", "evt.args")  # made safe where they are joined; a hex dump in them has lines of its own


class LineRenderer:
    """Lines of one output: literal bytes and fields in order, a newline after each row.

    Strings are made safe for a terminal whether or not they go to one, so that a file equals the screen. A BYTES vector
    of a column of type Bytes is raw data, shown as options.buffers says.
    """

    def __init__(self, items: Sequence[bytes | Item], options: Options | None = None) -> None:
        self.items, self.options = list(items), options or Options()
        self.fields = fields(self.items)
        self._time = OutputTime(self.options.times)

    def render(self, vectors: Sequence[Vector | None], batch: Batch) -> bytes:
        """The lines of a batch; `vectors[i]` are the values of the i-th field (None: it has none).

        Needs the columns of evt.outputtime if that is a field, and `res` and `flags` for colours.
        """
        rows = visible(self.fields, vectors, batch, self.options.keep_missing)
        if rows is not None:
            vectors, batch = [v and v.take(rows) for v in vectors], batch.take(rows)
        columns = [self._op(item, vector, batch) for item, vector in zip(self.fields, vectors, strict=True)]
        if self.options.colour:
            return self._coloured(columns, batch)
        return join(len(batch), None, [self._template(columns)]).data.tobytes()

    def _template(self, columns: Sequence[Op], failed: bool | None = None) -> list[Op]:
        """The ops of a line; `failed` None is without colours."""
        ops: list[Op] = []
        following = iter(columns)
        for item in self.items:
            if isinstance(item, bytes):
                ops.append(literal(item))
                continue
            paint = b"" if failed is None else colour.colour_of(item.name, failed)
            op = next(following)
            ops += [literal(paint), op, literal(colour.RESET)] if paint else [op]
        return [*ops, literal(b"\n")]

    def _coloured(self, columns: Sequence[Op], batch: Batch) -> bytes:
        result = batch.columns["res"].astype(np.int64, copy=False)
        running = batch.columns["flags"].astype(np.uint32, copy=False) & ENTER_ROW
        failed = (result < 0) & (result >= -MAX_ERRNO) & (running == 0)
        templates = [
            self._template([op.take(np.flatnonzero(failed == state)) for op in columns], state)
            for state in (False, True)
        ]
        return join(len(batch), failed.astype(np.uint16), templates).data.tobytes()

    def _op(self, item: Item, vector: Vector | None, batch: Batch) -> Op:
        width = -item.width  # sysdig fills on the right
        if item.name == OUTPUT_TIME:
            return self._time.op(batch, width)
        if vector is None:
            return literal(ABSENT, width)
        missing = ~vector.present()
        if vector.views is not None:
            return self._slices(item, vector.views, width, missing)
        if vector.kind is Kind.STR:
            return _string(vector.values.astype(np.uint32, copy=False), batch.state.strings, width, missing)
        if vector.kind is Kind.BOOL:
            return truth(vector.values, width, missing)
        return number(vector.values, width, missing)

    def _slices(self, item: Item, views: Views, width: int, missing: npt.NDArray[np.bool_]) -> Op:
        if item.type == BYTES:
            return payload.shown(views, self.options.buffers, self.options.cut, width, missing)
        return (view if item.name in LAID_OUT else escaped)(views, width, missing)


def _string(ids: npt.NDArray[np.uint32], strings: Strings, width: int, missing: npt.NDArray[np.bool_]) -> Op:
    safe = strings.map(ids, "printable", printable)
    return pool(safe, *strings.packed(), width, missing)
