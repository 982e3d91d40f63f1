"""When is a failed job tried again, and how long does it wait?"""

import random
from datetime import timedelta
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhida.errors import Kind, ZhidaError
from zhida.jobs.retrying import GiveUp, TryAgain, after_failure, delay_before_next, error_text
from zhida.jobs.settings import JobsSettings

SETTINGS = JobsSettings(retry_delay_first=timedelta(seconds=2), retry_delay_max=timedelta(minutes=5))


def error_of(kind: Kind) -> ZhidaError:
    class SomeError(ZhidaError):
        code: ClassVar[str] = "test.some"

    SomeError.kind = kind
    return SomeError("It failed.")


def decide(error: Exception, attempt: int = 1) -> TryAgain | GiveUp:
    return after_failure(error, attempt=attempt, max_attempts=3, settings=SETTINGS, draw=random.Random(1))


@pytest.mark.parametrize("error", [error_of(Kind.UNAVAILABLE), error_of(Kind.LIMITED), ValueError("bug"), OSError()])
def test_a_fault_that_may_pass_is_tried_again(error: Exception) -> None:
    assert isinstance(decide(error, attempt=2), TryAgain)


@pytest.mark.parametrize("error", [error_of(Kind.UNAVAILABLE), ValueError("bug")])
def test_the_last_attempt_is_the_last(error: Exception) -> None:
    assert decide(error, attempt=3) == GiveUp()


@pytest.mark.parametrize("kind", sorted(set(Kind) - {Kind.UNAVAILABLE, Kind.LIMITED}))
def test_a_fault_that_stays_is_not_tried_again(kind: Kind) -> None:
    assert decide(error_of(kind)) == GiveUp()


@given(attempt=st.integers(1, 10_000), seed=st.integers())
def test_delays_double_up_to_the_maximum_less_at_most_half(attempt: int, seed: int) -> None:
    full = min(SETTINGS.retry_delay_first * 2 ** min(attempt - 1, 20), SETTINGS.retry_delay_max)
    delay = delay_before_next(attempt, settings=SETTINGS, draw=random.Random(seed))
    assert full / 2 <= delay <= full


def test_jobs_that_failed_together_return_apart() -> None:
    draw = random.Random(1)
    delays = {delay_before_next(4, settings=SETTINGS, draw=draw) for _ in range(100)}
    assert len(delays) > 90


def test_an_error_becomes_one_line_that_a_row_can_hold() -> None:
    assert error_text(ValueError("two\nlines\0")) == "Unexpected ValueError: two lines"
    assert error_text(error_of(Kind.INVALID)) == "It failed."
    assert len(error_text(ValueError("x" * 100_000))) == 2000
