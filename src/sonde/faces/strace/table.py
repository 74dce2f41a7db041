"""The options of strace 6.1 as data: names, argument, what they set; parsing, help and the page of docs follow."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from sonde.faces.strace import sets, values

__all__ = ["OPTIONS", "QUALIFIERS", "Option", "Qualifier"]


class Option(NamedTuple):
    """One option: `names` as typed, and the attribute of Asked (faces/strace/options.py) it sets.

    Without `argument` it is a switch; given n times it stores the n-th of `values`, or the last. `argument` in brackets
    belongs to the long name alone and may be left out. `many` arguments are collected. A `refused` option says why.
    """

    names: tuple[str, ...]
    sets: str
    help: str
    argument: str = ""
    read: Callable[[str], object] = str
    values: tuple[object, ...] = (True,)
    many: bool = False
    refused: str = ""


class Qualifier(NamedTuple):
    """One of the `-e NAME=SET` expressions; each is also an option `--NAME=SET`."""

    names: tuple[str, ...]
    sets: str
    help: str
    argument: str = "SET"
    read: Callable[[str], object] = str
    refused: str = ""


_TAMPERING = "sonde watches and never stops or changes a program, so it cannot make calls fail; strace -e inject does"
_PRECISION = "one of s, ms, us, ns"
_QUIET = (values.QUIET[:2], values.QUIET[:3], values.QUIET)

QUALIFIERS: tuple[Qualifier, ...] = (
    Qualifier(
        ("trace", "t"), "trace", "only these calls: names, numbers, %group, /regex, all, none; ! all others, ? no"
        " complaint about unknown names, @64 and @32 of one kind; -e NAME is also its family: open for openat",
        read=sets.calls,
    ),
    Qualifier(("abbrev", "a"), "abbrev", "shorten the structures of these calls", read=sets.calls),
    Qualifier(("verbose", "v"), "verbose", "show the structures of these calls, of others addresses", read=sets.calls),
    Qualifier(("raw", "x"), "raw", "arguments of these calls as plain numbers", read=sets.calls),
    Qualifier(("signal", "signals", "s"), "signals", "only these signals", read=sets.signals),
    Qualifier(
        ("status",), "statuses", "only calls that end so: " + ", ".join(values.STATUSES), read=sets.of(values.STATUSES)
    ),
    Qualifier(("read", "reads", "r"), "reads", "dump what is read from these descriptors", read=sets.descriptors),
    Qualifier(("write", "writes", "w"), "writes", "dump what is written to these descriptors", read=sets.descriptors),
    Qualifier(
        ("quiet", "silent", "silence", "q"), "quiet", "no messages of these kinds: " + ", ".join(values.QUIET),
        read=sets.of(values.QUIET),
    ),
    Qualifier(
        ("decode-fds", "decode-fd"), "fds", "say of descriptors: " + ", ".join(values.FDS), read=sets.of(values.FDS)
    ),
    Qualifier(
        ("kvm",), "", "why virtual processors came back", "vcpu",
        refused="sonde does not know why a virtual processor came back",
    ),
    Qualifier(("inject",), "", "make calls fail", "...", refused=_TAMPERING),
    Qualifier(("fault",), "", "make calls fail", "...", refused=_TAMPERING),
)  # fmt: skip

OPTIONS: tuple[Option, ...] = (
    Option(("-e",), "expression", "a qualifier, NAME=SET; see below", "EXPR"),
    Option(("-E", "--env"), "environment", "set VAR for the command, or remove it", "VAR[=VAL]", many=True),
    Option(("-p", "--attach"), "pids", "watch processes that run already: PID,...", "PID", values.pids, many=True),
    Option(("-u", "--user"), "user", "run the command as USER", "USER"),
    Option(
        ("-b", "--detach-on"), "", "let go of what runs another program", "execve",
        refused="sonde holds nothing that it could let go of; leave it out",
    ),
    Option(
        ("-D", "--daemonize"), "", "strace in the background", "[HOW]",
        refused="sonde never stops the command, so it need not hide from it; leave it out",
    ),
    Option(("-f", "--follow-forks"), "follow", "follow what the command starts, too", values=(1, 2)),
    Option(("-F",), "follow", "the same, as it was called long ago"),
    Option(("--output-separately",), "separate", "with -o: one file a thread, FILE.TID"),
    Option(
        ("-I", "--interruptible"), "interruptible", "accepted: no signal is held back here", "WHEN",
        values.choice("1", "2", "3", "4", "anywhere", "waiting", "never", "never_tstp"),
    ),
    Option(("-P", "--trace-path"), "paths", "only calls that touch PATH", "PATH", many=True),
    Option(("-z", "--successful-only"), "statuses", "only calls that succeed", values=(frozenset(("successful",)),)),
    Option(("-Z", "--failed-only"), "statuses", "only calls that fail", values=(frozenset(("failed",)),)),
    Option(("-a", "--columns"), "column", "results begin at COLUMN (40)", "COLUMN", values.number(0, 1 << 16)),
    Option(("-i", "--instruction-pointer"), "pointer", "where in the program the call was made"),
    Option(("-k", "--stack-traces"), "stacks", "how the program came to the call"),
    Option(("-n", "--syscall-number"), "number", "the call's number"),
    Option(("-o", "--output"), "output", "write to FILE, or to the command after | or !", "FILE", values.some),
    Option(("-A", "--output-append-mode"), "append", "with -o: keep what FILE has"),
    Option(
        ("-q", "--quiet"), "quiet", "no messages about attaching; -qq nor exits; -qqq nor any", "[SET]",
        sets.of(values.QUIET), tuple(map(frozenset, _QUIET)),
    ),
    Option(
        ("-r", "--relative-timestamps"), "relative", f"time since the line before; {_PRECISION}", "[PRECISION]",
        values.precision, (6,),
    ),
    Option(("-s", "--string-limit"), "limit", "show LEN bytes of strings (32)", "LEN", values.number(0, 1 << 24)),
    Option(
        ("-t", "--absolute-timestamps", "--timestamps"), "stamp",
        "time of day; -tt with microseconds; -ttt since the epoch", "[FORMAT,PRECISION]", values.stamp,
        (values.Stamp("time", 0), values.Stamp("time", 6), values.Stamp("unix", 6)),
    ),
    Option(
        ("-T", "--syscall-times"), "spent", f"time spent in the call; {_PRECISION}", "[PRECISION]",
        values.precision, (6,),
    ),
    Option(("-v", "--no-abbrev"), "abbrev", "whole structures and lists", values=(frozenset(),)),
    Option(
        ("-x", "--strings-in-hex"), "hexadecimal", "unprintable strings in hex; -xx all strings", "[WHICH]",
        values.hexadecimal, (1, 2),
    ),
    Option(
        ("-X", "--const-print-style"), "names", "constants as numbers, names or both: raw, abbrev, verbose", "FORMAT",
        values.choice("raw", "abbrev", "verbose"),
    ),
    Option(
        ("-y", "--decode-fds"), "fds", "paths of descriptors; -yy all that is known of them", "[SET]",
        sets.of(values.FDS), (frozenset(("path",)), frozenset(values.FDS)),
    ),
    Option(("-Y",), "comm", "names of processes behind their numbers"),
    Option(("--decode-pids",), "pids_as", "say of processes: comm", "WHAT", values.decode_pids),
    Option(("-c", "--summary-only"), "only_summary", "count calls, errors and time instead"),
    Option(("-C", "--summary"), "with_summary", "count them, too"),
    Option(
        ("-O", "--summary-syscall-overhead"), "overhead", "what is taken off each call's time", "TIME", values.overhead
    ),
    Option(
        ("-S", "--summary-sort-by"), "sort", "order of the table: " + ", ".join(values.SORTS), "BY", values.sort
    ),
    Option(("-U", "--summary-columns"), "columns", "columns of the table", "COLUMNS", values.columns),
    Option(("-w", "--summary-wall-clock"), "wall", "time from enter to exit rather than of the processor"),
    Option(("-d", "--debug"), "debug", "say more when sonde itself goes wrong"),
    Option(("--seccomp-bpf",), "seccomp", "accepted: calls that are not asked for cost nothing here"),
    Option(("--tips",), "", "advice", "[WHICH]", refused="sonde has none; leave it out"),
    Option(("--json",), "json", "one JSON object a call, signal and exit; sonde's own"),
    Option(("-V", "--version"), "version", "print the version"),
    Option(("-h", "--help"), "help", "print this help"),
)  # fmt: skip
