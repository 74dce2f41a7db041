"""How arguments and results are decoded: lengths, escapes, names, what is told of descriptors and processes."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["ABBREV", "RAW", "VERBOSE", "Decoding"]

RAW, ABBREV, VERBOSE = "raw", "abbrev", "verbose"


class Decoding(NamedTuple):
    """What is shown of values, by strace's options. Sets of calls hold event numbers; None is every call."""

    limit: int = 32  # -s
    hexadecimal: int = 0  # -x: 1, -xx: 2
    names: str = ABBREV  # -X: RAW, ABBREV or VERBOSE
    fds: frozenset[str] = frozenset()  # -y: path; -yy: path socket dev pidfd; -e decode-fds=
    comm: bool = False  # -Y
    unabbreviated: frozenset[int] | None = frozenset()  # -v: None; calls not in -e abbrev=
    opaque: frozenset[int] = frozenset()  # calls not in -e verbose=: structures stay addresses
    raw: frozenset[int] | None = frozenset()  # -e raw=: every argument in hexadecimal
    dump_reads: frozenset[int] | None = frozenset()  # -e read=: descriptors whose data is dumped; None all
    dump_writes: frozenset[int] | None = frozenset()
    stacks: bool = False  # -k
    json: bool = False  # texts are members of JSON objects
