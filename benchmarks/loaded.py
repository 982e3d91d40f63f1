"""An instance whose record already holds many chunks: written straight into the record, indexed by the indexer."""

import asyncio
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from benchmarks.generated import WORDS_PER_CHUNK, chinese, clustered_vectors, english
from tests.running import RunningInstance, descendants, started_instance, wait_until
from zhida.bootstrap import Application, Places, places
from zhida.database import EmbeddedPostgres
from zhida.ids import Language
from zhida.knowledge import (
    DocumentVersion,
    KnowledgeBase,
    Location,
    NameConflict,
    NewChunk,
    NewVersion,
    Publication,
    StoredElements,
)
from zhida.settings import Settings

CHUNKS_PER_DOCUMENT = 250
BASE = "loaded"
ROLES = ("api", "embedder", "indexer", "worker")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A running instance, and the database that was started beside it so that it could be loaded."""

    running: RunningInstance
    postgres: EmbeddedPostgres

    def pids(self) -> dict[str, list[int]]:
        """Every process by role."""
        roles = {role: self.running.pids(role) for role in ROLES}
        server = self.postgres.pid or 0
        return roles | {"postgres": [server, *descendants(server)]}


@contextmanager
def loaded_instance(folder: Path, *, chunks: int) -> Generator[Loaded]:
    """A running instance with a knowledge base called ``loaded`` of that many chunks, half English, half Chinese."""
    postgres = EmbeddedPostgres(folder / "postgres")
    try:
        url = postgres.start()
        with started_instance(folder, ZHIDA_DATABASE__URL=url, ZHIDA_SAMPLE="false") as running:
            settings = Settings(data_dir=running.data_dir)
            asyncio.run(_load(settings, places(running.data_dir), url, chunks))
            with running.client() as client:
                wait_until(
                    lambda: all(
                        index["revision"] == index["feed_revision"]
                        for index in client.get("/api/v1/indexes").json()["items"]
                    ),
                    seconds=900,
                    what="the indexer has caught up",
                )
            yield Loaded(running, postgres)
    finally:
        postgres.stop()


async def _load(settings: Settings, layout: Places, url: str, chunks: int) -> None:
    async with Application(settings, layout, url) as application:
        created = await application.access.local_key(node="benchmark")
        principal = await application.access.authenticate_key(created.secret)
        base = await application.knowledge.create_base(
            principal, BASE, embedding_model=application.embedding_model_name, open_to_everyone=False
        )
        texts = _texts()
        card = application.embedding_card
        vectors = clustered_vectors(chunks, card.dimensions if card else 8, seed=3)
        for number in range(chunks // CHUNKS_PER_DOCUMENT):
            version = await _accept(application, base, number)
            made = [
                NewChunk(title=f"Document {number}", text=next(texts), location=_PLACE, embedding=vector)
                for vector in islice(vectors, CHUNKS_PER_DOCUMENT)
            ]
            await _publish(application, base, version, made)


async def _accept(application: Application, base: KnowledgeBase, number: int) -> DocumentVersion:
    async with application.database.unit_of_work() as unit:
        accepted = await application.register.accept(
            unit,
            base,
            name=f"document {number}",
            version=NewVersion(content_hash=str(number), object_key=f"none/{number}", media_type=None, size_bytes=0),
            on_conflict=NameConflict.KEEP_BOTH,
        )
    version = await application.register.find_version(accepted.version_id)
    if version is None:
        raise LookupError(accepted.version_id)
    return version


async def _publish(
    application: Application, base: KnowledgeBase, version: DocumentVersion, chunks: list[NewChunk]
) -> None:
    attempt = await application.register.begin_attempt(version.id)
    elements = StoredElements(title=version.name, language=Language.OTHER, page_count=None, elements=())
    result = Publication(elements=elements, chunks=tuple(chunks), embedding_model=base.embedding_model)
    if attempt is None or not await application.register.publish(version, attempt=attempt, result=result):
        raise LookupError(version.id)


def _texts() -> Iterator[str]:
    languages = (english(1), chinese(2))
    while True:
        for language in languages:
            yield language.text(WORDS_PER_CHUNK)


_PLACE = Location(heading_path=(), page=None, last_page=None, element=0, last_element=0, start=0, end=0)
