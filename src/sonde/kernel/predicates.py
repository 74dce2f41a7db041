"""Which comparisons the kernel can decide, and how: comparisons become trees of tests that codegen turns into BPF.

A test may answer yes, no, missing (then the comparison is false) or unknown (the row is delivered and decided above).
Those that may be unknown are not exact: they are applied again in user space.
"""

from __future__ import annotations

import ipaddress
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sonde.catalog.errnos import number as errno_number
from sonde.catalog.events import FIELDS
from sonde.plan.automaton import (
    MAX_PREDICATES,
    PathAutomaton,
    Predicate,
    Scope,
    TextAutomaton,
    TooBig,
    build_paths,
    build_text,
)  # fmt: skip
from sonde.plan.expr import Compare, Field, Literal

__all__ = [
    "Address", "All", "Any", "Bits", "EventSet", "Exists", "Inverse", "Number", "PathBit", "Predicates", "Test",
    "TextBit", "Verdict", "Words",
]  # fmt: skip

EventsOf = Callable[[Compare], npt.NDArray[np.bool_]]
OfProcess = Callable[[Compare], bool]


class EventSet(NamedTuple):
    """The event's number is in a set: bit `bit` of its descriptor."""

    bit: int


class Number(NamedTuple):
    """An accessor's value against constants: any of them for `=`, the one for an order. `optional`: it may have no
    value."""

    accessor: str
    operator: str
    values: tuple[int, ...]
    optional: bool = False


class Words(NamedTuple):
    """A 16-byte name given by two accessors equals a constant."""

    accessors: tuple[str, str]
    text: bytes


class TextBit(NamedTuple):
    """Bit `bit` of a text automaton over what `accessor` reads."""

    accessor: str
    slot: int
    bit: int


class PathBit(NamedTuple):
    """Some of the bits of `mask` in the path automaton's verdict on the event's file."""

    mask: int


@dataclass(frozen=True)
class Exists:
    """The event has a file."""


class Verdict(NamedTuple):
    """Bit `bit` of what user space found out about the process record."""

    bit: int


class Address(NamedTuple):
    """An end of the socket is in a network: (address, mask) as two words each; `end`: 0 local, 1 remote, 2 client, 3
    server."""

    end: int
    address: tuple[int, int]
    mask: tuple[int, int]


class All(NamedTuple):
    """Every item holds."""

    items: tuple[Test, ...]


class Any(NamedTuple):
    """Some item holds."""

    items: tuple[Test, ...]


class Inverse(NamedTuple):
    """The item does not hold."""

    item: Test


Test = EventSet | Number | Words | TextBit | PathBit | Exists | Verdict | Address | All | Any | Inverse

PATIENCE = 4  # predicates too many for an automaton before no more are tried: each takes 0.2 s
MAX_VERDICTS = 16  # bits of a word of the table
TEXT_SLOTS = {"comm": 0, "pcomm": 1, "data": 2}
PATH_SCOPES: dict[str, Scope] = {"fd.name": "name", "fd.directory": "directory", "fd.filename": "filename"}
ORDER = ("=", "!=", "in", "<", "<=", ">", ">=")
TEXT_OPERATORS = ("contains", "icontains", "startswith", "endswith", "glob", "iglob", "regex", "pmatch")
MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")
ENDS = {"l": 0, "r": 1, "c": 2, "s": 3}
OPTIONAL = ("latency", "lport", "rport", "cport", "sport", "buflen", "fd", "l4proto", "sockfamily", "fdtype")
UNCERTAIN = ("lport", "rport", "cport", "sport", "l4proto", "sockfamily", "fdtype", "path", "data")
PLAIN = (
    "res", "failed", "cpu", "latency", "tid", "pid", "ppid", "vpid", "vtid", "uid", "gid", "loginuid", "sid", "pgid",
    "vpgid", "fd", "lport", "rport", "cport", "sport", "buflen", "ismain",
)  # fmt: skip
RENAMED = {"rawres": "res"}
TYPE_LETTERS = {"file": "f", "directory": "d", "ipv4": "4", "unix": "u", "pipe": "p", "netlink": "n"}
PROTOCOLS = {"tcp": (6,), "udp": (17,), "icmp": (1, 58)}  # not raw: it depends on the type of the socket too


@dataclass
class Bits:
    """Predicates of one automaton; equal ones share a bit."""

    refused: int = 0
    known: dict[tuple[object, ...], int] = field(default_factory=dict)
    predicates: list[Predicate] = field(default_factory=list)

    def add(self, scope: Scope, kind: str, patterns: tuple[str, ...]) -> int | None:
        """The bit of "any of the patterns", or None when all bits are taken."""
        key = (scope, kind, patterns)
        if key not in self.known:
            if len(self.known) == MAX_PREDICATES:
                return None
            self.known[key] = len(self.known)
            self.predicates += [Predicate(self.known[key], kind, pattern, scope) for pattern in patterns]
        return self.known[key]


class Predicates:
    """Turns comparisons into tests and collects the tables they need.

    `events_of(comparison)` says for which event numbers a comparison on the event type alone holds;
    `of_process(comparison)` whether it depends on the process record alone. Those of `verdicts` user space decides once
    for each record, by their place. Building an automaton takes longer than all else: usually all predicates fit, and
    it is built once, at the end; `careful` tries after each predicate whether it still fits.
    """

    def __init__(self, events_of: EventsOf, of_process: OfProcess, careful: bool = False) -> None:
        self._events_of, self._of_process, self._careful = events_of, of_process, careful
        self.verdicts: list[Compare] = []
        self.paths = Bits()
        self.texts = {name: Bits() for name in TEXT_SLOTS}
        self.event_sets: list[npt.NDArray[np.bool_]] = []

    def test(self, leaf: Compare) -> tuple[Test, bool] | None:
        """(test, exact) for a comparison the kernel can decide, or None."""
        found = self._by_kernel(leaf)
        if found is None and self._of_process(leaf):
            verdict = self._verdict(leaf)
            return (verdict, False) if verdict is not None else None
        return found

    def _verdict(self, leaf: Compare) -> Test | None:
        if leaf not in self.verdicts:
            if len(self.verdicts) == MAX_VERDICTS:
                return None
            self.verdicts.append(leaf)
        return Verdict(self.verdicts.index(leaf))

    def _by_kernel(self, leaf: Compare) -> tuple[Test, bool] | None:
        if not isinstance(leaf.left, Field) or leaf.left.name not in FIELDS:
            return None
        column = FIELDS[leaf.left.name]
        if column.of_event:
            test = self._event_set(self._events_of(leaf))
            return (test, True) if test is not None else None
        if leaf.left.name == "evt.res":
            made = _result(leaf)
            return (made, True) if made is not None else None
        accessor = RENAMED.get(column.kernel, column.kernel)
        values = _constants(leaf)
        if not accessor or values is None or leaf.left.argument is not None:
            return None
        found = self._by_accessor(accessor, leaf, values)
        return None if found is None else (found, accessor not in UNCERTAIN and not accessor.endswith("ip"))

    def _by_accessor(self, accessor: str, leaf: Compare, values: tuple[object, ...]) -> Test | None:
        if accessor == "path":
            return self._path(leaf, values)
        if accessor in TEXT_SLOTS:
            return self._text(accessor, leaf, values)
        if accessor in ("fdtype", "l4proto", "sockfamily"):
            return _named_number(accessor, leaf, values)
        if accessor.endswith("ip") and accessor[:-2] in ENDS:
            return _address(ENDS[accessor[:-2]], leaf, values)
        return _number(accessor, leaf, values) if accessor in PLAIN else None

    def _event_set(self, numbers: npt.NDArray[np.bool_]) -> Test | None:
        for bit, known in enumerate(self.event_sets):
            if np.array_equal(known, numbers):
                return EventSet(bit)
        if len(self.event_sets) == 64:
            return None
        self.event_sets.append(numbers)
        return EventSet(len(self.event_sets) - 1)

    def _path(self, leaf: Compare, values: tuple[object, ...]) -> Test | None:
        assert isinstance(leaf.left, Field)
        scope = PATH_SCOPES.get(leaf.left.name)
        if scope is None or leaf.operator in ("<", "<=", ">", ">=", "bcontains", "bstartswith", "intersects"):
            return None
        if leaf.operator == "exists":
            return Exists()
        kind = "=" if leaf.operator in ("=", "!=", "in") else leaf.operator
        bit = self._bit(self.paths, scope, kind, values)
        if bit is None:
            return None
        test = PathBit(1 << bit)
        return All((Exists(), Inverse(test))) if leaf.operator == "!=" else test

    def _text(self, accessor: str, leaf: Compare, values: tuple[object, ...]) -> Test | None:
        if leaf.operator in ("=", "!=", "in") and accessor != "data":
            words = (f"{accessor}0", f"{accessor}1")
            equal = Any(tuple(Words(words, text.encode(errors="surrogateescape")) for text in map(str, values)))
            return Inverse(equal) if leaf.operator == "!=" else equal
        if leaf.operator not in TEXT_OPERATORS:
            return None
        bit = self._bit(self.texts[accessor], "name", leaf.operator, values)
        return TextBit(accessor, TEXT_SLOTS[accessor], bit) if bit is not None else None

    def _bit(self, bits: Bits, scope: Scope, kind: str, values: tuple[object, ...]) -> int | None:
        """A bit for the predicate, if there is one left; when `careful`, if the automaton stays within its limits."""
        before = list(bits.predicates), dict(bits.known)
        bit = bits.add(scope, kind, tuple(str(value) for value in values))
        if self._careful and bit is not None and len(bits.predicates) != len(before[0]):
            try:
                if bits.refused == PATIENCE:
                    raise TooBig
                (build_paths if bits is self.paths else build_text)(bits.predicates)
            except TooBig:
                bits.predicates, bits.known = before
                bits.refused = min(bits.refused + 1, PATIENCE)
                return None
        return bit

    def build(self) -> None:
        """Build the automata now; TooBig if one is."""
        _ = self.path_automaton, self.text_automata

    @cached_property
    def path_automaton(self) -> PathAutomaton | None:
        """That of all path predicates; TooBig if they are too many."""
        return build_paths(self.paths.predicates) if self.paths.predicates else None

    @cached_property
    def text_automata(self) -> dict[str, TextAutomaton]:
        """Those of the other texts that have predicates, by name of TEXT_SLOTS; TooBig."""
        return {name: build_text(bits.predicates) for name, bits in self.texts.items() if bits.predicates}


def _constants(leaf: Compare) -> tuple[object, ...] | None:
    items = leaf.right if isinstance(leaf.right, tuple) else (leaf.right,)
    values = [item.value for item in items if isinstance(item, Literal)]
    return tuple(values) if len(values) == len(items) else None


def _number(accessor: str, leaf: Compare, values: tuple[object, ...]) -> Test | None:
    if leaf.operator not in ORDER or not all(isinstance(value, int) for value in values):
        return None
    optional = accessor in OPTIONAL
    numbers = tuple(int(value) for value in values)  # type: ignore[call-overload]
    if leaf.operator == "!=":
        differs = Inverse(Number(accessor, "=", numbers, optional))
        return All((Number(accessor, "exists", (), optional), differs)) if optional else differs
    return Number(accessor, "=" if leaf.operator == "in" else leaf.operator, numbers, optional)


def _result(leaf: Compare) -> Test | None:
    """evt.res: SUCCESS or an errno's name."""
    values = _constants(leaf)
    if values is None or leaf.operator not in ("=", "!=", "in"):
        return None
    tests: list[Test] = []
    for value in values:
        if value == "SUCCESS":
            tests.append(Number("failed", "=", (0,)))
            continue
        number = errno_number(str(value))
        if number is None:
            return None
        tests.append(Number("res", "=", (-number,)))
    return Inverse(Any(tuple(tests))) if leaf.operator == "!=" else Any(tuple(tests))


def _named_number(accessor: str, leaf: Compare, values: tuple[object, ...]) -> Test | None:
    """fd.type, fd.typechar, fd.l4proto, fd.sockfamily: names of numbers."""
    # of protocols and families the kernel has more than have a name
    if leaf.operator not in (("=", "in", "!=") if accessor == "fdtype" else ("=", "in")):
        return None
    numbers: list[int] = []
    for value in map(str, values):
        if accessor == "fdtype":
            letter = TYPE_LETTERS.get(value, value if value in TYPE_LETTERS.values() else "")
            if not letter:
                return None
            numbers.append(ord(letter))
        elif accessor == "l4proto":
            if value not in PROTOCOLS:
                return None
            numbers += PROTOCOLS[value]
        else:
            families = {"ip": (socket.AF_INET, socket.AF_INET6), "unix": (socket.AF_UNIX,)}.get(value)
            if families is None:
                return None
            numbers += map(int, families)
    equal = Number(accessor, "=", tuple(numbers), optional=True)
    return All((Number(accessor, "exists", (), optional=True), Inverse(equal))) if leaf.operator == "!=" else equal


def _address(end: int, leaf: Compare, values: tuple[object, ...]) -> Test | None:
    if leaf.operator not in ("=", "in"):
        return None
    networks = [ipaddress.ip_network(str(value), strict=False) for value in values]
    if any(network.version == 6 and network.overlaps(MAPPED) for network in networks):
        return None  # the kernel has IPv4 there, which is in no IPv6 network
    return Any(tuple(Address(end, *_words(network)) for network in networks))


def _words(network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> tuple[tuple[int, int], tuple[int, int]]:
    """(address, mask) of a network or address as words of the kernel's byte order, IPv4 as ::ffff:a.b.c.d."""
    address, mask = network.network_address.packed, network.netmask.packed
    if network.version == 4:
        address, mask = bytes(10) + b"\xff\xff" + address, b"\xff" * 12 + mask
    first, second = struct.unpack("<QQ", address)
    return (first, second), struct.unpack("<QQ", mask)
