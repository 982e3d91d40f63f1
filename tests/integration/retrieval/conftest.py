"""Search over a real record and a real index on disk, with a model that needs no weights."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from tests.worlds import KnowledgeWorld, knowledge_world
from zhida.access import AccessEntry, GrantLevel, Principal
from zhida.database import Database
from zhida.ids import AccessListId, DocumentId, Language
from zhida.inference.adapters.memory import HashedEmbeddingModel
from zhida.knowledge import Location, NewChunk, Publication, StoredElements
from zhida.knowledge.adapters.local_options import LocalIndexOptions
from zhida.knowledge.adapters.local_reader import LocalSearchIndexes
from zhida.knowledge.adapters.local_writer import LocalIndexWriters
from zhida.retrieval import RetrievalService, RetrievalSettings, SearchOutcome

OPTIONS = LocalIndexOptions(check_interval=timedelta(0), delta_rows_min=16, graph_from_rows=64)
PLACE = Location((), None, None, 0, 0, 0, 1)


@dataclass
class SearchWorld:
    """One knowledge base that everyone may read, its index, and the service that searches it."""

    knowledge: KnowledgeWorld
    writers: LocalIndexWriters
    retrieval: RetrievalService
    model: HashedEmbeddingModel

    async def publish(self, name: str, *texts: str, access_list: AccessListId | None = None) -> DocumentId:
        """A document in the record, under an access list of its own if one is named; the index does not know it yet."""
        accepted = await self.knowledge.accept(name, content=f"{name} {' '.join(texts)}")
        if access_list is not None:
            async with self.knowledge.database.unit_of_work() as unit:
                await unit.connection.execute(
                    "UPDATE documents SET access_list_id = %s WHERE id = %s", (access_list, accepted.document_id)
                )
        version = await self.knowledge.version(accepted.version_id)
        fence = await self.knowledge.register.begin_attempt(accepted.version_id)
        assert fence is not None
        assert await self.knowledge.register.publish(version, attempt=fence, result=await self._publication(texts))
        return accepted.document_id

    async def _publication(self, texts: Sequence[str]) -> Publication:
        vectors = await self.model.embed_passages(texts)
        chunks = [
            NewChunk(title="", text=text, location=PLACE, embedding=row)
            for text, row in zip(texts, vectors, strict=True)
        ]
        return Publication(
            elements=StoredElements(title="t", language=Language.ENGLISH, page_count=None, elements=()),
            chunks=tuple(chunks),
            embedding_model=self.knowledge.base.embedding_model,
        )

    async def restricted_list(self, *readers: Principal) -> AccessListId:
        """An access list of these readers alone."""
        async with self.knowledge.database.unit_of_work() as unit:
            entries = [AccessEntry(reader.id, GrantLevel.READ) for reader in readers]
            return await self.knowledge.access.create_access_list(unit, "restricted", entries)

    async def index(self) -> None:
        """Bring the index to the record's state, as the indexer does."""
        base = self.knowledge.base
        writer = self.writers.open(base.id, base.embedding_model)
        after = writer.revision()
        writer.apply(await self.knowledge.feed.changes(base.id, base.embedding_model, after=after, limit=1_000))
        writer.close()

    async def search(
        self, query: str, *, reader: Principal | None = None, top_k: int = 10, profile: str = "balanced"
    ) -> SearchOutcome:
        """Ask as somebody; the administrator by default."""
        grant = await self.knowledge.grant(reader)
        return await self.retrieval.search(grant, self.knowledge.base.id, query, top_k=top_k, profile=profile)

    async def names(
        self, query: str, *, reader: Principal | None = None, top_k: int = 10, profile: str = "balanced"
    ) -> list[str]:
        """The documents of the passages found."""
        outcome = await self.search(query, reader=reader, top_k=top_k, profile=profile)
        return [passage.document_name for passage in outcome.passages]


SearchWorlds = Callable[..., Awaitable[SearchWorld]]


@pytest.fixture
async def worlds(database: Database, tmp_path: Path) -> AsyncIterator[SearchWorlds]:
    """Build a world whose model and whose knowledge base speak the languages named, and read it to its end."""
    knowledge = await knowledge_world(database)
    readers = LocalSearchIndexes(tmp_path, OPTIONS)
    opened: list[RetrievalService] = []

    async def built(
        languages: frozenset[Language] = frozenset(Language), *, made_with: str | None = None
    ) -> SearchWorld:
        model = HashedEmbeddingModel(languages=languages)
        knowledge.base = await knowledge.knowledge.create_base(
            knowledge.administrator, "searched", embedding_model=made_with or model.card.name, open_to_everyone=True
        )
        retrieval = RetrievalService(knowledge.knowledge, readers, model, RetrievalSettings())
        opened.append(retrieval)
        return SearchWorld(knowledge, LocalIndexWriters(tmp_path, OPTIONS), retrieval, model)

    yield built
    for retrieval in opened:
        retrieval.close()
    readers.close()
