"""A job queue in memory, for tests: the same contract, and ``run_all`` instead of a worker."""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count

from zhida.database import Page, UnitOfWork, decode_cursor, encode_cursor, page_of
from zhida.ids import JobId
from zhida.jobs.errors import JobNotDeadError, JobNotFoundError
from zhida.jobs.ports import Job, JobCount, JobHandler, JobState
from zhida.jobs.retrying import GiveUp, after_failure, error_text
from zhida.jobs.settings import JobsSettings
from zhida.kit.clock import Clock, SystemClock


@dataclass(frozen=True, slots=True)
class _Entry:
    job: Job
    priority: int
    since: datetime


class MemoryJobQueue:
    """A ``JobQueue`` whose jobs appear when the unit of work that enqueued them commits."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._numbers = count(1)
        self._entries: dict[JobId, _Entry] = {}

    async def enqueue(
        self,
        unit: UnitOfWork,
        kind: str,
        payload: Mapping[str, str],
        *,
        lock: str | None = None,
        priority: int = 0,
    ) -> JobId:
        """See ``JobQueue``. Jobs run one at a time here, so that ``lock`` holds by itself."""
        _ = lock
        job = Job(
            id=JobId(next(self._numbers)),
            kind=kind,
            state=JobState.QUEUED,
            attempts=0,
            payload=dict(payload),
            scheduled_at=None,
            error=None,
        )
        unit.after_commit.append(lambda: self._put(job, priority))
        return job.id

    async def list(
        self,
        *,
        state: JobState | None = None,
        kind: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Job]:
        """See ``JobQueue``."""
        before = decode_cursor(cursor, int)[0] if cursor else None
        jobs = [
            entry.job
            for number, entry in sorted(self._entries.items(), reverse=True)
            if (state is None or entry.job.state is state)
            and (kind is None or entry.job.kind == kind)
            and (before is None or number < before)
        ]
        return page_of(jobs[: limit + 1], limit=limit, cursor_of=lambda job: encode_cursor(job.id))

    async def get(self, job_id: JobId) -> Job:
        """See ``JobQueue``."""
        if job_id not in self._entries:
            raise JobNotFoundError(f"There is no job {job_id}.", job_id=job_id)
        return self._entries[job_id].job

    async def requeue(self, job_id: JobId) -> Job:
        """See ``JobQueue``."""
        job = await self.get(job_id)
        if job.state is not JobState.DEAD:
            raise JobNotDeadError(f"Job {job_id} is {job.state}; only a dead job can be requeued.", job_id=job_id)
        return self._change(replace(job, state=JobState.QUEUED, attempts=0))

    async def counts(self) -> tuple[JobCount, ...]:
        """See ``JobQueue``."""
        groups: dict[tuple[str, JobState], list[datetime]] = {}
        for entry in self._entries.values():
            groups.setdefault((entry.job.kind, entry.job.state), []).append(entry.since)
        now = self._clock.now()
        return tuple(
            JobCount(
                kind=kind,
                state=state,
                depth=len(since),
                oldest_age=None if state is JobState.SUCCEEDED else now - min(since),
            )
            for (kind, state), since in sorted(groups.items())
        )

    async def run_all(self, handlers: Iterable[JobHandler]) -> None:
        """Run queued jobs, and those that they enqueue, until none is left; retries follow without delay."""
        by_kind = {handler.kind: handler for handler in handlers}
        while due := [e for e in self._entries.values() if e.job.state is JobState.QUEUED and e.job.kind in by_kind]:
            chosen = min(due, key=lambda entry: (-entry.priority, entry.job.id)).job
            await self._try(by_kind[chosen.kind], self._change(replace(chosen, state=JobState.RUNNING)))

    async def _try(self, handler: JobHandler, job: Job) -> None:
        attempt = job.attempts + 1
        try:
            await handler(job.payload, attempt)
        except Exception as error:  # noqa: BLE001  the job loop: whatever a handler raises decides about a retry
            decision = after_failure(
                error,
                attempt=attempt,
                max_attempts=handler.max_attempts,
                settings=JobsSettings(),
                draw=random.Random(0),  # noqa: S311  the delay is not kept
            )
            text = error_text(error)
            if isinstance(decision, GiveUp):
                await handler.gave_up(job.payload, text)
            state = JobState.DEAD if isinstance(decision, GiveUp) else JobState.QUEUED
            self._change(replace(job, state=state, attempts=attempt, error=text))
        else:
            self._change(replace(job, state=JobState.SUCCEEDED, attempts=attempt, error=None))

    def _put(self, job: Job, priority: int) -> None:
        self._entries[job.id] = _Entry(job, priority, self._clock.now())

    def _change(self, job: Job) -> Job:
        self._entries[job.id] = replace(self._entries[job.id], job=job, since=self._clock.now())
        return job
