"""One document version from original to published chunks. Called by the job loop, at least once per version.

Whoever takes a version up gets an attempt number; every later write names it, so that a worker that was only stalled
cannot write a second result. Nothing is written between the first and the last transaction but progress.
"""

import asyncio
import logging
import time
from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from zhida.ids import Language, VersionId
from zhida.inference import EmbeddingModel
from zhida.ingestion.chunking import ChunkDraft, ChunkSettings, chunk
from zhida.ingestion.elements import ParsedDocument
from zhida.ingestion.embedded_text import batches, chunk_vectors, embedded_texts
from zhida.ingestion.errors import ParseError
from zhida.ingestion.media_types import MediaType
from zhida.ingestion.meter import IngestionMeter
from zhida.ingestion.object_store import ObjectStore, OriginalMissingError
from zhida.ingestion.ports import DocumentParser
from zhida.ingestion.service import INGEST_JOB
from zhida.ingestion.settings import IngestionSettings
from zhida.knowledge import (
    GAVE_UP,
    DocumentRegister,
    DocumentVersion,
    KnowledgeBase,
    NewChunk,
    Publication,
    Refused,
    StoredElement,
    StoredElements,
    detect_language,
)

_log = logging.getLogger(__name__)
_PROGRESS_EVERY = timedelta(seconds=1)


class OvertakenError(Exception):
    """Another attempt works on this version, or its document was deleted: stop, there is nothing to report."""


class IngestDocument:
    """The handler of ingestion jobs."""

    def __init__(
        self,
        register: DocumentRegister,
        originals: ObjectStore,
        parser: DocumentParser,
        model: EmbeddingModel | None,
        *,
        settings: IngestionSettings,
        meter: IngestionMeter,
    ) -> None:
        self._register = register
        self._originals = originals
        self._parser = parser
        self._model = model
        self._settings = settings
        self._meter = meter

    @property
    def kind(self) -> str:
        """The jobs it does."""
        return INGEST_JOB

    @property
    def concurrency(self) -> int:
        """Documents worked on at once by one process."""
        return self._settings.concurrency

    @property
    def max_attempts(self) -> int:
        """Tries of one document."""
        return self._settings.max_attempts

    async def __call__(self, payload: Mapping[str, str], attempt: int) -> None:
        """Take the version up and publish it, or fail it with a reason that a person understands."""
        version_id = VersionId(UUID(payload["version_id"]))
        fence = await self._register.begin_attempt(version_id)
        version = await self._register.find_version(version_id)
        base = None if version is None else await self._register.base_of(version.knowledge_base_id)
        if fence is None or version is None or base is None:
            _log.info("nothing to ingest", extra={"version_id": str(version_id), "job_attempt": attempt})
            return
        try:
            await self._ingest(version, base, fence)
        except OvertakenError:
            _log.warning("ingestion overtaken", extra={"version_id": str(version_id), "fence": fence})
        except (ParseError, OriginalMissingError) as error:
            code = error.reason.value if isinstance(error, ParseError) else error.code
            await self._register.fail(version_id, attempt=fence, refused=Refused(code, str(error)))
            self._meter.document(result="failed", media_type=version.media_type or "unknown")

    async def gave_up(self, payload: Mapping[str, str], error: str) -> None:
        """The job is dead: say so on the document."""
        version_id = VersionId(UUID(payload["version_id"]))
        reason = f"It was tried {self._settings.max_attempts} times without success. {error}"
        await self._register.fail(version_id, attempt=None, refused=Refused(GAVE_UP, reason))

    async def _ingest(self, version: DocumentVersion, base: KnowledgeBase, fence: int) -> None:
        started = time.perf_counter()
        parsed = await self._parse(version)
        started = self._meter.stage("parse", started)
        await self._tell(version, fence, stage="chunk")
        # Off the loop: a long document takes seconds, and a silent heartbeat would cost us the job.
        drafts = await asyncio.to_thread(chunk, parsed, ChunkSettings(size=base.chunk_size, overlap=base.chunk_overlap))
        started = self._meter.stage("chunk", started)
        vectors = await self._embed(version, base, fence=fence, parsed=parsed, drafts=drafts)
        started = self._meter.stage("embed", started)
        await self._tell(version, fence, stage="index")
        result = Publication(
            elements=_stored(parsed),
            chunks=tuple(
                NewChunk(title=draft.title, text=draft.text, location=draft.location, embedding=vector)
                for draft, vector in zip(drafts, vectors, strict=True)
            ),
            embedding_model=base.embedding_model,
        )
        if not await self._register.publish(version, attempt=fence, result=result):
            raise OvertakenError
        self._meter.stage("publish", started)
        self._meter.document(result="ready", media_type=version.media_type or "unknown")
        self._meter.chunks(len(drafts))

    async def _parse(self, version: DocumentVersion) -> ParsedDocument:
        if version.object_key is None or version.media_type is None:
            raise OriginalMissingError(
                "The original was not kept.", advice="Upload the document again.", version_id=str(version.id)
            )
        async with self._originals.local_copy(version.object_key) as path:
            return await self._parser.parse(path, media_type=MediaType(version.media_type), name=version.name)

    async def _embed(
        self,
        version: DocumentVersion,
        base: KnowledgeBase,
        *,
        fence: int,
        parsed: ParsedDocument,
        drafts: list[ChunkDraft],
    ) -> list[NDArray[np.float32] | None]:
        """A vector for each chunk in a language that the model was trained for; the rest is found by its words."""
        vectors: list[NDArray[np.float32] | None] = [None] * len(drafts)
        if self._model is None or self._model.card.name != base.embedding_model:
            # Vectors of two models must never meet in one index; the words still find the document.
            return vectors
        wanted = [place for place, draft in enumerate(drafts) if self._speaks(draft.text, parsed.language)]
        read = await asyncio.to_thread(lambda: [_read(drafts[place]) for place in wanted])
        told = time.monotonic()
        for batch in batches(read, texts_max=self._settings.embedding_batch_size):
            rows = await self._model.embed_passages([text for texts in read[batch] for text in texts])
            for place, vector in zip(wanted[batch], chunk_vectors(rows, read[batch]), strict=True):
                vectors[place] = vector
            if time.monotonic() - told >= _PROGRESS_EVERY.total_seconds():
                told = time.monotonic()
                await self._tell(version, fence, stage="embed", progress=batch.stop / len(wanted))
        return vectors

    def _speaks(self, text: str, document_language: Language) -> bool:
        """Whether the model knows the chunk's language; figures and names count as the document's."""
        languages = self._model.card.languages if self._model else frozenset[Language]()
        language = detect_language(text)
        return (document_language if language is Language.OTHER else language) in languages

    async def _tell(self, version: DocumentVersion, fence: int, *, stage: str, progress: float | None = None) -> None:
        if not await self._register.set_stage(version.id, attempt=fence, stage=stage, progress=progress):
            raise OvertakenError


def _read(draft: ChunkDraft) -> list[str]:
    return embedded_texts(draft.text, draft.location.heading_path)


def _stored(parsed: ParsedDocument) -> StoredElements:
    return StoredElements(
        title=parsed.title,
        language=parsed.language,
        page_count=parsed.page_count,
        elements=tuple(
            StoredElement(
                ordinal=ordinal,
                kind=element.kind.value,
                text=element.text,
                heading_path=element.heading_path,
                level=element.level,
                page=element.page,
                start=element.start,
                end=element.end,
            )
            for ordinal, element in enumerate(parsed.elements)
        ),
    )
