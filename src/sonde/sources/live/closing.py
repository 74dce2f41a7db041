"""Which file a call closes: noted when it is entered, because at its exit the file is gone."""

from __future__ import annotations

from sonde.catalog.lookup import EVENTS
from sonde.errors import KernelError
from sonde.kernel.session import Session
from sonde.kernel.tracefs import tracepoint_id

__all__ = ["Closing"]

TRACEPOINTS = tuple(f"syscalls/sys_enter_{e.name}" for n, e in EVENTS.items() if n < 512 and e.fd_at_enter)


class Closing:
    """A program on the tracepoints of these calls alone, for which other calls pay a bit test.

    They need tracefs and do not see 32-bit calls. Where it is missing or one of those was seen, a program on the enter
    of every call takes over; what a 32-bit program closes before that has no file and is counted.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._general = False
        ids = [tracepoint_id(name) for name in TRACEPOINTS]
        self._ids = [ident for ident in ids if ident is not None]
        self._possible = len(self._ids) == len(ids)
        self.needs = session.fixed("p_close" if self._possible else "p_enter")
        self.program = -1  # `needs`, when it is loaded

    def attach(self) -> None:
        """Note files from now on. The state of all processes was taken: it tells of 32-bit programs."""
        if self._possible and not self._compat():
            try:
                for ident in self._ids:
                    self._session.attach_event(self.program, ident)
                return
            except KernelError:
                pass
        self._take_over()

    def check(self) -> None:
        """Let the other program take over if 32-bit calls were seen."""
        if not self._general and self._compat():
            self._take_over()

    def _take_over(self) -> None:
        self._general = True
        general = self._session.load(self._session.fixed("p_enter"))[0] if self._possible else self.program
        self._session.attach(general)

    def _compat(self) -> bool:
        return any(self._session.read("compat_seen"))
