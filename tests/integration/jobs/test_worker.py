"""The worker on the real PostgreSQL: crashes, stalls, stops and outages."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.integration.jobs.recording import RecordingHandler, eventually, succeed
from zhida.database import Database, DatabaseSettings, DatabaseUnavailableError, EmbeddedPostgres
from zhida.ids import JobId
from zhida.jobs import JobHandler, JobsSettings, JobState
from zhida.jobs.adapters.procrastinate import ProcrastinateJobQueue
from zhida.jobs.adapters.procrastinate_ledger import ProcrastinateLedger
from zhida.jobs.adapters.procrastinate_worker import KILLED, ProcrastinateWorker
from zhida.migrations import migrate

ROOT = Path(__file__).parents[3]

QUICK = JobsSettings.model_validate(
    {
        "heartbeat_interval": 0.1,
        "stall_timeout": 1,
        "recovery_interval": 0.1,
        "polling_interval": 0.05,
        "retry_delay_first": 0.01,
        "retry_delay_max": 0.05,
        "stop_timeout": 20,
        "outage_delay_max": 0.2,
    }
)
NO_PATIENCE = QUICK.model_copy(update={"stop_timeout": QUICK.heartbeat_interval})


async def enqueue(database: Database, kind: str = "work", **payload: str) -> JobId:
    async with database.unit_of_work() as unit:
        return await ProcrastinateJobQueue(database).enqueue(unit, kind, payload)


async def until(database: Database, job_id: JobId, state: JobState) -> None:
    async def reached() -> bool:
        return (await ProcrastinateJobQueue(database).get(job_id)).state is state

    await eventually(reached)


@asynccontextmanager
async def working(
    database: Database, handlers: Iterable[JobHandler], settings: JobsSettings = QUICK
) -> AsyncGenerator[asyncio.Event]:
    """A worker that runs within the block; the event stops it."""
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(ProcrastinateWorker(database, handlers, settings).run(stop))
        yield stop
        stop.set()


async def test_a_killed_workers_job_runs_again_elsewhere(database: Database, database_url: str) -> None:
    job_id = await enqueue(database, document="d1")
    victim = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.integration.jobs.victim", database_url, stdout=asyncio.subprocess.PIPE, cwd=ROOT
    )
    assert victim.stdout is not None
    assert await victim.stdout.readline() == b"began\n"
    victim.send_signal(signal.SIGKILL)
    await victim.wait()
    assert (await ProcrastinateJobQueue(database).get(job_id)).state is JobState.RUNNING
    survivor = RecordingHandler()
    async with working(database, [survivor]):
        await until(database, job_id, JobState.SUCCEEDED)
    assert survivor.calls == [({"document": "d1"}, 2)]


async def test_the_default_settings_recover_a_killed_workers_job_within_thirty_seconds() -> None:
    settings = JobsSettings()
    slowest = settings.stall_timeout + settings.recovery_interval + settings.polling_interval
    assert slowest.total_seconds() < 30
    assert settings.heartbeat_interval * 3 < settings.stall_timeout


async def test_a_living_workers_long_job_is_left_to_it(database: Database) -> None:
    release = asyncio.Event()

    async def long(_payload: Mapping[str, str], _attempt: int) -> None:
        await release.wait()

    handlers = [RecordingHandler(long), RecordingHandler(long)]
    job_id = await enqueue(database)
    beats = 0

    async def outlived_the_stall_time() -> bool:
        nonlocal beats
        await ProcrastinateLedger(database).recover(QUICK.stall_timeout)
        beats += 1
        return beats * 0.02 > 2 * QUICK.stall_timeout.total_seconds()

    async with working(database, handlers[:1]), working(database, handlers[1:]):
        await until(database, job_id, JobState.RUNNING)
        await eventually(outlived_the_stall_time)
        release.set()
        await until(database, job_id, JobState.SUCCEEDED)
    assert sum(len(handler.calls) for handler in handlers) == 1


async def test_a_job_that_kills_its_worker_each_time_ends_dead(database: Database) -> None:
    ledger = ProcrastinateLedger(database)
    job_id = await enqueue(database, document="bomb")
    for _ in range(2):
        doomed = await ledger.register()
        assert await ledger.claim(doomed, ["work"]) is not None
        async with database.unit_of_work() as unit:
            await unit.connection.execute("DELETE FROM procrastinate_workers WHERE id = %s", [doomed])
        assert await ledger.recover(QUICK.stall_timeout) == [job_id]
    handler = RecordingHandler(max_attempts=2)
    async with working(database, [handler]):
        await until(database, job_id, JobState.DEAD)
    assert handler.calls == []
    assert handler.given_up == [({"document": "bomb"}, KILLED)]


async def test_a_stalled_worker_cannot_end_a_job_that_another_took_over(database: Database) -> None:
    ledger = ProcrastinateLedger(database)
    job_id = await enqueue(database)
    slow, quick = await ledger.register(), await ledger.register()
    stale = await ledger.claim(slow, ["work"])
    assert stale is not None
    async with database.unit_of_work() as unit:
        await unit.connection.execute(
            "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour' WHERE id = %s", [slow]
        )
    assert await ledger.recover(QUICK.stall_timeout) == [job_id]
    current = await ledger.claim(quick, ["work"])
    assert current is not None
    assert current.attempts == 1
    assert not await ledger.succeed(stale)
    assert not await ledger.retry(stale, error="late", delay=QUICK.retry_delay_first)
    assert not await ledger.bury(stale, error="late")
    assert not await ledger.release(stale)
    assert (await ProcrastinateJobQueue(database).get(job_id)).state is JobState.RUNNING
    assert await ledger.succeed(current)


async def test_each_kind_runs_up_to_its_own_concurrency(database: Database) -> None:
    running: dict[str, int] = {"wide": 0, "narrow": 0}
    most: dict[str, int] = {"wide": 0, "narrow": 0}
    full = asyncio.Event()

    async def count_neighbours(payload: Mapping[str, str], _attempt: int) -> None:
        kind = payload["width"]
        running[kind] += 1
        most[kind] = max(most[kind], running[kind])
        if running == {"wide": 3, "narrow": 1}:
            full.set()
        await full.wait()
        running[kind] -= 1

    handlers = [
        RecordingHandler(count_neighbours, kind="wide", concurrency=3),
        RecordingHandler(count_neighbours, kind="narrow", concurrency=1),
    ]
    jobs = [await enqueue(database, kind, width=kind) for kind in ("wide", "narrow") for _ in range(4)]
    async with working(database, handlers):
        for job_id in jobs:
            await until(database, job_id, JobState.SUCCEEDED)
    assert most == {"wide": 3, "narrow": 1}


async def test_a_stop_lets_running_jobs_finish_and_starts_no_more(database: Database) -> None:
    began, release = asyncio.Event(), asyncio.Event()

    async def wait(_payload: Mapping[str, str], _attempt: int) -> None:
        began.set()
        await release.wait()

    first, second = await enqueue(database), await enqueue(database)
    async with working(database, [RecordingHandler(wait, concurrency=1)]) as stop:
        await began.wait()
        stop.set()
        release.set()
    queue = ProcrastinateJobQueue(database)
    assert (await queue.get(first)).state is JobState.SUCCEEDED
    assert (await queue.get(second)).state is JobState.QUEUED


async def test_a_job_that_does_not_finish_in_time_after_a_stop_goes_back_untried(database: Database) -> None:
    began = asyncio.Event()

    async def hang(_payload: Mapping[str, str], _attempt: int) -> None:
        began.set()
        await asyncio.Event().wait()

    job_id = await enqueue(database)
    async with working(database, [RecordingHandler(hang)], NO_PATIENCE):
        await began.wait()
    job = await ProcrastinateJobQueue(database).get(job_id)
    assert (job.state, job.attempts) == (JobState.QUEUED, 0)


async def test_a_worker_that_was_struck_off_registers_again(database: Database) -> None:
    handler = RecordingHandler()
    async with working(database, [handler]):
        first = await enqueue(database)
        await until(database, first, JobState.SUCCEEDED)
        async with database.unit_of_work() as unit:
            await unit.connection.execute("DELETE FROM procrastinate_workers")
        second = await enqueue(database)
        await until(database, second, JobState.SUCCEEDED)
    assert len(handler.calls) == 2


async def test_giving_up_that_fails_is_tried_again(database: Database) -> None:
    class Stubborn(RecordingHandler):
        async def gave_up(self, payload: Mapping[str, str], error: str) -> None:
            await super().gave_up(payload, error)
            if len(self.given_up) < 3:
                raise ConnectionError

    async def stumble(_payload: Mapping[str, str], _attempt: int) -> None:
        raise LookupError("nothing there")

    handler = Stubborn(stumble, max_attempts=1)
    job_id = await enqueue(database)
    async with working(database, [handler]):
        await until(database, job_id, JobState.DEAD)
    assert len(handler.calls) == 1
    assert [error for _, error in handler.given_up] == ["Unexpected LookupError: nothing there"] * 3


async def test_finished_jobs_are_deleted_after_their_retention(database: Database) -> None:
    ledger = ProcrastinateLedger(database)
    old, fresh = await enqueue(database), await enqueue(database)
    async with working(database, [RecordingHandler()]):
        for job_id in (old, fresh):
            await until(database, job_id, JobState.SUCCEEDED)
    waiting = await enqueue(database)
    async with database.unit_of_work() as unit:
        await unit.connection.execute(
            "UPDATE procrastinate_events SET at = at - interval '1 year' WHERE job_id = ANY (%s)", [[old, waiting]]
        )
    settings = JobsSettings()
    assert await ledger.sweep(retention=settings.retention, dead_retention=settings.dead_retention) == 1
    left = (await ProcrastinateJobQueue(database).list()).items
    assert {job.id for job in left} == {fresh, waiting}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    """A server of this test's own, to be killed."""
    own = EmbeddedPostgres(tmp_path / "postgres")
    yield own
    own.stop()


async def test_a_worker_outlives_the_loss_of_its_database(server: EmbeddedPostgres) -> None:
    url = server.start()
    migrate(url)
    began, release = asyncio.Event(), asyncio.Event()

    async def wait(_payload: Mapping[str, str], _attempt: int) -> None:
        began.set()
        await release.wait()

    async def is_back() -> bool:
        try:
            async with database.unit_of_work():
                return True
        except DatabaseUnavailableError:
            return False

    async def is_lost() -> bool:
        return not server.is_alive() and not await is_back()

    handler = RecordingHandler(wait)
    patient = QUICK.model_copy(update={"stall_timeout": JobsSettings().stall_timeout})
    impatient = DatabaseSettings.model_validate({"acquire_timeout": 0.5})
    async with Database(url, impatient) as database, working(database, [handler], patient):
        during = await enqueue(database, number="1")
        await began.wait()
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        release.set()
        handler.behaviour = succeed
        await eventually(is_lost)
        server.start()
        await eventually(is_back)
        await until(database, during, JobState.SUCCEEDED)
        after = await enqueue(database, number="2")
        await until(database, after, JobState.SUCCEEDED)
    assert handler.calls == [({"number": "1"}, 1), ({"number": "2"}, 1)]


async def test_a_new_job_is_picked_up_without_waiting_for_the_next_poll(database: Database) -> None:
    lazy = QUICK.model_copy(update={"polling_interval": JobsSettings().retention})
    handler = RecordingHandler()
    async with working(database, [handler], lazy):
        for _ in range(3):
            job_id = await enqueue(database)
            await until(database, job_id, JobState.SUCCEEDED)
    assert len(handler.calls) == 3
