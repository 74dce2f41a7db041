"""A virtual machine that runs one command below another kernel, in the host's own tree, and gives its status.

The host's root file system is there read-only, below an overlay in memory: nothing that is written inside stays. QEMU
emulates the processor (TCG), so that it works inside of virtual machines too.
"""

from __future__ import annotations

import lzma
import os
import shlex
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

from archive import Archive
from debian_kernels import Kernel

__all__ = ["NOT_RUN", "PROGRAMS", "run"]

HERE = Path(__file__).resolve().parent
PROGRAMS = {"qemu-system-x86_64": "qemu-system-x86", "busybox": "busybox-static", "depmod": "kmod", "zstd": "zstd"}
NOT_RUN = 125  # the command was not started, or the machine ended before it did
MODULES = ("virtio_pci", "virtio_console", "overlay", "9pnet_virtio", "9p")
APPEND = (
    "console=ttyS0 quiet panic=-1 mitigations=off nokaslr no_timer_check tsc=reliable audit=0"
    " cryptomgr.notests=1 random.trust_cpu=on"
)
SIGNED = b"~Module signature appended~\n"


def run(
    kernel: Kernel, command: str, *, directory: Path, environment: Mapping[str, str], timeout: float,
    memory: int = 4096, cpus: int = 1,
) -> int:  # fmt: skip
    """Boot, run `command` by sh, copy what it prints to our stdout; -> its status, NOT_RUN if there is none."""
    with tempfile.TemporaryDirectory(prefix="sonde-vm-") as name:
        folder = Path(name)
        (folder / "initrd").write_bytes(_initrd(kernel, command, directory, environment))
        os.mkfifo(folder / "out")
        printer = threading.Thread(target=_print, args=(folder / "out",), daemon=True)
        printer.start()
        machine = subprocess.Popen(_qemu(kernel, folder, memory, cpus), stdin=subprocess.DEVNULL)
        try:
            machine.wait(timeout)
        except subprocess.TimeoutExpired:
            print(f"run_kernels: not done after {timeout:.0f} s", file=sys.stderr)
        finally:
            machine.kill()
            machine.wait()
        printer.join(5)
        status = _status(folder / "status")
        if status == NOT_RUN:
            print((folder / "console").read_text(errors="replace")[-3000:], file=sys.stderr)
        return status


def _qemu(kernel: Kernel, folder: Path, memory: int, cpus: int) -> list[str]:
    return [
        "qemu-system-x86_64", "-M", "pc", "-accel", "tcg,thread=multi,tb-size=512", "-cpu", "max",
        "-m", str(memory), "-smp", str(cpus),
        "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
        "-kernel", str(kernel.vmlinux), "-initrd", str(folder / "initrd"), "-append", APPEND,
        "-chardev", f"file,id=console,path={folder}/console", "-serial", "chardev:console",
        "-device", "virtio-serial-pci",
        "-chardev", f"file,id=out,path={folder}/out", "-device", "virtserialport,chardev=out,nr=1",
        "-chardev", f"file,id=status,path={folder}/status", "-device", "virtserialport,chardev=status,nr=2",
        "-fsdev", "local,id=root,path=/,security_model=none,readonly=on,multidevs=remap",
        "-device", "virtio-9p-pci,fsdev=root,mount_tag=root",
    ]  # fmt: skip


def _initrd(kernel: Kernel, command: str, directory: Path, environment: Mapping[str, str]) -> bytes:
    archive, order = Archive(), []
    archive.add_console()
    archive.add("init", (HERE / "init.sh").read_bytes(), executable=True)
    archive.add("stage2.sh", (HERE / "stage2.sh").read_bytes())
    archive.add("busybox", Path("/bin/busybox").read_bytes(), executable=True)
    for path in _modules(kernel):
        order.append(path.name.removesuffix(".xz"))
        archive.add(f"modules/{order[-1]}", _unsigned(path))
    archive.add("modules/order", "".join(f"{name}\n" for name in order).encode())
    own = {
        "NAME": f"sonde-{kernel.name}", "DIRECTORY": str(directory),
        "MODULES": str(kernel.root / "lib/modules" / kernel.release),
    }  # fmt: skip
    settings = [f"export {name}={shlex.quote(value)}\n" for name, value in (own | dict(environment)).items()]
    archive.add("environment", "".join(settings).encode())
    archive.add("command", f"{command}\n".encode())
    return bytes(archive)


def _modules(kernel: Kernel) -> Iterator[Path]:
    """The modules needed before the root is there, each after those that it depends on."""
    words = ["modprobe", "-C", "/dev/null", "-d", str(kernel.root), "-S", kernel.release, "--show-depends", "-a"]
    done = subprocess.run([*words, *MODULES], capture_output=True, text=True, check=True)
    paths = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("insmod")]
    return map(Path, dict.fromkeys(paths))


def _unsigned(path: Path) -> bytes:
    """The module without its signature: checking one takes 0.3 s under emulation."""
    data = path.read_bytes()
    if path.suffix == ".xz":
        data = lzma.decompress(data)
    if not data.endswith(SIGNED):
        return data
    trailer = len(SIGNED) + 12  # behind the signature: struct module_signature, its last word the length
    length = int.from_bytes(data[-len(SIGNED) - 4 : -len(SIGNED)], "big")
    return data[: -(trailer + length)]


def _print(fifo: Path) -> None:
    with open(fifo, "rb", buffering=0) as pipe:
        while data := pipe.read(1 << 16):
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()


def _status(path: Path) -> int:
    words = path.read_text().split() if path.exists() else []
    return int(words[1]) if words[:1] == ["status"] else NOT_RUN
