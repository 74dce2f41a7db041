"""Small C kernels for loops numpy cannot express; Python twins run where native.so is missing or SONDE_NATIVE=0.

This module is the only door to the library. A kernel takes the address of one structure and returns a number.
"""

from __future__ import annotations

import ctypes
import functools
import os
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["LIBRARY", "Kernel", "address", "kernel"]

Kernel = Callable[[int], int]
LIBRARY = os.path.join(os.path.dirname(__file__), "native.so")


@functools.cache
def kernel(name: str) -> Kernel | None:
    """The C function `sonde_<name>`, or None when its twin has to do the work."""
    if os.environ.get("SONDE_NATIVE") == "0":
        return None
    try:
        function = ctypes.CDLL(LIBRARY)[f"sonde_{name}"]
    except OSError:
        return None
    function.argtypes, function.restype = [ctypes.c_void_p], ctypes.c_int64
    call: Kernel = function
    return call


def address(array: npt.NDArray[np.generic]) -> int:
    """Where the numbers of an array are; it has to be there as long as a kernel uses them."""
    return int(array.__array_interface__["data"][0])
