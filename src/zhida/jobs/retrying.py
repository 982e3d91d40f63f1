"""What happens after a try failed? Another one later, or the end; asked by every worker."""

import random
from dataclasses import dataclass
from datetime import timedelta

from zhida.errors import Kind, ZhidaError
from zhida.jobs.settings import JobsSettings

TEMPORARY = frozenset({Kind.UNAVAILABLE, Kind.LIMITED})
DELAY_SHARE_MIN = 0.5
"""Delays are drawn from this share of the full one upwards: what failed together must not return together."""

ERROR_LENGTH_MAX = 2000
DOUBLINGS_MAX = 32


@dataclass(frozen=True, slots=True)
class TryAgain:
    """Run the job again after ``delay``."""

    delay: timedelta


@dataclass(frozen=True, slots=True)
class GiveUp:
    """No further try: the fault is permanent, or the tries are used up."""


def after_failure(
    error: Exception, *, attempt: int, max_attempts: int, settings: JobsSettings, draw: random.Random
) -> TryAgain | GiveUp:
    """The decision after try number ``attempt`` (from 1): exponential back-off with jitter for temporary errors.

    An exception that is not ours counts as temporary: it is a bug or a vendor's hiccup, and only trying tells.
    """
    permanent = isinstance(error, ZhidaError) and error.kind not in TEMPORARY
    if permanent or attempt >= max_attempts:
        return GiveUp()
    return TryAgain(delay_before_next(attempt, settings=settings, draw=draw))


def delay_before_next(attempt: int, *, settings: JobsSettings, draw: random.Random) -> timedelta:
    """The pause after try number ``attempt``: doubles each time up to the maximum, less up to half by chance."""
    full = min(settings.retry_delay_first * 2 ** min(attempt - 1, DOUBLINGS_MAX), settings.retry_delay_max)
    return full * draw.uniform(DELAY_SHARE_MIN, 1.0)


def error_text(error: Exception) -> str:
    """One line for the job's row and for ``gave_up``."""
    text = str(error) if isinstance(error, ZhidaError) else f"Unexpected {type(error).__name__}: {error}"
    return " ".join(text.replace("\0", "").split())[:ERROR_LENGTH_MAX]
