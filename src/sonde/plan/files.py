"""Files as rows: path components, files without a path, sockets; their names joined once."""

from __future__ import annotations

import socket

import numpy as np

from sonde.plan.strings import Ids, Strings, distinct
from sonde.plan.table import Table

__all__ = [
    "ANON_INODE_MAGIC", "CLIENT", "FILE", "FLAGS", "KNOWN", "MAGIC", "MODE", "NAME", "PIDFS_MAGIC", "PIPEFS_MAGIC",
    "SERVER", "Files", "Node",
]  # fmt: skip

# of the file systems that pidfds, pipes, and eventfds and their like are in
PIDFS_MAGIC, PIPEFS_MAGIC, ANON_INODE_MAGIC = 0x50494446, 0x50495045, 0x09041934
CLIENT, SERVER = 1, 2  # what this end of a connection is, by its role; 0: unknown


class Node:
    """Flags of a row of Files."""

    MOUNT = 1  # the root of a mount: its path is its mount point's
    ROOT = 2
    DELETED = 4
    ANON = 8  # no path: pipe, eventfd, memfd, namespace
    TRUNC = 16  # more components than the walk takes: the path's beginning is unknown
    DETACHED = 32
    SOCK = 64
    ESCAPED = 128  # renamed out of its bind mount


DEEPEST = 130  # components; a chain that is longer is a loop
LONGEST = 1 << 14  # bytes of a path, and
MOST = 1 << 30  # of all: only damaged recordings have more
CUT = b"..."  # stands for the beginning of what is longer
_SPECIAL = Node.SOCK | Node.ANON | Node.MOUNT | Node.ESCAPED  # whose name is not the parent's and a component

FILE = np.dtype(
    [
        ("known", "u1"), ("flags", "u1"), ("mode", "u2"), ("parent", "u4"), ("name", "u4"), ("ino", "u8"),
        ("dev", "u4"), ("rdev", "u4"), ("magic", "u4"), ("mount", "u4"),
        # sockets; addresses as string ids of their text, ports in host order
        ("family", "u2"), ("proto", "u2"), ("stype", "u2"), ("state", "u2"), ("lport", "u2"), ("rport", "u2"),
        ("lip", "u4"), ("rip", "u4"), ("role", "u1"), ("cookie", "u8"), ("peer", "u8"),
    ]
)  # fmt: skip

# places in a row taken as a tuple
KNOWN, FLAGS, MODE, PARENT, NAME, INO, MAGIC = map(
    list(FILE.names or ()).index, ("known", "flags", "mode", "parent", "name", "ino", "magic")
)


class Files(Table):
    """Path components, anonymous files and sockets by node id.

    A record never changes, so a joined path is cached for good.
    """

    texts = ("name", "lip", "rip")

    def __init__(self, strings: Strings, base: int = 0) -> None:
        super().__init__(FILE, strings, base)
        self._paths = np.zeros(256, np.uint32)
        self._paths_done = np.zeros(256, np.bool_)
        self._bytes = 0  # of joined paths

    def paths(self, ids: Ids) -> Ids:
        """String ids of the full names: paths, `pipe:[ino]`, tuples `cip:cport->sip:sport`; 0 where unknown."""
        places = self.at(ids)
        self.resolve(places)
        return self._paths[places]

    def paths_at(self, places: Ids) -> Ids:
        """The same by the rows' indices, of those that were resolved."""
        return self._paths[places]

    def resolve(self, places: Ids) -> None:
        """Join the names of rows, by their indices, with those of the directories they are in."""
        self._grow()
        levels = [self._undone(places)]
        while len(levels[-1]) and len(levels) < DEEPEST:
            levels.append(self._undone(self.at(self.rows["parent"][levels[-1]])))
        for level in reversed(levels):
            todo = level[~self._paths_done[level]]
            plain = self.rows["flags"][todo] & _SPECIAL == 0
            plain &= self._paths_done[self.at(self.rows["parent"][todo])]
            self._resolve_plain(todo[plain])
            for place in todo[~plain].tolist():
                self._resolve(place)

    def _undone(self, places: Ids) -> Ids:
        """The rows among these that are known and whose names are not joined yet, each once."""
        open_ = places[~self._paths_done[places]]
        return np.array(distinct(open_[self.rows["known"][open_] != 0]), np.uint32)

    def _resolve_plain(self, places: Ids) -> None:
        """Names that are a parent's, which is there, and a component."""
        parents = self.strings.texts(self._paths[self.at(self.rows["parent"][places])])
        names = self.strings.texts(self.rows["name"][places])
        self._paths[places] = self.strings.intern_new(self._all_below(parents, names))
        self._paths_done[places] = True

    def _all_below(self, parents: list[bytes], names: list[bytes]) -> list[bytes]:
        """`_below` of each; of many at once, if none can be too long."""
        longest = max(map(len, parents), default=0) + max(map(len, names), default=0)
        total = sum(map(len, parents)) + sum(map(len, names)) + len(names)
        if longest > LONGEST or self._bytes + total > MOST:
            return list(map(self._below, parents, names))
        both = zip(parents, names, strict=True)
        paths = [(parent if parent == b"/" else parent + b"/") + name for parent, name in both]
        self._bytes += sum(map(len, paths))
        return paths

    def path(self, place: int) -> bytes:
        """The full name of one row, by its index."""
        self._grow()
        if not self._paths_done[place]:
            self._resolve(place)
        return self.strings[int(self._paths[place])]

    def _grow(self) -> None:
        """Room for what is remembered of each row."""
        if len(self._paths) < len(self.rows):
            grown, done = np.zeros(len(self.rows), np.uint32), np.zeros(len(self.rows), np.bool_)
            grown[: len(self._paths)], done[: len(self._paths)] = self._paths, self._paths_done
            self._paths, self._paths_done = grown, done

    def _resolve(self, place: int) -> None:
        """Join and remember the names of a node and of the ancestors that were not joined before."""
        chain: dict[int, tuple[int, ...]] = {}
        while place and place not in chain and not self._paths_done[place]:
            row = self.rows[place].item()  # one tuple: field by field costs several times as much
            if not row[KNOWN]:
                break
            chain[place] = row
            place = self.place(row[PARENT])
        for node, row in reversed(chain.items()):
            parent = self.strings[int(self._paths[self.place(row[PARENT])])]
            self._paths[node] = self.strings.intern(self._name(node, row, parent))
            self._paths_done[node] = True

    def _name(self, node: int, row: tuple[int, ...], parent: bytes) -> bytes:
        flags, name = row[FLAGS], self.strings[row[NAME]]
        if not flags & _SPECIAL:
            return self._below(parent, name)
        if flags & Node.SOCK:
            return self._socket_name(self.rows[node])
        if flags & Node.ANON:
            return _anonymous_name(row[MAGIC], row[INO], name)
        return parent or b"/"

    def _below(self, parent: bytes, name: bytes) -> bytes:
        """The path of a name in a directory; without its beginning if it gets too long."""
        size = len(parent) + len(name)
        if size > LONGEST or self._bytes + size > MOST:
            parent, name = CUT, name if len(name) <= LONGEST else CUT
        path = (b"" if parent == b"/" else parent) + b"/" + name
        self._bytes += len(path)
        return path

    def _socket_name(self, row: np.void) -> bytes:
        family = int(row["family"])
        if family == socket.AF_UNIX:
            name = self.strings[int(row["name"])]
            return b"%x->%x" % (int(row["cookie"]), int(row["peer"])) + (b" " + name if name else b"")
        if family not in (socket.AF_INET, socket.AF_INET6):
            return b"socket:[%d]" % int(row["ino"])
        local = _end(self.strings[int(row["lip"])], int(row["lport"]))
        remote = _end(self.strings[int(row["rip"])], int(row["rport"]))
        if not row["rport"]:
            return local
        return remote + b"->" + local if row["role"] == SERVER else local + b"->" + remote


def _end(address: bytes, port: int) -> bytes:
    return address + b":%d" % port


def _anonymous_name(magic: int, ino: int, name: bytes) -> bytes:
    if magic == PIPEFS_MAGIC:
        return b"pipe:[%d]" % ino
    if magic == ANON_INODE_MAGIC:
        return b"anon_inode:" + name
    if magic == PIDFS_MAGIC:
        return b"anon_inode:[pidfd]"
    if magic == 0x6E736673:  # NSFS_MAGIC
        return b"ns:[%d]" % ino
    return b"/" + name if name.startswith(b"memfd:") else name or b"?:[%d]" % ino
