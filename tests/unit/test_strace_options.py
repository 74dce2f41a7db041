"""strace's command line: every option is understood or refused with a reason, sets mean what strace means by them."""

from __future__ import annotations

import dataclasses
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonde.catalog.groups import GROUPS, numbers_of
from sonde.cli import VERBS
from sonde.cli_options import parse_options
from sonde.errors import UsageError
from sonde.faces.strace import sets, values
from sonde.faces.strace.help import help_text, markdown
from sonde.faces.strace.options import Asked, parse
from sonde.faces.strace.table import OPTIONS, QUALIFIERS

CALLS = sets.CALLS


def parsed(line: str) -> Asked:
    return parse(shlex.split(line))


def refused(line: str) -> str:
    """The message about a wrong line: always one line."""
    with pytest.raises(UsageError) as caught:
        parsed(line)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def meant(line: str) -> dict[str, object]:
    """What differs from a command without options."""
    asked, usual = parsed(line), Asked()
    names = {field.name for field in dataclasses.fields(Asked)} - {"command", "words"}
    return {name: getattr(asked, name) for name in names if getattr(asked, name) != getattr(usual, name)}


def calls(*names: str) -> frozenset[int]:
    return frozenset().union(*map(numbers_of, names))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("ls -l", {}),
        ("-f ls", {"follow": 1}),
        ("-ff -o out ls", {"follow": 2, "output": "out"}),
        ("-fo out ls", {"follow": 1, "output": "out"}),
        ("-oout -A ls", {"output": "out", "append": True}),
        ("--output=out --output-separately ls", {"output": "out", "separate": True}),
        ("-o '|wc -l' ls", {"output": "|wc -l"}),
        ("-p 1234,1300", {"pids": (1234, 1300)}),
        ("-p '12\n13' -p12", {"pids": (12, 13)}),
        ("--attach=7", {"pids": (7,)}),
        ("-t ls", {"stamp": values.Stamp("time", 0)}),
        ("-tt ls", {"stamp": values.Stamp("time", 6)}),
        ("-t -t -t ls", {"stamp": values.Stamp("unix", 6)}),
        ("--absolute-timestamps=unix,ns ls", {"stamp": values.Stamp("unix", 9)}),
        ("--absolute-timestamps=precision:ms,format:time ls", {"stamp": values.Stamp("time", 3)}),
        ("--timestamps ls", {"stamp": values.Stamp("time", 0)}),
        ("-r -T ls", {"relative": 6, "spent": 6}),
        ("--syscall-times=ns --relative-timestamps=s ls", {"spent": 9, "relative": 0}),
        ("-s 200 -a 0 ls", {"limit": 200, "column": 0}),
        ("-x ls", {"hexadecimal": 1}),
        ("-xx ls", {"hexadecimal": 2}),
        ("--strings-in-hex=all ls", {"hexadecimal": 2}),
        ("-y ls", {"fds": frozenset(("path",))}),
        ("-yy ls", {"fds": frozenset(values.FDS)}),
        ("--decode-fds=socket,path ls", {"fds": frozenset(("socket", "path"))}),
        ("-e decode-fds=none ls", {}),
        ("-Y ls", {"comm": True}),
        ("--decode-pids=comm ls", {"comm": True}),
        ("-X verbose ls", {"names": "verbose"}),
        ("-q ls", {"quiet": frozenset(("attach", "personality"))}),
        ("-qq ls", {"quiet": frozenset(("attach", "personality", "exit"))}),
        ("-qqq ls", {"quiet": frozenset(values.QUIET)}),
        ("-e quiet=exit ls", {"quiet": frozenset(("exit",))}),
        ("--quiet ls", {"quiet": frozenset(("attach", "personality"))}),
        ("-z ls", {"statuses": frozenset(("successful",))}),
        ("-Z ls", {"statuses": frozenset(("failed",))}),
        ("-e status=!failed ls", {"statuses": frozenset(values.STATUSES) - {"failed"}}),
        ("-e signal=none ls", {"signals": frozenset()}),
        ("-e signal=SIGINT,term,9 ls", {"signals": frozenset((2, 15, 9))}),
        ("-e signal=!usr1 ls", {"signals": sets.SIGNALS - {10}}),
        ("-e read=3,5 -e write=all ls", {"reads": frozenset((3, 5)), "writes": sets.DESCRIPTORS}),
        ("-v ls", {"abbrev": frozenset()}),
        ("-e raw=open ls", {"raw": calls("open")}),
        ("-e verbose=none ls", {"verbose": frozenset()}),
        ("-c -S calls -U name,calls ls", {"only_summary": True, "sort": "calls", "columns": ("name", "calls")}),
        ("-C -w -O 10us ls", {"with_summary": True, "wall": True, "overhead": 10_000}),
        ("-S count -c ls", {"only_summary": True, "sort": "calls"}),
        ("-P /etc/passwd -P /etc/group ls", {"paths": ("/etc/passwd", "/etc/group")}),
        ("-E A=1 -E B ls", {"environment": ("A=1", "B")}),
        ("-u nobody ls", {"user": "nobody"}),
        ("-k -i -n ls", {"stacks": True, "pointer": True, "number": True}),
        ("-I2 --seccomp-bpf -d ls", {"interruptible": "2", "seccomp": True, "debug": True}),
        ("--json ls", {"json": True}),
        ("-f -- -x", {"follow": 1}),
        ("-h", {"help": True}),
        ("-V", {"version": True}),
    ],
)
def test_meaning(line: str, expected: dict[str, object]) -> None:
    assert meant(line) == expected


def test_the_command_begins_at_its_first_word() -> None:
    assert parsed("-f ls -l -- x").command == ("ls", "-l", "--", "x")
    assert parsed("-f -- -x -y").command == ("-x", "-y")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("openat,close", calls("openat", "close")),
        (",close", calls("close")),
        ("%file", frozenset().union(*map(numbers_of, GROUPS["file"]))),
        ("file", frozenset().union(*map(numbers_of, GROUPS["file"]))),
        ("%net", frozenset().union(*map(numbers_of, GROUPS["network"]))),
        ("%%stat,%%statfs", frozenset().union(*map(numbers_of, (*GROUPS["%stat"], *GROUPS["%statfs"])))),
        ("/^get[pt]id$", calls("getpid", "gettid")),
        ("/^[[:alpha:]]+sid$", calls("getsid", "setsid")),
        ("3", frozenset((3, 1027))),
        ("close@64", frozenset((3,))),
        ("close@32", frozenset((1030,))),
        ("close@x32", frozenset()),
        ("?nosuch,close", calls("close")),
        ("?nosuch", frozenset()),
        ("none", frozenset()),
        ("all", CALLS),
        ("!none", CALLS),
        ("!close,openat", CALLS - calls("openat", "close")),
        ("!!close", calls("close")),
        ("all,close", CALLS),
    ],
)  # fmt: skip
def test_sets_of_calls(text: str, expected: frozenset[int]) -> None:
    assert parsed(f"-e 'trace={text}' ls").trace == expected
    assert parsed(f"--trace='{text}' ls").trace == expected


def test_a_name_alone_is_its_family_too() -> None:
    family = calls("open", "openat", "openat2", "creat")
    assert parsed("-e open ls").trace == family
    assert parsed("-e open,close ls").trace == family | calls("close")
    assert parsed("-e '!open' ls").trace == CALLS - family
    assert parsed("-e trace=open ls").trace == calls("open")
    assert parsed("-e open ls").words == ("-e", "trace=?open,?creat,?openat,?openat2")
    assert parsed("-feopen -y ls").words == ("-fetrace=?open,?creat,?openat,?openat2", "-y")
    assert parsed("-e close -e trace=open --json ls").words == ("-e", "close", "-e", "trace=open")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("", "strace what?"),
        ("-f", "strace what?"),
        ("-e inject=open:error=EPERM ls", "never stops or changes"),
        ("-e fault=open ls", "never stops or changes"),
        ("--inject=open:error=EPERM ls", "never stops or changes"),
        ("-e kvm=vcpu ls", "virtual processor"),
        ("-D ls", "leave it out"),
        ("--daemonize=pgroup ls", "leave it out"),
        ("-b execve ls", "leave it out"),
        ("--tips ls", "leave it out"),
        ("-e trace=opem ls", "'opem' is none"),
        ("-e nosuch=3 ls", "none of trace"),
        ("-e trace= ls", "commas"),
        ("-e trace=/[ ls", "regular expression"),
        ("-e trace=close@16 ls", "@16"),
        ("-e signal=SIGFOO ls", "'SIGFOO' is none"),
        ("-e status=bad ls", "'bad'"),
        ("-e quiet=atach ls", "did you mean attach?"),
        ("-e read=x ls", "'x' is none"),
        ("-X foo ls", "raw abbrev verbose"),
        ("-S foo -c ls", "one of time"),
        ("-U calls,calls -c ls", "each once"),
        ("-s x ls", "a number"),
        ("-p x", "process ids"),
        ("-p 0", "process ids"),
        ("-O x -c ls", "a time"),
        ("--syscall-times=x ls", "one of s ms us ns"),
        ("--trace", "needs"),
        ("-o", "needs FILE"),
        ("-Q ls", "no option -Q"),
        ("--frobnicate ls", "no option --frobnicate"),
        ("--tra=close ls", "--trace"),
        ("--summary=3 -c ls", "takes no value"),
        ("-c -C ls", "exclude each other"),
        ("-c -ff ls", "exclude each other"),
        ("-w ls", "-c or -C"),
        ("-u nobody -p 1", "belongs to a command"),
        ("--strings-in-hex=non-ascii-chars ls", "not there yet"),
    ],
)  # fmt: skip
def test_refusals(line: str, says: str) -> None:
    assert says in refused(line)


# of `strace --help` 6.1
LONG = """
    env attach user detach-on daemonize follow-forks output-separately interruptible trace signal status trace-path
    successful-only failed-only columns abbrev verbose raw read write quiet kvm decode-fds instruction-pointer
    stack-traces syscall-number output output-append-mode relative-timestamps string-limit absolute-timestamps
    syscall-times no-abbrev strings-in-hex const-print-style decode-pids summary-only summary
    summary-syscall-overhead summary-sort-by summary-columns summary-wall-clock inject fault debug help seccomp-bpf
    tips version
"""


def test_every_option_of_strace_is_known() -> None:
    known = {name for option in OPTIONS for name in option.names}
    known |= {f"--{name}" for qualifier in QUALIFIERS for name in qualifier.names}
    assert {f"--{name}" for name in LONG.split()} <= known
    assert {f"-{letter}" for letter in "ACDFEIOPSTUVXYZabcdefhiknopqrstuvwxyz"} <= known
    if shutil.which("strace"):
        page = subprocess.run(["strace", "--help"], capture_output=True, text=True, check=True).stdout
        assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+(?![\w-])", page)) <= known


def test_every_option_sets_something_or_says_why_not() -> None:
    attributes = {field.name for field in dataclasses.fields(Asked)} | {"expression", "pids_as"}
    items: tuple[Any, ...] = (*OPTIONS, *QUALIFIERS)
    for item in items:
        assert item.help
        assert item.refused or item.sets in attributes


def test_help() -> None:
    page = help_text()
    assert max(map(len, page.splitlines())) < 90
    for option in OPTIONS:
        assert any(name in page for name in option.names)


def test_the_page() -> None:
    page = Path(__file__).parents[2] / "docs/strace.md"
    assert page.read_text() == markdown(), "python -m sonde.faces.strace.help --write docs"


def test_all_words_behind_the_verb_are_straces() -> None:
    options = parse_options(["--json", "strace", "-o", "x", "--output=y", "--", "ls", "--json"], VERBS)
    assert (options.verb, options.json, options.output) == ("strace", True, None)
    assert options.arguments == ("-o", "x", "--output=y", "--", "ls", "--json")


WORDS = st.one_of(
    st.sampled_from([name for option in OPTIONS for name in option.names]),
    st.sampled_from(
        ["--", "-", "", "ls", "-e", "trace=open", "%file", "!all", "5", "none", "signal=x", "status=failed"]
    ),
    st.text(max_size=6),
    st.text("-=!%/@?,abcefopqrstvxyzACPTXYZ0123456789", max_size=8).map(lambda text: f"-{text}"),
    st.text("!?%/@,abceopst[]*+$^0123456789", max_size=8).map(lambda text: f"trace={text}"),
)


@given(st.lists(WORDS, max_size=8))
def test_any_line_is_understood_or_refused(words: list[str]) -> None:
    try:
        asked = parse(words)
    except UsageError as error:
        assert str(error).strip()
        assert "\n" not in str(error)
    else:
        assert asked.command == tuple(words[len(words) - len(asked.command) :])
        assert asked.trace is None or asked.trace <= CALLS
