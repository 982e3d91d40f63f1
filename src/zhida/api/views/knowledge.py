"""Knowledge bases, documents and batches as clients see them."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from zhida.ingestion import Batch, BatchDocument, Submission, SubmittedDocument
from zhida.knowledge import LEXICAL_ONLY, Document, KnowledgeBase, StoredElements, VersionStatus

Status = Literal["queued", "processing", "ready", "failed"]
_NAMES_NO_ADDRESS_HOLDS = frozenset({".", ".."})


def _fits_an_address(name: str) -> str:
    """A knowledge base is named in paths, where a slash or dots alone would mean another one."""
    if "/" in name or name.strip() in _NAMES_NO_ADDRESS_HOLDS:
        message = "must not hold a slash, nor be dots alone"
        raise ValueError(message)
    return name


Name = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_fits_an_address)]


class Request(BaseModel):
    """What a client sends; unknown fields are refused so that a misspelt one is noticed."""

    model_config = ConfigDict(extra="forbid")


class NewKnowledgeBase(Request):
    """A knowledge base to create."""

    name: Name = Field(examples=["Handbook"])
    readers: list[Literal["everyone"]] = Field(
        default=[], max_length=1, description="Who may read it besides you and administrators."
    )
    chunk_size: int | None = Field(default=None, ge=32, le=4096, description="Units (Han characters, words) at most.")
    chunk_overlap: int | None = Field(default=None, ge=0, le=1024, description="Units that neighbours share at most.")


class KnowledgeBaseView(BaseModel):
    """A knowledge base."""

    id: UUID
    name: str
    document_count: int
    ready_count: int
    embedding_model: str | None = Field(description="None: searched by words alone.")
    chunk_size: int
    chunk_overlap: int
    created_at: datetime

    @classmethod
    def of(cls, base: KnowledgeBase) -> Self:
        """From the room's type."""
        return cls(
            id=base.id,
            name=base.name,
            document_count=base.document_count,
            ready_count=base.ready_count,
            embedding_model=None if base.embedding_model == LEXICAL_ONLY else base.embedding_model,
            chunk_size=base.chunk_size,
            chunk_overlap=base.chunk_overlap,
            created_at=base.created_at,
        )


class KnowledgeBaseList(BaseModel):
    """A page of knowledge bases."""

    items: list[KnowledgeBaseView]
    next_cursor: str | None


class DocumentView(BaseModel):
    """A document, with the state of its newest version."""

    id: UUID
    knowledge_base_id: UUID
    name: str
    status: Status
    stage: str | None
    reason_code: str | None = Field(description="Stable code of a failure.")
    reason: str | None = Field(description="What a person should know about a failure.")
    media_type: str | None
    size_bytes: int
    chunk_count: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, document: Document, *, index_revision: int) -> Self:
        """From the room's type; ready once this node's index shows it."""
        status, stage = shown_status(document.status, document.stage, document.published_revision, index_revision)
        return cls(
            id=document.id,
            knowledge_base_id=document.knowledge_base_id,
            name=document.name,
            status=status,
            stage=stage,
            reason_code=document.reason_code,
            reason=document.reason,
            media_type=document.media_type,
            size_bytes=document.size_bytes,
            chunk_count=document.chunk_count,
            created_at=document.created_at,
            updated_at=document.updated_at,
        )


class DocumentList(BaseModel):
    """A page of documents."""

    items: list[DocumentView]
    next_cursor: str | None


class ElementView(BaseModel):
    """One parsed block."""

    ordinal: int
    kind: str
    text: str
    heading_path: list[str]
    level: int | None
    page: int | None
    start: int
    end: int


class ElementList(BaseModel):
    """A document's text in blocks, where citations open."""

    document_id: UUID
    name: str
    title: str
    media_type: str | None
    page_count: int | None
    elements: list[ElementView]

    @classmethod
    def of(cls, document: Document, stored: StoredElements | None) -> Self:
        """From the room's types; empty until a version is published."""
        return cls(
            document_id=document.id,
            name=document.name,
            title=stored.title if stored else document.name,
            media_type=document.media_type,
            page_count=stored.page_count if stored else None,
            elements=[
                ElementView(
                    ordinal=element.ordinal,
                    kind=element.kind,
                    text=element.text,
                    heading_path=list(element.heading_path),
                    level=element.level,
                    page=element.page,
                    start=element.start,
                    end=element.end,
                )
                for element in (stored.elements if stored else ())
            ],
        )


class SubmittedDocumentView(BaseModel):
    """One file of an upload, right after it was accepted or refused."""

    id: UUID
    name: str
    status: Status
    duplicate: bool = Field(description="The same content was there already.")
    reason_code: str | None = None
    reason: str | None = None

    @classmethod
    def of(cls, document: SubmittedDocument) -> Self:
        """From the room's type."""
        return cls(
            id=document.document_id,
            name=document.name,
            status=document.status.value,
            duplicate=document.duplicate,
            reason_code=document.reason_code,
            reason=document.reason,
        )


class SubmissionView(BaseModel):
    """An accepted upload."""

    batch_id: UUID
    documents: list[SubmittedDocumentView]

    @classmethod
    def of(cls, submission: Submission) -> Self:
        """From the room's type."""
        return cls(
            batch_id=submission.batch_id, documents=[SubmittedDocumentView.of(item) for item in submission.documents]
        )


class BatchDocumentView(BaseModel):
    """One file of an upload, as it stands now."""

    id: UUID
    name: str
    status: Status
    stage: str | None
    progress: float | None = Field(description="Share of the stage that is done, 0 to 1.")
    duplicate: bool
    reason_code: str | None
    reason: str | None

    @classmethod
    def of(cls, document: BatchDocument, *, index_revision: int) -> Self:
        """From the room's type."""
        status, stage = shown_status(document.status, document.stage, document.published_revision, index_revision)
        return cls(
            id=document.document_id,
            name=document.name,
            status=status,
            stage=stage,
            progress=document.progress,
            duplicate=document.duplicate,
            reason_code=document.reason_code,
            reason=document.reason,
        )


class BatchView(BaseModel):
    """An upload and all its files."""

    id: UUID
    knowledge_base_id: UUID
    total: int
    ready: int
    failed: int
    documents: list[BatchDocumentView]

    @classmethod
    def of(cls, batch: Batch, *, index_revision: int) -> Self:
        """From the room's type."""
        documents = [BatchDocumentView.of(item, index_revision=index_revision) for item in batch.documents]
        return cls(
            id=batch.id,
            knowledge_base_id=batch.knowledge_base_id,
            total=len(documents),
            ready=sum(document.status == "ready" for document in documents),
            failed=sum(document.status == "failed" for document in documents),
            documents=documents,
        )

    @property
    def is_done(self) -> bool:
        """Whether nothing more will happen."""
        return self.ready + self.failed == self.total


def shown_status(
    status: VersionStatus, stage: str | None, published_revision: int | None, index_revision: int
) -> tuple[Status, str | None]:
    """Ready means that this node's index shows it: until it has caught up, the document is still in work."""
    if status is VersionStatus.READY and published_revision is not None and published_revision > index_revision:
        return "processing", "index"
    return status.value, stage
