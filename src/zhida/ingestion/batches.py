"""What became of an upload: the batch and its documents, as people watch them."""

from dataclasses import dataclass

from zhida.ids import BatchId, DocumentId, KnowledgeBaseId, VersionId
from zhida.knowledge import VersionStatus


@dataclass(frozen=True, slots=True)
class SubmittedDocument:
    """One file of an upload, right after it was accepted or refused."""

    document_id: DocumentId
    version_id: VersionId
    name: str
    status: VersionStatus
    duplicate: bool
    reason_code: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Submission:
    """A whole upload."""

    batch_id: BatchId
    documents: tuple[SubmittedDocument, ...]


@dataclass(frozen=True, slots=True)
class BatchDocument:
    """One file of an upload, as it stands now.

    Attributes:
        stage: what a worker does with it: parse, chunk, embed, index.
        progress: share of the stage that is done, 0 to 1, where that is known.
        published_revision: an index shows the document from this feed revision on.
    """

    document_id: DocumentId
    name: str
    status: VersionStatus
    stage: str | None
    progress: float | None
    duplicate: bool
    reason_code: str | None
    reason: str | None
    published_revision: int | None


@dataclass(frozen=True, slots=True)
class Batch:
    """An upload and all its files."""

    id: BatchId
    knowledge_base_id: KnowledgeBaseId
    embedding_model: str
    documents: tuple[BatchDocument, ...]
