"""Fields of classes proc, thread, user and group: who ran the operation."""

from sonde.catalog.column import Argument, Column, Detail
from sonde.catalog.types import BOOL, DURATION, INT, STR, TIME

__all__ = ["PROC", "THREAD", "USERS"]

_P = ("proc",)
_UNKNOWN = "Not known of system calls: always missing, and not for filters."
_LEVEL = "with [n] of the n-th ancestor; without, of any ancestor"

_IDS = (
    Column("proc.pid", INT, "Process id.", "pid", ("pid",)),
    Column("proc.ppid", INT, "Process id of the parent.", "ppid", _P),
    Column("proc.apid", INT, f"Process id, {_LEVEL}.", needs=_P, climbs=True, argument=Argument.INDEX),
    Column("proc.vpid", INT, "Process id as the process itself sees it, in its namespace.", "vpid", _P),
    Column("proc.pvpid", INT, "Process id of the parent in the parent's namespace.", needs=_P, climbs=True),
    Column("proc.sid", INT, "Session id.", "sid", _P),
    Column("proc.pgid", INT, "Process group id.", "pgid", _P),
    Column("proc.vpgid", INT, "Process group id in the process's namespace.", "vpgid", _P),
    Column("proc.loginshellid", INT, "Process id of the oldest shell among the process and its ancestors.",
           needs=_P, climbs=True),
)  # fmt: skip

_NAMES = (
    Column("proc.name", STR, "Name of the thread (comm, at most 15 bytes).", "comm", _P),
    Column("proc.pname", STR, "Name of the parent.", "pcomm", _P),
    Column("proc.aname", STR, f"Name, {_LEVEL}.", needs=_P, climbs=True, argument=Argument.INDEX),
    Column("proc.exe", STR, "First word of the command line, argv[0].", needs=_P),
    Column("proc.pexe", STR, "proc.exe of the parent.", needs=_P, climbs=True),
    Column("proc.aexe", STR, f"proc.exe, {_LEVEL}.", needs=_P, climbs=True, argument=Argument.INDEX),
    Column("proc.exepath", STR, "Path of the executable file.", needs=_P),
    Column("proc.pexepath", STR, "proc.exepath of the parent.", needs=_P, climbs=True),
    Column("proc.aexepath", STR, f"proc.exepath, {_LEVEL}.", needs=_P, climbs=True, argument=Argument.INDEX),
    Column("proc.args", STR, "Command line after argv[0], joined by blanks; with [n] its n-th word, from 0.",
           needs=_P, argument=Argument.INDEX),
    Column("proc.aargs", STR, f"proc.args, {_LEVEL}.", needs=_P, climbs=True, argument=Argument.INDEX),
    Column("proc.cmdline", STR, "proc.name and proc.args.", needs=_P),
    Column("proc.pcmdline", STR, "proc.cmdline of the parent.", needs=_P, climbs=True),
    Column("proc.acmdline", STR, f"proc.cmdline, {_LEVEL}.", needs=_P, climbs=True, argument=Argument.INDEX),
    Column("proc.exeline", STR, "proc.exe and proc.args.", needs=_P),
    Column("proc.cmdnargs", INT, "Number of words of proc.args.", needs=_P),
    Column("proc.cmdlenargs", INT, "Bytes of the words of proc.args together.", needs=_P),
    Column("proc.env", STR, "Environment at the start as NAME=value joined by blanks; with [NAME] one variable.",
           needs=_P, argument=Argument.KEY, detail=Detail.ENVIRONMENT),
    Column("proc.cwd", STR, "Working directory, with a slash at its end.", needs=_P),
    Column("proc.tty", INT, "Number of the controlling terminal, 0 without one.", needs=_P),
)  # fmt: skip

_LEADERS = (
    Column("proc.sname", STR, "Name of the session leader.", needs=_P, climbs=True),
    Column("proc.sid.exe", STR, "proc.exe of the session leader.", needs=_P, climbs=True),
    Column("proc.sid.exepath", STR, "proc.exepath of the session leader.", needs=_P, climbs=True),
    Column("proc.pgid.name", STR, "Name of the process group's leader.", needs=_P, climbs=True),
    Column("proc.pgid.exe", STR, "proc.exe of the process group's leader.", needs=_P, climbs=True),
    Column("proc.pgid.exepath", STR, "proc.exepath of the process group's leader.", needs=_P, climbs=True),
    Column("proc.vpgid.name", STR, "Name of the process group's leader inside the namespace.", needs=_P, climbs=True),
    Column("proc.vpgid.exe", STR, "proc.exe of the process group's leader inside the namespace.",
           needs=_P, climbs=True),
    Column("proc.vpgid.exepath", STR, "proc.exepath of the process group's leader inside the namespace.",
           needs=_P, climbs=True),
    Column("proc.is_sid_leader", BOOL, "true if the process leads its session.", needs=_P),
    Column("proc.is_pgid_leader", BOOL, "true if the process leads its process group.", needs=_P),
    Column("proc.is_vpgid_leader", BOOL, "true if the process leads its process group inside its namespace.", needs=_P),
)  # fmt: skip

_MORE = (
    Column("proc.is_exe_from_memfd", BOOL, "true if the executable is a memfd, a file in memory only.", needs=_P),
    Column("proc.exe_ino", INT, "Inode number of the executable file.", needs=_P),
    Column("proc.duration", DURATION, "Age of the process.", needs=("proc", "time")),
    Column("proc.ppid.duration", DURATION, "Age of the parent.", needs=("proc", "time")),
    Column("proc.pid.ts", TIME, "When the process started.", needs=_P),
    Column("proc.ppid.ts", TIME, "When the parent started.", needs=_P),
    Column("proc.nthreads", INT, "Number of threads of the process.", needs=("nthreads",)),
    Column("proc.nchilds", INT, "Number of threads of the process without its main one.", needs=("nthreads",)),
    Column("proc.fdlimit", INT, "How many descriptors the process may have.", needs=("fdlimit",)),
    Column("proc.vmsize", INT, "Virtual memory of the process in KiB.", needs=("vmsize",)),
    Column("proc.vmrss", INT, "Resident memory of the process in KiB.", needs=("vmrss",)),
    Column("proc.vmswap", INT, "Swapped memory of the process in KiB.", needs=("vmswap",)),
    Column("proc.fdopencount", INT, "Number of open descriptors of the process.", needs=("fdcount",)),
    Column("proc.fdusage", INT, "Open descriptors in percent of proc.fdlimit.", needs=("fdcount", "fdlimit")),
)

PROC: tuple[Column, ...] = _IDS + _NAMES + _LEADERS + _MORE

THREAD: tuple[Column, ...] = (
    Column("thread.tid", INT, "Thread id.", "tid", ("tid",)),
    Column("thread.vtid", INT, "Thread id in the thread's namespace.", "vtid", _P),
    Column("thread.ismain", BOOL, "true for the main thread of a process.", "ismain", ("tid", "pid")),
    Column("thread.vmsize", INT, "proc.vmsize for the main thread, 0 for the others.", needs=("vmsize", "tid", "pid")),
    Column("thread.vmrss", INT, "proc.vmrss for the main thread, 0 for the others.", needs=("vmrss", "tid", "pid")),
    Column("thread.pfmajor", INT, "Major page faults of the thread since its start.", needs=("pfmajor",)),
    Column("thread.pfminor", INT, "Minor page faults of the thread since its start.", needs=("pfminor",)),
    Column("thread.cpu", INT, f"CPU use of the thread in the last second, percent. {_UNKNOWN}", filterable=False),
    Column("thread.cpu.user", INT, f"The part of thread.cpu in user mode. {_UNKNOWN}", filterable=False),
    Column("thread.cpu.system", INT, f"The part of thread.cpu in the kernel. {_UNKNOWN}", filterable=False),
    Column("thread.exectime", DURATION, f"CPU time since the thread was scheduled in. {_UNKNOWN}", filterable=False),
    Column("thread.totexectime", DURATION, f"CPU time since the start of the capture. {_UNKNOWN}", filterable=False),
    Column("thread.cgroups", STR, "All control groups of the thread: cpu=/a memory=/a/b; unified= is version 2's.",
           needs=_P, detail=Detail.CGROUPS),
    Column("thread.cgroup", STR, "The thread's control group of one controller, thread.cgroup.cpu; version 2 has one"
           " for all.", needs=_P, argument=Argument.REQUIRED, detail=Detail.CGROUPS),
    Column("thread.cap_permitted", STR, "Names of the permitted capabilities.", needs=_P),
    Column("thread.cap_inheritable", STR, "Names of the inheritable capabilities.", needs=_P),
    Column("thread.cap_effective", STR, "Names of the effective capabilities.", needs=_P),
)  # fmt: skip

USERS: tuple[Column, ...] = (
    Column("user.uid", INT, "Effective user id.", "uid", _P),
    Column("user.name", STR, "Name of the user.", needs=_P),
    Column("user.homedir", STR, "Home directory of the user.", needs=_P),
    Column("user.shell", STR, "Login shell of the user.", needs=_P),
    Column("user.loginuid", INT, "User id of the login session (auid), -1 without one.", "loginuid", _P),
    Column("user.loginname", STR, "Name of the user of the login session.", needs=_P),
    Column("group.gid", INT, "Effective group id.", "gid", _P),
    Column("group.name", STR, "Name of the group.", needs=_P),
)
