"""What a Word paragraph is: heading, title or list item; answered from its own properties, its style and its list."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from zhida.ingestion.adapters.parsers.docx_numbering import BULLET, Numbering
from zhida.ingestion.adapters.parsers.docx_xml import XmlElement, child_of, children_of, number_of, value_of

_HEADING_NAME = re.compile(
    r"(?:heading|标题|標題|überschrift|titre|título|titolo|rubrik|kop|nagłówek|заголовок|見出し|제목)\s*([1-9])",
    re.IGNORECASE,
)
_TITLE_NAMES = frozenset({"title", "标题", "標題", "titel", "表題", "제목"})
_BODY_LEVEL = 9
_LONGEST_CHAIN = 20


@dataclass(frozen=True, slots=True)
class ParagraphForm:
    """What a paragraph is; ``label`` is the number or bullet that Word shows before it, empty for none."""

    heading_level: int | None
    is_title: bool
    label: str


@dataclass(frozen=True, slots=True)
class _Style:
    key: str
    name: str
    parent: str | None
    outline: int | None
    number: str | None
    number_level: int | None


class Styles:
    """The styles and lists of one file."""

    def __init__(self, styles: XmlElement | None, numbering: XmlElement | None) -> None:
        read = [_read_style(style) for style in children_of(styles, "style")]
        self._styles = {style.key: style for style in read}
        self._numbering = Numbering(numbering)

    def form_of(self, paragraph: XmlElement) -> ParagraphForm:
        """What this paragraph is; numbers count on, so ask once for each paragraph that has text, in order."""
        own = child_of(paragraph, "pPr")
        chain = list(self._chain(value_of(child_of(own, "pStyle"))))
        level, is_title = _heading_level(own, chain)
        label = self._label(own, chain)
        return ParagraphForm(level, is_title, "" if level is not None and label == BULLET else label)

    def _chain(self, key: str | None) -> Iterator[_Style]:
        for _ in range(_LONGEST_CHAIN):
            style = self._styles.get(key) if key else None
            if style is None:
                return
            yield style
            key = style.parent

    def _label(self, own: XmlElement | None, chain: list[_Style]) -> str:
        number = value_of(child_of(own, "numPr", "numId"))
        level = number_of(child_of(own, "numPr", "ilvl"))
        if number is None:
            style = next((style for style in chain if style.number is not None), None)
            if style is None or style.number is None:
                return BULLET if any(style.name.startswith("list bullet") for style in chain) else ""
            number = style.number
            level = style.number_level
            if level is None:
                level = self._numbering.level_of_style(number, style.key)
        return "" if number == "0" else self._numbering.next_label(number, level or 0)


def _read_style(style: XmlElement) -> _Style:
    properties = child_of(style, "pPr")
    return _Style(
        key=value_of(style, "styleId") or "",
        name=(value_of(child_of(style, "name")) or "").strip().lower(),
        parent=value_of(child_of(style, "basedOn")),
        outline=number_of(child_of(properties, "outlineLvl")),
        number=value_of(child_of(properties, "numPr", "numId")),
        number_level=number_of(child_of(properties, "numPr", "ilvl")),
    )


def _heading_level(own: XmlElement | None, chain: list[_Style]) -> tuple[int | None, bool]:
    outline = number_of(child_of(own, "outlineLvl"))
    if outline is not None:
        return (outline + 1 if outline < _BODY_LEVEL else None), False
    for style in chain:
        if style.name in _TITLE_NAMES:
            return 1, True
        named = _HEADING_NAME.fullmatch(style.name)
        if named:
            return int(named[1]), False
        if style.outline is not None:
            return (style.outline + 1 if style.outline < _BODY_LEVEL else None), False
    return None, False
