"""A search index in memory: exact, simple, gone with the process. Tests run on it, and it says what the port means."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from threading import RLock

import numpy as np

from zhida.ids import AccessListId, ChunkKey, KnowledgeBaseId
from zhida.knowledge.analysis import analyse_chunk, analyse_query
from zhida.knowledge.ports import Hits, IndexChange, IndexQuery, IndexReport, IndexResult, IndexRow

_K1, _B = 1.2, 0.75
"""BM25's constants (Robertson and Zaragoza 2009, section 3)."""


@dataclass
class _Content:
    """What both sides of one index share."""

    revision: int = 0
    rows: dict[ChunkKey, IndexRow] = field(default_factory=dict[ChunkKey, IndexRow])
    terms: dict[ChunkKey, Counter[str]] = field(default_factory=dict[ChunkKey, Counter[str]])
    lock: RLock = field(default_factory=RLock)

    def add(self, rows: Iterable[IndexRow]) -> None:
        for row in rows:
            self.rows[row.key] = row
            self.terms[row.key] = Counter(analyse_chunk(row.title, row.text))

    def remove(self, change: IndexChange) -> None:
        gone = {*change.retracted, *(row.version_key for row in change.rows)}
        for key in [row.key for row in self.rows.values() if row.version_key in gone]:
            del self.rows[key], self.terms[key]


class MemoryIndexes:
    """The indexes themselves; hand one object to the readers and the writers that belong together."""

    def __init__(self) -> None:
        self.contents: dict[tuple[KnowledgeBaseId, str], _Content] = {}
        self.lock = RLock()

    def content(self, knowledge_base_id: KnowledgeBaseId, embedding_model: str) -> _Content:
        """That index, made if new."""
        with self.lock:
            return self.contents.setdefault((knowledge_base_id, embedding_model), _Content())


class MemorySearchIndex:
    """See the port ``SearchIndex``."""

    def __init__(self, indexes: MemoryIndexes, knowledge_base_id: KnowledgeBaseId, embedding_model: str) -> None:
        self._indexes = indexes
        self._key = knowledge_base_id, embedding_model

    def search(self, query: IndexQuery) -> IndexResult:
        """See the port."""
        content = self._content()
        with content.lock:
            return IndexResult(_lexical(content, query), _dense(content, query), content.revision)

    def revision(self) -> int:
        """See the port."""
        return self._content().revision

    def _content(self) -> _Content:
        return self._indexes.contents.get(self._key) or _Content()


class MemorySearchIndexes:
    """See the port ``SearchIndexes``."""

    def __init__(self, indexes: MemoryIndexes) -> None:
        self._indexes = indexes

    def open(self, knowledge_base_id: KnowledgeBaseId, embedding_model: str) -> MemorySearchIndex:
        """See the port."""
        return MemorySearchIndex(self._indexes, knowledge_base_id, embedding_model)

    def close(self) -> None:
        """Nothing to release."""


class MemoryIndexWriter:
    """See the port ``IndexWriter``."""

    def __init__(self, indexes: MemoryIndexes, knowledge_base_id: KnowledgeBaseId, embedding_model: str) -> None:
        self._key = knowledge_base_id, embedding_model
        self._content = indexes.content(knowledge_base_id, embedding_model)

    def revision(self) -> int:
        """See the port."""
        return self._content.revision

    def apply(self, changes: Sequence[IndexChange]) -> None:
        """See the port."""
        with self._content.lock:
            for change in sorted(changes, key=lambda change: change.revision):
                if change.revision > self._content.revision:
                    self._content.remove(change)
                    self._content.add(change.rows)
                    self._content.revision = change.revision

    def rebuild(self, rows: Iterable[IndexRow], revision: int) -> None:
        """See the port."""
        fresh = list(rows)
        with self._content.lock:
            self._content.rows.clear()
            self._content.terms.clear()
            self._content.add(fresh)
            self._content.revision = revision

    def compact(self) -> bool:
        """There is never anything to fold."""
        return False

    def report(self) -> IndexReport:
        """See the port."""
        with self._content.lock:
            return IndexReport(
                *self._key,
                revision=self._content.revision,
                rows=len(self._content.rows),
                deleted_rows=0,
                delta_rows=0,
                size_bytes=0,
                healthy=True,
            )

    def close(self) -> None:
        """Nothing to release."""


class MemoryIndexWriters:
    """See the port ``IndexWriters``."""

    def __init__(self, indexes: MemoryIndexes) -> None:
        self._indexes = indexes

    def open(self, knowledge_base_id: KnowledgeBaseId, embedding_model: str) -> MemoryIndexWriter:
        """See the port."""
        return MemoryIndexWriter(self._indexes, knowledge_base_id, embedding_model)

    def drop(self, knowledge_base_id: KnowledgeBaseId, embedding_model: str) -> None:
        """See the port."""
        with self._indexes.lock:
            self._indexes.contents.pop((knowledge_base_id, embedding_model), None)

    def existing(self) -> list[tuple[KnowledgeBaseId, str]]:
        """See the port."""
        return sorted(self._indexes.contents)


def _permitted(content: _Content, access_lists: frozenset[AccessListId] | None) -> list[IndexRow]:
    return [row for row in content.rows.values() if access_lists is None or row.access_list_id in access_lists]


def _lexical(content: _Content, query: IndexQuery) -> Hits:
    """BM25 over all rows, of which the permitted are returned."""
    count = len(content.rows)
    lengths = {key: terms.total() for key, terms in content.terms.items()}
    average = sum(lengths.values()) / max(1, count)
    scores: defaultdict[ChunkKey, float] = defaultdict(float)
    for term in analyse_query(query.text) if query.lexical_k > 0 else []:
        containing = sum(term in terms for terms in content.terms.values())
        weight = math.log(1 + (count - containing + 0.5) / (containing + 0.5))
        for row in _permitted(content, query.access_lists):
            frequency = content.terms[row.key][term]
            if frequency:
                norm = _K1 * (1 - _B + _B * lengths[row.key] / average)
                scores[row.key] += weight * frequency * (_K1 + 1) / (frequency + norm)
    return _hits(scores, query.lexical_k)


def _dense(content: _Content, query: IndexQuery) -> Hits:
    if query.embedding is None or query.dense_k <= 0:
        return _hits({}, 0)
    rows = _permitted(content, query.access_lists)
    scores = {row.key: float(query.embedding @ row.embedding) for row in rows if row.embedding is not None}
    return _hits(scores, query.dense_k)


def _hits(scores: dict[ChunkKey, float], k: int) -> Hits:
    best = sorted(scores.items(), key=lambda scored: -scored[1])[:k]
    return Hits(
        keys=np.array([key for key, _ in best], np.int64), scores=np.array([score for _, score in best], np.float32)
    )
