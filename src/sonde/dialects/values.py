"""Literals of a filter: from the text a user wrote to the value the field's type compares."""

from __future__ import annotations

import contextlib
import re
import socket
from contextvars import ContextVar
from typing import TYPE_CHECKING

from sonde.catalog import errnos
from sonde.catalog.families import FAMILIES, expand
from sonde.catalog.lookup import EVENTS
from sonde.errors import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sonde.catalog.types import Type
    from sonde.plan.expr import Scalar

__all__ = ["EVENT_NAMES", "check_event", "check_parameter", "convert", "names_of_scap", "result"]

EVENT_NAMES = ("evt.type", "syscall.type")  # fields whose texts are names of events

_SCAP: ContextVar[bool] = ContextVar("scap", default=False)

_INTEGER = re.compile(r"[+-]?(?:0[xX][0-9a-fA-F]+|[0-9]+)")
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]{1,2})?")
_LENGTH = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ns|us|ms|s|m|h)")
_UNITS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_BOOLS = {"true": True, "1": True, "false": False, "0": False}
_SMALLEST, _LARGEST = -(2**63), 2**64 - 1


def convert(text: str, type_: Type, operator: str) -> Scalar:
    """The value of literal `text` beside a field of `type_`: int, bool, str, or bytes for the b-operators.

    Durations are ns; addresses and networks become their canonical text. Raises ValueError saying what was expected.
    """
    if operator in ("bcontains", "bstartswith"):
        return _hex(text)
    converter = _CONVERTERS.get(type_.name)
    return converter(text) if converter else text


@contextlib.contextmanager
def names_of_scap(known: bool) -> Iterator[None]:
    """Within it, names of events and parameters that only .scap files have are `known` too."""
    token = _SCAP.set(known)
    try:
        yield
    finally:
        _SCAP.reset(token)


def _scap_names(parameters: bool) -> frozenset[str]:
    from sonde.catalog.scap import events  # only a question to a .scap file pays for it

    return events.PARAMETERS if parameters else events.NAMES


def check_event(name: str) -> None:
    """Raise ValueError, with the nearest name, unless `name` is an event's, a family's or a kernel call's."""
    if _SCAP.get() and name in _scap_names(parameters=False):
        return
    try:
        expand(name)
    except KeyError as error:
        known = {event.name for event in EVENTS.values()} | FAMILIES.keys()
        raise ValueError(f"unknown event {name}{did_you_mean(name, sorted(known))}") from error


def check_parameter(name: str) -> None:
    """Raise ValueError, with the nearest name, unless some event has a parameter of the name or number."""
    if _SCAP.get() and (name in _scap_names(parameters=True) or name.isdecimal()):
        return
    if name.isdecimal():
        most = max(len(event.params) for event in EVENTS.values())
        if int(name) >= most:
            raise ValueError(f"no event has a parameter {name}; they count from 0 to {most - 1}")
        return
    known = {param.name for event in EVENTS.values() for param in (*event.params, *event.arguments)}
    if name not in known:
        raise ValueError(f"no event has a parameter {name}{did_you_mean(name, sorted(known))}")


def result(text: str) -> str:
    """A value of evt.res by its usual name (EAGAIN for EWOULDBLOCK); ValueError, with the nearest, for any other."""
    number = errnos.number(text)
    if number is None and text != "SUCCESS" and not text.isdecimal():
        near = did_you_mean(text.upper(), ["SUCCESS", *errnos.NUMBERS])
        raise ValueError(f"{text!r} is neither SUCCESS nor the name of an error such as ENOENT{near}")
    return text if number is None else errnos.name(number)


def _hex(text: str) -> bytes:
    digits = text[2:] if text[:2] in ("0x", "0X") else text
    if not digits or len(digits) % 2 or not re.fullmatch("[0-9a-fA-F]*", digits):
        raise ValueError(f"{text!r} is not a hex string such as 48545450")
    return bytes.fromhex(digits)


def _integer(text: str) -> int:
    number: int | None = None
    if _INTEGER.fullmatch(text):
        number = int(text, 16 if "x" in text.lower() else 10) if len(text) < 40 else _LARGEST + 1
    elif _NUMBER.fullmatch(text) and len(text) < 40 and float(text).is_integer():
        number = int(float(text))
    if number is None:
        raise ValueError(f"{text!r} is not a whole number")
    if not _SMALLEST <= number <= _LARGEST:
        raise ValueError(f"{text!r} does not fit in 64 bits")
    return number


def _duration(text: str) -> int:
    match = _LENGTH.fullmatch(text)
    try:
        return _integer(text) if match is None else _integer(f"{float(match[1]) * _UNITS[match[2]]:.0f}")
    except ValueError as error:
        raise ValueError(f"{text!r} is not a length of time such as 10ms, 1.5s or 250000 (ns)") from error


def _port(text: str) -> int:
    if _INTEGER.fullmatch(text):
        if 0 <= (port := _integer(text)) <= 0xFFFF:
            return port
        raise ValueError(f"{text!r} is not a port, which are 0 to 65535")
    try:
        return socket.getservbyname(text)
    except (OSError, ValueError) as error:
        raise ValueError(f"{text!r} is neither a port number nor a service of /etc/services") from error


def _bool(text: str) -> bool:
    if (value := _BOOLS.get(text.lower())) is None:
        raise ValueError(f"{text!r} is neither true nor false")
    return value


def _address(text: str) -> str:
    family = socket.AF_INET6 if ":" in text else socket.AF_INET
    try:
        # not str(ip_address()): inet_ntop is how sources write addresses, ::ffff:1.2.3.4 included
        return socket.inet_ntop(family, socket.inet_pton(family, text))
    except (OSError, ValueError) as error:
        hint = "; networks are compared with fd.net, fd.snet .." if "/" in text else ""
        raise ValueError(f"{text!r} is not an IP address{hint}") from error


def _network(text: str) -> str:
    import ipaddress  # only a network pays for it

    try:
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError as error:
        raise ValueError(f"{text!r} is not a network such as 10.0.0.0/8") from error


_CONVERTERS: dict[str, Callable[[str], Scalar]] = {
    "Int": _integer,
    "Timestamp": _integer,
    "Nanoseconds": _duration,
    "Port": _port,
    "Bool": _bool,
    "IpAddr": _address,
    "IpNet": _network,
}
