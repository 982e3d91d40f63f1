"""The ChangeFeed port: how the indexer follows the record. This room's repository implements it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from zhida.ids import KnowledgeBaseId
from zhida.knowledge.ports import IndexChange, IndexRow


@dataclass(frozen=True, slots=True)
class FeedHead:
    """How far a knowledge base's change feed reaches. ``deleted``: its indexes are to be dropped."""

    knowledge_base_id: KnowledgeBaseId
    embedding_model: str
    revision: int
    deleted: bool


class ChangeFeed(Protocol):
    """Reads the record for the indexer.

    Every method raises ``DatabaseUnavailableError`` while the record cannot be reached; the caller tries again.
    """

    async def knowledge_bases(self) -> list[FeedHead]:
        """The head of every knowledge base."""
        ...

    async def changes(
        self, knowledge_base_id: KnowledgeBaseId, embedding_model: str, *, after: int, limit: int
    ) -> list[IndexChange]:
        """At most ``limit`` entries after a revision, in order of revision; empty at the head.

        Net: only versions that are published now carry rows. A version that was published and retracted since
        appears without rows.
        """
        ...

    async def full(
        self, knowledge_base_id: KnowledgeBaseId, embedding_model: str
    ) -> tuple[int, AsyncIterator[list[IndexRow]]]:
        """Everything that is published, in bounded lists, and the revision that it is complete up to.

        Changes after that revision may be contained already; applying them again does no harm.
        """
        ...
