"""What people do with knowledge bases and documents: create, list, read, delete. Called by the doors and retrieval."""

from collections.abc import Sequence
from uuid import UUID

from zhida.access import EVERYONE, AccessEntry, AccessService, GrantLevel, Principal, ReadGrant, WriteGrant
from zhida.database import Database, Page, decode_cursor, encode_cursor, page_of
from zhida.ids import ChunkKey, DocumentId, KnowledgeBaseId, new_uuid
from zhida.kit.clock import Clock
from zhida.knowledge.documents import (
    Document,
    DocumentVersion,
    KnowledgeBase,
    ResolvedChunk,
    StoredElements,
)
from zhida.knowledge.errors import (
    DocumentNotFoundError,
    KnowledgeBaseNameError,
    KnowledgeBaseNotFoundError,
    KnowledgeReadOnlyError,
)
from zhida.knowledge.repository import bases, documents, publication
from zhida.knowledge.repository.resolve import resolve
from zhida.knowledge.settings import KnowledgeSettings

NAME_LENGTH_MAX = 200


class KnowledgeService:
    """Knowledge bases and documents under a caller's rights."""

    def __init__(self, database: Database, access: AccessService, clock: Clock, settings: KnowledgeSettings) -> None:
        self._database = database
        self._access = access
        self._clock = clock
        self._settings = settings

    async def create_base(
        self,
        actor: Principal,
        name: str,
        *,
        embedding_model: str,
        open_to_everyone: bool,
        chunk_size: int | None = None,
        chunk_overlap: int | None = None,
    ) -> KnowledgeBase:
        """A new, empty knowledge base that its creator may write, and everyone may read if asked so.

        Raises:
            KnowledgeBaseNameError: blank, too long, or in the form of an id.
            KnowledgeBaseExistsError: the name is taken.
        """
        name = checked_name(name)
        entries = [AccessEntry(actor.person, GrantLevel.WRITE)]
        if open_to_everyone:
            entries.append(AccessEntry(EVERYONE, GrantLevel.READ))
        async with self._database.unit_of_work() as unit:
            access_list_id = await self._access.create_access_list(
                unit, f"knowledge base {name}"[:NAME_LENGTH_MAX], entries
            )
            base = KnowledgeBase(
                id=KnowledgeBaseId(new_uuid()),
                name=name,
                access_list_id=access_list_id,
                embedding_model=embedding_model,
                chunk_size=chunk_size or self._settings.chunk_size,
                chunk_overlap=self._settings.chunk_overlap if chunk_overlap is None else chunk_overlap,
                revision=0,
                created_at=self._clock.now(),
            )
            await bases.insert(unit.connection, base)
        return base

    async def base(self, grant: ReadGrant, id_or_name: str) -> KnowledgeBase:
        """The knowledge base of that id or name.

        Raises:
            KnowledgeBaseNotFoundError: none, or none that the grant may see.
        """
        async with self._database.reading() as connection:
            found = await bases.find(connection, grant, id_or_name)
        if found is None:
            raise KnowledgeBaseNotFoundError(
                "There is no such knowledge base for you.",
                advice="List those that you may read, or ask an administrator for access.",
                knowledge_base=id_or_name[:NAME_LENGTH_MAX],
            )
        return found

    async def list_bases(self, grant: ReadGrant, *, cursor: str | None, limit: int) -> Page[KnowledgeBase]:
        """Knowledge bases that the grant may see, oldest first."""
        limit = min(limit, self._settings.page_size_max)
        after = _after(cursor)
        async with self._database.reading() as connection:
            rows = await bases.page(connection, grant, after=after, limit=limit + 1)
        return page_of(rows, limit=limit, cursor_of=lambda base: encode_cursor(base.id))

    async def delete_base(self, base: KnowledgeBase, grant: WriteGrant) -> list[str]:
        """Delete it with all its documents; returns the object keys of the originals, for the caller to delete."""
        _require_write(grant, base)
        async with self._database.unit_of_work() as unit:
            keys = await bases.delete(unit.connection, base.id)
            await self._access.delete_access_list(unit, base.access_list_id)
        return keys

    async def list_documents(
        self, grant: ReadGrant, knowledge_base_id: KnowledgeBaseId, *, cursor: str | None, limit: int
    ) -> Page[Document]:
        """Documents that the grant may see, newest first."""
        limit = min(limit, self._settings.page_size_max)
        after = _after(cursor)
        async with self._database.reading() as connection:
            rows = await documents.page(connection, grant, knowledge_base_id, after=after, limit=limit + 1)
        return page_of(rows, limit=limit, cursor_of=lambda document: encode_cursor(document.id))

    async def document(self, grant: ReadGrant, document_id: DocumentId) -> Document:
        """One document.

        Raises:
            DocumentNotFoundError: none, or none that the grant may see.
        """
        async with self._database.reading() as connection:
            found = await documents.find(connection, grant, document_id)
        if found is None:
            raise DocumentNotFoundError(
                "There is no such document for you.",
                advice="It may have been deleted, or you may not read it.",
                document_id=str(document_id),
            )
        return found

    async def original(self, grant: ReadGrant, document_id: DocumentId) -> tuple[Document, DocumentVersion]:
        """The document, and the version whose original a reader should see: the published one, else the newest.

        Raises:
            DocumentNotFoundError: none, or none that the grant may see.
        """
        document = await self.document(grant, document_id)
        async with self._database.reading() as connection:
            version = await documents.find_version(connection, document.current_version_id or document.version_id)
        if version is None:
            raise DocumentNotFoundError("The document was deleted a moment ago.", document_id=str(document_id))
        return document, version

    async def elements(self, grant: ReadGrant, document_id: DocumentId) -> tuple[Document, StoredElements | None]:
        """The parsed blocks of the published version; None until one is published.

        Raises:
            DocumentNotFoundError: none, or none that the grant may see.
        """
        document = await self.document(grant, document_id)
        if document.current_version_id is None:
            return document, None
        async with self._database.reading() as connection:
            return document, await documents.elements(connection, document.current_version_id)

    async def delete_document(self, document: Document, grant: WriteGrant) -> list[str]:
        """Delete it; it answers no more from the commit on. Returns its originals' keys, for the caller to delete."""
        if not grant.allows(document.access_list_id, document.knowledge_base_id):
            raise _read_only()
        async with self._database.unit_of_work() as unit:
            if not await documents.lock(unit.connection, document.id):
                return []
            keys = await documents.object_keys(unit.connection, document.id)
            await publication.delete_document(unit.connection, document.id, document.knowledge_base_id)
        return keys

    async def resolve(
        self, grant: ReadGrant, knowledge_base_id: KnowledgeBaseId, *, keys: Sequence[ChunkKey], revision: int
    ) -> dict[ChunkKey, ResolvedChunk]:
        """The index hits that the record confirms for this caller, in one round trip."""
        async with self._database.reading() as connection:
            return await resolve(connection, grant, knowledge_base_id, keys=keys, revision=revision)

    def require_write(self, base: KnowledgeBase, grant: WriteGrant) -> None:
        """Let the grant write into the knowledge base or not.

        Raises:
            KnowledgeReadOnlyError: the grant may read it at most.
        """
        _require_write(grant, base)


def checked_name(name: str) -> str:
    """A knowledge base's name without outer blanks.

    Raises:
        KnowledgeBaseNameError: blank, too long, in the form of an id, or with control characters.
    """
    name = name.strip()
    if not name or len(name) > NAME_LENGTH_MAX or not name.isprintable() or _is_uuid(name):
        raise KnowledgeBaseNameError(
            f"A knowledge base's name has 1 to {NAME_LENGTH_MAX} printable characters and is not an id.",
            advice="Choose another name.",
        )
    return name


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _after(cursor: str | None) -> UUID | None:
    return None if cursor is None else decode_cursor(cursor, UUID)[0]


def _require_write(grant: WriteGrant, base: KnowledgeBase) -> None:
    if not grant.allows(base.access_list_id, base.id):
        raise _read_only()


def _read_only() -> KnowledgeReadOnlyError:
    return KnowledgeReadOnlyError(
        "You may read this knowledge base, not change it.", advice="Ask an administrator for the right to write."
    )
