"""What a worker writes into procrastinate's tables: who lives, who does which job, how it ended. Only SQL.

Every end of a job is fenced: it counts only while the job is still this worker's and in the same attempt. A worker
that was merely slow, whose job was given to another, changes nothing any more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, LiteralString, NewType

import psycopg

from zhida.database import Database
from zhida.ids import JobId
from zhida.jobs.adapters.procrastinate import WAKE

WorkerId = NewType("WorkerId", int)

MINE: LiteralString = "id = %(id)s AND status = 'doing' AND worker_id = %(worker)s AND attempts = %(attempts)s"
SWEEP_BATCH = 1000

SUCCEED: LiteralString = f"""
    WITH ended AS (
        UPDATE procrastinate_jobs SET status = 'succeeded', attempts = attempts + 1, abort_requested = false
        WHERE {MINE} RETURNING id
    ), healed AS (
        DELETE FROM job_errors USING ended WHERE job_id = ended.id
    )
    SELECT id FROM ended
"""
FAIL: LiteralString = f"""
    WITH ended AS (
        UPDATE procrastinate_jobs
        SET status = %(status)s::procrastinate_job_status, attempts = attempts + 1, abort_requested = false,
            worker_id = NULL, scheduled_at = now() + %(delay)s::interval
        WHERE {MINE} RETURNING id
    ), told AS (
        INSERT INTO job_errors (job_id, message) SELECT id, %(message)s FROM ended
        ON CONFLICT (job_id) DO UPDATE SET message = excluded.message, failed_at = now()
    )
    SELECT id FROM ended
"""
RELEASE: LiteralString = f"""
    WITH ended AS (
        UPDATE procrastinate_jobs
        SET status = 'todo', worker_id = NULL, scheduled_at = NULL, abort_requested = false WHERE {MINE} RETURNING id
    )
    SELECT id, {WAKE} FROM ended
"""
LEAVE: LiteralString = f"""
    WITH back AS (
        UPDATE procrastinate_jobs
        SET status = 'todo', worker_id = NULL, scheduled_at = NULL, abort_requested = false
        WHERE status = 'doing' AND worker_id = %(worker)s RETURNING id
    )
    SELECT id, {WAKE} FROM back
"""
RECOVER: LiteralString = f"""
    WITH back AS (
        UPDATE procrastinate_jobs job
        SET status = 'todo', attempts = attempts + 1, worker_id = NULL, scheduled_at = NULL, abort_requested = false
        WHERE status = 'doing' AND NOT EXISTS (
            SELECT 1 FROM procrastinate_workers worker
            WHERE worker.id = job.worker_id AND worker.last_heartbeat >= now() - %(stall)s::interval
        )
        RETURNING id
    )
    SELECT id, {WAKE} FROM back
"""
PRUNE: LiteralString = "DELETE FROM procrastinate_workers WHERE last_heartbeat < now() - %(stall)s::interval"
SWEEP: LiteralString = """
    DELETE FROM procrastinate_jobs WHERE id IN (
        SELECT id FROM procrastinate_jobs job
        WHERE status = ANY (%(statuses)s::procrastinate_job_status[]) AND NOT EXISTS (
            SELECT 1 FROM procrastinate_events event
            WHERE event.job_id = job.id AND event.at > now() - %(retention)s::interval
        )
        LIMIT %(batch)s
    )
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """A job that this worker took: ``attempts`` tries ended before."""

    id: JobId
    kind: str
    payload: Mapping[str, str]
    attempts: int
    worker: WorkerId
    last_error: str | None


class WorkerForgottenError(Exception):
    """Others took this worker for dead and struck it off; it registers again."""


class ProcrastinateLedger:
    """The statements of a worker, each a short transaction. All raise ``DatabaseUnavailableError`` in an outage."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def register(self) -> WorkerId:
        """Enter a new worker."""
        rows = await self._run("SELECT worker_id FROM procrastinate_register_worker_v1()", {})
        return WorkerId(rows[0]["worker_id"])

    async def unregister(self, worker: WorkerId) -> None:
        """Strike a worker off, and put back untried what it still holds."""
        await self._run(LEAVE, {"worker": worker})
        await self._run("DELETE FROM procrastinate_workers WHERE id = %(worker)s", {"worker": worker})

    async def beat(self, worker: WorkerId) -> None:
        """Say that the worker lives.

        Raises:
            WorkerForgottenError: it is not registered any more.
        """
        statement = "UPDATE procrastinate_workers SET last_heartbeat = now() WHERE id = %(worker)s RETURNING id"
        if not await self._run(statement, {"worker": worker}):
            raise WorkerForgottenError

    async def claim(self, worker: WorkerId, kinds: Sequence[str]) -> Claim | None:
        """Take the next job of one of these kinds, if any is due.

        Raises:
            WorkerForgottenError: the worker is not registered any more.
        """
        statement: LiteralString = """
            SELECT job.id, job.task_name, job.args, job.attempts, failure.message
            FROM procrastinate_fetch_job_v2(%(kinds)s::varchar[], %(worker)s) job
            LEFT JOIN job_errors failure ON failure.job_id = job.id
        """
        try:
            rows = await self._run(statement, {"kinds": list(kinds), "worker": worker})
        except psycopg.errors.ForeignKeyViolation as error:
            raise WorkerForgottenError from error
        except psycopg.errors.UniqueViolation:  # another worker took a job of the same lock in the same instant
            return None
        if not rows or rows[0]["id"] is None:
            return None
        row = rows[0]
        return Claim(
            id=JobId(row["id"]),
            kind=row["task_name"],
            payload=row["args"],
            attempts=row["attempts"],
            worker=worker,
            last_error=row["message"],
        )

    async def succeed(self, claim: Claim) -> bool:
        """Record that the job is done; False where it is not this worker's any more."""
        return bool(await self._run(SUCCEED, self._mine(claim)))

    async def retry(self, claim: Claim, *, error: str, delay: timedelta) -> bool:
        """Record that the try failed and put the job back, not to run before ``delay``; False as above."""
        return bool(await self._run(FAIL, {**self._mine(claim), "status": "todo", "message": error, "delay": delay}))

    async def bury(self, claim: Claim, *, error: str) -> bool:
        """Record that the job is dead; False as above."""
        return bool(await self._run(FAIL, {**self._mine(claim), "status": "failed", "message": error, "delay": None}))

    async def release(self, claim: Claim) -> bool:
        """Put the job back as if it had not been tried; False as above."""
        return bool(await self._run(RELEASE, self._mine(claim)))

    async def recover(self, stall: timedelta) -> list[JobId]:
        """Put the jobs of workers that have been silent for ``stall`` back, and strike those workers off."""
        rows = await self._run(RECOVER, {"stall": stall})
        await self._run(PRUNE, {"stall": stall})
        return [JobId(row["id"]) for row in rows]

    async def sweep(self, *, retention: timedelta, dead_retention: timedelta) -> int:
        """Delete finished jobs that nobody needs any more; how many."""
        deleted = 0
        for statuses, kept in ((["succeeded"], retention), (["failed", "cancelled", "aborted"], dead_retention)):
            while True:
                arguments = {"statuses": statuses, "retention": kept, "batch": SWEEP_BATCH}
                async with self._database.unit_of_work() as unit:
                    gone = (await unit.connection.execute(SWEEP, arguments)).rowcount
                deleted += gone
                if gone < SWEEP_BATCH:
                    break
        return deleted

    @staticmethod
    def _mine(claim: Claim) -> dict[str, Any]:
        return {"id": claim.id, "worker": claim.worker, "attempts": claim.attempts}

    async def _run(self, statement: LiteralString, arguments: Mapping[str, Any]) -> list[dict[str, Any]]:
        async with self._database.unit_of_work() as unit:
            cursor = await unit.connection.execute(statement, arguments)
            return await cursor.fetchall() if cursor.description else []
