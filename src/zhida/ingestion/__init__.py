"""How does a file become indexed chunks? Submit, parse, chunk, embed, publish."""

from zhida.ingestion.batches import Batch, BatchDocument, Submission, SubmittedDocument
from zhida.ingestion.errors import (
    BatchNotFoundError,
    NotRetryableError,
    ParseError,
    RefusalReason,
    UploadInvalidError,
)
from zhida.ingestion.ingest_document import IngestDocument
from zhida.ingestion.meter import IngestionMeter, SilentMeter
from zhida.ingestion.object_store import ObjectStore, OriginalMissingError, Received, StorageUnavailableError
from zhida.ingestion.ports import DocumentParser
from zhida.ingestion.service import INGEST_JOB, IngestionService, Upload
from zhida.ingestion.settings import IngestionSettings

__all__ = [
    "INGEST_JOB",
    "Batch",
    "BatchDocument",
    "BatchNotFoundError",
    "DocumentParser",
    "IngestDocument",
    "IngestionMeter",
    "IngestionService",
    "IngestionSettings",
    "NotRetryableError",
    "ObjectStore",
    "OriginalMissingError",
    "ParseError",
    "Received",
    "RefusalReason",
    "SilentMeter",
    "StorageUnavailableError",
    "Submission",
    "SubmittedDocument",
    "Upload",
    "UploadInvalidError",
]
