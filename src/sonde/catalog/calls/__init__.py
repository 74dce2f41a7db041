"""The system calls as tables of text, a line a call, by family; catalog/syscalls.py reads them.

    file  openat(dirfd, name, flags:open, mode) = fd

A line says category, event name, arguments in the order of the call, after `=` the result (`res` without), after `+`
parameters that are in no argument word, after `!` whether the call waits or its fd is gone at the exit (`enter`).
An argument is `name:type`; the type is a ParamType, a key of catalog/flagsets.py, or follows from the name (TYPES of
catalog/syscalls.py). `-` is an argument that is not shown. `addr:sockaddr/2` has its length in argument 2,
`addr:sockaddr*2` at the pointer in argument 2. `name/3` is a call whose three arguments are shown as plain words.
"""

from sonde.catalog.calls.descriptors import DESCRIPTORS
from sonde.catalog.calls.files import FILES
from sonde.catalog.calls.memory import MEMORY
from sonde.catalog.calls.network import NETWORK
from sonde.catalog.calls.processes import PROCESSES
from sonde.catalog.calls.system import SYSTEM

__all__ = ["CALLS"]

CALLS: str = FILES + DESCRIPTORS + NETWORK + MEMORY + PROCESSES + SYSTEM
