"""Defaults of new knowledge bases, and how the node keeps their indexes."""

from pydantic import BaseModel, ConfigDict, Field


class KnowledgeSettings(BaseModel):
    """Knowledge settings.

    Attributes:
        chunk_size: units (a Han character or a word counts 1) in a chunk at most.
        chunk_overlap: units that neighbouring chunks share at most.
        open_indexes_max: indexes that one process keeps open; the least recently used is closed.
        page_size_max: rows that a list answers at most.
        retraction_grace_seconds: how long a replaced version's chunks stay, for indexes that lag behind.
    """

    model_config = ConfigDict(frozen=True)

    chunk_size: int = Field(default=640, ge=32, le=4096)
    chunk_overlap: int = Field(default=32, ge=0, le=1024)
    open_indexes_max: int = Field(default=64, ge=1)
    page_size_max: int = Field(default=200, ge=1, le=1000)
    retraction_grace_seconds: float = Field(default=600.0, ge=0)
