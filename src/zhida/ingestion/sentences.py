"""Where sentences end, in Chinese and English text; used by chunking. One pass, linear in the text."""

import re
from collections.abc import Iterator

_BOUNDARY = re.compile(
    r"[。！？；]+[”’」』）》\"')\]]*"  # a Chinese sentence needs no blank after it
    r"|[.!?]+[\"'”’)\]]*(?=\s)"
    r"|\n+"
)
_ABBREVIATIONS = frozenset(
    {"al", "approx", "cf", "co", "corp", "dept", "dr", "e.g", "eq", "est", "etc", "fig", "figs", "gen", "gov", "i.e"}
    | {"inc", "jr", "ltd", "mr", "mrs", "ms", "no", "nos", "prof", "sr", "st", "u.k", "u.s", "vol", "vs"}
    | {"jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec"}
)
_LAST_WORD = re.compile(r"[A-Za-z.]{1,12}$")


def sentence_spans(text: str) -> Iterator[tuple[int, int]]:
    """The (start, end) of every sentence, without the white space around it; blank stretches yield nothing."""
    begin = 0
    for match in _BOUNDARY.finditer(text):
        if text[match.start()] == "." and not _ends_sentence(text, match.start(), match.end()):
            continue
        yield from _trimmed(text, begin, match.end())
        begin = match.end()
    yield from _trimmed(text, begin, len(text))


def _ends_sentence(text: str, dot: int, after: int) -> bool:
    """Whether this full stop ends a sentence rather than an abbreviation, an initial or a number in a list."""
    upcoming = text[after : after + 8].lstrip()
    if upcoming[:1].islower():
        return False
    word = _LAST_WORD.search(text, max(0, dot - 12), dot)
    if word is None:
        return True
    last = word[0].lower()
    return last not in _ABBREVIATIONS and (len(last) > 1 or not word[0].isupper())


def _trimmed(text: str, begin: int, end: int) -> Iterator[tuple[int, int]]:
    while begin < end and text[begin].isspace():
        begin += 1
    while end > begin and text[end - 1].isspace():
        end -= 1
    if begin < end:
        yield begin, end
