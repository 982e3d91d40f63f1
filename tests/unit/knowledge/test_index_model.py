"""The local index against the memory index: any sequence of operations leaves both with the same content."""

import tempfile
from datetime import timedelta
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.contract.index_world import HANDBOOK, MODEL, asking, change, row
from zhida.knowledge import Hits, IndexChange, IndexRow
from zhida.knowledge.adapters.local_options import LocalIndexOptions
from zhida.knowledge.adapters.local_reader import LocalSearchIndexes
from zhida.knowledge.adapters.local_writer import LocalIndexWriters
from zhida.knowledge.adapters.memory_index import MemoryIndexes, MemoryIndexWriters, MemorySearchIndexes

VERSIONS = st.integers(1, 8)
WORDS = st.sampled_from(["cat", "dog", "猫", "狗狗", "cat dog", "v1.2.3", ""])
LISTS = st.integers(1, 3)
ROWS = st.lists(st.tuples(WORDS, WORDS, LISTS, st.booleans()), max_size=5)


class TwoIndexes(RuleBasedStateMachine):
    """Does the same to both, with thresholds so small that folding happens all the time."""

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        options = LocalIndexOptions(
            check_interval=timedelta(0), delta_rows_min=3, graph_from_rows=6, deleted_rows_min=1, delta_share=0.3
        )
        self.local = LocalIndexWriters(Path(self.folder.name), options)
        self.writer = self.local.open(HANDBOOK, MODEL)
        self.readers = LocalSearchIndexes(Path(self.folder.name), options)
        memory = MemoryIndexes()
        self.model = MemoryIndexWriters(memory).open(HANDBOOK, MODEL)
        self.model_reader = MemorySearchIndexes(memory).open(HANDBOOK, MODEL)
        self.next_key = 1
        self.applied: list[IndexChange] = []

    def new_rows(self, version: int, contents: list[tuple[str, str, int, bool]]) -> list[IndexRow]:
        rows = [
            row(self.next_key + i, text, version=version, access_list=access, title=title, embedded=embedded)
            for i, (title, text, access, embedded) in enumerate(contents)
        ]
        self.next_key += len(contents)
        return rows

    @rule(changes=st.lists(st.tuples(VERSIONS, ROWS, st.lists(VERSIONS, max_size=2)), min_size=1, max_size=4))
    def apply(self, changes: list[tuple[int, list[tuple[str, str, int, bool]], list[int]]]) -> None:
        first = self.model.revision() + 1
        news = [
            change(first + i, *self.new_rows(version, rows), retracted=tuple(retracted))
            for i, (version, rows, retracted) in enumerate(changes)
        ]
        self.applied += news
        self.writer.apply(news)
        self.model.apply(news)

    @precondition(lambda self: self.applied)
    @rule(data=st.data())
    def apply_again(self, data: st.DataObject) -> None:
        old = data.draw(st.sampled_from(self.applied))
        self.writer.apply([old])
        self.model.apply([old])

    @rule()
    def compact(self) -> None:
        self.writer.compact()

    @rule(contents=ROWS)
    def rebuild(self, contents: list[tuple[str, str, int, bool]]) -> None:
        rows = self.new_rows(9, contents)
        self.writer.rebuild(iter(rows), self.model.revision())
        self.model.rebuild(iter(rows), self.model.revision())

    @rule()
    def reopen(self) -> None:
        self.writer.close()
        self.writer = self.local.open(HANDBOOK, MODEL)

    @invariant()
    def answers_agree(self) -> None:
        if not hasattr(self, "writer"):
            return
        reader = self.readers.open(HANDBOOK, MODEL)
        assert reader.revision() == self.writer.revision() == self.model.revision()
        for lists in (None, {1}, {1, 2}, {1, 2, 3}):
            for text in ("cat", "狗狗 v1.2.3"):
                query = asking(text, near=7, lists=lists, k=200)
                ours, expected = reader.search(query), self.model_reader.search(query)
                assert sorted(ours.lexical.keys) == sorted(expected.lexical.keys)
                assert_same(ours.dense, expected.dense)

    def teardown(self) -> None:
        if hasattr(self, "writer"):
            self.readers.close()
            self.writer.close()
            self.folder.cleanup()


def assert_same(ours: Hits, expected: Hits) -> None:
    assert sorted(ours.keys) == sorted(expected.keys)
    np.testing.assert_allclose(ours.scores, expected.scores, atol=2e-3)


TwoIndexes.TestCase.settings = settings(
    max_examples=20,
    stateful_step_count=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    derandomize=True,
)
TestTwoIndexes = TwoIndexes.TestCase
