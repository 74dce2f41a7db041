"""The process that thins segments beside a recorder: told which by lines of JSON, it answers each with one.

`{"path": PATH, "without": [KIND, ...]}` is answered by the same with `rows` by kind once PATH.thin is there and on the
disk, or with `fault`. An empty line says that others may follow. It ends when its input does, in the middle of a
segment too: the recorder is gone then.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import sys

__all__ = ["NICE", "TEMPORARY", "serve"]

NICE = 5  # what is recorded comes first, but a busy system must not stop it
TEMPORARY = ".thin"
STDIN = 0


def serve() -> None:
    """Answer until the input ends."""
    os.nice(NICE)
    while line := sys.stdin.buffer.readline():
        # loaded when it may be needed: until then, which may be for good, this process is small
        from sonde.sources.recording import thinning  # noqa: F401

        if line.strip():
            asked = json.loads(line)
            print(json.dumps({**asked, **_answer(asked["path"], asked["without"])}), flush=True)


def _answer(path: str, without: list[str]) -> dict[str, object]:
    from sonde.sources.recording.thinning import Stopped, thin

    try:
        return {"rows": thin(path, path + TEMPORARY, without, _going)}
    except Stopped:
        _remove(path + TEMPORARY)
        sys.exit()
    except Exception as error:  # whatever is wrong with one segment, there are others
        _remove(path + TEMPORARY)
        return {"fault": f"{type(error).__name__}: {error}"}


def _remove(path: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(path)


def _going() -> bool:
    """Is somebody at the other end of the input?"""
    poll = select.poll()
    poll.register(STDIN, 0)
    return not poll.poll(0)


if __name__ == "__main__":
    serve()
