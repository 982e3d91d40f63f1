"""The hot path: the secret of a key or log-in becomes a principal, by at most one look-up. For ``AccessService``."""

from datetime import datetime

from zhida.access import log_in_repository, repository
from zhida.access.credentials import SecretKind, digest, looks_like
from zhida.access.errors import UnauthenticatedError
from zhida.access.principals import Principal
from zhida.access.recent import Recent
from zhida.access.repository import Identity
from zhida.access.settings import AccessSettings
from zhida.database import Database
from zhida.ids import AccessListId, PrincipalId
from zhida.kit.clock import Clock


class Authentication:
    """Knows who proved themselves; remembers it for some seconds, together with what they may read."""

    def __init__(self, database: Database, clock: Clock, settings: AccessSettings) -> None:
        self._database = database
        self._clock = clock
        self._settings = settings
        lifetime, entries = settings.authentication_cache, settings.authentication_cache_entries
        self._identities: Recent[bytes, Identity] = Recent(lifetime, entries)
        self._readable: Recent[PrincipalId, tuple[frozenset[AccessListId] | None]] = Recent(lifetime, entries)

    async def by_key(self, secret: str) -> Principal:
        """The principal of a key.

        Raises:
            UnauthenticatedError: unknown, expired or revoked.
        """
        key_hash = digest(secret)
        now = self._clock.now()
        remembered = self._identities.get(key_hash, now)
        if remembered is not None:
            return _principal(remembered, now)
        identity = None
        if looks_like(SecretKind.KEY, secret):
            async with self._database.reading() as connection:
                identity = await repository.find_by_key(connection, key_hash)
            if identity is not None and self._is_stale(identity.noted_at, now):
                async with self._database.unit_of_work() as unit:
                    await repository.note_key_used(unit.connection, identity.principal.id, now)
        return self._remember(key_hash, identity, now)

    async def by_session(self, token: str) -> Principal:
        """The principal of a log-in.

        Raises:
            UnauthenticatedError: unknown, ended, or idle for too long.
        """
        token_hash = digest(token)
        now = self._clock.now()
        remembered = self._identities.get(token_hash, now)
        if remembered is not None:
            return _principal(remembered, now)
        identity = None
        if looks_like(SecretKind.SESSION, token):
            async with self._database.reading() as connection:
                identity = await repository.find_by_session(
                    connection, token_hash, now=now, idle=self._settings.session_idle
                )
            if identity is not None and self._is_stale(identity.noted_at, now):
                async with self._database.unit_of_work() as unit:
                    await log_in_repository.note_session_seen(unit.connection, token_hash, now)
        return self._remember(token_hash, identity, now)

    async def readable(self, principal_id: PrincipalId) -> frozenset[AccessListId] | None:
        """The lists that a principal may read; None means all. Free when the principal has just proved itself."""
        now = self._clock.now()
        kept = self._readable.get(principal_id, now)
        if kept is not None:
            return kept[0]
        async with self._database.reading() as connection:
            lists = await repository.find_readable(connection, principal_id)
        self._readable.keep(principal_id, (lists,), now)
        return lists

    def forget(self) -> None:
        """Rights changed in this process: trust nothing that was known."""
        now = self._clock.now()
        self._identities.pause(now)
        self._readable.pause(now)

    def _is_stale(self, noted_at: datetime | None, now: datetime) -> bool:
        return noted_at is None or now - noted_at >= self._settings.last_used_resolution

    def _remember(self, secret_hash: bytes, identity: Identity | None, now: datetime) -> Principal:
        principal = _principal(identity, now)
        if identity is not None:
            self._identities.keep(secret_hash, identity, now)
            self._readable.keep(principal.id, (identity.access_lists,), now)
        return principal


def _principal(identity: Identity | None, now: datetime) -> Principal:
    if identity is None or (identity.ends_at is not None and identity.ends_at <= now):
        raise UnauthenticatedError(
            "The key or log-in is unknown, expired or revoked.", advice="Log in again, or use another key."
        )
    return identity.principal
