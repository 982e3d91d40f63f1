"""What we know of: knowledge bases, documents, versions, chunks, as the record keeps them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from zhida.ids import (
    AccessListId,
    ChunkId,
    ChunkKey,
    DocumentId,
    KnowledgeBaseId,
    Language,
    VersionId,
    VersionKey,
)
from zhida.knowledge.location import Location

LEXICAL_ONLY = "lexical"
"""The embedding model's name of a knowledge base that is searched by words alone."""


class VersionStatus(StrEnum):
    """How far a document version is. ``ready`` and ``failed`` are final until somebody retries."""

    QUEUED = "queued"
    PROCESSING = "processing"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class KnowledgeBase:
    """A named, access-controlled set of documents.

    Attributes:
        revision: number of the last entry in its change feed; grows with every publication.
        chunk_size, chunk_overlap: in units (a Han character or a word counts 1).
    """

    id: KnowledgeBaseId
    name: str
    access_list_id: AccessListId
    embedding_model: str
    chunk_size: int
    chunk_overlap: int
    revision: int
    created_at: datetime
    document_count: int = 0
    ready_count: int = 0


@dataclass(frozen=True, slots=True)
class Document:
    """One item of a knowledge base, with the state of its newest version.

    Attributes:
        version_id: the newest version, whatever its state.
        current_version_id: the version that answers are made of; None until one is published.
        published_revision: feed revision at which ``version_id`` was published; None before.
    """

    id: DocumentId
    knowledge_base_id: KnowledgeBaseId
    access_list_id: AccessListId
    name: str
    version_id: VersionId
    current_version_id: VersionId | None
    status: VersionStatus
    stage: str | None
    reason_code: str | None
    reason: str | None
    media_type: str | None
    size_bytes: int
    chunk_count: int
    published_revision: int | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class DocumentVersion:
    """One immutable state of a document.

    Attributes:
        attempt: counts the workers that took it up; the number fences the final write.
        content_hash: SHA-256 of the original's bytes, hexadecimal.
        object_key: where the object store keeps the original; None for one that was refused at the door.
    """

    id: VersionId
    key: VersionKey
    document_id: DocumentId
    knowledge_base_id: KnowledgeBaseId
    number: int
    name: str
    status: VersionStatus
    attempt: int
    content_hash: str
    object_key: str | None
    media_type: str | None
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a version cannot be read: a stable code, and a sentence for a person."""

    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class NewVersion:
    """An original that was accepted, or refused at the door."""

    content_hash: str
    object_key: str | None
    media_type: str | None
    size_bytes: int
    refused: Refused | None = None


@dataclass(frozen=True, slots=True)
class NewChunk:
    """A chunk that waits for its publication. ``embedding``: float32 (d,), L2-normalised; None for words alone."""

    title: str
    text: str
    location: Location
    embedding: NDArray[np.float32] | None


@dataclass(frozen=True, slots=True)
class StoredElement:
    """One parsed block, as the source view lists it."""

    ordinal: int
    kind: str
    text: str
    heading_path: tuple[str, ...]
    level: int | None
    page: int | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class StoredElements:
    """A whole document version, parsed."""

    title: str
    language: Language
    page_count: int | None
    elements: tuple[StoredElement, ...]


@dataclass(frozen=True, slots=True)
class Publication:
    """Everything that one finished ingestion writes in one transaction."""

    elements: StoredElements
    chunks: tuple[NewChunk, ...]
    embedding_model: str


@dataclass(frozen=True, slots=True)
class ResolvedChunk:
    """A hit that the record confirms: it exists, is current, and the caller may read it."""

    key: ChunkKey
    chunk_id: ChunkId
    document_id: DocumentId
    version_id: VersionId
    document_name: str
    title: str
    text: str
    location: Location
