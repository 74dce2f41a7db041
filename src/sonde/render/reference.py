"""The catalogue as a person reads it: `sonde -l`, `-lv`, `-L`, docs/fields.md, docs/events.md and docs/tables.md.

python -m sonde.render.reference --write docs
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from sonde.catalog.column import Argument, Column, Table
from sonde.catalog.event import Event, Param, ParamType, Source
from sonde.catalog.events import EVENTS_TABLE
from sonde.catalog.families import FAMILIES
from sonde.catalog.lookup import CATEGORIES, EVENTS, TRACEPOINTS
from sonde.catalog.state import STATE
from sonde.catalog.views import VIEWS, View

__all__ = [
    "documents",
    "events_markdown",
    "events_text",
    "fields_markdown",
    "fields_text",
    "signature",
    "tables_markdown",
]

WIDTH, NAME_WIDTH = 80, 26
CLASSES = {
    "evt": "the operation: kind, time, arguments and result",
    "syscall": "the operation, if it is a system call",
    "fd": "the file or socket of the operation's main descriptor",
    "fs": "the paths that the operation was given",
    "proc": "the process that ran the operation",
    "thread": "the thread that ran the operation",
    "user": "the user it ran as",
    "group": "the group it ran as",
    "container": "the container it ran in",
}
_ARGUMENTS = {
    Argument.NONE: "",
    Argument.INDEX: "[N] optional",
    Argument.REQUIRED: ".NAME or [N] required",
    Argument.KEY: "[KEY] optional",
}


def fields_text(verbose: bool = False) -> str:
    """The fields by class for a terminal of 80 columns; `verbose` adds types, operators and arguments."""
    parts = []
    for title, columns in _classes():
        lines = [title, "-" * min(len(title), WIDTH)]
        for column in columns:
            lines += _entry(_name(column), column.doc)
            if verbose:
                lines += _entry("", _details(column))
        parts.append("\n".join(lines))
    tables: list[Table | View] = [*STATE.values(), *VIEWS.values()]
    for table in tables:
        lines = [title := f"{table.name}: a table of sonde sql", "-" * len(title)]
        for column in table.columns:
            lines += _entry(column.name, column.doc)
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def tables_markdown() -> str:
    """The text of docs/tables.md."""
    intro = (
        "State of this system as `sonde sql` asks it, alone or joined with `events`. It is read from /proc when the "
        "answer is made; in a join `processes` has also those that were there when the question began, and those that "
        "came and went meanwhile, as their last event saw them. The receipt says of how many processes this user may "
        "not know. `sonde TABLE CONDITIONS` shows the usual columns in few words; with `-r` a recording says what "
        "there was, `--as-of` a time or at its end: [recordings.md](recordings.md#state-as-of-a-time).\n\n"
        "```sh\n"
        "sonde sockets state=LISTEN\n"
        "sonde files pid=12 and path contains .log\n"
        "sonde files pid=12 -r shop.sonde --as-of 14:03:10\n"
        'sonde sql "SELECT pid, name, vmrss FROM processes ORDER BY vmrss DESC LIMIT 10"\n'
        'sonde sql "SELECT p.name, s.lip, s.lport FROM sockets s JOIN processes p ON s.pid = p.pid '
        "WHERE s.state = 'LISTEN'\"\n"
        'sonde sql "SELECT p.cmdline, count(*) FROM events e JOIN processes p ON e.proc.ppid = p.pid '
        "WHERE e.evt.type = 'execve' GROUP BY ALL\" --for 10s\n"
        "```\n"
    )
    parts = [_heading("Tables of state", intro), *map(_of_table, STATE.values())]
    views = (
        "Tables whose rows are made of several events, live and of recordings. Beside their own columns they have the "
        "fields of the event that a row is.\n\n"
        "```sh\n"
        "sonde sql \"SELECT proc.name, count(*) FROM connections WHERE direction = 'out' AND started GROUP BY ALL\" "
        "-r DIR --since 1h\n"
        "```\n\n"
        "How an attempt without waiting went is told by the tracepoint sock:inet_sock_set_state, which needs tracefs. "
        "It comes in whatever process runs when the answer of the other side arrives: with `-- CMD` or `--pid` it may "
        "be missing, and the row says EINPROGRESS.\n"
    )
    return "\n".join([*parts, f"# Views\n\n{views}", *map(_of_table, VIEWS.values())])


def _of_table(table: Table | View) -> str:
    """A table's columns."""
    rows = [[f"`{column.name}`", column.type.name, column.doc] for column in table.columns]
    return f"## {table.name}\n\n{table.doc}\n\n" + _table(["column", "type", "meaning"], rows)


def events_text() -> str:
    """The events with their parameters by category for a terminal of 80 columns."""
    parts = []
    for category, events in _categories():
        lines = [category, "-" * len(category)]
        for event in events:
            lines += _wrapped(signature(event))
        parts.append("\n".join(lines))
    families = ["families", "--------"]
    for name, members in FAMILIES.items():
        families += _entry(name, " ".join(members))
    return "\n\n".join([*parts, "\n".join(families)]) + "\n"


def fields_markdown() -> str:
    """The text of docs/fields.md."""
    parts = [_heading("Fields", EVENTS_TABLE.doc), _OPERATORS]
    for title, columns in _classes():
        rows = [[f"`{_name(c)}`", c.type.name, "yes" if _in_kernel(c) else "", c.doc] for c in columns]
        parts.append(f"## {title}\n\n" + _table(["field", "type", "in the kernel", "meaning"], rows))
    return "\n".join(parts)


def events_markdown() -> str:
    """The text of docs/events.md."""
    intro = (
        "One row stands for a completed operation: its result, then the arguments it was entered with. "
        "32-bit calls have the same names; where their argument words differ they are shown as a0, a1 ..."
    )
    parts = [_heading("Events", intro)]
    for category, events in _categories():
        rows = [[f"`{event.name}`", ", ".join(map(_parameter, event.params))] for event in events]
        parts.append(f"## {category}\n\n" + _table(["event", "parameters"], rows))
    members = [[f"`{name}`", ", ".join(f"`{m}`" for m in names)] for name, names in FAMILIES.items()]
    about = "A filter on the name of a family (`evt.type = open`) matches each of its members.\n\n"
    parts.append("## Families\n\n" + about + _table(["family", "members"], members))
    return "\n".join(parts)


def documents() -> dict[str, str]:
    """The generated pages by file name."""
    return {"fields.md": fields_markdown(), "events.md": events_markdown(), "tables.md": tables_markdown()}


def signature(event: Event) -> str:
    """`openat(FD fd, DIRFD dirfd, PATH name, FLAGS flags, MODE mode)`; without parameters the empty parentheses."""
    return f"{event.name}({', '.join(f'{p.type.upper()} {p.name}' for p in event.params)})"


def _classes() -> Iterable[tuple[str, list[Column]]]:
    """(title, columns) of each class, in the order of the table."""
    found: dict[str, list[Column]] = {}
    for column in EVENTS_TABLE.columns:
        found.setdefault(column.name.partition(".")[0], []).append(column)
    for name, columns in found.items():
        yield f"{name}: {CLASSES[name]}", columns


def _categories() -> Iterable[tuple[str, list[Event]]]:
    """(category, events) of the x86-64 calls and what is no call, then the 32-bit calls that x86-64 does not have."""
    named: dict[str, Event] = {}
    for event in (event for number, event in EVENTS.items() if number not in TRACEPOINTS):  # not of this kernel alone
        named.setdefault(event.name, event)
    ordered = sorted(named.values(), key=lambda e: (CATEGORIES.index(e.category), e.name))
    for category, events in groupby(ordered, key=lambda e: e.category):
        yield category, list(events)


def _name(column: Column) -> str:
    shown = {Argument.INDEX: "[N]", Argument.KEY: "[KEY]", Argument.REQUIRED: ".NAME"}
    return column.name + shown.get(column.argument, "")


def _in_kernel(column: Column) -> bool:
    """Whether a filter on the field can be decided in the kernel; an either-end field is as its ends are."""
    from_ends = bool(column.either) and all(_in_kernel(c) for c in EVENTS_TABLE.columns if c.name in column.either)
    return column.filterable and (bool(column.kernel) or column.of_event or from_ends)


def _details(column: Column) -> str:
    operators = " ".join(o for o in column.type.operators if o != "==") if column.filterable else "cannot be filtered"
    place = "filtered in the kernel" if _in_kernel(column) else "filtered in user space"
    parts = [column.type.name, _ARGUMENTS[column.argument], operators, place if column.filterable else ""]
    return "; ".join(part for part in parts if part)


def _entry(name: str, text: str) -> list[str]:
    """A name and a wrapped text in two columns; a name that is too long has a line of its own."""
    lines = textwrap.wrap(text, WIDTH - NAME_WIDTH, break_long_words=False, break_on_hyphens=False)
    first = [name] if len(name) >= NAME_WIDTH else []
    rest = [f"{'' if first or i else name:{NAME_WIDTH}}{line}" for i, line in enumerate(lines)]
    return first + rest


def _wrapped(text: str) -> list[str]:
    """A signature broken between parameters only."""
    lines = textwrap.wrap(text.replace(", ", ",\n").replace(" ", "\0"), WIDTH, subsequent_indent="    ")
    return [line.replace("\0", " ") for line in lines]


def _parameter(param: Param) -> str:
    """Name and type for Markdown; the result says so unless its type does."""
    result = param.source is Source.RET and param.type is not ParamType.RES
    return f"`{param.name}` {'result, ' if result else ''}{param.type}"


_OPERATORS = (
    "Text takes `= != in exists < <= > >= contains icontains startswith endswith glob iglob regex pmatch intersects "
    "bcontains bstartswith`, numbers `= != in exists < <= > >= intersects`, addresses and networks `= != in exists`.\n"
    '"In the kernel" marks the fields whose usual comparisons are decided there; `--explain` says it for a filter.\n'
)


def _heading(title: str, text: str) -> str:
    return f"<!-- generated: python -m sonde.render.reference --write docs -->\n# {title}\n\n{text}\n"


def _table(head: list[str], rows: Iterable[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


if __name__ == "__main__":
    if sys.argv[1:2] != ["--write"] or len(sys.argv) != 3:
        sys.exit("usage: python -m sonde.render.reference --write DIRECTORY")
    for file_name, document in documents().items():
        Path(sys.argv[2], file_name).write_text(document)
