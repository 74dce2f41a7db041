"""Structures (until branch structs is merged)."""

__all__ = ["RESUMED"]

RESUMED: frozenset[str] = frozenset()
