"""What an operator can set about the indexer."""

from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field


class IndexerSettings(BaseModel):
    """Settings under ``ZHIDA_INDEXER__``. Durations are ISO 8601 (``PT10S``) or seconds.

    Attributes:
        polling_interval: how often to look for changes where a notification was missed.
        changes_per_commit: change-feed entries (document versions) that are committed to an index at once.
        open_writers_max: index writers that are kept open at once.
        idle_timeout: a writer that had nothing to do for so long is closed.
        retry_delay_first: pause after a failure; doubles with each one after it.
        retry_delay_max: the longest pause between two attempts.
        nice: priority of the threads that write, from 0 (normal) to 19 (only when nobody else wants the processor).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    polling_interval: timedelta = Field(default=timedelta(milliseconds=250), gt=timedelta())
    changes_per_commit: int = Field(default=16, ge=1, le=1000)
    open_writers_max: int = Field(default=8, ge=1)
    idle_timeout: timedelta = timedelta(seconds=60)
    retry_delay_first: timedelta = Field(default=timedelta(milliseconds=200), gt=timedelta())
    retry_delay_max: timedelta = Field(default=timedelta(seconds=10), gt=timedelta())
    nice: int = Field(default=5, ge=0, le=19)
