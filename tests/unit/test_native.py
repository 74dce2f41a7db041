"""The C kernels: known texts, and equality with their Python twins on random input."""

from __future__ import annotations

import base64 as stdlib_base64
import json
import os
import struct
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sonde.native import kernel, twin
from sonde.native import ops as native
from sonde.native.alike import alike
from sonde.native.escape import c_string, printable, quote
from sonde.native.join import join
from sonde.native.ops import Form, Op, literal, pool, sint, uint
from sonde.native.slices import same_slices
from sonde.native.walk import walk
from sonde.plan.batch import Views
from sonde.plan.strings import Strings

BUSY, DISCARD = 1 << 31, 1 << 30
NUMBERS = {"uint": "u8", "hexa": "u8", "octal": "u8", "fixed9": "u8", "sint": "i8", "clock": "i8", "seconds": "i8"}


@pytest.fixture(autouse=True)
def built() -> None:
    if kernel("join") is None:
        pytest.skip("native.so is not built, or SONDE_NATIVE=0")


def views_of(texts: list[bytes | None]) -> Views:
    data = b"".join(t or b"" for t in texts)
    length = np.array([-1 if t is None else len(t) for t in texts], np.int32)
    ends = np.cumsum(np.maximum(length, 0))
    offset = (ends - np.maximum(length, 0)).astype(np.int64)
    return Views(np.frombuffer(data, np.uint8), offset, length, length)


def one(op: Op) -> bytes:
    """The text of an op of one row; the twin must agree."""
    text = join(1, None, [[op]])[0]
    assert twin.join(1, None, [[op]])[0] == text
    return text


nasty = st.one_of(
    st.binary(max_size=70),
    st.text(max_size=30).map(lambda t: t.encode("utf-8", "surrogatepass")),
    st.sampled_from(
        [b"\xe2\x82", b"\xc0\xaf", b"\xf4\x90\x80\x80", b"\xed\xa0\x80", "\u202e\u2028\x9b\x7f".encode(), b"\r\n\n\r"]
    ),
)
widths = st.integers(-12, 12)


def constructor(name: str) -> Callable[..., Op]:
    found: Callable[..., Op] = getattr(native, name)
    return found


@st.composite
def numbers_of(draw: st.DrawFn, rows: int, usual: str) -> npt.NDArray[Any]:
    """Numbers of any width and sign, packed or with gaps."""
    kind = draw(st.sampled_from([usual, usual, "u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8"]))
    half = 1 << 8 * int(kind[1]) - 1
    low, high = (0, 2 * half - 1) if kind[0] == "u" else (-half, half - 1)
    drawn = st.integers(low, high) | st.integers(0, min(high, 2000))
    packed = np.array(draw(st.lists(drawn, min_size=rows, max_size=rows)), kind)
    return np.repeat(packed, 2)[::2] if draw(st.booleans()) else packed


@st.composite
def op_of(draw: st.DrawFn, rows: int, all_rows: int) -> Op:
    if draw(st.booleans()):
        return draw(op_with(all_rows)).of_rows()
    return draw(op_with(rows))


@st.composite
def op_with(draw: st.DrawFn, rows: int) -> Op:
    kind = draw(st.sampled_from(["literal", "pool", *Form, *NUMBERS]))
    width = draw(widths)
    if kind == "literal":
        return literal(draw(nasty), width)
    missing = draw(
        st.none() | st.lists(st.booleans(), min_size=rows, max_size=rows).map(lambda m: np.array(m, np.bool_))
    )
    absent = draw(st.sampled_from([b"<NA>", b"null", b""]))
    options: dict[str, Any] = {"width": width, "missing": missing, "absent": absent}
    if kind in NUMBERS:
        return constructor(kind)(draw(numbers_of(rows, NUMBERS[kind])), **options)
    texts = draw(st.lists(nasty, min_size=1, max_size=4))
    if kind == "pool":
        ends = np.cumsum([0] + [len(t) for t in texts]).astype(np.int64)
        ids = draw(st.lists(st.integers(0, len(texts) - 1), min_size=rows, max_size=rows))
        options["none_is_absent"] = draw(st.booleans())
        return pool(np.array(ids, np.uint32), np.frombuffer(b"".join(texts), np.uint8), ends, **options)
    chosen = views_of([*texts, None]).take(np.array([draw(st.integers(0, len(texts))) for _ in range(rows)], np.int64))
    return native.slices(chosen, Form(kind), draw(st.integers(0, 90)), **options)


@st.composite
def programs(draw: st.DrawFn) -> tuple[int, npt.NDArray[np.uint16] | None, list[list[Op]]]:
    rows = draw(st.integers(0, 12))
    count = draw(st.integers(1, 3))
    chosen = draw(st.lists(st.integers(0, count - 1), min_size=rows, max_size=rows))
    template = np.array(chosen, np.uint16) if count > 1 else None
    uses = [chosen.count(t) for t in range(count)]
    return rows, template, [[draw(op_of(n, rows)) for _ in range(draw(st.integers(0, 5)))] for n in uses]


@settings(max_examples=300, deadline=None)
@given(programs())
def test_join_equals_its_twin(program: tuple[int, npt.NDArray[np.uint16] | None, list[list[Op]]]) -> None:
    expected, found = twin.join(*program), join(*program)
    assert found.data.tobytes() == expected.data.tobytes()
    assert found.offsets.tolist() == expected.offsets.tolist()


@settings(max_examples=300, deadline=None)
@given(nasty)
def test_json_strings_give_the_bytes_back(data: bytes) -> None:
    text = one(native.quoted(views_of([data])))
    assert os.fsencode(json.loads(text)) == data
    assert text == quote(data)
    assert text.decode().isprintable() or all(c.isprintable() or ord(c) > 0x9F for c in text.decode())


@settings(max_examples=300, deadline=None)
@given(nasty)
def test_escaped_text_cannot_steer_a_terminal(data: bytes) -> None:
    text = one(native.escaped(views_of([data])))
    assert text == printable(data) == printable(text)
    shown = text.decode()
    assert not any(ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 or c in "\u202a\u202e\u2066\u2028" for c in shown)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=100))
def test_base64_and_hex_agree_with_the_standard_library(data: bytes) -> None:
    assert one(native.slices(views_of([data]), Form.BASE64)) == stdlib_base64.b64encode(data)
    dump = one(native.slices(views_of([data]), Form.HEXDUMP)).decode()
    assert bytes.fromhex("".join(line.partition(": ")[2] for line in dump.splitlines())) == data


# what strace 6.1 printed for write(1, ...) with -s 100, -x and -xx
C_STRINGS = [
    (b"\0\1\0019\377", rb"\0\1\19\377", rb"\x00\x01\x01\x39\xff", rb"\x00\x01\x01\x39\xff"),
    (b'a"\\\n\r\t\v\f\a\x7f8', rb"a\"\\\n\r\t\v\f\7\1778", rb"\x61\x22\x5c\x0a\x0d\x09\x0b\x0c\x07\x7f\x38", None),
    (b"\177ELF\2\1\1\3\0\0", rb"\177ELF\2\1\1\3\0\0", rb"\x7f\x45\x4c\x46\x02\x01\x01\x03\x00\x00", None),
    (b"plain\n", rb"plain\n", rb"plain\n", rb"\x70\x6c\x61\x69\x6e\x0a"),
    (b"", b"", b"", b""),
]


@pytest.mark.parametrize(("data", "octal", "maybe", "every"), C_STRINGS)
def test_strings_as_strace_writes_them(data: bytes, octal: bytes, maybe: bytes, every: bytes | None) -> None:
    forms = {Form.C_OCTAL: octal, Form.C_MAYBE_HEX: maybe, Form.C_ALL_HEX: every or maybe}
    for form, text in forms.items():
        assert one(native.slices(views_of([data]), form)) == b'"' + text + b'"'


@settings(max_examples=300, deadline=None)
@given(nasty)
def test_a_c_compiler_reads_the_bytes_back(data: bytes) -> None:
    for form in (Form.C_OCTAL, Form.C_ALL_HEX):
        text = one(native.slices(views_of([data]), form))
        assert text[1:-1].decode("ascii").encode("latin1").decode("unicode_escape").encode("latin1") == data
    assert c_string(data) == one(native.slices(views_of([data]), Form.C_OCTAL))
    hexadecimal = one(native.slices(views_of([data]), Form.C_HEX))
    assert c_string(data, hexadecimal=True) == hexadecimal


def test_what_else_is_escaped() -> None:
    assert c_string(b"x y<>7", escaped=b"<>", quotes=False) == rb"x y\74\0767"
    assert c_string(b"a<", True, b"<>") == rb'"a\x3c"'


def test_addresses_and_dumps() -> None:
    values = np.array([0, 0xDEAD0000, 2**64 - 1], np.uint64)
    text = join(3, None, [[native.address(values, missing=values == 0, absent=b"NULL")]])
    assert [text[i] for i in range(3)] == [b"NULL", b"0xdead0000", b"0xffffffffffffffff"]
    assert one(native.slices(views_of([b"0123456789abcdefg"]), Form.DUMP)) == (
        b" | 00000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  0123456789abcdef |\n"
        b" | 00010  67                                                g                |\n"
    )


@pytest.mark.parametrize("limit", [0, 3, 4, 5, 6, 7])
def test_what_is_cut_ends_in_dots(limit: int) -> None:
    shown = {0: b"", 3: b"a.c", 4: b"a...", 5: b"a....", 6: b"a.cdef", 7: b"a.cdef"}[limit]
    op = native.slices(views_of([b"a\tcdef"]), Form.DOTTED, limit)
    assert one(op) == twin.join(1, None, [[op]]).data.tobytes() == shown


def test_numbers() -> None:
    assert one(uint(np.array([2**64 - 1], "u8"))) == b"18446744073709551615"
    assert one(sint(np.array([-(2**63)], "i8"))) == b"-9223372036854775808"
    assert one(sint(np.array([-7], "i2"))) == b"-7"
    assert one(uint(np.array([7], "u2"))) == b"7"
    assert one(native.hexa(np.array([0xBEEF], "u8"))) == b"BEEF"
    assert one(native.octal(np.array([0o644], "u4"))) == b"644"
    assert one(native.fixed9(np.array([42], "u8"))) == b"000000042"
    assert one(native.clock(np.array([86400 * 10**9 * 3 + 3_661_000_000_007], "i8"))) == b"01:01:01.000000007"
    assert one(native.clock(np.array([-1], "i8"))) == b"23:59:59.999999999"
    assert one(native.seconds(np.array([-1_500_000_000], "i8"))) == b"-1.500000000"


def test_width_counts_characters_and_cuts() -> None:
    word = views_of(["größe".encode()])
    assert one(native.view(word, 8)) == "   größe".encode()
    assert one(native.view(word, -8)) == "größe   ".encode()
    assert one(native.view(word, 3)) == one(native.view(word, -3)) == "grö".encode()
    assert one(uint(np.array([5]), 4, np.array([True]))) == b"<NA>"
    assert one(uint(np.array([5]), -6, np.array([True]))) == b"<NA>  "


def test_templates_take_compact_arrays() -> None:
    strings = Strings()
    ids = strings.intern_all([b"nginx", b"bash"])
    template = np.array([1, 0, 1], np.uint16)
    text = join(
        3, template, [[literal(b"none")], [pool(ids, *strings.packed()), literal(b"="), uint(np.array([1, 2]))]]
    )
    assert [text[i] for i in range(len(text))] == [b"nginx=1", b"none", b"bash=2"]
    assert join(3, None, [[native.text(text), literal(b"!")]])[2] == b"bash=2!"
    assert text.views()[1] == b"none"


def test_ops_by_row_are_shared_by_templates() -> None:
    strings = Strings()
    names = np.array([0, strings.intern(b"a"), strings.intern(b"b")], np.uint32)
    words = np.array([2**32 - 1, 2**32 + 5, 7], np.uint64)
    low = sint(words.view(np.int32)[::2]).of_rows()
    name = pool(names, *strings.packed(), absent=b"-", none_is_absent=True).of_rows()
    text = join(3, np.array([1, 0, 1], np.uint16), [[name], [low, literal(b":"), name]])
    assert [text[i] for i in range(3)] == [b"-1:-", b"a", b"7:b"]
    with pytest.raises(ValueError):
        join(2, np.array([0, 1], np.uint16), [[name], [name]])


def test_output_far_larger_than_the_first_guess() -> None:
    big = views_of([b"\x00" * 50_000, b"", b"x"])
    text = join(3, None, [[native.escaped(big), literal(b";")]])
    assert [len(text[i]) for i in range(3)] == [200_001, 1, 2]


@pytest.mark.parametrize(
    ("rows", "template", "ops"),
    [
        (2, None, [[uint(np.array([1]))]]),
        (1, np.array([1], np.uint16), [[literal(b"x")]]),
        (2, np.array([0], np.uint16), [[literal(b"x")]]),
        (1, None, [[uint(np.array([1]), missing=np.array([False, False]))]]),
        (1, None, [[pool(np.array([2]), np.zeros(1, np.uint8), np.array([0, 1, 1]))]]),
        (
            1,
            None,
            [[native.view(Views(np.zeros(4, np.uint8), np.array([2]), np.array([3], "i4"), np.array([3], "i4")))]],
        ),
        (
            1,
            None,
            [[native.view(Views(np.zeros(4, np.uint8), np.array([-1]), np.array([2], "i4"), np.array([2], "i4")))]],
        ),
        (
            1,
            None,
            [
                [
                    native.view(
                        Views(np.zeros(4, np.uint8), np.array([2**63 - 1]), np.array([2], "i4"), np.array([2], "i4"))
                    )
                ]
            ],
        ),
    ],
)
def test_what_is_not_there_is_refused(
    rows: int, template: npt.NDArray[np.uint16] | None, ops: list[list[Op]], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ValueError):
        join(rows, template, ops)
    monkeypatch.setattr("sonde.native.join.kernel", lambda name: None)
    with pytest.raises(ValueError):
        join(rows, template, ops)


def ring(records: list[tuple[int, int]]) -> npt.NDArray[np.uint8]:
    """A buffer of records (length, flags), each filled with its number."""
    out = b""
    for number, (length, flags) in enumerate(records):
        out += struct.pack("<II", length | flags, 0) + bytes([number]) * length + b"\0" * (-length % 8)
    return np.frombuffer(out, np.uint8)


def test_walk_skips_discarded_and_stops_at_busy_records() -> None:
    buffer = ring([(5, 0), (0, 0), (16, DISCARD), (9, 0), (3, BUSY), (4, 0)])
    offsets, lengths, after = walk(buffer, 0, len(buffer))
    assert [buffer[o : o + n].tobytes() for o, n in zip(offsets, lengths, strict=True)] == [b"\0" * 5, b"", b"\3" * 9]
    assert after == 16 + 8 + 24 + 24
    assert offsets.dtype.str == "<i8" and lengths.dtype.str == "<u4"
    assert walk(buffer, after, len(buffer))[2] == after
    assert walk(buffer, 16, 24)[2] == 24


def test_walk_stays_inside_the_buffer() -> None:
    buffer = ring([(8, 0), (100, 0)])[:32]
    assert walk(buffer, 0, 32)[0].tolist() == [8] and walk(buffer, 0, 32)[2] == 16
    for start, end in ((0, 40), (-8, 8), (16, 8), (4, 32)):
        with pytest.raises(ValueError):
            walk(buffer, start, end)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 40), st.sampled_from([0, 0, 0, DISCARD, BUSY])), max_size=12), st.integers(0, 64)
)
def test_walk_equals_its_twin(records: list[tuple[int, int]], missing: int) -> None:
    buffer = ring(records)
    end = max(0, len(buffer) - missing // 8 * 8)
    (a, b, c), (d, e, f) = walk(buffer, 0, end), twin.walk(buffer, 0, end)
    assert (a.tolist(), b.tolist(), c) == (d.tolist(), e.tolist(), f)


def test_the_environment_turns_the_library_off() -> None:
    script = "import sonde.native as n, sonde.native.join as j, sonde.native.ops as o, numpy as np\n" \
        "print(n.kernel('join'), j.join(1, None, [[o.uint(np.array([7]))]])[0])"  # fmt: skip
    environment = os.environ | {"SONDE_NATIVE": "0"}
    out = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert out.stdout == "None b'7'\n"


# ---- rows that are alike


@given(
    widths=st.lists(st.sampled_from((1, 2, 4, 8)), min_size=1, max_size=5), rows=st.integers(0, 2500),
    kinds=st.integers(1, 40), large=st.booleans(), runs=st.booleans(), most=st.integers(1, 60), seed=st.integers(0, 99),
)  # fmt: skip
def test_alike_equals_its_twin(
    widths: list[int], rows: int, kinds: int, large: bool, runs: bool, most: int, seed: int
) -> None:  # fmt: skip
    random = np.random.default_rng(seed)
    choice = np.sort(random.integers(0, kinds, rows)) if runs else random.integers(0, kinds, rows)
    columns = []
    for width in widths:
        values = np.frombuffer(random.bytes(kinds * width), f"u{width}") if large else np.arange(kinds) % 3
        columns.append(values.astype(f"u{width}")[choice])
    found, expected = alike(columns, rows, most), twin.alike(columns, most)
    assert (found is None) == (expected is None)
    if found is not None and expected is not None:
        first, which = found
        assert first.tolist() == expected[0].tolist() and which.tolist() == expected[1].tolist()
        assert all((column[first][which] == column).all() for column in columns)


def test_alike_takes_columns_of_one_length() -> None:
    for columns in ([np.zeros(3, np.uint8), np.zeros(2, np.uint8)], [np.zeros(3, np.float64)]):
        with pytest.raises(ValueError, match="not 3 whole numbers"):
            alike(columns, 3, 3)


# ---- slices that are the same


@given(
    data=st.binary(max_size=60).map(lambda raw: bytes(c & 1 for c in raw)),
    slices=st.lists(st.tuples(st.integers(-2, 62), st.integers(-1, 20)), max_size=200),
)
def test_same_slices_equals_its_twin(data: bytes, slices: list[tuple[int, int]]) -> None:
    begin = np.array([start for start, _ in slices], np.int64)
    end = begin + np.array([size for _, size in slices], np.int64)
    found, expected = same_slices(data, begin, end), twin.same_slices(data, begin, end)
    assert [column.tolist() for column in found] == [column.tolist() for column in expected]


def test_slices_of_the_same_bytes() -> None:
    texts = [
        b"x" * 7 + b"a" + b"x" * 7 + b"b",
        b"x" * 7 + b"b" + b"x" * 7 + b"a",
        b"x" * 300,
        b"x" * 299 + b"y",
        b"",
    ] * 2
    end = np.cumsum([len(text) for text in texts])
    first, which = same_slices(b"".join(texts), np.concatenate(([0], end[:-1])), end)
    assert first.tolist() == [0, 1, 2, 3, 4] and which.tolist() == [0, 1, 2, 3, 4] * 2
