"""How long log-ins last, how many failures lock them, how long a credential is trusted without asking the record."""

from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field


class AccessSettings(BaseModel):
    """Defaults follow OWASP ASVS 5.0, level 2 (sections 6 and 7)."""

    model_config = ConfigDict(frozen=True)

    session_idle_minutes: float = Field(default=30, gt=0)
    session_absolute_hours: float = Field(default=12, gt=0)
    one_time_link_minutes: float = Field(default=10, gt=0)
    failures_before_lock: int = Field(default=5, ge=1)
    """Per e-mail address and network address."""
    address_failures_before_lock: int = Field(default=50, ge=1)
    """Per network address over all e-mail addresses: one password tried on many accounts."""
    failure_window_minutes: float = Field(default=15, gt=0)
    lock_minutes: float = Field(default=15, gt=0)
    authentication_cache_seconds: float = Field(default=5, ge=0, le=5)
    """How late another process may notice that a key was revoked. Reading hits checks the record each time anyway."""
    authentication_cache_entries: int = Field(default=10_000, ge=1)
    last_used_resolution_seconds: float = Field(default=60, gt=0)
    """Use of a key or a log-in is noted at most this often, so that reading does not become writing."""
    password_hashes_at_once: int = Field(default=2, ge=1)
    """Each takes 64 MiB and some tens of milliseconds of a core."""

    @property
    def session_idle(self) -> timedelta:
        """A log-in ends after this long without a request."""
        return timedelta(minutes=self.session_idle_minutes)

    @property
    def session_absolute(self) -> timedelta:
        """A log-in ends after this long, used or not."""
        return timedelta(hours=self.session_absolute_hours)

    @property
    def one_time_link(self) -> timedelta:
        """How long a one-time link waits to be opened."""
        return timedelta(minutes=self.one_time_link_minutes)

    @property
    def failure_window(self) -> timedelta:
        """Failures older than this are forgotten."""
        return timedelta(minutes=self.failure_window_minutes)

    @property
    def lock(self) -> timedelta:
        """How long a lock holds."""
        return timedelta(minutes=self.lock_minutes)

    @property
    def last_used_resolution(self) -> timedelta:
        """How finely use is noted."""
        return timedelta(seconds=self.last_used_resolution_seconds)
