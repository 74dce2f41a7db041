"""Each kind of events has its share of what is always kept: a flood of one takes nothing from the others."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from live import KERNEL, cli, cli_start, wait_for

from sonde.sources.recording.thinner import TEMPORARY
from sonde.sources.recording.thinning import thin

pytestmark = KERNEL

MOST = 5_000_000
ROUNDS, FLOOD = 40, 4_000
# opens of files that are not there, of long names, and between them programs that run and connections, all with numbers
FLOODING = f"""
import os, socket, subprocess, time
server = socket.socket(); server.bind(("127.0.0.1", 0)); server.listen()
for turn in range({ROUNDS}):
    for at in range({FLOOD}):
        try:
            os.open("/flood/%d/%s" % (turn * {FLOOD} + at, os.urandom(48).hex()), os.O_RDONLY)
        except FileNotFoundError:
            pass
    subprocess.run(["/bin/true", "mark%d" % turn])
    client = socket.create_connection(server.getsockname()); accepted = server.accept()[0]
    client.close(); accepted.close(); time.sleep(0.2)
"""
COMMAND = [sys.executable, "-I", "-S", "-c"]
WHOLE = "whole segments"  # are removed, where thinning does not keep up
MARKS = ("-p", "%proc.args", "evt.type=execve and proc.args startswith mark")


class Flooded(NamedTuple):
    """A recording of a flood, and what its recorder said."""

    path: str
    receipt: str


def flooded(path: Path, *words: str) -> Flooded:
    """A flood of which nothing was lost, on a machine where much else may happen."""
    for turn in range(3):
        name = str(path / f"{turn}.past")
        done = cli("record", "--max", f"{MOST}", *words, name, "--", *COMMAND, FLOODING)
        assert done.returncode == 0, done.stderr
        if "EXACT" in done.stderr and WHOLE not in done.stderr:
            break
    return Flooded(name, done.stderr)


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Flooded:
    """What `record` keeps of a flood."""
    return flooded(tmp_path_factory.mktemp("shares"))


def marks(path: str) -> tuple[list[int], str]:
    """The numbers of the programs that ran, and how complete that is."""
    done = cli("-r", path, *MARKS)
    return [int(line.removeprefix("mark")) for line in done.stdout.split()], done.stderr


def size(path: str) -> int:
    return sum(one.stat().st_size for one in Path(path).iterdir())


def test_a_flood_takes_nothing_from_other_kinds(past: Flooded) -> None:
    assert "EXACT" in past.receipt and WHOLE not in past.receipt
    assert size(past.path) <= MOST
    found, said = marks(past.path)
    assert found == list(range(ROUNDS)) and "EXACT" in said
    connected = cli("-r", past.path, "evt.type=connect and fd.ip=127.0.0.1 and proc.name startswith python")
    assert len(connected.stdout.splitlines()) == ROUNDS and "EXACT" in connected.stderr


def test_the_oldest_of_the_flood_are_gone_and_that_is_said(past: Flooded) -> None:
    opens = cli("-r", past.path, "-p", "%fs.path.name", "evt.type=openat and fs.path.name startswith /flood/")
    numbers = [int(name.split("/")[2]) for name in opens.stdout.split()]
    assert 0 < len(numbers) < ROUNDS * FLOOD
    assert numbers == list(range(numbers[0], ROUNDS * FLOOD)), "the newest are all there, once, in order"
    assert re.search(
        r"PARTIAL.*\nnot in the answer: files before [-0-9]+ [:0-9]+: they are kept since then", opens.stderr
    )
    failed = cli("-r", past.path, "-q", "evt.failed=true and evt.type=connect")
    assert "EXACT" in failed.stderr, "that no open can be"
    count = "SELECT count(*) AS n FROM events WHERE evt.type = '{}'"
    assert "PARTIAL" in cli("sql", count.format("openat"), "-r", past.path).stderr
    assert "EXACT" in cli("sql", count.format("execve"), "-r", past.path).stderr


def test_a_time_at_which_all_is_there(past: Flooded) -> None:
    kinds = json.loads(cli("info", past.path, "--json").stdout)["kinds"]
    since = kinds["files"]["since"]
    assert since > kinds["processes"]["since"] and kinds["files"]["bytes"] > kinds["processes"]["bytes"] > 0
    opens = "evt.type=openat"
    moment, before = (f"{at // 10**9}.{at % 10**9:09}" for at in (since, since - 10**9))
    until = ("--until", f"{since // 10**9 + 1}")
    assert "EXACT" in cli("-r", past.path, "-q", "--since", moment, *until, opens).stderr
    assert "files before" in cli("-r", past.path, "-q", "--since", before, *until, opens).stderr
    text = cli("info", past.path).stdout
    assert re.search(r"^kept +files since [-0-9]+ [:0-9]+, [0-9,]+ events, about [0-9.]+ [KM]B$", text, re.MULTILINE)


def test_state_as_of_a_time(past: Flooded) -> None:
    """Processes are known of a time whose opens are gone; and not without what happened to processes."""
    wanted = cli("-r", past.path, "-j", "-p", "%evt.rawtime", *MARKS[2:]).stdout.splitlines()
    at = json.loads(wanted[3])["evt.rawtime"]
    when = ("-r", past.path, "--as-of", f"{at // 10**9}.{at % 10**9:09}")
    asked = ("processes", "name=true", "--json", *when)
    before = cli(*asked)
    assert [json.loads(line)["cmdline"] for line in before.stdout.splitlines()] == ["/bin/true mark3"]
    assert len(json.loads(before.stderr)["receipt"]["absent"]) == 1, "only that others were not watched"
    assert re.search(r"changes of sockets since [-0-9: ]+: files of that time were taken", cli("sockets", *when).stderr)
    segments = sorted(Path(past.path).iterdir())
    for segment in segments[: len(segments) // 2]:
        thin(str(segment), f"{segment}{TEMPORARY}", ["processes"])
        os.rename(f"{segment}{TEMPORARY}", segment)
    assert re.search(r"changes of processes since [-0-9: ]+: processes of that time", cli(*asked).stderr)


def test_everything_is_recorded(tmp_path: Path) -> None:
    """With --all what has no kind of its own has a share too, that others may not take."""
    path, receipt = flooded(tmp_path, "--all")
    found, said = marks(path)
    assert size(path) <= MOST
    if WHOLE in receipt:  # on a busy machine whole segments go, and that is said
        assert "PARTIAL" in said or found == list(range(ROUNDS)), receipt
    else:
        assert found == list(range(ROUNDS)) and "EXACT" in said, receipt
    assert "files before" in cli("-r", path, "-q", "evt.type=openat").stderr
    assert "everything else" in cli("info", path).stdout


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_the_recorder_is_killed_while_it_thins(tmp_path: Path) -> None:
    """What was recorded can be read, the helper ends, and no half a segment stays; another recorder goes on there."""
    path = tmp_path / "x.past"
    recorder = cli_start("record", "--max", f"{MOST}", str(path))
    wait_for(lambda: path.is_dir() and list(path.iterdir()))
    [helper] = children(recorder.pid)
    with subprocess.Popen([*COMMAND, FLOODING]) as workload:
        wait_for(lambda: any(one.name.endswith(TEMPORARY) for one in path.iterdir()))
        recorder.kill()
        recorder.communicate()
        wait_for(lambda: not os.path.exists(f"/proc/{helper}"))
        found, said = marks(str(path))
        assert found == list(range(len(found))) and "PARTIAL" in said, "but for the half a second before"
        cli("record", "--max", f"{MOST}", str(path), "--", "/bin/true", "later")
        assert not [one for one in path.iterdir() if one.name.endswith(TEMPORARY)]
        assert len(cli("-r", str(path), "evt.type=execve and proc.args=later").stdout.splitlines()) == 1
        workload.kill()


def test_reading_beside_it(tmp_path: Path) -> None:
    """Whoever reads meanwhile has what there was up to then, each row once."""
    path = tmp_path / "x.past"
    recorder = cli_start("record", "--max", f"{MOST}", str(path), "--", *COMMAND, FLOODING)
    wait_for(lambda: path.is_dir() and list(path.iterdir()))
    turns, thinned = 0, 0
    while recorder.poll() is None:
        found, said = marks(str(path))
        assert found == list(range(len(found))) and "damaged" not in said
        turns += 1
        thinned += "files before" in cli("-r", str(path), "-q", "evt.type=openat").stderr
    assert turns > 1 and thinned and marks(str(path))[0] == list(range(ROUNDS))


def test_without_its_helper(tmp_path: Path) -> None:
    """Nobody thins: whole segments go, which is said once."""
    path = tmp_path / "x.past"
    recorder = cli_start("record", "--max", f"{MOST}", str(path))
    wait_for(lambda: path.is_dir() and list(path.iterdir()))
    [helper] = children(recorder.pid)
    os.kill(helper, signal.SIGKILL)
    subprocess.run([*COMMAND, FLOODING], check=True)
    recorder.send_signal(signal.SIGINT)
    _, said = recorder.communicate()
    assert said.count("whole segments are removed") == 1 and size(str(path)) <= MOST
    opens = cli("-r", str(path), "--since", "1h", "-q", "evt.type=openat").stderr
    assert "PARTIAL" in opens and "the recording begins there" in opens
