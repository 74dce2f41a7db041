"""SQL over the running kernel: groups made in the kernel, groups made of rows, and other judges say the same."""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

import pytest
from live import KERNEL, LIMIT, Workload, cli
from zoo import ZOO

from sonde.render.receipt import Status
from sonde.sources.live.scan import plan_scan
from sonde.sql_query import SqlAnswer, SqlPlan, plan_sql

pytestmark = KERNEL

KEYS = (
    "evt.type", "proc.name", "proc.pid", "thread.tid", "evt.failed", "evt.res", "evt.cpu", "evt.category", "fd.type",
    "fd.name", "fd.directory", "fd.filename", "proc.exepath", "evt.is_io", "fd.sport", "fd.l4proto", "user.name",
    "proc.pname",
    "evt.type, evt.failed", "proc.name, evt.type", "fd.type, evt.io_dir", "evt.type, fd.directory", "proc.pid, evt.res",
)  # fmt: skip
MEASURES = (
    "count(*)", "sum(evt.latency)", "max(evt.latency)", "min(evt.latency)", "avg(evt.latency)", "sum(evt.buflen)",
    "count(evt.buflen)", "max(evt.rawres)", "min(evt.rawres)", "log2_hist(evt.latency)", "log2_hist(evt.rawres)",
    "linear_hist(evt.buflen, 10)",
    "count(*) FILTER (WHERE evt.failed)", "sum(evt.latency) FILTER (WHERE NOT evt.failed)", "avg(evt.buflen)",
    "sum(CASE WHEN evt.failed THEN 2 ELSE 1 END)", "count(DISTINCT evt.type)", "max(evt.buflen)", "count(evt.latency)",
)  # fmt: skip
WHERES = (
    "", "evt.is_io", "NOT evt.failed", "evt.failed", "evt.type IN ('read', 'close', 'openat')", "evt.latency >= 0",
    "fd.type = 'file'", "fd.name LIKE '/usr/%'", "proc.name <> 'nosuch'", "evt.rawres BETWEEN 1 AND 100",
    "fd.name IS NULL", "evt.buflen > 0 OR evt.failed", "NOT (fd.type = 'file' AND evt.failed)", "fd.num < 5",
    "fd.type IN ('ipv4', 'pipe') OR fd.directory LIKE '%/python3.11%'", "fd.ip = '127.0.0.1'", "evt.res = 'ENOENT'",
)  # fmt: skip


def statements(count: int) -> list[str]:
    """Different statements: every key, measure and condition several times, each with others."""
    made = []
    for i in range(count):
        keys, where = KEYS[i % len(KEYS)], WHERES[i * 5 % len(WHERES)]
        measures = dict.fromkeys(MEASURES[(i * 7 + j) % len(MEASURES)] for j in (0, 3, 11))
        condition = f" WHERE {where}" if where else ""
        made.append(f"SELECT {keys}, {', '.join(measures)} FROM events{condition} GROUP BY ALL")
    return made


def of_rows(plan: SqlPlan) -> SqlPlan:
    """The same question, its groups made of rows."""
    return plan._replace(scan=plan_scan(plan.expr, plan.statement.fields), grouped=None)


def answers(plans: Sequence[SqlPlan], workload: Workload, room: int | None = None) -> list[SqlAnswer]:
    """The plans answered about one workload: all attached before it begins, none detached before it has ended."""
    found: list[SqlAnswer] = []
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # each answer has some forty
    try:
        for plan in plans:
            found.append(SqlAnswer(plan, skip=(os.getpid(),), follow=True, room=room))
            found[-1].source.follow(workload.pid)
        for answer in found:
            answer.start()
        workload.go()
        deadline = time.monotonic() + LIMIT
        while not workload.ended():
            assert time.monotonic() < deadline
            for answer in found:
                answer.poll()
        for answer in found:
            answer.stop()
    finally:
        workload.kill()
    return found


STALL = 50_000_000  # ns: two programs on one hook read the clock one after the other, and a busy host comes between


def table(answer: SqlAnswer) -> list[tuple[list[Any], list[Any]]]:
    """The answer's rows in an order of their own: what must be equal, and times."""
    rows = answer.table()
    assert rows is not None
    timed = [i for i, name in enumerate(rows.names) if "evt.latency" in name and "count" not in name]
    found = [([v for i, v in enumerate(row) if i not in timed], [row[i] for i in timed]) for row in rows.rows]
    return sorted(found, key=lambda row: repr(row[0]))


def same(one: SqlAnswer, other: SqlAnswer) -> int:
    """Both have the same rows; -> how many."""
    left, right = table(one), table(other)
    assert len(left) == len(right), (one.plan.statement.written, left, right)
    pairs = list(zip(left, right, strict=True))
    for (exact, times), (exact2, times2) in pairs:
        assert list(map(rounded, exact)) == list(map(rounded, exact2)), one.plan.statement.written
        for a, b in zip(times, times2, strict=True):
            assert sum(a) == sum(b) if isinstance(a, list) else (a is None and b is None) or near(a, b), (a, b, exact)
    return len(pairs)


def rounded(value: Any) -> Any:
    """Equal whatever the order of summation."""
    return float(f"{value:.9g}") if isinstance(value, float) else value


def near(a: float, b: float) -> bool:
    """Is it the same sum, mean or extreme of times?"""
    return abs(a - b) <= STALL + 0.5 * max(abs(a), abs(b))


ALL = statements(69)


@pytest.mark.parametrize("part", range(0, len(ALL), 12))
def test_kernel_and_rows_agree(part: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    place = tmp_path_factory.mktemp("zoo")
    place.chmod(0o777)
    plans = [plan_sql(statement) for statement in ALL[part : part + 12]]
    assert [plan.why for plan in plans] == [""] * len(plans)
    workload = Workload(ZOO, str(place))
    found = answers([each for plan in plans for each in (plan, of_rows(plan))], workload)
    compared = 0
    try:
        for kernel, rows in zip(found[::2], found[1::2], strict=True):
            assert kernel.receipt(1).status is rows.receipt(1).status is Status.EXACT
            compared += same(kernel, rows)
            assert kernel.counters().delivered == rows.counters().delivered
    finally:
        for answer in found:
            answer.close()
    assert compared > 100


LOAD = """
import os, time
children = []
for part in range(4):
    if not (child := os.fork()):
        os.sched_setaffinity(0, {part % os.cpu_count()})
        for _ in range(50021): os.getppid()
        for _ in range(1009):
            try: os.stat('/nowhere')
            except OSError: pass
        time.sleep(0.1)
        os._exit(0)
    children.append(child)
for child in children: os.waitpid(child, 0)
"""


def test_four_processes_on_all_processors() -> None:
    counted = "SELECT evt.type, evt.failed, count(*), sum(evt.latency), max(evt.latency) FROM events GROUP BY ALL"
    plan = plan_sql(counted)
    kernel, rows = answers([plan, of_rows(plan)], Workload(LOAD))
    try:
        assert kernel.receipt(1).status is Status.EXACT
        grouped, sent = kernel.counters(), rows.counters()
        assert grouped.delivered == sent.delivered + sent.lost
        assert sent.lost or same(kernel, rows) > 4  # a slow machine may lose rows, which are told; groups never
        whole = kernel.table()
        assert whole is not None
        found = {(row[0], row[1]): row[2] for row in whole.rows}
        [slept] = [row for row in whole.rows if row[0] == "clock_nanosleep"]
        assert slept[2] == 4 and slept[3] >= 4 * 10**8 and slept[3] > slept[4] >= 10**8
        assert found["getppid", False] == 4 * 50021
        assert found["newfstatat", True] >= 4 * 1009 or found["stat", True] >= 4 * 1009
    finally:
        kernel.close()
        rows.close()


@pytest.mark.parametrize(("key", "told"), [("evt.type", False), ("proc.name", True)])
def test_processes_are_told_of_where_groups_refer_to_them(key: str, told: bool) -> None:
    answer = SqlAnswer(plan_sql(f"SELECT {key}, count(*) FROM events GROUP BY ALL"), skip=(os.getpid(),))
    try:
        answer.start()
        answer.poll()
        assert (len(answer.source.state.processes) > 1) == told
    finally:
        answer.close()


def test_more_groups_than_there_is_room_for() -> None:
    program = "for i in range(200): os.close(os.open(f'/tmp', os.O_RDONLY)); os.getpgid(0) if i % 2 else os.getsid(0)"
    plan = plan_sql("SELECT evt.type, thread.tid, evt.failed, count(*) FROM events GROUP BY ALL")
    small, rows = answers([plan, of_rows(plan)], Workload(program), room=2)
    try:
        told = small.receipt(1)
        assert told.status is Status.PARTIAL and "groups" in told.absent[0]
        found, whole = small.table(), rows.table()
        assert found is not None and whole is not None
        assert "(other)" in {row[0] for row in found.rows}
        assert sum(row[-1] for row in found.rows) == sum(row[-1] for row in whole.rows)
        assert rows.receipt(1).status is Status.EXACT
    finally:
        small.close()
        rows.close()


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_strace_counts_the_same() -> None:
    command = ["dd", "if=/dev/zero", "of=/dev/null", "bs=7", "count=1009", "status=none"]
    said = subprocess.run(["strace", "-f", "-c", *command], capture_output=True, text=True, check=True).stderr
    judged = {}
    for line in said.splitlines():
        if match := re.fullmatch(r"\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(\d+)?\s*(\w+)", line):
            judged[match[3]] = (int(match[1]), int(match[2] or 0))
    judged.pop("total", None)
    counted = "SELECT evt.type, count(*), count(*) FILTER (WHERE evt.failed) FROM events WHERE syscall.type IS NOT NULL"
    done = cli("sql", f"{counted} GROUP BY ALL", "--json", "--output=-", "--", *command)
    rows = [list(json.loads(line).values()) for line in done.stdout.splitlines()]
    found = {name: (calls, failed) for name, calls, failed in rows}
    renamed = {"pread64": "pread", "prlimit64": "prlimit"}
    assert found == {renamed.get(name, name): counts for name, counts in judged.items()}


def test_windows_add_up() -> None:
    program = "for _ in range(30): [os.getppid() for _ in range(997)]; time.sleep(0.02)"
    words = (
        "--every",
        "100ms",
        "--json",
        "--output=-",
        "--",
        sys.executable,
        "-I",
        "-S",
        "-c",
        "import os, time\n" + program,
    )
    for measure in ("count(*)", "count(*) AS n, max(evt.latency)"):
        done = cli("sql", f"SELECT {measure} FROM events WHERE evt.type = 'getppid'", *words)
        counts = [next(iter(json.loads(line).values())) for line in done.stdout.splitlines()]
        assert sum(counts) == 30 * 997 and len(counts) > 3 and max(counts) < 30 * 997


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("SELECT proc.nme FROM events",), "unknown field proc.nme, did you mean proc.name?"),
        (("SELECT proc.name FROM event",), "there is no table event, did you mean events?"),
        (("SELECT proc.name FORM events",), "SQL: "),
        (("SELECT frobnicate(proc.name) FROM events", "--for", "60"), "frobnicate does not exist"),
        (("SELECT proc.name, count(*) FROM events GROUP BY evt.type", "--for", "60"), "         ^^^^^^^^^"),
        ((), "sql takes one statement in quotes"),
    ],
)
def test_mistakes_are_one_line(words: tuple[str, ...], said: str) -> None:
    done = cli("sql", *words)
    assert done.returncode == 2 and said in done.stderr and "Traceback" not in done.stderr


def test_explain_says_where_groups_are_made() -> None:
    kernel = cli("--explain", "sql", "SELECT proc.name, count(*) FROM events WHERE evt.failed GROUP BY ALL").stdout
    assert "made in the kernel, by: proc.name" in kernel and "count(*)" in kernel
    above = cli("--explain", "sql", "SELECT median(evt.latency) FROM events").stdout
    assert "made here, of rows: median" in above
