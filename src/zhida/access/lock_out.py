"""When do failed log-ins lock? Pure arithmetic over one counter; the record keeps the counters.

An attempt is counted before its password is looked at and taken back when it was right, so that a hundred guesses at
the same moment are a hundred counted guesses.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class LockRules:
    """How many failures within ``window`` lock, and for how long."""

    failures: int
    window: timedelta
    lock: timedelta


@dataclass(frozen=True, slots=True)
class Attempts:
    """One counter.

    Attributes:
        count: attempts since ``window_started_at`` that were not taken back.
        locked_until: None or past where there is no lock.
    """

    count: int
    window_started_at: datetime
    locked_until: datetime | None = None

    def wait(self, now: datetime) -> timedelta | None:
        """How long the lock still holds; None where there is none."""
        if self.locked_until is None or self.locked_until <= now:
            return None
        return self.locked_until - now


def count_attempt(attempts: Attempts | None, rules: LockRules, now: datetime) -> Attempts:
    """The counter after one more attempt. The attempt after the last permitted failure is the one that locks."""
    if attempts is None or _is_over(attempts, rules, now):
        return Attempts(count=1, window_started_at=now)
    if attempts.wait(now) is not None:
        return attempts
    count = attempts.count + 1
    locked_until = now + rules.lock if count > rules.failures else None
    return Attempts(count=count, window_started_at=attempts.window_started_at, locked_until=locked_until)


def _is_over(attempts: Attempts, rules: LockRules, now: datetime) -> bool:
    if attempts.locked_until is not None:
        return attempts.locked_until <= now
    return now - attempts.window_started_at >= rules.window


def pair_counter(email: str, ip: str) -> bytes:
    """The counter of one account as tried from one network address. A digest: no address is stored in the clear."""
    return hashlib.sha256(f"pair\0{email}\0{ip}".encode(errors="surrogatepass")).digest()


def address_counter(ip: str) -> bytes:
    """The counter of one network address over all accounts."""
    return hashlib.sha256(f"address\0{ip}".encode(errors="surrogatepass")).digest()
