"""What a parser makes of a file: a flat list of elements in reading order, in the document's own words."""

from dataclasses import dataclass, field
from enum import StrEnum

from zhida.ids import Language


class ElementKind(StrEnum):
    """What a parsed block is."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST_ITEM = "list_item"
    TABLE = "table"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Element:
    """One block.

    Attributes:
        kind: what it is.
        text: its text; a table is one line per row, cells joined by " | ".
        heading_path: headings above it, outermost first; a heading's own text is the last of its path.
        level: 1 to 6 for a heading, else None.
        page: counted from 1, None where the format has no pages.
        start, end: its character range in the document's text, which is all elements joined by one line feed.
    """

    kind: ElementKind
    text: str
    heading_path: tuple[str, ...]
    level: int | None
    page: int | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """A whole file, parsed."""

    title: str
    language: Language
    page_count: int | None
    elements: tuple[Element, ...]
    warnings: tuple[str, ...] = field(default=())
