"""Jobs, models, health as clients see them."""

from datetime import datetime
from typing import Literal, Self

from pydantic import BaseModel, Field

from zhida.jobs import Job


class JobView(BaseModel):
    """A unit of background work."""

    id: int
    kind: str
    state: Literal["queued", "running", "succeeded", "dead"]
    attempts: int
    payload: dict[str, str]
    scheduled_at: datetime | None
    error: str | None

    @classmethod
    def of(cls, job: Job) -> Self:
        """From the room's type."""
        return cls(
            id=job.id,
            kind=job.kind,
            state=job.state.value,
            attempts=job.attempts,
            payload=dict(job.payload),
            scheduled_at=job.scheduled_at,
            error=job.error,
        )


class JobList(BaseModel):
    """A page of jobs."""

    items: list[JobView]
    next_cursor: str | None


class EmbeddingModelView(BaseModel):
    """The model that search by meaning uses."""

    name: str | None = Field(description="None: search goes by words alone.")
    dimensions: int | None
    languages: list[str]
    advice: str | None = Field(description="What to do for better search in other languages.")
    advice_command: str | None = Field(description="The command that the advice names, for a page to show.")


class ChatModelView(BaseModel):
    """The model that writes answers."""

    name: str | None = Field(description="None: answers quote the documents' own sentences.")


class ModelsView(BaseModel):
    """The models in use."""

    embedding: EmbeddingModelView
    chat: ChatModelView


class Health(BaseModel):
    """Alive."""

    status: Literal["ok"] = "ok"


class Readiness(BaseModel):
    """Whether requests can be served; the dependencies are named to callers with a key."""

    status: Literal["ready", "not_ready"]
    dependencies: dict[str, str] | None = None


class IndexReportView(BaseModel):
    """What this machine's index of a knowledge base holds."""

    knowledge_base: str
    embedding_model: str
    revision: int = Field(description="Feed revision that searches reflect.")
    feed_revision: int = Field(description="Newest revision in the record; larger while the indexer catches up.")


class IndexReportList(BaseModel):
    """All indexes."""

    items: list[IndexReportView]
