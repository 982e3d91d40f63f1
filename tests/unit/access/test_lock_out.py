"""The arithmetic of failed log-ins."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from zhida.access.lock_out import Attempts, LockRules, address_counter, count_attempt, pair_counter

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
RULES = LockRules(failures=5, window=timedelta(minutes=15), lock=timedelta(minutes=15))


def attempts_after(moments: list[datetime]) -> Attempts:
    state = None
    for moment in moments:
        state = count_attempt(state, RULES, moment)
    assert state is not None
    return state


def test_five_failures_are_forgiven_and_the_sixth_attempt_locks() -> None:
    assert attempts_after([NOW] * 5).wait(NOW) is None
    assert attempts_after([NOW] * 6).wait(NOW) == timedelta(minutes=15)


def test_a_lock_is_not_made_longer_by_knocking() -> None:
    state = attempts_after([NOW] * 6)
    knocked = count_attempt(state, RULES, NOW + timedelta(minutes=10))
    assert knocked.wait(NOW + timedelta(minutes=10)) == timedelta(minutes=5)


def test_after_the_lock_counting_begins_anew() -> None:
    state = attempts_after([NOW] * 6)
    later = NOW + timedelta(minutes=15)
    assert count_attempt(state, RULES, later) == Attempts(count=1, window_started_at=later)


def test_failures_older_than_the_window_are_forgotten() -> None:
    assert attempts_after([NOW] * 5 + [NOW + timedelta(minutes=15)]).count == 1


@given(st.lists(st.integers(0, 3600), max_size=60))
def test_never_more_than_the_permitted_attempts_pass_in_any_window_start(seconds: list[int]) -> None:
    state, passed = None, 0
    for second in sorted(seconds):
        now = NOW + timedelta(seconds=second)
        started_before = None if state is None else state.window_started_at
        state = count_attempt(state, RULES, now)
        passed = 0 if state.window_started_at != started_before else passed
        passed += state.wait(now) is None
        assert passed <= RULES.failures


def test_counters_tell_accounts_and_addresses_apart() -> None:
    counters = {
        pair_counter("a@b", "1.2.3.4"),
        pair_counter("a@c", "1.2.3.4"),
        pair_counter("a@b", "1.2.3.5"),
        address_counter("1.2.3.4"),
    }
    assert len(counters) == 4
