"""A question goes through both legs, the fusion and the record, under the rights of whoever asks."""

import pytest

from tests.integration.retrieval.conftest import SearchWorld, SearchWorlds
from zhida.ids import Language
from zhida.retrieval import QueryInvalidError

QUESTION = "How long does the warranty of the kettle last?"


async def with_handbook(world: SearchWorld, *, open_documents: int = 30, secret_documents: int = 0) -> SearchWorld:
    """Documents that everyone may read, and secret ones that fit the question far better."""
    secret = await world.restricted_list()
    for number in range(open_documents):
        await world.publish(f"open-{number}.txt", f"The kettle number {number} comes with a lid and a spout.")
    for number in range(secret_documents):
        text = f"The warranty of the kettle: how long does it last? Secret {number}."
        await world.publish(f"secret-{number}.txt", text, access_list=secret)
    await world.index()
    return world


async def test_both_legs_find_and_the_passage_says_where_it_stood(worlds: SearchWorlds) -> None:
    world = await worlds()
    await world.publish("warranty.txt", "The warranty of the kettle lasts thirty months.")
    await world.publish("price.txt", "The kettle costs forty crowns.", "It is paid on delivery.")
    await world.index()
    outcome = await world.search(QUESTION)
    first = outcome.passages[0]
    assert (first.document_name, first.text) == ("warranty.txt", "The warranty of the kettle lasts thirty months.")
    assert (first.lexical_rank, first.dense_rank) == (1, 1)
    assert first.lexical_score is not None
    assert first.dense_score is not None
    assert first.score == pytest.approx(1)
    assert [passage.score for passage in outcome.passages] == sorted(
        (passage.score for passage in outcome.passages), reverse=True
    )
    assert outcome.warning is None
    assert outcome.revision == 2
    assert outcome.timings_ms.keys() >= {"analysis", "embed", "search", "fusion", "resolve", "total"}


async def test_a_reader_never_sees_a_restricted_document_and_still_gets_as_much_as_was_asked_for(
    worlds: SearchWorlds,
) -> None:
    world = await with_handbook(await worlds(), secret_documents=100)
    reader = await world.knowledge.reader()
    for profile in ("balanced", "lexical", "dense"):
        names = await world.names(QUESTION, reader=reader, profile=profile)
        assert len(names) == 10, profile
        assert all(name.startswith("open-") for name in names), profile
        assert (await world.names(QUESTION, profile=profile))[0].startswith("secret-"), profile


async def test_whoever_is_on_a_document_s_list_finds_it(worlds: SearchWorlds) -> None:
    world = await worlds()
    insider, outsider = await world.knowledge.reader("insider"), await world.knowledge.reader("outsider")
    restricted = await world.restricted_list(insider)
    await world.publish("salaries.txt", "The salaries of the year.", access_list=restricted)
    await world.publish("menu.txt", "The menu of the week.")
    await world.index()
    assert (await world.names("salaries", reader=insider))[0] == "salaries.txt"
    assert await world.names("salaries", reader=outsider) == ["menu.txt"]
    assert await world.names("salaries", reader=outsider, profile="lexical") == []


async def test_documents_that_were_deleted_since_the_index_was_written_leave_their_place_to_others(
    worlds: SearchWorlds,
) -> None:
    world = await worlds()
    gone = [await world.publish(f"gone-{n}.txt", f"The warranty of the kettle lasts {n} months.") for n in range(25)]
    for number in range(12):
        await world.publish(f"kept-{number}.txt", f"The kettle number {number} has a warranty.")
    await world.index()
    assert (await world.names(QUESTION))[0].startswith("gone-")
    for document_id in gone:
        await world.knowledge.delete(document_id)
    names = await world.names(QUESTION)
    assert len(names) == 10
    assert all(name.startswith("kept-") for name in names)


async def test_a_new_document_is_found_once_the_index_has_it(worlds: SearchWorlds) -> None:
    world = await with_handbook(await worlds(), open_documents=3)
    await world.publish("news.txt", "The warranty of the kettle lasts thirty months.")
    assert "news.txt" not in await world.names(QUESTION)
    await world.index()
    assert (await world.names(QUESTION))[0] == "news.txt"


async def test_a_language_that_the_model_does_not_speak_is_searched_by_words(worlds: SearchWorlds) -> None:
    world = await worlds(frozenset({Language.ENGLISH}))
    await world.publish("保修.txt", "水壶的保修期为三十个月。")
    await world.index()
    outcome = await world.search("水壶的保修期有多长？")
    assert [passage.document_name for passage in outcome.passages] == ["保修.txt"]
    assert (outcome.plan.dense_k, outcome.passages[0].dense_rank) == (0, None)


async def test_vectors_of_another_model_are_not_compared_with_ours(worlds: SearchWorlds) -> None:
    world = await worlds(made_with="another-model")
    await world.publish("warranty.txt", "The warranty of the kettle lasts thirty months.")
    await world.index()
    outcome = await world.search(QUESTION)
    assert outcome.plan.embedding_model is None
    assert outcome.passages[0].dense_rank is None


async def test_a_knowledge_base_without_documents_answers_with_nothing(worlds: SearchWorlds) -> None:
    assert await (await worlds()).names(QUESTION) == []


async def test_no_question_is_refused(worlds: SearchWorlds) -> None:
    world = await worlds()
    with pytest.raises(QueryInvalidError):
        await world.search("   ")
