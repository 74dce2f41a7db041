"""The network interfaces of this system, with their addresses."""

from __future__ import annotations

import fcntl
import socket
import struct
from contextlib import suppress

from sonde.sources.procfs.read import read
from sonde.sources.scap.lists import Interface

__all__ = ["interfaces"]

_ADDRESS, _MASK = 0x8915, 0x891B  # SIOCGIFADDR, SIOCGIFNETMASK
_V6 = "/proc/net/if_inet6"


def interfaces() -> list[Interface]:
    """Each address of each interface."""
    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        for _, name in socket.if_nameindex():
            with suppress(OSError):  # it has no address of version 4
                address, mask = (_asked(asked, request, name) for request in (_ADDRESS, _MASK))
                found.append(Interface(address, mask, name.encode()))
    with suppress(OSError):  # there is no version 6
        found += [_v6(line) for line in read(_V6).splitlines()]
    return found


def _asked(asked: socket.socket, request: int, name: str) -> bytes:
    """The address in the answer to a request about an interface."""
    return fcntl.ioctl(asked, request, struct.pack("256s", name.encode()[:15]))[20:24]


def _v6(line: bytes) -> Interface:
    address, _, prefix, *_, name = line.split()
    bits = int(prefix, 16)
    mask = ((1 << bits) - 1) << (128 - bits)
    return Interface(bytes.fromhex(address.decode()), mask.to_bytes(16, "big"), name)
