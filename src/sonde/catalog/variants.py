"""Arguments that depend on others (until branch structs is merged)."""

from __future__ import annotations

from collections.abc import Sequence

from sonde.catalog.event import Event, Param

__all__ = ["depends", "resolve"]


def depends(event: Event) -> tuple[int, ...]:
    """The words on which the arguments depend."""
    return ()


def resolve(event: Event, words: Sequence[int]) -> tuple[Param, ...]:
    """The arguments that are shown for some words."""
    return event.arguments
