"""Which sentences of the passages answer a question by themselves? Used where no model is configured or it fails."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from zhida.answering.citations import shortened
from zhida.answering.prompt import without_markers
from zhida.answering.question import QuestionKind, expected_kind, holds_kind
from zhida.answering.sentences import Sentence, split_sentences
from zhida.knowledge import analyse, analyse_query
from zhida.retrieval import Passage

_CONTEXT_CREDIT: Final = 0.4
"""For a term that stands in the sentence before or the title: "It was built in 1889." answers about its subject."""
_KIND_CREDIT: Final = 0.25
_RANK_DISCOUNT: Final = 0.08
_REDUNDANT: Final = 0.6
_LEAST_GAIN: Final = 0.55
"""A further sentence must bring at least this share of the first one's score in terms that are not covered yet."""
_SHORTEST_TERMS: Final = 3


@dataclass(frozen=True, slots=True)
class Extract:
    """A sentence quoted verbatim: ``passages[marker - 1].text[sentence.start:sentence.end]``."""

    marker: int
    sentence: Sentence


@dataclass(frozen=True, slots=True)
class _Candidate:
    marker: int
    sentence: Sentence
    terms: frozenset[str]
    context: frozenset[str]
    kind: bool


def best_extracts(question: str, passages: Sequence[Passage], *, limit: int) -> list[Extract]:
    """One to ``limit`` sentences, in the passages' order; empty only where no passage has a sentence.

    Greedy coverage of the question's terms, weighed by rarity over the passages' sentences, with credit for the kind
    of thing asked for (a number, a date, a name), for what the sentence before says, and for the passage's rank.
    """
    wanted = frozenset(analyse_query(question))
    candidates = _candidates(passages, wanted, expected_kind(question))
    weights = _rarity(candidates, wanted)
    chosen: list[_Candidate] = []
    covered: frozenset[str] = frozenset()
    first_score = 0.0
    while candidates and len(chosen) < limit:
        scored = [(_score(candidate, wanted - covered, weights), candidate) for candidate in candidates]
        score, best = max(scored, key=lambda pair: pair[0])
        if chosen and score < _LEAST_GAIN * first_score:
            break
        first_score = first_score or score
        chosen.append(best)
        covered |= best.terms
        candidates = [other for other in candidates if other is not best and not _repeats(other, best)]
    chosen.sort(key=lambda candidate: (candidate.marker, candidate.sentence.start))
    return [Extract(candidate.marker, candidate.sentence) for candidate in chosen]


def cited_text(extract: Extract) -> str:
    """The extract as a paragraph with its marker; footnote marks of the document itself cannot pass for citations."""
    return f"\n\n{without_markers(shortened(extract.sentence.text))} [{extract.marker}]"


def _candidates(passages: Sequence[Passage], wanted: frozenset[str], kind: QuestionKind) -> list[_Candidate]:
    candidates: list[_Candidate] = []
    for marker, passage in enumerate(passages, start=1):
        title = frozenset(analyse(" ".join([passage.title, *passage.location.heading_path])))
        before: frozenset[str] = frozenset()
        for sentence in split_sentences(passage.text):
            terms = frozenset(analyse(sentence.text))
            has_kind = holds_kind(sentence.text, kind, asked=wanted)
            candidates.append(_Candidate(marker, sentence, terms, title | before, has_kind))
            before = terms
    return candidates


def _rarity(candidates: Sequence[_Candidate], wanted: frozenset[str]) -> dict[str, float]:
    """Inverse document frequency over the sentences (Robertson and Spärck Jones 1976, smoothed)."""
    counts = Counter(term for candidate in candidates for term in candidate.terms & wanted)
    total = len(candidates)
    return {term: math.log(1 + (total - counts[term] + 0.5) / (counts[term] + 0.5)) for term in wanted}


def _score(candidate: _Candidate, open_terms: frozenset[str], weights: dict[str, float]) -> float:
    total = sum(weights.values()) or 1.0
    own = sum(weights[term] for term in candidate.terms & open_terms)
    context = sum(weights[term] for term in (candidate.context - candidate.terms) & open_terms)
    score = (own + _CONTEXT_CREDIT * context) / total
    if candidate.kind and own > 0:
        score += _KIND_CREDIT
    if len(candidate.terms) < _SHORTEST_TERMS or candidate.sentence.text.endswith(("?", "？")):
        score *= 0.5  # headings and questions name the matter without answering
    return score / (1 + _RANK_DISCOUNT * (candidate.marker - 1))


def _repeats(one: _Candidate, other: _Candidate) -> bool:
    union = len(one.terms | other.terms)
    return union > 0 and len(one.terms & other.terms) / union > _REDUNDANT
