"""Files of sysdig that are spoiled: as a disk would, or so that each block is whole but not what is in it."""

from __future__ import annotations

import gzip
import struct
from random import Random

from spoiled import EDGES, RAW
from written import any_event, block, fd_list, header, machine, process_list, text, user_list

from sonde.catalog.scap import blocks
from sonde.catalog.scap.events import EVENTS

__all__ = ["HEADER", "blocks_of", "damaged", "everything"]

HEADER = 28  # bytes of the first block, by which a file is known
OF_EVENTS = tuple(blocks.EVENTS)
KINDS = (*OF_EVENTS, *blocks.INTERFACES, *blocks.USERS, *blocks.PROCESSES, *blocks.FDS, *blocks.MACHINE)
TYPES = tuple(EVENTS)
SIZES = (1, 2, 4, 8)


def blocks_of(data: bytes) -> list[tuple[int, int]]:
    """(where it begins, its bytes) of each block."""
    found, at = [], 0
    while at + 12 <= len(data):
        total = struct.unpack_from("<I", data, at + 4)[0]
        found.append((at, total))
        at += total
    return found


def everything(seed: int, events: int = 24) -> bytes:
    """A file with lists of all versions, and events of any types, each with its parameters."""
    random = Random(seed)
    version = 1 + seed % 9
    address = b"\x7f\0\0\1"
    files = ((3, 1, text(b"/etc/hosts")), (4, 8, struct.pack("<QQ", 1, 2) + text(b"/run/x")), (5, 7, text(b"")),
             (6, 3, address * 2 + struct.pack("<HHB", 80, 4000, 2)), (7, 5, address + struct.pack("<HB", 80, 3)),
             (8, 4, bytes(15) + b"\1" + bytes(16) + struct.pack("<HHB", 80, 1, 4)))  # fmt: skip
    made = [header(), machine(), process_list(version), process_list(9, tid=8), fd_list(1 + seed % 2, 7, *files)]
    made.append(user_list(1 + seed % 2))
    calls = [random.choice(TYPES) & ~1 for _ in range(events)]
    halves = [half for call in calls for half in (call, call + 1) if half in EVENTS]
    made += [any_event(half, random, OF_EVENTS[seed % len(OF_EVENTS)]) for half in halves]
    return b"".join(made)


def damaged(data: bytes, random: Random) -> bytes:
    """A file with some faults; in every second one each block is whole. Some are compressed."""
    if random.random() < 0.5:
        for _ in range(random.randint(1, 3)):
            data = data[:HEADER] + random.choice(RAW)(data[HEADER:], random)
    else:
        data = _in_blocks(data, random)
    if random.random() < 0.1:
        data = gzip.compress(data, 1)
        if random.random() < 0.5:
            data = data[:10] + random.choice(RAW)(data[10:], random)
    return data


def _in_blocks(data: bytes, random: Random) -> bytes:
    """Some blocks are other ones, at other places, or contain something else."""
    found = [data[at : at + total] for at, total in blocks_of(data)]
    for _ in range(random.choice((1, 1, 2, 4, 16))):
        at = random.randrange(1, len(found))
        chance = random.random()
        if chance < 0.06:
            found.insert(random.randrange(1, len(found)), found[at])
        elif chance < 0.12 and len(found) > 2:
            del found[at]
        elif chance < 0.2:
            found.insert(random.randrange(1, len(found)), found.pop(at))
        else:
            found[at] = _changed(found[at], random)
    return b"".join(found)


def _changed(old: bytes, random: Random) -> bytes:
    """A block with another kind, another event type, other numbers, other lengths or other bytes."""
    kind, body = struct.unpack_from("<I", old)[0], bytearray(old[8:-4])
    chance = random.random()
    if chance < 0.05:
        kind = random.choice((*KINDS, random.getrandbits(32)))
    elif chance < 0.2 and kind in blocks.EVENTS:
        at = 2 + 4 * blocks.EVENTS[kind][0] + 20
        body[at : at + 2] = struct.pack("<H", random.choice((*TYPES, random.getrandbits(16))))
    elif chance < 0.3:
        body = bytearray(random.choice(RAW)(bytes(body), random))
    else:
        for _ in range(random.choice((1, 1, 2, 4))):
            size = random.choice(SIZES)
            at = random.randrange(max(1, len(body) - size + 1))
            old_number = int.from_bytes(body[at : at + size], "little")
            near = (old_number + 1, old_number - 1, random.choice(EDGES), random.getrandbits(64), -1)
            body[at : at + size] = (random.choice(near) & (1 << 8 * size) - 1).to_bytes(size, "little")
    return block(kind, bytes(body))
