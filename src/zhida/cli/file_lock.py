"""Who is there? Locks on files, which end with the process that holds them, however it ends."""

import fcntl
from collections.abc import Callable
from pathlib import Path
from typing import IO


class FileLock:
    """A lock on a file, shared or exclusive. Released by ``release`` or by the end of the process."""

    def __init__(self, path: Path) -> None:
        """``path``: made when the lock is first taken; its folder must be there."""
        self._path = path
        self._file: IO[str] | None = None

    def share(self, *, on_wait: Callable[[], None]) -> None:
        """Hold it together with others; waits while somebody holds it alone, and says so by ``on_wait``."""
        self._file = self._path.open("a+")
        try:
            fcntl.flock(self._file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            on_wait()
            fcntl.flock(self._file, fcntl.LOCK_SH)

    def try_alone(self) -> bool:
        """Hold it alone, if nobody else holds it now."""
        file = self._path.open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        self._file = file
        return True

    def release(self) -> None:
        """Let go; quiet where it is not held."""
        if self._file is not None:
            self._file.close()
            self._file = None


def is_held(path: Path) -> bool:
    """Whether a process holds the lock alone."""
    try:
        with path.open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
