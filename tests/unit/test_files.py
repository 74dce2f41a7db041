"""Names of files joined from records: as long as paths are, whatever a damaged recording says."""

from __future__ import annotations

import numpy as np
import pytest

from sonde.plan import files
from sonde.plan.files import Files
from sonde.plan.strings import Strings

NAME = 250  # bytes of a component


def chain(count: int, size: int = NAME) -> Files:
    """Directories, each in the one before."""
    found = Files(Strings())
    for ident in range(1, count + 1):
        place = found.ensure(ident)
        row = found.rows[place]
        row["known"], row["parent"], row["name"] = 1, ident - 1, found.strings.intern(b"%0*d" % (size, ident))
    return found


def lengths(found: Files) -> list[int]:
    """Of the paths of all rows."""
    paths = found.paths(np.arange(1, len(found), dtype=np.uint32))
    return [len(found.strings[ident]) for ident in paths.tolist()]


def test_as_deep_as_directories_are() -> None:
    found = chain(60)
    assert lengths(found) == [(NAME + 1) * depth for depth in range(1, 61)]


@pytest.mark.parametrize("one_by_one", [False, True])
def test_deeper_than_any_directory(one_by_one: bool) -> None:
    """The beginning of the path is cut off, which it says."""
    found = chain(5000)
    if one_by_one:
        assert found.path(4999).startswith(files.CUT)
    assert max(lengths(found)) <= files.LONGEST + len(files.CUT) + 1
    assert found.path(5000).startswith(files.CUT) and found.path(5000).endswith(b"%0*d" % (NAME, 5000))


def test_a_name_longer_than_any_path() -> None:
    assert max(lengths(chain(3, files.LONGEST + 1))) <= 2 * len(files.CUT) + 1


def test_more_than_there_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST", 100_000)
    assert sum(lengths(chain(2000, 40))) < 100_000 + 2000 * 50
