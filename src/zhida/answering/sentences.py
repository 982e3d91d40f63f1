"""Where do the sentences of a text begin and end? Decimals, abbreviations and quotations stay whole."""

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Sentence:
    """A stretch of a text: ``text[start:end]`` is it, without the white space around it."""

    start: int
    end: int
    text: str


_END: Final = re.compile(r"[。！？!?…]+|\.+(?=[\s\"'”’)\]】》」』]|$)|\n+|；(?=.{12})")
_CLOSERS: Final = "”’」』）)】]》\"'"
_OPENERS: Final = {"“": "”", "「": "」", "『": "』", "《": "》"}
_ABBREVIATIONS: Final = frozenset(
    [
        *("mr", "mrs", "ms", "dr", "prof", "sr", "jr", "st", "mt", "ft", "lt", "col", "gen", "sgt", "capt", "rev"),
        *("hon", "gov", "sen", "rep", "vs", "etc", "al", "cf", "eg", "ie", "e.g", "i.e", "viz", "approx", "ca", "fig"),
        *("figs", "eq", "no", "nos", "vol", "vols", "pp", "p", "ch", "sec", "inc", "ltd", "co", "corp", "dept", "est"),
        *("jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec", "u.s", "u.k", "u.n"),
    ]
)
_LAST_WORD: Final = re.compile(r"[A-Za-z](?:[A-Za-z.]*[A-Za-z])?$")
_NEXT_CHARACTER: Final = re.compile(r"\s*(\S)")
_LONGEST_QUOTATION: Final = 160
"""An opening quote without its closing one must not swallow the rest of the text."""


def split_sentences(text: str) -> list[Sentence]:
    """The sentences in order. They cover everything but white space; each is an exact substring.

    A line feed ends a sentence (headings, list items, table rows). A full stop ends one where white space follows and
    the word before it is no abbreviation or initial. Inside “…”, 「…」, 『…』 and 《…》 nothing ends.
    """
    sentences: list[Sentence] = []
    begin = 0
    position = 0
    while (end := _END.search(text, position)) is not None:
        position = end.end()
        if not end.group().startswith("\n"):
            if end.group().startswith(".") and _is_abbreviation(text, end, begin):
                continue
            closing = _quotation_end(text, begin, end.start())
            if closing is not None:
                position = closing
                if not _ends_after_quotation(text, closing):
                    continue
            while position < len(text) and text[position] in _CLOSERS:
                position += 1
        sentences += _between(text, begin, position)
        begin = position
    return sentences + _between(text, begin, len(text))


def _between(text: str, begin: int, end: int) -> list[Sentence]:
    """The stretch without the white space around it; nothing where it is blank."""
    stretch = text[begin:end]
    stripped = stretch.strip()
    start = begin + stretch.index(stripped)
    return [Sentence(start, start + len(stripped), stripped)] if stripped else []


def _is_abbreviation(text: str, dot: re.Match[str], begin: int) -> bool:
    """Whether the full stop belongs to the word before it. So does one before a lower-case word."""
    if dot.end() - dot.start() > 1:
        return False
    following = _NEXT_CHARACTER.match(text, dot.end())
    if following is not None and following[1].islower():
        return True
    word = _LAST_WORD.search(text, begin, dot.start())
    if word is None:
        return False
    is_initial = len(word[0]) == 1 and word[0].isupper() and following is not None
    return is_initial or word[0].lower() in _ABBREVIATIONS


def _quotation_end(text: str, begin: int, at: int) -> int | None:
    """One past the closing mark of the quotation that ``at`` lies in; None outside quotations."""
    for opener, closer in _OPENERS.items():
        opened = text.rfind(opener, begin, at)
        if opened < 0 or text.find(closer, opened, at) >= 0:
            continue
        closed = text.find(closer, at, at + _LONGEST_QUOTATION)
        if closed >= 0:
            return closed + 1
    return None


def _ends_after_quotation(text: str, closing: int) -> bool:
    """A quotation that ends with its own full stop ends the sentence unless more of it follows directly."""
    return text[closing - 2] in "。！？!?….\n" and (closing >= len(text) or text[closing].isspace())
