"""`sonde convert FROM TO [filter]` and `sonde -r FROM -w TO [filter]`: what was recorded, as another file."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import fields, replace
from typing import BinaryIO

from sonde.ask import Run, Signals, within
from sonde.ask_record import PACKED
from sonde.catalog.column import Argument
from sonde.catalog.events import FIELDS
from sonde.cli_options import Options
from sonde.cli_table import OPTIONS, SNAPLEN_MAX
from sonde.engines.columns import columns_of
from sonde.engines.context import Context
from sonde.engines.duckdb import Archive
from sonde.errors import SondeError, UsageError
from sonde.plan.batch import Batch
from sonde.plan.expr import Field
from sonde.query import Answer, Open, Question, adopt, is_scap, readable, recorded
from sonde.render.receipt import Status, receipt_json, receipt_text
from sonde.rewriting import Rewriting, is_native

__all__ = ["convert"]

LINES = ".jsonl"
TABLES = {".parquet": "parquet", ".csv": "csv"}
WHOLE = (".sonde", ".scap")
# other texts of what is there already, and what depends on the row before
LEFT_OUT = ("evt.deltatime", "evt.time", "evt.datetime", "evt.reltime", "evt.rawtime.", "evt.inc", "evt.count")
APPLY = frozenset((
    "verb", "arguments", "read", "write", "filter_words", "count", "seconds", "since", "until", "exact", "progress",
    "json", "debug", "quiet",
))  # fmt: skip
APPLY_TO_WHOLE = frozenset((
    "compress", "fat", "exclude_users", "filter_proclist", "redacted", "segment_size", "segment_seconds",
    "segment_events", "segments",
))  # fmt: skip
Write = Callable[[Batch | None], None]
Writer = Callable[[Answer], AbstractContextManager[Write]]  # at the end of it the file is whole


def convert(options: Options) -> int:
    """Write what the first name says as the second one; -> the exit status."""
    options = _named(options)
    os.umask(0o077)  # what was seen may be secret
    adopt(options.read or "")
    question, opened, writer = _whole(options) if _is_whole(options) else _file(options)
    run = Run(options)
    with closing(Answer(question, opened)) as answer:
        with Signals(run), writer(answer) as write:
            run.begin(answer.source, [], answer.source.start)
            while not run.over(answer.done):
                write(answer.rows(answer.source.poll()))
        receipt = answer.receipt(run.elapsed, run.unread(answer.done))
    sys.stderr.write(receipt_json(receipt) if options.json else receipt_text(receipt))
    if receipt.status is not Status.EXACT and not (_is_whole(options) and is_native(options.write or "")):
        print(f"sonde: {options.write} cannot tell this: whatever is asked of it looks whole", file=sys.stderr)
    if run.ended_by:
        raise SondeError(f"stopped: the rest of {options.read} is not in {options.write}")
    return int(run.refused(receipt.status is Status.EXACT))


def _named(options: Options) -> Options:
    """The options with the two names and the filter where they belong. UsageError for what cannot be written, and for
    options that would change nothing."""
    if options.verb:
        if len(options.arguments) < 2:
            raise UsageError("convert takes two names, as in sonde convert shop.sonde shop.parquet")
        source, target, *words = options.arguments
        if options.read is not None or options.write is not None:
            raise UsageError("convert takes two names: -r and -w say the same without it")
        options = replace(options, read=source, write=target, filter_words=" ".join(words))
    source, target = options.read or "", options.write or ""
    if options.verb and _ending(target) not in (*WHOLE, PACKED, LINES, *TABLES):
        raise UsageError(f"{target}: NAME{', NAME'.join((*WHOLE, PACKED, LINES, *TABLES))} can be written")
    _refuse(options)
    _look(source, target)
    if _ending(target) == PACKED:
        options = replace(options, compress=True)
    return options


def _refuse(options: Options) -> None:
    """UsageError for options that say nothing of this."""
    if options.command:
        raise UsageError("what was recorded is read, so there is no command to watch")
    apply = APPLY | APPLY_TO_WHOLE if _is_whole(options) else APPLY
    for field in fields(options):
        if field.name not in apply and getattr(options, field.name) != field.default:
            name = next(option.names[0] for option in OPTIONS if option.sets == field.name)
            raise UsageError(f"{name} says nothing about writing {options.read} as {options.write}; leave it out")


def _look(source: str, target: str) -> None:
    """UsageError if the source cannot be read twice, is none, or would be written over."""
    if source == "-":
        raise UsageError("what comes from standard input is read once: keep it first, as in cat > shop.sonde")
    readable(source)
    if target == "-":
        return
    one, other = os.path.realpath(source), os.path.realpath(target)
    inside = os.path.isdir(one) and other.startswith(one + os.sep)
    if one == other or inside or one.startswith(other + os.sep) or _is_numbered(one, other):
        raise UsageError(f"{target} is, or has in it, what is read: write it to another place")


def _is_numbered(source: str, target: str) -> bool:
    """May the source be one of the files of which the target is the name without a number?"""
    return source.startswith(target) and source.removeprefix(target).isdecimal()


def _ending(target: str) -> str:
    return PACKED if target.endswith(PACKED) else os.path.splitext(target.rstrip("/"))[1]


def _is_whole(options: Options) -> bool:
    """Is a recording or a file of sysdig written? With -w there is nothing else."""
    return not options.verb or _ending(options.write or "") in (*WHOLE, PACKED)


def _whole(options: Options) -> tuple[Question, Open, Writer]:
    """A recording, or a file of sysdig."""
    rewriting = Rewriting(options)
    return rewriting.question, rewriting.opened, rewriting.writer


def _file(options: Options) -> tuple[Question, Open, Writer]:
    """A table, or lines of JSON."""
    source, target = options.read or "", options.write or ""
    ending, shown = _ending(target), _fields(source)
    question = Question(
        filter=options.filter_words, format=" ".join(f"%{field}" for field in shown), json=ending == LINES,
        snaplen=SNAPLEN_MAX, limit=options.count, beside=within(options), exact=is_scap(source),
    )  # fmt: skip
    return question, recorded(source), _lines(target) if ending == LINES else _table(target, ending, shown)


def _fields(source: str) -> tuple[Field, ...]:
    """The columns of a table of events: every field that is one value of a row, and that the source knows."""
    plain = (column for column in FIELDS.values() if not column.either and column.argument is Argument.NONE)
    names = [column.name for column in plain if not column.name.startswith(LEFT_OUT)]
    with closing(Answer(Question(format=" ".join(f"%{name}" for name in names)), recorded(source))) as answer:
        unknown = set(answer.unknown())
    return tuple(Field(name) for name in names if name not in unknown)


def _lines(target: str) -> Writer:
    @contextmanager
    def lines(answer: Answer) -> Iterator[Write]:
        try:
            with _opened(target) as file:
                yield lambda batch: file.writelines((answer.text(batch),))
        except OSError as error:
            raise SondeError(f"cannot write {target}: {error.strerror}") from None

    return lines


def _opened(target: str) -> BinaryIO:
    """A new file. UsageError if that cannot be."""
    try:
        return open(target, "wb")
    except OSError as error:
        raise UsageError(f"cannot write {target}: {error.strerror}") from None


def _table(target: str, ending: str, shown: Sequence[Field]) -> Writer:
    @contextmanager
    def table(answer: Answer) -> Iterator[Write]:
        context = Context(answer.state)
        with _opened(target):  # what cannot be written is said before all is read
            pass

        def add(batch: Batch | None) -> None:
            nonlocal context
            if batch is not None:
                context = context.of(batch.state)
                archive.add(columns_of(batch, shown, context))

        with closing(Archive({str(field): FIELDS[field.name].type for field in shown})) as archive:
            yield add
            archive.write(target, TABLES[ending])

    return table
