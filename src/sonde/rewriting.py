"""What was recorded written as another recording or file of sysdig, all of it or what passes a filter."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import replace

from sonde.ask import changing, within
from sonde.ask_record import SUFFIX, about, files, rotation, telling
from sonde.catalog.privacy import DATA
from sonde.cli_options import Options
from sonde.cli_table import SNAPLEN_MAX
from sonde.errors import UsageError
from sonde.plan.batch import Batch
from sonde.plan.people import People
from sonde.plan.state import State
from sonde.query import Answer, Open, Question, Source, certain_events, is_recording, is_scap, plan, recorded
from sonde.sources.private.telling import Telling
from sonde.sources.recording.merged import Merged
from sonde.sources.recording.segments import Directory, Stream, recordings
from sonde.sources.recording.source import Recording
from sonde.sources.recording.span import Extent, span_of
from sonde.sources.recording.summary import Contents, contents
from sonde.sources.recording.writer import Recorder
from sonde.sources.scap.before import Before
from sonde.sources.scap.beginning import Beginning
from sonde.sources.scap.copying import Copies, listed
from sonde.sources.scap.lists import User
from sonde.sources.scap.source import ScapFile
from sonde.sources.scap.writing import Form, ScapWriter

__all__ = ["Rewriting", "is_native"]

Write = Callable[[Batch | None], None]
TAKEN = ("filter", "beside", "users", "groups", "snaplen")  # of a header: told anew


def is_native(target: str) -> bool:
    """Is a recording written, and no file of sysdig?"""
    return target == "-" or target.rstrip("/").endswith(SUFFIX)


class Rewriting:
    """What `options.read` names as `options.write` says.

    Events of a file of sysdig go into another one as they are, unless something in them is to be left out; all else is
    rows of completed calls.
    """

    def __init__(self, options: Options) -> None:
        self._options, self._source, self._target = options, options.read or "", options.write or ""
        self._native = is_native(self._target)
        if self._native and options.compress:
            raise UsageError(f"-z is about files of sysdig; recordings (NAME{SUFFIX}, -) are always compressed")
        if not self._native and recordings(self._source):
            raise UsageError(f"{self._source} has several recordings, a file of sysdig is of one: write each alone")
        scap = is_scap(self._source)
        self._copies = scap and not self._native and not options.redacted
        self._telling = telling(options, scap)
        self.question = Question(
            filter=options.filter_words, snaplen=SNAPLEN_MAX, limit=options.count, quiet=True, record=not self._copies,
            beside=within(options), hidden=changing(options), exact=scap,
        )  # fmt: skip

    @property
    def opened(self) -> Open:
        """What opens the source."""
        return recorded(self._source, events=self._copies)

    def writer(self, answer: Answer) -> AbstractContextManager[Write]:
        """What writes the batches of an answer; at the end of it the recording is whole. None: nothing passes of what
        was read."""
        return self._calls(answer) if not self._copies else self._events(answer)

    @contextmanager
    def _calls(self, answer: Answer) -> Iterator[Write]:
        told = self._telling
        told.writer = self._recorder(told) if self._native else self._scap(*self._before(), Form())

        def write(batch: Batch | None) -> None:
            if batch is not None:
                told.write(batch)
                told.settle(answer.counters)

        yield write
        if isinstance(told.writer, Recorder):
            told.writer.extent = _extent(answer.source)
        told.close(answer.counters(), answer.state)

    @contextmanager
    def _events(self, answer: Answer) -> Iterator[Write]:
        told = self._telling
        assert isinstance(answer.source, ScapFile)
        copies, found = Copies(answer.source, self._options.exclude_users), listed(self._source)
        told.writer = self._scap(found, self._began(), Form(copies.blocks, copies.calls, copies.entry, copied=True))

        def write(batch: Batch | None) -> None:
            if batch is None:
                copies.skip()
            else:
                told.write(batch)
                told.settle(answer.counters)

        yield write
        told.close(answer.counters(), answer.state)

    def _scap(self, found: Beginning, began: int, form: Form) -> ScapWriter:
        def begin(state: State) -> Beginning:
            return found

        options = self._options
        return ScapWriter(
            self._target, begin, options.compress, rotation(options), self._telling.beginning, form, began
        )  # fmt: skip

    def _before(self) -> tuple[Beginning, int]:
        """(what there was before the rows, the time of the first). All are looked at."""
        before, began, state = Before(), 0, State()
        for batch in self._batches():
            before.look(batch)
            began, state = began or int(batch.columns["time"][0]), batch.state
        found = before.beginning(state)
        if is_scap(self._source):
            first = listed(self._source)
            return replace(first, processes=found.processes, fds=found.fds), began
        return replace(found, people=_users(state.people) if state.people else None), began

    def _began(self) -> int:
        """The time of the first row, where a name wants it."""
        if self._options.segment_seconds is None:
            return 0
        return next((int(batch.columns["time"][0]) for batch in self._batches()), 0)

    def _batches(self) -> Iterator[Batch]:
        with closing(Answer(self.question, self.opened)) as answer:
            while not answer.done:
                if (batch := answer.rows(answer.source.poll())) is not None:
                    yield batch

    def _recorder(self, told: Telling) -> Recorder:
        """A recording, which keeps what was said of the first."""
        parts = recordings(self._source) or [self._source] if is_recording(self._source) else []
        found = list(map(contents, parts))
        limits, header = files(self._options), self._header(found)
        sink = Stream() if self._target == "-" else Directory(self._target, anew=True)
        since = min((one.span.since for one in found if one.span.since), default=0)
        asked = span_of(plan(self.question).expr).since
        return Recorder(sink, header, limits, chosen=told.records, past=max(since, asked))

    def _header(self, found: Sequence[Contents]) -> dict[str, object]:
        header, told = about(self._options), self._telling
        kept, beside = "", str(header["beside"])
        snaplen = SNAPLEN_MAX
        if found:
            headers = [one.header for whole in found for one in whole.segments if one.header]
            for known in headers[:1]:
                header |= {name: getattr(known, name) for name in header if name not in TAKEN}
                kept, snaplen = known.filter, known.snaplen
            header["without"] = sorted({kind for known in headers for kind in known.without})
        asked = [text for text in (kept, self.question.filter, *self.question.beside) if text]
        whole = asked[0] if len(asked) == 1 else " and ".join(f"({text})" for text in asked)
        header["filter"] = told.filter(whole, certain_events)
        header["beside"] = f"({told.filter(kept, certain_events)}) and {beside}" if kept and beside else beside
        header["command"] = told.command(shlex.split(str(header["command"])), str(header["command"]))
        header["snaplen"] = 0 if DATA in self._options.redacted else snaplen
        return header


def _extent(source: Source) -> Extent | None:
    """What is known of a recording that was read; of one that was read in part no more than its rows say."""
    if not isinstance(source, Recording | Merged):
        return None
    extent = source.extent()
    return extent if source.done else extent._replace(span=extent.span._replace(until=0))


def _users(people: People) -> list[User]:
    """Users and groups as a file of sysdig has them."""
    users = [User(False, uid, *map(os.fsencode, user)) for uid, user in people.users.items()]
    return users + [User(True, gid, os.fsencode(name)) for gid, name in people.groups.items()]
