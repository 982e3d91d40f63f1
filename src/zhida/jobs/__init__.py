"""What must happen later, once, surely? The queue, the job, and what a handler of jobs promises."""

from zhida.jobs.errors import JobNotDeadError, JobNotFoundError
from zhida.jobs.ports import Job, JobCount, JobHandler, JobQueue, JobState
from zhida.jobs.settings import JobsSettings

__all__ = [
    "Job",
    "JobCount",
    "JobHandler",
    "JobNotDeadError",
    "JobNotFoundError",
    "JobQueue",
    "JobState",
    "JobsSettings",
]
