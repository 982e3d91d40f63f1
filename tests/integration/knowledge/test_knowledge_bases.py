"""Knowledge bases: named once, seen by those who may, changed by those who may."""

import pytest

from tests.worlds import MODEL, KnowledgeWorld
from zhida.database import CursorInvalidError
from zhida.knowledge import (
    KnowledgeBaseExistsError,
    KnowledgeBaseNameError,
    KnowledgeBaseNotFoundError,
    KnowledgeReadOnlyError,
)


async def test_a_knowledge_base_is_found_by_id_and_by_name_in_any_case(world: KnowledgeWorld) -> None:
    grant = await world.grant()
    assert (await world.knowledge.base(grant, str(world.base.id))).id == world.base.id
    assert (await world.knowledge.base(grant, "HANDBOOK")).id == world.base.id


@pytest.mark.parametrize("name", ["", "   ", "x" * 201, "a\nb", "01890000-0000-7000-8000-000000000001"])
async def test_a_name_that_cannot_be_one_is_refused(world: KnowledgeWorld, name: str) -> None:
    with pytest.raises(KnowledgeBaseNameError):
        await world.knowledge.create_base(world.administrator, name, embedding_model=MODEL, open_to_everyone=False)


async def test_a_name_is_given_once_in_whatever_case(world: KnowledgeWorld) -> None:
    with pytest.raises(KnowledgeBaseExistsError):
        await world.knowledge.create_base(
            world.administrator, "Handbook", embedding_model=MODEL, open_to_everyone=False
        )


async def test_a_stranger_cannot_tell_a_closed_knowledge_base_from_none(world: KnowledgeWorld) -> None:
    grant = await world.grant(await world.reader())
    with pytest.raises(KnowledgeBaseNotFoundError):
        await world.knowledge.base(grant, "handbook")
    assert (await world.knowledge.list_bases(grant, cursor=None, limit=10)).items == ()


async def test_a_reader_may_not_delete(open_world: KnowledgeWorld) -> None:
    reader = await open_world.reader()
    accepted = await open_world.published("a.txt", "one")
    document = await open_world.knowledge.document(await open_world.grant(reader), accepted.document_id)
    writing = await open_world.access.write_grant(reader)
    with pytest.raises(KnowledgeReadOnlyError):
        await open_world.knowledge.delete_document(document, writing)
    with pytest.raises(KnowledgeReadOnlyError):
        await open_world.knowledge.delete_base(open_world.base, writing)


async def test_documents_are_listed_in_pages_that_neither_skip_nor_repeat(world: KnowledgeWorld) -> None:
    for number in range(5):
        await world.accept(f"{number}.txt")
    grant, seen, cursor = await world.grant(), list[str](), None
    while True:
        page = await world.knowledge.list_documents(grant, world.base.id, cursor=cursor, limit=2)
        seen += [document.name for document in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == ["4.txt", "3.txt", "2.txt", "1.txt", "0.txt"]


async def test_a_cursor_of_somebodys_own_making_is_refused(world: KnowledgeWorld) -> None:
    with pytest.raises(CursorInvalidError):
        await world.knowledge.list_bases(await world.grant(), cursor="garbage", limit=10)


async def test_a_deleted_knowledge_base_takes_its_access_list_along(world: KnowledgeWorld) -> None:
    await world.published("a.txt", "one")
    await world.knowledge.delete_base(world.base, await world.access.write_grant(world.administrator))
    async with world.database.reading() as connection:
        cursor = await connection.execute(
            "SELECT (SELECT count(*) FROM access_lists) AS lists, (SELECT count(*) FROM access_grants) AS grants"
        )
        assert await cursor.fetchone() == {"lists": 0, "grants": 0}
