"""What retrieval hands out: passages, the plan that found them, and how long each stage took."""

from dataclasses import dataclass, field
from typing import Final

from zhida.ids import ChunkId, DocumentId, Language, VersionId
from zhida.knowledge import Location

BY_WORDS_ALONE: Final = "retrieval.by_words_alone"
"""The warning of a search whose embedding model did not answer: its plan has no dense leg."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A hit that was resolved against the record: its text, its place, and why it was found.

    Attributes:
        score: the fused score, higher is better; comparable inside one answer only.
        lexical_rank, dense_rank: rank in each leg, counted from 1; None where the leg did not find it.
        lexical_score: BM25. dense_score: cosine.
    """

    chunk_id: ChunkId
    document_id: DocumentId
    version_id: VersionId
    document_name: str
    title: str
    text: str
    location: Location
    score: float
    lexical_rank: int | None = None
    lexical_score: float | None = None
    dense_rank: int | None = None
    dense_score: float | None = None


@dataclass(frozen=True, slots=True)
class QueryPlan:
    """What analysis made of a query."""

    query: str
    language: Language
    profile: str
    top_k: int
    lexical_k: int
    dense_k: int
    lexical_weight: float
    dense_weight: float
    embedding_model: str | None


@dataclass(frozen=True, slots=True)
class SearchOutcome:
    """Ranked passages, best first.

    Attributes:
        plan: what was searched in the end: without the dense leg where its model did not answer.
        timings_ms: stage durations.
        revision: of the index.
        warning: a code that says what had to be left out.
    """

    passages: tuple[Passage, ...]
    plan: QueryPlan
    timings_ms: dict[str, float] = field(default_factory=dict[str, float])
    revision: int = 0
    warning: str | None = None
