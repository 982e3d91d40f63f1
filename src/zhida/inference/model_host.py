"""The wire to where model files lie: a public model host or a mirror of it with the same addresses."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Transfer:
    """A file that arrives.

    Attributes:
        start: the byte it begins at: the one asked for, or 0 where the host cannot resume.
        pieces: the bytes from there on. Iterating raises what ``ModelHost.open`` raises.
    """

    start: int
    pieces: Iterator[bytes]


class ModelHost(Protocol):
    """Serves files by relative address."""

    def open(self, address: str, *, start: int) -> AbstractContextManager[Transfer]:
        """Begin to transfer a file, from its byte ``start`` on.

        Raises:
            ModelUnavailableError: the host does not answer, or the transfer broke off; go on later.
            ModelRejectedError: the host has no such file, or does not give it to us.
        """
        ...
