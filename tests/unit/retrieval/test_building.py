"""An index that is being built is told from one that has nothing to show."""

from datetime import UTC, datetime

import pytest

from zhida.ids import AccessListId, KnowledgeBaseId, new_uuid
from zhida.knowledge import IndexDamagedError, KnowledgeBase
from zhida.retrieval.building import PATIENCE_SECONDS, BuildingWatch


def base_at(revision: int) -> KnowledgeBase:
    return KnowledgeBase(
        id=KnowledgeBaseId(new_uuid()),
        name="handbook",
        access_list_id=AccessListId(1),
        embedding_model="model",
        chunk_size=256,
        chunk_overlap=0,
        revision=revision,
        created_at=datetime.now(UTC),
    )


class Seconds:
    """A clock that a test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_first_document_that_is_just_being_indexed_is_waited_for_in_silence() -> None:
    clock, base = Seconds(), base_at(1)
    watch = BuildingWatch(clock)
    watch.check(base, 0)
    clock.now = PATIENCE_SECONDS
    watch.check(base, 0)


def test_an_index_that_stays_at_its_beginning_is_said_to_be_in_the_making() -> None:
    clock, base = Seconds(), base_at(9)
    watch = BuildingWatch(clock)
    watch.check(base, 0)
    clock.now = PATIENCE_SECONDS + 0.1
    with pytest.raises(IndexDamagedError):
        watch.check(base, 0)
    watch.check(base, 9)
    watch.check(base, 0)


def test_a_knowledge_base_in_which_nothing_was_ever_published_is_simply_empty() -> None:
    clock, base = Seconds(), base_at(0)
    watch = BuildingWatch(clock)
    watch.check(base, 0)
    clock.now = 1000
    watch.check(base, 0)
