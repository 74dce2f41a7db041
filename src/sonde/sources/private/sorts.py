"""Which of many slices of bytes are equal: found on whole columns, so that each distinct text is thought about once."""

from __future__ import annotations

import os

import numpy as np
import numpy.typing as npt

__all__ = ["Sorts"]

I8 = npt.NDArray[np.int64]
WORD = 8
SPREAD = np.uint64(0x9E3779B97F4A7C15)  # odd: a multiplication by it loses nothing
HIGH = np.uint64(32)
MASKS = np.array([(1 << 8 * count) - 1 for count in range(WORD + 1)], np.uint64)  # of the first bytes of a word


class Sorts:
    """Tells slices apart by fingerprints of 64 bits with keys of its own, which nobody can aim at."""

    def __init__(self) -> None:
        self._keys = np.zeros(0, np.uint64)

    def distinct(
        self, data: npt.NDArray[np.uint8], offset: I8, length: npt.NDArray[np.int32], kind: npt.NDArray[np.uint8]
    ) -> tuple[I8, I8]:
        """(the places of the first of each sort, which of these each slice is like); slices of different kinds are
        never alike."""
        words = self._words(data)
        sums = length.astype(np.uint64) * SPREAD + kind
        most = int(length.max(initial=0))
        self._reach(-(-most // WORD))
        at = np.arange(len(length))
        for number, start in enumerate(range(0, most, WORD)):
            at = at[length[at] > start]
            word = words[offset[at] + start] & MASKS[np.minimum(length[at] - start, WORD)]
            word = (word ^ self._keys[number]) * SPREAD
            sums[at] = (sums[at] ^ word ^ word >> HIGH) * (self._keys[number] | np.uint64(1))
        _, first, which = np.unique(sums, return_index=True, return_inverse=True)
        return first, which

    def _words(self, data: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint64]:
        """The eight bytes from each place on."""
        longer = np.concatenate((data, np.zeros(WORD, np.uint8)))
        return np.ndarray((len(data) + 1,), "<u8", longer.tobytes(), strides=(1,))

    def _reach(self, count: int) -> None:
        """Have so many keys."""
        if count > len(self._keys):
            new = np.frombuffer(os.urandom(WORD * (count - len(self._keys))), np.uint64)
            self._keys = np.concatenate((self._keys, new))
