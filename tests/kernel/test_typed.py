"""Arguments that sysdig does not know, read by the kernel when a query names them."""

from __future__ import annotations

import pytest
from live import KERNEL, Answered, Workload, ask, one

pytestmark = KERNEL

PROGRAM = """
import fcntl, resource, signal, termios, time
_, tty = os.openpty()
fcntl.ioctl(tty, termios.TIOCSWINSZ, (24).to_bytes(2, 'little') + (80).to_bytes(2, 'little') + bytes(4))
fcntl.ioctl(tty, termios.TIOCGWINSZ, bytes(8))
fcntl.fcntl(tty, fcntl.F_SETFD, fcntl.FD_CLOEXEC)
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall(4, b'/dev/null', ctypes.create_string_buffer(144))
libc.syscall(4, b'/nothing', ctypes.create_string_buffer(144))
libc.syscall(89, b'/proc/self/exe', ctypes.create_string_buffer(4096), 4096)
signal.signal(signal.SIGUSR1, signal.SIG_IGN)
pair = (ctypes.c_int64 * 2)(0, 1000)
libc.syscall(230, 1, 0, pair, 0)
"""
FIELDS = (
    "evt.type", "evt.failed", "evt.arg.request", "evt.arg.argument", "evt.arg.statbuf", "evt.arg.buf", "evt.arg.act",
    "evt.arg.arg", "evt.arg.req", "evt.args",
)  # fmt: skip


@pytest.fixture(scope="module")
def rows() -> Answered:
    """All rows of the workload."""
    return ask("evt.type in (ioctl, fcntl, stat, readlink, rt_sigaction, clock_nanosleep)", Workload(PROGRAM), *FIELDS)


def test_what_ioctl_wrote_and_read(rows: Answered) -> None:
    sizes = {row["evt.arg.request"]: row["evt.arg.argument"] for row in rows.of("ioctl")}
    size = "{ws_row=24, ws_col=80, ws_xpixel=0, ws_ypixel=0}"
    assert sizes["TIOCSWINSZ"] == sizes["TIOCGWINSZ"] == size


def test_structures(rows: Answered) -> None:
    good, bad = sorted(rows.of("stat"), key=lambda row: bool(row["evt.failed"]))[-2:]
    assert good["evt.arg.statbuf"] == "{st_mode=S_IFCHR|0666, st_rdev=makedev(0x1, 0x3), ...}"
    assert bad["evt.arg.statbuf"].startswith("0x")
    assert any(row["evt.arg.req"] == "{tv_sec=0, tv_nsec=1000}" for row in rows.of("clock_nanosleep"))
    ignored = [row["evt.arg.act"] for row in rows.of("rt_sigaction") if "SIG_IGN" in (row["evt.arg.act"] or "")]
    assert ignored[-1].startswith("{sa_handler=SIG_IGN, sa_mask=[], sa_flags=")


def test_buffers_and_choices(rows: Answered) -> None:
    assert one([row for row in rows.of("readlink") if "python" in row["evt.arg.buf"]][-1:])["evt.arg.buf"][0] == "/"
    assert [row["evt.arg.arg"] for row in rows.of("fcntl")][-1] == "FD_CLOEXEC"


def test_sysdig_goes_on_showing_addresses(rows: Answered) -> None:
    assert all("{" not in row["evt.args"] for row in rows.rows)
