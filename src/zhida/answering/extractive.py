"""Which sentences of the passages answer a question by themselves? Used where no model is configured or it fails."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from zhida.answering.citations import shortened
from zhida.answering.prompt import without_markers
from zhida.answering.question import Sought, sought
from zhida.answering.reading import CONTEXT_CREDIT, Reading, ReadSentence
from zhida.answering.sentences import Sentence
from zhida.knowledge import analyse

_KIND_CREDIT: Final = 0.2
_RANK_DISCOUNT: Final = 0.08
_REDUNDANT: Final = 0.6
_LEAST_GAIN: Final = 0.35
"""A further sentence must bring at least this share of the first one's score in terms that are not covered yet."""
_FEWEST_TERMS: Final = 3
_OF_PERMISSION: Final = frozenset(analyse("allowed permitted possible"))
"""What is asked is whether; a sentence that has nothing but these may be about any other matter."""
_NEXT: Final = 2
"""At most so many characters, of white space, lie between neighbouring sentences."""


@dataclass(frozen=True, slots=True)
class Extract:
    """A sentence quoted verbatim: ``passages[marker - 1].text[sentence.start:sentence.end]``."""

    marker: int
    sentence: Sentence


def best_extracts(question: str, reading: Reading, *, limit: int) -> list[Extract]:
    """One to ``limit`` sentences, in the passages' order; empty only where no passage has a sentence.

    Greedy coverage of the question's terms, weighed by rarity over the passages' sentences, with credit for the kind
    of thing asked for (a number, a date, a name), for what the sentence before says, and for the passage's rank.
    """
    wish = sought(question)
    open_terms = frozenset(reading.wanted) - _OF_PERMISSION or frozenset(reading.wanted)
    candidates = list(reading.sentences)
    chosen: list[ReadSentence] = []
    first_score = 0.0
    while len(chosen) < limit:
        if chosen:
            candidates = [candidate for candidate in candidates if _adds(candidate, chosen, open_terms)]
        if not candidates:
            break
        scores = [_score(candidate, open_terms, reading, wish=wish) for candidate in candidates]
        best = max(range(len(candidates)), key=scores.__getitem__)
        if chosen and scores[best] < _LEAST_GAIN * first_score:
            break
        first_score = first_score or scores[best]
        chosen.append(candidates[best])
        open_terms -= chosen[-1].terms
        candidates = [candidate for candidate in candidates if not _repeats(candidate, chosen[-1])]
    chosen.sort(key=lambda read: (read.marker, read.sentence.start))
    return [Extract(read.marker, read.sentence) for read in chosen]


def cited_text(extract: Extract) -> str:
    """The extract as a paragraph with its marker; footnote marks of the document itself cannot pass for citations."""
    return f"\n\n{without_markers(shortened(extract.sentence.text))} [{extract.marker}]"


def _score(read: ReadSentence, open_terms: frozenset[str], reading: Reading, *, wish: Sought) -> float:
    own = reading.share(reading.rarity, read.terms & open_terms)
    score = own + CONTEXT_CREDIT * reading.share(reading.rarity, (read.context - read.terms) & open_terms)
    if own > 0 and wish.held_by(read.sentence.text, asked=frozenset(reading.wanted)):
        score += _KIND_CREDIT
    if len(read.terms) < _FEWEST_TERMS or read.sentence.text.endswith(("?", "？")):
        score *= 0.5  # headings and questions name the matter without answering
    return score / (1 + _RANK_DISCOUNT * (read.marker - 1))


def _adds(read: ReadSentence, chosen: Sequence[ReadSentence], open_terms: frozenset[str]) -> bool:
    """Whether a further sentence has to do with the question: a single shared word is chance, unless it goes on."""
    shared = len(read.terms & open_terms)
    goes_on = any(
        read.marker == other.marker
        and min(abs(read.sentence.start - other.sentence.end), abs(other.sentence.start - read.sentence.end)) <= _NEXT
        for other in chosen
    )
    return shared > (0 if goes_on else 1)


def _repeats(one: ReadSentence, other: ReadSentence) -> bool:
    union = len(one.terms | other.terms)
    return one is other or (union > 0 and len(one.terms & other.terms) / union > _REDUNDANT)
