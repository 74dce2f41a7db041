"""The command `sonde`: reads the command line, asks the question, prints the answer and its receipt."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sonde.cli_options import Options

__all__ = ["main"]

VERBS = {
    "strace": "system calls as strace shows them, with strace's options: sonde strace -h",
    "stat": "count events as perf stat does: sonde stat -e net:net_dev_xmit,open --for 5s, sonde stat -- CMD",
    "tools": "list the tools, or those about a WORD, by the question they answer",
    "help": "the page of a tool or verb: sonde help opensnoop",
    "sql": 'answer a SELECT: sonde sql "SELECT proc.name, count(*) FROM events GROUP BY ALL" --for 5s',
    "processes": "what runs: sonde processes name=bash; what ran: sonde processes -r shop.sonde --as-of 14:03",
    "threads": "the threads: sonde threads pid=12",
    "files": "what is open: sonde files pid=12, sonde files path contains .log",
    "sockets": "the sockets: sonde sockets state=LISTEN",
    "mounts": "the mounts: sonde mounts type=ext4",
    "users": "the users: sonde users uid=0",
    "record": "keep the past: processes, connections, files, failures: sonde record --keep 24h --max 2GB DIR",
    "convert": "a recording, or what passes, as .scap, .parquet, .csv, .jsonl: sonde convert A.sonde B.csv [FILTER]",
    "info": "what is inside a recording or a file of sysdig: sonde info shop.sonde",
    "doctor": "what this kernel and user can do, and what to do about it",
}
BLAS = "OPENBLAS_NUM_THREADS"
OUR_FAILURE = 125  # with -- CMD, whose statuses are the others


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; -> the exit status. A user's mistake is one line on stderr, never a traceback."""
    if arguments is not None:
        with _quiet_interrupt():
            return _main(list(arguments))
    gc.disable()  # see _loading()
    try:
        with _quiet_interrupt():
            return _main(_called_as(sys.argv))
    finally:
        gc.freeze()  # the process ends: nothing more needs to be found


@contextlib.contextmanager
def _loading() -> Iterator[None]:
    """While modules are loaded, numpy starts no threads for linear algebra, of which there is none here. From then on
    there is a search for garbage, but not in them: it went through them again and again, and once more at the end."""
    ours = BLAS not in os.environ
    if ours:
        os.environ[BLAS] = "1"
    try:
        yield
    finally:
        if ours:  # a command that is watched has not to know
            del os.environ[BLAS]
        gc.freeze()
        gc.enable()


def _called_as(words: list[str]) -> list[str]:
    """The command line, where a link is called by the name of one of our faces with that face in front."""
    from sonde.cli_options import FACES

    name = os.path.basename(words[0])
    return [name, *words[1:]] if name in FACES else words[1:]


@contextlib.contextmanager
def _quiet_interrupt() -> Iterator[None]:
    """Ctrl-C just ends us, also while modules are loaded, which is why main() loads them; ask.py does otherwise."""
    try:
        before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    except ValueError:  # not the main thread
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _main(words: list[str]) -> int:
    from sonde.cli_options import parse_options
    from sonde.errors import SondeError
    from sonde.toolbox import tool_names

    options: Options | None = None
    try:
        options = parse_options(words, {**VERBS, **dict.fromkeys(tool_names(), "")})
        return _run(options)
    except SondeError as error:
        print(f"sonde: {error}", file=sys.stderr)
        return OUR_FAILURE if options and options.command and error.status < OUR_FAILURE else error.status
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if options and options.debug:
            raise
        print(f"sonde: a bug in sonde: {type(error).__name__}: {error}; -D shows where", file=sys.stderr)
        return OUR_FAILURE if options and options.command else 1


def _run(options: Options) -> int:
    if options.read is not None:
        with _loading():
            from sonde.query import adopt, readable

        readable(options.read)
        adopt(options.read)
    if text := _told(options):
        sys.stdout.write(text)
        sys.stdout.flush()
        return 0
    if options.verb == "doctor":
        from sonde.doctor import doctor
        from sonde.errors import UsageError

        if options.arguments:
            raise UsageError(f"doctor takes no arguments, and {options.arguments[0]!r} is one")

        return doctor(sys.stdout, options.json)
    if options.verb == "convert" or (not options.verb and options.read is not None and options.write is not None):
        from sonde.convert import convert

        return convert(options)
    if options.write is not None or options.verb == "record":
        from sonde.ask_record import record

        return record(options)
    if options.verb == "info":
        from sonde.info import info

        return info(options.arguments, options.json)
    if options.verb == "strace":
        with _loading():
            from sonde.faces.strace.face import strace
        return strace(options.arguments, options.json)
    if options.verb:
        with _loading():
            from sonde.ask_sql import ask_sql
        return ask_sql(options)
    with _loading():
        from sonde.ask import ask
    return ask(options)


def _fitted(text: str) -> str:
    """Lines of two columns for a terminal of 80."""
    import textwrap

    lines = []
    for line in text.splitlines():
        column = len(line) - len(line.partition("  ")[2].lstrip()) if "  " in line else 0
        lines += textwrap.wrap(line, 80, subsequent_indent=" " * column, break_long_words=False, break_on_hyphens=False)
    return "\n".join(lines) + "\n"


def _told(options: Options) -> str:
    """What needs no kernel: help, version, lists."""
    if options.help:
        return _page(options.verb)
    if options.verb in ("tools", "help"):
        return _about_tools(options)
    if options.version:
        from sonde import __version__

        return f"sonde {__version__}\n"
    if options.completion:
        from sonde.catalog.events import FIELDS
        from sonde.cli_help import completion

        return completion(VERBS, FIELDS)
    if options.list_fields or options.list_events or options.list_markdown:
        from sonde.render import reference

        if options.list_events and options.arguments:
            from sonde.sources.live.tracepoints import listed

            return listed(options.arguments)
        if options.list_events:
            return reference.events_text()
        return reference.fields_markdown() if options.list_markdown else reference.fields_text(options.verbose)
    if options.explain or options.analyze:
        from sonde.explained import explained

        return _fitted(explained(options))
    return ""


def _about_tools(options: Options) -> str:
    """`sonde tools`, `sonde help NAME`."""
    from sonde.errors import UsageError
    from sonde.manual import listed

    words = options.arguments
    if options.verb == "tools" and len(words) <= 1:
        return listed(*words)
    if options.verb == "help" and len(words) <= 1:
        return _page(*words)
    raise UsageError("sonde tools [WORD] lists tools, sonde help NAME shows the page of one")


def _page(name: str = "") -> str:
    """What --help says: of everything, of a verb or of a tool."""
    from sonde.cli_help import help_text, verb_text

    if not name:
        return help_text(VERBS)
    if name == "strace":
        from sonde.faces.strace.help import help_text as strace_text

        return strace_text()
    if name in VERBS:
        return verb_text(name, VERBS[name])
    from sonde.manual import man_page

    return man_page(name)


if __name__ == "__main__":
    sys.exit(main())
