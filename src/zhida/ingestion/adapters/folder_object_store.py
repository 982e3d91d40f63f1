"""Originals in a folder: one file each, written aside, synced and renamed, so that a crash leaves all or nothing."""

import asyncio
import errno
import hashlib
import os
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

from zhida.ids import new_uuid
from zhida.ingestion.object_store import OriginalMissingError, Received, StorageUnavailableError

_PIECE_BYTES = 1 << 20
_INCOMING = ".incoming"


class FolderObjectStore:
    """An object store in one folder of this machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, content: BinaryIO, *, prefix: str, limit_bytes: int) -> Received:
        """Store what ``content`` yields."""
        return await asyncio.to_thread(self._put, content, prefix, limit_bytes)

    @asynccontextmanager
    async def local_copy(self, object_key: str) -> AsyncGenerator[Path]:
        """The stored file itself."""
        path = self._path(object_key)
        if not await asyncio.to_thread(path.is_file):
            raise OriginalMissingError(
                "The original of this document is missing from the object store.",
                advice="Restore the originals folder from a backup, or upload the document again.",
                object_key=object_key,
            )
        yield path

    async def delete(self, object_keys: Sequence[str]) -> None:
        """Delete files, and the folders that they leave empty."""
        await asyncio.to_thread(self._delete, object_keys)

    async def keys_older_than(self, age: timedelta) -> list[str]:
        """Every file of that age, uploads that a crash cut off included."""
        return await asyncio.to_thread(self._keys_older_than, age)

    def _path(self, object_key: str) -> Path:
        path = (self._folder / object_key).resolve()
        if not path.is_relative_to(self._folder.resolve()):
            raise OriginalMissingError("An object key points out of the store.", object_key=object_key)
        return path

    def _put(self, content: BinaryIO, prefix: str, limit_bytes: int) -> Received:
        object_key = f"{prefix}/{new_uuid()}"
        target = self._path(object_key)
        incoming = self._folder / _INCOMING / target.name
        try:
            for folder in (incoming.parent, target.parent):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            digest, size, complete = _copy(content, incoming, limit_bytes)
            if complete:
                incoming.rename(target)
                _sync_folder(target.parent)
        except OSError as error:
            raise _unavailable(error) from error
        finally:
            with suppress(OSError):
                incoming.unlink(missing_ok=True)
        return Received(object_key=object_key, content_hash=digest, size_bytes=size, complete=complete)

    def _delete(self, object_keys: Sequence[str]) -> None:
        try:
            for key in object_keys:
                self._path(key).unlink(missing_ok=True)
        except OSError as error:
            raise _unavailable(error) from error
        for parent in {self._path(key).parent for key in object_keys}:
            with suppress(OSError):  # not empty, or gone already
                parent.rmdir()

    def _keys_older_than(self, age: timedelta) -> list[str]:
        before = time.time() - age.total_seconds()
        found: list[str] = []
        for path in self._folder.rglob("*"):
            with suppress(OSError):  # deleted while we look
                if path.is_file() and path.stat().st_mtime < before:
                    found.append(path.relative_to(self._folder).as_posix())
        return found


def _copy(content: BinaryIO, target: Path, limit_bytes: int) -> tuple[str, int, bool]:
    """Bytes to disk: their SHA-256, how many, and whether the limit held. Synced before it returns."""
    digest, size = hashlib.sha256(), 0
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while piece := content.read(_PIECE_BYTES):
            size += len(piece)
            digest.update(piece)
            if size > limit_bytes:
                return digest.hexdigest(), size, False
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest(), size, True


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _unavailable(error: OSError) -> StorageUnavailableError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageUnavailableError(
            "The disk that keeps the originals is full.", advice="The operator must free space, then upload again."
        )
    return StorageUnavailableError(
        f"The originals folder cannot be used: {error.strerror}.",
        advice="The operator must check that it exists and that Zhida may write to it.",
    )
