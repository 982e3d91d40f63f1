"""What an operator can set about background jobs."""

from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field


class JobsSettings(BaseModel):
    """Settings under ``ZHIDA_JOBS__``. Durations are ISO 8601 (``PT10S``) or seconds.

    Attributes:
        heartbeat_interval: how often a worker says that it lives.
        stall_timeout: silence after which a worker counts as gone and its jobs run again.
        recovery_interval: how often each worker looks for jobs of workers that are gone.
        polling_interval: how often to look for jobs where a notification was missed.
        retry_delay_first: before the second attempt; doubles with each attempt after it.
        retry_delay_max: the longest delay between two attempts.
        stop_timeout: how long running jobs may finish after a stop; the rest run again elsewhere.
        retention: how long succeeded jobs are kept.
        dead_retention: how long dead jobs are kept for a requeue.
        outage_delay_max: the longest pause between two attempts to reach a lost database.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    heartbeat_interval: timedelta = Field(default=timedelta(seconds=5), gt=timedelta())
    stall_timeout: timedelta = Field(default=timedelta(seconds=20), gt=timedelta())
    recovery_interval: timedelta = Field(default=timedelta(seconds=5), gt=timedelta())
    polling_interval: timedelta = Field(default=timedelta(seconds=2), gt=timedelta())
    retry_delay_first: timedelta = timedelta(seconds=2)
    retry_delay_max: timedelta = timedelta(minutes=5)
    stop_timeout: timedelta = timedelta(seconds=20)
    retention: timedelta = timedelta(days=7)
    dead_retention: timedelta = timedelta(days=90)
    outage_delay_max: timedelta = Field(default=timedelta(seconds=3), gt=timedelta())
