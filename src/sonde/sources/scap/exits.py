"""Exit events whose parameters tell whether they are about a descriptor: copies by fcntl, errors of sockets."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sonde.sources.scap.pieces import Piece

__all__ = ["FCNTL", "GETSOCKOPT", "asks_for_error", "copies"]

I8 = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
FCNTL, GETSOCKOPT = 151, 47
_COPYING = (1, 26)  # F_DUPFD, F_DUPFD_CLOEXEC
_SOL_SOCKET, _SO_ERROR = 1, 4  # in the coding of the file


def copies(piece: Piece, events: I8) -> Bools:
    """Which exits of fcntl have made a descriptor that is a copy of another."""
    commands, told = piece.numbers(1, piece.pairs.enter[events], 1)
    found: Bools = told & np.isin(commands, _COPYING) & piece.pairs.valid[events]
    return found


def asks_for_error(piece: Piece, events: I8) -> Bools:
    """Which exits of getsockopt say what became of a connection: only these are about a descriptor for sysdig."""
    (level, _), (option, told) = piece.numbers(2, events, 1), piece.numbers(3, events, 1)
    results, valid = piece.numbers(0, events)
    found: Bools = told & (level == _SOL_SOCKET) & (option == _SO_ERROR) & valid & (results >= 0)
    return found
