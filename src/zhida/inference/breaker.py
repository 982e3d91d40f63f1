"""What if the embedding model is away for longer? After some failures in a row it is left alone for a moment.

Wired by bootstrap around the model that searches ask: each search would otherwise wait out its whole time limit.
"""

import time
from collections.abc import Callable, Sequence
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from zhida.inference.errors import ModelUnavailableError
from zhida.inference.ports import EmbeddingModel, EmbeddingModelCard

FAILURES_IN_A_ROW = 3
REST = timedelta(seconds=2)


class BreakingEmbeddingModel:
    """An embedding model whose questions fail at once while it rests; then one question at a time tries it again."""

    def __init__(self, model: EmbeddingModel, *, now: Callable[[], float] = time.monotonic) -> None:
        """``now``: seconds that only grow."""
        self._model = model
        self._now = now
        self._failures = 0
        self._rests_until = 0.0
        self._is_tried = False

    @property
    def card(self) -> EmbeddingModelCard:
        """What the model is."""
        return self._model.card

    async def embed_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed questions, unless the model rests."""
        is_broken = self._failures >= FAILURES_IN_A_ROW
        if is_broken and (self._is_tried or self._now() < self._rests_until):
            raise ModelUnavailableError(
                "The embedding model failed several times in a row and is left alone for a moment.",
                advice="It is tried again by itself; if this stays, look into its log.",
            )
        self._is_tried = is_broken
        try:
            vectors = await self._model.embed_queries(texts)
        except ModelUnavailableError:
            self._failures += 1
            self._rests_until = self._now() + REST.total_seconds()
            raise
        finally:
            if is_broken:
                self._is_tried = False
        self._failures = 0
        return vectors

    async def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed chunks; a job waits for its model, and is tried again by itself."""
        return await self._model.embed_passages(texts)
