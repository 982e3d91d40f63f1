"""What an answer is made of, and the closed union of events in which it arrives. Doors turn these into bytes."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from enum import StrEnum

from zhida.ids import ChunkId, DocumentId, Language, VersionId
from zhida.knowledge import Location
from zhida.retrieval import Passage, QueryPlan


class AnswerMode(StrEnum):
    """Who wrote the words of an answer."""

    GENERATED = "generated"
    EXTRACTIVE = "extractive"


class RefusalReason(StrEnum):
    """Why there is no answer; stable, part of the public interface."""

    NOTHING_FOUND = "nothing_found"
    WEAK_EVIDENCE = "weak_evidence"
    NOT_IN_DOCUMENTS = "not_in_documents"
    UNCITED = "uncited"


@dataclass(frozen=True, slots=True)
class Citation:
    """The link from a marker ``[n]`` in the text to the passage that supports it.

    Attributes:
        marker: the number in the text; the passage's rank, counted from 1.
        quote: the words of the passage that support the sentence, an exact substring of the passage's text.
    """

    marker: int
    chunk_id: ChunkId
    document_id: DocumentId
    version_id: VersionId
    document_name: str
    location: Location
    quote: str


@dataclass(frozen=True, slots=True)
class Usage:
    """What the model counted; None where no model was asked or it did not say."""

    model: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A grounded text.

    Attributes:
        text: the whole text with its markers; equal to the text deltas joined.
        citations: one per marker, in order of first use.
        groundedness: share of the sentences that their cited passages support, 0 to 1.
        removed_markers: markers of the model that named no passage and were taken out before anything was sent.
        warning: stable code of an error that was worked around (``inference.unavailable``: the model failed, so the
            answer is extractive); None where nothing went wrong.
        timings_ms: milliseconds by stage: retrieval's, then ``gate``, ``first_text``, ``total``.
    """

    text: str
    language: Language
    citations: tuple[Citation, ...]
    mode: AnswerMode
    groundedness: float
    usage: Usage = Usage()
    removed_markers: int = 0
    warning: str | None = None
    timings_ms: dict[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True, slots=True)
class LookedAt:
    """A place that was considered and found wanting."""

    document_id: DocumentId
    document_name: str
    chunk_id: ChunkId
    location: Location


@dataclass(frozen=True, slots=True)
class Refusal:
    """The documents do not answer: a first-class outcome, in the question's language.

    Attributes:
        warning: a code that says what could not be asked, without which there might have been an answer.
    """

    text: str
    language: Language
    reason: RefusalReason
    looked_at: tuple[LookedAt, ...]
    usage: Usage = Usage()
    warning: str | None = None
    timings_ms: dict[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True, slots=True)
class Retrieved:
    """Always the first event: what the answer may draw on, best first; passage n is cited as ``[n]``."""

    passages: tuple[Passage, ...]
    plan: QueryPlan


@dataclass(frozen=True, slots=True)
class TextDelta:
    """The next piece of the answer's text; its markers are already checked."""

    text: str


@dataclass(frozen=True, slots=True)
class CitationAdded:
    """Comes once per marker, right after the text that uses it for the first time."""

    citation: Citation


@dataclass(frozen=True, slots=True)
class Finished:
    """Last event of an answer."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class Refused:
    """Last event instead of ``Finished``. It replaces any text that was sent before: the reader drops that text."""

    refusal: Refusal


AnswerEvent = Retrieved | TextDelta | CitationAdded | Finished | Refused


@dataclass(frozen=True, slots=True)
class AnswerResult:
    """The events folded into one reply."""

    passages: tuple[Passage, ...]
    plan: QueryPlan
    outcome: Answer | Refusal


async def fold(events: AsyncIterator[AnswerEvent]) -> AnswerResult:
    """The non-streaming reply: the same events, read to the end.

    Raises:
        ModelUnavailableError, ModelRejectedError: the stream broke off after its first text.
    """
    retrieved: Retrieved | None = None
    outcome: Answer | Refusal | None = None
    async for event in events:  # to the very end, so that everything behind the events is closed
        match event:
            case Retrieved():
                retrieved = event
            case Finished():
                outcome = event.answer
            case Refused():
                outcome = event.refusal
            case TextDelta() | CitationAdded():
                pass
    if retrieved is None or outcome is None:
        message = "An answer's events ended without Retrieved or without an outcome."
        raise AssertionError(message)
    return AnswerResult(retrieved.passages, retrieved.plan, outcome)
