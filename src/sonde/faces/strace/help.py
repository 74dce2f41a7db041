"""`sonde strace -h`, and the same as a page: made from the table of options."""

from __future__ import annotations

import textwrap

from sonde.faces.strace.table import OPTIONS, QUALIFIERS, Option, Qualifier

__all__ = ["help_text", "options_markdown"]

WIDTH, INDENT = 79, 30
USAGE = """\
Usage: sonde strace [OPTIONS] COMMAND [ARGUMENTS]
       sonde strace [OPTIONS] -p PID

What strace 6.1 shows, from the kernel: the options and the lines are strace's,
nothing is stopped. Without root, strace itself is run.
"""


def help_text() -> str:
    """The page, less than 80 columns wide."""
    offered = [option for option in OPTIONS if not option.refused]
    kinds = [qualifier for qualifier in QUALIFIERS if not qualifier.refused]
    everything: list[Option | Qualifier] = [*OPTIONS, *QUALIFIERS]
    refused = [f"{_names(item)}: {item.refused}" for item in everything if item.refused]
    return "\n".join(
        [
            USAGE,
            "Options:\n" + "".join(_entry(_names(option), option.help) for option in offered),
            "-e NAME=SET, or --NAME=SET; a SET is VALUE,VALUE... or all or none, ! turns it round:\n"
            + "".join(_entry(f"{q.names[0]}=", q.help) for q in kinds),
            "Refused:\n" + "".join(textwrap.fill(text, WIDTH, initial_indent="  ", subsequent_indent="    ") + "\n"
                                   for text in refused),
        ]
    )  # fmt: skip


def options_markdown() -> str:
    """A table of all options."""
    lines = ["| option | |", "| --- | --- |"]
    lines += [f"| `{_names(option)}` | {_cell(option)} |" for option in OPTIONS]
    lines += [f"| `-e {q.names[0]}={q.argument}` | {_cell(q)} |" for q in QUALIFIERS]
    return "\n".join(lines) + "\n"


def _cell(option: Option | Qualifier) -> str:
    text = f"refused: {option.refused}" if option.refused else option.help
    return text.replace("|", "\\|")


def _names(option: Option | Qualifier) -> str:
    if isinstance(option, Qualifier):
        return f"-e {option.names[0]}="
    argument = option.argument
    if argument.startswith("["):
        return ", ".join(n + f"[={argument[1:-1]}]" if n.startswith("--") else n for n in option.names)
    return ", ".join(option.names) + (f" {argument}" if argument else "")


def _entry(name: str, text: str) -> str:
    lines = textwrap.wrap(text, WIDTH - INDENT, break_on_hyphens=False)
    head, blank = f"  {name}", " " * INDENT
    if len(head) + 1 < INDENT:
        return "\n".join([f"{head:{INDENT}}{lines[0]}", *(blank + line for line in lines[1:])]) + "\n"
    return "\n".join([head, *(blank + line for line in lines)]) + "\n"
