"""Approximate search stays close to exact search, whatever share of the rows a person may see."""

from datetime import timedelta

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.contract.index_world import HANDBOOK, MODEL
from zhida.ids import AccessListId, ChunkKey, VersionKey
from zhida.knowledge import IndexQuery, IndexRow, SearchIndex
from zhida.knowledge.adapters.local_options import LocalIndexOptions
from zhida.knowledge.adapters.local_reader import LocalSearchIndexes
from zhida.knowledge.adapters.local_writer import LocalIndexWriters

ROWS, DIMENSIONS, QUESTIONS = 20_000, 384, 100
PERMITTED = {1: {1}, 10: {1, 2}, 50: {1, 2, 3}, 100: {1, 2, 3, 4}}


@pytest.fixture(scope="module")
def vectors() -> NDArray[np.float32]:
    """Clustered, as embeddings are: 300 topics, and about as much difference within one as between two."""
    random = np.random.default_rng(7)
    topics = random.normal(size=(300, DIMENSIONS))
    made = topics[random.integers(0, 300, ROWS + QUESTIONS)] + random.normal(size=(ROWS + QUESTIONS, DIMENSIONS))
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def access_lists() -> NDArray[np.int64]:
    """1 % of the rows carry list 1, 9 % list 2, 40 % list 3, 50 % list 4."""
    return np.random.default_rng(8).choice([1, 2, 3, 4], size=ROWS, p=[0.01, 0.09, 0.4, 0.5])


@pytest.fixture(scope="module")
def index(
    tmp_path_factory: pytest.TempPathFactory, vectors: NDArray[np.float32], access_lists: NDArray[np.int64]
) -> SearchIndex:
    root = tmp_path_factory.mktemp("index")
    options = LocalIndexOptions(check_interval=timedelta(0))
    writer = LocalIndexWriters(root, options).open(HANDBOOK, MODEL)
    rows = (
        IndexRow(ChunkKey(i), VersionKey(i // 50), AccessListId(int(access_lists[i])), "", "", vectors[i])
        for i in range(ROWS)
    )
    writer.rebuild(rows, 1)
    assert writer.compact()
    writer.close()
    return LocalSearchIndexes(root, options).open(HANDBOOK, MODEL)


@pytest.mark.parametrize("percent", PERMITTED)
def test_recall_at_10_under_a_filter_is_at_least_98_percent(
    index: SearchIndex, vectors: NDArray[np.float32], access_lists: NDArray[np.int64], percent: int
) -> None:
    permitted = np.flatnonzero(np.isin(access_lists, list(PERMITTED[percent])))
    lists = frozenset(map(AccessListId, PERMITTED[percent]))
    found = 0
    for question in vectors[ROWS:]:
        exact = permitted[np.argsort(-(vectors[permitted] @ question))[:10]]
        hits = index.search(IndexQuery(text="", embedding=question, access_lists=lists, lexical_k=0, dense_k=10)).dense
        assert set(hits.keys) <= set(permitted)
        found += len(set(hits.keys) & set(exact))
    assert found / (10 * QUESTIONS) >= 0.98
