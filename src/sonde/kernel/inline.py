"""Subprograms put into a main program in place of their calls, which cost time where returns are guarded (safe RET).

Measured on 2026-11-27 on an AMD EPYC: 8 ns a call.

A body keeps its place on the stack, below the frame pointer; what the main program keeps there moves further down.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache

from sonde.kernel.asm import R10, WORD, Asm, Label
from sonde.kernel.library import Fixup, Subprogram

__all__ = ["inlined"]

EXIT, JUMP, MOVE, ADD = 0x95, 0x05, 0xBF, 0x07
STORES, LOADS = (0x02, 0x03), (0x01,)  # classes of instructions
STACK, UNIT = 512, 32  # bytes of a chain of calls, and what Linux 6.1 counts each frame in

Word = tuple[int, int, int, int]


def inlined(main: Asm, subprograms: Mapping[str, Subprogram]) -> tuple[Asm, list[Fixup]]:
    """The main program with the body of each subprogram that it calls once, and what is to be patched in those."""
    chosen = _chosen(main, subprograms)
    frame = max((_depth(subprograms[name].code) for name in chosen), default=0)
    called, frames = dict(main.calls), set(main.frames)
    out, fixups, moved = Asm(), list[Fixup](), list[int]()
    for at, word in enumerate(main.words):
        here = len(out.words)
        moved.append(here)
        if (name := called.get(at, "")) in chosen:
            fixups += [fixup._replace(at=here + fixup.at) for fixup in subprograms[name].fixups]
            out.words += _ending(_words(subprograms[name].code))
        elif name:
            out.call(name)
        else:
            code, registers, offset, immediate = word
            out.words.append((code, registers, offset, immediate - frame if at in frames else immediate))
    moved.append(len(out.words))
    out.jumps = [(moved[at], Label(moved[label.at])) for at, label in main.jumps]
    return out, fixups


def _chosen(main: Asm, subprograms: Mapping[str, Subprogram]) -> list[str]:
    """The subprograms whose bodies fit on the stack with the calls that are left and those that they make."""
    times = Counter(name for _, name in main.calls)
    chosen = [name for name, count in times.items() if count == 1]
    while chosen:
        left = times.keys() - chosen
        left |= {fixup.name for name in chosen for fixup in subprograms[name].fixups if fixup.kind != "map"}
        frame = main.stack + max(_depth(subprograms[name].code) for name in chosen)
        if _rounded(frame) + max((_chain(name, subprograms) for name in left), default=0) <= STACK:
            break
        chosen.remove(max(chosen, key=lambda name: _depth(subprograms[name].code)))
    return chosen


@cache
def _words(code: bytes) -> tuple[Word, ...]:
    return tuple(WORD.iter_unpack(code))


def _ending(body: Sequence[Word]) -> list[Word]:
    """The body with jumps behind its end for exits."""
    return [(JUMP, 0, len(body) - at - 1, 0) if word[0] == EXIT else word for at, word in enumerate(body)]


@cache
def _depth(code: bytes) -> int:
    """Bytes of stack that a body uses; STACK if that is not plain to see."""
    lowest, body = 0, _words(code)
    for (operation, registers, offset, _), following in zip(body, [*body[1:], body[-1]], strict=True):
        to, source = registers & 15, registers >> 4
        if (operation & 7 in STORES and to == R10) or (operation & 7 in LOADS and source == R10):
            lowest = min(lowest, offset)
        elif operation == MOVE and source == R10:
            plain = following[0] == ADD and following[1] & 15 == to
            lowest = min(lowest, following[3] if plain else -STACK)
    return -(lowest // 8 * 8)


def _rounded(depth: int) -> int:
    return -(-max(depth, 1) // UNIT) * UNIT


def _chain(name: str, subprograms: Mapping[str, Subprogram]) -> int:
    """Bytes of stack of a subprogram and the deepest chain of calls from it."""
    calls = (fixup.name for fixup in subprograms[name].fixups if fixup.kind != "map")
    deepest = max((_chain(called, subprograms) for called in calls), default=0)
    return _rounded(_depth(subprograms[name].code)) + deepest
