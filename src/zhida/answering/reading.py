"""What do the passages say about the question's terms, sentence by sentence? Shared by gate and extracts."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from zhida.answering.sentences import Sentence, split_sentences
from zhida.knowledge import analyse, analyse_query
from zhida.retrieval import Passage

CONTEXT_CREDIT: Final = 0.6
"""For a term that stands in the heading or the sentence before: "It was built in 1889." says what "it" is there."""
_DIGIT: Final = re.compile(r"\d")
_NUMBER_WEIGHT: Final = 1.5
_HAN_WEIGHTS: Final = {1: 0.5, 2: 1.0}
_LONG_HAN_WEIGHT: Final = 1.4
_SHORT_WORD: Final = 3
_SHORT_WORD_WEIGHT: Final = 0.7


@dataclass(frozen=True, slots=True)
class ReadSentence:
    """A sentence of passage ``marker``; ``context``: terms of the headings above it and of the sentence before."""

    marker: int
    sentence: Sentence
    terms: frozenset[str]
    context: frozenset[str]


@dataclass(frozen=True, slots=True)
class Reading:
    """The passages against one question.

    Attributes:
        wanted: the question's terms in order, each once.
        passages: terms of each passage with its headings, in order of rank.
        phrases: pairs of neighbouring terms in each passage's text.
        sentences: of all passages, in order.
        shape: how much each wanted term says by its form: numbers and long words more, single characters less.
        rarity: the same times inverse document frequency over the sentences (Robertson and Spärck Jones 1976): a term
            that every sentence has says little, one that none has says most.
    """

    wanted: tuple[str, ...]
    passages: tuple[frozenset[str], ...]
    phrases: tuple[frozenset[tuple[str, str]], ...]
    sentences: tuple[ReadSentence, ...]
    shape: dict[str, float]
    rarity: dict[str, float]

    def share(self, weights: dict[str, float], present: AbstractSet[str]) -> float:
        """Weighted share of the wanted terms that are present, 0 to 1."""
        total = sum(weights.values())
        return sum(weights[term] for term in self.wanted if term in present) / total if total else 0.0

    def share_with_context(self, read: ReadSentence) -> float:
        """The same by rarity, with part credit for terms that only the context has."""
        own = self.share(self.rarity, read.terms)
        return own + CONTEXT_CREDIT * self.share(self.rarity, read.context - read.terms)


def read_passages(question: str, passages: Sequence[Passage]) -> Reading:
    """Analyse every passage once."""
    wanted = tuple(analyse_query(question))
    sentences: list[ReadSentence] = []
    of_passages: list[frozenset[str]] = []
    phrases: list[frozenset[tuple[str, str]]] = []
    for marker, passage in enumerate(passages, start=1):
        headings = frozenset(analyse("\n".join([passage.title, *passage.location.heading_path])))
        before: frozenset[str] = frozenset()
        all_terms: set[str] = set(headings)
        neighbours: set[tuple[str, str]] = set()
        for sentence in split_sentences(passage.text):
            in_order = analyse(sentence.text)
            terms = frozenset(in_order)
            neighbours.update(pairwise(in_order))
            sentences.append(ReadSentence(marker, sentence, terms, headings | before))
            all_terms |= terms
            before = terms
        of_passages.append(frozenset(all_terms))
        phrases.append(frozenset(neighbours))
    shape = {term: _shape_weight(term) for term in wanted}
    return Reading(
        wanted, tuple(of_passages), tuple(phrases), tuple(sentences), shape=shape, rarity=_rarity(shape, sentences)
    )


def _shape_weight(term: str) -> float:
    if _DIGIT.search(term):
        return _NUMBER_WEIGHT
    if term.isascii():
        return 1.0 if len(term) > _SHORT_WORD else _SHORT_WORD_WEIGHT
    return _HAN_WEIGHTS.get(len(term), _LONG_HAN_WEIGHT)


def _rarity(shape: dict[str, float], sentences: Sequence[ReadSentence]) -> dict[str, float]:
    counts = Counter(term for read in sentences for term in read.terms if term in shape)
    total = len(sentences)
    return {
        term: weight * math.log(1 + (total - counts[term] + 0.5) / (counts[term] + 0.5))
        for term, weight in shape.items()
    }
