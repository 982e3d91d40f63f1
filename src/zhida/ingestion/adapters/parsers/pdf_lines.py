"""The lines of a PDF page with their place and size, read through pdfium's text page; used by the PDF parser only."""

import ctypes
import re
from collections import Counter
from dataclasses import dataclass

import pypdfium2 as pdfium
import pypdfium2.raw as raw

_LINE_END_HYPHENS = "\x02\ufffe"
"""What pdfium gives for a hyphen that ends a line and is continued on the next."""
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
    """A page's lines in the order that pdfium gives them, and whether the page shows any image."""

    lines: tuple[Line, ...]
    height: float


def read_lines(page: pdfium.PdfPage) -> PageLines:
    """All lines of a page; nothing of pdfium is held afterwards."""
    text_page = page.get_textpage()
    try:
        handle = text_page.raw
        codes = [raw.FPDFText_GetUnicode(handle, index) for index in range(raw.FPDFText_CountChars(handle))]
        lines: list[Line] = []
        begin = 0
        for index, code in enumerate([*codes, 0x0A]):
            if code in {0x0A, 0x0D}:
                line = _line(handle, codes, begin, index)
                if line is not None:
                    lines.append(line)
                begin = index + 1
        return PageLines(tuple(lines), page.get_height())
    finally:
        text_page.close()


def _line(handle: raw.FPDF_TEXTPAGE, codes: list[int], begin: int, end: int) -> Line | None:
    text = "".join(map(chr, codes[begin:end])).replace("\ufffe", "\x02")
    visible = [index for index in range(begin, end) if not chr(codes[index]).isspace()]
    if not visible:
        return None
    first, last = _box(handle, visible[0]), _box(handle, visible[-1])
    sizes = Counter(round(raw.FPDFText_GetFontSize(handle, index) * 2) / 2 for index in visible[:: max(1, len(visible) // 8)])
    height = first.top - first.bottom
    size = sizes.most_common(1)[0][0]
    if size <= 1 and height > 1:
        size = round(height * 2) / 2
    return Line(text.strip(" \t"), min(first.left, last.left), max(first.right, last.right), first.bottom, first.top, size)


def _box(handle: raw.FPDF_TEXTPAGE, index: int) -> raw.FS_RECTF:
    box = raw.FS_RECTF()
    raw.FPDFText_GetLooseCharBox(handle, index, ctypes.byref(box))
    return box


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
