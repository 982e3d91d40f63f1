"""Who gives memory back? The C library keeps what was freed; after a large task a process that lives on asks for it."""

import ctypes
import sys

_LIBC = ctypes.CDLL(None)


def give_back_memory() -> None:
    """Return freed memory to the system (glibc's ``malloc_trim``); does nothing where the C library has no such call.

    Takes some milliseconds: for after a large task, never within a request.
    """
    if sys.platform == "linux" and hasattr(_LIBC, "malloc_trim"):
        _LIBC.malloc_trim(0)
