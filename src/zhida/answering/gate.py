"""Is there enough evidence to answer? Decided in code before any model is asked: the prompt is never the only guard.

A logistic model over features that do not depend on the size of the knowledge base, the scale of BM25 or the number of
passages. Raw scores do: a threshold on them that suits a large knowledge base refuses everything in a small one.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from itertools import pairwise
from typing import Final

from zhida.answering.question import QuestionKind, sought
from zhida.answering.reading import Reading
from zhida.ids import Language
from zhida.knowledge import analyse, analyse_query, detect_language
from zhida.retrieval import Passage

_NAME: Final = re.compile(r"(?<=\w )(?!I\b)[A-Z][\w'’-]*|\d[\d.,]*|《[^》]+》|「[^」]+」|“[^”]+”|\"[^\"]+\"")
_ACRONYM: Final = re.compile(r"\b(?<!\.)[A-Z]{2,6}\b(?!\.)")
_NAMED_PASSAGES: Final = 3
_SAME_TEXT: Final = 0.6
_CERTAIN_KINDS: Final = (QuestionKind.NUMBER, QuestionKind.DATE)
_NO_OTHERS: Final = 0.6
"""The usual distinctness of answerable questions, where there is nothing to compare with: one document, or copies."""
_NOT_OF_THE_KIND: Final = 0.5
"""Factor where no sentence about the same holds what is asked for, or only titles hold the question's words: the
words are there, the answer is not.
"""
_TRANSLATED_RANK: Final = 3
_TRANSLATED_COSINE: Final = 0.5
"""Below this, a passage in another language is noise even of a multilingual model (bge-m3: related 0.55 and more)."""


@dataclass(frozen=True, slots=True)
class Features:
    """What speaks for an answer; each from 0 to 1, more is better.

    Attributes:
        coverage: share of the question's terms in the best-ranked passage.
        sentence: share in the best sentence, by rarity, with part credit for headings and the sentence before.
        names: share of the names, numbers and quoted words that one of the first passages holds in full; 0 where an
            abbreviation in capitals stands nowhere.
        kind: how good the best sentence is that holds the number or date asked for, or in English the name of a
            person, against the best sentence of all. Other questions count 1: places, and names in Chinese, have no
            sure form.
        phrases: share of the question's neighbouring words that are neighbours in a passage too.
        distinct: how far the best lexical score stands above those of other documents, times coverage. Off-topic
            questions find many passages that are equally little about them. Copies and other parts of the same
            document do not count as others.
        agreement: 1 / dense rank of the lexical leg's first passage.
        cosine: the best cosine.
    """

    coverage: float
    sentence: float
    names: float
    kind: float
    phrases: float
    distinct: float
    agreement: float
    cosine: float


@dataclass(frozen=True, slots=True)
class _Weights:
    features: Features
    intercept: float


_CHINESE: Final = _Weights(
    Features(coverage=0.0, sentence=2.1, names=0.0, kind=2.5, phrases=4.5, distinct=10.6, agreement=0.0, cosine=0.0),
    intercept=-7.0,
)
_OTHER: Final = _Weights(
    Features(coverage=1.5, sentence=3.5, names=0.85, kind=1.5, phrases=2.0, distinct=0.0, agreement=1.1, cosine=1.75),
    intercept=-6.7,
)
"""Fitted to public question sets with half of the passages removed (four Chinese ones, one English one); no weight
below zero. The English ``kind`` is set a little higher than fitted: it costs nothing there and matters in small bases.
"""
_NO_DENSE_LEG: Final = {"agreement": 0.35, "cosine": 0.5}
"""About the averages over questions that both legs searched: a missing leg speaks neither for nor against."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How probable it is that the passages answer, 0 to 1, and what that rests on; None where nothing was found."""

    score: float
    features: Features | None = None


def judge(question: str, passages: Sequence[Passage], reading: Reading, *, language: Language) -> Verdict:
    """Weigh the evidence."""
    if not passages or not reading.wanted:
        return Verdict(0.0)
    features = features_of(question, passages, reading)
    weights = _CHINESE if language is Language.CHINESE else _OTHER
    pairs = zip(astuple(weights.features), astuple(features), strict=True)
    score = 1 / (1 + math.exp(-weights.intercept - sum(weight * value for weight, value in pairs)))
    if features.kind == 0.0 or not any(read.terms & frozenset(reading.wanted) for read in reading.sentences):
        score *= _NOT_OF_THE_KIND
    if _is_translation(passages, language=language) and features.names == 1.0:
        score = max(score, 0.5)
    return Verdict(score, features)


def features_of(question: str, passages: Sequence[Passage], reading: Reading) -> Features:
    """See ``Features``; at least one passage is needed."""
    coverage = reading.coverage(0)
    best = max(reading.coverage(number) for number in range(len(passages)))
    has_dense_leg = any(passage.dense_rank is not None for passage in passages)
    first = next((passage for passage in passages if passage.lexical_rank == 1), None)
    agreement = 1 / first.dense_rank if first is not None and first.dense_rank is not None else 0.0
    cosine = max((passage.dense_score for passage in passages if passage.dense_score is not None), default=0.0)
    sentence = max((reading.share_with_context(read) for read in reading.sentences), default=0.0)
    return Features(
        coverage=coverage,
        sentence=sentence,
        names=_names_present(question, reading),
        kind=_kind_present(question, reading, best=sentence),
        phrases=_phrases_present(question, reading),
        distinct=best * _distinctness(passages, reading),
        agreement=agreement if has_dense_leg else _NO_DENSE_LEG["agreement"],
        cosine=cosine if has_dense_leg else _NO_DENSE_LEG["cosine"],
    )


def _names_present(question: str, reading: Reading) -> float:
    names = [terms for name in _NAME.findall(question) if (terms := frozenset(analyse_query(name)))]
    if not names:
        return 1.0
    known = [reading.passages[at] | reading.headings[at] for at in range(len(reading.passages))]
    acronyms = (frozenset(analyse_query(acronym)) for acronym in _ACRONYM.findall(question))
    if any(not any(acronym & terms for terms in known) for acronym in acronyms):
        return 0.0  # other names may be paraphrased
    first = known[:_NAMED_PASSAGES]
    return sum(any(name <= terms for terms in first) for name in names) / len(names)


def _kind_present(question: str, reading: Reading, *, best: float) -> float:
    wish = sought(question)
    is_seen = wish.kind in _CERTAIN_KINDS or (wish.kind is QuestionKind.PERSON and question.isascii())
    if not is_seen or best == 0:
        return 1.0
    asked = frozenset(reading.wanted)
    holders = (read for read in reading.sentences if wish.held_by(read.sentence.text, asked=asked))
    return max((reading.share_with_context(read) for read in holders), default=0.0) / best


def _phrases_present(question: str, reading: Reading) -> float:
    asked = frozenset(pairwise(analyse(question)))
    return max((len(asked & phrases) for phrases in reading.phrases), default=0) / len(asked) if asked else 0.0


def _distinctness(passages: Sequence[Passage], reading: Reading) -> float:
    scores = [passage.lexical_score or 0.0 for passage in passages]
    best = max(range(len(scores)), key=scores.__getitem__)
    if scores[best] == 0:
        return 0.0
    others = [
        score
        for number, score in enumerate(scores)
        if passages[number].document_id != passages[best].document_id
        and not _is_copy(reading.passages[number], reading.passages[best])
    ]
    return 1 - sum(others) / len(others) / scores[best] if others else _NO_OTHERS


def _is_copy(one: frozenset[str], other: frozenset[str]) -> bool:
    return len(one & other) > _SAME_TEXT * min(len(one), len(other))


def _is_translation(passages: Sequence[Passage], *, language: Language) -> bool:
    """Whether a multilingual model found the answer in a language whose words the question cannot share."""
    return any(
        passage.dense_rank is not None
        and passage.dense_rank <= _TRANSLATED_RANK
        and (passage.dense_score or 0.0) >= _TRANSLATED_COSINE
        and detect_language(passage.text) is not language
        for passage in passages
    )
