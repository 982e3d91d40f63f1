"""The use case: a question and a grant in, a stream of answer events out. Called by the doors."""

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing
from dataclasses import dataclass, field

from zhida.access import ReadGrant
from zhida.answering.citations import verbatim_citation
from zhida.answering.draft import Draft, DraftEvent
from zhida.answering.events import (
    Answer,
    AnswerEvent,
    AnswerMode,
    Citation,
    CitationAdded,
    Finished,
    LookedAt,
    Refusal,
    RefusalReason,
    Refused,
    Retrieved,
    TextDelta,
    Usage,
)
from zhida.answering.extractive import best_extracts, cited_text
from zhida.answering.gate import judge
from zhida.answering.ports import Retriever
from zhida.answering.prompt import build_prompt
from zhida.answering.reading import Reading, read_passages
from zhida.answering.settings import AnsweringSettings
from zhida.answering.wording import Wording, wording_for
from zhida.ids import KnowledgeBaseId
from zhida.inference import (
    ChatDelta,
    ChatEvent,
    ChatFinished,
    ChatFinishReason,
    ChatModel,
    ChatOptions,
    ModelRejectedError,
    ModelUnavailableError,
)
from zhida.kit.stopwatch import Stopwatch
from zhida.retrieval import SearchOutcome

_log = logging.getLogger(__name__)
_LOOKED_AT = 3
_WARNINGS = {
    ChatFinishReason.LENGTH: "answering.truncated",
    ChatFinishReason.CONTENT_FILTER: "answering.filtered",
}


@dataclass(frozen=True, slots=True)
class AnswerRequest:
    """One question. ``top_k`` and ``profile``: None takes the settings' value."""

    grant: ReadGrant
    knowledge_base_id: KnowledgeBaseId
    question: str
    top_k: int | None = None
    profile: str | None = None


@dataclass(slots=True)
class _Turn:
    """One question on its way: what was found, how long it took, what the model counted."""

    question: str
    outcome: SearchOutcome
    watch: Stopwatch
    reading: Reading
    usage: Usage = field(default_factory=Usage)
    finish: ChatFinishReason = ChatFinishReason.STOP

    @property
    def wording(self) -> Wording:
        return wording_for(self.outcome.plan.language, self.question)

    def timings_ms(self) -> dict[str, float]:
        return self.outcome.timings_ms | self.watch.milliseconds()


class AnsweringService:
    """Answers from passages; without a chat model the answer is made of the documents' own sentences."""

    def __init__(
        self, retrieval: Retriever, chat: ChatModel | None, settings: AnsweringSettings, options: ChatOptions
    ) -> None:
        self._retrieval = retrieval
        self._chat = chat
        self._settings = settings
        self._options = options

    async def answer(self, request: AnswerRequest) -> AsyncGenerator[AnswerEvent, None]:
        """``Retrieved``, then text and citations, then exactly one of ``Finished`` and ``Refused``.

        Closing the iterator stops the model.

        Raises:
            KnowledgeBaseNotFoundError, QueryInvalidError, ProfileUnknownError: see ``RetrievalService.search``.
            ModelUnavailableError, ModelRejectedError: the model failed after its first text was sent; before that,
                the answer falls back to the documents' own sentences and carries a warning.
        """
        watch = Stopwatch()
        outcome = await self._retrieval.search(
            request.grant,
            request.knowledge_base_id,
            request.question,
            top_k=request.top_k or self._settings.top_k,
            profile=request.profile or self._settings.profile,
        )
        watch.lap("retrieval")
        yield Retrieved(outcome.passages, outcome.plan)
        turn = _Turn(request.question, outcome, watch, read_passages(request.question, outcome.passages))
        verdict = judge(request.question, outcome.passages, turn.reading, language=outcome.plan.language)
        watch.lap("gate")
        settings = self._settings
        least = settings.enough_evidence if self._chat is None else settings.enough_evidence_for_model
        if verdict.score < least:
            reason = RefusalReason.WEAK_EVIDENCE if outcome.passages else RefusalReason.NOTHING_FOUND
            yield _refused(turn, reason)
            return
        if self._chat is None:
            for event in self._extractive(turn, warning=None):
                yield event
            return
        async with aclosing(self._generated(turn, self._chat)) as events:
            async for event in events:
                yield event

    async def _generated(self, turn: _Turn, chat: ChatModel) -> AsyncGenerator[AnswerEvent, None]:
        prompt = build_prompt(
            turn.question,
            turn.outcome.passages,
            language=turn.outcome.plan.language,
            evidence_characters=self._settings.evidence_characters,
        )
        draft = Draft(prompt.passages, held_characters=self._settings.held_characters)
        longest = self._settings.answer_characters_max
        turn.usage = Usage(model=chat.name)
        try:
            async with aclosing(
                _drafted(turn, draft, chat.stream(prompt.messages, self._options), longest=longest)
            ) as events:
                async for event in events:
                    yield event
        except (ModelUnavailableError, ModelRejectedError) as error:
            said = {"code": error.code, "detail": str(error), "facts": error.facts}
            _log.warning("the chat model failed", extra=said)
            if draft.has_sent:
                raise
            for event in self._extractive(turn, warning=error.code):
                yield event
            return
        turn.watch.lap("generation")
        if not draft.text and not draft.says_no:
            for event in self._extractive(turn, warning="answering.empty"):
                yield event
            return
        yield _finished(turn, draft) if draft.refusal is None else _refused(turn, draft.refusal)

    def _extractive(self, turn: _Turn, *, warning: str | None) -> Iterator[AnswerEvent]:
        passages = turn.outcome.passages
        extracts = best_extracts(turn.question, turn.reading, limit=self._settings.extractive_sentences)
        if not extracts:
            yield _refused(turn, RefusalReason.WEAK_EVIDENCE, warning=warning)
            return
        text = turn.wording.extractive_lead
        yield TextDelta(text)
        turn.watch.lap("first_text")
        citations: dict[int, Citation] = {}
        for extract in extracts:
            text += (piece := cited_text(extract))
            yield TextDelta(piece)
            if extract.marker not in citations:
                quoted = [other.sentence for other in extracts if other.marker == extract.marker]
                added = verbatim_citation(extract.marker, passages[extract.marker - 1], quoted)
                citations[extract.marker] = added
                yield CitationAdded(added)
        turn.watch.lap("extraction")
        yield Finished(
            Answer(
                text=text,
                language=turn.outcome.plan.language,
                citations=tuple(citations.values()),
                mode=AnswerMode.EXTRACTIVE,
                groundedness=1.0,  # quoted verbatim
                usage=turn.usage,
                warning=warning or turn.outcome.warning,
                timings_ms=turn.timings_ms(),
            )
        )


async def _drafted(
    turn: _Turn, draft: Draft, stream: AsyncIterator[ChatEvent], *, longest: int
) -> AsyncGenerator[DraftEvent, None]:
    """The model's stream through the draft.

    A model that says no before anything was sent is stopped at once; one that passes ``longest`` characters is cut off.
    """
    try:
        async for event in stream:
            if isinstance(event, ChatFinished):
                turn.usage = Usage(turn.usage.model, event.prompt_tokens, event.completion_tokens)
                turn.finish = event.reason
                break
            for checked in _timed(turn, draft, event):
                yield checked
            if draft.says_no and not draft.has_sent:
                break
            if len(draft.text) > longest:
                turn.finish = ChatFinishReason.LENGTH
                break
    finally:
        if isinstance(stream, AsyncGenerator):
            await stream.aclose()
    for checked in draft.finish():
        yield checked


def _timed(turn: _Turn, draft: Draft, delta: ChatDelta) -> list[DraftEvent]:
    had_sent = draft.has_sent
    events = draft.feed(delta.text)
    if events and not had_sent:
        turn.watch.lap("first_text")
    return events


def _finished(turn: _Turn, draft: Draft) -> Finished:
    return Finished(
        Answer(
            text=draft.text,
            language=turn.outcome.plan.language,
            citations=tuple(draft.citations.values()),
            mode=AnswerMode.GENERATED,
            groundedness=draft.groundedness(),
            usage=turn.usage,
            removed_markers=draft.removed_markers,
            warning=_WARNINGS.get(turn.finish) or turn.outcome.warning,
            timings_ms=turn.timings_ms(),
        )
    )


def _refused(turn: _Turn, reason: RefusalReason, *, warning: str | None = None) -> Refused:
    passages = turn.outcome.passages[:_LOOKED_AT]
    looked_at = tuple(
        LookedAt(passage.document_id, passage.document_name, passage.chunk_id, passage.location) for passage in passages
    )
    text = turn.wording.refusals[reason]
    if names := list(dict.fromkeys(passage.document_name for passage in passages)):
        text += f" {turn.wording.looked_at}{' · '.join(names)}"
    return Refused(
        Refusal(
            text=text,
            language=turn.outcome.plan.language,
            reason=reason,
            looked_at=looked_at,
            usage=turn.usage,
            warning=warning or turn.outcome.warning,
            timings_ms=turn.timings_ms(),
        )
    )
