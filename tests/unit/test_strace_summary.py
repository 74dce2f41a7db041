"""The table of strace -c: real tables of strace 6.1 with the times they were made of."""

from __future__ import annotations

from rows import Rows

from sonde.plan.batch import ENTER_ROW
from sonde.render.strace.options import FAILED
from sonde.render.strace.summary import ALIASES, Summary, SummaryOptions

CALLS = [("wait4", 2, 0, 416_000), ("wait4", 2, -10, 500), ("openat", 5, 0, 10_000), ("openat", 3, -2, 4_500),
         ("close", 1, 0, 0), ("sched_getaffinity", 1, 8, 1_000)]  # fmt: skip


def table(**options: object) -> str:
    rows = Rows()
    for name, count, res, spent in CALLS:
        for _ in range(count):
            rows.add(name, flags=ENTER_ROW, tid=1)
            rows.add(name, res=res, latency=spent, tid=1)
    rows.add("clone", res=0, tid=2)  # the new thread's own return
    rows.add("procexit", 0, tid=1)
    summary = Summary(SummaryOptions(**options))  # type: ignore[arg-type]
    summary.add(rows.batch())
    summary.add(rows.batch())
    return summary.text().decode()


def test_the_default_table() -> None:
    assert table() == (
        "% time     seconds  usecs/call     calls    errors syscall\n"
        "------ ----------- ----------- --------- --------- ------------------\n"
        " 92.81    0.001666         208         8         4 wait4\n"
        "  7.08    0.000127           7        16         6 openat\n"
        "  0.11    0.000002           1         2           sched_getaffinity\n"
        "  0.00    0.000000           0         2           close\n"
        "------ ----------- ----------- --------- --------- ------------------\n"
        "100.00    0.001795          64        28        10 total\n"
    )


def test_columns_and_order() -> None:
    assert table(sort="name", columns=("name", "min-time", "max-time", "errors"), overhead=400) == (
        "syscall            shortest  longest    errors\n"
        "------------------ -------- -------- ---------\n"
        "close              0.000000 0.000000          \n"
        "openat             0.000004 0.000010         6\n"
        "sched_getaffinity  0.000001 0.000001          \n"
        "wait4              0.000000 0.000416         4\n"
        "------------------ -------- -------- ---------\n"
        "total              0.000000 0.000416        10\n"
    )
    assert [line.split()[-1] for line in table(sort="calls", columns=("calls",)).splitlines()[2:6]] == [
        "openat", "wait4", "close", "sched_getaffinity",
    ]  # fmt: skip


def test_only_failures() -> None:
    found = table(statuses=frozenset((FAILED,)), columns=("calls", "errors"))
    assert found.splitlines()[-1] == "       10        10 total"


def test_nothing_is_no_table() -> None:
    assert Summary(SummaryOptions()).text() == b""
    assert ALIASES["time"] == "time-percent" and ALIASES["longest"] == "max-time"


def test_a_table_for_each_mode() -> None:
    rows = Rows()
    rows.add("close", res=0, latency=1, tid=1)
    batch = rows.batch()
    summary = Summary(SummaryOptions())
    summary.add(batch)
    batch.columns["nr"][0] = 1024 + 6
    summary.add(batch)
    text = summary.text().decode()
    assert text.count("System call usage summary for 32 bit mode:\n") == 1 and text.count(" close\n") == 2
