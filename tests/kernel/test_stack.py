"""Programs fit the stack as Linux 6.1 counts it: 512 bytes for a chain of calls, each frame in units of 32.

Later kernels count in units of 16, so what they take may be refused there.
"""

from __future__ import annotations

import os
import struct
from functools import cache

import numpy as np
import pytest
from live import KERNEL

from sonde.kernel import library, session
from sonde.kernel.records import EVENTS
from sonde.query import Answer, Question
from sonde.sources.live.events import LiveEvents
from sonde.sources.live.scan import plan_view
from sonde.sql_query import SqlAnswer, plan_sql

pytestmark = KERNEL

STACK, UNIT, FRAME = 512, 32, 10  # FRAME: the register that points at it
CALL, LOAD_ADDRESS, MOVE, ADD = 0x85, 0x18, 0xBF, 0x07
OF_PROGRAM, OF_CALLBACK = 1, 4  # whose address it is: a function of this program

FILTERS = [
    "", "proc.name=cat and fd.name startswith /etc and proc.aname[2]=bash", "evt.type=open and fd.cip=127.0.0.1",
    "proc.exepath contains /bin/ and (fd.directory=/tmp or evt.arg.path contains x) and evt.buflen > 10",
    "evt.latency > 1000 and fd.sport=80 and fd.type=ipv4", "evt.buffer contains SELECT and proc.cmdline contains x",
]  # fmt: skip
STATEMENTS = [
    "SELECT proc.name, evt.type, count(*), sum(evt.latency) FROM events GROUP BY ALL",
    "SELECT fd.name, proc.pid, histogram(evt.latency) FROM events WHERE evt.type IN ('read', 'write') GROUP BY ALL",
    "SELECT container.id, fd.sport, max(evt.buflen) FROM events GROUP BY ALL",
]


@pytest.fixture(params=[0, 1], ids=["casts", "calls"])
def programs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[bytes]]:
    """The programs that are made from now on, of one variant of the library, by name; not checked by this kernel."""
    kept: dict[str, list[bytes]] = {}
    variant = library.VARIANTS[request.param]
    key = f"{variant.name}-{variant.stat().st_mtime_ns}"

    def watched(name: str, code: bytes, *_: object) -> int:
        kept.setdefault(name, []).append(code)
        return os.open(os.devnull, os.O_RDONLY)

    monkeypatch.setattr(library, "_image", variant.read_bytes)
    monkeypatch.setattr(library, "_cache_key", lambda: key)
    monkeypatch.setattr(session, "load_program", watched)
    return kept


def test_every_chain_of_calls_fits(programs: dict[str, list[bytes]]) -> None:
    for text in FILTERS:
        for record in (False, True):
            Answer(Question(text, record=record)).close()
    for text in STATEMENTS:
        SqlAnswer(plan_sql(text)).close()
    LiveEvents(plan_view(np.ones(EVENTS, np.bool_), pointers=True, stacks=True)).close()
    deepest = {name: max(map(chain, codes)) for name, codes in programs.items()}
    assert len(deepest) > 5
    assert {name: depth for name, depth in deepest.items() if depth > STACK} == {}
    assert max(deepest.values()) > STACK // 2, "frames were seen"


def test_a_chain_is_counted_in_units() -> None:
    store = struct.pack("<BBhi", 0x7B, FRAME, -40, 0)
    call, leave = struct.pack("<BBhi", CALL, OF_PROGRAM << 4, 0, 1), struct.pack("<BBhi", 0x95, 0, 0, 0)
    assert chain(store + leave) == 64
    assert chain(call + leave + store + leave) == 32 + 64


def chain(code: bytes) -> int:
    """Bytes of stack of a program's deepest chain of calls."""
    words = list(struct.iter_unpack("<BBhi", code))

    @cache
    def deepest(start: int) -> int:
        lowest, called = 0, set()
        for at in _body(words, start):
            operation, registers, offset, immediate = words[at]
            to, source = registers & 15, registers >> 4
            if (operation, source) in ((CALL, OF_PROGRAM), (LOAD_ADDRESS, OF_CALLBACK)):
                called.add(at + 1 + immediate)
            elif operation == MOVE and source == FRAME and words[at + 1][:2] == (ADD, to):
                lowest = min(lowest, words[at + 1][3])
            elif (operation & 7 in (2, 3) and to == FRAME) or (operation & 7 == 1 and source == FRAME):
                lowest = min(lowest, offset)
        return -(-max(-lowest, 1) // UNIT) * UNIT + max(map(deepest, called), default=0)

    return deepest(0)


def _body(words: list[tuple[int, ...]], start: int) -> set[int]:
    """The instructions that are reached from `start` without a call."""
    found: set[int] = set()
    todo = [start]
    while todo:
        at = todo.pop()
        if at in found:
            continue
        found.add(at)
        operation, _, offset, immediate = words[at]
        if operation & 7 in (5, 6) and operation not in (CALL, 0x95):
            todo.append(at + 1 + (immediate if operation == 0x06 else offset))
        if operation not in (0x05, 0x06, 0x95):
            todo.append(at + (2 if operation == LOAD_ADDRESS else 1))
    return found
