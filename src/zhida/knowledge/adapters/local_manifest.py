"""Which files make up one generation of a local index? The manifest names them all; nothing else on the disk counts."""

import zlib
from pathlib import Path

import msgspec

from zhida.knowledge.adapters.local_files import FileStamp, damaged, replace_durably
from zhida.knowledge.analysis import ANALYSIS_VERSION

MANIFEST_FILE = "manifest.json"
_FORMAT = 1


class BaseFiles(msgspec.Struct, frozen=True):
    """The large, read-only part of the dense leg: a FAISS file, and the rows' numbers, (3, rows) int64.

    ``vectors_head`` covers what stands before the vectors, the graph above all: a changed bit there would end the
    process that maps the file, one in a vector only misplaces a row.
    """

    rows: int
    graph: bool
    vectors: str
    vectors_stamp: FileStamp
    vectors_head: FileStamp
    numbers: str
    numbers_stamp: FileStamp


class DeltaFiles(msgspec.Struct, frozen=True):
    """The small, growing part: float16 vectors and (rows, 3) int64, append-only; bytes past ``rows`` do not count."""

    rows: int
    vectors: str
    vectors_stamp: FileStamp
    numbers: str
    numbers_stamp: FileStamp


class LexicalFiles(msgspec.Struct, frozen=True):
    """One folder, never changed once named here."""

    folder: str
    files: dict[str, FileStamp]
    rows: int
    deleted: int

    def size_bytes(self) -> int:
        """Bytes on the disk."""
        return sum(stamp.size for stamp in self.files.values())


class DenseFiles(msgspec.Struct, frozen=True):
    """The dense leg.

    Attributes:
        dimensions: length of a vector; 0 before the first one.
        deleted: file of deletion bits, base rows first, then delta rows, little-endian bits; None: nothing deleted.
    """

    dimensions: int = 0
    base: BaseFiles | None = None
    delta: DeltaFiles | None = None
    deleted: str | None = None
    deleted_stamp: FileStamp | None = None
    deleted_rows: int = 0

    def names(self) -> set[str]:
        """Every file of the folder that this leg needs."""
        names = {self.deleted} if self.deleted is not None else set[str]()
        for part in (self.base, self.delta):
            if part is not None:
                names |= {part.vectors, part.numbers}
        return names

    def size_bytes(self) -> int:
        """Bytes on the disk."""
        stamps = [self.deleted_stamp]
        for part in (self.base, self.delta):
            if part is not None:
                stamps += [part.vectors_stamp, part.numbers_stamp]
        return sum(stamp.size for stamp in stamps if stamp is not None)


class Manifest(msgspec.Struct, frozen=True):
    """One generation.

    Attributes:
        analysis: version of the text analysis that wrote the terms.
        generation: grows by one with every replacement.
        revision: position in the knowledge base's change feed.
        access_lists: every access list that a row may carry; may name lists that have no row any more.
    """

    analysis: int
    generation: int = 0
    revision: int = 0
    dense: DenseFiles = DenseFiles()
    lexical: LexicalFiles | None = None
    access_lists: tuple[int, ...] = ()
    format: int = _FORMAT

    def names(self) -> set[str]:
        """Every entry of the folder that this generation needs."""
        return self.dense.names() | ({self.lexical.folder} if self.lexical is not None else set[str]())


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Replace the manifest; from here on the generation is the one that counts."""
    body = msgspec.json.encode(manifest)
    replace_durably(folder / MANIFEST_FILE, f"{zlib.crc32(body):08x}\n".encode() + body)


def read_manifest(folder: Path) -> Manifest:
    """The generation that counts.

    Raises:
        FileNotFoundError: nobody has written this index yet, or its manifest is lost.
        IndexDamagedError: the manifest is torn, changed, or of a format that this program does not know.
    """
    path = folder / MANIFEST_FILE
    head, _, body = path.read_bytes().partition(b"\n")
    if head != f"{zlib.crc32(body):08x}".encode():
        raise damaged(path, "does not have the content that was written")
    try:
        manifest = msgspec.json.decode(body, type=Manifest)
    except msgspec.DecodeError:
        raise damaged(path, "is of an unknown format") from None
    if (manifest.format, manifest.analysis) != (_FORMAT, ANALYSIS_VERSION):
        raise damaged(path, "was written by another version of the program")
    return manifest
