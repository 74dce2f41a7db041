"""Writes src/sonde/catalog/uapi/ from the kernel's user API headers: the named values of system call arguments.

    python scripts/generate_uapi.py [--check]

The sets to make are in scripts/uapi/*.txt, one file for each generated module:

    key kind[64][:letters] [what strace calls an unknown value]
        words

`kind` is `enum` (one of several values) or `flags` (a sum of bits, in the order in which they are shown). A word is

    NAME            a C name or expression
    NAME=number     a name that no header has
    PREFIX*         all names of the headers that begin so, by value
    -NAME           one of them that is left out
    @header         a header the patterns of this set look into, rather than into all
    <headers>       every macro made with _IO, _IOR, _IOW or _IOWR in the headers that match

`64` says that the numbers are 64 bits wide, the letters how words are shown: `u`, `d` as unsigned or signed decimals
rather than in hexadecimal, `w` in all 64 bits. Which names there are in which order, and what is said of an unknown
value, is what strace 6.1 does. `requests_i386` says how the requests of 32-bit programs differ beyond the headers.

The headers are those of Debian's linux-libc-dev alone: what they include of a C library is replaced by a few types, so
that all of them can be read at once. The compiler is gcc, or ziglang where there is none. `--check` says whether
the files are up to date and exits 1 if not.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "src/sonde/catalog/uapi"
PLANS = ROOT / "scripts/uapi"
SYSTEM = (Path("/usr/include/x86_64-linux-gnu"), Path("/usr/include"))
ROOMS = ("linux", "asm", "asm-generic", "misc", "mtd", "rdma", "sound", "video")
# headers that cannot be read together with the others, or hold nothing of their own
APART = re.compile(r"^asm-generic/|big_endian|_(32|64|x32)\.h|patchkey|unistd|linux/coda\.h|ipt_ecn")
FIRST = ("limits.h", "sys/socket.h", "linux/time.h", "linux/if.h", "linux/in.h")  # the rest relies on them
MADE = re.compile(r"\b_IO(?:C|R|W|WR)?(?:_BAD)?\s*\(|\b(?:AUTOFS|_?DRM|__?SIO)\w*\(")
HALF, WHOLE = (1 << 32) - 1, (1 << 64) - 1

# what the headers use of a C library
STUBS = {
    "stddef.h": "typedef __SIZE_TYPE__ size_t;\n#define NULL ((void *)0)\n"
    "#define offsetof(t, m) __builtin_offsetof(t, m)",
    "stdint.h": "#include <linux/types.h>\n"
    + "".join(f"typedef __{s}{bits} {u}int{bits}_t;" for bits in (8, 16, 32, 64) for s, u in (("u", "u"), ("s", "")))
    + "typedef unsigned long uintptr_t;",
    "limits.h": "#include <linux/limits.h>\n#define INT_MAX 0x7fffffff\n#define INT_MIN (-INT_MAX - 1)",
    "stdbool.h": "#define bool _Bool",
    "sys/types.h": "#include <stdint.h>\n#include <stddef.h>\n"
    "typedef __kernel_uid32_t uid_t; typedef __kernel_gid32_t gid_t; typedef __kernel_pid_t pid_t;"
    "typedef __kernel_loff_t loff_t; typedef long off_t, time_t; typedef unsigned int u_int;",
    "sys/socket.h": "#include <sys/types.h>\n#include <linux/socket.h>\n"
    "#define sockaddr_storage __kernel_sockaddr_storage\n"
    "typedef __kernel_sa_family_t sa_family_t; struct sockaddr { sa_family_t sa_family; char sa_data[14]; };\n"
    "#define MSG_FIN 0x200",
    "sys/ioctl.h": "#include <asm/ioctls.h>",
    "drm/drm.h": "#include <asm/ioctl.h>",
    "sys/time.h": "#include <linux/time.h>",
    "netinet/in.h": "#include <linux/in.h>\n#include <linux/in6.h>",
    "net/if.h": "#include <linux/if.h>",
    "net/if_arp.h": "#include <linux/if_arp.h>",
    "netinet/if_ether.h": "#include <linux/if_ether.h>",
}  # fmt: skip
EMPTY = ("stdlib.h", "string.h", "errno.h", "time.h", "unistd.h", "stdio.h", "endian.h", "byteswap.h", "sys/uio.h")


class Row(NamedTuple):
    """A set of a plan."""

    key: str
    kind: str  # enum or flags, with what follows in the plan
    unknown: str
    words: tuple[str, ...]


class Known(NamedTuple):
    """A name of the headers: the header, and what a macro stands for ("" for an enumerator)."""

    header: str
    text: str


class Headers:
    """All headers of the package, read at once by a C compiler for machines of so many bits."""

    def __init__(self, directory: Path, bits: int) -> None:
        self.directory = directory
        found = shutil.which("gcc")
        zig = [sys.executable, "-m", "ziglang", "cc", f"--target={_TARGETS[bits]}"]
        self.command = [*([found, f"-m{bits}"] if found else zig), "-nostdinc", "-isystem", str(directory / "include")]
        self.command += ["-std=gnu11", "-w", "-O0"]
        self.source = "".join(f"#include <{name}>\n" for name in self._names())

    def _names(self) -> Iterator[str]:
        include = self.directory / "include"
        for room in ROOMS:
            if not (include / room).exists():
                include.mkdir(exist_ok=True)
                (include / room).symlink_to(next(base / room for base in SYSTEM if (base / room).is_dir()))
        for name, text in (STUBS | dict.fromkeys(EMPTY, "")).items():
            (include / name).parent.mkdir(exist_ok=True)
            (include / name).write_text(f"#pragma once\n{text}\n")
        yield from FIRST
        for room in ROOMS:
            for path in sorted((include / room).rglob("*.h")):
                name = str(path.relative_to(include))
                if not APART.search(name):
                    yield name

    def run(self, text: str, *words: str) -> subprocess.CompletedProcess[str]:
        """The compiler's output for C text."""
        path = self.directory / "all.c"
        path.write_text(text)
        command = [*self.command, *words, str(path), "-o", "-"]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    @cached_property
    def names(self) -> dict[str, Known]:
        """Macros without arguments and enumerators."""
        done = self.run(self.source, "-E", "-dD")
        if done.returncode:
            sys.exit(f"the headers cannot be read:\n{done.stderr[:2000]}")
        found: dict[str, Known] = {}
        header, code = "", []
        inside = re.compile("(?:" + "|".join(map(str, (*SYSTEM, self.directory / "include"))) + ")/(.*)")
        for line in done.stdout.split("\n"):
            if marker := re.match(r'# \d+ "(.*?)"', line):
                header = found_in[1] if (found_in := inside.fullmatch(marker[1])) else ""
                code.append(f" @{header}@ ")
            elif macro := re.match(r"#define (\w+)\s+(.+)", line):
                if header:
                    found[macro[1]] = Known(header, macro[2].strip())
            elif line.startswith("#undef"):
                found.pop(line.split()[1], None)
            else:
                code.append(line)
        for header, name in _enumerators("\n".join(code)):
            found.setdefault(name, Known(header, ""))
        return found

    def values(self, expressions: Iterable[str]) -> dict[str, int]:
        """The numbers of constant expressions, as 64-bit words; what is no number is left out."""
        wanted = list(dict.fromkeys(expressions))
        base = self.source.count("\n") + 2
        while True:
            lines = "".join(f"(unsigned long long)({text}),\n" for text in wanted)
            done = self.run(f"{self.source}const unsigned long long sonde[] = {{\n{lines}}};\n", "-S", _NO_LIMIT)
            if not done.returncode:
                return dict(zip(wanted, _words(done.stdout), strict=True))
            bad = {int(n) - base for n in re.findall(r"all\.c:(\d+):\d+: error", done.stderr)}
            if not bad:
                sys.exit(f"the names cannot be read:\n{done.stderr[:2000]}")
            wanted = [text for n, text in enumerate(wanted) if n not in bad]


_TARGETS = {64: "x86_64-linux-gnu", 32: "x86-linux-gnu"}
_NO_LIMIT = "-fmax-errors=0" if shutil.which("gcc") else "-ferror-limit=0"


def _enumerators(code: str) -> Iterator[tuple[str, str]]:
    """(header, name) of preprocessed text in which `@header@` stands where one begins."""
    headers = [(m.end(), m[1]) for m in re.finditer(r"@([^@\n]*)@", code)]
    at = 0
    for start in re.finditer(r"\benum\b[^;{}()]*\{", code):
        while at + 1 < len(headers) and headers[at + 1][0] <= start.end():
            at += 1
        body = re.sub(r"@[^@\n]*@", " ", code[start.end() : code.index("}", start.end())])
        while "(" in body and (plain := re.sub(r"\([^()]*\)", "", body)) != body:
            body = plain
        for item in body.split(","):
            if name := re.match(r"\s*(\w+)", item):
                yield headers[at][1], name[1]


def _words(assembly: str) -> list[int]:
    """The 64-bit words of the array in a compiler's assembly; an address counts as 0."""
    lines = assembly[assembly.index("\nsonde:") :].split("\n")[2:]
    data = bytearray()
    sizes = {".quad": 8, ".long": 4, ".value": 2, ".short": 2, ".byte": 1}
    for line in lines:
        operator, number = [*line.split(), "", ""][:2]
        if operator in (".zero", ".skip"):
            data += bytes(int(number.rstrip(","), 0))
        elif operator in sizes:
            value = int(number, 0) if re.fullmatch(r"-?(\d+|0x[0-9a-f]+)", number) else 0
            data += (value % (1 << 8 * sizes[operator])).to_bytes(sizes[operator], "little")
        elif operator == ".size" or line.startswith((".L", "\t.ident", "\t.section")):
            break
    return [int.from_bytes(data[n : n + 8], "little") for n in range(0, len(data), 8)]


def plan(path: Path) -> list[Row]:
    """The sets of a file of scripts/uapi."""
    rows: list[Row] = []
    for line in path.read_text().split("\n"):
        if line.startswith("\t"):
            rows[-1] = rows[-1]._replace(words=(*rows[-1].words, *line.split()))
        elif line and not line.startswith("#"):
            key, kind, *unknown = line.split()
            rows.append(Row(key, kind, " ".join(unknown), ()))
    return rows


class Maker:
    """Plans and headers made into tables."""

    def __init__(self, headers: Headers) -> None:
        self.headers = headers
        self.given: dict[str, int] = {}

    def chosen(self, row: Row) -> Iterator[str]:
        """The names of a set, in order, patterns not yet by value."""
        only = {word[1:] for word in row.words if word[0] == "@"}
        left_out = {word[1:] for word in row.words if word[0] == "-"}
        for word in row.words:
            if word[0] == "<":
                inside = re.compile(word[1:-1])
                for name in self.requests:
                    if name not in left_out and inside.fullmatch(self.headers.names[name].header):
                        yield f"*{name}"
            elif word[-1] == "*":
                operator, prefix = re.fullmatch(r"(.*<<)?(\w*)\*", word).groups("")  # type: ignore[union-attr]
                for name, known in self.headers.names.items():
                    if name.startswith(prefix) and name not in left_out and (not only or known.header in only):
                        yield f"*{operator}{name}"
            elif word[0] not in "@-":
                name, equal, number = word.partition("=")
                if equal:
                    self.given[name] = int(number, 0)
                yield name

    @cached_property
    def requests(self) -> list[str]:
        """Every name made with the _IO macros, directly or through other macros."""
        names = self.headers.names
        made = {name for name, known in names.items() if MADE.search(known.text)}
        while True:
            more = {n for n, k in names.items() if n not in made and made & set(re.findall(r"\w+", k.text))}
            if not more:
                return [name for name in names if name in made]
            made |= more

    def tables(self, rows: list[Row]) -> dict[str, list[tuple[str, int]]]:
        """For each set the names and their numbers."""
        chosen = {row.key: list(self.chosen(row)) for row in rows}
        asked = {name.removeprefix("*") for names in chosen.values() for name in names}
        values = self.headers.values(sorted(asked - self.given.keys())) | self.given
        tables = {}
        for row in rows:
            mask = WHOLE if "64" in row.kind else HALF
            pairs: list[tuple[str, int]] = []
            run: list[tuple[str, int]] = []
            for name in chosen[row.key]:
                plain = name.removeprefix("*")
                if name[0] != "*":
                    pairs += sorted(run, key=lambda pair: pair[1])
                    run = []
                    if plain not in values:
                        sys.exit(f"{row.key}: no header has {plain}; write {plain}=number")
                    pairs.append((plain, values[plain] & mask))
                elif plain in values:
                    run.append((plain, values[plain] & mask))
            pairs += sorted(run, key=lambda pair: pair[1])
            tables[row.key] = list(dict.fromkeys(pairs))
        return tables


def written(pairs: list[tuple[str, int]], flags: bool) -> str:
    """Names and numbers in the notation of catalog/flagsets.py: counting up, or doubling for flags."""
    words, expected = [], 0 if not flags else 1
    for name, number in pairs if flags else sorted(pairs, key=lambda pair: pair[1]):
        if number != expected:
            words.append(str(number) if number < 10 else f"{number:#x}")
        words.append(name)
        expected = number << 1 if flags else number + 1
    return _fill(" ".join(words))


def _fill(text: str, indent: str = "") -> str:
    wrapper = textwrap.TextWrapper(118, indent, indent, break_long_words=False, break_on_hyphens=False)
    return wrapper.fill(text)


def package_version() -> str:
    """The version of linux-libc-dev."""
    command = ["dpkg-query", "-W", "-f", "${Version}", "linux-libc-dev"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def generated() -> dict[str, str]:
    """The text of each generated file, by name."""
    plans = {path.stem: plan(path) for path in sorted(PLANS.glob("*.txt"))}
    with tempfile.TemporaryDirectory() as directory:
        compat = plans.pop("requests_i386")
        tables = Maker(Headers(Path(directory), 64)).tables([row for rows in plans.values() for row in rows])
        other = Maker(Headers(Path(directory), 32)).tables(plans["requests"] + plans["requests_more"] + compat)
    files = {
        family + ".py": _module(family, [(row, tables[row.key]) for row in rows]) for family, rows in plans.items()
    }
    native = {pair for key in ("requests", "requests_more") for pair in tables[key]}
    numbers = dict(pair for key in other for pair in other[key])
    foreign = {pair for pair in numbers.items() if f"-{pair[0]}" not in compat[0].words}
    rows = [compat[0], compat[0]._replace(key="requests_x86_64")]
    only = [sorted(pairs, key=lambda pair: pair[::-1]) for pairs in (foreign - native, native - foreign)]
    files["requests_i386.py"] = _module("requests_i386", list(zip(rows, only, strict=True)))
    files["index.py"] = _index(plans | {"requests_i386": rows})
    return files


def _module(family: str, sets: list[tuple[Row, list[tuple[str, int]]]]) -> str:
    blocks = []
    for row, pairs in sets:
        head = " ".join(filter(None, row[:3]))
        blocks.append(f"{head}\n{written(pairs, row.kind.startswith('flags'))}\n")
    text = "\n".join(blocks)
    return _head(f"Named values of the kernel's user API: {family}.", "TABLES") + f'TABLES = """{text}"""\n'


def _index(plans: dict[str, list[Row]]) -> str:
    keys = {family: [row.key + "|" * row.kind.startswith("flags") for row in rows] for family, rows in plans.items()}
    lines = "".join(f"{family}\n{_fill(' '.join(found), ' ')}\n" for family, found in sorted(keys.items()))
    head = _head("The keys of the generated sets by module; `|` behind those of flags.", "KEYS")
    return f'{head}KEYS = """{lines}"""\n'


def _head(first: str, name: str) -> str:
    return f'''"""{first}

Generated by scripts/generate_uapi.py from linux-libc-dev {package_version()}.
The notation is described in catalog/uapi/__init__.py.
"""

__all__ = ["{name}"]

'''


def main() -> None:
    """Writes the files, or says which of them are stale."""
    files = generated()
    if "--check" in sys.argv[1:]:
        stale = [name for name, text in files.items() if (TARGET / name).read_text() != text]
        sys.exit(f"{', '.join(stale)}: stale, run python scripts/generate_uapi.py" if stale else 0)
    TARGET.mkdir(exist_ok=True)
    for name, text in files.items():
        (TARGET / name).write_text(text)


if __name__ == "__main__":
    main()
