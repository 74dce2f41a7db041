"""Wrong filters and the exact text a user gets: tests/golden/filter_errors.txt.

`python tests/unit/test_filter_errors.py` writes the file anew from the filters in it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from sonde.dialects.filter import parse
from sonde.errors import QueryError

GOLDEN = Path(__file__).parents[1] / "golden" / "filter_errors.txt"

# A case is "> FILTER" and below it the error; a blank line ends it.
CASES = [case.partition("\n")[::2] for case in GOLDEN.read_text(encoding="utf-8").strip().split("\n\n")]


def error_of(text: str) -> str:
    with pytest.raises(QueryError) as caught:
        parse(text)
    return str(caught.value)


@pytest.mark.parametrize(("text", "error"), CASES)
def test_error_text(text: str, error: str) -> None:
    assert error_of(text.removeprefix("> ")) == error


def record() -> None:
    blocks = [f"{text}\n{error_of(text.removeprefix('> '))}" for text, _ in CASES]
    GOLDEN.write_text("\n\n".join(blocks) + "\n", encoding="utf-8")


if __name__ == "__main__":
    record()
