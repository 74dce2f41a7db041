"""Recordings from the command line: what is written, and what is left when a recorder is killed or the disk full."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import duckdb
import numpy as np
from killed import Killed, killed, ticking
from live import KERNEL, batches, busy, cli, cli_start, full_disk, wait_for
from test_groups import of_rows, same, statements
from zoo import zoo

from sonde.ask_record import EAGER, about
from sonde.cli_options import Options
from sonde.query import Answer, Question, recorded
from sonde.sources.recording.frames import Reader, framed
from sonde.sources.recording.segments import Directory
from sonde.sources.recording.writer import Recorder
from sonde.sql_query import SqlAnswer, plan_sql

pytestmark = KERNEL

RECORDINGS = Path(__file__).parents[2] / "docs" / "recordings.md"


def test_every_command_line_of_it(tmp_path: Path) -> None:
    path = str(tmp_path / "x.sonde")
    script = "import os\nfor _ in range(7): os.stat('/')"
    done = cli("-w", path, "--", sys.executable, "-I", "-S", "-c", script)
    assert done.returncode == 0 and "EXACT" in done.stderr and not done.stdout
    assert {mode.st_mode & 0o777 for mode in (os.stat(path), *map(Path.stat, Path(path).iterdir()))} == {0o700, 0o600}
    wanted = "evt.type=newfstatat and fs.path.name=/ and evt.res=SUCCESS"
    assert len(cli("-r", path, wanted).stdout.splitlines()) >= 7
    assert cli("-r", path, "-n", "3").stdout.count("\n") == 3
    assert "newfstatat" in cli("-r", path, "-S", "-q").stdout
    statement = "SELECT count(*) AS n FROM events WHERE evt.type='newfstatat' AND fs.path.name='/'"
    rows = cli("sql", statement, "--json", "-r", path).stdout
    assert json.loads(rows)["n"] == len(cli("-r", path, wanted).stdout.splitlines())
    numbers = [int(line.split()[0]) for line in cli("-r", path, "evt.type=newfstatat").stdout.splitlines()]
    assert numbers == sorted(numbers) and numbers[0] > 1, "rows keep their numbers"


def test_through_a_pipe() -> None:
    with busy() as pid:
        writer = cli_start("-w", "-", "-n", "20", "--pid", str(pid), "evt.type=newfstatat")
        done = cli("-r", "-", "-p", "%evt.type %fs.path.name %proc.pid", stdin=writer.stdout)
        writer.wait()
    assert done.stdout == f"newfstatat / {pid}\n" * 20 and "EXACT" in done.stderr
    assert "both write to standard output" in cli("-w", "-", "--", "/bin/ls").stderr


def test_the_recorder_comes_before_the_recorded(tmp_path: Path) -> None:
    done = cli("-w", str(tmp_path / "x.sonde"), "--", "/bin/sh", "-c", "nice; ps -o ni= -p $PPID")
    assert done.stdout.split() == [str(usual := os.nice(0)), str(max(usual + EAGER, -20))]


def test_files_by_number_of_events(tmp_path: Path) -> None:
    path = tmp_path / "x.sonde"
    done = cli("-w", str(path), "-e", "100", "-W", "2", "--", "/bin/ls", "-l", "/usr/bin")
    assert done.returncode == 0
    names = sorted(one.name for one in path.iterdir())
    assert len(names) == 2 and names[0] > "0000000001.segment"
    assert 100 < len(cli("-r", str(path)).stdout.splitlines()) <= 200
    assert len(cli("-r", str(path / names[0])).stdout.splitlines()) == 100


def test_one_writer(tmp_path: Path) -> None:
    path = str(tmp_path / "x.sonde")
    first = cli_start("-w", path, "--for", "60s", "evt.type=mkdir")
    wait_for(lambda: os.path.isdir(path) and os.listdir(path))
    second = cli("-w", path, "--for", "1s")
    assert second.returncode != 0 and "another sonde is recording there" in second.stderr
    first.send_signal(signal.SIGINT)
    assert first.wait() == 0
    _, said = first.communicate()
    assert "EXACT" in said


def test_the_recorder_is_killed(tmp_path: Path) -> None:
    """What is older than a second can be read, whenever that happens; also if recording goes on in the same place."""
    chance = Random(1)
    with ticking(tmp_path) as diary, ThreadPoolExecutor(4) as at_once:

        def by_one(place: int) -> list[Killed]:
            """Five recorders one after the other."""
            base, found = tmp_path / f"{place}", []
            for turn in range(5):
                path = str(base if place % 2 else base.with_suffix(f".{turn}.sonde"))
                command = ("record", "--all", "--max", "9MB", path) if place % 2 else ("-w", path, "-C", "1")
                found.append(killed((*command, "--pid", str(diary.pid)), path, chance.uniform(0.2, 2), diary))
            return found

        every = [one for some in at_once.map(by_one, range(4)) for one in some]
    assert [one.faults for one in every] == [[]] * 20
    assert sum(one.ticks for one in every) > 1000, "there was something to lose"
    ends = ("its recorder was killed", "are no whole frame")
    assert all(any(end in " ".join(one.absent) for end in ends) for one in every)


def test_a_full_disk(tmp_path: Path) -> None:
    """A clear line, and what was written can be read."""
    shown, said = full_disk(tmp_path, "2m", "x.sonde")
    seen = [int(number.replace(",", "")) for number in re.findall(r"([\d,]+) seen", said)]
    assert seen and seen[-1] > 1000 and shown.startswith("125")


def test_what_is_inside(tmp_path: Path) -> None:
    path = str(tmp_path / "x.sonde")
    cli("-w", path, "--", "/bin/ls", "/")
    said = cli("info", path).stdout
    assert re.search(r"^command +/bin/ls /$", said, re.MULTILINE) and re.search(r"^lost +nothing$", said, re.MULTILINE)
    found = json.loads(cli("info", path, "--json").stdout)
    [segment] = found["segments"]
    rows = cli("-r", path).stdout.splitlines()
    assert sum(segment["events"].values()) == len(rows) and segment["ended"] and not found["lost"]


def test_a_part_of_the_time(tmp_path: Path) -> None:
    path = str(tmp_path / "x.sonde")
    cli("-w", path, "--", "/bin/sh", "-c", "ls / > /dev/null; sleep 0.5; ls /usr > /dev/null")
    times = [
        json.loads(line)["evt.rawtime"] for line in cli("-r", path, "-j", "-p", "%evt.rawtime").stdout.splitlines()
    ]
    middle = times[len(times) // 2]
    since = ("--since", f"{middle // 10**9}.{middle % 10**9:09}")
    until = ("--until", f"{middle // 10**9}.{middle % 10**9:09}")
    done = cli("-r", path, *since, *until)
    assert len(done.stdout.splitlines()) == times.count(middle) and "EXACT" in done.stderr
    early = cli("-r", path, *since, "-q")
    assert f"{len(times) - times.index(middle):,} delivered" in early.stderr
    before = cli("-r", path, "--since", "1d", "-q")
    assert "PARTIAL" in before.stderr and "the recording begins there" in before.stderr
    assert "are about a recording" in cli("--since", "1h").stderr
    percents = re.findall(r"(\d+)%", cli("-P", "-r", path, "-q").stderr)
    assert percents[-1] == "100" and "says how much" in cli("-P").stderr
    for_a_while = cli("-r", path, "--for", "1ms", "-p", "%evt.rawtime").stdout.split()
    times = cli("-r", path, "-p", "%evt.rawtime").stdout.split()
    assert for_a_while == [time for time in times if int(time) < int(times[0]) + 1_000_000] != times


def test_convert(tmp_path: Path) -> None:
    path, again = str(tmp_path / "x.sonde"), str(tmp_path / "again.sonde")
    cli("-w", path, "-s", "16", "--", "/bin/ls", "/")
    lines = cli("-r", path).stdout
    for ending in ("jsonl", "csv", "parquet", "sonde"):
        done = cli("convert", path, str(tmp_path / f"again.{ending}"))
        assert done.returncode == 0 and "EXACT" in done.stderr, done.stderr
        assert os.stat(tmp_path / f"again.{ending}").st_mode & 0o077 == 0
    assert cli("-r", again).stdout == lines
    assert re.search("^buffers +the first 16 bytes", cli("info", again).stdout, re.MULTILINE)
    rows = [json.loads(line) for line in (tmp_path / "again.jsonl").read_text().splitlines()]
    names = '"evt.num", "evt.type", "evt.args", "fd.name", "proc.name", "evt.latency"'
    for ending in ("csv", "parquet"):
        table = duckdb.connect().execute(f"SELECT {names} FROM '{tmp_path}/again.{ending}' ORDER BY ALL").fetchall()
        assert table == [tuple(row[name.strip('" ')] for name in names.split(",")) for row in rows]
    assert "can be written" in cli("convert", path, str(tmp_path / "x.doc")).stderr


def test_a_part_as_another_recording(tmp_path: Path) -> None:
    path, part = str(tmp_path / "x.sonde"), str(tmp_path / "part.sonde")
    cli("-w", path, "evt.type!=close", "--", "/bin/sh", "-c", "ls /; sleep 0.3; cat /etc/hostname")
    wanted = "evt.type=openat and proc.name=cat"
    shown = ("-p", "%evt.rawtime %proc.name %fd.name %evt.res %evt.buffer")
    for verb in (("-r", path, "-w", part, wanted), ("convert", path, part, wanted)):
        assert "EXACT" in cli(*verb).stderr
        assert cli("-r", part, *shown).stdout == cli("-r", path, *shown, wanted).stdout != ""
    assert f"(evt.type!=close) and ({wanted})\n" in cli("info", part).stdout
    cli("-F", "-r", path, "-w", part, wanted)
    assert cli("-r", part, *shown).stdout == cli("-r", path, *shown, wanted).stdout, "what -F keeps is hidden"
    assert re.search(f"^filter .*{re.escape(wanted)}\\); -F$", cli("info", part).stdout, re.MULTILINE)
    cli("-r", path, "-w", part, "-G", "100ms")
    parts = [cli("-r", str(one), *shown).stdout for one in sorted(Path(part).iterdir())]
    assert len(parts) > 1 and "".join(parts) == cli("-r", path, *shown).stdout
    lines = tmp_path / "x.jsonl"
    cli("convert", path, str(lines), wanted, "-n", "3")
    assert [json.loads(line)["proc.name"] for line in lines.read_text().splitlines()] == ["cat"] * 3


def test_what_cannot_be_written(tmp_path: Path) -> None:
    path, other = str(tmp_path / "x.sonde"), str(tmp_path / "y")
    cli("-w", path, "--", "/bin/ls", "/")
    refused = {
        "write it to another place": ("-r", path, "-w", path), "there is no": ("-r", "/none", "-w", other),
        "is read once": ("convert", "-", f"{other}.scap"), "-z says nothing": ("convert", "-z", path, f"{other}.jsonl"),
        "-p says nothing": ("-r", path, "-w", other, "-p", "%evt.num"), "always compressed": (
            "-z", "-r", path, "-w", f"{other}.sonde"), "no command": ("-r", path, "-w", other, "--", "ls"),
        "-W keeps": ("convert", path, f"{other}.scap", "-W", "2"), "is one stream": ("-r", path, "-w", "-", "-e", "9"),
        "several recordings": ("-r", str(tmp_path), "-w", "/tmp/none.scap"), "unknown field": (
            "convert", path, f"{other}.scap", "foo.bar=1"),
    }  # fmt: skip
    for said, words in refused.items():
        done = cli(*words)
        assert said in done.stderr and done.stderr.startswith("sonde: ") and done.returncode, (words, done.stderr)
    assert not list(tmp_path.glob("y*"))


def test_the_past(tmp_path: Path) -> None:
    """`record` keeps what matters, without data; a second one goes on in the same place."""
    path = str(tmp_path / "past")
    for _ in range(2):
        done = cli("record", "--max", "10MB", path, "--", "/bin/sh", "-c", "cat /etc/hostname /none; ls / | wc -l")
        assert done.returncode == 0, done.stderr
    kinds = set(cli("-r", path, "-p", "%evt.type").stdout.split())
    assert {"execve", "openat", "procexit"} <= kinds and not kinds & {"read", "mmap", "fstat"}
    assert len(os.listdir(path)) == 2
    failed = cli("-r", path, "-p", "%proc.name %evt.res", "evt.failed=true and fs.path.name=/none").stdout
    assert failed == "cat ENOENT\n" * 2


def test_groups_of_a_recording(tmp_path: Path) -> None:
    """Groups made batch by batch, and put together again and again, are those that DuckDB makes of the rows."""
    path = str(tmp_path / "all.sonde")
    keeper = Answer(Question(record=True, follow=True, skip=(os.getpid(),)))
    recorder = Recorder(Directory(path, anew=True), about(Options()))
    [found], _ = batches([keeper], zoo(tmp_path))
    for batch in found:
        for at in range(0, len(batch), 100):
            recorder.write(batch.take(np.arange(at, min(at + 100, len(batch)))))
            recorder.settle(keeper.counters, final=True)
    recorder.close(keeper.counters(), keeper.state)
    keeper.close()
    compared = 0
    for statement in statements(46):
        plan = plan_sql(statement, past=True)
        assert plan.grouped is not None
        pair = [SqlAnswer(plan, source=recorded(path)), SqlAnswer(of_rows(plan), source=recorded(path))]
        pair[0]._most = 5
        for answer in pair:
            answer.start()
            while not answer.done:
                answer.poll()
            answer.stop()
        compared += same(*pair)
        for answer in pair:
            answer.close()
    assert compared > 150


def test_windows_of_the_time_that_was(tmp_path: Path) -> None:
    path = str(tmp_path / "x.sonde")
    ticks = "import os, time\nfor _ in range(8): os.stat('/'); time.sleep(0.25)"
    cli("-w", path, "evt.type=newfstatat and fs.path.name=/", "--", sys.executable, "-I", "-S", "-c", ticks)
    statement = "SELECT min(evt.rawtime) AS first, max(evt.rawtime) AS last, count(*) AS n FROM events"
    rows = [json.loads(line) for line in cli("sql", statement, "--every=1s", "--json", "-r", path).stdout.splitlines()]
    assert len(rows) >= 2 and sum(row["n"] for row in rows) == len(cli("-r", path).stdout.splitlines())
    assert all(row["first"] // 10**9 == row["last"] // 10**9 for row in rows), "windows are whole seconds"
    assert "was made without" in cli("sql", "SELECT count(*) FROM sockets", "-r", path).stderr


def test_as_a_service(tmp_path: Path) -> None:
    """The capabilities of the unit in docs/recordings.md are enough, also for descriptors of another user."""
    [line] = re.findall(r"^CapabilityBoundingSet=(.*)$", RECORDINGS.read_text(), re.MULTILINE)
    capabilities = ",".join(["-all", *(name.lower().replace("cap_", "+") for name in line.split())])
    words = ["setpriv", f"--bounding-set={capabilities}", f"--inh-caps={capabilities}", "--no-new-privs"]
    path = str(tmp_path / "x")
    with open("/etc/passwd") as file, subprocess.Popen(["sleep", "60"], stdin=file, user=65534, group=65534) as other:
        recorder = [*words, sys.executable, "-m", "sonde.cli", "record", "--for", "1s", path]
        done = subprocess.run(recorder, capture_output=True, text=True)
        other.kill()
    assert done.returncode == 0 and "EXACT" in done.stderr, done.stderr
    assert "/etc/passwd" in cli("files", f"pid={other.pid}", "-r", path).stdout


def test_people_as_they_were(tmp_path: Path) -> None:
    """A recording of another system has the names of its users."""
    path = str(tmp_path / "x.sonde")
    cli("-w", path, "--", "/bin/ls", "/")
    shown = ("-r", path, "-n", "1", "-p", "%user.name %group.name %user.shell")
    before = cli(*shown).stdout
    assert before.startswith("root root /")
    [segment] = Path(path).iterdir()
    first, *rest = Reader(open(segment, "rb", buffering=0))  # noqa: SIM115
    header = json.loads(first.body)
    header["users"] = [[0, "tux", "/home/tux", "/bin/zsh"]]
    header["groups"] = [[0, "penguins"]]
    frames = [framed(first.kind, json.dumps(header).encode())]
    frames += [framed(frame.kind, frame.body, frame.rows, frame.head) for frame in rest]
    segment.write_bytes(b"".join(frames))
    assert cli(*shown).stdout == "tux penguins /bin/zsh\n"


def test_a_folder_of_recordings(tmp_path: Path) -> None:
    """Rows of several systems by their time, each with its name."""
    for name in ("a", "b"):
        cli("-w", str(tmp_path / f"{name}.sonde"), "--", "/bin/sh", "-c", f"ls / > /dev/null; cat /none.{name}")
    done = cli("-r", str(tmp_path), "-j", "-p", "%evt.rawtime %evt.hostname %evt.type %fs.path.name")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    times = [row["evt.rawtime"] for row in rows]
    assert times == sorted(times) and {row["evt.hostname"] for row in rows} == {os.uname().nodename}
    single = [len(cli("-r", str(tmp_path / f"{name}.sonde")).stdout.splitlines()) for name in ("a", "b")]
    assert len(rows) == sum(single) and "EXACT" in done.stderr
    failed = cli("-r", str(tmp_path), "-p", "%fs.path.name", "evt.failed=true and fs.path.name startswith /none").stdout
    assert failed.split() == ["/none.a", "/none.b"]
    assert cli("info", str(tmp_path)).stdout.count("recording ") == 2
