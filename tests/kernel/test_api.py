"""The Python interface: the examples of docs/python.md run, and results become what others work with."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from live import KERNEL, LIMIT

import sonde
from sonde.errors import QueryError

pytestmark = KERNEL
PAGE = Path(__file__).parents[2] / "docs/python.md"
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
SAID = (
    r"/etc/services \d+\n.* \d+\n.* \d+\nEXACT\n",
    r"\w+ True\n",
    r"slowest: \d+ ns\nTrue\n",
    r"ls EXACT\n\{'/usr'\}\n",
)


@pytest.mark.parametrize(
    ("example", "said"), list(zip(EXAMPLES, SAID, strict=True)), ids=["files", "latency", "rows", "past"]
)
def test_examples(example: str, said: str) -> None:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"  # the command sonde is beside this Python
    environment = {"PYTHONPATH": str(Path(sonde.__file__).parents[1]), "PATH": path}
    done = subprocess.run(
        [sys.executable, "-c", example], capture_output=True, text=True, timeout=LIMIT, env=environment,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(said, done.stdout), done.stdout


@pytest.fixture(scope="module")
def result() -> sonde.Result:
    """What cat did, by kind of call."""
    statement = "SELECT evt.type AS kind, count(*) AS n FROM events WHERE evt.is_io GROUP BY ALL ORDER BY kind"
    return sonde.sql(statement, command=["cat", "/etc/hostname"])


def test_result(result: sonde.Result) -> None:
    assert result.names == ("kind", "n") and len(result) == len(result.rows) >= 2
    assert str(result).startswith("kind") and "EXACT" in str(result)
    assert "<th>kind</th>" in result._repr_html_() and "<td>read</td>" in result._repr_html_()


@pytest.mark.parametrize(
    ("module", "method"), [("pandas", "to_pandas"), ("polars", "to_polars"), ("pyarrow", "to_arrow")]
)
def test_result_elsewhere(result: sonde.Result, module: str, method: str) -> None:
    if importlib.util.find_spec(module) is None:
        with pytest.raises(ImportError):
            getattr(result, method)()
        return
    table = getattr(result, method)()
    assert len(table) == len(result)


def test_a_mistake() -> None:
    with pytest.raises(QueryError, match=r"did you mean proc\.name"):
        sonde.sql("SELECT proc.nme FROM events")
    with pytest.raises(AttributeError):
        _ = sonde.nothing
