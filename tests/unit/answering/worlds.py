"""Builders for the answering room's tests: passages, and a retriever that has found them already."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from zhida.access import ReadGrant
from zhida.access.grants import SEAL
from zhida.answering import AnswerRequest
from zhida.ids import ChunkId, DocumentId, KnowledgeBaseId, PrincipalId, VersionId, new_uuid
from zhida.knowledge import Location, detect_language
from zhida.retrieval import Passage, QueryPlan, SearchOutcome

TOWER = (
    "The Eiffel Tower is a lattice tower in Paris. It was built from 1887 to 1889 by the company of Gustave Eiffel. "
    "The tower is 330 metres tall. Visitors paid 2 francs in 1889 [3]."
)
BRIDGE = "The Forth Bridge crosses the Firth of Forth in Scotland. It was opened in 1890."
WALL = "长城是中国古代的防御工程。明长城的总长度为8851.8公里，主要由戚继光主持修建。秦始皇把旧的城墙连接起来。"


def passage(text: str, *, name: str = "notes.md", page: int | None = None, score: float = 0.02) -> Passage:
    """A passage that both legs found first."""
    return Passage(
        chunk_id=ChunkId(new_uuid()),
        document_id=DocumentId(new_uuid()),
        version_id=VersionId(new_uuid()),
        document_name=name,
        title=name.removesuffix(".md"),
        text=text,
        location=Location((), page, page, 0, 0, 0, len(text)),
        score=score,
        lexical_rank=1,
        lexical_score=12.0,
        dense_rank=1,
        dense_score=0.7,
    )


@dataclass
class FoundAlready:
    """A ``Retriever`` that hands out the passages it was given."""

    passages: Sequence[Passage]
    queries: list[str] = field(default_factory=list[str])

    async def search(
        self, grant: ReadGrant, knowledge_base_id: KnowledgeBaseId, query: str, *, top_k: int, profile: str
    ) -> SearchOutcome:
        self.queries.append(query)
        plan = QueryPlan(query, detect_language(query), profile, top_k, 40, 40, 1.0, 1.0, None)
        return SearchOutcome(tuple(self.passages[:top_k]), plan, {"search": 0.2, "total": 0.3}, revision=1)


def asking(question: str) -> AnswerRequest:
    """A question by a principal who may read everything."""
    principal = PrincipalId(new_uuid())
    grant = ReadGrant(principal_id=principal, access_lists=None, knowledge_bases=None, seal=SEAL)
    return AnswerRequest(grant, KnowledgeBaseId(new_uuid()), question)
