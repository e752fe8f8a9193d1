"""The demo as a server loads it, by a process whom permissions of files do stop.

They stop nobody who is root, as tests in a container are.
"""

import ctypes
import os

# Of linux/capability.h: version 3, and the two capabilities that pass over permissions.
VERSION = 0x20080522
OVERRIDE = 1 << 1 | 1 << 2


def give_up_power() -> None:
    """Let permissions count for this process; raises `OSError`."""
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(VERSION, 0)
    # Twice: effective, permitted, inheritable.
    data = (ctypes.c_uint32 * 6)()
    if libc.capget(header, data):
        raise OSError(ctypes.get_errno(), "capget")
    for place in range(3):
        data[place] &= ~OVERRIDE
    if libc.capset(header, data):
        raise OSError(ctypes.get_errno(), "capset")


if os.geteuid() == 0:
    give_up_power()

from wsgi import app  # noqa: E402, F401  (after it has given up)
