"""What do the passages say about the question's terms, sentence by sentence? Shared by gate and extracts."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from zhida.answering.question import content_of
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
_LONGEST_HEADING: Final = 60
_STATEMENT: Final = re.compile(r"[.。！!？?；;：:，,、|…]$|^[-*•·|>]|[\d：:|\t]")


@dataclass(frozen=True, slots=True)
class ReadSentence:
    """A sentence of passage ``marker`` that says something; headings are not among them.

    Attributes:
        context: terms of the headings above it and of the sentence before.
    """

    marker: int
    sentence: Sentence
    terms: frozenset[str]
    context: frozenset[str]


@dataclass(frozen=True, slots=True)
class Reading:
    """The passages against one question.

    Attributes:
        wanted: the question's terms in order, each once.
        passages: terms of each passage's text, in order of rank. headings: terms of its title and headings.
        phrases: pairs of neighbouring terms in each passage's text.
        sentences: of all passages, in order.
        shape: how much each wanted term says by its form: numbers and long words more, single characters less.
        rarity: the same times inverse document frequency over the sentences (Robertson and Spärck Jones 1976): a term
            that every sentence has says little, one that none has says most.
    """

    wanted: tuple[str, ...]
    passages: tuple[frozenset[str], ...]
    headings: tuple[frozenset[str], ...]
    phrases: tuple[frozenset[tuple[str, str]], ...]
    sentences: tuple[ReadSentence, ...]
    shape: dict[str, float]
    rarity: dict[str, float]

    def share(self, weights: dict[str, float], present: AbstractSet[str]) -> float:
        """Weighted share of the wanted terms that are present, 0 to 1."""
        total = sum(weights.values())
        return sum(weights[term] for term in self.wanted if term in present) / total if total else 0.0

    def coverage(self, passage: int) -> float:
        """Weighted share, by form, of the wanted terms in a passage (from 0), with part credit for its headings."""
        terms = self.passages[passage]
        from_headings = self.share(self.shape, self.headings[passage] - terms)
        return self.share(self.shape, terms) + CONTEXT_CREDIT * from_headings

    def share_with_context(self, read: ReadSentence) -> float:
        """The same by rarity, with part credit for terms that only the context has."""
        own = self.share(self.rarity, read.terms)
        return own + CONTEXT_CREDIT * self.share(self.rarity, read.context - read.terms)


def read_passages(question: str, passages: Sequence[Passage]) -> Reading:
    """Analyse every passage once."""
    wanted = tuple(analyse_query(content_of(question)))
    sentences: list[ReadSentence] = []
    of_passages: list[frozenset[str]] = []
    of_headings: list[frozenset[str]] = []
    phrases: list[frozenset[tuple[str, str]]] = []
    for marker, passage in enumerate(passages, start=1):
        titles = (passage.title, *passage.location.heading_path)
        headings = above = frozenset(analyse("\n".join(titles)))
        heading: frozenset[str] = frozenset()
        before: frozenset[str] = frozenset()
        all_terms: set[str] = set()
        neighbours: set[tuple[str, str]] = set()
        for sentence in split_sentences(passage.text):
            in_order = analyse(sentence.text)
            terms = frozenset(in_order)
            neighbours.update(pairwise(in_order))
            if _is_heading(sentence, passage.text, titles):
                heading, before = terms, frozenset()
                headings |= terms
                continue
            all_terms |= terms
            sentences.append(ReadSentence(marker, sentence, terms, above | heading | before))
            before = terms
        of_passages.append(frozenset(all_terms))
        of_headings.append(headings)
        phrases.append(frozenset(neighbours))
    shape = {term: _shape_weight(term) for term in wanted}
    return Reading(
        wanted=wanted,
        passages=tuple(of_passages),
        headings=tuple(of_headings),
        phrases=tuple(phrases),
        sentences=tuple(sentences),
        shape=shape,
        rarity=_rarity(shape, sentences),
    )


def _is_heading(sentence: Sentence, text: str, titles: Sequence[str]) -> bool:
    """A short line of its own without an end, a number or a bullet, before other text: it names, and says nothing."""
    if sentence.text.lstrip("# ") in titles:
        return True
    begins_line = sentence.start == 0 or text[sentence.start - 1] == "\n"
    return (
        begins_line
        and text.startswith("\n", sentence.end)
        and len(sentence.text) <= (_LONGEST_HEADING if sentence.text.isascii() else _LONGEST_HEADING // 2)
        and _STATEMENT.search(sentence.text) is None
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
