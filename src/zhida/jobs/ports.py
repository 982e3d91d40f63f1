"""The sockets of background work: rooms enqueue through ``JobQueue`` and do the work in a ``JobHandler``."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from zhida.database import Page, UnitOfWork
from zhida.ids import JobId


class JobState(StrEnum):
    """Where a job stands.

    queued → running → succeeded; running → queued (another try, recovery); running → dead → queued (requeue).
    """

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Job:
    """A unit of background work.

    Attributes:
        id: its number.
        kind: which handler does it.
        state: where it stands.
        attempts: tries that ended; 0 while the first one runs or waits.
        payload: a typed message of ids, as text.
        scheduled_at: not before this moment; None: as soon as possible.
        error: why the last try failed; None where none failed, or the job succeeded since.
    """

    id: JobId
    kind: str
    state: JobState
    attempts: int
    payload: Mapping[str, str]
    scheduled_at: datetime | None
    error: str | None


@dataclass(frozen=True, slots=True)
class JobCount:
    """How many jobs of one kind are in one state, and how long the oldest of them has been there (None: unknown)."""

    kind: str
    state: JobState
    depth: int
    oldest_age: timedelta | None


class JobQueue(Protocol):
    """Later, once, surely: a job exists if and only if the unit of work that enqueued it committed.

    Every method raises ``DatabaseUnavailableError`` where the record does not answer.
    """

    async def enqueue(
        self,
        unit: UnitOfWork,
        kind: str,
        payload: Mapping[str, str],
        *,
        lock: str | None = None,
        priority: int = 0,
    ) -> JobId:
        """Put a job in line within the caller's transaction.

        Args:
            unit: the transaction that causes the job.
            kind: which handler does it.
            payload: ids as text; small.
            lock: jobs of the same lock run one at a time, in order.
            priority: higher runs first.
        """
        ...

    async def list(
        self,
        *,
        state: JobState | None = None,
        kind: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Job]:
        """Jobs, newest first.

        Raises:
            CursorInvalidError: the cursor is not of this list.
        """
        ...

    async def get(self, job_id: JobId) -> Job:
        """One job.

        Raises:
            JobNotFoundError: none of that number.
        """
        ...

    async def requeue(self, job_id: JobId) -> Job:
        """Give a dead job another full round of attempts.

        Raises:
            JobNotFoundError: none of that number.
            JobNotDeadError: it is in another state.
        """
        ...

    async def counts(self) -> tuple[JobCount, ...]:
        """Depth and age by kind and state, for metrics and doctor."""
        ...


class JobHandler(Protocol):
    """Does the jobs of one kind. Idempotent: after a crash or a stall the same job runs again.

    A ``ZhidaError`` of kind unavailable or limited, and any unknown exception, is tried again with growing delays
    until ``max_attempts``; any other ``ZhidaError`` ends the job at once.
    """

    @property
    def kind(self) -> str:
        """Which jobs it does; also the queue's name, so it never changes."""
        ...

    @property
    def concurrency(self) -> int:
        """How many of its jobs one worker process runs at once."""
        ...

    @property
    def max_attempts(self) -> int:
        """How often a job is tried in all."""
        ...

    async def __call__(self, payload: Mapping[str, str], attempt: int) -> None:
        """Do the work; ``attempt`` counts from 1."""
        ...

    async def gave_up(self, payload: Mapping[str, str], error: str) -> None:
        """Tell the record that the work will not be done and why; ``error`` is one sentence fit for a person.

        Called after the last try failed and before the job counts as dead; where it fails it is called again later,
        so it may be called more than once for the same job.
        """
        ...
