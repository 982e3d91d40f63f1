"""The indexer's loop over the local index: it follows, waits out outages, and repairs by itself."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest

from zhida.database import DatabaseUnavailableError
from zhida.ids import AccessListId, ChunkKey, KnowledgeBaseId, VersionKey
from zhida.indexer import IndexFollower
from zhida.knowledge import FeedHead, IndexChange, IndexerSettings, IndexQuery, IndexRow
from zhida.knowledge.adapters.local_options import LocalIndexOptions
from zhida.knowledge.adapters.local_reader import LocalSearchIndexes
from zhida.knowledge.adapters.local_writer import LocalIndexWriters

HANDBOOK = KnowledgeBaseId(UUID("01890000-0000-7000-8000-000000000001"))
MANUALS = KnowledgeBaseId(UUID("01890000-0000-7000-8000-000000000002"))
MODEL = "model"
OPTIONS = LocalIndexOptions(check_interval=timedelta(0), delta_rows_min=3, graph_from_rows=8)
SETTINGS = IndexerSettings(
    polling_interval=timedelta(milliseconds=5),
    retry_delay_first=timedelta(milliseconds=5),
    retry_delay_max=timedelta(milliseconds=20),
    changes_per_commit=4,
    idle_timeout=timedelta(0),
)


@dataclass
class WrittenRecord:
    """A change feed in memory: entries by knowledge base, and an outage switch."""

    entries: dict[KnowledgeBaseId, list[IndexChange]] = field(default_factory=dict)
    models: dict[KnowledgeBaseId, str] = field(default_factory=dict)
    trimmed_to: int = 0
    available: bool = True

    def publish(self, knowledge_base_id: KnowledgeBaseId, text: str, *, retracted: tuple[int, ...] = ()) -> int:
        entries = self.entries.setdefault(knowledge_base_id, [])
        revision = len(entries) + 1
        row = IndexRow(
            key=ChunkKey(revision),
            version_key=VersionKey(revision),
            access_list_id=AccessListId(1),
            title="",
            text=text,
            embedding=np.eye(1, 4, revision % 4, dtype=np.float32)[0],
        )
        entries.append(IndexChange(revision, tuple(map(VersionKey, retracted)), (row,)))
        return revision

    def published(self, knowledge_base_id: KnowledgeBaseId) -> list[IndexRow]:
        rows: dict[VersionKey, IndexRow] = {}
        for entry in self.entries[knowledge_base_id]:
            for version in entry.retracted:
                rows.pop(version, None)
            rows.update({row.version_key: row for row in entry.rows})
        return list(rows.values())

    async def knowledge_bases(self) -> list[FeedHead]:
        self.answer()
        return [
            FeedHead(knowledge_base_id, self.models.get(knowledge_base_id, MODEL), len(entries), deleted=False)
            for knowledge_base_id, entries in self.entries.items()
        ]

    async def changes(
        self, knowledge_base_id: KnowledgeBaseId, embedding_model: str, *, after: int, limit: int
    ) -> list[IndexChange]:
        self.answer()
        living = {row.version_key for row in self.published(knowledge_base_id)}
        news = [e for e in self.entries[knowledge_base_id] if e.revision > max(after, self.trimmed_to)][:limit]
        return [
            IndexChange(e.revision, e.retracted, tuple(row for row in e.rows if row.version_key in living))
            for e in news
        ]

    async def full(
        self, knowledge_base_id: KnowledgeBaseId, embedding_model: str
    ) -> tuple[int, AsyncIterator[list[IndexRow]]]:
        self.answer()

        async def pages() -> AsyncIterator[list[IndexRow]]:
            rows = self.published(knowledge_base_id)
            for start in range(0, len(rows), 2):
                await asyncio.sleep(0)
                self.answer()
                yield rows[start : start + 2]

        return len(self.entries[knowledge_base_id]), pages()

    def answer(self) -> None:
        if not self.available:
            raise DatabaseUnavailableError("The database does not answer.")


@dataclass
class Node:
    """A follower that runs, with what it reads and what it writes."""

    record: WrittenRecord
    follower: IndexFollower
    root: Path
    readers: LocalSearchIndexes
    woken: asyncio.Event

    async def until(self, what: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not what():  # noqa: ASYNC110 -- it waits for files and counters, which set no event
                await asyncio.sleep(0.002)

    async def caught_up(self, knowledge_base_id: KnowledgeBaseId = HANDBOOK) -> None:
        head = len(self.record.entries[knowledge_base_id])
        await self.until(lambda: self.readers.open(knowledge_base_id, MODEL).revision() == head)

    def found(self, text: str, knowledge_base_id: KnowledgeBaseId = HANDBOOK, model: str = MODEL) -> list[int]:
        query = IndexQuery(text=text, embedding=None, access_lists=None, lexical_k=100, dense_k=0)
        return sorted(self.readers.open(knowledge_base_id, model).search(query).lexical.keys.tolist())


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[Node]:
    record, woken = WrittenRecord(), asyncio.Event()
    follower = IndexFollower(record, LocalIndexWriters(tmp_path, OPTIONS), SETTINGS, woken=woken)
    node = Node(record, follower, tmp_path, LocalSearchIndexes(tmp_path, OPTIONS), woken)
    running = asyncio.create_task(follower.run())
    yield node
    follower.stop()
    await running
    node.readers.close()


async def test_what_is_published_becomes_searchable(node: Node) -> None:
    node.record.publish(HANDBOOK, "annual leave")
    node.record.publish(MANUALS, "leave the room")
    await node.caught_up()
    await node.caught_up(MANUALS)
    assert node.found("leave") == [1]
    assert node.found("leave", MANUALS) == [1]


async def test_what_is_retracted_is_gone(node: Node) -> None:
    node.record.publish(HANDBOOK, "annual leave")
    await node.caught_up()
    node.record.publish(HANDBOOK, "annual leave, new", retracted=(1,))
    await node.caught_up()
    assert node.found("leave") == [2]


async def test_a_long_backlog_is_applied_in_bounded_commits_and_folded(node: Node) -> None:
    for number in range(50):
        node.record.publish(HANDBOOK, f"leave {number}", retracted=(number,) if number % 3 == 0 else ())
    await node.caught_up()
    assert node.found("leave") == [row.key for row in node.record.published(HANDBOOK)]
    await node.until(lambda: node.follower.counts.changes == 50)
    await node.until(lambda: node.follower.counts.folds > 0)
    assert node.found("leave") == [row.key for row in node.record.published(HANDBOOK)]


async def test_an_outage_of_the_record_is_waited_out(node: Node) -> None:
    node.record.publish(HANDBOOK, "before")
    await node.caught_up()
    node.record.available = False
    await node.until(lambda: node.follower.counts.outages >= 3)
    assert node.found("before") == [1]
    node.record.publish(HANDBOOK, "after")
    node.record.available = True
    await node.caught_up()
    assert node.found("after") == [2]


async def test_a_damaged_index_is_made_anew_without_being_asked(node: Node) -> None:
    node.record.publish(HANDBOOK, "leave")
    await node.caught_up()
    manifest = next(node.root.glob("*/*/manifest.json"))
    await node.until(lambda: not list(node.root.glob("*/*/work-*")))  # the writer was closed for idleness
    manifest.write_bytes(b"torn")
    node.record.publish(HANDBOOK, "leave again")
    await node.until(lambda: node.follower.counts.rebuilds == 1)
    await node.caught_up()
    assert node.found("leave") == [1, 2]
    await node.until(lambda: node.follower.counts.damaged == 1)


async def test_an_index_ahead_of_a_restored_record_is_made_anew(node: Node) -> None:
    for text in ("one leave", "two leave", "three leave"):
        node.record.publish(HANDBOOK, text)
    await node.caught_up()
    del node.record.entries[HANDBOOK][1:]
    await node.caught_up()
    assert node.found("leave") == [1]
    await node.until(lambda: node.follower.counts.rebuilds == 1)


async def test_a_feed_that_was_trimmed_is_answered_by_a_rebuild(node: Node) -> None:
    node.record.trimmed_to = 2
    node.record.publish(HANDBOOK, "one leave")
    node.record.publish(HANDBOOK, "two leave")
    await node.caught_up()
    assert node.found("leave") == [1, 2]
    await node.until(lambda: node.follower.counts.rebuilds == 1)


async def test_a_rebuild_that_is_asked_for_is_done_when_it_returns(node: Node) -> None:
    for number in range(7):
        node.record.publish(HANDBOOK, f"leave {number}")
    await node.caught_up()
    await node.follower.rebuild(HANDBOOK)
    await node.until(lambda: node.follower.counts.rebuilds == 1)
    assert node.found("leave") == list(range(1, 8))
    await node.follower.rebuild(MANUALS)


async def test_a_rebuild_survives_an_outage_in_its_midst(node: Node) -> None:
    for number in range(7):
        node.record.publish(HANDBOOK, f"leave {number}")
    await node.caught_up()
    node.record.available = False
    rebuilt = asyncio.create_task(node.follower.rebuild(HANDBOOK))
    await node.until(lambda: node.follower.counts.outages >= 2)
    node.record.available = True
    await rebuilt
    assert node.found("leave") == list(range(1, 8))


async def test_the_index_of_a_deleted_knowledge_base_is_dropped(node: Node) -> None:
    node.record.publish(HANDBOOK, "leave")
    node.record.publish(MANUALS, "leave")
    await node.caught_up()
    await node.caught_up(MANUALS)
    del node.record.entries[MANUALS]
    await node.until(lambda: not (node.root / str(MANUALS)).exists())
    assert node.found("leave", MANUALS) == []
    assert node.found("leave") == [1]
    await node.until(lambda: node.follower.counts.drops == 1)


async def test_another_embedding_model_makes_another_index(node: Node) -> None:
    node.record.publish(HANDBOOK, "leave")
    await node.caught_up()
    node.record.models[HANDBOOK] = "better"
    await node.until(lambda: node.found("leave", model="better") == [1])
    await node.until(lambda: len(list((node.root / str(HANDBOOK)).iterdir())) == 1)


async def test_the_trouble_of_one_index_does_not_stop_the_others(node: Node) -> None:
    (node.root / str(MANUALS)).write_text("a file where a folder should be")
    node.record.publish(MANUALS, "leave")
    node.record.publish(HANDBOOK, "leave")
    await node.caught_up()
    await node.until(lambda: node.follower.counts.failures >= 2)
    assert node.found("leave") == [1]
    (node.root / str(MANUALS)).unlink()
    await node.caught_up(MANUALS)
