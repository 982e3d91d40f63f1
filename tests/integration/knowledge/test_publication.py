"""A version becomes visible whole and once, whoever is slow, whoever comes back from the dead."""

import asyncio

from tests.worlds import MODEL, KnowledgeWorld, publication
from zhida.ids import ChunkKey
from zhida.knowledge import GAVE_UP, NameConflict, NewVersion, Refused, VersionStatus
from zhida.knowledge.repository import documents
from zhida.knowledge.repository import publication as publishing


async def test_a_worker_that_was_only_stalled_cannot_write_a_second_result(world: KnowledgeWorld) -> None:
    accepted = await world.accept("a.txt")
    stalled = await world.register.begin_attempt(accepted.version_id)
    assert stalled == 1
    assert await world.publish(accepted, "from the second worker")
    version = await world.version(accepted.version_id)
    assert not await world.register.publish(version, attempt=stalled, result=publication("from the stalled one"))
    changes = await world.feed.changes(world.base.id, MODEL, after=0, limit=10)
    assert [[row.text for row in change.rows] for change in changes] == [["from the second worker"]]


async def test_progress_of_an_overtaken_attempt_is_refused(world: KnowledgeWorld) -> None:
    accepted = await world.accept("a.txt")
    first = await world.register.begin_attempt(accepted.version_id)
    second = await world.register.begin_attempt(accepted.version_id)
    assert first is not None
    assert second is not None
    assert not await world.register.set_stage(accepted.version_id, attempt=first, stage="embed")
    assert await world.register.set_stage(accepted.version_id, attempt=second, stage="embed", progress=0.5)


async def test_a_late_commit_is_never_lost_because_revisions_wait_for_each_other(world: KnowledgeWorld) -> None:
    slow, quick = await world.accept("slow.txt"), await world.accept("quick.txt")
    revision_taken, may_commit = asyncio.Event(), asyncio.Event()
    fence = await world.register.begin_attempt(slow.version_id)
    assert fence is not None
    version = await world.version(slow.version_id)

    async def publish_slowly() -> None:
        async with world.database.unit_of_work() as unit:
            await documents.lock(unit.connection, slow.document_id)
            await publishing.publish(unit.connection, version, attempt=fence, publication=publication("slow"))
            revision_taken.set()
            await may_commit.wait()

    slowly = asyncio.create_task(publish_slowly())
    await revision_taken.wait()
    quickly = asyncio.create_task(world.publish(quick, "quick"))
    await asyncio.wait([quickly], timeout=0.5)
    seen_meanwhile = await world.feed.changes(world.base.id, MODEL, after=0, limit=10)
    may_commit.set()
    await asyncio.gather(slowly, quickly)
    followed = max((change.revision for change in seen_meanwhile), default=0)
    rest = await world.feed.changes(world.base.id, MODEL, after=followed, limit=10)
    assert [[row.text for row in change.rows] for change in [*seen_meanwhile, *rest]] == [["slow"], ["quick"]]
    assert seen_meanwhile == []


async def test_the_same_content_is_accepted_once_even_at_the_same_moment(world: KnowledgeWorld) -> None:
    accepted = await asyncio.gather(*(world.accept(f"copy {number}", content="same") for number in range(5)))
    assert len({item.document_id for item in accepted}) == 1
    assert sum(not item.duplicate for item in accepted) == 1


async def test_content_that_failed_gets_another_try_on_the_same_document(world: KnowledgeWorld) -> None:
    first = await world.accept("a.txt", content="same")
    await world.register.fail(first.version_id, attempt=None, refused=Refused("broken", "It is damaged."))
    again = await world.accept("a.txt", content="same")
    assert again.document_id == first.document_id
    assert (again.duplicate, again.pending) == (False, True)


async def test_a_replacement_swaps_versions_in_one_feed_entry(world: KnowledgeWorld) -> None:
    first = await world.published("a.txt", "old")
    second = await world.accept("a.txt", content="new", on_conflict=NameConflict.REPLACE)
    assert second.document_id == first.document_id
    await world.publish(second, "new")
    entries = await world.feed.changes(world.base.id, MODEL, after=1, limit=10)
    old = await world.version(first.version_id)
    assert [(entry.retracted, [row.text for row in entry.rows]) for entry in entries] == [((old.key,), ["new"])]


async def test_a_slow_older_version_does_not_push_a_newer_one_aside(world: KnowledgeWorld) -> None:
    older = await world.accept("a.txt", content="older")
    newer = await world.accept("a.txt", content="newer", on_conflict=NameConflict.REPLACE)
    fence = await world.register.begin_attempt(older.version_id)
    await world.publish(newer, "newer")
    assert await world.publish(older, "older", attempt=fence)
    document = await world.knowledge.document(await world.grant(), older.document_id)
    assert document.current_version_id == newer.version_id
    changes = await world.feed.changes(world.base.id, MODEL, after=0, limit=10)
    assert [[row.text for row in change.rows] for change in changes] == [["newer"]]
    assert await world.register.sweep(older_than_seconds=0) == 1
    async with world.database.reading() as connection:
        cursor = await connection.execute("SELECT text FROM chunks")
        assert [row["text"] for row in await cursor.fetchall()] == ["newer"]


async def test_deleting_a_document_retracts_it_and_takes_everything_of_it_along(world: KnowledgeWorld) -> None:
    accepted = await world.published("a.txt", "one", "two")
    await world.delete(accepted.document_id)
    changes = await world.feed.changes(world.base.id, MODEL, after=0, limit=10)
    assert [len(change.rows) for change in changes] == [0, 0]
    assert len(changes[1].retracted) == 1
    async with world.database.reading() as connection:
        for table in ("chunks", "embeddings", "document_elements", "document_versions", "documents"):
            cursor = await connection.execute(f"SELECT count(*) AS rows FROM {table}")  # type: ignore[arg-type]
            row = await cursor.fetchone()
            assert row == {"rows": 0}, table


async def test_a_version_whose_document_was_deleted_publishes_nothing(world: KnowledgeWorld) -> None:
    accepted = await world.accept("a.txt")
    fence = await world.register.begin_attempt(accepted.version_id)
    version = await world.version(accepted.version_id)
    await world.delete(accepted.document_id)
    assert fence is not None
    assert not await world.register.publish(version, attempt=fence, result=publication("late"))
    assert await world.register.begin_attempt(accepted.version_id) is None


async def test_deleting_a_knowledge_base_while_it_publishes_ends_without_a_deadlock(world: KnowledgeWorld) -> None:
    accepted = [await world.accept(f"{number}.txt") for number in range(8)]
    writing = await world.access.write_grant(world.administrator)
    fences = [await world.register.begin_attempt(item.version_id) for item in accepted]
    versions = [await world.version(item.version_id) for item in accepted]
    results = await asyncio.gather(
        *(
            world.register.publish(version, attempt=fence or 0, result=publication("x"))
            for version, fence in zip(versions, fences, strict=True)
        ),
        world.knowledge.delete_base(world.base, writing),
        return_exceptions=True,
    )
    assert not [result for result in results if isinstance(result, BaseException)]
    page = await world.knowledge.list_bases(await world.grant(), cursor=None, limit=10)
    assert page.items == ()


async def test_a_failure_names_its_reason_and_a_dead_jobs_version_can_be_taken_up_again(world: KnowledgeWorld) -> None:
    accepted = await world.accept("a.txt")
    await world.register.begin_attempt(accepted.version_id)
    await world.register.fail(accepted.version_id, attempt=None, refused=Refused(GAVE_UP, "The model was away."))
    document = await world.knowledge.document(await world.grant(), accepted.document_id)
    assert (document.status, document.reason) == (VersionStatus.FAILED, "The model was away.")
    assert await world.register.begin_attempt(accepted.version_id) == 2


async def test_what_replaced_versions_left_behind_is_swept_after_their_grace(world: KnowledgeWorld) -> None:
    await world.published("a.txt", "old")
    second = await world.accept("a.txt", content="new", on_conflict=NameConflict.REPLACE)
    await world.publish(second, "new")
    assert await world.register.sweep(older_than_seconds=3600) == 0
    assert await world.register.sweep(older_than_seconds=0) == 1
    async with world.database.reading() as connection:
        cursor = await connection.execute("SELECT text FROM chunks")
        assert [row["text"] for row in await cursor.fetchall()] == ["new"]


async def test_a_file_refused_at_the_door_stands_as_failed_and_is_not_doubled(world: KnowledgeWorld) -> None:
    refused = NewVersion(
        content_hash="h", object_key=None, media_type=None, size_bytes=1, refused=Refused("empty", "It is empty.")
    )
    seen: list[bool] = []
    for name in ("a.txt", "a.txt", "b.txt"):
        async with world.database.unit_of_work() as unit:
            accepted = await world.register.accept(
                unit, world.base, name=name, version=refused, on_conflict=NameConflict.KEEP_BOTH
            )
        assert not accepted.pending
        seen.append(accepted.duplicate)
    assert seen == [False, True, False]


async def test_the_full_feed_holds_what_is_published_and_its_revision(world: KnowledgeWorld) -> None:
    await world.published("a.txt", "one", "two")
    gone = await world.published("b.txt", "three")
    await world.delete(gone.document_id)
    revision, pages = await world.feed.full(world.base.id, MODEL)
    rows = [row async for page in pages for row in page]
    assert revision == 3
    assert [row.text for row in rows] == ["one", "two"]
    assert all(row.key > ChunkKey(0) and row.embedding is not None for row in rows)


async def test_to_replace_sets_the_names_content_whatever_other_documents_hold(world: KnowledgeWorld) -> None:
    replace = NameConflict.REPLACE
    fee = await world.accept("fee.md", content="12 euros", on_conflict=replace)
    copy = await world.accept("copy.md", content="12 euros", on_conflict=replace)
    edited = await world.accept("fee.md", content="15 euros", on_conflict=replace)
    assert copy.document_id != fee.document_id
    assert edited.document_id == fee.document_id
    again = await world.accept("copy.md", content="12 euros", on_conflict=replace)
    assert (again.document_id, again.duplicate) == (copy.document_id, True)


async def test_to_replace_leaves_one_document_of_the_name(world: KnowledgeWorld) -> None:
    await world.published("fee.md", "ten")
    second = await world.published("fee.md", "twelve")
    third = await world.accept("fee.md", content="fourteen", on_conflict=NameConflict.REPLACE)
    page = await world.knowledge.list_documents(await world.grant(), world.base.id, cursor=None, limit=10)
    assert [document.id for document in page.items] == [second.document_id] == [third.document_id]
