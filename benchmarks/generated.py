"""Made-up chunks and queries of the right shape: Zipf-distributed words, half English-like, half Chinese."""

import random
import re
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate
from pydoc_data.topics import topics

import numpy as np
from numpy.typing import NDArray

WORDS = 40_000
WORDS_PER_CHUNK = 110
CENTRES = 600
_ONSETS = ("b", "br", "c", "ch", "d", "dr", "f", "fl", "g", "gr", "h", "j", "k", "l", "m", "n", "p", "pl", "r", "s")
_VOWELS = ("a", "e", "i", "o", "u", "ea", "ou", "ai")
_ENDS = ("", "n", "r", "t", "l", "st", "nd", "m", "ck", "ve")
_HAN_FIRST, _HAN_LAST = 0x4E00, 0x9000


class Language:
    """A vocabulary with Zipf's weights, from which texts and queries are drawn."""

    def __init__(self, words: list[str], joint: str, stop: str, draw: random.Random) -> None:
        self._words = words
        self._joint = joint
        self._stop = stop
        self._draw = draw
        self._weights = list(accumulate(1 / (rank + 20) for rank in range(len(words))))

    def text(self, words: int) -> str:
        """Sentences of a dozen words."""
        drawn = self._draw.choices(self._words, cum_weights=self._weights, k=words)
        sentences = [self._joint.join(drawn[start : start + 12]) for start in range(0, words, 12)]
        return self._stop.join(sentences) + self._stop.strip()

    def query(self) -> str:
        """Three to eight words, rarer than those of texts, as people ask for what is particular."""
        return self._joint.join(self._draw.choices(self._words[200:4000], k=self._draw.randint(3, 8)))


def english(seed: int) -> Language:
    """Words of Python's own manual by their frequency, then made-up ones: queries cost as many tokens as real ones."""
    draw = random.Random(seed)
    real = Counter(re.findall(r"[a-z]{3,14}", " ".join(topics.values()).lower()))
    words = [word for word, _ in real.most_common()]
    made = {"".join(_syllable(draw) for _ in range(draw.choice((2, 2, 3, 4)))) for _ in range(WORDS)}
    return Language((words + sorted(made - set(words)))[:WORDS], " ", ". ", draw)


def _syllable(draw: random.Random) -> str:
    return draw.choice(_ONSETS) + draw.choice(_VOWELS) + draw.choice(_ENDS)


def chinese(seed: int) -> Language:
    """Words of one to three characters."""
    draw = random.Random(seed)
    words = {
        "".join(chr(draw.randint(_HAN_FIRST, _HAN_LAST)) for _ in range(draw.choice((1, 2, 2, 2, 3))))
        for _ in range(WORDS * 2)
    }
    return Language(sorted(words)[:WORDS], "", "。", draw)


def clustered_vectors(count: int, dimensions: int, seed: int) -> Iterator[NDArray[np.float32]]:
    """Unit vectors around some hundred centres: synthetic, but with the neighbourhoods that a graph index needs."""
    generator = np.random.default_rng(seed)
    centres = generator.standard_normal((CENTRES, dimensions)).astype(np.float32)
    for _ in range(count):
        vector = centres[generator.integers(CENTRES)] + 0.7 * generator.standard_normal(dimensions).astype(np.float32)
        yield vector / np.linalg.norm(vector)
