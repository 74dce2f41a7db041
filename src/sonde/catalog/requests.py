"""strace's text for the request of an ioctl: its names, or its parts where it has none."""

from __future__ import annotations

from functools import cache

from sonde.catalog import uapi
from sonde.catalog.flagtext import ABBREV, RAW, VERBOSE, commented, enum_text, flags_text, number

__all__ = ["request_names", "request_text"]

# the size is an argument of the macro: type, direction (1 write, 2 read), number -> name
_SIZED = {
    ("E", 2, 0x06): "EVIOCGNAME", ("E", 2, 0x07): "EVIOCGPHYS", ("E", 2, 0x08): "EVIOCGUNIQ",
    ("E", 2, 0x09): "EVIOCGPROP", ("E", 2, 0x0A): "EVIOCGMTSLOTS", ("E", 2, 0x18): "EVIOCGKEY",
    ("E", 2, 0x19): "EVIOCGLED",
    ("E", 2, 0x1A): "EVIOCGSND", ("E", 2, 0x1B): "EVIOCGSW", ("H", 2, 0x04): "HIDIOCGRAWNAME",
    ("H", 2, 0x05): "HIDIOCGRAWPHYS", ("H", 2, 0x06): "HIDIOCSFEATURE", ("H", 2, 0x08): "HIDIOCGRAWUNIQ",
    ("H", 2, 0x12): "HIDIOCGPHYS", ("H", 3, 0x06): "HIDIOCSFEATURE", ("H", 3, 0x07): "HIDIOCGFEATURE",
    ("U", 2, 0x2C): "UI_GET_SYSNAME", ("j", 2, 0x13): "JSIOCGNAME", ("k", 1, 0x00): "SPI_IOC_MESSAGE",
}  # fmt: skip


@cache
def _names(compat: bool) -> dict[int, list[str]]:
    """The names of each request, in alphabetical order."""
    pairs = {pair for key in ("requests", "requests_more") for pair in uapi.table(key).pairs}
    if compat:  # where a structure has another size, so has the number
        pairs = pairs.difference(uapi.table("requests_x86_64").pairs).union(uapi.table("requests_i386").pairs)
    found: dict[int, list[str]] = {}
    for name, value in sorted(pairs):
        found.setdefault(value, []).append(name)
    return found


def request_names(request: int, compat: bool = False) -> list[str]:
    """The names of a request, of which there may be several; `compat` for one of a 32-bit program."""
    return _names(compat).get(request, [])


def request_text(request: int, mode: str = ABBREV, compat: bool = False) -> str:
    """A request as strace writes it: `TCGETS`, `A or B`, or `_IOC(_IOC_READ, 0x45, 0x1, 0x8)`."""
    if mode == RAW:
        return number(request)
    names = [*_made(request, mode == VERBOSE), *request_names(request, compat)]
    shown = " or ".join(names) or _parts(request, mode == VERBOSE)
    return shown if mode == ABBREV else commented(number(request), shown)


def _made(request: int, bare: bool) -> list[str]:
    """The macro with arguments that made a request, if one did."""
    kind, nr, direction, size = chr(request >> 8 & 255), request & 255, request >> 30, request >> 16 & 0x3FFF
    if sized := _SIZED.get((kind, direction, nr)):
        return [f"{sized}({size})"]
    if kind == "E":
        return _event_device(nr, direction, size, bare)
    if kind == "M" and direction in (1, 2):
        return [f"MIXER_{'WRITE' if direction == 1 else 'READ'}({nr})"]
    return ["SECCOMP_IOCTL_NOTIF_ID_VALID_WRONG_DIR"] if request == 0x80082102 else []


def _event_device(nr: int, direction: int, size: int, bare: bool) -> list[str]:
    absolute = "" if bare else "ABS_???"
    if direction == 1 and nr >= 0xC0:
        return [f"EVIOCSABS({enum_text(uapi.table('evdev_abs'), nr - 0xC0, absolute)})"]
    if direction == 2 and 0x20 <= nr < 0x40:
        kind = enum_text(uapi.table("evdev_ev"), nr - 0x20, "" if bare else "EV_???") if nr != 0x20 else "0"
        return [f"EVIOCGBIT({kind}, {size})"]
    if direction == 2 and 0x40 <= nr < 0x80:
        return [f"EVIOCGABS({enum_text(uapi.table('evdev_abs'), nr - 0x40, absolute)})"]
    return []


def _parts(request: int, bare: bool) -> str:
    direction = flags_text(uapi.table("ioctl_dirs"), request >> 30, "" if bare else "_IOC_???", ABBREV)
    words = (request >> 8 & 255, request & 255, request >> 16 & 0x3FFF)
    return f"_IOC({direction}, {', '.join(number(word) for word in words)})"
