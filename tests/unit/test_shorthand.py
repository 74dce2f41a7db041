"""`sonde TABLE CONDITIONS`: the SELECT that it means, and what is refused."""

from __future__ import annotations

import pytest

from sonde.catalog.state import STATE, USUAL
from sonde.dialects.state import shorthand
from sonde.errors import UsageError
from sonde.sql_query import plan_sql


@pytest.mark.parametrize(
    ("words", "where"),
    [
        ("", ""),
        ("pid=12", " WHERE pid = 12"),
        ("pid = 12 and fd >= 3", " WHERE pid = 12 AND fd >= 3"),
        ("path contains .log", " WHERE contains(path, '.log')"),
        ("path startswith '/var/my log'", " WHERE starts_with(path, '/var/my log')"),
        ("path endswith it's AND type!=file", " WHERE ends_with(path, 'it''s') AND type != 'file'"),
        ('path="a = b"', " WHERE path = 'a = b'"),
    ],
)
def test_meaning(words: str, where: str) -> None:
    text = shorthand("files", words.split(" ") if words else [])
    assert text == f"SELECT pid, fd, type, deleted, path FROM files{where} ORDER BY pid, fd"
    assert plan_sql(text).statement.states == ("files",)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("nope=1", "files has no column nope, did you mean inode?"),
        ("zzzzzz=1", "files has no column zzzzzz: pid, fd"),
        ("pid", "no condition of a column"),
        ("pid=x", "pid is a number, and 'x' is none"),
        ("pid=1 or fd=2", "is none"),
    ],
)
def test_refused(words: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        shorthand("files", words.split())


def test_usual_columns_are_there() -> None:
    assert USUAL.keys() == STATE.keys()
    for table, names in USUAL.items():
        assert set(names) <= {column.name for column in STATE[table].columns}
        assert plan_sql(shorthand(table, [])).statement.still
