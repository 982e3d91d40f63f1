"""Which words of a passage support a sentence? Builds citations, and scores how much of an answer is supported."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from zhida.answering.events import Citation
from zhida.answering.sentences import Sentence, split_sentences
from zhida.knowledge import analyse, analyse_query
from zhida.retrieval import Passage

_LONGEST_QUOTE: Final = 320
_LONGEST_SPAN: Final = 2 * _LONGEST_QUOTE
_SUPPORTED_SHARE: Final = 0.6
"""Of a sentence's content terms in its passages: paraphrase keeps about two thirds of the words."""
_FEWEST_TERMS: Final = 2
_DIGITS: Final = re.compile(r"\d")
_CLAUSE_END: Final = re.compile(r"[，,；;、：:\s]")


@dataclass(frozen=True, slots=True)
class CitedText:
    """An answer's text without its markers, and where each marker stood: (offset, marker)."""

    text: str
    markers: tuple[tuple[int, int], ...]


def citation(marker: int, passage: Passage, sentence: str) -> Citation:
    """The link from a marker to its passage, with the words that support ``sentence`` best."""
    return _quoting(marker, passage, supporting_quote(sentence, passage.text))


def verbatim_citation(marker: int, passage: Passage, quoted: Sequence[Sentence]) -> Citation:
    """The link from a marker to its passage, with all that is quoted from it: from the first sentence to the last.

    Where they lie far apart, only the first: a quote of a whole page shows nothing.
    """
    start = min(sentence.start for sentence in quoted)
    whole = passage.text[start : max(sentence.end for sentence in quoted)]
    first = min(quoted, key=lambda sentence: sentence.start).text
    return _quoting(marker, passage, whole if len(whole) <= _LONGEST_SPAN else shortened(first))


def _quoting(marker: int, passage: Passage, quote: str) -> Citation:
    return Citation(
        marker=marker,
        chunk_id=passage.chunk_id,
        document_id=passage.document_id,
        version_id=passage.version_id,
        document_name=passage.document_name,
        location=passage.location,
        quote=quote,
    )


def supporting_quote(sentence: str, passage: str) -> str:
    """The sentence of the passage that shares most terms with ``sentence``; an exact substring of the passage."""
    wanted = set(analyse_query(sentence))
    best: tuple[float, Sentence] | None = None
    for candidate in split_sentences(passage):
        terms = set(analyse(candidate.text))
        shared = len(wanted & terms)
        score = shared + shared / (len(terms) + 8)  # of equals, the tighter one
        if best is None or score > best[0]:
            best = score, candidate
    return shortened(best[1].text) if best is not None else ""


def shortened(sentence: str, longest: int = _LONGEST_QUOTE) -> str:
    """A very long sentence up to its last clause that fits; an exact prefix."""
    if len(sentence) <= longest:
        return sentence
    ends = [end.start() for end in _CLAUSE_END.finditer(sentence, longest // 2, longest)]
    return sentence[: ends[-1] if ends else longest]


def groundedness(answer: CitedText, passages: Sequence[Passage]) -> float:
    """Share of the sentences whose content terms and numbers stand in the passages that they cite, 0 to 1.

    A marker belongs to the sentence that it stands in or follows. A sentence without a marker is unsupported;
    headings and lead-ins (no statement in them) are not counted. A sentence in another script than its passages
    shares few words with them, so there only numbers and Latin names can be held against it.
    """
    verdicts: list[bool] = []
    sentences = split_sentences(answer.text)
    for number, sentence in enumerate(sentences):
        terms = set(analyse_query(sentence.text))
        if len(terms) < _FEWEST_TERMS or sentence.text.endswith((":", "：")) or sentence.text.startswith("#"):
            continue
        until = sentences[number + 1].start if number + 1 < len(sentences) else len(answer.text) + 1
        cited = {marker for offset, marker in answer.markers if sentence.start < offset <= until}
        texts = [f"{passages[marker - 1].title}\n{passages[marker - 1].text}" for marker in cited]
        verdicts.append(bool(texts) and _is_supported(terms, "\n".join(texts)))
    return sum(verdicts) / len(verdicts) if verdicts else 0.0


def _is_supported(terms: set[str], passages: str) -> bool:
    known = set(analyse(passages))
    if any(_DIGITS.search(term) for term in terms - known):
        return False
    if _is_han(terms) != _is_han(known):
        return all(term in known for term in terms if term.isascii() and not _is_han(known))
    return len(terms & known) >= _SUPPORTED_SHARE * len(terms)


def _is_han(terms: set[str]) -> bool:
    return sum(not term.isascii() for term in terms) * 2 > len(terms)
