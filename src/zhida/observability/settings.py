"""What an operator can set about logs and figures."""

from datetime import timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from zhida.observability.log_lines import LogForm


class ObservabilitySettings(BaseModel):
    """Settings under ``ZHIDA_OBSERVABILITY__``. Durations are ISO 8601 (``PT5S``) or seconds.

    Attributes:
        log_level: lines below it are not written.
        log_form: JSON for machines, text for a terminal.
        metrics_interval: how often each process writes its figures for the API to merge.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_form: LogForm = LogForm.JSON
    metrics_interval: timedelta = Field(default=timedelta(seconds=5), ge=timedelta(seconds=1), le=timedelta(seconds=30))
