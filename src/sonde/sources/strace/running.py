"""strace as a child: which one, with what options, and the process that stands for the command it runs."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from errno import EACCES, ENOENT
from pathlib import Path

from sonde.errors import KernelError, SondeError
from sonde.sources.live.command import CommandError, inherited
from sonde.sources.procfs.read import stat

__all__ = ["Traced", "installed", "strace_options"]

REMEDY = "sudo apt-get install -y strace"
STRING = 200  # bytes of command lines that are shown however short buffers are
# calls whose pointers strace follows for us; of others the address is the better answer
FOLLOWED = "%network,execve,execveat,readv,writev,preadv,pwritev,preadv2,pwritev2,clone,clone3"


def installed() -> str:
    """The path of strace; KernelError if there is none. A link to sonde of that name is not it."""
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        found = shutil.which("strace", path=folder)
        if found and not _is_script(found):
            return found
    raise KernelError("strace is not installed", "it stands in where the kernel cannot be asked", REMEDY)


def _is_script(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(2) == b"#!"
    except OSError:
        return True


def strace_options(calls: Sequence[str], signals: bool, files: bool, environment: bool, snaplen: int) -> list[str]:
    """Options for output that is read again; `calls`: only these, none for all."""
    words = [
        "-f", "-qq", "-xx", "-X", "raw", "--absolute-timestamps=format:unix,precision:ns", "--syscall-times=ns",
        "-s", str(max(snaplen, STRING)), "-e", f"verbose={FOLLOWED}",
    ]  # fmt: skip
    words[1:2] = ["-e", "quiet=attach,path-resolution"]
    if files:
        words.append("-yy")
    if environment:
        words += ["-e", "abbrev=!execve,execveat"]
    if not signals:
        words += ["-e", "signal=none"]
    if calls:
        words += ["-e", "trace=" + ",".join(f"?{name}" for name in calls), "--seccomp-bpf"]
    return words


class Traced:
    """strace and, for a command, what it runs: its status is the command's. `read` gives what it wrote so far."""

    def __init__(self, options: Sequence[str], command: Sequence[str], pids: Sequence[int]) -> None:
        if command and shutil.which(command[0]) is None:
            raise CommandError(command[0], EACCES if os.path.exists(command[0]) else ENOENT)
        self._folder = tempfile.TemporaryDirectory(prefix="sonde-")
        pipe = str(Path(self._folder.name) / "strace")
        os.mkfifo(pipe, 0o600)
        self._out = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        words = [word for word in options if not pids or word != "--seccomp-bpf"]
        who = ["--", *command] if command else [word for pid in pids for word in ("-p", str(pid))]
        self._said = b""
        self._process = subprocess.Popen(
            [installed(), *words, "-o", pipe, *who], stderr=None if command else subprocess.PIPE,
            stdin=None if command else subprocess.DEVNULL, preexec_fn=_usual_signals, env=inherited(),
        )  # fmt: skip
        self._open = False
        self._ended = False
        self.pid = self._process.pid
        self.cpu = 0.0

    def read(self) -> bytes:
        """What strace wrote meanwhile."""
        parts = []
        while True:
            try:
                part = os.read(self._out, 1 << 16)
            except BlockingIOError:
                self._open = True
                break
            if not part:
                break
            self._open = True
            parts.append(part)
            if len(parts) >= 64:
                break
        self._measure()
        return b"".join(parts)

    def _measure(self) -> None:
        """The processor's time that strace itself took."""
        with contextlib.suppress(OSError, ValueError, IndexError):
            words = stat(f"/proc/{self.pid}/stat")[1]
            if words[0] != b"Z":
                self.cpu = (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")

    def poll(self) -> int | None:
        """As Command.poll; only once all that strace wrote was read."""
        status = self._process.poll()
        if status not in (None, 0) and self._process.stderr is not None and not self._said:
            self._said = self._process.stderr.read()
        return status

    def check(self) -> None:
        """SondeError if strace could not attach."""
        if self.poll() and self._said:
            first = self._said.decode(errors="replace").splitlines()[0]
            raise SondeError(f"strace could not watch it: {first.partition('strace: ')[2] or first}")

    def release(self) -> None:
        """It runs already."""

    def wait(self) -> int:
        """Let it run to its end, what it writes unread; -> as Command.wait."""
        while (status := self._process.poll()) is None:
            self.read()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(0.02)
        return status

    def kill(self, number: int = signal.SIGTERM) -> None:
        """Send the command a signal, or let the processes go that strace attached to."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        with contextlib.suppress(OSError):
            for child in children.read_text().split():
                os.kill(int(child), number)

    def let_go(self) -> None:
        """End strace; what it attached to runs on."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait()

    def close(self) -> None:
        """Free everything; strace ends when it has a command of its own that ended, or now."""
        if self._out >= 0:
            if self._process.poll() is None and self._process.stderr is not None:
                self.let_go()
            os.close(self._out)
            self._out = -1
            self._folder.cleanup()


def _usual_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGPIPE, signal.SIGUSR1):
        signal.signal(number, signal.SIG_DFL)
