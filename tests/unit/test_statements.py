"""What is remembered of tools: the same plan with and without it, and nothing of another tool, version or library."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sonde import statements
from sonde.dialects.tool import Tool
from sonde.errors import QueryError
from sonde.plan.expr import And, Call, Compare, Expr, Field, Literal, Not, Or
from sonde.plan.statement import Grouped
from sonde.plan.stored import packed, unpacked
from sonde.sources.live.tracepoints import named
from sonde.sql_query import plan_sql
from sonde.statements import Understood, understood
from sonde.toolbox import all_tools

TEXT = "SELECT proc.name, count(*) AS n, max(evt.latency) FROM events WHERE fd.name LIKE '/etc/%' GROUP BY ALL"
OTHER = TEXT.replace("count", "sum").replace("*", "evt.buflen")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that sqlglot had to read."""
    found: list[str] = []
    read = statements._understood

    def reading(text: str) -> Understood:
        found.append(text)
        return read(text)

    monkeypatch.setattr(statements, "_understood", reading)
    return found


def files(tmp_path: Path) -> list[Path]:
    """What is kept."""
    return sorted((tmp_path / "sonde").iterdir()) if (tmp_path / "sonde").exists() else []


@pytest.mark.parametrize("tool", [tool for tool in all_tools() if not named(tool.query)], ids=lambda tool: tool.name)
def test_every_tool_is_understood_the_same_with_and_without(tool: Tool, reads: list[str]) -> None:
    words = [argument.default or "fd.name" for argument in tool.arguments]
    text = tool.use(words).statement
    plain = understood(text)
    assert not plain.checked
    for _ in range(2):
        assert understood(text, tool.name) == plain._replace(checked=True)
    assert reads == [text, text]  # without, and the first time


def test_the_plan_is_the_same(reads: list[str]) -> None:
    plans = [plan_sql(TEXT, filters=["proc.name=cat"], tool=tool) for tool in ("", "t", "t")]
    assert [plan.checked for plan in plans] == [False, True, True]
    assert len({(plan.statement, plan.grouped, plan.why, plan.expr, plan.scan.test) for plan in plans}) == 1
    assert len(reads) == 2


def test_only_its_user_may_read_it(tmp_path: Path) -> None:
    understood(TEXT, "t")
    [path] = files(tmp_path)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_changed_tool_is_read_anew(reads: list[str]) -> None:
    assert understood(TEXT, "t").grouped != understood(OTHER, "t").grouped
    assert reads == [TEXT, OTHER]
    assert understood(TEXT, "t") != understood(OTHER, "t")
    assert reads == [TEXT, OTHER]


def test_another_version_reads_anew(reads: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    understood(TEXT, "t")
    monkeypatch.setattr(statements, "__version__", "99")
    understood(TEXT, "t")
    assert reads == [TEXT, TEXT]


def test_another_catalogue_or_library_reads_anew(
    reads: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "source.py"
    source.write_text("1")
    monkeypatch.setattr(statements, "_sources", lambda: iter([source]))
    understood(TEXT, "t")
    os.utime(source, ns=(0, 1))
    understood(TEXT, "t")
    assert reads == [TEXT, TEXT]
    source.write_text("22")
    understood(TEXT, "t")
    assert reads == [TEXT] * 3


def test_what_a_statement_is_understood_by() -> None:
    found = {str(path) for path in statements._sources()}
    for part in ("catalog/fields/proc.py", "dialects/sql_where.py", "plan/stored.py", "live/groups.py", "sqlglot",
                 "duckdb"):  # fmt: skip
        assert any(part in path for path in found), part


@pytest.mark.parametrize(
    "content",
    ["", "{", "null", "[]", "{}", "[1, 2]", '[{"Statement": []}, "why"]', '[{"Nothing": [1]}, ""]', "[[], 3]", '"x"',
     '[{"bytes": 1}, "x"]', '[{"a": 1, "b": 2}, "x"]'],
)  # fmt: skip
def test_what_is_damaged_is_made_anew(content: str, reads: list[str], tmp_path: Path) -> None:
    good = understood(TEXT, "t")
    [path] = files(tmp_path)
    whole = path.read_bytes()
    path.write_text(content)
    assert understood(TEXT, "t") == good
    assert len(reads) == 2
    assert path.read_bytes() == whole


def test_half_a_file_is_made_anew(reads: list[str], tmp_path: Path) -> None:
    good = understood(TEXT, "t")
    [path] = files(tmp_path)
    path.write_bytes(path.read_bytes()[:-20])
    assert understood(TEXT, "t") == good
    assert len(reads) == 2


@pytest.mark.parametrize("text", ["SELECT nosuch FROM events", "SELECT abs(proc.name, 1) FROM events"])
def test_what_is_wrong_is_said_each_time_and_not_kept(text: str, tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(QueryError):
            understood(text, "t")
    assert not files(tmp_path)


def test_without_a_place_to_keep_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/nowhere")
    assert isinstance(understood(TEXT, "t").grouped, Grouped)


def test_what_depends_on_the_kernel_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = Understood(understood(TEXT).statement, "", False)
    monkeypatch.setattr(statements, "_understood", lambda text: found)
    assert not understood('SELECT count(*) FROM "net:net_dev_xmit"', "t").checked
    assert not files(tmp_path)


@pytest.mark.parametrize(
    "expr",
    [
        And(()),
        Not(Or((Compare("exists", Field("fd.name"), ()), Compare("=", Field("proc.aname", 2), Literal("a'\udcff"))))),
        Compare("in", Call("tolower", (Field("evt.arg", "x"),)), (Literal(1), Literal(-1.5), Literal(True))),
        Compare("bcontains", Field("evt.buffer"), Literal(b"\x00\xff")),
    ],
    ids=str,
)
def test_expressions_come_back(expr: Expr) -> None:
    again = unpacked(json.loads(json.dumps(packed(expr))))
    assert again == expr
    assert repr(again) == repr(expr)


def test_a_known_tool_loads_neither_sqlglot_nor_duckdb(tmp_path: Path) -> None:
    code = (
        "import sys; from sonde.sql_query import plan_sql; plan_sql(sys.argv[1], tool='t'); "
        "print(*{'sqlglot', 'duckdb'} & set(sys.modules))"
    )
    command, environment = [sys.executable, "-c", code, TEXT], os.environ | {"XDG_CACHE_HOME": str(tmp_path)}
    loaded = [set(subprocess.check_output(command, env=environment, text=True).split()) for _ in range(2)]
    assert loaded == [{"sqlglot", "duckdb"}, set()]
