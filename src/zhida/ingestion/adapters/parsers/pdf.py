"""PDF by pdfium: paragraphs rebuilt from lines, headings from the outline or the size of type, page by page."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import cast

import pypdfium2 as pdfium
from pypdfium2 import raw

from zhida.ingestion.adapters.parsers.pdf_lines import (
    LINE_END_HYPHEN,
    Line,
    PageLines,
    read_lines,
    without_running_lines,
)
from zhida.ingestion.assembly import Assembly
from zhida.ingestion.elements import ElementKind, ParsedDocument
from zhida.ingestion.errors import ParseError, RefusalReason
from zhida.ingestion.ports import ParseLimits
from zhida.ingestion.text_cleaning import joined_lines, one_line

_GAP = 1.45
"""A step to the next line that is this much larger than the page's usual one begins a paragraph."""
_HEADING_SIZE = 1.15
_MAX_HEADING_LINES = 3
_MAX_HEADING_CHARACTERS = 160
_SHORT_LINE = 0.85
"""A line that ends before this share of the widest one's width and closes a sentence ends its paragraph."""
_SENTENCE_END = re.compile(r"[。！？!?.:：;；”」』)）]$")
_BULLET = re.compile(
    r"\s*(?:[•·●▪■◆◦‣–\-*]\s|\(?\d{1,3}[.)、]\s?\S|[（(][一二三四五六七八九十\d]{1,3}[）)]|[一二三四五六七八九十]{1,3}、)"
)
_OUTLINE_DEPTH = 6
_ONLY_DIGITS = re.compile(r"[\d\s.,%|/-]+")


class PdfiumParser:
    """Reads application/pdf that has a text layer."""

    def parse(self, path: Path, *, name: str, limits: ParseLimits) -> ParsedDocument:
        """Pages in order; running headers and footers are left out.

        Raises:
            ParseError: behind a password, damaged, without a text layer, or with too much text.
        """
        try:
            document = pdfium.PdfDocument(path)
        except pdfium.PdfiumError as error:
            if error.err_code in {raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY}:
                raise ParseError(RefusalReason.ENCRYPTED) from error
            raise ParseError(RefusalReason.BROKEN) from error
        try:
            return _parse(document, name=name, limits=limits)
        finally:
            document.close()


def _parse(document: pdfium.PdfDocument, *, name: str, limits: ParseLimits) -> ParsedDocument:
    pages = without_running_lines(_read_pages(document, limits))
    headings = _Headings(_outline(document), _heading_ranks(pages))
    assembly = Assembly(limits)
    first_heading = ""
    for number, page in enumerate(pages, start=1):
        for paragraph in _paragraphs(page):
            text = _joined(paragraph)
            level = headings.level(paragraph, text, page=number)
            if level is not None:
                first_heading = first_heading or text
                assembly.heading(text, level, page=number)
            elif _BULLET.match(text):
                assembly.block(ElementKind.LIST_ITEM, text, page=number)
            else:
                assembly.block(ElementKind.PARAGRAPH, text, page=number)
    return assembly.finish(title=_stated_title(document) or first_heading, name=name, page_count=len(pages))


def _read_pages(document: pdfium.PdfDocument, limits: ParseLimits) -> list[PageLines]:
    pages: list[PageLines] = []
    characters = 0
    for index in range(len(document)):
        try:
            page = document[index]
        except pdfium.PdfiumError:
            pages.append(PageLines((), 0.0))
            continue
        try:
            pages.append(read_lines(page))
        finally:
            page.close()
        characters += sum(len(line.text) for line in pages[-1].lines)
        if characters > limits.max_text_characters:
            raise ParseError(RefusalReason.TOO_MUCH_TEXT)
    return pages


def _paragraphs(page: PageLines) -> Iterator[list[Line]]:
    """Lines that belong together: same size of type, usual distance, no sentence that ended early before."""
    usual = _usual_step(page.lines)
    gathered: list[Line] = []
    for line in page.lines:
        if gathered and _begins_paragraph(gathered, line, usual):
            yield gathered
            gathered = []
        gathered.append(line)
    if gathered:
        yield gathered


def _usual_step(lines: tuple[Line, ...]) -> float:
    steps = Counter(
        round(above.bottom - below.bottom, 1)
        for above, below in pairwise(lines)
        if 0 < above.bottom - below.bottom < 3 * max(above.size, 1)
    )
    return steps.most_common(1)[0][0] if steps else 0.0


def _begins_paragraph(gathered: list[Line], line: Line, usual: float) -> bool:
    last = gathered[-1]
    step = last.bottom - line.bottom
    if abs(step) < 0.3 * line.size:
        return line.left < last.left
    if last.text.endswith(LINE_END_HYPHEN):
        return False
    if step < 0 or (usual and step > _GAP * max(usual, 1.1 * line.size)):
        return True
    if abs(line.size - last.size) > 0.08 * last.size or _BULLET.match(line.text):
        return True
    widest = max(earlier.right for earlier in gathered)
    indented = line.left > last.left + 1.2 * line.size and line.left > gathered[0].left - 1
    ended = bool(_SENTENCE_END.search(last.text))
    if indented and ended:
        return True
    margin = max(widest, line.right)
    return ended and (last.right - last.left) < _SHORT_LINE * (margin - min(last.left, line.left))


def _joined(lines: list[Line]) -> str:
    """Running text of a paragraph.

    A hyphen at a line's end belongs to the word where the word has another one, or goes on with a capital or a digit.
    """
    merged: list[str] = []
    for line in lines:
        text = line.text.lstrip()
        if merged and merged[-1].endswith(LINE_END_HYPHEN):
            before = merged[-1].rstrip(LINE_END_HYPHEN)
            compound = "-" in before.rpartition(" ")[2] or not text[:1].islower()
            merged[-1] = f"{before}-{text}" if compound else before + text
        else:
            merged.append(text)
    return one_line(joined_lines([text.replace(LINE_END_HYPHEN, "-") for text in merged]))


def _heading_ranks(pages: list[PageLines]) -> dict[float, int]:
    """Level by size of type, for sizes clearly above that of most characters."""
    weight: Counter[float] = Counter()
    for page in pages:
        for line in page.lines:
            weight[line.size] += len(line.text)
    if not weight:
        return {}
    body = weight.most_common(1)[0][0]
    larger = sorted((size for size in weight if size >= _HEADING_SIZE * body), reverse=True)
    return {size: min(rank, 6) for rank, size in enumerate(larger, start=1)}


@dataclass(frozen=True, slots=True)
class _Headings:
    """How to tell a heading: ``stated`` by the outline, as (page, text without blanks) → level, or by size of type."""

    stated: dict[tuple[int, str], int]
    ranks: dict[float, int]

    def level(self, lines: list[Line], text: str, *, page: int) -> int | None:
        """The level of this paragraph, or None for one that is no heading."""
        stated = self.stated.get((page, _squeezed(text)))
        if stated is not None:
            return stated
        if len(lines) > _MAX_HEADING_LINES or len(text) > _MAX_HEADING_CHARACTERS or _ONLY_DIGITS.fullmatch(text):
            return None
        if text.endswith(("。", "，", ",", "；", ";")):
            return None
        return self.ranks.get(lines[0].size)


def _outline(document: pdfium.PdfDocument) -> dict[tuple[int, str], int]:
    """The bookmarks as (page, title without blanks) → level."""
    found: dict[tuple[int, str], int] = {}
    bookmarks = cast("Iterable[pdfium.PdfBookmark]", document.get_toc(max_depth=_OUTLINE_DEPTH))
    for bookmark in bookmarks:
        target = bookmark.get_dest()
        index = cast("int | None", target.get_index()) if target is not None else None
        title = _squeezed(bookmark.get_title())
        if index is not None and title:
            found[index + 1, title] = bookmark.level + 1
    return found


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _stated_title(document: pdfium.PdfDocument) -> str:
    """The title in the file's properties, unless it is only what some program left there."""
    title = one_line(document.get_metadata_dict().get("Title") or "")
    lowered = title.lower()
    junk = ("untitled", "microsoft word", "microsoft powerpoint", "无标题", "(anonymous)")
    if lowered.startswith(junk) or lowered.endswith((".doc", ".docx", ".indd", ".tex", ".dvi", ".html", ".qxd")):
        return ""
    return title
