"""A model that is away costs searches nothing, and is found again by one question."""

import asyncio
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from zhida.inference import BreakingEmbeddingModel, EmbeddingModelCard, ModelUnavailableError
from zhida.inference.breaker import FAILURES_IN_A_ROW, REST


class _Model:
    """Fails while it is away; counts who asks."""

    card = EmbeddingModelCard("away", 2, 8, frozenset())

    def __init__(self) -> None:
        self.is_away = True
        self.asked = 0
        self.answers = asyncio.Event()
        self.answers.set()

    async def embed_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked += 1
        await self.answers.wait()
        if self.is_away:
            raise ModelUnavailableError("away")
        return np.ones((len(texts), 2), np.float32)

    async def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return await self.embed_queries(texts)


class _Watch:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


async def _fails(model: BreakingEmbeddingModel) -> None:
    with pytest.raises(ModelUnavailableError):
        await model.embed_queries(["why"])


async def test_after_some_failures_in_a_row_it_is_left_alone_for_a_moment() -> None:
    away, watch = _Model(), _Watch()
    model = BreakingEmbeddingModel(away, now=watch)
    for _ in range(FAILURES_IN_A_ROW + 5):
        await _fails(model)
    assert away.asked == FAILURES_IN_A_ROW
    watch.seconds += REST.total_seconds()
    await _fails(model)
    await _fails(model)
    assert away.asked == FAILURES_IN_A_ROW + 1


async def test_one_question_at_a_time_tries_it_again() -> None:
    away, watch = _Model(), _Watch()
    model = BreakingEmbeddingModel(away, now=watch)
    for _ in range(FAILURES_IN_A_ROW):
        await _fails(model)
    watch.seconds += REST.total_seconds()
    away.is_away = False
    away.answers.clear()
    trying = asyncio.create_task(model.embed_queries(["why"]))
    await asyncio.sleep(0)
    await _fails(model)
    away.answers.set()
    assert (await trying).shape == (1, 2)
    assert (await model.embed_queries(["why", "how"])).shape == (2, 2)


async def test_single_failures_among_successes_do_not_count() -> None:
    away = _Model()
    model = BreakingEmbeddingModel(away, now=_Watch())
    for _ in range(FAILURES_IN_A_ROW * 2):
        away.is_away = True
        await _fails(model)
        away.is_away = False
        await model.embed_queries(["why"])
    assert away.asked == FAILURES_IN_A_ROW * 4


async def test_passages_always_ask() -> None:
    away = _Model()
    model = BreakingEmbeddingModel(away, now=_Watch())
    for _ in range(FAILURES_IN_A_ROW):
        await _fails(model)
    away.is_away = False
    assert (await model.embed_passages(["because"])).shape == (1, 2)
