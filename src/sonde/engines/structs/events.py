"""Structures of waiting and of asynchronous work: poll, epoll, AIO, io_uring, perf events."""

from __future__ import annotations

import struct

from sonde.catalog import flags
from sonde.catalog.flags import signed32
from sonde.engines.structs.fields import Special, braced, field, values
from sonde.engines.structs.how import How, named, number, scalar
from sonde.engines.structs.words import descriptor

__all__ = ["EVENTS", "uring_rest"]

_ATTACH_WQ = 0x20
_BITS = (
    "disabled", "inherit", "pinned", "exclusive", "exclude_user", "exclude_kernel", "exclude_hv", "exclude_idle",
    "mmap", "comm", "freq", "inherit_stat", "enable_on_exec", "task", "watermark", "precise_ip", ".", "mmap_data",
    "sample_id_all", "exclude_host", "exclude_guest", "exclude_callchain_kernel", "exclude_callchain_user", "mmap2",
    "comm_exec", "use_clockid", "context_switch", "write_backward", "namespaces", "ksymbol", "bpf_event",
    "aux_output", "cgroup", "text_poke", "build_id", "inherit_thread", "remove_on_exec", "sigtrap",
)  # fmt: skip
_SKIDS = (b"arbitrary skid", b"constant skid", b"requested to have 0 skid", b"must have 0 skid")
_FREQ, _PRECISE, _WATERMARK, _CLOCK = 10, 15, 14, 25
_HARDWARE, _SOFTWARE, _CACHE, _BREAKPOINT = 0, 1, 3, 5


def _poll(data: bytes, how: How) -> bytes | None:
    if len(data) < 8:
        return None
    fd, events, _ = struct.unpack("<iHH", data[:8])
    if fd < 0:
        return b"{fd=%d}" % fd
    return b"{fd=%s, events=%s}" % (descriptor(fd, how), named("pollflags", events, how))


def _epoll(data: bytes, how: How) -> bytes | None:
    if len(data) < 12:
        return None
    bits, whole = struct.unpack("<IQ", data[:12])
    return b"{events=%s, data={u32=%d, u64=%d}}" % (named("epollevents", bits, how), whole & 0xFFFFFFFF, whole)


def _request(data: bytes, how: How) -> bytes | None:
    """struct iocb without its buffer."""
    if len(data) < 64:
        return None
    found = values("iocb", data, how)
    parts = [b"aio_data=" + number(found["aio_data"])]
    if found["aio_key"]:
        parts.append(b"aio_key=%d" % found["aio_key"])
    if found["aio_rw_flags"]:
        parts.append(field("iocb", "aio_rw_flags", data, how))
    parts.append(field("iocb", "aio_lio_opcode", data, how))
    if found["aio_reqprio"]:
        parts.append(b"aio_reqprio=%d" % found["aio_reqprio"])
    return braced([*parts, b"aio_fildes=" + descriptor(found["aio_fildes"], how)])


def _uring(data: bytes, how: How) -> bytes | None:
    """struct io_uring_params as it is given; `uring_rest` is what becomes of it."""
    if len(data) < 120:
        return None
    found = values("io_uring_params", data, how)
    names = ["flags", "sq_thread_cpu", "sq_thread_idle", *(["wq_fd"] if found["flags"] & _ATTACH_WQ else [])]
    return b"{" + b", ".join(field("io_uring_params", name, data, how) for name in names)


def uring_rest(before: bytes, after: bytes, how: How, failed: bool) -> bytes:
    """What io_uring_setup wrote."""
    if len(before) < 120:
        return b""
    if failed or len(after) < 120:
        return b"}"
    names = ("sq_entries", "cq_entries", "features")
    parts = [field("io_uring_params", name, after, how) for name in names]
    for name, key, start in ((b"sq_off", "io_sqring_offsets", 40), (b"cq_off", "io_cqring_offsets", 80)):
        found = values(key, after[start : start + 40], how)
        shown = braced([b"%s=%d" % (one.encode(), value) for one, value in found.items()])
        parts.append(name + b"=" + shown)
    return b", " + b", ".join(parts) + b"}"


def _counter(data: bytes, how: How) -> bytes | None:
    """struct perf_event_attr."""
    if len(data) < 64:
        return None
    size = scalar(data[4:8])
    if 0 < size < 64:
        return None
    there = len(data)
    data = data.ljust(128, b"\0")
    found = values("perf_event_attr", data, how)
    bits = found["bits"]
    parts = [b"type=" + named("perf_type_id", found["type"], how), b"size=" + named("perf_attr_size", size, how)]
    parts.append(b"config=" + _configuration(found["type"], found["config"], how))
    period = b"sample_freq" if bits >> _FREQ & 1 else b"sample_period"
    parts.append(b"%s=%d" % (period, found["sample_period"]))
    parts += [field("perf_event_attr", name, data, how) for name in ("sample_type", "read_format")]
    parts += _bits(bits, how)
    if not how.verbose:
        return braced([*parts, b"..."])
    parts += _verbose(found, data, how)
    return braced([*parts, b"..."] if size > there else parts)


def _bits(bits: int, how: How) -> list[bytes]:
    parts = []
    for place, name in enumerate(_BITS):
        if place == _PRECISE:
            level = bits >> place & 3
            parts.append(b"precise_ip=%d /* %s */" % (level, _SKIDS[level]))
        elif name != "." and (how.verbose or bits >> place & 1):
            parts.append(b"%s=%d" % (name.encode(), bits >> place & 1))
    return parts


def _configuration(kind: int, config: int, how: How) -> bytes:
    if kind in (_HARDWARE, _SOFTWARE):
        return named("perf_hw_id" if kind == _HARDWARE else "perf_sw_ids", config, how)
    if kind != _CACHE or how.names == "raw":
        return number(config)
    keys = (("perf_hw_cache_id", 0), ("perf_hw_cache_op_id", 8), ("perf_hw_cache_op_result_id", 16))
    names = [flags.named(key).values.get(config >> shift & 0xFF, "") for key, shift in keys]
    if config >> 24 or not all(names):
        return number(config)
    text = b"|".join(b"%s<<%d" % (n.encode(), s) if s else n.encode() for n, (_, s) in zip(names, keys, strict=True))
    return b"%s /* %s */" % (number(config), text) if how.names == "verbose" else text


def _verbose(found: dict[str, int], data: bytes, how: How) -> list[bytes]:
    """The fields after the flags."""
    first = b"wakeup_watermark" if found["bits"] >> _WATERMARK & 1 else b"wakeup_events"
    parts = [b"%s=%d" % (first, found["wakeup_events"])]
    if found["type"] == _BREAKPOINT:
        parts += [b"bp_type=" + named("hw_breakpoint_type", found["bp_type"], how)]
        parts += [
            b"bp_addr=" + number(found["config1"]),
            b"bp_len=" + named("hw_breakpoint_len", found["config2"], how),
        ]
    else:
        parts += [b"%s=%s" % (name.encode(), number(found[name])) for name in ("config1", "config2")]
    if found["sample_type"] & 0x800:
        parts.append(field("perf_event_attr", "branch_sample_type", data, how))
    parts.append(b"sample_regs_user=" + number(found["sample_regs_user"]))
    if found["sample_type"] & 0x2000:
        parts.append(b"sample_stack_user=" + number(found["sample_stack_user"]))
    if found["bits"] >> _CLOCK & 1:
        parts.append(field("perf_event_attr", "clockid", data, how))
    parts.append(b"sample_regs_intr=" + number(found["sample_regs_intr"]))
    names = ("aux_watermark", "sample_max_stack", "aux_sample_size")
    parts += [b"%s=%d" % (name.encode(), found[name]) for name in names]
    return [*parts, b"sig_data=" + number(found["sig_data"])]


def _length(data: bytes, how: How) -> bytes | None:
    return b"[%d]" % signed32(scalar(data[:4])) if len(data) >= 4 else None


EVENTS: dict[str, Special] = {
    "pollfd": _poll,
    "epoll_event": _epoll,
    "iocb": _request,
    "io_uring_params": _uring,
    "perf_event_attr": _counter,
    "socklen": _length,
}
