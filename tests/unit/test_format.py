"""Output formats: where names end, widths, escapes, and errors at the right place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonde.dialects.format import CONTAINER, DEFAULT, Format, Shown, parse_format
from sonde.errors import QueryError
from sonde.plan.expr import Call, Field

NAME = Field("proc.name")


def test_the_default_line() -> None:
    shown = parse_format(DEFAULT)
    assert shown.complete
    names = ["evt.num", "evt.outputtime", "evt.cpu", "proc.name", "thread.tid", "evt.dir", "evt.type", "evt.info"]
    assert [str(value) for value in shown.values] == names
    assert [item for item in shown.items if isinstance(item, str)] == [" ", " ", " ", " (", ") ", " ", " "]


def test_container_lines() -> None:
    shown = parse_format(CONTAINER)
    names = ["evt.cpu", "container.name", "container.id", "proc.name", "thread.tid", "thread.vtid"]
    assert [str(value) for value in shown.values][2:8] == names


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("%proc.name", (Shown(NAME),)),
        ("%proc.name.", (Shown(NAME), ".")),
        ("%proc.name.txt", (Shown(NAME), ".txt")),
        ("%proc.name:%evt.num,", (Shown(NAME), ":", Shown(Field("evt.num")), ",")),
        ("%proc.name%evt.num", (Shown(NAME), Shown(Field("evt.num")))),
        ("%10proc.name|%-8proc.name", (Shown(NAME, 10), "|", Shown(NAME, 8))),
        ("%evt.time.s", (Shown(Field("evt.time.s")),)),
        ("%evt.arg.flags.x", (Shown(Field("evt.arg", "flags")), ".x")),
        ("%evt.arg[0]]", (Shown(Field("evt.arg", 0)), "]")),
        ("%proc.aname[2]", (Shown(Field("proc.aname", 2)),)),
        ("%5proc.env[HOME]", (Shown(Field("proc.env", "HOME"), 5),)),
        ("%tolower(proc.name)x", (Shown(Call("tolower", (NAME,))), "x")),
        ("100%% %%proc.name", ("100% %proc.name",)),
        (r"a\tb\n\\n\d", ("a\tb\n\\n\\d",)),
        ("é\\", ("é\\",)),
    ],
)
def test_items(text: str, items: tuple[str | Shown, ...]) -> None:
    assert parse_format(text) == Format(items)
    assert parse_format("*" + text) == Format(items, complete=False)


@pytest.mark.parametrize(
    ("text", "message", "position", "length"),
    [
        ("", "the format is empty", 0, 1),
        ("*", "the format is empty", 1, 1),
        ("a %proc.nam b", "unknown field proc.nam, did you mean proc.name?", 3, 8),
        ("100%", "expected a field after %", 3, 1),
        ("%nginx x", "expected a field after %, not nginx", 0, 6),
        ("%evt.arg x", "evt.arg needs an argument", 1, 7),
        ("%evt.arg.nmae", "no event has a parameter nmae, did you mean name?", 9, 4),
        ("%evt.type.is.opne", "unknown event opne, did you mean open?", 13, 4),
        ("%proc.name[1]", "proc.name takes no argument", 11, 1),
        ("%proc.aname[x]", "proc.aname takes a number", 12, 1),
        ("%proc.env[HOME", "expected ]", 14, 1),
        ("%tolower(evt.cpu)", "tolower() reads text", 9, 7),
        ("%tolower()", "tolower() takes one argument, not 0", 1, 9),
    ],
)
def test_errors(text: str, message: str, position: int, length: int) -> None:
    with pytest.raises(QueryError) as caught:
        parse_format(text)
    assert caught.value.message.startswith(message)
    assert (caught.value.position, caught.value.length) == (position, length)


SHOWN = st.builds(
    Shown,
    st.sampled_from([NAME, Field("evt.arg", "flags"), Field("proc.aname", 2), Call("len", (NAME,))]),
    st.integers(0, 99),
)


@given(st.lists(SHOWN, min_size=1), st.text(" ;:,\t", min_size=1))
def test_written_and_read_again(shown: list[Shown], between: str) -> None:
    items = [item for one in shown for item in (one, between)]
    assert parse_format("".join(map(str, items))) == Format(tuple(items))


@given(
    st.text()
    | st.lists(st.sampled_from(["%", "*", "proc.name", ".", "[", "1", "]", "-", "\\", "n", "len(", ")"])).map("".join)
)
def test_any_text_is_a_format_or_a_query_error(text: str) -> None:
    try:
        parse_format(text)
    except QueryError as error:
        assert 0 <= error.position <= len(text)
