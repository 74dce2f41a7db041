"""The core tests of the kernel part on other kernels, each in a virtual machine: ./run test-kernels [NAME...]."""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import signal
import sys
import time
from pathlib import Path

from debian_kernels import KERNELS, fetch
from machine import NOT_RUN, PROGRAMS, run

__all__ = ["main"]

ROOT = Path(__file__).resolve().parent.parent.parent
TIMEOUT = 3600  # s a kernel; Python is ten times slower inside


def main(words: list[str]) -> int:
    """Run the tests, or the command behind `--`, on the kernels named; -> the first status that is not 0."""
    options = _parse(words)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # and the machine with us
    missing = sorted(package for program, package in PROGRAMS.items() if not shutil.which(program, path=_path()))
    if missing:
        print(f"run_kernels: missing: sudo apt-get install -y {' '.join(missing)}", file=sys.stderr)
        return 2
    statuses = [_one(name, options) for name in options.names or KERNELS]
    return next((status for status in statuses if status), 0)


def _parse(words: list[str]) -> argparse.Namespace:
    split = words.index("--") if "--" in words else len(words)
    parser = argparse.ArgumentParser(prog="./run test-kernels", epilog="What follows -- is run instead of the tests.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"kernels, of {' '.join(KERNELS)}; all by default")
    parser.add_argument("--cpus", type=int, default=1, help="processors of the machine (1)")
    parser.add_argument("--timeout", type=float, default=TIMEOUT, help=f"seconds for each kernel ({TIMEOUT})")
    options = parser.parse_args(words[:split])
    if unknown := [name for name in options.names if name not in KERNELS]:
        parser.error(f"there is no kernel {unknown[0]}: one of {' '.join(KERNELS)}")
    options.command = shlex.join(words[split + 1 :]) or _tests()
    return options


def _tests() -> str:
    sonde, pytest = (shlex.join([sys.executable, "-m", module]) for module in ("sonde.cli", "pytest"))
    return f"{sonde} doctor; exec {pytest} -m core -p no:cacheprovider tests/kernel"


def _one(name: str, options: argparse.Namespace) -> int:
    """One kernel; a machine that ended before its command did is started once more."""
    kernel = fetch(name)
    environment = {
        "PATH": _path(), "HOME": "/root", "LANG": "C.UTF-8", "TERM": "dumb", "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": str(ROOT / "src"), "SONDE_REQUIRE_CORE": "1",
    }  # fmt: skip
    for _ in range(2):
        print(f"==> Linux {kernel.release}", file=sys.stderr, flush=True)
        since = time.monotonic()
        status = run(
            kernel, options.command, directory=ROOT, environment=environment, timeout=options.timeout, cpus=options.cpus
        )
        print(f"==> Linux {kernel.release}: status {status} after {time.monotonic() - since:.0f} s", file=sys.stderr)
        if status != NOT_RUN:
            break
    return status


def _path() -> str:
    """depmod and modprobe are not in the PATH of everybody."""
    return f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
