"""Rows as JSON, one object a line, a whole batch at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sonde.catalog.types import BYTES, Kind
from sonde.native.escape import quote
from sonde.native.join import join
from sonde.native.ops import Form, Op, literal, number, pool, quoted, sint, truth
from sonde.plan.batch import Batch, Vector, Views
from sonde.render import payload
from sonde.render.items import OUTPUT_TIME, Item, Options, fields, visible

__all__ = ["JsonRenderer"]

NULL = b"null"


class JsonRenderer:
    r"""Objects of one output: keys are the fields' names in order, each once.

    Numbers, true and false are JSON's own; a missing value is null; bytes that are not UTF-8 are \udcNN, so that
    os.fsencode gives them back. evt.outputtime is epoch ns whatever -t says, as in sysdig. A BYTES vector of a column
    of type Bytes is raw data: base64 with -b, the text of -A, -x or -X, else its characters.
    """

    def __init__(self, items: Sequence[bytes | Item], options: Options | None = None) -> None:
        self.options = options or Options()
        self.fields = fields(items)

    def render(self, vectors: Sequence[Vector | None], batch: Batch) -> bytes:
        """The objects of a batch; `vectors[i]` are the values of the i-th field (None: it has none).

        Needs the column `time` if evt.outputtime is a field.
        """
        rows = visible(self.fields, vectors, batch, self.options.keep_missing)
        if rows is not None:
            vectors, batch = [v and v.take(rows) for v in vectors], batch.take(rows)
        ops: list[Op] = []
        done: set[str] = set()
        for item, vector in zip(self.fields, vectors, strict=True):
            if item.name not in done:
                key = quote(item.name.encode())
                ops += [literal((b"," if done else b"{") + key + b":"), self._op(item, vector, batch)]
                done.add(item.name)
        return join(len(batch), None, [[*ops, literal(b"}\n" if done else b"{}\n")]]).data.tobytes()

    def _op(self, item: Item, vector: Vector | None, batch: Batch) -> Op:
        if item.name == OUTPUT_TIME:
            return sint(batch.columns["time"])
        if vector is None:
            return literal(NULL)
        missing = ~vector.present()
        if vector.kind is Kind.STR:
            strings = batch.state.strings
            ids = strings.map(vector.values.astype(np.uint32, copy=False), "json", quote)
            return pool(ids, *strings.packed(), 0, missing, NULL)
        if vector.kind is Kind.BOOL:
            return truth(vector.values, 0, missing, NULL)
        if vector.views is not None:
            return quoted(self._text(item, vector.views), 0, missing)
        return number(vector.values, 0, missing, NULL)

    def _text(self, item: Item, views: Views) -> Views:
        """The characters of the value, before they are quoted."""
        if item.type != BYTES or self.options.buffers is Form.DOTTED:
            return views
        return join(len(views), None, [[payload.shown(views, self.options.buffers)]]).views()
