"""How long log-ins last, how many failures lock them, how long a credential is trusted without asking the record."""

from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field

_CACHE_LIMIT = timedelta(seconds=5)


class AccessSettings(BaseModel):
    """Settings under ``ZHIDA_ACCESS__``. Durations are ISO 8601 (``PT30M``) or seconds.

    Defaults follow OWASP ASVS 5.0, level 2 (chapters 6 and 7).

    Attributes:
        session_idle: a log-in ends after this long without a request.
        session_absolute: a log-in ends after this long, used or not.
        one_time_link: how long a one-time link waits to be opened.
        failures_before_lock: per e-mail address and network address together.
        address_failures_before_lock: per network address over all accounts: one password tried on many of them.
        failure_window: failures older than this are forgotten.
        lock: how long a lock holds.
        authentication_cache: how late another process may notice that a key was revoked. The record checks the
            rights of every hit anyway.
        authentication_cache_entries: credentials that one process remembers.
        last_used_resolution: use of a key or a log-in is noted at most this often, so that reading is not writing.
        password_hashes_at_once: each takes 64 MiB and some tens of milliseconds of every core.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    session_idle: timedelta = timedelta(minutes=30)
    session_absolute: timedelta = timedelta(hours=12)
    one_time_link: timedelta = timedelta(minutes=10)
    failures_before_lock: int = Field(default=5, ge=1)
    address_failures_before_lock: int = Field(default=50, ge=1)
    failure_window: timedelta = timedelta(minutes=15)
    lock: timedelta = timedelta(minutes=15)
    authentication_cache: timedelta = Field(default=_CACHE_LIMIT, ge=timedelta(0), le=_CACHE_LIMIT)
    authentication_cache_entries: int = Field(default=10_000, ge=1)
    last_used_resolution: timedelta = timedelta(minutes=1)
    password_hashes_at_once: int = Field(default=2, ge=1, le=64)
