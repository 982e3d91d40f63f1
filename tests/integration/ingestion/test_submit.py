"""Files in: each stands for itself, its original and its job exist exactly if its row does, leftovers are swept."""

import io
import os
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.worlds import KnowledgeWorld, knowledge_world
from zhida.database import Database
from zhida.ids import DocumentId
from zhida.ingestion import (
    IngestionService,
    IngestionSettings,
    NotRetryableError,
    Submission,
    Upload,
    UploadInvalidError,
)
from zhida.ingestion.adapters.folder_object_store import FolderObjectStore
from zhida.ingestion.parsing_settings import ParsingSettings
from zhida.ingestion.service import checked_file_name
from zhida.jobs import JobState
from zhida.jobs.adapters.procrastinate import ProcrastinateJobQueue
from zhida.knowledge import KnowledgeReadOnlyError, NameConflict, Refused, VersionStatus

LIMIT = 2_000


@dataclass
class IngestionWorld:
    """The ingestion room over a fresh record and a folder."""

    knowledge: KnowledgeWorld
    service: IngestionService
    jobs: ProcrastinateJobQueue
    originals: Path

    async def submit(self, *files: tuple[str, bytes], on_conflict: NameConflict = NameConflict.KEEP_BOTH) -> Submission:
        """Upload as the administrator."""
        writing = await self.knowledge.access.write_grant(self.knowledge.administrator)
        uploads = [Upload(name, io.BytesIO(content)) for name, content in files]
        return await self.service.submit(self.knowledge.base, writing, uploads, on_conflict=on_conflict)

    def stored(self) -> list[Path]:
        """The originals that are kept."""
        return [path for path in self.originals.rglob("*") if path.is_file()]

    async def queued(self) -> int:
        """Jobs that wait."""
        return len((await self.jobs.list(state=JobState.QUEUED)).items)


@pytest.fixture
async def world(database: Database, tmp_path: Path) -> IngestionWorld:
    """An administrator, a knowledge base, no documents."""
    knowledge = await knowledge_world(database)
    jobs = ProcrastinateJobQueue(database)
    service = IngestionService(
        database,
        knowledge.knowledge,
        knowledge.register,
        jobs,
        originals=FolderObjectStore(tmp_path / "originals"),
        settings=IngestionSettings(parsing=ParsingSettings(max_file_bytes=LIMIT), files_per_upload_max=3),
    )
    return IngestionWorld(knowledge, service, jobs, tmp_path / "originals")


async def test_an_accepted_file_has_its_original_its_row_and_its_job(world: IngestionWorld) -> None:
    submission = await world.submit(("notes.txt", b"some words"))
    assert [document.status for document in submission.documents] == [VersionStatus.QUEUED]
    assert [path.read_bytes() for path in world.stored()] == [b"some words"]
    assert await world.queued() == 1


async def test_one_unreadable_file_does_not_stop_the_others(world: IngestionWorld) -> None:
    submission = await world.submit(
        ("a.txt", b"words"), ("b.png", b"\x89PNG\r\n\x1a\n" + bytes(32)), ("c.txt", b"x" * (LIMIT + 1))
    )
    assert [document.reason_code for document in submission.documents] == [None, "unsupported_type", "too_large"]
    assert len(world.stored()) == 1
    assert await world.queued() == 1
    batch = await world.service.batch(await world.knowledge.grant(), submission.batch_id)
    assert [document.status.value for document in batch.documents] == ["queued", "failed", "failed"]


async def test_a_duplicate_keeps_no_second_original_and_makes_no_second_job(world: IngestionWorld) -> None:
    first = await world.submit(("a.txt", b"same"))
    second = await world.submit(("b.txt", b"same"))
    assert second.documents[0].duplicate
    assert second.documents[0].document_id == first.documents[0].document_id
    assert len(world.stored()) == 1
    assert await world.queued() == 1


async def test_the_same_name_with_new_content_is_kept_beside_or_replaces_as_asked(world: IngestionWorld) -> None:
    first = await world.submit(("a.txt", b"one"))
    beside = await world.submit(("a.txt", b"two"))
    instead = await world.submit(("a.txt", b"three"), on_conflict=NameConflict.REPLACE)
    assert beside.documents[0].document_id != first.documents[0].document_id
    assert instead.documents[0].document_id == beside.documents[0].document_id


@pytest.mark.parametrize("count", [0, 4])
async def test_an_upload_of_no_file_or_too_many_is_refused_whole(world: IngestionWorld, count: int) -> None:
    with pytest.raises(UploadInvalidError):
        await world.submit(*((f"{number}.txt", b"words") for number in range(count)))
    assert world.stored() == []


async def test_who_may_only_read_uploads_nothing(world: IngestionWorld) -> None:
    reader = await world.knowledge.reader()
    writing = await world.knowledge.access.write_grant(reader)
    with pytest.raises(KnowledgeReadOnlyError):
        await world.service.submit(
            world.knowledge.base, writing, [Upload("a.txt", io.BytesIO(b"x"))], on_conflict=NameConflict.KEEP_BOTH
        )
    assert world.stored() == []


async def test_only_a_failed_document_with_an_original_can_be_tried_again(world: IngestionWorld) -> None:
    submission = await world.submit(("a.txt", b"words"), ("b.txt", b""))
    writing = await world.knowledge.access.write_grant(world.knowledge.administrator)
    grant = await world.knowledge.grant()
    waiting, refused = [
        await world.knowledge.knowledge.document(grant, document.document_id) for document in submission.documents
    ]
    for document in (waiting, refused):
        with pytest.raises(NotRetryableError):
            await world.service.retry(document, writing)
    await world.knowledge.register.fail(waiting.version_id, attempt=None, refused=Refused("broken", "Damaged."))
    await world.service.retry(waiting, writing)
    assert await world.queued() == 2


async def test_replacing_keeps_the_id_and_a_replacement_by_itself_changes_nothing(world: IngestionWorld) -> None:
    submission = await world.submit(("a.txt", b"one"))
    writing = await world.knowledge.access.write_grant(world.knowledge.administrator)
    document = await world.knowledge.knowledge.document(
        await world.knowledge.grant(), DocumentId(submission.documents[0].document_id)
    )
    same = await world.service.replace(document, writing, Upload("a.txt", io.BytesIO(b"one")))
    new = await world.service.replace(document, writing, Upload("a.txt", io.BytesIO(b"two")))
    assert (same.duplicate, new.duplicate) == (True, False)
    assert same.document_id == new.document_id == document.id
    assert len(world.stored()) == 2


async def test_originals_that_no_document_names_are_swept_once_they_are_old(world: IngestionWorld) -> None:
    await world.submit(("a.txt", b"words"))
    orphan = world.originals / "somewhere" / "orphan"
    orphan.parent.mkdir()
    orphan.write_bytes(b"left by a crash")
    long_ago = time.time() - 7_200
    for path in world.stored():
        os.utime(path, (long_ago, long_ago))
    assert await world.service.sweep(retraction_grace_seconds=3600) == 1
    assert [path.read_bytes() for path in world.stored()] == [b"words"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "etc/passwd"),
        ("C:\\Users\\me\\plan.docx", "C:/Users/me/plan.docx"),
        ("a/./b//c.txt", "a/b/c.txt"),
        ("\x00\x1b[31m", "[31m"),
        ("", "unnamed"),
        ("..", "unnamed"),
        ("年假 制度.pdf", "年假 制度.pdf"),
    ],
)
def test_a_file_name_is_made_harmless(given: str, kept: str) -> None:
    assert checked_file_name(given) == kept
