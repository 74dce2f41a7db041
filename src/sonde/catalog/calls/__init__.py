"""The system calls as tables of text, a line a call, by family; catalog/syscalls.py reads them.

    file  openat(dirfd, name, flags:open, mode) = fd

A line says category, event name, arguments in the order of the call, after `=` the result (`res` without), after `+`
parameters that are in no argument word, after `!` whether the call waits or its fd is gone at the exit (`enter`).
An argument is `name:type`; the type is a ParamType, a key of catalog/flagsets.py, or follows from the name (TYPES of
catalog/notation.py). `addr:sockaddr/2` has its length in argument 2, `addr:sockaddr*2` at the pointer in argument 2.
`name/3` is a call whose three arguments are shown as plain words. `-name:type` is no parameter of sysdig's, `-` a word
that means nothing.

Types that sysdig does not have are shown by it as addresses, or as said in front of `~`: `count:uint~u32`.

    *timespec      a structure (key of catalog/layouts.py) that the call reads
    >timespec      that the call writes: shown when it returns
    &socklen       both, shown when the call returns
    +off           both, shown when it is entered, and what it became when it returns
    ?pollfd[1]     both, shown when it is entered; as many as argument 1 says; `[res]`: the result
    bytes[2]       a buffer of as many bytes as argument 2 says; `>bytes[res]`, `>path`
    word/dev       a number with a spelling of its own (engines/structs/words.py)
    variant/futex  what it is depends on other arguments (catalog/variants.py); `variant` is that of the call's name
"""

from sonde.catalog.calls.compat import COMPAT
from sonde.catalog.calls.descriptors import DESCRIPTORS
from sonde.catalog.calls.files import FILES
from sonde.catalog.calls.memory import MEMORY
from sonde.catalog.calls.network import NETWORK
from sonde.catalog.calls.processes import PROCESSES
from sonde.catalog.calls.system import SYSTEM

__all__ = ["CALLS", "COMPAT"]

CALLS: str = FILES + DESCRIPTORS + NETWORK + MEMORY + PROCESSES + SYSTEM
