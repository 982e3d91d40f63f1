"""The use cases of log-in: a password, or a one-time link, becomes a session's token. Called by ``AccessService``."""

import math
from datetime import datetime
from typing import Final

from zhida.access import log_in_repository as repository
from zhida.access.accounts import OneTimeLink, SessionToken
from zhida.access.credentials import SecretKind, digest, is_storable, looks_like, new_secret, normal_email
from zhida.access.errors import LockedOutError, UnauthenticatedError, UserNotFoundError
from zhida.access.lock_out import LockRules, address_counter, count_attempt, pair_counter
from zhida.access.passwords import LONGEST
from zhida.access.ports import PasswordHasher
from zhida.access.settings import AccessSettings
from zhida.database import Connection, Database
from zhida.ids import PrincipalId
from zhida.kit.clock import Clock

_NOBODYS_PASSWORD: Final = "no account has this password"  # noqa: S105 - hashed once, so that unknown addresses cost the same


class LogIns:
    """Passwords and one-time links in, session tokens out."""

    def __init__(self, database: Database, clock: Clock, hasher: PasswordHasher, settings: AccessSettings) -> None:
        self._database = database
        self._clock = clock
        self._hasher = hasher
        self._settings = settings
        self._pair_rules = LockRules(settings.failures_before_lock, settings.failure_window, settings.lock)
        self._address_rules = LockRules(settings.address_failures_before_lock, settings.failure_window, settings.lock)
        self._nobodys_hash: str | None = None

    async def log_in(self, email: str, password: str, *, ip: str) -> SessionToken:
        """Check a password; an unknown address takes as long as a wrong password and fails in the same words.

        Raises:
            LockedOutError: too many attempts; the fact ``retry_after_s`` says when to come back.
            UnauthenticatedError: address and password do not fit.
        """
        address = normal_email(email)
        pair = pair_counter(address, ip)
        await self._count_attempt(pair, ip)
        nobodys_hash = await self._hash_of_nobody()
        account = await self._find_account(address)
        usable = len(password) <= LONGEST and is_storable(password)
        fits = await self._hasher.verify(password if usable else "", account.password_hash if account else nobodys_hash)
        if account is None or not fits:
            raise UnauthenticatedError(
                "E-mail address and password do not fit together.", advice="Check both, or ask an administrator."
            )
        async with self._database.unit_of_work() as unit:
            await repository.take_back_attempt(unit.connection, pair=pair, address=address_counter(ip))
            await repository.sweep(unit.connection, now=self._clock.now(), window=self._settings.failure_window)
            return await self._open_session(unit.connection, account.principal_id, self._clock.now())

    async def log_out(self, token: str) -> None:
        """End a log-in; quiet where there is none."""
        async with self._database.unit_of_work() as unit:
            await repository.revoke_session(unit.connection, digest(token), self._clock.now())

    async def create_link(self, principal_id: PrincipalId) -> OneTimeLink:
        """A secret that signs one browser in as that principal, once, within some minutes.

        Raises:
            UserNotFoundError: nobody active has that id.
        """
        token = new_secret(SecretKind.LINK)
        expires_at = self._clock.now() + self._settings.one_time_link
        async with self._database.unit_of_work() as unit:
            if not await repository.is_active(unit.connection, principal_id):
                raise UserNotFoundError("No active user has this id.", principal_id=str(principal_id))
            await repository.add_link(unit.connection, digest(token), principal_id, expires_at=expires_at)
        return OneTimeLink(token, expires_at)

    async def redeem_link(self, token: str) -> SessionToken:
        """Use a link up.

        Raises:
            UnauthenticatedError: unknown, used or expired.
        """
        if looks_like(SecretKind.LINK, token):
            now = self._clock.now()
            async with self._database.unit_of_work() as unit:
                principal_id = await repository.use_link(unit.connection, digest(token), now)
                if principal_id is not None:
                    return await self._open_session(unit.connection, principal_id, now)
        raise UnauthenticatedError(
            "This link was used already, or it has expired.", advice="Ask for a new one, or log in with a password."
        )

    async def _count_attempt(self, pair: bytes, ip: str) -> None:
        """Count before looking, and commit the count whatever follows."""
        now = self._clock.now()
        wait = None
        async with self._database.unit_of_work() as unit:
            for counter, rules in ((pair, self._pair_rules), (address_counter(ip), self._address_rules)):
                before = await repository.lock_attempts(unit.connection, counter, now)
                after = count_attempt(before, rules, now)
                await repository.save_attempts(unit.connection, counter, after)
                wait = after.wait(now)
                if wait is not None:
                    break
        if wait is not None:
            seconds = math.ceil(wait.total_seconds())
            raise LockedOutError(
                "Too many log-ins failed.", advice=f"Wait {seconds} seconds, then try again.", retry_after_s=seconds
            )

    async def _find_account(self, address: str) -> repository.Account | None:
        if not is_storable(address):
            return None
        async with self._database.reading() as connection:
            return await repository.find_account(connection, address)

    async def _open_session(self, connection: Connection, principal_id: PrincipalId, now: datetime) -> SessionToken:
        token = new_secret(SecretKind.SESSION)
        expires_at = now + self._settings.session_absolute
        await repository.add_session(connection, digest(token), principal_id, now=now, expires_at=expires_at)
        return SessionToken(principal_id, token, expires_at)

    async def _hash_of_nobody(self) -> str:
        if self._nobodys_hash is None:
            self._nobodys_hash = await self._hasher.hash(_NOBODYS_PASSWORD)
        return self._nobodys_hash
