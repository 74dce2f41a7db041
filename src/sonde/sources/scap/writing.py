"""Writing a .scap file: Batches as they come, as events in the order of time, behind the lists of the beginning."""

from __future__ import annotations

import contextlib
import os
import zlib
from collections.abc import Callable

import numpy as np

from sonde.catalog.lookup import TRACEPOINTS
from sonde.engines.context import Context
from sonde.errors import SondeError, UsageError
from sonde.plan.batch import Batch, Counters
from sonde.plan.state import State
from sonde.sources.scap.beginning import Beginning
from sonde.sources.scap.events_out import blocks_of
from sonde.sources.scap.ordering import Order

__all__ = ["ScapWriter"]

HELD = 5_000_000_000  # ns that events wait for those that began before them
_GZIP = 31  # zlib's window bits of gzip


class ScapWriter:
    """Writes a file; SondeError if that fails: what was written before can be read."""

    def __init__(self, path: str, begin: Callable[[State], Beginning], compress: bool = False) -> None:
        """`begin` is asked for what there was when the recording begins."""
        self._path, self._beginning = path, begin
        try:
            self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise UsageError(f"cannot write {path}: {error.strerror}") from None
        self._packer = zlib.compressobj(wbits=_GZIP) if compress else None
        self._size, self._newest, self._begun = 0, 0, False
        self._order = Order()
        self._context: Context | None = None

    def start(self, state: State) -> None:
        """Begin now, with a state, and not when there are rows."""
        if not self._begun:
            self._begun = True
            self._write(self._beginning(state).blocks())

    def write(self, batch: Batch) -> None:
        """Take in a batch; sysdig has no events for tracepoints."""
        traced = np.isin(batch.columns["nr"], np.array(TRACEPOINTS, np.uint16))
        batch = batch.take(np.flatnonzero(~traced)) if traced.any() else batch
        if not len(batch):
            return
        self.start(batch.state)
        self._context = Context(batch.state) if self._context is None else self._context.of(batch.state)
        self._order.add(blocks_of(batch, self._context), len(batch))
        self._newest = int(batch.columns["time"][-1])

    def settle(self, counters: Callable[[], Counters], final: bool = False) -> None:
        """Write what has waited long enough, or `final`ly all of it."""
        self._write(self._order.take(None if final else self._newest - HELD))

    def close(self, counters: Counters, state: State) -> None:
        """Write the rest and close the file; `state` is what an empty one begins with."""
        self.start(state)
        self.settle(lambda: counters, final=True)
        if self._packer is not None:
            self._all(self._packer.flush())
        os.close(self._fd)

    def _write(self, data: bytes) -> None:
        if data and self._packer is not None:
            data = self._packer.compress(data) + self._packer.flush(zlib.Z_SYNC_FLUSH)
        self._all(data)

    def _all(self, data: bytes) -> None:
        """Write all of some bytes, or none."""
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._fd, view) :]
        except BrokenPipeError:
            raise
        except OSError as error:
            with contextlib.suppress(OSError):
                os.ftruncate(self._fd, self._size)
            said = f"cannot write {self._path}: {error.strerror}; what was recorded before can be read"
            raise SondeError(said) from None
        self._size += len(data)
