"""A command that is watched from its first instruction: forked, held back until the tracer is ready, then released."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import struct
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from sonde.errors import SondeError

__all__ = ["Command", "CommandError", "Usage", "inherited"]

SLACK = 1024  # KiB that a process may take between telling what it had and becoming another program
_USAGE = struct.Struct("2d5q")


class CommandError(SondeError):
    """The command could not be started; `status` is what a shell would return (126, 127)."""

    def __init__(self, name: str, errno: int) -> None:
        missing = errno == 2  # ENOENT
        self.status = 127 if missing else 126
        super().__init__(f"{name}: command not found" if missing else f"{name}: cannot run it: {os.strerror(errno)}")


def inherited() -> dict[str, str]:
    """The environment as this process got it; where the locale is C, Python has added LC_CTYPE to it."""
    variables = dict(os.environ)
    with open("/proc/self/environ", "rb") as file:
        if not any(word.startswith(b"LC_CTYPE=") for word in file.read().split(b"\0")):
            variables.pop("LC_CTYPE", None)
    return variables


class Usage(NamedTuple):
    """What a process took (getrusage(2)): seconds of a processor, page faults without and with reading a disk, context
    switches, KiB resident at most, and KiB of which it is only known that it had less."""

    user: float
    system: float
    minor: int
    major: int
    voluntary: int
    involuntary: int
    resident: int
    less_than: int = 0

    @classmethod
    def of(cls, usage: resource.struct_rusage) -> Usage:
        """As the kernel accounts for it."""
        return cls(
            usage.ru_utime, usage.ru_stime, usage.ru_minflt, usage.ru_majflt, usage.ru_nvcsw, usage.ru_nivcsw,
            usage.ru_maxrss,
        )  # fmt: skip

    def since(self, before: Usage) -> Usage:
        """Without what it took before it became another program; what was resident then counts on, and hides less."""
        hidden = self.resident <= before.resident + SLACK
        return Usage(
            max(0.0, self.user - before.user), max(0.0, self.system - before.system), self.minor - before.minor,
            self.major - before.major, self.voluntary - before.voluntary, self.involuntary - before.involuntary,
            0 if hidden else self.resident, self.resident if hidden else 0,
        )  # fmt: skip


class Command:
    """The child; it keeps stdin, stdout and stderr. `usage` is what it and its children took, once it has ended.

    It becomes the program `path` (without one, what PATH has of its name) after it has done `prepare`.
    """

    usage: Usage | None = None
    _before = Usage(0, 0, 0, 0, 0, 0, 0)

    def __init__(
        self, arguments: Sequence[str], path: str | None = None, environment: Mapping[str, str] | None = None,
        prepare: Callable[[], None] | None = None,
    ) -> None:  # fmt: skip
        self._name = arguments[0]
        variables = inherited() if environment is None else environment
        held, self._hold = os.pipe()
        self._failure, failed = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self._hold)

            def run() -> None:
                if prepare is not None:
                    prepare()
                if path is None:
                    os.execvpe(arguments[0], list(arguments), variables)
                os.execve(path, list(arguments), variables)

            _become(run, held, failed)
        os.close(held)
        os.close(failed)

    def release(self) -> None:
        """Let it run. CommandError if there is no such command or it cannot be executed."""
        os.write(self._hold, b"!")
        os.close(self._hold)
        with open(self._failure, "rb") as file:
            told = file.read()  # ends when exec closes the other side
        if len(told) >= _USAGE.size:  # else it was killed before
            self._before = Usage(*_USAGE.unpack(told[: _USAGE.size]))
        if errno := told[_USAGE.size :]:
            os.waitpid(self.pid, 0)
            raise CommandError(self._name, int(errno))

    def poll(self) -> int | None:
        """Its wait status once it has ended (os.waitstatus_to_exitcode: negative for a signal), else None."""
        pid, status, usage = os.wait4(self.pid, os.WNOHANG)
        if not pid:
            return None
        self.usage = Usage.of(usage).since(self._before)
        return os.waitstatus_to_exitcode(status)

    def wait(self) -> int:
        """Wait for its end; -> as `poll`."""
        _, status, usage = os.wait4(self.pid, 0)
        self.usage = Usage.of(usage).since(self._before)
        return os.waitstatus_to_exitcode(status)

    def kill(self, number: int = signal.SIGTERM) -> None:
        """Send it a signal; one that has just ended gets none."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)


def _become(run: Callable[[], None], held: int, failed: int) -> None:
    """In the child: wait for the tracer, then turn into the command; never returns."""
    try:
        if not os.read(held, 1):  # the tracer is gone
            os._exit(125)
        os.close(held)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE, signal.SIGUSR1, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)
        os.write(failed, _USAGE.pack(*Usage.of(resource.getrusage(resource.RUSAGE_SELF))[:-1]))
        run()
    except OSError as error:
        os.write(failed, b"%d" % (error.errno or 0))
    os._exit(127)
