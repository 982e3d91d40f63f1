"""Limits on uploads, and how hard the worker tries."""

from pydantic import BaseModel, ConfigDict, Field

from zhida.ingestion.parsing_settings import ParsingSettings


class IngestionSettings(BaseModel):
    """Ingestion settings.

    Attributes:
        parsing: limits on parser processes, and on the size of a file.
        files_per_upload_max: files in one request.
        concurrency: documents that one worker process works on at once.
        max_attempts: tries of a document before it fails with the last error as its reason.
        embedding_batch_size: texts per request to the embedding model.
        orphan_age_seconds: originals that no document names are deleted at this age.
    """

    model_config = ConfigDict(frozen=True)

    parsing: ParsingSettings = ParsingSettings()
    files_per_upload_max: int = Field(default=1000, ge=1)
    concurrency: int = Field(default=2, ge=1)
    max_attempts: int = Field(default=5, ge=1)
    embedding_batch_size: int = Field(default=32, ge=1)
    orphan_age_seconds: float = Field(default=3600.0, ge=0)
