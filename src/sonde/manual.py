"""What tools say of themselves: the list by question, the man page of each, and docs/tools.md."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

from sonde.errors import UsageError, did_you_mean
from sonde.toolbox import all_tools, open_tool, tool_names

__all__ = ["listed", "man_page", "tools_markdown"]

WIDTH = 79
NAMES = 18
HEAD = """\
<!-- generated: python -m sonde.manual --write docs -->
# Tools

Each is one file, `src/sonde/tools/NAME.sql`: a header that is its manual, and a query. `sonde tools WORD` finds one by
what it answers, `sonde help NAME` shows its page. Words after a tool's options that are a filter are added to its
query and go down into the kernel with it. `--for 10s`, `--every 1s`, `--json`, `--format csv`, `--pid`, `--explain` and
`-- CMD` work with all of them. On a terminal those that count show a new table each second until Ctrl-C; elsewhere
they show one, at the end.

A file in a folder of `SONDE_TOOLS_PATH` is a tool too:

```sql
-- busiest: Which programs make most system calls?
--
-- option -p PID   only this process   => proc.pid = PID
-- argument TOP=5  how many
-- every 1s
-- example busiest 3    the first three
SELECT count(*) AS calls, proc.name FROM events GROUP BY ALL ORDER BY calls DESC LIMIT ${TOP}
```

The first line is the name and the question. `argument NAME=DEFAULT` is a word the tool takes, `${NAME}` in the query
its place; `option` adds what stands behind `=>`, a filter or, after `+`, a column; `every` is how often a terminal
shows it anew. `bytes(...)` and `duration(...)` around a column say how a person reads it; `--json` has the number.
"""


def listed(word: str = "") -> str:
    """The tools whose name, question or text has the word, a line each."""
    found = [t for t in all_tools() if word.lower() in f"{t.name} {t.question} {t.text}".lower()]
    if not found:
        raise UsageError(f"no tool says anything of {word!r}; sonde tools lists all")
    return "".join(_entry(tool.name, tool.question) for tool in found)


def man_page(name: str) -> str:
    """The page of a tool. UsageError if there is none of that name."""
    if name not in tool_names():
        raise UsageError(f"there is no tool {name!r}{did_you_mean(name, tool_names())}")
    tool = open_tool(name)
    parts = [f"{tool.name}: {tool.question}", textwrap.fill(f"Usage: {tool.usage}", WIDTH, subsequent_indent="    ")]
    parts += [textwrap.fill(paragraph, WIDTH) for paragraph in filter(None, tool.text.split("\n\n"))]
    words = [(_spelled(s.name, s.argument), s.help) for s in tool.switches]
    words += [(a.name, a.help + (f" ({a.default})" if a.default else "")) for a in tool.arguments]
    if words:
        parts.append("".join(_entry(name, help_) for name, help_ in words).rstrip())
    if tool.examples:
        parts.append("Examples:\n" + "\n".join(f"  sonde {e.command:<44} {e.help}".rstrip() for e in tool.examples))
    return "\n\n".join([*parts, "Query:\n" + textwrap.indent(tool.query, "  ")]) + "\n"


def tools_markdown() -> str:
    """docs/tools.md."""
    parts = [HEAD]
    for tool in all_tools():
        lines = [f"## {tool.name}\n", f"{tool.question}\n"] + [f"{tool.text}\n"] * bool(tool.text)
        rows = [(f"`{_spelled(s.name, s.argument)}`", s.help) for s in tool.switches]
        rows += [(f"`{a.name}`", a.help + (f" (`{a.default}`)" if a.default else "")) for a in tool.arguments]
        if rows:
            lines.append("| word | meaning |\n| --- | --- |\n" + "".join(f"| {a} | {b} |\n" for a, b in rows))
        if tool.examples:
            shown = (f"sonde {e.command:<44} {e.help}".rstrip() for e in tool.examples)
            lines.append("\n".join(["```", *shown, "```\n"]))
        parts.append("\n".join(lines))
    return "\n".join(parts)


def _spelled(name: str, argument: str) -> str:
    return f"{name} {argument}".rstrip()


def _entry(name: str, text: str) -> str:
    indent = " " * NAMES
    first = f"{name:<{NAMES}}" if len(name) < NAMES else f"{name}\n{indent}"
    lines = textwrap.wrap(text, WIDTH - NAMES)
    return "\n".join([first + lines[0], *(indent + line for line in lines[1:])]) + "\n"


if __name__ == "__main__":
    if sys.argv[1:2] != ["--write"] or len(sys.argv) != 3:
        sys.exit("usage: python -m sonde.manual --write DIRECTORY")
    Path(sys.argv[2], "tools.md").write_text(tools_markdown())
