"""How long is a text, whatever the language? Asked by chunking; independent of any model.

Changing the model must move no citation. A Han character, a kana or a Hangul syllable counts 1, any other word counts
1 (and 1 more per 16 characters), a mark counts a sixteenth. That is close to the tokens of multilingual models.
"""

import re

SIXTEENTHS = 16
"""Weights are whole sixteenths of a unit, so that the weights of parts add up to at least that of the whole."""

_WIDE = re.compile(r"[\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff]")
_WORD = re.compile(r"\w+")
_BLANK_OR_WORD = re.compile(r"[\w\s]+")


def weigh(text: str) -> int:
    """The weight of a text in sixteenths of a unit."""
    narrow, wide = _WIDE.subn(" ", text)
    words = 0
    for word in _WORD.findall(narrow):
        words += 1 if len(word) <= SIXTEENTHS else -(-len(word) // SIXTEENTHS)
    marks = len(_BLANK_OR_WORD.sub("", narrow))
    return (wide + words) * SIXTEENTHS + marks


def count_units(text: str) -> int:
    """The length of a text in whole units."""
    return weigh(text) // SIXTEENTHS
