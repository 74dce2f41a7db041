"""How catalog/calls and catalog/variants write an argument, `name:type`: read as a Param in either view."""

from __future__ import annotations

import re
from functools import cache

from sonde.catalog import flags
from sonde.catalog.event import TYPED, Param, ParamType, Source

__all__ = ["TIMES64", "TYPES", "WORDS", "argument", "arguments_of", "parameter"]

# the type of an argument by its name, where the tables do not say
TYPES = {
    ParamType.FD: "fd",
    ParamType.DIRFD: "dirfd olddirfd newdirfd",
    ParamType.PATH: "name path filename pathname oldpath newpath",
    ParamType.DATA: "data",
    ParamType.SIZE: "size len length sigsetsize",
    ParamType.UINT: "pos offset",
    ParamType.HEX: "addr",
    ParamType.MODE: "mode",
    ParamType.PID: "pid tid",
    ParamType.UID: "uid",
    ParamType.GID: "gid",
    ParamType.SIGNAL: "sig",
    ParamType.RES: "res",
    ParamType.TUPLE: "tuple",
}
_TYPE_OF = {name: kind for kind, names in TYPES.items() for name in names.split()}
_TYPED_OF = _TYPE_OF | {"addr": ParamType.POINTER, "pos": ParamType.LONG, "offset": ParamType.LONG}
_KINDS = {kind.value: kind for kind in ParamType}
# structures of calls made for 64-bit times
TIMES64 = {
    "timespec": "timespec64",
    "timespec:left": "timespec64:left",
    "itimerspec": "itimerspec64",
    "timex": "timex64",
    "timespec_pair": "timespec64_pair",
}
WORDS = (Source.A0, Source.A1, Source.A2, Source.A3, Source.A4, Source.A5)
# direction, kind, key of a kind, word of the length
_TYPE = re.compile(r"([*>&+?]?)(\w+(?::\w+)?)(?:([/*])(\w+))?(?:\[(\d|res)\])?")
_POINTING = ("path", "string", "bytes", "data", "iovec", "msghdr")  # kinds that have a direction


def arguments_of(call: str, text: str) -> tuple[Param, ...]:
    """The arguments of a call, in strace's view."""
    tokens = text.split(", ") if text else []
    return tuple(argument(call, token, word) for token, word in zip(tokens, WORDS, strict=False) if token != "-")


@cache
def parameter(token: str, source: Source) -> Param:
    """A parameter in sysdig's view."""
    name, _, kind = token.partition(":")
    kind = kind.partition("~")[0]
    if not kind:
        return Param(name.partition("~")[0], _TYPE_OF[name.partition("~")[0]], source)
    if kind in _KINDS:
        return Param(name, _KINDS[kind], source)
    if kind.startswith("sockaddr"):
        return Param(name, ParamType.SOCKADDR, source, length=WORDS[int(kind[-1])], out=kind[-2] == "*")
    if kind in flags.known():
        return Param(name, ParamType.ENUM if flags.is_enum(kind) else ParamType.FLAGS, source, kind)
    if argument("", token, source).type in TYPED:
        return Param(name, ParamType.HEX, source)
    raise ValueError(f"catalog/calls: {token}")


@cache
def argument(call: str, token: str, source: Source) -> Param:
    """A parameter in strace's view."""
    name, _, kind = token.lstrip("-").partition(":")
    if "~" in token:
        name, kind = name.partition("~")[0], token.partition("~")[2]
    if not kind:
        return Param(name, _TYPED_OF[name], source)
    found = _TYPE.fullmatch(kind)
    if found is None:
        raise ValueError(f"catalog/calls: {token}")
    way, what, between, key, count = found.groups()
    length = Source.NONE if count is None else Source.RET if count == "res" else WORDS[int(count)]
    out, both = way in (">", "&") or between == "*", way in ("&", "+", "?")
    if what in _KINDS and not (way and what not in _POINTING):
        if what in ("sockaddr", "long") and key:
            length, key = WORDS[int(key)], ""
        key = (key or call) if what == "variant" else key or ""
        return Param(name, _KINDS[what], source, key, length, out, both=both or what == "variant")
    if way:
        return Param(name, ParamType.STRUCT, source, what, length, out, both=both)
    enum = what in flags.known() and flags.is_enum(what)
    return Param(name, ParamType.ENUM if enum else ParamType.FLAGS, source, what)
