"""What sources have in common that watch nothing: nothing is attached, nobody is followed, no calls are running."""

from __future__ import annotations

from sonde.plan.batch import Batch

__all__ = ["Complete", "Unattached"]


class Complete:
    """A source that has all it is asked for, and does not end."""

    def absent(self) -> list[str]:
        """What of the question cannot be answered from here."""
        return []

    def progress(self) -> tuple[int, int]:
        """Nothing is read that ends."""
        return 0, 0

    def aside(self) -> list[str]:
        """What else is worth saying."""
        return []


class Unattached(Complete):
    """A source whose rows are there already, or that has none."""

    def start(self) -> None:
        """Begin."""

    def follow(self, tid: int, from_exec: bool = False) -> None:
        """There is nothing to see of a thread alone."""

    def detach(self) -> None:
        """Nothing is attached."""

    def stop(self) -> Batch | None:
        """No row waits."""
        return None

    def inflight(self) -> Batch | None:
        """No calls are running."""
        return None
