"""Names of files, command lines and addresses, with what is private in them replaced: equal ones stay equal."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b

from sonde.catalog.privacy import ADDRESSES, ARGUMENTS, DATA, EXTENSIONS, PATHS, STAYING, TOP

__all__ = ["Words"]

REMEMBERED = 1 << 16  # texts
DELETED = b" (deleted)"
FAMILY = 2  # bytes
_TOP = frozenset(name.encode() for name in TOP)
_STAYING = {name.encode(): count for name, count in STAYING.items()}
_EXTENSIONS = frozenset(name.encode() for name in EXTENSIONS)
_REPLACED = re.compile(rb"~[0-9a-f]{10}(\.[a-z]+)?")
_NO_NAME = re.compile(rb"(pipe|socket|net|mnt|ipc|pid|uts|user|cgroup|time):\[[0-9]+\]|anon_inode:\[?[a-z_.-]{1,24}\]?")
_MAPPED = bytes(10) + b"\xff\xff"  # IPv4 in IPv6
_DOCUMENTATION = socket.inet_pton(socket.AF_INET6, "2001:db8::")[:4]
_ADDRESS = {int(socket.AF_INET): (4, 4), int(socket.AF_INET6): (8, 16)}  # where it stands in a struct sockaddr, bytes
_NO_NAMES = frozenset((b"", b".", b".."))
_OWN = (bytes(16), bytes(15) + b"\1")  # :: and ::1


class Words:
    """Replaces what some `kinds` (catalog/privacy.py) are about, by a key that nobody keeps. What was replaced is left
    as it is when it comes again."""

    def __init__(self, kinds: frozenset[str]) -> None:
        self._key = os.urandom(32)
        self.arguments, self.paths = ARGUMENTS in kinds, PATHS in kinds
        self.addresses, self.data = ADDRESSES in kinds, DATA in kinds
        self.component = _remembered(self._component)  # a name in a directory
        self.path = _remembered(self._path)
        self.argv = _remembered(self._argv)
        self.address = _remembered(self._address)
        self.sockaddr = _remembered(self._sockaddr)

    def text(self, text: bytes) -> bytes:
        """A text that a call is given."""
        return self.component(text) if self.arguments or self.paths else text

    def environment(self, text: bytes) -> bytes:
        """Names and values, joined by NUL."""
        return b"" if self.arguments else text

    def line(self, text: bytes) -> bytes:
        """A command line joined by blanks."""
        return self.argv(text.replace(b" ", b"\0")).replace(b"\0", b" ")

    def raw_address(self, raw: bytes) -> bytes:
        """The 4 or 16 bytes of an address: 240.0.0.0/4 and 2001:db8::/32 are nobody's."""
        if not self.addresses or not raw:
            return raw
        if len(raw) == 4:
            if raw[0] in (0, 127) or raw[0] >= 240:
                return raw
            digest = self._digest(raw, 4)
            return bytes((240 | digest[0] & 7,)) + digest[1:]
        if raw.startswith(_MAPPED):
            return _MAPPED + self.raw_address(raw[12:])
        kept = raw in _OWN or raw.startswith(_DOCUMENTATION)
        return raw if kept else _DOCUMENTATION + self._digest(raw, 12)

    def _digest(self, text: bytes, size: int) -> bytes:
        return blake2b(text, digest_size=size, key=self._key).digest()

    def _component(self, text: bytes) -> bytes:
        """The usual endings stay."""
        if text in _NO_NAMES or (text[:1] == b"~" and _REPLACED.fullmatch(text)):
            return text
        stem, dot, ending = text.rpartition(b".")
        replaced = b"~" + blake2b(text, digest_size=5, key=self._key).hexdigest().encode()
        return replaced + dot + ending if stem and ending in _EXTENSIONS else replaced

    def _path(self, text: bytes) -> bytes:
        if not self.paths or (b":" in text and _NO_NAME.fullmatch(text)):
            return text
        if text.endswith(DELETED):
            return self._path(text.removesuffix(DELETED)) + DELETED
        if text[:1] == b"@":  # of an abstract socket
            return b"@" + self.component(text[1:])
        if b"/" not in text:
            return self.component(text)
        parts = text.split(b"/")
        if parts[0]:
            return b"/".join(map(self.component, parts))
        staying = _STAYING.get(parts[1], 1 if parts[1] in _TOP else 0)
        return b"/".join((*parts[: staying + 1], *map(self.component, parts[staying + 1 :])))

    def _argv(self, text: bytes) -> bytes:
        """Words joined by NUL. A process may have written another title there, with blanks in it."""
        if self.arguments:
            text = re.split(rb"[\0 ]", text, maxsplit=1)[0]
        return b"\0".join(map(self._word, text.split(b"\0"))) if self.paths else text

    def _word(self, word: bytes) -> bytes:
        """A word of a command line: it is a path if there is a slash in it."""
        option, is_, value = word.rpartition(b"=")
        return option + is_ + (self.path(value) if b"/" in value else value)

    def _address(self, text: bytes) -> bytes:
        """An address as text."""
        if not text or not self.addresses:
            return text
        family = socket.AF_INET6 if b":" in text else socket.AF_INET
        return socket.inet_ntop(family, self.raw_address(socket.inet_pton(family, text.decode()))).encode()

    def _sockaddr(self, raw: bytes) -> bytes:
        """A struct sockaddr; of families that are not known only which it is."""
        family = int.from_bytes(raw[:FAMILY], "little")
        if family == socket.AF_UNIX:
            if raw[FAMILY : FAMILY + 1] == b"\0":  # an abstract name, which may have zeros in it
                return raw[: FAMILY + 1] + self.path(raw[FAMILY + 1 :])
            name, end, _ = raw[FAMILY:].partition(b"\0")
            return raw[:FAMILY] + self.path(name) + end
        if not self.addresses or family == socket.AF_NETLINK:
            return raw
        begin, size = _ADDRESS.get(family, (FAMILY, 0))
        if not size or len(raw) < begin + size:
            return raw[:FAMILY]
        return raw[:begin] + self.raw_address(raw[begin : begin + size]) + raw[begin + size :]


def _remembered(change: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    return lru_cache(REMEMBERED)(change)
