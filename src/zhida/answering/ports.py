"""What answering needs from below: something that finds passages under a grant. ``RetrievalService`` is one."""

from typing import Protocol

from zhida.access import ReadGrant
from zhida.ids import KnowledgeBaseId
from zhida.retrieval import SearchOutcome


class Retriever(Protocol):
    """Query to ranked passages."""

    async def search(
        self, grant: ReadGrant, knowledge_base_id: KnowledgeBaseId, query: str, *, top_k: int, profile: str
    ) -> SearchOutcome:
        """At most ``top_k`` passages that the grant may read, best first.

        Raises:
            KnowledgeBaseNotFoundError: no such knowledge base, or none that the grant may see.
        """
        ...
