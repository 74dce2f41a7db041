"""Memory stays bounded: tables that are full begin anew, and no row loses its names."""

from __future__ import annotations

import json

import pytest
from live import KERNEL, LIMIT, Workload, wait_for

from sonde.plan import state
from sonde.query import Answer, Question
from sonde.sources.live import forgetting
from sonde.sql_query import SqlAnswer, plan_sql

pytestmark = KERNEL

PROGRAM = """
place = sys.argv[1]
for turn in range(4):
    for i in range(1500):
        directory = f'{place}/{turn}-{i % 50}'
        os.makedirs(directory, exist_ok=True)
        fd = os.open(f'{directory}/{i}', os.O_CREAT | os.O_WRONLY)
        os.write(fd, b'x')
        os.close(fd)
    time.sleep(0.1)
"""


def test_names_survive_forgetting(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "ROOM", 1_000_000)
    monkeypatch.setattr(forgetting, "PAUSE", 50_000_000)
    workload = Workload(PROGRAM, str(tmp_path))
    question = Question(
        "proc.exepath exists and evt.type in (openat, write, close) and fd.name startswith " + f"{tmp_path}/",
        format="%evt.type %fd.name %proc.name %proc.exepath %proc.cwd %proc.cmdline %proc.aname[1] %evt.arg.name",
        json=True, follow=True,
    )  # fmt: skip
    answer, lines, states = Answer(question), list[bytes](), list[state.State]()
    answer.source.follow(workload.pid)
    try:
        answer.source.start()
        workload.go()

        def turn() -> bool:
            lines.extend(answer.text(answer.rows(answer.source.poll())).splitlines())
            if not states or answer.state is not states[-1]:
                states.append(answer.state)
            return workload.ended()

        wait_for(turn)
        lines.extend(answer.text(answer.rows(answer.source.stop())).splitlines())
    finally:
        workload.kill()
        answer.close()
    assert LIMIT and len(states) >= 3, "the tables were renewed several times"
    rows = [json.loads(line) for line in lines]
    expected = [f"{tmp_path}/{turn}-{i % 50}/{i}" for turn in range(4) for i in range(1500)]
    for kind in ("openat", "write", "close"):
        assert [row["fd.name"] for row in rows if row["evt.type"] == kind] == expected
    always = ("proc.name", "proc.exepath", "proc.cwd", "proc.cmdline", "proc.aname[1]")
    assert {tuple(row[name] for name in always) for row in rows} == {tuple(rows[0][name] for name in always)}
    assert None not in [rows[0][name] for name in always]
    assert len(states[-1].strings) < 6000


def test_groups_keep_their_names(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "ROOM", 400_000)
    monkeypatch.setattr(forgetting, "PAUSE", 50_000_000)
    workload = Workload(PROGRAM, str(tmp_path))
    statement = "SELECT fd.name, proc.name, count(*) FROM events WHERE evt.type = 'write' GROUP BY ALL"
    answer = SqlAnswer(plan_sql(statement, filters=[f"fd.name startswith {tmp_path}/"]), follow=True)
    states: list[state.State] = []
    try:
        assert answer.plan.grouped, answer.plan.why
        answer.source.follow(workload.pid)
        answer.start()
        workload.go()

        def turn() -> bool:
            answer.poll()
            if not states or answer.source.state is not states[-1]:
                states.append(answer.source.state)
            return workload.ended()

        wait_for(turn)
        answer.stop()
        table = answer.table()
        assert table is not None and len(states) >= 2, "the tables were renewed"
        expected = [f"{tmp_path}/{turn}-{i % 50}/{i}" for turn in range(4) for i in range(1500)]
        assert sorted(row[0] for row in table.rows) == sorted(expected)
        assert {row[2] for row in table.rows} == {1} and len({row[1] for row in table.rows}) == 1
        assert answer.counters().delivered == len(expected)
    finally:
        workload.kill()
        answer.close()
