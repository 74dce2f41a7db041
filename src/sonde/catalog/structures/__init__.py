"""Structures of the kernel's user API as tables of text, a line a field; catalog/layouts.py reads them.

    timespec
     tv_sec long

A structure's name, then its fields: name, type, and how strace shows it, else by the type: `x` hexadecimal, `o` octal,
`p` an address, the name of a spelling (engines/structs/words.py) or of a flag set. `v` is shown with -v only. A field
`-` is not shown; `.` is the whole, which has no braces. `long`, `ulong` and `ptr` have the width of a word, `a64` is
a u64 that is aligned to eight bytes on i386 too. Behind the name of a structure: `packed`, or `bytes` where the call's
length counts bytes. `stat.i386` is how the structure `stat` is on i386, if it is not what follows from the widths.
"""

from sonde.catalog.structures.controls import CONTROLS
from sonde.catalog.structures.files import FILES
from sonde.catalog.structures.processes import PROCESSES
from sonde.catalog.structures.sockets import SOCKETS
from sonde.catalog.structures.times import TIMES

__all__ = ["STRUCTURES"]

STRUCTURES: str = TIMES + FILES + PROCESSES + SOCKETS + CONTROLS
