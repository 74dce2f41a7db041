"""Structures of processes and memory: clone3, capabilities, scheduling, sets of CPUs, nodes and descriptors, IPC."""

from __future__ import annotations

from collections.abc import Callable

from sonde.catalog.flags import signed32
from sonde.catalog.layouts import layout
from sonde.engines.structs.fields import Special, braced, bracketed, field, number_of, values
from sonde.engines.structs.how import How, address, commented, named, number, octal, quoted, scalar
from sonde.engines.structs.words import descriptor, process, signal, signal_set, user

__all__ = ["ARRAYS", "PROCESSES", "Array", "clone_rest"]

Array = Callable[[bytes, int, How], bytes | None]
_PIDFD, _PARENT_SETTID, _CHILD_CLEARTID, _CHILD_SETTID, _SETTLS, _INTO_CGROUP = (
    0x1000, 0x100000, 0x200000, 0x1000000, 0x80000, 0x200000000,
)  # fmt: skip
_PAGE = 4096


def _clone(data: bytes, how: How) -> bytes | None:
    if len(data) < 64:
        return None
    found = values("clone_args", data.ljust(88, b"\0"), how)
    bits = found["flags"]
    parts = [b"flags=" + _clone_flags(bits, how)]
    for name, wanted in (
        ("pidfd", _PIDFD),
        ("child_tid", _CHILD_SETTID | _CHILD_CLEARTID),
        ("parent_tid", _PARENT_SETTID),
    ):
        if bits & wanted:
            parts.append(b"%s=%s" % (name.encode(), address(found[name])))
    sent = found["exit_signal"]
    parts += [
        b"exit_signal=" + (signal(sent, how) if 0 < sent < 65 else number(sent)), b"stack=" + address(found["stack"]),
        b"stack_size=" + number(found["stack_size"]),
    ]  # fmt: skip
    if bits & _SETTLS:
        parts.append(b"tls=" + address(found["tls"]))
    if found["set_tid"] or found["set_tid_size"]:
        parts += [b"set_tid=" + address(found["set_tid"]), b"set_tid_size=%d" % found["set_tid_size"]]
    if bits & _INTO_CGROUP:
        parts.append(b"cgroup=" + descriptor(found["cgroup"], how))
    return braced(parts)


def _clone_flags(bits: int, how: How) -> bytes:
    """The flags of clone3, which has those of clone and more."""
    low, high = bits & 0xFFFFFFFF, bits >> 32 << 32
    plain = how._replace(names="abbrev")
    texts = [named(key, part, plain) for key, part in (("clone_flags", low), ("clone3_flags", high)) if part]
    return commented(number(bits), b"|".join(texts), how)


def clone_rest(before: bytes, result: int) -> bytes:
    """What clone3 wrote: the number of the new thread."""
    bits = scalar(before[:8]) if len(before) >= 64 else 0
    return b" => {parent_tid=[%d]}" % result if bits & _PARENT_SETTID and result > 0 else b""


def _capabilities(data: bytes, how: How) -> bytes | None:
    if len(data) < 12:
        return None
    low = [scalar(data, offset=at, size=4) for at in (0, 4, 8)]
    high = [scalar(data, offset=at, size=4) for at in (12, 16, 20)] if len(data) >= 24 else [0, 0, 0]
    parts = []
    for name, first, second in zip((b"effective", b"permitted", b"inheritable"), low, high, strict=True):
        more = b"|" + named("cap_mask1", second, how) if second else b""
        text = named("cap_mask0", first, how) + more if first or not more else more[1:]
        parts.append(name + b"=" + text)
    return braced(parts)


def _padded(value: int) -> bytes:
    return b"0x%06x" % value if value else b"00000000"


def _segment(data: bytes, how: How) -> bytes | None:
    """struct user_desc."""
    if len(data) < 16:
        return None
    entry, base, limit, bits = (scalar(data, offset=at, size=4) for at in (0, 4, 8, 12))
    parts = [b"entry_number=%d" % signed32(entry), b"base_addr=" + _padded(base), b"limit=" + _padded(limit)]
    names = ((b"seg_32bit", 0, 1), (b"contents", 1, 3), (b"read_exec_only", 3, 1), (b"limit_in_pages", 4, 1),
             (b"seg_not_present", 5, 1), (b"useable", 6, 1))  # fmt: skip
    parts += [b"%s=%d" % (name, bits >> shift & mask) for name, shift, mask in names]
    return braced(parts if how.compat else [*parts, b"lm=%d" % (bits >> 7 & 1)])


def _scheduling(data: bytes, how: How) -> bytes | None:
    if len(data) < 4:
        return None
    size = scalar(data[:4])
    names = [one.name for one in layout("sched_attr", how.compat).fields]
    if size < 48:
        return braced([b"size=%d" % size])
    if len(data) < 48:
        return None
    shown = names if size >= 56 and len(data) >= 56 else names[:8]
    return braced([field("sched_attr", name, data, how) for name in shown])


def _cpus(data: bytes, count: int, how: How) -> bytes | None:
    if not data:
        return b"[]" if count == 0 else None
    bits = int.from_bytes(data[: count if count > 0 else None], "little")
    return b"[" + b" ".join(b"%d" % n for n in range(bits.bit_length()) if bits >> n & 1) + b"]"


def _nodes(data: bytes, count: int, how: How) -> bytes | None:
    """Words of a mask of memory nodes."""
    width = how.word
    wanted = -(-count // (8 * width))
    there = min(wanted, len(data) // width)
    if not there:
        return b"[]" if not wanted else None
    shown = there if how.verbose else min(there, how.limit)
    texts = []
    for at in range(shown):
        value = scalar(data, offset=at * width, size=width)
        texts.append(b"0x%0*x" % (2 * width - 2, value) if value else b"0" * (2 * width))
    return bracketed([*texts, b"..."] if shown < wanted else texts)


def _descriptors(data: bytes, count: int, how: How) -> bytes | None:
    """The descriptors of a set that are below `count`."""
    count = signed32(count)
    if count <= 0 or not data:
        return None
    bits = int.from_bytes(data[: -(-min(count, 1024) // 8)], "little") & ((1 << min(count, 1024)) - 1)
    members = [n for n in range(bits.bit_length()) if bits >> n & 1]
    return b"[" + b" ".join(descriptor(n, how) for n in members) + b"]"


def _pages(data: bytes, count: int, how: How) -> bytes | None:
    wanted = -(-count // _PAGE)
    if wanted and not data:
        return None
    shown = wanted if how.verbose else min(wanted, how.limit)
    texts = [b"%d" % (byte & 1) for byte in data[:shown]]
    return bracketed([*texts, b"..."] if len(texts) < wanted else texts)


def _message(data: bytes, count: int, how: How) -> bytes | None:
    """struct msgbuf with `count` bytes of text."""
    if len(data) < how.word:
        return None
    body = data[how.word : how.word + count]
    text = quoted(body, how, how.limit)
    if len(body) < count and not text.endswith(b"..."):
        text += b"..."
    return b"{mtype=%d, mtext=%s}" % (scalar(data[: how.word], signed=True), text)


def _permissions(data: bytes, how: How, given: bool) -> bytes:
    found = values("ipc_perm", data, how)
    parts = [b"uid=" + user(found["uid"], how), b"gid=" + user(found["gid"], how), b"mode=" + octal(found["mode"])]
    if not given:
        parts += [b"key=%d" % (found["key"] & 0xFFFFFFFF), b"cuid=" + user(found["cuid"], how)]
        parts.append(b"cgid=" + user(found["cgid"], how))
    return braced(parts)


def _ipc(key: str, owner: bytes, shown: str, given: str | None = None) -> Special:
    """struct semid_ds, msqid_ds or shmid_ds; `given`: what IPC_SET reads of it."""

    def text(data: bytes, how: How) -> bytes | None:
        found = layout(key, how.compat)
        if len(data) < found.size:
            return None
        names = shown if given is None else given
        parts = [owner + b"=" + _permissions(data, how, given is not None)]
        for one in found.fields:
            if one.name in names.split():
                value = number_of(data, one)
                parts.append(
                    b"%s=%s" % (one.name.encode(), process(value, how) if one.shown == "pid" else b"%d" % value)
                )
        if key == "shmid_ds":
            order = {name: place for place, name in enumerate(names.split())}
            parts[1:] = sorted(parts[1:], key=lambda part: order[part.partition(b"=")[0].decode()])
        return braced([*parts, b"..."] if given is not None else parts)

    return text


_SEM, _MSG, _SHM = (
    "sem_otime sem_ctime sem_nsems",
    "msg_stime msg_rtime msg_ctime msg_qnum msg_qbytes msg_lspid msg_lrpid",
    "shm_segsz shm_cpid shm_lpid shm_nattch shm_atime shm_dtime shm_ctime",
)


def _pointed_mask(data: bytes, how: How) -> bytes | None:
    """The mask and its size of pselect6; behind them the mask itself, if it is at hand."""
    width = how.word
    if len(data) < 2 * width:
        return None
    mask, size = scalar(data[:width]), scalar(data, offset=width, size=width)
    behind = data[2 * width :]
    shown = signal_set(int.from_bytes(behind, "little"), how) if behind and len(behind) == size else address(mask)
    return b"{sigmask=%s, sigsetsize=%d}" % (shown, size)


PROCESSES: dict[str, Special] = {
    "clone_args": _clone,
    "cap_data": _capabilities,
    "user_desc": _segment,
    "sched_attr": _scheduling,
    "sigset6": _pointed_mask,
    "aio_sigset": _pointed_mask,
    "semid_ds": _ipc("semid_ds", b"sem_perm", _SEM),
    "msqid_ds": _ipc("msqid_ds", b"msg_perm", _MSG),
    "shmid_ds": _ipc("shmid_ds", b"shm_perm", _SHM),
    "semid_ds:set": _ipc("semid_ds", b"sem_perm", _SEM, ""),
    "msqid_ds:set": _ipc("msqid_ds", b"msg_perm", _MSG, "msg_qbytes"),
    "shmid_ds:set": _ipc("shmid_ds", b"shm_perm", _SHM, ""),
}
ARRAYS: dict[str, Array] = {
    "cpu_set": _cpus,
    "nodemask": _nodes,
    "fd_set": _descriptors,
    "mincore": _pages,
    "msgbuf": _message,
}
