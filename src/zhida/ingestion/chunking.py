"""Which stretches of a document are embedded and searched? A pure function, called by the ingestion job.

Sections (a heading and what follows it) are the first unit: a chunk crosses into the next section only where both are
small and stand under the same heading. A section that is too long is cut into parts of about equal length, at
paragraphs where possible, else between sentences; neighbours share a few sentences. Tables and code stay whole where
they fit. A chunk is always one unbroken stretch of the document's text, so that its range can be opened and marked.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from zhida.ingestion.chunk_atoms import Atom, atoms_of
from zhida.ingestion.elements import Element, ParsedDocument
from zhida.ingestion.units import SIXTEENTHS
from zhida.knowledge import Location

TITLE_SEPARATOR = " › "
_MAX_TITLE_CHARACTERS = 240
_EARLIEST_CUT = 0.5
"""A cut before this share of the wanted length is not considered."""
_INSIDE_PARAGRAPH_COST = 0.25
_AFTER_HEADING_COST = 2.0


@dataclass(frozen=True, slots=True)
class ChunkSettings:
    """How to cut.

    Attributes:
        size: units at most (see ``count_units``).
        overlap: units that two neighbours of one section share at most; whole sentences only.
        split_level: headings of this level or above begin a section.
        merge_below: a section below this share of ``size`` is merged with its next sibling or child, if both fit.
    """

    size: int = 256
    overlap: int = 32
    split_level: int = 6
    merge_below: float = 0.25

    def __post_init__(self) -> None:
        """Refuse what could not end.

        Raises:
            ValueError: no size, or an overlap that leaves no room for anything new.
        """
        if self.size < 1 or self.overlap < 0:
            message = "a chunk needs a positive size and no negative overlap"
            raise ValueError(message)


@dataclass(frozen=True, slots=True)
class ChunkDraft:
    """A chunk before it has an identity; ``text`` is the document's text at ``location.start:location.end``."""

    title: str
    text: str
    location: Location


@dataclass(frozen=True, slots=True)
class _Span:
    """A range of atoms: ``first`` to ``last`` (exclusive)."""

    first: int
    last: int


def document_text(document: ParsedDocument) -> str:
    """All elements joined by a line feed: what every range of the document counts in."""
    return "\n".join(element.text for element in document.elements)


def chunk(document: ParsedDocument, settings: ChunkSettings) -> list[ChunkDraft]:
    """The document's chunks in order; together they hold every character that is not white space."""
    text = document_text(document)
    atoms = list(atoms_of(document.elements, settings.size * SIXTEENTHS))
    cutter = _Cutter(atoms, settings)
    return [
        _draft(document, text, atoms[span.first : span.last])
        for section in cutter.sections()
        for span in cutter.cut(section)
    ]


class _Cutter:
    """Cuts one document's atoms."""

    def __init__(self, atoms: list[Atom], settings: ChunkSettings) -> None:
        self._atoms = atoms
        self._settings = settings
        self._limit = settings.size * SIXTEENTHS
        self._overlap = min(settings.overlap * SIXTEENTHS, self._limit // 2)
        self._sums = [0]
        for atom in atoms:
            self._sums.append(self._sums[-1] + atom.weight)

    def sections(self) -> Iterator[_Span]:
        """Sections, small neighbours under one heading merged, headings without text joined to what follows."""
        group: _Span | None = None
        for section in self._single_sections():
            if group is not None and self._belong_together(group, section):
                group = _Span(group.first, section.last)
                continue
            if group is not None:
                yield group
            group = section
        if group is not None:
            yield group

    def cut(self, section: _Span) -> Iterator[_Span]:
        """The section in parts of about equal weight, each within the limit."""
        first = section.first
        done = section.first
        while done < section.last:
            if self._weight(first, section.last) <= self._limit:
                yield _Span(first, section.last)
                return
            last = self._best_cut(first, done, section.last)
            yield _Span(first, last)
            done = last
            first = self._with_overlap(first, last)

    def _single_sections(self) -> Iterator[_Span]:
        first = 0
        for place, atom in enumerate(self._atoms):
            begins = atom.level is not None and atom.level <= self._settings.split_level and atom.opens
            if begins and place > first:
                yield _Span(first, place)
                first = place
        if first < len(self._atoms):
            yield _Span(first, len(self._atoms))

    def _belong_together(self, group: _Span, section: _Span) -> bool:
        before, after = self._atoms[group.last - 1].path, self._atoms[section.first].path
        only_headings = all(self._atoms[place].level is not None for place in range(group.first, group.last))
        if only_headings and after[: len(before)] == before:
            return True
        if after[:-1] not in {before, before[:-1]}:
            return False
        is_small = self._weight(group.first, group.last) < self._settings.merge_below * self._limit
        return is_small and self._weight(group.first, section.last) <= self._limit

    def _weight(self, first: int, last: int) -> int:
        return self._sums[last] - self._sums[first]

    def _best_cut(self, first: int, done: int, end: int) -> int:
        """Where the part that begins at ``first`` ends: near the even length, at a paragraph rather than inside one."""
        rest = self._weight(first, end)
        room = max(1, self._limit - self._overlap)
        parts = -(-max(1, rest - self._overlap) // room)
        wanted = min(self._limit, (rest - self._overlap) // max(1, parts) + self._overlap)
        best, best_cost = done + 1, float("inf")
        place = done + 1
        while place <= end and self._weight(first, place) <= self._limit:
            weight = self._weight(first, place)
            if weight >= _EARLIEST_CUT * wanted or place == done + 1:
                cost = self._cost(place, end, abs(weight - wanted) / wanted)
                if cost <= best_cost:
                    best, best_cost = place, cost
            place += 1
        return best

    def _cost(self, place: int, end: int, distance: float) -> float:
        if self._atoms[place - 1].level is not None:
            distance += _AFTER_HEADING_COST
        if place < end and not self._atoms[place].opens:
            distance += _INSIDE_PARAGRAPH_COST
        return distance

    def _with_overlap(self, first: int, last: int) -> int:
        """The beginning of the next part: some whole sentences back, as long as the next atom still fits."""
        room = min(self._overlap, self._limit - self._atoms[last].weight) if last < len(self._atoms) else 0
        begin = last
        while begin - 1 > first and self._atoms[begin - 1].level is None and self._weight(begin - 1, last) <= room:
            begin -= 1
        return begin


def _draft(document: ParsedDocument, text: str, atoms: list[Atom]) -> ChunkDraft:
    opening, closing = atoms[0], atoms[-1]
    first, last = document.elements[opening.element], document.elements[closing.element]
    path = _shared_path(document.elements, atoms)
    return ChunkDraft(
        title=_title(document.title, path),
        text=text[opening.start : closing.end],
        location=Location(
            heading_path=path,
            page=first.page,
            last_page=last.page,
            element=opening.element,
            last_element=closing.element,
            start=opening.start,
            end=closing.end,
        ),
    )


def _shared_path(elements: tuple[Element, ...], atoms: list[Atom]) -> tuple[str, ...]:
    """The headings above everything that the chunk says."""
    paths = {elements[atom.element].heading_path for atom in atoms if atom.level is None} or {atoms[0].path}
    shortest = min(paths, key=len)
    depth = 0
    while depth < len(shortest) and all(path[depth] == shortest[depth] for path in paths):
        depth += 1
    return shortest[:depth]


def _title(document_title: str, path: tuple[str, ...]) -> str:
    names = list(path) if path and path[0] == document_title else [document_title, *path]
    title = TITLE_SEPARATOR.join(name for name in names if name)
    if len(title) <= _MAX_TITLE_CHARACTERS:
        return title
    return title[: _MAX_TITLE_CHARACTERS // 2] + "…" + title[1 - _MAX_TITLE_CHARACTERS // 2 :]
