"""stub"""

from collections.abc import Callable
from typing import NamedTuple


class How(NamedTuple):
    compat: bool
    verbose: bool
    limit: int
    hexadecimal: int
    names: str
    fd: Callable[[int], bytes]


def text(key: str, data: bytes, count: int | None, how: How) -> bytes | None:
    return None


def rest(key: str, before: bytes, after: bytes, how: How) -> bytes:
    return b""


def word(key: str, value: int, how: How) -> bytes:
    return b"%d" % value
