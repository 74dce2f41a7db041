"""A live question from a terminal: signals, the command after --, output, and when it ends."""

from __future__ import annotations

import contextlib
import os
import resource
import select
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import TypeVar

from sonde.catalog.changes import NEEDED
from sonde.cli_options import Options
from sonde.dialects.format import CONTAINER, DEFAULT
from sonde.errors import KernelError, SondeError, UsageError
from sonde.plan.batch import Batch
from sonde.query import (
    Answer,
    Child,
    Open,
    Question,
    Source,
    capabilities,
    explain,
    is_scap,
    launch,
    recorded,
    under_strace,
)
from sonde.render import colour
from sonde.render.items import Options as RowOptions
from sonde.render.payload import BUFFER_FORMS
from sonde.render.progress import Progress
from sonde.render.receipt import Status, receipt_json, receipt_text
from sonde.render.times import TimeStyle
from sonde.sources.live.events import Feature
from sonde.sources.live.readers import readers

__all__ = [
    "FilterRun", "Output", "Run", "Signals", "ask", "changing", "die_of", "explained", "lacking", "left_out",
    "question_of", "raised", "somewhere", "threads_of", "within",
]  # fmt: skip

T = TypeVar("T")
STDOUT, STDERR = 1, 2
PIECE = 1 << 16
SECOND = 1_000_000_000


def question_of(options: Options, out: int = STDOUT, helpers: tuple[int, ...] = ()) -> Question:
    """What the command line asks; `out` is where the answer goes, `helpers` are processes of ours."""
    usual = RowOptions()
    shown = RowOptions(
        buffers=BUFFER_FORMS.get(options.buffers, usual.buffers), times=TimeStyle(options.time_mode),
        cut=None if options.verbose or options.json else usual.cut, colour=not options.json and colour.wanted(out),
    )  # fmt: skip
    return Question(
        filter=options.filter_words, format=options.format or (CONTAINER if options.container_format else DEFAULT),
        json=options.json, snaplen=options.snaplen, limit=options.count, follow=bool(options.command or options.pids),
        skip=left_out(options, out, helpers), shown=shown, resolve_ports=options.resolve_ports, quiet=options.quiet,
        record=options.write is not None, beside=within(options), hidden=changing(options),
        exact=options.read is not None and is_scap(options.read),
    )  # fmt: skip


def changing(options: Options) -> str:
    """The filter of -F: what changes names of files and processes, whether it passes the other one or not."""
    if not options.fat or not options.filter_words:
        return ""
    names = sorted({name for names in NEEDED.values() for name in names})
    return f"evt.type in ({', '.join(names)})"


def within(options: Options) -> tuple[str, ...]:
    """Filters that say the same as --since and --until, and -M of what was recorded."""
    if options.read is None and (options.since or options.until):
        raise UsageError("--since and --until are about a recording: -r NAME.sonde says which")
    if options.until and (options.since or 0) > options.until:
        raise UsageError("--since is later than --until: there is no time between them")
    since = (f"evt.rawtime >= {options.since}",) if options.since else ()
    until = (f"evt.rawtime <= {options.until}",) if options.until else ()
    if options.read is None or options.seconds is None:
        return since + until
    began = max(_first(_read(options)), options.since or 0)
    return (*since, *until, f"evt.rawtime < {began + round(options.seconds * SECOND)}")


def _first(path: str) -> int:
    """The time of the first row of what was recorded, ns since the epoch; 0 if there is none."""
    if path == "-":
        raise UsageError("-M begins with the first event, and -r - cannot be read twice: --until says a time")
    with contextlib.closing(Answer(Question(exact=is_scap(path)), recorded(path, events=True))) as answer:
        while not answer.done:
            if (batch := answer.rows(answer.source.poll())) is not None:
                return int(batch.columns["time"].min())
    return 0


def left_out(options: Options, out: int, helpers: tuple[int, ...] = ()) -> tuple[int, ...]:
    """The processes whose events are our own doing: ourselves, our `helpers`, and who reads what we write to `out`."""
    return () if options.debug else (os.getpid(), *helpers, *readers(out))[:4]


def ask(options: Options) -> int:
    """Answer until the end that the options, the command or Ctrl-C set; -> the exit status."""
    with Output(options) as out:
        return FilterRun(options, out).whole()


class Output:
    """Where lines go: a file, stdout, or with -- CMD stderr. Files are made 0600: what is seen may be secret."""

    def __init__(self, options: Options) -> None:
        to_error = bool(options.command) and options.output is None
        self.name = options.output or "-"
        if self.name == "-":
            self.fd, self.name = (STDERR, "standard error") if to_error else (STDOUT, "standard output")
            return
        try:
            self.fd = os.open(self.name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise UsageError(f"cannot write {self.name}: {error.strerror}") from None

    def __enter__(self) -> Output:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.fd > STDERR:
            os.close(self.fd)

    def write(self, text: bytes) -> None:
        """All of it; BrokenPipeError when nobody reads any more."""
        view = memoryview(text)
        while view:
            try:
                view = view[os.write(self.fd, view[:PIECE]) :]
            except BlockingIOError:  # somebody else who has this terminal made it so
                select.select([], [self.fd], [])
            except BrokenPipeError:
                raise
            except OSError as error:
                raise SondeError(f"cannot write {self.name}: {error.strerror}") from None


class Run:
    """A question being answered until the options, its command or a signal end it.

    Signals say `ended_by` which, and `asked` that a receipt is wanted meanwhile. `out` is where the answer goes.
    """

    def __init__(self, options: Options, out: int = STDOUT) -> None:
        self.options = options
        self.ended_by = 0
        self.asked = False
        self.command: Child | None = None
        self.status: int | None = None  # of the command
        self.began = 0.0
        self._source: Source | None = None
        self.progress = Progress(options.progress, out)

    @property
    def elapsed(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self.began

    def begin(self, source: Source, threads: list[int], start: Callable[[], None]) -> None:
        """See the threads, `start`, and run the command, if there is one."""
        self._source = source
        for tid in threads:
            source.follow(tid)
        start()
        self.began = time.monotonic()
        command = launch(source, self.options.command) if self.options.command else None
        self.watching()
        if command:
            command.release()
            self.command = command

    def watching(self) -> None:
        """What happens from now on is seen; the command has not begun."""

    def over(self, done: bool) -> bool:
        """Is it at its end? `done`: the answer is."""
        if self.command and self.status is None:
            self.status = self.command.poll()
        seconds = self.options.seconds if self.options.read is None else None
        late = seconds is not None and self.elapsed >= seconds
        ended = self.ended_by != 0 or done or late or self.status is not None
        if self._source is not None and self.options.read is not None:
            self.progress.tell(*self._source.progress())
            if ended:
                self.progress.end(done)
        return ended

    def unread(self, done: bool) -> list[str]:
        """What of what was recorded is not in the answer because a signal ended it before it was `done`."""
        stopped = self.ended_by != 0 and self.options.read is not None and not done
        return [f"the rest of {self.options.read}: reading was stopped"] if stopped else []

    def refused(self, complete: bool) -> bool:
        """Does --exact refuse an answer that is not complete? It says so."""
        if complete or not self.options.exact:
            return False
        print("sonde: something was lost, and --exact was asked for", file=sys.stderr)
        return True

    def pass_on(self, number: int) -> None:
        """A signal came that a command may want."""


class Signals:
    """Ctrl-C and SIGTERM end the question; SIGUSR1 asks for a receipt and the calls in flight."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def __enter__(self) -> None:
        def stop(number: int, frame: FrameType | None) -> None:
            self._run.ended_by = number
            self._run.pass_on(number)

        def report(number: int, frame: FrameType | None) -> None:
            self._run.asked = True

        handlers = {signal.SIGINT: stop, signal.SIGTERM: stop, signal.SIGHUP: stop, signal.SIGUSR1: report}
        self._before = {number: signal.signal(number, handler) for number, handler in handlers.items()}

    def __exit__(self, *_: object) -> None:
        self._run.progress.end(done=False)
        for number, handler in self._before.items():
            signal.signal(number, handler)


class FilterRun(Run):
    """A filter being answered."""

    def __init__(self, options: Options, out: Output) -> None:
        super().__init__(options, out.fd)
        self.out = out
        self.waits = False
        self.kinds: Counter[tuple[str, bool]] = Counter()  # name of the event, is it entered
        self.helpers: tuple[int, ...] = ()  # processes of ours, left out as we are

    def whole(self) -> int:
        """Load, run, print; -> exit status."""
        threads = [tid for pid in self.options.pids for tid in threads_of(pid)]
        self.answer = _opened(self.options, self.out.fd, self.helpers)
        try:
            with Signals(self):
                try:
                    self.follow(threads)
                    self._summary()
                except BrokenPipeError:
                    return self._end_of_command()
                except SondeError:
                    self._wait()
                    raise
                self._wait()
            return 1 if self.refused(self.complete) else self._end_of_command()
        finally:
            self.answer.close()

    def follow(self, threads: list[int]) -> None:
        """Watch until the end."""
        answer = self.answer
        self.begin(answer.source, threads, answer.source.start)
        while not self.over(answer.done):
            self.show(answer.rows(answer.source.poll()))
            if self.asked:
                self.asked = False
                self.show(answer.rows(answer.source.poll(final=True)))
                self.show(answer.rows(answer.source.inflight(), whole=True))
                self._receipt()
        self.show(answer.rows(answer.source.stop()))
        if self.options.inflight and not answer.done:
            self.show(answer.rows(answer.source.inflight(), whole=True))

    def show(self, batch: Batch | None) -> None:
        """Show the rows that have come."""
        self.count(batch)
        if batch is not None and (text := self.answer.text(batch)):
            self.progress.hide()
            self.out.write(text)

    def count(self, batch: Batch | None) -> None:
        """Count the rows for the summary."""
        if batch is not None and self.options.summary:
            self.kinds.update(self.answer.kinds(batch))

    def _summary(self) -> None:
        if self.options.summary:
            self.out.write(_table(self.kinds).encode())
        self._receipt()

    def _receipt(self) -> None:
        receipt = self.answer.receipt(self.elapsed, self.unread(self.answer.done))
        self.complete = receipt.status is Status.EXACT
        sys.stderr.write(receipt_json(receipt) if self.options.json else receipt_text(receipt))
        sys.stderr.flush()

    def _wait(self) -> None:
        """Leave the command alone until it has ended; what ends us for good ends it too."""
        if self.command is None or self.status is not None:
            return
        self.answer.source.detach()
        self.waits = True
        if self.options.kill or self.ended_by in (signal.SIGTERM, signal.SIGHUP):
            self.command.kill(self.ended_by or signal.SIGTERM)
        self.status = self.command.wait()

    def pass_on(self, number: int) -> None:
        """A signal came: the command gets it if only that is waited for; from a terminal Ctrl-C reaches it anyway."""
        if self.waits and self.command and self.status is None and number != signal.SIGINT:
            self.command.kill(number)

    def _end_of_command(self) -> int:
        """The command's status, waited for; its signal is raised on ourselves."""
        self._wait()
        if self.status is not None and self.status < 0:
            die_of(-self.status)
        return self.status or 0


def _table(kinds: Counter[tuple[str, bool]]) -> str:
    """How often each type of event came, as sysdig's -S."""
    names = Counter({f"{'<>'[entered]} {name:<15} ": count for (name, entered), count in kinds.items()})
    lines = [f"{name}{count}\n" for name, count in names.most_common()]
    return "".join(["Event           #Calls\n", "----------------------\n", *lines])


def _opened(options: Options, out: int, helpers: tuple[int, ...]) -> Answer:
    """The question put to where its answer is."""
    question = question_of(options, out, helpers)
    return somewhere(options, lambda: Answer(question), lambda source: Answer(question, source), events=True)


def somewhere(options: Options, live: Callable[[], T], elsewhere: Callable[[Open], T], events: bool = False) -> T:
    """What `live` makes of the running kernel, or `elsewhere` of a file, or of strace where the kernel cannot be asked
    and a command or a process is. `events`: of a .scap file every event is a row, else every call."""
    if options.read is not None:
        return elsewhere(recorded(_read(options), events))
    try:
        return live()
    except KernelError as error:
        missing = _missing()
        if missing is None or not (options.command or options.pids):
            raise _caused(error, missing) from None
    made = elsewhere(under_strace(missing.why))
    print(f"sonde: {missing.why}: strace watches instead, which slows what it watches", file=sys.stderr)
    return made


def raised(make: Callable[[], T]) -> T:
    """What `make` loads into the kernel. KernelError: what this kernel or user lacks altogether, else what was
    refused."""
    try:
        return make()
    except KernelError as error:
        raise _caused(error, _missing()) from None


def lacking() -> str:
    """Why this kernel cannot be asked by this user, "" if it can."""
    missing = _missing()
    return missing.why if missing else ""


def _missing() -> Feature | None:
    """What this kernel or user lacks without which nothing can be asked."""
    return next((feature for feature in capabilities() if feature.needed and not feature.here), None)


def _caused(error: KernelError, missing: Feature | None) -> KernelError:
    """A refusal, by its cause if that is known."""
    if missing is None:
        return error
    return KernelError("live questions do not work here", missing.why, missing.remedy, error.errno)


def _read(options: Options) -> str:
    """The file to read."""
    path = options.read or ""
    if options.command or options.pids:
        raise UsageError("-r reads what was recorded, so there is no command or process to watch")
    return path


def explained(options: Options) -> str:
    """What --explain prints."""
    question = question_of(options)
    if options.read is not None:
        return explain(question, read=_read(options))
    return explain(question, strace=lacking() if options.command or options.pids else "")


def threads_of(pid: int) -> list[int]:
    """The threads of a process; SondeError if there is none."""
    try:
        return [int(tid) for tid in os.listdir(f"/proc/{pid}/task")]
    except OSError:
        raise SondeError(f"there is no process {pid}") from None


def die_of(number: int) -> None:
    """End as the command did, without a core of our own."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if number != signal.SIGKILL:
        signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
