"""`sonde convert FROM TO`: a recording or a log as another one, as a file of sysdig, Parquet, CSV or lines of JSON."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from functools import partial

from sonde.ask_record import about
from sonde.catalog.column import Argument
from sonde.catalog.events import FIELDS
from sonde.cli_options import Options
from sonde.dialects.format import DEFAULT
from sonde.engines.columns import columns_of
from sonde.engines.context import Context
from sonde.engines.duckdb import Archive
from sonde.errors import SondeError, UsageError
from sonde.plan.batch import Batch
from sonde.plan.expr import Field
from sonde.query import Answer, Question, is_recording, recorded
from sonde.render.receipt import receipt_text
from sonde.sources.recording.segments import Directory
from sonde.sources.recording.summary import contents
from sonde.sources.recording.writer import Recorder
from sonde.sources.scap.before import Before
from sonde.sources.scap.writing import ScapWriter

__all__ = ["convert"]

RECORDING, SYSDIG, LINES = ".sonde", ".scap", ".jsonl"
TABLES = {".parquet": "parquet", ".csv": "csv"}
# other texts of what is there already, and what depends on the row before
LEFT_OUT = ("evt.deltatime", "evt.time", "evt.datetime", "evt.reltime", "evt.rawtime.", "evt.inc", "evt.count")
Write = Callable[[Batch], None]
Writer = Callable[[Answer], AbstractContextManager[Write]]  # at the end of it the file is whole


def convert(words: Sequence[str]) -> int:
    """Write what the first word names as the second one says; -> the exit status."""
    if len(words) != 2:
        raise UsageError("convert takes two names, as in sonde convert shop.sonde shop.parquet")
    source, target = words
    ending = os.path.splitext(target.rstrip("/"))[1]
    if ending not in (RECORDING, SYSDIG, LINES, *TABLES):
        raise UsageError(f"{target}: NAME{', NAME'.join((RECORDING, SYSDIG, LINES, *TABLES))} can be written")
    if not os.path.exists(source):
        raise UsageError(f"there is no {source}")
    os.umask(0o077)  # what was seen may be secret
    began = time.monotonic()
    whole = ending in (RECORDING, SYSDIG)
    fields = () if whole else _fields(source)
    shown = " ".join(f"%{field}" for field in fields) or DEFAULT
    question = Question(format=shown, json=ending == LINES, record=whole)
    writer = _recorder(source, target, ending) if whole else _file(target, ending, fields)
    with closing(Answer(question, recorded(source))) as answer, writer(answer) as write:
        while not answer.done:
            if (batch := answer.rows(answer.source.poll())) is not None:
                write(batch)
    sys.stderr.write(receipt_text(answer.receipt(time.monotonic() - began)))
    return 0


def _fields(source: str) -> tuple[Field, ...]:
    """The columns of a table of events: every field that is one value of a row, and that the source knows."""
    plain = (column for column in FIELDS.values() if not column.either and column.argument is Argument.NONE)
    names = [column.name for column in plain if not column.name.startswith(LEFT_OUT)]
    with closing(Answer(Question(format=" ".join(f"%{name}" for name in names)), recorded(source))) as answer:
        unknown = set(answer.unknown())
    return tuple(Field(name) for name in names if name not in unknown)


def _recorder(source: str, target: str, ending: str) -> Writer:
    """Write a recording, or a file of sysdig."""
    made: Callable[[], Recorder | ScapWriter] = partial(_scap, source, target)
    if ending == RECORDING:
        made = partial(_native, source, target)

    @contextmanager
    def write(answer: Answer) -> Iterator[Write]:
        recorder = made()

        def add(batch: Batch) -> None:
            recorder.write(batch)
            recorder.settle(answer.counters)

        yield add
        recorder.close(answer.counters(), answer.state)

    return write


def _native(source: str, target: str) -> Recorder:
    """A recording, which keeps what was said of the first."""
    header = dict(about(Options()))
    if is_recording(source):
        headers = [segment.header for segment in contents(source).segments if segment.header]
        header |= {name: getattr(known, name) for known in headers[:1] for name in header}
        header["without"] = sorted({kind for known in headers for kind in known.without})
    return Recorder(Directory(target, anew=True), header)


def _scap(source: str, target: str) -> ScapWriter:
    """A file of sysdig. All rows are looked at first, for what there was before them."""
    before = Before()
    with closing(Answer(Question(record=True), recorded(source))) as answer:
        while not answer.done:
            if (batch := answer.rows(answer.source.poll())) is not None:
                before.look(batch)
    return ScapWriter(target, before.beginning)


def _file(target: str, ending: str, fields: Sequence[Field]) -> Writer:
    """Write a table, or lines of JSON."""

    @contextmanager
    def lines(answer: Answer) -> Iterator[Write]:
        try:
            with open(target, "wb") as file:
                yield lambda batch: file.writelines((answer.text(batch),))
        except OSError as error:
            raise SondeError(f"cannot write {target}: {error.strerror}") from None

    @contextmanager
    def table(answer: Answer) -> Iterator[Write]:
        context = Context(answer.state)

        def add(batch: Batch) -> None:
            nonlocal context
            context = context.of(batch.state)
            archive.add(columns_of(batch, fields, context))

        with closing(Archive({str(field): FIELDS[field.name].type for field in fields})) as archive:
            yield add
            archive.write(target, TABLES[ending])

    return lines if ending == LINES else table
