"""Debian's kernels: fetched with apt from a sources list of our own, unpacked beside this file, ready to boot."""

from __future__ import annotations

import lzma
import shutil
import struct
import subprocess
import zlib
from dataclasses import dataclass
from pathlib import Path

__all__ = ["KERNELS", "Kernel", "fetch"]

CACHE = Path(__file__).resolve().parent / "cache"
# name -> the release of Debian that ships it
KERNELS = {"6.1": "bookworm", "6.12": "trixie"}
META = "linux-image-amd64"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
SOURCE = "deb [arch=amd64 signed-by={keyring}] http://deb.debian.org/debian {suite} main\n"

# offsets in the boot header of a bzImage (Documentation/arch/x86/boot.rst)
SETUP_SECTORS, PAYLOAD = 0x1F1, 0x248
SECTOR = 512


@dataclass(frozen=True)
class Kernel:
    """An unpacked kernel: `release` as uname says it, `root` with lib/modules below, the ELF file `vmlinux`."""

    name: str
    release: str
    root: Path
    vmlinux: Path


def fetch(name: str) -> Kernel:
    """The newest kernel of its series that Debian has, from the cache if it was fetched before."""
    folder = CACHE / name
    if not (folder / "vmlinux").exists():
        shutil.rmtree(folder, ignore_errors=True)
        package = _download(folder, KERNELS[name])
        _unpack(package, folder)
        package.unlink()
    release = next((folder / "root/lib/modules").iterdir()).name
    return Kernel(name, release, folder / "root", folder / "vmlinux")


def _download(folder: Path, suite: str) -> Path:
    """The package that the metapackage depends on; the lists are removed after use."""
    apt = folder / "apt"
    for each in ("lists/partial", "archives/partial"):
        (apt / each).mkdir(parents=True)
    (apt / "sources.list").write_text(SOURCE.format(keyring=KEYRING, suite=suite))
    options = {
        "Dir::Etc::sourcelist": apt / "sources.list", "Dir::Etc::sourceparts": "/dev/null",
        "Dir::State::lists": apt / "lists", "Dir::State::status": "/dev/null", "Dir::Cache": apt,
        "Acquire::Languages": "none", "APT::Architecture": "amd64", "APT::Sandbox::User": "root",
    }  # fmt: skip
    words = [word for key, value in options.items() for word in ("-o", f"{key}={value}")]
    _run(["apt-get", *words, "-qq", "update"], folder)
    depends = _run(["apt-cache", *words, "depends", META], folder).split()
    package = next(word for word in depends if word.startswith("linux-image") and word != META)
    _run(["apt-get", *words, "-qq", "download", package], folder)
    shutil.rmtree(apt)
    return next(folder.glob("*.deb"))


def _unpack(package: Path, folder: Path) -> None:
    """The root of the package, its modules indexed, and last the kernel itself: its presence says that all is there."""
    root = folder / "root"
    _run(["dpkg-deb", "--extract", str(package), str(root)], folder)
    if not (root / "lib/modules").exists():  # newer packages have no /lib of their own
        (root / "lib").symlink_to("usr/lib")
    release = next((root / "lib/modules").iterdir()).name
    _run(["depmod", "--basedir", str(root), release], folder)
    unfinished = folder / "vmlinux.part"
    unfinished.write_bytes(_vmlinux((root / f"boot/vmlinuz-{release}").read_bytes()))
    unfinished.rename(folder / "vmlinux")


def _vmlinux(image: bytes) -> bytes:
    """What a bzImage decompresses at boot: here once, there with every boot under emulation."""
    base = ((image[SETUP_SECTORS] or 4) + 1) * SECTOR
    offset, length = struct.unpack_from("<II", image, PAYLOAD)
    payload = image[base + offset : base + offset + length]
    if payload.startswith(b"\xfd7zXZ\0"):
        unpacked = lzma.LZMADecompressor().decompress(payload)  # its length follows the stream
    elif payload.startswith(b"\x1f\x8b"):
        unpacked = zlib.decompressobj(31).decompress(payload)
    else:  # zstd warns about the length behind its frame
        unpacked = subprocess.run(["zstd", "-dcq"], input=payload, capture_output=True, check=False).stdout
    if not unpacked.startswith(b"\x7fELF"):
        raise SystemExit("run_kernels: this kernel is compressed in a way that is not known here")
    return unpacked


def _run(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"run_kernels: {command[0]} failed: {done.stderr.strip() or done.returncode}")
    return done.stdout
