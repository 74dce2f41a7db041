"""Every option of the command line, declared once: names, argument, meaning, example; validation and help follow."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from sonde.catalog.moments import moment, seconds
from sonde.catalog.privacy import KINDS
from sonde.errors import UsageError

__all__ = ["CONTAINER", "LATER", "OPTIONS", "REFUSED_FORMATS", "SHELLS", "SNAPLEN_MAX", "TIME_MODES", "Option"]

SNAPLEN_MAX = 65_535
PID_MAX = 1 << 22
SECONDS_MAX = 10 * 365 * 86_400
TIME_MODES = {
    "h": "local time of day",
    "a": "seconds since the epoch",
    "r": "since the start",
    "d": "from enter to exit of the call",
    "D": "since the line before",
}
SHELLS = ("bash",)
CONTAINER = ("c", "container")
REFUSED_FORMATS = {
    "k": "the pod format is not there yet; -pc shows containers",
    "kubernetes": "the pod format is not there yet; -pc shows containers",
    "m": "Mesos has been retired; -pc shows containers",
    "mesos": "Mesos has been retired; -pc shows containers",
}


class Option(NamedTuple):
    """One option: `names` as typed, the most usual first, and the attribute of Options it sets.

    Without `argument` it is a switch that stores `value`; with it `read` turns the text after it into the value and
    raises ValueError saying what it expects. `choices` are all the arguments there are, for completion. A `refused`
    option is known but not offered; the text says why.
    """

    names: tuple[str, ...]
    sets: str
    help: str
    argument: str = ""
    read: Callable[[str], object] = str
    value: object = True
    example: str = ""
    comment: str = ""
    choices: tuple[str, ...] = ()
    refused: str = ""


def _number(low: int, high: int, what: str) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not re.fullmatch("[0-9]{1,18}", text) or not low <= int(text) <= high:
            raise ValueError(what)
        return int(text)

    return read


def _seconds(text: str) -> float:
    found = seconds(text)
    if not 0.0 < found <= SECONDS_MAX:
        raise ValueError("a time such as 10, 10s, 500ms, 2m or 1h")
    return found


def _megabytes(text: str) -> int:
    return _number(1, 10**9, "a number of millions of bytes")(text) * 1_000_000


def _size(text: str) -> int:
    match = _SIZE.fullmatch(text)
    if not match or not int(match[1]):
        raise ValueError("a size such as 500MB or 2GB")
    return int(match[1]) * _THOUSANDS[match[2]]


def _kinds(text: str) -> frozenset[str]:
    found = [part.strip() for part in text.split(",")]
    if not set(found) <= KINDS.keys():
        raise ValueError(f"some of {', '.join(KINDS)}")
    return frozenset(found)


def _pids(text: str) -> tuple[int, ...]:
    return tuple(_pid(part.strip()) for part in text.split(","))


def _one_of(choices: tuple[str, ...]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(f"one of {' '.join(choices)}")
        return text

    return read


def _format(text: str) -> str:
    if not text:
        raise ValueError("fields such as %proc.name")
    if text in REFUSED_FORMATS:
        raise UsageError(f"-p{text}: {REFUSED_FORMATS[text]}")
    return text


def _file(text: str) -> str:
    if not text or "\0" in text:
        raise ValueError("the name of a file, or - for standard output")
    return text


_SIZE = re.compile(r"([0-9]{1,9})([KMGT]?)B?")
_THOUSANDS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_pid = _number(1, PID_MAX, "process ids such as 12,13")
_TIMES = tuple(TIME_MODES)

OPTIONS: tuple[Option, ...] = (
    Option(
        ("-n", "--numevents"), "count", "stop after NUM events", "NUM", _number(1, 10**18, "a number from 1"),
        example="sonde -n 5 proc.name=cat", comment="the first five events of cat",
    ),
    Option(
        ("-M", "--for"), "seconds", "stop after TIME: seconds, or 500ms, 10s, 2m, 1h; of -r: of its time",
        "TIME", _seconds,
        example="sonde --for 10s evt.failed=true", comment="what fails during ten seconds",
    ),
    Option(
        ("-c", "--chisel"), "verb", "run a tool by name, as sysdig's chisels; -cl lists them", "NAME",
        example="sonde -c topfiles_bytes", comment="the files that are used most",
    ),
    Option(
        ("--analyze",), "analyze", "as --explain, and what it costs: the question runs for --for, or a second",
        example="sonde --analyze proc.name=nginx", comment="rates, ns of each program",
    ),
    Option(
        ("--every",), "every", "of sql: answer again every TIME, each time about what is new", "TIME", _seconds,
        example='sonde sql "SELECT ..." --every 1s', comment="the answer of each second",
    ),
    Option(
        ("--format",), "shape", "of sql: table, json or csv", "FORMAT", _one_of(("table", "json", "csv")),
        choices=("table", "json", "csv"), example='sonde sql "SELECT ..." --format csv', comment="for a spreadsheet",
    ),
    Option(
        ("--pid",), "pids", "only these processes, and what they start from now on", "PID,...", _pids,
        example="sonde --pid 12,13 evt.type=open", comment="files that two processes open",
    ),
    Option(
        ("-r", "--read"), "read", "ask a recording (- is standard input), a .scap file, a log of strace", "FILE", _file,
        example="sonde -r shop.sonde evt.failed=true", comment="what failed when it was recorded",
    ),
    Option(
        ("-P", "--progress"), "progress",
        "of -r: say on standard error how much is read, in percent; a terminal shows it of long work anyway",
        example="sonde -P -r shop.sonde -o failed.txt evt.failed=true", comment="how long it will take",
    ),
    Option(
        ("--since",), "since", "of -r: from TIME on: 1h (ago), 14:03:10, 2026-11-30T14:03", "TIME", moment,
        example="sonde -r shop.sonde --since 1h evt.failed=true", comment="what failed in the past hour",
    ),
    Option(
        ("--until",), "until", "of -r: up to TIME", "TIME", moment,
        example="sonde -r shop.sonde --since 1h --until 5m", comment="but for the last five minutes",
    ),
    Option(
        ("--as-of",), "as_of", "of -r: processes, files, sockets, threads as of TIME; without it as of the end", "TIME",
        moment, example="sonde files -r shop.sonde --as-of 14:03:10", comment="what was open then",
    ),
    Option(
        ("-w", "--write"), "write", "record, or with -r write: FILE.sonde, else a file of sysdig; - is standard output",
        "FILE", _file,
        example="sonde -w shop.sonde --for 10s", comment="keep ten seconds",
    ),
    Option(
        ("-z", "--compress"), "compress", "of -w: compress the file of sysdig",
        example="sonde -z -w x.scap --for 10s", comment="ten seconds, for sysdig",
    ),
    Option(
        ("-F", "--fatfile"), "fat", "of -w: also keep, hidden, what changes names of files and processes",
        example="sonde -F -w x.scap evt.failed=true", comment="failures, with their files",
    ),
    Option(
        ("-E", "--exclude-users"), "exclude_users", "of -w: without the names of users and groups",
        example="sonde -E -w x.scap --for 10s", comment="numbers only",
    ),
    Option(
        ("--filter-proclist",), "filter_proclist", "of -w: write only processes that pass the filter",
        example="sonde --filter-proclist -w x.scap proc.name=nginx", comment="nobody else's names",
    ),
    Option(
        ("--redact",), "redacted", f"of -w, record: without {', '.join(KINDS)}", "WHAT,...", _kinds,
        choices=tuple(KINDS), example="sonde -w x.sonde --redact arguments,paths --for 10s",
        comment="for others to look at",
    ),
    Option(
        ("--keep",), "keep", "of record: for how long, 24h", "TIME", _seconds,
        example="sonde record --keep 24h --max 2GB /var/log/sonde", comment="a day's past",
    ),
    Option(
        ("--max",), "most", "of record: how many bytes at most, 2GB", "SIZE", _size,
        example="sonde record --keep 24h --max 2GB /var/log/sonde", comment="as above",
    ),
    Option(
        ("--all",), "everything", "of record: all events, with the first bytes of buffers (-s)",
        example="sonde record --all --max 10GB /var/log/sonde", comment="whatever happens",
    ),
    Option(
        ("-C", "--file-size"), "segment_size", "of -w: begin a new file every MB million bytes", "MB", _megabytes,
        example="sonde -w all.sonde -C 100 -W 10", comment="the last gigabyte, in ten files",
    ),
    Option(
        ("-G", "--seconds"), "segment_seconds", "of -w: begin a new file every TIME", "TIME", _seconds,
        example="sonde -w all.sonde -G 60 -W 60", comment="the last hour",
    ),
    Option(
        ("-e",), "segment_events", "of -w: begin a new file every NUM events", "NUM",
        _number(1, 10**18, "a number from 1"),
        example="sonde -w all.sonde -e 1000000", comment="a million events a file",
    ),
    Option(
        ("-W", "--limit"), "segments", "of -w: keep the last NUM files only", "NUM",
        _number(1, 10**9, "a number from 1"),
        example="sonde -w all.sonde -C 100 -W 10", comment="as above",
    ),
    Option(
        ("--inflight",), "inflight", "at the end, show calls that are still running",
        example="sonde --inflight --for 5s proc.name=nginx", comment="and what hangs",
    ),
    Option(
        ("--exact",), "exact", "never an estimate: exit with 1 if anything was lost",
        example="sonde --exact -n 1000 fd.name=/etc/passwd", comment="each one, or a failure",
    ),
    Option(
        ("-s", "--snaplen"), "snaplen", f"keep LEN bytes of each I/O buffer (80; at most {SNAPLEN_MAX})", "LEN",
        _number(0, SNAPLEN_MAX, f"a number of bytes from 0 to {SNAPLEN_MAX}"),
        example="sonde -s 4096 -A fd.port=80", comment="HTTP as text, 4 KiB of each",
    ),
    Option(
        ("-D", "--debug"), "debug", "show events of sonde itself too, and what it does",
        example="sonde -D -n 3 proc.name=sonde", comment="watch the watcher",
    ),
    Option(
        ("-p", "--print"), "format", "the line to print; -pc: the usual one with the container in it",
        "FORMAT", _format,
        example='sonde -p"%proc.name %fd.name" evt.type=open', comment="who opens what",
    ),
    Option(
        ("-j", "--json"), "json", "one JSON object a line",
        example="sonde --json -n 10 evt.type=execve", comment="for jq and its like",
    ),
    Option(
        ("-t", "--timetype"), "time_mode", "time: " + ", ".join(f"{k} {v}" for k, v in TIME_MODES.items()), "MODE",
        _one_of(_TIMES), choices=_TIMES, example="sonde -tD fd.type=ipv4", comment="the time between lines",
    ),
    Option(
        ("-A", "--print-ascii"), "buffers", "buffers as text, line ends kept", value="A",
        example="sonde -A evt.is_io_write=true and fd.num=1", comment="what programs print",
    ),
    Option(
        ("-x", "--print-hex"), "buffers", "buffers in hex", value="x",
        example="sonde -x proc.name=sshd", comment="the bytes of sshd",
    ),
    Option(
        ("-X", "--print-hex-ascii"), "buffers", "buffers in hex and text", value="X",
        example="sonde -X fd.port=53", comment="DNS messages",
    ),
    Option(
        ("-b", "--print-base64"), "buffers", "buffers in base64", value="b",
        example="sonde -j -b fd.port=53", comment="buffers that survive JSON",
    ),
    Option(
        ("-v", "--verbose"), "verbose", "whole buffers, however long; with -l, more about each field",
        example="sonde -v fd.name contains .conf", comment="configuration as it is read",
    ),
    Option(
        ("-R", "--resolve-ports"), "resolve_ports", "port numbers as names of services",
        example="sonde -R fd.l4proto=tcp", comment="https instead of 443",
    ),
    Option(
        ("-q", "--quiet"), "quiet", "print no events",
        example="sonde -q -S --for 10s", comment="the summary of ten seconds",
    ),
    Option(
        ("-S", "--summary"), "summary", "at the end, how often each type of event came",
        example="sonde -S --for 5s proc.name=postgres", comment="what postgres does most",
    ),
    Option(
        ("--unbuffered",), "unbuffered", "write each line at once",
        example="sonde --unbuffered fd.port=22 | tee log", comment="no waiting in a pipe",
    ),
    Option(
        ("-o", "--output"), "output", "write to FILE; - is standard output, also with -- CMD", "FILE", _file,
        example="sonde -o opens.txt evt.type=open -- make", comment="make keeps the screen",
    ),
    Option(
        ("--explain",), "explain", "say what would run in the kernel and what would not, and stop",
        example="sonde --explain fd.name startswith /etc", comment="where the filter runs",
    ),
    Option(
        ("--kill",), "kill", "end CMD when the question ends first",
        example="sonde --kill -n 100 -- ping localhost", comment="100 events, then no more ping",
    ),
    Option(
        ("-l", "--list"), "list_fields", "list the fields; -lv says more",
        example="sonde -l", comment="what a filter can ask for",
    ),
    Option(
        ("--list-markdown",), "list_markdown", "list the fields as Markdown",
        example="sonde --list-markdown", comment="the same as a page",
    ),
    Option(
        ("-L", "--list-events"), "list_events", "list the events and their arguments",
        example="sonde -L", comment="values of evt.type",
    ),
    Option(
        ("--completion",), "completion", "print the completion script of a shell", "SHELL", _one_of(SHELLS),
        choices=SHELLS, example='eval "$(sonde --completion bash)"', comment="Tab completes options",
    ),
    Option(
        ("--version",), "version", "print the version", example="sonde --version", comment="the version",
    ),
    Option(
        ("-h", "--help"), "help", "print this help", example="sonde --help", comment="this page",
    ),
)  # fmt: skip

_CHISELS = "sonde tools lists the chisels that are there, sonde help NAME shows the page of one"
_PLUGINS = "plugins are not there yet"
_DRIVER = "sonde needs no driver: it loads eBPF by itself; leave the option out"
_RETIRED = "sonde does not ask Kubernetes or Mesos servers; leave the option out"
_ALWAYS = "sonde needs no such option; leave it out"
_SOON = "not there yet"

LATER: tuple[Option, ...] = tuple(
    Option(tuple(names.split(",")), "", "", refused=reason)
    for reason, options in (
        (_CHISELS, "-i,--chisel-info|--list-chisels"),
        (_PLUGINS, "-H,--plugin|-I,--input|--plugin-config-file|--plugin-info"),
        (_DRIVER, "-B,--bpf|--modern-bpf|--cpus-for-each-buffer|-g,--gvisor-config|-u,--udig"),
        (_RETIRED, "-k,--k8s-api|-K,--k8s-api-cert|--node-name|-m,--mesos-api"),
        (_ALWAYS, "-d,--displayflt|-T,--force-tracers-capture|--libs-version|--log-level"),
        ("not there yet; write proc.name!=COMM in the filter", "-U,--suppress-comm"),
        (_SOON, "--cri|--cri-timeout|--page-faults|--large-environment"),
        (_SOON, "--count|--events|--strict"),
    )
    for names in options.split("|")
)
