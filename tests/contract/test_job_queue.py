"""What every ``JobQueue`` must do, together with whatever runs its jobs."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

import psycopg
import pytest

from tests.integration.jobs.recording import RecordingHandler, eventually
from zhida.database import CursorInvalidError, Database
from zhida.errors import Kind, ZhidaError
from zhida.ids import JobId
from zhida.jobs import JobHandler, JobNotDeadError, JobNotFoundError, JobQueue, JobsSettings, JobState
from zhida.jobs.adapters.memory import MemoryJobQueue
from zhida.jobs.adapters.procrastinate import ProcrastinateJobQueue
from zhida.jobs.adapters.procrastinate_worker import ProcrastinateWorker

QUICK = JobsSettings.model_validate(
    {"polling_interval": 0.05, "retry_delay_first": 0.01, "retry_delay_max": 0.02, "recovery_interval": 0.2}
)


class BusyError(ZhidaError):
    """A fault that passes."""

    code: ClassVar[str] = "test.busy"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


class BrokenError(ZhidaError):
    """A fault that stays."""

    code: ClassVar[str] = "test.broken"
    kind: ClassVar[Kind] = Kind.INVALID


@dataclass(frozen=True)
class World:
    """A queue, and the way to run what is in it."""

    database: Database
    queue: JobQueue
    run: Callable[[Sequence[JobHandler]], Awaitable[None]]

    async def enqueue(self, kind: str = "work", *, priority: int = 0, lock: str | None = None, **payload: str) -> JobId:
        async with self.database.unit_of_work() as unit:
            return await self.queue.enqueue(unit, kind, payload, priority=priority, lock=lock)


@pytest.fixture(params=["memory", "procrastinate"])
def world(request: pytest.FixtureRequest, database: Database) -> World:
    if request.param == "memory":
        memory = MemoryJobQueue()
        return World(database, memory, memory.run_all)
    queue = ProcrastinateJobQueue(database)

    async def run(handlers: Sequence[JobHandler]) -> None:
        async def idle() -> bool:
            open_states = (JobState.QUEUED, JobState.RUNNING)
            kinds = [handler.kind for handler in handlers]
            return not any(count.kind in kinds and count.state in open_states for count in await queue.counts())

        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(ProcrastinateWorker(database, handlers, QUICK).run(stop))
            await eventually(idle)
            stop.set()

    return World(database, queue, run)


async def test_a_job_reaches_its_handler_with_its_payload_and_the_first_attempt(world: World) -> None:
    handler = RecordingHandler()
    job_id = await world.enqueue(document="d1")
    await world.run([handler])
    assert handler.calls == [({"document": "d1"}, 1)]
    job = await world.queue.get(job_id)
    assert (job.state, job.attempts, job.error, job.kind) == (JobState.SUCCEEDED, 1, None, "work")


async def test_a_job_waits_until_somebody_runs_it(world: World) -> None:
    job_id = await world.enqueue(document="d1")
    job = await world.queue.get(job_id)
    assert (job.state, job.attempts, dict(job.payload)) == (JobState.QUEUED, 0, {"document": "d1"})


async def test_a_rolled_back_unit_of_work_leaves_no_job(world: World) -> None:
    async def fail() -> None:
        async with world.database.unit_of_work() as unit:
            await world.queue.enqueue(unit, "work", {})
            await unit.connection.execute("SELECT 1 / 0")

    with pytest.raises(psycopg.errors.DivisionByZero):
        await fail()
    assert (await world.queue.list()).items == ()


async def test_a_temporary_error_is_tried_again_until_it_works(world: World) -> None:
    async def busy_twice(_payload: Mapping[str, str], attempt: int) -> None:
        if attempt < 3:
            raise BusyError("Busy.")

    handler = RecordingHandler(busy_twice, max_attempts=5)
    job_id = await world.enqueue()
    await world.run([handler])
    assert [attempt for _, attempt in handler.calls] == [1, 2, 3]
    assert handler.given_up == []
    job = await world.queue.get(job_id)
    assert (job.state, job.attempts, job.error) == (JobState.SUCCEEDED, 3, None)


async def test_an_unknown_exception_is_tried_again_and_then_the_job_is_dead(world: World) -> None:
    async def stumble(_payload: Mapping[str, str], _attempt: int) -> None:
        raise LookupError("no such key")

    handler = RecordingHandler(stumble, max_attempts=2)
    job_id = await world.enqueue(document="d1")
    await world.run([handler])
    assert [attempt for _, attempt in handler.calls] == [1, 2]
    assert handler.given_up == [({"document": "d1"}, "Unexpected LookupError: no such key")]
    job = await world.queue.get(job_id)
    assert (job.state, job.attempts, job.error) == (JobState.DEAD, 2, "Unexpected LookupError: no such key")


async def test_a_permanent_error_ends_the_job_at_once(world: World) -> None:
    async def refuse(_payload: Mapping[str, str], _attempt: int) -> None:
        raise BrokenError("The file is broken.", advice="Upload it again.")

    handler = RecordingHandler(refuse, max_attempts=5)
    job_id = await world.enqueue()
    await world.run([handler])
    assert len(handler.calls) == 1
    assert handler.given_up == [({}, "The file is broken. Upload it again.")]
    assert (await world.queue.get(job_id)).state is JobState.DEAD


async def test_a_dead_job_can_be_requeued_for_a_full_round_of_attempts(world: World) -> None:
    healed = asyncio.Event()

    async def refuse_until_healed(_payload: Mapping[str, str], _attempt: int) -> None:
        if not healed.is_set():
            raise BrokenError("Broken.")

    handler = RecordingHandler(refuse_until_healed)
    job_id = await world.enqueue()
    await world.run([handler])
    requeued = await world.queue.requeue(job_id)
    assert (requeued.state, requeued.attempts) == (JobState.QUEUED, 0)
    healed.set()
    await world.run([handler])
    assert [attempt for _, attempt in handler.calls] == [1, 1]
    assert (await world.queue.get(job_id)).state is JobState.SUCCEEDED


async def test_only_a_dead_job_can_be_requeued(world: World) -> None:
    job_id = await world.enqueue()
    with pytest.raises(JobNotDeadError):
        await world.queue.requeue(job_id)


async def test_a_job_that_does_not_exist_is_not_found(world: World) -> None:
    with pytest.raises(JobNotFoundError):
        await world.queue.get(JobId(404))
    with pytest.raises(JobNotFoundError):
        await world.queue.requeue(JobId(404))


async def test_a_handler_is_given_only_jobs_of_its_kind(world: World) -> None:
    mine, other = await world.enqueue("mine"), await world.enqueue("other")
    handlers = [RecordingHandler(kind="mine"), RecordingHandler(kind="other")]
    await world.run(handlers)
    assert [len(handler.calls) for handler in handlers] == [1, 1]
    assert {(await world.queue.get(job)).kind for job in (mine, other)} == {"mine", "other"}


async def test_a_higher_priority_runs_first_and_else_the_older_job(world: World) -> None:
    for name, priority in (("first", 0), ("second", 0), ("urgent", 5)):
        await world.enqueue(name=name, priority=priority)
    handler = RecordingHandler(concurrency=1)
    await world.run([handler])
    assert [payload["name"] for payload, _ in handler.calls] == ["urgent", "first", "second"]


async def test_jobs_of_one_lock_never_run_at_once(world: World) -> None:
    at_once: list[int] = []
    running = 0

    async def count_neighbours(_payload: Mapping[str, str], _attempt: int) -> None:
        nonlocal running
        running += 1
        at_once.append(running)
        await asyncio.sleep(0.01)
        running -= 1

    for _ in range(4):
        await world.enqueue(lock="document d1")
    await world.run([RecordingHandler(count_neighbours, concurrency=4)])
    assert at_once == [1, 1, 1, 1]


async def test_the_list_is_newest_first_and_pages_by_cursor(world: World) -> None:
    jobs = [await world.enqueue() for _ in range(5)]
    seen: list[JobId] = []
    cursor: str | None = None
    for size in (2, 2, 1):
        page = await world.queue.list(limit=2, cursor=cursor)
        assert len(page.items) == size
        seen += [job.id for job in page.items]
        cursor = page.next_cursor
    assert cursor is None
    assert seen == jobs[::-1]


async def test_the_list_filters_by_state_and_kind(world: World) -> None:
    await world.enqueue("done")
    waiting = await world.enqueue("waiting")
    await world.run([RecordingHandler(kind="done")])
    assert [job.id for job in (await world.queue.list(state=JobState.QUEUED)).items] == [waiting]
    assert [job.kind for job in (await world.queue.list(kind="done")).items] == ["done"]
    assert (await world.queue.list(state=JobState.DEAD)).items == ()


async def test_a_made_up_cursor_is_refused(world: World) -> None:
    with pytest.raises(CursorInvalidError):
        await world.queue.list(cursor="made up")


async def test_counts_say_how_many_wait_and_for_how_long(world: World) -> None:
    await world.enqueue("done")
    await world.run([RecordingHandler(kind="done")])
    await world.enqueue("waiting")
    await world.enqueue("waiting")
    counts = {(count.kind, count.state): count for count in await world.queue.counts()}
    assert counts["done", JobState.SUCCEEDED].depth == 1
    waiting = counts["waiting", JobState.QUEUED]
    assert waiting.depth == 2
    assert waiting.oldest_age is not None
    assert timedelta() <= waiting.oldest_age < timedelta(minutes=5)
