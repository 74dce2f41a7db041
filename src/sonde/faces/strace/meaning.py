"""What was asked of strace, as options of the rooms that answer: rows wanted, decoding, lines, summary."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sonde.catalog.event import EXIT_EVENTS
from sonde.catalog.groups import numbers_of
from sonde.catalog.lookup import NUMBERS
from sonde.engines.strace.options import Decoding
from sonde.faces.strace import sets
from sonde.faces.strace.options import Asked
from sonde.render.strace.options import Options, Quiet, Stamp
from sonde.render.strace.summary import ALIASES, DEFAULT_COLUMNS, SummaryOptions

__all__ = ["EXEC", "MAKE", "decoding", "layout", "shown", "summary", "wanted"]

Mask = npt.NDArray[np.bool_]
EXEC = frozenset().union(*(numbers_of(name) for name in ("execve", "execveat")))
MAKE = frozenset().union(*(numbers_of(name) for name in ("clone", "clone3", "fork", "vfork")))


def shown(asked: Asked) -> Mask:
    """By event number: what lines are about. Signals and ends of threads are told apart from calls."""
    mask = np.zeros(NUMBERS, np.bool_)
    mask[list(sets.CALLS if asked.trace is None else asked.trace)] = True
    mask[EXIT_EVENTS["procexit"]] = True
    mask[EXIT_EVENTS["signaldeliver"]] = asked.signals is None or bool(asked.signals)
    return mask


def wanted(asked: Asked) -> Mask:
    """By event number: what the kernel has to send; the command is known by its exec, its children by their birth."""
    mask = shown(asked)
    if asked.command:
        mask[list(EXEC)] = True
    if asked.follow:
        mask[list(MAKE)] = True
    return mask


def decoding(asked: Asked) -> Decoding:
    """How values are shown."""
    every = sets.CALLS
    return Decoding(
        limit=asked.limit, hexadecimal=asked.hexadecimal, names=asked.names, fds=asked.fds, comm=asked.comm,
        unabbreviated=frozenset() if asked.abbrev is None else None if not asked.abbrev else every - asked.abbrev,
        opaque=frozenset() if asked.verbose is None else every - asked.verbose, raw=asked.raw,
        dump_reads=asked.reads, dump_writes=asked.writes, stacks=asked.stacks, json=asked.json,
    )  # fmt: skip


def layout(asked: Asked) -> Options:
    """How lines are laid out; a command's beginning is no news where its lines go to a file."""
    quiet = frozenset(map(Quiet, asked.quiet))
    if asked.output is not None and asked.command:
        quiet |= {Quiet.ATTACH, Quiet.PERSONALITY}
    several = len(asked.pids) + bool(asked.command) > 1 or asked.follow > 0
    return Options(
        follow=bool(asked.follow), separate=asked.apart, to_file=asked.output is not None,
        always_pid=asked.output is not None and several and not asked.apart, comm=asked.comm,
        stamp=Stamp(asked.stamp.format), digits=asked.stamp.digits, relative=asked.relative, spent=asked.spent,
        pointer=asked.pointer, number=asked.number, column=asked.column, quiet=quiet, statuses=asked.statuses,
        signals=asked.signals, stacks=asked.stacks, tracees=frozenset(asked.pids),
    )  # fmt: skip


def summary(asked: Asked) -> SummaryOptions:
    """What the table of -c looks like."""
    columns = asked.columns or DEFAULT_COLUMNS
    sort = "none" if asked.sort == "nothing" else ALIASES.get(asked.sort, "time-percent")
    return SummaryOptions(sort=sort, columns=columns, overhead=asked.overhead, statuses=asked.statuses)
