"""What a Word paragraph is: heading, title, list item; answered from its style, its own properties and numbering."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from xml.etree import ElementTree  # noqa: S405 - only elements that the parser has already made

_HEADING_NAME = re.compile(
    r"(?:heading|标题|標題|überschrift|titre|título|titolo|rubrik|kop|nagłówek|заголовок|見出し|제목)\s*([1-9])",
    re.IGNORECASE,
)
_TITLE_NAMES = frozenset({"title", "标题", "標題", "titel", "表題", "제목"})
_BODY_LEVEL = 9
_LONGEST_CHAIN = 20
_XmlElement = ElementTree.Element


def local(element: _XmlElement) -> str:
    """The element's name without its namespace; transitional and strict files differ in that only."""
    return element.tag.rpartition("}")[2]


def value_of(element: _XmlElement | None, name: str) -> str | None:
    """An attribute by its local name."""
    if element is None:
        return None
    for key, value in element.attrib.items():
        if key.rpartition("}")[2] == name:
            return value
    return None


def child_of(element: _XmlElement | None, *names: str) -> _XmlElement | None:
    """The first child of that name, of its child of the next name, and so on."""
    for name in names:
        if element is None:
            return None
        element = next((child for child in element if local(child) == name), None)
    return element


@dataclass(frozen=True, slots=True)
class ParagraphForm:
    """What a paragraph is; ``list_mark`` is empty for anything that is no list item."""

    heading_level: int | None
    is_title: bool
    list_mark: str


@dataclass(frozen=True, slots=True)
class _Style:
    name: str
    parent: str | None
    outline: int | None
    number: str | None


class Styles:
    """The styles and numbering of one file."""

    def __init__(self, styles: _XmlElement | None, numbering: _XmlElement | None) -> None:
        self._styles: dict[str, _Style] = {}
        for style in styles if styles is not None else ():
            key = value_of(style, "styleId")
            if local(style) == "style" and key:
                self._styles[key] = _read_style(style)
        self._ordered = _ordered_levels(numbering) if numbering is not None else frozenset[tuple[str, str]]()
        self._counters: dict[tuple[str, int], int] = {}

    def form_of(self, paragraph: _XmlElement) -> ParagraphForm:
        """What this paragraph is; counts numbered items, so ask once for each, in order."""
        own = child_of(paragraph, "pPr")
        chain = list(self._chain(value_of(child_of(own, "pStyle"), "val")))
        level, is_title = _heading_level(own, chain)
        if level is not None:
            return ParagraphForm(level, is_title, "")
        return ParagraphForm(None, is_title, self._list_mark(own, chain))

    def _chain(self, key: str | None) -> Iterable[_Style]:
        for _ in range(_LONGEST_CHAIN):
            style = self._styles.get(key) if key else None
            if style is None:
                return
            yield style
            key = style.parent

    def _list_mark(self, own: _XmlElement | None, chain: list[_Style]) -> str:
        properties = child_of(own, "numPr")
        number = value_of(child_of(properties, "numId"), "val")
        if properties is None:
            number = next((style.number for style in chain if style.number), None)
        if number is None or number == "0":
            return "-" if number is None and any(style.name.startswith("list bullet") for style in chain) else ""
        depth = value_of(child_of(properties, "ilvl"), "val") or "0"
        if (number, depth) not in self._ordered:
            return "-"
        level = int(depth) if depth.isdigit() else 0
        count = self._counters.get((number, level), 0) + 1
        self._counters[number, level] = count
        for deeper in range(level + 1, _BODY_LEVEL):
            self._counters.pop((number, deeper), None)
        return f"{count}."


def _read_style(style: _XmlElement) -> _Style:
    outline = value_of(child_of(style, "pPr", "outlineLvl"), "val")
    return _Style(
        name=(value_of(child_of(style, "name"), "val") or "").strip().lower(),
        parent=value_of(child_of(style, "basedOn"), "val"),
        outline=int(outline) if outline and outline.isdigit() else None,
        number=value_of(child_of(style, "pPr", "numPr", "numId"), "val"),
    )


def _heading_level(own: _XmlElement | None, chain: list[_Style]) -> tuple[int | None, bool]:
    outline = value_of(child_of(own, "outlineLvl"), "val")
    if outline and outline.isdigit():
        return (int(outline) + 1 if int(outline) < _BODY_LEVEL else None), False
    for style in chain:
        if style.name in _TITLE_NAMES:
            return 1, True
        named = _HEADING_NAME.fullmatch(style.name)
        if named:
            return int(named[1]), False
        if style.outline is not None:
            return (style.outline + 1 if style.outline < _BODY_LEVEL else None), False
    return None, False


def _ordered_levels(numbering: _XmlElement) -> frozenset[tuple[str, str]]:
    """The (list, level) pairs that count rather than show a bullet."""
    abstract: dict[str | None, list[str]] = {}
    for element in numbering:
        if local(element) == "abstractNum":
            abstract[value_of(element, "abstractNumId")] = [
                value_of(level, "ilvl") or "0"
                for level in element
                if local(level) == "lvl" and value_of(child_of(level, "numFmt"), "val") not in {"bullet", "none", None}
            ]
    return frozenset(
        (value_of(element, "numId") or "", level)
        for element in numbering
        if local(element) == "num"
        for level in abstract.get(value_of(child_of(element, "abstractNumId"), "val"), [])
    )
