"""Approximate search stays close to exact search, whatever share of the rows a person may see."""

from dataclasses import dataclass
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

ROWS, DIMENSIONS, QUESTIONS, TOPICS = 20_000, 384, 100, 300
PARTS = {1: [1], 10: [1, 2], 50: [1, 2, 3], 100: [1, 2, 3, 4]}


@dataclass(frozen=True)
class World:
    """Vectors, the topic of each, and its access list: 10 times the topic's department (0 to 9), plus its part.

    1 % of the rows are in part 1, 9 % in part 2, 40 % in part 3, 50 % in part 4.
    """

    vectors: NDArray[np.float32]
    topics: NDArray[np.int64]
    access_lists: NDArray[np.int64]
    index: SearchIndex

    def recall(self, lists: list[int], questions: NDArray[np.float32]) -> float:
        permitted = np.flatnonzero(np.isin(self.access_lists, lists))
        rights, found = frozenset(map(AccessListId, lists)), 0
        for question in questions:
            exact = permitted[np.argsort(-(self.vectors[permitted] @ question))[:10]]
            query = IndexQuery(text="", embedding=question, access_lists=rights, lexical_k=0, dense_k=10)
            keys = set(self.index.search(query).dense.keys)
            assert keys <= set(permitted)
            found += len(keys & set(exact))
        return found / (10 * len(questions))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Clustered, as embeddings are: about as much difference within a topic as between two."""
    random = np.random.default_rng(7)
    topics = random.integers(0, TOPICS, ROWS + QUESTIONS)
    made = random.normal(size=(TOPICS, DIMENSIONS))[topics] + random.normal(size=(ROWS + QUESTIONS, DIMENSIONS))
    vectors = (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)
    access_lists = topics[:ROWS] % 10 * 10 + random.choice([1, 2, 3, 4], size=ROWS, p=[0.01, 0.09, 0.4, 0.5])
    root, options = tmp_path_factory.mktemp("index"), LocalIndexOptions(check_interval=timedelta(0))
    writer = LocalIndexWriters(root, options).open(HANDBOOK, MODEL)
    rows = (
        IndexRow(ChunkKey(i), VersionKey(i // 50), AccessListId(int(access_lists[i])), "", "", vectors[i])
        for i in range(ROWS)
    )
    writer.rebuild(rows, 1)
    assert writer.compact()
    writer.close()
    return World(vectors, topics, access_lists, LocalSearchIndexes(root, options).open(HANDBOOK, MODEL))


@pytest.mark.parametrize("percent", PARTS)
def test_recall_at_10_under_a_filter_is_at_least_98_percent(world: World, percent: int) -> None:
    lists = [10 * department + part for department in range(10) for part in PARTS[percent]]
    assert world.recall(lists, world.vectors[ROWS:]) >= 0.98


@pytest.mark.parametrize("departments", [1, 3, 6, 9])
def test_recall_holds_where_rights_follow_topics_and_the_question_lies_outside(world: World, departments: int) -> None:
    lists = [10 * department + part for department in range(departments) for part in range(1, 5)]
    outside = world.vectors[ROWS:][world.topics[ROWS:] % 10 >= departments]
    assert world.recall(lists, outside) >= 0.98
