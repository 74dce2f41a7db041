"""Calls in flight say what they were asked to do: paths, addresses and data that their arguments point at."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from live import KERNEL, Row, Workload, wait_for

from sonde.query import Answer, Question

pytestmark = KERNEL

PROGRAM = """
fifo, = sys.argv[1:]
os.mkfifo(fifo)
listener = socket.socket()
listener.bind(('127.0.0.1', 0))
listener.listen(0)
def connect():
    with socket.socket() as s: s.connect(listener.getsockname())
def write():
    r, w = os.pipe()
    while True: os.write(w, b'stuck' * 4000)
for hang in (connect, connect, connect, connect, write, lambda: os.open(fifo, os.O_RDONLY)):
    threading.Thread(target=hang, daemon=True).start()
with open(fifo + '.port', 'w') as file: file.write(f'{listener.getsockname()[1]} ')
os.read(0, 1)
os._exit(0)
"""


@pytest.fixture(scope="module")
def hanging(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Row], int, Path]:
    """(rows in flight, the listener's port, the fifo)."""
    fifo = tmp_path_factory.mktemp("hanging") / "fifo"
    workload = Workload(PROGRAM, str(fifo))
    assert workload.process.stdin is not None
    question = Question(
        format="%evt.type %evt.dir %evt.args %fd.name %evt.arg.data %thread.tid", json=True, follow=True
    )
    answer = Answer(question)
    try:
        answer.source.follow(workload.pid)
        answer.source.start()
        workload.process.stdin.write(b"!")
        workload.process.stdin.flush()
        said = fifo.with_name("fifo.port")
        port = int(wait_for(lambda: said.exists() and said.read_text()))
        wanted = {"connect", "write", "openat"}

        def look() -> list[Row] | None:
            answer.text(answer.rows(answer.source.poll(final=True)))
            lines = answer.text(answer.rows(answer.source.inflight(), whole=True)).splitlines()
            rows = [json.loads(line) for line in lines]
            return rows if {row["evt.type"] for row in rows} >= wanted else None

        return wait_for(look), port, fifo
    finally:
        workload.kill()
        answer.close()


def test_the_path_of_an_open_that_waits(hanging: tuple[list[Row], int, Path]) -> None:
    rows, _, fifo = hanging
    (row,) = [row for row in rows if row["evt.type"] == "openat"]
    assert row["evt.dir"] == ">" and f"name={fifo} " in row["evt.args"] and not row["evt.args"].startswith("fd=")


def test_the_address_of_a_connect_that_waits(hanging: tuple[list[Row], int, Path]) -> None:
    rows, port, _ = hanging
    waiting = [row["evt.args"] for row in rows if row["evt.type"] == "connect"]
    assert waiting and all(f"addr=127.0.0.1:{port} " in text for text in waiting)


def test_the_data_of_a_write_that_waits(hanging: tuple[list[Row], int, Path]) -> None:
    rows, _, _ = hanging
    (row,) = [row for row in rows if row["evt.type"] == "write"]
    assert row["fd.name"].startswith("pipe:[")
    assert row["evt.arg.data"] == ("stuck" * 16) and "size=20000" in row["evt.args"]
