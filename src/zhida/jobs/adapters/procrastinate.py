"""The job queue on PostgreSQL, in procrastinate's tables and functions; enqueued on the caller's own connection.

States there and here: todo is queued, doing is running, failed (and cancelled, aborted) is dead.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, LiteralString

from psycopg.types.json import Jsonb

from zhida.database import Connection, Database, Page, UnitOfWork, decode_cursor, encode_cursor, page_of
from zhida.ids import JobId
from zhida.jobs.errors import JobNotDeadError, JobNotFoundError
from zhida.jobs.ports import Job, JobCount, JobState

WAKE_CHANNEL: LiteralString = "procrastinate_any_queue_v1"
"""Notified by procrastinate's trigger for each new job, and by us for each job that returns to the queue."""
WAKE: LiteralString = f"""pg_notify('{WAKE_CHANNEL}', '{{"type": "job_inserted", "job_id": 0}}')"""
"""Tells every worker that a job has come back, in the words of the trigger."""

STATUSES: dict[JobState, list[str]] = {
    JobState.QUEUED: ["todo"],
    JobState.RUNNING: ["doing"],
    JobState.SUCCEEDED: ["succeeded"],
    JobState.DEAD: ["failed", "cancelled", "aborted", "aborting"],
}
STATES = {status: state for state, statuses in STATUSES.items() for status in statuses}

JOB: LiteralString = """
    SELECT job.id, job.task_name, job.status::text, job.attempts, job.args, job.scheduled_at, failure.message
    FROM procrastinate_jobs job LEFT JOIN job_errors failure ON failure.job_id = job.id
"""

ENQUEUE: LiteralString = """
    SELECT unnest(procrastinate_defer_jobs_v1(ARRAY[
        ROW(%(kind)s, %(kind)s, %(priority)s, %(lock)s, NULL, %(payload)s, NULL)::procrastinate_job_to_defer_v1
    ])) AS id
"""

REQUEUE: LiteralString = f"""
    UPDATE procrastinate_jobs
    SET status = 'todo', attempts = 0, scheduled_at = NULL, worker_id = NULL, abort_requested = false
    WHERE id = %(id)s AND status::text = ANY (%(dead)s)
    RETURNING {WAKE}
"""

COUNTS: LiteralString = """
    SELECT task_name, status, sum(jobs)::bigint AS jobs, min(since) AS since, now() AS now
    FROM (
        SELECT task_name, status::text, 1 AS jobs, (
            SELECT max(at) FROM procrastinate_events event WHERE event.job_id = job.id AND event.type <> 'scheduled'
        ) AS since
        FROM procrastinate_jobs job WHERE status <> 'succeeded'
        UNION ALL
        SELECT task_name, status::text, count(*), NULL
        FROM procrastinate_jobs WHERE status = 'succeeded' GROUP BY task_name, status
    ) each
    GROUP BY task_name, status
"""


class ProcrastinateJobQueue:
    """A ``JobQueue`` in the record itself: a job commits or rolls back with what caused it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def enqueue(
        self,
        unit: UnitOfWork,
        kind: str,
        payload: Mapping[str, str],
        *,
        lock: str | None = None,
        priority: int = 0,
    ) -> JobId:
        """See ``JobQueue``."""
        arguments = {"kind": kind, "priority": priority, "lock": lock, "payload": Jsonb(dict(payload))}
        row = await (await unit.connection.execute(ENQUEUE, arguments)).fetchone()
        if row is None:
            raise RuntimeError("The queue returned no job.")
        return JobId(row["id"])

    async def list(
        self,
        *,
        state: JobState | None = None,
        kind: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Job]:
        """See ``JobQueue``."""
        arguments = {
            "statuses": STATUSES[state] if state else None,
            "kind": kind,
            "before": decode_cursor(cursor, int)[0] if cursor else None,
            "limit": limit + 1,
        }
        async with self._database.reading() as connection:
            rows = await (
                await connection.execute(
                    JOB
                    + """
                    WHERE (%(statuses)s::text[] IS NULL OR job.status = ANY (%(statuses)s::procrastinate_job_status[]))
                    AND (%(kind)s::text IS NULL OR job.task_name = %(kind)s)
                    AND (%(before)s::bigint IS NULL OR job.id < %(before)s)
                    ORDER BY job.id DESC LIMIT %(limit)s
                    """,
                    arguments,
                )
            ).fetchall()
        return page_of([_job(row) for row in rows], limit=limit, cursor_of=lambda job: encode_cursor(job.id))

    async def get(self, job_id: JobId) -> Job:
        """See ``JobQueue``."""
        async with self._database.reading() as connection:
            return await _get(connection, job_id)

    async def requeue(self, job_id: JobId) -> Job:
        """See ``JobQueue``."""
        async with self._database.unit_of_work() as unit:
            arguments = {"id": job_id, "dead": STATUSES[JobState.DEAD]}
            done = await (await unit.connection.execute(REQUEUE, arguments)).fetchone()
            job = await _get(unit.connection, job_id)
        if done is None:
            raise JobNotDeadError(f"Job {job_id} is {job.state}; only a dead job can be requeued.", job_id=job_id)
        return job

    async def counts(self) -> tuple[JobCount, ...]:
        """See ``JobQueue``."""
        async with self._database.reading() as connection:
            rows = await (await connection.execute(COUNTS)).fetchall()
        merged: dict[tuple[str, JobState], JobCount] = {}
        for row in rows:
            key = (row["task_name"], STATES[row["status"]])
            before = merged.get(key)
            merged[key] = JobCount(
                kind=key[0],
                state=key[1],
                depth=row["jobs"] + (before.depth if before else 0),
                oldest_age=_older(_age(row["since"], row["now"]), before.oldest_age if before else None),
            )
        return tuple(sorted(merged.values(), key=lambda count: (count.kind, count.state)))


async def _get(connection: Connection, job_id: JobId) -> Job:
    row = await (await connection.execute(JOB + "WHERE job.id = %s", [job_id])).fetchone()
    if row is None:
        raise JobNotFoundError(f"There is no job {job_id}.", job_id=job_id)
    return _job(row)


def _job(row: Mapping[str, Any]) -> Job:
    return Job(
        id=JobId(row["id"]),
        kind=row["task_name"],
        state=STATES[row["status"]],
        attempts=row["attempts"],
        payload=row["args"],
        scheduled_at=row["scheduled_at"],
        error=row["message"],
    )


def _age(since: datetime | None, now: datetime) -> timedelta | None:
    return None if since is None else max(now - since, timedelta())


def _older(one: timedelta | None, other: timedelta | None) -> timedelta | None:
    ages = [age for age in (one, other) if age is not None]
    return max(ages, default=None)
