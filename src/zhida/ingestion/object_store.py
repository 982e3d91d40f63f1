"""The socket for originals: where the bytes that people upload are kept until their document is deleted."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, ClassVar, Protocol

from zhida.errors import Kind, ZhidaError


class StorageUnavailableError(ZhidaError):
    """Originals cannot be written or read now: a full disk, a missing folder, a store that does not answer."""

    code: ClassVar[str] = "ingestion.storage_unavailable"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


class OriginalMissingError(ZhidaError):
    """The record names an original that the store does not have."""

    code: ClassVar[str] = "ingestion.original_missing"
    kind: ClassVar[Kind] = Kind.NOT_FOUND


@dataclass(frozen=True, slots=True)
class Received:
    """An upload that reached the store.

    Attributes:
        object_key: its name in the store, never used before.
        content_hash: SHA-256 of the bytes, hexadecimal; of the part that was read where the file was too large.
        size_bytes: bytes read.
        complete: False where the limit cut it off; nothing is kept then.
    """

    object_key: str
    content_hash: str
    size_bytes: int
    complete: bool


class ObjectStore(Protocol):
    """Keeps bytes under names. A put is whole or absent, also after a crash."""

    async def put(self, content: BinaryIO, *, prefix: str, limit_bytes: int) -> Received:
        """Store what ``content`` yields from its present position, under a new name below ``prefix``.

        Raises:
            StorageUnavailableError: it could not be written; nothing is left behind.
        """
        ...

    def local_copy(self, object_key: str) -> AbstractAsyncContextManager[Path]:
        """A file to read for as long as the context lasts; never write to it.

        Raises:
            OriginalMissingError: no such object.
            StorageUnavailableError: it could not be read.
        """
        ...

    async def delete(self, object_keys: Sequence[str]) -> None:
        """Delete objects; quiet about those that are gone already."""
        ...

    async def keys_older_than(self, age: timedelta) -> list[str]:
        """Names of the objects that were written at least that long ago."""
        ...
