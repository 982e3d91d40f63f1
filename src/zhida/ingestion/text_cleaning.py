"""How text from any format is made clean; used by every parser through the assembly of elements.

Databases refuse NUL, pages cannot show control characters, and PDFs printed by some browsers hold radicals (U+2F00)
in place of the characters that they look like, so that no search would find them.
"""

import re
import unicodedata

_SUPPLEMENT = (
    "⺎兀⺏尣⺑尢⺒巳⺓幺⺔彑⺗心⺘扌⺙攵⺛旡⺝月⺞歺⺟母⺠民⺡氵⺢氺⺣灬⺤爫⺥爫⺦丬⺨犭⺩王⺪疋⺫目⺬示⺭礻⺮竹⺯糹⺰纟⺱罓⺲罒⺳网⺶羊⺷羊⺸羊⺹耂⺻聿⺼月⺽臼⺾艹⺿艹⻀艹"
    "⻁虎⻂衤⻃覀⻄西⻅见⻆角⻇角⻈讠⻉贝⻊足⻋车⻌辶⻍辶⻎辶⻏阝⻐钅⻑長⻒镸⻓长⻔门⻕阜⻖阝⻗雨⻘青⻙韦⻚页⻛风⻜飞⻝食⻞食⻟飠⻠饣⻢马⻣骨⻤鬼⻥鱼⻦鸟⻧卤⻨麦⻩黄⻪黾⻫斉⻬齐⻭歯⻮齿⻯竜⻰龙⻱龜⻲亀⻳龟"
)
"""Pairs of a CJK radical (U+2E80 to U+2EFF, which no Unicode normalisation touches) and its unified character."""

_RADICALS: dict[int, str] = {
    **{ord(radical): unified for radical, unified in zip(_SUPPLEMENT[0::2], _SUPPLEMENT[1::2], strict=True)},
    **{point: unicodedata.normalize("NFKC", chr(point)) for point in range(0x2F00, 0x2FD6)},
}
_DROPPED = dict.fromkeys(
    [
        *(point for point in range(0x20) if point not in {0x09, 0x0A}),
        *range(0x7F, 0xA0),
        *range(0xD800, 0xE000),
        0xAD,
        0x200B,
        0x2060,
        0xFEFF,
        0xFFFE,
        0xFFFF,
    ]
)
"""Control characters, lone surrogates, soft hyphens, zero-width spaces and marks."""

_TABLE = {**_RADICALS, **_DROPPED, 0xA0: " ", 0x0B: "\n", 0x0C: "\n", 0x2028: "\n", 0x2029: "\n", 0x85: "\n"}
_TOUCHED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\xa0\xad\u200b\u2028\u2029\u2060\u2e80-\u2fd5\ud800-\udfff\ufeff\ufffe\uffff]"
)
_LONG_BLANK = re.compile(r"[^\S\n]{40,}")
_BLANK_LINES = re.compile(r"\n(?:[^\S\n]*\n){2,}")
_BLANKS = re.compile(r"\s+")

_WIDE = (
    "\u2e80-\u303f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef\u201c\u201d\u2018\u2019\u2026\u2014"
)
_WIDE_CHARACTER = re.compile(f"[{_WIDE}]")


def clean(text: str) -> str:
    """Text without control characters, lone surrogates, radicals and long blanks; line ends are single line feeds."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if _TOUCHED.search(text):
        text = text.translate(_TABLE)
    text = _LONG_BLANK.sub(" ", text)
    return _BLANK_LINES.sub("\n\n", text)


def one_line(text: str) -> str:
    """Cleaned text with every run of white space as one space, and none around it."""
    return _BLANKS.sub(" ", clean(text)).strip()


def joined_lines(lines: list[str]) -> str:
    """The lines of one paragraph as running text.

    Chinese lines join without a space, others with one; a hyphen before a line end that is followed by a lower-case
    letter is taken for a hyphenation and removed.
    """
    parts: list[str] = []
    last = ""
    for raw in lines:
        line = raw.strip()
        if not line:
            continue
        if not last:
            parts.append(line)
        elif last.endswith("-") and last[-2:-1].isalpha() and line[0].islower():
            parts[-1] = parts[-1][:-1]
            parts.append(line)
        elif _WIDE_CHARACTER.match(last[-1]) or _WIDE_CHARACTER.match(line[0]):
            parts.append(line)
        else:
            parts.extend((" ", line))
        last = line
    return "".join(parts)
