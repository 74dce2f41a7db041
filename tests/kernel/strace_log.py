"""What strace says: its log of one thread (`-ff -yy -xx -X raw`) as calls with arguments, results and descriptors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Argument", "Said", "read_log"]

OPTIONS = ("-ff", "-yy", "-xx", "-X", "raw", "-s", "4096", "-qq")
_CALL = re.compile(r"(\w+)\((.*)\)\s+= (.*)")
_SIGNAL = re.compile(r"--- (SIG\w+) \{")
_DESCRIPTOR = re.compile(r"(-?\d+)<((?:->|[^<>])*)(?:<[^<>]*>)?>(?:\(deleted\))?")  # of a device also its number
_NUMBERS = re.compile(r"-?(?:0x[0-9a-f]+|\d+)(?:\|(?:0x[0-9a-f]+|\d+))*")
_STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?')


@dataclass(frozen=True)
class Argument:
    """One argument: a number, a string, the path or socket behind a descriptor, as far as it is one."""

    text: str
    number: int | None = None
    string: bytes | None = None
    whole: bool = True
    target: str | None = None


@dataclass(frozen=True)
class Said:
    """A call (or a signal: `name` is SIG...): its arguments and result, None if it did not come back."""

    name: str
    arguments: tuple[Argument, ...] = ()
    result: int | None = None
    error: str = ""
    made: str | None = None  # what the descriptor that it returned refers to
    line: str = ""


def read_log(prefix: Path) -> dict[int, list[Said]]:
    """The calls of each thread of a log written with -ff -o PREFIX."""
    logs = prefix.parent.glob(prefix.name + ".*")
    return {int(log.suffix[1:]): list(_lines(log)) for log in logs}


def _lines(log: Path) -> Iterator[Said]:
    for line in log.read_text().splitlines():
        if call := _CALL.fullmatch(line):
            result, error, made = _result(call[3])
            yield Said(call[1], tuple(map(_argument, _split(call[2]))), result, error, made, line)
        elif signal := _SIGNAL.match(line):
            yield Said(signal[1], line=line)
        else:
            assert line.startswith("+++ "), line


def _result(text: str) -> tuple[int | None, str, str | None]:
    if text.startswith("?"):
        return None, text[2:].split(" ")[0], None
    if made := _DESCRIPTOR.match(text):
        return int(made[1]), "", _plain(made[2])
    value, _, rest = text.partition(" ")
    return int(value, 0), rest.split(" ")[0] if value == "-1" else "", None


def _split(text: str) -> Iterator[str]:
    """Arguments, at commas outside of brackets and strings."""
    start = depth = 0
    quoted = False
    for at, letter in enumerate(text):
        if letter == '"':
            quoted = not quoted
        elif not quoted and letter in "([{":
            depth += 1
        elif not quoted and letter in ")]}":
            depth -= 1
        elif letter == "," and not depth and not quoted:
            yield text[start:at].strip()
            start = at + 1
    if text[start:].strip():
        yield text[start:].strip()


def _argument(text: str) -> Argument:
    if descriptor := _DESCRIPTOR.fullmatch(text):
        return Argument(text, int(descriptor[1]), target=_plain(descriptor[2]))
    if _NUMBERS.fullmatch(text):
        number = 0
        for part in text.split("|"):
            number |= int(part, 8) if re.fullmatch("0[0-7]+", part) else int(part, 0)
        return Argument(text, number)
    if string := _STRING.fullmatch(text):
        return Argument(text, string=_bytes(string[1]), whole=string[2] is None)
    return Argument(text, 0 if text == "NULL" else None)


def _bytes(hexadecimal: str) -> bytes:
    return bytes.fromhex(hexadecimal.replace("\\x", ""))


def _plain(text: str) -> str:
    """A descriptor's target: paths are written in hexadecimal."""
    return re.sub(r"(?:\\x[0-9a-f]{2})+", lambda found: _bytes(found[0]).decode(errors="surrogateescape"), text)
