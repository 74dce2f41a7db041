"""JSON in a recording: objects, and the whole numbers and texts in them."""

from __future__ import annotations

import json

from sonde.sources.recording.frames import Damaged

__all__ = ["object_in", "shown", "whole"]


def object_in(body: bytes) -> dict[str, object]:
    """A JSON object. Damaged if it is none."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise Damaged("no JSON where there should be some") from None
    if not isinstance(found, dict):
        raise Damaged("no JSON object where there should be one")
    return found


def whole(found: object, end: int = 1 << 63) -> int:
    """A number that counts something, below `end`. Damaged if it is none."""
    if not isinstance(found, int) or not 0 <= found < end:
        raise Damaged("something else where there should be a number")
    return found


def shown(found: object) -> str:
    """A text that a person is shown, safe in one line. Damaged if it is none."""
    if not isinstance(found, str):
        raise Damaged("something else where there should be a text")
    return found if found.isprintable() else ascii(found)
