"""Every capture is read to its end, and its usual lines are sysdig's."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from captures import CAPTURES, each_capture, needs_captures, needs_sysdig, sysdig, tell

from sonde.ask import question_of
from sonde.cli_options import parse_options
from sonde.info_scap import info_of_scap
from sonde.query import Answer, is_log, is_scap, recorded

# lines that the usual output has by sysdig 0.29.3; it cannot read one of the files
LINES = {
    "bencer_example0_nginx": 41, "bencer_example4_example4-1": 6255, "bencer_example4_example4-2": 6554,
    "bencer_example5_httpd": 253, "bencer_example5_nginx": 158, "falco_cat_write": 85, "falco_connect_localhost": 8,
    "falco_empty_0.10.0": 0, "falco_empty_0.17.0": 0, "falco_open-multiple-files": 86, "falco_ping_sendto": 20,
    "falco_privileged": 1, "falco_run_as_user_0_container": 3796, "falco_run_as_user_65534_container": 2,
    "falco_syscall": 12, "falco_write_tmp_test": 2, "libs_curl_google": 1221, "libs_curl_google_comments": 1221,
    "libs_sample": 402, "libs_single_ipv6_conn": 28, "libs_test_ipv6_client": 68,
}  # fmt: skip


@each_capture
def test_read_to_the_end(name: str) -> None:
    path = CAPTURES / f"{name}.scap"
    told = tell(path)
    assert is_scap(str(path)) and not is_log(str(path))
    assert len(told.lines) == LINES[name]
    assert told.receipt.startswith("EXACT")


@each_capture
@needs_sysdig
def test_usual_lines_are_those_of_sysdig(name: str) -> None:
    path = CAPTURES / f"{name}.scap"
    theirs = sysdig(path)
    if theirs.count(b"\n") < 5:
        pytest.skip("sysdig prints fewer than five lines of it")
    assert tell(path).text == theirs


@each_capture
def test_calls_have_their_enter_events(name: str) -> None:
    """Completed calls: as many as there are exit events, each with its time and thread; and those that go on."""
    path = CAPTURES / f"{name}.scap"
    ends = tell(path, "evt.dir=< or evt.type in (procexit, signaldeliver)", "*%evt.type")
    calls = tell(path, "evt.dir=<", "*%evt.type %thread.tid", events=False)
    assert len(calls.lines) == len(ends.lines)
    running = tell(path, "evt.dir=>", "*%evt.type %thread.tid", events=False)
    threads = [line.split()[1] for line in running.lines]
    assert len(threads) == len(set(threads))
    assert b"<NA>" not in calls.text + running.text


@needs_captures
def test_one_capture_compressed_twice_over_is_the_same(tmp_path: Path) -> None:
    import gzip

    plain = CAPTURES / "bencer_example0_nginx.scap"
    packed = tmp_path / "packed.scap.gz"
    data = plain.read_bytes()
    packed.write_bytes(gzip.compress(data[:5000]) + gzip.compress(data[5000:]))
    assert tell(packed).text == tell(plain).text


@needs_captures
def test_a_while_of_a_capture() -> None:
    """-M counts from the first event that is shown of the file, or --since, whatever the filter."""
    path = CAPTURES / "bencer_example5_httpd.scap"
    times = [int(line) for line in tell(path, format_="*%evt.rawtime").lines]
    middle = times[len(times) // 2]
    since = ["--since", f"{middle // 10**9}.{middle % 10**9:09}"]
    for words, began in ((["-M", "200ms"], times[0]), (["--for", "100ms", *since], middle)):
        options = parse_options([*words, "-r", str(path), "-p", "*%evt.rawtime", "proc.pid>0"])
        answer = Answer(question_of(options), recorded(str(path), True))
        told = b""
        while not answer.done:
            told += answer.text(answer.rows(answer.source.poll()))
        answer.close()
        assert options.seconds is not None
        wanted = [time for time in times if began <= time < began + options.seconds * 1e9]
        assert [int(line) for line in told.splitlines()] == wanted and 0 < len(wanted) < len(times)


@needs_captures
@pytest.mark.parametrize("words", [["-q"], ["-c", "topscalls"]])
def test_progress(words: list[str]) -> None:
    """-P tells how much was read, and the lines of the answer are as without."""
    path = str(CAPTURES / "bencer_example4_example4-2.scap")
    sonde = [sys.executable, "-m", "sonde.cli", "-r", path]
    plain, told = (subprocess.run([*sonde, *more, *words], capture_output=True) for more in ([], ["-P"]))
    assert told.stdout == plain.stdout
    percents = [int(text) for text in re.findall(rb"\r *(\d+)%", told.stderr)]
    assert percents == sorted(set(percents)) and percents[-1] == 100
    assert re.sub(rb"\r *\d+%\n?", b"", told.stderr).split(b" in ")[0] == plain.stderr.split(b" in ")[0]


@needs_sysdig
@each_capture
def test_what_is_inside(name: str) -> None:
    """As many events as sysdig has lines, where it has any."""
    path = CAPTURES / f"{name}.scap"
    found = json.loads(info_of_scap(str(path), as_json=True))
    theirs = Counter(line.decode() for line in sysdig(path, "-p", "%evt.type").splitlines())
    if not theirs:
        pytest.skip("sysdig reads none of it")
    assert found["events"] == dict(theirs)
    assert f"{sum(theirs.values()):,}: " in info_of_scap(str(path), as_json=False)
