"""Which terms does a text stand for? The lexical index and its queries ask this one module, so that they always agree.

Called by the search index adapters (``analyse`` when a chunk is written, ``analyse_query`` when a question is asked)
and by retrieval (``detect_language``). Pure: the same text gives the same terms on every machine.

A text is brought to one form (NFKC, lower case, no accents, traditional Chinese as simplified) and cut into runs by
script. Han runs are segmented into words, long words also into the words inside them. Runs of kana, hangul and other
scripts without reliable spaces become overlapping pairs of characters. Everything else is a word: stemmed as English
where it is plain letters, kept whole where it is an identifier, a version or a number, and then its parts are indexed
beside it.
"""

# pyright: reportUnknownVariableType=false
import re
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

import opencc
import rjieba
import Stemmer

from zhida.ids import Language

ANALYSIS_VERSION = 1
"""Raised whenever the terms of any text change: an index written under another version is rebuilt."""

_TITLE_WEIGHT = 2
"""How often a title's terms count; on Chinese and English sets 2 and 3 were about equal, and better than 0 and 1."""

_HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_PAIRED = "\u3040-\u30ff\u31f0-\u31ff\u1100-\u11ff\u3130-\u318f\uac00-\ud7af\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
_LETTER = rf"[^\W_{_HAN}{_PAIRED}]"
_RUN = re.compile(
    rf"(?P<han>[{_HAN}]+)"
    rf"|(?P<paired>[{_PAIRED}]+)"
    rf"|(?P<word>(?:(?<!\w)\.(?={_LETTER}))?{_LETTER}+(?:[_.\-@/:'&+,]+{_LETTER}+)*(?:\+\+|\#(?!\w))?)",
)
_MARKS = re.compile("[\u0300-\u036f]+")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]+")
_APOSTROPHES = str.maketrans({"\u2019": "'", "\u2018": "'", "\u02bc": "'", "\uff07": "'", "\u2010": "-", "\u2011": "-"})
_CLEARLY_CAMEL = 3
"""Two humps may be a name (McDonald, YouTube); three are an identifier."""
_PART = re.compile(r"[^\W_]+")
_GROUPED_NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_CONTRACTION = re.compile(r"(?:n't|'(?:s|re|ve|ll|d|m|t))$|'+$")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

_to_simplified: Callable[[str], str] = opencc.OpenCC("t2s").convert
_stem: Callable[[str], str] = Stemmer.Stemmer("english").stemWord


def _words_of(name: str) -> frozenset[str]:
    lines = (Path(__file__).parent / name).read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


_STOP_WORDS = _words_of("stop_words_en.txt") | _words_of("stop_words_zh.txt")


def analyse(text: str) -> list[str]:
    """The index terms of a text, in order, with repetitions (term frequency counts). No term contains white space."""
    return list(_terms(text))


def analyse_chunk(title: str, text: str) -> list[str]:
    """The index terms of a chunk under its title, whose terms count more than once."""
    return analyse(title) * _TITLE_WEIGHT + analyse(text)


def analyse_query(text: str) -> list[str]:
    """The terms to look for, each once: without stop words, unless nothing else was asked."""
    terms = list(dict.fromkeys(_terms(text)))
    return [term for term in terms if term not in _STOP_TERMS] or terms


def detect_language(text: str) -> Language:
    """What most of the text is written in, by the share of scripts (a Han character weighs as much as a Latin word)."""
    han = sum(len(run) for run in _HAN_RUN.findall(text))
    if _KANA_OR_HANGUL.search(text) and len(_KANA_OR_HANGUL.findall(text)) * 5 > han:
        return Language.OTHER
    latin = len(_LATIN_WORD.findall(text))
    letters = sum(map(str.isalpha, text)) if not han and not latin else 1
    if not letters:
        return Language.OTHER
    if han >= latin and han:
        return Language.CHINESE
    return Language.ENGLISH if latin else Language.OTHER


_HAN_RUN = re.compile(f"[{_HAN}]+")
_KANA_OR_HANGUL = re.compile("[\u3040-\u30ff\uac00-\ud7af]")
_LATIN_WORD = re.compile("[A-Za-z\u00c0-\u024f]+")


def _normalised(text: str) -> str:
    """One form for every way of writing the same: width, ligatures, accents, invisible characters, script variants."""
    if text.isascii():
        return text
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKD", text).translate(_APOSTROPHES))
    return _to_simplified(unicodedata.normalize("NFC", _MARKS.sub("", text)))


def _terms(text: str) -> Iterator[str]:
    for run in _RUN.finditer(_normalised(text)):
        token = run.group()
        match run.lastgroup:
            case "han":
                yield from _han_terms(token)
            case "paired":
                yield from _pairs(token)
            case _:
                yield from _word_terms(token)


def _han_terms(run: str) -> Iterator[str]:
    yield from rjieba.cut_for_search(run)


def _pairs(run: str) -> Iterator[str]:
    if len(run) == 1:
        yield run
    for start in range(len(run) - 1):
        yield run[start : start + 2]


def _word_terms(token: str) -> Iterator[str]:
    lowered = token.lower()
    if lowered.isalpha():
        yield _stem(lowered)
        if not lowered.isascii() or lowered == token or not _CAMEL.search(token):
            return
        yield from _camel_parts(token)
        return
    yield from _compound_terms(lowered)


def _camel_parts(token: str) -> Iterator[str]:
    parts = _CAMEL.split(token)
    if len(parts) >= _CLEARLY_CAMEL or (token[0].islower() and len(parts[0]) > 1):
        for part in parts:
            yield _stem(part.lower())


def _compound_terms(lowered: str) -> Iterator[str]:
    if _GROUPED_NUMBER.fullmatch(lowered):
        yield lowered.replace(",", "")
        return
    lowered = _CONTRACTION.sub("", lowered)
    if lowered.isalpha():
        yield _stem(lowered)
        return
    parts = _PART.findall(lowered)
    yield lowered
    if len(parts) > 1:
        for part in parts:
            yield _stem(part)


_STOP_TERMS = _STOP_WORDS | {_stem(word) for word in _STOP_WORDS if word.isascii()}
