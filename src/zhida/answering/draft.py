"""What has a model written so far? Turns raw deltas into checked events, and says whether they make an answer."""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Final

from zhida.answering.citations import CitedText, citation, groundedness
from zhida.answering.events import Citation, CitationAdded, RefusalReason, TextDelta
from zhida.answering.markers import Marker, MarkerFilter
from zhida.answering.prompt import SENTINEL
from zhida.answering.sentences import split_sentences
from zhida.retrieval import Passage

DraftEvent = TextDelta | CitationAdded
_LONGEST_SENTENCE: Final = 600


class Draft:
    """Checks a generated text while it streams.

    Nothing goes out before the first valid citation or, for long uncited text, ``held_characters``: most replies
    without a citation are a model's own words for "I do not know", and are short.

    Attributes:
        text: the checked text with its markers. citations: in order of first use.
        has_sent: whether any event has been handed out.
        says_no: whether the model said that the passages hold no answer.
    """

    def __init__(self, passages: Sequence[Passage], *, held_characters: int) -> None:
        self._passages = passages
        self._held_characters = held_characters
        self._filter = MarkerFilter(len(passages))
        self._sentinel = _SentinelFilter()
        self._plain = ""
        self._markers: list[tuple[int, int]] = []
        self._held: list[DraftEvent] = []
        self.text = ""
        self.citations: dict[int, Citation] = {}
        self.has_sent = False

    @property
    def says_no(self) -> bool:
        """Whether the sentinel came."""
        return self._sentinel.has_come

    @property
    def removed_markers(self) -> int:
        """Markers that named no passage."""
        return self._filter.removed

    def feed(self, delta: str) -> list[DraftEvent]:
        """The events that can be sent after one more delta."""
        return self._released(self._events(self._filter.feed(self._sentinel.feed(delta))))

    def finish(self) -> list[DraftEvent]:
        """The events that were held back; none where the draft is refused."""
        rest = self._sentinel.finish()
        events = self._events(chain(list(self._filter.feed(rest)), self._filter.finish()))
        return self._released(events) if self.refusal is None else []

    @property
    def refusal(self) -> RefusalReason | None:
        """Why the finished draft is no answer; None where it is one."""
        if self.citations:
            return None
        return RefusalReason.NOT_IN_DOCUMENTS if self.says_no else RefusalReason.UNCITED

    def groundedness(self) -> float:
        """See ``citations.groundedness``."""
        return groundedness(CitedText(self._plain, tuple(self._markers)), self._passages)

    def _events(self, pieces: Iterable[str | Marker]) -> list[DraftEvent]:
        events: list[DraftEvent] = []
        for piece in pieces:
            text = piece if isinstance(piece, str) else piece.text
            text = text if self.text else text.lstrip()
            if not text:
                continue
            self.text += text
            if events and isinstance(last := events[-1], TextDelta):
                events[-1] = TextDelta(last.text + text)
            else:
                events.append(TextDelta(text))
            if isinstance(piece, Marker):
                events += self._cited(piece.number)
            else:
                self._plain += text
        return events

    def _cited(self, number: int) -> list[DraftEvent]:
        self._markers.append((len(self._plain), number))
        if number in self.citations:
            return []
        recent = split_sentences(self._plain[-_LONGEST_SENTENCE:])
        sentence = recent[-1].text if recent else ""
        self.citations[number] = citation(number, self._passages[number - 1], sentence)
        return [CitationAdded(self.citations[number])]

    def _released(self, events: list[DraftEvent]) -> list[DraftEvent]:
        self._held += events
        if not self.citations and len(self.text) <= self._held_characters:
            return []
        released, self._held = self._held, []
        self.has_sent = self.has_sent or bool(released)
        return released


class _SentinelFilter:
    """Takes the sentinel out of a stream, wherever its deltas cut it."""

    def __init__(self) -> None:
        self._held = ""
        self.has_come = False

    def feed(self, text: str) -> str:
        """The text that is certainly no part of the sentinel."""
        self._held += text
        if SENTINEL in self._held:
            self.has_come = True
            self._held = self._held.replace(SENTINEL, "")
        longest = min(len(self._held), len(SENTINEL) - 1)
        kept = next((size for size in range(longest, 0, -1) if SENTINEL.startswith(self._held[-size:])), 0)
        out, self._held = self._held[: len(self._held) - kept], self._held[len(self._held) - kept :]
        return out

    def finish(self) -> str:
        """What was held back: it did not become the sentinel."""
        out, self._held = self._held, ""
        return out
