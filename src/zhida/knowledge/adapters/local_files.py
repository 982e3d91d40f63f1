"""Where does the local index keep its files, and how are they written so that a crash cannot tear them?

Layout: ``<root>/<knowledge base uuid>/<model, percent-encoded>/``. Every file but the append-only delta is written once
under a new name; ``manifest.json`` alone is replaced, by rename.
"""

import fcntl
import os
import zlib
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote, unquote
from uuid import UUID

import msgspec

from zhida.errors import Kind, ZhidaError
from zhida.ids import KnowledgeBaseId
from zhida.knowledge.errors import IndexDamagedError

LOCK_FILE = "lock"
_BLOCK_BYTES = 1 << 20
_LONGEST_NAME = 255


class IndexLockedError(ZhidaError):
    """Another process writes this index."""

    code: ClassVar[str] = "knowledge.index_locked"
    kind: ClassVar[Kind] = Kind.CONFLICT


class FileStamp(msgspec.Struct, frozen=True):
    """How a file must look: its length, and the CRC-32 of all its bytes."""

    size: int
    crc: int


def index_folder(root: Path, knowledge_base_id: KnowledgeBaseId, embedding_model: str) -> Path:
    """The folder of one index; the model's name can be read back from it."""
    name = quote(embedding_model, safe="").replace(".", "%2E")
    if not name or len(name) > _LONGEST_NAME:
        message = f"An embedding model's name must have 1 to {_LONGEST_NAME} characters once encoded."
        raise ValueError(message)
    return root / str(knowledge_base_id) / name


def indexes_below(root: Path) -> list[tuple[KnowledgeBaseId, str]]:
    """Every index that has a folder."""
    found: list[tuple[KnowledgeBaseId, str]] = []
    for folder in sorted(root.glob("*/*/")) if root.is_dir() else []:
        try:
            knowledge_base_id = KnowledgeBaseId(UUID(folder.parent.name))
        except ValueError:
            continue
        if not folder.name.startswith("."):
            found.append((knowledge_base_id, unquote(folder.name)))
    return found


def stamp_of(path: Path, first_bytes: int | None = None) -> FileStamp:
    """Read the file, or its first bytes, and describe them."""
    size = crc = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES if first_bytes is None else min(_BLOCK_BYTES, first_bytes - size)):
            size += len(block)
            crc = zlib.crc32(block, crc)
    return FileStamp(size=size, crc=crc)


def verify_content(path: Path, content: bytes | memoryview, stamp: FileStamp) -> None:
    """Check what was read of a file.

    Raises:
        IndexDamagedError: it is not what was written.
    """
    if FileStamp(size=len(content), crc=zlib.crc32(content)) != stamp:
        raise damaged(path, "does not have the content that was written")


def read_stamped(path: Path, stamp: FileStamp) -> bytes:
    """Read as many bytes as the stamp says; what follows them does not count.

    Raises:
        IndexDamagedError: they are not what was written.
        FileNotFoundError: the file is missing.
    """
    with path.open("rb") as file:
        content = file.read(stamp.size)
    verify_content(path, content, stamp)
    return content


def verify_size(path: Path, size: int) -> None:
    """Cheap check: the file is as long as it must be.

    Raises:
        IndexDamagedError: it is not.
        FileNotFoundError: it is missing.
    """
    actual = path.stat().st_size
    if actual != size:
        raise damaged(path, f"has {actual} bytes instead of {size}")


def verify(path: Path, stamp: FileStamp) -> None:
    """Full check: reads the whole file.

    Raises:
        IndexDamagedError: it is missing, of another length, or a bit has changed.
    """
    if not path.is_file():
        raise damaged(path, "is missing")
    verify_size(path, stamp.size)
    if stamp_of(path) != stamp:
        raise damaged(path, "does not have the content that was written")


def verify_beginning(path: Path, stamp: FileStamp) -> None:
    """Full check of an append-only file; what a crashed writer left after its last commit does not count.

    Raises:
        IndexDamagedError: it is missing, shorter, or a bit has changed.
    """
    if not path.is_file():
        raise damaged(path, "is missing")
    if stamp_of(path, stamp.size) != stamp:
        raise damaged(path, "does not have the content that was written")


def damaged(path: Path, what: str) -> IndexDamagedError:
    """The error that names the file; the indexer acts on it by itself."""
    return IndexDamagedError(
        f"The search index file {path.name} {what}.",
        advice="The indexer rebuilds the index from the record by itself; no action is needed.",
        file=str(path),
    )


def write_durably(path: Path, content: bytes) -> FileStamp:
    """Write a new file and force it to the disk."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return FileStamp(size=len(content), crc=zlib.crc32(content))


def replace_durably(path: Path, content: bytes) -> None:
    """Replace a file so that a reader, or a crash, meets the old content or the new one, never a mixture."""
    beside = path.with_name(path.name + ".new")
    write_durably(beside, content)
    beside.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Force a folder's entries to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class FolderLock:
    """The right to write below a folder; ends with the process that holds it."""

    def __init__(self, folder: Path) -> None:
        """Take the lock, at once or not at all.

        Raises:
            IndexLockedError: another process, or another writer of this one, holds it.
        """
        self._descriptor = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._descriptor)
            raise IndexLockedError(
                "Another process writes this search index.",
                advice="Stop the second indexer: a node has exactly one.",
                folder=str(folder),
            ) from None

    def release(self) -> None:
        """Give it back; quiet when called again."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
