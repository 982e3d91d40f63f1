"""Builders for tests that need rooms over a real record: who acts, a knowledge base, a published document."""

from dataclasses import dataclass

import numpy as np

from zhida.access import AccessService, AccessSettings, Principal, ReadGrant, Role
from zhida.access.adapters.memory import UnsafeFastHasher
from zhida.database import Database
from zhida.ids import DocumentId, Language, VersionId
from zhida.kit.clock import SystemClock
from zhida.knowledge import (
    Accepted,
    DocumentRegister,
    DocumentVersion,
    KnowledgeBase,
    KnowledgeService,
    KnowledgeSettings,
    Location,
    NameConflict,
    NewChunk,
    NewVersion,
    Publication,
    RecordChangeFeed,
    StoredElements,
)

MODEL = "model"


@dataclass
class KnowledgeWorld:
    """The knowledge room over a fresh record, with an administrator and one knowledge base."""

    database: Database
    access: AccessService
    knowledge: KnowledgeService
    register: DocumentRegister
    feed: RecordChangeFeed
    administrator: Principal
    base: KnowledgeBase

    async def reader(self, name: str = "reader") -> Principal:
        """A new user who may read what everyone may."""
        user = await self.access.create_user(
            self.administrator, f"{name}@example.test", "long enough a password", role=Role.READER, name=name
        )
        token = await self.access.log_in(user.email, "long enough a password", ip="127.0.0.1")
        return await self.access.authenticate_session(token.token)

    async def grant(self, principal: Principal | None = None) -> ReadGrant:
        """What a principal may read; the administrator by default."""
        return await self.access.read_grant(principal or self.administrator)

    async def accept(
        self, name: str, *, content: str | None = None, on_conflict: NameConflict = NameConflict.KEEP_BOTH
    ) -> Accepted:
        """A document that waits for a worker."""
        version = NewVersion(
            content_hash=content or name, object_key=f"o/{name}", media_type="text/plain", size_bytes=1
        )
        async with self.database.unit_of_work() as unit:
            return await self.register.accept(unit, self.base, name=name, version=version, on_conflict=on_conflict)

    async def version(self, version_id: VersionId) -> DocumentVersion:
        """A version that must be there."""
        found = await self.register.find_version(version_id)
        assert found is not None
        return found

    async def publish(self, accepted: Accepted, *texts: str, attempt: int | None = None) -> bool:
        """Take a version up and publish it with these chunks."""
        fence = attempt or await self.register.begin_attempt(accepted.version_id)
        assert fence is not None
        version = await self.version(accepted.version_id)
        return await self.register.publish(version, attempt=fence, result=publication(*texts))

    async def published(self, name: str, *texts: str) -> Accepted:
        """A document that answers."""
        accepted = await self.accept(name, content=" ".join((name, *texts)))
        assert await self.publish(accepted, *texts)
        return accepted

    async def newest(self) -> KnowledgeBase:
        """The knowledge base as it stands now."""
        return await self.knowledge.base(await self.grant(), str(self.base.id))

    async def delete(self, document_id: DocumentId) -> None:
        """Delete a document as the administrator."""
        document = await self.knowledge.document(await self.grant(), document_id)
        await self.knowledge.delete_document(document, await self.access.write_grant(self.administrator))


def publication(*texts: str) -> Publication:
    """Chunks of these texts, each with a vector."""
    place = Location((), None, None, 0, 0, 0, 1)
    vector = np.eye(1, 8, dtype=np.float32)[0]
    return Publication(
        elements=StoredElements(title="t", language=Language.ENGLISH, page_count=None, elements=()),
        chunks=tuple(NewChunk(title="t", text=text, location=place, embedding=vector) for text in texts),
        embedding_model=MODEL,
    )


async def knowledge_world(database: Database, *, open_to_everyone: bool = False) -> KnowledgeWorld:
    """Build it."""
    clock = SystemClock()
    access = AccessService(database, clock, UnsafeFastHasher(), AccessSettings())
    await access.ensure_administrator("admin@example.test", "long enough a password")
    token = await access.log_in("admin@example.test", "long enough a password", ip="127.0.0.1")
    administrator = await access.authenticate_session(token.token)
    knowledge = KnowledgeService(database, access, clock, KnowledgeSettings())
    base = await knowledge.create_base(
        administrator, "handbook", embedding_model=MODEL, open_to_everyone=open_to_everyone
    )
    return KnowledgeWorld(
        database=database,
        access=access,
        knowledge=knowledge,
        register=DocumentRegister(database),
        feed=RecordChangeFeed(database),
        administrator=administrator,
        base=base,
    )
