"""`sonde strace -h`, and docs/strace.md (python -m sonde.faces.strace.help --write docs): made from the table."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

from sonde.cli_help import WIDTH, entry
from sonde.faces.strace.table import OPTIONS, QUALIFIERS, Option, Qualifier

__all__ = ["help_text", "markdown"]

INDENT = 30
USAGE = """\
Usage: sonde strace [OPTIONS] COMMAND [ARGUMENTS]
       sonde strace [OPTIONS] -p PID

What strace 6.1 shows, from the kernel: the options and the lines are strace's,
nothing is stopped. Without root, strace itself is run.
"""
PAGE = """\
<!-- generated: python -m sonde.faces.strace.help --write docs -->
# sonde strace

The command line, the lines and the exit status of strace 6.1, from the kernel. strace stops a program twice a call;
sonde stops nothing, so the program runs nearly at its own speed, and what is not asked for costs almost nothing.

```sh
sonde strace ls -l
sonde strace -f -e trace=%file,%network -T -tt -y -s 200 -o out.txt ./job.sh
sonde strace -c -f -S calls make
sonde strace -p 1234,1300
sonde strace -e open bash
sonde strace -P /etc/passwd -z id
sonde strace --json -e trace=openat cat /etc/hostname
```

`sonde strace` may also be called by the name `strace`, through a link. `-e open`, without `trace=`, means the family:
openat, openat2 and creat too. `--json` prints an object for each call, signal and end of a thread. Files are made for
their owner only (0600). The command's status is that of `sonde strace`, its signal is raised again; what cannot be run
is 127 or 126, as in a shell. A receipt comes on standard error only if something was lost, or with `--json` or `-d`.

## Without root

A program of your own needs no root: `sonde strace` then runs the installed strace with the same options, and says so
in one line. Filters, tools and SQL do the same with `-- CMD` and `--pid`: strace runs with options for a machine, and
what it writes is read as rows; with `sonde -r FILE` so is a log that strace wrote before, with any of its options.

```sh
sonde evt.failed=true -- make
sonde topscalls -- make
sonde -r strace.log "evt.type=open and fd.name startswith /etc"
sonde -r strace.log sql "SELECT evt.type, count(*) AS n FROM events GROUP BY ALL ORDER BY n DESC"
```

What strace does not tell is missing, not wrong: the CPU, memory of the process, addresses of what it shows instead;
of a log also users, sessions, inodes and kinds of files, of one without `-T` latencies, of one without `-t` times (rows
are then at the midnight before the log was written). Fields of these in a filter or after `-p` are named by the
receipt, which is PARTIAL then; it counts lines that are not strace's and lines that are damaged. Names of descriptors
need `-y`; without it they follow from open, dup and the like. To have it all: `strace -f -yy -ttt -T -o FILE`.

## Options

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
            "Options:\n" + "".join(entry(_names(option), option.help, INDENT) for option in offered),
            "-e NAME=SET, or --NAME=SET; a SET is VALUE,VALUE... or all or none, ! turns it round:\n"
            + "".join(entry(f"{q.names[0]}=", q.help, INDENT) for q in kinds),
            "Refused:\n" + "".join(textwrap.fill(text, WIDTH, initial_indent="  ", subsequent_indent="    ") + "\n"
                                   for text in refused),
        ]
    )  # fmt: skip


def markdown() -> str:
    """docs/strace.md."""
    lines = ["| option | |", "| --- | --- |"]
    lines += [f"| `{_names(option)}` | {_cell(option)} |" for option in OPTIONS]
    lines += [f"| `-e {q.names[0]}={q.argument}` | {_cell(q)} |" for q in QUALIFIERS]
    return PAGE + "\n".join(lines) + "\n"


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


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] != "--write":
        sys.exit("usage: python -m sonde.faces.strace.help --write DIRECTORY")
    Path(sys.argv[2], "strace.md").write_text(markdown())
