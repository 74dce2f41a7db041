"""The one door to libbpf.so.1 (>= 1.0) and so to bpf(2)."""

from __future__ import annotations

import ctypes as C
import fcntl
import os
import struct
from collections.abc import Iterator
from errno import ENOENT, ENOSPC
from typing import NamedTuple

from sonde.errors import KernelError

__all__ = [
    "ITER", "RAW_TRACEPOINT", "SYSTEM_CALL", "MapInfo", "Object", "ProgramCost", "ProgramInfo", "attach_event",
    "attach_iter", "attach_tracepoint", "btf_has", "create_map", "delete", "entries", "freeze_map", "keep_statistics",
    "load_btf", "load_program", "lookup", "program_cost", "skipped_runs", "unseen_mount", "update",
]  # fmt: skip

TRACING = 26  # BPF_PROG_TYPE_TRACING
RAW_TRACEPOINT = 23  # BPF_TRACE_RAW_TP, tp_btf
ITER = 28  # BPF_TRACE_ITER
SYSTEM_CALL = 0  # no attach type: a tracepoint of one system call (BPF_PROG_TYPE_TRACEPOINT)
TRACEPOINT = 5
PERF_TYPE_TRACEPOINT, PERF_ATTR_SIZE, PERF_DISABLED, PERF_CLOEXEC = 2, 64, 1, 8
PERF_EVENT_IOC_SET_BPF = 0x40042408
PERF_EVENT_OPEN, FSOPEN, FSCONFIG, FSMOUNT = 298, 430, 431, 432  # numbers of calls that have no wrapper
FSCONFIG_CREATE = 6
KIND_FUNC = 12
LOG_SIZE = 1 << 24

_void, _int, _u32, _text = C.c_void_p, C.c_int, C.c_uint32, C.c_char_p

_SIGNATURES: dict[str, tuple[object, ...]] = {
    # name: (result, arguments...)
    "libbpf_set_print": (_void, _void),
    "bpf_object__open_mem": (_void, _void, C.c_size_t, _void),
    "bpf_object__load": (_int, _void),
    "bpf_object__close": (None, _void),
    "bpf_object__next_program": (_void, _void, _void),
    "bpf_object__next_map": (_void, _void, _void),
    "bpf_object__btf": (_void, _void),
    "bpf_program__name": (_text, _void),
    "bpf_program__section_name": (_text, _void),
    "bpf_program__insns": (_void, _void),
    "bpf_program__insn_cnt": (C.c_size_t, _void),
    "bpf_program__fd": (_int, _void),
    "bpf_map__name": (_text, _void),
    "bpf_map__fd": (_int, _void),
    "bpf_map__type": (_int, _void),
    "bpf_map__key_size": (_u32, _void),
    "bpf_map__value_size": (_u32, _void),
    "bpf_map__max_entries": (_u32, _void),
    "bpf_map__map_flags": (_u32, _void),
    "bpf_map__set_max_entries": (_int, _void, _u32),
    "bpf_map__initial_value": (_void, _void, _void),
    "btf__raw_data": (_void, _void, _void),
    "btf__find_by_name_kind": (_int, _void, _text, _u32),
    "btf__load_vmlinux_btf": (_void,),
    "btf__free": (None, _void),
    "bpf_map_create": (_int, _int, _text, _u32, _u32, _u32, _void),
    "bpf_map_update_elem": (_int, _int, _void, _void, C.c_uint64),
    "bpf_map_lookup_elem": (_int, _int, _void, _void),
    "bpf_map_delete_elem": (_int, _int, _void),
    "bpf_map_lookup_batch": (_int, _int, _void, _void, _void, _void, _void, _void),
    "bpf_map_freeze": (_int, _int),
    "bpf_btf_load": (_int, _void, C.c_size_t, _void),
    "bpf_prog_load": (_int, _int, _text, _text, _void, C.c_size_t, _void),
    "bpf_raw_tracepoint_open": (_int, _text, _int),
    "bpf_link_create": (_int, _int, _int, _int, _void),
    "bpf_iter_create": (_int, _int),
    "bpf_obj_get_info_by_fd": (_int, _int, _void, _void),
    "bpf_enable_stats": (_int, _int),
}


class _OpenOptions(C.Structure):
    _fields_ = [
        ("sz", C.c_size_t), ("object_name", _text), ("relaxed_maps", C.c_bool), ("pin_root_path", _text),
        ("reserved", _u32), ("kconfig", _text), ("btf_custom_path", _text),
        ("kernel_log_buf", _void), ("kernel_log_size", C.c_size_t), ("kernel_log_level", _u32),
    ]  # fmt: skip


class _MapOptions(C.Structure):
    _fields_ = [
        ("sz", C.c_size_t), ("btf_fd", _u32), ("btf_key_type_id", _u32), ("btf_value_type_id", _u32),
        ("btf_vmlinux_value_type_id", _u32), ("inner_map_fd", _u32), ("map_flags", _u32),
        ("map_extra", C.c_uint64), ("numa_node", _u32), ("map_ifindex", _u32),
    ]  # fmt: skip


class _ProgramOptions(C.Structure):
    _fields_ = [
        ("sz", C.c_size_t), ("attempts", _int), ("expected_attach_type", _u32), ("prog_btf_fd", _u32),
        ("prog_flags", _u32), ("prog_ifindex", _u32), ("kern_version", _u32), ("attach_btf_id", _u32),
        ("attach_prog_fd", _u32), ("attach_btf_obj_fd", _u32), ("fd_array", _void),
        ("func_info", _void), ("func_info_cnt", _u32), ("func_info_rec_size", _u32),
        ("line_info", _void), ("line_info_cnt", _u32), ("line_info_rec_size", _u32),
        ("log_level", _u32), ("log_size", _u32), ("log_buf", _void),
    ]  # fmt: skip


_library: C.CDLL | None = None


def _lib() -> C.CDLL:
    """libbpf, loaded at first use and told to be silent."""
    global _library
    if _library is None:
        try:
            library = C.CDLL("libbpf.so.1", use_errno=True)
        except OSError:
            raise KernelError("cannot load libbpf.so.1", "it is not installed", "apt install libbpf1") from None
        for name, (result, *arguments) in _SIGNATURES.items():
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
        library.libbpf_set_print(None)
        _library = library
    return _library


def _refused(tried: str, error: int, log: bytes = b"") -> KernelError:
    lines = [line for line in log.decode(errors="replace").strip().split("\n") if line][-5:]
    why = os.strerror(error) + ("\n  " + "\n  ".join(lines) if lines else "")
    remedy = "root, or CAP_BPF and CAP_PERFMON, is needed" if error == 1 and os.geteuid() else ""
    return KernelError(tried, why, remedy, error)


class MapInfo(NamedTuple):
    """What bpf(BPF_MAP_CREATE) is told; `image` is the initial value of a data section."""

    kind: int
    key_size: int
    value_size: int
    max_entries: int
    flags: int
    image: bytes | None = None


class ProgramInfo(NamedTuple):
    """A loaded program of an object: its relocated instructions, section and the BTF id of its hook."""

    name: str
    section: str
    code: bytes
    attach_btf_id: int


class Object:
    """A BPF object opened, relocated and loaded by libbpf once, to learn its relocated code."""

    def __init__(self, image: bytes) -> None:
        self._image = C.create_string_buffer(image, len(image))  # libbpf keeps pointers into it
        self._log = C.create_string_buffer(LOG_SIZE)
        options = _OpenOptions(
            sz=C.sizeof(_OpenOptions),
            object_name=b"sonde",
            kernel_log_buf=C.cast(self._log, _void),
            kernel_log_size=LOG_SIZE,
        )
        self._object = _lib().bpf_object__open_mem(self._image, len(image), C.byref(options))
        if not self._object:
            raise _refused("cannot open the BPF library", C.get_errno())

    def shrink_maps(self, sizes: dict[str, int]) -> None:
        """Use small tables for this load: nothing of it will run."""
        for name, handle in self._maps():
            if name in sizes:
                _lib().bpf_map__set_max_entries(handle, sizes[name])

    def load(self) -> None:
        """Have the kernel verify it. KernelError with the end of the verifier's log if it refuses."""
        if _lib().bpf_object__load(self._object):
            raise _refused("the kernel refused the BPF library", C.get_errno(), self._log.value)

    def close(self) -> None:
        """Free it; maps and programs go with it."""
        _lib().bpf_object__close(self._object)

    def maps(self) -> dict[str, tuple[int, MapInfo]]:
        """Name -> (fd of this object's map, what it is)."""
        lib, out = _lib(), {}
        for name, m in self._maps():
            where = self._initial(m)
            info = MapInfo(
                lib.bpf_map__type(m), lib.bpf_map__key_size(m), lib.bpf_map__value_size(m), lib.bpf_map__max_entries(m),
                lib.bpf_map__map_flags(m), C.string_at(*where) if where else None,
            )  # fmt: skip
            out[name] = (lib.bpf_map__fd(m), info)
        return out

    def programs(self) -> Iterator[ProgramInfo]:
        """Every program after relocation."""
        lib, handle = _lib(), None
        while handle := lib.bpf_object__next_program(self._object, handle):
            code = C.string_at(lib.bpf_program__insns(handle), 8 * lib.bpf_program__insn_cnt(handle))
            names = lib.bpf_program__name(handle).decode(), lib.bpf_program__section_name(handle).decode()
            yield ProgramInfo(*names, code, _attach_btf_id(lib.bpf_program__fd(handle)))

    def btf(self) -> bytes:
        """The object's BTF as loaded (hidden functions are static by then)."""
        size = C.c_uint32()
        data = _lib().btf__raw_data(_lib().bpf_object__btf(self._object), C.byref(size))
        return C.string_at(data, size.value)

    def function_id(self, name: str) -> int:
        """BTF id of a function."""
        found: int = _lib().btf__find_by_name_kind(_lib().bpf_object__btf(self._object), name.encode(), KIND_FUNC)
        return found

    def _maps(self) -> Iterator[tuple[str, int]]:
        handle = None
        while handle := _lib().bpf_object__next_map(self._object, handle):
            yield _lib().bpf_map__name(handle).decode(), handle

    @staticmethod
    def _initial(handle: int) -> tuple[int, int] | None:
        size = C.c_size_t()
        where = _lib().bpf_map__initial_value(handle, C.byref(size))
        return (where, size.value) if where else None


def _program_info(fd: int) -> bytes:
    """The struct bpf_prog_info of a program."""
    info, size = C.create_string_buffer(256), C.c_uint32(232)
    if _lib().bpf_obj_get_info_by_fd(fd, info, C.byref(size)):
        raise _refused("cannot read a program's info", C.get_errno())
    return info.raw


def _attach_btf_id(fd: int) -> int:
    return int.from_bytes(_program_info(fd)[224:228], "little")  # bpf_prog_info.attach_btf_id


class ProgramCost(NamedTuple):
    """How often a program ran while statistics were kept, ns it took, and instructions that the verifier looked at."""

    runs: int
    ns: int
    verified: int


def program_cost(fd: int) -> ProgramCost:
    """The cost of a loaded program so far (bpf_prog_info: run_time_ns, run_cnt, verified_insns). KernelError."""
    info = _program_info(fd)
    ns, runs = (int.from_bytes(info[at : at + 8], "little") for at in (192, 200))
    return ProgramCost(runs, ns, int.from_bytes(info[216:220], "little"))


def skipped_runs(fd: int) -> int:
    """How often the kernel did not run a program because another one, or it itself, was running (bpf_prog_info:
    recursion_misses). KernelError."""
    return int.from_bytes(_program_info(fd)[208:216], "little")


def keep_statistics() -> int:
    """fd of which every program's runs are counted and timed until it is closed. KernelError if refused."""
    fd: int = _lib().bpf_enable_stats(0)  # BPF_STATS_RUN_TIME
    if fd < 0:
        raise _refused("cannot keep statistics of BPF programs", C.get_errno())
    return fd


def btf_has(function: str) -> bool:
    """Does the running kernel's BTF know this function (kfunc)? KernelError without BTF."""
    btf = _lib().btf__load_vmlinux_btf()
    if not btf:
        raise KernelError(
            "no BTF of this kernel",
            "/sys/kernel/btf/vmlinux is missing",
            "a kernel with CONFIG_DEBUG_INFO_BTF=y is needed",
        )
    found: int = _lib().btf__find_by_name_kind(btf, function.encode(), KIND_FUNC)
    _lib().btf__free(btf)
    return found > 0


def create_map(name: str, info: MapInfo) -> int:
    """A new map's fd. KernelError if refused."""
    options = _MapOptions(sz=C.sizeof(_MapOptions), map_flags=info.flags)
    short = name.strip(".").replace(".", "_").encode()[:15]
    fd: int = _lib().bpf_map_create(
        info.kind, short, info.key_size, info.value_size, info.max_entries, C.byref(options)
    )
    if fd < 0:
        raise _refused(f"cannot create the table {name}", C.get_errno())
    return fd


def update(fd: int, key: bytes, value: bytes) -> None:
    """Set one element."""
    if _lib().bpf_map_update_elem(fd, key, value, 0):
        raise _refused("cannot write a BPF table", C.get_errno())


def delete(fd: int, key: bytes) -> None:
    """Remove one element, if it is there."""
    _lib().bpf_map_delete_elem(fd, key)


def lookup(fd: int, key: bytes, size: int) -> bytes | None:
    """One element of `size` bytes (per-CPU tables: of all CPUs, one after another), or None."""
    out = C.create_string_buffer(size)
    return None if _lib().bpf_map_lookup_elem(fd, key, out) else out.raw


def entries(fd: int, key_size: int, value_size: int, room: int = 4096) -> tuple[bytes, bytes]:
    """(keys, values) of a hash table, one after another; of per-CPU tables each value is those of all CPUs.

    `room` entries are read at once. An entry that is made meanwhile may be missing. KernelError if refused.
    """
    keys: list[bytes] = []
    values: list[bytes] = []
    place, after = C.create_string_buffer(max(8, key_size)), C.create_string_buffer(max(8, key_size))
    begun = done = False
    while not done:
        key_room, value_room = C.create_string_buffer(key_size * room), C.create_string_buffer(value_size * room)
        count = C.c_uint32(room)
        refused = _lib().bpf_map_lookup_batch(
            fd, place if begun else None, after, key_room, value_room, C.byref(count), None
        )
        error = C.get_errno()
        if refused and error == ENOSPC:  # more in one bucket than there is room for
            room *= 2
            continue
        if refused and error != ENOENT:
            raise _refused("cannot read a BPF table", error)
        keys.append(key_room.raw[: count.value * key_size])
        values.append(value_room.raw[: count.value * value_size])
        done, begun, place, after = bool(refused), True, after, place
    return b"".join(keys), b"".join(values)


def freeze_map(fd: int) -> None:
    """Make it read-only for user space: constants for the verifier."""
    if _lib().bpf_map_freeze(fd):
        raise _refused("cannot freeze a BPF table", C.get_errno())


def load_btf(data: bytes) -> int:
    """BTF fd."""
    fd: int = _lib().bpf_btf_load(data, len(data), None)
    if fd < 0:
        raise _refused("cannot load the library's BTF", C.get_errno())
    return fd


def load_program(
    name: str, code: bytes, functions: bytes, attach_btf_id: int, kind: int, btf_fd: int, log_level: int = 0
) -> int:
    """fd of a program of a `kind`: RAW_TRACEPOINT, ITER or SYSTEM_CALL. `functions` is func_info: pairs of u4
    (instruction, BTF id of FUNC), main first.

    KernelError with the end of the verifier's log if it is refused.
    """
    options = _ProgramOptions(
        sz=C.sizeof(_ProgramOptions), attempts=1, expected_attach_type=kind,
        prog_btf_fd=btf_fd, attach_btf_id=attach_btf_id,
        func_info=C.cast(C.c_char_p(functions), _void), func_info_cnt=len(functions) // 8, func_info_rec_size=8,
    )  # fmt: skip
    log = C.create_string_buffer(LOG_SIZE if log_level else 1)
    if log_level:
        options.log_level, options.log_size, options.log_buf = log_level, LOG_SIZE, C.cast(log, _void)
    of = TRACEPOINT if kind == SYSTEM_CALL else TRACING
    fd: int = _lib().bpf_prog_load(of, name.encode()[:15], b"Dual BSD/GPL", code, len(code) // 8, C.byref(options))
    error = C.get_errno()
    if fd < 0 and not log_level:
        return load_program(name, code, functions, attach_btf_id, kind, btf_fd, 1)
    if fd < 0:
        raise _refused(f"the kernel refused the program {name}", error, log.value)
    return fd


def attach_tracepoint(program: int) -> int:
    """Link fd of a tp_btf program; closing it detaches."""
    fd: int = _lib().bpf_raw_tracepoint_open(None, program)
    if fd < 0:
        raise _refused("cannot attach to a tracepoint", C.get_errno())
    return fd


def attach_event(program: int, tracepoint: int) -> int:
    """fd of an attached SYSTEM_CALL program; closing it detaches. `tracepoint` is the id that tracefs tells.

    The event is of one CPU and stays disabled: the program hangs on the tracepoint and runs on all of them.
    """
    attributes = struct.pack("<IIQ", PERF_TYPE_TRACEPOINT, PERF_ATTR_SIZE, tracepoint).ljust(PERF_ATTR_SIZE, b"\0")
    attributes = attributes[:40] + PERF_DISABLED.to_bytes(8, "little") + attributes[48:]
    cpu = min(os.sched_getaffinity(0))
    fd = _system_call("cannot open a tracepoint", PERF_EVENT_OPEN, attributes, -1, cpu, -1, PERF_CLOEXEC)
    try:
        fcntl.ioctl(fd, PERF_EVENT_IOC_SET_BPF, program)
    except OSError as error:
        os.close(fd)
        raise _refused("cannot attach to a tracepoint", error.errno or 0) from None
    return fd


def unseen_mount(kind: str) -> int:
    """fd of a file system's root that is mounted nowhere; closing it ends the mount."""
    tried = f"cannot look into {kind}"
    context = _system_call(tried, FSOPEN, kind.encode(), 0)
    try:
        _system_call(tried, FSCONFIG, context, FSCONFIG_CREATE, None, None, 0)
        return _system_call(tried, FSMOUNT, context, 0, 0)
    finally:
        os.close(context)


def _system_call(tried: str, *words: int | bytes | None) -> int:
    """The result of syscall(2); KernelError if it fails."""
    result: int = C.CDLL(None, use_errno=True).syscall(
        *(C.c_long(word) if isinstance(word, int) else word for word in words)
    )
    if result < 0:
        raise _refused(tried, C.get_errno())
    return result


def attach_iter(program: int) -> int:
    """A readable fd that runs the iterator program to its end."""
    link: int = _lib().bpf_link_create(program, 0, ITER, None)
    if link < 0:
        raise _refused("cannot attach an iterator", C.get_errno())
    fd: int = _lib().bpf_iter_create(link)
    error = C.get_errno()
    os.close(link)
    if fd < 0:
        raise _refused("cannot start an iterator", error)
    return fd
