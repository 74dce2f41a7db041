"""Every error a user can meet, each one clear line that says what to do."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["KernelError", "QueryError", "SondeError", "UsageError", "did_you_mean"]


class SondeError(Exception):
    """Base of all errors shown to a user as one line; `status` is the exit status."""

    status = 1


class UsageError(SondeError):
    """The command line cannot be understood."""

    status = 2


class QueryError(SondeError):
    """A filter, format or query is wrong at `position` (0-based, in characters) for `length` characters.

    `str()` gives the message, the text and a caret line under the bad token.
    """

    status = 2

    def __init__(self, message: str, text: str = "", position: int = 0, length: int = 1) -> None:
        self.message, self.text, self.position, self.length = message, text, position, max(1, length)
        super().__init__(message)

    def __str__(self) -> str:
        if not self.text:
            return self.message
        before = self.text[: self.position]
        start = before.rfind("\n") + 1
        line = self.text[start:].split("\n", 1)[0].replace("\t", " ")
        caret = " " * (self.position - start) + "^" * min(self.length, max(1, len(line) - self.position + start))
        return f"{self.message}\n  {line}\n  {caret}"


class KernelError(SondeError):
    """The kernel refused: what was tried, and what would allow it."""

    def __init__(self, tried: str, why: str = "", remedy: str = "", errno: int = 0) -> None:
        self.tried, self.why, self.remedy, self.errno = tried, why, remedy, errno
        text = tried + (f": {why}" if why else "") + (f" ({remedy})" if remedy else "")
        super().__init__(text)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`, did you mean X?` for the nearest known word, or an empty string."""
    import difflib  # only a mistake pays for it

    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f", did you mean {near[0]}?" if near else ""
