"""Who a container is: processes in a control group of such a name, in filters, lines and groups of the kernel."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from live import KERNEL, cli

from sonde.sql_query import plan_sql

pytestmark = KERNEL

ID = "feedc0de" * 8
ROOTS = (Path("/sys/fs/cgroup/unified"), Path("/sys/fs/cgroup/cpu"), Path("/sys/fs/cgroup"))


@pytest.fixture
def group() -> Iterator[Path]:
    """A control group as docker names them."""
    root = next((root for root in ROOTS if (root / "cgroup.procs").exists()), None)
    if root is None:
        pytest.skip("no control groups are mounted")
    parent = root / "docker"
    made = [place for place in (parent, parent / ID) if not place.exists()]
    try:
        for place in made:
            place.mkdir()
    except OSError as error:
        pytest.skip(f"control groups cannot be made here: {error}")
    yield parent / ID
    for place in reversed(made):
        place.rmdir()


def test_a_process_in_a_container(group: Path) -> None:
    shell = "os.execv('/bin/sh', ['sh', '-c', 'kill -0 $$; sleep 0.5; :'])"
    inside = f"import os; open('{group}/cgroup.procs', 'w').write('0'); {shell}"
    command = [sys.executable, "-S", "-c", inside]
    lines = cli("-j", "-p", "%proc.name %container.id %container.type", "container.id!=host", "--", *command).stderr
    rows = [json.loads(line) for line in lines.splitlines() if line.startswith("{") and "receipt" not in line]
    assert {row["container.id"] for row in rows} == {ID[:12]} and {row["container.type"] for row in rows} == {"docker"}
    assert {row["proc.name"] for row in rows} >= {"sh"}


def test_groups_by_container(group: Path) -> None:
    statement = "SELECT container.id, count(*) FROM events WHERE evt.type = 'getppid' GROUP BY ALL"
    assert plan_sql(statement).grouped is not None
    calls = "import os, time; [os.getppid() for _ in range({})]; time.sleep(0.5)"  # so that /proc can be asked
    inside = f"os.execv(sys.executable, ['python', '-S', '-c', {calls.format(211)!r}])"
    program = f"import os, sys\n{calls.format(101)}\nopen('{group}/cgroup.procs', 'w').write('0')\n{inside}"
    done = cli("sql", statement, "--json", "--output=-", "--", sys.executable, "-S", "-c", program)
    rows = [tuple(json.loads(line).values()) for line in done.stdout.splitlines()]
    assert sorted(rows) == [(ID[:12], 211), ("host", 101)], done.stderr
