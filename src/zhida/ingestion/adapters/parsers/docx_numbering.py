"""Which number does Word show before this paragraph? Contracts live by it: 第五条 stands in no text, only in numbering.

ECMA-376 part 1, 17.9: a list (num) points to its levels (abstractNum); lists with the same levels count on.
"""

import re
from dataclasses import dataclass, field

from zhida.ingestion.adapters.parsers.docx_xml import XmlElement, child_of, children_of, number_of, value_of

BULLET = "-"
_PLACE = re.compile(r"%([1-9])")
_LEVELS = 9
_DIGITS = "零一二三四五六七八九"
_STEMS = "甲乙丙丁戊己庚辛壬癸"
_ROMAN = (
    *((1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL")),
    *((10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")),
)
_ALPHABET = 26
_MOST_CIRCLED = 20
_MOST_CHINESE = 9999
_MOST_ROMAN = 3999


@dataclass(frozen=True, slots=True)
class _Level:
    format: str
    text: str
    start: int


@dataclass(slots=True)
class _Levels:
    """An abstractNum, and how far each of its levels has counted."""

    levels: dict[int, _Level]
    level_by_style: dict[str, int]
    counts: dict[int, int] = field(default_factory=dict[int, int])


class Numbering:
    """The lists of one file, counting as the paragraphs come."""

    def __init__(self, root: XmlElement | None) -> None:
        abstract = {value_of(item, "abstractNumId"): _read_levels(item) for item in children_of(root, "abstractNum")}
        self._lists: dict[str, _Levels] = {}
        self._restarts: dict[str, dict[int, int]] = {}
        for item in children_of(root, "num"):
            key, levels = value_of(item, "numId"), abstract.get(value_of(child_of(item, "abstractNumId")))
            if key is None or levels is None:
                continue
            self._lists[key] = levels
            self._restarts[key] = {
                number_of(override, "ilvl") or 0: start
                for override in children_of(item, "lvlOverride")
                if (start := number_of(child_of(override, "startOverride"))) is not None
            }

    def level_of_style(self, number: str, style: str) -> int:
        """The level that a list keeps for paragraphs of this style; 0 where it keeps none."""
        levels = self._lists.get(number)
        return levels.level_by_style.get(style, 0) if levels is not None else 0

    def next_label(self, number: str, level: int) -> str:
        """Count one paragraph on; its label, "-" for a bullet, empty where Word shows none."""
        levels = self._lists.get(number)
        if levels is None:
            return BULLET
        form = levels.levels.get(level)
        if form is None or form.format == "bullet":
            return BULLET
        restart = self._restarts[number].pop(level, None)
        count = levels.counts.get(level, form.start - 1) + 1 if restart is None else restart
        levels.counts[level] = count
        for deeper in range(level + 1, _LEVELS):
            levels.counts.pop(deeper, None)
        return "" if form.format == "none" else _PLACE.sub(lambda place: _shown(levels, int(place[1]) - 1), form.text)


def _read_levels(item: XmlElement) -> _Levels:
    levels: dict[int, _Level] = {}
    by_style: dict[str, int] = {}
    for level in children_of(item, "lvl"):
        place = number_of(level, "ilvl") or 0
        start = number_of(child_of(level, "start"))
        levels[place] = _Level(
            format=value_of(child_of(level, "numFmt")) or "decimal",
            text=value_of(child_of(level, "lvlText")) or "",
            start=1 if start is None else start,
        )
        style = value_of(child_of(level, "pStyle"))
        if style is not None:
            by_style[style] = place
    return _Levels(levels, by_style)


def _shown(levels: _Levels, place: int) -> str:
    form = levels.levels.get(place)
    if form is None:
        return ""
    return numeral(levels.counts.get(place, form.start), form.format)


def numeral(count: int, form: str) -> str:
    """A count as Word writes it in one of its number formats (ST_NumberFormat); decimal where the format is rare."""
    if form in {"chineseCounting", "chineseCountingThousand", "japaneseCounting", "taiwaneseCountingThousand"}:
        return _chinese(count)
    if form in {"lowerLetter", "upperLetter"} and count > 0:
        letter = chr(ord("a") + (count - 1) % _ALPHABET) * ((count - 1) // _ALPHABET + 1)
        return letter if form == "lowerLetter" else letter.upper()
    if form in {"lowerRoman", "upperRoman"} and 0 < count <= _MOST_ROMAN:
        return _roman(count) if form == "upperRoman" else _roman(count).lower()
    if form.startswith("decimalEnclosedCircle") and 0 < count <= _MOST_CIRCLED:
        return chr(ord("①") + count - 1)
    if form in {"ideographTraditional", "ideographZodiacTraditional"} and 0 < count <= len(_STEMS):
        return _STEMS[count - 1]
    return f"{count:02d}" if form == "decimalZero" else str(count)


def _roman(count: int) -> str:
    parts: list[str] = []
    for value, letters in _ROMAN:
        times, count = divmod(count, value)
        parts.append(letters * times)
    return "".join(parts)


def _chinese(count: int) -> str:
    """一 to 九千九百九十九; ten to nineteen without a leading 一."""
    if not 0 < count <= _MOST_CHINESE:
        return str(count)
    parts: list[str] = []
    for value, unit in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, rest = divmod(count, value)
        if digit:
            parts.append(_DIGITS[digit] + unit)
        elif parts and rest and parts[-1] != _DIGITS[0]:
            parts.append(_DIGITS[0])
        count = rest
    text = "".join(parts)
    return text[1:] if text.startswith("一十") else text
