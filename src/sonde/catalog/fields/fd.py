"""Fields of classes fd and fs.path: the file or socket an operation works on, and the paths it was given."""

from sonde.catalog.column import Column
from sonde.catalog.types import BOOL, INT, IP, NET, PORT, STR

__all__ = ["FD", "PATHS"]

_NAME = ("file", "nr", "proc", "dir")
_NUMBER = ("nr", "flags", "res", "a0", "a4")
_PLACE = ("nr", "proc", "dir")
_FILE = ("file",)
_ENDS = {"c": "client", "s": "server", "l": "local", "r": "remote"}

_WHAT = (
    Column("fd.num", INT, "Number of the descriptor.", "fd", _NUMBER),
    Column("fd.uid", STR, "Thread id and descriptor number in one text.", needs=("tid", *_NUMBER)),
    Column("fd.type", STR, "file, directory, ipv4, ipv6, unix, netlink, pipe, event, signalfd, eventpoll, inotify,"
           " timerfd, bpf, io_uring, memfd, pidfd or unknown.", "fdtype", _FILE),
    Column("fd.typechar", STR, "fd.type as a letter: f d 4 6 u n p e s l i t b r m P o.", "fdtype", _FILE),
    Column("fd.name", STR, "Full path of a file, or client:port->server:port of a connection; of an open that failed,"
           " the path that was asked for.", "path", _NAME),
    Column("fd.directory", STR, "Directory of the file; a directory's own path.", "path", _NAME),
    Column("fd.filename", STR, "Name of the file without its directory.", "path", _NAME),
    Column("fd.dev", INT, "Device number of the file system, as stat shows it.", needs=_FILE),
    Column("fd.dev.major", INT, "Major number of fd.dev.", needs=_FILE),
    Column("fd.dev.minor", INT, "Minor number of fd.dev.", needs=_FILE),
    Column("fd.ino", INT, "Inode number of the file.", needs=_FILE),
)  # fmt: skip

_ADDRESSES = (
    Column("fd.ip", IP, "Address of either end.", needs=_FILE, either=("fd.cip", "fd.sip")),
    *(Column(f"fd.{e}ip", IP, f"Address of the {end} end.", f"{e}ip", _FILE) for e, end in _ENDS.items()),
    Column("fd.net", NET, "Network that either end is in.", needs=_FILE, either=("fd.cnet", "fd.snet")),
    *(Column(f"fd.{e}net", NET, f"Network that the {end} end is in.", f"{e}ip", _FILE) for e, end in _ENDS.items()),
    Column("fd.port", PORT, "Port of either end.", needs=_FILE, either=("fd.cport", "fd.sport")),
    *(Column(f"fd.{e}port", PORT, f"Port of the {end} end.", f"{e}port", _FILE) for e, end in _ENDS.items()),
    Column("fd.proto", STR, "Service name of either end's port.", needs=_FILE, either=("fd.cproto", "fd.sproto")),
    *(
        Column(f"fd.{e}proto", STR, f"Service name of the {end} port, or its number.", needs=_FILE)
        for e, end in _ENDS.items()
    ),
)

_SOCKET = (
    Column("fd.l4proto", STR, "tcp, udp, icmp or raw.", "l4proto", _FILE),
    Column("fd.sockfamily", STR, "ip or unix.", "sockfamily", _FILE),
    Column("fd.is_server", BOOL, "true if this end of the connection is the server.", needs=_FILE),
    Column("fd.connected", BOOL, "true if the socket has a peer.", needs=_FILE),
    Column("fd.name_changed", BOOL, "true if the operation named the socket: a bind or connect that worked.",
           needs=("file", "nr", "res")),
)  # fmt: skip

FD: tuple[Column, ...] = _WHAT + _ADDRESSES + _SOCKET

PATHS: tuple[Column, ...] = (
    Column("fs.path.name", STR, "Path of an operation that takes one, made absolute.", needs=_PLACE),
    Column("fs.path.nameraw", STR, "Path of an operation that takes one, as it was given.", needs=("nr",)),
    Column("fs.path.source", STR, "First path of rename, link and the like, made absolute.", needs=_PLACE),
    Column("fs.path.sourceraw", STR, "First path of rename, link and the like, as it was given.", needs=("nr",)),
    Column("fs.path.target", STR, "Second path of rename, link and the like, made absolute.",
           needs=(*_PLACE, "newdir")),
    Column("fs.path.targetraw", STR, "Second path of rename, link and the like, as it was given.", needs=("nr",)),
)  # fmt: skip
