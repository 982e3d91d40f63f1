"""The lines of a PDF page with their place and size, read through pdfium's text page; used by the PDF parser only."""

import ctypes
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pypdfium2 as pdfium
from pypdfium2 import raw

LINE_END_HYPHEN = "\x02"
"""Stands in a line's text for a hyphen at its end that may or may not belong to the word."""
_HYPHENS = frozenset({0x02, 0xFFFE})
"""What pdfium gives for such a hyphen; with it, it gives no line break."""
_BREAKS = frozenset({0x0A, 0x0D})
_SIZES_ASKED = 8
_DIGITS = re.compile(r"\d+")
_MARGIN = 0.12
"""Share of the page's height at top and bottom where running headers and footers stand."""
_FEWEST_REPEATS = 3
_REPEATED_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text; the box is in points, from the page's lower left corner."""

    text: str
    left: float
    right: float
    bottom: float
    top: float
    size: float


@dataclass(frozen=True, slots=True)
class PageLines:
    """A page's lines in the order that pdfium gives them, and the page's height in points."""

    lines: tuple[Line, ...]
    height: float


def read_lines(page: pdfium.PdfPage) -> PageLines:
    """All lines of a page; nothing of pdfium is held afterwards."""
    text_page = page.get_textpage()
    try:
        handle = text_page.raw
        codes = [raw.FPDFText_GetUnicode(handle, index) for index in range(raw.FPDFText_CountChars(handle))]
        lines = [_line(handle, codes, span) for span in _line_ranges(codes)]
        return PageLines(tuple(line for line in lines if line is not None), page.get_height())
    finally:
        text_page.close()


def _line_ranges(codes: list[int]) -> Iterator[tuple[int, int]]:
    """Where lines begin and end; a hyphen that pdfium bridges stays as the last character of its line."""
    begin = 0
    for index, code in enumerate(codes):
        if code in _BREAKS:
            yield begin, index
            begin = index + 1
        elif code in _HYPHENS:
            yield begin, index + 1
            begin = index + 1
    yield begin, len(codes)


@dataclass(frozen=True, slots=True)
class _Box:
    left: float
    right: float
    bottom: float
    top: float


def _line(handle: object, codes: list[int], span: tuple[int, int]) -> Line | None:
    visible = [index for index in range(*span) if not chr(codes[index]).isspace()]
    if not visible:
        return None
    first, last = _box(handle, visible[0]), _box(handle, visible[-1])
    height = first.top - first.bottom
    size = _half_points(_usual_size(handle, visible))
    return Line(
        text="".join(LINE_END_HYPHEN if code in _HYPHENS else chr(code) for code in codes[slice(*span)]).strip(" \t"),
        left=min(first.left, last.left),
        right=max(first.right, last.right),
        bottom=first.bottom,
        top=first.top,
        size=size if size > 1 else _half_points(height),
    )


def _usual_size(handle: object, visible: list[int]) -> float:
    """The size of type of most of a few characters; 1 where the page scales its type by other means."""
    few = visible[:: max(1, len(visible) // _SIZES_ASKED)]
    sizes = Counter(float(raw.FPDFText_GetFontSize(handle, index)) for index in few)
    return sizes.most_common(1)[0][0]


def _half_points(size: float) -> float:
    return round(size * 2) / 2


def _box(handle: object, index: int) -> _Box:
    """The character's box as high as its font, so that boxes of one line have one bottom."""
    box = raw.FS_RECTF()
    raw.FPDFText_GetLooseCharBox(handle, index, ctypes.byref(box))
    return _Box(float(box.left), float(box.right), float(box.bottom), float(box.top))


def without_running_lines(pages: list[PageLines]) -> list[PageLines]:
    """The pages without headers and footers: margin lines that return on many pages, numbers aside."""
    seen: Counter[str] = Counter()
    for page in pages:
        seen.update({_key(line) for line in page.lines if _in_margin(line, page.height)})
    needed = max(_FEWEST_REPEATS, _REPEATED_SHARE * len(pages))
    running = {key for key, count in seen.items() if count >= needed}
    return [
        PageLines(
            tuple(line for line in page.lines if not (_in_margin(line, page.height) and _key(line) in running)),
            page.height,
        )
        for page in pages
    ]


def _in_margin(line: Line, height: float) -> bool:
    return line.bottom > height * (1 - _MARGIN) or line.top < height * _MARGIN


def _key(line: Line) -> str:
    return _DIGITS.sub("#", "".join(line.text.split()))
