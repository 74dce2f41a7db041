"""What is watched: each workload is a function that runs once and gives the seconds of CPU it took."""

from __future__ import annotations

import functools
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from measuring.processes import cpu_of

__all__ = ["Workload", "dd", "execs", "find", "grep", "http", "preads", "project"]

Workload = Callable[[], float]

PREADS = r"""
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int fd = open(argv[1], O_RDONLY);
	char byte;

	for (long n = atol(argv[2]); n; n--)
		if (pread(fd, &byte, 1, 0) != 1)
			return 1;
	return 0;
}
"""


def dd(count: int) -> Workload:
    """`count` reads and as many writes of one byte each."""
    command = ["dd", "if=/dev/zero", "of=/dev/null", "bs=1", f"count={count}", "status=none"]
    return functools.partial(cpu_of, command)


def preads(directory: Path, path: Path, count: int) -> Workload:
    """`count` calls of pread on a file that stays open, by a program that does nothing else."""
    source, program = directory / "preads.c", directory / "preads"
    source.write_text(PREADS)
    subprocess.run(["gcc", "-O2", "-o", program, source], check=True)
    return functools.partial(cpu_of, [program, path, str(count)])


def find() -> Workload:
    """`find` over /usr."""
    return functools.partial(cpu_of, ["find", "/usr", "-size", "+1000000k"])


def grep() -> Workload:
    """`grep -r` over what Python brings."""
    where = Path(subprocess.__file__).parent
    return functools.partial(cpu_of, ["sh", "-c", f"grep -r 'nowhere[ ]to be found' {where} || true"])


def execs(count: int) -> Workload:
    """A shell that runs /bin/true `count` times."""
    loop = f"i=0; while [ $i -lt {count} ]; do /bin/true; i=$((i+1)); done"
    return functools.partial(cpu_of, ["sh", "-c", loop])


def http(count: int) -> Workload:
    """A web server on the loopback that hands out a file `count` times, and its client."""
    script = Path(__file__).with_name("http_load.py")

    def run() -> float:
        with tempfile.TemporaryDirectory() as directory:
            (Path(directory) / "page.html").write_bytes(b"x" * 4096)
            return cpu_of([sys.executable, script, directory, str(count)])

    return run


def project(place: Path, sources: int) -> None:
    """A C project of so many small files and a main one, for make and gcc."""
    names = [f"part{at}" for at in range(sources)]
    for name in names:
        text = f'#include <stdio.h>\n#include "all.h"\nint {name}(int n) {{ return printf("{name} %d\\n", n); }}\n'
        (place / f"{name}.c").write_text(text)
    (place / "all.h").write_text("".join(f"int {name}(int n);\n" for name in names))
    calls = "".join(f"\tn += {name}(n);\n" for name in names)
    (place / "main.c").write_text(f'#include "all.h"\nint main(void)\n{{\n\tint n = 0;\n{calls}\treturn !n;\n}}\n')
    objects = " ".join(f"{name}.o" for name in [*names, "main"])
    (place / "Makefile").write_text(f"main: {objects}\n\tgcc -o main {objects}\n%.o: %.c all.h\n\tgcc -O1 -c $<\n")
