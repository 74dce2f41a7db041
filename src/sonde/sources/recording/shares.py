"""Shares of the room: which segments lose which kinds of rows when there is too much."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass

from sonde.catalog.kinds import SHARES
from sonde.sources.recording.kinds import bytes_of_kinds

__all__ = ["Held", "losses"]


LEAST = 1  # the share of a kind that only a later sonde knows


@dataclass
class Held:
    """A segment that is closed: its bytes, how many rows of each kind it has, and whether all were taken out."""

    path: str
    size: int
    rows: Counter[str]
    spent: bool = False


def losses(held: Sequence[Held], room: float) -> dict[str, set[str]]:
    """What is to be taken out of segments, oldest first, so that about `room` bytes are left: kinds by path.

    Again and again the kind that is most bytes over its share loses its oldest rows. Nothing as long as all fits: what
    one kind does not use is there for the others.
    """
    parts = [bytes_of_kinds(one.size, one.rows) for one in held]
    oldest = {kind: deque(at for at, part in enumerate(parts) if kind in part) for kind in set().union(*parts)}
    over = {kind: sum(parts[at][kind] for at in places) for kind, places in oldest.items()}
    weights = sum(SHARES.get(kind, LEAST) for kind in over)
    for kind in over:
        over[kind] -= room * SHARES.get(kind, LEAST) / weights
    total, lost = float(sum(one.size for one in held)), dict[str, set[str]]()
    while total > room and over:
        kind = max(over, key=lambda kind: over[kind])
        at = oldest[kind].popleft()
        lost.setdefault(held[at].path, set()).add(kind)
        total -= parts[at][kind]
        over[kind] -= parts[at][kind]
        if not oldest[kind]:
            del over[kind]
    return lost
