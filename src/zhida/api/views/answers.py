"""Searches, answers and their events as clients see them.

Made from plain dictionaries by msgspec: this is the hot path.
"""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, model_validator

from zhida.answering import (
    Answer,
    AnswerEvent,
    AnswerResult,
    Citation,
    CitationAdded,
    Finished,
    Refusal,
    Refused,
    Retrieved,
    TextDelta,
)
from zhida.api.views.knowledge import Request
from zhida.knowledge import Location
from zhida.retrieval import Passage, QueryPlan, SearchOutcome


def _not_blank(text: str) -> str:
    # Characters without width, such as U+200B, are no question either.
    if not any(character.isprintable() and not character.isspace() for character in text):
        message = "must not be blank"
        raise ValueError(message)
    return text


Question = Annotated[str, Field(min_length=1, max_length=100_000), AfterValidator(_not_blank)]
BaseName = Annotated[str, Field(min_length=1, max_length=200, description="Id or name.", examples=["sample"])]
TopK = Annotated[int, Field(ge=1, le=10, strict=True)]
ProfileName = Literal["balanced", "lexical", "dense"]


class SearchRequest(Request):
    """What to look for, and where."""

    query: Question = Field(examples=["How long is the warranty?", "年假有多少天？"])
    knowledge_base: BaseName
    top_k: TopK = 5
    profile: ProfileName = "balanced"


class AskRequest(Request):
    """A question, and to whom."""

    question: Question = Field(examples=["How long is the warranty?", "年假有多少天？"])
    knowledge_base: BaseName | None = None
    assistant: BaseName | None = Field(
        default=None, description="Each knowledge base has an assistant of its own name; name the one or the other."
    )
    top_k: TopK | None = None
    stream: bool = Field(default=False, strict=True, description="Answer as server-sent events.")

    @model_validator(mode="after")
    def _one_is_named(self) -> "AskRequest":
        if (self.knowledge_base is None) == (self.assistant is None):
            message = "name either knowledge_base or assistant"
            raise ValueError(message)
        return self

    @property
    def base(self) -> str:
        """The knowledge base that is meant."""
        return self.knowledge_base or self.assistant or ""


class LocationView(BaseModel):
    """Where in a document a passage stands."""

    heading_path: list[str]
    page: int | None
    last_page: int | None
    element: int
    last_element: int
    start: int
    end: int


class PassageView(BaseModel):
    """A passage, with the ranks that brought it here."""

    chunk_id: UUID
    document_id: UUID
    document_name: str
    title: str
    location: LocationView
    text: str
    score: float
    lexical_rank: int | None
    dense_rank: int | None


class PlanView(BaseModel):
    """What analysis made of the query."""

    language: str
    profile: str
    top_k: int
    lexical_k: int
    dense_k: int
    embedding_model: str | None


class SearchReply(BaseModel):
    """Ranked passages, best first."""

    passages: list[PassageView]
    plan: PlanView
    timings_ms: dict[str, float]
    cache: str | None = Field(description="Which cache answered; none exists yet.")
    warning: str | None = Field(
        description="`retrieval.by_words_alone`: the embedding model did not answer, so that meaning was left out."
    )


class CitationView(BaseModel):
    """The link from a marker in the answer to the passage that supports it."""

    marker: int
    document_id: UUID
    document_name: str
    chunk_id: UUID
    location: LocationView
    quote: str


class LookedAtView(BaseModel):
    """A place that was considered before refusing."""

    document_id: UUID
    document_name: str
    chunk_id: UUID
    location: LocationView


class UsageView(BaseModel):
    """What the model counted."""

    model: str | None
    prompt_tokens: int | None
    completion_tokens: int | None


class AskReply(BaseModel):
    """An answer with its evidence, or a refusal."""

    answer: str
    language: str
    citations: list[CitationView]
    refused: bool
    mode: Literal["generated", "extractive"] | None = Field(description="None for a refusal.")
    reason: str | None = Field(description="Why it was refused; stable code.")
    looked_at: list[LookedAtView]
    groundedness: float | None
    warning: str | None = Field(description="Code of an error that was worked around.")
    usage: UsageView
    timings_ms: dict[str, float]
    cache: str | None


def location_body(location: Location) -> dict[str, Any]:
    """A place as JSON."""
    return {
        "heading_path": location.heading_path,
        "page": location.page,
        "last_page": location.last_page,
        "element": location.element,
        "last_element": location.last_element,
        "start": location.start,
        "end": location.end,
    }


def passage_body(passage: Passage) -> dict[str, Any]:
    """A passage as JSON."""
    return {
        "chunk_id": passage.chunk_id,
        "document_id": passage.document_id,
        "document_name": passage.document_name,
        "title": passage.title,
        "location": location_body(passage.location),
        "text": passage.text,
        "score": passage.score,
        "lexical_rank": passage.lexical_rank,
        "dense_rank": passage.dense_rank,
    }


def plan_body(plan: QueryPlan) -> dict[str, Any]:
    """A plan as JSON."""
    return {
        "language": plan.language.value,
        "profile": plan.profile,
        "top_k": plan.top_k,
        "lexical_k": plan.lexical_k,
        "dense_k": plan.dense_k,
        "embedding_model": plan.embedding_model,
    }


def search_body(outcome: SearchOutcome) -> dict[str, Any]:
    """A search as JSON."""
    return {
        "passages": [passage_body(passage) for passage in outcome.passages],
        "plan": plan_body(outcome.plan),
        "timings_ms": outcome.timings_ms,
        "cache": None,
        "warning": outcome.warning,
    }


def citation_body(citation: Citation) -> dict[str, Any]:
    """A citation as JSON."""
    return {
        "marker": citation.marker,
        "document_id": citation.document_id,
        "document_name": citation.document_name,
        "chunk_id": citation.chunk_id,
        "location": location_body(citation.location),
        "quote": citation.quote,
    }


def outcome_body(outcome: Answer | Refusal) -> dict[str, Any]:
    """An answer or a refusal as JSON, both of the same shape."""
    usage = {
        "model": outcome.usage.model,
        "prompt_tokens": outcome.usage.prompt_tokens,
        "completion_tokens": outcome.usage.completion_tokens,
    }
    shared = {
        "answer": outcome.text,
        "language": outcome.language.value,
        "usage": usage,
        "timings_ms": outcome.timings_ms,
        "cache": None,
        "warning": outcome.warning,
    }
    if isinstance(outcome, Answer):
        return {
            **shared,
            "citations": [citation_body(citation) for citation in outcome.citations],
            "refused": False,
            "mode": outcome.mode.value,
            "reason": None,
            "looked_at": [],
            "groundedness": outcome.groundedness,
        }
    return {
        **shared,
        "citations": [],
        "refused": True,
        "mode": None,
        "reason": outcome.reason.value,
        "looked_at": [
            {
                "document_id": place.document_id,
                "document_name": place.document_name,
                "chunk_id": place.chunk_id,
                "location": location_body(place.location),
            }
            for place in outcome.looked_at
        ],
        "groundedness": None,
    }


def reply_body(result: AnswerResult) -> dict[str, Any]:
    """A whole reply as JSON."""
    return outcome_body(result.outcome)


def event_body(event: AnswerEvent) -> tuple[str, dict[str, Any]]:
    """The name and the JSON of a server-sent event."""
    match event:
        case Retrieved():
            passages = event.passages
            return "retrieved", {
                "passages": [passage_body(passage) for passage in passages],
                "plan": plan_body(event.plan),
            }
        case TextDelta():
            return "delta", {"text": event.text}
        case CitationAdded():
            return "citation", citation_body(event.citation)
        case Finished():
            return "finished", outcome_body(event.answer)
        case Refused():
            return "refused", outcome_body(event.refusal)
