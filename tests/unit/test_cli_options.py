"""The command line: what each form means, what is refused, and the help and completion made from the same table."""

from __future__ import annotations

import dataclasses
import shlex
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonde.cli_help import completion, help_text
from sonde.cli_options import Options, parse_options
from sonde.cli_table import LATER, OPTIONS, SHELLS, SNAPLEN_MAX, TIME_MODES
from sonde.dialects import filter as filters
from sonde.errors import UsageError

VERBS = dict.fromkeys(("doctor", "stat", "sql", "topfiles_bytes", "record", "files"), "what it does")


def parsed(line: str) -> Options:
    """The meaning of a line as a shell splits it."""
    return parse_options(shlex.split(line), VERBS)


def refused(line: str) -> str:
    """The message about a wrong line: always one line."""
    with pytest.raises(UsageError) as caught:
        parsed(line)
    assert caught.value.status == 2
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", Options()),
        ("proc.name=cat and evt.type=open", Options(filter_words="proc.name=cat and evt.type=open")),
        ("'proc.name=cat and evt.type=open'", Options(filter_words="proc.name=cat and evt.type=open")),
        ("not proc.name=cat", Options(filter_words="not proc.name=cat")),
        ("not(proc.name=cat)", Options(filter_words="not(proc.name=cat)")),
        ("'(evt.type=open)'", Options(filter_words="(evt.type=open)")),
        ("true", Options(filter_words="true")),
        ("'tolower(proc.name)' = cat", Options(filter_words="tolower(proc.name) = cat")),
        ("-n100 -s200 -th", Options(count=100, snaplen=200, time_mode="h")),
        ("-n 100 -s 200 -t D", Options(count=100, snaplen=200, time_mode="D")),
        ("--numevents=100 --snaplen 200 --timetype=r", Options(count=100, snaplen=200, time_mode="r")),
        ("--snap 9", Options(snaplen=9)),
        ("-qS", Options(quiet=True, summary=True)),
        ("-qSn5", Options(quiet=True, summary=True, count=5)),
        ("-lv", Options(list_fields=True, verbose=True)),
        ("-L", Options(list_events=True)),
        ("--list-markdown", Options(list_markdown=True)),
        ('-p"%proc.name %evt.type"', Options(format="%proc.name %evt.type")),
        ("-p '*%fd.name'", Options(format="*%fd.name")),
        ("--print=%fd.name", Options(format="%fd.name")),
        ("-pc", Options(container_format=True)),
        ("-pcontainer -p%fd.name", Options(container_format=True, format="%fd.name")),
        ("-A", Options(buffers="A")),
        ("-x -X", Options(buffers="X")),
        ("-jb", Options(json=True, buffers="b")),
        ("-M 10", Options(seconds=10.0)),
        ("--for 500ms", Options(seconds=0.5)),
        ("--for=2m", Options(seconds=120.0)),
        ("--for 1.5h", Options(seconds=5400.0)),
        ("--pid 12,13 --pid 14,12", Options(pids=(12, 13, 14))),
        ("-r log fd.num=3", Options(read="log", filter_words="fd.num=3")),
        ("--explain --inflight --exact", Options(explain=True, inflight=True, exact=True)),
        ("--unbuffered", Options(unbuffered=True)),
        ("-o out.txt -D -R", Options(output="out.txt", debug=True, resolve_ports=True)),
        ("--completion bash", Options(completion="bash")),
        ("-h", Options(help=True)),
        ("--version", Options(version=True)),
    ],
)  # fmt: skip
def test_meaning(line: str, expected: Options) -> None:
    assert parsed(line) == expected


@pytest.mark.parametrize(
    ("line", "filter_words", "count"),
    [
        ("-n 5 proc.name=cat", "proc.name=cat", 5),
        ("proc.name=cat -n 5", "proc.name=cat", 5),
        ("proc.name=cat -n 5 and evt.type=open", "proc.name=cat and evt.type=open", 5),
        ("evt.rawres = -2 -n 5", "evt.rawres = -2", 5),
        ("evt.rawres < -1", "evt.rawres < -1", None),
        ("proc.args contains -n", "proc.args contains -n", None),
        ("proc.args contains -n -n 5", "proc.args contains -n", 5),
        ("proc.args in '(-n,' -l ')' -n 5", "proc.args in (-n, -l )", 5),
        ("proc.args startswith oneof '(-a,' --json ')'", "proc.args startswith oneof (-a, --json )", None),
        ("proc.name exists -n 5", "proc.name exists", 5),
        ("'proc.args = \"in (\"' -n 5", 'proc.args = "in ("', 5),
        ("fd.name=in -n 5", "fd.name=in", 5),
    ],
)
def test_options_among_filter_words(line: str, filter_words: str, count: int | None) -> None:
    assert parsed(line) == Options(filter_words=filter_words, count=count)


@pytest.mark.parametrize("operator", ["=", "==", "!=", "<", "<=", ">", ">=", *filters.TEXT, *filters.LISTS])
def test_a_dash_after_an_operator_is_a_value(operator: str) -> None:
    assert parse_options(["proc.args", operator, "-n"]).filter_words == f"proc.args {operator} -n"


def test_command() -> None:
    assert parsed("evt.type=open -n 3 --kill -- ls -l -- x") == Options(
        filter_words="evt.type=open", count=3, kill=True, command=("ls", "-l", "--", "x")
    )
    assert parsed("-- true") == Options(command=("true",))


def test_verb() -> None:
    assert parsed("doctor") == Options(verb="doctor")
    assert parsed("--json doctor -v x.y --for 5s -- ls") == Options(
        json=True, verb="doctor", arguments=("-v", "x.y"), seconds=5.0, command=("ls",)
    )
    assert parsed("evt.type=open doctor").filter_words == "evt.type=open doctor", "only the first word is a verb"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("docter", "did you mean doctor"),
        ("evt", "neither a command of sonde nor a filter"),
        ("--jsn", "did you mean --json"),
        ("-json", "did you mean --json"),
        ("-help", "did you mean --help"),
        ("--ufbzk", "sonde --help"),
        ("-5", "no option -5"),
        ("--ex", "--exact"),
        ("--json=1", "takes no value"),
        ("-n", "needs NUM, as in sonde -n 5"),
        ("-n -- ls", "needs NUM"),
        ("-n 0", "wants a number from 1"),
        ("-n x", "wants a number from 1"),
        ("-n ٣", "wants a number from 1"),
        ("-s 70000", f"0 to {SNAPLEN_MAX}"),
        ("-s -1", "wants a number"),
        ("-M 0", "wants a time"),
        ("--for soon", "wants a time"),
        ("--for nan", "wants a time"),
        ("-tz", "one of h a r d D"),
        ("--pid 12,x", "process ids"),
        ("--pid 0", "process ids"),
        ("-p ''", "%proc.name"),
        ("-o ''", "name of a file"),
        ("-pk", "not there yet"),
        ("-pmesos", "retired"),
        ("--", "command to run"),
        ("evt.type=open --kill", "none"),
        ("--completion csh", "bash"),
        ("-c nosuch", "there is no chisel nosuch"),
        ("-i topscalls", "sonde help NAME"),
        ("-B/probe.o", "no driver"),
        ("-d", "leave it out"),
        ("-U cat", "proc.name!=COMM"),
    ],
)  # fmt: skip
def test_refusals(line: str, says: str) -> None:
    assert says in refused(line)


WORDS = st.one_of(
    st.sampled_from([name for option in (*OPTIONS, *LATER) for name in option.names]),
    st.sampled_from(
        ["--", "-", "", "doctor", "evt.type=open", "and", "(", ")", "=", "contains", "5", "-5", "10s", "h"]
    ),
    st.text(max_size=6),
    st.text("-=abchjlnopqstvwxAMSX%.,()0123456789", max_size=6).map(lambda text: f"-{text}"),
)


@given(st.lists(WORDS, max_size=8))
def test_any_line_is_understood_or_refused(words: list[str]) -> None:
    try:
        options = parse_options(words, VERBS)
    except UsageError as error:
        assert str(error).strip()
        assert "\n" not in str(error)
    else:
        assert options.verb in ("", *VERBS)
        assert not (options.verb and options.filter_words)
        assert options.time_mode in TIME_MODES
        assert options.command == (tuple(words[words.index("--") + 1 :]) if options.command else ())


@given(st.lists(st.sampled_from([["-n", "5"], ["-j"], ["-th"], ["--pid=7"], ["-qS"], ["-s", "9"]]), max_size=6))
def test_options_mean_the_same_before_and_after_the_filter(chosen: list[list[str]]) -> None:
    options = [word for words in chosen for word in words]
    assert parse_options([*options, "fd.num=1", "and", "evt.failed=true"]) == parse_options(
        ["fd.num=1", "and", "evt.failed=true", *options]
    )


def test_the_table_and_the_options_agree() -> None:
    names = [name for option in (*OPTIONS, *LATER) for name in option.names]
    assert len(names) == len(set(names))
    attributes = {field.name for field in dataclasses.fields(Options)}
    elsewhere = {"filter_words", "arguments", "command", "container_format"}
    assert {option.sets for option in OPTIONS} == attributes - elsewhere


def test_every_option_of_sysdig_is_known() -> None:
    known = {name for option in (*OPTIONS, *LATER) for name in option.names}
    short = "AbBcCdDEeFGhHiIjkKLlmMnPpqRrSstTUvWwxXz"
    assert {f"-{letter}" for letter in short} <= known


@pytest.mark.parametrize("words", ["-c stat by name", "-cstat by name", "-n 3 -c stat by name"])
def test_chisels_are_verbs(words: str) -> None:
    options = parsed(words)
    assert (options.verb, options.arguments) == ("stat", ("by", "name"))


def test_help() -> None:
    page = help_text(VERBS)
    assert max(map(len, page.splitlines())) < 80
    options, examples = page.split("EXAMPLES\n")
    for option in OPTIONS:
        assert ", ".join(option.names) in options
        assert any(name in option.example for name in (*option.names, option.names[0][:2]))
    assert len(examples.splitlines()) == len(OPTIONS)
    assert all(" # " in line for line in examples.splitlines())


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.names[0])
def test_examples_do_what_they_show(option: object) -> None:
    assert option in OPTIONS
    assert isinstance(option, type(OPTIONS[0]))
    words = shlex.split(option.example.removeprefix('eval "$(').removesuffix(')"').partition(" | ")[0])
    assert words[0] == "sonde"
    options = parse_options(words[1:], VERBS)
    assert getattr(options, option.sets) != getattr(Options(), option.sets)
    filters.parse(options.filter_words)


@pytest.mark.parametrize("shell", SHELLS)
def test_completion_in_a_shell(shell: str) -> None:
    script = completion(["doctor"], ["evt.type", "evt.arg[0]", "fd.name"])
    for words, expected in [
        (["--expl"], "--explain"),
        (["-t", ""], "h a r d D"),
        (["doc"], "doctor"),
        (["fd.n"], "fd.name"),
        (["evt."], "evt.type evt.arg[0]"),
        (["-o", "/et"], ""),
    ]:
        ask = f"COMP_WORDS=(sonde {shlex.join(words)}); COMP_CWORD={len(words)}; _sonde; echo ${{COMPREPLY[@]}}"
        done = subprocess.run([shell, "-c", f"{script}\n{ask}"], capture_output=True, text=True, check=True)
        assert (done.stdout.strip(), done.stderr) == (expected, ""), words
