"""Structures of signals: actions, what came with one, statuses of children."""

from __future__ import annotations

import struct

from sonde.catalog.flags import signed32
from sonde.catalog.unistd import I386, X86_64
from sonde.catalog.words import si_code_text
from sonde.engines.structs.fields import Special, braced, field, values
from sonde.engines.structs.how import RAW, VERBOSE, How, address, named, number, scalar
from sonde.engines.structs.words import SPELLINGS, process, signal, signal_set, user

__all__ = ["SIGNALS"]

_RESTORER = 0x4000000
_ILL, _TRAP, _BUS, _FPE, _SEGV, _CHLD, _POLL, _SYS = 4, 5, 7, 8, 11, 17, 29, 31
_USER, _TIMER, _TKILL, _KERNEL = 0, -2, -6, 0x80
_CLD_EXITED, _PKUERR = 1, 4
_handler = SPELLINGS["sighandler"]


def _action(data: bytes, how: How) -> bytes | None:
    """The kernel's struct sigaction."""
    width = how.word
    if len(data) < 3 * width + 8:
        return None
    handler, bits, restorer = (scalar(data, offset=at, size=width) for at in (0, width, 2 * width))
    return _action_text(handler, signal_set(scalar(data, offset=3 * width, size=8), how), bits, restorer, how)


def _old_action(data: bytes, how: How) -> bytes | None:
    width = how.word
    if len(data) < 4 * width:
        return None
    handler, mask, bits, restorer = (scalar(data, offset=at * width, size=width) for at in range(4))
    return _action_text(handler, signal_set(mask & 0xFFFFFFFF, how, 32), bits, restorer, how)


def _action_text(handler: int, mask: bytes, bits: int, restorer: int, how: How) -> bytes:
    parts = [
        b"sa_handler=" + _handler(handler, how), b"sa_mask=" + mask,
        b"sa_flags=" + named("sigact_flags", bits & 0xFFFFFFFF, how),
    ]  # fmt: skip
    return braced(parts + ([b"sa_restorer=" + address(restorer)] if bits & _RESTORER else []))


def _status(data: bytes, how: How) -> bytes | None:
    """How a child ended, stopped or went on."""
    if len(data) < 4:
        return None
    value = scalar(data[:4])
    plain = how._replace(names="abbrev")
    low, high = value & 0x7F, value >> 8 & 0xFF
    if value == 0xFFFF:
        return b"{WIFCONTINUED(s)}"
    if value & 0xFF == 0x7F:
        event = value >> 16 & 0xFF
        text = b"{WIFSTOPPED(s) && WSTOPSIG(s) == %s}" % _stop(high, plain)
        rest = b" | %s << 16" % named("ptrace_events", event, how) if event else b""
        return text + rest + (b" | 0x%x << 24" % (value >> 24) if value >> 24 else b"")
    if low == 0:
        text, known = b"{WIFEXITED(s) && WEXITSTATUS(s) == %d}" % high, 0xFF00
    else:
        dumped = b" && WCOREDUMP(s)" if value & 0x80 else b""
        text, known = b"{WIFSIGNALED(s) && WTERMSIG(s) == %s%s}" % (signal(low, plain), dumped), 0xFF
    return text + (b" | 0x%x" % (value & ~known) if value & ~known else b"")


def _stop(number_: int, how: How) -> bytes:
    if number_ & 0x80:
        return b"%s | 0x80" % signal(number_ & 0x7F, how)
    return signal(number_, how)


def _information(data: bytes, how: How) -> bytes | None:
    """siginfo_t: what came with a signal."""
    if len(data) < 12:
        return None
    number_, error, code = struct.unpack_from("<iii", data)
    if not number_:
        return b"{}"
    parts = [b"si_signo=" + signal(number_, how), b"si_code=" + _code(number_, code, how)]
    if error:
        parts.append(b"si_errno=%d" % error)
    data = data.ljust(128, b"\0")
    body = data[12:] if how.compat else data[16:]
    return braced(parts + (_sent(code, body, how) if code <= 0 else _raised(number_, code, body, how)))


def _code(number_: int, code: int, how: How) -> bytes:
    return si_code_text(number_, code, how.names).encode()


def _sender(body: bytes, how: How) -> list[bytes]:
    return [b"si_pid=" + process(scalar(body[:4]), how), b"si_uid=" + user(scalar(body[4:8]), how)]


def _value(raw: bytes, how: How) -> list[bytes]:
    """The value that came along, if it is not 0."""
    whole = scalar(raw[: how.word])
    return [b"si_int=%d" % signed32(whole), b"si_ptr=" + address(whole)] if whole else []


def _sent(code: int, body: bytes, how: How) -> list[bytes]:
    """Of a signal that a process or a timer sent."""
    if code in (_USER, _TKILL):
        return _sender(body, how)
    if code == _TIMER:
        first, overrun = struct.unpack_from("<Ii", body)
        return [b"si_timerid=" + number(first), b"si_overrun=%d" % overrun, *_value(body[8:], how)]
    return [*_sender(body, how), *_value(body[8:], how)]


def _spent(ticks: int, how: How) -> bytes:
    """Clock ticks, and what they are in seconds."""
    return b"%d /* %d.%02d s */" % (ticks, *divmod(ticks, 100)) if ticks > 0 and how.names != RAW else b"%d" % ticks


def _raised(number_: int, code: int, body: bytes, how: How) -> list[bytes]:
    """Of a signal that the kernel raised."""
    width = how.word
    if number_ == _CHLD:
        status = signed32(scalar(body[8:12]))
        start = 12 if how.compat else 16
        user_, system = (_spent(scalar(body[start + at :][:width], signed=True), how) for at in (0, width))
        shown = b"%d" % status if code == _CLD_EXITED else signal(status, how)
        return [*_sender(body, how), b"si_status=" + shown, b"si_utime=" + user_, b"si_stime=" + system]
    if number_ in (_ILL, _FPE, _SEGV, _BUS, _TRAP):
        key = [b"si_pkey=%d" % scalar(body[2 * width :][:4])] if (number_, code) == (_SEGV, _PKUERR) else []
        return [b"si_addr=" + address(scalar(body[:width])), *key]
    if number_ == _POLL and code != _KERNEL:
        band, fd = scalar(body[:width], signed=True), signed32(scalar(body[width : width + 4]))
        return [b"si_band=%d" % band, b"si_fd=%d" % fd]
    if number_ == _SYS:
        called, architecture = scalar(body[width : width + 4]), scalar(body[width + 4 : width + 8])
        parts = [b"si_call_addr=" + address(scalar(body[:width])), b"si_syscall=" + _call(called, how)]
        return [*parts, b"si_arch=" + named("audit_arch", architecture, how)]
    return [*(_sender(body, how) if any(body[:8]) else []), *_value(body[8:], how)]


def _call(value: int, how: How) -> bytes:
    names = I386 if how.compat else X86_64
    name = next((b"__NR_" + name.encode() for name, one in names.items() if one == value), b"")
    if not name or how.names == RAW:
        return b"%d" % value if name else number(value)
    return b"%d /* %s */" % (value, name) if how.names == VERBOSE else name


def _event(data: bytes, how: How) -> bytes | None:
    """struct sigevent."""
    width = how.word
    if len(data) < width + 8:
        return None
    found = values("sigevent", data.ljust(64, b"\0"), how)
    kind = found["sigev_notify"]
    whole = found["sigev_value"]
    sent = signal(found["sigev_signo"], how) if kind in (0, 4) else b"%d" % found["sigev_signo"]
    parts = [
        b"sigev_value={sival_int=%d, sival_ptr=%s}" % (signed32(whole), address(whole)),
        b"sigev_signo=" + sent, b"sigev_notify=" + named("sigev_value", kind & 0xFFFFFFFF, how),
    ]  # fmt: skip
    if kind == 4:
        parts.append(b"sigev_notify_thread_id=" + process(found["sigev_function"] & 0xFFFFFFFF, how))
    if kind == 2:
        names = (
            (b"sigev_notify_function", found["sigev_function"]),
            (b"sigev_notify_attributes", found["sigev_attributes"]),
        )
        parts += [b"%s=%s" % (name, address(value)) for name, value in names]
    return braced(parts)


def _stack(data: bytes, how: How) -> bytes | None:
    if len(data) < (12 if how.compat else 24):
        return None
    return braced([field("stack", name, data, how) for name in ("ss_sp", "ss_flags", "ss_size")])


def _number(data: bytes, how: How) -> bytes | None:
    return signal(scalar(data[:4]), how) if len(data) >= 4 else None


SIGNALS: dict[str, Special] = {
    "sigaction": _action,
    "old_sigaction": _old_action,
    "wait_status": _status,
    "siginfo": _information,
    "sigevent": _event,
    "stack": _stack,
    "signal_ref": _number,
}
