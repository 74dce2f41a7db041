"""Who a container is: processes in a control group of such a name, in filters, lines and groups of the kernel."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from captures import needs_sysdig, sysdig
from live import KERNEL, cli

from sonde.kernel.proc import Cgroups
from sonde.sql_query import plan_sql

pytestmark = KERNEL

ID = "feedc0de" * 8
DOCKER = Path("/var/lib/docker/containers")
CONFIG = {"ID": ID, "Name": "/shop", "Image": "sha256:1234", "Config": {"Image": "registry:5000/shop/web:2"}}
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


def shell_in(group: Path) -> list[str]:
    """A program that enters a control group, and becomes a shell that lives long enough for /proc to be asked."""
    shell = "os.execv('/bin/sh', ['sh', '-c', 'kill -0 $$; sleep 0.5; :'])"
    inside = f"import os; open('{group}/cgroup.procs', 'w').write('0'); {shell}"
    return [sys.executable, "-S", "-c", inside]


def test_a_process_in_a_container(group: Path) -> None:
    command = shell_in(group)
    lines = cli("-j", "-p", "%proc.name %container.id %container.type", "container.id!=host", "--", *command).stderr
    rows = [json.loads(line) for line in lines.splitlines() if line.startswith("{") and "receipt" not in line]
    assert {row["container.id"] for row in rows} == {ID[:12]} and {row["container.type"] for row in rows} == {"docker"}
    assert {row["proc.name"] for row in rows} >= {"sh"}


def test_groups_that_a_set_of_processes_shares(group: Path) -> None:
    here, groups = os.getpid(), Cgroups()
    with subprocess.Popen(["/bin/true"]) as gone:
        gone.wait()
    mine = groups.of_all([gone.pid, here, gone.pid], [7, 7, 7])
    assert mine[0] is None and mine[1] and mine[2] == mine[1], "one that has ended is known by another of its set"
    command = [sys.executable, "-S", "-c", f"open('{group}/cgroup.procs', 'w').write('0'); print(flush=True); input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as moved:
        assert moved.stdin and moved.stdout and moved.stdout.readline()
        [theirs] = groups.of_all([moved.pid], [8])
        assert theirs and ID.encode() in theirs
        assert groups.of_all([here, moved.pid], [7, 7]) == [mine[1], mine[1]], "it was of the set that it has left"
        assert groups.of_all([moved.pid, here], [7, 7]) == [theirs, mine[1]], "the set's place may be another's by now"
        moved.stdin.close()


@pytest.fixture
def engine() -> Iterator[None]:
    """What docker keeps of the container."""
    place = DOCKER / ID
    made = [parent for parent in (*reversed(place.parents), place) if not parent.exists()]
    for parent in made:
        parent.mkdir()
    files = {"config.v2.json": CONFIG, "hostconfig.json": {"Privileged": True}}
    for name, told in files.items():
        (place / name).write_text(json.dumps(told))
    yield
    for name in files:
        (place / name).unlink()
    for parent in reversed(made):
        parent.rmdir()


def test_what_the_engine_says_live_and_recorded(group: Path, engine: None, tmp_path: Path) -> None:
    command = shell_in(group)
    shown = "%container.name %container.image %container.image.repository %container.image.tag %container.privileged"
    words = ("-p", shown, "container.name=shop and evt.type=kill and proc.name=sh")
    wanted = "shop registry:5000/shop/web:2 registry:5000/shop/web 2 true"
    assert wanted in cli(*words, "--", *command).stderr.splitlines()
    path = str(tmp_path / "shop.sonde")
    cli("-w", path, "--", *command)
    for name in ("config.v2.json", "hostconfig.json"):
        (DOCKER / ID / name).write_text("{}")  # nobody can be asked later
    done = cli("-r", path, *words)
    assert done.stdout.splitlines() == [wanted], done.stderr


@needs_sysdig
@pytest.mark.parametrize("rotated", (False, True))
def test_names_in_a_live_file_of_sysdig(group: Path, engine: None, tmp_path: Path, rotated: bool) -> None:
    """As in one that is made of a recording: before the events of what runs in it, in each file."""
    path = tmp_path / "shop.scap"
    options = ("-e", "40") if rotated else ()
    assert cli("-w", str(path), *options, "--", *shell_in(group)).returncode == 0
    asked = ("-p", "%evt.type %container.name %container.image", "container.id!=host and evt.type!=container")
    lines = [line for file in sorted(tmp_path.iterdir()) for line in sysdig(file, *asked).decode().splitlines()]
    calls, names = zip(*(line.split(" ", 1) for line in lines), strict=True)
    assert {*calls} >= {"execve", "kill"}
    assert set(names) == {"shop registry:5000/shop/web:2"}
    assert len(list(tmp_path.iterdir())) > 2 or not rotated


def test_groups_by_container(group: Path) -> None:
    statement = "SELECT container.id, count(*) FROM events WHERE evt.type = 'getppid' GROUP BY ALL"
    assert plan_sql(statement).grouped is not None
    calls = "import os, time; [os.getppid() for _ in range({})]; time.sleep(0.5)"  # so that /proc can be asked
    inside = f"os.execv(sys.executable, ['python', '-S', '-c', {calls.format(211)!r}])"
    program = f"import os, sys\n{calls.format(101)}\nopen('{group}/cgroup.procs', 'w').write('0')\n{inside}"
    done = cli("sql", statement, "--json", "--output=-", "--", sys.executable, "-S", "-c", program)
    rows = [tuple(json.loads(line).values()) for line in done.stdout.splitlines()]
    assert sorted(rows) == [(ID[:12], 211), ("host", 101)], done.stderr
