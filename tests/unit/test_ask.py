"""Answering from a terminal where no kernel is needed: what cannot be asked, the table of -S, how buffers are shown."""

from __future__ import annotations

from collections import Counter

import pytest

from sonde import ask
from sonde.cli_options import Options, parse_options
from sonde.errors import KernelError
from sonde.native.ops import Form
from sonde.query import Question
from sonde.sources.live.events import Feature

REFUSED = KernelError("cannot load the library's BTF", "Operation not permitted", errno=1)


def _refuse(question: Question) -> None:
    raise REFUSED


def _here(*absent: Feature) -> tuple[Feature, ...]:
    return (
        Feature("nice to have", False, "it is old", "a newer one"),
        *absent,
        Feature("something", True, needed=True),
    )


@pytest.mark.parametrize(
    ("why", "remedy"),
    [
        ("/sys/kernel/btf/vmlinux is missing", "a kernel with CONFIG_DEBUG_INFO_BTF=y"),
        ("lockdown=confidentiality forbids reading kernel memory", "boot with lockdown=integrity or none"),
    ],
)
def test_what_is_lacking_is_named_rather_than_what_was_refused(
    monkeypatch: pytest.MonkeyPatch, why: str, remedy: str
) -> None:
    monkeypatch.setattr(ask, "Answer", _refuse)
    monkeypatch.setattr(ask, "capabilities", lambda: _here(Feature("it", False, why, remedy, needed=True)))
    with pytest.raises(KernelError) as caught:
        ask.ask(Options())
    assert str(caught.value) == f"live questions do not work here: {why} ({remedy})"


def test_what_was_refused_is_told_where_nothing_is_lacking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ask, "Answer", _refuse)
    monkeypatch.setattr(ask, "capabilities", _here)
    with pytest.raises(KernelError) as caught:
        ask.ask(Options())
    assert caught.value is REFUSED


def test_summary_counts_enters_apart() -> None:
    text = ask._table(Counter({("read", False): 2, ("openat", False): 12, ("read", True): 5}))
    lines = ["Event           #Calls", "-" * 22, "< openat          12", "> read            5", "< read            2"]
    assert text.splitlines() == lines


@pytest.mark.parametrize(
    ("words", "form", "cut"),
    [("", Form.DOTTED, 80), ("-v", Form.DOTTED, None), ("-j", Form.DOTTED, None), ("-A", Form.ASCII, 80),
     ("-x", Form.HEXDUMP, 80), ("-X", Form.HEXDUMP_ASCII, 80), ("-b -j", Form.BASE64, None)],
)  # fmt: skip
def test_how_buffers_are_shown(words: str, form: Form, cut: int | None) -> None:
    shown = ask.question_of(parse_options(words.split())).shown
    assert (shown.buffers, shown.cut) == (form, cut)
