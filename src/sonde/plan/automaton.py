"""String predicates as automata: the only meaning of a pattern, in the kernel and in user space.

`PathAutomaton` decides up to 64 predicates over paths at once. The kernel runs it along its tree of path components: a
node's state is computed once from its parent's, so events pay nothing. `TextAutomaton` decides up to 64 predicates over
one string. `matcher` is the test of a single predicate in user space.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from sonde.plan.patterns import PatternError, encoded, kind_of, parse
from sonde.plan.subsets import Positions, Table, TooBig, determinise, tester

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = [
    "DFA_DTYPE", "MAX_CELLS", "MAX_PREDICATES", "MAX_STATES", "MAX_TEXT_CELLS", "MAX_TEXT_STATES", "TEXT_DTYPE", "Node",
    "PathAutomaton", "PatternError", "Predicate", "Scope", "TextAutomaton", "TooBig", "build_paths", "build_text",
    "matcher",
]  # fmt: skip

Scope = Literal["name", "directory", "filename"]

MAX_PREDICATES = 64
MAX_STATES, MAX_CELLS = 8192, 1 << 19
MAX_TEXT_STATES, MAX_TEXT_CELLS = 1024, 1 << 15

# struct path_automaton and struct text_automaton of bpf/automaton.h
DFA_DTYPE = np.dtype(
    [
        ("classes", "u4"),
        ("start_name", "u4"),
        ("states", "u4"),
        ("predicates", "u4"),
        ("name_bits", "u8"),
        ("directory_bits", "u8"),
        ("filename_bits", "u8"),
        ("pad", "u8"),
        ("class", "u1", 256),
        ("accept", "u8", MAX_STATES),
        ("hit", "u8", MAX_STATES),
        ("next", "u2", MAX_CELLS),
    ]
)
TEXT_DTYPE = np.dtype(
    [
        ("classes", "u4"),
        ("states", "u4"),
        ("class", "u1", 256),
        ("accept", "u8", MAX_TEXT_STATES),
        ("hit", "u8", MAX_TEXT_STATES),
        ("next", "u2", MAX_TEXT_CELLS),
    ]
)


class Predicate(NamedTuple):
    """`kind` and `pattern` (see `sonde.plan.patterns`) decide verdict bit `bit`, 0..63; several may share one (or).

    scope, of paths only: `name` the whole path (fd.name), `directory` the path without its last component, `/` for the
    root and its children (fd.directory), `filename` the last component, empty for the root (fd.filename).
    """

    bit: int
    kind: str
    pattern: str | bytes
    scope: Scope = "name"
    fold: bool = False


class Node(NamedTuple):
    """What the kernel keeps with a path component: the automaton's state and hits after its path, and the verdict."""

    state: int
    hits: int
    verdict: int


class _Automaton:
    """What both automata have: the table, its sizes and the step over bytes."""

    def __init__(self, predicates: tuple[Predicate, ...], table: Table) -> None:
        self.predicates = predicates
        self._columns, self._table = table.classes.tobytes(), table
        self._next, self._accept, self._hit = table.next.tolist(), table.accept.tolist(), table.hit.tolist()

    @property
    def states(self) -> int:
        """Rows of the table."""
        return len(self._next)

    @property
    def classes(self) -> int:
        """Columns of the table: classes of bytes that no pattern tells apart."""
        return int(self._table.next.shape[1])

    @property
    def size(self) -> int:
        """Bytes of the table in use."""
        return 256 + self.states * (16 + 2 * self.classes)

    def _value(self, dtype: np.dtype[np.void]) -> npt.NDArray[np.void]:
        value = np.zeros(1, dtype)
        value["classes"], value["states"] = self.classes, self.states
        value["class"][0] = self._table.classes
        value["accept"][0, : self.states] = np.array(self._accept, np.uint64)
        value["hit"][0, : self.states] = self._table.hit
        value["next"][0, : self._table.next.size] = self._table.next.reshape(-1)
        return value

    def _run(self, state: int, text: bytes) -> tuple[int, int]:
        hits = 0
        for column in text.translate(self._columns):
            state = self._next[state][column]
            hits |= self._hit[state]
        return state, hits


class PathAutomaton(_Automaton):
    """Predicates over paths as one table; `root` and `child` are the kernel's algorithm."""

    def __init__(self, predicates: tuple[Predicate, ...], table: Table) -> None:
        super().__init__(predicates, table)
        self.name_bits, self.directory_bits, self.filename_bits = _scopes(predicates)
        # The root's path is "/", although its state, from which "/a" goes on, is that of the empty path.
        slash = self._next[_PATH][self._columns[ord("/")]]
        self._accept[_PATH] = self._accept[slash] | self._hit[slash] | self._hit[_PATH]
        self._accept[_NAME] |= self._hit[_NAME]

    def blob(self) -> bytes:
        """The map value: one DFA_DTYPE."""
        value = self._value(DFA_DTYPE)
        value["start_name"], value["predicates"] = _NAME, len(self.predicates)
        value["name_bits"], value["directory_bits"] = self.name_bits, self.directory_bits
        value["filename_bits"] = self.filename_bits
        return value.tobytes()

    def root(self) -> Node:
        """The node of `/`."""
        path = self._accept[_PATH] & (self.name_bits | self.directory_bits)
        return Node(_PATH, 0, path | self._accept[_NAME] & self.filename_bits)

    def child(self, parent: Node, name: bytes) -> Node:
        """The node of the entry `name` of the directory `parent`."""
        directory = parent.hits | self._accept[parent.state]
        state, hits = self._run(parent.state, b"/" + name)
        hits |= parent.hits
        last, name_hits = self._run(_NAME, name)
        verdict = (hits | self._accept[state]) & self.name_bits | directory & self.directory_bits
        return Node(state, hits, verdict | (name_hits | self._accept[last]) & self.filename_bits)

    def verdicts(self, path: bytes) -> int:
        """The bits of the predicates that an absolute path satisfies; 0 for an empty one, which is no path.

        Raises ValueError for a relative path.
        """
        if not path:
            return 0
        if not path.startswith(b"/"):
            raise ValueError(f"not an absolute path: {path!r}")
        node = self.root()
        for name in path[1:].split(b"/") if len(path) > 1 else ():
            node = self.child(node, name)
        return node.verdict


class TextAutomaton(_Automaton):
    """Predicates over one string as one table."""

    def blob(self) -> bytes:
        """The map value: one TEXT_DTYPE."""
        return self._value(TEXT_DTYPE).tobytes()

    def match(self, text: bytes) -> int:
        """The bits of the predicates that the string satisfies; the kernel's algorithm."""
        state, hits = self._run(0, text)
        return int(self._hit[0] | hits | self._accept[state])


def build_paths(predicates: Iterable[Predicate]) -> PathAutomaton:
    """The automaton of predicates over paths.

    Raises PatternError for a malformed pattern, TooBig above MAX_STATES states or MAX_CELLS cells, ValueError for a bit
    outside 0..63 or in two scopes.
    """
    predicates = tuple(predicates)
    _scopes(predicates)
    positions = Positions()
    path, name = positions.start(), positions.start()
    _add(positions, predicates, lambda predicate: name if predicate.scope == "filename" else path)
    return PathAutomaton(predicates, determinise(positions, [path, name], MAX_STATES, MAX_CELLS))


def build_text(predicates: Iterable[Predicate]) -> TextAutomaton:
    """The automaton of predicates over one string; their scope is not looked at.

    Raises PatternError for a malformed pattern, TooBig above MAX_TEXT_STATES states or MAX_TEXT_CELLS cells, ValueError
    for a bit outside 0..63.
    """
    predicates = tuple(predicates)
    positions = Positions()
    start = positions.start()
    _add(positions, predicates, lambda _: start)
    return TextAutomaton(predicates, determinise(positions, [start], MAX_TEXT_STATES, MAX_TEXT_CELLS))


def matcher(kind: str, pattern: str | bytes, fold: bool = False) -> Callable[[bytes], bool]:
    """The test of one predicate on a string, with the automata's meaning; linear in the string whatever the pattern.

    Raises PatternError for a malformed pattern, TooBig for one of more than 16,384 bytes with its repeats written out,
    ValueError for an unknown kind.
    """
    plain, fold = kind_of(kind, fold)
    direct = _DIRECT.get(plain)
    if direct is None:
        return tester(parse(plain, pattern, fold))
    wanted = encoded(pattern)
    if not fold:
        return lambda text: direct(text, wanted)
    lowered = wanted.lower()
    return lambda text: direct(text.lower(), lowered)


_PATH, _NAME = 0, 1  # the start states of a path automaton
_DIRECT: dict[str, Callable[[bytes, bytes], bool]] = {
    "=": operator.eq,
    "startswith": bytes.startswith,
    "endswith": bytes.endswith,
    "contains": operator.contains,
}


def _add(positions: Positions, predicates: tuple[Predicate, ...], start: Callable[[Predicate], int]) -> None:
    for predicate in predicates:
        if not 0 <= predicate.bit < MAX_PREDICATES:
            raise ValueError(f"a predicate's bit is 0..{MAX_PREDICATES - 1}, not {predicate.bit}")
        for branch in parse(predicate.kind, predicate.pattern, predicate.fold):
            positions.add(start(predicate), branch, 1 << predicate.bit)


def _scopes(predicates: tuple[Predicate, ...]) -> tuple[int, int, int]:
    """The verdict bits of the scopes name, directory, filename."""
    bits = {"name": 0, "directory": 0, "filename": 0}
    owners: dict[int, str] = {}
    for predicate in predicates:
        if owners.setdefault(predicate.bit, predicate.scope) != predicate.scope:
            raise ValueError(f"predicate bit {predicate.bit} is used in two scopes")
        bits[predicate.scope] |= 1 << predicate.bit
    return bits["name"], bits["directory"], bits["filename"]
