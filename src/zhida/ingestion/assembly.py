"""How a parser hands over what it finds: block after block, in reading order; every parser uses it.

Keeps the heading path, counts characters so that every element knows its range, and stops at the limits.
"""

import re
from collections.abc import Iterator
from pathlib import PurePath

from zhida.ids import Language
from zhida.ingestion.elements import Element, ElementKind, ParsedDocument
from zhida.ingestion.errors import ParseError, RefusalReason
from zhida.ingestion.ports import ParseLimits
from zhida.ingestion.text_cleaning import clean, one_line

_MAX_ELEMENT_CHARACTERS = 8_000
"""A longer block is split at a sentence's end, so that the page can list a document and a citation opens near."""
_MAX_HEADING_CHARACTERS = 300
"""A longer "heading" is a paragraph in a heading's clothes."""
_MAX_TITLE_CHARACTERS = 200
_DEEPEST_LEVEL = 6
_LANGUAGE_SAMPLE = 200_000

_GOOD_BREAKS = (re.compile(r"\n"), re.compile(r"[。！？!?；;]|\.(?=\s)"), re.compile(r"[，,、\s]"))
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_KANA = re.compile(r"[\u3041-\u30ff]")
_LATIN_WORD = re.compile(r"[A-Za-z]{2,}")
_OTHER_WORD = re.compile(r"[^\W\d_a-zA-Z\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff]{2,}")


class Assembly:
    """Collects a document's elements."""

    def __init__(self, limits: ParseLimits) -> None:
        self._limits = limits
        self._elements: list[Element] = []
        self._headings: list[tuple[int, str]] = []
        self._path: tuple[str, ...] = ()
        self._length = 0
        self._warnings: list[str] = []

    def heading(self, text: str, level: int, *, page: int | None = None) -> None:
        """A heading; ``level`` counts from 1, deeper than 6 counts as 6."""
        line = one_line(text)
        if not line:
            return
        if len(line) > _MAX_HEADING_CHARACTERS:
            self.block(ElementKind.PARAGRAPH, line, page=page)
            return
        level = max(1, min(level, _DEEPEST_LEVEL))
        while self._headings and self._headings[-1][0] >= level:
            self._headings.pop()
        self._headings.append((level, line))
        self._path = tuple(heading for _, heading in self._headings)
        self._append(ElementKind.HEADING, line, level=level, page=page)

    def block(self, kind: ElementKind, text: str, *, page: int | None = None) -> None:
        """Any other block; its text is cleaned, and split where it is very long. Blank text is dropped."""
        text = clean(text).strip("\n") if kind is ElementKind.CODE else clean(text).strip()
        if not text.strip():
            return
        for piece in _pieces(text):
            self._append(kind, piece, level=None, page=page)

    def warn(self, warning: str) -> None:
        """Note once what was left out or repaired, in a sentence."""
        if warning not in self._warnings:
            self._warnings.append(warning)

    def finish(self, *, title: str, name: str, page_count: int | None = None) -> ParsedDocument:
        """The document.

        Args:
            title: as the content states it; empty where it does not.
            name: the file's name, which stands in for the title.
            page_count: None where the format has no pages.

        Raises:
            ParseError: nothing but blanks was found.
        """
        if not self._elements:
            raise ParseError(RefusalReason.NO_TEXT)
        return ParsedDocument(
            title=_title(title, name),
            language=_language(self._elements),
            page_count=page_count,
            elements=tuple(self._elements),
            warnings=tuple(self._warnings),
        )

    def _append(self, kind: ElementKind, text: str, *, level: int | None, page: int | None) -> None:
        start = self._length + 1 if self._elements else 0
        end = start + len(text)
        if end > self._limits.max_text_characters or len(self._elements) >= self._limits.max_elements:
            raise ParseError(RefusalReason.TOO_MUCH_TEXT)
        self._elements.append(Element(kind, text, self._path, level, page, start, end))
        self._length = end


def _pieces(text: str) -> Iterator[str]:
    """The text in parts of bounded length, cut after a line, else a sentence, else a clause, else anywhere."""
    at = 0
    while len(text) - at > _MAX_ELEMENT_CHARACTERS:
        end = _good_break(text, at + _MAX_ELEMENT_CHARACTERS // 2, at + _MAX_ELEMENT_CHARACTERS)
        piece = text[at:end].strip()
        if piece:
            yield piece
        at = end
    rest = text[at:].strip() if at else text
    if rest:
        yield rest


def _good_break(text: str, earliest: int, latest: int) -> int:
    for pattern in _GOOD_BREAKS:
        ends = [match.end() for match in pattern.finditer(text, earliest, latest)]
        if ends:
            return ends[-1]
    return latest


def _title(stated: str, name: str) -> str:
    title = one_line(stated)
    if not title:
        title = one_line(PurePath(name).stem) or one_line(name)
    return title[:_MAX_TITLE_CHARACTERS]


def _language(elements: list[Element]) -> Language:
    """Chinese where its characters outnumber the words of other languages; Japanese counts as other."""
    sample: list[str] = []
    length = 0
    for element in elements:
        sample.append(element.text)
        length += len(element.text)
        if length > _LANGUAGE_SAMPLE:
            break
    text = "\n".join(sample)
    han = sum(1 for _ in _HAN.finditer(text))
    kana = sum(1 for _ in _KANA.finditer(text))
    latin = sum(1 for _ in _LATIN_WORD.finditer(text))
    other = sum(1 for _ in _OTHER_WORD.finditer(text))
    if kana * 10 > han + kana and kana > latin:
        return Language.OTHER
    if han > max(latin, other):
        return Language.CHINESE
    return Language.ENGLISH if latin >= other and latin else Language.OTHER
