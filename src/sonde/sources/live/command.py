"""A command that is watched from its first instruction: forked, held back until the tracer is ready, then released."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
from collections.abc import Callable, Mapping, Sequence

from sonde.errors import SondeError

__all__ = ["Command", "CommandError", "inherited"]


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


class Command:
    """The child; it keeps stdin, stdout and stderr. `usage` is what it and its children took, once it has ended.


    It becomes the program `path` (without one, what PATH has of its name) after it has done `prepare`.
    """

    usage: resource.struct_rusage | None = None

    def __init__(
        self, arguments: Sequence[str], path: str | None = None, environment: Mapping[str, str] | None = None,
        prepare: Callable[[], None] | None = None,
    ) -> None:  # fmt: skip
        self._name = arguments[0]
        held, self._hold = os.pipe()
        self._failure, failed = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self._hold)

            def run() -> None:
                if prepare is not None:
                    prepare()
                variables = inherited() if environment is None else environment
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
        errno = os.read(self._failure, 8)  # ends when exec closes the other side
        os.close(self._failure)
        if errno:
            os.waitpid(self.pid, 0)
            raise CommandError(self._name, int(errno))

    def poll(self) -> int | None:
        """Its wait status once it has ended (os.waitstatus_to_exitcode: negative for a signal), else None."""
        pid, status, usage = os.wait4(self.pid, os.WNOHANG)
        if not pid:
            return None
        self.usage = usage
        return os.waitstatus_to_exitcode(status)

    def wait(self) -> int:
        """Wait for its end; -> as `poll`."""
        _, status, self.usage = os.wait4(self.pid, 0)
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
        run()
    except OSError as error:
        os.write(failed, b"%d" % (error.errno or 0))
    os._exit(127)
