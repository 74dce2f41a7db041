"""What this kernel and this user can do, found by trying; drives `sonde doctor` and the choice of ways."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import NamedTuple

from sonde.errors import KernelError
from sonde.kept import kept
from sonde.kernel.libbpf import MapInfo, btf_has, create_map

__all__ = ["Feature", "features", "lock_addresses", "pid_max", "possible_cpus"]

CAP_SYS_ADMIN, CAP_PERFMON, CAP_BPF = 21, 38, 39
ARRAY = 2
LOCKS = ("rename_lock", "mount_lock")


class Feature(NamedTuple):
    """One capability: `here`, or `why` not and the `remedy`; `needed`: nothing live works without it."""

    name: str
    here: bool
    why: str = ""
    remedy: str = ""
    needed: bool = False


def features() -> tuple[Feature, ...]:
    """Everything that is tried, in the order in which it matters."""
    return tuple(check() for check in (_privilege, _lockdown, _btf, _bpf, _rdonly_cast, _locks, _jit))


def possible_cpus() -> int:
    """CPUs that per-CPU tables have an element for."""
    try:
        text = Path("/sys/devices/system/cpu/possible").read_text().strip()
        return int(text.rpartition(",")[2].rpartition("-")[2]) + 1
    except (OSError, ValueError):
        return os.cpu_count() or 1


def pid_max() -> int:
    """kernel.pid_max: thread ids are below."""
    try:
        return int(Path("/proc/sys/kernel/pid_max").read_text())
    except (OSError, ValueError):
        return 1 << 22


@cache
def lock_addresses() -> dict[str, int]:
    """Addresses of the kernel's rename_lock and mount_lock, or {} where /proc/kallsyms does not show them (they need
    CONFIG_KALLSYMS_ALL and privilege)."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return _symbols(LOCKS)
    found: dict[str, int] = kept("locks", boot, lambda: _symbols(LOCKS), dict)
    return found if len(found) == len(LOCKS) else {}


def _symbols(names: tuple[str, ...]) -> dict[str, int]:
    wanted, found = {name.encode() for name in names}, {}
    try:
        with open("/proc/kallsyms", "rb") as lines:
            for line in lines:
                name = line.split(None, 3)[2]
                if name in wanted and int(line[:16], 16):
                    found[name.decode()] = int(line[:16], 16)
    except (OSError, ValueError, IndexError):
        pass
    return found


def _privilege() -> Feature:
    missing = [n for n, bit in (("CAP_BPF", CAP_BPF), ("CAP_PERFMON", CAP_PERFMON)) if not _capable(bit)]
    here = not missing or _capable(CAP_SYS_ADMIN)
    return Feature("privilege to load BPF", here, f"without {' and '.join(missing)}", "run it with sudo", needed=True)


def _capable(bit: int) -> bool:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapEff:"):
            return bool(int(line.split()[1], 16) >> bit & 1)
    return os.geteuid() == 0


def _lockdown() -> Feature:
    try:
        text = Path("/sys/kernel/security/lockdown").read_text()
    except OSError:
        text = ""
    locked = "[confidentiality]" in text
    remedy = "boot with lockdown=integrity or none; Secure Boot may set it"
    why = "lockdown=confidentiality forbids reading kernel memory"
    return Feature("kernel not locked down", not locked, why, remedy, needed=True)


def _btf() -> Feature:
    here = Path("/sys/kernel/btf/vmlinux").exists()
    remedy = "a kernel with CONFIG_DEBUG_INFO_BTF=y"
    return Feature("BTF type information", here, "/sys/kernel/btf/vmlinux is missing", remedy, needed=True)


def _bpf() -> Feature:
    try:
        os.close(create_map("sonde_probe", MapInfo(ARRAY, 4, 4, 1, 0)))
    except KernelError as error:
        return Feature("bpf(2)", False, error.why or error.tried, error.remedy or "run it with sudo", needed=True)
    return Feature("bpf(2)", True, needed=True)


def _rdonly_cast() -> Feature:
    try:
        here = btf_has("bpf_rdonly_cast")
    except KernelError:
        here = False
    return Feature(
        "kernel memory by plain loads", here, "no bpf_rdonly_cast", "Linux >= 6.2; slower helper calls are used"
    )


def _locks() -> Feature:
    here = bool(lock_addresses())
    why = "addresses of rename_lock and mount_lock are not in /proc/kallsyms"
    return Feature(
        "exact rename detection", here, why, "CONFIG_KALLSYMS_ALL=y; rename and mount calls are counted instead"
    )


def _jit() -> Feature:
    try:
        here = Path("/proc/sys/net/core/bpf_jit_enable").read_text().strip() != "0"
    except OSError:
        here = True
    return Feature(
        "BPF compiled to machine code", here, "net.core.bpf_jit_enable is 0", "sysctl net.core.bpf_jit_enable=1"
    )
