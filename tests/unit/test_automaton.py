"""Automata against judges that know nothing of them: bytes operations, Python's re, libc's fnmatch."""

from __future__ import annotations

import ctypes
import locale
import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sonde
from sonde.errors import SondeError
from sonde.plan import automaton
from sonde.plan.automaton import (
    DFA_DTYPE,
    MAX_CELLS,
    MAX_STATES,
    TEXT_DTYPE,
    PatternError,
    Predicate,
    TooBig,
    build_paths,
    build_text,
    matcher,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

COMPONENTS = [
    b"etc",
    b"passwd",
    b"a",
    b"ab",
    b"b",
    b"aab",
    b".ssh",
    b"A",
    b"etcx",
    b"\xff\xfe",
    b"caf\xc3\xa9",
    b"x\ny",
    b"*",
]
names = st.sampled_from(COMPONENTS) | st.lists(st.sampled_from(COMPONENTS), min_size=2, max_size=3).map(b"".join)
paths = st.lists(names, max_size=5).map(lambda parts: b"/" + b"/".join(parts))
texts = paths | st.lists(st.sampled_from([*COMPONENTS, b"/", b"//"]), max_size=6).map(b"".join) | st.binary(max_size=12)
pieces = names | paths | st.lists(st.sampled_from([b"/", *COMPONENTS]), max_size=3).map(b"".join)

atoms = st.sampled_from(["a", "b", "c", "/", ".", "A", "etc", "passwd", "\\d", "\\w", "\\W", "\\n", "\\xff", "\\."]) | (
    st.sampled_from(["[ab]", "[^a]", "[^/]", "[a-c\\-]", "(?i:a)", "(?i:[^b])", "(?s:.)"])
)
regexes = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"(?:{'|'.join(parts)})"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,}", "{0,2}", "*?"])).map(
            lambda p: f"({p[0]}){p[1]}"
        ),
    ),
    max_leaves=6,
)
regexes = st.tuples(
    st.sampled_from(["", "^", ".*", "(?s:.*)"]), regexes, st.sampled_from(["", "$", ".*", "(?s:.*)"])
).map("".join)
globs = st.lists(
    st.sampled_from(
        [
            b"*",
            b"?",
            b"[ab]",
            b"[!a]",
            b"[^a-c]",
            b"[]a]",
            b"[a-]",
            b"[!/]",
            b"[[:alpha:]]",
            b"\\*",
            b"\\a",
            b"/",
            b"a",
            b"[",
        ]
    )
    | st.sampled_from(COMPONENTS),
    max_size=5,
).map(b"".join)


@pytest.fixture(scope="module", autouse=True)
def c_locale() -> Iterator[None]:
    """libc's fnmatch compares bytes only in the C locale."""
    before = locale.setlocale(locale.LC_CTYPE)
    locale.setlocale(locale.LC_CTYPE, "C")
    yield
    locale.setlocale(locale.LC_CTYPE, before)


def fnmatch(pattern: bytes, text: bytes, fold: bool = False) -> bool:
    return int(ctypes.CDLL(None).fnmatch(pattern, text, 16 if fold else 0)) == 0


def components(path: bytes) -> list[bytes]:
    return [part for part in path.split(b"/") if part]


def pmatch(pattern: bytes, text: bytes) -> bool:
    wanted, found = components(pattern), components(text)
    return len(wanted) <= len(found) and all(
        fnmatch(w, f) if set(w) & set(b"*?[") else w == f for w, f in zip(wanted, found, strict=False)
    )


def judge(kind: str, pattern: bytes, text: bytes) -> bool:
    """What the predicate means, without automata."""
    match kind:
        case "=":
            return text == pattern
        case "startswith":
            return text.startswith(pattern)
        case "endswith":
            return text.endswith(pattern)
        case "contains":
            return pattern in text
        case "icontains":
            return pattern.lower() in text.lower()
        case "glob" | "iglob":
            return fnmatch(pattern, text, kind == "iglob")
        case "pmatch":
            return pmatch(pattern, text)
        case _:
            return re.fullmatch(pattern.rstrip(b"$"), text) is not None


def scoped(path: bytes, scope: str) -> bytes:
    directory, _, name = path.rpartition(b"/")
    return {"name": path, "directory": directory or b"/", "filename": name}[scope]


plain = st.sampled_from(["=", "startswith", "endswith", "contains", "icontains", "pmatch"])
patterns = (
    st.tuples(plain, pieces)
    | st.tuples(st.sampled_from(["glob", "iglob", "pmatch"]), globs)
    | st.tuples(st.just("regex"), regexes.map(str.encode))
)
scopes = st.sampled_from(["name", "directory", "filename"])


@settings(deadline=None)
@given(st.lists(st.tuples(patterns, scopes), min_size=1, max_size=5), st.lists(paths, min_size=1, max_size=6))
def test_path_verdicts(cases: list[tuple[tuple[str, bytes], str]], some: list[bytes]) -> None:
    built = build_paths(Predicate(bit, *pattern, scope) for bit, (pattern, scope) in enumerate(cases))  # type: ignore[arg-type]
    for path in [b"/", *some]:
        expected = [judge(*pattern, scoped(path, scope)) for pattern, scope in cases]
        assert [bool(built.verdicts(path) >> bit & 1) for bit in range(len(cases))] == expected, path


@settings(deadline=None)
@given(st.lists(patterns, min_size=1, max_size=5), st.lists(texts, min_size=1, max_size=6))
def test_text_verdicts_and_matchers(cases: list[tuple[str, bytes]], some: list[bytes]) -> None:
    built = build_text(Predicate(63 - bit, *pattern) for bit, pattern in enumerate(cases))
    tests = [matcher(*pattern) for pattern in cases]
    for text in [b"", *(each.replace(b"\0", b"0") for each in some)]:
        expected = [judge(*pattern, text) for pattern in cases]
        assert [bool(built.match(text) >> (63 - bit) & 1) for bit in range(len(cases))] == expected, text
        assert [test(text) for test in tests] == expected, text


@pytest.mark.parametrize(
    ("kind", "pattern", "yes", "no"),
    [
        ("pmatch", "/etc", "/etc /etc/x /etc/", "/etcx /e /"),
        ("pmatch", "/home/*/.ssh", "/home/al/.ssh /home/al/.ssh/id", "/home/.ssh /home/a/b/.ssh"),
        ("pmatch", "/etc/*", "/etc/x /etc/x/y", "/etc /etc/"),
        ("pmatch", "/", "/ /x x", ""),
        ("glob", "/etc/*.conf", "/etc/a.conf /etc/d/b.conf", "/etc/a.conf2"),
        ("glob", "[[:digit:]x-z][!a]", "5b yb", "5a ab"),
        ("glob", r"a\*", "a*", "ab"),
        ("glob", "[a", "[a", "a"),
        ("glob", "[^]a]", "b ^", "] a ^b]"),
        ("glob", r"[a\]b]", "a b ]", r"\ ab]"),
        ("iglob", "*.LOG", "a.log a.LoG", "log"),
        ("bcontains", b"\xff", b"a\xffb", b"a"),
        ("regex", "foo", "foo", "xfoo foox"),
        ("regex", "^(foo|bar)$", "foo bar", "foobar"),
        ("regex", "(^a|b)(c|d$)", "ac bd", "abd"),
        ("regex", "a$", "a", b"a\n"),
        ("regex", ".*a.*", "xay", b"a\n"),
        ("regex", "(?s).*a.*", b"a\n", "b"),
        ("regex", "(?i)foo[A-C]", "FOOa fooC", "food"),
        ("regex", "(?i:f)oo", "Foo foo", "fOo"),
        ("regex", "[[:alpha:]]+[^[:digit:]]", "abc-", "abc1 1"),
        ("regex", r"\Qa.b\E+\z", "a.b a.bb", "axb"),
        ("regex", "a{,2}", "a{,2}", "aa"),
        ("regex", "café?", "café caf", b"caf\xc3"),
        ("regex", r"a\sb", b"a\tb", b"a\vb"),
        ("regex", "(?P<n>a){2,3}?", "aa aaa", "a aaaa"),
        ("regex", r"[]a]\061\x41", "]1A a1A", "1A"),
        ("regex", "(a{0}){1000}b", "b", "ab"),
    ],
)
def test_meanings(kind: str, pattern: str | bytes, yes: str | bytes, no: str | bytes) -> None:
    test, built = matcher(kind, pattern), build_text([Predicate(0, kind, pattern)])
    for words, expected in ((yes, True), (no, False)):
        for text in [words] if isinstance(words, bytes) else words.encode().split():
            assert test(text) is expected, text
            assert built.match(text) == expected, text


@pytest.mark.parametrize(
    ("kind", "pattern", "position", "word"),
    [
        ("regex", r"(a)b\1", 4, "back-reference"),
        ("regex", "(?P<x>a)(?P=x)", 8, "back-reference"),
        ("regex", "é(?=b)", 1, "lookahead"),
        ("regex", "a(?<!b)", 1, "lookbehind"),
        ("regex", "(?>a)", 0, "atomic"),
        ("regex", "ab++", 2, "possessive"),
        ("regex", r"a\b", 1, "boundary"),
        ("regex", "a^b", 0, "anchor"),
        ("regex", "(?m)a", 0, "flags"),
        ("regex", "a{1001}", 0, "1000"),
        ("regex", "(a{40}){40}", 0, "1000"),
        ("regex", "(" * 65 + "a" + ")" * 65, 0, "64 deep"),
        ("regex", "(a{9}", 0, "missing )"),
        ("regex", r"\Qa(b\E)", 7, "unbalanced"),
        ("regex", "é[é]", 2, "set holds bytes"),
        ("regex", "a[b", 1, "not closed"),
        ("regex", "a[[:foo:]]", 2, "no such class"),
        ("regex", "a**", 2, "multiple repeat"),
        ("regex", "a\\", 1, "escape"),
        ("glob", "a\\", 1, "backslash"),
        ("glob", "x[[:foo:]]", 2, "no such class"),
        ("glob", "x[[.a.]]", 2, "collating"),
    ],
)
def test_refusals(kind: str, pattern: str, position: int, word: str) -> None:
    with pytest.raises(PatternError, match=re.escape(word)) as caught:
        matcher(kind, pattern)
    assert (caught.value.position, caught.value.text) == (position, pattern)
    with pytest.raises(SondeError):
        build_text([Predicate(0, kind, pattern)])


odd = st.sampled_from(
    ["a", "\\", "(", ")", "[", "]", "{", "}", "*", "?", "|", "^", "$", "-", ",", "1", ":", "é", "\\E"]
)
syntax = odd | st.sampled_from(["(?:", "(?i)", "[:alpha:]", "\\Q", "\\x41", "{1,2}"])


@settings(deadline=None)
@given(st.sampled_from(["regex", "glob"]), st.lists(syntax, max_size=12).map("".join), texts)
def test_any_pattern_is_understood_or_refused(kind: str, pattern: str, text: bytes) -> None:
    try:
        test = matcher(kind, pattern)
    except PatternError as error:
        assert 0 <= error.position <= len(pattern)
        assert pattern in str(error)
    else:
        assert test(text) == build_text([Predicate(0, kind, pattern)]).match(text)


def test_matcher_is_linear_and_forgets() -> None:
    assert not matcher("regex", "(a+)+b")(b"a" * 5000)
    test = matcher("regex", "(a|b)*a(a|b){13}")
    judged = re.compile(rb"(?:a|b)*a(?:a|b){13}")
    bits = np.random.default_rng(1).integers(97, 99, 12_000, np.uint8).tobytes()
    for end in range(11_995, 12_000):
        assert test(bits[:end]) == (judged.fullmatch(bits[:end][-14:]) is not None)


def test_bits_shared_and_scopes() -> None:
    built = build_paths(
        [
            Predicate(3, "=", "/a"),
            Predicate(3, "endswith", "/b"),
            Predicate(63, "=", "/", "directory"),
            Predicate(0, "=", "b", "filename"),
        ]
    )
    assert built.verdicts(b"/a") == 1 << 3 | 1 << 63
    assert built.verdicts(b"/x/b") == 1 << 3 | 1
    assert built.verdicts(b"/") == 1 << 63
    assert built.verdicts(b"") == 0
    with pytest.raises(ValueError, match="absolute"):
        built.verdicts(b"a/b")
    with pytest.raises(ValueError, match="two scopes"):
        build_paths([Predicate(1, "=", "a"), Predicate(1, "=", "a", "filename")])
    with pytest.raises(ValueError, match=r"0\.\.63"):
        build_text([Predicate(64, "=", "a")])
    with pytest.raises(ValueError, match="no such kind"):
        matcher("like", "a")


def test_the_root_is_not_the_empty_path() -> None:
    """After /a the pattern goes on as at the start, yet the start's verdict is that of `/`."""
    built = build_paths([Predicate(0, "regex", "(/a)*"), Predicate(1, "regex", "(/a)*", "directory")])
    assert [built.verdicts(path) for path in (b"/", b"/a", b"/a/a", b"/b/a")] == [0, 1, 3, 0]


def test_minimal() -> None:
    """Merging equal states: a|b|c with the same tail is one chain; the two starts and the dead state stay."""
    assert build_text([Predicate(0, "regex", "ax|bx|cx")]).states == 4
    assert build_text([Predicate(0, "regex", "a(b|c)*|a")]).states == 3


def test_too_big() -> None:
    with pytest.raises(TooBig):
        build_text([Predicate(0, "regex", "(?s).*a.{12}")])
    with pytest.raises(TooBig):
        build_paths([Predicate(0, "regex", "(?s).*a.{20}")])
    with pytest.raises(TooBig):
        matcher("regex", f"({'a' * 17}){{1000}}")


def realistic() -> Iterator[tuple[str, str]]:
    words = ["shadow", "sudoers", "passwd", "crontab", "kcore", "fstab", "group", "pam", "cron", "ssh", "boot", "rpm"]
    for i in range(34):
        word = f"{words[i % len(words)]}{i}"
        yield "=", f"/etc/{word}"
        yield "startswith", f"/var/lib/{word}/"
        yield "endswith", f".{word}"
        yield "contains", f"/{word}/cache/"
        yield "glob", f"/home/*/.{word}/*"
        yield "regex", f"/proc/[0-9]+/({word}|maps{i})"


def test_two_hundred_patterns_fit() -> None:
    cases = list(realistic())[:200]
    built = build_paths(Predicate(number % 64, *case) for number, case in enumerate(cases))
    assert built.states <= MAX_STATES
    assert built.states * built.classes <= MAX_CELLS
    for path in [b"/etc/shadow0", b"/home/al/.ssh9/x/cron8/cache/y.boot10", b"/proc/17/maps5", b"/var/lib/rpm11/z"]:
        expected = 0
        for number, (kind, pattern) in enumerate(cases):
            expected |= judge(kind, pattern.encode(), path) << number % 64
        assert expected
        assert built.verdicts(path) == expected


def run_blob(value: np.void, text: bytes, state: int) -> int:
    hits = 0
    for byte in text:
        state = int(value["next"][state * int(value["classes"]) + int(value["class"][byte])])
        hits |= int(value["hit"][state])
    return hits | int(value["accept"][state])


def test_blobs_are_what_the_kernel_reads() -> None:
    cases = [
        Predicate(0, "contains", "ab"),
        Predicate(1, "=", "/xab", "name"),
        Predicate(2, "endswith", "b", "filename"),
    ]
    built, text = build_paths(cases), build_text(cases)
    value = np.frombuffer(built.blob(), DFA_DTYPE)[0]
    assert len(built.blob()) == DFA_DTYPE.itemsize
    assert [int(value[f"{scope}_bits"]) for scope in ("name", "directory", "filename")] == [3, 0, 4]
    assert (value["states"], value["classes"], value["predicates"]) == (built.states, built.classes, 3)
    assert run_blob(value, b"/xab", 0) & 3 == 3
    root = np.frombuffer(build_paths([Predicate(5, "=", "/")]).blob(), DFA_DTYPE)[0]
    assert root["accept"][0] == 1 << 5
    assert run_blob(value, b"xab", int(value["start_name"])) & 4 == 4
    value = np.frombuffer(text.blob(), TEXT_DTYPE)[0]
    assert [run_blob(value, each, 0) for each in (b"/xab", b"ab!", b"a")] == [7, 1, 0]


def test_layout_agrees_with_the_header() -> None:
    header = (Path(sonde.__file__).parent / "bpf" / "automaton.h").read_text()
    sizes = {name: eval(text) for name, text in re.findall(r"\b((?:PATH|TEXT)_(?:STATES|CELLS)) = ([\d <]+)", header)}
    assert sizes == {
        "PATH_STATES": automaton.MAX_STATES,
        "PATH_CELLS": automaton.MAX_CELLS,
        "TEXT_STATES": automaton.MAX_TEXT_STATES,
        "TEXT_CELLS": automaton.MAX_TEXT_CELLS,
    }
    for struct, dtype in (("path_automaton", DFA_DTYPE), ("text_automaton", TEXT_DTYPE)):
        body = re.search(rf"struct {struct} \{{(.*?)\}};", header, re.DOTALL)
        assert body
        members = [
            (name.split("[")[0].strip(), kind[1:])
            for kind, names in re.findall(r"\b([us]\d+) ([^;]+);", body[1])
            for name in names.split(",")
        ]
        assert members == [(name, str(dtype[name].base.itemsize * 8)) for name in dtype.names or ()]
