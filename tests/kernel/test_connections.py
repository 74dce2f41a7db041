"""The view of connections: refused, blocking, without waiting, accepted, IPv6; live, and of a recording."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from live import KERNEL, cli

pytestmark = KERNEL

PROGRAM = """
import json, select, socket
def attempt(family, address, waits):
    one = socket.socket(family)
    one.setblocking(waits)
    try: one.connect(address)
    except OSError: pass
    select.select([], [one], [], 5)
    return one
server = socket.create_server(('127.0.0.1', 0)); port = server.getsockname()[1]
closed = socket.socket(); closed.bind(('127.0.0.1', 0)); refused = closed.getsockname()[1]
kept = [attempt(socket.AF_INET, ('127.0.0.1', port), True), server.accept()]
kept += [attempt(socket.AF_INET, ('127.0.0.1', port), False), server.accept()]
kept += [attempt(socket.AF_INET, ('127.0.0.1', refused), waits) for waits in (True, False)]
server6 = socket.create_server(('::1', 0), family=socket.AF_INET6); port6 = server6.getsockname()[1]
kept += [attempt(socket.AF_INET6, ('::1', port6), True), server6.accept()]
attempt(socket.AF_INET, ('127.0.0.1', port), False).connect_ex(('127.0.0.1', port))
server.setblocking(False)
server.accept()
try: server.accept()
except OSError: pass
datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); datagrams.connect(('127.0.0.1', port))
print(json.dumps([port, refused, port6]))
"""
COLUMNS = "direction, started, result, remote_ip, remote_port, local_port"
STATEMENT = f"SELECT proc.name, {COLUMNS} FROM connections ORDER BY evt.start"
COMMAND = ("--", sys.executable, "-I", "-S", "-c", PROGRAM)


def rows(text: str) -> list[dict[str, Any]]:
    """Lines of JSON, but for what the program said."""
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def check(found: list[dict[str, Any]], said: list[int]) -> None:
    """Is each attempt and each acceptance there once, with its end?"""
    port, refused, port6 = said
    out = [row for row in found if row["direction"] == "out"]
    came = [row for row in found if row["direction"] == "in"]
    wanted = [
        ("127.0.0.1", port, True, "SUCCESS"), ("127.0.0.1", port, True, "SUCCESS"),
        ("127.0.0.1", refused, False, "ECONNREFUSED"), ("127.0.0.1", refused, False, "failed"),
        ("::1", port6, True, "SUCCESS"), ("127.0.0.1", port, True, "SUCCESS"),
    ]  # fmt: skip
    assert [(row["remote_ip"], row["remote_port"], row["started"], row["result"]) for row in out] == wanted
    assert sorted(row["local_port"] for row in came) == sorted((port, port, port, port6))
    assert all(row["started"] for row in came)
    ends = {(row["local_port"], row["remote_port"]) for row in out if row["started"]}
    assert ends == {(row["remote_port"], row["local_port"]) for row in came}


def test_live() -> None:
    done = cli("sql", STATEMENT, "--json", "--output=-", *COMMAND)
    [said] = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]
    check(rows(done.stdout), said)


def test_of_the_past(tmp_path: Path) -> None:
    for name, words in {"all.sonde": ("-w",), "past": ("record",)}.items():
        path = str(tmp_path / name)
        said = json.loads(cli(*words, path, *COMMAND).stdout)
        check(rows(cli("sql", STATEMENT, "--json", "-r", path).stdout), said)
        counted = "SELECT count(*) AS n FROM connections WHERE direction='out' AND started"
        [row] = rows(cli("sql", counted, "--json", "-r", path, "--since", "1h").stdout)
        assert row["n"] == 4
