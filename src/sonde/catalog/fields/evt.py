"""Fields of class evt: the operation itself, its time, its arguments and its result."""

from sonde.catalog.column import Argument, Column
from sonde.catalog.types import BOOL, BYTES, DURATION, INT, STR, TIME

__all__ = ["EVT"]

_WORDS = ("a0", "a1", "a2", "a3", "a4", "a5")
# whatever a parameter may come from
_ANY = ("nr", "flags", "res", *_WORDS, "file", "dir", "newdir", "proc", "tid", "pid", "time")
_RESULT = ("res", "flags")
_OPENED = ("nr", "res", "flags", "a1", "a2", "a3")
_PLACE = ("nr", "proc", "dir", "newdir")

_NUMBERING = (
    Column("evt.num", INT, "Number of the row, counted from 1 as rows are delivered.", needs=("num",)),
    Column("evt.cpu", INT, "CPU on which the operation ended.", "cpu", ("cpu",)),
    Column("evt.hostname", STR, "Name of the system the operation happened on."),
    Column("evt.dir", STR, "< for an operation that has ended, > for one that is still running.", needs=("flags",)),
)

_TIMES = (
    Column("evt.time", STR, "End of the operation as local time of day, to the nanosecond.", needs=("time",)),
    Column("evt.time.s", STR, "End of the operation as local time of day, to the second.", needs=("time",)),
    Column("evt.time.iso8601", STR, "End of the operation in ISO 8601, UTC, to the nanosecond.", needs=("time",)),
    Column("evt.datetime", STR, "Local date and time of the end, to the nanosecond.", needs=("time",)),
    Column("evt.datetime.s", STR, "Local date and time of the end, to the second.", needs=("time",)),
    Column("evt.outputtime", STR, "The time in the form that -t asks for.", needs=("time", "latency")),
    Column("evt.rawtime", TIME, "End of the operation in nanoseconds since the epoch.", needs=("time",)),
    Column("evt.rawtime.s", INT, "Whole seconds of evt.rawtime.", needs=("time",)),
    Column("evt.rawtime.ns", INT, "Nanoseconds of evt.rawtime after its whole seconds.", needs=("time",)),
    Column("evt.start", TIME, "Enter of the operation in nanoseconds since the epoch.", needs=("time", "latency")),
    Column("evt.reltime", DURATION, "Time since the start of the capture.", needs=("time",)),
    Column("evt.reltime.s", INT, "Whole seconds of evt.reltime.", needs=("time",)),
    Column("evt.reltime.ns", INT, "Nanoseconds of evt.reltime after its whole seconds.", needs=("time",)),
    Column("evt.deltatime", DURATION, "Time since the row before.", needs=("time",)),
    Column("evt.deltatime.s", INT, "Whole seconds of evt.deltatime.", needs=("time",)),
    Column("evt.deltatime.ns", INT, "Nanoseconds of evt.deltatime after its whole seconds.", needs=("time",)),
    Column(
        "evt.latency",
        DURATION,
        "Time from the enter of the operation to its end; of one that is still running, so "
        "far, missing if it began before the question did.",
        "latency",
        ("latency",),
    ),
    Column("evt.latency.s", INT, "Whole seconds of evt.latency.", needs=("latency",)),
    Column("evt.latency.ns", INT, "Nanoseconds of evt.latency after its whole seconds.", needs=("latency",)),
    Column("evt.latency.human", STR, "evt.latency with a unit, as 3.37us.", needs=("latency",)),
    Column("evt.wait_latency", DURATION, "evt.latency of operations that wait (evt.is_wait).", needs=("latency", "nr")),
)

_KIND = (
    Column("evt.type", STR, "Name of the operation; a family such as open means all of its calls.",
           needs=("nr",), of_event=True),
    Column("evt.type.is", INT, "1 if the operation is NAME or of family NAME, else 0: evt.type.is.open.", needs=("nr",),
           argument=Argument.REQUIRED, of_event=True),
    Column("syscall.type", STR, "As evt.type, but missing for what is no system call (procexit, signaldeliver).",
           needs=("nr",), of_event=True),
    Column("evt.category", STR, "Kind of operation: file, net, io_read, io_write, process, memory, signal ...",
           needs=("nr",), of_event=True),
    Column("evt.is_io", BOOL, "true for operations that read from or write to a descriptor.",
           needs=("nr",), of_event=True),
    Column("evt.is_io_read", BOOL, "true for operations that read from a descriptor.", needs=("nr",), of_event=True),
    Column("evt.is_io_write", BOOL, "true for operations that write to a descriptor.", needs=("nr",), of_event=True),
    Column("evt.io_dir", STR, "r for operations that read from a descriptor, w for those that write.",
           needs=("nr",), of_event=True),
    Column("evt.is_wait", BOOL, "true for operations that wait: poll, select, nanosleep, wait4 ...",
           needs=("nr",), of_event=True),
    Column("evt.is_open_read", BOOL, "true for an open for reading that succeeded.", needs=_OPENED),
    Column("evt.is_open_write", BOOL, "true for an open for writing that succeeded.", needs=_OPENED),
    Column("evt.is_open_exec", BOOL, "true for an open that succeeded and may have made an executable file.",
           needs=_OPENED),
    Column("evt.is_open_create", BOOL, "true for an open that succeeded and may have made the file.", needs=_OPENED),
)  # fmt: skip

_ARGUMENTS = (
    Column("evt.args", STR, "All arguments and the result, as name=value.", needs=_ANY),
    Column("evt.info", STR, "The same as evt.args.", needs=_ANY),
    Column("evt.arg", STR, "One argument by name or number, as text: evt.arg.flags, evt.arg[0].",
           needs=_ANY, argument=Argument.REQUIRED),
    Column("evt.rawarg", INT, "One argument as a number: evt.rawarg.flags.", needs=_ANY, argument=Argument.REQUIRED),
    Column("evt.buffer", BYTES, "The data that was read or written, its first -s bytes.", "data", ("nr", "seq")),
    Column("evt.buflen", INT, "How many bytes were read or written.", "buflen", ("nr", *_RESULT)),
    Column("evt.abspath", STR, "The path of the operation made absolute; of two paths the second.", needs=_PLACE),
    Column("evt.abspath.src", STR, "Of an operation with two paths, the first made absolute.", needs=_PLACE),
    Column("evt.abspath.dst", STR, "Of an operation with two paths, the second made absolute.", needs=_PLACE),
)  # fmt: skip

_RESULTS = (
    Column("evt.res", STR, "SUCCESS, or the name of the error, as ENOENT.", "rawres", _RESULT),
    Column("evt.rawres", INT, "Result as a number; a failure is -errno.", "rawres", _RESULT),
    Column("evt.failed", BOOL, "true if the operation returned an error.", "failed", _RESULT),
    Column("evt.count", INT, "Always 1, to be summed.", needs=("nr",), of_event=True),
    Column("evt.count.error", INT, "1 for operations that failed.", needs=("nr", *_RESULT)),
    Column("evt.count.error.file", INT, "1 for file operations that failed.", needs=("nr", *_RESULT)),
    Column("evt.count.error.net", INT, "1 for network operations that failed.", needs=("nr", *_RESULT)),
    Column("evt.count.error.memory", INT, "1 for memory operations that failed.", needs=("nr", *_RESULT)),
    Column("evt.count.error.other", INT, "1 for other operations that failed.", needs=("nr", *_RESULT)),
    Column("evt.count.exit", INT, "1 for operations that have ended.", needs=("flags",)),
)

EVT: tuple[Column, ...] = _NUMBERING + _TIMES + _KIND + _ARGUMENTS + _RESULTS
