"""Hits are only hints: the record says which of them stand for this caller now, and what they say."""

from tests.worlds import MODEL, KnowledgeWorld
from zhida.access import AccessEntry, GrantLevel, Principal, Role
from zhida.ids import ChunkKey
from zhida.knowledge import NameConflict


async def keys_of(world: KnowledgeWorld) -> list[ChunkKey]:
    changes = await world.feed.changes(world.base.id, MODEL, after=0, limit=100)
    return [row.key for change in changes for row in change.rows]


async def texts(
    world: KnowledgeWorld, keys: list[ChunkKey], *, principal: Principal | None = None, revision: int | None = None
) -> list[str]:
    found = await world.knowledge.resolve(
        await world.grant(principal),
        world.base.id,
        keys=keys,
        revision=(await world.newest()).revision if revision is None else revision,
    )
    return sorted(chunk.text for chunk in found.values())


async def test_a_reader_sees_what_everyone_may_read(open_world: KnowledgeWorld) -> None:
    await open_world.published("a.txt", "one")
    reader = await open_world.reader()
    assert await texts(open_world, await keys_of(open_world), principal=reader) == ["one"]


async def test_a_reader_without_a_right_sees_nothing_even_by_key(world: KnowledgeWorld) -> None:
    await world.published("a.txt", "one")
    reader = await world.reader()
    assert await texts(world, await keys_of(world), principal=reader) == []
    assert await texts(world, await keys_of(world)) == ["one"]


async def test_a_right_that_was_withdrawn_is_gone_at_commit_though_the_grant_is_older(world: KnowledgeWorld) -> None:
    await world.published("a.txt", "one")
    reader = await world.reader()
    await world.access.grant(world.administrator, world.base.access_list_id, AccessEntry(reader.id, GrantLevel.READ))
    old_grant = await world.grant(reader)
    keys, revision = await keys_of(world), (await world.newest()).revision
    assert len(await world.knowledge.resolve(old_grant, world.base.id, keys=keys, revision=revision)) == 1
    await world.access.withdraw(world.administrator, world.base.access_list_id, reader.id)
    assert await world.knowledge.resolve(old_grant, world.base.id, keys=keys, revision=revision) == {}


async def test_a_revoked_key_resolves_nothing(world: KnowledgeWorld) -> None:
    await world.published("a.txt", "one")
    created = await world.access.create_key(world.administrator, "k", role=Role.READER)
    holder = await world.access.authenticate_key(created.secret)
    grant = await world.grant(holder)
    keys, revision = await keys_of(world), (await world.newest()).revision
    assert len(await world.knowledge.resolve(grant, world.base.id, keys=keys, revision=revision)) == 1
    await world.access.revoke_key(world.administrator, created.key.id)
    assert await world.knowledge.resolve(grant, world.base.id, keys=keys, revision=revision) == {}


async def test_a_deleted_document_resolves_nothing_from_its_commit_on(world: KnowledgeWorld) -> None:
    accepted = await world.published("a.txt", "one")
    keys = await keys_of(world)
    await world.delete(accepted.document_id)
    assert await texts(world, keys) == []


async def test_an_index_that_has_not_seen_a_replacement_still_gets_the_old_version_whole(world: KnowledgeWorld) -> None:
    await world.published("a.txt", "old one", "old two")
    old_keys, old_revision = await keys_of(world), (await world.newest()).revision
    second = await world.accept("a.txt", content="new", on_conflict=NameConflict.REPLACE)
    await world.publish(second, "new")
    new_revision = (await world.newest()).revision
    assert await texts(world, old_keys, revision=old_revision) == ["old one", "old two"]
    assert await texts(world, old_keys, revision=new_revision) == []


async def test_a_chunk_of_another_knowledge_base_does_not_resolve_here(world: KnowledgeWorld) -> None:
    await world.published("a.txt", "one")
    keys = await keys_of(world)
    other = await world.knowledge.create_base(
        world.administrator, "other", embedding_model=MODEL, open_to_everyone=False
    )
    found = await world.knowledge.resolve(await world.grant(), other.id, keys=keys, revision=99)
    assert found == {}
