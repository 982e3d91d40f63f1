"""The pieces that chunks are made of, none larger than a chunk may be; used by chunking only.

A sentence is one atom, a heading too, and a table or a piece of code as long as it fits; a table that does not fits by
its lines. What is still too long is cut at a clause, else at white space, else anywhere.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from zhida.ingestion.elements import Element, ElementKind
from zhida.ingestion.sentences import sentence_spans
from zhida.ingestion.units import SIXTEENTHS, weigh

_LINE = re.compile(r"[^\n]+")
_CLAUSE_END = re.compile(r"[，,、：:;；]\s*|\s+")


@dataclass(frozen=True, slots=True)
class Atom:
    """A stretch of the document's text that no cut goes through.

    Attributes:
        start, end: its range in the document's text, without white space around it.
        weight: in sixteenths of a unit.
        element: ordinal of the element that it belongs to.
        level: of a heading, else None.
        opens: whether it is the first of its element.
        path: headings above it, its own included.
    """

    start: int
    end: int
    weight: int
    element: int
    level: int | None
    opens: bool
    path: tuple[str, ...]


def atoms_of(elements: tuple[Element, ...], limit: int) -> Iterator[Atom]:
    """Every element as atoms of at most ``limit`` sixteenths, in order."""
    for ordinal, element in enumerate(elements):
        opens = True
        for begin, end, weight in _spans(element, limit):
            start = element.start
            yield Atom(start + begin, start + end, weight, ordinal, element.level, opens, element.heading_path)
            opens = False


def _spans(element: Element, limit: int) -> Iterator[tuple[int, int, int]]:
    text = element.text
    if element.kind in {ElementKind.HEADING, ElementKind.TABLE, ElementKind.CODE}:
        weight = weigh(text)
        begin, end = _visible(text, 0, len(text))
        if weight <= limit:
            if begin < end:
                yield begin, end, weight
            return
        lines = ((match.start(), match.end()) for match in _LINE.finditer(text))
    else:
        lines = sentence_spans(text)
    for first, last in lines:
        begin, end = _visible(text, first, last)
        if begin == end:
            continue
        weight = weigh(text[begin:end])
        if weight <= limit:
            yield begin, end, weight
        else:
            yield from _cut_anywhere(text, begin, end, limit=limit)


def _visible(text: str, begin: int, end: int) -> tuple[int, int]:
    while begin < end and text[begin].isspace():
        begin += 1
    while end > begin and text[end - 1].isspace():
        end -= 1
    return begin, end


def _cut_anywhere(text: str, begin: int, end: int, *, limit: int) -> Iterator[tuple[int, int, int]]:
    """A sentence that is too long: clauses gathered up to the limit; a clause that is too long, by characters."""
    piece = begin
    reached = begin
    weight = 0
    for clause_end in [*(match.end() for match in _CLAUSE_END.finditer(text, begin, end)), end]:
        if clause_end == reached:
            continue
        more = weigh(text[reached:clause_end])
        if weight and weight + more > limit:
            yield from _fitting(text, piece, reached, limit=limit)
            piece, weight = reached, 0
        weight += more
        reached = clause_end
    yield from _fitting(text, piece, reached, limit=limit)


def _fitting(text: str, begin: int, end: int, *, limit: int) -> Iterator[tuple[int, int, int]]:
    """The stretch as it is where it fits, else in windows; no character weighs more than a unit, so a window fits."""
    begin, end = _visible(text, begin, end)
    if begin == end:
        return
    weight = weigh(text[begin:end])
    if weight <= limit:
        yield begin, end, weight
        return
    step = max(1, limit // SIXTEENTHS)
    for first in range(begin, end, step):
        window = _visible(text, first, min(first + step, end))
        if window[0] < window[1]:
            yield *window, weigh(text[slice(*window)])
