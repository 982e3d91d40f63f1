"""A provider that fails in passing is asked again, as often and as patiently as the rules say."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from zhida.inference import ModelUnavailableError
from zhida.inference.adapters.openai_retries import RetryableError, RetryRules, may_pass, retry_after

RULES = RetryRules(retries=3, base_seconds=0.5, retry_after_cap_seconds=10.0, jitter=lambda: 1.0)


def failure(wish: float | None = None) -> RetryableError:
    return RetryableError(ModelUnavailableError("It is away."), wish)


def test_pauses_double_and_the_provider_s_wish_goes_before_them() -> None:
    assert [RULES.pause_after(failure(), attempt=attempt) for attempt in range(3)] == [0.5, 1.0, 2.0]
    assert RULES.pause_after(failure(7.0), attempt=2) == 7.0


@pytest.mark.parametrize(("wish", "attempt"), [(None, 3), (0.0, 3), (10.1, 0)])
def test_the_last_try_and_a_wish_beyond_the_cap_end_it(wish: float | None, attempt: int) -> None:
    with pytest.raises(ModelUnavailableError, match="away"):
        RULES.pause_after(failure(wish), attempt=attempt)


def test_a_wish_is_a_number_or_a_date() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    assert retry_after("2.5") == 2.5
    assert retry_after(soon) == pytest.approx(60, abs=3)
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0.0
    assert [retry_after(value) for value in (None, "", "soon")] == [None, None, None]


def test_a_status_tells_whether_it_may_pass() -> None:
    assert [status for status in (200, 400, 401, 404, 408, 422, 425, 429, 500, 503, 529) if may_pass(status)] == [
        *(408, 425, 429, 500, 503, 529)
    ]
