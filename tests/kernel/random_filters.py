"""Random filters over the fields of events, with constants that were observed."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import Any

__all__ = ["ADDRESSES", "FLAGS", "LITTLE", "NUMBERS", "TEXTS", "Filters"]

LITTLE = 0.05  # a filter that selects less, or all but less, says little
NUMBERS = (
    "evt.rawres", "evt.buflen", "evt.cpu", "fd.num", "fd.cport", "fd.sport", "fd.lport", "fd.rport", "fd.port",
    "fd.ino", "proc.pid", "proc.ppid", "proc.vpid", "proc.sid", "proc.pgid", "proc.vpgid", "thread.tid", "thread.vtid",
    "user.uid", "group.gid", "user.loginuid", "evt.count.error", "proc.cmdnargs", "proc.apid", "proc.apid[1]",
    "evt.rawarg.flags", "evt.rawarg.mode",
)  # fmt: skip
TEXTS = (
    "evt.type", "evt.category", "evt.res", "evt.dir", "evt.buffer", "evt.arg.name", "evt.arg.flags",
    "fd.name", "fd.directory", "fd.filename", "fd.name", "fd.directory", "fd.filename", "fd.type", "fd.typechar",
    "fd.l4proto", "fd.sockfamily", "fd.cproto", "fs.path.name", "fs.path.target", "evt.abspath",
    "proc.name", "proc.name", "proc.pname", "proc.aname", "proc.aname[2]", "proc.exe", "proc.exepath", "proc.args",
    "proc.cmdline", "proc.cwd", "user.name", "group.name", "proc.args[1]", "proc.pexe", "proc.pcmdline",
)  # fmt: skip
FLAGS = (
    "evt.failed", "evt.is_io", "evt.is_io_read", "evt.is_io_write", "evt.is_wait", "evt.is_open_read",
    "evt.is_open_write", "evt.is_open_create", "fd.is_server", "fd.connected", "fd.name_changed", "thread.ismain",
)  # fmt: skip
ADDRESSES = ("fd.ip", "fd.cip", "fd.sip", "fd.lip", "fd.rip")
WIDTHS = (8, 24, 31, 32)


def quoted(text: str) -> str:
    """A text as a literal of a filter."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


class Filters:
    """Random filters over observed values."""

    def __init__(self, seed: int, observed: dict[str, list[Any]]) -> None:
        self.random, self.observed = random.Random(seed), observed

    def telling(self, share: Callable[[str], float]) -> str:
        """A filter, if four tries give one that selects neither nearly nothing nor nearly everything."""
        for _ in range(4):
            text = self.some()
            if LITTLE <= share(text) <= 1 - LITTLE:
                break
        return text

    def some(self, depth: int = 3) -> str:
        """A filter."""
        kind = self.random.choices(("leaf", "not", "and", "or"), (4, 2, 3, 3) if depth else (1, 0, 0, 0))[0]
        if kind == "leaf":
            return self.leaf()
        if kind == "not":
            return f"not ({self.some(depth - 1)})"
        parts = [self.some(depth - 1) for _ in range(self.random.choice((2, 2, 3)))]
        return "(" + f" {kind} ".join(parts) + ")"

    def leaf(self) -> str:
        """A comparison."""
        kind = self.random.choices((self.number, self.text, self.flag, self.address, self.exists), (6, 12, 2, 3, 2))[0]
        return kind()

    def value(self, name: str) -> Any:
        """An observed value of a field."""
        return self.random.choice(self.observed[name] or [0])

    def exists(self) -> str:
        """Whether there is a value."""
        return f"{self.random.choice((*NUMBERS, *TEXTS, *ADDRESSES))} exists"

    def flag(self) -> str:
        """A truth value."""
        return f"{self.random.choice(FLAGS)} {self.random.choice(('=', '!='))} {self.random.choice(('true', 'false'))}"

    def number(self) -> str:
        """A number against one that was seen, or is near."""
        name = self.random.choice(NUMBERS)
        operator = self.random.choice(("=", "!=", "<", "<=", ">", ">=", "in"))
        values = [int(self.value(name)) + self.random.choice((0, 0, 0, 1, -1)) for _ in range(3)]
        if "port" in name:
            values = [min(max(value, 0), 65535) for value in values]
        return f"{name} in ({', '.join(map(str, values))})" if operator == "in" else f"{name} {operator} {values[0]}"

    def address(self) -> str:
        """An address, or a network around one."""
        name = self.random.choice(ADDRESSES)
        address = self.value(name)
        operator = self.random.choice(("=", "!=", "in"))
        if self.random.random() < 0.5:
            name, address = name.replace("ip", "net"), f"{address}/{self.random.choice(WIDTHS)}"
        return f"{name} {operator} " + (f"({address})" if operator == "in" else address)

    def text(self) -> str:
        """A text, or a pattern made from a part of one."""
        name = self.random.choice(TEXTS)
        operators = (
            "=",
            "!=",
            "in",
            "contains",
            "icontains",
            "startswith",
            "endswith",
            "glob",
            "iglob",
            "regex",
            "pmatch",
        )
        operator = self.random.choice(operators if name != "evt.type" else operators[:3])
        if operator == "in":
            return f"{name} in ({', '.join(quoted(self.value(name)) for _ in range(3))})"
        if operator == "pmatch":
            return f"{name} pmatch ({', '.join(quoted(self.part(self.value(name), 'startswith')) for _ in range(2))})"
        return f"{name} {operator} {quoted(self.part(str(self.value(name)), operator))}"

    def part(self, text: str, operator: str) -> str:
        """What of a text an operator is given."""
        if operator in ("=", "!="):
            return text
        start, end = sorted(self.random.randrange(len(text) + 1) for _ in range(2))
        end = min(end, start + 24)
        start, end = {"startswith": (0, end), "endswith": (max(start, len(text) - 24), len(text))}.get(
            operator, (start, end)
        )
        part = text[start:end] or text[:1] or "x"
        if operator == "icontains":
            return part.swapcase()
        if operator in ("glob", "iglob"):
            escaped = re.sub(r"([*?\[\]\\])", r"\\\1", part)
            pattern = self.random.choice(("*{}*", "*{}", "{}*", "{}", "?{}*", "*[!0-9]{}*")).format(escaped)
            return pattern.swapcase() if operator == "iglob" else pattern
        if operator == "regex":
            escaped = re.sub(r"([^\w\s/\udc80-\udcff])", r"\\\1", part)
            return self.random.choice((".*{}.*", ".*({}|nothing)", "{}.*", "[a-z/]*{}.*", ".+{}.?")).format(escaped)
        return part
