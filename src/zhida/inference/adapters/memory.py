"""A shipped stand-in for an embedding model: no weights, no wire, the same vector for the same words every time.

Texts that share words lie near each other, so that searches in tests find what a reader expects them to find.
"""

import re
import unicodedata
from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from zhida.ids import Language
from zhida.inference.call_rules import require_no_open_unit
from zhida.inference.local_model import TextRole
from zhida.inference.ports import EmbeddingModelCard
from zhida.inference.well_formed import well_formed

_WORDS = re.compile(r"[㐀-鿿぀-ヿ가-힯]|[^\W_]+")
"""A Han character, kana or hangul syllable by itself, or a run of other letters and digits."""


class HashedEmbeddingModel:
    """Feature hashing of words (https://arxiv.org/abs/0902.2206); usable as the port and inside an embedder."""

    def __init__(self, *, dimensions: int = 256, languages: frozenset[Language] = frozenset(Language)) -> None:
        name = f"hashed-words-{dimensions}"
        self._card = EmbeddingModelCard(name, dimensions=dimensions, max_tokens=8192, languages=languages)

    @property
    def card(self) -> EmbeddingModelCard:
        """What it is."""
        return self._card

    def embed_now(self, texts: Sequence[str], role: TextRole) -> NDArray[np.float32]:
        """Embed on the calling thread; questions and chunks alike."""
        del role
        vectors = np.zeros((len(texts), self._card.dimensions), np.float32)
        for row, text in enumerate(texts):
            for word in _WORDS.findall(unicodedata.normalize("NFKC", well_formed(text)).casefold()) or [""]:
                number = int.from_bytes(blake2b(word.encode(), digest_size=8).digest())
                vectors[row, (number >> 1) % self._card.dimensions] += 1.0 if number & 1 else -1.0
            if not vectors[row].any():
                vectors[row, 0] = 1.0
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    async def embed_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed questions."""
        require_no_open_unit()
        return self.embed_now(texts, TextRole.QUERY)

    async def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed chunks."""
        require_no_open_unit()
        return self.embed_now(texts, TextRole.PASSAGE)
