"""When is a provider of OpenAI's form asked again, and after how long? One answer, for chat and for embedding."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final

from zhida.inference.errors import ModelUnavailableError

_MAY_PASS: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})


class RetryableError(Exception):
    """An attempt failed in a way that may pass, ``retry_after`` seconds later where the provider said so."""

    def __init__(self, cause: ModelUnavailableError, retry_after: float | None = None) -> None:
        super().__init__(cause.message)
        self.cause = cause
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class RetryRules:
    """How often and how patiently.

    Attributes:
        retries: more tries after the first.
        base_seconds: ceiling of the first pause; doubles with each.
        retry_after_cap_seconds: the longest Retry-After that is waited for.
        jitter: gives numbers from 0 to 1.
    """

    retries: int
    base_seconds: float
    retry_after_cap_seconds: float
    jitter: Callable[[], float]

    def pause_after(self, error: RetryableError, *, attempt: int) -> float:
        """Seconds before the try that follows ``attempt`` (from 0): the provider's own wish, else full jitter.

        Source: AWS Architecture Blog, "Exponential Backoff and Jitter", 2015.

        Raises:
            ModelUnavailableError: there shall be no further try.
        """
        too_long = error.retry_after is not None and error.retry_after > self.retry_after_cap_seconds
        if too_long or attempt >= self.retries:
            raise error.cause from error
        if error.retry_after is not None:
            return error.retry_after
        return self.jitter() * self.base_seconds * 2**attempt


def may_pass(status: int) -> bool:
    """Whether the same request may succeed later (RFC 9110)."""
    return status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _MAY_PASS


def retry_after(value: str | None) -> float | None:
    """Seconds to wait as RFC 9110 §10.2.3 writes them: a number or a date; None for none and for nonsense."""
    if value is None:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds())
