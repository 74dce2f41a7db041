"""Build hook: compiles the BPF library and the native kernels with the C compiler in the PyPI wheel `ziglang`.

The objects land beside their sources, so editable installs use them too, and are rebuilt only when a source, a header
or a flag is newer. By hand: `python hatch_build.py`. A wheel holds the objects: installing one needs no compiler.
"""

from __future__ import annotations

import importlib.util
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
PACKAGE = Path("src/sonde")
TAG = "py3-none-manylinux2014_x86_64"
BPF = shlex.split(
    "-target bpfel-freestanding -mcpu=v3 -O2 -g -fno-unwind-tables -fno-asynchronous-unwind-tables -Wall -c"
)
# how the kernel's memory is read: bpf/read.h
VARIANTS = {"casts": ["-DCASTS=1"], "calls": ["-DCASTS=0"]}
NATIVE = shlex.split("-target x86_64-linux-gnu.2.17 -shared -fPIC -O3 -Wall")
ZIGLANG = "ziglang==0.17.0"


class BuildError(Exception):
    """The objects cannot be built; the text says what to do."""


class Object(NamedTuple):
    """One compiled file: `target` from `sources` (compiled) and `headers` (only watched)."""

    target: Path
    flags: list[str]
    sources: list[Path]
    headers: list[Path]

    def newest(self) -> int:
        """When the last of its inputs changed, this file with the flags included, in nanoseconds."""
        return max(path.stat().st_mtime_ns for path in (*self.sources, *self.headers, Path(__file__)))

    def is_fresh(self) -> bool:
        """Whether the target is there and no input is newer."""
        return self.target.exists() and self.target.stat().st_mtime_ns >= self.newest()


def objects(root: Path) -> Iterator[Object]:
    """Every object of the tree at `root`; none for a directory without sources."""
    bpf, native = root / PACKAGE / "bpf", root / PACKAGE / "native"
    headers = sorted(bpf.glob("*.h"))
    for source in sorted(bpf.glob("*.bpf.c")):
        for name, flags in VARIANTS.items():
            yield Object(source.with_name(source.name.replace(".c", f".{name}.o")), [*BPF, *flags], [source], headers)
    if sources := sorted(native.glob("*.c")):
        yield Object(native / "native.so", NATIVE, sources, sorted(native.glob("*.h")))


def compile_object(made: Object) -> None:
    """Builds one object; the target appears whole or not at all. Raises BuildError with the compiler's own words."""
    if importlib.util.find_spec("ziglang") is None:
        install = f"{sys.executable} -m pip install {ZIGLANG}"
        raise BuildError(f"{made.target.name} needs the C compiler in the wheel ziglang: {install}")
    read = made.newest()  # an edit while the compiler runs must make the target stale
    unfinished = made.target.with_name(f".{made.target.name}.{os.getpid()}")
    command = [sys.executable, "-m", "ziglang", "cc", *made.flags, *map(str, made.sources), "-o", str(unfinished)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise BuildError(f"{made.target.name} did not compile:\n{done.stderr.strip()}")
        if done.stderr:
            print(done.stderr, file=sys.stderr, end="")
        os.utime(unfinished, ns=(read, read))
        unfinished.replace(made.target)
    finally:
        unfinished.unlink(missing_ok=True)


def build(root: Path) -> list[Path]:
    """Brings every object of the tree up to date and returns their paths."""
    targets = []
    for made in objects(root):
        if not made.is_fresh():
            print(f"compiling {made.target.relative_to(root)}", file=sys.stderr, flush=True)
            compile_object(made)
        targets.append(made.target)
    return targets


class Hook(BuildHookInterface[Any]):
    """What hatchling calls before it makes a wheel or an editable install."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Adds the objects to the wheel, which is then for Linux on x86-64 and any Python 3."""
        if self.target_name != "wheel":
            return
        targets = build(Path(self.root))
        build_data["artifacts"] += [f"/{path.relative_to(self.root)}" for path in targets]
        build_data["pure_python"] = False
        build_data["tag"] = TAG


if __name__ == "__main__":
    try:
        build(ROOT)
    except BuildError as error:
        sys.exit(str(error))
