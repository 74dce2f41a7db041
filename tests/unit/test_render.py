"""Rows as lines, as JSON, and the receipt: golden texts and what must hold for any value."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sonde.catalog.types import BOOL, BYTES, INT, STR, TIME, Kind, Type
from sonde.native import join as native
from sonde.native.ops import Form
from sonde.plan.batch import ENTER_ROW, Batch, Counters, Payloads, Vector, Views
from sonde.plan.state import State
from sonde.render import colour
from sonde.render.items import Item, Options
from sonde.render.json import JsonRenderer
from sonde.render.lines import LineRenderer
from sonde.render.payload import BUFFER_FORMS
from sonde.render.receipt import Status, receipt, receipt_json, receipt_text
from sonde.render.times import TimeStyle, local

SECOND = 10**9
NOON = 1_512_426_804 * SECOND + 46_505_351  # 2017-12-04 22:33:24 UTC
ACCESS_DENIED = (
    b"2017-12-04T22:33:25.498493Z 6 [Note] Access denied for user 'root'@'172.24.0.3' (using password: YES)\n"
)
DEFAULT: list[bytes | Item] = [
    Item("evt.num", INT), b" ", Item("evt.outputtime", TIME), b" ", Item("evt.cpu", INT), b" ", Item("proc.name", STR),
    b" (", Item("thread.tid", INT), b") ", Item("evt.dir", STR), b" ", Item("evt.type", STR), b" ",
    Item("evt.info", STR),
]  # fmt: skip


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    yield from zone(monkeypatch, "UTC")


@pytest.fixture(params=["native", "twin"], autouse=True)
def both(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "twin":
        monkeypatch.setattr(native, "kernel", lambda name: None)


def zone(monkeypatch: pytest.MonkeyPatch, name: str) -> Iterator[None]:
    from sonde.render import times

    with monkeypatch.context() as patch:
        patch.setenv("TZ", name)
        time.tzset()
        times._offset.cache_clear()
        yield
    time.tzset()
    times._offset.cache_clear()


def batch_of(rows: int, state: State | None = None, **columns: Any) -> Batch:
    filled: dict[str, Any] = {"time": np.full(rows, NOON, np.int64), **columns}
    return Batch({k: np.asarray(v) for k, v in filled.items()}, Payloads.none(), state or State())


def strings(state: State, texts: list[bytes | None]) -> Vector:
    ids = [0 if t is None else state.strings.intern(t) for t in texts]
    return Vector(Kind.STR, np.array(ids, np.uint32))


def numbers(values: list[int], dtype: str = "i8", valid: list[bool] | None = None) -> Vector:
    return Vector(Kind.INT, np.array(values, dtype), None if valid is None else np.array(valid))


def slices(texts: list[bytes | None]) -> Vector:
    length = np.array([-1 if t is None else len(t) for t in texts], np.int32)
    ends = np.cumsum(np.maximum(length, 0))
    data = np.frombuffer(b"".join(t or b"" for t in texts), np.uint8)
    return Vector(Kind.BYTES, length, views=Views(data, ends - np.maximum(length, 0), length, length))


def line(
    item_type: Type, vector: Vector, state: State | None = None, name: str = "x.y", width: int = 0, **options: Any
) -> bytes:
    renderer = LineRenderer([b"[", Item(name, item_type, width), b"]"], Options(**options))
    return renderer.render([vector], batch_of(len(vector.values), state))


def default_rows() -> tuple[Batch, list[Vector | None]]:
    state = State()
    batch = batch_of(
        3,
        state,
        time=[NOON, NOON + 7497, NOON + 2 * SECOND],
        latency=[3202, -1, 937],
        res=[-11, 0, 8],
        flags=[0, ENTER_ROW, 0],
    )
    vectors: list[Vector | None] = [
        numbers([220, 224, 226], "u8"), None, numbers([0, 1, 0], "u2"),
        strings(state, [b"gmain", b"bad\x1b]0;x\x07name", None]), numbers([1170, 1171, 1172], "u4"),
        strings(state, [b"<", b">", b"<"]), strings(state, [b"read", b"poll", b"write"]),
        slices([b"res=-11(EAGAIN) data= ", b"", b"res=8 data=\n\t0x0000: 0100\n "]),
    ]  # fmt: skip
    return batch, vectors


def test_default_lines() -> None:
    batch, vectors = default_rows()
    assert LineRenderer(DEFAULT).render(vectors, batch).decode().splitlines() == [
        "220 22:33:24.046505351 0 gmain (1170) < read res=-11(EAGAIN) data= ",
        r"224 22:33:24.046512848 1 bad\x1b]0;x\x07name (1171) > poll ",
    ]


def test_a_star_keeps_rows_that_lack_a_field() -> None:
    batch, vectors = default_rows()
    text = LineRenderer(DEFAULT, Options(keep_missing=True)).render(vectors, batch).decode()
    assert text.splitlines()[2:] == ["226 22:33:26.046505351 0 <NA> (1172) < write res=8 data=", "\t0x0000: 0100", " "]
    nothing = LineRenderer([Item("fd.name", STR, 6), b"|"], Options(keep_missing=True))
    assert nothing.render([None], batch) == b"<NA>  |\n" * 3
    assert LineRenderer([Item("fd.name", STR)]).render([None], batch) == b""


def test_widths_are_those_of_sysdig() -> None:
    state = State()
    switch = strings(state, [b"switch", None])
    assert line(STR, switch, state, width=3, keep_missing=True) == b"[swi]\n[<NA]\n"
    assert line(STR, switch, state, width=8) == b"[switch  ]\n"
    assert line(STR, switch, state, width=-8) == b"[  switch]\n"
    assert line(INT, numbers([3]), width=12) == b"[3           ]\n"


def test_values_of_each_kind() -> None:
    assert line(INT, numbers([-5, 2])) == b"[-5]\n[2]\n"
    assert line(INT, numbers([2**64 - 1, 0], "u8", [True, False])) == b"[18446744073709551615]\n"
    flags = Vector(Kind.BOOL, np.array([True, False, True]), np.array([True, True, False]))
    assert line(BOOL, flags, keep_missing=True) == b"[true]\n[false]\n[<NA>]\n"


def test_text_of_arguments_never_reaches_a_terminal_raw() -> None:
    argument = slices([b"/tmp/\x1b[2J\n\xff", "/tmp/größe\u202egnp".encode()])
    assert (
        line(STR, argument, name="evt.arg.name").decode()
        == "[/tmp/\\x1b[2J\\x0a\\xff]\n[/tmp/größe\\xe2\\x80\\xaegnp]\n"
    )


@pytest.mark.parametrize(
    ("form", "cut", "expected"),
    [
        (Form.DOTTED, 40, "2017-12-04T22:33:25.498493Z 6 [Note] ..."),
        (Form.DOTTED, None, ACCESS_DENIED.decode().replace("\n", ".")),
        (BUFFER_FORMS["A"], 40, "\n" + ACCESS_DENIED.decode()),
        (BUFFER_FORMS["b"], 40, "MjAxNy0xMi0wNFQyMjozMzoyNS40OTg0OTNaIDYgW05vdGVdIEFjY2VzcyBkZW5pZWQgZm9y"
         "IHVzZXIgJ3Jvb3QnQCcxNzIuMjQuMC4zJyAodXNpbmcgcGFzc3dvcmQ6IFlFUykK"),
        (BUFFER_FORMS["x"], 40, "\n\t0x0000: 3230 3137 2d31 322d 3034 5432 323a 3333\n"
         "\t0x0010: 3a32 352e 3439 3834 3933 5a20 3620 5b4e\n"
         "\t0x0020: 6f74 655d 2041 6363 6573 7320 6465 6e69\n\t0x0030: 6564 2066 6f72 2075 7365 7220 2772 6f6f\n"
         "\t0x0040: 7427 4027 3137 322e 3234 2e30 2e33 2720\n\t0x0050: 2875 7369 6e67 2070 6173 7377 6f72 643a\n"
         "\t0x0060: 2059 4553 290a\n"),
    ],
)  # fmt: skip
def test_buffers_are_those_of_sysdig(form: Form, cut: int | None, expected: str) -> None:
    """The texts are sysdig 0.29.3's for the same bytes."""
    assert line(BYTES, slices([ACCESS_DENIED]), buffers=form, cut=cut).decode() == f"[{expected}]\n"


def test_hex_with_characters() -> None:
    assert line(BYTES, slices([b"(using password: YES)\n"]), buffers=BUFFER_FORMS["X"]).decode() == (
        "[\n\t0x0000: 2875 7369 6e67 2070 6173 7377 6f72 643a  (using password:\n"
        "\t0x0010: 2059 4553 290a                            YES).\n]\n"
    )
    assert line(BYTES, slices([b""]), buffers=BUFFER_FORMS["x"]) == b"[]\n"
    assert line(BYTES, slices([b"\r\0a\r\nb\n"]), buffers=BUFFER_FORMS["A"]) == b"[\n\na\nb\n]\n"


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        (TimeStyle.HUMAN, ["22:33:24.046505351", "22:33:24.046512848", "22:33:26.046505351"]),
        (TimeStyle.EPOCH, ["1512426804.046505351", "1512426804.046512848", "1512426806.046505351"]),
        (TimeStyle.RELATIVE, ["0.077276875", "0.077284372", "2.077276875"]),
        (TimeStyle.LATENCY, ["0.000003202", "<NA>", "0.000000937"]),
        (TimeStyle.DELTA, ["0.000000000", "0.000007497", "1.999992503"]),
    ],
)
def test_time_styles(style: TimeStyle, expected: list[str]) -> None:
    batch, _ = default_rows()
    batch.state.start = NOON - 77_276_875
    renderer = LineRenderer([Item("evt.outputtime", TIME)], Options(times=style))
    assert renderer.render([None], batch).decode().split() == expected
    if style is TimeStyle.DELTA:
        assert renderer.render([None], batch_of(1, time=[NOON + 3 * SECOND])) == b"1.000000000\n"


@pytest.mark.parametrize("name", ["Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns", "UTC"])
def test_local_time_follows_summer_time(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in zone(monkeypatch, name):
        moments = np.arange(1_700_000_000, 1_735_000_000, 1_799, dtype=np.int64)
        expected = [m + time.localtime(m).tm_gmtoff for m in moments.tolist()]
        assert (local(moments * SECOND + 5) - 5).tolist() == [e * SECOND for e in expected]
        assert local(moments[:1] * SECOND).tolist() == [expected[0] * SECOND]


def test_json_objects() -> None:
    batch, vectors = default_rows()
    text = JsonRenderer(DEFAULT, Options(keep_missing=True)).render(vectors, batch).decode()
    first, second, third = text.splitlines()
    assert first == (
        f'{{"evt.num":220,"evt.outputtime":{NOON},"evt.cpu":0,"proc.name":"gmain","thread.tid":1170,"evt.dir":"<",'
        '"evt.type":"read","evt.info":"res=-11(EAGAIN) data= "}'
    )
    assert r'"bad\u001b]0;x\u0007name"' in second
    assert json.loads(third)["proc.name"] is None
    assert len(JsonRenderer(DEFAULT).render(vectors, batch).splitlines()) == 2


def test_json_of_each_kind_and_of_repeated_names() -> None:
    items: list[bytes | Item] = [Item("a", BOOL), Item("b", BYTES), Item("a", BOOL), Item("c", STR), Item("d", INT)]
    flags = Vector(Kind.BOOL, np.array([True, False]), np.array([True, False]))
    vectors = [flags, slices([b'"\xff\n', None]), flags, None, numbers([1, 2], "i8", [False, True])]
    text = JsonRenderer(items, Options(keep_missing=True)).render(vectors, batch_of(2)).decode()
    assert text.splitlines() == [r'{"a":true,"b":"\"\udcff\n","c":null,"d":null}', '{"a":null,"b":null,"c":null,"d":2}']
    assert JsonRenderer([]).render([], batch_of(2)) == b"{}\n{}\n"


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        (BUFFER_FORMS["b"], "AQA="),
        (BUFFER_FORMS["x"], "\n\t0x0000: 0100\n"),
        (BUFFER_FORMS["A"], "\n"),
        (Form.DOTTED, "\x01\0"),
    ],
)
def test_json_buffers(form: Form, expected: str) -> None:
    text = JsonRenderer([Item("evt.buffer", BYTES)], Options(buffers=form)).render([slices([b"\x01\0"])], batch_of(1))
    assert json.loads(text) == {"evt.buffer": expected}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.none() | st.binary(max_size=20), min_size=1, max_size=8))
def test_json_gives_every_value_back(texts: list[bytes | None]) -> None:
    state = State()
    items = [Item("s", STR), Item("b", BYTES)]
    renderer = JsonRenderer(items, Options(keep_missing=True))
    output = renderer.render([strings(state, texts), slices(texts)], batch_of(len(texts), state))
    rows = [json.loads(row) for row in output.decode().splitlines()]
    for name in ("s", "b"):
        assert [None if r[name] is None else os.fsencode(r[name]) for r in rows] == texts


@settings(max_examples=60, deadline=None)
@given(st.lists(st.none() | st.binary(max_size=20), min_size=1, max_size=8), st.integers(-9, 9))
def test_each_shown_row_is_one_line_without_controls(texts: list[bytes | None], width: int) -> None:
    state = State()
    output = line(STR, strings(state, texts), state, width=width).decode()
    lines = output.split("\n")
    assert len(lines) == sum(t is not None for t in texts) + 1
    assert all(ord(c) >= 0x20 and not 0x7F <= ord(c) < 0xA0 for text in lines for c in text)


def test_colours_mark_processes_paths_and_failures() -> None:
    batch, vectors = default_rows()
    renderer = LineRenderer(DEFAULT, Options(colour=True, keep_missing=True))
    first, second = renderer.render(vectors, batch).decode().splitlines()[:2]
    assert first == (
        "220 22:33:24.046505351 0 \x1b[1mgmain\x1b[0m (1170) < \x1b[31mread\x1b[0m "
        "\x1b[31mres=-11(EAGAIN) data= \x1b[0m"
    )
    assert "\x1b[31m" not in second and "\x1b[1m" in second
    assert colour.colour_of("fs.path.name", True) == colour.colour_of("fd.name", False) != b""


def test_colours_only_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    master, terminal = os.openpty()
    reader, pipe = os.pipe()
    try:
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.delenv("NO_COLOR", raising=False)
        assert colour.wanted(terminal) and not colour.wanted(pipe)
        monkeypatch.setenv("NO_COLOR", "1")
        assert not colour.wanted(terminal)
    finally:
        for fd in (master, terminal, reader, pipe):
            os.close(fd)


def test_a_vector_for_each_field() -> None:
    with pytest.raises(ValueError, match="8 fields were given 1 vectors"):
        LineRenderer(DEFAULT).render([None], batch_of(1))


def event_name(number: int) -> str:
    return {0: "read", 1: "write", 2: "open", 3: "close", 1027: "read"}[number]


def test_receipt_of_an_exact_answer() -> None:
    answer = receipt(Counters(seen=12_345, matched=7, delivered=7), 3.21, event_name)
    assert receipt_text(answer) == "EXACT: 12,345 seen, 7 matched, 7 delivered in 3.2 s\n"


def test_receipt_says_what_was_lost() -> None:
    lost = {0: 2, 1: 3, 2: 1, 3: 1, 1027: 4}
    counters = Counters(90, 61, 50, 11, 1, 2, 1, 1_200, lost_by_event=lost)
    answer = receipt(counters, 1, event_name)
    assert receipt_text(answer).splitlines() == [
        "LOWER BOUND: 90 seen, 61 matched, 50 delivered in 1.0 s",
        "lost: 11 events (read 6, write 3, close 1, other 1), 2 buffers, 1 name record",
        "1 value truncated, 1,200 events of sonde itself left out",
    ]
    body = json.loads(receipt_json(answer))["receipt"]
    assert body["status"] == "LOWER BOUND" and body["lost_by_event"] == {"read": 6, "write": 3, "close": 1, "open": 1}
    assert body["lost_payloads"] == 2 and body["own"] == 1_200 and receipt_json(answer).endswith("\n")


def test_receipt_status() -> None:
    assert receipt(Counters(lost=1), 0, event_name, grows=False).status is Status.PARTIAL
    assert receipt(Counters(lost_payloads=1), 0, event_name).status is Status.LOWER_BOUND
    partly = receipt(Counters(truncated=3), 0, event_name, absent=["host b"])
    assert partly.status is Status.PARTIAL and "not in the answer: host b\n" in receipt_text(partly)
    assert receipt(Counters(truncated=3, own=4), 0, event_name).status is Status.EXACT
