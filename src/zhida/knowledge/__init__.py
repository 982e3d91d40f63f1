"""What do we know?

Knowledge bases, documents, versions, chunks and the change feed, and the port of the search index, where ingestion,
the indexer and retrieval meet.
"""

from zhida.knowledge.analysis import analyse, analyse_query, detect_language
from zhida.knowledge.documents import (
    LEXICAL_ONLY,
    Document,
    DocumentVersion,
    KnowledgeBase,
    NewChunk,
    NewVersion,
    Publication,
    Refused,
    ResolvedChunk,
    StoredElement,
    StoredElements,
    VersionStatus,
)
from zhida.knowledge.errors import (
    DocumentNotFoundError,
    IndexDamagedError,
    KnowledgeBaseExistsError,
    KnowledgeBaseNameError,
    KnowledgeBaseNotFoundError,
    KnowledgeReadOnlyError,
)
from zhida.knowledge.feed import ChangeFeed, FeedHead
from zhida.knowledge.indexer_settings import IndexerSettings
from zhida.knowledge.location import Location
from zhida.knowledge.ports import (
    Hits,
    IndexChange,
    IndexQuery,
    IndexReport,
    IndexResult,
    IndexRow,
    IndexWriter,
    IndexWriters,
    SearchIndex,
    SearchIndexes,
)
from zhida.knowledge.register import Accepted, DocumentRegister, NameConflict
from zhida.knowledge.repository.feed import RecordChangeFeed
from zhida.knowledge.repository.publication import FEED_CHANNEL, GAVE_UP
from zhida.knowledge.service import KnowledgeService
from zhida.knowledge.settings import KnowledgeSettings

__all__ = [
    "FEED_CHANNEL",
    "GAVE_UP",
    "LEXICAL_ONLY",
    "Accepted",
    "ChangeFeed",
    "Document",
    "DocumentNotFoundError",
    "DocumentRegister",
    "DocumentVersion",
    "FeedHead",
    "Hits",
    "IndexChange",
    "IndexDamagedError",
    "IndexQuery",
    "IndexReport",
    "IndexResult",
    "IndexRow",
    "IndexWriter",
    "IndexWriters",
    "IndexerSettings",
    "KnowledgeBase",
    "KnowledgeBaseExistsError",
    "KnowledgeBaseNameError",
    "KnowledgeBaseNotFoundError",
    "KnowledgeReadOnlyError",
    "KnowledgeService",
    "KnowledgeSettings",
    "Location",
    "NameConflict",
    "NewChunk",
    "NewVersion",
    "Publication",
    "RecordChangeFeed",
    "Refused",
    "ResolvedChunk",
    "SearchIndex",
    "SearchIndexes",
    "StoredElement",
    "StoredElements",
    "VersionStatus",
    "analyse",
    "analyse_query",
    "detect_language",
]
