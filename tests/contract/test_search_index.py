"""What every search index must do: one suite over the local and the memory adapter."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread

import numpy as np
import pytest

from tests.contract.index_world import HANDBOOK, MODEL, OTHER, asking, change, dense, direction, lexical, row
from zhida.knowledge import IndexRow, IndexWriter, IndexWriters, SearchIndex, SearchIndexes
from zhida.knowledge.adapters.local_options import LocalIndexOptions
from zhida.knowledge.adapters.local_reader import LocalSearchIndexes
from zhida.knowledge.adapters.local_writer import LocalIndexWriters
from zhida.knowledge.adapters.memory_index import MemoryIndexes, MemoryIndexWriters, MemorySearchIndexes


@dataclass
class Pair:
    """One adapter's two sides."""

    writers: IndexWriters
    readers: SearchIndexes

    def writer(self) -> IndexWriter:
        return self.writers.open(HANDBOOK, MODEL)

    def reader(self) -> SearchIndex:
        return self.readers.open(HANDBOOK, MODEL)


def local_pair(folder: Path) -> Pair:
    options = LocalIndexOptions(check_interval=timedelta(0), delta_rows_min=4, graph_from_rows=12, deleted_rows_min=2)
    return Pair(LocalIndexWriters(folder, options), LocalSearchIndexes(folder, options))


def memory_pair(_: Path) -> Pair:
    indexes = MemoryIndexes()
    return Pair(MemoryIndexWriters(indexes), MemorySearchIndexes(indexes))


@pytest.fixture(params=[local_pair, memory_pair], ids=["local", "memory"])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pair]:
    make: Callable[[Path], Pair] = request.param
    pair = make(tmp_path)
    yield pair
    pair.readers.close()


def test_an_index_that_nobody_wrote_is_empty_at_revision_zero(pair: Pair) -> None:
    reader = pair.reader()
    result = reader.search(asking("anything", near=1))
    assert (lexical(result), dense(result), result.revision, reader.revision()) == ([], [], 0, 0)


def test_an_index_that_was_only_opened_for_writing_is_empty(pair: Pair) -> None:
    with_writer = pair.writer()
    assert pair.reader().search(asking("anything", near=1)).revision == 0
    with_writer.close()


def test_an_added_row_is_found_by_both_legs(pair: Pair) -> None:
    writer = pair.writer()
    writer.apply([change(1, row(1, "the cat sat"), row(40, "a dog ran", version=2))])
    result = pair.reader().search(asking("cats sitting", near=1))
    assert lexical(result) == [1]
    assert dense(result) == [1, 40]
    assert result.revision == pair.reader().revision() == writer.revision() == 1
    writer.close()


def test_shapes_and_types_of_hits_are_as_the_port_says(pair: Pair) -> None:
    writer = pair.writer()
    writer.apply([change(1, row(1, "cat"))])
    for hits in (pair.reader().search(asking("cat", near=1)).lexical, pair.reader().search(asking("x", near=1)).dense):
        assert hits.keys.dtype == np.int64
        assert hits.scores.dtype == np.float32
        assert hits.keys.shape == hits.scores.shape == (1,)
    writer.close()


def test_the_dense_score_is_the_cosine(pair: Pair) -> None:
    writer = pair.writer()
    writer.apply([change(1, row(1, "cat"), row(30, "dog"))])
    hits = pair.reader().search(asking(near=5)).dense
    np.testing.assert_allclose(hits.scores, [direction(5) @ direction(1), direction(5) @ direction(30)], atol=1e-3)
    writer.close()


def test_a_rare_term_weighs_more_than_a_frequent_one(pair: Pair) -> None:
    writer = pair.writer()
    writer.apply([change(1, row(1, "cat dog"), row(2, "cat bird"), row(3, "cat fish"))])
    result = pair.reader().search(asking("cat bird"))
    assert lexical(result)[0] == 2
    assert result.lexical.scores[0] > result.lexical.scores[1] > 0
    writer.close()


def test_titles_are_searched(pair: Pair) -> None:
    writer = pair.writer()
    writer.apply([change(1, row(1, "text", title="年假制度"), row(2, "text", title="报销制度"))])
    assert lexical(pair.reader().search(asking("年假怎么休？"))) == [1]
    writer.close()


def test_a_leg_that_is_not_asked_stays_empty(pair: Pair) -> None:
    writer = pair.writer()
    writer.apply([change(1, row(1, "cat"))])
    reader = pair.reader()
    assert dense(reader.search(asking("cat"))) == []
    assert lexical(reader.search(asking(near=1))) == []
    assert lexical(reader.search(asking("?!", near=1))) == []
    assert dense(reader.search(asking("cat", near=1, k=0))) == []
    writer.close()


def test_no_more_hits_than_wanted(pair: Pair) -> None:
    writer = pair.writer()
    writer.apply([change(1, *(row(key, "cat") for key in range(1, 30)))])
    result = pair.reader().search(asking("cat", near=7, k=3))
    assert len(lexical(result)) == 3
    assert sorted(dense(result)) == [6, 7, 8]
    writer.close()


def test_only_permitted_rows_are_found_and_they_fill_the_wish(pair: Pair) -> None:
    writer = pair.writer()
    writer.apply([change(1, *(row(key, "cat", access_list=key % 4) for key in range(1, 41)))])
    reader = pair.reader()
    result = reader.search(asking("cat", near=1, lists={2, 99}, k=10))
    assert sorted(lexical(result)) == list(range(2, 41, 4))
    assert dense(result) == list(range(2, 41, 4))
    nothing = reader.search(asking("cat", near=1, lists=set()))
    assert (lexical(nothing), dense(nothing)) == ([], [])
    strangers = reader.search(asking("cat", near=1, lists={99}))
    assert (lexical(strangers), dense(strangers)) == ([], [])
    writer.close()


def test_a_row_without_an_embedding_is_found_by_its_words_alone(pair: Pair) -> None:
    writer = pair.writer()
    writer.apply([change(1, row(1, "cat", embedded=False), row(2, "cat"))])
    result = pair.reader().search(asking("cat", near=1))
    assert sorted(lexical(result)) == [1, 2]
    assert dense(result) == [2]
    writer.close()


def test_an_index_without_any_embedding_works(pair: Pair) -> None:
    writer = pair.writers.open(HANDBOOK, "none")
    writer.apply([change(1, row(1, "cat", embedded=False))])
    result = pair.readers.open(HANDBOOK, "none").search(asking("cat", near=1))
    assert (lexical(result), dense(result)) == ([1], [])
    assert writer.report().rows == 1
    writer.close()


def test_a_retracted_version_is_gone_from_both_legs(pair: Pair) -> None:
    writer = pair.writer()
    writer.apply([change(1, row(1, "cat", version=1), row(2, "cat", version=2), row(3, "cat", version=1))])
    writer.apply([change(2, retracted=(1,))])
    result = pair.reader().search(asking("cat", near=1))
    assert (lexical(result), dense(result)) == ([2], [2])
    assert writer.report().rows == 1
    writer.close()


def test_a_new_version_replaces_the_old_one_in_one_step(pair: Pair) -> None:
    writer = pair.writer()
    writer.apply([change(1, row(1, "old cat", version=1))])
    writer.apply([change(2, row(2, "new cat", version=2), retracted=(1,))])
    result = pair.reader().search(asking("cat", near=1))
    assert (lexical(result), dense(result)) == ([2], [2])
    writer.close()


def test_rows_of_a_version_replace_that_versions_rows(pair: Pair) -> None:
    writer = pair.writer()
    writer.apply([change(1, row(1, "cat"), row(2, "cat"))])
    writer.apply([change(2, row(3, "cat"))])
    result = pair.reader().search(asking("cat", near=1))
    assert (lexical(result), dense(result)) == ([3], [3])
    writer.close()


def test_changes_of_one_call_take_effect_in_order_of_revision(pair: Pair) -> None:
    writer = pair.writer()
    writer.apply(
        [
            change(3, row(3, "cat", version=1)),
            change(1, row(1, "cat", version=1)),
            change(2, row(9, "cat", version=2), retracted=(1,)),
            change(4, retracted=(2,)),
        ]
    )
    result = pair.reader().search(asking("cat", near=1))
    assert (lexical(result), dense(result), result.revision) == ([3], [3], 4)
    writer.close()


def test_a_change_that_was_applied_already_is_ignored(pair: Pair) -> None:
    writer = pair.writer()
    first = change(1, row(1, "cat", version=1))
    second = change(2, row(2, "cat", version=2), retracted=(1,))
    writer.apply([first, second])
    writer.apply([first])
    writer.apply([first, second])
    result = pair.reader().search(asking("cat", near=1))
    assert (lexical(result), dense(result), result.revision) == ([2], [2], 2)
    writer.close()


def test_a_change_without_content_moves_the_revision(pair: Pair) -> None:
    writer = pair.writer()
    writer.apply([change(1, row(1, "cat"))])
    writer.apply([change(7)])
    assert pair.reader().revision() == writer.revision() == 7
    assert lexical(pair.reader().search(asking("cat"))) == [1]
    writer.apply([])
    assert writer.revision() == 7
    writer.close()


def test_what_was_committed_is_there_after_reopening(pair: Pair) -> None:
    writer = pair.writer()
    writer.apply([change(1, row(1, "cat", version=1), row(2, "cat", version=2))])
    writer.apply([change(2, retracted=(2,))])
    writer.close()
    again = pair.writer()
    assert again.revision() == 2
    again.apply([change(3, row(3, "cat", version=3))])
    result = pair.reader().search(asking("cat", near=1))
    assert (sorted(lexical(result)), dense(result)) == ([1, 3], [1, 3])
    again.close()


def test_a_rebuild_replaces_everything_and_may_go_back_in_revision(pair: Pair) -> None:
    writer = pair.writer()
    writer.apply([change(9, row(1, "cat", access_list=1), row(2, "cat", version=2))])
    writer.rebuild(iter([row(5, "cat", version=5, access_list=3), row(6, "dog", version=6, embedded=False)]), 4)
    reader = pair.reader()
    result = reader.search(asking("cat dog", near=1))
    assert (sorted(lexical(result)), dense(result), result.revision) == ([5, 6], [5], 4)
    assert lexical(reader.search(asking("cat", lists={1}))) == []
    assert lexical(reader.search(asking("cat", lists={3}))) == [5]
    writer.apply([change(5, row(7, "cat", version=7))])
    assert sorted(lexical(reader.search(asking("cat")))) == [5, 7]
    writer.close()


def test_a_rebuild_that_breaks_off_changes_nothing(pair: Pair) -> None:
    writer = pair.writer()
    writer.apply([change(1, row(1, "cat"))])

    def breaking_off() -> Iterator[IndexRow]:
        yield row(2, "cat", version=2)
        message = "the record went away"
        raise ConnectionError(message)

    with pytest.raises(ConnectionError):
        writer.rebuild(breaking_off(), 2)
    result = pair.reader().search(asking("cat", near=1))
    assert (lexical(result), dense(result), result.revision) == ([1], [1], 1)
    writer.apply([change(2, row(3, "cat", version=3))])
    assert sorted(lexical(pair.reader().search(asking("cat")))) == [1, 3]
    writer.close()


def test_compacting_changes_no_result(pair: Pair) -> None:
    writer = pair.writer()
    reader = pair.reader()
    for revision in range(1, 16):
        rows = [row(revision * 10 + i, f"cat {i}", version=revision, access_list=i) for i in range(3)]
        writer.apply([change(revision, *rows, retracted=(max(0, revision - 4),))])
        before = reader.search(asking("cat", near=60, k=50)), reader.search(asking("cat", near=60, lists={1}))
        writer.compact()
        after = reader.search(asking("cat", near=60, k=50)), reader.search(asking("cat", near=60, lists={1}))
        for one, other in zip(before, after, strict=True):
            assert sorted(lexical(one)) == sorted(lexical(other))
            assert dense(one) == dense(other)
    assert writer.report().healthy
    writer.close()


def test_indexes_are_separate_by_knowledge_base_and_model(pair: Pair) -> None:
    for knowledge_base_id, model, key in ((HANDBOOK, MODEL, 1), (OTHER, MODEL, 2), (HANDBOOK, "none", 3)):
        writer = pair.writers.open(knowledge_base_id, model)
        writer.apply([change(1, row(key, "cat"))])
        writer.close()
    assert sorted(pair.writers.existing()) == sorted([(HANDBOOK, MODEL), (OTHER, MODEL), (HANDBOOK, "none")])
    assert lexical(pair.readers.open(OTHER, MODEL).search(asking("cat"))) == [2]
    assert lexical(pair.readers.open(HANDBOOK, "none").search(asking("cat"))) == [3]


def test_a_dropped_index_is_empty_and_can_be_written_again(pair: Pair) -> None:
    writer = pair.writer()
    writer.apply([change(5, row(1, "cat"))])
    writer.close()
    reader = pair.reader()
    assert lexical(reader.search(asking("cat"))) == [1]
    pair.writers.drop(HANDBOOK, MODEL)
    pair.writers.drop(HANDBOOK, MODEL)
    assert pair.writers.existing() == []
    assert pair.readers.open(HANDBOOK, MODEL).search(asking("cat", near=1)).revision == 0
    again = pair.writer()
    again.apply([change(1, row(2, "cat"))])
    assert lexical(pair.readers.open(HANDBOOK, MODEL).search(asking("cat"))) == [2]
    again.close()


def test_readers_beside_a_writer_see_whole_states_only(pair: Pair) -> None:
    """Each revision publishes one version of three rows and retracts the one before it."""
    writer = pair.writer()
    reader = pair.reader()
    writer.apply([change(1, *(row(10 + i, "cat", version=1) for i in range(3)))])
    done = Event()
    wrong: list[str] = []

    def read() -> None:
        last = 0
        while not done.is_set():
            result = reader.search(asking("cat", near=5))
            expected = [result.revision * 10 + i for i in range(3)]
            if sorted(lexical(result)) != expected or sorted(dense(result)) != expected or result.revision < last:
                wrong.append(f"{result.revision}: {lexical(result)} {dense(result)}")
            last = result.revision

    readers = [Thread(target=read) for _ in range(3)]
    for thread in readers:
        thread.start()
    for revision in range(2, 30):
        rows = [row(revision * 10 + i, "cat", version=revision) for i in range(3)]
        writer.apply([change(revision, *rows, retracted=(revision - 1,))])
        if revision % 5 == 0:
            writer.compact()
    done.set()
    for thread in readers:
        thread.join()
    assert wrong == []
    writer.close()
