"""Files in: check, keep the original, write row and job in one transaction. Called by the doors."""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

from zhida.access import ReadGrant, WriteGrant
from zhida.database import Database
from zhida.ids import BatchId, KnowledgeBaseId, new_uuid
from zhida.ingestion import repository
from zhida.ingestion.batches import Batch, Submission, SubmittedDocument
from zhida.ingestion.errors import (
    BatchNotFoundError,
    NotRetryableError,
    ParseError,
    RefusalReason,
    UploadInvalidError,
)
from zhida.ingestion.media_types import detect_media_type
from zhida.ingestion.object_store import ObjectStore
from zhida.ingestion.settings import IngestionSettings
from zhida.jobs import JobQueue
from zhida.knowledge import (
    Accepted,
    Document,
    DocumentNotFoundError,
    DocumentRegister,
    DocumentVersion,
    KnowledgeBase,
    KnowledgeReadOnlyError,
    KnowledgeService,
    NameConflict,
    NewVersion,
    Refused,
)

INGEST_JOB = "ingest"
"""The kind of the job that turns one document version into indexed chunks."""
_NAME_LENGTH_MAX = 500


@dataclass(frozen=True, slots=True)
class Upload:
    """One file: what the person called it, and its bytes from the present position on."""

    name: str
    content: BinaryIO


class IngestionService:
    """Accepts files and tells what became of them."""

    def __init__(
        self,
        database: Database,
        knowledge: KnowledgeService,
        register: DocumentRegister,
        jobs: JobQueue,
        *,
        originals: ObjectStore,
        settings: IngestionSettings,
    ) -> None:
        self._database = database
        self._knowledge = knowledge
        self._register = register
        self._jobs = jobs
        self._originals = originals
        self._settings = settings

    async def submit(
        self, base: KnowledgeBase, grant: WriteGrant, files: Sequence[Upload], *, on_conflict: NameConflict
    ) -> Submission:
        """Accept an upload. Each file stands for itself: one that is refused gets its reason, the others go on.

        Raises:
            UploadInvalidError: no file, or too many.
            KnowledgeReadOnlyError: the grant may not write here.
            StorageUnavailableError, DatabaseUnavailableError: files before the failure are accepted; the same upload
                again finds them as duplicates.
        """
        self._knowledge.require_write(base, grant)
        if not files or len(files) > self._settings.files_per_upload_max:
            raise UploadInvalidError(
                f"An upload has 1 to {self._settings.files_per_upload_max} files; this one has {len(files)}.",
                advice="Split the upload.",
            )
        batch_id = BatchId(new_uuid())
        async with self._database.unit_of_work() as unit:
            await repository.insert_batch(unit.connection, batch_id, base.id)
        documents = [
            await self._submit_one(base, upload, batch=(batch_id, ordinal), on_conflict=on_conflict)
            for ordinal, upload in enumerate(files)
        ]
        return Submission(batch_id=batch_id, documents=tuple(documents))

    async def _submit_one(
        self, base: KnowledgeBase, upload: Upload, *, batch: tuple[BatchId, int], on_conflict: NameConflict
    ) -> SubmittedDocument:
        name = checked_file_name(upload.name)
        version = await self._receive(upload, name, into=base.id)
        async with self._database.unit_of_work() as unit:
            accepted = await self._register.accept(unit, base, name=name, version=version, on_conflict=on_conflict)
            await repository.insert_batch_document(
                unit.connection,
                batch[0],
                ordinal=batch[1],
                document_id=accepted.document_id,
                version_id=accepted.version_id,
                duplicate=accepted.duplicate,
            )
            if accepted.pending:
                await self._jobs.enqueue(unit, INGEST_JOB, {"version_id": str(accepted.version_id)})
        if accepted.duplicate and version.object_key is not None:
            await self._originals.delete([version.object_key])
        return _submitted(accepted, name, version)

    async def replace(self, document: Document, grant: WriteGrant, upload: Upload) -> SubmittedDocument:
        """A new version of a document; the present one answers until the new one is ready, then they swap at once.

        Raises:
            DocumentNotFoundError: it was deleted meanwhile.
            KnowledgeReadOnlyError: the grant may not write here.
        """
        _require_write(document, grant)
        name = checked_file_name(upload.name or document.name)
        version = await self._receive(upload, name, into=document.knowledge_base_id)
        async with self._database.unit_of_work() as unit:
            accepted = await self._register.replace(unit, document, name=name, version=version)
            if accepted is not None and accepted.pending:
                await self._jobs.enqueue(unit, INGEST_JOB, {"version_id": str(accepted.version_id)})
        if version.object_key is not None and (accepted is None or accepted.duplicate):
            await self._originals.delete([version.object_key])
        if accepted is None:
            raise DocumentNotFoundError("The document was deleted a moment ago.", document_id=str(document.id))
        return _submitted(accepted, name, version)

    async def retry(self, document: Document, grant: WriteGrant) -> None:
        """Try a failed document again.

        Raises:
            NotRetryableError: it did not fail, or was refused at the door so that there is no original.
            KnowledgeReadOnlyError: the grant may not write here.
        """
        _require_write(document, grant)
        async with self._database.unit_of_work() as unit:
            queued = await self._register.requeue(unit, document.version_id)
            if queued:
                await self._jobs.enqueue(unit, INGEST_JOB, {"version_id": str(document.version_id)})
        if not queued:
            raise NotRetryableError(
                "Only a document that failed, and whose original was accepted, can be tried again.",
                advice="Upload a corrected file instead.",
                status=document.status.value,
            )

    async def batch(self, grant: ReadGrant, batch_id: BatchId) -> Batch:
        """A batch as it stands now.

        Raises:
            BatchNotFoundError: none, or none that the grant may see.
        """
        async with self._database.reading() as connection:
            found = await repository.find_batch(connection, grant, batch_id)
        if found is None:
            raise BatchNotFoundError("There is no such batch for you.", batch_id=str(batch_id))
        return found

    def original(self, version: DocumentVersion) -> AbstractAsyncContextManager[Path]:
        """The original's bytes as a file, for as long as the context lasts.

        Raises:
            DocumentNotFoundError: the file was refused at the door and not kept.
            OriginalMissingError: the record names it but the store does not have it.
        """
        if version.object_key is None:
            raise DocumentNotFoundError(
                "This file was refused and not kept.", advice="Upload it again.", document_id=str(version.document_id)
            )
        return self._originals.local_copy(version.object_key)

    async def discard_originals(self, object_keys: Sequence[str]) -> None:
        """Delete the originals of what was deleted from the record."""
        await self._originals.delete(object_keys)

    async def sweep(self, *, retraction_grace_seconds: float) -> int:
        """Delete what replaced versions and interrupted uploads left behind; how much was deleted."""
        swept = await self._register.sweep(older_than_seconds=retraction_grace_seconds)
        old = await self._originals.keys_older_than(timedelta(seconds=self._settings.orphan_age_seconds))
        orphans = await self._register.unknown_objects(old)
        await self._originals.delete(orphans)
        return swept + len(orphans)

    async def _receive(self, upload: Upload, name: str, *, into: KnowledgeBaseId) -> NewVersion:
        """Store the bytes and look at them; a file that cannot be read is not kept."""
        limit = self._settings.parsing.max_file_bytes
        received = await self._originals.put(upload.content, prefix=str(into), limit_bytes=limit)
        if not received.complete:
            reason = f"The file is larger than {limit // 1_048_576} MiB."
            return _refused(received.content_hash, received.size_bytes, Refused(RefusalReason.TOO_LARGE.value, reason))
        try:
            async with self._originals.local_copy(received.object_key) as path:
                media_type = await asyncio.to_thread(_detect, path, name)
        except ParseError as error:
            await self._originals.delete([received.object_key])
            return _refused(received.content_hash, received.size_bytes, Refused(error.reason.value, str(error)))
        return NewVersion(
            content_hash=received.content_hash,
            object_key=received.object_key,
            media_type=media_type,
            size_bytes=received.size_bytes,
        )


def checked_file_name(name: str) -> str:
    """A file's name fit for a row: slashes only, no empty or parent parts, no control characters, not blank."""
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    printable = "".join(character for character in "/".join(parts) if character.isprintable())
    return printable.strip()[-_NAME_LENGTH_MAX:] or "unnamed"


def _detect(path: Path, name: str) -> str:
    with path.open("rb") as file:
        return detect_media_type(file, name=name).value


def _refused(content_hash: str, size_bytes: int, refused: Refused) -> NewVersion:
    return NewVersion(
        content_hash=content_hash, object_key=None, media_type=None, size_bytes=size_bytes, refused=refused
    )


def _submitted(accepted: Accepted, name: str, version: NewVersion) -> SubmittedDocument:
    refused = version.refused
    return SubmittedDocument(
        document_id=accepted.document_id,
        version_id=accepted.version_id,
        name=name,
        status=accepted.status,
        duplicate=accepted.duplicate,
        reason_code=refused.code if refused else None,
        reason=refused.reason if refused else None,
    )


def _require_write(document: Document, grant: WriteGrant) -> None:
    if not grant.allows(document.access_list_id, document.knowledge_base_id):
        raise KnowledgeReadOnlyError(
            "You may read this document, not change it.", advice="Ask an administrator for the right to write."
        )
