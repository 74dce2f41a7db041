"""I/O buffers as text: dotted and cut, whole (-v), printable (-A), hex (-x, -X) or base64 (-b)."""

from __future__ import annotations

import sys

import numpy as np
import numpy.typing as npt

from sonde.native.ops import Form, Op, slices
from sonde.plan.batch import Views

__all__ = ["BUFFER_FORMS", "shown"]

# by the option that chooses it; none is DOTTED
BUFFER_FORMS = {"A": Form.ASCII, "x": Form.HEXDUMP, "X": Form.HEXDUMP_ASCII, "b": Form.BASE64}


def shown(
    views: Views, form: Form, cut: int | None = None, width: int = 0, missing: npt.NDArray[np.bool_] | None = None
) -> Op:
    """The op that writes each buffer in the form; `cut` is the number of bytes of the dotted form, None all.

    `width` and `missing` are those of native.ops. Every form of BUFFER_FORMS is safe on a terminal.
    """
    return slices(views, form, sys.maxsize if cut is None else cut, width, missing)
