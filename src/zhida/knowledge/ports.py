"""The SearchIndex port: ingestion's results, the indexer and retrieval meet here and nowhere else.

The record (PostgreSQL) is the truth; an index is a hint that can be rebuilt from the record at any time. Every hit is
resolved against the record before a person sees it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from zhida.ids import AccessListId, ChunkKey, KnowledgeBaseId, VersionKey


@dataclass(frozen=True, slots=True)
class IndexRow:
    """One chunk as an index keeps it. ``embedding`` is float32, shape (d,), L2-normalised, or None (lexical only)."""

    key: ChunkKey
    version_key: VersionKey
    access_list_id: AccessListId
    title: str
    text: str
    embedding: NDArray[np.float32] | None


@dataclass(frozen=True, slots=True)
class IndexChange:
    """One entry of a knowledge base's change feed, with its rows fetched.

    Applying it removes every row of the ``retracted`` versions, and of the versions that ``rows`` belong to, then
    adds ``rows``; applying it twice is the same as once.
    """

    revision: int
    retracted: tuple[VersionKey, ...]
    rows: tuple[IndexRow, ...]


@dataclass(frozen=True, slots=True)
class IndexQuery:
    """What both legs are asked.

    Attributes:
        text: as the person wrote it; the index analyses it for its lexical leg. Empty: skip the leg.
        embedding: float32, shape (d,), L2-normalised. None: skip the leg.
        access_lists: the lists that the caller may read; None means all (an administrator). Filtered inside both legs.
        lexical_k: hits wanted of the lexical leg.
        dense_k: hits wanted of the dense leg.
    """

    text: str
    embedding: NDArray[np.float32] | None
    access_lists: frozenset[AccessListId] | None
    lexical_k: int
    dense_k: int


@dataclass(frozen=True, slots=True)
class Hits:
    """One leg's result, best first: ``keys`` int64 and ``scores`` float32 (BM25, or cosine), both of shape (n,)."""

    keys: NDArray[np.int64]
    scores: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class IndexResult:
    """Both legs' hits, and the feed revision that they reflect."""

    lexical: Hits
    dense: Hits
    revision: int


@dataclass(frozen=True, slots=True)
class IndexReport:
    """What an index holds, for ``zhida index report``."""

    knowledge_base_id: KnowledgeBaseId
    embedding_model: str
    revision: int
    rows: int
    deleted_rows: int
    delta_rows: int
    size_bytes: int
    healthy: bool


class SearchIndex(Protocol):
    """Reads one (knowledge base, embedding model) index. Thread-safe; methods block and release the GIL."""

    def search(self, query: IndexQuery) -> IndexResult:
        """Both legs under the caller's rights.

        Raises:
            IndexDamagedError: the files cannot be read; the indexer rebuilds them by itself.
        """
        ...

    def revision(self) -> int:
        """The feed revision that searches now reflect; 0 for an index that nobody has written yet. Cheap."""
        ...


class SearchIndexes(Protocol):
    """All indexes of this node, opened lazily and capped by memory."""

    def open(self, knowledge_base_id: KnowledgeBaseId, embedding_model: str) -> SearchIndex:
        """The reader of that index; an index that nobody has written yet is empty, at revision 0."""
        ...

    def close(self) -> None:
        """Release every file."""
        ...


class IndexWriter(Protocol):
    """Writes one index; at most one writer per index and node (the indexer process)."""

    def revision(self) -> int:
        """The last revision that was committed."""
        ...

    def apply(self, changes: Sequence[IndexChange]) -> None:
        """Apply changes in order of revision and commit them at once: readers see all of them or none.

        Raises:
            IndexDamagedError: the files are inconsistent; call ``rebuild``.
        """
        ...

    def rebuild(self, rows: Iterable[IndexRow], revision: int) -> None:
        """Replace the whole content by ``rows``, as of ``revision``; readers switch at once when it is complete."""
        ...

    def compact(self) -> bool:
        """Fold delta and deletions into the base where that pays; True if anything was done."""
        ...

    def report(self) -> IndexReport:
        """What it holds."""
        ...

    def close(self) -> None:
        """Release files and locks."""
        ...


class IndexWriters(Protocol):
    """Opens writers, and drops the indexes of deleted knowledge bases."""

    def open(self, knowledge_base_id: KnowledgeBaseId, embedding_model: str) -> IndexWriter:
        """The one writer of that index.

        Raises:
            IndexDamagedError: files exist but cannot be trusted; the caller drops and rebuilds.
        """
        ...

    def drop(self, knowledge_base_id: KnowledgeBaseId, embedding_model: str) -> None:
        """Delete the index's files; quiet where there are none."""
        ...

    def existing(self) -> list[tuple[KnowledgeBaseId, str]]:
        """Every index that has files on this node."""
        ...
