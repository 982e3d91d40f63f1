"""What ingestion does to the record: accept an upload, take a version up, publish it or fail it.

Every method that takes a unit of work belongs to the caller's transaction; the others are one short transaction.
"""

from dataclasses import dataclass
from enum import StrEnum

from zhida.database import Database, UnitOfWork
from zhida.ids import DocumentId, KnowledgeBaseId, VersionId
from zhida.knowledge.documents import (
    Document,
    DocumentVersion,
    KnowledgeBase,
    NewVersion,
    Publication,
    Refused,
    VersionStatus,
)
from zhida.knowledge.repository import bases, documents, publication


class NameConflict(StrEnum):
    """What an upload under the name of an existing document means."""

    KEEP_BOTH = "keep_both"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of an upload.

    Attributes:
        duplicate: the same content was there already; nothing new was written.
        pending: the version waits for a worker, so the caller enqueues its job.
        status: of the version, so that a duplicate tells how far its twin is.
    """

    document_id: DocumentId
    version_id: VersionId
    duplicate: bool
    pending: bool
    status: VersionStatus


class DocumentRegister:
    """The record of documents as ingestion writes it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def accept(
        self, unit: UnitOfWork, base: KnowledgeBase, *, name: str, version: NewVersion, on_conflict: NameConflict
    ) -> Accepted:
        """Write an upload down, unless the knowledge base has that content already.

        Content that failed before gets another try as a new version of the same document. To replace means that
        afterwards this name stands once, with this content, whatever other documents hold.
        """
        connection = unit.connection
        await documents.lock_content(connection, base.id, version.content_hash)
        if on_conflict is NameConflict.REPLACE:
            return await self._replace_name(unit, base, name=name, version=version)
        same = await documents.find_by_content(connection, base.id, version.content_hash)
        if same is not None and same.status is VersionStatus.FAILED and version.refused and same.name != name:
            same = None  # another file that happens to be as unreadable, such as one that is empty too
        if same is not None and (same.status is not VersionStatus.FAILED or version.refused is not None):
            return Accepted(same.id, same.version_id, duplicate=True, pending=False, status=same.status)
        return await self._write(unit, base, same, name=name, version=version)

    async def _replace_name(self, unit: UnitOfWork, base: KnowledgeBase, *, name: str, version: NewVersion) -> Accepted:
        """One document of this name with this content; older ones of the same name go."""
        newest, *older = await documents.find_by_name(unit.connection, base.id, name) or [None]
        for document in older:
            if document is not None and await documents.lock(unit.connection, document.id):
                await publication.delete_document(unit.connection, document.id, base.id)
        if newest is not None and newest.status is not VersionStatus.FAILED:
            current = await documents.find_version(unit.connection, newest.version_id)
            if current is not None and current.content_hash == version.content_hash:
                return Accepted(newest.id, newest.version_id, duplicate=True, pending=False, status=newest.status)
        return await self._write(unit, base, newest, name=name, version=version)

    async def _write(
        self, unit: UnitOfWork, base: KnowledgeBase, earlier: Document | None, *, name: str, version: NewVersion
    ) -> Accepted:
        """A new version of ``earlier``, or a new document where there is none."""
        pending = version.refused is None
        status = VersionStatus.QUEUED if pending else VersionStatus.FAILED
        if earlier is not None and await documents.lock(unit.connection, earlier.id):
            version_id = await documents.insert_version(unit.connection, earlier, name=name, version=version)
            return Accepted(earlier.id, version_id, duplicate=False, pending=pending, status=status)
        document_id, version_id = await documents.insert(unit.connection, base, name=name, version=version)
        return Accepted(document_id, version_id, duplicate=False, pending=pending, status=status)

    async def replace(self, unit: UnitOfWork, document: Document, *, name: str, version: NewVersion) -> Accepted | None:
        """Write a new version of one document; None if the document is gone."""
        if not await documents.lock(unit.connection, document.id):
            return None
        current = await documents.find_by_content(unit.connection, document.knowledge_base_id, version.content_hash)
        if current is not None and current.id == document.id and current.status is not VersionStatus.FAILED:
            return Accepted(document.id, current.version_id, duplicate=True, pending=False, status=current.status)
        version_id = await documents.insert_version(unit.connection, document, name=name, version=version)
        pending = version.refused is None
        status = VersionStatus.QUEUED if pending else VersionStatus.FAILED
        return Accepted(document.id, version_id, duplicate=False, pending=pending, status=status)

    async def requeue(self, unit: UnitOfWork, version_id: VersionId) -> bool:
        """Put a failed version back in the queue; False if it did not fail or its original was refused at the door."""
        return await publication.requeue(unit.connection, version_id)

    async def find_version(self, version_id: VersionId) -> DocumentVersion | None:
        """One version; None if its document was deleted."""
        async with self._database.reading() as connection:
            return await documents.find_version(connection, version_id)

    async def begin_attempt(self, version_id: VersionId) -> int | None:
        """Take a version up: the attempt's number, which fences all that follows; None if there is nothing to do."""
        async with self._database.unit_of_work() as unit:
            return await publication.begin_attempt(unit.connection, version_id)

    async def set_stage(
        self, version_id: VersionId, *, attempt: int, stage: str, progress: float | None = None
    ) -> bool:
        """Tell people what the attempt does and how far it is; False if another attempt has taken over."""
        async with self._database.unit_of_work() as unit:
            return await publication.set_stage(
                unit.connection, version_id, attempt=attempt, stage=stage, progress=progress
            )

    async def publish(self, version: DocumentVersion, *, attempt: int, result: Publication) -> bool:
        """Make the version the one that answers; False, with nothing written, if the attempt was overtaken."""
        async with self._database.unit_of_work() as unit:
            if not await documents.lock(unit.connection, version.document_id):
                return False
            return await publication.publish(unit.connection, version, attempt=attempt, publication=result)

    async def fail(self, version_id: VersionId, *, attempt: int | None, refused: Refused) -> bool:
        """End the attempt (None: whichever is under way) with a reason; False if there was none to end."""
        async with self._database.unit_of_work() as unit:
            return await publication.fail(unit.connection, version_id, attempt=attempt, refused=refused)

    async def sweep(self, *, older_than_seconds: float) -> int:
        """Delete what replaced versions left behind; the number of versions swept."""
        async with self._database.unit_of_work() as unit:
            return await publication.sweep(unit.connection, older_than_seconds=older_than_seconds)

    async def unknown_objects(self, object_keys: list[str]) -> list[str]:
        """Those originals that no version names."""
        async with self._database.reading() as connection:
            known = await documents.known_objects(connection, object_keys)
        return [key for key in object_keys if key not in known]

    async def base_of(self, knowledge_base_id: KnowledgeBaseId) -> KnowledgeBase | None:
        """A knowledge base for the worker, which acts for nobody."""
        async with self._database.reading() as connection:
            return await bases.find_by_id(connection, knowledge_base_id)
